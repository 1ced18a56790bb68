//! Configurations, good and bad, as they are told to people.

use super::*;

fn parsed(text: &str) -> (Sources, Result<Config, Problems>) {
    let mut sources = Sources::default();
    let config = Config::parse(FILE_NAME.into(), text, &mut sources, &mut Vec::new());
    (sources, config)
}

fn rendered(text: &str) -> String {
    let (sources, config) = parsed(text);
    let problems = config.expect_err("mistakes");
    driftless_report::render(&problems.0, &sources, false)
}

const WHOLE: &str = r#"
dialect: postgres@16
schema: [schema/, more/*.sql]
migrations: migrations/
late: run
on_drift: warn
manage: { schemas: [public, billing], exclude: ["table:public.cron_*"], undeclared: keep, aspects: [grants, owners] }
environments:
  dev:  { url: "postgres://localhost/shop_dev" }
  prod: { url: "${PROD_URL}", role: "${ROLE:-owner}", protect: true, lock_timeout: 3s }
default_environment: dev
scratch: off
"#;

#[test]
fn a_whole_one() {
    let config = parsed(WHOLE).1.expect("a config");
    assert_eq!(
        config
            .dialect
            .as_ref()
            .map(|d| d.value.to_string())
            .as_deref(),
        Some("postgres@16")
    );
    assert_eq!(config.schema.len(), 2);
    assert_eq!(config.manage.undeclared, Undeclared::Keep);
    assert_eq!(config.manage.aspects, [Aspect::Grants, Aspect::Owners]);
    assert_eq!(config.scratch, Scratch::Off);
    assert_eq!((config.late, config.on_drift), (Late::Run, OnDrift::Warn));
    let prod = config.environment(Some("prod")).expect("prod");
    assert!(prod.protect);
    assert_eq!(prod.lock_timeout, Some(Duration::from_secs(3)));
    assert_eq!(config.environment(None).map(|e| &*e.name), Ok("dev"));
    assert!(parsed("").1.is_ok(), "an empty file is all defaults");
    assert!(parsed("# only a comment\n").1.is_ok());
}

#[test]
fn variables_are_read_when_the_environment_is_used() {
    let config = parsed(WHOLE).1.expect("a config");
    let prod = config.environment(Some("prod")).expect("prod");
    let mut secrets = Vec::new();
    let missing = config.open(prod, &Variables::fixed(""), &mut secrets);
    let d = missing.expect_err("no variable");
    assert_eq!(
        (d.code, &*d.message),
        ("D0604", "the variable `PROD_URL` is not set")
    );
    let variables = Variables::fixed("PROD_URL=postgres://app:hunter2@db/shop");
    let open = config.open(prod, &variables, &mut secrets).expect("open");
    assert_eq!(open.url.reveal(), "postgres://app:hunter2@db/shop");
    assert_eq!(open.role.as_deref(), Some("owner"));
    assert_eq!(secrets, [Secret::new("hunter2")]);
    assert!(!format!("{open:?}").contains("hunter2"));
}

#[test]
fn which_environment() {
    let d = |text: &str, name| {
        let config = parsed(text).1.expect("a config");
        let d = config
            .environment(name)
            .map(|e| e.name.clone())
            .expect_err("no environment");
        format!(
            "{d} | {} | {}",
            d.notes.join(" "),
            d.help.as_deref().unwrap_or_default()
        )
    };
    let two = "environments: { staging: {url: 'sqlite:a'}, prod: {url: 'sqlite:b'} }";
    assert_eq!(
        d(two, None),
        "error[D0605]: which environment is meant? | declared are staging, prod | say --env NAME, or set default_environment"
    );
    assert_eq!(
        d(two, Some("stagin")),
        "error[D0605]: there is no environment `stagin` |  | did you mean `staging`?"
    );
    assert!(d("schema: a", None).contains("declares no environment"));
}

#[test]
fn unknown_keys() {
    assert_eq!(
        rendered("dialekt: postgres\nmanage:\n  exlude: [a]\n  zzz: 1\n"),
        "\
error[D0601]: unknown key `dialekt`
 --> driftless.yaml:1:1
  |
1 | dialekt: postgres
  | ^^^^^^^
  |
  = help: did you mean `dialect`?

error[D0601]: unknown key `exlude` in `manage`
 --> driftless.yaml:3:3
  |
3 |   exlude: [a]
  |   ^^^^^^
  |
  = help: did you mean `exclude`?

error[D0601]: unknown key `zzz` in `manage`
 --> driftless.yaml:4:3
  |
4 |   zzz: 1
  |   ^^^
  |
  = help: known here are schemas, include, exclude, undeclared, aspects, names, partitions

3 errors
"
    );
}

#[test]
fn wrong_types_and_duplicates() {
    assert_eq!(
        rendered(
            "schema: {a: b}\nenvironments:\n  prod: { protect: yes, lock_timeout: 3 }\nschema: x\n"
        ),
        "\
error[D0602]: `schema` must be a text or a list of texts
 --> driftless.yaml:1:9
  |
1 | schema: {a: b}
  |         ^^^^^^ this is a map of keys
  |
  = help: the keys and their shapes: driftless explain D0602

error[D0602]: `protect` must be true or false
 --> driftless.yaml:3:20
  |
3 |   prod: { protect: yes, lock_timeout: 3 }
  |                    ^^^ this is `yes`
  |
  = help: the keys and their shapes: driftless explain D0602

error[D0602]: `lock_timeout` must be a time like 500ms, 3s or 1min
 --> driftless.yaml:3:39
  |
3 |   prod: { protect: yes, lock_timeout: 3 }
  |                                       ^ this is none
  |
  = help: the keys and their shapes: driftless explain D0602

error[D0603]: the key `schema` is given twice
 --> driftless.yaml:4:1
  |
4 | schema: x
  | ^^^^^^ stands further up already
  |
  = help: keep one of the two

4 errors
"
    );
}

#[test]
fn a_table_of_single_mistakes() {
    for (text, code, says) in [
        ("dialect: mysql@8", "D0607", "mysql@8.4"),
        ("dialect: postgers", "D0607", "did you mean `postgres`?"),
        ("dialect: [a]", "D0602", "this is a list"),
        ("dialect:", "D0602", "this is nothing"),
        ("- a", "D0602", "the file must be a map of keys"),
        ("manage: { undeclared: maybe }", "D0602", "drop or keep"),
        (
            "manage: { aspects: [grant] }",
            "D0602",
            "did you mean `grants`?",
        ),
        ("scratch: somewhere", "D0602", "write off, auto, target"),
        (
            "server:\n  sql_mode: [ANSI_QUOTES]",
            "D0003",
            "ANSI_QUOTES are not read",
        ),
        ("environments: [dev]", "D0602", "this is a list"),
        ("default_environment: dev", "D0605", "no environment `dev`"),
        ("a: b: c", "D0600", "not valid YAML"),
        ("a: [", "D0600", "not valid YAML"),
        ("schema: 'a", "D0600", "driftless.yaml:1:"),
        ("schema: a\n---\nschema: b", "D0600", "a second document"),
        ("[a]: b", "D0600", "a key must be a name"),
        ("a: &x [*x]", "D0600", "D0600"),
    ] {
        let out = rendered(text);
        assert!(out.contains(&format!("[{code}]")), "{text}:\n{out}");
        assert!(out.contains(says), "{text}:\n{out}");
    }
    let deep = format!("schema: {}", "[".repeat(10_000));
    assert!(rendered(&deep).contains("D0600"));
}

#[test]
fn no_password_is_shown() {
    let out = rendered("environments: { p: { url: \"postgres://a:hunter2@h/d\", rol: x } }");
    assert!(
        out.contains("postgres://a:*******@h/d") && out.contains("`role`"),
        "{out}"
    );
    let out = rendered("environments: { p: { url: postgres://a:hunter2@h/d, rol: x }");
    assert!(!out.contains("hunter2"), "{out}");
}

#[test]
fn characters_of_several_bytes_keep_their_places() {
    let out = rendered("# größe ☃\nschema: [\"ä☃\"]\nscema: ü\n");
    assert!(out.contains("driftless.yaml:3:1"), "{out}");
}
