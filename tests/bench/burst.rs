//! A burst of two million messages at full publish speed: what it costs `subscope` on a terminal,
//! beside `redis-cli psubscribe '*' > /dev/null` in the same run.

#![expect(
    clippy::cast_precision_loss,
    reason = "figures for people have three digits"
)]
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot run should panic"
)]

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::flood::Flood;
use crate::support::pty::{Launch, Pty};
use crate::support::redis::Redis;

#[path = "../support/mod.rs"]
mod support;

const MESSAGES: u64 = 2_000_000;
const CHANNELS: u64 = 16;
const PAYLOAD: usize = 120;
const CONNECTIONS: u64 = 2;

/// The clock of `/proc/PID/stat`.
const TICK: Duration = Duration::from_millis(10);

/// How long a listener may take to come to the end after the last publish.
const PATIENCE: Duration = Duration::from_secs(30);

/// The budget: CPU a message, in parts of what redis-cli needs.
const BUDGET: f64 = 0.5;

fn main() {
    let subscope = burst_on_subscope();
    let redis_cli = burst_on_redis_cli();
    let ratio = subscope.cpu.as_secs_f64() / redis_cli.cpu.as_secs_f64();

    println!("{MESSAGES} messages of {PAYLOAD} B on {CHANNELS} channels, {CONNECTIONS} publishers");
    println!();
    println!("| listener  | wall s | publish k/s | CPU µs a message | user | system |");
    println!("|-----------|-------:|------------:|-----------------:|-----:|-------:|");
    subscope.print("subscope ");
    redis_cli.print("redis-cli");
    println!();
    let verdict = if ratio <= BUDGET { "within" } else { "ABOVE" };
    println!("CPU a message: {ratio:.2} × redis-cli, {verdict} the budget of {BUDGET}");
}

/// What a burst cost a listener.
struct Cost {
    /// From the first publish to the listener's last message.
    wall: Duration,
    /// From the first publish to the last answer to one.
    publishing: Duration,
    cpu: Duration,
    user: Duration,
}

impl Cost {
    fn print(&self, name: &str) {
        let micros = |time: Duration| time.as_secs_f64() * 1e6 / MESSAGES as f64;
        println!(
            "| {name} | {:6.2} | {:11.0} | {:16.3} | {:.2} | {:6.2} |",
            self.wall.as_secs_f64(),
            MESSAGES as f64 / self.publishing.as_secs_f64() / 1e3,
            micros(self.cpu),
            micros(self.user),
            micros(self.cpu.saturating_sub(self.user)),
        );
    }
}

fn flood(redis: &Redis) -> Flood {
    Flood {
        port: redis.port(),
        messages: MESSAGES,
        channels: CHANNELS,
        payload: PAYLOAD,
        connections: CONNECTIONS,
    }
}

fn burst_on_subscope() -> Cost {
    let redis = Redis::start();
    let directory = tempfile::tempdir().unwrap();
    let stats = directory.path().join("stats.json");
    let arguments = ["-u", &redis.url(), "--stats", stats.to_str().unwrap()];
    // Wide enough that the count of messages is never cut off the status line.
    let mut pty = Launch::subscope(&arguments).size(140, 40).start();
    pty.wait_for_text("subscribed to pattern *");
    thread::sleep(Duration::from_millis(300));

    let (cpu_before, user_before) = cpu_times(pty.pid());
    let bytes_before = pty.raw_len();
    let started = Instant::now();
    let publishers = flood(&redis).start();
    let mut key_times = Vec::new();
    while !publishers.iter().all(thread::JoinHandle::is_finished) {
        key_times.push(time_of_key(&mut pty));
        thread::sleep(Duration::from_millis(100));
    }
    let publishing = started.elapsed();
    let is_frozen = pty.text().contains("frozen");
    if is_frozen {
        time_of_key(&mut pty);
    }
    let all = "2,000,000 received";
    while !pty.text().contains(all) && started.elapsed() < publishing + PATIENCE {
        thread::sleep(Duration::from_millis(1));
    }
    let wall = started.elapsed();
    let terminal = pty.raw_len() - bytes_before;
    let (cpu_after, user_after) = cpu_times(pty.pid());
    let peak = peak_memory(pty.pid());
    pty.send("q");
    pty.wait_for_exit();

    report(&fs::read_to_string(&stats).unwrap());
    key_times.sort_unstable();
    println!(
        "keys during the burst: {} pressed, to the screen in p50 {:.1} ms, max {:.1} ms",
        key_times.len(),
        key_times[key_times.len() / 2].as_secs_f64() * 1e3,
        key_times[key_times.len() - 1].as_secs_f64() * 1e3,
    );
    println!(
        "terminal: {:.0} KB/s; peak memory: {peak}",
        terminal as f64 / wall.as_secs_f64() / 1e3
    );
    println!();
    Cost {
        wall,
        publishing,
        cpu: cpu_after.saturating_sub(cpu_before),
        user: user_after.saturating_sub(user_before),
    }
}

