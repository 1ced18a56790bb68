//! A schema as one file per object, in folders by kind: `tables/orders.sql`, `billing/tables/invoices.sql`.
//!
//! Neighbours: `schema` prints the same statements as one text. Invariant: paths are plain ASCII, legal on every
//! system and different even without letter case; an object's path depends on its name, and on others only where
//! they collide.

use crate::schema::{Homes, not_modelled, stands_apart};
use crate::script::terminated;
use driftless_model::{Kind, ObjectId};
use driftless_planner::{Plan, Step};
use std::collections::{BTreeMap, BTreeSet};

/// Longest part of a path before its mark.
const LONGEST: usize = 80;
/// Where what is not modelled and belongs to no object is named.
const UNMODELLED: &str = "not_modelled.sql";

/// Relative paths (with `/`) and texts, by path. Overloads of a function share its file.
pub fn schema_files(build: &Plan) -> Vec<(String, String)> {
    let homes = Homes::of(build);
    let mut texts: BTreeMap<Slot, String> = BTreeMap::new();
    let mut heads: BTreeMap<Slot, String> = BTreeMap::new();
    let mut loose = String::new();
    let mut last: BTreeMap<Slot, &Step> = BTreeMap::new();
    for step in build.steps() {
        let slot = homes.of_step(step).map_or_else(Slot::default, Slot::of);
        let text = texts.entry(slot.clone()).or_default();
        let before = last.insert(slot, step);
        if before.is_some_and(|before| stands_apart(before, step)) {
            text.push('\n');
        }
        text.push_str(&terminated(&step.text, build.server.dialect));
    }
    for u in &build.unmodelled {
        let slot = u.on.as_ref().map(|on| Slot::of(homes.of_id(on)));
        match slot.filter(|s| texts.contains_key(s)) {
            Some(slot) => heads.entry(slot).or_default().push_str(&not_modelled(u)),
            None => loose.push_str(&not_modelled(u)),
        }
    }
    let paths = Paths::of(texts.keys());
    let mut files: Vec<(String, String)> = texts
        .iter()
        .map(|(slot, text)| {
            let head = heads
                .get(slot)
                .map_or_else(String::new, |h| format!("{h}\n"));
            (paths.path(slot), format!("{head}{text}"))
        })
        .collect();
    if !loose.is_empty() {
        files.push((UNMODELLED.to_string(), loose));
    }
    files.sort();
    apart(&mut files);
    files
}

/// Marks are short, so a hostile name could meet another's: whoever comes later gets a number.
fn apart(files: &mut [(String, String)]) {
    let mut taken = BTreeSet::new();
    for (path, _) in files {
        let stem = path.trim_end_matches(".sql").to_string();
        let mut n = 1;
        while !taken.insert(path.to_ascii_lowercase()) {
            n += 1;
            *path = format!("{stem}-{n}.sql");
        }
    }
}

/// What shares one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Slot {
    schema: String,
    /// Empty: statements about no object.
    folder: &'static str,
    name: String,
}

impl Slot {
    fn of(id: &ObjectId) -> Slot {
        let public = id.schema.key() == "public";
        Slot {
            schema: if public {
                String::new()
            } else {
                id.schema.as_str().to_string()
            },
            folder: folder(id.kind),
            name: id.name.as_str().to_string(),
        }
    }
}

fn folder(kind: Kind) -> &'static str {
    match kind {
        Kind::Schema => "schemas",
        Kind::Extension => "extensions",
        kind if kind.is_type() => "types",
        Kind::Sequence => "sequences",
        Kind::Function | Kind::Procedure | Kind::Aggregate => "functions",
        Kind::Table | Kind::VirtualTable => "tables",
        Kind::View => "views",
        Kind::MaterializedView => "materialized_views",
        // These stand in their relation's file; alone only where that one is not in the plan.
        Kind::Constraint => "constraints",
        Kind::Index => "indexes",
        Kind::Trigger => "triggers",
        Kind::Policy => "policies",
        Kind::Rule => "rules",
        Kind::Statistics => "statistics",
        Kind::DefaultPrivileges => "default_privileges",
        Kind::Event => "events",
        kind => Kind::DEFINED
            .iter()
            .find(|(defined, _)| *defined == kind)
            .map_or("", |(_, list)| list),
    }
}

