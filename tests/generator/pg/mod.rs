//! Random schemas of PostgreSQL: tables, and pieces around them, each a text that is drawn and can be drawn again.
//!
//! Neighbours: `table` has what is changed attribute by attribute; `types`, `part` and `program` draw the pieces.
//! Invariants: what is written loads on PostgreSQL 15; a name is a number that is never used again, so that whoever
//! says it needs what it names, and goes with it or is drawn anew; a piece says only names that stand before it.

mod part;
mod program;
mod table;
mod types;

use driftless_testkit::random::Random;
use std::fmt::Write;
use table::{Kind, Table};

#[derive(Debug, Default)]
pub struct Schema {
    enums: Vec<Enum>,
    tables: Vec<Table>,
    pieces: Vec<Piece>,
    next: u64,
}

#[derive(Debug)]
struct Enum {
    path: String,
    labels: Vec<String>,
}

#[derive(Debug, Clone)]
struct Piece {
    what: What,
    path: String,
    /// What it stands on, by its path; nothing where it stands alone.
    on: String,
    /// What others rely on, and drawing it anew may keep: a view's columns, a domain's type.
    keeps: Vec<String>,
    text: String,
    /// How COMMENT calls it; nothing where it takes none.
    tag: String,
    comment: Option<&'static str>,
}

/// In the order in which they are written: types, then, behind the tables, their parts, then the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Collation,
    Sequence,
    Domain,
    Composite,
    Range,
    Pure,
    Reaction,
    Operator,
    Aggregate,
    Cast,
    Dictionary,
    Configuration,
    Wrapper,
    Server,
    Unique,
    Check,
    Reference,
    Exclude,
    Index,
    Identity,
    Policy,
    Statistics,
    LocalDefault,
    Foreign,
    View,
    Materialized,
    Above,
    Trigger,
    Rule,
    Routine,
    Procedure,
    Publication,
    Event,
    Grant,
    DefaultPrivileges,
}

/// A column as conditions and keys see it.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    name: String,
    ty: String,
    kind: Kind,
}

const TYPES: &[What] = &[
    What::Collation,
    What::Sequence,
    What::Domain,
    What::Composite,
    What::Range,
    What::Pure,
    What::Reaction,
    What::Operator,
    What::Aggregate,
    What::Cast,
    What::Dictionary,
    What::Configuration,
    What::Wrapper,
    What::Server,
];

const DETAILS: &[What] = &[
    What::Unique,
    What::Check,
    What::Check,
    What::Reference,
    What::Reference,
    What::Exclude,
    What::Index,
    What::Index,
    What::Index,
    What::Identity,
    What::Policy,
    What::Statistics,
    What::LocalDefault,
    What::Foreign,
    What::View,
    What::View,
    What::View,
    What::Materialized,
    What::Above,
    What::Trigger,
    What::Trigger,
    What::Rule,
    What::Routine,
    What::Routine,
    What::Procedure,
    What::Publication,
    What::Event,
    What::Grant,
    What::Grant,
    What::DefaultPrivileges,
];

const COMMENTS: &[&str] = &["'what it''s for'", "'other'", "E'two\\nlines'"];

/// The name at the end of a path.
fn name_of(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

fn says(text: &str, name: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| word == name)
}

fn pick<T: Clone>(from: &[T], random: &mut Random) -> Option<T> {
    random.pick(from).cloned()
}

