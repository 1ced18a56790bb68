//! How deep a text may nest, judged by its tokens before anything recurses over it.
//!
//! Invariant: what passes here makes trees that the parser can build and drop on a small stack.

use super::token::word_is;
use super::{Opaque, opaque};
use crate::lexer::{Token, TokenKind};

/// Deeper brackets are not read.
const MAX_DEPTH: usize = 200;
/// More tokens than this without a comma or a clause between them are not read: each could nest the tree by one.
const MAX_RUN: usize = 1500;

/// Bounds on nesting, so that neither the parser nor any reader of the tree runs out of stack.
pub(super) fn check_shape(tokens: &[Token], text: &str) -> Result<(), Opaque> {
    let mut runs = vec![0usize];
    let mut dotted = false;
    for token in tokens {
        let raw = token.span.of(text);
        let symbol = token.kind == TokenKind::Symbol;
        match raw {
            "(" | "[" if symbol => runs.push(0),
            ")" | "]" if symbol => {
                runs.pop();
            }
            "," if symbol => {
                if let Some(run) = runs.last_mut() {
                    *run = 0;
                }
            }
            ";" if symbol => return opaque("a `;` in it"),
            _ if token.kind == TokenKind::Word
                && !dotted
                && CLAUSES.iter().any(|c| raw.eq_ignore_ascii_case(c)) =>
            {
                if let Some(run) = runs.last_mut() {
                    *run = 0;
                }
            }
            _ => {}
        }
        dotted = raw == ".";
        let depth = runs.len();
        let Some(run) = runs.last_mut() else {
            return opaque("a bracket too many");
        };
        // A predicate of one word nests by itself; all else takes two tokens or more.
        *run += if word_is(token, text, "isnull") || word_is(token, text, "notnull") {
            4
        } else {
            1
        };
        if depth > MAX_DEPTH || *run > MAX_RUN {
            return opaque("it is nested too deeply");
        }
    }
    if runs.len() > 1 {
        return opaque("a bracket is not closed");
    }
    Ok(())
}

const CLAUSES: &[&str] = &["from", "where", "group", "having", "join", "on"];
