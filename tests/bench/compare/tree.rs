//! Thousands of channels in a tree, and rows in colour, during a flood.

use std::thread;
use std::time::Duration;

use subscope::payload::figures::count;

use crate::bench::Bench;
use crate::flooded::{FLOODED_KEY_BUDGET, LARGE, press_space, report_drawing, report_keys};
use crate::support::flood::Endless;
use crate::support::redis::pack;
use crate::timeline::Timeline;
use crate::watching::Watching;

const HOW: &str = "JSON messages of about 120 B on 5,000 channels (`shop:REGION:USER:EVENT`) at full \
publish speed on 2 connections. The channels are shown as a tree, with the branch of the first \
region unfolded, and every tenth message is an error, so that rows are drawn in several colours. \
The first half of the key presses finds the list focused, the second half the log.";

const CHANNELS: u64 = 5_000;

/// Number of regions: the branches below `shop`.
const REGIONS: u64 = 4;

/// Runs the measurement and reports it.
pub fn run(bench: &mut Bench) {
    bench.report.section("A tree of channels", HOW);
    let redis = bench.redis(&[]);
    let mut watching = Watching::start(bench, &redis, &[], LARGE);
    let flood = Endless::start(redis.port(), 2, &commands());
    watching.pty.wait_for_text(" 5,000 ");
    watching.click_channel(0);
    // Turns the list into a tree, and unfolds `shop` and its first region. Keys that come at once
    // would be taken for pasted text.
    for key in ["T", "j", "l", "j", "l"] {
        thread::sleep(Duration::from_millis(200));
        watching.pty.send(key);
    }
    watching.pty.wait_for_text("▾ region-0:");
    thread::sleep(Duration::from_secs(1));

    let half = bench.scaled(200);
    let mut presses = press_space(&mut watching.pty, half);
    watching.pty.send("\t");
    presses.extend(press_space(&mut watching.pty, half));
    let messages = flood.stop();
    watching.wait_for_received(messages, Duration::from_secs(60));
    let timeline = Timeline::of(&watching.pty);
    let stats = watching.quit();

    let report = &mut bench.report;
    report_keys(report, "200×50", &timeline, &presses, FLOODED_KEY_BUDGET);
    report_drawing(report, LARGE, &stats);
    let lost = stats.lost(messages);
    report.check(
        &format!("lost of {}", count(messages)),
        lost,
        "0",
        lost.is_nothing(),
    );
}

/// Returns one packed PUBLISH for each channel.
fn commands() -> Vec<u8> {
    (0..CHANNELS)
        .flat_map(|index| {
            let (region, user) = (index % REGIONS, index / REGIONS);
            let channel = format!("shop:region-{region}:user-{user:04}:order");
            let level = if index % 10 == 0 { "error" } else { "info" };
            let payload = format!(
                r#"{{"id":{index},"level":"{level}","order":{{"state":"paid","total":{index}.25,"user":{user}}},"tags":["a","b"],"at":"2026-01-01T00:00:00Z"}}"#
            );
            pack(&[b"PUBLISH", channel.as_bytes(), payload.as_bytes()])
        })
        .collect()
}
