//! The kinds that are made of clauses alone.
//!
//! Neighbours: `crate::definition` knows their clauses, `resolve` what their names mean. Invariant: two definitions are
//! the same when they say the same clauses, in whatever order.

mod resolve;

use super::lock::{Cost, SHARE_UPDATE};
use super::{general, naming, replace};
use crate::definition::{edits, groups, is_altered, later, statement, whole};
use crate::print::{addressed, words};
use driftless_model::{
    Catalog, Definition, Kind, Object, ObjectId, Origin, Piece, Server, Value, Verdict,
};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Draft, Edit, Facts, Fault, Hit, How, KindOps, Moment,
    Printed, Tx, bare, located,
};
use driftless_sql::Diagnostic;

pub(super) use resolve::{described, shell};

pub(super) struct Definitions;

/// Whether the base type is made with the function.
pub(super) fn is_made_with(ty: &ObjectId, function: &ObjectId, catalog: &Catalog) -> bool {
    ty.kind == Kind::BaseType
        && catalog
            .item::<Definition>(ty)
            .is_some_and(|d| d.parts().iter().any(|p| p.object == *function))
}

/// Whether ALTER can say the clause anew.
fn is_alterable(kind: Kind, piece: &Piece) -> bool {
    let key = piece.key.as_str();
    match kind {
        Kind::ForeignDataWrapper => matches!(key, "handler" | "validator" | "option"),
        Kind::Server => matches!(key, "version" | "option"),
        Kind::UserMapping | Kind::TextSearchDictionary => key == "option",
        Kind::Operator => matches!(key, "restrict" | "join"),
        Kind::Publication => matches!(key, "table" | "schema" | "with"),
        Kind::Subscription => matches!(key, "connection" | "publication" | "with"),
        Kind::BaseType => matches!(
            key,
            "receive" | "send" | "typmod_in" | "typmod_out" | "analyze" | "subscript" | "storage"
        ),
        kind => is_altered(kind, piece),
    }
}

/// What CREATE OR REPLACE does.
fn is_replaceable(kind: Kind) -> bool {
    matches!(kind, Kind::Language | Kind::Transform)
}

/// Whether two clauses say the same.
fn alike(before: &Piece, after: &Piece) -> Verdict {
    // Tags are a set.
    if before.key == "when" {
        let all = |p: &Piece, of: &Piece| p.values.iter().all(|v| of.values.contains(v));
        return Verdict::of(all(before, after) && all(after, before));
    }
    let mut verdict = Verdict::of(before.values.len() == after.values.len());
    for pair in before.values.iter().zip(&after.values) {
        verdict = verdict.and(match pair {
            (Value::Sql(b), Value::Sql(a)) => b.compare(a),
            (b, a) => Verdict::of(b == a),
        });
    }
    verdict
}

/// A clause that only one side can know: a server shows no connection to whoever may read its catalog.
fn is_private(piece: &Piece) -> bool {
    piece.key == "connection"
}

/// What ALTER would have to say, clause by clause.
fn changes(before: &Definition, after: &Definition) -> Vec<Edit> {
    let mut out = Vec::new();
    for piece in &before.pieces {
        if !is_private(piece) && !after.pieces.iter().any(|a| a.is(piece)) {
            out.push(Edit {
                how: How::Drop,
                piece: piece.clone(),
            });
        }
    }
    for piece in after.pieces.iter().filter(|p| !is_private(p)) {
        let how = match before.pieces.iter().find(|b| b.is(piece)) {
            Some(standing) if alike(standing, piece) == Verdict::Same => continue,
            Some(_) => How::Set,
            None => How::Add,
        };
        out.push(Edit {
            how,
            piece: piece.clone(),
        });
    }
    out
}

/// The same as the kind's statements can say it.
fn phrased(kind: Kind, changes: Vec<Edit>, after: &Definition) -> Vec<Edit> {
    let mut out = Vec::new();
    for edit in changes {
        let objects = matches!(edit.piece.key.as_str(), "table" | "schema");
        match (kind, edit.how) {
            // What is published otherwise is only said with all that is published.
            (Kind::Publication, How::Set) if objects => {
                return anew(after);
            }
            // Parameters and states have values that nobody said.
            (Kind::Publication | Kind::Subscription, How::Drop) if edit.piece.key == "with" => {
                out.push(Edit {
                    how: How::Set,
                    piece: Piece {
                        values: vec![resolve::unsaid(&edit.piece.name)],
                        ..edit.piece
                    },
                });
            }
            (Kind::EventTrigger, How::Drop) => out.push(Edit {
                how: How::Set,
                piece: Piece {
                    values: vec![Value::Word("origin".into())],
                    ..edit.piece
                },
            }),
            // A member of a family is taken out and put in again.
            (Kind::OperatorFamily, How::Set) => {
                out.push(Edit {
                    how: How::Drop,
                    piece: edit.piece.clone(),
                });
                out.push(Edit {
                    how: How::Add,
                    piece: edit.piece,
                });
            }
            (Kind::Publication | Kind::Subscription, How::Add) if edit.piece.key == "with" => {
                out.push(Edit {
                    how: How::Set,
                    ..edit
                });
            }
            (Kind::ForeignDataWrapper | Kind::Server, How::Add) if edit.piece.key != "option" => {
                out.push(Edit {
                    how: How::Set,
                    ..edit
                });
            }
            (
                Kind::Operator | Kind::BaseType | Kind::TextSearchDictionary | Kind::EventTrigger,
                How::Add,
            ) => out.push(Edit {
                how: How::Set,
                ..edit
            }),
            _ => out.push(edit),
        }
    }
    // What goes makes room for what comes.
    out.sort_by_key(|e| e.how != How::Drop);
    out
}

