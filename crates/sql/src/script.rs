//! A script → its statements, each with its tokens, comments, and COPY's data.
//!
//! Neighbours: drives `lexer`; the dialects' grammars read the tokens through `cursor`. Invariant: every token of the
//! text is in exactly one statement (`;` between statements in none), every comment in one statement or the tail.

use crate::Syntax;
use crate::diagnostic::Diagnostic;
use crate::lexer::{Comment, Lexer, Token, TokenKind, line_end};
use crate::source::{Place, SourceId, Span};
use std::collections::BTreeSet;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementKind {
    Sql,
    /// A line for the client: psql's `\…`, the sqlite3 shell's `.…`. It has no tokens.
    Meta,
}

/// One statement, not yet understood.
#[derive(Debug, Clone, PartialEq)]
pub struct RawStatement {
    /// From its first token to its last, without the `;`.
    pub span: Span,
    pub tokens: Vec<Token>,
    /// Those since the statement before, those inside, and those behind it on its last line.
    pub comments: Vec<Comment>,
    pub kind: StatementKind,
    /// The lines after `COPY … FROM stdin;`, without the closing `\.`.
    pub data: Option<Span>,
}

/// A text taken apart.
#[derive(Debug, Clone, Default)]
pub struct Script {
    pub statements: Vec<RawStatement>,
    /// Comments behind the last statement's line.
    pub tail: Vec<Comment>,
    pub problems: Vec<Diagnostic>,
}

pub fn split(text: &str, syntax: Syntax, source: SourceId) -> (Vec<RawStatement>, Vec<Diagnostic>) {
    let script = read_script(text, syntax, source);
    (script.statements, script.problems)
}

/// The statements one after the other, so that a large text need not be held as tokens. What was wrong is told at the
/// end.
pub struct Statements<'t>(Splitter<'t>);

impl<'t> Statements<'t> {
    pub fn of(text: &'t str, syntax: Syntax, source: SourceId) -> Self {
        Statements(Splitter::new(text, syntax, source))
    }
    pub fn problems(self) -> Vec<Diagnostic> {
        self.0.lexer.problems
    }
}

impl Iterator for Statements<'_> {
    type Item = RawStatement;

    /// A statement is complete only when the next one begins: until then comments may come to it.
    fn next(&mut self) -> Option<RawStatement> {
        while self.0.statements.len() < 2 {
            if !self.0.statement() {
                self.0.hand_back_comments(self.0.text.len());
                return self.0.statements.pop();
            }
        }
        Some(self.0.statements.remove(0))
    }
}

/// As [`split`], with the comments that belong to no statement.
pub fn read_script(text: &str, syntax: Syntax, source: SourceId) -> Script {
    let mut splitter = Splitter::new(text, syntax, source);
    while splitter.statement() {}
    splitter.hand_back_comments(text.len());
    Script {
        statements: splitter.statements,
        tail: splitter.lexer.comments,
        problems: splitter.lexer.problems,
    }
}

pub(crate) struct Splitter<'t> {
    text: &'t str,
    syntax: Syntax,
    source: SourceId,
    lexer: Lexer<'t>,
    statements: Vec<RawStatement>,
    /// MySQL: what the client's DELIMITER line said; `None`: `;`.
    delimiter: Option<String>,
    /// Where the last statement (with its `;`) ended.
    closed_at: Option<usize>,
}

impl<'t> Splitter<'t> {
    pub fn new(text: &'t str, syntax: Syntax, source: SourceId) -> Self {
        Splitter {
            text,
            syntax,
            source,
            lexer: Lexer::new(text, syntax, source),
            statements: Vec::new(),
            delimiter: None,
            closed_at: None,
        }
    }

    /// The statement that was just read, where it was one.
    pub fn take(&mut self) -> Option<RawStatement> {
        self.statements.pop()
    }

    /// From here on the text is read under these modes.
    pub fn under(&mut self, modes: &BTreeSet<String>) {
        self.lexer.ansi_quotes = modes.contains("ANSI_QUOTES");
        self.lexer.plain_backslash = modes.contains("NO_BACKSLASH_ESCAPES");
    }

