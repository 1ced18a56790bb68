//! A catalog in the YAML form: what `inspect --format yaml` prints and `declare` reads.
//!
//! Neighbours: `Form` makes the entries of the JSON document; here they become mappings by name in the words of
//! `vocabulary`. Invariant: what a parent brings is not said again, every reference means the same under any search
//! path, and reading the result gives the same catalog.

use super::{Entry, Form, Purpose, is_given, member_list};
use crate::catalog::{Catalog, Dialect};
use crate::definition::Definition;
use crate::id::{Kind, Name, ObjectId};
use crate::object::{Body, Grant, Object, Origin};
use crate::table::{Column, Table};
use crate::text::{SqlText, Verdict};
use crate::types::DefaultPrivileges;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

type Fields = Map<String, Value>;

/// The keys of a namespace and the kinds in each.
const NAMESPACE: [(&str, Kind); 12] = [
    ("enums", Kind::Enum),
    ("domains", Kind::Domain),
    ("composites", Kind::Composite),
    ("sequences", Kind::Sequence),
    ("functions", Kind::Function),
    ("procedures", Kind::Procedure),
    ("aggregates", Kind::Aggregate),
    ("tables", Kind::Table),
    ("virtual_tables", Kind::VirtualTable),
    ("views", Kind::View),
    ("materialized_views", Kind::MaterializedView),
    ("events", Kind::Event),
];

/// The catalog as a desired state.
pub fn desired(catalog: &Catalog) -> Value {
    let mut owned: BTreeMap<&ObjectId, Vec<(&ObjectId, &Object)>> = BTreeMap::new();
    for (id, object) in &catalog.objects {
        let brought = matches!(&object.body, Body::Constraint(c) if c.inherited);
        if let Some(relation) = object.owner_relation().filter(|_| !brought) {
            owned.entry(relation).or_default().push((id, object));
        }
    }
    let writer = Writer {
        catalog,
        owned,
        form: Form {
            purpose: Purpose::Declare,
            dialect: catalog.server.dialect,
        },
        schema: Name::default(),
    };
    writer.root()
}

/// An operator class makes it, and nothing was said of it.
fn is_brought(object: &Object) -> bool {
    let plain = object
        .get::<Definition>()
        .is_some_and(|d| d.pieces.len() < 2);
    plain && object.origin == Origin::Implied
}

struct Writer<'c> {
    catalog: &'c Catalog,
    owned: BTreeMap<&'c ObjectId, Vec<(&'c ObjectId, &'c Object)>>,
    form: Form,
    /// The schema that is written; references into it need not name it.
    schema: Name,
}

