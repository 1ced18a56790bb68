//! ALTER TABLE, also where it names a view, a sequence or an index, as old dumps do.
//!
//! Neighbours: `alter_column` has what stands behind ALTER COLUMN. Invariant: each clause is one action, in written
//! order; the id's kind is Table, whatever it turns out to be.

use super::{
    Read, Reader, alter_column, cascade, column, constraint, definition, name, option, sequence,
    table,
};
use crate::features::Feature;
use driftless_model::{Constraint, Kind, Name, ObjectId};
use driftless_planner::{Action, Clause, ColumnClause, ConstraintClause, Drop, TableClause};

/// From TABLE on.
pub(super) fn read(r: &mut Reader) -> Read<()> {
    let start = r.pos();
    r.eat("foreign");
    r.expect("table")?;
    if r.eat_seq(&["all", "in", "tablespace"]) {
        r.rest();
        let span = r.span_from(start);
        r.unmodelled(
            "move between tablespaces",
            r.text(span).to_owned(),
            None,
            span,
        );
        return Ok(());
    }
    r.if_exists();
    let only = r.eat("only");
    let (id, _) = name::object(r, Kind::Table, "a table")?;
    r.eat_symbol("*");
    loop {
        clause(r, &id)?;
        if !r.eat_symbol(",") {
            break;
        }
    }
    if only {
        r.out.actions.iter_mut().for_each(leave_children);
    }
    Ok(())
}

/// ONLY, where it makes a difference; of a key it is kept as NO INHERIT until it is made.
fn leave_children(action: &mut Action) {
    if let Action::Create(create) = action
        && let Some(key) = create.object.get_mut::<Constraint>()
        && key.is_indexed()
    {
        key.no_inherit = true;
    }
    if let Action::Alter {
        clause: Clause::Table(TableClause::DropColumn { only, .. }) | Clause::Column { only, .. },
        ..
    } = action
    {
        *only = true;
    }
}

fn clause(r: &mut Reader, id: &ObjectId) -> Read<()> {
    if sequence::common(r, id)? {
        return Ok(());
    }
    let Some(word) = r.word() else {
        return Err(r.unexpected("a change of the table"));
    };
    match word.as_str() {
        "add" => add(r, id),
        "drop" => drop(r, id),
        "alter" if r.at_seq(&["alter", "constraint"]) => constraint_clause(r, id),
        "alter" => alter_column::read(r, id),
        "rename" => rename(r, id),
        "validate" => {
            r.expect_seq(&["validate", "constraint"])?;
            let constraint = owned(r, id, Kind::Constraint)?;
            r.action(Action::alter(
                &constraint,
                Clause::Constraint(ConstraintClause::Validate),
            ));
            Ok(())
        }
        "enable" | "disable" => enable(r, id),
        "force" | "no" | "inherit" | "of" | "not" | "attach" | "detach" | "cluster" | "replica" => {
            link(r, id, &word)
        }
        "set" | "reset" => set(r, id),
        "options" => {
            r.bump();
            let edits = definition::edited(r)?;
            r.action(Action::table(id, TableClause::Foreign(edits)));
            Ok(())
        }
        _ => Err(r.unexpected("a change of the table")),
    }
}

fn owned(r: &mut Reader, id: &ObjectId, kind: Kind) -> Read<ObjectId> {
    let name = name::single(r, &name::a(kind))?;
    Ok(ObjectId::owned(kind, id, name))
}

fn add(r: &mut Reader, id: &ObjectId) -> Read<()> {
    r.expect("add")?;
    if constraint::starts(r) {
        match constraint::table(r, id)? {
            constraint::TableConstraint::Object(title, made) => {
                r.action(constraint::create(id, title, *made));
            }
            constraint::TableConstraint::NotNull(name) => {
                r.action(Action::column(id, &name, ColumnClause::NotNull(true)));
            }
        }
        return Ok(());
    }
    r.eat("column");
    let if_not_exists = r.if_not_exists();
    let read = column::definition(r, id, false)?;
    r.part(id.member(&read.column.name), read.span);
    r.action(Action::table(
        id,
        TableClause::AddColumn {
            column: Box::new(read.column),
            if_not_exists,
            position: None,
        },
    ));
    for (title, made) in read.constraints {
        r.action(constraint::create(id, title, made));
    }
    Ok(())
}

