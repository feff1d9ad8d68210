//! The number of subscriptions, as the server counts them.

use crate::message::SubscriptionKind;

/// The server's counts of the subscriptions on this connection. Redis counts sharded subscriptions
/// separately; servers with one namespace for all channels, such as Dragonfly, count all together.
#[derive(Debug, Default)]
pub(super) struct Counts {
    sharded: i64,
    others: i64,
    /// Whether each count is that of all subscriptions.
    are_common: bool,
}

impl Counts {
    /// Records the count from a confirmation for a subscription of this kind. `sharded` is the
    /// highest number of sharded subscriptions that the server can have counted.
    pub(super) fn note(&mut self, kind: SubscriptionKind, count: i64, sharded: usize) {
        let is_sharded = kind == SubscriptionKind::Shard;
        self.are_common |= is_sharded && usize::try_from(count).is_ok_and(|count| count > sharded);
        if is_sharded || self.are_common {
            self.sharded = count;
        }
        if !is_sharded || self.are_common {
            self.others = count;
        }
    }

    /// Returns the number of subscriptions of all kinds.
    pub(super) fn all(&self) -> i64 {
        if self.are_common {
            self.others
        } else {
            self.sharded.saturating_add(self.others)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscriptions_are_counted_once_whether_or_not_the_server_separates_sharded_ones() {
        let confirmations = [
            (SubscriptionKind::Channel, 0),
            (SubscriptionKind::Pattern, 0),
            (SubscriptionKind::Shard, 0),
        ];
        for numbers in [[1, 2, 1], [1, 2, 3]] {
            let mut counts = Counts::default();
            for ((kind, confirmed), count) in confirmations.into_iter().zip(numbers) {
                counts.note(kind, count, confirmed + 1);
            }
            assert_eq!(counts.all(), 3, "{numbers:?}");
        }
    }
}
