//! TLS: the trusted certificates, the client certificate, and the errors of failed handshakes.

mod certificate;
mod check;

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, Error, InconsistentKeys, InvalidMessage,
    OtherError, RootCertStore,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use self::check::Checker;
use super::carrier::Carrier;
use crate::message::{Alert, ConnectionError, TlsFailure, io_reason};
use crate::payload::escape::whole;

/// TLS settings from the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsSettings {
    /// A PEM file with trusted certificates that replace the system's authorities, or a folder of
    /// such files.
    pub cacert: Option<PathBuf>,
    /// A PEM file with the client certificate and its intermediate certificates.
    pub cert: Option<PathBuf>,
    /// A PEM file with the unencrypted private key of that certificate.
    pub key: Option<PathBuf>,
    /// The server name to request and verify instead of the host name.
    pub sni: Option<String>,
    /// Whether to accept any certificate.
    pub is_insecure: bool,
}

/// A TLS configuration whose files are all loaded and parsed. Cheap to clone.
#[derive(Clone)]
pub struct Tls {
    connector: TlsConnector,
    name: Option<ServerName<'static>>,
}

/// A one-line error about a connection option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionError {
    /// The option at fault, such as `--cacert`, if any.
    pub option: Option<&'static str>,
    /// The description of the error, without the option.
    pub problem: String,
}

impl OptionError {
    /// Creates an error about the value of an option.
    pub fn new(option: &'static str, problem: impl Into<String>) -> Self {
        Self {
            option: Some(option),
            problem: problem.into(),
        }
    }
}

impl Tls {
    /// Loads the files named in `settings`. If it names no trusted certificates, loads the system's
    /// authorities.
    ///
    /// # Errors
    ///
    /// Returns an error that names the option whose file or value cannot be used, and says why.
    pub fn load(settings: &TlsSettings) -> Result<Self, OptionError> {
        let unusable = |problem| OptionError {
            option: None,
            problem,
        };
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(format!("TLS cannot be set up: {error}")))?
            .dangerous();
        let cacert = settings.cacert.as_deref();
        let trusted = cacert.map(authorities);
        let trusted = trusted.transpose()?.unwrap_or_default();
        let roots = match cacert {
            _ if settings.is_insecure => None,
            Some(path) => Some(roots_of(path, &trusted)?),
            None => Some(system_roots()),
        };
        let checker = Checker::new(roots, trusted, provider)
            .map_err(|error| unusable(format!("certificates cannot be verified: {error}")))?;
        let builder = builder.with_custom_certificate_verifier(Arc::new(checker));
        let mut config = match (&settings.cert, &settings.key) {
            (None, None) => builder.with_no_client_auth(),
            (Some(cert), Some(key)) => builder
                .with_client_auth_cert(certificates("--cert", cert)?, private_key(key)?)
                .map_err(|error| identity_error(cert, key, &error))?,
            (Some(_), None) => {
                let problem = "needs --key FILE too (or key in a profile)";
                return Err(OptionError::new("--cert", problem));
            }
            (None, Some(_)) => {
                let problem = "needs --cert FILE too (or cert in a profile)";
                return Err(OptionError::new("--key", problem));
            }
        };
        // Do not resume sessions, so that every connection is verified in full.
        config.resumption = Resumption::disabled();
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            name: settings.sni.as_deref().map(sni).transpose()?,
        })
    }

    /// Performs a TLS handshake on `stream` with the server named `host`.
    ///
    /// [`cause_of`] may explain the error in more detail.
    pub(super) async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        host: &str,
        stream: S,
    ) -> io::Result<TlsStream<S>> {
        let name = match &self.name {
            Some(name) => name.clone(),
            None => server_name(host)?,
        };
        self.connector.connect(name, stream).await
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tls {{ name: {:?} }}", self.name)
    }
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(option) = self.option {
            write!(f, "{option} ")?;
        }
        f.write_str(&self.problem)
    }
}

impl std::error::Error for OptionError {}

/// Returns the cause of a TLS error. Returns `None` for any other error.
pub(super) fn cause_of(error: &io::Error) -> Option<ConnectionError> {
    let error = error.get_ref()?.downcast_ref::<Error>()?;
    if let Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) = error
        && let Some(cause) = Carrier::cause_in(&**inner)
    {
        return Some(cause);
    }
    Some(ConnectionError::Tls(match error {
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => TlsFailure::NotSpoken,
        Error::AlertReceived(alert) => {
            TlsFailure::Alert(meaning_of(*alert), format!("{alert:?}").into())
        }
        Error::PeerIncompatible(why) => TlsFailure::NothingInCommon(format!("{why:?}").into()),
        other => TlsFailure::Other(other.to_string().into()),
    }))
}

