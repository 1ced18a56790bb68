//! One graph: drafts are nodes, their reaches give the edges, a keyed heap gives one deterministic order.
//!
//! Invariant: the order depends only on reaches, lanes and keys. `Must` groups are one node; a ring is broken by
//! dropping a dying foreign key apart, else it is an error that names it.

use crate::action::{Action, Clause, Data};
use crate::dialect::Dialect;
use crate::draft::{Draft, Fuse};
use crate::ops::Cx;
use driftless_model::{Constraint, Kind, ObjectId, Part};
use driftless_sql::Diagnostic;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{BTreeMap, BTreeSet};

/// Contracts `Must` groups, sorts, and gives the drafts in the order in which they run.
pub fn order(dialect: &dyn Dialect, drafts: Vec<Draft>, cx: &Cx) -> Result<Vec<Draft>, Diagnostic> {
    let mut drafts = contract(dialect, drafts, cx)?;
    loop {
        let graph = graph(&drafts);
        match sort(&drafts, &graph) {
            Ok(sorted) => {
                let mut slots: Vec<Option<Draft>> = drafts.into_iter().map(Some).collect();
                return Ok(sorted.into_iter().filter_map(|i| slots[i].take()).collect());
            }
            Err(ring) => {
                if !break_ring(&mut drafts, &ring, cx) {
                    return Err(ring_error(&drafts, &ring));
                }
            }
        }
    }
}

/// Welds the drafts that must be one; the place of the first is the place of all.
fn contract(dialect: &dyn Dialect, drafts: Vec<Draft>, cx: &Cx) -> Result<Vec<Draft>, Diagnostic> {
    let mut groups: Vec<Vec<Draft>> = Vec::new();
    let mut known: BTreeMap<ObjectId, usize> = BTreeMap::new();
    for draft in drafts {
        let place = match &draft.fuse {
            Fuse::Must(key) => *known.entry(key.clone()).or_insert(groups.len()),
            _ => groups.len(),
        };
        match groups.get_mut(place) {
            Some(group) => group.push(draft),
            None => groups.push(vec![draft]),
        }
    }
    let mut out = Vec::with_capacity(groups.len());
    for mut group in groups {
        let must = |d: &Draft| matches!(d.fuse, Fuse::Must(_));
        if !group.first().is_some_and(must) {
            out.append(&mut group);
            continue;
        }
        let told = group.iter().flat_map(Draft::actions).cloned().collect();
        let mut welded = dialect.weld(group, cx)?;
        welded.told = Some(told);
        out.push(welded);
    }
    Ok(out)
}

/// Draft indexes by part, with all members of an object beside its whole.
#[derive(Default)]
struct Index<'a>(BTreeMap<&'a Part, Vec<usize>>);

impl<'a> Index<'a> {
    fn add(&mut self, part: &'a Part, node: usize) {
        self.0.entry(part).or_default().push(node);
    }
    /// Those of the part itself; where it is a whole object, those of its members too.
    fn within<'s>(&'s self, part: &'s Part) -> Box<dyn Iterator<Item = usize> + 's> {
        match part.member {
            Some(_) => Box::new(self.0.get(part).into_iter().flatten().copied()),
            None => Box::new(
                self.0
                    .range::<Part, _>(part..)
                    .take_while(move |(p, _)| p.object == part.object)
                    .flat_map(|(_, n)| n)
                    .copied(),
            ),
        }
    }
}

