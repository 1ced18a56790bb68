//! Projects with migrations: generated, verified, merged, forged, adopted, and asked for their history.
//!
//! Neighbours: crate `migrations` tests the same on texts. Invariant: where SQLite is the dialect, the files are run by
//! the engine itself too, and its own schema is held against what was declared.

use crate::project::{Project, git};

struct Shop {
    dialect: &'static str,
    stamp: u64,
    project: Project,
}

const FIRST: &str = "
CREATE TABLE customers (id integer PRIMARY KEY, email text NOT NULL);
CREATE TABLE orders (id integer PRIMARY KEY, customer integer REFERENCES customers (id), state text, note text);
CREATE INDEX orders_customer_idx ON orders (customer);
";

/// Each with what it is called, and what its loss is allowed by.
const STORY: [(&str, &str, &[&str]); 5] = [
    ("first", FIRST, &[]),
    (
        "totals",
        "
CREATE TABLE customers (id integer PRIMARY KEY, email text NOT NULL);
CREATE TABLE orders (id integer PRIMARY KEY, customer integer REFERENCES customers (id), status text, -- driftless:renamed-from state
  note text, total integer NOT NULL DEFAULT 0 CHECK (total >= 0));
CREATE INDEX orders_customer_idx ON orders (customer);
CREATE VIEW open_orders AS SELECT id, total FROM orders WHERE status <> 'done';
",
        &[],
    ),
    (
        "purchases",
        "
CREATE TABLE customers (id integer PRIMARY KEY, email text NOT NULL);
CREATE TABLE purchases ( -- driftless:renamed-from orders
  id integer PRIMARY KEY, customer integer REFERENCES customers (id), status text NOT NULL DEFAULT 'new', -- driftless:backfill 'new'
  total integer NOT NULL DEFAULT 0 CHECK (total >= 0));
CREATE INDEX orders_customer_idx ON purchases (customer);
CREATE VIEW open_orders AS SELECT id, total FROM purchases WHERE status <> 'done';
",
        &["--allow-destructive"],
    ),
    (
        "countries",
        "
CREATE TABLE customers (id integer PRIMARY KEY, email text NOT NULL UNIQUE, country text NOT NULL DEFAULT 'SE');
CREATE TABLE purchases (id integer PRIMARY KEY, customer integer REFERENCES customers (id), status text NOT NULL DEFAULT 'new',
  total integer NOT NULL DEFAULT 0 CHECK (total >= 0));
CREATE INDEX orders_customer_idx ON purchases (customer);
CREATE INDEX customers_country_idx ON customers (country) WHERE country <> 'SE';
CREATE VIEW open_orders AS SELECT id, total FROM purchases WHERE status <> 'done';
",
        &[],
    ),
    (
        "lines",
        "
CREATE TABLE customers (id integer PRIMARY KEY, email text NOT NULL UNIQUE, country text NOT NULL DEFAULT 'SE');
CREATE TABLE purchases (id integer PRIMARY KEY, customer integer REFERENCES customers (id), status text NOT NULL DEFAULT 'new',
  total integer NOT NULL DEFAULT 0 CHECK (total >= 0));
CREATE TABLE lines (purchase integer REFERENCES purchases (id) ON DELETE CASCADE, what text NOT NULL, quantity integer CHECK (quantity > 0),
  PRIMARY KEY (purchase, what));
CREATE INDEX orders_customer_idx ON purchases (customer);
CREATE VIEW open_orders AS SELECT id, total, customer FROM purchases WHERE status <> 'done';
",
        &[],
    ),
];

const SHOP: [&str; 3] = [
    "20260101000000_first",
    "20260101000001_totals",
    "20260101000002_purchases",
];

impl Shop {
    fn of(dialect: &'static str) -> Shop {
        let config = format!(
            "dialect: {dialect}\nschema: [schema/]\nmigrations: migrations/\nenvironments: {{ dev: {{ url: \"sqlite:dev.db\" }} }}\n"
        );
        let config = match dialect {
            "sqlite" => config,
            _ => config.lines().take(3).collect::<Vec<_>>().join("\n"),
        };
        let project = Project::of(&[("driftless.yaml", &config), ("schema/all.sql", "")]);
        Shop {
            dialect,
            stamp: 20_260_101_000_000,
            project,
        }
    }

