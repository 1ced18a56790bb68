//! The laws that every pair of schemas is held against, in process.
//!
//! Neighbours: `fixture` brings pairs that people wrote, `random` brings generated ones; `live` has the databases and
//! `rows` their contents. Invariant: a law that is broken says which one it is and shows what was planned.

mod fill;
mod live;
mod rows;

use anyhow::{Context, Result, bail, ensure};
use driftless_model::{Catalog, Hints, Scope, Server, Version, fingerprint};
use driftless_planner::{Consent, Desired, Dialect, Plan, Request, plan, read_desired};
use driftless_report::{schema_yaml, script};
use driftless_sql::Sources;
pub use live::Base;

/// An engine as the laws see it.
pub struct Engine {
    pub name: &'static str,
    pub dialect: &'static dyn Dialect,
    /// The server that is meant where none is at hand.
    pub server: Server,
}

pub static SQLITE: Engine = Engine {
    name: "sqlite",
    dialect: &driftless_sqlite::SQLITE,
    server: Server {
        dialect: driftless_model::Dialect::Sqlite,
        version: Version::new(3, 37),
    },
};

pub static POSTGRES: Engine = Engine {
    name: "postgres",
    dialect: &driftless_postgres::POSTGRES,
    server: Server {
        dialect: driftless_model::Dialect::Postgres,
        version: Version::new(15, 0),
    },
};

pub static MARIADB: Engine = Engine {
    name: "mariadb",
    dialect: &driftless_mysql::MARIADB,
    server: Server {
        dialect: driftless_model::Dialect::Mariadb,
        version: Version::new(10, 11),
    },
};

pub static MYSQL: Engine = Engine {
    name: "mysql",
    dialect: &driftless_mysql::MYSQL,
    server: Server {
        dialect: driftless_model::Dialect::Mysql,
        version: Version::new(9, 7),
    },
};

/// Two schemas and what may be expected of them.
pub struct Pair<'a> {
    pub title: &'a str,
    pub before: &'a str,
    pub after: &'a str,
    /// Each in an order that the engine's own client takes.
    pub loadable: (&'a str, &'a str),
    /// Whether the plan loses something, where that is known.
    pub destructive: Option<bool>,
    pub unproven: bool,
    pub irreversible: bool,
    /// The two differ in nothing but how they are written.
    pub same: bool,
    /// How many random rows each table gets, where rows are made up.
    pub rows: usize,
}

/// Every case is held to its privileges too: the dumps have them.
pub fn managed() -> Scope {
    Scope {
        aspects: vec!["grants".to_owned()],
        ..Scope::default()
    }
}

impl Engine {
    pub fn read_for(&self, text: &str, server: Server) -> Result<Desired> {
        let mut sources = Sources::default();
        let id = sources.add("schema.sql", text);
        read_desired(self.dialect, &sources, &[id], server).map_err(|problems| {
            anyhow::Error::new(problems.clone()).context(told(&problems.0, &sources))
        })
    }

    pub fn read(&self, text: &str) -> Result<Desired> {
        self.read_for(text, self.server)
    }

    pub fn plan(
        &self,
        before: &Catalog,
        after: &Catalog,
        hints: &Hints,
        all: bool,
    ) -> Result<Plan> {
        let consent = Consent {
            all,
            codes: Vec::new(),
        };
        let request = Request {
            dialect: self.dialect,
            before: before.clone(),
            after: after.clone(),
            hints: hints.clone(),
            scope: &managed(),
            consent: &consent,
        };
        plan(request).map_err(|problems| {
            let told = told(&problems.0, &Sources::default());
            anyhow::Error::new(problems).context(told)
        })
    }

    fn without_change(&self, law: &str, before: &Catalog, after: &Catalog) -> Result<()> {
        let plan = self
            .plan(before, after, &Hints::default(), false)
            .with_context(|| format!("{law}: no plan"))?;
        ensure!(
            !plan.differs(),
            "{law}: there are changes:\n{}",
            shown(&plan)
        );
        Ok(())
    }

