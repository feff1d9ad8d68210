//! Large payloads understood, on a thread of its own, so that no key waits for them.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::log::SharedBytes;
use crate::payload::format::{self, Decoded};

/// A payload to understand.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Which request this is: a higher number makes those with a lower one void.
    pub serial: u64,
    /// The payload.
    pub payload: SharedBytes,
}

/// What a payload was found to be.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Which request it is for.
    pub serial: u64,
    /// What the payload is.
    pub decoded: Arc<Decoded>,
}

/// The thread, as those see it who ask. It ends when this is dropped.
#[derive(Debug)]
pub struct Decoder {
    request_tx: Sender<Request>,
}

/// Starts the thread. It gives what it has found to `tell`, and ends when that says `false`.
///
/// # Errors
///
/// If the system has no thread to give.
pub fn start(tell: impl FnMut(Reading) -> bool + Send + 'static) -> io::Result<Decoder> {
    let (request_tx, request_rx) = channel();
    thread::Builder::new()
        .name("decode".to_owned())
        .spawn(move || run(&request_rx, tell))?;
    Ok(Decoder { request_tx })
}

impl Decoder {
    /// Asks. Does not wait.
    pub fn ask(&self, request: Request) {
        // The thread ends early only when nobody listens to it any more.
        let _ = self.request_tx.send(request);
    }
}

/// Answers the newest of the requests that wait, and forgets the others.
fn run(request_rx: &Receiver<Request>, mut tell: impl FnMut(Reading) -> bool) {
    while let Ok(first) = request_rx.recv() {
        let request = request_rx.try_iter().last().unwrap_or(first);
        if !tell(answer(&request)) {
            return;
        }
    }
}

/// What the payload of `request` is.
#[must_use]
pub fn answer(request: &Request) -> Reading {
    Reading {
        serial: request.serial,
        decoded: Arc::new(format::recognise(&request.payload)),
    }
}