impl Writer<'_> {
    fn root(mut self) -> Value {
        let mut out = Fields::new();
        let mut extensions = Fields::new();
        let mut schemas = Fields::new();
        for (id, object) in &self.catalog.objects {
            match id.kind {
                Kind::Extension => {
                    let mut fields = self.fields(id, object);
                    fields.shift_remove("comment");
                    extensions.insert(id.name.as_str().into(), fields.into());
                }
                Kind::Schema if !is_given(id, object) => {
                    let mut fields = self.fields(id, object);
                    if id.name.key() != "public" {
                        self.schema = id.name.clone();
                        self.namespace(&mut fields);
                    }
                    schemas.insert(id.name.as_str().into(), fields.into());
                }
                _ => {}
            }
        }
        self.schema = match self.catalog.server.dialect {
            Dialect::Postgres => Name::exact("public"),
            Dialect::Sqlite | Dialect::Mysql | Dialect::Mariadb => Name::default(),
        };
        let bare = extensions
            .values()
            .all(|v| v.as_object().is_some_and(Map::is_empty));
        if bare {
            list(
                &mut out,
                "extensions",
                extensions.keys().map(|k| k.as_str().into()).collect(),
            );
        } else {
            map(&mut out, "extensions", extensions);
        }
        map(&mut out, "schemas", schemas);
        list(&mut out, "default_privileges", self.default_privileges());
        for (kind, list) in Kind::DEFINED.into_iter().filter(|(k, _)| !k.has_schema()) {
            self.listed(&mut out, list, kind);
        }
        self.namespace(&mut out);
        let loose: Vec<&ObjectId> = self
            .owned
            .keys()
            .filter(|relation| !self.catalog.contains(relation))
            .copied()
            .collect();
        let mut outside = Fields::new();
        for relation in loose {
            let mut fields = Fields::new();
            self.members(relation, &mut fields);
            outside.insert(self.dotted(relation, None), fields.into());
        }
        map(&mut out, "outside", outside);
        out.into()
    }

    fn default_privileges(&self) -> Vec<Value> {
        let objects = self.catalog.objects.iter();
        let found = objects.filter(|(id, _)| id.kind == Kind::DefaultPrivileges);
        let written = |(id, object): (&ObjectId, &Object)| {
            let mut out = Fields::new();
            out.insert("on".into(), id.name.as_str().into());
            if !id.schema.is_empty() {
                out.insert("schema".into(), id.schema.as_str().into());
            }
            if let Some(role) = id
                .args
                .as_deref()
                .filter(|r| *r != DefaultPrivileges::MAKER)
            {
                out.insert("role".into(), role.into());
            }
            let grants = object.grants.as_deref().unwrap_or_default();
            out.insert("grants".into(), written_grants(grants));
            Value::from(out)
        };
        found.map(written).collect()
    }

    fn namespace(&self, out: &mut Fields) {
        for (kind, list) in Kind::DEFINED.into_iter().filter(|(k, _)| k.has_schema()) {
            self.listed(out, list, kind);
        }
        for (key, kind) in NAMESPACE {
            self.listed(out, key, kind);
        }
    }

    /// One list of a namespace.
    fn listed(&self, out: &mut Fields, key: &str, kind: Kind) {
        let mut found = Fields::new();
        for (id, object) in &self.catalog.objects {
            let elsewhere = kind.has_schema() && id.schema != self.schema;
            if id.kind != kind || elsewhere || is_brought(object) {
                continue;
            }
            let written = self.object(id, object);
            let name = match kind {
                Kind::Transform => String::new(),
                _ => id.name.as_str().to_owned(),
            };
            match found.get_mut(&name) {
                Some(Value::Array(overloads)) => overloads.push(written),
                Some(first) => *first = Value::Array(vec![first.take(), written]),
                None => {
                    found.insert(name, written);
                }
            }
        }
        // What has no name is a list.
        match found.remove("") {
            Some(Value::Array(unnamed)) => list(out, key, unnamed),
            Some(unnamed) => list(out, key, vec![unnamed]),
            None => map(out, key, found),
        }
    }

    /// The entry of the JSON document, without its name.
    fn fields(&self, id: &ObjectId, object: &Object) -> Fields {
        let mut fields = match Value::from(self.form.object(id, object)) {
            Value::Object(fields) => fields,
            _ => Fields::new(),
        };
        fields.shift_remove("schema");
        fields.shift_remove("name");
        if let Some(grants) = &object.grants {
            fields.insert("grants".into(), written_grants(grants));
        }
        fields
    }

    fn object(&self, id: &ObjectId, object: &Object) -> Value {
        let mut fields = match &object.body {
            Body::Table(table) => {
                let table = Object {
                    body: self.own_part(table).into(),
                    ..object.clone()
                };
                self.fields(id, &table)
            }
            _ => self.fields(id, object),
        };
        match &object.body {
            Body::Enum(_) => return short(fields, "values"),
            Body::Domain(_) => {
                each(&mut fields, "checks", expression);
                by_name(&mut fields, "checks", |f| short(f, "expr"));
                return short(fields, "type");
            }
            Body::Composite(_) => by_name(&mut fields, "attributes", |f| short(f, "type")),
            Body::Definition(_) => return short(fields, "definition"),
            Body::Sequence(s) => {
                if let Some(part) = &s.owned_by {
                    let column = part.member.as_ref();
                    replace(
                        &mut fields,
                        "owned_by",
                        self.dotted(&part.object, column).into(),
                    );
                }
            }
            Body::Function(_) => function(&mut fields),
            Body::Table(table) => self.table(&mut fields, table),
            Body::View(_) => {
                self.members(id, &mut fields);
                return short(fields, "query");
            }
            _ => {}
        }
        if matches!(object.body, Body::Table(_) | Body::VirtualTable(_)) {
            self.members(id, &mut fields);
        }
        if let Some(Value::Object(key)) = fields.get_mut("primary_key") {
            // That is what the server calls it when nobody does.
            let automatic = match self.catalog.server.dialect.is_mysql() {
                true => "PRIMARY".to_owned(),
                false => format!("{}_pkey", id.name),
            };
            let named = key.get("name").and_then(Value::as_str).unwrap_or_default();
            if !self.form.is_sqlite() && named.eq_ignore_ascii_case(&automatic) {
                key.shift_remove("name");
            }
            let key = short(std::mem::take(key), "columns");
            fields.insert("primary_key".into(), key);
        }
        fields.into()
    }

    /// The table without what its parents bring.
    fn own_part(&self, table: &Table) -> Table {
        let mut own = table.clone();
        own.columns = table
            .columns
            .iter()
            .filter_map(|c| {
                if c.inherited {
                    self.override_of(table, c)
                } else {
                    Some(c.clone())
                }
            })
            .collect();
        own
    }

    /// What an inherited column has of its own, if anything.
    fn override_of(&self, table: &Table, column: &Column) -> Option<Column> {
        let pg = table.pg()?;
        let parents = pg
            .inherits
            .iter()
            .chain(pg.partition_of.iter().map(|p| &p.parent));
        let found = parents
            .filter_map(|p| Some((p, self.catalog.item::<Table>(p)?.column(&column.name)?)))
            .next();
        // A NOT NULL may be the parent's alone.
        let alone = found.is_some_and(|(p, _)| {
            let named = self.catalog.owned(p).filter_map(|(_, o)| match &o.body {
                Body::Constraint(c) => Some(c),
                _ => None,
            });
            let mut named = named.filter(|c| c.not_null() == Some(&column.name));
            named.any(|c| c.no_inherit)
        });
        let given = found.map(|(_, c)| c);
        let differs = |a: &Option<SqlText>, b: &Option<SqlText>| {
            SqlText::compare_option(a, b) != Verdict::Same
        };
        let none = Column::default();
        let given = given.unwrap_or(&none);
        let own = Column {
            name: column.name.clone(),
            default: column
                .default
                .clone()
                .filter(|_| differs(&given.default, &column.default)),
            not_null: column.not_null && (!given.not_null || alone),
            storage: column
                .storage
                .clone()
                .filter(|s| given.storage.as_ref() != Some(s)),
            compression: column
                .compression
                .clone()
                .filter(|s| given.compression.as_ref() != Some(s)),
            statistics: column.statistics,
            attributes: column.attributes.clone(),
            comment: column.comment.clone(),
            inherited: true,
            ..Column::default()
        };
        let says = own.default.is_some()
            || own.not_null
            || own.storage.is_some()
            || own.compression.is_some()
            || own.statistics.is_some()
            || !own.attributes.is_empty()
            || own.comment.is_some();
        says.then_some(own)
    }

    fn table(&self, fields: &mut Fields, table: &Table) {
        if let Some(pg) = table.pg() {
            if let Some(partition) = &pg.partition_of
                && let Some(Value::Object(entry)) = fields.get_mut("partition_of")
            {
                entry.shift_remove("schema");
                replace(entry, "table", self.dotted(&partition.parent, None).into());
            }
            let parents: Vec<Value> = pg
                .inherits
                .iter()
                .map(|p| self.dotted(p, None).into())
                .collect();
            if !parents.is_empty() {
                replace(fields, "inherits", parents.into());
            }
        }
        each(fields, "columns", |column| {
            if let Some(Value::Object(generated)) = column.get_mut("generated") {
                expression(generated);
            }
            if let Some(Value::Object(identity)) = column.get_mut("identity") {
                let identity = short(std::mem::take(identity), "mode");
                replace(column, "identity", identity);
            }
        });
        by_name(fields, "columns", |f| short(f, "type"));
    }

    /// What hangs on a relation.
    fn members(&self, relation: &ObjectId, out: &mut Fields) {
        let empty = Vec::new();
        let members = self.owned.get(relation).unwrap_or(&empty);
        let mut lists: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for (id, object) in members {
            let Some(list) = member_list(&object.body) else {
                continue;
            };
            let mut fields = Fields::new();
            if self.form.is_named(object) {
                fields.insert("name".into(), id.name.as_str().into());
            }
            fields.extend(self.fields(id, object));
            self.member(&mut fields, object);
            lists.entry(list).or_default().push(fields.into());
        }
        if let Some(key) = lists
            .remove("primary_key")
            .and_then(|k| k.into_iter().next())
        {
            out.insert("primary_key".into(), key);
        }
        for (list, scalar) in [
            ("uniques", "columns"),
            ("checks", "expr"),
            ("foreign_keys", ""),
            ("excludes", ""),
            ("not_nulls", "column"),
            ("indexes", "on"),
            ("triggers", ""),
            ("policies", ""),
            ("rules", ""),
            ("statistics", ""),
        ] {
            if let Some(items) = lists.remove(list) {
                out.insert(list.into(), items.into());
                by_name(out, list, |f| short(f, scalar));
            }
        }
    }

    fn member(&self, fields: &mut Fields, object: &Object) {
        match &object.body {
            Body::Constraint(c) => {
                expression(fields);
                if let Some(key) = c.foreign_key() {
                    let target = match key.target_columns.as_slice() {
                        [column] => self.dotted(&key.target, Some(column)).into(),
                        _ => {
                            let mut target = Fields::new();
                            target.insert("table".into(), self.dotted(&key.target, None).into());
                            let columns = key.target_columns.iter().map(|c| c.as_str().into());
                            list(&mut target, "columns", columns.collect());
                            Value::from(target)
                        }
                    };
                    replace(fields, "references", target);
                }
                each(fields, "items", expression);
                if c.key().is_some() {
                    shorten(fields, "columns", "column");
                }
            }
            Body::Index(_) => {
                each(fields, "keys", expression);
                shorten(fields, "keys", "column");
                rename(fields, "keys", "on");
            }
            Body::Trigger(trigger) => {
                shorten(fields, "events", "event");
                if let Some(function) = &trigger.function {
                    replace(fields, "function", self.dotted(function, None).into());
                }
                if let Some(from) = &trigger.from {
                    replace(fields, "from", self.dotted(from, None).into());
                }
            }
            _ => {}
        }
    }

    /// `name`, `schema.name`, with the column behind it.
    fn dotted(&self, id: &ObjectId, column: Option<&Name>) -> String {
        let mut parts = Vec::new();
        if !id.schema.is_empty() && id.schema != self.schema {
            parts.push(part(&id.schema));
        }
        parts.push(part(&id.name));
        parts.extend(column.map(part));
        parts.join(".")
    }
}

