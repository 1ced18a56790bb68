//! `generate NAME --why TEXT`: writes the next migration, its way back and its line in the sum.
//!
//! Neighbours: `engine::generate` makes the texts, `new` and `init` share what is here about names and files.
//! Invariant: all files of one migration are written, or none.

use driftless_migrations::{Files, Meta, SUM, Versioned};
use driftless_runtime::{Written, write_files};
use driftless_sql::Diagnostic;

use super::side;
use crate::args::GenerateArgs;
use crate::config::Scratch;
use crate::context::{Consent, Context};
use crate::dialect::Product;
use crate::engine::{self, Place, Project, Rehearsal, Side, Wish, sum_with, texts_of};
use crate::exit::{Exit, Failure};
use crate::stamp::stamp;

/// Longest name of a migration: file systems end at 255 bytes.
const LONGEST: usize = 120;

pub fn run(context: &mut Context, args: &GenerateArgs) -> Result<Exit, Failure> {
    context.consent = Consent::of(&args.shared);
    let mut project = Project::open(context, args.shared.dialect.as_deref(), &args.shared.scope)?;
    project.sound()?;
    let amended = match args.amend {
        true => Some(amended(context, &project, args.name.as_deref())?),
        false => None,
    };
    let name = named(args, amended.as_ref())?;
    let why = match (&args.why, &amended) {
        (None, Some(Amended { why: Some(why), .. })) => why.clone(),
        (given, _) => reason(context, given.as_deref())?,
    };
    let mut gone = Vec::new();
    if let Some(amended) = &amended {
        gone.clone_from(&amended.paths);
        let mut texts = project.texts.clone();
        texts.retain(|(path, _)| !gone.contains(path));
        project = project.with(texts, &mut context.sources);
    }
    unedited(&project, &gone)?;
    let now = stamp(args.version_stamp);
    let version = match &amended {
        Some(a)
            if project
                .folder
                .newest()
                .is_none_or(|n| n.version < a.version) =>
        {
            a.version
        }
        _ => project.folder.next_version(now),
    };
    let wish = Wish {
        meta: Meta {
            version,
            name,
            why: Some(why),
            ..Meta::default()
        },
        next: None,
    };
    let side = side::desired(context)?;
    let scratch = args.shared.scratch.as_ref();
    let rehearsed = Rehearse::of(context, &project, args.rehearse, scratch)?;
    write_next(context, &project, &side, wish, &gone, &rehearsed)
}

/// Whether a migration is rehearsed, where, and whether somebody asked for it by name.
pub enum Rehearse {
    No,
    /// It costs nothing here, so it is done unasked.
    Free(Place),
    Asked(Place),
}

impl Rehearse {
    pub fn of(
        context: &mut Context,
        project: &Project,
        asked: bool,
        scratch: Option<&Scratch>,
    ) -> Result<Rehearse, Failure> {
        let free = project.dialect.product == Product::Sqlite;
        if !asked && !free {
            return Ok(Rehearse::No);
        }
        match (Place::of(context, project.dialect, scratch)?, asked) {
            (Some(place), true) => Ok(Rehearse::Asked(place)),
            (Some(place), false) => Ok(Rehearse::Free(place)),
            (None, false) => Ok(Rehearse::No),
            (None, true) => Err(Diagnostic::error(
                "D0738",
                "nothing can be rehearsed: `scratch` is off",
            )
            .help("leave --rehearse out, or say where: --scratch auto")
            .into()),
        }
    }

    /// Where there may be a scratch database.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Rehearse::No => None,
            Rehearse::Free(place) | Rehearse::Asked(place) => Some(place),
        }
    }
}

/// Plans, rehearses and writes; what is said goes to the context.
pub fn write_next(
    context: &mut Context,
    project: &Project,
    side: &Side,
    mut wish: Wish,
    gone: &[String],
    rehearse: &Rehearse,
) -> Result<Exit, Failure> {
    let (desired, notes) = engine::desired(context, project, side)?;
    context.tell(&notes);
    let place = rehearse.place();
    let mut made = engine::generate(context, project, &desired, &side.name, &wish, place)?;
    if !made.refusals.is_empty() {
        context.tell(&made.notes);
        context.print(&made.render(context.colour_out))?;
        context.tell(&made.refusals);
        return Ok(Exit::Refused);
    }
    let Some(files) = &made.files else {
        context.tell(&made.notes);
        let title = project.title();
        let mut said = format!("nothing to do: {title} leads to {}\n", side.name);
        if !gone.is_empty() {
            said.push_str(&format!(
                "without `{}`, that is: remove it, and run `driftless seal`\n",
                gone.first().map_or("", String::as_str)
            ));
        }
        context.print(&said)?;
        return Ok(Exit::Ok);
    };
    if let Some(place) = place {
        match engine::rehearse(project, place, &made.before, files, &made.after)? {
            Rehearsal::Held(by) => {
                wish.meta.rehearsed = Some(by);
                let place = Some(place);
                made = engine::generate(context, project, &desired, &side.name, &wish, place)?;
            }
            Rehearsal::Lacking(what) => {
                made.notes.push(engine::lacking(&files.up_path(), &what));
            }
        }
    }
    context.tell(&made.notes);
    let Some(files) = &made.files else {
        return Ok(Exit::Ok);
    };
    write(project, files, gone)?;
    let mut said = made.render(context.colour_out);
    said.push_str(&told(project, files, wish.meta.rehearsed.as_deref()));
    context.print(&said)?;
    Ok(Exit::Ok)
}