    /// Reads one statement; false at the end of the text.
    pub fn statement(&mut self) -> bool {
        self.lexer.skip_blank();
        let start = self.lexer.at;
        let Some(first) = self.text.as_bytes().get(start).copied() else {
            return false;
        };
        self.hand_back_comments(start);
        let shell_line = match self.syntax {
            Syntax::Postgres => first == b'\\',
            Syntax::Sqlite => first == b'.' && self.opens_line(start),
            Syntax::Mysql | Syntax::Mariadb => {
                if self.delimiter_line(start) {
                    return true;
                }
                // `\n` and its like are words for the client.
                if first == b'\\' {
                    let word = self.text[start..].chars().take(2).map(char::len_utf8);
                    self.lexer.at = start + word.sum::<usize>();
                    self.closed_at = Some(self.lexer.at);
                    return true;
                }
                false
            }
        };
        if shell_line {
            self.meta(start);
            return true;
        }
        let mut tokens = Vec::new();
        let mut body = Body::default();
        let mut closed = false;
        while let Some(token) = self.lexer.advance() {
            if let Some(delimiter) = &self.delimiter {
                // `END$$`: to the lexer a dollar is part of a word.
                let quoted = matches!(token.kind, TokenKind::Text | TokenKind::Quoted);
                let raw = token.span.of(self.text);
                let inside = match raw.find(delimiter.as_str()) {
                    _ if quoted => None,
                    // One sign of a longer delimiter (`//`).
                    None if self.text[token.span.start..].starts_with(delimiter.as_str()) => {
                        Some(0)
                    }
                    found => found,
                };
                if let Some(at) = inside {
                    self.lexer.at = token.span.start + at + delimiter.len();
                    if at > 0 {
                        tokens.push(Token {
                            span: Span::new(token.span.start, token.span.start + at),
                            ..token
                        });
                    }
                    break;
                }
                // What is no program ends at its semicolon all the same.
                if raw == ";" && body.form == Form::Plain && !tokens.is_empty() {
                    closed = true;
                    break;
                }
            } else if token.span.of(self.text) == ";"
                && body.ends_here(&tokens, self.text, self.syntax)
            {
                closed = true;
                break;
            }
            tokens.push(token);
            body.step(&tokens, self.text, self.syntax);
        }
        // Before another delimiter a semicolon is one too many, and servers take it.
        while self.delimiter.is_some() && tokens.last().is_some_and(|t| t.span.of(self.text) == ";")
        {
            tokens.pop();
        }
        let last = tokens.last().map_or(start, |t| t.span.end);
        let copy = closed && self.syntax == Syntax::Postgres && copies(&tokens, self.text);
        self.closed_at = Some(self.lexer.at);
        let data = copy.then(|| self.copy_data());
        if tokens.is_empty() {
            return true;
        }
        self.statements.push(RawStatement {
            span: Span::new(start, last),
            tokens,
            comments: std::mem::take(&mut self.lexer.comments),
            kind: StatementKind::Sql,
            data,
        });
        true
    }

    /// `DELIMITER //`: a line of the client, which says what ends a statement from here on.
    fn delimiter_line(&mut self, start: usize) -> bool {
        const WORD: &str = "delimiter";
        let end = line_end(self.text.as_bytes(), start);
        let line = &self.text[start..end];
        let Some(rest) = line
            .get(..WORD.len())
            .filter(|w| w.eq_ignore_ascii_case(WORD))
            .and_then(|_| line.get(WORD.len()..))
            .filter(|rest| rest.starts_with([' ', '\t']))
        else {
            return false;
        };
        let word = rest.split_whitespace().next().unwrap_or(";");
        self.delimiter = (word != ";").then(|| word.to_owned());
        self.lexer.at = end;
        self.closed_at = Some(end);
        true
    }

    fn opens_line(&self, at: usize) -> bool {
        self.text[..at]
            .chars()
            .next_back()
            .is_none_or(|c| c == '\n' || c == '\u{feff}')
    }

    fn meta(&mut self, start: usize) {
        let end = line_end(self.text.as_bytes(), start);
        self.lexer.at = end;
        self.closed_at = Some(end);
        let line = self.text[start..end].trim_end();
        self.statements.push(RawStatement {
            span: Span::new(start, start + line.len()),
            tokens: Vec::new(),
            comments: std::mem::take(&mut self.lexer.comments),
            kind: StatementKind::Meta,
            data: None,
        });
    }

    /// Gives waiting comments that lie on the last statement's last line back to it, unless the statement at `next`
    /// starts on that line too.
    fn hand_back_comments(&mut self, next: usize) {
        let (Some(closed), Some(last)) = (self.closed_at, self.statements.last_mut()) else {
            return;
        };
        if self.lexer.comments.is_empty() {
            return;
        }
        let end = line_end(self.text.as_bytes(), closed);
        if next < end {
            return;
        }
        let on_line = self
            .lexer
            .comments
            .iter()
            .take_while(|c| c.span.start < end)
            .count();
        last.comments.extend(self.lexer.comments.drain(..on_line));
    }

