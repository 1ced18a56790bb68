//! How a server alters a table: the algorithm and the lock of an ALTER, by its clauses together, the table, the product
//! and the version.
//!
//! Neighbours: rows take their locks from here, the dialect pins them in the statement. Source: measured per statement on
//! MySQL 9.7 and MariaDB 10.11 (`fixtures/oracle`); older releases by the manuals' tables (Online DDL Operations; InnoDB
//! Online DDL). Invariant: never cheaper than what the server does; where that is not known it is a copy.

mod column;
mod single;

use super::collation_of;
use crate::features::{Feature, has, measured};
use driftless_model::{
    Catalog, Column, Constraint, Dialect, Index, Key, Kind, Name, Object, ObjectId, Server, Table,
};
use driftless_planner::{
    Action, Clause, Facts, Held, Lock, Moment, PartitionClause, Position, TableClause,
};

/// What ALGORITHM says, the cheapest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    Instant,
    /// MariaDB: in place without writing the table anew.
    Nocopy,
    Inplace,
    Copy,
}

/// What LOCK says: who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wait {
    None,
    /// Writers.
    Shared,
}

/// One clause, or a whole statement.
#[derive(Debug, Clone, Copy)]
pub struct Online {
    pub algorithm: Algorithm,
    pub lock: Wait,
    /// The table is written anew.
    pub rebuild: bool,
    /// Columns that are stored come, go or move.
    layout: bool,
    /// Virtual columns behind those get other places.
    shifts: bool,
    virtual_added: bool,
    virtual_dropped: bool,
    makes_index: bool,
    makes_primary: bool,
    drops_primary: bool,
    /// MySQL: the hidden column of a functional key comes or goes.
    hidden: bool,
    /// How many full-text indexes are made.
    full_texts: usize,
    /// It is about partitions alone.
    partitions: bool,
    /// How many clauses there are.
    clauses: usize,
}

const fn of(algorithm: Algorithm, lock: Wait, rebuild: bool) -> Online {
    Online {
        algorithm,
        lock,
        rebuild,
        layout: false,
        shifts: false,
        virtual_added: false,
        virtual_dropped: false,
        makes_index: false,
        makes_primary: false,
        drops_primary: false,
        hidden: false,
        full_texts: 0,
        partitions: false,
        clauses: 1,
    }
}

const INSTANT: Online = of(Algorithm::Instant, Wait::None, false);
const REBUILD: Online = of(Algorithm::Inplace, Wait::None, true);
const COPY: Online = of(Algorithm::Copy, Wait::Shared, true);

/// The table as it is before the statement.
struct Ground<'a> {
    id: &'a ObjectId,
    table: Option<&'a Table>,
    catalog: &'a Catalog,
    server: Server,
    mariadb: bool,
    /// The default collation that the statement gives the table.
    collation: Option<String>,
}

impl<'a> Ground<'a> {
    fn new(id: &'a ObjectId, catalog: &'a Catalog, actions: &[Action]) -> Self {
        let server = catalog.server;
        let collation = actions.iter().find_map(|a| match a {
            Action::Alter {
                clause: Clause::Table(TableClause::Options(o)),
                ..
            } => {
                let said = |name: &str| o.get(name).cloned().flatten();
                let charset = || said("charset").map(|c| format!("charset:{c}"));
                said("collate").or_else(charset)
            }
            _ => None,
        });
        Ground {
            id,
            table: catalog.item(id),
            catalog,
            server,
            mariadb: server.dialect == Dialect::Mariadb,
            collation: collation.map(|c| collation_of(&c, server)),
        }
    }

    /// Without touching the rows, but no instant change to MySQL.
    fn light(&self) -> Online {
        match self.mariadb {
            true => INSTANT,
            false => of(Algorithm::Inplace, Wait::None, false),
        }
    }

    /// For an index.
    fn index_work(&self, lock: Wait) -> Online {
        match self.mariadb {
            true => of(Algorithm::Nocopy, lock, false),
            false => of(Algorithm::Inplace, lock, false),
        }
    }

    fn column(&self, name: &Name) -> Option<&Column> {
        self.table.and_then(|t| t.column(name))
    }

    fn indexes(&self) -> impl Iterator<Item = &Index> {
        let owned = self.catalog.owned(self.id);
        owned.filter_map(|(_, o)| o.get::<Index>())
    }

    fn has_index(&self, method: &str) -> bool {
        self.indexes().any(|i| i.method == method)
    }

