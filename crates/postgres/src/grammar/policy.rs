//! Row security policies.

use super::{Mode, Read, Reader, bracketed, list, name};
use driftless_model::{Kind, ObjectId, Policy};
use driftless_planner::{Action, Clause};

/// From POLICY on.
pub(super) fn create(r: &mut Reader) -> Read<()> {
    r.expect("policy")?;
    let span = r.here();
    let title = name::single(r, "a policy")?;
    r.expect("on")?;
    let (table, _) = name::object(r, Kind::Table, "a table")?;
    let mut policy = blank(&table);
    clauses(r, &mut policy)?;
    let id = ObjectId::owned(Kind::Policy, &table, title);
    r.part(id.part(), span);
    r.create(id, policy, Mode::default());
    Ok(())
}

fn blank(table: &ObjectId) -> Policy {
    Policy {
        table: table.clone(),
        command: "all".to_owned(),
        permissive: true,
        roles: vec!["public".to_owned()],
        using: None,
        check: None,
    }
}

fn clauses(r: &mut Reader, policy: &mut Policy) -> Read<()> {
    loop {
        if r.eat("as") {
            policy.permissive = r.eat("permissive");
            if !policy.permissive {
                r.expect("restrictive")?;
            }
        } else if r.eat("for") {
            if !r.at_any(&["all", "select", "insert", "update", "delete"]) {
                return Err(r.unexpected("`ALL`, `SELECT`, `INSERT`, `UPDATE` or `DELETE`"));
            }
            policy.command = r.word().unwrap_or_default();
            r.bump();
        } else if r.eat("to") {
            let mut roles = list(r, name::role)?;
            for role in &mut roles {
                if role.is_empty() {
                    *role = "public".to_owned();
                }
            }
            roles.sort();
            roles.dedup();
            policy.roles = roles;
        } else if r.eat("using") {
            policy.using = Some(bracketed(r)?);
        } else if r.eat_seq(&["with", "check"]) {
            policy.check = Some(bracketed(r)?);
        } else {
            return Ok(());
        }
    }
}

/// From POLICY on.
pub(super) fn alter(r: &mut Reader) -> Read<()> {
    r.expect("policy")?;
    let title = name::single(r, "a policy")?;
    r.expect("on")?;
    let (table, _) = name::object(r, Kind::Table, "a table")?;
    let id = ObjectId::owned(Kind::Policy, &table, title);
    if r.eat_seq(&["rename", "to"]) {
        let to = name::single(r, "a name")?;
        r.action(Action::Rename {
            part: id.part(),
            to,
        });
        return Ok(());
    }
    let start = r.pos();
    let mut policy = blank(&table);
    // Empty: what is not written stays as it is.
    policy.roles = Vec::new();
    policy.command = String::new();
    clauses(r, &mut policy)?;
    if r.pos() == start {
        return Err(r.unexpected("`TO`, `USING` or `WITH CHECK`"));
    }
    r.action(Action::alter(&id, Clause::Policy(Box::new(policy))));
    Ok(())
}
