//! Drafts of tables: how a new one is made, and what leads from one to another.
//!
//! Neighbours: `replace` moves columns whose type is made anew. Invariant: every ALTER TABLE clause is a draft of its
//! own that may share a statement with its neighbours.

use super::{
    heritage, pg, pg_mut, retype, same_default, same_generated, same_identity, spread, typed,
};
use crate::features::{Feature, has};
use crate::row::{constraint, copies, naming, not_null, replace, sequence, view};
use driftless_model::{
    Canon, Catalog, Column, Constraint, ConstraintBody, Name, Object, ObjectId, Options, PgTable,
    SqlText, Table, TypeRef, Verdict,
};
use driftless_planner::{
    Action, Alter, Clause, ColumnClause, Cx, Data, Draft, Hit, TableClause, bare,
};

/// Whether this plan makes the column.
pub(in crate::row) fn is_made(table: &ObjectId, column: &Name, cx: &Cx) -> bool {
    cx.before
        .item::<Table>(table)
        .is_none_or(|t| t.column(column).is_none())
}

fn clause(id: &ObjectId, clause: TableClause, cx: &Cx) -> Draft {
    cx.draft(Action::table(id, clause)).may(id)
}

pub(super) fn on_column(id: &ObjectId, name: &Name, clause: ColumnClause, cx: &Cx) -> Draft {
    let leaves = matches!(
        clause,
        ColumnClause::Default(None) | ColumnClause::Identity(None) | ColumnClause::Expression(None)
    );
    let mut draft = cx.draft(Action::column(id, name, clause)).may(id);
    if leaves {
        // What is taken off a column goes before its type changes; the lane keeps it behind what makes the column.
        draft.reach.needs.retain(|p| *p != id.member(name));
    }
    draft
}

/// A column as CREATE TABLE and ADD COLUMN carry it: `serial` where it is one, without what needs an ALTER.
fn made(id: &ObjectId, column: &Column, cx: &Cx) -> (Column, Option<ObjectId>) {
    let mut out = Column {
        comment: None,
        storage: None,
        statistics: None,
        attributes: Options::new(),
        ..column.clone()
    };
    out.not_null &= !is_named(id, &column.name, cx.after);
    // A column that is made anew has its sequence made apart, as the sequence's own row has it.
    let serial = sequence::serial_of(id, column, cx.after).filter(|(_, s)| {
        cx.is_new(s)
            && is_made(id, &column.name, cx)
            && cx
                .before
                .find(&naming::RELATIONS, &s.schema, &s.name)
                .is_none()
    });
    let Some((word, sequence)) = serial else {
        return (out, None);
    };
    out.ty = TypeRef::new(word);
    out.default = None;
    (out, Some(sequence))
}

/// Storage and statistics, which CREATE TABLE cannot say on every version.
fn extras(id: &ObjectId, column: &Column, cx: &Cx) -> Vec<Draft> {
    let mut out = Vec::new();
    if column.storage.is_some() {
        out.push(on_column(
            id,
            &column.name,
            ColumnClause::Storage(column.storage.clone()),
            cx,
        ));
    }
    if column.statistics.is_some() {
        let clause = ColumnClause::Statistics(column.statistics);
        let same = |b: &Column, a: &Column| b.statistics == a.statistics;
        out.push(spread::down(id, &column.name, clause, same, cx));
    }
    if !column.attributes.is_empty() {
        let set = view::option_changes(&Options::new(), &column.attributes);
        out.push(on_column(id, &column.name, ColumnClause::Options(set), cx));
    }
    out
}