    /// The first chapters of the story.
    fn grown(dialect: &'static str, chapters: usize) -> Shop {
        let mut shop = Shop::of(dialect);
        for (name, schema, allow) in STORY.iter().take(chapters) {
            shop.generate(name, schema, allow);
        }
        shop
    }

    fn declare(&self, schema: &str) {
        self.project.write("schema/all.sql", schema.as_bytes());
    }

    #[track_caller]
    fn generate(&mut self, name: &str, schema: &str, allow: &[&str]) {
        self.declare(schema);
        let stamp = self.stamp.to_string();
        self.stamp += 1;
        let why = format!("the shop needs {name}");
        let mut args = vec!["generate", name, "--why", &why, "--version-stamp", &stamp];
        args.extend(allow);
        self.project.run(&args).ends(0).says("wrote migrations/");
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.project.path().join("migrations").join(path)).expect("a file")
    }

    fn put(&self, path: &str, text: &str) {
        self.project
            .write(&format!("migrations/{path}"), text.as_bytes());
    }

    fn up(&self, stem: &str) -> String {
        self.read(&format!("{stem}.sql"))
    }

    fn stems(&self) -> Vec<String> {
        let mut found: Vec<String> = std::fs::read_dir(self.project.path().join("migrations"))
            .expect("a folder")
            .filter_map(|e| {
                e.ok()?
                    .file_name()
                    .to_str()?
                    .strip_suffix(".sql")
                    .map(str::to_string)
            })
            .collect();
        found.sort();
        found
    }

    #[track_caller]
    fn verify(&self, code: i32) -> crate::project::Ran {
        self.project.run(&["verify"]).ends(code)
    }

    /// A copy of the whole project.
    fn copy(&self) -> Shop {
        let project = Project::of(&[]);
        copy(self.project.path(), project.path());
        Shop {
            dialect: self.dialect,
            stamp: self.stamp,
            project,
        }
    }
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            std::fs::create_dir_all(&target).expect("a folder");
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("a copy");
        }
    }
}

#[test]
fn a_shop_grows() {
    for dialect in ["sqlite", "postgres@16"] {
        let shop = Shop::grown(dialect, STORY.len());
        shop.verify(0).says("10 files verified");
        shop.project.run(&["plan", "--exit-code"]).ends(0);
        shop.project
            .run(&["generate", "more", "--why", "nothing"])
            .ends(0)
            .says("nothing to do");
        assert_eq!(shop.stems().len(), STORY.len());
        let text = shop.up(SHOP[1]);
        assert!(text.contains("-- why: the shop needs totals\n"), "{text}");
        assert_eq!(text.contains("rehearsed: sqlite "), dialect == "sqlite");
        for (version, end) in [(20_260_101_000_000_u64, 0), (20_260_101_000_004, 4)] {
            let state = format!("migrations:migrations@{version}");
            shop.declare(STORY[end].1);
            shop.project
                .run(&["diff", "--from", &state, "--to", "schema/", "--exit-code"])
                .ends(0);
        }
        shop.project
            .run(&["inspect", "migrations:migrations"])
            .ends(0)
            .says("CREATE TABLE");
        shop.project
            .run(&["inspect", "migrations:migrations@7"])
            .ends(1)
            .warns("D0732");
    }
}

#[test]
fn the_engine_runs_the_files_there_and_back() {
    let shop = Shop::grown("sqlite", STORY.len());
    shop.project
        .run(&["verify", "--rehearse"])
        .ends(0)
        .says("rehearsed on sqlite");
    let base = shop.project.base("dev.db");
    let mut states = vec![shop.project.state("dev.db")];
    for stem in shop.stems() {
        base.execute_batch(&shop.up(&stem)).expect("it runs");
        states.push(shop.project.state("dev.db"));
    }
    shop.project
        .run(&["plan", "--env", "dev", "--exit-code"])
        .ends(0)
        .says("no drift")
        .says("pending: none");
    for stem in shop.stems().iter().rev() {
        base.execute_batch(&shop.read(&format!("down/{stem}.sql")))
            .expect("it runs back");
        states.pop();
    }
    shop.project
        .run(&["plan", "--env", "dev"])
        .ends(0)
        .says("is empty")
        .says("pending: 20260101000000_first and 4 more");
    base.execute_batch("CREATE TABLE by_hand (a INT)")
        .expect("a table");
    shop.project
        .run(&["plan", "--env", "dev"])
        .ends(0)
        .says("1 difference is drift")
        .says("not yet generated: nothing");
}

