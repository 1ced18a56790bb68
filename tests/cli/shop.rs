//! The story of a shop: twenty generated migrations, on every engine at hand.
//!
//! Neighbours: `folder` writes single migrations, `versioned` runs them. Invariant: a fresh replay, a database that
//! grew file by file with rows in it, one that was made in one run, and the rehearsal agree; what is lost was allowed.

use crate::project::{Project, git};
use driftless_testkit::{Database, engine};

/// One chapter: what is added to the schema, what is replaced in it, and what it may lose.
struct Chapter {
    name: &'static str,
    why: &'static str,
    add: &'static str,
    replace: &'static [(&'static str, &'static str)],
    allow: &'static [&'static str],
}

const fn adds(name: &'static str, why: &'static str, add: &'static str) -> Chapter {
    Chapter {
        name,
        why,
        add,
        replace: &[],
        allow: &[],
    }
}

const fn turns(
    name: &'static str,
    why: &'static str,
    replace: &'static [(&'static str, &'static str)],
) -> Chapter {
    Chapter {
        name,
        why,
        add: "",
        replace,
        allow: &[],
    }
}

const POSTGRES: [Chapter; 20] = [
    adds(
        "customers",
        "somebody buys",
        "CREATE TABLE customers (\n  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n  email text NOT NULL UNIQUE,\n  fax text\n);\n",
    ),
    adds(
        "products",
        "something is sold",
        "CREATE TABLE products (\n  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n  name varchar(80) NOT NULL,\n  price numeric(10,2) NOT NULL CHECK (price >= 0)\n);\n",
    ),
    adds(
        "orders",
        "sales are kept",
        "CREATE TABLE orders (\n  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n  customer bigint NOT NULL REFERENCES customers ON DELETE CASCADE,\n  state text NOT NULL DEFAULT 'new'\n);\n",
    ),
    adds(
        "order_lines",
        "an order has many products",
        "CREATE TABLE order_lines (\n  \"order\" bigint REFERENCES orders ON DELETE CASCADE,\n  line int,\n  product bigint NOT NULL REFERENCES products,\n  amount int NOT NULL DEFAULT 1,\n  PRIMARY KEY (\"order\", line)\n);\n",
    ),
    turns(
        "order_notes",
        "the packers want to read wishes",
        &[("  state text", "  note varchar(200),\n  state text")],
    ),
    adds(
        "orders_by_customer",
        "the account page is slow",
        "CREATE INDEX orders_customer_idx ON orders (customer, id DESC);\n",
    ),
    turns(
        "order_status",
        "it was never a federal state",
        &[(
            "  state text",
            "  status text /* driftless:renamed-from state */",
        )],
    ),
    Chapter {
        name: "status_enum",
        why: "typing errors were shipped",
        add: "CREATE TYPE order_status AS ENUM ('new', 'paid', 'done');\n",
        replace: &[(
            "status text /* driftless:renamed-from state */ NOT NULL DEFAULT 'new'",
            "status order_status NOT NULL DEFAULT 'new'",
        )],
        allow: &["D0203:orders.status"],
    },
    adds(
        "open_orders",
        "the packers want a list",
        "CREATE VIEW open_orders AS SELECT id, customer, note, status FROM orders WHERE status <> 'done';\n",
    ),
    adds(
        "open_amounts",
        "how much is to be packed",
        "CREATE VIEW open_amounts AS SELECT o.id, o.note, sum(l.amount) AS amount FROM open_orders o JOIN order_lines l ON l.\"order\" = o.id GROUP BY o.id, o.note;\n",
    ),
    turns(
        "longer_notes",
        "wishes are long",
        &[("note varchar(200)", "note text")],
    ),
    turns(
        "customer_country",
        "taxes differ",
        &[(
            "  fax text",
            "  country char(2) NOT NULL CHECK (country = upper(country)), -- driftless:backfill 'DE'\n  fax text",
        )],
    ),
    turns(
        "product_title",
        "names are for people",
        &[(
            "  name varchar(80)",
            "  title varchar(80) /* driftless:renamed-from name */",
        )],
    ),
    turns(
        "refunds",
        "some come back",
        &[("'paid', 'done'", "'paid', 'refunded', 'done'")],
    ),
    turns(
        "totals",
        "prices change, paid totals do not",
        &[(
            "  note text",
            "  total numeric(12,2) NOT NULL DEFAULT 0 CHECK (total >= 0),\n  note text",
        )],
    ),
    adds(
        "orders_by_status",
        "the list of the packers is slow",
        "CREATE INDEX orders_status_idx ON orders (status) WHERE status <> 'done';\n",
    ),
    adds(
        "comments",
        "new colleagues ask",
        "COMMENT ON TABLE orders IS 'one row per checkout';\nCOMMENT ON COLUMN orders.total IS 'as it was paid';\n",
    ),
    adds(
        "payments",
        "money comes in several ways",
        "CREATE TABLE payments (\n  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n  \"order\" bigint NOT NULL REFERENCES orders,\n  amount numeric(12,2) NOT NULL,\n  paid_at timestamptz NOT NULL DEFAULT now(),\n  UNIQUE (\"order\", paid_at)\n);\n",
    ),
    Chapter {
        name: "no_fax",
        why: "nobody has one",
        add: "",
        replace: &[
            ("  fax text\n", ""),
            ("-- driftless:backfill 'DE'\n", "\n"),
            ("country = upper(country)),", "country = upper(country))"),
        ],
        allow: &["D0202:customers.fax"],
    },
    adds(
        "paid_orders",
        "bookkeeping",
        "CREATE FUNCTION paid(bigint) RETURNS numeric LANGUAGE sql STABLE AS $$ SELECT coalesce(sum(amount), 0) FROM payments WHERE \"order\" = $1 $$;\nCREATE VIEW paid_orders AS SELECT id, total, paid(id) AS paid FROM orders WHERE status = 'paid';\n",
    ),
];

