//! The chips above the log: each names something that limits which rows are shown, or the
//! breakpoint that has stopped the view.

use crate::app::session::Session;
use crate::app::session::feed::MAX_NAME_COLUMNS;
use crate::app::session::filters::FilterKind;
use crate::app::session::scope::Scope;
use crate::app::settings::SENTINEL_HELLO;
use crate::message::names::same;
use crate::payload::escape::{self, Text};
use crate::query::Query;

/// Something that limits which rows are shown, or that has stopped the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chip {
    /// The typed filter.
    Filter,
    /// The enabled filter at this index of the list.
    Listed(usize),
    /// The only channel, branch or pattern that is shown.
    Only,
    /// The breakpoint that has stopped the view.
    Stop,
    /// The muted channel, branch or pattern at this index.
    Muted(usize),
}

impl Chip {
    /// Returns all chips, in their order on the line: the most important first, in case not all
    /// fit. These are the breakpoint that has stopped the view, and what was added last.
    pub fn all(session: &Session) -> impl Iterator<Item = Self> {
        let stop = session.breakpoints.stop.as_ref().map(|_| Self::Stop);
        let kinds = session.filters.kinds.into_iter();
        stop.into_iter()
            .chain(kinds.flat_map(|kind| Self::of_kind(kind, session)))
    }

    fn of_kind(kind: FilterKind, session: &Session) -> Box<dyn Iterator<Item = Self> + '_> {
        let filters = &session.filters;
        match kind {
            FilterKind::Typed => Box::new(filters.typed.iter().map(|_| Self::Filter)),
            FilterKind::Listed => {
                let listed = filters.list.iter().enumerate().rev();
                let listed = listed.filter(|(_, filter)| filter.is_on);
                Box::new(listed.map(|(index, _)| Self::Listed(index)))
            }
            FilterKind::Only => Box::new(filters.only.iter().map(|_| Self::Only)),
            FilterKind::Muted => {
                // `SENTINEL_HELLO` is muted from the start, so show its chip only if the channel
                // exists.
                let is_known = |name: &[u8]| {
                    !same(name, SENTINEL_HELLO) || session.log.channels().find(name).is_some()
                };
                let muted = filters.muted.newest_first();
                let muted =
                    muted.filter(move |index| filters.muted.bytes_at(*index).is_some_and(is_known));
                Box::new(muted.map(Self::Muted))
            }
        }
    }

    /// Returns what the chip says: a word for its kind, and a query or the name of a channel in at
    /// most `columns`.
    pub(crate) fn words(self, session: &Session, columns: usize) -> (&'static str, Text) {
        let filters = &session.filters;
        let of_scope = |scope: &Scope| scope.short_name(columns);
        let of_query = |query: &Query| escape::name(query.text().as_bytes(), columns);
        let (label, text) = match self {
            Self::Stop => {
                let stop = session.breakpoints.stop.as_ref();
                ("stopped at", stop.map(|stop| of_query(&stop.query)))
            }
            Self::Filter => ("filter", filters.typed.as_ref().map(of_query)),
            Self::Listed(index) => {
                let filter = filters.list.get(index);
                let label = match filter {
                    Some(filter) if filter.is_exclude => "without",
                    _ => "filter",
                };
                (label, filter.map(|filter| of_query(&filter.query)))
            }
            Self::Only => {
                let label = match &filters.only {
                    Some(Scope::Branch(_)) => "only branch",
                    Some(Scope::Pattern(_)) => "only via",
                    _ => "only",
                };
                (label, filters.only.as_ref().map(of_scope))
            }
            Self::Muted(index) => {
                let other = filters.muted.other_at(index);
                let is_shown = filters.only.is_some()
                    && filters
                        .muted
                        .at(index)
                        .is_some_and(|muted| filters.is_overruled(&muted));
                let label = match other {
                    _ if is_shown => "muted but shown",
                    Some(Scope::Branch(_)) => "muted branch",
                    Some(Scope::Pattern(_)) => "muted via",
                    _ => "muted",
                };
                let channel = || filters.muted.bytes_at(index);
                let text = other.map(of_scope);
                (
                    label,
                    text.or_else(|| Some(escape::name(channel()?, columns))),
                )
            }
        };
        (label, text.unwrap_or_default())
    }
}

