//! Constraints: keys, checks, foreign keys and exclusions of tables.
//!
//! Neighbours: a table's own clauses are in `table`. Invariant: a constraint is always printed with its name, since
//! automatic names are given when it is resolved.

mod cost;
pub(crate) mod not_null;
mod text;

use super::index::{breaks, resolve_key, same_key, settle_key};
use super::{copies, general, ground, naming, stored, table};
use crate::dialect::POSTGRES;
use crate::features::{Feature, require};
use crate::print::owner;
use driftless_model::{
    Catalog, Constraint, ConstraintBody, ForeignKey, Index, Key, KeyExpr, KeyPart, Kind, Name,
    Object, ObjectId, Part, Server, SqlText, Table, Verdict,
};
use driftless_planner::{
    Action, Alter, Clause, ConstraintClause, Create, Cx, Draft, Facts, Fault, Hit, IndexClause,
    KindOps, Moment, Printed, settle_made,
};
use std::collections::BTreeSet;

pub(super) struct Constraints;

/// The grammar's mark of `USING INDEX name` (see there).
const USING_INDEX: &str = "using index";

/// The keys that the foreign keys of a table stand on.
pub(super) fn supports(table: &ObjectId, catalog: &Catalog) -> Vec<ObjectId> {
    catalog
        .owned(table)
        .filter_map(|(_, o)| o.get::<Constraint>()?.foreign_key())
        .filter_map(|f| support(catalog, &f.target, &f.target_columns))
        .collect()
}

/// Drops of a table's foreign keys to tables that are not `among`.
pub(super) fn cut(table: &ObjectId, among: &[ObjectId], cx: &Cx) -> Vec<Draft> {
    let keys = cx.before.owned(table).filter_map(|(id, o)| {
        let item = o.get::<Constraint>()?;
        let away = |f: &ForeignKey| !among.contains(&f.target);
        let cuts = !item.inherited && item.foreign_key().is_some_and(away);
        cuts.then(|| dropped(id, item, cx))
    });
    keys.collect()
}

/// The key or unique index that a foreign key stands on; a partition has those of its whole.
fn support(catalog: &Catalog, target: &ObjectId, columns: &[Name]) -> Option<ObjectId> {
    own_support(catalog, target, columns).or_else(|| {
        let of = catalog.item::<Table>(target)?.pg()?.partition_of.as_ref()?;
        support(catalog, &of.parent, columns)
    })
}

fn own_support(catalog: &Catalog, target: &ObjectId, columns: &[Name]) -> Option<ObjectId> {
    let wanted: BTreeSet<&Name> = columns.iter().collect();
    let of_key = |k: &Key| k.columns.iter().map(|c| &c.column).collect::<BTreeSet<_>>() == wanted;
    let constraint = catalog.owned(target).find(|(_, o)| {
        o.get::<Constraint>()
            .and_then(Constraint::key)
            .is_some_and(of_key)
    });
    if let Some((id, _)) = constraint {
        return Some(id.clone());
    }
    catalog
        .using::<Index>(target)
        .filter(|(_, i)| i.table == *target && i.unique && i.filter.is_none())
        .find(|(_, i)| {
            let keys: Option<BTreeSet<&Name>> = i
                .keys
                .iter()
                .map(|k| match &k.expr {
                    KeyExpr::Column(c) => Some(c),
                    KeyExpr::Expr(_) => None,
                })
                .collect();
            keys.as_ref() == Some(&wanted)
        })
        .map(|(id, _)| id.clone())
}

/// The foreign keys that stand on a key.
fn standing_on(
    key: &Key,
    table: &ObjectId,
    catalog: &Catalog,
    users: &driftless_model::Users,
) -> Vec<ObjectId> {
    let wanted: BTreeSet<&Name> = key.columns.iter().map(|c| &c.column).collect();
    users
        .of_object(table)
        .into_iter()
        .filter(|id| {
            catalog
                .item::<Constraint>(id)
                .and_then(Constraint::foreign_key)
                .is_some_and(|f| {
                    f.target == *table && f.target_columns.iter().collect::<BTreeSet<_>>() == wanted
                })
        })
        .cloned()
        .collect()
}

