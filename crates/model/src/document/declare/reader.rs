//! What every object's reading shares: keys of a mapping, names, pieces of SQL, and the walk over a namespace.

use super::{Declaration, Document, Hint, Step, check};
use crate::Options;
use crate::catalog::Dialect;
use crate::definition::Definition;
use crate::document::vocabulary::Shape;
use crate::id::{Kind, Name, ObjectId, Part};
use crate::object::{Body, Grant, Object};
use crate::text::SqlText;
use crate::types::{DefaultPrivileges, Extension, Schema, TypeRef};
use driftless_sql::yaml::{Node, Value, text_place};
use driftless_sql::{Diagnostic, Place, SourceId, Syntax, TokenKind, lex, quote_name};

/// NAMEDATALEN - 1: PostgreSQL cuts names there (manual, 4.1.1).
const LONGEST: usize = 63;

pub(super) struct Reader<'t> {
    source: &'t str,
    pub dialect: Dialect,
    /// The schema at hand; `None`: the one at the top.
    schema: Option<String>,
    pub mentions: Vec<(String, Place)>,
    pub out: Document,
}

/// One entry of a mapping of names, or an item of a list.
pub(super) struct Named<'n> {
    pub name: Option<&'n str>,
    pub place: Place,
    pub node: &'n Node,
}

/// A mapping, or the short form of one.
#[derive(Clone, Copy)]
pub(super) struct Keys<'n> {
    node: &'n Node,
    short: Option<&'static str>,
    none: bool,
}

impl<'n> Keys<'n> {
    pub fn of(node: &'n Node, scalar: Option<&'static str>, list: Option<&'static str>) -> Self {
        let short = match node.value {
            Value::Scalar { .. } => scalar,
            Value::List(_) => list,
            _ => None,
        };
        Keys {
            node,
            short,
            none: false,
        }
    }

    /// No key at all.
    pub fn none(node: &'n Node) -> Self {
        Keys {
            node,
            short: None,
            none: true,
        }
    }

    pub fn get(self, key: &str) -> Option<&'n Node> {
        match &self.node.value {
            _ if self.none => None,
            Value::Map(entries) => entries.iter().find(|e| e.key == key).map(|e| &*e.value),
            _ => (self.short == Some(key)).then_some(self.node),
        }
    }
    pub fn flag(self, key: &str) -> bool {
        self.get(key).and_then(check::flag).unwrap_or(false)
    }
    pub fn number(self, key: &str) -> Option<i64> {
        self.get(key).and_then(check::number)
    }
    pub fn text(self, key: &str) -> Option<&'n str> {
        self.get(key).and_then(text_of)
    }
    pub fn owned(self, key: &str) -> Option<String> {
        self.text(key).map(str::to_owned)
    }
    /// A word of a list of words, in lower case.
    pub fn word(self, key: &str, default: &str) -> String {
        self.text(key)
            .map_or_else(|| default.to_owned(), str::to_ascii_lowercase)
    }
    pub fn texts(self, key: &str) -> Vec<(&'n str, Place)> {
        items(self.get(key))
            .filter_map(|item| Some((text_of(item)?, item.place)))
            .collect()
    }
    pub fn options(self, key: &str) -> Options {
        let Some(Value::Map(entries)) = self.get(key).map(|n| &n.value) else {
            return Options::new();
        };
        entries
            .iter()
            .filter_map(|e| Some((e.key.clone(), text_of(&e.value)?.to_owned())))
            .collect()
    }
    /// A list of things, or the one thing.
    pub fn items(self, key: &str) -> impl Iterator<Item = &'n Node> {
        items(self.get(key))
    }
    /// Names with what they are, or a list of it.
    pub fn named(self, key: &str) -> Vec<Named<'n>> {
        self.get(key).map_or_else(Vec::new, named)
    }
}

pub(super) fn text_of(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Scalar { text, .. } => Some(text),
        _ => None,
    }
}

fn items(node: Option<&Node>) -> impl Iterator<Item = &Node> {
    let (list, one): (&[std::sync::Arc<Node>], Option<&Node>) = match node.map(|n| (&n.value, n)) {
        None | Some((Value::Null, _)) => (&[], None),
        Some((Value::List(items), _)) => (items, None),
        Some((_, node)) => (&[], Some(node)),
    };
    list.iter().map(|n| &**n).chain(one)
}

