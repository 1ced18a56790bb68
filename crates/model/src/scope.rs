//! Scope: which objects are managed. Both sides of every comparison pass the same one first.

use crate::catalog::Catalog;
use crate::id::{Kind, ObjectId};
use glob::Pattern as Glob;
use std::cell::Cell;

/// `kind:schema.name` with `*` and `?`; the kind and the schema may be left out.
#[derive(Debug, Clone)]
pub struct Pattern {
    pub written: String,
    kind: Option<String>,
    schema: Option<Glob>,
    name: Glob,
    hits: Cell<usize>,
}

impl Pattern {
    /// Fails with a sentence where the pattern is malformed or names an unknown kind.
    pub fn parse(written: &str) -> Result<Pattern, String> {
        let (kind, rest) = match written.split_once(':') {
            Some((k, rest)) => {
                let noun = k.trim().replace(['-', '_'], " ");
                if noun != "*" && !crate::id::Kind::ALL.iter().any(|k| k.noun() == noun) {
                    return Err(format!("`{k}` is no kind of object"));
                }
                ((noun != "*").then_some(noun), rest.trim())
            }
            None => (None, written.trim()),
        };
        let (schema, name) = match rest.split_once('.') {
            Some((s, n)) => (Some(s), n),
            None => (None, rest),
        };
        let glob = |t: &str| Glob::new(t).map_err(|e| format!("`{t}` is no pattern: {}", e.msg));
        Ok(Pattern {
            written: written.to_string(),
            kind,
            schema: schema.map(glob).transpose()?,
            name: glob(name)?,
            hits: Cell::new(0),
        })
    }

    fn matches(&self, id: &ObjectId) -> bool {
        let relation = id.owner.as_ref().unwrap_or(&id.name);
        let kind_fits = match &self.kind {
            None => true,
            Some(k) if k == id.kind.noun() => true,
            // A pattern for a table takes what lives in its namespace along.
            Some(k) => id.owner.is_some() && matches!(k.as_str(), "table" | "view"),
        };
        let name = match &self.kind {
            Some(k) if k == id.kind.noun() => &id.name,
            _ => relation,
        };
        let hit = kind_fits
            && self
                .schema
                .as_ref()
                .is_none_or(|s| s.matches(id.schema.as_str()))
            && (self.name.matches(name.as_str()) || self.name.matches(id.name.as_str()));
        if hit {
            self.hits.set(self.hits.get() + 1);
        }
        hit
    }
}

#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Patterns of schema names; empty: every schema that is not the system's.
    pub schemas: Vec<String>,
    pub include: Vec<Pattern>,
    pub exclude: Vec<Pattern>,
    /// Aspects that are managed beyond the default (`grants`, `owners` …).
    pub aspects: Vec<String>,
    /// Objects that the declared side does not have stay.
    pub keep_undeclared: bool,
    /// MySQL: what a server's defaults shall be (`charset`, `collation`, `sql_mode`, `lower_case_table_names`).
    pub expects: std::collections::BTreeMap<String, String>,
    /// MySQL: ranges and lists of partitions are added and dropped by somebody else; how a table is parted is not.
    pub external_partitions: bool,
    /// The one managed schema is left unsaid in what is written: the session's search path has it.
    pub unqualified: bool,
    /// It holds driftless' own history table, and nothing else.
    pub history: bool,
}

/// The table in which driftless keeps what it did to a database; outside of every other scope.
pub const HISTORY: &str = "driftless_history";

/// The history tables of other tools, and what belongs to them without being owned.
const FOREIGN: [&str; 21] = [
    "flyway_schema_history",
    "schema_version",
    "databasechangelog",
    "databasechangeloglock",
    "alembic_version",
    "schema_migrations",
    "ar_internal_metadata",
    "_prisma_migrations",
    "atlas_schema_revisions",
    "goose_db_version",
    "goose_db_version_id_seq",
    "_sqlx_migrations",
    "refinery_schema_history",
    "__diesel_schema_migrations",
    "django_migrations",
    "django_migrations_id_seq",
    "knex_migrations",
    "knex_migrations_lock",
    "knex_migrations_id_seq",
    "knex_migrations_lock_index_seq",
    "__efmigrationshistory",
];

/// Takes the history tables of other tools out of a state, except those that `declared` has itself. Returns how many
/// objects were taken out.
pub fn leave_foreign(catalog: &mut Catalog, declared: &Catalog) -> usize {
    let foreign = |id: &ObjectId| {
        let name = id.name.as_str();
        matches!(id.kind, Kind::Table | Kind::Sequence)
            && FOREIGN.iter().any(|f| f.eq_ignore_ascii_case(name))
            && !declared.contains(id)
    };
    let out: Vec<ObjectId> = catalog
        .objects
        .iter()
        .filter(|(id, object)| foreign(id) || object.owner_relation().is_some_and(foreign))
        .map(|(id, _)| id.clone())
        .collect();
    for id in &out {
        catalog.objects.remove(id);
    }
    out.len()
}

/// Everything that may be managed beyond the default.
const ASPECTS: [&str; 4] = ["grants", "owners", "definers", "tablespaces"];

impl Scope {
    /// Everything with all its aspects: what a text does, whatever a project manages now.
    pub fn everything() -> Scope {
        Scope {
            aspects: ASPECTS.map(str::to_string).to_vec(),
            ..Scope::default()
        }
    }

    pub fn holds(&self, id: &ObjectId) -> bool {
        let own = id.owner.as_ref().unwrap_or(&id.name).as_str() == HISTORY;
        let schema = match id.kind == crate::id::Kind::Schema {
            true => &id.name,
            false => &id.schema,
        };
        let matches = |s: &String| Glob::new(s).is_ok_and(|g| g.matches(schema.as_str()));
        if !self.schemas.is_empty() && !schema.is_empty() && !self.schemas.iter().any(matches) {
            return false;
        }
        if self.history || own {
            return self.history && own;
        }
        if !self.include.is_empty() && !self.include.iter().any(|p| p.matches(id)) {
            return false;
        }
        !self.exclude.iter().any(|p| p.matches(id))
    }

    pub fn manages(&self, aspect: &str) -> bool {
        self.aspects.iter().any(|a| a == aspect)
    }

    /// Removes what is not managed; what belongs to an outsider goes with it. Returns how many objects were taken out,
    /// driftless' own history aside.
    pub fn filter(&self, catalog: &mut Catalog) -> usize {
        let mut out: Vec<ObjectId> = Vec::new();
        for (id, object) in &catalog.objects {
            let owner_out = object.owner_relation().is_some_and(|r| !self.holds(r));
            if owner_out || !self.holds(id) {
                out.push(id.clone());
            }
        }
        for id in &out {
            catalog.objects.remove(id);
        }
        let own = |id: &ObjectId| id.owner.as_ref().unwrap_or(&id.name).as_str() == HISTORY;
        out.iter().filter(|id| !own(id)).count()
    }

    /// The patterns that never matched anything.
    pub fn unused(&self) -> Vec<&str> {
        self.include
            .iter()
            .chain(&self.exclude)
            .filter(|p| p.hits.get() == 0)
            .map(|p| p.written.as_str())
            .collect()
    }
}
