//! Where the messages come from: from a server, as they are published, or from a recording.

use std::collections::BTreeSet;

use super::Session;
use crate::app::effect::Effect;
use crate::log::History;
use crate::message::{Notice, RowId, Time, Topic};
use crate::workers::loading::{Extent, RecordingPlace, Request};

/// Where the messages come from.
#[derive(Debug, Default)]
pub enum Source {
    /// From a server.
    #[default]
    Server,
    /// From a recording, of which the log holds a part.
    Recording(OpenedRecording),
}

/// A recording, and which part of it is in the log.
#[derive(Debug, Default)]
pub struct OpenedRecording {
    /// The serial number of the part.
    serial: u64,
    /// What is known about the whole recording; `None` until it is indexed or completely loaded.
    pub extent: Option<Extent>,
    /// How much of the recording has been read for its index, in percent, while it is being read.
    pub indexing: Option<u8>,
    /// The number of the first row of the part, and its id in the log.
    first: (u64, RowId),
    /// Whether the part reaches to the end.
    pub(crate) is_end: bool,
    /// Whether the part is being loaded.
    pub is_loading: bool,
    /// Where to go once it is there.
    pub(crate) landing: Option<RecordingPlace>,
    /// How many rows below the one at the top the selected one is then.
    pub(crate) below_top: u64,
    /// Whether to go to the end of the recording once the part is loaded.
    pub(crate) goes_to_end: bool,
    /// The numbers of the rows that the user marked. Those in the log are up to date only after
    /// [`Session::remember_marks`].
    marks: BTreeSet<u64>,
    /// Why it cannot be read, if it cannot.
    pub failure: Option<Box<str>>,
}

impl OpenedRecording {
    /// Creates a recording whose start is being loaded.
    pub(crate) fn new() -> Self {
        Self {
            is_loading: true,
            ..Self::default()
        }
    }

    /// Returns the numbers of the first row in the log and of the one after its last row.
    pub fn loaded(&self, first: RowId, end: RowId) -> (u64, u64) {
        (self.number(first), self.number(end))
    }

    /// Returns the number of a row, counted from 0.
    pub(crate) fn number(&self, row: RowId) -> u64 {
        let (number, first) = self.first;
        number + row.0.saturating_sub(first.0)
    }

    /// Returns the row with a number, if it is in the part or behind it.
    pub(crate) fn row(&self, number: u64) -> Option<RowId> {
        let (first, row) = self.first;
        Some(RowId(row.0 + number.checked_sub(first)?))
    }

    /// Returns whether the log starts with the first row.
    pub(crate) fn is_start(&self, first: RowId) -> bool {
        self.number(first) == 0
    }

    /// Returns the effect that loads the part around a place.
    pub(crate) fn load_around(&mut self, place: RecordingPlace) -> Effect {
        self.serial += 1;
        self.is_loading = true;
        self.landing = Some(place);
        self.goes_to_end = false;
        Effect::Load(Request::Around(self.serial, place))
    }

    /// Returns the effect that loads what follows the part.
    pub(crate) fn load_more(&mut self) -> Effect {
        self.is_loading = true;
        Effect::Load(Request::More)
    }

    /// Returns whether news is about the part that is wanted.
    pub(crate) fn is_wanted(&self, serial: u64) -> bool {
        serial == self.serial
    }

    /// Records that the wanted part begins.
    pub(crate) fn begin(&mut self, number: u64, row: RowId) {
        self.first = (number, row);
        self.is_end = false;
        self.is_loading = true;
    }
}

impl Session {
    /// Returns the recording that the messages come from, if they do.
    pub fn opened(&self) -> Option<&OpenedRecording> {
        match &self.source {
            Source::Server => None,
            Source::Recording(recording) => Some(recording),
        }
    }

    pub(crate) fn opened_mut(&mut self) -> Option<&mut OpenedRecording> {
        match &mut self.source {
            Source::Server => None,
            Source::Recording(recording) => Some(recording),
        }
    }

    /// Returns the time that ages and rates refer to: now or, in a recording, the end of what is
    /// loaded, where time stands still.
    pub fn present(&self) -> Time {
        match &self.source {
            Source::Server => self.now,
            Source::Recording(_) => self.log.history().map_or(self.now, History::last),
        }
    }

    /// Returns the times between which the messages lie: of the whole recording or, unless that is
    /// known, of the log.
    pub fn span(&self) -> Option<(Time, Time)> {
        if let Some(extent) = self.opened().and_then(|recording| recording.extent) {
            return Some((extent.first, extent.last));
        }
        let time = |row| self.log.row(row).map(|row| row.time);
        let last = RowId(self.log.end().0.checked_sub(1)?);
        Some((time(self.log.first())?, time(last)?))
    }

    /// Adds the subscriptions of a recording.
    pub(crate) fn add_recorded(&mut self, topics: Vec<Topic>) {
        for topic in topics {
            self.subscriptions.add_recorded(topic);
        }
    }

    /// Remembers the marks on the rows in the log, which is about to hold others.
    pub(crate) fn remember_marks(&mut self) {
        let Source::Recording(recording) = &mut self.source else {
            return;
        };
        let (first, end) = recording.loaded(self.log.first(), self.log.end());
        recording
            .marks
            .retain(|number| !(first..end).contains(number));
        let marked: Vec<u64> = self
            .marked
            .iter()
            .map(|row| recording.number(*row))
            .collect();
        recording.marks.extend(marked);
    }

    /// Marks the rows from `from` on that the user marked when they were in the log before.
    pub(crate) fn restore_marks(&mut self, from: RowId) {
        let end = self.log.end();
        let Some(recording) = self.opened() else {
            return;
        };
        let numbers = recording.number(from)..recording.number(end);
        let rows = recording.marks.range(numbers);
        let rows: Vec<RowId> = rows.filter_map(|number| recording.row(*number)).collect();
        self.marked.extend(rows);
    }

    /// Forgets all rows, because the log is to hold another part of the recording.
    pub(crate) fn restart_log(&mut self) -> Vec<Effect> {
        self.log.restart();
        self.forget_gone();
        self.shown.follow(&self.log);
        let mut effects: Vec<Effect> = self.restart_checks().into_iter().collect();
        effects.extend(self.ask_again(|_| true));
        effects
    }

    /// Adds a notice that says which lines were skipped.
    pub(crate) fn note_skipped_lines(&mut self, words: &[Box<str>]) -> Vec<Effect> {
        let Some((count, lines)) = words.split_first() else {
            return Vec::new();
        };
        let notice = Notice::Recorded {
            name: "skipped".into(),
            text: format!("{count}: {}", lines.join("; ")).into(),
        };
        let present = self.present();
        self.log.push_notice(present, notice);
        self.refresh_shown()
    }

    /// Returns the first row at or after `time`, or the last row; `None` if there are no rows.
    pub(crate) fn row_at(&self, time: Time) -> Option<RowId> {
        let (mut low, mut high) = (self.log.first().0, self.log.end().0);
        let last = high.checked_sub(1).filter(|last| *last >= low)?;
        while low < high {
            let middle = low + (high - low) / 2;
            let row = self.log.row(RowId(middle));
            if row.is_some_and(|row| row.time < time) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Some(RowId(low.min(last)))
    }
}