/// Returns the server's objection to the client, based on the alert that ended the handshake.
fn meaning_of(alert: AlertDescription) -> Alert {
    match alert {
        AlertDescription::CertificateRequired => Alert::CertificateRequired,
        AlertDescription::NoCertificate
        | AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied => Alert::CertificateRejected,
        AlertDescription::HandshakeFailure => Alert::HandshakeFailure,
        AlertDescription::UnrecognisedName => Alert::UnknownName,
        _ => Alert::Other,
    }
}

/// Converts a host to the server name to verify.
fn server_name(host: &str) -> io::Result<ServerName<'static>> {
    // Certificates do not contain the zone of a link-local address.
    let name = host.split('%').next().unwrap_or(host);
    ServerName::try_from(name.to_owned()).map_err(|_| {
        let failure = TlsFailure::UnnamableHost(host.into());
        io::Error::other(Carrier(ConnectionError::Tls(failure)))
    })
}

fn sni(name: &str) -> Result<ServerName<'static>, OptionError> {
    ServerName::try_from(name.to_owned())
        .map_err(|_| OptionError::new("--sni", format!("{name:?} is not a valid server name")))
}

/// Loads the system's authorities. Unreadable certificates are skipped. If the system has no
/// authorities, as in a minimal container, Mozilla's are used instead.
fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

fn roots_of(
    path: &Path,
    certificates: &[CertificateDer<'static>],
) -> Result<RootCertStore, OptionError> {
    let mut roots = RootCertStore::empty();
    for (index, certificate) in certificates.iter().enumerate() {
        roots.add(certificate.clone()).map_err(|error| {
            let problem = format!("certificate {} in it cannot be trusted: {error}", index + 1);
            file_error("--cacert", path, &problem)
        })?;
    }
    Ok(roots)
}

/// Loads the certificates to trust from a PEM file, or from all PEM files in a folder. Other files
/// there are skipped.
fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, OptionError> {
    if !path.is_dir() {
        return certificates("--cacert", path);
    }
    let unread = |error: io::Error| {
        let problem = format!("cannot be read: {}", io_reason(&error));
        file_error("--cacert", path, &problem)
    };
    let files = fs::read_dir(path).map_err(unread)?;
    let files = files.collect::<io::Result<Vec<_>>>().map_err(unread)?;
    let mut files: Vec<PathBuf> = files.into_iter().map(|file| file.path()).collect();
    files.sort();
    let found = files
        .iter()
        .filter_map(|file| certificates("--cacert", file).ok());
    let mut found: Vec<_> = found.flatten().collect();
    // Folders made for OpenSSL name each certificate twice.
    let mut seen = HashSet::new();
    found.retain(|certificate| seen.insert(certificate.clone()));
    if found.is_empty() {
        return Err(file_error(
            "--cacert",
            path,
            "contains no file with a PEM certificate",
        ));
    }
    Ok(found)
}

/// Loads the certificates in a PEM file, which must contain at least one.
fn certificates(
    option: &'static str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, OptionError> {
    let text = read(option, path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let problem = match found {
        Ok(found) if !found.is_empty() => return Ok(found),
        Ok(_) => "contains no PEM certificate (-----BEGIN CERTIFICATE-----)",
        Err(_) => "is damaged: not valid PEM",
    };
    Err(file_error(option, path, problem))
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, OptionError> {
    let text = read("--key", path)?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|_| {
        let is_encrypted = text.windows(9).any(|window| window == b"ENCRYPTED");
        let problem = if is_encrypted {
            "is encrypted: decrypt a copy with 'openssl pkey -in FILE -out COPY'"
        } else {
            "contains no PEM private key (-----BEGIN PRIVATE KEY-----)"
        };
        file_error("--key", path, problem)
    })
}

fn read(option: &'static str, path: &Path) -> Result<Vec<u8>, OptionError> {
    fs::read(path).map_err(|error| {
        let problem = format!("cannot be read: {}", io_reason(&error));
        file_error(option, path, &problem)
    })
}

/// Returns the reason why a well-formed certificate and key cannot be used.
fn identity_error(cert: &Path, key: &Path, error: &Error) -> OptionError {
    let problem = match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            format!("does not match the certificate {}", cert.display())
        }
        _ => format!("cannot be used: {error}"),
    };
    match error {
        Error::InvalidCertificate(_) => file_error("--cert", cert, &problem),
        _ => file_error("--key", key, &problem),
    }
}

fn file_error(option: &'static str, path: &Path, problem: &str) -> OptionError {
    let words = format!("{} {problem}", path.display());
    OptionError::new(option, whole(words.as_bytes()))
}
