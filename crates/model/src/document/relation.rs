//! Entries of relations and of what hangs on them.

use super::written::part;
use super::{Entry, Form};
use crate::catalog::Dialect;
use crate::constraint::{Constraint, ConstraintBody, ForeignKey, Key};
use crate::id::{Kind, ObjectId};
use crate::index::{Index, IndexKey, KeyExpr};
use crate::table::{
    Column, MyColumn, MyTable, PartitionDef, PgTable, Sequence, Table, TableExt, VirtualTable,
};
use crate::view::View;
use driftless_sql::normal_tokens;

impl Form {
    pub(super) fn table(self, out: &mut Entry, table: &Table) {
        match &table.ext {
            TableExt::Postgres(pg) => self.pg_table(out, pg),
            TableExt::Sqlite(lite) => {
                out.flag("strict", lite.strict);
                out.flag("without_rowid", lite.without_rowid);
            }
            TableExt::Mysql(my) => self.my_table(out, my),
        }
        let mut columns: Vec<&Column> = table.columns.iter().collect();
        // MySQL's columns have an order that people rely on.
        if self.hashes() && table.my().is_none() {
            columns.sort_by(|a, b| a.name.cmp(&b.name));
        }
        out.entries(
            "columns",
            columns.into_iter().map(|c| self.column(c, table)),
        );
    }

    fn my_table(self, out: &mut Entry, my: &MyTable) {
        out.some("engine", my.engine.as_deref());
        out.some("collation", my.collation.as_deref());
        // Where counting goes on is data.
        if !self.hashes() {
            out.some("auto_increment", my.auto_increment);
        }
        out.options("options", &my.options);
        out.flag("system_versioning", my.versioned);
        let periods = my.periods.iter().map(|p| {
            let mut entry = Entry::default();
            entry.put("name", self.name(&p.name));
            entry.put("from", self.name(&p.from));
            entry.put("to", self.name(&p.to));
            entry
        });
        out.entries("periods", periods);
        if let Some(p) = &my.partitioning {
            let mut entry = Entry::default();
            entry.put("by", self.text(&p.by));
            entry.some("count", p.count);
            entry.some("sub", self.some_text(&p.sub));
            entry.some("sub_count", p.sub_count);
            entry.entries("partitions", p.parts.iter().map(|p| self.partition(p)));
            out.entry("partitioning", entry);
        }
    }

    fn partition(self, part: &PartitionDef) -> Entry {
        let mut entry = Entry::default();
        entry.put("name", self.name(&part.name));
        entry.word("values", &part.values, "");
        entry.options("options", &part.options);
        entry.entries("partitions", part.parts.iter().map(|p| self.partition(p)));
        entry
    }

    fn pg_table(self, out: &mut Entry, pg: &PgTable) {
        out.flag("unlogged", pg.unlogged);
        if let Some(ty) = &pg.of_type {
            let name = format!("{}.{}", ty.schema, ty.name);
            out.put("of_type", name);
        }
        if let Some(foreign) = &pg.foreign {
            out.put("server", self.name(&foreign.server.name));
            out.options("foreign_options", &foreign.options);
        }
        out.some("partition_by", self.some_text(&pg.partition_by));
        if let Some(partition) = &pg.partition_of {
            let mut entry = self.pointer("table", &partition.parent);
            entry.put("bound", self.text(&partition.bound));
            out.entry("partition_of", entry);
        }
        let mut parents: Vec<&ObjectId> = pg.inherits.iter().collect();
        if self.hashes() {
            parents.sort();
        }
        out.entries(
            "inherits",
            parents.into_iter().map(|p| self.pointer("table", p)),
        );
        out.flag("row_security", pg.row_security);
        out.flag("force_row_security", pg.force_row_security);
        out.some("replica_identity", pg.replica_identity.as_deref());
        out.some("cluster_on", pg.cluster.as_ref().map(|n| self.name(n)));
        let copies = pg.copies.iter().filter(|c| c.said).map(|c| {
            let of = format!("{}.{}", part(&c.of.schema), part(&c.of.name));
            (of, c.name.to_string())
        });
        out.options("copies", &copies.collect());
        out.some("method", pg.method.as_deref());
        self.tablespace(out, &pg.tablespace);
        out.options("options", &pg.options);
    }

    /// Tablespaces differ between environments.
    fn tablespace(self, out: &mut Entry, tablespace: &Option<String>) {
        if !self.hashes() {
            out.some("tablespace", tablespace.as_deref());
        }
    }

