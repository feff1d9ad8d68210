//! Peers that are not Redis servers.

use crate::message::Stranger;

/// Maximum number of bytes shown of an unknown peer's answer.
const SHOWN_BYTES: usize = 60;

/// Possible first bytes of a RESP2 or RESP3 reply.
const REPLY_STARTS: &[u8] = b"+-:$*_,#!=%~>|(";

/// The start of a TLS alert record, which a TLS server may send to a client that does not speak
/// TLS.
const TLS_ALERT: &[u8] = &[0x15, 0x03];

/// Identifies a peer by its first bytes, if they are not a reply.
pub(super) fn stranger_behind(first: &[u8]) -> Option<Stranger> {
    let byte = first.first()?;
    if REPLY_STARTS.contains(byte) {
        return None;
    }
    Some(if first.starts_with(TLS_ALERT) {
        Stranger::Tls
    } else if first.starts_with(b"HTTP/") {
        Stranger::Http
    } else {
        let line = first.split(|byte| b"\r\n".contains(byte)).next()?;
        let shown = &line[..line.len().min(SHOWN_BYTES)];
        Stranger::Other(shown.escape_ascii().to_string().into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_is_recognized_by_its_first_bytes() {
        assert_eq!(stranger_behind(b""), None);
        for start in ["+PONG", "-ERR", ":1", "$-1", "*3", "%2", ">2"] {
            assert_eq!(stranger_behind(start.as_bytes()), None, "{start}");
        }
        let http = stranger_behind(b"HTTP/1.1 400 Bad Request\r\n\r\n<html>");
        assert_eq!(http, Some(Stranger::Http));
        let ssh = stranger_behind(b"SSH-2.0-OpenSSH_9.6\r\n");
        assert_eq!(ssh, Some(Stranger::Other("SSH-2.0-OpenSSH_9.6".into())));
        assert_eq!(stranger_behind(&[0x15, 3, 3, 0, 2]), Some(Stranger::Tls));
    }
}
