//! Decodes, compares and searches large payloads, and samples small ones.

mod sample;
mod search;

use std::io;
use std::sync::Arc;

pub use sample::{Sample, SampleRequest, SeenPath, SeenValue};
pub use search::{Found, MAX_MARKED, Search, Sought};

use crate::log::SharedBytes;
use crate::payload::decoder_choices::DecoderChoice;
use crate::payload::diff::{self, Diff, Side};
use crate::payload::format::Decoded;
use crate::payload::format::unpack::MAX_SIZE;
use crate::workers::worker::{Job, Worker};

/// A payload and its decoder choice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Source {
    /// The payload.
    pub payload: SharedBytes,
    /// How to decode it.
    pub choice: DecoderChoice,
}

/// A request to decode a payload.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The number of the request. A request cancels those with lower numbers.
    pub serial: u64,
    /// The payload to decode.
    pub source: Source,
    /// The payload to compare it with.
    pub base: Option<Source>,
}

/// The answer to a [`Request`].
#[derive(Clone, Debug)]
pub struct DecodedMessage {
    /// The number of the request.
    pub serial: u64,
    /// The decoded payload, or why it does not have the chosen format.
    pub decoded: Arc<Decoded>,
    /// The comparison with the base.
    pub comparison: Option<Arc<Comparison>>,
}

/// The difference between two payloads.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The older payload.
    pub old: Decoded,
    /// What has changed.
    pub diff: Diff,
    /// The memory use of `old` and `diff` in bytes, stored because it takes a while to compute.
    pub size: usize,
}

/// A request to the thread.
#[derive(Debug)]
pub enum Question {
    /// Decode a payload.
    Decode(Request),
    /// Search a payload.
    Search(Search),
    /// Collect the paths and values in some payloads.
    Sample(SampleRequest),
}

/// An answer from the thread.
#[derive(Debug)]
pub enum Answer {
    /// A decoded payload.
    Decoded(DecodedMessage),
    /// The results of a search.
    Found(Found),
    /// The paths and values in some payloads.
    Sampled(Sample),
}

/// Starts the thread. It passes its answers to `send` and ends when `send` returns `false`.
pub fn start(send: impl FnMut(Answer) -> bool + Send + 'static) -> io::Result<Worker<Question>> {
    Worker::start("decode", Pending::default(), send)
}

/// The newest question of each kind; the others are discarded.
#[derive(Default)]
struct Pending {
    sample: Option<SampleRequest>,
    decode: Option<Request>,
    search: Option<Search>,
}

impl Job for Pending {
    type Request = Question;
    type Answer = Answer;

    fn accept(&mut self, question: Question) -> Option<Answer> {
        match question {
            Question::Decode(request) => self.decode = Some(request),
            Question::Search(search) => self.search = Some(search),
            Question::Sample(request) => self.sample = Some(request),
        }
        None
    }

    fn is_idle(&self) -> bool {
        self.sample.is_none() && self.decode.is_none() && self.search.is_none()
    }

    fn step(&mut self) -> Option<Answer> {
        if let Some(request) = self.sample.take() {
            return Some(Answer::Sampled(request.answer()));
        }
        if let Some(request) = self.decode.take() {
            return Some(Answer::Decoded(answer(&request)));
        }
        let search = self.search.take()?;
        Some(Answer::Found(search.answer()))
    }
}

/// Answers `request`.
pub fn answer(request: &Request) -> DecodedMessage {
    answer_within(request, MAX_SIZE)
}

/// Like [`answer`], but never unpacks a payload to more than `most` bytes.
pub fn answer_within(request: &Request, most: usize) -> DecodedMessage {
    let decoded = read(&request.source, most);
    let comparison = request.base.as_ref().map(|base| {
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

/// Decodes a payload.
fn read(source: &Source, most: usize) -> Decoded {
    let mut decoded = source.choice.read(&source.payload, most);
    if let Some(tree) = &mut decoded.tree {
        let bytes = decoded.unwrapped.as_deref().unwrap_or(&source.payload);
        tree.compare_names(bytes);
    }
    decoded
}
