//! What is lowered, how it binds, and what stays opaque.

use super::*;
use crate::canon::{query_text, tree_text};
use crate::tree::From;

const PG: Syntax = Syntax::Postgres;
const LITE: Syntax = Syntax::Sqlite;

fn expr(text: &str, syntax: Syntax) -> String {
    match read_expr(text, syntax) {
        Ok(tree) => tree_text(&tree),
        Err(opaque) => format!("opaque: {opaque}"),
    }
}

fn check(syntax: Syntax, table: &[(&str, &str)]) {
    for (text, wanted) in table {
        assert_eq!(&expr(text, syntax), wanted, "{text}");
    }
}

/// Both spellings are the same tree.
fn same(syntax: Syntax, table: &[(&str, &str)]) {
    for (a, b) in table {
        let (left, right) = (expr(a, syntax), expr(b, syntax));
        assert!(!left.starts_with("opaque"), "{a}: {left}");
        assert_eq!(left, right, "{a} | {b}");
    }
}

#[test]
fn what_postgres_prints_is_understood() {
    check(
        PG,
        &[
            ("(price > (0)::numeric)", "({>} @price (cast 0 {numeric}))"),
            ("nextval('s.q'::regclass)", "(call nextval ( (cast 's.q' {regclass})))"),
            ("(a)::character varying(10)[]", "(cast @a {character varying(10)[]})"),
            ("x::timestamp(3) with time zone", "(cast @x {timestamp(3) with time zone})"),
            ("'1'::\"char\"", "(cast '1' {\"char\"})"),
            ("'a'::public.\"My Type\"", "(cast 'a' {public.\"My Type\"})"),
            ("((s)::text = ANY ((ARRAY['a'::character varying])::text[]))",
             "({= any} (cast @s {text}) (cast (array (cast 'a' {character varying})) {text[]}))"),
            ("EXTRACT(year FROM x)", "(call extract keyworded ( 'year' @x))"),
            ("(x AT TIME ZONE 'UTC'::text)", "({at time zone} @x (cast 'UTC' {text}))"),
            ("(a IS NOT DISTINCT FROM b)", "({is not distinct from} @a @b)"),
            ("(a OPERATOR(pg_catalog.=) b)", "({=} @a @b)"),
            ("(a OPERATOR(public.=) ANY (b))", "opaque: "),
            ("((x).y).z", "(field (field @x y) z)"),
            ("t.arr[1][2:3]", "(at @t.arr [1] [2:3])"),
            ("(a COLLATE \"C\")", "(collate @a C)"),
            ("INTERVAL '1 day'", "(cast '1 day' {interval})"),
            ("interval '1' day to second(3)", "(cast '1' {interval day to second(3)})"),
            ("date '2020-01-01' + 1", "({+} (cast '2020-01-01' {date}) 1)"),
            ("count(*) FILTER (WHERE (a > 1))", "(call count ( @*) filter ({>} @a 1))"),
            ("sum(x) OVER (PARTITION BY a ORDER BY b DESC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
             "(call sum ( @x) over (window (partition-by @a) (order-by @b desc) {rows between 1 preceding and current row}))"),
            ("CURRENT_TIMESTAMP", "(call current_timestamp bare)"),
            ("\"substring\"(x, 1)", "(call substring ( @x 1))"),
            ("TRIM(BOTH FROM x)", "(call btrim keyworded ( @x))"),
            ("E'a\\'b'", "'a''b'"),
            ("ROW(1, 2)", "(row 1 2)"),
            ("B'01'", "b'01'"),
            ("(a ~~ 'x%'::text)", "({~~} @a (cast 'x%' {text}))"),
            ("NOT EXISTS (SELECT 1)", "({not} ({exists} (query (select (items 1)))))"),
            ("f(a => 1, VARIADIC b)", "opaque: VARIADIC"),
            ("CASE WHEN a THEN 1 ELSE 2 END", "(case when @a then 1 else 2)"),
            ("ARRAY( SELECT x FROM t)", "(array-of (query (select (items @x) from (table t))))"),
        ]
        .iter()
        .filter(|(_, wanted)| *wanted != "opaque: ")
        .copied()
        .collect::<Vec<_>>(),
    );
}

