//! A project on MariaDB, from its first schema to drift; what is not there yet says so.

use driftless_testkit::engine;

use crate::project::Project;

fn project(url: &str) -> Project {
    Project::of(&[
        (
            "driftless.yaml",
            &format!(
                "dialect: mariadb@10.11\nschema: schema.sql\nmigrations: migrations/\nenvironments: {{ dev: {{ url: '{url}' }} }}\n"
            ),
        ),
        (
            "schema.sql",
            "CREATE TABLE orders (id int AUTO_INCREMENT PRIMARY KEY, total decimal(10,2) NOT NULL DEFAULT 0);\n",
        ),
    ])
}

#[test]
fn a_project_grows_on_mariadb() {
    let Ok(server) = engine::mariadb() else {
        return;
    };
    engine::ran_live("a project on mariadb");
    let database = server.fresh_database("grows").expect("a database");
    let project = project(&database.url());
    let generate = |name: &str| project.run(&["generate", name, "--why", "it is"]);
    generate("start").ends(0);
    project.run(&["apply", "--env", "dev", "--yes"]).ends(0);
    project.run(&["drift", "dev"]).ends(0).says("clean");
    project.write(
        "schema.sql",
        b"CREATE TABLE orders (id int AUTO_INCREMENT PRIMARY KEY, total decimal(10,2) NOT NULL DEFAULT 0, note text, KEY (total));\n\
          CREATE VIEW big AS SELECT id, total FROM orders WHERE total > 100;\n\
          DELIMITER $$\nCREATE TRIGGER tidy BEFORE INSERT ON orders FOR EACH ROW BEGIN SET NEW.note = trim(NEW.note); END$$\nDELIMITER ;\n",
    );
    generate("more").ends(0);
    project.run(&["verify"]).ends(0);
    project
        .run(&["apply", "--env", "dev", "--yes"])
        .ends(0)
        .says("applied 1 migration");
    project.run(&["status", "--env", "dev"]).says("2 applied");
    project
        .run(&["plan", "--env", "dev"])
        .says("not yet generated: nothing");
    database
        .run("ALTER TABLE orders ADD COLUMN hot int")
        .expect("a hotfix");
    project.run(&["drift", "dev"]).ends(2).says("column hot");
    // What goes back loses the notes.
    database
        .run("ALTER TABLE orders DROP COLUMN hot")
        .expect("undone");
    project
        .run(&["rollback", "--env", "dev", "--yes", "--allow", "D0202"])
        .ends(0);
    project.run(&["status", "--env", "dev"]).says("1 applied");
}

#[test]
fn a_failed_step_leaves_the_ones_before_it_and_says_so() {
    let Ok(server) = engine::mariadb() else {
        return;
    };
    engine::ran_live("a failed step on mariadb");
    let database = server.fresh_database("fails").expect("a database");
    database
        .run("CREATE TABLE a (x int); INSERT INTO a VALUES (1), (1);")
        .expect("a schema");
    let project = project(&database.url());
    project.write(
        "schema.sql",
        b"CREATE TABLE a (x int, UNIQUE KEY once (x));\nCREATE TABLE b (y int);\n",
    );
    let url = database.url();
    let plan = ["diff", "--from", &url, "--to", "schema.sql"];
    project.run(&plan).says("have the same values");
    let apply = [
        "apply",
        "--declarative",
        "--env",
        "dev",
        "--yes",
        "--dialect",
        "mariadb@10.11",
    ];
    project.write("driftless.yaml", format!("dialect: mariadb@10.11\nschema: schema.sql\nenvironments: {{ dev: {{ url: '{url}' }} }}\n").as_bytes());
    project
        .run(&apply)
        .ends(1)
        .warns("duplicate entry")
        .warns("nothing was changed\n");
    database.run("DELETE FROM a LIMIT 1").expect("mended");
    project.run(&apply).ends(0);
    project.run(&plan).ends(0).says("no changes");
}

/// Defaults of the server that change what SQL means are held against what the project says.
#[test]
fn another_server_than_declared() {
    let Ok(server) = engine::mariadb() else {
        return;
    };
    engine::ran_live("another server than declared");
    let database = server.fresh_database("defaults").expect("a database");
    database
        .run("CREATE TABLE t (a varchar(9))")
        .expect("a table");
    let own = database
        .run("SELECT @@collation_database")
        .expect("a collation");
    let own = own.trim();
    let config = |server: &str| {
        format!(
            "dialect: mariadb@10.11\nschema: schema.sql\nserver: {{ {server} }}\nenvironments: {{ dev: {{ url: '{}' }} }}\n",
            database.url()
        )
    };
    let project = Project::of(&[
        ("driftless.yaml", &config("lower_case_table_names: 1")),
        ("schema.sql", "CREATE TABLE t (a varchar(9));\n"),
    ]);
    let diff = ["diff", "--from", "env:dev", "--to", "schema.sql"];
    project
        .run(&diff)
        .ends(1)
        .warns("D0607")
        .warns("lower_case_table_names is 0");
    project.write("driftless.yaml", config("collation: latin1_bin").as_bytes());
    project.run(&diff).ends(1).warns("collation is");
    project.write(
        "driftless.yaml",
        config(&format!("collation: {own}, lower_case_table_names: 0")).as_bytes(),
    );
    project.run(&diff).ends(0).says("no changes");
    project.write(
        "driftless.yaml",
        config("sql_mode: [ANSI_QUOTES]").as_bytes(),
    );
    project.run(&diff).ends(1).warns("ANSI_QUOTES are not read");
}