fn graph(drafts: &[Draft]) -> DiGraph<usize, ()> {
    let mut graph = DiGraph::with_capacity(drafts.len(), drafts.len() * 3);
    let nodes: Vec<NodeIndex> = (0..drafts.len()).map(|i| graph.add_node(i)).collect();
    let (mut frees, mut needs, mut gives) = (Index::default(), Index::default(), Index::default());
    let mut changes = Index::default();
    let mut lanes: BTreeMap<&Part, usize> = BTreeMap::new();
    let mut edges: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (i, d) in drafts.iter().enumerate() {
        d.reach.frees.iter().for_each(|p| frees.add(p, i));
        d.reach.needs.iter().for_each(|p| needs.add(p, i));
        d.reach.gives.iter().for_each(|p| gives.add(p, i));
        d.reach.changes.iter().for_each(|p| changes.add(p, i));
        if let Some(lane) = &d.lane
            && let Some(last) = lanes.insert(lane, i)
        {
            edges.insert((last, i));
        }
    }
    for (i, d) in drafts.iter().enumerate() {
        for part in d.reach.removes.iter().chain(&d.reach.changes) {
            edges.extend(frees.within(part).map(|f| (f, i)));
            edges.extend(gives.within(part).map(|g| (i, g)));
        }
        for part in &d.reach.changes {
            edges.extend(needs.within(part).map(|n| (i, n)));
        }
        for part in &d.reach.removes {
            // What is removed and given again must be there before it is needed: the giver's edge does that. What
            // changes a part does so while it is there.
            edges.extend(changes.within(part).map(|c| (c, i)));
        }
        for part in &d.reach.gives {
            edges.extend(needs.within(part).map(|n| (i, n)));
        }
    }
    for (a, b) in edges {
        if a != b {
            graph.add_edge(nodes[a], nodes[b], ());
        }
    }
    graph
}

type Key = (u8, String, usize);

/// Kahn with a keyed heap; a draft that may join the last one's statement goes first. Fails with the nodes of a ring.
fn sort(drafts: &[Draft], graph: &DiGraph<usize, ()>) -> Result<Vec<usize>, Vec<usize>> {
    let mut indegree: Vec<usize> = vec![0; drafts.len()];
    for e in graph.edge_indices() {
        if let Some((_, to)) = graph.edge_endpoints(e) {
            indegree[to.index()] += 1;
        }
    }
    let keys: Vec<Key> = drafts.iter().enumerate().map(|(i, d)| key(d, i)).collect();
    let mut ready: BTreeSet<(&Key, usize)> = BTreeSet::new();
    let mut fusable: BTreeMap<&ObjectId, BTreeSet<(&Key, usize)>> = BTreeMap::new();
    let mut last: Option<&ObjectId> = None;
    for (i, d) in drafts.iter().enumerate() {
        if indegree[i] == 0 {
            ready.insert((&keys[i], i));
            if let Fuse::May(k) = &d.fuse {
                fusable.entry(k).or_default().insert((&keys[i], i));
            }
        }
    }
    let mut out = Vec::with_capacity(drafts.len());
    while let Some(&first) = ready.iter().next() {
        let next = last
            .and_then(|k| fusable.get(k))
            .and_then(|s| s.iter().next().copied())
            .unwrap_or(first);
        let i = next.1;
        ready.remove(&next);
        last = None;
        if let Fuse::May(k) = &drafts[i].fuse {
            if let Some(s) = fusable.get_mut(k) {
                s.remove(&next);
            }
            last = Some(k);
        }
        out.push(i);
        for n in graph.neighbors(NodeIndex::new(i)) {
            let n = n.index();
            indegree[n] -= 1;
            if indegree[n] == 0 {
                ready.insert((&keys[n], n));
                if let Fuse::May(k) = &drafts[n].fuse {
                    fusable.entry(k).or_default().insert((&keys[n], n));
                }
            }
        }
    }
    if out.len() == drafts.len() {
        return Ok(out);
    }
    let ring = tarjan_scc(graph)
        .into_iter()
        .filter(|c| c.len() > 1)
        .min_by_key(Vec::len)
        .unwrap_or_default();
    let mut ring: Vec<usize> = ring.into_iter().map(NodeIndex::index).collect();
    ring.sort_unstable();
    Err(ring)
}

/// What speaks of tables rather than being used by them.
const KEEPS_NOTHING: [Kind; 3] = [Kind::EventTrigger, Kind::Publication, Kind::Subscription];