fn drop(r: &mut Reader, id: &ObjectId) -> Read<()> {
    r.expect("drop")?;
    if r.eat("constraint") {
        let if_exists = r.if_exists();
        let constraint = owned(r, id, Kind::Constraint)?;
        let cascade = cascade(r);
        r.action(Action::Drop(Drop {
            id: constraint,
            if_exists,
            cascade,
            concurrently: false,
        }));
        return Ok(());
    }
    r.eat("column");
    let if_exists = r.if_exists();
    let column = name::single(r, "a column")?;
    let cascade = cascade(r);
    r.action(Action::table(
        id,
        TableClause::DropColumn {
            column,
            if_exists,
            cascade,
            only: false,
        },
    ));
    Ok(())
}

/// ALTER CONSTRAINT name [DEFERRABLE …] [[NOT] ENFORCED], or [NO] INHERIT.
fn constraint_clause(r: &mut Reader, id: &ObjectId) -> Read<()> {
    r.expect_seq(&["alter", "constraint"])?;
    let constraint = owned(r, id, Kind::Constraint)?;
    let start = r.pos();
    let not = r.eat("no");
    let inherits = r.eat("inherit");
    if not && !inherits {
        return Err(r.unexpected("`INHERIT`"));
    }
    let mut clauses = Vec::new();
    if inherits {
        let span = r.span_from(start);
        r.require(Feature::NamedNotNull, span)?;
        clauses.push(ConstraintClause::Inherit(!not));
    } else {
        while let Some(clause) = changed(r)? {
            clauses.push(clause);
        }
    }
    if clauses.is_empty() {
        return Err(r.unexpected("`DEFERRABLE`, `INITIALLY` or `ENFORCED`"));
    }
    for clause in clauses {
        r.action(Action::alter(&constraint, Clause::Constraint(clause)));
    }
    Ok(())
}

/// What ALTER CONSTRAINT changes of a foreign key.
fn changed(r: &mut Reader) -> Read<Option<ConstraintClause>> {
    let start = r.pos();
    let enforced = !r.eat_seq(&["not", "enforced"]);
    if !enforced || r.eat("enforced") {
        let span = r.span_from(start);
        r.require(Feature::NotEnforced, span)?;
        return Ok(Some(ConstraintClause::Enforced(enforced)));
    }
    let timing = constraint::timing(r);
    Ok(timing.map(
        |(deferrable, initially_deferred)| ConstraintClause::Timing {
            deferrable,
            initially_deferred,
        },
    ))
}

/// RENAME [COLUMN] a TO b, RENAME CONSTRAINT a TO b (RENAME TO is common to many kinds).
pub(super) fn rename(r: &mut Reader, id: &ObjectId) -> Read<()> {
    r.expect("rename")?;
    let part = if r.at("constraint") && !r.at_seq(&["constraint", "to"]) {
        r.bump();
        owned(r, id, Kind::Constraint)?.part()
    } else {
        if !r.at_seq(&["column", "to"]) {
            r.eat("column");
        }
        id.member(&name::single(r, "a column")?)
    };
    r.expect("to")?;
    let to: Name = name::single(r, "a name")?;
    r.action(Action::Rename { part, to });
    Ok(())
}

/// ENABLE and DISABLE of triggers, rules and row level security.
fn enable(r: &mut Reader, id: &ObjectId) -> Read<()> {
    let on = r.at("enable");
    r.bump();
    if r.eat_seq(&["row", "level", "security"]) {
        r.action(Action::table(id, TableClause::RowSecurity(on)));
        return Ok(());
    }
    let enabled = match (on, r.word().as_deref()) {
        (false, _) => 'D',
        (true, Some("always")) => 'A',
        (true, Some("replica")) => 'R',
        (true, _) => 'O',
    };
    if matches!(enabled, 'A' | 'R') {
        r.bump();
    }
    if r.eat("rule") {
        let rule = owned(r, id, Kind::Rule)?;
        r.action(Action::alter(&rule, Clause::Trigger { enabled }));
        return Ok(());
    }
    r.expect("trigger")?;
    if r.at_any(&["all", "user"]) {
        let which = r.word().unwrap_or_default();
        r.bump();
        r.action(Action::table(id, TableClause::Triggers { which, enabled }));
        return Ok(());
    }
    let trigger = owned(r, id, Kind::Trigger)?;
    r.action(Action::alter(&trigger, Clause::Trigger { enabled }));
    Ok(())
}

