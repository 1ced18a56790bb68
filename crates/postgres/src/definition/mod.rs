//! The kinds that are made of clauses alone: which clauses each has, and how they look as SQL.
//!
//! Neighbours: `grammar::definition` reads by these tables, `row::definition` plans and `print` writes with them, and
//! `inspect::definition` lets the server print the same statements. Invariant: a kind's clauses stand in one place,
//! in the order in which they are written; what only ALTER can say stands behind them.

mod alter;
mod create;

pub(crate) use alter::{edits, edits_of, groups, options, tell, told};
pub(crate) use create::{is_altered, later, statement, whole};

use crate::print::{bare, literal, name, qualified};
use driftless_model::{Kind, ObjectId, Value};

/// What stands behind a clause's word.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Takes {
    /// Nothing.
    Flag,
    Bool,
    Word,
    Text,
    Type,
    /// A function's name.
    Function,
    /// As it is spelled: `=`, `OPERATOR(a.=)`.
    Operator,
    /// The last part of a name.
    Name,
    Object(Kind),
}

/// A clause with its words; in a list in brackets the key is the word.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clause {
    pub key: &'static str,
    pub words: &'static [&'static str],
    pub takes: Takes,
}

const fn item(key: &'static str, takes: Takes) -> Clause {
    Clause {
        key,
        words: &[],
        takes,
    }
}

const fn said(key: &'static str, words: &'static [&'static str], takes: Takes) -> Clause {
    Clause { key, words, takes }
}

/// `(a = b, …)` behind the name.
pub(crate) fn listed(kind: Kind) -> Option<&'static [Clause]> {
    Some(match kind {
        Kind::Collation => {
            const {
                &[
                    item("provider", Takes::Word),
                    item("deterministic", Takes::Bool),
                    item("locale", Takes::Text),
                    item("lc_collate", Takes::Text),
                    item("lc_ctype", Takes::Text),
                    item("rules", Takes::Text),
                ]
            }
        }
        Kind::TextSearchParser => {
            const {
                &[
                    item("start", Takes::Function),
                    item("gettoken", Takes::Function),
                    item("end", Takes::Function),
                    item("headline", Takes::Function),
                    item("lextypes", Takes::Function),
                ]
            }
        }
        Kind::TextSearchTemplate => {
            const {
                &[
                    item("init", Takes::Function),
                    item("lexize", Takes::Function),
                ]
            }
        }
        Kind::TextSearchDictionary => {
            const { &[item("template", Takes::Object(Kind::TextSearchTemplate))] }
        }
        Kind::TextSearchConfiguration => {
            const {
                &[
                    item("parser", Takes::Object(Kind::TextSearchParser)),
                    item("copy", Takes::Object(Kind::TextSearchConfiguration)),
                ]
            }
        }
        Kind::Operator => {
            const {
                &[
                    item("function", Takes::Function),
                    item("leftarg", Takes::Type),
                    item("rightarg", Takes::Type),
                    item("commutator", Takes::Operator),
                    item("negator", Takes::Operator),
                    item("restrict", Takes::Function),
                    item("join", Takes::Function),
                    item("hashes", Takes::Flag),
                    item("merges", Takes::Flag),
                ]
            }
        }
        Kind::Range => {
            const {
                &[
                    item("subtype", Takes::Type),
                    item("subtype_opclass", Takes::Object(Kind::OperatorClass)),
                    item("collation", Takes::Object(Kind::Collation)),
                    item("canonical", Takes::Function),
                    item("subtype_diff", Takes::Function),
                    item("multirange_type_name", Takes::Name),
                ]
            }
        }
        Kind::BaseType => {
            const {
                &[
                    item("input", Takes::Function),
                    item("output", Takes::Function),
                    item("receive", Takes::Function),
                    item("send", Takes::Function),
                    item("typmod_in", Takes::Function),
                    item("typmod_out", Takes::Function),
                    item("analyze", Takes::Function),
                    item("subscript", Takes::Function),
                    item("internallength", Takes::Word),
                    item("passedbyvalue", Takes::Flag),
                    item("alignment", Takes::Word),
                    item("storage", Takes::Word),
                    item("like", Takes::Type),
                    item("category", Takes::Text),
                    item("preferred", Takes::Bool),
                    item("default", Takes::Text),
                    item("element", Takes::Type),
                    item("delimiter", Takes::Text),
                    item("collatable", Takes::Bool),
                ]
            }
        }
        _ => return None,
    })
}

