//! The data folder that `initdb` made once and every server starts from.
//!
//! Neighbours: `launch`. It lies in the target folder, keyed by the exact version. Invariant: it appears whole or not at
//! all (made elsewhere, then renamed), so test processes that start together do not disturb each other.

use super::account::Account;
use super::install::Install;
use crate::workspace;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// Fills `data`, which must not exist yet, below a folder that the account owns.
pub(super) fn fill(data: &Path, install: &Install, account: Account) -> Result<()> {
    let cached = cache(install);
    if !cached.join("PG_VERSION").is_file() {
        initdb(data, install, account)?;
        // A cache that cannot be written costs time, nothing else.
        let _ = keep(data, &cached);
        return Ok(());
    }
    copy_tree(&cached, data).context("cannot copy the template data folder")?;
    account.own(data)
}

fn cache(install: &Install) -> PathBuf {
    let key: String = install
        .version
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '.' {
                c
            } else {
                '-'
            }
        })
        .collect();
    workspace::target().join("testkit").join(key)
}

fn initdb(data: &Path, install: &Install, account: Account) -> Result<()> {
    let mut command = account.command(&install.bin.join("initdb"));
    install.prepare(&mut command);
    command.current_dir("/").arg("-D").arg(data);
    command.args([
        "--auth=trust",
        "--username=postgres",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
    ]);
    let output = command.output().context("cannot run initdb")?;
    if !output.status.success() {
        bail!(
            "initdb failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(())
}

fn keep(data: &Path, cached: &Path) -> Result<()> {
    let parent = cached.parent().context("the cache has no parent")?;
    std::fs::create_dir_all(parent)?;
    let draft = tempfile::Builder::new()
        .prefix("template-")
        .tempdir_in(parent)?;
    let whole = draft.path().join("data");
    copy_tree(data, &whole)?;
    // Fails where another process was faster: its copy is as good.
    let _ = std::fs::rename(&whole, cached);
    Ok(())
}

/// Copies folders, files (with their modes) and links.
pub(super) fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(std::fs::read_link(entry.path())?, target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    // Last, since a folder may be read-only. PostgreSQL refuses a data folder that others may read.
    std::fs::set_permissions(to, std::fs::metadata(from)?.permissions())?;
    Ok(())
}
