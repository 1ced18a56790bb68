//! SQL text inside objects: expressions, queries, bodies.
//!
//! Invariant: `written` is what a user wrote or a server printed, never a re-print of ours; `canon` and `refs` are
//! derived from it by a dialect's settling and can be derived again at any time.

use crate::id::{Name, ObjectId, Part};
use driftless_sql::{Place, Query, Span, Tree};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// The canonical form of a text.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Canon {
    /// Not settled yet.
    #[default]
    Raw,
    Tree(Tree),
    Query(Box<Query>),
    /// Normalised tokens of a text that the engine keeps as it is: other tokens are another text.
    Tokens(String),
    /// Not understood: normalised tokens, and other tokens may mean the same.
    Opaque(String),
}

/// What a text refers to, and where the name stands in `written` (the span of the whole dotted name).
#[derive(Debug, Clone, PartialEq)]
pub struct Ref {
    pub part: Part,
    /// `None`: implied (a star, a function found through an operator).
    pub span: Option<Span>,
    /// Splicing may write `schema.name` over the span (false: only the last name may change, as in `t.a`).
    pub qualify: bool,
}

/// The schemas in which unqualified names are looked for, in order.
pub type SearchPath = Arc<[String]>;

/// One piece of SQL. Cheap to clone and small where it stands: a clone shares the text until it is changed.
#[derive(Clone, Default)]
pub struct SqlText(Arc<Text>);

/// What a piece of SQL says.
#[derive(Clone, Default)]
pub struct Text {
    pub written: String,
    pub canon: Canon,
    pub refs: Vec<Ref>,
    /// Every name was resolved and every type known: a different canon is a different meaning for certain.
    pub certain: bool,
    /// The search path under which it was written; empty: everything is qualified.
    pub path: SearchPath,
    /// Where it stands in the user's files.
    pub place: Option<Place>,
    /// Why the engine would refuse it, where that is known for certain.
    pub refused: Option<Box<Refusal>>,
}

/// What an engine would say to a piece of SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The code of the diagnostic.
    pub code: &'static str,
    pub message: String,
    /// Which bytes of the text it is about.
    pub span: Option<Span>,
}

impl Deref for SqlText {
    type Target = Text;
    fn deref(&self) -> &Text {
        &self.0
    }
}
impl DerefMut for SqlText {
    fn deref_mut(&mut self) -> &mut Text {
        Arc::make_mut(&mut self.0)
    }
}
impl fmt::Debug for SqlText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlText")
            .field("written", &self.written)
            .field("canon", &self.canon)
            .field("refs", &self.refs)
            .field("certain", &self.certain)
            .field("path", &self.path)
            .field("place", &self.place)
            .finish()
    }
}

/// How two texts compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Same,
    Different,
    /// They look different, but one side is not wholly understood.
    Unproven,
}

impl Verdict {
    pub fn and(self, other: Verdict) -> Verdict {
        match (self, other) {
            (Verdict::Different, _) | (_, Verdict::Different) => Verdict::Different,
            (Verdict::Unproven, _) | (_, Verdict::Unproven) => Verdict::Unproven,
            _ => Verdict::Same,
        }
    }
    pub fn of(same: bool) -> Verdict {
        if same {
            Verdict::Same
        } else {
            Verdict::Different
        }
    }
}

