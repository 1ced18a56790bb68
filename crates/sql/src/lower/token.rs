//! Our tokens → the parser's, so that its own lexer never sees the text: byte offsets instead of lines and columns,
//! decoded literals, only the engine's keywords, stand-ins for types.
//!
//! Neighbours: `types` finds type names; `expr` reads positions and stand-ins back. Invariant: what the parser would
//! take for something else than the engine does is rewritten here, or refused.

use std::collections::BTreeSet;

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Span as TheirSpan, Token as Theirs, TokenWithSpan, Word};

use super::shape::check_shape;
use super::types::{STAND_IN, interval_tail, type_end, type_text, typed_string};
use super::vocabulary::{NO_OPERAND, is_keyword, their_symbol};
use super::{Opaque, opaque};
use crate::Syntax;
use crate::lexer::{Token, TokenKind, lex};
use crate::literal::{token_name, token_text};
use crate::source::{SourceId, Span};

pub(super) struct Prepared {
    pub tokens: Vec<TokenWithSpan>,
    /// What the stand-ins stand for.
    pub types: Vec<String>,
    /// Where names start that had `ONLY` before them.
    pub only: BTreeSet<usize>,
}

/// `further`: words that are keywords as well.
pub(super) fn prepare(
    text: &str,
    syntax: Syntax,
    further: &'static [&'static str],
) -> Result<Prepared, Opaque> {
    let (tokens, _, problems) = lex(text, syntax, SourceId(0));
    if let Some(problem) = problems.first() {
        return opaque(problem.message.clone());
    }
    if tokens.is_empty() {
        return opaque("it is empty");
    }
    check_shape(&tokens, text)?;
    let mut maker = Maker {
        text,
        syntax,
        further,
        tokens: &tokens,
        at: 0,
        cast_types: cast_types(&tokens, text, syntax),
        out: Prepared {
            tokens: Vec::with_capacity(tokens.len()),
            types: Vec::new(),
            only: BTreeSet::new(),
        },
    };
    while maker.at < tokens.len() {
        maker.step()?;
    }
    Ok(maker.out)
}

/// Token ranges of the types in `CAST(… AS type)`, in MySQL also `CONVERT(…, type)`, by their first token.
fn cast_types(tokens: &[Token], text: &str, syntax: Syntax) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    // Per open bracket: what parts the value from the type, if it is a CAST's, and where that was last.
    let mut open: Vec<(&str, Option<usize>)> = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        let raw = token.span.of(text);
        match (token.kind, raw) {
            (TokenKind::Symbol, "(") => {
                let before = i.checked_sub(1).map(|p| &tokens[p]);
                let called = |name: &str| before.is_some_and(|t| word_is(t, text, name));
                let parted = match syntax.is_mysql() && called("convert") {
                    true => ",",
                    false if called("cast") => "as",
                    false => "",
                };
                open.push((parted, None));
            }
            (TokenKind::Symbol, ")") => {
                if let Some((_, Some(from))) = open.pop() {
                    out.push((from + 1, i));
                }
            }
            (TokenKind::Word | TokenKind::Symbol, _) => {
                if let Some(last) = open.last_mut()
                    && raw.eq_ignore_ascii_case(last.0)
                {
                    last.1 = Some(i);
                }
            }
            _ => {}
        }
    }
    out.sort_unstable();
    out
}

pub(super) fn word_is(token: &Token, text: &str, word: &str) -> bool {
    token.kind == TokenKind::Word && token.span.of(text).eq_ignore_ascii_case(word)
}

struct Maker<'t> {
    text: &'t str,
    syntax: Syntax,
    further: &'static [&'static str],
    tokens: &'t [Token],
    at: usize,
    cast_types: Vec<(usize, usize)>,
    out: Prepared,
}

