//! Executes an Action on the model as the server does at that moment.
//!
//! Neighbours: rows do what is their kind's own (`resolve`, `created`, `clause`); what is the same for every kind is
//! here. Invariant: a failed action changes nothing that a later try would trip over.

use crate::action::{Action, Clause, Create, Data, Drop, IndexClause, Session};
use crate::cascade::{self, falls};
use crate::dialect::Dialect;
use crate::grants;
use crate::moment::{Fault, Moment};
use driftless_model::{Catalog, Kind, Name, Object, ObjectId, Part, Table, Unmodelled};
use driftless_sql::Diagnostic;
use std::collections::BTreeSet;

/// Executes one action.
pub fn apply(dialect: &dyn Dialect, action: &Action, moment: &mut Moment) -> Result<(), Fault> {
    if changes_others(action) {
        settle_made(dialect, moment);
    }
    let home = spoken(dialect, action, moment);
    let done = execute(dialect, action, moment);
    if let Some(home) = home {
        hush(dialect, &home, moment);
    }
    done
}

/// Puts what is unsaid into the catalog, where the action is about it. Gives the relation that it hangs on, as it will
/// be named.
fn spoken(dialect: &dyn Dialect, action: &Action, moment: &mut Moment) -> Option<ObjectId> {
    let (id, to) = match action {
        Action::Rename { part, to } if part.member.is_none() => (&part.object, Some(to)),
        Action::Rename { part, .. } | Action::Comment { part, .. } => (&part.object, None),
        Action::Drop(d) => (&d.id, None),
        Action::Alter { id, .. } => (id, None),
        _ => return None,
    };
    let relation = match (id.kind, action) {
        (Kind::Constraint, _) => moment.find(&[Kind::Table], &id.schema, id.owner.as_ref()?)?,
        // Its name is in theirs, and theirs stay.
        (Kind::Table, Action::Rename { .. }) => {
            moment.find(&[Kind::Table], &id.schema, &id.name)?
        }
        _ => return None,
    };
    let named = |i: &ObjectId| id.kind == Kind::Table || i.name == id.name;
    for (unsaid, object) in dialect.unsaid(&relation, &moment.catalog) {
        if named(&unsaid) && !moment.catalog.contains(&unsaid) {
            moment.catalog.objects.insert(unsaid, object);
        }
    }
    let to = to.filter(|_| id.kind == Kind::Table);
    Some(to.map_or_else(|| relation.clone(), |to| relation.named(to.clone())))
}

/// Takes what goes without saying out of the catalog.
fn hush(dialect: &dyn Dialect, relation: &ObjectId, moment: &mut Moment) {
    let owned = moment.catalog.owned(relation);
    let silent = owned.filter(|(id, object)| dialect.goes_without_saying(id, object));
    let silent: Vec<ObjectId> = silent.map(|(id, _)| id.clone()).collect();
    for id in silent {
        moment.remove(&id);
    }
}

fn execute(dialect: &dyn Dialect, action: &Action, moment: &mut Moment) -> Result<(), Fault> {
    match action {
        Action::Create(c) => create(dialect, c, moment),
        Action::Drop(d) => drop(dialect, d, moment),
        Action::Rename { part, to } => rename(dialect, part, to, moment),
        Action::Move { id, schema } => {
            let id = addressed(id, moment)?;
            move_to(dialect, &id, schema, moment)
        }
        Action::Comment { part, text } => comment(part, text, moment),
        Action::Owner { id, to } => {
            let id = addressed(id, moment)?;
            if let Some(o) = moment.catalog.objects.get_mut(&id) {
                o.owner = Some(to.clone());
            }
            Ok(())
        }
        Action::Grant { id, grant, revoke } => grants::apply(dialect, id, grant, *revoke, moment),
        Action::Alter { id, clause } => {
            let id = match addressed(id, moment) {
                Err(fault) if id.kind == Kind::Trigger => match of_a_whole(id, moment) {
                    Some(on) => {
                        // A partition may switch what its whole has: the model has no place for that.
                        moment.catalog.unmodelled.push(Unmodelled {
                            what: "state of a partition's trigger".into(),
                            name: id.name.to_string(),
                            on: Some(on),
                            place: moment.place,
                        });
                        return Ok(());
                    }
                    None => return Err(fault),
                },
                Err(fault) => match (clause, copied(id, moment)) {
                    // A partition's copy takes in the copies below it: all are of one.
                    (Clause::Index(IndexClause::Attach { .. }), Some((_, of))) => of,
                    _ => return Err(fault),
                },
                Ok(found) => found,
            };
            let row = dialect.row(id.kind).ok_or_else(|| unsupported(&id))?;
            row.clause(&id, clause, moment)?;
            settle_one(dialect, &id, &mut moment.catalog);
            Ok(())
        }
        Action::Session(Session::SearchPath(path)) => {
            moment.path = path.clone();
            Ok(())
        }
        Action::Data(Data::Copy { from, to, .. }) => {
            moment.copied.insert(from.clone());
            moment.fresh.remove(to);
            Ok(())
        }
        Action::Session(_) | Action::Data(_) => {
            dialect.session(action, moment);
            Ok(())
        }
    }
}

