//! Keys held down: what moves is done again and again, what sends, removes or toggles once.

use std::time::Duration;

use crossterm::event::{KeyEvent, KeyEventKind};

use super::{Action, App, Chord, Effect};
use crate::message::Time;

/// A key that comes again so soon after itself is taken to be held down: terminals repeat one
/// after a delay of half a second or so, and then many times a second.
const HELD: Duration = Duration::from_millis(700);

/// The keys pressed, as far as they matter for the next one.
#[derive(Debug, Default)]
pub(super) struct Typed {
    /// The last one, and when it was pressed.
    pub(super) last: Option<(Chord, Time)>,
    /// Whether the terminal reports that keys are let go, and so which ones are held down.
    pub(super) reports_release: bool,
}

impl App {
    /// Whether `key` is held down and `action` is not to be done again for that.
    pub(super) fn is_too_often(&self, action: Action, key: KeyEvent) -> bool {
        if key.kind == KeyEventKind::Repeat {
            return !action.repeats();
        }
        // At a breakpoint it goes on to the next hit.
        let goes_on = action == Action::ToggleFreeze && self.breakpoints.stop().is_some();
        action.acts_once() && !goes_on && self.is_held(key)
    }

    /// Says why a key did nothing, in case it was pressed twice and not held, unless what it did the
    /// first time is still to be read.
    pub(super) fn say_held(&mut self, chord: Chord) -> Vec<Effect> {
        if self.remark.is_some() {
            return Vec::new();
        }
        self.tell(format!(
            "{0} held down acts once · {0} again",
            chord.label()
        ))
    }

    /// Whether `key` was the last one before it, pressed less than `time` ago.
    pub(super) fn pressed_within(&self, time: Duration, key: KeyEvent) -> bool {
        let last = self.typed.last.filter(|(last, _)| *last == Chord::of(key));
        last.is_some_and(|(_, pressed)| self.now.since(pressed) < time)
    }

    /// Whether `key` is held down, as far as can be told: few terminals report it.
    pub(super) fn is_held(&self, key: KeyEvent) -> bool {
        if self.typed.reports_release {
            return key.kind == KeyEventKind::Repeat;
        }
        self.pressed_within(HELD, key)
    }
}
