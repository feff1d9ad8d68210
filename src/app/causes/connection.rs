//! Descriptions of failed connections.

use std::io::ErrorKind;
use std::time::Duration;

use crate::message::{
    Alert, Awaited, CertificateFault, Closing, ConnectionError, Distrust, FaultyCertificate,
    LookupError, PasswordCommandError, PasswordCommandFailure, SentinelError, SentinelErrors,
    SentinelOutcome, Stranger, StreamKind, TlsFailure, TunnelError,
};

/// Returns the text for why there is no connection.
pub fn connection_words(error: &ConnectionError) -> String {
    match error {
        ConnectionError::Redis(error) => error.text.to_string(),
        ConnectionError::Network(ErrorKind::TimedOut) => "timed out: no acknowledgement".to_owned(),
        ConnectionError::Network(kind) => kind.to_string(),
        ConnectionError::Io(text) => text.to_string(),
        ConnectionError::Closed(closing) => {
            format!("closed by the server{}", closing_words(*closing))
        }
        ConnectionError::NoAnswer(awaited, waited) => {
            let to = match awaited {
                Awaited::Connect => " to the connection attempt",
                Awaited::Handshake => " to the TLS handshake",
                Awaited::Reply => "",
            };
            format!("no answer{to} for {}", seconds(*waited))
        }
        ConnectionError::HostNotFound(host, reason) => match reason {
            LookupError::Resolver(text) => format!("host not found: {host} ({text})"),
            LookupError::NoAnswer(waited) => {
                let waited = seconds(*waited);
                format!("host not found: {host} (no answer for {waited})")
            }
            LookupError::NoAddress => format!("host not found: {host} has no address"),
        },
        ConnectionError::NoSuchSocket(path) => format!("no such socket: {path}"),
        ConnectionError::NotASocket { path, is_directory } => {
            let what = if *is_directory {
                "a directory"
            } else {
                "a file"
            };
            format!("not a socket, but {what}: {path}")
        }
        ConnectionError::Tls(failure) => tls_words(failure),
        ConnectionError::Handshake(error) => {
            format!("{} during the TLS handshake", connection_words(error))
        }
        ConnectionError::Tunnel(error) => tunnel_words(error),
        ConnectionError::Announced(address, error) => format!(
            "{} · {address} is announced by the server; if it has another address from here, use \
             --map-address '{address}=HOST:PORT'",
            connection_words(error)
        ),
        ConnectionError::NotRedis(stranger) => stranger_words(stranger),
        ConnectionError::NotResp(error) => format!("not RESP: {error}"),
        ConnectionError::Reply(command, error) => format!("{command}: {}", connection_words(error)),
        ConnectionError::Sentinels(errors) => sentinels_words(errors).join(": "),
        ConnectionError::NoMasterYet => "the sentinels have not named a master yet".to_owned(),
        ConnectionError::MasterReplaced => "the sentinels now name another master".to_owned(),
        ConnectionError::NotConnected => "not connected".to_owned(),
        ConnectionError::PasswordCommand(error) => {
            format!("the password command {}", password_command_words(error))
        }
    }
}

/// Returns the text for what went wrong with the password command, to follow its name.
pub fn password_command_words(error: &PasswordCommandError) -> String {
    let words = match &error.failure {
        PasswordCommandFailure::NotStarted(reason) => format!("cannot be run: {reason}"),
        PasswordCommandFailure::Exited(status) => format!("failed with exit status {status}"),
        PasswordCommandFailure::Signalled(signal) => format!("was ended by signal {signal}"),
        PasswordCommandFailure::TooLong(time) => format!("took longer than {}", seconds(*time)),
        PasswordCommandFailure::NoPassword => "wrote no password on its first line".to_owned(),
        PasswordCommandFailure::NotText => "wrote a first line that is not UTF-8".to_owned(),
    };
    match &*error.stderr {
        "" => words,
        stderr => format!("{words}: {stderr}"),
    }
}

fn closing_words(closing: Closing) -> &'static str {
    match closing {
        Closing::Later => "",
        Closing::Unanswered => " before it answered",
        Closing::Silent(StreamKind::Tcp) => {
            " before it answered: it may require TLS (--tls or rediss://), reject your IP address, or \
             be a proxy without a working server"
        }
        Closing::Silent(StreamKind::Tls) => {
            " before it answered: it may reject your IP address, or not be Redis"
        }
        Closing::Silent(StreamKind::Unix) => " before it answered: it may not be Redis",
        Closing::Silent(StreamKind::Tunnel) => {
            " before it answered: the tunnel may not lead to Redis, or Redis may require TLS (--tls \
             or rediss://)"
        }
        Closing::AfterFirstAnswer => " after its first answer",
        Closing::AtLoginLimit => {
            " after 12 hours, the limit of cloud services for logins that expire (IAM)"
        }
        Closing::OnSubscribe => {
            " when asked to subscribe: possibly a proxy without Pub/Sub, such as twemproxy"
        }
    }
}

