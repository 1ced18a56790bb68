//! Publications and subscriptions.

use crate::grammar::{Read, Reader, bracketed, list, name, value};
use driftless_model::{Definition, Kind, Name, ObjectId, Piece, Value};
use driftless_sql::Cursor;

/// From behind the name.
pub(super) fn publication(r: &mut Reader, out: &mut Definition) -> Read<()> {
    if r.eat("for") {
        if r.eat_seq(&["all", "tables"]) {
            out.set(Piece::new("all", vec![Value::Word("true".into())]));
        } else {
            objects(r)?.into_iter().for_each(|piece| out.set(piece));
        }
    }
    if r.eat("with") {
        parameters(r)?.into_iter().for_each(|piece| out.set(piece));
    }
    Ok(())
}

/// `TABLE a (b) WHERE (c), d, TABLES IN SCHEMA e, f`
pub(super) fn objects(c: &mut Cursor) -> Read<Vec<Piece>> {
    let mut schemas = false;
    let mut begun = false;
    list(c, |c| {
        if c.eat_seq(&["tables", "in", "schema"]) || c.eat_seq(&["all", "tables", "in", "schema"]) {
            schemas = true;
        } else if c.eat("table") {
            schemas = false;
        } else if !begun {
            return Err(c.unexpected("`TABLE` or `TABLES IN SCHEMA`"));
        }
        begun = true;
        match schemas {
            true => schema(c),
            false => table(c),
        }
    })
}

fn schema(c: &mut Cursor) -> Read<Piece> {
    let name: Name = name::single(c, "a schema")?;
    let id = ObjectId::new(Kind::Schema, Name::default(), name);
    Ok(Piece::new("schema", vec![Value::Object(id.clone())]).named(id.name.as_str()))
}

fn table(c: &mut Cursor) -> Read<Piece> {
    let only = c.eat("only");
    let (id, _) = name::object(c, Kind::Table, "a table")?;
    if !only {
        c.eat_symbol("*");
    }
    let named = crate::print::qualified(&id);
    let mut values = vec![Value::Object(id)];
    if c.at_symbol("(") {
        let mut group = c.group_cursor()?;
        let columns = list(&mut group, |c| name::single(c, "a column"))?;
        group.finish()?;
        values.extend(columns.iter().map(|n| Value::Name(n.as_str().to_owned())));
    }
    if c.eat("where") {
        values.push(Value::Sql(bracketed(c)?));
    }
    Ok(Piece::new("table", values).named(named))
}

/// `(publish = 'insert', …)`
pub(super) fn parameters(c: &mut Cursor) -> Read<Vec<Piece>> {
    let mut group = c.group_cursor()?;
    let out = list(&mut group, |c| {
        let key = c.ident("a parameter")?.text.to_ascii_lowercase();
        let said = match c.eat_symbol("=") {
            true => value(c, "a value")?,
            false => "true".to_owned(),
        };
        let word = match said.to_ascii_lowercase().as_str() {
            on @ ("true" | "false") => Value::Word(on.to_owned()),
            "on" => Value::Word("true".to_owned()),
            "off" => Value::Word("false".to_owned()),
            _ => Value::Text(said),
        };
        Ok(Piece::new("with", vec![word]).named(key))
    })?;
    group.finish()?;
    Ok(out)
}

/// From behind the name.
pub(super) fn subscription(r: &mut Reader, out: &mut Definition) -> Read<()> {
    r.expect("connection")?;
    out.set(connection(r)?);
    r.expect("publication")?;
    publications(r)?
        .into_iter()
        .for_each(|piece| out.set(piece));
    if r.eat("with") {
        parameters(r)?.into_iter().for_each(|piece| out.set(piece));
    }
    Ok(())
}

/// The connection without its password, which is no part of a schema and is named.
pub(super) fn connection(r: &mut Reader) -> Read<Piece> {
    let span = r.here();
    let written = r.string("a connection in quotes")?;
    let text = without_password(&written);
    if text != written {
        r.unmodelled("secret of a subscription", "password", None, span);
    }
    Ok(Piece::new("connection", vec![Value::Text(text)]))
}

/// `host=a password=b` and `postgres://user:password@a` without it (manual, 34.1.1).
fn without_password(connection: &str) -> String {
    if let Some((scheme, rest)) = connection.split_once("://") {
        let query = |rest: &str| match rest.split_once('?') {
            Some((place, query)) => {
                let kept = query.split('&').filter(|p| !p.starts_with("password="));
                let kept: Vec<&str> = kept.collect();
                match kept.is_empty() {
                    true => place.to_owned(),
                    false => format!("{place}?{}", kept.join("&")),
                }
            }
            None => rest.to_owned(),
        };
        return match rest.split_once('@') {
            Some((who, place)) => {
                let user = who.split(':').next().unwrap_or_default();
                format!("{scheme}://{user}@{}", query(place))
            }
            None => format!("{scheme}://{}", query(rest)),
        };
    }
    // Values in quotes may hold blanks, and blanks may stand around `=`.
    let (mut parts, mut quoted) = (vec![String::new()], false);
    for c in connection.chars() {
        match c {
            '\'' => quoted = !quoted,
            '=' if !quoted => {
                while parts.len() > 1 && parts.last().is_some_and(String::is_empty) {
                    parts.pop();
                }
            }
            c if c.is_whitespace() && !quoted => {
                if !parts.last().is_some_and(|p| p.ends_with('=')) {
                    parts.push(String::new());
                }
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    let is_password = |part: &String| {
        let key = part.split('=').next().unwrap_or_default();
        key.trim().eq_ignore_ascii_case("password")
    };
    match parts.iter().any(is_password) {
        true => {
            parts.retain(|p| !p.is_empty() && !is_password(p));
            parts.join(" ")
        }
        false => connection.to_owned(),
    }
}

pub(super) fn publications(c: &mut Cursor) -> Read<Vec<Piece>> {
    list(c, |c| {
        let name = name::single(c, "a publication")?;
        Ok(Piece::new("publication", Vec::new()).named(name.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn a_connection_loses_its_password() {
        for (written, kept) in [
            ("host=a user=b", "host=a user=b"),
            ("host=a password=x user=b", "host=a user=b"),
            ("host=a password='x y' dbname=c", "host=a dbname=c"),
            ("host = a password = x", "host=a"),
            (
                "postgres://u:p@h:5432/d?sslmode=require&password=q",
                "postgres://u@h:5432/d?sslmode=require",
            ),
            ("postgres://h/d", "postgres://h/d"),
        ] {
            assert_eq!(without_password(written), kept);
        }
    }
}
