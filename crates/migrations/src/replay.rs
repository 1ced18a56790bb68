//! The folder on the model: every migration in its order from an empty database.
//!
//! Neighbours: `planner::replay` runs one text; `verify` and `history` watch the walk. Invariant: from the first
//! statement that cannot be replayed on, no fingerprint is claimed.

use crate::file::File;
use crate::folder::{Folder, Versioned};
use crate::ground::Ground;
use driftless_model::Catalog;
use driftless_planner::{Replay, Taint, replay as replay_text};
use driftless_sql::Diagnostic;

#[derive(Debug, Clone)]
pub struct State {
    pub catalog: Catalog,
    /// The file's path, and what in it cannot be known.
    pub taints: Vec<(String, Taint)>,
    pub problems: Vec<Diagnostic>,
}

impl State {
    fn empty(ground: &Ground) -> State {
        State {
            catalog: ground.empty(),
            taints: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Replays one file onto `before` and keeps what it found wrong.
    fn advance(&mut self, ground: &Ground, file: &File, before: Catalog) -> Replay {
        let replay = one(ground, file, before);
        self.problems.extend(replay.problems.iter().cloned());
        let taints = replay.taints.iter().cloned();
        self.taints.extend(taints.map(|t| (file.path.clone(), t)));
        replay
    }

    pub fn has_errors(&self) -> bool {
        self.problems
            .iter()
            .any(|d| d.severity == driftless_sql::Severity::Error)
    }
}

/// One file at its moment.
pub struct Stage<'a> {
    pub file: &'a File,
    /// `None`: a repeatable one.
    pub versioned: Option<&'a Versioned>,
    pub before: &'a Catalog,
    pub replay: &'a Replay,
    /// Something before it, or in it, is not known.
    pub tainted: bool,
}

/// Replays the versioned files up to `upto` (all, and then the repeatable ones, without it).
pub fn replay(folder: &Folder, ground: &Ground, upto: Option<u64>) -> State {
    let mut state = State::empty(ground);
    for (file, _) in order(folder, upto) {
        let before = std::mem::replace(&mut state.catalog, Catalog::new(ground.server));
        state.catalog = state.advance(ground, file, before).catalog;
    }
    state
}

/// The files up to a version; without one all, and then the repeatable ones.
fn order(folder: &Folder, upto: Option<u64>) -> impl Iterator<Item = (&File, Option<&Versioned>)> {
    let versioned = folder
        .versioned
        .iter()
        .take_while(move |v| upto.is_none_or(|upto| v.version <= upto))
        .map(|v| (&v.up, Some(v)));
    let repeatable = folder
        .repeatable
        .iter()
        .filter(move |_| upto.is_none())
        .map(|f| (f, None));
    versioned.chain(repeatable)
}

/// As [`replay`], telling of every file.
pub fn walk(
    folder: &Folder,
    ground: &Ground,
    upto: Option<u64>,
    visit: &mut dyn FnMut(&Stage),
) -> State {
    let mut state = State::empty(ground);
    for (file, versioned) in order(folder, upto) {
        let before = state.catalog.clone();
        let current = std::mem::replace(&mut state.catalog, Catalog::new(ground.server));
        let replay = state.advance(ground, file, current);
        visit(&Stage {
            file,
            versioned,
            before: &before,
            replay: &replay,
            tainted: !state.taints.is_empty(),
        });
        state.catalog = replay.catalog;
    }
    state
}

/// One file onto a state.
pub(crate) fn one(ground: &Ground, file: &File, before: Catalog) -> Replay {
    replay_text(
        ground.dialect,
        before,
        ground.dialect.path(),
        &file.text,
        file.source,
        ground.server,
    )
}

/// These files, in this order, from an empty database; an error of any, or anything unknown, in words.
pub(crate) fn in_order(ground: &Ground, files: &[&File]) -> Result<Catalog, String> {
    let mut catalog = ground.empty();
    for file in files {
        let replay = one(ground, file, catalog);
        let wrong = replay
            .problems
            .iter()
            .find(|d| d.severity == driftless_sql::Severity::Error);
        if let Some(problem) = wrong {
            return Err(format!("`{}` fails: {}", file.path, problem.message));
        }
        if let Some(taint) = replay.taints.first() {
            return Err(format!("`{}` cannot be replayed: {}", file.path, taint.why));
        }
        catalog = replay.catalog;
    }
    Ok(catalog)
}

/// Whether a file that arrives late may run behind what an environment has: both orders give one state. `applied` are
/// the environment's versions in the order in which they ran; an error says why not.
pub fn commutes(
    folder: &Folder,
    ground: &Ground,
    late: u64,
    applied: &[u64],
) -> Result<(), String> {
    let find = |version: &u64| {
        folder
            .get(*version)
            .map(|v| &v.up)
            .ok_or_else(|| format!("the file of version {version} is missing"))
    };
    let file = find(&late)?;
    let mut ran = Vec::with_capacity(applied.len() + 1);
    for version in applied.iter().filter(|v| **v != late) {
        ran.push(find(version)?);
    }
    ran.push(file);
    let mut fresh = ran.clone();
    fresh.sort_by_key(|f| f.version());
    let ran = in_order(ground, &ran)?;
    let fresh = in_order(ground, &fresh)?;
    match ground.fingerprint(&ran) == ground.fingerprint(&fresh) {
        true => Ok(()),
        false => Err("the two orders lead to different states".into()),
    }
}
