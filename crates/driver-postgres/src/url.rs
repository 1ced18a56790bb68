//! PostgreSQL URLs: reading them as libpq does, and showing them without their passwords.
//!
//! Neighbours: `settings` gives the pairs a meaning. Invariant: `redact` hides at least what `parse` takes for a
//! password, also where the URL cannot be parsed.

use driftless_runtime::{DbError, DbErrorKind};
use percent_encoding::percent_decode_str;

/// The settings a URL names, as libpq's keyword and value; a later pair wins.
pub fn parse(url: &str) -> Result<Vec<(String, String)>, DbError> {
    let rest = strip_scheme(url).ok_or_else(|| {
        wrong("this is no PostgreSQL URL").help("write postgres://user@host:5432/database")
    })?;
    let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = before.split_once('/').unwrap_or((before, ""));
    let mut pairs = Vec::new();
    let hosts = match authority.rsplit_once('@') {
        Some((user, hosts)) => {
            user_and_password(user, &mut pairs)?;
            hosts
        }
        // `ann:1/secret@h`: a password that was cut at its slash must not become the name of a database.
        None if path.contains('@') => {
            return Err(wrong("the URL has an `@` behind a `/`")
                .help("write a / in a user or password as %2F, an @ in a database name as %40"));
        }
        None => authority,
    };
    hosts_and_ports(hosts, &mut pairs)?;
    if !path.is_empty() {
        pairs.push(("dbname".to_owned(), decoded(path, "database name")?));
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or_else(|| {
            wrong("a parameter of the URL has no `=`").help("write ?name=value&name=value")
        })?;
        let key = decoded(key, "parameter name")?;
        let value = decoded(value, "parameter value")?;
        match (key.as_str(), value.as_str()) {
            // JDBC's spelling, which libpq takes as well.
            ("ssl", "true") => pairs.push(("sslmode".to_owned(), "require".to_owned())),
            _ => pairs.push((key, value)),
        }
    }
    Ok(pairs)
}

fn user_and_password(text: &str, pairs: &mut Vec<(String, String)>) -> Result<(), DbError> {
    let (user, password) = match text.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (text, None),
    };
    if !user.is_empty() {
        pairs.push(("user".to_owned(), decoded(user, "user")?));
    }
    if let Some(password) = password.filter(|password| !password.is_empty()) {
        pairs.push(("password".to_owned(), decoded(password, "password")?));
    }
    Ok(())
}

fn hosts_and_ports(text: &str, pairs: &mut Vec<(String, String)>) -> Result<(), DbError> {
    if text.is_empty() {
        return Ok(());
    }
    let mut hosts = Vec::new();
    let mut ports = Vec::new();
    for part in text.split(',') {
        let (host, port) = host_and_port(part)?;
        hosts.push(decoded(host, "host")?);
        ports.push(decoded(port, "port")?);
    }
    if hosts.iter().any(|host| !host.is_empty()) {
        pairs.push(("host".to_owned(), hosts.join(",")));
    }
    if ports.iter().any(|port| !port.is_empty()) {
        pairs.push(("port".to_owned(), ports.join(",")));
    }
    Ok(())
}

fn host_and_port(part: &str) -> Result<(&str, &str), DbError> {
    let Some(bracketed) = part.strip_prefix('[') else {
        return Ok(part.split_once(':').unwrap_or((part, "")));
    };
    let (host, after) = bracketed
        .split_once(']')
        .ok_or_else(|| wrong("an IPv6 address in the URL has no closing `]`"))?;
    match after.strip_prefix(':') {
        Some(port) => Ok((host, port)),
        None if after.is_empty() => Ok((host, "")),
        None => Err(wrong(
            "after the `]` of an IPv6 address comes `:port` or `/`",
        )),
    }
}

/// The part of a URL is named, never shown: it may be a password, or hold one by mistake.
fn decoded(text: &str, what: &str) -> Result<String, DbError> {
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let digits = rest.get(at + 1..at + 3);
        if !digits.is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit())) {
            return Err(wrong(format!(
                "the {what} in the URL has a `%` that encodes nothing"
            ))
            .help("write a literal % as %25, @ as %40, / as %2F, : as %3A"));
        }
        rest = rest.get(at + 3..).unwrap_or("");
    }
    let text = percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| wrong(format!("the {what} in the URL does not decode to UTF-8")))?;
    if text.contains('\0') {
        return Err(wrong(format!("the {what} in the URL contains a zero byte")));
    }
    Ok(text.into_owned())
}

fn strip_scheme(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let known = ["postgres", "postgresql"];
    known
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known))
        .then_some(rest)
}

fn wrong(message: impl Into<String>) -> DbError {
    DbError::new(DbErrorKind::Url, message)
}

const HIDDEN: &str = "***";

/// The URL with `***` for every password.
pub fn redact(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    // A password with a bare `/` or `?` cuts the URL short where nobody meant it: everything up to the `@` that
    // comes last is taken for user and password, unless that `@` can only be part of a parameter.
    let end = rest
        .match_indices('@')
        .map(|(at, _)| at)
        .filter(|at| !within_parameter(rest, *at))
        .max();
    let (user, rest) = match end {
        Some(end) => (
            Some(rest.get(..end).unwrap_or("")),
            rest.get(end + 1..).unwrap_or(""),
        ),
        None => (None, rest),
    };
    let user = match user.map(|user| (user, user.split_once(':'))) {
        Some((_, Some((user, _)))) => format!("{user}:{HIDDEN}@"),
        Some((user, None)) => format!("{user}@"),
        None => String::new(),
    };
    let (before, query) = match rest.split_once('?') {
        Some((before, query)) => (before, Some(query)),
        None => (rest, None),
    };
    let query = match query {
        Some(query) => {
            let shown: Vec<String> = query.split('&').map(redact_parameter).collect();
            format!("?{}", shown.join("&"))
        }
        None => String::new(),
    };
    format!("{scheme}{user}{before}{query}")
}

