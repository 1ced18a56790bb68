//! Rewrite rules, but those that make views.
//!
//! Invariant: the server prints a rule only as a whole, so the grammar takes it apart.

use super::Decoder;
use super::answer::{Read, Sheet};
use super::directory::text;
use super::fragment::{OWN_SCHEMA, comment};
use crate::grammar;
use driftless_model::{Kind, Name, Object, ObjectId, Rule, Server};

pub(super) fn query(_: Server) -> String {
    format!(
        "SELECT r.ev_class AS relation, r.rulename AS name, r.ev_enabled AS enabled, pg_get_ruledef(r.oid) AS whole, \
         d.description AS comment
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace {}
WHERE r.rulename <> '_RETURN' AND {OWN_SCHEMA}",
        comment("pg_rewrite", "r.oid")
    )
}

pub(super) fn decode(d: &mut Decoder, sheet: &Sheet) -> Read<()> {
    for line in sheet.lines() {
        let Some(table) = d.directory.relation(line.number("relation")?).cloned() else {
            continue;
        };
        let read = grammar::printed::<Rule>(line.text("whole")?, d.catalog.server);
        let mut rule = read.ok_or_else(|| line.wrong("whole", "is no rule"))?;
        rule.table = table.clone();
        rule.enabled = line.letter("enabled")?;
        for printed in rule.condition.iter_mut().chain(&mut rule.actions) {
            *printed = text(&printed.written);
        }
        let id = ObjectId::owned(Kind::Rule, &table, Name::exact(line.text("name")?));
        let mut object = Object::new(rule);
        object.comment = line.owned("comment")?;
        d.catalog.objects.insert(id, object);
    }
    Ok(())
}
