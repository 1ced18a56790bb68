//! Tables with their columns.

use super::virtual_table::module_hazard;
use super::{after_namesake, demand, instant, lock, no_clause, relation};
use crate::canon::{same_option, same_text, settle_default, settle_expr};
use crate::full_text;
use crate::module;
use crate::print;
use crate::rebuild::{decide, rebuilding};
use crate::text::{SYNTAX, affinity, is_lossy, normal, type_text, unwrapped};
use driftless_model::{
    Catalog, Column, Constraint, Generated, Kind, Object, ObjectId, Options, Server, SqlText,
    Table, Verdict, VirtualTable,
};
use driftless_planner::{
    Action, Alter, Clause, ColumnClause, Create, Cx, Data, Draft, Facts, Fault, Fuse, Held, Hit,
    KindOps, Loss, Moment, Printed, TableClause, bare,
};
use driftless_sql::{Diagnostic, SourceId, TokenKind, lex, token_name};

pub struct Tables;

/// Two columns of one name are declared alike.
pub fn same_column(before: &Column, after: &Column) -> bool {
    before.ty.text.eq_ignore_ascii_case(&after.ty.text)
        && before.not_null == after.not_null
        && same_word(&before.not_null_conflict, &after.not_null_conflict)
        && same_word(&before.collation, &after.collation)
        && same_default(&before.default, &after.default)
        && same_generated(&before.generated, &after.generated)
}

fn same_word(before: &Option<String>, after: &Option<String>) -> bool {
    match (before, after) {
        (Some(b), Some(a)) => b.eq_ignore_ascii_case(a),
        (None, None) => true,
        _ => false,
    }
}

/// `DEFAULT 0` and `DEFAULT (0)` are one; other spellings SQLite keeps apart.
fn same_default(before: &Option<SqlText>, after: &Option<SqlText>) -> bool {
    match (before, after) {
        (Some(b), Some(a)) => normal(unwrapped(&b.written)) == normal(unwrapped(&a.written)),
        (b, a) => same_option(b, a),
    }
}

fn same_generated(before: &Option<Box<Generated>>, after: &Option<Box<Generated>>) -> bool {
    match (before, after) {
        (Some(b), Some(a)) => b.stored == a.stored && same_text(&b.expr, &a.expr),
        (None, None) => true,
        _ => false,
    }
}

pub fn same(before: &Table, after: &Table) -> bool {
    before.lite() == after.lite()
        && before.columns.len() == after.columns.len()
        && after
            .columns
            .iter()
            .all(|a| before.column(&a.name).is_some_and(|b| same_column(b, a)))
}

impl KindOps for Tables {
    type Item = Table;

    fn settle(&self, id: &ObjectId, item: &mut Table, catalog: &Catalog) {
        for column in &mut item.columns {
            if let Some(default) = &mut column.default {
                settle_default(default);
            }
            if let Some(generated) = &mut column.generated {
                settle_expr(&mut generated.expr, id, catalog);
            }
        }
    }

    fn same(&self, before: &Table, after: &Table, _cx: &Cx) -> Verdict {
        Verdict::of(same(before, after))
    }

    fn create(&self, id: &ObjectId, object: &Object, _item: &Table, cx: &Cx) -> Vec<Draft> {
        let draft = cx.draft(Action::create(id.clone(), bare(object)));
        vec![after_namesake(draft, id, cx.before).fuse(Fuse::Must(id.clone()))]
    }

    fn drop(&self, id: &ObjectId, _item: &Table, cx: &Cx) -> Vec<Draft> {
        let mut draft = cx.draft(Action::drop(id.clone()));
        // Foreign keys hold nothing up: they are off while the plan runs.
        draft.reach.frees.retain(|p| p.object.kind != Kind::Table);
        vec![draft]
    }

