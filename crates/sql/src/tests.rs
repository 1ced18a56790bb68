//! Tables of hostile and plain text for lexing, splitting, cursors, quoting and directives.

mod modes;
mod mysql;

use crate::*;

const PG: Syntax = Syntax::Postgres;
const LITE: Syntax = Syntax::Sqlite;

fn pieces(text: &str, syntax: Syntax) -> Vec<(TokenKind, &str)> {
    let (tokens, _, _) = lex(text, syntax, SourceId(0));
    tokens.iter().map(|t| (t.kind, t.span.of(text))).collect()
}

fn raw(text: &str, syntax: Syntax) -> String {
    let raws: Vec<&str> = pieces(text, syntax).iter().map(|p| p.1).collect();
    raws.join("·")
}

#[test]
fn tokens_have_the_engines_borders() {
    let table = [
        (PG, "a<-1", "a·<·-·1"),
        (PG, "a@-1", "a·@-·1"),
        (PG, "a+-- c\nb", "a·+·b"),
        (PG, "a*/*x/*y*/z*/b", "a·*·b"),
        (PG, "x::int[1]:=$1", "x·::·int·[·1·]·:=·$1"),
        (
            PG,
            "f(a=>1.5e-3, .5, 1..2)",
            "f·(·a·=>·1.5e-3·,·.5·,·1·.·.·2·)",
        ),
        (PG, "0x1F 1_000 0b01 1e", "0x1F·1_000·0b01·1·e"),
        (PG, "$a$ ; '$b$ $a$ $$x$$", "$a$ ; '$b$ $a$·$$x$$"),
        (PG, "a$b $1", "a$b·$1"),
        (PG, "'a'\n  -- c\n 'b' 'c'", "'a'\n  -- c\n 'b'·'c'"),
        (PG, r"E'\'' 'a\' b", r"E'\''·'a\'·b"),
        (PG, "U&'!0041' UESCAPE '!' x", "U&'!0041' UESCAPE '!'·x"),
        (PG, "B'01' x'ff' N'a'", "B'01'·x'ff'·N·'a'"),
        (LITE, "[a]]`b``c`\"d\"", "[a]·]·`b``c`·\"d\""),
        (LITE, "a->>'$.x'==?1 :b @c $d", "a·->>·'$.x'·==·?1·:b·@c·$d"),
        (LITE, "a$b x'00' 0xfF", "a$b·x'00'·0xfF"),
        (LITE, "/* no end", ""),
        (PG, "\u{feff}select", "select"),
        (PG, "اسم_الجدول, \"عمود\"", "اسم_الجدول·,·\"عمود\""),
        (PG, "a\r\n--c\r\nb", "a·b"),
    ];
    for (syntax, text, wanted) in table {
        assert_eq!(raw(text, syntax), wanted, "{text}");
    }
}

#[test]
fn what_does_not_end_is_told_at_its_start() {
    for (syntax, text, at) in [
        (PG, "a 'b", 2),
        (PG, "a \"b", 2),
        (PG, "a $x$ b $x", 2),
        (PG, "a /* /* */", 2),
        (PG, r"a E'\'", 3),
        (LITE, "a [b", 2),
        (LITE, "a `b", 2),
        (PG, "ab \0", 3),
    ] {
        let (_, _, problems) = lex(text, syntax, SourceId(7));
        let place = problems[0].place.expect("a place");
        assert_eq!(
            (problems.len(), place.span.start, place.source),
            (1, at, SourceId(7)),
            "{text}"
        );
    }
}

