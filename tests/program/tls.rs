//! TLS against a real Redis, with certificates made for the test: what is trusted, what is not, and
//! the errors reported.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::sync::mpsc;
use tokio::time::timeout;
use vt100::Color;

use subscope::app::{connection_words, publish_error_words};
use subscope::log::MessageLog;
use subscope::message::{Subscription, SubscriptionId, Topic};
use subscope::server::{
    Ask, Config, Connection, Endpoint, Feed, Server, Timing, Tls, TlsSettings, start,
};

use crate::servers::authority::{self, Authority, Identity, expired, params};
use crate::support::pty::{Launch, SUBSCOPE};
use crate::support::redis::{Redis, applies, pack};

/// Timeout for expected events, after which the test fails.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Returns whether the server to test against is built with TLS.
fn tls_applies() -> bool {
    applies(Redis::start().has_setting("tls-port"), "TLS")
}

/// Starts a server at `127.0.0.1` with a valid certificate.
fn valid_server(authority: &Authority) -> Redis {
    let identity = authority.issue("right", &["127.0.0.1", "localhost"], |_| {});
    authority.serve(&identity, &[])
}

/// The server tasks, subscribed to everything, and the log that they fill.
struct Listener {
    server: Server,
    feed_rx: mpsc::Receiver<Feed>,
    log: MessageLog,
}

impl Listener {
    fn start(url: &str, settings: &TlsSettings) -> Self {
        Self::start_within(url, settings, Timing::default())
    }

    fn start_within(url: &str, settings: &TlsSettings, timing: Timing) -> Self {
        let (feed_tx, feed_rx) = mpsc::channel(64);
        let mut config = Config::new(Endpoint::parse(url).unwrap());
        config.tls = Some(Tls::load(settings).unwrap());
        config.subscriptions = vec![Subscription {
            id: SubscriptionId(0),
            topic: Topic::pattern(b"*"),
        }];
        config.timing = Timing {
            longest_wait: Duration::from_millis(50),
            ..timing
        };
        let server = start(config, feed_tx);
        Self {
            server,
            feed_rx,
            log: MessageLog::new(1 << 20),
        }
    }

    /// Waits for the next event. Returns `None` if it went into the log.
    async fn next(&mut self) -> Option<Feed> {
        let feed = timeout(TIMEOUT, self.feed_rx.recv()).await;
        match feed.expect("anything arrives").expect("the tasks run") {
            Feed::Batch(batch) => {
                self.log.append(*batch);
                None
            }
            other => Some(other),
        }
    }

    /// Waits until the connection is live.
    async fn live(&mut self) {
        loop {
            match self.next().await {
                Some(Feed::Connection(_, Connection::Live)) => return,
                Some(Feed::Connection(_, Connection::Refused { reason, .. })) => {
                    panic!("{reason:?}")
                }
                _ => {}
            }
        }
    }

    /// Waits until an attempt has failed, and returns the reason.
    async fn reason(&mut self) -> String {
        loop {
            match self.next().await {
                Some(Feed::Connection(_, Connection::Reconnecting { reason, .. })) => {
                    return connection_words(&reason);
                }
                Some(Feed::Connection(
                    _,
                    state @ (Connection::Live | Connection::Refused { .. }),
                )) => {
                    panic!("{state:?}")
                }
                _ => {}
            }
        }
    }

    /// Publishes, and returns how many clients received the message.
    async fn publish(&mut self) -> Result<i64, String> {
        self.server.ask(Ask::Publish {
            id: 1,
            channel: b"channel"[..].into(),
            payload: b"payload"[..].into(),
            is_sharded: false,
        });
        loop {
            if let Some(Feed::Published { receivers, .. }) = self.next().await {
                return receivers.map_err(|error| publish_error_words(&error));
            }
        }
    }
}

async fn reason_of(url: &str, settings: &TlsSettings) -> String {
    Listener::start(url, settings).reason().await
}

async fn assert_refused(url: &str, settings: &TlsSettings, reason: &str) {
    assert_eq!(reason_of(url, settings).await, reason);
}

async fn assert_accepted(url: &str, settings: &TlsSettings) {
    let mut listener = Listener::start(url, settings);
    listener.live().await;
    assert_eq!(listener.publish().await, Ok(1));
    while listener.log.counters().received == 0 {
        listener.next().await;
    }
}

