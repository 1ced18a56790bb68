//! ALTER of the kinds that are made of clauses alone.

use super::{class, kind, object, options, publication};
use crate::definition::has_options;
use crate::grammar::{Read, Reader, list, name, sequence, value};
use driftless_model::{Definition, Kind, Piece, Value};
use driftless_planner::{Action, Clause, Edit, How};

/// From the kind's words on; `None`: it is another kind.
pub(crate) fn alter(r: &mut Reader) -> Read<Option<()>> {
    let Some(kind) = kind(r) else {
        return Ok(None);
    };
    let (id, _) = object(r, kind)?;
    if sequence::common(r, &id)? {
        return Ok(Some(()));
    }
    if r.eat_seq(&["refresh", "version"]) || r.eat_seq(&["refresh", "publication"]) {
        r.ignore("upkeep of the server")?;
        return Ok(Some(()));
    }
    let edits = edits(r, kind)?;
    if edits.is_empty() && r.out.unmodelled.is_empty() {
        return Err(r.unexpected(&format!("a change of the {}", kind.noun())));
    }
    if !edits.is_empty() {
        r.action(Action::alter(&id, Clause::Define(edits)));
    }
    Ok(Some(()))
}

/// What only ALTER can say, behind CREATE: so documents say it.
pub(super) fn tail(r: &mut Reader, kind: Kind, out: &mut Definition) -> Read<()> {
    while !r.done() {
        let edits = edits(r, kind)?;
        if edits.is_empty() {
            break;
        }
        edits.into_iter().for_each(|edit| out.set(edit.piece));
    }
    Ok(())
}

fn all(how: How, pieces: Vec<Piece>) -> Vec<Edit> {
    pieces
        .into_iter()
        .map(|piece| Edit { how, piece })
        .collect()
}

/// From behind the name: the clauses of one statement.
pub(crate) fn edits(r: &mut Reader, kind: Kind) -> Read<Vec<Edit>> {
    match kind {
        Kind::TextSearchConfiguration => mapping(r),
        Kind::TextSearchDictionary if r.at_symbol("(") => parameters(r, "option"),
        Kind::Operator if r.eat("set") => parameters(r, ""),
        Kind::OperatorFamily if r.eat("add") => Ok(all(How::Add, list(r, class::member)?)),
        Kind::OperatorFamily if r.eat("drop") => Ok(all(How::Drop, list(r, class::dropped)?)),
        Kind::EventTrigger => enabled(r),
        Kind::Publication => published(r),
        Kind::Subscription => subscribed(r),
        kind if has_options(kind) => attributes(r, kind),
        _ => Ok(Vec::new()),
    }
}

fn mapping(r: &mut Reader) -> Read<Vec<Edit>> {
    let how = match r.word().as_deref() {
        Some("add") => How::Add,
        Some("alter") => How::Set,
        Some("drop") => How::Drop,
        _ => return Ok(Vec::new()),
    };
    r.bump();
    r.expect("mapping")?;
    r.if_exists();
    if how == How::Set && (r.at("replace") || r.at("for") && replaces(r)) {
        let span = r.here();
        return Err(r
            .unsupported(span, "ALTER MAPPING … REPLACE")
            .help("write `ALTER MAPPING FOR tokens WITH dictionaries`"));
    }
    r.expect("for")?;
    let tokens = list(r, |c| name::single(c, "a kind of token"))?;
    let values = match how {
        How::Drop => Vec::new(),
        _ => {
            r.expect("with")?;
            list(r, |c| {
                let what = "a text search dictionary";
                Ok(Value::Object(
                    name::object(c, Kind::TextSearchDictionary, what)?.0,
                ))
            })?
        }
    };
    let pieces = tokens
        .iter()
        .map(|t| Piece::new("mapping", values.clone()).named(t.as_str()));
    Ok(all(how, pieces.collect()))
}

fn replaces(r: &Reader) -> bool {
    r.remaining()
        .iter()
        .any(|t| r.text(t.span).eq_ignore_ascii_case("replace"))
}

