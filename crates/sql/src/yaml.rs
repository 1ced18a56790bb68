//! YAML as a tree in which every key and value knows its place.
//!
//! Neighbours: the configuration and the YAML form of desired state are decoded from it. Invariant: spans are byte
//! offsets of the text given; the tree is never deeper than [`DEPTH`], an alias shares its node, and all aliases
//! together stand for no more than [`REPEATED`] nodes, so whoever walks the tree is never led much further than the
//! text is long.

use crate::diagnostic::Diagnostic;
use crate::source::{Place, SourceId, Span};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How deep collections may stand in each other.
const DEPTH: usize = 32;
/// How many nodes all aliases of a text may stand for.
const REPEATED: usize = 100_000;

#[derive(Debug, Clone)]
pub struct Node {
    pub place: Place,
    pub value: Value,
    /// How many nodes it is when every alias in it is written out.
    weight: usize,
}

#[derive(Debug, Clone)]
pub enum Value {
    Null,
    Scalar { text: String, plain: bool },
    List(Vec<Arc<Node>>),
    Map(Vec<Entry>),
}

#[derive(Debug, Clone)]
pub struct Entry {
    pub key: String,
    pub key_place: Place,
    pub value: Arc<Node>,
}

impl Value {
    /// What it is called in a message.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "nothing",
            Value::Scalar { .. } => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a map of keys",
        }
    }
}

/// The only document of a text (an empty one is null), and what is wrong with keys of it: all that stand twice, and
/// merge keys.
pub fn parse(text: &str, source: SourceId) -> Result<(Arc<Node>, Vec<Diagnostic>), Diagnostic> {
    let mut builder = Builder {
        source,
        offsets: Offsets::of(text),
        stack: Vec::new(),
        anchors: HashMap::new(),
        repeated: 0,
        root: None,
        problems: Vec::new(),
    };
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => builder.event(event, span)?,
            Err(error) => {
                let at = builder.offsets.byte(error.marker());
                let end = builder.offsets.after(error.marker());
                return Err(Diagnostic::error("D0600", "this is not valid YAML")
                    .at(builder.place(at, end))
                    .label(error.info().to_string())
                    .help("check the indentation, and quote values that hold `: ` or begin with a special character"));
            }
        }
    }
    let empty = Node {
        place: builder.place(0, 0),
        value: Value::Null,
        weight: 1,
    };
    Ok((
        builder.root.unwrap_or_else(|| Arc::new(empty)),
        builder.problems,
    ))
}

/// From the parser's character positions to bytes.
struct Offsets {
    bytes: Vec<usize>,
    end: usize,
}

impl Offsets {
    fn of(text: &str) -> Self {
        Offsets {
            bytes: text.char_indices().map(|(i, _)| i).collect(),
            end: text.len(),
        }
    }
    fn at(&self, index: usize) -> usize {
        self.bytes.get(index).copied().unwrap_or(self.end)
    }
    fn byte(&self, marker: &Marker) -> usize {
        self.at(marker.index())
    }
    fn after(&self, marker: &Marker) -> usize {
        self.at(marker.index().saturating_add(1))
    }
}

/// A collection that is still open.
struct Open {
    start: usize,
    anchor: usize,
    weight: usize,
    kind: Kind,
}

enum Kind {
    List(Vec<Arc<Node>>),
    Map {
        entries: Vec<Entry>,
        seen: HashSet<String>,
        key: Option<(String, Place)>,
    },
}

struct Builder {
    source: SourceId,
    offsets: Offsets,
    stack: Vec<Open>,
    anchors: HashMap<usize, Arc<Node>>,
    repeated: usize,
    root: Option<Arc<Node>>,
    problems: Vec<Diagnostic>,
}

impl Builder {
    fn place(&self, start: usize, end: usize) -> Place {
        Place {
            source: self.source,
            span: Span::new(start, end.max(start)),
        }
    }

