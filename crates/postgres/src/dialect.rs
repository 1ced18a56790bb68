//! PostgreSQL as the planner sees it.
//!
//! Neighbours: rows, grammar, canonical forms and inspection do the work. Invariant: clauses that share one ALTER
//! TABLE are never dearer together than apart.

use crate::row::{self, data_text};
use crate::{features, grammar, inspect, print};
use driftless_model::{
    Body, Catalog, Constraint, Grant, Kind, Name, Object, ObjectId, Ref, Schema, Scope, Server,
    Table, TypeRef, Version,
};
use driftless_planner::{
    Action, Clause, ColumnClause, ConstraintClause, Create, Cx, Dialect, Draft, Frame, Inspected,
    Moment, Parsed, Printed, Row, Rows, Session, TableClause, Tx,
};
use driftless_sql::{Diagnostic, Problems, RawStatement, SourceId, Syntax};

pub struct Postgres;

/// The dialect.
pub static POSTGRES: Postgres = Postgres;

impl Dialect for Postgres {
    fn id(&self) -> driftless_model::Dialect {
        driftless_model::Dialect::Postgres
    }

    fn syntax(&self) -> Syntax {
        Syntax::Postgres
    }

    fn is_given(&self, id: &ObjectId) -> bool {
        if id.kind == Kind::Language {
            return matches!(id.name.as_str(), "plpgsql" | "sql" | "c" | "internal");
        }
        match id.schema.as_str() {
            "" => id.name.as_str().starts_with("pg_"),
            schema => matches!(schema, "pg_catalog" | "information_schema"),
        }
    }

    fn contradictions(&self, catalog: &Catalog) -> Vec<(ObjectId, Diagnostic)> {
        row::contradictions(catalog)
    }

    fn spoken(&self, id: &ObjectId, object: &Object) -> ObjectId {
        let table = object.get::<Table>().and_then(|t| t.pg());
        match table.is_some_and(|pg| pg.foreign.is_some()) {
            true => id.of_kind(Kind::ForeignTable),
            false => id.clone(),
        }
    }

