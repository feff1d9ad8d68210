//! One message almost as large as Redis allows.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use subscope::payload::figures::size;

use crate::bench::Bench;
use crate::flooded::{KEY_BUDGET, space_brings};
use crate::process;
use crate::samples::millis;
use crate::support::pty::Pty;
use crate::support::redis::{NO_LIMITS, Redis};
use crate::timeline::{Press, Timeline};
use crate::watching::Watching;

const HOW: &str = "One message of 500 MiB (quick: 50 MiB), without Redis's buffer limits but with \
its default proto-max-bulk-len of 512 MiB. While the message arrives, Space is pressed repeatedly. \
Memory is VmHWM minus VmRSS when the subscription became live.";

/// How long the message may take to arrive.
pub const TIMEOUT: Duration = Duration::from_secs(120);

/// Runs the measurements and reports them.
pub fn run(bench: &mut Bench) {
    bench.report.section("A huge message", HOW);
    for keep in ["1GiB", "64MiB"] {
        measure(bench, keep);
    }
}

fn measure(bench: &mut Bench, keep: &str) {
    let bytes = usize::try_from(bench.scaled(500 << 20)).unwrap();
    let redis = bench.redis(&NO_LIMITS);
    let mut watching = Watching::start(bench, &redis, &["--keep", keep], (140, 40));
    let started = Instant::now();
    let publisher = publish(&redis, vec![b'x'; bytes]);
    let presses = press_until_received(&mut watching.pty, started);
    let has_arrived = watching.wait_for_received(1, Duration::ZERO);
    let seconds = started.elapsed().as_secs_f64();
    publisher.join().unwrap();
    thread::sleep(Duration::from_secs(1));
    let text = watching.pty.text();
    let peak = process::memory(watching.pid(), "VmHWM") - watching.memory_at_start;
    let after = process::memory(watching.pid(), "VmRSS");
    let timeline = Timeline::of(&watching.pty);
    let stats = watching.quit();

    let report = &mut bench.report;
    let true_size = size(bytes as u64);
    let is_whole = stats.figure("log_bytes") >= bytes as u64;
    let came = format!("{seconds:.1} s, gaps {}", stats.figure("gaps"));
    let what = format!("--keep {keep}: {true_size} received within");
    report.check(
        &what,
        came,
        "once, no gap",
        has_arrived && stats.figure("gaps") == 0,
    );
    let is_shown = text.contains(&true_size);
    let kept = format!(
        "{}, {} kept, log of {}",
        if is_shown { "shown" } else { "not shown" },
        stats.figure("kept"),
        size(stats.figure("log_bytes"))
    );
    let (budget, is_within) = if keep == "1GiB" {
        ("whole, with its size", is_whole)
    } else {
        let is_kept = stats.figure("kept") == 1;
        let is_bounded = stats.figure("log_bytes") <= 64 << 20;
        ("its first part, with its true size", is_kept && is_bounded)
    };
    report.check("– kept", kept, budget, is_within && is_shown);
    let times = timeline.press_times(&presses);
    let what = format!("– longest key while it arrives, of {}", times.len());
    let longest = times.max();
    report.check(&what, millis(longest), "≤ 50 ms", longest <= KEY_BUDGET);
    let ratio = peak as f64 / bytes as f64;
    let memory = format!("{} = {ratio:.2} × the payload", size(peak));
    report.note("– peak memory", memory);
    report.note("– VmRSS afterwards", size(after));
}

/// Presses Space until the message has arrived and the log follows again.
fn press_until_received(pty: &mut Pty, started: Instant) -> Vec<Press> {
    let mut presses = Vec::new();
    loop {
        let is_following = presses.len() % 2 == 0;
        let is_over = pty.text().contains(" 1 received") || started.elapsed() > TIMEOUT;
        if is_following && is_over {
            return presses;
        }
        let expected = space_brings(presses.len() as u64);
        presses.push(Press::new(pty, " ", expected));
        thread::sleep(Duration::from_millis(5));
    }
}

/// Publishes one message.
pub fn publish(redis: &Redis, payload: Vec<u8>) -> JoinHandle<()> {
    let port = redis.port();
    thread::spawn(move || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let length = payload.len();
        let head = format!("*3\r\n$7\r\nPUBLISH\r\n$4\r\nhuge\r\n${length}\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&payload).unwrap();
        stream.write_all(b"\r\n").unwrap();
        let mut answer = [0; 64];
        let length = stream.read(&mut answer).unwrap();
        assert_eq!(&answer[..length], b":1\r\n", "published to one subscriber");
    })
}
