//! Types and domains: CREATE TYPE, ALTER TYPE, CREATE DOMAIN, ALTER DOMAIN.
//!
//! Neighbours: `definition` reads ranges and base types. Invariant: a name behind TYPE alone has kind Enum, whatever it
//! turns out to be.

use super::{
    Mode, Read, Reader, bracketed, cascade, column, constraint, data_type, definition, list, name,
    sequence,
};
use driftless_model::{Attribute, Composite, Domain, DomainCheck, Enum, Kind, Name, ObjectId};
use driftless_planner::{Action, Clause, CompositeClause, DomainClause, EnumClause};

/// From TYPE on.
pub(super) fn create(r: &mut Reader) -> Read<()> {
    r.expect("type")?;
    let (id, span) = name::object(r, Kind::Enum, "a type")?;
    if r.eat_seq(&["as", "enum"]) {
        r.part(id.part(), span);
        let values = values(r, &id)?;
        r.create(id, Enum { values }, Mode::default());
    } else if r.at("as") && r.peek_nth(1).is_some_and(|t| r.text(t.span) == "(") {
        r.bump();
        let id = id.of_kind(Kind::Composite);
        r.part(id.part(), span);
        let attributes = attributes(r, &id)?;
        r.create(id, Composite { attributes }, Mode::default());
    } else {
        definition::create_type(r, id, span)?;
    }
    Ok(())
}

fn values(r: &mut Reader, id: &ObjectId) -> Read<Vec<String>> {
    r.inside(|r| {
        let mut out = Vec::new();
        if r.done() {
            return Ok(out);
        }
        loop {
            let span = r.here();
            let value = r.string("a value in quotes")?;
            r.part(id.member(&Name::exact(value.clone())), span);
            out.push(value);
            if !r.eat_symbol(",") {
                return Ok(out);
            }
        }
    })
}

fn attributes(r: &mut Reader, id: &ObjectId) -> Read<Vec<Attribute>> {
    r.inside(|r| {
        let mut out = Vec::new();
        if r.done() {
            return Ok(out);
        }
        loop {
            let from = r.pos();
            let attribute = attribute(r)?;
            let span = r.span_from(from);
            r.part(id.member(&attribute.name), span);
            out.push(attribute);
            if !r.eat_symbol(",") {
                return Ok(out);
            }
        }
    })
}

fn attribute(r: &mut Reader) -> Read<Attribute> {
    Ok(Attribute {
        name: name::single(r, "an attribute")?,
        ty: data_type::read(r)?,
        collation: data_type::collation(r)?,
    })
}

/// From TYPE on.
pub(super) fn alter(r: &mut Reader) -> Read<()> {
    r.expect("type")?;
    let (id, span) = name::object(r, Kind::Enum, "a type")?;
    if sequence::common(r, &id)? {
        return Ok(());
    }
    if r.eat_seq(&["add", "value"]) {
        return add_value(r, &id);
    }
    if r.eat_seq(&["rename", "value"]) {
        let value = r.string("a value in quotes")?;
        r.expect("to")?;
        let to = Name::exact(r.string("a value in quotes")?);
        r.action(Action::Rename {
            part: id.member(&Name::exact(value)),
            to,
        });
        return Ok(());
    }
    if r.at("set") {
        r.bump();
        r.group()?;
        r.unmodelled("properties of type", id.to_string(), None, span);
        return Ok(());
    }
    let id = id.of_kind(Kind::Composite);
    if r.eat_seq(&["rename", "attribute"]) {
        let part = id.member(&name::single(r, "an attribute")?);
        r.expect("to")?;
        let to = name::single(r, "a name")?;
        cascade(r);
        r.action(Action::Rename { part, to });
        return Ok(());
    }
    loop {
        let clause = composite(r)?;
        r.action(Action::alter(&id, Clause::Composite(clause)));
        if !r.eat_symbol(",") {
            return Ok(());
        }
    }
}

fn add_value(r: &mut Reader, id: &ObjectId) -> Read<()> {
    let if_not_exists = r.if_not_exists();
    let span = r.here();
    let value = r.string("a value in quotes")?;
    r.part(id.member(&Name::exact(value.clone())), span);
    let (mut before, mut after) = (None, None);
    if r.eat("before") {
        before = Some(r.string("a value in quotes")?);
    } else if r.eat("after") {
        after = Some(r.string("a value in quotes")?);
    }
    r.action(Action::alter(
        id,
        Clause::Enum(EnumClause::Add {
            value,
            before,
            after,
            if_not_exists,
        }),
    ));
    Ok(())
}

