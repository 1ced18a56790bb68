//! Where PostgreSQL's programs are.
//!
//! Neighbours: `launch` starts what is found; `xtask engines` fills the first place that is looked at.

use crate::workspace;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// One set of server programs.
#[derive(Clone, Debug)]
pub struct Install {
    /// Holds `initdb` and `postgres`.
    pub bin: PathBuf,
    /// Shared libraries of a set that brings its own.
    pub lib: Option<PathBuf>,
    pub major: u16,
    /// As `postgres --version` prints it.
    pub version: String,
}

impl Install {
    /// The first set that fits, in the order of `Install::all`. One whose databases a pg_dump of this machine can read
    /// goes before one without: the sets of `cargo xtask engines` bring no clients, and the dump is the oracle.
    pub fn find(major: Option<u16>) -> Result<Self> {
        let found = Self::all();
        let fits = || {
            found
                .iter()
                .filter(|install| major.is_none_or(|major| install.major == major))
        };
        let dumped =
            fits().find(|install| client("pg_dump", Some(install), install.major).is_some());
        if let Some(fit) = dumped.or_else(|| fits().next()) {
            return Ok(fit.clone());
        }
        let wanted = major.map(|major| format!(" {major}")).unwrap_or_default();
        let have: Vec<_> = found
            .iter()
            .map(|install| install.major.to_string())
            .collect();
        let have = if have.is_empty() {
            "none".to_owned()
        } else {
            have.join(", ")
        };
        bail!(
            "no server programs of PostgreSQL{wanted} (found: {have}); install the package `postgresql`, run \
             `cargo xtask engines`, or set {}",
            super::URL
        )
    }

    /// Every set of this machine: installed by xtask (newest first), on `PATH`, the distribution's (newest first).
    pub fn all() -> Vec<Self> {
        let mut folders: Vec<(PathBuf, Option<PathBuf>)> = Vec::new();
        for folder in newest_first(&workspace::engines(), |name| name.strip_prefix("pg")) {
            folders.push((folder.join("bin"), Some(folder.join("lib"))));
        }
        if let Some(program) =
            workspace::program("initdb").and_then(|file| file.canonicalize().ok())
        {
            folders.extend(program.parent().map(|bin| (bin.to_path_buf(), None)));
        }
        for folder in distribution() {
            folders.push((folder.join("bin"), None));
        }
        let mut found: Vec<Self> = Vec::new();
        for (bin, lib) in folders {
            if found.iter().any(|install| install.bin == bin) || !bin.join("initdb").is_file() {
                continue;
            }
            if let Some((major, version)) = version(&bin.join("postgres"), lib.as_deref()) {
                found.push(Self {
                    bin,
                    lib,
                    major,
                    version,
                });
            }
        }
        found
    }

    /// The environment that the programs of this set need.
    pub fn prepare(&self, command: &mut Command) {
        if let Some(lib) = &self.lib {
            command.env("LD_LIBRARY_PATH", lib);
        }
    }
}

/// The newest major that can be started here.
pub fn newest_major() -> Option<u16> {
    Install::all().iter().map(|install| install.major).max()
}

/// A client program that is at least of that major: beside the server, on `PATH`, or the distribution's newest.
pub(super) fn client(name: &str, beside: Option<&Install>, least: u16) -> Option<PathBuf> {
    let mut files: Vec<PathBuf> = beside
        .map(|install| install.bin.join(name))
        .into_iter()
        .collect();
    // The distribution's own folders first: what is on PATH may be a wrapper that picks a server's version.
    files.extend(
        distribution()
            .into_iter()
            .map(|folder| folder.join("bin").join(name)),
    );
    files.extend(workspace::program(name));
    files
        .into_iter()
        .filter(|file| file.is_file())
        .find(|file| version(file, None).is_some_and(|(major, _)| major >= least))
}

fn distribution() -> Vec<PathBuf> {
    let mut folders = newest_first(Path::new("/usr/lib/postgresql"), |name| Some(name));
    folders.extend(newest_first(Path::new("/usr"), |name| {
        name.strip_prefix("pgsql-")
    }));
    folders
}

/// The folders whose name holds a number, the highest first.
fn newest_first(folder: &Path, number: impl Fn(&str) -> Option<&str>) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<(u16, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            Some((number(&name)?.parse().ok()?, entry.path()))
        })
        .collect();
    found.sort_by(|one, other| other.cmp(one));
    found.into_iter().map(|(_, path)| path).collect()
}

/// The major and the whole version line that a program prints.
fn version(program: &Path, lib: Option<&Path>) -> Option<(u16, String)> {
    let mut command = Command::new(program);
    if let Some(lib) = lib {
        command.env("LD_LIBRARY_PATH", lib);
    }
    let output = command.arg("--version").output().ok()?;
    let line = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let number = line
        .split(' ')
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let major: String = number.chars().take_while(char::is_ascii_digit).collect();
    Some((major.parse().ok()?, line))
}