    fn row(&self, kind: Kind) -> Option<&'static dyn Row> {
        row::of(kind)
    }

    /// The schema `public` is there from the start.
    fn empty(&self, server: Server) -> Catalog {
        let mut catalog = Catalog::new(server);
        let public = ObjectId::new(Kind::Schema, Name::default(), Name::exact("public"));
        catalog.objects.insert(public, Object::new(Schema {}));
        catalog
    }

    /// `"$user"` comes first on a server; files mean `public`.
    fn path(&self) -> driftless_model::SearchPath {
        ["public".to_owned()].into()
    }

    /// Routines can be called and types used by everybody (manual, 5.7); so can the schema `public`.
    fn default_grants(&self, id: &ObjectId, server: Server) -> Vec<Grant> {
        let privileges: &[&str] = match id.kind {
            kind if kind.is_routine() => &["EXECUTE"],
            kind if kind.is_type() || kind == Kind::Language => &["USAGE"],
            // Those of one schema only add to the others.
            Kind::DefaultPrivileges if id.schema.is_empty() => match id.name.as_str() {
                "functions" => &["EXECUTE"],
                "types" => &["USAGE"],
                _ => &[],
            },
            Kind::Schema if id.name.as_str() == "public" => match server.version.major {
                ..15 => &["CREATE", "USAGE"],
                _ => &["USAGE"],
            },
            _ => &[],
        };
        let grant = |privilege: &&str| Grant {
            role: String::new(),
            privilege: (*privilege).to_owned(),
            grantable: false,
            column: None,
        };
        privileges.iter().map(grant).collect()
    }

    fn renames(&self, kind: Kind) -> bool {
        !matches!(
            kind,
            Kind::Extension
                | Kind::DefaultPrivileges
                | Kind::AccessMethod
                | Kind::Cast
                | Kind::Operator
                | Kind::Transform
                | Kind::UserMapping
        )
    }

    fn type_names(&self) -> &'static [&'static str] {
        &[
            "bigint",
            "bigserial",
            "bit",
            "boolean",
            "bytea",
            "char",
            "character",
            "cidr",
            "date",
            "decimal",
            "double",
            "inet",
            "int",
            "integer",
            "interval",
            "json",
            "jsonb",
            "macaddr",
            "money",
            "numeric",
            "point",
            "real",
            "serial",
            "smallint",
            "smallserial",
            "text",
            "time",
            "timestamp",
            "timestamptz",
            "timetz",
            "uuid",
            "varchar",
            "xml",
        ]
    }

    fn read(
        &self,
        statement: &RawStatement,
        text: &str,
        source: SourceId,
        server: Server,
    ) -> Result<Parsed, Diagnostic> {
        let mut parsed = grammar::read(statement, text, source, server)?;
        // Every new database has it; inspection leaves it out as well.
        let of_plpgsql = |a: &Action| {
            a.target()
                .is_some_and(|id| id.kind == Kind::Extension && id.name.as_str() == "plpgsql")
        };
        if parsed.actions.iter().any(of_plpgsql) {
            parsed.actions.retain(|a| !of_plpgsql(a));
            parsed.parts.clear();
            parsed.ignored = Some("a new database has plpgsql already");
        }
        if parsed.actions.len() > 1 && parsed.actions.iter().all(|a| altered(a).is_some()) {
            parsed.actions.sort_by_key(pass);
        }
        for action in &mut parsed.actions {
            if let Some(id) = addressed_routine(action) {
                id.args = id.args.as_deref().map(canonical_arguments);
            }
        }
        Ok(parsed)
    }

    fn queries(&self, version: &str, scope: &Scope) -> Vec<String> {
        inspect::queries(version, scope)
    }

    fn decode(&self, answers: &[Rows], server: Server) -> Result<Inspected, Problems> {
        inspect::decode(answers, server)
    }

    fn server(&self, version: &str) -> Option<Server> {
        let text = version.trim();
        let text = text.strip_prefix("PostgreSQL ").unwrap_or(text);
        Version::parse(text).map(|version| Server {
            dialect: driftless_model::Dialect::Postgres,
            version,
        })
    }

    fn supported(&self) -> (Version, Option<Version>) {
        (features::OLDEST, Some(features::NEWEST))
    }

    fn restricts(&self) -> bool {
        true
    }

    /// Only the last name of a dotted one is new; a name in a string (`'s'::regclass`) stays in its string.
    fn rename_ref(&self, standing: &str, reference: &Ref) -> String {
        let part = &reference.part;
        let name = print::name(part.member.as_ref().unwrap_or(&part.object.name));
        if let Some(inner) = standing
            .strip_prefix('\'')
            .and_then(|s| s.strip_suffix('\''))
        {
            let renamed = last_renamed(&inner.replace("''", "'"), &name);
            return print::literal(&renamed);
        }
        last_renamed(standing, &name)
    }

    fn unsaid(&self, relation: &ObjectId, catalog: &Catalog) -> Vec<(ObjectId, Object)> {
        row::not_null::unsaid(relation, catalog)
    }

    fn goes_without_saying(&self, id: &ObjectId, object: &Object) -> bool {
        row::not_null::goes_without_saying(id, object)
    }

    /// Canonical type texts and the arguments of routines hold the names of users' types.
    fn renamed(&self, relation: &ObjectId, catalog: &mut Catalog) {
        // Only types (rows of relations among them) and schemas are named in type texts.
        let named =
            relation.kind.is_type() || relation.kind.is_relation() || relation.kind == Kind::Schema;
        if !named {
            return;
        }
        let near = match relation.kind {
            Kind::Schema => catalog.objects.keys().cloned().collect(),
            _ => catalog.around(relation),
        };
        for mut id in near {
            let Some(mut object) = catalog.objects.remove(&id) else {
                continue;
            };
            for ty in types_mut(&mut object.body) {
                row::retext(ty);
            }
            let place = catalog.places.remove(&id);
            if let Some(f) = object.get::<driftless_model::Function>() {
                id.args = Some(row::identity(&f.arguments));
            }
            if let Some(place) = place {
                catalog.places.insert(id.clone(), place);
            }
            catalog.objects.insert(id, object);
        }
    }

    fn weld(&self, group: Vec<Draft>, _: &Cx) -> Result<Draft, Diagnostic> {
        let names: Vec<String> = group.iter().map(|d| d.target.to_string()).collect();
        Err(Diagnostic::error(
            "D0405",
            format!(
                "the changes of {} cannot be one statement on PostgreSQL",
                names.join(", ")
            ),
        ))
    }

    fn fuses(&self, group: &[Action], next: &Action) -> bool {
        fuses(group, next)
    }

    fn print(&self, actions: &[Action], server: Server) -> String {
        print_fused(actions, server)
    }

    fn strength(&self, mode: &str) -> u8 {
        row::strength(mode)
    }

    fn frame(&self, segments: &[Vec<&Action>]) -> Frame {
        let outside = |a: &&Action| {
            a.target()
                .and_then(|id| row::of(id.kind))
                .is_some_and(|row| row.tx(a) == Tx::Outside)
        };
        let routine = |a: &&Action| matches!(a, Action::Create(c) if c.id.kind.is_routine());
        let head = match segments.iter().flatten().any(routine) {
            // Bodies may name what a later statement makes; the server checks them when they run.
            true => vec!["SET check_function_bodies = off".to_owned()],
            false => Vec::new(),
        };
        let inside = segments.iter().any(|s| !s.iter().any(outside));
        let line = |text: &str| {
            if inside {
                vec![text.to_owned()]
            } else {
                Vec::new()
            }
        };
        Frame {
            client: vec!["\\set ON_ERROR_STOP on".to_owned()],
            head,
            tail: Vec::new(),
            begin: line("BEGIN"),
            commit: line("COMMIT"),
        }
    }

    /// Settings other than the search path change nothing that is modelled; neither do rows.
    fn session(&self, action: &Action, moment: &mut Moment) {
        if let Action::Session(Session::SearchPath(path)) = action {
            moment.path.clone_from(path);
        }
    }
}

