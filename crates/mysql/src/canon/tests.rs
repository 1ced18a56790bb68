//! What users write and what the servers print for it, as measured on MariaDB 10.11 and MySQL 9.7.
//!
//! The tables stand in `pairs`, a pair a line: `*-expr` (over the columns of `z`), `*-default` (with the type before it),
//! `*-view`; `*-apart` has expressions whose values differ on those servers.

use super::{settle_default, settle_expr, settle_query};
use driftless_model::{
    Canon, Catalog, Column, Dialect, Kind, MyTable, Name, Object, ObjectId, Server, SqlText, Table,
    TableExt, Verdict, Version, View,
};

fn id(kind: Kind, name: &str) -> ObjectId {
    ObjectId::new(kind, Name::default(), Name::folded(name))
}

fn catalog(dialect: Dialect) -> Catalog {
    let version = match dialect {
        Dialect::Mariadb => Version::new(10, 11),
        _ => Version::new(9, 7),
    };
    let mut catalog = Catalog::new(Server { dialect, version });
    for (name, columns) in [
        ("t", "a b c d e f j"),
        ("z", "a b c d e f j"),
        ("u", "k v"),
        ("w", "z y"),
        ("p", "a m"),
    ] {
        let column = |name| Column {
            name: Name::folded(name),
            ..Column::default()
        };
        let table = Table {
            columns: columns.split(' ').map(column).collect(),
            ext: TableExt::Mysql(Box::<MyTable>::default()),
        };
        catalog
            .objects
            .insert(id(Kind::Table, name), Object::new(table));
    }
    for (name, query) in [("v1", "select a, b from t"), ("v2", "select k, v from u")] {
        let mut view = View {
            query: SqlText::new(query),
            ..View::default()
        };
        let names = settle_query(&mut view.query, &[], None, &catalog);
        view.output = names.into_iter().map(|n| (n, None)).collect();
        catalog
            .objects
            .insert(id(Kind::View, name), Object::new(view));
    }
    catalog
}

fn expr(written: &str, catalog: &Catalog) -> SqlText {
    let mut text = SqlText::new(written);
    settle_expr(&mut text, &id(Kind::Table, "z"), catalog);
    text
}

fn default(ty: &str, written: &str, catalog: &Catalog) -> SqlText {
    let mut text = SqlText::new(written);
    settle_default(&mut text, ty, catalog);
    text
}

fn view(written: &str, catalog: &Catalog) -> SqlText {
    let mut text = SqlText::new(written);
    settle_query(&mut text, &[], None, catalog);
    text
}

/// Every line of a table whose sides are not one canon.
fn differing(table: &str, settle: impl Fn(&[&str]) -> Option<(SqlText, SqlText)>) -> Vec<String> {
    let failed = |line: &&str| {
        let cells: Vec<&str> = line.split('\t').collect();
        settle(&cells).is_none_or(|(one, other)| one.canon != other.canon)
    };
    table.lines().filter(failed).map(str::to_owned).collect()
}

fn two(cells: &[&str], settle: impl Fn(&str) -> SqlText) -> Option<(SqlText, SqlText)> {
    match cells {
        [one, other] => Some((settle(one), settle(other))),
        _ => None,
    }
}

fn check(dialect: Dialect, exprs: &str, defaults: &str, views: &str, apart: &str) {
    let catalog = catalog(dialect);
    let none: Vec<String> = Vec::new();
    assert_eq!(differing(exprs, |c| two(c, |w| expr(w, &catalog))), none);
    assert_eq!(differing(views, |c| two(c, |w| view(w, &catalog))), none);
    let of_default = |cells: &[&str]| match cells {
        [ty, one, other] => Some((default(ty, one, &catalog), default(ty, other, &catalog))),
        _ => None,
    };
    assert_eq!(differing(defaults, of_default), none);
    for line in apart.lines() {
        let (one, other) = line.split_once('\t').unwrap_or((line, line));
        let verdict = expr(one, &catalog).compare(&expr(other, &catalog));
        assert_ne!(verdict, Verdict::Same, "{line}");
    }
}

#[test]
fn mariadb_prints_what_was_written() {
    check(
        Dialect::Mariadb,
        include_str!("pairs/mariadb-expr.txt"),
        include_str!("pairs/mariadb-default.txt"),
        include_str!("pairs/mariadb-view.txt"),
        include_str!("pairs/mariadb-apart.txt"),
    );
}

#[test]
fn mysql_prints_what_was_written() {
    check(
        Dialect::Mysql,
        include_str!("pairs/mysql-expr.txt"),
        include_str!("pairs/mysql-default.txt"),
        include_str!("pairs/mysql-view.txt"),
        include_str!("pairs/mysql-apart.txt"),
    );
}

#[test]
fn neighbouring_defaults_stay_apart() {
    for dialect in [Dialect::Mariadb, Dialect::Mysql] {
        let catalog = catalog(dialect);
        for (ty, one, other) in [
            ("enum('a','A')", "'a'", "'A'"),
            (
                "datetime(3)",
                "(now(3) + interval 5 day)",
                "(now(3) - interval 5 day)",
            ),
            ("set('a','b')", "'a'", "'a,b'"),
            ("year", "'69'", "'70'"),
            ("bit(8)", "'1'", "1"),
            ("varchar(5)", "'x '", "'x'"),
            ("time", "'10'", "'10:00'"),
            ("date", "'2020-01-11'", "'2020-11-01'"),
        ] {
            let (one, other) = (default(ty, one, &catalog), default(ty, other, &catalog));
            assert_ne!(one.compare(&other), Verdict::Same, "{ty} {}", one.written);
        }
        // The one rounds, the other cuts.
        let half = default("datetime", "'2020-01-01 10:00:00.6'", &catalog);
        let second = match dialect {
            Dialect::Mysql => "'2020-01-01 10:00:01'",
            _ => "'2020-01-01 10:00:00'",
        };
        assert_eq!(half.canon, Canon::Tokens(second.into()));
    }
}
