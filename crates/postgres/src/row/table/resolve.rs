//! A new table, or a new column: names resolved, types known, `serial` written out, parents' columns merged.
//!
//! Invariant: nothing is put into the catalog before everything was found.

use crate::row::{ground, naming, not_null, sequence};
use crate::types;
use driftless_model::{
    Catalog, Column, Composite, Kind, Name, Object, ObjectId, Origin, Sequence, Server, SqlText,
    Table, TypeRef, Version,
};
use driftless_planner::{Create, Fault, Moment};
use driftless_sql::{Syntax, Tree, read_expr};

pub(super) fn table(create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
    naming::place(create, moment)?;
    let id = create.id.clone();
    let Some(table) = create.object.get_mut::<Table>() else {
        return Ok(());
    };
    of_type(&id, table, moment)?;
    resolve_parents(table, moment)?;
    super::like::open_columns(table, moment)?;
    merge_parents(&id, table, moment)?;
    let mut made: Vec<(ObjectId, Sequence)> = Vec::new();
    let unlogged = table.pg().is_some_and(|pg| pg.unlogged);
    for i in 0..table.columns.len() {
        let name = naming::clip(&table.columns[i].name);
        table.columns[i].name = name.clone();
        if table.columns[..i].iter().any(|c| c.name == name) {
            let message = format!("the table `{id}` has the column `{name}` twice");
            return Err(naming::wrong("D0304", message, moment));
        }
        let column = &mut table.columns[i];
        let serial = column_type(&id, column, unlogged, &made, moment)?;
        drop_null_default(column);
        made.extend(serial);
    }
    let fresh = !moment.catalog.contains(&id);
    check_texts(&id, &create.object, &made, moment)?;
    if fresh {
        insert_sequences(made, moment);
    }
    Ok(())
}

/// The composite type that is meant.
pub(super) fn composite(ty: &ObjectId, moment: &Moment) -> Result<ObjectId, Fault> {
    let name = naming::clip(&ty.name);
    let found = moment.find(&[Kind::Composite], &ty.schema, &name);
    found.ok_or_else(|| Fault::missing("type", ty.named(name)))
}

/// A typed table has its type's attributes as columns, in their order; what it says of them itself stands.
fn of_type(id: &ObjectId, table: &mut Table, moment: &Moment) -> Result<(), Fault> {
    let Some(ty) = table.pg().and_then(|pg| pg.of_type.clone()) else {
        return Ok(());
    };
    let ty = composite(&ty, moment)?;
    let attributes = moment.catalog.item::<Composite>(&ty);
    let attributes = attributes.map(|c| c.attributes.as_slice());
    let attributes = attributes.unwrap_or_default();
    let mut said = std::mem::take(&mut table.columns);
    if let Some(other) = said
        .iter()
        .find(|c| attributes.iter().all(|a| a.name != c.name))
    {
        return Err(Fault::missing("column", id.member(&other.name)));
    }
    for attribute in attributes {
        let own = said.iter().position(|c| c.name == attribute.name);
        let own = own.map(|at| said.swap_remove(at)).unwrap_or_default();
        table.columns.push(Column {
            name: attribute.name.clone(),
            ty: attribute.ty.clone(),
            collation: attribute.collation.clone(),
            ..own
        });
    }
    if let Some(pg) = super::pg_mut(table) {
        pg.of_type = Some(ty);
    }
    Ok(())
}

fn resolve_parents(table: &mut Table, moment: &Moment) -> Result<(), Fault> {
    let Some(pg) = super::pg_mut(table) else {
        return Ok(());
    };
    for parent in &mut pg.inherits {
        *parent = naming::relation(parent, &naming::TABLES, moment)?;
    }
    if let Some(of) = &mut pg.partition_of {
        of.parent = naming::relation(&of.parent, &naming::TABLES, moment)?;
        let bare = pg.copies.iter_mut().filter(|c| c.of.schema.is_empty());
        bare.for_each(|c| c.of.schema.clone_from(&of.parent.schema));
    }
    Ok(())
}

