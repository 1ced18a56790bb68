//! `LIKE source` in CREATE TABLE: what the server copies, as the server does.
//!
//! Neighbours: `resolve` opens the columns while the table is made, the row lets the rest follow. Invariant: nothing
//! of LIKE is left in the catalog.

use super::{pg, pg_mut};
use crate::dialect::POSTGRES;
use crate::row::{naming, not_null};
use driftless_model::{
    Body, Column, Constraint, ConstraintBody, Generated, Index, Kind, Like, Name, Object, ObjectId,
    SqlText, Table, TypeRef, View,
};
use driftless_planner::{Action, Fault, Moment, apply, settle_made};

/// Puts the columns of the sources where LIKE stands.
pub(super) fn open_columns(table: &mut Table, moment: &Moment) -> Result<(), Fault> {
    let mut likes = pg(table).likes;
    for like in &mut likes {
        let kinds = [Kind::Table, Kind::View, Kind::MaterializedView];
        like.source = naming::relation(&like.source, &kinds, moment)?;
    }
    for like in likes.iter().rev() {
        let at = like.at.min(table.columns.len());
        table.columns.splice(at..at, columns(like, moment)?);
    }
    if let Some(pg) = pg_mut(table) {
        pg.likes = likes;
    }
    Ok(())
}

fn columns(like: &Like, moment: &Moment) -> Result<Vec<Column>, Fault> {
    if let Some(table) = moment.catalog.item::<Table>(&like.source) {
        return Ok(table.columns.iter().map(|c| copied(c, like)).collect());
    }
    let view = moment.catalog.item::<View>(&like.source);
    let output = view.map(|v| v.output.clone()).unwrap_or_default();
    let typed = |(name, ty): (Name, Option<String>)| {
        Some(Column {
            name,
            ty: TypeRef::new(ty?),
            ..Column::default()
        })
    };
    match output.into_iter().map(typed).collect::<Option<Vec<_>>>() {
        Some(columns) if !columns.is_empty() => Ok(columns),
        _ => {
            let message = format!(
                "the types of the columns of `{}` are not known, so LIKE cannot copy them",
                like.source
            );
            Err(naming::wrong("D0003", message, moment))
        }
    }
}

fn copied(column: &Column, like: &Like) -> Column {
    let takes = |what: &str| like.including.contains(&what);
    Column {
        name: column.name.clone(),
        ty: column.ty.clone(),
        not_null: column.not_null,
        collation: column.collation.clone(),
        default: column
            .default
            .as_ref()
            .filter(|_| takes("defaults"))
            .map(SqlText::raw),
        generated: column
            .generated
            .as_ref()
            .filter(|_| takes("generated"))
            .map(|g| {
                Box::new(Generated {
                    expr: g.expr.raw(),
                    stored: g.stored,
                })
            }),
        identity: column.identity.clone().filter(|_| takes("identity")),
        comment: column.comment.clone().filter(|_| takes("comments")),
        storage: column.storage.clone().filter(|_| takes("storage")),
        compression: column.compression.clone().filter(|_| takes("compression")),
        ..Column::default()
    }
}

/// Checks, keys and indexes of the sources, once the table is there.
pub(super) fn follow(id: &ObjectId, moment: &mut Moment) -> Result<(), Fault> {
    let likes = match moment.catalog.item_mut::<Table>(id).and_then(pg_mut) {
        Some(pg) => std::mem::take(&mut pg.likes),
        None => return Ok(()),
    };
    if !likes.is_empty() {
        settle_made(&POSTGRES, moment);
    }
    for like in &likes {
        let takes = |what: &str| like.including.contains(&what);
        for (name, item) in not_null::copied(&like.source, &moment.catalog) {
            let owned = ObjectId::owned(Kind::Constraint, id, name);
            let made = handed(item, id);
            apply(&POSTGRES, &Action::create(owned, made), moment)?;
        }
        let constraints: Vec<(Name, Object)> = moment
            .catalog
            .owned(&like.source)
            .filter(|(_, o)| o.get::<Constraint>().is_some())
            .map(|(i, o)| (i.name.clone(), o.clone()))
            .collect();
        for (name, object) in constraints {
            let Some(c) = object.get::<Constraint>() else {
                continue;
            };
            let check = matches!(c.body, ConstraintBody::Check(_));
            let wanted = match &c.body {
                ConstraintBody::Check(_) => takes("constraints") && !c.no_inherit,
                ConstraintBody::ForeignKey(_) | ConstraintBody::NotNull(_) => false,
                _ => takes("indexes"),
            };
            if !wanted {
                continue;
            }
            let mut made = handed(c.clone(), id);
            made.comment = object.comment.clone().filter(|_| takes("comments"));
            let name = if check { name } else { Name::default() };
            let owned = ObjectId::owned(Kind::Constraint, id, name);
            apply(&POSTGRES, &Action::create(owned, made), moment)?;
        }
        if takes("indexes") {
            let indexes: Vec<Index> = moment
                .catalog
                .using::<Index>(&like.source)
                .filter(|(_, i)| i.table == like.source)
                .map(|(_, i)| i.clone())
                .collect();
            for index in indexes {
                let unnamed = ObjectId::new(Kind::Index, id.schema.clone(), Name::default());
                let made = handed(index, id);
                apply(&POSTGRES, &Action::create(unnamed, made), moment)?;
            }
        }
    }
    Ok(())
}

/// What a table has, as another one has it.
pub(in crate::row) fn hand_on(object: &mut Object, table: &ObjectId) {
    for text in object.texts_mut() {
        *text = text.raw();
    }
    match &mut object.body {
        Body::Constraint(c) => c.table = table.clone(),
        Body::Index(i) => i.table = table.clone(),
        _ => {}
    }
}

fn handed(body: impl Into<Body>, table: &ObjectId) -> Object {
    let mut object = Object::new(body);
    hand_on(&mut object, table);
    object
}
