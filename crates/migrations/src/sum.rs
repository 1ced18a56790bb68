//! `driftless.sum`: one line per file, `HASH  PATH`.
//!
//! Neighbours: `folder` holds the files. Invariant: the lines are independent, so two branches' lines merge by being
//! kept both; their order and a line that is there twice mean nothing.

use crate::file::{DOWN, File};
use crate::folder::Folder;
use driftless_sql::{Diagnostic, Place, SourceId, Span};
use std::collections::BTreeMap;

/// The file's name.
pub const SUM: &str = "driftless.sum";

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sum {
    /// The hash of each path, and where it is said.
    lines: BTreeMap<String, (String, Said)>,
}

/// A place that compares as nothing: where a line stands is no part of the sum.
#[derive(Debug, Clone, Copy, Default)]
struct Said(Option<Place>);

impl PartialEq for Said {
    fn eq(&self, _: &Said) -> bool {
        true
    }
}
impl Eq for Said {}

const DIGITS: usize = 64;

/// By version; what has none comes last.
fn order(path: &str) -> (u64, &str, bool) {
    let stem = path.strip_prefix(DOWN).unwrap_or(path);
    let digits = stem.bytes().take_while(u8::is_ascii_digit).count();
    let version = stem[..digits].parse().unwrap_or(u64::MAX);
    (version, stem, stem.len() < path.len())
}

impl Sum {
    /// The sum of the files as they are.
    pub fn of(folder: &Folder) -> Sum {
        let lines = folder
            .files()
            .map(|f| (f.path.clone(), (f.hash(), Said::default())))
            .collect();
        Sum { lines }
    }

    /// Sets the lines of the files whose paths are given, and drops those of paths that are gone.
    pub fn seal(&mut self, folder: &Folder, paths: &[String]) {
        for path in paths {
            match folder.files().find(|f| f.path == *path) {
                Some(file) => {
                    self.lines
                        .insert(path.clone(), (file.hash(), Said::default()));
                }
                None => {
                    self.lines.remove(path);
                }
            }
        }
    }

    /// Sets one line, for a file that is about to be written.
    pub fn set(&mut self, path: &str, text: &str) {
        let hash = crate::file::hash(text);
        self.lines.insert(path.to_string(), (hash, Said::default()));
    }

    pub fn remove(&mut self, path: &str) {
        self.lines.remove(path);
    }

    pub fn hash(&self, path: &str) -> Option<&str> {
        self.lines.get(path).map(|(hash, _)| hash.as_str())
    }

    /// The files that it has a line for.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.lines.keys().map(String::as_str)
    }

    /// A migration and its way back stand together, the newest last: what two branches add stands in one place, and a
    /// merge that keeps both sides' lines repeats none.
    pub fn print(&self) -> String {
        let mut lines: Vec<(&String, &String)> =
            self.lines.iter().map(|(p, (h, _))| (p, h)).collect();
        lines.sort_by_key(|(path, _)| order(path));
        lines
            .iter()
            .map(|(path, hash)| format!("{hash}  {path}\n"))
            .collect()
    }

    pub fn parse(text: &str, source: SourceId) -> (Sum, Vec<Diagnostic>) {
        let mut sum = Sum::default();
        let mut problems = Vec::new();
        let mut conflict = false;
        let mut start = 0;
        for raw in text.split_inclusive('\n') {
            let line = raw.trim_end().trim_start_matches('\u{feff}');
            let place = Place {
                source,
                span: Span::new(start, start + raw.trim_end().len()),
            };
            start += raw.len();
            let marker = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"]
                .iter()
                .any(|m| line.starts_with(m));
            if line.is_empty() {
            } else if marker {
                if !conflict {
                    problems.push(
                        Diagnostic::error("D0705", format!("{SUM} holds a merge conflict"))
                            .at(place)
                            .note("its lines are independent: both sides' lines belong in it")
                            .help("keep every line of both sides and remove the markers; `driftless.sum merge=union` in .gitattributes does so by itself"),
                    );
                }
                conflict = true;
            } else {
                sum.line(line, place, &mut problems);
            }
        }
        (sum, problems)
    }

    fn line(&mut self, line: &str, place: Place, problems: &mut Vec<Diagnostic>) {
        let read = line
            .split_once("  ")
            .filter(|(h, p)| {
                h.len() == DIGITS && h.bytes().all(|b| b.is_ascii_hexdigit()) && !p.is_empty()
            })
            .map(|(h, p)| (h.to_ascii_lowercase(), p.to_string()));
        let Some((hash, path)) = read else {
            problems.push(
                Diagnostic::error("D0705", format!("a line of {SUM} is not understood"))
                    .at(place)
                    .label("not `HASH  PATH`")
                    .help("restore the line from git, or run `driftless seal`"),
            );
            return;
        };
        match self.lines.get(&path) {
            Some((known, _)) if *known != hash => problems.push(
                Diagnostic::error("D0705", format!("{SUM} gives `{path}` two hashes"))
                    .at(place)
                    .help("keep the line of the file that is there, or run `driftless seal`"),
            ),
            Some(_) => {}
            None => {
                self.lines.insert(path, (hash, Said(Some(place))));
            }
        }
    }

    /// What does not agree with the files: edited, not listed, gone.
    pub fn check(&self, folder: &Folder) -> Vec<Diagnostic> {
        let mut out: Vec<Diagnostic> = folder.files().filter_map(|f| self.check_file(f)).collect();
        for (path, (_, place)) in &self.lines {
            if !folder.files().any(|f| f.path == *path) {
                let mut d = Diagnostic::error("D0708", format!("`{path}` is listed in {SUM} and not there"))
                    .help("restore the file from git; if nothing has applied it, `driftless seal` drops the line");
                d.place = place.0;
                out.push(d);
            }
        }
        out
    }

    fn check_file(&self, file: &File) -> Option<Diagnostic> {
        let path = &file.path;
        match self.hash(path) {
            Some(known) if known == file.hash() => None,
            Some(_) => Some(
                Diagnostic::error("D0706", format!("`{path}` was edited after it was sealed"))
                    .at(file.start())
                    .label(format!("its hash is not the one in {SUM}"))
                    .help("restore it from git; if nothing has applied it, run `driftless seal`"),
            ),
            None => Some(
                Diagnostic::error("D0707", format!("`{path}` is not listed in {SUM}"))
                    .at(file.start())
                    .help("run `driftless seal`"),
            ),
        }
    }
}
