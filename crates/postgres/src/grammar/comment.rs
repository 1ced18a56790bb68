//! COMMENT ON.
//!
//! Invariant: a comment on something that the model does not hold goes with that thing, which is named already.

use super::{Read, Reader, definition, name, types, unmodelled};
use driftless_model::{Kind, ObjectId, Part};
use driftless_planner::Action;

pub(super) fn read(r: &mut Reader) -> Read<()> {
    r.expect_seq(&["comment", "on"])?;
    let word = r.word().unwrap_or_default();
    let plain = match word.as_str() {
        "table" => Some(Kind::Table),
        "foreign" if r.at_seq(&["foreign", "table"]) => {
            r.bump();
            Some(Kind::ForeignTable)
        }
        "index" => Some(Kind::Index),
        "statistics" => Some(Kind::Statistics),
        "view" => Some(Kind::View),
        "sequence" => Some(Kind::Sequence),
        "schema" => Some(Kind::Schema),
        "type" | "domain" => Some(types::kind(&word)),
        "materialized" => Some(Kind::MaterializedView),
        _ => None,
    };
    if let Some(kind) = plain {
        r.bump();
        if kind == Kind::MaterializedView {
            r.expect("view")?;
        }
        let (id, _) = name::object(r, kind, &name::a(kind))?;
        return text(r, id.part());
    }
    match word.as_str() {
        "column" => {
            r.bump();
            let (table, column) = name::column(r)?;
            text(r, table.member(&column))
        }
        "function" | "procedure" | "routine" | "aggregate" => {
            r.bump();
            let kind = match word.as_str() {
                "procedure" => Kind::Procedure,
                "aggregate" => Kind::Aggregate,
                _ => Kind::Function,
            };
            let (id, _) = name::routine(r, kind)?;
            text(r, id.part())
        }
        "constraint" | "trigger" | "policy" | "rule" => owned(r, &word),
        "extension" => {
            r.bump();
            name::object(r, Kind::Extension, "an extension")?;
            apart(r, "the comment of an extension comes from its script")
        }
        "role" | "user" | "database" | "tablespace" => {
            r.bump();
            name::single(r, "a name")?;
            apart(r, "comments on what belongs to the cluster")
        }
        _ => {
            let start = r.pos();
            let _ = r.eat("trusted");
            if let Some(kind) = definition::kind(r) {
                let (id, _) = definition::object(r, kind)?;
                return text(r, id.part());
            }
            r.reset(start);
            let Some(found) = unmodelled::target(r)? else {
                r.reset(start);
                return Err(r.unexpected("a kind of object that can have a comment"));
            };
            drop(found);
            apart(r, "comments on what is not modelled")
        }
    }
}

fn text(r: &mut Reader, part: Part) -> Read<()> {
    let text = value(r)?;
    r.action(Action::Comment { part, text });
    Ok(())
}

fn apart(r: &mut Reader, why: &'static str) -> Read<()> {
    value(r)?;
    r.out.ignored = Some(why);
    Ok(())
}

/// `IS 'text'`; an empty text is no comment, as on the server.
fn value(r: &mut Reader) -> Read<Option<String>> {
    r.expect("is")?;
    if r.eat("null") {
        return Ok(None);
    }
    let text = r.string("a text in quotes, or `NULL`")?;
    Ok((!text.is_empty()).then_some(text))
}

/// `CONSTRAINT c ON [DOMAIN] t`, `TRIGGER t ON r`, `POLICY p ON r`.
fn owned(r: &mut Reader, word: &str) -> Read<()> {
    r.bump();
    let title = name::single(r, word)?;
    r.expect("on")?;
    if word == "constraint" && r.eat("domain") {
        let (domain, _) = name::object(r, Kind::Domain, "a domain")?;
        return text(r, domain.member(&title));
    }
    let kind = match word {
        "constraint" => Kind::Constraint,
        "trigger" => Kind::Trigger,
        "rule" => Kind::Rule,
        _ => Kind::Policy,
    };
    let (table, _) = name::object(r, Kind::Table, "a table")?;
    text(r, ObjectId::owned(kind, &table, title).part())
}
