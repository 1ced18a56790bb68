//! MySQL's values with words inside them: INTERVAL, typed strings, BINARY, CONVERT, MATCH, introducers, sequences.
//!
//! Neighbours: `mysql` asks where an operand begins; `expr` lowers what comes out. Invariant: each becomes a call of a
//! name with a blank in it, which no text can call, so that it is taken for nothing else.

use sqlparser::ast::{
    BinaryOperator, CastKind, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident, ObjectName,
};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, Word};

type Parsed = Result<Expr, ParserError>;

/// Whether it is that word, not a name in quotes.
pub(super) fn is(word: &Word, wanted: &str) -> bool {
    word.quote_style.is_none() && word.value.eq_ignore_ascii_case(wanted)
}

/// An operand that begins with a word of this file.
pub(super) fn prefix(parser: &mut Parser, tight: u8) -> Option<Parsed> {
    let Token::Word(word) = &parser.peek_token_ref().token else {
        return None;
    };
    if word.quote_style.is_some() {
        return None;
    }
    let word = word.value.to_ascii_lowercase();
    let next = &parser.peek_nth_token_ref(1).token;
    let opens = *next == Token::LParen;
    let string = matches!(next, Token::SingleQuotedString(_));
    match word.as_str() {
        "interval" if *next != Token::Period => Some(interval(parser)),
        "binary" => {
            parser.advance_token();
            let value = parser.parse_subexpr(tight);
            Some(value.map(|v| form("binary of", vec![v])))
        }
        "date" | "time" | "timestamp" if string => Some(literal(parser, &format!("{word} of"))),
        _ if word.starts_with('_') && string => {
            Some(literal(parser, &format!("introduced {word}")))
        }
        "convert" if opens => Some(convert(parser)),
        "char" if opens => Some(character(parser)),
        "match" => Some(matching(parser)),
        "next" | "previous" if eat_words(parser, &[&word, "value", "for"]) => {
            let called = if word == "next" { "nextval" } else { "lastval" };
            Some(sequence(parser).map(|s| form(called, vec![s])))
        }
        _ => None,
    }
}

