//! Malicious commands to the embedded broker, which must answer or hang up and go on serving other
//! clients.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use redis_protocol::resp2::decode::decode_range;
use subscope::broker::{Broker, Limits, Settings};
use tokio::runtime::Builder;

use crate::mutation::mutated;
use crate::random::{Random, attack};
use crate::support::cases;
use crate::support::redis::pack;

/// Timeout for an answer; only a failing test waits this long.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Maximum size of all answers to a client of these tests.
const MAX_ANSWERS: usize = 4 << 20;

const LINES: &[&str] = &[
    "PING hello",
    "ECHO \"a\\x00\\r\\n\" 'it\\'s'",
    "SUBSCRIBE a b a",
    "PSUBSCRIBE a* [b-d]? \\*",
    "SSUBSCRIBE {1}a",
    "UNSUBSCRIBE",
    "PUNSUBSCRIBE a*",
    "PUBLISH a payload",
    "SPUBLISH {1}a payload",
    "HELLO 2 AUTH default secret SETNAME me",
    "AUTH secret",
    "CLIENT LIST TYPE pubsub ID 1 2 3",
    "CLIENT KILL ID 987654321 SKIPME yes",
    "CLIENT SETNAME me",
    "CONFIG GET *",
    "COMMAND DOCS ping",
    "COMMAND INFO get set",
    "INFO clients",
    "PUBSUB CHANNELS a*",
    "PUBSUB NUMSUB a b",
    "SELECT 16",
    "RESET",
    "QUIT",
];

fn samples() -> Vec<Vec<u8>> {
    let inline = LINES.iter().map(|line| format!("{line}\r\n").into_bytes());
    let packed = LINES.iter().map(|line| {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        pack(&words)
    });
    let huge = [
        b"*1\r\n$5000000000\r\n".to_vec(),
        b"*1048577\r\n".to_vec(),
        b"*-1\r\n$4\r\nPING\r\n".to_vec(),
        [b"PING ".to_vec(), vec![b'x'; 70_000]].concat(),
        pack(&[b"ECHO", &vec![b'x'; 70_000]]),
        b"\r\n\r\n  \r\n".to_vec(),
        b"\"\r\n'\r\n".to_vec(),
    ];
    inline.chain(packed).chain(huge).collect()
}

/// Returns a session of a few commands, most of them mutated.
fn session(random: &mut Random) -> Vec<u8> {
    let samples = samples();
    let commands = (0..=random.below(5)).map(|_| mutated(random, &samples));
    commands.collect::<Vec<_>>().concat()
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Sends `bytes` in pieces and closes the sending side. Returns all answers.
fn answers(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let stream = connect(address);
    let mut random = Random::new(bytes.len() as u64);
    let mut start = 0;
    for cut in random.cuts(bytes.len()) {
        // The broker may have hung up by now.
        if (&stream).write_all(&bytes[start..cut]).is_err() {
            break;
        }
        start = cut;
    }
    let _ = stream.shutdown(Shutdown::Write);
    let mut answered = Vec::new();
    let end = (&stream)
        .take(MAX_ANSWERS as u64)
        .read_to_end(&mut answered);
    if let Err(error) = end {
        let is_reset = error.kind() == std::io::ErrorKind::ConnectionReset;
        assert!(
            is_reset,
            "neither an answer nor the end of the stream: {error}"
        );
    }
    answered
}

/// Panics unless the answers consist of frames. The last one may be cut off, as with Redis when the
/// client has hung up.
fn assert_frames(answered: &[u8]) {
    let mut rest = answered;
    while let Some((_, length)) = decode_range(rest).unwrap() {
        rest = &rest[length..];
    }
}

#[test]
fn hostile_commands_never_disturb_other_clients() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let settings = Settings {
        limits: Limits {
            bulk: 1 << 20,
            query: 2 << 20,
            ..Limits::default()
        },
        ..Settings::default()
    };
    let broker = runtime.block_on(Broker::start(settings)).unwrap();
    let mut witness = connect(broker.address());
    attack("commands", cases::count(400), session, |bytes| {
        let answered = answers(broker.address(), bytes);
        assert!(answered.len() < MAX_ANSWERS);
        assert_frames(&answered);
        witness_is_served(&witness);
    });
    // CLIENT KILL may hit any client, so check that the witness is still on its first connection.
    witness.write_all(b"CLIENT ID\r\n").unwrap();
    assert_eq!(line(&witness), ":1\r\n");
}

fn witness_is_served(mut witness: &TcpStream) {
    witness.write_all(b"PING\r\n").unwrap();
    assert_eq!(line(witness), "+PONG\r\n");
}

fn line(mut stream: &TcpStream) -> String {
    let mut line = String::new();
    while !line.ends_with('\n') {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        line.push(char::from(byte[0]));
    }
    line
}