#[tokio::test]
async fn a_certificate_from_a_given_authority_is_accepted() {
    if !tls_applies() {
        return;
    }
    let authority = Authority::new("Test CA");
    let redis = valid_server(&authority);
    assert_accepted(&redis.url(), &authority.settings()).await;
    let by_name = format!("rediss://localhost:{}", redis.port());
    assert_accepted(&by_name, &authority.settings()).await;
}

#[tokio::test]
async fn a_folder_of_authorities_is_trusted_and_other_files_in_it_are_skipped() {
    if !tls_applies() {
        return;
    }
    let (authority, other) = (Authority::new("Test CA"), Authority::new("Other CA"));
    let redis = valid_server(&authority);
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    fs::write(place("notes.txt"), "no certificate").unwrap();
    let settings = TlsSettings {
        cacert: Some(folder.path().to_owned()),
        ..TlsSettings::default()
    };
    let error = Tls::load(&settings).unwrap_err().to_string();
    assert!(
        error.ends_with("contains no file with a PEM certificate"),
        "{error}"
    );
    fs::copy(other.path("ca.pem"), place("other.pem")).unwrap();
    fs::copy(authority.path("ca.pem"), place("a.pem")).unwrap();
    fs::copy(authority.path("ca.pem"), place("1f2e.0")).unwrap();
    assert_accepted(&redis.url(), &settings).await;
}

#[tokio::test]
async fn an_unknown_authority_is_named() {
    if !tls_applies() {
        return;
    }
    let [known, unknown] = ["Known CA", "Unknown CA"].map(Authority::new);
    let redis = valid_server(&unknown);
    let reason = "the server's certificate for \"127.0.0.1\", \"localhost\" is issued by \
                  \"Unknown CA\", which is not trusted; to trust it, use --cacert FILE";
    assert_refused(&redis.url(), &known.settings(), reason).await;
    // The system does not trust that authority either.
    assert_refused(&redis.url(), &TlsSettings::default(), reason).await;
    // An authority with the same name but another key did not sign the certificate.
    let impostor = Authority::new("Unknown CA");
    let reason = reason_of(&redis.url(), &impostor.settings()).await;
    assert!(reason.contains("did not sign it"), "{reason}");
}

#[tokio::test]
async fn an_expired_certificate_is_reported_with_its_date_and_a_renewed_one_accepted() {
    if !tls_applies() {
        return;
    }
    let authority = Authority::new("Test CA");
    let hosts = ["redis.example", "127.0.0.1"];
    let old = authority.issue("old", &hosts, expired);
    let new = authority.issue("new", &hosts, |_| {});
    let redis = authority.serve(&old, &[]);
    let mut listener = Listener::start(&redis.url(), &authority.settings());
    assert_eq!(
        listener.reason().await,
        "the server's certificate for \"redis.example\", \"127.0.0.1\" (issued by \"Test CA\") \
         expired on 2024-01-01"
    );
    let [cert, key] = [&new.cert, &new.key].map(|path| path.to_str().unwrap());
    redis.cli(&["config", "set", "tls-cert-file", cert, "tls-key-file", key]);
    listener.live().await;

    let early = authority.issue("early", &hosts, |params| {
        params.not_before = date_time_ymd(4000, 2, 3);
    });
    let redis = authority.serve(&early, &[]);
    let reason = reason_of(&redis.url(), &authority.settings()).await;
    assert!(
        reason.ends_with("is not valid before 4000-02-03"),
        "{reason}"
    );
}

#[tokio::test]
async fn an_expired_intermediate_is_distinguished_from_the_servers_certificate() {
    if !tls_applies() {
        return;
    }
    let authority = Authority::new("Test CA");
    let key = KeyPair::generate().unwrap();
    let mut between = authority::ca_params("Between CA");
    expired(&mut between);
    let pem = between.signed_by(&key, &authority.issuer).unwrap().pem();
    let between = Issuer::new(between, key);
    let key = KeyPair::generate().unwrap();
    let leaf = params("leaf", &["127.0.0.1"]);
    let leaf = leaf.signed_by(&key, &between).unwrap().pem();
    let identity = authority.write("chain", &(leaf + &pem), &key);
    let redis = authority.serve(&identity, &[]);
    let reason = "the certificate of \"Between CA\" (issued by \"Test CA\"), in the server's \
                  chain, expired on 2024-01-01";
    assert_refused(&redis.url(), &authority.settings(), reason).await;
}

