//! Actions → SQL.
//!
//! Neighbours: rows print their kind through this; `grammar` reads it back. Invariant: what is printed reads back as
//! the same Actions.

use crate::grammar::OWN_PREFIX;
use crate::text::{is_simple_default, quoted, quoted_list, unwrapped};
use driftless_model::{
    Column, Constraint, ConstraintBody, ForeignKey, Index, Key, KeyExpr, Kind, Name, Object,
    ObjectId, Table, Trigger, TriggerEvent, View, VirtualTable,
};
use driftless_planner::{Action, Clause, ColumnClause, Data, Session, TableClause};

/// One statement for actions that share it, without its semicolon.
pub fn statement(actions: &[Action]) -> String {
    let Some(first) = actions.first() else {
        return String::new();
    };
    match first {
        Action::Create(c) if c.object.get::<Table>().is_some() => {
            let constraints: Vec<(&ObjectId, &Constraint)> = constraints_of(&actions[1..]);
            match c.object.get::<Table>() {
                Some(table) => create_table(&c.id, table, &constraints),
                None => String::new(),
            }
        }
        Action::Alter {
            id,
            clause: Clause::Table(TableClause::AddColumn { column, .. }),
        } => {
            let mut out = format!(
                "ALTER TABLE {} ADD COLUMN {}",
                quoted(&id.name),
                column_text(column)
            );
            for (id, constraint) in constraints_of(&actions[1..]) {
                out.push(' ');
                out.push_str(&inline(&id.name, constraint));
            }
            out
        }
        other => single(other),
    }
}

fn constraints_of(actions: &[Action]) -> Vec<(&ObjectId, &Constraint)> {
    actions
        .iter()
        .filter_map(|a| match a {
            Action::Create(c) => Some((&c.id, c.object.get::<Constraint>()?)),
            _ => None,
        })
        .collect()
}

pub fn single(action: &Action) -> String {
    match action {
        Action::Create(c) => create(&c.id, &c.object),
        // SQLite 3.53 and newer.
        Action::Drop(d) if d.id.kind == Kind::Constraint => format!(
            "ALTER TABLE {} DROP CONSTRAINT {}",
            quoted(&d.id.owner.clone().unwrap_or_default()),
            quoted(&d.id.name)
        ),
        Action::Drop(d) => format!("DROP {} {}", drop_word(&d.id), quoted(&d.id.name)),
        Action::Rename { part, to } => {
            let table = quoted(&part.object.name);
            match &part.member {
                Some(column) => format!(
                    "ALTER TABLE {table} RENAME COLUMN {} TO {}",
                    quoted(column),
                    quoted(to)
                ),
                // A name that differs in case only is taken, by the table itself.
                None if part.object.name == *to => {
                    let between = Name::folded(format!("{OWN_PREFIX}{to}"));
                    let between = quoted(&between);
                    format!(
                        "ALTER TABLE {table} RENAME TO {between};\nALTER TABLE {between} RENAME TO {}",
                        quoted(to)
                    )
                }
                None => format!("ALTER TABLE {table} RENAME TO {}", quoted(to)),
            }
        }
        Action::Alter { id, clause } => {
            format!("ALTER TABLE {} {}", quoted(&id.name), clause_text(clause))
        }
        Action::Data(data) => data_text(data),
        Action::Session(Session::Set { name, value }) => format!("PRAGMA {name} = {value}"),
        // SQLite has neither comments nor owners, grants, schemas or search paths.
        Action::Session(Session::SearchPath(_))
        | Action::Move { .. }
        | Action::Comment { .. }
        | Action::Owner { .. }
        | Action::Grant { .. } => String::new(),
    }
}

fn drop_word(id: &ObjectId) -> &'static str {
    match id.kind {
        Kind::Index => "INDEX",
        Kind::View => "VIEW",
        Kind::Trigger => "TRIGGER",
        _ => "TABLE",
    }
}

