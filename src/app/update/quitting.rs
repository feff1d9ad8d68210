//! Closing the topmost pane, and quitting.

use crossterm::event::KeyEvent;

use super::App;
use crate::app::effect::Effect;
use crate::app::event::Ending;
use crate::app::keymap::Chord;
use crate::app::overlays::{Overlay, Question};

/// If the log has more messages than this, quitting asks first, since they cannot be recovered.
const MOST_LOST_BY_QUITTING: u64 = 1_000;

impl App {
    /// Closes the topmost pane. If none is left to close, quits, or asks first if many messages
    /// would be lost.
    pub(super) fn close_topmost(&mut self, key: KeyEvent) -> Vec<Effect> {
        if self.leave_list_over() || self.end_zoom() {
            return Vec::new();
        }
        if self.plot.is_shown() {
            return self.close_plot();
        }
        if self.open.is_some() {
            self.close_message();
        } else if self.shows_latest() {
            self.leave_latest();
        } else if self.keyboard.is_held(key, self.session.now) {
            return self.tell_of_second(key);
        } else {
            return self.quit();
        }
        Vec::new()
    }

    /// Returns whether [`App::close_topmost`] closes a pane, and does not quit.
    pub(super) fn closes_a_pane(&self) -> bool {
        let is_zoomed = self.layout.zoomed == Some(self.focus);
        let has_message = self.open.is_some() || self.plot.is_shown();
        self.areas().is_list_over || is_zoomed || has_message || self.shows_latest()
    }

    /// Quits, or asks first if many messages would be lost.
    pub(super) fn quit(&mut self) -> Vec<Effect> {
        let kept = self.session.log.counters().kept;
        let is_recorded = self.session.opened().is_some();
        if kept <= MOST_LOST_BY_QUITTING || is_recorded {
            return self.leave();
        }
        let over = self.overlay.take().map(Box::new);
        self.overlay = Some(Overlay::Confirm(Question::Quit { kept, over }));
        Vec::new()
    }

    /// Quits, or says that an export is still running, and quits after it.
    pub(super) fn leave(&mut self) -> Vec<Effect> {
        let Some(path) = self.session.exporting.first().cloned() else {
            return self.quit_now();
        };
        let over = self.overlay.take().map(Box::new);
        self.overlay = Some(Overlay::Confirm(Question::FinishExport { path, over }));
        Vec::new()
    }

    /// Continues although the program was to quit, in the overlay beneath the question.
    pub(super) fn stay(&mut self, over: Option<Box<Overlay>>) {
        self.overlay = over.map(|over| *over);
        self.session.ending = None;
    }

    /// Quits because of something outside.
    pub(super) fn end(&mut self, ending: Ending) -> Vec<Effect> {
        let is_asked = matches!(ending, Ending::Signal(_));
        // Only the first cause counts.
        self.session.ending.get_or_insert(ending);
        if is_asked {
            self.terminate()
        } else {
            self.quit_now()
        }
    }

    /// Quits. A recording gets the rows that have arrived.
    fn quit_now(&mut self) -> Vec<Effect> {
        let rest = self.session.record_rest();
        rest.into_iter().chain([Effect::Quit]).collect()
    }

    /// Quits without a question: the first time, after running exports.
    fn terminate(&mut self) -> Vec<Effect> {
        if self.is_finishing_export() {
            let mut effects = vec![Effect::AbandonExports];
            effects.extend(self.quit_now());
            return effects;
        }
        // A question could not be read.
        if self.session.is_terminal_lent {
            return self.quit_now();
        }
        self.leave()
    }

    /// Returns whether the program quits once an export is complete.
    pub(super) fn is_finishing_export(&self) -> bool {
        matches!(
            self.overlay,
            Some(Overlay::Confirm(Question::FinishExport { .. }))
        )
    }

    /// Quits the second time in a row. Otherwise, leaves the focused text box, if there is one.
    pub(super) fn interrupt(&mut self, key: KeyEvent, is_second: bool) -> Vec<Effect> {
        if is_second || self.is_finishing_export() {
            return self.terminate();
        }
        let effects = if self.context().is_text() {
            self.step_back()
        } else {
            Vec::new()
        };
        self.tell_of_second(key);
        effects
    }

    /// Says that a second press of `key` quits.
    fn tell_of_second(&mut self, key: KeyEvent) -> Vec<Effect> {
        let key = Chord::of(key).label();
        self.tell(format!("{key} again to quit"))
    }
}
