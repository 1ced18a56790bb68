//! Indexes that are no constraint's, and the key lists that exclusion constraints share.

use super::lock::{ACCESS_EXCLUSIVE, ACCESS_SHARE, Cost, SHARE, SHARE_UPDATE};
use super::view::{change_options, option_changes};
use super::{copies, general, ground, naming, replace, stored, table};
use crate::print::{bracketed, expression, name, names, option_clauses, options, qualified};
use driftless_model::{
    Catalog, Constraint, Definition, Index, IndexKey, KeyExpr, Kind, Name, Object, ObjectId,
    Options, Server, SqlText, Table, Verdict,
};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Draft, Facts, Fault, Held, Hit, IndexClause, KindOps,
    Moment, Printed, Tx, bare,
};

pub(super) struct Indexes;

/// The text of one key with its modifiers.
pub(super) fn key_text(key: &IndexKey) -> String {
    let mut out = match &key.expr {
        KeyExpr::Column(c) => name(c),
        KeyExpr::Expr(e) => key_expression(e),
    };
    if let Some(collation) = &key.collation {
        out.push_str(&format!(" COLLATE {collation}"));
    }
    if let Some(class) = &key.opclass {
        out.push_str(&format!(" {class}"));
    }
    if key.descending {
        out.push_str(" DESC");
    }
    if key.nulls_first != key.descending {
        out.push_str(if key.nulls_first {
            " NULLS FIRST"
        } else {
            " NULLS LAST"
        });
    }
    out
}

/// A call stands as it is, everything else in brackets.
fn key_expression(e: &SqlText) -> String {
    let call = matches!(
        &e.canon,
        driftless_model::Canon::Tree(driftless_sql::Tree::Call { bare: false, .. })
    );
    let text = expression(e);
    let plain = text.split_once('(').is_some_and(|(head, rest)| {
        head.chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
            && crate::print::is_enclosed(&format!("({rest}"))
    });
    if call && plain { text } else { bracketed(e) }
}

pub(super) fn same_key(before: &IndexKey, after: &IndexKey) -> Verdict {
    let expr = match (&before.expr, &after.expr) {
        (KeyExpr::Column(b), KeyExpr::Column(a)) => Verdict::of(b == a),
        (KeyExpr::Expr(b), KeyExpr::Expr(a)) => b.compare(a),
        _ => Verdict::Different,
    };
    let plain = before.collation == after.collation
        && same_class(before.opclass.as_deref(), after.opclass.as_deref())
        && before.descending == after.descending
        && before.nulls_first == after.nulls_first;
    expr.and(Verdict::of(plain))
}

/// One side may leave the schema to the search path (`gin_trgm_ops` of an extension).
fn same_class(before: Option<&str>, after: Option<&str>) -> bool {
    let split = |class: &str| {
        let (name, parameters) = class.split_once('(').unwrap_or((class, ""));
        let mut parts = crate::canon::infer::split_name(name);
        let own = parts.pop();
        (parts.pop(), (own, parameters.to_owned()))
    };
    match (before.map(split), after.map(split)) {
        (Some((bs, b)), Some((as_, a))) => b == a && (bs.is_none() || as_.is_none() || bs == as_),
        (b, a) => b.is_none() && a.is_none(),
    }
}

/// The operator class that a type has by default.
pub(super) fn default_class(method: &str, ty: &str) -> Option<&'static str> {
    let base = ty.split('(').next().unwrap_or(ty).trim_end();
    if matches!(method, "btree" | "hash") {
        return Some(match base {
            "integer" => "int4_ops",
            "bigint" => "int8_ops",
            "smallint" => "int2_ops",
            "text" | "character varying" => "text_ops",
            "character" | "bpchar" => "bpchar_ops",
            "numeric" => "numeric_ops",
            "boolean" => "bool_ops",
            "date" => "date_ops",
            "uuid" => "uuid_ops",
            "bytea" => "bytea_ops",
            "real" => "float4_ops",
            "double precision" => "float8_ops",
            "inet" | "cidr" => "inet_ops",
            "jsonb" => "jsonb_ops",
            "name" => "name_ops",
            "oid" => "oid_ops",
            _ if base.ends_with("[]") => "array_ops",
            _ if ty.starts_with("timestamp") && ty.ends_with("with time zone") => "timestamptz_ops",
            _ if ty.starts_with("timestamp") => "timestamp_ops",
            _ => return None,
        });
    }
    match (method, base) {
        ("gin", "jsonb") => Some("jsonb_ops"),
        ("gin" | "gist", "tsvector") => Some("tsvector_ops"),
        ("gin", _) if ty.ends_with("[]") => Some("array_ops"),
        ("gist" | "spgist", b) if b.ends_with("range") => Some("range_ops"),
        _ => None,
    }
}

