//! Without a server: pairs of a spelling and the server's print, places of references, columns that are not there.

use super::*;
use driftless_model::{
    Column, Dialect, Domain, Enum, Kind, Object, Part, Sequence, Server, Table, Version,
};
use driftless_planner::Moment;
use driftless_sql::SourceId;

fn id(kind: Kind, name: &str) -> ObjectId {
    ObjectId::new(kind, Name::exact("public"), Name::exact(name))
}

fn world() -> Catalog {
    let mut catalog = Catalog::new(Server {
        dialect: Dialect::Postgres,
        version: Version::new(16, 0),
    });
    let column = |(name, ty): &(&str, &str)| Column {
        name: Name::exact(*name),
        ty: TypeRef::new(*ty),
        ..Column::default()
    };
    let columns = [
        ("id", "integer"),
        ("price", "numeric(10,2)"),
        ("name", "character varying(50)"),
        ("note", "text"),
        ("mood", "public.mood"),
        ("mail", "public.email"),
        ("at", "timestamp with time zone"),
        ("doc", "jsonb"),
    ];
    let table = Table {
        columns: columns.iter().map(column).collect(),
        ..Table::default()
    };
    let values = vec!["sad".to_owned(), "ok".to_owned()];
    let domain = Domain {
        base: TypeRef::new("text"),
        ..Domain::default()
    };
    for (id, object) in [
        (id(Kind::Table, "t"), Object::new(table)),
        (id(Kind::Enum, "mood"), Object::new(Enum { values })),
        (id(Kind::Domain, "email"), Object::new(domain)),
        (
            id(Kind::Sequence, "t_id_seq"),
            Object::new(Sequence::default()),
        ),
    ] {
        catalog.objects.insert(id, object);
    }
    catalog
}

fn text(written: &str, path: &[&str]) -> SqlText {
    let mut text = SqlText::new(written);
    text.path = path.iter().map(|s| (*s).to_owned()).collect();
    text
}

fn check(written: &str, path: &[&str]) -> SqlText {
    let (catalog, table) = (world(), id(Kind::Table, "t"));
    let ground = Ground {
        relation: Some(&table),
        target: Some("boolean"),
        ..Ground::default()
    };
    let mut text = text(written, path);
    expression(&mut text, &ground, &catalog).expect(written);
    text
}

#[test]
fn spellings_meet_the_servers_print() {
    for (written, printed) in [
        ("price > 0", "(price > (0)::numeric)"),
        ("price > 0", "((price > '0'::numeric))"),
        ("name <> ''", "((name)::text <> ''::text)"),
        (
            "name in ('a', 'b')",
            "((name)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
        ),
        (
            "name in ('a', 'b')",
            "((name)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text]))",
        ),
        (
            "note not in ('a', 'b')",
            "(note <> ALL (ARRAY['a'::text, 'b'::text]))",
        ),
        ("mood = 'ok'", "(mood = 'ok'::public.mood)"),
        ("mail like '%@%'", "((mail)::text ~~ '%@%'::text)"),
        (
            "id between -1 and 5",
            "((id >= '-1'::integer) AND (id <= 5))",
        ),
        (
            "doc ->> 'a' is not null",
            "((doc ->> 'a'::text) IS NOT NULL)",
        ),
        (
            "at > now() - interval '1 week'",
            "(at > (now() - '7 days'::interval))",
        ),
        (
            "t.id is not distinct from 5",
            "(NOT (id IS DISTINCT FROM 5))",
        ),
        (
            "coalesce(name, '') = note",
            "((COALESCE(name, ''::character varying))::text = note)",
        ),
        (
            "case when id > 1 then name end = 'x'",
            "((CASE WHEN (id > 1) THEN name ELSE NULL::character varying END)::text = 'x'::text)",
        ),
    ] {
        let (a, b) = (check(written, &["public"]), check(printed, &[]));
        assert_eq!(a.canon, b.canon, "{written}");
        assert!(a.certain && b.certain, "{written}");
    }
}

#[test]
fn references_have_places() {
    let text = check(
        "mood = 'ok'::mood AND t.note <> '' AND nextval('t_id_seq') > 0",
        &["public"],
    );
    let at = |part: &Part| {
        let found = text
            .refs
            .iter()
            .find(|r| r.part == *part && r.span.is_some());
        found
            .and_then(|r| r.span)
            .map(|s| s.of(&text.written))
            .unwrap_or("")
    };
    let table = id(Kind::Table, "t");
    assert_eq!(at(&table.member(&Name::exact("mood"))), "mood");
    assert_eq!(at(&table.member(&Name::exact("note"))), "t.note");
    assert_eq!(at(&table.part()), "t");
    assert_eq!(at(&id(Kind::Enum, "mood").part()), "mood");
    assert_eq!(at(&id(Kind::Sequence, "t_id_seq").part()), "t_id_seq");
    assert!(
        text.parts()
            .any(|p| *p == id(Kind::Enum, "mood").member(&Name::exact("ok")))
    );
    assert_eq!(
        qualified(&text),
        "mood = 'ok'::public.mood AND t.note <> '' AND nextval('public.t_id_seq') > 0"
    );
}

