//! Random schemas of MySQL and MariaDB: what the other engines do not have is most of them.
//!
//! Invariant: what is written loads on both products in strict mode; names are numbers that are never used again.

use driftless_testkit::random::Random;
use std::fmt::Write;

#[derive(Debug, Default)]
pub struct Schema {
    mariadb: bool,
    tables: Vec<Table>,
    programs: Vec<(String, Program)>,
    next: u64,
}

#[derive(Debug, Default)]
struct Table {
    name: String,
    columns: Vec<Column>,
    keys: Vec<Key>,
    checks: Vec<(String, String)>,
    /// Name, column, table, and what follows.
    references: Vec<(String, String, String, &'static str)>,
    /// By the word before the sign.
    options: Vec<(&'static str, &'static str)>,
    counts: bool,
    partitions: Option<&'static str>,
}

#[derive(Debug, Default, Clone)]
struct Column {
    name: String,
    ty: &'static str,
    collation: Option<&'static str>,
    not_null: bool,
    default: Option<&'static str>,
    on_update: bool,
    comment: Option<&'static str>,
    invisible: bool,
    /// The expression, and whether it is stored.
    generated: Option<(String, bool)>,
}

#[derive(Debug, Clone)]
struct Key {
    name: String,
    word: &'static str,
    parts: Vec<String>,
    options: &'static str,
}

#[derive(Debug)]
enum Program {
    View {
        table: String,
        columns: Vec<String>,
        filter: String,
    },
    Trigger {
        table: String,
        timing: &'static str,
        body: String,
    },
    Routine {
        head: &'static str,
        body: String,
    },
    Event {
        schedule: &'static str,
        body: String,
    },
    Sequence {
        options: &'static str,
    },
}

/// A type, its defaults, and what kind of values it holds.
type Type = (&'static str, &'static [&'static str], Kind);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Number,
    Text,
    Long,
    Moment,
    Other,
}

const TYPES: &[Type] = &[
    ("int", &["0", "7", "-1", "'5'"], Kind::Number),
    ("int unsigned", &["0", "7"], Kind::Number),
    ("tinyint(1)", &["1", "TRUE"], Kind::Number),
    ("smallint", &["3"], Kind::Number),
    ("bigint", &["0", "42"], Kind::Number),
    ("decimal(10,2)", &["0", "1.5", "'1.50'"], Kind::Number),
    ("double", &["0.5", "1e3"], Kind::Number),
    ("varchar(40)", &["'ab'", "''", "'it''s'"], Kind::Text),
    ("varchar(200)", &["'x'"], Kind::Text),
    ("char(8)", &["'a'"], Kind::Text),
    ("text", &[], Kind::Long),
    ("longtext", &[], Kind::Long),
    ("varbinary(16)", &["'k'"], Kind::Other),
    ("blob", &[], Kind::Other),
    ("date", &["'2024-01-01'"], Kind::Moment),
    (
        "datetime",
        &["CURRENT_TIMESTAMP", "'2024-01-01 10:00:00'"],
        Kind::Moment,
    ),
    ("datetime(3)", &["CURRENT_TIMESTAMP(3)"], Kind::Other),
    ("timestamp NULL", &["now()"], Kind::Other),
    ("time", &["'10:00:00'"], Kind::Other),
    ("year", &["2024"], Kind::Other),
    ("enum('a','b','c')", &["'a'"], Kind::Other),
    ("set('x','y')", &["'x,y'"], Kind::Other),
    ("json", &[], Kind::Other),
    ("bit(4)", &["b'101'", "5"], Kind::Other),
    ("float", &["0.25"], Kind::Other),
];

/// Types that become one another without a loss.
const WIDER: &[(&str, &str)] = &[
    ("int", "bigint"),
    ("smallint", "int"),
    ("varchar(40)", "varchar(60)"),
    ("varchar(60)", "varchar(200)"),
    ("varchar(200)", "text"),
    ("text", "longtext"),
    ("decimal(10,2)", "decimal(12,2)"),
    ("enum('a','b','c')", "enum('a','b','c','d')"),
    ("enum('a','b','c','d')", "enum('d','c','b','a')"),
    ("varbinary(16)", "varbinary(300)"),
    ("datetime", "datetime(6)"),
];

const COLLATIONS: &[&str] = &[
    "utf8mb4_bin",
    "utf8mb4_unicode_ci",
    "latin1_swedish_ci",
    "ascii_bin",
];
const OPTIONS: &[(&str, &[&str])] = &[
    ("COMMENT", &["'one'", "'it''s'"]),
    ("ROW_FORMAT", &["DYNAMIC", "DEFAULT"]),
    ("STATS_PERSISTENT", &["0", "1"]),
    ("MAX_ROWS", &["1000"]),
    ("COLLATE", &["utf8mb4_bin", "utf8mb4_unicode_ci"]),
];
const ACTIONS: &[&str] = &[
    "",
    " ON DELETE CASCADE",
    " ON DELETE SET NULL",
    " ON UPDATE CASCADE",
];
const PARTITIONS: &[&str] = &[
    "HASH (id) PARTITIONS 3",
    "KEY (id) PARTITIONS 2",
    "RANGE (id) (PARTITION p0 VALUES LESS THAN (100), PARTITION p1 VALUES LESS THAN MAXVALUE)",
    "RANGE (id) (PARTITION p0 VALUES LESS THAN (100), PARTITION p1 VALUES LESS THAN (200))",
    "RANGE (id) (PARTITION p0 VALUES LESS THAN (100), PARTITION p1 VALUES LESS THAN (200), PARTITION p2 VALUES LESS THAN (300))",
];

fn kind(ty: &str) -> Kind {
    let known = TYPES.iter().find(|(t, ..)| *t == ty).map(|t| t.2);
    known.unwrap_or(match ty {
        ty if ty.starts_with("varchar") => Kind::Text,
        ty if ty.starts_with("decimal") => Kind::Number,
        _ => Kind::Other,
    })
}

fn names(text: &str, name: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric())
        .any(|w| w == name)
}

fn pick<T: Copy>(from: &[T], random: &mut Random) -> Option<T> {
    random.pick(from).copied()
}

impl Schema {
    pub fn random(mariadb: bool, random: &mut Random) -> Schema {
        let mut schema = Schema {
            mariadb,
            ..Schema::default()
        };
        for _ in 0..2 + random.below(4) {
            schema.add_table(random);
        }
        for _ in 0..3 + random.below(10) {
            schema.add_detail(random);
        }
        schema
    }

