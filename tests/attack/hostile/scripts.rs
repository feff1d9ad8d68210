//! The scripts of malicious servers.

use crate::random::Random;

/// An action of a server.
#[derive(Clone, Debug)]
pub enum Act {
    /// Sends these bytes at once.
    Send(Vec<u8>),
    /// Sends these bytes one by one.
    Drip(Vec<u8>),
    /// Sends these bytes over and over.
    SendEndlessly(Vec<u8>),
    /// Reads everything and sends nothing until the client hangs up.
    Stay,
}

/// The connections on which a script is played.
#[derive(Clone, Copy, Debug)]
pub enum Victim {
    Everybody,
    /// The connection that subscribes.
    Subscriber,
}

impl Victim {
    /// Returns whether a connection that starts with the bytes `first` is one of these.
    pub fn includes(self, first: &[u8]) -> bool {
        let subscribes = first.windows(9).any(|word| word == b"SUBSCRIBE");
        matches!(self, Self::Everybody) || subscribes
    }
}

/// What a server does on each connection of its victims before it hangs up.
#[derive(Clone, Debug)]
pub struct Script {
    pub name: String,
    pub victim: Victim,
    pub acts: Vec<Act>,
}

impl Script {
    /// Creates a script that sends these bytes to the subscriber and hangs up.
    pub fn sending(name: impl Into<String>, bytes: &[u8]) -> Self {
        Self {
            name: name.into(),
            victim: Victim::Subscriber,
            acts: vec![Act::Send(bytes.to_vec())],
        }
    }
}

/// Returns what a well-behaved server sends to a subscriber of `*`, followed by a message.
pub fn session() -> Vec<u8> {
    b"+PONG\r\n+OK\r\n*3\r\n$10\r\npsubscribe\r\n$1\r\n*\r\n:1\r\n\
      *4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$1\r\na\r\n$5\r\nhalf\n\r\n"
        .to_vec()
}

/// Returns sessions to mutate.
pub fn whole_sessions() -> Vec<Vec<u8>> {
    let more = b"*2\r\n$4\r\npong\r\n$0\r\n\r\n-ERR out of the blue\r\n\
                 *3\r\n$12\r\npunsubscribe\r\n$1\r\n*\r\n:0\r\n";
    vec![session(), [session(), more.to_vec()].concat()]
}

fn send(text: &str) -> Act {
    Act::Send(text.as_bytes().to_vec())
}

fn to_everybody<const N: usize>(table: [(&str, Vec<Act>); N]) -> impl Iterator<Item = Script> {
    table.into_iter().map(|(name, acts)| Script {
        name: name.to_owned(),
        victim: Victim::Everybody,
        acts,
    })
}

fn to_subscriber<const N: usize>(table: [(&str, Vec<Act>); N]) -> impl Iterator<Item = Script> {
    to_everybody(table).map(|script| Script {
        victim: Victim::Subscriber,
        ..script
    })
}

/// Returns all scripts.
pub fn scripts() -> Vec<Script> {
    let scripts = other_protocols().chain(endless()).chain(refusals());
    scripts.chain(odd_sessions()).chain(resp3()).collect()
}

/// Returns scripts of servers that speak other protocols or send unrealistic lengths.
fn other_protocols() -> impl Iterator<Item = Script> {
    to_everybody([
        ("hangs up", vec![]),
        (
            "HTTP",
            vec![send("HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n<html>")],
        ),
        ("SSH", vec![send("SSH-2.0-OpenSSH_9.6\r\n")]),
        (
            "TLS alert",
            vec![Act::Send(vec![0x15, 3, 1, 0, 2, 2, 0x28])],
        ),
        ("all bytes", vec![Act::Send((0..=255).rev().collect())]),
        ("huge string", vec![send("$9999999999999\r\nabc")]),
        ("large string", vec![send("$536870912\r\nabc")]),
        ("huge array", vec![send("*2147483647\r\n:1\r\n")]),
        ("many empty frames", vec![send(&"*0\r\n".repeat(20_000))]),
        (
            "drip of garbage",
            vec![Act::Drip(b"*3\r\n$7\r\nmessagX\r\n".to_vec())],
        ),
    ])
}

/// Returns scripts that never end.
fn endless() -> impl Iterator<Item = Script> {
    let endlessly = |bytes: &[u8]| Act::SendEndlessly(bytes.to_vec());
    let live = || Act::Send(session());
    let message = "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$500000000\r\n";
    to_everybody([
        ("endless zero bytes", vec![endlessly(&[0])]),
        ("endless simple string", vec![send("+"), endlessly(b"x")]),
        ("endless error", vec![send("-ERR "), endlessly(b"\x1b[31m")]),
        ("endless digits", vec![send("$"), endlessly(b"1")]),
        ("endless zeros", vec![send(":"), endlessly(b"0")]),
        ("endless nesting", vec![endlessly(b"*1\r\n")]),
        ("endless maps", vec![endlessly(b"%1\r\n+k\r\n")]),
        (
            "endless array",
            vec![send("*1000000\r\n"), endlessly(b":1\r\n")],
        ),
    ])
    .chain(to_subscriber([
        (
            "live, then endless",
            vec![live(), send("*3\r\n+"), endlessly(b"y")],
        ),
        (
            "an endless message",
            vec![live(), send(message), endlessly(b"z")],
        ),
    ]))
}

