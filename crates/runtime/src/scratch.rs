//! A database that is thrown away: what a rehearsal runs on.
//!
//! Neighbours: drivers make one (`Driver::scratch`), `cli` asks. What outlives this process by itself (a server, a
//! database on a server) is owned by a keeper: a process of its own that waits on a pipe. Invariant: the pipe closes
//! with this process, however it ends, and then the keeper removes what it made.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use crate::connection::{Connection, DbError, DbErrorKind};

/// What a scratch database is asked to be.
pub struct ScratchWish<'w> {
    /// Beside which database of a server; without it one of this machine's own programs serves.
    pub beside: Option<&'w str>,
    /// Whose it is there, where it is not the user's own.
    pub role: Option<&'w str>,
    /// The server's major version that is wanted most.
    pub major: u32,
    /// Roles that the schema speaks of; made where the whole server is thrown away.
    pub roles: &'w [String],
    /// The command that works as keeper.
    pub keeper: &'w [OsString],
}

/// A scratch database, open.
pub struct Scratch {
    pub connection: Box<dyn Connection>,
    keeper: Option<Keeper>,
}

impl Scratch {
    pub fn new(connection: Box<dyn Connection>, keeper: Option<Keeper>) -> Scratch {
        Scratch { connection, keeper }
    }

    /// Ends the session and waits until nothing of it is left.
    pub async fn close(self) {
        self.connection.close().await;
        drop(self.keeper);
    }
}

/// The process that owns what has to go.
pub struct Keeper {
    process: Child,
}

impl Keeper {
    /// Starts it, asks in one line, and waits for its answer of one line.
    pub fn start(command: &[OsString], question: &str) -> Result<(Keeper, String), DbError> {
        let lost = |e: &dyn std::fmt::Display| {
            let message = format!("the keeper of the scratch database does not work: {e}");
            DbError::new(DbErrorKind::NoScratch, message)
        };
        let (program, arguments) = command.split_first().ok_or_else(|| lost(&"no program"))?;
        let mut command = Command::new(program);
        command.args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(Stdio::null());
        // Ctrl-C at the terminal is meant for us: the keeper hears of it by the pipe.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let process = command.spawn().map_err(|e| lost(&e))?;
        let mut keeper = Keeper { process };
        let asked = match &mut keeper.process.stdin {
            Some(pipe) => writeln!(pipe, "{question}").and_then(|()| pipe.flush()),
            None => Err(std::io::ErrorKind::BrokenPipe.into()),
        };
        asked.map_err(|e| lost(&e))?;
        let mut answer = String::new();
        if let Some(pipe) = &mut keeper.process.stdout {
            let read = BufReader::new(pipe).read_line(&mut answer);
            read.map_err(|e| lost(&e))?;
        }
        match answer.strip_suffix('\n') {
            Some(line) => Ok((keeper, line.to_string())),
            None => Err(lost(&"it ended without a word")),
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // It ends when all is gone; how it ended changes nothing any more.
        let _ = self.process.wait();
    }
}