fn form(name: &str, args: Vec<Expr>) -> Expr {
    let argument = |e| FunctionArg::Unnamed(FunctionArgExpr::Expr(e));
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: args.into_iter().map(argument).collect(),
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

fn fails<T>(parser: &Parser, wanted: &str) -> Result<T, ParserError> {
    let found = &parser.peek_token_ref().token;
    Err(ParserError::ParserError(format!(
        "expected {wanted}, found {found}"
    )))
}

fn eat_word(parser: &mut Parser, word: &str) -> bool {
    eat_words(parser, &[word])
}

fn eat_words(parser: &mut Parser, words: &[&str]) -> bool {
    for (at, word) in words.iter().enumerate() {
        match &parser.peek_nth_token_ref(at).token {
            Token::Word(w) if is(w, word) => {}
            _ => return false,
        }
    }
    for _ in words {
        parser.advance_token();
    }
    true
}

/// Any word or name.
fn word(parser: &mut Parser, wanted: &str) -> Result<String, ParserError> {
    match parser.peek_token_ref().token.clone() {
        Token::Word(w) => {
            parser.advance_token();
            Ok(w.value.to_ascii_lowercase())
        }
        Token::SingleQuotedString(text) => {
            parser.advance_token();
            Ok(text.to_ascii_lowercase())
        }
        _ => fails(parser, wanted),
    }
}

/// Units of INTERVAL (manual, Temporal Intervals).
const UNITS: &[&str] = words!(
    microsecond second minute hour day week month quarter year second_microsecond minute_microsecond minute_second
    hour_microsecond hour_second hour_minute day_microsecond day_second day_minute day_hour year_month
);

/// `INTERVAL a DAY`; `INTERVAL(a, b, …)` is a function.
fn interval(parser: &mut Parser) -> Parsed {
    parser.advance_token();
    let value = parser.parse_expr()?;
    let unit = match &parser.peek_token_ref().token {
        Token::Word(w) => UNITS.iter().find(|u| is(w, u)),
        _ => None,
    };
    match (unit, value) {
        (Some(unit), value) => {
            parser.advance_token();
            Ok(form(&format!("interval {unit}"), vec![value]))
        }
        (None, Expr::Tuple(args)) => Ok(form("interval", args)),
        (None, Expr::Nested(arg)) => Ok(form("interval", vec![*arg])),
        (None, _) => fails(parser, "a unit of time"),
    }
}

/// `DATE '2020-01-01'`, `_latin1'a'`
fn literal(parser: &mut Parser, name: &str) -> Parsed {
    parser.advance_token();
    let value = parser.parse_value()?;
    Ok(form(name, vec![Expr::Value(value)]))
}

/// `CONVERT(a USING utf8mb4)`, `CONVERT(a, CHAR(5))`; the type is a stand-in.
fn convert(parser: &mut Parser) -> Parsed {
    parser.advance_token();
    parser.expect_token(&Token::LParen)?;
    let value = parser.parse_expr()?;
    let out = if parser.parse_keyword(Keyword::USING) {
        let charset = word(parser, "a character set")?;
        let charset = match charset.as_str() {
            "utf8" => "utf8mb3",
            other => other,
        };
        form(&format!("convert using {charset}"), vec![value])
    } else {
        parser.expect_token(&Token::Comma)?;
        Expr::Cast {
            kind: CastKind::Cast,
            expr: Box::new(value),
            data_type: parser.parse_data_type()?,
            format: None,
        }
    };
    parser.expect_token(&Token::RParen)?;
    Ok(out)
}

/// `CHAR(65 USING utf8mb4)`
fn character(parser: &mut Parser) -> Parsed {
    parser.advance_token();
    parser.expect_token(&Token::LParen)?;
    let codes = parser.parse_comma_separated(Parser::parse_expr)?;
    let name = match parser.parse_keyword(Keyword::USING) {
        true => format!("char using {}", word(parser, "a character set")?),
        false => "char".to_owned(),
    };
    parser.expect_token(&Token::RParen)?;
    Ok(form(&name, codes))
}

/// `MATCH (a, b) AGAINST ('x' IN BOOLEAN MODE)`; MySQL shows it without the first brackets.
fn matching(parser: &mut Parser) -> Parsed {
    parser.advance_token();
    let opened = parser.consume_token(&Token::LParen);
    let mut args = Vec::new();
    loop {
        let path = parser.parse_object_name(false)?;
        let mut parts = Vec::new();
        for part in path.0 {
            match part.as_ident() {
                Some(ident) => parts.push(ident.clone()),
                None => return fails(parser, "a column"),
            }
        }
        args.push(match parts.len() {
            1 => Expr::Identifier(parts.swap_remove(0)),
            _ => Expr::CompoundIdentifier(parts),
        });
        if !parser.consume_token(&Token::Comma) {
            break;
        }
    }
    if opened {
        parser.expect_token(&Token::RParen)?;
    }
    if !eat_word(parser, "against") {
        return fails(parser, "AGAINST");
    }
    parser.expect_token(&Token::LParen)?;
    // Above the level of IN.
    let text = parser.parse_subexpr(BITS)?;
    let natural = ["in", "natural", "language", "mode"];
    let mut mode = String::from("match");
    if eat_words(parser, &["in", "boolean", "mode"]) {
        mode.push_str(" boolean");
    } else if eat_words(parser, &natural) {
        // As usual.
    }
    if eat_words(parser, &["with", "query", "expansion"]) {
        mode.push_str(" expansion");
    }
    parser.expect_token(&Token::RParen)?;
    args.insert(0, text);
    Ok(form(&format!("{mode} against"), args))
}

/// Tighter than comparisons and IN.
const BITS: u8 = 50;

/// `NEXT VALUE FOR s` (MariaDB): the sequence's name.
fn sequence(parser: &mut Parser) -> Parsed {
    let name = parser.parse_object_name(false)?;
    let mut parts = Vec::new();
    for part in name.0 {
        match part.as_ident() {
            Some(ident) => parts.push(ident.clone()),
            None => return fails(parser, "a sequence"),
        }
    }
    Ok(Expr::CompoundIdentifier(parts))
}

/// `a SOUNDS LIKE b` is `SOUNDEX(a) = SOUNDEX(b)`.
pub(super) fn sounds_like(parser: &mut Parser, left: &Expr, level: u8) -> Parsed {
    parser.advance_token();
    if !parser.parse_keyword(Keyword::LIKE) {
        return fails(parser, "LIKE");
    }
    let right = parser.parse_subexpr(level)?;
    Ok(Expr::BinaryOp {
        left: Box::new(form("soundex", vec![left.clone()])),
        op: BinaryOperator::Eq,
        right: Box::new(form("soundex", vec![right])),
    })
}
