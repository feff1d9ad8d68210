//! The channel list: its entries, their order and the selection.
//!
//! The list is flat or a tree. In both forms, similar channels with only one message each share a
//! line if there are many of them, and so do the channels that a recipe collapses. While the user types, the list is narrowed to matching names.

mod folding;
mod line;
mod lines;
mod lists;
mod moves;
mod narrowing;
mod ordering;
mod portions;
mod tree;
mod visible;

pub use self::line::{Branch, Entry, Place, Sums, Target};
pub use self::lists::Lists;
pub use self::moves::{FOLD_MARK_AT, INDENT};
pub use self::narrowing::{NameMarker, Narrowing, Search as NameSearch};
pub use self::ordering::MAX_LISTED;
pub use self::visible::FLASH;

use std::time::Duration;

use self::folding::{Folding, usual_separator};
use self::line::Listing;
use self::narrowing::Search;
use self::ordering::Pass;
use super::action::Motion;
use super::settings::ListForm;
use crate::log::{Channel, ChannelTable};
use crate::message::Time;
use crate::message::names::same;
use crate::recipes::Collapsing;

/// Minimum interval between two sorts, so that rows stay in place long enough to be clicked.
const MIN_INTERVAL: Duration = Duration::from_millis(500);

/// Minimum interval between two sorts per listed channel, because sorting many channels takes time.
const MIN_INTERVAL_PER_CHANNEL: Duration = Duration::from_micros(10);

/// A list with fewer entries than this reflects every change to the subscriptions at once.
const LONG: usize = 1_000;

/// A list with fewer channels than this shows a new one at once.
const SHORT: usize = 100;

/// Minimum interval between the parts of a sort, to leave time for everything else.
const BETWEEN_PARTS: Duration = Duration::from_millis(10);

/// Minimum interval between the parts of a search. It is short because the user is waiting.
const BETWEEN_PARTS_OF_SEARCH: Duration = Duration::from_millis(5);

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

/// A new order or a search in progress.
#[derive(Debug)]
enum Work {
    Sort(Box<Pass>),
    Search(Box<Search>),
}

/// The state of the channel list's pane.
#[derive(Debug, Default)]
pub struct ChannelList {
    /// Whether the list shows the latest values in place of the log, rather than names beside it.
    pub shows_latest: bool,
    /// The sort order.
    pub sort: Sort,
    /// Whether the list is flat or a tree.
    pub form: ListForm,
    /// The text that narrows the list, while the user types it.
    pub narrowing: Option<Box<Narrowing>>,
    /// The lines: patterns first, then channels and branches.
    pub entries: Vec<Entry>,
    /// The position of each line in the tree.
    pub places: Vec<Place>,
    /// The branches that lines refer to.
    pub branches: Vec<Branch>,
    /// Whether there are more channels than the list shows.
    pub is_cut: bool,
    /// The selected channel, pattern or branch.
    pub selected: Option<Target>,
    /// The index of the selected line. If the selected entry disappears, the line at this index
    /// becomes selected.
    pub line: usize,
    top: usize,
    folding: Folding,
    /// The separator that the user chose.
    separator: Option<u8>,
    /// The generations of the channels and subscriptions at the last sort.
    generation: (u64, u64),
    sorted_at: Time,
    /// Number of channels at the last sort.
    sorted: usize,
    /// The sort in progress, if it takes more than one part.
    work: Option<Work>,
    /// When the last part of the sort was done.
    part_done_at: Time,
    /// When to sort a long list again after a change to the subscriptions.
    due_at: Option<Time>,
}

impl ChannelList {
    /// Creates a list in this form. Without a `separator`, one is chosen by looking at the names.
    /// The channels that `collapsing` names share a line.
    pub fn new(form: ListForm, separator: Option<u8>, collapsing: Collapsing) -> Self {
        let folding = Folding {
            collapsing,
            ..Folding::default()
        };
        Self {
            form,
            folding,
            separator,
            ..Self::default()
        }
    }

