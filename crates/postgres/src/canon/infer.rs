//! Which operator or function is meant, and what type comes out: the server's own rules (manual, chapter 10).
//!
//! Neighbours: `known` has the candidates, `expr` asks. Invariant: where the server would find nothing or several,
//! the answer is `None`; types are names as in [`crate::types::Type`], `unknown` for a bare literal.

use super::known::{CastLine, Known, Operator, extensions, installed, schema_of};
use super::select::{self, Candidate};
use crate::types::{self, Type};
use driftless_model::{Catalog, Composite, Domain, Enum, Kind, Name, ObjectId, Table, View};
use driftless_sql::{SourceId, Syntax, lex, quote_name, token_name};

#[derive(Clone, Copy)]
pub(crate) struct Infer<'a> {
    pub catalog: &'a Catalog,
}

/// An operator or a function that was found.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// As it is spelled canonically: bare for the server's own.
    pub name: String,
    /// What each argument is coerced to; `any` leaves it as it is.
    pub args: Vec<String>,
    pub result: String,
    /// The user's function.
    pub target: Option<ObjectId>,
    /// What it comes with; empty: the server, or the user.
    pub extension: &'static str,
    /// The columns it gives in FROM, where it gives several.
    pub columns: Vec<(String, String)>,
}

/// The names in a canonical type text, unquoted.
pub(crate) fn split_name(text: &str) -> Vec<String> {
    let (tokens, _, _) = lex(text, Syntax::Postgres, SourceId(0));
    tokens
        .iter()
        .filter(|t| t.span.of(text) != ".")
        .map(|t| token_name(t, text, Syntax::Postgres))
        .collect()
}

impl<'a> Infer<'a> {
    /// The user type that a name means.
    pub fn user(&self, name: &str) -> Option<ObjectId> {
        if !name.contains('.') || name.ends_with("[]") {
            return None;
        }
        let parts = split_name(name);
        let [schema, own] = parts.as_slice() else {
            return None;
        };
        let kinds = [
            Kind::Enum,
            Kind::Domain,
            Kind::Composite,
            Kind::Range,
            Kind::BaseType,
            Kind::Table,
            Kind::View,
            Kind::MaterializedView,
        ];
        self.catalog.find(
            &kinds,
            &Name::exact(schema.clone()),
            &Name::exact(own.clone()),
        )
    }

    /// The type of a column or argument, from its canonical text.
    pub fn read(&self, text: &str) -> Option<Type> {
        types::read(text, &[], self.catalog).ok().map(|(ty, _)| ty)
    }

    /// What is below a domain.
    pub fn base(&self, name: &str) -> String {
        let mut name = name.to_owned();
        for _ in 0..8 {
            let Some(domain) = self
                .user(&name)
                .and_then(|id| self.catalog.item::<Domain>(&id))
            else {
                break;
            };
            match self.read(&domain.base.text) {
                Some(ty) => name = ty.name,
                None => break,
            }
        }
        name
    }

    pub fn is_enum(&self, name: &str) -> bool {
        self.user(name)
            .is_some_and(|id| self.catalog.item::<Enum>(&id).is_some())
    }

    fn is_composite(&self, name: &str) -> bool {
        name == "record"
            || self.user(name).is_some_and(|id| {
                matches!(
                    id.kind,
                    Kind::Composite | Kind::Table | Kind::View | Kind::MaterializedView
                )
            })
    }

    /// Columns of a row type: name and type.
    pub fn fields(&self, name: &str) -> Option<Vec<(String, Option<String>)>> {
        let id = self.user(name)?;
        if let Some(c) = self.catalog.item::<Composite>(&id) {
            let one = |a: &driftless_model::Attribute| {
                (a.name.as_str().to_owned(), Some(a.ty.text.clone()))
            };
            return Some(c.attributes.iter().map(one).collect());
        }
        if let Some(t) = self.catalog.item::<Table>(&id) {
            let one =
                |c: &driftless_model::Column| (c.name.as_str().to_owned(), Some(c.ty.text.clone()));
            return Some(t.columns.iter().map(one).collect());
        }
        let view = self.catalog.item::<View>(&id)?;
        let one = |(n, t): &(Name, Option<String>)| (n.as_str().to_owned(), t.clone());
        (!view.output.is_empty()).then(|| view.output.iter().map(one).collect())
    }

