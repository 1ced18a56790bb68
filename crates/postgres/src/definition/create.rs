//! What CREATE says.

use super::{Takes, address, has_options, leading, listed, operator, routine, value, worded};
use crate::print::{bare, literal, name, qualified, words};
use driftless_model::{Definition, Kind, ObjectId, Piece, Value};
use driftless_planner::{Edit, How, Printed};

/// The CREATE statement. Clauses that only ALTER can say are left to it.
pub(crate) fn statement(id: &ObjectId, definition: &Definition, or_replace: bool) -> Printed {
    let kind = id.kind;
    let replace = match or_replace && matches!(kind, Kind::Language | Kind::Transform) {
        true => "OR REPLACE ",
        false => "",
    };
    // Of a document, whose text the grammar reads next.
    let said = definition.pieces.is_empty() && !definition.text.is_empty();
    let (flag, items, block, tail) = match said {
        true => told(kind, &definition.text),
        false => {
            let flag = leading(kind).is_some_and(|w| definition.piece(w).is_some());
            let (items, tail) = parts(id, definition);
            (flag, items, listed(kind).is_some(), tail)
        }
    };
    let flag = match leading(kind) {
        Some(word) if flag => format!("{} ", word.to_ascii_uppercase()),
        _ => String::new(),
    };
    let between = if kind == Kind::Range && !said {
        " AS RANGE"
    } else {
        ""
    };
    let head = format!(
        "CREATE {replace}{flag}{}{}{between}",
        words(kind),
        called(id, said)
    );
    let shell = kind == Kind::BaseType && !said && items.is_empty();
    Printed {
        head,
        items,
        block: block && !shell,
        tail,
    }
}

/// The name between the kind's words and its clauses.
fn called(id: &ObjectId, said: bool) -> String {
    match id.kind {
        // All of it stands in the document's text.
        Kind::Cast | Kind::Transform if said => String::new(),
        Kind::Cast | Kind::Transform => format!(" {}", address(id)),
        Kind::UserMapping => format!(" FOR {}", super::user(id)),
        Kind::Operator => format!(" {}", operator(id)),
        _ => format!(" {}", qualified(id)),
    }
}

/// A document's text: whether it begins with the leading word, and the rest.
fn told(kind: Kind, text: &str) -> (bool, Vec<String>, bool, String) {
    let word = leading(kind).unwrap_or_default();
    let rest =
        match word.is_empty() || text.len() < word.len() || !text.is_char_boundary(word.len()) {
            true => None,
            false => {
                let (first, rest) = text.split_at(word.len());
                (first.eq_ignore_ascii_case(word) && rest.starts_with(char::is_whitespace))
                    .then_some(rest)
            }
        };
    match rest {
        Some(rest) => (true, Vec::new(), false, format!(" {}", rest.trim_start())),
        None => (false, Vec::new(), false, format!(" {text}")),
    }
}

/// Everything behind the name, in one line: what documents show and hashes are made of.
pub(crate) fn whole(id: &ObjectId, definition: &Definition) -> String {
    let (items, tail) = parts(id, definition);
    let mut out = String::new();
    match id.kind {
        Kind::Cast | Kind::Transform => out.push_str(&address(id)),
        Kind::Range => out.push_str("AS RANGE"),
        kind => {
            if let Some(word) = leading(kind).filter(|w| definition.piece(w).is_some()) {
                out.push_str(&word.to_ascii_uppercase());
            }
        }
    }
    if !items.is_empty() {
        out.push_str(&format!(" ({})", items.join(", ")));
    }
    out.push_str(&tail);
    for group in super::alter::groups(id.kind, &later(id.kind, definition)) {
        out.push(' ');
        out.push_str(&super::alter::edits(id.kind, &group));
    }
    out.trim_start().to_owned()
}

/// What ALTER says behind CREATE.
pub(crate) fn later(kind: Kind, definition: &Definition) -> Vec<Edit> {
    let pieces = definition.pieces.iter().filter(|p| is_altered(kind, p));
    let edit = |piece: &Piece| Edit {
        how: match piece.key.as_str() {
            "enabled" => How::Set,
            _ => How::Add,
        },
        piece: piece.clone(),
    };
    pieces.map(edit).collect()
}

/// Clauses that CREATE has no words for.
pub(crate) fn is_altered(kind: Kind, piece: &Piece) -> bool {
    match kind {
        Kind::TextSearchConfiguration => piece.key == "mapping",
        Kind::OperatorFamily => matches!(piece.key.as_str(), "operator" | "function"),
        Kind::EventTrigger => piece.key == "enabled",
        _ => false,
    }
}

