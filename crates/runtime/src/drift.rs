//! How each environment differs from what its history says it should be, and from the others.
//!
//! Neighbours: `site` looks, `run::expected` says what should be there; crate `migrations` has the document. Invariant:
//! what cannot be reached or read is unknown, never clean.

use driftless_migrations::{
    Between, Difference, Drift, DriftDirection, Environment, Folder, Ground, Migrated, Standing,
    compare,
};
use driftless_model::{Catalog, Scope, leave_foreign};
use driftless_planner::{Consent, Plan, Request, plan};
use driftless_sql::Problems;
use futures_util::future::join_all;

use crate::ledger::Book;
use crate::run::Expected;
use crate::site::{Site, Target};

/// An environment to look at; an error says why it cannot even be asked.
pub struct Watched<'a> {
    pub name: String,
    pub place: String,
    pub target: Result<Target<'a>, String>,
}

/// What was found at one environment, for whoever wants the SQL either way.
pub struct Seen {
    pub name: String,
    pub should: Catalog,
    pub is: Catalog,
}

/// Looks at all of them at once.
pub async fn drift(watched: &[Watched<'_>], folder: &Folder) -> (Drift, Vec<Seen>) {
    let looks = watched.iter().map(|one| look(one, folder));
    let mut out = Drift::default();
    let mut seen: Vec<Seen> = Vec::new();
    for (environment, found) in join_all(looks).await {
        out.environments.push(environment);
        seen.extend(found);
    }
    for (at, first) in seen.iter().enumerate() {
        for second in &seen[at + 1..] {
            let Some(target) = watched
                .iter()
                .find(|w| w.name == first.name)
                .and_then(|w| w.target.as_ref().ok())
            else {
                continue;
            };
            out.between.push(between(target, first, second));
        }
    }
    (out, seen)
}

fn between(target: &Target, first: &Seen, second: &Seen) -> Between {
    let ground = Ground {
        dialect: target.dialect,
        server: first.is.server,
        scope: target.scope,
    };
    let (mut one, mut two) = (first.is.clone(), second.is.clone());
    leave_foreign(&mut one, &second.should);
    leave_foreign(&mut two, &first.should);
    Between {
        first: first.name.clone(),
        second: second.name.clone(),
        differences: whole(compare(&ground, &one, &two)),
    }
}

async fn look(watched: &Watched<'_>, folder: &Folder) -> (Environment, Option<Seen>) {
    let blank = |standing| Environment {
        name: watched.name.clone(),
        place: watched.place.clone(),
        standing,
        drift: Vec::new(),
        pending: Vec::new(),
        ignored: Vec::new(),
        notes: Vec::new(),
    };
    let target = match &watched.target {
        Ok(target) => target,
        Err(why) => return (blank(Standing::Unknown { why: why.clone() }), None),
    };
    match Site::look(target).await {
        Err(problems) => {
            let why = problems.0.first().map(|d| d.message.clone());
            let why = why.unwrap_or_else(|| "it could not be read".into());
            (blank(Standing::Unknown { why }), None)
        }
        Ok(site) => {
            let (environment, should) = judge(&site, folder, blank);
            let is = site.live.clone();
            site.close().await;
            let name = watched.name.clone();
            (environment, Some(Seen { name, should, is }))
        }
    }
}

fn judge(
    site: &Site,
    folder: &Folder,
    blank: impl Fn(Standing) -> Environment,
) -> (Environment, Catalog) {
    let ground = site.ground();
    let (expected, standing) = match &site.book {
        Some(book) if !book.applied().is_empty() => known(folder, &ground, book),
        _ => nearest(site, folder),
    };
    let against = expected.against(site);
    let mut environment = blank(standing);
    environment.drift = against.differences;
    if against.unproven > 0 {
        environment.notes.push(format!(
            "whether {} more objects differ could not be proved",
            against.unproven
        ));
    }
    environment.notes.extend(
        expected
            .unknown
            .iter()
            .map(|why| format!("what should be there is not certain: {why}")),
    );
    environment.pending = pending(site, folder, &environment.standing);
    environment.ignored = ignored(site, &expected.catalog);
    (environment, expected.catalog)
}

fn known(folder: &Folder, ground: &Ground, book: &Book) -> (Expected, Standing) {
    let version = book.applied().into_iter().max().unwrap_or(0);
    let name = folder
        .get(version)
        .map_or_else(|| "?".into(), |v| v.up.name.clone());
    (
        Expected::of(folder, ground, book),
        Standing::At { version, name },
    )
}

/// Without a history: the version whose state it has, or comes nearest to.
fn nearest(site: &Site, folder: &Folder) -> (Expected, Standing) {
    let ground = site.ground();
    let mut state = Expected::of(&Folder::default(), &ground, &Book::default());
    let empty = state.catalog.clone();
    let mut best: (usize, Standing, u64) = (
        weight(&compare(&ground, &empty, &site.managed(&empty))),
        Standing::Empty,
        0,
    );
    let is_empty = best.0 == 0;
    for versioned in &folder.versioned {
        if is_empty {
            break;
        }
        state.follow(&ground, &versioned.up);
        let is = site.managed(&state.catalog);
        let exactly = ground.fingerprint(&state.catalog) == ground.fingerprint(&is);
        let count = match exactly {
            true => 0,
            false => weight(&compare(&ground, &state.catalog, &is)),
        };
        if count <= best.0 {
            let standing = Standing::Like {
                version: versioned.version,
                name: versioned.up.name.clone(),
                exactly: count == 0,
            };
            best = (count, standing, versioned.version);
        }
    }
    let expected = Expected::upto(folder, &ground, best.2);
    (expected, best.1)
}

/// How far apart two states are: every part that differs counts.
fn weight(found: &[Difference]) -> usize {
    found.iter().map(|d| d.details.len().max(1)).sum()
}

fn pending(site: &Site, folder: &Folder, standing: &Standing) -> Vec<Migrated> {
    let applied = site.book.as_ref().map(Book::applied).unwrap_or_default();
    let upto = match standing {
        Standing::Like { version, .. } => *version,
        _ => 0,
    };
    folder
        .versioned
        .iter()
        .filter(|v| !applied.contains(&v.version) && v.version > upto)
        .map(|v| Migrated {
            version: v.version,
            name: v.up.name.clone(),
        })
        .collect()
}

/// Differences that the scope leaves alone; driftless' own history is none.
fn ignored(site: &Site, should: &Catalog) -> Vec<Difference> {
    let scope = Scope::default();
    let whole = Ground {
        scope: &scope,
        ..site.ground()
    };
    let managed = site.managed(should);
    let mut inside = should.clone();
    site.target.scope.filter(&mut inside);
    let outside = without(&site.live, &managed);
    let expected = without(&without(should, &inside), &managed);
    compare(&whole, &expected, &outside)
}

/// What came or went with its relation is not told beside it.
pub(crate) fn whole(found: Vec<Difference>) -> Vec<Difference> {
    let gone: Vec<(DriftDirection, String)> = found
        .iter()
        .filter(|d| {
            matches!(
                d.kind,
                "table" | "view" | "materialized view" | "virtual table"
            )
        })
        .map(|d| (d.direction, format!("{}.", d.object)))
        .filter(|(direction, _)| {
            matches!(
                direction,
                DriftDirection::OnlyThere | DriftDirection::Missing
            )
        })
        .collect();
    let along = |d: &Difference| {
        let mut all = gone.iter();
        // What has no name of its own is called by its table.
        let unnamed = matches!(d.kind, "check" | "primary key" | "unique" | "foreign key");
        all.any(|(direction, home)| {
            let its = d.object.starts_with(home) || (unnamed && *home == format!("{}.", d.object));
            d.direction == *direction && its
        })
    };
    found.into_iter().filter(|d| !along(d)).collect()
}

fn without(whole: &Catalog, part: &Catalog) -> Catalog {
    let mut out = whole.clone();
    for id in part.objects.keys() {
        out.objects.remove(id);
    }
    out
}

impl Seen {
    /// What brings it back to what it should be, and what takes over what it is.
    pub fn plans(&self, target: &Target) -> Result<(Plan, Plan), Problems> {
        let lead = |before: &Catalog, after: &Catalog| {
            plan(Request {
                dialect: target.dialect,
                before: before.clone(),
                after: after.clone(),
                hints: driftless_model::Hints::default(),
                scope: target.scope,
                consent: &Consent {
                    all: true,
                    codes: Vec::new(),
                },
            })
        };
        let mut is = self.is.clone();
        leave_foreign(&mut is, &self.should);
        Ok((lead(&is, &self.should)?, lead(&self.should, &is)?))
    }
}
