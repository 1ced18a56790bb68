//! What an engine is to the planner: its rows, its grammar, its catalog queries, its welds.
//!
//! Invariant: pure. A dialect gives query texts and decodes answers; who asks is the runtime.

use crate::action::Action;
use crate::draft::Draft;
use crate::facts::Facts;
use crate::moment::Moment;
use crate::ops::{Cx, Row};
use crate::rows::Rows;
use driftless_model::{
    Catalog, Grant, Kind, Name, Object, ObjectId, Observed, Part, Ref, Scope, Server, Version,
};
use driftless_sql::{Diagnostic, Problems, RawStatement, SourceId, Span, Syntax};

/// One statement, read.
#[derive(Debug, Default)]
pub struct Parsed {
    /// In the order of execution. Those of one CREATE may wait for each other's needs apart.
    pub actions: Vec<Action>,
    /// The parts that directives beside them can mean, and where they stand.
    pub parts: Vec<(Part, Span)>,
    /// It is no declaration and was left out: why (`INSERT changes rows only`).
    pub ignored: Option<&'static str>,
    /// What it does cannot be known: why.
    pub taint: Option<String>,
    /// Something that it holds and the model does not.
    pub unmodelled: Vec<driftless_model::Unmodelled>,
}

/// What inspection found.
#[derive(Debug)]
pub struct Inspected {
    pub catalog: Catalog,
    pub observed: Observed,
    /// What the role may not read, and other remarks: lower-case sentences.
    pub notes: Vec<String>,
}

/// What stands around a plan's statements when it is written as a script.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// Lines for the engine's own client alone, which make a script stop at its first error (`.bail on`).
    pub client: Vec<String>,
    /// Before and behind the whole.
    pub head: Vec<String>,
    pub tail: Vec<String>,
    /// Before and behind each transaction.
    pub begin: Vec<String>,
    pub commit: Vec<String>,
}

pub trait Dialect: Sync {
    fn id(&self) -> driftless_model::Dialect;
    fn syntax(&self) -> Syntax;
    /// What objects say against each other, so that the engine would refuse one of them (it is named).
    fn contradictions(&self, _catalog: &Catalog) -> Vec<(ObjectId, Diagnostic)> {
        Vec::new()
    }

    /// The object as statements call it where they tell more kinds apart than a catalog.
    fn spoken(&self, id: &ObjectId, _object: &Object) -> ObjectId {
        id.clone()
    }

    fn row(&self, kind: Kind) -> Option<&'static dyn Row>;

    /// What a new database holds.
    fn empty(&self, server: Server) -> Catalog;
    /// The search path that a session starts with.
    fn path(&self) -> driftless_model::SearchPath;

    /// A name with the engine's equality.
    fn name(&self, text: String) -> Name {
        crate::read::name_for(self.syntax(), text)
    }

