//! The time that the most expensive messages of 1 KiB take to decode, for the open message, for a row
//! and for a query.

use std::time::{Duration, Instant};

use subscope::app::MOST_UNPACKED_FOR_ROW;
use subscope::payload::format::recognise;
use subscope::payload::format::unpack::MAX_SIZE;
use subscope::payload::lookup::Lookup;

use super::bombs;
use super::{row, verdict};

/// How often each message is decoded; the shortest time counts.
const TIMES: usize = 5;

/// How many messages are listed for each use.
const LISTED: usize = 5;

const BUDGET_MS: f64 = 5.0;

/// Returns the shortest time that `run` takes.
fn time(mut run: impl FnMut()) -> Duration {
    let times = (0..TIMES).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed()
    });
    times.min().unwrap_or_default()
}

fn open(message: &[u8]) {
    std::hint::black_box(recognise(message, None, MAX_SIZE));
}

fn row_of(message: &[u8]) {
    let lookup = Lookup::new(message, None).unpacking(MOST_UNPACKED_FOR_ROW);
    std::hint::black_box(lookup.row_text());
}

fn query(message: &[u8]) {
    std::hint::black_box(Lookup::new(message, None).text());
}

/// Measures all messages and prints the slowest of each use.
pub fn measure() {
    let messages = bombs::all();
    println!("{} messages of at most {} B\n", messages.len(), bombs::SIZE);
    for (name, run) in [
        ("open", open as fn(&[u8])),
        ("row", row_of),
        ("query", query),
    ] {
        let times = messages
            .iter()
            .map(|(content, message)| (time(|| run(message)), content));
        let mut times: Vec<_> = times.collect();
        times.sort_by(|one, other| other.cmp(one));
        for (time, content) in times.into_iter().take(LISTED) {
            let ms = time.as_secs_f64() * 1e3;
            row(
                &format!("{name}: {content}"),
                &format!("{ms:.2} ms"),
                verdict(ms, BUDGET_MS, "5 ms"),
            );
        }
    }
}
