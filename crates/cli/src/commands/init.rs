//! `init [STATE]`: a project from nothing, or one that adopts a live database.
//!
//! Neighbours: `inspect` and `generate` do the same by hand. Invariant: nothing that is there is overwritten, and no
//! password gets into a file that belongs in git; the first `plan` of an adopted database is empty.

use std::path::{Path, PathBuf};

use driftless_migrations::Meta;
use driftless_runtime::{Secret, StateSpec, Written, url_secrets, write_files};
use driftless_sql::Diagnostic;

use super::generate::{Rehearse, write_next};
use super::side;
use crate::args::{InitArgs, InspectFormat};
use crate::config::{Config, FILE_NAME};
use crate::context::Context;
use crate::dialect::{Dialect, Product};
use crate::engine::{self, Project, Wish};
use crate::exit::{Exit, Failure};
use crate::scope::Scope;
use crate::stamp::stamp;

const SCHEMA: &str = "schema";
const MIGRATIONS: &str = "migrations";
const DOTENV: &str = ".env";
const IGNORE: &str = ".gitignore";
const ATTRIBUTES: &str = ".gitattributes";
/// Both sides' lines of a merge belong in the sum.
const UNION: &str = "driftless.sum merge=union";
/// Where the password of an adopted database goes.
const VARIABLE: &str = "DATABASE_PASSWORD";

pub fn run(context: &mut Context, args: &InitArgs) -> Result<Exit, Failure> {
    vacant()?;
    match &args.state {
        None => fresh(context, args),
        Some(state) => adopted(context, args, state),
    }
}

/// Nothing of a project may be here yet.
fn vacant() -> Result<(), Failure> {
    let holds =
        |dir: &str| std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
    let present = [FILE_NAME]
        .into_iter()
        .find(|file| Path::new(file).exists())
        .or_else(|| [SCHEMA, MIGRATIONS].into_iter().find(|dir| holds(dir)));
    match present {
        None => Ok(()),
        Some(name) => Err(Failure::with(
            Exit::Refused,
            Diagnostic::error("D0609", format!("there is a `{name}` here already"))
                .note("nothing was written")
                .help("start in an empty folder, or write what is missing by hand: docs/guide/first-schema.md"),
        )),
    }
}

const EXAMPLE: &str = "\
-- The desired state: plain CREATE statements, in any number of files and any order.
--
-- CREATE TABLE customers (
--   id    integer PRIMARY KEY,
--   email text NOT NULL UNIQUE
-- );
--
-- What a comparison cannot know is said beside the object:
--   total integer NOT NULL, -- driftless:backfill 0
--   status text, -- driftless:renamed-from state
";

fn fresh(context: &mut Context, args: &InitArgs) -> Result<Exit, Failure> {
    let dialect = match &args.dialect {
        Some(text) => Dialect::parse(text)?,
        None => Dialect::newest(Product::Sqlite),
    };
    let url = match dialect.product {
        Product::Sqlite => format!("sqlite:{}.db", args.env),
        Product::Mysql | Product::Mariadb => format!("mysql://localhost/{}", args.env),
        Product::Postgres => format!("postgres://localhost/{}", args.env),
    };
    let mut files = vec![
        file(FILE_NAME, config(dialect, &args.env, &url)),
        file("schema/example.sql", EXAMPLE.to_string()),
        // An empty folder would not get into git, and `plan` asks whether there is one.
        file("migrations/driftless.sum", String::new()),
    ];
    files.extend(repository());
    write_files(&files)?;
    told(
        context,
        &files,
        "describe your tables in schema/, then: driftless generate first --why \"…\"",
    )
}

fn config(dialect: Dialect, env: &str, url: &str) -> String {
    format!(
        "# What driftless works on; every key: driftless explain D0601\n\
         dialect: {dialect}\n\
         schema: [{SCHEMA}/]\n\
         migrations: {MIGRATIONS}/\n\
         environments:\n  {}: {{ url: {} }}\n",
        quoted(env),
        quoted(url)
    )
}

