//! Parts of tables in random PostgreSQL schemas: constraints, indexes, policies, statistics, and foreign tables.
//!
//! Neighbours: `mod`, which says when a piece is drawn; conditions also serve `program`. Invariants: a partition has no
//! index that its whole could take for its own; a foreign key has columns of its own.

use super::table::{Kind, Table};
use super::{Piece, Schema, Seen, What, name_of, pick, word};
use driftless_testkit::random::Random;

const ACTIONS: &[&str] = &[
    "",
    " ON DELETE CASCADE",
    " ON DELETE SET NULL",
    " ON DELETE RESTRICT ON UPDATE CASCADE",
    " ON UPDATE SET DEFAULT",
    " DEFERRABLE INITIALLY DEFERRED",
    " ON DELETE CASCADE DEFERRABLE",
];

impl Schema {
    /// A condition over one of the columns, each said behind `of`: nothing, or `new.`.
    pub(super) fn condition(
        &self,
        columns: &[Seen],
        of: &str,
        random: &mut Random,
    ) -> Option<String> {
        let column = pick(columns, random)?;
        let c = format!("{of}{}", column.name);
        let n = random.below(50);
        let choice = random.below(5);
        Some(match (column.kind, choice) {
            (Kind::Number, 0) => format!("{c} > {n}"),
            (Kind::Number, 1) => format!("{c} BETWEEN 0 AND {n}"),
            (Kind::Number, 2) => format!("{c} IN (1, 2, {n})"),
            (Kind::Number, 3) => match pick(&self.all(What::Pure), random) {
                Some(function) => format!("{function}({c}::integer) > {n}"),
                None => format!("abs({c}) + 1 < {n}"),
            },
            (Kind::Number, _) => format!("({c} <> {n} OR {c} IS NULL)"),
            (Kind::Text, 0) => format!("length({c}) > {n}"),
            (Kind::Text, 1) => format!("{c} LIKE 'a{n}%'"),
            (Kind::Text, 2) => format!("{c} IN ('a', 'b{n}')"),
            (Kind::Text, 3) => format!("lower({c}) ~ '^x{n}'"),
            (Kind::Text, _) => format!("{c} <> ''"),
            (Kind::Date, 0 | 1) => format!("{c} > '2024-01-01'"),
            (Kind::Bool, 0) => c,
            (Kind::Bool, 1) => format!("NOT {c}"),
            (Kind::Bool, 2) => format!("{c} IS NOT FALSE"),
            (Kind::Range, 0 | 1) => format!("NOT isempty({c})"),
            (Kind::Json, 0 | 1) => format!("{c} ->> 'k' = 'x{n}'"),
            (Kind::Json, 2) => format!("{c} ? 'a'"),
            (Kind::Array, 0 | 1) => format!("cardinality({c}) > {n}"),
            (Kind::Enum, 0..=2) => {
                let of = self.enums.iter().find(|e| e.path == column.ty)?;
                format!("{c} = '{}'", pick(&of.labels, random)?)
            }
            _ => format!("{c} IS NOT NULL"),
        })
    }