/// Whether the `@` belongs to the value of a parameter: after the `?`, behind a `name=`.
fn within_parameter(rest: &str, at: usize) -> bool {
    let Some(query) = rest.find('?').filter(|query| *query < at) else {
        return false;
    };
    if !may_be_hosts(rest.get(..query).unwrap_or("")) {
        return false;
    }
    let before = rest.get(query + 1..at).unwrap_or("");
    let parameter = before.rsplit('&').next().unwrap_or("");
    parameter
        .split_once('=')
        .is_some_and(|(key, _)| key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
}

/// `ann:sec` before a `?` is no host and port, but a user and the beginning of a password.
fn may_be_hosts(before: &str) -> bool {
    let authority = before.split('/').next().unwrap_or("");
    let hosts = authority.rsplit('@').next().unwrap_or("");
    hosts.split(',').all(|part| {
        host_and_port(part).is_ok_and(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
    })
}

fn redact_parameter(pair: &str) -> String {
    match pair.split_once('=') {
        Some((key, value)) => {
            let plain = percent_decode_str(key).decode_utf8_lossy().to_lowercase();
            let secret = ["password", "secret", "scram"]
                .iter()
                .any(|word| plain.contains(word));
            match secret && !value.is_empty() {
                true => format!("{key}={HIDDEN}"),
                false => pair.to_owned(),
            }
        }
        None => pair.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(url: &str) -> String {
        let pairs = parse(url).unwrap();
        let shown: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
        shown.join(" ")
    }

    #[test]
    fn urls() {
        for (url, expected) in [
            ("postgres://", ""),
            ("postgresql:///shop", "dbname=shop"),
            ("postgres://db.example", "host=db.example"),
            (
                "postgres://ann:s3cret@db:5433/shop",
                "user=ann password=s3cret host=db port=5433 dbname=shop",
            ),
            (
                "postgres://ann:p%40s%25s%2Fw@db/shop",
                "user=ann password=p@s%s/w host=db dbname=shop",
            ),
            ("postgres://ann:p@ss@db", "user=ann password=p@ss host=db"),
            ("postgres://ann:a:b@db", "user=ann password=a:b host=db"),
            ("postgres://ann@/shop", "user=ann dbname=shop"),
            ("postgres://[::1]:5433/x", "host=::1 port=5433 dbname=x"),
            ("postgres://[2001:db8::1]", "host=2001:db8::1"),
            (
                "postgres://a:1,b,[::1]:3/x",
                "host=a,b,::1 port=1,,3 dbname=x",
            ),
            (
                "postgres://%2Fvar%2Frun%2Fpostgresql/x",
                "host=/var/run/postgresql dbname=x",
            ),
            (
                "postgres:///x?host=/run/pg&port=5433",
                "dbname=x host=/run/pg port=5433",
            ),
            (
                "postgres://h/x?sslmode=require&options=-c%20a%3Db",
                "host=h dbname=x sslmode=require options=-c a=b",
            ),
            ("postgres://h?ssl=true", "host=h sslmode=require"),
            ("POSTGRES://h", "host=h"),
        ] {
            assert_eq!(pairs(url), expected, "{url}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_without_being_shown() {
        for url in [
            "postgres://ann:100%@db",
            "postgres://ann:s%zz@db",
            "postgres://ann:%ff@db",
            "postgres://ann:%00@db",
            "postgres://[::1",
            "postgres://[::1]x",
            "postgres://h?sslmode",
            "postgres://ann:1/secret@h",
            "mysql://ann:secret@db",
            "ann:secret@db",
        ] {
            let error = parse(url).unwrap_err();
            assert_eq!(error.kind, DbErrorKind::Url, "{url}");
            let told = format!("{error:?}");
            assert!(
                !told.contains("secret") && !told.contains("100%@"),
                "{told}"
            );
        }
    }

    #[test]
    fn passwords_are_hidden() {
        for (url, shown) in [
            ("postgres://h/x", "postgres://h/x"),
            ("postgres://ann@h/x", "postgres://ann@h/x"),
            ("postgres://ann:secret@h:1/x", "postgres://ann:***@h:1/x"),
            ("postgres://ann:secret@@h/x", "postgres://ann:***@h/x"),
            ("postgres://ann:sec%40ret@h", "postgres://ann:***@h"),
            ("postgres://ann:sec%ret@h", "postgres://ann:***@h"),
            ("postgres://ann:sec/ret@h/x", "postgres://ann:***@h/x"),
            ("postgres://ann:1/secret@h/x", "postgres://ann:***@h/x"),
            ("postgres://ann:sec?ret@h/x", "postgres://ann:***@h/x"),
            ("postgres://ann:sec#ret@h/x", "postgres://ann:***@h/x"),
            ("postgres://ann:sec?re=t@h/x", "postgres://ann:***@h/x"),
            (
                "postgres://h/x?user=a@b&password=secret@1&sslmode=require",
                "postgres://h/x?user=a@b&password=***&sslmode=require",
            ),
            (
                "postgres://h?sslpassword=secret&pass%77ord=secret&scram_client_key=secret",
                "postgres://h?sslpassword=***&pass%77ord=***&scram_client_key=***",
            ),
            (
                "postgres://a:secret@[::1]:5/x",
                "postgres://a:***@[::1]:5/x",
            ),
            (
                "postgres://a:secret@h1:1,h2/x",
                "postgres://a:***@h1:1,h2/x",
            ),
            ("ann:secret@h/x", "ann:***@h/x"),
        ] {
            assert_eq!(redact(url), shown, "{url}");
        }
    }
}
