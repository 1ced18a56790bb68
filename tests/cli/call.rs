//! Calls: arguments, configuration, exit codes, streams, and mistakes as a user meets them.
//!
//! Neighbours: `road` runs whole commands, `hostile` gives them bad input.

use crate::project::{Project, fails, git};

#[test]
fn help_and_version_are_no_errors() {
    let project = Project::of(&[]);
    for args in [&["--help"][..], &["--version"], &["plan", "--help"]] {
        let ran = project.run(args);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(!ran.out.is_empty() && ran.err.is_empty(), "{ran:?}");
    }
}

#[test]
fn mistakes_in_the_call_end_with_64() {
    let project = Project::of(&[]);
    for (args, says) in [
        (&[][..], "Usage"),
        (&["paln"], "plan"),
        (&["plan", "--exitcode"], "--exit-code"),
        (&["plan", "--format", "xml"], "markdown"),
        (&["diff", "--from", "a"], "--to"),
        (&["plan", "--manage", "grant"], "did you mean `grants`?"),
        (&["plan", "--allow", "drop"], "like D0203"),
        (&["plan", "--scratch", "somewhere"], "names no place"),
        (&["plan", "--max-file-size", "big"], "200MiB"),
        (&["completions", "cmd.exe"], "bash"),
        (&["explain", "D9999"], "D0002"),
        (&["import", "x"], "`driftless import` is not supported yet"),
        (&["lint"], "D0003"),
    ] {
        fails(&project.run(args), 64, &[says]);
    }
    let ran = project.run(&["plan", "postgres://app:hunter2@h/d"]);
    fails(&ran, 64, &["postgres://app:*******@h/d"]);
}

