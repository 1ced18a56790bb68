//! Triggers that users made.
//!
//! Invariant: those that a foreign key or a partitioned parent implies are no objects.

use super::Decoder;
use super::answer::{Line, Read, Sheet};
use super::directory::{Oid, text};
use super::fragment::{OWN_SCHEMA, comment};
use driftless_model::{Kind, Name, Object, ObjectId, Server, Trigger, TriggerEvent};

/// A condition speaks of OLD and NEW, which `pg_get_expr` refuses, so it is cut out of the whole definition.
pub(super) fn query(_: Server) -> String {
    format!(
        "SELECT t.oid, t.tgrelid AS relation, t.tgname AS name, t.tgtype AS bits, t.tgenabled AS enabled, \
         t.tgdeferrable AS deferrable, t.tginitdeferred AS deferred, t.tgconstraint <> 0 AS of_constraint, \
         t.tgconstrrelid AS from_oid, to_json(t.tgattr::int2[])::text AS columns, t.tgnargs AS argument_count, \
         encode(t.tgargs, 'hex') AS arguments, t.tgoldtable AS old_table, t.tgnewtable AS new_table, \
         pn.nspname AS function_schema, p.proname AS function,
  CASE WHEN t.tgqual IS NOT NULL THEN pg_get_triggerdef(t.oid, false) END AS whole, d.description AS comment
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace pn ON pn.oid = p.pronamespace {}
WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND {OWN_SCHEMA}",
        comment("pg_trigger", "t.oid")
    )
}

pub(super) fn decode(d: &mut Decoder, sheet: &Sheet) -> Read<()> {
    for line in sheet.lines() {
        let relation: Oid = line.number("relation")?;
        let Some(table) = d.directory.relation(relation).cloned() else {
            continue;
        };
        let id = ObjectId::owned(Kind::Trigger, &table, Name::exact(line.text("name")?));
        d.directory.triggers.insert(line.number("oid")?, id.clone());
        let mut object = Object::new(trigger(d, &line, relation, table)?);
        object.comment = line.owned("comment")?;
        d.catalog.objects.insert(id, object);
    }
    Ok(())
}

fn trigger(d: &Decoder, line: &Line, relation: Oid, table: ObjectId) -> Read<Trigger> {
    // pg_trigger.h: TRIGGER_TYPE_*
    const ROW: u16 = 1;
    const BEFORE: u16 = 2;
    const INSTEAD: u16 = 64;
    let bits: u16 = line.number("bits")?;
    let function = ObjectId::new(
        Kind::Function,
        Name::exact(line.text("function_schema")?),
        Name::exact(line.text("function")?),
    )
    .with_args("");
    let when = line
        .maybe("whole")?
        .map(|whole| condition(whole).ok_or_else(|| line.wrong("whole", "has no WHEN")))
        .transpose()?;
    let name = |column: &str| Ok(line.maybe(column)?.map(Name::exact));
    Ok(Trigger {
        follows: None,
        options: driftless_model::Options::new(),
        timing: match () {
            () if bits & BEFORE != 0 => "before",
            () if bits & INSTEAD != 0 => "instead of",
            () => "after",
        }
        .to_owned(),
        events: events(d, line, relation, bits)?,
        each_row: bits & ROW != 0,
        when: when.map(text),
        function: Some(function),
        arguments: arguments(line)?,
        constraint: line.flag("of_constraint")?,
        deferrable: line.flag("deferrable")?,
        initially_deferred: line.flag("deferred")?,
        from: d.directory.known(line.number("from_oid")?).cloned(),
        transition: (name("old_table")?, name("new_table")?),
        enabled: line.letter("enabled")?,
        body: None,
        table,
    })
}

fn events(d: &Decoder, line: &Line, relation: Oid, bits: u16) -> Read<Vec<TriggerEvent>> {
    let columns = line
        .list("columns")?
        .into_iter()
        .filter_map(|n| d.directory.column(relation, n))
        .collect();
    let mut out = Vec::new();
    for (bit, event) in [
        (4, TriggerEvent::Insert),
        (8, TriggerEvent::Delete),
        (16, TriggerEvent::Update(columns)),
        (32, TriggerEvent::Truncate),
    ] {
        if bits & bit != 0 {
            out.push(event);
        }
    }
    out.sort();
    Ok(out)
}

/// Each argument ends with a NUL.
fn arguments(line: &Line) -> Read<Vec<String>> {
    let count: usize = line.number("argument_count")?;
    let hex = line.text("arguments")?.as_bytes();
    let bytes: Option<Vec<u8>> = hex
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let bytes = bytes.ok_or_else(|| line.wrong("arguments", "is not in hexadecimal"))?;
    bytes
        .split(|b| *b == 0)
        .take(count)
        .map(|a| {
            String::from_utf8(a.to_vec()).map_err(|_| {
                line.wrong("arguments", "is no UTF-8: the database's encoding differs")
            })
        })
        .collect()
}

/// The expression between the brackets of WHEN. Before it stand only words and quoted names; within it, quotes double
/// inside of quotes and nothing else escapes (`ruleutils` never writes `E''`).
fn condition(whole: &str) -> Option<&str> {
    const WHEN: &str = " WHEN (";
    let mut quote = None;
    let mut start = None;
    let mut depth = 0usize;
    for (i, c) in whole.char_indices() {
        match (quote, c) {
            (Some(q), _) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, ' ') if start.is_none() && whole[i..].starts_with(WHEN) => {
                start = Some(i + WHEN.len());
            }
            (None, '(') if start.is_some() => depth += 1,
            (None, ')') => {
                if let Some(start) = start {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return whole.get(start..i);
                    }
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::condition;

    #[test]
    fn a_condition_ends_at_its_own_bracket() {
        let whole = r#"CREATE TRIGGER "a WHEN (x" BEFORE UPDATE ON public.t FOR EACH ROW WHEN (((old.a)::text <> ')''(') AND (new.b > 0)) EXECUTE FUNCTION public.f('WHEN (')"#;
        assert_eq!(
            condition(whole),
            Some(r#"((old.a)::text <> ')''(') AND (new.b > 0)"#)
        );
        assert_eq!(condition("CREATE TRIGGER a EXECUTE FUNCTION f()"), None);
    }
}
