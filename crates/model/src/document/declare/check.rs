//! Holds a tree against the vocabulary: every key known, every value of its kind, all mistakes in one run.

use crate::catalog::Dialect;
use crate::document::vocabulary::{Field, ROOT, Shape, What};
use driftless_sql::yaml::{Entry, Node, Value};
use driftless_sql::{Diagnostic, Place};

pub(super) fn check(root: &Node, dialect: Dialect) -> Vec<Diagnostic> {
    let mut check = Check {
        dialect,
        problems: Vec::new(),
    };
    let start = Place {
        span: driftless_sql::Span::new(root.place.span.start, root.place.span.start),
        ..root.place
    };
    check.shape(root, &ROOT, "the document", start, false);
    check.problems
}

struct Check {
    dialect: Dialect,
    problems: Vec<Diagnostic>,
}

impl Check {
    /// `at`: the key that the node stands behind.
    fn node(&mut self, node: &Node, what: What, title: &str, at: Place) {
        match what {
            What::Text | What::Name | What::Sql | What::Query => self.text(node, what, title),
            What::Flag => self.flag(node, title),
            What::Number => self.number(node, title),
            What::Words(words) => self.word(node, words, title),
            What::Texts => self.texts(node, title),
            What::Options => self.options(node, title),
            What::One(shape) => self.shape(node, shape, title, at, false),
            What::List(shape) => self.list(node, shape, title, at),
            What::Map(shape) => self.map(node, title, |check, entry| {
                check.shape(&entry.value, shape, &entry.key, entry.key_place, true);
            }),
            What::Names(shape) => match &node.value {
                Value::List(_) => self.texts(node, title),
                _ => self.node(node, What::Map(shape), title, at),
            },
            What::Many(shape) => match &node.value {
                Value::List(_) => self.list(node, shape, title, at),
                _ => self.node(node, What::Map(shape), title, at),
            },
            What::Overloads(shape) => self.map(node, title, |check, entry| {
                check.list(&entry.value, shape, &entry.key, entry.key_place);
            }),
            What::Grants(shape) => self.map(node, title, |check, entry| {
                check.list(&entry.value, shape, &entry.key, entry.key_place);
            }),
        }
    }

    fn list(&mut self, node: &Node, shape: &'static Shape, title: &str, at: Place) {
        match &node.value {
            Value::List(items) => {
                for item in items {
                    self.shape(item, shape, title, starts(item), false);
                }
            }
            _ => self.shape(node, shape, title, at, false),
        }
    }

    fn map(&mut self, node: &Node, title: &str, mut each: impl FnMut(&mut Check, &Entry)) {
        match &node.value {
            Value::Map(entries) => {
                for entry in entries {
                    if entry.key.is_empty() {
                        self.wrong(
                            entry.key_place,
                            title,
                            "a map of names",
                            "this one is empty",
                        );
                    }
                    each(self, entry);
                }
            }
            Value::Null => {}
            _ => self.other(node, title, "a map of names"),
        }
    }

    fn shape(&mut self, node: &Node, shape: &'static Shape, title: &str, at: Place, named: bool) {
        let short = match &node.value {
            Value::Map(entries) => return self.entries(entries, shape, title, at, named),
            Value::Null if shape.empty => return,
            Value::Null => None,
            Value::Scalar { .. } => shape.scalar,
            Value::List(_) => shape.list,
        };
        match short.and_then(|key| shape.field(key)) {
            Some(field) => self.node(node, field.what, title, at),
            None => {
                let mut forms = vec!["a map of keys"];
                forms.extend(shape.list.map(|_| "a list"));
                forms.extend(shape.scalar.map(|_| "a text"));
                self.other(node, title, &forms.join(" or "));
            }
        }
    }

    fn entries(
        &mut self,
        entries: &[Entry],
        shape: &'static Shape,
        title: &str,
        at: Place,
        named: bool,
    ) {
        for entry in entries {
            let Some(field) = shape.field(&entry.key) else {
                self.unknown(entry, shape, title);
                continue;
            };
            if named && field.key == "name" {
                self.problems.push(
                    Diagnostic::error("D0601", format!("`name` of `{title}` is said already"))
                        .at(entry.key_place)
                        .label("its key is its name")
                        .help("leave `name` out, or write a list of entries"),
                );
            } else if let (false, Some(engine)) = (self.knows(field), field.on.first()) {
                self.foreign(entry, *engine);
            } else {
                self.node(&entry.value, field.what, &entry.key, entry.key_place);
            }
        }
        for field in shape.all().filter(|f| f.must) {
            if !entries.iter().any(|e| e.key == field.key) {
                self.problems.push(
                    Diagnostic::error("D0602", format!("`{title}` has no `{}`", field.key))
                        .at(at)
                        .label(format!("`{}` is missing: {}", field.key, field.said))
                        .help(format!("add the key `{}`", field.key)),
                );
            }
        }
    }