    fn event(&mut self, event: Event<'_>, span: saphyr_parser::Span) -> Result<(), Diagnostic> {
        let start = self.offsets.byte(&span.start);
        let end = self.offsets.byte(&span.end);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let told = self.tag(tag.as_deref(), start, end)?;
                let plain = style == ScalarStyle::Plain && !told;
                self.scalar(text.into_owned(), plain, anchor, (start, end))
            }
            Event::Alias(anchor) => self.alias(anchor, start, end),
            Event::SequenceStart(anchor, tag) => {
                self.tag(tag.as_deref(), start, end)?;
                self.open(start, anchor, Kind::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                self.tag(tag.as_deref(), start, end)?;
                let kind = Kind::Map {
                    entries: Vec::new(),
                    seen: HashSet::new(),
                    key: None,
                };
                self.open(start, anchor, kind)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(end),
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(self.wrong(start, end, "a second document begins here"))
            }
            _ => Ok(()),
        }
    }

    /// Whether a tag says that a scalar is a text; tags of programs mean nothing here.
    fn tag(&self, tag: Option<&Tag>, start: usize, end: usize) -> Result<bool, Diagnostic> {
        match tag {
            None => Ok(false),
            Some(tag) if tag.is_yaml_core_schema() => Ok(tag.suffix == "str"),
            Some(_) => Err(self.wrong(start, end, "tags (`!…`) mean nothing here")),
        }
    }

    fn scalar(
        &mut self,
        text: String,
        plain: bool,
        anchor: usize,
        (start, end): (usize, usize),
    ) -> Result<(), Diagnostic> {
        let null = plain
            && matches!(&*text, "" | "~" | "null" | "Null" | "NULL")
            && (text.is_empty() || !self.awaits_key());
        let value = if null {
            Value::Null
        } else {
            Value::Scalar { text, plain }
        };
        let node = Node {
            place: self.place(start, end),
            value,
            weight: 1,
        };
        self.done(Arc::new(node), anchor)
    }

    /// The next node is a key: `null:` is a name there.
    fn awaits_key(&self) -> bool {
        matches!(
            self.stack.last().map(|open| &open.kind),
            Some(Kind::Map { key: None, .. })
        )
    }

    fn alias(&mut self, anchor: usize, start: usize, end: usize) -> Result<(), Diagnostic> {
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            return Err(self.wrong(start, end, "this alias stands inside what it names"));
        };
        self.repeated = self.repeated.saturating_add(node.weight);
        if self.repeated > REPEATED {
            return Err(self
                .wrong(start, end, "aliases repeat too much up to here")
                .note(format!(
                    "all aliases together may stand for {REPEATED} nodes"
                )));
        }
        self.done(node, 0)
    }

    fn wrong(&self, start: usize, end: usize, label: &str) -> Diagnostic {
        Diagnostic::error("D0600", "this YAML is not taken")
            .at(self.place(start, end))
            .label(label)
            .help("what is taken and what not: driftless explain D0600")
    }

    fn open(&mut self, start: usize, anchor: usize, kind: Kind) -> Result<(), Diagnostic> {
        if self.stack.len() >= DEPTH {
            return Err(self.wrong(start, start + 1, "this is nested too deeply"));
        }
        self.stack.push(Open {
            start,
            anchor,
            weight: 1,
            kind,
        });
        Ok(())
    }

    fn close(&mut self, end: usize) -> Result<(), Diagnostic> {
        let Some(open) = self.stack.pop() else {
            return Ok(());
        };
        let value = match open.kind {
            Kind::List(items) => Value::List(items),
            Kind::Map { entries, .. } => Value::Map(entries),
        };
        let node = Node {
            place: self.place(open.start, end),
            value,
            weight: open.weight,
        };
        self.done(Arc::new(node), open.anchor)
    }

    /// Gives a complete node to what is open around it.
    fn done(&mut self, node: Arc<Node>, anchor: usize) -> Result<(), Diagnostic> {
        if anchor != 0 {
            self.anchors.insert(anchor, Arc::clone(&node));
        }
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        open.weight = open.weight.saturating_add(node.weight);
        match &mut open.kind {
            Kind::List(items) => items.push(node),
            Kind::Map { entries, seen, key } => match key.take() {
                Some((key, key_place)) => entries.push(Entry {
                    key,
                    key_place,
                    value: node,
                }),
                None => {
                    let Value::Scalar { text, plain } = &node.value else {
                        let span = node.place.span;
                        return Err(self.wrong(span.start, span.end, "a key must be a name"));
                    };
                    if *plain && text == "<<" {
                        self.problems.push(merge(node.place));
                    } else if !seen.insert(text.clone()) {
                        self.problems.push(duplicate(text, node.place));
                    }
                    *key = Some((text.clone(), node.place));
                }
            },
        }
        Ok(())
    }
}

fn duplicate(key: &str, place: Place) -> Diagnostic {
    Diagnostic::error("D0603", format!("the key `{key}` is given twice"))
        .at(place)
        .label("stands further up already")
        .help("keep one of the two")
}

fn merge(place: Place) -> Diagnostic {
    Diagnostic::error("D0600", "merge keys (`<<`) are not taken")
        .at(place)
        .label("would mix another mapping into this one")
        .note("YAML 1.2 does not have them any more, and programs disagree on which value wins")
        .help("write the keys out, or name a whole value with an alias (`*name`)")
}

/// Whether the place of a scalar is that of its text, letter by letter: then an offset into one is an offset into the
/// other. Else the best start that can be told.
pub fn text_place(node: &Node, text: &str, source: &str) -> Place {
    let raw = node.place.span.of(source);
    let start = node.place.span.start;
    let first = text.lines().find(|l| !l.trim().is_empty()).unwrap_or(text);
    let body: Cow<str> = if raw.starts_with(['|', '>']) {
        raw.into()
    } else {
        raw.trim_end().into()
    };
    let from = body.find(first).unwrap_or(0);
    let at = if raw == text { 0 } else { from };
    Place {
        source: node.place.source,
        span: Span::new(start + at, start + raw.trim_end().len().max(at)),
    }
}