/// All drafts on a foreign key also order against the key it stands on.
fn with_support(mut draft: Draft, catalog: &Catalog, f: &ForeignKey, frees: bool) -> Draft {
    if let Some(key) = support(catalog, &f.target, &f.target_columns) {
        let list = if frees {
            &mut draft.reach.frees
        } else {
            &mut draft.reach.needs
        };
        list.push(key.part());
    }
    draft
}

fn same_body(before: &Constraint, after: &Constraint) -> Verdict {
    match (&before.body, &after.body) {
        (ConstraintBody::PrimaryKey(b), ConstraintBody::PrimaryKey(a))
        | (ConstraintBody::Unique(b), ConstraintBody::Unique(a)) => {
            let space = a.tablespace.is_none() || a.tablespace == b.tablespace;
            Verdict::of(
                b.columns == a.columns
                    && b.include == a.include
                    && b.nulls_not_distinct == a.nulls_not_distinct
                    && b.without_overlaps == a.without_overlaps
                    && b.options == a.options
                    && space,
            )
        }
        (ConstraintBody::Check(b), ConstraintBody::Check(a)) => b.expr.compare(&a.expr),
        (ConstraintBody::ForeignKey(b), ConstraintBody::ForeignKey(a)) => Verdict::of(b == a),
        (ConstraintBody::Exclude(b), ConstraintBody::Exclude(a)) => {
            let plain = b.method == a.method
                && b.include == a.include
                && b.options == a.options
                && b.items.len() == a.items.len();
            let mut verdict = Verdict::of(plain).and(SqlText::compare_option(&b.filter, &a.filter));
            for (x, y) in b.items.iter().zip(&a.items) {
                verdict = verdict
                    .and(same_key(&x.key, &y.key))
                    .and(Verdict::of(x.operator == y.operator));
            }
            verdict
        }
        (ConstraintBody::NotNull(b), ConstraintBody::NotNull(a)) => Verdict::of(b == a),
        _ => Verdict::Different,
    }
}

fn has_expressions(c: &Constraint) -> bool {
    matches!(
        c.body,
        ConstraintBody::Check(_) | ConstraintBody::Exclude(_)
    )
}

impl Constraints {
    /// The foreign keys on both sides that stand on a key.
    fn kept<'a>(&self, before: &Constraint, cx: &Cx<'a>) -> Vec<(ObjectId, &'a Object)> {
        let Some(key) = before.key() else {
            return Vec::new();
        };
        standing_on(key, &before.table, cx.before, cx.users)
            .into_iter()
            .filter_map(|f| {
                let object = cx.after.get(&f)?;
                let (b, a) = (
                    cx.before.item::<Constraint>(&f)?,
                    object.get::<Constraint>()?,
                );
                (KindOps::same(self, b, a, cx) == Verdict::Same).then_some((f, object))
            })
            .collect()
    }

    /// The drop of a key (and what makes it anew), between taking the foreign keys that stand on it down and putting
    /// them back.
    fn around(
        &self,
        id: &ObjectId,
        middle: Vec<Draft>,
        kept: &[(ObjectId, &Object)],
        cx: &Cx,
    ) -> Vec<Draft> {
        let because = format!("it stands on {id}");
        let mut drafts: Vec<Draft> = Vec::new();
        for (f, _) in kept {
            if let Some(c) = cx.before.item::<Constraint>(f) {
                drafts.push(dropped(f, c, cx).because(because.clone()));
            }
        }
        drafts.extend(middle);
        for (f, object) in kept {
            if let Some(c) = object.get::<Constraint>() {
                for mut made in KindOps::create(self, f, object, c, cx) {
                    // Behind the drop of the key, so that it cannot settle on that one again.
                    made.reach.gives.push(id.part());
                    drafts.push(made.because(because.clone()));
                }
            }
        }
        drafts
    }

    /// A key made anew takes the foreign keys that stand on it down and restores them.
    fn recreate(&self, id: &ObjectId, before: &Constraint, why: &str, cx: &Cx) -> Alter {
        let kept = self.kept(before, cx);
        let after = cx
            .after
            .get(id)
            .and_then(|o| Some((o, o.get::<Constraint>()?)));
        let Some((object, made)) = after.filter(|_| !kept.is_empty()) else {
            return Alter::Recreate(why.to_owned());
        };
        let mut middle = vec![dropped(id, before, cx).because(why)];
        middle.extend(KindOps::create(self, id, object, made, cx));
        Alter::Drafts(self.around(id, middle, &kept, cx))
    }
}

