//! Constraints: keys, checks, foreign keys, exclusions, named NOT NULLs; each is an object owned by its table.

use crate::id::{Name, ObjectId, Part};
use crate::options::Options;
use crate::text::SqlText;

#[derive(Debug, Clone)]
pub struct Constraint {
    pub table: ObjectId,
    pub body: ConstraintBody,
    pub deferrable: bool,
    pub initially_deferred: bool,
    /// False: existing rows were not checked (NOT VALID).
    pub validated: bool,
    pub no_inherit: bool,
    /// The user gave the name; false: the engine did (or there is none: SQLite), and it is never printed where it can
    /// be left out.
    pub named: bool,
    /// PostgreSQL: it comes from a parent (inheritance, partition) and is not declared here.
    pub inherited: bool,
    /// False: NOT ENFORCED.
    pub enforced: bool,
}

#[derive(Debug, Clone)]
pub enum ConstraintBody {
    PrimaryKey(Key),
    Unique(Key),
    Check(Check),
    ForeignKey(ForeignKey),
    Exclude(Exclude),
    /// PostgreSQL, from 18 on: the NOT NULL of this column, where it says more than the column's own mark: a name that is
    /// not the automatic one, NO INHERIT, NOT VALID, a comment.
    NotNull(Name),
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Key {
    pub columns: Vec<KeyPart>,
    pub include: Vec<Name>,
    pub nulls_not_distinct: bool,
    /// PostgreSQL, from 18 on: the last column is a period, and keys are alike where periods overlap.
    pub without_overlaps: bool,
    /// Storage parameters of its index.
    pub options: Options,
    pub tablespace: Option<String>,
    /// SQLite: `ON CONFLICT` action, in lower case.
    pub conflict: Option<String>,
    /// SQLite: AUTOINCREMENT on the rowid's alias.
    pub autoincrement: bool,
    /// SQLite: written in the column's own definition (INTEGER PRIMARY KEY DESC means another thing there).
    pub inline: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct KeyPart {
    pub column: Name,
    pub collation: Option<String>,
    pub descending: bool,
    /// MySQL: how many characters (or bytes) of it are the key.
    pub prefix: Option<u32>,
}

impl KeyPart {
    pub fn plain(column: Name) -> Self {
        KeyPart {
            column,
            collation: None,
            descending: false,
            prefix: None,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Check {
    pub expr: SqlText,
    /// The columns it reads, once settled.
    pub conflict: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ForeignKey {
    pub columns: Vec<Name>,
    pub target: ObjectId,
    /// Empty: the target's primary key, filled in by apply where the target is known.
    pub target_columns: Vec<Name>,
    /// In lower case: `no action`, `restrict`, `cascade`, `set null`, `set default`.
    pub on_delete: String,
    pub on_update: String,
    /// `simple` or `full` (SQLite keeps what was written and ignores it).
    pub match_kind: String,
    /// SET NULL / SET DEFAULT for these columns only.
    pub set_columns: Vec<Name>,
    /// PostgreSQL, from 18 on: the last column of both sides is a period that must be covered.
    pub period: bool,
}

#[derive(Debug, Clone)]
pub struct Exclude {
    pub method: String,
    pub items: Vec<ExcludeItem>,
    pub include: Vec<Name>,
    pub filter: Option<SqlText>,
    pub options: Options,
}

#[derive(Debug, Clone)]
pub struct ExcludeItem {
    pub key: crate::index::IndexKey,
    pub operator: String,
}

impl Constraint {
    /// A constraint with the engine's defaults.
    pub fn new(table: ObjectId, body: ConstraintBody) -> Self {
        Constraint {
            table,
            body,
            deferrable: false,
            initially_deferred: false,
            validated: true,
            no_inherit: false,
            named: true,
            inherited: false,
            enforced: true,
        }
    }
    pub fn key(&self) -> Option<&Key> {
        match &self.body {
            ConstraintBody::PrimaryKey(k) | ConstraintBody::Unique(k) => Some(k),
            _ => None,
        }
    }
    /// An index is behind it (PostgreSQL).
    pub fn is_indexed(&self) -> bool {
        self.key().is_some() || matches!(self.body, ConstraintBody::Exclude(_))
    }
    pub fn foreign_key(&self) -> Option<&ForeignKey> {
        match &self.body {
            ConstraintBody::ForeignKey(f) => Some(f),
            _ => None,
        }
    }
    /// The column whose NOT NULL it is.
    pub fn not_null(&self) -> Option<&Name> {
        match &self.body {
            ConstraintBody::NotNull(column) => Some(column),
            _ => None,
        }
    }
    /// `primary key`, `unique`, `check`, `foreign key`, `exclude`, `not null`.
    pub fn noun(&self) -> &'static str {
        match self.body {
            ConstraintBody::PrimaryKey(_) => "primary key",
            ConstraintBody::Unique(_) => "unique",
            ConstraintBody::Check(_) => "check",
            ConstraintBody::ForeignKey(_) => "foreign key",
            ConstraintBody::Exclude(_) => "exclude",
            ConstraintBody::NotNull(_) => "not null",
        }
    }
    /// What it refers to, its own columns first.
    pub fn parts(&self) -> Vec<Part> {
        let mut out = vec![self.table.part()];
        let own = |n: &Name| self.table.member(n);
        match &self.body {
            ConstraintBody::PrimaryKey(k) | ConstraintBody::Unique(k) => {
                out.extend(k.columns.iter().map(|c| own(&c.column)));
                out.extend(k.include.iter().map(own));
            }
            ConstraintBody::Check(c) => out.extend(c.expr.parts().cloned()),
            ConstraintBody::ForeignKey(f) => {
                out.extend(f.columns.iter().map(own));
                out.push(f.target.part());
                out.extend(f.target_columns.iter().map(|c| f.target.member(c)));
            }
            ConstraintBody::Exclude(e) => {
                for item in &e.items {
                    out.extend(item.key.parts(&self.table));
                }
                out.extend(e.include.iter().map(own));
                out.extend(e.filter.iter().flat_map(|f| f.parts().cloned()));
            }
            ConstraintBody::NotNull(column) => out.push(own(column)),
        }
        out
    }
}
