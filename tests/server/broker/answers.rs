//! Sends the same bytes to the broker and to a real Redis, and expects the same answers.

use std::net::SocketAddr;

use subscope::broker::{Broker, Settings};

use crate::broker::raw::{Raw, broker, message, subscriber};
use crate::support::redis::Redis;
use crate::support::version::version;

/// Requests that must get the same answer from both servers. Each is sent on a separate connection.
const SAME: &[&str] = &[
    "PING\r\n",
    "ping hello\r\n",
    "PING a b\r\n",
    "*2\r\n$4\r\nPING\r\n$5\r\na\r\nb\0\r\n",
    "ECHO\r\n",
    "ECHO \"a\\x00\\r\\n\"\r\n",
    "\r\n   \r\nECHO 'it\\'s' \r\n",
    "*0\r\n*-5\r\nPING\r\n",
    "FOO\r\n",
    "foo a 'b c' d\r\n",
    "*2\r\n$3\r\nfoo\r\n$3\r\na\r\n\r\n",
    "*2\r\n$5\r\nf\0o\r\n\r\n$2\r\n\r\n\r\n",
    "*1\r\n$0\r\n\r\n",
    "SELECT 3\r\n",
    "SELECT 16\r\n",
    "SELECT -1\r\n",
    "SELECT x\r\n",
    "SELECT\r\n",
    "AUTH secret\r\n",
    "AUTH default secret\r\n",
    "AUTH nobody secret\r\n",
    "AUTH a b c\r\n",
    "HELLO 4\r\n",
    "HELLO x\r\n",
    "HELLO 2 FOO\r\n",
    "HELLO 2 AUTH default\r\n",
    "HELLO 2 AUTH nobody secret\r\n",
    "HELLO 2 SETNAME \"a b\"\r\n",
    "CLIENT\r\n",
    "CLIENT FOO\r\n",
    "client foo bar\r\n",
    "CLIENT GETNAME\r\n",
    "CLIENT SETNAME me\r\nCLIENT GETNAME\r\nRESET\r\nCLIENT GETNAME\r\n",
    "CLIENT SETNAME \"a b\"\r\n",
    "CLIENT SETNAME\r\n",
    "CLIENT ID 3\r\n",
    "CLIENT LIST TYPE foo\r\n",
    "CLIENT LIST TYPE master\r\n",
    "CLIENT LIST ID x\r\n",
    "CLIENT LIST FOO\r\n",
    "CLIENT KILL\r\n",
    "CLIENT KILL 1.2.3.4:5\r\n",
    "CLIENT KILL ID 0\r\n",
    "CLIENT KILL ID 987654321\r\n",
    "CLIENT KILL TYPE foo\r\n",
    "CLIENT KILL TYPE pubsub SKIPME no\r\n",
    "CLIENT KILL USER nobody\r\n",
    "CLIENT KILL ADDR 1.2.3.4:5 ID\r\n",
    "CONFIG\r\n",
    "CONFIG FOO\r\n",
    "CONFIG GET\r\n",
    "CONFIG GET DATABASE?\r\n",
    "CONFIG GET no-such-thing\r\n",
    "COMMAND FOO\r\n",
    "COMMAND COUNT 1\r\n",
    "COMMAND INFO no-such-command\r\n",
    "COMMAND DOCS no-such-command\r\n",
    "INFO no-such-section\r\n",
    "RESET\r\n",
    "RESET 1\r\n",
    "QUIT\r\nPING\r\n",
    "MULTI\r\nEXEC\r\n",
    "MULTI\r\nPING\r\nPUBLISH a b\r\nECHO x\r\nEXEC\r\nPING\r\n",
    "MULTI\r\nSELECT 99\r\nPING\r\nEXEC\r\n",
    "MULTI\r\nFOO\r\nPING\r\nEXEC\r\nPING\r\n",
    "MULTI\r\nPUBLISH a\r\nEXEC\r\n",
    "MULTI\r\nCLIENT FOO\r\nEXEC\r\n",
    "MULTI\r\nPING\r\nDISCARD\r\nPING\r\nDISCARD\r\nEXEC\r\n",
    "MULTI\r\nMULTI\r\nPING\r\nEXEC\r\n",
    "MULTI\r\nWATCH a\r\nPING\r\nEXEC\r\n",
    "MULTI\r\nUNWATCH\r\nEXEC\r\nWATCH a b\r\nMULTI\r\nEXEC\r\nWATCH\r\nUNWATCH\r\n",
    "MULTI\r\nSUBSCRIBE a\r\nPUBLISH a b\r\nPING\r\nEXEC\r\nPING\r\n",
    "MULTI\r\nPSUBSCRIBE a*\r\nUNSUBSCRIBE\r\nPUNSUBSCRIBE\r\nEXEC\r\n",
    "MULTI\r\nSSUBSCRIBE a\r\nEXEC\r\n",
    "SUBSCRIBE a\r\nMULTI\r\nEXEC\r\nDISCARD\r\n",
    "MULTI\r\nRESET\r\nEXEC\r\n",
    "MULTI\r\nHELLO 9\r\nAUTH a b c\r\nEXEC\r\n",
    "MULTI\r\nQUIT\r\n",
    "MULTI\r\nEXEC 1\r\nPING\r\n",
    "EXEC 1\r\n",
    "PUBLISH a\r\n",
    "PUBLISH a b\r\n",
    "PUBLISH \"\" \"\"\r\n",
    "SPUBLISH a b\r\n",
    "SUBSCRIBE\r\n",
    "SUBSCRIBE a b a\r\nPSUBSCRIBE a* b\r\nSSUBSCRIBE a c\r\nSUBSCRIBE d\r\n",
    "SUBSCRIBE a\r\nPING\r\nPING x\r\nPING x y\r\nPUBLISH b c\r\nCLIENT GETNAME\r\nCONFIG GET a\r\n",
    "SSUBSCRIBE a\r\nINFO no-such-section\r\nFOO\r\nECHO a\r\nPING\r\n",
    "SUBSCRIBE a\r\nUNSUBSCRIBE a\r\nUNSUBSCRIBE a\r\nECHO free\r\n",
    "UNSUBSCRIBE\r\nPUNSUBSCRIBE\r\nSUNSUBSCRIBE\r\nUNSUBSCRIBE x y\r\n",
    "SUBSCRIBE a\r\nPSUBSCRIBE a\r\nSSUBSCRIBE a\r\nUNSUBSCRIBE\r\nPUNSUBSCRIBE\r\nSUNSUBSCRIBE\r\n",
    "SUBSCRIBE a\r\nUNSUBSCRIBE b\r\nPUNSUBSCRIBE\r\n",
    "SUBSCRIBE a\r\nRESET\r\nECHO free\r\n",
    "SUBSCRIBE a\r\nQUIT\r\n",
    "PUBSUB\r\n",
    "PUBSUB FOO\r\n",
    "PUBSUB CHANNELS\r\n",
    "PUBSUB CHANNELS a b\r\n",
    "PUBSUB NUMSUB\r\n",
    "PUBSUB NUMSUB a b\r\n",
    "PUBSUB NUMPAT\r\n",
    "PUBSUB NUMPAT x\r\n",
    "PUBSUB SHARDCHANNELS\r\n",
    "PUBSUB SHARDNUMSUB a\r\n",
    "*1\r\n:4\r\nPING\r\n",
    "*1\r\n\r\n",
    "*x\r\n",
    "*01\r\n",
    "*99999999999\r\n",
    "*1\r\n$-1\r\n",
    "*1\r\n$x\r\n",
    "*1\r\n$99999999999\r\n",
    "*1\r\n$+4\r\nPING\r\n",
    "ECHO \"a\r\n",
    "ECHO \"a\"b\r\n",
    "PING\r\nECHO 'a\r\nPING\r\n",
];

