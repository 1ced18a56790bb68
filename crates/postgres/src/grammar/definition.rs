//! The kinds that are made of clauses alone: CREATE and ALTER, and how statements name their objects.
//!
//! Neighbours: `crate::definition` has the tables of clauses, `class` and `publication` read what is in no table.
//! Invariant: pieces stand in the order of the tables; what was not written is no piece.

mod alter;
mod class;
mod publication;

use super::{Mode, Read, Reader, data_type, list, name, value};
use crate::definition::{Clause, Takes, has_options, leading, listed, worded};
use driftless_model::{Definition, Extension, Kind, Name, ObjectId, Options, Piece, Value};
use driftless_planner::{Edit, How};
use driftless_sql::{Cursor, Span, TokenKind};

pub(super) use alter::alter;

/// The words of a kind; the longer ones first.
const KINDS: &[(&[&str], Kind)] = &[
    (&["access", "method"], Kind::AccessMethod),
    (&["cast"], Kind::Cast),
    (&["collation"], Kind::Collation),
    (&["conversion"], Kind::Conversion),
    (&["event", "trigger"], Kind::EventTrigger),
    (&["foreign", "data", "wrapper"], Kind::ForeignDataWrapper),
    (&["foreign", "server"], Kind::Server),
    (&["language"], Kind::Language),
    (&["operator", "class"], Kind::OperatorClass),
    (&["operator", "family"], Kind::OperatorFamily),
    (&["operator"], Kind::Operator),
    (&["procedural", "language"], Kind::Language),
    (&["publication"], Kind::Publication),
    (&["server"], Kind::Server),
    (&["subscription"], Kind::Subscription),
    (
        &["text", "search", "configuration"],
        Kind::TextSearchConfiguration,
    ),
    (
        &["text", "search", "dictionary"],
        Kind::TextSearchDictionary,
    ),
    (&["text", "search", "parser"], Kind::TextSearchParser),
    (&["text", "search", "template"], Kind::TextSearchTemplate),
    (&["transform"], Kind::Transform),
    (&["user", "mapping"], Kind::UserMapping),
];

/// Past the words of such a kind.
pub(super) fn kind(r: &mut Cursor) -> Option<Kind> {
    let (_, kind) = KINDS.iter().find(|(words, _)| r.eat_seq(words))?;
    Some(*kind)
}

/// Every first noun, for suggestions.
pub(super) fn nouns() -> impl Iterator<Item = &'static str> {
    KINDS.iter().filter_map(|(words, _)| words.first().copied())
}

/// The object as ALTER, DROP and COMMENT name it.
pub(super) fn object(c: &mut Cursor, kind: Kind) -> Read<(ObjectId, Span)> {
    let from = c.pos();
    let id = match kind {
        Kind::Cast => {
            let mut group = c.group_cursor()?;
            let source = data_type::read(&mut group)?;
            group.expect("as")?;
            let target = data_type::read(&mut group)?;
            group.finish()?;
            flat(kind, Name::default()).with_args(format!("{} AS {}", source.text, target.text))
        }
        Kind::Transform => {
            c.expect("for")?;
            let ty = data_type::read(c)?;
            c.expect("language")?;
            flat(kind, name::single(c, "a language")?).with_args(ty.text)
        }
        Kind::UserMapping => {
            c.expect("for")?;
            let user = mapped(c)?;
            c.expect("server")?;
            let server = name::spelled(c, "a server")?;
            flat(kind, user).with_args(server)
        }
        Kind::Operator => {
            let id = operator(c)?;
            match c.at_symbol("(") {
                true => id.with_args(operands(c)?),
                false => id,
            }
        }
        Kind::OperatorClass | Kind::OperatorFamily => {
            let (id, _) = name::object(c, kind, &name::a(kind))?;
            match c.eat("using") {
                true => id.with_args(name::spelled(c, "an index method")?),
                false => id,
            }
        }
        _ => name::object(c, kind, &name::a(kind))?.0,
    };
    Ok((id, c.span_from(from)))
}

fn flat(kind: Kind, name: Name) -> ObjectId {
    ObjectId::new(kind, Name::default(), name)
}

/// Whom a mapping is for: a role, or a word.
fn mapped(c: &mut Cursor) -> Read<Name> {
    if c.eat("user") {
        return Ok(Name::exact("current_user"));
    }
    let role = name::role(c)?;
    Ok(Name::exact(if role.is_empty() {
        "public".to_owned()
    } else {
        role
    }))
}

