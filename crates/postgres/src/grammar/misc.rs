//! Statements that are no declarations, each by its rule; client lines; what is not understood.
//!
//! Invariant: what has no rule is an error with its place.

use super::{Read, Reader, expression, folded, function, list, name, unmodelled};
use driftless_model::{Kind, ObjectId};
use driftless_planner::{Action, Data, Parsed, Session};
use driftless_sql::{
    Cursor, Diagnostic, SourceId, Span, Syntax, Token, TokenKind, lex, token_text,
};

/// First words that change no schema, and why their statement is left out.
const QUIET: &[(&str, &str)] = &[
    ("abort", TRANSACTION),
    ("analyze", "upkeep of the server"),
    ("analyse", "upkeep of the server"),
    ("begin", TRANSACTION),
    ("checkpoint", "upkeep of the server"),
    ("close", "cursors live in a session"),
    ("cluster", "upkeep of the server"),
    ("commit", TRANSACTION),
    ("deallocate", "prepared statements live in a session"),
    ("declare", "cursors live in a session"),
    ("discard", "settings of a session"),
    ("end", TRANSACTION),
    ("execute", "prepared statements live in a session"),
    ("explain", "it only reads"),
    ("fetch", "cursors live in a session"),
    ("listen", "notifications live in a session"),
    ("load", "libraries are loaded into a session"),
    ("lock", TRANSACTION),
    ("move", "cursors live in a session"),
    ("notify", "notifications live in a session"),
    ("prepare", "prepared statements live in a session"),
    ("reassign", "roles belong to the cluster"),
    ("reindex", "upkeep of the server"),
    ("release", TRANSACTION),
    ("rollback", TRANSACTION),
    ("savepoint", TRANSACTION),
    ("show", "it only reads"),
    ("start", TRANSACTION),
    ("table", "it only reads"),
    ("unlisten", "notifications live in a session"),
    ("vacuum", "upkeep of the server"),
    ("values", "it only reads"),
];

const TRANSACTION: &str = "transactions are driftless' own";
const ROWS: &str = "it changes rows only";
const SETTING: &str = "settings of a session";

pub(super) fn read(r: &mut Reader) -> Read<()> {
    let start = r.pos();
    let word = r.word().unwrap_or_default();
    if r.at_symbol("(") {
        return r.ignore("it only reads");
    }
    match word.as_str() {
        "set" => set(r),
        "reset" => reset(r),
        "select" | "with" => select(r),
        "update" => update(r),
        "insert" | "delete" | "truncate" | "copy" | "merge" => rows(r),
        "do" => block(r),
        "call" => {
            r.rest();
            r.out.taint = Some("CALL runs a procedure that only a server can execute".to_owned());
            Ok(())
        }
        "security" => label(r),
        "import" => {
            // Its options may hold secrets: only the schema is named.
            r.expect_seq(&["import", "foreign", "schema"])?;
            let span = r.here();
            let schema = name::single(r, "a schema")?;
            r.rest();
            r.unmodelled("import of foreign schema", schema.as_str(), None, span);
            Ok(())
        }
        _ => match QUIET.iter().find(|(quiet, _)| *quiet == word) {
            Some((_, why)) => r.ignore(why),
            None => Err(not_understood(r, start)),
        },
    }
}

/// Words that a statement can start with, or that can stand behind CREATE, ALTER or DROP.
const FIRST: &[&str] = &[
    "alter", "call", "comment", "copy", "create", "delete", "do", "drop", "grant", "import",
    "insert", "merge", "refresh", "reset", "revoke", "security", "select", "set", "truncate",
    "update", "with",
];
const NOUNS: &[&str] = &[
    "domain",
    "extension",
    "function",
    "index",
    "materialized",
    "policy",
    "procedure",
    "role",
    "schema",
    "sequence",
    "table",
    "trigger",
    "type",
    "unique",
    "unlogged",
    "user",
    "view",
];

