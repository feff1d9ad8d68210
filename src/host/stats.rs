//! The counters and timings of a run, for `--stats`.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;
use subscope::runtime::Outcome;
use subscope::server::Counters;
use subscope::terminal::backend::Output;

use super::failure::{Failure, reason, shown_path};

/// The file that the stats are written to at exit. It is created at the start, so that a wrong path
/// is reported at once.
pub struct StatsFile<'a> {
    path: &'a Path,
}

impl<'a> StatsFile<'a> {
    /// Creates the file at `path`, or checks that it is writable. A special file, such as a pipe
    /// that has no reader yet, is opened only at exit.
    pub fn new(path: &'a Path) -> Result<Self, Failure> {
        let is_special = fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir());
        if !is_special {
            let file = OpenOptions::new().append(true).create(true).open(path);
            file.map_err(|error| Failure::usage(problem(path, &error)))?;
        }
        Ok(Self { path })
    }

    /// Truncates a regular file, so that the stats of an earlier run are not mistaken for those of
    /// this one.
    pub fn begin(&self) {
        if self.path.is_file() {
            let _ = File::create(self.path);
        }
    }
}

fn problem(path: &Path, error: &io::Error) -> String {
    let (path, reason) = (shown_path(path), reason(error));
    format!("--stats: {path} cannot be written: {reason}")
}

/// Writes the stats to `file` as one JSON object.
pub fn write(
    file: &StatsFile<'_>,
    outcome: &Outcome,
    server: &Counters,
    output: Output,
    uptime: Duration,
) -> Result<(), Failure> {
    let log = &outcome.app.session().log;
    let counters = log.counters();
    let stats = json!({
        "received": counters.received,
        "kept": counters.kept,
        "evicted": counters.evicted,
        "cleared": counters.cleared,
        "dropped": counters.dropped,
        "merged": counters.merged,
        "gaps": counters.gaps,
        "notices": counters.notices,
        "bytes_received": server.bytes_received.load(Ordering::Relaxed),
        "log_bytes": log.size(),
        "frames": outcome.frames,
        "draw_us_p50": outcome.draw_micros.value_at_quantile(0.5),
        "draw_us_p99": outcome.draw_micros.value_at_quantile(0.99),
        "draw_cpu_us_p50": outcome.draw_cpu_micros.value_at_quantile(0.5),
        "draw_cpu_us_p99": outcome.draw_cpu_micros.value_at_quantile(0.99),
        "terminal_bytes": output.bytes,
        "terminal_writes": output.writes,
        "ingest_batches": server.batches.load(Ordering::Relaxed),
        "uptime_ms": u64::try_from(uptime.as_millis()).unwrap_or(u64::MAX),
    });
    let written = fs::write(file.path, format!("{stats}\n"));
    written.map_err(|error| Failure::other(problem(file.path, &error)))
}