/// A part of a dotted name; one that would be read as several stands in quotes.
pub(super) fn part(name: &Name) -> String {
    let text = name.as_str();
    let plain = !text.is_empty() && text.trim() == text && !text.contains(['.', '"']);
    if plain {
        text.to_owned()
    } else {
        format!("\"{}\"", text.replace('"', "\"\""))
    }
}

fn written_grants(grants: &[Grant]) -> Value {
    let mut out = Fields::new();
    for grant in grants {
        let role = if grant.role.is_empty() {
            "public"
        } else {
            &grant.role
        };
        let mut entry = Entry::default();
        entry.put("privilege", grant.privilege.to_ascii_lowercase());
        entry.some("column", grant.column.as_ref().map(Name::as_str));
        entry.flag("grantable", grant.grantable);
        let written = match Value::from(entry) {
            Value::Object(fields) => short(fields, "privilege"),
            other => other,
        };
        match out.get_mut(role) {
            Some(Value::Array(list)) => list.push(written),
            _ => {
                out.insert(role.to_owned(), Value::Array(vec![written]));
            }
        }
    }
    out.into()
}

fn function(fields: &mut Fields) {
    fields.shift_remove("procedure");
    let settings: Fields = objects(fields.get("settings"))
        .filter_map(|f| Some((f.get("name")?.as_str()?.to_owned(), f.get("value")?.clone())))
        .collect();
    if !settings.is_empty() {
        replace(fields, "settings", settings.into());
    }
    by_name(fields, "arguments", |f| short(f, "type"));
}

