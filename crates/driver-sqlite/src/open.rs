//! From a file in any state (missing, empty, read-only, foreign, damaged, locked) to a connection or a clear error.
//!
//! Neighbours: `address` says what is wanted, `session` uses what is opened. Invariant: only `create` makes a file.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use driftless_runtime::{ConnectOptions, DbError, DbErrorKind};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::address::{Address, Target};
use crate::fault::fault;

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// What may stand unescaped in the path of a `file:` URI.
const IN_URI: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'.')
    .remove(b'-')
    .remove(b'_');

pub struct Opened {
    pub connection: Connection,
    pub warnings: Vec<String>,
}

enum State {
    Missing,
    Empty,
    Filled,
}

pub fn open(address: &Address, options: &ConnectOptions) -> Result<Opened, DbError> {
    let read_only = options.read_only || address.read_only;
    let create = (options.create || address.create) && !read_only;
    let path = match &address.target {
        Target::Memory => return memory(options, read_only),
        Target::File(path) => path,
    };
    match state(path)? {
        // Nothing to read: an empty database stands in, and refuses to take what would be lost with it.
        State::Missing | State::Empty if !create => memory(options, true),
        State::Missing => {
            folder_exists(path)?;
            file(path, address, options, true, read_only)
        }
        State::Empty | State::Filled => file(path, address, options, create, read_only),
    }
}

fn memory(options: &ConnectOptions, read_only: bool) -> Result<Opened, DbError> {
    let connection = Connection::open_in_memory().map_err(plain)?;
    prepare(&connection, options, read_only)?;
    Ok(Opened {
        connection,
        warnings: Vec::new(),
    })
}

fn file(
    path: &Path,
    address: &Address,
    options: &ConnectOptions,
    create: bool,
    read_only: bool,
) -> Result<Opened, DbError> {
    let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags |= match read_only {
        true => OpenFlags::SQLITE_OPEN_READ_ONLY,
        false => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, create);
    let opened = match address.immutable {
        true => immutable(path, options),
        false => attempt(as_given(path), flags, options, read_only),
    };
    match opened {
        Ok(connection) => Ok(Opened {
            connection,
            warnings: Vec::new(),
        }),
        Err(error) if !address.immutable && needs_shared_memory(path, &error) => {
            unlogged(path, options, error)
        }
        Err(error) => Err(recognized(path, plain(error)).in_file(path)),
    }
}

/// A WAL database whose `-shm` file cannot be made can still be read, as long as its log holds nothing.
fn unlogged(
    path: &Path,
    options: &ConnectOptions,
    cause: rusqlite::Error,
) -> Result<Opened, DbError> {
    let log = sidecar(path, "-wal");
    if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        return Err(DbError::new(
            DbErrorKind::ReadOnly,
            format!(
                "{} cannot be read: its newest changes are still in {}, and the folder is read-only",
                path.display(),
                log.display()
            ),
        )
        .detail(format!("SQLite says: {cause}"))
        .help("copy both files to a folder that can be written to and read them there"));
    }
    let connection =
        immutable(path, options).map_err(|error| recognized(path, plain(error)).in_file(path))?;
    Ok(Opened {
        connection,
        warnings: vec![format!(
            "{} is in WAL mode in a folder that cannot be written to; it is read without locks, \
             so changes made meanwhile are not noticed",
            path.display()
        )],
    })
}

fn immutable(path: &Path, options: &ConnectOptions) -> rusqlite::Result<Connection> {
    // A plain path cannot carry the option, so it becomes a URI.
    let written = path.to_string_lossy();
    // Without an authority, a path that begins with two slashes would be taken for one.
    let authority = if written.starts_with('/') { "//" } else { "" };
    let uri = format!(
        "file:{authority}{}?immutable=1",
        utf8_percent_encode(&written, IN_URI)
    );
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    attempt(PathBuf::from(uri), flags, options, true)
}

/// SQLite gives a meaning to paths that begin with `file:` or `:`; ours have none.
fn as_given(path: &Path) -> PathBuf {
    match path.is_relative() {
        true => Path::new(".").join(path),
        false => path.to_owned(),
    }
}

