//! The channel list: its entries, their order and the selection.

mod ordering;

pub use self::ordering::MAX_LISTED;

use std::collections::HashSet;
use std::time::Duration;

use self::ordering::{Pass, Ranked};
use super::action::Motion;
use super::session::Session;
use super::session::subscriptions::Subscriptions;
use crate::log::{Channel, ChannelTable};
use crate::message::names::same;
use crate::message::{ChannelId, SubscriptionId, Time, Topic};

/// Minimum interval between two sorts, so that rows stay in place long enough to be clicked.
const MIN_INTERVAL: Duration = Duration::from_millis(500);

/// Sorting many channels takes time, so the interval is at least this long per channel.
const MIN_INTERVAL_PER_CHANNEL: Duration = Duration::from_micros(10);

/// A list with fewer entries than this reflects every change to the subscriptions at once.
const LONG: usize = 1_000;

/// Minimum interval between the parts of a sort, to leave time for everything else.
const BETWEEN_PARTS: Duration = Duration::from_millis(20);

/// How long a change stays highlighted.
pub const FLASH: Duration = Duration::from_secs(1);

/// The sort order of the channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// By name.
    #[default]
    Name,
    /// By messages per second, highest first.
    Rate,
    /// By number of messages, highest first.
    Count,
    /// By last message, newest first.
    LastHeard,
}

impl Sort {
    /// Returns the next sort order, wrapping around at the end.
    #[must_use]
    pub fn next(self) -> Self {
        let all = [Self::Name, Self::Rate, Self::Count, Self::LastHeard];
        all[(self as usize + 1) % all.len()]
    }

    /// Returns the heading of a list in this order.
    pub fn heading(self) -> String {
        format!(" by {} ", self.name())
    }

    /// Returns the name of the sort order.
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
    /// A channel that has received messages.
    Channel(ChannelId),
    /// A subscription to a channel that has not received any messages.
    NotReceiving(SubscriptionId),
}

/// The state of the channel list's pane.
#[derive(Debug, Default)]
pub struct ChannelList {
    /// Whether it shows the latest values in place of the log, and not names beside it.
    pub shows_latest: bool,
    /// The sort order.
    pub sort: Sort,
    /// The lines: patterns first, then channels.
    pub entries: Vec<Entry>,
    /// The selected topic, stored by name because an id may be reused for another channel.
    pub selected: Option<Topic>,
    /// The selected line, which stays selected if the selected entry disappears.
    pub line: usize,
    top: usize,
    /// The generations of the channels and subscriptions at the last sort.
    generation: (u64, u64),
    sorted_at: Time,
    /// The sort in progress, if it takes more than one part.
    pass: Option<Pass>,
    /// When the last part of the sort was done.
    part_done_at: Time,
    /// When a long list must reflect a change to the subscriptions.
    due_at: Option<Time>,
}

impl ChannelList {
    /// Returns the first of the `height` visible lines.
    pub fn top(&self, height: u16) -> usize {
        let height = usize::from(height.max(1));
        let lowest = self.entries.len().saturating_sub(height);
        self.top
            .min(lowest)
            .clamp((self.line + 1).saturating_sub(height), self.line)
    }

