//! What a base type says where nothing is said, and what it takes over from another one: `LIKE = int4`.
//!
//! Neighbours: a server shows all of it. Invariant: lengths and alignments are those of the manual's CREATE TYPE and of
//! `pg_type`.

use driftless_model::{Catalog, Definition, Piece, Value};

/// The server's own types: length in bytes, whether passed by value, alignment, storage.
type Layout = (&'static str, &'static str, bool, &'static str, &'static str);
const LAYOUTS: &[Layout] = &[
    ("aclitem", "16", false, "double", "plain"),
    ("bit", "variable", false, "int4", "extended"),
    ("bool", "1", true, "char", "plain"),
    ("box", "32", false, "double", "plain"),
    ("bpchar", "variable", false, "int4", "extended"),
    ("bytea", "variable", false, "int4", "extended"),
    ("char", "1", true, "char", "plain"),
    ("cid", "4", true, "int4", "plain"),
    ("cidr", "variable", false, "int4", "main"),
    ("circle", "24", false, "double", "plain"),
    ("date", "4", true, "int4", "plain"),
    ("float4", "4", true, "int4", "plain"),
    ("float8", "8", true, "double", "plain"),
    ("inet", "variable", false, "int4", "main"),
    ("int2", "2", true, "int2", "plain"),
    ("int2vector", "variable", false, "int4", "plain"),
    ("int4", "4", true, "int4", "plain"),
    ("int8", "8", true, "double", "plain"),
    ("interval", "16", false, "double", "plain"),
    ("json", "variable", false, "int4", "extended"),
    ("jsonb", "variable", false, "int4", "extended"),
    ("jsonpath", "variable", false, "int4", "extended"),
    ("line", "24", false, "double", "plain"),
    ("lseg", "32", false, "double", "plain"),
    ("macaddr", "6", false, "int4", "plain"),
    ("macaddr8", "8", false, "int4", "plain"),
    ("money", "8", true, "double", "plain"),
    ("name", "64", false, "char", "plain"),
    ("numeric", "variable", false, "int4", "main"),
    ("oid", "4", true, "int4", "plain"),
    ("oidvector", "variable", false, "int4", "plain"),
    ("path", "variable", false, "double", "extended"),
    ("point", "16", false, "double", "plain"),
    ("polygon", "variable", false, "double", "extended"),
    ("refcursor", "variable", false, "int4", "extended"),
    ("text", "variable", false, "int4", "extended"),
    ("tid", "6", false, "int2", "plain"),
    ("time", "8", true, "double", "plain"),
    ("timestamp", "8", true, "double", "plain"),
    ("timestamptz", "8", true, "double", "plain"),
    ("timetz", "12", false, "double", "plain"),
    ("tsquery", "variable", false, "int4", "plain"),
    ("tsvector", "variable", false, "int4", "extended"),
    ("txid_snapshot", "variable", false, "double", "extended"),
    ("uuid", "16", false, "char", "plain"),
    ("varbit", "variable", false, "int4", "extended"),
    ("varchar", "variable", false, "int4", "extended"),
    ("xid", "4", true, "int4", "plain"),
    ("xid8", "8", true, "double", "plain"),
    ("xml", "variable", false, "int4", "extended"),
];

fn word(text: &str) -> Vec<Value> {
    vec![Value::Word(text.to_owned())]
}

/// Says everything.
pub(super) fn fill(item: &mut Definition, catalog: &Catalog) {
    if let Some(like) = item.ty("like").cloned() {
        item.remove("like");
        take_over(item, &like.text, catalog);
    }
    for (key, values) in [
        ("internallength", word("variable")),
        ("alignment", word("int4")),
        ("storage", word("plain")),
        ("category", vec![Value::Text("U".into())]),
        ("delimiter", vec![Value::Text(",".into())]),
    ] {
        if item.piece(key).is_none() {
            item.set(Piece::new(key, values));
        }
    }
    for key in ["preferred", "collatable"] {
        if item.word(key) == Some("false") {
            item.remove(key);
        }
    }
}

const TAKEN: [&str; 4] = ["internallength", "passedbyvalue", "alignment", "storage"];

fn take_over(item: &mut Definition, like: &str, catalog: &Catalog) {
    let Ok((ty, target)) = crate::types::read(like, &[], catalog) else {
        return;
    };
    // What stands there already was said in so many words.
    let mut set = |piece: Piece| {
        if item.piece(&piece.key).is_none() {
            item.set(piece);
        }
    };
    if let Some(other) = target.and_then(|id| catalog.item::<Definition>(&id)) {
        let taken = other
            .pieces
            .iter()
            .filter(|p| TAKEN.contains(&p.key.as_str()));
        taken.for_each(|p| set(p.clone()));
        return;
    }
    let Some((_, length, by_value, alignment, storage)) =
        LAYOUTS.iter().find(|(name, ..)| *name == ty.name)
    else {
        return;
    };
    set(Piece::new("internallength", word(length)));
    if *by_value {
        set(Piece::new("passedbyvalue", word("true")));
    }
    set(Piece::new("alignment", word(alignment)));
    set(Piece::new("storage", word(storage)));
}
