//! Is the folder true? Hashes, order, heads, consent, branches, and where it leads.
//!
//! Neighbours: `told` computes what a head must say, `branch` judges files that grew from one state. Invariant: a
//! finding is about the files as they are; what cannot be judged without an engine is a note, never silence.

use crate::branch::{Branches, Grown};
use crate::file::File;
use crate::folder::{Folder, Versioned};
use crate::ground::Ground;
use crate::header::{Direction, Field, Header};
use crate::lead::leads_to;
use crate::migration::Mode;
use crate::replay::{Stage, one, walk};
use crate::sum::SUM;
use crate::told::{Told, outside, steps, told};
use driftless_model::Scope;
use driftless_planner::{Desired, Replay};
use driftless_sql::{Diagnostic, Severity, Span};

/// What was found. Errors are breaches; warnings want a look.
#[derive(Debug, Default)]
pub struct Report {
    pub findings: Vec<Diagnostic>,
    /// Lower-case sentences.
    pub notes: Vec<String>,
    /// Something cannot be replayed, so where the folder leads is not certain.
    pub tainted: bool,
}

impl Report {
    pub fn is_clean(&self) -> bool {
        self.findings.iter().all(|d| d.severity != Severity::Error)
    }
}

/// Verifies the folder (what [`Folder::read`] found wrong is the caller's to show), and where `desired` is given, that
/// it leads there.
pub fn verify(folder: &Folder, ground: &Ground, desired: Option<&Desired>) -> Report {
    // What a file does is so whatever the project manages by now: its head is held against the whole.
    let everything = Scope::everything();
    let whole = Ground {
        scope: &everything,
        ..*ground
    };
    let mut verifier = Verifier {
        folder,
        ground: &whole,
        branches: Branches::default(),
        report: Report::default(),
        revision: ground.revision(),
        at: 0,
        reached: None,
    };
    verifier.sums();
    let mut state = walk(folder, &whole, None, &mut |stage| verifier.stage(stage));
    let problems = std::mem::take(&mut state.problems);
    verifier.report.findings.extend(problems.iter().cloned());
    state.problems = problems;
    verifier.report.tainted = !state.taints.is_empty();
    for (path, taint) in &state.taints {
        let object = taint.object.as_deref().unwrap_or("everything");
        verifier.report.notes.push(format!(
            "`{path}` makes {object} uncertain: {}; only an engine can show the state from there on",
            taint.why
        ));
    }
    if let Some(desired) = desired {
        match leads_to(ground, &state, desired) {
            Ok(found) => verifier.report.findings.extend(found),
            Err(why) => verifier.report.notes.push(why),
        }
    }
    verifier.report
}

struct Verifier<'a> {
    folder: &'a Folder,
    ground: &'a Ground<'a>,
    branches: Branches,
    report: Report,
    revision: String,
    /// The index of the versioned file at hand.
    at: usize,
    /// The fingerprint of the state before it, where the file before has shown it.
    reached: Option<String>,
}