/// What stands in the list in brackets, and what behind it.
fn parts(id: &ObjectId, definition: &Definition) -> (Vec<String>, String) {
    let kind = id.kind;
    if let Some(clauses) = listed(kind) {
        let mut items = Vec::new();
        for clause in clauses {
            let Some(said) = definition.piece(clause.key) else {
                continue;
            };
            let word = clause.key.to_ascii_uppercase();
            items.push(match (clause.takes, said.values.first()) {
                (Takes::Flag, _) | (_, None) => word,
                (_, Some(v)) => format!("{word} = {}", value(v)),
            });
        }
        for option in definition.pieces.iter().filter(|p| p.key == "option") {
            let value = option.values.first().map(value).unwrap_or_default();
            items.push(format!("{} = {value}", bare(&option.name)));
        }
        return (items, String::new());
    }
    if let Some(clauses) = worded(kind) {
        let mut tail = String::new();
        for clause in clauses {
            if let Some(said) = definition.value(clause.key) {
                let words = clause.words.join(" ").to_ascii_uppercase();
                tail.push_str(&format!(" {words} {}", value(said)));
            }
        }
        if has_options(kind) {
            let options: Vec<String> = definition
                .pieces
                .iter()
                .filter(|p| p.key == "option")
                .map(option)
                .collect();
            if !options.is_empty() {
                tail.push_str(&format!(" OPTIONS ({})", options.join(", ")));
            }
        }
        return (Vec::new(), tail);
    }
    let tail = match kind {
        Kind::Cast => cast(definition),
        Kind::Transform => transform(definition),
        Kind::EventTrigger => event_trigger(definition),
        Kind::OperatorClass => class(id, definition),
        Kind::OperatorFamily => format!(" USING {}", definition.word("using").unwrap_or_default()),
        Kind::Publication => publication(definition),
        Kind::Subscription => subscription(definition),
        _ => String::new(),
    };
    (Vec::new(), tail)
}

/// `host 'x'`
pub(super) fn option(piece: &Piece) -> String {
    let value = piece.values.first().map(value).unwrap_or_default();
    format!("{} {value}", bare(&piece.name))
}

fn cast(definition: &Definition) -> String {
    let how = match definition.object("function") {
        Some(id) => format!(" WITH FUNCTION {}", routine(id)),
        None => match definition.word("with") {
            Some("inout") => " WITH INOUT".to_owned(),
            _ => " WITHOUT FUNCTION".to_owned(),
        },
    };
    match definition.word("as") {
        Some(context) => format!("{how} AS {}", context.to_ascii_uppercase()),
        None => how,
    }
}

fn transform(definition: &Definition) -> String {
    let mut items = Vec::new();
    for (key, words) in [("from", "FROM SQL"), ("to", "TO SQL")] {
        if let Some(id) = definition.object(key) {
            items.push(format!("{words} WITH FUNCTION {}", routine(id)));
        }
    }
    format!(" ({})", items.join(", "))
}

fn event_trigger(definition: &Definition) -> String {
    let mut out = format!(" ON {}", definition.word("on").unwrap_or_default());
    for (i, filter) in definition
        .pieces
        .iter()
        .filter(|p| p.key == "when")
        .enumerate()
    {
        let word = if i == 0 { "WHEN" } else { "AND" };
        let values: Vec<String> = filter.values.iter().map(value).collect();
        out.push_str(&format!(
            " {word} {} IN ({})",
            filter.name.to_ascii_uppercase(),
            values.join(", ")
        ));
    }
    if let Some(id) = definition.object("execute") {
        out.push_str(&format!(" EXECUTE FUNCTION {}()", qualified(id)));
    }
    out
}

fn class(id: &ObjectId, definition: &Definition) -> String {
    let mut out = String::new();
    if definition.piece("default").is_some() {
        out.push_str(" DEFAULT");
    }
    if let Some(ty) = definition.ty("type") {
        out.push_str(&format!(" FOR TYPE {}", ty.text));
    }
    out.push_str(&format!(
        " USING {}",
        definition.word("using").unwrap_or_default()
    ));
    // That of its own name is made with it, or found by it.
    let own = |family: &&ObjectId| family.name == id.name && family.schema == id.schema;
    if let Some(family) = definition.object("family").filter(|f| !own(f)) {
        out.push_str(&format!(" FAMILY {}", qualified(family)));
    }
    let items = definition.pieces.iter();
    let mut items: Vec<String> = items
        .filter(|p| matches!(p.key.as_str(), "operator" | "function"))
        .map(class_item)
        .collect();
    items.extend(
        definition
            .ty("storage")
            .map(|ty| format!("STORAGE {}", ty.text)),
    );
    // There must be one; its own type is stored anyway.
    if let (true, Some(ty)) = (items.is_empty(), definition.ty("type")) {
        items.push(format!("STORAGE {}", ty.text));
    }
    format!("{out} AS {}", items.join(", "))
}

