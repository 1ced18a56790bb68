//! Diagnostics as people read them: rustc's look, by `annotate-snippets`.
//!
//! Neighbours: `Diagnostic` and `Sources` of crate `sql`. Invariant: the work per diagnostic is bounded by the lines it
//! points at, never by the size of the file, and nothing that a file holds reaches a terminal as a control sequence.

use std::collections::HashMap;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use driftless_sql::{Diagnostic, Severity, Source, SourceId, Sources, Span};

/// A span of more lines than this shows only its first ones.
const LINES: usize = 6;
/// A line of more bytes than this is cut to the part around the span.
const LINE_BYTES: usize = 400;
/// What is kept before and behind the span's start where a line is cut.
const AROUND: usize = 120;

/// All diagnostics, one below the other, and their count where there are several.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut lines = HashMap::new();
    let mut out = String::new();
    for diagnostic in diagnostics {
        let excerpt = diagnostic.place.and_then(|place| {
            let source = sources.get(place.source)?;
            let starts = lines
                .entry(place.source)
                .or_insert_with_key(|_: &SourceId| line_starts(&source.text));
            Some(Excerpt::cut(source, starts, place.span))
        });
        out.push_str(&one(diagnostic, excerpt.as_ref(), &renderer));
        out.push_str("\n\n");
    }
    out.pop();
    if diagnostics.len() > 1 {
        out.push('\n');
        out.push_str(&count(diagnostics));
        out.push('\n');
    }
    out
}

/// `3 errors, 1 warning`
fn count(diagnostics: &[Diagnostic]) -> String {
    [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Note, "note"),
    ]
    .iter()
    .filter_map(|(severity, word)| {
        let n = diagnostics
            .iter()
            .filter(|d| d.severity == *severity)
            .count();
        (n > 0).then(|| format!("{n} {word}{}", if n == 1 { "" } else { "s" }))
    })
    .collect::<Vec<_>>()
    .join(", ")
}

fn one(diagnostic: &Diagnostic, excerpt: Option<&Excerpt>, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let message = clean(&diagnostic.message);
    let title = level.primary_title(message.as_str()).id(diagnostic.code);
    let label = clean(&diagnostic.label);
    let mut group = Group::with_title(title);
    if let Some(excerpt) = excerpt {
        group = group.elements(excerpt.elements(&label));
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(clean(note)));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(clean(help)));
    }
    renderer.render(&[group])
}

/// Control characters could move a terminal's cursor or change its colours; line breaks and tabs may stay.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && c != '\n' && c != '\t' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// The lines of a source that a diagnostic shows.
struct Excerpt<'a> {
    name: &'a str,
    text: String,
    span: std::ops::Range<usize>,
    line: usize,
    /// The true column, where the line was cut and the renderer would count a wrong one.
    cut_column: Option<usize>,
}

impl<'a> Excerpt<'a> {
    fn cut(source: &'a Source, starts: &[usize], span: Span) -> Excerpt<'a> {
        let text = &*source.text;
        let start = floor(text, span.start);
        let end = floor(text, span.end.max(span.start));
        let first = line_of(starts, start);
        let last = line_of(starts, end.max(start + 1) - 1).min(first + LINES - 1);
        let from = starts.get(first).copied().unwrap_or(0);
        let to = starts.get(last + 1).map_or(text.len(), |next| next - 1);
        if to - from > LINE_BYTES * (last - first + 1) {
            return Self::cut_line(source, starts, first, start..end);
        }
        Excerpt {
            name: &source.name,
            text: text[from..to].trim_end_matches('\r').to_string(),
            span: start - from..end.min(to) - from,
            line: first + 1,
            cut_column: None,
        }
    }

    /// One very long line: only what is around the start of the span.
    fn cut_line(
        source: &'a Source,
        starts: &[usize],
        line: usize,
        span: std::ops::Range<usize>,
    ) -> Excerpt<'a> {
        let text = &*source.text;
        let line_start = starts.get(line).copied().unwrap_or(0);
        let line_end = starts.get(line + 1).map_or(text.len(), |next| next - 1);
        let from = floor(text, span.start.saturating_sub(AROUND).max(line_start));
        let to = floor(text, (span.start + AROUND).min(line_end));
        let before = if from > line_start { "…" } else { "" };
        let behind = if to < line_end { "…" } else { "" };
        let start = span.start - from + before.len();
        let end = span.end.min(to).max(span.start) - from + before.len();
        Excerpt {
            name: &source.name,
            text: format!("{before}{}{behind}", &text[from..to]),
            span: start..end,
            line: line + 1,
            cut_column: Some(text[line_start..span.start].chars().count() + 1),
        }
    }

