//! Histories that follow renames, and drifts.

mod story;

use driftless_migrations::{DriftDirection, compare, history};
use story::{postgres, shop, sqlite};

fn told(project: &story::Project, object: &str) -> Vec<String> {
    let folder = project.clean();
    let found = history(&folder, &project.ground(), Some(object)).expect("a history");
    found
        .entries
        .iter()
        .map(|e| format!("{} {} {} {}", e.name, e.what, e.kind, e.object))
        .collect()
}

#[test]
fn a_column_is_followed_through_the_renames_of_itself_and_its_table() {
    for project in [shop(sqlite()), shop(postgres())] {
        let wanted = [
            "first added column orders.state",
            "second renamed column orders.status",
            "third renamed table purchases",
            "third changed column purchases.status",
        ];
        let mut found = told(&project, "purchases.status");
        found.sort_by_key(|l| wanted.iter().position(|w| w == l));
        assert_eq!(found, wanted);
        // Under the names that it had before, too.
        for former in ["orders.status", "orders.state"] {
            let mut found = told(&project, former);
            found.sort_by_key(|l| wanted.iter().position(|w| w == l));
            assert_eq!(found, wanted, "{former}");
        }
    }
}

#[test]
fn what_is_gone_is_still_told() {
    let project = shop(sqlite());
    let found = told(&project, "purchases.note");
    assert_eq!(
        found.first().map(String::as_str),
        Some("first added column orders.note")
    );
    assert!(
        found
            .iter()
            .any(|l| l == "third dropped column purchases.note"),
        "{found:?}"
    );
    assert!(history(&project.clean(), &project.ground(), Some("nope")).is_err());
}

#[test]
fn a_table_tells_of_what_belongs_to_it() {
    let project = shop(sqlite());
    let found = told(&project, "purchases");
    assert!(
        found.iter().any(|l| l == "first added table orders"),
        "{found:?}"
    );
    assert!(
        found
            .iter()
            .any(|l| l == "second added column orders.total"),
        "{found:?}"
    );
    let all = history(&project.clean(), &project.ground(), None).expect("all");
    assert!(all.entries.len() > 8);
    assert!(all.entries.iter().all(|e| e.why.is_some()));
}

#[test]
fn a_drift_has_a_direction() {
    let project = shop(sqlite());
    let should = project.state().catalog;
    let is = project
        .desired("CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, extra INT); CREATE TABLE other (a INT);")
        .catalog;
    let found = compare(&project.ground(), &should, &is);
    let of = |name: &str| {
        found
            .iter()
            .find(|d| d.object == name)
            .expect("a difference")
    };
    assert_eq!(of("other").direction, DriftDirection::OnlyThere);
    assert_eq!(of("purchases").direction, DriftDirection::Missing);
    assert_eq!(of("customers").direction, DriftDirection::Differs);
    let details = ["+ column extra: INT", "~ column email: null allowed"];
    for detail in details {
        assert!(
            of("customers").details.iter().any(|d| d == detail),
            "{:?}",
            of("customers")
        );
    }
}

#[test]
fn hostile_names_stay_on_their_line() {
    let mut project = postgres();
    let name = "a\"\"\n-- driftless:tx none\nDROP TABLE x;  [tx 1 · y]";
    project.generate(
        1,
        "hostile",
        &format!("CREATE TABLE \"{name}\" (\"c\n-- why: lies\" int); CREATE INDEX \"i  [tx 9]\" ON \"{name}\" (\"c\n-- why: lies\");"),
    );
    project.generate(2, "dropped", "");
    let report = project.verify(Some(""));
    assert!(
        report.findings.is_empty(),
        "{:#?}\n{:#?}",
        report.findings,
        project.files
    );
    for text in project.files.values() {
        let head: Vec<&str> = text.lines().take_while(|l| !l.is_empty()).collect();
        let whys = head.iter().filter(|l| l.starts_with("-- why:")).count();
        assert!(whys <= 1, "{head:#?}");
    }
}

#[test]
fn a_table_that_takes_the_name_of_a_dropped_one() {
    let mut project = sqlite();
    project.put("1_a.sql", "CREATE TABLE a (x INT); CREATE TABLE b (y INT);");
    project.put("2_swap.sql", "DROP TABLE a; ALTER TABLE b RENAME TO a;");
    project.put("3_more.sql", "ALTER TABLE a RENAME COLUMN y TO z;");
    let found = told(&project, "a.z");
    let wanted = [
        "a added column b.y",
        "swap renamed table a",
        "more renamed column a.z",
    ];
    assert_eq!(found, wanted);
    let found = told(&project, "a");
    assert!(
        found.iter().any(|l| l == "swap renamed table a"),
        "{found:?}"
    );
    let folder = project.clean();
    let whole = history(&folder, &project.ground(), Some("a")).expect("a history");
    assert!(
        whole.notes.iter().any(|n| n.contains("another `a`")),
        "{:?}",
        whole.notes
    );
}

#[test]
fn what_a_person_wrote_with_plain_names_is_followed() {
    let mut project = postgres();
    project.put(
        "1_a.sql",
        "CREATE SCHEMA shop; SET search_path = shop; CREATE TABLE t (a int, b text);",
    );
    project.put(
        "2_b.sql",
        "ALTER TABLE shop.t RENAME COLUMN a TO c; ALTER TABLE shop.t SET SCHEMA public; ALTER TABLE t RENAME TO u;",
    );
    let found = told(&project, "u.c");
    assert_eq!(
        found.first().map(String::as_str),
        Some("a added column shop.t.a")
    );
    assert!(
        found.iter().any(|l| l == "b renamed column shop.t.c"),
        "{found:?}"
    );
    assert!(found.iter().any(|l| l == "b renamed table u"), "{found:?}");
}
