//! Decoding, from small answers as a server gives them. What the questions mean is tried on servers in
//! `tests/inspect_live.rs`.

use super::*;
use driftless_model::{Kind, Name, ObjectId};

const SERVER: Server = Server {
    dialect: Dialect::Postgres,
    version: Version::new(16, 0),
};

/// Empty answers, but for those given: what they are about, their columns, their rows (cells stand between `|`, `~` is
/// NULL).
fn answers(given: &[(&str, &str, &[&str])]) -> Vec<Rows> {
    PARTS
        .iter()
        .map(|part| {
            let Some((_, columns, rows)) = given.iter().find(|g| g.0 == part.what) else {
                return Rows::default();
            };
            let mut out = Rows::new(columns.split('|').map(str::to_owned).collect());
            for row in *rows {
                out.push(row.split('|').map(|c| (c != "~").then_some(c)));
            }
            out
        })
        .collect()
}

const NAMES: (&str, &str, &[&str]) = (
    "the names of relations",
    "oid|schema|name|kind|member|type|array_type",
    &["10|public|t|r|f|11|12"],
);
const TABLE: (&str, &str, &[&str]) = (
    "relations",
    "oid|owner|comment|acl|acl_default|persistence|options|toast_options|method|tablespace|row_security|\
     force_row_security|replica|replica_index|cluster_index|populated|partition_by|bound|query|parents|detaching|server|told|of_type|pages|\
     tuples|heap|toast|index_pages|page",
    &[
        r#"10|app|~|[["app","SELECT",false,true],["bob","SELECT",false,false],["bob","SELECT",true,false]]|[["app","SELECT",false,true],["app","INSERT",false,true]]|p|["fillfactor=70"]|~|heap|~|f|f|i|~|~|t|~|~|~|~|f|~|~|~|2|100|32768|0|1|8192"#,
    ],
);
const COLUMNS: (&str, &str, &[&str]) = (
    "columns",
    "relation|number|name|type|type_oid|not_null|expr|generated|identity|collation|storage|compression|statistics|\
     local|comment|options|told|acl",
    &[
        "10|1|a|integer|23|t|~|||~|~||~|t|~|~|~|~",
        r#"10|3|b|public.t[]|12|f|ROW(1)|||"C"|e|l|5|f|said|["n_distinct=5"]|~|[["","UPDATE",false,false]]"#,
    ],
);

fn decoded(given: &[(&str, &str, &[&str])]) -> Inspected {
    decode(&answers(given), SERVER).unwrap()
}

fn with_table(more: &[(&str, &str, &[&str])]) -> Inspected {
    let mut given = vec![NAMES, TABLE, COLUMNS];
    given.extend_from_slice(more);
    decoded(&given)
}

fn table() -> ObjectId {
    ObjectId::new(Kind::Table, Name::exact("public"), Name::exact("t"))
}

#[test]
fn an_empty_database_holds_public() {
    let inspected = decoded(&[]);
    let ids: Vec<String> = inspected
        .catalog
        .objects
        .keys()
        .map(ToString::to_string)
        .collect();
    assert_eq!(ids, ["public"]);
}

#[test]
fn a_table_is_what_its_rows_say() {
    let inspected = with_table(&[]);
    let told = format!("{:?}", inspected.catalog.get(&table()).unwrap());
    for part in [
        r#"options: {"fillfactor": "70"}"#,
        r#"replica_identity: Some("nothing")"#,
        r#"storage: Some("external"), compression: Some("lz4"), statistics: Some(5), attributes: {"n_distinct": "5"}"#,
        r#"collation: Some("\"C\""), comment: Some("said")"#,
        r#"ty: TypeRef { text: "public.t[]", target: Some(ObjectId { schema: "public", owner: None, kind: Table, name: "t""#,
        r#"Grant { role: "", privilege: "UPDATE", grantable: false, column: Some("b") }"#,
        r#"Grant { role: "bob", privilege: "SELECT", grantable: true, column: None }]"#,
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    let left: Vec<String> = inspected
        .catalog
        .unmodelled
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(left, ["privilege withheld from the owner INSERT on t"]);
    assert_eq!(inspected.observed.sizes[&table()], (200, 40960));
    assert_eq!(
        inspected.notes,
        ["the table t has lost the index of its replica identity"]
    );
}

#[test]
fn index_keys_come_from_numbers_and_specials() {
    let inspected = with_table(&[
        (
            "index keys",
            "index|number|expr|collation|opclass|any_opclass|options|flags|statistics",
            &[
                r#"20|2|(b + 1)|"POSIX"|~|text_ops|~|3|~"#,
                r#"20|3|~|~|~|public.gist_trgm_ops|["siglen=32"]|0|7"#,
            ],
        ),
        (
            "indexes",
            "oid|relation|schema|name|unique|method|numbers|key_count|filter|nulls_not_distinct|options|tablespace|\
             valid|comment|whole|of_constraint|attached",
            &[
                r#"20|10|public|i|t|btree|[1,0,3,1]|3|(a > 0)|f|~|~|t|~|CREATE INDEX i ON public.t (a, (b + 1) COLLATE "POSIX" DESC, b)|f|~"#,
                "21|10|public|implied|f|btree|[1]|1|~|f|~|~|t|~|~|f|20",
            ],
        ),
    ]);
    let id = ObjectId::new(Kind::Index, Name::exact("public"), Name::exact("i"));
    let told = format!("{:?}", inspected.catalog.get(&id).unwrap());
    for part in [
        r#"keys: [IndexKey { expr: Column("a"), collation: None, opclass: None, descending: false, nulls_first: false"#,
        r#"expr: Expr(SqlText { written: "b + 1""#,
        r#"collation: Some("\"POSIX\""), opclass: None, descending: true, nulls_first: true"#,
        r#"opclass: Some("public.gist_trgm_ops(siglen='32')")"#,
        r#"include: ["a"], filter: Some(SqlText { written: "(a > 0)""#,
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    let implied = ObjectId::new(Kind::Index, Name::exact("public"), Name::exact("implied"));
    assert!(!inspected.catalog.contains(&implied));
}

#[test]
fn an_answer_that_lacks_something_is_an_error() {
    let wrong = decode(&answers(&[("schemas", "oid", &["1"])]), SERVER).unwrap_err();
    assert_eq!(wrong.0[0].code, "D0509");
    assert_eq!(wrong.0[0].notes, ["its column `name` is missing"]);
    let few = decode(&[], SERVER).unwrap_err();
    assert!(few.to_string().contains("0 answers"));
}

#[test]
fn one_batch_asks_everything_and_writes_nothing() {
    for version in ["14.1", "18.0"] {
        let batches = queries(version, &Scope::default());
        assert_eq!(batches.len(), 1);
        let statements: Vec<&str> = batches[0].split(";\n").collect();
        assert!(statements[0].ends_with("READ ONLY"));
        let asked = statements
            .iter()
            .filter(|s| s.starts_with("SELECT"))
            .count();
        assert_eq!(asked, PARTS.len());
        assert!(PARTS.len() <= 20);
        assert_eq!(statements.last(), Some(&"COMMIT"));
    }
    assert!(!queries("14.1", &Scope::default())[0].contains("indnullsnotdistinct"));
    assert!(queries("15.0", &Scope::default())[0].contains("indnullsnotdistinct"));
}
