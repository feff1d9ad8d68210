//! The screen during an endless flood: keys, output, drawing.

use std::thread;
use std::time::{Duration, Instant};

use subscope::payload::figures::count;

use crate::bench::Bench;
use crate::report::Report;
use crate::samples::{Pauses, millis};
use crate::support::flood::Flood;
use crate::support::pty::Pty;
use crate::timeline::{Expected, Press, Timeline};
use crate::watching::{Stats, Watching};

const HOW: &str = "Messages of 120 B on 16 channels at full publish speed on 2 connections for as \
long as needed, with Redis's default buffer limits. For the first seconds no key is pressed, and \
the bytes from the pty and the synchronized updates in them are counted. Then Space, which freezes \
the log or follows it again, is pressed at irregular intervals, and the time is measured until the \
screen (vt100) shows the effect. Writes and drawing times are those of \
`--stats` over the whole run. Drawing is measured by the wall clock, so it includes waits for a \
core.";

/// The screen size that the drawing budget applies to.
pub const LARGE: (u16, u16) = (200, 50);

/// The period during which output is counted.
const WINDOW: Duration = Duration::from_secs(5);

/// The maximum time between a key press and its effect on the screen, during the flood.
pub const FLOODED_KEY_BUDGET: Duration = Duration::from_millis(20);

/// The maximum time between a key press and its effect on the screen, while something large is
/// processed.
pub const KEY_BUDGET: Duration = Duration::from_millis(50);
const RATE_BUDGET: f64 = 200.0;
const FRAME_BUDGET: f64 = 30.0;
const DRAW_BUDGET: u64 = 3_000;

/// Runs the measurements and reports them.
pub fn run(bench: &mut Bench) {
    bench.report.section("Under a flood", HOW);
    for size in [(140, 40), LARGE] {
        measure(bench, size);
    }
}

fn measure(bench: &mut Bench, size: (u16, u16)) {
    let redis = bench.redis(&[]);
    let mut watching = Watching::start(bench, &redis, &[], size);
    let flood = Flood {
        port: redis.port(),
        messages: 0,
        channels: 16,
        payload: 120,
        connections: 2,
    };
    let started = Instant::now();
    let flood = flood.start_endless();
    thread::sleep(Duration::from_secs(1));

    let begin = (watching.pty.raw_len(), Instant::now());
    thread::sleep(if bench.is_quick { WINDOW / 5 } else { WINDOW });
    let end = (watching.pty.raw_len(), Instant::now());
    let seconds = (end.1 - begin.1).as_secs_f64();

    let presses = press_space(&mut watching.pty, bench.scaled(200));
    let messages = flood.stop();
    let rate = messages as f64 / started.elapsed().as_secs_f64();
    watching.wait_for_received(messages, Duration::from_secs(30));
    let timeline = Timeline::of(&watching.pty);
    let stats = watching.quit();

    let report = &mut bench.report;
    let (columns, rows) = size;
    let at = format!("{columns}×{rows}");
    report_keys(report, &at, &timeline, &presses, FLOODED_KEY_BUDGET);
    let output = Output {
        kilobytes: (end.0 - begin.0) as f64 / seconds / 1e3,
        frames: timeline.frames(begin.0, end.0) as f64 / seconds,
    };
    report_output(report, &at, &output, &stats);
    report_drawing(report, size, &stats);
    let lost = stats.lost(messages);
    report.check(
        &format!("{at}: lost of {} at {:.0} k/s", count(messages), rate / 1e3),
        lost,
        "0",
        lost.is_nothing(),
    );
}

/// Terminal output per second.
struct Output {
    kilobytes: f64,
    frames: f64,
}

fn report_output(report: &mut Report, at: &str, output: &Output, stats: &Stats) {
    report.check(
        &format!("{at}: terminal output"),
        format!("{:.0} KB/s", output.kilobytes),
        "≤ 200 KB/s",
        output.kilobytes <= RATE_BUDGET,
    );
    report.check(
        &format!("{at}: frames"),
        format!("{:.1} a second", output.frames),
        "≤ 30 a second",
        output.frames <= FRAME_BUDGET,
    );
    let (writes, drawn) = (stats.figure("terminal_writes"), stats.figure("frames"));
    report.check(
        &format!("{at}: writes"),
        format!("{writes} in {drawn} frames"),
        "one per frame",
        writes <= drawn,
    );
}

/// Reports drawing times. The budget applies to the large screen only, and to the processor time:
/// publishers, server and terminal compete for the processor here, and how long a draw waits for
/// it depends on the machine.
pub fn report_drawing(report: &mut Report, size: (u16, u16), stats: &Stats) {
    let [p50, p99, cpu_p50, cpu_p99] = [
        "draw_us_p50",
        "draw_us_p99",
        "draw_cpu_us_p50",
        "draw_cpu_us_p99",
    ]
    .map(|name| stats.figure(name));
    let what = format!("{}×{}: drawing", size.0, size.1);
    let millis = |micros: u64| format!("{:.2} ms", micros as f64 / 1e3);
    if size == LARGE {
        let what = format!("{what}, processor time, p99");
        report.check(&what, millis(cpu_p99), "≤ 3 ms", cpu_p99 <= DRAW_BUDGET);
    }
    let both = |p50, p99| format!("{} / {}", millis(p50), millis(p99));
    report.note(
        &format!("{what}, processor time, p50 / p99"),
        both(cpu_p50, cpu_p99),
    );
    report.note(&format!("{what}, with waits, p50 / p99"), both(p50, p99));
}

/// Presses Space at irregular intervals, waiting for the effect each time.
pub fn press_space(pty: &mut Pty, count: u64) -> Vec<Press> {
    let mut pauses = Pauses::between(10, 50);
    (0..count.max(2))
        .map(|number| {
            thread::sleep(pauses.next());
            Press::new(pty, " ", space_brings(number))
        })
        .collect()
}

/// Returns the expected effect of the Space press with this number, counted from 0. Before the
/// first press, the log must be following.
pub fn space_brings(number: u64) -> Expected {
    Expected::Shows(if number.is_multiple_of(2) {
        " frozen ❚❚"
    } else {
        " following ▼"
    })
}

/// Reports the delays between the key presses and their effects on the screen.
pub fn report_keys(
    report: &mut Report,
    at: &str,
    timeline: &Timeline,
    presses: &[Press],
    budget: Duration,
) {
    let times = timeline.press_times(presses);
    let p99 = times.percentile(99);
    report.check(
        &format!("{at}: a key's effect, p99 of {}", times.len()),
        millis(p99),
        &format!("≤ {} ms", budget.as_millis()),
        p99 <= budget,
    );
    let both = format!("{} / {}", millis(times.percentile(50)), millis(times.max()));
    report.note("– p50 / longest", both);
}
