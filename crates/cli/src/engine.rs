//! The seam between commands and engines: dialect, driver and planner come in here, and nowhere else in this crate.
//!
//! Neighbours: `commands` ask, with states that are looked up and read; what they get renders itself. Invariant: a
//! question names its dialect, and both its sides speak it.

mod applied;
mod folder;
mod generate;
mod read;
mod rehearse;
mod scratch;
mod shown;
pub mod work;

use std::io::Write;
use std::sync::OnceLock;

use driftless_driver_mysql::MysqlDriver;
use driftless_driver_postgres::PostgresDriver;
use driftless_driver_sqlite::SqliteDriver;
use driftless_model::{Catalog, Hints, ObjectId, Scope as Managed, Server, Version, leave_foreign};
use driftless_planner::{Plan, Request, plan};
use driftless_report as report;
use driftless_runtime::{Connection, Driver};
use driftless_sql::{Diagnostic, Problems, SourceId};

use tokio::runtime::Runtime;

use crate::args::{InspectFormat, PlanFormat};
use crate::config::{OpenEnvironment, Undeclared};
use crate::context::Context;
use crate::dialect::{Dialect, Product};
use crate::exit::Failure;
use crate::scope::{Pattern, Scope};

pub use applied::{happened, taken};
pub use folder::{Project, desired};
pub use generate::{Wish, generate, sum_with, texts_of};
pub use rehearse::{Rehearsal, lacking, rehearse, rehearse_folder, rehearse_plan, shown};
pub use scratch::Place;

use read::{both, connect, read};

/// A state that was looked up: files are read, variables expanded.
#[derive(Debug)]
pub struct Side {
    /// As it may be shown.
    pub name: String,
    pub state: State,
}

#[derive(Debug)]
pub enum State {
    Live(OpenEnvironment),
    Text(Vec<SourceId>),
    /// A migrations folder: its texts by path, and up to which version it is replayed.
    Folder {
        dir: String,
        texts: Vec<(String, String)>,
        upto: Option<u64>,
    },
    Empty,
}

/// What leads from one state to another?
#[derive(Debug)]
pub struct Question {
    pub before: Side,
    pub after: Side,
    pub dialect: Dialect,
    pub scope: Scope,
    /// The project has migrations, so a plan is not run by itself.
    pub migrations: bool,
    /// The plan is to be rehearsed, so the state that it starts from is kept.
    pub rehearsed: bool,
    /// Where a scratch database may be made.
    pub scratch: Option<crate::config::Scratch>,
}

/// A schema, ready to be printed.
pub struct Inspection {
    catalog: Catalog,
    /// The plan that builds it from nothing.
    build: Option<Plan>,
    notes: Vec<Diagnostic>,
}

impl Inspection {
    pub fn server(&self) -> Server {
        self.catalog.server
    }
    pub fn notes(&self) -> &[Diagnostic] {
        &self.notes
    }
    pub fn render(&self, format: InspectFormat) -> String {
        match (format, &self.build) {
            (InspectFormat::Sql, Some(build)) => report::schema_sql(build),
            (InspectFormat::Mermaid, _) => report::schema_mermaid(&self.catalog),
            (InspectFormat::Yaml, _) => report::schema_yaml(&self.catalog),
            _ => report::schema_json(&self.catalog),
        }
    }
    /// One file per object: relative paths and texts.
    pub fn files(&self, format: InspectFormat) -> Vec<(String, String)> {
        match (format, &self.build) {
            (InspectFormat::Sql, Some(build)) => report::schema_files(build),
            (InspectFormat::Mermaid, _) => {
                vec![("schema.mmd".into(), report::schema_mermaid(&self.catalog))]
            }
            (InspectFormat::Yaml, _) => {
                vec![
                    (
                        "schema.yaml".into(),
                        report::schema_yaml_with_hint(&self.catalog),
                    ),
                    (report::DESIRED_SCHEMA.into(), report::desired_schema_text()),
                ]
            }
            _ => vec![("schema.json".into(), report::schema_json(&self.catalog))],
        }
    }
}

/// A plan, proved and ready to be printed or run.
pub struct Comparison {
    plan: Plan,
    heading: report::Heading,
    refusals: Vec<Diagnostic>,
    /// Where the rows that are there stop it; among the refusals too.
    stops: Vec<Diagnostic>,
    notes: Vec<Diagnostic>,
    /// What is managed of the before-side, where the plan is to be rehearsed.
    before: Option<Catalog>,
    /// The session of a live before-side, for running the plan.
    connection: Option<Box<dyn Connection>>,
}