    fn name(&mut self, stem: &str) -> String {
        self.next += 1;
        format!("{stem}{}", self.next)
    }

    fn add_table(&mut self, random: &mut Random) {
        let mut table = Table {
            name: self.name("t"),
            counts: random.chance(0.6),
            ..Table::default()
        };
        for _ in 0..2 + random.below(5) {
            table.columns.push(self.column(random));
        }
        self.tables.push(table);
    }

    fn column(&mut self, random: &mut Random) -> Column {
        let (ty, defaults, kind) = pick(TYPES, random).unwrap_or(TYPES[0]);
        let default = match random.chance(0.5) {
            true => pick(defaults, random),
            false => None,
        };
        let moment = ty == "datetime" || ty == "timestamp NULL";
        Column {
            name: self.name("c"),
            ty,
            collation: match kind {
                Kind::Text if random.chance(0.2) => pick(COLLATIONS, random),
                _ => None,
            },
            not_null: default.is_some() && ty != "timestamp NULL" && random.chance(0.5),
            default,
            on_update: moment && random.chance(0.3),
            comment: random.chance(0.2).then_some("'what it''s for'"),
            invisible: default.is_some() && random.chance(0.05),
            generated: None,
        }
    }

    fn columns_of(&self, at: usize, wanted: &[Kind]) -> Vec<String> {
        let table = &self.tables[at];
        let refers = |c: &Column| table.references.iter().any(|(_, name, ..)| *name == c.name);
        let plain = |c: &&Column| c.generated.is_none() && !refers(c);
        let columns = table.columns.iter().filter(plain);
        let meant = columns.filter(|c| wanted.contains(&kind(c.ty)));
        meant.map(|c| c.name.clone()).collect()
    }

    fn condition(&self, at: usize, random: &mut Random) -> Option<String> {
        let numbers = self.columns_of(at, &[Kind::Number]);
        let texts = self.columns_of(at, &[Kind::Text]);
        let n = random.below(50);
        if let (Some(name), true) = (random.pick(&numbers), random.chance(0.6)) {
            return Some(match random.below(4) {
                0 => format!("{name} > {n}"),
                1 => format!("{name} between 0 and {n}"),
                2 => format!("{name} in (1, 2, {n})"),
                _ => format!("({name} <> {n} or {name} is null)"),
            });
        }
        random.pick(&texts).map(|name| match random.below(3) {
            0 => format!("length({name}) > {n}"),
            1 => format!("{name} like 'a{n}%'"),
            _ => format!("{name} <> ''"),
        })
    }

