//! The one vocabulary between text and model: an `Action` is one typed clause on one object, with its modifiers.
//!
//! Neighbours: grammars read text into Actions, rows apply, cost and print them. Invariant: closed; what has no
//! Action is named as not understood where it is read.

use driftless_model::{
    Attribute, Column, DomainCheck, Event, Generated, Grant, Identity, Name, Object, ObjectId,
    Part, PartitionDef, Partitioning, Period, Piece, Policy, Sequence, SqlText, TypeRef, View,
};

#[derive(Debug, Clone)]
pub enum Action {
    Create(Box<Create>),
    Drop(Drop),
    Rename {
        part: Part,
        to: Name,
    },
    /// SET SCHEMA.
    Move {
        id: ObjectId,
        schema: Name,
    },
    Comment {
        part: Part,
        text: Option<String>,
    },
    Owner {
        id: ObjectId,
        to: String,
    },
    Grant {
        id: ObjectId,
        grant: Grant,
        revoke: bool,
    },
    Alter {
        id: ObjectId,
        clause: Clause,
    },
    Data(Data),
    Session(Session),
}

#[derive(Debug, Clone)]
pub struct Create {
    pub id: ObjectId,
    pub object: Object,
    pub if_not_exists: bool,
    pub or_replace: bool,
    pub concurrently: bool,
}

#[derive(Debug, Clone)]
pub struct Drop {
    pub id: ObjectId,
    pub if_exists: bool,
    pub cascade: bool,
    pub concurrently: bool,
}

/// What ALTER does, per kind.
#[derive(Debug, Clone)]
pub enum Clause {
    Table(TableClause),
    Column {
        column: Name,
        clause: ColumnClause,
        /// ONLY: columns of children stay as they are.
        only: bool,
    },
    Constraint(ConstraintClause),
    Index(IndexClause),
    /// Sequence options as the whole they become.
    Sequence(SequenceClause),
    Enum(EnumClause),
    Domain(DomainClause),
    Composite(CompositeClause),
    View(ViewClause),
    /// The target of extended statistics; `None`: the server's own.
    Statistics(Option<i64>),
    Trigger {
        enabled: char,
    },
    /// MySQL: what is said of a routine beside its body; `None` is as usual.
    Routine(driftless_model::Options<Option<String>>),
    /// The event as the whole it becomes.
    Event(Box<Event>),
    /// The policy as the whole it becomes.
    Policy(Box<Policy>),
    Extension {
        version: Option<String>,
    },
    /// Clauses of a kind that is made of them, in order.
    Define(Vec<Edit>),
}

/// What becomes of one clause.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    pub how: How,
    pub piece: Piece,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Add,
    /// It says something else, or (options of some kinds) is new.
    Set,
    Drop,
    /// All clauses of its key go: others follow.
    Clear,
}

#[derive(Debug, Clone)]
pub enum TableClause {
    AddColumn {
        column: Box<Column>,
        if_not_exists: bool,
        /// MySQL: where it stands; `None`: at the end.
        position: Option<Position>,
    },
    /// MySQL: MODIFY and CHANGE, which say all of a column anew.
    ChangeColumn {
        name: Name,
        column: Box<Column>,
        /// `None`: where it is.
        position: Option<Position>,
    },
    DropColumn {
        column: Name,
        if_exists: bool,
        cascade: bool,
        /// ONLY: children keep theirs, as their own.
        only: bool,
    },
    /// Storage parameters: set, or reset (`None`).
    Options(driftless_model::Options<Option<String>>),
    Logged(bool),
    RowSecurity(bool),
    ForceRowSecurity(bool),
    /// As in `PgTable::replica_identity`.
    ReplicaIdentity(Option<String>),
    Inherit {
        parent: ObjectId,
        stop: bool,
    },
    Attach {
        partition: ObjectId,
        bound: SqlText,
    },
    Detach {
        partition: ObjectId,
        concurrently: bool,
    },
    /// MySQL.
    Partitions(PartitionClause),
    /// MySQL: CONVERT TO CHARACTER SET, with the collation: columns and table.
    Convert(String),
    /// MariaDB: a period of the table, added or dropped.
    Period {
        period: Period,
        drop: bool,
    },
    /// MySQL: ALGORITHM and LOCK that a statement may not be dearer than.
    Pin {
        algorithm: Option<String>,
        lock: Option<String>,
    },
    /// `CLUSTER ON index`, or none.
    Cluster(Option<Name>),
    Method(String),
    Tablespace(String),
    /// OF type, or NOT OF.
    Of(Option<ObjectId>),
    /// What a foreign table's server is told.
    Foreign(Vec<Edit>),
    /// All triggers, or the user's (`user`): enabled state.
    Triggers {
        which: String,
        enabled: char,
    },
}

/// Where a column stands among the others (MySQL).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    First,
    After(Name),
}

/// What becomes of a table's partitions (MySQL).
#[derive(Debug, Clone)]
pub enum PartitionClause {
    /// PARTITION BY; `None`: REMOVE PARTITIONING.
    By(Option<Box<Partitioning>>),
    Add(Vec<PartitionDef>),
    /// More of those that the server numbers.
    AddCount(u32),
    Drop(Vec<Name>),
    Coalesce(u32),
    /// These are replaced, in their place.
    Reorganize {
        from: Vec<Name>,
        to: Vec<PartitionDef>,
    },
}