/// One of them, where there always are some.
fn word(from: &[&'static str], random: &mut Random) -> &'static str {
    pick(from, random).unwrap_or_default()
}

impl Piece {
    fn needs(&self, name: &str) -> bool {
        name_of(&self.path) != name && (says(&self.text, name) || name_of(&self.on) == name)
    }

    /// Others may say what is no longer there when it is drawn anew.
    fn is_read(&self) -> bool {
        use What::{Index, Materialized, Unique, View};
        matches!(self.what, View | Materialized | Unique | Index)
    }
}

impl Schema {
    pub fn random(random: &mut Random) -> Schema {
        let mut schema = Schema::default();
        for _ in 0..2 + random.below(5) {
            schema.add_type(random);
        }
        for _ in 0..2 + random.below(4) {
            schema.add_table(random);
        }
        for _ in 0..4 + random.below(14) {
            schema.add_detail(random);
        }
        schema
    }

    fn name(&mut self, stem: &str) -> String {
        self.next += 1;
        format!("{stem}{}", self.next)
    }

    /// In one of the two schemas.
    fn path(&mut self, stem: &str, random: &mut Random) -> String {
        let name = self.name(stem);
        match random.chance(0.25) {
            true => format!("apart.{name}"),
            false => name,
        }
    }

    fn add_type(&mut self, random: &mut Random) {
        if random.chance(0.15) {
            let labels = (0..2 + random.below(3)).map(|_| self.name("v")).collect();
            let path = self.path("e", random);
            self.enums.push(Enum { path, labels });
        } else if let Some(what) = pick(TYPES, random) {
            self.add_piece(what, random);
        }
    }

    fn add_detail(&mut self, random: &mut Random) {
        if let Some(what) = pick(DETAILS, random) {
            self.add_piece(what, random);
        }
    }

    fn add_piece(&mut self, what: What, random: &mut Random) {
        let Some(on) = self.ground(what, random) else {
            return;
        };
        let stem = match what {
            What::View | What::Materialized => "w",
            What::Pure | What::Reaction | What::Routine | What::Procedure => "f",
            _ => "x",
        };
        let mut piece = Piece {
            what,
            path: match what {
                // Their names have no schema, or that of what they stand on.
                What::Unique | What::Check | What::Reference | What::Exclude => self.name(stem),
                What::Index | What::Policy | What::Trigger | What::Rule => self.name(stem),
                What::Above | What::Wrapper | What::Server | What::Publication => self.name(stem),
                What::Event => self.name(stem),
                _ => self.path(stem, random),
            },
            on,
            keeps: Vec::new(),
            text: String::new(),
            tag: String::new(),
            comment: match random.chance(0.2) {
                true => pick(COMMENTS, random),
                false => None,
            },
        };
        if what == What::Reference {
            self.add_referring_columns(&mut piece);
        }
        if self.draw(&mut piece, random) {
            self.pieces.push(piece);
            // Stable: those of a kind stay as they were made.
            self.pieces.sort_by_key(|piece| piece.what);
        }
    }

    /// What a piece of this kind stands on: its path, empty where it stands alone.
    fn ground(&self, what: What, random: &mut Random) -> Option<String> {
        let of = |kinds: &[What]| -> Vec<String> {
            let these = self.pieces.iter().filter(|p| kinds.contains(&p.what));
            these.map(|p| p.path.clone()).collect()
        };
        let tables: Vec<String> = self.tables.iter().map(|t| t.path.clone()).collect();
        let views = of(&[What::View]);
        let paths = match what {
            What::Operator => of(&[What::Pure]),
            What::Configuration => of(&[What::Dictionary]),
            What::Server => of(&[What::Wrapper]),
            What::Foreign => of(&[What::Server]),
            What::Above => of(&[What::Materialized]),
            What::Cast => {
                let free = |path: &String| {
                    let mut casts = self.pieces.iter().filter(|p| p.what == What::Cast);
                    casts.all(|p| p.on != *path)
                };
                let mut paths = of(&[What::Composite]);
                paths.extend(self.enums.iter().map(|e| e.path.clone()));
                paths.into_iter().filter(free).collect()
            }
            What::View | What::Trigger if random.chance(0.4) => views,
            What::Grant if random.chance(0.5) => {
                of(&[What::View, What::Pure, What::Sequence, What::Domain])
            }
            what if what >= What::Unique => tables,
            _ => return Some(String::new()),
        };
        pick(&paths, random)
    }

    /// Writes the piece anew; false where there is nothing to write it with.
    fn draw(&self, piece: &mut Piece, random: &mut Random) -> bool {
        let drawn = match piece.what {
            what if what < What::Unique => self.draw_type(piece, random),
            what if what < What::View => self.draw_part(piece, random),
            _ => self.draw_program(piece, random),
        };
        let Some((text, tag)) = drawn else {
            return false;
        };
        (piece.text, piece.tag) = (text, tag);
        true
    }

    fn draw_anew(&mut self, random: &mut Random) {
        let count = self.pieces.len() as u64;
        if count == 0 {
            return;
        }
        let behind = self.pieces.split_off(random.below(count) as usize);
        let mut behind = behind.into_iter();
        let Some(mut piece) = behind.next() else {
            return;
        };
        let before = piece.clone();
        if !self.draw(&mut piece, random) {
            piece = before.clone();
        }
        if random.chance(0.2) {
            piece.comment = pick(COMMENTS, random).filter(|_| random.chance(0.6));
        }
        let read = piece.is_read() && piece.keeps != before.keeps;
        let name = name_of(&piece.path).to_owned();
        self.pieces.push(piece);
        self.pieces.extend(behind);
        if read {
            self.forget(vec![name], random);
        }
    }

    /// Drops what says one of these names, or draws it anew without them.
    fn forget(&mut self, mut gone: Vec<String>, random: &mut Random) {
        while let Some(name) = gone.pop() {
            let tables = std::mem::take(&mut self.tables);
            for mut table in tables {
                match table.needs(&name) {
                    true => gone.extend(table.names()),
                    false => {
                        gone.extend(table.forget(&name));
                        self.tables.push(table);
                    }
                }
            }
            for mut piece in std::mem::take(&mut self.pieces) {
                let stands = name_of(&piece.on) != name && self.has(&piece.on);
                if !piece.needs(&name) {
                    self.pieces.push(piece);
                    continue;
                }
                let drawn = stands && random.chance(0.5) && self.draw(&mut piece, random);
                if !drawn || piece.is_read() {
                    gone.push(name_of(&piece.path).to_owned());
                }
                if drawn {
                    self.pieces.push(piece);
                }
            }
        }
    }

    fn has(&self, path: &str) -> bool {
        path.is_empty()
            || self.tables.iter().any(|t| t.path == path)
            || self.enums.iter().any(|e| e.path == path)
            || self.pieces.iter().any(|p| p.path == path)
    }

    /// A value at the end or in between; a value goes only with whoever says it.
    fn alter_enum(&mut self, random: &mut Random) {
        let count = self.enums.len() as u64;
        if count == 0 {
            return;
        }
        let at = random.below(count) as usize;
        let end = self.enums[at].labels.len() as u64;
        if random.chance(0.3) && end > 1 {
            let gone = self.enums[at].labels.remove(random.below(end) as usize);
            self.forget(vec![gone], random);
            return;
        }
        let label = self.name("v");
        let place = match random.chance(0.5) {
            true => end,
            false => random.below(end + 1),
        };
        self.enums[at].labels.insert(place as usize, label);
    }
}

impl super::Model for Schema {
    fn change(&mut self, random: &mut Random) {
        let at = random.below(self.tables.len() as u64) as usize;
        match random.below(24) {
            0 => self.add_table(random),
            1 if self.tables.len() > 2 => {
                let gone = self.tables.remove(at);
                self.forget(gone.names(), random);
            }
            2 | 3 => self.add_column(at, random),
            4 | 5 => self.drop_column(at, random),
            6..=9 => self.alter_column(at, random),
            10 | 11 => self.alter_table(at, random),
            12 => self.alter_enum(random),
            13..=15 => self.draw_anew(random),
            16..=18 => {
                let count = self.pieces.len() as u64;
                if count > 0 {
                    let gone = self.pieces.remove(random.below(count) as usize);
                    self.forget(vec![name_of(&gone.path).to_owned()], random);
                }
            }
            19 => self.add_type(random),
            _ => self.add_detail(random),
        }
    }

    fn written(&self) -> String {
        let mut out = "CREATE SCHEMA apart;\n".to_owned();
        for one in &self.enums {
            let labels = one.labels.join("', '");
            let _ = writeln!(out, "CREATE TYPE {} AS ENUM ('{labels}');", one.path);
        }
        let (types, rest): (Vec<&Piece>, Vec<&Piece>) =
            self.pieces.iter().partition(|p| p.what < What::Unique);
        for piece in types {
            piece.write(&mut out);
        }
        for table in &self.tables {
            table.write(&mut out);
        }
        for piece in rest {
            piece.write(&mut out);
        }
        out
    }
}

impl Piece {
    fn write(&self, out: &mut String) {
        let _ = writeln!(out, "{};", self.text);
        if let Some(comment) = self.comment.filter(|_| !self.tag.is_empty()) {
            let _ = writeln!(out, "COMMENT ON {} IS {comment};", self.tag);
        }
    }
}