/// The name that a key takes among relations, whichever table it is on.
pub(super) fn relation_name(id: &ObjectId, item: &Constraint) -> Option<Part> {
    let index = ObjectId::new(Kind::Index, id.schema.clone(), id.name.clone());
    item.is_indexed().then(|| index.part())
}

/// DROP CONSTRAINT alone.
fn dropped(id: &ObjectId, item: &Constraint, cx: &Cx) -> Draft {
    let mut draft = cx.draft(Action::drop(id.clone())).may(&item.table);
    draft.reach.removes.extend(relation_name(id, item));
    match item.foreign_key() {
        Some(f) => with_support(draft, cx.before, f, true),
        None => draft,
    }
}

impl KindOps for Constraints {
    type Item = Constraint;

    fn settle(&self, _: &ObjectId, item: &mut Constraint, catalog: &Catalog) {
        let table = item.table.clone();
        match &mut item.body {
            ConstraintBody::Check(c) => ground::settle(&mut c.expr, &ground::row(&table), catalog),
            ConstraintBody::Exclude(e) => {
                let method = e.method.clone();
                for i in &mut e.items {
                    settle_key(&mut i.key, &table, &method, catalog);
                }
                if let Some(filter) = &mut e.filter {
                    ground::settle(filter, &ground::row(&table), catalog);
                }
            }
            _ => {}
        }
    }

    fn same(&self, before: &Constraint, after: &Constraint, _: &Cx) -> Verdict {
        let plain = before.table == after.table
            && (before.deferrable, before.initially_deferred)
                == (after.deferrable, after.initially_deferred)
            && before.validated == after.validated
            && before.enforced == after.enforced
            && before.no_inherit == after.no_inherit;
        same_body(before, after).and(Verdict::of(plain))
    }

    fn create(
        &self,
        id: &ObjectId,
        object: &driftless_model::Object,
        item: &Constraint,
        cx: &Cx,
    ) -> Vec<Draft> {
        if let Some(column) = item.not_null() {
            return not_null::create(id, object, item, column, cx);
        }
        if copies::remains(id, object, cx) || table::remains(id, item, cx) {
            return Vec::new();
        }
        let mut draft = cx
            .draft(Action::create(id.clone(), driftless_planner::bare(object)))
            .may(&item.table);
        draft.reach.gives.extend(relation_name(id, item));
        if let ConstraintBody::PrimaryKey(key) = &item.body {
            // It would make its own behind each column, which no other can take the place of.
            let columns = key.columns.iter().map(|k| &k.column);
            let named = columns.filter_map(|c| not_null::of(cx.after, &item.table, c));
            let named: Vec<Part> = named.map(|(id, _)| id.part()).collect();
            draft.reach.needs.extend(named);
        }
        let draft = match item.foreign_key() {
            Some(f) => with_support(draft, cx.after, f, false),
            None => draft,
        };
        if item.is_indexed() && copies::are_lacking(id, &item.table, cx) {
            let mut only = Object::new(Constraint {
                no_inherit: true,
                ..item.clone()
            });
            only.origin = object.origin;
            let mut drafts = vec![cx.draft(Action::create(id.clone(), only))];
            copies::alone_drafts(&mut drafts, id, &item.table, cx);
            return drafts;
        }
        let again = table::clustered_again(&item.table, &id.name, cx);
        let mut drafts = vec![draft];
        drafts.extend(again);
        drafts.extend(copies::named(id, object, cx));
        drafts
    }

