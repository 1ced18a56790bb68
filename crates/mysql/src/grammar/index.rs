//! Keys, indexes, checks and foreign keys, in CREATE TABLE, ALTER TABLE and statements of their own.
//!
//! Neighbours: `table`, `alter`, `column`. Invariant: UNIQUE is an index; an unnamed one has an empty name until the
//! table gives it one.

use super::{Lead, bracketed, column_name, if_not_exists, named, object_id};
use driftless_model::{
    Check, Constraint, ConstraintBody, ForeignKey, Index, IndexKey, Key, KeyExpr, KeyPart, Kind,
    Name, Object, ObjectId, Options, Server,
};
use driftless_planner::{Action, Create, Drop, Parsed};
use driftless_sql::{Cursor, Diagnostic, Span, Syntax, TokenKind};

/// An index or constraint that was read, to be made with its table or on it.
#[derive(Debug, Clone)]
pub struct Found {
    pub id: ObjectId,
    pub object: Object,
    pub if_not_exists: bool,
    pub span: Option<Span>,
}

impl Found {
    pub fn create(self) -> Action {
        Action::Create(Box::new(Create {
            id: self.id,
            object: self.object,
            if_not_exists: self.if_not_exists,
            or_replace: false,
            concurrently: false,
        }))
    }
    pub fn enforced(&mut self, enforced: bool) {
        if let Some(c) = self.object.get_mut::<Constraint>() {
            c.enforced = enforced;
        }
    }
}

pub fn named_constraint(name: Option<Name>, mut constraint: Constraint) -> Found {
    constraint.named = name.is_some();
    let name = name.unwrap_or_default();
    Found {
        id: ObjectId::owned(Kind::Constraint, &constraint.table, name),
        object: Object::new(constraint),
        if_not_exists: false,
        span: None,
    }
}

fn new_index(table: &ObjectId, unique: bool, keys: Vec<IndexKey>) -> Index {
    Index {
        table: table.clone(),
        unique,
        method: String::new(),
        keys,
        include: Vec::new(),
        filter: None,
        nulls_not_distinct: false,
        options: Options::new(),
        tablespace: None,
        valid: true,
    }
}

fn named_index(name: Option<Name>, index: Index) -> Found {
    let name = name.unwrap_or_default();
    Found {
        id: ObjectId::owned(Kind::Index, &index.table, name),
        object: Object::new(index),
        if_not_exists: false,
        span: None,
    }
}

pub fn unique_of(table: &ObjectId, column: &Name) -> Found {
    named_index(
        None,
        new_index(table, true, vec![IndexKey::column(column.clone())]),
    )
}

pub fn primary_of(table: &ObjectId, column: &Name) -> Found {
    let key = Key {
        columns: vec![KeyPart::plain(column.clone())],
        ..Key::default()
    };
    primary(table, key)
}

fn primary(table: &ObjectId, key: Key) -> Found {
    let body = ConstraintBody::PrimaryKey(key);
    named_constraint(
        Some(Name::folded("PRIMARY")),
        Constraint::new(table.clone(), body),
    )
}

/// Whether a key, index or constraint of the table begins here.
pub fn begins(cur: &Cursor) -> bool {
    let key_word = |n: usize| {
        cur.peek_nth(n).is_none_or(|t| {
            let raw = cur.text(t.span);
            t.kind == TokenKind::Quoted || raw == "(" || t.kind == TokenKind::Word
        })
    };
    match cur.word().as_deref() {
        Some(
            "constraint" | "primary" | "unique" | "fulltext" | "spatial" | "foreign" | "check",
        ) => true,
        Some("key" | "index") => key_word(1),
        Some("vector") => cur.at_seq(&["vector", "key"]) || cur.at_seq(&["vector", "index"]),
        _ => false,
    }
}

/// One table constraint or index definition.
pub fn read(cur: &mut Cursor, table: &ObjectId) -> Result<Found, Diagnostic> {
    let at = cur.here();
    let mut name = None;
    if cur.eat("constraint") && !cur.at_any(&["primary", "unique", "foreign", "check"]) {
        name = Some(column_name(cur.ident("a constraint name")?));
    }
    let mut found = match cur.word().as_deref() {
        Some("primary") => {
            cur.expect_seq(&["primary", "key"])?;
            let mut index = new_index(table, true, Vec::new());
            method(cur, &mut index)?;
            // A name of the primary key is read and forgotten.
            if !cur.at_symbol("(") {
                cur.ident("a name")?;
            }
            method(cur, &mut index)?;
            index.keys = keys(cur)?;
            options(cur, &mut index)?;
            let key = Key {
                columns: index.keys.iter().filter_map(part).collect(),
                options: key_options(&index),
                ..Key::default()
            };
            primary(table, key)
        }
        Some("foreign") => {
            cur.expect_seq(&["foreign", "key"])?;
            let if_not_exists = if_not_exists(cur);
            // The name of its index, on MySQL of the key itself where it has none.
            if !cur.at_symbol("(") {
                let index = column_name(cur.ident("an index name")?);
                name.get_or_insert(index);
            }
            let columns = cur.ident_list("a column name")?;
            let columns = columns.into_iter().map(column_name).collect();
            let key = references(cur, columns)?;
            let body = ConstraintBody::ForeignKey(key);
            let mut found = named_constraint(name, Constraint::new(table.clone(), body));
            found.if_not_exists = if_not_exists;
            found
        }
        Some("check") => {
            cur.bump();
            let expr = bracketed(cur)?;
            let body = ConstraintBody::Check(Check {
                expr,
                conflict: None,
            });
            let mut made = Constraint::new(table.clone(), body);
            made.enforced = enforced(cur);
            named_constraint(name, made)
        }
        _ => index(cur, table, name)?,
    };
    found.span = Some(at);
    Ok(found)
}

