//! A message seen through a lens: the values at the lens's paths, or why it has none.

use std::ops::Range;

use ratatui::style::Style;

use crate::app::{App, MOST_DECODED_FOR_ROW, MOST_UNPACKED_FOR_ROW, Session};
use crate::message::RowId;
use crate::payload::decoder_choices::DecoderChoice;
use crate::payload::escape::{self, Ends};
use crate::payload::figures;
use crate::payload::lookup::Lookup;
use crate::payload::ranges::Ranges;
use crate::query::{Summary, Template};
use crate::view::line::LineBuilder;
use crate::view::theme;

/// The lens of a channel: its template, and how to decode the channel's messages.
#[derive(Debug)]
pub(super) struct Lens<'a> {
    template: &'a Template,
    /// Whether the lens is the summary of a recipe. A message without the first of its values is
    /// shown whole.
    pub(super) is_by_recipe: bool,
    choice: Option<DecoderChoice>,
    session: &'a Session,
}

/// Why a lens shows no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unseen {
    /// The message has no value at any of the paths.
    Missing,
    /// The message is not structured data, for this reason.
    NoValues(String),
    /// The message is too long or was not kept whole; the value is its size in bytes.
    TooLong(u64),
}

impl<'a> Lens<'a> {
    /// Returns the lens of `channel`, if it has one.
    pub(super) fn of(session: &'a Session, channel: &[u8]) -> Option<Self> {
        Some(Self {
            template: session.lens_of(channel)?,
            is_by_recipe: session.summary_of(channel).is_some(),
            choice: session.decoder_choices.of(channel),
            session,
        })
    }

    /// Returns the values in the message of `row`: `payload` is the message or its head, and `size`
    /// its full size in bytes.
    pub(super) fn look<'p>(
        &self,
        row: RowId,
        (payload, size): (&'p [u8], u64),
    ) -> Result<Summary<'p>, Unseen> {
        if payload.len() > MOST_DECODED_FOR_ROW || size > payload.len() as u64 {
            return Err(Unseen::TooLong(size));
        }
        let user_decodings = &self.session.user_decodings;
        let choice = user_decodings.attached(self.choice.as_ref(), row);
        let choice = choice.as_deref();
        let lookup = Lookup::new(payload, choice).unpacking(MOST_UNPACKED_FOR_ROW);
        let decoded_rows = &self.session.decoded_rows;
        let shown = decoded_rows.look(row, &lookup, self.template, choice);
        shown.map_err(|why| why.map_or(Unseen::Missing, Unseen::NoValues))
    }

    /// Returns whether the lens applies to a message. The summary of a recipe does not if the rows
    /// are shown as received, or if the message does not have the first value.
    pub(super) fn shows(&self, row: RowId, message: (&[u8], u64), app: &App) -> bool {
        let fits = || {
            self.look(row, message)
                .is_ok_and(|summary| summary.has_first)
        };
        !self.is_by_recipe || !app.messages().is_raw && fits()
    }

    /// Describes why there is no value.
    pub(super) fn words(&self, unseen: &Unseen) -> String {
        let path = escape::whole(self.template.paths().as_bytes());
        match unseen {
            Unseen::Missing => format!("no {path}"),
            Unseen::NoValues(why) => format!("no {path}: {why}"),
            Unseen::TooLong(size) => format!("{}: too long for a lens", figures::size(*size)),
        }
    }
}

/// Returns where in a summary to start drawing, so that `sought` is visible in `columns`.
pub(super) fn start_to_show(sought: &Range<usize>, summary: &Summary<'_>, columns: usize) -> usize {
    let text = &*summary.shown.text;
    let visible = escape::one_line(text, columns.saturating_sub(1)).consumed;
    if sought.end <= visible {
        return 0;
    }
    escape::char_start(text, sought.start.saturating_sub(columns / 3))
}

/// Adds `summary` from the byte at `start` on the rest of the line, with `marks` highlighted. The
/// text of the template is quieter than the values.
pub(super) fn draw(
    summary: &Summary<'_>,
    start: usize,
    marks: &[Range<usize>],
    line: &mut LineBuilder,
) {
    let text = &*summary.shown.text;
    if start > 0 {
        line.word("…", theme::QUIET);
    }
    let parts = summary.parts().filter_map(|(range, is_words)| {
        let rest = range.start.max(start)..range.end;
        let ends = Ends {
            start: !is_words && rest.start == range.start,
            end: !is_words,
        };
        (!rest.is_empty()).then_some((rest, is_words, ends))
    });
    let parts: Vec<_> = parts.collect();
    let shown = |part: &Range<usize>, columns, ends| {
        let marks = Ranges::of(marks).from(part.start);
        escape::part_of_line(&text[part.clone()], columns, marks, ends)
    };
    // A mark at the end of the line says that not everything fits.
    let mut left = line.left();
    let is_cut = parts.iter().any(|(part, _, ends)| {
        let text = shown(part, left, *ends);
        left -= text.columns;
        text.cut
    });
    let mut room = line.left() - usize::from(is_cut && line.left() > 0);
    for (part, is_words, ends) in parts {
        let text = shown(&part, room, ends);
        let is_last = text.cut;
        room -= text.columns;
        line.text(text, if is_words { theme::QUIET } else { Style::new() });
        if is_last {
            break;
        }
    }
    if is_cut {
        line.word("…", theme::QUIET);
    }
}
