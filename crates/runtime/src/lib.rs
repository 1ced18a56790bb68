//! Crate runtime.

mod connection;

pub use connection::{Canceller, ConnectOptions, Connection, DbError, DbErrorKind, Driver, Rows};
