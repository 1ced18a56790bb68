//! Indexes: CREATE, ALTER, and the key list that exclusion constraints share.
//!
//! Invariant: an index lives in its table's schema; an unnamed one has the empty name until its row names it.

use super::{
    Mode, Read, Reader, bracketed, constraint, data_type, list, name, names, option, sequence, sql,
};
use driftless_model::{Index, IndexKey, KeyExpr, Kind, Name, ObjectId};
use driftless_planner::{Action, Clause, IndexClause};
use driftless_sql::{Cursor, Syntax, TokenKind, is_bare, quote_name, quote_text};

/// From UNIQUE or INDEX on.
pub(super) fn create(r: &mut Reader) -> Read<()> {
    let unique = r.eat("unique");
    r.expect("index")?;
    let concurrently = r.eat("concurrently");
    let if_not_exists = r.if_not_exists();
    let (title, span) = if r.at("on") {
        (Name::default(), r.here())
    } else {
        let span = r.here();
        (name::single(r, "an index")?, span)
    };
    r.expect("on")?;
    // Without its partitions' indexes it is not valid, as long as they are not attached.
    let only = r.eat("only");
    let (table, _) = name::object(r, Kind::Table, "a table")?;
    let method = if r.eat("using") {
        name::single(r, "an index method")?.as_str().to_owned()
    } else {
        "btree".to_owned()
    };
    let mut group = r.group_cursor()?;
    let keys = list(&mut group, key)?;
    group.finish()?;
    let mut index = Index {
        table: table.clone(),
        unique,
        method,
        keys,
        include: Vec::new(),
        filter: None,
        nulls_not_distinct: false,
        options: Default::default(),
        tablespace: None,
        valid: !only,
    };
    tail(r, &mut index)?;
    let id = ObjectId::new(Kind::Index, table.schema.clone(), title);
    r.part(id.part(), span);
    let mode = Mode {
        if_not_exists,
        concurrently,
        ..Mode::default()
    };
    r.create(id, index, mode);
    Ok(())
}

/// What follows the keys.
fn tail(r: &mut Reader, index: &mut Index) -> Read<()> {
    loop {
        if r.eat("include") {
            index.include = names(r.ident_list("a column")?);
        } else if let Some(equal) = constraint::nulls(r)? {
            index.nulls_not_distinct = equal;
        } else if r.eat("tablespace") {
            index.tablespace = Some(name::single(r, "a tablespace")?.as_str().to_owned());
        } else if r.eat("where") {
            if r.done() {
                return Err(r.unexpected("an expression"));
            }
            let span = r.rest();
            index.filter = Some(sql(r, span));
        } else if let Some(options) = option::with(r)? {
            index.options = options;
        } else {
            return Ok(());
        }
    }
}

/// One key: a column, a call or an expression in brackets, with its modifiers.
pub(super) fn key(c: &mut Cursor) -> Read<IndexKey> {
    let expr = if c.at_symbol("(") {
        KeyExpr::Expr(bracketed(c)?)
    } else {
        column_or_call(c)?
    };
    let collation = data_type::collation(c)?;
    let opclass = opclass(c)?;
    let descending = c.eat("desc");
    if !descending {
        c.eat("asc");
    }
    let nulls_first = if c.eat_seq(&["nulls", "first"]) {
        true
    } else {
        !c.eat_seq(&["nulls", "last"]) && descending
    };
    Ok(IndexKey {
        expr,
        collation,
        opclass,
        descending,
        nulls_first,
        prefix: None,
        statistics: None,
    })
}

fn column_or_call(c: &mut Cursor) -> Read<KeyExpr> {
    let from = c.pos();
    let parts = c.name("a column")?;
    if c.at_symbol("(") {
        c.group()?;
        let span = c.span_from(from);
        return Ok(KeyExpr::Expr(sql(c, span)));
    }
    match parts.as_slice() {
        [only] => Ok(KeyExpr::Column(name::exact(&only.text))),
        _ => Err(c.unexpected("`(`")),
    }
}

/// `siglen='32'`, as the server prints it.
fn parameter(c: &mut Cursor) -> Read<String> {
    let key = name::spelled(c, "a parameter")?;
    if !c.eat_symbol("=") {
        return Ok(key);
    }
    let value = super::value(c, "a value")?;
    Ok(if is_bare(&value, Syntax::Postgres) {
        format!("{key}={value}")
    } else {
        format!("{key}={}", quote_text(&value, Syntax::Postgres))
    })
}

/// `gist_trgm_ops (siglen = 32)`, where written.
fn opclass(c: &mut Cursor) -> Read<Option<String>> {
    let named = c
        .peek()
        .is_some_and(|t| matches!(t.kind, TokenKind::Word | TokenKind::Quoted));
    if !named || c.at_any(&["asc", "desc", "nulls", "with"]) {
        return Ok(None);
    }
    let mut class = name::spelled(c, "an operator class")?;
    if c.at_symbol("(") {
        let mut group = c.group_cursor()?;
        let told = list(&mut group, parameter)?;
        group.finish()?;
        class.push_str(&format!("({})", told.join(", ")));
    }
    Ok(Some(class))
}

/// From INDEX on.
pub(super) fn alter(r: &mut Reader) -> Read<()> {
    let start = r.pos();
    r.expect("index")?;
    if r.eat_seq(&["all", "in", "tablespace"]) {
        r.rest();
        let span = r.span_from(start);
        r.unmodelled(
            "move between tablespaces",
            r.text(span).to_owned(),
            None,
            span,
        );
        return Ok(());
    }
    r.if_exists();
    let (id, _) = name::object(r, Kind::Index, "an index")?;
    if sequence::common(r, &id)? {
        return Ok(());
    }
    let clause = if r.eat_seq(&["attach", "partition"]) {
        let (partition, _) = name::object(r, Kind::Index, "an index")?;
        IndexClause::Attach { partition }
    } else if r.eat_seq(&["set", "tablespace"]) {
        let space = name::single(r, "a tablespace")?;
        r.eat("nowait");
        IndexClause::Tablespace(space.as_str().to_owned())
    } else if r.eat("set") {
        IndexClause::Options(option::changes(r)?)
    } else if r.eat("reset") {
        IndexClause::Options(option::resets(r)?)
    } else if r.eat("alter") {
        r.eat("column");
        let from = r.pos();
        let key = r.integer("the number of a key")?;
        let key = u32::try_from(key).map_err(|_| {
            r.reset(from);
            r.unexpected("the number of a key")
        })?;
        r.expect_seq(&["set", "statistics"])?;
        let target = if r.eat("default") {
            -1
        } else {
            r.integer("a number")?
        };
        IndexClause::Statistics { key, target }
    } else if depends(r, &id)? {
        return Ok(());
    } else {
        return Err(r.unexpected("a change of the index"));
    };
    r.action(Action::alter(&id, Clause::Index(clause)));
    Ok(())
}

/// `[NO] DEPENDS ON EXTENSION name`
pub(super) fn depends(r: &mut Reader, id: &ObjectId) -> Read<bool> {
    let start = r.pos();
    r.eat("no");
    if !r.eat_seq(&["depends", "on", "extension"]) {
        r.reset(start);
        return Ok(false);
    }
    let extension = name::single(r, "an extension")?;
    let span = r.span_from(start);
    let written = quote_name(extension.as_str(), Syntax::Postgres);
    r.unmodelled("dependence on extension", written, Some(id.clone()), span);
    Ok(true)
}
