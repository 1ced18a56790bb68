//! Who may do what on MySQL and MariaDB, judged by the server's own SHOW GRANTS.

use driftless_testkit::engine;
use driftless_testkit::server::{Mariadb, MariadbDatabase};

use crate::project::Project;

/// Two accounts that are gone with the value.
struct Accounts {
    server: &'static Mariadb,
    /// A user of every host, and a role.
    user: String,
    role: String,
}

impl Accounts {
    fn new(server: &'static Mariadb, database: &MariadbDatabase) -> Self {
        let [user, role] = ["u", "r"].map(|kind| format!("{}_{kind}", database.name()));
        let sql = format!("CREATE USER '{user}'@'%'; CREATE ROLE '{role}'");
        server.run(None, &sql).expect("accounts");
        Accounts { server, user, role }
    }

    /// What both have in the database, one line each, without the database's name.
    fn grants(&self, database: &MariadbDatabase) -> Vec<String> {
        let sql = format!(
            "SHOW GRANTS FOR '{}'; SHOW GRANTS FOR '{}'",
            self.user, self.role
        );
        let told = self.server.run(None, &sql).expect("grants");
        let own = format!("`{}`.", database.name());
        let lines = told.lines().filter(|l| l.contains(&own));
        let plain = |line: &str| {
            let line = line.replace(&own, "").replace("`@`%`", "`");
            line.replace(&self.user, "u")
                .replace(&self.role, "r")
                .replace('`', "")
        };
        let mut out: Vec<String> = lines.map(plain).collect();
        out.sort();
        out
    }
}

impl Drop for Accounts {
    fn drop(&mut self) {
        let sql = format!("DROP USER '{}'@'%'; DROP ROLE '{}'", self.user, self.role);
        let _ = self.server.run(None, &sql);
    }
}

const TABLES: &str = "CREATE TABLE t (a int PRIMARY KEY, b int, c int);\nCREATE TABLE gone (x int);\n\
    CREATE TABLE old_name (x int);\nCREATE VIEW v AS SELECT a FROM t;\nCREATE PROCEDURE p() SELECT 1;\n";

