//! The prompt for a password, which is never shown.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::server::{LoginAt, Password};

/// The maximum size of a password in bytes. Tokens take a few thousand.
const MOST: usize = 64 << 10;

/// The prompt for a password. `Debug` does not show it.
#[derive(Debug)]
pub struct PasswordPrompt {
    /// The servers that it is for.
    pub at: LoginAt,
    password: Password,
}

impl PasswordPrompt {
    /// Creates an empty prompt.
    pub(crate) fn new(at: LoginAt) -> Self {
        let password = Password::default();
        Self { at, password }
    }

    /// Returns the number of characters typed so far.
    pub fn length(&self) -> usize {
        self.password.chars().count()
    }

    /// Handles a key. The only position in the text is its end.
    pub(crate) fn press(&mut self, key: KeyEvent) {
        match (key.code, key.modifiers) {
            (KeyCode::Backspace, _) | (KeyCode::Char('h'), KeyModifiers::CONTROL) => {
                self.password.pop();
            }
            (KeyCode::Char('u' | 'w'), KeyModifiers::CONTROL) => {
                self.password = Password::default();
            }
            (KeyCode::Char(letter), KeyModifiers::NONE | KeyModifiers::SHIFT) => {
                self.insert(letter.encode_utf8(&mut [0; 4]));
            }
            _ => {}
        }
    }

    /// Adds text without the line breaks at its ends, which are usually copied by accident.
    pub(crate) fn insert(&mut self, text: &str) {
        let text = text.trim_matches(['\r', '\n']);
        if self.password.len() + text.len() <= MOST {
            self.password.push_str(text);
        }
    }

    /// Returns the password.
    pub(crate) fn into_password(self) -> Password {
        self.password
    }
}