    /// From behind `COPY … FROM stdin;`: the rest of that line is blank, then lines up to `\.`.
    fn copy_data(&mut self) -> Span {
        let bytes = self.text.as_bytes();
        let next_line = |at: usize| {
            bytes[at..]
                .iter()
                .position(|b| *b == b'\n')
                .map_or(bytes.len(), |i| at + i + 1)
        };
        let from = next_line(self.lexer.at);
        let rest = self.text[self.lexer.at..from].trim();
        if !rest.is_empty() && !rest.starts_with("--") {
            let place = Place {
                source: self.source,
                span: Span::new(self.lexer.at, from),
            };
            self.lexer.problems.push(
                Diagnostic::error("D0111", "text behind `COPY … FROM stdin;` on its line")
                    .at(place)
                    .label("not read")
                    .note("the data of a COPY starts on the next line"),
            );
        } else if !rest.is_empty() {
            self.lexer.at = from - self.text[self.lexer.at..from].trim_start().len();
            self.lexer.line_comment();
        }
        let mut at = from;
        while at < bytes.len() {
            let next = next_line(at);
            if self.text[at..next].trim_end_matches(['\r', '\n']) == "\\." {
                self.lexer.at = next;
                self.closed_at = Some(at);
                return Span::new(from, at);
            }
            at = next;
        }
        self.lexer.at = bytes.len();
        self.closed_at = Some(bytes.len());
        Span::new(from, bytes.len())
    }
}

/// `COPY … FROM STDIN`
fn copies(tokens: &[Token], text: &str) -> bool {
    let is = |t: &Token, word: &str| {
        t.kind == TokenKind::Word && t.span.of(text).eq_ignore_ascii_case(word)
    };
    tokens.first().is_some_and(|t| is(t, "copy"))
        && tokens
            .windows(2)
            .any(|pair| is(&pair[0], "from") && is(&pair[1], "stdin"))
}

/// What a statement is, as far as its `;` depend on it.
#[derive(Default)]
struct Body {
    form: Form,
    /// Open parentheses, counted where a rule may have `;` in them.
    parens: usize,
    /// Open BEGIN ATOMIC and CASE.
    blocks: usize,
}

#[derive(Default, PartialEq)]
enum Form {
    #[default]
    Plain,
    /// PostgreSQL's routines: `BEGIN ATOMIC … END`.
    Routine,
    /// PostgreSQL's `CREATE RULE … DO (a; b)`.
    Rule,
    /// MySQL: a body that may be BEGIN … END with other blocks inside.
    Program,
    /// SQLite: ends at `; END ;`, as `sqlite3_complete` has it.
    Trigger,
}

impl Body {
    fn ends_here(&self, tokens: &[Token], text: &str, syntax: Syntax) -> bool {
        match self.form {
            Form::Plain => true,
            Form::Routine => self.blocks == 0,
            Form::Rule => self.parens == 0,
            Form::Program => self.blocks == 0,
            Form::Trigger => {
                debug_assert_eq!(syntax, Syntax::Sqlite);
                matches!(tokens, [.., semicolon, end]
                    if semicolon.span.of(text) == ";" && word_is(end, text, "end"))
            }
        }
    }

    fn step(&mut self, tokens: &[Token], text: &str, syntax: Syntax) {
        let Some((last, before)) = tokens.split_last() else {
            return;
        };
        if self.form == Form::Plain && before.len() < 10 {
            self.form = form(tokens, text, syntax);
            // A block by itself is open already.
            let block = self.form == Form::Program && word_is(last, text, "atomic");
            self.blocks += usize::from(block);
        }
        match self.form {
            Form::Rule => match last.span.of(text) {
                "(" => self.parens += 1,
                ")" => self.parens = self.parens.saturating_sub(1),
                _ => {}
            },
            Form::Routine if last.kind == TokenKind::Word => {
                let label = before
                    .last()
                    .is_some_and(|t| word_is(t, text, "as") || t.span.of(text) == ".");
                if self.blocks == 0 {
                    let begin = before.last().is_some_and(|t| word_is(t, text, "begin"));
                    self.blocks += usize::from(begin && word_is(last, text, "atomic"));
                } else if label {
                    // `AS end`, `t.end`: a name.
                } else if word_is(last, text, "case") {
                    self.blocks += 1;
                } else if word_is(last, text, "end") {
                    self.blocks -= 1;
                }
            }
            Form::Program if last.kind == TokenKind::Word => self.program(last, before, text),
            _ => {}
        }
    }

