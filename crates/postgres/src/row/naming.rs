//! Names: where a new object goes, what an existing one is, and the automatic names of the server.
//!
//! Invariant: names are chosen exactly as PostgreSQL's `makeObjectName` and `ChooseRelationName` do, 63 bytes at most.

use driftless_model::{Catalog, Index, KeyExpr, Kind, Name, ObjectId, Table, TypeRef};
use driftless_planner::{Create, Cx, Fault, Moment};
use driftless_sql::{Diagnostic, Tree};

const LIMIT: usize = 63;

pub(super) const TABLES: [Kind; 1] = [Kind::Table];
pub(super) const RELATIONS: [Kind; 4] = [
    Kind::Table,
    Kind::View,
    Kind::MaterializedView,
    Kind::Sequence,
];
const ALL_RELATIONS: [Kind; 5] = [
    Kind::Table,
    Kind::View,
    Kind::MaterializedView,
    Kind::Sequence,
    Kind::Index,
];

fn cut(text: &str, at: usize) -> &str {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    &text[..at]
}

/// An identifier as the server keeps it.
pub(super) fn clip(name: &Name) -> Name {
    if name.as_str().len() <= LIMIT {
        return name.clone();
    }
    Name::exact(cut(name.as_str(), LIMIT))
}

/// `first_second_label`, shortened where it would be too long.
pub(super) fn joined(first: &str, second: Option<&str>, label: &str) -> String {
    let overhead = label.len() + 1 + usize::from(second.is_some());
    let room = LIMIT.saturating_sub(overhead);
    let (mut a, mut b) = (first.len(), second.map_or(0, str::len));
    while a + b > room {
        if a > b {
            a -= 1;
        } else {
            b -= 1;
        }
    }
    let mut out = cut(first, a).to_owned();
    if let Some(second) = second {
        out.push('_');
        out.push_str(cut(second, b));
    }
    out.push('_');
    out.push_str(label);
    out
}

/// A constraint of that name on some table of the schema. Looked for where automatic names could clash: on tables
/// whose name begins this one.
fn has_constraint(catalog: &Catalog, schema: &Name, name: &str) -> bool {
    // Owners stand in the order of their names, so from one to the next shorter beginning is a step.
    let mut begins = name;
    while !begins.is_empty() {
        let table = ObjectId::new(Kind::Table, schema.clone(), Name::exact(begins));
        let id = ObjectId::owned(Kind::Constraint, &table, Name::exact(name));
        let Some((near, _)) = catalog.objects.until(&id).next_back() else {
            return false;
        };
        if *near == id {
            return true;
        }
        let owner = near.owner.as_ref().filter(|_| near.schema == *schema);
        let Some(owner) = owner.map(Name::as_str) else {
            return false;
        };
        // Its other constraints come before the one looked for.
        let shared = shared_beginning(owner, begins);
        begins = match shared == begins {
            true => shorter(begins),
            false => shared,
        };
    }
    false
}

fn shared_beginning<'n>(a: &str, b: &'n str) -> &'n str {
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b);
    cut(b, same.count())
}

fn shorter(text: &str) -> &str {
    cut(text, text.len() - 1)
}

/// Whether a relation (or the index of a constraint) has the name.
pub(super) fn is_taken(catalog: &Catalog, schema: &Name, name: &str) -> bool {
    catalog
        .find(&ALL_RELATIONS, schema, &Name::exact(name))
        .is_some()
        || has_constraint(catalog, schema, name)
}

/// A name for a constraint, index or sequence that no other has.
pub(super) fn choose(
    catalog: &Catalog,
    table: &ObjectId,
    second: Option<&str>,
    label: &str,
    relation: bool,
) -> Name {
    let mut numbered = label.to_owned();
    let mut n = 0u32;
    loop {
        let name = joined(table.name.as_str(), second, &numbered);
        let own = ObjectId::owned(Kind::Constraint, table, Name::exact(name.as_str()));
        let copy = super::copies::of(catalog, table);
        let taken = catalog.contains(&own)
            || copy.iter().any(|c| c.name.as_str() == name)
            || if relation {
                is_taken(catalog, &table.schema, &name)
            } else {
                has_constraint(catalog, &table.schema, &name)
            };
        if !taken {
            return Name::exact(name);
        }
        n += 1;
        numbered = format!("{label}{n}");
    }
}

/// `a_b` for columns or keys, as long as a name may be.
pub(super) fn addition<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::new();
    for part in parts {
        if !out.is_empty() {
            out.push('_');
        }
        out.push_str(part);
        if out.len() > LIMIT {
            break;
        }
    }
    cut(&out, LIMIT).to_owned()
}

/// What the server calls an index key: the column, the function, or `expr`; numbered where repeated.
pub(super) fn key_names(index: &Index) -> Vec<String> {
    let keys = index.keys.iter().map(|k| match &k.expr {
        KeyExpr::Column(c) => c.to_string(),
        KeyExpr::Expr(text) => match &text.canon {
            driftless_model::Canon::Tree(tree) => figure(tree).unwrap_or_else(|| "expr".into()),
            _ => "expr".into(),
        },
    });
    let mut out: Vec<String> = Vec::new();
    for base in keys.chain(index.include.iter().map(Name::to_string)) {
        let mut name = base.clone();
        let mut n = 0u32;
        while out.contains(&name) {
            n += 1;
            name = format!("{base}{n}");
        }
        out.push(name);
    }
    out
}

