//! Plans at a terminal, in a pull request, as SQL and as JSON.

mod support;

use driftless_planner::Plan;
use driftless_report::{plan_json, plan_markdown, plan_text, script};
use driftless_testkit::assert_file;
use support::{
    empty_plan, expected, heading, hostile_plan, large_plan, losing_plan, orders_plan, step,
    transaction,
};

fn plans() -> [(&'static str, Plan); 5] {
    [
        ("empty", empty_plan()),
        ("orders", orders_plan()),
        ("losing", losing_plan()),
        ("large", large_plan()),
        ("hostile", hostile_plan()),
    ]
}

#[test]
fn a_plan_at_a_terminal() {
    for (name, plan) in plans() {
        let text = plan_text(&plan, &heading(), false);
        assert_file(&expected(&format!("{name}.txt")), &text);
    }
}

#[test]
fn colour_changes_no_character() {
    for (name, plan) in plans() {
        let plain = plan_text(&plan, &heading(), false);
        let coloured = plan_text(&plan, &heading(), true);
        assert_eq!(stripped(&coloured), plain, "{name}");
    }
    let text = plan_text(&orders_plan(), &heading(), true);
    assert_file(&expected("orders.ansi"), &text);
}

/// Without `ESC [ … m`.
fn stripped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        out.push_str(&rest[..at]);
        let end = rest[at..].find('m').expect("a sequence of colour ends");
        rest = &rest[at + end + 1..];
    }
    out + rest
}

#[test]
fn no_name_reaches_a_terminal_as_a_control_sequence() {
    let plan = hostile_plan();
    for text in [
        plan_text(&plan, &heading(), false),
        plan_markdown(&plan, &heading()),
        script(&plan),
    ] {
        let bad = text.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(bad, None, "{text}");
        assert!(!text.contains('\u{202e}'), "{text}");
    }
    let text = plan_text(&plan, &heading(), false);
    let next = text.lines().filter(|l| l.starts_with("next:")).count();
    assert_eq!(next, 1, "a name made a line of its own:\n{text}");
}

#[test]
fn a_plan_in_a_pull_request() {
    for (name, plan) in plans() {
        let text = plan_markdown(&plan, &heading());
        assert_file(&expected(&format!("{name}.md")), &text);
        assert!(text.len() < 65_536, "{name}: {} bytes", text.len());
    }
}

#[test]
fn a_fence_is_longer_than_any_in_the_script() {
    let text = plan_markdown(&hostile_plan(), &heading());
    assert!(text.contains("\n````sql\n"), "{text}");
    assert!(text.contains("IS '```\n</details>';"), "{text}");
}

#[test]
fn a_long_group_never_hides_a_loss() {
    let plan = large_plan();
    for text in [
        plan_text(&plan, &heading(), false),
        plan_markdown(&plan, &heading()),
    ] {
        assert!(text.contains("loses the values of wide.secret"), "{text}");
        assert!(text.contains("… and "), "{text}");
    }
}

#[test]
fn numbers_are_spelled() {
    let last = |plan: &Plan| {
        let text = plan_text(plan, &heading(), false);
        let line = text.lines().find(|l| l.contains(" · ")).map(str::to_string);
        line.expect("a summary")
    };
    let plan = losing_plan();
    assert_eq!(
        last(&plan),
        "3 changes · 3 steps in 1 transaction and 1 outside · 2 losses · not wholly reversible"
    );
    let mut one = losing_plan();
    one.changes = 1;
    one.segments.truncate(1);
    one.segments[0].steps.truncate(1);
    assert_eq!(
        last(&one),
        "1 change · 1 step in 1 transaction · 1 loss · not wholly reversible"
    );
    let mut outside = losing_plan();
    outside.segments.remove(0);
    assert_eq!(
        last(&outside),
        "3 changes · 1 step outside of a transaction · nothing is lost · reversible"
    );
}

#[test]
fn a_plan_as_sql() {
    assert_file(&expected("orders.sql"), &script(&orders_plan()));
    assert_eq!(script(&empty_plan()), "");
}

#[test]
fn a_comment_at_the_end_does_not_swallow_the_semicolon() {
    for (text, expected) in [
        ("SELECT 1 -- one", "SELECT 1 -- one\n;\n"),
        ("SELECT '-- one'", "SELECT '-- one';\n"),
        ("SELECT 1 /* -- one */", "SELECT 1 /* -- one */;\n"),
        ("SELECT 1 -- one\n+ 1", "SELECT 1 -- one\n+ 1;\n"),
    ] {
        let mut plan = empty_plan();
        plan.frame = Default::default();
        plan.segments = vec![transaction(vec![step(text, Vec::new())])];
        assert_eq!(script(&plan), expected);
    }
}

#[test]
fn a_plan_as_json() {
    for (name, plan) in [("orders", orders_plan()), ("losing", losing_plan())] {
        let text = plan_json(&plan, &heading());
        assert_file(&expected(&format!("{name}.json")), &text);
    }
}