/// The statement has no rule.
pub(super) fn not_understood(r: &Reader, start: usize) -> Diagnostic {
    let mut back = r.cursor.clone();
    back.reset(start);
    let first = back.word();
    let behind = matches!(first.as_deref(), Some("create" | "alter" | "drop"));
    let odd = if behind { r.word() } else { first };
    let mut words = Vec::new();
    let from = back.pos();
    while words.len() < 3 && back.peek().is_some_and(|t| t.kind == TokenKind::Word) {
        if let Some(t) = back.bump() {
            words.push(back.text(t.span));
        }
    }
    if words.is_empty() {
        back.bump();
    }
    let span = back.span_from(from);
    let shown: String = back
        .text(span)
        .lines()
        .next()
        .unwrap_or("")
        .chars()
        .take(40)
        .collect();
    let problem = Diagnostic::error(
        "D0102",
        format!("the statement `{shown} …` is not understood"),
    )
    .at(r.place(span))
    .label("no rule for this statement");
    let known: Vec<&str> = if behind {
        NOUNS.iter().copied().chain(unmodelled::nouns()).collect()
    } else {
        let quiet = QUIET.iter().map(|(word, _)| *word);
        FIRST.iter().copied().chain(quiet).collect()
    };
    match odd.and_then(|odd| near(&odd, &known)) {
        Some(near) => problem.help(format!("did you mean `{}`?", near.to_ascii_uppercase())),
        None => problem.help("remove it, or keep it out of the schema's files"),
    }
}

/// The known word that is at most two edits away.
fn near<'w>(word: &str, known: &[&'w str]) -> Option<&'w str> {
    let best = known
        .iter()
        .map(|k| (edits(word, k), *k))
        .min_by_key(|(n, _)| *n)?;
    let most = if word.len() <= 3 { 1 } else { 2 };
    (best.0 > 0 && best.0 <= most).then_some(best.1)
}