pub(super) fn create(id: &ObjectId, object: &Object, item: &Table, cx: &Cx) -> Vec<Draft> {
    let mut table = item.clone();
    let mut sequences = Vec::new();
    table.columns = Vec::new();
    for c in item.columns.iter().filter(|c| !c.inherited) {
        let (mut c, serial) = made(id, c, cx);
        // Below 16 a child must not say the expression that it has from its parent.
        let mut parents = naming::parents(item).into_iter();
        let inherits = parents.any(|p| {
            let column = cx.after.item::<Table>(p).and_then(|t| t.column(&c.name));
            column.is_some_and(|of| of.generated.is_some())
        });
        if inherits {
            c.generated = None;
        }
        table.columns.push(c);
        sequences.extend(serial);
    }
    let full = pg(item);
    if let Some(pg) = pg_mut(&mut table) {
        pg.row_security = false;
        pg.force_row_security = false;
        pg.replica_identity = None;
        pg.cluster = None;
        pg.of_type = None;
        pg.copies.clear();
    }
    let mut carried = bare(object);
    carried.body = table.into();
    let mut first = cx.draft(Action::create(id.clone(), carried)).may(id);
    first.reach.needs.retain(|p| !sequences.contains(&p.object));
    first
        .reach
        .gives
        .extend(sequences.iter().map(ObjectId::part));
    first.reach.gives.extend(makes_room(item, cx));
    let mut drafts = vec![first];
    drafts.extend(not_null::named(id, item, cx));
    for c in item.columns.iter().filter(|c| c.inherited) {
        drafts.extend(override_inherited(id, item, c, cx));
    }
    for c in &item.columns {
        drafts.extend(extras(id, c, cx));
    }
    let none = PgTable {
        row_security: false,
        force_row_security: false,
        replica_identity: None,
        cluster: None,
        of_type: None,
        ..full.clone()
    };
    drafts.extend(switches(id, &none, &full, cx));
    drafts.extend(copies::joining(id, &full.copies, cx));
    drafts
}

/// Partitions of the same whole that go: what they took may be what the new one takes.
fn makes_room(item: &Table, cx: &Cx) -> Vec<driftless_model::Part> {
    let whole = pg(item).partition_of.map(|of| of.parent);
    let beside = whole.iter().flat_map(|w| naming::children(cx.before, w));
    beside
        .filter(|id| !cx.after.contains(id))
        .map(|id| id.part())
        .collect()
}

/// What an inherited column has that its parent's does not give.
fn override_inherited(id: &ObjectId, item: &Table, c: &Column, cx: &Cx) -> Vec<Draft> {
    let given = naming::parents(item)
        .into_iter()
        .find_map(|p| given(p, &c.name, cx.after));
    let Some(given) = given else {
        return Vec::new();
    };
    let mut out = Vec::new();
    if c.generated.is_none() && SqlText::compare_option(&given.default, &c.default) != Verdict::Same
    {
        out.push(on_column(
            id,
            &c.name,
            ColumnClause::Default(c.default.clone()),
            cx,
        ));
    }
    if c.not_null && !given.not_null && !is_named(id, &c.name, cx.after) {
        out.push(on_column(id, &c.name, ColumnClause::NotNull(true), cx));
    }
    out
}

fn switches(id: &ObjectId, before: &PgTable, after: &PgTable, cx: &Cx) -> Vec<Draft> {
    let mut out = Vec::new();
    if before.of_type != after.of_type {
        out.push(clause(id, TableClause::Of(after.of_type.clone()), cx));
    }
    if before.row_security != after.row_security {
        out.push(clause(id, TableClause::RowSecurity(after.row_security), cx));
    }
    if before.force_row_security != after.force_row_security {
        out.push(clause(
            id,
            TableClause::ForceRowSecurity(after.force_row_security),
            cx,
        ));
    }
    if before.replica_identity != after.replica_identity {
        let mut draft = clause(
            id,
            TableClause::ReplicaIdentity(after.replica_identity.clone()),
            cx,
        );
        let index = after
            .replica_identity
            .as_ref()
            .and_then(|r| r.strip_prefix("index "));
        if let Some(index) = index {
            draft = draft.needs(index_part(id, index, cx));
        }
        out.push(draft);
    }
    if before.cluster != after.cluster {
        out.push(cluster(id, after.cluster.as_ref(), cx));
    }
    out
}

fn cluster(id: &ObjectId, index: Option<&Name>, cx: &Cx) -> Draft {
    let draft = clause(id, TableClause::Cluster(index.cloned()), cx);
    match index {
        Some(index) => draft.needs(index_part(id, index.as_str(), cx)),
        None => draft,
    }
}

/// An index that is made anew takes with it that the table is clustered on it.
pub(in crate::row) fn clustered_again(table: &ObjectId, index: &Name, cx: &Cx) -> Option<Draft> {
    let on = |catalog: &Catalog| {
        let item = catalog.item::<Table>(table)?;
        pg(item).cluster.filter(|name| name == index)
    };
    on(cx.before)?;
    on(cx.after).map(|index| cluster(table, Some(&index), cx))
}

