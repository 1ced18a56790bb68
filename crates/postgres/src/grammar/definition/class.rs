//! Operator classes, and the members that classes and families have.
//!
//! Invariant: a member's name says its number and the types of its operands, as far as they are written.

use super::{operands, operator, routine};
use crate::grammar::{Read, Reader, data_type, list, name};
use driftless_model::{Definition, Kind, ObjectId, Piece, Value};
use driftless_sql::Cursor;

/// From behind the name.
pub(super) fn class(r: &mut Reader, id: ObjectId, out: &mut Definition) -> Read<ObjectId> {
    if r.eat("default") {
        out.set(Piece::new("default", vec![Value::Word("true".into())]));
    }
    r.expect_seq(&["for", "type"])?;
    out.set(Piece::new("type", vec![Value::Type(data_type::read(r)?)]));
    r.expect("using")?;
    let method = name::spelled(r, "an index method")?;
    out.set(Piece::new("using", vec![Value::Word(method.clone())]));
    if r.eat("family") {
        let (family, _) = name::object(r, Kind::OperatorFamily, "an operator family")?;
        let family = family.with_args(method.clone());
        out.set(Piece::new("family", vec![Value::Object(family)]));
    }
    if r.eat("as") {
        for piece in list(r, member)? {
            out.set(piece);
        }
    }
    Ok(id.with_args(method))
}

/// `OPERATOR 1 < (a, b)`, `FUNCTION 1 (a, b) f(a, b)`, `STORAGE type`
pub(super) fn member(c: &mut Cursor) -> Read<Piece> {
    if c.eat("storage") {
        return Ok(Piece::new(
            "storage",
            vec![Value::Type(data_type::read(c)?)],
        ));
    }
    if c.eat("operator") {
        let number = c.number_text("a strategy number")?;
        let mut id = operator(c)?;
        let mut named = number.clone();
        if c.at_symbol("(") {
            let types = operands(c)?;
            named = format!("{number} ({types})");
            id = id.with_args(types);
        }
        let mut values = vec![Value::Word(number), Value::Object(id)];
        if c.eat_seq(&["for", "order", "by"]) {
            let (family, _) = name::object(c, Kind::OperatorFamily, "an operator family")?;
            values.push(Value::Object(family.with_args("btree")));
        } else {
            c.eat_seq(&["for", "search"]);
        }
        return Ok(Piece::new("operator", values).named(named));
    }
    c.expect("function")?;
    let number = c.number_text("a support number")?;
    let mut values = vec![Value::Word(number.clone())];
    let mut named = number;
    if c.at_symbol("(") {
        let mut group = c.group_cursor()?;
        let types = list(&mut group, data_type::read)?;
        group.finish()?;
        let texts: Vec<&str> = types.iter().map(|t| t.text.as_str()).collect();
        named = format!("{named} ({})", texts.join(", "));
        values.extend(types.into_iter().map(Value::Type));
    }
    values.push(Value::Object(routine(c)?));
    Ok(Piece::new("function", values).named(named))
}

/// `OPERATOR 1 (a, b)`, as ALTER … DROP names a member.
pub(super) fn dropped(c: &mut Cursor) -> Read<Piece> {
    let key = match c.eat("operator") {
        true => "operator",
        false => {
            c.expect("function")?;
            "function"
        }
    };
    let number = c.number_text("a number")?;
    let types = operands(c)?;
    Ok(Piece::new(key, Vec::new()).named(format!("{number} ({types})")))
}
