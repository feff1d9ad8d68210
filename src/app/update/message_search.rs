//! Searching the open message.

use crate::app::App;
use crate::app::effect::Effect;
use crate::app::input::Input;
use crate::app::message_pane::Search;
use crate::app::overlays::Overlay;
use crate::payload::figures;
use crate::workers::decode;
use crate::workers::decode::{Found, MAX_MARKED, Sought};

/// A message of up to this many bytes is searched at once,
const MOST_SEARCHED: usize = 1 << 20;

/// if it has no more than this many values.
const MOST_VALUES_SEARCHED: usize = 20_000;

impl App {
    /// Marks the matches of a query in the open message and shows the first one. Searches in the
    /// background if that may take longer than a frame.
    pub(crate) fn mark_open_message(&mut self) -> Vec<Effect> {
        let Some(open) = self.open.as_ref() else {
            return Vec::new();
        };
        let snapshot = open.reader.snapshot();
        if snapshot.channel.is_none() || open.reader.sought().is_some() {
            return Vec::new();
        }
        // Queries see the bytes as they arrived.
        let is_packed = open.reader.bytes().as_ptr() != snapshot.payload.as_ptr();
        let query = self.session.marked_by(snapshot.row).filter(|_| !is_packed);
        let query = query.filter(|query| !query.is_everything()).cloned();
        let serial = self.session.next_serial();
        let room = self.room();
        let Some(open) = &mut self.open else {
            return Vec::new();
        };
        // The answer to an earlier search is ignored from now on.
        open.search = Search {
            serial,
            goes_there: true,
        };
        let Some(query) = query else {
            open.reader.set_marks(Vec::new());
            return Vec::new();
        };
        let search = open.reader.search_request(Sought::Query(query), serial);
        if is_soon_searched(&search) {
            self.note_found(search.answer());
            return Vec::new();
        }
        open.reader.set_marks(Vec::new());
        open.reader.show_mark(room);
        vec![Effect::Search(search)]
    }

    /// Goes to the next or previous match in the open message.
    pub(crate) fn go_to_match(&mut self, is_forward: bool) -> Vec<Effect> {
        let Some((open, room)) = self.reader_and_room() else {
            return Vec::new();
        };
        if open.go_to_mark(is_forward, room) {
            return Vec::new();
        }
        let which = match is_forward {
            _ if open.mark_count() == 0 => "match is marked",
            true => "further match",
            false => "earlier match",
        };
        let part = if open.snapshot().payload.len() > MAX_MARKED {
            "the first 4 MiB of "
        } else {
            ""
        };
        self.session
            .tell(format!("no {which} in {part}this message"))
    }

    /// Opens the prompt for a search in the open message.
    pub(crate) fn open_seek(&mut self) {
        let text = self.open.as_ref().and_then(|open| open.reader.sought());
        let text = text.map(|sought| String::from_utf8_lossy(sought.text()).into_owned());
        let mut input = Input::default();
        input.insert_in_line(&text.unwrap_or_default());
        self.overlay = Some(Overlay::SearchMessage(Box::new(input)));
    }

    /// Searches for the text in the prompt as the user types.
    pub(crate) fn search_message_for(&mut self, text: &str) -> Vec<Effect> {
        if let Some(open) = &mut self.open {
            open.reader.set_search_text(text);
        }
        if text.is_empty() {
            // Mark the matches of a query again.
            return self.mark_open_message();
        }
        self.search_message(true)
    }

    /// Searches the open message, in the background if that may take long, and goes to the first
    /// match if `goes_there`.
    pub(crate) fn search_message(&mut self, goes_there: bool) -> Vec<Effect> {
        let serial = self.session.next_serial();
        // Without a text to search for, a search for the matches of a query may be running.
        let open = self.open.as_mut();
        let Some(open) = open.filter(|open| open.reader.sought().is_some()) else {
            return Vec::new();
        };
        // A search typed while the message was still being decoded still goes to its match.
        let goes_there = goes_there || open.reader.is_searching() && open.search.goes_there;
        open.search = Search { serial, goes_there };
        let Some(search) = open.reader.search(serial) else {
            return Vec::new();
        };
        if is_soon_searched(&search) {
            self.note_found(search.answer());
            return Vec::new();
        }
        vec![Effect::Search(search)]
    }

    /// Records the matches.
    pub(crate) fn note_found(&mut self, found: Found) {
        let room = self.room();
        let Some(open) = &mut self.open else { return };
        if open.search.serial == found.serial {
            open.reader.note_found(found);
            if open.search.goes_there {
                open.reader.show_mark(room);
            }
        }
    }

    /// Closes the prompt. The matches stay marked.
    pub(crate) fn end_seek(&mut self) -> Vec<Effect> {
        let reader = self.open.as_ref().map(|open| &open.reader);
        match reader {
            Some(reader) if reader.is_searching() => Vec::new(),
            Some(reader) if reader.sought().is_some() && reader.mark_count() == 0 => {
                let behind = reader.marks().len();
                self.session.tell(if behind > 0 {
                    format!(
                        "{} found, but outside the values shown · see the bytes tab",
                        figures::count(behind as u64)
                    )
                } else {
                    "not found in this message".to_owned()
                })
            }
            _ => Vec::new(),
        }
    }
}

/// Returns whether the search takes less than a frame.
pub(crate) fn is_soon_searched(search: &decode::Search) -> bool {
    let decoded = search.decoded.as_deref();
    let bytes = decoded.map_or(&*search.payload, |decoded| decoded.bytes(&search.payload));
    let tree = decoded.and_then(|decoded| decoded.tree.as_ref());
    bytes.len() <= MOST_SEARCHED && tree.is_none_or(|tree| tree.len() <= MOST_VALUES_SEARCHED)
}
