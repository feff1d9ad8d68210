//! The speed and the timing of `subscope replay`.

use std::fs::{self, File};
use std::io::{BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use subscope::payload::figures::count;
use subscope::wire::{Decoder, Limits};

use crate::bench::Bench;
use crate::process::Cpu;
use crate::samples::{Samples, median, millis};
use crate::support::redis::{Redis, pack};

const HOW: &str = "A recording of messages of 120 B on 16 channels is published at full speed, with no \
subscribers, and compared with redis-benchmark, which pipelines as many PUBLISH commands on one \
connection. Both take turns; the rate of subscope includes its start. Then a recording of 10,000 \
messages per second is published with its own timing. A subscriber notes when each message arrives; \
shown is how far that is from the time in the recording, apart from the delay that all have in common.";

/// The number of commands that are sent at once.
const PIPELINE: &str = "256";

const PAYLOAD: usize = 120;

/// The messages per second of the recording that is published with its own timing.
const RATE: u64 = 10_000;

/// Runs the measurements and reports them.
pub fn run(bench: &mut Bench) {
    bench.report.section("Replay", HOW);
    let messages = bench.scaled(2_000_000);
    let path = recording(bench, "fast.ndjson", messages, 1);
    let redis = bench.redis(&[]);
    let rounds = if bench.is_quick { 1 } else { 5 };
    let (mut own, mut peers) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        peers.push(redis_benchmark(bench, &redis, messages));
        own.push(replay(bench, &redis, &path, messages));
    }
    let (own, least, most) = median(own);
    let (peer, peer_least, peer_most) = median(peers);
    let rates = |rate: f64, least: f64, most: f64| {
        format!("{rate:.0} messages/s ({least:.0} to {most:.0})")
    };
    bench
        .report
        .note("redis-benchmark", rates(peer, peer_least, peer_most));
    bench
        .report
        .note("subscope replay --speed max", rates(own, least, most));
    let ratio = own / peer;
    let figure = format!("{ratio:.2} × redis-benchmark");
    bench.report.check("rate", figure, "≥ 0.8 ×", ratio >= 0.8);
    timing(bench, &redis);
}

