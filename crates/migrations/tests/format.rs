//! Files written and read back; names, line endings, sums.

mod story;

use driftless_migrations::{Folder, Migration, Mode, SUM, Sum, hash};
use driftless_sql::{SourceId, Sources, Syntax};
use story::{postgres, shop, sqlite};

#[test]
fn what_is_written_reads_back_the_same() {
    for project in [shop(sqlite()), shop(postgres())] {
        for (path, text) in project.files.iter().filter(|(p, _)| *p != SUM) {
            let syntax = project.dialect.syntax();
            let (migration, problems) = Migration::parse(text, syntax, SourceId(0));
            assert!(problems.is_empty(), "{path}: {problems:?}\n{text}");
            let printed = migration.print(syntax);
            assert_eq!(&printed, text, "{path}");
            let (again, _) = Migration::parse(&printed, syntax, SourceId(0));
            assert_eq!(again, migration, "{path}");
            assert!(
                migration.steps().all(|s| s.mark.is_some()),
                "{path}\n{text}"
            );
        }
    }
}

#[test]
fn a_written_folder_is_true() {
    for project in [shop(sqlite()), shop(postgres())] {
        let report = project.verify(Some(story::THIRD));
        let all: String = project.files.values().map(String::as_str).collect();
        assert!(report.findings.is_empty(), "{:#?}\n{all}", report.findings);
        assert!(report.notes.is_empty(), "{:#?}", report.notes);
    }
}

#[test]
fn line_endings_and_a_mark_do_not_matter() {
    let project = shop(sqlite());
    let mut other = project.clone();
    for (path, text) in &mut other.files {
        let crlf = text.replace('\n', "\r\n");
        *text = match path == SUM {
            true => crlf,
            false => format!("\u{feff}{crlf}"),
        };
    }
    let report = other.verify(Some(story::THIRD));
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    assert_eq!(hash("a\r\nb\n"), hash("\u{feff}a\nb\n"));
    assert_ne!(hash("a\nb\n"), hash("a\nb"));
}

#[test]
fn segments_and_directives_of_a_person() {
    let text = "-- driftless:migration 7 by_hand\n-- why: because\n\n-- driftless:allow D0202 orders.note\n\
        -- driftless:assert SELECT count(*) = 0 FROM orders\nALTER TABLE orders DROP COLUMN note; -- driftless:touches nothing\n\
        -- driftless:tx none\nVACUUM;\n-- driftless:tx\nDELETE FROM orders;\n/* driftless:assert SELECT 1\n = 1 */\n\
        -- driftless:tx per-statement\nUPDATE orders SET id = 1;";
    let (m, problems) = Migration::parse(text, Syntax::Sqlite, SourceId(0));
    assert!(problems.is_empty(), "{problems:?}");
    let modes: Vec<Mode> = m.segments.iter().map(|s| s.mode).collect();
    let wanted = [
        Mode::Transaction,
        Mode::None,
        Mode::Transaction,
        Mode::PerStatement,
    ];
    assert_eq!(modes, wanted);
    assert_eq!(m.segments[0].steps[0].asserts.len(), 1);
    assert_eq!(m.segments[0].steps[0].touches[0].object, "nothing");
    assert_eq!(m.segments[2].asserts[0].sql, "SELECT 1\n = 1");
    assert!(m.allows("D0202", "orders.note") && !m.allows("D0202", "orders"));
    let (again, _) = Migration::parse(&m.print(Syntax::Sqlite), Syntax::Sqlite, SourceId(0));
    assert_eq!(again, m);
}

