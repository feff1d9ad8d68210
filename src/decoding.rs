//! Large payloads understood, compared and searched, on a thread of its own, so that no key waits
//! for them.

mod search;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

pub use search::{Found, MAX_MARKED, Search, Sought};

use crate::log::SharedBytes;
use crate::payload::decoder_choices;
use crate::payload::diff::{self, Diff, Side};
use crate::payload::format::Decoded;
use crate::payload::format::unpack::MAX_SIZE;

/// A payload, and what is said of it beforehand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Source {
    /// The payload.
    pub payload: SharedBytes,
    /// What is said of it.
    pub choice: decoder_choices::DecoderChoice,
}

/// Something to be found out.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Which request this is: a higher number makes those with a lower one void.
    pub serial: u64,
    /// What is to be read.
    pub source: Source,
    /// What it is to be compared with.
    pub base: Option<Source>,
}

/// What was found out.
#[derive(Clone, Debug)]
pub struct DecodedMessage {
    /// Which request it is for.
    pub serial: u64,
    /// What the payload is; if it is not of the chosen format, why not.
    pub decoded: Arc<Decoded>,
    /// What it was compared with.
    pub comparison: Option<Arc<Comparison>>,
}

/// What a payload has become.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What it was.
    pub old: Decoded,
    /// What has changed.
    pub diff: Diff,
    /// The bytes that both take, counted once: that takes longer than to look them up.
    pub size: usize,
}

/// What the thread is asked.
#[derive(Debug)]
pub enum Question {
    /// What a payload is.
    Read(Request),
    /// Where something stands in one.
    Search(Search),
}

/// What the thread answers.
#[derive(Debug)]
pub enum Answer {
    /// What a payload is.
    Read(DecodedMessage),
    /// Where something stands in one.
    Found(Found),
}

/// The thread, as those see it who ask. It ends when this is dropped.
#[derive(Debug)]
pub struct Decoder {
    question_tx: Sender<Question>,
}

/// Starts the thread. It gives what it has found to `tell`, and ends when that says `false`.
///
/// # Errors
///
/// If the system has no thread to give.
pub fn start(tell: impl FnMut(Answer) -> bool + Send + 'static) -> io::Result<Decoder> {
    let (question_tx, question_rx) = channel();
    thread::Builder::new()
        .name("decode".to_owned())
        .spawn(move || run(&question_rx, tell))?;
    Ok(Decoder { question_tx })
}

impl Decoder {
    /// Asks. Does not wait.
    pub fn ask(&self, question: Question) {
        // The thread ends early only when nobody listens to it any more.
        let _ = self.question_tx.send(question);
    }
}

/// Answers the newest of the questions of a kind that wait, and forgets the others.
fn run(question_rx: &Receiver<Question>, mut tell: impl FnMut(Answer) -> bool) {
    while let Ok(first) = question_rx.recv() {
        let (mut to_read, mut to_search) = (None, None);
        for question in std::iter::once(first).chain(question_rx.try_iter()) {
            match question {
                Question::Read(request) => to_read = Some(request),
                Question::Search(search) => to_search = Some(search),
            }
        }
        let read = to_read.map(|request| Answer::Read(answer(&request)));
        if read.is_some_and(|read| !tell(read)) {
            return;
        }
        let found = to_search.map(|search| Answer::Found(search.answer()));
        if found.is_some_and(|found| !tell(found)) {
            return;
        }
    }
}

/// Finds out what `request` asks for.
#[must_use]
pub fn answer(request: &Request) -> DecodedMessage {
    answer_within(request, MAX_SIZE)
}

/// The same, where nothing is unpacked to more than `most` bytes.
#[must_use]
pub fn answer_within(request: &Request, most: usize) -> DecodedMessage {
    let decoded = read(&request.source, most);
    let base = request.base.as_ref();
    let comparison = base.map(|base| {
        let old = read(base, most);
        let before = side(&old, &base.payload);
        let diff = diff::compare(before, side(&decoded, &request.source.payload));
        let size = old.size() + diff.size();
        Arc::new(Comparison { old, diff, size })
    });
    DecodedMessage {
        serial: request.serial,
        decoded: Arc::new(decoded),
        comparison,
    }
}

fn side<'a>(decoded: &'a Decoded, payload: &'a [u8]) -> Side<'a> {
    Side {
        bytes: decoded.bytes(payload),
        tree: decoded.tree.as_ref(),
    }
}

/// What a payload is.
fn read(source: &Source, most: usize) -> Decoded {
    let mut decoded = source.choice.read(&source.payload, most);
    if let Some(tree) = &mut decoded.tree {
        let bytes = decoded.unwrapped.as_deref().unwrap_or(&source.payload);
        tree.compare_names(bytes);
    }
    decoded
}
