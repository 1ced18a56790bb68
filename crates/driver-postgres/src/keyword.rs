//! The names of settings: which are followed, which only known, and which are mistyped.
//!
//! Neighbours: `settings` gives them their meaning. Invariant: every name libpq knows is either followed or refused.

use driftless_runtime::{DbError, DbErrorKind};

/// A keyword and its environment variable (none where empty).
pub const FOLLOWED: [(&str, &str); 23] = [
    ("host", "PGHOST"),
    ("hostaddr", "PGHOSTADDR"),
    ("port", "PGPORT"),
    ("user", "PGUSER"),
    ("password", "PGPASSWORD"),
    ("dbname", "PGDATABASE"),
    ("passfile", "PGPASSFILE"),
    ("service", "PGSERVICE"),
    ("application_name", "PGAPPNAME"),
    ("fallback_application_name", ""),
    ("options", "PGOPTIONS"),
    ("connect_timeout", "PGCONNECT_TIMEOUT"),
    ("sslmode", "PGSSLMODE"),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("sslcert", "PGSSLCERT"),
    ("sslkey", "PGSSLKEY"),
    ("target_session_attrs", "PGTARGETSESSIONATTRS"),
    ("channel_binding", "PGCHANNELBINDING"),
    ("keepalives", ""),
    ("keepalives_idle", ""),
    ("keepalives_interval", ""),
    ("keepalives_count", ""),
    ("tcp_user_timeout", ""),
];

/// What libpq knows and we do not follow: only the values that ask for what we do anyway are accepted.
pub const UNFOLLOWED: [(&str, &str, &[&str]); 29] = [
    (
        "client_encoding",
        "PGCLIENTENCODING",
        &["UTF8", "UTF-8", "utf8", "utf-8", "auto"],
    ),
    ("gssencmode", "PGGSSENCMODE", &["disable", "prefer"]),
    ("load_balance_hosts", "PGLOADBALANCEHOSTS", &["disable"]),
    ("require_auth", "PGREQUIREAUTH", &[]),
    ("requirepeer", "PGREQUIREPEER", &[]),
    ("requiressl", "PGREQUIRESSL", &["0"]),
    (
        "ssl_max_protocol_version",
        "PGSSLMAXPROTOCOLVERSION",
        &["TLSv1.3"],
    ),
    (
        "ssl_min_protocol_version",
        "PGSSLMINPROTOCOLVERSION",
        &["TLSv1", "TLSv1.1", "TLSv1.2"],
    ),
    ("sslcertmode", "PGSSLCERTMODE", &["allow"]),
    ("sslcompression", "PGSSLCOMPRESSION", &["0"]),
    ("sslcrl", "PGSSLCRL", &[]),
    ("sslcrldir", "PGSSLCRLDIR", &[]),
    ("sslnegotiation", "PGSSLNEGOTIATION", &["postgres"]),
    ("sslpassword", "", &[]),
    ("sslsni", "PGSSLSNI", &["1"]),
    ("krbsrvname", "PGKRBSRVNAME", &[]),
    ("gssdelegation", "PGGSSDELEGATION", &["0"]),
    ("servicefile", "", &[]),
    ("sslkeylogfile", "", &[]),
    ("min_protocol_version", "PGMINPROTOCOLVERSION", &["3.0"]),
    (
        "max_protocol_version",
        "PGMAXPROTOCOLVERSION",
        &["3.0", "latest"],
    ),
    ("gsslib", "PGGSSLIB", &[]),
    ("scram_client_key", "", &[]),
    ("scram_server_key", "", &[]),
    ("oauth_issuer", "", &[]),
    ("oauth_client_id", "", &[]),
    ("oauth_client_secret", "", &[]),
    ("oauth_scope", "", &[]),
    ("replication", "", &["0", "false", "off", "no"]),
];

/// Whether a setting can be followed.
pub fn check(key: &str, value: &str, origin: &str) -> Result<(), DbError> {
    if FOLLOWED.iter().any(|(known, _)| *known == key) {
        return Ok(());
    }
    if let Some((_, _, harmless)) = UNFOLLOWED.iter().find(|(known, _, _)| *known == key) {
        if value.is_empty() || harmless.contains(&value) {
            return Ok(());
        }
        // The value stays out: `sslpassword` is a secret.
        return Err(wrong(format!(
            "the connection setting `{key}` (from {origin}) is not supported"
        ))
        .help(match harmless.first() {
            Some(harmless) => format!("leave it out, or write {key}={harmless}"),
            None => "leave it out".to_owned(),
        }));
    }
    let known = FOLLOWED.iter().map(|(known, _)| *known);
    let near = known
        .clone()
        .map(|known| {
            (
                strsim::damerau_levenshtein(known, &key.to_lowercase()),
                known,
            )
        })
        .filter(|(distance, _)| *distance <= 3 && *distance * 2 < key.len())
        .min();
    let error = wrong(format!(
        "there is no connection setting `{key}` (from {origin})"
    ));
    Err(match near {
        Some((_, near)) => error.help(format!("did you mean `{near}`?")),
        None => {
            let known: Vec<&str> = known.collect();
            error.help(format!("known are: {}", known.join(", ")))
        }
    })
}

fn wrong(message: impl Into<String>) -> DbError {
    DbError::new(DbErrorKind::Url, message)
}
