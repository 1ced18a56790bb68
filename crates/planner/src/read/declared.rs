//! Documents in YAML among the SQL files: what they declare becomes Actions that wait and fail like all others.
//!
//! Neighbours: the model's `declare` reads the text. Invariant: what the dialect's own grammar would not read is no
//! Action: every object is printed and read once before it counts, so that a piece of SQL says what it claims to.

use super::{Reader, Waiting, too_deep};
use crate::action::{Action, Clause, ColumnClause, Create, IndexClause, SequenceClause};
use driftless_model::{
    Column, Declaration, Definition, Grant, Kind, Object, ObjectId, Step, declare,
};
use driftless_sql::{Diagnostic, Directive, Place, SourceId, split};

impl Reader<'_> {
    pub(super) fn document(&mut self, text: &str, source: SourceId) {
        let document = declare(text, source, self.dialect.id());
        if !document.problems.is_empty() {
            self.failed.push(text.to_lowercase());
            self.problems.extend(document.problems);
        }
        for declaration in document.declarations {
            self.declaration(declaration, text);
        }
        for hint in document.hints {
            let directive = Directive {
                key: hint.key.to_owned(),
                value: hint.text,
                span: hint.place.span,
                value_span: hint.place.span,
            };
            let path = self.path_of(hint.schema);
            self.hints.push((hint.part, path, directive, hint.place));
        }
    }

    fn path_of(&self, schema: Option<String>) -> driftless_model::SearchPath {
        schema
            .into_iter()
            .chain(self.dialect.path().iter().cloned())
            .collect()
    }

    fn declaration(&mut self, declaration: Declaration, text: &str) {
        let path = self.path_of(declaration.schema);
        for (_, place) in &declaration.steps {
            let known = self.mentions.entry(*place).or_default();
            known.extend(declaration.mentions.iter().cloned());
        }
        let mut made: Vec<(Action, Place)> = Vec::new();
        let mut later: Vec<(Action, Place)> = Vec::new();
        let mut granted: Vec<(ObjectId, Vec<Grant>, Place)> = Vec::new();
        for (step, place) in declaration.steps {
            match step {
                Step::Create(id, mut object) => {
                    if let Some(grants) = object.grants.take() {
                        granted.push((id.clone(), grants, place));
                    }
                    // Its functions are made with its shell.
                    if id.kind == Kind::BaseType {
                        self.attempt(Waiting {
                            action: Action::Create(Box::new(Create {
                                id: id.clone(),
                                object: Object::new(Definition::default()),
                                if_not_exists: true,
                                or_replace: false,
                                concurrently: false,
                            })),
                            path: path.clone(),
                            place,
                        });
                    }
                    made.push((Action::create(id, object), place));
                }
                Step::Grants(id, grants) => granted.push((id, grants, place)),
                // Whoever else speaks of the schema may declare it: this one stands in only where nobody does.
                Step::Ensure(id, object) => self.waiting.push(Waiting {
                    action: Action::Create(Box::new(Create {
                        id,
                        object,
                        if_not_exists: true,
                        or_replace: false,
                        concurrently: false,
                    })),
                    path: path.clone(),
                    place,
                }),
                other => later.extend(self.follow_up(other).into_iter().map(|a| (a, place))),
            }
        }
        match self.readable(&made) {
            Err(problem) => {
                self.failed.push(text.to_lowercase());
                self.problems.push(problem);
                return;
            }
            // Its grammar says what a type means: `int` is `int(11)`, json a text with a check.
            // Only its grammar knows what the clauses mean.
            Ok(read) if made.iter().any(is_defined) => {
                for (said, read) in made.iter_mut().zip(read) {
                    let (Action::Create(said), Action::Create(read)) = (&mut said.0, read) else {
                        continue;
                    };
                    said.id = read.id;
                    said.object.body = read.object.body;
                    said.or_replace = read.or_replace;
                }
            }
            Ok(mut read) if self.dialect.id().is_mysql() => {
                if let Some((said, place)) = made.first() {
                    let place = *place;
                    if let (Action::Create(said), Some(Action::Create(read))) =
                        (said, read.first_mut())
                    {
                        self.dialect.keep(&said.object, &mut read.object);
                    }
                    made = read.into_iter().map(|a| (a, place)).collect();
                }
            }
            Ok(_) => {}
        }
        for (id, grants, place) in granted {
            match self.granted(&id, &grants) {
                Ok(actions) => later.extend(actions.into_iter().map(|a| (a, place))),
                Err(problem) => self.problems.push(problem.at(place)),
            }
        }
        for (action, place) in made.into_iter().chain(later) {
            // A document has no order: what it declares is no new object for the default privileges in it.
            let of_new =
                matches!(&action, Action::Grant { id, .. } if id.kind == Kind::DefaultPrivileges);
            let waiting = Waiting {
                action,
                path: path.clone(),
                place,
            };
            match of_new {
                true => self.last.push(waiting),
                false => drop(self.attempt(waiting)),
            }
        }
    }

    fn follow_up(&self, step: Step) -> Vec<Action> {
        match step {
            Step::Create(..) | Step::Ensure(..) | Step::Grants(..) => Vec::new(),
            Step::Comment(id, text) => vec![Action::Comment {
                part: id.part(),
                text: Some(text),
            }],
            Step::Owner(id, to) => vec![Action::Owner { id, to }],
            Step::OwnedBy(id, part) => vec![Action::alter(
                &id,
                Clause::Sequence(SequenceClause::OwnedBy(Some(part))),
            )],
            Step::Attach { parent, index } => vec![Action::alter(
                &parent,
                Clause::Index(IndexClause::Attach { partition: index }),
            )],
            Step::Override(table, column) => overriding(&table, *column),
        }
    }

    fn granted(&self, id: &ObjectId, grants: &[Grant]) -> Result<Vec<Action>, Diagnostic> {
        // Taking what nobody has says that nobody has anything.
        let none = Grant {
            role: String::new(),
            privilege: "USAGE".into(),
            grantable: false,
            column: None,
        };
        let said = self.spelled_out(id, grants)?;
        let mut taken = self.dialect.default_grants(id, self.server);
        taken.push(none);
        taken.retain(|g| !said.contains(g));
        let step = |revoke: bool| {
            move |grant: Grant| Action::Grant {
                id: id.clone(),
                grant,
                revoke,
            }
        };
        let taken = taken.into_iter().map(step(true));
        Ok(taken.chain(said.into_iter().map(step(false))).collect())
    }

    /// What the engine's grammar understands by them: `all` is every privilege that there is.
    fn spelled_out(&self, id: &ObjectId, grants: &[Grant]) -> Result<Vec<Grant>, Diagnostic> {
        let mut out = Vec::new();
        for grant in grants {
            let action = Action::Grant {
                id: id.clone(),
                grant: grant.clone(),
                revoke: false,
            };
            let text = self.dialect.print(&[action], self.server);
            out.extend(self.actions_of(&text)?.into_iter().filter_map(|a| match a {
                Action::Grant { grant, .. } => Some(grant),
                _ => None,
            }));
        }
        out.sort();
        out.dedup();
        Ok(out)
    }

    fn actions_of(&self, text: &str) -> Result<Vec<Action>, Diagnostic> {
        let source = SourceId(u32::MAX);
        let (statements, _) = split(text, self.dialect.syntax(), source);
        let mut out = Vec::new();
        for statement in &statements {
            let read = self.dialect.read(statement, text, source, self.server);
            out.extend(read?.actions);
        }
        Ok(out)
    }

    /// Whether the dialect's grammar takes the object, printed, as one statement of its kind.
    fn readable(&self, made: &[(Action, Place)]) -> Result<Vec<Action>, Diagnostic> {
        let Some((first, place)) = made.first() else {
            return Ok(Vec::new());
        };
        let nameless = |kind| matches!(kind, Kind::Constraint | Kind::Cast | Kind::Transform);
        let unnamed = |a: &Action| matches!(a, Action::Create(c) if c.id.name.is_empty() && !nameless(c.id.kind));
        if unnamed(first) {
            return Ok(Vec::new());
        }
        let actions: Vec<Action> = made.iter().map(|(a, _)| a.clone()).collect();
        let text = self.dialect.print(&actions, self.server);
        let source = SourceId(u32::MAX);
        let (statements, problems) = split(&text, self.dialect.syntax(), source);
        let place = |d: &Diagnostic| self.place_in(made, d, &text).unwrap_or(*place);
        if let Some(problem) = problems.into_iter().next() {
            let at = place(&problem);
            return Err(problem.at(at));
        }
        let kinds = |actions: &[Action]| {
            let mut kinds: Vec<Option<Kind>> = actions
                .iter()
                .map(|a| a.target().map(|id| id.kind))
                .collect();
            kinds.sort();
            kinds
        };
        let mut found = Vec::new();
        for statement in &statements {
            let read = match too_deep(statement, &text, source) {
                Some(problem) => Err(problem),
                None => self.dialect.read(statement, &text, source, self.server),
            };
            match read {
                Ok(parsed) => found.extend(parsed.actions),
                Err(problem) => {
                    let at = place(&problem);
                    return Err(problem.at(at));
                }
            }
        }
        if kinds(&found) == kinds(&actions) {
            return Ok(found);
        }
        let place = made.first().map(|(_, place)| *place);
        Err(
            Diagnostic::error("D0101", "a piece of SQL says more than its key does")
                .at_least(place)
                .label("in here")
                .note(format!("it would be read as: {text}"))
                .help("write one expression, type or name behind each key"),
        )
    }

    /// A mistake that says which name it is about points to that name.
    pub(super) fn pointed(&self, mut problem: Diagnostic, statement: Place) -> Diagnostic {
        if problem.place == Some(statement)
            && let Some(known) = self.mentions.get(&statement)
        {
            let named = problem.message.split('`').skip(1).step_by(2);
            problem.place = named
                .filter_map(|name| known.iter().find(|(text, _)| text == name))
                .map(|(_, place)| *place)
                .next()
                .or(problem.place);
        }
        problem
    }

    /// Where the word that a diagnostic of the printed text points to was written.
    fn place_in(&self, made: &[(Action, Place)], d: &Diagnostic, text: &str) -> Option<Place> {
        let word = d.place?.span.of(text).trim_matches('"').to_lowercase();
        let (_, first) = made.first()?;
        let known = self.mentions.get(first)?;
        known
            .iter()
            .find(|(name, _)| !word.is_empty() && name.to_lowercase() == word)
            .map(|(_, place)| *place)
    }
}

