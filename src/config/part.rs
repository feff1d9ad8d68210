//! A part of the config file, which may be only partly valid.

use super::error::ConfigError;

/// What a part of the file says, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Part<T> {
    content: T,
    errors: Vec<ConfigError>,
}

impl<T> Part<T> {
    /// Creates a part that says `content`, apart from the values that caused `errors`.
    pub(super) fn new(content: T, mut errors: Vec<ConfigError>) -> Self {
        errors.sort_by_key(ConfigError::line);
        Self { content, errors }
    }

    /// Returns what the part says.
    ///
    /// # Errors
    ///
    /// Returns the errors, by line, if there are any.
    pub fn valid(&self) -> Result<&T, &[ConfigError]> {
        if self.errors.is_empty() {
            Ok(&self.content)
        } else {
            Err(&self.errors)
        }
    }

    /// Returns the errors, by line.
    pub fn errors(&self) -> &[ConfigError] {
        &self.errors
    }

    /// Returns what the part says without its invalid values, to look for more errors in it.
    pub fn rest(&self) -> &T {
        &self.content
    }
}

impl<T: Default> From<ConfigError> for Part<T> {
    fn from(error: ConfigError) -> Self {
        Self::new(T::default(), vec![error])
    }
}