/// SET with everything that is published, and the parameters.
fn anew(after: &Definition) -> Vec<Edit> {
    let mut out: Vec<Edit> = ["table", "schema"]
        .iter()
        .map(|key| Edit {
            how: How::Clear,
            piece: Piece::new(*key, Vec::new()),
        })
        .collect();
    let (objects, with): (Vec<&Piece>, Vec<&Piece>) = after
        .pieces
        .iter()
        .filter(|p| p.key != "all")
        .partition(|p| p.key != "with");
    out.extend(objects.into_iter().map(|p| Edit {
        how: How::Add,
        piece: p.clone(),
    }));
    out.extend(with.into_iter().map(|p| Edit {
        how: How::Set,
        piece: p.clone(),
    }));
    out
}

/// One draft for each statement.
fn altered(id: &ObjectId, said: &[Edit], cx: &Cx) -> Vec<Draft> {
    groups(id.kind, said)
        .into_iter()
        .map(|group| cx.draft(Action::alter(id, Clause::Define(group))))
        .collect()
}

/// A member that a class cannot do without goes to the class of its type.
fn hand_down(family: &ObjectId, said: &mut Vec<Edit>, moment: &mut Moment) {
    let method = family.args.clone().unwrap_or_default();
    let classes = moment.catalog.using::<Definition>(family);
    let classes: Vec<(ObjectId, String)> = classes
        .filter(|(id, _)| id.kind == Kind::OperatorClass)
        .filter_map(|(id, d)| Some((id.clone(), d.ty("type")?.text.clone())))
        .collect();
    said.retain(|edit| {
        let of_class =
            |(_, ty): &&(ObjectId, String)| edit.piece.name.ends_with(&format!("({ty}, {ty})"));
        let class = classes.iter().find(of_class);
        let (How::Add, false, Some((class, _))) =
            (edit.how, resolve::is_loose(&method, &edit.piece), class)
        else {
            return true;
        };
        if let Some(item) = moment.catalog.item_mut::<Definition>(class) {
            item.set(edit.piece.clone());
        }
        driftless_planner::settle_one(&crate::POSTGRES, class, &mut moment.catalog);
        false
    });
}

/// Puts members into a family.
fn give(family: &ObjectId, loose: Vec<Piece>, moment: &mut Moment) {
    if let Some(item) = moment.catalog.item_mut::<Definition>(family) {
        loose.into_iter().for_each(|piece| item.set(piece));
    }
    driftless_planner::settle_one(&crate::POSTGRES, family, &mut moment.catalog);
}

/// A table that keeps values of the type on both sides.
fn holder<'c>(id: &ObjectId, cx: &Cx<'c>) -> Option<&'c ObjectId> {
    let before: &'c Catalog = cx.before;
    let users = before.objects.users_of(id).into_iter();
    let mut tables = users.filter(|u| u.kind == Kind::Table && cx.after.contains(u));
    tables.next()
}

fn in_use(id: &ObjectId, what: &str, user: &ObjectId) -> Diagnostic {
    let noun = id.kind.noun();
    let why = match user == id {
        true => "its functions and it are made with each other".to_owned(),
        false => format!("table `{user}` keeps values of it"),
    };
    let message = format!("`{what}` of {noun} `{id}` cannot be changed: {why}");
    Diagnostic::error("D0407", message)
        .note("the server has no statement that changes it, and values cannot be moved over in place")
        .help("declare a type of another name, move the columns to it, and remove this one afterwards")
}

/// The object as CREATE alone makes it.
fn made(id: &ObjectId, object: &Object) -> Object {
    let mut out = bare(object);
    if let Some(item) = out.get_mut::<Definition>() {
        item.pieces.retain(|p| !is_altered(id.kind, p));
        item.text = whole(id, item);
    }
    out
}

