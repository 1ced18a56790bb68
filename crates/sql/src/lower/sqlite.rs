//! SQLite's expression grammar for `sqlparser`: its own precedence table and predicates.
//!
//! Why: the parser's own SQLite dialect binds `||`, `->`, `&` and the comparisons by another engine's table. Levels are
//! those of SQLite's `parse.y`. Neighbour: `token` turns `IS x`, `GLOB`, `REGEXP`, `MATCH` and their negations into
//! custom operators (a dialect's own infix parser would have to copy its left side).

use std::any::TypeId;

use sqlparser::ast::{Expr, UnaryOperator};
use sqlparser::dialect::{Dialect, Precedence, SQLiteDialect};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

#[derive(Debug)]
pub(super) struct Sqlite;

const OR: u8 = 10;
const AND: u8 = 20;
const NOT: u8 = 30;
const EQUAL: u8 = 40;
const LESS: u8 = 50;
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
    fn supports_notnull_operator(&self) -> bool {
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
            Token::Eq | Token::Neq | Token::CustomBinaryOperator(_) => EQUAL,
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
}
