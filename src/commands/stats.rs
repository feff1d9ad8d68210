//! The counters and timings of a run, for `--stats`.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;

use super::{Failure, shown_path};
use crate::runtime::Outcome;
use crate::server::Counters;
use crate::terminal::backend::Output;

/// The file that they are written to at the end. It is there from the start, so that a wrong path is
/// told at once.
pub(super) struct StatsFile<'a> {
    path: &'a Path,
    file: File,
}

impl<'a> StatsFile<'a> {
    /// Opens the file at `path`, or creates it. What is in it stays until it is written to.
    pub fn open(path: &'a Path) -> Result<Self, Failure> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path);
        match file {
            Ok(file) => Ok(Self { path, file }),
            Err(error) => Err(Failure::usage(words(path, &error))),
        }
    }

    /// Writes `text` in place of what is in the file.
    fn put(&mut self, text: &str) -> io::Result<()> {
        // A pipe or a terminal has no length.
        if self.file.metadata()?.is_file() {
            self.file.set_len(0)?;
        }
        self.file.write_all(text.as_bytes())
    }
}

fn words(path: &Path, error: &io::Error) -> String {
    let reason = error.to_string();
    let reason = reason.split(" (os error").next().unwrap_or(&reason);
    format!("--stats: {} cannot be written: {reason}", shown_path(path))
}

/// Writes them to `file` as one JSON object.
pub(super) fn write(
    mut file: StatsFile<'_>,
    outcome: &Outcome,
    server: &Counters,
    output: Output,
    uptime: Duration,
) -> Result<(), Failure> {
    let log = outcome.app.log();
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
        "terminal_bytes": output.bytes,
        "terminal_writes": output.writes,
        "ingest_batches": server.batches.load(Ordering::Relaxed),
        "uptime_ms": u64::try_from(uptime.as_millis()).unwrap_or(u64::MAX),
    });
    let written = file.put(&format!("{stats}\n"));
    written.map_err(|error| Failure::other(words(file.path, &error)))
}