fn create(id: &ObjectId, object: &Object) -> String {
    if let Some(table) = object.get::<Table>() {
        create_table(id, table, &[])
    } else if let Some(index) = object.get::<Index>() {
        create_index(id, index)
    } else if let Some(view) = object.get::<View>() {
        create_view(id, view)
    } else if let Some(trigger) = object.get::<Trigger>() {
        create_trigger(id, trigger)
    } else if let Some(table) = object.get::<VirtualTable>() {
        create_virtual(id, table)
    } else if let Some(constraint) = object.get::<Constraint>() {
        // SQLite 3.53 and newer.
        let table = quoted(&constraint.table.name);
        let text = constraint_text(&id.name, constraint);
        format!("ALTER TABLE {table} ADD {text}")
    } else {
        String::new()
    }
}

fn clause_text(clause: &Clause) -> String {
    match clause {
        Clause::Table(TableClause::AddColumn { column, .. }) => {
            format!("ADD COLUMN {}", column_text(column))
        }
        Clause::Table(TableClause::DropColumn { column, .. }) => {
            format!("DROP COLUMN {}", quoted(column))
        }
        Clause::Column {
            column,
            clause: ColumnClause::NotNull(set),
            ..
        } => format!(
            "ALTER COLUMN {} {} NOT NULL",
            quoted(column),
            if *set { "SET" } else { "DROP" }
        ),
        // Everything else is written by a rebuild.
        _ => String::new(),
    }
}

pub fn create_table(
    id: &ObjectId,
    table: &Table,
    constraints: &[(&ObjectId, &Constraint)],
) -> String {
    let mut items: Vec<String> = Vec::new();
    for column in &table.columns {
        let mut text = column_text(column);
        for (id, constraint) in constraints {
            if inline_column(constraint) == Some(&column.name) {
                text.push(' ');
                text.push_str(&inline(&id.name, constraint));
            }
        }
        items.push(text);
    }
    let own = |c: &Constraint| inline_column(c).is_none_or(|n| table.column(n).is_none());
    for (id, constraint) in constraints.iter().filter(|(_, c)| own(c)) {
        items.push(constraint_text(&id.name, constraint));
    }
    let mut out = format!(
        "CREATE TABLE {} (\n    {}\n)",
        quoted(&id.name),
        items.join(",\n    ")
    );
    if let Some(options) = table.lite() {
        let words: Vec<&str> = [
            (options.strict, "STRICT"),
            (options.without_rowid, "WITHOUT ROWID"),
        ]
        .into_iter()
        .filter_map(|(on, word)| on.then_some(word))
        .collect();
        if !words.is_empty() {
            out.push(' ');
            out.push_str(&words.join(", "));
        }
    }
    out
}

/// The column in whose definition a key was written.
fn inline_column(constraint: &Constraint) -> Option<&Name> {
    let key = constraint.key()?;
    match key.columns.as_slice() {
        [part] if key.inline && part.collation.is_none() => Some(&part.column),
        _ => None,
    }
}

pub fn column_text(column: &Column) -> String {
    let mut out = quoted(&column.name);
    if !column.ty.text.is_empty() {
        out.push(' ');
        out.push_str(&column.ty.text);
    }
    if let Some(collation) = &column.collation {
        out.push_str(" COLLATE ");
        out.push_str(&quoted(&Name::folded(collation.clone())));
    }
    if column.not_null {
        out.push_str(" NOT NULL");
        out.push_str(&conflict_text(&column.not_null_conflict));
    }
    if let Some(default) = &column.default {
        if is_simple_default(&default.written) {
            out.push_str(&format!(" DEFAULT {}", default.written));
        } else {
            out.push_str(&format!(" DEFAULT ({})", default.written));
        }
    }
    if let Some(generated) = &column.generated {
        out.push_str(&format!(
            " GENERATED ALWAYS AS ({}) {}",
            generated.expr.written,
            if generated.stored {
                "STORED"
            } else {
                "VIRTUAL"
            }
        ));
    }
    out
}

