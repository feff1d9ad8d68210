//! The thread: requests in, answers out.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::job::Job;
use super::{Answer, Request, Worker};

/// It takes a rest this often, as the threads that scan do, so that no thread that reads or draws
/// waits long for a core.
const REST_EVERY: Duration = Duration::from_millis(2);

/// How long the rest is at least; a system's timers make it about twice that.
const REST: Duration = Duration::from_micros(50);

/// What all that is known takes is counted this often: that takes longer than a message.
const SIZE_EVERY: Duration = Duration::from_secs(1);

/// The thread, as those see it who ask. It ends when this is dropped.
#[derive(Debug)]
pub struct Analyst {
    request_tx: Sender<Request>,
}

/// Starts the thread. It gives its answers to `tell`, and ends when that says `false`.
///
/// # Errors
///
/// If the system has no thread to give.
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
    /// Asks. Does not wait.
    pub fn ask(&self, request: Request) {
        // The thread ends early only when nobody listens to it any more.
        let _ = self.request_tx.send(request);
    }
}

/// The thread's side.
struct Desk<T> {
    request_rx: Receiver<Request>,
    worker: Worker,
    /// Rows to be looked at, in the order in which they were handed over.
    jobs: VecDeque<Job>,
    /// The bytes that all that is known takes, and when they were counted.
    size: (usize, Option<Instant>),
    tell: T,
}

/// Nobody asks, or nobody listens, any more.
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

    /// Takes in what has been asked, and waits for it if there is nothing else to do.
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

    /// Goes on with the rows that were handed over first.
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
