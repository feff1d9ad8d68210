//! The cost per message at full publish speed, compared with other listeners.

use std::time::{Duration, Instant};

use subscope::payload::figures::count;

use crate::bench::Bench;
use crate::listener::{BARE_CHILD, CHILD, Listener};
use crate::process::Cpu;
use crate::samples::median;
use crate::support::flood::Flood;
use crate::support::redis::{NO_LIMITS, Redis};
use crate::watching::Watching;

const HOW: &str = "Messages on 16 channels from 2 connections that pipeline without a pause. CPU \
is the user and system time of the listener alone, from before the first publish until everything \
was received, per message that was not lost: the median of the rounds, in which the listeners take \
turns, and the minimum and maximum. subscope draws on a terminal of 140×40 and has Redis's default \
buffer limits; for the other listeners, the limits are lifted except where noted. Messages written \
to /dev/null cannot be counted. The redis crate and the bare read run in separate processes.";

const CHANNELS: u64 = 16;

/// How long the listener may take to catch up after the last publish.
const TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Clone, Copy)]
struct Load {
    messages: u64,
    payload: usize,
    /// The budget: CPU time per message, as a fraction of redis-cli's.
    budget: f64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Client {
    Subscope,
    Psubscribe,
    Subscribe,
    RedisCrate,
    Bare,
    CountedPsubscribe,
    LimitedPsubscribe,
    LimitedRedisCrate,
}

/// Listeners that run in every round.
const ROUND: [Client; 5] = [
    Client::Subscope,
    Client::Psubscribe,
    Client::Subscribe,
    Client::RedisCrate,
    Client::Bare,
];

/// Listeners that run once, to count their losses.
const ONCE: [Client; 3] = [
    Client::CountedPsubscribe,
    Client::LimitedPsubscribe,
    Client::LimitedRedisCrate,
];

impl Client {
    fn name(self) -> &'static str {
        match self {
            Self::Subscope => "subscope, terminal UI, default limits",
            Self::Psubscribe => "redis-cli psubscribe '*' > /dev/null",
            Self::Subscribe => "redis-cli subscribe burst:0 … burst:15 > /dev/null",
            Self::RedisCrate => "redis crate, get_async_pubsub, PSUBSCRIBE *",
            Self::Bare => "a bare read of the socket, discarded",
            Self::CountedPsubscribe => "redis-cli psubscribe '*' \\| line counter",
            Self::LimitedPsubscribe => "redis-cli psubscribe '*' \\| line counter, default limits",
            Self::LimitedRedisCrate => "redis crate, default limits",
        }
    }

    fn has_default_limits(self) -> bool {
        matches!(
            self,
            Self::Subscope | Self::LimitedPsubscribe | Self::LimitedRedisCrate
        )
    }
}

/// The cost of a burst to a listener.
#[derive(Clone, Copy)]
struct Cost {
    cpu: Cpu,
    publishing: Duration,
    /// The number of lost messages; `None` if it cannot be counted.
    lost: Option<u64>,
    is_cut_off: bool,
}

impl Cost {
    /// Returns the CPU time per received message, in microseconds.
    fn micros(&self, load: Load, part: fn(Cpu) -> Duration) -> f64 {
        let messages = load.messages - self.lost.unwrap_or(0);
        part(self.cpu).as_secs_f64() * 1e6 / messages.max(1) as f64
    }
}

/// Runs the measurements and reports them.
pub fn run(bench: &mut Bench) {
    bench.report.section("Throughput", HOW);
    for (messages, payload, budget) in [(2_000_000, 120, 0.25), (200_000, 4_096, 0.6)] {
        let load = Load {
            messages: bench.scaled(messages),
            payload,
            budget,
        };
        measure(bench, load);
    }
}

fn measure(bench: &mut Bench, load: Load) {
    let rounds = if bench.is_quick { 1 } else { 3 };
    let costs: Vec<[Cost; ROUND.len()]> = (0..rounds)
        .map(|_| ROUND.map(|client| burst(bench, client, load)))
        .collect();
    let once = ONCE.map(|client| burst(bench, client, load));

    println!("{} × {} B:\n", count(load.messages), load.payload);
    println!("| listener | CPU µs per message | user | system | lost | published k/s |");
    println!("|---|---:|---:|---:|---:|---:|");
    for (index, client) in ROUND.into_iter().enumerate() {
        let costs: Vec<Cost> = costs.iter().map(|round| round[index]).collect();
        print_costs(client, load, &costs);
    }
    for (client, cost) in ONCE.into_iter().zip(once) {
        print_costs(client, load, &[cost]);
    }
    println!();

    let ratios = costs.iter().map(|[subscope, redis_cli, ..]| {
        subscope.micros(load, Cpu::total) / redis_cli.micros(load, Cpu::total)
    });
    let (ratio, least, most) = median(ratios.collect());
    bench.report.check(
        &format!(
            "CPU per message of {} B, × redis-cli psubscribe",
            load.payload
        ),
        format!("{ratio:.2} ({least:.2}–{most:.2})"),
        &format!("≤ {}", load.budget),
        ratio <= load.budget,
    );
    let lost: u64 = costs
        .iter()
        .filter_map(|[subscope, ..]| subscope.lost)
        .sum();
    bench.report.check("– lost", lost, "0", lost == 0);
    bench.report.end_table();
}