    fn drop(&self, id: &ObjectId, item: &Constraint, cx: &Cx) -> Vec<Draft> {
        if !cx.after.contains(&item.table) && cx.before.contains(&item.table) {
            return Vec::new();
        }
        if let Some(column) = item.not_null() {
            return not_null::drop(id, item, column, cx);
        }
        if copies::becomes(id, &item.table, cx)
            || copies::frees(id, &item.table, cx)
            || table::becomes(id, item, cx)
        {
            return Vec::new();
        }
        // One that is made anew says for itself what stands on it.
        let kept = match cx.after.contains(id) {
            true => Vec::new(),
            false => self.kept(item, cx),
        };
        self.around(id, vec![dropped(id, item, cx)], &kept, cx)
    }

    fn alter(
        &self,
        id: &ObjectId,
        before: &Constraint,
        after: &Constraint,
        hits: &[Hit],
        cx: &Cx,
    ) -> Alter {
        if before.not_null().is_some() && after.not_null().is_some() {
            return not_null::alter(id, before, after, hits, cx);
        }
        let expressions = has_expressions(before);
        if let Some(hit) = hits.iter().find(|h| breaks(h, expressions, cx)) {
            // Foreign keys on the column are hit as well: they answer for themselves.
            let by_column = hit.gone
                && hit.part.object == before.table
                && before.key().is_some_and(|k| {
                    k.columns
                        .iter()
                        .any(|c| Some(&c.column) == hit.part.member.as_ref())
                });
            if by_column {
                return Alter::Recreate(format!("it uses {}", hit.part));
            }
            return self.recreate(id, before, &format!("it uses {}", hit.part), cx);
        }
        let timed = (before.deferrable, before.initially_deferred)
            != (after.deferrable, after.initially_deferred);
        if same_body(before, after) != Verdict::Same
            || before.no_inherit != after.no_inherit
            || (timed && before.foreign_key().is_none())
            // Of foreign keys alone can be changed whether they are enforced (manual, ALTER TABLE).
            || (before.enforced != after.enforced && before.foreign_key().is_none())
            || (before.validated && !after.validated && after.enforced)
        {
            return self.recreate(id, before, "its definition changes", cx);
        }
        let clause = |c| {
            cx.draft(Action::alter(id, Clause::Constraint(c)))
                .may(&before.table)
        };
        let mut drafts = Vec::new();
        if timed {
            drafts.push(clause(ConstraintClause::Timing {
                deferrable: after.deferrable,
                initially_deferred: after.initially_deferred,
            }));
        }
        if before.enforced != after.enforced {
            drafts.push(clause(ConstraintClause::Enforced(after.enforced)));
            // That checks the rows; NOT VALID and enforced is reached only by a new one.
            if after.enforced && !after.validated {
                return self.recreate(id, before, "its definition changes", cx);
            }
        } else if !before.validated && after.validated {
            drafts.push(clause(ConstraintClause::Validate));
        }
        Alter::Drafts(drafts)
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        let Some(item) = create.object.get_mut::<Constraint>() else {
            return Ok(());
        };
        item.table = naming::relation(&item.table, &naming::TABLES, moment)?;
        let table = item.table.clone();
        let mut name = naming::clip(&create.id.name);
        resolve_body(item, &mut name, moment)?;
        if name.is_empty() {
            name = automatic(item, moment);
        } else {
            check_name(&name, item, moment)?;
        }
        naming::adopt(create, &table);
        create.id.name = name;
        Ok(())
    }

