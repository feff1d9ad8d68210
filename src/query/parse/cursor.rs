//! A place in a query's text.

use std::ops::Range;

/// The text, and how far it has been read: always the bound of a character.
#[derive(Clone, Copy)]
pub struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// The start of `text`.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// How many bytes have been read.
    pub fn at(&self) -> usize {
        self.at
    }

    /// What has been read since `start`.
    pub fn since(&self, start: usize) -> Range<usize> {
        start..self.at
    }

    /// The text of what has been read since `start`.
    pub fn text_since(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    /// What is still to be read.
    pub fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Whether all has been read.
    pub fn at_end(&self) -> bool {
        self.at == self.text.len()
    }

    /// The next character.
    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Where the next character stands; empty at the end.
    pub fn next_char(&self) -> Range<usize> {
        self.at..self.at + self.peek().map_or(0, char::len_utf8)
    }

    /// Takes the next character.
    pub fn take(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Takes `expected`, if it stands here.
    pub fn eat(&mut self, expected: &str) -> bool {
        let eats = self.rest().starts_with(expected);
        self.at += if eats { expected.len() } else { 0 };
        eats
    }

    /// Takes the characters that are as `wanted`, and gives them.
    pub fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|next| !wanted(next)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// Takes whatever stands up to a space, a parenthesis or the end.
    pub fn take_word(&mut self) -> &'a str {
        self.take_while(|next| !next.is_whitespace() && !matches!(next, '(' | ')'))
    }

    /// Takes the spaces here.
    pub fn skip_space(&mut self) {
        self.take_while(char::is_whitespace);
    }

    /// Whether a space follows.
    pub fn sees_space(&self) -> bool {
        self.peek().is_some_and(char::is_whitespace)
    }

    /// Whether a term may end here.
    pub fn sees_bound(&self) -> bool {
        matches!(self.peek(), None | Some(')')) || self.sees_space()
    }

    /// Whether `word` follows as a word of its own.
    pub fn sees_word(&self, word: &str) -> bool {
        self.rest().strip_prefix(word).is_some_and(|behind| {
            behind
                .chars()
                .next()
                .is_none_or(|next| next.is_whitespace() || matches!(next, '(' | ')'))
        })
    }
}
