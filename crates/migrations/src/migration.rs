//! The inside of a migration file: head, directives, segments, numbered steps; and its printing.
//!
//! Neighbours: `parse` reads it, `write` makes it of a plan, the runtime runs its segments. The file is the engine's
//! own SQL: what frames a transaction (`BEGIN`, SQLite's foreign key check) stands in it, so that a client that runs it
//! is as safe as driftless; a runner takes the frame from here, to commit its own row inside. Invariant: what is
//! printed reads back the same.

use crate::header::{Header, Spot};
use driftless_sql::{Diagnostic, SourceId, Syntax, lex, read_script};

/// What commits together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// One transaction for all steps.
    #[default]
    Transaction,
    /// Outside of any.
    None,
    /// One transaction for each step.
    PerStatement,
}

impl Mode {
    pub fn word(self) -> &'static str {
        match self {
            Mode::Transaction => "",
            Mode::None => "none",
            Mode::PerStatement => "per-statement",
        }
    }
}

/// `-- driftless:allow CODE OBJECT`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    pub code: String,
    /// `None`: for every object.
    pub object: Option<String>,
    pub at: Spot,
}

/// `-- driftless:assert SQL`: a query whose first value must be true, or nothing behind it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assert {
    pub sql: String,
    pub at: Spot,
}

/// `-- driftless:touches OBJECT`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    pub object: String,
    pub at: Spot,
}

/// `2/3 add column orders.status  [tx 1 · ACCESS EXCLUSIVE · instant]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub number: usize,
    pub total: usize,
    pub title: String,
    pub notes: String,
    pub at: Spot,
}

impl Mark {
    pub fn line(&self) -> String {
        format!(
            "{}/{} {}  [{}]",
            self.number, self.total, self.title, self.notes
        )
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// They run before it.
    pub asserts: Vec<Assert>,
    pub touches: Vec<Touch>,
    pub mark: Option<Mark>,
    pub because: Option<String>,
    /// Without the semicolon.
    pub text: String,
    /// The rows behind `COPY … FROM stdin`.
    pub data: Option<String>,
    /// The statement from its first token to its last.
    pub at: Spot,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Segment {
    pub mode: Mode,
    /// The frame of its transaction as the file has it; empty: the dialect's own.
    pub begin: Vec<String>,
    pub commit: Vec<String>,
    pub steps: Vec<Step>,
    /// They run behind the last step, before the commit.
    pub asserts: Vec<Assert>,
    pub at: Spot,
}

impl Segment {
    pub(crate) fn is_untouched(&self) -> bool {
        self.steps.is_empty() && self.begin.is_empty() && self.asserts.is_empty()
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Migration {
    pub header: Option<Header>,
    pub allows: Vec<Allow>,
    /// The frame of the whole.
    pub head: Vec<String>,
    pub segments: Vec<Segment>,
    pub tail: Vec<String>,
}

impl Migration {
    /// Reads a text (without a byte order mark); what is wrong is told with its place.
    pub fn parse(text: &str, syntax: Syntax, source: SourceId) -> (Migration, Vec<Diagnostic>) {
        let script = read_script(text, syntax, source);
        crate::parse::parse(text, source, &script)
    }

    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.segments.iter().flat_map(|s| &s.steps)
    }

    pub(crate) fn steps_mut(&mut self) -> impl Iterator<Item = &mut Step> {
        self.segments.iter_mut().flat_map(|s| &mut s.steps)
    }

    /// Whether the loss was allowed in the file.
    pub fn allows(&self, code: &str, object: &str) -> bool {
        self.allows.iter().any(|a| {
            a.code == code
                && a.object
                    .as_deref()
                    .is_none_or(|o| o == crate::line::one_line(object))
        })
    }

    pub fn print(&self, syntax: Syntax) -> String {
        let mut out = String::new();
        if let Some(header) = &self.header {
            out.push_str(&header.print());
        }
        if !self.allows.is_empty() {
            out.push('\n');
        }
        for allow in &self.allows {
            let object = allow.object.as_deref().unwrap_or("");
            let line = format!("-- driftless:allow {} {object}", allow.code);
            out.push_str(line.trim_end());
            out.push('\n');
        }
        if !self.head.is_empty() {
            out.push_str("\n-- driftless:frame head\n");
            statements(&mut out, &self.head, syntax);
        }
        for (at, segment) in self.segments.iter().enumerate() {
            let headed = at == 0 && !self.head.is_empty();
            segment_text(&mut out, segment, at, headed, syntax);
        }
        if !self.tail.is_empty() {
            out.push_str("\n-- driftless:frame tail\n");
            statements(&mut out, &self.tail, syntax);
        }
        out
    }
}

fn segment_text(out: &mut String, segment: &Segment, at: usize, headed: bool, syntax: Syntax) {
    if at > 0 || segment.mode != Mode::Transaction {
        let line = format!("\n-- driftless:tx {}", segment.mode.word());
        out.push_str(line.trim_end());
        out.push('\n');
    }
    frame(out, &segment.begin, "begin", headed, syntax);
    for step in &segment.steps {
        step_text(out, step, syntax);
    }
    asserts(out, &segment.asserts, true);
    frame(out, &segment.commit, "commit", false, syntax);
}

/// A lone BEGIN or COMMIT speaks for itself; more than that is marked.
fn frame(out: &mut String, texts: &[String], word: &str, marked: bool, syntax: Syntax) {
    if texts.is_empty() {
        return;
    }
    out.push('\n');
    if marked || texts.len() > 1 {
        out.push_str(&format!("-- driftless:frame {word}\n"));
    }
    statements(out, texts, syntax);
}

fn step_text(out: &mut String, step: &Step, syntax: Syntax) {
    out.push('\n');
    asserts(out, &step.asserts, false);
    for touch in &step.touches {
        out.push_str(&format!("-- driftless:touches {}\n", touch.object));
    }
    if let Some(mark) = &step.mark {
        out.push_str(&format!("-- {}\n", mark.line()));
    }
    if let Some(because) = &step.because {
        out.push_str(&format!("-- because {because}\n"));
    }
    out.push_str(&terminated(&step.text, syntax));
    if let Some(data) = &step.data {
        out.push_str(data);
        out.push_str("\\.\n");
    }
}

fn asserts(out: &mut String, asserts: &[Assert], apart: bool) {
    if apart && !asserts.is_empty() {
        out.push('\n');
    }
    for assert in asserts {
        let line = match assert.sql.contains('\n') {
            true => format!("/* driftless:assert {} */\n", assert.sql),
            false => format!("-- driftless:assert {}\n", assert.sql),
        };
        out.push_str(&line);
    }
}

fn statements(out: &mut String, texts: &[String], syntax: Syntax) {
    for text in texts {
        out.push_str(&terminated(text, syntax));
    }
}

/// The statement with its semicolon, which a comment at the end must not swallow.
pub fn terminated(text: &str, syntax: Syntax) -> String {
    let last = text.lines().next_back().unwrap_or_default();
    let open = last.contains("--") && {
        let (_, comments, _) = lex(text, syntax, SourceId(0));
        let end = text.trim_end().len();
        comments.last().is_some_and(|c| c.line && c.span.end >= end)
    };
    let gap = if open { "\n" } else { "" };
    format!("{text}{gap};\n")
}
