//! The channel list's pane: what it lists, in which order, and what is selected.

mod ordering;

use std::collections::HashSet;
use std::time::Duration;

pub use ordering::MOST_LISTED;

use self::ordering::{Pass, Ranked};
use super::subscriptions::Subscriptions;
use crate::log::ChannelTable;
use crate::message::names::same;
use crate::message::{ChannelId, SubscriptionId, Time, Topic};

/// The order is made anew at most this often, so that rows can be read and clicked.
const SETTLE: Duration = Duration::from_millis(500);

/// With many channels ordering takes time; it is then made anew this much more seldom, a channel.
const SETTLE_A_CHANNEL: Duration = Duration::from_micros(10);

/// A shorter list follows each change of the subscriptions at once.
const LONG: usize = 1_000;

/// The parts of an order are made at least this far apart, so that there is time for all else.
const BETWEEN_PARTS: Duration = Duration::from_millis(20);

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
    /// The order that is being made, if that takes more than one go.
    pass: Option<Pass>,
    /// When its last part was made.
    went_on_at: Time,
    /// When a long list is to follow a change of the subscriptions.
    owed_at: Option<Time>,
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

    /// Whether there are more channels than it lists.
    #[must_use]
    pub fn is_cut(&self, channels: &ChannelTable) -> bool {
        channels.len() > MOST_LISTED
    }

    /// When it wants to be refreshed, if an order is being made or is to be made.
    #[must_use]
    pub fn due(&self) -> Option<Time> {
        self.next_part_due().or(self.owed_at)
    }

    fn next_part_due(&self) -> Option<Time> {
        let is_ordering = self.pass.is_some();
        is_ordering.then(|| self.went_on_at.after(BETWEEN_PARTS))
    }

    /// Makes the order anew if there is reason to, or goes on with that.
    pub fn refresh(&mut self, lists: &Lists, now: Time) {
        if self.next_part_due().is_some_and(|due| due <= now) {
            self.go_on(lists, now);
        }
        let made_of = lists.generation();
        let is_stale = self.made_of != made_of || self.sort != Sort::Name;
        let subscriptions_changed = self.made_of.1 != made_of.1;
        let listed = lists.channels.len().max(self.entries.len());
        let channels = u32::try_from(listed).unwrap_or(u32::MAX);
        // A short list by name hardly moves, so that a new channel can stand in it at once.
        let settled = if self.entries.len() < 100 && self.sort == Sort::Name {
            self.made_at
        } else {
            let wait = SETTLE.max(SETTLE_A_CHANNEL.saturating_mul(channels));
            self.made_at.after(wait)
        };
        let is_due = is_stale && now >= settled && self.pass.is_none();
        let is_long = self.entries.len() >= LONG;
        if (subscriptions_changed && !is_long) || is_due || now < self.made_at {
            self.order(lists, now);
        } else if subscriptions_changed && self.pass.is_none() {
            self.owed_at = Some(settled);
        }
    }

    /// Begins to make the order anew; with few channels it is made at once.
    fn order(&mut self, lists: &Lists, now: Time) {
        self.pass = Some(Pass::new(self.sort, lists.channels));
        self.made_of = lists.generation();
        self.made_at = now;
        self.owed_at = None;
        self.go_on(lists, now);
    }

    fn go_on(&mut self, lists: &Lists, now: Time) {
        self.went_on_at = now;
        let is_made = self
            .pass
            .as_mut()
            .is_some_and(|pass| pass.go_on(lists.channels, now));
        if is_made && let Some(pass) = self.pass.take() {
            self.entries = lists.entries(self.sort, &pass.finish());
            self.made_at = now;
            self.find_selected(lists);
        }
    }

    fn find_selected(&mut self, lists: &Lists) {
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
            Entry::Channel(id) => {
                let name = self.channels.by_id(id)?.shared_name();
                Some(Topic::shared_channel(name))
            }
        }
    }

    fn is_at(&self, entry: Entry, topic: &Topic) -> bool {
        match entry {
            Entry::Pattern(id) | Entry::Unheard(id) => self.subscriptions.topic(id) == Some(topic),
            Entry::Channel(id) => {
                topic.names_one()
                    && self
                        .channels
                        .by_id(id)
                        .is_some_and(|channel| same(channel.name(), &topic.name))
            }
        }
    }

    fn generation(&self) -> (u64, u64) {
        (self.channels.generation(), self.subscriptions.generation())
    }

    /// The lines, where `heard` are the channels to list, in their order.
    fn entries(&self, sort: Sort, heard: &[Ranked]) -> Vec<Entry> {
        let mut patterns = Vec::new();
        let mut others = Vec::new();
        let listed: HashSet<ChannelId> = heard.iter().map(|one| one.id).collect();
        for (id, topic, _) in self.subscriptions.listed() {
            if !topic.names_one() {
                patterns.push(Entry::Pattern(id));
                continue;
            }
            match self.channels.find(&topic.name) {
                None => others.push((&*topic.name, Entry::Unheard(id))),
                // One that is subscribed to by its name is listed in any case.
                Some(heard) if !listed.contains(&heard) => {
                    others.push((&*topic.name, Entry::Channel(heard)));
                }
                Some(_) => {}
            }
        }
        let heard = heard.iter().map(|one| (&*one.name, Entry::Channel(one.id)));
        let mut named: Vec<(&[u8], Entry)> = heard.chain(others).collect();
        if sort == Sort::Name {
            named.sort_by_key(|(name, _)| *name);
        }
        patterns.extend(named.into_iter().map(|(_, entry)| entry));
        patterns
    }
}

#[cfg(test)]
mod tests;
