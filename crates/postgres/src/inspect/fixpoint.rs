//! Printed expressions that the server would read differently than it printed them.
//!
//! Neighbour: `directory`, where every printed text passes. Invariant: what comes out means the same, and the server
//! prints it as it was printed.

use driftless_sql::{SourceId, Syntax, Token, TokenKind, lex};

/// `(ARRAY['a'::t, …])::u[]` is read as if every element were cast to `u`; with its own type said before
/// (`(ARRAY['a'::t, …]::t[])::u[]`) it is what it was (parse_expr.c of PostgreSQL: transformTypeCast).
pub(super) fn steady(printed: &str) -> String {
    if !printed.contains("(ARRAY[") {
        return printed.to_owned();
    }
    let (tokens, _, _) = lex(printed, Syntax::Postgres, SourceId(0));
    let mut edits: Vec<(usize, String)> = Vec::new();
    for at in 0..tokens.len() {
        edits.extend(own_type(&tokens[at..], printed));
    }
    edits.sort_unstable();
    let mut out = printed.to_owned();
    for (at, text) in edits.into_iter().rev() {
        out.insert_str(at, &text);
    }
    out
}

/// Where, and which type is said, if the tokens begin such a cast.
fn own_type(tokens: &[Token], text: &str) -> Option<(usize, String)> {
    let is = |t: &Token, s: &str| t.kind != TokenKind::Quoted && t.span.of(text) == s;
    let [open, array, bracket, rest @ ..] = tokens else {
        return None;
    };
    if !(is(open, "(") && is(array, "ARRAY") && is(bracket, "[")) {
        return None;
    }
    let mut depth = 1usize;
    let mut cast: Option<&Token> = None;
    let mut types: Vec<&str> = Vec::new();
    let end = rest.iter().position(|t| {
        if is(t, "[") || is(t, "(") {
            depth += 1;
        } else if is(t, "]") || is(t, ")") {
            depth = depth.saturating_sub(1);
        }
        if depth == 1 && is(t, "::") {
            cast = Some(t);
        }
        if depth == 0 || (depth == 1 && is(t, ",")) {
            let from = cast.take().map_or(t.span.start, |c| c.span.end);
            types.push(text.get(from..t.span.start).unwrap_or(""));
        }
        depth == 0
    })?;
    let close = rest.get(end)?;
    let followed = rest.get(end + 1).is_some_and(|t| is(t, ")"))
        && rest.get(end + 2).is_some_and(|t| is(t, "::"));
    let ty = types.first()?;
    let alike = !ty.is_empty() && types.iter().all(|t| t == ty);
    (followed && alike && !ty.ends_with(']')).then(|| (close.span.end, format!("::{ty}[]")))
}

#[cfg(test)]
mod tests {
    use super::steady;

    #[test]
    fn arrays_say_their_own_type_before_they_are_cast() {
        assert_eq!(
            steady(
                "((a)::text = ANY ((ARRAY['x]'::character varying, 'y'::character varying])::text[]))"
            ),
            "((a)::text = ANY ((ARRAY['x]'::character varying, 'y'::character varying]::character varying[])::text[]))"
        );
        for same in [
            "(a = ANY (ARRAY['x'::text, 'y'::text]))",
            "((ARRAY[a, b])::text[])",
            "'(ARRAY[1::int])::text[]'",
        ] {
            assert_eq!(steady(same), same);
        }
    }
}
