//! Names and strings → SQL text.
//!
//! Invariant: what is written here reads back as the same name or string, under every supported version of its
//! engine: a keyword of any version is quoted.

use crate::Syntax;

/// The name, bare only where it reads back the same.
pub fn quote_name(name: &str, syntax: Syntax) -> String {
    if is_bare(name, syntax) {
        return name.to_owned();
    }
    if syntax.is_mysql() {
        return format!("`{}`", name.replace('`', "``"));
    }
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Whether the name needs no quotes.
pub fn is_bare(name: &str, syntax: Syntax) -> bool {
    let bytes = name.as_bytes();
    let Some(first) = bytes.first() else {
        return false;
    };
    match syntax {
        Syntax::Postgres => {
            (first.is_ascii_lowercase() || *first == b'_')
                && bytes.iter().all(|b| {
                    b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'$')
                })
                && POSTGRES.binary_search(&name).is_err()
        }
        // As the servers print them themselves.
        Syntax::Mysql | Syntax::Mariadb => false,
        Syntax::Sqlite => {
            (first.is_ascii_alphabetic() || *first == b'_')
                && bytes
                    .iter()
                    .all(|b| b.is_ascii_alphanumeric() || *b == b'_')
                && SQLITE
                    .binary_search(&name.to_ascii_lowercase().as_str())
                    .is_err()
        }
    }
}

/// `'…'`: with `standard_conforming_strings` a backslash is a plain character; on MySQL it escapes.
pub fn quote_text(text: &str, syntax: Syntax) -> String {
    if syntax.is_mysql() {
        return format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"));
    }
    format!("'{}'", text.replace('\'', "''"))
}

/// `$$…$$`, with a tag that is not in the body.
pub fn dollar_quote(body: &str) -> String {
    let mut tag = "$$".to_owned();
    let mut n = 0usize;
    // A body that ends in `$` would run into the closing tag.
    while body.contains(&tag) || (body.ends_with('$') && tag == "$$") {
        n += 1;
        tag = if n == 1 {
            "$body$".to_owned()
        } else {
            format!("$body{n}$")
        };
    }
    format!("{tag}{body}{tag}")
}

/// Every keyword of PostgreSQL 14 to 18 that is not UNRESERVED, sorted: what the server's `quote_identifier` quotes.
const POSTGRES: &[&str] = words!(
    all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both
    case cast char character check coalesce collate collation column concurrently constraint create cross
    current_catalog current_date current_role current_schema current_time current_timestamp current_user dec
    decimal default deferrable desc distinct do else end except exists extract false fetch float for foreign
    freeze from full grant greatest group grouping having ilike in initially inner inout int integer intersect
    interval into is isnull join json json_array json_arrayagg json_exists json_object json_objectagg
    json_query json_scalar json_serialize json_table json_value lateral leading least left like limit
    localtime localtimestamp merge_action national natural nchar none normalize not notnull null nullif
    numeric offset on only or order out outer overlaps overlay placing position precision primary real
    references returning right row select session_user setof similar smallint some substring symmetric
    system_user table tablesample then time timestamp to trailing treat trim true union unique user using
    values varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists
    xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
);

/// SQLite's keywords, sorted.
const SQLITE: &[&str] = words!(
    abort action add after all alter always analyze and as asc attach autoincrement before begin between by
    cascade case cast check collate column commit conflict constraint create cross current current_date
    current_time current_timestamp database default deferrable deferred delete desc detach distinct do drop
    each else end escape except exclude exclusive exists explain fail filter first following for foreign from
    full generated glob group groups having if ignore immediate in index indexed initially inner insert
    instead intersect into is isnull join key last left like limit match materialized natural no not nothing
    notnull null nulls of offset on or order others outer over partition plan pragma preceding primary query
    raise range recursive references regexp reindex release rename replace restrict returning right rollback
    row rows savepoint select set table temp temporary then ties to transaction trigger unbounded union unique
    update using vacuum values view virtual when where window with within without
);
