//! Picking a profile before connecting.

use crossterm::event::{KeyEvent, KeyEventKind};

use super::action::{Action, Motion};
use super::effect::Effect;
use super::event::Event;
use super::input::Input;
use super::keymap::{Chord, Context, Keymap};
use crate::config::Colour;

/// The name of a profile and its colour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Badge {
    /// The name, not yet escaped for display.
    pub name: String,
    /// The colour, if it has one.
    pub colour: Option<Colour>,
}

/// A profile that can be picked.
#[derive(Clone, Debug)]
pub struct Pickable {
    /// Its name and colour.
    pub badge: Badge,
    /// The address of the server, without the password.
    pub address: String,
    /// Whether every write is refused.
    pub read_only: bool,
}

/// The list of profiles to pick one from.
#[derive(Debug, Default)]
pub struct Picker {
    profiles: Vec<Pickable>,
    /// The keys.
    pub keymap: Keymap,
    /// The part of a name typed so far, if one is being typed.
    pub name: Option<Input>,
    /// The index of the selected line among the profiles listed.
    pub line: usize,
    is_chosen: bool,
}

impl Picker {
    /// Creates a list of all `profiles` with the first one selected.
    pub fn new(profiles: Vec<Pickable>, keymap: Keymap) -> Self {
        Self {
            profiles,
            keymap,
            ..Self::default()
        }
    }

