//! Routines, triggers and policies: objects with a body or a condition.

use crate::id::{Kind, Name, ObjectId, Part};
use crate::options::Options;
use crate::text::SqlText;
use crate::types::TypeRef;
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub struct Argument {
    /// `in`, `out`, `inout`, `variadic`, `table`.
    pub mode: &'static str,
    pub name: Option<Name>,
    pub ty: TypeRef,
    pub default: Option<SqlText>,
}

/// What makes a routine an aggregate.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Aggregate {
    /// By what they do (`sfunc`, `finalfunc` …). Those without arguments are not in the catalog: the server's own, or
    /// an extension's.
    pub functions: BTreeMap<String, ObjectId>,
    pub state: TypeRef,
    pub moving_state: Option<TypeRef>,
    /// Everything else that is not as usual (`initcond`, `sspace`, `finalfunc_extra` …).
    pub options: Options,
}

impl Aggregate {
    fn parts(&self) -> Vec<Part> {
        let known = self.functions.values().filter(|f| f.args.is_some());
        let types = self
            .state
            .parts()
            .chain(self.moving_state.iter().flat_map(TypeRef::parts));
        known.map(ObjectId::part).chain(types).collect()
    }
}

/// A function, procedure or aggregate. Its kind (in the id) tells which.
#[derive(Debug, Clone, Default)]
pub struct Function {
    pub arguments: Vec<Argument>,
    /// `None` for procedures, and for RETURNS TABLE (its columns are arguments of mode `table`).
    pub returns: Option<TypeRef>,
    pub returns_set: bool,
    pub language: String,
    /// The body verbatim; for C functions `object file` and `symbol` joined by a line break.
    pub body: String,
    /// A SQL-standard body (BEGIN ATOMIC, RETURN): parsed by the server, so it has dependencies.
    pub atomic: Option<SqlText>,
    /// `volatile`, `stable`, `immutable`.
    pub volatility: String,
    pub strict: bool,
    pub leakproof: bool,
    pub security_definer: bool,
    pub window: bool,
    /// `unsafe`, `restricted`, `safe`.
    pub parallel: String,
    pub cost: Option<String>,
    pub rows: Option<String>,
    pub support: Option<String>,
    /// `SET name TO value`, sorted by name.
    pub settings: Vec<(String, String)>,
    pub aggregate: Option<Box<Aggregate>>,
    /// MySQL: its characteristics that are not as usual (`data access`, `deterministic`, `definer`).
    pub options: Options,
}

impl Function {
    pub fn parts(&self) -> Vec<Part> {
        let mut out = Vec::new();
        for a in &self.arguments {
            out.extend(a.ty.parts());
            out.extend(a.default.iter().flat_map(|d| d.parts().cloned()));
        }
        out.extend(
            self.returns
                .iter()
                .flat_map(|t| t.parts().collect::<Vec<_>>()),
        );
        // The server's own and those of extensions are no objects: the reference leads nowhere, and waits for nobody.
        if !matches!(
            self.language.as_str(),
            "" | "sql" | "plpgsql" | "c" | "internal"
        ) {
            let name = Name::exact(self.language.as_str());
            out.push(ObjectId::new(Kind::Language, Name::default(), name).part());
        }
        out.extend(self.atomic.iter().flat_map(|b| b.parts().cloned()));
        out.extend(self.aggregate.iter().flat_map(|a| a.parts()));
        out
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TriggerEvent {
    Insert,
    Update(Vec<Name>),
    Delete,
    Truncate,
}

#[derive(Debug, Clone)]
pub struct Trigger {
    /// The table or view.
    pub table: ObjectId,
    /// `before`, `after`, `instead of`; empty: not written (SQLite).
    pub timing: String,
    pub events: Vec<TriggerEvent>,
    pub each_row: bool,
    pub when: Option<SqlText>,
    /// PostgreSQL: the function and its arguments.
    pub function: Option<ObjectId>,
    pub arguments: Vec<String>,
    /// PostgreSQL: CREATE CONSTRAINT TRIGGER, and its timing.
    pub constraint: bool,
    pub deferrable: bool,
    pub initially_deferred: bool,
    /// FROM of a constraint trigger.
    pub from: Option<ObjectId>,
    /// REFERENCING OLD TABLE AS, NEW TABLE AS.
    pub transition: (Option<Name>, Option<Name>),
    /// `O` origin (enabled), `D` disabled, `R` replica, `A` always.
    pub enabled: char,
    /// SQLite: everything between BEGIN and END, as written. MySQL: the statement.
    pub body: Option<SqlText>,
    /// MySQL: the trigger of the same table, time and event that runs before it.
    pub follows: Option<Name>,
    /// MySQL: `definer`.
    pub options: Options,
}

/// What the server does for or instead of a change of a table or view (PostgreSQL, CREATE RULE).
#[derive(Debug, Clone)]
pub struct Rule {
    pub table: ObjectId,
    /// `insert`, `update`, `delete`
    pub event: String,
    pub condition: Option<SqlText>,
    pub instead: bool,
    /// Commands, in order; none: NOTHING.
    pub actions: Vec<SqlText>,
    /// As a trigger's.
    pub enabled: char,
}

impl Rule {
    pub fn parts(&self) -> Vec<Part> {
        let texts = self.condition.iter().chain(&self.actions);
        let own = std::iter::once(self.table.part());
        own.chain(texts.flat_map(|t| t.parts().cloned())).collect()
    }
}

/// A statement that the server runs by its clock (MySQL).
#[derive(Debug, Clone, Default)]
pub struct Event {
    /// `EVERY 1 DAY STARTS '…'` or `AT '…'`, in one spelling.
    pub schedule: String,
    /// ON COMPLETION PRESERVE.
    pub preserve: bool,
    /// `enabled`, `disabled`, `disabled on slave`.
    pub status: String,
    pub body: SqlText,
    /// `definer`.
    pub options: Options,
}

impl Trigger {
    pub fn parts(&self) -> Vec<Part> {
        let mut out = vec![self.table.part()];
        for e in &self.events {
            if let TriggerEvent::Update(columns) = e {
                out.extend(columns.iter().map(|c| self.table.member(c)));
            }
        }
        out.extend(self.when.iter().flat_map(|w| w.parts().cloned()));
        out.extend(self.function.iter().map(ObjectId::part));
        out.extend(self.from.iter().map(ObjectId::part));
        out.extend(self.body.iter().flat_map(|b| b.parts().cloned()));
        out
    }
}

/// A row security policy.
#[derive(Debug, Clone)]
pub struct Policy {
    pub table: ObjectId,
    /// `all`, `select`, `insert`, `update`, `delete`.
    pub command: String,
    pub permissive: bool,
    /// Sorted; `public` alone is everybody.
    pub roles: Vec<String>,
    pub using: Option<SqlText>,
    pub check: Option<SqlText>,
}

impl Policy {
    pub fn parts(&self) -> Vec<Part> {
        let mut out = vec![self.table.part()];
        out.extend(
            self.using
                .iter()
                .chain(&self.check)
                .flat_map(|e| e.parts().cloned()),
        );
        out
    }
}
