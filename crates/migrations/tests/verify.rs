//! Folders that lie, branches, late files, what cannot be replayed.

mod story;

use driftless_migrations::{commutes, replay};
use driftless_sql::Severity;
use story::{Project, codes, postgres, shop, sqlite};

const SECOND: &str = "20260102000000_second.sql";

fn line(project: &Project, path: &str, start: &str) -> String {
    let text = &project.files[path];
    text.lines()
        .find(|l| l.starts_with(start))
        .unwrap_or_else(|| panic!("no line {start} in\n{text}"))
        .to_string()
}

#[test]
fn a_forged_head_is_found() {
    let whole = shop(sqlite());
    for start in ["-- changes: ", "-- locks: ", "-- from: ", "-- 1/"] {
        let mut project = whole.clone();
        let true_line = line(&project, SECOND, start);
        let forged = match start {
            "-- from: " => true_line.replace("to: 1:", "to: 1:f"),
            "-- 1/" => true_line.replace("  [", " and more  ["),
            _ => format!("{true_line} · and a lie"),
        };
        assert_ne!(true_line, forged);
        project.forge(SECOND, &true_line, &forged);
        let report = project.verify(Some(story::THIRD));
        assert_eq!(codes(&report), ["D0713"], "{start}: {:#?}", report.findings);
        let found = &report.findings[0];
        let right = found.help.clone().unwrap_or_default();
        assert!(right.contains(&true_line), "{right}\n{true_line}");
        assert!(found.place.is_some());
    }
    let mut project = whole.clone();
    project.forge(SECOND, "COMMIT;", "SELECT 1;\nCOMMIT;");
    assert!(!project.verify(None).is_clean());
}

#[test]
fn a_forged_start_is_found() {
    let mut project = shop(sqlite());
    let states = line(&project, SECOND, "-- from: ");
    let forged = states.replace("from: 1:", "from: 1:0");
    project.forge(SECOND, &states, &forged);
    let report = project.verify(None);
    assert_eq!(codes(&report), ["D0713"], "{:#?}", report.findings);
}

#[test]
fn an_older_revision_informs() {
    let mut project = shop(sqlite());
    let states = line(&project, SECOND, "-- from: ");
    let older = states
        .replace("from: 1:", "from: 0:")
        .replace("to: 1:", "to: 0:");
    project.forge(SECOND, &states, &older);
    let report = project.verify(None);
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    assert_eq!(report.notes.len(), 1);
}

#[test]
fn an_edit_is_found() {
    let mut project = shop(sqlite());
    let text = project.files.get_mut(SECOND).expect("a file");
    text.push_str("-- a remark\n");
    assert_eq!(codes(&project.verify(None)), ["D0706"]);
    let mut project = shop(sqlite());
    project.files.remove("driftless.sum");
    assert_eq!(codes(&project.verify(None)), ["D0707"]);
    let mut project = shop(sqlite());
    project.files.remove(&format!("down/{SECOND}"));
    assert_eq!(codes(&project.verify(None)), ["D0708"]);
}

#[test]
fn consent_is_asked_for() {
    for mut project in [shop(sqlite()), shop(postgres())] {
        let path = "20260103000000_third.sql";
        let allow = line(&project, path, "-- driftless:allow D0202");
        project.forge(path, &format!("{allow}\n"), "");
        let report = project.verify(None);
        assert_eq!(codes(&report), ["D0717"], "{:#?}", report.findings);
        assert!(
            report.findings[0]
                .help
                .as_deref()
                .unwrap_or("")
                .contains(&allow)
        );
    }
}

#[test]
fn where_it_leads_is_compared() {
    let project = shop(sqlite());
    let more = format!("{} CREATE TABLE extra (a INT);", story::THIRD);
    let report = project.verify(Some(&more));
    assert_eq!(codes(&report), ["D0716"]);
    assert!(
        report.findings[0].notes[0].contains("extra"),
        "{:?}",
        report.findings
    );
}

/// Two branches grown from the second state.
fn merged(base: Project, ours: &str, theirs: &str) -> Project {
    let (mut a, mut b) = (base.clone(), base);
    a.generate(20260110000000, "ours", ours);
    b.generate(20260111000000, "theirs", theirs);
    a.files
        .extend(b.files.into_iter().filter(|(p, _)| p.contains("theirs")));
    a.seal();
    a
}

#[test]
fn branches_that_commute_are_a_note() {
    for base in [sqlite(), postgres()] {
        let mut base = base;
        base.generate(1, "base", "CREATE TABLE a (x INT);");
        let project = merged(
            base,
            "CREATE TABLE a (x INT, y INT);",
            "CREATE TABLE a (x INT, z INT); CREATE TABLE b (x INT);",
        );
        let both = "CREATE TABLE a (x INT, y INT, z INT); CREATE TABLE b (x INT);";
        let mut report = project.verify(Some(both));
        assert!(report.findings.is_empty(), "{:#?}", report.findings);
        assert_eq!(report.notes.len(), 1, "{:#?}", report.notes);
        // The next one stands on both.
        let mut project = project;
        project.generate(
            20260112000000,
            "after",
            "CREATE TABLE a (x INT, y INT, z INT);",
        );
        report = project.verify(None);
        assert!(report.findings.is_empty(), "{:#?}", report.findings);
    }
}

#[test]
fn a_branch_of_two_files_is_one_branch() {
    let mut base = sqlite();
    base.generate(1, "base", "CREATE TABLE a (x INT);");
    let (mut ours, mut theirs) = (base.clone(), base);
    ours.generate(10, "ours", "CREATE TABLE a (x INT, y INT);");
    theirs.generate(11, "one", "CREATE TABLE a (x INT); CREATE TABLE b (x INT);");
    theirs.generate(
        12,
        "two",
        "CREATE TABLE a (x INT); CREATE TABLE b (x INT, z INT);",
    );
    ours.files.extend(
        theirs
            .files
            .into_iter()
            .filter(|(p, _)| p.contains("_one") || p.contains("_two")),
    );
    ours.seal();
    let report = ours.verify(None);
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    assert_eq!(report.notes.len(), 2, "{:#?}", report.notes);
}

