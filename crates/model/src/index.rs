//! Indexes that are no constraint's.

use crate::id::{Kind, Name, ObjectId, Part};
use crate::options::Options;
use crate::text::SqlText;

#[derive(Debug, Clone)]
pub struct Index {
    /// The table or materialized view.
    pub table: ObjectId,
    pub unique: bool,
    /// `btree` where none was written. MySQL: empty where none was, else also `fulltext`, `spatial`, `vector`.
    pub method: String,
    pub keys: Vec<IndexKey>,
    pub include: Vec<Name>,
    pub filter: Option<SqlText>,
    pub nulls_not_distinct: bool,
    pub options: Options,
    pub tablespace: Option<String>,
    /// False: an interrupted CREATE INDEX CONCURRENTLY left it (counts as absent).
    pub valid: bool,
}

#[derive(Debug, Clone)]
pub enum KeyExpr {
    Column(Name),
    Expr(SqlText),
}

#[derive(Debug, Clone)]
pub struct IndexKey {
    pub expr: KeyExpr,
    pub collation: Option<String>,
    /// Operator class with its options, canonical; `None`: the default one.
    pub opclass: Option<String>,
    pub descending: bool,
    /// Resolved: by default true exactly where descending (PostgreSQL).
    pub nulls_first: bool,
    /// MySQL: how many characters (or bytes) of it are the key.
    pub prefix: Option<u32>,
    /// PostgreSQL: the statistics target of an expression.
    pub statistics: Option<i64>,
}

impl IndexKey {
    pub fn column(name: Name) -> Self {
        IndexKey {
            expr: KeyExpr::Column(name),
            collation: None,
            opclass: None,
            descending: false,
            nulls_first: false,
            prefix: None,
            statistics: None,
        }
    }
    pub fn parts(&self, table: &ObjectId) -> Vec<Part> {
        match &self.expr {
            KeyExpr::Column(c) => vec![table.member(c)],
            KeyExpr::Expr(e) => e.parts().cloned().collect(),
        }
    }
}

impl Index {
    pub fn parts(&self) -> Vec<Part> {
        let mut out = vec![self.table.part()];
        for key in &self.keys {
            out.extend(key.parts(&self.table));
            out.extend(crate::types::collation(&key.collation));
            let class = key.opclass.as_deref();
            let class = class.and_then(|c| ObjectId::spelled(Kind::OperatorClass, c));
            out.extend(class.map(|c| c.with_args(self.method.as_str()).part()));
        }
        out.extend(self.include.iter().map(|c| self.table.member(c)));
        out.extend(self.filter.iter().flat_map(|f| f.parts().cloned()));
        out.extend(crate::types::method(Some(&self.method)));
        out
    }
}

/// What the planner of queries shall know of several columns, or of expressions (PostgreSQL, CREATE STATISTICS).
#[derive(Debug, Clone)]
pub struct Statistics {
    pub table: ObjectId,
    /// `dependencies`, `mcv`, `ndistinct`, sorted; none: all that there are.
    pub kinds: Vec<String>,
    /// Columns and expressions.
    pub keys: Vec<SqlText>,
    /// `None`: the server's own.
    pub target: Option<i64>,
}

impl Statistics {
    pub const KINDS: [&str; 3] = ["dependencies", "mcv", "ndistinct"];

    pub fn parts(&self) -> Vec<Part> {
        let own = std::iter::once(self.table.part());
        own.chain(self.keys.iter().flat_map(|k| k.parts().cloned()))
            .collect()
    }
}