    fn elements<'b>(&'b self, label: &'b str) -> Vec<Element<'b>> {
        let annotation = AnnotationKind::Primary.span(self.span.clone());
        let annotation = if label.is_empty() {
            annotation
        } else {
            annotation.label(label)
        };
        let snippet = Snippet::source(self.text.as_str())
            .line_start(self.line)
            .fold(true)
            .annotation(annotation);
        match self.cut_column {
            None => vec![snippet.path(self.name).into()],
            Some(column) => vec![
                Origin::path(self.name)
                    .line(self.line)
                    .char_column(column)
                    .into(),
                snippet.into(),
            ],
        }
    }
}

/// The nearest character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0)
        .chain(text.match_indices('\n').map(|(i, _)| i + 1))
        .collect()
}

fn line_of(starts: &[usize], at: usize) -> usize {
    starts.partition_point(|start| *start <= at).max(1) - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use driftless_sql::Place;

    fn shown(name: &str, text: &str, find: &str, diagnostic: Diagnostic) -> String {
        let mut sources = Sources::default();
        let source = sources.add(name, text);
        let start = text.find(find).unwrap_or(text.len());
        let span = Span::new(start, start + find.len());
        render(&[diagnostic.at(Place { source, span })], &sources, false)
    }

    #[test]
    fn the_look() {
        let text = "CREATE TABLE orders (\n  id int,\n  note text,\n  total numeric(8,2),\n);\n";
        let d = Diagnostic::error("D0203", "narrowing `orders.total` rewrites the table")
            .label("is numeric(12,2) in postgres://app@db/shop")
            .note("ACCESS EXCLUSIVE on `orders` for a full rewrite")
            .help("allow it with --allow D0203:orders.total, or keep the wider type");
        assert_eq!(
            shown("schema/orders.sql", text, "total", d),
            "\
error[D0203]: narrowing `orders.total` rewrites the table
 --> schema/orders.sql:4:3
  |
4 |   total numeric(8,2),
  |   ^^^^^ is numeric(12,2) in postgres://app@db/shop
  |
  = note: ACCESS EXCLUSIVE on `orders` for a full rewrite
  = help: allow it with --allow D0203:orders.total, or keep the wider type
"
        );
    }

    #[test]
    fn without_a_place_and_counted() {
        let list = [
            Diagnostic::error("D0106", "no file `a.sql`").help("name a file"),
            Diagnostic::warning("D0107", "odd"),
            Diagnostic::error("D0106", "no\u{1b}[31m file"),
        ];
        assert_eq!(
            render(&list, &Sources::default(), false),
            "\
error[D0106]: no file `a.sql`
 |
 = help: name a file

warning[D0107]: odd

error[D0106]: no\u{fffd}[31m file

2 errors, 1 warning
"
        );
    }

    #[test]
    fn a_very_long_line_is_cut_and_keeps_its_column() {
        let text = format!("\n{} HERE {}", "x".repeat(3_000_000), "y".repeat(3_000_000));
        let out = shown("long.sql", &text, "HERE", Diagnostic::error("D0101", "bad"));
        assert!(out.len() < 1500, "{out}");
        assert!(out.contains("long.sql:2:3000002"), "{out}");
        assert!(out.contains("^^^^"), "{out}");
    }

    #[test]
    fn the_end_of_a_file_and_spans_over_lines() {
        let out = shown("e.sql", "a\n", "zzz", Diagnostic::error("D0101", "ended"));
        assert!(out.contains("e.sql:2:1"), "{out}");
        let text = "first\nsecond\r\nthird\n".repeat(9);
        let out = shown("m.sql", &text, &text, Diagnostic::error("D0101", "all"));
        assert!(out.contains("m.sql:1:1"), "{out}");
        assert!(out.lines().count() < 15, "{out}");
        let out = shown("empty.sql", "", "x", Diagnostic::error("D0101", "nothing"));
        assert!(out.contains("empty.sql:1:1"), "{out}");
    }
}
