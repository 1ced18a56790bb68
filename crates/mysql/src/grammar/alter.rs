//! ALTER TABLE and RENAME TABLE.
//!
//! Invariant: each clause is one action; ALGORITHM and LOCK are read as a pin on the statement.

use super::index::{self, dropped};
use super::types::word_or_text;
use super::{column, column_name, named, object_id, option, partition, table, unsupported};
use driftless_model::{Kind, Name, ObjectId, Options, Part, Server};
use driftless_planner::{
    Action, Clause, ColumnClause, ConstraintClause, Drop, IndexClause, Parsed, PartitionClause,
    Position, TableClause,
};
use driftless_sql::{Cursor, Diagnostic, Span};

struct Reading {
    id: ObjectId,
    actions: Vec<Action>,
    parts: Vec<(Part, Span)>,
    /// Options of the table, collected: they are one action.
    options: Options<Option<String>>,
    server: Server,
}

pub fn table(cur: &mut Cursor, server: Server) -> Result<Parsed, Diagnostic> {
    cur.expect("table")?;
    cur.eat_seq(&["if", "exists"]);
    let (id, span) = named(cur, Kind::Table, "a table name")?;
    if cur.eat("wait") {
        cur.number_text("seconds")?;
    }
    cur.eat("nowait");
    let mut r = Reading {
        parts: vec![(id.part(), span)],
        id,
        actions: Vec::new(),
        options: Options::new(),
        server,
    };
    while !cur.done() {
        clause(cur, &mut r)?;
        if !cur.eat_symbol(",") && !cur.done() && !follows(cur) {
            break;
        }
    }
    if !r.options.is_empty() {
        let options = std::mem::take(&mut r.options);
        // Columns that say no character set get the new default one, wherever it stands.
        let first = options.contains_key("charset") || options.contains_key("collate");
        let at = if first { 0 } else { r.actions.len() };
        let action = Action::table(&r.id, TableClause::Options(options));
        r.actions.insert(at, action);
    }
    Ok(Parsed {
        actions: r.actions,
        parts: r.parts,
        ..Parsed::default()
    })
}

/// Options and partitions may stand without a comma before them.
fn follows(cur: &Cursor) -> bool {
    let mut probe = cur.clone();
    cur.at_any(&["partition", "remove"]) || matches!(option::read(&mut probe), Ok(Some(_)))
}

