//! A thread that runs a program for a matcher on a thread without the stack for it.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::{Program, spawn};

/// What the program says to a payload, which is given back to be used again.
type Answer = (Vec<u8>, Result<Option<bool>, String>);

/// The thread, which ends when this is dropped.
pub struct Worker {
    payload_tx: SyncSender<Vec<u8>>,
    answer_rx: Receiver<Answer>,
    buffer: Vec<u8>,
}

impl Worker {
    /// Starts it.
    pub fn new(program: &Program) -> Option<Self> {
        let (payload_tx, payload_rx) = sync_channel::<Vec<u8>>(1);
        let (answer_tx, answer_rx) = sync_channel(1);
        let program = program.clone();
        let run = move || {
            for payload in payload_rx {
                let answer = program.holds(&payload);
                if answer_tx.send((payload, answer)).is_err() {
                    return;
                }
            }
        };
        spawn("jq", run).ok()?;
        Some(Self {
            payload_tx,
            answer_rx,
            buffer: Vec::new(),
        })
    }

    /// Has the program asked of `payload`. Nothing if the thread is gone.
    pub fn holds(&mut self, payload: &[u8]) -> Option<Result<Option<bool>, String>> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        buffer.extend_from_slice(payload);
        self.payload_tx.send(buffer).ok()?;
        let (buffer, answer) = self.answer_rx.recv().ok()?;
        self.buffer = buffer;
        Some(answer)
    }
}
