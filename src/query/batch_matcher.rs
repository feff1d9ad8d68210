//! Matches a query against the messages of batches or segments, without a log.

use std::sync::Arc;

use crate::log::{Batch, BatchMessage, RowKind, Segment, SegmentRow};
use crate::message::{SubscriptionId, Topic};
use crate::payload::decoder_choices::DecoderChoices;
use crate::query::{Flags, Matcher, Query, Row};

/// A query prepared for matching the messages of batches or segments on one thread.
pub struct BatchMatcher {
    matcher: Matcher,
    uses_via: bool,
    via: Vec<SubscriptionId>,
}

impl BatchMatcher {
    /// Prepares `query` for matching messages that are decoded by `choices`. The error says what
    /// the query needs that batches do not have.
    pub fn new(query: Query, choices: &Arc<DecoderChoices>) -> Result<Self, &'static str> {
        if query.uses_flags() {
            return Err(
                "is:drift, is:invalid and is:seqgap need checks, which only the screen runs",
            );
        }
        let uses_via = query.uses_via();
        let mut matcher = Matcher::new(Arc::new(query));
        matcher.set_decoder_choices(choices);
        Ok(Self {
            matcher,
            uses_via,
            via: Vec::new(),
        })
    }

    /// Prepares for the messages of `batch`. `topics` are those of all subscriptions, by id.
    pub fn enter(&mut self, batch: &Batch, topics: &[Topic]) {
        let names: Vec<&[u8]> = batch.channel_names().collect();
        self.matcher.enter(names);
        self.set_topics(topics);
    }

    /// Prepares for the messages of `segment`. `topics` are those of all subscriptions, by id.
    pub fn enter_segment(&mut self, segment: &Segment, topics: &[Topic]) {
        self.matcher.enter(segment.channels());
        self.set_topics(topics);
    }

    fn set_topics(&mut self, topics: &[Topic]) {
        if self.uses_via {
            let names = topics.iter().map(|topic| Arc::clone(&topic.name));
            self.matcher
                .set_subscriptions(&names.collect::<Vec<Arc<[u8]>>>());
        }
    }

    /// Returns whether a message of the entered batch matches.
    pub fn matches(&mut self, batch: &Batch, message: &BatchMessage<'_>) -> bool {
        self.via.clear();
        if self.uses_via {
            self.via.extend(batch.subscriptions(message));
        }
        self.matcher.matches(&Row {
            time: message.time,
            kind: RowKind::Message,
            channel: message.channel,
            payload: message.payload,
            may_differ: message.may_differ,
            size: message.size,
            via: &self.via,
            flags: Flags::default(),
        })
    }

    /// Returns whether a row of the entered segment matches, which the subscriptions `via` delivered.
    pub fn matches_row(&mut self, row: &SegmentRow<'_>, via: &[SubscriptionId]) -> bool {
        self.matcher.matches(&Row {
            time: row.time,
            kind: row.kind,
            channel: row.channel,
            payload: row.payload,
            may_differ: row.may_differ,
            size: row.size,
            via,
            flags: Flags::default(),
        })
    }
}