/// It grants on, owns or comments what is the server's own: no part of a schema.
pub(crate) fn is_about_given(dialect: &dyn Dialect, action: &Action) -> bool {
    let about = matches!(
        action,
        Action::Grant { .. } | Action::Owner { .. } | Action::Comment { .. }
    );
    about && action.target().is_some_and(|id| dialect.is_given(id))
}

/// It looks at what refers to its object, so that must be settled.
fn changes_others(action: &Action) -> bool {
    matches!(
        action,
        Action::Drop(_) | Action::Rename { .. } | Action::Move { .. } | Action::Alter { .. }
    )
}

/// Settles what was made and left for later.
pub fn settle_made(dialect: &dyn Dialect, moment: &mut Moment) {
    for id in std::mem::take(&mut moment.unsettled) {
        settle_one(dialect, &id, &mut moment.catalog);
    }
}

fn unsupported(id: &ObjectId) -> Diagnostic {
    Diagnostic::error(
        "D0003",
        format!("{}s are not supported on this engine", id.kind.noun()),
    )
}

/// The id with its schema, as the search path finds it.
pub fn located(id: &ObjectId, moment: &Moment) -> Result<ObjectId, Fault> {
    if id.kind == Kind::ForeignTable {
        return located(&id.as_kept(), moment);
    }
    if moment.catalog.contains(id) {
        return Ok(id.clone());
    }
    // Statements about tables do not tell virtual ones apart.
    if id.kind == Kind::Table
        && let Some(found) = moment.find(&[Kind::VirtualTable], &id.schema, &id.name)
    {
        return Ok(found);
    }
    if let Some(owner) = &id.owner {
        let kinds = [
            Kind::Table,
            Kind::View,
            Kind::MaterializedView,
            Kind::VirtualTable,
            Kind::Domain,
        ];
        if let Some(relation) = moment.find(&kinds, &id.schema, owner) {
            let found = id.in_schema(relation.schema.clone());
            if moment.catalog.contains(&found) {
                return Ok(found);
            }
        }
    } else if id.schema.is_empty() {
        for s in moment.path.iter() {
            let found = id.in_schema(Name::exact(s.clone()));
            if moment.catalog.contains(&found) {
                return Ok(found);
            }
        }
    }
    Err(Fault::missing(id.kind.noun(), id))
}

/// The partition of such a trigger's id, where a table that it is a part of has the trigger.
fn of_a_whole(id: &ObjectId, moment: &Moment) -> Option<ObjectId> {
    let partition = moment.find(&[Kind::Table], &id.schema, id.owner.as_ref()?)?;
    let mut at = partition.clone();
    loop {
        let pg = moment.catalog.item::<Table>(&at)?.pg()?;
        at = pg.partition_of.as_ref()?.parent.clone();
        let trigger = ObjectId::owned(Kind::Trigger, &at, id.name.clone());
        if moment.catalog.contains(&trigger) {
            return Some(partition);
        }
    }
}

/// As [`located`], for statements whose words are looser than the catalog: ALTER TABLE on a view, a sequence or an
/// index, an index that is a constraint's, a routine without its arguments.
pub fn addressed(id: &ObjectId, moment: &Moment) -> Result<ObjectId, Fault> {
    located(id, moment).or_else(|fault| loosely(id, moment).ok_or(fault))
}