fn figure(tree: &Tree) -> Option<String> {
    match tree {
        Tree::Column(path) => path.last().map(|i| i.text.clone()),
        Tree::Call { name, .. } => name.last().map(|i| i.text.clone()),
        Tree::Field(_, name) => Some(name.text.clone()),
        Tree::Cast(inner, ty) => figure(inner).or_else(|| {
            let last = ty.text.rsplit('.').next().unwrap_or(&ty.text);
            let word = last.split(['(', '[', ' ']).next()?;
            Some(word.trim_matches('"').to_owned())
        }),
        Tree::Collate(inner, _) => figure(inner),
        Tree::Subscript(inner, _) => figure(inner),
        Tree::Case { otherwise, .. } => otherwise
            .as_deref()
            .and_then(figure)
            .or(Some("case".into())),
        Tree::Array(_) | Tree::ArrayQuery(_) => Some("array".into()),
        Tree::Row(_) => Some("row".into()),
        _ => None,
    }
}

/// Gives a new object its schema, and its name the server's length.
pub(super) fn place(create: &mut Create, moment: &Moment) -> Result<(), Fault> {
    create.id.name = clip(&create.id.name);
    if create.id.schema.is_empty() {
        create.id.schema = moment
            .creation_schema()
            .ok_or_else(|| Fault::missing("schema", moment.path.join(", ")))?;
        return Ok(());
    }
    has_schema(&create.id.schema, moment)
}

pub(super) fn has_schema(schema: &Name, moment: &Moment) -> Result<(), Fault> {
    let id = ObjectId::new(Kind::Schema, Name::default(), schema.clone());
    let own = matches!(schema.as_str(), "pg_catalog" | "information_schema");
    if own || moment.catalog.contains(&id) {
        Ok(())
    } else {
        Err(Fault::missing("schema", schema))
    }
}

/// The relation that a written id means.
pub(super) fn relation(id: &ObjectId, kinds: &[Kind], moment: &Moment) -> Result<ObjectId, Fault> {
    let name = clip(&id.name);
    moment.find(kinds, &id.schema, &name).ok_or_else(|| {
        Fault::missing(
            kinds.first().map_or("relation", |k| k.noun()),
            id.named(name),
        )
    })
}

/// Puts an owned object (constraint, trigger, policy) under its resolved relation.
pub(super) fn adopt(create: &mut Create, relation: &ObjectId) {
    create.id.schema = relation.schema.clone();
    create.id.owner = Some(relation.name.clone());
    create.id.name = clip(&create.id.name);
}

/// The columns of a table, or what is missing.
pub(super) fn has_column(table: &ObjectId, column: &Name, moment: &Moment) -> Result<(), Fault> {
    match moment.catalog.item::<Table>(table) {
        Some(t) if t.column(column).is_some() => Ok(()),
        Some(_) => Err(Fault::Missing {
            what: "column",
            name: table.member(column).to_string(),
            place: moment.place,
        }),
        // Materialized views tell their columns only where the query was understood.
        None => match moment.catalog.item::<driftless_model::View>(table) {
            Some(v) if v.output.is_empty() || v.output.iter().any(|(n, _)| n == column) => Ok(()),
            _ => Err(Fault::missing("column", table.member(column))),
        },
    }
}

pub(super) fn wrong(code: &'static str, message: String, moment: &Moment) -> Fault {
    Fault::from(Diagnostic::error(code, message).at_least(moment.place))
}

/// The canonical type; what came from an inspected catalog already is one.
pub(super) fn type_of(ty: &TypeRef, moment: &Moment) -> Result<TypeRef, Fault> {
    crate::types::resolve(&ty.text, moment)
}

/// A collation or operator class with its schema, where it is declared; the server's own stay as they are written.
pub(super) fn qualify(kind: Kind, text: &mut Option<String>, args: Option<&str>, moment: &Moment) {
    let Some(written) = text.as_deref().filter(|t| !t.is_empty()) else {
        return;
    };
    if ObjectId::spelled(kind, written).is_some() {
        return;
    }
    for schema in moment.path.iter() {
        let qualified = format!("{}.{written}", crate::print::bare(schema));
        let found = ObjectId::spelled(kind, &qualified);
        let found = found.map(|id| args.map_or(id.clone(), |a| id.with_args(a)));
        if found.is_some_and(|id| moment.catalog.contains(&id)) {
            *text = Some(qualified);
            return;
        }
    }
}