#[tokio::test]
async fn a_certificate_for_another_name_is_reported_and_accepted_with_sni() {
    if !tls_applies() {
        return;
    }
    let authority = Authority::new("Test CA");
    let other = authority.issue("other", &["other.example"], |_| {});
    let redis = authority.serve(&other, &[]);
    let reason = "the server's certificate is for \"other.example\", not for \"127.0.0.1\"; to \
                  check another name, use --sni NAME";
    assert_refused(&redis.url(), &authority.settings(), reason).await;
    let sni = |name: &str| TlsSettings {
        sni: Some(name.to_owned()),
        ..authority.settings()
    };
    assert_accepted(&redis.url(), &sni("other.example")).await;
    let reason = reason.replace("127.0.0.1", "third.example");
    assert_refused(&redis.url(), &sni("third.example"), &reason).await;

    let nameless = authority.issue("nameless", &[], |_| {});
    let redis = authority.serve(&nameless, &[]);
    let reason = "the server's certificate names no host (its subject is \"nameless\"), so it is \
                  not for \"127.0.0.1\"; only --insecure accepts it";
    assert_refused(&redis.url(), &authority.settings(), reason).await;
}

#[tokio::test]
async fn a_self_signed_certificate_is_trusted_once_it_is_given() {
    if !tls_applies() {
        return;
    }
    let authority = Authority::new("Test CA");
    let key = KeyPair::generate().unwrap();
    // `openssl req -x509` makes such a certificate: it is marked as an authority's certificate.
    let mut own = params("own", &["127.0.0.1"]);
    own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = own.self_signed(&key).unwrap().pem();
    let own = authority.write("own", &pem, &key);
    let redis = authority.serve(&own, &[]);
    let reason = "the server's certificate for \"127.0.0.1\" is self-signed; to trust it, use \
                  --cacert FILE";
    assert_refused(&redis.url(), &authority.settings(), reason).await;
    let given = TlsSettings {
        cacert: Some(own.cert),
        ..TlsSettings::default()
    };
    assert_accepted(&redis.url(), &given).await;
    let by_name = format!("rediss://localhost:{}", redis.port());
    let reason = reason_of(&by_name, &given).await;
    assert!(reason.contains("not for \"localhost\""), "{reason}");
}

#[tokio::test]
async fn an_insecure_connection_accepts_any_certificate() {
    if !tls_applies() {
        return;
    }
    let authority = Authority::new("Test CA");
    let bad = authority.issue("bad", &["other.example"], expired);
    let insecure = TlsSettings {
        is_insecure: true,
        ..TlsSettings::default()
    };
    for protocols in ["TLSv1.2", "TLSv1.3"] {
        let redis = authority.serve(&bad, &["--tls-protocols", protocols]);
        assert_accepted(&redis.url(), &insecure).await;
    }
}

#[tokio::test]
async fn a_server_that_requires_a_client_certificate_gets_it_or_says_so() {
    if !tls_applies() {
        return;
    }
    let authority = Authority::new("Test CA");
    let server = authority.issue("server", &["127.0.0.1"], |_| {});
    let client = authority.issue("client", &[], |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    });
    let another = Authority::new("Another CA");
    let stranger = another.issue("stranger", &[], |_| {});
    for protocols in ["TLSv1.2", "TLSv1.3"] {
        let options = ["--tls-auth-clients", "yes", "--tls-protocols", protocols];
        let redis = authority.serve(&server, &options);
        let mut listener = Listener::start(&redis.url(), &authority.settings());
        let reason = listener.reason().await;
        assert!(
            reason.contains("client certificate"),
            "{protocols}: {reason}"
        );
        assert!(reason.contains("--cert FILE and --key FILE"), "{reason}");
        let reason = listener.publish().await.unwrap_err();
        assert!(reason.contains("--cert FILE"), "{protocols}: {reason}");

        let with = |identity: &Identity| TlsSettings {
            cert: Some(identity.cert.clone()),
            key: Some(identity.key.clone()),
            ..authority.settings()
        };
        assert_accepted(&redis.url(), &with(&client)).await;
        let reason = reason_of(&redis.url(), &with(&stranger)).await;
        assert!(
            reason.contains("rejected the client certificate"),
            "{reason}"
        );
    }
}

