//! A migration's text → its parts, with the place of everything that is wrong.
//!
//! Invariant: every statement is in exactly one place of the result: a step, a frame, or (a line for the client) none;
//! a directive that is not understood is an error, never a comment.

use crate::header::{BACK, Direction, Header, Spot, UP};
use crate::migration::{Assert, Mark, Migration, Mode, Segment, Step, Touch};
use crate::word::{Control, allow, control, mark};
use driftless_sql::{
    Comment, Diagnostic, Directive, Place, RawStatement, Script, SourceId, Span, StatementKind,
    directives,
};

/// Which frame the statements at hand belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Framing {
    Head,
    Begin,
    Commit,
    Tail,
}

struct Parser<'a> {
    text: &'a str,
    source: SourceId,
    out: Migration,
    problems: Vec<Diagnostic>,
    /// What waits for the next statement.
    next: Step,
    framing: Option<Framing>,
    /// The head's lines may still go on.
    heading: bool,
    /// A COMMIT ended the segment at hand.
    closed: bool,
}

pub(crate) fn parse(text: &str, source: SourceId, script: &Script) -> (Migration, Vec<Diagnostic>) {
    let mut parser = Parser {
        text,
        source,
        out: Migration {
            segments: vec![Segment::default()],
            ..Migration::default()
        },
        problems: script.problems.clone(),
        next: Step::default(),
        framing: None,
        heading: false,
        closed: false,
    };
    for statement in &script.statements {
        let span = statement.span;
        let (before, rest): (Vec<&Comment>, Vec<&Comment>) = statement
            .comments
            .iter()
            .partition(|c| c.span.start < span.start);
        before.iter().for_each(|c| parser.comment(c));
        let (inside, behind): (Vec<&Comment>, Vec<&Comment>) =
            rest.into_iter().partition(|c| c.span.start < span.end);
        inside.iter().for_each(|c| parser.inside(c));
        parser.statement(statement, &behind);
        behind.iter().for_each(|c| parser.behind(c));
    }
    script.tail.iter().for_each(|c| parser.comment(c));
    parser.finish()
}

