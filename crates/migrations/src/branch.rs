//! Files that grew from one state on two branches, and whether their order matters.
//!
//! Neighbours: `verify` asks for each file that does not start from the state before it. Invariant: judged by replaying
//! both orders, never by what the files look like.

use crate::file::File;
use crate::folder::Folder;
use crate::ground::Ground;
use crate::replay::{in_order, one};
use driftless_model::Catalog;
use driftless_planner::Replay;
use std::collections::BTreeMap;

/// The known states: each by the indexes of the files that make it, in order.
#[derive(Debug, Default)]
pub(crate) struct Branches {
    known: BTreeMap<String, Vec<usize>>,
}

/// A file on its own branch.
pub(crate) struct Grown {
    pub before: Catalog,
    pub replay: Replay,
    /// What ran since on the other side, in words.
    pub others: String,
    /// An error says why the order matters.
    pub verdict: Result<(), String>,
}

impl Branches {
    /// The file at `at` leads from one state of the trunk to another.
    pub fn extend(&mut self, at: usize, from: Option<&str>, to: Option<&str>) {
        if let Some(from) = from {
            self.known
                .entry(from.to_string())
                .or_insert_with(|| (0..at).collect());
        }
        if let Some(to) = to {
            self.known.insert(to.to_string(), (0..=at).collect());
        }
    }

    /// The branch of a file that says it starts from `from`; `None`: no such state is known.
    pub fn judge(
        &mut self,
        folder: &Folder,
        ground: &Ground,
        at: usize,
        from: &str,
        trunk: Option<&str>,
    ) -> Option<Grown> {
        let line = self.known.get(from)?.clone();
        let file = |at: &usize| folder.versioned.get(*at).map(|v| &v.up);
        let mine: Vec<&File> = line.iter().filter_map(file).collect();
        let me = file(&at)?;
        let others: Vec<usize> = (0..at).filter(|i| !line.contains(i)).collect();
        let before = in_order(ground, &mine).ok()?;
        let replay = one(ground, me, before.clone());
        let mut along = line.clone();
        along.push(at);
        self.known
            .insert(ground.fingerprint(&replay.catalog), along);
        let other_files: Vec<&File> = others.iter().filter_map(file).collect();
        let mut turned = mine;
        turned.push(me);
        turned.extend(&other_files);
        let verdict = match (in_order(ground, &turned), trunk) {
            (Ok(end), Some(trunk)) if ground.fingerprint(&end) == trunk => Ok(()),
            (Ok(_), _) => Err("the two orders lead to different states".to_string()),
            (Err(why), _) => Err(format!("in the other order {why}")),
        };
        Some(Grown {
            before,
            replay,
            others: named(&other_files),
            verdict,
        })
    }
}

fn named(files: &[&File]) -> String {
    let names: Vec<String> = files.iter().map(|f| format!("`{}`", f.path)).collect();
    crate::line::capped(names, 3, ", ")
}
