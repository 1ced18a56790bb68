//! What a text refers to: relations and columns, by a scan of its tokens, so that also what no parser of ours
//! understands is followed through renames and ordered.
//!
//! Invariant: a reference with a span is certain to mean its part; where several parts could be meant, each is there
//! without a span.

use crate::canon::ROWID;
use crate::text::{SYNTAX, tokens};
use driftless_model::{Catalog, Kind, Name, ObjectId, Part, Ref, Table, View};
use driftless_sql::{Span, Token, TokenKind, token_name};
use std::collections::{BTreeSet, HashMap};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Over the columns of one table.
    Expr,
    Query,
    /// Statements of a trigger, with NEW and OLD.
    Body,
}

/// A relation that a text reads and the catalog does not have.
#[derive(Debug, Clone)]
pub struct Missing {
    pub name: String,
    pub span: Span,
}

#[derive(Debug, Default)]
pub struct Found {
    pub refs: Vec<Ref>,
    pub relations: BTreeSet<ObjectId>,
    /// Names that the text itself gives: to relations, and to columns of its output.
    pub aliases: Vec<Name>,
    /// It also reads what the catalog does not have the columns of.
    pub foreign: bool,
    pub missing: Vec<Missing>,
}

const RELATIONS: [Kind; 3] = [Kind::Table, Kind::VirtualTable, Kind::View];

/// The columns of a relation, where they are known.
pub fn columns_of(catalog: &Catalog, id: &ObjectId) -> Option<Vec<Name>> {
    if let Some(table) = catalog.item::<Table>(id) {
        return Some(table.columns.iter().map(|c| c.name.clone()).collect());
    }
    let view = catalog.item::<View>(id)?;
    if !view.columns.is_empty() {
        return Some(view.columns.clone());
    }
    (!view.output.is_empty()).then(|| view.output.iter().map(|(n, _)| n.clone()).collect())
}

pub fn missing_relations(written: &str, catalog: &Catalog) -> Vec<Missing> {
    scan(written, catalog, None, Mode::Query).missing
}

/// Plain names in an expression over `table` that are none of its columns.
pub fn missing_columns(written: &str, table: &ObjectId, catalog: &Catalog) -> Vec<Missing> {
    let Ok(tree) = driftless_sql::read_expr(written, SYNTAX) else {
        return Vec::new();
    };
    let Some(columns) = columns_of(catalog, table) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    let mut queries = false;
    tree.walk(&mut |node| match node {
        driftless_sql::Tree::Query(_) => queries = true,
        driftless_sql::Tree::Column(path) => {
            if let [name] = path.as_slice() {
                let key = name.text.to_ascii_lowercase();
                let known = columns.iter().any(|c| c.key() == key) || ROWID.contains(&key.as_str());
                if !known && !name.quoted {
                    out.push(Missing {
                        name: name.text.clone(),
                        span: name.span,
                    });
                }
            }
        }
        _ => {}
    });
    if queries { Vec::new() } else { out }
}

pub fn scan(written: &str, catalog: &Catalog, base: Option<&ObjectId>, mode: Mode) -> Found {
    let tokens = tokens(written);
    let mut scan = Scan {
        written,
        tokens: &tokens,
        catalog,
        base,
        mode,
        sources: Vec::new(),
        named: HashMap::new(),
        owners: HashMap::new(),
        starred: false,
        used: vec![false; tokens.len()],
        found: Found::default(),
    };
    if mode != Mode::Expr || scan.has("select") {
        scan.relations();
    }
    scan.found.relations = scan.sources.iter().map(|(id, _)| id.clone()).collect();
    scan.know();
    scan.columns();
    scan.found.refs.sort_by(|a, b| {
        (a.span.is_none(), a.span, &a.part).cmp(&(b.span.is_none(), b.span, &b.part))
    });
    scan.found
        .refs
        .dedup_by(|a, b| a.part == b.part && a.span == b.span);
    scan.found
}

struct Scan<'a> {
    written: &'a str,
    tokens: &'a [Token],
    catalog: &'a Catalog,
    base: Option<&'a ObjectId>,
    mode: Mode,
    /// The relations of the text, with their aliases.
    sources: Vec<(ObjectId, Option<Name>)>,
    /// What a qualifier means: an alias, else the name of a relation that has none.
    named: HashMap<Name, ObjectId>,
    /// Whose columns a name can be.
    owners: HashMap<Name, Vec<ObjectId>>,
    /// A `*` took the columns of every relation already.
    starred: bool,
    /// Tokens that are understood already.
    used: Vec<bool>,
    found: Found,
}

