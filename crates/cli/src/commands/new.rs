//! `new NAME`: the head of a migration that a person writes, and of its way back.
//!
//! Neighbours: `generate` writes those that are planned, `seal` takes over what was written. Invariant: nothing that
//! is there is overwritten.

use driftless_migrations::{Direction, Field, Files, Header, Meta, blank};

use super::generate::{file_name, reason, write};
use crate::args::{NewArgs, ScopeArgs};
use crate::context::Context;
use crate::engine::Project;
use crate::exit::{Exit, Failure};
use crate::stamp::stamp;

const STEP: &str = "
-- write the statements here, each with its semicolon; they run in one transaction. Directives, each behind `-- `:
--   `driftless:tx none`, above a statement: it and what follows run outside of any
--   `driftless:allow CODE OBJECT`, here at the head: consent to a loss
--   `driftless:assert SQL`, above a statement: a query whose first value must be true
--   `driftless:touches OBJECT`, above a statement that cannot be replayed: what it changes
";

const BACK: &str = "
-- write the way back here, or remove this file: then there is none.
";

pub fn run(context: &mut Context, args: &NewArgs) -> Result<Exit, Failure> {
    let project = Project::open(context, args.dialect.as_deref(), &ScopeArgs::default())?;
    project.sound()?;
    let meta = Meta {
        version: project.folder.next_version(stamp(args.version_stamp)),
        name: file_name(&args.name)?,
        why: Some(reason(context, args.why.as_deref())?),
        ..Meta::default()
    };
    let mut back = Header {
        direction: Direction::Down,
        version: meta.version,
        name: meta.name.clone(),
        ..Header::default()
    };
    back.set(Field::Why, "");
    let files = Files {
        stem: format!("{}_{}", meta.version, meta.name),
        up: format!("{}{STEP}", blank(&meta)),
        down: Some(format!("{}{BACK}", back.print())),
    };
    write(&project, &files, &[])?;
    let (up, down) = (
        project.path(&files.up_path()),
        project.path(&files.down_path()),
    );
    context.print(&format!(
        "wrote {}\nwrote {}\nnext: write the statements, then driftless seal\n",
        up.display(),
        down.display()
    ))?;
    Ok(Exit::Ok)
}
