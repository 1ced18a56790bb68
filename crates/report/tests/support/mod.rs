//! Catalogs and plans made by hand, so that the reports are tested without any dialect.

#![allow(dead_code, reason = "each test binary uses a part of it")]

pub mod faults;
pub mod schema;
pub mod sqlite;

use driftless_model::{Dialect, Kind, Name, ObjectId, Server, Version};
use driftless_planner::{
    Facts, Frame, Group, Held, Line, Lock, Loss, Mark, Plan, Segment, Step, Unproven,
};
use driftless_report::Heading;
use std::path::PathBuf;

pub const SERVER: Server = Server {
    dialect: Dialect::Postgres,
    version: Version::new(16, 0),
};

/// The committed expectation of that name.
pub fn expected(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/expected")
        .join(name)
}

pub fn name(text: &str) -> Name {
    Name::exact(text)
}

/// `orders`, `billing.invoices`
pub fn id(kind: Kind, text: &str) -> ObjectId {
    match text.split_once('.') {
        Some((schema, last)) => ObjectId::new(kind, name(schema), name(last)),
        None => ObjectId::new(kind, name("public"), name(text)),
    }
}

pub fn table(text: &str) -> ObjectId {
    id(Kind::Table, text)
}

pub fn heading() -> Heading {
    Heading {
        before: "migrations/ (12 files, up to 20261120174512)".into(),
        after: "schema/".into(),
        dialect: "postgres@16".into(),
        next: Some("driftless generate NAME --why \"…\"".into()),
    }
}

pub fn empty_plan() -> Plan {
    Plan {
        server: SERVER,
        segments: Vec::new(),
        groups: Vec::new(),
        changes: 0,
        unproven: Vec::new(),
        kept: Vec::new(),
        outside: 0,
        unmodelled: Vec::new(),
        likely_renames: Vec::new(),
        refused: Vec::new(),
        frame: Frame {
            begin: vec!["BEGIN".into()],
            commit: vec!["COMMIT".into()],
            ..Frame::default()
        },
        sizes: Default::default(),
    }
}

pub fn line(mark: Mark, what: &str, detail: &str, on: &ObjectId) -> Line {
    Line {
        mark,
        what: what.into(),
        detail: detail.into(),
        held: Held::Instant,
        losses: Vec::new(),
        because: None,
        part: on.part(),
    }
}

pub fn lock(on: &ObjectId, mode: &'static str, held: Held) -> Lock {
    Lock {
        on: on.clone(),
        mode,
        blocks_reads: mode == "ACCESS EXCLUSIVE",
        blocks_writes: true,
        held,
    }
}

pub fn step(text: &str, locks: Vec<Lock>) -> Step {
    Step {
        text: text.into(),
        actions: Vec::new(),
        because: None,
        facts: Facts {
            locks,
            ..Facts::default()
        },
        ..Step::default()
    }
}

pub fn transaction(steps: Vec<Step>) -> Segment {
    Segment {
        transaction: true,
        steps,
    }
}

/// The plan that stands in the description of the product.
pub fn orders_plan() -> Plan {
    let orders = table("orders");
    let view = id(Kind::View, "open_orders");
    let strong = |on: &ObjectId| vec![lock(on, "ACCESS EXCLUSIVE", Held::Instant)];
    let mut plan = empty_plan();
    let mut check = line(Mark::Add, "check orders_total_ck", "total >= 0", &orders);
    check.held = Held::Scan;
    let mut remade = line(Mark::Remake, "", "", &view);
    remade.because = Some("it reads orders.note".into());
    plan.groups = vec![
        Group {
            object: orders.clone(),
            lines: vec![
                line(
                    Mark::Add,
                    "column status",
                    "order_status, not null, old rows get 'new'",
                    &orders,
                ),
                line(Mark::Change, "column note", "varchar(200) → text", &orders),
                line(
                    Mark::Rename,
                    "index orders_state_idx → orders_status_idx",
                    "",
                    &orders,
                ),
                check,
            ],
        },
        Group {
            object: view.clone(),
            lines: vec![remade],
        },
    ];
    plan.changes = 4;
    let scanned = vec![lock(&orders, "SHARE UPDATE EXCLUSIVE", Held::Scan)];
    plan.segments = vec![
        transaction(vec![
            step("DROP VIEW open_orders", strong(&view)),
            step(
                "ALTER TABLE orders\n    ADD COLUMN status order_status,\n    ALTER COLUMN note TYPE text",
                strong(&orders),
            ),
            step(
                "ALTER TABLE orders ADD CONSTRAINT orders_total_ck CHECK (total >= 0) NOT VALID",
                strong(&orders),
            ),
            step(
                "CREATE VIEW open_orders AS SELECT id, note FROM orders -- all of them",
                strong(&view),
            ),
        ]),
        transaction(vec![step(
            "ALTER TABLE orders VALIDATE CONSTRAINT orders_total_ck",
            scanned,
        )]),
    ];
    plan.outside = 2;
    plan
}

