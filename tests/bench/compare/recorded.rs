//! The cost per message without the screen and of recordings, at full publish speed.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use memchr::memchr_iter;
use subscope::payload::figures::count;

use crate::bench::Bench;
use crate::listener::Listener;
use crate::process::Cpu;
use crate::samples::median;
use crate::support::flood::Flood;
use crate::support::redis::{NO_LIMITS, Redis};
use crate::watching::Watching;

const HOW: &str = "Messages of 120 B on 16 channels from 2 connections that pipeline without a \
pause. CPU is the user and system time of the process, from before the first publish until \
everything was received and, for recordings, until 100 ms passed without CPU use: the median of \
the rounds, in which the programs take turns, and the minimum and maximum. Recordings are read \
back to count what they lost.";

const PAYLOAD: usize = 120;

/// How long the screen may take to catch up after the last publish.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The budget of recording: CPU time that it adds per message, in microseconds.
const RECORDING: f64 = 0.4;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Program {
    RedisCli,
    RedisCliJson,
    TailRaw,
    TailJson,
    Record,
    RecordPacked,
    Screen,
    ScreenRecording,
    ScreenPacking,
}

const PROGRAMS: [Program; 9] = [
    Program::RedisCli,
    Program::RedisCliJson,
    Program::TailRaw,
    Program::TailJson,
    Program::Record,
    Program::RecordPacked,
    Program::Screen,
    Program::ScreenRecording,
    Program::ScreenPacking,
];

impl Program {
    fn name(self) -> &'static str {
        match self {
            Self::RedisCli => "redis-cli psubscribe '*' > /dev/null",
            Self::RedisCliJson => "redis-cli --json psubscribe '*' > /dev/null",
            Self::TailRaw => "subscope tail --output raw > /dev/null",
            Self::TailJson => "subscope tail --output json > /dev/null",
            Self::Record => "subscope record FILE.ndjson",
            Self::RecordPacked => "subscope record FILE.ndjson.zst",
            Self::Screen => "subscope, terminal UI",
            Self::ScreenRecording => "subscope, terminal UI, recording to FILE.ndjson",
            Self::ScreenPacking => "subscope, terminal UI, recording to FILE.ndjson.zst",
        }
    }

    /// Returns the extension of the recording, if there is one.
    fn extension(self) -> Option<&'static str> {
        match self {
            Self::Record | Self::ScreenRecording => Some("ndjson"),
            Self::RecordPacked | Self::ScreenPacking => Some("ndjson.zst"),
            _ => None,
        }
    }
}

/// The cost of a burst.
#[derive(Clone, Copy)]
struct Cost {
    cpu: Cpu,
    /// The number of messages missing in the recording, if there is one.
    lost: Option<u64>,
}

/// Runs the measurements and reports them.
pub fn run(bench: &mut Bench) {
    bench.report.section("Scripts and recordings", HOW);
    let messages = bench.scaled(2_000_000);
    let rounds = if bench.is_quick { 1 } else { 3 };
    let costs: Vec<[Cost; PROGRAMS.len()]> = (0..rounds)
        .map(|_| PROGRAMS.map(|program| burst(bench, program, messages)))
        .collect();
    println!("{} × {PAYLOAD} B:\n", count(messages));
    println!("| program | CPU µs per message | user | system | lost |");
    println!("|---|---:|---:|---:|---:|");
    for (index, program) in PROGRAMS.into_iter().enumerate() {
        let of = |part: fn(Cpu) -> Duration| {
            let micros = costs
                .iter()
                .map(|round| micros(part(round[index].cpu), messages));
            median(micros.collect())
        };
        let (cpu, least, most) = of(Cpu::total);
        let (user, ..) = of(|cpu| cpu.user);
        let (system, ..) = of(|cpu| cpu.system);
        let lost = costs.iter().filter_map(|round| round[index].lost);
        let lost = match program.extension() {
            Some(_) => count(lost.sum()),
            None => "not counted".to_owned(),
        };
        let name = program.name();
        println!("| {name} | {cpu:.3} ({least:.3}–{most:.3}) | {user:.3} | {system:.3} | {lost} |");
    }
    println!();
    check(bench, &costs, messages);
}

