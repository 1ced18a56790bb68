//! What went wrong, named: the server's error numbers (manual, Error Message Reference) and the driver's own errors.

use driftless_runtime::{DbError, DbErrorKind};
use mysql_async::{DriverError, Error, IoError};

/// While connecting to `place`.
pub fn connecting(error: &Error, place: &str) -> DbError {
    let inner = told(error);
    DbError {
        message: format!("cannot connect to {place}: {}", inner.message),
        ..inner
    }
}

/// While a statement ran.
pub fn told(error: &Error) -> DbError {
    match error {
        Error::Server(e) => {
            let mut out = DbError::new(kind(e.code), e.message.clone());
            out.sqlstate = Some(e.state.clone());
            out.detail(format!("error {}", e.code))
        }
        Error::Io(IoError::Io(e)) => {
            use std::io::ErrorKind as Io;
            let kind = match e.kind() {
                Io::ConnectionRefused | Io::NotFound | Io::AddrNotAvailable => DbErrorKind::Refused,
                Io::HostUnreachable | Io::NetworkUnreachable => DbErrorKind::Refused,
                Io::TimedOut => DbErrorKind::Timeout,
                Io::PermissionDenied => DbErrorKind::Permission,
                Io::ConnectionReset
                | Io::ConnectionAborted
                | Io::BrokenPipe
                | Io::UnexpectedEof => DbErrorKind::Lost,
                _ if e.to_string().contains("lookup address") => DbErrorKind::Dns,
                _ => DbErrorKind::Io,
            };
            DbError::new(kind, e.to_string())
        }
        Error::Io(other) => DbError::new(DbErrorKind::Tls, other.to_string()),
        Error::Driver(DriverError::NoClientSslFlagFromServer) => {
            DbError::new(DbErrorKind::Tls, "the server does not speak TLS")
        }
        Error::Driver(DriverError::ConnectionClosed) => {
            DbError::new(DbErrorKind::Lost, "the server closed the connection")
        }
        other => DbError::new(DbErrorKind::Statement, other.to_string()),
    }
}

fn kind(code: u16) -> DbErrorKind {
    match code {
        1045 | 1698 | 1251 | 2059 => DbErrorKind::Auth,
        1049 => DbErrorKind::NoDatabase,
        1044 | 1142 | 1143 | 1227 | 1370 | 1419 => DbErrorKind::Permission,
        1205 | 1213 | 3572 => DbErrorKind::Busy,
        1290 | 1792 | 1836 => DbErrorKind::ReadOnly,
        1317 | 3024 | 1969 => DbErrorKind::Cancelled,
        1053 | 1927 | 4031 => DbErrorKind::Lost,
        _ => DbErrorKind::Statement,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_server() {
        for (code, expected) in [
            (1045, DbErrorKind::Auth),
            (1049, DbErrorKind::NoDatabase),
            (1142, DbErrorKind::Permission),
            (1205, DbErrorKind::Busy),
            (1064, DbErrorKind::Statement),
        ] {
            assert_eq!(kind(code), expected, "{code}");
        }
    }
}
