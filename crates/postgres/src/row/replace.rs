//! Types that cannot be altered in place: the old one is renamed away, a new one made, and every column that uses it
//! is moved over, in one draft that stays together.
//!
//! Neighbours: enums (a value removed or moved), domains (another base type), composites and collations draft with this; tables
//! leave the columns concerned to it. Invariant: who decides that a type is replaced asks [`is_replaced`] only.

use super::naming;
use driftless_model::{
    Canon, Column, Composite, Domain, Enum, Kind, Name, Object, ObjectId, SqlText, Table, TypeRef,
    Verdict,
};
use driftless_planner::{Action, ColumnClause, Cx, Draft, Hit, Reach, bare};

/// Whether the plan makes the type anew under its own name.
pub(super) fn is_replaced(cx: &Cx, id: &ObjectId) -> bool {
    if let (Some(b), Some(a)) = (cx.before.item::<Enum>(id), cx.after.item::<Enum>(id)) {
        return !super::enumeration::grows(b, a);
    }
    if let (Some(b), Some(a)) = (cx.before.item::<Domain>(id), cx.after.item::<Domain>(id)) {
        return b.base != a.base || b.collation != a.collation || base_is_replaced(cx, a);
    }
    if let (Some(b), Some(a)) = (
        cx.before.item::<Composite>(id),
        cx.after.item::<Composite>(id),
    ) {
        return super::composite::needs_replacing(id, b, a, cx);
    }
    false
}

fn base_is_replaced(cx: &Cx, domain: &Domain) -> bool {
    domain
        .base
        .target
        .as_ref()
        .is_some_and(|t| is_replaced(cx, t))
}

/// Whether the column keeps its type, and that type is made anew.
pub(super) fn moves_column(cx: &Cx, before: &TypeRef, after: &TypeRef) -> bool {
    before == after && after.target.as_ref().is_some_and(|t| is_replaced(cx, t))
}

/// Whether a hit says that a type in use is made anew or gone.
pub(super) fn is_type_hit(hit: &Hit) -> bool {
    hit.part.member.is_none() && hit.part.object.kind.is_type()
}

struct Use {
    table: ObjectId,
    column: Name,
    ty: TypeRef,
    /// Where it is the collation that is made anew.
    collation: Option<String>,
    before_default: bool,
    default: Option<SqlText>,
    /// It is moved with its parent's.
    follows: bool,
}

fn uses(id: &ObjectId, cx: &Cx) -> Vec<Use> {
    let mut out = Vec::new();
    for user in cx.users.of_object(id) {
        let (Some(before), Some(after)) =
            (cx.before.item::<Table>(user), cx.after.item::<Table>(user))
        else {
            continue;
        };
        for column in &after.columns {
            let collated = |c: &Column| {
                let spelled = c.collation.as_deref();
                spelled
                    .and_then(|c| ObjectId::spelled(Kind::Collation, c))
                    .as_ref()
                    == Some(id)
            };
            let of_type = |c: &Column| match id.kind {
                Kind::Collation => collated(c),
                _ => c.ty.target.as_ref() == Some(id),
            };
            let Some(was) = before.column(&column.name) else {
                continue;
            };
            if of_type(was) && of_type(column) && was.ty == column.ty {
                out.push(Use {
                    table: user.clone(),
                    column: column.name.clone(),
                    ty: column.ty.clone(),
                    collation: column
                        .collation
                        .clone()
                        .filter(|_| id.kind == Kind::Collation),
                    before_default: was.default.is_some(),
                    default: column.default.clone(),
                    follows: column.inherited && was.inherited,
                });
            }
        }
    }
    out
}

/// `USING column::text::schema.type`, for arrays through arrays.
fn conversion(column: &Name, through: &str, ty: &TypeRef) -> SqlText {
    let dims = if ty.text.ends_with("[]") { "[]" } else { "" };
    let mut text = SqlText::new(format!(
        "{}::{through}{dims}::{}",
        crate::print::name(column),
        ty.text
    ));
    text.canon = Canon::Raw;
    text
}

