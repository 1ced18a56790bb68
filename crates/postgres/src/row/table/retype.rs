//! What a change of a column's type means: rewrite or not, cast or not, loss or not.
//!
//! Neighbours: `canon::known` has the server's casts. Invariant: the rules are those of the server (ATColumnChange
//! RequiresRewrite), measured on PostgreSQL 15; what is not known for certain counts as a rewrite.

use crate::canon::known::Known;
use crate::types;
use driftless_model::{Catalog, Domain, SqlText, TypeRef};
use driftless_sql::{Syntax, Tree, read_expr};

/// What the server does to the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// Nothing; `true`: indexes on the column are built anew.
    Free(bool),
    /// Nothing where the session's TimeZone is UTC, a rewrite else.
    Zone,
    Rewrite,
}

/// A type below its domains.
struct Plain {
    name: String,
    modifier: String,
    /// Some domain on the way has a check or NOT NULL.
    constrained: bool,
}

fn plain(ty: &TypeRef, catalog: &Catalog) -> Plain {
    let mut ty = ty.clone();
    let mut constrained = false;
    for _ in 0..16 {
        let domain = ty
            .target
            .as_ref()
            .filter(|_| !ty.text.ends_with("[]"))
            .and_then(|t| catalog.item::<Domain>(t));
        let Some(domain) = domain else { break };
        constrained |= domain.not_null || !domain.checks.is_empty();
        ty = domain.base.clone();
    }
    match types::read(&ty.text, &[], catalog) {
        Ok((t, _)) => Plain {
            name: t.name,
            modifier: t.modifier,
            constrained,
        },
        Err(_) => Plain {
            name: ty.text,
            modifier: String::new(),
            constrained,
        },
    }
}

/// Whether a domain (or one below it) checks its values.
pub(super) fn is_constrained(ty: &TypeRef, catalog: &Catalog) -> bool {
    plain(ty, catalog).constrained
}

fn numbers(modifier: &str) -> Vec<i64> {
    modifier
        .split(|c: char| !c.is_ascii_digit() && c != '-')
        .filter_map(|n| n.parse().ok())
        .collect()
}

/// Whether every value of the type with the first modifier is one with the second, unchanged.
fn widens(name: &str, before: &str, after: &str) -> bool {
    if before == after {
        return true;
    }
    let (b, a) = (numbers(before), numbers(after));
    match name {
        "varchar" | "varbit" => match (b.first(), a.first()) {
            (_, None) => true,
            (Some(b), Some(a)) => a >= b,
            (None, Some(_)) => false,
        },
        "numeric" => match (b.as_slice(), a.as_slice()) {
            (_, []) => true,
            ([bp, bs], [ap, as_]) => bs == as_ && ap >= bp,
            _ => false,
        },
        "timestamp" | "timestamptz" | "time" | "timetz" => {
            a.first().copied().unwrap_or(6) >= b.first().copied().unwrap_or(6)
        }
        "interval" => {
            let fields = |m: &str| m.split('(').next().unwrap_or("").trim().to_owned();
            let same = fields(before) == fields(after) || fields(after).is_empty();
            same && a.first().copied().unwrap_or(6) >= b.first().copied().unwrap_or(6)
        }
        _ => false,
    }
}

/// USING that only casts: the server sees through it.
fn is_plain_cast(using: &SqlText, column: &str, after: &TypeRef, catalog: &Catalog) -> bool {
    let Ok(tree) = read_expr(&using.written, Syntax::Postgres) else {
        return false;
    };
    match &tree {
        Tree::Column(path) => path.last().is_some_and(|i| i.text == column),
        Tree::Cast(inner, ty) => {
            let same = types::read(&ty.text, &using.path, catalog)
                .is_ok_and(|(t, _)| t.text(catalog) == after.text);
            same && matches!(&**inner, Tree::Column(p) if p.last().is_some_and(|i| i.text == column))
        }
        _ => false,
    }
}

pub(super) fn work(
    column: &str,
    before: &TypeRef,
    after: &TypeRef,
    using: Option<&SqlText>,
    catalog: &Catalog,
) -> Work {
    if using.is_some_and(|u| !is_plain_cast(u, column, after, catalog)) {
        return Work::Rewrite;
    }
    if before == after {
        return Work::Free(false);
    }
    let (b, a) = (plain(before, catalog), plain(after, catalog));
    if a.constrained || b.name.ends_with("[]") || a.name.ends_with("[]") {
        return Work::Rewrite;
    }
    if b.name == a.name {
        return if widens(&a.name, &b.modifier, &a.modifier) {
            Work::Free(false)
        } else {
            Work::Rewrite
        };
    }
    let strings = |n: &str| matches!(n, "varchar" | "text");
    if strings(&b.name) && strings(&a.name) {
        return if a.modifier.is_empty() {
            Work::Free(false)
        } else {
            Work::Rewrite
        };
    }
    match (b.name.as_str(), a.name.as_str()) {
        ("timestamp", "timestamptz") | ("timestamptz", "timestamp")
            if widens("timestamp", &b.modifier, &a.modifier) =>
        {
            Work::Zone
        }
        // Both share one operator class.
        ("cidr", "inet") => Work::Free(false),
        (from, to) => match Known::get().cast(from, to) {
            Some(line) if line.method == 'b' && a.modifier.is_empty() => Work::Free(true),
            _ => Work::Rewrite,
        },
    }
}

