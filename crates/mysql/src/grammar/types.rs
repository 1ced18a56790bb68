//! A column's type in the spelling of SHOW CREATE TABLE.
//!
//! Neighbours: `column` reads what stands behind it; routines use it for parameters. Invariant: two spellings of one
//! type have one canonical text (manual, Data Types).

use crate::features::{Feature, has};
use crate::text::literal;
use driftless_model::Server;
use driftless_sql::{Cursor, Diagnostic, TokenKind};

/// A type with what its words say besides.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Type {
    /// `int(11) unsigned`, `varchar(20)`, `enum('a','b')`.
    pub text: String,
    /// The character set that was said.
    pub charset: Option<String>,
    pub collation: Option<String>,
    /// The BINARY attribute: the character set's binary collation.
    pub binary: bool,
    /// SERIAL: not null, counting and unique.
    pub serial: bool,
    /// JSON where that is text with a check.
    pub json: bool,
}

/// The canonical text of a type, with its attributes.
pub fn canonical(cur: &mut Cursor, server: Server) -> Result<Type, Diagnostic> {
    let at = cur.here();
    let name = name(cur)?;
    let mut out = Type::default();
    let args = args(cur)?;
    let number = |n: usize| args.get(n).and_then(|a| a.parse::<u64>().ok());
    let with = |name: &str| match args.is_empty() {
        true => name.to_owned(),
        false => format!("{name}({})", args.join(",")),
    };
    let with_or = |name: &str, default: &str| match args.is_empty() {
        true => format!("{name}({default})"),
        false => format!("{name}({})", args.join(",")),
    };
    out.text = match name.as_str() {
        "tinyint" | "int1" => integer(cur, "tinyint", number(0), server),
        "smallint" | "int2" => integer(cur, "smallint", number(0), server),
        "mediumint" | "int3" | "middleint" => integer(cur, "mediumint", number(0), server),
        "int" | "integer" | "int4" => integer(cur, "int", number(0), server),
        "bigint" | "int8" => integer(cur, "bigint", number(0), server),
        "bool" | "boolean" => "tinyint(1)".into(),
        "serial" => {
            out.serial = true;
            match has(server, Feature::DisplayWidths) {
                true => "bigint(20) unsigned".into(),
                false => "bigint unsigned".into(),
            }
        }
        "decimal" | "dec" | "numeric" | "fixed" => {
            let text = match (number(0), number(1)) {
                (Some(p), Some(s)) => format!("decimal({p},{s})"),
                (Some(p), None) => format!("decimal({p},0)"),
                _ => "decimal(10,0)".into(),
            };
            sign(cur, text)
        }
        "float" | "float4" => {
            let text = match (number(0), number(1)) {
                (Some(p), Some(s)) => format!("float({p},{s})"),
                (Some(p), None) if p > 24 => "double".into(),
                _ => "float".into(),
            };
            sign(cur, text)
        }
        "double" | "real" | "double precision" | "float8" => {
            let text = match (number(0), number(1)) {
                (Some(p), Some(s)) => format!("double({p},{s})"),
                _ => "double".into(),
            };
            sign(cur, text)
        }
        "bit" => with_or("bit", "1"),
        "char" | "character" => with_or("char", "1"),
        "nchar" | "national char" | "national character" => {
            out.charset = Some("utf8mb3".into());
            with_or("char", "1")
        }
        "varchar" | "character varying" | "char varying" | "varcharacter" => with("varchar"),
        "nvarchar"
        | "national varchar"
        | "national char varying"
        | "national character varying"
        | "nchar varchar"
        | "nchar varying" => {
            out.charset = Some("utf8mb3".into());
            with("varchar")
        }
        "binary" => with_or("binary", "1"),
        "varbinary" => with("varbinary"),
        "blob" => sized("blob", number(0), 1),
        "tinyblob" | "mediumblob" | "longblob" | "tinytext" | "mediumtext" | "longtext" => name,
        // Characters, of at most four bytes.
        "text" => sized("text", number(0), 4),
        "long varbinary" => "mediumblob".into(),
        "long" | "long varchar" | "long char varying" | "long character varying" => {
            "mediumtext".into()
        }
        "json" if has(server, Feature::JsonIsText) => {
            out.json = true;
            "longtext".into()
        }
        "date" => "date".into(),
        "year" => match has(server, Feature::DisplayWidths) {
            true => "year(4)".into(),
            false => "year".into(),
        },
        "datetime" | "timestamp" | "time" => match number(0) {
            Some(p) if p > 0 => format!("{name}({p})"),
            _ => name,
        },
        "geomcollection" | "geometrycollection" => match has(server, Feature::DisplayWidths) {
            true => "geometrycollection".into(),
            false => "geomcollection".into(),
        },
        "enum" | "set" => with(&name),
        "json" | "geometry" | "point" | "linestring" | "polygon" | "multipoint"
        | "multilinestring" | "multipolygon" | "uuid" | "inet4" | "inet6" | "vector"
        | "xmltype" => with(&name),
        _ => {
            return Err(
                Diagnostic::error("D0301", format!("there is no type `{name}`"))
                    .at(cur.place(at))
                    .label("not known here")
                    .help("see the manual's chapter Data Types for what there is"),
            );
        }
    };
    characters(cur, &mut out)?;
    if out.json {
        out.charset = Some("utf8mb4".into());
        out.collation = Some("utf8mb4_bin".into());
    }
    Ok(out)
}