impl Verifier<'_> {
    fn find(&mut self, problem: Diagnostic) {
        self.report.findings.push(problem);
    }

    fn sums(&mut self) {
        let sum = self.folder.sum.clone();
        if sum.is_none() && self.folder.files().next().is_some() {
            self.find(
                Diagnostic::error("D0707", format!("there is no {SUM}"))
                    .note("without it an edited migration is not noticed before it runs")
                    .help("run `driftless seal`"),
            );
            return;
        }
        let found = sum.unwrap_or_default().check(self.folder);
        self.report.findings.extend(found);
    }

    fn stage(&mut self, stage: &Stage) {
        let file = stage.file;
        let certain = is_certain(stage.replay);
        if !certain {
            self.report.notes.push(format!(
                "what `{}` says of itself was not compared: not all of it, or of what comes before, can be replayed",
                file.path
            ));
        }
        let shown = told(self.ground, &file.migration, stage.before, stage.replay);
        if certain {
            self.consent(file, stage.replay);
        }
        let Some(versioned) = stage.versioned else {
            return;
        };
        let at = self.at;
        self.at += 1;
        let known = |catalog| (!stage.tainted).then(|| self.ground.fingerprint(catalog));
        let before = self.reached.take().filter(|_| !stage.tainted);
        let from = before.or_else(|| known(stage.before));
        let to = known(&stage.replay.catalog);
        self.reached.clone_from(&to);
        if let Some(header) = self.head(file)
            && certain
        {
            let grown = match (&header.from, &from) {
                (Some(said), Some(is)) if said != is => {
                    self.branches
                        .judge(self.folder, self.ground, at, said, to.as_deref())
                }
                _ => None,
            };
            match grown {
                Some(grown) => self.branch(file, header, grown),
                None => {
                    self.states(file, header, from.as_deref(), to.as_deref());
                    self.facts(file, header, &shown, None);
                }
            }
        }
        self.branches.extend(at, from.as_deref(), to.as_deref());
        self.way_back(versioned, stage, &shown, (to, from));
    }

    /// The head of a file that claims facts; a generated file without one has lost it.
    fn head<'f>(&mut self, file: &'f File) -> Option<&'f Header> {
        let header = file.migration.header.as_ref();
        let claims = header.is_some_and(|h| h.states);
        if !claims && is_generated(file) {
            self.find(
                Diagnostic::error(
                    "D0713",
                    format!("`{}` has numbered steps, and its head lacks the line `from`", file.path),
                )
                .at(file.start())
                .help("restore the file from git; a migration that you edit by hand carries no step numbers"),
            );
        }
        header.filter(|h| claims && self.is_of_now(file, h))
    }

    /// A head of an older normal form informs and never fails.
    fn is_of_now(&mut self, file: &File, header: &Header) -> bool {
        match header.revision() {
            Some(revision) if revision != self.revision => {
                self.report.notes.push(format!(
                    "the head of `{}` is of revision {revision} of the normal form; now it is {}, so its facts were not compared",
                    file.path, self.revision
                ));
                false
            }
            _ => true,
        }
    }

    fn branch(&mut self, file: &File, header: &Header, grown: Grown) {
        let (replay, before) = (&grown.replay, &grown.before);
        let shown = told(self.ground, &file.migration, before, replay);
        let to = self.ground.fingerprint(&replay.catalog);
        self.states(file, header, header.from.as_deref(), Some(&to));
        self.facts(file, header, &shown, None);
        match grown.verdict {
            Ok(()) => self.report.notes.push(format!(
                "`{}` and {} grew from one state; in either order they lead to the same",
                file.path, grown.others
            )),
            Err(why) => self.find(
                Diagnostic::error(
                    "D0714",
                    format!("`{}` and {} grew from one state, and their order matters", file.path, grown.others),
                )
                .at(file.place(header.spot(Field::States)))
                .note(why)
                .help("make the one that nothing has applied yet anew on top of the other: `driftless generate NAME --amend`"),
            ),
        }
    }

    fn states(&mut self, file: &File, header: &Header, from: Option<&str>, to: Option<&str>) {
        let wrong = |said: &Option<String>, is: Option<&str>| is.is_some() && said.as_deref() != is;
        let (from_is_wrong, to_is_wrong) = (wrong(&header.from, from), wrong(&header.to, to));
        if !from_is_wrong && !to_is_wrong {
            return;
        }
        let mut right = header.clone();
        right.from = from.map(str::to_string).or(right.from);
        right.to = to.map(str::to_string).or(right.to);
        let what = match (from_is_wrong, to_is_wrong) {
            (true, _) => "does not start from the state that it names",
            _ => "does not lead to the state that it names",
        };
        self.false_line(
            file,
            header.spot(Field::States),
            &format!("`{}` {what}", file.path),
            &right.states_line(),
        );
    }

    fn false_line(&mut self, file: &File, span: Span, what: &str, right: &str) {
        let help = match right.is_empty() {
            true => {
                "remove the line, or make the file anew with `driftless generate --amend`".into()
            }
            false => format!("the true line is `-- {right}`"),
        };
        self.find(
            Diagnostic::error("D0713", what)
                .at(file.place(span))
                .label("not what a replay shows")
                .help(help),
        );
    }

    /// The lines of the head and the marks of the steps. `lost`: what the way back says that it cannot bring back.
    fn facts(&mut self, file: &File, header: &Header, shown: &Told, lost: Option<&str>) {
        let mut lines = vec![
            (Field::Changes, shown.changes.as_str()),
            (Field::Hazards, shown.hazards.as_str()),
            (Field::Locks, shown.locks.as_str()),
        ];
        if header.direction == Direction::Down {
            lines.push((Field::Lost, lost.unwrap_or("")));
        }
        for (field, right) in lines {
            let said = header.text(field).unwrap_or("");
            if said != right {
                let label = field.label();
                let name = label.trim_end_matches(':');
                let what = match said.is_empty() {
                    true => format!("the head of `{}` lacks its line `{name}`", file.path),
                    false => format!(
                        "the head of `{}` does not tell the truth about `{name}`",
                        file.path
                    ),
                };
                let right = match right.is_empty() {
                    true => String::new(),
                    false => format!("{label} {right}"),
                };
                self.false_line(file, header.spot(field), &what, &right);
            }
        }
        self.marks(file, shown);
        self.frame(file, shown);
    }

    fn marks(&mut self, file: &File, shown: &Told) {
        let total = shown.marks.len();
        if !is_generated(file) {
            return;
        }
        let all: Vec<_> = file.migration.steps().cloned().collect();
        for (at, (step, (title, notes))) in all.iter().zip(&shown.marks).enumerate() {
            let right = format!("{}/{total} {title}  [{notes}]", at + 1);
            match &step.mark {
                Some(mark) if mark.line() == right => {}
                Some(mark) => {
                    let what = "a step's line does not tell what the step does";
                    self.false_line(file, mark.at.0, what, &right);
                }
                None => {
                    let what = "a step stands here without its line";
                    self.false_line(file, step.at.0, what, &right);
                }
            }
        }
    }

    /// What stands around the transactions of a generated file is what the dialect asks for.
    fn frame(&mut self, file: &File, shown: &Told) {
        let migration = &file.migration;
        if !is_generated(file) {
            return;
        }
        let framed = migration.head == shown.frame.head
            && migration.tail == shown.frame.tail
            && migration
                .segments
                .iter()
                .filter(|s| s.mode == Mode::Transaction)
                .all(|s| s.begin == shown.frame.begin && s.commit == shown.frame.commit);
        if !framed {
            let all = [&shown.frame.head, &shown.frame.begin, &shown.frame.commit];
            let lines: Vec<&str> = all.into_iter().flatten().map(String::as_str).collect();
            self.find(
                Diagnostic::error(
                    "D0713",
                    format!(
                        "what stands around the transactions of `{}` was changed",
                        file.path
                    ),
                )
                .at(file.start())
                .note(format!("around it belong: {}", lines.join("; ")))
                .help(
                    "restore the file from git, or make it anew with `driftless generate --amend`",
                ),
            );
        }
    }

    /// Losses that no line allows, and statements that cannot run where they stand.
    fn consent(&mut self, file: &File, replay: &Replay) {
        let migration = &file.migration;
        let mut told: Vec<(&str, &str)> = Vec::new();
        for (step, (_, replayed)) in migration.steps().zip(steps(migration, replay)) {
            for loss in replayed.iter().flat_map(|r| &r.facts.losses) {
                let key = (loss.code, loss.object.as_str());
                if migration.allows(loss.code, &loss.object) || told.contains(&key) {
                    continue;
                }
                told.push(key);
                self.report.findings.push(
                    Diagnostic::error("D0717", format!("{} would be lost, and nothing in the file allows it", loss.what))
                        .at(file.place(step.at.0))
                        .help(format!("where it is meant, write `-- driftless:allow {} {}` at the head of the file", loss.code, loss.object)),
                );
            }
        }
        let all: Vec<Span> = migration.steps().map(|s| s.at.0).collect();
        for span in outside(migration, replay)
            .into_iter()
            .filter_map(|at| all.get(at))
        {
            self.find(
                Diagnostic::error("D0718", "the statement cannot run in a transaction")
                    .at(file.place(*span))
                    .help("write `-- driftless:tx none` above it, and `-- driftless:tx` above what follows"),
            );
        }
    }

    /// `known`: the states that it should lead from and to.
    fn way_back(
        &mut self,
        versioned: &Versioned,
        stage: &Stage,
        up: &Told,
        known: (Option<String>, Option<String>),
    ) {
        let Some(down) = &versioned.down else {
            self.report
                .notes
                .push(format!("`{}` has no way back", versioned.up.path));
            return;
        };
        let replay = one(self.ground, down, stage.replay.catalog.clone());
        let shown = told(self.ground, &down.migration, &stage.replay.catalog, &replay);
        if is_certain(&replay) {
            self.consent(down, &replay);
        }
        self.report.findings.extend(replay.problems.iter().cloned());
        let certain = !stage.tainted && replay.taints.is_empty();
        let (from, to) = match certain {
            true => known,
            false => (None, None),
        };
        let reached = self.ground.fingerprint(&replay.catalog);
        let failed = replay
            .problems
            .iter()
            .any(|d| d.severity == Severity::Error);
        if !failed && to.as_deref().is_some_and(|to| to != reached) {
            let mut d = Diagnostic::error("D0720", format!("`{}` does not lead back to the state before", down.path))
                .at(down.start())
                .help("make both files anew with `driftless generate --amend`, or mend the way back by hand");
            if down.migration.header.as_ref().is_none_or(|h| !h.states) {
                d.severity = Severity::Warning;
            }
            self.find(d);
        }
        let Some(header) = self.head(down) else {
            return;
        };
        let on_main = versioned
            .up
            .migration
            .header
            .as_ref()
            .is_none_or(|up| up.from.is_none() || to.is_none() || up.from == to);
        // The way back of a file that grew on a branch names that branch's states.
        if on_main && is_certain(&replay) {
            self.states(down, header, from.as_deref(), to.as_deref());
            self.facts(down, header, &shown, Some(&up.lost));
        }
    }
}

/// Every statement was replayed, on a state that is known.
fn is_certain(replay: &Replay) -> bool {
    let wrong = |d: &Diagnostic| d.severity == Severity::Error;
    replay.catalog.taint.is_empty() && !replay.problems.iter().any(wrong)
}

/// Its steps carry numbers.
fn is_generated(file: &File) -> bool {
    file.migration.steps().any(|s| s.mark.is_some())
}
