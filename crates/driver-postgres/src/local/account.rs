//! Who runs the server: PostgreSQL refuses to work as root, so whoever is root lends an account that the machine has
//! already; none is ever created.

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// An account to switch to; nothing where we are not root.
pub struct Account {
    switch: Option<(u32, u32)>,
}

impl Account {
    pub fn choose() -> Result<Account, String> {
        // A file of our own tells who we are, without a call that the standard library has not.
        let own = tempfile::tempfile()
            .and_then(|file| file.metadata())
            .map_err(|e| format!("cannot tell the own user: {e}"))?;
        if own.uid() != 0 {
            return Ok(Account { switch: None });
        }
        let list = std::fs::read_to_string("/etc/passwd")
            .map_err(|e| format!("cannot read the accounts of this machine: {e}"))?;
        let found = ["postgres", "nobody"]
            .iter()
            .find_map(|wanted| list.lines().find_map(|line| numbers(line, wanted)));
        match found {
            Some(numbers) => Ok(Account {
                switch: Some(numbers),
            }),
            None => Err("PostgreSQL does not run as root, and this machine has neither an account `postgres` nor `nobody`".into()),
        }
    }

    /// A command that runs as this account, with nothing of the caller's locale or PG variables.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("PG") || text.starts_with("LC_") || text.starts_with("LANG") {
                command.env_remove(&name);
            }
        }
        command.env("LC_ALL", "C");
        if let Some((user, group)) = self.switch {
            command.uid(user).gid(group);
        }
        command
    }

    pub fn own(&self, path: &Path) -> std::io::Result<()> {
        match self.switch {
            Some((user, group)) => std::os::unix::fs::chown(path, Some(user), Some(group)),
            None => Ok(()),
        }
    }

    /// Whether the account gets into that folder: it and every one above must let others through.
    pub fn reaches(&self, path: &Path) -> bool {
        self.switch.is_none() || path.ancestors().all(super::is_open)
    }
}

fn numbers(line: &str, wanted: &str) -> Option<(u32, u32)> {
    match line.split(':').collect::<Vec<_>>()[..] {
        [name, _, user, group, ..] if name == wanted => {
            Some((user.parse().ok()?, group.parse().ok()?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_accounts() {
        let line = "postgres:x:104:110:PostgreSQL:/var/lib/postgresql:/bin/bash";
        assert_eq!(numbers(line, "postgres"), Some((104, 110)));
        assert_eq!(numbers(line, "nobody"), None);
        assert_eq!(numbers("postgres:x", "postgres"), None);
    }
}