#[test]
fn what_is_lost_needs_consent_in_the_file() {
    let mut shop = Shop::grown("sqlite", 2);
    shop.declare(STORY[2].1);
    let before = shop.stems();
    shop.project
        .run(&["generate", "purchases", "--why", "names"])
        .ends(3)
        .warns("error[D0202]");
    assert_eq!(shop.stems(), before);
    shop.generate(
        "purchases",
        STORY[2].1,
        &["--allow", "D0202:purchases.note"],
    );
    let text = shop.up(SHOP[2]);
    assert!(
        text.contains("-- driftless:allow D0202 purchases.note\n"),
        "{text}"
    );
    let down = shop.read(&format!("down/{}.sql", SHOP[2]));
    assert!(down.contains("-- cannot bring back: "), "{down}");
}

#[test]
fn a_reason_and_a_name_are_asked_for() {
    let shop = Shop::of("sqlite");
    shop.declare(FIRST);
    for (args, code) in [
        (&["generate", "first"][..], "D0730"),
        (&["generate", "first", "--why", "  "], "D0730"),
        (&["generate", "../first", "--why", "x"], "D0731"),
        (&["generate", "first", "--why", "x", "--amend"], "D0733"),
        (&["new", "a/b", "--why", "x"], "D0731"),
    ] {
        shop.project.run(args).ends(1).warns(code);
    }
    shop.project.run(&["generate", "--why", "x"]).ends(64);
    assert!(!shop.project.has("migrations"), "something was written");
}

#[test]
fn a_file_that_was_changed_is_found() {
    let whole = Shop::grown("sqlite", 3);
    let up = format!("{}.sql", SHOP[1]);

    let shop = whole.copy();
    shop.put(&up, &format!("{}-- a remark\n", shop.read(&up)));
    shop.verify(2).says("D0706");
    shop.declare(STORY[3].1);
    shop.project
        .run(&["generate", "more", "--why", "x"])
        .ends(1)
        .warns("D0706");
    shop.declare(STORY[2].1);
    shop.project
        .run(&["seal"])
        .ends(0)
        .says(&format!("edited {up}"))
        .says("sealed 1 of 6 files");
    shop.verify(0);
    shop.project.run(&["seal"]).ends(0).says("nothing to seal");

    // Forged, and sealed.
    let shop = whole.copy();
    let text = shop.read(&up);
    let locks = text
        .lines()
        .find(|l| l.starts_with("-- locks: "))
        .expect("locks");
    shop.put(&up, &text.replace(locks, "-- locks: none"));
    shop.project.run(&["seal"]).ends(0);
    shop.verify(2).says("D0713").says(locks);
    shop.project
        .run(&["verify", "--format", "github"])
        .ends(2)
        .says(&format!("::error file=migrations/{up},line="))
        .says("title=D0713::");
    let json = shop.project.run(&["verify", "--format", "json"]).ends(2);
    let json: serde_json::Value = serde_json::from_str(&json.out).expect("it is JSON");
    assert_eq!(json["clean"], false);
    assert_eq!(json["findings"][0]["code"], "D0713");
    shop.project
        .run(&["verify", "--format", "markdown"])
        .ends(2)
        .says("| error D0713 |");

    // Line endings are no change.
    let shop = whole.copy();
    for path in [up.clone(), format!("down/{up}"), "driftless.sum".into()] {
        shop.put(&path, &shop.read(&path).replace('\n', "\r\n"));
    }
    shop.verify(0);
}

