//! The latency from a publish to the terminal's output.

use std::thread;
use std::time::{Duration, Instant};

use subscope::payload::figures::count;

use crate::bench::Bench;
use crate::marks::{CHANNEL, Publisher, Steady, mark};
use crate::samples::{Pauses, Samples, millis};
use crate::support::flood::{Endless, Flood};
use crate::support::redis::Redis;
use crate::timeline::Timeline;
use crate::watching::Watching;

const HOW: &str = "From just before a PUBLISH is written to a separate socket until its unique \
payload has been read completely from the pty of `subscope -u URL` at 140×40. A message that \
arrives within 34 ms of a drawing waits for the next one; when idle, the rates are drawn every \
second. \"All\" is the initial view, with the newest row of any channel at the bottom. In fast \
traffic, most messages scroll by unseen between two frames. Only those that are seen, which arrive \
just before a frame, are counted. \"Only\" is the view of one channel, selected in the channel list \
with Enter, as when watching a quiet channel amid traffic.";

const SIZE: (u16, u16) = (140, 40);

/// How long the last mark may take to appear.
const GRACE: Duration = Duration::from_secs(1);

const IDLE_BUDGET: Duration = Duration::from_micros(1_500);
const STEADY_BUDGET: Duration = Duration::from_millis(40);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Load {
    Idle,
    Steady,
    Flood,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum View {
    All,
    Only,
}

/// When the marks are published.
struct Plan {
    marks: u64,
    /// The pauses between marks; `None` publishes the next mark as soon as the server has answered.
    pauses: Option<Pauses>,
}

/// Runs the measurements and reports them.
pub fn run(bench: &mut Bench) {
    bench.report.section("Publish to screen", HOW);
    let plan = |marks, least, most| Plan {
        marks,
        pauses: Some(Pauses::between(least, most)),
    };
    let idle = plan(bench.scaled(200), 60, 140);
    measure(bench, Load::Idle, View::All, idle);
    let steady = plan(bench.scaled(600), 20, 60);
    measure(bench, Load::Steady, View::Only, steady);
    let steady = plan(bench.scaled(2_000), 4, 8);
    measure(bench, Load::Steady, View::All, steady);
    let flood = plan(bench.scaled(300), 20, 60);
    measure(bench, Load::Flood, View::Only, flood);
    let many = Plan {
        marks: bench.scaled(10_000),
        pauses: None,
    };
    measure(bench, Load::Flood, View::All, many);
}

fn measure(bench: &mut Bench, load: Load, view: View, mut plan: Plan) {
    let redis = bench.redis(&[]);
    let mut watching = Watching::start(bench, &redis, &[], SIZE);
    let mut publisher = Publisher::connect(redis.port());
    if view == View::Only {
        select_marked_channel(&mut watching, &mut publisher);
    }
    let traffic = Traffic::start(load, &redis);
    thread::sleep(GRACE);
    let marks: Vec<Sent> = (0..usize::try_from(plan.marks).unwrap())
        .map(|number| {
            if let Some(pauses) = &mut plan.pauses {
                thread::sleep(pauses.next());
            }
            let mark = mark(number);
            let from = watching.pty.raw_len();
            let at = publisher.publish(CHANNEL.as_bytes(), &mark);
            Sent { mark, from, at }
        })
        .collect();
    thread::sleep(GRACE);
    let timeline = Timeline::of(&watching.pty);
    let rate = traffic.stop();
    let stats = watching.quit();
    let times = marks.iter().filter_map(|sent| {
        let arrival = timeline.arrival_of(&sent.mark, sent.from)?;
        Some(arrival - sent.at)
    });
    report(bench, (load, view), &Samples::new(times.collect()), &marks);
    if let Some(rate) = rate {
        bench
            .report
            .note("– traffic meanwhile", format!("{:.0} k/s", rate / 1e3));
    }
    let draw = stats.figure("draw_us_p99") as f64 / 1e3;
    bench
        .report
        .note("– drawing, p99 of the run", format!("{draw:.2} ms"));
    let [dropped, gaps] = ["dropped", "gaps"].map(|name| stats.figure(name));
    if dropped + gaps > 0 {
        let both = format!("{} dropped, {gaps} × cut off", count(dropped));
        bench.report.note("– lost", both);
    }
}

/// A published message with a mark.
struct Sent {
    mark: [u8; 8],
    /// The number of bytes of terminal output before the message was published.
    from: usize,
    at: Instant,
}

fn report(bench: &mut Bench, case: (Load, View), times: &Samples, sent: &[Sent]) {
    let what = match case {
        (Load::Idle, _) => "idle, one message at a time, all",
        (Load::Steady, View::Only) => "at 10 k/s, only",
        (Load::Steady, View::All) => "at 10 k/s, all",
        (Load::Flood, View::Only) => "in the full flood, only",
        (Load::Flood, View::All) => "in the full flood, all",
    };
    let p50 = times.percentile(50);
    let p99 = times.percentile(99);
    let seen = format!("{} of {}", times.len(), sent.len());
    let report = &mut bench.report;
    match case {
        (Load::Idle, _) => {
            let is_within = times.len() == sent.len() && p50 <= IDLE_BUDGET;
            report.check(&format!("{what}: p50"), millis(p50), "≤ 1.5 ms", is_within);
            report.note("– p99", millis(p99));
        }
        (Load::Steady, View::Only) => {
            let is_within = times.len() == sent.len() && p99 <= STEADY_BUDGET;
            report.check(&format!("{what}: p99"), millis(p99), "≤ 40 ms", is_within);
            report.note("– p50", millis(p50));
        }
        (Load::Flood, View::Only) => {
            let both = format!("{} / {}", millis(p50), millis(p99));
            report.note(&format!("{what}: p50 / p99"), both);
        }
        // There are too few samples for a p99.
        (Load::Steady | Load::Flood, View::All) => {
            let both = format!("{} / {}", millis(p50), millis(times.max()));
            report.note(&format!("{what}: p50 / longest"), both);
        }
    }
    report.note("– seen", seen);
}

/// Narrows the log to the marked channel.
fn select_marked_channel(watching: &mut Watching, publisher: &mut Publisher) {
    publisher.publish(CHANNEL.as_bytes(), b"first");
    watching.pty.wait_for_text("first");
    watching.click_channel(1);
    watching.pty.send("\r");
    watching.pty.wait_for_text(&format!(" on {CHANNEL}"));
}

/// The background traffic.
enum Traffic {
    None,
    Steady(Steady),
    Flood(Endless, Instant),
}

impl Traffic {
    fn start(load: Load, redis: &Redis) -> Self {
        match load {
            Load::Idle => Self::None,
            Load::Steady => Self::Steady(Steady::start(redis.port(), 10_000, 120)),
            Load::Flood => {
                let flood = Flood {
                    port: redis.port(),
                    messages: 0,
                    channels: 16,
                    payload: 120,
                    connections: 2,
                };
                Self::Flood(flood.start_endless(), Instant::now())
            }
        }
    }

    /// Stops the traffic. Returns its rate in messages per second.
    fn stop(self) -> Option<f64> {
        match self {
            Self::None => None,
            Self::Steady(steady) => Some(steady.stop()),
            Self::Flood(endless, started) => {
                let messages = endless.stop();
                Some(messages as f64 / started.elapsed().as_secs_f64())
            }
        }
    }
}