/// `<`, `a.<`
fn operator(c: &mut Cursor) -> Read<ObjectId> {
    let mut schema = Name::default();
    while c
        .peek()
        .is_some_and(|t| matches!(t.kind, TokenKind::Word | TokenKind::Quoted))
    {
        schema = name::single(c, "a schema")?;
        c.expect_symbol(".")?;
    }
    match c.peek() {
        Some(t) if t.kind == TokenKind::Symbol && !matches!(c.text(t.span), "," | "(" | ")") => {
            c.bump();
            Ok(ObjectId::new(
                Kind::Operator,
                schema,
                Name::exact(c.text(t.span)),
            ))
        }
        _ => Err(c.unexpected("an operator")),
    }
}

/// `(left, right)`, `NONE` where there is no left one.
fn operands(c: &mut Cursor) -> Read<String> {
    let mut group = c.group_cursor()?;
    let types = list(&mut group, |c| match c.eat("none") {
        true => Ok("NONE".to_owned()),
        false => Ok(data_type::read(c)?.text),
    })?;
    group.finish()?;
    Ok(types.join(", "))
}

/// `f`, `a.f`; a server says the arguments too.
fn function(c: &mut Cursor) -> Read<ObjectId> {
    routine(c)
}

/// `f(types)`
fn routine(c: &mut Cursor) -> Read<ObjectId> {
    Ok(name::routine(c, Kind::Function)?.0)
}

fn taken(c: &mut Cursor, takes: Takes) -> Read<Value> {
    Ok(match takes {
        Takes::Flag => Value::Word("true".to_owned()),
        Takes::Bool => {
            let word = value(c, "`true` or `false`")?.to_ascii_lowercase();
            let on = !matches!(word.as_str(), "false" | "off" | "0" | "no" | "f");
            Value::Word(on.to_string())
        }
        Takes::Word => Value::Word(value(c, "a word")?.to_ascii_lowercase()),
        Takes::Text => Value::Text(value(c, "a text in quotes")?),
        Takes::Type => Value::Type(data_type::read(c)?),
        Takes::Function => Value::Object(function(c)?),
        Takes::Operator => Value::Word(data_type::operator(c)?),
        Takes::Name => Value::Name(last(c)?),
        Takes::Object(kind) => Value::Object(name::object(c, kind, &name::a(kind))?.0),
    })
}

/// The last part of a name.
fn last(c: &mut Cursor) -> Read<String> {
    let parts = c.name("a name")?;
    let last = parts.last().map(|p| name::exact(&p.text));
    Ok(last.unwrap_or_default().as_str().to_owned())
}

/// CREATE of such a kind; `None`: it is another one.
pub(super) fn create(r: &mut Reader, mode: Mode) -> Read<Option<()>> {
    let start = r.pos();
    let flag = [("default", Kind::Conversion), ("trusted", Kind::Language)]
        .into_iter()
        .find(|(word, _)| r.eat(word));
    let Some(kind) = kind(r) else {
        r.reset(start);
        return Ok(None);
    };
    if flag.is_some_and(|(_, of)| of != kind) {
        r.reset(start);
        return Ok(None);
    }
    let mode = Mode {
        if_not_exists: r.if_not_exists(),
        ..mode
    };
    let (id, span) = match kind {
        Kind::Operator => {
            let from = r.pos();
            (operator(r)?, r.span_from(from))
        }
        Kind::OperatorClass | Kind::OperatorFamily => name::object(r, kind, &name::a(kind))?,
        Kind::UserMapping => {
            r.expect("for")?;
            let from = r.pos();
            let user = mapped(r)?;
            (flat(kind, user), r.span_from(from))
        }
        _ => object(r, kind)?,
    };
    // Without a handler it is the extension of that name (manual, CREATE LANGUAGE).
    if kind == Kind::Language && r.done() {
        r.create(id.of_kind(Kind::Extension), Extension::default(), mode);
        return Ok(Some(()));
    }
    let mut definition = Definition::default();
    if let (Some((word, _)), Some(_)) = (flag, leading(kind)) {
        definition.set(Piece::new(word, vec![Value::Word("true".into())]));
    }
    let id = body(r, id, &mut definition)?;
    // Who that is differs from session to session.
    let session = ["current_user", "current_role", "session_user"];
    if kind == Kind::UserMapping && session.contains(&id.name.as_str()) {
        let told = format!("for {}: name the role", id.name);
        r.unmodelled("user mapping", told, None, span);
        return Ok(Some(()));
    }
    r.part(id.part(), span);
    r.create(id, definition, mode);
    Ok(Some(()))
}

/// From behind TYPE and its name: `AS RANGE (…)`, `(…)`.
pub(super) fn create_type(r: &mut Reader, id: ObjectId, span: Span) -> Read<()> {
    let kind = match r.eat_seq(&["as", "range"]) {
        true => Kind::Range,
        false => Kind::BaseType,
    };
    let id = id.of_kind(kind);
    let mut definition = Definition::default();
    // A shell says nothing yet.
    if !r.done() {
        items(r, kind, &mut definition)?;
    }
    r.part(id.part(), span);
    let shell = definition.pieces.is_empty();
    let mode = Mode {
        // The shell may stand already; what fills it stands in its place.
        if_not_exists: shell,
        or_replace: kind == Kind::BaseType && !shell,
        ..Mode::default()
    };
    r.create(id, definition, mode);
    Ok(())
}