#[test]
fn branches_whose_order_matters_are_an_error() {
    let mut base = sqlite();
    base.generate(
        1,
        "base",
        "CREATE TABLE a (x INT); CREATE VIEW v AS SELECT x FROM a;",
    );
    let project = merged(
        base,
        "CREATE TABLE a (x INT); CREATE VIEW v AS SELECT x AS ours FROM a;",
        "CREATE TABLE a (x INT); CREATE VIEW v AS SELECT x AS theirs FROM a;",
    );
    let report = project.verify(None);
    assert!(codes(&report).contains(&"D0714"), "{:#?}", report.findings);
    let found = report
        .findings
        .iter()
        .find(|d| d.code == "D0714")
        .expect("it");
    assert!(found.help.as_deref().unwrap_or("").contains("--amend"));
}

#[test]
fn late_files() {
    let mut project = sqlite();
    project.put("1_a.sql", "CREATE TABLE a (x INT);");
    project.put("2_late.sql", "CREATE TABLE late (x INT);");
    project.put("3_view.sql", "CREATE VIEW v AS SELECT x FROM a;");
    project.put("4_rename.sql", "ALTER TABLE a RENAME TO c;");
    project.put("5_stale.sql", "ALTER TABLE a ADD COLUMN y INT;");
    let folder = project.clean();
    let ground = project.ground();
    assert_eq!(commutes(&folder, &ground, 2, &[1, 3, 4]), Ok(()));
    assert!(commutes(&folder, &ground, 5, &[1, 3, 4]).is_err());
    assert!(commutes(&folder, &ground, 3, &[1, 2]).is_ok());
    assert!(commutes(&folder, &ground, 9, &[1]).is_err());
}

#[test]
fn what_cannot_be_replayed_taints() {
    let mut project = postgres();
    project.put("1_a.sql", "CREATE TABLE a (x int);");
    project.put(
        "2_do.sql",
        "DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'a'; END $$;",
    );
    project.put("3_b.sql", "CREATE TABLE b (x int);");
    let state = project.state();
    assert_eq!(state.taints.len(), 1);
    assert!(state.taints[0].1.object.is_none() && !state.has_errors());
    project.put(
        "2_do.sql",
        "-- driftless:touches a\nDO $$ BEGIN EXECUTE 'DROP TABLE ' || 'a'; END $$;",
    );
    let state = project.state();
    assert_eq!(state.taints[0].1.object.as_deref(), Some("a"));
    assert!(state.problems.is_empty(), "{:?}", state.problems);
    project.put(
        "2_do.sql",
        "-- driftless:touches nothing\nDO $$ BEGIN PERFORM 1; END $$;",
    );
    assert!(project.state().taints.is_empty());
    // Rows never taint.
    project.put(
        "2_do.sql",
        "INSERT INTO a VALUES (1); UPDATE a SET x = 2; DELETE FROM a;",
    );
    assert!(project.state().taints.is_empty());
}

#[test]
fn a_statement_that_fails_has_its_place() {
    let mut project = sqlite();
    project.put(
        "1_a.sql",
        "CREATE TABLE a (x INT);\nALTER TABLE nope ADD COLUMN y INT;",
    );
    project.seal();
    let report = project.verify(Some("CREATE TABLE a (x INT);"));
    let found = &report.findings[0];
    assert_eq!((found.code, found.severity), ("D0302", Severity::Error));
    assert_eq!(found.place.map(|p| p.span.start), Some(24));
    assert!(report.notes.iter().any(|n| n.contains("was not compared")));
}

#[test]
fn a_way_back_that_leads_elsewhere() {
    let mut project = shop(sqlite());
    project.put(&format!("down/{SECOND}"), "DROP VIEW open_orders;");
    project.seal();
    let report = project.verify(None);
    assert_eq!(codes(&report), ["D0720"], "{:#?}", report.findings);
    assert!(report.is_clean());
}

#[test]
fn the_search_path_and_plain_names_of_a_person() {
    let mut project = postgres();
    project.put(
        "1_a.sql",
        "CREATE TABLE a (x int, y int); CREATE INDEX CONCURRENTLY a_x ON a (x);",
    );
    project.seal();
    let report = project.verify(Some(
        "CREATE TABLE a (x int, y int); CREATE INDEX a_x ON a (x);",
    ));
    assert_eq!(codes(&report), ["D0718"], "{:#?}", report.findings);
    project.put("1_a.sql", "CREATE TABLE a (x int, y int);\n-- driftless:tx none\nCREATE INDEX CONCURRENTLY a_x ON a (x);\n");
    project.put("2_b.sql", "ALTER TABLE a DROP COLUMN y;");
    project.seal();
    let report = project.verify(Some("CREATE TABLE a (x int); CREATE INDEX a_x ON a (x);"));
    assert_eq!(codes(&report), ["D0717"], "{:#?}", report.findings);
}

#[test]
fn repeatable_ones_come_last_and_not_in_between() {
    let mut project = sqlite();
    project.put("1_a.sql", "CREATE TABLE a (x INT);");
    project.put(
        "R__v.sql",
        "DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT x FROM a;",
    );
    let folder = project.clean();
    let all = replay(&folder, &project.ground(), None);
    let some = replay(&folder, &project.ground(), Some(1));
    assert_eq!(all.catalog.objects.len(), some.catalog.objects.len() + 1);
    assert!(all.problems.is_empty());
}
