//! What the lines of the channel list share: their columns, how names are cut, and the scale of
//! the bars.

use std::borrow::Cow;
use std::ops::Range;

use super::columns::{Columns, Heard};
use super::entry::Label;
use super::{branch, latest, subscription};
use crate::app::{App, Branch, Entry, INDENT, ListForm, NameMarker};
use crate::log::Channel;
use crate::message::SubscriptionId;
use crate::payload::escape::{self, MAX_ELIDED_NAME, Text};
use crate::payload::figures::Scale;
use crate::view::names::{Listed, Names};

/// Columns of a line that are not divided: the padding takes two, and so does the mark with its
/// space.
const MARGINS: usize = 4;

/// What all lines share while the list is drawn, and what is known about each of them.
pub(super) struct Tools<'a> {
    pub(super) painter: Option<latest::Painter<'a>>,
    pub(super) columns: Columns,
    /// The index of the first visible line.
    pub(super) first: usize,
    /// The visible lines.
    pub(super) lines: Vec<Line<'a>>,
    /// The scale of all bars.
    pub(super) scale: Scale,
}

/// A visible line.
pub(super) struct Line<'a> {
    pub(super) label: Label<'a>,
    /// What has been received; `None` if the line shows no figures.
    pub(super) heard: Option<Heard>,
}

impl<'a> Tools<'a> {
    /// Prepares to draw the `visible` lines, each `columns` wide. `marker` finds what matches the
    /// typed text.
    pub(super) fn new(
        app: &'a App,
        mut painter: Option<latest::Painter<'a>>,
        mut marker: Option<NameMarker>,
        visible: Range<usize>,
        columns: usize,
    ) -> Self {
        let room = columns.saturating_sub(MARGINS);
        let names: Vec<Name<'a>> = visible.clone().map(|index| Name::of(app, index)).collect();
        let heard: Vec<Option<Heard>> = names.iter().map(|name| name.heard(app)).collect();
        let scale = scale(&heard);
        let beside = names.iter().map(Name::beside).max().unwrap_or(0);
        let columns = divide(app, room, &names, beside, &heard);
        // All names are cut at the same column, whatever their own figures leave.
        let blanks = heard.iter().flatten();
        let blanks = blanks.map(|heard| heard.figures(columns, scale).blank);
        let column = columns.name + blanks.min().unwrap_or(0);
        if let Some(painter) = &mut painter {
            let wanted = names.iter().map(|name| name.wanted(beside, room));
            painter.widest = wanted.max().unwrap_or(0);
        }
        let column = painter
            .as_ref()
            .map_or(column, |painter| painter.name_columns(room));
        let mut marks = |name: &Name<'_>| match &mut marker {
            Some(marker) => marker.marks(name.shown),
            None => Vec::new(),
        };
        let listed = names.iter().map(|name| Listed {
            name: name.shown,
            room: name.room(app, room, column, column.saturating_sub(beside)),
            marks: marks(name),
        });
        let listed: Vec<Listed<'a>> = listed.collect();
        let cut = Names::new(&listed);
        let lines = names.iter().zip(&listed).zip(heard);
        let line = |((name, listed), heard): ((&Name<'a>, &Listed<'a>), _)| Line {
            label: Label {
                name: name.shown,
                indent: name.indent,
                text: cut.text(name.shown, &listed.marks, listed.room),
            },
            heard,
        };
        let lines: Vec<Line<'a>> = lines.map(line).collect();
        Self {
            scale,
            painter,
            columns,
            first: visible.start,
            lines,
        }
    }

    /// Returns a line if it is visible.
    pub(super) fn line(&self, index: usize) -> Option<&Line<'a>> {
        self.lines.get(index.checked_sub(self.first)?)
    }

    /// Returns the full name of a line in at most `columns`. If it does not fit, it is cut as the
    /// full names of all visible lines would be.
    pub(super) fn full_text(&self, app: &App, index: usize, columns: usize) -> Text {
        let Some(name) = full_name(app, index) else {
            return Text::default();
        };
        let whole = escape::name(&name, columns);
        if !whole.cut {
            return whole;
        }
        let visible = self.first..self.first + self.lines.len();
        let names: Vec<_> = visible.filter_map(|index| full_name(app, index)).collect();
        let listed = names.iter().map(|name| Listed {
            name,
            room: columns,
            marks: Vec::new(),
        });
        let listed: Vec<Listed<'_>> = listed.collect();
        Names::new(&listed).text(&name, &[], columns)
    }
}

/// The name in a line.
struct Name<'a> {
    /// The name, or the part of it that the lines above do not show.
    shown: &'a [u8],
    /// The number of columns before the name.
    indent: usize,
    of: Named<'a>,
}

