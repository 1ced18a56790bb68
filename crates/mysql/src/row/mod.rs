//! The rows of MySQL and MariaDB: one file per kind.
//!
//! Invariant: a row answers from the two states alone.

mod constraint;
mod event;
mod index;
pub mod online;
mod routine;
mod sequence;
mod table;
mod trigger;
mod view;

use crate::grammar::PARAMETERS;
use crate::kept;

pub use table::fill;

pub use table::collation::charset as charset_of;

use driftless_model::{Kind, ObjectId, Options, Server};
use driftless_planner::{Clause, Cx, Facts, Fault, Held, Lock, OnlyGrants, Printed, Row, Tx};
use driftless_sql::Diagnostic;

/// A collation from what the grammar read.
pub fn collation_of(read: &str, server: Server) -> String {
    table::collation::resolved(read, None, server)
}

pub fn of(kind: Kind) -> Option<&'static dyn Row> {
    Some(match kind {
        Kind::Table => &table::Tables,
        Kind::Constraint => &constraint::Constraints,
        Kind::Index => &index::Indexes,
        Kind::View => &view::Views,
        Kind::Trigger => &trigger::Triggers,
        Kind::Function | Kind::Procedure => &routine::Routines,
        Kind::Event => &event::Events,
        Kind::Sequence => &sequence::Sequences,
        // Those on the database as a whole.
        Kind::DefaultPrivileges => &OnlyGrants {
            tx: Tx::Outside,
            print: |action, server| {
                Printed::plain(crate::print::statement(
                    std::slice::from_ref(action),
                    server,
                ))
            },
        },
        _ => return None,
    })
}

/// A lock on a table while the statement works: `SHARED` stops writers, `NONE` nobody; `METADATA` is the moment at which
/// every change waits for those who use the table, and all others for it.
pub fn lock(on: &ObjectId, mode: &'static str, held: Held) -> Lock {
    Lock {
        on: on.clone(),
        mode,
        blocks_reads: mode == "METADATA",
        blocks_writes: mode == "METADATA",
        held,
    }
}

pub fn instant(on: &ObjectId) -> Facts {
    Facts {
        locks: vec![lock(on, "METADATA", Held::Instant)],
        ..Facts::default()
    }
}

/// Whether the options beside a body are the same. Who defined it counts where definers are managed and the desired state
/// says one.
pub fn same_options(before: &Options, after: &Options, cx: &Cx) -> bool {
    let plain = |options: &Options| {
        let mut options = options.clone();
        options.remove("definer");
        options.remove(PARAMETERS);
        kept::without(&mut options);
        options
    };
    let wanted = after.get("definer").filter(|d| *d != "current_user");
    let defined = !cx.scope.manages("definers")
        || wanted.is_none_or(|d| before.get("definer").is_some_and(|b| b == d));
    defined && kept::same(before, after, cx) && plain(before) == plain(after)
}

pub fn no_clause(id: &ObjectId, _clause: &Clause) -> Result<(), Fault> {
    Err(Diagnostic::error(
        "D0003",
        format!("{} `{id}` cannot be altered in this way", id.kind.noun()),
    )
    .help("drop it and create it anew")
    .into())
}
