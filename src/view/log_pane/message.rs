//! What a row shows of a message: all of it, or what a lens shows.

use std::ops::Range;

use super::excerpt::{Excerpt, MARKED_FAR, MARKED_NEAR};
use crate::app::{App, Position};
use crate::message::RowId;
use crate::payload::escape;
use crate::payload::format::ansi;
use crate::payload::lookup::ShownText;
use crate::query::Summary;
use crate::view::lens::{self, Lens};
use crate::view::line::LineBuilder;
use crate::view::theme;

/// Minimum width, in columns, of a match that follows what a lens shows.
const MIN_FOR_MATCH: usize = 20;

/// How many matches of each term are looked at to find one that is not text of the template.
const MOST_IN_SUMMARY: usize = 64;

/// The columns between the two.
const GAP: usize = 2;

/// A message of the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    pub(super) row: RowId,
    /// The name of its channel.
    pub(super) channel: &'a [u8],
    /// The payload, or its head.
    pub(super) payload: &'a [u8],
    /// The size of the whole payload, in bytes.
    pub(super) size: u64,
}

impl Message<'_> {
    fn is_head(&self) -> bool {
        self.size > self.payload.len() as u64
    }
}

/// How a row shows a message.
pub(super) struct MessageView<'a> {
    app: &'a App,
    message: Message<'a>,
    lens: Option<Lens<'a>>,
    /// Whether the lens does not show where the message matches a query.
    hides_match: bool,
    /// The text of the message, if it is shown whole and decoded.
    decoded: Option<ShownText<'static>>,
}

impl<'a> MessageView<'a> {
    pub(super) fn new(app: &'a App, message: Message<'a>) -> Self {
        let lens = Lens::of(app.session(), message.channel);
        let lens =
            lens.filter(|lens| lens.shows(message.row, (message.payload, message.size), app));
        let mut view = Self {
            app,
            message,
            lens,
            hides_match: false,
            decoded: None,
        };
        if let Some(lens) = &view.lens {
            view.hides_match = view.is_match_hidden(lens);
        }
        // A lens that the user has not set makes way for the match.
        let hides_match = view.hides_match;
        view.lens.take_if(|lens| hides_match && lens.is_by_recipe);
        if view.lens.is_none() || hides_match {
            view.decoded = view.decode();
        }
        view
    }

    /// Returns the text of the message, decoded if it is shown so.
    pub(super) fn text(&self) -> &[u8] {
        self.decoded.as_deref().unwrap_or(self.message.payload)
    }