/// Freezes the messages, or follows them again, and gives the time until the screen says so.
fn time_of_key(pty: &mut Pty) -> Duration {
    let wanted = if pty.text().contains("frozen") {
        "following"
    } else {
        "frozen"
    };
    let started = Instant::now();
    pty.send(" ");
    pty.wait_for_text(wanted);
    started.elapsed()
}

/// Prints the counters, and what must hold of them.
fn report(stats: &str) {
    let stats: Value = serde_json::from_str(stats).unwrap();
    let figure = |name: &str| stats[name].as_u64().unwrap();
    for name in ["received", "kept", "evicted", "dropped", "gaps"] {
        print!("{name} {}  ", figure(name));
    }
    println!();
    for name in ["ingest_batches", "frames", "draw_us_p50", "draw_us_p99"] {
        print!("{name} {}  ", figure(name));
    }
    println!();
    let is_whole = figure("received") == MESSAGES && figure("dropped") == 0 && figure("gaps") == 0;
    println!(
        "every message taken in: {}",
        if is_whole { "yes" } else { "NO" }
    );
}

fn burst_on_redis_cli() -> Cost {
    // With the default limits the server cuts redis-cli off, as too slow.
    let redis = Redis::start_with(&["--client-output-buffer-limit", "pubsub 0 0 0"]);
    let mut listener = Command::new("redis-cli")
        .args(["-p", &redis.port().to_string(), "psubscribe", "*"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while redis.cli(&["pubsub", "numpat"]) != "1" {
        thread::sleep(Duration::from_millis(10));
    }
    let (cpu_before, user_before) = cpu_times(listener.id());
    let started = Instant::now();
    flood(&redis).run();
    let publishing = started.elapsed();
    let wall = settle(&redis, &mut listener, started);
    let (cpu_after, user_after) = cpu_times(listener.id());
    listener.kill().unwrap();
    listener.wait().unwrap();
    Cost {
        wall,
        publishing,
        cpu: cpu_after.saturating_sub(cpu_before),
        user: user_after.saturating_sub(user_before),
    }
}

/// Waits until the server has nothing left for the listener and that uses no CPU any more. Gives
/// the time of that since `started`.
fn settle(redis: &Redis, listener: &mut Child, started: Instant) -> Duration {
    loop {
        let clients = redis.cli(&["client", "list", "type", "pubsub"]);
        assert!(!clients.is_empty(), "the server has cut redis-cli off");
        let before = cpu_times(listener.id());
        let now = started.elapsed();
        thread::sleep(Duration::from_millis(100));
        if clients.contains("omem=0") && before == cpu_times(listener.id()) {
            return now;
        }
    }
}

/// The CPU time used so far, all in all and in user space.
fn cpu_times(pid: u32) -> (Duration, Duration) {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The name in parentheses may hold blanks.
    let fields: Vec<&str> = stat[stat.rfind(')').unwrap() + 2..].split(' ').collect();
    let time = |index: usize| TICK * fields[index].parse::<u32>().unwrap();
    let (user, system) = (time(11), time(12));
    (user + system, user)
}

fn peak_memory(pid: u32) -> String {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.unwrap_or_default()
        .trim_start_matches("VmHWM:")
        .trim()
        .to_owned()
}