impl KindOps for Definitions {
    type Item = Definition;

    fn settle(&self, id: &ObjectId, item: &mut Definition, catalog: &Catalog) {
        resolve::settle(id, item, catalog);
        item.text = whole(id, item);
    }

    fn same(&self, before: &Definition, after: &Definition, _: &Cx) -> Verdict {
        let shown = |d: &Definition| d.pieces.iter().filter(|p| !is_private(p)).count();
        let mut verdict = Verdict::of(shown(before) == shown(after));
        for piece in before.pieces.iter().filter(|p| !is_private(p)) {
            verdict = verdict.and(match after.pieces.iter().find(|a| a.is(piece)) {
                Some(other) => alike(piece, other),
                None => Verdict::Different,
            });
        }
        verdict
    }

    fn create(&self, id: &ObjectId, object: &Object, item: &Definition, cx: &Cx) -> Vec<Draft> {
        let later = altered(id, &later(id.kind, item), cx);
        // Its class makes it.
        if object.origin == Origin::Implied {
            return later;
        }
        let mut drafts = Vec::new();
        if id.kind == Kind::BaseType && !item.pieces.is_empty() {
            let mut shell = bare(object);
            if let Some(item) = shell.get_mut::<Definition>() {
                *item = Definition::default();
            }
            let mut shell = cx.draft(Action::create(id.clone(), shell));
            shell.reach.gives = vec![resolve::shell(id).part()];
            drafts.push(shell);
        }
        let mut create = cx.draft(Action::create(id.clone(), made(id, object)));
        if id.kind == Kind::OperatorClass {
            let family = id.of_kind(Kind::OperatorFamily);
            let implied = cx
                .after
                .get(&family)
                .is_some_and(|o| o.origin == Origin::Implied);
            if implied {
                create.reach.gives.push(family.part());
                create.reach.needs.retain(|p| p.object != family);
            }
        }
        drafts.push(create);
        drafts.extend(later);
        drafts
    }

    fn drop(&self, id: &ObjectId, _: &Definition, cx: &Cx) -> Vec<Draft> {
        let mut drop = cx.draft(Action::drop(id.clone()));
        // Its functions speak of it, and it of them.
        if id.kind == Kind::BaseType
            && let [Action::Drop(d)] = drop.statements[0].as_mut_slice()
        {
            d.cascade = true;
        }
        vec![drop]
    }

    fn alter(
        &self,
        id: &ObjectId,
        before: &Definition,
        after: &Definition,
        hits: &[Hit],
        cx: &Cx,
    ) -> Alter {
        // A table that is no longer published because it is gone needs no statement.
        let gone = |piece: &Piece| {
            piece
                .parts()
                .iter()
                .any(|p| hits.iter().any(|h| h.gone && h.part.whole() == p.whole()))
        };
        let is_listed = |piece: &Piece| id.kind == Kind::Publication && piece.key == "table";
        if let Some(hit) = hits.iter().find(|h| {
            let of_list = before.pieces.iter().any(|p| is_listed(p) && gone(p));
            !(of_list && h.part.member.is_none())
        }) {
            return Alter::Recreate(format!("it uses {}", hit.part));
        }
        let mut said = changes(before, after);
        said.retain(|e| !(e.how == How::Drop && is_listed(&e.piece) && gone(&e.piece)));
        // The table is made anew, so it must be published anew.
        for piece in after.pieces.iter().filter(|p| is_listed(p) && gone(p)) {
            if !said.iter().any(|e| e.piece.is(piece)) {
                said.push(Edit {
                    how: How::Add,
                    piece: piece.clone(),
                });
            }
        }
        if said.is_empty() {
            return Alter::Drafts(Vec::new());
        }
        if is_replaceable(id.kind) {
            let object = cx.after.get(id).map(bare);
            let replace = object.map(|o| cx.draft(Action::replace(id.clone(), o)));
            return Alter::Drafts(replace.into_iter().collect());
        }
        if let Some(edit) = said.iter().find(|e| !is_alterable(id.kind, &e.piece)) {
            if id.kind == Kind::Collation
                && let Some(object) = cx.after.get(id)
            {
                return Alter::Drafts(vec![replace::draft(id, object, "text", cx)]);
            }
            let noun = id.kind.noun();
            // A base type takes its functions along, so it is never made anew.
            let held = holder(id, cx).or((id.kind == Kind::BaseType).then_some(id));
            if id.kind.is_type()
                && let Some(user) = held
            {
                return Alter::Refuse(Box::new(in_use(id, &edit.piece.key, user)));
            }
            return Alter::Recreate(format!("`{}` of a {noun} is fixed", edit.piece.key));
        }
        Alter::Drafts(altered(id, &phrased(id.kind, said, after), cx))
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        if create.id.kind.has_schema() {
            naming::place(create, moment)?;
        } else {
            create.id.name = naming::clip(&create.id.name);
        }
        resolve::create(create, moment)
    }

