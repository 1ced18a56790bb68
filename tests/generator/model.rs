//! Random schemas of SQLite: tables in an order in which each refers only to itself and to those before it.
//!
//! Neighbours: `lite` has what no other engine has. Invariant: names are numbers that are never used again, so that a change never
//! looks like a rename.

use super::lite::Lite;
use driftless_testkit::random::Random;
use std::fmt::Write;

#[derive(Debug)]
pub struct Schema {
    pub(super) tables: Vec<Table>,
    views: Vec<View>,
    next: u64,
}

#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
    unique: Vec<(String, Vec<String>)>,
    checks: Vec<(String, String)>,
    /// Name, column, table, and what follows.
    references: Vec<(String, String, String, &'static str)>,
    indexes: Vec<Index>,
    strict: bool,
    pub(super) lite: Lite,
}

#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) ty: &'static str,
    not_null: bool,
    default: Option<&'static str>,
    pub(super) collation: Option<&'static str>,
}

#[derive(Debug)]
struct Index {
    name: String,
    unique: bool,
    keys: Vec<String>,
    filter: Option<String>,
}

#[derive(Debug)]
struct View {
    name: String,
    table: String,
    columns: Vec<String>,
    filter: Option<String>,
    /// A view over the view.
    above: Option<String>,
}

