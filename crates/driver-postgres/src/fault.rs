//! What tokio-postgres reports, as the runtime's kinds of error.
//!
//! Neighbours: `connect` and `session` pass everything through here. Invariant: the server's own sentence, detail, hint
//! and SQLSTATE are kept.

use std::error::Error as _;
use std::io;

use driftless_runtime::{DbError, DbErrorKind};
use tokio_postgres::Error;
use tokio_postgres::error::{DbError as ServerError, ErrorPosition};

/// An error on the way to a session at `place`.
pub fn connecting(error: &Error, place: &str) -> DbError {
    if let Some(server) = error.as_db_error() {
        let fault = from_server(server, "");
        let kind = match server.code().code() {
            "28000" | "28P01" => DbErrorKind::Auth,
            "53300" | "57P03" | "57P01" | "57P02" => DbErrorKind::Refused,
            "42501" => DbErrorKind::Permission,
            _ => fault.kind,
        };
        return DbError {
            kind,
            message: format!("cannot connect to {place}: {}", server.message()),
            ..fault
        };
    }
    let cause = causes(error);
    if is_foreign(error) {
        return DbError::new(
            DbErrorKind::Refused,
            format!("cannot connect to {place}: what answers there is no PostgreSQL server"),
        );
    }
    let kind = kind_of(error);
    let fault = DbError::new(kind, format!("cannot connect to {place}: {cause}"));
    match kind {
        DbErrorKind::Tls if cause.contains("does not support TLS") => {
            fault.help("turn on ssl at the server, or write sslmode=prefer or sslmode=disable")
        }
        DbErrorKind::Tls if cause.contains("not valid for name") => fault
            .detail("only the names in the certificate's subjectAltName count, not its common name")
            .help("connect by a name that the certificate has, or use sslmode=verify-ca"),
        DbErrorKind::Tls => fault.help("check sslmode, sslrootcert, and the server's certificate"),
        DbErrorKind::Auth if cause.contains("password missing") => DbError {
            message: format!("cannot connect to {place}: the server asks for a password"),
            ..fault
        }
        .help("give it as PGPASSWORD, in ~/.pgpass, or in the URL"),
        _ => fault,
    }
}

/// What rustls says of a certificate in the format of 1988, which lacks the extensions that say what it is for.
pub const V1: &str = "UnsupportedCertVersion";
pub const V1_DETAIL: &str =
    "the certificate is X.509 version 1; it has to be issued again as version 3 (with extensions)";

/// An answer that cannot be read as the protocol's.
fn is_foreign(error: &Error) -> bool {
    let sentence = error.to_string();
    let invalid = error
        .source()
        .and_then(|e| e.downcast_ref::<io::Error>())
        .is_some_and(|e| e.kind() == io::ErrorKind::InvalidData);
    sentence.contains("parsing response")
        || sentence.contains("unexpected message")
        || (invalid && !sentence.contains("TLS"))
        || causes(error).contains("bytes remaining on stream")
}

/// An error of a batch; `sql` is its text.
pub fn statement(error: &Error, sql: &str) -> DbError {
    if let Some(server) = error.as_db_error() {
        return from_server(server, sql);
    }
    let cause = causes(error);
    if error.is_closed() {
        return DbError::new(DbErrorKind::Lost, "the connection to the server was lost");
    }
    if cause.contains("unexpected message") {
        return DbError::new(
            DbErrorKind::Statement,
            "the server answered with something other than rows",
        )
        .help("COPY … FROM STDIN and COPY … TO STDOUT cannot run here: use INSERT or a file");
    }
    let kind = match kind_of(error) {
        DbErrorKind::Refused | DbErrorKind::Dns | DbErrorKind::Timeout => DbErrorKind::Lost,
        DbErrorKind::Tls | DbErrorKind::Auth => DbErrorKind::Lost,
        kind => kind,
    };
    DbError::new(kind, cause)
}

