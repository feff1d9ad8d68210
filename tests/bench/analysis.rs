//! Measures the cost of checks in nanoseconds per message, on checked and unchecked channels. On
//! Linux it measures CPU time, so that other programs hardly affect the result.
//!
//! `cargo bench --bench analysis`

#![expect(
    clippy::cast_precision_loss,
    reason = "figures for people have three digits"
)]
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot run should panic"
)]

use std::io::Write as _;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use subscope::log::{Batch, MessageLog, Piece};
use subscope::message::{RowId, SubscriptionId, Time};
use subscope::query::Path;
use subscope::workers::analysis::{Channels, Check, Engine, Plan, Plotted};

const MESSAGES: u64 = 500_000;
const CHANNELS: u64 = 16;
/// Users per channel; each user's messages have their own sequence numbers.
const USERS: u64 = 500;
const BATCH: u64 = 1_500;
/// How long to repeat each measurement, and the mean pass time below which single passes are too
/// short to compare.
const ENOUGH: Duration = Duration::from_millis(800);
const SHORT: Duration = Duration::from_millis(20);
const START: i64 = 1_700_000_000_000_000;

fn main() {
    let log = self::log(<[u8]>::to_vec);
    let pieces = oldest_first(&log);
    println!("{MESSAGES} messages of about 120 bytes on {CHANNELS} channels\n");
    println!(
        "| checks                                     | ns / message | found     | known    |"
    );
    println!(
        "|--------------------------------------------|-------------:|----------:|---------:|"
    );
    let path = |text| Path::parse(text).unwrap();
    let all = || Channels::new(b"orders:*");
    let shape = || Check::Shape(all());
    let sequence = || Check::parse_sequence("orders:*=.n").unwrap();
    let pair = || Check::parse_pair("orders:*[02468]=.id -> orders:*[13579]=.corr").unwrap();
    let delay = || Check::parse_delay("orders:*=.sent").unwrap();
    let series = |what| Check::Series {
        channels: all(),
        what,
    };
    measure("none", &[], &pieces);
    let elsewhere: Vec<Check> = (0..5)
        .map(|number| Check::parse_shape(&format!("other:{number}*")).unwrap())
        .collect();
    measure("five on other channels", &elsewhere, &pieces);
    measure("shape", &[shape()], &pieces);
    measure("sequence", &[sequence()], &pieces);
    let keyed = Check::parse_sequence("orders:*=.un,.user.id").unwrap();
    measure("sequence with a key", &[keyed], &pieces);
    measure("pair", &[pair()], &pieces);
    measure("delay", &[delay()], &pieces);
    let rfc = Check::parse_delay("orders:*=.at").unwrap();
    measure("delay, RFC 3339", &[rfc], &pieces);
    measure(
        "series of a path",
        &[series(Plotted::Path(path(".amount")))],
        &pieces,
    );
    measure("series of sizes", &[series(Plotted::Size)], &pieces);
    measure(
        "shape, sequence, pair",
        &[shape(), sequence(), pair()],
        &pieces,
    );
    let log = self::log(message_pack);
    let pieces = oldest_first(&log);
    measure("sequence, of MessagePack", &[sequence()], &pieces);
    measure(
        "sequence, pair, of MessagePack",
        &[sequence(), pair()],
        &pieces,
    );
}

fn oldest_first(log: &MessageLog) -> Vec<Piece> {
    let mut pieces = log.pieces(RowId(0));
    pieces.reverse();
    pieces
}

fn message_pack(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let value = as_message_pack(&serde_json::from_slice(json).unwrap());
    rmpv::encode::write_value(&mut out, &value).unwrap();
    out
}

fn as_message_pack(json: &serde_json::Value) -> rmpv::Value {
    match json {
        serde_json::Value::Number(number) => match number.as_u64() {
            Some(whole) => whole.into(),
            None => number.as_f64().unwrap().into(),
        },
        serde_json::Value::Object(members) => rmpv::Value::Map(
            members
                .iter()
                .map(|(name, value)| (name.as_str().into(), as_message_pack(value)))
                .collect(),
        ),
        other => other.as_str().unwrap().into(),
    }
}

/// Builds the log, converting each JSON payload with `written`.
fn log(written: impl Fn(&[u8]) -> Vec<u8>) -> MessageLog {
    let mut log = MessageLog::new(1 << 30);
    let mut line = Vec::new();
    for start in (0..MESSAGES).step_by(usize::try_from(BATCH).unwrap()) {
        let mut batch = Batch::default();
        for number in start..(start + BATCH).min(MESSAGES) {
            payload(number, &mut line);
            let name = format!("orders:{:02}", number % CHANNELS);
            let time = Time(START + i64::try_from(number).unwrap());
            batch.push_message(time, name.as_bytes(), &written(&line), SubscriptionId(0));
        }
        log.append(batch);
    }
    log
}

fn payload(number: u64, out: &mut Vec<u8>) {
    out.clear();
    let mix = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let amount = (mix >> 30) % 100_000;
    write!(
        out,
        r#"{{"n":{},"un":{},"id":"r{}","corr":"r{}","user":{{"id":{}}},"amount":{}.{:02},"sent":{},"at":"2023-11-14T22:13:20Z"}}"#,
        number / CHANNELS,
        number / (CHANNELS * USERS),
        number,
        number - number % 2,
        number / CHANNELS % USERS,
        amount / 100,
        amount % 100,
        START / 1_000 + i64::try_from(number / 1_000).unwrap(),
    )
    .unwrap();
}

/// Returns the CPU time of this thread, or the elapsed time where the system does not report it.
fn cpu_time() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat");
    let nanos = stat
        .ok()
        .and_then(|stat| stat.split(' ').next()?.parse().ok());
    nanos.map_or_else(
        || START.get_or_init(Instant::now).elapsed(),
        Duration::from_nanos,
    )
}

fn measure(what: &str, checks: &[Check], pieces: &[Piece]) {
    let mut passes = Vec::new();
    let (mut findings, mut size) = (0, 0);
    while passes.iter().sum::<Duration>() < ENOUGH {
        let mut plan = Plan::default();
        for check in checks {
            plan.add(check.clone(), RowId(0));
        }
        let mut engine = Engine::default();
        engine.follow(&plan);
        let mut found = Vec::new();
        findings = 0;
        let started = cpu_time();
        for piece in pieces {
            let (segment, rows) = (piece.segment().unwrap(), piece.rows());
            let length = usize::try_from(piece.length()).unwrap();
            engine.enter(&segment, rows, None);
            engine.check(&segment, 0..length, None, &mut found);
            findings += found.len();
            found.clear();
        }
        passes.push(cpu_time().saturating_sub(started));
        size = engine.size();
    }
    // The system measures CPU time in milliseconds, so short passes are averaged.
    let mean = passes.iter().sum::<Duration>() / u32::try_from(passes.len()).unwrap();
    let best = *passes.iter().min().unwrap();
    let best = if mean < SHORT { mean } else { best };
    println!(
        "| {what:<42} | {:>12.1} | {findings:>9} | {:>4} KiB |",
        best.as_secs_f64() * 1e9 / MESSAGES as f64,
        size / 1024
    );
}