/// The index, or the constraint whose index it is.
fn index_part(id: &ObjectId, index: &str, cx: &Cx) -> driftless_model::Part {
    use driftless_model::Kind;
    let own = ObjectId::new(Kind::Index, id.schema.clone(), Name::exact(index));
    if cx.after.contains(&own) {
        return own.part();
    }
    ObjectId::owned(Kind::Constraint, id, Name::exact(index)).part()
}

pub(super) fn alter(id: &ObjectId, before: &Table, after: &Table, hits: &[Hit], cx: &Cx) -> Alter {
    let (b, a) = (pg(before), pg(after));
    if b.partition_by.is_some() != a.partition_by.is_some() {
        return Alter::Recreate(
            "a table becomes partitioned, or plain, only by being made anew".into(),
        );
    }
    if SqlText::compare_option(&b.partition_by, &a.partition_by) != Verdict::Same {
        return Alter::Recreate("a partition key cannot be changed".into());
    }
    let parent_gone = hits.iter().any(|h| {
        h.gone
            && b.partition_of
                .as_ref()
                .is_some_and(|p| p.parent == h.part.object && h.part.member.is_none())
            && !naming::leaves(id, cx)
    });
    if parent_gone {
        return Alter::Dies;
    }
    let mut drafts = typed::apart(id, before, after, hits, cx);
    for c in &before.columns {
        if after.column(&c.name).is_none() && !follows(before, after, c, cx) {
            drafts.push(drop_column(id, &c.name, cx));
        } else if after.column(&c.name).is_none()
            && let Some(parent) = left_by_parent(before, after, c, cx)
        {
            let mut draft = drop_column(id, &c.name, cx);
            draft.reach.gives.push(parent);
            drafts.push(draft.because("its parent leaves the column to its children"));
        }
    }
    for c in &after.columns {
        match before.column(&c.name) {
            None if !follows(before, after, c, cx) => drafts.extend(add_column(id, c, cx)),
            None => {}
            Some(was) => {
                let given = given_by_parent(before, after, was, c, cx);
                let given = given.as_ref().map(|(b, a)| (b, a));
                drafts.extend(change_column(id, was, c, given, hits, cx));
            }
        }
    }
    drafts.extend(change_ext(id, &b, &a, cx));
    Alter::Drafts(drafts)
}

fn drop_column(id: &ObjectId, name: &Name, cx: &Cx) -> Draft {
    clause(
        id,
        TableClause::DropColumn {
            column: name.clone(),
            if_exists: false,
            cascade: false,
            only: is_left(id, name, cx),
        },
        cx,
    )
}

/// Whether the column comes and goes with a parent that the table has on both sides.
fn follows(before: &Table, after: &Table, column: &Column, cx: &Cx) -> bool {
    let stays = naming::parents(before).into_iter().any(|p| {
        let has = |c: &driftless_model::Catalog| {
            c.item::<Table>(p)
                .is_some_and(|t| t.column(&column.name).is_some())
        };
        naming::parents(after).contains(&p) && has(cx.before) != has(cx.after)
    });
    column.inherited && stays
}

/// The column of a parent that drops it and leaves it to its children, where this table has it from there.
fn left_by_parent(
    before: &Table,
    after: &Table,
    column: &Column,
    cx: &Cx,
) -> Option<driftless_model::Part> {
    let stay = naming::parents(before).into_iter();
    let mut stay = stay.filter(|p| naming::parents(after).contains(p));
    stay.find(|p| column.inherited && is_left(p, &column.name, cx))
        .map(|p| p.member(&column.name))
}

/// Whether a table loses a column that some child of it has from there and keeps.
fn is_left(parent: &ObjectId, name: &Name, cx: &Cx) -> bool {
    fn column<'a>(
        c: &'a driftless_model::Catalog,
        id: &ObjectId,
        name: &Name,
    ) -> Option<&'a Column> {
        c.item::<Table>(id)?.column(name)
    }
    column(cx.before, parent, name).is_some()
        && column(cx.after, parent, name).is_none()
        && naming::children(cx.before, parent).iter().any(|child| {
            let stays = cx.after.item::<Table>(child);
            stays.is_some_and(|t| naming::parents(t).contains(&parent))
                && column(cx.before, child, name).is_some_and(|c| c.inherited)
                && column(cx.after, child, name).is_some_and(|c| !c.inherited)
        })
}

