//! `driftless.yaml`: found upwards from the current folder or named, read whole, every mistake with its place.
//!
//! Neighbours: `decode` reads it, `environment` opens one environment. Invariant: reading it touches no
//! variable and no database; its text is kept with credentials blanked out, at the same offsets.

mod decode;
mod environment;
#[cfg(test)]
mod schema;

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use driftless_runtime::{Secret, mask_urls};
use driftless_sql::{Diagnostic, Place, Problems, Sources};

use crate::args::Aspect;
use crate::dialect::{Dialect, Product};
use crate::suggest::nearest;

pub use decode::parse_duration;
pub use environment::{OpenEnvironment, Variables};
#[cfg(test)]
pub use {
    decode::keys,
    schema::{CONFIG_SCHEMA, config_schema},
};

pub const FILE_NAME: &str = "driftless.yaml";
/// A configuration is a page; more is not one.
const MAX_SIZE: u64 = 1 << 20;

/// A value and where it was written.
#[derive(Debug, Clone)]
pub struct Located<T> {
    pub value: T,
    pub place: Place,
}

#[derive(Debug)]
pub struct Config {
    pub path: PathBuf,
    pub dialect: Option<Located<Dialect>>,
    pub schema: Vec<Located<String>>,
    pub migrations: Option<Located<String>>,
    pub late: Late,
    pub on_drift: OnDrift,
    pub manage: Manage,
    pub environments: Vec<Environment>,
    pub default_environment: Option<Located<String>>,
    pub scratch: Scratch,
    /// What a MySQL or MariaDB server's defaults shall be.
    pub server: Vec<(String, Located<String>)>,
}

#[derive(Debug, Default)]
pub struct Manage {
    pub schemas: Vec<Located<String>>,
    pub include: Vec<Located<String>>,
    pub exclude: Vec<Located<String>>,
    pub undeclared: Undeclared,
    pub aspects: Vec<Aspect>,
    /// `partitions: external` was said.
    pub external_partitions: bool,
    /// Where `names: unqualified` was said.
    pub unqualified: Option<Place>,
}

/// What is done with what a database has and the files do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Undeclared {
    #[default]
    Drop,
    Keep,
}

/// What is done with a migration that arrives below what an environment has and does not commute with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Late {
    #[default]
    Refuse,
    Run,
}

/// What is done where a live state is not the one that a migration starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnDrift {
    #[default]
    Stop,
    Warn,
}

/// Where a database may be made that is thrown away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Scratch {
    /// In memory, or by a local engine's programs.
    #[default]
    Auto,
    Off,
    /// Beside the default environment's database.
    Target,
    /// On this server; `${VAR}` as in environments.
    Url(String),
}

impl FromStr for Scratch {
    type Err = Diagnostic;
    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        match text {
            "auto" => Ok(Scratch::Auto),
            "off" => Ok(Scratch::Off),
            "target" => Ok(Scratch::Target),
            // What a variable holds is known when it is used.
            url if url.contains("${") || Product::of_url(url).is_ok() => {
                Ok(Scratch::Url(url.to_string()))
            }
            _ => Err(
                Diagnostic::error("D0602", "`scratch` names no place for a scratch database")
                    .help("write off, auto, target, or the URL of a server like postgres://localhost/postgres"),
            ),
        }
    }
}

/// An environment as declared; its variables are not read yet.
#[derive(Debug)]
pub struct Environment {
    pub name: String,
    pub place: Place,
    pub url: Option<Located<String>>,
    pub role: Option<Located<String>>,
    /// The schema that stands for the project's own.
    pub schema: Option<Located<String>>,
    pub protect: bool,
    pub lock_timeout: Option<Duration>,
}

impl Config {
    /// The file that was named, or the nearest one upwards; none is no mistake here.
    pub fn find(
        named: Option<&Path>,
        sources: &mut Sources,
        secrets: &mut Vec<Secret>,
    ) -> Result<Option<Config>, Problems> {
        let path = match named {
            Some(path) => path.to_path_buf(),
            None => match upwards() {
                Some(path) => path,
                None => return Ok(None),
            },
        };
        let text = read(&path)?;
        Config::parse(path, &text, sources, secrets).map(Some)
    }

    pub fn parse(
        path: PathBuf,
        text: &str,
        sources: &mut Sources,
        secrets: &mut Vec<Secret>,
    ) -> Result<Config, Problems> {
        // Before it is parsed, since a broken file is shown too.
        let (masked, found) = mask_urls(text);
        let source = sources.add(path.to_string_lossy(), masked);
        secrets.extend(found);
        let (root, duplicates) = driftless_sql::yaml::parse(text, source)?;
        let mut config = Config {
            path,
            dialect: None,
            schema: Vec::new(),
            migrations: None,
            late: Late::default(),
            on_drift: OnDrift::default(),
            manage: Manage::default(),
            environments: Vec::new(),
            default_environment: None,
            scratch: Scratch::Auto,
            server: Vec::new(),
        };
        let mut decoder = decode::Decoder {
            problems: duplicates,
        };
        decoder.config(&root, &mut config);
        let mut problems = decoder.problems;
        if problems.is_empty() {
            return Ok(config);
        }
        problems.sort_by_key(|d| d.place.map(|p| p.span));
        Err(Problems(problems))
    }

    /// The folder that relative paths of the file start from.
    pub fn dir(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// A path of the file as seen from the current folder.
    pub fn resolve(&self, path: &str) -> String {
        self.dir().join(path).to_string_lossy().into_owned()
    }
}

/// `driftless.yaml`, `../driftless.yaml`, …: relative, so that messages show short paths.
fn upwards() -> Option<PathBuf> {
    let depth = std::env::current_dir().ok()?.components().count();
    let mut dir = PathBuf::new();
    for _ in 0..depth {
        let path = dir.join(FILE_NAME);
        if path.is_file() {
            return Some(path);
        }
        dir.push("..");
    }
    None
}

fn read(path: &Path) -> Result<Arc<str>, Diagnostic> {
    let mut sources = Sources::default();
    let name = path.to_string_lossy();
    let missing = || {
        Diagnostic::error("D0606", format!("there is no configuration `{name}`")).help(format!(
            "name a file with --config, or write {FILE_NAME} at the root of the project"
        ))
    };
    if !path.is_file() {
        return Err(missing());
    }
    let id = driftless_runtime::read_text(path, &mut sources, MAX_SIZE)?;
    sources
        .get(id)
        .map(|source| Arc::clone(&source.text))
        .ok_or_else(missing)
}

/// `D0605`, with the name that was probably meant.
pub fn unknown_environment(name: &str, known: &[&str]) -> Diagnostic {
    let d = Diagnostic::error("D0605", format!("there is no environment `{name}`"));
    match nearest(name, known) {
        Some(near) => d.help(format!("did you mean `{near}`?")),
        None if known.is_empty() => {
            d.help(format!("declare it under `environments` in {FILE_NAME}"))
        }
        None => d.help(format!("declared are {}", known.join(", "))),
    }
}

#[cfg(test)]
mod tests;