/// Levenshtein's distance, a swap of neighbours counted once.
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 2 {
        return usize::MAX;
    }
    let mut rows = vec![vec![0usize; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            let mut best = if i == 0 || j == 0 { i + j } else { usize::MAX };
            if i > 0 && j > 0 {
                let same = usize::from(a[i - 1] != b[j - 1]);
                best = (rows[i - 1][j] + 1)
                    .min(rows[i][j - 1] + 1)
                    .min(rows[i - 1][j - 1] + same);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(rows[i - 2][j - 2] + 1);
                }
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

/// SET search_path is honoured to the file's end; other settings are noted.
fn set(r: &mut Reader) -> Read<()> {
    r.expect("set")?;
    if r.at_any(&["constraints", "transaction"]) || r.at_seq(&["session", "characteristics"]) {
        return r.ignore(TRANSACTION);
    }
    let _ = r.eat("session") || r.eat("local");
    if r.at_any(&["role", "authorization"]) {
        return r.ignore("roles belong to the cluster");
    }
    if r.eat("schema") {
        let schema = r.string("a schema in quotes")?;
        r.action(Action::Session(Session::SearchPath(vec![schema])));
        return Ok(());
    }
    let key = if r.eat_seq(&["time", "zone"]) {
        "timezone".to_owned()
    } else if r.eat_seq(&["xml", "option"]) {
        "xmloption".to_owned()
    } else {
        let parts = r.name("a setting")?;
        let parts: Vec<String> = parts.iter().map(|p| p.text.to_ascii_lowercase()).collect();
        if !r.eat("to") && parts != ["names"] {
            r.expect_symbol("=")?;
        }
        parts.join(".")
    };
    if key == "search_path" {
        let path = if r.eat("default") {
            vec!["public".to_owned()]
        } else {
            list(r, |c| super::value(c, "a schema"))?
        };
        r.action(Action::Session(Session::SearchPath(known(path))));
        return Ok(());
    }
    let from = r.pos();
    let value = match function::setting_value(r, &key) {
        Ok(value) if r.done() => value,
        // `interval '1' hour to minute` and its like.
        _ => {
            r.reset(from);
            r.rest();
            folded(r, from)
        }
    };
    r.action(Action::Session(Session::Set { name: key, value }));
    r.out.ignored = Some(SETTING);
    Ok(())
}

/// `"$user"` is a role's schema: no part of what is declared. An empty name is no schema.
fn known(path: Vec<String>) -> Vec<String> {
    path.into_iter()
        .filter(|s| !s.is_empty() && s != "$user")
        .collect()
}

fn reset(r: &mut Reader) -> Read<()> {
    r.expect("reset")?;
    if r.eat("search_path") || r.at("all") {
        r.eat("all");
        let path = vec!["public".to_owned()];
        r.action(Action::Session(Session::SearchPath(path)));
        return Ok(());
    }
    r.ignore(SETTING)
}

/// `SELECT set_config('search_path', …)` is honoured; another SELECT only reads.
fn select(r: &mut Reader) -> Read<()> {
    let start = r.pos();
    if r.eat("select") {
        r.eat_seq(&["pg_catalog"]);
        r.eat_symbol(".");
        if r.eat("set_config")
            && let Some(path) = set_config(r)?
        {
            if r.eat("as") {
                r.ident("a name")?;
            }
            r.action(Action::Session(Session::SearchPath(known(path))));
            return Ok(());
        }
    }
    r.reset(start);
    r.until(&|c| c.at("into"));
    if r.at("into") && !writes(r, start) {
        let span = r.here();
        return Err(r
            .unsupported(span, "SELECT … INTO")
            .note("what columns it gives only a server can tell")
            .help("declare the table with its columns"));
    }
    r.reset(start);
    if writes(r, start) {
        return r.ignore(ROWS);
    }
    r.ignore("it only reads")
}

/// A WITH query that ends in INSERT, UPDATE, DELETE or MERGE.
fn writes(r: &Reader, start: usize) -> bool {
    let mut c = r.cursor.clone();
    c.reset(start);
    if !c.at("with") {
        return false;
    }
    c.until(&|c| c.at_any(&["insert", "update", "delete", "merge", "select"]));
    !c.done() && !c.at("select")
}

/// `('search_path', 'a, b', false)`; `None`: another setting.
fn set_config(r: &mut Reader) -> Read<Option<Vec<String>>> {
    let mut group = r.group_cursor()?;
    if group.string("a setting").is_ok_and(|s| s == "search_path") && group.eat_symbol(",") {
        let span = group.here();
        let value = group.string("a path in quotes");
        let path = value.ok().and_then(|value| path_of(&value));
        return match path {
            Some(path) => Ok(Some(path)),
            None => Err(r
                .unsupported(span, "a computed search_path")
                .help("write the path out as a string")),
        };
    }
    Ok(None)
}

/// The schemas of a search path as a string.
fn path_of(value: &str) -> Option<Vec<String>> {
    let (tokens, _, _) = lex(value, Syntax::Postgres, SourceId(0));
    let mut c = Cursor::new(value, &tokens, SourceId(0), Syntax::Postgres);
    if c.done() {
        return Some(Vec::new());
    }
    let path = list(&mut c, |c| super::value(c, "a schema")).ok()?;
    c.done().then_some(path)
}

/// `UPDATE t SET c = value WHERE c IS NULL` fills a column; every other one is rows.
fn update(r: &mut Reader) -> Read<()> {
    let start = r.pos();
    if let Ok(fill) = fill(r)
        && r.done()
    {
        r.action(Action::Data(fill));
        r.out.ignored = Some(ROWS);
        return Ok(());
    }
    r.reset(start);
    rows(r)
}

fn fill(r: &mut Reader) -> Read<Data> {
    r.expect("update")?;
    r.eat("only");
    let (table, _) = name::object(r, Kind::Table, "a table")?;
    r.expect("set")?;
    let column = name::single(r, "a column")?;
    r.expect_symbol("=")?;
    let value = expression(r, &["where", "from"])?;
    r.expect("where")?;
    let same = name::single(r, "a column")?;
    r.expect_seq(&["is", "null"])?;
    if same != column {
        return Err(r.unexpected("the column itself"));
    }
    Ok(Data::Fill {
        table,
        column,
        value,
    })
}

/// A statement about rows: which table, as far as it says so.
fn rows(r: &mut Reader) -> Read<()> {
    let start = r.pos();
    let word = r.word().unwrap_or_default();
    r.bump();
    let _ = r.eat("into") || r.eat("from") || r.eat("table");
    r.eat("only");
    let tables: Vec<ObjectId> = if r.at_symbol("(") {
        Vec::new()
    } else if word == "truncate" {
        list(r, |c| {
            let id = name::object(c, Kind::Table, "a table")?.0;
            c.eat_symbol("*");
            Ok(id)
        })?
    } else {
        vec![name::object(r, Kind::Table, "a table")?.0]
    };
    r.rest();
    let span = r.span_from(start);
    let text = r.text(span).to_owned();
    r.action(Action::Data(Data::Other { tables, text }));
    r.out.ignored = Some(ROWS);
    Ok(())
}

/// `SECURITY LABEL …`
fn label(r: &mut Reader) -> Read<()> {
    r.expect_seq(&["security", "label"])?;
    let from = r.pos();
    r.rest();
    let span = r.span_from(from);
    let written = folded(r, from);
    r.unmodelled("security label", written, None, span);
    Ok(())
}

/// DO: harmless where it only makes roles that are missing.
fn block(r: &mut Reader) -> Read<()> {
    r.expect("do")?;
    let mut body = None;
    while !r.done() {
        if r.eat("language") {
            name::word_or_string(r, "a language")?;
        } else if body.is_none() {
            body = Some(r.string("the body as a string")?);
        } else {
            break;
        }
    }
    let Some(body) = body else {
        return Err(r.unexpected("the body as a string"));
    };
    if makes_roles_only(&body) {
        r.out.ignored = Some("it only makes roles that are missing");
    } else {
        r.out.taint = Some("DO runs code that only a server can execute".to_owned());
    }
    Ok(())
}

/// Words by which a block could change something.
const VERBS: &[&str] = &[
    "alter", "call", "comment", "copy", "delete", "drop", "grant", "insert", "merge", "perform",
    "refresh", "reindex", "revoke", "truncate", "update", "import", "security", "lock", "cluster",
];

fn makes_roles_only(body: &str) -> bool {
    let (tokens, _, _) = lex(body, Syntax::Postgres, SourceId(0));
    let lower = |t: Option<&Token>| {
        t.filter(|t| t.kind == TokenKind::Word)
            .map(|t| t.span.of(body).to_ascii_lowercase())
    };
    let is_role = |word: Option<String>| matches!(word.as_deref(), Some("role" | "user" | "group"));
    let mut made = 0usize;
    for (i, token) in tokens.iter().enumerate() {
        match lower(Some(token)).as_deref() {
            Some("create") if is_role(lower(tokens.get(i + 1))) => made += 1,
            Some("alter") if is_role(lower(tokens.get(i + 1))) => {}
            Some("create") => return false,
            // `EXECUTE 'CREATE ROLE …'`, `EXECUTE format('CREATE ROLE …', …)`.
            Some("execute") => {
                let behind = tokens.iter().skip(i + 1).take(3);
                let text = behind.clone().find(|t| t.kind == TokenKind::Text);
                let Some(text) = text else { return false };
                let text = token_text(text, body, Syntax::Postgres).to_ascii_lowercase();
                let mut words = text.split_whitespace();
                let create = words.next() == Some("create");
                let role = is_role(words.next().map(str::to_owned));
                if !create || !role || text.contains(';') {
                    return false;
                }
                made += 1;
            }
            Some(word) if VERBS.contains(&word) => return false,
            _ => {}
        }
    }
    made > 0
}

/// Lines that change nothing but what psql shows.
const HARMLESS: &[&str] = &[
    "\\.",
    "\\echo",
    "\\encoding",
    "\\pset",
    "\\qecho",
    "\\restrict",
    "\\set",
    "\\timing",
    "\\unrestrict",
    "\\unset",
    "\\warn",
];

/// A line for psql.
pub(super) fn meta(span: Span, c: &Cursor) -> Read<Parsed> {
    let line = c.text(span);
    let command = line.split_whitespace().next().unwrap_or(line);
    if HARMLESS.contains(&command) {
        return Ok(Parsed {
            ignored: Some("a line for psql"),
            ..Parsed::default()
        });
    }
    let place = c.place(Span::new(span.start, span.start + command.len()));
    Err(Diagnostic::error(
        "D0102",
        format!("the psql line `{command}` is not understood"),
    )
    .at(place)
    .label("only psql can do this")
    .help("remove the line; several files can be named as the schema instead of `\\i`"))
}
