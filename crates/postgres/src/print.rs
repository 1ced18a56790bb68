//! Names, options and common statements as SQL text.
//!
//! Neighbours: every row prints through these. Invariant: everything is qualified and quoted, so that it means the
//! same under any search path.

use crate::canon;
use driftless_model::{Kind, Name, ObjectId, Options, Part, SqlText};
use driftless_sql::{Syntax, needs_brackets, quote_name, quote_text};

pub(crate) fn bare(text: &str) -> String {
    quote_name(text, Syntax::Postgres)
}

pub(crate) fn name(name: &Name) -> String {
    bare(name.as_str())
}

/// `schema.name`; the schema is left out where there is none.
pub(crate) fn qualified(id: &ObjectId) -> String {
    match id.schema.is_empty() {
        true => name(&id.name),
        false => format!("{}.{}", name(&id.schema), name(&id.name)),
    }
}

/// The relation in whose namespace the object lives.
pub(crate) fn owner(id: &ObjectId) -> String {
    let relation = id.owner.clone().unwrap_or_default();
    match id.schema.is_empty() {
        true => name(&relation),
        false => format!("{}.{}", name(&id.schema), name(&relation)),
    }
}

/// As ALTER, DROP, COMMENT and GRANT name it: routines with their arguments.
pub(crate) fn addressed(id: &ObjectId) -> String {
    if id.kind.is_defined() {
        return crate::definition::address(id);
    }
    match &id.args {
        Some(args) if args.is_empty() && id.kind == Kind::Aggregate => {
            format!("{}(*)", qualified(id))
        }
        Some(args) => format!("{}({args})", qualified(id)),
        None => qualified(id),
    }
}

pub(crate) fn names(list: &[Name]) -> String {
    list.iter().map(name).collect::<Vec<_>>().join(", ")
}

pub(crate) fn literal(text: &str) -> String {
    quote_text(text, Syntax::Postgres)
}

/// An expression with every name qualified.
pub(crate) fn expression(text: &SqlText) -> String {
    canon::qualified(text)
}

/// Behind DEFAULT, where the short grammar counts.
pub(crate) fn default(text: &SqlText) -> String {
    let plain = expression(text);
    match needs_brackets(&plain) {
        true => format!("({plain})"),
        false => plain,
    }
}

/// The same in brackets, without doubling those it has.
pub(crate) fn bracketed(text: &SqlText) -> String {
    let text = expression(text);
    if is_enclosed(&text) {
        text
    } else {
        format!("({text})")
    }
}

/// Whether one pair of brackets holds the whole text.
pub(crate) fn is_enclosed(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b'(') || bytes.last() != Some(&b')') {
        return false;
    }
    let (mut depth, mut quote) = (0usize, None);
    for (i, b) in bytes.iter().enumerate() {
        match (quote, b) {
            (Some(q), b) if q == *b => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(*b),
            // Dollar quotes and comments are rare here: another pair of brackets does no harm.
            (None, b'$' | b'-' | b'/') if matches!(bytes.get(i + 1), Some(b'$' | b'-' | b'*')) => {
                return false;
            }
            (None, b'(') => depth += 1,
            (None, b')') => {
                depth = depth.saturating_sub(1);
                if depth == 0 && i + 1 < bytes.len() {
                    return false;
                }
            }
            _ => {}
        }
    }
    depth == 0
}

/// Whether a storage parameter's value can stand without quotes.
fn plain_value(value: &str) -> bool {
    let number = value.parse::<f64>().is_ok() && !value.contains(['n', 'N', 'e', 'E', '+']);
    number || matches!(value, "true" | "false" | "on" | "off" | "auto")
}

fn option_value(value: &str) -> String {
    if plain_value(value) {
        value.to_owned()
    } else {
        literal(value)
    }
}

fn option_name(key: &str) -> String {
    key.split('.').map(bare).collect::<Vec<_>>().join(".")
}

