//! Where commands meet the runtime's runner of migrations: environments become targets, troubles become exits.
//!
//! Neighbours: `commands` ask, `runtime` runs. Invariant: whatever ends early gives the lock back first.

use std::io::Write;
use std::time::Duration;

use driftless_migrations::{Drift, Status};
use driftless_report as report;
use driftless_runtime::{
    Actor, Book, ConnectOptions, Policy, Progress, Secret, Site, Stop, Target, Trouble, Watched,
};
use driftless_sql::{Diagnostic, Problems};

use super::folder::Project;
use super::{Side, State, block_on, consent, driver, planner_dialect};
use crate::commands::confirm;
use crate::config::{Late, OnDrift, OpenEnvironment};
use crate::context::Context;
use crate::dialect::Product;
use crate::exit::{Exit, Failure};

/// The declared schema of the history table.
fn ledger(product: Product) -> &'static str {
    match product {
        Product::Postgres => include_str!("../../../../schema/ledger/postgres.sql"),
        Product::Mysql | Product::Mariadb => include_str!("../../../../schema/ledger/mysql.sql"),
        Product::Sqlite => include_str!("../../../../schema/ledger/sqlite.sql"),
    }
}

/// What a run is asked for.
pub struct Wish {
    pub to: Option<u64>,
    pub dry_run: bool,
    pub yes: bool,
    pub patience: Duration,
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Failure {
        let (exit, problems) = match trouble {
            Trouble::Failed(problems) => (Exit::Error, problems),
            Trouble::Refused(problems) => (Exit::Refused, problems),
            Trouble::Interrupted(problems) => (Exit::Interrupted, problems),
        };
        Failure { exit, problems }
    }
}

fn open(side: &Side) -> Result<&OpenEnvironment, Failure> {
    match &side.state {
        State::Live(open) => Ok(open),
        _ => Err(Diagnostic::error("D0004", "only a database has a history")
            .help("name an environment with a database URL")
            .into()),
    }
}

/// The parts of a target that it borrows.
struct Held {
    driver: Box<dyn driftless_runtime::Driver>,
    url: Secret,
    options: ConnectOptions,
}

impl Held {
    fn of(project: &Project, open: &OpenEnvironment) -> Held {
        Held {
            driver: driver(project.dialect.product),
            url: Secret::new(open.url.reveal()),
            options: ConnectOptions {
                role: open.role.clone(),
                schema: open.schema.clone(),
                lock_timeout: open.lock_timeout,
                ..ConnectOptions::default()
            },
        }
    }

    fn target<'a>(&'a self, project: &'a Project) -> Target<'a> {
        let product = project.dialect.product;
        Target {
            dialect: planner_dialect(product),
            driver: &*self.driver,
            url: &self.url,
            options: self.options.clone(),
            scope: &project.scope,
            // A SQLite file tells no version: the declared one counts.
            declared: (product == Product::Sqlite).then(|| project.dialect.server()),
            ledger: ledger(product),
        }
    }
}

fn policy(context: &Context, to: Option<u64>) -> Policy {
    let config = context.config.as_ref();
    Policy {
        to,
        late: config.is_some_and(|c| c.late == Late::Run),
        warn_drift: config.is_some_and(|c| c.on_drift == OnDrift::Warn),
    }
}

fn actor(context: &Context) -> Actor {
    let dir = context.config.as_ref().map(|c| c.dir().to_path_buf());
    let head = driftless_runtime::head(&dir.unwrap_or_default());
    Actor {
        os_user: whoami::username().ok(),
        host: whoami::hostname().ok(),
        commit: head.as_ref().map(|h| h.hash.clone()),
        author: head.map(|h| h.author),
        tool: env!("CARGO_PKG_VERSION").to_string(),
    }
}

/// Ctrl-C, and the word of whoever runs this to end.
fn stop() -> Stop {
    Stop(Box::pin(async {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            if let Ok(mut terminated) = signal(SignalKind::terminate()) {
                tokio::select! {
                    _ = tokio::signal::ctrl_c() => {}
                    _ = terminated.recv() => {}
                }
                return;
            }
        }
        let _ = tokio::signal::ctrl_c().await;
    }))
}

