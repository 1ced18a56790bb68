//! The head of a migration file: what a reviewer reads first.
//!
//! Neighbours: `migration` finds its lines, `told` computes what they must say. Invariant: one fact a line; what is
//! printed reads back the same.

use crate::line::one_line;
use driftless_sql::Span;
use std::collections::BTreeMap;

/// Where something stands. It is no part of what it is: any two are equal.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spot(pub Span);

impl PartialEq for Spot {
    fn eq(&self, _: &Spot) -> bool {
        true
    }
}
impl Eq for Spot {}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    #[default]
    Up,
    Down,
}

/// A line of the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    Title,
    Why,
    Lost,
    Changes,
    Hazards,
    Locks,
    States,
}

impl Field {
    /// Those with a text of their own, in the order in which they are printed.
    const TEXTS: [Field; 5] = [
        Field::Why,
        Field::Lost,
        Field::Changes,
        Field::Hazards,
        Field::Locks,
    ];
    pub fn label(self) -> &'static str {
        match self {
            Field::Title => "driftless:migration",
            Field::Why => "why:",
            Field::Lost => "cannot bring back:",
            Field::Changes => "changes:",
            Field::Hazards => "hazards:",
            Field::Locks => "locks:",
            Field::States => "from:",
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    pub direction: Direction,
    pub version: u64,
    pub name: String,
    /// Why, changes, hazards, locks, what is lost; a missing one says that there is none.
    pub texts: BTreeMap<Field, String>,
    /// The fingerprints of the states before and after; `None`: they are not known.
    pub from: Option<String>,
    pub to: Option<String>,
    /// It has a line of fingerprints.
    pub states: bool,
    /// `postgres 16.9 (up, down)`
    pub rehearsed: Option<String>,
    pub places: BTreeMap<Field, Spot>,
}

const UNKNOWN: &str = "?";
pub(crate) const UP: &str = "migration";
pub(crate) const BACK: &str = "down";

impl Header {
    pub fn text(&self, field: Field) -> Option<&str> {
        self.texts.get(&field).map(String::as_str)
    }
    pub fn why(&self) -> Option<&str> {
        self.text(Field::Why)
    }
    /// Sets or removes a text.
    pub fn set(&mut self, field: Field, text: &str) {
        let text = one_line(text);
        match text.is_empty() {
            true => self.texts.remove(&field),
            false => self.texts.insert(field, text),
        };
    }
    /// Where a line stands, or the title's place where it is missing.
    pub fn spot(&self, field: Field) -> Span {
        let spot = self.places.get(&field).or(self.places.get(&Field::Title));
        spot.map_or_else(Span::default, |s| s.0)
    }

    pub fn print(&self) -> String {
        let key = match self.direction {
            Direction::Up => UP,
            Direction::Down => BACK,
        };
        let mut out = format!(
            "-- driftless:{key} {} {}\n",
            self.version,
            one_line(&self.name)
        );
        for field in Field::TEXTS {
            if let Some(text) = self.text(field) {
                out.push_str(&format!("-- {} {text}\n", field.label()));
            }
        }
        if self.states {
            out.push_str(&format!("-- {}\n", self.states_line()));
        }
        out
    }

    /// `from: …  to: …  rehearsed: …`
    pub fn states_line(&self) -> String {
        let shown = |f: &Option<String>| one_line(f.as_deref().unwrap_or(UNKNOWN));
        let mut out = format!("from: {}  to: {}", shown(&self.from), shown(&self.to));
        if let Some(rehearsed) = &self.rehearsed {
            out.push_str(&format!("  rehearsed: {}", one_line(rehearsed)));
        }
        out
    }

    /// `VERSION NAME`, as behind the directive.
    pub(crate) fn open(direction: Direction, value: &str, at: Span) -> Option<Header> {
        let (version, name) = value.split_once(char::is_whitespace)?;
        let name = name.trim();
        let header = Header {
            direction,
            version: version.parse().ok()?,
            name: name.to_string(),
            places: BTreeMap::from([(Field::Title, Spot(at))]),
            ..Header::default()
        };
        (!name.is_empty()).then_some(header)
    }

    /// Takes a comment's text; false: it is no line of a head.
    pub(crate) fn take(&mut self, text: &str, at: Span) -> bool {
        let text = text.trim();
        for field in Field::TEXTS {
            if let Some(rest) = text.strip_prefix(field.label()) {
                self.texts.insert(field, rest.trim().to_string());
                self.places.insert(field, Spot(at));
                return true;
            }
        }
        let Some(rest) = text.strip_prefix(Field::States.label()) else {
            return false;
        };
        let Some((from, rest)) = rest.split_once("to:") else {
            return false;
        };
        let (to, rehearsed) = match rest.split_once("rehearsed:") {
            Some((to, rehearsed)) => (to, Some(rehearsed.trim().to_string())),
            None => (rest, None),
        };
        let known = |t: &str| Some(t.trim().to_string()).filter(|t| t != UNKNOWN && !t.is_empty());
        self.from = known(from);
        self.to = known(to);
        self.rehearsed = rehearsed.filter(|r| !r.is_empty());
        self.states = true;
        self.places.insert(Field::States, Spot(at));
        true
    }

    /// The revision of the normal form that it was written under.
    pub fn revision(&self) -> Option<&str> {
        let known = self.from.as_deref().or(self.to.as_deref())?;
        known.split_once(':').map(|(revision, _)| revision)
    }
}