/// A parent's column as its child gets it.
pub(super) fn inherited(column: &Column) -> Column {
    Column {
        default: column.default.as_ref().map(SqlText::raw),
        generated: column.generated.as_ref().map(|g| {
            Box::new(driftless_model::Generated {
                expr: g.expr.raw(),
                stored: g.stored,
            })
        }),
        identity: None,
        comment: None,
        statistics: None,
        inherited: true,
        not_null_as: None,
        ..column.clone()
    }
}

/// The parents' columns first, then the table's own; those of one name are one.
fn merge_parents(id: &ObjectId, table: &mut Table, moment: &Moment) -> Result<(), Fault> {
    let partition = table.pg().is_some_and(|pg| pg.partition_of.is_some());
    let parents: Vec<ObjectId> = naming::parents(table).into_iter().cloned().collect();
    if parents.is_empty() {
        return Ok(());
    }
    let mut merged: Vec<Column> = Vec::new();
    for parent in &parents {
        let Some(of) = moment.catalog.item::<Table>(parent) else {
            continue;
        };
        for column in &of.columns {
            let mut column = column.clone();
            let alone = not_null::of(&moment.catalog, parent, &column.name);
            column.not_null &= alone.is_none_or(|(_, c)| !c.no_inherit);
            match merged.iter_mut().find(|c| c.name == column.name) {
                Some(c) => c.not_null |= column.not_null,
                None => merged.push(inherited(&column)),
            }
        }
    }
    for own in std::mem::take(&mut table.columns) {
        match merged.iter_mut().find(|c| c.name == own.name) {
            Some(c) => {
                c.not_null |= own.not_null;
                c.default = own.default.or(c.default.take());
                if own.generated.is_some() {
                    c.generated = own.generated;
                }
                if own.identity.is_some() {
                    c.identity = own.identity;
                }
                c.inherited = partition;
            }
            None if partition => {
                return Err(Fault::missing("column", id.member(&own.name)));
            }
            None => merged.push(own),
        }
    }
    table.columns = merged;
    Ok(())
}

/// The type's canonical name; a `serial` becomes its sequence, its default and NOT NULL.
pub(super) fn column_type(
    table: &ObjectId,
    column: &mut Column,
    unlogged: bool,
    made: &[(ObjectId, Sequence)],
    moment: &Moment,
) -> Result<Option<(ObjectId, Sequence)>, Fault> {
    naming::qualify(Kind::Collation, &mut column.collation, None, moment);
    let Some(ty) = serial(&column.ty.text) else {
        column.ty = naming::type_of(&column.ty, moment)?;
        if let Some(identity) = &mut column.identity {
            column.not_null = true;
            identity.sequence.ty = String::new();
            if !sequence::SERIALS.iter().any(|(_, t)| *t == column.ty.text) {
                let message = format!(
                    "identity column `{}` must be smallint, integer or bigint",
                    table.member(&column.name)
                );
                return Err(naming::wrong("D0305", message, moment));
            }
        }
        return Ok(None);
    };
    if column.default.is_some() || column.identity.is_some() {
        let message = format!(
            "the serial column `{}` has a second default",
            table.member(&column.name)
        );
        return Err(naming::wrong("D0305", message, moment));
    }
    let name = sequence_name(table, &column.name, made, moment);
    let id = ObjectId::new(Kind::Sequence, table.schema.clone(), name);
    column.ty = TypeRef::new(ty);
    column.not_null = true;
    let quoted = crate::print::qualified(&id);
    let written = format!("nextval({}::regclass)", crate::print::literal(&quoted));
    column.default = Some(SqlText::new(written));
    let sequence = Sequence {
        owned_by: Some(table.member(&column.name)),
        unlogged,
        ..sequence::defaults(ty, 1)
    };
    Ok(Some((id, sequence)))
}

/// `DEFAULT NULL` is no default: the server keeps none. (ADD COLUMN and SET DEFAULT alike, heap.c of PostgreSQL:
/// AddRelationNewConstraints.) Where the constant is converted to a length or a domain, it does keep the conversion.
pub(super) fn drop_null_default(column: &mut Column) {
    let is_null = column
        .default
        .as_ref()
        .is_some_and(|d| is_null_constant(d, &column.ty));
    if is_null {
        column.default = None;
    }
}

