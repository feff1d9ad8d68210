//! Searching the open message, in the background if that may take longer than a frame.

use ratatui::layout::Rect;

use super::Open;
use crate::app::effect::Effect;
use crate::app::session::Session;
use crate::payload::figures;
use crate::workers::decode::{self, Found, MAX_MARKED, Sought};

/// The maximum size of a message that is searched at once, in bytes.
const MAX_SEARCHED: usize = 1 << 20;

/// The maximum number of values of a message that is searched at once.
const MAX_VALUES_SEARCHED: usize = 20_000;

/// A search in the open message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Search {
    serial: u64,
    /// Whether to go to the first match.
    jumps: bool,
}

impl Open {
    /// Marks the matches of a query and shows the first one.
    pub(crate) fn mark_query(&mut self, session: &mut Session, area: Rect) -> Vec<Effect> {
        let snapshot = &self.reader.snapshot;
        if snapshot.channel.is_none() || self.reader.search_text().is_some() {
            return Vec::new();
        }
        // Queries match the bytes as received, so unpacked bytes cannot be marked.
        let is_packed = self.reader.bytes().as_ptr() != snapshot.payload.as_ptr();
        let query = session.marked_by(snapshot.row).filter(|_| !is_packed);
        let query = query.filter(|query| !query.is_everything()).cloned();
        let serial = session.next_serial();
        // The answer to an earlier search is ignored from now on.
        self.search = Search {
            serial,
            jumps: true,
        };
        self.reader.set_marks(Vec::new());
        query.map_or_else(Vec::new, |query| {
            let search = self.reader.search_request(Sought::Query(query), serial);
            self.run(search, area)
        })
    }

    /// Goes to the next or previous match.
    pub(crate) fn go_to_match(
        &mut self,
        is_forward: bool,
        session: &mut Session,
        area: Rect,
    ) -> Vec<Effect> {
        let room = self.room(area);
        if self.reader.go_to_mark(is_forward, room) {
            return Vec::new();
        }
        let which = match is_forward {
            _ if self.reader.mark_count() == 0 => "marked match",
            true => "later match",
            false => "earlier match",
        };
        let part = if self.reader.snapshot.payload.len() > MAX_MARKED {
            "the first 4 MiB of "
        } else {
            ""
        };
        session.tell(format!("no {which} in {part}this message"))
    }

    /// Searches for text as the user types it.
    pub(crate) fn search_for(
        &mut self,
        text: &str,
        session: &mut Session,
        area: Rect,
    ) -> Vec<Effect> {
        self.reader.set_search_text(text);
        if text.is_empty() {
            // Mark the matches of a query again.
            return self.mark_query(session, area);
        }
        self.search(true, session, area)
    }

    /// Searches for the text, if there is one, and goes to the first match if `jumps`.
    pub(super) fn search(&mut self, jumps: bool, session: &mut Session, area: Rect) -> Vec<Effect> {
        // If there is no search text, a running search for the matches of a query must continue.
        if self.reader.search_text().is_none() {
            return Vec::new();
        }
        let serial = session.next_serial();
        // If the text was typed before the message was decoded, still go to the match.
        let jumps = jumps || self.reader.is_searching() && self.search.jumps;
        self.search = Search { serial, jumps };
        let search = self.reader.search(serial);
        search.map_or_else(Vec::new, |search| self.run(search, area))
    }

    /// Runs a search at once if that takes less than a frame, or else in the background.
    fn run(&mut self, search: decode::Search, area: Rect) -> Vec<Effect> {
        if takes_long(&search) {
            return vec![Effect::Search(search)];
        }
        self.note_found(search.answer(), area);
        Vec::new()
    }

    /// Records the matches.
    pub(crate) fn note_found(&mut self, found: Found, area: Rect) {
        if self.search.serial == found.serial {
            self.reader.note_found(found);
            if self.search.jumps {
                let room = self.room(area);
                self.reader.show_mark(room);
            }
        }
    }

    /// Tells the user if there is no match to go to. The matches stay marked.
    pub(crate) fn end_search(&self, session: &mut Session) -> Vec<Effect> {
        let reader = &self.reader;
        if reader.is_searching() || reader.search_text().is_none() || reader.mark_count() > 0 {
            return Vec::new();
        }
        session.tell(match reader.marks().len() {
            0 => "not found in this message".to_owned(),
            found => {
                let found = figures::count(found as u64);
                format!("{found} found, but outside the values shown · see the bytes tab")
            }
        })
    }
}

/// Returns whether the search may take longer than a frame.
fn takes_long(search: &decode::Search) -> bool {
    let decoded = search.decoded.as_deref();
    let bytes = decoded.map_or(&*search.payload, |decoded| decoded.bytes(&search.payload));
    let tree = decoded.and_then(|decoded| decoded.tree.as_ref());
    bytes.len() > MAX_SEARCHED || tree.is_some_and(|tree| tree.len() > MAX_VALUES_SEARCHED)
}