const MYSQL: [Chapter; 20] = [
    adds(
        "customers",
        "somebody buys",
        "CREATE TABLE customers (\n  id bigint AUTO_INCREMENT PRIMARY KEY,\n  email varchar(120) NOT NULL,\n  fax text,\n  UNIQUE KEY email (email)\n);\n",
    ),
    adds(
        "products",
        "something is sold",
        "CREATE TABLE products (\n  id bigint AUTO_INCREMENT PRIMARY KEY,\n  name varchar(60) NOT NULL,\n  price decimal(10,2) NOT NULL,\n  CONSTRAINT priced CHECK (price >= 0)\n);\n",
    ),
    adds(
        "orders",
        "sales are kept",
        "CREATE TABLE orders (\n  id bigint AUTO_INCREMENT PRIMARY KEY,\n  customer bigint NOT NULL,\n  state varchar(20) NOT NULL DEFAULT 'new',\n  CONSTRAINT orders_customer FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE\n);\n",
    ),
    adds(
        "order_lines",
        "an order has many products",
        "CREATE TABLE order_lines (\n  `order` bigint NOT NULL,\n  line int NOT NULL,\n  product bigint NOT NULL,\n  amount int NOT NULL DEFAULT 1,\n  PRIMARY KEY (`order`, line),\n  CONSTRAINT lines_order FOREIGN KEY (`order`) REFERENCES orders (id) ON DELETE CASCADE,\n  CONSTRAINT lines_product FOREIGN KEY (product) REFERENCES products (id)\n);\n",
    ),
    turns(
        "order_notes",
        "the packers want to read wishes",
        &[(
            "  state varchar(20)",
            "  note varchar(200),\n  state varchar(20)",
        )],
    ),
    adds(
        "orders_by_customer",
        "the account page is slow",
        "CREATE INDEX orders_customer_idx ON orders (customer, id DESC);\n",
    ),
    turns(
        "order_status",
        "it was never a federal state",
        &[(
            "  state varchar(20)",
            "  status varchar(20) /* driftless:renamed-from state */",
        )],
    ),
    Chapter {
        name: "status_enum",
        why: "typing errors were shipped",
        add: "",
        replace: &[(
            "status varchar(20) /* driftless:renamed-from state */",
            "status enum('new','paid','done')",
        )],
        allow: &["D0203:orders.status"],
    },
    adds(
        "open_orders",
        "the packers want a list",
        "CREATE VIEW open_orders AS SELECT id, customer, note, status FROM orders WHERE status <> 'done';\n",
    ),
    adds(
        "open_amounts",
        "how much is to be packed",
        "CREATE VIEW open_amounts AS SELECT o.id, o.note, sum(l.amount) AS amount FROM open_orders o JOIN order_lines l ON l.`order` = o.id GROUP BY o.id, o.note;\n",
    ),
    turns(
        "longer_notes",
        "wishes are long",
        &[("note varchar(200)", "note text")],
    ),
    turns(
        "customer_country",
        "taxes differ",
        &[(
            "  fax text",
            "  country char(2) NOT NULL, -- driftless:backfill 'DE'\n  fax text",
        )],
    ),
    turns(
        "product_title",
        "names are for people",
        &[(
            "  name varchar(60)",
            "  title varchar(60) /* driftless:renamed-from name */",
        )],
    ),
    turns(
        "refunds",
        "some come back",
        &[("'paid','done'", "'paid','done','refunded'")],
    ),
    turns(
        "totals",
        "prices change, paid totals do not",
        &[(
            "  note text",
            "  total decimal(12,2) NOT NULL DEFAULT 0,\n  note text",
        )],
    ),
    turns(
        "who_wrote",
        "complaints",
        &[(
            "  note text",
            "  changed datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP COMMENT 'by anybody',\n  note text",
        )],
    ),
    adds(
        "tidy",
        "blanks in notes",
        "DELIMITER //\nCREATE TRIGGER tidy BEFORE UPDATE ON orders FOR EACH ROW\nBEGIN\n  IF NEW.note IS NOT NULL THEN\n    SET NEW.note = trim(NEW.note);\n  END IF;\nEND//\nDELIMITER ;\n",
    ),
    adds(
        "payments",
        "money comes in several ways",
        "CREATE TABLE payments (\n  id bigint AUTO_INCREMENT PRIMARY KEY,\n  `order` bigint NOT NULL,\n  amount decimal(12,2) NOT NULL,\n  cents bigint GENERATED ALWAYS AS (amount * 100) VIRTUAL,\n  paid_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,\n  UNIQUE KEY once (`order`, paid_at),\n  CONSTRAINT payments_order FOREIGN KEY (`order`) REFERENCES orders (id)\n);\n",
    ),
    Chapter {
        name: "no_fax",
        why: "nobody has one",
        add: "",
        replace: &[
            ("  fax text,\n", ""),
            (" -- driftless:backfill 'DE'\n", "\n"),
        ],
        allow: &["D0202:customers.fax"],
    },
    adds(
        "paid_orders",
        "bookkeeping",
        "CREATE FUNCTION paid(wanted bigint) RETURNS decimal(12,2) READS SQL DATA RETURN (SELECT coalesce(sum(amount), 0) FROM payments WHERE `order` = wanted);\nCREATE VIEW paid_orders AS SELECT id, total, paid(id) AS paid FROM orders WHERE status = 'paid';\n",
    ),
];

