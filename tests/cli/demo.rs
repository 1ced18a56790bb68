//! The demo that README shows: its database, its plan, and README's copy of it.

use crate::project::Project;
use driftless_testkit::{assert_file, dump, workspace};

fn file(name: &str) -> String {
    std::fs::read_to_string(workspace::root().join(name)).expect("a file of the repository")
}

#[test]
fn shop_is_what_is_deployed() {
    let project = Project::of(&[]);
    project
        .base("made.db")
        .execute_batch(&file("fixtures/demo/deployed.sql"))
        .expect("it loads");
    let shop = workspace::root().join("fixtures/demo/shop.db");
    assert_eq!(
        dump::sqlite_state(&shop).expect("a state"),
        project.state("made.db")
    );
    let rows = |path: &std::path::Path| {
        let mut rows = dump::sqlite_rows(path).expect("rows");
        // Orders know when they were placed.
        let orders = rows.remove("orders").unwrap_or_default();
        (rows, orders.len())
    };
    assert_eq!(rows(&shop), rows(&project.path().join("made.db")));
}

/// Standing at the root, as README says.
fn plan() -> String {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_driftless"))
        .args(["plan", "--config", "fixtures/demo/driftless.yaml"])
        .current_dir(workspace::root())
        .output()
        .expect("it runs");
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn its_plan_is_the_one_that_readme_shows() {
    let plan = plan();
    assert_file(&workspace::root().join("fixtures/demo/plan.txt"), &plan);
    assert!(
        file("README.md").contains(plan.trim_end()),
        "README.md does not contain fixtures/demo/plan.txt"
    );
}

#[test]
fn its_plan_converges() {
    let project = Project::of(&[]);
    for name in [
        "driftless.yaml",
        "schema/customers.sql",
        "schema/orders.sql",
        "schema/products.sql",
    ] {
        project.write(name, file(&format!("fixtures/demo/{name}")).as_bytes());
    }
    project
        .base("shop.db")
        .execute_batch(&file("fixtures/demo/deployed.sql"))
        .expect("it loads");
    project.run(&["apply", "--declarative", "--yes"]).ends(0);
    project.run(&["plan", "--exit-code"]).ends(0);
    let orders: i64 = project
        .base("shop.db")
        .query_row("SELECT count(*) FROM orders", [], |row| row.get(0))
        .expect("a count");
    assert_eq!(orders, 2);
}