/// A declared class that is the default one of the type.
fn is_default(key: &IndexKey, method: &str, ty: &str, catalog: &Catalog) -> bool {
    let class = key.opclass.as_deref();
    let class = class.and_then(|c| ObjectId::spelled(Kind::OperatorClass, c));
    let item = class.and_then(|c| catalog.item::<Definition>(&c.with_args(method)));
    item.is_some_and(|d| d.piece("default").is_some() && d.ty("type").is_some_and(|t| t.text == ty))
}

/// What is said and is the default anyway is dropped; expressions are settled.
pub(super) fn settle_key(key: &mut IndexKey, table: &ObjectId, method: &str, catalog: &Catalog) {
    match &mut key.expr {
        KeyExpr::Expr(e) => ground::settle(e, &ground::row(table), catalog),
        KeyExpr::Column(c) => {
            let Some(column) = catalog.item::<Table>(table).and_then(|t| t.column(c)) else {
                return;
            };
            let class = default_class(method, &column.ty.text);
            let own = key.opclass.as_deref().map(last_name) == class;
            if key.opclass.is_some() && (own || is_default(key, method, &column.ty.text, catalog)) {
                key.opclass = None;
            }
            if key.collation.is_some() && key.collation == column.collation {
                key.collation = None;
            }
        }
    }
    if key.collation.as_deref().map(last_name) == Some("\"default\"") {
        key.collation = None;
    }
}

fn last_name(text: &str) -> &str {
    text.strip_prefix("pg_catalog.").unwrap_or(text)
}

/// A parenthesised bare column is that column.
fn unwrap_column(key: &mut IndexKey, table: &ObjectId, catalog: &Catalog) {
    let KeyExpr::Expr(e) = &key.expr else { return };
    let Ok(driftless_sql::Tree::Column(path)) =
        driftless_sql::read_expr(&e.written, driftless_sql::Syntax::Postgres)
    else {
        return;
    };
    let [only] = path.as_slice() else { return };
    let column = Name::exact(only.text.clone());
    if catalog
        .item::<Table>(table)
        .is_some_and(|t| t.column(&column).is_some())
    {
        key.expr = KeyExpr::Column(column);
    }
}

pub(super) fn resolve_key(
    key: &mut IndexKey,
    method: &str,
    table: &ObjectId,
    moment: &Moment,
) -> Result<(), Fault> {
    unwrap_column(key, table, &moment.catalog);
    naming::qualify(Kind::Collation, &mut key.collation, None, moment);
    let method = if method.is_empty() { "btree" } else { method };
    naming::qualify(Kind::OperatorClass, &mut key.opclass, Some(method), moment);
    match &key.expr {
        KeyExpr::Column(c) => naming::has_column(table, c, moment),
        KeyExpr::Expr(e) => ground::check(e, &ground::row(table), moment),
    }
}

fn definition(before: &Index, after: &Index) -> Verdict {
    let plain = before.table == after.table
        && before.unique == after.unique
        && before.method == after.method
        && before.include == after.include
        && before.nulls_not_distinct == after.nulls_not_distinct
        && before.keys.len() == after.keys.len();
    let mut verdict = Verdict::of(plain)
        .and(Verdict::of(before.valid == after.valid))
        .and(SqlText::compare_option(&before.filter, &after.filter));
    for (b, a) in before.keys.iter().zip(&after.keys) {
        verdict = verdict.and(same_key(b, a));
    }
    verdict
}

/// Whether a hit on a column or type is one that the index does not survive.
pub(super) fn breaks(hit: &Hit, reads_expressions: bool, cx: &Cx) -> bool {
    if hit.gone || replace::is_type_hit(hit) {
        return true;
    }
    // Expressions that compare with the values of a type that is made anew would not read any more.
    reads_expressions
        && hit.part.member.as_ref().is_some_and(|m| {
            let column = |c: &Catalog| {
                c.item::<Table>(&hit.part.object)
                    .and_then(|t| t.column(m))
                    .map(|c| c.ty.clone())
            };
            match (column(cx.before), column(cx.after)) {
                (Some(b), Some(a)) => replace::moves_column(cx, &b, &a),
                _ => false,
            }
        })
}

