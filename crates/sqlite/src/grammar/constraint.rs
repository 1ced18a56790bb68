//! Table constraints, and what column constraints share with them.
//!
//! Invariant: a constraint without a name gets one made of what it is, so that both states of a plan call the same
//! constraint the same; it is never printed.

use super::{bracketed, on_conflict};
use crate::canon::spelling;
use crate::text::id;
use driftless_model::{
    Check, Constraint, ConstraintBody, ForeignKey, Key, KeyPart, Kind, Name, Object, ObjectId,
};
use driftless_planner::{Action, Create};
use driftless_sql::{Cursor, Diagnostic, TokenKind};
use std::collections::BTreeSet;

/// A constraint with the name that was written.
pub struct Found {
    pub name: Option<Name>,
    pub constraint: Constraint,
}

/// One table constraint; `None` where none begins. A name without a constraint (`CONSTRAINT a` alone) is dropped, as
/// SQLite does.
pub fn read(cur: &mut Cursor, table: &ObjectId) -> Result<Option<Found>, Diagnostic> {
    let mut name = None;
    while cur.eat("constraint") {
        name = Some(Name::folded(cur.ident("a constraint name")?.text));
    }
    let body = match cur.word().as_deref() {
        Some("primary") => {
            cur.expect_seq(&["primary", "key"])?;
            ConstraintBody::PrimaryKey(key(cur)?)
        }
        Some("unique") => {
            cur.bump();
            ConstraintBody::Unique(key(cur)?)
        }
        Some("check") => {
            cur.bump();
            let expr = bracketed(cur)?;
            let conflict = on_conflict(cur)?;
            ConstraintBody::Check(Check { expr, conflict })
        }
        Some("foreign") => {
            cur.expect_seq(&["foreign", "key"])?;
            let columns = cur
                .ident_list("a column name")?
                .into_iter()
                .map(|i| Name::folded(i.text))
                .collect();
            ConstraintBody::ForeignKey(references(cur, columns)?)
        }
        _ if name.is_some() => return Ok(None),
        _ => {
            return Err(cur.unexpected(
                "a constraint (PRIMARY KEY, UNIQUE, CHECK, FOREIGN KEY) or the end of the list",
            ));
        }
    };
    let mut constraint = Constraint::new(table.clone(), body);
    if constraint.foreign_key().is_some() {
        timing(cur, &mut constraint)?;
    }
    Ok(Some(Found { name, constraint }))
}

/// `(a COLLATE x DESC, b AUTOINCREMENT) ON CONFLICT …`
fn key(cur: &mut Cursor) -> Result<Key, Diagnostic> {
    let mut inner = cur.group_cursor()?;
    let mut key = Key::default();
    loop {
        let column = inner.ident("a column name")?;
        let mut part = KeyPart::plain(Name::folded(column.text));
        if inner.eat("collate") {
            part.collation = Some(inner.ident("a collation")?.text);
        }
        if inner.eat("desc") {
            part.descending = true;
        } else {
            inner.eat("asc");
        }
        key.autoincrement |= inner.eat("autoincrement");
        key.columns.push(part);
        if !inner.eat_symbol(",") {
            break;
        }
    }
    inner.finish()?;
    key.conflict = on_conflict(cur)?;
    Ok(key)
}

/// `REFERENCES t (a, b) ON DELETE … MATCH …`
pub fn references(cur: &mut Cursor, columns: Vec<Name>) -> Result<ForeignKey, Diagnostic> {
    cur.expect("references")?;
    let target = cur.ident("a table name")?;
    let mut out = ForeignKey {
        columns,
        target: id(Kind::Table, target.text),
        target_columns: Vec::new(),
        on_delete: "no action".into(),
        on_update: "no action".into(),
        match_kind: "simple".into(),
        set_columns: Vec::new(),
        period: false,
    };
    if cur.at_symbol("(") {
        out.target_columns = cur
            .ident_list("a column name")?
            .into_iter()
            .map(|i| Name::folded(i.text))
            .collect();
    }
    loop {
        if cur.eat("match") {
            out.match_kind = cur
                .ident("FULL, PARTIAL or SIMPLE")?
                .text
                .to_ascii_lowercase();
        } else if cur.eat_seq(&["on", "delete"]) {
            out.on_delete = action(cur)?;
        } else if cur.eat_seq(&["on", "update"]) {
            out.on_update = action(cur)?;
        } else if cur.at_seq(&["on", "insert"]) {
            // SQLite reads `ON INSERT` and forgets it.
            cur.eat_seq(&["on", "insert"]);
            action(cur)?;
        } else {
            return Ok(out);
        }
    }
}

