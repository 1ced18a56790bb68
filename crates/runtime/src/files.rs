//! Reads the states that are text (files, folders, globs, standard input, programs, git) into [`Sources`].
//!
//! Neighbours: `state` says what is meant; the dialects' grammars read the text. Invariant: nothing larger than the
//! limit is ever held, whatever is wrong is told with the name that the user wrote, and the order is deterministic.

mod folder;
mod git;
mod path;
mod program;
mod text;

use driftless_sql::{Diagnostic, Problems, SourceId, Sources};

use crate::state::StateSpec;

pub use folder::{Written, read_folder, write_files};
pub use git::{Commit, added_by, head};

/// Largest file that is read where nothing else is said: 64 MiB.
pub const DEFAULT_MAX_FILE_SIZE: u64 = 64 << 20;

/// Reads states into sources.
pub struct Reader<'a> {
    pub sources: &'a mut Sources,
    pub max_file_size: u64,
}

impl Reader<'_> {
    /// The sources of a state, in order; `empty` and empty files have no statements but are no mistake.
    pub fn read(&mut self, state: &StateSpec) -> Result<Vec<SourceId>, Problems> {
        match state {
            StateSpec::Files(patterns) => self.files(patterns),
            StateSpec::Stdin => {
                let bytes = text::read_limited(std::io::stdin().lock(), "-", self.max_file_size)?;
                Ok(vec![text::add(self.sources, "-", bytes)?])
            }
            StateSpec::Command(words) => {
                let bytes = program::output(words, self.max_file_size)?;
                Ok(vec![text::add(self.sources, &state.to_string(), bytes)?])
            }
            StateSpec::Git { rev, path } => self.git(rev, path),
            StateSpec::Empty => Ok(Vec::new()),
            StateSpec::Migrations { .. } => Err(Diagnostic::error(
                "D0107",
                format!("`{state}` is replayed, and files are asked for"),
            )
            .into()),
            StateSpec::Live { .. } | StateSpec::Env(_) => Err(Diagnostic::error(
                "D0107",
                format!("`{state}` is a database, and files are asked for"),
            )
            .into()),
        }
    }

    fn files(&mut self, patterns: &[String]) -> Result<Vec<SourceId>, Problems> {
        let mut problems = Problems::default();
        let mut ids = Vec::new();
        for path in path::find(patterns, &mut problems) {
            let name = path.to_string_lossy().into_owned();
            let read = text::read_file(&path, &name, self.max_file_size)
                .and_then(|bytes| text::add(self.sources, &name, bytes));
            match read {
                Ok(id) => ids.push(id),
                Err(problem) => problems.push(problem),
            }
        }
        finish(ids, problems)
    }

    fn git(&mut self, rev: &str, path: &str) -> Result<Vec<SourceId>, Problems> {
        let mut problems = Problems::default();
        let mut ids = Vec::new();
        for (name, bytes) in git::read(rev, path, self.max_file_size, &mut problems)? {
            match text::add(self.sources, &name, bytes) {
                Ok(id) => ids.push(id),
                Err(problem) => problems.push(problem),
            }
        }
        finish(ids, problems)
    }
}

/// One file by its path, under the same rules as a schema's files.
pub fn read_text(
    path: &std::path::Path,
    sources: &mut Sources,
    max_file_size: u64,
) -> Result<SourceId, Diagnostic> {
    let name = path.to_string_lossy();
    let bytes = text::read_file(path, &name, max_file_size)?;
    text::add(sources, &name, bytes)
}

fn finish(ids: Vec<SourceId>, problems: Problems) -> Result<Vec<SourceId>, Problems> {
    if problems.has_errors() {
        Err(problems)
    } else {
        Ok(ids)
    }
}

/// The tool's own configuration is YAML, but no schema.
const CONFIG: &str = "driftless.yaml";

/// A file of a desired state, by its name.
fn is_schema(name: &str) -> bool {
    has_ending(name, &["sql", "yaml", "yml"])
}

/// A file of a migrations folder.
fn is_sql(name: &str) -> bool {
    has_ending(name, &["sql"])
}

fn is_config(name: &str) -> bool {
    name.rsplit(['/', '\\']).next() == Some(CONFIG)
}

fn has_ending(name: &str, endings: &[&str]) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, ending)| endings.iter().any(|e| ending.eq_ignore_ascii_case(e)))
}

#[cfg(test)]
mod tests;