    /// To people: what a column says itself.
    fn collation<'c>(self, column: &'c Column, table: &Table) -> &'c Option<String> {
        let my = column.my.as_ref();
        let said = my.is_some_and(|my| my.options.contains_key(MyColumn::SAID_COLLATION));
        let own = table.my().and_then(|my| my.collation.as_ref());
        match own.is_some() && column.collation.as_ref() == own && !said && !self.hashes() {
            true => &None,
            false => &column.collation,
        }
    }

    fn column(self, column: &Column, table: &Table) -> Entry {
        let mut out = Entry::default();
        out.put("name", self.name(&column.name));
        // SQLite's columns may have no type.
        if !column.ty.text.is_empty() {
            out.put("type", self.word(&column.ty.text));
        }
        out.some("collation", self.some_word(self.collation(column, table)));
        out.flag("not_null", column.not_null);
        out.some(
            "not_null_conflict",
            self.some_word(&column.not_null_conflict),
        );
        out.some("default", self.some_text(&column.default));
        if let Some(generated) = &column.generated {
            let mut entry = Entry::default();
            entry.put("expression", self.text(&generated.expr));
            entry.flag("stored", generated.stored);
            out.entry("generated", entry);
        }
        if let Some(identity) = &column.identity {
            let mut entry = Entry::default();
            entry.put(
                "mode",
                if identity.always {
                    "always"
                } else {
                    "by default"
                },
            );
            self.sequence_options(&mut entry, &identity.sequence);
            out.entry("identity", entry);
        }
        if let Some(my) = &column.my {
            out.flag("auto_increment", my.auto_increment);
            out.some("on_change", my.on_update.as_deref());
            out.flag("invisible", my.invisible);
            out.some("check", self.some_text(&my.check));
            let mut options = my.options.clone();
            if !self.hashes() {
                // `collation` says it.
                options.remove(MyColumn::SAID_COLLATION);
            }
            out.options("options", &options);
        }
        out.some("storage", column.storage.as_deref());
        out.some("compression", column.compression.as_deref());
        out.some("statistics", column.statistics);
        out.options("attributes", &column.attributes);
        out.options("foreign_options", &column.foreign);
        out.some("comment", column.comment.as_deref());
        if !self.hashes() {
            out.flag("inherited", column.inherited);
        }
        out
    }

    pub(super) fn virtual_table(self, out: &mut Entry, table: &VirtualTable) {
        if self.hashes() {
            let arguments = table.arguments.as_deref().unwrap_or_default();
            let canon = if table.canon.is_empty() {
                normal_tokens(&format!("{} ({arguments})", table.module), self.syntax())
            } else {
                table.canon.clone()
            };
            out.put("definition", canon);
            return;
        }
        out.put("module", table.module.as_str());
        out.some("arguments", table.arguments.as_deref());
    }

    pub(super) fn sequence(self, out: &mut Entry, sequence: &Sequence) {
        out.word("type", &sequence.ty, "bigint");
        self.sequence_options(out, sequence);
        out.flag("unlogged", sequence.unlogged);
        if let Some(part) = &sequence.owned_by {
            let mut entry = self.pointer("table", &part.object);
            entry.some("column", part.member.as_ref().map(|m| self.name(m)));
            out.entry("owned_by", entry);
        }
    }

    /// Bounds that differ from what the engine takes by itself.
    fn sequence_options(self, out: &mut Entry, sequence: &Sequence) {
        let increment = sequence.increment.unwrap_or(1);
        let (least, greatest) = match sequence.ty.as_str() {
            "smallint" => (i64::from(i16::MIN), i64::from(i16::MAX)),
            "integer" => (i64::from(i32::MIN), i64::from(i32::MAX)),
            _ => (i64::MIN, i64::MAX),
        };
        let (low, high) = if increment < 0 {
            (least, -1)
        } else {
            (1, greatest)
        };
        let min = sequence.min.unwrap_or(low);
        let max = sequence.max.unwrap_or(high);
        let first = if increment < 0 { max } else { min };
        let not = |value: Option<i64>, default: i64| value.filter(|v| *v != default);
        out.some("start", not(sequence.start, first));
        out.some("increment", not(sequence.increment, 1));
        out.some("min", not(sequence.min, low));
        out.some("max", not(sequence.max, high));
        out.some("cache", not(sequence.cache, 1));
        out.flag("cycle", sequence.cycle);
    }

    pub(super) fn constraint(self, out: &mut Entry, constraint: &Constraint) {
        match &constraint.body {
            ConstraintBody::PrimaryKey(key) | ConstraintBody::Unique(key) => self.key(out, key),
            ConstraintBody::Check(check) => {
                out.put("expression", self.text(&check.expr));
                out.some("conflict", check.conflict.as_deref());
            }
            ConstraintBody::ForeignKey(key) => self.foreign_key(out, key),
            ConstraintBody::Exclude(exclude) => {
                out.put("method", exclude.method.as_str());
                let items = exclude.items.iter().map(|item| {
                    let mut entry = self.index_key(&item.key);
                    entry.put("with", item.operator.as_str());
                    entry
                });
                out.entries("items", items);
                out.list("include", self.names(&exclude.include));
                out.some("where", self.some_text(&exclude.filter));
                out.options("options", &exclude.options);
            }
            ConstraintBody::NotNull(column) => out.put("column", self.name(column)),
        }
        if self.hashes() {
            out.put("constraint", constraint.noun());
        } else {
            out.flag("inherited", constraint.inherited);
        }
        out.flag("deferrable", constraint.deferrable);
        out.flag("initially_deferred", constraint.initially_deferred);
        out.flag("not_valid", !constraint.validated && constraint.enforced);
        out.flag("no_inherit", constraint.no_inherit);
        out.flag("not_enforced", !constraint.enforced);
    }

    fn key(self, out: &mut Entry, key: &Key) {
        let columns = key.columns.iter().map(|part| {
            let mut entry = Entry::default();
            entry.put("column", self.name(&part.column));
            entry.some("collation", self.some_word(&part.collation));
            entry.flag("desc", part.descending);
            entry.some("prefix", part.prefix);
            entry
        });
        out.entries("columns", columns);
        out.list("include", self.names(&key.include));
        out.flag("nulls_not_distinct", key.nulls_not_distinct);
        out.flag("without_overlaps", key.without_overlaps);
        out.some("conflict", key.conflict.as_deref());
        out.flag("autoincrement", key.autoincrement);
        // Only there does it matter where a key is written.
        let alone = matches!(key.columns.as_slice(), [part] if part.descending);
        out.flag("inline", key.inline && alone);
        out.options("options", &key.options);
        self.tablespace(out, &key.tablespace);
    }

    fn foreign_key(self, out: &mut Entry, key: &ForeignKey) {
        out.list("columns", self.names(&key.columns));
        let mut target = self.pointer("table", &key.target);
        target.list("columns", self.names(&key.target_columns));
        out.entry("references", target);
        let unsaid = match self.dialect.is_mysql() {
            true => "restrict",
            false => "no action",
        };
        out.word("on_delete", &key.on_delete, unsaid);
        out.word("on_update", &key.on_update, unsaid);
        out.word("match", &key.match_kind, "simple");
        let mut columns: Vec<&str> = self.names(&key.set_columns).collect();
        if self.hashes() {
            columns.sort_unstable();
        }
        out.list("set_columns", columns.into_iter());
        out.flag("period", key.period);
    }

    pub(super) fn index(self, out: &mut Entry, index: &Index) {
        out.flag("unique", index.unique);
        // MySQL's may be said or not.
        let usual = if self.dialect.is_mysql() { "" } else { "btree" };
        out.word("method", &index.method, usual);
        out.entries("keys", index.keys.iter().map(|k| self.index_key(k)));
        out.list("include", self.names(&index.include));
        out.some("where", self.some_text(&index.filter));
        out.flag("nulls_not_distinct", index.nulls_not_distinct);
        out.options("options", &index.options);
        self.tablespace(out, &index.tablespace);
        out.flag("invalid", !index.valid);
    }

    fn index_key(self, key: &IndexKey) -> Entry {
        let mut out = Entry::default();
        match &key.expr {
            KeyExpr::Column(column) => out.put("column", self.name(column)),
            KeyExpr::Expr(expr) => out.put("expression", self.text(expr)),
        }
        out.some("collation", self.some_word(&key.collation));
        out.some("opclass", key.opclass.as_deref());
        out.flag("desc", key.descending);
        out.some("prefix", key.prefix);
        out.some("statistics", key.statistics);
        if self.dialect == Dialect::Postgres && key.nulls_first != key.descending {
            out.put("nulls", if key.nulls_first { "first" } else { "last" });
        }
        out
    }

    pub(super) fn view(self, out: &mut Entry, id: &ObjectId, view: &View) {
        if self.hashes() && !self.is_sqlite() {
            self.settled_view(out, view);
            return;
        }
        out.list("columns", self.names(&view.columns));
        out.put("query", self.text(&view.query));
        out.flag("recursive", view.recursive);
        out.some("check_option", view.check_option.as_deref());
        self.engine_options(out, &view.options);
        if id.kind == Kind::MaterializedView {
            out.flag("without_data", !view.populated);
            out.some("method", view.method.as_deref());
            self.tablespace(out, &view.tablespace);
        }
    }

    /// PostgreSQL keeps what a view gives, not how it was said: its columns by name, every option as an option.
    /// Whether a materialized one holds rows is a matter of data.
    fn settled_view(self, out: &mut Entry, view: &View) {
        if view.output.is_empty() {
            out.list("columns", self.names(&view.columns));
        } else {
            out.list("columns", view.output.iter().map(|(n, _)| self.name(n)));
        }
        out.put("query", self.text(&view.query));
        let mut options = view.options.clone();
        if let Some(check) = &view.check_option {
            options.insert("check_option".into(), check.clone());
        }
        self.engine_options(out, &options);
        out.some("method", view.method.as_deref());
    }
}