fn loosely(id: &ObjectId, moment: &Moment) -> Option<ObjectId> {
    match id.kind {
        Kind::Table => {
            let kinds = [
                Kind::View,
                Kind::MaterializedView,
                Kind::Sequence,
                Kind::Index,
            ];
            moment
                .find(&kinds, &id.schema, &id.name)
                .or_else(|| key_named(id, moment))
        }
        Kind::Index => key_named(id, moment),
        // `TYPE` says neither which.
        kind if kind.is_type() => moment.find(&Kind::TYPES, &id.schema, &id.name),
        Kind::Operator | Kind::Cast | Kind::Transform => only_typed(id, moment),
        kind if kind.is_routine() => only_routine(id, moment).or_else(|| {
            // FUNCTION and ROUTINE are words for aggregates as well.
            let aggregate = id.of_kind(Kind::Aggregate);
            located(&aggregate, moment)
                .ok()
                .or_else(|| only_routine(&aggregate, moment))
        }),
        _ => None,
    }
}

fn in_reach(schema: &Name, id: &ObjectId, moment: &Moment) -> bool {
    match id.schema.is_empty() {
        true => moment.path.iter().any(|s| s == schema.as_str()),
        false => *schema == id.schema,
    }
}

/// The constraint whose index has the name.
fn key_named(id: &ObjectId, moment: &Moment) -> Option<ObjectId> {
    moment
        .catalog
        .of::<driftless_model::Constraint>()
        .find(|(i, c)| c.key().is_some() && i.name == id.name && in_reach(&i.schema, id, moment))
        .map(|(i, _)| i.clone())
}

/// The partition's copy of an index or key that is meant: its table, and what is copied.
fn copied(id: &ObjectId, moment: &Moment) -> Option<(ObjectId, ObjectId)> {
    let owner = id.owner.as_ref().filter(|_| id.kind == Kind::Constraint);
    let is_table = |table: &ObjectId| match owner {
        Some(owner) => table.name == *owner && in_reach(&table.schema, id, moment),
        None => id.kind == Kind::Index && in_reach(&table.schema, id, moment),
    };
    let mut tables = moment.catalog.of::<Table>();
    tables.find_map(|(table, item)| {
        let mut copies = item.pg()?.copies.iter().filter(|_| is_table(table));
        let copy = copies.find(|c| c.name == id.name)?;
        Some((table.clone(), copy.of.clone()))
    })
}

/// The object of that name whose types have these names in whatever schema, where only one can be meant.
fn only_typed(id: &ObjectId, moment: &Moment) -> Option<ObjectId> {
    let bare = |args: &Option<String>| args.as_deref().map(without_schemas);
    let all = moment.catalog.objects.keys();
    let mut found = all.filter(|i| {
        let placed = !i.kind.has_schema() || in_reach(&i.schema, id, moment);
        i.kind == id.kind && i.name == id.name && placed && bare(&i.args) == bare(&id.args)
    });
    let first = found.next()?;
    found.next().is_none().then(|| first.clone())
}

/// `a.b, c` as `b, c`.
fn without_schemas(types: &str) -> String {
    let mut out = String::new();
    for c in types.chars() {
        match c {
            '.' => out.truncate(out.rfind([' ', ',', '(']).map_or(0, |i| i + 1)),
            c => out.push(c),
        }
    }
    out
}

/// The routine of that name, where only one can be meant.
fn only_routine(id: &ObjectId, moment: &Moment) -> Option<ObjectId> {
    let count = |args: &Option<String>| args.as_ref().map(|a| a.split(", ").count());
    let mut found = moment
        .catalog
        .objects
        .keys()
        .filter(|i| i.kind == id.kind && i.name == id.name && in_reach(&i.schema, id, moment))
        .filter(|i| id.args.is_none() || count(&i.args) == count(&id.args));
    let first = found.next()?;
    found.next().is_none().then(|| first.clone())
}

