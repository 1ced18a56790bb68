//! `-- driftless:KEY VALUE`: what a comment tells driftless.
//!
//! Neighbours: `script` hands out the comments. Invariant: a directive is the whole of its comment; which keys exist
//! is for the reader to say, with the span given here.

use crate::lexer::Comment;
use crate::source::Span;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// `renamed-from`, in lower case.
    pub key: String,
    /// The rest, without white space around it; may be empty.
    pub value: String,
    /// From `driftless:` to the value's end.
    pub span: Span,
    /// The value alone.
    pub value_span: Span,
}

pub fn directives(comments: &[Comment], text: &str) -> Vec<Directive> {
    comments.iter().filter_map(|c| directive(c, text)).collect()
}

fn directive(comment: &Comment, text: &str) -> Option<Directive> {
    const MARK: &str = "driftless:";
    let whole = comment.span.of(text);
    let inner = if comment.line {
        whole.strip_prefix("--")?
    } else {
        let open = whole.strip_prefix("/*")?;
        open.strip_suffix("*/").unwrap_or(open)
    };
    let body = inner.trim_start();
    let rest = body.strip_prefix(MARK)?;
    let start = comment.span.start + 2 + (inner.len() - body.len());
    let key_length = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let (key, tail) = rest.split_at(key_length);
    let value = tail.trim();
    let value_start = start + MARK.len() + key_length + (tail.len() - tail.trim_start().len());
    let value_span = Span::new(value_start, value_start + value.len());
    let end = if value.is_empty() {
        start + MARK.len() + key_length
    } else {
        value_span.end
    };
    Some(Directive {
        key: key.to_ascii_lowercase(),
        value: value.to_owned(),
        span: Span::new(start, end),
        value_span,
    })
}