/// Writes the files and the sum, and takes away what they replace.
pub fn write(project: &Project, files: &Files, gone: &[String]) -> Result<(), Diagnostic> {
    let texts = texts_of(files);
    let mut written: Vec<Written> = texts
        .iter()
        .map(|(path, text)| Written {
            path: project.path(path),
            text: Some(text.clone()),
        })
        .collect();
    let removed = gone.iter().filter(|g| !texts.iter().any(|(p, _)| p == *g));
    written.extend(removed.map(|path| Written {
        path: project.path(path),
        text: None,
    }));
    written.push(Written {
        path: project.path(SUM),
        text: Some(sum_with(project, &texts, gone)),
    });
    write_files(&written)
}

fn told(project: &Project, files: &Files, rehearsed: Option<&str>) -> String {
    let mut out = String::new();
    for (path, _) in texts_of(files) {
        out.push_str(&format!("wrote {}\n", project.path(&path).display()));
    }
    if let Some(by) = rehearsed {
        out.push_str(&format!("rehearsed: {by}\n"));
    }
    out
}

/// The migration that is written anew.
struct Amended {
    version: u64,
    name: String,
    why: Option<String>,
    /// The paths of its files.
    paths: Vec<String>,
}

/// The one that is called by that name, else the newest.
fn amended(
    context: &mut Context,
    project: &Project,
    name: Option<&str>,
) -> Result<Amended, Failure> {
    let folder = &project.folder;
    let called = |v: &&Versioned| name.is_some_and(|n| v.up.name == n);
    let found = folder.versioned.iter().rev().find(called);
    let Some(found) = found.or(folder.newest()) else {
        return Err(Diagnostic::error(
            "D0733",
            format!("`{}` holds no migration to be written anew", project.dir),
        )
        .help("leave --amend out")
        .into());
    };
    let header = found.up.migration.header.as_ref();
    if header.is_none_or(|h| !h.states) {
        return Err(Diagnostic::error(
            "D0733",
            format!("`{}` was written by hand", found.up.path),
        )
        .at(found.up.start())
        .note("writing it anew would throw away what a person wrote")
        .help("edit it, then run `driftless seal`; or leave --amend out, and what is missing goes into a migration of its own")
        .into());
    }
    super::unapplied(context, project, &[found.version], "written anew")?;
    let files = std::iter::once(&found.up).chain(&found.down);
    Ok(Amended {
        version: found.version,
        name: found.up.name.clone(),
        why: header.and_then(|h| h.why().map(str::to_string)),
        paths: files.map(|f| f.path.clone()).collect(),
    })
}

fn named(args: &GenerateArgs, amended: Option<&Amended>) -> Result<String, Failure> {
    match (&args.name, amended) {
        (Some(name), _) => Ok(file_name(name)?),
        (None, Some(amended)) => Ok(amended.name.clone()),
        (None, None) => Err(Failure::with(
            Exit::Usage,
            Diagnostic::error("D0731", "a migration needs a name")
                .help("driftless generate NAME --why \"…\""),
        )),
    }
}

/// A name as it may stand in a path: spaces become `_`.
pub fn file_name(name: &str) -> Result<String, Diagnostic> {
    let name = name.trim().replace(' ', "_");
    let wrong = |why: &str| {
        Err(Diagnostic::error(
            "D0731",
            format!(
                "`{}` is no name for a migration: {why}",
                name.escape_debug()
            ),
        )
        .help("use letters, digits, `_` and `-`, like add_order_status"))
    };
    if name.is_empty() {
        return wrong("it is empty");
    }
    if name.len() > LONGEST {
        return wrong("it is too long");
    }
    if name.starts_with('-') {
        return wrong("it looks like an option");
    }
    match name
        .chars()
        .find(|c| !c.is_alphanumeric() && !matches!(c, '_' | '-'))
    {
        Some(c) => wrong(&format!("it holds {c:?}")),
        None => Ok(name),
    }
}

/// The reason, from the flag or from a person at the terminal.
pub fn reason(context: &Context, given: Option<&str>) -> Result<String, Failure> {
    let said = match given {
        Some(text) => Some(text.to_string()),
        None => context.ask_text("why is this change needed? "),
    };
    match said.as_deref().map(str::trim) {
        Some(text) if !text.is_empty() => Ok(text.to_string()),
        _ => Err(Diagnostic::error("D0730", "a migration needs a reason")
            .note("whoever reads it in a year finds it in its head and in `driftless history`")
            .help("say it with --why \"…\"")
            .into()),
    }
}

/// Files that are not as they were sealed: what is built on them could be lost with them.
fn unedited(project: &Project, gone: &[String]) -> Result<(), Failure> {
    let Some(sum) = &project.folder.sum else {
        return match project.folder.files().next() {
            None => Ok(()),
            Some(_) => Err(Diagnostic::error("D0707", format!("there is no {SUM}"))
                .help("look at the files with `driftless verify`, then run `driftless seal`")
                .into()),
        };
    };
    let mut rest = sum.clone();
    for path in gone {
        rest.remove(path);
    }
    let found = rest.check(&project.folder);
    match found.is_empty() {
        true => Ok(()),
        false => Err(driftless_sql::Problems(found).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files() {
        assert_eq!(
            file_name("add order status").as_deref(),
            Ok("add_order_status")
        );
        assert_eq!(file_name("größe-2").as_deref(), Ok("größe-2"));
        for bad in [
            "",
            " ",
            "../x",
            "a/b",
            "-x",
            "a.b",
            "a\nb",
            &"x".repeat(200),
        ] {
            assert_eq!(file_name(bad).map_err(|d| d.code), Err("D0731"), "{bad:?}");
        }
    }
}
