//! The time from start to the first screen.

use std::net::TcpListener;
use std::time::Duration;

use crate::bench::Bench;
use crate::samples::{Samples, millis};
use crate::support::pty::Launch;
use crate::timeline::Timeline;

const HOW: &str = "From just before the program is started until its name, in the first frame, has \
been read from a pty of 140×40. The program's file is in the page cache.";

const BUDGET: Duration = Duration::from_millis(10);

/// Runs the measurements and reports them.
pub fn run(bench: &mut Bench) {
    bench.report.section("Start", HOW);
    let redis = bench.redis(&[]);
    measure(bench, "a server", redis.port());
    // Bind a port and release it, so that nothing listens on it.
    let nobody = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    measure(bench, "no server", port);
}

fn measure(bench: &mut Bench, what: &str, port: u16) {
    bench
        .report
        .ran("subscope -u redis://127.0.0.1:PORT   (terminal 140×40)");
    let times = (0..bench.scaled(30))
        .map(|_| first_paint(bench, port))
        .collect();
    let times = Samples::new(times);
    let p50 = times.percentile(50);
    bench.report.check(
        &format!("first paint with {what}, p50 of {}", times.len()),
        millis(p50),
        "≤ 10 ms",
        p50 <= BUDGET,
    );
    bench.report.note("– longest", millis(times.max()));
}

fn first_paint(bench: &Bench, port: u16) -> Duration {
    let url = format!("redis://127.0.0.1:{port}");
    let mut pty = Launch::program(&bench.program, &["-u", &url])
        .size(140, 40)
        .start();
    pty.wait_for_text("subscope");
    let timeline = Timeline::of(&pty);
    let at = timeline.arrival_of(b"subscope", 0).unwrap();
    pty.send("\x03\x03");
    pty.wait_for_exit();
    at - pty.started()
}
