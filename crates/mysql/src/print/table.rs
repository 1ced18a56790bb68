//! CREATE TABLE and ALTER TABLE.

use super::comment;
use crate::features::{Feature, has};
use crate::grammar::{is_text, unsaid_action};
use crate::row::charset_of;
use crate::text::{literal, qualified, quoted, quoted_list};
use driftless_model::{
    Column, Constraint, ConstraintBody, Index, IndexKey, Key, KeyExpr, Kind, MyTable, Name,
    ObjectId, Options, PartitionDef, Partitioning, Server, Table,
};
use driftless_planner::{
    Action, Clause, ColumnClause, ConstraintClause, Create, IndexClause, PartitionClause, Position,
    TableClause,
};

pub fn create(create: &Create, further: &[Action], server: Server) -> String {
    let Some(table) = create.object.get::<Table>() else {
        return String::new();
    };
    let mut items: Vec<String> = table.columns.iter().map(|c| column(c, server)).collect();
    for action in further {
        if let Action::Create(c) = action {
            if let Some(index) = c.object.get::<Index>() {
                items.push(index_text(&c.id.name, index, server));
            } else if let Some(constraint) = c.object.get::<Constraint>() {
                items.push(constraint_text(&c.id.name, constraint, server));
            }
        }
    }
    let my = table.my().cloned().unwrap_or_default();
    for p in &my.periods {
        items.push(period(p));
    }
    let mut out = format!(
        "CREATE TABLE {} (\n    {}\n)",
        qualified(&create.id),
        items.join(",\n    ")
    );
    for text in table_options(&my, server) {
        out.push(' ');
        out.push_str(&text);
    }
    if my.versioned {
        out.push_str(" WITH SYSTEM VERSIONING");
    }
    if let Some(p) = &my.partitioning {
        out.push_str("\nPARTITION BY ");
        out.push_str(&partitioning(p));
    }
    out
}

fn period(p: &driftless_model::Period) -> String {
    let name = match p.name.key() {
        "system_time" => "SYSTEM_TIME".to_owned(),
        _ => quoted(&p.name),
    };
    format!("PERIOD FOR {name} {}", quoted_list([&p.from, &p.to]))
}

fn table_options(my: &MyTable, server: Server) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(engine) = &my.engine {
        out.push(format!("ENGINE={engine}"));
    }
    if let Some(n) = my.auto_increment {
        out.push(format!("AUTO_INCREMENT={n}"));
    }
    if let Some(collation) = &my.collation {
        out.push(default_charset(collation));
    }
    for (name, value) in &my.options {
        out.push(option(name, Some(value), server));
    }
    out
}

fn default_charset(collation: &str) -> String {
    let charset = charset_of(collation);
    format!("DEFAULT CHARSET={charset} COLLATE={collation}")
}

/// One option; `None`: as usual.
fn option(name: &str, value: Option<&String>, _server: Server) -> String {
    const TEXTS: &[&str] = &[
        "comment",
        "compression",
        "connection",
        "data directory",
        "index directory",
        "encryption",
        "engine_attribute",
        "secondary_engine_attribute",
    ];
    /// Numbers that do not take the word DEFAULT.
    const ZEROS: &[&str] = &[
        "key_block_size",
        "max_rows",
        "min_rows",
        "avg_row_length",
        "checksum",
        "table_checksum",
        "delay_key_write",
    ];
    let word = name.to_ascii_uppercase();
    match value {
        Some(value) if TEXTS.contains(&name) => format!("{word}={}", literal(value)),
        None if TEXTS.contains(&name) => format!("{word}=''"),
        Some(value) if name == "tablespace" => format!("{word} {}", quoted(&Name::exact(value))),
        Some(value) => format!("{word}={}", value.to_ascii_uppercase()),
        None if ZEROS.contains(&name) => format!("{word}=0"),
        None => format!("{word}=DEFAULT"),
    }
}

