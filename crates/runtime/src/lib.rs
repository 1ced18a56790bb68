//! What touches the world: connections as a trait, files, programs and git; names no engine.
//!
//! Neighbours: drivers implement its trait, `cli` wires them. Invariant: no credential leaves in a message.

mod apply;
mod connection;
mod files;
mod inspect;
mod secret;
mod state;

pub use apply::{Applied, apply};
pub use connection::{Canceller, ConnectOptions, Connection, DbError, DbErrorKind, Driver, Rows};
pub use files::{
    Commit, DEFAULT_MAX_FILE_SIZE, Reader, Written, added_by, read_folder, read_text, write_files,
};
pub use inspect::inspect;
pub use secret::{Secret, mask_urls, redact_text, redact_url, url_secrets};
pub use state::StateSpec;