fn action(cur: &mut Cursor) -> Result<String, Diagnostic> {
    for words in [
        &["set", "null"][..],
        &["set", "default"],
        &["no", "action"],
        &["cascade"],
        &["restrict"],
    ] {
        if cur.eat_seq(words) {
            return Ok(words.join(" "));
        }
    }
    Err(cur.unexpected("SET NULL, SET DEFAULT, CASCADE, RESTRICT or NO ACTION"))
}

/// `[NOT] DEFERRABLE [INITIALLY DEFERRED | IMMEDIATE]`
pub fn timing(cur: &mut Cursor, constraint: &mut Constraint) -> Result<(), Diagnostic> {
    loop {
        let negated = cur.at_seq(&["not", "deferrable"]);
        if !negated && !cur.at("deferrable") {
            return Ok(());
        }
        if negated {
            cur.bump();
        }
        cur.bump();
        let mut deferred = false;
        if cur.eat("initially") {
            deferred = cur.eat("deferred");
            if !deferred {
                cur.expect("immediate")?;
            }
        }
        constraint.deferrable = !negated;
        constraint.initially_deferred = deferred && !negated;
    }
}

/// Whether a table constraint begins here.
pub fn begins(cur: &Cursor) -> bool {
    cur.peek().is_some_and(|t| t.kind == TokenKind::Word)
        && cur.at_any(&["constraint", "primary", "unique", "check", "foreign"])
}

/// The name of a constraint that has none.
pub fn automatic(constraint: &Constraint) -> String {
    let keys = |k: &Key| {
        let names: Vec<&str> = k.columns.iter().map(|c| c.column.key()).collect();
        names.join(",")
    };
    match &constraint.body {
        ConstraintBody::PrimaryKey(_) => "pk".into(),
        ConstraintBody::Unique(k) => format!("unique({})", keys(k)),
        ConstraintBody::Check(c) => {
            format!(
                "check {}",
                spelling(&c.expr.written, &constraint.table.name)
            )
        }
        ConstraintBody::ForeignKey(f) => {
            let names: Vec<&str> = f.columns.iter().map(Name::key).collect();
            format!("fk({})->{}", names.join(","), f.target.name.key())
        }
        ConstraintBody::Exclude(_) => "exclude".into(),
        ConstraintBody::NotNull(column) => format!("not null {}", column.key()),
    }
}

/// A name that is not taken: the base, then `base #2` …
pub fn free_name(base: &str, taken: &mut BTreeSet<Name>) -> Name {
    let mut name = Name::folded(base);
    let mut n = 2;
    while taken.contains(&name) {
        name = Name::folded(format!("{base} #{n}"));
        n += 1;
    }
    taken.insert(name.clone());
    name
}

/// The constraints' creations, each with an id of its own. Names may repeat in SQLite: the second is numbered and
/// keeps its name nowhere, which changes nothing but the text of an error message.
pub fn creations(found: Vec<Found>, if_not_exists: bool) -> Vec<Action> {
    let mut taken = BTreeSet::new();
    let mut ids: Vec<Option<Name>> = Vec::new();
    for f in &found {
        let own = f.name.clone().filter(|n| taken.insert(n.clone()));
        ids.push(own);
    }
    found
        .into_iter()
        .zip(ids)
        .map(|(f, own)| {
            let mut constraint = f.constraint;
            constraint.named = own.is_some();
            let name = own.unwrap_or_else(|| free_name(&automatic(&constraint), &mut taken));
            let id = ObjectId::owned(Kind::Constraint, &constraint.table, name);
            Action::Create(Box::new(Create {
                id,
                object: Object::new(constraint),
                if_not_exists,
                or_replace: false,
                concurrently: false,
            }))
        })
        .collect()
}