/// What people like to read first: take-downs, then types and routines, then tables with all that is theirs, views
/// and triggers, and drops for good at the end.
fn key(draft: &Draft, at: usize) -> Key {
    let sets = |a: &&Action| matches!(a, Action::Session(_));
    let first = draft
        .actions()
        .find(|a| !sets(a))
        .or(draft.actions().next());
    let kind = draft.target.kind;
    let class = match first {
        Some(Action::Session(_)) => 0,
        Some(Action::Rename { .. } | Action::Move { .. }) => 1,
        // A new value must be committed before it can be used: first, so that all the rest is one transaction.
        Some(Action::Alter {
            clause: Clause::Enum(_),
            ..
        }) => 1,
        Some(Action::Drop(_)) => match kind {
            Kind::Table | Kind::VirtualTable | Kind::Sequence => 9,
            kind if kind.is_type() || kind == Kind::Schema => 9,
            // What columns and indexes may be made with.
            kind if kind.is_defined() && !KEEPS_NOTHING.contains(&kind) => 9,
            // Types, operators and functions that anything may use.
            Kind::Extension => 10,
            Kind::Function | Kind::Procedure | Kind::Aggregate => 8,
            _ => 2,
        },
        Some(Action::Data(Data::Assert { .. })) => 2,
        Some(Action::Grant { .. } | Action::Owner { .. }) => 7,
        _ => match kind {
            Kind::Schema => 3,
            Kind::DefaultPrivileges => 7,
            Kind::Extension | Kind::Enum | Kind::Domain | Kind::Composite | Kind::Sequence => 4,
            kind if KEEPS_NOTHING.contains(&kind) => 6,
            kind if kind.is_defined() => 4,
            Kind::Function | Kind::Procedure | Kind::Aggregate => 5,
            Kind::Table | Kind::VirtualTable | Kind::Constraint | Kind::Index => 5,
            Kind::Policy | Kind::Statistics => 5,
            Kind::View | Kind::MaterializedView => 6,
            Kind::Trigger | Kind::Rule | Kind::Event => 6,
            _ => 5,
        },
    };
    let group = draft.target.owner.as_ref().unwrap_or(&draft.target.name);
    (class, format!("{}.{group}", draft.target.schema), at)
}

/// Tables that die in a ring of foreign keys: the keys are dropped apart, first. True when something was done.
fn break_ring(drafts: &mut Vec<Draft>, ring: &[usize], cx: &Cx) -> bool {
    let dying: Vec<(usize, ObjectId)> = ring
        .iter()
        .filter_map(|i| match drafts[*i].actions().next() {
            Some(Action::Drop(d)) if d.id.kind == Kind::Table => Some((*i, d.id.clone())),
            _ => None,
        })
        .collect();
    let mut added = Vec::new();
    for (node, table) in &dying {
        let keys: Vec<(ObjectId, ObjectId)> = cx
            .before
            .owned(table)
            .filter_map(|(id, o)| {
                Some((
                    id.clone(),
                    o.get::<Constraint>()?.foreign_key()?.target.clone(),
                ))
            })
            .filter(|(_, target)| target != table && dying.iter().any(|(_, t)| t == target))
            .collect();
        for (id, target) in keys {
            let drops = |a: &Action| matches!(a, Action::Drop(d) if d.id == id);
            let already = drafts.iter().any(|d| d.actions().any(drops));
            if already {
                continue;
            }
            let mut apart = cx.draft(Action::drop(id));
            // Where the key is made anew, its lane would put the drop behind that.
            apart.lane = None;
            added.push(apart.because("it stands in a ring of foreign keys"));
            let gone: Vec<Part> = dying
                .iter()
                .filter(|(_, t)| *t == target)
                .flat_map(|(i, _)| drafts[*i].reach.removes.clone())
                .collect();
            let frees = &mut drafts[*node].reach.frees;
            frees.retain(|p| p.object != target && !gone.contains(p));
        }
    }
    let any = !added.is_empty();
    drafts.extend(added);
    any
}

fn ring_error(drafts: &[Draft], ring: &[usize]) -> Diagnostic {
    let mut names: Vec<String> = ring
        .iter()
        .map(|i| format!("{} `{}`", drafts[*i].target.kind.noun(), drafts[*i].target))
        .collect();
    names.dedup();
    Diagnostic::error(
        "D0401",
        format!("these changes wait for each other: {}", names.join(", ")),
    )
    .note("each needs another one to be done first, so no order of statements exists")
    .help("split the change into two plans: first without one of them")
}
