//! What a file's head and marks must say, by replaying it.
//!
//! Neighbours: `write` prints it, `verify` holds a file against it. Invariant: one code for both, so a head that
//! driftless wrote is true until the file or the state before it changes.

use crate::event::{Events, events, summary};
use crate::ground::Ground;
use crate::line::{capped, one_line};
use crate::migration::{Migration, Mode, Segment};
use crate::title::title;
use driftless_model::{Catalog, ObjectId};
use driftless_planner::{Action, Facts, Frame, Held, Loss, Replay, Replayed, Tx};
use std::collections::BTreeMap;

pub(crate) struct Told {
    pub changes: String,
    pub hazards: String,
    pub locks: String,
    /// What the way back of this text cannot restore.
    pub lost: String,
    /// Per step: title and notes.
    pub marks: Vec<(String, String)>,
    pub losses: Vec<Loss>,
    pub frame: Frame,
}

/// Relations whose locks a head names, and hazards and losses.
const LOCKED: usize = 12;
const SENTENCES: usize = 6;

pub(crate) fn told(
    ground: &Ground,
    migration: &Migration,
    before: &Catalog,
    replay: &Replay,
) -> Told {
    let steps = steps(migration, replay);
    let facts: Vec<&Facts> = steps.iter().filter_map(|s| Some(&s.1?.facts)).collect();
    let Events { list, renamed } = events(ground, before, replay);
    let losses: Vec<Loss> = facts.iter().flat_map(|f| f.losses.clone()).collect();
    Told {
        changes: summary(&list),
        hazards: sentences(facts.iter().flat_map(|f| f.hazards.iter().cloned())),
        locks: locks(&facts),
        lost: sentences(facts.iter().flat_map(|f| lost(f))),
        marks: marks(ground, migration, &steps),
        losses,
        frame: frame(ground, migration, replay, &renamed),
    }
}

/// What a loss takes; where a step loses nothing, why it has no way back.
fn lost(facts: &Facts) -> Vec<String> {
    match facts.losses.is_empty() {
        true => facts.irreversible.iter().cloned().collect(),
        false => facts.losses.iter().map(|l| l.what.clone()).collect(),
    }
}

/// The steps with what became of each, and the number of its segment.
pub(crate) fn steps<'r>(
    migration: &Migration,
    replay: &'r Replay,
) -> Vec<(usize, Option<&'r Replayed>)> {
    let mut out = Vec::new();
    for (at, segment) in migration.segments.iter().enumerate() {
        for step in &segment.steps {
            let found = replay
                .statements
                .iter()
                .find(|r| r.span.start == step.at.0.start);
            out.push((at, found));
        }
    }
    out
}

fn marks(
    ground: &Ground,
    migration: &Migration,
    steps: &[(usize, Option<&Replayed>)],
) -> Vec<(String, String)> {
    let mut number = 0;
    let numbers: Vec<Option<usize>> = migration
        .segments
        .iter()
        .map(|s| {
            (s.mode != Mode::None).then(|| {
                number += 1;
                number
            })
        })
        .collect();
    let mark = |(segment, replayed): &(usize, Option<&Replayed>)| {
        let mut notes = match numbers.get(*segment).copied().flatten() {
            Some(n) => format!("tx {n}"),
            None => "no tx".into(),
        };
        let Some(replayed) = replayed else {
            return (String::new(), notes);
        };
        let facts = &replayed.facts;
        let strongest = facts
            .locks
            .iter()
            .max_by_key(|l| ground.dialect.strength(l.mode));
        if let Some(lock) = strongest {
            notes.push_str(&format!(" · {}", one_line(lock.mode)));
        }
        notes.push_str(&format!(" · {}", held_word(facts.held())));
        (title(&replayed.actions), notes)
    };
    steps.iter().map(mark).collect()
}

fn held_word(held: Held) -> &'static str {
    match held {
        Held::Instant => "instant",
        Held::Scan => "scan",
        Held::Rewrite => "rewrite",
    }
}

/// Each once, in the order in which they come up.
fn sentences(all: impl Iterator<Item = String>) -> String {
    let mut out: Vec<String> = Vec::new();
    for sentence in all.map(|s| one_line(&s)) {
        if !out.contains(&sentence) {
            out.push(sentence);
        }
    }
    capped(out, SENTENCES, " · ")
}

/// `orders ACCESS EXCLUSIVE (instant), SHARE (scan)`: per relation, the longest time that each mode is held.
fn locks(facts: &[&Facts]) -> String {
    let mut by: BTreeMap<&ObjectId, BTreeMap<&str, Held>> = BTreeMap::new();
    for lock in facts.iter().flat_map(|f| &f.locks) {
        let known = by
            .entry(&lock.on)
            .or_default()
            .entry(lock.mode)
            .or_insert(lock.held);
        *known = (*known).max(lock.held);
    }
    let parts = by.into_iter().map(|(on, modes)| {
        let modes: Vec<String> = modes
            .into_iter()
            .map(|(mode, held)| format!("{mode} ({})", held_word(held)))
            .collect();
        one_line(&format!("{on} {}", modes.join(", ")))
    });
    capped(parts.collect(), LOCKED, " · ")
}

/// What must stand around the segments.
fn frame(ground: &Ground, migration: &Migration, replay: &Replay, renamed: &Catalog) -> Frame {
    let of = |segment: &Segment| -> Vec<&Action> {
        let replayed = segment.steps.iter().filter_map(|step| {
            let same = |r: &&Replayed| r.span.start == step.at.0.start;
            replay.statements.iter().find(same)
        });
        replayed.flat_map(|r| &r.actions).collect()
    };
    let segments: Vec<Vec<&Action>> = migration.segments.iter().map(of).collect();
    let before = ground.managed(renamed);
    let after = ground.managed(&replay.catalog);
    ground.dialect.frame_between(&segments, &before, &after)
}

/// Steps that cannot run in the transaction that they stand in.
pub(crate) fn outside(migration: &Migration, replay: &Replay) -> Vec<usize> {
    let modes: Vec<Mode> = migration.segments.iter().map(|s| s.mode).collect();
    steps(migration, replay)
        .iter()
        .enumerate()
        .filter(|(_, (segment, replayed))| {
            modes.get(*segment) != Some(&Mode::None)
                && replayed.is_some_and(|r| r.tx == Tx::Outside)
        })
        .map(|(at, _)| at)
        .collect()
}