const SQLITE: [Chapter; 20] = [
    adds(
        "customers",
        "somebody buys",
        "CREATE TABLE customers (\n  id INTEGER PRIMARY KEY,\n  email TEXT NOT NULL UNIQUE,\n  fax TEXT\n);\n",
    ),
    adds(
        "products",
        "something is sold",
        "CREATE TABLE products (\n  id INTEGER PRIMARY KEY,\n  name TEXT NOT NULL,\n  price INTEGER NOT NULL CHECK (price >= 0)\n);\n",
    ),
    adds(
        "orders",
        "sales are kept",
        "CREATE TABLE orders (\n  id INTEGER PRIMARY KEY,\n  customer INTEGER NOT NULL REFERENCES customers ON DELETE CASCADE,\n  state TEXT NOT NULL DEFAULT 'new'\n);\n",
    ),
    adds(
        "order_lines",
        "an order has many products",
        "CREATE TABLE order_lines (\n  \"order\" INTEGER NOT NULL REFERENCES orders ON DELETE CASCADE,\n  line INTEGER NOT NULL,\n  product INTEGER NOT NULL REFERENCES products,\n  amount INTEGER NOT NULL DEFAULT 1,\n  PRIMARY KEY (\"order\", line)\n) WITHOUT ROWID;\n",
    ),
    turns(
        "order_notes",
        "the packers want to read wishes",
        &[("  state TEXT", "  note VARCHAR(200),\n  state TEXT")],
    ),
    adds(
        "orders_by_customer",
        "the account page is slow",
        "CREATE INDEX orders_customer_idx ON orders (customer, id DESC);\n",
    ),
    turns(
        "order_status",
        "it was never a federal state",
        &[(
            "  state TEXT",
            "  status TEXT /* driftless:renamed-from state */",
        )],
    ),
    turns(
        "status_check",
        "typing errors were shipped",
        &[(
            "status TEXT /* driftless:renamed-from state */ NOT NULL DEFAULT 'new'",
            "status TEXT NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'paid', 'done'))",
        )],
    ),
    adds(
        "open_orders",
        "the packers want a list",
        "CREATE VIEW open_orders AS SELECT id, customer, note, status FROM orders WHERE status <> 'done';\n",
    ),
    adds(
        "open_amounts",
        "how much is to be packed",
        "CREATE VIEW open_amounts AS SELECT o.id, o.note, sum(l.amount) AS amount FROM open_orders o JOIN order_lines l ON l.\"order\" = o.id GROUP BY o.id, o.note;\n",
    ),
    turns(
        "longer_notes",
        "wishes are long",
        &[("note VARCHAR(200)", "note TEXT")],
    ),
    turns(
        "customer_country",
        "taxes differ",
        &[(
            "  fax TEXT",
            "  country TEXT NOT NULL CHECK (country = upper(country)), -- driftless:backfill 'DE'\n  fax TEXT",
        )],
    ),
    turns(
        "product_title",
        "names are for people",
        &[(
            "  name TEXT",
            "  title TEXT /* driftless:renamed-from name */",
        )],
    ),
    turns(
        "refunds",
        "some come back",
        &[("'paid', 'done'", "'paid', 'refunded', 'done'")],
    ),
    turns(
        "totals",
        "prices change, paid totals do not",
        &[(
            "  note TEXT",
            "  total INTEGER NOT NULL DEFAULT 0 CHECK (total >= 0),\n  note TEXT",
        )],
    ),
    adds(
        "orders_by_status",
        "the list of the packers is slow",
        "CREATE INDEX orders_status_idx ON orders (status) WHERE status <> 'done';\n",
    ),
    adds(
        "order_log",
        "new colleagues ask who did that",
        "CREATE TABLE order_log (id INTEGER PRIMARY KEY, \"order\" INTEGER NOT NULL, status TEXT NOT NULL);\nCREATE TRIGGER orders_log AFTER UPDATE OF status ON orders BEGIN INSERT INTO order_log (\"order\", status) VALUES (new.id, new.status); END;\n",
    ),
    adds(
        "payments",
        "money comes in several ways",
        "CREATE TABLE payments (\n  id INTEGER PRIMARY KEY,\n  \"order\" INTEGER NOT NULL REFERENCES orders,\n  amount INTEGER NOT NULL,\n  paid_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,\n  UNIQUE (\"order\", paid_at)\n);\n",
    ),
    Chapter {
        name: "no_fax",
        why: "nobody has one",
        add: "",
        replace: &[
            ("  fax TEXT\n", ""),
            ("-- driftless:backfill 'DE'\n", "\n"),
            ("country = upper(country)),", "country = upper(country))"),
        ],
        allow: &["D0202:customers.fax"],
    },
    adds(
        "paid_orders",
        "bookkeeping",
        "CREATE VIEW paid_orders AS SELECT o.id, o.total, sum(p.amount) AS paid FROM orders o JOIN payments p ON p.\"order\" = o.id WHERE o.status = 'paid' GROUP BY o.id, o.total;\n",
    ),
];

