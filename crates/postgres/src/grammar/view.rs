//! Views and materialized views: CREATE, ALTER, REFRESH.
//!
//! Invariant: the query is the exact slice between AS and what may follow it (CHECK OPTION, WITH [NO] DATA).

use super::{Mode, Read, Reader, alter_table, index, name, names, option, sequence, sql};
use crate::features::Feature;
use driftless_model::{Kind, ObjectId, View};
use driftless_planner::{Action, Clause, ViewClause};
use driftless_sql::Cursor;

/// The option of 15 by which a view reads as its caller.
fn invoked<'k>(
    r: &Reader,
    start: usize,
    mut options: impl Iterator<Item = &'k String>,
) -> Read<()> {
    match options.any(|o| o == "security_invoker") {
        true => r.require(Feature::SecurityInvoker, r.span_from(start)),
        false => Ok(()),
    }
}

/// From VIEW or RECURSIVE on.
pub(super) fn create(r: &mut Reader, mode: Mode) -> Read<()> {
    let recursive = r.eat("recursive");
    r.expect("view")?;
    let (id, span) = name::object(r, Kind::View, "a view")?;
    let mut view = View {
        recursive,
        ..View::default()
    };
    if r.at_symbol("(") {
        view.columns = names(r.ident_list("a column")?);
    }
    let start = r.pos();
    if let Some(options) = option::with(r)? {
        invoked(r, start, options.keys())?;
        view.options = options;
        view.check_option = view.options.remove("check_option");
    }
    r.expect("as")?;
    query(
        r,
        &mut view,
        &[
            &["with", "check", "option"],
            &["with", "cascaded", "check", "option"],
            &["with", "local", "check", "option"],
        ],
    )?;
    if r.eat("with") {
        let local = r.eat("local");
        r.eat("cascaded");
        r.expect_seq(&["check", "option"])?;
        view.check_option = Some(if local { "local" } else { "cascaded" }.to_owned());
    }
    r.part(id.part(), span);
    r.create(id, view, mode);
    Ok(())
}

/// From MATERIALIZED on.
pub(super) fn create_materialized(r: &mut Reader, mode: Mode) -> Read<()> {
    r.expect_seq(&["materialized", "view"])?;
    let mode = Mode {
        if_not_exists: r.if_not_exists(),
        ..mode
    };
    let (id, span) = name::object(r, Kind::MaterializedView, "a view")?;
    let mut view = View {
        populated: true,
        ..View::default()
    };
    if r.at_symbol("(") {
        view.columns = names(r.ident_list("a column")?);
    }
    loop {
        if r.eat("using") {
            let method = name::single(r, "an access method")?;
            view.method = (method.as_str() != "heap").then(|| method.as_str().to_owned());
        } else if r.eat("tablespace") {
            view.tablespace = Some(name::single(r, "a tablespace")?.as_str().to_owned());
        } else if let Some(options) = option::with(r)? {
            view.options = options;
        } else {
            break;
        }
    }
    r.expect("as")?;
    query(r, &mut view, &[&["with", "data"], &["with", "no", "data"]])?;
    view.populated = with_data(r);
    r.part(id.part(), span);
    r.create(id, view, mode);
    Ok(())
}

/// Up to one of the tails, which only count at the very end (`WITH data AS (…)` starts a query).
fn query(r: &mut Reader, view: &mut View, tails: &[&[&str]]) -> Read<()> {
    if !r.at_any(&["select", "with", "values", "table"]) && !r.at_symbol("(") {
        return Err(r.unexpected("a query"));
    }
    let at_tail = |c: &Cursor, tail: &[&str]| c.remaining().len() == tail.len() && c.at_seq(tail);
    let span = r.until(&|c| tails.iter().any(|tail| at_tail(c, tail)));
    view.query = sql(r, span);
    Ok(())
}

/// `WITH [NO] DATA`; true where nothing is said.
fn with_data(r: &mut Reader) -> bool {
    if r.eat_seq(&["with", "no", "data"]) {
        return false;
    }
    r.eat_seq(&["with", "data"]);
    true
}

/// From VIEW or MATERIALIZED on.
pub(super) fn alter(r: &mut Reader) -> Read<()> {
    let start = r.pos();
    let kind = if r.eat("materialized") {
        Kind::MaterializedView
    } else {
        Kind::View
    };
    r.expect("view")?;
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
    let (id, _) = name::object(r, kind, "a view")?;
    if index::depends(r, &id)? {
        return Ok(());
    }
    loop {
        clause(r, &id)?;
        if !r.eat_symbol(",") {
            return Ok(());
        }
    }
}

fn clause(r: &mut Reader, id: &ObjectId) -> Read<()> {
    if sequence::common(r, id)? {
        return Ok(());
    }
    let start = r.pos();
    if r.eat("alter") {
        r.eat("column");
        let column = name::single(r, "a column")?;
        r.until(&|c| c.at_symbol(","));
        let span = r.span_from(start);
        let told = id.member(&column).to_string();
        r.unmodelled("setting of a view's column", told, Some(id.clone()), span);
        return Ok(());
    }
    if r.at("rename") {
        return alter_table::rename(r, id);
    }
    let options = if r.eat("reset") {
        option::resets(r)?
    } else if r.at("set") && r.peek_nth(1).is_some_and(|t| r.text(t.span) == "(") {
        r.bump();
        let changes = option::changes(r)?;
        invoked(r, start, changes.keys())?;
        changes
    } else if r.at_any(&["set", "cluster"]) {
        let span = r.until(&|c| c.at_symbol(","));
        let what = if r.text(span).to_ascii_lowercase().contains("cluster") {
            "clustering of a materialized view"
        } else {
            "storage of a materialized view"
        };
        let span = r.span_from(start);
        r.unmodelled(what, r.text(span).to_owned(), Some(id.clone()), span);
        return Ok(());
    } else {
        return Err(r.unexpected("a change of the view"));
    };
    r.action(Action::alter(
        id,
        Clause::View(ViewClause::Options(options)),
    ));
    Ok(())
}

/// REFRESH MATERIALIZED VIEW [CONCURRENTLY] name [WITH [NO] DATA]
pub(super) fn refresh(r: &mut Reader) -> Read<()> {
    r.expect_seq(&["refresh", "materialized", "view"])?;
    let concurrently = r.eat("concurrently");
    let (id, _) = name::object(r, Kind::MaterializedView, "a materialized view")?;
    let with_data = with_data(r);
    r.action(Action::alter(
        &id,
        Clause::View(ViewClause::Refresh {
            concurrently,
            with_data,
        }),
    ));
    Ok(())
}
