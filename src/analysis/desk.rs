//! The analysis thread: requests in, answers out.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::job::Job;
use super::{Answer, Request, Worker};

/// How often the thread pauses, like the scanning threads, so that no thread that reads or draws
/// waits long for a core.
const REST_EVERY: Duration = Duration::from_millis(2);

/// The minimum length of the pause; with the timers of the system it is about twice as long.
const REST: Duration = Duration::from_micros(50);

/// How often memory use is computed, which takes longer than checking a message.
const SIZE_EVERY: Duration = Duration::from_secs(1);

/// The handle to the analysis thread. The thread ends when it is dropped.
#[derive(Debug)]
pub struct Analyst {
    request_tx: Sender<Request>,
}

/// Starts the thread. It sends its answers to `tell` and ends when that returns `false`.
///
/// # Errors
///
/// Returns an error if the system cannot start a thread.
pub fn start(tell: impl FnMut(Answer) -> bool + Send + 'static) -> io::Result<Analyst> {
    let (request_tx, request_rx) = channel();
    let desk = Desk {
        request_rx,
        worker: Worker::default(),
        jobs: VecDeque::new(),
        size: (0, None),
        tell,
    };
    let thread = thread::Builder::new().name("analysis".to_owned());
    thread.spawn(move || desk.run())?;
    Ok(Analyst { request_tx })
}

impl Analyst {
    /// Sends a request, without waiting.
    pub fn ask(&self, request: Request) {
        // The thread ends early only when its answers are no longer wanted.
        let _ = self.request_tx.send(request);
    }
}

/// The state of the thread.
struct Desk<T> {
    request_rx: Receiver<Request>,
    worker: Worker,
    /// Rows to check, in the order in which they were received.
    jobs: VecDeque<Job>,
    /// The memory use in bytes and when it was computed.
    size: (usize, Option<Instant>),
    tell: T,
}

/// Signals that no more requests will come or that answers are no longer wanted.
struct Over;

impl<T: FnMut(Answer) -> bool> Desk<T> {
    fn run(mut self) {
        let mut rested = Instant::now();
        while self.take_requests().is_ok() && self.work().is_ok() {
            if rested.elapsed() >= REST_EVERY {
                thread::sleep(REST);
                rested = Instant::now();
            }
        }
    }

    /// Receives requests, waiting for one if there is nothing else to do.
    fn take_requests(&mut self) -> Result<(), Over> {
        if self.jobs.is_empty() {
            let request = self.request_rx.recv().map_err(|_| Over)?;
            self.take(request)?;
        }
        loop {
            match self.request_rx.try_recv() {
                Ok(request) => self.take(request)?,
                Err(TryRecvError::Empty) => return Ok(()),
                Err(TryRecvError::Disconnected) => return Err(Over),
            }
        }
    }

    fn take(&mut self, request: Request) -> Result<(), Over> {
        match request {
            Request::Arrived(pieces) => self.jobs.push_back(Job::new(pieces, None)),
            Request::Kept { check, pieces } => {
                self.jobs.push_back(Job::new(pieces, Some(check)));
            }
            at_once => {
                let answer = self.worker.answer(at_once);
                return answer.map_or(Ok(()), |answer| self.tell(answer));
            }
        }
        Ok(())
    }

    /// Continues with the oldest job.
    fn work(&mut self) -> Result<(), Over> {
        if self.size.1.is_none_or(|at| at.elapsed() >= SIZE_EVERY) {
            self.size = (self.worker.size(), Some(Instant::now()));
        }
        let Some(job) = self.jobs.front_mut() else {
            return Ok(());
        };
        let Some(looked) = job.go_on(&mut self.worker, self.size.0) else {
            return Ok(());
        };
        if looked.is_done {
            self.jobs.pop_front();
        }
        self.tell(Answer::Looked(looked))
    }

    fn tell(&mut self, answer: Answer) -> Result<(), Over> {
        if (self.tell)(answer) {
            Ok(())
        } else {
            Err(Over)
        }
    }
}