/// Two losses, one of them not allowed; something unproven, kept, unmodelled; a likely rename; a step outside.
pub fn losing_plan() -> Plan {
    let orders = table("orders");
    let legacy = table("billing.legacy");
    let mut plan = empty_plan();
    let mut column = line(Mark::Drop, "column state", "", &orders);
    column.losses = vec!["the values of orders.state".into()];
    let mut gone = line(Mark::Drop, "", "", &legacy);
    gone.losses = vec!["the rows of billing.legacy".into()];
    plan.groups = vec![
        Group {
            object: orders.clone(),
            lines: vec![
                column,
                line(Mark::Add, "index orders_total_idx", "(total)", &orders),
            ],
        },
        Group {
            object: legacy.clone(),
            lines: vec![gone],
        },
    ];
    plan.changes = 3;
    let values = Loss {
        code: "D0202",
        object: "orders.state".into(),
        what: "the values of orders.state".into(),
    };
    let rows = Loss {
        code: "D0201",
        object: "billing.legacy".into(),
        what: "the rows of billing.legacy".into(),
    };
    let mut drop_column = step("ALTER TABLE orders DROP COLUMN state", vec![]);
    drop_column.facts.losses = vec![values.clone()];
    drop_column.facts.irreversible = Some("the values are gone".into());
    let mut drop_table = step("DROP TABLE billing.legacy", vec![]);
    drop_table.facts.losses = vec![rows];
    let mut index = step(
        "CREATE INDEX CONCURRENTLY orders_total_idx ON orders (total)",
        vec![lock(&orders, "SHARE UPDATE EXCLUSIVE", Held::Scan)],
    );
    index.facts.hazards = vec!["building orders_total_idx waits for older transactions".into()];
    plan.segments = vec![
        transaction(vec![drop_column, drop_table]),
        Segment {
            transaction: false,
            steps: vec![index],
        },
    ];
    plan.refused = vec![values];
    plan.unproven = vec![
        Unproven {
            id: id(Kind::View, "open_orders"),
            planned: false,
        },
        Unproven {
            id: id(Kind::View, "closed_orders"),
            planned: true,
        },
    ];
    plan.kept = vec![table("scratch")];
    plan.unmodelled = vec![driftless_model::Unmodelled {
        what: "publication".into(),
        name: "pub_orders".into(),
        on: None,
        place: None,
    }];
    plan.likely_renames = vec![(
        orders.member(&name("state")),
        orders.member(&name("status")),
    )];
    plan
}

/// A table with very many changes, the last of which loses values.
pub fn large_plan() -> Plan {
    let wide = table("wide");
    let mut plan = empty_plan();
    let mut lines: Vec<Line> = (1..=60)
        .map(|n| line(Mark::Add, &format!("column c{n}"), "text", &wide))
        .collect();
    let mut last = line(Mark::Drop, "column secret", "", &wide);
    last.losses = vec!["the values of wide.secret".into()];
    lines.push(last);
    plan.groups = vec![Group {
        object: wide,
        lines,
    }];
    for n in 1..=60 {
        let other = table(&format!("t{n}"));
        plan.groups.push(Group {
            object: other.clone(),
            lines: vec![line(Mark::Add, "", "3 columns", &other)],
        });
    }
    plan.changes = 121;
    let text = "ALTER TABLE wide ADD COLUMN c text";
    plan.segments = vec![transaction(
        (0..1200).map(|_| step(text, Vec::new())).collect(),
    )];
    plan
}

/// Names that try to break every face.
pub fn hostile_plan() -> Plan {
    let evil = table("evil\u{1b}[2J|`*x*`\r\nnext: rm -rf <b>\u{202e}");
    let wide = table("受注明細テーブル");
    let mut plan = empty_plan();
    let long = "column_with_a_name_that_goes_on_and_on_until_the_limit_of_the_engine";
    let mut lost = line(Mark::Drop, "column 備考", "varchar(200)", &wide);
    lost.losses = vec!["the values of 備考\u{7}".into()];
    plan.groups = vec![
        Group {
            object: evil.clone(),
            lines: vec![line(Mark::Add, "", "1 column", &evil)],
        },
        Group {
            object: wide.clone(),
            lines: vec![
                line(Mark::Add, "column 数量", "integer, not null", &wide),
                line(
                    Mark::Rename,
                    &format!("column {long} → {long}_as_well"),
                    "",
                    &wide,
                ),
                line(
                    Mark::Change,
                    &format!("column {long}"),
                    "varchar(200) → text",
                    &wide,
                ),
                line(Mark::Add, "check ck", &"x + ".repeat(40), &wide),
                lost,
            ],
        },
    ];
    plan.changes = 6;
    plan.segments = vec![transaction(vec![step(
        "COMMENT ON TABLE t IS '```\n</details>'",
        vec![lock(&evil, "ACCESS EXCLUSIVE", Held::Instant)],
    )])];
    plan.unproven = vec![Unproven {
        id: evil.clone(),
        planned: false,
    }];
    plan.refused = vec![Loss {
        code: "D0201",
        object: evil.to_string(),
        what: format!("the rows of {evil}"),
    }];
    plan
}