    fn add_detail(&mut self, random: &mut Random) {
        let at = random.below(self.tables.len() as u64) as usize;
        match random.below(12) {
            0..=3 => self.add_key(at, random),
            4 => {
                if let Some(condition) = self.condition(at, random) {
                    let name = self.name("k");
                    self.tables[at].checks.push((name, condition));
                }
            }
            5 => self.add_reference(at, random),
            6 => self.add_generated(at, random),
            7 => self.set_option(at, random),
            8 => self.partition(at, random),
            _ => self.add_program(at, random),
        }
    }

    fn add_key(&mut self, at: usize, random: &mut Random) {
        let short = self.columns_of(at, &[Kind::Number, Kind::Text, Kind::Moment]);
        let long = self.columns_of(at, &[Kind::Long]);
        let texts = self.columns_of(at, &[Kind::Text]);
        let partitioned = self.tables[at].partitions.is_some();
        let name = self.name("i");
        let key = match random.below(8) {
            0 => random
                .pick(&long)
                .map(|c| ("KEY", vec![format!("{c}(20)")])),
            1 if !partitioned => random
                .pick(&texts)
                .map(|c| ("FULLTEXT KEY", vec![c.clone()])),
            2 if !partitioned => random.pick(&short).map(|c| ("UNIQUE KEY", vec![c.clone()])),
            3 => random
                .pick(&short)
                .map(|c| ("KEY", vec![format!("{c} DESC")])),
            _ => random.pick(&short).map(|c| {
                let mut parts = vec![c.clone()];
                parts.extend(random.pick(&short).filter(|d| *d != c).cloned());
                ("KEY", parts)
            }),
        };
        let hidden = if self.mariadb {
            " IGNORED"
        } else {
            " INVISIBLE"
        };
        if let Some((word, parts)) = key {
            let options = match random.below(6) {
                0 => " COMMENT 'fast'",
                1 if word == "KEY" => hidden,
                _ => "",
            };
            self.tables[at].keys.push(Key {
                name,
                word,
                parts,
                options,
            });
        }
    }

    fn add_reference(&mut self, at: usize, random: &mut Random) {
        let to = random.below(at as u64 + 1) as usize;
        if self.tables[at].partitions.is_some() || self.tables[to].partitions.is_some() {
            return;
        }
        let (target, column) = (self.tables[to].name.clone(), self.name("c"));
        let action = pick(ACTIONS, random).unwrap_or_default();
        let name = self.name("f");
        let table = &mut self.tables[at];
        table.columns.push(Column {
            name: column.clone(),
            ty: "bigint",
            ..Column::default()
        });
        table.references.push((name, column, target, action));
    }

    fn add_generated(&mut self, at: usize, random: &mut Random) {
        let numbers = self.columns_of(at, &[Kind::Number]);
        let Some(of) = random.pick(&numbers).cloned() else {
            return;
        };
        let n = random.below(9);
        let column = Column {
            name: self.name("g"),
            ty: "double",
            generated: Some((format!("{of} * {n} + 1"), random.chance(0.5))),
            ..Column::default()
        };
        self.tables[at].columns.push(column);
    }

    fn set_option(&mut self, at: usize, random: &mut Random) {
        let Some((name, values)) = pick(OPTIONS, random) else {
            return;
        };
        let options = &mut self.tables[at].options;
        options.retain(|(known, _)| *known != name);
        options.extend(pick(values, random).map(|v| (name, v)));
    }

    fn partition(&mut self, at: usize, random: &mut Random) {
        let name = self.tables[at].name.clone();
        let mut others = self.tables.iter().flat_map(|t| &t.references);
        let referred = others.any(|(_, _, target, _)| *target == name);
        let table = &mut self.tables[at];
        let plain = table.references.is_empty() && !table.keys.iter().any(|k| k.word != "KEY");
        if plain && !referred {
            table.partitions = pick(PARTITIONS, random);
        }
    }