pub(super) fn is_null_constant(text: &SqlText, ty: &TypeRef) -> bool {
    let converted = ty.text.contains('(') && !ty.text.starts_with("interval");
    let domain = ty.target.as_ref().is_some_and(|t| t.kind == Kind::Domain);
    let says_null = text.written.to_ascii_lowercase().contains("null");
    if domain || converted || !says_null {
        return false;
    }
    match read_expr(&text.written, Syntax::Postgres) {
        Ok(Tree::Null) => true,
        Ok(Tree::Cast(inner, to)) => {
            let none = Catalog::new(Server {
                dialect: driftless_model::Dialect::Postgres,
                version: Version::default(),
            });
            let same =
                types::read(&to.text, &[], &none).is_ok_and(|(t, _)| t.text(&none) == ty.text);
            matches!(*inner, Tree::Null) && same
        }
        _ => false,
    }
}

fn serial(written: &str) -> Option<&'static str> {
    Some(match written.trim().to_ascii_lowercase().as_str() {
        "serial" | "serial4" => "integer",
        "bigserial" | "serial8" => "bigint",
        "smallserial" | "serial2" => "smallint",
        _ => return None,
    })
}

fn sequence_name(
    table: &ObjectId,
    column: &Name,
    made: &[(ObjectId, Sequence)],
    moment: &Moment,
) -> Name {
    let mut label = "seq".to_owned();
    let mut n = 0u32;
    loop {
        let name = naming::joined(table.name.as_str(), Some(column.as_str()), &label);
        let taken = naming::is_taken(&moment.catalog, &table.schema, &name)
            || made.iter().any(|(id, _)| id.name.as_str() == name);
        if !taken {
            return Name::exact(name);
        }
        n += 1;
        label = format!("seq{n}");
    }
}

/// Says what defaults and generated columns miss: the table itself and its sequences count as there.
fn check_texts(
    id: &ObjectId,
    object: &Object,
    made: &[(ObjectId, Sequence)],
    moment: &mut Moment,
) -> Result<(), Fault> {
    let Some(table) = object.get::<Table>() else {
        return Ok(());
    };
    let refers = |text: &SqlText| !ground::is_plain(&text.written);
    let any = table
        .columns
        .iter()
        .any(|c| c.default.as_ref().is_some_and(refers) || c.generated.is_some());
    if !any {
        return Ok(());
    }
    let stood = moment.catalog.objects.insert(id.clone(), object.clone());
    for (sequence, item) in made {
        moment
            .catalog
            .objects
            .insert(sequence.clone(), Object::new(item.clone()));
    }
    let found = table
        .columns
        .iter()
        .try_for_each(|c| check_column(id, c, moment));
    for (sequence, _) in made {
        moment.catalog.objects.remove(sequence);
    }
    match stood {
        Some(before) => {
            let before = std::sync::Arc::unwrap_or_clone(before);
            moment.catalog.objects.insert(id.clone(), before);
        }
        None => {
            moment.catalog.objects.remove(id);
        }
    }
    found
}

pub(super) fn check_column(id: &ObjectId, column: &Column, moment: &Moment) -> Result<(), Fault> {
    if let Some(default) = &column.default {
        ground::check(default, &ground::default(&column.ty), moment)?;
    }
    if let Some(generated) = &column.generated {
        ground::check(&generated.expr, &ground::stored(id, &column.ty), moment)?;
    }
    Ok(())
}

/// The sequences that `serial` implies.
pub(super) fn insert_sequences(made: Vec<(ObjectId, Sequence)>, moment: &mut Moment) {
    for (id, sequence) in made {
        let mut object = Object::new(sequence);
        object.origin = Origin::Implied;
        object.grants = driftless_planner::at_birth(&crate::POSTGRES, &id, &moment.catalog);
        moment.insert(id, object);
    }
}
