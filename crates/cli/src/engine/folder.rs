//! The migrations folder of a project, read and replayed.
//!
//! Neighbours: the runtime reads the disk, crate `migrations` knows what the texts mean. Invariant: everything that is
//! asked of one [`Project`] stands on the same dialect, server and scope.

use std::path::{Path, PathBuf};

use driftless_migrations::{Folder, Ground, State as Replayed, replay};
use driftless_model::{Scope as Managed, Server};
use driftless_planner::{Consent, Desired, Plan, Request, plan};
use driftless_sql::{Diagnostic, Problems, Severity, Sources};

use super::{Side, block_on, managed, planner_dialect, read};
use crate::args::ScopeArgs;
use crate::context::Context;
use crate::dialect::Dialect;
use crate::exit::Failure;
use crate::scope::Scope;

/// Where migrations lie unless the configuration says otherwise.
const DEFAULT_DIR: &str = "migrations";

/// A migrations folder with what it stands on.
pub struct Project {
    /// As people see it: `migrations/`.
    pub dir: String,
    pub texts: Vec<(String, String)>,
    pub folder: Folder,
    /// What is wrong with its names and texts.
    pub problems: Vec<Diagnostic>,
    pub dialect: Dialect,
    pub scope: Managed,
}

impl Project {
    /// The folder of the configuration; one that is not there is empty.
    pub fn open(
        context: &mut Context,
        dialect: Option<&str>,
        scope: &ScopeArgs,
    ) -> Result<Project, Failure> {
        let dir = Project::dir(context)?;
        let dialect = crate::commands::dialect(context, dialect)?;
        let scope = managed(&Scope::of(context.config.as_ref(), scope))?;
        let texts = driftless_runtime::read_folder(
            Path::new(&dir),
            &mut context.sources,
            context.max_file_size,
        )?;
        let mut project = Project {
            dir,
            texts,
            folder: Folder::default(),
            problems: Vec::new(),
            dialect,
            scope,
        };
        project.read(&mut context.sources);
        Ok(project)
    }

    /// The folder that the configuration names, as seen from here.
    pub fn dir(context: &Context) -> Result<String, Diagnostic> {
        let config = context.required_config()?;
        let named = config.migrations.as_ref();
        Ok(config.resolve(named.map_or(DEFAULT_DIR, |m| m.value.as_str())))
    }

    fn read(&mut self, sources: &mut Sources) {
        let dir = PathBuf::from(&self.dir);
        let shown = |path: &str| dir.join(path).to_string_lossy().into_owned();
        let syntax = planner_dialect(self.dialect.product).syntax();
        (self.folder, self.problems) = Folder::read(sources, syntax, &shown, self.texts.clone());
    }

    /// The same project with other texts.
    pub fn with(&self, texts: Vec<(String, String)>, sources: &mut Sources) -> Project {
        let mut project = Project {
            dir: self.dir.clone(),
            texts,
            folder: Folder::default(),
            problems: Vec::new(),
            dialect: self.dialect,
            scope: self.scope.clone(),
        };
        project.read(sources);
        project
    }

    pub fn ground(&self) -> Ground<'_> {
        Ground {
            dialect: planner_dialect(self.dialect.product),
            server: self.dialect.server(),
            scope: &self.scope,
        }
    }

    /// Where a file of it lies on disk.
    pub fn path(&self, file: &str) -> PathBuf {
        Path::new(&self.dir).join(file)
    }

    /// `migrations/ (3 files, up to 20261122093000)`
    pub fn title(&self) -> String {
        title(&self.dir, &self.folder, None)
    }

    /// Errors in names and texts: nothing can be built on such a folder.
    pub fn sound(&self) -> Result<(), Problems> {
        sound(&self.problems)
    }

    /// The whole folder replayed; what cannot be is an error.
    pub fn replayed(&self) -> Result<Replayed, Problems> {
        self.sound()?;
        let state = replay(&self.folder, &self.ground(), None);
        sound(&state.problems)?;
        Ok(state)
    }

    /// What leads from the replayed state to the desired one, everything allowed.
    pub fn left(&self, state: &Replayed, desired: &Desired) -> Result<Plan, Problems> {
        plan(Request {
            dialect: planner_dialect(self.dialect.product),
            before: state.catalog.clone(),
            after: desired.catalog.clone(),
            hints: desired.hints.clone(),
            scope: &self.scope,
            consent: &Consent {
                all: true,
                ..Consent::default()
            },
        })
    }
}

fn sound(problems: &[Diagnostic]) -> Result<(), Problems> {
    match problems.iter().any(|d| d.severity == Severity::Error) {
        true => Err(Problems(problems.to_vec())),
        false => Ok(()),
    }
}

fn title(dir: &str, folder: &Folder, upto: Option<u64>) -> String {
    let dir = format!("{}/", dir.trim_end_matches('/'));
    let mut files = folder
        .versioned
        .iter()
        .filter(|v| upto.is_none_or(|upto| v.version <= upto));
    let count = files.clone().count();
    let noun = if count == 1 { "file" } else { "files" };
    match files.next_back() {
        Some(last) => format!("{dir} ({count} {noun}, up to {})", last.version),
        None => format!("{dir} (no file)"),
    }
}

/// The declared schema of the project, read for its server.
pub fn desired(
    context: &mut Context,
    project: &Project,
    side: &Side,
) -> Result<(Desired, Vec<Diagnostic>), Failure> {
    let server = project.dialect.server();
    let read = block_on(read(context, side, project.dialect, server, &project.scope))?;
    let desired = Desired {
        catalog: read.catalog,
        hints: read.hints,
        ignored: Vec::new(),
        warnings: Vec::new(),
    };
    Ok((desired, read.notes))
}

/// A `migrations:` state.
pub(super) fn replayed(
    context: &mut Context,
    dialect: Dialect,
    server: Server,
    scope: &Managed,
    (dir, texts, upto): (&str, &[(String, String)], Option<u64>),
) -> Result<Replayed, Problems> {
    let speaks = planner_dialect(dialect.product);
    let base = PathBuf::from(dir);
    let shown = |path: &str| base.join(path).to_string_lossy().into_owned();
    let (folder, mut problems) = Folder::read(
        &mut context.sources,
        speaks.syntax(),
        &shown,
        texts.to_vec(),
    );
    sound(&problems)?;
    if let Some(version) = upto
        && folder.get(version).is_none()
    {
        return Err(unknown_version(dir, version, &folder).into());
    }
    let ground = Ground {
        dialect: speaks,
        server,
        scope,
    };
    let mut state = replay(&folder, &ground, upto);
    sound(&state.problems)?;
    problems.append(&mut state.problems);
    state.problems = problems;
    // What a taint leaves behind is known to the catalog only where the replay said so.
    for (path, taint) in &state.taints {
        let why = format!("{path}: {}", taint.why);
        if !state.catalog.taint.iter().any(|t| t.ends_with(&taint.why)) {
            state.catalog.taint.push(why);
        }
    }
    Ok(state)
}

fn unknown_version(dir: &str, version: u64, folder: &Folder) -> Diagnostic {
    let d = Diagnostic::error("D0732", format!("`{dir}` has no version {version}"));
    match folder
        .versioned
        .iter()
        .min_by_key(|v| v.version.abs_diff(version))
    {
        Some(near) => d.help(format!("the nearest is {} {}", near.version, near.up.name)),
        None => d.help("it holds no migration at all"),
    }
}
