//! How servers alter tables, held against what was measured on MySQL 9.7 and MariaDB 10.11.
//!
//! `fixtures/oracle/mysql-online-*.json` say how. Invariant: no statement is told cheaper than it is; what is told dearer
//! is listed by name.

use driftless_model::{Kind, Name, ObjectId, Server, Version};
use driftless_mysql::{MARIADB, MYSQL, Mysql};
use driftless_planner::{Action, Dialect, Facts, Moment, apply, settle_all};
use driftless_sql::{SourceId, split};
use serde_json::Value;
use std::path::Path;

const BASE: &str = "create table parent (id int primary key) engine=innodb;
create table t (id int auto_increment primary key, a int, b int not null default 0, s varchar(50),
    s2 varchar(100) charset latin1, tx text, d decimal(10,2), dt datetime, e enum('a','b'), pid int, ix varchar(30),
    nn int not null, bin varbinary(20), ci varchar(40), key k_a (a), key k_ix (ix),
    constraint f0 foreign key (pid) references parent (id){further}) engine=innodb default charset=utf8mb4";
const PARTED: &str = "create table t (id int primary key, b int) engine=innodb partition by range (id) (
    partition p0 values less than (100), partition p1 values less than (200), partition p2 values less than (300))";
const FURTHER: &str = ", g int generated always as (a*2) virtual, gs int generated always as (a+1) stored, \
     constraint ck check (a>0)";

/// Told dearer than they are: beside an added column a move takes no rewrite of its own; a default that is computed is
/// not computed here; of partitions MariaDB takes any algorithm and rewrites all the same; it drops two columns together if no other does.
const DEARER: [&str; 4] = [
    "mariadb-10.11.19 drop-virtual-and-base",
    "mysql-9.7.4 reorder+addcol",
    "mariadb-10.11.19 add-expr",
    "mariadb-10.11.19 partition-by",
];

struct Case<'a> {
    id: &'a str,
    alter: &'a str,
    base: String,
    measured: &'a Value,
}

fn actions(dialect: &Mysql, server: Server, sql: &str) -> Result<Vec<Action>, String> {
    let (statements, problems) = split(sql, server.dialect.syntax(), SourceId(0));
    if let Some(p) = problems.first() {
        return Err(p.to_string());
    }
    let mut out = Vec::new();
    for s in &statements {
        let parsed = dialect
            .read(s, sql, SourceId(0), server)
            .map_err(|d| d.to_string())?;
        out.extend(parsed.actions);
    }
    Ok(out)
}

fn before(dialect: &Mysql, server: Server, base: &str) -> Result<Moment, String> {
    let mut moment = Moment::new(dialect.empty(server), dialect.path());
    for action in actions(dialect, server, base)? {
        apply(dialect, &action, &mut moment).map_err(|f| format!("{f:?}"))?;
    }
    settle_all(dialect, &mut moment.catalog);
    Ok(Moment::new(moment.catalog, dialect.path()))
}

/// The facts of one statement, or why there are none.
fn told(dialect: &Mysql, server: Server, case: &Case) -> Result<Facts, String> {
    let mut moment = before(dialect, server, &case.base)?;
    let sql = format!("alter table t {}", case.alter);
    let actions = actions(dialect, server, &sql)?;
    if actions.is_empty() {
        return Err("it changes nothing that is modelled".into());
    }
    let whole = dialect.whole(&actions, &moment);
    let mut out = Facts::default();
    for action in &actions {
        if let Some(row) = action.target().and_then(|id| dialect.row(id.kind)) {
            out.join(row.facts(action, &moment), &|m| dialect.strength(m));
        }
        apply(dialect, action, &mut moment).map_err(|f| format!("{f:?}"))?;
    }
    Ok(whole.unwrap_or(out))
}

/// Algorithm, lock and rebuild as numbers that grow with the cost.
fn rank(algorithm: &str, lock: &str, rebuild: bool) -> (usize, usize, bool) {
    let algorithms = ["INSTANT", "NOCOPY", "INPLACE", "COPY"];
    let at = |all: &[&str], one: &str| all.iter().position(|a| *a == one).unwrap_or(0);
    (
        at(&algorithms, algorithm),
        at(&["NONE", "SHARED", "EXCLUSIVE"], lock),
        rebuild,
    )
}

#[derive(Default)]
struct Tally {
    right: usize,
    cheaper: Vec<String>,
    dearer: Vec<String>,
    untold: Vec<String>,
}

