//! Privileges on one database and what is in it, from the server's own tables.
//!
//! Neighbour: `inspect` asks and decodes. Why the tables and not information_schema: the views there leave out what the
//! role may not see without a word, the tables refuse. Invariant: where privileges are
//! managed, what cannot be read is an error, and what cannot be held is named.

use crate::features::{Feature, has};
use crate::grammar::grant::{account, database};
use crate::text::id;
use driftless_model::{Grant, Kind, Name, ObjectId, Server, Unmodelled};
use driftless_planner::{Action, Moment, Rows, apply};
use std::collections::BTreeSet;

/// A column of `mysql.db` and the privilege that it stands for.
const ON_DATABASE: [(&str, &str); 19] = [
    ("Select_priv", "Select"),
    ("Insert_priv", "Insert"),
    ("Update_priv", "Update"),
    ("Delete_priv", "Delete"),
    ("Create_priv", "Create"),
    ("Drop_priv", "Drop"),
    ("Grant_priv", "Grant"),
    ("References_priv", "References"),
    ("Index_priv", "Index"),
    ("Alter_priv", "Alter"),
    ("Create_tmp_table_priv", "Create Temporary Tables"),
    ("Lock_tables_priv", "Lock Tables"),
    ("Create_view_priv", "Create View"),
    ("Show_view_priv", "Show View"),
    ("Create_routine_priv", "Create Routine"),
    ("Alter_routine_priv", "Alter Routine"),
    ("Execute_priv", "Execute"),
    ("Event_priv", "Event"),
    ("Trigger_priv", "Trigger"),
];

/// One statement: what (`database`, `table`, `column`, `PROCEDURE` …), host, user, object, column, privileges.
pub fn query(server: Server, managed: bool) -> String {
    let mut on_database = ON_DATABASE.to_vec();
    if has(server, Feature::Periods) {
        on_database.push(("Delete_history_priv", "Delete History"));
    }
    if has(server, Feature::ShowRoutine) {
        on_database.push(("Show_create_routine_priv", "Show Create Routine"));
    }
    let each: Vec<String> = on_database
        .iter()
        .map(|(column, privilege)| format!("IF({column} = 'Y', '{privilege}', NULL)"))
        .collect();
    let each = each.join(", ");
    // A name with its wildcards taken away; backslashes are written so that no sql_mode can change them.
    let plain = "REPLACE(REPLACE(Db, CONCAT(CHAR(92), '_'), '_'), CONCAT(CHAR(92), '%'), '%')";
    let mut out = format!(
        "SELECT 'database', Host, User, '', '', CONCAT_WS(',', {each}) FROM mysql.db WHERE Db = DATABASE() \
         UNION ALL SELECT 'pattern', Host, User, Db, '', '' FROM mysql.db WHERE Db <> DATABASE() AND {plain} = DATABASE() \
         UNION ALL SELECT 'table', Host, User, Table_name, '', Table_priv FROM mysql.tables_priv WHERE Db = DATABASE() \
         UNION ALL SELECT 'column', Host, User, Table_name, Column_name, Column_priv FROM mysql.columns_priv \
         WHERE Db = DATABASE() \
         UNION ALL SELECT Routine_type, Host, User, Routine_name, '', Proc_priv FROM mysql.procs_priv WHERE Db = DATABASE()"
    );
    if has(server, Feature::PlainRoles) {
        out.push_str(
            " UNION ALL SELECT DISTINCT 'role', '', Role, '', '', '' FROM mysql.roles_mapping",
        );
    }
    if managed {
        out.push_str(" UNION ALL SELECT 'managed', '', '', '', '', ''");
    }
    out
}

/// Puts them on the objects of the moment. What the model cannot hold is named, and so is that they could not be read.
pub fn decode(rows: &Rows, server: Server, moment: &mut Moment) -> Option<String> {
    if rows.columns().is_empty() {
        return Some(
            "the role may not read who may do what (mysql.db, mysql.procs_priv …): what is granted on a routine, or on a \
             table under its old name, is not carried over when it is made anew or renamed"
                .to_owned(),
        );
    }
    let managed = rows.iter().any(|r| r.get(0) == Some("managed"));
    let known = moment.catalog.unmodelled.len();
    let mut roles: BTreeSet<&str> = BTreeSet::new();
    for row in rows.iter() {
        let what = row.get(0);
        if what == Some("role") || (row.get(1) == Some("") && has(server, Feature::PlainRoles)) {
            roles.extend(row.get(2));
        }
    }
    for row in rows.iter() {
        let [what, host, user, name, column, privileges] =
            std::array::from_fn(|n| row.get(n).unwrap_or_default());
        let kind = match what {
            "role" | "managed" => continue,
            "database" | "pattern" => Kind::DefaultPrivileges,
            "PROCEDURE" => Kind::Procedure,
            "FUNCTION" => Kind::Function,
            "table" | "column" => Kind::Table,
            other => {
                unmodelled(
                    moment,
                    format!("privileges on a {}", other.to_lowercase()),
                    name,
                    None,
                );
                continue;
            }
        };
        let role = match has(server, Feature::PlainRoles) && host.is_empty() && user == "PUBLIC" {
            true => String::new(),
            false => account(user, host),
        };
        let on = match kind {
            Kind::DefaultPrivileges => database(),
            kind => id(kind, name),
        };
        if what == "pattern" {
            unmodelled(
                moment,
                format!("privileges on a pattern of databases, of {role},"),
                name,
                None,
            );
            continue;
        }
        // Its name alone would mean the role.
        if host == "%" && roles.contains(user) {
            let what = format!("privileges of the account {user}@% (there is a role of that name)");
            unmodelled(moment, what, &on.to_string(), Some(on));
            continue;
        }
        for privilege in privileges.split(',').filter(|p| !p.is_empty()) {
            let grant = Grant {
                role: role.clone(),
                privilege: match privilege.to_ascii_uppercase().as_str() {
                    "GRANT" => "GRANT OPTION".into(),
                    "DELETE VERSIONING ROWS" => "DELETE HISTORY".into(),
                    other => other.to_owned(),
                },
                grantable: false,
                column: (what == "column").then(|| Name::folded(column)),
            };
            let action = Action::Grant {
                id: on.clone(),
                grant,
                revoke: false,
            };
            if apply(crate::dialect::of(server.dialect), &action, moment).is_err() {
                let what = format!("privilege {privilege} of {role} on what is not there,");
                unmodelled(moment, what, &on.to_string(), None);
            }
        }
    }
    if !managed {
        moment.catalog.unmodelled.truncate(known);
    }
    None
}

fn unmodelled(moment: &mut Moment, what: String, name: &str, on: Option<ObjectId>) {
    moment.catalog.unmodelled.push(Unmodelled {
        what,
        name: name.to_owned(),
        on,
        place: None,
    });
}
