//! A shop on PostgreSQL: every kind of object, every attribute that a document can tell.

use super::{SERVER, id, name, table};
use driftless_model::*;
use driftless_planner::{Action, Clause, Plan, SequenceClause, Step};

fn column(text: &str, ty: &str) -> Column {
    Column {
        name: name(text),
        ty: TypeRef::new(ty),
        ..Column::default()
    }
}

fn required(text: &str, ty: &str) -> Column {
    Column {
        not_null: true,
        ..column(text, ty)
    }
}

fn options(key: &str, value: &str) -> Options {
    Options::from_iter([(key.to_string(), value.to_string())])
}

fn pg(columns: Vec<Column>, ext: PgTable) -> Table {
    Table {
        columns,
        ext: TableExt::Postgres(Box::new(ext)),
    }
}

fn key(columns: &[&str]) -> Key {
    Key {
        columns: columns.iter().map(|c| KeyPart::plain(name(c))).collect(),
        ..Key::default()
    }
}

struct Shop(Catalog);

impl Shop {
    fn add(&mut self, id: ObjectId, body: impl Into<Body>) -> &mut Object {
        self.0.objects.insert(id.clone(), Object::new(body));
        self.0.objects.get_mut(&id).expect("what was just put in")
    }
    fn constraint(&mut self, on: &str, text: &str, body: ConstraintBody) -> &mut Constraint {
        let relation = table(on);
        let id = ObjectId::owned(Kind::Constraint, &relation, name(text));
        self.add(id, Constraint::new(relation, body))
            .get_mut()
            .expect("a constraint was put in")
    }
}

/// The catalog.
pub fn shop() -> Catalog {
    let mut shop = Shop(Catalog::new(SERVER));
    types(&mut shop);
    tables(&mut shop);
    constraints(&mut shop);
    others(&mut shop);
    shop.0.unmodelled.push(Unmodelled {
        what: "publication".into(),
        name: "pub_orders".into(),
        on: None,
        place: None,
    });
    shop.0.unmodelled.push(Unmodelled {
        what: "rule".into(),
        name: "r\nDROP TABLE x;".into(),
        on: Some(table("orders")),
        place: None,
    });
    shop.0
}

fn types(shop: &mut Shop) {
    let schema = |n: &str| ObjectId::new(Kind::Schema, Name::default(), name(n));
    shop.add(schema("public"), Schema {});
    shop.add(schema("billing"), Schema {}).comment = Some("money".into());
    let extension = ObjectId::new(Kind::Extension, Name::default(), name("citext"));
    shop.add(
        extension,
        Extension {
            version: Some("1.6".into()),
            schema: Some(name("public")),
        },
    );
    shop.add(
        id(Kind::Enum, "order_status"),
        Enum {
            values: vec!["new".into(), "paid".into()],
        },
    );
    shop.add(
        id(Kind::Domain, "positive"),
        Domain {
            base: TypeRef::new("numeric"),
            not_null: true,
            default: Some(SqlText::new("1")),
            collation: None,
            checks: vec![DomainCheck {
                name: name("positive_check"),
                expr: SqlText::new("VALUE > 0"),
                validated: false,
            }],
        },
    );
    shop.add(
        id(Kind::Composite, "address"),
        Composite {
            attributes: vec![Attribute {
                name: name("street"),
                ty: TypeRef::new("text"),
                collation: Some("\"C\"".into()),
            }],
        },
    );
    let owned_by = table("orders").member(&name("number"));
    shop.add(
        id(Kind::Sequence, "orders_number_seq"),
        Sequence {
            ty: "integer".into(),
            start: Some(1000),
            increment: Some(1),
            min: Some(1),
            max: Some(i64::from(i32::MAX)),
            cache: Some(1),
            owned_by: Some(owned_by),
            ..Sequence::default()
        },
    )
    .origin = Origin::Implied;
}