    /// Returns what the summary of a recipe says, which may be far from the start of the message.
    pub(super) fn recipe_summary(&self) -> Option<ShownText<'_>> {
        let lens = self.lens.as_ref().filter(|lens| lens.is_by_recipe)?;
        Some(self.summary(lens).ok()?.shown.text)
    }

    /// Adds the message on the rest of the line.
    pub(super) fn draw(&self, line: &mut LineBuilder) {
        if let Some(lens) = &self.lens {
            self.through_lens(lens, line);
            if !self.hides_match || line.left() < GAP + MIN_FOR_MATCH {
                return;
            }
            line.space(GAP);
        } else {
            self.packing(line);
        }
        let columns = line.left();
        self.excerpt()
            .draw(|bytes| self.marks(bytes, columns), line);
    }

    /// Adds how a decoded message is packed, unless the rows are scrolled sideways.
    fn packing(&self, line: &mut LineBuilder) {
        if self.decoded.is_some()
            && self.app.messages().columns_skipped == 0
            && let Some(tag) = self.app.session().decoded_rows.packing(self.message.row)
        {
            line.word(format!("{tag} "), theme::ESCAPE);
        }
    }

    /// Decodes the message as it is shown whole, unless it is shown as received.
    fn decode(&self) -> Option<ShownText<'static>> {
        let message = self.message;
        let is_decoded = !message.is_head() && !self.app.messages().is_raw;
        let session = self.app.session();
        is_decoded.then(|| session.shown_text(message.row, message.channel, message.payload))?
    }

    /// Returns the ranges of the message's text to highlight on a line of `columns`.
    fn marks(&self, text: &[u8], columns: usize) -> Vec<Range<usize>> {
        // No more matches fit on the line.
        self.app
            .session()
            .marks(self.message.row, text, 2 * columns)
    }

    /// Returns the part of the message to show. While the rows are not scrolled sideways, a row that
    /// was found, has stopped the view or passes the filter shows its match.
    fn excerpt(&self) -> Excerpt<'_> {
        let pane = self.app.messages();
        let payload = self.message.payload;
        let decoded = self.decoded.as_deref();
        let own_colours = decoded.filter(|text| is_stripped(text, payload));
        Excerpt {
            payload: self.text(),
            size: self.message.size,
            is_head: self.message.is_head(),
            columns_skipped: pane.columns_skipped,
            is_coloured: !pane.is_plain,
            own_colours: own_colours.map(|_| payload),
            sought: self.shows_match().then(|| self.searched()),
        }
    }

    /// Returns whether the row shows its match.
    fn shows_match(&self) -> bool {
        let is_scrolled = self.app.messages().columns_skipped > 0;
        !is_scrolled && self.app.session().is_hit(self.message.row)
    }

    /// Returns how many bytes are searched for the match.
    fn searched(&self) -> usize {
        match self.app.messages().position {
            Position::Frozen { selected, .. } if selected == self.message.row => MARKED_FAR,
            _ => MARKED_NEAR,
        }
    }

    fn summary<'l>(&'l self, lens: &Lens<'_>) -> Result<Summary<'l>, lens::Unseen> {
        lens.look(self.message.row, (self.message.payload, self.message.size))
    }

    /// Adds only the values at the lens's paths.
    fn through_lens(&self, lens: &Lens<'_>, line: &mut LineBuilder) {
        let skipped = self.app.messages().columns_skipped;
        match self.summary(lens) {
            Ok(summary) => {
                let marks = self.summary_marks(&summary, 2 * line.left());
                let sought = marks.first().filter(|_| self.shows_match());
                let start = match sought {
                    Some(sought) => lens::start_to_show(sought, &summary, line.left()),
                    None => escape::one_line(&summary.shown.text, skipped).consumed,
                };
                lens::draw(&summary, start, &marks, line);
            }
            Err(unseen) => line.cut_words(&lens.words(&unseen), theme::QUIET),
        }
    }

    /// Returns the ranges of a summary that match the search or the filter.
    fn summary_marks(&self, summary: &Summary<'_>, most: usize) -> Vec<Range<usize>> {
        let text = &*summary.shown.text;
        let searched = &text[..text.len().min(MARKED_NEAR)];
        let session = self.app.session();
        let mut marks = session.text_marks(self.message.row, searched, most);
        // The text of the template is not a match.
        marks.retain(|mark| {
            let mut parts = summary.parts();
            parts
                .any(|(part, is_words)| !is_words && part.start < mark.end && mark.start < part.end)
        });
        marks
    }

    /// Returns whether `lens` does not show why a search found the row, or which text in it passes
    /// the filter.
    fn is_match_hidden(&self, lens: &Lens<'_>) -> bool {
        let session = self.app.session();
        if !self.shows_match() {
            return false;
        }
        let is_marked = self
            .summary(lens)
            .is_ok_and(|summary| !self.summary_marks(&summary, MOST_IN_SUMMARY).is_empty());
        let is_found = lens.is_by_recipe && session.find.is_some();
        let has_match = || {
            let decoded = self.decode();
            let text = decoded.as_deref().unwrap_or(self.message.payload);
            let searched = &text[..text.len().min(self.searched())];
            !session.text_marks(self.message.row, searched, 1).is_empty()
        };
        !is_marked && (is_found || has_match())
    }
}

/// Returns whether `text` is what remains of `payload` without its colours.
fn is_stripped(text: &[u8], payload: &[u8]) -> bool {
    ansi::may_be_coloured(payload) && ansi::stripped(payload) == text
}