/// The same state in YAML: people write less than SQL says.
#[test]
fn a_schema_in_yaml() {
    let project = project("mysql://root@127.0.0.1:1/none");
    project.write(
        "schema.yaml",
        b"tables:\n\
          \x20 orders:\n\
          \x20   comment: one row per checkout\n\
          \x20   columns:\n\
          \x20     id: { type: bigint, auto_increment: true, primary_key: true }\n\
          \x20     note: { type: varchar(200), comment: wishes }\n\
          \x20     changed: { type: datetime, not_null: true, default: now(), on_change: current_timestamp }\n\
          \x20     parent: { type: bigint, references: orders.id, on_delete: cascade }\n\
          \x20   indexes:\n\
          \x20     by_note: { on: [{ column: note, prefix: 20 }], comment: fast }\n\
          \x20   triggers:\n\
          \x20     tidy: { timing: before, events: [insert], each_row: true, body: SET NEW.note = trim(NEW.note) }\n\
          views:\n\
          \x20 noted: SELECT id FROM orders WHERE note <> ''\n\
          functions:\n\
          \x20 twice: { arguments: { n: int }, returns: int, body: RETURN n * 2, options: { deterministic: '' } }\n\
          events:\n\
          \x20 sweep: { schedule: EVERY 1 DAY, body: DELETE FROM orders WHERE id < 0 }\n",
    );
    project.write(
        "schema.sql",
        b"CREATE TABLE orders (id bigint AUTO_INCREMENT PRIMARY KEY, note varchar(200) COMMENT 'wishes',\n\
          changed datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, parent bigint,\n\
          KEY by_note (note(20)) COMMENT 'fast', FOREIGN KEY (parent) REFERENCES orders (id) ON DELETE CASCADE)\n\
          COMMENT 'one row per checkout';\n\
          CREATE TRIGGER tidy BEFORE INSERT ON orders FOR EACH ROW SET NEW.note = trim(NEW.note);\n\
          CREATE VIEW noted AS SELECT id FROM orders WHERE note <> '';\n\
          CREATE FUNCTION twice(n int) RETURNS int DETERMINISTIC RETURN n * 2;\n\
          CREATE EVENT sweep ON SCHEDULE EVERY 1 DAY DO DELETE FROM orders WHERE id < 0;\n",
    );
    project
        .run(&["diff", "--from", "schema.sql", "--to", "schema.yaml"])
        .ends(0)
        .says("no changes");
    let yaml = project
        .run(&["inspect", "schema.sql", "--format", "yaml"])
        .ends(0);
    project.write("schema.yaml", yaml.out.as_bytes());
    project
        .run(&["diff", "--from", "schema.yaml", "--to", "schema.sql"])
        .ends(0)
        .says("no changes");
    project.write("schema.yaml", b"tables: { t: { columns: { a: intt } } }\n");
    project
        .run(&["diff", "--from", "empty", "--to", "schema.yaml"])
        .ends(1)
        .warns("there is no type `intt`");
}

#[test]
fn what_is_not_there_yet_says_so() {
    let project = project("mysql://root@127.0.0.1:1/none");
    project.write(
        "schema.sql",
        b"CREATE TABLE t (a int);\n\
          CREATE TABLE u (a int -- driftless:using a + 1\n);\n",
    );
    project.write(
        "before.sql",
        b"CREATE TABLE t (a int);\nCREATE TABLE u (a text);\n",
    );
    project
        .run(&["diff", "--from", "before.sql", "--to", "schema.sql"])
        .ends(1)
        .warns("`using` of u.a cannot be followed");
    project
        .run(&["inspect", "mysql://root@127.0.0.1:1/none"])
        .ends(1)
        .warns("D0502");
    project.write("schema.sql", b"CREATE TABLE t (a intt);\n");
    project
        .run(&["diff", "--from", "empty", "--to", "schema.sql"])
        .ends(1)
        .warns("there is no type `intt`");
}

/// Partitions that a job rotates are left alone where that is said; who defined a view counts where that is managed.
#[test]
fn what_is_managed_is_said() {
    let Ok(server) = engine::mariadb() else {
        return;
    };
    engine::ran_live("what is managed on mariadb");
    let database = server.fresh_database("managed").expect("a database");
    let config = |manage: &str| {
        format!(
            "dialect: mariadb@10.11\nschema: schema.sql\nmanage: {{ {manage} }}\nenvironments: {{ dev: {{ url: '{}' }} }}\n",
            database.url()
        )
    };
    let declared = "CREATE TABLE log (id bigint NOT NULL, at date NOT NULL, PRIMARY KEY (id, at))\n\
        PARTITION BY RANGE COLUMNS (at) (PARTITION p1 VALUES LESS THAN ('2025-01-01'));\n\
        CREATE DEFINER=`app`@`%` SQL SECURITY INVOKER VIEW days AS SELECT at FROM log;\n";
    let project = Project::of(&[
        ("driftless.yaml", &config("partitions: external")),
        ("schema.sql", declared),
    ]);
    database
        .run(
            "CREATE TABLE log (id bigint NOT NULL, at date NOT NULL, PRIMARY KEY (id, at)) \
             PARTITION BY RANGE COLUMNS (at) (PARTITION p1 VALUES LESS THAN ('2025-01-01'), \
             PARTITION p2 VALUES LESS THAN ('2026-01-01')); \
             CREATE SQL SECURITY INVOKER VIEW days AS SELECT at FROM log",
        )
        .expect("another state");
    let plan = || project.run(&["diff", "--from", "env:dev", "--to", "schema.sql"]);
    plan().says("no changes");
    project.write("driftless.yaml", config("partitions: declared").as_bytes());
    plan().says("partition p2");
    project.write(
        "driftless.yaml",
        config("partitions: external, aspects: [definers]").as_bytes(),
    );
    plan().says("view days").says("new definition");
}