fn clause(cur: &mut Cursor, r: &mut Reading) -> Result<(), Diagnostic> {
    match cur.word().as_deref() {
        Some("add") => {
            cur.bump();
            add(cur, r)
        }
        Some("drop") => {
            cur.bump();
            drop(cur, r)
        }
        Some("modify") => {
            cur.bump();
            cur.eat("column");
            cur.eat_seq(&["if", "exists"]);
            changed(cur, r, None)
        }
        Some("change") => {
            cur.bump();
            cur.eat("column");
            cur.eat_seq(&["if", "exists"]);
            let name = column_name(cur.ident("a column name")?);
            changed(cur, r, Some(name))
        }
        Some("alter") => {
            cur.bump();
            alter(cur, r)
        }
        Some("rename") => {
            cur.bump();
            rename(cur, r)
        }
        Some("convert") => {
            cur.bump();
            convert(cur, r)
        }
        Some("algorithm" | "lock") => {
            let algorithm = cur.at("algorithm");
            cur.bump();
            cur.eat_symbol("=");
            let word = cur.ident("a word")?.text.to_ascii_uppercase();
            let (algorithm, lock) = match algorithm {
                true => (Some(word), None),
                false => (None, Some(word)),
            };
            push(r, TableClause::Pin { algorithm, lock });
            Ok(())
        }
        Some("partition") => {
            cur.expect_seq(&["partition", "by"])?;
            let by = Box::new(partition::by(cur)?);
            push(r, TableClause::Partitions(PartitionClause::By(Some(by))));
            Ok(())
        }
        Some("remove") => {
            cur.expect_seq(&["remove", "partitioning"])?;
            push(r, TableClause::Partitions(PartitionClause::By(None)));
            Ok(())
        }
        Some("coalesce") => {
            cur.expect_seq(&["coalesce", "partition"])?;
            let n = cur.integer("a number")?;
            let n = u32::try_from(n).unwrap_or(u32::MAX);
            push(r, TableClause::Partitions(PartitionClause::Coalesce(n)));
            Ok(())
        }
        Some("reorganize") => {
            cur.expect_seq(&["reorganize", "partition"])?;
            let from = partition::names(cur)?;
            cur.expect("into")?;
            let to = partition::definitions(cur)?;
            push(
                r,
                TableClause::Partitions(PartitionClause::Reorganize { from, to }),
            );
            Ok(())
        }
        // These work on rows and pages, not on the schema.
        Some("enable" | "disable") => {
            cur.bump();
            cur.expect("keys")
        }
        Some("force") => {
            cur.bump();
            Ok(())
        }
        Some("order") => {
            cur.expect_seq(&["order", "by"])?;
            loop {
                cur.name("a column name")?;
                if !cur.eat("asc") {
                    cur.eat("desc");
                }
                if !cur.eat_symbol(",") {
                    return Ok(());
                }
            }
        }
        Some(word @ ("with" | "without")) if cur.at_seq(&[word, "validation"]) => {
            cur.bump();
            cur.bump();
            Ok(())
        }
        Some(
            "analyze" | "check" | "optimize" | "rebuild" | "repair" | "truncate" | "discard"
            | "import" | "exchange",
        ) => Err(unsupported(
            cur,
            "work on single partitions and tablespaces",
        )),
        _ => match option::read(cur)? {
            Some((name, value)) => {
                r.options.insert(name, value);
                Ok(())
            }
            None => Err(cur.unexpected("ADD, DROP, MODIFY, CHANGE, ALTER, RENAME or an option")),
        },
    }
}

fn push(r: &mut Reading, clause: TableClause) {
    let id = r.id.clone();
    r.actions.push(Action::table(&id, clause));
}

fn position(cur: &mut Cursor) -> Result<Option<Position>, Diagnostic> {
    if cur.eat("first") {
        return Ok(Some(Position::First));
    }
    if cur.eat("after") {
        let name = column_name(cur.ident("a column name")?);
        return Ok(Some(Position::After(name)));
    }
    Ok(None)
}

fn add(cur: &mut Cursor, r: &mut Reading) -> Result<(), Diagnostic> {
    if cur.eat_seq(&["system", "versioning"]) {
        r.options
            .insert("system_versioning".into(), Some(String::new()));
        return Ok(());
    }
    if cur.at_seq(&["period", "for"]) {
        let period = table::period(cur)?;
        push(
            r,
            TableClause::Period {
                period,
                drop: false,
            },
        );
        return Ok(());
    }
    if cur.eat("partition") {
        cur.eat_seq(&["if", "not", "exists"]);
        let clause = if cur.eat("partitions") {
            let n = cur.integer("a number")?;
            PartitionClause::AddCount(u32::try_from(n).unwrap_or(u32::MAX))
        } else {
            PartitionClause::Add(partition::definitions(cur)?)
        };
        push(r, TableClause::Partitions(clause));
        return Ok(());
    }
    if index::begins(cur) {
        let found = index::read(cur, &r.id)?;
        r.actions.push(found.create());
        return Ok(());
    }
    cur.eat("column");
    let if_not_exists = super::if_not_exists(cur);
    if cur.at_symbol("(") {
        let mut inner = cur.group_cursor()?;
        loop {
            if index::begins(&inner) {
                let found = index::read(&mut inner, &r.id)?;
                r.actions.push(found.create());
            } else {
                added(&mut inner, r, if_not_exists)?;
            }
            if !inner.eat_symbol(",") {
                break;
            }
        }
        return inner.finish();
    }
    added(cur, r, if_not_exists)
}

fn added(cur: &mut Cursor, r: &mut Reading, if_not_exists: bool) -> Result<(), Diagnostic> {
    let definition = column::read(cur, &r.id, r.server)?;
    let position = position(cur)?;
    r.parts
        .push((r.id.member(&definition.column.name), definition.span));
    push(
        r,
        TableClause::AddColumn {
            column: Box::new(definition.column),
            if_not_exists,
            position,
        },
    );
    r.actions
        .extend(definition.found.into_iter().map(index::Found::create));
    Ok(())
}

