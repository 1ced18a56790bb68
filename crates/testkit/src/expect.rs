//! Files that hold what a test expects.
//!
//! Neighbours: `fixture` and whole-program tests. `UPDATE=1` rewrites the file instead of comparing, so an expectation
//! is always real output that somebody has looked at.

use anyhow::{Context, Result, bail};
use similar::{ChangeTag, TextDiff};
use std::path::Path;

/// Whether expectations are to be rewritten.
pub fn updating() -> bool {
    std::env::var("UPDATE").is_ok_and(|value| !value.is_empty() && value != "0")
}

/// Compares `actual` with the file, or writes it with `UPDATE=1`. The error is a line diff.
pub fn check_file(path: &Path, actual: &str) -> Result<()> {
    if updating() {
        if std::fs::read_to_string(path).is_ok_and(|text| text == actual) {
            return Ok(());
        }
        return std::fs::write(path, actual)
            .with_context(|| format!("cannot write {}", path.display()));
    }
    let expected = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!(
                "{} is missing; UPDATE=1 writes it:\n{}",
                path.display(),
                line_diff("", actual)
            )
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    if expected != actual {
        bail!(
            "{} differs from what came out (- file, + actual; UPDATE=1 rewrites it):\n{}",
            path.display(),
            line_diff(&expected, actual)
        );
    }
    Ok(())
}

/// Fails the test where `check_file` finds a difference.
///
/// # Panics
/// On a difference.
#[track_caller]
pub fn assert_file(path: &Path, actual: &str) {
    if let Err(error) = check_file(path, actual) {
        panic!("{error:#}");
    }
}

/// A line diff with three lines of context.
pub fn line_diff(before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let mut out = String::new();
    for (index, group) in diff.grouped_ops(3).iter().enumerate() {
        if index > 0 {
            out.push_str("  …\n");
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            out.push(sign);
            out.push(' ');
            out.push_str(change.value().trim_end_matches('\n'));
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_shown_line_by_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.sql");
        std::fs::write(&path, "one\ntwo\nthree\n").unwrap();
        check_file(&path, "one\ntwo\nthree\n").unwrap();
        if !updating() {
            let text = check_file(&path, "one\n2\nthree\n")
                .unwrap_err()
                .to_string();
            assert!(text.contains("- two\n+ 2\n"), "{text}");
        }
    }
}