#[tokio::test]
async fn tls_and_plaintext_are_distinguished() {
    let plain = Redis::start();
    let url = plain.url().replace("redis://", "rediss://");
    let reason = "the server does not speak TLS here; use redis:// without --tls";
    assert_refused(&url, &TlsSettings::default(), reason).await;

    if !tls_applies() {
        return;
    }
    let authority = Authority::new("Test CA");
    let redis = valid_server(&authority);
    let url = redis.url().replace("rediss://", "redis://");
    // The first attempt sends everything at once; the next one finds out which step the server
    // rejects.
    let mut refused = Listener::start(&url, &TlsSettings::default());
    assert_eq!(
        refused.reason().await,
        "closed by the server before it answered"
    );
    let reason = "closed by the server before it answered: it may require TLS (--tls or rediss://), \
                  reject your IP address, or be a proxy without a working server";
    assert_eq!(refused.reason().await, reason);
    refused.server.stop().await;

    // A server that answers with TLS records.
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let alert = [0x15, 3, 3, 0, 2, 2, 70];
            let _ = stream.unwrap().write_all(&alert);
        }
    });
    let reason = "the server speaks TLS here: connect with --tls or rediss://";
    assert_refused(&url, &TlsSettings::default(), reason).await;
}

#[tokio::test]
async fn a_silent_tls_handshake_times_out() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("rediss://{}", listener.local_addr().unwrap());
    let timing = Timing {
        connect_within: Duration::from_millis(200),
        ..Timing::default()
    };
    let mut silent = Listener::start_within(&url, &TlsSettings::default(), timing);
    assert_eq!(
        silent.reason().await,
        "no answer to the TLS handshake for 200 ms"
    );
}

#[tokio::test]
async fn a_unix_socket_does_not_use_tls() {
    if !tls_applies() {
        return;
    }
    let authority = Authority::new("Test CA");
    let redis = valid_server(&authority);
    let url = format!("unix://{}", redis.socket().display());
    assert_accepted(&url, &TlsSettings::default()).await;
}

#[tokio::test]
async fn a_large_message_and_a_burst_arrive_complete() {
    const BURST: usize = 20_000;
    if !tls_applies() {
        return;
    }
    let authority = Authority::new("Test CA");
    let redis = valid_server(&authority);
    let mut listener = Listener::start(&redis.url(), &authority.settings());
    listener.live().await;
    // Wait for the notice that the subscription is confirmed before publishing.
    while listener.log.counters().notices == 0 {
        listener.next().await;
    }
    let mut bytes = pack(&[b"PUBLISH", b"large", &vec![b'x'; 20 << 20]]);
    for _ in 0..BURST {
        bytes.extend(pack(&[b"PUBLISH", b"small", &[b'y'; 300]]));
    }
    let mut stream = UnixStream::connect(redis.socket()).unwrap();
    let publisher = thread::spawn(move || {
        stream.write_all(&bytes).unwrap();
        // Read the answers, since Redis stops processing commands when they are not read.
        let answers = BufReader::new(stream).lines().take(BURST + 1);
        answers
            .filter(|answer| answer.as_ref().unwrap() == ":1")
            .count()
    });
    while listener.log.counters().received < 1 + BURST as u64 {
        listener.next().await;
    }
    assert_eq!(publisher.join().unwrap(), 1 + BURST);
    assert_eq!(listener.log.counters().gaps, 0);
}

