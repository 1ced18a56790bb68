//! Constraints, indexes and policies: what hangs on a relation.

use super::Step;
use super::program::enabled;
use super::reader::{Keys, Named, Reader, keys, text_of};
use crate::catalog::Dialect;
use crate::constraint::{
    Check, Constraint, ConstraintBody, Exclude, ExcludeItem, ForeignKey, Key, KeyPart,
};
use crate::document::vocabulary::{Shape, What};
use crate::id::{Kind, Name, ObjectId};
use crate::index::{Index, IndexKey, KeyExpr, Statistics};
use crate::object::Object;
use crate::program::{Policy, Rule};
use driftless_sql::Place;
use driftless_sql::yaml::Node;

/// A constraint with the name that was written, or the empty one.
pub(super) struct Made {
    id: ObjectId,
    object: Object,
    place: Place,
}

impl Made {
    pub fn is_reference(&self) -> bool {
        self.object
            .get::<Constraint>()
            .is_some_and(|c| c.foreign_key().is_some())
    }
    pub fn step(self) -> (Step, Place) {
        (Step::Create(self.id, self.object), self.place)
    }
}

/// The shape behind a key of a table.
fn shape_of(key: &str) -> Option<&'static Shape> {
    crate::document::vocabulary::table()
        .field(key)
        .and_then(|f| match f.what {
            What::One(shape) | What::Many(shape) => Some(shape),
            _ => None,
        })
}

fn short<'n>(node: &'n Node, key: &str) -> Keys<'n> {
    match shape_of(key) {
        Some(shape) => keys(node, shape),
        None => Keys::of(node, None, None),
    }
}