/// Which chip is selected while the chips have the focus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChipCursor {
    /// The selected chip; `None` once it has been removed, so that a key pressed twice does not
    /// remove another one.
    pub chip: Option<Chip>,
    /// The place of the chip that is selected or was removed.
    place: usize,
}

impl ChipCursor {
    /// Selects the chip at `index`, or the last one if there are fewer.
    pub(crate) fn select(&mut self, index: usize, session: &Session) {
        let last = Chip::all(session).enumerate().take(index + 1).last();
        (self.place, self.chip) = match last {
            Some((place, chip)) => (place, Some(chip)),
            None => (0, None),
        };
    }

    /// Selects the next or the previous chip.
    pub(crate) fn step(&mut self, is_forward: bool, session: &Session) {
        let place = self.place(session);
        let index = match (is_forward, place) {
            (true, Some(place)) => place + 1,
            (true, None) => self.place,
            (false, place) => place.unwrap_or(self.place).saturating_sub(1),
        };
        self.select(index, session);
    }

    /// Returns the place of the selected chip, which other chips may have shifted.
    fn place(&self, session: &Session) -> Option<usize> {
        let chip = self.chip?;
        Chip::all(session).position(|other| other == chip)
    }

    /// Removes the selection. The keys for the next and the previous chip continue from `place`.
    pub(crate) fn leave(&mut self, place: usize) {
        *self = Self { chip: None, place };
    }
}

/// Says what is muted, or returns `None` if nothing is.
pub(crate) fn still_muted(session: &Session) -> Option<String> {
    let is_muted = |chip: &Chip| matches!(chip, Chip::Muted(_));
    let mut muted = Chip::all(session).filter(is_muted);
    let first = muted.next()?;
    let others = muted.count();
    if others > 0 {
        return Some(format!("{} still muted", 1 + others));
    }
    let (label, name) = first.words(session, MAX_NAME_COLUMNS);
    let kind = label.trim_start_matches("muted");
    Some(format!("still muted:{kind} {}", name.string))
}

/// A chip on the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedChip {
    /// The chip.
    pub chip: Chip,
    /// The index of the chip among all chips.
    pub index: usize,
    /// A word for the kind of chip.
    pub label: &'static str,
    /// The query or the name.
    pub text: Text,
    /// The first column of the chip on the line.
    pub x: usize,
    /// Whether the chip is selected.
    pub is_chosen: bool,
}

impl PlacedChip {
    /// Returns the width of the chip in columns: the label, the text, and the cross that removes
    /// it.
    pub fn width(&self) -> usize {
        self.label.len() + 1 + self.text.columns + CROSS_COLUMNS
    }
}

/// The widths of a chip's label and text, in columns.
struct Measure {
    label: usize,
    text: usize,
}

impl Measure {
    fn new(chip: Chip, session: &Session) -> Self {
        let (label, text) = chip.words(session, MAX_TEXT_COLUMNS);
        Self {
            label: label.len(),
            text: text.columns,
        }
    }

    /// Returns the columns that chips take, from the start of the line, each with at most
    /// `text_columns` of text.
    fn total(chips: &[Self], text_columns: usize) -> usize {
        let width = |chip: &Self| chip.label + 1 + chip.text.min(text_columns) + CROSS_COLUMNS;
        let gaps = GAP * chips.len().saturating_sub(1);
        1 + gaps + chips.iter().map(width).sum::<usize>()
    }

    /// Returns the first chip and the number of chips to show in `room` columns so that the chosen
    /// one is visible. Shows at least one.
    fn fitting(chips: &[Self], chosen: usize, room: usize) -> (usize, usize) {
        let fits =
            |first: usize, end: usize| Self::total(&chips[first..end], LEAST_TEXT_COLUMNS) <= room;
        let mut first = 0;
        while first < chosen && !fits(first, chosen + 1) {
            first += 1;
        }
        let mut end = (chosen + 1).min(chips.len());
        while end < chips.len() && fits(first, end + 1) {
            end += 1;
        }
        (first, end - first)
    }
}

