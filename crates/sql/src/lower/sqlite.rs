//! SQLite's expression grammar for `sqlparser`: its own precedence table and predicates.
//!
//! Why: the parser's own SQLite dialect binds `||`, `->`, `&` and the comparisons by another engine's table, takes
//! `x ISNULL` for an alias and refuses `IS 1` and `NOT GLOB`. Levels are those of SQLite's `parse.y`.

use std::any::TypeId;

use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator};
use sqlparser::dialect::{Dialect, Precedence, SQLiteDialect};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

#[derive(Debug)]
pub(super) struct Sqlite;

const OR: u8 = 10;
const AND: u8 = 20;
const NOT: u8 = 30;
const EQUAL: u8 = 40;
const LESS: u8 = 50;
const ESCAPE: u8 = 55;
const BITS: u8 = 60;
const PLUS: u8 = 70;
const TIMES: u8 = 80;
const CONCAT: u8 = 90;
const COLLATE: u8 = 100;
const UNARY: u8 = 110;
const PERIOD: u8 = 200;

impl Dialect for Sqlite {
    fn dialect(&self) -> TypeId {
        TypeId::of::<SQLiteDialect>()
    }
    fn is_identifier_start(&self, ch: char) -> bool {
        SQLiteDialect {}.is_identifier_start(ch)
    }
    fn is_identifier_part(&self, ch: char) -> bool {
        SQLiteDialect {}.is_identifier_part(ch)
    }
    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }
    fn supports_in_empty_list(&self) -> bool {
        true
    }
    fn supports_limit_comma(&self) -> bool {
        true
    }
    fn supports_bitwise_shift_operators(&self) -> bool {
        true
    }

    fn prec_value(&self, prec: Precedence) -> u8 {
        match prec {
            Precedence::Period => PERIOD,
            Precedence::DoubleColon | Precedence::AtTz => COLLATE,
            Precedence::MulDivModOp => TIMES,
            Precedence::PlusMinus => PLUS,
            Precedence::Xor | Precedence::Ampersand | Precedence::Caret | Precedence::Pipe => BITS,
            Precedence::Colon | Precedence::PgOther => CONCAT,
            Precedence::Between | Precedence::Eq | Precedence::Like | Precedence::Is => EQUAL,
            Precedence::UnaryNot => NOT,
            Precedence::And => AND,
            Precedence::Or => OR,
        }
    }

    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        let level = match &parser.peek_token_ref().token {
            Token::Arrow | Token::LongArrow | Token::StringConcat => CONCAT,
            Token::Lt | Token::LtEq | Token::Gt | Token::GtEq => LESS,
            Token::Ampersand | Token::Pipe | Token::ShiftLeft | Token::ShiftRight => BITS,
            Token::Eq | Token::Neq => EQUAL,
            Token::Word(word) => match word.keyword {
                Keyword::COLLATE => COLLATE,
                Keyword::NOTNULL
                | Keyword::IS
                | Keyword::IN
                | Keyword::LIKE
                | Keyword::GLOB
                | Keyword::REGEXP
                | Keyword::MATCH
                | Keyword::BETWEEN => EQUAL,
                Keyword::NOT => match &parser.peek_nth_token_ref(1).token {
                    Token::Word(next)
                        if matches!(
                            next.keyword,
                            Keyword::NULL
                                | Keyword::IN
                                | Keyword::LIKE
                                | Keyword::GLOB
                                | Keyword::REGEXP
                                | Keyword::MATCH
                                | Keyword::BETWEEN
                        ) =>
                    {
                        EQUAL
                    }
                    _ => 0,
                },
                _ => return None,
            },
            _ => return None,
        };
        Some(Ok(level))
    }

    fn parse_prefix(&self, parser: &mut Parser) -> Option<Result<Expr, ParserError>> {
        let op = match parser.peek_token_ref().token {
            Token::Minus => UnaryOperator::Minus,
            Token::Plus => UnaryOperator::Plus,
            Token::Tilde => UnaryOperator::BitwiseNot,
            _ => return None,
        };
        parser.advance_token();
        Some(parser.parse_subexpr(UNARY).map(|expr| Expr::UnaryOp {
            op,
            expr: Box::new(expr),
        }))
    }

    fn parse_infix(
        &self,
        parser: &mut Parser,
        left: &Expr,
        _precedence: u8,
    ) -> Option<Result<Expr, ParserError>> {
        let Token::Word(word) = &parser.peek_token_ref().token else {
            return None;
        };
        match word.keyword {
            Keyword::IS
            | Keyword::NOTNULL
            | Keyword::NOT
            | Keyword::LIKE
            | Keyword::GLOB
            | Keyword::REGEXP
            | Keyword::MATCH
            | Keyword::BETWEEN
            | Keyword::IN => Some(predicate(parser, Box::new(left.clone()))),
            _ => None,
        }
    }
}

