//! Pieces of random PostgreSQL schemas that tables may need: types, functions without tables, text search, servers.
//!
//! Neighbours: `mod`, which says when a piece is drawn. Invariant: a piece drawn anew keeps what its readers rely on, a
//! type's kind and a function's signature.

use super::{Piece, Schema, What, name_of, pick, word};
use driftless_testkit::random::Random;
use std::fmt::Write;

impl Schema {
    pub(super) fn draw_type(
        &self,
        piece: &mut Piece,
        random: &mut Random,
    ) -> Option<(String, String)> {
        let (path, name, on) = (&piece.path, name_of(&piece.path), &piece.on);
        let n = random.below(90);
        Some(match piece.what {
            What::Collation => {
                let choices = [
                    "provider = libc, locale = 'C'",
                    "provider = icu, locale = 'und'",
                ];
                let options = word(&choices, random);
                let text = format!("CREATE COLLATION {path} ({options})");
                (text, format!("COLLATION {path}"))
            }
            What::Sequence => {
                let mut text = format!("CREATE SEQUENCE {path}");
                text += word(&["", " AS integer", " AS bigint"], random);
                text += word(&["", " INCREMENT BY 2", " INCREMENT BY -1"], random);
                text += word(&["", " CACHE 5"], random);
                text += word(&["", " CYCLE"], random);
                (text, format!("SEQUENCE {path}"))
            }
            What::Domain => {
                if piece.keeps.is_empty() {
                    let based = word(&["integer", "integer", "text", "numeric(8,2)"], random);
                    piece.keeps = vec![based.to_owned()];
                }
                let based = piece.keeps.concat();
                let mut text = format!("CREATE DOMAIN {path} AS {based}");
                if random.chance(0.4) {
                    let _ = write!(
                        text,
                        " DEFAULT {}",
                        if based == "text" { "'x'" } else { "88" }
                    );
                }
                if random.chance(0.2) {
                    text.push_str(" NOT NULL");
                }
                for i in 0..random.below(3) {
                    let check = match based.as_str() {
                        "text" => format!("length(VALUE) > {i}"),
                        _ => format!("VALUE <> {n} + {i}"),
                    };
                    let _ = write!(text, " CONSTRAINT {name}_{i} CHECK ({check})");
                }
                (text, format!("DOMAIN {path}"))
            }
            What::Composite => {
                let mut text = format!("CREATE TYPE {path} AS (a integer");
                text += word(&["", ", b text", ", b text COLLATE \"C\""], random);
                text += word(&["", ", d numeric(6,2)", ", d date[]"], random);
                (text + ")", format!("TYPE {path}"))
            }
            What::Range => {
                let choices = [
                    "subtype = double precision, subtype_diff = float8mi",
                    "subtype = bigint",
                    "subtype = text, collation = \"C\"",
                ];
                if piece.keeps.is_empty() {
                    piece.keeps = vec![word(&choices, random).to_owned()];
                }
                let text = format!("CREATE TYPE {path} AS RANGE ({})", piece.keeps.concat());
                (text, format!("TYPE {path}"))
            }
            What::Pure => {
                let head = format!("CREATE FUNCTION {path}(n integer) RETURNS integer");
                let options = word(
                    &["", " STRICT", " PARALLEL SAFE", " COST 5", " LEAKPROOF"],
                    random,
                );
                let body = match random.below(3) {
                    0 => format!("LANGUAGE sql AS $$ SELECT n + {n} $$"),
                    1 => format!("LANGUAGE sql RETURN n * {n}"),
                    _ => format!(
                        "LANGUAGE plpgsql AS $$\nBEGIN\n    RETURN n - {n}; -- 'so'\nEND\n$$"
                    ),
                };
                let text = format!("{head} IMMUTABLE{options} {body}");
                (text, format!("FUNCTION {path}(integer)"))
            }
            What::Reaction => {
                let text = format!(
                    "CREATE FUNCTION {path}() RETURNS trigger LANGUAGE plpgsql{} AS $$ BEGIN PERFORM {n}; RETURN new; END $$",
                    word(
                        &["", " SECURITY DEFINER", " SET search_path = public"],
                        random
                    )
                );
                (text, format!("FUNCTION {path}()"))
            }
            What::Operator => {
                // The name is a number too, written in four signs.
                let number: u64 = name.trim_start_matches('x').parse().unwrap_or_default();
                let signs = (0..4).map(|i| ['~', '#', '&', '|'][(number >> (2 * i)) as usize % 4]);
                let operator: String = signs.chain(['@']).collect();
                let operator = path.replace(name, &operator);
                let text =
                    format!("CREATE OPERATOR {operator} (FUNCTION = {on}, RIGHTARG = integer)");
                (text, format!("OPERATOR {operator} (NONE, integer)"))
            }
            What::Aggregate => {
                let last = match pick(&self.all(What::Pure), random) {
                    Some(function) if random.chance(0.5) => format!(", FINALFUNC = {function}"),
                    _ => String::new(),
                };
                let text = format!(
                    "CREATE AGGREGATE {path} (integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '{n}'{last})"
                );
                (text, format!("AGGREGATE {path} (integer)"))
            }
            What::Cast => {
                let how = word(&["", " AS ASSIGNMENT"], random);
                let text = format!("CREATE CAST ({on} AS text) WITH INOUT{how}");
                (text, format!("CAST ({on} AS text)"))
            }
            What::Dictionary => {
                let options = word(&["", ", stopwords = 'english'", ", accept = false"], random);
                let text =
                    format!("CREATE TEXT SEARCH DICTIONARY {path} (TEMPLATE = simple{options})");
                (text, format!("TEXT SEARCH DICTIONARY {path}"))
            }
            What::Configuration => {
                let tokens = word(&["word", "asciiword, word", "email"], random);
                let text = format!(
                    "CREATE TEXT SEARCH CONFIGURATION {path} (COPY = simple);\n\
                     ALTER TEXT SEARCH CONFIGURATION {path} ALTER MAPPING FOR {tokens} WITH {on}, simple"
                );
                (text, format!("TEXT SEARCH CONFIGURATION {path}"))
            }
            What::Wrapper => {
                let options = word(&["", " OPTIONS (debug 'true')"], random);
                let text = format!("CREATE FOREIGN DATA WRAPPER {path}{options}");
                (text, format!("FOREIGN DATA WRAPPER {path}"))
            }
            _ => {
                let version = word(&["", " VERSION '1'", " VERSION '2'"], random);
                let options = match random.chance(0.5) {
                    true => format!(" OPTIONS (host 'h{n}')"),
                    false => String::new(),
                };
                let text =
                    format!("CREATE SERVER {path}{version} FOREIGN DATA WRAPPER {on}{options}");
                (text, format!("SERVER {path}"))
            }
        })
    }
}
