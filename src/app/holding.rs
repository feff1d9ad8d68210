//! Keys held down: movements are repeated; actions that send, remove or toggle something happen
//! once.

use std::time::Duration;

use crossterm::event::{KeyEvent, KeyEventKind};

use super::action::{Kind, SessionAction};
use super::{Action, App, Chord, Effect, Event};
use crate::message::Time;

/// A key that comes again within this time may be held down: terminals start to repeat a key after
/// a delay of up to this long.
const HELD: Duration = Duration::from_millis(700);

/// A key that comes again within this time is held down: a terminal repeats it many times a second,
/// and nobody taps that fast.
const REPEAT: Duration = Duration::from_millis(120);

/// The most recent key presses, as far as they matter for the next one.
#[derive(Debug, Default)]
pub(super) struct Typed {
    /// The last key, and when it was pressed.
    pub(super) last: Option<(Chord, Time)>,
    /// Whether the terminal reports key releases, and thereby which keys are held down.
    pub(super) reports_release: bool,
    /// A key that may be the first repeat of a held key, and when it acts unless it comes again.
    held_back: Option<(KeyEvent, Time)>,
}

/// When a key acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Now,
    /// After a delay, unless the key comes again.
    Later,
    Never,
}

impl App {
    /// Holds back a key that is or may be held down, if `action` happens only once in that case.
    /// Returns `false` if the key acts now.
    pub(super) fn hold_back(&mut self, action: Action, key: KeyEvent) -> bool {
        let due = self.due(action, key);
        self.typed.held_back = (due == Due::Later).then(|| (key, self.session.now.after(REPEAT)));
        if due == Due::Now {
            return false;
        }
        self.typed.last = Some((Chord::of(key), self.session.now));
        true
    }

    fn due(&self, action: Action, key: KeyEvent) -> Due {
        if key.kind == KeyEventKind::Repeat {
            return match action.kind() {
                Kind::Step | Kind::Adjust => Due::Now,
                Kind::Jump | Kind::Once | Kind::Plain => Due::Never,
            };
        }
        // At a breakpoint, the key goes on to the next hit.
        let goes_on = action == Action::Session(SessionAction::ToggleFreeze)
            && self.session.breakpoints.stop().is_some();
        if action.kind() != Kind::Once || goes_on || self.typed.reports_release {
            Due::Now
        } else if self.pressed_within(REPEAT, key) {
            Due::Never
        } else if self.pressed_within(HELD, key) {
            Due::Later
        } else {
            Due::Now
        }
    }

    /// Executes the key that was held back, once `event` or the time shows that it was tapped.
    pub(super) fn press_held_back(&mut self, event: &Event) -> Vec<Effect> {
        let Some((key, due)) = self.typed.held_back else {
            return Vec::new();
        };
        let is_other_input = match event {
            Event::Key(next) => Chord::of(*next) != Chord::of(key),
            Event::Burst(_) | Event::Mouse(_) | Event::Paste(_) => true,
            _ => false,
        };
        if !is_other_input && self.session.now < due {
            return Vec::new();
        }
        self.typed.held_back = None;
        self.press_at_once(key)
    }

    /// Returns when the held-back key acts.
    pub(super) fn held_back_due(&self) -> Option<Time> {
        self.typed.held_back.map(|(_, due)| due)
    }

    /// Returns whether `key` was also the previous key, pressed less than `time` ago.
    pub(super) fn pressed_within(&self, time: Duration, key: KeyEvent) -> bool {
        let last = self.typed.last.filter(|(last, _)| *last == Chord::of(key));
        last.is_some_and(|(_, pressed)| self.session.now.since(pressed) < time)
    }

    /// Returns whether `key` is held down, as far as that is known: few terminals report it.
    pub(super) fn is_held(&self, key: KeyEvent) -> bool {
        if self.typed.reports_release {
            return key.kind == KeyEventKind::Repeat;
        }
        self.pressed_within(HELD, key)
    }
}