fn check(bench: &mut Bench, costs: &[[Cost; PROGRAMS.len()]], messages: u64) {
    let cpu = |round: &[Cost], program: Program| {
        let index = PROGRAMS.iter().position(|one| *one == program).unwrap();
        micros(round[index].cpu.total(), messages)
    };
    for (program, peer, budget) in [
        (Program::TailRaw, Program::RedisCli, 0.3),
        (Program::TailJson, Program::RedisCliJson, 0.6),
    ] {
        let ratios = costs
            .iter()
            .map(|round| cpu(round, program) / cpu(round, peer));
        let (ratio, least, most) = median(ratios.collect());
        bench.report.check(
            &format!("CPU of {}, × {}", program.name(), peer.name()),
            format!("{ratio:.2} ({least:.2}–{most:.2})"),
            &format!("≤ {budget}"),
            ratio <= budget,
        );
    }
    for program in [Program::ScreenRecording, Program::ScreenPacking] {
        let added = costs
            .iter()
            .map(|round| cpu(round, program) - cpu(round, Program::Screen));
        let (added, least, most) = median(added.collect());
        bench.report.check(
            &format!("CPU added by {}", program.name()),
            format!("{added:.3} µs ({least:.3}–{most:.3})"),
            &format!("≤ {RECORDING} µs"),
            added <= RECORDING,
        );
    }
    let lost = costs.iter().flatten().filter_map(|cost| cost.lost);
    let lost: u64 = lost.sum();
    bench
        .report
        .check("– lost in recordings", lost, "0", lost == 0);
    bench.report.end_table();
}

fn micros(time: Duration, messages: u64) -> f64 {
    time.as_secs_f64() * 1e6 / messages as f64
}

fn burst(bench: &mut Bench, program: Program, messages: u64) -> Cost {
    let is_peer = matches!(program, Program::RedisCli | Program::RedisCliJson);
    let redis = bench.redis(if is_peer { &NO_LIMITS } else { &[] });
    let path = program.extension().map(|extension| {
        let path = bench.directory.path().join(format!("r.{extension}"));
        // An earlier round may have left it.
        let _ = fs::remove_file(&path);
        path
    });
    bench.report.ran(program.name());
    let cpu = match program {
        Program::Screen | Program::ScreenRecording | Program::ScreenPacking => {
            on_screen(bench, &redis, path.as_deref(), messages)
        }
        _ => without_screen(bench, &redis, program, path.as_deref(), messages),
    };
    let lost = path.map(|path| {
        let recorded = recorded(&bench.program, &path);
        let _ = fs::remove_file(&path);
        messages - recorded
    });
    Cost { cpu, lost }
}

fn on_screen(bench: &mut Bench, redis: &Redis, path: Option<&Path>, messages: u64) -> Cpu {
    let mut watching = Watching::start(bench, redis, &[], (140, 40));
    if let Some(path) = path {
        watching
            .pty
            .send(format!("R\x15{}\r", path.to_str().unwrap()));
        watching.pty.wait_for_text("● REC");
    }
    let before = Cpu::of(watching.pid());
    publish(redis, messages);
    watching.wait_for_received(messages, TIMEOUT);
    if path.is_some() {
        let all = format!("REC {} msgs", count(messages));
        watching.pty.wait_for_text(&all);
    }
    let cpu = Cpu::of(watching.pid()).since(before);
    watching.quit();
    cpu
}

fn without_screen(
    bench: &Bench,
    redis: &Redis,
    program: Program,
    path: Option<&Path>,
    messages: u64,
) -> Cpu {
    let listener = Listener::of(redis, &mut command(bench, redis, program, path));
    let before = Cpu::of(listener.pid());
    publish(redis, messages);
    listener.settle(redis);
    let cpu = Cpu::of(listener.pid()).since(before);
    listener.interrupt();
    cpu
}

fn command(bench: &Bench, redis: &Redis, program: Program, path: Option<&Path>) -> Command {
    let (port, url) = (redis.port().to_string(), redis.url());
    let path: PathBuf = path.unwrap_or(Path::new("")).into();
    let mut redis_cli = Command::new("redis-cli");
    redis_cli.args(["-p", &port]);
    let mut subscope = Command::new(&bench.program);
    subscope.env("SUBSCOPE_CONFIG", "/dev/null");
    match program {
        Program::RedisCli => redis_cli.args(["psubscribe", "*"]),
        Program::RedisCliJson => redis_cli.args(["--json", "psubscribe", "*"]),
        Program::TailJson => subscope.args(["tail", "-u", &url, "--output", "json"]),
        Program::Record | Program::RecordPacked => subscope.args(["record", "-u", &url]).arg(path),
        _ => subscope.args(["tail", "-u", &url, "--output", "raw"]),
    };
    match program {
        Program::RedisCli | Program::RedisCliJson => redis_cli,
        _ => subscope,
    }
}

/// Returns the number of messages in a recording.
fn recorded(program: &Path, path: &Path) -> u64 {
    let mut child = Command::new(program)
        .args(["tail", "--output", "raw", "--from"])
        .arg(path)
        .env("SUBSCOPE_CONFIG", "/dev/null")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = child.stdout.take().unwrap();
    let mut buffer = vec![0; 1 << 16];
    let mut lines = 0;
    loop {
        match output.read(&mut buffer).unwrap() {
            0 => break,
            length => lines += memchr_iter(b'\n', &buffer[..length]).count() as u64,
        }
    }
    child.wait().unwrap();
    lines
}

fn publish(redis: &Redis, messages: u64) {
    let flood = Flood {
        port: redis.port(),
        messages,
        channels: 16,
        payload: PAYLOAD,
        connections: 2,
    };
    flood.run();
}