fn named(node: &Node) -> Vec<Named<'_>> {
    match &node.value {
        Value::Map(entries) => entries
            .iter()
            .map(|e| Named {
                name: Some(&e.key),
                place: e.key_place,
                node: &e.value,
            })
            .collect(),
        Value::List(items) => items
            .iter()
            .map(|item| {
                let name = Keys::of(item, None, None).get("name");
                Named {
                    name: name.and_then(text_of),
                    place: name.map_or_else(|| first_of(item), |n| n.place),
                    node: item,
                }
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Where an item of a list begins to say something.
fn first_of(node: &Node) -> Place {
    match &node.value {
        Value::Map(entries) => entries.first().map_or(node.place, |e| e.key_place),
        Value::List(items) => items.first().map_or(node.place, |i| first_of(i)),
        _ => node.place,
    }
}

impl<'t> Reader<'t> {
    pub fn new(source: &'t str, dialect: Dialect) -> Self {
        Reader {
            source,
            dialect,
            schema: None,
            mentions: Vec::new(),
            out: Document::default(),
        }
    }

    pub fn is_sqlite(&self) -> bool {
        self.dialect == Dialect::Sqlite
    }

    /// Options; MySQL has the comment among them.
    pub fn options_of(&self, keys: Keys) -> Options {
        let mut options = keys.options("options");
        let comment = keys.owned("comment").filter(|c| !c.is_empty());
        if let Some(comment) = comment.filter(|_| self.dialect.is_mysql()) {
            options.insert("comment".into(), comment);
        }
        options
    }

    pub fn syntax(&self) -> Syntax {
        self.dialect.syntax()
    }

    pub fn root(&mut self, node: &Node) {
        let keys = Keys::of(node, None, None);
        for node in keys.items("extensions") {
            // A list of names, or the mapping.
            match text_of(node) {
                Some(name) => self.extension(name, node.place, node),
                None => {
                    for entry in named(node) {
                        self.extension(entry.name.unwrap_or_default(), entry.place, entry.node);
                    }
                }
            }
        }
        for entry in keys.named("schemas") {
            self.schema(&entry);
        }
        for node in keys.items("default_privileges") {
            self.default_privileges(node);
        }
        self.namespace(keys);
        for (kind, list) in Kind::DEFINED.into_iter().filter(|(k, _)| !k.has_schema()) {
            self.defined(keys, kind, list);
        }
        for entry in keys.named("outside") {
            if let Some(relation) =
                self.object(Kind::Table, entry.name.unwrap_or_default(), entry.place)
            {
                self.members(&relation, Keys::of(entry.node, None, None));
            }
        }
    }

    fn default_privileges(&mut self, node: &Node) {
        let keys = Keys::of(node, None, None);
        let role = keys.text("role").unwrap_or(DefaultPrivileges::MAKER);
        let schema = keys
            .text("schema")
            .map(|s| self.name(s))
            .unwrap_or_default();
        let id = DefaultPrivileges::id(role, &schema, &keys.word("on", "tables"));
        if let Some(grants) = keys.get("grants") {
            let grants = self.grants(grants);
            self.declare(vec![(Step::Grants(id, grants), node.place)]);
        }
    }

    fn extension(&mut self, name: &str, place: Place, node: &Node) {
        let keys = Keys::of(node, None, None);
        let extension = Extension {
            version: keys.owned("version"),
            schema: keys.text("into").map(|n| self.name(n)),
        };
        let id = ObjectId::new(Kind::Extension, Name::default(), self.name(name));
        self.declare(vec![(Step::Create(id, Object::new(extension)), place)]);
    }

    fn schema(&mut self, entry: &Named) {
        let name = self.name(entry.name.unwrap_or_default());
        let id = ObjectId::new(Kind::Schema, Name::default(), name.clone());
        let keys = Keys::of(entry.node, None, None);
        self.renamed(&id.part(), keys);
        let made = self.object_of(Schema {}, keys);
        let mut steps = vec![(
            Step::Ensure(id.clone(), Object::new(Schema {})),
            entry.place,
        )];
        steps.extend(
            made.comment
                .map(|c| (Step::Comment(id.clone(), c), entry.place)),
        );
        steps.extend(
            made.owner
                .map(|o| (Step::Owner(id.clone(), o), entry.place)),
        );
        steps.extend(made.grants.map(|g| (Step::Grants(id, g), entry.place)));
        self.declare(steps);
        self.schema = Some(name.as_str().to_owned());
        self.namespace(keys);
        self.schema = None;
    }

    /// What a schema, or the top, holds.
    fn namespace(&mut self, keys: Keys) {
        for entry in keys.named("enums") {
            self.enumeration(&entry);
        }
        for entry in keys.named("composites") {
            self.composite(&entry);
        }
        for entry in keys.named("domains") {
            self.domain(&entry);
        }
        for entry in keys.named("sequences") {
            self.sequence(&entry);
        }
        for (kind, list) in Kind::DEFINED.into_iter().filter(|(k, _)| k.has_schema()) {
            self.defined(keys, kind, list);
        }
        for (list, kind) in [
            ("functions", Kind::Function),
            ("procedures", Kind::Procedure),
        ] {
            for entry in keys.named(list) {
                for node in items(Some(entry.node)) {
                    self.function(&entry, node, kind);
                }
            }
        }
        for entry in keys.named("aggregates") {
            for node in items(Some(entry.node)) {
                self.aggregate(&entry, node);
            }
        }
        for entry in keys.named("tables") {
            self.table(&entry);
        }
        for entry in keys.named("events") {
            self.event(&entry);
        }
        for entry in keys.named("virtual_tables") {
            self.virtual_table(&entry);
        }
        for (list, kind) in [
            ("views", Kind::View),
            ("materialized_views", Kind::MaterializedView),
        ] {
            for entry in keys.named(list) {
                self.view(&entry, kind);
            }
        }
    }

    /// Kinds that are made of clauses alone: the dialect's grammar reads those.
    fn defined(&mut self, keys: Keys, kind: Kind, list: &str) {
        // A cast is all that it says: it has no name.
        let found: Vec<Named> = match kind {
            Kind::Cast | Kind::Transform => keys
                .items(list)
                .map(|node| Named {
                    name: None,
                    place: first_of(node),
                    node,
                })
                .collect(),
            _ => keys.named(list),
        };
        for entry in found {
            for node in items(Some(entry.node)) {
                let keys = Keys::of(node, Some("definition"), None);
                let id = match kind.has_schema() {
                    true => self.own(kind, entry.name.unwrap_or_default()),
                    false => {
                        let name = self.name(entry.name.unwrap_or_default());
                        ObjectId::new(kind, Name::default(), name)
                    }
                };
                let definition = Definition {
                    text: keys.owned("definition").unwrap_or_default(),
                    pieces: Vec::new(),
                };
                self.create(id, entry.place, definition, keys);
            }
        }
    }

    /// Ends a declaration: what was mentioned since the last one is its own.
    pub fn declare(&mut self, steps: Vec<(Step, Place)>) {
        self.out.declarations.push(Declaration {
            schema: self.schema.clone(),
            steps,
            mentions: std::mem::take(&mut self.mentions),
        });
    }

    /// One object, whole.
    pub fn create(&mut self, id: ObjectId, place: Place, body: impl Into<Body>, keys: Keys) {
        self.renamed(&id.part(), keys);
        let object = self.object_of(body, keys);
        self.declare(vec![(Step::Create(id, object), place)]);
    }

    pub fn object_of(&mut self, body: impl Into<Body>, keys: Keys) -> Object {
        // MySQL's comments are options.
        let comment = keys.owned("comment").filter(|_| !self.dialect.is_mysql());
        Object {
            comment: comment.filter(|c| !c.is_empty()),
            member_comments: keys
                .options("comments")
                .into_iter()
                .map(|(name, text)| (self.name(&name), text))
                .collect(),
            owner: keys.owned("owner"),
            grants: keys.get("grants").map(|node| self.grants(node)),
            ..Object::new(body)
        }
    }

    fn grants(&mut self, node: &Node) -> Vec<Grant> {
        let mut out = Vec::new();
        for entry in named(node) {
            // MySQL has nobody of that meaning.
            let public = |role: &&str| *role == "public" && self.dialect != Dialect::Mysql;
            let role = entry.name.filter(|r| !public(r)).unwrap_or_default();
            for item in items(Some(entry.node)) {
                let keys = Keys::of(item, Some("privilege"), None);
                out.push(Grant {
                    role: role.to_owned(),
                    privilege: keys.word("privilege", "").to_ascii_uppercase(),
                    grantable: keys.flag("grantable"),
                    column: keys.text("column").map(|c| self.name(c)),
                });
            }
        }
        out.sort();
        out.dedup();
        out
    }

    pub fn name(&self, text: &str) -> Name {
        match self.dialect {
            Dialect::Sqlite | Dialect::Mysql | Dialect::Mariadb => Name::folded(text),
            Dialect::Postgres => {
                let mut end = text.len().min(LONGEST);
                while !text.is_char_boundary(end) {
                    end -= 1;
                }
                Name::exact(&text[..end])
            }
        }
    }

    /// The id of an object that is declared here.
    pub fn own(&self, kind: Kind, name: &str) -> ObjectId {
        let schema = self
            .schema
            .as_deref()
            .map_or_else(Name::default, |s| self.name(s));
        ObjectId::new(kind, schema, self.name(name))
    }

    /// Column names, and where they stand.
    pub fn columns(&mut self, keys: Keys, key: &str) -> Vec<Name> {
        let texts = keys.texts(key);
        for (text, place) in &texts {
            self.mention(text, *place);
        }
        texts.iter().map(|(text, _)| self.name(text)).collect()
    }

    pub fn mention(&mut self, text: &str, place: Place) {
        self.mentions.push((text.to_owned(), place));
    }

    pub fn wrong(&mut self, code: &'static str, message: String, place: Place, help: &str) {
        self.out
            .problems
            .push(Diagnostic::error(code, message).at(place).help(help));
    }

    /// `name` or `schema.name`.
    pub fn object(&mut self, kind: Kind, text: &str, place: Place) -> Option<ObjectId> {
        self.mention(text, place);
        match self.dotted(text, place)?.as_slice() {
            [name] => Some(ObjectId::new(kind, Name::default(), self.name(name))),
            [schema, name] => Some(ObjectId::new(kind, self.name(schema), self.name(name))),
            _ => {
                let message = format!("`{text}` has too many parts");
                self.wrong("D0602", message, place, "write `name` or `schema.name`");
                None
            }
        }
    }

    /// `table.column` or `schema.table.column`; with `alone`, a table without a column too.
    pub fn column_of(
        &mut self,
        text: &str,
        place: Place,
        alone: bool,
    ) -> Option<(ObjectId, Option<Name>)> {
        self.mention(text, place);
        let table = |schema: Name, name: &str, reader: &Self| {
            ObjectId::new(Kind::Table, schema, reader.name(name))
        };
        match self.dotted(text, place)?.as_slice() {
            [name] if alone => Some((table(Name::default(), name, self), None)),
            [name, column] => Some((table(Name::default(), name, self), Some(self.name(column)))),
            [schema, name, column] => Some((
                table(self.name(schema), name, self),
                Some(self.name(column)),
            )),
            _ => {
                let message = format!("`{text}` names no column");
                let help = "write `table.column` or `schema.table.column`";
                self.wrong("D0602", message, place, help);
                None
            }
        }
    }

    /// The parts of a dotted name, each exact; one in double quotes may hold dots.
    fn dotted(&mut self, text: &str, place: Place) -> Option<Vec<String>> {
        let parts = split_dotted(text);
        if parts.is_none() {
            let message = format!("`{text}` is no name");
            let help = "write `schema.name`; a part that holds a dot stands in double quotes";
            self.wrong("D0602", message, place, help);
        }
        parts
    }

    /// A type as written, white space folded.
    pub fn type_of(&mut self, keys: Keys, key: &str) -> TypeRef {
        let Some(node) = keys.get(key) else {
            return TypeRef::default();
        };
        let text = text_of(node).unwrap_or_default();
        self.mention(text, node.place);
        TypeRef::new(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    pub fn sql(&mut self, keys: Keys, key: &str) -> Option<SqlText> {
        keys.get(key).and_then(|node| self.piece(node, false))
    }

    /// Statements, with a `;` behind each.
    pub fn body(&mut self, keys: Keys, key: &str) -> Option<SqlText> {
        keys.get(key).and_then(|node| self.piece(node, true))
    }

    /// From the first token to the last: what a grammar would have cut out of a statement.
    pub(super) fn piece(&mut self, node: &Node, many: bool) -> Option<SqlText> {
        let text = text_of(node)?;
        let place = text_place(node, text, self.source);
        let (mut tokens, _, problems) = lex(text, self.syntax(), SourceId(0));
        if let Some(problem) = problems.into_iter().next() {
            self.out.problems.push(Diagnostic {
                place: Some(place),
                ..problem
            });
            return None;
        }
        if !many {
            while tokens.last().is_some_and(|t| t.span.of(text) == ";") {
                tokens.pop();
            }
        }
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else {
            let help = "write the SQL text, or leave the key out";
            self.wrong("D0101", "an expression is missing".into(), place, help);
            return None;
        };
        let mut depth = 0i64;
        for token in tokens.iter().filter(|t| t.kind == TokenKind::Symbol) {
            depth += match token.span.of(text) {
                "(" => 1,
                ")" => -1,
                ";" if !many => i64::MIN / 2,
                _ => 0,
            };
            if depth < 0 {
                break;
            }
        }
        if depth != 0 {
            let message = "this is not one piece of SQL".to_owned();
            let help = "close each bracket, and write one expression or query without `;`";
            self.wrong("D0101", message, place, help);
            return None;
        }
        let written = text.get(first.span.start..last.span.end).unwrap_or(text);
        let start = place.span.start + first.span.start;
        let span = driftless_sql::Span::new(start, place.span.end.max(start));
        let source = place.source;
        Some(SqlText::new(written).at(Place { source, span }))
    }

    pub fn renamed(&mut self, part: &Part, keys: Keys) {
        if let Some(node) = keys.get("renamed_from")
            && let Some(text) = text_of(node)
        {
            let text = quote_name(text, self.syntax());
            self.hint(part, "renamed-from", text, node.place);
        }
    }

    pub fn hint(&mut self, part: &Part, key: &'static str, text: String, place: Place) {
        self.out.hints.push(Hint {
            part: part.clone(),
            key,
            text,
            place,
            schema: self.schema.clone(),
        });
    }
}

/// The parts between the dots.
fn split_dotted(text: &str) -> Option<Vec<String>> {
    let mut out = Vec::new();
    let mut rest = text.trim();
    loop {
        let part;
        (part, rest) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let mut name = String::new();
                let mut inside = quoted;
                loop {
                    let (head, tail) = inside.split_once('"')?;
                    name.push_str(head);
                    match tail.strip_prefix('"') {
                        Some(more) => {
                            name.push('"');
                            inside = more;
                        }
                        None => break (name, tail),
                    }
                }
            }
            None => {
                let end = rest.find('.').unwrap_or(rest.len());
                let (head, tail) = rest.split_at(end);
                (head.to_owned(), tail)
            }
        };
        if part.is_empty() {
            return None;
        }
        out.push(part);
        match rest.strip_prefix('.') {
            Some(more) => rest = more,
            None if rest.is_empty() => return Some(out),
            None => return None,
        }
    }
}

/// Which short forms a shape has.
pub(super) fn keys<'n>(node: &'n Node, shape: &Shape) -> Keys<'n> {
    Keys::of(node, shape.scalar, shape.list)
}

#[cfg(test)]
mod tests {
    use super::split_dotted;

    #[test]
    fn dotted_names() {
        let parts = |text| split_dotted(text).map(|p| p.join("|"));
        assert_eq!(parts("a"), Some("a".into()));
        assert_eq!(parts("a.B c.d"), Some("a|B c|d".into()));
        assert_eq!(parts("\"a.b\".\"c\"\"d\""), Some("a.b|c\"d".into()));
        for wrong in ["", ".", "a.", ".a", "\"a", "\"a\"b", "\"\""] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
    }
}