fn has_expressions(index: &Index) -> bool {
    index.filter.is_some()
        || index
            .keys
            .iter()
            .any(|k| matches!(k.expr, KeyExpr::Expr(_)))
}

fn made(object: &Object) -> Object {
    let mut out = bare(object);
    if let Some(i) = out.get_mut::<Index>() {
        i.valid = true;
        i.keys.iter_mut().for_each(|k| k.statistics = None);
    }
    out
}

impl KindOps for Indexes {
    type Item = Index;

    fn settle(&self, _: &ObjectId, item: &mut Index, catalog: &Catalog) {
        let (table, method) = (item.table.clone(), item.method.clone());
        for key in &mut item.keys {
            settle_key(key, &table, &method, catalog);
        }
        if let Some(filter) = &mut item.filter {
            ground::settle(filter, &ground::row(&table), catalog);
        }
    }

    fn same(&self, before: &Index, after: &Index, _: &Cx) -> Verdict {
        let mut keys = before.keys.iter().zip(&after.keys);
        let targets = keys.all(|(b, a)| b.statistics == a.statistics);
        let space = after.tablespace.is_none() || before.tablespace == after.tablespace;
        let space = space && targets;
        definition(before, after).and(Verdict::of(before.options == after.options && space))
    }

    fn create(&self, id: &ObjectId, object: &Object, item: &Index, cx: &Cx) -> Vec<Draft> {
        if copies::remains(id, object, cx) {
            return Vec::new();
        }
        let mut made = made(object);
        let only = copies::are_lacking(id, &item.table, cx);
        if let Some(item) = made.get_mut::<Index>() {
            item.valid = !only;
        }
        let mut draft = cx.draft(Action::create(id.clone(), made));
        let backers = copies::backers(id, &item.table, cx);
        draft.reach.needs.extend(backers);
        let mut drafts = vec![draft];
        if only {
            copies::alone_drafts(&mut drafts, id, &item.table, cx);
            return drafts;
        }
        drafts.extend(table::clustered_again(&item.table, &id.name, cx));
        drafts.extend(targets(id, &[], &item.keys, cx));
        drafts.extend(copies::named(id, object, cx));
        drafts
    }

    fn drop(&self, id: &ObjectId, item: &Index, cx: &Cx) -> Vec<Draft> {
        let stands = cx.after.contains(&item.table) || !cx.before.contains(&item.table);
        if stands && !copies::becomes(id, &item.table, cx) {
            return vec![copies::dropped(id, &item.table, cx)];
        }
        Vec::new()
    }

    fn alter(&self, id: &ObjectId, before: &Index, after: &Index, hits: &[Hit], cx: &Cx) -> Alter {
        let expressions = has_expressions(before) || has_expressions(after);
        if let Some(hit) = hits.iter().find(|h| breaks(h, expressions, cx)) {
            return Alter::Recreate(format!("it uses {}", hit.part));
        }
        if !before.valid {
            return Alter::Recreate(
                "an interrupted CREATE INDEX CONCURRENTLY left it invalid".into(),
            );
        }
        if definition(before, after) != Verdict::Same {
            return Alter::Recreate("its definition changes".into());
        }
        let mut drafts = targets(id, &before.keys, &after.keys, cx);
        let clause = |c| cx.draft(Action::alter(id, Clause::Index(c)));
        let (set, reset): (Options<_>, Options<_>) =
            option_changes(&before.options, &after.options)
                .into_iter()
                .partition(|(_, v)| v.is_some());
        for map in [reset, set] {
            if !map.is_empty() {
                drafts.push(clause(IndexClause::Options(map)));
            }
        }
        if let Some(space) = after
            .tablespace
            .as_ref()
            .filter(|s| before.tablespace.as_ref() != Some(*s))
        {
            drafts.push(clause(IndexClause::Tablespace(space.clone())));
        }
        Alter::Drafts(drafts)
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        let Some(item) = create.object.get_mut::<Index>() else {
            return Ok(());
        };
        let kinds = [Kind::Table, Kind::MaterializedView];
        item.table = naming::relation(&item.table, &kinds, moment)?;
        let table = item.table.clone();
        let method = item.method.clone();
        for key in &mut item.keys {
            resolve_key(key, &method, &table, moment)?;
        }
        for column in &item.include {
            naming::has_column(&table, column, moment)?;
        }
        if let Some(filter) = &item.filter {
            ground::check(filter, &ground::row(&table), moment)?;
        }
        stored::index(item, moment)?;
        create.id.schema = table.schema.clone();
        create.id.owner = None;
        create.id.name = naming::clip(&create.id.name);
        if create.id.name.is_empty() {
            let mut probe = item.clone();
            self.settle(&create.id, &mut probe, &moment.catalog);
            let second = addition(&probe);
            create.id.name = naming::choose(&moment.catalog, &table, Some(&second), "idx", true);
        }
        Ok(())
    }