/// Returns scripts of servers that refuse, and of servers that stop answering.
fn refusals() -> impl Iterator<Item = Script> {
    let nine_times = |line: &str| send(&line.repeat(9));
    to_everybody([
        (
            "errors only",
            vec![nine_times("-LOADING \x1b]0;x\x07\r\n"), Act::Stay],
        ),
        (
            "wrong password",
            vec![nine_times("-WRONGPASS no \u{202e}\r\n"), Act::Stay],
        ),
        (
            "wants a password",
            vec![nine_times("-NOAUTH Authentication required.\r\n")],
        ),
        ("says nothing", vec![Act::Stay]),
        ("half a header", vec![send("*3\r\n$"), Act::Stay]),
    ])
}

/// Returns scripts of sessions with an error in them.
fn odd_sessions() -> impl Iterator<Item = Script> {
    let live = || Act::Send(session());
    let confirmed = |words: &str| send(&format!("+PONG\r\n+OK\r\n*3\r\n{words}"));
    to_subscriber([
        ("drip", vec![Act::Drip(session())]),
        (
            "another confirmed",
            vec![
                confirmed("$10\r\npsubscribe\r\n$1\r\n?\r\n:1\r\n"),
                Act::Stay,
            ],
        ),
        ("confirmed too often", vec![live(), live(), live()]),
        (
            "ended unasked",
            vec![
                live(),
                send("*3\r\n$12\r\npunsubscribe\r\n$1\r\n*\r\n:0\r\n"),
            ],
        ),
        (
            "counts below zero",
            vec![confirmed(
                "$10\r\npsubscribe\r\n$1\r\n*\r\n:-9223372036854775808\r\n",
            )],
        ),
        (
            "answers without questions",
            vec![send(&"+OK\r\n".repeat(2000))],
        ),
        (
            "names of null",
            vec![
                confirmed("$10\r\npsubscribe\r\n$-1\r\n$-1\r\n*3\r\n$-1\r\n$-1\r\n$-1\r\n"),
                Act::Stay,
            ],
        ),
    ])
}

/// Returns scripts with values that only RESP3 has.
fn resp3() -> impl Iterator<Item = Script> {
    let frames = [
        "%1\r\n+server\r\n+redis\r\n",
        ">3\r\n+message\r\n+a\r\n+b\r\n",
        "~2\r\n:1\r\n:2\r\n",
        "_\r\n",
        ",3.14\r\n",
        "#t\r\n",
        "(12345678901234567890123\r\n",
        "=8\r\ntxt:some\r\n",
        "!5\r\nERR x\r\n",
        "|1\r\n+ttl\r\n:3\r\n:1\r\n",
        "$?\r\n;4\r\nabcd\r\n;0\r\n",
    ];
    to_everybody(frames.map(|frame| (frame.trim_end(), vec![send(frame)])))
}

/// Returns a frame that is well-formed in RESP2 or RESP3 but that no subscriber expects.
pub fn odd_frame(random: &mut Random) -> Vec<u8> {
    let mut frame = Vec::new();
    put_value(random, 4, &mut frame);
    // A frame that contains a message or a confirmation might be accepted, so replace it.
    let is_message = [&b"message\r\n"[..], b"subscribe\r\n"]
        .iter()
        .any(|word| frame.windows(word.len()).any(|part| part == *word));
    if is_message {
        b"*1\r\n*0\r\n".to_vec()
    } else {
        frame
    }
}

fn put_value(random: &mut Random, depth: usize, out: &mut Vec<u8>) {
    let words: &[&str] = &[
        "a",
        "",
        "two words",
        "message",
        "*3",
        "$5",
        "moving",
        "invalidate",
    ];
    let text = *random.pick(words);
    let number = random.number().cast_signed();
    let container = if depth == 0 { 0 } else { random.below(6) };
    let scalar = match random.below(12) {
        0 | 1 => format!("${}\r\n{text}\r\n", text.len()),
        2 => "$7\r\na\r\n*3\r\n\r\n".to_owned(),
        3 => format!("+{text}\r\n"),
        4 => format!(":{number}\r\n"),
        5 => "$-1\r\n".to_owned(),
        6 => "_\r\n".to_owned(),
        7 => format!(
            ",{}\r\n",
            random.pick(&["1.5", "inf", "-inf", "nan", "1e10"])
        ),
        8 => format!("#{}\r\n", random.pick(&["t", "f"])),
        9 => format!("({number}{}\r\n", number.unsigned_abs()),
        10 => format!("={}\r\ntxt:{text}\r\n", text.len() + 4),
        _ => format!("!{}\r\nERR {text}\r\n", text.len() + 4),
    };
    if container < 3 {
        out.extend(scalar.bytes());
        return;
    }
    let count = random.below(5);
    let (kind, values) = *random.pick(&[('*', 1), ('*', 1), ('>', 1), ('~', 1), ('%', 2)]);
    out.extend(format!("{kind}{count}\r\n").bytes());
    for _ in 0..count * values {
        put_value(random, depth - 1, out);
    }
}
