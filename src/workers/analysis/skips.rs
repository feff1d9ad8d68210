//! Messages that could not be checked, so that it is unknown whether they should be flagged.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashMap;

use super::plan::CheckId;
use crate::message::RowId;

/// The messages on a channel that a check has skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// How many there are.
    pub count: u64,
    /// The range of their rows.
    pub rows: Range<RowId>,
}

/// The messages that checks have skipped on each channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skips {
    checks: BTreeMap<CheckId, HashMap<Arc<[u8]>, Skipped>>,
}

impl Skips {
    /// Counts a skipped message.
    pub(super) fn note(&mut self, check: CheckId, channel: &Arc<[u8]>, row: RowId) {
        let rows = row..RowId(row.0 + 1);
        self.count(check, channel, Skipped { count: 1, rows });
    }

    /// Adds `others`. Returns whether a check has skipped messages on a channel for the first time.
    pub fn add(&mut self, others: Self) -> bool {
        let mut is_any_new = false;
        for (check, channels) in others.checks {
            for (channel, skipped) in channels {
                is_any_new |= self.count(check, &channel, skipped);
            }
        }
        is_any_new
    }

    /// Returns the messages that a check has skipped on the channel `name`.
    pub fn of(&self, check: CheckId, name: &[u8]) -> Option<&Skipped> {
        self.checks.get(&check)?.get(name)
    }

    /// Removes the entries of checks for which `is_active` returns `false`.
    pub fn retain(&mut self, is_active: impl Fn(CheckId) -> bool) {
        self.checks.retain(|check, _| is_active(*check));
    }

    /// Returns the memory use, in bytes.
    pub fn size(&self) -> usize {
        let checks = self.checks.values().map(|channels| {
            let names: usize = channels.keys().map(|name| name.len()).sum();
            names + channels.capacity() * size_of::<(Arc<[u8]>, Skipped)>()
        });
        checks.sum()
    }

    /// Adds skipped messages. Returns whether they are the first on their channel.
    fn count(&mut self, check: CheckId, channel: &Arc<[u8]>, skipped: Skipped) -> bool {
        let channels = self.checks.entry(check).or_default();
        let Some(known) = channels.get_mut(channel) else {
            channels.insert(Arc::clone(channel), skipped);
            return true;
        };
        known.count += skipped.count;
        known.rows.start = known.rows.start.min(skipped.rows.start);
        known.rows.end = known.rows.end.max(skipped.rows.end);
        false
    }
}