/// The parent's column on both sides, where the column is inherited on both.
fn given_by_parent(
    before: &Table,
    after: &Table,
    was: &Column,
    is: &Column,
    cx: &Cx,
) -> Option<(Column, Column)> {
    if !was.inherited || !is.inherited {
        return None;
    }
    naming::parents(before).into_iter().find_map(|p| {
        naming::parents(after).contains(&p).then_some(())?;
        let mut b = given(p, &is.name, cx.before)?;
        // NO INHERIT from now on leaves the children theirs.
        b.not_null &= not_null::is_inherited(cx.after, p, &is.name);
        Some((b, given(p, &is.name, cx.after)?))
    })
}

/// A parent's column as far as its children get it.
fn given(parent: &ObjectId, name: &Name, side: &Catalog) -> Option<Column> {
    let mut column = side.item::<Table>(parent)?.column(name)?.clone();
    column.not_null &= not_null::is_inherited(side, parent, name);
    Some(column)
}

/// ADD COLUMN with what belongs to it.
fn add_column(id: &ObjectId, c: &Column, cx: &Cx) -> Vec<Draft> {
    let (mut new, serial) = made(id, c, cx);
    let backfill = cx.hints.backfills.get(&id.member(&c.name));
    let fills = backfill.filter(|_| c.not_null && c.generated.is_none() && c.identity.is_none());
    new.not_null &= fills.is_none();
    new.inherited = false;
    let mut draft = clause(
        id,
        TableClause::AddColumn {
            column: Box::new(new),
            if_not_exists: false,
            position: None,
        },
        cx,
    );
    draft.reach.gives.extend(serial.iter().map(ObjectId::part));
    // Its children have it from there.
    let below = naming::descendants(cx.after, id).into_iter();
    draft.reach.gives.extend(below.map(|d| d.member(&c.name)));
    let mut out = vec![draft];
    if let Some(value) = fills.filter(|_| !is_named(id, &c.name, cx.after)) {
        out.push(fill(id, &c.name, value, cx));
        out.push(on_column(id, &c.name, ColumnClause::NotNull(true), cx));
    }
    out.extend(extras(id, c, cx));
    out
}

fn fill(id: &ObjectId, name: &Name, value: &SqlText, cx: &Cx) -> Draft {
    cx.draft(Action::Data(Data::Fill {
        table: id.clone(),
        column: name.clone(),
        value: replace::said(id, value, cx),
    }))
    .because(format!("old rows of {} get a value", id.member(name)))
}

fn change_column(
    id: &ObjectId,
    was: &Column,
    is: &Column,
    given: Option<(&Column, &Column)>,
    hits: &[Hit],
    cx: &Cx,
) -> Vec<Draft> {
    let remade = remade(id, was, is, given.is_some(), hits, cx);
    if let Some(drafts) = remade {
        return drafts;
    }
    let mut out = Vec::new();
    let by_parent = |same: bool| given.is_some() && same;
    let moves = replace::moves_column(cx, &was.ty, &is.ty);
    let retyped = was.ty != is.ty || was.collation != is.collation;
    let to_identity = is.identity.is_some() && was.identity.is_none();
    if to_identity && was.default.is_some() {
        out.push(on_column(id, &is.name, ColumnClause::Default(None), cx));
    }
    if was.identity.is_some() && is.identity.is_none() {
        out.push(drop_identity(id, is, cx));
    }
    if was.generated.is_some() && is.generated.is_none() {
        out.push(on_column(id, &is.name, ColumnClause::Expression(None), cx));
    }
    if retyped && !by_parent(given.is_some_and(|(_, a)| a.ty == is.ty)) {
        out.extend(retype_column(id, was, is, cx));
    } else if !moves && !to_identity {
        out.extend(change_default(id, was, is, cx));
    }
    if let (Some(b), Some(a)) = (&was.generated, &is.generated)
        && b.expr.compare(&a.expr) != Verdict::Same
        && given.is_none()
    {
        out.push(on_column(
            id,
            &is.name,
            ColumnClause::Expression(Some(a.clone())),
            cx,
        ));
    }
    if was.not_null != is.not_null {
        let parents =
            given.is_some_and(|(b, a)| b.not_null != a.not_null && a.not_null == is.not_null);
        if !parents {
            out.extend(change_not_null(id, is, cx));
        }
    }
    if is.identity.is_some() && !same_identity(&was.identity, &is.identity) {
        out.extend(change_identity(id, was, is, cx));
    }
    out.extend(change_details(id, was, is, given, cx));
    out
}