    fn alter(&self, id: &ObjectId, before: &Table, after: &Table, _hits: &[Hit], cx: &Cx) -> Alter {
        if same(before, after) {
            return Alter::Drafts(Vec::new());
        }
        let actions = actions(id, before, after);
        let decision = decide(id, cx);
        if !decision.native {
            let mut draft = cx.draft(Action::table(id, TableClause::Options(Options::new())));
            draft.statements = vec![actions.clone()];
            for action in actions {
                let reach = cx.draft(action).reach;
                draft.reach.gives.extend(reach.gives);
                draft.reach.removes.extend(reach.removes);
                draft.reach.changes.extend(reach.changes);
            }
            return Alter::Drafts(vec![rebuilding(draft, id)]);
        }
        let fuse = |d: Draft| {
            if decision.attached {
                d.fuse(Fuse::Must(id.clone()))
            } else {
                d
            }
        };
        Alter::Drafts(actions.into_iter().map(|a| fuse(cx.draft(a))).collect())
    }

    fn resolve(&self, create: &mut Create, _moment: &mut Moment) -> Result<(), Fault> {
        let Some(table) = create.object.get_mut::<Table>() else {
            return Ok(());
        };
        for column in &mut table.columns {
            column.ty.text = type_text(&column.ty.text);
        }
        if table.columns.iter().all(|c| c.generated.is_some()) {
            return Err(Diagnostic::error(
                "D0305",
                format!("table `{}` has no column that is not generated", create.id),
            )
            .help("give it a plain column")
            .into());
        }
        Ok(())
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault> {
        match clause {
            Clause::Table(TableClause::AddColumn { column, .. }) => {
                let mut column = (**column).clone();
                for text in column
                    .default
                    .iter_mut()
                    .chain(column.generated.iter_mut().map(|g| &mut g.expr))
                {
                    text.place = text.place.or(moment.place);
                }
                let Some(table) = moment.catalog.item_mut::<Table>(id) else {
                    return Err(Fault::missing("table", id));
                };
                if table.column(&column.name).is_some() {
                    return Err(Diagnostic::error(
                        "D0304",
                        format!("column `{}` is there already", id.member(&column.name)),
                    )
                    .help("remove one of the two")
                    .into());
                }
                table.columns.push(column);
                Ok(())
            }
            Clause::Table(TableClause::DropColumn { column, .. }) => {
                drop_column(id, column, moment)
            }
            Clause::Column {
                column,
                clause: ColumnClause::NotNull(set),
                ..
            } => {
                let Some(c) = moment
                    .catalog
                    .item_mut::<Table>(id)
                    .and_then(|t| t.column_mut(column))
                else {
                    return Err(Fault::missing("column", id.member(column)));
                };
                c.not_null = *set;
                Ok(())
            }
            other => no_clause(id, other),
        }
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        facts(action, moment)
    }

    fn print(&self, action: &Action, _inside: Option<&Action>, _server: Server) -> Printed {
        Printed::plain(print::single(action))
    }
}

/// What differs, as Actions; a rebuild writes them as one.
fn actions(id: &ObjectId, before: &Table, after: &Table) -> Vec<Action> {
    let mut out = Vec::new();
    for column in &before.columns {
        if after.column(&column.name).is_none() {
            out.push(Action::table(
                id,
                TableClause::DropColumn {
                    column: column.name.clone(),
                    if_exists: false,
                    cascade: false,
                    only: false,
                },
            ));
        }
    }
    for column in &after.columns {
        match before.column(&column.name) {
            None => out.push(Action::table(
                id,
                TableClause::AddColumn {
                    column: Box::new(column.clone()),
                    if_not_exists: false,
                    position: None,
                },
            )),
            Some(was) if !same_column(was, column) => out.extend(column_actions(id, was, column)),
            Some(_) => {}
        }
    }
    out.extend(option_actions(id, before, after));
    out
}

/// One for each property that differs, so that a plan can tell which.
fn column_actions(id: &ObjectId, was: &Column, now: &Column) -> Vec<Action> {
    let mut clauses = Vec::new();
    if !was.ty.text.eq_ignore_ascii_case(&now.ty.text) || !same_word(&was.collation, &now.collation)
    {
        clauses.push(ColumnClause::Type {
            ty: now.ty.clone(),
            collation: now.collation.clone(),
            using: None,
        });
    }
    if was.not_null != now.not_null || !same_word(&was.not_null_conflict, &now.not_null_conflict) {
        clauses.push(ColumnClause::NotNull(now.not_null));
    }
    if !same_default(&was.default, &now.default) {
        clauses.push(ColumnClause::Default(now.default.clone()));
    }
    if !same_generated(&was.generated, &now.generated) {
        clauses.push(ColumnClause::Expression(now.generated.clone()));
    }
    let action = |clause| Action::column(id, &now.name, clause);
    clauses.into_iter().map(action).collect()
}

/// What stands behind the table's brackets, in words.
fn option_actions(id: &ObjectId, before: &Table, after: &Table) -> Option<Action> {
    let (was, now) = (before.lite()?, after.lite()?);
    let mut words = Options::new();
    let mut tell = |changed: bool, word: &str| {
        if changed {
            words.insert(word.to_owned(), Some(String::new()));
        }
    };
    tell(
        was.strict != now.strict,
        if now.strict { "strict" } else { "not strict" },
    );
    let rowid = if now.without_rowid {
        "without rowid"
    } else {
        "with rowid"
    };
    tell(was.without_rowid != now.without_rowid, rowid);
    (!words.is_empty()).then(|| Action::table(id, TableClause::Options(words)))
}

/// The column, with the constraints that are about it alone.
fn drop_column(
    id: &ObjectId,
    column: &driftless_model::Name,
    moment: &mut Moment,
) -> Result<(), Fault> {
    let Some(table) = moment.catalog.item_mut::<Table>(id) else {
        return Err(Fault::missing("table", id));
    };
    if table.column(column).is_none() {
        return Err(Fault::missing("column", id.member(column)));
    }
    table.columns.retain(|c| c.name != *column);
    let part = id.member(column);
    let own: Vec<ObjectId> = moment
        .catalog
        .owned(id)
        .filter(|(_, o)| {
            o.get::<Constraint>().is_some_and(|c| {
                let parts = c.parts();
                let mut members = parts
                    .iter()
                    .filter(|p| p.object == *id && p.member.is_some());
                parts.contains(&part) && members.all(|p| *p == part)
            })
        })
        .map(|(id, _)| id.clone())
        .collect();
    for constraint in own {
        moment.remove(&constraint);
    }
    Ok(())
}

fn facts(action: &Action, moment: &Moment) -> Facts {
    let fresh = |id: &ObjectId| moment.fresh.contains(id);
    match action {
        Action::Drop(d) => drop_facts(&d.id, moment),
        Action::Rename { part, .. } if !fresh(&part.object) => instant(&part.object),
        Action::Alter { id, clause } if !fresh(id) => match clause {
            Clause::Table(TableClause::AddColumn { column, .. }) => {
                let held = if column.not_null && column.generated.is_some() {
                    Held::Scan
                } else {
                    Held::Instant
                };
                Facts {
                    locks: vec![lock(id, held)],
                    scan: held == Held::Scan,
                    ..Facts::default()
                }
            }
            Clause::Table(TableClause::DropColumn { column, .. }) => Facts {
                locks: vec![lock(id, Held::Rewrite)],
                rewrite: true,
                losses: vec![column_loss(id, column)],
                irreversible: Some(format!("the values of {id}.{column} are gone")),
                ..Facts::default()
            },
            Clause::Column {
                column,
                clause: ColumnClause::NotNull(true),
                ..
            } => {
                let mut out = Facts {
                    locks: vec![lock(id, Held::Scan)],
                    scan: true,
                    ..Facts::default()
                };
                out.demand(demand::of_not_null(id, column));
                out
            }
            _ => instant(id),
        },
        Action::Data(Data::Copy { from, to, columns }) => copy_facts(from, to, columns, moment),
        Action::Data(Data::Fill { table, .. }) => Facts {
            locks: vec![lock(table, Held::Scan)],
            scan: true,
            ..Facts::default()
        },
        _ => Facts::default(),
    }
}

/// Also of a virtual table: DROP TABLE does not tell them apart.
pub fn drop_facts(id: &ObjectId, moment: &Moment) -> Facts {
    let mut out = instant(id);
    let standing = relation(&moment.catalog, &id.name);
    let found = standing.and_then(|id| moment.catalog.item::<VirtualTable>(&id));
    out.hazards.extend(found.and_then(module_hazard));
    let has_rows = found.is_none_or(|t| full_text::external(t).is_none());
    if moment.fresh.contains(id) || moment.copied.contains(id) || !has_rows {
        return out;
    }
    out.losses.push(Loss {
        code: "D0201",
        object: id.to_string(),
        what: format!("the rows of {id}"),
    });
    out.irreversible = Some(format!("the rows of {id} are gone"));
    out
}

fn column_loss(id: &ObjectId, column: &driftless_model::Name) -> Loss {
    Loss {
        code: "D0202",
        object: format!("{id}.{column}"),
        what: format!("the values of {id}.{column}"),
    }
}

/// Every name that an expression says, columns among them.
fn names_in(expr: &str) -> impl Iterator<Item = driftless_model::Name> {
    let (tokens, _, _) = lex(expr, SYNTAX, SourceId(0));
    tokens
        .into_iter()
        .filter(|t| matches!(t.kind, TokenKind::Word | TokenKind::Quoted))
        .map(move |t| driftless_model::Name::folded(token_name(&t, expr, SYNTAX)))
}

fn copy_facts(
    from: &ObjectId,
    to: &ObjectId,
    columns: &[(driftless_model::Name, String)],
    moment: &Moment,
) -> Facts {
    let mut out = Facts {
        locks: vec![lock(from, Held::Rewrite)],
        rewrite: true,
        ..Facts::default()
    };
    let read =
        |name: &driftless_model::Name| columns.iter().any(|(_, e)| names_in(e).any(|n| n == *name));
    let standing = relation(&moment.catalog, &from.name);
    let virtually = standing.and_then(|id| moment.catalog.item::<VirtualTable>(&id));
    for name in virtually.and_then(module::stored).into_iter().flatten() {
        if !read(&name) {
            out.losses.push(column_loss(from, &name));
            out.irreversible = Some(format!("the values of {from}.{name} are gone"));
        }
    }
    let (Some(source), Some(target)) = (
        moment.catalog.item::<Table>(from),
        moment.catalog.item::<Table>(to),
    ) else {
        return out;
    };
    let strict = |t: &Table| t.lite().is_some_and(|l| l.strict);
    for column in source.columns.iter().filter(|c| c.generated.is_none()) {
        if !read(&column.name) {
            out.losses.push(column_loss(from, &column.name));
            out.irreversible = Some(format!("the values of {from}.{} are gone", column.name));
        }
    }
    for column in target.columns.iter().filter(|c| c.generated.is_none()) {
        let filled = columns.iter().find(|(n, _)| *n == column.name);
        let (Some(was), Some((_, expr))) = (source.column(&column.name), filled) else {
            continue;
        };
        let plain = expr.eq_ignore_ascii_case(column.name.as_str())
            || expr == &crate::text::quoted(&column.name);
        let (a, b) = (
            affinity(&was.ty.text, strict(source)),
            affinity(&column.ty.text, strict(target)),
        );
        if plain && is_lossy(a, b) {
            out.losses.push(Loss {
                code: "D0203",
                object: format!("{from}.{}", column.name),
                what: format!(
                    "values of {from}.{} that change as {}",
                    column.name, column.ty.text
                ),
            });
        }
    }
    for demand in demand::of_copy(from, to, columns, moment) {
        out.demand(demand);
    }
    out
}
