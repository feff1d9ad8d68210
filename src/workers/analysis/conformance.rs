//! The check of messages against a JSON Schema.

use std::sync::Arc;

use super::finding::FindingKind;
use super::json_schema::JsonSchema;
use super::shape::{LARGEST_READ, MAX_CHANNELS};
use super::violation::Violation;
use super::watched::{Message, Verdict, Watched};
use crate::payload::lookup::NoJson;

/// The counts of a schema check on a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaReport {
    /// The channel.
    pub channel: Arc<[u8]>,
    /// Messages that conform.
    pub valid: u64,
    /// Messages that were flagged.
    pub invalid: u64,
    /// Messages that were not checked: too large, nested too deeply, with too long a number, or not
    /// kept whole.
    pub unread: u64,
}

/// The state of a schema check.
#[derive(Debug)]
pub struct Conformance {
    pub(super) channels: Watched<Counts>,
    schema: JsonSchema,
}

/// The counts of a channel.
#[derive(Debug, Default)]
pub struct Counts {
    valid: u64,
    invalid: u64,
    unread: u64,
}

impl Conformance {
    /// Creates a state without channels.
    pub fn new(schema: JsonSchema) -> Self {
        Self {
            channels: Watched::new(MAX_CHANNELS),
            schema,
        }
    }

    /// Checks a message on the channel in slot `place`.
    pub fn check(&mut self, place: u32, message: &Message<'_>) -> Verdict {
        let Some(counts) = self.channels.at(place) else {
            return Verdict::Skipped;
        };
        let Some(violations) = violations(&self.schema, message) else {
            counts.unread += 1;
            return Verdict::Skipped;
        };
        if violations.is_empty() {
            counts.valid += 1;
            return Verdict::Fine;
        }
        counts.invalid += 1;
        Verdict::Finding(FindingKind::Invalid(violations.into()))
    }

    /// Returns the counts of a channel, or of the first one if none is given.
    pub fn report(&self, channel: Option<&[u8]>) -> Option<SchemaReport> {
        let (name, counts) = self.channels.named(channel)?;
        Some(SchemaReport {
            channel: Arc::clone(name),
            valid: counts.valid,
            invalid: counts.invalid,
            unread: counts.unread,
        })
    }

    /// Returns the memory use, in bytes.
    pub fn size(&self) -> usize {
        self.channels.size(|_| 0)
    }
}

/// Returns how a message violates `schema`, or `None` if it cannot be checked.
fn violations(schema: &JsonSchema, message: &Message<'_>) -> Option<Vec<Violation>> {
    let is_whole = message.payload.len() as u64 == message.size;
    if !is_whole || message.payload.len() > LARGEST_READ {
        return None;
    }
    match message.lookup.json() {
        Ok(json) if json.len() > LARGEST_READ => None,
        Ok(json) => schema.violations(json),
        Err(NoJson::NoValues) => Some(vec![Violation::NoValues]),
        Err(NoJson::NotWhole) => None,
    }
}
