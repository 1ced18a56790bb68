//! A cursor over one statement's tokens, for grammars written by hand.
//!
//! Neighbours: `script` gives the tokens, the dialects' grammar files use this. Invariant: a cursor only moves
//! forward except by [`Cursor::reset`]; keywords are compared with unquoted words only, without case; every error
//! has a place.

use crate::Syntax;
use crate::diagnostic::Diagnostic;
use crate::lexer::{Token, TokenKind};
use crate::literal::{token_name, token_text};
use crate::source::{Place, SourceId, Span};
use crate::tree::Ident;

#[derive(Debug, Clone)]
pub struct Cursor<'t> {
    text: &'t str,
    tokens: &'t [Token],
    at: usize,
    /// Where a missing token is shown: the closing bracket of a group, else the last token.
    close: Option<Span>,
    source: SourceId,
    syntax: Syntax,
}

impl<'t> Cursor<'t> {
    /// `text` is the whole source that the tokens' spans speak of.
    pub fn new(text: &'t str, tokens: &'t [Token], source: SourceId, syntax: Syntax) -> Self {
        Cursor {
            text,
            tokens,
            at: 0,
            close: None,
            source,
            syntax,
        }
    }

    /// A cursor over these tokens of the same text.
    pub fn over(&self, tokens: &'t [Token]) -> Cursor<'t> {
        Cursor::new(self.text, tokens, self.source, self.syntax)
    }

    pub fn syntax(&self) -> Syntax {
        self.syntax
    }

    pub fn source(&self) -> SourceId {
        self.source
    }

    pub fn pos(&self) -> usize {
        self.at
    }

    pub fn reset(&mut self, pos: usize) {
        self.at = pos.min(self.tokens.len());
    }

    pub fn done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub fn peek(&self) -> Option<Token> {
        self.peek_nth(0)
    }

    pub fn peek_nth(&self, n: usize) -> Option<Token> {
        self.tokens.get(self.at + n).copied()
    }

    /// The tokens not consumed yet.
    pub fn remaining(&self) -> &'t [Token] {
        &self.tokens[self.at..]
    }

    fn word_is(&self, n: usize, word: &str) -> bool {
        self.peek_nth(n).is_some_and(|t| {
            t.kind == TokenKind::Word && t.span.of(self.text).eq_ignore_ascii_case(word)
        })
    }

    pub fn at(&self, word: &str) -> bool {
        self.word_is(0, word)
    }

    pub fn at_any(&self, words: &[&str]) -> bool {
        words.iter().any(|w| self.at(w))
    }

