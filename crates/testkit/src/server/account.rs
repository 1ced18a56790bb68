//! Who runs the server.
//!
//! Neighbours: `launch`, `template`. PostgreSQL refuses to run as root, so whoever is root lends an account that the
//! machine has already; none is ever created.

use anyhow::{Context, Result, bail};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// An account to switch to; nothing where we are not root.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    switch: Option<(u32, u32)>,
}

impl Account {
    pub fn choose() -> Result<Self> {
        let own = std::fs::metadata("/proc/self")
            .context("cannot tell the own user")?
            .uid();
        if own != 0 {
            return Ok(Self { switch: None });
        }
        let list = std::fs::read_to_string("/etc/passwd")
            .context("cannot read the accounts of this machine")?;
        for wanted in ["postgres", "nobody"] {
            for line in list.lines() {
                let fields: Vec<_> = line.split(':').collect();
                if let [name, _, user, group, ..] = fields[..]
                    && name == wanted
                {
                    return Ok(Self {
                        switch: Some((user.parse()?, group.parse()?)),
                    });
                }
            }
        }
        bail!(
            "PostgreSQL does not run as root, and this machine has neither an account `postgres` nor `nobody`"
        )
    }

    /// A command that runs as this account, with nothing of the caller's locale or PG variables.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("PG")
                || text.starts_with("LC_")
                || text == "LANG"
                || text == "LANGUAGE"
            {
                command.env_remove(&name);
            }
        }
        command.env("LC_ALL", "C");
        if let Some((user, group)) = self.switch {
            command.uid(user).gid(group);
        }
        command
    }

    /// Makes a file tree the account's own.
    pub fn own(&self, path: &Path) -> Result<()> {
        let Some((user, group)) = self.switch else {
            return Ok(());
        };
        let meta = std::fs::symlink_metadata(path)?;
        std::os::unix::fs::lchown(path, Some(user), Some(group))?;
        if meta.is_dir() {
            for entry in std::fs::read_dir(path)? {
                self.own(&entry?.path())?;
            }
        }
        Ok(())
    }

    /// Whether the account gets as far as that path: every folder above must let others through.
    pub fn reaches(&self, path: &Path) -> bool {
        self.switch.is_none()
            || path
                .ancestors()
                .skip(1)
                .filter(|folder| !folder.as_os_str().is_empty())
                .all(|folder| {
                    std::fs::metadata(folder)
                        .is_ok_and(|meta| meta.permissions().mode() & 0o001 != 0)
                })
    }
}