    pub fn category(&self, name: &str) -> char {
        if name.ends_with("[]") {
            return 'A';
        }
        if name == "unknown" {
            return 'X';
        }
        if name.contains('.') {
            return match self.user(name).map(|id| id.kind) {
                Some(Kind::Enum) => 'E',
                Some(Kind::Domain) => self.category(&self.base(name)),
                Some(_) => 'C',
                None => 'U',
            };
        }
        Known::get().category(name)
    }

    pub fn preferred(&self, name: &str) -> bool {
        Known::get().preferred(name)
    }

    /// How a value of one type becomes another, if it may in that context (`i`, `a`, `e`).
    pub fn cast(&self, from: &str, to: &str, context: char) -> Option<CastLine> {
        const FREE: CastLine = CastLine {
            context: 'i',
            method: 'b',
        };
        const TEXT: CastLine = CastLine {
            context: 'a',
            method: 'i',
        };
        let allowed = |line: CastLine| match context {
            'i' => line.context == 'i',
            'a' => line.context != 'e',
            _ => true,
        };
        if from == to || from == "unknown" || to == "any" {
            return Some(FREE);
        }
        let (base, goal) = (self.base(from), self.base(to));
        if base == goal {
            return Some(FREE);
        }
        if let Some(line) = Known::get().cast(&base, &goal).filter(|l| allowed(*l)) {
            return Some(line);
        }
        if let (Some(a), Some(b)) = (base.strip_suffix("[]"), goal.strip_suffix("[]"))
            && let Some(line) = self.cast(a, b, context)
        {
            return Some(line);
        }
        if goal == "record" && self.is_composite(&base)
            || base == "record" && self.is_composite(&goal)
        {
            return Some(FREE);
        }
        let through_text = self.category(&goal) == 'S' && context != 'i'
            || self.category(&base) == 'S' && context == 'e';
        through_text.then_some(TEXT)
    }

    /// Whether a value may stand where the declared type is asked for, polymorphic ones included.
    pub fn accepts(&self, actual: &str, declared: &str) -> bool {
        if actual == "unknown" || actual == declared {
            return true;
        }
        let base = self.base(actual);
        match declared {
            "any" | "anyelement" | "anycompatible" => true,
            "anyarray" | "anycompatiblearray" => base.ends_with("[]"),
            "anynonarray" | "anycompatiblenonarray" => !base.ends_with("[]"),
            "anyenum" => self.is_enum(&base),
            "anyrange" | "anycompatiblerange" => Known::get().subtype(&base).is_some(),
            "anymultirange" | "anycompatiblemultirange" => base.contains("multirange"),
            "record" => self.is_composite(&base),
            "record[]" => base
                .strip_suffix("[]")
                .is_some_and(|e| self.is_composite(e)),
            _ => self.cast(actual, declared, 'i').is_some(),
        }
    }

    /// The type that branches, list items and arms of a UNION meet in.
    pub fn common(&self, types: &[&str]) -> Option<String> {
        let first = types.first()?;
        if *first != "unknown" && types.iter().all(|t| t == first) {
            return Some((*first).to_owned());
        }
        let mut best = self.base(first);
        for ty in &types[1..] {
            let ty = self.base(ty);
            if ty == "unknown" || ty == best {
                continue;
            }
            if best == "unknown" {
                best = ty;
            } else if self.category(&ty) != self.category(&best) {
                return None;
            } else if !self.preferred(&best)
                && self.cast(&best, &ty, 'i').is_some()
                && self.cast(&ty, &best, 'i').is_none()
            {
                best = ty;
            }
        }
        Some(if best == "unknown" {
            "text".to_owned()
        } else {
            best
        })
    }