impl Parser<'_> {
    fn place(&self, span: Span) -> Place {
        Place {
            source: self.source,
            span,
        }
    }

    fn segment(&mut self) -> &mut Segment {
        if self.out.segments.is_empty() {
            self.out.segments.push(Segment::default());
        }
        let last = self.out.segments.len() - 1;
        &mut self.out.segments[last]
    }

    fn comment(&mut self, comment: &Comment) {
        if let Some(directive) = directives(std::slice::from_ref(comment), self.text).pop() {
            self.heading = false;
            self.directive(&directive);
            return;
        }
        let Some(text) = comment.span.of(self.text).strip_prefix("--") else {
            self.heading = false;
            return;
        };
        let text = text.trim();
        if self.heading
            && let Some(header) = &mut self.out.header
            && header.take(text, comment.span)
        {
            return;
        }
        if let Some(mark) = mark(text, comment.span) {
            self.framing = None;
            self.next.mark = Some(mark);
        } else if let Some(why) = text.strip_prefix("because ")
            && self.next.mark.is_some()
        {
            self.next.because = Some(why.trim().to_string());
        }
    }

    /// A comment between the first and the last token of a statement.
    fn inside(&mut self, comment: &Comment) {
        for d in directives(std::slice::from_ref(comment), self.text) {
            if d.key == "touches" {
                self.directive(&d);
            } else {
                self.wrong(&d, "stands inside of a statement", "put it on a line above");
            }
        }
    }

    /// A comment behind a statement on its last line: what is said of a statement belongs to that one.
    fn behind(&mut self, comment: &Comment) {
        let found = directives(std::slice::from_ref(comment), self.text).pop();
        match (
            found.filter(|d| d.key == "touches" && !d.value.is_empty()),
            self.segment().steps.last_mut(),
        ) {
            (Some(d), Some(step)) => step.touches.push(Touch {
                object: d.value,
                at: Spot(d.span),
            }),
            _ => self.comment(comment),
        }
    }

    fn directive(&mut self, d: &Directive) {
        let at = Spot(d.span);
        match d.key.as_str() {
            UP => self.open(Direction::Up, d),
            BACK => self.open(Direction::Down, d),
            "tx" => self.cut(d),
            "frame" => self.frame(d),
            "allow" => match allow(d) {
                Some(allow) => self.out.allows.push(allow),
                None => self.wrong(d, "takes a code", "write `-- driftless:allow CODE OBJECT`"),
            },
            "assert" if !d.value.is_empty() => {
                self.framing = None;
                self.next.asserts.push(Assert {
                    sql: d.value.clone(),
                    at,
                });
            }
            "touches" if !d.value.is_empty() => self.next.touches.push(Touch {
                object: d.value.clone(),
                at,
            }),
            "assert" => self.wrong(d, "takes a query", "write `-- driftless:assert SELECT …`"),
            "touches" => self.wrong(
                d,
                "takes an object",
                "write `-- driftless:touches OBJECT`, or `nothing`",
            ),
            _ => self.wrong(
                d,
                "is no directive of a migration",
                "known are migration, down, tx, allow, assert, touches and frame",
            ),
        }
    }

    fn wrong(&mut self, d: &Directive, what: &str, help: &str) {
        self.problems.push(
            Diagnostic::error("D0709", format!("`driftless:{}` {what}", d.key))
                .at(self.place(d.span))
                .help(help),
        );
    }

    fn open(&mut self, direction: Direction, d: &Directive) {
        let first = self.out.header.is_none()
            && self.out.allows.is_empty()
            && self.segment().is_untouched();
        if !first {
            self.wrong(
                d,
                "stands once, at the head of the file",
                "remove the second head",
            );
            return;
        }
        match Header::open(direction, &d.value, d.span) {
            Some(header) => {
                self.out.header = Some(header);
                self.heading = true;
            }
            None => {
                let help = format!("write `-- driftless:{} VERSION NAME`", d.key);
                self.wrong(d, "takes a version and a name", &help);
            }
        }
    }

    fn cut(&mut self, d: &Directive) {
        let mode = match d.value.as_str() {
            "" => Mode::Transaction,
            "none" => Mode::None,
            "per-statement" => Mode::PerStatement,
            _ => {
                return self.wrong(
                    d,
                    "takes `none`, `per-statement` or nothing",
                    "without a word it starts a new transaction",
                );
            }
        };
        self.framing = None;
        self.closed = false;
        self.close_asserts();
        if !self.segment().is_untouched() {
            self.out.segments.push(Segment::default());
        }
        let segment = self.segment();
        segment.mode = mode;
        segment.at = Spot(d.span);
    }

    /// Asserts that no step follows run at the segment's end.
    fn close_asserts(&mut self) {
        let asserts = std::mem::take(&mut self.next.asserts);
        self.segment().asserts.extend(asserts);
    }

    fn frame(&mut self, d: &Directive) {
        let framing = match d.value.as_str() {
            "head" => Framing::Head,
            "begin" => Framing::Begin,
            "commit" => Framing::Commit,
            "tail" => Framing::Tail,
            _ => {
                return self.wrong(
                    d,
                    "takes `head`, `begin`, `commit` or `tail`",
                    "frames are written by driftless: take the line out",
                );
            }
        };
        if framing == Framing::Commit {
            self.close_asserts();
        }
        self.framing = Some(framing);
    }

    fn statement(&mut self, statement: &RawStatement, behind: &[&Comment]) {
        self.heading = false;
        if statement.kind == StatementKind::Meta {
            return;
        }
        let text = self.text_of(statement, behind);
        if let Some(framing) = self.framing {
            let into = match framing {
                Framing::Head => &mut self.out.head,
                Framing::Tail => &mut self.out.tail,
                Framing::Begin => &mut self.segment().begin,
                Framing::Commit => &mut self.segment().commit,
            };
            into.push(text);
            self.closed |= framing == Framing::Commit;
            return;
        }
        match control(statement, self.text) {
            Some(Control::Begin) if self.may_begin() => {
                self.segment().begin.push(text);
                return;
            }
            Some(Control::Commit) if self.may_commit() => {
                self.close_asserts();
                self.segment().commit.push(text);
                self.closed = true;
                return;
            }
            Some(_) => return self.misplaced(statement.span),
            None if self.closed => return self.misplaced(statement.span),
            None => {}
        }
        let mut step = std::mem::take(&mut self.next);
        step.text = text;
        step.at = Spot(statement.span);
        step.data = statement.data.map(|d| d.of(self.text).to_string());
        self.segment().steps.push(step);
    }

    fn may_begin(&mut self) -> bool {
        let segment = self.segment();
        segment.mode == Mode::Transaction && segment.is_untouched()
    }

    fn may_commit(&mut self) -> bool {
        !self.closed && !self.segment().begin.is_empty()
    }

    fn misplaced(&mut self, span: Span) {
        let behind = self.closed;
        let what = match behind {
            true => "a statement stands behind the COMMIT of its transaction",
            false => "a migration does not steer its own transactions",
        };
        self.problems.push(
            Diagnostic::error("D0718", what)
                .at(self.place(span))
                .note("a migration and its row of the history commit together")
                .help("start a new transaction with `-- driftless:tx`, or leave them with `-- driftless:tx none`"),
        );
    }

    /// From the first token to the last, with a comment that stands before the semicolon.
    fn text_of(&self, statement: &RawStatement, behind: &[&Comment]) -> String {
        let mut end = statement.span.end;
        for comment in behind {
            let gap = Span::new(end, comment.span.start).of(self.text);
            if !gap.trim().is_empty() {
                break;
            }
            // A comment that the text ends with and no semicolon follows is none of the statement.
            let rest = self.text.get(comment.span.end..).unwrap_or("");
            if !rest.contains(';') {
                break;
            }
            end = comment.span.end;
        }
        Span::new(statement.span.start, end)
            .of(self.text)
            .trim_end()
            .to_string()
    }

    fn finish(mut self) -> (Migration, Vec<Diagnostic>) {
        self.close_asserts();
        self.out
            .segments
            .retain(|s| !s.is_untouched() || !s.commit.is_empty());
        let waiting = [
            self.next.mark.take().map(|m| m.at.0),
            self.next.touches.first().map(|t| t.at.0),
        ];
        for span in waiting.into_iter().flatten() {
            self.truncated("a step is announced here and does not follow", span);
        }
        let open = self
            .out
            .segments
            .iter()
            .find(|s| !s.begin.is_empty() && s.commit.is_empty())
            .and_then(|s| s.steps.last())
            .map(|s| s.at.0);
        if let Some(span) = open {
            self.truncated("the transaction is never committed", span);
        }
        self.count();
        (self.out, self.problems)
    }

    /// Numbered steps are all there, in their order.
    fn count(&mut self) {
        let marks: Vec<Option<Mark>> = self.out.steps().map(|s| s.mark.clone()).collect();
        let total = marks.iter().flatten().map(|m| m.total).max().unwrap_or(0);
        for (at, mark) in marks.iter().enumerate() {
            if let Some(mark) = mark
                && (mark.number != at + 1 || mark.total != total)
            {
                let what = format!("step {}/{} is the step {}", mark.number, mark.total, at + 1);
                return self.truncated(&what, mark.at.0);
            }
        }
        if total > marks.len() {
            let last = marks.iter().flatten().next_back().map(|m| m.at.0);
            let what = format!("{} of {total} steps are there", marks.len());
            self.truncated(&what, last.unwrap_or_default());
        }
    }

    fn truncated(&mut self, what: &str, span: Span) {
        self.problems.push(
            Diagnostic::error("D0710", format!("the migration is not whole: {what}"))
                .at(self.place(span))
                .help("restore the file from git; a migration that you edit by hand carries no step numbers"),
        );
    }
}
