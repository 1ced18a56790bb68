//! `inspect STATE`: prints a schema, or writes it as one file per object.

use std::path::{Component, Path};

use driftless_runtime::StateSpec;
use driftless_sql::Diagnostic;

use super::side;
use crate::args::InspectArgs;
use crate::context::Context;
use crate::engine;
use crate::exit::{Exit, Failure};
use crate::scope::Scope;

pub fn run(context: &mut Context, args: &InspectArgs) -> Result<Exit, Failure> {
    let state = StateSpec::parse(&args.state)?;
    let side = side::of(context, &state)?;
    let dialect = side::dialect(context, args.dialect.as_deref(), &[&side])?;
    let scope = Scope::of(context.config.as_ref(), &args.scope);
    let inspection = engine::inspect(context, &side, dialect, &scope)?;
    context.tell(inspection.notes());
    match &args.split {
        None => context.print(&inspection.render(args.format))?,
        Some(dir) => {
            for (path, text) in inspection.files(args.format) {
                write(dir, Path::new(&path), &text)?;
            }
        }
    }
    Ok(Exit::Ok)
}

/// Names come from a database: none may lead out of the folder, and no file of the user is overwritten unasked.
fn write(dir: &Path, path: &Path, text: &str) -> Result<(), Diagnostic> {
    let target = dir.join(path);
    let failed = |why: String| {
        Diagnostic::error(
            "D0110",
            format!("cannot write `{}`: {why}", target.display()),
        )
        .help("name an empty or a new folder")
    };
    if !path
        .components()
        .all(|part| matches!(part, Component::Normal(_)))
    {
        return Err(failed("the name leads out of the folder".into()));
    }
    if let Ok(present) = std::fs::read(&target) {
        if present == text.as_bytes() {
            return Ok(());
        }
        return Err(failed("a different file of this name exists".into()));
    }
    if let Some(parent) = target.parent() {
        std::fs::create_dir_all(parent).map_err(|e| failed(e.kind().to_string()))?;
    }
    std::fs::write(&target, text).map_err(|e| failed(e.kind().to_string()))
}
