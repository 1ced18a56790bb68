//! The catalog: every object of one database, which ones use which, and what was seen but not modelled.
//!
//! Invariant: objects are found by id and iterate in id order, so everything built on a catalog is deterministic.

use crate::id::{Kind, Name, ObjectId, Part};
use crate::object::{Body, Item, Object};
use crate::objects::{Objects, requirements};
use driftless_sql::{Place, Syntax};
use std::collections::BTreeMap;
use std::fmt;

/// Whose SQL it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    Postgres,
    Sqlite,
    Mysql,
    Mariadb,
}

impl Dialect {
    /// How its text is read.
    pub fn syntax(self) -> Syntax {
        match self {
            Dialect::Postgres => Syntax::Postgres,
            Dialect::Sqlite => Syntax::Sqlite,
            Dialect::Mysql => Syntax::Mysql,
            Dialect::Mariadb => Syntax::Mariadb,
        }
    }
    /// As people call it.
    pub fn product(self) -> &'static str {
        match self {
            Dialect::Postgres => "PostgreSQL",
            Dialect::Sqlite => "SQLite",
            Dialect::Mysql => "MySQL",
            Dialect::Mariadb => "MariaDB",
        }
    }
    /// MySQL, or MariaDB: one grammar and one model, with differences that are features.
    pub fn is_mysql(self) -> bool {
        matches!(self, Dialect::Mysql | Dialect::Mariadb)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Dialect::Postgres => "postgres",
            Dialect::Sqlite => "sqlite",
            Dialect::Mysql => "mysql",
            Dialect::Mariadb => "mariadb",
        })
    }
}

/// A server version: `16`, `16.9`, `3.37.2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Version {
    pub major: u32,
    pub minor: u32,
    pub patch: u32,
}

impl Version {
    pub const fn new(major: u32, minor: u32) -> Self {
        Version {
            major,
            minor,
            patch: 0,
        }
    }
    /// Reads up to three dotted numbers; what follows them is not looked at (`15.18 (Debian …)`).
    pub fn parse(text: &str) -> Option<Version> {
        let head: String = text
            .trim()
            .chars()
            .take_while(|c| c.is_ascii_digit() || *c == '.')
            .collect();
        let mut it = head.split('.').map(|p| p.parse::<u32>());
        let major = it.next()?.ok()?;
        let minor = it.next().and_then(Result::ok).unwrap_or(0);
        let patch = it.next().and_then(Result::ok).unwrap_or(0);
        Some(Version {
            major,
            minor,
            patch,
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.minor, self.patch) {
            (0, 0) => write!(f, "{}", self.major),
            (m, 0) => write!(f, "{}.{m}", self.major),
            (m, p) => write!(f, "{}.{m}.{p}", self.major),
        }
    }
}

/// What the catalog's SQL is meant for: the target, never a linked library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Server {
    pub dialect: Dialect,
    pub version: Version,
}

/// Something that a catalog or file holds and the model does not.
#[derive(Debug, Clone, PartialEq)]
pub struct Unmodelled {
    /// The kind's noun (`publication`) or an attribute (`storage parameters`).
    pub what: String,
    /// Its name, qualified as people write it.
    pub name: String,
    /// The modelled object it sits on: a step that would recreate or drop that one is refused.
    pub on: Option<ObjectId>,
    pub place: Option<Place>,
}

impl fmt::Display for Unmodelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.what, self.name)?;
        match &self.on {
            // The object itself.
            Some(on) if on.name.as_str() == self.name && self.what.starts_with(on.kind.noun()) => {
                Ok(())
            }
            Some(on) => write!(f, " on {on}"),
            None => Ok(()),
        }
    }
}

/// Sizes, where a live database told them; beside a catalog, never compared.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// Estimated rows and bytes per relation.
    pub sizes: BTreeMap<ObjectId, (u64, u64)>,
}

#[derive(Debug, Clone)]
pub struct Catalog {
    pub server: Server,
    pub objects: Objects,
    pub unmodelled: Vec<Unmodelled>,
    /// MySQL: the database's own collation, where a live one told.
    pub collation: Option<String>,
    /// MySQL: what the server says of its defaults, by the names of [`crate::Scope::expects`].
    pub settings: std::collections::BTreeMap<String, String>,
    /// MySQL: variables of the session at this moment, where the text says what they are.
    pub session: std::collections::BTreeMap<String, String>,
    /// MySQL: the database's own name, where a live one or the text (`USE shop`) told.
    pub database: Option<String>,
    /// MySQL: the columns of other databases' relations that views read, by both names in lower case, where a live one
    /// told.
    pub outside: std::collections::BTreeMap<(String, String), Vec<String>>,
    /// Who was connected, where a live database told.
    pub role: Option<String>,
    /// Why nothing certain can be said any more (a `DO` block ran); empty: not tainted.
    pub taint: Vec<String>,
    /// The tables in which the engine keeps statistics of rows, where a live database told (SQLite: `sqlite_stat1`).
    pub statistics: Vec<String>,
    /// Where an object was declared.
    pub places: BTreeMap<ObjectId, Place>,
}

