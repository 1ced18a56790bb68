//! A plan → the text of a migration and of its way back.
//!
//! Neighbours: `migration` prints, `told` says what head and marks must say. Invariant: what a plan refused is never
//! written; every loss that was allowed carries its line of consent.

use crate::file::DOWN;
use crate::ground::Ground;
use crate::header::{Direction, Field, Header, Spot};
use crate::line::one_line;
use crate::migration::{Allow, Mark, Migration, Mode, Segment, Step};
use crate::told::{Told, told};
use driftless_model::{Catalog, Scope};
use driftless_planner::{Plan, Replay, UNPROVEN, replay};
use driftless_sql::{Diagnostic, Problems, SourceId};

/// What a plan does not know.
#[derive(Debug, Clone, Default)]
pub struct Meta {
    pub version: u64,
    pub name: String,
    pub why: Option<String>,
    /// `postgres 16.9 (up, down)`, only after it was.
    pub rehearsed: Option<String>,
    /// Fingerprints that an engine showed where the replay cannot claim any.
    pub from: Option<String>,
    pub to: Option<String>,
}

/// The texts of one migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    pub stem: String,
    pub up: String,
    pub down: Option<String>,
}

impl Files {
    pub fn up_path(&self) -> String {
        format!("{}.sql", self.stem)
    }
    pub fn down_path(&self) -> String {
        format!("{DOWN}{}.sql", self.stem)
    }
}

/// Writes a plan that leads away from `before` (the whole state, outsiders included), and its way back.
pub fn write(
    ground: &Ground,
    before: &Catalog,
    up: &Plan,
    down: Option<&Plan>,
    meta: &Meta,
) -> Result<Files, Problems> {
    let refused: Vec<Diagnostic> = up.refused.iter().map(not_allowed).collect();
    if !refused.is_empty() {
        return Err(Problems(refused));
    }
    // The head tells what the text does, whatever the project manages by now.
    let everything = Scope::everything();
    let whole = Ground {
        scope: &everything,
        ..*ground
    };
    let ground = &whole;
    let forth = Draft::of(ground, before, up, Direction::Up, meta);
    let back = down.map(|plan| {
        let mut back = Draft::of(ground, &forth.replay.catalog, plan, Direction::Down, meta);
        if let Some(header) = &mut back.migration.header {
            header.set(Field::Lost, &forth.told.lost);
        }
        back.migration.print(ground.dialect.syntax())
    });
    Ok(Files {
        stem: format!("{}_{}", meta.version, meta.name),
        up: forth.migration.print(ground.dialect.syntax()),
        down: back,
    })
}

fn not_allowed(loss: &driftless_planner::Loss) -> Diagnostic {
    Diagnostic::error(
        loss.code,
        format!("{} would be lost, and nothing allows it", loss.what),
    )
    .help(format!(
        "allow it with --allow {}:{}",
        loss.code, loss.object
    ))
}

struct Draft {
    migration: Migration,
    replay: Replay,
    told: Told,
}

impl Draft {
    fn of(
        ground: &Ground,
        before: &Catalog,
        plan: &Plan,
        direction: Direction,
        meta: &Meta,
    ) -> Draft {
        let syntax = ground.dialect.syntax();
        let mut bare = body(plan);
        let text = bare.print(syntax);
        let (mut migration, _) = Migration::parse(&text, syntax, SourceId(0));
        let replay = replay(
            ground.dialect,
            before.clone(),
            ground.dialect.path(),
            &text,
            SourceId(0),
            ground.server,
        );
        let told = told(ground, &migration, before, &replay);
        migration.head.clone_from(&plan.frame.head);
        migration.tail.clone_from(&plan.frame.tail);
        let total = told.marks.len();
        for (at, (step, (title, notes))) in migration.steps_mut().zip(&told.marks).enumerate() {
            step.mark = Some(Mark {
                number: at + 1,
                total,
                title: title.clone(),
                notes: notes.clone(),
                at: Spot::default(),
            });
        }
        for (step, planned) in migration.steps_mut().zip(bare.steps_mut()) {
            step.because = planned.because.take();
        }
        framed(&mut migration, plan);
        migration.allows = allows(plan, &told);
        migration.header = Some(header(ground, before, &replay, &told, direction, meta));
        Draft {
            migration,
            replay,
            told,
        }
    }
}

/// The plan's statements in their segments, without frames.
fn body(plan: &Plan) -> Migration {
    let segments = plan.segments.iter().map(|segment| Segment {
        mode: match segment.transaction {
            true => Mode::Transaction,
            false => Mode::None,
        },
        steps: segment
            .steps
            .iter()
            .map(|step| Step {
                text: step.text.trim().to_string(),
                because: step.because.as_deref().map(one_line),
                ..Step::default()
            })
            .collect(),
        ..Segment::default()
    });
    Migration {
        segments: segments.collect(),
        ..Migration::default()
    }
}

fn framed(migration: &mut Migration, plan: &Plan) {
    let inside = migration
        .segments
        .iter_mut()
        .filter(|s| s.mode == Mode::Transaction);
    for segment in inside {
        segment.begin.clone_from(&plan.frame.begin);
        segment.commit.clone_from(&plan.frame.commit);
    }
}

/// A line for every loss and every unproven difference that became a step.
fn allows(plan: &Plan, told: &Told) -> Vec<Allow> {
    let losses = told
        .losses
        .iter()
        .map(|l| (l.code.to_string(), l.object.clone()));
    let unproven = plan
        .unproven
        .iter()
        .filter(|u| u.planned)
        .map(|u| (UNPROVEN.to_string(), u.id.to_string()));
    let mut out: Vec<Allow> = losses
        .chain(unproven)
        .map(|(code, object)| Allow {
            code,
            object: Some(one_line(&object)),
            at: Spot::default(),
        })
        .collect();
    out.sort_by(|a, b| (&a.code, &a.object).cmp(&(&b.code, &b.object)));
    out.dedup();
    out
}

fn header(
    ground: &Ground,
    before: &Catalog,
    replay: &Replay,
    told: &Told,
    direction: Direction,
    meta: &Meta,
) -> Header {
    let known = before.taint.is_empty();
    let from = known.then(|| ground.fingerprint(before));
    let to = (known && replay.taints.is_empty()).then(|| ground.fingerprint(&replay.catalog));
    let (said_from, said_to) = match direction {
        Direction::Up => (&meta.from, &meta.to),
        Direction::Down => (&meta.to, &meta.from),
    };
    let mut header = Header {
        direction,
        version: meta.version,
        name: one_line(&meta.name),
        from: from.or_else(|| said_from.clone()),
        to: to.or_else(|| said_to.clone()),
        states: true,
        rehearsed: meta.rehearsed.as_deref().map(one_line),
        ..Header::default()
    };
    if direction == Direction::Up {
        header.set(Field::Why, meta.why.as_deref().unwrap_or(""));
    }
    header.set(Field::Changes, &told.changes);
    header.set(Field::Hazards, &told.hazards);
    header.set(Field::Locks, &told.locks);
    header
}

/// The text of a migration that a person is to write: its head, and nothing below.
pub fn blank(meta: &Meta) -> String {
    let mut header = Header {
        version: meta.version,
        name: one_line(&meta.name),
        ..Header::default()
    };
    header.set(Field::Why, meta.why.as_deref().unwrap_or(""));
    header.print()
}