    /// Whether a key of any kind holds the column.
    fn is_indexed(&self, name: &Name) -> bool {
        use driftless_model::KeyExpr;
        let holds = |i: &Index| {
            let mut keys = i.keys.iter();
            keys.any(|k| matches!(&k.expr, KeyExpr::Column(c) if c == name))
        };
        let in_key = |c: &Constraint| {
            let mut key = c.key().into_iter().flat_map(|k| &k.columns);
            let mut foreign = c.foreign_key().into_iter().flat_map(|f| &f.columns);
            key.any(|k| k.column == *name) || foreign.any(|f| f == name)
        };
        self.catalog.owned(self.id).any(|(_, o)| {
            o.get::<Index>().is_some_and(holds) || o.get::<Constraint>().is_some_and(in_key)
        })
    }

    fn primary(&self) -> Option<&Key> {
        let mut owned = self.catalog.owned(self.id);
        owned.find_map(|(_, o)| o.get::<Constraint>()?.key())
    }

    /// Its columns are NOT NULL whether that is said or not.
    fn is_primary(&self, name: &Name) -> bool {
        self.primary()
            .is_some_and(|key| key.columns.iter().any(|k| k.column == *name))
    }

    fn has_generated(&self, stored: bool) -> bool {
        let mut columns = self.table.into_iter().flat_map(|t| &t.columns);
        columns.any(|c| c.generated.as_ref().is_some_and(|g| g.stored == stored))
    }

    fn option(&self, name: &str) -> Option<&str> {
        let my = self.table?.my()?;
        my.options.get(name).map(String::as_str)
    }

    fn compressed(&self) -> bool {
        let compressed = |f: &str| f.eq_ignore_ascii_case("compressed");
        self.option("row_format").is_some_and(compressed) || self.option("key_block_size").is_some()
    }

    /// What is known holds for InnoDB without partitions and histories.
    fn usual(&self) -> bool {
        let Some(my) = self.table.and_then(Table::my) else {
            return false;
        };
        let engine = my.engine.as_deref().unwrap_or("innodb");
        engine.eq_ignore_ascii_case("innodb")
            && my.partitioning.is_none()
            && !my.versioned
            && my.periods.is_empty()
            && !self.has_index("spatial")
            && !self.has_index("vector")
    }
}

/// The table that an action of ALTER TABLE is about.
fn table_of(action: &Action, catalog: &Catalog) -> Option<ObjectId> {
    let of = |object: &Object| object.owner_relation().cloned();
    let owner = |id: &ObjectId| match id.kind {
        Kind::Table => Some(id.clone()),
        Kind::Index | Kind::Constraint => of(catalog.get(id)?),
        _ => None,
    };
    match action {
        Action::Create(c) => match c.id.kind {
            Kind::Index | Kind::Constraint => of(&c.object),
            _ => None,
        },
        Action::Drop(d) if d.id.kind != Kind::Table => owner(&d.id),
        Action::Alter { id, .. } => owner(id),
        Action::Rename { part, .. } if part.object.kind != Kind::Table || part.member.is_some() => {
            owner(&part.object)
        }
        _ => None,
    }
}

/// The table that a statement alters, and how; `None` where it is no ALTER of one table that is there already.
pub fn statement(actions: &[Action], moment: &Moment) -> Option<(ObjectId, Online)> {
    let id = table_of(actions.first()?, &moment.catalog)?;
    if moment.fresh.contains(&id) {
        return None;
    }
    let ground = Ground::new(&id, &moment.catalog, actions);
    let mut whole: Option<Online> = None;
    for action in actions {
        // What the statement made itself is not in the catalog yet.
        if table_of(action, &moment.catalog).is_some_and(|t| t != id) {
            return None;
        }
        let part = single::of_action(action, &ground);
        whole = Some(whole.map_or(part, |w| w.and(part)));
    }
    let whole = whole?.together(&ground);
    Some((id, whole))
}

impl Online {
    fn and(self, other: Online) -> Online {
        Online {
            algorithm: self.algorithm.max(other.algorithm),
            lock: self.lock.max(other.lock),
            rebuild: self.rebuild || other.rebuild,
            layout: self.layout || other.layout,
            virtual_added: self.virtual_added || other.virtual_added,
            virtual_dropped: self.virtual_dropped || other.virtual_dropped,
            shifts: self.shifts || other.shifts,
            makes_index: self.makes_index || other.makes_index,
            makes_primary: self.makes_primary || other.makes_primary,
            drops_primary: self.drops_primary || other.drops_primary,
            hidden: self.hidden || other.hidden,
            full_texts: self.full_texts + other.full_texts,
            partitions: self.partitions && other.partitions,
            clauses: self.clauses + other.clauses,
        }
    }