impl Maker<'_> {
    fn step(&mut self) -> Result<(), Opaque> {
        let found = self.cast_types.binary_search_by_key(&self.at, |c| c.0);
        if let Some((from, to)) = found.ok().and_then(|i| self.cast_types.get(i).copied())
            && to > from
        {
            self.stand_in(from, to);
            self.at = to;
            return Ok(());
        }
        match self.tokens[self.at].kind {
            TokenKind::Symbol => self.symbol(),
            TokenKind::Word => self.word(),
            _ => self.literal(),
        }
    }

    fn push(&mut self, token: Theirs, span: Span) {
        let location = |at: usize| Location {
            line: 1,
            column: at as u64 + 1,
        };
        self.out.tokens.push(TokenWithSpan {
            token,
            span: TheirSpan::new(location(span.start), location(span.end)),
        });
    }

    fn stand_in(&mut self, from: usize, to: usize) {
        let tokens = &self.tokens[from..to];
        let name = format!("{STAND_IN}{}", self.out.types.len());
        self.out
            .types
            .push(type_text(tokens, self.text, self.syntax));
        let span = tokens
            .first()
            .zip(tokens.last())
            .map_or_else(Span::default, |(a, b)| a.span.to(b.span));
        self.push(Theirs::make_word(&name, None), span);
    }

    fn is(&self, at: usize, word: &str) -> bool {
        self.tokens
            .get(at)
            .is_some_and(|t| word_is(t, self.text, word))
    }

    fn is_symbol(&self, at: usize, symbol: &str) -> bool {
        self.tokens
            .get(at)
            .is_some_and(|t| t.kind == TokenKind::Symbol && t.span.of(self.text) == symbol)
    }

    fn literal(&mut self) -> Result<(), Opaque> {
        let token = self.tokens[self.at];
        let raw = token.span.of(self.text);
        let theirs = match token.kind {
            TokenKind::Text => {
                Theirs::SingleQuotedString(token_text(&token, self.text, self.syntax))
            }
            TokenKind::Number => Theirs::Number(raw.to_owned(), false),
            TokenKind::Param => Theirs::Placeholder(raw.to_owned()),
            TokenKind::Bits if raw.starts_with(['b', 'B']) => {
                Theirs::SingleQuotedByteStringLiteral(token_text(&token, self.text, self.syntax))
            }
            TokenKind::Bits => Theirs::HexStringLiteral(token_text(&token, self.text, self.syntax)),
            _ => Theirs::make_word(&token_name(&token, self.text, self.syntax), Some('"')),
        };
        self.push(theirs, token.span);
        self.at += 1;
        Ok(())
    }

    fn word(&mut self) -> Result<(), Opaque> {
        let token = self.tokens[self.at];
        let raw = token.span.of(self.text);
        let after_dot = self.at > 0 && self.is_symbol(self.at - 1, ".");
        if self.syntax == Syntax::Postgres && !after_dot {
            if let Some(end) = typed_string(self.tokens, self.text, self.at) {
                return self.typed_string(end);
            }
            if raw.eq_ignore_ascii_case("operator") && self.is_symbol(self.at + 1, "(") {
                return self.named_operator();
            }
            if raw.eq_ignore_ascii_case("only") && self.at > 0 && self.only()? {
                return Ok(());
            }
            if raw.eq_ignore_ascii_case("trim") && self.is_symbol(self.at + 1, "(") {
                self.check_trim()?;
            }
            // The parser would take it for a call of a function `all`.
            if raw.eq_ignore_ascii_case("all")
                && self.at > 0
                && ["like", "ilike", "to"]
                    .iter()
                    .any(|w| self.is(self.at - 1, w))
            {
                return opaque("LIKE ALL");
            }
            if raw.eq_ignore_ascii_case("variadic") {
                return opaque("VARIADIC");
            }
        }
        let isnull = raw.eq_ignore_ascii_case("isnull") && !self.syntax.is_mysql();
        // `trim(both from x)`: the parser knows it without its FROM.
        if !after_dot
            && raw.eq_ignore_ascii_case("from")
            && self.at > 2
            && self.is(self.at - 3, "trim")
            && ["both", "leading", "trailing"]
                .iter()
                .any(|w| self.is(self.at - 1, w))
        {
            self.at += 1;
            return Ok(());
        }
        if !after_dot && isnull && self.operand_before() {
            self.keyword("IS", token.span);
            self.keyword("NULL", token.span);
            self.at += 1;
            return Ok(());
        }
        if self.syntax == Syntax::Sqlite && !after_dot && self.sqlite_operator() {
            return Ok(());
        }
        let mut value = token_name(&token, self.text, self.syntax);
        let Theirs::Word(known) = Theirs::make_word(&value, None) else {
            return opaque("a word");
        };
        let further = self.further.iter().any(|w| value.eq_ignore_ascii_case(w));
        let keyword = further || is_keyword(&value, self.syntax);
        let as_keyword = !after_dot && keyword && self.in_place(&value);
        if as_keyword {
            value = raw.to_owned();
        }
        let keyword = if as_keyword {
            known.keyword
        } else {
            Keyword::NoKeyword
        };
        let theirs = Theirs::Word(Word {
            value,
            quote_style: None,
            keyword,
        });
        self.push(theirs, token.span);
        self.at += 1;
        Ok(())
    }

    /// SQLite's `IS x`, `GLOB`, `REGEXP`, `MATCH` and their negations: one operator token each.
    fn sqlite_operator(&mut self) -> bool {
        if !self.operand_before() {
            return false;
        }
        let pattern = |at: usize| {
            ["glob", "regexp", "match"]
                .into_iter()
                .find(|w| self.is(at, w))
        };
        let negated = self.is(self.at + 1, "not");
        let (op, length) = if let Some(word) = pattern(self.at) {
            (word.to_owned(), 1)
        } else if let (true, Some(word)) = (self.is(self.at, "not"), pattern(self.at + 1)) {
            (format!("not {word}"), 2)
        } else if self.is(self.at, "is") && !self.is_fixed(self.at + 1 + usize::from(negated)) {
            let op = if negated { "is not" } else { "is" };
            (op.to_owned(), 1 + usize::from(negated))
        } else {
            return false;
        };
        let span = self.tokens[self.at].span;
        self.push(Theirs::CustomBinaryOperator(op), span);
        self.at += length;
        true
    }

    /// `NULL`, `TRUE`, `FALSE` as the whole right side of `IS`, or `DISTINCT FROM`.
    fn is_fixed(&self, at: usize) -> bool {
        let value = ["null", "true", "false"].iter().any(|w| self.is(at, w));
        let next = self.tokens.get(at + 1).filter(|_| value);
        let goes_on = next.is_some_and(|t| {
            let raw = t.span.of(self.text);
            match t.kind {
                TokenKind::Symbol => !matches!(raw, ")" | "," | "=" | "==" | "<>" | "!="),
                _ => raw.eq_ignore_ascii_case("collate"),
            }
        });
        (value && !goes_on) || self.is(at, "distinct")
    }

    fn keyword(&mut self, word: &str, span: Span) {
        self.push(Theirs::make_word(word, None), span);
    }

    /// `trim(leading x, 'y')`: the parser would lose the side.
    fn check_trim(&self) -> Result<(), Opaque> {
        if !self.is(self.at + 2, "leading") && !self.is(self.at + 2, "trailing") {
            return Ok(());
        }
        let mut depth = 0usize;
        for i in self.at + 1..self.tokens.len() {
            if self.is_symbol(i, "(") || self.is_symbol(i, "[") {
                depth += 1;
            } else if self.is_symbol(i, ")") || self.is_symbol(i, "]") {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            } else if depth == 1 && self.is_symbol(i, ",") {
                return opaque("TRIM with a side and a comma");
            }
        }
        Ok(())
    }

    /// Words that are names unless their neighbours make them keywords.
    fn in_place(&self, word: &str) -> bool {
        let next_open = self.is_symbol(self.at + 1, "(");
        match word.to_ascii_lowercase().as_str() {
            "position" | "overlay" | "substring" | "trim" | "extract" => next_open,
            "time" => self.at > 0 && self.is(self.at - 1, "at"),
            "zone" => self.at > 0 && self.is(self.at - 1, "time"),
            "at" => self.is(self.at + 1, "time"),
            "rollup" if self.at > 0 && self.is(self.at - 1, "with") => true,
            "cube" | "rollup" => next_open,
            "of" if self.syntax.is_mysql() => self.at > 0 && self.is(self.at - 1, "member"),
            "member" => self.is(self.at + 1, "of"),
            "separator" => self.operand_before(),
            "both" | "leading" | "trailing" => {
                self.at > 1 && self.is_symbol(self.at - 1, "(") && self.is(self.at - 2, "trim")
            }
            "grouping" => self.is(self.at + 1, "sets"),
            "sets" => self.at > 0 && self.is(self.at - 1, "grouping"),
            "filter" | "over" | "within" => self.at > 0 && self.is_symbol(self.at - 1, ")"),
            _ => true,
        }
    }

    /// `date '…'` → `'…'::date`
    fn typed_string(&mut self, end: usize) -> Result<(), Opaque> {
        let from = self.at;
        self.at = end;
        let string = self.tokens[end];
        self.literal()?;
        self.push(Theirs::DoubleColon, string.span);
        let mut spelled = self.tokens[from..end].to_vec();
        if self.is(from, "interval") {
            let tail = interval_tail(self.tokens, self.text, self.at);
            spelled.extend_from_slice(&self.tokens[self.at..tail]);
            self.at = tail;
        }
        let name = format!("{STAND_IN}{}", self.out.types.len());
        self.out
            .types
            .push(type_text(&spelled, self.text, self.syntax));
        self.push(Theirs::make_word(&name, None), self.tokens[from].span);
        Ok(())
    }

    /// `OPERATOR(pg_catalog.=)`: the operator itself; with another schema its whole name.
    fn named_operator(&mut self) -> Result<(), Opaque> {
        let from = self.at;
        let Some(close) = (from..self.tokens.len()).find(|i| self.is_symbol(*i, ")")) else {
            return opaque("OPERATOR without its end");
        };
        let inside = &self.tokens[from + 2..close];
        let Some((op, schema)) = inside.split_last() else {
            return opaque("OPERATOR()");
        };
        if !self.operand_before() {
            return opaque("a prefix OPERATOR()");
        }
        let span = self.tokens[from].span.to(self.tokens[close].span);
        let sign = op.span.of(self.text);
        let schema = type_text(schema, self.text, self.syntax);
        let plain = schema.is_empty() || schema == "pg_catalog.";
        let quantified =
            self.is(close + 1, "any") || self.is(close + 1, "all") || self.is(close + 1, "some");
        let token = match (plain, quantified) {
            (true, true) => their_symbol(sign, self.syntax)?,
            (true, false) => Theirs::CustomBinaryOperator(sign.to_owned()),
            (false, _) => Theirs::CustomBinaryOperator(format!("operator({schema}{sign})")),
        };
        self.push(token, span);
        self.at = close + 1;
        Ok(())
    }

    /// `FROM ONLY t`
    fn only(&mut self) -> Result<bool, Opaque> {
        let before = self.at - 1;
        let starts =
            self.is(before, "from") || self.is(before, "join") || self.is_symbol(before, ",");
        let Some(next) = self.tokens.get(self.at + 1) else {
            return Ok(false);
        };
        if !starts || self.is(self.at + 1, "as") {
            return Ok(false);
        }
        match next.kind {
            TokenKind::Word | TokenKind::Quoted => {
                self.out.only.insert(next.span.start);
                self.at += 1;
                Ok(true)
            }
            _ if self.is_symbol(self.at + 1, "(") => opaque("ONLY with brackets"),
            _ => Ok(false),
        }
    }

    /// Whether the token before this one ends an operand, so that this one is no prefix.
    fn operand_before(&self) -> bool {
        let Some(before) = self.at.checked_sub(1).map(|i| self.tokens[i]) else {
            return false;
        };
        let raw = before.span.of(self.text);
        match before.kind {
            TokenKind::Symbol => matches!(raw, ")" | "]"),
            TokenKind::Word => !NO_OPERAND.iter().any(|w| raw.eq_ignore_ascii_case(w)),
            _ => true,
        }
    }

    fn symbol(&mut self) -> Result<(), Opaque> {
        let token = self.tokens[self.at];
        let raw = token.span.of(self.text);
        if self.syntax == Syntax::Postgres {
            if raw == "::"
                && let Some(end) = type_end(self.tokens, self.text, self.at + 1)
            {
                self.push(Theirs::DoubleColon, token.span);
                self.stand_in(self.at + 1, end);
                self.at = end;
                return Ok(());
            }
            if !self.operand_before() {
                self.check_prefix(raw)?;
            }
        }
        let quantified = self.is(self.at + 1, "any")
            || self.is(self.at + 1, "all")
            || self.is(self.at + 1, "some");
        let generic = self.syntax == Syntax::Postgres
            && raw.starts_with(['~', '!'])
            && raw != "!="
            && !quantified
            && self.operand_before();
        let theirs = if generic {
            // The parser has the pattern operators bind like `=`; the engine like any other operator.
            Theirs::CustomBinaryOperator(raw.to_owned())
        } else {
            their_symbol(raw, self.syntax)?
        };
        self.push(theirs, token.span);
        self.at += 1;
        Ok(())
    }

    /// Prefix operators whose operand the parser would cut otherwise than the engine.
    fn check_prefix(&self, raw: &str) -> Result<(), Opaque> {
        let arithmetic: &[&str] = match raw {
            "-" | "+" => &["^"],
            "~" | "@" | "|/" | "||/" | "!!" | "@-@" | "@@" | "#" | "?-" | "?|" => {
                &["+", "-", "*", "/", "%", "^"]
            }
            _ => return Ok(()),
        };
        let mut depth = 0usize;
        for i in self.at + 1..self.tokens.len() {
            let token = self.tokens[i];
            if token.kind != TokenKind::Symbol {
                continue;
            }
            match token.span.of(self.text) {
                "(" | "[" => depth += 1,
                ")" | "]" if depth == 0 => break,
                ")" | "]" => depth -= 1,
                "," if depth == 0 => break,
                other if depth == 0 && arithmetic.contains(&other) => {
                    return opaque("a prefix operator before arithmetic");
                }
                _ => {}
            }
        }
        Ok(())
    }
}
