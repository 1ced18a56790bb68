//! Reading from real folders, programs and repositories.

use std::path::Path;

use super::*;

fn read(state: &str, limit: u64) -> (Sources, Result<Vec<SourceId>, Problems>) {
    let mut sources = Sources::default();
    let state = StateSpec::parse(state).expect("a state");
    let ids = Reader {
        sources: &mut sources,
        max_file_size: limit,
    }
    .read(&state);
    (sources, ids)
}

fn texts(state: &str) -> Vec<String> {
    let (sources, ids) = read(state, DEFAULT_MAX_FILE_SIZE);
    ids.unwrap_or_else(|p| panic!("{state}: {p}"))
        .iter()
        .filter_map(|id| Some(sources.get(*id)?.text.to_string()))
        .collect()
}

fn failure(state: &str, limit: u64) -> (Sources, Diagnostic) {
    let (sources, ids) = read(state, limit);
    let problems = ids.expect_err(state);
    (
        sources,
        problems.0.into_iter().next().expect("a diagnostic"),
    )
}

fn write(dir: &Path, name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("folder");
    std::fs::write(&path, bytes).expect("file");
    path.to_string_lossy().into_owned()
}

#[test]
fn files_folders_and_globs() {
    let dir = tempfile::tempdir().expect("dir");
    let root = dir.path().to_string_lossy().into_owned();
    write(dir.path(), "s/b.sql", "b");
    write(dir.path(), "s/a/z.sql", b"\xef\xbb\xbfz");
    write(dir.path(), "s/.hidden/h.sql", "h");
    write(dir.path(), "s/README.md", "no");
    write(dir.path(), "s/driftless.yaml", "no");
    write(dir.path(), "y/driftless.yaml", "no");
    write(dir.path(), "y/a.yml", "a");
    write(dir.path(), "y/b.YAML", "b");
    assert_eq!(texts(&format!("{root}/y")), ["a", "b"]);
    assert_eq!(texts(&format!("{root}/y/*")), ["a", "b"]);
    assert_eq!(texts(&format!("{root}/s")), ["z", "b"]);
    assert_eq!(texts(&format!("{root}/s/**/*.sql")), ["z", "b"]);
    assert_eq!(texts(&format!("{root}/s/b.sql")), ["b"]);
    assert_eq!(texts("empty"), [""; 0]);
    let empty = write(dir.path(), "empty.sql", "");
    assert_eq!(texts(&empty), [""]);

    let mut sources = Sources::default();
    let twice = StateSpec::Files(vec![format!("{root}/s/b.sql"), format!("{root}/s")]);
    let ids = Reader {
        sources: &mut sources,
        max_file_size: 9,
    }
    .read(&twice);
    assert_eq!(ids.map(|ids| ids.len()).ok(), Some(2));
}

#[test]
fn what_is_no_file_is_named() {
    let dir = tempfile::tempdir().expect("dir");
    let root = dir.path().to_string_lossy().into_owned();
    write(dir.path(), "schema.sql", "1234567890");
    write(dir.path(), "n/README", "");
    write(dir.path(), "n/driftless.yaml", "");
    write(dir.path(), "shop.db", b"SQLite format 3\0rest");
    write(dir.path(), "wide.sql", b"\xff\xfea\0");
    for (name, limit, code, says) in [
        ("shcema.sql", 99, "D0106", "did you mean"),
        ("*.ddl", 99, "D0106", "quote the pattern"),
        ("n", 99, "D0106", "`empty`"),
        ("schema.sql", 9, "D0104", "--max-file-size"),
        ("shop.db", 99, "D0105", "sqlite:"),
        ("wide.sql", 99, "D0105", "UTF-16"),
    ] {
        let (_, d) = failure(&format!("{root}/{name}"), limit);
        assert_eq!(d.code, code, "{name}");
        assert!(
            d.help.as_deref().unwrap_or("").contains(says),
            "{name}: {d:?}"
        );
    }
    assert_eq!(failure("migrations:m@2", 9).1.code, "D0107");
}

#[test]
fn the_first_bad_byte_has_a_place() {
    let dir = tempfile::tempdir().expect("dir");
    let path = write(dir.path(), "latin.sql", b"one\n-- caf\xe9 ol\xe9\n");
    let (sources, d) = failure(&path, 99);
    let place = d.place.expect("a place");
    let source = sources.get(place.source).expect("a source");
    assert_eq!(source.line_column(place.span.start), (2, 7));
    assert!(d.label.contains("0xE9"), "{d:?}");
}

#[test]
fn programs() {
    assert_eq!(texts("cmd:printf '%s' 'create table'"), ["create table"]);
    assert_eq!(texts("cmd:cat"), [""], "standard input is closed");
    let (_, d) = failure("cmd:sh -c 'echo no such model >&2; exit 3'", 99);
    assert_eq!(d.code, "D0108");
    assert!(d.notes[0].contains("no such model"), "{d:?}");
    assert_eq!(failure("cmd:no-such-program-here", 99).1.code, "D0108");
    assert_eq!(failure("cmd:yes", 99).1.code, "D0104");
}

#[test]
fn git_revisions() {
    // The reader works in the current folder, which in a test is inside no repository that we may rely on.
    let (_, d) = failure("git:no-such-revision-here:schema/", 99);
    assert_eq!(d.code, "D0109");
    assert!(d.notes[0].contains("git says: "), "{d:?}");
}
