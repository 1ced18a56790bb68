//! Runs jobs: piece by piece, each transaction with its row of the history.
//!
//! Invariant: after a failure or an interruption the transaction is rolled back, and the history says where it stopped,
//! before anything is told.

use std::time::Instant;

use driftless_migrations::{Assert, Step};
use driftless_sql::{Diagnostic, Problems};

use super::expected::{Expected, line};
use super::job::{Job, Piece};
use super::plan::{Prepared, listed};
use super::{Stop, Trouble};
use crate::connection::{DbError, DbErrorKind};
use crate::demand::why;
use crate::ledger::{Entry, Event};
use crate::site::Site;
use driftless_planner::Rows;

/// What is heard while it runs.
pub enum Progress<'p> {
    File {
        name: &'p str,
        number: usize,
        total: usize,
    },
    Step {
        number: usize,
        total: usize,
        text: &'p str,
    },
    Done {
        name: &'p str,
        millis: u64,
    },
}

/// What ran.
#[derive(Debug, Default)]
pub struct Outcome {
    pub applied: usize,
    pub adopted: usize,
    pub statements: usize,
    pub warnings: Vec<Diagnostic>,
}

pub type Told<'t> = dyn FnMut(Progress) + 't;

pub async fn execute(
    site: &mut Site<'_>,
    prepared: &Prepared<'_>,
    told: &mut Told<'_>,
    stop: &mut Stop,
) -> Result<Outcome, Trouble> {
    let mut outcome = Outcome::default();
    if prepared.jobs.is_empty() && prepared.adopted.is_empty() {
        return Ok(outcome);
    }
    site.ensure_book().await?;
    for versioned in &prepared.adopted {
        let file = &versioned.up;
        let header = file.migration.header.as_ref();
        let mut entry = Entry::new(Event::Adopted, Some(versioned.version), super::name(file));
        entry.file = Some(file.hash());
        entry.code = Some(super::code(&site.ground(), file, usize::MAX));
        entry.to = header.and_then(|h| h.to.clone());
        site.append(entry).await.map_err(lost)?;
        outcome.adopted += 1;
    }
    let total = prepared.jobs.len();
    for (at, job) in prepared.jobs.iter().enumerate() {
        told(Progress::File {
            name: job.file.stem(),
            number: at + 1,
            total,
        });
        let start = Instant::now();
        let mut runner = Runner {
            site: &mut *site,
            job,
            told: &mut *told,
            stop: &mut *stop,
            start,
            done: job.begun.as_ref().map_or(0, |b| b.done),
            ran: 0,
            end: Event::Applied,
            called: job.name(),
        };
        runner.run().await?;
        outcome.statements += runner.ran;
        outcome.applied += 1;
        told(Progress::Done {
            name: job.file.stem(),
            millis: millis(start),
        });
        if job.sets() && at + 1 < total {
            site.renew().await.map_err(lost)?;
        }
    }
    outcome.warnings = observe(site, &prepared.expected).await?;
    Ok(outcome)
}

/// Looks at what became of it; a state other than the one to be expected is recorded and told.
pub(super) async fn observe(
    site: &mut Site<'_>,
    expected: &Expected,
) -> Result<Vec<Diagnostic>, Trouble> {
    site.refresh().await?;
    let against = expected.against(site);
    let recorded = site.book.as_ref().and_then(|b| b.state());
    if recorded == Some(against.print.as_str()) {
        return Ok(Vec::new());
    }
    let mut entry = Entry::new(Event::Observed, None, "");
    entry.to = Some(against.print.clone());
    let lines: Vec<String> = against.differences.iter().map(line).collect();
    entry.error = (!lines.is_empty() && expected.is_known()).then(|| lines.join("; "));
    site.append(entry).await.map_err(lost)?;
    if against.differences.is_empty() || !expected.is_known() {
        return Ok(Vec::new());
    }
    let d = Diagnostic::warning(
        "D0813",
        "the database is not in the state that the migrations lead to",
    );
    Ok(vec![listed(d, &against.differences).help(
        "it stays recorded; look at it with `driftless drift`",
    )])
}

pub(super) fn lost(error: DbError) -> Trouble {
    Trouble::failed(
        error
            .diagnostic()
            .note("while writing to driftless' history"),
    )
}

fn millis(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

pub(super) struct Runner<'r, 's, 'f> {
    pub site: &'r mut Site<'s>,
    pub job: &'r Job<'f>,
    pub told: &'r mut Told<'r>,
    pub stop: &'r mut Stop,
    pub start: Instant,
    /// Statements that are done for good.
    pub done: usize,
    /// Statements that ran this time.
    pub ran: usize,
    /// What the last row says, and of which file.
    pub end: Event,
    pub called: &'r str,
}

