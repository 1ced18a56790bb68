//! One file that is to run: its pieces, each of which commits on its own, and where its statements stand.
//!
//! Neighbours: `plan` makes jobs, `execute` runs them. Invariant: every statement of the file is in exactly one piece.

use driftless_migrations::{Assert, File, Ground, Mode, Segment, Step, hash};
use driftless_model::Catalog;
use driftless_planner::{Action, Frame, Replayed, Tx};
use driftless_sql::{Diagnostic, normal_tokens};

use crate::ledger::Begun;

/// A file and what a replay of it at this moment shows.
pub struct Job<'f> {
    pub file: &'f File,
    pub version: Option<u64>,
    /// Fingerprints of the states around it; `None`: not known for certain.
    pub from: Option<String>,
    pub to: Option<String>,
    pub statements: Vec<Replayed>,
    pub frame: Frame,
    /// What an earlier run did of it.
    pub begun: Option<Begun>,
}

/// What commits on its own.
pub struct Piece<'f> {
    pub inside: bool,
    pub begin: Vec<String>,
    pub commit: Vec<String>,
    /// Numbered from one.
    pub steps: Vec<(usize, &'f Step)>,
    pub asserts: &'f [Assert],
}

impl<'f> Job<'f> {
    /// The name by which the history knows it: the path without its ending.
    pub fn name(&self) -> &'f str {
        name(self.file)
    }

    pub fn total(&self) -> usize {
        self.file.migration.steps().count()
    }

    pub fn replayed(&self, step: &Step) -> Option<&Replayed> {
        self.statements.iter().find(|s| s.span == step.at.0)
    }

    /// It only sets up the session, so it runs again when the rest of a file does.
    pub fn is_session(&self, step: &Step) -> bool {
        self.replayed(step).is_some_and(|r| {
            !r.actions.is_empty() && r.actions.iter().all(|a| matches!(a, Action::Session(_)))
        })
    }

    /// Something in it outlasts it in the session.
    pub fn sets(&self) -> bool {
        !self.head().is_empty() || self.file.migration.steps().any(|s| self.is_session(s))
    }

    fn framed(&self) -> bool {
        let migration = &self.file.migration;
        !migration.head.is_empty() || migration.segments.iter().any(|s| !s.begin.is_empty())
    }

    pub fn head(&self) -> &[String] {
        match self.framed() {
            true => &self.file.migration.head,
            false => &self.frame.head,
        }
    }

    pub fn tail(&self) -> &[String] {
        match self.framed() {
            true => &self.file.migration.tail,
            false => &self.frame.tail,
        }
    }

    pub fn pieces(&self) -> Vec<Piece<'f>> {
        let mut out = Vec::new();
        let mut number = 0;
        for segment in &self.file.migration.segments {
            let steps: Vec<(usize, &Step)> = segment
                .steps
                .iter()
                .map(|step| {
                    number += 1;
                    (number, step)
                })
                .collect();
            match segment.mode {
                Mode::Transaction => out.push(self.transaction(segment, steps)),
                Mode::PerStatement => self.each(segment, steps, true, &mut out),
                Mode::None => self.each(segment, steps, false, &mut out),
            }
        }
        out
    }

    fn transaction(&self, segment: &'f Segment, steps: Vec<(usize, &'f Step)>) -> Piece<'f> {
        let (begin, commit) = match segment.begin.is_empty() {
            true => (&self.frame.begin, &self.frame.commit),
            false => (&segment.begin, &segment.commit),
        };
        Piece {
            inside: true,
            begin: begin.clone(),
            commit: commit.clone(),
            steps,
            asserts: &segment.asserts,
        }
    }

    fn each(
        &self,
        segment: &'f Segment,
        steps: Vec<(usize, &'f Step)>,
        inside: bool,
        out: &mut Vec<Piece<'f>>,
    ) {
        let last = steps.len();
        for (at, step) in steps.into_iter().enumerate() {
            let (begin, commit) = match inside {
                true => (self.frame.begin.clone(), self.frame.commit.clone()),
                false => (Vec::new(), Vec::new()),
            };
            out.push(Piece {
                inside,
                begin,
                commit,
                steps: vec![step],
                asserts: if at + 1 == last {
                    &segment.asserts
                } else {
                    &[]
                },
            });
        }
    }

    /// The hash of the first statements, in a form that comments and blanks do not change.
    pub fn code(&self, ground: &Ground, upto: usize) -> String {
        code(ground, self.file, upto)
    }

    /// What makes it impossible to run as it stands.
    pub fn impossible(&self) -> Option<Diagnostic> {
        for segment in &self.file.migration.segments {
            for step in &segment.steps {
                if step.data.is_some() {
                    return Some(
                        Diagnostic::error(
                            "D0003",
                            "rows behind COPY … FROM stdin cannot be sent by `apply` yet",
                        )
                        .at(self.file.place(step.at.0))
                        .help("write them as INSERT"),
                    );
                }
                let outside = self.replayed(step).is_some_and(|r| r.tx == Tx::Outside);
                if outside && segment.mode != Mode::None {
                    return Some(
                        Diagnostic::error("D0718", "the statement cannot run in a transaction")
                            .at(self.file.place(step.at.0))
                            .help("write `-- driftless:tx none` above it, and `-- driftless:tx` above what follows"),
                    );
                }
            }
        }
        None
    }
}

pub fn name(file: &File) -> &str {
    file.path.strip_suffix(".sql").unwrap_or(&file.path)
}

/// See [`Job::code`].
pub fn code(ground: &Ground, file: &File, upto: usize) -> String {
    let syntax = ground.dialect.syntax();
    let steps = file.migration.steps().take(upto);
    let texts: Vec<String> = steps.map(|s| normal_tokens(&s.text, syntax)).collect();
    hash(&texts.join("\n;\n"))
}

/// What stands around a file's statements where the file itself has no frame.
pub fn frame(ground: &Ground, statements: &[Replayed], before: &Catalog, after: &Catalog) -> Frame {
    let actions: Vec<&Action> = statements
        .iter()
        .filter(|s| s.tx != Tx::Outside)
        .flat_map(|s| &s.actions)
        .collect();
    ground.dialect.frame_between(&[actions], before, after)
}
