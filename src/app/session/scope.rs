//! The sets of messages that can be shown alone or muted, such as those of a line of the channel
//! list.

use std::sync::Arc;

use crate::message::names::{Names, same};
use crate::message::{Topic, glob};
use crate::payload::escape::{self, Text};
use crate::query::Query;

/// A set of messages that can be shown alone or muted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The messages on this channel.
    Channel(Arc<[u8]>),
    /// The messages on every channel whose name starts with this prefix.
    Branch(Arc<[u8]>),
    /// The messages that the subscription to this pattern delivered.
    Pattern(Topic),
}

impl Scope {
    /// Returns the scope of the messages on the channel `name`.
    pub fn channel(name: &[u8]) -> Self {
        Self::Channel(name.into())
    }

    /// Returns the scope of the messages that a subscription to `topic` delivers.
    pub fn of(topic: Topic) -> Self {
        if topic.names_one() {
            Self::Channel(topic.name)
        } else {
            Self::Pattern(topic)
        }
    }

    /// Returns whether the scope includes the messages on the channel `name`. A pattern includes
    /// only messages received since it was subscribed to.
    pub fn covers(&self, name: &[u8]) -> bool {
        match self {
            Self::Channel(channel) => same(channel, name),
            Self::Branch(prefix) => name.starts_with(prefix),
            Self::Pattern(topic) => topic.matches(name),
        }
    }

    /// Returns whether the scope includes all messages of `other`.
    pub fn includes(&self, other: &Self) -> bool {
        match (self, other) {
            _ if self == other => true,
            (_, Self::Channel(name)) => self.covers(name),
            (Self::Branch(outer), Self::Branch(prefix)) => prefix.starts_with(outer),
            (Self::Pattern(topic), Self::Branch(prefix)) => {
                self.covers(prefix) && glob::ends_in_star(&topic.name)
            }
            (Self::Channel(_), Self::Branch(_)) | (_, Self::Pattern(_)) => false,
        }
    }

    /// Returns the query for the messages in the scope.
    pub fn query(&self) -> Query {
        match self {
            Self::Channel(name) => Query::channel(name),
            Self::Branch(prefix) => Query::channels_under(prefix),
            // The pattern itself delivers nothing: each channel it finds has a subscription of its
            // own.
            Self::Pattern(topic) if topic.is_searched() => Query::channels_matching(&topic.name),
            Self::Pattern(topic) => Query::via(&topic.name),
        }
    }

    /// Returns the channel's name, the prefix or the pattern.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Channel(name) | Self::Branch(name) => name,
            Self::Pattern(topic) => &topic.name,
        }
    }

    /// Returns the full name of the scope.
    pub fn name(&self) -> String {
        match self {
            Self::Channel(name) => escape::whole_name(name),
            Self::Branch(prefix) => escape::whole_name(prefix) + "*",
            Self::Pattern(topic) => escape::whole_name(&topic.name),
        }
    }

    /// Returns the name of the scope, shortened to `columns`.
    pub fn short_name(&self, columns: usize) -> Text {
        let Self::Branch(prefix) = self else {
            return escape::name(self.bytes(), columns);
        };
        let mut text = escape::name(prefix, columns.saturating_sub(1));
        if text.columns < columns {
            text.string.push('*');
            text.columns += 1;
        }
        text
    }
}

/// Returns the pattern that matches every channel whose name starts with `prefix`.
pub fn pattern_of_branch(prefix: &[u8]) -> Vec<u8> {
    let mut pattern = glob::literal(prefix);
    pattern.push(b'*');
    pattern
}

/// The muted channels, branches and patterns.
#[derive(Debug, Default)]
pub struct Muted {
    channels: Names,
    others: Vec<Scope>,
    /// What was muted last.
    newest: Option<Scope>,
}

impl Muted {
    /// Returns whether the messages on the channel `name` are muted individually, or by a branch or
    /// pattern.
    pub fn contains(&self, name: &[u8]) -> bool {
        self.channels.contains(name) || self.others.iter().any(|scope| scope.covers(name))
    }

    /// Returns whether `scope` itself is muted.
    pub fn has(&self, scope: &Scope) -> bool {
        match scope {
            Scope::Channel(name) => self.channels.contains(name),
            other => self.others.contains(other),
        }
    }

    /// Returns a muted branch or pattern that includes `scope`, other than the scope itself.
    pub fn other_over(&self, scope: &Scope) -> Option<&Scope> {
        let mut others = self.others.iter();
        others.find(|other| *other != scope && other.includes(scope))
    }

    /// Returns whether all messages of `scope` are muted, by itself or by a branch or pattern.
    pub fn includes(&self, scope: &Scope) -> bool {
        self.has(scope) || self.other_over(scope).is_some()
    }

    /// Mutes `scope`, or unmutes it. Returns whether it is muted now.
    pub fn toggle(&mut self, scope: Scope) -> bool {
        self.newest = (!self.has(&scope)).then(|| scope.clone());
        let others = match scope {
            Scope::Channel(name) => return self.channels.toggle(name),
            _ => &mut self.others,
        };
        let count = others.len();
        others.retain(|other| *other != scope);
        let is_muted = others.len() == count;
        if is_muted {
            others.push(scope);
        }
        is_muted
    }

