//! Text from databases and files, made harmless for where it is shown.
//!
//! Invariant: nothing that a name or a comment holds moves a terminal's cursor, breaks a line or opens a markup.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// No control character, no break of line, nothing that turns the direction of text.
pub(crate) fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => {
                '\u{fffd}'
            }
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// How many cells of a terminal it takes.
pub(crate) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Filled up to a width; what is wider stays whole.
pub(crate) fn padded(text: &str, to: usize) -> String {
    format!("{text}{}", " ".repeat(to.saturating_sub(width(text))))
}

/// Cut to a width, `…` where something is gone.
pub(crate) fn cut(text: &str, to: usize) -> String {
    if width(text) <= to {
        return text.to_string();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > to {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

/// `1 loss`, `2 losses`
pub(crate) fn plural(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// `1 change`, `2 changes`
pub fn counted(n: usize, noun: &str) -> String {
    plural(n, noun, &format!("{noun}s"))
}

/// The first ones, comma between, and how many more there are.
pub(crate) fn listed(names: impl Iterator<Item = String>, shown: usize) -> String {
    let names: Vec<String> = names.collect();
    let more = names.len().saturating_sub(shown);
    let mut out = names
        .into_iter()
        .take(shown)
        .map(|n| one_line(&n))
        .collect::<Vec<_>>()
        .join(", ");
    if more > 0 {
        out.push_str(&format!(" and {more} more"));
    }
    out
}