fn tunnel_words(error: &TunnelError) -> String {
    match error {
        TunnelError::NotStarted(error) => format!("the tunnel's command does not start: {error}"),
        TunnelError::Ended {
            last_words,
            exit_code,
        } => match (&**last_words, exit_code) {
            ("", Some(code)) => {
                format!(
                    "the tunnel's command ended with exit code {code}, without an error message"
                )
            }
            ("", None) => "the tunnel's command was killed".to_owned(),
            (words, _) => format!("tunnel: {words}"),
        },
        TunnelError::UnsafeHost(host) => format!(
            "the announced host {host:?} cannot be passed to the tunnel's command; map it with \
             --map-address"
        ),
        TunnelError::SshLogin {
            destination,
            last_words,
            is_refused,
        } => {
            let words = match &**last_words {
                "" => "no connection",
                words => words.trim_end_matches('.'),
            };
            let remedy = if *is_refused {
                "; restart subscope to enter a password, or use a key or an agent"
            } else {
                ""
            };
            format!("ssh {destination}: {words}{remedy}")
        }
    }
}

fn tls_words(failure: &TlsFailure) -> String {
    match failure {
        TlsFailure::NotSetUp => "TLS requested, but not set up".to_owned(),
        TlsFailure::NotSpoken => {
            "the server does not speak TLS here; use redis:// without --tls".to_owned()
        }
        TlsFailure::Certificate(fault) => certificate_words(fault),
        TlsFailure::UnnamableHost(host) => {
            format!("no certificate can name {host:?}: set the server's name with --sni NAME")
        }
        TlsFailure::NothingInCommon(why) => {
            format!("no TLS version or cipher in common with the server: {why}")
        }
        TlsFailure::Alert(Alert::CertificateRequired, _) => {
            "the server requires a client certificate: use --cert FILE and --key FILE".to_owned()
        }
        TlsFailure::Alert(Alert::CertificateRejected, name) => format!(
            "the server rejected the client certificate ({name}): use another with --cert FILE \
             and --key FILE"
        ),
        TlsFailure::Alert(Alert::HandshakeFailure, name) => format!(
            "the server aborted the TLS handshake ({name}): it may require a client certificate: \
             use --cert FILE and --key FILE"
        ),
        TlsFailure::Alert(Alert::UnknownName, name) => {
            format!(
                "the server does not know the host name sent to it ({name}): set it with --sni NAME"
            )
        }
        TlsFailure::Alert(Alert::Other, name) => {
            format!("the server aborted the TLS connection: {name}")
        }
        TlsFailure::Other(text) => format!("TLS failed: {text}"),
    }
}

fn certificate_words(fault: &CertificateFault) -> String {
    match fault {
        CertificateFault::Unreadable(error) => {
            format!("the server's certificate cannot be parsed: {error}")
        }
        CertificateFault::Expired(which, day) => {
            format!("{} expired on {day}", faulty_words(which))
        }
        CertificateFault::NotYetValid(which, day) => {
            format!("{} is not valid before {day}", faulty_words(which))
        }
        CertificateFault::WrongName {
            hosts: Some(hosts),
            asked,
            ..
        } => format!(
            "the server's certificate is for {hosts}, not for {asked}; to check another name, use \
             --sni NAME"
        ),
        CertificateFault::WrongName { subject, asked, .. } => format!(
            "the server's certificate names no host (its subject is {subject}), so it is not for \
             {asked}; only --insecure accepts it"
        ),
        CertificateFault::Untrusted(owner, distrust) => {
            let problem = distrust_words(distrust);
            format!("the server's certificate for {owner} {problem}")
        }
    }
}

fn distrust_words(distrust: &Distrust) -> String {
    match distrust {
        Distrust::SelfSigned => "is self-signed; to trust it, use --cacert FILE".to_owned(),
        Distrust::Authority => {
            "is a CA certificate, not a server certificate; to trust it, use --cacert FILE"
                .to_owned()
        }
        Distrust::UnknownIssuer(issuer) => {
            format!("is issued by {issuer}, which is not trusted; to trust it, use --cacert FILE")
        }
        Distrust::BadSignature(issuer) => format!(
            "claims to be issued by {issuer}, but the trusted CA of that name did not sign it; \
             check --cacert FILE"
        ),
        Distrust::NotForServers => "is not valid for servers".to_owned(),
        Distrust::Other(problem) => format!("is refused: {problem}"),
    }
}

