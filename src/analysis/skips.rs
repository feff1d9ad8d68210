//! The messages that checks which flag rows could not tell anything of: what is not flagged among
//! them is not known to be well.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashMap;

use super::plan::CheckId;
use crate::message::RowId;

/// Messages of a channel that a check could not tell anything of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// How many.
    pub count: u64,
    /// From the row of the first to behind that of the last.
    pub rows: Range<RowId>,
}

/// What checks have skipped on each channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skips {
    checks: BTreeMap<CheckId, HashMap<Arc<[u8]>, Skipped>>,
}

impl Skips {
    /// Counts a message.
    pub(super) fn note(&mut self, check: CheckId, channel: &Arc<[u8]>, row: RowId) {
        let rows = row..RowId(row.0 + 1);
        self.count(check, channel, Skipped { count: 1, rows });
    }

    /// Adds `others`. Says whether there are any on a channel where a check had skipped none.
    pub fn add(&mut self, others: Self) -> bool {
        let mut is_any_new = false;
        for (check, channels) in others.checks {
            for (channel, skipped) in channels {
                is_any_new |= self.count(check, &channel, skipped);
            }
        }
        is_any_new
    }

    /// What a check has skipped on the channel called `name`.
    #[must_use]
    pub fn of(&self, check: CheckId, name: &[u8]) -> Option<&Skipped> {
        self.checks.get(&check)?.get(name)
    }

    /// Lets go of what checks have skipped, but for those that `is_made` says are made.
    pub fn retain(&mut self, is_made: impl Fn(CheckId) -> bool) {
        self.checks.retain(|check, _| is_made(*check));
    }

    /// The bytes that they take.
    #[must_use]
    pub fn size(&self) -> usize {
        let checks = self.checks.values();
        checks
            .map(|channels| {
                let names: usize = channels.keys().map(|name| name.len()).sum();
                names + channels.capacity() * size_of::<(Arc<[u8]>, Skipped)>()
            })
            .sum()
    }

    /// Says whether it is the first on its channel.
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