/// Clauses behind the name, each with its words.
pub(crate) fn worded(kind: Kind) -> Option<&'static [Clause]> {
    Some(match kind {
        Kind::ForeignDataWrapper => {
            const {
                &[
                    said("handler", &["handler"], Takes::Function),
                    said("validator", &["validator"], Takes::Function),
                ]
            }
        }
        Kind::Server => {
            const {
                &[
                    said("type", &["type"], Takes::Text),
                    said("version", &["version"], Takes::Text),
                    said(
                        "wrapper",
                        &["foreign", "data", "wrapper"],
                        Takes::Object(Kind::ForeignDataWrapper),
                    ),
                ]
            }
        }
        Kind::UserMapping => const { &[said("server", &["server"], Takes::Object(Kind::Server))] },
        Kind::Language => {
            const {
                &[
                    said("handler", &["handler"], Takes::Function),
                    said("inline", &["inline"], Takes::Function),
                    said("validator", &["validator"], Takes::Function),
                ]
            }
        }
        Kind::AccessMethod => {
            const {
                &[
                    said("type", &["type"], Takes::Word),
                    said("handler", &["handler"], Takes::Function),
                ]
            }
        }
        Kind::Conversion => {
            const {
                &[
                    said("for", &["for"], Takes::Text),
                    said("to", &["to"], Takes::Text),
                    said("from", &["from"], Takes::Function),
                ]
            }
        }
        _ => return None,
    })
}

/// The word in front of the kind's own that is a clause: `DEFAULT CONVERSION`, `TRUSTED LANGUAGE`.
pub(crate) fn leading(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Conversion => Some("default"),
        Kind::Language => Some("trusted"),
        _ => None,
    }
}

/// Whether it has `OPTIONS (…)`.
pub(crate) fn has_options(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::ForeignDataWrapper | Kind::Server | Kind::UserMapping
    )
}

/// As ALTER, DROP and COMMENT name it, behind the kind's words.
pub(crate) fn address(id: &ObjectId) -> String {
    let args = id.args.as_deref().unwrap_or_default();
    match id.kind {
        Kind::Cast => format!("({args})"),
        Kind::Transform => format!("FOR {args} LANGUAGE {}", name(&id.name)),
        Kind::UserMapping => format!("FOR {} SERVER {args}", user(id)),
        Kind::Operator => format!("{} ({args})", operator(id)),
        Kind::OperatorClass | Kind::OperatorFamily => format!("{} USING {args}", qualified(id)),
        _ => qualified(id),
    }
}

/// Whom a mapping is for.
fn user(id: &ObjectId) -> String {
    crate::print::role(id.name.as_str())
}

/// An operator's name: its schema is quoted, its signs are not.
pub(crate) fn operator(id: &ObjectId) -> String {
    match id.schema.is_empty() {
        true => id.name.as_str().to_owned(),
        false => format!("{}.{}", name(&id.schema), id.name.as_str()),
    }
}

/// A function with its arguments, as far as they are known.
pub(crate) fn routine(id: &ObjectId) -> String {
    match &id.args {
        Some(args) => format!("{}({args})", qualified(id)),
        None => qualified(id),
    }
}

pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Word(word) => word.clone(),
        Value::Text(text) => literal(text),
        Value::Name(name) => bare(name),
        Value::Type(ty) => ty.text.clone(),
        Value::Object(id) => qualified(id),
        Value::Sql(text) => crate::print::bracketed(text),
    }
}