    fn add_program(&mut self, at: usize, random: &mut Random) {
        let table = self.tables[at].name.clone();
        let columns = self.columns_of(at, &[Kind::Number, Kind::Text, Kind::Moment]);
        let n = random.below(90);
        let (stem, program) = match random.below(if self.mariadb { 6 } else { 5 }) {
            0 | 1 => {
                let Some(first) = columns.first().cloned() else {
                    return;
                };
                let filter = self
                    .condition(at, random)
                    .unwrap_or_else(|| format!("id > {n}"));
                let mut shown = vec!["id".to_owned(), first.clone()];
                shown.push(format!("coalesce({first}, '{n}') as x{n}"));
                let view = Program::View {
                    table,
                    columns: shown,
                    filter,
                };
                ("v", view)
            }
            2 => {
                let timing = if random.chance(0.5) {
                    "AFTER DELETE"
                } else {
                    "BEFORE UPDATE"
                };
                let body = match random.chance(0.5) {
                    true => format!("SET @seen = {n}"),
                    false => format!(
                        "BEGIN\n    IF old.id > {n} THEN\n        SET @seen = 'a;b';\n    END IF;\nEND"
                    ),
                };
                let trigger = Program::Trigger {
                    table,
                    timing,
                    body,
                };
                ("r", trigger)
            }
            3 => {
                let (head, body) = match random.chance(0.5) {
                    true => (
                        "PROCEDURE",
                        format!("(IN n int) COMMENT 'p' SELECT n + {n}"),
                    ),
                    false => (
                        "FUNCTION",
                        format!(
                            "(n int) RETURNS int DETERMINISTIC BEGIN DECLARE m int DEFAULT {n}; RETURN n + m; END"
                        ),
                    ),
                };
                ("p", Program::Routine { head, body })
            }
            4 => {
                let schedule = if random.chance(0.5) {
                    "EVERY 1 DAY STARTS '2030-01-01 00:00:00'"
                } else {
                    "EVERY 2 HOUR STARTS '2030-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE"
                };
                let body = format!("DELETE FROM {table} WHERE id = {n}");
                ("e", Program::Event { schedule, body })
            }
            _ => (
                "s",
                Program::Sequence {
                    options: pick(
                        &[" START WITH 5", " INCREMENT BY 2 CYCLE MAXVALUE 99", ""],
                        random,
                    )
                    .unwrap_or_default(),
                },
            ),
        };
        let name = self.name(stem);
        self.programs.push((name, program));
    }

    fn drop_table(&mut self, at: usize) {
        let gone = self.tables.remove(at).name;
        self.programs.retain(|(_, program)| match program {
            Program::View { table, .. } | Program::Trigger { table, .. } => *table != gone,
            _ => true,
        });
        for table in &mut self.tables {
            table.references.retain(|(_, _, target, _)| *target != gone);
        }
    }

    fn drop_column(&mut self, at: usize, random: &mut Random) {
        let table = &mut self.tables[at];
        if table.columns.len() < 2 {
            return;
        }
        let count = table.columns.len() as u64;
        let gone = table.columns.remove(random.below(count) as usize).name;
        let owner = table.name.clone();
        let uses = |text: &String| names(text, &gone);
        table.keys.retain(|k| !k.parts.iter().any(uses));
        table.checks.retain(|(_, text)| !uses(text));
        table.references.retain(|(_, column, ..)| *column != gone);
        table
            .columns
            .retain(|c| !c.generated.as_ref().is_some_and(|(text, _)| uses(text)));
        self.programs.retain(|(_, program)| match program {
            Program::View {
                table,
                columns,
                filter,
            } => *table != owner || !(columns.iter().any(uses) || uses(filter)),
            _ => true,
        });
    }

    fn alter_column(&mut self, at: usize, random: &mut Random) {
        let table = &mut self.tables[at];
        let i = random.below(table.columns.len() as u64) as usize;
        let referring = table
            .references
            .iter()
            .any(|(_, c, ..)| *c == table.columns[i].name);
        let keyed = table
            .keys
            .iter()
            .any(|k| k.parts.iter().any(|p| names(p, &table.columns[i].name)));
        let column = &mut table.columns[i];
        if let Some((_, stored)) = &mut column.generated {
            if !keyed {
                *stored = !*stored;
            }
            return;
        }
        match random.below(6) {
            0 if !referring => {
                column.not_null =
                    !column.not_null && column.default.is_some() && column.ty != "timestamp NULL"
            }
            1 => {
                column.default = None;
                column.not_null = false;
                column.invisible = false;
            }
            2 => column.comment = pick(&[None, Some("'other'")], random).flatten(),
            3 if kind(column.ty) == Kind::Text && !keyed => {
                column.collation = pick(COLLATIONS, random).filter(|_| random.chance(0.7));
            }
            4 if column.ty == "datetime" => column.on_update = !column.on_update,
            _ if !referring => {
                let wider = WIDER.iter().find(|(from, _)| *from == column.ty);
                if let Some((_, to)) = wider.filter(|(_, to)| !keyed || kind(to) != Kind::Long) {
                    column.ty = to;
                    if kind(to) == Kind::Long || to.starts_with("datetime(") {
                        column.default = None;
                        column.not_null = false;
                        column.invisible = false;
                        column.on_update = false;
                    }
                }
            }
            _ => {}
        }
    }

