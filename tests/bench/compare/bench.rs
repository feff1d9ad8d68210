//! What all measurements share: the program under test, the size of the run, and the report.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use tempfile::TempDir;

use crate::report::Report;
use crate::support::pty::SUBSCOPE;
use crate::support::redis::Redis;
use crate::support::version::version;

/// A run of the benchmark.
pub struct Bench {
    /// The program under test: a copy, so that a concurrent build does not change what is measured.
    pub program: PathBuf,
    /// Directory for the files of this run, deleted afterwards.
    pub directory: TempDir,
    /// Whether to run one round with a tenth of the messages.
    pub is_quick: bool,
    /// The report of the results.
    pub report: Report,
}

impl Bench {
    /// Prepares a run.
    pub fn new(is_quick: bool) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("subscope");
        fs::copy(SUBSCOPE, &program).unwrap();
        Self {
            program,
            directory,
            is_quick,
            report: Report::default(),
        }
    }

    /// Returns `count`, or a tenth of it in a quick run.
    pub fn scaled(&self, count: u64) -> u64 {
        if self.is_quick { count / 10 } else { count }
    }

    /// Starts a separate server for a measurement.
    pub fn redis(&mut self, options: &[&str]) -> Redis {
        let quoted: Vec<String> = options
            .iter()
            .map(|option| {
                let quote = if option.contains(' ') { "'" } else { "" };
                format!(" {quote}{option}{quote}")
            })
            .collect();
        self.report.ran(format!(
            "redis-server --port PORT --bind 127.0.0.1 --save '' --appendonly no \
             --unixsocket DIR/redis.sock --dir DIR{}",
            quoted.concat()
        ));
        Redis::start_with(options)
    }

    /// Prints what was run and on which system.
    pub fn introduce(&self) {
        let quick = if self.is_quick {
            " (quick: a tenth of the messages, once)"
        } else {
            ""
        };
        println!("# subscope compared{quick}\n");
        println!("- command: {}", command_line());
        println!("- machine: {}", machine());
        println!("- server: {}", version());
        println!("- compared with: {}", first_line("redis-cli", "--version"));
        println!(
            "- subscope {}, optimised: {}\n",
            env!("CARGO_PKG_VERSION"),
            !cfg!(debug_assertions)
        );
    }
}

fn command_line() -> String {
    let arguments: Vec<String> = env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let separator = if arguments.is_empty() { "" } else { " -- " };
    format!(
        "cargo bench --bench compare{separator}{}",
        arguments.join(" ")
    )
}

fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("an unknown CPU", |(_, model)| model);
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    format!(
        "{model}, {cores} cores, shared by the server, the publishers and the listeners; \
         Linux {}; load before the run {load}",
        kernel.trim()
    )
}

fn first_line(program: &str, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output();
    let output = output.unwrap_or_else(|error| panic!("{program} is needed: {error}"));
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().next().unwrap_or_default().to_owned()
}