fn tables(shop: &mut Shop) {
    let mut total = required("total", "numeric(12,2)");
    total.default = Some(SqlText::new("0"));
    total.comment = Some("with tax".into());
    let mut doubled = column("doubled", "numeric");
    doubled.generated = Some(Box::new(Generated {
        expr: SqlText::new("total * 2"),
        stored: true,
    }));
    let mut identity = required("id", "bigint");
    identity.identity = Some(Box::new(Identity {
        always: true,
        sequence: Sequence {
            ty: "bigint".into(),
            start: Some(1),
            increment: Some(1),
            ..Sequence::default()
        },
    }));
    let mut note = column("note", "character varying(200)");
    note.collation = Some("\"de-x-icu\"".into());
    note.storage = Some("external".into());
    note.compression = Some("lz4".into());
    note.statistics = Some(500);
    let columns = vec![
        identity,
        required("number", "integer"),
        column("customer", "bigint"),
        total,
        doubled,
        note,
        column("status", "public.order_status"),
    ];
    let ext = PgTable {
        row_security: true,
        options: options("fillfactor", "70"),
        replica_identity: Some("full".into()),
        ..PgTable::default()
    };
    let orders = shop.add(table("orders"), pg(columns, ext));
    orders.comment = Some("one row per checkout".into());
    orders.owner = Some("shop".into());
    orders.grants = Some(vec![Grant {
        role: String::new(),
        privilege: "SELECT".into(),
        grantable: false,
        column: None,
    }]);
    shop.add(
        table("customers"),
        pg(
            vec![required("id", "bigint"), column("email", "public.citext")],
            PgTable::default(),
        ),
    );
    let invoices = PgTable {
        partition_by: Some(SqlText::new("RANGE (made)")),
        ..PgTable::default()
    };
    let columns = vec![required("order_id", "bigint"), column("made", "date")];
    shop.add(table("billing.invoices"), pg(columns, invoices));
    let part = PgTable {
        partition_of: Some(Partition {
            parent: table("billing.invoices"),
            bound: SqlText::new("FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"),
        }),
        unlogged: true,
        ..PgTable::default()
    };
    shop.add(table("billing.invoices_2026"), pg(Vec::new(), part));
}

fn constraints(shop: &mut Shop) {
    use ConstraintBody as C;
    shop.constraint("orders", "orders_pkey", C::PrimaryKey(key(&["id"])))
        .named = false;
    shop.constraint("customers", "customers_pkey", C::PrimaryKey(key(&["id"])));
    shop.constraint("orders", "orders_number_uq", C::Unique(key(&["number"])))
        .deferrable = true;
    let check = Check {
        expr: SqlText::new("total >= 0"),
        conflict: None,
    };
    shop.constraint("orders", "orders_total_ck", C::Check(check))
        .validated = false;
    let mut foreign = |on: &str, text: &str, column: &str, to: &str| {
        let key = ForeignKey {
            columns: vec![name(column)],
            target: table(to),
            target_columns: vec![name("id")],
            on_delete: "cascade".into(),
            on_update: "no action".into(),
            match_kind: "simple".into(),
            set_columns: Vec::new(),
            period: false,
        };
        shop.constraint(on, text, C::ForeignKey(key));
    };
    foreign("orders", "orders_customer_fkey", "customer", "customers");
    foreign(
        "billing.invoices",
        "invoices_order_fkey",
        "order_id",
        "orders",
    );
    let item = ExcludeItem {
        key: IndexKey::column(name("note")),
        operator: "=".into(),
    };
    let exclude = Exclude {
        method: "gist".into(),
        items: vec![item],
        include: Vec::new(),
        filter: Some(SqlText::new("total > 5")),
        options: Options::new(),
    };
    shop.constraint("orders", "orders_note_excl", C::Exclude(exclude));
}

fn index(relation: ObjectId, keys: Vec<IndexKey>, unique: bool) -> Index {
    Index {
        table: relation,
        unique,
        method: "btree".into(),
        keys,
        include: Vec::new(),
        filter: None,
        nulls_not_distinct: false,
        options: Options::new(),
        tablespace: None,
        valid: true,
    }
}

fn others(shop: &mut Shop) {
    let mut lower = IndexKey::column(name("note"));
    lower.expr = KeyExpr::Expr(SqlText::new("lower(note)"));
    lower.descending = true;
    let mut partial = index(table("orders"), vec![lower], false);
    partial.filter = Some(SqlText::new("status <> 'paid'"));
    shop.add(id(Kind::Index, "orders_note_idx"), partial);
    let one = vec![IndexKey::column(name("order_id"))];
    let invoices = index(table("billing.invoices"), one, true);
    shop.add(id(Kind::Index, "billing.invoices_order_idx"), invoices);
    shop.add(
        id(Kind::View, "open_orders"),
        View {
            query: SqlText::new("SELECT id FROM orders WHERE status <> 'paid'"),
            check_option: Some("local".into()),
            options: options("security_barrier", "true"),
            ..View::default()
        },
    );
    let totals = id(Kind::MaterializedView, "billing.totals");
    shop.add(
        totals.clone(),
        View {
            query: SqlText::new("SELECT 1 AS one"),
            columns: vec![name("one")],
            ..View::default()
        },
    );
    let keys = vec![IndexKey::column(name("one"))];
    shop.add(
        id(Kind::Index, "billing.totals_idx"),
        index(totals, keys, true),
    );
    programs(shop);
}