#[test]
fn names_and_strings_are_decoded() {
    let table = [
        (PG, "FooBar", "foobar"),
        (PG, "\"Foo\"\"Bar\"", "Foo\"Bar"),
        (PG, "U&\"d\\0061t\\+000061\"", "data"),
        (PG, "U&\"d!0061\" UESCAPE '!'", "da"),
        (LITE, "FooBar", "FooBar"),
        (LITE, "[a b]", "a b"),
        (LITE, "`a``b`", "a`b"),
        (PG, "'it''s'", "it's"),
        (PG, "'a'\n'b'", "ab"),
        (PG, r"E'a\n\x41\101\u0042\\\'\q\U0001F600'", "a\nAAB\\'q😀"),
        (PG, r"E'\uD83D\uDE00é\é'", "😀éé"),
        (PG, "U&'\\D83D\\DE00\\\\'", "😀\\"),
        (PG, "$t$a'$b$t$", "a'$b"),
        (LITE, "'it''s'", "it's"),
        (PG, "'open", "open"),
    ];
    for (syntax, text, wanted) in table {
        let (tokens, _, _) = lex(text, syntax, SourceId(0));
        assert_eq!(tokens.len(), 1, "{text}");
        let value = match tokens[0].kind {
            TokenKind::Text => token_text(&tokens[0], text, syntax),
            _ => token_name(&tokens[0], text, syntax),
        };
        assert_eq!(value, wanted, "{text}");
    }
}

fn statements(text: &str, syntax: Syntax) -> Vec<&str> {
    let (statements, _) = split(text, syntax, SourceId(0));
    let each: Vec<RawStatement> = Statements::of(text, syntax, SourceId(0)).collect();
    assert_eq!(each, statements, "{text}");
    statements.iter().map(|s| s.span.of(text)).collect()
}

#[test]
fn scripts_are_split_where_the_client_splits() {
    let atomic = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END AS end; SELECT 2; END";
    let trigger = "CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET x = CASE WHEN 1 THEN 2 END; SELECT 1; END";
    let rule = "CREATE RULE r AS ON INSERT TO a DO ALSO (DELETE FROM b; DELETE FROM c)";
    let table = [
        (PG, "a;; b ;\n;c".to_owned(), vec!["a", "b", "c"]),
        (PG, format!("{atomic}; x"), vec![atomic, "x"]),
        (LITE, format!("{trigger}; x"), vec![trigger, "x"]),
        (PG, format!("{rule}; x"), vec![rule, "x"]),
        (PG, "begin; end; x".to_owned(), vec!["begin", "end", "x"]),
        (
            PG,
            "\\restrict abc\nSELECT 1;\n\\unrestrict abc".to_owned(),
            vec!["\\restrict abc", "SELECT 1", "\\unrestrict abc"],
        ),
        (
            LITE,
            ".open x\nSELECT .5;".to_owned(),
            vec![".open x", "SELECT .5"],
        ),
        (
            PG,
            "do $$ begin; end; $$; x".to_owned(),
            vec!["do $$ begin; end; $$", "x"],
        ),
        (
            PG,
            "a ';' \";\" /* ; */ -- ;\n b; c".to_owned(),
            vec!["a ';' \";\" /* ; */ -- ;\n b", "c"],
        ),
        (
            PG,
            "CREATE TABLE t (a int; x".to_owned(),
            vec!["CREATE TABLE t (a int", "x"],
        ),
        (PG, String::new(), vec![]),
    ];
    for (syntax, text, wanted) in &table {
        assert_eq!(&statements(text, *syntax), wanted, "{text}");
    }
}

#[test]
fn copy_data_is_no_sql() {
    let text = "COPY t (a) FROM stdin; -- note\n1;\t'\n-- 2\n\\.\n\nSELECT 1;";
    let (found, problems) = split(text, PG, SourceId(0));
    assert!(problems.is_empty());
    assert_eq!(found[0].data.map(|d| d.of(text)), Some("1;\t'\n-- 2\n"));
    assert_eq!(found[0].comments.len(), 1);
    assert_eq!(found[1].span.of(text), "SELECT 1");
    assert!(found[1].comments.is_empty());
    let (_, problems) = split("COPY t FROM stdin; SELECT 1;\n\\.\n", PG, SourceId(0));
    assert_eq!(problems.len(), 1);
}

#[test]
fn comments_belong_to_the_line_they_stand_on() {
    let text = "-- head\na /* in */ b; -- behind a\n-- before c\nc; /* before d */ d;\n-- tail\n";
    let script = read_script(text, PG, SourceId(0));
    let of = |comments: &[Comment]| -> Vec<String> {
        comments
            .iter()
            .map(|c| c.span.of(text).to_owned())
            .collect()
    };
    let all: Vec<_> = script.statements.iter().map(|s| of(&s.comments)).collect();
    assert_eq!(all[0], ["-- head", "/* in */", "-- behind a"]);
    assert_eq!(all[1], ["-- before c"]);
    assert_eq!(all[2], ["/* before d */"]);
    assert_eq!(of(&script.tail), ["-- tail"]);
    let each: Vec<RawStatement> = Statements::of(text, PG, SourceId(0)).collect();
    assert_eq!(each, script.statements);
}