impl Catalog {
    pub fn new(server: Server) -> Self {
        Catalog {
            server,
            objects: Objects::default(),
            unmodelled: Vec::new(),
            collation: None,
            settings: Default::default(),
            session: Default::default(),
            database: None,
            outside: Default::default(),
            role: None,
            taint: Vec::new(),
            statistics: Vec::new(),
            places: BTreeMap::new(),
        }
    }
    /// Whose objects are made without a name is `role`: its default privileges are those of whoever makes them.
    pub fn speak_as(&mut self, role: &str) {
        let named =
            |id: &ObjectId| id.kind == Kind::DefaultPrivileges && id.args.as_deref() == Some(role);
        let ids: Vec<ObjectId> = self
            .objects
            .keys()
            .filter(|id| named(id))
            .cloned()
            .collect();
        for id in ids {
            if let Some(object) = self.objects.remove(&id) {
                let now = id.with_args(crate::types::DefaultPrivileges::MAKER);
                self.objects.insert(now, object);
            }
        }
    }
    pub fn get(&self, id: &ObjectId) -> Option<&Object> {
        self.objects.get(id)
    }
    pub fn contains(&self, id: &ObjectId) -> bool {
        self.objects.contains_key(id)
    }
    /// The kind's own struct of an object.
    pub fn item<T: Item>(&self, id: &ObjectId) -> Option<&T> {
        self.get(id).and_then(Object::get)
    }
    pub fn item_mut<T: Item>(&mut self, id: &ObjectId) -> Option<&mut T> {
        self.objects.get_mut(id).and_then(Object::get_mut)
    }
    /// All objects of one kind.
    pub fn of<T: Item>(&self) -> impl Iterator<Item = (&ObjectId, &T)> {
        self.objects
            .iter()
            .filter_map(|(id, o)| Some((id, o.get::<T>()?)))
    }
    /// The objects in the namespace of a relation: its constraints, triggers, policies (not its indexes).
    pub fn owned(&self, relation: &ObjectId) -> impl Iterator<Item = (&ObjectId, &Object)> {
        let first = ObjectId::owned(Kind::Schema, relation, Name::default());
        let (schema, name) = (relation.schema.clone(), relation.name.clone());
        self.objects
            .from(&first)
            .take_while(move |(id, _)| id.schema == schema && id.owner.as_ref() == Some(&name))
    }
    /// The objects of one kind that refer to `id`, or to a member of it.
    pub fn using<T: Item>(&self, id: &ObjectId) -> impl Iterator<Item = (&ObjectId, &T)> {
        let users = self.objects.users_of(id).into_iter();
        users.filter_map(|user| Some((user, self.item::<T>(user)?)))
    }
    /// The object of one of `kinds` with this schema and name.
    pub fn find(&self, kinds: &[Kind], schema: &Name, name: &Name) -> Option<ObjectId> {
        let mut id = ObjectId::new(*kinds.first()?, schema.clone(), name.clone());
        let found = kinds.iter().any(|kind| {
            id.kind = *kind;
            self.contains(&id)
        });
        found.then_some(id)
    }
    /// The roles that its objects speak of: owners, grants, policies. Whoever everybody is, is none.
    pub fn roles(&self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for object in self.objects.values() {
            found.extend(object.owner.clone());
            found.extend(object.grants.iter().flatten().map(|g| g.role.clone()));
            if let Body::Policy(policy) = &object.body {
                found.extend(policy.roles.iter().cloned());
            }
        }
        found.retain(|role| !role.is_empty() && !role.eq_ignore_ascii_case("public"));
        found.sort();
        found.dedup();
        found
    }
    /// Everything that `id` needs to be there: what it refers to, and its schema.
    pub fn requirements(&self, id: &ObjectId) -> Vec<Part> {
        self.objects
            .get(id)
            .map_or_else(Vec::new, |o| requirements(id, o))
    }
}