#[test]
fn pages_and_completions() {
    // A broken configuration must not keep anyone from reading its page.
    let project = Project::of(&[("driftless.yaml", "a: [")]);
    let ran = project.run(&["explain", "d0101"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.starts_with("# D0101: syntax error\n"), "{ran:?}");
    let ran = project.run(&["explain"]);
    assert!(ran.out.contains("D0601  unknown key"), "{ran:?}");
    for shell in ["bash", "zsh", "fish"] {
        let ran = project.run(&["completions", shell]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(ran.out.contains("--declarative") || ran.out.contains("declarative"));
    }
}

#[test]
fn a_configuration_is_found_upwards_and_its_mistakes_shown() {
    let project = Project::of(&[
        ("driftless.yaml", "dialect: sqlite\nenviroments: {}\n"),
        ("deep/er/x.sql", ""),
    ]);
    let ran = project.run_in("deep/er", &["plan"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(
        ran.err,
        "\
error[D0601]: unknown key `enviroments`
 --> ../../driftless.yaml:2:1
  |
2 | enviroments: {}
  | ^^^^^^^^^^^
  |
  = help: did you mean `environments`?
"
    );
    let ran = project.run(&["--color", "always", "plan"]);
    assert!(ran.err.contains("\u{1b}["), "{ran:?}");
}

#[test]
fn what_a_command_cannot_do_without() {
    let bare = Project::of(&[]);
    fails(&bare.run(&["plan"]), 1, &["D0606", "diff --from"]);
    fails(&bare.run(&["inspect", "env:dev"]), 1, &["D0606"]);
    fails(
        &bare.run(&["plan", "--config", "no.yaml"]),
        1,
        &["D0606", "no.yaml"],
    );
    fails(&bare.run(&["apply"]), 1, &["D0606"]);
    fails(
        &bare.run(&["diff", "--from", "empty", "--to", "empty"]),
        1,
        &["D0004"],
    );
    let mixed = ["diff", "--from", "sqlite:a.db", "--to", "postgres://h/d"];
    fails(&bare.run(&mixed), 1, &["D0004"]);
    fails(
        &bare.run(&["inspect", "oracle://h/d"]),
        1,
        &["D0107", "oracle"],
    );
    let project = Project::of(&[
        (
            "driftless.yaml",
            "dialect: sqlite\nschema: s.sql\nmigrations: m\nenvironments: { dev: { url: 'sqlite:a.db' }, prod: { url: '${SHOP_URL}' } }\n",
        ),
        ("s.sql", ""),
        ("m/1.sql", ""),
    ]);
    fails(&project.run(&["plan"]), 1, &["D0701", "`1.sql`"]);
    fails(
        &project.run(&["plan", "--env", "prdo"]),
        1,
        &["D0605", "`prod`"],
    );
    fails(
        &project.run(&["plan", "--env", "prod"]),
        1,
        &["D0604", "`SHOP_URL`", "driftless.yaml:4:"],
    );
    fails(
        &project.run(&["apply", "--declarative"]),
        1,
        &["D0605", "dev, prod"],
    );
    fails(
        &project.run(&["plan", "--env", "dev", "--dialect", "postgres"]),
        1,
        &["D0004"],
    );
    project.write(
        ".env",
        b"# local\nSHOP_URL=mysql://app:hunter2@127.0.0.1:1/d\n",
    );
    let ran = project.run(&["plan", "--env", "prod"]);
    fails(&ran, 1, &["D0004", "mysql"]);
    assert!(!ran.err.contains("hunter2"), "{ran:?}");
}

#[test]
fn protected_environments_refuse_with_3() {
    let project = Project::of(&[
        (
            "driftless.yaml",
            "dialect: sqlite\nschema: s.sql\nenvironments: { prod: { url: 'sqlite:a.db', protect: true } }\n",
        ),
        ("s.sql", "CREATE TABLE t (a int);"),
    ]);
    let ran = project.run(&["apply", "--declarative", "--yes"]);
    fails(&ran, 3, &["D0006", "--force prod"]);
    assert!(!project.path().join("a.db").exists());
}

#[test]
fn files_that_cannot_be_read() {
    let project = Project::of(&[("schema.sql", "SELECT 1;\n"), ("t.yaml", "tabels: {}")]);
    project.write("latin.sql", b"-- ok\n-- caf\xe9\n");
    let inspect = |args: &[&str]| {
        let args: Vec<&str> = ["inspect", "--dialect", "sqlite"]
            .iter()
            .chain(args)
            .copied()
            .collect();
        project.run(&args)
    };
    fails(
        &inspect(&["shcema.sql"]),
        1,
        &["D0106", "did you mean `schema.sql`?"],
    );
    fails(
        &inspect(&["latin.sql"]),
        1,
        &["D0105", "latin.sql:2:7", "0xE9"],
    );
    fails(
        &inspect(&["t.yaml"]),
        1,
        &["D0601", "t.yaml:1:1", "did you mean `tables`?"],
    );
    fails(
        &inspect(&["schema.sql", "--max-file-size", "5"]),
        1,
        &["D0104", "10 bytes"],
    );
    fails(&inspect(&["postgers://h/d"]), 1, &["D0107", "`postgres:`"]);
    let ran = inspect(&["postgres://app:hun/ter2@h:x/d"]);
    fails(&ran, 1, &["D0501", "app:***@h:x/d"]);
    let large = std::fs::File::create(project.path().join("large.sql")).expect("a file");
    large.set_len(200 << 20).expect("a sparse file");
    fails(
        &inspect(&["large.sql"]),
        1,
        &["D0104", "200.0 MiB", "--max-file-size"],
    );
}

#[test]
fn git_revisions_are_read_by_git() {
    let project = Project::of(&[
        ("db/schema/a.sql", "CREATE TABLE a (x int);"),
        ("db/n.txt", ""),
    ]);
    let git = |args: &[&str]| git(project.path(), args);
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&[
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.org",
        "commit",
        "-q",
        "-m",
        "one",
    ]);
    project.write("db/schema/a.sql", b"broken now");
    let run = |state: &str| project.run_in("db", &["inspect", "--dialect", "sqlite", state]);
    for (state, code) in [
        ("git:HEAD:nothing", "D0106"),
        ("git:HEAD~7:schema", "D0109"),
        ("git:--help:schema", "D0109"),
    ] {
        fails(&run(state), 1, &[code]);
    }
    // Whatever else the command does with it, the files of the revision were found.
    for state in ["git:HEAD:schema/", "git:HEAD:schema/a.sql", "git:HEAD:."] {
        let ran = run(state);
        assert!(
            !ran.err.contains("D0106") && !ran.err.contains("D0109"),
            "{ran:?}"
        );
    }
}