    /// Returns the words on the border that name its form and its order, longest first.
    pub fn headings(&self) -> [String; 3] {
        let tree = match self.form {
            ListForm::Flat => "",
            ListForm::Tree => "tree ",
        };
        let sort = self.sort.name();
        [
            format!(" {tree}by {sort} "),
            format!(" by {sort} "),
            format!(" {sort} "),
        ]
    }

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
        let name = self.selected.as_ref()?.channel()?;
        // The selected line usually has the channel's id, which saves a lookup by name.
        if let Some(Entry::Channel(id)) = self.entries.get(self.line)
            && let Some(channel) = channels.by_id(*id)
            && same(channel.name(), name)
        {
            return Some(channel);
        }
        channels.by_id(channels.find(name)?)
    }

    /// Returns what a line stands for, or `None` if its topic has just disappeared.
    pub fn target(&self, entry: Entry, lists: &Lists) -> Option<Target> {
        match entry {
            Entry::Branch(index) => self.branches.get(index).map(Branch::target),
            other => lists.topic(other).map(Target::Topic),
        }
    }

    /// Returns the selected branch, if one is selected.
    pub fn selected_branch(&self) -> Option<&Branch> {
        match self.entries.get(self.line)? {
            Entry::Branch(index) => self.branches.get(*index),
            _ => None,
        }
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
        if let Some(narrowing) = &mut self.narrowing {
            narrowing.is_settled = true;
        }
        self.set_line(line, lists);
        self.top = self.top(height);
    }

    fn set_line(&mut self, line: usize, lists: &Lists) {
        self.line = line.min(self.entries.len().saturating_sub(1));
        let entry = self.entries.get(self.line);
        self.selected = entry.and_then(|entry| self.target(*entry, lists));
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
        self.start(lists, now);
    }

    /// Returns when the pane needs a refresh, if a sort is in progress or due.
    pub fn due(&self) -> Option<Time> {
        self.next_part_due().or(self.due_at)
    }

    fn next_part_due(&self) -> Option<Time> {
        let wait = match self.work.as_ref()? {
            Work::Sort(_) => BETWEEN_PARTS,
            Work::Search(_) => BETWEEN_PARTS_OF_SEARCH,
        };
        Some(self.part_done_at.after(wait))
    }

    /// Returns the text that narrows the list, if there is any.
    fn sought(&self) -> Option<String> {
        let narrowing = self.narrowing.as_ref();
        let narrowing = narrowing.filter(|narrowing| narrowing.is_active())?;
        Some(narrowing.input.text())
    }

    /// Returns whether the lines can change even if no channel is added or removed.
    fn has_changing_lines(&self) -> bool {
        self.sort != Sort::Name || self.form == ListForm::Tree || !self.branches.is_empty()
    }

    /// Starts a new sort if it is due, or continues the one in progress.
    pub fn refresh(&mut self, lists: &Lists, now: Time) {
        if self.next_part_due().is_some_and(|due| due <= now) {
            self.continue_work(lists, now);
        }
        let generation = lists.generation();
        let has_changed = self.generation != generation;
        let is_stale = has_changed || (self.has_changing_lines() && self.sought().is_none());
        let subscriptions_changed = self.generation.1 != generation.1;
        let listed = lists.channels.len().max(self.entries.len());
        let channels = u32::try_from(listed).unwrap_or(u32::MAX);
        // In a short list sorted by name, rows hardly move, so a new channel can appear at once.
        let next_sort_at = if has_changed && self.sorted < SHORT && self.sort == Sort::Name {
            self.sorted_at
        } else {
            let wait = MIN_INTERVAL.max(MIN_INTERVAL_PER_CHANNEL.saturating_mul(channels));
            self.sorted_at.after(wait)
        };
        let is_due = is_stale && now >= next_sort_at && self.work.is_none();
        let is_long = listed >= LONG;
        if (subscriptions_changed && !is_long) || is_due || now < self.sorted_at {
            self.start(lists, now);
        } else if subscriptions_changed && self.work.is_none() {
            self.due_at = Some(next_sort_at);
        }
    }

    /// Starts a new sort or search. If there are few channels, it finishes at once.
    pub(super) fn start(&mut self, lists: &Lists, now: Time) {
        self.choose_separator(lists);
        self.work = Some(match self.sought() {
            Some(text) => Work::Search(Box::new(Search::new(&text, lists))),
            None => Work::Sort(Box::new(Pass::new(self.sort, lists, &self.folding))),
        });
        self.generation = lists.generation();
        self.sorted = lists.channels.len();
        self.sorted_at = now;
        self.due_at = None;
        self.continue_work(lists, now);
    }

    fn choose_separator(&mut self, lists: &Lists) {
        let current = self.folding.separator;
        let found = || usual_separator(lists.channels, current);
        self.folding.separator = match self.form {
            ListForm::Flat => None,
            ListForm::Tree => Some(self.separator.unwrap_or_else(found)),
        };
    }

    fn continue_work(&mut self, lists: &Lists, now: Time) {
        self.part_done_at = now;
        let (is_done, listing) = match self.work.take() {
            None => return,
            Some(Work::Sort(mut pass)) => {
                let Some(listing) = pass.process(lists, &self.folding, lists.present) else {
                    self.work = Some(Work::Sort(pass));
                    return;
                };
                (true, listing)
            }
            Some(Work::Search(mut search)) => {
                let is_done = search.process(lists);
                let listing = search.listing();
                if let Some(narrowing) = &mut self.narrowing {
                    narrowing.matched = search.matched;
                }
                if !is_done {
                    self.work = Some(Work::Search(search));
                }
                (is_done, listing)
            }
        };
        if is_done {
            self.sorted_at = now;
        }
        self.show(listing, is_done, lists);
    }

    /// Shows new lines.
    fn show(&mut self, listing: Listing, is_done: bool, lists: &Lists) {
        self.entries = listing.entries;
        self.places = listing.places;
        self.branches = listing.branches;
        self.is_cut = listing.is_cut;
        // During a search, the best match so far is selected.
        if let Some(narrowing) = &mut self.narrowing
            && narrowing.is_active()
            && !std::mem::replace(&mut narrowing.is_settled, is_done)
        {
            self.top = 0;
            return self.set_line(0, lists);
        }
        self.find_selected(lists);
    }

    fn find_selected(&mut self, lists: &Lists) {
        let line = self.selected.as_ref().and_then(|selected| {
            let mut entries = self.entries.iter();
            entries.position(|entry| match (entry, selected) {
                (Entry::Branch(index), _) => {
                    let branch = self.branches.get(*index);
                    branch.is_some_and(|branch| branch.is(selected))
                }
                (_, Target::Topic(topic)) => lists.is_at(*entry, topic),
                _ => false,
            })
        });
        self.set_line(line.unwrap_or(self.line), lists);
    }
}

#[cfg(test)]
mod tests;
