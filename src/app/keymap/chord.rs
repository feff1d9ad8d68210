//! A key with its modifiers, and how it is written.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::config::suggestion;

/// A key with its modifiers. Shift is part of the character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Chord {
    /// The key.
    pub code: KeyCode,
    /// The modifiers: Control, Alt, both or none.
    pub modifiers: KeyModifiers,
}

/// The keys that do not type a character, as they are written in the config file.
const NAMES: [(&str, KeyCode); 16] = [
    ("Space", KeyCode::Char(' ')),
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Shift-Tab", KeyCode::BackTab),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Insert", KeyCode::Insert),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PageUp", KeyCode::PageUp),
    ("PageDown", KeyCode::PageDown),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
];

/// Alternative spellings that are accepted in the config file.
const ALIASES: [(&str, KeyCode); 12] = [
    ("Return", KeyCode::Enter),
    ("Escape", KeyCode::Esc),
    ("BackTab", KeyCode::BackTab),
    ("Del", KeyCode::Delete),
    ("Ins", KeyCode::Insert),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("PgDown", KeyCode::PageDown),
    ("↑", KeyCode::Up),
    ("↓", KeyCode::Down),
    ("←", KeyCode::Left),
    ("→", KeyCode::Right),
];

/// The number of the highest function key.
const MOST_FUNCTION: u8 = 24;

/// Maximum length of a text that an error repeats. A longer one cannot be a key, but may be a
/// misplaced password.
const MAX_REPEATED: usize = 16;

/// The modifiers and their prefixes.
const PREFIXES: [(&str, KeyModifiers); 2] = [
    ("Ctrl-", KeyModifiers::CONTROL),
    ("Alt-", KeyModifiers::ALT),
];

impl Chord {
    /// Returns the chord of a pressed key.
    pub fn of(key: KeyEvent) -> Self {
        let kept = KeyModifiers::CONTROL | KeyModifiers::ALT;
        let code = match key.code {
            KeyCode::Char(letter) if key.modifiers.contains(KeyModifiers::CONTROL) => {
                KeyCode::Char(letter.to_ascii_lowercase())
            }
            code => code,
        };
        Self {
            code,
            modifiers: key.modifiers & kept,
        }
    }

    /// Parses a chord as written in the config file, such as `q`, `Enter` or `Ctrl-D`.
    ///
    /// # Errors
    ///
    /// Fails if there is no such key, or if terminals cannot send it. The error is a fragment that
    /// follows the name of the setting.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut rest = text;
        let mut modifiers = KeyModifiers::NONE;
        while let Some((modifier, after)) = without_prefix(rest) {
            modifiers |= modifier;
            rest = after;
        }
        let code = code_named(rest).ok_or_else(|| unknown(text))?;
        let chord = Self::of(KeyEvent::new(code, modifiers));
        match chord.unsendable() {
            Some(problem) => Err(problem),
            None => Ok(chord),
        }
    }

    /// Returns the reason if terminals do not send the chord, or send it as another one.
    fn unsendable(self) -> Option<String> {
        if !self.modifiers.contains(KeyModifiers::CONTROL) {
            return None;
        }
        let name = self.name();
        match self.code {
            KeyCode::Char('i') => Some(format!("terminals send {name} as Tab: write Tab")),
            KeyCode::Char('m') => Some(format!("terminals send {name} as Enter: write Enter")),
            KeyCode::Char('a'..='z' | ' ') => None,
            KeyCode::Char(_)
            | KeyCode::Enter
            | KeyCode::Esc
            | KeyCode::Tab
            | KeyCode::BackTab
            | KeyCode::Backspace => Some(format!("most terminals do not send {name}")),
            _ => None,
        }
    }

    /// Returns whether the key edits text or moves within it, so that a text box needs it.
    pub(super) fn edits_text(self) -> bool {
        let is_text = matches!(
            self.code,
            KeyCode::Char(_)
                | KeyCode::Backspace
                | KeyCode::Delete
                | KeyCode::Left
                | KeyCode::Right
                | KeyCode::Home
                | KeyCode::End
        );
        is_text && self.modifiers.is_empty()
    }

    /// Returns the name of the chord in the config file, which [`Self::parse`] reads.
    pub fn name(self) -> String {
        let named = NAMES.iter().find(|(_, code)| *code == self.code);
        let key = match (self.code, named) {
            (_, Some((name, _))) => (*name).to_owned(),
            (KeyCode::Char(letter), None) if self.modifiers.contains(KeyModifiers::CONTROL) => {
                letter.to_ascii_uppercase().to_string()
            }
            (KeyCode::Char(letter), None) => letter.to_string(),
            (KeyCode::F(number), None) => format!("F{number}"),
            (other, None) => format!("{other:?}"),
        };
        let held = PREFIXES
            .iter()
            .filter(|(_, modifier)| self.modifiers.contains(*modifier));
        held.map(|(prefix, _)| *prefix).chain([&*key]).collect()
    }

    /// Returns the label of the chord in the hint line and the help.
    pub fn label(self) -> String {
        let short = match self.code {
            KeyCode::Left => "←",
            KeyCode::Right => "→",
            KeyCode::Up => "↑",
            KeyCode::Down => "↓",
            KeyCode::PageUp => "PgUp",
            KeyCode::PageDown => "PgDn",
            _ => return self.name(),
        };
        let plain = Self {
            modifiers: KeyModifiers::NONE,
            ..self
        };
        self.name().replace(&plain.name(), short)
    }
}