pub fn column(column: &Column, server: Server) -> String {
    let mariadb = has(server, Feature::Periods);
    let my = column.my.as_deref().cloned().unwrap_or_default();
    let mut out = format!("{} {}", quoted(&column.name), column.ty.text);
    let mut add = |text: &str| {
        out.push(' ');
        out.push_str(text);
    };
    if let Some(collation) = column
        .collation
        .as_deref()
        .filter(|_| is_text(&column.ty.text))
    {
        let charset = charset_of(collation);
        add(&format!("CHARACTER SET {charset} COLLATE {collation}"));
    }
    if let Some(srid) = my.options.get("srid").filter(|_| mariadb) {
        add(&format!("REF_SYSTEM_ID={srid}"));
    }
    if let Some(how) = my.options.get("compressed") {
        add("COMPRESSED");
        if !how.is_empty() {
            add(&format!("= {how}"));
        }
    }
    if let Some(g) = &column.generated {
        let kind = if g.stored { "STORED" } else { "VIRTUAL" };
        add(&format!("GENERATED ALWAYS AS ({}) {kind}", g.expr.written));
    }
    if let Some(row) = my.options.get("row") {
        add(&format!(
            "GENERATED ALWAYS AS ROW {}",
            row.to_ascii_uppercase()
        ));
    }
    let timestamp = column.ty.text.starts_with("timestamp");
    match column.not_null {
        // MariaDB refuses NOT NULL there.
        true if column.generated.is_some() && mariadb => {}
        true if my.options.contains_key("row") => {}
        true => add("NOT NULL"),
        false if timestamp && column.generated.is_none() => add("NULL"),
        false => {}
    }
    if let Some(default) = &column.default {
        add(&format!("DEFAULT {}", default.written));
    }
    if let Some(update) = &my.on_update {
        add(&format!("ON UPDATE {update}"));
    }
    if my.auto_increment {
        add("AUTO_INCREMENT");
    }
    if my.invisible {
        add("INVISIBLE");
    }
    if let Some(srid) = my.options.get("srid").filter(|_| !mariadb) {
        add(&format!("SRID {srid}"));
    }
    for word in ["column_format", "storage"] {
        if let Some(value) = my.options.get(word) {
            add(&format!(
                "{} {}",
                word.to_ascii_uppercase(),
                value.to_ascii_uppercase()
            ));
        }
    }
    for word in ["engine_attribute", "secondary_engine_attribute"] {
        if let Some(value) = my.options.get(word) {
            add(&format!("{} {}", word.to_ascii_uppercase(), literal(value)));
        }
    }
    if let Some(how) = my.options.get("system versioning") {
        add(&format!("{} SYSTEM VERSIONING", how.to_ascii_uppercase()));
    }
    if let Some(text) = &column.comment {
        out.push_str(&comment(text));
    }
    if let Some(check) = &my.check {
        out.push_str(&format!(" CHECK ({})", check.written));
    }
    out
}

fn keys(keys: &[IndexKey]) -> String {
    let each = keys.iter().map(|key| {
        let mut out = match &key.expr {
            KeyExpr::Column(name) => quoted(name),
            KeyExpr::Expr(text) => format!("({})", text.written),
        };
        if let Some(prefix) = key.prefix {
            out.push_str(&format!("({prefix})"));
        }
        if key.descending {
            out.push_str(" DESC");
        }
        if let Some(class) = &key.opclass {
            out.push_str(&format!(" {}", class.to_ascii_uppercase()));
        }
        out
    });
    format!("({})", each.collect::<Vec<_>>().join(", "))
}

fn index_options(options: &Options, server: Server) -> String {
    let mut out = String::new();
    for (name, value) in options {
        match name.as_str() {
            "comment" => out.push_str(&comment(value)),
            "parser" => out.push_str(&format!(" WITH PARSER {value}")),
            "invisible" => out.push_str(match has(server, Feature::InvisibleIndexes) {
                true => " INVISIBLE",
                false => " IGNORED",
            }),
            "using" => out.push_str(&format!(" USING {}", value.to_ascii_uppercase())),
            "engine_attribute" | "secondary_engine_attribute" => out.push_str(&format!(
                " {}={}",
                name.to_ascii_uppercase(),
                literal(value)
            )),
            _ => out.push_str(&format!(" {}={value}", name.to_ascii_uppercase())),
        }
    }
    out
}

