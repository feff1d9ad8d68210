//! The redis-cli options for connecting to the same server, for users who want to publish from a
//! shell.

use std::path::Path;

use subscope::app::RedisCli;
use subscope::server::{Address, TlsSettings};

use crate::host::failure::shown_path;

/// Returns the options for `address` and for TLS.
pub fn options(address: &Address, tls: Option<&TlsSettings>) -> RedisCli {
    let place = match address {
        Address::Tcp { host, port } => format!("-h {} -p {port}", quoted(host)),
        Address::Unix(path) => format!("-s {}", quoted_path(path)),
    };
    let tls = tls.map(|tls| tls_words(tls).join(" ")).unwrap_or_default();
    RedisCli { place, tls }
}

fn tls_words(tls: &TlsSettings) -> Vec<String> {
    let mut words = vec!["--tls".to_owned()];
    let mut option = |name: &str, value: Option<String>| {
        words.extend(value.into_iter().flat_map(|value| [name.to_owned(), value]));
    };
    option("--cacert", tls.cacert.as_deref().map(quoted_path));
    option("--cert", tls.cert.as_deref().map(quoted_path));
    option("--key", tls.key.as_deref().map(quoted_path));
    option("--sni", tls.sni.as_deref().map(quoted));
    if tls.is_insecure {
        words.push("--insecure".to_owned());
    }
    words
}

fn quoted_path(path: &Path) -> String {
    quoted(&shown_path(path))
}

/// Quotes a word for the shell.
fn quoted(text: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./:%+@,=".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(address: &Address, tls: Option<&TlsSettings>) -> String {
        let RedisCli { place, tls } = options(address, tls);
        format!("{place} {tls}").trim_end().to_owned()
    }

    #[test]
    fn the_options_name_the_same_server_and_tls_settings() {
        let host = Address::tcp("::1", 7000);
        assert_eq!(command(&host, None), "-h ::1 -p 7000");
        let socket = Address::Unix("/run/it's.sock".into());
        assert_eq!(command(&socket, None), r"-s '/run/it'\''s.sock'");
        let trusting = TlsSettings {
            cacert: Some("/my ca.pem".into()),
            sni: Some("redis.example".to_owned()),
            ..TlsSettings::default()
        };
        assert_eq!(
            command(&host, Some(&trusting)),
            "-h ::1 -p 7000 --tls --cacert '/my ca.pem' --sni redis.example"
        );
        let known = TlsSettings {
            cert: Some("c.pem".into()),
            key: Some("k.pem".into()),
            is_insecure: true,
            ..TlsSettings::default()
        };
        assert_eq!(
            command(&host, Some(&known)),
            "-h ::1 -p 7000 --tls --cert c.pem --key k.pem --insecure"
        );
    }
}
