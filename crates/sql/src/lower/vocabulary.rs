//! The words and signs that the parser may see: the engines' own, and no other engine's.
//!
//! Neighbour: `token` asks. Invariant: a word that is not listed here reaches the parser as a plain name, so that no
//! other engine's grammar can be taken for this one's.

use sqlparser::tokenizer::Token as Theirs;

use super::{Opaque, opaque};
use crate::Syntax;

/// Words after which an operand still has to come.
pub(super) const NO_OPERAND: &[&str] = words!(
    select distinct all and or not when then else case where on having by in like ilike between is from as
    limit offset escape to any some for using values returning filter zone placing collate
);

pub(super) fn their_symbol(raw: &str, syntax: Syntax) -> Result<Theirs, Opaque> {
    let postgres = syntax == Syntax::Postgres;
    Ok(match raw {
        "(" => Theirs::LParen,
        ")" => Theirs::RParen,
        "[" if !syntax.is_mysql() => Theirs::LBracket,
        "]" if !syntax.is_mysql() => Theirs::RBracket,
        "," => Theirs::Comma,
        "." => Theirs::Period,
        "+" => Theirs::Plus,
        "-" => Theirs::Minus,
        "*" => Theirs::Mul,
        "/" => Theirs::Div,
        "%" => Theirs::Mod,
        "=" | "==" if raw.len() == 1 || !postgres => Theirs::Eq,
        "<>" | "!=" => Theirs::Neq,
        "<" => Theirs::Lt,
        "<=" => Theirs::LtEq,
        ">" => Theirs::Gt,
        ">=" => Theirs::GtEq,
        // PIPES_AS_CONCAT is off.
        "||" if syntax.is_mysql() => Theirs::make_keyword("OR"),
        "||" => Theirs::StringConcat,
        "&&" if syntax.is_mysql() => Theirs::make_keyword("AND"),
        "<=>" => Theirs::Spaceship,
        "!" if syntax.is_mysql() => Theirs::ExclamationMark,
        "|" => Theirs::Pipe,
        "&" => Theirs::Ampersand,
        "<<" => Theirs::ShiftLeft,
        ">>" => Theirs::ShiftRight,
        "~" => Theirs::Tilde,
        "->" => Theirs::Arrow,
        "->>" => Theirs::LongArrow,
        ":" if postgres => Theirs::Colon,
        "::" => Theirs::DoubleColon,
        "=>" => Theirs::RArrow,
        ":=" => Theirs::Assignment,
        "^" => Theirs::Caret,
        "#" => Theirs::Sharp,
        "@" => Theirs::AtSign,
        "|/" => Theirs::PGSquareRoot,
        "||/" => Theirs::PGCubeRoot,
        "~*" => Theirs::TildeAsterisk,
        "!~" => Theirs::ExclamationMarkTilde,
        "!~*" => Theirs::ExclamationMarkTildeAsterisk,
        "~~" => Theirs::DoubleTilde,
        "~~*" => Theirs::DoubleTildeAsterisk,
        "!~~" => Theirs::ExclamationMarkDoubleTilde,
        "!~~*" => Theirs::ExclamationMarkDoubleTildeAsterisk,
        _ if postgres && raw.bytes().all(|b| b"+-*/<>=~!@#%^&|`?".contains(&b)) => {
            Theirs::CustomBinaryOperator(raw.to_owned())
        }
        _ => return opaque(format!("the character `{raw}`")),
    })
}

/// The words that the parser may take for keywords.
pub(super) fn is_keyword(word: &str, syntax: Syntax) -> bool {
    let word = word.to_ascii_lowercase();
    SHARED.contains(&word.as_str())
        || (!syntax.is_mysql() && NOT_MYSQL.contains(&word.as_str()))
        || (syntax == Syntax::Postgres && POSTGRES.contains(&word.as_str()))
        || (syntax.is_mysql() && MYSQL.contains(&word.as_str()))
}

const SHARED: &[&str] = words!(
    all and as asc between by case cast collate cross current desc distinct else end escape except exists
    false filter first following from full group groups having in inner intersect is join last left like limit
    natural not null offset on or order outer over partition preceding range
    recursive right rows row select then true unbounded union using values when where window with
);

/// Those that only INSERT, UPDATE and DELETE have.
pub(super) const COMMAND: &[&str] = words!(delete insert into returning set update);

/// Of SQLite and PostgreSQL.
const NOT_MYSQL: &[&str] = words!(materialized notnull nulls);

const MYSQL: &[&str] = words!(
    any both div extract for high_priority lateral leading member of position rlike regexp rollup separator
    sql_big_result sql_buffer_result sql_calc_found_rows sql_no_cache sql_small_result straight_join substring
    trailing trim unknown update xor
);

const POSTGRES: &[&str] = words!(
    any array at both cube extract fetch for grouping ilike into lateral leading locked next nowait of only
    ordinality overlaps overlay placing position rollup sets share similar skip some substring ties time to
    trailing trim unknown update within zone
);
