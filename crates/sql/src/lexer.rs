//! Text → tokens with byte spans, by PostgreSQL's and SQLite's own rules; comments apart.
//!
//! Neighbours: `literal` decodes what is lexed here, `script` drives [`Lexer`] statement by statement.
//! Invariant: linear time, no recursion, never fails: what is wrong becomes a diagnostic beside the tokens, and
//! every byte that is neither white space nor comment lies in exactly one token.

mod mysql;

use crate::Syntax;
use crate::diagnostic::Diagnostic;
use crate::source::{Place, SourceId, Span};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token {
    pub kind: TokenKind,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A keyword or an unquoted name.
    Word,
    /// A quoted name.
    Quoted,
    /// A string in any spelling; on PostgreSQL with its continuation lines and `UESCAPE`.
    Text,
    /// `b'…'`, `x'…'`
    Bits,
    Number,
    /// `$1`, `?`, `:a`, `@a`
    Param,
    /// An operator or one punctuation character.
    Symbol,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Comment {
    /// With its marks, without the line's end.
    pub span: Span,
    /// `-- …`, else `/* … */`.
    pub line: bool,
}

/// All tokens and comments of a text.
pub fn lex(
    text: &str,
    syntax: Syntax,
    source: SourceId,
) -> (Vec<Token>, Vec<Comment>, Vec<Diagnostic>) {
    let mut lexer = Lexer::new(text, syntax, source);
    let mut tokens = Vec::new();
    while let Some(token) = lexer.advance() {
        tokens.push(token);
    }
    (tokens, lexer.comments, lexer.problems)
}

/// Reads one token after the other; whoever drives it may move `at` to any character boundary.
pub(crate) struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    syntax: Syntax,
    source: SourceId,
    pub at: usize,
    /// Version comments that are open: their inside is code.
    versions: usize,
    /// MySQL under ANSI_QUOTES: `"` quotes names.
    pub ansi_quotes: bool,
    /// MySQL under NO_BACKSLASH_ESCAPES: a backslash is a sign like any other.
    pub plain_backslash: bool,
    pub comments: Vec<Comment>,
    pub problems: Vec<Diagnostic>,
}

/// How a quoted thing escapes its closing quote.
#[derive(Clone, Copy, PartialEq)]
enum Escape {
    Doubled,
    Backslash,
    /// Doubled, or behind a backslash.
    Both,
    None,
}

