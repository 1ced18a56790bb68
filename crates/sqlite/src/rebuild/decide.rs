//! Which way a table's changes go: ALTER TABLE where the target's version does it without loss, else the rebuild.
//!
//! Invariant: the answer depends on the two states only, so that every row that asks gets the same one.

use super::constraints;
use crate::features::{Feature, has};
use crate::row::{
    constraint::same as same_constraint, table::same_column, view::same as same_view,
};
use crate::text::{is_simple_default, unwrapped};
use driftless_model::{
    Column, Constraint, ConstraintBody, Index, KeyExpr, Name, ObjectId, Part, Ref, Table, Trigger,
    View,
};
use driftless_planner::Cx;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub native: bool,
    /// Constraints come with a new column, in one statement.
    pub attached: bool,
}

const REBUILD: Decision = Decision {
    native: false,
    attached: false,
};

pub fn decide(id: &ObjectId, cx: &Cx) -> Decision {
    let (Some(before), Some(after)) = (cx.before.item::<Table>(id), cx.after.item::<Table>(id))
    else {
        return REBUILD;
    };
    if before.lite() != after.lite() || altered(id, before, after, cx) {
        return REBUILD;
    }
    let added: Vec<&Column> = missing(after, before);
    let dropped: Vec<&Column> = missing(before, after);
    let mut attached = false;
    for (cid, constraint) in constraints(cx.after, id) {
        match constraints(cx.before, id).find(|(b, _)| *b == cid) {
            Some((_, was)) if same_constraint(was, constraint) => {}
            None if attaches(constraint, &added) => attached = true,
            None if can_add_constraint(constraint, cx) => {}
            Some((_, was))
                if can_drop_constraint(was, cx) && can_add_constraint(constraint, cx) => {}
            _ => return REBUILD,
        }
    }
    let gone = constraints(cx.before, id)
        .any(|(b, c)| !cx.after.contains(b) && !can_drop_constraint(c, cx));
    let native = !gone
        && added.iter().all(|c| can_add(id, c, cx))
        && (dropped.is_empty() || can_drop(id, before, after, &dropped, cx));
    Decision {
        native,
        attached: native && attached,
    }
}

/// A column differs in what ALTER TABLE does not reach.
fn altered(id: &ObjectId, before: &Table, after: &Table, cx: &Cx) -> bool {
    after.columns.iter().any(|a| {
        let was = before.column(&a.name);
        was.is_some_and(|b| !same_column(b, a) && !can_set_not_null(id, b, a, cx))
    })
}

/// `ALTER COLUMN … SET | DROP NOT NULL` is all it takes, and no row is to get a value for it.
fn can_set_not_null(id: &ObjectId, was: &Column, now: &Column, cx: &Cx) -> bool {
    let without = |c: &Column| Column {
        not_null: false,
        not_null_conflict: None,
        ..c.clone()
    };
    let part = id.member(&now.name);
    let filled = cx.hints.backfills.contains_key(&part) || cx.hints.usings.contains_key(&part);
    has(cx.server, Feature::AlterConstraint)
        && same_column(&without(was), &without(now))
        && now.not_null_conflict.is_none()
        && (!now.not_null || is_null(now) && !filled)
}

/// `ADD [CONSTRAINT …] CHECK`.
fn can_add_constraint(constraint: &Constraint, cx: &Cx) -> bool {
    has(cx.server, Feature::AlterConstraint) && matches!(constraint.body, ConstraintBody::Check(_))
}

/// `DROP CONSTRAINT`: it has to have a name, and no index of its own.
fn can_drop_constraint(constraint: &Constraint, cx: &Cx) -> bool {
    has(cx.server, Feature::AlterConstraint)
        && constraint.named
        && matches!(
            constraint.body,
            ConstraintBody::Check(_) | ConstraintBody::ForeignKey(_)
        )
}

/// Without a default, or with NULL.
fn is_null(column: &Column) -> bool {
    let default = column.default.as_ref();
    default.is_none_or(|d| unwrapped(&d.written).eq_ignore_ascii_case("null"))
}