fn judge(dialect: &Mysql, server: Server, product: &str, case: &Case, tally: &mut Tally) {
    let name = format!("{product} {}", case.id);
    let m = case.measured;
    let (Some(algorithm), lock) = (m["algorithm"].as_str(), m["lock"].as_str()) else {
        return;
    };
    let is = rank(algorithm, lock.unwrap_or("NONE"), m["rebuild"] == true);
    let facts = match told(dialect, server, case) {
        Ok(facts) => facts,
        Err(why) => return tally.untold.push(format!("{name}: {} ({why})", case.alter)),
    };
    let table = ObjectId::new(Kind::Table, Name::default(), Name::folded("t"));
    let Some(mode) = facts.locks.iter().find(|l| l.on == table).map(|l| l.mode) else {
        return tally.untold.push(format!("{name}: {}", case.alter));
    };
    let (said, wait) = mode.split_once(" LOCK=").unwrap_or((mode, "NONE"));
    // A table's own new name: nobody works with it for a moment.
    let (said, wait) = match said {
        "METADATA" => ("INSTANT", lock.unwrap_or("NONE")),
        said => (said, wait),
    };
    let claimed = rank(said, wait, facts.rewrite);
    let text = format!(
        "{name}: {} is {algorithm} {lock:?} rebuild {}, told {mode} rebuild {}",
        case.alter, m["rebuild"], facts.rewrite
    );
    if claimed == is {
        tally.right += 1;
    } else if claimed.0 < is.0 || claimed.1 < is.1 || !claimed.2 && is.2 {
        tally.cheaper.push(text);
    } else if DEARER.contains(&name.as_str()) {
        tally.right += 1;
    } else {
        tally.dearer.push(text);
    }
}

fn read(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/oracle");
    let text = std::fs::read_to_string(path.join(name)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn entries(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn no_statement_is_told_cheaper_than_it_is() {
    let (first, further) = (
        read("mysql-online-ddl.json"),
        read("mysql-online-further.json"),
    );
    for (product, dialect, version) in [
        ("mysql-9.7.4", &MYSQL, Version::new(9, 7)),
        ("mariadb-10.11.19", &MARIADB, Version::new(10, 11)),
    ] {
        let server = Server {
            dialect: dialect.dialect,
            version,
        };
        let mut tally = Tally::default();
        let mut count = 0;
        for entry in entries(&first["results"][product]) {
            let (Some(id), Some(alter)) = (entry["id"].as_str(), entry["alter"].as_str()) else {
                continue;
            };
            // Whether the keys of other tables are looked at is the session's.
            if id.ends_with("checks-off") {
                continue;
            }
            for (column, with) in [
                ("plain_table", ""),
                ("with_generated_columns_and_check", FURTHER),
            ] {
                let base = match id {
                    "partition-drop" | "partition-reorganize" => PARTED.to_owned(),
                    _ => BASE.replace("{further}", with),
                };
                // The plain table has none of these to drop.
                let plain =
                    alter.replace(", drop column g, drop column gs, drop constraint ck", "");
                let case = Case {
                    id,
                    alter: if with.is_empty() { &plain } else { alter },
                    base,
                    measured: &entry[column],
                };
                count += usize::from(entry[column]["algorithm"].is_string());
                judge(dialect, server, product, &case, &mut tally);
            }
        }
        for entry in entries(&further["results"][product]) {
            let (Some(id), Some(alter)) = (entry["id"].as_str(), entry["alter"].as_str()) else {
                continue;
            };
            let with = entry["table"].as_str().unwrap_or("");
            let with = match with {
                "" => String::new(),
                with => format!(", {with}"),
            };
            count += 1;
            let case = Case {
                id,
                alter,
                base: BASE.replace("{further}", &with),
                measured: entry,
            };
            judge(dialect, server, product, &case, &mut tally);
        }
        println!(
            "{product}: {count} measured, {} right, {} untold",
            tally.right,
            tally.untold.len()
        );
        let none: Vec<String> = Vec::new();
        assert!(count > 150, "{product}: only {count} cases");
        assert_eq!(
            tally.cheaper, none,
            "{:#?} {:#?}",
            tally.dearer, tally.untold
        );
        assert_eq!(tally.dearer, none);
        assert!(tally.untold.len() * 20 < count, "{:#?}", tally.untold);
    }
}