/// Requests, with the versions that answer them differently from Redis 7.2, which the broker
/// imitates.
const DIFFERENT: &[(&str, &[&str])] = &[
    // Until Redis 7.2, a client's own message interrupted the reply to EXEC.
    (
        "MULTI\r\nSUBSCRIBE a\r\nPUBLISH a b\r\nPING\r\nEXEC\r\nPING\r\n",
        &["Redis 6.2.", "Redis 7.0."],
    ),
    // The ID 0 is an error since Redis 7.0.
    ("CLIENT KILL ID 0\r\n", &["Redis 6.2."]),
    // Valkey refuses a nested MULTI or WATCH when it is sent, which dooms the transaction.
    (
        "MULTI\r\nMULTI\r\nPING\r\nEXEC\r\n",
        &["Valkey 8.0.", "Valkey 9.1."],
    ),
    (
        "MULTI\r\nWATCH a\r\nPING\r\nEXEC\r\n",
        &["Valkey 8.0.", "Valkey 9.1."],
    ),
    // Subcommands are checked when they are queued since Redis 7.0.
    ("MULTI\r\nCLIENT FOO\r\nEXEC\r\n", &["Redis 6.2."]),
    // Documentation and sharded channels came with Redis 7.0.
    ("COMMAND DOCS no-such-command\r\n", &["Redis 6.2."]),
    ("SPUBLISH a b\r\n", &["Redis 6.2."]),
    (
        "SUBSCRIBE a b a\r\nPSUBSCRIBE a* b\r\nSSUBSCRIBE a c\r\nSUBSCRIBE d\r\n",
        &["Redis 6.2."],
    ),
    (
        "SSUBSCRIBE a\r\nINFO no-such-section\r\nFOO\r\nECHO a\r\nPING\r\n",
        &["Redis 6.2."],
    ),
    (
        "SUBSCRIBE a\r\nPSUBSCRIBE a\r\nSSUBSCRIBE a\r\nUNSUBSCRIBE\r\nPUNSUBSCRIBE\r\nSUNSUBSCRIBE\r\n",
        &["Redis 6.2."],
    ),
    ("MULTI\r\nSSUBSCRIBE a\r\nEXEC\r\n", &["Redis 6.2."]),
    ("PUBSUB SHARDCHANNELS\r\n", &["Redis 6.2."]),
    ("PUBSUB SHARDNUMSUB a\r\n", &["Redis 6.2."]),
    // Valkey 8.0 refuses to unsubscribe where there is no subscription, with the code NOSUB.
    (
        "UNSUBSCRIBE\r\nPUNSUBSCRIBE\r\nSUNSUBSCRIBE\r\nUNSUBSCRIBE x y\r\n",
        &["Redis 6.2.", "Valkey 8.0."],
    ),
    (
        "SUBSCRIBE a\r\nUNSUBSCRIBE a\r\nUNSUBSCRIBE a\r\nECHO free\r\n",
        &["Valkey 8.0."],
    ),
    (
        "MULTI\r\nPSUBSCRIBE a*\r\nUNSUBSCRIBE\r\nPUNSUBSCRIBE\r\nEXEC\r\n",
        &["Valkey 8.0."],
    ),
    // A failed AUTH gets no answer while another answer is still to be written.
    (
        "AUTH secret\r\nPING\r\nAUTH wrong\r\nPING\r\nRESET\r\nPING\r\n",
        &["Redis 8.0.", "Valkey 8.0."],
    ),
    // In order: a differently worded error, an ignored odd argument, and quotes inside a word.
    ("CLIENT LIST ID x\r\n", &["Valkey 9.1."]),
    ("CLIENT KILL ADDR 1.2.3.4:5 ID\r\n", &["Valkey 9.1."]),
    ("ECHO \"a\"b\r\n", &["Valkey 9.1."]),
];