#[derive(Debug, Clone)]
pub enum ColumnClause {
    Type {
        ty: TypeRef,
        collation: Option<String>,
        using: Option<SqlText>,
    },
    Default(Option<SqlText>),
    NotNull(bool),
    /// ADD GENERATED, SET …, DROP IDENTITY.
    Identity(Option<Box<Identity>>),
    /// `None`: DROP EXPRESSION.
    Expression(Option<Box<Generated>>),
    Storage(Option<String>),
    Compression(Option<String>),
    Statistics(Option<i64>),
    /// n_distinct and its like.
    Options(driftless_model::Options<Option<String>>),
    /// What a foreign table's server is told of the column.
    Foreign(Vec<Edit>),
}

#[derive(Debug, Clone)]
pub enum ConstraintClause {
    Validate,
    Enforced(bool),
    /// PostgreSQL: INHERIT or NO INHERIT of a NOT NULL.
    Inherit(bool),
    Timing {
        deferrable: bool,
        initially_deferred: bool,
    },
}

#[derive(Debug, Clone)]
pub enum IndexClause {
    Options(driftless_model::Options<Option<String>>),
    Attach {
        partition: ObjectId,
    },
    Tablespace(String),
    /// The statistics target of the Nth key (1-based).
    Statistics {
        key: u32,
        target: i64,
    },
}

#[derive(Debug, Clone)]
pub enum SequenceClause {
    Set(Sequence),
    OwnedBy(Option<Part>),
    Restart(Option<i64>),
    Logged(bool),
}

#[derive(Debug, Clone)]
pub enum EnumClause {
    /// `before`: the value it is put in front of; `after`: behind.
    Add {
        value: String,
        before: Option<String>,
        after: Option<String>,
        if_not_exists: bool,
    },
}

#[derive(Debug, Clone)]
pub enum DomainClause {
    Default(Option<SqlText>),
    NotNull(bool),
    AddCheck(Box<DomainCheck>),
    DropCheck { name: Name, if_exists: bool },
    ValidateCheck(Name),
}

#[derive(Debug, Clone)]
pub enum CompositeClause {
    Add(Attribute),
    Drop(Name),
    Type(Attribute),
}

#[derive(Debug, Clone)]
pub enum ViewClause {
    Options(driftless_model::Options<Option<String>>),
    /// `ALTER COLUMN … SET DEFAULT` of a view; ALTER VIEW … AS is a Create with `or_replace`.
    Refresh {
        concurrently: bool,
        with_data: bool,
    },
    Query(Box<View>),
}

/// Rows, not schema.
#[derive(Debug, Clone)]
pub enum Data {
    /// `UPDATE table SET column = value WHERE column IS NULL`.
    Fill {
        table: ObjectId,
        column: Name,
        value: SqlText,
    },
    /// `INSERT INTO to (…) SELECT … FROM from`: the column and the expression that fills it.
    Copy {
        from: ObjectId,
        to: ObjectId,
        columns: Vec<(Name, String)>,
    },
    /// Any other statement that only changes rows, as written.
    Other { tables: Vec<ObjectId>, text: String },
    /// A statement that must find no row, else it stops the script: the text says which.
    Assert { text: String },
}

#[derive(Debug, Clone, PartialEq)]
pub enum Session {
    SearchPath(driftless_model::SearchPath),
    /// Any other SET or PRAGMA, as written.
    Set {
        name: String,
        value: String,
    },
}

impl Action {
    pub fn create(id: ObjectId, object: Object) -> Action {
        Action::Create(Box::new(Create {
            id,
            object,
            if_not_exists: false,
            or_replace: false,
            concurrently: false,
        }))
    }
    pub fn replace(id: ObjectId, object: Object) -> Action {
        Action::Create(Box::new(Create {
            id,
            object,
            if_not_exists: false,
            or_replace: true,
            concurrently: false,
        }))
    }
    pub fn drop(id: ObjectId) -> Action {
        Action::Drop(Drop {
            id,
            if_exists: false,
            cascade: false,
            concurrently: false,
        })
    }
    pub fn table(id: &ObjectId, clause: TableClause) -> Action {
        Action::Alter {
            id: id.clone(),
            clause: Clause::Table(clause),
        }
    }
    pub fn column(id: &ObjectId, column: &Name, clause: ColumnClause) -> Action {
        Action::Alter {
            id: id.clone(),
            clause: Clause::Column {
                column: column.clone(),
                clause,
                only: false,
            },
        }
    }
    pub fn alter(id: &ObjectId, clause: Clause) -> Action {
        Action::Alter {
            id: id.clone(),
            clause,
        }
    }

    /// The object it is about; sessions and loose data statements have none.
    pub fn target(&self) -> Option<&ObjectId> {
        match self {
            Action::Create(c) => Some(&c.id),
            Action::Drop(d) => Some(&d.id),
            Action::Rename { part, .. } | Action::Comment { part, .. } => Some(&part.object),
            Action::Move { id, .. }
            | Action::Owner { id, .. }
            | Action::Grant { id, .. }
            | Action::Alter { id, .. } => Some(id),
            Action::Data(Data::Fill { table, .. }) => Some(table),
            Action::Data(Data::Copy { to, .. }) => Some(to),
            Action::Data(_) | Action::Session(_) => None,
        }
    }
}
