//! Desired state from texts: statements in any order of statements and files.
//!
//! Neighbours: `declared` brings documents in YAML, `missing` tells what never came. Statements that are ready run in
//! file order; those that miss something wait until another brings it. Invariant: every mistake is reported with its
//! place, several in one run; nothing is left out without a word.

mod declared;
mod missing;

use crate::action::{Action, Session};
use crate::apply::{apply, is_about_given, located, settle_all};
use crate::dialect::{Dialect, Parsed};
use crate::moment::{Fault, Moment};
use driftless_model::{Catalog, Hints, Name, Part, Server, SqlText};
use driftless_sql::modes::plain;
use driftless_sql::{
    Diagnostic, Directive, Place, Problems, SourceId, Sources, Span, StatementKind, Statements,
    Syntax, TokenKind, directives, lex, token_name,
};

/// What texts declare.
#[derive(Debug)]
pub struct Desired {
    pub catalog: Catalog,
    pub hints: Hints,
    /// How many statements were no declarations, by reason.
    pub ignored: Vec<(&'static str, usize)>,
    pub warnings: Vec<Diagnostic>,
}

struct Waiting {
    action: Action,
    path: driftless_model::SearchPath,
    place: Place,
}

struct Reader<'a> {
    dialect: &'a dyn Dialect,
    sources: &'a Sources,
    server: Server,
    moment: Moment,
    waiting: Vec<Waiting>,
    /// Behind all of them.
    last: Vec<Waiting>,
    hints: Vec<(Part, driftless_model::SearchPath, Directive, Place)>,
    problems: Vec<Diagnostic>,
    /// Texts of statements that failed: what they would have declared is not reported missing again.
    failed: Vec<String>,
    ignored: Vec<(&'static str, usize)>,
    /// What documents in YAML speak of: their statements have no tokens to look into.
    mentions: declared::Mentions,
}

/// Reads the sources, in their order, onto what a new database holds.
pub fn read_desired(
    dialect: &dyn Dialect,
    sources: &Sources,
    ids: &[SourceId],
    server: Server,
) -> Result<Desired, Problems> {
    let mut reader = Reader {
        dialect,
        sources,
        server,
        moment: Moment::new(dialect.empty(server), dialect.path()),
        waiting: Vec::new(),
        last: Vec::new(),
        hints: Vec::new(),
        problems: Vec::new(),
        failed: Vec::new(),
        ignored: Vec::new(),
        mentions: declared::Mentions::new(),
    };
    reader.moment.together = true;
    for id in ids {
        if let Some(source) = sources.get(*id) {
            reader.moment.path = dialect.path();
            if source.is_yaml() {
                reader.document(&source.text.clone(), *id);
            } else {
                reader.file(&source.text.clone(), *id);
            }
        }
    }
    reader.finish()
}

impl Reader<'_> {
    fn file(&mut self, text: &str, source: SourceId) {
        match plain(text, "", self.dialect.syntax(), source) {
            Ok(text) => self.statements(&text, source),
            Err(problems) => self.problems.extend(problems),
        }
    }

    fn statements(&mut self, text: &str, source: SourceId) {
        let mut statements = Statements::of(text, self.dialect.syntax(), source);
        for statement in statements.by_ref() {
            let statement = &statement;
            let place = Place {
                source,
                span: statement.span,
            };
            let is_sql = statement.kind == StatementKind::Sql;
            if let Some(problem) = too_deep(statement, text, source) {
                self.failed.push(statement.span.of(text).to_lowercase());
                self.problems.push(problem);
                continue;
            }
            let read = self.dialect.read(statement, text, source, self.server);
            let catalog = &self.moment.catalog;
            match read.and_then(|parsed| self.dialect.in_session(parsed, catalog)) {
                Ok(parsed) => self.parsed(parsed, statement, text, place),
                Err(problem) => {
                    if is_sql {
                        self.failed.push(statement.span.of(text).to_lowercase());
                    }
                    let mut problem = problem.at_least(Some(place));
                    let code = problem.code;
                    problem
                        .help
                        .get_or_insert_with(|| format!("`driftless explain {code}` says more"));
                    self.problems.push(problem);
                }
            }
        }
        self.problems.extend(statements.problems());
    }

