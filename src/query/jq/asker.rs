//! A program asked of many payloads.

use std::cell::{OnceCell, RefCell};

use super::worker::Worker;
use super::{Program, has_stack};

/// After how many cut-offs the program is asked no more: each may have taken seconds.
const PATIENCE: u32 = 4;

/// The longest payload that a program is given: what it is parsed into takes several times as much.
const MAX_PAYLOAD: usize = 16 << 20;

/// A program, and how it went so far. Where it was cut off it does not hold.
pub struct Asker {
    program: Program,
    state: RefCell<State>,
    /// What went wrong first.
    trouble: OnceCell<String>,
    /// That it is asked no more.
    given_up: OnceCell<String>,
}

#[derive(Default)]
struct State {
    /// The thread that runs it, if it was once asked on one that cannot.
    worker: Option<Worker>,
    cut_offs: u32,
}

impl Asker {
    /// Asks `program`.
    pub fn new(program: &Program) -> Self {
        Self {
            program: program.clone(),
            state: RefCell::default(),
            trouble: OnceCell::new(),
            given_up: OnceCell::new(),
        }
    }

    /// Whether it holds for `payload`, which is JSON.
    pub fn holds(&self, payload: &[u8]) -> bool {
        if payload.len() > MAX_PAYLOAD {
            let words = || "jq(…) is not asked of messages over 16 MiB".to_owned();
            self.trouble.get_or_init(words);
            return false;
        }
        let mut state = self.state.borrow_mut();
        if state.cut_offs == PATIENCE {
            return false;
        }
        let answer = if has_stack() {
            self.program.holds(payload)
        } else {
            state.ask_worker(&self.program, payload)
        };
        let holds = answer.unwrap_or_else(|trouble| {
            state.cut_offs += 1;
            if state.cut_offs == PATIENCE {
                let words = || format!("{trouble}, {PATIENCE} times: it is asked no more");
                self.given_up.get_or_init(words);
            }
            self.trouble.get_or_init(|| trouble);
            Some(false)
        });
        holds.unwrap_or_else(|| {
            let words = "jq(…) is not asked of messages with half of a surrogate pair, as \\ud800";
            self.trouble.get_or_init(|| words.to_owned());
            false
        })
    }

    /// That it is asked no more, or else what went wrong first.
    pub fn trouble(&self) -> Option<&str> {
        let said = self.given_up.get().or(self.trouble.get());
        said.map(String::as_str)
    }
}

impl State {
    fn ask_worker(&mut self, program: &Program, payload: &[u8]) -> Result<Option<bool>, String> {
        let no_thread = || "jq(…) cannot be asked: the system has no thread for it".to_owned();
        if self.worker.is_none() {
            self.worker = Worker::new(program);
        }
        let worker = self.worker.as_mut().ok_or_else(no_thread)?;
        worker.holds(payload).unwrap_or_else(|| Err(no_thread()))
    }
}