/// The columns of the cross and the space before it.
const CROSS_COLUMNS: usize = 2;

/// The columns between two chips.
const GAP: usize = 2;

/// The maximum width of a chip's text, in columns.
const MAX_TEXT_COLUMNS: usize = 40;

/// The width to which long texts of chips are shortened before a chip is hidden, in columns.
const LEAST_TEXT_COLUMNS: usize = 8;

/// The line of chips.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChipLine {
    /// The chips that fit.
    pub chips: Vec<PlacedChip>,
    /// The number of chips that do not fit.
    pub hidden: usize,
    /// The column after the last chip, where the number of hidden chips is shown.
    pub end: usize,
}

impl ChipLine {
    /// Places the chips on a line of `columns` columns, making sure that the `chosen` one is
    /// visible. Their texts are only as short as necessary.
    pub fn new(session: &Session, columns: usize, chosen: Option<Chip>) -> Self {
        let all: Vec<Chip> = Chip::all(session).collect();
        let place = chosen.and_then(|chosen| all.iter().position(|chip| *chip == chosen));
        let chosen = place.unwrap_or(0);
        // Each chip takes at least this many columns, so most of many chips need not be measured.
        let most = columns / (CROSS_COLUMNS + GAP + 1) + 1;
        let start = if all.len() > most {
            chosen.saturating_sub(most)
        } else {
            0
        };
        let measured = all.iter().skip(start).take(2 * most + 1);
        let measured: Vec<Measure> = measured.map(|chip| Measure::new(*chip, session)).collect();
        let mark = GAP + 1 + all.len().to_string().len();
        let (first, count, room) = if measured.len() == all.len()
            && Measure::total(&measured, LEAST_TEXT_COLUMNS) <= columns
        {
            (0, all.len(), columns)
        } else {
            let room = columns.saturating_sub(mark);
            let (first, count) = Measure::fitting(&measured, chosen - start, room);
            (first, count, room)
        };
        let placed = &measured[first..first + count];
        let mut widths = (LEAST_TEXT_COLUMNS..=MAX_TEXT_COLUMNS).rev();
        let text_columns = widths
            .find(|text_columns| Measure::total(placed, *text_columns) <= room)
            // Only one chip fits, and only if its text is even shorter.
            .unwrap_or_else(|| room.saturating_sub(Measure::total(placed, 0)));
        let mut line = Self {
            end: 1,
            hidden: all.len(),
            ..Self::default()
        };
        if text_columns == 0 {
            return line;
        }
        for (index, chip) in all.iter().enumerate().skip(start + first).take(count) {
            let (label, text) = chip.words(session, text_columns);
            let chip = PlacedChip {
                chip: *chip,
                index,
                label,
                text,
                x: line.end,
                is_chosen: place == Some(index),
            };
            line.end += chip.width() + GAP;
            line.chips.push(chip);
            line.hidden -= 1;
        }
        line
    }

    /// Returns the index of the chip at `column`, and whether its cross is there. The number of
    /// hidden chips counts as the first hidden one.
    pub fn at(&self, column: usize) -> Option<(usize, bool)> {
        let mut chips = self.chips.iter();
        let hit = chips.find(|chip| (chip.x..chip.x + chip.width()).contains(&column));
        if let Some(chip) = hit {
            let is_cross = column + 1 == chip.x + chip.width();
            return Some((chip.index, is_cross));
        }
        let first_hidden = match (self.chips.first(), self.chips.last()) {
            (Some(first), _) if first.index > 0 && column >= self.end => first.index - 1,
            (_, Some(last)) => last.index + 1,
            _ => 0,
        };
        (self.hidden > 0 && column >= self.end).then_some((first_hidden, false))
    }
}