/// The names of one folder, each with what it is called on disk.
#[derive(Default)]
struct Namespace(BTreeMap<String, String>);

impl Namespace {
    fn of(names: &BTreeSet<&str>, taken: &[&str]) -> Namespace {
        let mut count: BTreeMap<String, usize> = taken.iter().map(|t| (t.to_string(), 1)).collect();
        let plain: BTreeMap<&str, String> = names.iter().map(|n| (*n, plain(n))).collect();
        for stem in plain.values() {
            *count.entry(stem.to_ascii_lowercase()).or_default() += 1;
        }
        let chosen = plain.into_iter().map(|(name, stem)| {
            let alone = count.get(&stem.to_ascii_lowercase()) == Some(&1);
            // Of those that collide, the one in lower case keeps its name.
            let keeps = stem == name
                && !is_reserved(&stem)
                && (alone || (is_lower(name) && !taken.contains(&name)));
            let file = if keeps {
                stem
            } else {
                format!("{stem}-{}", mark(name))
            };
            (name.to_string(), file)
        });
        Namespace(chosen.collect())
    }

    fn get(&self, name: &str) -> String {
        self.0.get(name).cloned().unwrap_or_else(|| plain(name))
    }
}

struct Paths {
    schemas: Namespace,
    folders: BTreeMap<(String, &'static str), Namespace>,
}

impl Paths {
    fn of<'a>(slots: impl Iterator<Item = &'a Slot>) -> Paths {
        let mut schemas: BTreeSet<&str> = BTreeSet::new();
        let mut folders: BTreeMap<(String, &'static str), BTreeSet<&str>> = BTreeMap::new();
        for slot in slots {
            if !slot.schema.is_empty() {
                schemas.insert(&slot.schema);
            }
            folders
                .entry((slot.schema.clone(), slot.folder))
                .or_default()
                .insert(&slot.name);
        }
        let kinds = Kind::ALL.map(folder);
        Paths {
            schemas: Namespace::of(&schemas, &kinds),
            folders: folders
                .into_iter()
                .map(|(folder, names)| (folder, Namespace::of(&names, &[])))
                .collect(),
        }
    }

    fn path(&self, slot: &Slot) -> String {
        if slot.folder.is_empty() {
            return "settings.sql".into();
        }
        let name = self
            .folders
            .get(&(slot.schema.clone(), slot.folder))
            .map_or_else(|| plain(&slot.name), |names| names.get(&slot.name));
        let file = format!("{}/{name}.sql", slot.folder);
        if slot.schema.is_empty() {
            file
        } else {
            format!("{}/{file}", self.schemas.get(&slot.schema))
        }
    }
}

/// Only letters, digits, `_` and `-` of ASCII, not too long, nothing that looks like an option.
fn plain(name: &str) -> String {
    let mut out: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') {
                c
            } else {
                '_'
            }
        })
        .take(LONGEST)
        .collect();
    if out.is_empty() || out.starts_with('-') {
        out.insert(0, '_');
    }
    out
}

fn is_lower(name: &str) -> bool {
    !name.bytes().any(|b| b.is_ascii_uppercase())
}

/// Names of devices on Windows.
fn is_reserved(stem: &str) -> bool {
    let lower = stem.to_ascii_lowercase();
    let numbered = |prefix: &str| {
        lower
            .strip_prefix(prefix)
            .is_some_and(|n| n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit()))
    };
    matches!(lower.as_str(), "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

/// Eight digits that tell a name from all that look like it on disk (FNV-1a).
fn mark(name: &str) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in name.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{:08x}", (hash ^ (hash >> 32)) as u32)
}