    fn created(&self, id: &ObjectId, moment: &mut Moment) -> Result<(), Fault> {
        let Some(item) = moment.catalog.item_mut::<Definition>(id) else {
            return Ok(());
        };
        if id.kind != Kind::OperatorClass {
            return Ok(());
        }
        let method = id.args.as_deref().unwrap_or_default();
        let is_loose = |p: &Piece| resolve::is_loose(method, p);
        let (loose, own): (Vec<Piece>, Vec<Piece>) = item.pieces.drain(..).partition(is_loose);
        item.pieces = own;
        let said = item.object("family").cloned();
        // It makes a family of its own name where there is none.
        let family = id.of_kind(Kind::OperatorFamily);
        if said.as_ref() != Some(&family) || moment.catalog.contains(&family) {
            if let Some(family) = said {
                give(&family, loose, moment);
            }
            return Ok(());
        }
        let using = moment
            .catalog
            .item::<Definition>(id)
            .and_then(|d| d.piece("using").cloned());
        let mut made = Object::new(Definition {
            text: String::new(),
            pieces: using.into_iter().collect(),
        });
        made.origin = Origin::Implied;
        moment.insert(family.clone(), made);
        give(&family, loose, moment);
        Ok(())
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault> {
        let Clause::Define(said) = clause else {
            return Err(general::foreign(id));
        };
        let mut said = resolve::edits(id, said, moment)?;
        if id.kind == Kind::OperatorFamily {
            hand_down(id, &mut said, moment);
        }
        let Some(item) = moment.catalog.item_mut::<Definition>(id) else {
            return Err(general::foreign(id));
        };
        for Edit { how, piece } in said {
            match how {
                How::Clear => item.remove(&piece.key),
                How::Drop => item.pieces.retain(|p| !p.is(&piece)),
                How::Add | How::Set => item.set(piece),
            }
        }
        resolve::tidy(id, item);
        Ok(())
    }

    fn tx(&self, action: &Action) -> Tx {
        match action {
            // It makes a slot on the publisher unless told otherwise (manual, CREATE and DROP SUBSCRIPTION).
            Action::Create(c) if c.id.kind == Kind::Subscription => {
                let item = c.object.get::<Definition>();
                let apart = item.is_some_and(resolve::is_unconnected);
                if apart { Tx::Inside } else { Tx::Outside }
            }
            Action::Drop(d) if d.id.kind == Kind::Subscription => Tx::Outside,
            _ => Tx::Inside,
        }
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        let mut cost = Cost::new(moment);
        match action {
            Action::Create(c) => {
                let pieces = c.object.get::<Definition>().map(|d| d.pieces.as_slice());
                published(pieces.unwrap_or_default().iter(), &mut cost);
                if c.id.kind == Kind::EventTrigger {
                    cost.hazard("its function runs for every such statement from now on, also for those of this plan");
                }
            }
            Action::Alter {
                clause: Clause::Define(said),
                ..
            } => published(said.iter().map(|e| &e.piece), &mut cost),
            Action::Drop(d) => {
                let id = located(&d.id, moment).unwrap_or_else(|_| d.id.clone());
                match id.kind {
                    Kind::Publication => {
                        cost.hazard("subscribers get nothing of it any more");
                    }
                    Kind::Subscription => {
                        cost.hazard("replication ends, and its slot on the publisher is dropped");
                    }
                    _ => {}
                }
                if d.cascade {
                    super::table::cost_cascade(&id.part(), &mut cost);
                }
            }
            other => general::cost(other, &mut cost),
        }
        cost.done()
    }

    fn print(&self, action: &Action, _: Option<&Action>, _: Server) -> Printed {
        match action {
            Action::Create(c) => c
                .object
                .get::<Definition>()
                .map_or_else(Printed::default, |d| statement(&c.id, d, c.or_replace)),
            Action::Alter {
                id,
                clause: Clause::Define(said),
            } => Printed::plain(format!(
                "ALTER {} {} {}",
                words(id.kind),
                addressed(id),
                edits(id.kind, said)
            )),
            other => general::print(other),
        }
    }
}

/// What a publication takes up is locked for a moment.
fn published<'p>(pieces: impl Iterator<Item = &'p Piece>, cost: &mut Cost) {
    for piece in pieces.filter(|p| p.key == "table") {
        if let Some(Value::Object(table)) = piece.values.first() {
            let on = cost.find(table);
            cost.instant(&on, SHARE_UPDATE);
        }
    }
}
