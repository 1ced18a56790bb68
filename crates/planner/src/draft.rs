//! Drafts: what a row answers to a change, with what each needs, gives, frees, changes and removes.
//!
//! Invariant: order comes only from `Reach`, lanes and keys; no list of phases anywhere.

use crate::action::{
    Action, Clause, ColumnClause, Data, DomainClause, EnumClause, How, SequenceClause, TableClause,
};
use driftless_model::{Catalog, Kind, Name, ObjectId, Part, SqlText, requirements};
use driftless_sql::Diagnostic;

/// One or more statements that stay together, in order.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Whose row wrote it.
    pub target: ObjectId,
    pub statements: Vec<Vec<Action>>,
    pub reach: Reach,
    pub fuse: Fuse,
    /// Drafts of one row in one lane keep the order in which the row gave them.
    pub lane: Option<Part>,
    /// Why, where it is not the change itself: `it reads orders.note`.
    pub because: Option<String>,
    /// What it means to a person where its statements are only the way there (a welded rebuild).
    pub told: Option<Vec<Action>>,
}

#[derive(Debug, Clone, Default)]
pub struct Reach {
    pub needs: Vec<Part>,
    pub gives: Vec<Part>,
    pub frees: Vec<Part>,
    pub changes: Vec<Part>,
    pub removes: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fuse {
    Never,
    /// May share a statement with neighbours of the same key.
    May(ObjectId),
    /// Is one node with all drafts of the same key; the dialect welds them.
    Must(ObjectId),
}

/// What a neighbour's change does to an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    pub part: Part,
    /// It is removed (and perhaps made anew), not only altered.
    pub gone: bool,
}

/// A row's answer to a change or to hits.
#[derive(Debug)]
pub enum Alter {
    /// None: it stays as it is.
    Drafts(Vec<Draft>),
    /// Taken down and made anew.
    Recreate(String),
    /// It is gone with what it hung on, without a statement; where the after-state has it, it is made anew.
    Dies,
    Refuse(Box<Diagnostic>),
}

/// Both sides of a plan, for deriving reaches.
#[derive(Clone, Copy)]
pub struct Sides<'a> {
    pub before: &'a Catalog,
    pub after: &'a Catalog,
}

impl Draft {
    /// A draft of one statement with one action; its reach is derived from the action.
    pub fn of(action: Action, sides: Sides) -> Draft {
        let target = action
            .target()
            .map(ObjectId::as_kept)
            .unwrap_or_else(|| ObjectId::new(Kind::Schema, Name::default(), Name::default()));
        let reach = Reach::of(&action, sides);
        let lane = lane_of(&action);
        Draft {
            target,
            statements: vec![vec![action]],
            reach,
            fuse: Fuse::Never,
            lane,
            because: None,
            told: None,
        }
    }
    pub fn fuse(mut self, fuse: Fuse) -> Draft {
        self.fuse = fuse;
        self
    }
    /// May share a statement with others on this relation.
    pub fn may(self, relation: &ObjectId) -> Draft {
        self.fuse(Fuse::May(relation.clone()))
    }
    pub fn because(mut self, why: impl Into<String>) -> Draft {
        self.because = Some(why.into());
        self
    }
    pub fn needs(mut self, part: Part) -> Draft {
        self.reach.needs.push(part);
        self
    }
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        self.statements.iter().flatten()
    }
}

fn lane_of(action: &Action) -> Option<Part> {
    match action {
        Action::Alter {
            id,
            clause: Clause::Column { column, .. },
        } => Some(id.member(column)),
        Action::Alter {
            id,
            clause: Clause::Table(TableClause::AddColumn { column, .. }),
        } => Some(id.member(&column.name)),
        Action::Alter {
            id,
            clause: Clause::Table(TableClause::ChangeColumn { column, .. }),
        } => Some(id.member(&column.name)),
        Action::Alter {
            id,
            clause: Clause::Table(TableClause::DropColumn { column, .. }),
        } => Some(id.member(column)),
        Action::Data(Data::Fill { table, column, .. }) => Some(table.member(column)),
        other => other.target().map(|id| id.as_kept().part()),
    }
}

