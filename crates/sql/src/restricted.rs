//! PostgreSQL's two grammars of expressions: everything (`a_expr`), and what may stand unbracketed behind DEFAULT of a
//! column or a domain (`b_expr`). Source: gram.y.

use crate::Syntax;
use crate::lexer::{TokenKind, lex};
use crate::literal::token_name;
use crate::source::SourceId;

/// Words that stand at the top of an `a_expr` that is no `b_expr`.
const WORDS: [&str; 18] = [
    "all", "and", "any", "at", "between", "collate", "ilike", "in", "is", "isnull", "like", "not",
    "notnull", "or", "overlaps", "similar", "some", "unique",
];

/// Whether an expression needs brackets behind DEFAULT.
pub fn needs_brackets(text: &str) -> bool {
    let (tokens, _, _) = lex(text, Syntax::Postgres, SourceId(0));
    let mut depth = 0usize;
    tokens.iter().any(|token| {
        match token.span.of(text) {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
            && token.kind == TokenKind::Word
            && WORDS.contains(&token_name(token, text, Syntax::Postgres).as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::needs_brackets;

    #[test]
    fn only_what_the_short_grammar_lacks() {
        for text in [
            "now() AT TIME ZONE 'utc'",
            "1 = ANY ('{1}')",
            "'x' COLLATE \"C\"",
            "a IS NULL",
            "NOT true",
            "1 in (2, 3)",
        ] {
            assert!(needs_brackets(text), "{text}");
        }
        for text in [
            "now()",
            "(a IS NULL)",
            "'{}'::text[]",
            "ARRAY['at'::text, 'or'::text]",
            "\"at\" + 1",
            "1 + 2 * -3",
            "CASE WHEN (a AND b) THEN 1 ELSE 2 END",
            "nextval('s'::regclass)",
        ] {
            assert!(!needs_brackets(text), "{text}");
        }
    }
}
