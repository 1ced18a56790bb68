//! What tests stand on: private engine servers, fixture folders, oracles that are not our code, and generated schemas.
//!
//! Neighbours: every crate's tests (as a dev-dependency) and `xtask`. It knows no dialect crate, so that an oracle can
//! never repeat a mistake of the code that it judges. Everything here is synchronous and for development only.

pub mod dump;
pub mod engine;
pub mod expect;
pub mod fixture;
pub mod generate;
pub mod random;
pub mod server;
pub mod workspace;

pub use engine::{Engine, Skipped, engine};
pub use expect::assert_file;
pub use fixture::Case;
pub use generate::Schema;
pub use server::{Database, Postgres, Server};