/// Whether the server casts by itself when values are assigned, so that no USING is needed.
pub(super) fn is_assignable(before: &TypeRef, after: &TypeRef, catalog: &Catalog) -> bool {
    if before.text.ends_with("[]") != after.text.ends_with("[]") {
        return element_free(before, after, catalog);
    }
    let (b, a) = (plain(before, catalog), plain(after, catalog));
    let (from, to) = (
        b.name.strip_suffix("[]").unwrap_or(&b.name),
        a.name.strip_suffix("[]").unwrap_or(&a.name),
    );
    if from == to || matches!(to, "text" | "varchar" | "bpchar" | "name") {
        return true;
    }
    Known::get()
        .cast(from, to)
        .is_some_and(|line| line.context != 'e')
}

/// Whether any USING that casts can turn one into the other; what is not known for certain counts as such.
pub(super) fn is_castable(before: &TypeRef, after: &TypeRef, catalog: &Catalog) -> bool {
    let arrays = |t: &TypeRef| t.text.ends_with("[]");
    if before == after || arrays(before) || arrays(after) {
        return true;
    }
    let (b, a) = (plain(before, catalog), plain(after, catalog));
    let (Some(from), Some(to)) = (types::builtin(&before.text), types::builtin(&after.text)) else {
        return true;
    };
    // Everything goes to a string and comes from one (manual, CREATE CAST).
    from == 'S' || to == 'S' || b.name == a.name || Known::get().cast(&b.name, &a.name).is_some()
}

/// An array to text is assigned, nothing else.
fn element_free(before: &TypeRef, after: &TypeRef, catalog: &Catalog) -> bool {
    before.text.ends_with("[]")
        && matches!(
            plain(after, catalog).name.as_str(),
            "text" | "varchar" | "bpchar"
        )
}

/// Why values may be lost or refused, if they may.
pub(super) fn narrows(before: &TypeRef, after: &TypeRef, catalog: &Catalog) -> bool {
    if before == after {
        return false;
    }
    let (b, a) = (plain(before, catalog), plain(after, catalog));
    if b.name == a.name {
        return !(widens(&a.name, &b.modifier, &a.modifier)
            || wider_scale(&a.name, &b.modifier, &a.modifier));
    }
    let unbounded = a.modifier.is_empty();
    match (b.name.as_str(), a.name.as_str()) {
        (_, "text" | "varchar") if unbounded => false,
        ("varchar", "bpchar") | ("bpchar", "varchar") => {
            let (x, y) = (numbers(&b.modifier), numbers(&a.modifier));
            !matches!((x.first(), y.first()), (Some(x), Some(y)) if y >= x)
        }
        ("json", "jsonb") | ("jsonb", "json") | ("cidr", "inet") | ("macaddr", "macaddr8") => false,
        ("timestamp", "timestamptz") => false,
        (from, to) => {
            let implicit = Known::get()
                .cast(from, to)
                .is_some_and(|line| line.context == 'i');
            !(implicit && (unbounded || holds_integers(from, to, &a.modifier)))
        }
    }
}

/// numeric(10,2) → numeric(12,4): as many digits before the point, more behind.
fn wider_scale(name: &str, before: &str, after: &str) -> bool {
    match (name, numbers(before).as_slice(), numbers(after).as_slice()) {
        ("numeric", [bp, bs], [ap, as_]) => as_ >= bs && ap - as_ >= bp - bs,
        ("bpchar", [b], [a]) => a >= b,
        _ => false,
    }
}

fn holds_integers(from: &str, to: &str, modifier: &str) -> bool {
    let digits = match from {
        "int2" => 5,
        "int4" => 10,
        "int8" => 19,
        _ => return false,
    };
    match (to, numbers(modifier).as_slice()) {
        ("numeric", [p, s]) => p - s >= digits,
        _ => false,
    }
}

/// `extended` and its like, where a type has them by itself.
pub(super) fn default_storage(ty: &str) -> Option<&'static str> {
    let base = ty.split('(').next().unwrap_or(ty).trim_end();
    let external = matches!(
        base,
        "text" | "character varying" | "character" | "bpchar" | "bytea" | "json" | "jsonb" | "xml"
    );
    match base {
        "numeric" | "inet" | "cidr" => Some("main"),
        _ if external || base.ends_with("[]") => Some("extended"),
        "integer" | "bigint" | "smallint" | "boolean" | "real" | "double precision" | "date"
        | "uuid" => Some("plain"),
        _ if base.starts_with("timestamp") || base.starts_with("time") || base == "interval" => {
            Some("plain")
        }
        _ => None,
    }
}