fn print_costs(client: Client, load: Load, costs: &[Cost]) {
    let of = |part: fn(Cpu) -> Duration| {
        let micros = costs.iter().map(|cost| cost.micros(load, part));
        median(micros.collect())
    };
    let (cpu, least, most) = of(Cpu::total);
    let (user, ..) = of(|cpu| cpu.user);
    let (system, ..) = of(|cpu| cpu.system);
    let rate = costs
        .iter()
        .map(|cost| load.messages as f64 / cost.publishing.as_secs_f64() / 1e3);
    let (rate, ..) = median(rate.collect());
    let mut lost = match costs[0].lost {
        Some(_) => count(costs.iter().filter_map(|cost| cost.lost).sum()),
        None => "not counted".to_owned(),
    };
    if costs.iter().any(|cost| cost.is_cut_off) {
        lost.push_str(", CUT OFF by the server");
    }
    let spread = if costs.len() > 1 {
        format!(" ({least:.3}–{most:.3})")
    } else {
        String::new()
    };
    println!(
        "| {} | {cpu:.3}{spread} | {user:.3} | {system:.3} | {lost} | {rate:.0} |",
        client.name()
    );
}

fn burst(bench: &mut Bench, client: Client, load: Load) -> Cost {
    let limits: &[&str] = if client.has_default_limits() {
        &[]
    } else {
        &NO_LIMITS
    };
    let redis = bench.redis(limits);
    if client == Client::Subscope {
        return burst_on_subscope(bench, &redis, load);
    }
    let listener = start(bench, client, &redis);
    let before = Cpu::of(listener.pid());
    let publishing = publish(&redis, load);
    let is_cut_off = !listener.settle(&redis);
    let cpu = Cpu::of(listener.pid()).since(before);
    Cost {
        cpu,
        publishing,
        lost: listener.finish().map(|received| load.messages - received),
        is_cut_off,
    }
}

fn start(bench: &mut Bench, client: Client, redis: &Redis) -> Listener {
    let channels: Vec<String> = (0..CHANNELS)
        .map(|index| format!("burst:{index}"))
        .collect();
    match client {
        Client::Psubscribe => {
            bench
                .report
                .ran("redis-cli -p PORT psubscribe '*' > /dev/null");
            Listener::redis_cli(redis, &[])
        }
        Client::Subscribe => {
            let names = channels.join(" ");
            bench
                .report
                .ran(format!("redis-cli -p PORT subscribe {names} > /dev/null"));
            Listener::redis_cli(redis, &channels)
        }
        Client::CountedPsubscribe | Client::LimitedPsubscribe => {
            bench.report.ran("redis-cli -p PORT psubscribe '*' | …");
            Listener::counted_redis_cli(redis)
        }
        Client::Bare => {
            bench
                .report
                .ran(format!("this benchmark {BARE_CHILD} PORT"));
            Listener::bare(redis)
        }
        Client::RedisCrate | Client::LimitedRedisCrate | Client::Subscope => {
            bench.report.ran(format!("this benchmark {CHILD} URL"));
            Listener::redis_crate(redis)
        }
    }
}

fn burst_on_subscope(bench: &mut Bench, redis: &Redis, load: Load) -> Cost {
    let watching = Watching::start(bench, redis, &[], (140, 40));
    let before = Cpu::of(watching.pid());
    let publishing = publish(redis, load);
    watching.wait_for_received(load.messages, TIMEOUT);
    let cpu = Cpu::of(watching.pid()).since(before);
    let stats = watching.quit();
    let lost = stats.lost(load.messages);
    Cost {
        cpu,
        publishing,
        lost: Some(lost.messages),
        is_cut_off: lost.gaps > 0,
    }
}

/// Publishes everything. Returns how long that took.
fn publish(redis: &Redis, load: Load) -> Duration {
    let started = Instant::now();
    let flood = Flood {
        port: redis.port(),
        messages: load.messages,
        channels: CHANNELS,
        payload: load.payload,
        connections: 2,
    };
    flood.run();
    started.elapsed()
}