/// What stands behind the name; the id with what only that says.
fn body(r: &mut Reader, id: ObjectId, out: &mut Definition) -> Read<ObjectId> {
    let kind = id.kind;
    match kind {
        Kind::Cast => cast(r, out)?,
        Kind::Transform => transform(r, out)?,
        Kind::EventTrigger => event_trigger(r, out)?,
        Kind::OperatorClass => return class::class(r, id, out),
        Kind::OperatorFamily => {
            r.expect("using")?;
            let method = name::spelled(r, "an index method")?;
            out.set(Piece::new("using", vec![Value::Word(method.clone())]));
            alter::tail(r, kind, out)?;
            return Ok(id.with_args(method));
        }
        Kind::Publication => publication::publication(r, out)?,
        Kind::Subscription => publication::subscription(r, out)?,
        _ if listed(kind).is_some() => {
            if kind == Kind::Collation && r.eat("from") {
                let (from, _) = name::object(r, kind, "a collation")?;
                out.set(Piece::new("from", vec![Value::Object(from)]));
                return Ok(id);
            }
            items(r, kind, out)?;
            alter::tail(r, kind, out)?;
        }
        _ => {
            if leading(kind).is_some_and(|word| r.eat(word)) {
                let word = leading(kind).unwrap_or_default();
                out.set(Piece::new(word, vec![Value::Word("true".into())]));
            }
            clauses(r, kind, out)?;
        }
    }
    Ok(match kind {
        Kind::Operator => {
            let side = |key: &str| out.ty(key).map_or("NONE", |ty| ty.text.as_str());
            id.with_args(format!("{}, {}", side("leftarg"), side("rightarg")))
        }
        Kind::UserMapping => {
            let server = out.object("server").map(|id| id.name.as_str().to_owned());
            id.with_args(server.unwrap_or_default())
        }
        _ => id,
    })
}

/// `(key = value, …)`
fn items(r: &mut Reader, kind: Kind, out: &mut Definition) -> Read<()> {
    let table = listed(kind).unwrap_or_default();
    let mut group = r.group_cursor()?;
    let mut said: Vec<Piece> = list(&mut group, |c| item(c, kind, table))?;
    group.finish()?;
    // LOCALE is both.
    if kind == Kind::Collation {
        said.retain(|p| p.key != "version");
    }
    said.sort_by_key(|p| {
        table
            .iter()
            .position(|c| c.key == p.key)
            .unwrap_or(table.len())
    });
    said.into_iter().for_each(|piece| out.set(piece));
    Ok(())
}

fn item(c: &mut Cursor, kind: Kind, table: &[Clause]) -> Read<Piece> {
    let from = c.pos();
    let key = c.ident("a parameter")?.text;
    let lower = match (kind, key.to_ascii_lowercase().as_str()) {
        (Kind::Operator, "procedure") => "function".to_owned(),
        (_, lower) => lower.to_owned(),
    };
    if kind == Kind::Collation && lower == "version" {
        c.expect_symbol("=")?;
        value(c, "a version")?;
        return Ok(Piece::new("version", Vec::new()));
    }
    let Some(clause) = table.iter().find(|clause| clause.key == lower) else {
        if kind == Kind::TextSearchDictionary {
            c.expect_symbol("=")?;
            let text = Value::Text(value(c, "a value")?);
            return Ok(Piece::new("option", vec![text]).named(key));
        }
        c.reset(from);
        return Err(c.unexpected(&format!("a parameter of the {}", kind.noun())));
    };
    if clause.takes == Takes::Flag {
        if c.eat_symbol("=") {
            value(c, "`true`")?;
        }
    } else if !c.eat_symbol("=") {
        if clause.takes == Takes::Bool {
            return Ok(Piece::new(clause.key, vec![Value::Word("true".into())]));
        }
        return Err(c.unexpected("`=`"));
    }
    // NONE is what is there where nothing is said.
    Ok(Piece::new(clause.key, vec![taken(c, clause.takes)?]))
}

/// `WORD value …`, in any order, and `OPTIONS (…)`.
fn clauses(r: &mut Reader, kind: Kind, out: &mut Definition) -> Read<()> {
    let table = worded(kind).unwrap_or_default();
    let mut said = Vec::new();
    loop {
        if r.eat_seq(&["no", "handler"]) || r.eat_seq(&["no", "validator"]) {
            continue;
        }
        if let Some(clause) = table.iter().find(|clause| r.eat_seq(clause.words)) {
            said.push(Piece::new(clause.key, vec![taken(r, clause.takes)?]));
        } else if has_options(kind) && r.eat("options") {
            said.extend(options(r, kind)?.into_iter().map(|e| e.piece));
        } else {
            break;
        }
    }
    said.sort_by_key(|p| {
        table
            .iter()
            .position(|c| c.key == p.key)
            .unwrap_or(table.len())
    });
    said.into_iter().for_each(|piece| out.set(piece));
    Ok(())
}