fn text_parts(text: &SqlText) -> Vec<Part> {
    text.parts().cloned().collect()
}

impl Reach {
    /// What an action does to the parts of both sides.
    pub fn of(action: &Action, sides: Sides) -> Reach {
        let mut reach = Reach::default();
        match action {
            Action::Create(c) => {
                reach.gives.push(c.id.part());
                reach.needs = requirements(&c.id, &c.object);
                let over = driftless_model::DefaultPrivileges::over(&c.id).into_iter();
                let known = over.filter(|d| sides.before.contains(d) || sides.after.contains(d));
                reach.needs.extend(known.map(|d| d.part()));
                if c.or_replace {
                    reach.frees = sides.before.requirements(&c.id);
                }
            }
            Action::Drop(d) => {
                let id = d.id.as_kept();
                reach.removes.push(id.part());
                reach.frees = sides.before.requirements(&id);
                // What lives in its namespace dies with it and lets go of what it refers to.
                if id.kind.is_relation() {
                    let before = sides.before;
                    let hangs = |user: &&ObjectId| {
                        let object = before.get(user);
                        object.and_then(|o| o.owner_relation()) == Some(&id)
                    };
                    let users = before.objects.users_of(&id).into_iter();
                    let dying: Vec<ObjectId> = users.filter(hangs).cloned().collect();
                    for id in dying {
                        reach.frees.extend(
                            sides
                                .before
                                .requirements(&id)
                                .into_iter()
                                .filter(|p| p.object != id),
                        );
                    }
                }
            }
            Action::Rename { part, to } => {
                let mut given = part.clone();
                match &mut given.member {
                    Some(m) => *m = to.clone(),
                    None => given.object.name = to.clone(),
                }
                reach.gives.push(given);
                reach.removes.push(part.clone());
            }
            Action::Move { id, schema } => {
                reach.removes.push(id.part());
                reach.gives.push(id.in_schema(schema.clone()).part());
            }
            Action::Comment { part, .. } => reach.needs.push(Part {
                object: part.object.as_kept(),
                member: part.member.clone(),
            }),
            // New objects are made under them.
            Action::Grant { id, .. } if id.kind == driftless_model::Kind::DefaultPrivileges => {
                reach.gives.push(id.part());
                if !id.schema.is_empty() {
                    let schema = driftless_model::Kind::Schema;
                    let schema = ObjectId::new(schema, Name::default(), id.schema.clone());
                    reach.needs.push(schema.part());
                    reach.frees.push(schema.part());
                }
            }
            Action::Owner { id, .. } | Action::Grant { id, .. } => reach.needs.push(id.part()),
            Action::Alter { id, clause } => reach.alter(id, clause, sides),
            Action::Data(Data::Fill {
                table,
                column,
                value,
            }) => {
                reach.needs.push(table.member(column));
                reach.needs.extend(text_parts(value));
            }
            Action::Data(Data::Copy { from, to, .. }) => {
                reach.needs.push(from.part());
                reach.needs.push(to.part());
            }
            Action::Data(_) | Action::Session(_) => {}
        }
        reach
    }

