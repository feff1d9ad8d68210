//! Why a TLS connection failed, as data. Names from certificates are already escaped.

/// Why TLS failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsFailure {
    /// TLS was requested but not set up.
    NotSetUp,
    /// The server does not speak TLS.
    NotSpoken,
    /// The server's certificate is not accepted.
    Certificate(CertificateFault),
    /// This host name cannot occur in a certificate.
    UnnamableHost(Box<str>),
    /// Client and server have no TLS version or cipher in common; the text is the library's.
    NothingInCommon(Box<str>),
    /// The server aborted the handshake with the alert of this name.
    Alert(Alert, Box<str>),
    /// Another error, with the library's text.
    Other(Box<str>),
}

/// What a TLS alert from the server says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alert {
    /// The client has to present a certificate.
    CertificateRequired,
    /// The client's certificate is rejected.
    CertificateRejected,
    /// The handshake failed. Before TLS 1.3, this alert is also sent if a certificate is missing.
    HandshakeFailure,
    /// The server does not know the requested name.
    UnknownName,
    /// Anything else.
    Other,
}

/// Why the server's certificate is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateFault {
    /// The certificate cannot be parsed; this is the library's error.
    Unreadable(Box<str>),
    /// A certificate expired on this day.
    Expired(FaultyCertificate, Box<str>),
    /// A certificate is not valid before this day.
    NotYetValid(FaultyCertificate, Box<str>),
    /// The certificate is for other hosts, or for none.
    WrongName {
        /// The hosts that the certificate is for.
        hosts: Option<Box<str>>,
        /// The certificate's subject.
        subject: Box<str>,
        /// The host that was connected to.
        asked: Box<str>,
    },
    /// The certificate is for the right host but is not trusted. The text contains its hosts or its
    /// subject.
    Untrusted(Box<str>, Distrust),
}

/// The certificate that is at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultyCertificate {
    /// The hosts or the subject of the certificate.
    pub owner: Box<str>,
    /// The issuer of the certificate.
    pub issuer: Box<str>,
    /// Whether this is another certificate of the chain rather than the server's own.
    pub is_in_chain: bool,
}

/// Why a certificate is not trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// The certificate is self-signed.
    SelfSigned,
    /// The certificate is a CA certificate.
    Authority,
    /// This issuer is not trusted.
    UnknownIssuer(Box<str>),
    /// A CA with this issuer's name is trusted, but did not sign the certificate.
    BadSignature(Box<str>),
    /// The certificate is not meant for servers.
    NotForServers,
    /// Another reason, with the library's text.
    Other(Box<str>),
}
