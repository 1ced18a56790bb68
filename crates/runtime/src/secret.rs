//! Credentials: values that never show themselves, and their removal from text that others wrote.
//!
//! Neighbours: `state` and drivers make secrets of what they read; `cli` redacts everything it prints.
//! Invariant: no `Debug` or `Display` of a [`Secret`] holds its value; only [`Secret::reveal`] gives it out.

use std::ops::Range;

/// What stands where a secret stood.
const MASK: &str = "***";

/// Query options of database URLs that hold credentials.
const SECRET_OPTIONS: [&str; 4] = ["password", "passwd", "sslpassword", "sslkey_password"];

/// A value that must not be shown.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Secret(value.into())
    }
    /// The value itself, for the one who connects with it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(MASK)
    }
}

impl std::fmt::Display for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(MASK)
    }
}

/// `text` without any of the secrets. An empty one is no secret. Longer ones go first, lest a part be left over.
pub fn redact_text(text: &str, secrets: &[Secret]) -> String {
    let mut by_length: Vec<&str> = secrets
        .iter()
        .map(Secret::reveal)
        .filter(|value| !value.is_empty())
        .collect();
    by_length.sort_by_key(|value| std::cmp::Reverse(value.len()));
    by_length
        .into_iter()
        .fold(text.to_string(), |text, value| text.replace(value, MASK))
}

/// A URL as it may be shown: `postgres://app:***@db/shop?password=***`.
pub fn redact_url(url: &str) -> String {
    let mut out = String::new();
    let mut at = 0;
    for range in secret_ranges(url) {
        out.push_str(&url[at..range.start]);
        out.push_str(MASK);
        at = range.end;
    }
    out.push_str(&url[at..]);
    out
}

/// The credentials in a URL, as written and with `%XX` decoded. One that the rest of the URL shows anyway (a password
/// that is the user's name) is left out: hiding that word everywhere would garble messages and protect nothing.
pub fn url_secrets(url: &str) -> Vec<Secret> {
    let shown = redact_url(url);
    let mut out: Vec<Secret> = Vec::new();
    for range in secret_ranges(url) {
        let written = &url[range];
        for value in [written.to_string(), percent_decoded(written)] {
            let secret = Secret::new(value);
            if !shown.contains(secret.reveal()) && !out.contains(&secret) {
                out.push(secret);
            }
        }
    }
    out
}

/// A text in which the credentials of all URLs are stars, at unchanged offsets, and these credentials.
pub fn mask_urls(text: &str) -> (String, Vec<Secret>) {
    let mut masked = String::with_capacity(text.len());
    let mut secrets = Vec::new();
    let apart = |c: char| c.is_whitespace() || matches!(c, '"' | '\'');
    for word in text.split_inclusive(apart) {
        let url = word.trim_end_matches(apart);
        secrets.extend(
            url_secrets(url)
                .into_iter()
                .filter(|secret| !secret.reveal().starts_with("${")),
        );
        let mut at = 0;
        for range in secret_ranges(url) {
            // The name of a variable is no secret, and a message about it needs it.
            if url[range.clone()].starts_with("${") {
                continue;
            }
            masked.push_str(&word[at..range.start]);
            masked.push_str(&"*".repeat(range.len()));
            at = range.end;
        }
        masked.push_str(&word[at..]);
    }
    (masked, secrets)
}

/// Where credentials stand in a URL. Passwords with unescaped `/`, `?` or `@` are common mistakes, so where it is
/// unclear how far one goes, the range is too wide rather than too narrow.
fn secret_ranges(url: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let Some(start) = url.find("://").map(|i| i + 3) else {
        return out;
    };
    let rest = &url[start..];
    let query = rest.find('?').unwrap_or(rest.len());
    let at = rest[..query].rfind('@').or_else(|| {
        let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
        let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
        let plain = authority.starts_with('[') || port.bytes().all(|b| b.is_ascii_digit());
        if plain { None } else { rest.rfind('@') }
    });
    if let Some(at) = at
        && let Some(colon) = rest[..at].find(':')
        && colon + 1 < at
    {
        out.push(start + colon + 1..start + at);
    }
    let from = at.map_or(query, |at| {
        rest[at..].find('?').map_or(rest.len(), |i| at + i)
    });
    let mut option = from + 1;
    while option < rest.len() {
        let end = rest[option..].find('&').map_or(rest.len(), |i| option + i);
        if let Some((key, value)) = rest[option..end].split_once('=')
            && SECRET_OPTIONS.contains(&key.to_ascii_lowercase().as_str())
            && !value.is_empty()
        {
            out.push(start + option + key.len() + 1..start + end);
        }
        option = end + 1;
    }
    out
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let decoded = (bytes[i] == b'%')
            .then(|| text.get(i + 1..i + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(decoded.unwrap_or(bytes[i]));
        i += if decoded.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_shown_without_passwords() {
        for (url, shown) in [
            ("postgres://db/shop", "postgres://db/shop"),
            ("postgres://app@db:5432/shop", "postgres://app@db:5432/shop"),
            ("postgres://app:pw@db/shop", "postgres://app:***@db/shop"),
            (
                "postgres://app:p%40w@db/shop?a=b",
                "postgres://app:***@db/shop?a=b",
            ),
            ("postgres://app:a/b@c@db/shop", "postgres://app:***@db/shop"),
            ("postgres://app:a?b@db/shop", "postgres://app:***@db/shop"),
            (
                "postgres://db:5432/shop?user=a@b",
                "postgres://db:5432/shop?user=a@b",
            ),
            (
                "postgres://[::1]/shop?user=a@b",
                "postgres://[::1]/shop?user=a@b",
            ),
            (
                "postgres:///shop?host=/run&password=pw&x=1",
                "postgres:///shop?host=/run&password=***&x=1",
            ),
            ("postgres://app:@db/shop", "postgres://app:@db/shop"),
            ("sqlite:shop.db", "sqlite:shop.db"),
        ] {
            assert_eq!(redact_url(url), shown);
        }
    }

    #[test]
    fn secrets_leave_no_trace() {
        let secrets = url_secrets("postgres://app:p%40ss@db/shop");
        assert_eq!(secrets, [Secret::new("p%40ss"), Secret::new("p@ss")]);
        assert_eq!(format!("{secrets:?} {}", secrets[0]), "[***, ***] ***");
        let text = "could not log in with p@ss (p%40ss)";
        assert_eq!(
            redact_text(text, &secrets),
            "could not log in with *** (***)"
        );
        assert_eq!(url_secrets("postgres://postgres:postgres@h/d"), []);
        let (masked, secrets) = mask_urls("a: \"pg://u:hunter2@h/d\" # hunter2\nb: pg://u:x@h");
        assert_eq!(masked, "a: \"pg://u:*******@h/d\" # hunter2\nb: pg://u:*@h");
        assert_eq!(secrets, [Secret::new("hunter2"), Secret::new("x")]);
        let variable = "pg://u:${PW}@h";
        assert_eq!(mask_urls(variable), (variable.to_string(), Vec::new()));
        let nested = [Secret::new("ab"), Secret::new("abcd"), Secret::new("")];
        assert_eq!(redact_text("abcd ab", &nested), "*** ***");
    }
}
