//! Two canonical catalogs → an ordered, annotated plan.
//!
//! Neighbours: dialects implement [`Dialect`] and [`KindOps`]; reports and the runtime read [`Plan`]. Invariant: pure
//! and deterministic; no engine is named here.

mod action;
mod apply;
mod cascade;
mod close;
mod describe;
mod dialect;
mod diff;
mod doubt;
mod draft;
mod facts;
mod former;
mod grants;
mod moment;
mod only_grants;
mod ops;
mod order;
mod patience;
mod plan;
mod prove;
mod read;
mod rename;
mod replay;
mod rows;
mod stand_in;

pub use action::{
    Action, Clause, ColumnClause, CompositeClause, ConstraintClause, Create, Data, DomainClause,
    Drop, Edit, EnumClause, How, IndexClause, PartitionClause, Position, SequenceClause, Session,
    TableClause, ViewClause,
};
pub use apply::{addressed, apply, located, settle_all, settle_made, settle_one};
pub use cascade::{Falls, falls, take};
pub use describe::{Group, Line, Mark, summary};
pub use dialect::{Dialect, Frame, Inspected, Parsed};
pub use diff::{Change, Op};
pub use draft::{Alter, Draft, Fuse, Hit, Reach, Sides};
pub use facts::{Demand, Facts, Held, Lock, Loss};
pub use grants::at_birth;
pub use moment::{Fault, Moment};
pub use only_grants::OnlyGrants;
pub use ops::{Cx, KindOps, Printed, Row, Tx, bare};
pub use patience::Patience;
pub use plan::{Consent, Plan, Request, Segment, Step, UNPROVEN, Unproven, plan};
pub use read::{Desired, read_desired};
pub use replay::{Replay, Replayed, Taint, differences, replay};
pub use rows::{Cells, Rows};
pub use stand_in::stand_in;
