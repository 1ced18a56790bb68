//! Views and materialized views: two rows that share all they can.

use super::lock::{ACCESS_EXCLUSIVE, ACCESS_SHARE, Cost, EXCLUSIVE};
use super::{general, ground, naming};
use crate::canon;
use crate::print::{expression, name, names, option_clauses, options, qualified};
use driftless_model::{Catalog, Kind, ObjectId, Options, Server, Unmodelled, Verdict, View};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Facts, Fault, Held, Hit, KindOps, Moment, Printed,
    ViewClause,
};

pub(super) struct Views;
pub(super) struct MaterializedViews;

fn settle(item: &mut View, catalog: &Catalog) {
    let output = canon::query_as(&mut item.query, &item.columns, catalog);
    // A star means the columns that were there when the view was made: it is not opened twice.
    let frozen = item.query.written.contains('*') && !item.output.is_empty();
    if !(frozen && output.len() != item.output.len()) {
        item.output = output;
    }
    if item.output.is_empty() {
        item.output = item.columns.iter().map(|c| (c.clone(), None)).collect();
    }
}

/// The columns' names as the query or the list gives them.
fn column_names(view: &View) -> Vec<&driftless_model::Name> {
    view.output.iter().map(|(n, _)| n).collect()
}

fn same_query(before: &View, after: &View) -> Verdict {
    let names = column_names(before) == column_names(after)
        || before.output.is_empty()
        || after.output.is_empty();
    before.query.compare(&after.query).and(Verdict::of(names))
}

fn all_options(view: &View) -> Options {
    let mut out = view.options.clone();
    if let Some(check) = &view.check_option {
        out.insert("check_option".into(), check.clone());
    }
    out
}

/// What turns one map of options into another.
pub(super) fn option_changes(before: &Options, after: &Options) -> Options<Option<String>> {
    let mut out = Options::new();
    for key in before.keys().filter(|k| !after.contains_key(k)) {
        out.insert(key.clone(), None);
    }
    for (key, value) in after {
        if before.get(key) != Some(value) {
            out.insert(key.clone(), Some(value.clone()));
        }
    }
    out
}

/// Applies SET and RESET.
pub(super) fn change_options(map: &mut Options, changes: &Options<Option<String>>) {
    for (key, value) in changes {
        match value {
            Some(v) => map.insert(key.clone(), v.clone()),
            None => map.remove(key),
        };
    }
}

/// OR REPLACE only appends columns.
fn is_replaceable(before: &View, after: &View) -> bool {
    !before.output.is_empty()
        && before.output.len() <= after.output.len()
        && before
            .output
            .iter()
            .zip(&after.output)
            .all(|((bn, bt), (an, at))| bn == an && bt.is_some() && bt == at)
}

fn resolve(create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
    naming::place(create, moment)?;
    let Some(item) = create.object.get_mut::<View>() else {
        return Ok(());
    };
    if let Some(check) = item.options.remove("check_option") {
        item.check_option = Some(check);
    }
    ground::check_query(&item.query, moment)
}

