//! Verifies server certificates and explains why a certificate is rejected.

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
use crate::message::{CertificateFault, ConnectionError, Distrust, FaultyCertificate, TlsFailure};
use crate::server::connect::carrier::Carrier;

/// A verifier that applies the library's rules and explains rejections, since the certificate is
/// available only during verification.
#[derive(Debug)]
pub(super) struct Checker {
    provider: Arc<CryptoProvider>,
    /// The library's verifier; `None` if every certificate is accepted.
    rules: Option<Arc<WebPkiServerVerifier>>,
    /// Certificates that the user gave explicitly. A server that presents one of them is trusted,
    /// even if the certificate is a CA certificate: self-signed server certificates often claim to
    /// be CA certificates.
    trusted: Vec<CertificateDer<'static>>,
}

impl Checker {
    /// Creates a verifier that trusts `roots`, or accepts every certificate if there are none.
    pub(super) fn new(
        roots: Option<RootCertStore>,
        trusted: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, VerifierBuilderError> {
        let rules = roots.map(|roots| {
            let provider = Arc::clone(&provider);
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build()
        });
        Ok(Self {
            rules: rules.transpose()?,
            provider,
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
        let Some(rules) = &self.rules else {
            return Ok(ServerCertVerified::assertion());
        };
        let result = if self.trusted.contains(leaf) {
            check_trusted(leaf, name, now)
        } else {
            rules.verify_server_cert(leaf, others, name, ocsp, now)
        };
        result.map_err(|error| {
            let fault = fault_of(&error, leaf, others, name, now);
            let cause = ConnectionError::Tls(TlsFailure::Certificate(fault));
            CertificateError::Other(OtherError(Arc::new(Carrier(cause)))).into()
        })
    }

    // If every certificate is accepted, so is every signature, since the library cannot parse the
    // key of some old certificates.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match &self.rules {
            Some(rules) => rules.verify_tls12_signature(message, leaf, signature),
            None => Ok(HandshakeSignatureValid::assertion()),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match &self.rules {
            Some(rules) => rules.verify_tls13_signature(message, leaf, signature),
            None => Ok(HandshakeSignatureValid::assertion()),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

/// Verifies a certificate that the user gave explicitly. Its issuer does not matter, but it must be
/// for this server and within its validity period.
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

/// Returns which certificate was rejected and why.
fn fault_of(
    error: &Error,
    leaf: &CertificateDer<'_>,
    others: &[CertificateDer<'_>],
    asked: &ServerName<'_>,
    now: UnixTime,
) -> CertificateFault {
    use CertificateError as Problem;
    let (Error::InvalidCertificate(problem), Some(leaf)) = (error, Certificate::read(leaf)) else {
        return CertificateFault::Unreadable(error.to_string().into());
    };
    let others: Vec<Certificate<'_>> = others.iter().filter_map(Certificate::read).collect();
    let distrust = match problem {
        Problem::Expired | Problem::ExpiredContext { .. } => {
            let (which, of) = faulty_certificate(&leaf, &others, |one| one.has_expired(now));
            return CertificateFault::Expired(which, of.last_day().into());
        }
        Problem::NotValidYet | Problem::NotValidYetContext { .. } => {
            let (which, of) = faulty_certificate(&leaf, &others, |one| one.is_not_yet_valid(now));
            return CertificateFault::NotYetValid(which, of.first_day().into());
        }
        Problem::NotValidForName | Problem::NotValidForNameContext { .. } => {
            return CertificateFault::WrongName {
                hosts: leaf.hosts().map(Into::into),
                subject: leaf.subject().into(),
                asked: quoted(&asked.to_str()).into(),
            };
        }
        // A self-signed certificate often claims to be a CA certificate, and is then rejected for
        // that reason.
        Problem::UnknownIssuer | Problem::Other(_) if leaf.is_issued_by(&leaf) => {
            Distrust::SelfSigned
        }
        Problem::Other(_) if leaf.is_authority() => Distrust::Authority,
        Problem::UnknownIssuer => Distrust::UnknownIssuer(missing_issuer(&leaf, &others).into()),
        Problem::BadSignature => Distrust::BadSignature(leaf.issuer().into()),
        Problem::InvalidPurpose | Problem::InvalidPurposeContext { .. } => Distrust::NotForServers,
        _ => Distrust::Other(problem.to_string().into()),
    };
    CertificateFault::Untrusted(leaf.owner().into(), distrust)
}

/// Returns the first faulty certificate in the chain, preceded by the facts to report about it.
fn faulty_certificate<'a, 'b>(
    leaf: &'a Certificate<'b>,
    others: &'a [Certificate<'b>],
    is_at_fault: impl Fn(&Certificate<'_>) -> bool,
) -> (FaultyCertificate, &'a Certificate<'b>) {
    let other = others.iter().find(|other| is_at_fault(other));
    let other = other.filter(|_| !is_at_fault(leaf));
    let faulty = other.unwrap_or(leaf);
    let owner = match other {
        Some(other) => other.subject(),
        None => leaf.owner(),
    };
    let which = FaultyCertificate {
        owner: owner.into(),
        issuer: faulty.issuer().into(),
        is_in_chain: other.is_some(),
    };
    (which, faulty)
}

/// Returns the issuer of the last certificate in the chain that the server sent.
fn missing_issuer(leaf: &Certificate<'_>, others: &[Certificate<'_>]) -> String {
    let mut last = leaf;
    // Limit the number of steps, because a chain may be circular.
    for _ in others {
        let issuer = others.iter().find(|other| last.is_issued_by(other));
        last = issuer.unwrap_or(last);
    }
    last.issuer()
}
