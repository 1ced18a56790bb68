//! Ends a server with the process that started it.
//!
//! Neighbours: `launch`. A small shell waits on a pipe whose other end only this process holds: when the value is
//! dropped, or the process ends in whatever way, the pipe closes and the shell stops the server by its id and removes
//! the folder. So a server that is kept in a static, and one whose tests were killed, end as well.

use anyhow::{Context, Result};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// INT is PostgreSQL's fast shutdown. The id cannot be another's: it stays reserved until its parent reaps it or ends.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
read -r _
kill -INT "$1" 2>/dev/null
n=0
while kill -0 "$1" 2>/dev/null && [ $n -lt 100 ]; do n=$((n + 1)); sleep 0.05; done
[ $n -lt 100 ] || kill -KILL "$1" 2>/dev/null
rm -rf -- "$2"
"#;

pub(super) struct Process {
    server: Child,
    watcher: Child,
    folder: PathBuf,
}

impl Process {
    pub fn watch(mut server: Child, folder: PathBuf) -> Result<Self> {
        let watcher = Command::new("sh")
            .args(["-c", SCRIPT, "watch"])
            .arg(server.id().to_string())
            .arg(&folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("cannot start the shell that watches the server");
        match watcher {
            Ok(watcher) => Ok(Self {
                server,
                watcher,
                folder,
            }),
            Err(error) => {
                let _ = server.kill();
                let _ = server.wait();
                let _ = std::fs::remove_dir_all(&folder);
                Err(error)
            }
        }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        // The server is our child: unless it is reaped, the watcher would wait for a zombie.
        let _ = self.server.wait();
        let _ = self.watcher.wait();
    }
}