/// How the table stands to others: parents, partitions, its type, its cluster index.
fn link(r: &mut Reader, id: &ObjectId, word: &str) -> Read<()> {
    r.bump();
    let clause = match word {
        "force" => {
            r.expect_seq(&["row", "level", "security"])?;
            TableClause::ForceRowSecurity(true)
        }
        "no" if r.eat("force") => {
            r.expect_seq(&["row", "level", "security"])?;
            TableClause::ForceRowSecurity(false)
        }
        "no" | "inherit" => {
            let stop = word == "no";
            if stop {
                r.expect("inherit")?;
            }
            let (parent, _) = name::object(r, Kind::Table, "a table")?;
            TableClause::Inherit { parent, stop }
        }
        "of" | "not" => {
            let ty = match word == "not" {
                true => {
                    r.expect("of")?;
                    None
                }
                false => Some(name::object(r, Kind::Composite, "a type")?.0),
            };
            TableClause::Of(ty)
        }
        "attach" => {
            r.expect("partition")?;
            let (partition, _) = name::object(r, Kind::Table, "a table")?;
            let bound = table::bound(r)?;
            TableClause::Attach { partition, bound }
        }
        "detach" => {
            r.expect("partition")?;
            let (partition, _) = name::object(r, Kind::Table, "a table")?;
            let concurrently = r.eat("concurrently") || r.eat("finalize");
            TableClause::Detach {
                partition,
                concurrently,
            }
        }
        "cluster" => {
            r.expect("on")?;
            TableClause::Cluster(Some(name::single(r, "an index")?))
        }
        _ => replica_identity(r)?,
    };
    r.action(Action::table(id, clause));
    Ok(())
}

/// From IDENTITY on.
fn replica_identity(r: &mut Reader) -> Read<TableClause> {
    r.expect("identity")?;
    let value = if r.eat_seq(&["using", "index"]) {
        Some(format!("index {}", name::single(r, "an index")?))
    } else if r.eat("default") {
        None
    } else if r.at_any(&["full", "nothing"]) {
        let word = r.word();
        r.bump();
        word
    } else {
        return Err(r.unexpected("`DEFAULT`, `FULL`, `NOTHING` or `USING INDEX`"));
    };
    Ok(TableClause::ReplicaIdentity(value))
}

fn set(r: &mut Reader, id: &ObjectId) -> Read<()> {
    if r.eat("reset") {
        let options = option::resets(r)?;
        r.action(Action::table(id, TableClause::Options(options)));
        return Ok(());
    }
    r.expect("set")?;
    let clause = if r.at_symbol("(") {
        TableClause::Options(option::changes(r)?)
    } else if r.eat("logged") {
        TableClause::Logged(true)
    } else if r.eat("unlogged") {
        TableClause::Logged(false)
    } else if r.eat_seq(&["without", "cluster"]) {
        TableClause::Cluster(None)
    } else if r.eat_seq(&["without", "oids"]) {
        return Ok(());
    } else if r.eat_seq(&["access", "method"]) {
        r.require(Feature::SetAccessMethod, r.here())?;
        TableClause::Method(name::single(r, "an access method")?.as_str().to_owned())
    } else if r.eat("tablespace") {
        let space = name::single(r, "a tablespace")?;
        r.eat("nowait");
        TableClause::Tablespace(space.as_str().to_owned())
    } else {
        return Err(r.unexpected("what to set"));
    };
    r.action(Action::table(id, clause));
    Ok(())
}
