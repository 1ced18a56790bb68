//! YAML as a tree in which every key and value knows its place.
//!
//! Neighbours: `decode` reads it. Invariant: spans are byte offsets of the text given; the tree is never deeper than
//! [`DEPTH`], and an alias shares its node, so no input makes it larger than itself.

use std::collections::HashMap;
use std::sync::Arc;

use driftless_sql::{Diagnostic, Place, SourceId, Span};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

const DEPTH: usize = 32;

#[derive(Debug, Clone)]
pub struct Node {
    pub place: Place,
    pub value: Value,
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

/// The only document of a text (an empty one is null), and all keys that stand twice.
pub fn parse(text: &str, source: SourceId) -> Result<(Arc<Node>, Vec<Diagnostic>), Diagnostic> {
    let mut builder = Builder {
        source,
        offsets: Offsets::of(text),
        stack: Vec::new(),
        anchors: HashMap::new(),
        root: None,
        duplicates: Vec::new(),
    };
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => builder.event(event, span)?,
            Err(error) => {
                let at = builder.offsets.byte(error.marker());
                return Err(Diagnostic::error("D0600", "this is not valid YAML")
                    .at(builder.place(at, at + 1))
                    .label(error.info().to_string())
                    .help("check the indentation, and quote values that hold `: ` or begin with a special character"));
            }
        }
    }
    let empty = Node {
        place: builder.place(0, 0),
        value: Value::Null,
    };
    Ok((
        builder.root.unwrap_or_else(|| Arc::new(empty)),
        builder.duplicates,
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
    fn byte(&self, marker: &Marker) -> usize {
        self.bytes.get(marker.index()).copied().unwrap_or(self.end)
    }
}

/// A collection that is still open.
struct Open {
    start: usize,
    anchor: usize,
    kind: Kind,
}

enum Kind {
    List(Vec<Arc<Node>>),
    Map {
        entries: Vec<Entry>,
        key: Option<(String, Place)>,
    },
}

struct Builder {
    source: SourceId,
    offsets: Offsets,
    stack: Vec<Open>,
    anchors: HashMap<usize, Arc<Node>>,
    root: Option<Arc<Node>>,
    duplicates: Vec<Diagnostic>,
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
            Event::Scalar(text, style, anchor, _) => {
                let plain = style == ScalarStyle::Plain;
                let null = plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let value = if null {
                    Value::Null
                } else {
                    Value::Scalar {
                        text: text.into_owned(),
                        plain,
                    }
                };
                let place = self.place(start, end);
                self.done(Arc::new(Node { place, value }), anchor)
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(node) => self.done(node, 0),
                None => Err(self.wrong(start, end, "this alias stands inside what it names")),
            },
            Event::SequenceStart(anchor, _) => self.open(start, anchor, Kind::List(Vec::new())),
            Event::MappingStart(anchor, _) => {
                let kind = Kind::Map {
                    entries: Vec::new(),
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

    fn wrong(&self, start: usize, end: usize, label: &str) -> Diagnostic {
        Diagnostic::error("D0600", "this YAML cannot be a configuration")
            .at(self.place(start, end))
            .label(label)
            .help("the keys and their shapes: driftless explain D0601")
    }

    fn open(&mut self, start: usize, anchor: usize, kind: Kind) -> Result<(), Diagnostic> {
        if self.stack.len() >= DEPTH {
            return Err(self.wrong(start, start + 1, "this is nested too deeply"));
        }
        self.stack.push(Open {
            start,
            anchor,
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
        let place = self.place(open.start, end);
        self.done(Arc::new(Node { place, value }), open.anchor)
    }

    /// Gives a complete node to what is open around it.
    fn done(&mut self, node: Arc<Node>, anchor: usize) -> Result<(), Diagnostic> {
        if anchor != 0 {
            self.anchors.insert(anchor, Arc::clone(&node));
        }
        match self.stack.last_mut().map(|open| &mut open.kind) {
            None => self.root = Some(node),
            Some(Kind::List(items)) => items.push(node),
            Some(Kind::Map { entries, key }) => match key.take() {
                Some((key, key_place)) => entries.push(Entry {
                    key,
                    key_place,
                    value: node,
                }),
                None => {
                    let Value::Scalar { text, .. } = &node.value else {
                        let span = node.place.span;
                        return Err(self.wrong(span.start, span.end, "a key must be a name"));
                    };
                    if entries.iter().any(|entry| entry.key == *text) {
                        self.duplicates.push(duplicate(text, node.place));
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
