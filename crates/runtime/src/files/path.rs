//! Paths, folders and globs to the list of files that they mean.
//!
//! Neighbours: `files` reads what is found. Invariant: each file once, a folder's files sorted by path; hidden
//! entries of folders are left out, and a name that means no file is a mistake.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use driftless_sql::{Diagnostic, Problems};

use super::{is_config, is_schema, text};

/// All files that the patterns mean, in their order.
pub(super) fn find(patterns: &[String], problems: &mut Problems) -> Vec<PathBuf> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for pattern in patterns {
        match find_one(pattern) {
            Ok(paths) => found.extend(
                paths
                    .into_iter()
                    .filter(|p| seen.insert(p.canonicalize().unwrap_or_else(|_| p.clone()))),
            ),
            Err(problem) => problems.push(problem),
        }
    }
    found
}

fn find_one(pattern: &str) -> Result<Vec<PathBuf>, Diagnostic> {
    let path = Path::new(pattern);
    match std::fs::metadata(path) {
        Ok(meta) if meta.is_dir() => folder(path, pattern),
        Ok(_) => Ok(vec![path.to_path_buf()]),
        Err(_) if pattern.contains(['*', '?', '[']) => globbed(pattern),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(missing(path, pattern)),
        Err(e) => Err(text::unreadable(pattern, &e)),
    }
}

fn folder(dir: &Path, name: &str) -> Result<Vec<PathBuf>, Diagnostic> {
    let mut files = Vec::new();
    let mut visited = HashSet::new();
    let mut waiting = vec![dir.to_path_buf()];
    while let Some(dir) = waiting.pop() {
        // A symbolic link may lead back up.
        if !visited.insert(dir.canonicalize().unwrap_or_else(|_| dir.clone())) {
            continue;
        }
        let shown = dir.to_string_lossy().into_owned();
        let entries = std::fs::read_dir(&dir).map_err(|e| text::unreadable(&shown, &e))?;
        for entry in entries {
            let path = entry.map_err(|e| text::unreadable(&shown, &e))?.path();
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            if file.starts_with('.') {
                continue;
            }
            if path.is_dir() {
                waiting.push(path);
            } else if is_schema(&file) && !is_config(&file) {
                files.push(path);
            }
        }
    }
    if files.is_empty() {
        return Err(Diagnostic::error(
            "D0106",
            format!("the folder `{name}` holds no .sql or .yaml file"),
        )
        .help("name the right folder; the state without any object is written `empty`"));
    }
    files.sort();
    Ok(files)
}

fn globbed(pattern: &str) -> Result<Vec<PathBuf>, Diagnostic> {
    let options = glob::MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let paths = glob::glob_with(pattern, options).map_err(|e| {
        Diagnostic::error("D0107", format!("`{pattern}` is no pattern: {}", e.msg)).help(
            "`*` and `?` match within a name, `**` any folders, `[ab]` one of some characters",
        )
    })?;
    let mut files = Vec::new();
    for path in paths {
        let path = path.map_err(|e| text::unreadable(&e.path().to_string_lossy(), e.error()))?;
        let name = path.to_string_lossy().into_owned();
        if !path.is_dir() && !is_config(&name) {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(
            Diagnostic::error("D0106", format!("no file matches `{pattern}`"))
                .help("quote the pattern for your shell, and use `**` to reach into folders"),
        );
    }
    files.sort();
    Ok(files)
}

fn missing(path: &Path, name: &str) -> Diagnostic {
    let d = Diagnostic::error("D0106", format!("there is no file or folder `{name}`"));
    match sibling(path) {
        Some(near) => d.help(format!("did you mean `{near}`?")),
        None => d.help("name an existing file or folder; the state without any object is `empty`"),
    }
}

/// The neighbour whose name is nearest to the missing one.
fn sibling(path: &Path) -> Option<String> {
    let wanted = path.file_name()?.to_string_lossy().into_owned();
    let parent = path.parent()?;
    let dir = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    };
    let (_, near) = std::fs::read_dir(dir)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .map(|name| (strsim::damerau_levenshtein(&wanted, &name), name))
        .filter(|(distance, _)| *distance <= 1.max(wanted.chars().count() / 3))
        .min()?;
    Some(parent.join(near).to_string_lossy().into_owned())
}