fn create(dialect: &dyn Dialect, create: &Create, moment: &mut Moment) -> Result<(), Fault> {
    let row = dialect
        .row(create.id.kind)
        .ok_or_else(|| unsupported(&create.id))?;
    let mut made = create.clone();
    for text in made.object.texts_mut() {
        text.path.clone_from(&moment.path);
        text.place = text.place.or(moment.place);
    }
    row.resolve(&mut made, moment)?;
    let Create {
        id,
        object,
        if_not_exists,
        or_replace,
        ..
    } = made;
    let standing = standing(&id, &moment.catalog);
    if let Some(standing) = standing {
        if if_not_exists {
            return Ok(());
        }
        if !(or_replace && standing == id) {
            let mut d = Diagnostic::error(
                "D0304",
                format!("{} `{id}` is declared twice", id.kind.noun()),
            )
            .label("declared again here");
            if standing.kind != id.kind {
                d = d.note(format!(
                    "`{standing}` is a {} already, and they share one namespace",
                    standing.kind.noun()
                ));
            }
            return Err(d.help("remove one of the two").into());
        }
        // Comments, owner and grants stay.
        let replaced = match moment.catalog.get(&id) {
            Some(kept) => Object {
                body: object.body,
                origin: object.origin,
                ..kept.clone()
            },
            None => object,
        };
        moment.catalog.objects.insert(id.clone(), replaced);
    } else {
        let mut object = object;
        if object.grants.is_none() {
            object.grants = grants::at_birth(dialect, &id, &moment.catalog);
        }
        moment.insert(id.clone(), object);
    }
    // Nothing that is made later reads these; views and types are read by what comes.
    let kinds = [
        Kind::Table,
        Kind::Constraint,
        Kind::Index,
        Kind::Trigger,
        Kind::Policy,
        Kind::Rule,
        Kind::Statistics,
    ];
    if moment.together && kinds.contains(&id.kind) {
        moment.unsettled.push(id.clone());
    } else {
        settle_one(dialect, &id, &mut moment.catalog);
    }
    row.created(&id, moment)
}

/// What already has the name in the namespace of `id`.
fn standing(id: &ObjectId, catalog: &Catalog) -> Option<ObjectId> {
    if catalog.contains(id) {
        return Some(id.clone());
    }
    if id.owner.is_some() || id.args.is_some() {
        return None;
    }
    let relations = [
        Kind::Table,
        Kind::VirtualTable,
        Kind::View,
        Kind::MaterializedView,
        Kind::Sequence,
        Kind::Index,
    ];
    let types = Kind::TYPES;
    let kinds: &[Kind] = if relations.contains(&id.kind) {
        &relations
    } else if types.contains(&id.kind) {
        &types
    } else {
        return None;
    };
    catalog.find(kinds, &id.schema, &id.name)
}

fn drop(dialect: &dyn Dialect, drop: &Drop, moment: &mut Moment) -> Result<(), Fault> {
    let kind = drop.id.kind;
    let found = match kind.is_routine()
        || kind.is_type()
        || matches!(kind, Kind::Operator | Kind::Cast | Kind::Transform)
    {
        true => addressed(&drop.id, moment),
        false => located(&drop.id, moment),
    };
    let id = match found {
        Ok(id) => id,
        Err(_) if drop.if_exists => return Ok(()),
        Err(fault) => return Err(fault),
    };
    if drop.cascade {
        let falls = falls(&id.part(), &moment.catalog);
        cascade::take(&falls, moment);
    } else if !moment.lenient && dialect.restricts() {
        cascade::restrict(&id, moment)?;
    }
    let gone = moment.catalog.get(&id).cloned();
    moment.remove(&id);
    if let (Some(object), Some(row)) = (gone, dialect.row(kind)) {
        row.dropped(&id, &object, moment);
    }
    Ok(())
}

fn rename(dialect: &dyn Dialect, part: &Part, to: &Name, moment: &mut Moment) -> Result<(), Fault> {
    let id = match addressed(&part.object, moment) {
        Ok(id) => id,
        Err(fault) => {
            let copy = copied(&part.object, moment);
            let (table, of) = copy.ok_or(fault)?;
            rename_copy(dialect, &table, &of, to, moment);
            return Ok(());
        }
    };
    let part = Part {
        object: id.clone(),
        member: part.member.clone(),
    };
    if let Some(member) = &part.member
        && let Some(table) = moment.catalog.item::<Table>(&id)
        && table.column(member).is_none()
    {
        return Err(Fault::missing("column", &part));
    }
    moment.catalog.rename(&part, to, &|standing, reference| {
        dialect.rename_ref(standing, reference)
    });
    for set in [&mut moment.fresh, &mut moment.copied] {
        if part.member.is_none() && set.remove(&id) {
            set.insert(id.named(to.clone()));
        }
    }
    let relation = match &part.member {
        Some(_) => id,
        None => id.named(to.clone()),
    };
    dialect.renamed(&relation, &mut moment.catalog);
    resettle_around(dialect, &relation, &mut moment.catalog);
    Ok(())
}

fn rename_copy(
    dialect: &dyn Dialect,
    table: &ObjectId,
    of: &ObjectId,
    to: &Name,
    moment: &mut Moment,
) {
    let item = moment.catalog.item_mut::<Table>(table);
    let copies = item.and_then(Table::pg_mut).map(|pg| &mut pg.copies);
    for copy in copies.into_iter().flatten().filter(|c| c.of == *of) {
        copy.name.clone_from(to);
    }
    settle_one(dialect, table, &mut moment.catalog);
}