/// A hint's expression, with its names resolved in the after-state.
pub(super) fn said(table: &ObjectId, text: &SqlText, cx: &Cx) -> SqlText {
    let mut out = text.clone();
    super::ground::settle(&mut out, &super::ground::row(table), cx.after);
    out
}

/// The one draft that puts `object` in the place of the type `id`; values pass through the type `through`.
pub(super) fn draft(id: &ObjectId, object: &Object, through: &str, cx: &Cx) -> Draft {
    let away = id.named(Name::exact(naming::joined(
        id.name.as_str(),
        None,
        "before",
    )));
    let mut reach = Reach {
        changes: vec![id.part()],
        needs: driftless_model::requirements(id, object),
        ..Reach::default()
    };
    let mut statements = vec![
        vec![Action::Rename {
            part: id.part(),
            to: away.name.clone(),
        }],
        vec![Action::create(id.clone(), bare(object))],
    ];
    let mut tables: Vec<(ObjectId, Vec<Action>)> = Vec::new();
    for u in uses(id, cx) {
        let part = u.table.member(&u.column);
        reach.changes.push(part.clone());
        if u.follows {
            continue;
        }
        let using = cx
            .hints
            .usings
            .get(&part)
            .map(|t| said(&u.table, t, cx))
            .or_else(|| {
                u.collation
                    .is_none()
                    .then(|| conversion(&u.column, through, &u.ty))
            });
        let mut actions = Vec::new();
        let clause = |c| Action::column(&u.table, &u.column, c);
        let defaulted = u.before_default && u.collation.is_none();
        if defaulted {
            actions.push(clause(ColumnClause::Default(None)));
        }
        actions.push(clause(ColumnClause::Type {
            ty: u.ty.clone(),
            collation: u.collation.clone(),
            using,
        }));
        if let Some(default) = u.default.filter(|_| u.collation.is_none()) {
            reach
                .needs
                .extend(default.parts().filter(|p| p.object != *id).cloned());
            actions.push(clause(ColumnClause::Default(Some(default))));
        }
        match tables.last_mut() {
            Some((table, list)) if *table == u.table => list.extend(actions),
            _ => tables.push((u.table.clone(), actions)),
        }
    }
    statements.extend(tables.into_iter().map(|(_, actions)| actions));
    statements.push(vec![Action::drop(away)]);
    statements.extend(restored(id, object, cx).into_iter().map(|a| vec![a]));
    reach.needs.retain(|p| !reach.changes.contains(p));
    Draft {
        target: id.clone(),
        statements,
        reach,
        fuse: driftless_planner::Fuse::Never,
        lane: Some(id.part()),
        because: Some("it cannot be changed in place".into()),
        told: None,
    }
}

/// The new type has what the former one had beside its definition.
fn restored(id: &ObjectId, object: &Object, cx: &Cx) -> Vec<Action> {
    let Some(before) = cx.before.get(id) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    // A comment that changes is the planner's to write.
    if before.comment.is_some() && before.comment == object.comment {
        out.push(Action::Comment {
            part: id.part(),
            text: object.comment.clone(),
        });
    }
    for (member, comment) in &before.member_comments {
        if object.member_comments.get(member) == Some(comment) {
            out.push(Action::Comment {
                part: id.member(member),
                text: Some(comment.clone()),
            });
        }
    }
    if let Some(owner) = &before.owner
        && !cx.scope.manages("owners")
    {
        out.push(Action::Owner {
            id: id.clone(),
            to: owner.clone(),
        });
    }
    let grants = before.grants.iter().flatten();
    for grant in grants.filter(|_| !cx.scope.manages("grants")) {
        out.push(Action::Grant {
            id: id.clone(),
            grant: grant.clone(),
            revoke: false,
        });
    }
    out
}

/// Whether a type's text differs only where its modifier does.
pub(super) fn verdict(before: &TypeRef, after: &TypeRef) -> Verdict {
    Verdict::of(before == after)
}
