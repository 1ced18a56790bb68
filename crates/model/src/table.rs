//! Tables with their columns, virtual tables and sequences.
//!
//! Invariant: columns live inside their table; keys, checks, foreign keys, indexes and triggers are objects of
//! their own.

use crate::id::{Name, ObjectId, Part};
use crate::options::Options;
use crate::text::{SqlText, Verdict};
use crate::types::TypeRef;

#[derive(Debug, Clone, Default)]
pub struct Table {
    pub columns: Vec<Column>,
    pub ext: TableExt,
}

/// What only one engine has.
#[derive(Debug, Clone)]
pub enum TableExt {
    Postgres(Box<PgTable>),
    Sqlite(LiteTable),
    Mysql(Box<MyTable>),
}

impl Default for TableExt {
    fn default() -> Self {
        TableExt::Sqlite(LiteTable::default())
    }
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LiteTable {
    pub strict: bool,
    pub without_rowid: bool,
}

/// MySQL and MariaDB.
#[derive(Debug, Clone, Default)]
pub struct MyTable {
    /// As people write it (`InnoDB`); `None`: the server's own default.
    pub engine: Option<String>,
    /// The collation of columns that say none; `None`: the database's.
    pub collation: Option<String>,
    /// Where AUTO_INCREMENT starts, where it was said.
    pub auto_increment: Option<u64>,
    /// The rest, by name in lower case (`row_format`, `key_block_size`, `stats_persistent` …).
    pub options: Options,
    pub partitioning: Option<Box<Partitioning>>,
    /// `LIKE source`, only until the table's keys are made.
    pub like: Option<ObjectId>,
    /// MariaDB: WITH SYSTEM VERSIONING.
    pub versioned: bool,
    /// MariaDB: `PERIOD FOR name (from, to)`.
    pub periods: Vec<Period>,
}

/// MariaDB: a pair of columns that says from when to when a row holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Period {
    /// `system_time`, or the user's own.
    pub name: Name,
    pub from: Name,
    pub to: Name,
}

/// How MySQL spreads a table over partitions.
#[derive(Debug, Clone, Default)]
pub struct Partitioning {
    /// What follows PARTITION BY (`RANGE (year(made))`).
    pub by: SqlText,
    /// What follows SUBPARTITION BY.
    pub sub: Option<SqlText>,
    pub count: Option<u32>,
    pub sub_count: Option<u32>,
    /// In order; empty: numbered by the server.
    pub parts: Vec<PartitionDef>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PartitionDef {
    pub name: Name,
    /// `LESS THAN (10)`, `IN (1,2)`, in one spelling; empty: none.
    pub values: String,
    pub options: Options,
    pub parts: Vec<PartitionDef>,
}

/// What only MySQL's columns have.
#[derive(Debug, Clone, Default)]
pub struct MyColumn {
    pub auto_increment: bool,
    /// `current_timestamp(3)`
    pub on_update: Option<String>,
    pub invisible: bool,
    /// MariaDB: the check that is part of the column's definition and is lost where that is said without it.
    pub check: Option<SqlText>,
    /// The rest, by name in lower case (`srid`, `compressed`, `column_format`, `without system versioning` …).
    pub options: Options,
}

impl MyColumn {
    /// MySQL: the option of a column that says a collation although it is its table's, which the server keeps (SHOW CREATE
    /// TABLE).
    pub const SAID_COLLATION: &str = "said collation";
}

impl PartialEq for MyColumn {
    fn eq(&self, other: &Self) -> bool {
        self.auto_increment == other.auto_increment
            && self.on_update == other.on_update
            && self.invisible == other.invisible
            && self.options == other.options
            && SqlText::compare_option(&self.check, &other.check) == Verdict::Same
    }
}

#[derive(Debug, Clone, Default)]
pub struct PgTable {
    pub unlogged: bool,
    /// Storage parameters, `toast.` ones with their prefix.
    pub options: Options,
    /// `RANGE (a, lower(b))`: what follows PARTITION BY.
    pub partition_by: Option<SqlText>,
    pub partition_of: Option<Partition>,
    pub inherits: Vec<ObjectId>,
    pub row_security: bool,
    pub force_row_security: bool,
    /// `None`: the default (primary key); else `full`, `nothing` or `index NAME`.
    pub replica_identity: Option<String>,
    /// The index by which CLUSTER orders the rows.
    pub cluster: Option<Name>,
    /// Access method other than heap.
    pub method: Option<String>,
    pub tablespace: Option<String>,
    /// The composite type whose attributes are its columns (CREATE TABLE … OF).
    pub of_type: Option<ObjectId>,
    /// The foreign server that has its rows, and what it is told.
    pub foreign: Option<Foreign>,
    /// `LIKE` clauses, only until the table is made.
    pub likes: Vec<Like>,
    /// A partition's copies of what the tables above it have.
    pub copies: Vec<Copied>,
}

/// A partition's copy of an index or key of a table above it (PostgreSQL). It lives and dies with what it copies, so
/// that all it has of its own is a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Copied {
    /// The index, or the constraint whose index it is, that is copied: the uppermost one.
    pub of: ObjectId,
    /// Empty: it has none, since what is above was made for its table ONLY.
    pub name: Name,
    /// The name is not the one that the server gives by itself. Told when the table is settled.
    pub said: bool,
}

