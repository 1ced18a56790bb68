//! Extensions: CREATE with its options in any order, ALTER.

use super::{Mode, Read, Reader, name};
use driftless_model::{Extension, Kind};
use driftless_planner::{Action, Clause};

/// From EXTENSION on.
pub(super) fn create(r: &mut Reader) -> Read<()> {
    r.expect("extension")?;
    let mode = Mode {
        if_not_exists: r.if_not_exists(),
        ..Mode::default()
    };
    let (id, span) = name::object(r, Kind::Extension, "an extension")?;
    r.eat("with");
    let mut extension = Extension::default();
    loop {
        if r.eat("schema") {
            extension.schema = Some(name::single(r, "a schema")?);
        } else if r.eat("version") {
            extension.version = Some(name::word_or_string(r, "a version")?);
        } else if r.eat("from") {
            name::word_or_string(r, "a version")?;
        } else if !r.eat("cascade") {
            break;
        }
    }
    r.part(id.part(), span);
    r.create(id, extension, mode);
    Ok(())
}

/// From EXTENSION on.
pub(super) fn alter(r: &mut Reader) -> Read<()> {
    r.expect("extension")?;
    let (id, span) = name::object(r, Kind::Extension, "an extension")?;
    if r.eat("update") {
        let version = if r.eat("to") {
            Some(name::word_or_string(r, "a version")?)
        } else {
            None
        };
        r.action(Action::alter(&id, Clause::Extension { version }));
        return Ok(());
    }
    if r.eat_seq(&["set", "schema"]) {
        let schema = name::single(r, "a schema")?;
        r.action(Action::Move { id, schema });
        return Ok(());
    }
    if r.at_any(&["add", "drop"]) {
        r.rest();
        r.unmodelled("membership in extension", id.to_string(), None, span);
        return Ok(());
    }
    Err(r.unexpected("`UPDATE` or `SET SCHEMA`"))
}