    fn alter(&mut self, id: &ObjectId, clause: &Clause, sides: Sides) {
        self.needs.push(id.part());
        match clause {
            Clause::Table(TableClause::AddColumn { column, .. }) => {
                self.gives.push(id.member(&column.name));
                self.needs.extend(column.parts());
            }
            Clause::Table(TableClause::ChangeColumn { name, column, .. }) => {
                self.changes.push(id.member(name));
                self.needs.extend(column.parts());
                if let Some(c) = table_column(sides.before, id, name) {
                    self.frees.extend(c.parts());
                }
            }
            Clause::Table(TableClause::DropColumn { column, .. }) => {
                self.removes.push(id.member(column));
                if let Some(c) = table_column(sides.before, id, column) {
                    self.frees.extend(c.parts());
                }
            }
            Clause::Table(TableClause::Inherit { parent, stop }) => {
                if *stop {
                    self.frees.push(parent.part())
                } else {
                    self.needs.push(parent.part())
                }
            }
            Clause::Table(TableClause::Attach { partition, .. }) => {
                self.needs.push(partition.part())
            }
            Clause::Table(TableClause::Detach { partition, .. }) => {
                self.frees.push(partition.part())
            }
            Clause::Table(TableClause::Of(ty)) => {
                self.needs.extend(ty.iter().map(ObjectId::part));
                let table = sides.before.item::<driftless_model::Table>(id);
                let was = table.and_then(|t| t.pg()?.of_type.as_ref());
                self.frees.extend(was.map(ObjectId::part));
            }
            Clause::Table(_) => {}
            Clause::Column { column, clause, .. } => self.column(id, column, clause, sides),
            Clause::Sequence(SequenceClause::OwnedBy(part)) => {
                self.needs.extend(part.clone());
                // Else it would go with the column that owned it.
                let was = sides.before.item::<driftless_model::Sequence>(id);
                self.frees.extend(was.and_then(|s| s.owned_by.clone()));
            }
            Clause::Enum(EnumClause::Add { value, .. }) => {
                self.gives.push(id.member(&Name::exact(value.clone())));
            }
            Clause::Domain(clause) => match clause {
                DomainClause::Default(Some(t)) => self.needs.extend(text_parts(t)),
                DomainClause::AddCheck(c) => self.needs.extend(text_parts(&c.expr)),
                DomainClause::DropCheck { name, .. } => {
                    if let Some(d) = sides.before.item::<driftless_model::Domain>(id) {
                        let gone = d.checks.iter().filter(|c| c.name == *name);
                        self.frees.extend(gone.flat_map(|c| text_parts(&c.expr)));
                    }
                }
                _ => {}
            },
            Clause::Define(edits) => {
                for edit in edits
                    .iter()
                    .filter(|e| matches!(e.how, How::Add | How::Set))
                {
                    self.needs.extend(edit.piece.parts());
                }
                if edits.iter().any(|e| e.how != How::Add) {
                    self.frees = sides.before.requirements(id);
                }
            }
            Clause::Policy(p) => {
                self.needs.extend(p.parts());
                self.frees = sides.before.requirements(id);
            }
            _ => {}
        }
        self.needs.retain(|p| !self.gives.contains(p));
    }

    fn column(&mut self, id: &ObjectId, column: &Name, clause: &ColumnClause, sides: Sides) {
        let part = id.member(column);
        let before = table_column(sides.before, id, column);
        match clause {
            ColumnClause::Type { ty, using, .. } => {
                self.changes.push(part.clone());
                self.needs.extend(ty.parts());
                self.needs.extend(using.iter().flat_map(text_parts));
                self.frees
                    .extend(before.iter().flat_map(|c| c.ty.parts().collect::<Vec<_>>()));
            }
            ColumnClause::Default(text) => {
                self.needs.extend(text.iter().flat_map(text_parts));
                if let Some(d) = before.and_then(|c| c.default.as_ref()) {
                    self.frees.extend(text_parts(d));
                }
                self.needs.push(part.clone());
            }
            ColumnClause::Expression(g) => {
                self.needs
                    .extend(g.iter().flat_map(|g| text_parts(&g.expr)));
                if let Some(g) = before.and_then(|c| c.generated.as_ref()) {
                    self.frees.extend(text_parts(&g.expr));
                }
                self.needs.push(part.clone());
            }
            _ => self.needs.push(part.clone()),
        }
        // A clause that changes or needs its own column is ordered by its lane.
        let changes = self.changes.contains(&part);
        self.needs.retain(|p| !(changes && *p == part));
    }
}

fn table_column<'a>(
    catalog: &'a Catalog,
    id: &ObjectId,
    column: &Name,
) -> Option<&'a driftless_model::Column> {
    catalog.item::<driftless_model::Table>(id)?.column(column)
}
