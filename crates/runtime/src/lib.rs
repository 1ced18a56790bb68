//! What touches the world: connections as a trait, files, programs and git; names no engine.
//!
//! Neighbours: drivers implement its trait, `cli` wires them. Invariant: no credential leaves in a message.

mod apply;
mod clock;
mod connection;
mod demand;
mod drift;
mod files;
mod inspect;
mod ledger;
mod run;
mod scratch;
mod secret;
mod site;
mod state;
mod status;

pub use apply::{Applied, apply};
pub use connection::{Canceller, ConnectOptions, Connection, DbError, DbErrorKind, Driver};
pub use demand::{Unmet, unmet};
pub use drift::{Seen, Watched, drift};
pub use driftless_planner::Rows;
pub use files::{
    Commit, DEFAULT_MAX_FILE_SIZE, Reader, Written, added_by, head, read_folder, read_text,
    write_files,
};
pub use inspect::inspect;
pub use ledger::{Actor, Begun, Book, Entry, Event, Held, Record, Taken};
pub use run::{
    Job, Outcome, Policy, Prepared, Progress, Repaired, Stop, Trouble, Undo, baseline, execute,
    frame, prepare, repair, undo,
};
pub use scratch::{Keeper, Scratch, ScratchWish};
pub use secret::{Secret, mask_urls, redact_text, redact_url, url_secrets};
pub use site::{Site, Target};
pub use state::StateSpec;
pub use status::status;
