//! What ALTER says of single clauses.

use super::create::{class_item, option, parameters, publications, published};
use super::{has_options, value};
use crate::print::{bare, literal, qualified};
use driftless_model::{Kind, Options, Piece, Value};
use driftless_planner::{Edit, How};

/// The edits that one statement can say together, in order.
pub(crate) fn groups(kind: Kind, edits: &[Edit]) -> Vec<Vec<Edit>> {
    let mut out: Vec<Vec<Edit>> = Vec::new();
    for edit in edits {
        let joins = |group: &[Edit]| {
            let first = &group[0];
            let alike = first.how == edit.how && first.piece.key == edit.piece.key;
            match kind {
                // One list of dictionaries for all its tokens.
                Kind::TextSearchConfiguration => {
                    alike && (edit.how == How::Drop || first.piece.values == edit.piece.values)
                }
                Kind::OperatorFamily => first.how == edit.how,
                Kind::Publication => match (first.how, edit.how) {
                    (How::Clear, _) => edit.piece.key != "with",
                    _ => alike,
                },
                Kind::Subscription => alike,
                _ => true,
            }
        };
        // Which token comes first means nothing.
        let last = match kind {
            Kind::TextSearchConfiguration => out.iter_mut().find(|g| joins(g)),
            _ => out.last_mut(),
        };
        match last {
            Some(group) if joins(group) => group.push(edit.clone()),
            _ => out.push(vec![edit.clone()]),
        }
    }
    out
}

/// Behind the name: the clauses of one ALTER.
pub(crate) fn edits(kind: Kind, edits: &[Edit]) -> String {
    let pieces: Vec<&Piece> = edits.iter().map(|e| &e.piece).collect();
    let how = edits.first().map_or(How::Add, |e| e.how);
    match kind {
        Kind::TextSearchConfiguration => mapping(how, &pieces),
        Kind::TextSearchDictionary => {
            let items = edits.iter().map(|e| match e.how {
                How::Drop => bare(&e.piece.name),
                _ => {
                    let value = e.piece.values.first().map(value).unwrap_or_default();
                    format!("{} = {value}", bare(&e.piece.name))
                }
            });
            format!("({})", items.collect::<Vec<_>>().join(", "))
        }
        Kind::Operator | Kind::BaseType => {
            let items = edits.iter().map(|e| {
                let value = match e.how {
                    How::Drop => "NONE".to_owned(),
                    _ => e.piece.values.first().map(value).unwrap_or_default(),
                };
                format!("{} = {value}", e.piece.key.to_ascii_uppercase())
            });
            format!("SET ({})", items.collect::<Vec<_>>().join(", "))
        }
        Kind::OperatorFamily => {
            let word = if how == How::Drop { "DROP" } else { "ADD" };
            let items = pieces.iter().map(|p| match how {
                How::Drop => format!("{} {}", p.key.to_ascii_uppercase(), p.name),
                _ => class_item(p),
            });
            format!("{word} {}", items.collect::<Vec<_>>().join(", "))
        }
        Kind::EventTrigger => enabled(pieces.first().copied()).to_owned(),
        Kind::Publication => publication(how, &pieces),
        Kind::Subscription => subscription(how, &pieces),
        kind if has_options(kind) => options(edits),
        _ => String::new(),
    }
}

fn mapping(how: How, pieces: &[&Piece]) -> String {
    let tokens: Vec<String> = pieces.iter().map(|p| bare(&p.name)).collect();
    let tokens = tokens.join(", ");
    let word = match how {
        How::Drop => return format!("DROP MAPPING FOR {tokens}"),
        How::Set => "ALTER",
        How::Add | How::Clear => "ADD",
    };
    let dictionaries = pieces.first().map(|p| {
        let names = p.values.iter().filter_map(|v| match v {
            Value::Object(id) => Some(qualified(id)),
            _ => None,
        });
        names.collect::<Vec<_>>().join(", ")
    });
    format!(
        "{word} MAPPING FOR {tokens} WITH {}",
        dictionaries.unwrap_or_default()
    )
}