/// A column that cannot be changed in place is dropped and added: its values go.
fn remade(
    id: &ObjectId,
    was: &Column,
    is: &Column,
    inherited: bool,
    hits: &[Hit],
    cx: &Cx,
) -> Option<Vec<Draft>> {
    if inherited {
        return None;
    }
    let hit = is.generated.as_ref().is_some_and(|g| {
        hits.iter().any(|h| g.expr.parts().any(|p| *p == h.part)) || retypes_source(id, &g.expr, cx)
    });
    let because = match (&was.generated, &is.generated) {
        (None, Some(_)) => "a column becomes generated only by being made anew",
        (Some(b), Some(a)) if b.stored != a.stored => {
            "stored and virtual columns are not changed into each other"
        }
        (Some(_), Some(_)) if hit => "what it is computed from changes",
        // The server does not look at checks again (manual, ALTER TABLE: SET EXPRESSION).
        (Some(b), Some(a))
            if !b.stored && b.expr.compare(&a.expr) != Verdict::Same && is_checked(id, cx) =>
        {
            "the expression of a virtual column cannot be changed beside checks"
        }
        (Some(b), None) if !b.stored => "a virtual column has no values to keep",
        (Some(_), Some(_))
            if same_generated(&was.generated, &is.generated) != Verdict::Same
                && !has(cx.after.server, Feature::SetExpression) =>
        {
            "its expression can be changed in place only from PostgreSQL 17 on"
        }
        (None, None)
            if !retype::is_castable(&was.ty, &is.ty, cx.before)
                && !cx.hints.usings.contains_key(&id.member(&is.name)) =>
        {
            "no value of its type can be converted"
        }
        _ => return None,
    };
    let mut out = vec![drop_column(id, &is.name, cx).because(because)];
    out.extend(
        add_column(id, is, cx)
            .into_iter()
            .map(|d| d.because(because)),
    );
    Some(out)
}

/// Whether the table has checks before and behind the plan, of its own or from above.
fn is_checked(id: &ObjectId, cx: &Cx) -> bool {
    fn any(id: &ObjectId, side: &Catalog) -> bool {
        let check = |c: &Constraint| matches!(c.body, ConstraintBody::Check(_));
        let parents = side.item::<Table>(id).map(naming::parents);
        side.owned(id)
            .any(|(_, o)| o.get::<Constraint>().is_some_and(check))
            || parents.into_iter().flatten().any(|p| any(p, side))
    }
    any(id, cx.before) || any(id, cx.after)
}

/// The server refuses a type change of a column that a generated one reads.
fn retypes_source(id: &ObjectId, expr: &SqlText, cx: &Cx) -> bool {
    let column = |c: &driftless_model::Catalog, n: &Name| {
        c.item::<Table>(id)?.column(n).map(|c| c.ty.clone())
    };
    expr.parts().filter(|p| p.object == *id).any(|p| {
        p.member
            .as_ref()
            .is_some_and(|m| match (column(cx.before, m), column(cx.after, m)) {
                (Some(b), Some(a)) => b != a || replace::moves_column(cx, &b, &a),
                _ => true,
            })
    })
}

fn drop_identity(id: &ObjectId, is: &Column, cx: &Cx) -> Draft {
    let mut draft = on_column(id, &is.name, ColumnClause::Identity(None), cx);
    // Its sequence's name is free again.
    draft.reach.removes.push(sequence_part(id, &is.name));
    draft
}

fn sequence_part(id: &ObjectId, column: &Name) -> driftless_model::Part {
    let name = naming::joined(id.name.as_str(), Some(column.as_str()), "seq");
    ObjectId::new(
        driftless_model::Kind::Sequence,
        id.schema.clone(),
        Name::exact(name),
    )
    .part()
}

/// A new default, or none.
fn change_default(id: &ObjectId, was: &Column, is: &Column, cx: &Cx) -> Option<Draft> {
    let same = |b: &Column, a: &Column| same_default(b, a) == Verdict::Same;
    let clause = ColumnClause::Default(is.default.clone());
    spread::over_children(id, was, is, clause, same, cx)
}