/// The type's words in lower case.
fn name(cur: &mut Cursor) -> Result<String, Diagnostic> {
    const SEVERAL: &[&[&str]] = &[
        &["double", "precision"],
        &["national", "character", "varying"],
        &["national", "char", "varying"],
        &["national", "character"],
        &["national", "varchar"],
        &["national", "char"],
        &["character", "varying"],
        &["char", "varying"],
        &["nchar", "varying"],
        &["nchar", "varchar"],
        &["long", "character", "varying"],
        &["long", "char", "varying"],
        &["long", "varbinary"],
        &["long", "varchar"],
    ];
    for words in SEVERAL {
        if cur.eat_seq(words) {
            return Ok(words.join(" "));
        }
    }
    let word = cur.word().ok_or_else(|| cur.unexpected("a type"))?;
    cur.bump();
    Ok(word)
}

/// What stands in the type's brackets: numbers, or the values of an ENUM as literals.
fn args(cur: &mut Cursor) -> Result<Vec<String>, Diagnostic> {
    let mut out = Vec::new();
    if !cur.at_symbol("(") {
        return Ok(out);
    }
    let mut inner = cur.group_cursor()?;
    loop {
        match inner.peek().map(|t| t.kind) {
            Some(TokenKind::Text) => {
                // Trailing blanks of a value are cut by the server (manual, The ENUM Type).
                let value = inner.string("a value")?;
                out.push(literal(value.trim_end_matches(' ')));
            }
            Some(TokenKind::Number) => out.push(inner.number_text("a number")?),
            _ => return Err(inner.unexpected("a number or a value")),
        }
        if !inner.eat_symbol(",") {
            break;
        }
    }
    inner.finish()?;
    Ok(out)
}

/// `int(11) unsigned zerofill`: a width shows where the product shows it, and with ZEROFILL.
fn integer(cur: &mut Cursor, name: &str, width: Option<u64>, server: Server) -> String {
    let (mut unsigned, mut zerofill) = (false, false);
    loop {
        if cur.eat("unsigned") {
            unsigned = true;
        } else if cur.eat("zerofill") {
            zerofill = true;
        } else if !cur.eat("signed") {
            break;
        }
    }
    unsigned |= zerofill;
    let natural = match (name, unsigned) {
        ("tinyint", false) => 4,
        ("tinyint", true) => 3,
        ("smallint", false) => 6,
        ("smallint", true) => 5,
        ("mediumint", false) => 9,
        ("mediumint", true) => 8,
        ("int", false) => 11,
        ("int", true) => 10,
        _ => 20,
    };
    let shown = match width {
        _ if has(server, Feature::DisplayWidths) || zerofill => Some(width.unwrap_or(natural)),
        // The one width that clients give a meaning.
        Some(1) if name == "tinyint" && !unsigned => Some(1),
        _ => None,
    };
    let width = shown.map(|w| format!("({w})")).unwrap_or_default();
    let words = match (unsigned, zerofill) {
        (_, true) => " unsigned zerofill",
        (true, false) => " unsigned",
        (false, false) => "",
    };
    format!("{name}{width}{words}")
}

