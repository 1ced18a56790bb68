//! Pieces of random PostgreSQL schemas that read tables: views, triggers, rules, routines, publications, privileges.
//!
//! Neighbours: `mod`, which says when a piece is drawn. Invariant: what a piece shows under a name that others use is a
//! column of what it stands on, so that it has the type that this column has.

use super::{Piece, Schema, Seen, What, name_of, pick, word};
use driftless_testkit::random::Random;

impl Schema {
    pub(super) fn draw_program(
        &self,
        piece: &mut Piece,
        random: &mut Random,
    ) -> Option<(String, String)> {
        let columns = self.seen(&piece.on);
        if matches!(piece.what, What::View | What::Materialized) {
            let have = |name: &String| columns.iter().any(|c| c.name == *name);
            let some = !piece.keeps.is_empty() && piece.keeps.iter().all(have);
            if !some || random.chance(0.3) {
                piece.keeps = shown(&columns, random);
            }
        }
        let (path, name, on) = (&piece.path, name_of(&piece.path), &piece.on);
        let n = random.below(90);
        let condition = self.condition(&columns, "", random);
        let filter = condition.map(|c| format!(" WHERE {c}")).unwrap_or_default();
        Some(match piece.what {
            What::View => {
                let options = word(
                    &[
                        "",
                        "",
                        "",
                        " WITH (security_barrier)",
                        " WITH (security_invoker = true)",
                    ],
                    random,
                );
                if random.chance(0.3) {
                    let list = piece.keeps.join(", ");
                    let check = word(
                        &["", " WITH LOCAL CHECK OPTION", " WITH CHECK OPTION"],
                        random,
                    );
                    let text =
                        format!("CREATE VIEW {path}{options} AS SELECT {list} FROM {on}{filter}");
                    let check = if self.table(on).is_some() { check } else { "" };
                    (format!("{text}{check}"), format!("VIEW {path}"))
                } else {
                    let query = self.query(piece, &columns, &filter, random)?;
                    (
                        format!("CREATE VIEW {path}{options} AS {query}"),
                        format!("VIEW {path}"),
                    )
                }
            }
            What::Materialized => {
                let query = self.query(piece, &columns, &filter, random)?;
                let data = word(&["", " WITH NO DATA"], random);
                let text = format!("CREATE MATERIALIZED VIEW {path} AS {query}{data}");
                (text, format!("MATERIALIZED VIEW {path}"))
            }
            What::Above => {
                let column = &pick(&columns, random)?.name;
                let unique = word(&["", "UNIQUE "], random);
                let text = format!("CREATE {unique}INDEX {name} ON {on} ({column})");
                let schema = on.strip_suffix(name_of(on)).unwrap_or_default();
                (text, format!("INDEX {schema}{name}"))
            }
            What::Trigger => {
                let function = pick(&self.all(What::Reaction), random)?;
                let rest = self.trigger(on, &columns, &function, name, random)?;
                (rest, format!("TRIGGER {name} ON {on}"))
            }
            What::Rule => {
                let condition = self.condition(&columns, "old.", random)?;
                let rest = match random.below(4) {
                    0 => format!("ON DELETE TO {on} WHERE {condition} DO INSTEAD NOTHING"),
                    1 => format!("ON UPDATE TO {on} WHERE {condition} DO ALSO SELECT {n} AS n"),
                    2 => format!("ON INSERT TO {on} DO ALSO NOTIFY n{n}"),
                    _ => {
                        // Only to those before it: no circle.
                        let before = self.tables.iter().take_while(|t| t.path != *on);
                        let before: Vec<&str> = before.map(|t| t.path.as_str()).collect();
                        let other = random.pick(&before)?;
                        format!(
                            "ON DELETE TO {on} DO ALSO DELETE FROM {other} o WHERE o.id = old.id AND o.id > {n}"
                        )
                    }
                };
                (
                    format!("CREATE RULE {name} AS {rest}"),
                    format!("RULE {name} ON {on}"),
                )
            }
            What::Routine => {
                let head = format!(
                    "CREATE FUNCTION {path}(a integer{})",
                    word(&["", " DEFAULT 5", " DEFAULT NULL"], random)
                );
                let shown = &pick(&columns, random)?.name;
                let volatile = word(
                    &["", " STABLE", " STABLE STRICT", " SECURITY DEFINER"],
                    random,
                );
                let rest = match random.below(5) {
                    0 => format!(
                        "RETURNS SETOF {on} LANGUAGE sql{volatile} AS $$ SELECT * FROM {on} LIMIT {n} $$"
                    ),
                    1 => format!(
                        "RETURNS bigint LANGUAGE sql{volatile} BEGIN ATOMIC SELECT count({shown}) FROM {on}{filter}; END"
                    ),
                    2 => format!(
                        "RETURNS bigint LANGUAGE sql{volatile} RETURN (SELECT max(id) + a FROM {on})"
                    ),
                    3 => format!(
                        "RETURNS TABLE (one text) LANGUAGE sql{volatile} AS 'SELECT {shown}::text FROM {on}'"
                    ),
                    _ => format!(
                        "RETURNS bigint LANGUAGE plpgsql{volatile} AS $$\nBEGIN\n    RETURN (SELECT count({shown}) FROM {on}) + {n};\nEND\n$$"
                    ),
                };
                (
                    format!("{head} {rest}"),
                    format!("FUNCTION {path}(integer)"),
                )
            }
            What::Procedure => {
                let body = match random.chance(0.5) {
                    true => format!("AS $$ DELETE FROM {on} WHERE id = n + {n} $$"),
                    false => format!("BEGIN ATOMIC DELETE FROM {on} WHERE id = n + {n}; END"),
                };
                let text = format!("CREATE PROCEDURE {path}(n bigint) LANGUAGE sql {body}");
                (text, format!("PROCEDURE {path}(bigint)"))
            }
            What::Publication => {
                let table = self.table(on)?;
                if table.unlogged || table.of.is_some() {
                    return None;
                }
                let generated = |c: &&Seen| !table.is_generated(&c.name);
                let list: Vec<&str> = columns
                    .iter()
                    .filter(generated)
                    .map(|c| c.name.as_str())
                    .collect();
                let of = match random.below(5) {
                    0 => "FOR ALL TABLES".to_owned(),
                    1 => "FOR TABLES IN SCHEMA apart".to_owned(),
                    2 if !table.is_partitioned() => {
                        format!("FOR TABLE ONLY {on} ({})", list.join(", "))
                    }
                    3 if !table.is_partitioned() => format!("FOR TABLE ONLY {on} WHERE (id > {n})"),
                    _ => format!("FOR TABLE ONLY {on}"),
                };
                let with = word(
                    &[
                        "",
                        " WITH (publish = 'insert, update')",
                        " WITH (publish_via_partition_root = true)",
                    ],
                    random,
                );
                (
                    format!("CREATE PUBLICATION {name} {of}{with}"),
                    format!("PUBLICATION {name}"),
                )
            }
            What::Event => {
                let function = format!("{name}_f");
                let event = word(
                    &["ddl_command_end", "ddl_command_start", "sql_drop"],
                    random,
                );
                let tags = word(&["", " WHEN TAG IN ('CREATE TABLE')"], random);
                let tags = if event == "sql_drop" { "" } else { tags };
                let text = format!(
                    "CREATE FUNCTION {function}() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM {n}; END $$;\n\
                     CREATE EVENT TRIGGER {name} ON {event}{tags} EXECUTE FUNCTION {function}()"
                );
                (text, format!("EVENT TRIGGER {name}"))
            }
            What::Grant => (self.grant(on, &columns, random)?, String::new()),
            _ => {
                let what = word(
                    &[
                        "SELECT ON TABLES",
                        "USAGE ON TYPES",
                        "INSERT, UPDATE ON TABLES",
                    ],
                    random,
                );
                let text =
                    format!("ALTER DEFAULT PRIVILEGES IN SCHEMA apart GRANT {what} TO PUBLIC");
                (text, String::new())
            }
        })
    }