/// The routine that an action other than CREATE is about.
fn addressed_routine(action: &mut Action) -> Option<&mut ObjectId> {
    let id = match action {
        Action::Drop(d) => &mut d.id,
        Action::Rename { part, .. } | Action::Comment { part, .. } => &mut part.object,
        Action::Move { id, .. }
        | Action::Owner { id, .. }
        | Action::Grant { id, .. }
        | Action::Alter { id, .. } => id,
        Action::Create(_) | Action::Data(_) | Action::Session(_) => return None,
    };
    let typed = matches!(id.kind, Kind::Operator | Kind::Cast | Kind::Transform);
    (id.kind.is_routine() || typed).then_some(id)
}

/// Argument types in canonical spelling; a user's type is left to the search path.
fn canonical_arguments(args: &str) -> String {
    let none = Catalog::new(Server {
        dialect: driftless_model::Dialect::Postgres,
        version: Version::default(),
    });
    let moment = Moment::new(none, Vec::new());
    let mut out = Vec::new();
    if let Some((source, target)) = args.split_once(" AS ") {
        let (source, target) = (canonical_arguments(source), canonical_arguments(target));
        return format!("{source} AS {target}");
    }
    for written in split_arguments(args) {
        let known = crate::types::resolve(&written, &moment).map(|t| t.text);
        out.push(row::without_modifier(&known.unwrap_or(written)));
    }
    out.join(", ")
}

