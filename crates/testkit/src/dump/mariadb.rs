//! A MariaDB database as text, by the server's own SHOW CREATE.
//!
//! Invariant: two databases have one text where the server shows the same of them; the order of a table's keys is no
//! difference, and neither is where AUTO_INCREMENT stands.

use crate::server::MariadbDatabase;
use anyhow::Result;

/// The lists of what there is: the word behind SHOW CREATE, the query for the names, and the column with the text.
const LISTS: &[(&str, &str, usize)] = &[
    (
        "TABLE",
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY 1",
        1,
    ),
    (
        "VIEW",
        "SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1",
        1,
    ),
    (
        "SEQUENCE",
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'SEQUENCE' ORDER BY 1",
        1,
    ),
    (
        "EVENT",
        "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE() ORDER BY 1",
        3,
    ),
];

pub fn mariadb_state(database: &MariadbDatabase) -> Result<String> {
    let mut out = String::new();
    for (word, names, column) in LISTS {
        for name in database.run(names)?.lines() {
            let quoted = name.replace('`', "``");
            let shown = database.run(&format!("SHOW CREATE {word} `{quoted}`"))?;
            let text = shown.split('\t').nth(*column).unwrap_or_default();
            out.push_str(&format!(
                "-- {word} {name}\n{}\n",
                canonical(text, database.name())
            ));
        }
    }
    // What is shown of these is as it was written, names and all.
    for query in [ROUTINES, PARAMETERS, TRIGGERS, EVENTS, VIEWS] {
        out.push_str(&database.run(query)?);
    }
    Ok(out)
}

const ROUTINES: &str = "SELECT ROUTINE_TYPE, ROUTINE_NAME, DTD_IDENTIFIER, SECURITY_TYPE, SQL_DATA_ACCESS, IS_DETERMINISTIC, \
     ROUTINE_COMMENT, SQL_MODE, ROUTINE_DEFINITION FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE() ORDER BY 1, 2";

const PARAMETERS: &str = "SELECT SPECIFIC_NAME, ORDINAL_POSITION, PARAMETER_MODE, PARAMETER_NAME, DTD_IDENTIFIER \
     FROM information_schema.PARAMETERS WHERE SPECIFIC_SCHEMA = DATABASE() ORDER BY 1, 2";

const TRIGGERS: &str = "SELECT TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, EVENT_OBJECT_TABLE, ACTION_ORDER, SQL_MODE, ACTION_STATEMENT \
     FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() ORDER BY 1";

/// What SHOW CREATE tells beside the text.
const EVENTS: &str = "SELECT EVENT_NAME, SQL_MODE, TIME_ZONE FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE() ORDER BY 1";

const VIEWS: &str = "SELECT TABLE_NAME, CHARACTER_SET_CLIENT, COLLATION_CONNECTION FROM information_schema.VIEWS \
     WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1";

fn canonical(text: &str, database: &str) -> String {
    let text = text.replace(&format!("`{database}`."), "");
    // A table that is copied prints the texts of its checks in another way than one that is made (MySQL 9.7).
    let text = text.replace("_ascii'", "_utf8mb4'");
    let lines: Vec<String> = text
        .lines()
        .map(|l| l.trim_end_matches(',').to_owned())
        .collect();
    let is_key = |line: &str| {
        let line = line.trim_start();
        [
            "KEY ",
            "UNIQUE KEY ",
            "FULLTEXT KEY ",
            "SPATIAL KEY ",
            "CONSTRAINT ",
        ]
        .iter()
        .any(|start| line.starts_with(start))
    };
    let mut keys: Vec<String> = lines.iter().filter(|l| is_key(l)).cloned().collect();
    keys.sort();
    let mut rest: Vec<String> = lines
        .into_iter()
        .filter(|l| !is_key(l))
        .map(|l| match l.split_once(" AUTO_INCREMENT=") {
            Some((head, tail)) => {
                let tail = tail.trim_start_matches(|c: char| c.is_ascii_digit());
                format!("{head}{tail}")
            }
            None => l,
        })
        .collect();
    // Where an event starts that says no start is the time of its creation.
    for line in &mut rest {
        if let Some((head, tail)) = line.split_once(" STARTS '") {
            let tail = tail.split_once('\'').map_or("", |(_, tail)| tail);
            *line = format!("{head}{tail}");
        }
    }
    rest.extend(keys);
    rest.join("\n")
}
