//! What answers where a Redis is asked, and is none, or says nothing.

use std::error::Error;
use std::fmt;

/// How much is shown of what a server says that is no Redis.
const SHOWN_BYTES: usize = 60;

/// What the first byte of a reply can be, in RESP2 and RESP3.
const REPLY_STARTS: &[u8] = b"+-:$*_,#!=%~>|(";

/// How a TLS record that brings an alert starts: what a server that wants TLS may say to one that
/// does not speak it.
const TLS_ALERT: &[u8] = &[0x15, 0x03];

/// What answers and is no Redis that speaks plainly.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stranger {
    /// It answers in TLS.
    Tls,
    /// It answers as HTTP servers do.
    Http,
    /// It says something else, which begins so.
    Other(String),
}

impl Stranger {
    /// What the first bytes show, if they are no reply.
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

/// That the server has hung up before it said anything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Silence {
    /// What may be the case.
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