impl Comparison {
    pub fn server(&self) -> Server {
        self.plan.server
    }
    pub fn has_changes(&self) -> bool {
        self.plan.differs()
    }
    /// There is something to run.
    pub fn has_steps(&self) -> bool {
        !self.plan.is_empty()
    }
    /// Steps that need a consent which is not given, and differences that are unproven.
    pub fn refusals(&self) -> &[Diagnostic] {
        &self.refusals
    }
    /// Where the rows that are there stop it.
    pub fn stops(&self) -> &[Diagnostic] {
        &self.stops
    }
    pub fn notes(&self) -> &[Diagnostic] {
        &self.notes
    }
    pub fn render(&self, format: PlanFormat, colour: bool) -> String {
        match format {
            PlanFormat::Text => report::plan_text(&self.plan, &self.heading, colour),
            PlanFormat::Sql => report::script(&self.plan),
            PlanFormat::Json => report::plan_json(&self.plan, &self.heading),
            PlanFormat::Markdown => report::plan_markdown(&self.plan, &self.heading),
        }
    }
}

fn planner_dialect(product: Product) -> &'static dyn driftless_planner::Dialect {
    match product {
        Product::Postgres => &driftless_postgres::POSTGRES,
        Product::Mysql => &driftless_mysql::MYSQL,
        Product::Mariadb => &driftless_mysql::MARIADB,
        Product::Sqlite => &driftless_sqlite::SQLITE,
    }
}

/// The product that a server is.
pub fn product(server: Server) -> Product {
    match server.dialect {
        driftless_model::Dialect::Postgres => Product::Postgres,
        driftless_model::Dialect::Sqlite => Product::Sqlite,
        driftless_model::Dialect::Mysql => Product::Mysql,
        driftless_model::Dialect::Mariadb => Product::Mariadb,
    }
}

/// The oldest and the newest version that are supported.
pub fn supported(product: Product) -> (Version, Option<Version>) {
    planner_dialect(product).supported()
}

fn driver(product: Product) -> Box<dyn Driver> {
    match product {
        Product::Postgres => Box::new(PostgresDriver),
        Product::Mysql | Product::Mariadb => Box::new(MysqlDriver),
        Product::Sqlite => Box::new(SqliteDriver),
    }
}

impl Dialect {
    fn server(self) -> Server {
        let dialect = match self.product {
            Product::Postgres => driftless_model::Dialect::Postgres,
            Product::Mysql => driftless_model::Dialect::Mysql,
            Product::Mariadb => driftless_model::Dialect::Mariadb,
            Product::Sqlite => driftless_model::Dialect::Sqlite,
        };
        Server {
            dialect,
            version: Version::new(self.major, self.minor),
        }
    }
}

pub fn inspect(
    context: &mut Context,
    side: &Side,
    dialect: Dialect,
    scope: &Scope,
) -> Result<Inspection, Failure> {
    let managed = managed(scope)?;
    let mut read = block_on(read(context, side, dialect, dialect.server(), &managed))?;
    managed.filter(&mut read.catalog);
    let speaks = planner_dialect(product(read.catalog.server));
    let consent = driftless_planner::Consent {
        all: true,
        codes: Vec::new(),
    };
    let whole = Managed {
        aspects: managed.aspects.clone(),
        unqualified: managed.unqualified,
        ..Managed::default()
    };
    let build = plan(Request {
        dialect: speaks,
        before: speaks.empty(read.catalog.server),
        after: read.catalog.clone(),
        hints: Hints::default(),
        scope: &whole,
        consent: &consent,
    })?;
    let mut notes = read.notes;
    notes.extend(unmodelled(&read.catalog));
    Ok(Inspection {
        catalog: read.catalog,
        build: Some(build),
        notes,
    })
}

pub fn compare(context: &mut Context, question: &Question) -> Result<Comparison, Failure> {
    let mut managed = managed(&question.scope)?;
    let declared = question.dialect.server();
    let (before, mut after) = match both(context, question, declared, &managed) {
        Ok(sides) => sides,
        Err(problems) => shown::instead(context, question, declared, &managed, problems)?,
    };
    if !after.catalog.taint.is_empty() {
        shown::certain(context, question, &before.catalog, &mut after, &managed);
    }
    let comparison = compared(context, question, &mut managed, before, after)?;
    let open = comparison.plan.unproven.iter().filter(|u| !u.planned);
    let open: Vec<ObjectId> = open.map(|u| u.id.clone()).collect();
    if open.is_empty() {
        return Ok(comparison);
    }
    match shown::decided(context, question, declared, &managed, &open) {
        Some((before, after)) => compared(context, question, &mut managed, before, after),
        None => Ok(comparison),
    }
}