    /// What a view selects: the columns that it keeps, and something made of them.
    fn query(
        &self,
        piece: &Piece,
        columns: &[Seen],
        filter: &str,
        random: &mut Random,
    ) -> Option<String> {
        let on = &piece.on;
        let n = random.below(90);
        let list = piece.keeps.join(", ");
        let behind: Vec<String> = piece.keeps.iter().map(|name| format!("a.{name}")).collect();
        let behind = behind.join(", ");
        let last = piece.keeps.last()?;
        let other = &random.pick(&self.tables)?.path;
        let condition = self.condition(columns, "a.", random)?;
        Some(match random.below(9) {
            0 => format!(
                "SELECT {behind}, b.id AS other FROM {on} a JOIN {other} b ON a.{last} IS NOT NULL AND b.id > {n}"
            ),
            1 => format!(
                "SELECT {behind}, b.n FROM {on} a LEFT JOIN (SELECT count(*) AS n FROM {other}) b ON true WHERE {condition}"
            ),
            2 => format!(
                "SELECT {list}, count(*) AS n FROM {on}{filter} GROUP BY {list} HAVING count(*) > {n}"
            ),
            3 => format!("SELECT {list} FROM {on}{filter} UNION ALL SELECT {list} FROM {on}"),
            4 => format!(
                "SELECT {list}, row_number() OVER (PARTITION BY {last} ORDER BY {last} DESC) AS n FROM {on}{filter}"
            ),
            5 => format!(
                "WITH q AS (SELECT {list} FROM {on}{filter}) SELECT {list}, {n} AS n FROM q"
            ),
            6 => format!(
                "SELECT {behind} FROM {on} a WHERE EXISTS (SELECT 1 FROM {other} o WHERE o.id > {n}) AND {condition}"
            ),
            7 => format!(
                "SELECT {behind}, CASE WHEN {condition} THEN 'yes' ELSE a.{last}::text END AS said FROM {on} a ORDER BY {last} LIMIT {n}"
            ),
            _ => format!(
                "SELECT DISTINCT {list}, coalesce({last}::text, 'n{n}') AS said FROM {on}{filter}"
            ),
        })
    }