fn objects(list: Option<&Value>) -> impl Iterator<Item = &Fields> {
    list.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
}

/// The one value where the mapping has only this key.
fn short(mut fields: Fields, key: &str) -> Value {
    match fields.len() {
        1 => fields.shift_remove(key).unwrap_or_else(|| fields.into()),
        _ => fields.into(),
    }
}

/// Every item of a list that has only this key becomes its value.
fn shorten(fields: &mut Fields, list: &str, key: &str) {
    if let Some(Value::Array(items)) = fields.get_mut(list) {
        for item in items {
            if let Value::Object(inner) = item {
                *item = short(std::mem::take(inner), key);
            }
        }
    }
}

fn each(fields: &mut Fields, list: &str, change: impl Fn(&mut Fields)) {
    if let Some(Value::Array(items)) = fields.get_mut(list) {
        items
            .iter_mut()
            .filter_map(Value::as_object_mut)
            .for_each(change);
    }
}

/// A list of entries as a mapping by their names, where each has one of its own.
fn by_name(fields: &mut Fields, list: &str, finish: impl Fn(Fields) -> Value) {
    let Some(Value::Array(items)) = fields.get_mut(list) else {
        return;
    };
    let items = std::mem::take(items);
    let name_of = |item: &Value| item.get("name").and_then(Value::as_str).map(str::to_owned);
    let names: std::collections::BTreeSet<String> = items
        .iter()
        .filter_map(name_of)
        .filter(|n| !n.is_empty())
        .collect();
    let whole = names.len() == items.len();
    let mut found = Fields::new();
    let mut unnamed = Vec::new();
    for item in items {
        let name = name_of(&item);
        let Value::Object(mut entry) = item else {
            continue;
        };
        if let (true, Some(name)) = (whole, name) {
            entry.shift_remove("name");
            found.insert(name, finish(entry));
        } else {
            unnamed.push(finish(entry));
        }
    }
    let written = if whole {
        found.into()
    } else {
        Value::Array(unnamed)
    };
    replace(fields, list, written);
}

/// `expression` is `expr` here.
fn expression(fields: &mut Fields) {
    rename(fields, "expression", "expr");
}

/// Keeps the place among the keys.
fn rename(fields: &mut Fields, from: &str, to: &str) {
    if fields.contains_key(from) {
        let all = std::mem::take(fields);
        *fields = all
            .into_iter()
            .map(|(k, v)| (if k == from { to.to_owned() } else { k }, v))
            .collect();
    }
}

fn replace(fields: &mut Fields, key: &str, value: Value) {
    fields.insert(key.to_owned(), value);
}

fn list(out: &mut Fields, key: &str, items: Vec<Value>) {
    if !items.is_empty() {
        out.insert(key.to_owned(), items.into());
    }
}

fn map(out: &mut Fields, key: &str, entries: Fields) {
    if !entries.is_empty() {
        out.insert(key.to_owned(), entries.into());
    }
}
