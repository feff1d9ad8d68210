//! Messages decoded by the user's own decoders.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Session;
use super::decoded_rows::MOST_DECODED_FOR_ROW;
use crate::app::effect::Effect;
use crate::app::user_decoder::{DecoderAnswer, DecoderRequest};
use crate::message::RowId;
use crate::payload::decoder_choices::{DecoderChoice, UserAnswer};

/// The maximum number of requests that are not answered yet.
const MOST_PENDING: usize = 32;

/// The maximum size of all answers that are kept, in bytes.
const MOST_KEPT: usize = 16 << 20;

/// The maximum size of a message that is passed to a decoder, in bytes.
const MOST_PASSED: usize = 16 << 20;

/// The answers of the user's own decoders, by row.
#[derive(Debug, Default)]
pub struct UserDecodings {
    answers: HashMap<RowId, UserAnswer>,
    size: usize,
    pending: HashSet<RowId>,
}

impl UserDecodings {
    /// Returns `choice` with the answer for the message of `row`, if there is one.
    pub fn attached<'a>(
        &self,
        choice: Option<&'a DecoderChoice>,
        row: RowId,
    ) -> Option<Cow<'a, DecoderChoice>> {
        let choice = choice?;
        let answer = choice.user_decoder.as_ref().and(self.answers.get(&row));
        Some(match answer {
            Some(answer) => Cow::Owned(DecoderChoice {
                answer: Some(answer.clone()),
                ..choice.clone()
            }),
            None => Cow::Borrowed(choice),
        })
    }

    /// Forgets a failure, so that the message is decoded again.
    pub(crate) fn forget_failure(&mut self, row: RowId) {
        if matches!(self.answers.get(&row), Some(Err(_))) {
            self.answers.remove(&row);
        }
    }

    fn keep(&mut self, row: RowId, answer: UserAnswer) {
        let size = match &answer {
            Ok(json) => json.len(),
            Err(words) => words.len(),
        };
        self.size += size + size_of::<(RowId, UserAnswer)>();
        if self.size > MOST_KEPT {
            self.answers.clear();
            self.size = size;
        }
        self.answers.insert(row, answer);
    }
}

impl Session {
    /// Returns how the message of `row` on `channel` is decoded, if not by detection.
    pub(crate) fn choice_of(&self, row: RowId, channel: &[u8]) -> Option<DecoderChoice> {
        let choice = self.decoder_choices.of(channel);
        let attached = self.user_decodings.attached(choice.as_ref(), row);
        attached.map(Cow::into_owned)
    }

    /// Asks the user's own decoders for the messages of `rows` that are not decoded yet. The first
    /// row is the open message, if any, which may be large.
    pub(crate) fn ask_user_decoders(
        &mut self,
        open: Option<RowId>,
        rows: impl IntoIterator<Item = RowId>,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        // The newest request is answered first.
        let rows = rows.into_iter().map(|row| (row, MOST_DECODED_FOR_ROW));
        for (row, most) in rows.chain(open.map(|row| (row, MOST_PASSED))) {
            let is_known = self.user_decodings.answers.contains_key(&row)
                || self.user_decodings.pending.contains(&row);
            let is_full = self.user_decodings.pending.len() >= MOST_PENDING;
            if is_known || is_full && open != Some(row) {
                continue;
            }
            let request = self.user_request(row, most);
            if let Some(request) = request {
                self.user_decodings.pending.insert(row);
                effects.push(Effect::DecodeByUser(request));
            }
        }
        effects
    }

    /// Returns the request for the message of `row`, if a decoder is for its channel and it is whole
    /// and no larger than `most` bytes.
    fn user_request(&self, row: RowId, most: usize) -> Option<DecoderRequest> {
        let channel = self.channel_of(row)?;
        let decoder = self.decoder_choices.user_decoder(&channel)?;
        let snapshot = self.snapshot(row)?;
        let is_passed = !snapshot.is_cut() && snapshot.payload.len() <= most;
        is_passed.then(|| DecoderRequest {
            decoder: Arc::clone(decoder),
            row,
            payload: snapshot.payload,
        })
    }

    /// Records an answer.
    pub(crate) fn note_user_decoded(&mut self, answer: DecoderAnswer) {
        let row = answer.row;
        self.user_decodings.pending.remove(&row);
        let channel = self.channel_of(row);
        let decoder =
            channel.and_then(|channel| self.decoder_choices.user_decoder(&channel).cloned());
        let Some(decoder) = decoder else { return };
        let answer: UserAnswer = match answer.result {
            Ok(json) => Ok(json.into()),
            Err(failure) => Err(failure.words(&decoder).into()),
        };
        self.user_decodings.keep(row, answer);
    }
}