/// Words that cannot be an alias without AS.
const NO_ALIAS: &[&str] = &[
    "where",
    "on",
    "join",
    "left",
    "inner",
    "cross",
    "natural",
    "right",
    "full",
    "outer",
    "group",
    "order",
    "limit",
    "union",
    "except",
    "intersect",
    "using",
    "indexed",
    "not",
    "set",
    "values",
    "select",
    "default",
    "window",
    "having",
    "returning",
    "as",
];

impl Scan<'_> {
    fn raw(&self, i: usize) -> &str {
        self.tokens.get(i).map_or("", |t| t.span.of(self.written))
    }
    fn is(&self, i: usize, word: &str) -> bool {
        self.raw(i).eq_ignore_ascii_case(word)
    }
    fn has(&self, word: &str) -> bool {
        (0..self.tokens.len()).any(|i| self.is(i, word))
    }
    fn name(&self, i: usize) -> Option<Name> {
        let token = self.tokens.get(i)?;
        matches!(token.kind, TokenKind::Word | TokenKind::Quoted)
            .then(|| Name::folded(token_name(token, self.written, SYNTAX)))
    }
    fn push(&mut self, part: Part, span: Option<Span>) {
        self.found.refs.push(Ref {
            part,
            span,
            qualify: false,
        });
    }

    /// Names that WITH gives: `name AS (`, `name (…) AS (`.
    fn with_names(&mut self) -> BTreeSet<Name> {
        let mut out = BTreeSet::new();
        if !self.has("with") {
            return out;
        }
        for i in 0..self.tokens.len() {
            let Some(name) = self.name(i) else { continue };
            let mut at = i + 1;
            let mut columns = Vec::new();
            if self.raw(at) == "(" {
                while at < self.tokens.len() && self.raw(at) != ")" {
                    columns.extend(self.name(at));
                    at += 1;
                }
                at += 1;
            }
            if self.is(at, "as")
                && (self.raw(at + 1) == "("
                    || self.is(at + 1, "materialized")
                    || self.is(at + 1, "not"))
            {
                self.found.aliases.extend(columns);
                out.insert(name);
            }
        }
        out
    }

    /// The relations that FROM, JOIN, INTO and UPDATE name, with their aliases.
    fn relations(&mut self) {
        let with = self.with_names();
        // Whether a relation is expected, and whether a comma brings the next one; one pair for each open bracket.
        let (mut expects, mut listing) = (false, false);
        let mut outer: Vec<(bool, bool)> = Vec::new();
        let mut i = 0;
        while i < self.tokens.len() {
            let word = self.raw(i).to_ascii_lowercase();
            match (self.tokens[i].kind, word.as_str()) {
                (TokenKind::Symbol, "(") => {
                    outer.push((false, listing));
                    listing &= expects;
                }
                (TokenKind::Symbol, ")") => {
                    (expects, listing) = outer.pop().unwrap_or_default();
                }
                (TokenKind::Symbol, ",") => expects = listing,
                (TokenKind::Symbol, ";") => (expects, listing) = (false, false),
                (TokenKind::Word, "from" | "join") if !self.is(i.wrapping_sub(1), "distinct") => {
                    (expects, listing) = (true, true);
                }
                (TokenKind::Word, "into") => (expects, listing) = (true, false),
                (TokenKind::Word, "update") if self.mode == Mode::Body => {
                    if self.is(i + 1, "or") {
                        i += 2;
                    }
                    (expects, listing) = (!self.is(i + 1, "set"), false);
                }
                (
                    TokenKind::Word,
                    "where" | "group" | "order" | "having" | "limit" | "select" | "set" | "union"
                    | "except" | "intersect" | "values" | "window" | "returning",
                ) => (expects, listing) = (false, false),
                (TokenKind::Word | TokenKind::Quoted, _) if expects => {
                    i = self.relation(i, &with);
                    expects = false;
                    continue;
                }
                _ => {}
            }
            i += 1;
        }
    }

    /// The relation that begins at `i`; gives where to go on.
    fn relation(&mut self, mut i: usize, with: &BTreeSet<Name>) -> usize {
        if self.raw(i + 1) == "." {
            self.used[i] = true;
            let main = self.is(i, "main");
            i += 2;
            if !main {
                if let Some(used) = self.used.get_mut(i) {
                    *used = true;
                }
                return i + 1;
            }
        }
        let Some(name) = self.name(i) else {
            return i + 1;
        };
        if self.raw(i + 1) == "(" && !self.is(i.wrapping_sub(1), "into") {
            self.found.foreign = true;
            return i + 1;
        }
        self.used[i] = true;
        let span = self.tokens[i].span;
        let alias = self.alias(i + 1);
        if let Some((alias, _)) = &alias {
            self.found.aliases.push(alias.clone());
        }
        let next = alias.as_ref().map_or(i + 1, |(_, at)| at + 1);
        let alias = alias.map(|(name, _)| name);
        if with.contains(&name) {
            return next;
        }
        match self.catalog.find(&RELATIONS, &Name::default(), &name) {
            Some(id) => {
                self.push(id.part(), Some(span));
                self.sources.push((id, alias));
            }
            None if is_builtin(&name) => self.found.foreign = true,
            None => self.found.missing.push(Missing {
                name: name.to_string(),
                span,
            }),
        }
        next
    }

    fn alias(&mut self, i: usize) -> Option<(Name, usize)> {
        let at = if self.is(i, "as") { i + 1 } else { i };
        let token = self.tokens.get(at)?;
        let plain = token.kind == TokenKind::Word;
        if plain && at == i && NO_ALIAS.iter().any(|w| self.is(at, w)) {
            return None;
        }
        let name = self.name(at)?;
        self.used[at] = true;
        Some((name, at))
    }

    /// Looks up once what every name is asked for.
    fn know(&mut self) {
        for aliased in [true, false] {
            for (id, alias) in self.sources.iter().filter(|(_, a)| a.is_some() == aliased) {
                let name = alias.as_ref().unwrap_or(&id.name);
                self.named.entry(name.clone()).or_insert_with(|| id.clone());
            }
        }
        let mut relations = self.found.relations.clone();
        if self.mode == Mode::Expr {
            relations.extend(self.base.cloned());
        }
        for id in relations {
            for column in columns_of(self.catalog, &id).unwrap_or_default() {
                let owners = self.owners.entry(column).or_default();
                if owners.last() != Some(&id) {
                    owners.push(id.clone());
                }
            }
        }
    }

    fn columns(&mut self) {
        for i in 0..self.tokens.len() {
            if self.raw(i) == "*" && self.tokens[i].kind == TokenKind::Symbol {
                self.star(i);
                continue;
            }
            if self.used[i] || self.raw(i + 1) == "(" && self.tokens[i].kind == TokenKind::Word {
                continue;
            }
            let Some(name) = self.name(i) else { continue };
            let span = self.tokens[i].span;
            if self.raw(i + 1) == "." {
                // A qualifier: the relation's own name, where no alias stands for it.
                let whole = self.source_named(&name);
                if let Some(id) = whole.filter(|id| id.name == name) {
                    self.push(id.part(), Some(span));
                }
                continue;
            }
            if i > 1 && self.raw(i - 1) == "." {
                let Some(qualifier) = self.name(i - 2) else {
                    continue;
                };
                if let Some(id) = self.source_named(&qualifier)
                    && self.has_column(&id, &name)
                {
                    self.push(id.member(&name), Some(span));
                }
                continue;
            }
            if i > 0 && self.is(i - 1, "as") {
                self.found.aliases.push(name);
                continue;
            }
            self.unqualified(&name, span);
        }
    }

    fn unqualified(&mut self, name: &Name, span: Span) {
        let owners = match self.owners.get_mut(name) {
            Some(owners) if owners.len() == 1 => owners.clone(),
            // Each of them could be meant, and that need not be said twice.
            Some(owners) => std::mem::take(owners),
            None => return,
        };
        let sure = (owners.len() == 1).then_some(span);
        for id in owners {
            self.push(id.member(name), sure);
        }
    }

    fn star(&mut self, i: usize) {
        let before = i.checked_sub(1);
        let ids: Vec<ObjectId> = match before {
            Some(b) if self.raw(b) == "." => b
                .checked_sub(1)
                .and_then(|q| self.name(q))
                .and_then(|q| self.source_named(&q))
                .into_iter()
                .collect(),
            Some(b)
                if self.raw(b) == ","
                    || ["select", "distinct", "all"].iter().any(|w| self.is(b, w)) =>
            {
                if std::mem::replace(&mut self.starred, true) {
                    return;
                }
                self.found.relations.iter().cloned().collect()
            }
            _ => return,
        };
        for id in ids {
            for column in columns_of(self.catalog, &id).unwrap_or_default() {
                self.push(id.member(&column), None);
            }
        }
    }

    /// The relation that a qualifier means.
    fn source_named(&self, qualifier: &Name) -> Option<ObjectId> {
        if self.mode == Mode::Body && ["new", "old"].contains(&qualifier.key()) {
            return self.base.cloned();
        }
        let base = || self.base.filter(|b| b.name == *qualifier);
        self.named.get(qualifier).or_else(base).cloned()
    }

    fn has_column(&self, id: &ObjectId, name: &Name) -> bool {
        columns_of(self.catalog, id).is_some_and(|c| c.contains(name))
    }
}

/// Tables that SQLite itself has, and functions that stand as tables.
fn is_builtin(name: &Name) -> bool {
    let key = name.key();
    key.starts_with("sqlite_")
        || key.starts_with("pragma_")
        || [
            "dbstat",
            "json_each",
            "json_tree",
            "generate_series",
            "bytecode",
            "tables_used",
        ]
        .contains(&key)
}