fn conflict_text(conflict: &Option<String>) -> String {
    conflict
        .as_ref()
        .map(|c| format!(" ON CONFLICT {}", c.to_uppercase()))
        .unwrap_or_default()
}

fn name_text(name: &Name, constraint: &Constraint) -> String {
    if constraint.named {
        format!("CONSTRAINT {} ", quoted(name))
    } else {
        String::new()
    }
}

/// In a column's definition.
pub fn inline(name: &Name, constraint: &Constraint) -> String {
    let head = name_text(name, constraint);
    let body = match &constraint.body {
        ConstraintBody::PrimaryKey(key) => {
            let mut out = String::from("PRIMARY KEY");
            if key.columns.first().is_some_and(|c| c.descending) {
                out.push_str(" DESC");
            }
            out.push_str(&conflict_text(&key.conflict));
            if key.autoincrement {
                out.push_str(" AUTOINCREMENT");
            }
            out
        }
        ConstraintBody::Unique(key) => format!("UNIQUE{}", conflict_text(&key.conflict)),
        ConstraintBody::ForeignKey(key) => {
            format!("{}{}", references(key), timing(constraint))
        }
        ConstraintBody::Check(check) => format!("CHECK ({})", check.expr.written),
        ConstraintBody::Exclude(_) | ConstraintBody::NotNull(_) => String::new(),
    };
    format!("{head}{body}")
}

/// As a table constraint.
pub fn constraint_text(name: &Name, constraint: &Constraint) -> String {
    let head = name_text(name, constraint);
    let body = match &constraint.body {
        ConstraintBody::PrimaryKey(key) => format!("PRIMARY KEY {}", key_text(key)),
        ConstraintBody::Unique(key) => format!("UNIQUE {}", key_text(key)),
        ConstraintBody::Check(check) => format!(
            "CHECK ({}){}",
            check.expr.written,
            conflict_text(&check.conflict)
        ),
        ConstraintBody::ForeignKey(key) => format!(
            "FOREIGN KEY {} {}{}",
            quoted_list(&key.columns),
            references(key),
            timing(constraint)
        ),
        ConstraintBody::Exclude(_) | ConstraintBody::NotNull(_) => String::new(),
    };
    format!("{head}{body}")
}

fn key_text(key: &Key) -> String {
    let parts: Vec<String> = key
        .columns
        .iter()
        .map(|part| {
            let mut out = quoted(&part.column);
            if let Some(collation) = &part.collation {
                out.push_str(" COLLATE ");
                out.push_str(&quoted(&Name::folded(collation.clone())));
            }
            if part.descending {
                out.push_str(" DESC");
            }
            out
        })
        .collect();
    let auto = if key.autoincrement {
        " AUTOINCREMENT"
    } else {
        ""
    };
    format!(
        "({}{auto}){}",
        parts.join(", "),
        conflict_text(&key.conflict)
    )
}

fn references(key: &ForeignKey) -> String {
    let mut out = format!("REFERENCES {}", quoted(&key.target.name));
    if !key.target_columns.is_empty() {
        out.push(' ');
        out.push_str(&quoted_list(&key.target_columns));
    }
    for (event, action) in [("DELETE", &key.on_delete), ("UPDATE", &key.on_update)] {
        if action != "no action" {
            out.push_str(&format!(" ON {event} {}", action.to_uppercase()));
        }
    }
    if key.match_kind != "simple" {
        out.push_str(&format!(" MATCH {}", key.match_kind.to_uppercase()));
    }
    out
}

fn timing(constraint: &Constraint) -> &'static str {
    match (constraint.deferrable, constraint.initially_deferred) {
        (false, _) => "",
        (true, false) => " DEFERRABLE",
        (true, true) => " DEFERRABLE INITIALLY DEFERRED",
    }
}