#[test]
fn postgres_binds_as_its_server_does() {
    same(
        PG,
        &[
            ("a || b ~ c", "(a || b) ~ c"),
            ("a ~ b = c", "(a ~ b) = c"),
            ("a + b || c", "(a + b) || c"),
            (
                "a OPERATOR(pg_catalog.+) b * c",
                "a OPERATOR(pg_catalog.+) (b * c)",
            ),
            ("NOT a = b AND c", "(NOT (a = b)) AND c"),
            ("a = b IS NULL", "(a = b) IS NULL"),
            ("a ISNULL", "a IS NULL"),
            ("-a::int", "-(a::int)"),
            ("a LIKE b || c", "a LIKE (b || c)"),
            ("a BETWEEN 1 AND 2 AND b", "(a BETWEEN 1 AND 2) AND b"),
            ("a AND b AND c", "((a AND b) AND c)"),
            ("a <> b", "a != b"),
            ("Foo", "foo"),
            ("a -> 'b' ->> 'c' = 'd'", "((a -> 'b') ->> 'c') = 'd'"),
        ],
    );
    assert_ne!(expr("a AND (b AND c)", PG), expr("a AND b AND c", PG));
    assert_ne!(expr("\"Foo\"", PG), expr("foo", PG));
    for text in [
        "-a ^ 2",
        "~ a + b",
        "a; b",
        "a b",
        "",
        "(a",
        "a)",
        "a NOTHING",
        "struct(1)::x y",
    ] {
        assert!(read_expr(text, PG).is_err(), "{text}");
    }
}

#[test]
fn sqlite_binds_as_its_parser_does() {
    same(
        LITE,
        &[
            ("x ISNULL", "x IS NULL"),
            ("x NOTNULL AND y", "(x IS NOT NULL) AND y"),
            ("x NOT NULL", "x IS NOT NULL"),
            ("a || b * c", "(a || b) * c"),
            ("a = b < c", "a = (b < c)"),
            ("a & b + c", "a & (b + c)"),
            ("a | b & c", "(a | b) & c"),
            ("a << 1 < 2", "(a << 1) < 2"),
            ("a == b", "a = b"),
            ("a IS b = c", "(a IS b) = c"),
            ("- a || b", "(- a) || b"),
            ("a -> 'x' + 1", "(a -> 'x') + 1"),
            ("a NOT GLOB b || c", "a NOT GLOB (b || c)"),
            ("NOT a = b", "NOT (a = b)"),
            ("\"a\"", "[a]"),
            ("`a`", "a"),
        ],
    );
    check(
        LITE,
        &[
            ("0x1F", "0x1F"),
            ("x'1f'", "x'1f'"),
            ("a IS 1", "({is} @a 1)"),
            ("a IS NOT b", "({is not} @a @b)"),
            ("a NOT GLOB 'x*'", "({not glob} @a 'x*')"),
            ("CAST(a AS varchar(10))", "(cast @a {varchar(10)})"),
            ("a NOT LIKE 'x' ESCAPE '\\'", "({not like} @a 'x' '\\')"),
            ("a IN ()", "({in} @a)"),
            ("CURRENT_TIMESTAMP", "(call current_timestamp bare)"),
            ("a COLLATE NOCASE", "(collate @a NOCASE)"),
            ("substr(Name, 1)", "(call substr ( @Name 1))"),
            ("a$b", "@a$b"),
        ],
    );
    assert!(
        crate::read_expr("\"a\"", LITE)
            .is_ok_and(|t| matches!(t, crate::Tree::Column(name) if name[0].quoted))
    );
}