/// Requests that must get the same answer from both servers in RESP3, besides [`SAME`].
const SAME_IN_RESP3: &[&str] = &[
    "SUBSCRIBE a\r\nPUBLISH b c\r\nECHO x\r\nPING\r\nPING x\r\nPUBSUB NUMSUB a\r\n",
    "SUBSCRIBE a\r\nMULTI\r\nPUBLISH b c\r\nUNSUBSCRIBE\r\nEXEC\r\n",
    "SUBSCRIBE a\r\nHELLO 4\r\nRESET\r\nCLIENT GETNAME\r\n",
    "SSUBSCRIBE a\r\nSELECT 3\r\nSUNSUBSCRIBE\r\n",
    "CLIENT MAINT_NOTIFICATIONS ON moving-endpoint-type internal-ip\r\n",
    "CONFIG GET maxmemory\r\n",
];

/// As [`DIFFERENT`], for RESP3 only.
const DIFFERENT_IN_RESP3: &[(&str, &[&str])] = &[(
    "SSUBSCRIBE a\r\nSELECT 3\r\nSUNSUBSCRIBE\r\n",
    &["Redis 6.2."],
)];

/// Requests that Valkey 9.1 answers differently before authentication: it does not even reveal
/// which commands are unknown.
const DIFFERENT_BEFORE_LOGIN: &[(&str, &[&str])] = &[("FOO\r\n", &["Valkey 9.1."])];