/// Attributes of other numbers.
fn sign(cur: &mut Cursor, text: String) -> String {
    let (mut unsigned, mut zerofill) = (false, false);
    loop {
        if cur.eat("unsigned") {
            unsigned = true;
        } else if cur.eat("zerofill") {
            zerofill = true;
        } else if !cur.eat("signed") {
            break;
        }
    }
    match (unsigned, zerofill) {
        (_, true) => format!("{text} unsigned zerofill"),
        (true, false) => format!("{text} unsigned"),
        (false, false) => text,
    }
}

/// `BLOB(n)` and `TEXT(n)` are the smallest type that holds as many bytes (manual, The BLOB and TEXT Types).
fn sized(name: &str, length: Option<u64>, bytes: u64) -> String {
    let size = length.map(|l| l.saturating_mul(bytes));
    match size {
        None | Some(0) => name.into(),
        Some(n) if n < 1 << 8 => format!("tiny{name}"),
        Some(n) if n < 1 << 16 => name.into(),
        Some(n) if n < 1 << 24 => format!("medium{name}"),
        Some(_) => format!("long{name}"),
    }
}

/// `CHARACTER SET x COLLATE y`, and the words that stand for them.
fn characters(cur: &mut Cursor, out: &mut Type) -> Result<(), Diagnostic> {
    loop {
        if cur.eat_seq(&["character", "set"]) || cur.eat_seq(&["char", "set"]) || cur.eat("charset")
        {
            cur.eat_symbol("=");
            out.charset = Some(word_or_text(cur, "a character set")?);
        } else if cur.eat("collate") {
            cur.eat_symbol("=");
            out.collation = Some(word_or_text(cur, "a collation")?);
        } else if out.text.starts_with("char") && cur.eat("byte") {
            out.text = out.text.replacen("char", "binary", 1);
        } else if cur.eat("ascii") {
            out.charset = Some("latin1".into());
        } else if cur.eat("unicode") {
            out.charset = Some("ucs2".into());
        } else if is_text(&out.text) && cur.eat("binary") {
            out.binary = true;
        } else {
            break;
        }
    }
    if out.charset.as_deref() == Some("binary") {
        // Text in the binary character set is bytes.
        out.text = match out.text.as_str() {
            text if text.starts_with("varchar") => text.replacen("varchar", "varbinary", 1),
            text if text.starts_with("char") => text.replacen("char", "binary", 1),
            text if text.ends_with("text") => text.replacen("text", "blob", 1),
            text => text.to_owned(),
        };
        if !is_text(&out.text) {
            out.charset = None;
            out.collation = None;
        }
    }
    Ok(())
}

/// A name that may stand in quotes; old names for `utf8mb3` become that.
pub fn word_or_text(cur: &mut Cursor, what: &str) -> Result<String, Diagnostic> {
    let word = match cur.string(what) {
        Ok(text) => text,
        Err(_) => cur.ident(what)?.text,
    };
    let word = word.to_ascii_lowercase();
    Ok(match word.strip_prefix("utf8") {
        Some("") => "utf8mb3".into(),
        Some(rest) if rest.starts_with('_') => format!("utf8mb3{rest}"),
        _ => word,
    })
}

/// Types whose values are characters.
pub fn is_text(ty: &str) -> bool {
    let head = ty.split(['(', ' ']).next().unwrap_or_default();
    matches!(
        head,
        "char" | "varchar" | "text" | "tinytext" | "mediumtext" | "longtext" | "enum" | "set"
    )
}