    /// Returns how many channels, branches and patterns are muted.
    pub fn len(&self) -> usize {
        self.channels.len() + self.others.len()
    }

    /// Returns whether nothing is muted.
    pub fn is_empty(&self) -> bool {
        self.channels.is_empty() && self.others.is_empty()
    }

    /// Returns every index, that of the scope muted last first.
    pub fn newest_first(&self) -> impl Iterator<Item = usize> {
        let newest = self.newest.as_ref().and_then(|newest| match newest {
            Scope::Channel(name) => self.channels.index_of(name),
            other => {
                let place = self.others.iter().position(|scope| scope == other);
                place.map(|place| self.channels.len() + place)
            }
        });
        let others = (0..self.len()).filter(move |index| Some(*index) != newest);
        newest.into_iter().chain(others)
    }

    /// Returns the muted scope at `index`. Channels come first.
    pub fn at(&self, index: usize) -> Option<Scope> {
        match self.channels.at(index) {
            Some(name) => Some(Scope::Channel(Arc::clone(name))),
            None => self.other_at(index).cloned(),
        }
    }

    /// Returns the channel's name, the prefix or the pattern at `index`.
    pub fn bytes_at(&self, index: usize) -> Option<&[u8]> {
        match self.channels.at(index) {
            Some(name) => Some(name),
            None => self.other_at(index).map(Scope::bytes),
        }
    }

    /// Returns the muted branch or pattern at `index`, or `None` for a channel.
    pub fn other_at(&self, index: usize) -> Option<&Scope> {
        self.others.get(index.checked_sub(self.channels.len())?)
    }

    /// Returns the names of the channels that are muted individually.
    pub fn channels(&self) -> impl Iterator<Item = &[u8]> {
        self.channels.iter()
    }

    /// Returns the muted branches and patterns, oldest first.
    pub fn others(&self) -> &[Scope] {
        &self.others
    }
}

impl FromIterator<Arc<[u8]>> for Muted {
    fn from_iter<I: IntoIterator<Item = Arc<[u8]>>>(channels: I) -> Self {
        Self {
            channels: channels.into_iter().collect(),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_covers_its_channels_and_has_a_query_that_can_be_read_back() {
        let moment = crate::query::Moment::default();
        for (scope, inside, outside) in [
            (Scope::channel(b"a*b"), &b"a*b"[..], &b"axb"[..]),
            (Scope::Branch(b"a*:"[..].into()), b"a*:b", b"ab:b"),
            (Scope::of(Topic::pattern(b"a?")), b"ab", b"a"),
            (Scope::of(Topic::shard_pattern(b"a?")), b"ab", b"a"),
        ] {
            assert!(scope.covers(inside) && !scope.covers(outside), "{scope:?}");
            let query = scope.query();
            let read = Query::parse(query.text(), &moment);
            assert!(
                read.is_ok_and(|read| read.text() == query.text()),
                "{scope:?}"
            );
        }
    }

    #[test]
    fn a_branch_and_a_pattern_include_the_branches_in_them() {
        let branch = |prefix: &[u8]| Scope::Branch(prefix.into());
        let pattern = |name: &[u8]| Scope::of(Topic::pattern(name));
        for (outer, inner, expected) in [
            (branch(b"a:"), branch(b"a:b:"), true),
            (branch(b"a:b:"), branch(b"a:"), false),
            (branch(b"a:"), Scope::channel(b"a:b"), true),
            (branch(b"a:"), pattern(b"a:*"), false),
            (pattern(b"a:*"), branch(b"a:b:"), true),
            (pattern(b"a:b*"), branch(b"a:"), false),
            (pattern(b"a:?*"), branch(b"a:"), false),
            (pattern(b"*"), branch(b"a:"), true),
            (pattern(b"a:"), branch(b"a:"), false),
            (pattern(b"a:?"), branch(b"a:"), false),
            (pattern(br"a:\*"), branch(b"a:*"), false),
            (pattern(b"a[:*"), branch(b"a:"), false),
            (Scope::channel(b"a:"), branch(b"a:"), false),
        ] {
            assert_eq!(outer.includes(&inner), expected, "{outer:?} {inner:?}");
        }
    }

    #[test]
    fn a_channel_is_muted_by_itself_or_by_a_branch() {
        let mut muted = Muted::default();
        let branch = Scope::Branch(b"a:"[..].into());
        assert!(muted.toggle(branch.clone()) && muted.contains(b"a:b"));
        assert_eq!(muted.other_over(&Scope::channel(b"a:b")), Some(&branch));
        assert!(!muted.has(&Scope::channel(b"a:b")) && muted.has(&branch));
        assert!(muted.toggle(Scope::channel(b"a:b")));
        assert!(!muted.toggle(branch) && muted.contains(b"a:b") && !muted.contains(b"a:c"));
    }
}