fn index_text(name: &Name, index: &Index, server: Server) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let (kind, using) = match index.method.as_str() {
        method @ ("fulltext" | "spatial" | "vector") => {
            (format!("{} ", method.to_ascii_uppercase()), String::new())
        }
        "" => (String::new(), String::new()),
        method => (
            String::new(),
            format!(" USING {}", method.to_ascii_uppercase()),
        ),
    };
    let called = match name.is_empty() {
        true => String::new(),
        false => format!("{} ", quoted(name)),
    };
    format!(
        "{unique}{kind}KEY {called}{}{using}{}",
        keys(&index.keys),
        index_options(&index.options, server)
    )
}

fn key_text(key: &Key) -> String {
    let columns = key.columns.iter().map(|part| {
        let mut out = quoted(&part.column);
        if let Some(prefix) = part.prefix {
            out.push_str(&format!("({prefix})"));
        }
        if part.descending {
            out.push_str(" DESC");
        }
        if let Some(class) = &part.collation {
            out.push_str(&format!(" {}", class.to_ascii_uppercase()));
        }
        out
    });
    let columns: Vec<String> = columns.collect();
    let mut out = format!("PRIMARY KEY ({})", columns.join(", "));
    for (name, value) in &key.options {
        match name.as_str() {
            "using" => out.push_str(&format!(" USING {}", value.to_ascii_uppercase())),
            "comment" => out.push_str(&comment(value)),
            _ => out.push_str(&format!(" {}={value}", name.to_ascii_uppercase())),
        }
    }
    out
}

fn constraint_text(name: &Name, constraint: &Constraint, server: Server) -> String {
    // Without a name the server finds one.
    let called = match name.is_empty() {
        true => String::new(),
        false => format!("CONSTRAINT {} ", quoted(name)),
    };
    match &constraint.body {
        ConstraintBody::PrimaryKey(key) => key_text(key),
        ConstraintBody::Check(check) => {
            let not = if constraint.enforced {
                ""
            } else {
                " NOT ENFORCED"
            };
            format!("{called}CHECK ({}){not}", check.expr.written)
        }
        ConstraintBody::ForeignKey(key) => {
            let mut out = format!(
                "{called}FOREIGN KEY {} REFERENCES {} {}",
                quoted_list(&key.columns),
                qualified(&key.target),
                quoted_list(&key.target_columns)
            );
            for (event, action) in [("DELETE", &key.on_delete), ("UPDATE", &key.on_update)] {
                if action != unsaid_action(server.dialect.syntax()) {
                    out.push_str(&format!(" ON {event} {}", action.to_ascii_uppercase()));
                }
            }
            out
        }
        ConstraintBody::Unique(_) | ConstraintBody::Exclude(_) | ConstraintBody::NotNull(_) => {
            String::new()
        }
    }
}

/// In which order clauses are read by people and executed by the model: what goes, then columns, then what is made.
/// The order of clauses. A new default collation stands before the columns that say none, for they get that one.
fn class(action: &Action) -> u8 {
    let clause = match action {
        Action::Drop(_) => return 0,
        Action::Rename { .. } => return 1,
        Action::Create(c) if c.id.kind == Kind::Constraint => return 5,
        Action::Alter { clause, .. } => clause,
        _ => return 6,
    };
    match clause {
        Clause::Table(TableClause::DropColumn { .. }) => 2,
        Clause::Table(TableClause::Options(o)) if o.contains_key("collate") => 3,
        Clause::Table(TableClause::Options(_)) => 7,
        Clause::Table(TableClause::Partitions(_)) => 8,
        Clause::Table(TableClause::Pin { .. }) => 9,
        _ => 4,
    }
}

