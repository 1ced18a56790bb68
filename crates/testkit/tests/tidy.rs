//! House rules that no compiler checks, over every file that git tracks.
//!
//! Neighbours: `docs/CONTRIBUTING.md` says why. Each test lists all breaches at once, as `path:line: what`.

use std::path::{Path, PathBuf};
use std::process::Command;

const LONGEST: usize = 1000;

#[test]
fn every_file_opens_with_its_duty_and_is_short() {
    let mut wrong = Vec::new();
    for (path, text) in rust_files() {
        if !text.starts_with("//!") {
            wrong.push(format!("{path}:1: does not start with `//!`"));
        }
        let lines = text.lines().count();
        if lines > LONGEST {
            wrong.push(format!(
                "{path}: has {lines} lines, at most {LONGEST} are allowed"
            ));
        }
    }
    report(wrong);
}

#[test]
fn nothing_is_left_to_do() {
    let words = ["todo", "unimplemented", "dbg"].map(|word| format!("{word}!"));
    let mut wrong = Vec::new();
    for (path, text) in rust_files() {
        for (number, line) in code(&text) {
            if let Some(word) = words.iter().find(|word| has_macro(line, word)) {
                wrong.push(format!("{path}:{number}: {word}"));
            }
        }
    }
    report(wrong);
}

#[test]
fn nothing_shipped_can_panic_by_choice() {
    let macros = ["panic!", "unreachable!"];
    let mut wrong = Vec::new();
    let files = rust_files();
    let only_tests = test_files(&files);
    for (path, text) in &files {
        if !is_shipped(path) || only_tests.contains(path) {
            continue;
        }
        for (number, line) in without_tests(text) {
            let unwrapped = line.contains(".unwrap()").then_some(".unwrap()");
            let call = unwrapped.or_else(|| expects_a_sentence(line).then_some(".expect("));
            let found = call.or_else(|| macros.iter().find(|word| has_macro(line, word)).copied());
            if let Some(found) = found {
                wrong.push(format!("{path}:{number}: {found}"));
            }
        }
    }
    report(wrong);
}

#[test]
fn no_file_knows_a_machine() {
    let root = driftless_testkit::workspace::root();
    let mut places: Vec<String> = [
        "home",
        "root",
        "Users",
        "work",
        "workspace",
        "builds",
        "tmp/t-",
    ]
    .iter()
    .map(|name| {
        if name.contains('/') {
            format!("/{name}")
        } else {
            format!("/{name}/")
        }
    })
    .collect();
    if root.components().count() > 2 {
        places.push(format!("{}/", root.display()));
    }
    // Pieces, since this file is looked at as well.
    let hosts = [
        ("npmjs", ".org"),
        ("npmjs", ".com"),
        ("pypi", ".org"),
        ("crates", ".io/api"),
        ("deb.debian", ".org"),
        ("jfrog", ".io"),
    ]
    .map(|(name, end)| format!("{name}{end}"));
    let mut wrong = Vec::new();
    for (path, text) in text_files() {
        let index = concat!("registry+https://github.com/rust-lang/crates", ".io-index");
        for (number, line) in text.lines().enumerate() {
            let number = number + 1;
            if let Some(place) = places.iter().find(|place| starts_a_path(line, place)) {
                wrong.push(format!("{path}:{number}: the path {place}"));
            }
            if let Some(host) = hosts.iter().find(|host| line.contains(host.as_str())) {
                wrong.push(format!("{path}:{number}: the host {host}"));
            }
            if path == "Cargo.lock" && line.starts_with("source = ") && !line.contains(index) {
                wrong.push(format!(
                    "{path}:{number}: a source that is not the public index"
                ));
            }
        }
    }
    report(wrong);
}