/// Removes the first modifier prefix, ignoring case. A prefix without anything after it is not a
/// modifier: `Alt--` is Alt with a minus.
fn without_prefix(text: &str) -> Option<(KeyModifiers, &str)> {
    let mut prefixes = PREFIXES.iter();
    prefixes.find_map(|(prefix, modifier)| {
        let (start, rest) = text.split_at_checked(prefix.len())?;
        (start.eq_ignore_ascii_case(prefix) && !rest.is_empty()).then_some((*modifier, rest))
    })
}

/// Returns the key with this name, or for this single character.
fn code_named(text: &str) -> Option<KeyCode> {
    let mut letters = text.chars();
    let named = NAMES.iter().chain(&ALIASES);
    let mut named = named.filter(|(name, _)| name.eq_ignore_ascii_case(text));
    if let Some((_, code)) = named.next() {
        return Some(*code);
    }
    match (letters.next()?, letters.next()) {
        (letter, None) => (!letter.is_control()).then_some(KeyCode::Char(letter)),
        ('F' | 'f', Some(_)) => {
            let number = text[1..].parse().ok()?;
            (1..=MOST_FUNCTION)
                .contains(&number)
                .then_some(KeyCode::F(number))
        }
        _ => None,
    }
}

/// Describes a text that is not a key.
fn unknown(text: &str) -> String {
    if text.is_empty() {
        return "a key is an empty string".to_owned();
    }
    if text.chars().count() > MAX_REPEATED {
        return "is not a key, such as q, Enter, Space, Ctrl-D or F2".to_owned();
    }
    if let Some((prefix, key)) = text.rsplit_once("Shift-").or(text.rsplit_once("shift-")) {
        return match key.chars().next().filter(|_| key.chars().count() == 1) {
            Some(letter) => {
                let letter = letter.to_uppercase();
                format!("Shift is part of the character: write {prefix}{letter}")
            }
            None => format!("terminals cannot tell '{text}' from '{prefix}{key}'"),
        };
    }
    let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
    let (prefix, key) = text.split_at(text.rfind('-').map_or(0, |at| at + 1));
    let nearest = suggestion(key, &names);
    if nearest.is_empty() || prefix.is_empty() {
        return format!("unknown key '{text}'{nearest}");
    }
    format!("unknown key '{key}' in '{text}'{nearest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chord_is_read_as_it_is_written() {
        for (text, name, label) in [
            ("q", "q", "q"),
            ("Q", "Q", "Q"),
            ("-", "-", "-"),
            ("é", "é", "é"),
            ("space", "Space", "Space"),
            (" ", "Space", "Space"),
            ("return", "Enter", "Enter"),
            ("ESC", "Esc", "Esc"),
            ("backtab", "Shift-Tab", "Shift-Tab"),
            ("shift-tab", "Shift-Tab", "Shift-Tab"),
            ("PgUp", "PageUp", "PgUp"),
            ("pagedown", "PageDown", "PgDn"),
            ("←", "Left", "←"),
            ("f1", "F1", "F1"),
            ("F12", "F12", "F12"),
            ("f", "f", "f"),
            ("ctrl-d", "Ctrl-D", "Ctrl-D"),
            ("Ctrl-D", "Ctrl-D", "Ctrl-D"),
            ("Ctrl-Space", "Ctrl-Space", "Ctrl-Space"),
            ("ctrl-left", "Ctrl-Left", "Ctrl-←"),
            ("Alt-Enter", "Alt-Enter", "Alt-Enter"),
            ("alt-D", "Alt-D", "Alt-D"),
            ("Alt--", "Alt--", "Alt--"),
            ("alt-ctrl-x", "Ctrl-Alt-X", "Ctrl-Alt-X"),
        ] {
            let chord = Chord::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
            assert_eq!((chord.name(), chord.label()), (name.into(), label.into()));
            assert_eq!(Chord::parse(&chord.name()), Ok(chord), "{text}");
        }
    }

    #[test]
    fn a_text_that_is_no_key_is_refused_with_the_nearest_name() {
        for (text, problem) in [
            ("", "a key is an empty string"),
            ("Entr", "unknown key 'Entr', did you mean 'Enter'?"),
            (
                "Ctrl-Lef",
                "unknown key 'Lef' in 'Ctrl-Lef', did you mean 'Left'?",
            ),
            ("gg", "unknown key 'gg'"),
            ("F25", "unknown key 'F25'"),
            ("F0", "unknown key 'F0'"),
            ("Ctrl-", "unknown key 'Ctrl-'"),
            ("Shift-d", "Shift is part of the character: write D"),
            ("Alt-Shift-d", "Shift is part of the character: write Alt-D"),
            ("Shift-Up", "terminals cannot tell 'Shift-Up' from 'Up'"),
            ("Ctrl-I", "terminals send Ctrl-I as Tab: write Tab"),
            ("ctrl-m", "terminals send Ctrl-M as Enter: write Enter"),
            ("Ctrl-1", "most terminals do not send Ctrl-1"),
            ("Ctrl-Enter", "most terminals do not send Ctrl-Enter"),
            ("\u{1b}", "unknown key '\u{1b}'"),
            (
                "redis://:secret@h",
                "is not a key, such as q, Enter, Space, Ctrl-D or F2",
            ),
        ] {
            assert_eq!(Chord::parse(text), Err(problem.to_owned()), "{text}");
        }
    }
}