impl<'t> Lexer<'t> {
    pub fn new(text: &'t str, syntax: Syntax, source: SourceId) -> Self {
        Lexer {
            text,
            bytes: text.as_bytes(),
            syntax,
            source,
            versions: 0,
            ansi_quotes: false,
            plain_backslash: false,
            at: if text.starts_with('\u{feff}') { 3 } else { 0 },
            comments: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    pub fn advance(&mut self) -> Option<Token> {
        self.skip_blank();
        if self.at >= self.bytes.len() {
            return None;
        }
        let start = self.at;
        let kind = match self.syntax {
            Syntax::Postgres => self.postgres_token(),
            Syntax::Sqlite => self.sqlite_token(),
            Syntax::Mysql | Syntax::Mariadb => self.mysql_token(),
        };
        if self.at == start {
            self.at += 1;
        }
        Some(Token {
            kind,
            span: Span::new(start, self.at),
        })
    }

    /// Skips white space and comments.
    pub fn skip_blank(&mut self) {
        loop {
            match self.byte(self.at) {
                b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => self.at += 1,
                b'-' if self.byte(self.at + 1) == b'-'
                    && (!self.syntax.is_mysql() || self.mysql_dashes()) =>
                {
                    self.line_comment();
                }
                b'#' if self.syntax.is_mysql() => self.line_comment(),
                b'*' if self.versions > 0 && self.byte(self.at + 1) == b'/' => {
                    self.versions -= 1;
                    self.at += 2;
                }
                b'/' if self.syntax.is_mysql() && self.version_comment() => {}
                b'/' if self.byte(self.at + 1) == b'*' => self.block_comment(),
                _ => return,
            }
        }
    }

    pub fn line_comment(&mut self) {
        let start = self.at;
        let end = match self.syntax {
            Syntax::Postgres => line_end(self.bytes, start),
            _ => {
                let line = self.text[start..].split('\n').next().unwrap_or("");
                start + line.trim_end_matches('\r').len()
            }
        };
        self.at = end;
        self.comments.push(Comment {
            span: Span::new(start, end),
            line: true,
        });
    }

    fn block_comment(&mut self) {
        let start = self.at;
        let nested = self.syntax == Syntax::Postgres;
        let mut depth = 1usize;
        self.at += 2;
        while depth > 0 {
            match (self.byte(self.at), self.byte(self.at + 1)) {
                _ if self.at >= self.bytes.len() => {
                    // SQLite takes the end of the text as the end of the comment.
                    if self.syntax != Syntax::Sqlite {
                        self.unterminated(start, "comment", "*/");
                    }
                    break;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    self.at += 2;
                }
                (b'/', b'*') if nested => {
                    depth += 1;
                    self.at += 2;
                }
                _ => self.at += 1,
            }
        }
        self.comments.push(Comment {
            span: Span::new(start, self.at),
            line: false,
        });
    }

    fn problem(&mut self, code: &'static str, span: Span, message: String, label: &str) {
        let place = Place {
            source: self.source,
            span,
        };
        self.problems
            .push(Diagnostic::error(code, message).at(place).label(label));
    }

    fn unterminated(&mut self, start: usize, what: &str, end: &str) {
        let width = self.text[start..].chars().next().map_or(0, char::len_utf8);
        self.problem(
            "D0102",
            Span::new(start, start + width),
            format!("this {what} has no end"),
            &format!("`{end}` is missing"),
        );
    }

    fn postgres_token(&mut self) -> TokenKind {
        let (b, next) = (self.byte(self.at), self.byte(self.at + 1));
        match b {
            b'\'' => self.postgres_string(0, Escape::Doubled, TokenKind::Text),
            b'e' | b'E' if next == b'\'' => {
                self.postgres_string(1, Escape::Backslash, TokenKind::Text)
            }
            b'b' | b'B' | b'x' | b'X' if next == b'\'' => {
                self.postgres_string(1, Escape::Doubled, TokenKind::Bits)
            }
            b'u' | b'U' if next == b'&' && self.byte(self.at + 2) == b'\'' => {
                self.postgres_string(2, Escape::Doubled, TokenKind::Text);
                self.unicode_escape();
                TokenKind::Text
            }
            b'u' | b'U' if next == b'&' && self.byte(self.at + 2) == b'"' => {
                self.at += 2;
                self.quoted(b'"', Escape::Doubled, "name");
                self.unicode_escape();
                TokenKind::Quoted
            }
            b'"' => {
                self.quoted(b'"', Escape::Doubled, "name");
                TokenKind::Quoted
            }
            b'$' if next.is_ascii_digit() => {
                self.at += 1;
                self.digits();
                TokenKind::Param
            }
            b'$' => self.dollar(),
            _ if is_word_start(b) => self.word(),
            _ if self.starts_number() => self.number(),
            _ => self.postgres_symbol(),
        }
    }

    /// A string with `prefix` bytes before its quote, and its continuations: another string after white space with
    /// a line's end in it is part of the first (manual, 4.1.2.1).
    fn postgres_string(&mut self, prefix: usize, escape: Escape, kind: TokenKind) -> TokenKind {
        self.at += prefix;
        self.quoted(b'\'', escape, "string");
        while let Some(next) = continuation(self.bytes, self.at) {
            let (from, end) = (self.at, next);
            self.at = from;
            self.skip_blank();
            self.at = end;
            self.quoted(b'\'', escape, "string");
        }
        kind
    }

    /// `UESCAPE '!'` after a `U&` thing belongs to it.
    fn unicode_escape(&mut self) {
        if let Some(end) = uescape_end(self.bytes, self.at) {
            self.at = end;
        }
    }

    /// From an opening quote to behind the closing one.
    fn quoted(&mut self, close: u8, escape: Escape, what: &str) {
        let start = self.at;
        self.at += 1;
        loop {
            if self.at >= self.bytes.len() {
                let end = (close as char).to_string();
                self.unterminated(start, what, &end);
                return;
            }
            let b = self.bytes[self.at];
            self.at += 1;
            if b == close {
                if !matches!(escape, Escape::None) && self.byte(self.at) == close {
                    self.at += 1;
                } else {
                    return;
                }
            } else if b == b'\\'
                && matches!(escape, Escape::Backslash | Escape::Both)
                && self.at < self.bytes.len()
            {
                self.at += self.text[self.at..]
                    .chars()
                    .next()
                    .map_or(0, char::len_utf8);
            }
        }
    }

    fn dollar(&mut self) -> TokenKind {
        let Some(tag) = dollar_tag(self.text, self.at) else {
            self.at += 1;
            return TokenKind::Symbol;
        };
        let start = self.at;
        let body = start + tag.len();
        match self.text[body..].find(tag) {
            Some(i) => self.at = body + i + tag.len(),
            None => {
                self.at = self.bytes.len();
                self.unterminated(start, "string", tag);
            }
        }
        TokenKind::Text
    }

    fn word(&mut self) -> TokenKind {
        while is_word_part(self.byte(self.at)) {
            self.at += 1;
        }
        TokenKind::Word
    }

    /// A digit, or a point before one; the second point of `1..2` starts none.
    fn starts_number(&self) -> bool {
        let (b, next) = (self.byte(self.at), self.byte(self.at + 1));
        let range = self.at > 0 && self.byte(self.at - 1) == b'.';
        b.is_ascii_digit() || (b == b'.' && next.is_ascii_digit() && !range)
    }

    fn digits(&mut self) {
        while self.byte(self.at).is_ascii_digit()
            || (self.byte(self.at) == b'_' && self.byte(self.at + 1).is_ascii_digit())
        {
            self.at += 1;
        }
    }

    fn number(&mut self) -> TokenKind {
        let (b, next) = (self.byte(self.at), self.byte(self.at + 1) | 0x20);
        let radix: Option<fn(&u8) -> bool> = match next {
            b'x' if b == b'0' => Some(u8::is_ascii_hexdigit),
            b'o' if b == b'0' && self.syntax == Syntax::Postgres => {
                Some(|b| (b'0'..=b'7').contains(b))
            }
            b'b' if b == b'0' && self.syntax == Syntax::Postgres => {
                Some(|b| matches!(b, b'0' | b'1'))
            }
            _ => None,
        };
        if let Some(is_digit) = radix
            && is_digit(&self.byte(self.at + 2))
        {
            self.at += 2;
            while is_digit(&self.byte(self.at))
                || (self.byte(self.at) == b'_' && is_digit(&self.byte(self.at + 1)))
            {
                self.at += 1;
            }
            return TokenKind::Number;
        }
        self.digits();
        if self.byte(self.at) == b'.' && self.byte(self.at + 1) != b'.' {
            self.at += 1;
            self.digits();
        }
        if self.byte(self.at) | 0x20 == b'e' {
            let signed = matches!(self.byte(self.at + 1), b'+' | b'-') as usize;
            if self.byte(self.at + 1 + signed).is_ascii_digit() {
                self.at += 1 + signed;
                self.digits();
            }
        }
        TokenKind::Number
    }

    fn postgres_symbol(&mut self) -> TokenKind {
        let rest = &self.bytes[self.at..];
        match rest {
            [b':', b':' | b'=', ..] => self.at += 2,
            [b, ..] if is_operator(*b) => self.at += operator_length(rest),
            [0, ..] => self.nul(),
            _ => self.at += 1,
        }
        TokenKind::Symbol
    }

    fn nul(&mut self) {
        let span = Span::new(self.at, self.at + 1);
        self.at += 1;
        self.problem(
            "D0103",
            span,
            "a NUL character in the text".into(),
            "not allowed here",
        );
    }

    fn sqlite_token(&mut self) -> TokenKind {
        let (b, next) = (self.byte(self.at), self.byte(self.at + 1));
        match b {
            b'\'' => {
                self.quoted(b'\'', Escape::Doubled, "string");
                TokenKind::Text
            }
            b'"' | b'`' => {
                self.quoted(b, Escape::Doubled, "name");
                TokenKind::Quoted
            }
            b'[' => {
                self.quoted(b']', Escape::None, "name");
                TokenKind::Quoted
            }
            b'x' | b'X' if next == b'\'' => {
                self.at += 1;
                self.quoted(b'\'', Escape::Doubled, "string");
                TokenKind::Bits
            }
            b'?' => {
                self.at += 1;
                self.digits();
                TokenKind::Param
            }
            b':' | b'@' | b'$' | b'#' if is_word_part(next) => {
                self.at += 1;
                self.word();
                TokenKind::Param
            }
            _ if is_word_start(b) => self.word(),
            _ if self.starts_number() => self.number(),
            _ => self.sqlite_symbol(),
        }
    }

    fn sqlite_symbol(&mut self) -> TokenKind {
        match &self.bytes[self.at..] {
            [b'-', b'>', b'>', ..] => self.at += 3,
            [b'-', b'>', ..]
            | [b'|', b'|', ..]
            | [b'=', b'=', ..]
            | [b'<', b'>' | b'=' | b'<', ..]
            | [b'>', b'=' | b'>', ..]
            | [b'!', b'=', ..] => self.at += 2,
            [0, ..] => self.nul(),
            _ => self.at += 1,
        }
        TokenKind::Symbol
    }
}

pub(crate) fn is_word_start(b: u8) -> bool {
    b.is_ascii_alphabetic() || b == b'_' || b >= 0x80
}

pub(crate) fn is_word_part(b: u8) -> bool {
    is_word_start(b) || b.is_ascii_digit() || b == b'$'
}

fn is_operator(b: u8) -> bool {
    b"+-*/<>=~!@#%^&|`?".contains(&b)
}

/// PostgreSQL's rule (manual, 4.1.3): the longest run, cut before a comment; it may end in `+` or `-` only where
/// one of `~ ! @ # % ^ & | ? `` is in it.
fn operator_length(rest: &[u8]) -> usize {
    let mut length = 1;
    while let Some(b) = rest.get(length) {
        let comment = matches!(
            (b, rest.get(length + 1)),
            (b'-', Some(b'-')) | (b'/', Some(b'*'))
        );
        if !is_operator(*b) || comment {
            break;
        }
        length += 1;
    }
    let free = rest[..length].iter().any(|b| b"~!@#%^&|`?".contains(b));
    while length > 1 && !free && matches!(rest[length - 1], b'+' | b'-') {
        length -= 1;
    }
    length
}

/// Where the line that `at` is in ends (before `\n`, `\r\n`, or a lone `\r`).
pub(crate) fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes[at..]
        .iter()
        .position(|b| matches!(b, b'\n' | b'\r'))
        .map_or(bytes.len(), |i| at + i)
}

/// `$tag$` at `at`.
pub(crate) fn dollar_tag(text: &str, at: usize) -> Option<&str> {
    let bytes = text.as_bytes();
    let mut end = at + 1;
    if bytes.get(end).is_some_and(|b| is_word_start(*b)) {
        while bytes
            .get(end)
            .is_some_and(|b| is_word_part(*b) && *b != b'$')
        {
            end += 1;
        }
    }
    (bytes.get(end) == Some(&b'$')).then(|| &text[at..=end])
}

/// Where a string that ended at `at` goes on: the next quote, after white space with a line's end in it.
pub(crate) fn continuation(bytes: &[u8], at: usize) -> Option<usize> {
    let mut i = at;
    let mut line = false;
    loop {
        match bytes.get(i)? {
            b'\n' | b'\r' => {
                line = true;
                i += 1;
            }
            b' ' | b'\t' | 0x0b | 0x0c => i += 1,
            b'-' if line && bytes.get(i + 1) == Some(&b'-') => i = line_end(bytes, i),
            b'\'' => return line.then_some(i),
            _ => return None,
        }
    }
}

/// The end of ` UESCAPE 'c'` at `at`.
pub(crate) fn uescape_end(bytes: &[u8], at: usize) -> Option<usize> {
    let blank = |mut i: usize| {
        while bytes.get(i).is_some_and(u8::is_ascii_whitespace) {
            i += 1;
        }
        i
    };
    let word = blank(at);
    let after = word + "uescape".len();
    if !bytes.get(word..after)?.eq_ignore_ascii_case(b"uescape") {
        return None;
    }
    match bytes.get(blank(after)..)? {
        [b'\'', c, b'\'', ..] if c.is_ascii() && *c != b'\'' => Some(blank(after) + 3),
        _ => None,
    }
}