/// Returns a server's answers to `bytes`, `end` and a PING that marks the end, on a new connection
/// that has sent `start`. Everything else is sent at once: a server that closes with unread data
/// would make the system discard its last answer.
async fn answer(address: SocketAddr, start: &str, bytes: &str, end: &str) -> String {
    let mut raw = Raw::connect(address).await;
    if !start.is_empty() {
        raw.send(format!("{start}PING ready\r\n")).await;
        raw.until("ready\r\n").await;
    }
    raw.send(format!("{bytes}{end}PING the-end\r\n")).await;
    String::from_utf8_lossy(&raw.until("the-end\r\n").await).into_owned()
}

/// Returns the answers with each error reduced to its code.
fn codes_only(answers: &str) -> String {
    let lines = answers.split_inclusive("\r\n").map(|line| {
        let code = line.split(' ').next().unwrap_or_default();
        if line.starts_with('-') { code } else { line }
    });
    lines.collect()
}

/// Panics with a list of all requests whose answers differ, and of those listed in `different`
/// whose answers do not.
async fn compare(
    redis: &Redis,
    broker: &Broker,
    start: &str,
    requests: &[&str],
    end: &str,
    different: &[(&str, &[&str])],
) {
    let version = version();
    let is_this = |start: &&str| version.starts_with(start);
    let mut wrong = Vec::new();
    for bytes in requests {
        let mut of_redis = answer(redis.address(), start, bytes, end).await;
        let mut ours = answer(broker.address(), start, bytes, end).await;
        // Redis 7.0 reworded most errors, so compare only their codes.
        if version.starts_with("Redis 6.") {
            (of_redis, ours) = (codes_only(&of_redis), codes_only(&ours));
        }
        let differs = different
            .iter()
            .any(|(request, servers)| request == bytes && servers.iter().any(is_this));
        if (ours != of_redis) != differs {
            let expected = if differs { "differ" } else { "are equal" };
            wrong.push(format!(
                "{bytes:?}, where the answers {expected}\n  {version} {of_redis:?}\n  here {ours:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn answers_are_those_of_redis() {
    compare(&Redis::start(), &broker().await, "", SAME, "", DIFFERENT).await;
}

#[tokio::test]
async fn a_password_is_required_as_in_redis() {
    let redis = Redis::start_with(&["--requirepass", "secret"]);
    let settings = Settings {
        password: Some("secret".to_owned()),
        ..Settings::default()
    };
    let broker = Broker::start(settings).await.unwrap();
    let requests = [
        "PING\r\n",
        "FOO\r\n",
        "SUBSCRIBE a\r\n",
        "HELLO 2 AUTH default wrong\r\n",
        "AUTH wrong\r\n",
        "AUTH nobody secret\r\n",
        "AUTH secret\r\nPING\r\nAUTH wrong\r\nPING\r\nRESET\r\nPING\r\n",
        "AUTH default secret\r\nPING\r\n",
        "QUIT\r\n",
        "*11\r\n",
        "*1\r\n$16385\r\n",
    ];
    let different = [DIFFERENT, DIFFERENT_BEFORE_LOGIN].concat();
    compare(
        &redis,
        &broker,
        "",
        &requests,
        "AUTH default secret\r\n",
        &different,
    )
    .await;
    let mut raw = Raw::connect(broker.address()).await;
    raw.ask(
        "HELLO 2",
        "-NOAUTH HELLO must be called with the client already authenticated",
    )
    .await;
    raw.until("\r\n").await;
    raw.ask(
        "HELLO 2 AUTH default secret SETNAME me",
        "*14\r\n$6\r\nserver\r\n",
    )
    .await;
    raw.until("$7\r\nmodules\r\n*0\r\n").await;
    raw.ask("CLIENT GETNAME", "$2\r\nme\r\n").await;
}

#[tokio::test]
async fn answers_in_resp3_are_those_of_redis() {
    let requests: Vec<&str> = SAME.iter().chain(SAME_IN_RESP3).copied().collect();
    let different = [DIFFERENT, DIFFERENT_IN_RESP3].concat();
    let (redis, broker) = (Redis::start(), broker().await);
    compare(&redis, &broker, "HELLO 3\r\n", &requests, "", &different).await;
}

#[tokio::test]
async fn a_client_in_resp3_gets_its_own_messages_after_the_reply() {
    let broker = broker().await;
    let mut raw = Raw::connect(broker.address()).await;
    raw.send("HELLO 3\r\nECHO ready\r\n").await;
    raw.until("ready\r\n").await;
    raw.ask("SUBSCRIBE a", ">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n")
        .await;
    let pushed = |payload| message("a", payload).replacen('*', ">", 1);
    raw.ask("PUBLISH a 1", &format!(":1\r\n{}", pushed("1")))
        .await;
    raw.send("MULTI\r\nPUBLISH a 2\r\nPUBLISH a 3\r\nECHO x\r\nEXEC\r\n")
        .await;
    raw.expect("+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n:1\r\n:1\r\n$1\r\nx\r\n")
        .await;
    raw.expect(pushed("2") + &pushed("3")).await;
    // The subscription outlives a change of the protocol, which then forbids commands.
    raw.send("HELLO 2\r\nPING ready\r\n").await;
    raw.until("$4\r\npong\r\n$5\r\nready\r\n").await;
    raw.ask(
        "HELLO 3",
        "-ERR Can't execute 'hello': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / \
         RESET are allowed in this context\r\n",
    )
    .await;
}

#[tokio::test]
async fn nothing_in_a_transaction_takes_effect_before_exec() {
    let broker = broker().await;
    let mut listener = subscriber(&broker, "a").await;
    let mut raw = Raw::connect(broker.address()).await;
    raw.ask("MULTI", "+OK\r\n").await;
    for payload in ["1", "2"] {
        raw.ask(&format!("PUBLISH a {payload}"), "+QUEUED\r\n")
            .await;
    }
    raw.ask(
        "FOO",
        "-ERR unknown command 'FOO', with args beginning with: \r\n",
    )
    .await;
    raw.ask(
        "EXEC",
        "-EXECABORT Transaction discarded because of previous errors.\r\n",
    )
    .await;
    raw.send("MULTI\r\nPUBLISH a 3\r\nPUBLISH a 4\r\nEXEC\r\n")
        .await;
    raw.expect("+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:1\r\n:1\r\n")
        .await;
    // The first message received is the first of the executed transaction.
    listener.expect(message("a", "3")).await;
    listener.expect(message("a", "4")).await;
}
