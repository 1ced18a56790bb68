//! Where PostgreSQL's server programs are: on PATH, and where distributions put them.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder of folders, one a version, and what stands before the number in their names.
const DISTRIBUTIONS: [(&str, &str); 4] = [
    ("/usr/lib/postgresql", ""),
    ("/usr", "pgsql-"),
    ("/opt/homebrew/opt", "postgresql@"),
    ("/usr/local/opt", "postgresql@"),
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Install {
    pub bin: PathBuf,
    pub major: u32,
}

impl Install {
    /// The set of that major; else the next newer one, which knows at least as much; else the newest.
    pub fn nearest(major: u32) -> Option<Install> {
        nearest(all(), major)
    }

    /// The environment that the programs need: a set that brings its own libraries has them beside it.
    pub fn prepare(&self, command: &mut Command) {
        let lib = self.bin.join("../lib");
        if lib.join("libpq.so.5").exists() {
            command.env("LD_LIBRARY_PATH", lib);
        }
    }
}

fn nearest(mut found: Vec<Install>, major: u32) -> Option<Install> {
    // The first of equals stays first: PATH has the first word.
    found.sort_by_key(|i| match i.major >= major {
        true => (0, i.major),
        false => (1, u32::MAX - i.major),
    });
    found.into_iter().next()
}

fn all() -> Vec<Install> {
    let mut folders: Vec<PathBuf> = Vec::new();
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(
        std::env::split_paths(&path)
            .filter(|folder| folder.is_absolute())
            .filter_map(|folder| folder.join("initdb").canonicalize().ok())
            .filter_map(|file| file.parent().map(Path::to_path_buf)),
    );
    for (home, prefix) in DISTRIBUTIONS {
        let Ok(entries) = std::fs::read_dir(home) else {
            continue;
        };
        let named = entries.flatten().filter(|e| {
            let name = e.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix(prefix));
            number.is_some_and(|n| n.parse::<f32>().is_ok())
        });
        folders.extend(named.map(|e| e.path().join("bin")));
    }
    folders.dedup();
    folders
        .into_iter()
        .filter(|bin| {
            let all = ["initdb", "pg_ctl", "postgres"];
            all.iter().all(|name| bin.join(name).is_file())
        })
        .filter_map(|bin| {
            let mut install = Install { bin, major: 0 };
            install.major = version(&install)?;
            Some(install)
        })
        .collect()
}

fn version(install: &Install) -> Option<u32> {
    let mut command = Command::new(install.bin.join("postgres"));
    install.prepare(&mut command);
    let output = command.arg("--version").output().ok()?;
    major(&String::from_utf8_lossy(&output.stdout))
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`
fn major(line: &str) -> Option<u32> {
    let number = line
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let end = number.find(|c: char| !c.is_ascii_digit());
    number[..end.unwrap_or(number.len())].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_set() {
        let set = |major| Install {
            bin: PathBuf::from(format!("/{major}")),
            major,
        };
        let all = || vec![set(14), set(18), set(16)];
        let found = |major| nearest(all(), major).map(|i| i.major);
        assert_eq!(found(16), Some(16));
        assert_eq!(found(15), Some(16));
        assert_eq!(found(17), Some(18));
        assert_eq!(found(19), Some(18));
        assert_eq!(nearest(Vec::new(), 16), None);
    }

    #[test]
    fn majors() {
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)";
        assert_eq!(major(debian), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("?"), None);
    }
}
