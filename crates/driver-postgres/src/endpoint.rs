//! Hosts, addresses and ports: the places a server is looked for, in order.
//!
//! Neighbours: `settings` builds them, `connect` tries them. Invariant: there is at least one.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use driftless_runtime::{DbError, DbErrorKind};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const PORT: u16 = 5432;
/// Where servers put their sockets: Debian and most others, then PostgreSQL's own default.
const SOCKET_FOLDERS: [&str; 2] = ["/var/run/postgresql", "/tmp"];
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    Tcp(String),
    /// The folder of a Unix socket.
    Socket(PathBuf),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub host: Host,
    /// Where to go instead of resolving the host's name.
    pub address: Option<IpAddr>,
    pub port: u16,
}

impl Endpoint {
    /// What a password file calls it.
    pub fn password_host(&self) -> String {
        match &self.host {
            Host::Tcp(name) => name.clone(),
            Host::Socket(folder)
                if SOCKET_FOLDERS
                    .iter()
                    .any(|known| Path::new(known) == folder) =>
            {
                "localhost".to_owned()
            }
            Host::Socket(folder) => folder.display().to_string(),
        }
    }

    /// For people.
    pub fn place(&self, user: &str, database: &str) -> String {
        let user = utf8_percent_encode(user, PLAIN);
        let database = utf8_percent_encode(database, PLAIN);
        let port = match self.port {
            PORT => String::new(),
            port => format!(":{port}"),
        };
        match &self.host {
            Host::Tcp(name) if name.contains(':') => {
                format!("postgres://{user}@[{name}]{port}/{database}")
            }
            Host::Tcp(name) => format!("postgres://{user}@{name}{port}/{database}"),
            Host::Socket(folder) => {
                let port = match self.port {
                    PORT => String::new(),
                    port => format!("&port={port}"),
                };
                format!(
                    "postgres://{user}@/{database}?host={}{port}",
                    folder.display()
                )
            }
        }
    }
}

/// libpq's lists, by commas: as many ports as hosts, or one for all; an empty one is the default.
pub fn endpoints(
    hosts: Option<&str>,
    addresses: Option<&str>,
    ports: Option<&str>,
) -> Result<Vec<Endpoint>, DbError> {
    let hosts = list(hosts);
    let addresses = list(addresses);
    let count = hosts.len().max(addresses.len()).max(1);
    if !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len() {
        return Err(wrong(format!(
            "there are {} hosts but {} addresses",
            hosts.len(),
            addresses.len()
        ))
        .help("give each host its hostaddr, or leave hostaddr out"));
    }
    let ports = list(ports);
    if ports.len() > 1 && ports.len() != count {
        return Err(
            wrong(format!("there are {} ports for {count} hosts", ports.len()))
                .help("give one port for all hosts, or one for each"),
        );
    }
    (0..count)
        .map(|index| {
            let port = ports
                .get(index)
                .or(ports.first().filter(|_| ports.len() == 1));
            let port = port_number(port.copied().unwrap_or(""))?;
            let address = address(addresses.get(index).copied().unwrap_or(""))?;
            let host = match (hosts.get(index).copied().unwrap_or(""), address) {
                ("", Some(address)) => Host::Tcp(address.to_string()),
                ("", None) => default_host(port),
                (path, _) if path.starts_with('/') => Host::Socket(PathBuf::from(path)),
                (name, _) => Host::Tcp(name.to_owned()),
            };
            Ok(Endpoint {
                host,
                address,
                port,
            })
        })
        .collect()
}

fn list(text: Option<&str>) -> Vec<&str> {
    text.map(|text| text.split(',').map(str::trim).collect())
        .unwrap_or_default()
}

fn port_number(text: &str) -> Result<u16, DbError> {
    match text.parse() {
        _ if text.is_empty() => Ok(PORT),
        Ok(0) | Err(_) => Err(wrong("the port is not one that a server can have")
            .help("a port is a number from 1 to 65535; a `:` in a user or password is written %3A, a `/` %2F")),
        Ok(port) => Ok(port),
    }
}

fn address(text: &str) -> Result<Option<IpAddr>, DbError> {
    match text {
        "" => Ok(None),
        text => match text.parse() {
            Ok(address) => Ok(Some(address)),
            Err(_) => Err(wrong(format!("`{text}` is no IP address"))
                .help("hostaddr takes addresses; write names as host")),
        },
    }
}

/// A local server's socket where there is one, else `localhost`.
fn default_host(port: u16) -> Host {
    let socket = SOCKET_FOLDERS
        .iter()
        .filter(|_| cfg!(unix))
        .map(Path::new)
        .find(|folder| folder.join(format!(".s.PGSQL.{port}")).exists());
    match socket {
        Some(folder) => Host::Socket(folder.to_owned()),
        None => Host::Tcp("localhost".to_owned()),
    }
}

fn wrong(message: impl Into<String>) -> DbError {
    DbError::new(DbErrorKind::Url, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(hosts: &str, addresses: &str, ports: &str) -> Vec<String> {
        let given = |text: &'static str| Some(text).filter(|text| !text.is_empty());
        let leak = |text: &str| given(Box::leak(text.to_owned().into_boxed_str()));
        endpoints(leak(hosts), leak(addresses), leak(ports))
            .unwrap()
            .iter()
            .map(|endpoint| endpoint.place("a b", "shop"))
            .collect()
    }

    #[test]
    fn lists() {
        for (hosts, addresses, ports, expected) in [
            ("h", "", "", vec!["postgres://a%20b@h/shop"]),
            (
                "a,b",
                "",
                "6",
                vec!["postgres://a%20b@a:6/shop", "postgres://a%20b@b:6/shop"],
            ),
            (
                "a,b",
                "",
                "6,",
                vec!["postgres://a%20b@a:6/shop", "postgres://a%20b@b/shop"],
            ),
            ("::1", "", "6", vec!["postgres://a%20b@[::1]:6/shop"]),
            (
                "/run/pg",
                "",
                "6",
                vec!["postgres://a%20b@/shop?host=/run/pg&port=6"],
            ),
            ("", "10.0.0.1", "", vec!["postgres://a%20b@10.0.0.1/shop"]),
        ] {
            assert_eq!(places(hosts, addresses, ports), expected);
        }
        assert!(endpoints(Some("a,b"), Some("10.0.0.1"), None).is_err());
        assert!(endpoints(Some("a"), Some("b"), None).is_err());
    }

    #[test]
    fn a_password_file_calls_the_default_socket_localhost() {
        let host = |path| {
            let found = endpoints(Some(path), None, None).unwrap();
            found[0].password_host()
        };
        assert_eq!(host("/var/run/postgresql"), "localhost");
        assert_eq!(host("/run/pg"), "/run/pg");
        assert_eq!(host("db"), "db");
    }
}