fn attempt(
    path: PathBuf,
    flags: OpenFlags,
    options: &ConnectOptions,
    read_only: bool,
) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags)?;
    set_up(&connection, options, read_only)?;
    // SQLite opens files lazily: only a read shows whether this one is a database that can be used.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

fn prepare(
    connection: &Connection,
    options: &ConnectOptions,
    read_only: bool,
) -> Result<(), DbError> {
    set_up(connection, options, read_only).map_err(plain)
}

fn set_up(
    connection: &Connection,
    options: &ConnectOptions,
    read_only: bool,
) -> rusqlite::Result<()> {
    connection.busy_timeout(options.lock_timeout.unwrap_or(BUSY_TIMEOUT))?;
    // The build turns foreign keys on; whether they are checked is the caller's decision.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false)?;
    if read_only {
        connection.execute_batch("PRAGMA query_only = ON")?;
    }
    Ok(())
}

fn state(path: &Path) -> Result<State, DbError> {
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::Missing),
        Err(error) => return Err(io_fault(path, &error)),
    };
    if found.is_dir() {
        return Err(DbError::new(
            DbErrorKind::NotADatabase,
            format!("{} is a folder, not a SQLite database", path.display()),
        )
        .help("name the database file inside it"));
    }
    if !found.is_file() {
        return Err(DbError::new(
            DbErrorKind::NotADatabase,
            format!("{} is no regular file", path.display()),
        ));
    }
    Ok(match found.len() {
        0 => State::Empty,
        _ => State::Filled,
    })
}

fn folder_exists(path: &Path) -> Result<(), DbError> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    match folder {
        Some(folder) if !folder.is_dir() => Err(DbError::new(
            DbErrorKind::Io,
            format!(
                "{} cannot be created: its folder does not exist",
                path.display()
            ),
        )
        .help(format!("mkdir -p {}", folder.display()))),
        _ => Ok(()),
    }
}

fn io_fault(path: &Path, error: &io::Error) -> DbError {
    let kind = match error.kind() {
        io::ErrorKind::PermissionDenied => DbErrorKind::Permission,
        _ => DbErrorKind::Io,
    };
    DbError::new(
        kind,
        format!("{} cannot be opened: {error}", path.display()),
    )
    .help("check the path and the rights of the file and its folders")
}

/// Bytes 18 and 19 of the header say whether the file is in WAL mode.
fn needs_shared_memory(path: &Path, error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, ReadOnly};
    matches!(error.sqlite_error_code(), Some(CannotOpen | ReadOnly))
        && header(path).is_ok_and(|header| header.get(18..20) == Some(&[2, 2]))
}

fn header(path: &Path) -> io::Result<Vec<u8>> {
    let mut header = Vec::new();
    File::open(path)?.take(100).read_to_end(&mut header)?;
    Ok(header)
}

/// Tells apart what SQLite reports alike: no right to read, an encrypted database, and no database at all.
fn recognized(path: &Path, fault: DbError) -> DbError {
    match fault.kind {
        DbErrorKind::NotADatabase => match looks_encrypted(path) {
            true => DbError {
                kind: DbErrorKind::Encrypted,
                ..fault
            },
            false => fault,
        },
        DbErrorKind::Io => match header(path) {
            Err(error) => io_fault(path, &error),
            Ok(_) => fault,
        },
        _ => fault,
    }
}

/// An encrypted database is whole pages of noise.
fn looks_encrypted(path: &Path) -> bool {
    let whole_pages = fs::metadata(path).is_ok_and(|file| file.len() % 512 == 0);
    whole_pages && header(path).is_ok_and(|header| std::str::from_utf8(&header).is_err())
}

fn sidecar(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn plain(error: rusqlite::Error) -> DbError {
    fault(error, "", None)
}

trait InFile {
    fn in_file(self, path: &Path) -> Self;
}

impl InFile for DbError {
    /// SQLite's sentences do not say which file they are about.
    fn in_file(mut self, path: &Path) -> Self {
        let path = path.display().to_string();
        if !self.message.contains(&path) {
            self.message = format!("{path}: {}", self.message);
        }
        self
    }
}