    fn trigger(
        &self,
        on: &str,
        columns: &[Seen],
        function: &str,
        name: &str,
        random: &mut Random,
    ) -> Option<String> {
        let does = format!(
            "EXECUTE FUNCTION {function}({})",
            word(&["", "'a'", "1, 'it''s'"], random)
        );
        let Some(table) = self.table(on) else {
            let when = word(&["INSERT", "UPDATE", "DELETE OR INSERT"], random);
            return Some(format!(
                "CREATE TRIGGER {name} INSTEAD OF {when} ON {on} FOR EACH ROW {does}"
            ));
        };
        let generated = |c: &&Seen| !self.tables.iter().any(|t| t.is_generated(&c.name));
        let stored: Vec<Seen> = columns.iter().filter(generated).cloned().collect();
        let of = &pick(columns, random)?.name;
        let seen = &pick(&stored, random)?.name;
        let condition = self.condition(&stored, "new.", random)?;
        let text = match random.below(5) {
            0 => format!(
                "CREATE TRIGGER {name} BEFORE INSERT OR UPDATE ON {on} FOR EACH ROW WHEN ({condition}) {does}"
            ),
            1 => format!(
                "CREATE TRIGGER {name} AFTER UPDATE OF {of} ON {on} FOR EACH ROW WHEN (old.{seen} IS DISTINCT FROM new.{seen}) {does}"
            ),
            2 => format!(
                "CREATE TRIGGER {name} AFTER INSERT ON {on} REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT {does}"
            ),
            3 => format!(
                "CREATE CONSTRAINT TRIGGER {name} AFTER DELETE ON {on} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW {does}"
            ),
            _ => format!(
                "CREATE TRIGGER {name} BEFORE TRUNCATE OR DELETE ON {on} FOR EACH STATEMENT {does}"
            ),
        };
        let state = word(&["DISABLE", "ENABLE ALWAYS", "ENABLE REPLICA"], random);
        Some(match random.chance(0.2) && !table.is_partitioned() {
            true => format!("{text};\nALTER TABLE {on} {state} TRIGGER {name}"),
            false => text,
        })
    }

    fn grant(&self, on: &str, columns: &[Seen], random: &mut Random) -> Option<String> {
        let what = self.pieces.iter().find(|p| p.path == on).map(|p| p.what);
        Some(match what {
            Some(What::Pure) => format!("REVOKE EXECUTE ON FUNCTION {on}(integer) FROM PUBLIC"),
            Some(What::Sequence) => format!("GRANT USAGE, SELECT ON SEQUENCE {on} TO PUBLIC"),
            Some(What::Domain) => format!("REVOKE USAGE ON TYPE {on} FROM PUBLIC"),
            _ if random.chance(0.4) => {
                format!(
                    "GRANT SELECT, UPDATE ({}) ON {on} TO PUBLIC",
                    pick(columns, random)?.name
                )
            }
            _ => {
                let what = word(
                    &["SELECT", "SELECT, INSERT", "TRUNCATE, REFERENCES"],
                    random,
                );
                format!("GRANT {what} ON {on} TO PUBLIC")
            }
        })
    }
}

/// One to four of them, each once.
fn shown(columns: &[Seen], random: &mut Random) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for _ in 0..1 + random.below(4) {
        if let Some(column) = pick(columns, random)
            && !out.contains(&column.name)
        {
            out.push(column.name);
        }
    }
    out
}