fn faulty_words(which: &FaultyCertificate) -> String {
    let FaultyCertificate { owner, issuer, .. } = which;
    if which.is_in_chain {
        format!("the certificate of {owner} (issued by {issuer}), in the server's chain,")
    } else {
        format!("the server's certificate for {owner} (issued by {issuer})")
    }
}

fn stranger_words(stranger: &Stranger) -> String {
    match stranger {
        Stranger::Tls => "the server speaks TLS here: connect with --tls or rediss://".to_owned(),
        Stranger::Http => "this is an HTTP server, not Redis".to_owned(),
        Stranger::Other(start) => format!("not a Redis server: it says \"{start}\""),
    }
}

/// Returns the outcome of asking the sentinels and the reasons, each listed once.
pub fn sentinels_words(errors: &SentinelErrors) -> [String; 2] {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for (sentinel, error) in &errors.0 {
        let reason = sentinel_words(error);
        match groups.iter_mut().find(|(of, _)| *of == reason) {
            Some((_, sentinels)) => sentinels.push(sentinel),
            None => groups.push((reason, vec![sentinel])),
        }
    }
    let groups = groups.into_iter();
    let groups = groups.map(|(reason, sentinels)| format!("{}: {reason}", sentinels.join(", ")));
    let reasons = groups.collect::<Vec<_>>().join("; ");
    match errors.outcome() {
        SentinelOutcome::NoMaster => ["no sentinel names a usable master".to_owned(), reasons],
        SentinelOutcome::LoginRefused => [
            "login refused by the sentinels".to_owned(),
            format!("{reasons} (set sentinel-user= and sentinel-password= in the URL)"),
        ],
        SentinelOutcome::Unreachable => ["no sentinel is responding".to_owned(), reasons],
    }
}

fn sentinel_words(error: &SentinelError) -> String {
    match error {
        SentinelError::Connection(error) | SentinelError::NoAnswer(error) => {
            connection_words(error)
        }
        SentinelError::UnknownMaster {
            master,
            known,
            has_more,
        } => {
            let known: Vec<String> = known.iter().map(|name| format!("{name:?}")).collect();
            let more = if *has_more { ", …" } else { "" };
            match known.as_slice() {
                [] => format!("no master named {master:?}"),
                known => {
                    let known = known.join(", ");
                    format!("no master named {master:?}, only {known}{more}")
                }
            }
        }
        SentinelError::MasterUnreachable(address, error) => {
            format!("the master {address}: {}", connection_words(error))
        }
        SentinelError::MasterIsReplica(address) => {
            format!("{address} is named as master, but says it is a replica")
        }
    }
}

/// Formats a timeout: `15 s`, `200 ms`.
fn seconds(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        format!("{} s", duration.as_secs())
    } else {
        format!("{} ms", duration.as_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unreachable() -> SentinelError {
        SentinelError::Connection(ConnectionError::Network(ErrorKind::ConnectionRefused))
    }

    fn refused() -> SentinelError {
        SentinelError::Connection(ConnectionError::Redis("WRONGPASS".into()))
    }

    fn unknown(known: usize, has_more: bool) -> SentinelError {
        SentinelError::UnknownMaster {
            master: "m".into(),
            known: (0..known).map(|number| number.to_string().into()).collect(),
            has_more,
        }
    }

    fn of_sentinels(errors: &[SentinelError]) -> (bool, String) {
        let errors = (1..).zip(errors.iter().cloned());
        let errors = errors.map(|(port, error)| (format!("h:{port}").into(), error));
        let error = ConnectionError::Sentinels(SentinelErrors(errors.collect()));
        (error.is_refusal(), connection_words(&error))
    }

    #[test]
    fn each_reason_of_the_sentinels_is_given_once() {
        let (is_final, words) = of_sentinels(&[unreachable(), unreachable()]);
        assert_eq!(
            (is_final, &*words),
            (
                false,
                "no sentinel is responding: h:1, h:2: connection refused"
            )
        );
        let (is_final, words) = of_sentinels(&[unreachable(), refused()]);
        let start = "login refused by the sentinels: h:1: connection refused; h:2: WRONGPASS (";
        assert!(is_final && words.starts_with(start), "{words}");
        // A sentinel that accepts the login may learn of the master later.
        let (is_final, words) = of_sentinels(&[refused(), unknown(0, false)]);
        let start = "no sentinel names a usable master: h:1: WRONGPASS; h:2: no master named \"m\"";
        assert_eq!((is_final, &*words), (false, start));
    }

    #[test]
    fn only_some_of_many_masters_are_named() {
        let words = |known, has_more| sentinel_words(&unknown(known, has_more));
        assert_eq!(words(2, false), "no master named \"m\", only \"0\", \"1\"");
        assert!(words(8, true).ends_with("\"7\", …"));
    }
}