fn enabled(piece: Option<&Piece>) -> &'static str {
    match piece.and_then(|p| p.values.first()) {
        Some(Value::Word(how)) if how == "disabled" => "DISABLE",
        Some(Value::Word(how)) if how == "replica" => "ENABLE REPLICA",
        Some(Value::Word(how)) if how == "always" => "ENABLE ALWAYS",
        _ => "ENABLE",
    }
}

/// `OPTIONS (ADD a 'x', SET b 'y', DROP c)`, and what else ALTER says of such a kind.
pub(crate) fn options(edits: &[Edit]) -> String {
    let mut out = Vec::new();
    let mut items = Vec::new();
    for edit in edits {
        let piece = &edit.piece;
        if piece.key == "option" {
            items.push(match edit.how {
                How::Drop => format!("DROP {}", bare(&piece.name)),
                How::Set => format!("SET {}", option(piece)),
                How::Add | How::Clear => format!("ADD {}", option(piece)),
            });
            continue;
        }
        let word = piece.key.to_ascii_uppercase();
        out.push(match edit.how {
            How::Drop => format!("NO {word}"),
            _ => {
                let value = piece.values.first().map(value).unwrap_or_default();
                format!("{word} {value}")
            }
        });
    }
    if !items.is_empty() {
        out.push(format!("OPTIONS ({})", items.join(", ")));
    }
    out.join(" ")
}

fn publication(how: How, pieces: &[&Piece]) -> String {
    if pieces.iter().any(|p| p.key == "with") {
        return format!("SET ({})", parameters(pieces));
    }
    let word = match how {
        How::Drop => "DROP",
        How::Clear => "SET",
        How::Add | How::Set => "ADD",
    };
    format!("{word} {}", published(pieces))
}

fn subscription(how: How, pieces: &[&Piece]) -> String {
    let Some(first) = pieces.first() else {
        return String::new();
    };
    match first.key.as_str() {
        "connection" => {
            let text = match first.values.first() {
                Some(Value::Text(text)) => text.as_str(),
                _ => "",
            };
            format!("CONNECTION {}", literal(text))
        }
        "publication" => {
            let word = if how == How::Drop { "DROP" } else { "ADD" };
            format!(
                "{word} PUBLICATION {} WITH (refresh = false)",
                publications(pieces.iter().copied())
            )
        }
        _ => match pieces {
            [only] if only.name == "enabled" => match only.values.first() {
                Some(Value::Word(on)) if on == "true" => "ENABLE".to_owned(),
                _ => "DISABLE".to_owned(),
            },
            _ => format!("SET ({})", parameters(pieces)),
        },
    }
}

/// ` OPTIONS (a 'x')`, where there are any.
pub(crate) fn told(options: &Options) -> String {
    if options.is_empty() {
        return String::new();
    }
    let items = options
        .iter()
        .map(|(k, v)| format!("{} {}", bare(k), literal(v)));
    format!(" OPTIONS ({})", items.collect::<Vec<_>>().join(", "))
}

/// What ALTER says to get from these options to those.
pub(crate) fn edits_of(before: &Options, after: &Options) -> Vec<Edit> {
    let edit = |how, name: &str, value: Option<&String>| Edit {
        how,
        piece: Piece::new(
            "option",
            value.iter().map(|v| Value::Text((*v).clone())).collect(),
        )
        .named(name),
    };
    let gone = before.keys().filter(|k| !after.contains_key(k));
    let mut out: Vec<Edit> = gone.map(|k| edit(How::Drop, k, None)).collect();
    for (key, value) in after {
        match before.get(key) {
            Some(was) if was == value => {}
            Some(_) => out.push(edit(How::Set, key, Some(value))),
            None => out.push(edit(How::Add, key, Some(value))),
        }
    }
    out
}

/// Follows it.
pub(crate) fn tell(options: &mut Options, edits: &[Edit]) {
    for Edit { how, piece } in edits {
        match (how, piece.values.first()) {
            (How::Add | How::Set, Some(Value::Text(text))) => {
                options.insert(piece.name.clone(), text.clone());
            }
            _ => {
                options.remove(&piece.name);
            }
        }
    }
}