    /// Names of built-in types that people misspell.
    fn type_names(&self) -> &'static [&'static str] {
        &[]
    }

    /// Reads one statement. Every token is consumed, or the statement is an error by name.
    fn read(
        &self,
        statement: &RawStatement,
        text: &str,
        source: SourceId,
        server: Server,
    ) -> Result<Parsed, Diagnostic>;

    /// The same as its session means it: MySQL's works in one database, with whose name names may be qualified, and
    /// has modes that programs keep.
    fn in_session(&self, parsed: Parsed, _catalog: &Catalog) -> Result<Parsed, Diagnostic> {
        Ok(parsed)
    }

    /// Gives `read`, which is what `said` reads as when it is printed, what its own statement does not say (MySQL: the
    /// session's modes).
    fn keep(&self, _said: &Object, _read: &mut Object) {}

    /// The texts to ask a live database, each a batch of statements that give one answer each; the first batch may
    /// depend on nothing.
    fn queries(&self, version: &str, scope: &Scope) -> Vec<String>;
    /// A statement that a role may lack the right for, asked behind the first batches: refused, its answer has no columns.
    fn privileged(&self, _version: &str, _scope: &Scope) -> Option<String> {
        None
    }
    /// What to ask once those are answered: one text for what can only be asked by name. Asked again with its answers,
    /// until nothing is left to ask.
    fn follow_up(&self, _answers: &[Rows]) -> Vec<String> {
        Vec::new()
    }
    /// The catalog behind the answers (in the order of the statements of [`Dialect::queries`], then of
    /// [`Dialect::privileged`] and [`Dialect::follow_up`]), not yet settled.
    fn decode(&self, answers: &[Rows], server: Server) -> Result<Inspected, Problems>;
    /// The server's version as its own text says it.
    fn server(&self, version: &str) -> Option<Server>;
    /// The oldest version that is understood, and the newest where a newer one may mean something else.
    fn supported(&self) -> (Version, Option<Version>);

    /// Comments on columns are statements of their own; false: they are part of the column's definition.
    fn comments_apart(&self) -> bool {
        true
    }

    /// How the mark of a bound value (`$1`), which is a text, stands for a value of that type.
    fn bound(&self, mark: &str, ty: &str) -> String {
        match ty {
            "text" => mark.to_owned(),
            ty => format!("CAST({mark} AS {ty})"),
        }
    }

    /// What others still need is not dropped without CASCADE.
    fn restricts(&self) -> bool {
        false
    }

    /// What an object of that name lets others do although nobody was granted it: `grants: None` means these.
    fn default_grants(&self, _id: &ObjectId, _server: Server) -> Vec<Grant> {
        Vec::new()
    }

    /// What is granted on an object of this kind is kept by its name: it stays where the object is dropped or renamed.
    fn grants_stay(&self, kind: Kind) -> bool {
        kind == Kind::DefaultPrivileges
    }

    /// An object that every server has and no schema declares. What is said of one that is not in the catalog is the
    /// server's affair.
    fn is_given(&self, _id: &ObjectId) -> bool {
        false
    }

    /// Whether a live database keeps the case in which a table's name is written.
    fn spells_tables(&self, _live: &Catalog) -> bool {
        true
    }

    /// Objects of this kind can be renamed in place.
    fn renames(&self, kind: Kind) -> bool {
        kind == Kind::Table
    }

    /// Objects beside which nothing can be renamed: they are away while the renames run. With them, why.
    fn away_for_renames(&self, _before: &Catalog) -> Vec<(ObjectId, &'static str)> {
        Vec::new()
    }

    /// Text for the name at a ref after a rename, from the text that stands there now.
    fn rename_ref(&self, standing: &str, reference: &Ref) -> String;

    /// Why the engine lets a statement through whose relation is nowhere declared (a foreign key, on SQLite): it is
    /// then a warning.
    fn tolerates(&self, _action: &Action) -> Option<&'static str> {
        None
    }

    /// What hangs on a relation although the catalog does not hold it, since the relation's own definition says it
    /// (PostgreSQL's constraints behind NOT NULL): statements may name it all the same.
    fn unsaid(&self, _relation: &ObjectId, _catalog: &Catalog) -> Vec<(ObjectId, Object)> {
        Vec::new()
    }

    /// Whether an object is of those that a catalog does not hold.
    fn goes_without_saying(&self, _id: &ObjectId, _object: &Object) -> bool {
        false
    }

    /// Gives ids that are made of what an object refers to their new text, after a rename within `relation` (its id of
    /// now).
    fn renamed(&self, _relation: &ObjectId, _catalog: &mut Catalog) {}

    /// Writes a `Must` group as one draft (SQLite's table rebuild).
    fn weld(&self, group: Vec<Draft>, cx: &Cx) -> Result<Draft, Diagnostic>;
    /// Whether `next` may join the statement that `group` is already.
    fn fuses(&self, group: &[Action], next: &Action) -> bool;
    /// One statement for actions that were fused, without its semicolon.
    fn print(&self, actions: &[Action], server: Server) -> String;
    /// What a statement is held to besides, by the state that it finds: a clause that makes the engine refuse it rather
    /// than take a dearer way.
    fn pin(&self, _actions: &[Action], _moment: &Moment) -> Option<Action> {
        None
    }
    /// The locks, scans and rewrites of a statement, where they are not those of its actions one by one.
    fn whole(&self, _actions: &[Action], _moment: &Moment) -> Option<Facts> {
        None
    }
    /// How strong a lock mode is; higher is stronger.
    fn strength(&self, mode: &str) -> u8;
    /// The frame of a script for these statements' actions.
    fn frame(&self, segments: &[Vec<&Action>]) -> Frame;
    /// As [`Dialect::frame`], where both states are known: `before` has its renames done.
    fn frame_between(
        &self,
        segments: &[Vec<&Action>],
        _before: &Catalog,
        _after: &Catalog,
    ) -> Frame {
        self.frame(segments)
    }
    /// Executes what is not about one object: SET, PRAGMA, rows.
    fn session(&self, action: &Action, moment: &mut Moment);
}
