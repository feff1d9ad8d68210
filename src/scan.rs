//! Runs queries on the rows of the log, on separate threads so that neither key presses nor the
//! subscriber wait for them.
//!
//! A [`Request`] is a query and [`Piece`]s of the log, newest first, so that the screen fills right
//! away. Answers come piece by piece. A request with a newer query of the same watch cancels the
//! older ones. Rows that have arrived since and rows that were already kept take turns, and queries
//! that run a jq program have a thread of their own.

mod worker;

use std::collections::HashMap;
use std::io;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

pub use worker::Worker;

use crate::log::{Found, Piece};
use crate::message::RowId;
use crate::payload::decoder_choices::DecoderChoices;
use crate::query::{Flags, Query};

/// How often a scanning thread pauses, so that no thread that reads or draws waits long for a core:
/// a scheduler that aims for fairness may let it wait for 50 ms and more.
const REST_EVERY: Duration = Duration::from_millis(2);

/// The minimum length of the pause; with the timers of the system it is about twice as long.
const REST: Duration = Duration::from_micros(50);

/// The id of a watch: something that needs to know for every row whether its query matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WatchId(pub u32);

/// Why rows are scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// They were in the log when the query was entered.
    Kept,
    /// They have arrived since.
    Arrived,
}

/// A query and the rows to run it on.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The watch that sent the request.
    pub watch: WatchId,
    /// The number of the query within its watch: a higher number cancels requests with lower ones.
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
    /// Rows flagged for their sequence number.
    pub seqgap: Vec<RowId>,
}

impl Flagged {
    /// Returns the flags of `row`.
    #[must_use]
    pub fn of(&self, row: RowId) -> Flags {
        Flags {
            is_drift: self.drift.binary_search(&row).is_ok(),
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
    /// The rows that match, in no particular order; ranges without any are left out.
    pub found: Vec<Found>,
    /// How many messages were scanned or had been evicted before.
    pub scanned: u64,
    /// How many of these had been evicted.
    pub gone: u64,
    /// Whether this is the last answer to the request.
    pub is_done: bool,
    /// The error in the query itself, as text.
    pub trouble: Option<Box<str>>,
}

/// The current query of each watch.
type InForce = Arc<Mutex<HashMap<WatchId, u64>>>;

/// The handle to the scanning threads. They end when it is dropped.
#[derive(Debug)]
pub struct Scanner {
    request_tx: Sender<Request>,
    /// For queries that may take milliseconds per row, so that no others wait for them.
    slow_tx: Sender<Request>,
    in_force: InForce,
}

/// Starts the threads. They send their answers to `tell` and end when it returns `false`.
///
/// # Errors
///
/// Returns an error if the system cannot start a thread.
pub fn start(tell: impl FnMut(Answer) -> bool + Clone + Send + 'static) -> io::Result<Scanner> {
    let in_force = InForce::default();
    let spawn = |name: &str, tell| {
        let (request_tx, request_rx) = channel();
        let desk = Desk {
            request_rx,
            in_force: Arc::clone(&in_force),
            jobs: Vec::new(),
            taken: 0,
            is_turn_of_kept: false,
        };
        let thread = thread::Builder::new().name(name.to_owned());
        thread.spawn(move || desk.run(tell)).map(|_| request_tx)
    };
    let request_tx = spawn("scan", tell.clone())?;
    let slow_tx = spawn("scan-slow", tell)?;
    Ok(Scanner {
        request_tx,
        slow_tx,
        in_force,
    })
}

impl Scanner {
    /// Sends a request, without waiting.
    pub fn ask(&self, request: Request) {
        let mut in_force = self.in_force.lock().unwrap_or_else(PoisonError::into_inner);
        in_force.insert(request.watch, request.serial);
        let thread = if request.query.is_slow() {
            &self.slow_tx
        } else {
            &self.request_tx
        };
        // A thread ends early only when its answers are no longer wanted.
        let _ = thread.send(request);
    }

    /// Cancels all requests of `watch`.
    pub fn stop(&self, watch: WatchId) {
        let mut in_force = self.in_force.lock().unwrap_or_else(PoisonError::into_inner);
        in_force.remove(&watch);
    }
}

impl Drop for Scanner {
    fn drop(&mut self) {
        let mut in_force = self.in_force.lock().unwrap_or_else(PoisonError::into_inner);
        in_force.clear();
    }
}

/// The state of a thread: its requests and the jobs that take turns.
struct Desk {
    request_rx: Receiver<Request>,
    in_force: InForce,
    jobs: Vec<worker::Job>,
    /// How many requests have been received.
    taken: u64,
    /// Whether rows that were already kept are next.
    is_turn_of_kept: bool,
}

impl Desk {
    fn run(mut self, mut tell: impl FnMut(Answer) -> bool) {
        let mut worker = Worker::default();
        let mut rested = Instant::now();
        while self.take_requests().is_ok() {
            if rested.elapsed() >= REST_EVERY {
                thread::sleep(REST);
                rested = Instant::now();
            }
            self.drop_void(&mut worker);
            let Some(index) = self.next() else { continue };
            let answer = worker.go_on(&mut self.jobs[index]);
            if self.jobs[index].is_done() {
                self.jobs.remove(index);
            }
            if answer.is_some_and(|answer| !tell(answer)) {
                return;
            }
        }
    }

    /// Receives requests, waiting for one if there is nothing else to do. An error means that there
    /// will be no more.
    fn take_requests(&mut self) -> Result<(), TryRecvError> {
        if self.jobs.is_empty() {
            let request = self.request_rx.recv();
            let request = request.map_err(|_| TryRecvError::Disconnected)?;
            self.take(request);
        }
        loop {
            match self.request_rx.try_recv() {
                Ok(request) => self.take(request),
                Err(TryRecvError::Empty) => return Ok(()),
                Err(TryRecvError::Disconnected) => return Err(TryRecvError::Disconnected),
            }
        }
    }

    fn take(&mut self, request: Request) {
        self.taken += 1;
        self.jobs.push(worker::Job::new(self.taken, request));
    }

    /// Drops cancelled jobs.
    fn drop_void(&mut self, worker: &mut Worker) {
        let in_force = self.in_force.lock().unwrap_or_else(PoisonError::into_inner);
        self.jobs
            .retain(|job| in_force.get(&job.watch()) == Some(&job.serial()));
        worker.forget_all_but(|watch| in_force.contains_key(&watch));
    }

    /// Returns the job to continue with. Rows that have arrived since, oldest request first, and
    /// rows that were already kept, newest request first, take turns, so that neither waits long in
    /// a flood.
    fn next(&mut self) -> Option<usize> {
        let mut jobs = self.jobs.iter();
        let arrived = jobs.position(|job| job.purpose() == Purpose::Arrived);
        let mut jobs = self.jobs.iter();
        let kept = jobs.rposition(|job| job.purpose() == Purpose::Kept);
        self.is_turn_of_kept = !self.is_turn_of_kept;
        if self.is_turn_of_kept {
            kept.or(arrived)
        } else {
            arrived.or(kept)
        }
    }
}
