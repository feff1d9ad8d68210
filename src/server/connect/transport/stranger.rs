//! Peers that are not Redis servers, or that send nothing.

use std::error::Error;
use std::fmt;

/// Maximum number of bytes shown of an unknown peer's answer.
const SHOWN_BYTES: usize = 60;

/// Possible first bytes of a RESP2 or RESP3 reply.
const REPLY_STARTS: &[u8] = b"+-:$*_,#!=%~>|(";

/// The start of a TLS alert record, which a TLS server may send to a client that does not speak
/// TLS.
const TLS_ALERT: &[u8] = &[0x15, 0x03];

/// A peer that is not a Redis server without TLS.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stranger {
    /// A TLS server.
    Tls,
    /// An HTTP server.
    Http,
    /// Something else, with the start of its answer.
    Other(String),
}

impl Stranger {
    /// Identifies the peer by its first bytes, if they are not a reply.
    pub(super) fn behind(first: &[u8]) -> Option<Self> {
        let byte = first.first()?;
        if REPLY_STARTS.contains(byte) {
            return None;
        }
        Some(if first.starts_with(TLS_ALERT) {
            Self::Tls
        } else if first.starts_with(b"HTTP/") {
            Self::Http
        } else {
            let line = first.split(|byte| b"\r\n".contains(byte)).next()?;
            let shown = &line[..line.len().min(SHOWN_BYTES)];
            Self::Other(shown.escape_ascii().to_string())
        })
    }
}

impl fmt::Display for Stranger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tls => f.write_str("the server speaks TLS here: connect with --tls or rediss://"),
            Self::Http => f.write_str("an HTTP server answers here, not Redis"),
            Self::Other(start) => write!(f, "not a Redis server: it says \"{start}\""),
        }
    }
}

impl Error for Stranger {}

/// The server closed the connection without sending anything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Silence {
    /// A possible reason.
    pub(super) guess: &'static str,
}

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "closed by the server before it answered: {}", self.guess)
    }
}

impl Error for Silence {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_is_known_by_its_first_words() {
        assert_eq!(Stranger::behind(b""), None);
        for start in ["+PONG", "-ERR", ":1", "$-1", "*3", "%2", ">2"] {
            assert_eq!(Stranger::behind(start.as_bytes()), None, "{start}");
        }
        let said = |first: &[u8]| Stranger::behind(first).map(|of| of.to_string());
        let http = said(b"HTTP/1.1 400 Bad Request\r\n\r\n<html>");
        assert_eq!(
            http.as_deref(),
            Some("an HTTP server answers here, not Redis")
        );
        let ssh = said(b"SSH-2.0-OpenSSH_9.6\r\n");
        let words = "not a Redis server: it says \"SSH-2.0-OpenSSH_9.6\"";
        assert_eq!(ssh.as_deref(), Some(words));
        assert_eq!(Stranger::behind(&[0x15, 3, 3, 0, 2]), Some(Stranger::Tls));
    }
}