fn compared(
    context: &mut Context,
    question: &Question,
    managed: &mut Managed,
    before: read::Read,
    after: read::Read,
) -> Result<Comparison, Failure> {
    // MySQL's URLs lead to both products: the server has said which it is.
    let speaks = planner_dialect(product(before.catalog.server));
    let consent = consent(context);
    // What a file may declare in a way that is not known is not dropped for being undeclared: not by the way.
    let by_name = consent.codes.iter().any(|(code, _)| code == UNCERTAIN);
    managed.keep_undeclared |= !after.catalog.taint.is_empty() && !by_name;
    let mut notes = before.notes;
    notes.extend(after.notes);
    notes.extend(unmodelled(&before.catalog));
    notes.extend(unmodelled(&after.catalog));
    notes.dedup();
    let tainted = after
        .catalog
        .taint
        .iter()
        .chain(&before.catalog.taint)
        .cloned()
        .collect::<Vec<_>>();
    let kept = question.rehearsed.then(|| {
        let mut kept = before.catalog.clone();
        leave_foreign(&mut kept, &after.catalog);
        managed.filter(&mut kept);
        kept
    });
    let mut made = plan(Request {
        dialect: speaks,
        before: before.catalog,
        after: after.catalog,
        hints: after.hints,
        scope: managed,
        consent: &consent,
    })?;
    for pattern in managed.unused() {
        notes.push(
            Diagnostic::warning("D0608", format!("the pattern `{pattern}` matches nothing"))
                .help("check its spelling: the form is kind:schema.name"),
        );
    }
    let mut connection = before.connection;
    let stops = match connection.as_deref_mut() {
        Some(connection) => block_on(driftless_runtime::unmet(connection, &made)),
        None => Vec::new(),
    };
    let stops: Vec<Diagnostic> = stops.iter().map(stop).collect();
    let mut refusals = refusals(&made, &tainted, consent.allows(UNCERTAIN, ""));
    refusals.extend(stops.iter().cloned());
    made.sizes = before.observed.sizes;
    let heading = report::Heading {
        before: question.before.name.clone(),
        after: question.after.name.clone(),
        dialect: format!("{}@{}", made.server.dialect, made.server.version),
        next: next(question),
    };
    Ok(Comparison {
        plan: made,
        heading,
        refusals,
        stops,
        notes,
        before: kept,
        connection,
    })
}

/// Runs a plan on its live before-side, segment by segment; what it returns is told to the user.
pub fn apply(
    context: &mut Context,
    question: &Question,
    comparison: &mut Comparison,
) -> Result<String, Failure> {
    // Reading opened a session without leave to write or to create the file.
    drop(comparison.connection.take());
    let mut connection = match &question.before.state {
        State::Live(open) => block_on(connect(open, question.dialect.product, false))?,
        _ => {
            return Err(
                Diagnostic::error("D0004", "only a live database can be changed")
                    .help("name an environment with a database URL")
                    .into(),
            );
        }
    };
    let quiet = context.quiet;
    let total = comparison.plan.steps().count();
    let mut told = |n: usize, step: &driftless_planner::Step| {
        if !quiet && total > 0 {
            let first = step.text.lines().next().unwrap_or_default();
            let first = first.trim_end_matches(['(', ' ']);
            // Where standard error is closed there is nobody left to tell.
            let _ = writeln!(std::io::stderr(), "[{n}/{total}] {first}");
        }
    };
    let applied = block_on(async {
        let outcome = tokio::select! {
            outcome = driftless_runtime::apply(&mut *connection, &comparison.plan, &mut told) => outcome.map(Some),
            _ = tokio::signal::ctrl_c() => Ok(None),
        };
        connection.close().await;
        outcome
    })?;
    match applied {
        Some(done) => Ok(format!(
            "applied {} in {}\n",
            report::counted(done.statements, "statement"),
            report::counted(done.transactions, "transaction")
        )),
        None => Err(Failure::with(
            crate::exit::Exit::Interrupted,
            Diagnostic::error(
                "D0509",
                "interrupted: the statement that ran was cancelled and its transaction rolled back",
            )
            .help("run the same command again: it plans from what is there"),
        )),
    }
}

