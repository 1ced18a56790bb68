//! INSERT, UPDATE and DELETE, as rules run them.
//!
//! Invariant: what is put in, set or picked stands as a query, so that whoever settles queries settles commands.

use sqlparser::ast::{
    AssignmentTarget, Delete, FromTable, Insert, ObjectName, SelectItem, Statement, TableObject,
    TableWithJoins, Update, UpdateTableFromKind,
};

use super::{Lowerer, Opaque, opaque};
use crate::tree::{Alias, Command, From, Item, Query};

impl Lowerer {
    pub(super) fn command(&mut self, statement: &Statement) -> Result<Command, Opaque> {
        match statement {
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(update) => self.update(update),
            Statement::Delete(delete) => self.delete(delete),
            _ => opaque("no INSERT, UPDATE or DELETE"),
        }
    }

    fn insert(&mut self, insert: &Insert) -> Result<Command, Opaque> {
        let TableObject::TableName(table) = &insert.table else {
            return opaque("INSERT into no table");
        };
        let plain = insert.on.is_none()
            && insert.or.is_none()
            && !insert.ignore
            && !insert.overwrite
            && !insert.replace_into
            && insert.assignments.is_empty()
            && insert.output.is_none();
        let (true, Some(source)) = (plain, &insert.source) else {
            return opaque("an INSERT with more than columns and rows");
        };
        let alias = insert.table_alias.as_ref().map(|a| Alias {
            name: self.ident(&a.alias),
            columns: Vec::new(),
        });
        let columns: Result<Vec<_>, Opaque> =
            insert.columns.iter().map(|c| self.set_column(c)).collect();
        Ok(Command {
            verb: "insert",
            target: self.target(table, alias)?,
            columns: columns?,
            source: self.query(source)?,
            returning: self.returning(insert.returning.as_deref())?,
        })
    }

    fn update(&mut self, update: &Update) -> Result<Command, Opaque> {
        let more = match &update.from {
            None => &[][..],
            Some(UpdateTableFromKind::AfterSet(from)) => from.as_slice(),
            Some(UpdateTableFromKind::BeforeSet(_)) => return opaque("UPDATE FROM before SET"),
        };
        let plain = update.or.is_none()
            && update.output.is_none()
            && update.order_by.is_empty()
            && update.limit.is_none()
            && update.table.joins.is_empty();
        if !plain {
            return opaque("an UPDATE of another engine");
        }
        let (mut columns, mut items) = (Vec::new(), Vec::new());
        for assignment in &update.assignments {
            let AssignmentTarget::ColumnName(name) = &assignment.target else {
                return opaque("several columns set at once");
            };
            columns.push(self.set_column(name)?);
            let expr = self.expr(&assignment.value)?;
            items.push(Item { expr, alias: None });
        }
        Ok(Command {
            verb: "update",
            target: self.joined(&update.table)?,
            columns,
            source: self.rows_of(&update.table, more, items, update.selection.as_ref())?,
            returning: self.returning(update.returning.as_deref())?,
        })
    }

    fn delete(&mut self, delete: &Delete) -> Result<Command, Opaque> {
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        let plain = delete.tables.is_empty()
            && delete.output.is_none()
            && delete.order_by.is_empty()
            && delete.limit.is_none();
        let (true, [table]) = (plain, from.as_slice()) else {
            return opaque("a DELETE of another engine");
        };
        let more = delete.using.as_deref().unwrap_or_default();
        Ok(Command {
            verb: "delete",
            target: self.joined(table)?,
            columns: Vec::new(),
            source: self.rows_of(table, more, Vec::new(), delete.selection.as_ref())?,
            returning: self.returning(delete.returning.as_deref())?,
        })
    }

    fn rows_of(
        &mut self,
        table: &TableWithJoins,
        more: &[TableWithJoins],
        items: Vec<Item>,
        filter: Option<&sqlparser::ast::Expr>,
    ) -> Result<Query, Opaque> {
        let from: Result<Vec<From>, Opaque> = std::iter::once(table)
            .chain(more)
            .map(|f| self.joined(f))
            .collect();
        Ok(Query::plain(items, from?, self.option(filter)?))
    }

    fn target(&self, table: &ObjectName, alias: Option<Alias>) -> Result<From, Opaque> {
        Ok(From::Table {
            name: self.name(table)?,
            only: false,
            alias,
        })
    }

    fn set_column(&self, name: &ObjectName) -> Result<crate::tree::Ident, Opaque> {
        match <[_; 1]>::try_from(self.name(name)?) {
            Ok([only]) => Ok(only),
            Err(_) => opaque("a field of a column that is set"),
        }
    }

    fn returning(&mut self, items: Option<&[SelectItem]>) -> Result<Vec<Item>, Opaque> {
        let items = items.unwrap_or_default();
        items.iter().map(|i| self.item(i)).collect()
    }
}
