//! The expression and query trees, ours: what `sqlparser` reads is lowered into them, dialects settle them.
//!
//! Invariant: brackets, comments and letter case of keywords are gone; everything else that was written is there,
//! or lowering failed and the text stays opaque. Equality ignores spans and the way a name was quoted.

use crate::source::Span;

/// A name as read: folded by the dialect's rule where it was not quoted.
#[derive(Debug, Clone)]
pub struct Ident {
    pub text: String,
    pub quoted: bool,
    /// Byte range in the text that was lowered (with the quotes).
    pub span: Span,
}

impl PartialEq for Ident {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
impl Eq for Ident {}

impl Ident {
    pub fn new(text: impl Into<String>) -> Self {
        Ident {
            text: text.into(),
            quoted: false,
            span: Span::default(),
        }
    }
}

/// A type's name as written in a cast, in the spelling of the source, white space folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeName {
    pub text: String,
}

/// A value expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    Null,
    Bool(bool),
    /// As written, unsigned.
    Number(String),
    /// A decoded character string.
    Text(String),
    /// `b'…'` (0), `x'…'` (1): the prefix in lower case and the digits.
    Bits(char, String),
    /// `a`, `t.a`, `s.t.a` in value position.
    Column(Vec<Ident>),
    /// `*`, `t.*`
    Star(Vec<Ident>),
    /// `$1`, `?`
    Param(String),
    /// Operators and predicates, in lower case: unary and binary operators by their sign (`-`, `||`, `<>` for both
    /// spellings), `and`/`or` (left-nested chains flattened), `not`, `like`, `not like`, `ilike`, `similar to`
    /// (a third argument is ESCAPE), `between` / `not between` `[x, low, high]`, `in` / `not in` `[x, …items]`,
    /// `in query` / `not in query` `[x, Query]`, `exists` `[Query]`, `is null`, `is not null`, `is true` …,
    /// `is distinct from`, `is not distinct from`, `is` / `is not` (SQLite), `at time zone`, `glob`, `regexp`,
    /// `match`, `= any` / `<> all` … (the operator, a space, `any` or `all`; the second argument may be a Query).
    Op(String, Vec<Tree>),
    /// A function, also the keyword ones under their plain name with plain arguments (`extract('year', x)`,
    /// `substring(x, 1, 2)`, `current_timestamp` with no arguments and `bare: true`).
    Call {
        name: Vec<Ident>,
        args: Vec<Tree>,
        bare: bool,
        /// In the grammar that the SQL standard gives it (`extract(year FROM x)`), not as a plain call.
        keyworded: bool,
        distinct: bool,
        order_by: Vec<SortKey>,
        within_group: Vec<SortKey>,
        filter: Option<Box<Tree>>,
        over: Option<Box<Window>>,
    },
    /// `name => value`
    Named(Ident, Box<Tree>),
    /// `x::t`, `CAST(x AS t)`, `DATE '…'`, `INTERVAL '…'`
    Cast(Box<Tree>, TypeName),
    Case {
        operand: Option<Box<Tree>>,
        whens: Vec<(Tree, Tree)>,
        otherwise: Option<Box<Tree>>,
    },
    Collate(Box<Tree>, Vec<Ident>),
    Array(Vec<Tree>),
    /// `ARRAY(SELECT …)`
    ArrayQuery(Box<Query>),
    Row(Vec<Tree>),
    /// `x[i]`, `x[i:j]`
    Subscript(Box<Tree>, Vec<(Option<Tree>, Option<Tree>, bool)>),
    /// `(x).field`
    Field(Box<Tree>, Ident),
    Query(Box<Query>),
}

impl Tree {
    /// A call with nothing but its arguments.
    pub fn call(name: Vec<Ident>, args: Vec<Tree>) -> Tree {
        Tree::Call {
            name,
            args,
            bare: false,
            keyworded: false,
            distinct: false,
            order_by: Vec::new(),
            within_group: Vec::new(),
            filter: None,
            over: None,
        }
    }
}

/// `OVER (…)`, or a named window.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    pub name: Option<Ident>,
    pub partition_by: Vec<Tree>,
    pub order_by: Vec<SortKey>,
    /// `rows between unbounded preceding and current row`, lower case, single spaces.
    pub frame: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SortKey {
    pub expr: Tree,
    pub descending: bool,
    /// As written; `None` is the default of the direction.
    pub nulls_first: Option<bool>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub recursive: bool,
    pub with: Vec<Cte>,
    pub body: SetExpr,
    pub order_by: Vec<SortKey>,
    pub limit: Option<Tree>,
    pub offset: Option<Tree>,
    /// `for update of t skip locked`, lower case.
    pub locks: Vec<String>,
}

impl Query {
    /// `SELECT items FROM from WHERE filter`
    pub fn plain(items: Vec<Item>, from: Vec<From>, filter: Option<Tree>) -> Query {
        let select = Select {
            distinct: false,
            distinct_on: Vec::new(),
            items,
            from,
            filter,
            group_by: Vec::new(),
            having: None,
            windows: Vec::new(),
        };
        Query {
            recursive: false,
            with: Vec::new(),
            body: SetExpr::Select(Box::new(select)),
            order_by: Vec::new(),
            limit: None,
            offset: None,
            locks: Vec::new(),
        }
    }
}

/// INSERT, UPDATE or DELETE.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// `insert`, `update`, `delete`
    pub verb: &'static str,
    /// The table, with its alias.
    pub target: From,
    /// Those named by INSERT, or set by UPDATE.
    pub columns: Vec<Ident>,
    /// What is put in; for UPDATE the values in the order of the columns, over the table and what FROM names; for DELETE
    /// nothing, over the table and what USING names.
    pub source: Query,
    pub returning: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Cte {
    pub name: Ident,
    pub columns: Vec<Ident>,
    pub materialized: Option<bool>,
    pub query: Query,
}

#[derive(Debug, Clone, PartialEq)]
pub enum SetExpr {
    Select(Box<Select>),
    /// `union`, `union all`, `except` …
    Set(String, Box<SetExpr>, Box<SetExpr>),
    Values(Vec<Vec<Tree>>),
    Query(Box<Query>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    pub distinct: bool,
    pub distinct_on: Vec<Tree>,
    pub items: Vec<Item>,
    pub from: Vec<From>,
    pub filter: Option<Tree>,
    pub group_by: Vec<Tree>,
    pub having: Option<Tree>,
    pub windows: Vec<(Ident, Window)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub expr: Tree,
    pub alias: Option<Ident>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Alias {
    pub name: Ident,
    pub columns: Vec<Ident>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum From {
    Table {
        name: Vec<Ident>,
        only: bool,
        alias: Option<Alias>,
    },
    Query {
        query: Box<Query>,
        lateral: bool,
        alias: Option<Alias>,
    },
    Call {
        call: Tree,
        lateral: bool,
        ordinality: bool,
        alias: Option<Alias>,
    },
    Join {
        /// `inner`, `left`, `right`, `full`, `cross`, with `natural ` before it where written.
        kind: String,
        left: Box<From>,
        right: Box<From>,
        on: Option<Tree>,
        using: Vec<Ident>,
    },
}