fn clause(id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault> {
    if let Clause::Column { column, .. } = clause {
        // ALTER TABLE is a word for views too: of their columns the model holds no settings.
        moment.catalog.unmodelled.push(Unmodelled {
            what: "setting of a view's column".into(),
            name: id.member(column).to_string(),
            on: Some(id.clone()),
            place: moment.place,
        });
        return Ok(());
    }
    let (Clause::View(clause), Some(item)) = (clause, moment.catalog.item_mut::<View>(id)) else {
        return Err(general::foreign(id));
    };
    match clause {
        ViewClause::Options(changes) => {
            let mut map = all_options(item);
            change_options(&mut map, changes);
            item.check_option = map.remove("check_option");
            item.options = map;
        }
        ViewClause::Refresh { with_data, .. } => item.populated = *with_data,
        ViewClause::Query(view) => item.query = view.query.clone(),
    }
    Ok(())
}

/// The relations that a query reads.
fn cost_reads(view: &View, path: &[String], cost: &mut Cost) {
    let mut query = view.query.clone();
    if query.refs.is_empty() {
        query.path = path.into();
        canon::query(&mut query, &cost.moment.catalog);
    }
    let mut read: Vec<ObjectId> = query
        .parts()
        .map(|p| p.object.clone())
        .filter(|id| id.kind.is_relation() && id.kind != Kind::Sequence)
        .collect();
    read.sort();
    read.dedup();
    for id in read {
        cost.instant(&id, ACCESS_SHARE);
    }
}

fn facts(action: &Action, moment: &Moment) -> Facts {
    let mut cost = Cost::new(moment);
    match action {
        Action::Create(c) => {
            if c.or_replace {
                let on = cost.find(&c.id);
                if moment.catalog.contains(&on) {
                    cost.instant(&on, ACCESS_EXCLUSIVE);
                }
            }
            if let Some(view) = c.object.get::<View>() {
                cost_reads(view, &moment.path, &mut cost);
                if c.id.kind == Kind::MaterializedView && view.populated {
                    // The query reads whatever there was.
                    cost.read_all();
                    cost.hazard("its query runs while it is created");
                }
            }
        }
        Action::Drop(d) => {
            let on = cost.find(&d.id);
            super::table::cost_drop(&on, d.cascade, &mut cost);
            if on.kind == Kind::MaterializedView && !cost.is_fresh(&on) {
                cost.loss(
                    "D0201",
                    &on,
                    format!("the rows of {on} (its query can give them again)"),
                );
            }
        }
        Action::Alter {
            id,
            clause:
                Clause::View(ViewClause::Refresh {
                    concurrently,
                    with_data,
                }),
        } => {
            let on = cost.find(id);
            let mode = if *concurrently {
                EXCLUSIVE
            } else {
                ACCESS_EXCLUSIVE
            };
            cost.lock(&on, mode, Held::Rewrite);
            if !*concurrently {
                cost.rewrite(&on);
            } else {
                cost.scan(&on);
            }
            if *with_data && let Some(view) = moment.catalog.item::<View>(&on).cloned() {
                cost_reads(&view, &moment.path, &mut cost);
            }
        }
        Action::Alter { id, .. } => {
            let on = cost.find(id);
            cost.instant(&on, ACCESS_EXCLUSIVE);
        }
        other => general::cost(other, &mut cost),
    }
    cost.done()
}

fn head(c: &Create, view: &View, words: &str) -> String {
    let replace = if c.or_replace { "OR REPLACE " } else { "" };
    let recursive = if view.recursive { "RECURSIVE " } else { "" };
    let exists = if c.if_not_exists {
        "IF NOT EXISTS "
    } else {
        ""
    };
    let mut text = format!(
        "CREATE {replace}{recursive}{words} {exists}{}",
        qualified(&c.id)
    );
    if !view.columns.is_empty() {
        text.push_str(&format!(" ({})", names(&view.columns)));
    }
    if let Some(method) = &view.method {
        text.push_str(&format!(" USING {}", crate::print::bare(method)));
    }
    if !view.options.is_empty() {
        text.push_str(&format!(" WITH ({})", options(&view.options)));
    }
    if let Some(space) = &view.tablespace {
        text.push_str(&format!(" TABLESPACE {}", crate::print::bare(space)));
    }
    text
}

fn print(action: &Action) -> Printed {
    match action {
        Action::Create(c) => {
            let Some(view) = c.object.get::<View>() else {
                return Printed::default();
            };
            let materialized = c.id.kind == Kind::MaterializedView;
            let words = if materialized {
                "MATERIALIZED VIEW"
            } else {
                "VIEW"
            };
            let mut text = format!("{} AS\n{}", head(c, view, words), expression(&view.query));
            if let Some(check) = &view.check_option {
                text.push_str(&format!(
                    "\nWITH {} CHECK OPTION",
                    check.to_ascii_uppercase()
                ));
            }
            if materialized && !view.populated {
                text.push_str("\nWITH NO DATA");
            }
            Printed::plain(text)
        }
        Action::Rename {
            part:
                driftless_model::Part {
                    object,
                    member: Some(column),
                },
            to,
        } => Printed::plain(format!(
            "ALTER {} {} RENAME COLUMN {} TO {}",
            crate::print::words(object.kind),
            qualified(object),
            name(column),
            name(to)
        )),
        Action::Alter {
            id,
            clause: Clause::View(clause),
        } => {
            let words = crate::print::words(id.kind);
            match clause {
                // SET and RESET do not share a statement here: drafts carry one of them.
                ViewClause::Options(changes) => Printed::plain(format!(
                    "ALTER {words} {} {}",
                    qualified(id),
                    option_clauses(changes).join(", ")
                )),
                ViewClause::Refresh {
                    concurrently,
                    with_data,
                } => {
                    let concurrently = if *concurrently { "CONCURRENTLY " } else { "" };
                    let data = if *with_data { "" } else { " WITH NO DATA" };
                    Printed::plain(format!(
                        "REFRESH MATERIALIZED VIEW {concurrently}{}{data}",
                        qualified(id)
                    ))
                }
                ViewClause::Query(view) => Printed::plain(format!(
                    "CREATE OR REPLACE VIEW {} AS\n{}",
                    qualified(id),
                    expression(&view.query)
                )),
            }
        }
        other => general::print(other),
    }
}

/// SET apart from RESET: ALTER VIEW takes one of them at a time.
fn option_drafts(
    id: &ObjectId,
    before: &Options,
    after: &Options,
    cx: &Cx,
) -> Vec<driftless_planner::Draft> {
    let (set, reset): (Options<_>, Options<_>) = option_changes(before, after)
        .into_iter()
        .partition(|(_, v)| v.is_some());
    [reset, set]
        .into_iter()
        .filter(|m| !m.is_empty())
        .map(|m| cx.draft(Action::alter(id, Clause::View(ViewClause::Options(m)))))
        .collect()
}

fn reads(hits: &[Hit]) -> Option<Alter> {
    hits.first()
        .map(|h| Alter::Recreate(format!("it reads {}", h.part)))
}

impl KindOps for Views {
    type Item = View;

    fn settle(&self, _: &ObjectId, item: &mut View, catalog: &Catalog) {
        settle(item, catalog);
    }

    fn same(&self, before: &View, after: &View, _: &Cx) -> Verdict {
        same_query(before, after).and(Verdict::of(all_options(before) == all_options(after)))
    }

    fn alter(&self, id: &ObjectId, before: &View, after: &View, hits: &[Hit], cx: &Cx) -> Alter {
        if let Some(recreate) = reads(hits) {
            return recreate;
        }
        if same_query(before, after) == Verdict::Same {
            return Alter::Drafts(option_drafts(
                id,
                &all_options(before),
                &all_options(after),
                cx,
            ));
        }
        if !is_replaceable(before, after) {
            return Alter::Recreate(
                "its columns change, and a view's columns can only be appended to".into(),
            );
        }
        let drafts = cx
            .after
            .get(id)
            .map(|o| cx.draft(Action::replace(id.clone(), driftless_planner::bare(o))))
            .into_iter()
            .collect();
        Alter::Drafts(drafts)
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        resolve(create, moment)
    }

    fn clause(&self, id: &ObjectId, c: &Clause, moment: &mut Moment) -> Result<(), Fault> {
        clause(id, c, moment)
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        facts(action, moment)
    }

    fn print(&self, action: &Action, _: Option<&Action>, _: Server) -> Printed {
        print(action)
    }
}

impl KindOps for MaterializedViews {
    type Item = View;

    fn settle(&self, _: &ObjectId, item: &mut View, catalog: &Catalog) {
        settle(item, catalog);
    }

    /// Whether it holds rows is no part of the schema: a dump says WITH NO DATA of every one.
    fn same(&self, before: &View, after: &View, _: &Cx) -> Verdict {
        same_query(before, after)
            .and(Verdict::of(before.options == after.options))
            .and(Verdict::of(before.method == after.method))
    }

    fn alter(&self, id: &ObjectId, before: &View, after: &View, hits: &[Hit], cx: &Cx) -> Alter {
        if let Some(recreate) = reads(hits) {
            return recreate;
        }
        if same_query(before, after) != Verdict::Same || before.method != after.method {
            return Alter::Recreate("a materialized view's query cannot be replaced".into());
        }
        Alter::Drafts(option_drafts(id, &before.options, &after.options, cx))
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        resolve(create, moment)
    }

    fn clause(&self, id: &ObjectId, c: &Clause, moment: &mut Moment) -> Result<(), Fault> {
        clause(id, c, moment)
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        facts(action, moment)
    }

    fn print(&self, action: &Action, _: Option<&Action>, _: Server) -> Printed {
        print(action)
    }
}