/// After the fourth chapter there are rows, as in every shop.
const ROWS: &str = "\
INSERT INTO customers (email) VALUES ('a@example.com'), ('b@example.com');
INSERT INTO products (name, price) VALUES ('bread', 3), ('wine', 12);
INSERT INTO orders (customer, state) VALUES (1, 'new'), (2, 'paid'), (1, 'done');
INSERT INTO order_lines (\"order\", line, product, amount) VALUES (1, 1, 1, 2), (1, 2, 2, 1), (2, 1, 2, 6);
";

/// The same, as MySQL quotes.
fn rows_of_mysql() -> String {
    ROWS.replace('"', "`")
}

fn story(dialect: &str, chapters: &[Chapter], grown: &str, fresh: &str, sql: &dyn Fn(&str)) {
    let project = Project::of(&[]);
    git(project.path(), &["init", "-q"]);
    let config = format!(
        "dialect: {dialect}\n{}schema: schema.sql\nmigrations: migrations/\ndefault_environment: grown\nenvironments:\n  grown: {{ url: '{}' }}\n  fresh: {{ url: '{}' }}\n",
        if dialect.starts_with('m') {
            "scratch: target\n"
        } else {
            ""
        },
        grown,
        fresh,
    );
    project.write("driftless.yaml", config.as_bytes());
    let mut schema = String::new();
    for (at, chapter) in chapters.iter().enumerate() {
        for (from, to) in chapter.replace {
            assert!(schema.contains(from), "{}: {from}", chapter.name);
            schema = schema.replacen(from, to, 1);
        }
        schema.push_str(chapter.add);
        project.write("schema.sql", schema.as_bytes());
        let stamp = (20_260_101_000_000 + at as u64 * 1_000_000).to_string();
        let mut args = vec!["generate", chapter.name, "--why", chapter.why];
        args.extend(["--version-stamp", &stamp]);
        args.extend(chapter.allow.iter().flat_map(|allow| ["--allow", allow]));
        project.run(&args).ends(0);
        project
            .run(&["plan", "--exit-code"])
            .ends(0)
            .says("no changes");
        project.run(&["apply"]).ends(0).says("applied 1 migration");
        if at == 3 {
            sql(ROWS);
        }
        if at % 7 == 6 {
            commit(&project, "Ada");
        }
    }
    commit(&project, "Grace");

    project
        .run(&["apply", "--env", "fresh"])
        .ends(0)
        .says("applied 20 migrations");
    project
        .run(&["drift"])
        .ends(0)
        .says("2 clean")
        .says("grown ↔ fresh  the same");
    project
        .run(&["verify", "--rehearse"])
        .ends(0)
        .says("rehearsed on");
    project
        .run(&["status", "--exit-code"])
        .ends(0)
        .says("20 applied");
    for env in ["grown", "fresh"] {
        project
            .run(&["plan", "--env", env, "--exit-code"])
            .ends(0)
            .says("no changes");
    }
    let told = project
        .run(&["history", "orders.status"])
        .ends(0)
        .says("> column orders.status: was state")
        .says("order_status  Ada · ")
        .says("why: it was never a federal state")
        .says("applied on grown")
        .says("applied on fresh");
    keep(&format!("issue4-history-{dialect}.txt"), &told.out);
    project
        .run(&[
            "rollback",
            "--env",
            "fresh",
            "--to",
            "0",
            "--yes",
            "--allow-destructive",
        ])
        .ends(0);
    project.run(&["drift", "fresh"]).ends(0);
}

fn commit(project: &Project, who: &str) {
    git(project.path(), &["add", "-A"]);
    let (name, mail) = (format!("user.name={who}"), "user.email=shop@example.com");
    git(
        project.path(),
        &["-c", &name, "-c", mail, "commit", "-qm", "the shop grows"],
    );
}

/// What a person shall see, where the variable names a folder for it.
fn keep(name: &str, text: &str) {
    if let Some(folder) = std::env::var_os("DRIFTLESS_TEST_SHOWN") {
        std::fs::write(std::path::Path::new(&folder).join(name), text).expect("a file");
    }
}

#[test]
fn on_sqlite() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = |name: &str| dir.path().join(name);
    let url = |name: &str| format!("sqlite:{}", path(name).display());
    let base = || rusqlite::Connection::open(path("grown.db")).expect("a database");
    let sql = |text: &str| base().execute_batch(text).expect("rows");
    story("sqlite", &SQLITE, &url("grown.db"), &url("fresh.db"), &sql);
    let ask = |text: &str| {
        let value = base().query_row(text, [], |row| row.get::<_, String>(0));
        value.expect("a value")
    };
    assert_eq!(ask("SELECT group_concat(country) FROM customers"), "DE,DE");
    assert_eq!(
        ask("SELECT group_concat(status) FROM orders ORDER BY id"),
        "new,paid,done"
    );
}

