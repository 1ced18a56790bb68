//! Publications and subscriptions.

use crate::grammar::{Read, Reader, bracketed, list, name, value};
use driftless_model::{Definition, Kind, Name, ObjectId, Piece, Value};
use driftless_sql::Cursor;

/// From behind the name.
pub(super) fn publication(r: &mut Reader, out: &mut Definition) -> Read<()> {
    if r.eat("for") {
        if r.eat_seq(&["all", "tables"]) {
            out.set(Piece::new("all", vec![Value::Word("true".into())]));
        } else {
            objects(r)?.into_iter().for_each(|piece| out.set(piece));
        }
    }
    if r.eat("with") {
        parameters(r)?.into_iter().for_each(|piece| out.set(piece));
    }
    Ok(())
}

/// `TABLE a (b) WHERE (c), d, TABLES IN SCHEMA e, f`
pub(super) fn objects(c: &mut Cursor) -> Read<Vec<Piece>> {
    let mut schemas = false;
    let mut begun = false;
    list(c, |c| {
        if c.eat_seq(&["tables", "in", "schema"]) || c.eat_seq(&["all", "tables", "in", "schema"]) {
            schemas = true;
        } else if c.eat("table") {
            schemas = false;
        } else if !begun {
            return Err(c.unexpected("`TABLE` or `TABLES IN SCHEMA`"));
        }
        begun = true;
        match schemas {
            true => schema(c),
            false => table(c),
        }
    })
}

fn schema(c: &mut Cursor) -> Read<Piece> {
    let name: Name = name::single(c, "a schema")?;
    let id = ObjectId::new(Kind::Schema, Name::default(), name);
    Ok(Piece::new("schema", vec![Value::Object(id.clone())]).named(id.name.as_str()))
}

fn table(c: &mut Cursor) -> Read<Piece> {
    let only = c.eat("only");
    let (id, _) = name::object(c, Kind::Table, "a table")?;
    if !only {
        c.eat_symbol("*");
    }
    let named = crate::print::qualified(&id);
    let mut values = vec![Value::Object(id)];
    if c.at_symbol("(") {
        let mut group = c.group_cursor()?;
        let columns = list(&mut group, |c| name::single(c, "a column"))?;
        group.finish()?;
        values.extend(columns.iter().map(|n| Value::Name(n.as_str().to_owned())));
    }
    if c.eat("where") {
        values.push(Value::Sql(bracketed(c)?));
    }
    Ok(Piece::new("table", values).named(named))
}

/// `(publish = 'insert', …)`
pub(super) fn parameters(c: &mut Cursor) -> Read<Vec<Piece>> {
    let mut group = c.group_cursor()?;
    let out = list(&mut group, |c| {
        let key = c.ident("a parameter")?.text.to_ascii_lowercase();
        let said = match c.eat_symbol("=") {
            true => value(c, "a value")?,
            false => "true".to_owned(),
        };
        let word = match said.to_ascii_lowercase().as_str() {
            on @ ("true" | "false") => Value::Word(on.to_owned()),
            "on" => Value::Word("true".to_owned()),
            "off" => Value::Word("false".to_owned()),
            _ => Value::Text(said),
        };
        Ok(Piece::new("with", vec![word]).named(key))
    })?;
    group.finish()?;
    Ok(out)
}

/// From behind the name.
pub(super) fn subscription(r: &mut Reader, out: &mut Definition) -> Read<()> {
    r.expect("connection")?;
    let text = Value::Text(r.string("a connection in quotes")?);
    out.set(Piece::new("connection", vec![text]));
    r.expect("publication")?;
    publications(r)?
        .into_iter()
        .for_each(|piece| out.set(piece));
    if r.eat("with") {
        parameters(r)?.into_iter().for_each(|piece| out.set(piece));
    }
    Ok(())
}

pub(super) fn publications(c: &mut Cursor) -> Read<Vec<Piece>> {
    list(c, |c| {
        let name = name::single(c, "a publication")?;
        Ok(Piece::new("publication", Vec::new()).named(name.as_str()))
    })
}