/// ALTER COLUMN … TYPE; a default that cannot follow is taken off before and put back after.
fn retype_column(id: &ObjectId, was: &Column, is: &Column, cx: &Cx) -> Vec<Draft> {
    let hint = cx
        .hints
        .usings
        .get(&id.member(&is.name))
        .map(|t| replace::said(id, t, cx));
    let assignable = retype::is_assignable(&was.ty, &is.ty, cx.before);
    let using = hint.or_else(|| (!assignable).then(|| conversion(&was.ty, is, cx)));
    let mut out = Vec::new();
    let same_base = base(&was.ty.text) == base(&is.ty.text);
    let default_stays =
        SqlText::compare_option(&was.default, &is.default) == Verdict::Same && same_base;
    if was.default.is_some() && (!assignable || using.is_some() || is.default.is_none()) {
        out.push(on_column(id, &is.name, ColumnClause::Default(None), cx));
    }
    let dropped = !out.is_empty();
    out.push(on_column(
        id,
        &is.name,
        ColumnClause::Type {
            ty: is.ty.clone(),
            collation: is.collation.clone(),
            using,
        },
        cx,
    ));
    if is.default.is_some() && (dropped || !default_stays) {
        out.push(on_column(
            id,
            &is.name,
            ColumnClause::Default(is.default.clone()),
            cx,
        ));
    }
    out
}

fn base(ty: &str) -> &str {
    ty.split('(').next().unwrap_or(ty).trim_end()
}

/// `USING column::type`; from and to users' types through text.
fn conversion(before: &TypeRef, is: &Column, cx: &Cx) -> SqlText {
    let name = crate::print::name(&is.name);
    let user = |t: &TypeRef| {
        t.target
            .as_ref()
            .is_some_and(|t| cx.before.contains(t) || cx.after.contains(t))
    };
    let dims = if is.ty.text.ends_with("[]") { "[]" } else { "" };
    let mut text = if user(before) && user(&is.ty) {
        SqlText::new(format!("{name}::text{dims}::{}", is.ty.text))
    } else {
        SqlText::new(format!("{name}::{}", is.ty.text))
    };
    text.canon = Canon::Raw;
    text
}

/// Old rows of a column that takes no null any more get the value that was said for them.
pub(in crate::row) fn filled(id: &ObjectId, name: &Name, cx: &Cx) -> Option<Draft> {
    let value = cx.hints.backfills.get(&id.member(name))?;
    Some(fill(id, name, value, cx))
}

/// Whether a constraint of its own, with a name, says that the column takes no null: that one is made and dropped by
/// itself.
fn is_named(id: &ObjectId, name: &Name, side: &Catalog) -> bool {
    not_null::of(side, id, name).is_some()
}

fn change_not_null(id: &ObjectId, is: &Column, cx: &Cx) -> Vec<Draft> {
    let side = if is.not_null { cx.after } else { cx.before };
    if is_named(id, &is.name, side) {
        return Vec::new();
    }
    let mut out = Vec::new();
    out.extend(filled(id, &is.name, cx).filter(|_| is.not_null));
    if is.not_null
        && let Some(draft) = not_null::before_joining(id, is, cx)
    {
        out.push(draft);
        return out;
    }
    let mut draft = on_column(id, &is.name, ColumnClause::NotNull(is.not_null), cx);
    if is.inherited && !is.not_null {
        // The parent's lets go of it first.
        let parents = cx.after.item::<Table>(id).map(naming::parents);
        let theirs = parents.into_iter().flatten();
        let theirs = theirs.filter_map(|p| not_null::of(cx.after, p, &is.name));
        draft.reach.needs.extend(theirs.map(|(id, _)| id.part()));
    }
    let (part, key) = (id.member(&is.name), constraint::primary_key(cx.before, id));
    let was = cx.before.item::<Table>(id).and_then(|t| t.column(&is.name));
    let leaves = was.is_some_and(|c| c.inherited) && !is.inherited;
    let of_key = key.is_some_and(|(_, k)| k.columns.iter().any(|c| c.column == is.name));
    if !is.not_null && (of_key || leaves) {
        // The key, or the parent, lets go of it first, however late that is.
        draft.reach.needs.retain(|p| *p != part);
        draft.reach.changes.push(part);
    }
    out.push(draft);
    out
}