/// `[NOT] ENFORCED`
pub fn enforced(cur: &mut Cursor) -> bool {
    if cur.eat_seq(&["not", "enforced"]) {
        return false;
    }
    cur.eat("enforced");
    true
}

/// `[UNIQUE | FULLTEXT | SPATIAL | VECTOR] [KEY | INDEX] [name] (…) …`
fn index(cur: &mut Cursor, table: &ObjectId, name: Option<Name>) -> Result<Found, Diagnostic> {
    let mut index = new_index(table, false, Vec::new());
    kind(cur, &mut index);
    if !cur.eat("key") && !cur.eat("index") && !index.unique && index.method.is_empty() {
        return Err(cur.unexpected("a column, a key or a constraint"));
    }
    let if_not_exists = if_not_exists(cur);
    let mut name = name;
    if !cur.at_symbol("(") && !cur.at("using") && !cur.at("type") {
        let own = column_name(cur.ident("an index name")?);
        name = Some(own);
    }
    method(cur, &mut index)?;
    index.keys = keys(cur)?;
    options(cur, &mut index)?;
    let mut found = named_index(name, index);
    found.if_not_exists = if_not_exists;
    Ok(found)
}

fn kind(cur: &mut Cursor, index: &mut Index) {
    if cur.eat("unique") {
        index.unique = true;
    }
    for word in ["fulltext", "spatial", "vector"] {
        if cur.eat(word) {
            index.method = word.into();
        }
    }
}

/// `USING BTREE`
fn method(cur: &mut Cursor, index: &mut Index) -> Result<(), Diagnostic> {
    if cur.eat("using") || cur.eat("type") {
        let word = cur.ident("BTREE, HASH or RTREE")?.text;
        if index.method.is_empty() {
            index.method = word.to_ascii_lowercase();
        }
    }
    Ok(())
}

/// `(a(10) DESC, (lower(b)))`
fn keys(cur: &mut Cursor) -> Result<Vec<IndexKey>, Diagnostic> {
    let mut inner = cur.group_cursor()?;
    let mut out = Vec::new();
    loop {
        let mut key = if inner.at_symbol("(") {
            let mut key = IndexKey::column(Name::default());
            key.expr = KeyExpr::Expr(bracketed(&mut inner)?);
            key
        } else {
            IndexKey::column(column_name(inner.ident("a column name")?))
        };
        if inner.at_symbol("(") {
            let mut size = inner.group_cursor()?;
            let length = size.integer("a length")?;
            size.finish()?;
            key.prefix = u32::try_from(length).ok();
        }
        key.descending = inner.eat("desc");
        if !key.descending {
            inner.eat("asc");
        }
        out.push(key);
        if inner.eat_seq(&["without", "overlaps"]) {
            // MariaDB's WITHOUT OVERLAPS of an application period.
            if let Some(last) = out.last_mut() {
                last.opclass = Some("without overlaps".into());
            }
        }
        if !inner.eat_symbol(",") {
            break;
        }
    }
    inner.finish()?;
    Ok(out)
}

fn part(key: &IndexKey) -> Option<KeyPart> {
    let KeyExpr::Column(column) = &key.expr else {
        return None;
    };
    Some(KeyPart {
        column: column.clone(),
        collation: key.opclass.clone(),
        descending: key.descending,
        prefix: key.prefix,
    })
}

/// A primary key's options, `using` among them.
fn key_options(index: &Index) -> Options {
    let mut out = index.options.clone();
    if !index.method.is_empty() {
        out.insert("using".into(), index.method.clone());
    }
    out
}

/// What stands behind the columns.
fn options(cur: &mut Cursor, index: &mut Index) -> Result<(), Diagnostic> {
    loop {
        match cur.word().as_deref() {
            Some("using" | "type") => method(cur, index)?,
            Some("comment") => {
                cur.bump();
                cur.eat_symbol("=");
                let text = cur.string("a comment")?;
                if !text.is_empty() {
                    index.options.insert("comment".into(), text);
                }
            }
            Some("key_block_size") => {
                cur.bump();
                cur.eat_symbol("=");
                let size = cur.number_text("a size")?;
                if size != "0" {
                    index.options.insert("key_block_size".into(), size);
                }
            }
            Some("with") => {
                cur.expect_seq(&["with", "parser"])?;
                let parser = cur.ident("a parser")?.text;
                index.options.insert("parser".into(), parser);
            }
            Some("invisible" | "ignored") => {
                cur.bump();
                index.options.insert("invisible".into(), String::new());
            }
            Some("visible") => {
                cur.bump();
            }
            Some("not") if cur.at_seq(&["not", "ignored"]) => {
                cur.eat_seq(&["not", "ignored"]);
            }
            Some(word @ ("m" | "distance" | "engine_attribute" | "secondary_engine_attribute")) => {
                let word = word.to_owned();
                cur.bump();
                cur.eat_symbol("=");
                let value = match cur.peek().map(|t| t.kind) {
                    Some(TokenKind::Text) => cur.string("a value")?,
                    Some(TokenKind::Number) => cur.number_text("a value")?,
                    _ => cur.ident("a value")?.text.to_ascii_lowercase(),
                };
                index.options.insert(word, value);
            }
            _ => return Ok(()),
        }
    }
}