/// At the commas outside of brackets.
fn split_arguments(args: &str) -> Vec<String> {
    let (mut depth, mut out) = (0usize, vec![String::new()]);
    for c in args.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                out.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = out.last_mut() {
            last.push(c);
        }
    }
    out.retain(|a| !a.trim().is_empty());
    out.iter().map(|a| a.trim().to_owned()).collect()
}

fn last_renamed(standing: &str, name: &str) -> String {
    let mut quoted = false;
    let mut from = 0;
    for (i, c) in standing.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => from = i + 1,
            _ => {}
        }
    }
    format!("{}{name}", standing.get(..from).unwrap_or(""))
}

fn types_mut(body: &mut Body) -> Vec<&mut TypeRef> {
    match body {
        Body::Table(t) => t.columns.iter_mut().map(|c| &mut c.ty).collect(),
        Body::Composite(c) => c.attributes.iter_mut().map(|a| &mut a.ty).collect(),
        Body::Domain(d) => vec![&mut d.base],
        Body::Function(f) => f
            .arguments
            .iter_mut()
            .map(|a| &mut a.ty)
            .chain(f.returns.iter_mut())
            .chain(
                f.aggregate
                    .iter_mut()
                    .flat_map(|a| std::iter::once(&mut a.state).chain(&mut a.moving_state)),
            )
            .collect(),
        _ => Vec::new(),
    }
}

/// The table that an action alters as a clause of ALTER TABLE.
fn altered(action: &Action) -> Option<ObjectId> {
    let owner = |id: &ObjectId| {
        ObjectId::new(
            Kind::Table,
            id.schema.clone(),
            id.owner.clone().unwrap_or_default(),
        )
    };
    match action {
        Action::Create(c) if c.id.kind == Kind::Constraint => Some(owner(&c.id)),
        Action::Drop(d) if d.id.kind == Kind::Constraint => Some(owner(&d.id)),
        Action::Alter {
            clause: Clause::Table(TableClause::Attach { .. } | TableClause::Detach { .. }),
            ..
        } => None,
        Action::Alter {
            id,
            clause: Clause::Table(_) | Clause::Column { .. },
        } => Some(id.clone()),
        Action::Alter {
            id,
            clause: Clause::Constraint(_) | Clause::Trigger { .. },
        } => Some(owner(id)),
        _ => None,
    }
}

/// In which of its passes the server executes a clause (`AT_PASS_…` of tablecmds.c).
fn pass(action: &Action) -> u8 {
    match action {
        Action::Drop(_) => 0,
        Action::Create(c) => match c.object.get::<Constraint>() {
            Some(c) if c.key().is_some() => 6,
            Some(c) if c.foreign_key().is_some() => 7,
            _ => 4,
        },
        Action::Alter { clause, .. } => match clause {
            Clause::Table(TableClause::DropColumn { .. }) => 0,
            Clause::Table(TableClause::AddColumn { .. }) => 3,
            Clause::Column { clause, .. } => match clause {
                ColumnClause::Default(None)
                | ColumnClause::NotNull(false)
                | ColumnClause::Identity(None)
                | ColumnClause::Expression(None) => 0,
                ColumnClause::Type { .. } => 1,
                ColumnClause::Expression(Some(_)) => 3,
                ColumnClause::Default(Some(_)) => 7,
                _ => 5,
            },
            _ => 8,
        },
        _ => 8,
    }
}

/// What a clause asks of its table: those that differ do not share a statement.
#[derive(PartialEq, Eq)]
enum Class {
    /// Foreign keys: a weaker lock, held for a scan.
    ForeignKey,
    /// VALIDATE: weaker still.
    Validate,
    /// ONLY is said of the whole statement.
    Only,
    Exclusive,
}