impl SqlText {
    pub fn new(written: impl Into<String>) -> Self {
        SqlText(Arc::new(Text {
            written: written.into(),
            ..Text::default()
        }))
    }
    /// Where it stands in the user's files.
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }
    /// As written, to be settled anew where it stands now.
    pub fn raw(&self) -> SqlText {
        let mut text = self.clone();
        text.canon = Canon::Raw;
        text.refs.clear();
        text
    }

    pub fn compare(&self, other: &SqlText) -> Verdict {
        if self.canon == other.canon && self.canon != Canon::Raw {
            return Verdict::Same;
        }
        if self.written == other.written && self.path == other.path {
            return Verdict::Same;
        }
        let certain = self.certain
            && other.certain
            && !matches!(self.canon, Canon::Opaque(_) | Canon::Raw)
            && !matches!(other.canon, Canon::Opaque(_) | Canon::Raw);
        if certain {
            Verdict::Different
        } else {
            Verdict::Unproven
        }
    }

    /// Compares two optional texts; present against absent is a certain difference.
    pub fn compare_option(before: &Option<SqlText>, after: &Option<SqlText>) -> Verdict {
        match (before, after) {
            (None, None) => Verdict::Same,
            (Some(b), Some(a)) => b.compare(a),
            _ => Verdict::Different,
        }
    }

    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.refs.iter().map(|r| &r.part)
    }

    /// `written` with other text at the spans that `choose` answers for; spans must not overlap.
    pub fn splice(&self, choose: impl Fn(&Ref) -> Option<String>) -> String {
        let mut edits: Vec<(Span, String)> = self
            .refs
            .iter()
            .filter_map(|r| Some((r.span?, choose(r)?)))
            .collect();
        edits.sort_by_key(|(span, _)| (span.start, span.end));
        edits.dedup_by_key(|(span, _)| span.start);
        let mut out = String::with_capacity(self.written.len() + 16);
        let mut at = 0;
        for (span, text) in edits {
            if span.start < at || self.written.get(at..span.start).is_none() {
                continue;
            }
            out.push_str(&self.written[at..span.start]);
            out.push_str(&text);
            at = span.end;
        }
        out.push_str(self.written.get(at..).unwrap_or(""));
        out
    }

    /// Follows the renaming of a schema: refs to what is in it and, where they name the schema, the text.
    pub fn rename_schema(
        &mut self,
        schema: &ObjectId,
        to: &Name,
        write: impl Fn(&str, &Ref) -> String,
    ) {
        let inside = |r: &Ref| r.part.object.schema == schema.name;
        if !self.refs.iter().any(inside) {
            return;
        }
        self.written = self.splice(|r| {
            let standing = r.span.map_or("", |s| s.of(&self.written));
            let dot = first_dot(standing).filter(|_| inside(r) && r.qualify)?;
            let (name, rest) = standing.split_at_checked(dot)?;
            // In a literal (`nextval('a.b')`) the mark stands before the name.
            let (mark, name) = match name.strip_prefix('\'') {
                Some(name) => ("'", name),
                None => ("", name),
            };
            let now = Ref {
                part: schema.named(to.clone()).part(),
                ..r.clone()
            };
            Some(format!("{mark}{}{rest}", write(name, &now)))
        });
        for r in self.refs.iter_mut().filter(|r| inside(r)) {
            r.part.object = r.part.object.in_schema(to.clone());
            r.span = None;
        }
        self.canon = Canon::Raw;
    }

    /// Follows the renaming of a part: refs and, where a span is known, the text. `write` is given the ref under its
    /// new name.
    pub fn rename(&mut self, from: &Part, to: &Name, write: impl Fn(&str, &Ref) -> String) {
        let hit = |r: &Ref| match &from.member {
            Some(_) => r.part == *from,
            None => r.part.object == from.object && r.part.member.is_none(),
        };
        if !self.refs.iter().any(|r| r.part.object == from.object) {
            return;
        }
        let named = |r: &Ref| {
            let mut r = r.clone();
            match &mut r.part.member {
                Some(m) => *m = to.clone(),
                None => r.part.object.name = to.clone(),
            }
            r
        };
        self.written = self.splice(|r| {
            let standing = r.span.map_or("", |s| s.of(&self.written));
            hit(r).then(|| write(standing, &named(r)))
        });
        for r in &mut self.refs {
            match &from.member {
                Some(m) if r.part.member.as_ref() == Some(m) && r.part.object == from.object => {
                    r.part.member = Some(to.clone());
                }
                None if r.part.object == from.object => r.part.object.name = to.clone(),
                _ => {}
            }
            r.span = None;
        }
        self.canon = Canon::Raw;
    }
}

/// Where the first name of a dotted one ends.
fn first_dot(dotted: &str) -> Option<usize> {
    let mut quoted = false;
    let found = dotted.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == '.' && !quoted
    });
    found.map(|(at, _)| at)
}