#[test]
fn queries_are_lowered() {
    let text = "WITH x(a) AS MATERIALIZED (SELECT 1) SELECT DISTINCT ON (t.a) t.a AS b, u.* FROM (ONE t JOIN ONLY s.two u \
                ON ((t.id = u.id))) LEFT JOIN LATERAL f(t.a) WITH ORDINALITY g(h) ON true WHERE t.c GROUP BY 1 HAVING \
                count(*) > 1 UNION ALL VALUES (1, 2) ORDER BY 1 DESC NULLS LAST LIMIT 3 OFFSET 4 FOR UPDATE OF t SKIP LOCKED";
    let query = match read_query(text, PG) {
        Ok(query) => query,
        Err(opaque) => panic!("{opaque}"),
    };
    let mut only = Vec::new();
    query.walk_from(&mut |from| {
        if let From::Table { name, only: o, .. } = from {
            only.push((
                name.last().map(|n| n.text.clone()),
                *o,
                name[0].span.of(text).to_owned(),
            ));
        }
    });
    assert_eq!(
        only,
        [
            (Some("one".to_owned()), false, "ONE".to_owned()),
            (Some("two".to_owned()), true, "s".to_owned())
        ]
    );
    let shown = query_text(&query);
    for part in [
        "(with x[a] materialized ",
        "(distinct-on @t.a)",
        "({union all} ",
        "(lateral (call f ( @t.a)) with-ordinality as g[h])",
        "(order-by 1 desc nulls-last) limit 3 offset 4 {for update of t skip locked}",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    for text in [
        "SELECT 1 INTO x",
        "TABLE t",
        "SELECT 1; SELECT 2",
        "DELETE FROM t",
        "SELECT * FROM t TABLESAMPLE system (1)",
    ] {
        assert!(read_query(text, PG).is_err(), "{text}");
    }
}

#[test]
fn set_operators_bind_by_engine() {
    let shape = |syntax| {
        let text = "SELECT 1 UNION SELECT 2 INTERSECT SELECT 3 EXCEPT SELECT 4";
        read_query(text, syntax).map(|q| {
            query_text(&q)
                .replace("(select (items ", "<")
                .replace("))", ">")
        })
    };
    assert_eq!(
        shape(LITE).as_deref(),
        Ok("(query ({except} ({intersect} ({union} <1> <2>) <3>) <4>>")
    );
    assert_eq!(
        shape(PG).as_deref(),
        Ok("(query ({except} ({union} <1> ({intersect} <2> <3>> <4>>")
    );
}

#[test]
fn spans_are_bytes_of_the_text() {
    let text = "'ع' || \"عمود\" || t.ب";
    let mut seen = Vec::new();
    let tree = read_expr(text, PG).unwrap_or(crate::Tree::Null);
    tree.walk(&mut |t| {
        if let crate::Tree::Column(name) = t {
            seen.extend(name.iter().map(|n| n.span.of(text).to_owned()));
        }
    });
    assert_eq!(seen, ["\"عمود\"", "t", "ب"]);
}

#[test]
fn depth_is_refused_not_suffered() {
    let n = 10_000;
    let texts = [
        format!("{}1{}", "(".repeat(n), ")".repeat(n)),
        format!("{}1{}", "(".repeat(199), ")".repeat(199)),
        format!("a{}", " || a".repeat(n)),
        format!("a{}", " || a".repeat(700)),
        format!("a{}", " ISNULL".repeat(1400)),
        format!("a{}", " ISNULL".repeat(370)),
        format!("a{}", " IS NULL".repeat(740)),
        format!("a{}", " COLLATE x".repeat(740)),
        format!("a{}", " LIKE a".repeat(740)),
        "NOT ".repeat(1400) + "a",
        "- ".repeat(1400) + "a",
        format!("a{}", "[1]".repeat(n)),
        format!("a{}", "::int".repeat(700)),
        "CASE ".repeat(1400),
        format!("{}a", "f(".repeat(150)) + &")".repeat(150),
        "SELECT 1 UNION ".repeat(700) + "SELECT 1",
        "SELECT (".repeat(150) + "1" + &")".repeat(150),
        format!("SELECT * FROM {}a{}", "(".repeat(100), ")".repeat(100)),
    ];
    for text in &texts {
        for syntax in [PG, LITE] {
            eprintln!("{} {}", &text[..20], text.len());
            let _ = (read_expr(text, syntax), read_query(text, syntax));
        }
    }
    assert!(read_expr(&texts[0], PG).is_err());
    let wide = format!("a{}", " AND a".repeat(700));
    assert!(read_expr(&wide, PG).is_ok());
}

#[test]
fn maps_reach_into_queries() {
    let mut tree = read_expr(
        "a + (SELECT max(a) FROM t WHERE a IN (SELECT a FROM u))",
        PG,
    )
    .unwrap_or(crate::Tree::Null);
    let mut count = 0;
    tree.map(&mut |t| {
        if let crate::Tree::Column(name) = t {
            name[0].text = "z".to_owned();
            count += 1;
        }
    });
    assert_eq!(count, 4);
    assert!(!tree_text(&tree).contains("@a"));
}

#[test]
fn normal_tokens_compare_opaque_text() {
    use crate::normal_tokens;
    let a = normal_tokens("SELECT  \"a\", \"B\" -- c\n FROM T", PG);
    assert_eq!(a, normal_tokens("select a,\"B\" from /* x */ t", PG));
    assert_eq!(a, "select a , \"B\" from t");
}

#[test]
fn mysql_binds_as_the_manual_says() {
    use crate::{Syntax, read_expr, tree_text};
    let same = |one: &str, other: &str| {
        let read = |text: &str| read_expr(text, Syntax::Mysql).map(|t| tree_text(&t));
        assert_eq!(read(one), read(other), "{one} and {other}");
    };
    same("a || b = c", "a or (b = c)");
    same("a && b || c", "(a and b) or c");
    same("!a = b", "(!a) = b");
    same("a * b ^ c", "a * (b ^ c)");
    same("a ^ b * c", "(a ^ b) * c");
    same("a = b between 1 and 2", "a = (b between 1 and 2)");
    same("a = b like 'x'", "a = (b like 'x')");
    same("not a = b", "not (a = b)");
    same("a | b & c", "a | (b & c)");
    same("a + b << c", "(a + b) << c");
    same("a rlike 'x'", "a REGEXP 'x'");
    same("a xor b and c", "a xor (b and c)");
    let read = |text: &str| read_expr(text, Syntax::Mysql).map(|t| tree_text(&t));
    assert_ne!(read("a || b = c"), read("(a || b) = c"));
    assert_ne!(read("!(a = b)"), read("!a = b"));
}
