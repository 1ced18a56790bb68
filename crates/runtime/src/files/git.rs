//! Files as of a git revision, by the `git` command: `rev-parse`, `ls-tree`, `cat-file`.
//!
//! Invariant: nothing is checked out or written, paths are relative to the current folder like everywhere else, and
//! sizes are known before anything is read.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use driftless_sql::{Diagnostic, Problems};

use super::program::{Failure, run};
use super::{is_config, is_schema, text};

/// One entry of a tree.
struct Blob {
    id: String,
    size: u64,
    path: String,
}

/// Names and bytes of the files at `path` as of `rev`, sorted by path.
pub(super) fn read(
    rev: &str,
    path: &str,
    limit: u64,
    problems: &mut Problems,
) -> Result<Vec<(String, Vec<u8>)>, Diagnostic> {
    let commit = commit(rev)?;
    let wanted = path.trim_end_matches('/');
    let wanted = wanted.strip_prefix("./").unwrap_or(wanted);
    let wanted = if wanted.is_empty() { "." } else { wanted };
    let listed = git(
        &["ls-tree", "-r", "-z", "-l", &commit, "--", wanted],
        Vec::new(),
    )?;
    let name = |path: &str| format!("git:{rev}:{path}");
    let mut blobs = Vec::new();
    let mut large = false;
    for blob in entries(&listed) {
        let single = blob.path == wanted;
        let outside = !is_schema(&blob.path) || is_config(&blob.path) || hidden(&blob.path, wanted);
        if !single && outside {
            continue;
        } else if blob.size > limit {
            large = true;
            problems.push(text::too_large(&name(&blob.path), Some(blob.size), limit));
        } else {
            blobs.push(blob);
        }
    }
    if blobs.is_empty() && !large {
        return Err(Diagnostic::error(
            "D0106",
            format!("`{path}` holds no .sql or .yaml file as of `{rev}`"),
        )
        .help(format!(
            "look at what is there: git ls-tree -r --name-only {rev}"
        )));
    }
    blobs.sort_by(|a, b| a.path.split('/').cmp(b.path.split('/')));
    contents(&blobs).map(|bytes| {
        blobs
            .iter()
            .map(|blob| name(&blob.path))
            .zip(bytes)
            .collect()
    })
}

/// Below the folder asked for, some part of the path begins with a dot.
fn hidden(path: &str, wanted: &str) -> bool {
    path.strip_prefix(wanted)
        .unwrap_or(path)
        .split('/')
        .any(|part| part.starts_with('.'))
}

fn commit(rev: &str) -> Result<String, Diagnostic> {
    let peeled = format!("{rev}^{{commit}}");
    let out = git(
        &["rev-parse", "--verify", "--end-of-options", &peeled],
        Vec::new(),
    )?;
    Ok(String::from_utf8_lossy(&out).trim().to_string())
}

/// `<mode> blob <id> <size>\t<path>\0`; links and submodules are no files.
fn entries(listed: &[u8]) -> impl Iterator<Item = Blob> {
    let text = String::from_utf8_lossy(listed).into_owned();
    let blobs: Vec<Blob> = text
        .split('\0')
        .filter_map(|entry| {
            let (facts, path) = entry.split_once('\t')?;
            let mut facts = facts.split_whitespace();
            let mode = facts.next()?;
            let (kind, id, size) = (facts.next()?, facts.next()?, facts.next()?);
            (kind == "blob" && mode != "120000").then(|| Blob {
                id: id.to_string(),
                size: size.parse().unwrap_or(u64::MAX),
                path: path.to_string(),
            })
        })
        .collect();
    blobs.into_iter()
}

/// All blobs through one `cat-file --batch`: `<id> blob <size>\n<bytes>\n` each.
fn contents(blobs: &[Blob]) -> Result<Vec<Vec<u8>>, Diagnostic> {
    if blobs.is_empty() {
        return Ok(Vec::new());
    }
    let ids: String = blobs.iter().map(|blob| format!("{}\n", blob.id)).collect();
    let out = git(&["cat-file", "--batch"], ids.into_bytes())?;
    let mut rest = &out[..];
    let mut all = Vec::with_capacity(blobs.len());
    for blob in blobs {
        let size = usize::try_from(blob.size).unwrap_or(usize::MAX);
        let bytes = rest
            .iter()
            .position(|b| *b == b'\n')
            .and_then(|header| Some((header, header.checked_add(1)?.checked_add(size)?)))
            .and_then(|(header, end)| Some((rest.get(header + 1..end)?, end)));
        let Some((bytes, end)) = bytes else {
            return Err(failed("it did not give the file", &blob.path));
        };
        all.push(bytes.to_vec());
        rest = rest.get(end + 1..).unwrap_or(&[]);
    }
    Ok(all)
}