#[test]
fn what_is_no_migration_says_so() {
    let cases = [
        ("-- driftless:renamed-from x\nSELECT 1;", "D0709"),
        ("-- driftless:tx maybe\nSELECT 1;", "D0709"),
        ("-- driftless:allow\nSELECT 1;", "D0709"),
        ("-- driftless:migration seven x\n", "D0709"),
        ("SELECT 1;\n-- driftless:migration 7 x\n", "D0709"),
        ("SELECT 1, -- driftless:tx none\n 2;", "D0709"),
        ("BEGIN; SELECT 1; COMMIT; SELECT 2;", "D0718"),
        ("SELECT 1; COMMIT;", "D0718"),
        ("BEGIN; SELECT 1; ROLLBACK;", "D0718"),
        ("BEGIN;\nSELECT 1;\n", "D0710"),
        ("-- 1/2 a  [tx 1 · instant]\nSELECT 1;\n", "D0710"),
        ("-- 1/1 a  [tx 1 · instant]\n", "D0710"),
        ("-- driftless:touches orders\n", "D0710"),
    ];
    for (text, code) in cases {
        let (_, problems) = Migration::parse(text, Syntax::Sqlite, SourceId(0));
        assert!(
            problems.iter().any(|d| d.code == code),
            "{text}: {problems:?}"
        );
    }
    for text in [
        "BEGIN; SELECT 1; COMMIT;",
        "SAVEPOINT a; SELECT 1; ROLLBACK TO a; RELEASE a;",
        "-- 1/2 cup of tea\nSELECT 1;",
        "",
    ] {
        let (_, problems) = Migration::parse(text, Syntax::Sqlite, SourceId(0));
        assert!(problems.is_empty(), "{text}: {problems:?}");
    }
}

#[test]
fn a_truncated_file_is_noticed_at_any_line() {
    let project = shop(sqlite());
    let (_, text) = project.files.iter().next().expect("a file");
    for (cut, _) in text.match_indices('\n') {
        let part = &text[..cut];
        let (m, problems) = Migration::parse(part, Syntax::Sqlite, SourceId(0));
        let begun = m.steps().next().is_some();
        let whole = text[cut..].trim().is_empty();
        assert!(!begun || whole || !problems.is_empty(), "{part}");
    }
}

fn read(files: &[(&str, &str)]) -> (Folder, Vec<&'static str>) {
    let texts = files.iter().map(|(p, t)| (p.to_string(), t.to_string()));
    let (folder, problems) = Folder::read(
        &mut Sources::default(),
        Syntax::Sqlite,
        &|p| p.to_string(),
        texts.collect(),
    );
    (folder, problems.iter().map(|d| d.code).collect())
}

#[test]
fn names_of_files() {
    let cases: &[(&[&str], &[&str])] = &[
        (
            &[
                "1_a.sql",
                "2_b.sql",
                "down/1_a.sql",
                "R__x.sql",
                "README.md",
            ],
            &[],
        ),
        (&["first.sql"], &["D0701"]),
        (&["1.sql"], &["D0701"]),
        (&["1_.sql"], &["D0701"]),
        (&["99999999999999999999999_a.sql"], &["D0701"]),
        (&["1_a\nb.sql"], &["D0701"]),
        (&["old/1_a.sql"], &["D0701"]),
        (&["down/R__x.sql"], &["D0701"]),
        (&["R__.sql"], &["D0701"]),
        (&["1_a.sql", "01_b.sql"], &["D0702"]),
        (&["1_a.sql", "down/1_b.sql"], &["D0703"]),
        (&["down/1_b.sql"], &["D0703"]),
    ];
    for (paths, codes) in cases {
        let files: Vec<_> = paths.iter().map(|p| (*p, "SELECT 1;")).collect();
        assert_eq!(&read(&files).1, codes, "{paths:?}");
    }
    let head = "-- driftless:migration 1 a\nSELECT 1;";
    assert!(read(&[("1_a.sql", head)]).1.is_empty());
    assert_eq!(read(&[("1_b.sql", head)]).1, ["D0704"]);
    assert_eq!(read(&[("2_a.sql", head)]).1, ["D0704"]);
    let (folder, _) = read(&[("1_a.sql", ""), ("10_b.sql", ""), ("9_c.sql", "")]);
    assert_eq!(folder.next_version(5), 11);
    assert_eq!(folder.next_version(20), 20);
    assert_eq!(folder.newest().map(|v| v.version), Some(10));
}

