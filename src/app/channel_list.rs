//! The channel list: its entries, their order and the selection.

mod ordering;

pub use self::ordering::MOST_LISTED;

use std::collections::HashSet;
use std::time::Duration;

use self::ordering::{Pass, Ranked};
use super::action::Motion;
use super::session::Session;
use super::session::subscriptions::Subscriptions;
use crate::log::{Channel, ChannelTable};
use crate::message::names::same;
use crate::message::{ChannelId, SubscriptionId, Time, Topic};

/// Minimum interval between two orderings, so that rows can be read and clicked.
const SETTLE: Duration = Duration::from_millis(500);

/// Ordering many channels takes time, so the interval is at least this long per channel.
const SETTLE_A_CHANNEL: Duration = Duration::from_micros(10);

/// A list with fewer entries follows every change of the subscriptions at once.
const LONG: usize = 1_000;

/// Minimum interval between the parts of an ordering, to leave time for everything else.
const BETWEEN_PARTS: Duration = Duration::from_millis(20);

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
    /// Returns the next sort order, in a cycle.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Name => Self::Rate,
            Self::Rate => Self::Count,
            Self::Count => Self::LastHeard,
            Self::LastHeard => Self::Name,
        }
    }

    /// Returns its name.
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
    /// Whether it lists names beside the log, or the latest values in the log's place.
    pub form: ListForm,
    sort: Sort,
    entries: Vec<Entry>,
    /// The selection, by name, because an ID may be reused for another channel.
    selected: Option<Topic>,
    /// The selected line, for when the selected entry disappears.
    line: usize,
    top: usize,
    made_of: (u64, u64),
    made_at: Time,
    /// The ordering in progress, if it takes more than one part.
    pass: Option<Pass>,
    /// When its last part was done.
    went_on_at: Time,
    /// When a long list is due to follow a change of the subscriptions.
    owed_at: Option<Time>,
}

impl ChannelList {
    /// Returns the sort order.
    pub fn sort(&self) -> Sort {
        self.sort
    }

    /// Returns the lines: patterns first, then channels.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the selected line.
    pub fn selected_line(&self) -> usize {
        self.line
    }

    /// Returns the first of the `height` visible lines.
    pub fn top(&self, height: u16) -> usize {
        let height = usize::from(height.max(1));
        let lowest = self.entries.len().saturating_sub(height);
        self.top
            .min(lowest)
            .clamp((self.line + 1).saturating_sub(height), self.line)
    }

    /// Returns the selection.
    pub fn selected(&self) -> Option<&Topic> {
        self.selected.as_ref()
    }

    /// Returns whether it lists the latest values in the log's place.
    pub fn shows_latest(&self) -> bool {
        self.form == ListForm::Latest
    }

    /// Returns the channel selected in the list, if it has received messages.
    pub fn selected_channel<'a>(&self, channels: &'a ChannelTable) -> Option<&'a Channel> {
        let topic = self.selected().filter(|topic| topic.names_one())?;
        // Its line leads to the channel without a lookup by name.
        if let Some(Entry::Channel(id)) = self.entries.get(self.line)
            && let Some(channel) = channels.by_id(*id)
            && same(channel.name(), &topic.name)
        {
            return Some(channel);
        }
        channels.by_id(channels.find(&topic.name)?)
    }

    /// Returns when the first of the highlighted changes stops being highlighted.
    pub(crate) fn flash_due(&self, session: &Session, height: u16) -> Option<Time> {
        if !self.shows_latest() {
            return None;
        }
        let top = self.top(height);
        let entries = self.entries.iter().skip(top);
        let ends = entries.take(usize::from(height)).filter_map(|entry| {
            let Entry::Channel(id) = entry else {
                return None;
            };
            let heard = session.log.channels().by_id(*id)?.last_received;
            Some(heard.after(FLASH)).filter(|end| *end > session.now)
        });
        ends.min()
    }

    /// Moves the selection by keys.
    pub(super) fn move_by(&mut self, motion: Motion, height: u16, lists: &Lists) {
        let last = self.entries.len().saturating_sub(1);
        let line = motion.from(self.line, usize::from(height), last);
        self.select_line(line, height, lists);
    }

    /// Moves the selection down by `lines`, or up if negative.
    pub fn select_by(&mut self, lines: isize, height: u16, lists: &Lists) {
        let line = self.line.saturating_add_signed(lines);
        self.select_line(line, height, lists);
    }

    /// Selects a line, or the last one if there are fewer.
    pub fn select_line(&mut self, line: usize, height: u16, lists: &Lists) {
        self.top = self.top(height);
        self.line = line.min(self.entries.len().saturating_sub(1));
        self.selected = self
            .entries
            .get(self.line)
            .and_then(|entry| lists.topic(*entry));
        self.top = self.top(height);
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
        self.order(lists, now);
    }

    /// Returns whether there are more channels than the list shows.
    pub fn is_cut(&self, channels: &ChannelTable) -> bool {
        channels.len() > MOST_LISTED
    }

    /// Returns when the pane needs a refresh, if an ordering is in progress or due.
    pub fn due(&self) -> Option<Time> {
        self.next_part_due().or(self.owed_at)
    }

    fn next_part_due(&self) -> Option<Time> {
        let is_ordering = self.pass.is_some();
        is_ordering.then(|| self.went_on_at.after(BETWEEN_PARTS))
    }

    /// Starts a new ordering if it is due, or continues the one in progress.
    pub fn refresh(&mut self, lists: &Lists, now: Time) {
        if self.next_part_due().is_some_and(|due| due <= now) {
            self.go_on(lists, now);
        }
        let made_of = lists.generation();
        let is_stale = self.made_of != made_of || self.sort != Sort::Name;
        let subscriptions_changed = self.made_of.1 != made_of.1;
        let listed = lists.channels.len().max(self.entries.len());
        let channels = u32::try_from(listed).unwrap_or(u32::MAX);
        // A short list sorted by name hardly moves, so a new channel can appear at once.
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

    /// Starts a new ordering. With few channels it is done at once.
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

/// The data that the pane lists, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct Lists<'a> {
    /// The channels that have received messages.
    pub channels: &'a ChannelTable,
    /// The subscriptions.
    pub subscriptions: &'a Subscriptions,
}

impl<'a> Lists<'a> {
    /// Returns what there is to list in `session`.
    pub fn of(session: &'a Session) -> Self {
        Self {
            channels: session.log.channels(),
            subscriptions: &session.subscriptions,
        }
    }
}

impl Lists<'_> {
    /// Returns the topic of an entry; `None` if it has just disappeared.
    pub fn topic(&self, entry: Entry) -> Option<Topic> {
        match entry {
            Entry::Pattern(id) | Entry::NotReceiving(id) => self.subscriptions.topic(id).cloned(),
            Entry::Channel(id) => {
                let name = self.channels.by_id(id)?.shared_name();
                Some(Topic::shared_channel(name))
            }
        }
    }

    fn is_at(&self, entry: Entry, topic: &Topic) -> bool {
        match entry {
            Entry::Pattern(id) | Entry::NotReceiving(id) => {
                self.subscriptions.topic(id) == Some(topic)
            }
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

    /// Returns the lines, where `heard` are the channels to list, in their order.
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
                None => others.push((&*topic.name, Entry::NotReceiving(id))),
                // A channel that is subscribed to by name is always listed.
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

/// How long a change stays highlighted.
pub const FLASH: Duration = Duration::from_secs(1);

/// The form of the channel list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListForm {
    /// Names and rates, beside the log.
    #[default]
    Names,
    /// The latest value of each channel, in the log's place.
    Latest,
}

#[cfg(test)]
mod tests;
