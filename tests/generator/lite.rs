//! What random schemas have on SQLite alone: kinds of keys, generated columns, collations, triggers.
//!
//! Neighbours: `model` holds one for each table. Invariant: triggers and generated columns go with what they name.

use super::model::Schema;
use driftless_testkit::random::Random;

#[derive(Debug, Default)]
pub struct Lite {
    key: Key,
    /// Name, column, stored.
    generated: Vec<(String, String, bool)>,
    /// Name, and the table that it writes to.
    triggers: Vec<(String, String)>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum Key {
    #[default]
    Alias,
    Autoincrement,
    WithoutRowid,
    /// The rowid has no column.
    Hidden,
}

const KEYS: &[Key] = &[
    Key::Alias,
    Key::Autoincrement,
    Key::WithoutRowid,
    Key::Hidden,
];

impl Lite {
    pub fn key(&self) -> &'static str {
        match self.key {
            Key::Alias | Key::WithoutRowid => "INTEGER PRIMARY KEY",
            Key::Autoincrement => "INTEGER PRIMARY KEY AUTOINCREMENT",
            Key::Hidden => "INTEGER UNIQUE",
        }
    }

    pub fn columns(&self, strict: bool) -> Vec<String> {
        let ty = if strict { " ANY" } else { "" };
        let written = |(name, of, stored): &(String, String, bool)| {
            let stored = if *stored { " STORED" } else { "" };
            format!("{name}{ty} AS ({of} || '!'){stored}")
        };
        self.generated.iter().map(written).collect()
    }

    pub fn options(&self, strict: bool) -> String {
        let words: Vec<&str> = [
            strict.then_some(" STRICT"),
            (self.key == Key::WithoutRowid).then_some(" WITHOUT ROWID"),
        ]
        .into_iter()
        .flatten()
        .collect();
        words.join(",")
    }

    pub fn triggers(&self, table: &str) -> String {
        let written = |(name, other): &(String, String)| {
            format!(
                "CREATE TRIGGER {name} AFTER DELETE ON {table} BEGIN DELETE FROM {other} WHERE id = old.id; END;\n"
            )
        };
        self.triggers.iter().map(written).collect()
    }

    pub fn forget_table(&mut self, name: &str) {
        self.triggers.retain(|(_, other)| other != name);
    }

    pub fn forget_column(&mut self, name: &str) {
        self.generated.retain(|(_, of, _)| of != name);
    }
}

impl Schema {
    /// One change of what only SQLite has.
    pub fn change_lite(&mut self, at: usize, random: &mut Random) {
        let name = self.name("g");
        let other = random.below(self.tables.len() as u64) as usize;
        let other = self.tables[other].name.clone();
        let table = &mut self.tables[at];
        let texts: Vec<usize> = (0..table.columns.len())
            .filter(|i| matches!(table.columns[*i].ty, "TEXT" | "VARCHAR(40)"))
            .collect();
        let text = random.pick(&texts).copied();
        match (random.below(5), text) {
            (0, _) => table.lite.key = random.pick(KEYS).copied().unwrap_or_default(),
            (1, Some(text)) => {
                let of = table.columns[text].name.clone();
                table.lite.generated.push((name, of, random.chance(0.5)));
            }
            (2, Some(text)) => {
                let choices = [None, Some("NOCASE"), Some("RTRIM")];
                table.columns[text].collation = choices[random.below(3) as usize];
            }
            (3, _) => drop(table.lite.generated.pop()),
            (4, _) if random.chance(0.3) => drop(table.lite.triggers.pop()),
            _ => table.lite.triggers.push((name, other)),
        }
    }
}