    fn created(&self, id: &ObjectId, moment: &mut Moment) -> Result<(), Fault> {
        let Some(item) = moment.catalog.item::<Constraint>(id).cloned() else {
            return Ok(());
        };
        if let ConstraintBody::PrimaryKey(key) = &item.body {
            let columns: Vec<Name> = key.columns.iter().map(|c| c.column.clone()).collect();
            for column in &columns {
                table::set_not_null(&item.table, column, true, moment);
            }
        }
        if let Some(column) = item.not_null() {
            not_null::created(id, &item, column, moment);
            return Ok(());
        }
        if !item.is_indexed() {
            absorb(id, &item, moment);
            return Ok(());
        }
        // The grammar's mark of ONLY: its partitions' keys are attached one by one, or never.
        if !item.no_inherit {
            copies::made(id, moment);
        } else if let Some(item) = moment.catalog.item_mut::<Constraint>(id) {
            item.no_inherit = false;
            copies::alone(id, moment);
        }
        Ok(())
    }

    fn dropped(&self, id: &ObjectId, item: &Constraint, moment: &mut Moment) {
        if let Some(column) = item.not_null() {
            not_null::gone(item, column, moment);
        }
        if item.is_indexed() {
            copies::gone(id, &item.table, moment);
        }
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault> {
        match clause {
            Clause::Index(clause) => return index_clause(id, clause, moment),
            Clause::Constraint(ConstraintClause::Inherit(on)) => {
                not_null::inherit(id, *on, moment);
                return Ok(());
            }
            _ => {}
        }
        let (Clause::Constraint(clause), Some(item)) =
            (clause, moment.catalog.item_mut::<Constraint>(id))
        else {
            return Err(general::foreign(id));
        };
        match clause {
            ConstraintClause::Validate => item.validated = true,
            ConstraintClause::Enforced(on) => {
                item.enforced = *on;
                item.validated = *on;
            }
            ConstraintClause::Inherit(_) => {}
            ConstraintClause::Timing {
                deferrable,
                initially_deferred,
            } => {
                item.deferrable = *deferrable;
                item.initially_deferred = *initially_deferred;
            }
        }
        Ok(())
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        cost::facts(action, moment)
    }

    fn print(&self, action: &Action, inside: Option<&Action>, _: Server) -> Printed {
        match action {
            Action::Create(c) => {
                let Some(item) = c.object.get::<Constraint>() else {
                    return Printed::default();
                };
                let text = text::definition(&c.id, item);
                let in_table =
                    matches!(inside, Some(Action::Create(t)) if t.id.kind == Kind::Table);
                if in_table {
                    return Printed::clause(String::new(), text);
                }
                let alone = item.is_indexed() && item.no_inherit;
                let only = if alone { "ONLY " } else { "" };
                Printed::clause(
                    format!("ALTER TABLE {only}{}", owner(&c.id)),
                    format!("ADD {text}"),
                )
            }
            Action::Alter {
                id,
                clause: Clause::Constraint(clause),
            } => Printed::clause(
                format!("ALTER TABLE {}", owner(id)),
                text::clause(id, clause),
            ),
            other => general::print(other),
        }
    }
}

/// ALTER INDEX on the index of a key: a partition's key that is attached is the parent's from now on.
fn index_clause(id: &ObjectId, clause: &IndexClause, moment: &mut Moment) -> Result<(), Fault> {
    match clause {
        IndexClause::Attach { partition } => copies::attach(id, partition, moment)?,
        IndexClause::Options(changes) => {
            if let Some(c) = moment.catalog.item_mut::<Constraint>(id)
                && let ConstraintBody::PrimaryKey(k) | ConstraintBody::Unique(k) = &mut c.body
            {
                super::view::change_options(&mut k.options, changes);
            }
        }
        IndexClause::Tablespace(_) | IndexClause::Statistics { .. } => {
            return Err(general::foreign(id));
        }
    }
    Ok(())
}

/// Columns, targets and expressions; `USING INDEX` takes its index over.
fn resolve_body(item: &mut Constraint, name: &mut Name, moment: &mut Moment) -> Result<(), Fault> {
    let table = item.table.clone();
    match &mut item.body {
        ConstraintBody::PrimaryKey(key) | ConstraintBody::Unique(key) => {
            if let Some(index) = key.options.remove(USING_INDEX) {
                take_over(key, &index, &table, name, moment)?;
            }
            for column in key.columns.iter().map(|c| &c.column).chain(&key.include) {
                naming::has_column(&table, column, moment)?;
            }
            let columns = key.columns.iter().map(|c| &c.column).chain(&key.include);
            stored::only(&table, columns, [], "a key", moment)?;
            repeated(key.columns.iter().map(|c| &c.column), &table, moment)?;
        }
        ConstraintBody::Check(c) => ground::check(&c.expr, &ground::row(&table), moment)?,
        ConstraintBody::NotNull(column) => not_null::resolve(column, &table, name, moment)?,
        ConstraintBody::ForeignKey(f) => resolve_foreign_key(f, &table, moment)?,
        ConstraintBody::Exclude(e) => {
            for i in &mut e.items {
                resolve_key(&mut i.key, &e.method, &table, moment)?;
            }
            for column in &e.include {
                naming::has_column(&table, column, moment)?;
            }
            if let Some(filter) = &e.filter {
                ground::check(filter, &ground::row(&table), moment)?;
            }
            let (columns, texts) = stored::read(e.items.iter().map(|i| &i.key));
            let texts = texts.into_iter().chain(&e.filter);
            stored::only(&table, columns, texts, "an exclusion", moment)?;
        }
    }
    if item.foreign_key().is_some() && !item.validated && item.enforced && !moment.lenient {
        let partitioned = moment.catalog.item::<Table>(&table).and_then(Table::pg);
        if partitioned.is_some_and(|pg| pg.partition_by.is_some()) {
            let required = require(moment.catalog.server, Feature::PartitionedNotValid);
            required.map_err(|d| d.at_least(moment.place))?;
        }
    }
    let primary = matches!(item.body, ConstraintBody::PrimaryKey(_));
    if primary && let Some(standing) = primary_key(&moment.catalog, &table) {
        let message = format!("the table `{table}` has two primary keys");
        let d = driftless_sql::Diagnostic::error("D0305", message)
            .at_least(moment.place)
            .note(format!("the other one is `{}`", standing.0.name));
        return Err(d.help("make one of them UNIQUE").into());
    }
    Ok(())
}

fn repeated<'a>(
    columns: impl Iterator<Item = &'a Name>,
    table: &ObjectId,
    moment: &Moment,
) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    for column in columns {
        if !seen.insert(column) {
            let message = format!("the column `{column}` stands twice in a key of `{table}`");
            return Err(naming::wrong("D0304", message, moment));
        }
    }
    Ok(())
}