    pub(super) fn draw_part(
        &self,
        piece: &mut Piece,
        random: &mut Random,
    ) -> Option<(String, String)> {
        let (path, name, on) = (&piece.path, name_of(&piece.path), &piece.on);
        let add = format!("ALTER TABLE {on} ADD CONSTRAINT {name}");
        let constraint = format!("CONSTRAINT {name} ON {on}");
        let columns = self.seen(on);
        let n = random.below(50);
        if piece.what == What::Foreign {
            let mut text = format!("CREATE FOREIGN TABLE {path} (a integer");
            text += word(&["", " NOT NULL", " DEFAULT 5"], random);
            text += word(
                &["", ", b text", ", b text OPTIONS (column_name 'bb')"],
                random,
            );
            text += &format!(") SERVER {on}");
            text += word(&["", " OPTIONS (table_name 'q')"], random);
            return Some((text, format!("FOREIGN TABLE {path}")));
        }
        let table = self.table(on)?;
        Some(match piece.what {
            What::Unique => {
                let list = unique_columns(table, &columns, random)?;
                // Of two alike in one CREATE TABLE the server makes one.
                let mut others = self.pieces.iter().filter(|p| p.what == What::Unique);
                if others.any(|p| p.on == *on && p.text.contains(&format!("({list})"))) {
                    return None;
                }
                let nulls = word(&["", "", " NULLS NOT DISTINCT"], random);
                let include = include(table, &columns, random);
                let defer = word(
                    &["", "", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED"],
                    random,
                );
                (
                    format!("{add} UNIQUE{nulls} ({list}){include}{defer}"),
                    constraint,
                )
            }
            What::Check => {
                let condition = self.condition(&columns, "", random)?;
                let inherit = match table.is_partitioned() {
                    true => "",
                    false => word(&["", "", " NO INHERIT"], random),
                };
                // A child that is made later has it validated.
                let valid = match self.is_parent(on) || table.by.is_some() {
                    true => "",
                    false => word(&["", "", " NOT VALID"], random),
                };
                (
                    format!("{add} CHECK ({condition}){inherit}{valid}"),
                    constraint,
                )
            }
            What::Reference => {
                let here = |name: &String| table.columns.iter().any(|c| c.name == *name);
                if piece.keeps.is_empty() || !piece.keeps.iter().all(here) {
                    return None;
                }
                let fits = |t: &&Table| {
                    t.key.is_some() && (table.unlogged || !t.unlogged) && t.of.is_none()
                };
                let targets: Vec<&Table> = self.tables.iter().filter(fits).collect();
                let target = *random.pick(&targets)?;
                let action = word(ACTIONS, random);
                let valid = match table.is_partitioned() {
                    true => "",
                    false => word(&["", "", " NOT VALID"], random),
                };
                let (one, two) = (&piece.keeps[0], &piece.keeps[1]);
                let to = &target.path;
                let rest = match target.by.is_some() {
                    true => {
                        let full = word(&["", " MATCH FULL"], random);
                        let action = match action {
                            " ON DELETE SET NULL" => format!(" ON DELETE SET NULL ({two})"),
                            action => action.to_owned(),
                        };
                        format!("({one}, {two}) REFERENCES {to} (id, k){full}{action}")
                    }
                    false => format!("({one}) REFERENCES {to}{action}"),
                };
                (format!("{add} FOREIGN KEY {rest}{valid}"), constraint)
            }
            What::Exclude => {
                let ranges: Vec<&Seen> = columns.iter().filter(|c| c.kind == Kind::Range).collect();
                let range = &random.pick(&ranges)?.name;
                if table.is_partitioned() {
                    return None;
                }
                let filter = match self.condition(&columns, "", random) {
                    Some(condition) if random.chance(0.4) => format!(" WHERE ({condition})"),
                    _ => String::new(),
                };
                let defer = word(&["", " DEFERRABLE"], random);
                let with = word(&["&&", "-|-"], random);
                (
                    format!("{add} EXCLUDE USING gist ({range} WITH {with}){filter}{defer}"),
                    constraint,
                )
            }
            What::Index => {
                let (unique, list) = self.index_keys(table, &columns, random)?;
                let filter = match self.condition(&columns, "", random) {
                    Some(condition) if random.chance(0.3) => format!(" WHERE {condition}"),
                    _ => String::new(),
                };
                let text = format!("CREATE {unique}INDEX {name} ON {on} {list}{filter}");
                let schema = on.strip_suffix(name_of(on)).unwrap_or_default();
                (text, format!("INDEX {schema}{name}"))
            }
            What::Identity => {
                if self
                    .pieces
                    .iter()
                    .any(|p| p.what == What::Identity && p.on == *on)
                {
                    return None;
                }
                let key = table.key.as_ref().map(|key| format!("USING INDEX {key}"));
                let choices = [Some("FULL".to_owned()), Some("NOTHING".to_owned()), key];
                let how = pick(&choices, random).flatten()?;
                (
                    format!("ALTER TABLE {on} REPLICA IDENTITY {how}"),
                    String::new(),
                )
            }
            What::Policy => {
                let using = self.condition(&columns, "", random)?;
                let check = self.condition(&columns, "", random)?;
                let kind = word(&["", " AS RESTRICTIVE"], random);
                let text = match random.below(4) {
                    0 => format!("FOR SELECT TO PUBLIC USING ({using})"),
                    1 => format!("FOR INSERT WITH CHECK ({check})"),
                    2 => format!("FOR UPDATE USING ({using}) WITH CHECK ({check})"),
                    _ => format!("USING ({using} AND current_user <> 'u{n}')"),
                };
                let text = format!("CREATE POLICY {name} ON {on}{kind} {text}");
                (text, format!("POLICY {name} ON {on}"))
            }
            What::Statistics => {
                let (one, two) = (pick(&columns, random)?, pick(&columns, random)?);
                if one == two {
                    return None;
                }
                let kinds = word(&["", "(ndistinct) ", "(dependencies, mcv) "], random);
                let text = match one.kind {
                    Kind::Text if random.chance(0.5) => format!("ON (lower({}))", one.name),
                    _ => format!("{kinds}ON {}, {}", one.name, two.name),
                };
                let text = format!("CREATE STATISTICS {path} {text} FROM {on}");
                (text, format!("STATISTICS {path}"))
            }
            _ => {
                let own = |c: &&Seen| table.columns.iter().any(|o| o.name == c.name);
                let plain = |c: &&Seen| c.kind == Kind::Number && c.name != "id" && !own(c);
                let numbers: Vec<&Seen> = columns.iter().filter(plain).collect();
                let column = *random.pick(&numbers)?;
                let generated = self.tables.iter().any(|t| t.is_generated(&column.name));
                if generated || table.of.is_none() {
                    return None;
                }
                let text = format!(
                    "ALTER TABLE ONLY {on} ALTER COLUMN {} SET DEFAULT {n}",
                    column.name
                );
                (text, String::new())
            }
        })
    }

    /// Whether it is unique, and the keys with what follows them.
    fn index_keys(
        &self,
        table: &Table,
        columns: &[Seen],
        random: &mut Random,
    ) -> Option<(&'static str, String)> {
        let n = random.below(1000);
        if table.is_partition() {
            return Some(("", format!("((id + {n}))")));
        }
        let column = pick(columns, random)?;
        let c = &column.name;
        let method = match column.kind {
            _ if random.chance(0.6) => None,
            Kind::Json => Some(format!(
                "USING gin ({c}{}) WITH (fastupdate = off)",
                word(&["", " jsonb_path_ops"], random)
            )),
            Kind::Array => Some(format!("USING gin ({c})")),
            Kind::Range => Some(format!("USING gist ({c}) WITH (fillfactor = 80)")),
            Kind::Number => Some(format!("USING brin ({c}) WITH (pages_per_range = 32)")),
            Kind::Text if !column.ty.starts_with("char(") => Some(format!(
                "({c} {})",
                word(&["text_pattern_ops", "COLLATE \"C\""], random)
            )),
            Kind::Other if column.ty == "inet" => Some(format!("USING gist ({c} inet_ops)")),
            Kind::Other if column.ty != "tsvector" && !column.ty.starts_with("bit") => {
                Some(format!("USING hash ({c})"))
            }
            _ => None,
        };
        if let Some(method) = method {
            return Some(("", method));
        }
        let fill = word(&["", "", " WITH (fillfactor = 70)"], random);
        if random.chance(0.2) {
            let list = unique_columns(table, columns, random)?;
            let include = include(table, columns, random);
            return Some(("UNIQUE ", format!("({list}){include}{fill}")));
        }
        let first = match column.kind {
            Kind::Text if random.chance(0.3) => format!("lower({c})"),
            Kind::Number if random.chance(0.2) => format!("(({c} * {n}))"),
            _ => c.clone(),
        };
        let order = word(
            &["", "", " DESC", " DESC NULLS LAST", " NULLS FIRST"],
            random,
        );
        let second = match pick(columns, random) {
            Some(second) if random.chance(0.4) => format!(", {}", second.name),
            _ => String::new(),
        };
        Some(("", format!("({first}{order}{second}){fill}")))
    }
}

/// Those of a partitioned table have the columns that it is partitioned by.
fn unique_columns(table: &Table, columns: &[Seen], random: &mut Random) -> Option<String> {
    let free = |c: &&Seen| !matches!(c.name.as_str(), "id" | "k");
    let free: Vec<&Seen> = columns.iter().filter(free).collect();
    let column = &random.pick(&free)?.name;
    match table.is_partition() {
        true => None,
        false if table.by.is_some() => Some(format!("{column}, k, id")),
        false => Some(column.clone()),
    }
}

fn include(table: &Table, columns: &[Seen], random: &mut Random) -> String {
    match pick(columns, random) {
        Some(column) if table.by.is_none() && random.chance(0.2) => {
            format!(" INCLUDE ({})", column.name)
        }
        _ => String::new(),
    }
}