/// MODIFY, or CHANGE from `name`.
fn changed(cur: &mut Cursor, r: &mut Reading, name: Option<Name>) -> Result<(), Diagnostic> {
    let definition = column::read(cur, &r.id, r.server)?;
    let position = position(cur)?;
    r.parts
        .push((r.id.member(&definition.column.name), definition.span));
    push(
        r,
        TableClause::ChangeColumn {
            name: name.unwrap_or_else(|| definition.column.name.clone()),
            column: Box::new(definition.column),
            position,
        },
    );
    r.actions
        .extend(definition.found.into_iter().map(index::Found::create));
    Ok(())
}

fn drop(cur: &mut Cursor, r: &mut Reading) -> Result<(), Diagnostic> {
    if cur.eat_seq(&["system", "versioning"]) {
        r.options.insert("system_versioning".into(), None);
        return Ok(());
    }
    if cur.eat_seq(&["period", "for"]) {
        let name = column_name(cur.ident("a period's name")?);
        let period = driftless_model::Period {
            name,
            from: Name::default(),
            to: Name::default(),
        };
        push(r, TableClause::Period { period, drop: true });
        return Ok(());
    }
    if cur.eat_seq(&["primary", "key"]) {
        let name = Name::folded("PRIMARY");
        r.actions.push(dropped(&r.id, name, false));
        return Ok(());
    }
    if cur.eat("partition") {
        cur.eat_seq(&["if", "exists"]);
        let names = partition::names(cur)?;
        push(r, TableClause::Partitions(PartitionClause::Drop(names)));
        return Ok(());
    }
    let constraint = cur.eat_seq(&["foreign", "key"]) || cur.eat("constraint") || cur.eat("check");
    if constraint {
        let if_exists = cur.eat_seq(&["if", "exists"]);
        let name = column_name(cur.ident("a constraint name")?);
        r.actions.push(Action::Drop(Drop {
            id: ObjectId::owned(Kind::Constraint, &r.id, name),
            if_exists,
            cascade: false,
            concurrently: false,
        }));
        return Ok(());
    }
    if cur.eat("key") || cur.eat("index") {
        let if_exists = cur.eat_seq(&["if", "exists"]);
        let name = column_name(cur.ident("an index name")?);
        r.actions.push(dropped(&r.id, name, if_exists));
        return Ok(());
    }
    cur.eat("column");
    let if_exists = cur.eat_seq(&["if", "exists"]);
    let column = column_name(cur.ident("a column name")?);
    if !cur.eat("restrict") {
        cur.eat("cascade");
    }
    push(
        r,
        TableClause::DropColumn {
            column,
            if_exists,
            cascade: false,
            only: false,
        },
    );
    Ok(())
}