fn resolve_foreign_key(f: &mut ForeignKey, table: &ObjectId, moment: &Moment) -> Result<(), Fault> {
    for column in f.columns.iter().chain(&f.set_columns) {
        naming::has_column(table, column, moment)?;
    }
    stored::only(table, &f.columns, [], "a foreign key", moment)?;
    f.target = naming::relation(&f.target, &naming::TABLES, moment)?;
    if f.target_columns.is_empty() {
        let Some((_, key)) = primary_key(&moment.catalog, &f.target) else {
            return Err(Fault::missing("primary key", format!("of {}", f.target)));
        };
        f.target_columns = key.columns.iter().map(|c| c.column.clone()).collect();
    }
    for column in &f.target_columns {
        naming::has_column(&f.target, column, moment)?;
    }
    if f.columns.len() != f.target_columns.len() {
        let message = format!(
            "a foreign key of `{table}` has {} columns and refers to {}",
            f.columns.len(),
            f.target_columns.len()
        );
        return Err(naming::wrong("D0305", message, moment));
    }
    if support(&moment.catalog, &f.target, &f.target_columns).is_none() {
        let columns: Vec<&str> = f.target_columns.iter().map(Name::as_str).collect();
        let what = format!("{} ({})", f.target, columns.join(", "));
        return Err(Fault::missing("unique key", what));
    }
    Ok(())
}

