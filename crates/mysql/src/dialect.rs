//! MySQL and MariaDB as the planner sees them.
//!
//! Neighbours: implements `driftless_planner::Dialect` with this crate's grammar, rows and queries.

use crate::features::{NEWEST_MARIADB, NEWEST_MYSQL, OLDEST_MARIADB, OLDEST_MYSQL};
use crate::text::quoted;
use crate::{grammar, home, inspect, inspect_grants, kept, print, row};
use driftless_model::{
    Catalog, Kind, Object, ObjectId, Part, Ref, Scope, SearchPath, Server, Version,
};
use driftless_planner::{
    Action, Cx, Dialect, Draft, Facts, Frame, Inspected, Moment, Parsed, Row, Rows, Session,
};
use driftless_sql::{Diagnostic, Problems, RawStatement, SourceId, Syntax};

/// One of the two products.
pub struct Mysql {
    pub dialect: driftless_model::Dialect,
}

pub static MYSQL: Mysql = Mysql {
    dialect: driftless_model::Dialect::Mysql,
};
pub static MARIADB: Mysql = Mysql {
    dialect: driftless_model::Dialect::Mariadb,
};

/// The one that is meant.
pub fn of(dialect: driftless_model::Dialect) -> &'static Mysql {
    match dialect {
        driftless_model::Dialect::Mariadb => &MARIADB,
        _ => &MYSQL,
    }
}

impl Dialect for Mysql {
    fn id(&self) -> driftless_model::Dialect {
        self.dialect
    }

    fn syntax(&self) -> Syntax {
        self.dialect.syntax()
    }

    fn row(&self, kind: Kind) -> Option<&'static dyn Row> {
        row::of(kind)
    }

    fn empty(&self, server: Server) -> Catalog {
        Catalog::new(server)
    }

    fn path(&self) -> SearchPath {
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

    fn in_session(&self, mut parsed: Parsed, catalog: &Catalog) -> Result<Parsed, Diagnostic> {
        kept::stamp(&mut parsed, catalog);
        home::at_home(parsed, catalog)
    }

    fn keep(&self, said: &Object, read: &mut Object) {
        kept::carry(said, read);
    }

    /// Who may do what is asked for in any case, and has to be told where it is managed.
    fn queries(&self, version: &str, scope: &Scope) -> Vec<String> {
        let first = inspect::QUERY.to_owned();
        match self.server(version).filter(|_| scope.manages("grants")) {
            Some(server) => vec![first, inspect_grants::query(server, true)],
            None => vec![first],
        }
    }

    fn privileged(&self, version: &str, scope: &Scope) -> Option<String> {
        let server = self.server(version).filter(|_| !scope.manages("grants"));
        Some(inspect_grants::query(server?, false))
    }

    fn follow_up(&self, answers: &[Rows]) -> Vec<String> {
        inspect::follow_up(answers, self.dialect.syntax())
    }

    fn decode(&self, answers: &[Rows], server: Server) -> Result<Inspected, Problems> {
        inspect::decode(answers, server)
    }

    fn server(&self, version: &str) -> Option<Server> {
        let mariadb = version.to_ascii_lowercase().contains("mariadb");
        // Old clients were told `5.5.5-10.11.2-MariaDB`.
        let number = version.strip_prefix("5.5.5-").filter(|_| mariadb);
        Some(Server {
            dialect: match mariadb {
                true => driftless_model::Dialect::Mariadb,
                false => driftless_model::Dialect::Mysql,
            },
            version: Version::parse(number.unwrap_or(version))?,
        })
    }

    fn supported(&self) -> (Version, Option<Version>) {
        match self.dialect {
            driftless_model::Dialect::Mariadb => (OLDEST_MARIADB, Some(NEWEST_MARIADB)),
            _ => (OLDEST_MYSQL, Some(NEWEST_MYSQL)),
        }
    }

    /// Texts become numbers by themselves.
    fn bound(&self, mark: &str, _ty: &str) -> String {
        mark.to_owned()
    }

    fn comments_apart(&self) -> bool {
        false
    }

    /// But for routines (manual, REVOKE Statement and DROP PROCEDURE Statement).
    fn grants_stay(&self, kind: Kind) -> bool {
        !kind.is_routine()
    }

    /// Manual, Identifier Case Sensitivity.
    fn spells_tables(&self, live: &Catalog) -> bool {
        let names = live.settings.get("lower_case_table_names");
        names.is_none_or(|how| how == "0")
    }

    fn renames(&self, kind: Kind) -> bool {
        matches!(kind, Kind::Table | Kind::Index)
    }

    fn rename_ref(&self, _standing: &str, reference: &Ref) -> String {
        let Part { object, member } = &reference.part;
        quoted(member.as_ref().unwrap_or(&object.name))
    }

    fn renamed(&self, _relation: &ObjectId, _catalog: &mut Catalog) {}

    fn weld(&self, mut group: Vec<Draft>, cx: &Cx) -> Result<Draft, Diagnostic> {
        let mut first = group.remove(0);
        let mut actions: Vec<Action> = first.statements.drain(..).flatten().collect();
        for draft in group {
            actions.extend(draft.statements.into_iter().flatten());
            first.reach.needs.extend(draft.reach.needs);
            first.reach.gives.extend(draft.reach.gives);
            first.reach.frees.extend(draft.reach.frees);
            first.reach.changes.extend(draft.reach.changes);
            first.reach.removes.extend(draft.reach.removes);
        }
        let gives = first.reach.gives.clone();
        first.reach.needs.retain(|p| !gives.contains(p));
        first.statements = row::fill::statements(actions, cx);
        Ok(first)
    }

    fn fuses(&self, group: &[Action], next: &Action) -> bool {
        print::fuses(group, next)
    }

    fn print(&self, actions: &[Action], server: Server) -> String {
        print::statement(actions, server)
    }

    fn strength(&self, mode: &str) -> u8 {
        row::online::strength(mode)
    }

    fn pin(&self, actions: &[Action], moment: &Moment) -> Option<Action> {
        row::online::pin(actions, moment)
    }

    fn whole(&self, actions: &[Action], moment: &Moment) -> Option<Facts> {
        row::online::facts(actions, moment)
    }

    fn frame(&self, _segments: &[Vec<&Action>]) -> Frame {
        Frame::default()
    }

    fn session(&self, action: &Action, moment: &mut Moment) {
        let Action::Session(Session::Set { name, value }) = action else {
            return;
        };
        let catalog = &mut moment.catalog;
        if name == grammar::DATABASE_COLLATION {
            catalog.collation = Some(row::collation_of(value, catalog.server));
        } else if name == grammar::DATABASE {
            catalog.database = Some(value.clone());
        } else {
            kept::set(&mut catalog.session, name, value, catalog.server);
        }
    }
}
