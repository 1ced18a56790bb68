//! The lock that lets one runner at a time at a database file.
//!
//! Neighbours: `session` offers it. SQLite's own locks last for a transaction; this one lasts for a session: a lock of
//! the operating system on a file beside the database, gone with the process that has it. Invariant: whoever has the
//! lock has it on the file that stands there now, and takes that file away with it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use driftless_runtime::{DbError, DbErrorKind};

pub struct Lock {
    /// `None`: a database in memory, which nobody else can reach.
    path: Option<PathBuf>,
    held: Option<File>,
}

impl Lock {
    pub fn beside(database: Option<PathBuf>) -> Lock {
        let path = database.map(|path| {
            let mut name = path.into_os_string();
            name.push("-driftless");
            PathBuf::from(name)
        });
        Lock { path, held: None }
    }

    /// False: somebody else has it.
    pub fn take(&mut self) -> Result<bool, DbError> {
        let Some(path) = self.path.as_deref().filter(|_| self.held.is_none()) else {
            return Ok(true);
        };
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
            .map_err(|e| failed(path, &e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(e)) => return Err(failed(path, &e)),
        }
        if !stands(&file, path) {
            // Its last holder took it away meanwhile: the next try makes a new one.
            return Ok(false);
        }
        // Only for people to read.
        let _ = file
            .set_len(0)
            .and_then(|()| writeln!(file, "process {}", std::process::id()));
        self.held = Some(file);
        Ok(true)
    }

    pub fn give_back(&mut self) {
        let (Some(path), Some(file)) = (&self.path, self.held.take()) else {
            return;
        };
        if cfg!(unix) {
            // While it is locked, so that nobody who waits for this file can think that it has the lock.
            let _ = fs::remove_file(path);
        }
        drop(file);
    }

    pub fn holder(&self) -> Option<String> {
        let text = fs::read_to_string(self.path.as_deref()?).ok()?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// The file that is open is the one that the path names.
#[cfg(unix)]
fn stands(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(there)) => open.ino() == there.ino() && open.dev() == there.dev(),
        _ => false,
    }
}

#[cfg(not(unix))]
fn stands(_: &File, _: &Path) -> bool {
    true
}

fn failed(path: &Path, error: &std::io::Error) -> DbError {
    let kind = match error.kind() {
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            DbErrorKind::ReadOnly
        }
        _ => DbErrorKind::Io,
    };
    DbError::new(
        kind,
        format!("cannot lock the database by `{}`: {error}", path.display()),
    )
    .help("make the folder of the database writable")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.db");
        let mut first = Lock::beside(Some(path.clone()));
        let mut second = Lock::beside(Some(path));
        assert_eq!(first.take(), Ok(true));
        assert_eq!(first.take(), Ok(true));
        assert_eq!(second.take(), Ok(false));
        assert!(second.holder().is_some_and(|h| h.starts_with("process ")));
        first.give_back();
        assert_eq!(second.take(), Ok(true));
        drop(second);
        assert_eq!(fs::read_dir(folder.path()).expect("it").count(), 0);
        assert_eq!(Lock::beside(None).take(), Ok(true));
    }
}