/// `([ADD | SET | DROP] name 'value', …)`: secrets of a mapping are no part of a schema and are named.
fn options(r: &mut Reader, kind: Kind) -> Read<Vec<Edit>> {
    let mut group = r.group_cursor()?;
    let read = list(&mut group, |c| {
        let start = c.pos();
        let words = [("add", How::Add), ("set", How::Set), ("drop", How::Drop)];
        let how = words.into_iter().find(|(word, _)| c.eat(word));
        // It may be the option's own name.
        let how = match how {
            Some((_, how)) if c.peek().is_some_and(|t| t.kind != TokenKind::Text) => how,
            _ => {
                c.reset(start);
                How::Add
            }
        };
        let span = c.here();
        let name = c.ident("an option")?.text;
        let values = match how {
            How::Drop => Vec::new(),
            _ => vec![Value::Text(c.string("a value in quotes")?)],
        };
        let piece = Piece::new("option", values).named(name);
        Ok((Edit { how, piece }, span))
    })?;
    group.finish()?;
    let mut out = Vec::new();
    for (edit, span) in read {
        if kind == Kind::UserMapping && is_secret(&edit.piece.name) {
            r.unmodelled("secret of a user mapping", edit.piece.name, None, span);
            continue;
        }
        out.push(edit);
    }
    Ok(out)
}

/// `(name 'value', …)` of a foreign table or its column, whole.
pub(super) fn told(r: &mut Reader) -> Read<Options> {
    let mut out = Options::new();
    crate::definition::tell(&mut out, &edited(r)?);
    Ok(out)
}

/// The same, as what ALTER does.
pub(super) fn edited(r: &mut Reader) -> Read<Vec<Edit>> {
    options(r, Kind::Server)
}

/// Options that hold secrets: no such value is ever kept or shown.
pub(crate) fn is_secret(option: &str) -> bool {
    let option = option.to_ascii_lowercase();
    ["password", "secret", "token", "passcode", "credential"]
        .iter()
        .any(|word| option.contains(word))
}

fn cast(r: &mut Reader, out: &mut Definition) -> Read<()> {
    if r.eat_seq(&["with", "function"]) {
        out.set(Piece::new("function", vec![Value::Object(routine(r)?)]));
    } else if r.eat_seq(&["with", "inout"]) {
        out.set(Piece::new("with", vec![Value::Word("inout".into())]));
    } else {
        r.expect_seq(&["without", "function"])?;
    }
    if r.eat("as") {
        let word = r.word().filter(|w| w == "assignment" || w == "implicit");
        let word = word.ok_or_else(|| r.unexpected("`ASSIGNMENT` or `IMPLICIT`"))?;
        r.bump();
        out.set(Piece::new("as", vec![Value::Word(word)]));
    }
    Ok(())
}

fn transform(r: &mut Reader, out: &mut Definition) -> Read<()> {
    let mut group = r.group_cursor()?;
    let mut said = list(&mut group, |c| {
        let key = match c.eat("from") {
            true => "from",
            false => {
                c.expect("to")?;
                "to"
            }
        };
        c.expect_seq(&["sql", "with", "function"])?;
        Ok(Piece::new(key, vec![Value::Object(routine(c)?)]))
    })?;
    group.finish()?;
    said.sort_by(|a, b| a.key.cmp(&b.key));
    said.into_iter().for_each(|piece| out.set(piece));
    Ok(())
}

fn event_trigger(r: &mut Reader, out: &mut Definition) -> Read<()> {
    r.expect("on")?;
    let event = name::single(r, "an event")?;
    out.set(Piece::new(
        "on",
        vec![Value::Word(event.as_str().to_ascii_lowercase())],
    ));
    while r.eat("when") || r.eat("and") {
        let variable = name::single(r, "`TAG`")?.as_str().to_ascii_lowercase();
        r.expect("in")?;
        let mut group = r.group_cursor()?;
        let values = list(&mut group, |c| {
            Ok(Value::Text(c.string("a text in quotes")?))
        })?;
        group.finish()?;
        out.set(Piece::new("when", values).named(variable));
    }
    r.expect("execute")?;
    if !r.eat("function") {
        r.expect("procedure")?;
    }
    let function = routine(r)?.with_args("");
    out.set(Piece::new("execute", vec![Value::Object(function)]));
    alter::tail(r, Kind::EventTrigger, out)
}