fn change_identity(id: &ObjectId, was: &Column, is: &Column, cx: &Cx) -> Vec<Draft> {
    let Some(identity) = &is.identity else {
        return Vec::new();
    };
    if was.identity.is_some() {
        let mut standing = identity.clone();
        standing.sequence.owned_by = Some(id.member(&is.name));
        return vec![on_column(
            id,
            &is.name,
            ColumnClause::Identity(Some(standing)),
            cx,
        )];
    }
    let mut draft = on_column(
        id,
        &is.name,
        ColumnClause::Identity(Some(identity.clone())),
        cx,
    );
    // The sequence of a former serial has to leave its name first.
    draft.reach.gives.push(sequence_part(id, &is.name));
    // It can be only where there are no nulls.
    let named = not_null::of(cx.after, id, &is.name);
    draft.reach.needs.extend(named.map(|(id, _)| id.part()));
    vec![draft, restart(id, &is.name, cx)]
}

/// A new identity goes on behind the highest value that is there.
fn restart(id: &ObjectId, name: &Name, cx: &Cx) -> Draft {
    let table = crate::print::qualified(id);
    let text = format!(
        "SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence({}, {}), max({column})) FROM {table}",
        crate::print::literal(&table),
        crate::print::literal(name.as_str()),
        column = crate::print::name(name)
    );
    let mut draft = cx.draft(Action::Data(Data::Other {
        tables: vec![id.clone()],
        text,
    }));
    draft.target = id.clone();
    draft.reach.needs = vec![id.member(name), sequence_part(id, name)];
    draft.lane = Some(id.member(name));
    draft.because(format!(
        "{} goes on behind its highest value",
        id.member(name)
    ))
}

fn change_details(
    id: &ObjectId,
    was: &Column,
    is: &Column,
    given: Option<(&Column, &Column)>,
    cx: &Cx,
) -> Vec<Draft> {
    let mut out = Vec::new();
    let retyped = was.ty != is.ty || was.collation != is.collation;
    let storage_given =
        given.is_some_and(|(b, a)| b.storage != a.storage && a.storage == is.storage);
    if (was.storage != is.storage || (retyped && is.storage.is_some())) && !storage_given {
        out.push(on_column(
            id,
            &is.name,
            ColumnClause::Storage(stored(is)),
            cx,
        ));
    }
    // The server forgets it along with the former type.
    if was.compression != is.compression || (retyped && is.compression.is_some()) {
        out.push(on_column(
            id,
            &is.name,
            ColumnClause::Compression(is.compression.clone()),
            cx,
        ));
    }
    let statistics = ColumnClause::Statistics(is.statistics);
    let same = |b: &Column, a: &Column| b.statistics == a.statistics;
    out.extend(spread::over_children(id, was, is, statistics, same, cx));
    let (set, reset): (Options<_>, Options<_>) =
        view::option_changes(&was.attributes, &is.attributes)
            .into_iter()
            .partition(|(_, v)| v.is_some());
    for map in [reset, set] {
        if !map.is_empty() {
            out.push(on_column(id, &is.name, ColumnClause::Options(map), cx));
        }
    }
    let told = crate::definition::edits_of(&was.foreign, &is.foreign);
    if !told.is_empty() {
        out.push(on_column(id, &is.name, ColumnClause::Foreign(told), cx));
    }
    out
}

/// SET STORAGE DEFAULT is known from 16 on only: the type's own is said by name.
fn stored(is: &Column) -> Option<String> {
    is.storage
        .clone()
        .or_else(|| retype::default_storage(&is.ty.text).map(str::to_owned))
}

