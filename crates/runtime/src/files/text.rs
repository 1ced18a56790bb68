//! Bytes to text: limits before reading, UTF-8 with the place of the first bad byte, no byte order mark.
//!
//! Neighbours: all readers of `files`. Invariant: what is added to the sources is valid text without a BOM.

use std::io::Read;
use std::path::Path;

use driftless_sql::{Diagnostic, Place, SourceId, Sources, Span};

/// How a SQLite database file begins.
const SQLITE_MAGIC: &[u8] = b"SQLite format 3\0";

/// Reads a file whose size was looked at first.
pub(super) fn read_file(path: &Path, name: &str, limit: u64) -> Result<Vec<u8>, Diagnostic> {
    let file = std::fs::File::open(path).map_err(|e| unreadable(name, &e))?;
    let size = file.metadata().map_err(|e| unreadable(name, &e))?.len();
    if size > limit {
        return Err(too_large(name, Some(size), limit));
    }
    read_limited(file, name, limit)
}

/// Reads to the end, and never more than the limit: pipes and growing files have no size to look at.
pub(super) fn read_limited(from: impl Read, name: &str, limit: u64) -> Result<Vec<u8>, Diagnostic> {
    let mut bytes = Vec::new();
    from.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|e| unreadable(name, &e))?;
    if bytes.len() as u64 > limit {
        return Err(too_large(name, None, limit));
    }
    Ok(bytes)
}

pub(super) fn unreadable(name: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("D0106", format!("cannot read `{name}`: {}", lower(error)))
        .help("check the path and your permissions on it")
}

/// An operating system's message as the end of a lower-case sentence.
pub(super) fn lower(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(chars).collect()
    })
}

pub(super) fn too_large(name: &str, size: Option<u64>, limit: u64) -> Diagnostic {
    let size = size.map_or_else(|| format!("more than {}", mebibytes(limit)), mebibytes);
    Diagnostic::error("D0104", format!("`{name}` is too large: {size}"))
        .note(format!(
            "a schema of 10,000 tables takes about 10 MiB; the limit is {}",
            mebibytes(limit)
        ))
        .help("if it really is a schema, raise the limit with --max-file-size")
}

fn mebibytes(bytes: u64) -> String {
    if bytes < 1 << 20 {
        format!("{bytes} bytes")
    } else {
        format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
    }
}

/// Adds bytes as a source.
pub(super) fn add(
    sources: &mut Sources,
    name: &str,
    bytes: Vec<u8>,
) -> Result<SourceId, Diagnostic> {
    decode(sources, name, bytes).map(|text| sources.add(name, text))
}

/// Bytes as a text; where they are no UTF-8, a source of it with replacements is added, to show the place in.
pub(super) fn decode(
    sources: &mut Sources,
    name: &str,
    mut bytes: Vec<u8>,
) -> Result<String, Diagnostic> {
    if bytes.starts_with(SQLITE_MAGIC) {
        return Err(Diagnostic::error(
            "D0105",
            format!("`{name}` is a SQLite database, not SQL text"),
        )
        .help(format!("to read its schema write `sqlite:{name}`")));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Diagnostic::error(
            "D0105",
            format!("`{name}` is UTF-16, and files must be UTF-8"),
        )
        .help(convert(name, "UTF-16")));
    }
    if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
        bytes.drain(..3);
    }
    let error = match String::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => error,
    };
    let at = error.utf8_error().valid_up_to();
    let byte = error.as_bytes().get(at).copied().unwrap_or_default();
    // Replacing leaves all before the first bad byte as it was, so its offset stays true.
    let source = sources.add(name, String::from_utf8_lossy(error.as_bytes()).into_owned());
    let span = Span::new(at, at + char::REPLACEMENT_CHARACTER.len_utf8());
    Err(
        Diagnostic::error("D0105", format!("`{name}` is not valid UTF-8"))
            .at(Place { source, span })
            .label(format!("the byte 0x{byte:02X} begins no character here"))
            .help(convert(name, "LATIN1")),
    )
}

fn convert(name: &str, encoding: &str) -> String {
    format!("convert it, for example: iconv -f {encoding} -t UTF-8 {name} > converted.sql")
}
