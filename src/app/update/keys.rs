//! Keys: pressed, held down, or arriving at once.
//!
//! Movements are repeated while a key is held down; actions that send, remove or toggle something
//! happen once. Keys that arrive at once are a paste that the terminal did not mark as one, or were
//! typed ahead on a slow connection: in a text box they are inserted as text and never send it;
//! elsewhere they only move.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::app::App;
use crate::app::action::{Action, Kind, SessionAction};
use crate::app::effect::Effect;
use crate::app::event::Event;
use crate::app::keymap::{Chord, Context, action_for};
use crate::message::Time;

/// Toast for keys that would do more than move.
const IGNORED: &str = "several keys at once: only movement keys act here";

/// A key that comes again within this time may be held down: terminals start to repeat a key after
/// a delay of up to this long.
const HELD: Duration = Duration::from_millis(700);

/// A key that comes again within this time is held down: a terminal repeats it many times a second,
/// and nobody taps that fast.
const REPEAT: Duration = Duration::from_millis(120);

/// When a key acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Now,
    /// After a delay, unless the key comes again.
    Later,
    Never,
}

impl App {
    pub(crate) fn press(&mut self, key: KeyEvent) -> Vec<Effect> {
        if key.kind == KeyEventKind::Release {
            self.typed.reports_release = true;
            return Vec::new();
        }
        let action = action_for(self.context(), Chord::of(key));
        if action.is_some_and(|action| self.hold_back(action, key)) {
            return Vec::new();
        }
        self.press_at_once(key)
    }

    /// Performs the action of `key`, or types it.
    pub(crate) fn press_at_once(&mut self, key: KeyEvent) -> Vec<Effect> {
        let chord = Chord::of(key);
        // Any key dismisses the toast, which hides the key hints.
        self.session.toast = None;
        let effects = match action_for(self.context(), chord) {
            Some(action) => self.act(action, key),
            None => self.type_key(key),
        };
        self.typed.last = Some((chord, self.session.now));
        effects
    }

    /// Holds back a key that is or may be held down, if `action` happens only once in that case.
    /// Returns `false` if the key acts now.
    pub(crate) fn hold_back(&mut self, action: Action, key: KeyEvent) -> bool {
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
    pub(crate) fn press_held_back(&mut self, event: &Event) -> Vec<Effect> {
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
    pub(crate) fn held_back_due(&self) -> Option<Time> {
        self.typed.held_back.map(|(_, due)| due)
    }

    /// Returns whether `key` was also the previous key, pressed less than `time` ago.
    pub(crate) fn pressed_within(&self, time: Duration, key: KeyEvent) -> bool {
        let last = self.typed.last.filter(|(last, _)| *last == Chord::of(key));
        last.is_some_and(|(_, pressed)| self.session.now.since(pressed) < time)
    }

    /// Returns whether `key` is held down, as far as that is known: few terminals report it.
    pub(crate) fn is_held(&self, key: KeyEvent) -> bool {
        if self.typed.reports_release {
            return key.kind == KeyEventKind::Repeat;
        }
        self.pressed_within(HELD, key)
    }

    /// Forgets the last keys, so that the next key does not continue a sequence.
    pub(crate) fn forget_keys(&mut self) {
        self.typed.last = None;
        self.held_break = false;
    }

    /// Handles a key that arrived together with others.
    ///
    /// A line break is held back until more text arrives in the same way. If nothing follows, it is
    /// dropped: a user who typed it ahead did not mean a line break, and one who pasted it did not
    /// mean to send.
    pub(crate) fn press_in_burst(&mut self, key: KeyEvent) -> Vec<Effect> {
        let context = self.context();
        if !context.is_text() {
            return self.press_among_others(key);
        }
        let line_break = match context {
            Context::PublishPayload => "\n",
            _ => " ",
        };
        let mut effects = Vec::new();
        if std::mem::take(&mut self.held_break) {
            effects.extend(self.paste(line_break));
        }
        effects.extend(match key.code {
            KeyCode::Enter => self.hold_break(context),
            KeyCode::Char('j') if key.modifiers == KeyModifiers::CONTROL => {
                self.hold_break(context)
            }
            KeyCode::Tab => self.paste("\t"),
            _ => self.press(key),
        });
        effects
    }

    /// Handles a key of a burst outside a text box. The key moves, or does nothing.
    fn press_among_others(&mut self, key: KeyEvent) -> Vec<Effect> {
        let action = action_for(self.context(), Chord::of(key));
        match action.map(Action::kind) {
            Some(Kind::Adjust | Kind::Once | Kind::Plain) => {
                self.typed.last = Some((Chord::of(key), self.session.now));
                self.session.tell(IGNORED)
            }
            Some(Kind::Step | Kind::Jump) | None => {
                let said = self.session.toast.take_if(|toast| toast.text == IGNORED);
                let effects = self.press(key);
                self.session.toast = self.session.toast.take().or(said);
                effects
            }
        }
    }

    fn hold_break(&mut self, context: Context) -> Vec<Effect> {
        self.held_break = true;
        self.session.tell(match context {
            Context::PublishPayload => "pasted, not sent · Enter send",
            _ => "pasted · Enter confirm",
        })
    }
}
