//! Statements over one connection, by the text protocol: several in one text give one answer each.
//!
//! Neighbours: `url` says where, `fault` words errors. Invariant: what nobody waits for any more is killed at the
//! server (`KILL QUERY`).

use async_trait::async_trait;
use driftless_runtime::{Canceller, ConnectOptions, Connection, DbError, DbErrorKind, Rows};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, Row, SslOpts, Value};

use crate::fault;
use crate::url::{Settings, SslMode};

pub struct Session {
    place: String,
    server: String,
    conn: Option<Conn>,
    canceller: Killer,
    lock: Option<String>,
}

/// Cancels by another connection.
#[derive(Clone)]
struct Killer {
    opts: Opts,
    id: u32,
}

#[async_trait]
impl Canceller for Killer {
    async fn cancel(&self) -> Result<(), DbError> {
        let mut other = Conn::new(self.opts.clone())
            .await
            .map_err(|e| fault::told(&e))?;
        let killed = other.query_drop(format!("KILL QUERY {}", self.id)).await;
        let _ = other.disconnect().await;
        killed.map_err(|e| fault::told(&e))
    }
}

/// Kills a statement whose future is dropped.
struct Guard {
    killer: Option<Killer>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let (Some(killer), Ok(runtime)) =
            (self.killer.take(), tokio::runtime::Handle::try_current())
        {
            runtime.spawn(async move {
                // Whoever dropped the statement no longer asks how it went.
                let _ = killer.cancel().await;
            });
        }
    }
}

fn options(settings: &Settings, tls: bool) -> Opts {
    let mut builder = OptsBuilder::default()
        .user(Some(settings.user.clone()))
        .pass(settings.password.as_ref().map(|p| p.reveal().to_owned()))
        .db_name(settings.database.clone())
        .ip_or_hostname(settings.host.clone())
        .tcp_port(settings.port)
        .socket(settings.socket.clone())
        // A socket that the server offers is not what the URL says.
        .prefer_socket(false)
        .stmt_cache_size(0);
    if tls {
        let mut ssl = SslOpts::default();
        if let Some(ca) = &settings.ssl_ca {
            ssl = ssl.with_root_certs(vec![ca.clone().into()]);
        }
        ssl = match settings.ssl_mode {
            SslMode::VerifyIdentity => ssl,
            SslMode::VerifyCa => ssl.with_danger_skip_domain_validation(true),
            _ => ssl
                .with_danger_accept_invalid_certs(true)
                .with_danger_skip_domain_validation(true),
        };
        builder = builder.ssl_opts(ssl);
    }
    builder.into()
}

async fn connect(
    settings: &Settings,
    wish: &ConnectOptions,
    tls: bool,
) -> Result<(Conn, Opts), DbError> {
    let place = settings.place();
    let opts = options(settings, tls);
    let connecting = Conn::new(opts.clone());
    match tokio::time::timeout(wish.connect_timeout, connecting).await {
        Ok(Ok(conn)) => Ok((conn, opts)),
        Ok(Err(error)) => Err(fault::connecting(&error, &place)),
        Err(_) => Err(DbError::new(
            DbErrorKind::Timeout,
            format!(
                "cannot connect to {place}: no answer within {} s",
                wish.connect_timeout.as_secs_f64()
            ),
        )),
    }
}

/// The server's SQL mode without what would make other SQL of a text (manual, Server SQL Modes): quotes, backslashes, `||`,
/// another engine's words.
fn plain_mode(mode: &str) -> String {
    const OTHER: [&str; 16] = [
        "ANSI",
        "ANSI_QUOTES",
        "DB2",
        "EMPTY_STRING_IS_NULL",
        "HIGH_NOT_PRECEDENCE",
        "IGNORE_SPACE",
        "MAXDB",
        "MSSQL",
        "NO_BACKSLASH_ESCAPES",
        "NO_FIELD_OPTIONS",
        "NO_KEY_OPTIONS",
        "NO_TABLE_OPTIONS",
        "ORACLE",
        "PIPES_AS_CONCAT",
        "POSTGRESQL",
        "REAL_AS_FLOAT",
    ];
    let plain = |word: &&str| {
        let known = word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
        known && !OTHER.contains(word)
    };
    mode.split(',').filter(plain).collect::<Vec<_>>().join(",")
}

