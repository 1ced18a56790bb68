//! What was read, on one line: the tests' spelling of [`Parsed`].

use driftless_model::*;
use driftless_planner::*;

pub(super) fn parsed(p: &Parsed) -> String {
    let mut out: Vec<String> = p.actions.iter().map(action).collect();
    out.extend(p.unmodelled.iter().map(|u| format!("not modelled: {u}")));
    out.extend(p.ignored.map(|why| format!("ignored: {why}")));
    out.extend(p.taint.as_ref().map(|why| format!("taint: {why}")));
    out.join(" | ")
}

fn id(id: &ObjectId) -> String {
    format!("{} {}", id.kind.noun(), bare(id))
}

fn bare(id: &ObjectId) -> String {
    let mut out = String::new();
    for name in [Some(&id.schema), id.owner.as_ref()].into_iter().flatten() {
        if !name.is_empty() {
            out += &format!("{name}.");
        }
    }
    out += id.name.as_str();
    id.args.iter().for_each(|args| out += &format!("({args})"));
    out
}

fn action(a: &Action) -> String {
    match a {
        Action::Create(c) => {
            let mut out = format!("+ {}", id(&c.id));
            for (on, word) in [
                (c.or_replace, " or replace"),
                (c.if_not_exists, " if not exists"),
                (c.concurrently, " concurrently"),
            ] {
                out += if on { word } else { "" };
            }
            let body = body(&c.object.body);
            if body.is_empty() {
                out
            } else {
                format!("{out} {{{body}}}")
            }
        }
        Action::Drop(d) => {
            let mut out = format!("- {}", id(&d.id));
            for (on, word) in [
                (d.if_exists, " if exists"),
                (d.cascade, " cascade"),
                (d.concurrently, " concurrently"),
            ] {
                out += if on { word } else { "" };
            }
            out
        }
        Action::Rename { part, to } => format!("> {} {part} -> {to}", part.object.kind.noun()),
        Action::Move { id: i, schema } => format!("{} into {schema}", id(i)),
        Action::Comment { part, text } => {
            format!("comment {} {part} {text:?}", part.object.kind.noun())
        }
        Action::Owner { id: i, to } => format!("{} owner {to}", id(i)),
        Action::Grant {
            id: i,
            grant,
            revoke,
        } => format!(
            "{} {}{} on {} for {:?}{}",
            if *revoke { "revoke" } else { "grant" },
            grant.privilege,
            grant
                .column
                .as_ref()
                .map_or(String::new(), |c| format!("({c})")),
            id(i),
            grant.role,
            if grant.grantable { " grantable" } else { "" },
        ),
        Action::Alter { id: i, clause: c } => format!("~ {}: {}", id(i), clause(c)),
        Action::Data(Data::Fill {
            table,
            column,
            value,
        }) => {
            format!("fill {table}.{column} with {}", value.written)
        }
        Action::Data(Data::Other { tables, .. }) => {
            let tables: Vec<String> = tables.iter().map(bare).collect();
            format!("rows of {}", tables.join(", "))
        }
        Action::Session(Session::SearchPath(path)) => format!("path {path:?}"),
        Action::Session(Session::Set { name, value }) => format!("set {name} = {value}"),
        other => format!("{other:?}"),
    }
}

fn clause(c: &Clause) -> String {
    match c {
        Clause::Event(_) | Clause::Routine(_) => "another engine's".into(),
        Clause::Table(TableClause::AddColumn {
            column: c,
            if_not_exists,
            ..
        }) => format!(
            "add {}{}",
            if *if_not_exists { "if not exists " } else { "" },
            column(c)
        ),
        Clause::Table(TableClause::Attach { partition, bound }) => {
            format!("attach {} {}", bare(partition), bound.written)
        }
        Clause::Table(TableClause::Detach {
            partition,
            concurrently,
        }) => {
            format!("detach {} {concurrently}", bare(partition))
        }
        Clause::Table(TableClause::Inherit { parent, stop }) => {
            format!("inherit {} stop={stop}", bare(parent))
        }
        Clause::Table(other) => format!("{other:?}"),
        Clause::Column { column, clause, .. } => format!("{column} {}", column_clause(clause)),
        Clause::Constraint(c) => format!("{c:?}"),
        Clause::Index(IndexClause::Attach { partition }) => format!("attach {}", bare(partition)),
        Clause::Index(c) => format!("{c:?}"),
        Clause::Sequence(SequenceClause::Set(s)) => sequence(s),
        Clause::Sequence(SequenceClause::OwnedBy(p)) => {
            format!(
                "owned by {}",
                p.as_ref().map_or("none".into(), Part::to_string)
            )
        }
        Clause::Sequence(c) => format!("{c:?}"),
        Clause::Enum(c) => format!("{c:?}"),
        Clause::Domain(DomainClause::Default(d)) => format!("default {}", text(d)),
        Clause::Domain(DomainClause::AddCheck(c)) => {
            format!(
                "check {:?} {} valid={}",
                c.name, c.expr.written, c.validated
            )
        }
        Clause::Domain(c) => format!("{c:?}"),
        Clause::Composite(CompositeClause::Add(a)) => format!("add {} {}", a.name, a.ty.text),
        Clause::Composite(CompositeClause::Type(a)) => format!("type {} {}", a.name, a.ty.text),
        Clause::Composite(c) => format!("{c:?}"),
        Clause::View(ViewClause::Query(v)) => v.query.written.clone(),
        Clause::View(c) => format!("{c:?}"),
        Clause::Trigger { enabled } => format!("enabled {enabled}"),
        Clause::Policy(p) => policy(p),
        Clause::Statistics(target) => format!("target {target:?}"),
        Clause::Define(edits) => {
            let edits = edits
                .iter()
                .map(|e| format!("{:?} {}", e.how, piece(&e.piece)));
            edits.collect::<Vec<_>>().join("; ")
        }
        Clause::Extension { version } => format!("version {version:?}"),
    }
}

