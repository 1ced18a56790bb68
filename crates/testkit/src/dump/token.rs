//! SQL cut into words, just well enough to compare what engines print.
//!
//! Neighbours: `postgres` splits statements with it, `sqlite` compares definitions. Deliberately not the lexer of crate
//! `sql`. Invariant: the tokens laid end to end are the text.

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Space,
    Comment,
    /// A bare name, keyword or number.
    Word,
    /// `"a"`, `` `a` `` or `[a]`.
    Quoted,
    /// `'a'` or `$tag$a$tag$`.
    Text,
    Sign,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
}

impl Token<'_> {
    pub fn is(&self, word: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Sign) && self.text.eq_ignore_ascii_case(word)
    }

    pub fn solid(&self) -> bool {
        !matches!(self.kind, Kind::Space | Kind::Comment)
    }
}

/// `brackets`: whether `[a]` is a name (SQLite) or an array's (PostgreSQL).
pub(super) fn tokens(sql: &str, brackets: bool) -> Vec<Token<'_>> {
    let mut out: Vec<Token<'_>> = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let (kind, length) = match first {
            c if c.is_whitespace() => (Kind::Space, run(rest, char::is_whitespace)),
            '-' if rest.starts_with("--") => (Kind::Comment, rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => (
                Kind::Comment,
                rest.find("*/").map_or(rest.len(), |at| at + 2),
            ),
            '\'' => {
                let escapes = !brackets
                    && out
                        .last()
                        .is_some_and(|last| last.text.eq_ignore_ascii_case("e"));
                (Kind::Text, quoted(rest, '\'', escapes))
            }
            '"' | '`' => (Kind::Quoted, quoted(rest, first, false)),
            '[' if brackets => (Kind::Quoted, rest.find(']').map_or(rest.len(), |at| at + 1)),
            '$' => dollar(rest),
            c if word(c) => (Kind::Word, run(rest, |c| word(c) || c == '$')),
            c => (Kind::Sign, c.len_utf8()),
        };
        let (text, tail) = rest.split_at(length);
        out.push(Token { kind, text });
        rest = tail;
    }
    out
}

fn word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn run(text: &str, fits: impl Fn(char) -> bool) -> usize {
    text.find(|c| !fits(c)).unwrap_or(text.len())
}

/// The length of a quoted piece; a doubled quote stays inside.
fn quoted(text: &str, quote: char, escapes: bool) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if escapes && c == '\\' {
            chars.next();
        } else if c == quote {
            if chars.peek().is_some_and(|(_, next)| *next == quote) {
                chars.next();
            } else {
                return at + 1;
            }
        }
    }
    text.len()
}

fn dollar(text: &str) -> (Kind, usize) {
    let tag = run(&text[1..], word) + 2;
    let is_tag = text.get(..tag).is_some_and(|tag| tag.ends_with('$'))
        && !text[1..].starts_with(|c: char| c.is_ascii_digit());
    if !is_tag {
        return (Kind::Sign, 1);
    }
    let end = text[tag..]
        .find(&text[..tag])
        .map_or(text.len(), |at| tag + at + tag);
    (Kind::Text, end)
}

/// One spelling: words and names in lower case and without quotes, one blank between, no comments. Text stays.
pub(super) fn spell(tokens: &[Token<'_>]) -> String {
    let mut out = String::new();
    for token in tokens.iter().filter(|token| token.solid()) {
        if !out.is_empty() {
            out.push(' ');
        }
        match token.kind {
            Kind::Text => out.push_str(token.text),
            _ => out.push_str(&name(token)),
        }
    }
    out
}

/// A name without its quotes, in lower case.
pub(super) fn name(token: &Token<'_>) -> String {
    let text = token.text;
    if token.kind != Kind::Quoted || text.len() < 2 {
        return text.to_lowercase();
    }
    let inner = &text[1..text.len() - 1];
    match &text[..1] {
        "[" => inner.to_lowercase(),
        quote => inner.replace(&quote.repeat(2), quote).to_lowercase(),
    }
}

/// Cuts at a sign that is in no bracket.
pub(super) fn split<'a, 'b>(tokens: &'b [Token<'a>], sign: &str) -> Vec<&'b [Token<'a>]> {
    let mut depth = 0_i32;
    let mut out = Vec::new();
    let mut start = 0;
    for (index, token) in tokens.iter().enumerate() {
        match token.text {
            "(" if token.kind == Kind::Sign => depth += 1,
            ")" if token.kind == Kind::Sign => depth -= 1,
            text if depth == 0 && token.kind == Kind::Sign && text == sign => {
                out.push(&tokens[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    out.push(&tokens[start..]);
    out
}

/// The first bracket at or after `from`: the places of its `(` and of its `)`.
pub(super) fn bracket(tokens: &[Token<'_>], from: usize) -> Option<(usize, usize)> {
    let open = from + tokens.get(from..)?.iter().position(|token| token.is("("))?;
    let mut depth = 0_i32;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        if token.is("(") {
            depth += 1;
        } else if token.is(")") {
            depth -= 1;
            if depth == 0 {
                return Some((open, index));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tokens_are_the_text() {
        let sql = "SELECT E'a\\'b', 'it''s', $x$;$x$ , $1, \"a\"\"b\" -- c\n/* d */ [e]";
        let whole: String = tokens(sql, false).iter().map(|token| token.text).collect();
        assert_eq!(whole, sql);
        assert_eq!(spell(&tokens("A  [b c] /* x */ 'D'", true)), "a b c 'D'");
    }
}