#[test]
fn a_missing_column_has_its_place() {
    let (catalog, table) = (world(), id(Kind::Table, "t"));
    let ground = Ground {
        relation: Some(&table),
        ..Ground::default()
    };
    let mut text = text("id > 0 AND total > 0", &["public"]);
    text.place = Some(Place {
        source: SourceId(3),
        span: Span::new(100, 120),
    });
    match expression(&mut text, &ground, &catalog) {
        Err(Fault::Missing { what, name, place }) => {
            assert_eq!((what, name.as_str()), ("column", "t.total"));
            assert_eq!(place.map(|p| p.span), Some(Span::new(111, 116)));
        }
        other => panic!("{other:?}"),
    }
    assert!(!text.certain);
}

#[test]
fn a_query_tells_what_it_gives() {
    let mut text = text(
        "SELECT t.*, lower(name) AS low, count(*) OVER () FROM t",
        &["public"],
    );
    let output = query(&mut text, &world());
    let shown: Vec<String> = output
        .iter()
        .map(|(n, t)| format!("{n} {}", t.as_deref().unwrap_or("?")))
        .collect();
    assert_eq!(shown[2], "name character varying(50)");
    assert_eq!(shown[8..], ["low text", "count bigint"]);
    assert_eq!(
        qualified(&text),
        "SELECT t.*, lower(name) AS low, count(*) OVER () FROM public.t"
    );
}

#[test]
fn what_is_not_read_is_compared_as_text() {
    let mut text = text("INSERT INTO t VALUES (1)", &["public"]);
    query(&mut text, &world());
    assert!(matches!(text.canon, Canon::Opaque(_)) && !text.certain);
    assert!(text.parts().any(|p| *p == id(Kind::Table, "t").part()));
}

#[test]
fn types_have_one_spelling() {
    let moment = Moment::new(world(), vec!["public".to_owned()]);
    for (written, canonical) in [
        ("int", "integer"),
        ("INT4", "integer"),
        ("pg_catalog.int8", "bigint"),
        ("bool", "boolean"),
        ("varchar(10)", "character varying(10)"),
        ("varchar", "character varying"),
        ("char", "character(1)"),
        ("char(3)", "character(3)"),
        ("\"char\"", "\"char\""),
        ("bpchar", "bpchar"),
        ("name", "name"),
        ("decimal(10)", "numeric(10,0)"),
        ("dec(10, 2)", "numeric(10,2)"),
        ("numeric(5,-2)", "numeric(5,-2)"),
        ("float", "double precision"),
        ("float(24)", "real"),
        ("float4", "real"),
        ("float(25)", "double precision"),
        ("timestamptz", "timestamp with time zone"),
        ("timestamptz(3)", "timestamp(3) with time zone"),
        (
            "timestamp (3) with time zone",
            "timestamp(3) with time zone",
        ),
        ("timestamp", "timestamp without time zone"),
        ("time", "time without time zone"),
        ("time(9)", "time(6) without time zone"),
        ("timetz", "time with time zone"),
        ("interval", "interval"),
        ("interval(3)", "interval(3)"),
        ("interval DAY TO SECOND(3)", "interval day to second(3)"),
        ("bit", "bit(1)"),
        ("bit(4)", "bit(4)"),
        ("varbit", "bit varying"),
        ("bit varying(5)", "bit varying(5)"),
        ("national character varying(5)", "character varying(5)"),
        ("nchar(5)", "character(5)"),
        ("int[]", "integer[]"),
        ("int[3]", "integer[]"),
        ("int ARRAY", "integer[]"),
        ("int array[4]", "integer[]"),
        ("_int4", "integer[]"),
        ("text[][]", "text[]"),
        ("varchar(5)[]", "character varying(5)[]"),
        ("timestamptz[]", "timestamp with time zone[]"),
        ("mood", "public.mood"),
        ("public.mood[]", "public.mood[]"),
        ("t", "public.t"),
        ("jsonb", "jsonb"),
        ("oid", "oid"),
        ("int4range", "int4range"),
        ("\"bit\"", "\"bit\""),
    ] {
        let ty = crate::types::resolve(written, &moment).expect(written);
        assert_eq!(ty.text, canonical, "{written}");
        let again = crate::types::resolve(&ty.text, &moment).expect(canonical);
        assert_eq!(again.text, canonical);
    }
    let target = crate::types::resolve("mood[]", &moment).map(|t| t.target);
    assert_eq!(target.ok().flatten(), Some(id(Kind::Enum, "mood")));
    for bad in [
        "numeric(2000)",
        "varchar(0)",
        "int(11)",
        "float(60)",
        "char(a)",
    ] {
        assert!(
            matches!(crate::types::resolve(bad, &moment), Err(Fault::Wrong(d)) if d.code == "D0305"),
            "{bad}"
        );
    }
    for missing in ["moood", "other.mood", "citext"] {
        assert!(
            matches!(
                crate::types::resolve(missing, &moment),
                Err(Fault::Missing { .. })
            ),
            "{missing}"
        );
    }
    assert_eq!(crate::types::builtin("integer"), Some('N'));
    assert!(crate::types::is_builtin("text[]") && !crate::types::is_builtin("public.mood"));
}

