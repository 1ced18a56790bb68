//! TLS with libpq's meaning of `sslmode`, over rustls.
//!
//! Neighbours: `settings` says what is wanted, `connect` uses the connector. Invariant: whoever asked for verification
//! gets it or an error; the roots of a missing file are never replaced by weaker ones.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use driftless_runtime::{DbError, DbErrorKind};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::environment::Environment;
use crate::fault;
use crate::settings::{Settings, SslMode};

/// The connector that `sslmode` asks for.
pub fn connector(
    settings: &Settings,
    environment: &Environment,
) -> Result<MakeRustlsConnect, DbError> {
    let verifier = Verifier {
        roots: roots(settings, environment)?,
        named: settings.sslmode == SslMode::VerifyFull,
        algorithms: provider().signature_verification_algorithms,
    };
    build(verifier, client_certificate(settings, environment)?)
}

/// For connections without TLS: the type wants a connector, though none is used.
pub fn unused() -> Result<MakeRustlsConnect, DbError> {
    let verifier = Verifier {
        roots: None,
        named: false,
        algorithms: provider().signature_verification_algorithms,
    };
    build(verifier, None)
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn build(verifier: Verifier, identity: Option<Identity>) -> Result<MakeRustlsConnect, DbError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(format!("TLS cannot be set up: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let config = match identity {
        Some((chain, key)) => builder
            .with_client_auth_cert(chain, key)
            .map_err(|error| unusable(&error))?,
        None => builder.with_no_client_auth(),
    };
    Ok(MakeRustlsConnect::new(config))
}

fn unusable(error: &rustls::Error) -> DbError {
    let shown = error.to_string();
    let fault = wrong(format!("the client certificate cannot be used: {shown}"));
    match shown.contains(fault::V1) {
        true => fault.detail(fault::V1_DETAIL),
        false => fault,
    }
}

fn provider() -> CryptoProvider {
    rustls::crypto::ring::default_provider()
}

fn wrong(message: impl Into<String>) -> DbError {
    DbError::new(DbErrorKind::Tls, message)
}

#[derive(Debug)]
struct Roots {
    store: Arc<RootCertStore>,
    /// The same as they stand in the file.
    certificates: Vec<CertificateDer<'static>>,
}

/// What server certificates are checked against; `None` where they are not checked.
fn roots(settings: &Settings, environment: &Environment) -> Result<Option<Roots>, DbError> {
    let default = environment.folder().map(|folder| folder.join("root.crt"));
    let named = settings.sslrootcert.as_deref();
    match settings.sslmode {
        SslMode::Disable | SslMode::Allow | SslMode::Prefer => Ok(None),
        // With roots at hand, `require` verifies the chain, as libpq does.
        SslMode::Require => match named.map(PathBuf::from).or(default) {
            Some(file) if file.exists() => from_file(&file).map(Some),
            _ => Ok(None),
        },
        SslMode::VerifyCa | SslMode::VerifyFull => match (named, default) {
            (Some("system"), _) => native().map(Some),
            (Some(file), _) => from_file(Path::new(file)).map(Some),
            (None, Some(file)) if file.exists() => from_file(&file).map(Some),
            // Public authorities vouch for names, so they only serve where the name is checked.
            (None, _) if settings.sslmode == SslMode::VerifyFull => native().map(Some),
            (None, _) => Err(wrong("sslmode=verify-ca needs a root certificate")
                .help("name its file as sslrootcert, or use sslmode=verify-full")),
        },
    }
}

fn from_file(file: &Path) -> Result<Roots, DbError> {
    let certificates = certificates(file, "root certificate")?;
    let mut store = RootCertStore::empty();
    for certificate in &certificates {
        store.add(certificate.clone()).map_err(|error| {
            wrong(format!(
                "a root certificate in {} cannot be used: {error}",
                file.display()
            ))
        })?;
    }
    Ok(Roots {
        store: Arc::new(store),
        certificates,
    })
}

/// The operating system's roots; some of them may be unreadable or of a kind that is not understood.
fn native() -> Result<Roots, DbError> {
    let loaded = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(loaded.certs);
    if store.is_empty() {
        let error = wrong("the operating system has no root certificates")
            .help("install them (ca-certificates), or name a file as sslrootcert");
        return Err(match loaded.errors.first() {
            Some(cause) => error.detail(cause.to_string()),
            None => error,
        });
    }
    Ok(Roots {
        store: Arc::new(store),
        certificates: Vec::new(),
    })
}

fn certificates(file: &Path, what: &str) -> Result<Vec<CertificateDer<'static>>, DbError> {
    let unreadable = |error: rustls::pki_types::pem::Error| {
        wrong(format!(
            "the {what} file {} cannot be read: {error}",
            file.display()
        ))
        .help("it must exist and hold certificates in PEM form")
    };
    let found: Vec<_> = CertificateDer::pem_file_iter(file)
        .map_err(unreadable)?
        .collect::<Result<_, _>>()
        .map_err(unreadable)?;
    match found.is_empty() {
        true => Err(wrong(format!(
            "the {what} file {} holds no certificate",
            file.display()
        ))),
        false => Ok(found),
    }
}

