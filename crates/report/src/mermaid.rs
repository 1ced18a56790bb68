//! A schema as a Mermaid diagram: tables, columns, keys, and how tables refer to each other.
//!
//! Invariant: whatever a database calls its things, the text is a diagram and no name changes its structure: names
//! pass a list of harmless characters, and what was changed is told in the column's comment.

use driftless_model::{
    Catalog, Column, Constraint, ConstraintBody, ForeignKey, Index, KeyExpr, Name, ObjectId, Table,
};
use std::collections::{BTreeMap, BTreeSet};

/// Words that mean something to Mermaid where a name could stand.
const WORDS: [&str; 21] = [
    "acctitle",
    "accdescr",
    "class",
    "classdef",
    "direction",
    "end",
    "erdiagram",
    "fk",
    "many",
    "one",
    "only",
    "optionally",
    "or",
    "pk",
    "style",
    "subgraph",
    "title",
    "to",
    "uk",
    "zero",
    "default",
];

pub fn schema_mermaid(catalog: &Catalog) -> String {
    let mut names = Entities::default();
    let mut out = String::from("erDiagram\n");
    let keys = Keys::of(catalog);
    for (id, table) in catalog.of::<Table>() {
        entity(&mut out, &names.of(id), id, table, &keys);
    }
    for (_, constraint) in catalog.of::<Constraint>() {
        if let ConstraintBody::ForeignKey(key) = &constraint.body {
            let table = catalog.item::<Table>(&constraint.table);
            let line = relation(&mut names, &constraint.table, key, table, &keys);
            out.push_str(&line);
        }
    }
    out
}

/// What is unique or refers, per table.
struct Keys<'a> {
    primary: BTreeMap<&'a ObjectId, BTreeSet<&'a Name>>,
    unique: BTreeMap<&'a ObjectId, Vec<BTreeSet<&'a Name>>>,
    foreign: BTreeMap<&'a ObjectId, BTreeSet<&'a Name>>,
}

impl<'a> Keys<'a> {
    fn of(catalog: &'a Catalog) -> Keys<'a> {
        let mut keys = Keys {
            primary: BTreeMap::new(),
            unique: BTreeMap::new(),
            foreign: BTreeMap::new(),
        };
        for (_, constraint) in catalog.of::<Constraint>() {
            let table = &constraint.table;
            match &constraint.body {
                ConstraintBody::PrimaryKey(k) => {
                    let columns = k.columns.iter().map(|c| &c.column).collect();
                    keys.primary.insert(table, columns);
                }
                ConstraintBody::Unique(k) => {
                    let columns = k.columns.iter().map(|c| &c.column).collect();
                    keys.unique.entry(table).or_default().push(columns);
                }
                ConstraintBody::ForeignKey(k) => {
                    keys.foreign.entry(table).or_default().extend(&k.columns);
                }
                ConstraintBody::Check(_)
                | ConstraintBody::Exclude(_)
                | ConstraintBody::NotNull(_) => {}
            }
        }
        for (_, index) in catalog.of::<Index>() {
            if let Some(columns) = unique_columns(index) {
                keys.unique.entry(&index.table).or_default().push(columns);
            }
        }
        keys
    }

    /// Two rows cannot have the same values in these columns.
    fn determine(&self, table: &ObjectId, columns: &[Name]) -> bool {
        let within = |key: &BTreeSet<&Name>| {
            !key.is_empty() && key.iter().all(|name| columns.contains(name))
        };
        self.primary.get(table).is_some_and(within)
            || self.unique.get(table).is_some_and(|k| k.iter().any(within))
    }

    fn marks(&self, table: &ObjectId, column: &Name) -> Vec<&'static str> {
        let has = |set: Option<&BTreeSet<&Name>>| set.is_some_and(|s| s.contains(column));
        let mut marks = Vec::new();
        if has(self.primary.get(table)) {
            marks.push("PK");
        }
        if has(self.foreign.get(table)) {
            marks.push("FK");
        }
        // Only a key of this one column makes the column itself unique.
        let alone = |k: &BTreeSet<&Name>| k.len() == 1 && k.contains(column);
        if self.unique.get(table).is_some_and(|k| k.iter().any(alone)) {
            marks.push("UK");
        }
        marks
    }
}

/// The columns of an index that holds for all rows.
fn unique_columns(index: &Index) -> Option<BTreeSet<&Name>> {
    if !index.unique || index.filter.is_some() || !index.valid {
        return None;
    }
    index
        .keys
        .iter()
        .map(|k| match &k.expr {
            KeyExpr::Column(c) => Some(c),
            KeyExpr::Expr(_) => None,
        })
        .collect()
}

