//! What waited to the end and never came: reported once, where its name stands, with the name that was perhaps meant.

use super::declared::mentioned;
use super::{Reader, Waiting};
use crate::action::Action;
use crate::apply::apply;
use crate::dialect::Dialect;
use crate::moment::Fault;
use driftless_model::{Catalog, Kind};
use driftless_sql::{Diagnostic, Place, TokenKind, lex, token_name};
use std::collections::{BTreeMap, BTreeSet};

impl Reader<'_> {
    /// Tells what never came. Who waits for another that waits is told by that one; a ring is told once.
    pub(super) fn report_missing(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        let faults: Vec<_> = waiting.iter().map(|w| self.fault(w)).collect();
        let made: BTreeMap<String, usize> = waiting
            .iter()
            .enumerate()
            .filter_map(|(i, w)| match &w.action {
                Action::Create(c) => Some((c.id.name.as_str().to_lowercase(), i)),
                _ => None,
            })
            .collect();
        let next = |i: usize| -> Option<usize> {
            let (_, name, _) = faults[i].as_ref()?;
            made.get(&last_part(name))
                .copied()
                .filter(|n| faults[*n].is_some())
        };
        let mut told: BTreeSet<usize> = BTreeSet::new();
        for (i, w) in waiting.iter().enumerate() {
            let Some((what, name, place)) = &faults[i] else {
                continue;
            };
            let mut chain = vec![i];
            while let Some(n) = chain.last().and_then(|l| next(*l)) {
                if let Some(at) = chain.iter().position(|c| *c == n) {
                    self.report_ring(&waiting, &chain[at..], &mut told);
                    break;
                }
                chain.push(n);
            }
            if next(i).is_none() {
                self.report_one(w, what, name, *place);
            }
        }
    }

    fn fault(&mut self, w: &Waiting) -> Option<(&'static str, String, Option<Place>)> {
        self.moment.path.clone_from(&w.path);
        self.moment.place = Some(w.place);
        match apply(self.dialect, &w.action, &mut self.moment) {
            Err(Fault::Missing { what, name, place }) => Some((what, name, place)),
            _ => None,
        }
    }

    fn report_ring(&mut self, waiting: &[Waiting], ring: &[usize], told: &mut BTreeSet<usize>) {
        if ring.iter().any(|i| !told.insert(*i)) {
            return;
        }
        let names: Vec<String> = ring
            .iter()
            .filter_map(|i| waiting[*i].action.target())
            .map(|id| format!("`{}`", id.name))
            .collect();
        self.problems.push(
            Diagnostic::error(
                "D0401",
                format!(
                    "{} are declared in a ring: each needs the other first",
                    names.join(" and ")
                ),
            )
            .at(waiting[ring[0]].place)
            .label("a member of the ring")
            .help("take one reference out of the ring"),
        );
    }

    fn report_one(&mut self, w: &Waiting, what: &'static str, name: &str, place: Option<Place>) {
        let last = last_part(name);
        let known = self.failed.iter().any(|t| t.contains(&last));
        if known || matches!(&w.action, Action::Drop(d) if d.if_exists) {
            return;
        }
        let code = match what {
            "type" => "D0301",
            "column" => "D0303",
            _ => "D0302",
        };
        let tolerated = self
            .dialect
            .tolerates(&w.action)
            .filter(|_| self.let_through(w));
        let message = format!("{what} `{name}` is not declared");
        let mut d = match tolerated {
            Some(why) => Diagnostic::warning(code, message).note(why),
            None => Diagnostic::error(code, message),
        }
        .at(place
            .filter(|p| *p != w.place)
            .or_else(|| self.named_at(w.place, name))
            .unwrap_or(w.place))
        .label("needed here");
        d = match near(what, &last, self.dialect, &self.moment.catalog) {
            Some(near) => d.help(format!("did you mean `{near}`?")),
            None => d.help(format!("declare the {what}, or mend its name")),
        };
        self.problems.push(d);
    }

    /// Where a statement says the last part of a name.
    fn named_at(&self, statement: Place, name: &str) -> Option<Place> {
        if let Some(known) = self.mentions.get(&statement) {
            return mentioned(known, &last_part(name));
        }
        let syntax = self.dialect.syntax();
        let text = &self.sources.get(statement.source)?.text;
        let last = last_part(name);
        let slice = statement.span.of(text);
        let (tokens, _, _) = lex(slice, syntax, statement.source);
        let token = tokens.iter().find(|t| {
            matches!(t.kind, TokenKind::Word | TokenKind::Quoted)
                && token_name(t, slice, syntax).eq_ignore_ascii_case(&last)
        })?;
        Some(Place {
            source: statement.source,
            span: token.span.shift(statement.span.start),
        })
    }

    /// Applies it although something is missing.
    fn let_through(&mut self, w: &Waiting) -> bool {
        self.moment.lenient = true;
        let applied = apply(self.dialect, &w.action, &mut self.moment).is_ok();
        self.moment.lenient = false;
        applied
    }
}

/// The last part of a name that people read, in lower case and without its arguments.
fn last_part(name: &str) -> String {
    let plain = name.split('(').next().unwrap_or(name);
    plain
        .rsplit('.')
        .next()
        .unwrap_or(plain)
        .trim_matches('"')
        .to_lowercase()
}

/// A name of the catalog that is spelled nearly the same.
fn near(what: &str, name: &str, dialect: &dyn Dialect, catalog: &Catalog) -> Option<String> {
    let fits = |kind: Kind| match what {
        "type" => kind.is_type(),
        "schema" => kind == Kind::Schema,
        "column" => false,
        w if kind.noun() == w => true,
        _ => kind.is_relation(),
    };
    let own = catalog
        .objects
        .keys()
        .filter(|id| fits(id.kind))
        .map(|id| (id.name.as_str(), id.to_string()));
    let builtin: &[&str] = if what == "type" {
        dialect.type_names()
    } else {
        &[]
    };
    own.chain(builtin.iter().map(|t| (*t, t.to_string())))
        .map(|(known, shown)| (distance(name, &known.to_lowercase()), shown))
        .filter(|(d, _)| *d > 0 && *d <= 1 + name.len() / 5)
        .min()
        .map(|(_, shown)| shown)
}

/// Levenshtein distance in characters; long names are cut, they are never near.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let cost = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}