    /// BEGIN, CASE, IF, LOOP, REPEAT and WHILE open a block where a statement (or CASE, where a value) may stand; END
    /// closes one, and a word behind it only says which.
    fn program(&mut self, last: &Token, before: &[Token], text: &str) {
        let previous = before.last();
        let behind = |word: &str| previous.is_some_and(|t| word_is(t, text, word));
        let after_point = previous.is_some_and(|t| t.span.of(text) == ".");
        if after_point || behind("as") || behind("end") {
            return;
        }
        if word_is(last, text, "end") {
            self.blocks = self.blocks.saturating_sub(1);
        } else if word_is(last, text, "case") || word_is(last, text, "begin") {
            self.blocks += 1;
        } else if self.blocks == 0 {
            // The body is one statement without BEGIN.
            let heads = [
                "row",
                "do",
                "deterministic",
                "data",
                "sql",
                "definer",
                "invoker",
            ];
            let begins = heads.iter().any(|w| behind(w))
                || previous.is_some_and(|t| t.kind == TokenKind::Text || t.span.of(text) == ")");
            let opens = ["if", "loop", "repeat", "while"];
            let opens = opens.iter().any(|w| word_is(last, text, w));
            self.blocks += usize::from(begins && opens);
        } else {
            let starts = previous.is_none_or(|t| matches!(t.span.of(text), ";" | ":"))
                || ["begin", "then", "else", "do", "loop", "repeat"]
                    .iter()
                    .any(|w| behind(w));
            let opens = ["if", "loop", "repeat", "while", "for"]
                .iter()
                .any(|w| word_is(last, text, w));
            // IF(…) and REPEAT(…) among values are functions.
            self.blocks += usize::from(starts && opens);
        }
    }
}

fn word_is(token: &Token, text: &str, word: &str) -> bool {
    token.kind == TokenKind::Word && token.span.of(text).eq_ignore_ascii_case(word)
}

/// MySQL: whether a statement is, or makes, a stored program.
pub(crate) fn is_program(statement: &RawStatement, text: &str) -> bool {
    const LONGEST: usize = 16;
    let tokens = &statement.tokens;
    (1..=tokens.len().min(LONGEST)).any(|n| program_form(&tokens[..n], text) == Form::Program)
}

/// `CREATE [OR REPLACE] [DEFINER = …] PROCEDURE | FUNCTION | TRIGGER | EVENT`, `ALTER … EVENT`, `BEGIN NOT ATOMIC`.
fn program_form(tokens: &[Token], text: &str) -> Form {
    const KINDS: &[&str] = &["procedure", "function", "trigger", "event"];
    const LEAD: &[&str] = &["or", "replace", "definer", "aggregate", "current_user"];
    if let [begin, not, atomic] = tokens
        && word_is(begin, text, "begin")
        && word_is(not, text, "not")
        && word_is(atomic, text, "atomic")
    {
        return Form::Program;
    }
    let Some((last, before)) = tokens.split_last() else {
        return Form::Plain;
    };
    let first = before.first();
    let led = first.is_some_and(|t| word_is(t, text, "create") || word_is(t, text, "alter"))
        && KINDS.iter().any(|k| word_is(last, text, k));
    let user = |t: &Token| t.kind != TokenKind::Word || LEAD.iter().any(|w| word_is(t, text, w));
    let definer = before.iter().position(|t| word_is(t, text, "definer"));
    let clean = before[usize::from(first.is_some())..]
        .iter()
        .enumerate()
        // The definer may be a word of any kind.
        .all(|(i, t)| user(t) || definer.is_some_and(|d| i + 1 > d));
    match led && clean {
        true => Form::Program,
        false => Form::Plain,
    }
}

/// The form by the first words: `CREATE [OR REPLACE] FUNCTION`, `[EXPLAIN [QUERY PLAN]] CREATE [TEMP] TRIGGER`.
fn form(tokens: &[Token], text: &str, syntax: Syntax) -> Form {
    let Some((last, before)) = tokens.split_last() else {
        return Form::Plain;
    };
    if syntax.is_mysql() {
        return program_form(tokens, text);
    }
    let lead: &[&str] = match syntax {
        Syntax::Postgres => &["create", "or", "replace"],
        _ => &["create", "temp", "temporary", "explain", "query", "plan"],
    };
    let led = before.iter().any(|t| word_is(t, text, "create"))
        && before
            .iter()
            .all(|t| lead.iter().any(|word| word_is(t, text, word)));
    if !led || last.kind != TokenKind::Word {
        return Form::Plain;
    }
    let word = last.span.of(text).to_ascii_lowercase();
    match (syntax, word.as_str()) {
        (Syntax::Postgres, "function" | "procedure") => Form::Routine,
        (Syntax::Postgres, "rule") => Form::Rule,
        (Syntax::Sqlite, "trigger") => Form::Trigger,
        _ => Form::Plain,
    }
}
