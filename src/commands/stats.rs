//! The counters and timings of a run, for `--stats`.

use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;

use super::Failure;
use crate::runtime::Outcome;
use crate::server::Counters;
use crate::terminal::backend::Output;

/// Writes them to `path` as one JSON object.
pub(super) fn write(
    path: &Path,
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
    fs::write(path, format!("{stats}\n"))
        .map_err(|error| Failure::other(format!("--stats {}: {error}", path.display())))
}