/// Opens a session as the settings and the wish say.
pub async fn open(settings: &Settings, wish: &ConnectOptions) -> Result<Session, DbError> {
    if settings.database.is_none() {
        return Err(DbError::new(DbErrorKind::Url, "the URL names no database")
            .help("write it like mysql://user@host:3306/database"));
    }
    if let Some(schema) = &wish.schema {
        return Err(DbError::new(
            DbErrorKind::Url,
            format!("a schema is one database here, so `{schema}` cannot stand for it"),
        )
        .help("name the database in the URL"));
    }
    let (conn, opts) = match settings.ssl_mode {
        SslMode::Disabled => connect(settings, wish, false).await?,
        // A socket is not encrypted by anybody.
        _ if settings.socket.is_some() => connect(settings, wish, false).await?,
        SslMode::Preferred => match connect(settings, wish, true).await {
            Err(error) if error.kind == DbErrorKind::Tls => connect(settings, wish, false).await?,
            other => other?,
        },
        _ => connect(settings, wish, true).await?,
    };
    let canceller = Killer {
        id: conn.id(),
        opts,
    };
    let mut session = Session {
        place: settings.place(),
        server: String::new(),
        conn: Some(conn),
        canceller,
        lock: None,
    };
    let rows = session.batch("SELECT VERSION(), @@sql_mode").await?;
    let first = rows.first().and_then(Rows::first);
    let version = first.and_then(|r| r.get(0));
    session.server = version.unwrap_or("unknown").to_owned();
    let mode = plain_mode(first.and_then(|r| r.get(1)).unwrap_or_default());
    let mut setup = format!(
        "SET NAMES utf8mb4; SET SESSION sql_mode = '{mode}'; SET SESSION sql_quote_show_create = 1"
    );
    if let Some(limit) = wish.lock_timeout {
        setup.push_str(&format!(
            "; SET lock_wait_timeout = {}",
            limit.as_secs().max(1)
        ));
    }
    if let Some(role) = &wish.role {
        setup.push_str(&format!("; SET ROLE `{}`", role.replace('`', "``")));
    }
    if wish.read_only {
        // One state for all that is read, and nothing that is written.
        setup.push_str("; SET SESSION TRANSACTION READ ONLY");
    }
    session.batch(&setup).await?;
    if !session.server.to_ascii_lowercase().contains("mariadb") {
        // A primary key that the server invented is no part of the schema; older servers have no such setting.
        let _ = session
            .batch("SET SESSION show_gipk_in_create_table_and_information_schema = OFF")
            .await;
    }
    Ok(session)
}

impl Session {
    fn conn(&mut self) -> Result<&mut Conn, DbError> {
        self.conn
            .as_mut()
            .ok_or_else(|| DbError::new(DbErrorKind::Lost, "the connection is gone"))
    }
}

fn text(value: &Value) -> Result<Option<String>, DbError> {
    Ok(match value {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            // Bytes that are no text are shown as the server's own literals.
            Err(_) => bytes.iter().fold(String::from("0x"), |mut out, b| {
                out.push_str(&format!("{b:02x}"));
                out
            }),
        }),
        other => Some(other.as_sql(true).trim_matches('\'').to_owned()),
    })
}

#[async_trait]
impl Connection for Session {
    async fn batch(&mut self, sql: &str) -> Result<Vec<Rows>, DbError> {
        let mut guard = Guard {
            killer: Some(self.canceller.clone()),
        };
        let outcome = run(self.conn()?, sql).await;
        guard.killer = None;
        outcome
    }

    async fn execute(&mut self, sql: &str, values: &[Option<&str>]) -> Result<Rows, DbError> {
        let (sql, order) = positional(sql);
        let params: Vec<Value> = order
            .iter()
            .map(|n| match values.get(*n).copied().flatten() {
                Some(value) => Value::Bytes(value.as_bytes().to_vec()),
                None => Value::NULL,
            })
            .collect();
        let mut guard = Guard {
            killer: Some(self.canceller.clone()),
        };
        let conn = self.conn()?;
        let outcome = async {
            let mut result = conn
                .exec_iter(sql, params)
                .await
                .map_err(|e| fault::told(&e))?;
            let names: Vec<String> = result
                .columns_ref()
                .iter()
                .map(|c| c.name_str().into_owned())
                .collect();
            let rows: Vec<Row> = result.collect().await.map_err(|e| fault::told(&e))?;
            result.drop_result().await.map_err(|e| fault::told(&e))?;
            gathered(names, &rows)
        }
        .await;
        guard.killer = None;
        outcome
    }

    async fn try_lock(&mut self, key: &str) -> Result<bool, DbError> {
        let name = lock_name(key);
        let rows = self
            .execute("SELECT GET_LOCK($1, 0)", &[Some(&name)])
            .await?;
        let got = rows.first().and_then(|r| r.get(0)) == Some("1");
        if got {
            self.lock = Some(name);
        }
        Ok(got)
    }

