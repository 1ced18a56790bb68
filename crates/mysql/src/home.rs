//! A schema is one database: names that are qualified with it lose their qualifier, and what stands in another one is
//! refused.
//!
//! Neighbours: `grammar` leaves names as they are written; `USE` and `CREATE DATABASE` say how the schema's own database
//! is called. Invariant: an object of a catalog has no schema; only a foreign key may point into another database.

use crate::grammar::DATABASE;
use driftless_model::{Catalog, Name, ObjectId, View};
use driftless_planner::{Action, Data, Parsed, Session};
use driftless_sql::{Diagnostic, SourceId, Syntax, TokenKind, lex, token_name};

pub fn at_home(mut parsed: Parsed, catalog: &Catalog) -> Result<Parsed, Diagnostic> {
    let own = catalog.database.as_deref();
    for (part, _) in &mut parsed.parts {
        unqualify(&mut part.object, own);
    }
    let moves_home = |action: &Action| {
        matches!(action, Action::Move { schema, .. }
            if own.is_some_and(|own| schema.as_str().eq_ignore_ascii_case(own)))
    };
    parsed.actions.retain(|action| !moves_home(action));
    for action in &mut parsed.actions {
        if let Action::Move { id, schema } = action {
            let what = format!("{} `{}`, which is moved there,", id.kind.noun(), id.name);
            return Err(elsewhere(schema.as_str(), &what, own));
        }
        if let Action::Session(Session::Set { name, value }) = action
            && name == DATABASE
            && own.is_some_and(|own| !own.eq_ignore_ascii_case(value))
        {
            return Err(elsewhere(value, &format!("USE {value}"), own));
        }
        for id in ids(action) {
            unqualify(id, own);
        }
        view_at_home(action, own, catalog.server.dialect.syntax());
        let stands = action.target().filter(|id| !id.schema.is_empty());
        if let Some(id) = stands {
            let what = format!("{} `{}`.`{}`", id.kind.noun(), id.schema, id.name);
            return Err(elsewhere(id.schema.as_str(), &what, own));
        }
    }
    Ok(parsed)
}

fn elsewhere(database: &str, what: &str, own: Option<&str>) -> Diagnostic {
    let problem = Diagnostic::error("D0003", format!("{what} is about another database"));
    match own {
        Some(own) => problem
            .note(format!("a schema is one database, and the files call it `{own}`"))
            .help("leave the qualifier away, or keep the other database's statements in a project of their own"),
        None => problem
            .note("a schema is one database, that of the URL")
            .help(format!("write `USE {database};` before it where that is the schema's own database")),
    }
}

fn unqualify(id: &mut ObjectId, own: Option<&str>) {
    if own.is_some_and(|own| id.schema.as_str().eq_ignore_ascii_case(own)) {
        id.schema = Name::default();
    }
}

/// A view's query without its own database's name (servers say it wherever another database is read as well).
pub fn view_at_home(action: &mut Action, own: Option<&str>, syntax: Syntax) {
    if let (Action::Create(create), Some(own)) = (action, own)
        && let Some(view) = create.object.get_mut::<View>()
        && let Some(plain) = without(&view.query.written, own, syntax)
    {
        view.query.written = plain;
    }
}

/// `shop.a` as `a`; nothing where the name may be that of a table or an alias as well.
fn without(sql: &str, own: &str, syntax: Syntax) -> Option<String> {
    let (tokens, _, _) = lex(sql, syntax, SourceId(0));
    let point = |at: usize| tokens.get(at).is_some_and(|t| t.span.of(sql) == ".");
    let mut cuts = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let named = matches!(token.kind, TokenKind::Word | TokenKind::Quoted)
            && token_name(token, sql, syntax).eq_ignore_ascii_case(own);
        if !named {
            continue;
        }
        if !point(at + 1) || at > 0 && point(at - 1) {
            return None;
        }
        cuts.push(token.span.start..tokens.get(at + 2)?.span.start);
    }
    let mut out = sql.to_owned();
    for cut in cuts.iter().rev().cloned() {
        out.replace_range(cut, "");
    }
    (!cuts.is_empty()).then_some(out)
}

/// Every id in an action of this engine.
fn ids(action: &mut Action) -> Vec<&mut ObjectId> {
    match action {
        Action::Create(create) => {
            let mut out = create.object.ids_mut();
            out.push(&mut create.id);
            out
        }
        Action::Drop(drop) => vec![&mut drop.id],
        Action::Rename { part, .. } | Action::Comment { part, .. } => vec![&mut part.object],
        Action::Alter { id, .. } | Action::Grant { id, .. } | Action::Owner { id, .. } => vec![id],
        Action::Data(Data::Other { tables, .. }) => tables.iter_mut().collect(),
        Action::Move { .. } | Action::Data(_) | Action::Session(_) => Vec::new(),
    }
}