#[test]
fn ten_megabytes_are_split_in_linear_time() {
    let line = "INSERT INTO t VALUES (1, 'a;b', $$x$$); -- note\n";
    let text = line.repeat(10_000_000 / line.len());
    let (found, problems) = split(&text, PG, SourceId(0));
    assert_eq!(found.len(), 10_000_000 / line.len());
    assert!(problems.is_empty());
}

#[test]
fn directives_are_found_with_their_spans() {
    let text = "-- driftless:renamed-from state  \n/* driftless:backfill 'a b' */ -- driftless:tx\n-- driftless : no\n--x";
    let (_, comments, _) = lex(text, PG, SourceId(0));
    let found = directives(&comments, text);
    let pairs: Vec<_> = found
        .iter()
        .map(|d| (d.key.as_str(), d.value.as_str()))
        .collect();
    assert_eq!(
        pairs,
        [("renamed-from", "state"), ("backfill", "'a b'"), ("tx", "")]
    );
    assert_eq!(found[0].span.of(text), "driftless:renamed-from state");
    assert_eq!(found[1].value_span.of(text), "'a b'");
}

#[test]
fn quoting_reads_back() {
    let table = [
        (PG, "orders", "orders"),
        (PG, "Orders", "\"Orders\""),
        (PG, "a$1", "a$1"),
        (PG, "1a", "\"1a\""),
        (PG, "user", "\"user\""),
        (PG, "between", "\"between\""),
        (PG, "left", "\"left\""),
        (PG, "name", "name"),
        (PG, "a\"b", "\"a\"\"b\""),
        (PG, "عمود", "\"عمود\""),
        (PG, "", "\"\""),
        (LITE, "Orders", "Orders"),
        (LITE, "Order", "\"Order\""),
        (LITE, "a$b", "\"a$b\""),
    ];
    for (syntax, name, wanted) in table {
        let quoted = quote_name(name, syntax);
        assert_eq!(quoted, wanted);
        let (tokens, _, _) = lex(&quoted, syntax, SourceId(0));
        assert_eq!(token_name(&tokens[0], &quoted, syntax), name);
    }
    for text in ["", "it's", "a\\b", "$$", "x\n'y"] {
        for quoted in [quote_text(text, PG), dollar_quote(text)] {
            let (tokens, _, _) = lex(&quoted, PG, SourceId(0));
            assert_eq!(token_text(&tokens[0], &quoted, PG), text);
        }
    }
    assert_eq!(dollar_quote("a$$b$body$c$"), "$body2$a$$b$body$c$$body2$");
    assert_eq!(dollar_quote("a$"), "$body$a$$body$");
}

fn with_cursor<T>(text: &str, syntax: Syntax, f: impl FnOnce(&mut Cursor) -> T) -> T {
    let (tokens, _, _) = lex(text, syntax, SourceId(3));
    f(&mut Cursor::new(text, &tokens, SourceId(3), syntax))
}

#[test]
fn cursors_read_grammars() {
    with_cursor(
        "CREATE Table s.\"T\" (a, B) (x (y) z) -12 'it''s'",
        PG,
        |c| {
            assert!(
                !c.eat("creat")
                    && c.at_seq(&["create", "table"])
                    && c.eat_seq(&["create", "table"])
            );
            let name = c.name("a table name").expect("a name");
            assert_eq!(
                (name[0].text.as_str(), name[1].text.as_str(), name[1].quoted),
                ("s", "T", true)
            );
            let list = c.ident_list("a column name").expect("a list");
            assert_eq!(list[1].text, "b");
            let from = c.pos();
            assert_eq!(c.group().map(|s| c.text(s)), Ok("x (y) z"));
            assert_eq!(c.text(c.span_from(from)), "(x (y) z)");
            c.reset(from);
            let mut inner = c.group_cursor().expect("a group");
            assert_eq!(inner.word().as_deref(), Some("x"));
            let stopped = inner.until(&|c| c.at("z"));
            assert_eq!(inner.text(stopped), "x (y)");
            assert_eq!(
                inner.finish().map_err(|d| d.label),
                Err("expected `)`".to_owned())
            );
            assert_eq!(c.integer("a number"), Ok(-12));
            assert_eq!(c.string("a string").as_deref(), Ok("it's"));
            assert!(c.finish().is_ok());
        },
    );
    with_cursor("case when a then end end default x", PG, |c| {
        let span = c.until(&|c| c.at("default"));
        assert_eq!(c.text(span), "case when a then end end");
    });
    with_cursor("'a' \"select\"", LITE, |c| {
        assert_eq!(c.ident("a name").map(|i| i.text), Ok("a".to_owned()));
        assert!(!c.at("select"));
    });
}

