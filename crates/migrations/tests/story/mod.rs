//! A project in memory: desired states become migrations, as `generate` would write them.
#![allow(dead_code)]

use driftless_migrations::{Folder, Ground, Meta, Report, SUM, State, Sum, replay, verify, write};
use driftless_model::{Scope, Server, Version};
use driftless_planner::{Consent, Desired, Dialect, Request, plan, read_desired};
use driftless_postgres::POSTGRES;
use driftless_sql::{Diagnostic, Sources};
use driftless_sqlite::{DEFAULT_VERSION, SQLITE};
use std::collections::BTreeMap;

#[derive(Clone)]
pub struct Project {
    pub dialect: &'static dyn Dialect,
    pub server: Server,
    pub files: BTreeMap<String, String>,
}

pub fn sqlite() -> Project {
    Project {
        dialect: &SQLITE,
        server: Server {
            dialect: driftless_model::Dialect::Sqlite,
            version: DEFAULT_VERSION,
        },
        files: BTreeMap::new(),
    }
}

pub fn postgres() -> Project {
    Project {
        dialect: &POSTGRES,
        server: Server {
            dialect: driftless_model::Dialect::Postgres,
            version: Version::new(16, 0),
        },
        files: BTreeMap::new(),
    }
}

impl Project {
    pub fn ground(&self) -> Ground<'static> {
        // A scope counts its patterns' hits and is no static: an empty one is as good anew.
        Ground {
            dialect: self.dialect,
            server: self.server,
            scope: Box::leak(Box::new(Scope::default())),
        }
    }

    pub fn folder(&self) -> (Folder, Vec<Diagnostic>) {
        let texts = self.files.iter().map(|(p, t)| (p.clone(), t.clone()));
        Folder::read(
            &mut Sources::default(),
            self.dialect.syntax(),
            &|p| format!("migrations/{p}"),
            texts.collect(),
        )
    }

    /// The folder, which has no fault of its own.
    pub fn clean(&self) -> Folder {
        let (folder, problems) = self.folder();
        assert!(problems.is_empty(), "{problems:#?}");
        folder
    }

    pub fn state(&self) -> State {
        replay(&self.clean(), &self.ground(), None)
    }

    pub fn desired(&self, text: &str) -> Desired {
        let mut sources = Sources::default();
        let id = sources.add("schema.sql", text);
        match read_desired(self.dialect, &sources, &[id], self.server) {
            Ok(desired) => desired,
            Err(problems) => panic!("{problems}"),
        }
    }

    /// Writes what leads from the folder to the desired state, all losses allowed.
    pub fn generate(&mut self, version: u64, name: &str, text: &str) {
        let ground = self.ground();
        let before = self.state().catalog;
        let desired = self.desired(text);
        let consent = Consent {
            all: true,
            ..Consent::default()
        };
        let lead = |before: &driftless_model::Catalog,
                    after: &driftless_model::Catalog,
                    hints: driftless_model::Hints| {
            plan(Request {
                dialect: self.dialect,
                before: before.clone(),
                after: after.clone(),
                hints,
                scope: ground.scope,
                consent: &consent,
            })
            .unwrap_or_else(|p| panic!("{name}: {p}"))
        };
        let up = lead(&before, &desired.catalog, desired.hints.clone());
        let down = lead(&desired.catalog, &before, desired.hints.inverse());
        let meta = Meta {
            version,
            name: name.to_string(),
            why: Some(format!("the shop needs {name}")),
            ..Meta::default()
        };
        let files = write(&ground, &before, &up, Some(&down), &meta)
            .unwrap_or_else(|p| panic!("{name}: {p}"));
        self.files.insert(files.up_path(), files.up.clone());
        if let Some(down) = &files.down {
            self.files.insert(files.down_path(), down.clone());
        }
        self.seal();
    }

    pub fn put(&mut self, path: &str, text: &str) {
        self.files.insert(path.to_string(), text.to_string());
    }

    pub fn seal(&mut self) {
        let (folder, _) = self.folder();
        self.files.insert(SUM.to_string(), Sum::of(&folder).print());
    }

    /// Edits one file and seals it again.
    pub fn forge(&mut self, path: &str, from: &str, to: &str) {
        let text = self.files.get_mut(path).expect("a file");
        assert!(text.contains(from), "{from} is not in\n{text}");
        *text = text.replace(from, to);
        self.seal();
    }

    pub fn verify(&self, desired: Option<&str>) -> Report {
        let desired = desired.map(|d| self.desired(d));
        verify(&self.clean(), &self.ground(), desired.as_ref())
    }
}

pub fn codes(report: &Report) -> Vec<&'static str> {
    let mut out: Vec<&str> = report.findings.iter().map(|d| d.code).collect();
    out.dedup();
    out
}

pub const FIRST: &str = "
CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers (id), state TEXT, note TEXT);
CREATE INDEX orders_customer_idx ON orders (customer);
";
pub const SECOND: &str = "
CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers (id), status TEXT, -- driftless:renamed-from state
  note TEXT, total INTEGER NOT NULL DEFAULT 0 CHECK (total >= 0));
CREATE INDEX orders_customer_idx ON orders (customer);
CREATE VIEW open_orders AS SELECT id, total FROM orders WHERE status <> 'done';
";
pub const THIRD: &str = "
CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL);
CREATE TABLE purchases ( -- driftless:renamed-from orders
  id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers (id), status TEXT NOT NULL DEFAULT 'new',
  total INTEGER NOT NULL DEFAULT 0 CHECK (total >= 0));
CREATE INDEX orders_customer_idx ON purchases (customer);
CREATE VIEW open_orders AS SELECT id, total FROM purchases WHERE status <> 'done';
";

pub fn shop(mut project: Project) -> Project {
    project.generate(20260101000000, "first", FIRST);
    project.generate(20260102000000, "second", SECOND);
    project.generate(20260103000000, "third", THIRD);
    project
}
