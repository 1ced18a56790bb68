//! The relations that a query names, found among its tokens.

use driftless_model::{Catalog, Kind, Name, ObjectId, Ref};
use driftless_sql::{SourceId, Syntax, Token, TokenKind, lex, token_name};
use std::collections::BTreeSet;

const RELATIONS: [Kind; 3] = [Kind::Table, Kind::View, Kind::Sequence];

/// The relation or view of that name.
pub fn find(catalog: &Catalog, name: &Name) -> Option<ObjectId> {
    catalog.find(&RELATIONS, &Name::default(), name)
}

/// A name that stands where a relation stands.
struct Named {
    /// Where that is another one than the schema's own.
    database: Option<String>,
    name: Name,
    token: Token,
}

/// Those of a query; common table expressions are left out.
fn named(written: &str, own_database: Option<&str>, syntax: Syntax) -> Vec<Named> {
    let (tokens, _, _) = lex(written, syntax, SourceId(0));
    let word = |at: usize| -> String {
        match tokens.get(at) {
            Some(t) if t.kind == TokenKind::Word => t.span.of(written).to_ascii_lowercase(),
            Some(t) if t.kind == TokenKind::Symbol => t.span.of(written).to_owned(),
            _ => String::new(),
        }
    };
    let is_name = |at: usize| {
        tokens
            .get(at)
            .is_some_and(|t| matches!(t.kind, TokenKind::Word | TokenKind::Quoted))
    };
    // `WITH a AS (`, `, b (x) AS (`
    let mut own: BTreeSet<Name> = BTreeSet::new();
    for at in 1..tokens.len() {
        let before = word(at - 1);
        if is_name(at) && matches!(before.as_str(), "with" | "recursive" | ",") {
            let mut next = at + 1;
            if word(next) == "(" {
                while next < tokens.len() && word(next) != ")" {
                    next += 1;
                }
                next += 1;
            }
            if word(next) == "as" && word(next + 1) == "(" {
                let name = token_name(&tokens[at], written, syntax);
                own.insert(Name::folded(name));
            }
        }
    }
    let mut out = Vec::new();
    // Open brackets: whether a list of relations is being read in each, and whether a SELECT has begun there; FROM has
    // other meanings among a function's arguments.
    let mut lists = vec![false];
    let mut selects = vec![false];
    let mut at = 0;
    while at < tokens.len() {
        let here = word(at);
        let mut expects = false;
        match here.as_str() {
            "(" => {
                let inherits = *lists.last().unwrap_or(&false)
                    && at > 0
                    && matches!(
                        word(at - 1).as_str(),
                        "from" | "join" | "," | "(" | "straight_join"
                    );
                lists.push(inherits);
                selects.push(false);
                expects = inherits && word(at + 1) != "select" && word(at + 1) != "(";
            }
            ")" => {
                lists.pop();
                selects.pop();
                if lists.is_empty() {
                    lists.push(false);
                    selects.push(false);
                }
            }
            "from" if !*selects.last().unwrap_or(&false) => {}
            "from" | "join" | "straight_join" => {
                if let Some(last) = lists.last_mut() {
                    *last = true;
                }
                expects = word(at + 1) != "(";
            }
            "," => expects = *lists.last().unwrap_or(&false) && word(at + 1) != "(",
            "where" | "group" | "order" | "having" | "limit" | "select" | "union" | "on"
            | "window" => {
                if let Some(last) = lists.last_mut() {
                    *last = here == "on" && *last;
                }
                if let Some(last) = selects.last_mut() {
                    *last |= here == "select";
                }
            }
            _ => {}
        }
        if expects && is_name(at + 1) {
            let text = |at: usize| token_name(&tokens[at], written, syntax);
            let dotted = word(at + 2) == "." && is_name(at + 3);
            let database = dotted.then(|| text(at + 1));
            let last = if dotted { at + 3 } else { at + 1 };
            let name = Name::folded(text(last));
            let called = word(last + 1) == "(" && tokens[last].kind == TokenKind::Word;
            let keyword = ["dual", "lateral", "json_table"].contains(&name.key());
            let ours = |d: &String| own_database.is_some_and(|own| own.eq_ignore_ascii_case(d));
            if !called && (dotted || !keyword && !own.contains(&name)) {
                out.push(Named {
                    database: database.filter(|d| !ours(d)),
                    name,
                    token: tokens[last],
                });
            }
        }
        at += 1;
    }
    out
}

/// What a query reads, with the places of the names.
pub fn references(written: &str, catalog: &Catalog) -> Vec<Ref> {
    let syntax = catalog.server.dialect.syntax();
    let relations = named(written, catalog.database.as_deref(), syntax)
        .into_iter()
        .filter(|n| n.database.is_none())
        .filter_map(|n| {
            Some(Ref {
                part: find(catalog, &n.name)?.part(),
                span: Some(n.token.span),
                qualify: false,
            })
        });
    let mut out: Vec<Ref> = relations.collect();
    let (tokens, _, _) = lex(written, syntax, SourceId(0));
    for pair in tokens.windows(2) {
        if pair[1].span.of(written) == "("
            && matches!(pair[0].kind, TokenKind::Word | TokenKind::Quoted)
        {
            let name = Name::folded(token_name(&pair[0], written, syntax));
            if let Some(id) = catalog.find(&[Kind::Function], &Name::default(), &name) {
                out.push(Ref {
                    part: id.part(),
                    span: None,
                    qualify: false,
                });
            }
        }
    }
    out
}

/// A relation that a query names and that is not there.
pub fn missing_relation(written: &str, catalog: &Catalog) -> Option<String> {
    let syntax = catalog.server.dialect.syntax();
    let own = catalog.database.as_deref();
    let mut names = named(written, own, syntax).into_iter();
    let missing = names.find(|n| n.database.is_none() && find(catalog, &n.name).is_none())?;
    Some(missing.name.as_str().to_owned())
}

/// The relations of other databases that a query reads, in lower case.
pub fn foreign(written: &str, own: Option<&str>, syntax: Syntax) -> Vec<(String, String)> {
    let names = named(written, own, syntax).into_iter();
    names
        .filter_map(|n| Some((n.database?.to_lowercase(), n.name.key().to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::named;
    use driftless_sql::Syntax::Mysql;

    #[test]
    fn relations_of_queries() {
        for (query, expected) in [
            ("select a from t", "t"),
            (
                "select a, b from t x, `u` where a in (select c from v)",
                "t u v",
            ),
            (
                "with w as (select 1) select * from w join t on w.a = t.a",
                "t",
            ),
            (
                "select 1 from ((`a` join `b` on(`a`.`x` = `b`.`x`)) left join c on (1))",
                "a b c",
            ),
            (
                "select extract(year from x), other.f from other.t join q using (a, b)",
                "q",
            ),
            (
                "select trim(leading '0' from b), substring(c from 2) from q",
                "q",
            ),
            (
                "select max(a, b) from (select 1 union select x from z) d, y",
                "z y",
            ),
        ] {
            let found: Vec<String> = named(query, Some("shop"), Mysql)
                .into_iter()
                .filter(|n| n.database.is_none())
                .map(|n| n.name.as_str().to_owned())
                .filter(|n| n != "x")
                .collect();
            assert_eq!(found.join(" "), expected, "{query}");
        }
    }
}
