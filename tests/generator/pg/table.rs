//! Tables of random PostgreSQL schemas, and how they are written: columns, partitions, children, typed tables.
//!
//! Neighbours: `change` makes and changes them; the schema of `mod` holds them. Invariants: every table has `id`, those
//! of a partitioned whole have `k` too, and both stay as they are; partitions and children have their parents' columns
//! besides their own.

mod change;

use super::{Seen, name_of, says};
use std::fmt::Write;

#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) path: String,
    pub(super) columns: Vec<Column>,
    /// RANGE, LIST or HASH.
    pub(super) by: Option<&'static str>,
    /// Its parent, and of a partition what it takes.
    pub(super) of: Option<(String, Option<Bounds>)>,
    /// The composite type that it is made of.
    typed: Option<String>,
    pub(super) unlogged: bool,
    /// The name of its primary key.
    pub(super) key: Option<String>,
    counts: Option<&'static str>,
    options: Vec<(&'static str, &'static str)>,
    security: &'static [&'static str],
    comment: Option<&'static str>,
}

#[derive(Debug, Clone)]
pub(super) struct Bounds {
    /// What the whole is partitioned by.
    by: &'static str,
    place: u64,
    wide: bool,
}

#[derive(Debug, Default, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    ty: String,
    kind: Kind,
    not_null: bool,
    default: Option<String>,
    generated: Option<String>,
    collation: Option<String>,
    storage: Option<&'static str>,
    statistics: Option<u64>,
    compressed: bool,
    comment: Option<&'static str>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Number,
    Text,
    Date,
    Bool,
    Range,
    Json,
    Array,
    Enum,
    #[default]
    Other,
}

impl Table {
    /// Its own name and those of its columns and its type.
    pub(super) fn names(&self) -> Vec<String> {
        let own = [Some(&self.path), self.typed.as_ref()];
        let own = own.into_iter().flatten().map(|p| name_of(p).to_owned());
        own.chain(self.columns.iter().map(|c| c.name.clone()))
            .collect()
    }

    pub(super) fn needs(&self, name: &str) -> bool {
        self.of.as_ref().is_some_and(|(of, _)| name_of(of) == name)
    }

    /// Without what says this name: the columns that went.
    pub(super) fn forget(&mut self, name: &str) -> Vec<String> {
        let mut gone = Vec::new();
        for column in &mut self.columns {
            let says = |text: &Option<String>| text.as_deref().is_some_and(|t| says(t, name));
            if self::says(&column.ty, name) || says(&column.generated) {
                gone.push(column.name.clone());
            }
            if says(&column.collation) {
                column.collation = None;
            }
            if says(&column.default) {
                column.default = None;
                column.not_null = false;
            }
        }
        self.columns.retain(|c| !gone.contains(&c.name));
        gone
    }

    pub(super) fn is_partition(&self) -> bool {
        matches!(self.of, Some((_, Some(_))))
    }

    pub(super) fn is_partitioned(&self) -> bool {
        self.by.is_some() || self.is_partition()
    }

    pub(super) fn is_plain(&self) -> bool {
        self.by.is_none() && self.of.is_none() && self.typed.is_none()
    }

    pub(super) fn is_generated(&self, name: &str) -> bool {
        let mut columns = self.columns.iter().filter(|c| c.name == name);
        columns.any(|c| c.generated.is_some())
    }

    fn own(&self) -> impl Iterator<Item = Seen> {
        self.columns.iter().map(|c| Seen {
            name: c.name.clone(),
            ty: c.ty.clone(),
            kind: c.kind,
        })
    }

