//! Channels that appear once or twice and never again, as with keyspace events.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use subscope::payload::figures::{count, size};

use crate::bench::Bench;
use crate::flooded::{KEY_BUDGET, report_keys};
use crate::process;
use crate::samples::Pauses;
use crate::support::pty::Pty;
use crate::support::redis::{Redis, pack};
use crate::timeline::{Expected, Press, Timeline};
use crate::watching::Watching;

const HOW: &str = "Messages of 120 B at full publish speed on 2 connections, two messages on each \
channel, far apart. The channel list has the focus. While the messages arrive, and at least 12 \
times, these keys are pressed in turn: s changes the sort order, G goes to the end, g to the start. \
The time is measured until the screen (vt100) shows the effect. Memory is VmHWM at the end minus \
VmRSS when the subscription became live.";

const KEEP: u64 = 64 << 20;
const BEYOND: u64 = 64 << 20;

/// How long it may take to receive everything after the last publish.
const TIMEOUT: Duration = Duration::from_secs(120);

const LEAST_PRESSES: usize = 12;

/// The sort orders that `s` cycles through.
const SORTS: [&str; 4] = [" by rate ", " by count ", " by last heard ", " by name "];

/// The first line of the list: the subscribed pattern.
const TOP: &str = "● * ";

/// Runs the measurements and reports them.
pub fn run(bench: &mut Bench) {
    bench.report.section("One-off channels", HOW);
    let messages = bench.scaled(2_000_000);
    let redis = bench.redis(&[]);
    let mut watching = Watching::start(bench, &redis, &["--keep", "64MiB"], (140, 40));
    watching.click_channel(0);
    let started = Instant::now();
    let publishers = publish(&redis, messages);
    let presses = press_while_publishing(&mut watching.pty, &publishers);
    for publisher in publishers {
        publisher.join().unwrap();
    }
    let published = started.elapsed();
    let is_all_in = watching.wait_for_received(messages, TIMEOUT);
    let duration = started.elapsed();
    let peak = process::memory(watching.pid(), "VmHWM") - watching.memory_at_start;
    let timeline = Timeline::of(&watching.pty);
    let stats = watching.quit();

    let report = &mut bench.report;
    let what = format!("{} on {} channels", count(messages), count(messages / 2));
    let seconds = format!("{:.1} s", published.as_secs_f64());
    report.note(&format!("{what}: published within"), seconds);
    let seconds = format!("{:.1} s", duration.as_secs_f64());
    report.check("– all on the screen within", seconds, "all", is_all_in);
    let most = KEEP + BEYOND;
    let budget = format!("≤ {}", size(most));
    report.check("peak memory", size(peak), &budget, peak <= most);
    report_keys(report, "meanwhile", &timeline, &presses, KEY_BUDGET);
    let [received, kept, evicted, dropped] =
        ["received", "kept", "evicted", "dropped"].map(|name| stats.figure(name));
    report.check(
        "received = kept + evicted + dropped",
        format!("{received} = {kept} + {evicted} + {dropped}"),
        "equal",
        received == kept + evicted + dropped && received == messages,
    );
    report.note("– gaps", stats.figure("gaps"));
    let draw = format!("{:.2} ms", stats.figure("draw_us_p99") as f64 / 1e3);
    report.note("drawing, p99", draw);
}

/// Presses keys in the channel list while messages are being published, at least `LEAST_PRESSES`
/// times.
fn press_while_publishing(pty: &mut Pty, publishers: &[JoinHandle<()>]) -> Vec<Press> {
    let mut pauses = Pauses::between(10, 50);
    let mut sorts = SORTS.iter().cycle();
    let mut presses = Vec::new();
    // Wait until there are more channels than lines: before that, going to the end of the list does
    // not change the screen.
    pty.wait_for_text("one-off:");
    thread::sleep(Duration::from_millis(50));
    while presses.len() < LEAST_PRESSES || !publishers.iter().all(JoinHandle::is_finished) {
        let sort = sorts.next().unwrap();
        for (key, expected) in [
            ("s", Expected::Shows(sort)),
            ("G", Expected::Lacks(TOP)),
            ("g", Expected::Shows(TOP)),
        ] {
            thread::sleep(pauses.next());
            presses.push(Press::new(pty, key, expected));
        }
    }
    presses
}

fn publish(redis: &Redis, messages: u64) -> Vec<JoinHandle<()>> {
    let port = redis.port();
    (0..2)
        .map(|half| thread::spawn(move || publish_half(port, half, messages / 2)))
        .collect()
}

/// Publishes `messages` on half as many channels: one on each, then a second on each.
fn publish_half(port: u16, half: u64, messages: u64) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut answers = stream.try_clone().unwrap();
    let reading = thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while answers.read(&mut buffer).unwrap() > 0 {}
    });
    let payload = [b'x'; 120];
    let mut chunk = Vec::new();
    for index in 0..messages {
        let channel = format!("one-off:{half}:{:06}", index % (messages / 2));
        chunk.extend(pack(&[b"PUBLISH", channel.as_bytes(), &payload]));
        if chunk.len() >= 1 << 17 {
            stream.write_all(&chunk).unwrap();
            chunk.clear();
        }
    }
    chunk.extend(pack(&[b"QUIT"]));
    stream.write_all(&chunk).unwrap();
    reading.join().unwrap();
}