/// The type as routines keep it: without its modifier, which the server does not look at there.
pub(crate) fn without_modifier(ty: &str) -> String {
    let (mut out, mut quoted, mut depth) = (String::new(), false, 0usize);
    for c in ty.chars() {
        match c {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            _ => {}
        }
        if depth == 0 {
            out.push(c);
        }
        if c == ')' && !quoted {
            depth = depth.saturating_sub(1);
        }
    }
    let array = if out.ends_with("[]") { "[]" } else { "" };
    match out.starts_with("interval ") {
        true => format!("interval{array}"),
        false => out,
    }
}

/// A user type's text follows its target after a rename.
pub(crate) fn retext(ty: &mut TypeRef) {
    let Some(target) = &ty.target else { return };
    // A multirange has a name of its own.
    if target.kind == Kind::Range && !names(&ty.text, target) {
        return;
    }
    let dims = if ty.text.ends_with("[]") { "[]" } else { "" };
    let modifier = match ty.text.find('(') {
        Some(at) if ty.text.trim_end_matches("[]").ends_with(')') => {
            ty.text[at..].trim_end_matches("[]").to_owned()
        }
        _ => String::new(),
    };
    ty.text = format!("{}{modifier}{dims}", crate::print::qualified(target));
}

/// Whether the type's last name is the object's.
fn names(text: &str, id: &ObjectId) -> bool {
    let text = text.trim_end_matches("[]");
    let own = crate::print::name(&id.name);
    text.strip_suffix(own.as_str())
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Tables that inherit from this one, or are its partitions, directly.
pub(super) fn children(catalog: &Catalog, parent: &ObjectId) -> Vec<ObjectId> {
    catalog
        .using::<Table>(parent)
        .filter(|(_, t)| {
            t.pg().is_some_and(|pg| {
                pg.inherits.contains(parent)
                    || pg
                        .partition_of
                        .as_ref()
                        .is_some_and(|p| p.parent == *parent)
            })
        })
        .map(|(id, _)| id.clone())
        .collect()
}

/// The partitions directly below this one.
pub(super) fn partitions(catalog: &Catalog, parent: &ObjectId) -> Vec<ObjectId> {
    let mut out = children(catalog, parent);
    out.retain(|id| {
        catalog
            .item::<Table>(id)
            .and_then(|t| t.pg())
            .is_some_and(|pg| pg.partition_of.is_some())
    });
    out
}

/// All tables below this one.
pub(super) fn descendants(catalog: &Catalog, parent: &ObjectId) -> Vec<ObjectId> {
    let mut out = children(catalog, parent);
    let mut at = 0;
    while at < out.len() {
        for child in children(catalog, &out[at].clone()) {
            if !out.contains(&child) {
                out.push(child);
            }
        }
        at += 1;
    }
    out
}

/// The table that this one is a partition of.
pub(super) fn whole<'c>(catalog: &'c Catalog, table: &ObjectId) -> Option<&'c ObjectId> {
    let of = catalog.item::<Table>(table)?.pg()?.partition_of.as_ref()?;
    Some(&of.parent)
}

/// Whether a partition goes on without the table that it is in: it lets go of that before anything befalls it.
pub(super) fn leaves(partition: &ObjectId, cx: &Cx) -> bool {
    let now = cx.after.contains(partition);
    now && whole(cx.before, partition) != whole(cx.after, partition)
}

/// Where a table stands in its hierarchy: its parents.
pub(super) fn parents(table: &Table) -> Vec<&ObjectId> {
    table.pg().map_or_else(Vec::new, |pg| {
        pg.inherits
            .iter()
            .chain(pg.partition_of.iter().map(|p| &p.parent))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use driftless_model::{Constraint, ConstraintBody, Dialect, Key, Object, Server, Version};

    fn with(keys: &[(&str, &str)]) -> Catalog {
        let mut catalog = Catalog::new(Server {
            dialect: Dialect::Postgres,
            version: Version::new(15, 0),
        });
        for (table, name) in keys {
            let table = ObjectId::new(Kind::Table, Name::exact("public"), Name::exact(*table));
            let id = ObjectId::owned(Kind::Constraint, &table, Name::exact(*name));
            let key = Constraint::new(table, ConstraintBody::Unique(Key::default()));
            catalog.objects.insert(id, Object::new(key));
        }
        catalog
    }

    #[test]
    fn a_name_is_taken_by_the_key_of_a_table_whose_name_begins_it() {
        let catalog = with(&[
            ("a", "a_b_c_key"),
            ("a_b", "a_b_d_key"),
            ("a_b_c", "z"),
            ("a_b_cc", "a_b_c_d_key"),
            ("ä", "ä_ö_key"),
        ]);
        let public = Name::exact("public");
        for (name, taken) in [
            ("a_b_c_key", true),
            ("a_b_d_key", true),
            ("ä_ö_key", true),
            ("a_b_c_d_key", false),
            ("a_b_c_e_key", false),
            ("z", false),
            ("zz", false),
            ("", false),
        ] {
            assert_eq!(has_constraint(&catalog, &public, name), taken, "{name}");
        }
        assert!(!has_constraint(
            &catalog,
            &Name::exact("other"),
            "a_b_c_key"
        ));
        assert!(!has_constraint(&with(&[]), &public, "a_b_c_key"));
    }
}