fn piece(p: &Piece) -> String {
    let values = p.values.iter().map(|v| match v {
        Value::Word(w) => w.clone(),
        Value::Text(t) => format!("'{t}'"),
        Value::Name(n) => format!("\"{n}\""),
        Value::Type(t) => format!("type {}", t.text),
        Value::Object(id) => format!("{} {id}", id.kind.noun()),
        Value::Sql(t) => format!("({})", t.written),
    });
    let values: Vec<String> = values.collect();
    format!("{} {} = {}", p.key, p.name, values.join(", ")).replace("  ", " ")
}

fn column_clause(c: &ColumnClause) -> String {
    match c {
        ColumnClause::Type {
            ty,
            collation,
            using,
        } => {
            format!("type {} {collation:?} using {}", ty.text, text(using))
        }
        ColumnClause::Default(d) => format!("default {}", text(d)),
        ColumnClause::Identity(Some(i)) => format!("identity {}", identity(i)),
        ColumnClause::Expression(Some(g)) => format!("expression {}", g.expr.written),
        other => format!("{other:?}"),
    }
}

fn text(t: &Option<SqlText>) -> String {
    t.as_ref()
        .map_or("none".into(), |t| format!("[{}]", t.written))
}

fn identity(i: &Identity) -> String {
    let how = if i.always { "always" } else { "by default" };
    format!("{how} {}", sequence(&i.sequence))
        .trim_end()
        .to_owned()
}

fn sequence(s: &Sequence) -> String {
    let mut out = vec![s.ty.clone()];
    for (word, value) in [
        ("start", s.start),
        ("by", s.increment),
        ("min", s.min),
        ("max", s.max),
        ("cache", s.cache),
    ] {
        out.extend(value.map(|v| format!("{word} {v}")));
    }
    out.extend(s.cycle.then(|| "cycle".into()));
    out.extend(s.unlogged.then(|| "unlogged".into()));
    out.retain(|w| !w.is_empty());
    out.join(" ")
}

fn column(c: &Column) -> String {
    let mut out = format!("{} {}", c.name, c.ty.text);
    if c.not_null {
        out += " not null";
    }
    if c.default.is_some() {
        out += &format!(" default {}", text(&c.default));
    }
    if let Some(g) = &c.generated {
        out += &format!(" as [{}] stored={}", g.expr.written, g.stored);
    }
    if let Some(i) = &c.identity {
        out += &format!(" identity {}", identity(i));
    }
    for (word, value) in [
        ("collate", &c.collation),
        ("storage", &c.storage),
        ("compression", &c.compression),
    ] {
        value.iter().for_each(|v| out += &format!(" {word} {v}"));
    }
    out
}

fn names(names: &[Name]) -> String {
    names.iter().map(Name::as_str).collect::<Vec<_>>().join(",")
}