#[test]
fn deep_nests_end() {
    let nest = |open: &str, inner: &str, close: &str, depth: usize| {
        format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    for written in [
        nest("(", "id > 0", " between true and true)", 40),
        nest("(", "id", " + 1)", 60) + " > 0",
        nest("not (", "id > 0", ")", 60),
        nest("coalesce(", "id", ", 0)", 140) + " > 0",
        nest("(id, ", "id", ")", 100) + " in (select 1)",
    ] {
        let (catalog, table) = (world(), id(Kind::Table, "t"));
        let ground = Ground {
            relation: Some(&table),
            ..Ground::default()
        };
        let mut text = text(&written, &["public"]);
        let _ = expression(&mut text, &ground, &catalog);
        assert_ne!(text.canon, Canon::Raw);
    }
}

#[test]
fn bodies_of_routines_are_as_the_server_prints_them() {
    let number = Argument {
        name: Some(Name::exact("n")),
        mode: "in",
        ty: TypeRef::new("bigint"),
        default: None,
    };
    let (name, arguments) = (Name::exact("gone"), [number]);
    let ground = Ground {
        arguments: &arguments,
        routine: Some(&name),
        ..Ground::default()
    };
    let body = |written: &str| {
        let mut text = text(written, &["public"]);
        routine(&mut text, &ground, &world());
        assert!(text.certain, "{written}");
        text
    };
    for (written, printed) in [
        (
            "begin atomic delete from t where id = n + 4; end",
            "BEGIN ATOMIC\n DELETE FROM public.t\n   WHERE (t.id = (gone.n + 4));\nEND",
        ),
        (
            "return (select max(id) + n from t)",
            "RETURN (SELECT (max(t.id) + gone.n) FROM public.t)",
        ),
    ] {
        let (written, printed) = (body(written), body(printed));
        assert_eq!(written.canon, printed.canon, "{}", written.written);
    }
    let other = body("begin atomic delete from t where id = n + 5; end");
    assert_ne!(
        other.canon,
        body("begin atomic delete from t where id = n + 4; end").canon
    );
}

#[test]
fn commands_of_rules_are_as_the_server_prints_them() {
    let rule = |written: &str| {
        let mut text = text(written, &["public"]);
        command(&mut text, &id(Kind::Table, "t"), &world());
        assert!(text.certain, "{written}");
        text
    };
    for (written, printed) in [
        (
            "insert into t values (new.id, 2) returning id, name",
            "INSERT INTO public.t (id, price)\n  VALUES (new.id, 2)\n  RETURNING t.id,\n    t.name",
        ),
        (
            "insert into t (name) select note from t x where x.id = old.id",
            "INSERT INTO public.t (name)  SELECT x.note\n           FROM public.t x\n          WHERE (x.id = old.id)",
        ),
        (
            "insert into t (name, note) values ('x', null)",
            "INSERT INTO public.t (name, note)\n  VALUES ('x'::character varying, NULL::text)",
        ),
        (
            "update t set name = new.name, price = 0 where id = old.id",
            "UPDATE public.t SET name = new.name, price = 0\n  WHERE (t.id = old.id)",
        ),
        (
            "update t a set note = b.note from t b where a.id = b.id",
            "UPDATE public.t a SET note = b.note\n   FROM public.t b\n  WHERE (a.id = b.id)",
        ),
        (
            "delete from t using t b where t.id = b.id and b.id = old.id",
            "DELETE FROM public.t USING public.t b\n  WHERE ((t.id = b.id) AND (b.id = old.id))",
        ),
    ] {
        let (written, printed) = (rule(written), rule(printed));
        assert_eq!(written.canon, printed.canon, "{}", written.written);
    }
    let (one, other) = (
        rule("update t set name = note where id = old.id"),
        rule("update t set note = name where id = old.id"),
    );
    assert_ne!(one.canon, other.canon);
}