/// Owns a scratch database until standard input ends. Never asked for by people.
pub fn keep_scratch() -> std::io::Result<()> {
    let mut input = std::io::stdin().lock();
    let mut output = std::io::stdout();
    let mut question = String::new();
    std::io::BufRead::read_line(&mut input, &mut question)?;
    let question = question.trim_end_matches('\n');
    match driftless_driver_mysql::is_asked(question) {
        true => driftless_driver_mysql::keep(question, &mut input, &mut output),
        false => driftless_driver_postgres::keep(question, &mut input, &mut output),
    }
}

/// What the user allowed, as the planner asks for it.
fn consent(context: &Context) -> driftless_planner::Consent {
    let codes = context.consent.allow.iter();
    driftless_planner::Consent {
        all: context.consent.destructive,
        codes: codes.map(|a| (a.code.clone(), a.object.clone())).collect(),
    }
}

/// The command that would run the plan.
fn next(question: &Question) -> Option<String> {
    match &question.before.state {
        State::Folder { upto: None, .. } => Some("driftless generate NAME --why \"…\"".to_string()),
        // What comes next depends on where the environment stands among the migrations.
        State::Live(_) if question.migrations => None,
        State::Live(open) if !open.name.is_empty() => {
            Some(format!("driftless apply --declarative --env {}", open.name))
        }
        _ => None,
    }
}

fn unmodelled(catalog: &Catalog) -> Vec<Diagnostic> {
    catalog
        .unmodelled
        .iter()
        .map(|u| {
            let mut d = Diagnostic::warning("D0010", format!("not modelled: {u}"));
            d.place = u.place;
            d
        })
        .collect()
}

/// Rows that are there and that a step cannot take.
fn stop(unmet: &driftless_runtime::Unmet) -> Diagnostic {
    let said = unmet.demand.said_of(unmet.rows);
    Diagnostic::error("D0406", format!("the plan stops at {said}"))
        .note("it would be rolled back, and change nothing")
        .help(unmet.demand.help.clone())
}

/// The code of consent to a state that is not known for certain.
const UNCERTAIN: &str = "D0405";

fn refusals(plan: &Plan, tainted: &[String], accepted: bool) -> Vec<Diagnostic> {
    let mut out: Vec<Diagnostic> = plan
        .refused
        .iter()
        .map(|l| {
            Diagnostic::error(l.code, format!("this loses {}", l.what))
                .help(format!("allow it with --allow {}:{}", l.code, l.object))
        })
        .collect();
    for u in plan.unproven.iter().filter(|u| !u.planned) {
        let code = driftless_planner::UNPROVEN;
        out.push(
            Diagnostic::error(code, format!("whether {} `{}` differs is unproven", u.id.kind.noun(), u.id))
                .note("one of the two definitions is not wholly understood, and no engine is at hand to decide")
                .help(format!("plan it as a change with --allow {code}:{}", u.id)),
        );
    }
    if !accepted {
        out.extend(tainted.iter().map(|why| {
            Diagnostic::error(UNCERTAIN, "a state is not certain")
                .note(why.clone())
                .help("take the statement out of the files or say what it touches (`-- driftless:touches OBJECT`), or accept the risk with --allow-destructive, which drops nothing for being undeclared, or with --allow D0405, which does")
        }));
    }
    out
}

fn managed(scope: &Scope) -> Result<Managed, Problems> {
    let mut problems = Problems::default();
    let mut parse = |patterns: &[Pattern]| -> Vec<driftless_model::Pattern> {
        patterns
            .iter()
            .filter_map(|p| match driftless_model::Pattern::parse(&p.text) {
                Ok(parsed) => Some(parsed),
                Err(why) => {
                    problems.push(
                        Diagnostic::error("D0608", why)
                            .at_least(p.place)
                            .help("the form is kind:schema.name, with * and ?"),
                    );
                    None
                }
            })
            .collect()
    };
    let out = Managed {
        schemas: scope.schemas.iter().map(|p| p.text.clone()).collect(),
        include: parse(&scope.include),
        exclude: parse(&scope.exclude),
        aspects: scope.aspects.iter().map(|a| a.name().to_string()).collect(),
        keep_undeclared: scope.undeclared == Undeclared::Keep,
        expects: scope.expects.iter().cloned().collect(),
        external_partitions: scope.external_partitions,
        unqualified: scope.unqualified,
        history: false,
    };
    if problems.has_errors() {
        Err(problems)
    } else {
        Ok(out)
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    // One runtime for the whole run: a session's own task lives in the runtime that opened it.
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .ok()
    });
    match runtime {
        Some(runtime) => runtime.block_on(future),
        None => {
            eprintln!("error[D0001]: the operating system gives no resources for connections");
            std::process::exit(crate::exit::Exit::Error as i32)
        }
    }
}