/// A type, its defaults, and whether numbers can be compared with it.
type Type = (&'static str, &'static [&'static str], bool);

const TYPES: &[Type] = &[
    ("INTEGER", &["0", "7", "-1"], true),
    (
        "TEXT",
        &["'x'", "''", "'it''s'", "CURRENT_TIMESTAMP"],
        false,
    ),
    ("REAL", &["0.5", "0"], true),
    ("BLOB", &["x'00'"], false),
    ("INT", &["3"], true),
];

const LOOSE: &[Type] = &[
    ("VARCHAR(40)", &["'ab'"], false),
    ("NUMERIC(10,2)", &["1.5"], true),
    ("BOOLEAN", &["1", "TRUE"], true),
    ("DATETIME", &["CURRENT_TIMESTAMP"], false),
];

const ACTIONS: &[&str] = &[
    "",
    " ON DELETE CASCADE",
    " ON DELETE SET NULL",
    " ON UPDATE CASCADE",
    " DEFERRABLE INITIALLY DEFERRED",
];

impl Schema {
    pub fn random(random: &mut Random) -> Schema {
        let mut schema = Schema {
            tables: Vec::new(),
            views: Vec::new(),
            next: 0,
        };
        for _ in 0..2 + random.below(4) {
            schema.add_table(random);
        }
        for _ in 0..random.below(8) {
            schema.add_detail(random);
        }
        schema
    }

    pub(super) fn name(&mut self, stem: &str) -> String {
        self.next += 1;
        format!("{stem}{}", self.next)
    }

    fn add_table(&mut self, random: &mut Random) {
        let strict = random.chance(0.2);
        let mut table = Table {
            name: self.name("t"),
            columns: Vec::new(),
            unique: Vec::new(),
            checks: Vec::new(),
            references: Vec::new(),
            indexes: Vec::new(),
            strict,
            lite: Lite::default(),
        };
        for _ in 0..2 + random.below(4) {
            table.columns.push(self.column(strict, random));
        }
        self.tables.push(table);
    }

    fn column(&mut self, strict: bool, random: &mut Random) -> Column {
        let from = match strict {
            false if random.chance(0.3) => LOOSE,
            _ => TYPES,
        };
        let (ty, defaults, _) = *random.pick(from).expect("there are types");
        let default = random
            .chance(0.5)
            .then(|| random.pick(defaults).copied())
            .flatten();
        Column {
            name: self.name("c"),
            ty,
            not_null: default.is_some() && random.chance(0.6),
            default,
            collation: None,
        }
    }

    /// A key, a check, an index, a reference or a view.
    fn add_detail(&mut self, random: &mut Random) {
        let at = random.below(self.tables.len() as u64) as usize;
        let plain = |c: &&Column| c.ty != "BLOB";
        let Some(table) = self.tables.get(at) else {
            return;
        };
        let names: Vec<String> = table
            .columns
            .iter()
            .filter(plain)
            .map(|c| c.name.clone())
            .collect();
        let Some(column) = random.pick(&names).cloned() else {
            return;
        };
        let filter = self.condition(at, random);
        match random.below(6) {
            0 => {
                let twice = self.tables[at]
                    .unique
                    .iter()
                    .any(|(_, columns)| columns.contains(&column));
                if !twice {
                    let name = self.name("u");
                    self.tables[at].unique.push((name, vec![column]));
                }
            }
            1 => {
                if let Some(condition) = filter {
                    let name = self.name("k");
                    self.tables[at].checks.push((name, condition));
                }
            }
            2 | 3 => {
                let mut keys = vec![match random.below(3) {
                    0 => format!("{column} DESC"),
                    _ => column,
                }];
                if let Some(second) = random.pick(&names)
                    && random.chance(0.5)
                {
                    keys.push(second.clone());
                }
                let index = Index {
                    name: self.name("i"),
                    unique: random.chance(0.3),
                    keys,
                    filter: filter.filter(|_| random.chance(0.4)),
                };
                self.tables[at].indexes.push(index);
            }
            4 => self.add_reference(at, random),
            _ => {
                let view = View {
                    name: self.name("v"),
                    table: self.tables[at].name.clone(),
                    columns: names
                        .into_iter()
                        .take(1 + random.below(3) as usize)
                        .collect(),
                    filter,
                    above: random.chance(0.4).then(|| self.name("w")),
                };
                self.views.push(view);
            }
        }
    }

    fn add_reference(&mut self, at: usize, random: &mut Random) {
        let target = self.tables[random.below(at as u64 + 1) as usize]
            .name
            .clone();
        let column = self.name("c");
        let action = random.pick(ACTIONS).copied().unwrap_or_default();
        let name = self.name("f");
        self.tables[at].columns.push(Column {
            name: column.clone(),
            ty: "INTEGER",
            not_null: false,
            default: None,
            collation: None,
        });
        self.tables[at]
            .references
            .push((name, column, target, action));
    }

    fn condition(&self, at: usize, random: &mut Random) -> Option<String> {
        let table = self.tables.get(at)?;
        let Column { name, ty, .. } = random.pick(&table.columns)?;
        let number = TYPES
            .iter()
            .chain(LOOSE)
            .any(|(known, _, number)| known == ty && *number);
        let n = random.below(50);
        Some(match (number, random.below(4)) {
            (true, 0) => format!("{name} > {n}"),
            (true, 1) => format!("{name} BETWEEN 0 AND {n}"),
            (true, 2) => format!("{name} IN (1, 2, {n})"),
            (true, _) => format!("{name} <> {n} OR {name} IS NULL"),
            (false, 0) if *ty == "TEXT" => format!("length({name}) > {n}"),
            (false, 1) if *ty == "TEXT" => format!("{name} IN ('a', 'b{n}')"),
            (false, 2) if *ty == "TEXT" => format!("{name} LIKE 'a{n}%'"),
            (false, _) => format!("{name} IS NOT NULL"),
        })
    }

    fn drop_table(&mut self, at: usize) {
        let gone = self.tables.remove(at);
        self.views.retain(|view| view.table != gone.name);
        for table in &mut self.tables {
            table
                .references
                .retain(|(_, _, target, _)| *target != gone.name);
            table.lite.forget_table(&gone.name);
        }
    }

    fn drop_column(&mut self, at: usize, random: &mut Random) {
        let table = &mut self.tables[at];
        if table.columns.len() < 2 {
            return;
        }
        let gone = table
            .columns
            .remove(random.below(table.columns.len() as u64) as usize)
            .name;
        let uses = |text: &str| {
            text.split(|c: char| !c.is_alphanumeric())
                .any(|word| word == gone)
        };
        table.unique.retain(|(_, columns)| !columns.contains(&gone));
        table.checks.retain(|(_, text)| !uses(text));
        table.references.retain(|(_, column, ..)| *column != gone);
        table.lite.forget_column(&gone);
        table
            .indexes
            .retain(|i| !i.keys.iter().any(|k| uses(k)) && !i.filter.as_deref().is_some_and(uses));
        let name = table.name.clone();
        self.views.retain(|v| {
            v.table != name || !(v.columns.contains(&gone) || v.filter.as_deref().is_some_and(uses))
        });
    }

    /// Nullability, default, or a wider type.
    fn alter_column(&mut self, at: usize, random: &mut Random) {
        let table = &mut self.tables[at];
        let count = table.columns.len() as u64;
        let Some(column) = table.columns.get_mut(random.below(count) as usize) else {
            return;
        };
        let referring = table
            .references
            .iter()
            .any(|(_, name, ..)| *name == column.name);
        match random.below(3) {
            0 if !referring => column.not_null = !column.not_null && column.default.is_some(),
            1 => {
                column.default = None;
                column.not_null = false;
            }
            _ if !referring => {
                column.ty = match column.ty {
                    "VARCHAR(40)" => "TEXT",
                    "INT" => "INTEGER",
                    other => other,
                }
            }
            _ => {}
        }
    }

    fn drop_detail(&mut self, at: usize, random: &mut Random) {
        let table = &mut self.tables[at];
        match random.below(4) {
            0 => drop(table.unique.pop()),
            1 => drop(table.checks.pop()),
            2 => drop(table.references.pop()),
            _ => drop(table.indexes.pop()),
        }
    }

    fn table(&self, out: &mut String, table: &Table) {
        let mut lines = vec![format!("id {}", table.lite.key())];
        for column in &table.columns {
            let mut line = format!("{} {}", column.name, column.ty);
            if let Some(default) = column.default {
                let _ = write!(line, " DEFAULT {default}");
            }
            if column.not_null {
                line.push_str(" NOT NULL");
            }
            if let Some(collation) = column.collation {
                let _ = write!(line, " COLLATE {collation}");
            }
            lines.push(line);
        }
        lines.extend(table.lite.columns(table.strict));
        for (name, columns) in &table.unique {
            lines.push(format!("CONSTRAINT {name} UNIQUE ({})", columns.join(", ")));
        }
        for (name, text) in &table.checks {
            lines.push(format!("CONSTRAINT {name} CHECK ({text})"));
        }
        for (name, column, target, action) in &table.references {
            lines.push(format!(
                "CONSTRAINT {name} FOREIGN KEY ({column}) REFERENCES {target} (id){action}"
            ));
        }
        let options = table.lite.options(table.strict);
        let _ = writeln!(
            out,
            "CREATE TABLE {} (\n  {}\n){options};",
            table.name,
            lines.join(",\n  ")
        );
        for index in &table.indexes {
            let unique = if index.unique { "UNIQUE " } else { "" };
            let filter = index
                .filter
                .as_ref()
                .map(|f| format!(" WHERE {f}"))
                .unwrap_or_default();
            let keys = index.keys.join(", ");
            let _ = writeln!(
                out,
                "CREATE {unique}INDEX {} ON {} ({keys}){filter};",
                index.name, table.name
            );
        }
    }
}

impl super::Model for Schema {
    fn change(&mut self, random: &mut Random) {
        let at = random.below(self.tables.len() as u64) as usize;
        match random.below(15) {
            0 => self.add_table(random),
            1 if self.tables.len() > 2 => self.drop_table(at),
            1 => {}
            2 | 3 => {
                let Some(table) = self.tables.get(at) else {
                    return;
                };
                let (strict, end) = (table.strict, table.columns.len() as u64);
                let column = self.column(strict, random);
                self.tables[at]
                    .columns
                    .insert(random.below(end + 1) as usize, column);
            }
            4 => self.drop_column(at, random),
            5 => self.alter_column(at, random),
            6 => self.drop_detail(at, random),
            7 => {
                if let Some(index) = self.views.len().checked_sub(1) {
                    self.views.remove(random.below(index as u64 + 1) as usize);
                }
            }
            8 | 9 => self.add_detail(random),
            _ => self.change_lite(at, random),
        }
    }

    fn written(&self) -> String {
        let mut out = String::new();
        for table in &self.tables {
            self.table(&mut out, table);
        }
        for table in &self.tables {
            out.push_str(&table.lite.triggers(&table.name));
        }
        for view in &self.views {
            let filter = view
                .filter
                .as_ref()
                .map(|f| format!(" WHERE {f}"))
                .unwrap_or_default();
            let columns = view.columns.join(", ");
            let _ = writeln!(
                out,
                "CREATE VIEW {} AS SELECT {columns} FROM {}{filter};",
                view.name, view.table
            );
            if let Some(above) = &view.above {
                let _ = writeln!(
                    out,
                    "CREATE VIEW {above} AS SELECT count(*) AS n FROM {};",
                    view.name
                );
            }
        }
        out
    }
}
