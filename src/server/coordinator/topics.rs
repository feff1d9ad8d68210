//! The subscribed topics, indexed by id and by topic.

use std::collections::{BTreeMap, HashMap};

use super::placement::depends_on_cluster;
use crate::message::{Subscription, SubscriptionId, Topic};

/// The subscribed topics. Each topic occurs once.
#[derive(Debug, Default)]
pub(super) struct WantedTopics {
    by_id: BTreeMap<SubscriptionId, Topic>,
    ids: HashMap<Topic, SubscriptionId>,
    /// Number of topics that depend on whether the server belongs to a cluster.
    cluster_dependent: usize,
}

impl WantedTopics {
    /// Adds a topic. Returns the subscription that it replaces, if the topic was already present.
    pub(super) fn insert(&mut self, id: SubscriptionId, topic: Topic) -> Option<SubscriptionId> {
        let replaced = self.ids.get(&topic).copied().filter(|of| *of != id);
        for of in [Some(id), replaced].into_iter().flatten() {
            self.remove(of);
        }
        self.cluster_dependent += usize::from(depends_on_cluster(&topic));
        self.ids.insert(topic.clone(), id);
        self.by_id.insert(id, topic);
        replaced
    }

    /// Removes a subscription and returns its topic.
    pub(super) fn remove(&mut self, id: SubscriptionId) -> Option<Topic> {
        let topic = self.by_id.remove(&id)?;
        self.ids.remove(&topic);
        self.cluster_dependent -= usize::from(depends_on_cluster(&topic));
        Some(topic)
    }

    pub(super) fn get(&self, id: SubscriptionId) -> Option<&Topic> {
        self.by_id.get(&id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (SubscriptionId, &Topic)> {
        self.by_id.iter().map(|(id, topic)| (*id, topic))
    }

    /// Returns all subscriptions, oldest first.
    pub(super) fn subscriptions(&self) -> Vec<Subscription> {
        let subscription = |(id, topic): (SubscriptionId, &Topic)| Subscription {
            id,
            topic: topic.clone(),
        };
        self.iter().map(subscription).collect()
    }

    /// Returns whether any of the topics depends on whether the server belongs to a cluster.
    pub(super) fn depend_on_cluster(&self) -> bool {
        self.cluster_dependent > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_wanted_twice_is_kept_once() {
        let (first, second) = (SubscriptionId(0), SubscriptionId(1));
        let shard = Topic::shard(b"a");
        let mut wanted = WantedTopics::default();
        assert_eq!(wanted.insert(first, shard.clone()), None);
        assert_eq!(wanted.insert(second, shard.clone()), Some(first));
        assert_eq!(wanted.get(first), None);
        assert_eq!(wanted.iter().collect::<Vec<_>>(), [(second, &shard)]);
        assert!(wanted.depend_on_cluster());
        assert_eq!(wanted.remove(second), Some(shard));
        assert!(!wanted.depend_on_cluster() && wanted.get(second).is_none());
    }
}
