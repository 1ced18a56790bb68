//! Goes back by the stored ways back, newest first.
//!
//! Invariant: every way back that is needed is there, and everything that is lost was allowed, before any of them runs.

use std::time::Instant;

use driftless_migrations::{Folder, Versioned};
use driftless_planner::Consent;
use driftless_sql::{Diagnostic, Problems};

use super::execute::{Outcome, Runner, Told, observe};
use super::expected::Expected;
use super::job::Job;
use super::plan::{job, listed};
use super::{Policy, Progress, Stop, Trouble};
use crate::ledger::{Book, Event};
use crate::site::Site;

/// What goes back.
pub struct Undo<'f> {
    /// Newest first.
    pub jobs: Vec<(&'f Versioned, Job<'f>)>,
    pub expected: Expected,
    pub warnings: Vec<Diagnostic>,
}

/// Back to a version (to the one before the newest where none is named).
pub fn undo<'f>(
    site: &Site<'f>,
    folder: &'f Folder,
    policy: &Policy,
    consent: &Consent,
) -> Result<Undo<'f>, Trouble> {
    let ground = site.ground();
    let empty = Book::default();
    let book = site.book.as_ref().unwrap_or(&empty);
    let mut applied = book.applied();
    if let Some(to) = policy.to
        && to != 0
        && !applied.contains(&to)
    {
        return Err(Trouble::failed(
            Diagnostic::error(
                "D0732",
                format!("version {to} is not applied at {}", site.place()),
            )
            .help("driftless status lists what is; `--to 0` goes back to the beginning"),
        ));
    }
    let mut back = Vec::new();
    while let Some(version) = applied.pop() {
        match policy.to {
            Some(to) if version == to => break,
            None if !back.is_empty() => break,
            _ => back.push(version),
        }
    }
    let mut expected = Expected::of(folder, &ground, book);
    let mut warnings = Vec::new();
    drifted(site, &expected, policy, &mut warnings)?;
    let mut jobs = Vec::new();
    let mut refused = Problems::default();
    for version in back {
        let versioned = folder.get(version).ok_or_else(|| no_way(version, None))?;
        let down = versioned
            .down
            .as_ref()
            .ok_or_else(|| no_way(version, Some(versioned)))?;
        let every = Consent {
            all: true,
            codes: Vec::new(),
        };
        let begun = book.begun(super::name(down));
        let mut planned = job(&ground, &mut expected, (down, Some(version)), begun, &every)?;
        // What a reviewer allowed was the file; whether these rows may go is asked when they go.
        for loss in planned.statements.iter().flat_map(|s| &s.facts.losses) {
            if !consent.allows(loss.code, &loss.object) {
                refused.push(
                    Diagnostic::error(loss.code, format!("going back loses {}", loss.what))
                        .at(down.start())
                        .help(format!(
                            "allow it with --allow {}:{}",
                            loss.code, loss.object
                        )),
                );
            }
        }
        // The state that the history returns to is that of the versions that stay.
        planned.to = expected.fingerprint(&ground);
        jobs.push((versioned, planned));
    }
    match refused.0.is_empty() {
        true => Ok(Undo {
            jobs,
            expected,
            warnings,
        }),
        false => Err(Trouble::Refused(refused)),
    }
}

fn no_way(version: u64, versioned: Option<&Versioned>) -> Trouble {
    let name = versioned.map_or_else(|| version.to_string(), |v| v.up.stem().to_string());
    Trouble::refused(
        Diagnostic::error("D0815", format!("there is no way back from {name}"))
            .note(format!("it would be `down/{name}.sql`"))
            .help("write a migration that undoes it: driftless generate NAME --why …"),
    )
}

fn drifted(
    site: &Site,
    expected: &Expected,
    policy: &Policy,
    warnings: &mut Vec<Diagnostic>,
) -> Result<(), Trouble> {
    let found = expected.against(site).differences;
    if found.is_empty() {
        return Ok(());
    }
    let what = format!("{} is not in the state that its history says", site.place());
    if policy.warn_drift {
        warnings.push(
            listed(Diagnostic::warning("D0805", what), &found)
                .help("look at it with `driftless drift`"),
        );
        return Ok(());
    }
    Err(Trouble::refused(
        listed(Diagnostic::error("D0805", what), &found)
            .note("nothing was changed")
            .help("look at it with `driftless drift`, and bring the database back first"),
    ))
}

impl Undo<'_> {
    pub async fn run(
        &self,
        site: &mut Site<'_>,
        told: &mut Told<'_>,
        stop: &mut Stop,
    ) -> Result<Outcome, Trouble> {
        let mut outcome = Outcome::default();
        let total = self.jobs.len();
        for (at, (versioned, job)) in self.jobs.iter().enumerate() {
            told(Progress::File {
                name: job.name(),
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
                end: Event::RolledBack,
                called: super::name(&versioned.up),
            };
            runner.run().await?;
            outcome.statements += runner.ran;
            outcome.applied += 1;
            told(Progress::Done {
                name: job.name(),
                millis: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
            });
            if job.sets() && at + 1 < total {
                site.renew().await.map_err(super::execute::lost)?;
            }
        }
        if !self.jobs.is_empty() {
            outcome.warnings = observe(site, &self.expected).await?;
        }
        Ok(outcome)
    }
}
