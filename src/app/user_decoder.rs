//! Decoders of the user's own as plain data: requests and answers.

use std::sync::Arc;

use crate::log::SharedBytes;
use crate::message::RowId;
pub use crate::payload::decoder_choices::UserDecoder;
use crate::payload::figures;

/// A request to decode a message.
#[derive(Clone, Debug, PartialEq)]
pub struct DecoderRequest {
    /// The decoder to use.
    pub decoder: Arc<UserDecoder>,
    /// The row of the message.
    pub row: RowId,
    /// The message.
    pub payload: SharedBytes,
}

/// The answer to a [`DecoderRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecoderAnswer {
    /// The row of the message.
    pub row: RowId,
    /// The JSON that the decoder wrote.
    pub result: Result<Vec<u8>, DecoderFailure>,
}

/// Why a decoder gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecoderFailure {
    /// The cause.
    pub cause: DecoderTrouble,
    /// The last line that the program wrote to its standard error.
    pub last_words: String,
    /// How many seconds pass until it starts again, if it was not asked because of this failure.
    pub pause: Option<u64>,
}

/// What went wrong with a decoder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecoderTrouble {
    /// It could not be started, for this reason.
    NotStarted(String),
    /// There was no answer within the time limit.
    Late,
    /// The program ended before it answered.
    Ended,
    /// The length before the answer was this, which is over the limit.
    TooLarge {
        /// The length, in bytes.
        size: u64,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The answer was not JSON.
    NotJson,
}

impl DecoderFailure {
    /// Describes the failure of `decoder`, and the remedy.
    pub(crate) fn words(&self, decoder: &UserDecoder) -> String {
        let limit = decoder.time_limit.as_millis();
        let (what, remedy) = match &self.cause {
            DecoderTrouble::NotStarted(why) => (
                format!("not started: {why}"),
                "check command in [[decoder]]",
            ),
            DecoderTrouble::Late => (
                format!("no answer within {limit} ms"),
                "flush the output, or raise timeout",
            ),
            DecoderTrouble::Ended => (
                "ended before it answered".to_owned(),
                "answer until the input ends",
            ),
            DecoderTrouble::TooLarge { size, limit } => {
                let [size, limit] = [*size, *limit].map(figures::size);
                (
                    format!("announced an answer of {size}, the limit is {limit}"),
                    "the length is four bytes, big-endian",
                )
            }
            DecoderTrouble::NotJson => (
                "the answer is not JSON".to_owned(),
                "write errors to standard error",
            ),
        };
        let paused = self.pause.map(|seconds| {
            let time = figures::counted(seconds, "second");
            format!(" · starts again in {time}")
        });
        let paused = paused.unwrap_or_default();
        let said = match &*self.last_words {
            "" => String::new(),
            words => format!(" · it said: {words}"),
        };
        format!("decoder {}: {what}; {remedy}{said}{paused}", decoder.name)
    }
}