fn from_server(server: &ServerError, sql: &str) -> DbError {
    let mut details: Vec<String> = server.detail().map(str::to_owned).into_iter().collect();
    let mut position = None;
    match server.position() {
        // The server counts characters from one.
        Some(ErrorPosition::Original(at)) => {
            let skipped = usize::try_from(*at).ok().and_then(|at| at.checked_sub(1));
            position = skipped.and_then(|n| sql.char_indices().nth(n).map(|(byte, _)| byte));
            let end = skipped.is_some_and(|n| n > 0 && n == sql.chars().count());
            if position.is_none() && end {
                position = Some(sql.len());
            }
        }
        Some(ErrorPosition::Internal { query, .. }) => details.push(format!("in: {query}")),
        None => {}
    }
    details.extend(server.where_().map(str::to_owned));
    DbError {
        kind: kind_of_state(server.code().code(), server.message()),
        message: server.message().to_owned(),
        detail: (!details.is_empty()).then(|| details.join("\n")),
        hint: server.hint().map(str::to_owned),
        sqlstate: Some(server.code().code().to_owned()),
        position,
        help: None,
    }
}

fn kind_of_state(state: &str, message: &str) -> DbErrorKind {
    use DbErrorKind::*;
    match state {
        // A library's file, or the control file of an extension.
        "58P01" => Lacking,
        "0A000" | "22023" if message.starts_with("extension ") => Lacking,
        "42704" if message.starts_with("role ") => Lacking,
        "42501" => Permission,
        "3D000" => NoDatabase,
        // A lock that was not to be had in time or at once, and a deadlock.
        "55P03" | "40P01" => Busy,
        // A database in use cannot be dropped or copied.
        "55006" => Busy,
        "25006" => ReadOnly,
        "57014" => Cancelled,
        "57P01" | "57P02" | "57P03" | "57P05" => Lost,
        "XX001" | "XX002" => Corrupt,
        state if state.starts_with("08") => Lost,
        state if state.starts_with("28") => Auth,
        state if state.starts_with("58") => Io,
        _ => Statement,
    }
}

/// tokio-postgres keeps its kinds to itself; its first sentence and the cause tell them apart.
fn kind_of(error: &Error) -> DbErrorKind {
    use io::ErrorKind as Io;
    let sentence = error.to_string();
    let cause = causes(error);
    if sentence.contains("TLS") {
        return DbErrorKind::Tls;
    }
    if sentence.contains("authentication") || cause.contains("password missing") {
        return DbErrorKind::Auth;
    }
    if error.is_closed() {
        return DbErrorKind::Lost;
    }
    let io = error.source().and_then(|e| e.downcast_ref::<io::Error>());
    match io.map(io::Error::kind) {
        Some(Io::ConnectionRefused | Io::NotFound | Io::AddrNotAvailable) => DbErrorKind::Refused,
        Some(Io::HostUnreachable | Io::NetworkUnreachable) => DbErrorKind::Refused,
        Some(Io::TimedOut) => DbErrorKind::Timeout,
        Some(Io::PermissionDenied) => DbErrorKind::Permission,
        Some(Io::ConnectionReset | Io::ConnectionAborted | Io::BrokenPipe | Io::UnexpectedEof) => {
            DbErrorKind::Lost
        }
        _ if cause.contains("lookup address") || cause.contains("resolve") => DbErrorKind::Dns,
        _ if sentence.contains("deserializing") || sentence.contains("encoding") => {
            DbErrorKind::Statement
        }
        _ => DbErrorKind::Io,
    }
}

/// The innermost sentences; the outer ones only say that something happened.
fn causes(error: &Error) -> String {
    let mut sentences = Vec::new();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let sentence = inner.to_string();
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
        cause = inner.source();
    }
    match sentences.is_empty() {
        true => error.to_string(),
        false => sentences.join(": "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states() {
        for (state, kind) in [
            ("42601", DbErrorKind::Statement),
            ("42501", DbErrorKind::Permission),
            ("55P03", DbErrorKind::Busy),
            ("25006", DbErrorKind::ReadOnly),
            ("57014", DbErrorKind::Cancelled),
            ("57P01", DbErrorKind::Lost),
            ("08006", DbErrorKind::Lost),
            ("28P01", DbErrorKind::Auth),
            ("3D000", DbErrorKind::NoDatabase),
        ] {
            assert_eq!(kind_of_state(state, ""), kind, "{state}");
        }
        for (state, message) in [
            ("0A000", "extension \"postgis\" is not available"),
            ("58P01", "could not open extension control file"),
            ("42704", "role \"app\" does not exist"),
        ] {
            assert_eq!(kind_of_state(state, message), DbErrorKind::Lacking);
        }
    }
}