fn class(action: &Action) -> Class {
    match action {
        Action::Create(c)
            if c.object
                .get::<Constraint>()
                .is_some_and(|c| c.foreign_key().is_some()) =>
        {
            Class::ForeignKey
        }
        Action::Alter {
            clause: Clause::Constraint(ConstraintClause::Validate),
            ..
        } => Class::Validate,
        Action::Alter { clause, .. } if row::is_only(clause) => Class::Only,
        _ => Class::Exclusive,
    }
}

fn is_inherit(action: &Action) -> bool {
    let link = |c: &Clause| matches!(c, Clause::Table(TableClause::Inherit { .. }));
    matches!(action, Action::Alter { clause, .. } if link(clause))
}

fn is_not_null(action: &Action) -> bool {
    matches!(
        action,
        Action::Alter {
            clause: Clause::Column {
                clause: ColumnClause::NotNull(true),
                ..
            },
            ..
        }
    )
}

fn fuses(group: &[Action], next: &Action) -> bool {
    let Some(first) = group.first() else {
        return false;
    };
    if let Action::Create(c) = first
        && c.id.kind == Kind::Table
    {
        return belongs_inside(c, next) && !group.iter().any(|a| repeats_key(a, next));
    }
    // A table leaves its parents in the last pass, after the drops that it makes possible.
    if is_inherit(next) || group.iter().any(is_inherit) {
        return false;
    }
    let (Some(table), Some(other)) = (altered(first), altered(next)) else {
        return false;
    };
    if table != other || class(first) != class(next) {
        return false;
    }
    // A check that proves NOT NULL must not go in the same statement: drops are executed first.
    let drops = |a: &Action| matches!(a, Action::Drop(_));
    let proves = |a: &Action| drops(a) || is_not_null(a);
    !(proves(next) && group.iter().any(|a| proves(a) && drops(a) != drops(next)))
}

/// A new table takes its constraints into its brackets, but not those that are not valid: it would validate them.
fn belongs_inside(table: &Create, next: &Action) -> bool {
    let Action::Create(c) = next else {
        return false;
    };
    c.object
        .get::<Constraint>()
        .is_some_and(|c| c.table == table.id && (c.validated || !c.enforced))
}

/// Of keys of one table that are alike CREATE TABLE makes one (see the grammar); ALTER TABLE makes both.
fn repeats_key(one: &Action, other: &Action) -> bool {
    let key = |a: &Action| match a {
        Action::Create(c) => {
            let item = c.object.get::<Constraint>()?;
            let key = item.key()?.clone();
            let timing = (item.deferrable, item.initially_deferred);
            Some((
                key.columns,
                key.include,
                key.nulls_not_distinct,
                key.without_overlaps,
                timing,
            ))
        }
        _ => None,
    };
    key(one).is_some_and(|k| Some(k) == key(other))
}

fn print_one(action: &Action, inside: Option<&Action>, server: Server) -> Printed {
    match action {
        Action::Data(data) => Printed::plain(data_text(data)),
        Action::Session(Session::SearchPath(path)) => {
            let names: Vec<String> = path.iter().map(|n| print::bare(n)).collect();
            let list = if names.is_empty() {
                "''".to_owned()
            } else {
                names.join(", ")
            };
            Printed::plain(format!("SET search_path TO {list}"))
        }
        Action::Session(Session::Set { name, value }) => {
            Printed::plain(format!("SET {name} TO {value}"))
        }
        other => other
            .target()
            .and_then(|id| row::of(id.kind))
            .map_or_else(Printed::default, |row| row.print(other, inside, server)),
    }
}

fn print_fused(actions: &[Action], server: Server) -> String {
    let Some((first, rest)) = actions.split_first() else {
        return String::new();
    };
    let mut out = print_one(first, None, server);
    for action in rest {
        let next = print_one(action, Some(first), server);
        out.items.extend(next.items);
    }
    if matches!(first, Action::Create(c) if c.id.kind == Kind::Table) {
        out.block |= !out.items.is_empty();
    }
    out.text()
}
