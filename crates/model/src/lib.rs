//! What a database *is*: kinds, ids, objects, the catalog, hints, scope.
//!
//! Neighbours: uses `sql` for text; everything else uses it. Invariant: data only. How an object is created, altered
//! or compared is a row of a dialect; the one behaviour here is which parts an object refers to.

mod catalog;
mod constraint;
mod definition;
mod document;
mod fingerprint;
mod hint;
mod id;
mod index;
mod object;
mod objects;
mod options;
mod program;
mod rename;
mod scope;
mod table;
mod text;
mod types;
mod view;

pub use catalog::{Catalog, Dialect, Observed, Server, Unmodelled, Version};
pub use constraint::{
    Check, Constraint, ConstraintBody, Exclude, ExcludeItem, ForeignKey, Key, KeyPart,
};
pub use definition::{Definition, Piece, Value};
pub use document::{
    Declaration, Document, Field, Hint, ROOT, Shape, Step, What, declare, desired, document,
};
pub use fingerprint::fingerprint;
pub use hint::Hints;
pub use id::{Kind, Name, ObjectId, Part};
pub use index::{Index, IndexKey, KeyExpr, Statistics};
pub use object::{Body, Grant, Item, Object, Origin};
pub use objects::{Objects, Users, requirements};
pub use options::Options;
pub use program::{Aggregate, Argument, Event, Function, Policy, Rule, Trigger, TriggerEvent};
pub use scope::{HISTORY, Pattern, Scope, leave_foreign};
pub use table::{
    Column, Copied, Foreign, Generated, Identity, Like, LiteTable, MyColumn, MyTable, Partition,
    PartitionDef, Partitioning, Period, PgTable, Sequence, Table, TableExt, VirtualTable,
};
pub use text::{Canon, Ref, Refusal, SearchPath, SqlText, Verdict};
pub use types::{
    Attribute, Composite, DefaultPrivileges, Domain, DomainCheck, Enum, Extension, Schema, TypeRef,
};
pub use view::View;