#[track_caller]
fn report(wrong: Vec<String>) {
    assert!(
        wrong.is_empty(),
        "{} breaches:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Tracked files that are there, with their text; nothing outside of a git checkout.
fn text_files() -> Vec<(String, String)> {
    let root = driftless_testkit::workspace::root();
    let output = Command::new("git")
        .arg("-C")
        .arg(&root)
        .args(["ls-files", "-z"])
        .output();
    let Ok(output) = output
        .map_err(|_| ())
        .and_then(|output| output.status.success().then_some(output).ok_or(()))
    else {
        println!("skipped: this is no git checkout, or there is no git");
        return Vec::new();
    };
    let names = String::from_utf8(output.stdout).unwrap();
    names
        .split_terminator('\0')
        .filter_map(|name| {
            Some((
                name.to_owned(),
                std::fs::read_to_string(root.join(name)).ok()?,
            ))
        })
        .collect()
}

fn rust_files() -> Vec<(String, String)> {
    text_files()
        .into_iter()
        .filter(|(path, _)| path.ends_with(".rs"))
        .collect()
}

fn is_shipped(path: &str) -> bool {
    let mut parts = path.split('/');
    parts.next() == Some("crates")
        && !matches!(parts.next(), Some("testkit" | "xtask"))
        && parts.next() == Some("src")
}

/// Numbered lines that are no comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// The same without items under `#[cfg(test)]`. The code is formatted, so an item ends at its own indentation; a test
/// module is the last item of its file (clippy holds that), so nothing after it is code.
fn without_tests(text: &str) -> Vec<(usize, &str)> {
    let mut kept = Vec::new();
    let mut lines = code(text);
    while let Some((number, line)) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            kept.push((number, line));
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        for (_, line) in lines.by_ref() {
            let body = line.trim();
            if body.starts_with("mod ") && body.ends_with('{') && indent == 0 {
                return kept;
            }
            let at_indent = line.len() - line.trim_start().len() == indent;
            if at_indent && (body.ends_with(';') || body == "}" || body.ends_with("{}")) {
                break;
            }
        }
    }
    kept
}

/// Files that a `#[cfg(test)] mod name;` brings in.
fn test_files(files: &[(String, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in files {
        let mut marked = false;
        for line in text.lines() {
            let line = line.trim();
            if marked
                && let Some(name) = line
                    .strip_prefix("mod ")
                    .and_then(|rest| rest.strip_suffix(';'))
            {
                found.extend(module_files(Path::new(path), name));
            }
            marked = line == "#[cfg(test)]" || (marked && line.starts_with("#["));
        }
    }
    // The modules of a test module are tests too.
    let folders: Vec<String> = found
        .iter()
        .map(|f| format!("{}/", f.trim_end_matches("/mod.rs").trim_end_matches(".rs")))
        .collect();
    let below = files
        .iter()
        .map(|(path, _)| path)
        .filter(|path| folders.iter().any(|f| path.starts_with(f)));
    let below: Vec<String> = below.cloned().collect();
    found.extend(below);
    found
}

fn module_files(parent: &Path, name: &str) -> [String; 2] {
    let stem = parent.file_stem().unwrap_or_default();
    let folder = parent.parent().unwrap_or(Path::new(""));
    let folder: PathBuf = if ["lib", "main", "mod"].iter().any(|root| stem == *root) {
        folder.into()
    } else {
        folder.join(stem)
    };
    [
        folder.join(format!("{name}.rs")),
        folder.join(name).join("mod.rs"),
    ]
    .map(|path| path.to_string_lossy().into_owned())
}

/// `Option::expect` and its kin are given a sentence, a parser's own `expect` a keyword or a sign. The linter, which
/// knows types, is asked about the rest by `cargo xtask test`.
fn expects_a_sentence(line: &str) -> bool {
    let said = line
        .split_once(".expect(\"")
        .and_then(|(_, rest)| rest.split_once('"'));
    said.is_some_and(|(said, _)| said.contains(' ')) || line.contains(".expect(&format!(")
}

/// `panic!(`, but not `my_panic!(` or the words in a text.
fn has_macro(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
            && matches!(after, Some('(' | '[' | '{'))
    })
}

/// The path as the start of an absolute one, not inside of a longer path or a URL.
fn starts_a_path(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-~}/*".contains(c))
    })
}

#[test]
fn the_rules_see_what_they_should() {
    let text = "fn a() {}\n#[cfg(test)]\nuse x;\nfn b() {\n    c.unwrap();\n}\n#[cfg(test)]\nmod tests {\n    d.unwrap();\n}\n";
    let kept: Vec<_> = without_tests(text)
        .into_iter()
        .map(|(number, _)| number)
        .collect();
    assert_eq!(kept, [1, 4, 5, 6]);
    assert!(has_macro("    panic!(\"x\")", "panic!") && !has_macro("let my_panic!(", "panic!"));
    let home = format!("/{}/", "home");
    assert!(starts_a_path(&format!("cd {home}x"), &home));
    assert!(!starts_a_path(&format!("https://a.b{home}x"), &home));
    assert!(
        expects_a_sentence("a.expect(\"is there\")") && !expects_a_sentence("c.expect(\"TABLE\")")
    );
    let files = [(
        "crates/a/src/b.rs".to_owned(),
        "#[cfg(test)]\nmod case;\n".to_owned(),
    )];
    assert!(test_files(&files).contains(&"crates/a/src/b/case.rs".to_owned()));
}