pub fn alter(id: &ObjectId, actions: &[Action], server: Server) -> String {
    let mut sorted: Vec<&Action> = actions.iter().collect();
    sorted.sort_by_key(|a| class(a));
    let clauses: Vec<String> = sorted
        .into_iter()
        .map(|a| clause(a, server))
        .filter(|c| !c.is_empty())
        .collect();
    let glue = if clauses.len() > 1 { "\n    " } else { " " };
    format!(
        "ALTER TABLE {}{glue}{}",
        qualified(id),
        clauses.join(",\n    ")
    )
}

fn clause(action: &Action, server: Server) -> String {
    match action {
        Action::Drop(d) if d.id.kind == Kind::Constraint && d.id.name.key() == "primary" => {
            "DROP PRIMARY KEY".into()
        }
        Action::Drop(d) if d.id.kind == Kind::Constraint => {
            format!("DROP CONSTRAINT {}", quoted(&d.id.name))
        }
        Action::Drop(d) => format!("DROP KEY {}", quoted(&d.id.name)),
        Action::Create(c) => {
            if let Some(index) = c.object.get::<Index>() {
                format!("ADD {}", index_text(&c.id.name, index, server))
            } else if let Some(constraint) = c.object.get::<Constraint>() {
                format!("ADD {}", constraint_text(&c.id.name, constraint, server))
            } else {
                String::new()
            }
        }
        Action::Rename { part, to } => match &part.member {
            Some(column) => format!("RENAME COLUMN {} TO {}", quoted(column), quoted(to)),
            None => format!("RENAME KEY {} TO {}", quoted(&part.object.name), quoted(to)),
        },
        Action::Alter { id, clause } => alter_clause(id, clause, server),
        _ => String::new(),
    }
}

fn position(position: &Option<Position>) -> String {
    match position {
        None => String::new(),
        Some(Position::First) => " FIRST".into(),
        Some(Position::After(name)) => format!(" AFTER {}", quoted(name)),
    }
}

fn alter_clause(id: &ObjectId, clause: &Clause, server: Server) -> String {
    match clause {
        Clause::Table(TableClause::AddColumn {
            column: c,
            position: at,
            ..
        }) => format!("ADD COLUMN {}{}", column(c, server), position(at)),
        Clause::Table(TableClause::ChangeColumn {
            name,
            column: c,
            position: at,
        }) => match c.name == *name {
            true => format!("MODIFY COLUMN {}{}", column(c, server), position(at)),
            false => format!(
                "CHANGE COLUMN {} {}{}",
                quoted(name),
                column(c, server),
                position(at)
            ),
        },
        Clause::Table(TableClause::DropColumn { column, .. }) => {
            format!("DROP COLUMN {}", quoted(column))
        }
        Clause::Table(TableClause::Pin { algorithm, lock }) => {
            let algorithm = algorithm.iter().map(|a| format!("ALGORITHM={a}"));
            let lock = lock.iter().map(|l| format!("LOCK={l}"));
            algorithm.chain(lock).collect::<Vec<_>>().join(", ")
        }
        Clause::Table(TableClause::Options(options)) => {
            let each = options.iter().map(|(name, value)| match name.as_str() {
                "engine" => format!("ENGINE={}", value.as_deref().unwrap_or("InnoDB")),
                "collate" => value.as_deref().map(default_charset).unwrap_or_default(),
                "charset" => format!("DEFAULT CHARSET={}", value.as_deref().unwrap_or("utf8mb4")),
                "system_versioning" => match value {
                    Some(_) => "ADD SYSTEM VERSIONING".into(),
                    None => "DROP SYSTEM VERSIONING".into(),
                },
                _ => option(name, value.as_ref(), server),
            });
            each.collect::<Vec<_>>().join(", ")
        }
        Clause::Table(TableClause::Convert(collation)) => format!(
            "CONVERT TO CHARACTER SET {} COLLATE {collation}",
            charset_of(collation)
        ),
        Clause::Table(TableClause::Period { period: p, drop }) => match drop {
            true => format!("DROP PERIOD FOR {}", quoted(&p.name)),
            false => format!("ADD {}", period(p)),
        },
        Clause::Table(TableClause::Partitions(p)) => partitions(p),
        Clause::Column {
            column,
            clause: ColumnClause::Default(text),
            ..
        } => match text {
            Some(text) => format!(
                "ALTER COLUMN {} SET DEFAULT {}",
                quoted(column),
                text.written
            ),
            None => format!("ALTER COLUMN {} DROP DEFAULT", quoted(column)),
        },
        Clause::Constraint(ConstraintClause::Enforced(on)) => {
            let not = if *on { "" } else { "NOT " };
            format!("ALTER CHECK {} {not}ENFORCED", quoted(&id.name))
        }
        Clause::Index(IndexClause::Options(options)) => {
            let hidden = options.get("invisible").is_some_and(Option::is_some);
            let word = match (has(server, Feature::InvisibleIndexes), hidden) {
                (true, true) => "INVISIBLE",
                (true, false) => "VISIBLE",
                (false, true) => "IGNORED",
                (false, false) => "NOT IGNORED",
            };
            format!("ALTER INDEX {} {word}", quoted(&id.name))
        }
        _ => String::new(),
    }
}

