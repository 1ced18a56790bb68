//! What only an engine can tell of a declared state: what a DO block does, and whether two texts mean the same.
//!
//! Neighbours: `compare` asks when the model is not certain, `scratch` gives the database. Invariant: it touches no
//! database of the user, and decides only what was not certain: all else stays as the files say it.

use driftless_model::{Catalog, ObjectId, Scope as Managed, Server};
use driftless_planner::differences;
use driftless_runtime::Connection;
use driftless_sql::{Diagnostic, Problems, Severity, SourceId, Sources, StatementKind, split};

use super::read::{Read, both, read};
use super::scratch::Place;
use super::{Question, State, block_on, planner_dialect, product};
use crate::context::Context;
use crate::dialect::{Dialect, Product};

/// A declared side and where it could be run.
pub(super) struct Engine<'q> {
    ids: &'q [SourceId],
    dialect: Dialect,
    place: Place,
}

impl<'q> Engine<'q> {
    /// `None`: the side is no text, or there shall be no scratch database.
    pub fn of(context: &mut Context, question: &'q Question, server: Server) -> Option<Self> {
        let State::Text(ids) = &question.after.state else {
            return None;
        };
        if product(server) != Product::Postgres {
            return None;
        }
        let dialect = Dialect {
            major: server.version.major,
            minor: server.version.minor,
            ..question.dialect
        };
        // Whatever stands against it, the comparison goes on without.
        let place = Place::of(context, dialect, question.scratch.as_ref())
            .ok()
            .flatten()?;
        Some(Engine {
            ids,
            dialect,
            place,
        })
    }

    /// The catalog of the texts as the engine shows it.
    pub fn shown(
        &self,
        sources: &Sources,
        scope: &Managed,
        roles: &[&Catalog],
    ) -> Result<Catalog, Problems> {
        block_on(async {
            let mut scratch = self.place.open(self.dialect, roles).await?;
            let engine = &mut *scratch.connection;
            let found = match self.load(engine, sources).await {
                Ok(()) => self.inspect(engine, scope).await,
                Err(problem) => Err(problem.into()),
            };
            scratch.close().await;
            found
        })
    }

    async fn load(&self, engine: &mut dyn Connection, sources: &Sources) -> Result<(), Diagnostic> {
        let speaks = planner_dialect(self.dialect.product);
        let off = engine.batch("SET check_function_bodies = off").await;
        off.map_err(|e| e.diagnostic())?;
        for id in self.ids {
            let Some(source) = sources.get(*id) else {
                continue;
            };
            let (statements, _) = split(&source.text, speaks.syntax(), *id);
            for statement in statements.iter().filter(|s| s.kind == StatementKind::Sql) {
                let text = statement.span.of(&source.text);
                if is_skipped(text) {
                    continue;
                }
                match engine.batch(text).await {
                    Ok(_) => {}
                    // The scratch database may have them already.
                    Err(_) if is_about_roles(text) => {}
                    Err(e) => {
                        return Err(Diagnostic {
                            severity: Severity::Warning,
                            ..e.diagnostic()
                        }
                        .note("a scratch database was to show what the files lead to"));
                    }
                }
            }
        }
        Ok(())
    }

    async fn inspect(
        &self,
        engine: &mut dyn Connection,
        scope: &Managed,
    ) -> Result<Catalog, Problems> {
        let speaks = planner_dialect(self.dialect.product);
        Ok(driftless_runtime::inspect(speaks, engine, scope, None)
            .await?
            .catalog)
    }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split_whitespace().map(str::to_lowercase)
}

/// Rows that stand in the file, and transactions: each statement is its own.
fn is_skipped(text: &str) -> bool {
    let first = words(text).next().unwrap_or_default();
    ["copy", "begin", "commit", "end", "start"].contains(&first.trim_end_matches(';'))
}

fn is_about_roles(text: &str) -> bool {
    let mut words = words(text);
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    ["create", "alter", "drop"].contains(&first.as_str())
        && ["role", "user", "group"].contains(&second.as_str())
}

