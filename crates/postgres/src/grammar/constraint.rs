//! Constraints, as they stand in a table, behind a column, and in ALTER TABLE … ADD.
//!
//! Invariant: an unnamed constraint has the empty name and `named: false`; the rows name it as the server would.

use super::{Read, Reader, bracketed, data_type, index, list, name, names, option};
use crate::features::Feature;
use driftless_model::{
    Check, Constraint, ConstraintBody, Exclude, ExcludeItem, ForeignKey, Key, KeyPart, Kind, Name,
    ObjectId, Options,
};
use driftless_planner::Action;
use driftless_sql::{Cursor, Diagnostic, Span};

/// What a table constraint turned out to be.
pub(super) enum TableConstraint {
    Object(Name, Box<Constraint>),
    /// `NOT NULL column` (18), where that says no more than the column's own mark.
    NotNull(Name),
}

/// `CONSTRAINT name`, where written; the empty name else.
pub(super) fn title(c: &mut Cursor) -> Read<Name> {
    if c.eat("constraint") {
        return name::single(c, "a constraint");
    }
    Ok(Name::default())
}

/// Whether a table constraint starts here (and no column).
pub(super) fn starts(c: &Cursor) -> bool {
    let bracket = |n: usize| c.peek_nth(n).is_some_and(|t| c.text(t.span) == "(");
    c.at_any(&["constraint", "check", "primary", "foreign"])
        || c.at("unique")
        || (c.at("exclude") && (bracket(1) || c.at_seq(&["exclude", "using"])))
        || c.at_seq(&["not", "null"])
}

/// A table constraint with its attributes.
pub(super) fn table(r: &mut Reader, table: &ObjectId) -> Read<TableConstraint> {
    let title = title(r)?;
    let start = r.pos();
    let body = if r.eat("check") {
        ConstraintBody::Check(Check {
            expr: bracketed(r)?,
            conflict: None,
        })
    } else if r.eat_seq(&["primary", "key"]) {
        ConstraintBody::PrimaryKey(key(r, true)?)
    } else if r.eat("unique") {
        ConstraintBody::Unique(key(r, true)?)
    } else if r.eat_seq(&["foreign", "key"]) {
        let (columns, period) = columns(r, false)?;
        ConstraintBody::ForeignKey(references(r, columns, period)?)
    } else if r.eat("exclude") {
        ConstraintBody::Exclude(exclude(r, table)?)
    } else if r.eat_seq(&["not", "null"]) {
        let column = name::single(r, "a column")?;
        let mut made = blank(table, ConstraintBody::NotNull(column.clone()));
        while attribute(r, &mut made)? {}
        let span = r.span_from(start);
        r.require(Feature::NamedNotNull, span)?;
        if title.is_empty() && made.validated && !made.no_inherit {
            return Ok(TableConstraint::NotNull(column));
        }
        made.named = !title.is_empty();
        return Ok(TableConstraint::Object(title, Box::new(made)));
    } else {
        return Err(r.unexpected("a constraint"));
    };
    let mut constraint = blank(table, body);
    constraint.named = !title.is_empty();
    while attribute(r, &mut constraint)? {}
    Ok(TableConstraint::Object(title, Box::new(constraint)))
}

/// A constraint behind a column, without its attributes; `None`: another thing stands here.
pub(super) fn column(r: &mut Reader, table: &ObjectId, column: &Name) -> Read<Option<Constraint>> {
    let own = |mut key: Key| {
        key.columns = vec![KeyPart::plain(column.clone())];
        key
    };
    let body = if r.eat("check") {
        ConstraintBody::Check(Check {
            expr: bracketed(r)?,
            conflict: None,
        })
    } else if r.eat_seq(&["primary", "key"]) {
        ConstraintBody::PrimaryKey(own(key(r, false)?))
    } else if r.eat("unique") {
        ConstraintBody::Unique(own(key(r, false)?))
    } else if r.at("references") {
        ConstraintBody::ForeignKey(references(r, vec![column.clone()], false)?)
    } else {
        return Ok(None);
    };
    Ok(Some(blank(table, body)))
}

/// The NOT NULL of a column that says more than the column's mark.
pub(super) fn not_null(
    table: &ObjectId,
    column: &Name,
    title: &Name,
    no_inherit: bool,
) -> Constraint {
    Constraint {
        named: !title.is_empty(),
        no_inherit,
        ..blank(table, ConstraintBody::NotNull(column.clone()))
    }
}

/// Its action, under its name.
pub(super) fn create(table: &ObjectId, title: Name, constraint: Constraint) -> Action {
    Action::create(
        ObjectId::owned(Kind::Constraint, table, title),
        driftless_model::Object::new(constraint),
    )
}