fn on_a_mysql(name: &str, dialect: &str) {
    let Ok(engine::Engine::Mariadb(server)) = engine::engine(name) else {
        return;
    };
    engine::ran_live("the shop");
    let [grown, fresh] =
        ["grown", "fresh"].map(|name| server.fresh_database(name).expect("a database"));
    let sql = |_: &str| drop(grown.run(&rows_of_mysql()).expect("rows"));
    story(dialect, &MYSQL, &grown.url(), &fresh.url(), &sql);
    let ask = |text: &str| grown.run(text).expect("a value").trim().to_owned();
    assert_eq!(ask("SELECT group_concat(country) FROM customers"), "DE,DE");
    assert_eq!(
        ask("SELECT group_concat(status ORDER BY id) FROM orders"),
        "new,paid,done"
    );
}

#[test]
fn on_mariadb() {
    on_a_mysql("mariadb", "mariadb@10.11");
}

#[test]
fn on_mysql() {
    on_a_mysql("mysql", "mysql@9.7");
}

#[test]
fn on_postgres() {
    let Ok(server) = engine::postgres() else {
        return;
    };
    engine::ran_live("the shop");
    let [grown, fresh]: [Database; 2] =
        ["grown", "fresh"].map(|name| server.fresh_database(name).expect("a database"));
    let sql = |text: &str| drop(grown.query(text).expect("rows"));
    story("postgres", &POSTGRES, grown.url(), fresh.url(), &sql);
    let ask = |text: &str| grown.query(text).expect("a value")[0][0].clone();
    assert_eq!(
        ask("SELECT string_agg(country, ',') FROM customers").as_deref(),
        Some("DE,DE")
    );
    assert_eq!(
        ask("SELECT string_agg(status::text, ',' ORDER BY id) FROM orders").as_deref(),
        Some("new,paid,done")
    );
}
