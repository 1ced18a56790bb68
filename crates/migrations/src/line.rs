//! Text that must stay on one line of a file, whatever a name or a reason holds.
//!
//! Invariant: what comes out starts no new line, moves no cursor and reads back as itself.

/// Control characters, line breaks and runs of spaces become one space; what turns the direction of text becomes `�`.
pub fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => {
                out.push('\u{fffd}');
            }
            c if c.is_control() || c.is_whitespace() => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c => out.push(c),
        }
    }
    out.trim().to_string()
}

/// The first ones with `glue` between, and how many more there are.
pub fn capped(items: Vec<String>, most: usize, glue: &str) -> String {
    let most = if items.len() == most + 1 {
        most + 1
    } else {
        most
    };
    let more = items.len().saturating_sub(most);
    let mut out = items.into_iter().take(most).collect::<Vec<_>>().join(glue);
    if more > 0 {
        out.push_str(&format!("{glue}and {more} more"));
    }
    out
}