    fn drop_detail(&mut self, at: usize, random: &mut Random) {
        let table = &mut self.tables[at];
        match random.below(6) {
            0 => drop(table.checks.pop()),
            1 => drop(table.references.pop()),
            2 | 3 => drop(table.keys.pop()),
            4 => table.partitions = None,
            _ => drop(self.programs.pop()),
        }
    }
}

impl super::Model for Schema {
    fn change(&mut self, random: &mut Random) {
        let at = random.below(self.tables.len() as u64) as usize;
        let end = self.tables[at].columns.len() as u64;
        match random.below(16) {
            0 => self.add_table(random),
            1 if self.tables.len() > 2 => self.drop_table(at),
            2 | 3 => {
                let column = self.column(random);
                let place = random.below(end + 1) as usize;
                self.tables[at].columns.insert(place, column);
            }
            4 => self.drop_column(at, random),
            5..=7 => self.alter_column(at, random),
            8 => {
                let columns = &mut self.tables[at].columns;
                let moved = columns.remove(random.below(end) as usize);
                columns.insert(random.below(end) as usize, moved);
            }
            9 | 10 => self.drop_detail(at, random),
            11 => self.set_option(at, random),
            _ => self.add_detail(random),
        }
    }

    fn written(&self) -> String {
        let mut out = String::new();
        for table in &self.tables {
            table.write(&mut out);
        }
        for (name, program) in &self.programs {
            program.write(name, &mut out);
        }
        out
    }
}

impl Table {
    fn write(&self, out: &mut String) {
        let counts = if self.counts { " AUTO_INCREMENT" } else { "" };
        let mut lines = vec![format!("id bigint NOT NULL{counts}")];
        lines.extend(self.columns.iter().map(Column::written));
        lines.push("PRIMARY KEY (id)".to_owned());
        for key in &self.keys {
            let parts = key.parts.join(", ");
            lines.push(format!(
                "{} {} ({parts}){}",
                key.word, key.name, key.options
            ));
        }
        for (name, text) in &self.checks {
            lines.push(format!("CONSTRAINT {name} CHECK ({text})"));
        }
        for (name, column, target, action) in &self.references {
            lines.push(format!(
                "CONSTRAINT {name} FOREIGN KEY ({column}) REFERENCES {target} (id){action}"
            ));
        }
        let _ = write!(
            out,
            "CREATE TABLE {} (\n  {}\n)",
            self.name,
            lines.join(",\n  ")
        );
        for (name, value) in &self.options {
            let _ = write!(out, " {name}={value}");
        }
        if let Some(by) = self.partitions {
            let _ = write!(out, "\nPARTITION BY {by}");
        }
        out.push_str(";\n");
    }
}

impl Column {
    fn written(&self) -> String {
        let mut line = format!("{} {}", self.name, self.ty);
        if let Some(collation) = self.collation {
            let charset = collation.split('_').next().unwrap_or_default();
            let _ = write!(line, " CHARACTER SET {charset} COLLATE {collation}");
        }
        if let Some((text, stored)) = &self.generated {
            let word = if *stored { "STORED" } else { "VIRTUAL" };
            let _ = write!(line, " GENERATED ALWAYS AS ({text}) {word}");
        }
        if self.not_null {
            line.push_str(" NOT NULL");
        }
        if self.invisible {
            line.push_str(" INVISIBLE");
        }
        if let Some(default) = self.default {
            let _ = write!(line, " DEFAULT {default}");
        }
        if self.on_update {
            line.push_str(" ON UPDATE CURRENT_TIMESTAMP");
        }
        if let Some(comment) = self.comment {
            let _ = write!(line, " COMMENT {comment}");
        }
        line
    }
}

impl Program {
    fn write(&self, name: &str, out: &mut String) {
        let statement = match self {
            Program::View {
                table,
                columns,
                filter,
            } => format!(
                "CREATE VIEW {name} AS SELECT {} FROM {table} WHERE {filter}",
                columns.join(", ")
            ),
            Program::Trigger {
                table,
                timing,
                body,
            } => {
                format!("CREATE TRIGGER {name} {timing} ON {table} FOR EACH ROW {body}")
            }
            Program::Routine { head, body } => format!("CREATE {head} {name}{body}"),
            Program::Event { schedule, body } => {
                format!("CREATE EVENT {name} ON SCHEDULE {schedule} DO {body}")
            }
            Program::Sequence { options } => format!("CREATE SEQUENCE {name}{options}"),
        };
        let _ = match statement.contains(';') {
            true => writeln!(out, "DELIMITER //\n{statement}//\nDELIMITER ;"),
            false => writeln!(out, "{statement};"),
        };
    }
}