    fn created(&self, id: &ObjectId, moment: &mut Moment) -> Result<(), Fault> {
        let Some(item) = moment.catalog.item_mut::<Index>(id) else {
            return Ok(());
        };
        // ON ONLY: its partitions' indexes are attached one by one, or never.
        let whole = std::mem::replace(&mut item.valid, true);
        match whole {
            true => copies::made(id, moment),
            false => copies::alone(id, moment),
        }
        Ok(())
    }

    fn dropped(&self, id: &ObjectId, item: &Index, moment: &mut Moment) {
        copies::gone(id, &item.table, moment);
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault> {
        let Clause::Index(clause) = clause else {
            return Err(general::foreign(id));
        };
        match clause {
            IndexClause::Attach { partition } => copies::attach(id, partition, moment)?,
            IndexClause::Options(changes) => {
                if let Some(i) = moment.catalog.item_mut::<Index>(id) {
                    change_options(&mut i.options, changes);
                }
            }
            IndexClause::Tablespace(space) => {
                if let Some(i) = moment.catalog.item_mut::<Index>(id) {
                    i.tablespace = (space != "pg_default").then(|| space.clone());
                }
            }
            IndexClause::Statistics { key, target } => {
                let at = (*key as usize).checked_sub(1);
                let item = moment.catalog.item_mut::<Index>(id);
                let found = at.and_then(|at| item?.keys.get_mut(at));
                let Some(found) = found else {
                    let message = format!("the index `{id}` has no key {key}");
                    return Err(naming::wrong("D0305", message, moment));
                };
                found.statistics = (*target >= 0).then_some(*target);
            }
        }
        Ok(())
    }

    fn tx(&self, action: &Action) -> Tx {
        match action {
            Action::Create(c) if c.concurrently => Tx::Outside,
            Action::Drop(d) if d.concurrently => Tx::Outside,
            _ => Tx::Inside,
        }
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        let mut cost = Cost::new(moment);
        match action {
            Action::Create(c) => {
                if let Some(i) = c.object.get::<Index>() {
                    build(c, i, &mut cost);
                }
            }
            Action::Drop(d) => {
                let id = driftless_planner::located(&d.id, moment).unwrap_or_else(|_| d.id.clone());
                if let Some(i) = moment.catalog.item::<Index>(&id) {
                    let mode = if d.concurrently {
                        SHARE_UPDATE
                    } else {
                        ACCESS_EXCLUSIVE
                    };
                    cost.lock_tree(&i.table.clone(), mode, Held::Instant);
                }
            }
            Action::Alter {
                id,
                clause: Clause::Index(IndexClause::Attach { partition }),
            } => {
                for index in [id, partition] {
                    let found = driftless_planner::located(index, moment);
                    if let Some(i) = found.ok().and_then(|id| moment.catalog.item::<Index>(&id)) {
                        cost.instant(&i.table.clone(), ACCESS_SHARE);
                    }
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
                .get::<Index>()
                .map_or_else(Printed::default, |i| Printed::plain(text(c, i))),
            Action::Alter {
                id,
                clause: Clause::Index(clause),
            } => {
                let what = match clause {
                    IndexClause::Options(changes) => option_clauses(changes).join(", "),
                    IndexClause::Attach { partition } => {
                        format!("ATTACH PARTITION {}", qualified(partition))
                    }
                    IndexClause::Tablespace(space) => {
                        format!("SET TABLESPACE {}", crate::print::bare(space))
                    }
                    IndexClause::Statistics { key, target } => {
                        format!("ALTER COLUMN {key} SET STATISTICS {target}")
                    }
                };
                Printed::plain(format!("ALTER INDEX {} {what}", qualified(id)))
            }
            other => general::print(other),
        }
    }
}

/// What is said of single keys, which CREATE has no words for.
fn targets(id: &ObjectId, before: &[IndexKey], after: &[IndexKey], cx: &Cx) -> Vec<Draft> {
    let was = |at: usize| before.get(at).and_then(|k| k.statistics);
    let changed = after
        .iter()
        .enumerate()
        .filter(|(i, k)| was(*i) != k.statistics);
    changed
        .map(|(i, key)| {
            let clause = IndexClause::Statistics {
                key: i as u32 + 1,
                target: key.statistics.unwrap_or(-1),
            };
            cx.draft(Action::alter(id, Clause::Index(clause)))
        })
        .collect()
}

fn build(c: &Create, i: &Index, cost: &mut Cost) {
    let table = cost.find(&i.table);
    let standing = c.id.in_schema(table.schema.clone());
    if c.if_not_exists && cost.moment.catalog.contains(&standing) {
        if !c.concurrently {
            cost.instant(&table, SHARE);
        }
        return;
    }
    let mode = if c.concurrently { SHARE_UPDATE } else { SHARE };
    let partitioned = is_partitioned(&table, cost.moment);
    if partitioned && !i.valid {
        // ON ONLY builds nothing.
        cost.instant(&table, mode);
        return;
    }
    cost.lock_tree(&table, mode, Held::Scan);
    let mut read = naming::descendants(&cost.moment.catalog, &table);
    read.push(table.clone());
    for t in read {
        cost.scan(&t);
    }
    if c.concurrently {
        cost.hazard("waits for every transaction that is open when it starts");
    }
    if i.unique && !cost.is_fresh(&table) {
        cost.hazard(format!("fails if rows of {table} hold the same key"));
    }
}

fn is_partitioned(table: &ObjectId, moment: &Moment) -> bool {
    moment
        .catalog
        .item::<Table>(table)
        .and_then(Table::pg)
        .is_some_and(|pg| pg.partition_by.is_some())
}

fn text(c: &Create, i: &Index) -> String {
    let unique = if i.unique { "UNIQUE " } else { "" };
    let only = if i.valid { "" } else { "ONLY " };
    let concurrently = if c.concurrently { "CONCURRENTLY " } else { "" };
    let exists = if c.if_not_exists {
        "IF NOT EXISTS "
    } else {
        ""
    };
    let using = if i.method == "btree" {
        String::new()
    } else {
        format!(" USING {}", crate::print::bare(&i.method))
    };
    let keys: Vec<String> = i.keys.iter().map(key_text).collect();
    let mut out = format!(
        "CREATE {unique}INDEX {concurrently}{exists}{} ON {only}{}{using} ({})",
        name(&c.id.name),
        qualified(&i.table),
        keys.join(", ")
    );
    if !i.include.is_empty() {
        out.push_str(&format!(" INCLUDE ({})", names(&i.include)));
    }
    if i.nulls_not_distinct {
        out.push_str(" NULLS NOT DISTINCT");
    }
    if !i.options.is_empty() {
        out.push_str(&format!(" WITH ({})", options(&i.options)));
    }
    if let Some(space) = &i.tablespace {
        out.push_str(&format!(" TABLESPACE {}", crate::print::bare(space)));
    }
    if let Some(filter) = &i.filter {
        out.push_str(&format!(" WHERE {}", expression(filter)));
    }
    out
}

/// What stands for the keys in an automatic name.
pub(super) fn addition(item: &Index) -> String {
    let keys = naming::key_names(item);
    naming::addition(keys.iter().map(String::as_str))
}

/// Whether an index of a partition can be its copy.
pub(super) fn is_copy(root: &Index, own: &Index) -> bool {
    let moved = Index {
        table: root.table.clone(),
        valid: root.valid,
        ..own.clone()
    };
    definition(root, &moved) == Verdict::Same
}

/// The index behind a key.
pub(super) fn of_key(item: &Constraint) -> Option<Index> {
    let key = item.key()?;
    let columns = key.columns.iter();
    Some(Index {
        table: item.table.clone(),
        unique: true,
        method: "btree".into(),
        keys: columns
            .map(|c| IndexKey::column(c.column.clone()))
            .collect(),
        include: key.include.clone(),
        filter: None,
        nulls_not_distinct: key.nulls_not_distinct,
        options: key.options.clone(),
        tablespace: key.tablespace.clone(),
        valid: true,
    })
}
