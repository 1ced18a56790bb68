//! Schemas of any size, for measurements.
//!
//! Neighbours: `xtask bench` and `xtask gen-schema`. Invariants: the same numbers give the same bytes, and a change
//! share alters tables without moving a foreign key, so two generated schemas differ only in what was changed.

use crate::random::Random;
use std::fmt::Write;

/// Whose SQL is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Postgres,
    Sqlite,
    Mariadb,
}

impl std::str::FromStr for Engine {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "postgres" | "pg" => Ok(Self::Postgres),
            "sqlite" => Ok(Self::Sqlite),
            "mariadb" | "mysql" => Ok(Self::Mariadb),
            _ => Err(format!(
                "no schema can be generated for `{name}`; postgres, sqlite and mariadb are known"
            )),
        }
    }
}

/// Generated schemas.
pub struct Schema;

/// The types of one engine for the twelve columns.
struct Types {
    key: &'static str,
    text: &'static str,
    code: &'static str,
    money: &'static str,
    moment: &'static str,
    now: &'static str,
    flag: &'static str,
    yes: &'static str,
    document: &'static str,
}

const POSTGRES: Types = Types {
    key: "bigint",
    text: "text",
    code: "varchar(40)",
    money: "numeric(14,2)",
    moment: "timestamptz",
    now: "now()",
    flag: "boolean",
    yes: "true",
    document: "jsonb",
};

const SQLITE: Types = Types {
    key: "INTEGER",
    text: "TEXT",
    code: "varchar(40)",
    money: "numeric(14,2)",
    moment: "TEXT",
    now: "CURRENT_TIMESTAMP",
    flag: "INTEGER",
    yes: "1",
    document: "TEXT",
};

const MARIADB: Types = Types {
    key: "bigint",
    text: "varchar(200)",
    code: "varchar(40)",
    money: "decimal(14,2)",
    moment: "datetime",
    now: "CURRENT_TIMESTAMP",
    flag: "tinyint(1)",
    yes: "1",
    document: "longtext",
};

const CHANGED: u64 = 1;
const LINKED: u64 = 2;

impl Schema {
    /// `tables` tables of twelve columns with a primary key, a unique, a check, two indexes and 0.7 foreign keys each,
    /// and a view over every tenth. About `change_percent` of them have one more column, a wider one and another check.
    pub fn generate(engine: Engine, tables: usize, seed: u64, change_percent: f64) -> String {
        let types = match engine {
            Engine::Postgres => &POSTGRES,
            Engine::Sqlite => &SQLITE,
            Engine::Mariadb => &MARIADB,
        };
        let mut out = String::with_capacity(tables * 1_100);
        for index in 0..tables {
            let thing = index as u64;
            let changed = Random::stream(seed, thing, CHANGED).chance(change_percent / 100.0);
            let mut link = Random::stream(seed, thing, LINKED);
            let parent =
                (index > 0 && link.chance(0.7)).then(|| thing - 1 - link.below(thing.min(40)));
            table(&mut out, types, index, changed, parent);
        }
        out
    }
}

fn table(out: &mut String, types: &Types, index: usize, changed: bool, parent: Option<u64>) {
    let Types {
        key,
        text,
        code,
        money,
        moment,
        now,
        flag,
        yes,
        document,
    } = types;
    let name = format!("item_{index:05}");
    let note = if changed { 400 } else { 200 };
    let least = i32::from(changed);
    let mut lines = vec![
        format!("id {key} NOT NULL"),
        format!("parent_id {key}"),
        format!("title {text} NOT NULL"),
        format!("code {code} NOT NULL"),
        format!("total {money} DEFAULT 0 NOT NULL"),
        format!("created_at {moment} DEFAULT {now} NOT NULL"),
        format!("active {flag} DEFAULT {yes} NOT NULL"),
        format!("payload {document}"),
        "quantity integer DEFAULT 1 NOT NULL".to_owned(),
        format!("note varchar({note})"),
        "position smallint".to_owned(),
        "weight double precision".to_owned(),
    ];
    if changed {
        lines.push("reviewed_by integer".to_owned());
    }
    lines.push(format!("CONSTRAINT {name}_pk PRIMARY KEY (id)"));
    lines.push(format!("CONSTRAINT {name}_code_uq UNIQUE (code)"));
    lines.push(format!(
        "CONSTRAINT {name}_quantity_ck CHECK (quantity > {least})"
    ));
    if let Some(parent) = parent {
        lines.push(format!(
            "CONSTRAINT {name}_parent_fk FOREIGN KEY (parent_id) REFERENCES item_{parent:05} (id)"
        ));
    }
    let _ = writeln!(out, "CREATE TABLE {name} (\n  {}\n);", lines.join(",\n  "));
    let _ = writeln!(out, "CREATE INDEX {name}_parent_ix ON {name} (parent_id);");
    let _ = writeln!(
        out,
        "CREATE INDEX {name}_recent_ix ON {name} (created_at, position);"
    );
    if index.is_multiple_of(10) {
        let _ = writeln!(
            out,
            "CREATE VIEW live_{index:05} AS SELECT id, title, total FROM {name} WHERE quantity > 0;"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_numbers_give_the_same_bytes() {
        let once = Schema::generate(Engine::Postgres, 50, 7, 10.0);
        assert_eq!(once, Schema::generate(Engine::Postgres, 50, 7, 10.0));
        assert_ne!(once, Schema::generate(Engine::Postgres, 50, 8, 10.0));
        assert_eq!(once.matches("CREATE TABLE").count(), 50);
        assert_eq!(once.matches("CREATE VIEW").count(), 5);
        assert_eq!(once.matches("CREATE INDEX").count(), 100);
        let links = once.matches("FOREIGN KEY").count();
        assert!((25..45).contains(&links), "{links}");
    }

    #[test]
    fn a_change_moves_no_foreign_key() {
        let links = |text: &str| -> Vec<String> {
            text.lines()
                .filter(|line| line.contains("FOREIGN KEY"))
                .map(str::to_owned)
                .collect()
        };
        let before = Schema::generate(Engine::Sqlite, 200, 7, 0.0);
        let after = Schema::generate(Engine::Sqlite, 200, 7, 20.0);
        assert_eq!(links(&before), links(&after));
        assert_eq!(before.matches("reviewed_by").count(), 0);
        assert!((20..60).contains(&after.matches("reviewed_by").count()));
    }

    #[test]
    fn sqlite_takes_it() {
        let base = rusqlite::Connection::open_in_memory().unwrap();
        base.execute_batch(&Schema::generate(Engine::Sqlite, 30, 1, 50.0))
            .unwrap();
    }
}