/// A commit, as far as a history tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    pub hash: String,
    pub author: String,
    /// `2026-11-22`
    pub date: String,
    pub subject: String,
}

/// The commit that is checked out in a folder; `None` where there is no repository, or no git.
pub fn head(dir: &Path) -> Option<Commit> {
    let dir = match dir.as_os_str().is_empty() {
        true => ".",
        false => dir.to_str()?,
    };
    let format = format!("--format=%H{UNIT}%an{UNIT}%ad{UNIT}%s");
    let out = git(
        &["-C", dir, "log", "-1", "--date=short", &format],
        Vec::new(),
    )
    .ok()?;
    let text = String::from_utf8_lossy(&out);
    let mut facts = text.trim().splitn(4, UNIT);
    let mut fact = || facts.next().map(str::to_string);
    Some(Commit {
        hash: fact()?,
        author: fact()?,
        date: fact()?,
        subject: fact().unwrap_or_default(),
    })
}

/// What stands before the facts of each commit, and between them.
const RECORD: char = '\u{1}';
const UNIT: char = '\u{2}';

/// The commit that first brought each file of a folder, by file name; renames are followed.
pub fn added_by(dir: &str) -> Result<BTreeMap<String, Commit>, Diagnostic> {
    let format = format!("--format={RECORD}%H{UNIT}%an{UNIT}%ad{UNIT}%s");
    let arguments = [
        "-c",
        "core.quotePath=false",
        "-C",
        dir,
        "log",
        "--reverse",
        "--date=short",
        "--name-status",
        "--diff-filter=AR",
        "-M",
        "--relative",
        &format,
        "--",
        ".",
    ];
    let out = git(&arguments, Vec::new())?;
    let mut found: BTreeMap<String, Commit> = BTreeMap::new();
    let text = String::from_utf8_lossy(&out);
    for record in text.split(RECORD).skip(1) {
        let mut lines = record.lines();
        let mut facts = lines.next().unwrap_or_default().splitn(4, UNIT);
        let mut fact = || facts.next().unwrap_or_default().to_string();
        let commit = Commit {
            hash: fact(),
            author: fact(),
            date: fact(),
            subject: fact(),
        };
        for line in lines {
            let mut words = line.split('\t');
            let (Some(_), Some(path)) = (words.next(), words.next()) else {
                continue;
            };
            match words.next() {
                // Renamed: it was brought by whoever brought it under its former name.
                Some(now) => {
                    let former = found.get(path).cloned().unwrap_or_else(|| commit.clone());
                    found.insert(now.to_string(), former);
                }
                None => {
                    found.insert(path.to_string(), commit.clone());
                }
            }
        }
    }
    Ok(found)
}

fn git(arguments: &[&str], input: Vec<u8>) -> Result<Vec<u8>, Diagnostic> {
    let mut command = Command::new("git");
    command.args(arguments).env("GIT_OPTIONAL_LOCKS", "0");
    let run = run(command, input, u64::MAX - 1, "git").map_err(|failure| match failure {
        Failure::Start(e) => Diagnostic::error("D0109", format!("cannot run git: {e}"))
            .help("install git, or give the files themselves"),
        Failure::Limit(d) => d,
    })?;
    if run.status.success() {
        Ok(run.output)
    } else {
        let words: Vec<&str> = arguments.iter().copied().take(1).collect();
        Err(failed(&run.errors, &words.join(" ")))
    }
}

fn failed(said: &str, what: &str) -> Diagnostic {
    Diagnostic::error("D0109", format!("git failed on `{what}`"))
        .note(format!("git says: {said}"))
        .help("the shape is `git:REV:PATH`, in a repository that has this revision")
}