fn predicate(parser: &mut Parser, left: Box<Expr>) -> Result<Expr, ParserError> {
    if parser.parse_keyword(Keyword::NOTNULL)
        || parser.parse_keywords(&[Keyword::NOT, Keyword::NULL])
    {
        return Ok(Expr::IsNotNull(left));
    }
    if parser.parse_keyword(Keyword::IS) {
        return is(parser, left);
    }
    let negated = parser.parse_keyword(Keyword::NOT);
    if parser.parse_keyword(Keyword::IN) {
        return parser.parse_in(*left, negated);
    }
    if parser.parse_keyword(Keyword::BETWEEN) {
        let low = parser.parse_subexpr(AND)?;
        parser.expect_keyword(Keyword::AND)?;
        let high = parser.parse_subexpr(EQUAL)?;
        return Ok(Expr::Between {
            expr: left,
            negated,
            low: Box::new(low),
            high: Box::new(high),
        });
    }
    if parser.parse_keyword(Keyword::LIKE) {
        let pattern = Box::new(parser.parse_subexpr(EQUAL)?);
        let escape = parser.parse_keyword(Keyword::ESCAPE);
        let escape_char = escape
            .then(|| parser.parse_subexpr(ESCAPE).map(Box::new))
            .transpose()?;
        return Ok(Expr::Like {
            negated,
            any: false,
            expr: left,
            pattern,
            escape_char,
        });
    }
    let name = match &parser.next_token().token {
        Token::Word(word) => word.value.to_ascii_lowercase(),
        other => return Err(ParserError::ParserError(format!("unexpected {other}"))),
    };
    let name = if negated { format!("not {name}") } else { name };
    binary(parser, left, name)
}

fn is(parser: &mut Parser, left: Box<Expr>) -> Result<Expr, ParserError> {
    let negated = parser.parse_keyword(Keyword::NOT);
    if parser.parse_keywords(&[Keyword::DISTINCT, Keyword::FROM]) {
        let right = Box::new(parser.parse_subexpr(EQUAL)?);
        return Ok(if negated {
            Expr::IsNotDistinctFrom(left, right)
        } else {
            Expr::IsDistinctFrom(left, right)
        });
    }
    let right = parser.parse_subexpr(EQUAL)?;
    let plain = |yes: fn(Box<Expr>) -> Expr, no: fn(Box<Expr>) -> Expr, left| {
        if negated { no(left) } else { yes(left) }
    };
    if let Expr::Value(value) = &right {
        use sqlparser::ast::Value;
        match value.value {
            Value::Null => return Ok(plain(Expr::IsNull, Expr::IsNotNull, left)),
            Value::Boolean(true) => return Ok(plain(Expr::IsTrue, Expr::IsNotTrue, left)),
            Value::Boolean(false) => return Ok(plain(Expr::IsFalse, Expr::IsNotFalse, left)),
            _ => {}
        }
    }
    Ok(Expr::BinaryOp {
        left,
        op: BinaryOperator::Custom(if negated { "is not" } else { "is" }.to_owned()),
        right: Box::new(right),
    })
}

fn binary(parser: &mut Parser, left: Box<Expr>, op: String) -> Result<Expr, ParserError> {
    Ok(Expr::BinaryOp {
        left,
        op: BinaryOperator::Custom(op),
        right: Box::new(parser.parse_subexpr(EQUAL)?),
    })
}
