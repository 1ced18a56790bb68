//! Migrations on real databases: applied once, resumed, refused, undone, watched.
//!
//! Neighbours: `road` runs without migrations, `folder` writes them. Invariant: every story runs on every engine at
//! hand, and what a test says about a database it asks the engine itself.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::project::{Project, fails};
use driftless_testkit::{Database, engine};

/// A project with one database of one engine.
struct Shop {
    project: Project,
    postgres: Option<Database>,
}

const SCHEMA: &str = "CREATE TABLE customers (id bigint PRIMARY KEY, email text);\n";
const ORDERS: &str = "CREATE TABLE orders (id bigint PRIMARY KEY, total bigint NOT NULL);\n";

impl Shop {
    /// On SQLite, and on PostgreSQL where there is one.
    fn everywhere(name: &str, story: fn(&Shop)) {
        let sqlite = Shop {
            project: Project::of(&[]),
            postgres: None,
        };
        sqlite.configure("");
        story(&sqlite);
        let Ok(server) = engine::postgres() else {
            return;
        };
        engine::ran_live("migrations");
        let postgres = Shop {
            project: Project::of(&[]),
            postgres: Some(server.fresh_database(name).expect("a database")),
        };
        postgres.configure("");
        story(&postgres);
    }

    fn url(&self) -> String {
        match &self.postgres {
            Some(database) => database.url().to_string(),
            None => "sqlite:dev.db".into(),
        }
    }

    fn configure(&self, more: &str) {
        let dialect = if self.postgres.is_some() {
            "postgres"
        } else {
            "sqlite"
        };
        let text = format!(
            "dialect: {dialect}\nschema: schema.sql\ndefault_environment: dev\n{more}environments:\n  dev: {{ url: '{url}' }}\n  guarded: {{ url: '{url}', protect: true }}\n  gone: {{ url: '{gone}' }}\n",
            url = self.url(),
            gone = match &self.postgres {
                Some(_) => "postgres://nobody@127.0.0.1:1/none",
                None => "sqlite:driftless.yaml",
            },
        );
        self.project.write("driftless.yaml", text.as_bytes());
    }

    fn sql(&self, sql: &str) {
        match &self.postgres {
            Some(database) => {
                database.query(sql).expect(sql);
            }
            None => self
                .project
                .base("dev.db")
                .execute_batch(sql)
                .expect("it runs"),
        }
    }

    /// The first value of a query.
    fn ask(&self, sql: &str) -> String {
        match &self.postgres {
            Some(database) => {
                let rows = database.query(sql).expect(sql);
                rows[0][0].clone().unwrap_or_default()
            }
            None => self
                .project
                .base("dev.db")
                .query_row(sql, [], |row| row.get::<_, rusqlite::types::Value>(0))
                .map(|value| match value {
                    rusqlite::types::Value::Integer(n) => n.to_string(),
                    rusqlite::types::Value::Text(text) => text,
                    _ => String::new(),
                })
                .expect(sql),
        }
    }

    /// The events of the history, oldest first.
    fn events(&self) -> String {
        let aggregate = if self.postgres.is_some() {
            "string_agg"
        } else {
            "group_concat"
        };
        self.ask(&format!(
            "SELECT {aggregate}(event, ' ') FROM (SELECT event FROM driftless_history ORDER BY id) e"
        ))
    }

    /// Declares a schema and writes the migration that leads there.
    fn grow(&self, name: &str, schema: &str) {
        self.project.write("schema.sql", schema.as_bytes());
        self.project
            .run(&["generate", name, "--why", "the story goes on"])
            .ends(0);
    }

    /// A migration by hand.
    fn write(&self, version: u64, name: &str, sql: &str) {
        let text = format!("-- driftless:migration {version} {name}\n-- why: by hand\n\n{sql}");
        self.project
            .write(&format!("migrations/{version}_{name}.sql"), text.as_bytes());
        self.project.run(&["seal"]).ends(0);
    }

