//! The chips above the log: each names something that limits which rows are shown, or the
//! breakpoint that has stopped the view.

use crate::app::session::Session;
use crate::app::session::feed::MAX_NAME_COLUMNS;
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
    /// Returns all chips, in their order on the line.
    pub fn all(session: &Session) -> impl Iterator<Item = Self> {
        let filters = &session.filters;
        let stop = session.breakpoints.stop.as_ref().map(|_| Self::Stop);
        let typed = filters.typed.as_ref().map(|_| Self::Filter);
        let listed = filters.list.iter().enumerate();
        let listed = listed.filter(|(_, filter)| filter.is_on);
        let only = filters.only.as_ref().map(|_| Self::Only);
        let muted = (0..filters.muted.len()).filter(move |index| {
            let name = filters.muted.bytes_at(*index);
            // `SENTINEL_HELLO` is muted from the start, so show its chip only if the channel
            // exists.
            let is_known = |name: &[u8]| {
                !same(name, SENTINEL_HELLO) || session.log.channels().find(name).is_some()
            };
            name.is_some_and(is_known)
        });
        // The title names the breakpoint too, so its chip comes after the filters.
        typed
            .into_iter()
            .chain(listed.map(|(index, _)| Self::Listed(index)))
            .chain(only)
            .chain(stop)
            .chain(muted.map(Self::Muted))
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
                let label = match other {
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

/// The columns of the cross and the space before it.
const CROSS_COLUMNS: usize = 2;

/// The columns between two chips.
const GAP: usize = 2;

/// The maximum widths of a chip's text, in columns. The smaller ones are used only if the chips do
/// not fit otherwise.
const TEXT_COLUMNS: [usize; 3] = [40, 20, 10];

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
    /// visible.
    pub fn new(session: &Session, columns: usize, chosen: Option<usize>) -> Self {
        let all: Vec<Chip> = Chip::all(session).collect();
        for most in TEXT_COLUMNS {
            let line = Self::from(session, &all, 0, (columns, most), chosen);
            if line.hidden == 0 {
                return line;
            }
        }
        let [.., most] = TEXT_COLUMNS;
        let room = (
            columns.saturating_sub(GAP + all.len().to_string().len()),
            most,
        );
        let chosen_index = chosen.unwrap_or(0);
        // A chip and its gap take at least `most` columns, so the first chips can be left out at
        // once.
        let first = chosen_index.saturating_sub(columns / most);
        let mut lines =
            (first..=chosen_index).map(|first| Self::from(session, &all, first, room, chosen));
        let has_chosen = |line: &Self| line.chips.iter().any(|chip| chip.index == chosen_index);
        lines.find(has_chosen).unwrap_or(Self {
            hidden: all.len(),
            end: 1,
            ..Self::default()
        })
    }

    /// Places the chips from `first` on, as long as they fit into the available columns, each with
    /// at most `most` columns of text.
    fn from(
        session: &Session,
        all: &[Chip],
        first: usize,
        (columns, most): (usize, usize),
        chosen: Option<usize>,
    ) -> Self {
        let mut line = Self {
            end: 1,
            hidden: all.len(),
            ..Self::default()
        };
        for (index, chip) in all.iter().enumerate().skip(first) {
            let label = chip.words(session, 0).0;
            let left = columns.saturating_sub(line.end + label.len() + 1 + CROSS_COLUMNS);
            // The first chip may be the only one that fits, so shorten it if necessary.
            let most = if line.chips.is_empty() {
                most.min(left)
            } else {
                most
            };
            let text = chip.words(session, most).1;
            if text.columns > left || most == 0 {
                break;
            }
            let chip = PlacedChip {
                chip: *chip,
                index,
                label,
                text,
                x: line.end,
                is_chosen: chosen == Some(index),
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
