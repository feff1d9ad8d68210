//! Compares the cost and latency of `subscope` with those of `redis-cli` and the `redis` crate in
//! the same run, with a budget for each figure: `cargo bench --bench compare`.
//!
//! `-- --quick` runs everything once with a tenth of the messages; section names, as in `--
//! throughput idle`, select sections. It starts its own servers on free ports, using `redis-server`
//! and `redis-cli` from the PATH, and reads resource usage from Linux's `/proc`. Before each
//! section it waits up to two minutes for other programs to become idle.

#![expect(
    clippy::cast_precision_loss,
    reason = "figures for people have three digits"
)]
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot run should panic"
)]

use std::env;

use crate::bench::Bench;

#[path = "compare/bench.rs"]
mod bench;
#[path = "compare/distinct.rs"]
mod distinct;
#[path = "compare/filtered.rs"]
mod filtered;
#[path = "compare/flooded.rs"]
mod flooded;
#[path = "compare/huge.rs"]
mod huge;
#[path = "compare/idle.rs"]
mod idle;
#[path = "compare/latency.rs"]
mod latency;
#[path = "compare/listener.rs"]
mod listener;
#[path = "compare/marks.rs"]
mod marks;
#[path = "compare/memory.rs"]
mod memory;
#[path = "compare/opened.rs"]
mod opened;
#[path = "compare/process.rs"]
mod process;
#[path = "compare/recorded.rs"]
mod recorded;
#[path = "compare/replay.rs"]
mod replay;
#[path = "compare/report.rs"]
mod report;
#[path = "compare/samples.rs"]
mod samples;
#[path = "compare/start.rs"]
mod start;
#[path = "../support"]
mod support {
    pub mod flood;
    #[allow(dead_code, reason = "the program uses only a part of it")]
    pub mod pty;
    #[allow(dead_code, reason = "the program uses only a part of it")]
    pub mod redis;
    pub mod version;
}
#[path = "compare/throughput.rs"]
mod throughput;
#[path = "compare/timeline.rs"]
mod timeline;
#[path = "compare/tree.rs"]
mod tree;
#[path = "compare/watching.rs"]
mod watching;

/// A section of the report.
type Section = fn(&mut Bench);

/// The sections by name, in the order of the report.
const SECTIONS: [(&str, Section); 13] = [
    ("throughput", throughput::run),
    ("recorded", recorded::run),
    ("latency", latency::run),
    ("flooded", flooded::run),
    ("tree", tree::run),
    ("filtered", filtered::run),
    ("memory", memory::run),
    ("idle", idle::run),
    ("start", start::run),
    ("distinct", distinct::run),
    ("huge", huge::run),
    ("opened", opened::run),
    ("replay", replay::run),
];

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    // For some of the listeners, the benchmark starts itself as a child process.
    match &arguments[..] {
        [first, url] if first == listener::CHILD => return listener::listen_as_child(url),
        [first, port] if first == listener::BARE_CHILD => return listener::read_as_child(port),
        _ => {}
    }
    let names: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let unknown = names
        .iter()
        .find(|name| SECTIONS.iter().all(|(known, _)| known != *name));
    if let Some(unknown) = unknown {
        let known: Vec<&str> = SECTIONS.iter().map(|(name, _)| *name).collect();
        eprintln!("no section {unknown}; choose from {}", known.join(", "));
        std::process::exit(2);
    }
    let is_quick = arguments.iter().any(|argument| argument == "--quick");
    let mut bench = Bench::new(is_quick);
    bench.introduce();
    for (name, run) in SECTIONS {
        if names.is_empty() || names.contains(&name) {
            run(&mut bench);
        }
    }
    bench.report.finish();
}