pub(super) fn primary_key<'a>(
    catalog: &'a Catalog,
    table: &ObjectId,
) -> Option<(&'a ObjectId, &'a Key)> {
    catalog
        .owned(table)
        .find_map(|(id, o)| match &o.get::<Constraint>()?.body {
            ConstraintBody::PrimaryKey(key) => Some((id, key)),
            _ => None,
        })
}

/// A unique index becomes the constraint's own, under the constraint's name.
fn take_over(
    key: &mut Key,
    index: &str,
    table: &ObjectId,
    name: &mut Name,
    moment: &mut Moment,
) -> Result<(), Fault> {
    let id = ObjectId::new(Kind::Index, table.schema.clone(), Name::exact(index));
    let Some(found) = moment
        .catalog
        .item::<Index>(&id)
        .filter(|i| i.table == *table)
        .cloned()
    else {
        return Err(Fault::missing("index", &id));
    };
    let mut columns = Vec::new();
    for k in &found.keys {
        match &k.expr {
            KeyExpr::Column(c) => columns.push(KeyPart::plain(c.clone())),
            KeyExpr::Expr(_) => {
                let message = format!("the index `{id}` has an expression and can be no key");
                return Err(naming::wrong("D0305", message, moment));
            }
        }
    }
    if !found.unique || found.filter.is_some() {
        let message = format!("the index `{id}` is partial or not unique and can be no key");
        return Err(naming::wrong("D0305", message, moment));
    }
    key.columns = columns;
    key.include = found.include;
    key.nulls_not_distinct = found.nulls_not_distinct;
    key.options = found.options;
    key.tablespace = found.tablespace;
    if name.is_empty() {
        *name = id.name.clone();
    }
    moment.remove(&id);
    Ok(())
}

/// The columns that an expression reads, each once.
fn columns_read(expr: &SqlText, table: &ObjectId) -> Vec<Name> {
    let mut out: Vec<Name> = Vec::new();
    for p in expr.parts() {
        if let Part {
            object,
            member: Some(m),
        } = p
            && object == table
            && !out.contains(m)
        {
            out.push(m.clone());
        }
    }
    out
}

/// The name that the server would give.
fn automatic(item: &Constraint, moment: &Moment) -> Name {
    let table = &item.table;
    let catalog = &moment.catalog;
    let choose = |second: Option<&str>, label, relation| {
        naming::choose(catalog, table, second, label, relation)
    };
    match &item.body {
        ConstraintBody::ForeignKey(f) => {
            let all = naming::addition(f.columns.iter().map(Name::as_str));
            choose(Some(&all), "fkey", false)
        }
        ConstraintBody::NotNull(column) => choose(Some(column.as_str()), "not_null", false),
        ConstraintBody::Check(c) => {
            let mut expr = c.expr.clone();
            ground::settle(&mut expr, &ground::row(table), catalog);
            match columns_read(&expr, table).as_slice() {
                [only] => choose(Some(only.as_str()), "check", false),
                _ => choose(None, "check", false),
            }
        }
        ConstraintBody::PrimaryKey(_) | ConstraintBody::Unique(_) | ConstraintBody::Exclude(_) => {
            let (second, label) = stem(item).unwrap_or((None, "key"));
            choose(second.as_deref(), label, true)
        }
    }
}

