//! SQLite as the planner sees it.
//!
//! Neighbours: implements `driftless_planner::Dialect` with this crate's grammar, rows and rebuild.

use crate::features::DEFAULT_VERSION;
use crate::text::{SYNTAX, quoted};
use crate::{frame, grammar, inspect, print, rebuild, row};
use driftless_model::{
    Body, Catalog, Kind, ObjectId, Part, Ref, Scope, Server, Trigger, Version, View,
};
use driftless_planner::{Action, Cx, Dialect, Draft, Frame, Inspected, Moment, Parsed, Row, Rows};
use driftless_sql::{Diagnostic, Problems, RawStatement, SourceId, Syntax};

pub struct Sqlite;

pub static SQLITE: Sqlite = Sqlite;

impl Dialect for Sqlite {
    fn id(&self) -> driftless_model::Dialect {
        driftless_model::Dialect::Sqlite
    }

    fn syntax(&self) -> Syntax {
        SYNTAX
    }

    fn row(&self, kind: Kind) -> Option<&'static dyn Row> {
        row::of(kind)
    }

    fn empty(&self, server: Server) -> Catalog {
        Catalog::new(server)
    }

    fn path(&self) -> driftless_model::SearchPath {
        [].into()
    }

    fn read(
        &self,
        statement: &RawStatement,
        text: &str,
        source: SourceId,
        server: Server,
    ) -> Result<Parsed, Diagnostic> {
        grammar::read(statement, text, source, server)
    }

    fn queries(&self, _version: &str, _scope: &Scope) -> Vec<String> {
        vec![inspect::QUERY.to_owned()]
    }

    fn decode(&self, answers: &[Rows], server: Server) -> Result<Inspected, Problems> {
        inspect::decode(answers, server)
    }

    /// A file tells no version, and that of the library that reads it says nothing about who else does: unless one is
    /// declared, the oldest supported.
    fn server(&self, _version: &str) -> Option<Server> {
        Some(Server {
            dialect: driftless_model::Dialect::Sqlite,
            version: DEFAULT_VERSION,
        })
    }

    fn supported(&self) -> (Version, Option<Version>) {
        (DEFAULT_VERSION, None)
    }

    fn rename_ref(&self, _standing: &str, reference: &Ref) -> String {
        let Part { object, member } = &reference.part;
        quoted(member.as_ref().unwrap_or(&object.name))
    }

    fn tolerates(&self, action: &Action) -> Option<&'static str> {
        let Action::Create(create) = action else {
            return None;
        };
        match &create.object.body {
            Body::Constraint(c) if c.foreign_key().is_some() => Some(
                "SQLite takes a foreign key to what is not there, and fails when rows are written with foreign keys on",
            ),
            Body::View(_) => {
                Some("SQLite takes a view of what is not there, and fails when it is read")
            }
            _ => None,
        }
    }

    /// RENAME looks at every view and trigger of the file and fails where one names what is not there
    /// (lang_altertable, 2 and 3).
    fn away_for_renames(&self, before: &Catalog) -> Vec<(ObjectId, &'static str)> {
        const WHY: &str = "it names what is not there, and SQLite renames nothing beside it";
        let triggers = before.of::<Trigger>().filter(|(_, t)| {
            let mut texts = t.when.iter().chain(&t.body);
            texts.any(|text| !text.certain)
        });
        let views = before.of::<View>().filter(|(_, v)| !v.query.certain);
        triggers
            .map(|(id, _)| id)
            .chain(views.map(|(id, _)| id))
            .map(|id| (id.clone(), WHY))
            .collect()
    }

    fn renamed(&self, relation: &ObjectId, catalog: &mut Catalog) {
        row::constraint::rename_automatic(relation, catalog);
    }

    fn weld(&self, group: Vec<Draft>, cx: &Cx) -> Result<Draft, Diagnostic> {
        rebuild::weld(group, cx)
    }

    fn fuses(&self, _group: &[Action], _next: &Action) -> bool {
        // One action per statement; what must share one is welded.
        false
    }

    fn print(&self, actions: &[Action], _server: Server) -> String {
        print::statement(actions)
    }

    fn strength(&self, _mode: &str) -> u8 {
        1
    }

    fn frame(&self, segments: &[Vec<&Action>]) -> Frame {
        frame::whole(segments)
    }

    fn frame_between(&self, segments: &[Vec<&Action>], before: &Catalog, after: &Catalog) -> Frame {
        frame::between(segments, before, after)
    }

    fn session(&self, _action: &Action, _moment: &mut Moment) {}
}