#[test]
fn a_folder_that_is_not_whole() {
    let whole = Shop::grown("sqlite", 2);
    let up = format!("{}.sql", SHOP[1]);
    let remove = |shop: &Shop, path: &str| {
        std::fs::remove_file(shop.project.path().join("migrations").join(path)).expect("a file");
    };

    let shop = whole.copy();
    remove(&shop, &format!("down/{up}"));
    shop.verify(2).says("D0708");
    shop.project.run(&["seal"]).ends(0).says("gone down/");
    shop.verify(0).says("has no way back");

    let shop = whole.copy();
    shop.put(
        "20260101000001_again.sql",
        &shop.read(&up).replace("000001 totals", "000001 again"),
    );
    shop.verify(2).says("D0702");
    shop.project
        .run(&["generate", "x", "--why", "x"])
        .ends(1)
        .warns("D0702");

    let shop = whole.copy();
    let sum = shop.read("driftless.sum");
    shop.put(
        "driftless.sum",
        &format!("<<<<<<< ours\n{sum}=======\n{sum}>>>>>>> theirs\n"),
    );
    shop.verify(2).says("D0705");
    shop.project.run(&["seal"]).ends(0);
    shop.verify(0);
    assert_eq!(shop.read("driftless.sum"), sum);

    let shop = whole.copy();
    remove(&shop, "driftless.sum");
    shop.verify(2).says("D0707");

    let shop = whole.copy();
    let text = shop.read(&up);
    shop.put(&up, &text[..text.len() / 2]);
    shop.verify(2);

    let shop = whole.copy();
    shop.put("bad.sql", "SELECT 1;");
    shop.verify(2).says("D0701");
    shop.put("bad.sql", "");
    std::fs::write(shop.project.path().join("migrations/bad.sql"), b"\xff").expect("a file");
    shop.verify(1);

    let shop = whole.copy();
    shop.declare(STORY[3].1);
    shop.verify(2).says("D0716").says("country");
}

#[test]
fn the_newest_is_written_anew() {
    let mut shop = Shop::grown("sqlite", 2);
    shop.declare(
        STORY[1]
            .1
            .replace("total integer", "amount integer")
            .replace("total", "amount")
            .as_str(),
    );
    shop.project.run(&["generate", "--amend"]).ends(0);
    assert_eq!(shop.stems(), SHOP[..2]);
    let text = shop.up(SHOP[1]);
    assert!(
        text.contains("amount") && !text.contains("total "),
        "{text}"
    );
    assert!(text.contains("-- why: the shop needs totals"), "{text}");
    shop.verify(0);
    shop.project
        .run(&["generate", "amounts", "--amend", "--why", "a better word"])
        .ends(0);
    assert_eq!(shop.stems(), [SHOP[0], "20260101000001_amounts"]);
    shop.verify(0);
    shop.project
        .run(&[
            "new",
            "by_hand",
            "--why",
            "rows",
            "--version-stamp",
            "20260201000000",
        ])
        .ends(0);
    shop.project
        .run(&["generate", "--amend"])
        .ends(1)
        .warns("D0733");
    shop.put(
        "20260201000000_by_hand.sql",
        "-- driftless:migration 20260201000000 by_hand\n-- why: rows\n\nUPDATE orders SET note = 'none' WHERE note IS NULL;\n",
    );
    shop.verify(2).says("D0706");
    shop.project.run(&["seal"]).ends(0);
    shop.verify(0);
    shop.stamp = 20_260_101_000_000;
    shop.generate(
        "later",
        &format!(
            "{}CREATE TABLE later (a int);",
            STORY[1].1.replace("total", "amount")
        ),
        &[],
    );
    assert!(shop.stems().contains(&"20260201000001_later".to_string()));
}

/// Two branches that grew from one state, merged as git would merge them.
fn merged(base: &Shop, ours: &str, theirs: &str) -> Shop {
    let (mut a, mut b) = (base.copy(), base.copy());
    a.generate("ours", ours, &[]);
    b.stamp += 1;
    b.generate("theirs", theirs, &[]);
    let path = format!("{}_theirs.sql", b.stamp - 1);
    let mut sum = a.read("driftless.sum");
    for path in [path.clone(), format!("down/{path}")] {
        a.put(&path, &b.read(&path));
    }
    for line in b.read("driftless.sum").lines() {
        if !sum.contains(line) {
            sum.push_str(&format!("{line}\n"));
        }
    }
    a.put("driftless.sum", &sum);
    a
}

