//! Recording what arrives to a file.

use super::App;
use crate::app::action::RecordAction;
use crate::app::effect::Effect;
use crate::app::overlays::record_prompt::RecordPrompt;
use crate::app::overlays::{Overlay, Question};
use crate::app::recording_request::{RecordingNews, RecordingScope};
use crate::message::Notice;
use crate::payload::figures;

impl App {
    /// Asks for the file to record to, or stops the recording.
    pub(super) fn toggle_recording(&mut self) -> Vec<Effect> {
        let Some(recording) = &self.session.recording else {
            let prompt = RecordPrompt::suggesting(&self.session);
            self.overlay = Some(Overlay::Record(Box::new(prompt)));
            return Vec::new();
        };
        let is_ending = recording.is_ending;
        self.tell(format!("finishing the recording to {} …", recording.path));
        if is_ending {
            return Vec::new();
        }
        self.session.stop_recording()
    }

    /// Records what the filter shows from now on, or asks for a file name if `path` is empty.
    pub(super) fn record_to(&mut self, path: &str) -> Vec<Effect> {
        if let Some(recording) = &self.session.recording {
            let stop = self.keyed("{record} stops it");
            let words = format!("already recording to {} · {stop}", recording.path);
            return self.session.tell_error(words);
        }
        if path.is_empty() {
            return self.toggle_recording();
        }
        self.record(path, false, RecordingScope::default())
    }

    /// Records what the prompt says.
    pub(super) fn confirm_recording(&mut self, prompt: &RecordPrompt) -> Vec<Effect> {
        let path = prompt.path();
        if path.is_empty() {
            let refusal = "type the name of a file".to_owned();
            self.reopen_record_prompt("", prompt.scope, Some(refusal));
            return Vec::new();
        }
        self.record(&path, false, prompt.scope)
    }

    /// Records to `path`. Asks before replacing a file, unless it `replaces` it.
    pub(super) fn record(
        &mut self,
        path: &str,
        replaces: bool,
        scope: RecordingScope,
    ) -> Vec<Effect> {
        match self.session.recording_request(path, replaces, scope) {
            Ok(request) => vec![Effect::StartRecording(Box::new(request))],
            Err(refusal) => {
                self.reopen_record_prompt(path, scope, Some(refusal));
                Vec::new()
            }
        }
    }

    /// Asks for another name.
    pub(super) fn reopen_record_prompt(
        &mut self,
        path: &str,
        scope: RecordingScope,
        refusal: Option<String>,
    ) {
        let prompt = RecordPrompt::holding(path, scope, refusal);
        self.overlay = Some(Overlay::Record(Box::new(prompt)));
    }

    /// Asks for another name for a recording, or else an export, that is not to replace a file.
    pub(super) fn ask_for_another_name(&mut self, path: &str, recording: Option<RecordingScope>) {
        match recording {
            Some(scope) => self.reopen_record_prompt(path, scope, None),
            None => self.reopen_export(path, None),
        }
    }

    /// Executes `action` in the prompt.
    pub(super) fn act_in_record_prompt(&mut self, action: RecordAction) {
        if let Some(Overlay::Record(prompt)) = &mut self.overlay {
            prompt.refusal = None;
            match action {
                RecordAction::ToggleKept => prompt.scope.with_kept ^= true,
                RecordAction::ToggleFiltered => prompt.scope.is_filtered ^= true,
            }
        }
    }

    /// Handles news of the recording.
    pub(super) fn note_recording(&mut self, news: RecordingNews) -> Vec<Effect> {
        match news {
            RecordingNews::Started(path) => {
                let stop = self.session.keyed("{record} stops it");
                self.tell(format!("recording to {path} · {stop}"));
                self.session.begin_recording(path);
            }
            // This outcome and `Refused` arrive before the next key, so that no key is mistaken for
            // an answer.
            RecordingNews::Exists(path, scope) => {
                let recording = Some(scope);
                self.overlay = Some(Overlay::Confirm(Question::Replace { path, recording }));
            }
            RecordingNews::Refused { path, scope, cause } => {
                let refusal = format!("not recorded to {path}: {cause} · choose another name");
                self.reopen_record_prompt(&path, scope, Some(refusal));
            }
            RecordingNews::Progress(size) => self.session.note_recorded(size),
            RecordingNews::Lost(lost) => return self.session.note_unrecorded(lost),
            RecordingNews::Done { path, size } => {
                self.session.note_recording_ended();
                let messages = figures::counted(size.messages, "message");
                let bytes = figures::size(size.bytes);
                self.tell(format!("recorded {messages} to {path}, {bytes}"));
            }
            RecordingNews::Failed { path, cause } => {
                self.session.note_recording_ended();
                self.session
                    .tell_error(format!("recording to {path} ended: {cause}"));
                let (path, cause) = (path.into(), cause.into());
                let notice = Notice::RecordingFailed { path, cause };
                return self.session.log_notice(notice);
            }
        }
        Vec::new()
    }
}