    /// What clauses do to each other in one statement, and the table to them.
    fn together(self, ground: &Ground) -> Online {
        let mut out = self;
        let at_least = |out: &mut Online, other: Online| {
            out.algorithm = out.algorithm.max(other.algorithm);
            out.lock = out.lock.max(other.lock);
            out.rebuild |= other.rebuild;
        };
        // A key that is only dropped takes a copy; one that is replaced does not.
        if out.drops_primary {
            at_least(&mut out, if self.makes_primary { REBUILD } else { COPY });
        }
        let busy = out.algorithm > Algorithm::Instant;
        if out.layout && busy && (!ground.mariadb || out.makes_index) {
            at_least(&mut out, REBUILD);
        }
        if out.layout && ground.compressed() {
            at_least(&mut out, REBUILD);
        }
        if out.virtual_added && out.makes_index {
            out.lock = Wait::Shared;
        }
        // Nothing else may happen to the columns that are stored.
        let shifted = ground.mariadb && out.shifts && (out.makes_index || out.rebuild);
        if (out.virtual_added || out.virtual_dropped) && (out.layout || out.rebuild) || shifted {
            at_least(&mut out, COPY);
        }
        // InnoDB makes one full-text index at a time.
        let there = ground.indexes().filter(|i| i.method == "fulltext").count();
        let anew = out.layout || out.rebuild;
        let many = out.full_texts > 1 || anew && there + out.full_texts > 1;
        if out.hidden && out.clauses > 1 || many {
            at_least(&mut out, COPY);
        }
        // A table with a full-text index is not written anew beside writers.
        if (out.layout || out.rebuild) && ground.has_index("fulltext") {
            let mut kept = if ground.mariadb { REBUILD } else { COPY };
            kept.lock = Wait::Shared;
            at_least(&mut out, kept);
        }
        if !ground.usual() && !out.partitions && out.rebuild {
            at_least(&mut out, COPY);
        }
        out
    }

    /// As locks and the like on the table.
    pub fn facts(&self, on: &ObjectId) -> Facts {
        let held = match (self.rebuild, self.algorithm) {
            (true, _) => Held::Rewrite,
            (false, Algorithm::Instant) => Held::Instant,
            (false, _) if self.makes_index => Held::Scan,
            (false, _) => Held::Instant,
        };
        let mode = match (self.algorithm, self.lock) {
            (Algorithm::Instant, Wait::None) => "INSTANT",
            (Algorithm::Instant, Wait::Shared) => "INSTANT LOCK=SHARED",
            (Algorithm::Nocopy, Wait::None) => "NOCOPY LOCK=NONE",
            (Algorithm::Nocopy, Wait::Shared) => "NOCOPY LOCK=SHARED",
            (Algorithm::Inplace, Wait::None) => "INPLACE LOCK=NONE",
            (Algorithm::Inplace, Wait::Shared) => "INPLACE LOCK=SHARED",
            (Algorithm::Copy, _) => "COPY LOCK=SHARED",
        };
        Facts {
            locks: vec![Lock {
                on: on.clone(),
                mode,
                blocks_reads: false,
                blocks_writes: self.lock == Wait::Shared,
                held,
            }],
            rewrite: held == Held::Rewrite,
            scan: held == Held::Scan,
            ..Facts::default()
        }
    }
}

/// How strong a mode of [`Online::facts`] is.
pub fn strength(mode: &str) -> u8 {
    const MODES: [&str; 8] = [
        "INSTANT",
        "NOCOPY LOCK=NONE",
        "INPLACE LOCK=NONE",
        "METADATA",
        "INSTANT LOCK=SHARED",
        "NOCOPY LOCK=SHARED",
        "INPLACE LOCK=SHARED",
        "COPY LOCK=SHARED",
    ];
    let at = MODES.iter().position(|m| *m == mode).unwrap_or(0);
    u8::try_from(at + 1).unwrap_or(u8::MAX)
}

