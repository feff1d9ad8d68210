//! Runs queries on the rows of the log.
//!
//! A [`Request`] is a query and [`Piece`]s of the log, newest first, so that the screen fills right
//! away. Answers come piece by piece. A request with a newer query of the same watch cancels older
//! requests. Newly arrived rows and rows that were already in the log take turns, and queries that
//! run a jq program have a thread of their own.

mod engine;
mod exceptions;
mod prepared;
mod progress;
mod states;

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use engine::Engine;
pub use states::{ChannelStates, LastSeen, MOST_CHANNELS};

use crate::log::{Matches, Piece};
use crate::message::RowId;
use crate::payload::decoder_choices::DecoderChoices;
use crate::query::{Flags, Query};
use crate::workers::worker::{Job, Worker};
use progress::Scan;

/// The id of a watch: something whose query is run on every row, such as a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WatchId(pub u32);

/// Why rows are scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The rows were already in the log when the query was entered.
    Kept,
    /// The rows arrived later.
    Arrived,
    /// The rows were already in the log, and the query is one that the user may have meant.
    Trial,
}

/// A query and the rows to run it on.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The watch that sent the request.
    pub watch: WatchId,
    /// The number of the query within its watch. It cancels requests with lower numbers.
    pub serial: u64,
    /// The query.
    pub query: Arc<Query>,
    /// The names of all subscriptions, indexed by id; empty if the query does not use them.
    pub subscriptions: Arc<[Arc<[u8]>]>,
    /// The rows flagged by checks; empty if the query does not use them.
    pub flagged: Arc<Flagged>,
    /// The decoder choices of channels.
    pub decoder_choices: Arc<DecoderChoices>,
    /// The rows, in the order in which to scan them.
    pub pieces: Vec<Piece>,
    /// Why the rows are scanned.
    pub purpose: Purpose,
}

/// Rows flagged by checks, each list ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flagged {
    /// Rows flagged for their shape.
    pub drift: Vec<RowId>,
    /// Rows flagged for violating a schema.
    pub invalid: Vec<RowId>,
    /// Rows flagged for their sequence number.
    pub seqgap: Vec<RowId>,
}

impl Flagged {
    /// Returns the flags of `row`.
    pub fn of(&self, row: RowId) -> Flags {
        Flags {
            is_drift: self.drift.binary_search(&row).is_ok(),
            is_invalid: self.invalid.binary_search(&row).is_ok(),
            is_seqgap: self.seqgap.binary_search(&row).is_ok(),
        }
    }
}

/// The results of a request since its last answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The watch that sent the request.
    pub watch: WatchId,
    /// The number of the query within its watch.
    pub serial: u64,
    /// Why the rows were scanned.
    pub purpose: Purpose,
    /// The rows that match, in no particular order; ranges without matches are left out.
    pub found: Vec<Matches>,
    /// How many messages were scanned, or evicted before they could be.
    pub scanned: u64,
    /// How many of these were evicted.
    pub gone: u64,
    /// Whether this is the last answer to the request.
    pub is_done: bool,
    /// An error in the query itself.
    pub trouble: Option<Box<str>>,
    /// What is known about the channels, if the query has a condition on messages over time.
    pub states: Option<Box<ChannelStates>>,
}

/// The serial of the current query of each watch.
type Current = Arc<Mutex<HashMap<WatchId, u64>>>;

fn lock(current: &Current) -> MutexGuard<'_, HashMap<WatchId, u64>> {
    current.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The handle to the scanning threads, which end when the handle is dropped.
#[derive(Debug)]
pub struct Scanner {
    fast: Worker<Request>,
    /// The thread for queries that may take milliseconds per row, so that other queries do not wait
    /// for them.
    slow: Worker<Request>,
    current: Current,
}

/// Starts the threads. They pass their answers to `send` and end when `send` returns `false`.
pub fn start(send: impl FnMut(Answer) -> bool + Clone + Send + 'static) -> io::Result<Scanner> {
    let current = Current::default();
    let queue = || ScanQueue {
        current: Arc::clone(&current),
        ..ScanQueue::default()
    };
    Ok(Scanner {
        fast: Worker::start("scan", queue(), send.clone())?,
        slow: Worker::start("scan-slow", queue(), send)?,
        current,
    })
}

impl Scanner {
    /// Sends a request, without waiting. Cancels the requests of its watch with lower serials.
    pub fn ask(&self, request: Request) {
        lock(&self.current).insert(request.watch, request.serial);
        let worker = if request.query.is_slow() {
            &self.slow
        } else {
            &self.fast
        };
        worker.ask(request);
    }

    /// Cancels all requests of `watch`.
    pub fn stop(&self, watch: WatchId) {
        lock(&self.current).remove(&watch);
    }
}

/// The requests that one thread processes alternately.
#[derive(Default)]
struct ScanQueue {
    current: Current,
    engine: Engine,
    scans: Vec<Scan>,
    /// Whether the latest turn went to rows that were already in the log.
    is_turn_of_kept: bool,
}

impl ScanQueue {
    fn drop_cancelled(&mut self) {
        let current = lock(&self.current);
        self.scans.retain(|scan| {
            let request = &scan.request;
            current.get(&request.watch) == Some(&request.serial)
        });
        self.engine.keep_only(|watch| current.contains_key(&watch));
    }

    /// Returns the index of the scan to continue with. Newly arrived rows (oldest request first)
    /// and rows that were already in the log (newest request first) take turns, so that neither
    /// kind waits long in a flood. Trials come last.
    fn next(&mut self) -> Option<usize> {
        let has = |purpose: Purpose| move |scan: &Scan| scan.request.purpose == purpose;
        let arrived = self.scans.iter().position(has(Purpose::Arrived));
        let kept = self.scans.iter().rposition(has(Purpose::Kept));
        let trial = || self.scans.iter().position(has(Purpose::Trial));
        self.is_turn_of_kept = !self.is_turn_of_kept;
        let first = if self.is_turn_of_kept {
            kept.or(arrived)
        } else {
            arrived.or(kept)
        };
        first.or_else(trial)
    }
}

impl Job for ScanQueue {
    type Request = Request;
    type Answer = Answer;

    fn accept(&mut self, request: Request) -> Option<Answer> {
        self.scans.push(self.engine.begin(request));
        None
    }

    fn is_idle(&self) -> bool {
        self.scans.is_empty()
    }

    fn step(&mut self) -> Option<Answer> {
        self.drop_cancelled();
        let index = self.next()?;
        let answer = self.engine.advance(&mut self.scans[index]);
        if self.scans[index].is_done() {
            self.scans.remove(index);
        }
        answer
    }
}
