//! A cursor that moves through the text of a query.

use std::ops::Range;

/// The text and the position in it, always on a character boundary.
#[derive(Clone, Copy)]
pub struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Creates a cursor at the start of `text`.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Returns the position, in bytes.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Returns the range from `start` to the position.
    pub fn since(&self, start: usize) -> Range<usize> {
        start..self.at
    }

    /// Returns the text from `start` to the position.
    pub fn text_since(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    /// Returns the whole text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Returns the text in a range.
    pub fn text_at(&self, range: &Range<usize>) -> &'a str {
        &self.text[range.clone()]
    }

    /// Returns the remaining text.
    pub fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Returns whether the position is at the end.
    pub fn at_end(&self) -> bool {
        self.at == self.text.len()
    }

    /// Returns the next character.
    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Returns the range of the next character; empty at the end.
    pub fn next_char(&self) -> Range<usize> {
        self.at..self.at + self.peek().map_or(0, char::len_utf8)
    }

    /// Consumes the next character.
    pub fn take(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Consumes `expected` if it comes next.
    pub fn eat(&mut self, expected: &str) -> bool {
        let is_next = self.rest().starts_with(expected);
        self.at += if is_next { expected.len() } else { 0 };
        is_next
    }

    /// Consumes the characters up to the first that is not `wanted` and returns them.
    pub fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|next| !wanted(next)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// Consumes everything up to a space, a parenthesis or the end.
    pub fn take_word(&mut self) -> &'a str {
        self.take_while(|next| !ends_word(next))
    }

    /// Consumes spaces.
    pub fn skip_space(&mut self) {
        self.take_while(char::is_whitespace);
    }

    /// Returns whether a space comes next.
    pub fn sees_space(&self) -> bool {
        self.peek().is_some_and(char::is_whitespace)
    }

    /// Returns whether a term may end here.
    pub fn at_term_end(&self) -> bool {
        matches!(self.peek(), None | Some(')')) || self.sees_space()
    }

    /// Returns whether `word` comes next as a separate word.
    pub fn sees_word(&self, word: &str) -> bool {
        let after = self.rest().strip_prefix(word);
        after.is_some_and(|after| after.is_empty() || after.starts_with(ends_word))
    }
}

/// Returns whether `character` ends a word.
pub fn ends_word(character: char) -> bool {
    character.is_whitespace() || matches!(character, '(' | ')')
}

/// Returns whether a name in a path may contain `character`.
pub fn is_name_char(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-' | '$' | '@')
}
