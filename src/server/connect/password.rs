//! A password that stays in memory only as long as it is needed.

use std::fmt;
use std::ops::Deref;

use zeroize::Zeroizing;

/// A password. It is wiped from memory when dropped, and is never printed.
///
/// Copies made elsewhere are not wiped: the environment, and the commands that the redis crate
/// keeps until they are sent.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Password(Zeroizing<String>);

impl From<String> for Password {
    fn from(password: String) -> Self {
        Self(Zeroizing::new(password))
    }
}

impl From<&str> for Password {
    fn from(password: &str) -> Self {
        password.to_owned().into()
    }
}

impl Password {
    /// Appends `text`. A buffer that becomes too small is wiped.
    pub fn push_str(&mut self, text: &str) {
        let needed = self.0.len() + text.len();
        if needed > self.0.capacity() {
            let mut larger = Zeroizing::new(String::with_capacity(needed.max(64) * 2));
            larger.push_str(&self.0);
            self.0 = larger;
        }
        self.0.push_str(text);
    }

    /// Removes the last character.
    pub fn pop(&mut self) {
        self.0.pop();
    }
}

impl Deref for Password {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_can_be_typed() {
        let mut password = Password::default();
        for _ in 0..100 {
            password.push_str("aé");
        }
        password.pop();
        assert_eq!(&*password, &("aé".repeat(99) + "a"));
    }

    #[test]
    fn a_password_is_not_printed() {
        let password = Password::from("secret");
        assert_eq!(&*password, "secret");
        assert_eq!(format!("{:?}", Some(password)), "Some(***)");
    }
}
