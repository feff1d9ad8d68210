//! Samples of the newest messages, used to complete and correct queries.

use std::collections::HashMap;
use std::sync::Arc;

use super::Session;
use super::scope::Scope;
use crate::app::effect::Effect;
use crate::log::Content;
use crate::message::{ChannelId, RowId};
use crate::query::Query;
use crate::workers::decode::{Sample, SampleRequest, Source};

/// The maximum number of messages in a sample.
const MAX_MESSAGES: usize = 50;

/// The maximum number of messages of one channel while there are others.
const MAX_OF_CHANNEL: usize = 10;

/// The maximum number of rows searched for messages to sample.
const MAX_ROWS: u64 = 4096;

/// The maximum number of channels searched for messages to sample.
const MAX_CHANNELS: usize = 20_000;

/// The maximum number of payload bytes in a sample; the last payload may exceed it.
const MAX_BYTES: usize = 256 << 10;

/// The maximum size of a payload in a sample. Messages with larger payloads are skipped.
const MAX_PAYLOAD: usize = 64 << 10;

/// The latest sample, and the latest request for one.
#[derive(Debug, Default)]
pub struct Sampling {
    /// The latest sample.
    pub latest: Arc<Sample>,
    asked: Option<Asked>,
    serial: u64,
}

/// The messages of a sample while they are collected.
#[derive(Default)]
struct Collected {
    messages: Vec<Source>,
    bytes: usize,
    /// How many messages there are of each channel.
    of_channel: HashMap<ChannelId, usize>,
    /// Other messages of channels that have enough.
    skipped: Vec<RowId>,
}

impl Collected {
    fn is_full(&self) -> bool {
        self.messages.len() >= MAX_MESSAGES || self.bytes >= MAX_BYTES
    }
}

/// The parameters of a sample request.
#[derive(Debug, PartialEq)]
struct Asked {
    scope: String,
    only: Option<Scope>,
    end: RowId,
}

impl Sampling {
    /// Returns the serial number of the latest request.
    pub(crate) fn serial(&self) -> u64 {
        self.serial
    }

    /// Returns whether the latest request has not been answered yet.
    pub(crate) fn is_pending(&self) -> bool {
        self.serial != self.latest.serial
    }
}

impl Session {
    /// Requests a sample of the newest messages on the channels that `scope` does not exclude,
    /// unless the latest request was identical.
    pub(crate) fn request_sample(&mut self, scope: Option<&Query>) -> Vec<Effect> {
        let asked = Asked {
            scope: scope.map_or_else(String::new, |scope| scope.text().to_owned()),
            only: self.filters.only.clone(),
            end: self.log.end(),
        };
        if self.sampling.asked.as_ref() == Some(&asked) {
            return Vec::new();
        }
        self.sampling.asked = Some(asked);
        self.sampling.serial += 1;
        let mut messages = self.newest(scope);
        if messages.is_empty() && scope.is_some() {
            // The scope may exclude every channel because the name in the query is misspelled.
            messages = self.newest(None);
        }
        vec![Effect::Sample(SampleRequest {
            serial: self.sampling.serial,
            messages,
        })]
    }

    /// Records a sample, unless a newer one was requested.
    pub(crate) fn note_sample(&mut self, sample: Sample) {
        if sample.serial == self.sampling.serial {
            self.sampling.latest = Arc::new(sample);
        }
    }

    /// Returns the newest messages that are not hidden by their channel: at first only a few of each
    /// channel, so that a busy one leaves room for others.
    fn newest(&self, scope: Option<&Query>) -> Vec<Source> {
        let end = self.log.end().0;
        let start = self.log.first().0.max(end.saturating_sub(MAX_ROWS));
        let mut collected = Collected::default();
        for row in (start..end).rev().map(RowId) {
            if collected.is_full() {
                return collected.messages;
            }
            self.collect(scope, row, MAX_OF_CHANNEL, &mut collected);
        }
        let room = MAX_MESSAGES - collected.messages.len();
        let channels = self.log.channels().iter().take(MAX_CHANNELS);
        let channels = channels.filter(|(_, channel)| channel.last_row.0 < start);
        let channels = channels.filter(|(_, channel)| !self.is_left_out(channel.name(), scope));
        let mut rows: Vec<RowId> = channels.map(|(_, channel)| channel.last_row).collect();
        rows.sort_unstable_by_key(|row| std::cmp::Reverse(*row));
        rows.truncate(room);
        let skipped = std::mem::take(&mut collected.skipped);
        for row in rows.into_iter().chain(skipped) {
            self.collect(scope, row, MAX_MESSAGES, &mut collected);
        }
        collected.messages
    }

    /// Adds the message in `row` unless there are `most` of its channel, or it is not in question.
    fn collect(&self, scope: Option<&Query>, row: RowId, most: usize, collected: &mut Collected) {
        let content = self.log.row(row).map(|row| row.content);
        let Some(Content::Message {
            channel: id,
            payload,
            size,
        }) = content
        else {
            return;
        };
        let is_whole = payload.len() as u64 == size && payload.len() <= MAX_PAYLOAD;
        let Some(channel) = self.log.channels().by_id(id).filter(|_| is_whole) else {
            return;
        };
        if collected.is_full() || self.is_left_out(channel.name(), scope) {
            return;
        }
        let count = collected.of_channel.entry(id).or_default();
        if *count >= most {
            if collected.skipped.len() < MAX_MESSAGES {
                collected.skipped.push(row);
            }
            return;
        }
        *count += 1;
        collected.bytes += payload.len();
        collected.messages.push(Source {
            payload: payload.to_vec().into(),
            choice: self.decoder_choices.of(channel.name()).unwrap_or_default(),
        });
    }

    /// Returns whether the channel `name` is hidden or excluded by `scope`.
    fn is_left_out(&self, name: &[u8], scope: Option<&Query>) -> bool {
        let is_hidden = match &self.filters.only {
            Some(only) => !only.covers(name),
            None => self.filters.muted.contains(name),
        };
        is_hidden || scope.is_some_and(|scope| scope.excludes_channel(name))
    }
}
