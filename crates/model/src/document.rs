//! The whole catalog as one document: what `inspect --format json` prints, described by `schema/catalog.schema.json`.
//!
//! Neighbours: `fingerprint` hashes the same entries in their canonical form; `report` prints the written one.
//! Invariant: only what is not default appears, and the order of everything is fixed, so that two documents of one
//! catalog are the same bytes.

mod declare;
mod entry;
mod program;
mod relation;
mod vocabulary;
mod written;

pub use declare::{Declaration, Document, Hint, Step, declare};
pub use vocabulary::{Field, ROOT, Shape, What};
pub use written::desired;

use crate::catalog::{Catalog, Dialect};
use crate::constraint::ConstraintBody;
use crate::id::{Kind, Name, ObjectId};
use crate::object::{Body, Grant, Object, Origin};
use crate::text::{Canon, SqlText};
use crate::types::{Composite, Domain};
use driftless_sql::{Syntax, normal_tokens, query_text, quote_name, tree_text};
pub(crate) use entry::Entry;
use serde_json::Value;
use std::collections::BTreeMap;

/// The revision of the document; it grows when a reader of the former would break.
const VERSION: u32 = 1;

/// What an entry is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// For people and programs: names and texts as they were written.
    Read,
    /// As a desired state: names as they are written, texts that mean the same under any search path.
    Declare,
    /// For a hash: what the engine takes for the same is the same.
    Hash,
}

/// How names and texts become values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    purpose: Purpose,
    dialect: Dialect,
}

/// The lists of the document and the kinds in each, in the order in which they appear.
const LISTS: [(&str, &[Kind]); 14] = [
    ("schemas", &[Kind::Schema]),
    ("extensions", &[Kind::Extension]),
    ("enums", &[Kind::Enum]),
    ("domains", &[Kind::Domain]),
    ("composites", &[Kind::Composite]),
    ("sequences", &[Kind::Sequence]),
    ("functions", &[Kind::Function, Kind::Procedure]),
    ("aggregates", &[Kind::Aggregate]),
    ("tables", &[Kind::Table]),
    ("virtual_tables", &[Kind::VirtualTable]),
    ("views", &[Kind::View]),
    ("materialized_views", &[Kind::MaterializedView]),
    ("default_privileges", &[Kind::DefaultPrivileges]),
    ("events", &[Kind::Event]),
];

/// The catalog as a document.
pub fn document(catalog: &Catalog) -> Value {
    let form = Form {
        purpose: Purpose::Read,
        dialect: catalog.server.dialect,
    };
    let mut owned: BTreeMap<&ObjectId, Vec<(&ObjectId, &Object)>> = BTreeMap::new();
    for (id, object) in &catalog.objects {
        if let Some(relation) = object.owner_relation() {
            owned.entry(relation).or_default().push((id, object));
        }
    }
    let mut out = Entry::default();
    out.put("version", VERSION);
    out.put("dialect", catalog.server.dialect.to_string());
    out.put("server", catalog.server.version.to_string());
    let defined = Kind::DEFINED
        .iter()
        .map(|(kind, list)| (*list, std::slice::from_ref(kind)));
    for (list, kinds) in LISTS.into_iter().chain(defined) {
        let entries = catalog
            .objects
            .iter()
            .filter(|(id, object)| kinds.contains(&id.kind) && !is_given(id, object))
            .map(|(id, object)| {
                let mut entry = form.object(id, object);
                form.nest(&mut entry, owned.get(id).map_or(&[] as &[_], Vec::as_slice));
                entry
            });
        out.entries(list, entries);
    }
    // What hangs on a relation that is out of scope still shows.
    let loose = owned
        .iter()
        .filter(|(relation, _)| !catalog.contains(relation))
        .map(|(relation, members)| {
            let mut entry = Entry::default();
            form.reference(&mut entry, "name", relation);
            form.nest(&mut entry, members);
            entry
        });
    out.entries("outside", loose);
    let unmodelled = catalog.unmodelled.iter().map(|u| {
        let mut entry = Entry::default();
        entry.put("what", u.what.as_str());
        entry.put("name", u.name.as_str());
        entry.some("on", u.on.as_ref().map(ToString::to_string));
        entry
    });
    out.entries("unmodelled", unmodelled);
    out.list("taint", catalog.taint.iter().map(String::as_str));
    out.into()
}

/// A new database has it already, and nothing was done to it.
fn is_given(id: &ObjectId, object: &Object) -> bool {
    id.kind == Kind::Schema
        && id.name.key() == "public"
        && object.comment.is_none()
        && object.grants.is_none()
}

