//! The recording of what arrives to a file: which rows are passed on, and when.

use std::sync::Arc;
use std::time::Duration;

use super::Session;
use crate::app::effect::Effect;
use crate::app::recording_request::{
    RecordedRows, RecordingRequest, RecordingScope, RecordingSize,
};
use crate::log::Selection;
use crate::message::{Dropped, Notice, Time, Topic};
use crate::query::Query;

/// How long rows wait to be passed on together, so that few of them cost little.
const PASS_ON_AFTER: Duration = Duration::from_millis(250);

/// How long another subscription may take to deliver the last row too.
const SETTLED_AFTER: Duration = Duration::from_millis(50);

/// A running recording.
#[derive(Debug)]
pub struct Recording {
    /// The path of the file, as the user typed it.
    pub path: String,
    /// What is in the file.
    pub size: RecordingSize,
    /// Whether the user has stopped it, and what waits is still being written.
    pub is_ending: bool,
    /// The topics of all subscriptions when rows were last passed on.
    topics: Arc<[Topic]>,
}

impl Session {
    /// Returns the request to record to the file at `path`.
    ///
    /// # Errors
    ///
    /// Fails if a recording is running, or if the filter needs what recordings do not have.
    pub(crate) fn recording_request(
        &self,
        path: &str,
        replaces: bool,
        scope: RecordingScope,
    ) -> Result<RecordingRequest, String> {
        if let Some(recording) = &self.recording {
            return Err(format!("still recording to {}", recording.path));
        }
        let filter = scope.is_filtered.then(|| self.recorded_filter()).flatten();
        if filter.as_ref().is_some_and(Query::uses_flags) {
            let what = "is:drift, is:invalid and is:seqgap are not known to a recording";
            return Err(format!("{what} · record everything, or change the filter"));
        }
        let kept = scope.with_kept.then(|| {
            let mut all = Selection::default();
            all.follow(&self.log);
            RecordedRows {
                rows: self.log.excerpt(&all),
                topics: self.subscriptions.topics().cloned().collect(),
            }
        });
        Ok(RecordingRequest {
            path: path.to_owned(),
            replaces,
            scope,
            filter,
            decoder_choices: Arc::clone(&self.decoder_choices),
            kept,
            server: self.settings.address.as_str().into(),
        })
    }

    /// Notes that a recording has started, and collects what arrives for it.
    pub(crate) fn begin_recording(&mut self, path: String) {
        self.log.open_tap();
        self.recording = Some(Recording {
            path,
            size: RecordingSize::default(),
            is_ending: false,
            topics: Arc::default(),
        });
    }

    /// Returns the effect that passes rows on to the recording, if it is time for that.
    pub(crate) fn record_arrived(&mut self) -> Option<Effect> {
        self.recording.as_ref()?;
        let is_due = self.recording_due().is_some_and(|due| due <= self.now);
        self.pass_on(is_due.then(|| self.now.before(SETTLED_AFTER)))
    }

    /// Returns when rows are next passed on to the recording.
    pub(super) fn recording_due(&self) -> Option<Time> {
        let since = self.log.tapped_since()?;
        Some(since.after(PASS_ON_AFTER))
    }

    /// Returns the effect that passes all rows on to the recording that have not been.
    pub(crate) fn record_rest(&mut self) -> Option<Effect> {
        self.recording.as_ref()?;
        self.pass_on(Some(Time(i64::MAX)))
    }

    /// Passes rows on: those that cannot change any more, and others that arrived before `until`.
    fn pass_on(&mut self, until: Option<Time>) -> Option<Effect> {
        let rows = self.log.take_tapped(until)?;
        let recording = self.recording.as_mut()?;
        if recording.topics.len() != self.subscriptions.names().len() {
            recording.topics = self.subscriptions.topics().cloned().collect();
        }
        let topics = Arc::clone(&recording.topics);
        Some(Effect::Record(Box::new(RecordedRows { rows, topics })))
    }

    /// Stops the recording, which ends once everything is written.
    pub(crate) fn stop_recording(&mut self) -> Vec<Effect> {
        let rest = self.record_rest();
        self.log.close_tap();
        if let Some(recording) = &mut self.recording {
            recording.is_ending = true;
        }
        rest.into_iter().chain([Effect::StopRecording]).collect()
    }

    /// Notes what is in the file.
    pub(crate) fn note_recorded(&mut self, size: RecordingSize) {
        if let Some(recording) = &mut self.recording {
            recording.size = size;
        }
    }

    /// Notes that messages were not recorded.
    pub(crate) fn note_unrecorded(&mut self, lost: Dropped) -> Vec<Effect> {
        self.log_notice(Notice::Unrecorded(lost))
    }

    /// Notes that the recording has ended.
    pub(crate) fn note_recording_ended(&mut self) {
        self.log.close_tap();
        self.recording = None;
    }
}