fn say(quiet: bool, line: &str) {
    if !quiet {
        // Where standard error is closed there is nobody left to tell.
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

fn waiting(quiet: bool) -> impl FnMut(&str) + Send {
    move |holder: &str| say(quiet, &format!("waiting for another run to end: {holder}"))
}

fn progress(quiet: bool) -> impl FnMut(Progress) {
    move |heard: Progress| match heard {
        Progress::File {
            name,
            number,
            total,
        } => say(quiet, &format!("[{number}/{total}] {name}")),
        Progress::Step {
            number,
            total,
            text,
        } => {
            let first: String = text
                .lines()
                .next()
                .unwrap_or_default()
                .chars()
                .take(100)
                .collect();
            say(quiet, &format!("    {number}/{total} {first}"));
        }
        Progress::Done { name, millis } => say(quiet, &format!("    {name}: done in {millis} ms")),
    }
}

/// Runs something on an open site, and closes it whatever comes of it.
macro_rules! closing {
    ($site:ident, $body:expr) => {{
        let outcome = $body;
        $site.close().await;
        outcome
    }};
}

pub fn apply(
    context: &mut Context,
    project: &Project,
    side: &Side,
    wish: &Wish,
) -> Result<Exit, Failure> {
    let held = Held::of(project, open(side)?);
    let target = held.target(project);
    let (policy, consent, actor) = (policy(context, wish.to), consent(context), actor(context));
    block_on(async {
        let mut site = match wish.dry_run {
            true => Site::look(&target).await?,
            false => Site::work(&target, actor, wish.patience, &mut waiting(context.quiet)).await?,
        };
        closing!(site, {
            let prepared = driftless_runtime::prepare(&site, &project.folder, &policy, &consent);
            match prepared {
                Err(trouble) => Err(trouble.into()),
                Ok(prepared) => run(context, &mut site, side, &prepared, wish).await,
            }
        })
    })
}

async fn run(
    context: &Context,
    site: &mut Site<'_>,
    side: &Side,
    prepared: &driftless_runtime::Prepared<'_>,
    wish: &Wish,
) -> Result<Exit, Failure> {
    context.tell(&prepared.warnings);
    let mut text = String::new();
    for versioned in &prepared.adopted {
        text.push_str(&format!(
            "its result is there already  {}\n",
            versioned.up.stem()
        ));
    }
    for job in &prepared.jobs {
        let steps = report::counted(job.total(), "statement");
        text.push_str(&format!("pending  {} ({steps})\n", job.file.stem()));
    }
    if text.is_empty() {
        context.print("nothing is pending\n")?;
        return Ok(Exit::Ok);
    }
    if wish.dry_run {
        context.print(&text)?;
        return Ok(Exit::Ok);
    }
    if !prepared.adopted.is_empty() && !wish.yes {
        context.print(&text)?;
        let what = "record what is there already as applied at";
        confirm(context, what, &side.name)?;
    }
    let mut told = progress(context.quiet);
    let outcome = driftless_runtime::execute(site, prepared, &mut told, &mut stop()).await?;
    context.tell(&outcome.warnings);
    let mut text = String::new();
    if outcome.adopted > 0 {
        text.push_str(&format!(
            "recorded {} whose result was there\n",
            report::counted(outcome.adopted, "migration")
        ));
    }
    text.push_str(&format!(
        "applied {} ({})\n",
        report::counted(outcome.applied, "migration"),
        report::counted(outcome.statements, "statement")
    ));
    context.print(&text)?;
    Ok(Exit::Ok)
}

pub fn rollback(
    context: &mut Context,
    project: &Project,
    side: &Side,
    wish: &Wish,
) -> Result<Exit, Failure> {
    let held = Held::of(project, open(side)?);
    let target = held.target(project);
    let (policy, consent, actor) = (policy(context, wish.to), consent(context), actor(context));
    block_on(async {
        let mut site = match wish.dry_run {
            true => Site::look(&target).await?,
            false => Site::work(&target, actor, wish.patience, &mut waiting(context.quiet)).await?,
        };
        closing!(site, {
            match driftless_runtime::undo(&site, &project.folder, &policy, &consent) {
                Err(trouble) => Err(trouble.into()),
                Ok(undo) => back(context, &mut site, side, &undo, wish).await,
            }
        })
    })
}

async fn back(
    context: &Context,
    site: &mut Site<'_>,
    side: &Side,
    undo: &driftless_runtime::Undo<'_>,
    wish: &Wish,
) -> Result<Exit, Failure> {
    context.tell(&undo.warnings);
    if undo.jobs.is_empty() {
        context.print("there is nothing to go back from\n")?;
        return Ok(Exit::Ok);
    }
    let mut text = String::new();
    for (versioned, job) in &undo.jobs {
        text.push_str(&format!(
            "back  {} ({})\n",
            versioned.up.stem(),
            report::counted(job.total(), "statement")
        ));
    }
    context.print(&text)?;
    if wish.dry_run {
        return Ok(Exit::Ok);
    }
    if !wish.yes {
        confirm(context, "undo these at", &side.name)?;
    }
    let mut told = progress(context.quiet);
    let outcome = undo.run(site, &mut told, &mut stop()).await?;
    context.tell(&outcome.warnings);
    context.print(&format!(
        "undid {} ({})\n",
        report::counted(outcome.applied, "migration"),
        report::counted(outcome.statements, "statement")
    ))?;
    Ok(Exit::Ok)
}

/// The history table of an environment, for looking only.
pub fn book(
    project: &Project,
    open: &OpenEnvironment,
    patience: Duration,
) -> Result<Option<Book>, Problems> {
    let mut held = Held::of(project, open);
    held.options.connect_timeout = patience;
    let target = held.target(project);
    block_on(async {
        let mut site = Site::look(&target).await?;
        let book = site.book.take();
        site.close().await;
        Ok(book)
    })
}

pub fn status(project: &Project, side: &Side) -> Result<Status, Failure> {
    let open = open(side)?;
    let held = Held::of(project, open);
    let target = held.target(project);
    let status = block_on(async {
        let site = Site::look(&target).await?;
        let status = driftless_runtime::status(&site, &project.folder, &open.name);
        site.close().await;
        Ok::<_, Problems>(status)
    })?;
    Ok(status)
}

pub fn baseline(
    context: &mut Context,
    project: &Project,
    side: &Side,
    version: Option<u64>,
    force: bool,
    patience: Duration,
) -> Result<String, Failure> {
    let held = Held::of(project, open(side)?);
    let target = held.target(project);
    let actor = actor(context);
    let quiet = context.quiet;
    let (version, warnings) = block_on(async {
        let mut site = Site::work(&target, actor, patience, &mut waiting(quiet)).await?;
        closing!(site, {
            driftless_runtime::baseline(&mut site, &project.folder, version, force)
                .await
                .map_err(Failure::from)
        })
    })?;
    context.tell(&warnings);
    let name = project
        .folder
        .get(version)
        .map_or("", |v| v.up.name.as_str());
    Ok(format!(
        "{} is recorded as at {version} {name}\n",
        side.name
    ))
}

pub fn repair(
    context: &mut Context,
    project: &Project,
    side: &Side,
    patience: Duration,
) -> Result<driftless_runtime::Repaired, Failure> {
    let held = Held::of(project, open(side)?);
    let target = held.target(project);
    let actor = actor(context);
    let quiet = context.quiet;
    block_on(async {
        let mut site = Site::work(&target, actor, patience, &mut waiting(quiet)).await?;
        closing!(site, {
            driftless_runtime::repair(&mut site, &project.folder)
                .await
                .map_err(Failure::from)
        })
    })
}

/// What `drift` found, and the SQL either way.
pub struct Found {
    pub drift: Drift,
    pub sql: String,
}

/// Environments by name, opened where they could be.
pub type Sides = [(String, Result<Side, Problems>)];

pub fn drift(context: &mut Context, project: &Project, sides: &Sides) -> Result<Found, Failure> {
    let mut opened = Vec::new();
    for (name, side) in sides {
        let held = match side {
            Ok(side) => Ok((side.name.clone(), Held::of(project, open(side)?))),
            Err(problems) => {
                context.tell(&problems.0);
                let why = problems.0.first().map(|d| d.message.clone());
                Err(why.unwrap_or_else(|| "it cannot be opened".into()))
            }
        };
        opened.push((name, held));
    }
    let watched: Vec<Watched> = opened
        .iter()
        .map(|(name, held)| Watched {
            name: name.to_string(),
            place: held
                .as_ref()
                .map_or_else(|_| String::new(), |(place, _)| place.clone()),
            target: match held {
                Ok((_, held)) => Ok(held.target(project)),
                Err(why) => Err(why.clone()),
            },
        })
        .collect();
    let (drift, seen) = block_on(driftless_runtime::drift(&watched, &project.folder));
    let mut sql = String::new();
    for one in &seen {
        let target = watched.iter().find(|w| w.name == one.name);
        let Some(Ok(target)) = target.map(|w| w.target.as_ref()) else {
            continue;
        };
        let (back, over) = one.plans(target)?;
        if !back.is_empty() {
            sql.push_str(&format!(
                "-- {}: back to what its version should be\n{}\n",
                one.name,
                report::script(&back)
            ));
        }
        if !over.is_empty() {
            sql.push_str(&format!(
                "-- {}: what was changed there, to take it over\n{}\n",
                one.name,
                report::script(&over)
            ));
        }
    }
    Ok(Found { drift, sql })
}