#[test]
fn branches_are_merged() {
    for dialect in ["sqlite", "postgres@16"] {
        let mut base = Shop::of(dialect);
        base.generate("base", "CREATE TABLE a (x int);", &[]);
        let shop = merged(
            &base,
            "CREATE TABLE a (x int, y int);",
            "CREATE TABLE a (x int); CREATE TABLE b (x int);",
        );
        shop.declare("CREATE TABLE a (x int, y int); CREATE TABLE b (x int);");
        shop.verify(0).says("grew from one state");

        let views = |word: &str| {
            format!("CREATE TABLE a (x int); CREATE VIEW v AS SELECT x AS {word} FROM a;")
        };
        let mut base = Shop::of(dialect);
        base.generate("base", &views("plain"), &[]);
        let mut shop = merged(&base, &views("ours"), &views("theirs"));
        shop.declare(&views("theirs"));
        shop.verify(2).says("D0714").says("--amend");
        // The way out: mine comes anew on top of theirs.
        shop.declare(&views("both"));
        shop.stamp = 20_260_101_000_009;
        shop.project
            .run(&[
                "generate",
                "ours",
                "--amend",
                "--version-stamp",
                "20260101000009",
            ])
            .ends(0);
        assert!(
            shop.stems().contains(&"20260101000009_ours".to_string()),
            "{:?}",
            shop.stems()
        );
        assert_eq!(shop.stems().len(), 3);
        shop.verify(0);
    }
}

#[test]
fn the_history_of_a_column() {
    let shop = Shop::grown("sqlite", 5);
    let told = shop.project.run(&["history", "purchases.status"]).ends(0);
    told.says("column purchases.status")
        .says("+ column orders.state: text")
        .says("> column orders.status: was state")
        .says("> table purchases: was orders")
        .says("why: the shop needs totals")
        .says("2026-01-01  20260101000001 totals")
        .says("note: git knows nothing of this folder");
    shop.project
        .run(&["history", "orders.state"])
        .ends(0)
        .says("purchases.status");
    shop.project
        .run(&["history", "nothing_like_it"])
        .ends(1)
        .warns("D0721");
    let path = shop.project.path();
    git(path, &["init", "-q"]);
    git(path, &["add", "."]);
    let name = [
        "-c",
        "user.name=Ada |b|",
        "-c",
        "user.email=ada@example.org",
    ];
    git(path, &[&name[..], &["commit", "-q", "-m", "one"]].concat());
    shop.project
        .run(&["history"])
        .ends(0)
        .says("Ada |b| · ")
        .says("+ table lines");
    shop.project
        .run(&["history", "lines", "--format", "markdown"])
        .ends(0)
        .says("Ada \\|b\\|");
    let json = shop
        .project
        .run(&["history", "purchases.status", "--format", "json"])
        .ends(0);
    let json: serde_json::Value = serde_json::from_str(&json.out).expect("it is JSON");
    let entries = json["entries"].as_array().expect("entries");
    assert!(entries.iter().all(|e| e["author"] == "Ada |b|"), "{json}");
    assert!(entries.iter().any(|e| e["was"] == "orders.state"), "{json}");
}

#[test]
fn what_is_applied_does_not_change() {
    let shop = Shop::grown("sqlite", 2);
    shop.project.run(&["apply", "--yes"]).ends(0);
    shop.project
        .run(&["history", "orders.status"])
        .ends(0)
        .says("applied on dev at ");
    shop.declare(STORY[3].1);
    shop.project
        .run(&["generate", "--amend", "--allow-destructive"])
        .ends(3)
        .warns("D0734");
    let up = format!("{}.sql", SHOP[1]);
    shop.put(&up, &format!("{}-- a remark\n", shop.read(&up)));
    shop.project.run(&["seal"]).ends(3).warns("D0734");
    assert_eq!(shop.stems(), SHOP[..2]);
}

