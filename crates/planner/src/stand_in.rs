//! One schema for many: a project that manages one schema may leave its name unsaid, and an environment says which of
//! its schemas that is (a schema per tenant).
//!
//! Neighbours: `prove` prints through [`unqualified`], the runtime's inspection gives a live schema the project's name
//! through [`stand_in`]. Invariant: the model knows the project's own schema only; what is printed without its name is
//! read back and proved like any other text.

use crate::action::Action;
use crate::apply::{apply, settle_all};
use crate::dialect::{Dialect, Inspected};
use crate::moment::{Fault, Moment};
use driftless_model::{Catalog, Kind, Name, ObjectId};
use driftless_sql::{Diagnostic, Problems, SourceId, Syntax, Token, TokenKind, lex, token_name};

/// Literals of these types name an object.
const NAMING: [&str; 4] = ["regclass", "regtype", "regproc", "regprocedure"];

/// Functions whose first argument is a `regclass`, so that a literal there names an object too.
const TAKING: [&str; 3] = ["nextval", "currval", "setval"];

/// The text without the name of the project's own schema: the session's search path has it.
pub(crate) fn unqualified(text: &str, dialect: &dyn Dialect) -> String {
    match dialect.path().first() {
        Some(own) => without(text, own, dialect.syntax()),
        None => text.to_owned(),
    }
}

fn without(text: &str, own: &str, syntax: Syntax) -> String {
    let (tokens, _, _) = lex(text, syntax, SourceId(0));
    let is_any = |words: &[&str], word: &str| words.iter().any(|w| w.eq_ignore_ascii_case(word));
    let raw = |i: usize| tokens.get(i).map_or("", |t: &Token| t.span.of(text));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (i, token) in tokens.iter().enumerate() {
        let named = matches!(token.kind, TokenKind::Word | TokenKind::Quoted)
            && raw(i + 1) == "."
            && (i == 0 || raw(i - 1) != ".")
            && token_name(token, text, syntax) == own;
        let cast = raw(i + 1) == "::" && is_any(&NAMING, raw(i + 2));
        let argument = i > 1 && raw(i - 1) == "(" && is_any(&TAKING, raw(i - 2));
        if named && let Some(dot) = tokens.get(i + 1) {
            out.push_str(text.get(at..token.span.start).unwrap_or_default());
            at = dot.span.end;
        } else if token.kind == TokenKind::Text && (cast || argument) && raw(i).starts_with('\'') {
            let inside = raw(i).trim_matches('\'');
            out.push_str(text.get(at..token.span.start).unwrap_or_default());
            out.push_str(&format!("'{}'", without(inside, own, syntax)));
            at = token.span.end;
        }
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// Lets a live schema be the project's own. What lies in the live database's schema of that name is left out: it is
/// another one.
pub fn stand_in(
    dialect: &dyn Dialect,
    inspected: &mut Inspected,
    schema: &str,
) -> Result<(), Problems> {
    let Some(own) = dialect.path().first().cloned() else {
        return Ok(());
    };
    if own == schema {
        return Ok(());
    }
    let (own, live) = (dialect.name(own), dialect.name(schema.to_owned()));
    let id = |name: &Name| ObjectId::new(Kind::Schema, Name::default(), name.clone());
    let catalog = &mut inspected.catalog;
    if !catalog.contains(&id(&live)) {
        return Err(
            Diagnostic::error("D0511", format!("there is no schema `{live}`"))
                .note("the environment's `schema` says that the project's objects are there")
                .help(format!("make it first: CREATE SCHEMA {live}"))
                .into(),
        );
    }
    refuse_strangers(catalog, &live, &own)?;
    let others: Vec<ObjectId> = catalog
        .objects
        .keys()
        .filter(|i| i.schema == own || **i == id(&own))
        .cloned()
        .collect();
    for other in &others {
        catalog.objects.remove(other);
    }
    catalog
        .unmodelled
        .retain(|u| u.on.as_ref().is_none_or(|on| on.schema != own));
    let server = catalog.server;
    let mut moment = Moment::new(std::mem::replace(catalog, Catalog::new(server)), []);
    moment.lenient = true;
    let rename = Action::Rename {
        part: id(&live).part(),
        to: own.clone(),
    };
    let outcome = apply(dialect, &rename, &mut moment);
    *catalog = moment.catalog;
    match outcome {
        Ok(()) => {}
        Err(Fault::Wrong(problem)) => return Err(Problems::from(*problem)),
        Err(Fault::Missing { what, name, .. }) => {
            let message =
                format!("the schema `{live}` cannot stand for `{own}`: no {what} `{name}`");
            return Err(Diagnostic::error("D0511", message).into());
        }
    }
    settle_all(dialect, catalog);
    let sizes = std::mem::take(&mut inspected.observed.sizes);
    let sizes = sizes.into_iter().filter(|(i, _)| i.schema != own);
    let moved = |i: ObjectId| match i.schema == live {
        true => i.in_schema(own.clone()),
        false => i,
    };
    inspected.observed.sizes = sizes.map(|(i, size)| (moved(i), size)).collect();
    Ok(())
}

/// Both schemas would have one name: what the one takes from the other could not be told from its own.
fn refuse_strangers(catalog: &Catalog, live: &Name, own: &Name) -> Result<(), Problems> {
    let mut problems = Problems::default();
    for (id, object) in catalog.objects.iter().filter(|(id, _)| id.schema == *live) {
        let stranger = object
            .parts()
            .into_iter()
            .find(|p| p.object.schema == *own && catalog.contains(&p.object));
        if let Some(stranger) = stranger {
            let message = format!(
                "{} `{id}` refers to `{own}.{}`, and the schema `{live}` stands for `{own}`",
                id.kind.noun(),
                stranger.object.name
            );
            problems.push(
                Diagnostic::error("D0511", message)
                    .help("move what is shared between schemas into a schema of another name"),
            );
        }
    }
    match problems.has_errors() {
        true => Err(problems),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_schema_is_left_unsaid() {
        let of = |text: &str| without(text, "public", Syntax::Postgres);
        assert_eq!(
            of("ALTER TABLE public.t ADD COLUMN m \"public\".mood DEFAULT 'public.x'"),
            "ALTER TABLE t ADD COLUMN m mood DEFAULT 'public.x'"
        );
        assert_eq!(
            of(
                "SELECT nextval('public.\"T_id\"'::regclass), setval('public.s', 1), other.public.x, $$public.f()$$"
            ),
            "SELECT nextval('\"T_id\"'::regclass), setval('s', 1), other.public.x, $$public.f()$$"
        );
        assert_eq!(
            of("COMMENT ON SCHEMA public IS 'x'"),
            "COMMENT ON SCHEMA public IS 'x'"
        );
    }
}