/// An object's canonical form, for hashing. `None`: it counts as absent.
pub(crate) fn canonical(id: &ObjectId, object: &Object, dialect: Dialect) -> Option<Value> {
    if matches!(&object.body, Body::Index(i) if !i.valid) {
        return None;
    }
    // Who may do what differs between environments.
    if id.kind == Kind::DefaultPrivileges {
        return None;
    }
    let form = Form {
        purpose: Purpose::Hash,
        dialect,
    };
    let mut out = Entry::default();
    out.put("kind", id.kind.noun());
    if let Some(relation) = object.owner_relation() {
        out.put("on_kind", relation.kind.noun());
        form.reference(&mut out, "on", relation);
    }
    out.entry("object", form.object(id, object));
    let mut value = Value::from(out);
    value.sort_all_objects();
    Some(value)
}

impl Form {
    fn hashes(self) -> bool {
        self.purpose == Purpose::Hash
    }

    fn is_sqlite(self) -> bool {
        self.dialect == Dialect::Sqlite
    }

    fn syntax(self) -> Syntax {
        self.dialect.syntax()
    }

    fn name(self, name: &Name) -> &str {
        if self.hashes() {
            name.key()
        } else {
            name.as_str()
        }
    }

    fn names(self, names: &[Name]) -> impl Iterator<Item = &str> {
        names.iter().map(move |n| self.name(n))
    }

    fn text(self, text: &SqlText) -> String {
        match self.purpose {
            Purpose::Read => return text.written.clone(),
            Purpose::Declare => return self.qualified(text),
            Purpose::Hash => {}
        }
        match &text.canon {
            Canon::Tree(tree) => tree_text(tree),
            Canon::Query(query) => query_text(query),
            Canon::Tokens(tokens) | Canon::Opaque(tokens) => tokens.clone(),
            Canon::Raw => normal_tokens(&text.written, self.syntax()),
        }
    }

    /// A live catalog's texts are qualified already; those of a file are under its search path.
    fn qualified(self, text: &SqlText) -> String {
        if text.path.is_empty() {
            return text.written.clone();
        }
        let quoted = |name: &Name| quote_name(name.as_str(), self.syntax());
        text.splice(|r| {
            let object = &r.part.object;
            (r.qualify && !object.schema.is_empty())
                .then(|| format!("{}.{}", quoted(&object.schema), quoted(&object.name)))
        })
    }

    fn some_text(self, text: &Option<SqlText>) -> Option<String> {
        text.as_ref().map(|t| self.text(t))
    }

    /// A word that SQLite compares without case: a type, a collation.
    fn word(self, text: &str) -> String {
        if self.hashes() && self.is_sqlite() {
            normal_tokens(text, Syntax::Sqlite)
        } else {
            text.to_string()
        }
    }

    fn some_word(self, text: &Option<String>) -> Option<String> {
        text.as_ref().map(|t| self.word(t))
    }

    /// `schema` (where it is not the default one) and the name under `key`.
    fn reference(self, entry: &mut Entry, key: &str, id: &ObjectId) {
        if !id.schema.is_empty() && (self.hashes() || id.schema.key() != "public") {
            entry.put("schema", self.name(&id.schema));
        }
        entry.put(key, self.name(&id.name));
    }

    fn pointer(self, key: &str, id: &ObjectId) -> Entry {
        let mut entry = Entry::default();
        self.reference(&mut entry, key, id);
        entry.some("arguments", id.args.as_deref().filter(|a| !a.is_empty()));
        entry
    }

