//! What the lines of the channel list share: their columns, how names are cut, and the scale of
//! the bars.

use std::ops::Range;
use std::rc::Rc;

use super::columns::{CELLS_A_COLUMN, Columns, MINUTE_BARS};
use super::entry::Label;
use super::latest;
use crate::app::{App, Entry, INDENT, ListForm, NameMarker};
use crate::payload::escape;
use crate::payload::figures::{self, Scale};
use crate::view::names::Names;

/// The state shared by all lines while the list is drawn.
pub(super) struct Tools<'a> {
    pub(super) painter: Option<latest::Painter<'a>>,
    pub(super) marker: Option<NameMarker>,
    pub(super) names: Rc<Names<'a>>,
    pub(super) columns: Columns,
    /// The scale of all bars.
    pub(super) scale: Scale,
}

impl<'a> Tools<'a> {
    /// Prepares to draw the `visible` lines, each `columns` wide.
    pub(super) fn new(
        app: &'a App,
        painter: Option<latest::Painter<'a>>,
        visible: Range<usize>,
        columns: usize,
    ) -> Self {
        let list = app.channels();
        // The padding takes two columns, and so does the mark with its space.
        let room = columns.saturating_sub(4);
        let names_first = app.areas().names_first;
        // In a flat list, the columns must not move while it scrolls.
        let usual = match list.form {
            ListForm::Flat => app.session().name_columns,
            ListForm::Tree => 0,
        };
        let branches = visible
            .clone()
            .map(|index| branch_columns(app, index, room));
        let usual = usual.max(branches.max().unwrap_or(0));
        let divide = |widest: usize| Columns::of(room, widest.max(usual), names_first);
        let shown: Vec<(&[u8], usize)> = visible
            .clone()
            .filter_map(|index| {
                let Entry::Channel(id) = list.entries[index] else {
                    return None;
                };
                let channel = app.session().log.channels().by_id(id)?;
                Some(shown_name(app, index, channel.name()))
            })
            .collect();
        let in_column = |widest: usize| match &painter {
            Some(painter) => painter.name_columns(room, widest),
            None => divide(widest).name,
        };
        let names = Names::new(&shown, room, in_column);
        Self {
            marker: None,
            columns: divide(names.widest),
            scale: scale(app, visible),
            painter,
            names: Rc::new(names),
        }
    }

    /// Returns the label that a line shows for a name.
    pub(super) fn label(&mut self, app: &App, index: usize, name: &'a [u8]) -> Label<'a> {
        let (shown, indent) = shown_name(app, index, name);
        Label {
            name: shown,
            indent,
            marks: self
                .marker
                .as_mut()
                .map_or_else(Vec::new, |marker| marker.marks(name)),
            names: Rc::clone(&self.names),
        }
    }
}

/// Returns the part of a name that a line shows, and the number of columns before it.
pub(super) fn shown_name<'n>(app: &App, index: usize, name: &'n [u8]) -> (&'n [u8], usize) {
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

/// Returns the width of a branch's name, including its indent and the number of channels.
fn branch_columns(app: &App, index: usize, room: usize) -> usize {
    let list = app.channels();
    let Entry::Branch(branch) = list.entries[index] else {
        return 0;
    };
    let branch = list.branches.get(branch);
    let Some(branch) = branch.filter(|branch| !branch.is_one_shots) else {
        return 0;
    };
    let (name, indent) = shown_name(app, index, &branch.prefix);
    let count = figures::short_count(branch.sums.channels);
    indent + usize::from(INDENT) + escape::name(name, room).columns + count.len() + 3
}

/// Returns a scale for the bars of all visible lines, so that they can be compared.
fn scale(app: &App, visible: Range<usize>) -> Scale {
    let counts = visible.flat_map(|index| cells(app, index));
    Scale::logarithmic(counts.flatten().max().unwrap_or(0))
}

/// Returns the message counts of the last minute for a line.
pub(super) fn cells(app: &App, index: usize) -> Vec<Option<u32>> {
    let (list, now) = (app.channels(), app.session().now);
    let channels = app.session().log.channels();
    let count = MINUTE_BARS * CELLS_A_COLUMN;
    let found = match list.entries[index] {
        Entry::Channel(id) => channels.by_id(id).map(|one| one.cells(now, count)),
        Entry::Branch(branch) => {
            let branch = list.branches.get(branch);
            branch.map(|branch| branch.sums.history.cells(now, count))
        }
        Entry::Pattern(_) | Entry::NotReceiving(_) => None,
    };
    found.unwrap_or_default()
}
