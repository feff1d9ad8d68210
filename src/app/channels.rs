//! The channel list's pane: what it lists, in which order, and what is selected.

use std::time::Duration;

use super::subscriptions::Subscriptions;
use crate::log::{Channel, ChannelTable};
use crate::message::{ChannelId, SubscriptionId, SubscriptionKind, Time, Topic};

/// The order is made anew at most this often, so that rows can be read and clicked.
const SETTLE: Duration = Duration::from_millis(500);

/// With many channels ordering takes time; it is then made anew this much more seldom, a channel.
const SETTLE_A_CHANNEL: Duration = Duration::from_micros(10);

/// By what the channels are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// By name.
    #[default]
    Name,
    /// The most messages a second first.
    Rate,
    /// The most messages first.
    Count,
    /// The last heard first.
    LastHeard,
}

impl Sort {
    /// The key that comes after this one.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Name => Self::Rate,
            Self::Rate => Self::Count,
            Self::Count => Self::LastHeard,
            Self::LastHeard => Self::Name,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Rate => "rate",
            Self::Count => "count",
            Self::LastHeard => "last heard",
        }
    }
}

/// A line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A subscription to a pattern.
    Pattern(SubscriptionId),
    /// A channel that has been heard.
    Channel(ChannelId),
    /// A subscription to a channel that has not been heard.
    Unheard(SubscriptionId),
}

/// The pane's state.
#[derive(Debug, Default)]
pub struct ChannelsPane {
    sort: Sort,
    entries: Vec<Entry>,
    /// What is selected, by name, since ids can come to mean another channel.
    selected: Option<Topic>,
    /// The selected line, kept for when what was selected goes.
    line: usize,
    top: usize,
    made_of: (u64, u64),
    made_at: Time,
}

impl ChannelsPane {
    /// By what it is sorted.
    #[must_use]
    pub fn sort(&self) -> Sort {
        self.sort
    }

    /// The lines: patterns first, then channels.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The selected line.
    #[must_use]
    pub fn selected_line(&self) -> usize {
        self.line
    }

    /// The first line that `height` lines show.
    #[must_use]
    pub fn top(&self, height: u16) -> usize {
        let height = usize::from(height.max(1));
        let lowest = self.entries.len().saturating_sub(height);
        self.top
            .min(lowest)
            .clamp((self.line + 1).saturating_sub(height), self.line)
    }

    /// What is selected.
    #[must_use]
    pub fn selected(&self) -> Option<&Topic> {
        self.selected.as_ref()
    }

    /// Selects the line `lines` further down, or up if negative.
    pub fn select_by(&mut self, lines: isize, height: u16, lists: &Lists) {
        let line = self.line.saturating_add_signed(lines);
        self.select_line(line, height, lists);
    }

    /// Selects a line, or the last if there are fewer.
    pub fn select_line(&mut self, line: usize, height: u16, lists: &Lists) {
        self.top = self.top(height);
        self.line = line.min(self.entries.len().saturating_sub(1));
        self.selected = self
            .entries
            .get(self.line)
            .and_then(|entry| lists.topic(*entry));
        self.top = self.top(height);
    }

    /// Moves the window by `lines`, and the selection only as far as it must to stay in view.
    pub fn scroll_by(&mut self, lines: isize, height: u16, lists: &Lists) {
        let rows = usize::from(height.max(1));
        let lowest = self.entries.len().saturating_sub(rows);
        self.top = self.top(height).saturating_add_signed(lines).min(lowest);
        let line = self.line.clamp(self.top, self.top + rows - 1);
        self.select_line(line, height, lists);
    }

    /// Sorts by the next key.
    pub fn sort_next(&mut self, lists: &Lists, now: Time) {
        self.sort = self.sort.next();
        self.order(lists, now);
    }

