//! Tables with their columns, views, sequences, types.

use super::Step;
use super::member::Made;
use super::reader::{Keys, Named, Reader, text_of};
use crate::Foreign;
use crate::catalog::Dialect;
use crate::id::{Kind, Name, ObjectId};
use crate::table::{
    Column, Copied, Generated, Identity, LiteTable, MyColumn, MyTable, Partition, PartitionDef,
    Partitioning, Period, PgTable, Sequence, Table, TableExt, VirtualTable,
};
use crate::text::SqlText;
use crate::types::{Attribute, Composite, Domain, DomainCheck, Enum};
use crate::view::View;
use driftless_sql::yaml::Node;
use driftless_sql::{Place, needs_brackets};

impl Reader<'_> {
    pub(super) fn table(&mut self, entry: &Named) {
        let id = self.own(Kind::Table, entry.name.unwrap_or_default());
        let keys = Keys::of(entry.node, None, None);
        let mut table = Table {
            ext: self.extension_of(keys),
            ..Table::default()
        };
        let mut made: Vec<Made> = Vec::new();
        let mut overrides = Vec::new();
        for entry in keys.named("columns") {
            let (column, inherited) = self.column(&id, &entry, &mut made);
            if inherited {
                overrides.push((column, entry.place));
            } else if table.column(&column.name).is_some() {
                let message = format!("column `{}` is declared twice", column.name);
                self.wrong("D0304", message, entry.place, "remove one of the two");
            } else {
                table.columns.push(column);
            }
        }
        self.renamed(&id.part(), keys);
        self.constraints(&id, keys, &mut made);
        let object = self.object_of(table, keys);
        let mut steps = vec![(Step::Create(id.clone(), object), entry.place)];
        // Foreign keys come last: they may wait for other tables.
        let (references, others): (Vec<Made>, Vec<Made>) =
            made.into_iter().partition(Made::is_reference);
        steps.extend(others.into_iter().map(Made::step));
        let within = self.dialect.is_mysql();
        if within {
            steps.extend(self.indexes_within(&id, keys));
        }
        steps.extend(references.into_iter().map(Made::step));
        steps.extend(
            overrides
                .into_iter()
                .map(|(column, place)| (Step::Override(id.clone(), Box::new(column)), place)),
        );
        self.declare(steps);
        self.hanging(&id, keys, within);
    }

    fn extension_of(&mut self, keys: Keys) -> TableExt {
        if self.is_sqlite() {
            return TableExt::Sqlite(LiteTable {
                strict: keys.flag("strict"),
                without_rowid: keys.flag("without_rowid"),
            });
        }
        if self.dialect.is_mysql() {
            return TableExt::Mysql(Box::new(self.my_table(keys)));
        }
        let parents = keys.texts("inherits");
        TableExt::Postgres(Box::new(PgTable {
            unlogged: keys.flag("unlogged"),
            options: keys.options("options"),
            partition_by: self.sql(keys, "partition_by"),
            partition_of: keys.get("partition_of").and_then(|node| {
                let keys = Keys::of(node, None, None);
                let table = keys.get("table")?;
                Some(Partition {
                    parent: self.object(Kind::Table, text_of(table)?, table.place)?,
                    bound: self.sql(keys, "bound")?,
                })
            }),
            inherits: parents
                .into_iter()
                .filter_map(|(text, place)| self.object(Kind::Table, text, place))
                .collect(),
            row_security: keys.flag("row_security"),
            force_row_security: keys.flag("force_row_security"),
            replica_identity: keys.owned("replica_identity"),
            cluster: keys.text("cluster_on").map(|n| self.name(n)),
            method: keys.owned("method"),
            tablespace: keys.owned("tablespace"),
            of_type: keys
                .get("of_type")
                .and_then(|node| self.object(Kind::Composite, text_of(node)?, node.place)),
            foreign: keys.text("server").map(|server| Foreign {
                server: ObjectId::new(Kind::Server, Name::default(), self.name(server)),
                options: keys.options("foreign_options"),
            }),
            likes: Vec::new(),
            copies: self.copies(keys),
        }))
    }

    /// Whether an index or a key is meant shows when it is made.
    fn copies(&mut self, keys: Keys) -> Vec<Copied> {
        let place = keys.get("copies").map(|node| node.place);
        let said = keys.options("copies");
        let copies = said.into_iter().filter_map(|(of, name)| {
            Some(Copied {
                of: self.object(Kind::Index, &of, place?)?,
                name: self.name(&name),
                said: true,
            })
        });
        copies.collect()
    }

    fn my_table(&mut self, keys: Keys) -> MyTable {
        let periods = keys.items("periods").map(|node| {
            let keys = Keys::of(node, None, None);
            let name = |key: &str| self.name(keys.text(key).unwrap_or_default());
            Period {
                name: name("name"),
                from: name("from"),
                to: name("to"),
            }
        });
        let periods = periods.collect();
        let count = |keys: &Keys, key: &str| keys.number(key).and_then(|n| u32::try_from(n).ok());
        let partitioning = keys.get("partitioning").and_then(|node| {
            let keys = Keys::of(node, Some("by"), None);
            Some(Box::new(Partitioning {
                by: self.sql(keys, "by")?,
                count: count(&keys, "count"),
                sub: self.sql(keys, "sub"),
                sub_count: count(&keys, "sub_count"),
                parts: keys.items("partitions").map(|n| self.part(n)).collect(),
            }))
        });
        MyTable {
            engine: keys.owned("engine"),
            collation: keys.owned("collation"),
            auto_increment: keys
                .number("auto_increment")
                .and_then(|n| u64::try_from(n).ok()),
            options: self.options_of(keys),
            partitioning,
            like: None,
            versioned: keys.flag("system_versioning"),
            periods,
        }
    }

    fn part(&self, node: &Node) -> PartitionDef {
        let keys = Keys::of(node, Some("name"), None);
        PartitionDef {
            name: self.name(keys.text("name").unwrap_or_default()),
            values: keys.owned("values").unwrap_or_default(),
            options: keys.options("options"),
            parts: keys.items("partitions").map(|n| self.part(n)).collect(),
        }
    }

    fn my_column(&mut self, keys: Keys) -> Option<Box<MyColumn>> {
        self.dialect.is_mysql().then(|| {
            Box::new(MyColumn {
                auto_increment: keys.flag("auto_increment"),
                on_update: keys.owned("on_change"),
                invisible: keys.flag("invisible"),
                // MySQL has it beside the column.
                check: match self.dialect {
                    Dialect::Mariadb => self.sql(keys, "check"),
                    _ => None,
                },
                options: keys.options("options"),
            })
        })
    }

    /// The column, and whether it is a parent's.
    fn column(&mut self, table: &ObjectId, entry: &Named, made: &mut Vec<Made>) -> (Column, bool) {
        let keys = Keys::of(entry.node, Some("type"), None);
        let name = self.name(entry.name.unwrap_or_default());
        self.mention(name.clone().as_str(), entry.place);
        let part = table.member(&name);
        self.renamed(&part, keys);
        for key in ["backfill", "using"] {
            if let Some(text) = self.sql(keys, key) {
                let place = text.place.unwrap_or(entry.place);
                self.hint(&part, key, text.written.clone(), place);
            }
        }
        let identity = keys.get("identity").map(|node| {
            let keys = Keys::of(node, Some("mode"), None);
            Box::new(Identity {
                always: keys.word("mode", "always") == "always",
                sequence: sequence_of(keys),
            })
        });
        let column = Column {
            my: self.my_column(keys),
            ty: self.type_of(keys, "type"),
            // An identity column is never null, said or not (manual, CREATE TABLE).
            not_null: keys.flag("not_null") || identity.is_some(),
            default: self.default(keys),
            generated: keys.get("generated").and_then(|node| {
                let keys = Keys::of(node, None, None);
                Some(Box::new(Generated {
                    expr: self.sql(keys, "expr")?,
                    stored: keys.flag("stored"),
                }))
            }),
            identity,
            collation: keys.owned("collation"),
            comment: keys.owned("comment").filter(|c| !c.is_empty()),
            not_null_conflict: keys.text("not_null_conflict").map(str::to_ascii_lowercase),
            storage: keys.text("storage").map(str::to_ascii_lowercase),
            compression: keys.text("compression").map(str::to_ascii_lowercase),
            statistics: keys.number("statistics"),
            attributes: keys.options("attributes"),
            foreign: keys.options("foreign_options"),
            not_null_as: None,
            inherited: false,
            name,
        };
        let inherited = keys.flag("inherited");
        if column.ty.text.is_empty() && !inherited && !self.is_sqlite() {
            let message = format!("the column `{}` has no type", column.name);
            self.wrong("D0602", message, entry.place, "add the key `type`");
        }
        self.column_constraints(table, &column.name, entry, keys, made);
        (column, inherited)
    }

    /// PostgreSQL takes only a `b_expr` behind DEFAULT (gram.y): what holds one of the other words stands in brackets.
    fn default(&mut self, keys: Keys) -> Option<SqlText> {
        let mut text = self.sql(keys, "default")?;
        if self.is_sqlite() || self.dialect.is_mysql() {
            return Some(text);
        }
        if needs_brackets(&text.written) {
            text.written = format!("({})", text.written);
            if let Some(place) = &mut text.place {
                place.span.start = place.span.start.saturating_sub(1);
            }
        }
        Some(text)
    }

    pub(super) fn virtual_table(&mut self, entry: &Named) {
        let id = self.own(Kind::VirtualTable, entry.name.unwrap_or_default());
        let keys = Keys::of(entry.node, None, None);
        let table = VirtualTable {
            module: keys.owned("module").unwrap_or_default(),
            arguments: keys.text("arguments").map(|a| a.trim().to_owned()),
            canon: String::new(),
        };
        self.create(id, entry.place, table, keys);
    }

    pub(super) fn view(&mut self, entry: &Named, kind: Kind) {
        let id = self.own(kind, entry.name.unwrap_or_default());
        let keys = Keys::of(entry.node, Some("query"), None);
        let view = View {
            query: self.sql(keys, "query").unwrap_or_default(),
            columns: keys
                .texts("columns")
                .iter()
                .map(|(t, _)| self.name(t))
                .collect(),
            output: Vec::new(),
            options: keys.options("options"),
            check_option: keys.text("check_option").map(str::to_ascii_lowercase),
            recursive: keys.flag("recursive"),
            populated: kind == Kind::MaterializedView && !keys.flag("without_data"),
            tablespace: keys.owned("tablespace"),
            method: keys.owned("method"),
        };
        self.create(id.clone(), entry.place, view, keys);
        let relation = id.of_kind(Kind::Table);
        self.hanging(&relation, keys, false);
    }

    pub(super) fn sequence(&mut self, entry: &Named) {
        let id = self.own(Kind::Sequence, entry.name.unwrap_or_default());
        let keys = Keys::of(entry.node, None, None);
        let sequence = Sequence {
            ty: keys.word("type", ""),
            unlogged: keys.flag("unlogged"),
            ..sequence_of(keys)
        };
        self.create(id.clone(), entry.place, sequence, keys);
        // Its table may come later than the sequence itself: the link is a step of its own.
        if let Some(node) = keys.get("owned_by")
            && let Some(text) = text_of(node)
            && let Some((table, Some(column))) = self.column_of(text, node.place, false)
        {
            self.declare(vec![(Step::OwnedBy(id, table.member(&column)), node.place)]);
        }
    }

    pub(super) fn enumeration(&mut self, entry: &Named) {
        let id = self.own(Kind::Enum, entry.name.unwrap_or_default());
        let keys = Keys::of(entry.node, None, Some("values"));
        let mut values = Vec::new();
        for item in keys.items("values") {
            let keys = Keys::of(item, Some("value"), None);
            let value = keys.owned("value").unwrap_or_default();
            if let Some(from) = keys.get("renamed_from")
                && let Some(text) = text_of(from)
            {
                let part = id.member(&Name::exact(value.clone()));
                let text = driftless_sql::quote_name(text, self.syntax());
                self.hint(&part, "renamed-from", text, from.place);
            }
            values.push(value);
        }
        self.create(id, entry.place, Enum { values }, keys);
    }

    pub(super) fn composite(&mut self, entry: &Named) {
        let id = self.own(Kind::Composite, entry.name.unwrap_or_default());
        let keys = Keys::of(entry.node, None, None);
        let mut attributes = Vec::new();
        for entry in keys.named("attributes") {
            let keys = Keys::of(entry.node, Some("type"), None);
            let name = self.name(entry.name.unwrap_or_default());
            self.renamed(&id.member(&name), keys);
            attributes.push(Attribute {
                name,
                ty: self.type_of(keys, "type"),
                collation: keys.owned("collation"),
            });
        }
        self.create(id, entry.place, Composite { attributes }, keys);
    }

    pub(super) fn domain(&mut self, entry: &Named) {
        let id = self.own(Kind::Domain, entry.name.unwrap_or_default());
        let keys = Keys::of(entry.node, Some("type"), None);
        let mut checks = Vec::new();
        let mut check = |name: Name, expr: Option<SqlText>, validated: bool| {
            checks.extend(expr.map(|expr| DomainCheck {
                name,
                expr,
                validated,
            }));
        };
        check(Name::default(), self.sql(keys, "check"), true);
        for entry in keys.named("checks") {
            let keys = Keys::of(entry.node, Some("expr"), None);
            let name = entry.name.map_or_else(Name::default, |n| self.name(n));
            check(name, self.sql(keys, "expr"), !keys.flag("not_valid"));
        }
        let domain = Domain {
            base: self.type_of(keys, "type"),
            not_null: keys.flag("not_null"),
            default: self.default(keys),
            collation: keys.owned("collation"),
            checks,
        };
        self.create(id, entry.place, domain, keys);
    }

    /// Indexes, triggers, policies and rules of a relation: each is a statement of its own.
    pub(super) fn hanging(&mut self, relation: &ObjectId, keys: Keys, indexed: bool) {
        if !indexed {
            for entry in keys.named("indexes") {
                self.index(relation, &entry);
            }
        }
        for entry in keys.named("triggers") {
            self.trigger(relation, &entry);
        }
        for entry in keys.named("policies") {
            self.policy(relation, &entry);
        }
        for entry in keys.named("rules") {
            self.rule(relation, &entry);
        }
        for entry in keys.named("statistics") {
            self.statistics(relation, &entry);
        }
    }

    /// What hangs on a relation that is declared elsewhere.
    pub(super) fn members(&mut self, relation: &ObjectId, keys: Keys) {
        let mut made = Vec::new();
        self.constraints(relation, keys, &mut made);
        for one in made {
            self.declare(vec![one.step()]);
        }
        self.hanging(relation, keys, false);
    }

    pub(super) fn titled(&mut self, entry: &Named, kind: Kind, place: Place) -> Option<Name> {
        let name = entry.name.map(|n| self.name(n));
        if name.is_none() {
            let message = format!("a {} without a name", kind.noun());
            self.wrong("D0602", message, place, "add the key `name`");
        }
        name
    }
}

/// Bounds and step.
fn sequence_of(keys: Keys) -> Sequence {
    Sequence {
        start: keys.number("start"),
        increment: keys.number("increment"),
        min: keys.number("min"),
        max: keys.number("max"),
        cache: keys.number("cache"),
        cycle: keys.flag("cycle"),
        ..Sequence::default()
    }
}