    /// The operator for these operands; one operand is a prefix operator's.
    pub fn operator(&self, name: &str, args: &[String]) -> Option<Found> {
        let (left, right) = match args {
            [right] => ("", right.as_str()),
            [left, right] => (left.as_str(), right.as_str()),
            _ => return None,
        };
        let all = Known::get().operators(name);
        let usable = |o: &Operator| {
            o.left.is_empty() == left.is_empty() && installed(o.extension, self.catalog)
        };
        let candidate = |(index, o): (usize, &Operator)| Candidate {
            args: [o.left, o.right]
                .iter()
                .filter(|t| !t.is_empty())
                .map(|t| (*t).to_owned())
                .collect(),
            result: o.result.to_owned(),
            index,
        };
        let exact = |l: &str, r: &str| {
            let mut each = all.iter().enumerate();
            each.find(|(_, o)| o.left == l && o.right == r && usable(o))
                .map(candidate)
        };
        let mut chosen = None;
        if !left.is_empty() {
            let (l, r) = match (left, right) {
                ("unknown", r) => (r, r),
                (l, "unknown") => (l, l),
                both => both,
            };
            if l != "unknown" {
                chosen = exact(l, r);
            }
            if chosen.is_none() && (left == "unknown") != (right == "unknown") {
                let base = self.base(l);
                chosen = exact(&base, &base);
            }
        } else if right != "unknown" {
            chosen = exact("", right);
        }
        let chosen = match chosen {
            Some(c) => c,
            None => {
                let each = all.iter().enumerate().filter(|(_, o)| usable(o));
                select::best(self, args, each.map(candidate).collect())?
            }
        };
        let (args, result) = select::concrete(self, args, &chosen)?;
        Some(Found {
            name: name.to_owned(),
            args,
            result,
            target: None,
            extension: Known::get()
                .operators(name)
                .get(chosen.index)
                .map_or("", |o| o.extension),
            columns: Vec::new(),
        })
    }

    /// The function for these arguments. `schema` is what was written, `path` where bare names are looked for.
    pub fn function(
        &self,
        schema: Option<&str>,
        name: &str,
        args: &[String],
        path: &[String],
    ) -> Option<Found> {
        let pool = Pool::of(self, schema, name, path);
        let usable: Vec<Candidate> = pool
            .entries
            .iter()
            .enumerate()
            .filter_map(|(index, f)| f.fitting(args.len(), index))
            .collect();
        let chosen = match usable.iter().find(|c| c.args == args) {
            Some(c) => c.clone(),
            None => select::best(self, args, usable)?,
        };
        let (args, result) = select::concrete(self, args, &chosen)?;
        let entry = &pool.entries[chosen.index];
        Some(Found {
            name: entry.name.clone(),
            args,
            result,
            target: entry.target.clone(),
            extension: entry.extension,
            columns: entry.columns.clone(),
        })
    }

    /// What all functions of that name have in common: spelling, result, target.
    pub fn loose(&self, schema: Option<&str>, name: &str, path: &[String]) -> Option<Found> {
        let pool = Pool::of(self, schema, name, path);
        let first = pool.entries.first()?;
        let same = pool.entries.iter().all(|e| e.result == first.result);
        let concrete = same && !first.result.starts_with("any") && !first.result.is_empty();
        Some(Found {
            name: first.name.clone(),
            args: Vec::new(),
            result: if concrete {
                first.result.clone()
            } else {
                String::new()
            },
            target: match pool.entries.as_slice() {
                [only] => only.target.clone(),
                _ => None,
            },
            extension: first.extension,
            columns: Vec::new(),
        })
    }

    /// Whether the schema is an extension's whose functions are not known.
    pub fn may_be_extensions(&self, schema: Option<&str>) -> bool {
        extensions(self.catalog).any(|(name, lives)| {
            !Known::get().knows_extension(name) && schema.is_none_or(|s| lives == s)
        })
    }
}

/// A function that a call may mean.
struct Entry {
    name: String,
    args: Vec<String>,
    variadic: bool,
    defaults: usize,
    result: String,
    target: Option<ObjectId>,
    extension: &'static str,
    columns: Vec<(String, String)>,
}

