//! The cost of idling.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use crate::bench::Bench;
use crate::process::{self, Thread};
use crate::samples::millis;
use crate::support::redis::Redis;
use crate::timeline::Timeline;
use crate::watching::Watching;

const HOW: &str = "Connected while nothing is published. Bytes are counted at the pty. Only a new \
round trip may be drawn, so only the first line of the screen may change. Wake-ups are the \
voluntary context switches of all threads; the budget allows ten for each PING that the server \
counted (a timer, the write, the answer, passing it on and drawing, some of these on two threads). \
CPU time is from the threads' schedstat.";

const WAIT: Duration = Duration::from_secs(20);

/// Wake-ups allowed per heartbeat.
const WAKEUPS_PER_HEARTBEAT: u64 = 10;

/// Runs the measurements and reports them.
pub fn run(bench: &mut Bench) {
    bench.report.section("Idle", HOW);
    let redis = bench.redis(&[]);
    let watching = Watching::start(bench, &redis, &[], (140, 40));
    thread::sleep(Duration::from_secs(3));

    let pings = pings(&redis);
    let before = process::threads(watching.pid());
    let from = watching.pty.raw_len();
    let body = body(&watching);
    let started = Instant::now();
    thread::sleep(if bench.is_quick { WAIT / 2 } else { WAIT });
    let after = process::threads(watching.pid());
    let to = watching.pty.raw_len();
    let seconds = started.elapsed().as_secs();
    let is_same = body == self::body(&watching);
    let pings = self::pings(&redis) - pings;
    let timeline = Timeline::of(&watching.pty);
    watching.quit();

    let report = &mut bench.report;
    let frames = timeline.frames(from, to) as u64;
    report.check(
        &format!("bytes written in {seconds} s"),
        format!("{} in {frames} frames", to - from),
        "only a new round trip",
        is_same && frames <= pings,
    );
    let changes = threads_changed(&before, &after);
    let wakeups: u64 = changes.iter().map(|thread| thread.voluntary).sum();
    report.check(
        &format!("wake-ups in {seconds} s, {pings} PINGs"),
        wakeups,
        &format!("≤ {}", pings * WAKEUPS_PER_HEARTBEAT),
        wakeups <= pings * WAKEUPS_PER_HEARTBEAT,
    );
    let involuntary: u64 = changes.iter().map(|thread| thread.involuntary).sum();
    report.note("– involuntary switches", involuntary);
    let ran = changes.iter().map(|thread| thread.ran).sum();
    report.note("CPU time", millis(ran));
    for thread in changes.iter().filter(|thread| thread.voluntary > 0) {
        let figures = format!("{} wake-ups, {}", thread.voluntary, millis(thread.ran));
        report.note(&format!("– thread {}", thread.name), figures);
    }
}

/// Returns what each thread did between `before` and `after`.
fn threads_changed(before: &BTreeMap<u32, Thread>, after: &BTreeMap<u32, Thread>) -> Vec<Thread> {
    after
        .iter()
        .map(|(id, after)| {
            // A new thread starts at zero.
            let before = before.get(id).cloned().unwrap_or_default();
            Thread {
                name: after.name.clone(),
                voluntary: after.voluntary - before.voluntary,
                involuntary: after.involuntary - before.involuntary,
                ran: after.ran.saturating_sub(before.ran),
            }
        })
        .collect()
}

/// Returns the screen without its first line.
fn body(watching: &Watching) -> String {
    let text = watching.pty.text();
    text.split_once('\n').unwrap().1.to_owned()
}

/// Returns how many PINGs the server has received.
fn pings(redis: &Redis) -> u64 {
    let stats = redis.cli(&["info", "commandstats"]);
    let calls = stats
        .lines()
        .find_map(|line| line.strip_prefix("cmdstat_ping:calls="));
    let calls = calls.and_then(|rest| rest.split(',').next());
    calls.map_or(0, |calls| calls.parse().unwrap())
}