fn partitions(clause: &PartitionClause) -> String {
    let names = |names: &[Name]| {
        let all: Vec<String> = names.iter().map(quoted).collect();
        all.join(", ")
    };
    match clause {
        PartitionClause::By(Some(p)) => format!("PARTITION BY {}", partitioning(p)),
        PartitionClause::By(None) => "REMOVE PARTITIONING".into(),
        PartitionClause::Add(parts) => format!("ADD PARTITION {}", definitions(parts)),
        PartitionClause::AddCount(n) => format!("ADD PARTITION PARTITIONS {n}"),
        PartitionClause::Drop(parts) => format!("DROP PARTITION {}", names(parts)),
        PartitionClause::Coalesce(n) => format!("COALESCE PARTITION {n}"),
        PartitionClause::Reorganize { from, to } => format!(
            "REORGANIZE PARTITION {} INTO {}",
            names(from),
            definitions(to)
        ),
    }
}

fn partitioning(p: &Partitioning) -> String {
    let mut out = p.by.written.clone();
    if p.parts.is_empty()
        && let Some(n) = p.count
    {
        out.push_str(&format!(" PARTITIONS {n}"));
    }
    if let Some(sub) = &p.sub {
        out.push_str(&format!(" SUBPARTITION BY {}", sub.written));
        if let Some(n) = p.sub_count {
            out.push_str(&format!(" SUBPARTITIONS {n}"));
        }
    }
    if !p.parts.is_empty() {
        out.push(' ');
        out.push_str(&definitions(&p.parts));
    }
    out
}

fn definitions(parts: &[PartitionDef]) -> String {
    let each: Vec<String> = parts.iter().map(|p| definition("PARTITION", p)).collect();
    format!("(\n    {}\n)", each.join(",\n    "))
}

fn definition(word: &str, part: &PartitionDef) -> String {
    let mut out = format!("{word} {}", quoted(&part.name));
    match part.values.as_str() {
        "" => {}
        own @ ("CURRENT" | "HISTORY" | "DEFAULT") => out.push_str(&format!(" {own}")),
        values => out.push_str(&format!(" VALUES {values}")),
    }
    for (name, value) in &part.options {
        match name.as_str() {
            "comment" | "data directory" | "index directory" => out.push_str(&format!(
                " {} = {}",
                name.to_ascii_uppercase(),
                literal(value)
            )),
            _ => out.push_str(&format!(" {} = {value}", name.to_ascii_uppercase())),
        }
    }
    if !part.parts.is_empty() {
        let subs: Vec<String> = part
            .parts
            .iter()
            .map(|p| definition("SUBPARTITION", p))
            .collect();
        out.push_str(&format!(" ({})", subs.join(", ")));
    }
    out
}
