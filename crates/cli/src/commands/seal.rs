//! `seal`: takes the files of the migrations folder over into the sum as they are, and says which.
//!
//! Neighbours: `verify` finds what was edited. Invariant: only the sum is written; a migration that is known to be
//! applied is not sealed anew.

use driftless_migrations::{SUM, Sum};
use driftless_runtime::{Written, write_files};
use driftless_sql::{Diagnostic, Problems, Severity};

use crate::args::{ScopeArgs, SealArgs};
use crate::context::Context;
use crate::engine::Project;
use crate::exit::{Exit, Failure};

pub fn run(context: &mut Context, args: &SealArgs) -> Result<Exit, Failure> {
    let project = Project::open(context, args.dialect.as_deref(), &ScopeArgs::default())?;
    // A sum that cannot be read is what this command is for.
    let rest: Vec<Diagnostic> = project
        .problems
        .iter()
        .filter(|d| d.code != "D0705")
        .cloned()
        .collect();
    if rest.iter().any(|d| d.severity == Severity::Error) {
        return Err(Problems(rest).into());
    }
    context.tell(&rest);
    let changes = changes(&project);
    let versions: Vec<u64> = changes.iter().filter_map(|c| c.version).collect();
    super::unapplied(context, &project, &versions, "sealed anew")?;
    let text = Sum::of(&project.folder).print();
    let present = project.texts.iter().find(|(path, _)| path == SUM);
    if present.is_none_or(|(_, present)| *present != text) {
        write_files(&[Written {
            path: project.path(SUM),
            text: Some(text),
        }])?;
    }
    let mut said = String::new();
    for change in &changes {
        said.push_str(&format!("{} {}\n", change.word, change.path));
    }
    said.push_str(&match changes.len() {
        0 => format!("nothing to seal: every file is as {SUM} says\n"),
        n => format!("sealed {n} of {} files\n", project.folder.files().count()),
    });
    context.print(&said)?;
    Ok(Exit::Ok)
}

struct Change {
    word: &'static str,
    path: String,
    /// Of a file that was sealed before, and is another now.
    version: Option<u64>,
}

fn changes(project: &Project) -> Vec<Change> {
    let before = project.folder.sum.clone().unwrap_or_default();
    let mut out = Vec::new();
    for file in project.folder.files() {
        let word = match before.hash(&file.path) {
            None => "new",
            Some(hash) if hash != file.hash() => "edited",
            Some(_) => continue,
        };
        out.push(Change {
            word,
            path: file.path.clone(),
            version: file.version().filter(|_| word == "edited"),
        });
    }
    for path in before.paths() {
        if !project.folder.files().any(|f| f.path == path) {
            out.push(Change {
                word: "gone",
                path: path.to_string(),
                version: None,
            });
        }
    }
    out
}