    /// Returns the selected channel, if it has received messages.
    pub fn selected_channel<'a>(&self, channels: &'a ChannelTable) -> Option<&'a Channel> {
        let topic = self.selected.as_ref().filter(|topic| topic.names_one())?;
        // The selected line usually has the channel's id, which saves a lookup by name.
        if let Some(Entry::Channel(id)) = self.entries.get(self.line)
            && let Some(channel) = channels.by_id(*id)
            && same(channel.name(), &topic.name)
        {
            return Some(channel);
        }
        channels.by_id(channels.find(&topic.name)?)
    }

    /// Returns when the next highlight of a latest value ends.
    pub(crate) fn flash_due(&self, session: &Session, height: u16) -> Option<Time> {
        let entries = self.entries.iter().skip(self.top(height));
        let ends = entries.take(usize::from(height)).filter_map(|entry| {
            let Entry::Channel(id) = entry else {
                return None;
            };
            let channel = session.log.channels().by_id(*id)?;
            Some(channel.last_received.after(FLASH))
        });
        ends.filter(|end| *end > session.now).min()
    }

    /// Moves the selection.
    pub(super) fn move_by(&mut self, motion: Motion, height: u16, lists: &Lists) {
        let last = self.entries.len().saturating_sub(1);
        let line = motion.from(self.line, usize::from(height), last);
        self.select_line(line, height, lists);
    }

    /// Selects a line, or the last one if there are fewer.
    pub fn select_line(&mut self, line: usize, height: u16, lists: &Lists) {
        self.top = self.top(height);
        self.set_line(line, lists);
        self.top = self.top(height);
    }

    fn set_line(&mut self, line: usize, lists: &Lists) {
        self.line = line.min(self.entries.len().saturating_sub(1));
        let entry = self.entries.get(self.line);
        self.selected = entry.and_then(|entry| lists.topic(*entry));
    }

    /// Scrolls by `lines`, and moves the selection only as far as needed to keep it in view.
    pub fn scroll_by(&mut self, lines: isize, height: u16, lists: &Lists) {
        let rows = usize::from(height.max(1));
        let lowest = self.entries.len().saturating_sub(rows);
        self.top = self.top(height).saturating_add_signed(lines).min(lowest);
        let line = self.line.clamp(self.top, self.top + rows - 1);
        self.select_line(line, height, lists);
    }

    /// Switches to the next sort order.
    pub fn sort_next(&mut self, lists: &Lists, now: Time) {
        self.sort = self.sort.next();
        self.start_sort(lists, now);
    }

    /// Returns when the pane needs a refresh, if a sort is in progress or due.
    pub fn due(&self) -> Option<Time> {
        self.next_part_due().or(self.due_at)
    }

    fn next_part_due(&self) -> Option<Time> {
        let is_sorting = self.pass.is_some();
        is_sorting.then(|| self.part_done_at.after(BETWEEN_PARTS))
    }

    /// Starts a new sort if it is due, or continues the one in progress.
    pub fn refresh(&mut self, lists: &Lists, now: Time) {
        if self.next_part_due().is_some_and(|due| due <= now) {
            self.continue_sort(lists, now);
        }
        let generation = lists.generation();
        let is_stale = self.generation != generation || self.sort != Sort::Name;
        let subscriptions_changed = self.generation.1 != generation.1;
        let listed = lists.channels.len().max(self.entries.len());
        let channels = u32::try_from(listed).unwrap_or(u32::MAX);
        // In a short list sorted by name, rows hardly move, so a new channel can appear at once.
        let next_sort_at = if self.entries.len() < 100 && self.sort == Sort::Name {
            self.sorted_at
        } else {
            let wait = MIN_INTERVAL.max(MIN_INTERVAL_PER_CHANNEL.saturating_mul(channels));
            self.sorted_at.after(wait)
        };
        let is_due = is_stale && now >= next_sort_at && self.pass.is_none();
        let is_long = self.entries.len() >= LONG;
        if (subscriptions_changed && !is_long) || is_due || now < self.sorted_at {
            self.start_sort(lists, now);
        } else if subscriptions_changed && self.pass.is_none() {
            self.due_at = Some(next_sort_at);
        }
    }

    /// Starts a new sort. If there are few channels, it finishes at once.
    fn start_sort(&mut self, lists: &Lists, now: Time) {
        self.pass = Some(Pass::new(self.sort, lists.channels));
        self.generation = lists.generation();
        self.sorted_at = now;
        self.due_at = None;
        self.continue_sort(lists, now);
    }

    fn continue_sort(&mut self, lists: &Lists, now: Time) {
        self.part_done_at = now;
        let pass = self.pass.as_mut();
        let is_done = pass.is_some_and(|pass| pass.process(lists.channels, now));
        if is_done && let Some(pass) = self.pass.take() {
            self.entries = lists.entries(self.sort, &pass.finish());
            self.sorted_at = now;
            self.find_selected(lists);
        }
    }

    fn find_selected(&mut self, lists: &Lists) {
        let line = self.selected.as_ref().and_then(|selected| {
            let mut entries = self.entries.iter();
            entries.position(|entry| lists.is_at(*entry, selected))
        });
        self.set_line(line.unwrap_or(self.line), lists);
    }
}

/// The data that the pane lists, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct Lists<'a> {
    /// The channels that have received messages.
    pub channels: &'a ChannelTable,
    /// The subscriptions.
    pub subscriptions: &'a Subscriptions,
}

impl<'a> Lists<'a> {
    /// Borrows the data from `session`.
    pub fn of(session: &'a Session) -> Self {
        Self {
            channels: session.log.channels(),
            subscriptions: &session.subscriptions,
        }
    }

    /// Returns the topic of an entry, or `None` if the entry has just disappeared.
    pub fn topic(&self, entry: Entry) -> Option<Topic> {
        match entry {
            Entry::Pattern(id) | Entry::NotReceiving(id) => self.subscriptions.topic(id).cloned(),
            Entry::Channel(id) => {
                let name = self.channels.by_id(id)?.shared_name();
                Some(Topic::shared_channel(name))
            }
        }
    }

    /// Returns whether [`Self::topic`] would return `topic` for `entry`, without copying a name.
    fn is_at(&self, entry: Entry, topic: &Topic) -> bool {
        match entry {
            Entry::Pattern(id) | Entry::NotReceiving(id) => {
                self.subscriptions.topic(id) == Some(topic)
            }
            Entry::Channel(id) => {
                let is_named = |channel: &Channel| same(channel.name(), &topic.name);
                topic.names_one() && self.channels.by_id(id).is_some_and(is_named)
            }
        }
    }

    fn generation(&self) -> (u64, u64) {
        (self.channels.generation(), self.subscriptions.generation())
    }

    /// Returns the lines. `ranked` contains the channels to list, in order.
    fn entries(&self, sort: Sort, ranked: &[Ranked]) -> Vec<Entry> {
        let mut patterns = Vec::new();
        let mut others = Vec::new();
        let listed: HashSet<ChannelId> = ranked.iter().map(|one| one.id).collect();
        for (id, topic, _) in self.subscriptions.listed() {
            if !topic.names_one() {
                patterns.push(Entry::Pattern(id));
                continue;
            }
            match self.channels.find(&topic.name) {
                None => others.push((&*topic.name, Entry::NotReceiving(id))),
                // A channel that is subscribed to by name is always listed.
                Some(id) if !listed.contains(&id) => {
                    others.push((&*topic.name, Entry::Channel(id)));
                }
                Some(_) => {}
            }
        }
        let ranked = ranked.iter();
        let ranked = ranked.map(|one| (&*one.name, Entry::Channel(one.id)));
        let mut named: Vec<(&[u8], Entry)> = ranked.chain(others).collect();
        if sort == Sort::Name {
            named.sort_by_key(|(name, _)| *name);
        }
        patterns.extend(named.into_iter().map(|(_, entry)| entry));
        patterns
    }
}

#[cfg(test)]
mod tests;