/// What stands behind the table's name in the automatic name of a constraint with an index.
pub(super) fn stem(item: &Constraint) -> Option<(Option<String>, &'static str)> {
    match &item.body {
        ConstraintBody::PrimaryKey(_) => Some((None, "pkey")),
        ConstraintBody::Unique(key) => {
            let columns = key.columns.iter().map(|c| c.column.as_str());
            let all = columns.chain(key.include.iter().map(Name::as_str));
            Some((Some(naming::addition(all)), "key"))
        }
        ConstraintBody::Exclude(e) => {
            let keys: Vec<driftless_model::IndexKey> =
                e.items.iter().map(|i| i.key.clone()).collect();
            let probe = Index {
                table: item.table.clone(),
                unique: false,
                method: e.method.clone(),
                keys,
                include: e.include.clone(),
                filter: None,
                nulls_not_distinct: false,
                options: Default::default(),
                tablespace: None,
                valid: true,
            };
            Some((Some(super::index::addition(&probe)), "excl"))
        }
        _ => None,
    }
}

/// Whether a constraint of a partition can be its copy.
pub(super) fn is_copy(root: &Constraint, own: &Constraint) -> bool {
    let primary = |c: &Constraint| matches!(c.body, ConstraintBody::PrimaryKey(_));
    match (root.key(), own.key()) {
        (Some(r), Some(o)) => {
            primary(root) == primary(own)
                && r.columns == o.columns
                && r.include == o.include
                && r.nulls_not_distinct == o.nulls_not_distinct
                && r.without_overlaps == o.without_overlaps
        }
        _ => same_body(root, own) == Verdict::Same,
    }
}

/// A key's index shares the namespace of relations.
fn check_name(name: &Name, item: &Constraint, moment: &Moment) -> Result<(), Fault> {
    let indexed = item.is_indexed();
    let own = ObjectId::owned(Kind::Constraint, &item.table, name.clone());
    if indexed
        && !moment.catalog.contains(&own)
        && naming::is_taken(&moment.catalog, &item.table.schema, name.as_str())
    {
        let message = format!(
            "the name `{name}` is taken by another relation of schema `{}`",
            item.table.schema
        );
        return Err(naming::wrong("D0304", message, moment));
    }
    Ok(())
}

/// A constraint of a partitioned or inherited table stands for the equal ones below it.
fn absorb(id: &ObjectId, parent: &Constraint, moment: &mut Moment) {
    if parent.no_inherit {
        return;
    }
    let partitioned = moment
        .catalog
        .item::<Table>(&parent.table)
        .and_then(Table::pg)
        .is_some_and(|pg| pg.partition_by.is_some());
    if !partitioned {
        return;
    }
    settle_made(&POSTGRES, moment);
    let Some(parent) = moment.catalog.item::<Constraint>(id).cloned() else {
        return;
    };
    for child in naming::descendants(&moment.catalog, &parent.table) {
        absorb_into(&parent, None, &child, moment);
    }
}

/// Takes the constraint of `child` that equals the parent's out of the catalog; checks must have its name.
pub(super) fn absorb_into(
    parent: &Constraint,
    name: Option<&Name>,
    child: &ObjectId,
    moment: &mut Moment,
) -> bool {
    let equal = moment
        .catalog
        .owned(child)
        .filter(|(id, _)| {
            name.is_none_or(|n| id.name == *n)
                || parent.foreign_key().is_some()
                || parent.not_null().is_some()
        })
        .find(|(_, o)| o.get::<Constraint>().is_some_and(|c| is_alike(parent, c)))
        .map(|(id, _)| id.clone());
    if let Some(id) = &equal {
        moment.remove(id);
    }
    equal.is_some()
}

/// Whether two tables' constraints say the same.
pub(super) fn is_alike(one: &Constraint, other: &Constraint) -> bool {
    same_body(one, other) == Verdict::Same
}