    async fn unlock(&mut self, key: &str) -> Result<(), DbError> {
        let name = lock_name(key);
        if self.lock.as_deref() == Some(name.as_str()) {
            self.lock = None;
            self.execute("SELECT RELEASE_LOCK($1)", &[Some(&name)])
                .await?;
        }
        Ok(())
    }

    async fn lock_holder(&mut self, key: &str) -> Result<Option<String>, DbError> {
        let name = lock_name(key);
        let sql = "SELECT CONCAT(user, ' from ', host, ', connection ', id) \
                   FROM information_schema.processlist WHERE id = IS_USED_LOCK($1)";
        let rows = self.execute(sql, &[Some(&name)]).await?;
        Ok(rows.first().and_then(|r| r.get(0)).map(str::to_owned))
    }

    async fn user(&mut self) -> Result<Option<String>, DbError> {
        let rows = self.batch("SELECT CURRENT_USER()").await?;
        let first = rows.first().and_then(Rows::first);
        Ok(first.and_then(|r| r.get(0)).map(str::to_owned))
    }

    fn place(&self) -> &str {
        &self.place
    }

    fn server(&self) -> &str {
        &self.server
    }

    fn canceller(&self) -> Option<Box<dyn Canceller>> {
        Some(Box::new(self.canceller.clone()))
    }

    async fn close(mut self: Box<Self>) {
        if let Some(conn) = self.conn.take() {
            // It is the end in any case.
            let _ = conn.disconnect().await;
        }
    }
}

/// Every answer of a text, in order.
async fn run(conn: &mut Conn, sql: &str) -> Result<Vec<Rows>, DbError> {
    let mut result = conn.query_iter(sql).await.map_err(|e| fault::told(&e))?;
    let mut out = Vec::new();
    while !result.is_empty() || !result.columns_ref().is_empty() {
        let names: Vec<String> = result
            .columns_ref()
            .iter()
            .map(|c| c.name_str().into_owned())
            .collect();
        let returns = !names.is_empty();
        let rows: Vec<Row> = result.collect().await.map_err(|e| fault::told(&e))?;
        if returns {
            out.push(gathered(names, &rows)?);
        }
        if result.is_empty() && result.columns_ref().is_empty() {
            break;
        }
    }
    result.drop_result().await.map_err(|e| fault::told(&e))?;
    Ok(out)
}

fn gathered(names: Vec<String>, rows: &[Row]) -> Result<Rows, DbError> {
    let width = names.len();
    let mut out = Rows::new(names);
    for row in rows {
        let mut cells = Vec::with_capacity(width);
        for at in 0..width {
            cells.push(match row.as_ref(at) {
                Some(value) => text(value)?,
                None => None,
            });
        }
        out.push(cells.iter().map(Option::as_deref));
    }
    Ok(out)
}

/// `$1` → `?`: the statement, and which value each mark is. Marks in strings and names are text.
fn positional(sql: &str) -> (String, Vec<usize>) {
    let mut out = String::with_capacity(sql.len());
    let mut order = Vec::new();
    let mut quote: Option<char> = None;
    let mut chars = sql.chars().peekable();
    while let Some(c) = chars.next() {
        match quote {
            Some(q) => {
                if c == q {
                    quote = None;
                }
                out.push(c);
            }
            None if matches!(c, '\'' | '"' | '`') => {
                quote = Some(c);
                out.push(c);
            }
            None if c == '$' && chars.peek().is_some_and(char::is_ascii_digit) => {
                let mut number = 0usize;
                while let Some(d) = chars.peek().and_then(|d| d.to_digit(10)) {
                    number = number.saturating_mul(10).saturating_add(d as usize);
                    chars.next();
                }
                order.push(number.saturating_sub(1));
                out.push('?');
            }
            None => out.push(c),
        }
    }
    (out, order)
}

/// Names of locks are at most 64 characters long (manual, Locking Functions).
fn lock_name(key: &str) -> String {
    let plain: String = key.chars().take(64).collect();
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_that_changes_texts_is_left_out() {
        for (mode, plain) in [
            ("", ""),
            ("STRICT_TRANS_TABLES,ANSI_QUOTES", "STRICT_TRANS_TABLES"),
            ("PIPES_AS_CONCAT,ORACLE,NO_ZERO_DATE", "NO_ZERO_DATE"),
            ("it's", ""),
        ] {
            assert_eq!(super::plain_mode(mode), plain);
        }
    }

    #[test]
    fn marks_become_positions() {
        assert_eq!(
            positional("SELECT '$1', $2, `a$1`, $1"),
            ("SELECT '$1', ?, `a$1`, ?".to_owned(), vec![1, 0])
        );
    }
}
