//! Queries asked of the log's rows, on threads of their own, so that neither keys nor the
//! subscriber wait for them.
//!
//! What is asked is a [`Request`]: a query and [`Piece`]s of the log, the newest first, so that
//! the screen fills at once. The answers come piece by piece. A request with a newer query of the
//! same watch ends the older ones at once; rows that arrive and rows that were kept take turns, and
//! queries that ask a program have a thread to themselves.

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

/// A thread that scans takes a rest this often, so that no thread that reads or draws waits long
/// for a core: a scheduler that thinks of fairness lets it wait for 50 ms and more.
const REST_EVERY: Duration = Duration::from_millis(2);

/// How long the rest is at least; a system's timers make it about twice that.
const REST: Duration = Duration::from_micros(50);

/// Who asks: something that wants to know of every row whether its query matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WatchId(pub u32);

/// Why rows are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// They were kept when the query was given.
    Kept,
    /// They have arrived since.
    Arrived,
}

/// A query and the rows that it is asked of.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Who asks.
    pub watch: WatchId,
    /// Which of its queries this is: a higher number makes those with a lower one void.
    pub serial: u64,
    /// The query.
    pub query: Arc<Query>,
    /// The names of all subscriptions by their ids; none if the query does not ask for them.
    pub subscriptions: Arc<[Arc<[u8]>]>,
    /// The rows among these that checks have flagged; none if the query does not ask for them.
    pub flagged: Arc<Flagged>,
    /// How the messages of channels are read.
    pub decoder_choices: Arc<DecoderChoices>,
    /// The rows, in the order in which they are to be looked at.
    pub pieces: Vec<Piece>,
    /// Why they are looked at.
    pub purpose: Purpose,
}

/// Rows that checks have flagged, each list ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flagged {
    /// For their shape.
    pub drift: Vec<RowId>,
    /// For their sequence number.
    pub seqgap: Vec<RowId>,
}

impl Flagged {
    /// For what `row` was flagged.
    #[must_use]
    pub fn of(&self, row: RowId) -> Flags {
        Flags {
            is_drift: self.drift.binary_search(&row).is_ok(),
            is_seqgap: self.seqgap.binary_search(&row).is_ok(),
        }
    }
}

/// What a request has found since its last answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Who asked.
    pub watch: WatchId,
    /// Which of its queries it was.
    pub serial: u64,
    /// Why rows were looked at.
    pub purpose: Purpose,
    /// The rows that match, in no order; stretches without any are left out.
    pub found: Vec<Found>,
    /// How many messages were looked at, or had gone before they could be.
    pub scanned: u64,
    /// How many of these had gone.
    pub gone: u64,
    /// Whether nothing more will come for the request.
    pub is_done: bool,
    /// What went wrong with the query itself, in words.
    pub trouble: Option<Box<str>>,
}

/// Which query of each watch is in force.
type InForce = Arc<Mutex<HashMap<WatchId, u64>>>;

/// The threads that scan, as those see them who ask. They end when this is dropped.
#[derive(Debug)]
pub struct Scanner {
    request_tx: Sender<Request>,
    /// For queries that may take milliseconds a row: no other waits for them.
    slow_tx: Sender<Request>,
    in_force: InForce,
}

/// Starts the threads. They give their answers to `tell`, and end when that says `false`.
///
/// # Errors
///
/// If the system has no thread to give.
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
    /// Asks. Does not wait.
    pub fn ask(&self, request: Request) {
        let mut in_force = self.in_force.lock().unwrap_or_else(PoisonError::into_inner);
        in_force.insert(request.watch, request.serial);
        let thread = if request.query.is_slow() {
            &self.slow_tx
        } else {
            &self.request_tx
        };
        // A thread ends early only when nobody listens to it any more.
        let _ = thread.send(request);
    }

    /// Ends whatever `watch` has asked.
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

/// A thread's side: the requests, and the work on them in turns.
struct Desk {
    request_rx: Receiver<Request>,
    in_force: InForce,
    jobs: Vec<worker::Job>,
    /// How many requests have come.
    taken: u64,
    /// Whether rows that were kept have their turn next.
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

    /// Takes in what has been asked, and waits for it if there is nothing else to do. An error
    /// means that nobody will ask any more.
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

    /// Forgets what is no longer wanted.
    fn drop_void(&mut self, worker: &mut Worker) {
        let in_force = self.in_force.lock().unwrap_or_else(PoisonError::into_inner);
        self.jobs
            .retain(|job| in_force.get(&job.watch()) == Some(&job.serial()));
        worker.forget_all_but(|watch| in_force.contains_key(&watch));
    }

    /// The job to go on with. Rows that have arrived, the oldest request first, and rows that were
    /// kept, the newest first, take turns: neither waits long in a flood.
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
