//! What a text search configuration copies: `COPY = english`.
//!
//! Neighbours: the grammar reads COPY, a server shows only its result. Invariant: the server's own configurations all
//! use the parser `default`; which dictionary sees which of its tokens is as initdb makes it (manual, 12.3 and 12.5).

use crate::row::naming;
use driftless_model::{Definition, Kind, Name, ObjectId, Piece, Value};
use driftless_planner::{Fault, Moment};

/// Tokens that are words of ASCII letters, other words, and what the dictionary `simple` sees.
const ASCII: [&str; 3] = ["asciiword", "asciihword", "hword_asciipart"];
const WORDS: [&str; 3] = ["word", "hword", "hword_part"];
const REST: [&str; 13] = [
    "numword",
    "email",
    "url",
    "host",
    "sfloat",
    "version",
    "hword_numpart",
    "numhword",
    "url_path",
    "file",
    "float",
    "int",
    "uint",
];

/// Languages whose words of ASCII letters are taken for English.
const NOT_LATIN: [&str; 2] = ["hindi", "russian"];

fn own(kind: Kind, name: &str) -> ObjectId {
    ObjectId::new(kind, Name::default(), Name::exact(name))
}

/// COPY becomes what it copies.
pub(super) fn copied(item: &mut Definition, moment: &Moment) -> Result<(), Fault> {
    let Some(source) = item.object("copy").cloned() else {
        return Ok(());
    };
    item.remove("copy");
    if let Some(standing) = moment.catalog.item::<Definition>(&source) {
        standing.pieces.iter().for_each(|p| item.set(p.clone()));
        return Ok(());
    }
    if !source.schema.is_empty() {
        let message = format!("what `{source}` says is known to a server only");
        return Err(naming::wrong("D0003", message, moment));
    }
    let language = source.name.as_str();
    let parser = own(Kind::TextSearchParser, "default");
    item.set(Piece::new("parser", vec![Value::Object(parser)]));
    let stem = |language: &str| match language {
        "simple" => "simple".to_owned(),
        other => format!("{other}_stem"),
    };
    let ascii = if NOT_LATIN.contains(&language) {
        "english"
    } else {
        language
    };
    for (tokens, dictionary) in [
        (&ASCII[..], stem(ascii)),
        (&WORDS[..], stem(language)),
        (&REST[..], "simple".to_owned()),
    ] {
        for token in tokens {
            let dictionary = own(Kind::TextSearchDictionary, &dictionary);
            item.set(Piece::new("mapping", vec![Value::Object(dictionary)]).named(*token));
        }
    }
    Ok(())
}