    /// What needs no server. Every broken law is told.
    pub fn offline(&self, pair: &Pair) -> Vec<String> {
        let mut broken = Vec::new();
        let mut law = |outcome: Result<()>| {
            if let Err(error) = outcome {
                broken.push(format!("{error:#}"));
            }
        };
        let sides = (
            self.read(pair.before).context("before.sql cannot be read"),
            self.read(pair.after).context("after.sql cannot be read"),
        );
        let (before, after) = match sides {
            (Ok(before), Ok(after)) => (before, after),
            (before, after) => {
                law(before.map(drop));
                law(after.map(drop));
                return broken;
            }
        };
        for (side, state) in [("before", &before.catalog), ("after", &after.catalog)] {
            law(self.without_change(&format!("{side} → {side}"), state, state));
            law(self.printed_reads_back(side, state));
            law(self.yaml_reads_back(side, state));
        }
        law(self.there_and_back(pair, &before, &after));
        broken
    }

    /// The plan from nothing, read back, is the same catalog.
    fn printed_reads_back(&self, side: &str, state: &Catalog) -> Result<()> {
        let empty = self.dialect.empty(self.server);
        let law = format!("{side} printed reads back");
        let built = self
            .plan(&empty, state, &Hints::default(), true)
            .with_context(|| format!("{law}: no plan from nothing"))?;
        let text: String = built.steps().map(|s| format!("{};\n", s.text)).collect();
        let again = self
            .read(&text)
            .with_context(|| format!("{law}: cannot be read:\n{text}"))?;
        self.without_change(&law, &again.catalog, state)?;
        self.without_change(&law, state, &again.catalog)
    }

    /// The same state in YAML is the same catalog.
    fn yaml_reads_back(&self, side: &str, state: &Catalog) -> Result<()> {
        let law = format!("{side} in YAML reads back");
        let text = schema_yaml(state);
        let mut sources = Sources::default();
        let id = sources.add("schema.yaml", text.as_str());
        let again = read_desired(self.dialect, &sources, &[id], state.server)
            .map_err(|p| anyhow::Error::new(p.clone()).context(told(&p.0, &sources)))
            .with_context(|| format!("{law}: cannot be read:\n{text}"))?
            .catalog;
        for (before, after) in [(&again, state), (state, &again)] {
            self.without_change(&law, before, after)
                .with_context(|| text.clone())?;
        }
        ensure!(
            fingerprint(&again) == fingerprint(state),
            "{law}: the fingerprint is another:\n{text}"
        );
        Ok(())
    }

    fn there_and_back(&self, pair: &Pair, before: &Desired, after: &Desired) -> Result<()> {
        let there = |all| self.plan(&before.catalog, &after.catalog, &after.hints, all);
        let plan = there(true).context("before → after: no plan")?;
        ensure!(
            script(&plan) == script(&there(true)?),
            "two runs give different bytes"
        );
        let bare = there(false)?;
        let losses: Vec<_> = bare
            .refused
            .iter()
            .map(|l| format!("{} {}", l.code, l.what))
            .collect();
        ensure!(
            pair.destructive
                .is_none_or(|lossy| lossy != losses.is_empty()),
            "destructive is {:?}, and the plan loses {losses:?}:\n{}",
            pair.destructive,
            shown(&plan)
        );
        ensure!(
            bare.unproven.is_empty() != pair.unproven,
            "unproven is {}:\n{}",
            pair.unproven,
            shown(&bare)
        );
        match self.plan(
            &after.catalog,
            &before.catalog,
            &after.hints.inverse(),
            true,
        ) {
            Ok(_) => Ok(()),
            Err(_) if pair.irreversible => Ok(()),
            Err(error) => Err(error).context("after → before: no plan"),
        }
    }