/// Where a foreign table's rows are (PostgreSQL).
#[derive(Debug, Clone, PartialEq)]
pub struct Foreign {
    pub server: ObjectId,
    pub options: Options,
}

/// `LIKE source INCLUDING …` in CREATE TABLE.
#[derive(Debug, Clone, PartialEq)]
pub struct Like {
    pub source: ObjectId,
    /// How many columns stand before it.
    pub at: usize,
    /// What is taken besides names, types and NOT NULL: `defaults`, `constraints`, `indexes` …
    pub including: Vec<&'static str>,
}

#[derive(Debug, Clone)]
pub struct Partition {
    pub parent: ObjectId,
    /// `FOR VALUES FROM (1) TO (2)` or `DEFAULT`.
    pub bound: SqlText,
}

#[derive(Debug, Clone, Default)]
pub struct Column {
    pub name: Name,
    pub ty: TypeRef,
    pub not_null: bool,
    pub default: Option<SqlText>,
    pub generated: Option<Box<Generated>>,
    pub identity: Option<Box<Identity>>,
    /// As written in COLLATE, canonical; `None`: the type's own.
    pub collation: Option<String>,
    pub comment: Option<String>,
    /// SQLite: `ON CONFLICT` of its NOT NULL.
    pub not_null_conflict: Option<String>,
    /// PostgreSQL: STORAGE other than the type's own, COMPRESSION, statistics target.
    pub storage: Option<String>,
    pub compression: Option<String>,
    pub statistics: Option<i64>,
    /// PostgreSQL: attribute options (`n_distinct`).
    pub attributes: Options,
    /// PostgreSQL: what a foreign table's column tells the wrapper.
    pub foreign: Options,
    /// PostgreSQL: it comes from a parent (inheritance, partition) and is not declared here.
    pub inherited: bool,
    /// PostgreSQL, from 18 on: what the constraint behind a NOT NULL is called that comes from a parent; `None`: as the
    /// parent's. No statement changes it, so it is never compared.
    pub not_null_as: Option<Name>,
    /// MySQL: `None` is a column without any of it.
    pub my: Option<Box<MyColumn>>,
}

#[derive(Debug, Clone)]
pub struct Generated {
    pub expr: SqlText,
    pub stored: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    pub always: bool,
    /// The options of its sequence (its type is the column's).
    pub sequence: Sequence,
}

/// A sequence; every bound is resolved to its default by settling.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sequence {
    pub ty: String,
    pub start: Option<i64>,
    pub increment: Option<i64>,
    pub min: Option<i64>,
    pub max: Option<i64>,
    pub cache: Option<i64>,
    pub cycle: bool,
    pub unlogged: bool,
    pub owned_by: Option<Part>,
}

/// A table whose module gives it meaning (SQLite).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct VirtualTable {
    pub module: String,
    /// The text between the brackets, as written.
    pub arguments: Option<String>,
    /// Normalised tokens of the whole, for comparison.
    pub canon: String,
}

impl Column {
    /// Everything the column refers to outside of its table's own columns.
    pub fn parts(&self) -> Vec<Part> {
        let mut out: Vec<Part> = self.ty.parts().collect();
        out.extend(crate::types::collation(&self.collation));
        if let Some(d) = &self.default {
            out.extend(d.parts().cloned());
        }
        if let Some(g) = &self.generated {
            out.extend(g.expr.parts().cloned());
        }
        out
    }
}

impl Table {
    pub fn column(&self, name: &Name) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == *name)
    }
    pub fn column_mut(&mut self, name: &Name) -> Option<&mut Column> {
        self.columns.iter_mut().find(|c| c.name == *name)
    }
    /// PostgreSQL's part; `None` on other engines.
    pub fn pg(&self) -> Option<&PgTable> {
        match &self.ext {
            TableExt::Postgres(p) => Some(p),
            _ => None,
        }
    }
    pub fn pg_mut(&mut self) -> Option<&mut PgTable> {
        match &mut self.ext {
            TableExt::Postgres(p) => Some(p),
            _ => None,
        }
    }
    /// SQLite's part.
    pub fn lite(&self) -> Option<&LiteTable> {
        match &self.ext {
            TableExt::Sqlite(l) => Some(l),
            _ => None,
        }
    }
    /// MySQL's part.
    pub fn my(&self) -> Option<&MyTable> {
        match &self.ext {
            TableExt::Mysql(m) => Some(m),
            _ => None,
        }
    }
    pub fn my_mut(&mut self) -> Option<&mut MyTable> {
        match &mut self.ext {
            TableExt::Mysql(m) => Some(m),
            _ => None,
        }
    }
}