    /// One object without what it owns.
    fn object(self, id: &ObjectId, object: &Object) -> Entry {
        let mut out = Entry::default();
        let nested = object.owner_relation().is_some();
        if !nested && id.name.is_empty() {
            // A cast is all that it says.
        } else if !nested {
            self.reference(&mut out, "name", id);
        } else if self.is_named(object) {
            out.put("name", self.name(&id.name));
        }
        out.some("comment", object.comment.as_deref());
        let comments = object.member_comments.iter();
        let comments = comments.map(|(n, text)| (self.name(n).to_owned(), text.clone()));
        out.options("comments", &comments.collect());
        match &object.body {
            Body::Schema(_) => {}
            Body::DefaultPrivileges(_) => out.some("role", id.args.as_deref()),
            Body::Extension(e) => {
                // Which version stands there, and where, is the database's own affair unless it was stated.
                if !self.hashes() {
                    out.some("version", e.version.as_deref());
                    out.some("into", e.schema.as_ref().map(Name::as_str));
                }
            }
            Body::Enum(e) => out.list("values", e.values.iter().map(String::as_str)),
            Body::Composite(c) => self.composite(&mut out, c),
            Body::Domain(d) => self.domain(&mut out, d),
            Body::Sequence(s) => self.sequence(&mut out, s),
            Body::Function(f) => self.function(&mut out, id, f),
            Body::Table(t) => self.table(&mut out, t),
            Body::VirtualTable(v) => self.virtual_table(&mut out, v),
            Body::Constraint(c) => self.constraint(&mut out, c),
            Body::Index(i) => self.index(&mut out, i),
            Body::View(v) => self.view(&mut out, id, v),
            Body::Trigger(t) => self.trigger(&mut out, t),
            Body::Policy(p) => self.policy(&mut out, p),
            Body::Rule(r) => self.rule(&mut out, r),
            Body::Statistics(s) => self.statistics(&mut out, id, s),
            Body::Event(e) => self.event(&mut out, e),
            Body::Definition(d) => out.put("definition", d.text.as_str()),
        }
        // Who owns what and who may do what differs between environments and is compared only where it is managed.
        if !self.hashes() {
            out.some("owner", object.owner.as_deref());
        }
        if self.purpose == Purpose::Read {
            out.entries("grants", object.grants.iter().flatten().map(grant));
            out.flag("implied", object.origin == Origin::Implied);
        }
        out
    }

    /// Whether its name is said. A hash and a desired state know all names that the engine has: only SQLite's unnamed
    /// constraints have none.
    fn is_named(self, object: &Object) -> bool {
        match &object.body {
            Body::Constraint(c) => c.named || (self.purpose != Purpose::Read && !self.is_sqlite()),
            _ => true,
        }
    }

    fn nest(self, entry: &mut Entry, members: &[(&ObjectId, &Object)]) {
        let of = |list: &str| {
            members
                .iter()
                .filter(|(_, o)| member_list(&o.body) == Some(list))
                .map(|(id, o)| self.object(id, o))
                .collect::<Vec<_>>()
        };
        if let Some(key) = of("primary_key").into_iter().next() {
            entry.entry("primary_key", key);
        }
        for list in [
            "uniques",
            "checks",
            "foreign_keys",
            "excludes",
            "not_nulls",
            "indexes",
            "triggers",
            "policies",
            "rules",
            "statistics",
        ] {
            entry.entries(list, of(list).into_iter());
        }
    }

    fn composite(self, out: &mut Entry, composite: &Composite) {
        let attributes = composite.attributes.iter().map(|a| {
            let mut entry = Entry::default();
            entry.put("name", self.name(&a.name));
            entry.put("type", self.word(&a.ty.text));
            entry.some("collation", self.some_word(&a.collation));
            entry
        });
        out.entries("attributes", attributes);
    }

    fn domain(self, out: &mut Entry, domain: &Domain) {
        out.put("type", self.word(&domain.base.text));
        out.flag("not_null", domain.not_null);
        out.some("default", self.some_text(&domain.default));
        out.some("collation", self.some_word(&domain.collation));
        let mut checks: Vec<_> = domain.checks.iter().collect();
        checks.sort_by(|a, b| a.name.cmp(&b.name));
        let checks = checks.into_iter().map(|c| {
            let mut entry = Entry::default();
            entry.put("name", self.name(&c.name));
            entry.put("expression", self.text(&c.expr));
            entry.flag("not_valid", !c.validated);
            entry
        });
        out.entries("checks", checks);
    }
}

/// In which list of its relation an owned object stands.
fn member_list(body: &Body) -> Option<&'static str> {
    match body {
        Body::Constraint(c) => Some(match c.body {
            ConstraintBody::PrimaryKey(_) => "primary_key",
            ConstraintBody::Unique(_) => "uniques",
            ConstraintBody::Check(_) => "checks",
            ConstraintBody::ForeignKey(_) => "foreign_keys",
            ConstraintBody::Exclude(_) => "excludes",
            ConstraintBody::NotNull(_) => "not_nulls",
        }),
        Body::Index(_) => Some("indexes"),
        Body::Trigger(_) => Some("triggers"),
        Body::Policy(_) => Some("policies"),
        Body::Rule(_) => Some("rules"),
        Body::Statistics(_) => Some("statistics"),
        _ => None,
    }
}

fn grant(grant: &Grant) -> Entry {
    let mut entry = Entry::default();
    let role = if grant.role.is_empty() {
        "PUBLIC"
    } else {
        &grant.role
    };
    entry.put("role", role);
    entry.put("privilege", grant.privilege.as_str());
    entry.some("column", grant.column.as_ref().map(Name::as_str));
    entry.flag("grantable", grant.grantable);
    entry
}
