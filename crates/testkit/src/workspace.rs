//! Where the workspace lies, and its folder for what is built or cached.
//!
//! Neighbours: `server` (cached template data, installed engines), `fixture`, `xtask`. Nothing here writes.

use std::path::{Path, PathBuf};

/// The folder of the workspace's `Cargo.toml`.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Cargo's target folder: `CARGO_TARGET_DIR`, else `target` of the workspace.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) if !folder.is_empty() => root().join(folder),
        _ => root().join("target"),
    }
}

/// Where `cargo xtask engines` puts servers (`pg14` … `pg18`). Always the workspace's own target folder, so that a
/// build with another target folder still finds them.
pub fn engines() -> PathBuf {
    root().join("target").join("engines")
}

/// The first program of that name on `PATH`.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}