impl Entry {
    /// As a candidate for so many arguments, a variadic one stretched.
    fn fitting(&self, count: usize, index: usize) -> Option<Candidate> {
        let mut args = self.args.clone();
        if self.variadic && count + 1 >= args.len() {
            let last = args.pop()?;
            let element = last.strip_suffix("[]").unwrap_or(match last.as_str() {
                "anyarray" => "anyelement",
                "anycompatiblearray" => "anycompatible",
                other => other,
            });
            while args.len() < count {
                args.push(element.to_owned());
            }
        }
        if count > args.len() || count + self.defaults < args.len() {
            return None;
        }
        args.truncate(count);
        Some(Candidate {
            args,
            result: self.result.clone(),
            index,
        })
    }
}

struct Pool {
    entries: Vec<Entry>,
}

impl Pool {
    fn of(infer: &Infer, schema: Option<&str>, name: &str, path: &[String]) -> Pool {
        let mut entries = Vec::new();
        for f in Known::get().functions(name) {
            if !installed(f.extension, infer.catalog) {
                continue;
            }
            let lives = if f.extension.is_empty() {
                Some("pg_catalog")
            } else {
                schema_of(f.extension, infer.catalog)
            };
            if schema.is_some_and(|s| lives != Some(s)) {
                continue;
            }
            let own = |list: &[&str]| list.iter().map(|a| (*a).to_owned()).collect();
            entries.push(Entry {
                name: quote_name(name, Syntax::Postgres),
                args: own(&f.args),
                variadic: f.variadic,
                defaults: f.defaults,
                result: f.result.to_owned(),
                target: None,
                extension: f.extension,
                columns: f
                    .columns
                    .iter()
                    .map(|(n, t)| ((*n).to_owned(), (*t).to_owned()))
                    .collect(),
            });
        }
        let schemas: Vec<&str> = match schema {
            Some(s) => vec![s],
            None => path.iter().map(String::as_str).collect(),
        };
        for schema in schemas {
            let named = |kind| ObjectId::new(kind, Name::exact(schema), Name::exact(name));
            for first in [named(Kind::Function), named(Kind::Aggregate)] {
                let same = |id: &ObjectId| id.without_args() == first;
                let found = infer.catalog.objects.from(&first);
                for (id, object) in found.take_while(|(id, _)| same(id)) {
                    if let Some(f) = object.get::<driftless_model::Function>() {
                        entries.extend(Pool::user(infer, id, f));
                    }
                }
            }
        }
        Pool { entries }
    }

    fn user(infer: &Infer, id: &ObjectId, f: &driftless_model::Function) -> Option<Entry> {
        let mut entry = Entry {
            name: format!(
                "{}.{}",
                quote_name(id.schema.as_str(), Syntax::Postgres),
                quote_name(id.name.as_str(), Syntax::Postgres)
            ),
            args: Vec::new(),
            variadic: false,
            defaults: 0,
            result: String::new(),
            target: Some(id.clone()),
            extension: "",
            columns: Vec::new(),
        };
        for (i, a) in f.arguments.iter().enumerate() {
            let ty = infer.read(&a.ty.text)?.name;
            if matches!(a.mode, "in" | "inout" | "variadic") {
                entry.args.push(ty.clone());
                entry.defaults += usize::from(a.default.is_some());
                entry.variadic |= a.mode == "variadic";
            }
            if matches!(a.mode, "out" | "inout" | "table") {
                let name = a
                    .name
                    .as_ref()
                    .map_or_else(|| format!("column{}", i + 1), |n| n.as_str().to_owned());
                entry.columns.push((name, ty));
            }
        }
        entry.result = match (&f.returns, entry.columns.as_slice()) {
            (Some(ty), _) => infer.read(&ty.text)?.name,
            (None, [(_, only)]) => only.clone(),
            (None, [_, ..]) => "record".to_owned(),
            // Its last function is none that is known.
            (None, []) if f.aggregate.is_some() => return None,
            (None, []) => "void".to_owned(),
        };
        if entry.columns.is_empty()
            && let Some(fields) = infer.fields(&entry.result)
        {
            entry.columns = fields
                .into_iter()
                .map(|(n, t)| Some((n, infer.read(&t?)?.name)))
                .collect::<Option<Vec<_>>>()
                .unwrap_or_default();
        }
        Some(entry)
    }
}
