//! The memory that a kept message takes beyond its bytes.

use std::thread;
use std::time::Duration;

use subscope::payload::figures::{count, size};

use crate::bench::Bench;
use crate::process;
use crate::support::flood::Flood;
use crate::watching::Watching;

const HOW: &str = "Messages of 120 B on 16 channels, all kept. Memory per message is RssAnon \
(VmRSS without the pages of the program's file) one second after all messages are on the screen, \
minus its value when the subscription became live and minus the bytes of the payloads. The log's \
own count is `log_bytes` of `--stats`.";

const PAYLOAD: usize = 120;
const BUDGET: f64 = 32.0;

/// Runs the measurements and reports them.
pub fn run(bench: &mut Bench) {
    bench.report.section("Memory", HOW);
    let messages = bench.scaled(5_000_000);
    let redis = bench.redis(&[]);
    let watching = Watching::start(bench, &redis, &["--keep", "2GiB"], (140, 40));
    let before = process::memory(watching.pid(), "RssAnon");
    let flood = Flood {
        port: redis.port(),
        messages,
        channels: 16,
        payload: PAYLOAD,
        connections: 2,
    };
    flood.run();
    watching.wait_for_received(messages, Duration::from_secs(60));
    thread::sleep(Duration::from_secs(1));
    let after = process::memory(watching.pid(), "RssAnon");
    let peak = process::memory(watching.pid(), "VmHWM");
    let stats = watching.quit();

    let payloads = messages * PAYLOAD as u64;
    let each = |bytes: u64| (bytes as f64 - payloads as f64) / messages as f64;
    let report = &mut bench.report;
    let kept = stats.figure("kept");
    let all = count(messages);
    report.check("messages kept", count(kept), &all, kept == messages);
    let overhead = each(after - before);
    report.check(
        "a kept message beyond its bytes, by RssAnon",
        format!("{overhead:.1} B"),
        "≤ 32 B",
        overhead <= BUDGET,
    );
    let own = each(stats.figure("log_bytes"));
    report.check(
        "the same by the log's own count",
        format!("{own:.1} B"),
        "≤ 32 B",
        own <= BUDGET,
    );
    let sizes = format!("{} / {}; {}", size(before), size(after), size(peak));
    report.note("RssAnon before / after; peak of VmRSS", sizes);
}