    pub(super) fn write(&self, out: &mut String) {
        let typed = self.typed.as_ref();
        let counts = self.counts.unwrap_or_default();
        let mut lines = Vec::new();
        if let Some(typed) = typed {
            let attributes: Vec<String> = self.columns.iter().map(Column::attribute).collect();
            let rest: String = attributes.iter().map(|a| format!(", {a}")).collect();
            let _ = writeln!(out, "CREATE TYPE {typed} AS (id bigint{rest});");
        } else if self.of.is_none() {
            lines.push(format!("id bigint{counts} NOT NULL"));
            lines.extend(self.by.map(|_| "k text NOT NULL".to_owned()));
        }
        lines.extend(self.columns.iter().map(|c| c.written(typed.is_some())));
        let key = if self.by.is_some() { "id, k" } else { "id" };
        lines.extend(
            self.key
                .iter()
                .map(|name| format!("CONSTRAINT {name} PRIMARY KEY ({key})")),
        );
        let unlogged = if self.unlogged { "UNLOGGED " } else { "" };
        let _ = write!(out, "CREATE {unlogged}TABLE {}", self.path);
        if let Some(typed) = typed {
            let _ = write!(out, " OF {typed}");
        }
        let body = format!(" (\n  {}\n)", lines.join(",\n  "));
        match &self.of {
            Some((of, Some(bounds))) => {
                let _ = write!(out, " PARTITION OF {of} {}", bounds.written());
            }
            Some((of, None)) => {
                let _ = write!(out, "{body} INHERITS ({of})");
            }
            None if lines.is_empty() => {}
            None => out.push_str(&body),
        }
        if let Some(by) = self.by {
            let column = if by == "LIST" { "k" } else { "id" };
            let _ = write!(out, " PARTITION BY {by} ({column})");
        }
        if !self.options.is_empty() {
            let options: Vec<String> = self
                .options
                .iter()
                .map(|(n, v)| format!("{n} = {v}"))
                .collect();
            let _ = write!(out, " WITH ({})", options.join(", "));
        }
        out.push_str(";\n");
        for column in &self.columns {
            column.write_behind(&self.path, out);
        }
        for clause in self.security {
            let _ = writeln!(out, "ALTER TABLE {} {clause};", self.path);
        }
        if let Some(comment) = self.comment {
            let _ = writeln!(out, "COMMENT ON TABLE {} IS {comment};", self.path);
        }
    }
}

impl Bounds {
    fn written(&self) -> String {
        let (n, wide) = (self.place, self.wide);
        match self.by {
            _ if n == 0 => "DEFAULT".to_owned(),
            "RANGE" => format!(
                "FOR VALUES FROM ({n}00) TO ({n}{})",
                if wide { "90" } else { "50" }
            ),
            "LIST" if wide => format!("FOR VALUES IN ('a{n}', 'b{n}')"),
            "LIST" => format!("FOR VALUES IN ('a{n}')"),
            _ => format!("FOR VALUES WITH (MODULUS 16, REMAINDER {})", (n - 1) % 16),
        }
    }
}

impl Column {
    fn attribute(&self) -> String {
        let collation = self.collation.as_ref().map(|c| format!(" COLLATE {c}"));
        format!("{} {}{}", self.name, self.ty, collation.unwrap_or_default())
    }

    fn written(&self, typed: bool) -> String {
        let mut line = match typed {
            true => format!("{} WITH OPTIONS", self.name),
            false => self.attribute(),
        };
        if self.compressed {
            line.insert_str(self.name.len() + 1 + self.ty.len(), " COMPRESSION pglz");
        }
        if let Some(text) = &self.generated {
            let _ = write!(line, " GENERATED ALWAYS AS ({text}) STORED");
        }
        if let Some(default) = &self.default {
            let _ = write!(line, " DEFAULT {default}");
        }
        if self.not_null {
            line.push_str(" NOT NULL");
        }
        line
    }

    fn write_behind(&self, table: &str, out: &mut String) {
        let alter = format!("ALTER TABLE {table} ALTER COLUMN {}", self.name);
        if let Some(storage) = self.storage {
            let _ = writeln!(out, "{alter} SET STORAGE {storage};");
        }
        if let Some(statistics) = self.statistics {
            let _ = writeln!(out, "{alter} SET STATISTICS {statistics};");
        }
        if let Some(comment) = self.comment {
            let _ = writeln!(out, "COMMENT ON COLUMN {table}.{} IS {comment};", self.name);
        }
    }
}