    fn parsed(
        &mut self,
        parsed: Parsed,
        statement: &driftless_sql::RawStatement,
        text: &str,
        place: Place,
    ) {
        if let Some(why) = parsed.ignored {
            match self.ignored.iter_mut().find(|(w, _)| *w == why) {
                Some((_, n)) => *n += 1,
                None => self.ignored.push((why, 1)),
            }
        }
        if let Some(why) = parsed.taint {
            self.moment.catalog.taint.push(why);
        }
        for mut u in parsed.unmodelled {
            u.place = u.place.or(Some(place));
            self.moment.catalog.unmodelled.push(u);
        }
        for directive in directives(&statement.comments, text) {
            let at = Place {
                source: place.source,
                span: directive.span,
            };
            match attach(&directive, &parsed.parts, text) {
                Some(part) => self.hints.push((part.clone(), self.moment.path.clone(), directive, at)),
                None => self.problems.push(
                    Diagnostic::error("D0307", format!("`driftless:{}` has nothing to belong to", directive.key))
                        .at(at)
                        .help("put it on the line of the object or column that it is about, or on the line above"),
                ),
            }
        }
        for action in parsed.actions {
            if let Action::Session(Session::SearchPath(path)) = &action {
                self.moment.path.clone_from(path);
                continue;
            }
            let path = self.moment.path.clone();
            self.attempt(Waiting {
                action,
                path,
                place,
            });
        }
    }

    /// Applies it, or puts it among the waiting; true when something happened.
    fn attempt(&mut self, w: Waiting) -> bool {
        let before = std::mem::replace(&mut self.moment.path, w.path.clone());
        self.moment.place = Some(w.place);
        let outcome = apply(self.dialect, &w.action, &mut self.moment);
        self.moment.path = before;
        match outcome {
            Ok(()) => true,
            Err(Fault::Missing { .. }) => {
                self.waiting.push(w);
                false
            }
            Err(Fault::Wrong(mut problem)) => {
                let code = problem.code;
                problem
                    .help
                    .get_or_insert_with(|| format!("`driftless explain {code}` says more"));
                let problem = self.pointed(problem.at_least(Some(w.place)), w.place);
                self.problems.push(problem);
                true
            }
        }
    }

    fn attempt_waiting(&mut self) {
        loop {
            let waiting = std::mem::take(&mut self.waiting);
            let mut moved = false;
            for w in waiting {
                moved |= self.attempt(w);
            }
            if self.waiting.is_empty() || !moved {
                break;
            }
        }
    }

    fn finish(mut self) -> Result<Desired, Problems> {
        self.attempt_waiting();
        self.waiting.append(&mut self.last);
        self.attempt_waiting();
        self.leave_given();
        self.report_missing();
        self.problems
            .sort_by_key(|d| d.place.map(|p| (p.source, p.span.start)));
        let hints = self.resolve_hints();
        if self
            .problems
            .iter()
            .any(|d| d.severity == driftless_sql::Severity::Error)
        {
            return Err(Problems(self.problems));
        }
        settle_all(self.dialect, &mut self.moment.catalog);
        self.moment.unsettled.clear();
        let refused = refused(self.dialect, &self.moment.catalog);
        if !refused.is_empty() {
            self.problems.extend(refused);
            self.problems
                .sort_by_key(|d| d.place.map(|p| (p.source, p.span.start)));
            return Err(Problems(self.problems));
        }
        Ok(Desired {
            catalog: self.moment.catalog,
            hints,
            ignored: self.ignored,
            warnings: self.problems,
        })
    }

    /// Privileges, owners and comments of the server's own objects are no part of a schema.
    fn leave_given(&mut self) {
        const WHY: &str = "it is about the server's own objects";
        let given = |w: &Waiting| is_about_given(self.dialect, &w.action);
        let (given, left) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition::<Vec<_>, _>(given);
        self.waiting = left;
        let mut places: Vec<Place> = given.iter().map(|w| w.place).collect();
        places.dedup();
        if !places.is_empty() {
            self.ignored.push((WHY, places.len()));
        }
    }