fn move_to(
    dialect: &dyn Dialect,
    id: &ObjectId,
    schema: &Name,
    moment: &mut Moment,
) -> Result<(), Fault> {
    if !moment.catalog.contains(&ObjectId::new(
        Kind::Schema,
        Name::default(),
        schema.clone(),
    )) {
        return Err(Fault::missing("schema", schema));
    }
    moment.catalog.relocate(id, schema);
    let now = id.in_schema(schema.clone());
    resettle_around(dialect, &now, &mut moment.catalog);
    Ok(())
}

fn comment(part: &Part, text: &Option<String>, moment: &mut Moment) -> Result<(), Fault> {
    let of = &part.object;
    // `COLUMN` is also the word for an attribute of a composite type.
    let attribute = || match part.member {
        Some(_) => moment.find(&[Kind::Composite], &of.schema, &of.name),
        None => None,
    };
    let id = addressed(of, moment).or_else(|fault| attribute().ok_or(fault))?;
    let Some(object) = moment.catalog.objects.get_mut(&id) else {
        return Ok(());
    };
    match &part.member {
        None => object.comment = text.clone(),
        Some(member) if object.has_member(member) => object.comment_member(member, text.clone()),
        Some(_) => return Err(Fault::missing(id.kind.member_noun(), part)),
    }
    Ok(())
}

/// Settles one object.
pub fn settle_one(dialect: &dyn Dialect, id: &ObjectId, catalog: &mut Catalog) {
    // The object must see itself (a check sees its table): a copy is settled while it stays where rows look.
    if let Some(row) = dialect.row(id.kind)
        && let Some(mut object) = catalog.get(id).cloned()
    {
        row.settle(id, &mut object, catalog);
        catalog.objects.insert(id.clone(), object);
    }
}

/// Settles every object: tables and types first, then what reads them, views in the order of their needs.
pub fn settle_all(dialect: &dyn Dialect, catalog: &mut Catalog) {
    let ids: Vec<ObjectId> = catalog.objects.keys().cloned().collect();
    settle_these(dialect, ids, catalog);
}

/// As [`settle_all`], for these objects only.
pub(crate) fn settle_these(dialect: &dyn Dialect, ids: Vec<ObjectId>, catalog: &mut Catalog) {
    let (views, others): (Vec<_>, Vec<_>) = ids
        .into_iter()
        .partition(|i| matches!(i.kind, Kind::View | Kind::MaterializedView));
    for id in others.iter().filter(|i| i.owner.is_none()) {
        settle_one(dialect, id, catalog);
    }
    settle_views(dialect, &views, catalog);
    for id in others.iter().filter(|i| {
        i.owner.is_some() || matches!(i.kind, Kind::Index | Kind::Statistics) || i.kind.is_routine()
    }) {
        settle_one(dialect, id, catalog);
    }
}

/// A view's output types come from the views it reads: repeat while something still becomes certain.
fn settle_views(dialect: &dyn Dialect, views: &[ObjectId], catalog: &mut Catalog) {
    let mut open: Vec<ObjectId> = views.to_vec();
    for _ in 0..=views.len() {
        let mut left = Vec::new();
        for id in &open {
            settle_one(dialect, id, catalog);
            let certain = catalog
                .item::<driftless_model::View>(id)
                .is_none_or(|v| v.query.certain);
            if !certain {
                left.push(id.clone());
            }
        }
        if left.len() == open.len() || left.is_empty() {
            break;
        }
        open = left;
    }
}

/// Settles what a rename left raw: the object and those who refer to it; everything in and about a schema.
fn resettle_around(dialect: &dyn Dialect, id: &ObjectId, catalog: &mut Catalog) {
    let near: BTreeSet<ObjectId> = match id.kind {
        Kind::Schema => catalog.objects.keys().cloned().collect(),
        _ => catalog.around(id),
    };
    let raw = |object: &Object| {
        let texts = object.texts();
        let made_of_names = object.get::<driftless_model::Definition>().is_some();
        made_of_names || texts.iter().any(|t| t.canon == driftless_model::Canon::Raw)
    };
    for id in near {
        if catalog.get(&id).is_some_and(raw) {
            settle_one(dialect, &id, catalog);
        }
    }
}