fn story(name: &str, dialect: &str) {
    let Ok(engine::Engine::Mariadb(server)) = engine::engine(name) else {
        return;
    };
    engine::ran_live("privileges");
    let database = server.fresh_database("granted").expect("a database");
    let accounts = Accounts::new(server, &database);
    let config = |aspects: &str| {
        format!(
            "dialect: {dialect}\nschema: schema.sql\nmanage: {{ aspects: [{aspects}] }}\nenvironments: {{ dev: {{ url: '{}' }} }}\n",
            database.url()
        )
    };
    let grants = |text: &str| {
        text.replace("$u", &accounts.user)
            .replace("$r", &accounts.role)
    };
    let project = Project::of(&[("driftless.yaml", &config("grants"))]);
    let become_of = |schema: &str| {
        project.write("schema.sql", schema.as_bytes());
        let apply = [
            "apply",
            "--declarative",
            "--env",
            "dev",
            "--yes",
            "--allow",
            "D0201",
        ];
        project.run(&apply).ends(0);
        let plan = ["diff", "--from", "env:dev", "--to", "schema.sql"];
        project.run(&plan).ends(0).says("no changes");
        accounts.grants(&database)
    };
    let all = grants(
        "GRANT SELECT, UPDATE (b, c) ON t TO '$u'@'%' WITH GRANT OPTION;\n\
         GRANT SELECT ON gone TO '$r';\nGRANT ALL ON old_name TO '$u';\nGRANT SELECT ON v TO '$r', '$u';\n\
         GRANT EXECUTE ON PROCEDURE p TO '$r';\nGRANT SELECT, EXECUTE ON * TO '$u';\n",
    );
    let told = [
        "GRANT ALL PRIVILEGES ON old_name TO u",
        "GRANT EXECUTE ON PROCEDURE p TO r",
        "GRANT SELECT ON gone TO r",
        "GRANT SELECT ON v TO r",
        "GRANT SELECT ON v TO u",
        "GRANT SELECT, EXECUTE ON * TO u",
        "GRANT SELECT, UPDATE (b, c) ON t TO u WITH GRANT OPTION",
    ];
    let sorted = |lines: Vec<String>| -> Vec<String> {
        // MariaDB lists columns in no order.
        lines
            .iter()
            .map(|l| l.replace("(c, b)", "(b, c)"))
            .collect()
    };
    assert_eq!(sorted(become_of(&format!("{TABLES}{all}"))), told);

    // Under new names, and without what is dropped: nothing stays granted on a name that is gone.
    let renamed = "CREATE TABLE t (a int PRIMARY KEY,\n  -- driftless:renamed-from b\n  b2 int, c int);\n\
        -- driftless:renamed-from old_name\nCREATE TABLE new_name (x int);\nCREATE VIEW v AS SELECT a, c FROM t;\n\
        CREATE PROCEDURE p() SELECT 2;\n";
    let some = grants(
        "GRANT SELECT, UPDATE (b2) ON t TO '$u'@'%';\nGRANT ALL ON new_name TO '$u';\nGRANT SELECT ON v TO '$r';\n\
         GRANT EXECUTE ON PROCEDURE p TO '$r';\n",
    );
    let told = [
        "GRANT ALL PRIVILEGES ON new_name TO u",
        "GRANT EXECUTE ON PROCEDURE p TO r",
        "GRANT SELECT ON v TO r",
        "GRANT SELECT, UPDATE (b2) ON t TO u",
    ];
    assert_eq!(become_of(&format!("{renamed}{some}")), told);
    let left = server.run(
        None,
        &format!("SELECT COUNT(*) FROM mysql.tables_priv WHERE Db = '{}' AND Table_name IN ('gone', 'old_name')", database.name()),
    );
    assert_eq!(left.expect("a number").trim(), "0");

    // Where they are not managed, what is made anew or renamed keeps them, and nothing else changes.
    project.write("driftless.yaml", config("").as_bytes());
    let again = "CREATE TABLE t (a int PRIMARY KEY, b2 int, c int);\n-- driftless:renamed-from new_name\n\
        CREATE TABLE newer_name (x int);\nCREATE VIEW v AS SELECT a FROM t;\nCREATE PROCEDURE p() SELECT 3;\n";
    let told = told.map(|line| line.replace("new_name", "newer_name"));
    assert_eq!(become_of(again), told);

    // The same in YAML.
    project.write(
        "driftless.yaml",
        config("grants")
            .replace("schema.sql", "schema.yaml")
            .as_bytes(),
    );
    let yaml = "tables:\n  t:\n    columns: { a: { type: int, not_null: true }, b: int }\n    primary_key: [a]\n    \
        grants: { $u: [select, { privilege: update, column: b }], $r: [{ privilege: all }] }\n\
        default_privileges:\n  - { on: database, grants: { $r: [{ privilege: select, grantable: true }] } }\n";
    project.write("schema.yaml", grants(yaml).as_bytes());
    let apply = [
        "apply",
        "--declarative",
        "--env",
        "dev",
        "--yes",
        "--allow-destructive",
    ];
    project.run(&apply).ends(0);
    let told = [
        "GRANT ALL PRIVILEGES ON t TO r",
        "GRANT SELECT ON * TO r WITH GRANT OPTION",
        "GRANT SELECT, UPDATE (b) ON t TO u",
    ];
    assert_eq!(accounts.grants(&database), told);
    project
        .run(&["diff", "--from", "env:dev", "--to", "schema.yaml"])
        .ends(0)
        .says("no changes");

    // Who may not read them is told.
    let url = database
        .url()
        .replace("root@", &format!("{}@", accounts.user));
    project
        .run(&["diff", "--from", &url, "--to", "schema.yaml"])
        .ends(1)
        .warns("D0506");
    for (wrong, why) in [
        (
            "GRANT FILE ON * TO someone",
            "`FILE` is no privilege on a database",
        ),
        (
            "GRANT DELETE (a) ON t TO someone",
            "`DELETE` is no privilege on a column",
        ),
        ("GRANT SELECT ON t TO CURRENT_USER", "CURRENT_USER"),
        (
            "GRANT SELECT ON missing TO someone",
            "table `missing` is not declared",
        ),
        (
            "GRANT SELECT ON other.* TO someone",
            "about another database",
        ),
    ] {
        project.write(
            "wrong.sql",
            format!("CREATE TABLE t (a int);\n{wrong};\n").as_bytes(),
        );
        project
            .run(&["diff", "--from", "empty", "--to", "wrong.sql"])
            .ends(1)
            .warns(why);
    }
}

#[test]
fn on_mariadb() {
    story("mariadb", "mariadb@10.11");
}

#[test]
fn on_mysql() {
    story("mysql", "mysql@9.7");
}

/// Names may be qualified with the schema's own database, and with no other.
#[test]
fn the_own_database() {
    let project = Project::of(&[(
        "driftless.yaml",
        "dialect: mariadb@10.11\nschema: schema.sql\n",
    )]);
    let plan = |schema: &str| {
        project.write("schema.sql", schema.as_bytes());
        project.run(&[
            "diff",
            "--from",
            "empty",
            "--to",
            "schema.sql",
            "--format",
            "sql",
        ])
    };
    let tables = "CREATE TABLE shop.a (id int PRIMARY KEY);\n\
        CREATE TABLE `shop`.`b` (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES shop.a (id));\n\
        CREATE TRIGGER shop.t BEFORE INSERT ON shop.b FOR EACH ROW SET NEW.a = 1;\n";
    for said in [
        "USE shop;\n",
        "CREATE SCHEMA IF NOT EXISTS `shop` DEFAULT CHARACTER SET utf8mb4;\n",
    ] {
        let told = plan(&format!("{said}{tables}")).ends(0).out.clone();
        assert!(told.contains("REFERENCES `a` (`id`)"), "{told}");
        assert!(
            told.contains("CREATE TRIGGER `t` BEFORE INSERT ON `b`"),
            "{told}"
        );
        assert!(!told.contains("shop"), "{told}");
    }
    plan(tables).ends(1).warns("write `USE shop;` before it");
    plan("USE shop;\nCREATE TABLE other.a (id int);")
        .ends(1)
        .warns("`other`.`a` is about another database");
    plan("USE shop;\nUSE other;")
        .ends(1)
        .warns("USE other is about another database");
    plan("CREATE TABLE a (id int);\nRENAME TABLE a TO other.a;")
        .ends(1)
        .warns("moved there");
}