impl Reader<'_> {
    fn made(
        &mut self,
        table: &ObjectId,
        name: Option<&str>,
        place: Place,
        keys: Keys,
        body: ConstraintBody,
    ) -> Made {
        let mut constraint = Constraint::new(table.clone(), body);
        constraint.named = name.is_some();
        constraint.initially_deferred = keys.flag("initially_deferred");
        constraint.deferrable = keys.flag("deferrable") || constraint.initially_deferred;
        constraint.no_inherit = keys.flag("no_inherit");
        constraint.enforced = !keys.flag("not_enforced");
        // PostgreSQL never checked what it does not enforce.
        let unseen = self.dialect == Dialect::Postgres && !constraint.enforced;
        constraint.validated = !keys.flag("not_valid") && !unseen;
        let name = name.map_or_else(Name::default, |n| self.name(n));
        let id = ObjectId::owned(Kind::Constraint, table, name);
        if constraint.named {
            self.renamed(&id.part(), keys);
        }
        Made {
            object: self.object_of(constraint, keys),
            id,
            place,
        }
    }

    /// Those written behind a column: they have no names.
    pub(super) fn column_constraints(
        &mut self,
        table: &ObjectId,
        column: &Name,
        entry: &Named,
        keys: Keys,
        made: &mut Vec<Made>,
    ) {
        let own = || Key {
            columns: vec![KeyPart::plain(column.clone())],
            inline: true,
            ..Key::default()
        };
        let mut bodies = Vec::new();
        if keys.flag("primary_key") {
            bodies.push(("primary_key", ConstraintBody::PrimaryKey(own())));
        }
        if keys.flag("unique") {
            bodies.push(("unique", ConstraintBody::Unique(own())));
        }
        // MariaDB has it in the column.
        let beside = self.dialect != Dialect::Mariadb;
        if let Some(expr) = beside.then(|| self.sql(keys, "check")).flatten() {
            let conflict = None;
            bodies.push(("check", ConstraintBody::Check(Check { expr, conflict })));
        }
        if let Some(node) = keys.get("references") {
            let key = self.reference(node, keys, vec![column.clone()]);
            bodies.extend(key.map(|k| ("references", ConstraintBody::ForeignKey(k))));
        } else if let Some(node) = keys.get("on_delete").or(keys.get("on_update")) {
            let message = format!("the column `{column}` refers to nothing");
            self.wrong("D0602", message, node.place, "add the key `references`");
        }
        let none = Keys::none(entry.node);
        for (key, body) in bodies {
            let place = keys.get(key).map_or(entry.place, |n| n.place);
            made.push(self.made(table, None, place, none, body));
        }
    }

    /// Those of the table.
    pub(super) fn constraints(&mut self, table: &ObjectId, all: Keys, made: &mut Vec<Made>) {
        if let Some(node) = all.get("primary_key") {
            let keys = short(node, "primary_key");
            let body = ConstraintBody::PrimaryKey(self.key(keys));
            let name = keys.text("name");
            made.push(self.made(table, name, node.place, keys, body));
        }
        for list in ["uniques", "checks", "excludes", "not_nulls", "foreign_keys"] {
            for entry in all.named(list) {
                let keys = short(entry.node, list);
                let body = match list {
                    "uniques" => Some(ConstraintBody::Unique(self.key(keys))),
                    "checks" => self.sql(keys, "expr").map(|expr| {
                        let conflict = keys.text("conflict").map(str::to_ascii_lowercase);
                        ConstraintBody::Check(Check { expr, conflict })
                    }),
                    "excludes" => Some(ConstraintBody::Exclude(self.exclude(keys))),
                    "not_nulls" => keys.text("column").map(|column| {
                        self.mention(column, entry.place);
                        ConstraintBody::NotNull(self.name(column))
                    }),
                    _ => keys.get("references").and_then(|node| {
                        let columns = self.columns(keys, "columns");
                        self.reference(node, keys, columns)
                            .map(ConstraintBody::ForeignKey)
                    }),
                };
                if let Some(body) = body {
                    made.push(self.made(table, entry.name, entry.place, keys, body));
                }
            }
        }
    }

    fn key(&mut self, keys: Keys) -> Key {
        let mut columns = Vec::new();
        for item in keys.items("columns") {
            let part = Keys::of(item, Some("column"), None);
            let name = part.text("column").unwrap_or_default();
            self.mention(name, item.place);
            columns.push(KeyPart {
                column: self.name(name),
                collation: part.owned("collation"),
                descending: part.flag("desc"),
                prefix: part.number("prefix").and_then(|n| u32::try_from(n).ok()),
            });
        }
        Key {
            columns,
            include: self.columns(keys, "include"),
            nulls_not_distinct: keys.flag("nulls_not_distinct"),
            without_overlaps: keys.flag("without_overlaps"),
            options: keys.options("options"),
            tablespace: keys.owned("tablespace"),
            conflict: keys.text("conflict").map(str::to_ascii_lowercase),
            autoincrement: keys.flag("autoincrement"),
            inline: keys.flag("inline"),
        }
    }

    /// `references` of a column or a foreign key; the actions stand beside it.
    fn reference(&mut self, node: &Node, beside: Keys, columns: Vec<Name>) -> Option<ForeignKey> {
        let keys = Keys::of(node, Some("table"), None);
        let (target, target_columns) = match text_of(node) {
            Some(text) => {
                let (table, column) = self.column_of(text, node.place, true)?;
                (table, column.into_iter().collect())
            }
            None => {
                let table = keys.get("table")?;
                let target = self.object(Kind::Table, text_of(table)?, table.place)?;
                (target, self.columns(keys, "columns"))
            }
        };
        // As the engine's SQL takes it.
        let unsaid = match self.dialect.is_mysql() {
            true => "restrict",
            false => "no action",
        };
        Some(ForeignKey {
            columns,
            target,
            target_columns,
            on_delete: beside.word("on_delete", unsaid),
            on_update: beside.word("on_update", unsaid),
            match_kind: beside.word("match", "simple"),
            set_columns: self.columns(beside, "set_columns"),
            period: beside.flag("period"),
        })
    }

    fn exclude(&mut self, keys: Keys) -> Exclude {
        let mut items = Vec::new();
        for item in keys.items("items") {
            let part = Keys::of(item, None, None);
            items.extend(self.index_key(item, part).map(|key| ExcludeItem {
                key,
                operator: part.owned("with").unwrap_or_default(),
            }));
        }
        Exclude {
            method: keys.owned("method").unwrap_or_else(|| "btree".into()),
            items,
            include: self.columns(keys, "include"),
            filter: self.sql(keys, "where"),
            options: keys.options("options"),
        }
    }

    /// An index with its id.
    fn index_of(&mut self, table: &ObjectId, entry: &Named) -> Option<(ObjectId, Index)> {
        let keys = short(entry.node, "indexes");
        let mut parts = Vec::new();
        for item in keys.items("on") {
            let part = Keys::of(item, Some("column"), None);
            parts.extend(self.index_key(item, part));
        }
        let index = Index {
            table: table.clone(),
            unique: keys.flag("unique"),
            method: match keys.owned("method") {
                Some(method) => method,
                None if self.dialect.is_mysql() => String::new(),
                None => "btree".into(),
            },
            keys: parts,
            include: self.columns(keys, "include"),
            filter: self.sql(keys, "where"),
            nulls_not_distinct: keys.flag("nulls_not_distinct"),
            options: self.options_of(keys),
            tablespace: keys.owned("tablespace"),
            valid: !keys.flag("invalid"),
        };
        let name = match entry.name {
            Some(name) => self.name(name),
            // PostgreSQL names it.
            None if !self.is_sqlite() => Name::default(),
            None => self.titled(entry, Kind::Index, entry.place)?,
        };
        let id = match self.dialect.is_mysql() {
            true => ObjectId::owned(Kind::Index, table, name),
            false => ObjectId::new(Kind::Index, table.schema.clone(), name),
        };
        Some((id, index))
    }

    pub(super) fn index(&mut self, table: &ObjectId, entry: &Named) {
        let keys = short(entry.node, "indexes");
        let Some((id, index)) = self.index_of(table, entry) else {
            return;
        };
        self.create(id.clone(), entry.place, index, keys);
        if let Some(node) = keys.get("partition_of")
            && let Some(text) = text_of(node)
            && let Some(parent) = self.object(Kind::Index, text, node.place)
        {
            self.declare(vec![(Step::Attach { parent, index: id }, node.place)]);
        }
    }

    /// MySQL's indexes are part of their table: a foreign key would make one of its own otherwise.
    pub(super) fn indexes_within(&mut self, table: &ObjectId, all: Keys) -> Vec<(Step, Place)> {
        let mut out = Vec::new();
        for entry in all.named("indexes") {
            let keys = short(entry.node, "indexes");
            if let Some((id, index)) = self.index_of(table, &entry) {
                self.renamed(&id.part(), keys);
                out.push((Step::Create(id, self.object_of(index, keys)), entry.place));
            }
        }
        out
    }

    fn index_key(&mut self, item: &Node, keys: Keys) -> Option<IndexKey> {
        let expr = match (keys.get("column"), keys.get("expr")) {
            (Some(node), None) => {
                let name = text_of(node)?;
                self.mention(name, node.place);
                KeyExpr::Column(self.name(name))
            }
            (None, Some(_)) => KeyExpr::Expr(self.sql(keys, "expr")?),
            _ => {
                let message = "a key of an index is a column or an expression".to_owned();
                let help = "write either `column` or `expr`";
                self.wrong("D0602", message, item.place, help);
                return None;
            }
        };
        let descending = keys.flag("desc");
        let nulls = keys.word("nulls", "");
        Some(IndexKey {
            expr,
            collation: keys.owned("collation"),
            opclass: keys.owned("opclass"),
            descending,
            nulls_first: self.dialect == Dialect::Postgres
                && (nulls == "first" || (nulls.is_empty() && descending)),
            prefix: keys.number("prefix").and_then(|n| u32::try_from(n).ok()),
            statistics: keys.number("statistics"),
        })
    }

    pub(super) fn policy(&mut self, table: &ObjectId, entry: &Named) {
        let keys = Keys::of(entry.node, None, None);
        let Some(name) = self.titled(entry, Kind::Policy, entry.place) else {
            return;
        };
        let mut roles: Vec<String> = keys
            .texts("roles")
            .iter()
            .map(|(r, _)| (*r).into())
            .collect();
        if roles.is_empty() {
            roles.push("public".into());
        }
        roles.sort();
        roles.dedup();
        let policy = Policy {
            table: table.clone(),
            command: keys.word("for", "all"),
            permissive: !keys.flag("restrictive"),
            roles,
            using: self.sql(keys, "using"),
            check: self.sql(keys, "check"),
        };
        let id = ObjectId::owned(Kind::Policy, table, name);
        self.create(id, entry.place, policy, keys);
    }

    pub(super) fn statistics(&mut self, table: &ObjectId, entry: &Named) {
        let keys = Keys::of(entry.node, None, None);
        let Some(name) = self.titled(entry, Kind::Statistics, entry.place) else {
            return;
        };
        let on = keys.items("on").filter_map(|node| self.piece(node, false));
        let statistics = Statistics {
            table: table.clone(),
            keys: on.collect(),
            kinds: keys
                .texts("kinds")
                .iter()
                .map(|(k, _)| (*k).into())
                .collect(),
            target: keys.number("target"),
        };
        let schema = keys.text("in_schema").map(|s| self.name(s));
        let id = ObjectId::new(
            Kind::Statistics,
            schema.unwrap_or_else(|| table.schema.clone()),
            name,
        );
        self.create(id, entry.place, statistics, keys);
    }

    pub(super) fn rule(&mut self, table: &ObjectId, entry: &Named) {
        let keys = Keys::of(entry.node, None, None);
        let Some(name) = self.titled(entry, Kind::Rule, entry.place) else {
            return;
        };
        let actions = keys.items("do").filter_map(|node| self.piece(node, false));
        let actions = actions.collect();
        let rule = Rule {
            table: table.clone(),
            event: keys.word("on", "insert"),
            condition: self.sql(keys, "when"),
            instead: keys.flag("instead"),
            actions,
            enabled: enabled(keys),
        };
        let id = ObjectId::owned(Kind::Rule, table, name);
        self.create(id, entry.place, rule, keys);
    }
}
