//! What nothing at hand can decide: shown, withheld piece by piece, planned by consent.
//!
//! Neighbours: `road` has the consents for losses. Invariant: no server is asked, so doubt stays doubt.

use crate::project::{Project, Ran};

const BEFORE: &str = "\
CREATE TABLE t (id int PRIMARY KEY, a text DEFAULT xmlserialize(content '<a/>'::xml as text));
COMMENT ON TABLE t IS 'before';
";

fn plan(after: &str, flags: &[&str]) -> Ran {
    let project = Project::of(&[("before.sql", BEFORE), ("after.sql", after)]);
    let mut words = vec!["diff", "--dialect", "postgres"];
    words.extend(["--from", "before.sql", "--to", "after.sql"]);
    words.extend(flags);
    project.run(&words)
}

fn after(id: &str, comment: &str) -> String {
    BEFORE
        .replace("<a/>", "<b/>")
        .replace("id int", id)
        .replace("before", comment)
}

#[test]
fn a_doubt_alone_is_shown() {
    let after = after("id int", "before");
    plan(&after, &[])
        .ends(0)
        .says("? table t  --allow D0403:t")
        .says("no changes, 1 unproven");
    plan(&after, &["--format", "sql"]).ends(3).warns("D0403");
}

#[test]
fn a_certain_change_takes_no_doubtful_piece_along() {
    let after = after("id bigint", "before");
    let told = plan(&after, &[])
        .ends(0)
        .says("~ column id")
        .says("? table t");
    assert!(!told.out.contains("column a"), "{}", told.out);
    plan(&after, &["--format", "sql"]).ends(3).warns("D0403");
    plan(&after, &["--format", "sql", "--allow", "D0403:t"])
        .ends(0)
        .says("ALTER COLUMN a SET DEFAULT");
}

#[test]
fn a_doubt_hides_no_certain_change() {
    plan(&after("id int", "after"), &[])
        .ends(0)
        .says("~ comment")
        .says("? table t");
}

/// What a `DO` block may have declared is not dropped by a consent that is about something else.
#[test]
fn an_uncertain_state_drops_nothing_by_the_way() {
    let project = Project::of(&[
        (
            "old.sql",
            "CREATE TABLE a (id int); CREATE TABLE b (id int);",
        ),
        (
            "new.sql",
            "CREATE TABLE a (id int, n int); DO $$ BEGIN CREATE TABLE b (id int); END $$;",
        ),
    ]);
    let question = [
        "diff",
        "--dialect",
        "postgres",
        "--from",
        "old.sql",
        "--to",
        "new.sql",
        "--format",
        "sql",
        "--scratch=off",
    ];
    let ask = |more: &[&str]| project.run(&[&question[..], more].concat());
    ask(&[]).warns("D0405");
    ask(&["--allow-destructive"])
        .ends(0)
        .says("ADD COLUMN n integer")
        .hides("DROP TABLE");
    ask(&["--allow-destructive", "--allow", "D0405"])
        .ends(0)
        .says("DROP TABLE public.b");
}
