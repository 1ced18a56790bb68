//! Bounds of partitions against each other: what the server refuses when a partition is made or attached.
//!
//! Neighbours: `partition` has their canonical form. Invariant: only what is certain is said: values whose order is not
//! known are left to the server.

use super::instant;
use crate::row::copies;
use driftless_model::{Canon, Catalog, Name, ObjectId, Table};
use driftless_sql::{Diagnostic, SourceId, Syntax, TokenKind, Tree, lex, token_text};
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

#[derive(Debug, Clone, PartialEq)]
enum Value {
    Least,
    Greatest,
    /// What stands there, without its quotes.
    At(String),
}

#[derive(Debug, Clone, PartialEq)]
enum Bound {
    Default,
    List(Vec<String>),
    Range(Vec<Value>, Vec<Value>),
    Hash(u64, u64),
}

/// What partitions of one table say against each other.
pub(in crate::row) fn contradictions(catalog: &Catalog) -> Vec<(ObjectId, Diagnostic)> {
    let mut whole: BTreeMap<&ObjectId, Vec<(&ObjectId, Bound)>> = BTreeMap::new();
    for (id, table) in catalog.of::<Table>() {
        if let Some(of) = table.pg().and_then(|pg| pg.partition_of.as_ref())
            && let Some(bound) = read(&of.bound.written)
        {
            whole.entry(&of.parent).or_default().push((id, bound));
        }
    }
    let mut out = Vec::new();
    for (id, table) in catalog.of::<Table>() {
        out.extend(keys(table).map(|key| {
            let message = format!("column `{id}.{key}` is not declared");
            let problem = Diagnostic::error("D0303", message);
            (id.clone(), problem.note("the table is partitioned by it"))
        }));
        out.extend(copies::strangers(id, catalog).into_iter().map(|of| {
            let message = format!("index `{of}` is not declared above the partition `{id}`");
            let problem = Diagnostic::error("D0303", message);
            (id.clone(), problem.note("a name for its copy is declared"))
        }));
    }
    for (parent, parts) in whole {
        let table = catalog.item::<Table>(parent).and_then(|t| t.pg());
        let by = table.and_then(|pg| pg.partition_by.as_ref());
        let by = by.map(|by| by.written.trim().to_ascii_lowercase());
        if let Some(by) = &by {
            out.extend(
                parts
                    .iter()
                    .filter_map(|(id, b)| strange(id, b, parent, by)),
            );
        }
        defaults(&parts, &mut out);
        lists(&parts, &mut out);
        hashes(&parts, &mut out);
        ranges(&parts, &mut out);
    }
    out
}

/// Columns of the partition key that the table does not have.
fn keys(table: &Table) -> impl Iterator<Item = &str> {
    let by = table.pg().and_then(|pg| pg.partition_by.as_ref());
    let keys = match by.map(|by| &by.canon) {
        Some(Canon::Tree(Tree::Op(_, keys))) => keys.as_slice(),
        _ => &[],
    };
    let names = keys.iter().filter_map(|key| match key {
        Tree::Column(path) => path.last(),
        _ => None,
    });
    names
        .map(|ident| ident.text.as_str())
        .filter(|name| table.column(&Name::exact(*name)).is_none())
}

/// A bound of another strategy than its table's.
fn strange(
    id: &ObjectId,
    bound: &Bound,
    parent: &ObjectId,
    by: &str,
) -> Option<(ObjectId, Diagnostic)> {
    let fits = match bound {
        Bound::Default => !by.starts_with("hash"),
        Bound::List(_) => by.starts_with("list"),
        Bound::Range(..) => by.starts_with("range"),
        Bound::Hash(..) => by.starts_with("hash"),
    };
    let strategy = by.split(|c: char| !c.is_ascii_alphabetic()).next()?;
    let message =
        format!("the bound of `{id}` does not fit: `{parent}` is partitioned by {strategy}");
    (!fits).then(|| (id.clone(), Diagnostic::error("D0305", message)))
}

