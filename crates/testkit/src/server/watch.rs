//! Ends a server, and removes its folder, with the process that started it.
//!
//! Neighbours: `launch`. A small shell waits on a pipe whose other end only this process holds: when the value is
//! dropped, or the process ends in whatever way, the pipe closes and the shell stops the server by its id and removes
//! the folder. So a server that is kept in a static, and one whose tests were killed, end as well.

use anyhow::{Context, Result};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The first line is the server's id, once there is one; then only the end of the pipe can come. INT is PostgreSQL's
/// fast shutdown, TERM is MariaDB's (and waits for sessions on PostgreSQL). The id cannot be another's: it stays reserved until its parent reaps it or ends.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
read -r server && read -r _
if [ -n "$server" ]; then
  kill -INT "$server" 2>/dev/null
  case $1 in *dl-my-*) kill -TERM "$server" 2>/dev/null ;; esac
  n=0
  while kill -0 "$server" 2>/dev/null && [ $n -lt 200 ]; do n=$((n + 1)); sleep 0.05; done
  [ $n -lt 200 ] || kill -KILL "$server" 2>/dev/null
fi
rm -rf -- "$1"
"#;

/// A folder that goes with this process, and the server in it.
#[derive(Debug)]
pub(super) struct Process {
    watcher: Child,
    server: Option<Child>,
    folder: PathBuf,
}

impl Process {
    /// Watches over a folder in which nothing runs yet.
    pub fn watch(folder: tempfile::TempDir) -> Result<Self> {
        let watcher = Command::new("sh")
            .args(["-c", SCRIPT, "watch"])
            .arg(folder.path())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("cannot start the shell that watches the server")?;
        Ok(Self {
            watcher,
            server: None,
            folder: folder.keep(),
        })
    }

    /// The server that runs in the folder from now on.
    pub fn adopt(&mut self, mut server: Child) -> Result<()> {
        let line = format!("{}\n", server.id());
        let told = match &mut self.watcher.stdin {
            Some(pipe) => pipe.write_all(line.as_bytes()),
            None => Err(std::io::ErrorKind::BrokenPipe.into()),
        };
        if told.is_err() {
            let _ = server.kill();
            let _ = server.wait();
        }
        self.server = Some(server);
        told.context("the shell that watches the server is gone")
    }

    /// Whether the server is gone already.
    pub fn ended(&mut self) -> Result<bool> {
        match &mut self.server {
            Some(server) => Ok(server.try_wait()?.is_some()),
            None => Ok(true),
        }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        if let Some(server) = &mut self.server {
            // Without its watcher it would never end.
            if matches!(self.watcher.try_wait(), Ok(Some(_)) | Err(_)) {
                let _ = server.kill();
            }
            // The server is our child: unless it is reaped, the watcher would wait for a zombie.
            let _ = server.wait();
        }
        let _ = self.watcher.wait();
    }
}
