//! The catalog queries and the decoding of their answers.
//!
//! Neighbours: the runtime asks what `queries` writes and hands the answers to `decode`; settling comes after. Each
//! file beside this one holds a question and what its answer means. Invariant: one set-based question per part, in one
//! read-only transaction with an empty search path, so that every name in an answer is qualified and all answers show
//! one moment.

mod aggregate;
mod answer;
mod column;
mod constraint;
mod default_privileges;
mod definition;
mod directory;
mod fixpoint;
mod fragment;
mod function;
mod grant;
mod index;
mod leftover;
mod policy;
mod relation;
mod rule;
mod schema;
mod sequence;
mod statistics;
mod trigger;
mod types;

#[cfg(test)]
mod tests;

use answer::{Read, Sheet};
use directory::Directory;
use driftless_model::{Catalog, Dialect, Observed, Scope, Server, Version};
use driftless_planner::{Inspected, Rows};
use driftless_sql::{Diagnostic, Problems};

/// The settings under which deparsed text is the same for every role and database. Nested loops are off because a
/// freshly restored database has no statistics, and then they are chosen for thousands of rows against thousands.
const HEAD: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL search_path = '';
SET LOCAL DateStyle = 'ISO, YMD';
SET LOCAL IntervalStyle = 'postgres';
SET LOCAL TimeZone = 'UTC';
SET LOCAL extra_float_digits = 1;
SET LOCAL bytea_output = 'hex';
SET LOCAL quote_all_identifiers = off;
SET LOCAL standard_conforming_strings = on;
SET LOCAL jit = off;
SET LOCAL enable_nestloop = off;
SET LOCAL max_parallel_workers_per_gather = 0;
";

/// One question with what its answer means.
struct Part {
    /// For people: `the server's answer about …`.
    what: &'static str,
    query: fn(Server) -> String,
    decode: fn(&mut Decoder, &Sheet) -> Read<()>,
}

/// In the order in which they are asked; decoding goes through them in the same order, so that ids are known before
/// they are referred to.
const PARTS: &[Part] = &[
    Part {
        what: "schemas",
        query: schema::query,
        decode: schema::decode,
    },
    Part {
        what: "extensions",
        query: schema::extension_query,
        decode: schema::decode_extension,
    },
    Part {
        what: "the names of relations",
        query: directory::query,
        decode: directory::decode,
    },
    Part {
        what: "types",
        query: types::query,
        decode: types::decode,
    },
    Part {
        what: "what is made of clauses",
        query: definition::query,
        decode: definition::decode,
    },
    Part {
        what: "relations",
        query: relation::query,
        decode: relation::decode,
    },
    Part {
        what: "columns",
        query: column::query,
        decode: column::decode,
    },
    Part {
        what: "sequences",
        query: sequence::query,
        decode: sequence::decode,
    },
    Part {
        what: "routines",
        query: function::query,
        decode: function::decode,
    },
    Part {
        what: "aggregates",
        query: aggregate::query,
        decode: aggregate::decode,
    },
    Part {
        what: "index keys",
        query: index::key_query,
        decode: index::decode_key,
    },
    Part {
        what: "indexes",
        query: index::query,
        decode: index::decode,
    },
    Part {
        what: "constraints",
        query: constraint::query,
        decode: constraint::decode,
    },
    Part {
        what: "triggers",
        query: trigger::query,
        decode: trigger::decode,
    },
    Part {
        what: "policies",
        query: policy::query,
        decode: policy::decode,
    },
    Part {
        what: "rules",
        query: rule::query,
        decode: rule::decode,
    },
    Part {
        what: "statistics",
        query: statistics::query,
        decode: statistics::decode,
    },
    Part {
        what: "default privileges",
        query: default_privileges::query,
        decode: default_privileges::decode,
    },
    Part {
        what: "what is not modelled",
        query: leftover::query,
        decode: leftover::decode,
    },
];

/// What is being built.
struct Decoder {
    catalog: Catalog,
    observed: Observed,
    notes: Vec<String>,
    directory: Directory,
}

/// One batch: everything is read, since what lies outside of the scope must stay known as a reference.
pub fn queries(version: &str, _scope: &Scope) -> Vec<String> {
    let server = Server {
        dialect: Dialect::Postgres,
        version: Version::parse(version).unwrap_or_default(),
    };
    let mut batch = HEAD.to_owned();
    for part in PARTS {
        batch.push_str((part.query)(server).trim_end());
        batch.push_str(";\n");
    }
    batch.push_str("COMMIT");
    vec![batch]
}

/// The catalog behind the answers, not yet settled.
pub fn decode(answers: &[Rows], server: Server) -> Result<Inspected, Problems> {
    if answers.len() != PARTS.len() {
        return Err(Diagnostic::error(
            "D0509",
            format!(
                "the server gave {} answers to {} questions about its catalog",
                answers.len(),
                PARTS.len()
            ),
        )
        .into());
    }
    let mut decoder = Decoder {
        catalog: Catalog::new(server),
        observed: Observed::default(),
        notes: Vec::new(),
        directory: Directory::default(),
    };
    for (part, answer) in PARTS.iter().zip(answers) {
        (part.decode)(&mut decoder, &Sheet::new(part.what, answer))?;
    }
    relation::sum_partitions(&mut decoder);
    crate::row::not_null::tidy(&mut decoder.catalog);
    decoder
        .catalog
        .unmodelled
        .sort_by(|a, b| (&a.what, &a.name, &a.on).cmp(&(&b.what, &b.name, &b.on)));
    Ok(Inspected {
        catalog: decoder.catalog,
        observed: decoder.observed,
        notes: decoder.notes,
    })
}
