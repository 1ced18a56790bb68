//! The migrations folder: file format, sums, order, replay, verification, and the documents *drift* and *history*.
//!
//! Neighbours: the planner plans and replays; the runtime runs what is read here, `report` renders it. Invariant: pure.
//! The caller reads and writes files, and gives every stamp.

mod branch;
mod drift;
mod event;
mod file;
mod folder;
mod ground;
mod header;
mod history;
mod lead;
mod line;
mod migration;
mod parse;
mod replay;
mod status;
mod sum;
mod title;
mod told;
mod verify;
mod word;
mod write;

pub use drift::{
    Between, Difference, Direction as DriftDirection, Drift, Environment, Migrated, Standing,
    compare,
};
pub use event::{Event, Events, What, events};
pub use file::{DOWN, File, Role, hash, without_mark};
pub use folder::{Folder, Versioned};
pub use ground::Ground;
pub use header::{Direction, Field, Header, Spot};
pub use history::{Entry, History, history};
pub use lead::leads;
pub use migration::{Allow, Assert, Mark, Migration, Mode, Segment, Step, Touch, terminated};
pub use replay::{Stage, State, commutes, replay, walk};
pub use status::{FileState, FileStatus, Status};
pub use sum::{SUM, Sum};
pub use verify::{Report, verify};
pub use write::{Files, Meta, blank, write};