/// Why a piece did not come to its end.
enum Halt {
    Error(DbError),
    Assert(String),
    Stopped,
}

impl From<DbError> for Halt {
    fn from(error: DbError) -> Halt {
        Halt::Error(error)
    }
}

impl Runner<'_, '_, '_> {
    pub async fn run(&mut self) -> Result<(), Trouble> {
        let pieces = self.job.pieces();
        let single = pieces.len() == 1 && pieces[0].inside;
        if !single && self.job.begun.is_none() {
            let entry = self.entry(Event::Started);
            self.site.append(entry).await.map_err(lost)?;
        }
        for text in self.job.head() {
            self.site
                .connection
                .batch(text)
                .await
                .map_err(|e| Trouble::failed(e.diagnostic().note(format!("in: {text}"))))?;
        }
        let count = pieces.len();
        for (at, piece) in pieces.iter().enumerate() {
            let last = at + 1 == count;
            let behind = piece.steps.last().map_or(self.done, |(n, _)| *n);
            if behind <= self.done && !piece.steps.is_empty() && !last {
                self.again(piece).await?;
                continue;
            }
            self.piece(piece, last).await?;
            self.done = behind.max(self.done);
        }
        if pieces.is_empty() {
            let entry = self.last();
            self.site.append(entry).await.map_err(lost)?;
        }
        for text in self.job.tail() {
            // What the tail restores is the session's own.
            let _ = self.site.connection.batch(text).await;
        }
        Ok(())
    }

    /// What a piece that is done set up in its session.
    async fn again(&mut self, piece: &Piece<'_>) -> Result<(), Trouble> {
        for (_, step) in &piece.steps {
            if self.job.is_session(step) {
                self.site
                    .connection
                    .batch(&step.text)
                    .await
                    .map_err(|e| Trouble::failed(e.diagnostic()))?;
            }
        }
        Ok(())
    }

    async fn piece(&mut self, piece: &Piece<'_>, last: bool) -> Result<(), Trouble> {
        let rows = self.site.rows();
        let mut at = None;
        let outcome = match piece.inside {
            true => self.inside(piece, last, &mut at).await,
            false => self.outside(piece, last, &mut at).await,
        };
        let Err(halt) = outcome else {
            return Ok(());
        };
        let causes = self.causes(&halt, at, piece).await;
        if piece.inside {
            // Where the server already ended the transaction this has nothing to do.
            let _ = self.site.connection.batch("ROLLBACK").await;
            self.site.forget(rows);
        }
        Err(self.halted(halt, at, piece, causes).await)
    }

    /// What the rows do not meet, where that is why it stopped.
    async fn causes(
        &mut self,
        halt: &Halt,
        at: Option<(usize, &Step)>,
        piece: &Piece<'_>,
    ) -> Vec<String> {
        if !matches!(halt, Halt::Error(_)) {
            return Vec::new();
        }
        let steps: Vec<&Step> = match at {
            Some((_, step)) => vec![step],
            None => piece.steps.iter().map(|(_, step)| *step).collect(),
        };
        let facts: Vec<_> = steps
            .into_iter()
            .filter_map(|step| Some(&self.job.replayed(step)?.facts))
            .collect();
        why(&mut *self.site.connection, &facts).await
    }

    async fn inside<'p>(
        &mut self,
        piece: &Piece<'p>,
        last: bool,
        at: &mut Option<(usize, &'p Step)>,
    ) -> Result<(), Halt> {
        for text in &piece.begin {
            self.batch(text).await?;
        }
        for (number, step) in &piece.steps {
            *at = Some((*number, step));
            self.step(*number, step).await?;
        }
        *at = None;
        self.asserts(piece.asserts).await?;
        let (close, before) = match piece.commit.split_last() {
            Some((close, before)) => (Some(close), before),
            None => (None, &piece.commit[..]),
        };
        for text in before {
            self.batch(text).await?;
        }
        let entry = match last {
            true => self.last(),
            false => self.middle(piece),
        };
        self.site.append(entry).await?;
        if let Some(text) = close {
            // From here on it is the server's word that counts, not a wish to stop.
            self.site.connection.batch(text).await?;
        }
        Ok(())
    }

    async fn outside<'p>(
        &mut self,
        piece: &Piece<'p>,
        last: bool,
        at: &mut Option<(usize, &'p Step)>,
    ) -> Result<(), Halt> {
        for (number, step) in &piece.steps {
            *at = Some((*number, step));
            if *number > self.done {
                let mut entry = self.entry(Event::Started);
                entry.step = Some(*number);
                entry.code = Some(self.job.code(&self.site.ground(), *number));
                self.site.append(entry).await?;
                self.step(*number, step).await?;
            }
        }
        *at = None;
        self.asserts(piece.asserts).await?;
        let entry = match last {
            true => self.last(),
            false => self.middle(piece),
        };
        self.site.append(entry).await?;
        Ok(())
    }

    async fn step(&mut self, number: usize, step: &Step) -> Result<(), Halt> {
        self.asserts(&step.asserts).await?;
        let total = self.job.total();
        (self.told)(Progress::Step {
            number,
            total,
            text: &step.text,
        });
        self.batch(&step.text).await?;
        self.ran += 1;
        Ok(())
    }

    /// A query must return nothing, or something true first.
    async fn asserts(&mut self, asserts: &[Assert]) -> Result<(), Halt> {
        for assert in asserts {
            let rows = self.batch(&assert.sql).await?;
            let first = rows.first().and_then(Rows::first);
            let holds = first.is_none_or(|row| matches!(row.get(0), Some("t" | "true" | "1")));
            if !holds {
                return Err(Halt::Assert(assert.sql.clone()));
            }
        }
        Ok(())
    }

    async fn batch(&mut self, text: &str) -> Result<Vec<Rows>, Halt> {
        tokio::select! {
            biased;
            result = self.site.connection.batch(text) => Ok(result?),
            () = &mut self.stop.0 => Err(Halt::Stopped),
        }
    }

    fn entry(&self, event: Event) -> Entry {
        let mut entry = Entry::new(event, self.job.version, self.job.name());
        entry.file = Some(self.job.file.hash());
        entry.from.clone_from(&self.job.from);
        entry
    }

    fn middle(&self, piece: &Piece<'_>) -> Entry {
        let done = piece.steps.last().map_or(self.done, |(n, _)| *n);
        let mut entry = self.entry(Event::Statement);
        entry.step = Some(done);
        entry.code = Some(self.job.code(&self.site.ground(), done));
        entry.duration = Some(millis(self.start));
        entry
    }

    fn last(&self) -> Entry {
        let mut entry = self.entry(self.end);
        entry.name = self.called.to_string();
        entry.code = Some(self.job.code(&self.site.ground(), usize::MAX));
        entry.to.clone_from(&self.job.to);
        entry.duration = Some(millis(self.start));
        entry
    }

    /// Writes down that it stopped, and says so.
    async fn halted(
        &mut self,
        halt: Halt,
        at: Option<(usize, &Step)>,
        piece: &Piece<'_>,
        causes: Vec<String>,
    ) -> Trouble {
        let path = &self.job.file.path;
        let (mut d, why) = match &halt {
            Halt::Error(error) => (self.failed(error, at), error.message.clone()),
            Halt::Assert(sql) => (
                Diagnostic::error(
                    "D0811",
                    format!("`{path}` stops here: an assertion does not hold"),
                ),
                format!("an assertion does not hold: {sql}"),
            ),
            Halt::Stopped => (
                Diagnostic::error("D0804", format!("`{path}` was interrupted")),
                "interrupted".to_string(),
            ),
        };
        for cause in causes {
            d = d.note(cause);
        }
        if let Halt::Assert(sql) = &halt {
            d = d.note(format!("it asks: {sql}"));
        }
        let mut entry = self.entry(Event::Failed);
        entry.step = at.map(|(n, _)| n);
        entry.error = Some(why);
        entry.duration = Some(millis(self.start));
        if let Err(error) = self.site.append(entry).await {
            d = d.note(format!("the history could not be told: {error}"));
        }
        let total = self.job.total();
        d = d.note(match (piece.inside, self.done) {
            (true, 0) => "nothing of it was done: its transaction was rolled back".into(),
            (true, done) => format!("{done} of its {total} statements are done for good, the rest was rolled back"),
            (false, done) => format!("{done} of its {total} statements are done for good; this one ran outside of any transaction"),
        });
        match halt {
            Halt::Stopped => Trouble::Interrupted(Problems::from(
                d.help("run the same command again: it goes on from there"),
            )),
            _ => Trouble::failed(d.help("mend the cause (or the file, then `driftless seal`), and run the same command again: it goes on from there")),
        }
    }

    fn failed(&self, error: &DbError, at: Option<(usize, &Step)>) -> Diagnostic {
        let mut d = error.diagnostic();
        let file = self.job.file;
        match at {
            Some((number, step)) => {
                let mut span = step.at.0;
                if let Some(position) = error.position
                    && matches!(error.kind, DbErrorKind::Statement | DbErrorKind::Lacking)
                {
                    span.start = (span.start + position).min(span.end);
                }
                d = d.at(file.place(span)).note(format!(
                    "in `{}`, statement {number} of {}",
                    file.path,
                    self.job.total()
                ));
            }
            None => d = d.note(format!("in `{}`, around its statements", file.path)),
        }
        d
    }
}
