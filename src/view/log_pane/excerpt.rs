//! The part of a payload that a row shows.

use std::ops::Range;

use ratatui::style::Style;

use crate::payload::escape::{self, Ends, Text};
use crate::payload::figures;
use crate::payload::format::ansi::changes;
use crate::payload::ranges::Ranges;
use crate::view::line::LineBuilder;
use crate::view::{ansi, json_row, theme};

/// How much of a payload is searched for matches to highlight, in bytes.
pub(super) const MARKED_NEAR: usize = 4 << 10;

/// How much of the selected row's payload is searched, in bytes: more than usual, because its match
/// should be visible.
pub(super) const MARKED_FAR: usize = 64 << 10;

/// Maximum number of bytes before the visible part of a JSON document for that part to be coloured.
const MAX_BEFORE_COLOURS: usize = 16 << 10;

/// A payload, and which part of it to show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Excerpt<'a> {
    /// The payload as it is shown, or its head.
    pub payload: &'a [u8],
    /// The size of the whole payload as it was received.
    pub size: u64,
    /// Whether `payload` is only the head of the payload.
    pub is_head: bool,
    /// How many columns are left out at the start.
    pub columns_skipped: usize,
    /// Whether JSON is coloured.
    pub is_coloured: bool,
    /// The payload as it was received, if it is text with colours of its own.
    pub own_colours: Option<&'a [u8]>,
    /// If set, the first match is shown, and this many bytes are searched for it.
    pub sought: Option<usize>,
}

/// The text of an excerpt, and what to add after `…` where the payload goes on.
struct Part {
    text: Text,
    is_cut_at_start: bool,
    end: Option<String>,
}

impl Excerpt<'_> {
    /// Adds the excerpt on the rest of the line, highlighting the ranges that `marks` returns. A
    /// mark shows where something is left out. At the end, or if the log has only the payload's
    /// head, the mark includes the full size.
    ///
    /// For a long payload, `marks` gets only a little more than is shown, so a match that ends
    /// beyond that may be missed.
    pub(super) fn draw(&self, marks: impl Fn(&[u8]) -> Vec<Range<usize>>, line: &mut LineBuilder) {
        if self.size == 0 {
            return line.words("(empty)", theme::QUIET);
        }
        let skipped = match self.columns_skipped {
            0 => 0,
            columns => escape::one_line(self.payload, columns).consumed,
        };
        // A short payload is searched whole, because only whole JSON can be decoded.
        let shown = skipped + escape::longest_prefix(line.left());
        let seen = self.payload.len().min(shown.max(MARKED_NEAR));
        let mut ranges = marks(&self.payload[..seen]);
        let far = self.sought.map_or(0, |far| self.payload.len().min(far));
        if ranges.is_empty() && far > seen {
            ranges = marks(&self.payload[..far]);
        }
        let mut part = self.part(skipped, line.left(), &ranges);
        let mut start = skipped;
        if self.sought.is_some()
            && let Some(first) = ranges.first()
            && !is_within(&ranges, skipped..skipped + part.text.consumed)
        {
            (start, part) = self.part_around(first.start, line.left(), &ranges);
        }
        if part.is_cut_at_start {
            line.word("…", theme::QUIET);
        }
        line.styled_text(&part.text, &self.styles(start, &part.text), theme::MATCH);
        if let Some(end) = part.end {
            // Nothing may separate the mark from the text, though an escape that does not fit leaves
            // columns free before the size.
            line.word("…", theme::QUIET);
            line.word_at_end(&end, theme::QUIET);
        }
    }

    /// Returns the part from the byte at `start` that fits into `columns`.
    fn part(&self, start: usize, columns: usize, marks: &[Range<usize>]) -> Part {
        let (rest, marks) = (&self.payload[start..], Ranges::of(marks).from(start));
        let is_cut_at_start = start > 0;
        let columns = columns.saturating_sub(usize::from(is_cut_at_start));
        let ends = Ends {
            start: !is_cut_at_start,
            end: true,
        };
        let whole = escape::part_of_line(rest, columns, marks, ends);
        let is_head = self.is_head;
        if !whole.cut && !is_head {
            return Part {
                text: whole,
                is_cut_at_start,
                end: None,
            };
        }
        let head = if is_head { "first part of " } else { "" };
        let end = format!(" {head}{}", figures::size(self.size));
        let room = columns.saturating_sub(1 + end.chars().count());
        Part {
            text: escape::part_of_line(rest, room, marks, ends),
            is_cut_at_start,
            end: Some(end),
        }
    }

    /// Returns a part that shows the match at byte `at` after some leading text, together with the
    /// start of that part.
    fn part_around(&self, at: usize, columns: usize, marks: &[Range<usize>]) -> (usize, Part) {
        let from = |lead: usize| {
            let start = escape::char_start(self.payload, at.saturating_sub(lead));
            (start, self.part(start, columns, marks))
        };
        // Near the end of the payload, the text before the match fills the rest of the row.
        let spare = columns.saturating_sub(1 + self.payload.len() - at);
        // Escapes take more columns than bytes, so too much text before the match may leave no room
        // for it.
        let leads = [spare.max(columns / 3), columns / 12].into_iter();
        let mut parts = leads.map(from);
        parts
            .find(|(_, part)| !part.text.marks.is_empty())
            .unwrap_or_else(|| from(0))
    }

    /// Returns the styles of the text that starts at byte `start`, which is coloured if it is JSON or has
    /// colours of its own.
    fn styles(&self, start: usize, text: &Text) -> Vec<(usize, Style)> {
        if !self.is_coloured || start > MAX_BEFORE_COLOURS {
            return Vec::new();
        }
        if let Some(received) = self.own_colours {
            let changes = changes(received, start + text.consumed);
            return ansi::styles(&changes, self.payload, start, text);
        }
        let (before, _) = self.payload.split_at(start);
        json_row::styles(before, &text.string).unwrap_or_default()
    }
}

/// Returns whether any of `ranges` lies within `shown`.
fn is_within(ranges: &[Range<usize>], shown: Range<usize>) -> bool {
    let mut ranges = ranges.iter();
    ranges.any(|range| range.start >= shown.start && range.end <= shown.end)
}
