//! A thread that works on requests and sends answers.

use std::io;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// The interval between the pauses of a busy thread. During a pause, the threads that read from
/// Redis and draw can get a core: otherwise, a fair scheduler may let them wait for 50 ms or more.
const REST_EVERY: Duration = Duration::from_millis(2);

/// The minimum length of a pause. In practice, the system's timers make it about twice as long.
const REST: Duration = Duration::from_micros(50);

/// The work of a worker. It decides which request to work on next, and which ones to cancel.
pub trait Job: Send + 'static {
    /// What the worker is asked to do.
    type Request: Send + 'static;
    /// What the worker replies.
    type Answer;

    /// Accepts a request. Returns the answer if it is available immediately.
    fn accept(&mut self, request: Self::Request) -> Option<Self::Answer>;

    /// Returns whether there is nothing to do until the next request.
    fn is_idle(&self) -> bool;

    /// Works until it is time to check for newer requests. Returns an answer, if one is due.
    fn step(&mut self) -> Option<Self::Answer>;
}

/// The handle to a thread that runs a [`Job`]. The thread ends when the handle is dropped.
#[derive(Debug)]
pub struct Worker<R> {
    request_tx: Sender<R>,
}

impl<R: Send + 'static> Worker<R> {
    /// Starts the thread. It passes its answers to `send` and ends when that returns `false`.
    pub fn start<J: Job<Request = R>>(
        name: &str,
        job: J,
        send: impl FnMut(J::Answer) -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let (request_tx, request_rx) = channel();
        let thread = thread::Builder::new().name(name.to_owned());
        thread.spawn(move || run(job, &request_rx, send))?;
        Ok(Self { request_tx })
    }

    /// Sends a request, without waiting.
    pub fn ask(&self, request: R) {
        // Sending fails only if the thread has ended early, because nobody wants its answers any
        // more.
        let _ = self.request_tx.send(request);
    }
}

/// Runs the job. Before each step, it accepts all requests that have arrived.
fn run<J: Job>(
    mut job: J,
    request_rx: &Receiver<J::Request>,
    mut send: impl FnMut(J::Answer) -> bool,
) {
    let mut rested = Instant::now();
    loop {
        let request = if job.is_idle() {
            let request = request_rx.recv();
            rested = Instant::now();
            request.map_err(TryRecvError::from)
        } else {
            request_rx.try_recv()
        };
        let answer = match request {
            Ok(request) => job.accept(request),
            Err(TryRecvError::Empty) => job.step(),
            Err(TryRecvError::Disconnected) => return,
        };
        if answer.is_some_and(|answer| !send(answer)) {
            return;
        }
        if rested.elapsed() >= REST_EVERY {
            thread::sleep(REST);
            rested = Instant::now();
        }
    }
}
