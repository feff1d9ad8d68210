//! A filter typed during a flood.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::bench::Bench;
use crate::flooded::KEY_BUDGET;
use crate::samples::{Pauses, millis};
use crate::support::flood::Flood;
use crate::support::redis::Redis;
use crate::timeline::{Expected, Press, Timeline};
use crate::watching::Watching;

const HOW: &str = "Messages of 120 B on 16 channels at full publish speed, including about 200 per \
second that match a filter. The filter is typed as `/` followed by the whole query at once. The \
time is measured from the query until the screen (vt100) shows the first hits. Then Esc is \
pressed, and the query is typed again.";

/// The kind of each query and its text.
const QUERIES: [(&str, &str); 3] = [
    ("text", "needle"),
    ("regex", "/Needle [0-9]+/"),
    ("JSON path", r#".word == "a Needle""#),
];

/// The number of hits to wait for. Without a filter, at most one is on the screen by chance.
const HITS: usize = 3;

/// Runs the measurements and reports them.
pub fn run(bench: &mut Bench) {
    bench.report.section("A filter typed in a flood", HOW);
    for (what, query) in QUERIES {
        measure(bench, what, query);
    }
}

fn measure(bench: &mut Bench, what: &str, query: &str) {
    let redis = bench.redis(&[]);
    let mut watching = Watching::start(bench, &redis, &[], (140, 40));
    let flood = Flood {
        port: redis.port(),
        messages: 0,
        channels: 16,
        payload: 120,
        connections: 2,
    };
    let needles = Needles::start(&redis);
    let flood = flood.start_endless();
    thread::sleep(Duration::from_secs(1));
    let mut pauses = Pauses::between(50, 150);
    let presses: Vec<Press> = (0..bench.scaled(50).max(5))
        .map(|_| {
            watching.pty.send("/");
            watching.pty.wait_for_text("F1 lists the syntax");
            let press = Press::new(
                &mut watching.pty,
                query,
                Expected::ShowsOften("a Needle", HITS),
            );
            thread::sleep(pauses.next());
            watching.pty.send("\x1b");
            thread::sleep(pauses.next());
            press
        })
        .collect();
    let messages = flood.stop() + needles.stop();
    watching.wait_for_received(messages, Duration::from_secs(30));
    let times = Timeline::of(&watching.pty).press_times(&presses);
    let stats = watching.quit();
    let p99 = times.percentile(99);
    bench.report.check(
        &format!("{what}, first hits, p99 of {}", times.len()),
        millis(p99),
        "≤ 50 ms",
        p99 <= KEY_BUDGET,
    );
    let both = format!("{} / {}", millis(times.percentile(50)), millis(times.max()));
    bench.report.note("– p50 / longest", both);
    let lost = stats.lost(messages);
    bench
        .report
        .check(&format!("{what}, lost"), lost, "0", lost.is_nothing());
}

/// A publisher of occasional messages that match the filter.
struct Needles {
    stopping: Arc<AtomicBool>,
    thread: thread::JoinHandle<u64>,
}

impl Needles {
    fn start(redis: &Redis) -> Self {
        let stopping = Arc::new(AtomicBool::new(false));
        let is_stopping = Arc::clone(&stopping);
        let client = redis::Client::open(redis.url()).unwrap();
        let thread = thread::spawn(move || {
            let mut connection = client.get_connection().unwrap();
            let mut published = 0;
            while !is_stopping.load(Ordering::Relaxed) {
                let payload = format!(r#"{{"word":"a Needle","text":"Needle {published}"}}"#);
                let mut command = redis::cmd("PUBLISH");
                command.arg("rare").arg(payload);
                let _: i64 = command.query(&mut connection).unwrap();
                published += 1;
                thread::sleep(Duration::from_millis(5));
            }
            published
        });
        Self { stopping, thread }
    }

    /// Stops and returns how many messages were published.
    fn stop(self) -> u64 {
        self.stopping.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}
