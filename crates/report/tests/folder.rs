//! What `verify` and `history` print, with hostile texts in it.

mod support;

use std::collections::BTreeMap;

use driftless_migrations::{
    Between, Difference, Drift, DriftDirection, Entry, Environment, FileState, FileStatus, History,
    Migrated, Standing, Status,
};
use driftless_report::{
    Origin, Run, ToldHistory, Verification, drift_json, drift_markdown, drift_schema, drift_text,
    history_json, history_markdown, history_schema, history_text, status_json, status_schema,
    verify_github, verify_json, verify_markdown, verify_schema, verify_text,
};
use driftless_sql::{Diagnostic, Place, Sources, Span};
use serde_json::Value;
use support::faults::faults;

const HOSTILE: &str = "a\u{1b}[31m |<b>`x`\n::error::y";

fn entry(version: u64, what: &'static str) -> Entry {
    Entry {
        version: Some(version),
        name: "totals".into(),
        path: format!("{version}_totals.sql"),
        why: Some(HOSTILE.into()),
        kind: "column",
        object: "orders.total".into(),
        was: (what == "renamed").then(|| "orders.amount".into()),
        what,
        detail: "was amount".into(),
    }
}

#[test]
fn a_history() {
    let history = History {
        object: Some("orders.total".into()),
        kind: Some("column"),
        entries: vec![
            entry(20_260_101_000_000, "added"),
            entry(20_260_102_000_000, "renamed"),
        ],
        notes: vec!["no git".into()],
    };
    let origin = Origin {
        date: Some("2026-01-01".into()),
        author: Some(HOSTILE.into()),
        commit: Some("0123456789abcdef".into()),
        applied: vec![Run {
            environment: "dev".into(),
            what: "rolled_back",
            at: "2026-01-02T00:00:00.000Z".into(),
            took_ms: Some(12),
        }],
    };
    let told = ToldHistory {
        history: &history,
        origins: &BTreeMap::from([("20260101000000_totals.sql".to_owned(), origin)]),
        folder: "migrations/ (2 files)".into(),
    };
    let text = history_text(&told, false);
    assert!(
        !text.contains('\u{1b}') && !text.contains("\n::error"),
        "{text}"
    );
    for part in [
        "2026-01-01  20260101000000 totals",
        "rolled back on dev at 2026-01-02T00:00:00.000Z (12 ms)",
        "  > column orders.total: was amount\n",
        "0123456789\n",
        "2 changes in 2 migrations\nnote: no git\n",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    assert_eq!(anstream_free(&history_text(&told, true)), text);
    let markdown = history_markdown(&told);
    assert!(
        !markdown.contains("<b>") && !markdown.contains("\n::error"),
        "{markdown}"
    );
    let document: Value = serde_json::from_str(&history_json(&told)).unwrap();
    assert_eq!(faults(&history_schema(), &document), Vec::<String>::new());
}

/// Without the sequences that colour it.
fn anstream_free(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('\u{1b}') {
        out.push_str(before);
        rest = behind.split_once('m').map_or("", |(_, behind)| behind);
    }
    out + rest
}

#[test]
fn a_verification() {
    let mut sources = Sources::default();
    let source = sources.add("migrations/1_a,b:c.sql", "-- one\nSELECT 1;\n");
    let place = Place {
        source,
        span: Span::new(10, 12),
    };
    let findings = [
        Diagnostic::error("D0713", HOSTILE)
            .at(place)
            .note("why")
            .help("do this"),
        Diagnostic::warning("D0720", "a look"),
    ];
    let notes = ["50% is a note".to_string()];
    let found = Verification {
        folder: "migrations/ (1 file)".into(),
        schema: "schema/".into(),
        files: 1,
        findings: &findings,
        notes: &notes,
        rehearsed: None,
    };
    assert!(!found.is_clean());
    let text = verify_text(&found, &sources, false);
    assert!(
        text.ends_with("is not true: 1 error, 1 warning\n"),
        "{text}"
    );
    let github = verify_github(&found, &sources);
    let lines: Vec<&str> = github.lines().collect();
    assert_eq!(lines.len(), 3, "{github}");
    assert!(
        lines[0].starts_with("::error file=migrations/1_a%2Cb%3Ac.sql,line=2,col=4,title=D0713::a"),
        "{github}"
    );
    assert!(
        lines[0].ends_with("%0A::error::y%0Awhy%0Ahelp: do this"),
        "{github}"
    );
    assert_eq!(lines[2], "::notice ::50%25 is a note");
    let markdown = verify_markdown(&found, &sources);
    assert!(
        !markdown.contains("<b>") && !markdown.contains("\n::error"),
        "{markdown}"
    );
    let document: Value = serde_json::from_str(&verify_json(&found, &sources)).unwrap();
    assert_eq!(faults(&verify_schema(), &document), Vec::<String>::new());
    assert_eq!(document["findings"][0]["line"], 2);
}

#[test]
fn a_clean_one() {
    let found = Verification {
        folder: "migrations/ (3 files, up to 7)".into(),
        schema: "schema/".into(),
        files: 5,
        findings: &[],
        notes: &[],
        rehearsed: Some("sqlite 3.50.1"),
    };
    assert_eq!(
        verify_text(&found, &Sources::default(), false),
        "5 files verified: migrations/ (3 files, up to 7) leads to schema/ · rehearsed on sqlite 3.50.1\n"
    );
    assert_eq!(verify_github(&found, &Sources::default()), "");
}

#[test]
fn drifts_and_statuses_keep_to_their_schemas() {
    let difference = Difference {
        kind: "table",
        object: HOSTILE.into(),
        direction: DriftDirection::OnlyThere,
        details: vec![HOSTILE.into()],
    };
    let environment = |name: &str, standing: Standing| Environment {
        name: name.into(),
        place: HOSTILE.into(),
        standing,
        drift: vec![difference.clone()],
        pending: vec![Migrated {
            version: 20_260_101_000_000,
            name: HOSTILE.into(),
        }],
        ignored: vec![difference.clone()],
        notes: vec![HOSTILE.into()],
    };
    let (version, name) = (20_260_101_000_000, HOSTILE.to_string());
    let drift = Drift {
        environments: vec![
            environment(
                "a",
                Standing::At {
                    version,
                    name: name.clone(),
                },
            ),
            environment(
                "b",
                Standing::Like {
                    version,
                    name,
                    exactly: false,
                },
            ),
            environment("c", Standing::Empty),
            environment(
                "d",
                Standing::Unknown {
                    why: HOSTILE.into(),
                },
            ),
        ],
        between: vec![Between {
            first: "a".into(),
            second: "b".into(),
            differences: vec![difference.clone()],
        }],
    };
    let document: Value = serde_json::from_str(&drift_json(&drift)).unwrap();
    assert_eq!(faults(&drift_schema(), &document), Vec::<String>::new());
    for text in [drift_text(&drift, false), drift_markdown(&drift)] {
        assert!(
            !text.contains('\u{1b}') && !text.contains("\n::error"),
            "{text}"
        );
    }
    let states = [
        FileState::Applied,
        FileState::Baselined,
        FileState::Adopted,
        FileState::Pending,
        FileState::Late,
        FileState::Failed,
        FileState::Interrupted,
        FileState::Edited,
        FileState::Missing,
        FileState::Changed,
    ];
    let files = states.map(|state| FileStatus {
        version: Some(version),
        name: HOSTILE.into(),
        state,
        at: Some("2026-01-02T00:00:00.000Z".into()),
        duration_ms: (state == FileState::Applied).then_some(12),
        by: None,
        commit: None,
        note: Some(HOSTILE.into()),
    });
    let status = Status {
        environment: "dev".into(),
        place: HOSTILE.into(),
        version: None,
        known: true,
        files: files.to_vec(),
    };
    let document: Value = serde_json::from_str(&status_json(&status)).unwrap();
    assert_eq!(faults(&status_schema(), &document), Vec::<String>::new());
}