/// `(a = b, c)`: options of a dictionary, or an operator's functions.
fn parameters(r: &mut Reader, key: &str) -> Read<Vec<Edit>> {
    let mut group = r.group_cursor()?;
    let out = list(&mut group, |c| {
        let name = c.ident("a parameter")?.text;
        if key.is_empty() {
            let name = name.to_ascii_lowercase();
            c.expect_symbol("=")?;
            if c.eat("none") {
                return Ok(Edit {
                    how: How::Drop,
                    piece: Piece::new(name, Vec::new()),
                });
            }
            let function = Value::Object(super::function(c)?);
            return Ok(Edit {
                how: How::Set,
                piece: Piece::new(name, vec![function]),
            });
        }
        let piece = Piece::new(key, Vec::new()).named(name);
        if !c.eat_symbol("=") {
            return Ok(Edit {
                how: How::Drop,
                piece,
            });
        }
        let values = vec![Value::Text(value(c, "a value")?)];
        Ok(Edit {
            how: How::Set,
            piece: Piece { values, ..piece },
        })
    })?;
    group.finish()?;
    Ok(out)
}

fn enabled(r: &mut Reader) -> Read<Vec<Edit>> {
    let how = match r.word().as_deref() {
        Some("disable") => "disabled",
        Some("enable") if r.at_seq(&["enable", "replica"]) => "replica",
        Some("enable") if r.at_seq(&["enable", "always"]) => "always",
        Some("enable") => "origin",
        _ => return Ok(Vec::new()),
    };
    r.bump();
    if matches!(how, "replica" | "always") {
        r.bump();
    }
    let piece = Piece::new("enabled", vec![Value::Word(how.into())]);
    Ok(all(How::Set, vec![piece]))
}

/// ADD, DROP or SET; `None`: none of them.
fn phrase(r: &mut Reader) -> Option<How> {
    let words = [("add", How::Add), ("drop", How::Drop), ("set", How::Clear)];
    let (_, how) = words.into_iter().find(|(word, _)| r.eat(word))?;
    Some(how)
}

/// These pieces: added, dropped, or (SET) all that there are of these keys.
fn listed(how: How, pieces: Vec<Piece>, keys: &[&str]) -> Vec<Edit> {
    if how != How::Clear {
        return all(how, pieces);
    }
    let clear = keys.iter().map(|key| Piece::new(*key, Vec::new()));
    let mut out = all(How::Clear, clear.collect());
    out.extend(all(How::Add, pieces));
    out
}

fn published(r: &mut Reader) -> Read<Vec<Edit>> {
    let Some(how) = phrase(r) else {
        return Ok(Vec::new());
    };
    if how == How::Clear && r.at_symbol("(") {
        return Ok(all(How::Set, publication::parameters(r)?));
    }
    let pieces = publication::objects(r)?;
    Ok(listed(how, pieces, &["table", "schema"]))
}

fn subscribed(r: &mut Reader) -> Read<Vec<Edit>> {
    if r.eat("connection") {
        return Ok(all(How::Set, vec![publication::connection(r)?]));
    }
    let on = r.eat("enable");
    if on || r.eat("disable") {
        let piece = Piece::new("with", vec![Value::Word(on.to_string())]).named("enabled");
        return Ok(all(How::Set, vec![piece]));
    }
    let Some(how) = phrase(r) else {
        return Ok(Vec::new());
    };
    if how == How::Clear && r.at_symbol("(") {
        return Ok(all(How::Set, publication::parameters(r)?));
    }
    r.expect("publication")?;
    let pieces = publication::publications(r)?;
    if r.eat("with") {
        publication::parameters(r)?;
    }
    Ok(listed(how, pieces, &["publication"]))
}

/// `VERSION 'x' HANDLER f OPTIONS (…)`
fn attributes(r: &mut Reader, kind: Kind) -> Read<Vec<Edit>> {
    let mut out = Vec::new();
    loop {
        if r.eat("no") {
            let word = r.word().filter(|w| w == "handler" || w == "validator");
            let word = word.ok_or_else(|| r.unexpected("`HANDLER` or `VALIDATOR`"))?;
            r.bump();
            out.extend(all(How::Drop, vec![Piece::new(word, Vec::new())]));
        } else if r.eat("version") {
            let text = match r.eat("null") {
                true => None,
                false => Some(Value::Text(r.string("a version in quotes")?)),
            };
            let how = if text.is_some() { How::Set } else { How::Drop };
            out.extend(all(
                how,
                vec![Piece::new("version", text.into_iter().collect())],
            ));
        } else if r.at_any(&["handler", "validator"]) {
            let word = r.word().unwrap_or_default();
            r.bump();
            let function = Value::Object(super::function(r)?);
            out.extend(all(How::Set, vec![Piece::new(word, vec![function])]));
        } else if r.eat("options") {
            out.extend(options(r, kind)?);
        } else {
            return Ok(out);
        }
    }
}