/// What a name belongs to.
enum Named<'a> {
    Channel(&'a Channel),
    Subscription(SubscriptionId),
    Branch(&'a Branch),
    Group,
    Nothing,
}

impl<'a> Name<'a> {
    fn of(app: &'a App, index: usize) -> Self {
        let list = app.channels();
        let (name, of) = match list.entries[index] {
            Entry::Pattern(id) | Entry::NotReceiving(id) => {
                let topic = app.session().subscriptions.topic(id);
                let name = topic.map(|topic| &topic.name[..]);
                (name, Named::Subscription(id))
            }
            Entry::Channel(id) => match app.session().log.channels().by_id(id) {
                Some(channel) => (Some(channel.name()), Named::Channel(channel)),
                None => (None, Named::Nothing),
            },
            Entry::Branch(branch) => match list.branches.get(branch) {
                Some(branch) if branch.is_group() => (Some(&branch.prefix[..]), Named::Group),
                Some(branch) => (Some(&branch.prefix[..]), Named::Branch(branch)),
                None => (None, Named::Nothing),
            },
        };
        let (shown, indent) = shown_name(app, index, name.unwrap_or_default());
        Self { shown, indent, of }
    }

    /// Returns what has been received, if the line shows figures about it.
    fn heard(&self, app: &App) -> Option<Heard> {
        match self.of {
            Named::Channel(channel) => Some(Heard::on_channel(app, channel)),
            Named::Branch(branch) => Some(Heard::in_branch(app, branch)),
            Named::Subscription(_) | Named::Group | Named::Nothing => None,
        }
    }

    /// Returns the width of a branch's fold mark and number of channels, which are in the column of
    /// the names too.
    fn beside(&self) -> usize {
        match self.of {
            Named::Branch(branch) => usize::from(INDENT) + branch::count(branch).len(),
            _ => 0,
        }
    }

    /// Returns the width that the line needs for the name, up to about `most` columns.
    fn wanted(&self, beside: usize, most: usize) -> usize {
        let columns = || self.indent + escape::name(self.shown, most).columns;
        match self.of {
            Named::Channel(_) => columns(),
            Named::Branch(_) => columns() + beside,
            Named::Subscription(_) | Named::Group | Named::Nothing => 0,
        }
    }

    /// Returns the width that the name may take in a line with `room`, given the width for
    /// `channels` and for `branches`.
    fn room(&self, app: &App, room: usize, channels: usize, branches: usize) -> usize {
        let columns = match self.of {
            Named::Channel(_) => channels,
            Named::Branch(_) => branches,
            Named::Subscription(id) => {
                let (_, state) = subscription::state_words(app, id, room);
                room.saturating_sub(state + 1)
            }
            Named::Group | Named::Nothing => room,
        };
        columns.saturating_sub(self.indent)
    }
}

/// Divides the `room` of a line.
fn divide(
    app: &App,
    room: usize,
    names: &[Name<'_>],
    beside: usize,
    heard: &[Option<Heard>],
) -> Columns {
    // In a flat list, the columns must not move while it scrolls.
    let usual = match app.channels().form {
        ListForm::Flat => app.session().name_columns,
        ListForm::Tree => 0,
    };
    let widest = names.iter().map(|name| name.wanted(beside, room)).max();
    let wanted = widest.unwrap_or(0).max(usual);
    let columns = Columns::of(room, wanted, app.areas().names_first);
    let has_bars = heard.iter().flatten().any(Heard::has_bars);
    // Beside a count, names cannot take the blanks where bars would be.
    if columns.name < wanted && columns.has_count && !has_bars {
        columns.without_bars()
    } else {
        columns
    }
}

/// Returns the full name of a line. That of a group is a pattern.
fn full_name(app: &App, index: usize) -> Option<Cow<'_, [u8]>> {
    let list = app.channels();
    Some(match list.entries.get(index)? {
        Entry::Pattern(id) | Entry::NotReceiving(id) => {
            Cow::from(&app.session().subscriptions.topic(*id)?.name[..])
        }
        Entry::Channel(id) => Cow::from(app.session().log.channels().by_id(*id)?.name()),
        Entry::Branch(branch) => {
            let branch = list.branches.get(*branch)?;
            let is_pattern = branch.is_group() && branch.prefix.len() < MAX_ELIDED_NAME;
            if is_pattern {
                Cow::from([&branch.prefix[..], b"*"].concat())
            } else {
                Cow::from(&branch.prefix[..])
            }
        }
    })
}

/// Returns the part of a name that a line shows, and the number of columns before it.
fn shown_name<'n>(app: &App, index: usize, name: &'n [u8]) -> (&'n [u8], usize) {
    let list = app.channels();
    let place = list.places.get(index).copied().unwrap_or_default();
    let is_branch = matches!(list.entries.get(index), Some(Entry::Branch(_)));
    let narrowing = list.narrowing.as_ref();
    let is_narrowed = narrowing.is_some_and(|narrowing| narrowing.is_active());
    let is_in_tree = list.form == ListForm::Tree && !is_narrowed;
    // Fold marks have a column of their own, which lines without a fold mark leave blank.
    let mark = if !is_branch && (is_in_tree || place.depth > 0) {
        INDENT
    } else {
        0
    };
    let shown = name.get(place.shown_above..).unwrap_or(name);
    (shown, usize::from(list.indent(index) + mark))
}

/// Returns a scale for the bars of all visible lines, so that they can be compared.
fn scale(heard: &[Option<Heard>]) -> Scale {
    let cells = heard.iter().flatten().flat_map(|heard| &heard.cells);
    Scale::logarithmic(cells.copied().flatten().max().unwrap_or(0))
}