fn programs(shop: &mut Shop) {
    let touch = id(Kind::Function, "touch").with_args("");
    shop.add(
        touch.clone(),
        Function {
            returns: Some(TypeRef::new("trigger")),
            language: "plpgsql".into(),
            body: "BEGIN RETURN new; END".into(),
            volatility: "volatile".into(),
            parallel: "safe".into(),
            settings: vec![("search_path".into(), "public".into())],
            ..Function::default()
        },
    );
    shop.add(
        id(Kind::Procedure, "tidy").with_args("integer"),
        Function {
            arguments: vec![Argument {
                mode: "in",
                name: Some(name("days")),
                ty: TypeRef::new("integer"),
                default: Some(SqlText::new("7")),
            }],
            language: "sql".into(),
            atomic: Some(SqlText::new("BEGIN ATOMIC SELECT 1; END")),
            ..Function::default()
        },
    );
    let orders = table("orders");
    let trigger = Trigger {
        follows: None,
        options: Options::new(),
        table: orders.clone(),
        timing: "before".into(),
        events: vec![
            TriggerEvent::Update(vec![name("note"), name("total")]),
            TriggerEvent::Insert,
        ],
        each_row: true,
        when: Some(SqlText::new("new.total > 0")),
        function: Some(touch),
        arguments: vec!["a'b".into()],
        constraint: false,
        deferrable: false,
        initially_deferred: false,
        from: None,
        transition: (None, Some(name("fresh"))),
        enabled: 'D',
        body: None,
    };
    shop.add(
        ObjectId::owned(Kind::Trigger, &orders, name("touch")),
        trigger,
    );
    let policy = Policy {
        table: orders.clone(),
        command: "select".into(),
        permissive: false,
        roles: vec!["clerk".into()],
        using: Some(SqlText::new("customer IS NOT NULL")),
        check: None,
    };
    shop.add(ObjectId::owned(Kind::Policy, &orders, name("own")), policy);
}

fn step(text: &str, actions: Vec<Action>) -> Step {
    Step {
        text: text.into(),
        actions,
        because: None,
        facts: Default::default(),
        ..Step::default()
    }
}

/// A build whose statements are told from the catalog: their texts are not SQL that a dialect printed.
pub fn build(catalog: &Catalog) -> Plan {
    let mut plan = super::empty_plan();
    plan.server = catalog.server;
    plan.unmodelled = catalog.unmodelled.clone();
    let mut steps = Vec::new();
    let mut last = Vec::new();
    for (id, object) in &catalog.objects {
        if id.kind == Kind::Schema && id.name.key() == "public" {
            continue;
        }
        let mut made = object.clone();
        let owned_by = match &mut made.body {
            Body::Sequence(s) => s.owned_by.take(),
            _ => None,
        };
        let action = Action::create(id.clone(), made);
        let mut text = format!("CREATE {} {id}", id.kind.noun().to_uppercase());
        if let Body::Table(t) = &object.body {
            let columns: Vec<String> = t
                .columns
                .iter()
                .map(|c| format!("    {} {}", c.name, c.ty.text))
                .collect();
            text.push_str(&format!(" (\n{}\n)", columns.join(",\n")));
        }
        steps.push(step(&text, vec![action]));
        if let Some(part) = owned_by {
            let clause = Clause::Sequence(SequenceClause::OwnedBy(Some(part.clone())));
            let text = format!("ALTER SEQUENCE {id} OWNED BY {part}");
            last.push(step(&text, vec![Action::alter(id, clause)]));
        }
        if let Some(comment) = &object.comment {
            let text = format!(
                "COMMENT ON {} {id} IS '{comment}'",
                id.kind.noun().to_uppercase()
            );
            let action = Action::Comment {
                part: id.part(),
                text: Some(comment.clone()),
            };
            steps.push(step(&text, vec![action]));
        }
    }
    steps.extend(last);
    // Relations before what hangs on them, as an order of dependence has it.
    steps.sort_by_key(|s| {
        let id = s.actions.first().and_then(Action::target);
        let owned = id.is_some_and(|id| {
            matches!(
                id.kind,
                Kind::Constraint | Kind::Index | Kind::Trigger | Kind::Policy
            )
        });
        (owned, id.map(|id| id.kind))
    });
    plan.segments = vec![super::transaction(steps)];
    plan
}