    fn path_of(&self, name: &str) -> String {
        let dir = std::fs::read_dir(self.project.path().join("migrations")).expect("a folder");
        dir.map(|e| {
            e.expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .find(|file| file.ends_with(&format!("_{name}.sql")))
        .map(|file| format!("migrations/{file}"))
        .expect("a migration")
    }

    fn text_of(&self, name: &str) -> String {
        let path = self.project.path().join(self.path_of(name));
        std::fs::read_to_string(path).expect("a text")
    }

    fn two(&self) {
        self.grow("customers", SCHEMA);
        self.grow("orders", &format!("{SCHEMA}{ORDERS}"));
    }

    fn start(&self) -> Child {
        Command::new(env!("CARGO_BIN_EXE_driftless"))
            .arg("apply")
            .current_dir(self.project.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs")
    }
}

#[test]
fn two_migrations_are_applied_once_and_told() {
    Shop::everywhere("applied", |shop| {
        shop.two();
        let run = |args: &[&str]| shop.project.run(args);
        run(&["status", "--exit-code"]).ends(2).says("pending");
        run(&["apply", "--dry-run"]).ends(0).says("_orders");
        run(&["apply"]).ends(0).says("applied 2 migrations");
        run(&["apply"]).ends(0).says("nothing is pending");
        assert_eq!(shop.events(), "applied applied");
        run(&["status", "--exit-code"]).ends(0).says("2 applied");
        let json = run(&["status", "--format", "json"]).ends(0).out;
        let json: serde_json::Value = serde_json::from_str(&json).expect("json");
        assert_eq!(json["files"][1]["state"], "applied");
        run(&["status", "--format", "markdown"])
            .ends(0)
            .says("| applied |");
        run(&["drift", "dev"]).ends(0).says("clean");
        run(&["plan", "--env", "dev", "--exit-code"]).ends(0);
        // The state that is recorded is the one that the file names.
        let said = shop.text_of("orders");
        let to = shop.ask("SELECT to_state FROM driftless_history ORDER BY id DESC LIMIT 1");
        assert!(said.contains(&format!("to: {to}")), "{to} in\n{said}");
    });
}

#[test]
fn one_version_at_a_time_and_back() {
    Shop::everywhere("back", |shop| {
        shop.two();
        let run = |args: &[&str]| shop.project.run(args);
        let first = shop.path_of("customers")[11..25].to_string();
        run(&["apply", "--to", &first])
            .ends(0)
            .says("applied 1 migration");
        run(&["apply", "--to", "17"]).ends(1).warns("D0732");
        run(&["apply"]).ends(0);
        fails(&run(&["rollback", "--env", "guarded"]), 3, &["D0006"]);
        fails(
            &run(&["rollback", "--yes"]),
            3,
            &["D0201", "--allow D0201:orders"],
        );
        run(&["rollback", "--yes", "--allow", "D0201:orders"])
            .ends(0)
            .says("undid 1");
        run(&["status"]).ends(0).says("1 applied · 1 pending");
        run(&["apply"]).ends(0);
        run(&["rollback", "--to", "0", "--yes", "--allow-destructive"])
            .ends(0)
            .says("undid 2");
        run(&["status"]).ends(0).says("2 pending");
        assert_eq!(
            shop.events(),
            "applied applied rolled_back applied rolled_back rolled_back"
        );
        let down = shop
            .path_of("orders")
            .replace("migrations/", "migrations/down/");
        run(&["apply"]).ends(0);
        std::fs::remove_file(shop.project.path().join(down)).expect("gone");
        run(&["seal"]).ends(0);
        fails(&run(&["rollback", "--yes"]), 3, &["D0815"]);
    });
}

#[test]
fn edits_are_noticed_and_those_of_comments_repaired() {
    Shop::everywhere("edits", |shop| {
        shop.two();
        let run = |args: &[&str]| shop.project.run(args);
        run(&["apply"]).ends(0);
        let (path, text) = (shop.path_of("orders"), shop.text_of("orders"));
        // Line endings are no edit.
        shop.project
            .write(&path, text.replace('\n', "\r\n").as_bytes());
        run(&["status", "--exit-code"]).ends(0);
        let comment = text.replace("why: the story", "why: a story");
        shop.project.write(&path, comment.as_bytes());
        fails(&run(&["apply"]), 1, &["D0706"]);
        fails(&run(&["seal"]), 3, &["D0734"]);
        // Sealed where nobody knows of the database.
        let dialect = if shop.postgres.is_some() {
            "postgres"
        } else {
            "sqlite"
        };
        shop.project
            .write("alone.yaml", format!("dialect: {dialect}\n").as_bytes());
        let seal = ["--config", "alone.yaml", "seal"];
        run(&seal).ends(0);
        run(&["apply"]).ends(0).warns("D0806");
        run(&["status", "--exit-code"]).ends(2).says("edited");
        run(&["repair"]).ends(0).says("only comments or blanks");
        run(&["status", "--exit-code"]).ends(0);
        let edited = text.replace("total", "amount");
        shop.project.write(&path, edited.as_bytes());
        run(&seal).ends(0);
        fails(&run(&["apply"]), 1, &["D0806", "restore it from git"]);
        run(&["repair"]).ends(3).says("left");
        std::fs::remove_file(shop.project.path().join(&path)).expect("gone");
        run(&["status", "--exit-code"]).ends(2).says("missing");
    });
}

#[test]
fn a_failed_migration_leaves_nothing_and_goes_on_where_it_stopped() {
    Shop::everywhere("failed", |shop| {
        let run = |args: &[&str]| shop.project.run(args);
        shop.write(
            1,
            "a",
            "CREATE TABLE a (n bigint NOT NULL);\nINSERT INTO a (n) VALUES (NULL);\n",
        );
        let failed = run(&["apply"])
            .ends(1)
            .warns("1_a.sql:5:")
            .warns("nothing of it was done");
        assert!(!failed.out.contains("applied"), "{failed:?}");
        run(&["status", "--exit-code"]).ends(2).says("failed");
        shop.write(
            1,
            "a",
            "CREATE TABLE a (n bigint NOT NULL);\nINSERT INTO a (n) VALUES (7);\n",
        );
        run(&["apply"]).ends(0);
        assert_eq!(shop.ask("SELECT count(*) FROM a"), "1");
        let rest = |last: &str| {
            format!(
                "CREATE TABLE b (n bigint);\nINSERT INTO b (n) VALUES (1);\n-- driftless:tx\nCREATE TABLE c (n bigint NOT NULL);\n{last}\n"
            )
        };
        shop.write(2, "b", &rest("INSERT INTO c (n) VALUES (NULL);"));
        run(&["apply"])
            .ends(1)
            .warns("2 of its 4 statements are done for good");
        run(&["status"])
            .ends(0)
            .says("its first 2 statements are done");
        // What is done may not change; what follows may.
        shop.write(
            2,
            "b",
            &rest("INSERT INTO c (n) VALUES (3);").replace("(1)", "(2)"),
        );
        fails(&run(&["apply"]), 1, &["D0812"]);
        shop.write(2, "b", &rest("INSERT INTO c (n) VALUES (3);"));
        run(&["apply"]).ends(0);
        assert_eq!(shop.ask("SELECT count(*) FROM b"), "1");
        assert_eq!(shop.ask("SELECT count(*) FROM c"), "1");
        run(&["drift", "dev"]).ends(0);
        assert_eq!(
            shop.events(),
            "failed applied started statement failed applied"
        );
        shop.write(
            3,
            "c",
            "-- driftless:assert SELECT count(*) > 5 FROM c\nINSERT INTO c (n) VALUES (4);\n",
        );
        fails(&run(&["apply"]), 1, &["D0811", "count(*) > 5"]);
    });
}

#[test]
fn late_files_run_where_the_order_does_not_matter() {
    Shop::everywhere("late", |shop| {
        let run = |args: &[&str]| shop.project.run(args);
        shop.write(10, "a", "CREATE TABLE a (n bigint);\n");
        shop.write(30, "c", "ALTER TABLE a ADD COLUMN c bigint;\n");
        run(&["apply"]).ends(0);
        shop.write(20, "b", "CREATE TABLE b (n bigint);\n");
        run(&["status"]).ends(0).says("late");
        run(&["apply"]).ends(0).says("applied 1 migration");
        run(&["drift", "dev"]).ends(0);
        shop.write(25, "d", "ALTER TABLE a RENAME COLUMN n TO c;\n");
        let refused = run(&["apply"]);
        assert!(matches!(refused.code, Some(1 | 3)), "{refused:?}");
        assert_eq!(shop.events(), "applied applied applied");
    });
}

#[test]
fn what_is_there_already_is_recorded() {
    Shop::everywhere("there", |shop| {
        shop.two();
        let run = |args: &[&str]| shop.project.run(args);
        shop.sql("CREATE TABLE other (n bigint)");
        fails(&run(&["apply"]), 3, &["D0807", "no version"]);
        shop.sql("DROP TABLE other");
        run(&["apply", "--declarative", "--yes"]).ends(0);
        fails(&run(&["apply"]), 3, &["D0807", "driftless baseline"]);
        run(&["drift", "dev"]).ends(0).says("its state is that of");
        fails(&run(&["baseline", "17"]), 1, &["D0732"]);
        run(&["baseline"]).ends(0).says("is recorded as at");
        fails(&run(&["baseline"]), 3, &["D0816"]);
        run(&["apply"]).ends(0).says("nothing is pending");
        run(&["status"]).ends(0).says("2 baselined");
        shop.grow(
            "more",
            &format!("{SCHEMA}{ORDERS}CREATE TABLE more (n bigint);\n"),
        );
        shop.sql("CREATE TABLE more (n bigint)");
        run(&["apply"]).ends(3).warns("D0005");
        run(&["apply", "--yes"])
            .ends(0)
            .says("recorded 1 migration");
        run(&["status", "--exit-code"]).ends(0).says("adopted");
        run(&["drift", "dev"]).ends(0);
    });
}

#[test]
fn drift_stops_is_told_and_can_be_read_as_sql() {
    Shop::everywhere("drift", |shop| {
        shop.two();
        let run = |args: &[&str]| shop.project.run(args);
        run(&["apply"]).ends(0);
        shop.sql("ALTER TABLE orders ADD COLUMN note text");
        shop.sql("CREATE TABLE schema_migrations (version text)");
        run(&["drift", "dev"])
            .ends(2)
            .says("~ table orders")
            .says("+ column note");
        run(&["drift", "dev", "--format", "markdown"])
            .ends(2)
            .says("column note");
        let json = run(&["drift", "dev", "--format", "json"]).ends(2).out;
        let json: serde_json::Value = serde_json::from_str(&json).expect("json");
        assert_eq!(json["environments"][0]["drift"][0]["direction"], "differs");
        run(&["drift", "dev", "--sql"])
            .ends(2)
            .says("DROP COLUMN note")
            .says("ADD COLUMN note");
        run(&["drift", "dev", "gone"]).ends(1).says("unknown");
        shop.grow(
            "more",
            &format!("{SCHEMA}{ORDERS}CREATE TABLE more (n bigint);\n"),
        );
        fails(
            &run(&["apply"]),
            3,
            &["D0805", "column note", "nothing was changed"],
        );
        shop.configure("on_drift: warn\n");
        run(&["apply"]).ends(0).warns("D0805");
        run(&["drift", "dev"]).ends(2).says("+ column note");
    });
}

#[test]
fn repeatable_files_run_again_when_they_change() {
    Shop::everywhere("repeat", |shop| {
        let run = |args: &[&str]| shop.project.run(args);
        shop.write(1, "a", "CREATE TABLE a (n bigint, m bigint);\n");
        let write = |column: &str| {
            let text =
                format!("DROP VIEW IF EXISTS v;\nCREATE VIEW v AS SELECT {column} FROM a;\n");
            shop.project.write("migrations/R__v.sql", text.as_bytes());
            run(&["seal"]).ends(0);
        };
        write("n");
        run(&["apply"]).ends(0).says("applied 2 migrations");
        run(&["apply"]).ends(0).says("nothing is pending");
        run(&["drift", "dev"]).ends(0);
        write("m");
        run(&["status"]).ends(0).says("changed");
        run(&["apply"]).ends(0).says("applied 1 migration");
        run(&["drift", "dev"]).ends(0);
        shop.ask("SELECT count(m) FROM v");
        let told = run(&["history", "v"]).ends(0).says("R__v").says("+ view");
        // Both runs, on the one environment.
        assert_eq!(
            told.out.matches("applied on dev at").count(),
            2,
            "{}",
            told.out
        );
    });
}

#[test]
fn two_runners_at_once_apply_once() {
    Shop::everywhere("together", |shop| {
        shop.two();
        let all: Vec<Child> = (0..4).map(|_| shop.start()).collect();
        for mut child in all {
            assert_eq!(child.wait().expect("it ends").code(), Some(0));
        }
        assert_eq!(shop.events(), "applied applied");
        assert!(!shop.project.has("dev.db-driftless"));
    });
}

#[test]
fn a_killed_run_is_started_again() {
    Shop::everywhere("killed", |shop| {
        let slow = match &shop.postgres {
            Some(_) => "INSERT INTO b SELECT 1 FROM pg_sleep(2);",
            None => {
                "INSERT INTO b WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 3000000) SELECT count(*) FROM c;"
            }
        };
        shop.write(1, "a", "CREATE TABLE a (n bigint);\n");
        shop.write(
            2,
            "b",
            &format!(
                "CREATE TABLE b (n bigint);\n-- driftless:tx\nCREATE TABLE c (n bigint);\n{slow}\n"
            ),
        );
        let mut child = shop.start();
        std::thread::sleep(Duration::from_millis(1000));
        child.kill().expect("it is killed");
        child.wait().expect("it ends");
        shop.project.run(&["status"]).ends(0);
        shop.project.run(&["apply"]).ends(0);
        assert_eq!(shop.ask("SELECT count(*) FROM b"), "1");
        shop.project.run(&["status", "--exit-code"]).ends(0);
        shop.project.run(&["drift", "dev"]).ends(0);
    });
}

#[test]
fn a_history_that_cannot_be_trusted_is_refused() {
    Shop::everywhere("trust", |shop| {
        shop.two();
        let run = |args: &[&str]| shop.project.run(args);
        run(&["apply"]).ends(0);
        shop.sql("UPDATE driftless_history SET format = 2 WHERE id = 2");
        fails(&run(&["apply"]), 1, &["D0802"]);
        shop.sql("UPDATE driftless_history SET format = 1 WHERE id = 2");
        run(&["apply"]).ends(0);
        shop.sql("UPDATE driftless_history SET author = 'nobody' WHERE id = 1");
        fails(&run(&["status"]), 1, &["D0803", "row 1"]);
        shop.sql("DELETE FROM driftless_history WHERE id = 1");
        fails(&run(&["status"]), 1, &["D0803", "row 1"]);
    });
}

#[test]
fn statements_outside_of_transactions_are_journalled() {
    let Ok(server) = engine::postgres() else {
        return;
    };
    engine::ran_live("migrations");
    let shop = Shop {
        project: Project::of(&[]),
        postgres: Some(server.fresh_database("outside").expect("a database")),
    };
    shop.configure("");
    let run = |args: &[&str]| shop.project.run(args);
    shop.write(
        1,
        "a",
        "CREATE TABLE a (n bigint);\nINSERT INTO a (n) VALUES (1), (1);\n",
    );
    run(&["apply"]).ends(0);
    shop.write(2, "b", "CREATE INDEX CONCURRENTLY a_n ON a (n);\n");
    fails(&run(&["apply"]), 1, &["D0718", "driftless:tx none"]);
    shop.write(
        2,
        "b",
        "-- driftless:tx none\nCREATE UNIQUE INDEX CONCURRENTLY a_n ON a (n);\n",
    );
    run(&["apply"]).ends(1).warns("outside of any transaction");
    // The server leaves an index that is not valid.
    fails(&run(&["apply"]), 1, &["a_n", "already exists"]);
    shop.sql("DELETE FROM a");
    shop.sql("DROP INDEX a_n");
    run(&["apply"]).ends(0);
    assert_eq!(
        shop.events(),
        "applied started started failed started failed started applied"
    );
    run(&["drift", "dev"]).ends(0);
    // Rows that a killed statement may have written, or not: nobody can tell, so nobody goes on.
    let slow = "-- driftless:tx none\nINSERT INTO a SELECT 1 FROM pg_sleep(3);\n";
    shop.write(3, "c", slow);
    let mut child = shop.start();
    std::thread::sleep(Duration::from_millis(1500));
    child.kill().expect("it is killed");
    child.wait().expect("it ends");
    run(&["status"]).ends(0).says("interrupted");
    fails(&run(&["apply"]), 3, &["D0814"]);
    run(&["repair"]).ends(3);
    // The server hears late, or never, that nobody waits any more.
    shop.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3)%' AND pid <> pg_backend_pid() AND datname = current_database()");
    shop.sql("DELETE FROM a");
    shop.write(3, "c", &slow.replace("sleep(3)", "sleep(0)"));
    run(&["apply"]).ends(0);
}