/// As facts, of one action alone or of a statement as a whole.
pub fn facts(actions: &[Action], moment: &Moment) -> Option<Facts> {
    let (id, online) = statement(actions, moment)?;
    let mut out = online.facts(&id);
    let server = moment.catalog.server;
    if !measured(server) && online.algorithm < Algorithm::Copy {
        out.hazards.push(format!(
            "its algorithm is that of the manual: {} {}.{} was not measured",
            server.dialect.product(),
            server.version.major,
            server.version.minor
        ));
    }
    Some(out)
}

pub fn alone(action: &Action, moment: &Moment) -> Facts {
    facts(std::slice::from_ref(action), moment).unwrap_or_default()
}

/// ALGORITHM and LOCK that the statement is held to, so that the server refuses it rather than takes a dearer way.
pub fn pin(actions: &[Action], moment: &Moment) -> Option<Action> {
    let (id, online) = statement(actions, moment)?;
    let unusual = |a: &Action| match a {
        Action::Alter { clause, .. } => match clause {
            Clause::Table(TableClause::Partitions(_) | TableClause::Period { .. }) => true,
            Clause::Table(TableClause::Options(o)) => {
                o.contains_key("engine") || o.contains_key("system_versioning")
            }
            Clause::Table(TableClause::Pin { .. }) => true,
            _ => false,
        },
        _ => false,
    };
    let ground = Ground::new(&id, &moment.catalog, actions);
    // What MariaDB does with virtual columns beside others depends on what the table went through, and so does a new
    // default collation: told, but not held to.
    let shaken = online.layout || online.virtual_added || online.virtual_dropped;
    let virtuals = ground.has_generated(false) || online.virtual_added;
    if ground.mariadb && virtuals && shaken || ground.collation.is_some() {
        return None;
    }
    if online.algorithm == Algorithm::Copy || !ground.usual() || actions.iter().any(unusual) {
        return None;
    }
    let word = match online.algorithm {
        Algorithm::Instant => "INSTANT",
        Algorithm::Nocopy => "NOCOPY",
        _ => "INPLACE",
    };
    let lock = match online.lock {
        _ if online.algorithm == Algorithm::Instant => None,
        Wait::None => Some("NONE".to_owned()),
        Wait::Shared => Some("SHARED".to_owned()),
    };
    Some(Action::table(
        &id,
        TableClause::Pin {
            algorithm: Some(word.to_owned()),
            lock,
        },
    ))
}

/// The statements for all that changes about a table: one, or two where columns that are added at once would wait for
/// dearer work.
pub fn split(actions: Vec<Action>, before: &Catalog) -> Vec<Vec<Action>> {
    let Some(id) = actions.first().and_then(|a| table_of(a, before)) else {
        return vec![actions];
    };
    let ground = Ground::new(&id, before, &actions);
    let is_addition = |a: &Action| {
        let Action::Alter {
            clause:
                Clause::Table(TableClause::AddColumn {
                    column, position, ..
                }),
            ..
        } = a
        else {
            return false;
        };
        let placed_by_old = match position {
            Some(Position::After(name)) => ground.column(name).is_some(),
            _ => true,
        };
        column.generated.is_none() && placed_by_old
    };
    let moves = |a: &Action| {
        let clause = match a {
            Action::Alter { clause, .. } => clause,
            Action::Rename { part, .. } => return part.member.is_some(),
            _ => return false,
        };
        match clause {
            Clause::Table(TableClause::ChangeColumn {
                name,
                column,
                position,
            }) => position.is_some() || column.name != *name,
            Clause::Table(TableClause::DropColumn { .. } | TableClause::Partitions(_)) => true,
            // New columns get the new default.
            Clause::Table(TableClause::Options(o)) => o.contains_key("collate"),
            Clause::Table(TableClause::AddColumn { column, .. }) => {
                column.generated.is_some() || !is_addition(a)
            }
            _ => false,
        }
    };
    if ground.table.is_none() || !ground.usual() || actions.iter().any(moves) {
        return vec![actions];
    }
    let instant = |actions: &[&Action]| {
        let each = actions.iter().map(|a| single::of_action(a, &ground));
        let whole = each.reduce(Online::and).map(|o| o.together(&ground));
        whole.is_some_and(|o| o.algorithm == Algorithm::Instant)
    };
    let (first, rest): (Vec<&Action>, Vec<&Action>) = actions.iter().partition(|a| is_addition(a));
    if first.is_empty() || rest.is_empty() || !instant(&first) || instant(&rest) {
        return vec![actions];
    }
    let (first, rest) = actions.into_iter().partition(|a| is_addition(a));
    vec![first, rest]
}
