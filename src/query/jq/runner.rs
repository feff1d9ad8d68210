//! Runs a program on many payloads.

use std::cell::{OnceCell, RefCell};

use super::Program;
use super::child::Answer;
use super::process::Process;

/// The number of cut-offs after which a program is no longer run, since each cut-off may take
/// seconds.
const MAX_CUT_OFFS: u32 = 4;

/// The maximum size of a payload to run a program on, in bytes. The decoded value takes several
/// times as much memory.
const MAX_PAYLOAD: usize = 16 << 20;

/// A program with its results so far. Payloads on which the program was cut off do not match.
pub struct Runner {
    program: Program,
    state: RefCell<State>,
    /// The first error that occurred.
    trouble: OnceCell<String>,
    /// The reason why the program is no longer run, if it has been given up.
    given_up: OnceCell<String>,
}

#[derive(Default)]
struct State {
    /// The process that runs the program, once started.
    process: Option<Process>,
    cut_offs: u32,
    /// The number of payloads that must still be sent one by one, because the batch that they were
    /// in was cut off.
    alone: usize,
    /// The answers for the payloads of this turn; `None` if not known yet.
    answers: Vec<Option<bool>>,
    /// The numbers of the payloads of this turn that still need an answer.
    open: Vec<usize>,
}

impl Runner {
    /// Creates a runner for `program`.
    pub fn new(program: &Program) -> Self {
        Self {
            program: program.clone(),
            state: RefCell::default(),
            trouble: OnceCell::new(),
            given_up: OnceCell::new(),
        }
    }

    /// Begins a turn with `payloads` payloads, numbered from 0.
    pub fn begin(&self, payloads: usize) {
        let mut state = self.state.borrow_mut();
        state.open.clear();
        state.answers.clear();
        state.answers.resize(payloads, None);
    }

    /// Returns whether the program accepts `payload`, the payload with this number as JSON; `None` if
    /// [`Runner::run`] has not determined that yet.
    pub fn holds(&self, number: usize, payload: &[u8]) -> Option<bool> {
        if payload.len() > MAX_PAYLOAD {
            self.note_trouble("jq(…) skips messages over 16 MiB".to_owned());
            return Some(false);
        }
        let mut state = self.state.borrow_mut();
        let answer = state.answers.get(number).copied().flatten();
        if answer.is_none() && self.given_up.get().is_some() {
            return Some(false);
        }
        if answer.is_none() {
            state.open.push(number);
        }
        answer
    }

    /// Runs the program on the payloads that need an answer; `payload_of` returns a payload by its
    /// number. Returns whether all answers are known now. If not, at least one more answer is
    /// known, or the program has been given up.
    pub fn run<'p>(&self, payload_of: impl Fn(usize) -> &'p [u8]) -> bool {
        let mut state = self.state.borrow_mut();
        let open = std::mem::take(&mut state.open);
        if open.is_empty() || self.given_up.get().is_some() {
            return true;
        }
        let mut payloads: Vec<&[u8]> = open.iter().map(|number| payload_of(*number)).collect();
        if state.alone > 0 {
            payloads.truncate(1);
        }
        let mut answers = self.answers(&mut state, &payloads);
        if answers.is_empty() && self.given_up.get().is_none() {
            // One of the payloads exceeded a limit: run them one by one to find out which.
            state.alone = payloads.len();
            answers = self.answers(&mut state, &payloads[..1]);
        }
        state.alone = state.alone.saturating_sub(answers.len());
        for (number, answer) in open.iter().zip(&answers) {
            if let Some(known) = state.answers.get_mut(*number) {
                *known = Some(*answer);
            }
        }
        answers.len() == open.len()
    }

    /// Returns answers for the first of `payloads`; no answers if several payloads were sent and
    /// the process was cut off, or if the process cannot start.
    fn answers(&self, state: &mut State, payloads: &[&[u8]]) -> Vec<bool> {
        if state.process.is_none() {
            match Process::start(&self.program) {
                Ok(process) => state.process = Some(process),
                Err(error) => {
                    let message = format!("jq(…) disabled: its process cannot start ({error})");
                    self.given_up.get_or_init(|| message);
                }
            }
        }
        let Some(process) = &mut state.process else {
            return Vec::new();
        };
        match process.ask(payloads) {
            Ok(answers) => answers
                .into_iter()
                .map(|answer| self.judge(state, answer))
                .collect(),
            Err(cut) => {
                state.process = None;
                if payloads.len() > 1 {
                    return Vec::new();
                }
                vec![self.judge(state, Answer::Cut(cut))]
            }
        }
    }

    fn judge(&self, state: &mut State, answer: Answer) -> bool {
        let trouble = match answer {
            Answer::Yes => return true,
            Answer::No => return false,
            Answer::Unreadable => {
                let message = "jq(…) skips messages with an unpaired surrogate such as \\ud800";
                self.note_trouble(message.to_owned());
                return false;
            }
            Answer::Cut(cut) => format!("jq(…) was aborted: {cut}"),
            Answer::Fault => "jq(…) failed on a message: internal jq error".to_owned(),
        };
        state.cut_offs += 1;
        if state.cut_offs == MAX_CUT_OFFS {
            let message = || format!("{trouble}, {MAX_CUT_OFFS} times: jq(…) disabled");
            self.given_up.get_or_init(message);
            state.process = None;
        }
        self.note_trouble(trouble);
        false
    }

    fn note_trouble(&self, message: String) {
        self.trouble.get_or_init(|| message);
    }

    /// Returns why the program is no longer run, or else the first error.
    pub fn trouble(&self) -> Option<&str> {
        let reason = self.given_up.get().or(self.trouble.get());
        reason.map(String::as_str)
    }
}
