//! MySQL's expression grammar for `sqlparser`: its own precedence table (manual, Operator Precedence).
//!
//! Why: the parser's own MySQL dialect binds `||`, `^`, `!` and BETWEEN by another engine's table, and a wrong tree would
//! take two meanings for one. Neighbours: `token` turns signs into the parser's, `mysql_form` reads
//! what has words inside.

use std::any::TypeId;

use super::mysql_form;
use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator};
use sqlparser::dialect::{Dialect, MySqlDialect, Precedence};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

#[derive(Debug)]
pub(super) struct Mysql;

const OR: u8 = 10;
const XOR: u8 = 15;
const AND: u8 = 20;
const NOT: u8 = 30;
const EQUAL: u8 = 40;
const BETWEEN: u8 = 45;
const PIPE: u8 = 50;
const AMPERSAND: u8 = 55;
const SHIFT: u8 = 60;
const PLUS: u8 = 70;
const TIMES: u8 = 80;
const CARET: u8 = 90;
const UNARY: u8 = 100;
const BANG: u8 = 110;
const COLLATE: u8 = 120;
const PERIOD: u8 = 200;

impl Dialect for Mysql {
    fn dialect(&self) -> TypeId {
        TypeId::of::<MySqlDialect>()
    }
    fn is_identifier_start(&self, ch: char) -> bool {
        MySqlDialect {}.is_identifier_start(ch)
    }
    fn is_identifier_part(&self, ch: char) -> bool {
        MySqlDialect {}.is_identifier_part(ch)
    }
    fn supports_limit_comma(&self) -> bool {
        true
    }
    fn supports_bitwise_shift_operators(&self) -> bool {
        true
    }
    fn supports_cross_join_constraint(&self) -> bool {
        true
    }
    fn is_table_factor_alias(&self, explicit: bool, word: &Keyword, parser: &mut Parser) -> bool {
        MySqlDialect {}.is_table_factor_alias(explicit, word, parser)
    }
    fn supports_string_literal_concatenation(&self) -> bool {
        true
    }
    fn supports_group_by_with_modifier(&self) -> bool {
        true
    }
    fn supports_select_modifiers(&self) -> bool {
        true
    }
    fn allow_extract_custom(&self) -> bool {
        true
    }

    fn prec_value(&self, prec: Precedence) -> u8 {
        match prec {
            Precedence::Period => PERIOD,
            Precedence::DoubleColon | Precedence::AtTz | Precedence::Colon => COLLATE,
            Precedence::MulDivModOp => TIMES,
            Precedence::PlusMinus => PLUS,
            Precedence::Xor => XOR,
            Precedence::Ampersand => AMPERSAND,
            Precedence::Caret => CARET,
            Precedence::Pipe => PIPE,
            Precedence::PgOther => TIMES,
            Precedence::Between | Precedence::Like => BETWEEN,
            Precedence::Eq | Precedence::Is => EQUAL,
            Precedence::UnaryNot => NOT,
            Precedence::And => AND,
            Precedence::Or => OR,
        }
    }

    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        let level = match &parser.peek_token_ref().token {
            // In the manual's list IN, LIKE and REGEXP stand with the comparisons, the grammar binds them tighter.
            Token::Word(w) => match w.keyword {
                Keyword::BETWEEN
                | Keyword::LIKE
                | Keyword::IN
                | Keyword::REGEXP
                | Keyword::RLIKE => BETWEEN,
                Keyword::NOT => match &parser.peek_nth_token_ref(1).token {
                    Token::Word(next)
                        if matches!(
                            next.keyword,
                            Keyword::BETWEEN
                                | Keyword::LIKE
                                | Keyword::IN
                                | Keyword::REGEXP
                                | Keyword::RLIKE
                        ) =>
                    {
                        BETWEEN
                    }
                    _ => return None,
                },
                _ if mysql_form::is(w, "mod") || mysql_form::is(w, "div") => TIMES,
                _ if mysql_form::is(w, "sounds") => BETWEEN,
                _ => return None,
            },
            Token::Caret => CARET,
            Token::ShiftLeft | Token::ShiftRight => SHIFT,
            Token::Arrow | Token::LongArrow => PERIOD,
            _ => return None,
        };
        Some(Ok(level))
    }

    fn parse_prefix(&self, parser: &mut Parser) -> Option<Result<Expr, ParserError>> {
        let (op, level) = match parser.peek_token_ref().token {
            Token::ExclamationMark => (UnaryOperator::Not, BANG),
            Token::Minus => (UnaryOperator::Minus, UNARY),
            Token::Plus => (UnaryOperator::Plus, UNARY),
            Token::Tilde => (UnaryOperator::BitwiseNot, UNARY),
            _ => return mysql_form::prefix(parser, COLLATE),
        };
        parser.advance_token();
        Some(parser.parse_subexpr(level).map(|expr| Expr::UnaryOp {
            op,
            expr: Box::new(expr),
        }))
    }

    fn parse_infix(
        &self,
        parser: &mut Parser,
        left: &Expr,
        level: u8,
    ) -> Option<Result<Expr, ParserError>> {
        let Token::Word(word) = &parser.peek_token_ref().token else {
            return None;
        };
        let op = if mysql_form::is(word, "div") {
            BinaryOperator::MyIntegerDivide
        } else if mysql_form::is(word, "mod") {
            BinaryOperator::Modulo
        } else if mysql_form::is(word, "sounds") {
            return Some(mysql_form::sounds_like(parser, left, level));
        } else {
            return None;
        };
        parser.advance_token();
        Some(parser.parse_subexpr(level).map(|right| Expr::BinaryOp {
            left: Box::new(left.clone()),
            op,
            right: Box::new(right),
        }))
    }
}
