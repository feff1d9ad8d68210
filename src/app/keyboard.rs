//! Which keys were pressed last, which are held down, and where the mouse was clicked last.

use std::time::Duration;

use crossterm::event::{KeyEvent, KeyEventKind};
use ratatui::layout::Position as Point;

use super::action::{Action, Kind};
use super::event::Event;
use super::keymap::Chord;
use crate::message::Time;

/// The longest delay before terminals start to repeat a key that is held down.
const HELD: Duration = Duration::from_millis(700);

/// A key pressed again within this time is held down: nobody taps that fast.
const REPEAT: Duration = Duration::from_millis(120);

/// Two clicks on the same place within this time are a double click.
const DOUBLE_CLICK: Duration = Duration::from_millis(400);

/// The state of recent key presses that affects how the next one is handled.
#[derive(Debug, Default)]
pub(super) struct Keyboard {
    /// The last key, and when it was pressed.
    last: Option<(Chord, Time)>,
    /// Whether the terminal reports key releases, and thereby which keys are held down.
    pub(super) reports_release: bool,
    /// A key that may be the first repeat of a held key, and when it takes effect unless it is
    /// pressed again by then.
    held_back: Option<(KeyEvent, Time)>,
    /// Whether a line break came in a burst of keys and nothing has followed it yet.
    pub(super) held_break: bool,
    /// The last click and its time, unless it was the second click of a double click.
    clicked: Option<(Point, Time)>,
    /// Whether the last click had an effect besides selecting; if so, a second click does not make
    /// it a double click.
    pub(super) has_acted: bool,
}

/// When a key takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Now,
    /// After a delay, unless the key is pressed again.
    Later,
    Never,
}

impl Keyboard {
    /// Records that `chord` was pressed.
    pub(super) fn note(&mut self, chord: Chord, now: Time) {
        self.last = Some((chord, now));
    }

    /// Records a click. Returns whether it is the second one of a double click.
    pub(super) fn click(&mut self, at: Point, now: Time) -> bool {
        let first = self.clicked.take();
        let is_second =
            first.is_some_and(|(place, time)| place == at && now.since(time) <= DOUBLE_CLICK);
        self.clicked = (!is_second).then_some((at, now));
        self.has_acted &= is_second;
        is_second
    }

    /// Forgets the last click, so that the next one is not the second of a double click.
    pub(super) fn forget_click(&mut self) {
        self.clicked = None;
    }

    /// Forgets the last keys, so that the next key does not continue a sequence.
    pub(super) fn forget(&mut self) {
        self.last = None;
        self.held_break = false;
    }

    /// Holds back a key that is or may be held down, if holding it must trigger `action` only once.
    /// Returns `false` if the key takes effect now. A key that continues from a breakpoint never
    /// waits.
    pub(super) fn hold_back(
        &mut self,
        action: Action,
        key: KeyEvent,
        goes_on: bool,
        now: Time,
    ) -> bool {
        let due = self.due(action, key, goes_on, now);
        self.held_back = (due == Due::Later).then(|| (key, now.after(REPEAT)));
        if due == Due::Now {
            return false;
        }
        self.note(Chord::of(key), now);
        true
    }

    fn due(&self, action: Action, key: KeyEvent, goes_on: bool, now: Time) -> Due {
        if key.kind == KeyEventKind::Repeat {
            return match action.kind() {
                Kind::Step | Kind::Adjust => Due::Now,
                Kind::Jump | Kind::Once | Kind::Plain => Due::Never,
            };
        }
        if action.kind() != Kind::Once || goes_on || self.reports_release {
            Due::Now
        } else if self.pressed_within(REPEAT, key, now) {
            Due::Never
        } else if self.pressed_within(HELD, key, now) {
            Due::Later
        } else {
            Due::Now
        }
    }

    /// Returns the key that was held back, once `event` or the time shows that it was tapped.
    pub(super) fn take_held_back(&mut self, event: &Event, now: Time) -> Option<KeyEvent> {
        let (key, due) = self.held_back?;
        let is_other_input = match event {
            Event::Key(next) => Chord::of(*next) != Chord::of(key),
            Event::Burst(_) | Event::TypedAhead(_) | Event::Mouse(_) | Event::Paste(_) => true,
            _ => false,
        };
        if !is_other_input && now < due {
            return None;
        }
        self.held_back = None;
        Some(key)
    }

    /// Returns when the held-back key takes effect.
    pub(super) fn held_back_due(&self) -> Option<Time> {
        self.held_back.map(|(_, due)| due)
    }

    /// Returns whether `key` was also the previous key, pressed less than `time` ago.
    pub(super) fn pressed_within(&self, time: Duration, key: KeyEvent, now: Time) -> bool {
        let last = self.last.filter(|(last, _)| *last == Chord::of(key));
        last.is_some_and(|(_, pressed)| now.since(pressed) < time)
    }

    /// Returns whether `key` is held down, as far as that is known: few terminals report it.
    pub(super) fn is_held(&self, key: KeyEvent, now: Time) -> bool {
        if self.reports_release {
            return key.kind == KeyEventKind::Repeat;
        }
        self.pressed_within(HELD, key, now)
    }
}