/// The columns of `all` that `other` does not have.
fn missing<'t>(all: &'t Table, other: &Table) -> Vec<&'t Column> {
    all.columns
        .iter()
        .filter(|c| other.column(&c.name).is_none())
        .collect()
}

/// The table's own columns that a constraint is about.
pub fn columns_in(constraint: &Constraint) -> Vec<Name> {
    constraint
        .parts()
        .into_iter()
        .filter(|p| p.object == constraint.table)
        .filter_map(|p| p.member)
        .collect()
}

/// The constraint can be written in the definition of a new column.
fn attaches(constraint: &Constraint, added: &[&Column]) -> bool {
    let new = |n: &Name| added.iter().find(|c| c.name == *n).copied();
    match &constraint.body {
        ConstraintBody::ForeignKey(f) => match f.columns.as_slice() {
            // With foreign keys on, SQLite wants NULL for the rows that are there.
            [one] => new(one).is_some_and(|c| c.default.is_none()),
            _ => false,
        },
        ConstraintBody::Check(c) => {
            c.conflict.is_none() && columns_in(constraint).iter().any(|n| new(n).is_some())
        }
        _ => false,
    }
}

/// Limits of ADD COLUMN (lang_altertable, 4).
fn can_add(id: &ObjectId, column: &Column, cx: &Cx) -> bool {
    if cx.hints.backfills.contains_key(&id.member(&column.name)) {
        return false;
    }
    if let Some(generated) = &column.generated {
        return !generated.stored && !column.not_null;
    }
    let constant = column.default.as_ref().is_none_or(|d| {
        let bare = unwrapped(&d.written);
        let current = bare.to_ascii_lowercase().starts_with("current_");
        is_simple_default(bare) && is_simple_default(&d.written) && !current
    });
    constant && !(column.not_null && is_null(column))
}

/// Limits of DROP COLUMN (lang_altertable, 5): also nothing that stays may still name the column, and SQLite looks at
/// every view and trigger of the file, so none may be broken or away at that moment.
fn can_drop(id: &ObjectId, before: &Table, after: &Table, dropped: &[&Column], cx: &Cx) -> bool {
    if !has(cx.server, Feature::DropColumn) || after.columns.is_empty() {
        return false;
    }
    let gone = |p: &Part| {
        p.object == *id
            && p.member
                .as_ref()
                .is_some_and(|m| dropped.iter().any(|c| c.name == *m))
    };
    let in_key = constraints(cx.before, id).any(|(_, c)| c.parts().iter().any(&gone));
    let generates = before
        .columns
        .iter()
        .filter_map(|c| c.generated.as_ref())
        .any(|g| g.expr.parts().any(&gone));
    let indexed = cx
        .before
        .of::<Index>()
        .any(|(i, x)| x.table == *id && cx.after.contains(i) && index_names(x, dropped));
    !in_key && !generates && !indexed && readers_allow(cx, &gone)
}

fn index_names(index: &Index, dropped: &[&Column]) -> bool {
    index.keys.iter().any(|k| match &k.expr {
        KeyExpr::Column(c) => dropped.iter().any(|d| d.name == *c),
        KeyExpr::Expr(_) => false,
    })
}

fn readers_allow(cx: &Cx, gone: &dyn Fn(&Part) -> bool) -> bool {
    let reads = |refs: &[Ref]| refs.iter().any(|r| r.span.is_some() && gone(&r.part));
    let away: Vec<&ObjectId> = cx
        .before
        .of::<View>()
        .filter(|(v, b)| cx.after.item::<View>(v).is_none_or(|a| !same_view(b, a)))
        .map(|(v, _)| v)
        .collect();
    let views = cx.before.of::<View>().all(|(v, view)| {
        let stays = !away.contains(&v);
        let leans = view.query.parts().any(|p| away.contains(&&p.object));
        view.query.certain && !(stays && (reads(&view.query.refs) || leans))
    });
    let triggers = cx.before.of::<Trigger>().all(|(t, trigger)| {
        let stays = cx.after.contains(t);
        trigger.when.iter().chain(&trigger.body).all(|text| {
            text.certain
                && !(stays
                    && (reads(&text.refs) || text.parts().any(|p| away.contains(&&p.object))))
        })
    });
    views && triggers
}
