//! One file of the folder: what its name says, its text, its hash.
//!
//! Neighbours: `folder` collects them, `migration` reads the text. Invariant: line endings and one leading byte order
//! mark do not matter to a hash.

use crate::migration::Migration;
use driftless_sql::{Diagnostic, Place, SourceId, Span};
use sha2::{Digest, Sha256};

/// The folder of the ways back.
pub const DOWN: &str = "down/";
const REPEATABLE: &str = "R__";
const ENDING: &str = ".sql";

/// What a file is, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    Up(u64),
    Down(u64),
    Repeatable,
}

#[derive(Debug, Clone)]
pub struct File {
    /// Relative to the folder, with `/`.
    pub path: String,
    pub role: Role,
    /// What follows the version.
    pub name: String,
    pub source: SourceId,
    /// Without a byte order mark, else as it is.
    pub text: String,
    pub migration: Migration,
}

impl File {
    pub fn version(&self) -> Option<u64> {
        match self.role {
            Role::Up(v) | Role::Down(v) => Some(v),
            Role::Repeatable => None,
        }
    }
    /// `20261122093000_add_order_status`, `R__refresh`.
    pub fn stem(&self) -> &str {
        let path = self.path.strip_prefix(DOWN).unwrap_or(&self.path);
        path.strip_suffix(ENDING).unwrap_or(path)
    }
    pub fn hash(&self) -> String {
        hash(&self.text)
    }
    pub fn place(&self, span: Span) -> Place {
        Place {
            source: self.source,
            span,
        }
    }
    /// Where the file as a whole is spoken of.
    pub fn start(&self) -> Place {
        let line = self.text.find('\n').unwrap_or(self.text.len());
        self.place(Span::new(0, self.text[..line].trim_end().len()))
    }
}

/// SHA-256 in hexadecimal digits, of the text with LF line endings and without a leading byte order mark.
pub fn hash(text: &str) -> String {
    let text = without_mark(text).replace("\r\n", "\n");
    Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The text without one leading byte order mark.
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// The role and the name in a path; `None`: no SQL file at all.
pub(crate) fn read_path(path: &str) -> Result<Option<(Role, String)>, Diagnostic> {
    let wrong = |why: &str| {
        Diagnostic::error(
            "D0701",
            format!("`{}` is no name of a migration: {why}", path.escape_debug()),
        )
        .help("name it VERSION_name.sql (VERSION in digits), R__name.sql, or down/VERSION_name.sql")
    };
    let Some(stem) = path.strip_suffix(ENDING) else {
        return Ok(None);
    };
    if path.chars().any(char::is_control) {
        return Err(wrong("it holds a control character"));
    }
    let (down, stem) = match stem.strip_prefix(DOWN) {
        Some(rest) => (true, rest),
        None => (false, stem),
    };
    if stem.contains(['/', '\\']) {
        return Err(wrong("only `down/` is read besides the folder itself"));
    }
    if let Some(name) = stem.strip_prefix(REPEATABLE) {
        return match (down, name.is_empty()) {
            (true, _) => Err(wrong("a repeatable migration has no way back")),
            (_, true) => Err(wrong("the name is missing")),
            _ => Ok(Some((Role::Repeatable, name.to_string()))),
        };
    }
    let digits = stem.bytes().take_while(u8::is_ascii_digit).count();
    let (version, rest) = stem.split_at(digits);
    let Ok(version) = version.parse::<u64>() else {
        return Err(wrong(if digits == 0 {
            "it starts with no version"
        } else {
            "the version is too long"
        }));
    };
    match rest.strip_prefix('_') {
        Some(name) if !name.is_empty() => {
            let role = if down {
                Role::Down(version)
            } else {
                Role::Up(version)
            };
            Ok(Some((role, name.to_string())))
        }
        _ => Err(wrong("a `_` and a name follow the version")),
    }
}
