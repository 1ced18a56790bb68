//! DO: a block of code, which only a server can execute.
//!
//! Invariant: a block is harmless only where every word by which it could change something makes a role.

use super::{Read, Reader, name};
use driftless_sql::{SourceId, Syntax, Token, TokenKind, lex, token_text};

/// DO: harmless where it only makes roles that are missing.
pub(super) fn read(r: &mut Reader) -> Read<()> {
    r.expect("do")?;
    let mut body = None;
    while !r.done() {
        if r.eat("language") {
            name::word_or_string(r, "a language")?;
        } else if body.is_none() {
            body = Some(r.string("the body as a string")?);
        } else {
            break;
        }
    }
    let Some(body) = body else {
        return Err(r.unexpected("the body as a string"));
    };
    if makes_roles_only(&body) {
        r.out.ignored = Some("it only makes roles that are missing");
    } else {
        r.out.taint = Some("DO runs code that only a server can execute".to_owned());
    }
    Ok(())
}

/// Words by which a block could change something.
const VERBS: &[&str] = &[
    "alter", "call", "comment", "copy", "delete", "drop", "grant", "insert", "merge", "perform",
    "refresh", "reindex", "revoke", "truncate", "update", "import", "security", "lock", "cluster",
];

fn makes_roles_only(body: &str) -> bool {
    let (tokens, _, _) = lex(body, Syntax::Postgres, SourceId(0));
    let lower = |t: Option<&Token>| {
        t.filter(|t| t.kind == TokenKind::Word)
            .map(|t| t.span.of(body).to_ascii_lowercase())
    };
    let is_role = |word: Option<String>| matches!(word.as_deref(), Some("role" | "user" | "group"));
    let mut made = 0usize;
    for (i, token) in tokens.iter().enumerate() {
        match lower(Some(token)).as_deref() {
            Some("create") if is_role(lower(tokens.get(i + 1))) => made += 1,
            Some("alter") if is_role(lower(tokens.get(i + 1))) => {}
            Some("create") => return false,
            // `EXECUTE 'CREATE ROLE …'`, `EXECUTE format('CREATE ROLE …', …)`.
            Some("execute") => {
                let behind = tokens.iter().skip(i + 1).take(3);
                let text = behind.clone().find(|t| t.kind == TokenKind::Text);
                let Some(text) = text else { return false };
                let text = token_text(text, body, Syntax::Postgres).to_ascii_lowercase();
                let mut words = text.split_whitespace();
                let create = words.next() == Some("create");
                let role = is_role(words.next().map(str::to_owned));
                if !create || !role || text.contains(';') {
                    return false;
                }
                made += 1;
            }
            Some(word) if VERBS.contains(&word) => return false,
            _ => {}
        }
    }
    made > 0
}