/// `fillfactor = 80, toast.autovacuum_enabled = false`
pub(crate) fn options(map: &Options) -> String {
    map.iter()
        .map(|(k, v)| format!("{} = {}", option_name(k), option_value(v)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `SET (…)` and `RESET (…)` for a change of options.
pub(crate) fn option_clauses(map: &Options<Option<String>>) -> Vec<String> {
    let set: Options = map
        .iter()
        .filter_map(|(k, v)| Some((k.clone(), v.clone()?)))
        .collect();
    let reset: Vec<String> = map
        .iter()
        .filter(|(_, v)| v.is_none())
        .map(|(k, _)| option_name(k))
        .collect();
    let mut out = Vec::new();
    if !set.is_empty() {
        out.push(format!("SET ({})", options(&set)));
    }
    if !reset.is_empty() {
        out.push(format!("RESET ({})", reset.join(", ")));
    }
    out
}

/// The kind's words in a statement.
pub(crate) fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::Schema => "SCHEMA",
        Kind::Extension => "EXTENSION",
        Kind::Enum | Kind::Composite | Kind::Range | Kind::BaseType => "TYPE",
        Kind::Domain => "DOMAIN",
        Kind::Sequence => "SEQUENCE",
        Kind::Function => "FUNCTION",
        Kind::Procedure => "PROCEDURE",
        Kind::Aggregate => "AGGREGATE",
        Kind::Table | Kind::VirtualTable => "TABLE",
        Kind::ForeignTable => "FOREIGN TABLE",
        Kind::Constraint => "CONSTRAINT",
        Kind::Index => "INDEX",
        Kind::View => "VIEW",
        Kind::MaterializedView => "MATERIALIZED VIEW",
        Kind::Trigger => "TRIGGER",
        Kind::Policy => "POLICY",
        Kind::Rule => "RULE",
        Kind::Statistics => "STATISTICS",
        Kind::DefaultPrivileges => "DEFAULT PRIVILEGES",
        Kind::Event => "EVENT",
        Kind::Collation => "COLLATION",
        Kind::Conversion => "CONVERSION",
        Kind::Operator => "OPERATOR",
        Kind::OperatorClass => "OPERATOR CLASS",
        Kind::OperatorFamily => "OPERATOR FAMILY",
        Kind::TextSearchParser => "TEXT SEARCH PARSER",
        Kind::TextSearchTemplate => "TEXT SEARCH TEMPLATE",
        Kind::TextSearchDictionary => "TEXT SEARCH DICTIONARY",
        Kind::TextSearchConfiguration => "TEXT SEARCH CONFIGURATION",
        Kind::Cast => "CAST",
        Kind::Transform => "TRANSFORM",
        Kind::Language => "LANGUAGE",
        Kind::AccessMethod => "ACCESS METHOD",
        Kind::ForeignDataWrapper => "FOREIGN DATA WRAPPER",
        Kind::Server => "SERVER",
        Kind::UserMapping => "USER MAPPING",
        Kind::EventTrigger => "EVENT TRIGGER",
        Kind::Publication => "PUBLICATION",
        Kind::Subscription => "SUBSCRIPTION",
    }
}

/// `schema.table.column`
pub(crate) fn part(part: &Part) -> String {
    match &part.member {
        Some(member) => format!("{}.{}", qualified(&part.object), name(member)),
        None => qualified(&part.object),
    }
}

/// A role; the words for roles of the session stay words.
pub(crate) fn role(role: &str) -> String {
    match role {
        "" | "public" => "PUBLIC".into(),
        "current_user" | "current_role" | "session_user" => role.to_ascii_uppercase(),
        other => bare(other),
    }
}

/// `NOT DEFERRABLE` is never said.
pub(crate) fn timing(deferrable: bool, deferred: bool) -> &'static str {
    match (deferrable, deferred) {
        (_, true) => " DEFERRABLE INITIALLY DEFERRED",
        (true, false) => " DEFERRABLE",
        (false, false) => "",
    }
}

/// `$$…$$`
pub(crate) fn dollar(body: &str) -> String {
    driftless_sql::dollar_quote(body)
}
