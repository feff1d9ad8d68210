//! Keys: pressed, held down, or arriving together.
//!
//! Movements are repeated while a key is held down; actions that send, remove or toggle something
//! happen once. Keys that arrive together from a terminal that may not mark pastes could be one: in
//! a text box, they are inserted as text and never send it; elsewhere, they change nothing. A few
//! of them, which the user may have typed ahead on a slow connection, also open and close things,
//! but only movement keys have an effect if they are many or have line breaks between them.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::App;
use crate::app::action::{Action, Kind, PublishAction, SessionAction};
use crate::app::effect::Effect;
use crate::app::event::Event;
use crate::app::keymap::{Chord, Context};
use crate::app::toast::Toast;

/// The keys with which a key arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Company {
    /// A few that may have been typed.
    Few,
    /// Those of a paste.
    Paste,
}

impl Company {
    /// Returns the toast for keys that were ignored.
    fn refusal(self) -> &'static str {
        match self {
            Self::Few => "several keys at once: those that change something are ignored",
            Self::Paste => "several keys at once: only movement keys are accepted",
        }
    }
}

/// The panes whose keys are named if they are pressed in another pane.
const PANES: [Context; 5] = [
    Context::Messages,
    Context::Channels,
    Context::Message,
    Context::Chart,
    Context::Plot,
];

impl App {
    /// Returns the action of `key` in the current context.
    fn action_of(&self, key: KeyEvent) -> Option<Action> {
        let keymap = &self.session.settings.keymap;
        let chord = Chord::of(key);
        let action = keymap.action_for(self.context(), chord);
        action.or_else(|| self.command_for(chord))
    }

    pub(super) fn press(&mut self, key: KeyEvent) -> Vec<Effect> {
        if key.kind == KeyEventKind::Release {
            self.keyboard.reports_release = true;
            return Vec::new();
        }
        self.keyboard.forget_click();
        if let Some(action) = self.action_of(key) {
            // At a breakpoint, the key moves on to the next hit.
            let is_stopped = self.session.breakpoints.stop.is_some();
            let goes_on = action == Action::Session(SessionAction::ToggleFreeze) && is_stopped;
            let now = self.session.now;
            if self.keyboard.hold_back(action, key, goes_on, now) {
                return Vec::new();
            }
        }
        self.press_at_once(key)
    }

    /// Performs the action of `key`, or types the key into the focused text box.
    pub(super) fn press_at_once(&mut self, key: KeyEvent) -> Vec<Effect> {
        let chord = Chord::of(key);
        // Any key dismisses the toast, which hides the key hints.
        self.session.toast = None;
        let effects = match self.action_of(key) {
            Some(action) => self.act(action, key),
            None if self.context().is_text() => self.type_key(key),
            None => self.tell_no_use(chord),
        };
        self.keyboard.note(chord, self.session.now);
        effects
    }

    /// Says that a key has no effect where the focus is, and what it does in another pane.
    fn tell_no_use(&mut self, chord: Chord) -> Vec<Effect> {
        let is_key = matches!(
            chord.code,
            KeyCode::Char(_) | KeyCode::F(_) | KeyCode::Enter | KeyCode::Delete
        );
        if !is_key {
            return Vec::new();
        }
        let keymap = &self.session.settings.keymap;
        let panes = PANES.iter().filter(|_| self.overlay.is_none());
        let elsewhere = panes
            .flat_map(|pane| keymap.bindings_of(*pane))
            .find(|one| one.keys.contains(&chord));
        let key = chord.label();
        self.tell(match elsewhere {
            Some(one) => format!(
                "{key} does nothing here · in {}: {}",
                one.context.title(),
                one.help
            ),
            None => format!("{key} does nothing here"),
        })
    }

    /// Performs the action of the key that was held back, once `event` or the elapsed time shows
    /// that the key was tapped, not held. Returns the event to handle next: what is typed for
    /// another program has no effect.
    pub(super) fn admit(&mut self, event: Event) -> (Event, Vec<Effect>) {
        if self.session.is_terminal_lent && event.is_input() {
            return (Event::Tick, Vec::new());
        }
        let key = self.keyboard.take_held_back(&event, self.session.now);
        let effects = key.map_or_else(Vec::new, |key| self.press_at_once(key));
        (event, effects)
    }

    /// Handles a key that arrived together with others.
    ///
    /// A line break is held back until more keys arrive together, and is dropped if none do.
    /// A user who typed ahead did not want a line break, and a user who pasted did not want to send
    /// the text.
    pub(super) fn press_among(&mut self, company: Company, key: KeyEvent) -> Vec<Effect> {
        let context = self.context();
        if !context.is_text() {
            return self.press_outside_text(company, key);
        }
        let line_break = match context {
            Context::PublishPayload => "\n",
            _ => " ",
        };
        let mut effects = Vec::new();
        if std::mem::take(&mut self.keyboard.held_break) {
            effects.extend(self.paste(line_break));
        }
        let sends = matches!(
            self.action_of(key),
            Some(Action::Confirm | Action::Publish(PublishAction::Send))
        );
        effects.extend(match (key.code, key.modifiers) {
            (KeyCode::Enter, _) | (KeyCode::Char('j'), KeyModifiers::CONTROL) => {
                self.hold_break(company, context)
            }
            (KeyCode::Tab, _) if company == Company::Paste => self.paste("\t"),
            // Pasting a key that sends must not send the text.
            _ if sends => self.hold_break(company, context),
            _ => self.press(key),
        });
        effects
    }

    /// Handles a key that arrived together with others outside a text box.
    fn press_outside_text(&mut self, company: Company, key: KeyEvent) -> Vec<Effect> {
        let action = self.action_of(key);
        let is_allowed = match action.map(Action::kind) {
            None if company == Company::Paste => return Vec::new(),
            None | Some(Kind::Step | Kind::Jump) => true,
            Some(Kind::Plain) => company == Company::Few && !self.may_end(action),
            Some(Kind::Adjust | Kind::Once) => false,
        };
        if !is_allowed {
            self.keyboard.note(Chord::of(key), self.session.now);
            return self.tell(company.refusal());
        }
        let is_refusal = |toast: &mut Toast| toast.text == company.refusal();
        let toast = self.session.toast.take_if(is_refusal);
        let effects = self.press(key);
        self.session.toast = self.session.toast.take().or(toast);
        effects
    }

    /// Returns whether `action` may end or suspend the program.
    fn may_end(&self, action: Option<Action>) -> bool {
        match action {
            Some(Action::Interrupt | Action::Suspend) => true,
            Some(Action::Quit) => self.overlay.is_none() && !self.closes_a_pane(),
            _ => false,
        }
    }

    fn hold_break(&mut self, company: Company, context: Context) -> Vec<Effect> {
        self.keyboard.held_break = true;
        let keymap = &self.session.settings.keymap;
        let (action, verb, outcome) = match context {
            Context::PublishPayload => {
                let send = Action::Publish(PublishAction::Send);
                (send, "send", "pasted, not sent")
            }
            _ => (Action::Confirm, "confirm", "pasted"),
        };
        let key = keymap.label(context, action);
        self.tell(match company {
            Company::Few => format!("several keys at once · {key} again to {verb}"),
            Company::Paste => format!("{outcome} · {key} {verb}"),
        })
    }
}