fn entity(out: &mut String, name: &str, id: &ObjectId, table: &Table, keys: &Keys) {
    if table.columns.is_empty() {
        out.push_str(&format!("    {name}\n"));
        return;
    }
    out.push_str(&format!("    {name} {{\n"));
    let mut taken = BTreeSet::new();
    for column in &table.columns {
        let marks = keys.marks(id, &column.name);
        out.push_str(&attribute(column, &marks, &mut taken));
    }
    out.push_str("    }\n");
}

fn attribute(column: &Column, marks: &[&str], taken: &mut BTreeSet<String>) -> String {
    let exact = column.name.as_str();
    let name = fresh(word(exact), taken);
    let mut line = format!("        {} {name}", word(&people(&column.ty.text)));
    if !marks.is_empty() {
        line.push_str(&format!(" {}", marks.join(", ")));
    }
    let mut notes = Vec::new();
    if name != exact {
        notes.push(label(exact));
    }
    if column.not_null && !marks.contains(&"PK") {
        notes.push("not null".to_string());
    }
    if !notes.is_empty() {
        line.push_str(&format!(" \"{}\"", notes.join(", ")));
    }
    line.push('\n');
    line
}

/// `customers ||--o{ orders : "customer"`
fn relation(
    names: &mut Entities,
    child: &ObjectId,
    key: &ForeignKey,
    table: Option<&Table>,
    keys: &Keys,
) -> String {
    let always = table.is_some_and(|t| {
        key.columns.iter().all(|c| {
            t.column(c).is_some_and(|c| c.not_null)
                || keys.primary.get(child).is_some_and(|k| k.contains(c))
        })
    });
    let parent = if always { "||" } else { "|o" };
    let children = if keys.determine(child, &key.columns) {
        "o|"
    } else {
        "o{"
    };
    let columns: Vec<String> = key.columns.iter().map(|c| label(c.as_str())).collect();
    format!(
        "    {} {parent}--{children} {} : \"{}\"\n",
        names.of(&key.target),
        names.of(child),
        columns.join(", ")
    )
}

/// The name of each table in the diagram: no two tables share one.
#[derive(Default)]
struct Entities {
    known: BTreeMap<ObjectId, String>,
    taken: BTreeSet<String>,
}

impl Entities {
    fn of(&mut self, id: &ObjectId) -> String {
        if let Some(name) = self.known.get(id) {
            return name.clone();
        }
        let shown = label(&id.to_string());
        let name = fresh(shown, &mut self.taken);
        let bare = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.len() > 1
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            && !WORDS.contains(&name.as_str());
        let name = if bare { name } else { format!("\"{name}\"") };
        self.known.insert(id.clone(), name.clone());
        name
    }
}

/// The name, with a number behind it where it is taken.
fn fresh(name: String, taken: &mut BTreeSet<String>) -> String {
    let mut candidate = name.clone();
    let mut n = 1;
    while !taken.insert(candidate.clone()) {
        n += 1;
        candidate = format!("{name}_{n}");
    }
    candidate
}

/// Text between double quotes: letters, digits and harmless signs; anything else becomes `_`.
fn label(text: &str) -> String {
    let out: String = text
        .chars()
        .map(|c| {
            if is_letter(c) || matches!(c, ' ' | '_' | '-' | '.' | ',' | '(' | ')' | '[' | ']') {
                c
            } else {
                '_'
            }
        })
        .collect();
    if out.trim().is_empty() {
        "_".into()
    } else {
        out
    }
}

/// A type or a column: no space, and it starts with a letter or `_`.
fn word(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if is_letter(c) || matches!(c, '_' | '-' | '(' | ')' | '[' | ']') {
            out.push(c);
        } else if !out.ends_with('_') {
            out.push('_');
        }
    }
    let starts = out.starts_with(|c: char| c == '_' || (is_letter(c) && !c.is_ascii_digit()));
    // A key's mark ends at the first sign that no word holds.
    let head = out
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .next();
    let keyword = head.is_some_and(|head| {
        ["PK", "FK", "UK"]
            .iter()
            .any(|k| head.eq_ignore_ascii_case(k))
    });
    if !starts || keyword {
        out.insert(0, '_');
    }
    out
}

/// Letters and digits that every version of Mermaid takes.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || (c.is_alphanumeric() && ('\u{c0}'..='\u{d7ff}').contains(&c))
}

/// A type as people say it; a column of SQLite may have none.
fn people(ty: &str) -> String {
    if ty.is_empty() {
        return "any".into();
    }
    ty.replace("character varying", "varchar")
        .replace("timestamp with time zone", "timestamptz")
        .replace("timestamp without time zone", "timestamp")
        .replace("public.", "")
}