    pub fn at_seq(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(n, w)| self.word_is(n, w))
    }

    pub fn eat(&mut self, word: &str) -> bool {
        self.eat_seq(&[word])
    }

    /// All of the words, or none.
    pub fn eat_seq(&mut self, words: &[&str]) -> bool {
        let found = self.at_seq(words);
        if found {
            self.at += words.len();
        }
        found
    }

    pub fn expect(&mut self, word: &str) -> Result<(), Diagnostic> {
        if self.eat(word) {
            return Ok(());
        }
        Err(self.unexpected(&format!("`{}`", word.to_ascii_uppercase())))
    }

    pub fn expect_seq(&mut self, words: &[&str]) -> Result<(), Diagnostic> {
        words.iter().try_for_each(|w| self.expect(w))
    }

    pub fn at_symbol(&self, symbol: &str) -> bool {
        self.symbol_is(0, symbol)
    }

    fn symbol_is(&self, n: usize, symbol: &str) -> bool {
        self.peek_nth(n)
            .is_some_and(|t| t.kind == TokenKind::Symbol && t.span.of(self.text) == symbol)
    }

    pub fn eat_symbol(&mut self, symbol: &str) -> bool {
        let found = self.at_symbol(symbol);
        self.at += usize::from(found);
        found
    }

    pub fn expect_symbol(&mut self, symbol: &str) -> Result<(), Diagnostic> {
        if self.eat_symbol(symbol) {
            return Ok(());
        }
        Err(self.unexpected(&format!("`{symbol}`")))
    }

    /// The current word in lower case, not consumed.
    pub fn word(&self) -> Option<String> {
        let token = self.peek().filter(|t| t.kind == TokenKind::Word)?;
        Some(token.span.of(self.text).to_lowercase())
    }

    pub fn bump(&mut self) -> Option<Token> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    /// A name: a word, a quoted name, on SQLite also a string.
    pub fn ident(&mut self, what: &str) -> Result<Ident, Diagnostic> {
        let token = self.peek().filter(|t| match t.kind {
            TokenKind::Word | TokenKind::Quoted => true,
            TokenKind::Text => self.syntax == Syntax::Sqlite,
            _ => false,
        });
        let Some(token) = token else {
            return Err(self.unexpected(what));
        };
        self.at += 1;
        Ok(Ident {
            text: token_name(&token, self.text, self.syntax),
            quoted: token.kind != TokenKind::Word,
            span: token.span,
        })
    }

    /// `a.b.c`
    pub fn name(&mut self, what: &str) -> Result<Vec<Ident>, Diagnostic> {
        let mut parts = vec![self.ident(what)?];
        while self.eat_symbol(".") {
            parts.push(self.ident(what)?);
        }
        Ok(parts)
    }

    /// `(a, b)`
    pub fn ident_list(&mut self, what: &str) -> Result<Vec<Ident>, Diagnostic> {
        self.expect_symbol("(")?;
        let mut names = vec![self.ident(what)?];
        while self.eat_symbol(",") {
            names.push(self.ident(what)?);
        }
        self.expect_symbol(")")?;
        Ok(names)
    }

    /// A string literal, decoded.
    pub fn string(&mut self, what: &str) -> Result<String, Diagnostic> {
        match self.peek().filter(|t| t.kind == TokenKind::Text) {
            Some(token) => {
                self.at += 1;
                Ok(token_text(&token, self.text, self.syntax))
            }
            None => Err(self.unexpected(what)),
        }
    }

    /// A whole number with its sign.
    pub fn integer(&mut self, what: &str) -> Result<i64, Diagnostic> {
        let from = self.at;
        let written = self.number_text(what)?.replace('_', "");
        let (sign, digits) = match written.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", written.as_str()),
        };
        let hex = digits
            .strip_prefix("0x")
            .or_else(|| digits.strip_prefix("0X"));
        let value = match hex {
            Some(hex) => i64::from_str_radix(&format!("{sign}{hex}"), 16),
            None => written.parse(),
        };
        value.map_err(|_| {
            self.reset(from);
            self.unexpected(what)
        })
    }

    /// A number with its sign, as written (`-` directly before the digits, no `+`).
    pub fn number_text(&mut self, what: &str) -> Result<String, Diagnostic> {
        let minus = self.at_symbol("-");
        let signed = usize::from(minus || self.at_symbol("+"));
        let token = self.peek_nth(signed);
        match token.filter(|t| t.kind == TokenKind::Number) {
            Some(token) => {
                self.at += signed + 1;
                let sign = if minus { "-" } else { "" };
                Ok(format!("{sign}{}", token.span.of(self.text)))
            }
            None => Err(self.unexpected(what)),
        }
    }

    /// A balanced `( … )`: the span of its inside.
    pub fn group(&mut self) -> Result<Span, Diagnostic> {
        let (inside, end) = self.group_range()?;
        let open = self.tokens[inside.start - 1].span;
        let close = self.tokens[end - 1].span;
        self.at = end;
        Ok(match self.tokens.get(inside.clone()) {
            Some([first, .., last]) => first.span.to(last.span),
            Some([only]) => only.span,
            _ => Span::new(open.end, close.start),
        })
    }

    /// A balanced `( … )`: a cursor over its inside; this one goes on behind it.
    pub fn group_cursor(&mut self) -> Result<Cursor<'t>, Diagnostic> {
        let (inside, end) = self.group_range()?;
        self.at = end;
        Ok(Cursor {
            tokens: &self.tokens[inside],
            at: 0,
            close: Some(self.tokens[end - 1].span),
            ..*self
        })
    }

    /// Token ranges of a group's inside, and the token behind it.
    fn group_range(&self) -> Result<(std::ops::Range<usize>, usize), Diagnostic> {
        if !self.at_symbol("(") {
            return Err(self.unexpected("`(`"));
        }
        let mut depth = 0usize;
        for (i, token) in self.tokens.iter().enumerate().skip(self.at) {
            if token.kind != TokenKind::Symbol {
                continue;
            }
            match token.span.of(self.text) {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok((self.at + 1..i, i + 1));
            }
        }
        let open = self.tokens[self.at].span;
        Err(Diagnostic::error("D0101", "this bracket is not closed")
            .at(self.place(open))
            .label("`)` is missing"))
    }

    /// Consumes tokens until `stop` holds outside brackets and CASE … END, or to the end of this group.
    pub fn until(&mut self, stop: &dyn Fn(&Cursor) -> bool) -> Span {
        let from = self.at;
        let mut depth = 0usize;
        while let Some(token) = self.peek() {
            if depth == 0 && stop(self) {
                break;
            }
            let raw = token.span.of(self.text);
            match (token.kind, raw) {
                (TokenKind::Symbol, "(" | "[") => depth += 1,
                (TokenKind::Symbol, ")" | "]") if depth == 0 => break,
                (TokenKind::Symbol, ")" | "]") => depth -= 1,
                (TokenKind::Word, _) if self.is_label() => {}
                (TokenKind::Word, _) if raw.eq_ignore_ascii_case("case") => depth += 1,
                (TokenKind::Word, _) if raw.eq_ignore_ascii_case("end") => {
                    depth = depth.saturating_sub(1);
                }
                _ => {}
            }
            self.at += 1;
        }
        self.span_from(from)
    }

    /// `AS end`, `t.case`: the current word is a name, whatever it reads.
    fn is_label(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|i| self.tokens.get(i));
        before.is_some_and(|t| {
            let raw = t.span.of(self.text);
            raw == "." || (t.kind == TokenKind::Word && raw.eq_ignore_ascii_case("as"))
        })
    }

    /// Consumes everything.
    pub fn rest(&mut self) -> Span {
        let from = self.at;
        self.at = self.tokens.len();
        self.span_from(from)
    }

    pub fn text(&self, span: Span) -> &'t str {
        self.text.get(span.start..span.end).unwrap_or("")
    }

    /// All of the source's text, to which spans refer.
    pub fn whole(&self) -> &'t str {
        self.text
    }

    /// From the token at `pos` to the last consumed; empty, at the current token, where none was.
    pub fn span_from(&self, pos: usize) -> Span {
        match self.tokens.get(pos..self.at) {
            Some([only]) => only.span,
            Some([first, .., last]) => first.span.to(last.span),
            _ => {
                let start = self.here().start;
                Span::new(start, start)
            }
        }
    }

    /// The current token, or the place where one is missing.
    pub fn here(&self) -> Span {
        let last = || {
            self.tokens
                .last()
                .map(|t| Span::new(t.span.end, t.span.end))
        };
        self.peek()
            .map(|t| t.span)
            .or(self.close)
            .or_else(last)
            .unwrap_or_default()
    }

    pub fn place(&self, span: Span) -> Place {
        Place {
            source: self.source,
            span,
        }
    }

    /// The error for the current token: "unexpected `foo`", "expected a column name".
    pub fn unexpected(&self, expected: &str) -> Diagnostic {
        let message = match (self.peek(), self.close) {
            (Some(token), _) => format!("unexpected `{}`", shortened(token.span.of(self.text))),
            (None, Some(_)) => "unexpected `)`".to_owned(),
            (None, None) => "the statement ends too early".to_owned(),
        };
        let span = match (self.peek(), self.close, self.tokens.last()) {
            // An empty span at the end shows nothing: the last token is shown instead.
            (None, None, Some(last)) => last.span,
            _ => self.here(),
        };
        Diagnostic::error("D0101", message)
            .at(self.place(span))
            .label(format!("expected {expected}"))
    }

    /// Every token is consumed, else it is unexpected.
    pub fn finish(&self) -> Result<(), Diagnostic> {
        if self.done() {
            return Ok(());
        }
        let end = if self.close.is_some() {
            "`)`"
        } else {
            "the end of the statement"
        };
        Err(self.unexpected(end))
    }
}

/// A token as shown in a message: its first line, at most 40 characters.
fn shortened(raw: &str) -> String {
    let line = raw.lines().next().unwrap_or("");
    let short: String = line.chars().take(40).collect();
    if short.len() < raw.len() {
        return format!("{short}…");
    }
    short
}