fn body(b: &Body) -> String {
    match b {
        Body::Event(_) => "event".into(),
        Body::Table(t) => table(t),
        Body::Constraint(c) => constraint(c),
        Body::Index(i) => index(i),
        Body::Sequence(s) => sequence(s),
        Body::Enum(e) => e.values.join(","),
        Body::Composite(c) => {
            let all: Vec<String> = c
                .attributes
                .iter()
                .map(|a| format!("{} {} {:?}", a.name, a.ty.text, a.collation))
                .collect();
            all.join(", ")
        }
        Body::Domain(d) => {
            let mut out = d.base.text.clone();
            out += if d.not_null { " not null" } else { "" };
            out += &format!(" default {} {:?}", text(&d.default), d.collation);
            for c in &d.checks {
                out += &format!(" check {:?} [{}]", c.name, c.expr.written);
            }
            out
        }
        Body::View(v) => view(v),
        Body::Function(f) => function(f),
        Body::Trigger(t) => trigger(t),
        Body::Policy(p) => policy(p),
        Body::Rule(r) => rule(r),
        Body::Statistics(s) => format!("{:?} on {} keys of {}", s.kinds, s.keys.len(), s.table),
        Body::Definition(d) => d.pieces.iter().map(piece).collect::<Vec<_>>().join("; "),
        Body::Extension(e) => format!("{:?} {:?}", e.version, e.schema),
        Body::Schema(_) | Body::VirtualTable(_) | Body::DefaultPrivileges(_) => String::new(),
    }
}

fn table(t: &Table) -> String {
    let mut out: Vec<String> = t.columns.iter().map(column).collect();
    if let Some(pg) = t.pg() {
        out.extend(pg.unlogged.then(|| "unlogged".into()));
        out.extend(pg.options.iter().map(|(k, v)| format!("{k}={v}")));
        out.extend(
            pg.partition_by
                .as_ref()
                .map(|p| format!("by {}", p.written)),
        );
        out.extend(
            pg.partition_of
                .as_ref()
                .map(|p| format!("of {} {}", bare(&p.parent), p.bound.written)),
        );
        out.extend(pg.inherits.iter().map(|i| format!("inherits {}", bare(i))));
        out.extend(pg.method.iter().map(|m| format!("using {m}")));
        out.extend(pg.tablespace.iter().map(|m| format!("tablespace {m}")));
    }
    out.join("; ")
}

fn key(k: &Key) -> String {
    let columns: Vec<&str> = k.columns.iter().map(|c| c.column.as_str()).collect();
    let mut out = format!("({})", columns.join(","));
    if !k.include.is_empty() {
        out += &format!(" include {}", names(&k.include));
    }
    out += if k.nulls_not_distinct {
        " nulls not distinct"
    } else {
        ""
    };
    k.options
        .iter()
        .for_each(|(k, v)| out += &format!(" {k}={v}"));
    k.tablespace
        .iter()
        .for_each(|t| out += &format!(" tablespace {t}"));
    out
}

fn constraint(c: &Constraint) -> String {
    let body = match &c.body {
        ConstraintBody::PrimaryKey(k) | ConstraintBody::Unique(k) => key(k),
        ConstraintBody::Check(k) => format!("[{}]", k.expr.written),
        ConstraintBody::ForeignKey(f) => format!(
            "({}) {}({}) delete {}({}) update {} {}",
            names(&f.columns),
            bare(&f.target),
            names(&f.target_columns),
            f.on_delete,
            names(&f.set_columns),
            f.on_update,
            f.match_kind
        ),
        ConstraintBody::Exclude(e) => {
            let items: Vec<String> = e
                .items
                .iter()
                .map(|i| format!("{} with {}", index_key(&i.key), i.operator))
                .collect();
            format!(
                "{} {} where {} {:?}",
                e.method,
                items.join(", "),
                text(&e.filter),
                e.options
            )
        }
        ConstraintBody::NotNull(column) => column.to_string(),
    };
    let mut out = format!("{} {body}", c.noun());
    for (on, word) in [
        (c.deferrable, " deferrable"),
        (c.initially_deferred, " deferred"),
        (!c.validated, " not valid"),
        (!c.enforced, " not enforced"),
        (c.no_inherit, " no inherit"),
        (c.named, " named"),
    ] {
        out += if on { word } else { "" };
    }
    out
}

fn index_key(k: &IndexKey) -> String {
    let mut out = match &k.expr {
        KeyExpr::Column(c) => c.as_str().to_owned(),
        KeyExpr::Expr(e) => format!("[{}]", e.written),
    };
    for value in [&k.collation, &k.opclass].into_iter().flatten() {
        out += &format!(" {value}");
    }
    out += if k.descending { " desc" } else { "" };
    out += if k.nulls_first { " first" } else { "" };
    out
}

