//! Scope: which objects are managed. Both sides of every comparison pass the same one first.

use crate::catalog::Catalog;
use crate::id::ObjectId;
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
}

impl Scope {
    pub fn holds(&self, id: &ObjectId) -> bool {
        let schema = if id.kind == crate::id::Kind::Schema {
            &id.name
        } else {
            &id.schema
        };
        if !self.schemas.is_empty()
            && !schema.is_empty()
            && !self
                .schemas
                .iter()
                .any(|s| Glob::new(s).is_ok_and(|g| g.matches(schema.as_str())))
        {
            return false;
        }
        if !self.include.is_empty() && !self.include.iter().any(|p| p.matches(id)) {
            return false;
        }
        !self.exclude.iter().any(|p| p.matches(id))
    }

    pub fn manages(&self, aspect: &str) -> bool {
        self.aspects.iter().any(|a| a == aspect)
    }

    /// Removes what is not managed; what belongs to an outsider goes with it. Returns how many objects were taken out.
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
        out.len()
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