    /// What a server has to say. `None` where the engine is not to be had.
    pub fn live(&self, pair: &Pair) -> Result<Option<()>> {
        let (Some(base), Some(reference)) =
            (Base::new(self, pair.title)?, Base::new(self, "reference")?)
        else {
            return Ok(None);
        };
        base.load(pair.loadable.0)
            .context("before.sql does not load")?;
        reference
            .load(pair.loadable.1)
            .context("after.sql does not load")?;
        let start = base.dump()?;
        let goal = if pair.same {
            start.clone()
        } else {
            reference.dump()?
        };

        let found = base.inspect(self)?;
        let before = self.read_for(pair.before, found.server)?;
        let after = self.read_for(pair.after, found.server)?;
        if !pair.unproven {
            self.without_change(
                "phantom: before.sql live → before.sql",
                &found,
                &before.catalog,
            )?;
            let built = reference.inspect(self)?;
            self.without_change(
                "phantom: after.sql live → after.sql",
                &built,
                &after.catalog,
            )?;
        }

        base.fill(pair.loadable.1, &after.hints, pair.rows)?;
        let rows = base.rows()?;
        let plan = self
            .plan(&found, &after.catalog, &after.hints, true)
            .context("live before → after.sql: no plan")?;
        base.apply(&plan)
            .with_context(|| format!("the plan does not run:\n{}", shown(&plan)))?;
        converged("live before → after.sql", &goal, &base.dump()?, &plan)?;
        rows::kept(&rows, &base.rows()?, &after.hints).with_context(|| shown(&plan))?;

        let now = base.inspect(self)?;
        if !pair.unproven {
            self.without_change("second plan", &now, &after.catalog)?;
        }
        self.back(pair, &base, &now, &after.hints.inverse(), &start)?;
        Ok(Some(()))
    }

    fn back(
        &self,
        pair: &Pair,
        base: &Base,
        now: &Catalog,
        hints: &Hints,
        start: &str,
    ) -> Result<()> {
        if pair.irreversible {
            return Ok(());
        }
        let before = self.read_for(pair.before, now.server)?;
        let plan = self
            .plan(now, &before.catalog, hints, true)
            .context("the way back: no plan")?;
        base.clear_rows()?;
        base.run_script(&script(&plan))
            .with_context(|| format!("the way back does not run:\n{}", shown(&plan)))?;
        converged("the way back", start, &base.dump()?, &plan)
    }
}

fn converged(law: &str, wanted: &str, reached: &str, plan: &Plan) -> Result<()> {
    if wanted == reached {
        return Ok(());
    }
    bail!(
        "{law}: the dumps differ (- wanted, + reached):\n{}\nby\n{}",
        driftless_testkit::expect::line_diff(wanted, reached),
        shown(plan)
    )
}

/// A plan with what is not in its script.
pub fn shown(plan: &Plan) -> String {
    let mut out = script(plan);
    if plan.is_empty() {
        out.push_str("(an empty plan)\n");
    }
    out
}

fn told(problems: &[driftless_sql::Diagnostic], sources: &Sources) -> String {
    driftless_report::render(problems, sources, false)
}

/// Runs `check` on every item, some at a time, and gives what each returned, in order. A panic is one item's failure.
pub fn each<T: Sync, R: Send>(
    items: &[T],
    check: impl Fn(&T) -> R + Sync,
) -> Vec<std::thread::Result<R>> {
    const WORKERS: usize = 4;
    let next = std::sync::atomic::AtomicUsize::new(0);
    let mut all: Vec<(usize, std::thread::Result<R>)> = std::thread::scope(|scope| {
        let worker = || {
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let Some(item) = items.get(index) else {
                    return done;
                };
                let outcome =
                    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(item)));
                done.push((index, outcome));
            }
        };
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(worker)).collect();
        workers
            .into_iter()
            .flat_map(|w| w.join().unwrap_or_default())
            .collect()
    });
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, outcome)| outcome).collect()
}

/// What a panic said.
pub fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    format!("panicked: {}", text.unwrap_or("?"))
}