fn index(i: &Index) -> String {
    let keys: Vec<String> = i.keys.iter().map(index_key).collect();
    let mut out = format!("{} {} ({})", bare(&i.table), i.method, keys.join(", "));
    out += if i.unique { " unique" } else { "" };
    if !i.include.is_empty() {
        out += &format!(" include {}", names(&i.include));
    }
    out += if i.nulls_not_distinct {
        " nulls not distinct"
    } else {
        ""
    };
    i.options
        .iter()
        .for_each(|(k, v)| out += &format!(" {k}={v}"));
    i.tablespace
        .iter()
        .for_each(|t| out += &format!(" tablespace {t}"));
    i.filter
        .iter()
        .for_each(|f| out += &format!(" where [{}]", f.written));
    out
}

fn view(v: &View) -> String {
    let mut out = format!("[{}]", v.query.written);
    if !v.columns.is_empty() {
        out += &format!(" ({})", names(&v.columns));
    }
    v.options
        .iter()
        .for_each(|(k, v)| out += &format!(" {k}={v}"));
    v.check_option
        .iter()
        .for_each(|c| out += &format!(" check {c}"));
    out += if v.recursive { " recursive" } else { "" };
    out += if v.populated { " populated" } else { "" };
    v.method.iter().for_each(|m| out += &format!(" using {m}"));
    v.tablespace
        .iter()
        .for_each(|t| out += &format!(" tablespace {t}"));
    out
}

fn function(f: &Function) -> String {
    let arguments: Vec<String> = f
        .arguments
        .iter()
        .map(|a| {
            let name = a.name.as_ref().map_or("", Name::as_str);
            let default = a.default.as_ref().map_or("", |d| &d.written);
            format!("{} {name} {} {default}", a.mode, a.ty.text)
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    let mut out = format!("({})", arguments.join(", "));
    if let Some(ty) = &f.returns {
        out += &format!(" {}{}", if f.returns_set { "setof " } else { "" }, ty.text);
    }
    if let Some(a) = &f.aggregate {
        let functions: Vec<String> = a
            .functions
            .iter()
            .map(|(w, f)| format!("{w}={f}"))
            .collect();
        return format!(
            "{out} {} state {} {:?}",
            functions.join(" "),
            a.state.text,
            a.options
        );
    }
    out += &format!(" {} {} {}", f.language, f.volatility, f.parallel);
    for (on, word) in [
        (f.strict, " strict"),
        (f.leakproof, " leakproof"),
        (f.security_definer, " definer"),
        (f.window, " window"),
    ] {
        out += if on { word } else { "" };
    }
    for (word, value) in [
        ("cost", &f.cost),
        ("rows", &f.rows),
        ("support", &f.support),
    ] {
        value.iter().for_each(|v| out += &format!(" {word} {v}"));
    }
    f.settings
        .iter()
        .for_each(|(k, v)| out += &format!(" {k}={v}"));
    match &f.atomic {
        Some(atomic) => out + &format!(" atomic [{}]", atomic.written),
        None => out + &format!(" body {:?}", f.body),
    }
}

fn trigger(t: &Trigger) -> String {
    let events: Vec<String> = t
        .events
        .iter()
        .map(|e| match e {
            TriggerEvent::Update(columns) if !columns.is_empty() => {
                format!("update of {}", names(columns))
            }
            TriggerEvent::Update(_) => "update".into(),
            other => format!("{other:?}").to_lowercase(),
        })
        .collect();
    let mut out = format!("{} {}", t.timing, events.join("/"));
    out += if t.each_row { " row" } else { " statement" };
    out += if t.constraint { " constraint" } else { "" };
    out += if t.deferrable { " deferrable" } else { "" };
    out += if t.initially_deferred {
        " deferred"
    } else {
        ""
    };
    t.from
        .iter()
        .for_each(|f| out += &format!(" from {}", bare(f)));
    t.transition
        .0
        .iter()
        .for_each(|n| out += &format!(" old {n}"));
    t.transition
        .1
        .iter()
        .for_each(|n| out += &format!(" new {n}"));
    t.when
        .iter()
        .for_each(|w| out += &format!(" when [{}]", w.written));
    t.function
        .iter()
        .for_each(|f| out += &format!(" {}", bare(f)));
    out + &format!(" {:?}", t.arguments)
}

fn rule(r: &Rule) -> String {
    let actions: Vec<&str> = r.actions.iter().map(|a| a.written.as_str()).collect();
    let condition = r.condition.as_ref().map_or("", |c| c.written.as_str());
    let how = if r.instead { "instead" } else { "also" };
    format!("{} to {} [{condition}] {how} {actions:?}", r.event, r.table)
}

fn policy(p: &Policy) -> String {
    format!(
        "{} {} to {} using {} check {}",
        if p.permissive {
            "permissive"
        } else {
            "restrictive"
        },
        p.command,
        p.roles.join(","),
        text(&p.using),
        text(&p.check)
    )
}