    /// Makes the order anew if there is reason to.
    pub fn refresh(&mut self, lists: &Lists, now: Time) {
        let made_of = lists.generation();
        let is_stale = self.made_of != made_of || self.sort != Sort::Name;
        let subscriptions_changed = self.made_of.1 != made_of.1;
        let channels = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        // A short list by name hardly moves, so that a new channel can stand in it at once.
        let settled = if channels < 100 && self.sort == Sort::Name {
            self.made_at
        } else {
            let wait = SETTLE.max(SETTLE_A_CHANNEL.saturating_mul(channels));
            self.made_at.after(wait)
        };
        if subscriptions_changed || (is_stale && now >= settled) || now < self.made_at {
            self.order(lists, now);
        }
    }

    fn order(&mut self, lists: &Lists, now: Time) {
        self.entries = lists.entries(self.sort, now);
        self.made_of = lists.generation();
        self.made_at = now;
        let line = self.selected.as_ref().and_then(|selected| {
            self.entries
                .iter()
                .position(|entry| lists.is_at(*entry, selected))
        });
        self.line = line
            .unwrap_or(self.line)
            .min(self.entries.len().saturating_sub(1));
        self.selected = self
            .entries
            .get(self.line)
            .and_then(|entry| lists.topic(*entry));
    }
}

/// What the pane lists, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct Lists<'a> {
    /// The channels heard.
    pub channels: &'a ChannelTable,
    /// The subscriptions.
    pub subscriptions: &'a Subscriptions,
}

impl Lists<'_> {
    /// What an entry stands for; `None` if it has just gone.
    #[must_use]
    pub fn topic(&self, entry: Entry) -> Option<Topic> {
        match entry {
            Entry::Pattern(id) | Entry::Unheard(id) => self.subscriptions.topic(id).cloned(),
            Entry::Channel(id) => Some(Topic::channel(self.channels.by_id(id)?.name())),
        }
    }

    fn is_at(&self, entry: Entry, topic: &Topic) -> bool {
        match entry {
            Entry::Pattern(id) | Entry::Unheard(id) => self.subscriptions.topic(id) == Some(topic),
            Entry::Channel(id) => {
                topic.kind == SubscriptionKind::Channel
                    && self
                        .channels
                        .by_id(id)
                        .is_some_and(|channel| *channel.name() == *topic.name)
            }
        }
    }

    fn generation(&self) -> (u64, u64) {
        (self.channels.generation(), self.subscriptions.generation())
    }

    fn entries(&self, sort: Sort, now: Time) -> Vec<Entry> {
        let mut patterns = Vec::new();
        let mut unheard = Vec::new();
        for (id, topic, _) in self.subscriptions.listed() {
            match topic.kind {
                SubscriptionKind::Pattern => patterns.push(Entry::Pattern(id)),
                SubscriptionKind::Channel if self.channels.find(&topic.name).is_none() => {
                    unheard.push((&*topic.name, Entry::Unheard(id)));
                }
                SubscriptionKind::Channel => {}
            }
        }
        // The key is reckoned once a channel, since a rate is a sum.
        let key = |channel: &Channel| match sort {
            Sort::Name => 0.0,
            Sort::Rate => channel.rate(now),
            #[expect(
                clippy::cast_precision_loss,
                reason = "an order of counts, near enough"
            )]
            Sort::Count => channel.messages as f64,
            #[expect(clippy::cast_precision_loss, reason = "microseconds fit for 285 years")]
            Sort::LastHeard => channel.last_heard.0 as f64,
        };
        let heard = self.channels.iter();
        let mut heard: Vec<(f64, &[u8], ChannelId)> = heard
            .map(|(id, channel)| (key(channel), channel.name(), id))
            .collect();
        heard.sort_unstable_by(|one, other| {
            other.0.total_cmp(&one.0).then_with(|| one.1.cmp(other.1))
        });
        let heard = heard
            .into_iter()
            .map(|(_, name, id)| (name, Entry::Channel(id)));
        let mut named: Vec<(&[u8], Entry)> = heard.chain(unheard).collect();
        if sort == Sort::Name {
            named.sort_by_key(|(name, _)| *name);
        }
        patterns.extend(named.into_iter().map(|(_, entry)| entry));
        patterns
    }
}
