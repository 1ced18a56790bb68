//! Columns that come or change.

use super::{COPY, Feature, Ground, INSTANT, Online, REBUILD, Wait, has, of};
use crate::grammar::SAID;
use crate::grammar::is_text;
use crate::row::charset_of;
use crate::row::table::collation::effective_at;
use driftless_model::Column;

use super::Algorithm;

fn counts(column: &Column) -> bool {
    column.my.as_ref().is_some_and(|m| m.auto_increment)
}

/// A default that is no constant: the rows that are there need one each.
fn computed(column: &Column) -> bool {
    column.default.as_ref().is_some_and(|d| {
        let written = d.written.trim().to_ascii_lowercase();
        let now = ["current_timestamp", "now", "localtime"];
        written.contains('(') && !now.iter().any(|n| written.starts_with(n))
    })
}

/// Whether the rows that are there get a value that the type takes in strict mode: no date is zero.
fn has_zero(column: &Column) -> bool {
    let (name, _) = taken_apart(&column.ty.text);
    counts(column)
        || matches!(
            name,
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint"
        )
        || name.ends_with("char")
        || name.ends_with("text")
        || name.ends_with("blob")
        || name.ends_with("binary")
        || matches!(
            name,
            "decimal" | "float" | "double" | "bit" | "year" | "enum" | "set"
        )
}

pub fn added(column: &Column, placed: bool, ground: &Ground) -> Online {
    match &column.generated {
        Some(g) if g.stored => return COPY,
        Some(_) => {
            return Online {
                virtual_added: true,
                ..INSTANT
            };
        }
        None => {}
    }
    let unfilled = !ground.mariadb && column.not_null && column.default.is_none();
    if computed(column) || unfilled && !has_zero(column) {
        return COPY;
    }
    if counts(column) {
        return of(Algorithm::Inplace, Wait::Shared, true);
    }
    let instant = match placed {
        true => has(ground.server, Feature::InstantAnywhere),
        false => has(ground.server, Feature::InstantLast),
    };
    let out = if placed && ground.mariadb && ground.has_generated(false) {
        COPY
    } else if instant {
        INSTANT
    } else {
        REBUILD
    };
    Online {
        layout: true,
        ..out
    }
}

pub fn changed(was: &Column, now: &Column, ground: &Ground) -> Online {
    // MariaDB takes its JSON for another type than the text that it is.
    let json = |c: &Column| {
        let check = c.my.as_ref().and_then(|m| m.check.as_ref());
        check.is_some_and(|t| t.written.to_ascii_lowercase().contains("json_valid"))
    };
    if ground.mariadb && (json(was) || json(now)) {
        return COPY;
    }
    let mut out = match (&was.generated, &now.generated) {
        (None, None) => INSTANT,
        (Some(b), Some(a)) if b.stored == a.stored => {
            let same = b.expr.written == a.expr.written
                || b.expr.compare(&a.expr) == driftless_model::Verdict::Same;
            match (same, a.stored) {
                (true, _) => INSTANT,
                (false, false) if ground.mariadb && !ground.is_indexed(&was.name) => INSTANT,
                _ => COPY,
            }
        }
        _ => return COPY,
    };
    let collated = |c: &Column| effective_at(c, ground.table, ground.catalog);
    let from = collated(was);
    let to = match (&now.collation, &ground.collation) {
        (None, Some(new)) if is_text(&now.ty.text) => Some(new.clone()),
        _ => collated(now),
    };
    let charset = |collation: &Option<String>| {
        let collation = collation.as_deref().unwrap_or_default();
        charset_of(collation).to_owned()
    };
    if was.ty.text != now.ty.text {
        out = out.and(retyped(&was.ty.text, &now.ty.text, &charset(&from), ground));
    }
    if from != to && (from.is_some() || to.is_some()) {
        let (name, _) = taken_apart(&now.ty.text);
        out = out.and(if charset(&from) != charset(&to) || name != "varchar" {
            COPY
        } else if !ground.is_indexed(&was.name) {
            ground.light()
        } else if ground.mariadb {
            Online {
                makes_index: true,
                ..ground.index_work(Wait::None)
            }
        } else {
            COPY
        });
    }
    if was.not_null != now.not_null && !ground.is_primary(&was.name) {
        let stored = ground.mariadb && now.not_null && ground.has_generated(true);
        out = out.and(if stored { COPY } else { REBUILD });
    }
    let (b, a) = (
        was.my.clone().unwrap_or_default(),
        now.my.clone().unwrap_or_default(),
    );
    if b.auto_increment != a.auto_increment && (a.auto_increment || !ground.mariadb) {
        out = out.and(COPY);
    }
    let mut rest = (b.options, a.options);
    for word in ["comment", SAID] {
        rest.0.remove(word);
        rest.1.remove(word);
    }
    if rest.0 != rest.1 {
        out = out.and(COPY);
    }
    out
}

/// `varchar(10)` → its name and its length.
fn taken_apart(ty: &str) -> (&str, Option<u64>) {
    let Some((name, rest)) = ty.split_once('(') else {
        return (ty.split(' ').next().unwrap_or(ty), None);
    };
    (name, rest.split(')').next().and_then(|n| n.parse().ok()))
}

/// The bytes that one letter may take.
fn widest(charset: &str) -> u64 {
    match charset {
        "utf8mb4" | "utf16" | "utf16le" | "utf32" | "gb18030" => 4,
        "utf8mb3" | "utf8" | "ujis" | "eucjpms" => 3,
        "ucs2" | "big5" | "gbk" | "sjis" | "cp932" | "euckr" | "gb2312" => 2,
        "" => 4,
        _ => 1,
    }
}

fn retyped(was: &str, now: &str, charset: &str, ground: &Ground) -> Online {
    let ((a, x), (b, y)) = (taken_apart(was), taken_apart(now));
    if a == b && matches!(a, "enum" | "set") && appended(was, now, a == "set") {
        return INSTANT;
    }
    let wide = match a {
        "varchar" => widest(charset),
        "varbinary" => 1,
        _ => return COPY,
    };
    let (Some(x), Some(y), true) = (x, y, a == b) else {
        return COPY;
    };
    let (x, y) = (x.saturating_mul(wide), y.saturating_mul(wide));
    // One byte tells a length up to 255, two a longer one; MariaDB leaves itself room up to 127.
    let same_length = (x <= 255) == (y <= 255);
    match y >= x && (same_length || ground.mariadb && x <= 127) {
        true => ground.light(),
        false => COPY,
    }
}

/// Values were only added at the end, and their number is stored in as many bytes as before.
fn appended(was: &str, now: &str, set: bool) -> bool {
    let inside = |ty: &str| ty.strip_suffix(')').map(str::to_owned);
    let (Some(was), Some(now)) = (inside(was), inside(now)) else {
        return false;
    };
    let bytes = |values: &str| {
        let count = values.matches("','").count() + 1;
        match set {
            true => [8, 16, 24, 32].iter().filter(|b| count > **b).count(),
            false => usize::from(count > 255),
        }
    };
    now.starts_with(&was) && bytes(&was) == bytes(&now)
}
