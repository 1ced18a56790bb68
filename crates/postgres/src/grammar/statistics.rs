//! Extended statistics.

use super::{Mode, Read, Reader, expression, list, name};
use driftless_model::{Kind, Name, ObjectId, Statistics};
use driftless_planner::{Action, Clause};

/// From STATISTICS on: `[IF NOT EXISTS] name [(kind, …)] ON key, … FROM table`.
pub(super) fn create(r: &mut Reader) -> Read<()> {
    r.expect("statistics")?;
    let if_not_exists = r.if_not_exists();
    // From 16 on the server names what has no name.
    let unnamed = r.at("on") || r.at_symbol("(");
    let said = match unnamed {
        true => None,
        false => Some(name::object(r, Kind::Statistics, "a name")?),
    };
    let mut kinds = Vec::new();
    if r.at_symbol("(") {
        r.inside(|r| {
            kinds = list(&mut r.cursor, |c| {
                let word = c.word().filter(|w| Statistics::KINDS.contains(&w.as_str()));
                let word =
                    word.ok_or_else(|| c.unexpected("`ndistinct`, `dependencies` or `mcv`"))?;
                c.bump();
                Ok(word)
            })?;
            Ok(())
        })?;
    }
    r.expect("on")?;
    let keys = list(&mut r.cursor, |c| expression(c, &["from"]))?;
    r.expect("from")?;
    let (table, _) = name::object(r, Kind::Table, "a table")?;
    let id = match said {
        Some((id, span)) => {
            r.part(id.part(), span);
            id
        }
        None => ObjectId::new(Kind::Statistics, table.schema.clone(), Name::default()),
    };
    let mode = Mode {
        if_not_exists,
        ..Mode::default()
    };
    let statistics = Statistics {
        table,
        kinds,
        keys,
        target: None,
    };
    r.create(id, statistics, mode);
    Ok(())
}

/// From STATISTICS on.
pub(super) fn alter(r: &mut Reader) -> Read<()> {
    r.expect("statistics")?;
    let (id, _) = name::object(r, Kind::Statistics, "a name")?;
    let action = if r.eat_seq(&["rename", "to"]) {
        Action::Rename {
            part: id.part(),
            to: name::single(r, "a name")?,
        }
    } else if r.eat_seq(&["set", "schema"]) {
        let schema: Name = name::single(r, "a schema")?;
        Action::Move { id, schema }
    } else if r.eat_seq(&["owner", "to"]) {
        Action::Owner {
            id,
            to: name::role(r)?,
        }
    } else {
        r.expect_seq(&["set", "statistics"])?;
        let target = match r.eat("default") {
            true => None,
            false => Some(r.integer("a number")?).filter(|n| *n >= 0),
        };
        Action::alter(&id, Clause::Statistics(target))
    };
    r.action(action);
    Ok(())
}