/// What was named must exist; the files in libpq's folder need not.
fn client_certificate(
    settings: &Settings,
    environment: &Environment,
) -> Result<Option<Identity>, DbError> {
    let folder = environment.folder();
    let in_folder = |name: &str| folder.as_ref().map(|folder| folder.join(name));
    let certificate = match &settings.sslcert {
        Some(named) => PathBuf::from(named),
        None => match in_folder("postgresql.crt") {
            Some(file) if file.exists() => file,
            _ => return Ok(None),
        },
    };
    let chain = certificates(&certificate, "client certificate")?;
    let key = match settings.sslkey.as_ref().map(PathBuf::from) {
        Some(named) => named,
        None => in_folder("postgresql.key").ok_or_else(|| {
            wrong("a client certificate is named, but no key").help("name its file as sslkey")
        })?,
    };
    Ok(Some((chain, private_key(&key)?)))
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, DbError> {
    let shown = file.display();
    let text = std::fs::read(file)
        .map_err(|error| wrong(format!("the key file {shown} cannot be read: {error}")))?;
    if open_to_others(file) {
        return Err(wrong(format!("others can read the key file {shown}"))
            .help(format!("chmod 600 {shown}")));
    }
    let lossy = String::from_utf8_lossy(&text);
    if lossy.contains("ENCRYPTED") {
        return Err(wrong(format!(
            "the key in {shown} is encrypted, which is not supported"
        ))
        .help("decrypt it: openssl pkey -in KEY -out PLAIN"));
    }
    PrivateKeyDer::from_pem_slice(&text)
        .map_err(|error| wrong(format!("the key file {shown} cannot be read: {error}")))
}

/// As libpq: nothing for others; the group may read what the superuser owns.
#[cfg(unix)]
fn open_to_others(file: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(file).is_ok_and(|found| {
        let forbidden = if found.uid() == 0 { 0o037 } else { 0o077 };
        found.mode() & forbidden != 0
    })
}

#[cfg(not(unix))]
fn open_to_others(_: &Path) -> bool {
    false
}

#[derive(Debug)]
struct Verifier {
    roots: Option<Roots>,
    /// The certificate must also be for the host we asked for.
    named: bool,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    fn chain(
        &self,
        roots: &Roots,
        certificate: &CertificateDer<'_>,
        parsed: &ParsedCertificate<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        let result = verify_server_cert_signed_by_trust_anchor(
            parsed,
            &roots.store,
            intermediates,
            now,
            self.algorithms.all,
        );
        match result {
            // A self-signed server certificate usually says that it is an authority too. Where the user's file holds
            // exactly this certificate it is trusted, as with libpq. Its dates were checked before this error comes;
            // rustls gives the error no name of its own.
            Err(rustls::Error::InvalidCertificate(cause))
                if format!("{cause:?}").contains("CaUsedAsEndEntity")
                    && roots.certificates.iter().any(|root| root == certificate) =>
            {
                Ok(())
            }
            result => result,
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(roots) = &self.roots {
            let parsed = ParsedCertificate::try_from(certificate)?;
            self.chain(roots, certificate, &parsed, intermediates, now)?;
            if self.named {
                verify_server_name(&parsed, name)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(query: &str) -> (Settings, Environment) {
        let environment = Environment {
            home: Some(PathBuf::from("/nonexistent")),
            user: Some("me".to_owned()),
            ..Environment::default()
        };
        let url = format!("postgres://h?{query}");
        (Settings::read(&url, &environment).unwrap(), environment)
    }

    #[test]
    fn only_who_asks_for_it_gets_verification() {
        for mode in ["allow", "prefer", "require"] {
            let (settings, environment) = settings(&format!("sslmode={mode}"));
            assert!(roots(&settings, &environment).unwrap().is_none(), "{mode}");
            assert!(connector(&settings, &environment).is_ok());
        }
    }

    #[test]
    fn missing_files_are_errors_where_they_matter() {
        for query in [
            "sslmode=verify-ca",
            "sslmode=verify-ca&sslrootcert=/nonexistent/r",
            "sslmode=verify-full&sslrootcert=/nonexistent/r",
            "sslmode=prefer&sslcert=/nonexistent/c",
        ] {
            let (settings, environment) = settings(query);
            let error = connector(&settings, &environment).err().unwrap();
            assert_eq!(error.kind, DbErrorKind::Tls, "{query}");
        }
    }

    #[test]
    fn keys_are_guarded() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key");
        std::fs::write(&key, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
            let error = private_key(&key).unwrap_err();
            assert!(error.message.contains("others"), "{error}");
            std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        let error = private_key(&key).unwrap_err();
        assert!(error.message.contains("encrypted"), "{error}");
        std::fs::write(&key, "nothing").unwrap();
        assert!(private_key(&key).is_err());
    }
}
