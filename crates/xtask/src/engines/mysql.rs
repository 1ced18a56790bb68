//! MySQL from Debian's unstable suite, unpacked beside the machine's own system.
//!
//! Neighbours: `testkit::server` starts it with the loader and the libraries that come along. Invariant: apt works in a
//! folder of its own, as if nothing were installed; the archive is the one that the machine's own sources name.

use super::output;
use anyhow::{Context, Result, bail};
use driftless_testkit::workspace;
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKAGE: &str = "mysql-server-core";

pub fn home() -> PathBuf {
    workspace::engines().join("mysql")
}

pub fn provide() -> Result<String> {
    if home().join("usr/sbin/mysqld").is_file() {
        return Ok(format!("is there, {}", home().display()));
    }
    if workspace::program("apt-get").is_none() || workspace::program("dpkg-deb").is_none() {
        bail!("it comes from Debian's archive: that needs apt-get and dpkg-deb");
    }
    std::fs::create_dir_all(workspace::engines())?;
    let draft = tempfile::Builder::new()
        .prefix("unpack-")
        .tempdir_in(workspace::engines())?;
    let apt = draft.path().join("apt");
    for folder in ["lists/partial", "cache/archives/partial"] {
        std::fs::create_dir_all(apt.join(folder))?;
    }
    std::fs::write(apt.join("status"), "")?;
    let source = format!("deb {} sid main\n", archive()?);
    std::fs::write(apt.join("sources.list"), source)?;
    output(get(&apt).arg("update"))?;
    output(get(&apt).args([
        "--yes",
        "--download-only",
        "--no-install-recommends",
        "install",
        PACKAGE,
    ]))?;
    let root = draft.path().join("root");
    for file in std::fs::read_dir(apt.join("cache/archives"))? {
        let file = file?.path();
        if file.extension().is_some_and(|e| e == "deb") {
            output(Command::new("dpkg-deb").arg("-x").arg(&file).arg(&root))?;
        }
    }
    std::fs::rename(&root, home())
        .with_context(|| format!("cannot move it to {}", home().display()))?;
    Ok(home().display().to_string())
}

/// apt-get that knows of nothing but the folder.
fn get(apt: &Path) -> Command {
    let mut command = Command::new("apt-get");
    let at = |name: &str| apt.join(name).display().to_string();
    for (option, value) in [
        ("Dir::Etc::sourcelist", at("sources.list")),
        ("Dir::Etc::sourceparts", "-".to_owned()),
        ("Dir::State", at("")),
        ("Dir::State::lists", at("lists")),
        ("Dir::State::status", at("status")),
        ("Dir::Cache", at("cache")),
        ("Debug::NoLocking", "1".to_owned()),
    ] {
        command.arg("-o").arg(format!("{option}={value}"));
    }
    command
}

/// The archive of Debian in the machine's own sources.
fn archive() -> Result<String> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    if let Ok(parts) = std::fs::read_dir("/etc/apt/sources.list.d") {
        files.extend(parts.flatten().map(|part| part.path()));
    }
    let texts = files.iter().filter_map(|f| std::fs::read_to_string(f).ok());
    let found = texts.into_iter().find_map(|text| {
        let mut words = text.split_whitespace();
        let is_archive =
            |w: &&str| w.contains("://") && w.trim_end_matches('/').ends_with("/debian");
        words.find(is_archive).map(str::to_owned)
    });
    found.context("no archive of Debian in this machine's apt sources")
}