/// `OPERATOR 1 < (a, b)`, `FUNCTION 1 (a, b) f(a, b)`
pub(super) fn class_item(piece: &Piece) -> String {
    let mut values = piece.values.iter();
    let number = values.next().map(value).unwrap_or_default();
    if piece.key == "operator" {
        let mut out = format!("OPERATOR {number}");
        if let Some(Value::Object(id)) = values.next() {
            out.push_str(&format!(
                " {} ({})",
                operator(id),
                id.args.as_deref().unwrap_or_default()
            ));
        }
        if let Some(Value::Object(family)) = values.next() {
            out.push_str(&format!(" FOR ORDER BY {}", qualified(family)));
        }
        return out;
    }
    let mut types = Vec::new();
    let mut called = String::new();
    for v in values {
        match v {
            Value::Object(id) => called = routine(id),
            other => types.push(value(other)),
        }
    }
    let types = match types.is_empty() {
        true => String::new(),
        false => format!(" ({})", types.join(", ")),
    };
    format!("FUNCTION {number}{types} {called}")
}

/// The tables and schemas of a publication, each with its word.
pub(super) fn published(pieces: &[&Piece]) -> String {
    let mut out = Vec::new();
    let tables: Vec<String> = pieces
        .iter()
        .filter(|p| p.key == "table" && !p.values.is_empty())
        .map(|p| published_table(p))
        .collect();
    if !tables.is_empty() {
        out.push(format!("TABLE {}", tables.join(", ")));
    }
    let schemas: Vec<String> = pieces
        .iter()
        .filter(|p| p.key == "schema")
        .filter_map(|p| match p.values.first() {
            Some(Value::Object(id)) => Some(name(&id.name)),
            _ => None,
        })
        .collect();
    if !schemas.is_empty() {
        out.push(format!("TABLES IN SCHEMA {}", schemas.join(", ")));
    }
    out.join(", ")
}

fn published_table(piece: &Piece) -> String {
    let mut out = String::new();
    let mut columns = Vec::new();
    let mut filter = None;
    for v in &piece.values {
        match v {
            // Its children are published where they are listed themselves.
            Value::Object(id) => out = format!("ONLY {}", qualified(id)),
            Value::Sql(text) => filter = Some(crate::print::bracketed(text)),
            other => columns.push(value(other)),
        }
    }
    if !columns.is_empty() {
        out.push_str(&format!(" ({})", columns.join(", ")));
    }
    if let Some(filter) = filter {
        out.push_str(&format!(" WHERE {filter}"));
    }
    out
}

fn publication(definition: &Definition) -> String {
    let mut out = String::new();
    let pieces: Vec<&Piece> = definition.pieces.iter().collect();
    let objects = published(&pieces);
    if definition.piece("all").is_some() {
        out.push_str(" FOR ALL TABLES");
    } else if !objects.is_empty() {
        out.push_str(&format!(" FOR {objects}"));
    }
    let with = parameters(&pieces);
    if !with.is_empty() {
        out.push_str(&format!(" WITH ({with})"));
    }
    out
}

/// `publish = 'insert'`
pub(super) fn parameters(pieces: &[&Piece]) -> String {
    let items = pieces.iter().filter(|p| p.key == "with");
    let items = items.map(|p| {
        let value = p.values.first().map(value).unwrap_or_default();
        format!("{} = {value}", bare(&p.name))
    });
    items.collect::<Vec<_>>().join(", ")
}

fn subscription(definition: &Definition) -> String {
    let mut out = format!(
        " CONNECTION {} PUBLICATION {}",
        literal(definition.word("connection").unwrap_or_default()),
        publications(definition.pieces.iter())
    );
    let pieces: Vec<&Piece> = definition.pieces.iter().collect();
    let with = parameters(&pieces);
    if !with.is_empty() {
        out.push_str(&format!(" WITH ({with})"));
    }
    out
}

pub(super) fn publications<'p>(pieces: impl Iterator<Item = &'p Piece>) -> String {
    let names = pieces
        .filter(|p| p.key == "publication")
        .map(|p| bare(&p.name));
    names.collect::<Vec<_>>().join(", ")
}
