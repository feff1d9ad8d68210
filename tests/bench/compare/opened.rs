//! A large message opened while keys are pressed.

use std::io::Write as _;
use std::time::{Duration, Instant};

use subscope::payload::figures::size;

use crate::bench::Bench;
use crate::flooded::KEY_BUDGET;
use crate::huge::{TIMEOUT, publish};
use crate::samples::millis;
use crate::support::pty::Pty;
use crate::support::redis::NO_LIMITS;
use crate::timeline::{Expected, Press, Timeline};
use crate::watching::Watching;

const HOW: &str = "One message of 100 MB of JSON (quick: 10 MB) is opened with Enter. Until its \
tree is on the screen, the help is opened and closed repeatedly; then the cursor moves down and \
up.";

/// The number of key presses once the tree is shown.
const MOVES: usize = 100;

/// The start of a tree whose root is an array: its first element.
const TREE: &str = "[0]: {";

/// The tab bar of an open message.
const TABS: &str = "diff  bytes  channel";

/// The title of the help.
const HELP: &str = "╭ Keys ";

/// Runs the measurements and reports them.
pub fn run(bench: &mut Bench) {
    bench.report.section("A large message opened", HOW);
    let payload = json(usize::try_from(bench.scaled(100_000_000)).unwrap());
    let bytes = size(payload.len() as u64);
    let redis = bench.redis(&NO_LIMITS);
    let mut watching = Watching::start(bench, &redis, &["--keep", "1GiB"], (200, 50));
    publish(&redis, payload).join().unwrap();
    assert!(watching.wait_for_received(1, TIMEOUT), "received");

    let pty = &mut watching.pty;
    let started = Instant::now();
    let mut presses = vec![Press::new(pty, "\r", Expected::Shows(TABS))];
    presses.extend(press_until_shown(pty, started));
    let seconds = started.elapsed().as_secs_f64();
    let is_shown = pty.text().contains(TREE);
    presses.push(Press::new(pty, "\t", Expected::Shows("J next")));
    let opened = presses.len();
    presses.extend((0..MOVES).map(|number| {
        if number.is_multiple_of(2) {
            Press::new(pty, "j", Expected::Shows(" .[0] "))
        } else {
            Press::new(pty, "k", Expected::Lacks(" .[0] "))
        }
    }));
    presses.push(Press::new(pty, "q", Expected::Lacks(TABS)));
    let timeline = Timeline::of(pty);
    watching.quit();

    let report = &mut bench.report;
    let what = format!("{bytes} of JSON: shown as a tree within");
    report.check(&what, format!("{seconds:.1} s"), "it is shown", is_shown);
    for (when, presses) in [
        ("until then", &presses[..opened]),
        ("within the tree", &presses[opened..]),
    ] {
        let times = timeline.press_times(presses);
        let what = format!("– longest key {when}, of {}", times.len());
        let longest = times.max();
        report.check(&what, millis(longest), "≤ 50 ms", longest <= KEY_BUDGET);
    }
}

/// Opens and closes the help until the tree is on the screen.
fn press_until_shown(pty: &mut Pty, started: Instant) -> Vec<Press> {
    let mut presses = Vec::new();
    while !pty.text().contains(TREE) && started.elapsed() < TIMEOUT {
        presses.push(Press::new(pty, "?", Expected::Shows(HELP)));
        presses.push(Press::new(pty, "q", Expected::Lacks(HELP)));
        pty.wait_up_to(Duration::from_millis(5), |screen| {
            screen.contents().contains(TREE)
        });
    }
    presses
}

/// Returns a JSON array of about `bytes` bytes, as a service might publish in bulk.
fn json(bytes: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes + 200);
    out.push(b'[');
    for id in 0_u64.. {
        if out.len() >= bytes {
            break;
        }
        let comma = if id > 0 { "," } else { "" };
        let cents = id.wrapping_mul(7919) % 100_000;
        write!(
            out,
            r#"{comma}{{"id":{id},"user":{{"name":"ann {id}","tags":["a","b \u00e9"]}},"amount":{cents}e-2}}"#
        )
        .unwrap();
    }
    out.push(b']');
    out
}
