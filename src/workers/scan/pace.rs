//! How many rows to scan before switching to another scan, and on how many threads.

use std::thread;
use std::time::Duration;

/// How many rows to scan at once. This usually takes a few milliseconds.
const CHUNK_ROWS: usize = 512;

/// How many rows to scan at once on two threads.
const SHARED_ROWS: usize = 4 * CHUNK_ROWS;

/// If scanning a chunk of rows takes longer than this, the next chunks are smaller: some payloads
/// are slow to unpack.
const LONG_TURN: Duration = Duration::from_millis(5);

/// If a row takes longer than this, which means that it has to be decoded, rows are scanned on two
/// threads.
const LONG_ROW: Duration = Duration::from_nanos(500);

/// The minimum number of rows that are worth a second thread.
const LEAST_SHARED: usize = 64;

/// The pace of a query's scans.
#[derive(Debug)]
pub struct Pace {
    chunk: usize,
    can_share: bool,
    is_shared: bool,
}

impl Pace {
    /// `is_shareable` tells whether rows may be matched on two threads.
    pub fn new(is_shareable: bool) -> Self {
        let has_cores = || thread::available_parallelism().is_ok_and(|cores| cores.get() > 1);
        Self {
            chunk: CHUNK_ROWS,
            can_share: is_shareable && has_cores(),
            is_shared: false,
        }
    }

    /// Returns how many rows to scan next.
    pub fn chunk(&self) -> usize {
        self.chunk
    }

    /// Returns whether to scan `rows` rows on two threads.
    pub fn shares(&self, rows: usize) -> bool {
        self.is_shared && rows >= LEAST_SHARED
    }

    /// Adapts to the time that `rows` rows took.
    pub fn adapt(&mut self, took: Duration, rows: usize) {
        if self.can_share && rows >= LEAST_SHARED {
            let threads = 1 + u32::from(self.is_shared);
            let each = took * threads / u32::try_from(rows).unwrap_or(u32::MAX);
            self.is_shared = each > LONG_ROW;
        }
        let most = if self.is_shared {
            SHARED_ROWS
        } else {
            CHUNK_ROWS
        };
        self.chunk = if took > LONG_TURN {
            (self.chunk / 4).max(1)
        } else {
            (self.chunk * 2).min(most)
        };
    }
}
