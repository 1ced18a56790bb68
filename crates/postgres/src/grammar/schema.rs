//! Schemas, with the elements that CREATE SCHEMA may hold.
//!
//! Invariant: an element's own name and the tables it speaks of without a schema lie in the new schema, as the server
//! puts it first in the path for them.

use super::{Mode, Read, Reader, name, sequence};
use driftless_model::{Body, Kind, Name, ObjectId, Schema};
use driftless_planner::Action;
use driftless_sql::Cursor;

/// From SCHEMA on.
pub(super) fn create(r: &mut Reader) -> Read<()> {
    r.expect("schema")?;
    let mode = Mode {
        if_not_exists: r.if_not_exists(),
        ..Mode::default()
    };
    let span = r.here();
    let mut schema = None;
    if !r.at("authorization") {
        schema = Some(name::object(r, Kind::Schema, "a schema")?.0.name.clone());
    }
    let mut owner = None;
    if r.eat("authorization") {
        let role = name::role(r)?;
        schema.get_or_insert_with(|| name::exact(&role));
        owner = Some(role);
    }
    let Some(schema) = schema else {
        return Err(r.unexpected("a schema"));
    };
    let id = ObjectId::new(Kind::Schema, Name::default(), schema.clone());
    r.part(id.part(), span);
    r.create(id.clone(), Schema {}, mode);
    if let Some(to) = owner {
        r.action(Action::Owner { id, to });
    }
    while !r.done() {
        element(r, &schema)?;
    }
    Ok(())
}

/// One CREATE or GRANT inside CREATE SCHEMA.
fn element(r: &mut Reader, schema: &Name) -> Read<()> {
    if !r.at_any(&["create", "grant"]) {
        return Err(r.unexpected("`CREATE`, `GRANT` or the end of the statement"));
    }
    let whole = r.cursor.clone();
    let from = r.pos();
    r.bump();
    r.until(&|c| c.at_any(&["create", "grant"]) && !after_with(c));
    let count = r.pos() - from;
    let behind = r.cursor.clone();
    let tokens = whole.remaining();
    let inside = &tokens[..count.min(tokens.len())];
    r.cursor = Cursor::new(r.source_text, inside, whole.source(), whole.syntax());
    let first = r.out.actions.len();
    r.statement()?;
    r.finish()?;
    r.cursor = behind;
    for action in &mut r.out.actions[first..] {
        place_in(schema, action);
    }
    Ok(())
}

/// `WITH GRANT OPTION` starts no element.
fn after_with(c: &Cursor) -> bool {
    c.at_seq(&["grant", "option"])
}

fn place_in(schema: &Name, action: &mut Action) {
    let put = |id: &mut ObjectId| {
        if id.schema.is_empty() && id.kind != Kind::Schema && id.kind != Kind::Extension {
            id.schema = schema.clone();
        }
    };
    match action {
        Action::Create(c) => {
            put(&mut c.id);
            match &mut c.object.body {
                Body::Constraint(x) => {
                    put(&mut x.table);
                    if let driftless_model::ConstraintBody::ForeignKey(f) = &mut x.body {
                        put(&mut f.target);
                    }
                }
                Body::Index(x) => put(&mut x.table),
                Body::Trigger(x) => put(&mut x.table),
                _ => {}
            }
        }
        Action::Grant { id, .. } | Action::Alter { id, .. } | Action::Owner { id, .. } => put(id),
        _ => {}
    }
}

/// From SCHEMA on.
pub(super) fn alter(r: &mut Reader) -> Read<()> {
    r.expect("schema")?;
    let (id, _) = name::object(r, Kind::Schema, "a schema")?;
    if !sequence::common(r, &id)? {
        return Err(r.unexpected("`RENAME TO` or `OWNER TO`"));
    }
    Ok(())
}