#[test]
fn cursor_errors_have_places() {
    with_cursor("ALTER (a", PG, |c| {
        let e = c.expect("table").expect_err("no table");
        assert_eq!(
            (e.code, e.message.as_str(), e.label.as_str()),
            ("D0101", "unexpected `ALTER`", "expected `TABLE`")
        );
        c.bump();
        let e = c.group().expect_err("not closed");
        assert_eq!(e.place.map(|p| p.span), Some(Span::new(6, 7)));
        c.rest();
        let e = c.ident("a column name").expect_err("at the end");
        assert_eq!(e.place.map(|p| p.span), Some(Span::new(7, 8)));
    });
    with_cursor("", PG, |c| {
        assert!(c.ident("a name").is_err() && c.peek().is_none() && c.done());
        assert_eq!(c.until(&|_| false), Span::default());
    });
    with_cursor("99999999999999999999", PG, |c| {
        assert!(c.integer("a number").is_err())
    });
}

/// A small generator of its own, so that a failure can be repeated.
fn random(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

#[test]
fn no_text_panics() {
    const PARTS: &[&str] = &[
        "'",
        "\"",
        "`",
        "[",
        "]",
        "(",
        ")",
        "$$",
        "$a$",
        "/*",
        "*/",
        "--",
        "\n",
        "\r\n",
        "\0",
        ";",
        "\\",
        "E'",
        "U&'",
        "U&\"",
        "uescape '!'",
        "::",
        "select ",
        "from ",
        "case ",
        "end ",
        "not ",
        "null ",
        "is ",
        "isnull ",
        "a",
        "é",
        "ع",
        "1",
        ".",
        ",",
        "+",
        "-",
        "*",
        "interval ",
        "cast(",
        " as ",
        "date ",
        "operator(",
        "in ",
        "between ",
        "and ",
        "array[",
        "only ",
        "over ",
        "copy ",
        " from stdin;",
        "\\.",
        "create trigger ",
        "begin atomic ",
        " ",
        "\u{feff}",
        "driftless:",
        "x'",
        "0x",
        "1e",
        "\\u",
        "\\U0001",
        "\\x",
        "\\777",
        ":",
        "?",
        "@",
        "\u{1}0",
    ];
    let mut seed = 0x9e37_79b9_7f4a_7c15;
    for _ in 0..4000 {
        let mut text = String::new();
        for _ in 0..random(&mut seed) % 24 {
            text.push_str(PARTS[(random(&mut seed) % PARTS.len() as u64) as usize]);
        }
        for syntax in [PG, LITE, Syntax::Mysql, Syntax::Mariadb] {
            let (tokens, comments, _) = lex(&text, syntax, SourceId(0));
            for token in &tokens {
                assert!(
                    text.get(token.span.start..token.span.end)
                        .is_some_and(|t| !t.is_empty())
                );
                let _ = (
                    token_name(token, &text, syntax),
                    token_text(token, &text, syntax),
                );
            }
            let _ = directives(&comments, &text);
            let covered: usize = tokens.iter().map(|t| t.span.end - t.span.start).sum();
            assert!(covered <= text.len());
            for statement in split(&text, syntax, SourceId(0)).0 {
                assert!(text.is_char_boundary(statement.span.end));
            }
            let _ = (
                read_expr(&text, syntax),
                read_query(&text, syntax),
                normal_tokens(&text, syntax),
            );
        }
    }
}