fn change_ext(id: &ObjectId, before: &PgTable, after: &PgTable, cx: &Cx) -> Vec<Draft> {
    let mut out = Vec::new();
    if before.unlogged != after.unlogged {
        out.push(clause(id, TableClause::Logged(!after.unlogged), cx));
    }
    if let (Some(before), Some(after)) = (&before.foreign, &after.foreign) {
        let told = crate::definition::edits_of(&before.options, &after.options);
        if !told.is_empty() {
            out.push(clause(id, TableClause::Foreign(told), cx));
        }
    }
    if before.method != after.method {
        let method = after.method.clone().unwrap_or_else(|| "heap".into());
        out.push(clause(id, TableClause::Method(method), cx));
    }
    if let Some(space) = after
        .tablespace
        .as_ref()
        .filter(|s| before.tablespace.as_ref() != Some(*s))
    {
        out.push(clause(id, TableClause::Tablespace(space.clone()), cx));
    }
    let changes = view::option_changes(&before.options, &after.options);
    let (set, reset): (Options<_>, Options<_>) =
        changes.into_iter().partition(|(_, v)| v.is_some());
    for map in [reset, set] {
        if !map.is_empty() {
            out.push(clause(id, TableClause::Options(map), cx));
        }
    }
    for (list, other, stop) in [
        (&before.inherits, &after.inherits, true),
        (&after.inherits, &before.inherits, false),
    ] {
        for parent in list.iter().filter(|p| !other.contains(p)) {
            let draft = clause(
                id,
                TableClause::Inherit {
                    parent: parent.clone(),
                    stop,
                },
                cx,
            );
            out.push(beside_columns(draft, id, parent, stop, cx));
        }
    }
    if before.partition_of.is_none() && after.partition_of.is_some() {
        out.extend(not_null::together(id, cx));
    }
    out.extend(change_partition(id, before, after, cx));
    let parents = |pg: &PgTable| pg.partition_of.is_some() || !pg.inherits.is_empty();
    if parents(before) && !parents(after) {
        out.extend(not_null::alone(id, cx));
    }
    out.extend(switches(id, before, after, cx));
    out
}

fn change_partition(id: &ObjectId, before: &PgTable, after: &PgTable, cx: &Cx) -> Vec<Draft> {
    let whole = |pg: &PgTable| pg.partition_of.as_ref().map(|of| of.parent.clone());
    let joins = whole(before) != whole(after);
    if super::same_partition(before, after) == Verdict::Same {
        return copies::changed(id, &after.copies, cx);
    }
    let mut out = Vec::new();
    let draft = |parent: &ObjectId, c: TableClause| {
        let mut draft = cx.draft(Action::alter(parent, Clause::Table(c)));
        draft.lane = Some(id.part());
        draft
    };
    if let Some(of) = &before.partition_of {
        let detach = TableClause::Detach {
            partition: id.clone(),
            concurrently: false,
        };
        let mut draft = draft(&of.parent, detach);
        // From the table that is there now, which may be made anew.
        draft.reach.needs.clear();
        draft.reach.frees.push(of.parent.part());
        // Before these go, so that it is certain what the partition keeps.
        draft.reach.frees.extend(heritage::gifts(&of.parent, cx));
        let roots = before.copies.iter().map(|c| c.of.part());
        draft.reach.frees.extend(roots);
        out.push(beside_columns(draft, id, &of.parent, true, cx));
        out.extend(copies::leaving(id, cx));
        out.extend(heritage::leaving(id, cx));
    }
    if let Some(of) = &after.partition_of {
        out.extend(heritage::joining(id, cx));
        let attach = TableClause::Attach {
            partition: id.clone(),
            bound: of.bound.clone(),
        };
        let draft = draft(&of.parent, attach);
        out.push(beside_columns(draft, id, &of.parent, false, cx));
    }
    out.extend(match joins {
        true => copies::joining(id, &after.copies, cx),
        false => copies::changed(id, &after.copies, cx),
    });
    out
}

/// A child leaves before its parent's columns change, and comes when both have the columns that they will have.
fn beside_columns(
    mut draft: Draft,
    id: &ObjectId,
    parent: &ObjectId,
    leaves: bool,
    cx: &Cx,
) -> Draft {
    let reach = &mut draft.reach;
    for table in [parent, id] {
        let columns = |c: &driftless_model::Catalog| -> Vec<Name> {
            c.item::<Table>(table).map_or_else(Vec::new, |t| {
                t.columns.iter().map(|c| c.name.clone()).collect()
            })
        };
        let (before, after) = (columns(cx.before), columns(cx.after));
        let part = |c: &Name| table.member(c);
        let gone = before.iter().filter(|c| !after.contains(c)).map(part);
        let new = after.iter().filter(|c| !before.contains(c)).map(part);
        match leaves {
            true if table == parent => {
                reach.frees.extend(before.iter().map(part));
                reach.removes.extend(new);
            }
            true => {
                let open = |c: &&Name| {
                    let of = |side: &Catalog| side.item::<Table>(id)?.column(c).map(|c| c.not_null);
                    of(cx.before) == Some(true) && of(cx.after) == Some(false)
                };
                reach.frees.extend(before.iter().filter(open).map(part));
                reach.frees.extend(gone);
            }
            false => {
                reach.gives.extend(gone);
                reach.needs.extend(after.iter().map(part));
            }
        }
    }
    draft
}