fn blank(table: &ObjectId, body: ConstraintBody) -> Constraint {
    let mut constraint = Constraint::new(table.clone(), body);
    constraint.named = false;
    constraint
}

/// One of DEFERRABLE, INITIALLY …, NOT VALID, NO INHERIT, ENFORCED.
pub(super) fn attribute(r: &mut Reader, constraint: &mut Constraint) -> Read<bool> {
    let start = r.pos();
    if r.eat("deferrable") {
        constraint.deferrable = true;
    } else if r.eat_seq(&["not", "deferrable"]) {
        constraint.deferrable = false;
    } else if r.eat_seq(&["initially", "deferred"]) {
        constraint.deferrable = true;
        constraint.initially_deferred = true;
    } else if r.eat_seq(&["initially", "immediate"]) {
        constraint.initially_deferred = false;
    } else if r.eat_seq(&["not", "valid"]) {
        constraint.validated = false;
    } else if r.eat_seq(&["no", "inherit"]) {
        constraint.no_inherit = true;
    } else if r.eat_seq(&["not", "enforced"]) {
        let span = r.span_from(start);
        r.require(Feature::NotEnforced, span)?;
        enforceable(r, constraint, span)?;
        // What is not enforced was never checked.
        constraint.enforced = false;
        constraint.validated = false;
    } else if r.eat("enforced") {
        let span = r.span_from(start);
        r.require(Feature::NotEnforced, span)?;
        enforceable(r, constraint, span)?;
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// Only checks and foreign keys can be said to be enforced, or not.
fn enforceable(r: &Reader, constraint: &Constraint, span: Span) -> Read<()> {
    match constraint.body {
        ConstraintBody::Check(_) | ConstraintBody::ForeignKey(_) => Ok(()),
        _ => {
            let message = format!(
                "{} constraints cannot be ENFORCED or not",
                constraint.noun()
            );
            Err(Diagnostic::error("D0101", message).at(r.place(span)))
        }
    }
}

/// DEFERRABLE and INITIALLY alone, as triggers have them: (deferrable, initially deferred).
pub(super) fn timing(c: &mut Cursor) -> Option<(bool, bool)> {
    let mut found = None;
    loop {
        let (deferrable, deferred) = found.unwrap_or((false, false));
        if c.eat("deferrable") {
            found = Some((true, deferred));
        } else if c.eat_seq(&["not", "deferrable"]) {
            found = Some((false, false));
        } else if c.eat_seq(&["initially", "deferred"]) {
            found = Some((true, true));
        } else if c.eat_seq(&["initially", "immediate"]) {
            found = Some((deferrable, false));
        } else {
            return found;
        }
    }
}

/// `(a, b)`, and whether the last of them is a period: `(a, PERIOD b)`, `(a, b WITHOUT OVERLAPS)`.
fn columns(r: &mut Reader, overlaps: bool) -> Read<(Vec<Name>, bool)> {
    r.inside(|r| {
        let mut out = Vec::new();
        loop {
            let start = r.pos();
            let mut period = !overlaps
                && r.at("period")
                && r.peek_nth(1)
                    .is_some_and(|t| !matches!(r.text(t.span), "," | ")"));
            if period {
                r.bump();
            }
            out.push(name::single(r, "a column")?);
            period |= overlaps && r.eat_seq(&["without", "overlaps"]);
            if period {
                let span = r.span_from(start);
                r.require(Feature::TemporalKeys, span)?;
            }
            // Only the last one can be a period: more is no list any more.
            if period || !r.eat_symbol(",") {
                return Ok((out, period));
            }
        }
    })
}

/// NULLS [NOT] DISTINCT: whether two nulls are equal; `None`: nothing is said.
pub(super) fn nulls(r: &mut Reader) -> Read<Option<bool>> {
    let start = r.pos();
    let equal = r.eat_seq(&["nulls", "not", "distinct"]);
    if !equal && !r.eat_seq(&["nulls", "distinct"]) {
        return Ok(None);
    }
    let span = r.span_from(start);
    r.require(Feature::NullsNotDistinct, span)?;
    Ok(Some(equal))
}

/// From behind UNIQUE or PRIMARY KEY.
fn key(r: &mut Reader, listed: bool) -> Read<Key> {
    let mut key = Key {
        nulls_not_distinct: nulls(r)? == Some(true),
        ..Key::default()
    };
    if listed {
        if r.at_seq(&["using", "index"]) && !r.at_seq(&["using", "index", "tablespace"]) {
            r.bump();
            r.bump();
            let (index, _) = name::object(r, Kind::Index, "an index")?;
            key.options
                .insert(USING_INDEX.to_owned(), index.name.as_str().to_owned());
            return Ok(key);
        }
        let (columns, period) = columns(r, true)?;
        key.columns = columns.into_iter().map(KeyPart::plain).collect();
        key.without_overlaps = period;
        if r.eat("include") {
            key.include = names(r.ident_list("a column")?);
        }
    }
    let (options, tablespace) = index_parameters(r)?;
    key.options = options;
    key.tablespace = tablespace;
    Ok(key)
}

/// `ADD CONSTRAINT … USING INDEX name`: the key has no columns yet and names the index that it takes over under this
/// option, which no server knows; the constraint's row resolves it.
pub(crate) const USING_INDEX: &str = "using index";

/// `WITH (…)`, `USING INDEX TABLESPACE name`.
fn index_parameters(r: &mut Reader) -> Read<(Options, Option<String>)> {
    let options = option::with(r)?.unwrap_or_default();
    let tablespace = if r.eat_seq(&["using", "index", "tablespace"]) {
        Some(name::single(r, "a tablespace")?.as_str().to_owned())
    } else {
        None
    };
    Ok((options, tablespace))
}

/// From REFERENCES on.
fn references(r: &mut Reader, columns: Vec<Name>, period: bool) -> Read<ForeignKey> {
    let start = r.pos();
    r.expect("references")?;
    let (target, _) = name::object(r, Kind::Table, "a table")?;
    let mut key = ForeignKey {
        columns,
        target,
        target_columns: Vec::new(),
        on_delete: "no action".to_owned(),
        on_update: "no action".to_owned(),
        match_kind: "simple".to_owned(),
        set_columns: Vec::new(),
        period,
    };
    if r.at_symbol("(") {
        let (columns, covers) = self::columns(r, false)?;
        if covers != period {
            let message = "PERIOD must stand on both sides of a foreign key";
            let span = r.span_from(start);
            return Err(Diagnostic::error("D0101", message).at(r.place(span)));
        }
        key.target_columns = columns;
    }
    loop {
        if r.eat("match") {
            key.match_kind = match r.word().as_deref() {
                Some(word @ ("full" | "simple")) => word.to_owned(),
                Some("partial") => {
                    let span = r.here();
                    return Err(r.unsupported(span, "MATCH PARTIAL"));
                }
                _ => return Err(r.unexpected("`FULL` or `SIMPLE`")),
            };
            r.bump();
        } else if r.eat_seq(&["on", "delete"]) {
            key.on_delete = action(r)?;
            if r.at_symbol("(") {
                r.require(Feature::SetNullColumns, r.here())?;
                key.set_columns = names(r.ident_list("a column")?);
            }
        } else if r.eat_seq(&["on", "update"]) {
            key.on_update = action(r)?;
        } else {
            return Ok(key);
        }
    }
}

fn action(c: &mut Cursor) -> Read<String> {
    const ACTIONS: [&[&str]; 5] = [
        &["no", "action"],
        &["restrict"],
        &["cascade"],
        &["set", "null"],
        &["set", "default"],
    ];
    match ACTIONS.iter().find(|words| c.eat_seq(words)) {
        Some(words) => Ok(words.join(" ")),
        None => {
            Err(c.unexpected("`CASCADE`, `RESTRICT`, `NO ACTION`, `SET NULL` or `SET DEFAULT`"))
        }
    }
}

/// From behind EXCLUDE.
fn exclude(r: &mut Reader, table: &ObjectId) -> Read<Exclude> {
    let method = if r.eat("using") {
        name::single(r, "an index method")?.as_str().to_owned()
    } else {
        "btree".to_owned()
    };
    let mut group = r.group_cursor()?;
    let items = list(&mut group, |c| {
        let key = index::key(c)?;
        c.expect("with")?;
        let operator = data_type::operator(c)?;
        Ok(ExcludeItem { key, operator })
    })?;
    group.finish()?;
    let include = if r.eat("include") {
        names(r.ident_list("a column")?)
    } else {
        Vec::new()
    };
    let start = r.pos();
    let (options, tablespace) = index_parameters(r)?;
    if let Some(tablespace) = tablespace {
        let span: Span = r.span_from(start);
        r.unmodelled(
            "tablespace of an exclusion",
            tablespace,
            Some(table.clone()),
            span,
        );
    }
    let filter = if r.eat("where") {
        Some(bracketed(r)?)
    } else {
        None
    };
    Ok(Exclude {
        method,
        items,
        include,
        filter,
        options,
    })
}