    fn unknown(&mut self, entry: &Entry, shape: &'static Shape, title: &str) {
        let known: Vec<&str> = shape
            .all()
            .filter(|f| self.knows(f))
            .map(|f| f.key)
            .collect();
        let inside = if title == "the document" {
            String::new()
        } else {
            format!(" in `{title}`")
        };
        let d = Diagnostic::error("D0601", format!("unknown key `{}`{inside}", entry.key))
            .at(entry.key_place);
        self.problems.push(match nearest(&entry.key, &known) {
            Some(near) => d.help(format!("did you mean `{near}`?")),
            None => d.help(format!("known here are {}", known.join(", "))),
        });
    }

    fn knows(&self, field: &Field) -> bool {
        field.on.is_empty() || field.on.contains(&self.dialect)
    }

    fn foreign(&mut self, entry: &Entry, engine: Dialect) {
        let here = self.dialect.product();
        self.problems.push(
            Diagnostic::error("D0003", format!("{here} has no `{}`", entry.key))
                .at(entry.key_place)
                .label(format!("only {} has", engine.product()))
                .help("leave it out, or declare this object for the other engine alone"),
        );
    }

    fn text(&mut self, node: &Node, what: What, title: &str) {
        let shape = match what {
            What::Sql => "SQL text",
            What::Query => "a query",
            _ => "a text",
        };
        match &node.value {
            Value::Scalar { text, .. } if !text.trim().is_empty() || matches!(what, What::Text) => {
            }
            Value::Scalar { .. } => self.wrong(node.place, title, shape, "this is empty"),
            Value::Null => self.wrong(
                node.place,
                title,
                shape,
                "this is nothing; the word itself stands in quotes",
            ),
            _ => self.other(node, title, shape),
        }
    }

    fn texts(&mut self, node: &Node, title: &str) {
        match &node.value {
            Value::List(items) => {
                for item in items {
                    self.text(item, What::Text, title);
                }
            }
            Value::Scalar { .. } => self.text(node, What::Text, title),
            _ => self.other(node, title, "a list of texts"),
        }
    }

    fn options(&mut self, node: &Node, title: &str) {
        self.map(node, title, |check, entry| {
            check.text(&entry.value, What::Text, &entry.key);
        });
    }

    fn flag(&mut self, node: &Node, title: &str) {
        if flag(node).is_none() {
            self.other(node, title, "true or false");
        }
    }

    fn number(&mut self, node: &Node, title: &str) {
        if number(node).is_none() {
            self.other(node, title, "a whole number");
        }
    }

    fn word(&mut self, node: &Node, words: &[&str], title: &str) {
        let Value::Scalar { text, .. } = &node.value else {
            return self.other(node, title, &words.join(", "));
        };
        if words.iter().any(|w| w.eq_ignore_ascii_case(text)) {
            return;
        }
        let d = Diagnostic::error("D0602", format!("`{title}` cannot be `{text}`")).at(node.place);
        self.problems.push(match nearest(text, words) {
            Some(near) => d.help(format!("did you mean `{near}`?")),
            None => d.help(format!("it is one of {}", words.join(", "))),
        });
    }

    fn other(&mut self, node: &Node, title: &str, shape: &str) {
        let label = match &node.value {
            Value::Scalar { text, plain: true } => format!("this is `{text}`"),
            Value::Scalar { .. } => "this is a quoted text".to_owned(),
            other => format!("this is {}", other.kind()),
        };
        self.wrong(starts(node), title, shape, &label);
    }

    fn wrong(&mut self, place: Place, title: &str, shape: &str, label: &str) {
        let message =
            format!("`{title}` must be {shape}").replace("`the document`", "the document");
        self.problems.push(
            Diagnostic::error("D0602", message)
                .at(place)
                .label(label)
                .help("the keys and their shapes: driftless explain D0602"),
        );
    }
}

/// Where a node begins: a collection of many lines is no place for a caret.
fn starts(node: &Node) -> Place {
    match node.value {
        Value::List(_) | Value::Map(_) => Place {
            span: driftless_sql::Span::new(node.place.span.start, node.place.span.start + 1),
            ..node.place
        },
        _ => node.place,
    }
}

/// A bool by YAML's own rules; a quoted one is a text.
pub(super) fn flag(node: &Node) -> Option<bool> {
    match &node.value {
        Value::Scalar { text, plain: true } => serde_yaml::from_str(text).ok(),
        _ => None,
    }
}

/// A whole number by YAML's own rules; a quoted one is a text.
pub(super) fn number(node: &Node) -> Option<i64> {
    match &node.value {
        Value::Scalar { text, plain: true } => serde_yaml::from_str(text).ok(),
        _ => None,
    }
}

/// The known word that was probably meant.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let limit = (wanted.chars().count() / 3).max(1);
    known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&wanted, candidate), *candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}