/// Publishes with the recording's own timing, and reports how exact it is.
fn timing(bench: &mut Bench, redis: &Redis) {
    let messages = bench.scaled(100_000);
    let path = recording(bench, "timed.ndjson", messages, 1_000_000 / RATE);
    let mut stream = redis.connect();
    stream.write_all(&pack(&[b"PSUBSCRIBE", b"*"])).unwrap();
    let url = redis.url();
    let program = bench.program.clone();
    bench
        .report
        .ran(format!("subscope replay {} -u {url}", name(&path)));
    let publishing = thread::spawn(move || {
        let replay = Command::new(program)
            .args(["replay", path.to_str().unwrap(), "-u", &url])
            .stdin(Stdio::null())
            .output();
        replay.unwrap()
    });
    let mut decoder = Decoder::new(Limits {
        bulk: 1 << 20,
        parts: 8,
    });
    let (mut bytes, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
    let started = Instant::now();
    // How long after the time in the recording each message arrived, in microseconds.
    let mut delays: Vec<i64> = Vec::new();
    while delays.len() as u64 != messages {
        let length = stream.read(&mut buffer).unwrap();
        let now = i64::try_from(started.elapsed().as_micros()).unwrap();
        bytes.extend_from_slice(&buffer[..length]);
        let mut at = 0;
        while let Some(frame) = decoder.decode(&bytes[at..]).unwrap() {
            let text = frame.parts.last().and_then(|part| part.text(&bytes[at..]));
            let due = text.and_then(|text| str::from_utf8(&text[..12]).ok()?.parse::<i64>().ok());
            delays.extend(due.map(|due| now - due));
            at += frame.length;
        }
        bytes.drain(..at);
    }
    let output = publishing.join().unwrap();
    let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let mut sorted = delays.clone();
    sorted.sort_unstable();
    let common = sorted[sorted.len() / 2];
    let deviation = |delay: &i64| Duration::from_micros(delay.abs_diff(common));
    let samples = Samples::new(delays.iter().map(deviation).collect());
    let [half, most, max] = [
        samples.percentile(50),
        samples.percentile(99),
        samples.max(),
    ];
    bench.report.note("deviation, p50", millis(half));
    bench.report.note("deviation, p99", millis(most));
    let budget = Duration::from_millis(2);
    bench
        .report
        .check("deviation, maximum", millis(max), "≤ 2 ms", max <= budget);
    bench.report.note("what it says", words);
}

/// Writes a recording with a message every `micros` microseconds. Its payloads start with the time
/// since the start, in microseconds.
fn recording(bench: &Bench, name: &str, messages: u64, micros: u64) -> PathBuf {
    let path = bench.directory.path().join(name);
    let mut file = BufWriter::new(File::create(&path).unwrap());
    let start = "2026-11-23T11:00:00.000000Z";
    writeln!(
        file,
        r#"{{"recording":1,"program":"bench","server":"redis://other:6379","start":"{start}"}}"#
    )
    .unwrap();
    for number in 0..messages {
        let time = number * micros;
        let (minutes, rest) = (time / 60_000_000, time % 60_000_000);
        let (seconds, rest) = (rest / 1_000_000, rest % 1_000_000);
        let channel = number % 16;
        let payload = format!("{time:012}{:x<1$}", "", PAYLOAD - 12);
        writeln!(
            file,
            r#"{{"time":"2026-11-23T11:{minutes:02}:{seconds:02}.{rest:06}Z","channel":"burst:{channel}","via":["*"],"payload":"{payload}"}}"#
        )
        .unwrap();
    }
    file.flush().unwrap();
    assert!(fs::metadata(&path).unwrap().len() > messages * PAYLOAD as u64);
    path
}

/// Returns the messages per second that redis-benchmark publishes.
fn redis_benchmark(bench: &mut Bench, redis: &Redis, messages: u64) -> f64 {
    let port = redis.port().to_string();
    let messages_text = messages.to_string();
    let payload = "x".repeat(PAYLOAD);
    let arguments = [
        "-p",
        &port,
        "-c",
        "1",
        "-P",
        PIPELINE,
        "-n",
        &messages_text,
        "-q",
    ];
    bench.report.ran(format!(
        "redis-benchmark -p PORT -c 1 -P {PIPELINE} -n {messages} -q PUBLISH burst:1 ({PAYLOAD} B)"
    ));
    let started = Instant::now();
    let status = Command::new("redis-benchmark")
        .args(arguments)
        .args(["PUBLISH", "burst:1", &payload])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(status.unwrap().success());
    messages as f64 / started.elapsed().as_secs_f64()
}

/// Returns the messages per second that subscope publishes.
fn replay(bench: &mut Bench, redis: &Redis, path: &Path, messages: u64) -> f64 {
    let url = redis.url();
    bench.report.ran(format!(
        "subscope replay {} --speed max -u {url}",
        name(path)
    ));
    let started = Instant::now();
    let mut child = Command::new(&bench.program)
        .args([
            "replay",
            path.to_str().unwrap(),
            "--speed",
            "max",
            "-u",
            &url,
        ])
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut words = String::new();
    let mut stderr = child.stderr.take().unwrap();
    stderr.read_to_string(&mut words).unwrap();
    // A process that has ended still shows the time it used, until it is waited for.
    let cpu = Cpu::of(child.id()).total();
    assert!(child.wait().unwrap().success(), "{words}");
    assert!(words.contains(&count(messages)), "{words}");
    let time = started.elapsed();
    let micros = cpu.as_secs_f64() * 1e6 / messages as f64;
    bench
        .report
        .note("CPU of subscope per message", format!("{micros:.2} µs"));
    messages as f64 / time.as_secs_f64()
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