/// Whether a statement of the texts does what only an engine knows.
fn is_tainted(context: &Context, question: &Question, server: Server) -> bool {
    let State::Text(ids) = &question.after.state else {
        return false;
    };
    let speaks = planner_dialect(question.dialect.product);
    ids.iter()
        .filter_map(|id| Some((id, context.sources.get(*id)?)))
        .any(|(id, source)| {
            let (statements, _) = split(&source.text, speaks.syntax(), *id);
            statements.iter().any(|s| {
                let parsed = speaks.read(s, &source.text, *id, server);
                parsed.is_ok_and(|p| p.taint.is_some())
            })
        })
}

/// Both sides, where the declared one does not read because something in it only an engine can run.
pub(super) fn instead(
    context: &mut Context,
    question: &Question,
    declared: Server,
    scope: &Managed,
    problems: Problems,
) -> Result<(Read, Read), Problems> {
    if !is_tainted(context, question, declared) {
        return Err(problems);
    }
    let before = block_on(read(
        context,
        &question.before,
        question.dialect,
        declared,
        scope,
    ))?;
    let server = before.catalog.server;
    let Some(engine) = Engine::of(context, question, server) else {
        return Err(problems);
    };
    match engine.shown(&context.sources, scope, &[&before.catalog]) {
        Ok(catalog) => {
            let after = Read {
                notes: vec![told(&question.after.name, server)],
                ..Read::of(catalog)
            };
            Ok((before, after))
        }
        Err(why) => Err(Problems(problems.0.into_iter().chain(why.0).collect())),
    }
}

fn told(name: &str, server: Server) -> Diagnostic {
    let message = format!(
        "what {name} leads to was seen in a scratch database of {}",
        server.dialect.product()
    );
    Diagnostic {
        severity: Severity::Note,
        ..Diagnostic::warning("D0009", message)
    }
}

/// A tainted state becomes certain: what the engine shows otherwise than the model stands in for it.
pub(super) fn certain(
    context: &mut Context,
    question: &Question,
    before: &Catalog,
    after: &mut Read,
    scope: &Managed,
) {
    let Some(engine) = Engine::of(context, question, before.server) else {
        return;
    };
    let roles = [before, &after.catalog];
    let mut shown = match engine.shown(&context.sources, scope, &roles) {
        Ok(shown) => shown,
        Err(why) => {
            after.notes.extend(why.0);
            return;
        }
    };
    let speaks = planner_dialect(engine.dialect.product);
    let other: Vec<ObjectId> = differences(speaks, &after.catalog, &shown, scope)
        .into_iter()
        .map(|change| change.id)
        .collect();
    // What is the same keeps the files' own words.
    let kept: Vec<ObjectId> = shown
        .objects
        .keys()
        .filter(|id| !other.contains(id) && after.catalog.contains(id))
        .cloned()
        .collect();
    for id in kept {
        if let Some(object) = after.catalog.get(&id) {
            shown.objects.insert(id, object.clone());
        }
    }
    shown.unmodelled.clone_from(&after.catalog.unmodelled);
    shown.places.clone_from(&after.catalog.places);
    after.catalog = shown;
    after.notes.push(told(&question.after.name, before.server));
}

/// Both sides once more, with those differences decided that could not be proven.
pub(super) fn decided(
    context: &mut Context,
    question: &Question,
    declared: Server,
    scope: &Managed,
    unproven: &[ObjectId],
) -> Option<(Read, Read)> {
    let server = block_on(read(
        context,
        &question.before,
        question.dialect,
        declared,
        scope,
    ))
    .ok()?
    .catalog
    .server;
    let engine = Engine::of(context, question, server)?;
    let (before, mut after) = both(context, question, declared, scope).ok()?;
    let roles = [&before.catalog, &after.catalog];
    let shown = engine.shown(&context.sources, scope, &roles).ok()?;
    let speaks = planner_dialect(engine.dialect.product);
    let still: Vec<ObjectId> = differences(speaks, &before.catalog, &shown, scope)
        .into_iter()
        .map(|change| change.id)
        .collect();
    // Shown by the same engine they are alike: so they are.
    let mut any = false;
    for id in unproven.iter().filter(|id| !still.contains(id)) {
        if let Some(object) = before.catalog.get(id) {
            after.catalog.objects.insert(id.clone(), object.clone());
            any = true;
        }
    }
    any.then_some((before, after))
}