#[tokio::test]
async fn names_in_a_certificate_are_shown_escaped() {
    if !tls_applies() {
        return;
    }
    let known = Authority::new("Test CA");
    let hostile = Authority::new("Evil\x1b[31m\u{202e}CA");
    let redis = valid_server(&hostile);
    let reason = reason_of(&redis.url(), &known.settings()).await;
    assert!(reason.contains(r#""Evil\x1b[31m\u{202e}CA""#), "{reason}");
}

#[test]
fn an_invalid_file_is_named_with_its_option() {
    let authority = Authority::new("Test CA");
    let identity = authority.issue("right", &["localhost"], |_| {});
    let other = authority.issue("other", &["localhost"], |_| {});
    fs::write(authority.path("empty"), "nothing").unwrap();
    let broken = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
    fs::write(authority.path("broken"), broken).unwrap();
    let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    fs::write(authority.path("nonsense"), nonsense).unwrap();
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n\
                     -----END ENCRYPTED PRIVATE KEY-----\n";
    fs::write(authority.path("encrypted"), encrypted).unwrap();
    let cacert = |file: &str| TlsSettings {
        cacert: Some(authority.path(file)),
        ..TlsSettings::default()
    };
    let pair = |cert: PathBuf, key: PathBuf| TlsSettings {
        cert: Some(cert),
        key: Some(key),
        ..authority.settings()
    };
    let (cert, key) = (&identity.cert, &identity.key);
    for (settings, file, problem) in [
        (cacert("missing"), "missing", "cannot be read: No such file"),
        (cacert("empty"), "empty", "contains no PEM certificate"),
        (cacert("broken"), "broken", "is damaged"),
        (
            cacert("nonsense"),
            "nonsense",
            "certificate 1 in it cannot be trusted",
        ),
        (
            pair(cert.clone(), authority.path("encrypted")),
            "--key",
            "is encrypted",
        ),
        (
            pair(cert.clone(), cert.clone()),
            "--key",
            "contains no PEM private key",
        ),
        (
            pair(cert.clone(), other.key),
            "--key",
            "does not match the certificate",
        ),
        (
            pair(key.clone(), key.clone()),
            "--cert",
            "contains no PEM certificate",
        ),
    ] {
        let error = Tls::load(&settings).unwrap_err().to_string();
        assert!(error.contains(file) && error.contains(problem), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn the_screen_says_what_is_wrong_with_a_certificate() {
    if !tls_applies() {
        return;
    }
    let authority = Authority::new("Test CA");
    let old = authority.issue("old", &["127.0.0.1"], expired);
    let redis = authority.serve(&old, &[]);
    let port = redis.port().to_string();
    let ca = authority.path("ca.pem");
    let options = ["-p", &port, "--tls", "--cacert", ca.to_str().unwrap()];
    let pty = Launch::subscope(&options).size(160, 40).start();
    pty.wait_for_text("Not connected to rediss://127.0.0.1");
    pty.wait_for_text("(issued by \"Test CA\") expired on 2024-01-01");
    pty.wait_for_text("reconnecting");
    assert!(!pty.text().contains("INSECURE"), "{}", pty.text());
}

#[test]
fn an_insecure_connection_is_shown_in_red_wherever_the_address_is() {
    if !tls_applies() {
        return;
    }
    let authority = Authority::new("Test CA");
    let old = authority.issue("old", &["other.example"], expired);
    let redis = authority.serve(&old, &[]);
    let port = redis.port().to_string();
    let options = ["-h", "127.0.0.1", "-p", &port, "--tls", "--insecure", "one"];
    let mut pty = Launch::subscope(&options).size(160, 40).start();
    pty.wait_for_text("1 subscription");
    let hint = format!("redis-cli -h 127.0.0.1 -p {port} --tls --insecure publish one");
    pty.wait_for_text(&hint);
    let address = redis.url();
    assert!(pty.text().contains(&address), "{}", pty.text());
    for columns in (20..160).rev().step_by(7) {
        pty.resize(columns, 30);
        pty.wait_for("the status line", |screen| {
            screen.contents().contains("live")
        });
        let screen = pty.screen();
        let top = screen.rows(0, columns).next().unwrap();
        assert!(
            top.contains("INSECURE TLS") || !top.contains(&address),
            "{columns}: {top}"
        );
        if let Some(start) = top.find("INSECURE TLS") {
            let column = u16::try_from(top[..start].chars().count()).unwrap();
            let cell = screen.cell(0, column).unwrap();
            assert_eq!(cell.fgcolor(), Color::Idx(210), "{columns}: {top}");
        }
    }
}

#[test]
fn an_invalid_file_ends_the_program_before_the_screen() {
    let output = Command::new(SUBSCOPE)
        .args([
            "-h",
            "localhost",
            "--tls",
            "--cacert",
            "/nonexistent/ca.pem",
        ])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    let expected = "subscope: --cacert /nonexistent/ca.pem cannot be read: \
                    No such file or directory\n";
    assert_eq!(error, expected);
}
