//! The folder: its files in their order, and what is wrong with their names.
//!
//! Neighbours: the caller reads the disk; `sum` and `replay` go on from here. Invariant: a file is never left out
//! without a word.

use crate::file::{File, Role, read_path, without_mark};
use crate::header::Direction;
use crate::line::one_line;
use crate::migration::Migration;
use crate::sum::{SUM, Sum};
use driftless_sql::{Diagnostic, Sources, Syntax};

#[derive(Debug, Clone)]
pub struct Versioned {
    pub version: u64,
    pub up: File,
    pub down: Option<File>,
}

#[derive(Debug, Clone, Default)]
pub struct Folder {
    /// By version.
    pub versioned: Vec<Versioned>,
    /// By name.
    pub repeatable: Vec<File>,
    /// `None`: there is no sum file.
    pub sum: Option<Sum>,
    /// Files that are no SQL: left out.
    pub others: Vec<String>,
}

impl Folder {
    /// Takes the files of a folder (paths relative to it, with `/`), and registers their texts.
    pub fn read(
        sources: &mut Sources,
        syntax: Syntax,
        shown: &dyn Fn(&str) -> String,
        mut texts: Vec<(String, String)>,
    ) -> (Folder, Vec<Diagnostic>) {
        let mut folder = Folder::default();
        let mut problems = Vec::new();
        let mut downs = Vec::new();
        texts.sort();
        for (path, text) in texts {
            if path == SUM {
                let source = sources.add(shown(&path), text.as_str());
                let (sum, found) = Sum::parse(&text, source);
                folder.sum = Some(sum);
                problems.extend(found);
                continue;
            }
            let (role, name) = match read_path(&path) {
                Ok(Some(read)) => read,
                Ok(None) => {
                    folder.others.push(path);
                    continue;
                }
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            };
            let text = without_mark(&text).to_string();
            let source = sources.add(shown(&path), text.as_str());
            let (migration, found) = Migration::parse(&text, syntax, source);
            problems.extend(found);
            let file = File {
                path,
                role,
                name,
                source,
                text,
                migration,
            };
            problems.extend(renamed(&file));
            match file.role {
                Role::Up(version) => folder.versioned.push(Versioned {
                    version,
                    up: file,
                    down: None,
                }),
                Role::Down(_) => downs.push(file),
                Role::Repeatable => folder.repeatable.push(file),
            }
        }
        folder.versioned.sort_by_key(|v| v.version);
        problems.extend(folder.twice());
        for down in downs {
            problems.extend(folder.attach(down));
        }
        (folder, problems)
    }

    /// Every file of it, those that go up first.
    pub fn files(&self) -> impl Iterator<Item = &File> {
        let ups = self.versioned.iter().map(|v| &v.up);
        let downs = self.versioned.iter().filter_map(|v| v.down.as_ref());
        ups.chain(downs).chain(&self.repeatable)
    }

    pub fn get(&self, version: u64) -> Option<&Versioned> {
        let at = self
            .versioned
            .binary_search_by_key(&version, |v| v.version)
            .ok()?;
        self.versioned.get(at)
    }

    /// The newest migration: the only one that may be rewritten, where nothing has applied it.
    pub fn newest(&self) -> Option<&Versioned> {
        self.versioned.last()
    }

    /// The version of the next file: the stamp, or what follows the newest.
    pub fn next_version(&self, stamp: u64) -> u64 {
        match self.newest() {
            Some(newest) => stamp.max(newest.version.saturating_add(1)),
            None => stamp,
        }
    }

    fn twice(&mut self) -> Vec<Diagnostic> {
        let mut out = Vec::new();
        for pair in self.versioned.windows(2) {
            if let [first, second] = pair
                && first.version == second.version
            {
                out.push(
                    Diagnostic::error(
                        "D0702",
                        format!(
                            "two migrations have the version {}: `{}` and `{}`",
                            first.version, first.up.path, second.up.path
                        ),
                    )
                    .at(second.up.start())
                    .help("give the one that nothing has applied yet a version of its own: rename it (and its way back), mend its first line, and run `driftless seal`"),
                );
            }
        }
        out
    }

    fn attach(&mut self, down: File) -> Option<Diagnostic> {
        let stem = down.stem().to_string();
        let found = self
            .versioned
            .iter_mut()
            .find(|v| v.up.stem() == stem && v.down.is_none());
        if let Some(versioned) = found {
            versioned.down = Some(down);
            return None;
        }
        let version = down.version();
        let near = self.versioned.iter().find(|v| Some(v.version) == version);
        let d = Diagnostic::error(
            "D0703",
            format!("`{}` is the way back of no migration", down.path),
        )
        .at(down.start());
        Some(match near {
            Some(v) => d.help(format!("name it `down/{}.sql`, or remove it", v.up.stem())),
            None => d.help("restore the migration from git, or remove the way back"),
        })
    }
}

/// The head of a file names another one.
fn renamed(file: &File) -> Option<Diagnostic> {
    let header = file.migration.header.as_ref()?;
    let at = file.place(header.spot(crate::header::Field::Title));
    let direction = match file.role {
        Role::Down(_) => Direction::Down,
        _ => Direction::Up,
    };
    if header.direction != direction {
        return Some(
            Diagnostic::error(
                "D0704",
                format!("`{}` says that it goes the other way", file.path),
            )
            .at(at)
            .help("ways back lie in `down/` and begin with `-- driftless:down`"),
        );
    }
    let named = file
        .version()
        .is_none_or(|version| version == header.version && header.name == one_line(&file.name));
    (!named).then(|| {
        Diagnostic::error(
            "D0704",
            format!(
                "`{}` was renamed: its head says {} {}",
                file.path, header.version, header.name
            ),
        )
        .at(at)
        .note("environments that have applied it know it by its version")
        .help(format!(
            "name it `{}_{}.sql` again; if nothing has applied it, mend the line and run `driftless seal`",
            header.version, header.name
        ))
    })
}