#[test]
fn sums() {
    let project = shop(sqlite());
    let folder = project.clean();
    let sum = Sum::of(&folder);
    assert!(sum.check(&folder).is_empty());
    let (read, problems) = Sum::parse(&sum.print(), SourceId(0));
    assert!(problems.is_empty());
    assert_eq!(read, sum);
    let first = sum
        .print()
        .lines()
        .next()
        .map(str::to_string)
        .expect("a line");
    let codes = |text: &str| -> Vec<&str> {
        let (sum, problems) = Sum::parse(text, SourceId(0));
        let mut found: Vec<&str> = problems.iter().map(|d| d.code).collect();
        found.extend(sum.check(&folder).iter().map(|d| d.code));
        found
    };
    let text = sum.print();
    // What two branches add stands in one place.
    let paths: Vec<&str> = text.lines().filter_map(|l| l.split("  ").nth(1)).collect();
    for pair in paths.chunks(2) {
        assert_eq!(format!("down/{}", pair[0]), pair[1], "{paths:?}");
    }
    // Lines of both sides of a merge, kept both.
    assert!(codes(&format!("{text}{first}\n")).is_empty());
    let conflict = format!("<<<<<<< ours\n{text}=======\n{first}\n>>>>>>> theirs\n");
    assert_eq!(codes(&conflict), ["D0705"]);
    assert_eq!(codes(&text.replacen(&first[..4], "dead", 1)), ["D0706"]);
    assert_eq!(
        codes(&text.replacen(&format!("{first}\n"), "", 1)),
        ["D0707"]
    );
    assert_eq!(
        codes(&format!("{text}{}  9_gone.sql\n", &first[..64])),
        ["D0708"]
    );
    assert_eq!(codes(&format!("{text}nonsense\n")), ["D0705"]);
}

#[test]
fn several_transactions_and_a_head_of_the_session() {
    let mut project = postgres();
    project.generate(
        1,
        "first",
        "CREATE TYPE state AS ENUM ('new'); CREATE TABLE orders (id int, state state);",
    );
    let text = "CREATE TYPE state AS ENUM ('new', 'done');
        CREATE TABLE orders (id int, state state DEFAULT 'done');
        CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 -- driftless:tx none
        $$;
        CREATE VIEW v AS SELECT id FROM orders -- the last word
        ;";
    project.generate(2, "second", text);
    let (folder, problems) = project.folder();
    assert!(problems.is_empty(), "{problems:?}");
    let up = &folder.versioned[1].up;
    assert_eq!(up.migration.segments.len(), 2, "{}", up.text);
    assert_eq!(up.migration.head.len(), 1, "{}", up.text);
    assert_eq!(up.migration.print(Syntax::Postgres), up.text);
    let marks = up.migration.steps().filter_map(|s| s.mark.as_ref());
    assert!(marks.last().is_some_and(|m| m.notes.starts_with("tx 2")));
    let report = project.verify(Some(text));
    assert!(
        report.findings.is_empty(),
        "{:#?}\n{}",
        report.findings,
        up.text
    );
}

#[test]
fn what_a_way_back_cannot_bring_back_is_at_its_head() {
    let mut project = postgres();
    project.generate(1, "first", "CREATE TABLE a (x int, note text);");
    project.generate(2, "second", "CREATE TABLE a (x int);");
    let down = &project.files["down/2_second.sql"];
    assert!(
        down.contains("-- cannot bring back: the values of a.note\n"),
        "{down}"
    );
    let path = "down/2_second.sql";
    project.forge(path, "-- cannot bring back: the values of a.note\n", "");
    let report = project.verify(None);
    assert_eq!(report.findings.len(), 1, "{:#?}", report.findings);
}
