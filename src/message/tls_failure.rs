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
    /// No certificate can name this host.
    UnnamableHost(Box<str>),
    /// Client and server have no TLS version or cipher in common, with details from the library.
    NothingInCommon(Box<str>),
    /// The server aborted the handshake with the alert of this name.
    Alert(Alert, Box<str>),
    /// Another error, with the library's text.
    Other(Box<str>),
}

/// What an alert of the server says about the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alert {
    /// It has to present a certificate.
    CertificateRequired,
    /// Its certificate is rejected.
    CertificateRejected,
    /// The handshake failed. Before TLS 1.3, this is also sent if a certificate is missing.
    HandshakeFailure,
    /// The server does not know the requested name.
    UnknownName,
    /// Anything else.
    Other,
}

/// Why the server's certificate is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateFault {
    /// It cannot be parsed; the library's text.
    Unreadable(Box<str>),
    /// A certificate expired on this day.
    Expired(FaultyCertificate, Box<str>),
    /// A certificate is not valid before this day.
    NotYetValid(FaultyCertificate, Box<str>),
    /// It is for other hosts, or for none.
    WrongName {
        /// The hosts that it is for.
        hosts: Option<Box<str>>,
        /// Its subject.
        subject: Box<str>,
        /// The host that was connected to.
        asked: Box<str>,
    },
    /// It is for the right host but not trusted. The text names its hosts or its subject.
    Untrusted(Box<str>, Distrust),
}

/// The certificate that is at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultyCertificate {
    /// Its hosts or its subject.
    pub owner: Box<str>,
    /// Its issuer.
    pub issuer: Box<str>,
    /// Whether it is not the server's own, but another one in its chain.
    pub is_in_chain: bool,
}

/// Why a certificate is not trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// It is self-signed.
    SelfSigned,
    /// It is a CA certificate.
    Authority,
    /// This issuer is not trusted.
    UnknownIssuer(Box<str>),
    /// The trusted CA with the name of this issuer did not sign it.
    BadSignature(Box<str>),
    /// It is not for servers.
    NotForServers,
    /// Another reason, with the library's text.
    Other(Box<str>),
}