fn composite(r: &mut Reader) -> Read<CompositeClause> {
    let clause = if r.eat_seq(&["add", "attribute"]) {
        CompositeClause::Add(attribute(r)?)
    } else if r.eat_seq(&["drop", "attribute"]) {
        r.if_exists();
        CompositeClause::Drop(name::single(r, "an attribute")?)
    } else if r.eat_seq(&["alter", "attribute"]) {
        let name = name::single(r, "an attribute")?;
        r.eat_seq(&["set", "data"]);
        r.expect("type")?;
        CompositeClause::Type(Attribute {
            name,
            ty: data_type::read(r)?,
            collation: data_type::collation(r)?,
        })
    } else {
        return Err(r.unexpected("a change of the type"));
    };
    cascade(r);
    Ok(clause)
}

/// From DOMAIN on: its constraints in any order.
pub(super) fn create_domain(r: &mut Reader) -> Read<()> {
    r.expect("domain")?;
    let (id, span) = name::object(r, Kind::Domain, "a domain")?;
    r.eat("as");
    let mut domain = Domain {
        base: data_type::read(r)?,
        ..Domain::default()
    };
    loop {
        let title = constraint::title(r)?;
        if r.eat("check") {
            let check = check(r, title)?;
            domain.checks.push(check);
        } else if r.eat_seq(&["not", "null"]) {
            domain.not_null = true;
        } else if r.eat("null") {
            domain.not_null = false;
        } else if !title.is_empty() {
            return Err(r.unexpected("`CHECK`, `NOT NULL` or `NULL`"));
        } else if r.eat("default") {
            domain.default = Some(column::default(r)?);
        } else if r.at("collate") {
            domain.collation = data_type::collation(r)?;
        } else {
            break;
        }
    }
    r.part(id.part(), span);
    r.create(id, domain, Mode::default());
    Ok(())
}

/// From behind CHECK.
fn check(r: &mut Reader, title: Name) -> Read<DomainCheck> {
    let expr = bracketed(r)?;
    r.eat_seq(&["no", "inherit"]);
    let validated = !r.eat_seq(&["not", "valid"]);
    Ok(DomainCheck {
        name: title,
        expr,
        validated,
    })
}

/// From DOMAIN on.
pub(super) fn alter_domain(r: &mut Reader) -> Read<()> {
    r.expect("domain")?;
    let (id, _) = name::object(r, Kind::Domain, "a domain")?;
    if sequence::common(r, &id)? {
        return Ok(());
    }
    if r.eat_seq(&["rename", "constraint"]) {
        let part = id.member(&name::single(r, "a constraint")?);
        r.expect("to")?;
        let to = name::single(r, "a name")?;
        r.action(Action::Rename { part, to });
        return Ok(());
    }
    let clause = domain_clause(r)?;
    r.action(Action::alter(&id, Clause::Domain(clause)));
    Ok(())
}

fn domain_clause(r: &mut Reader) -> Read<DomainClause> {
    if r.eat_seq(&["set", "default"]) {
        return Ok(DomainClause::Default(Some(column::clause_expression(r)?)));
    }
    if r.eat_seq(&["drop", "default"]) {
        return Ok(DomainClause::Default(None));
    }
    if r.eat_seq(&["set", "not", "null"]) {
        return Ok(DomainClause::NotNull(true));
    }
    if r.eat_seq(&["drop", "not", "null"]) {
        return Ok(DomainClause::NotNull(false));
    }
    if r.eat("add") {
        let title = constraint::title(r)?;
        if r.eat_seq(&["not", "null"]) {
            return Ok(DomainClause::NotNull(true));
        }
        r.expect("check")?;
        return Ok(DomainClause::AddCheck(Box::new(check(r, title)?)));
    }
    if r.eat_seq(&["drop", "constraint"]) {
        let if_exists = r.if_exists();
        let name = name::single(r, "a constraint")?;
        cascade(r);
        return Ok(DomainClause::DropCheck { name, if_exists });
    }
    if r.eat_seq(&["validate", "constraint"]) {
        return Ok(DomainClause::ValidateCheck(name::single(
            r,
            "a constraint",
        )?));
    }
    Err(r.unexpected("a change of the domain"))
}

/// The kind of a type where a statement says only TYPE or DOMAIN.
pub(super) fn kind(word: &str) -> Kind {
    match word {
        "domain" => Kind::Domain,
        _ => Kind::Enum,
    }
}

/// A name list behind TYPE or DOMAIN.
pub(super) fn ids(r: &mut Reader, kind: Kind) -> Read<Vec<ObjectId>> {
    list(r, |c| Ok(name::object(c, kind, "a type")?.0))
}
