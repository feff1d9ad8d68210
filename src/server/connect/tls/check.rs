//! Verifies server certificates and explains in words why one is rejected.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{VerifierBuilderError, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};

use super::certificate::{Certificate, quoted};

/// Verifies certificates with the library's own rules. Rejections are explained here, where the
/// certificate is available.
#[derive(Debug)]
pub(super) struct Checker {
    rules: Arc<WebPkiServerVerifier>,
    /// Certificates that the user gave explicitly. A server that presents one of them is trusted,
    /// even if it is a CA certificate: self-signed server certificates often claim to be one.
    trusted: Vec<CertificateDer<'static>>,
}

/// Accepts every certificate.
#[derive(Debug)]
pub(super) struct NoChecker {
    schemes: Vec<SignatureScheme>,
}

/// Why a certificate is not trusted, wrapped in an error of the library.
#[derive(Debug)]
pub(super) struct Untrusted(Box<str>);

impl Checker {
    pub(super) fn new(
        roots: RootCertStore,
        trusted: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, VerifierBuilderError> {
        let rules = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        Ok(Self {
            rules: rules.build()?,
            trusted,
        })
    }
}

impl ServerCertVerifier for Checker {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let result = if self.trusted.contains(leaf) {
            check_trusted(leaf, name, now)
        } else {
            self.rules.verify_server_cert(leaf, others, name, ocsp, now)
        };
        result
            .map_err(|error| Untrusted(explanation(&error, leaf, others, name, now).into()).into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.rules.verify_tls12_signature(message, leaf, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.rules.verify_tls13_signature(message, leaf, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.rules.supported_verify_schemes()
    }
}

impl NoChecker {
    pub(super) fn new(provider: &CryptoProvider) -> Self {
        Self {
            schemes: provider
                .signature_verification_algorithms
                .supported_schemes(),
        }
    }
}

impl ServerCertVerifier for NoChecker {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    // Any key is accepted, and the library cannot parse some old certificates.
    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}

impl Untrusted {
    /// Returns why the certificate behind `error` is untrusted, if that is the error.
    pub(super) fn behind(error: &Error) -> Option<&Self> {
        match error {
            Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) => {
                inner.downcast_ref()
            }
            _ => None,
        }
    }

    pub(super) fn words(&self) -> Box<str> {
        self.0.clone()
    }
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Untrusted {}

impl From<Untrusted> for Error {
    fn from(untrusted: Untrusted) -> Self {
        Self::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(untrusted))))
    }
}

/// Verifies a certificate that the user gave explicitly. It needs no issuer, but it may belong to
/// another server or be expired.
fn check_trusted(
    leaf: &CertificateDer<'_>,
    name: &ServerName<'_>,
    now: UnixTime,
) -> Result<ServerCertVerified, Error> {
    verify_server_name(&ParsedCertificate::try_from(leaf)?, name)?;
    match Certificate::read(leaf) {
        None => Err(CertificateError::BadEncoding.into()),
        Some(leaf) if leaf.has_expired(now) => Err(CertificateError::Expired.into()),
        Some(leaf) if leaf.is_not_yet_valid(now) => Err(CertificateError::NotValidYet.into()),
        Some(_) => Ok(ServerCertVerified::assertion()),
    }
}

/// Explains which certificate is wrong and why.
fn explanation(
    error: &Error,
    leaf: &CertificateDer<'_>,
    others: &[CertificateDer<'_>],
    asked: &ServerName<'_>,
    now: UnixTime,
) -> String {
    use CertificateError as Problem;
    let (Error::InvalidCertificate(problem), Some(leaf)) = (error, Certificate::read(leaf)) else {
        return format!("the server's certificate cannot be parsed: {error}");
    };
    let others: Vec<Certificate<'_>> = others.iter().filter_map(Certificate::read).collect();
    let subject = format!("the server's certificate for {}", leaf.owner());
    match problem {
        Problem::Expired | Problem::ExpiredContext { .. } => {
            let (which, day) = faulty_certificate(&leaf, &others, |one| one.has_expired(now));
            format!("{which} expired on {}", day.last_day())
        }
        Problem::NotValidYet | Problem::NotValidYetContext { .. } => {
            let (which, day) = faulty_certificate(&leaf, &others, |one| one.is_not_yet_valid(now));
            format!("{which} is not valid before {}", day.first_day())
        }
        Problem::NotValidForName | Problem::NotValidForNameContext { .. } => {
            wrong_name(&leaf, &asked.to_str())
        }
        // A self-signed certificate often claims to be a CA certificate, which is rejected first.
        Problem::UnknownIssuer | Problem::Other(_) if leaf.is_issued_by(&leaf) => {
            format!("{subject} is self-signed; to trust it, use --cacert FILE")
        }
        Problem::Other(_) if leaf.is_authority() => format!(
            "{subject} is a CA certificate, not a server certificate; to trust it, use --cacert \
             FILE"
        ),
        Problem::UnknownIssuer => format!(
            "{subject} is issued by {}, which is not trusted; to trust it, use --cacert FILE",
            missing_issuer(&leaf, &others)
        ),
        Problem::BadSignature => format!(
            "{subject} claims to be issued by {}, but the trusted CA of that name did not sign \
             it; check --cacert FILE",
            leaf.issuer()
        ),
        Problem::InvalidPurpose | Problem::InvalidPurposeContext { .. } => {
            format!("{subject} is not valid for servers")
        }
        _ => format!("{subject} is refused: {problem}"),
    }
}

fn wrong_name(leaf: &Certificate<'_>, asked: &str) -> String {
    let asked = quoted(asked);
    match leaf.hosts() {
        Some(hosts) => format!(
            "the server's certificate is for {hosts}, not for {asked}; to check another name, use \
             --sni NAME"
        ),
        None => format!(
            "the server's certificate has no host (its subject is {}), so it is not for {asked}; \
             only --insecure accepts it",
            leaf.subject()
        ),
    }
}

/// Returns the first certificate of the chain that is at fault, and its description.
fn faulty_certificate<'a, 'b>(
    leaf: &'a Certificate<'b>,
    others: &'a [Certificate<'b>],
    is_at_fault: impl Fn(&Certificate<'_>) -> bool,
) -> (String, &'a Certificate<'b>) {
    match others.iter().find(|other| is_at_fault(other)) {
        Some(other) if !is_at_fault(leaf) => {
            let (subject, issuer) = (other.subject(), other.issuer());
            let which = format!(
                "the certificate of {subject} (issued by {issuer}), in the server's chain,"
            );
            (which, other)
        }
        _ => {
            let (owner, issuer) = (leaf.owner(), leaf.issuer());
            let which = format!("the server's certificate for {owner} (issued by {issuer})");
            (which, leaf)
        }
    }
}

/// Returns the issuer of the last certificate in the chain sent by the server.
fn missing_issuer(leaf: &Certificate<'_>, others: &[Certificate<'_>]) -> String {
    let mut last = leaf;
    // Bounded, so that a circular chain ends too.
    for _ in others {
        match others.iter().find(|other| last.is_issued_by(other)) {
            Some(next) => last = next,
            None => break,
        }
    }
    last.issuer()
}