fn clash(one: &ObjectId, other: &ObjectId, what: &str) -> (ObjectId, Diagnostic) {
    let message = format!("the partitions `{one}` and `{other}` overlap: {what}");
    let problem = Diagnostic::error("D0305", message).help("give each value to one partition only");
    (one.clone(), problem)
}

fn defaults(parts: &[(&ObjectId, Bound)], out: &mut Vec<(ObjectId, Diagnostic)>) {
    let mut all = parts.iter().filter(|(_, b)| *b == Bound::Default);
    let first = all.next();
    if let (Some((first, _)), Some((second, _))) = (first, all.next()) {
        out.push(clash(second, first, "both are the default partition"));
    }
}

fn lists(parts: &[(&ObjectId, Bound)], out: &mut Vec<(ObjectId, Diagnostic)>) {
    let mut seen: HashMap<&str, &ObjectId> = HashMap::new();
    for (id, bound) in parts {
        let Bound::List(values) = bound else { continue };
        for value in values {
            match seen.insert(value, id) {
                Some(other) if other != *id => {
                    out.push(clash(id, other, &format!("both take `{value}`")));
                    break;
                }
                _ => {}
            }
        }
    }
}

fn hashes(parts: &[(&ObjectId, Bound)], out: &mut Vec<(ObjectId, Diagnostic)>) {
    let mut seen: Vec<(&ObjectId, u64, u64)> = Vec::new();
    for (id, bound) in parts {
        let Bound::Hash(modulus, remainder) = *bound else {
            continue;
        };
        if modulus == 0 || remainder >= modulus {
            let message = format!("the remainder of `{id}` must be less than its modulus");
            out.push(((*id).clone(), Diagnostic::error("D0305", message)));
            continue;
        }
        let met = seen
            .iter()
            .find(|(_, m, r)| remainder % gcd(*m, modulus) == r % gcd(*m, modulus));
        match met {
            Some((other, ..)) => out.push(clash(id, other, "their remainders meet")),
            None => seen.push((id, modulus, remainder)),
        }
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

type Range<'b> = (&'b ObjectId, &'b [Value], &'b [Value]);

fn ranges(parts: &[(&ObjectId, Bound)], out: &mut Vec<(ObjectId, Diagnostic)>) {
    let mut all: Vec<Range> = Vec::new();
    for (id, bound) in parts {
        if let Bound::Range(from, to) = bound {
            if compare(from, to).is_some_and(Ordering::is_ge) {
                let message = format!("the range of `{id}` is empty");
                out.push(((*id).clone(), Diagnostic::error("D0305", message)));
                continue;
            }
            all.push((id, from, to));
        }
    }
    // One pair that cannot be compared, and no order is certain.
    let first = all.first().map(|(_, from, _)| *from);
    let Some(first) = first else { return };
    let comparable = |v: &[Value]| compare(first, v).is_some();
    if !all
        .iter()
        .all(|(_, from, to)| comparable(from) && comparable(to))
    {
        return;
    }
    all.sort_by(|a, b| compare(a.1, b.1).unwrap_or(Ordering::Equal));
    for pair in all.windows(2) {
        let ((one, _, to), (other, from, _)) = (pair[0], pair[1]);
        if compare(to, from).is_some_and(Ordering::is_gt) {
            out.push(clash(other, one, "it begins before that one ends"));
        }
    }
}

/// In the order of the key, where numbers or moments tell it.
fn compare(a: &[Value], b: &[Value]) -> Option<Ordering> {
    for pair in a.iter().zip(b) {
        let order = match pair {
            (Value::Least, Value::Least) | (Value::Greatest, Value::Greatest) => {
                // Behind these nothing counts.
                return Some(Ordering::Equal);
            }
            (Value::Least, _) | (_, Value::Greatest) => Ordering::Less,
            (_, Value::Least) | (Value::Greatest, _) => Ordering::Greater,
            (Value::At(a), Value::At(b)) => value_order(a, b)?,
        };
        if order != Ordering::Equal {
            return Some(order);
        }
    }
    Some(Ordering::Equal)
}

fn value_order(a: &str, b: &str) -> Option<Ordering> {
    if a == b {
        return Some(Ordering::Equal);
    }
    if let (Ok(a), Ok(b)) = (a.parse::<i128>(), b.parse::<i128>()) {
        return Some(a.cmp(&b));
    }
    instant::order(a, b)
}

/// Literals only: what is computed is left to the server.
fn read(text: &str) -> Option<Bound> {
    let (tokens, _, _) = lex(text, Syntax::Postgres, SourceId(0));
    let mut words = Vec::new();
    let mut sign = "";
    for token in &tokens {
        let piece = token.span.of(text);
        match (token.kind, piece) {
            (TokenKind::Text, _) => words.push((true, token_text(token, text, Syntax::Postgres))),
            (_, "-") => sign = "-",
            _ => {
                words.push((false, format!("{sign}{}", piece.to_ascii_lowercase())));
                sign = "";
            }
        }
    }
    let plain: Vec<&str> = words.iter().map(|(_, w)| w.as_str()).collect();
    match plain.as_slice() {
        ["default"] => Some(Bound::Default),
        ["for", "values", "in", "(", .., ")"] => {
            let items = items(&words[4..words.len() - 1])?;
            let items = items
                .into_iter()
                .map(|(quoted, word)| match (quoted, word.as_str()) {
                    (false, "null") => "NULL".to_owned(),
                    _ => word,
                });
            Some(Bound::List(items.collect()))
        }
        [
            "for",
            "values",
            "with",
            "(",
            "modulus",
            m,
            ",",
            "remainder",
            r,
            ")",
        ] => Some(Bound::Hash(m.parse().ok()?, r.parse().ok()?)),
        ["for", "values", "from", "(", .., ")"] => {
            let end = plain.iter().position(|w| *w == ")")?;
            let (from, rest) = (&words[4..end], &words[end + 1..]);
            if rest.len() < 3 || rest[0].1 != "to" || rest[1].1 != "(" {
                return None;
            }
            let to = &rest[2..rest.len() - 1];
            Some(Bound::Range(values(from)?, values(to)?))
        }
        _ => None,
    }
}

type Word = (bool, String);

/// Between the commas, one literal each.
fn items(words: &[Word]) -> Option<Vec<Word>> {
    let mut out = Vec::new();
    for part in words.split(|(quoted, w)| !quoted && w == ",") {
        match part {
            [only] => {
                let number = only
                    .1
                    .trim_start_matches('-')
                    .chars()
                    .all(|c| c.is_ascii_digit());
                let known = only.0
                    || number
                    || matches!(
                        only.1.as_str(),
                        "null" | "true" | "false" | "minvalue" | "maxvalue"
                    );
                out.push(known.then(|| only.clone())?);
            }
            _ => return None,
        }
    }
    Some(out)
}

fn values(words: &[Word]) -> Option<Vec<Value>> {
    let all = items(words)?.into_iter();
    Some(
        all.map(|(quoted, word)| match word.as_str() {
            "minvalue" if !quoted => Value::Least,
            "maxvalue" if !quoted => Value::Greatest,
            _ => Value::At(word),
        })
        .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(a: &str, b: &str) -> Option<Ordering> {
        match (read(a)?, read(b)?) {
            (Bound::Range(a, _), Bound::Range(b, _)) => compare(&a, &b),
            _ => None,
        }
    }

    #[test]
    fn ranges_are_in_the_order_of_numbers_and_moments() {
        let at = |v: &str| format!("FOR VALUES FROM ({v}) TO (MAXVALUE)");
        for (a, b, order_of) in [
            ("2", "10", Some(Ordering::Less)),
            ("-2", "'-10'", Some(Ordering::Greater)),
            ("MINVALUE", "0", Some(Ordering::Less)),
            (
                "'2024-01-01'",
                "'2024-01-01 00:00:00'",
                Some(Ordering::Equal),
            ),
            (
                "'2024-01-02'",
                "'2024-01-01 23:59:59'",
                Some(Ordering::Greater),
            ),
            ("1, 5", "1, 6", Some(Ordering::Less)),
            ("'a'", "'b'", None),
            ("now()", "'b'", None),
        ] {
            assert_eq!(order(&at(a), &at(b)), order_of, "{a} {b}");
        }
    }
}