fn alter(cur: &mut Cursor, r: &mut Reading) -> Result<(), Diagnostic> {
    if cur.eat("index") || cur.eat("key") {
        cur.eat_seq(&["if", "exists"]);
        let name = column_name(cur.ident("an index name")?);
        let hidden = match cur.word().as_deref() {
            Some("invisible" | "ignored") => true,
            Some("not") => {
                cur.bump();
                false
            }
            Some("visible") => false,
            _ => return Err(cur.unexpected("VISIBLE or INVISIBLE")),
        };
        cur.bump();
        let value = hidden.then(String::new);
        let options = Options::from_iter([("invisible".to_owned(), value)]);
        let id = ObjectId::owned(Kind::Index, &r.id, name);
        r.actions.push(Action::alter(
            &id,
            Clause::Index(IndexClause::Options(options)),
        ));
        return Ok(());
    }
    if cur.eat("check") || cur.eat("constraint") {
        let name = column_name(cur.ident("a constraint name")?);
        let on = index::enforced(cur);
        let id = ObjectId::owned(Kind::Constraint, &r.id, name);
        let clause = Clause::Constraint(ConstraintClause::Enforced(on));
        r.actions.push(Action::alter(&id, clause));
        return Ok(());
    }
    cur.eat("column");
    cur.eat_seq(&["if", "exists"]);
    let name = column_name(cur.ident("a column name")?);
    let clause = if cur.eat_seq(&["drop", "default"]) {
        ColumnClause::Default(None)
    } else if cur.eat_seq(&["set", "default"]) {
        let from = cur.pos();
        if cur.at_symbol("(") {
            cur.group()?;
        } else {
            if !cur.eat_symbol("-") {
                cur.eat_symbol("+");
            }
            cur.bump();
            if cur.at_symbol("(") {
                cur.group()?;
            }
        }
        ColumnClause::Default(Some(super::sql_text(cur, cur.span_from(from))))
    } else {
        cur.expect("set")?;
        let hidden = cur.eat("invisible");
        if !hidden {
            cur.expect("visible")?;
        }
        let value = hidden.then(String::new);
        ColumnClause::Options(Options::from_iter([("invisible".to_owned(), value)]))
    };
    r.actions.push(Action::column(&r.id, &name, clause));
    Ok(())
}

fn rename(cur: &mut Cursor, r: &mut Reading) -> Result<(), Diagnostic> {
    if cur.eat("column") {
        cur.eat_seq(&["if", "exists"]);
        let from = column_name(cur.ident("a column name")?);
        cur.expect("to")?;
        let to = column_name(cur.ident("a column name")?);
        r.actions.push(Action::Rename {
            part: r.id.member(&from),
            to,
        });
        return Ok(());
    }
    if cur.eat("index") || cur.eat("key") {
        cur.eat_seq(&["if", "exists"]);
        let from = column_name(cur.ident("an index name")?);
        cur.expect("to")?;
        let to = column_name(cur.ident("an index name")?);
        r.actions.push(Action::Rename {
            part: ObjectId::owned(Kind::Index, &r.id, from).part(),
            to,
        });
        return Ok(());
    }
    if !cur.eat("to") && !cur.eat("as") {
        cur.eat_symbol("=");
    }
    let to = object_id(cur, Kind::Table, "a table name")?;
    r.actions.extend(renamed(&r.id, &to));
    r.id = to;
    Ok(())
}

/// `CONVERT TO CHARACTER SET x COLLATE y`
fn convert(cur: &mut Cursor, r: &mut Reading) -> Result<(), Diagnostic> {
    cur.expect("to")?;
    if !cur.eat("charset") {
        cur.expect_seq(&["character", "set"])?;
    }
    let charset = word_or_text(cur, "a character set")?;
    let mut collation = None;
    if cur.eat("collate") {
        cur.eat_symbol("=");
        collation = Some(word_or_text(cur, "a collation")?);
    }
    let collation = column::collation(Some(charset), collation, false).unwrap_or_default();
    push(r, TableClause::Convert(collation));
    Ok(())
}

/// A new name, and another database where it is qualified with one.
fn renamed(from: &ObjectId, to: &ObjectId) -> Vec<Action> {
    let mut out = vec![Action::Rename {
        part: from.part(),
        to: to.name.clone(),
    }];
    if !to.schema.is_empty() && to.schema != from.schema {
        out.push(Action::Move {
            id: from.named(to.name.clone()),
            schema: to.schema.clone(),
        });
    }
    out
}

/// `RENAME TABLE a TO b, c TO d`
pub fn rename_tables(cur: &mut Cursor) -> Result<Parsed, Diagnostic> {
    cur.expect("rename")?;
    if !cur.eat("table") && !cur.eat("tables") {
        return Err(unsupported(cur, "`RENAME` of anything but tables"));
    }
    let mut actions = Vec::new();
    loop {
        let from = object_id(cur, Kind::Table, "a table name")?;
        cur.expect("to")?;
        let to = object_id(cur, Kind::Table, "a table name")?;
        actions.extend(renamed(&from, &to));
        if !cur.eat_symbol(",") {
            break;
        }
    }
    Ok(Parsed {
        actions,
        ..Parsed::default()
    })
}