#[test]
fn a_project_from_nothing() {
    let project = Project::of(&[]);
    project.run(&["init"]).ends(0).says("wrote driftless.yaml");
    project.run(&["init"]).ends(3).warns("D0609");
    project.run(&["plan", "--exit-code"]).ends(0);
    project.write("schema/shop.sql", FIRST.as_bytes());
    project
        .run(&["generate", "first", "--why", "it opens"])
        .ends(0);
    project.run(&["verify"]).ends(0);
    assert!(
        std::fs::read_to_string(project.path().join(".gitattributes"))
            .expect("a file")
            .contains("driftless.sum merge=union")
    );
}

#[test]
fn a_database_is_adopted() {
    let project = Project::of(&[]);
    let shop = driftless_testkit::workspace::root().join("fixtures/demo/shop.db");
    std::fs::copy(shop, project.path().join("shop.db")).expect("a copy");
    let state = project.state("shop.db");
    project.run(&["init", "sqlite:shop.db"]).ends(0);
    project
        .run(&["plan", "--exit-code"])
        .ends(0)
        .says("no changes");
    project.run(&["verify", "--rehearse"]).ends(0);
    project
        .run(&["plan", "--env", "dev", "--exit-code"])
        .ends(0)
        .says("no drift");
    assert_eq!(project.state("shop.db"), state);
    let text = std::fs::read_to_string(project.path().join("schema/tables/customers.sql"))
        .expect("a file of its own");
    project.write(
        "schema/tables/customers.sql",
        format!("{text}CREATE INDEX customers_again ON customers (name);\n").as_bytes(),
    );
    project
        .run(&["generate", "again", "--why", "they are looked for by name"])
        .ends(0);
    project
        .run(&["plan", "--env", "dev"])
        .ends(0)
        .says("pending: 2");
}

#[test]
fn a_password_is_kept_out_of_git() {
    let project = Project::of(&[]);
    // Nobody listens there: what was written before must be gone.
    project
        .run(&["init", "postgres://app:hunter2@127.0.0.1:1/shop"])
        .ends(1)
        .hides("hunter2");
    assert!(!project.has("driftless.yaml") && !project.has("schema"));
}

/// PostgreSQL would refuse it, and so does a look at the folder.
#[test]
fn what_is_still_needed_is_not_dropped() {
    let first = "CREATE TYPE m AS ENUM ('a');\nCREATE TABLE t (id serial PRIMARY KEY, m m, n int);\n\
        CREATE INDEX i ON t (n);\nCREATE TABLE u (t int REFERENCES t);\nCREATE VIEW v AS SELECT n FROM t;\n\
        CREATE TABLE p (k int) PARTITION BY RANGE (k);\nCREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (2);\n\
        CREATE TABLE x (a int);\n";
    let project = Project::of(&[
        (
            "driftless.yaml",
            "dialect: postgres@15\nschema: schema.sql\nmigrations: migrations/\n",
        ),
        ("schema.sql", "CREATE TABLE x (a int);"),
    ]);
    let write = |version: u64, text: &str| {
        let head = format!(
            "-- driftless:migration {version} m\n-- why: it is\n-- driftless:allow D0201 p\n-- driftless:allow D0201 u\n-- driftless:allow D0201 t\n"
        );
        project.write(
            &format!("migrations/{version}_m.sql"),
            format!("{head}\n{text}").as_bytes(),
        );
    };
    write(20_260_101_000_000, first);
    let second = |drops: &str| {
        write(20_260_101_000_001, drops);
        project.run(&["seal"]).ends(0);
        project.run(&["verify"])
    };
    second("DROP TABLE p;\nDROP TABLE u;\nDROP TABLE t;\n")
        .ends(2)
        .says("D0308")
        .says("view `v` needs it");
    second("DROP TABLE p;\nDROP TABLE u;\nDROP VIEW v;\nDROP TYPE m;\nDROP TABLE t;\n")
        .ends(2)
        .says("`t.m` needs it");
    second("DROP TABLE p;\nDROP VIEW v;\nDROP TABLE t;\nDROP TABLE u;\n")
        .ends(2)
        .says("u_t_fkey");
    second("DROP TABLE p;\nDROP TABLE u;\nDROP VIEW v;\nDROP TABLE t;\nDROP TYPE m;\n").ends(0);
}
