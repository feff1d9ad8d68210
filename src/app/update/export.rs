//! Exporting the rows that are shown to a file.

use super::App;
use crate::app::effect::Effect;
use crate::app::export_request::{ExportCounts, Exported};
use crate::app::overlays::export_prompt::ExportPrompt;
use crate::app::overlays::{Overlay, Question};
use crate::payload::figures;

impl App {
    /// Asks for the name of the file.
    pub(super) fn open_export(&mut self) {
        let prompt = ExportPrompt::suggesting(&self.session);
        self.overlay = Some(Overlay::Export(Box::new(prompt)));
    }

    /// Exports the rows that are shown to the file at `path`, or asks for a file name if `path` is
    /// empty. Asks before replacing a file.
    pub(super) fn export_to(&mut self, path: &str) -> Vec<Effect> {
        if path.is_empty() {
            self.open_export();
            return Vec::new();
        }
        self.export(path, false)
    }

    /// Exports to `path` and replaces the file there.
    pub(super) fn replace_by_export(&mut self, path: &str) -> Vec<Effect> {
        self.export(path, true)
    }

    fn export(&mut self, path: &str, replaces: bool) -> Vec<Effect> {
        match self.session.export(path, replaces) {
            Ok(request) => {
                let rows = figures::counted(request.rows.len(), "row");
                self.tell(format!("exporting {rows} to {path} …"));
                self.session.exporting.push(path.to_owned());
                vec![Effect::Export(Box::new(request))]
            }
            Err(refusal) => {
                self.reopen_export(path, Some(refusal));
                Vec::new()
            }
        }
    }

    /// Asks for another name.
    pub(super) fn reopen_export(&mut self, path: &str, refusal: Option<String>) {
        let prompt = ExportPrompt::holding(path, refusal);
        self.overlay = Some(Overlay::Export(Box::new(prompt)));
    }

    /// Handles the outcome of an export. The program may have been waiting for it to quit.
    pub(super) fn note_exported(&mut self, exported: Exported) -> Vec<Effect> {
        let exporting = &mut self.session.exporting;
        if let Some(at) = exporting.iter().position(|path| path == exported.path()) {
            exporting.remove(at);
        }
        let is_done = matches!(exported, Exported::Done { .. });
        let awaiting = self
            .overlay
            .take_if(|overlay| matches!(overlay, Overlay::Confirm(Question::FinishExport { .. })));
        let Some(Overlay::Confirm(Question::FinishExport { over, .. })) = awaiting else {
            return self.tell_exported(exported);
        };
        if is_done {
            self.overlay = over.map(|over| *over);
            self.tell_exported(exported);
            return self.leave();
        }
        // The rows are still there to be exported to another place.
        self.stay(over);
        self.tell_exported(exported)
    }

    fn tell_exported(&mut self, exported: Exported) -> Vec<Effect> {
        match exported {
            Exported::Done { path, counts, size } => {
                let words = done_words(&path, counts, size);
                self.tell(words)
            }
            // This outcome and `Refused` arrive before the next key, so that no key is mistaken for
            // an answer.
            Exported::Exists(path) => {
                self.session.toast = None;
                self.overlay = Some(Overlay::Confirm(Question::Replace {
                    path,
                    recording: None,
                }));
                Vec::new()
            }
            Exported::Refused { path, cause } => {
                self.session.toast = None;
                let refusal = format!("not exported to {path}: {cause} · choose another name");
                self.reopen_export(&path, Some(refusal));
                Vec::new()
            }
            Exported::Failed { path, cause } => {
                let again = self.session.keyed("{export} exports to another file");
                self.session
                    .tell_error(format!("not exported to {path}: {cause} · {again}"))
            }
        }
    }
}

fn done_words(path: &str, counts: ExportCounts, size: u64) -> String {
    let ExportCounts {
        messages,
        notices,
        cut,
    } = counts;
    let messages = figures::counted(messages, "message");
    let notices = match notices {
        0 => String::new(),
        count => format!(" and {}", figures::counted(count, "notice")),
    };
    let cut = match cut {
        0 => String::new(),
        count => format!(
            " · {} incomplete (too large to keep)",
            figures::count(count)
        ),
    };
    let size = figures::size(size);
    format!("exported {messages}{notices} to {path}, {size}{cut}")
}
