//! Option lists in brackets: storage parameters, view options, attribute options.
//!
//! Invariant: names fold to lower case, values are decoded; a value that was not written is `true`.

use super::{Read, list, value};
use driftless_model::Options;
use driftless_sql::Cursor;

/// `( fillfactor = 80, toast.autovacuum_enabled )`
pub(super) fn set(c: &mut Cursor) -> Read<Options> {
    let mut group = c.group_cursor()?;
    let mut out = Options::new();
    if !group.done() {
        for (key, value) in list(&mut group, |c| {
            let key = key(c)?;
            let value = if c.eat_symbol("=") {
                value(c, "a value")?
            } else {
                "true".to_owned()
            };
            Ok((key, value))
        })? {
            out.insert(key, value);
        }
    }
    group.finish()?;
    Ok(out)
}

/// As [`set`], as what ALTER … SET does.
pub(super) fn changes(c: &mut Cursor) -> Read<Options<Option<String>>> {
    Ok(set(c)?.into_iter().map(|(k, v)| (k, Some(v))).collect())
}

/// `( fillfactor, parallel_workers )`, as what ALTER … RESET does.
pub(super) fn resets(c: &mut Cursor) -> Read<Options<Option<String>>> {
    let mut group = c.group_cursor()?;
    let keys = list(&mut group, key)?;
    group.finish()?;
    Ok(keys.into_iter().map(|k| (k, None)).collect())
}

fn key(c: &mut Cursor) -> Read<String> {
    let parts = c.name("a parameter")?;
    let parts: Vec<String> = parts.iter().map(|p| p.text.to_ascii_lowercase()).collect();
    Ok(parts.join("."))
}

/// `WITH ( … )`; also the `WITH OIDS` and `WITHOUT OIDS` of old dumps, which mean nothing any more.
pub(super) fn with(c: &mut Cursor) -> Read<Option<Options>> {
    if c.eat_seq(&["without", "oids"]) {
        return Ok(Some(Options::new()));
    }
    let start = c.pos();
    if c.eat("with") {
        if c.at_symbol("(") {
            let mut options = set(c)?;
            if options.get("oids").is_some_and(|v| v == "false") {
                options.remove("oids");
            }
            return Ok(Some(options));
        }
        c.reset(start);
    }
    Ok(None)
}