/// `REFERENCES t (a) ON DELETE …`
pub fn references(cur: &mut Cursor, columns: Vec<Name>) -> Result<ForeignKey, Diagnostic> {
    cur.expect("references")?;
    let target = object_id(cur, Kind::Table, "a table name")?;
    let mut out = ForeignKey {
        columns,
        target,
        target_columns: Vec::new(),
        on_delete: unsaid_action(cur.syntax()).into(),
        on_update: unsaid_action(cur.syntax()).into(),
        match_kind: "simple".into(),
        set_columns: Vec::new(),
        period: false,
    };
    if cur.at_symbol("(") {
        let list = cur.ident_list("a column name")?;
        out.target_columns = list.into_iter().map(column_name).collect();
    }
    loop {
        if cur.eat("match") {
            // Read and forgotten by InnoDB (manual, FOREIGN KEY Constraints).
            cur.ident("FULL, PARTIAL or SIMPLE")?;
        } else if cur.eat_seq(&["on", "delete"]) {
            out.on_delete = action(cur)?;
        } else if cur.eat_seq(&["on", "update"]) {
            out.on_update = action(cur)?;
        } else {
            return Ok(out);
        }
    }
}

/// What a foreign key does that says nothing: MariaDB shows NO ACTION and hides RESTRICT, MySQL the other way round.
pub fn unsaid_action(syntax: Syntax) -> &'static str {
    match syntax {
        Syntax::Mariadb => "restrict",
        _ => "no action",
    }
}

fn action(cur: &mut Cursor) -> Result<String, Diagnostic> {
    for words in [
        &["set", "null"][..],
        &["set", "default"],
        &["no", "action"],
        &["cascade"],
        &["restrict"],
    ] {
        if cur.eat_seq(words) {
            return Ok(words.join(" "));
        }
    }
    Err(cur.unexpected("SET NULL, SET DEFAULT, CASCADE, RESTRICT or NO ACTION"))
}

/// CREATE INDEX.
pub fn create(cur: &mut Cursor, lead: Lead, _server: Server) -> Result<Parsed, Diagnostic> {
    let mut index = new_index(&super::id(Kind::Table, ""), false, Vec::new());
    kind(cur, &mut index);
    cur.expect("index")?;
    let if_not_exists = if_not_exists(cur);
    let name = cur.ident("an index name")?;
    let span = name.span;
    method(cur, &mut index)?;
    cur.expect("on")?;
    let (table, _) = named(cur, Kind::Table, "a table name")?;
    index.table = table;
    index.keys = keys(cur)?;
    options(cur, &mut index)?;
    pins(cur)?;
    let mut found = named_index(Some(column_name(name)), index);
    found.if_not_exists = if_not_exists;
    let parts = vec![(found.id.part(), span)];
    let mut action = found.create();
    if let Action::Create(create) = &mut action {
        create.or_replace = lead.or_replace;
    }
    Ok(Parsed {
        actions: vec![action],
        parts,
        ..Parsed::default()
    })
}

/// DROP INDEX name ON table.
pub fn drop(cur: &mut Cursor) -> Result<Parsed, Diagnostic> {
    cur.expect("index")?;
    let if_exists = cur.eat_seq(&["if", "exists"]);
    let name = column_name(cur.ident("an index name")?);
    cur.expect("on")?;
    let table = object_id(cur, Kind::Table, "a table name")?;
    pins(cur)?;
    Ok(Parsed {
        actions: vec![dropped(&table, name, if_exists)],
        ..Parsed::default()
    })
}

/// The index of that name, or the primary key.
pub fn dropped(table: &ObjectId, name: Name, if_exists: bool) -> Action {
    let kind = match name.key() {
        "primary" => Kind::Constraint,
        _ => Kind::Index,
    };
    Action::Drop(Drop {
        id: ObjectId::owned(kind, table, name),
        if_exists,
        cascade: false,
        concurrently: false,
    })
}

/// ALGORITHM and LOCK behind a statement.
fn pins(cur: &mut Cursor) -> Result<(), Diagnostic> {
    while cur.eat("algorithm") || cur.eat("lock") {
        cur.eat_symbol("=");
        cur.ident("a word")?;
    }
    if cur.eat("wait") {
        cur.number_text("seconds")?;
    }
    cur.eat("nowait");
    Ok(())
}
