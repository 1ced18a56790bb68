//! What SQLite reports, as the runtime's kinds of error.
//!
//! Neighbours: `open` and `session` pass everything through here. Invariant: SQLite's own sentence is kept.

use driftless_runtime::{DbError, DbErrorKind};
use rusqlite::{Error, ErrorCode};

/// `batch` is the text the statement came from, so that offsets count within it; `start` is where the statement began.
pub fn fault(error: Error, batch: &str, start: Option<usize>) -> DbError {
    match error {
        Error::SqlInputError {
            msg, sql, offset, ..
        } => {
            let fault = DbError::new(kind_of(&msg), msg);
            // `sql` is what was left of the batch when SQLite began to read.
            let before = batch.len().saturating_sub(sql.len());
            match usize::try_from(offset) {
                Ok(offset) if batch.is_char_boundary(before + offset) => fault.at(before + offset),
                _ => fault,
            }
        }
        Error::SqliteFailure(code, message) => {
            let message = message.unwrap_or_else(|| code.to_string());
            DbError {
                position: start,
                ..failure(code, message)
            }
        }
        other => DbError {
            position: start,
            ..DbError::new(DbErrorKind::Statement, other.to_string())
        },
    }
}

fn failure(code: rusqlite::ffi::Error, message: String) -> DbError {
    use DbErrorKind::*;
    match code.code {
        ErrorCode::NotADatabase => DbError::new(NotADatabase, message)
            .detail("the file is either encrypted or no SQLite database")
            .help("check the path; an encrypted database has to be decrypted first"),
        ErrorCode::DatabaseCorrupt => DbError::new(Corrupt, message)
            .detail("the file is damaged or was cut short")
            .help("run `PRAGMA integrity_check`, or restore the file from a backup"),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            DbError::new(Busy, message).detail("another connection holds a lock on this database")
        }
        ErrorCode::ReadOnly => DbError::new(ReadOnly, message)
            .help("make the file and its folder writable, or open it without writing"),
        ErrorCode::CannotOpen => DbError::new(Io, message)
            .help("check that the file, its folder and its -wal and -shm files can be read"),
        ErrorCode::PermissionDenied => DbError::new(Permission, message),
        ErrorCode::OperationInterrupted => DbError::new(Cancelled, message),
        ErrorCode::SystemIoFailure | ErrorCode::DiskFull | ErrorCode::NoLargeFileSupport => {
            DbError::new(Io, message)
        }
        _ => DbError::new(kind_of(&message), message),
    }
}

/// Modules, functions and collations that a program registers are not built in.
fn kind_of(message: &str) -> DbErrorKind {
    let lacks = ["no such module", "no such function", "no such collation"];
    match lacks.iter().any(|lack| message.starts_with(lack)) {
        true => DbErrorKind::Lacking,
        false => DbErrorKind::Statement,
    }
}