fn create_index(id: &ObjectId, index: &Index) -> String {
    let keys: Vec<String> = index
        .keys
        .iter()
        .map(|key| {
            let mut out = match &key.expr {
                KeyExpr::Column(name) => quoted(name),
                KeyExpr::Expr(text) => text.written.clone(),
            };
            if let Some(collation) = &key.collation {
                out.push_str(" COLLATE ");
                out.push_str(&quoted(&Name::folded(collation.clone())));
            }
            if key.descending {
                out.push_str(" DESC");
            }
            out
        })
        .collect();
    let mut out = format!(
        "CREATE {}INDEX {} ON {} ({})",
        if index.unique { "UNIQUE " } else { "" },
        quoted(&id.name),
        quoted(&index.table.name),
        keys.join(", ")
    );
    if let Some(filter) = &index.filter {
        out.push_str(" WHERE ");
        out.push_str(&filter.written);
    }
    out
}

fn create_view(id: &ObjectId, view: &View) -> String {
    let columns = if view.columns.is_empty() {
        String::new()
    } else {
        format!(" {}", quoted_list(&view.columns))
    };
    format!(
        "CREATE VIEW {}{columns} AS {}",
        quoted(&id.name),
        view.query.written
    )
}

fn create_trigger(id: &ObjectId, trigger: &Trigger) -> String {
    let mut out = format!("CREATE TRIGGER {}", quoted(&id.name));
    if !trigger.timing.is_empty() {
        out.push(' ');
        out.push_str(&trigger.timing.to_uppercase());
    }
    for event in &trigger.events {
        out.push_str(match event {
            TriggerEvent::Insert => " INSERT",
            TriggerEvent::Delete | TriggerEvent::Truncate => " DELETE",
            TriggerEvent::Update(_) => " UPDATE",
        });
        if let TriggerEvent::Update(columns) = event
            && !columns.is_empty()
        {
            let list: Vec<String> = columns.iter().map(quoted).collect();
            out.push_str(&format!(" OF {}", list.join(", ")));
        }
    }
    out.push_str(&format!(" ON {}", quoted(&trigger.table.name)));
    if trigger.each_row {
        out.push_str(" FOR EACH ROW");
    }
    if let Some(when) = &trigger.when {
        out.push_str(&format!(" WHEN {}", when.written));
    }
    let body = trigger.body.as_ref().map_or("", |b| b.written.as_str());
    out.push_str(&format!("\nBEGIN\n    {body}\nEND"));
    out
}

fn create_virtual(id: &ObjectId, table: &VirtualTable) -> String {
    let arguments = table
        .arguments
        .as_ref()
        .map(|a| format!("({a})"))
        .unwrap_or_default();
    format!(
        "CREATE VIRTUAL TABLE {} USING {}{arguments}",
        quoted(&id.name),
        quoted(&Name::folded(table.module.clone()))
    )
}

fn data_text(data: &Data) -> String {
    match data {
        Data::Fill {
            table,
            column,
            value,
        } => {
            let (table, column) = (quoted(&table.name), quoted(column));
            let value = unwrapped(&value.written);
            format!("UPDATE {table} SET {column} = ({value}) WHERE {column} IS NULL")
        }
        Data::Copy { from, to, columns } => {
            let names: Vec<String> = columns.iter().map(|(n, _)| quoted(n)).collect();
            let exprs: Vec<&str> = columns.iter().map(|(_, e)| e.as_str()).collect();
            format!(
                // A conflict clause of the new table (IGNORE, REPLACE) must not swallow rows.
                "INSERT OR ABORT INTO {} ({})\nSELECT {}\nFROM {}",
                quoted(&to.name),
                names.join(", "),
                exprs.join(", "),
                quoted(&from.name)
            )
        }
        Data::Other { text, .. } | Data::Assert { text } => text.clone(),
    }
}