    fn resolve_hints(&mut self) -> Hints {
        let mut out = Hints::default();
        for (part, path, directive, place) in std::mem::take(&mut self.hints) {
            self.moment.path = path.clone();
            let Ok(object) = located(&part.object, &self.moment) else {
                continue;
            };
            let part = Part {
                object,
                member: part.member,
            };
            let at = Place {
                source: place.source,
                span: directive.value_span,
            };
            let text = || {
                let mut text = SqlText::new(directive.value.clone()).at(at);
                text.path.clone_from(&path);
                text
            };
            match directive.key.as_str() {
                "renamed-from" => match self.name_of(&directive.value) {
                    Some(name) => {
                        out.renames.insert(part, (name, Some(place)));
                    }
                    None => self.problems.push(
                        Diagnostic::error("D0307", "`driftless:renamed-from` takes one name")
                            .at(at)
                            .help("write `-- driftless:renamed-from NAME`"),
                    ),
                },
                "backfill" if part.member.is_some() && !directive.value.is_empty() => {
                    out.backfills.insert(part, text());
                }
                "using" if part.member.is_some() && !directive.value.is_empty() => {
                    out.usings.insert(part, text());
                }
                "backfill" | "using" => self.problems.push(
                    Diagnostic::error(
                        "D0307",
                        format!(
                            "`driftless:{}` takes an expression, on a column",
                            directive.key
                        ),
                    )
                    .at(place)
                    .help(format!(
                        "write `-- driftless:{} EXPRESSION` on the column's line",
                        directive.key
                    )),
                ),
                other => self.problems.push(
                    Diagnostic::error(
                        "D0307",
                        format!("`driftless:{other}` is no directive of a schema file"),
                    )
                    .at(place)
                    .help("known are renamed-from, backfill and using"),
                ),
            }
        }
        out
    }

    /// The one name that a text is.
    fn name_of(&self, text: &str) -> Option<Name> {
        let (tokens, _, _) = lex(text, self.dialect.syntax(), SourceId(0));
        match tokens.as_slice() {
            [t] if matches!(t.kind, TokenKind::Word | TokenKind::Quoted) => Some(
                self.dialect
                    .name(token_name(t, text, self.dialect.syntax())),
            ),
            _ => None,
        }
    }
}

/// How deep brackets may stand in each other. Servers give up some thousands deep, and no person writes a hundred.
const MAX_DEPTH: usize = 1000;

fn too_deep(
    statement: &driftless_sql::RawStatement,
    text: &str,
    source: SourceId,
) -> Option<Diagnostic> {
    let mut depth = 0usize;
    let at = statement.tokens.iter().find(|t| {
        match t.span.of(text) {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > MAX_DEPTH
    })?;
    Some(
        Diagnostic::error(
            "D0112",
            format!("brackets stand more than {MAX_DEPTH} deep in each other"),
        )
        .at(Place {
            source,
            span: at.span,
        })
        .label("one too deep")
        .note("no server reads this: its stack would not hold it")
        .help("write the expression with fewer brackets"),
    )
}

/// The part that a directive belongs to: the last that begins before it on its line, else the next one.
fn attach<'p>(directive: &Directive, parts: &'p [(Part, Span)], text: &str) -> Option<&'p Part> {
    let line_start = text
        .get(..directive.span.start)?
        .rfind('\n')
        .map_or(0, |i| i + 1);
    let same_line = parts
        .iter()
        .filter(|(_, s)| s.start >= line_start && s.start < directive.span.start)
        .max_by_key(|(_, s)| s.start);
    let next = || {
        parts
            .iter()
            .filter(|(_, s)| s.start > directive.span.start)
            .min_by_key(|(_, s)| s.start)
    };
    same_line.or_else(next).map(|(p, _)| p)
}

/// The name with the engine's equality.
pub(crate) fn name_for(syntax: Syntax, text: String) -> Name {
    match syntax {
        Syntax::Postgres => Name::exact(text),
        Syntax::Sqlite | Syntax::Mysql | Syntax::Mariadb => Name::folded(text),
    }
}

/// What the engine would refuse of a state whose every name was found: each piece of SQL for itself, and what objects say
/// against each other.
fn refused(dialect: &dyn Dialect, catalog: &Catalog) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for (id, object) in &catalog.objects {
        for text in object.texts() {
            let Some(refusal) = &text.refused else {
                continue;
            };
            let place = text.place.map(|place| match refusal.span {
                Some(span) => Place {
                    span: span.shift(place.span.start),
                    ..place
                },
                None => place,
            });
            let place = place.or(catalog.places.get(id).copied());
            out.push(
                Diagnostic::error(refusal.code, refusal.message.clone())
                    .at_least(place)
                    .note(format!("{} `{id}` needs it", id.kind.noun())),
            );
        }
    }
    for (id, problem) in dialect.contradictions(catalog) {
        out.push(problem.at_least(catalog.places.get(&id).copied()));
    }
    out
}