/// What an inherited column has of its own.
fn overriding(table: &ObjectId, column: Column) -> Vec<Action> {
    let name = column.name;
    let clauses = [
        column.default.map(|d| ColumnClause::Default(Some(d))),
        column.not_null.then_some(ColumnClause::NotNull(true)),
        column.storage.map(|s| ColumnClause::Storage(Some(s))),
        column
            .compression
            .map(|c| ColumnClause::Compression(Some(c))),
        column.statistics.map(|s| ColumnClause::Statistics(Some(s))),
        (!column.attributes.is_empty()).then(|| {
            let set = column.attributes.into_iter();
            ColumnClause::Options(set.map(|(k, v)| (k, Some(v))).collect())
        }),
    ];
    let comment = column.comment.map(|text| Action::Comment {
        part: table.member(&name),
        text: Some(text),
    });
    clauses
        .into_iter()
        .flatten()
        .map(|clause| Action::column(table, &name, clause))
        .chain(comment)
        .collect()
}

/// Names that a place's statement speaks of, and where.
pub(super) type Mentions = std::collections::HashMap<Place, Vec<(String, Place)>>;

/// The mention of a name, in lower case: as the whole, else as a word of it.
pub(super) fn mentioned(known: &[(String, Place)], last: &str) -> Option<Place> {
    let is_word = |text: &str| {
        text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .any(|word| word == last)
    };
    let whole = known.iter().find(|(name, _)| name.to_lowercase() == last);
    whole
        .or_else(|| known.iter().find(|(name, _)| is_word(&name.to_lowercase())))
        .map(|(_, place)| *place)
}

/// It creates what is made of clauses alone.
fn is_defined((action, _): &(Action, Place)) -> bool {
    matches!(action, Action::Create(c) if c.id.kind.is_defined())
}