    /// Handles an event and returns the effect to perform, if any. [`Effect::Quit`] ends picking.
    pub fn update(&mut self, event: Event) -> Option<Effect> {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => return self.press(key),
            // Pasted text never confirms or quits: it is part of a name.
            Event::Burst(key) | Event::TypedAhead(key) => {
                let action = self.keymap.action_for(self.context(), Chord::of(key));
                if action == Some(Action::Quit) {
                    self.type_key(key);
                } else if action != Some(Action::Confirm) {
                    return self.press(key);
                }
            }
            Event::Paste(text) => self.typing().insert_in_line(&text),
            Event::End(_) => return Some(Effect::Quit),
            Event::Suspend => return Some(Effect::Suspend),
            Event::Continued => return Some(Effect::Resume),
            Event::Redraw => return Some(Effect::Repaint),
            Event::Background(colour) => return Some(Effect::SuitBackground(colour)),
            _ => {}
        }
        self.step(Motion::Lines(0));
        None
    }

    /// Returns the index of the chosen profile among all profiles, or `None` if none was chosen.
    pub fn chosen(&self) -> Option<usize> {
        let mut listed = self.listed();
        let (number, _) = listed.nth(self.line).filter(|_| self.is_chosen)?;
        Some(number)
    }

    /// Returns the profiles whose names contain the typed text, each with its index among all.
    pub fn listed(&self) -> impl Iterator<Item = (usize, &Pickable)> {
        let typed = self.name.as_ref().map(Input::text).unwrap_or_default();
        let typed = typed.to_lowercase();
        let profiles = self.profiles.iter().enumerate();
        profiles.filter(move |(_, profile)| profile.badge.name.to_lowercase().contains(&typed))
    }

    /// Returns the context in which keys are looked up.
    pub fn context(&self) -> Context {
        match self.name {
            None => Context::Profiles,
            Some(_) => Context::ProfileName,
        }
    }

    fn press(&mut self, key: KeyEvent) -> Option<Effect> {
        let Some(action) = self.keymap.action_for(self.context(), Chord::of(key)) else {
            self.type_key(key);
            return None;
        };
        match action {
            Action::Quit | Action::Interrupt => return Some(Effect::Quit),
            Action::Suspend => return Some(Effect::Suspend),
            Action::Confirm => {
                self.is_chosen = self.listed().count() > 0;
                return self.is_chosen.then_some(Effect::Quit);
            }
            Action::Move(motion) => self.step(motion),
            Action::Search => drop(self.typing()),
            Action::Back => self.list_all(),
            // No key of the picker is bound to these; a test checks that.
            Action::Screen(_)
            | Action::Session(_)
            | Action::Channels(_)
            | Action::Log(_)
            | Action::Row(_)
            | Action::Message(_)
            | Action::Plot(_)
            | Action::Publish(_)
            | Action::Output(_)
            | Action::Run(_)
            | Action::Palette(_)
            | Action::Prompt(_)
            | Action::Record(_)
            | Action::Query(_)
            | Action::Chip(_)
            | Action::Filter(_)
            | Action::Breakpoint(_) => {}
        }
        None
    }

    /// Types the key into the name. The first letter starts a new name.
    fn type_key(&mut self, key: KeyEvent) {
        let is_new = self.name.is_none();
        let is_changed = self.typing().press_in_line(key);
        if is_changed {
            self.line = 0;
        } else if is_new {
            self.name = None;
        }
    }

    /// Returns the name being typed, or starts a new one.
    fn typing(&mut self) -> &mut Input {
        self.name.get_or_insert_default()
    }

    /// Lists all profiles again, keeping the same profile selected.
    fn list_all(&mut self) {
        let number = self.listed().nth(self.line).map(|(number, _)| number);
        self.name = None;
        self.line = number.unwrap_or(0);
    }

    fn step(&mut self, step: Motion) {
        let last = self.listed().count().saturating_sub(1);
        // No key moves by pages, so the height does not matter.
        self.line = step.from(self.line, 1, last);
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyModifiers};

    use super::*;
    use crate::app::event::Ending;

    fn picker() -> Picker {
        let profiles = ["local", "staging", "production", "queue"].map(|name| Pickable {
            badge: Badge {
                name: name.to_owned(),
                colour: None,
            },
            address: String::new(),
            read_only: false,
        });
        Picker::new(profiles.into(), Keymap::default())
    }

    fn press(picker: &mut Picker, code: KeyCode) -> Option<Effect> {
        picker.update(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)))
    }

    fn keys(picker: &mut Picker, keys: &str) {
        for letter in keys.chars() {
            assert_eq!(press(picker, KeyCode::Char(letter)), None, "{letter}");
        }
    }

    /// Returns the name of the profile that Enter chooses after `typed`.
    fn chosen_after(typed: &str) -> Option<String> {
        let mut picker = picker();
        keys(&mut picker, typed);
        assert_eq!(picker.chosen(), None);
        let effect = press(&mut picker, KeyCode::Enter);
        let number = picker.chosen()?;
        assert_eq!(effect, Some(Effect::Quit));
        Some(picker.profiles[number].badge.name.clone())
    }

    #[test]
    fn the_selected_profile_is_chosen() {
        for (typed, name) in [
            ("", "local"),
            ("j", "staging"),
            ("jjk", "staging"),
            ("jjjjjj", "queue"),
            ("kk", "local"),
            ("G", "queue"),
            ("Gg", "local"),
        ] {
            assert_eq!(chosen_after(typed).as_deref(), Some(name), "{typed}");
        }
    }

    #[test]
    fn a_letter_that_means_nothing_else_starts_a_name() {
        for (typed, name) in [
            ("s", Some("staging")),
            ("prod", Some("production")),
            ("PROD", Some("production")),
            ("/q", Some("queue")),
            ("/g", Some("staging")),
            ("jjjs", Some("staging")),
            ("xyz", None),
        ] {
            assert_eq!(chosen_after(typed).as_deref(), name, "{typed}");
        }
    }

    #[test]
    fn every_bound_key_has_an_effect() {
        use Action::{Back, Confirm, Interrupt, Move, Quit, Search, Suspend};
        let keymap = Keymap::default();
        let contexts = [Context::Profiles, Context::ProfileName];
        for binding in contexts
            .into_iter()
            .flat_map(|context| keymap.bindings_in(context))
        {
            let has_effect = matches!(
                binding.action,
                Quit | Interrupt | Suspend | Confirm | Move(_) | Search | Back
            );
            assert!(has_effect, "{binding:?}");
        }
    }

    #[test]
    fn esc_first_clears_the_name_and_then_quits() {
        let mut picker = picker();
        keys(&mut picker, "prod");
        assert_eq!(picker.listed().count(), 1);
        assert_eq!(press(&mut picker, KeyCode::Esc), None);
        assert_eq!((picker.listed().count(), picker.line), (4, 2));
        assert_eq!(press(&mut picker, KeyCode::Esc), Some(Effect::Quit));
        assert_eq!(picker.chosen(), None);
    }

    #[test]
    fn q_quits_except_in_a_name() {
        assert_eq!(press(&mut picker(), KeyCode::Char('q')), Some(Effect::Quit));
        let mut picker = picker();
        keys(&mut picker, "/q");
        let control = KeyModifiers::CONTROL;
        for (letter, effect) in [('c', Effect::Quit), ('z', Effect::Suspend)] {
            let key = KeyEvent::new(KeyCode::Char(letter), control);
            assert_eq!(picker.update(Event::Key(key)), Some(effect));
        }
        assert_eq!(picker.chosen(), None);
    }

    #[test]
    fn pasted_keys_are_typed_as_a_name() {
        let mut picker = picker();
        for code in [KeyCode::Char('q'), KeyCode::Char('u'), KeyCode::Enter] {
            let burst = Event::Burst(KeyEvent::new(code, KeyModifiers::NONE));
            assert_eq!(picker.update(burst), None);
        }
        assert_eq!(picker.name.as_ref().map(Input::text).as_deref(), Some("qu"));
        assert_eq!((picker.listed().count(), picker.chosen()), (1, None));
        let first = Event::Burst(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE));
        assert_eq!(super::tests::picker().update(first), None);
    }

    #[test]
    fn the_selection_stays_within_a_shorter_list() {
        let mut picker = picker();
        keys(&mut picker, "G");
        assert_eq!(picker.update(Event::Paste("sta\n".to_owned())), None);
        assert_eq!((picker.listed().count(), picker.line), (1, 0));
        press(&mut picker, KeyCode::F(5));
        assert_eq!(press(&mut picker, KeyCode::Enter), Some(Effect::Quit));
        assert_eq!(picker.chosen(), Some(1));
    }

    #[test]
    fn signals_are_passed_on() {
        for (event, effect) in [
            (Event::End(Ending::Signal(143)), Effect::Quit),
            (Event::Suspend, Effect::Suspend),
            (Event::Continued, Effect::Resume),
            (Event::Redraw, Effect::Repaint),
        ] {
            assert_eq!(picker().update(event), Some(effect));
        }
        assert_eq!(picker().update(Event::Resize(0, 0)), None);
        assert_eq!(
            Picker::new(Vec::new(), Keymap::default()).update(Event::Tick),
            None
        );
    }
}