/// A text as YAML, whatever is in it.
fn quoted(text: &str) -> String {
    let plain = !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !text.starts_with(|c: char| c.is_ascii_digit());
    if plain
        && !matches!(
            text,
            "null" | "true" | "false" | "yes" | "no" | "on" | "off"
        )
    {
        return text.to_string();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn file(path: &str, text: String) -> Written {
    Written {
        path: PathBuf::from(path),
        text: Some(text),
    }
}

/// What git needs to know; lines are added to files that are there.
fn repository() -> Vec<Written> {
    let mut files = Vec::new();
    let mut add = |path: &str, line: &str| {
        let present = std::fs::read_to_string(path).unwrap_or_default();
        if present.lines().any(|l| l.trim() == line) {
            return;
        }
        let gap = match present.is_empty() || present.ends_with('\n') {
            true => "",
            false => "\n",
        };
        files.push(file(path, format!("{present}{gap}{line}\n")));
    };
    add(IGNORE, DOTENV);
    add(ATTRIBUTES, UNION);
    files
}

fn told(context: &Context, files: &[Written], next: &str) -> Result<Exit, Failure> {
    let mut said = String::new();
    for file in files {
        said.push_str(&format!("wrote {}\n", file.path.display()));
    }
    said.push_str(&format!("next: {next}\n"));
    context.print(&said)?;
    Ok(Exit::Ok)
}

fn adopted(context: &mut Context, args: &InitArgs, state: &str) -> Result<Exit, Failure> {
    let spec = StateSpec::parse(state)?;
    let StateSpec::Live { url } = &spec else {
        return Err(Diagnostic::error("D0107", format!("`{spec}` is no database"))
            .help("adopt a live database, like sqlite:shop.db; files are a schema already: name them under `schema`")
            .into());
    };
    let side = side::of(context, &spec)?;
    let dialect = side::dialect(context, args.dialect.as_deref(), &[&side])?;
    let scope = Scope::of(None, &args.scope);
    let inspection = engine::inspect(context, &side, dialect, &scope)?;
    context.tell(inspection.notes());
    // The server's own version is what the project is written for.
    let dialect = match dialect.product {
        Product::Sqlite => dialect,
        Product::Postgres => Dialect {
            major: inspection.server().version.major,
            ..dialect
        },
        Product::Mysql | Product::Mariadb => Dialect {
            product: engine::product(inspection.server()),
            major: inspection.server().version.major,
            minor: inspection.server().version.minor,
            ..dialect
        },
    };
    let (shown, password) = without_password(url);
    let mut files = vec![file(FILE_NAME, config(dialect, &args.env, &shown))];
    for (path, text) in inspection.files(InspectFormat::Sql) {
        files.push(file(&format!("{SCHEMA}/{path}"), text));
    }
    if files.len() == 1 {
        files.push(file("schema/example.sql", EXAMPLE.to_string()));
    }
    if let Some(password) = &password {
        files.extend(dotenv(password)?);
    }
    files.extend(repository());
    write_files(&files)?;
    let made = baseline(context, args, &side.name);
    if !matches!(made, Ok(Exit::Ok)) {
        // Half a project would be in the way of the next attempt.
        let undone: Vec<Written> = files
            .iter()
            .filter(|f| !is_shared(&f.path))
            .map(|f| Written {
                path: f.path.clone(),
                text: None,
            })
            .collect();
        write_files(&undone)?;
        let _ = std::fs::remove_dir_all(SCHEMA);
        return made;
    }
    let next = format!(
        "driftless plan; then record the baseline: driftless baseline --env {}",
        args.env
    );
    told(context, &files, &next)
}

/// Files that may have been there before.
fn is_shared(path: &Path) -> bool {
    [IGNORE, ATTRIBUTES, DOTENV]
        .iter()
        .any(|name| path == Path::new(name))
}

/// The first migration builds what is there, from nothing.
fn baseline(context: &mut Context, args: &InitArgs, name: &str) -> Result<Exit, Failure> {
    context.config = Config::find(
        Some(Path::new(FILE_NAME)),
        &mut context.sources,
        &mut context.secrets,
    )?;
    let project = Project::open(context, None, &args.scope)?;
    let wish = Wish {
        meta: Meta {
            version: stamp(args.version_stamp),
            name: "baseline".into(),
            why: Some(format!("the state of {name} when driftless came")),
            ..Meta::default()
        },
        next: None,
    };
    let desired = side::desired(context)?;
    let rehearse = Rehearse::of(context, &project, false, None)?;
    write_next(context, &project, &desired, wish, &[], &rehearse)
}

/// The URL with a variable where its password stood, and the password.
fn without_password(url: &str) -> (String, Option<Secret>) {
    let Some(password) = url_secrets(url).into_iter().next() else {
        return (url.to_string(), None);
    };
    let shown = url.replacen(password.reveal(), &format!("${{{VARIABLE}}}"), 1);
    (shown, Some(password))
}

fn dotenv(password: &Secret) -> Result<Vec<Written>, Diagnostic> {
    let present = std::fs::read_to_string(DOTENV).unwrap_or_default();
    let taken = present
        .lines()
        .any(|l| l.trim_start().starts_with(&format!("{VARIABLE}=")));
    if taken {
        return Err(
            Diagnostic::error("D0609", format!("`{DOTENV}` holds a {VARIABLE} already"))
                .note("nothing was written")
                .help("take the line out, or write the configuration by hand"),
        );
    }
    let gap = match present.is_empty() || present.ends_with('\n') {
        true => "",
        false => "\n",
    };
    let line = format!("{VARIABLE}={}\n", password.reveal());
    Ok(vec![file(DOTENV, format!("{present}{gap}{line}"))])
}
