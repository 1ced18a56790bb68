//! The modules of virtual tables that SQLite's own distribution has, and what their arguments say.
//!
//! Neighbours: the row of virtual tables and `full_text` ask. Invariant: what is not known of a table is `None`: then it
//! is taken down and made anew, with consent, never copied by guess.

use crate::grammar::split_arguments;
use crate::text::{SYNTAX, tokens};
use driftless_model::{Name, VirtualTable};
use driftless_sql::{TokenKind, token_name};

/// Modules that SQLite builds in or offers to (vtablist).
const MODULES: [&str; 10] = [
    "dbstat",
    "fts3",
    "fts3tokenize",
    "fts4",
    "fts4aux",
    "fts5",
    "fts5vocab",
    "geopoly",
    "rtree",
    "rtree_i32",
];

pub fn is_in_distribution(module: &str) -> bool {
    MODULES.iter().any(|m| m.eq_ignore_ascii_case(module))
}

/// One argument of a full-text table: `key = value`, or a column.
pub enum Argument {
    Column(Name),
    Option { key: String, value: String },
}

/// The arguments of FTS4 and FTS5 (FTS3 has columns and a tokenizer).
pub fn arguments(table: &VirtualTable) -> Vec<Argument> {
    let written = table.arguments.as_deref().unwrap_or_default();
    let read = |argument: &&str| {
        let tokens = tokens(argument);
        let word = |i: usize| {
            let token = tokens.get(i)?;
            (token.kind != TokenKind::Symbol).then(|| token_name(token, argument, SYNTAX))
        };
        let first = word(0)?;
        let option = tokens.get(1).is_some_and(|t| t.span.of(argument) == "=");
        Some(match option {
            true => Argument::Option {
                key: first.to_ascii_lowercase(),
                value: word(2).unwrap_or_default().trim_matches('\'').to_owned(),
            },
            false => Argument::Column(Name::folded(first)),
        })
    };
    split_arguments(written).iter().filter_map(read).collect()
}

/// The columns whose values are the table's own rows, in order; the rowid first where it is no column. `None`: it has no
/// rows of its own (external or no content), keeps more than its columns show, or is of another module.
pub fn stored(table: &VirtualTable) -> Option<Vec<Name>> {
    let module = table.module.to_ascii_lowercase();
    if ["rtree", "rtree_i32"].contains(&module.as_str()) {
        let written = table.arguments.as_deref()?;
        let name = |argument: &&str| {
            let bare = argument.trim().trim_start_matches('+');
            let tokens = tokens(bare);
            tokens
                .first()
                .map(|t| Name::folded(token_name(t, bare, SYNTAX)))
        };
        return split_arguments(written).iter().map(name).collect();
    }
    if !["fts3", "fts4", "fts5"].contains(&module.as_str()) {
        return None;
    }
    let mut out = vec![Name::folded("rowid")];
    for argument in arguments(table) {
        match argument {
            Argument::Column(name) if module == "fts3" && name.key() == "tokenize" => {}
            Argument::Column(name) => out.push(name),
            // Other rows than its own, or a hidden column beside them.
            Argument::Option { key, .. } if ["content", "languageid"].contains(&key.as_str()) => {
                return None;
            }
            Argument::Option { .. } => {}
        }
    }
    // Without columns they have one called `content`, which only FTS3 and FTS4 do.
    (out.len() > 1).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_of_rows_of_its_own() {
        let of = |module: &str, arguments: &str| {
            let table = VirtualTable {
                module: module.into(),
                arguments: Some(arguments.into()),
                canon: String::new(),
            };
            stored(&table).map(|c| c.iter().map(Name::to_string).collect::<Vec<_>>().join(" "))
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            of(
                "FTS5",
                "a, \"b c\" UNINDEXED, tokenize = 'porter ascii', prefix='2,3'"
            ),
            some("rowid a b c")
        );
        assert_eq!(of("fts4", "a TEXT, b, matchinfo=fts3"), some("rowid a b"));
        assert_eq!(of("fts3", "a, tokenize porter"), some("rowid a"));
        assert_eq!(of("rtree", "id, x0, x1, +note TEXT"), some("id x0 x1 note"));
        assert_eq!(of("fts5", "a, content=''"), None);
        assert_eq!(of("fts4", "a, languageid=\"lid\""), None);
        assert_eq!(of("fts5", "a, content = t"), None);
        assert_eq!(of("fts4", ""), None);
        assert_eq!(of("spellfix1", ""), None);
    }
}
