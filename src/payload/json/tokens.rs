//! Splits JSON into tokens and checks its grammar, without recursion.

use std::fmt::{self, Display, Formatter};
use std::ops::Range;

use super::skip_space;

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// The name of a member, with its quotes.
    Key,
    /// A string, with its quotes.
    String,
    /// A number.
    Number,
    /// `true`, `false` or `null`.
    Literal,
    /// One of `{ } [ ] : ,`.
    Punctuation,
}

/// A token found in the payload.
#[derive(Debug)]
pub struct Lexeme {
    /// The kind of the token.
    pub token: Token,
    /// The position of the token.
    pub range: Range<usize>,
}

/// Why a payload is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotJson {
    /// The byte, counted from 0, at which it stops being JSON.
    pub at: usize,
    /// What is wrong there.
    pub why: &'static str,
}

impl Display for NotJson {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "not JSON: {} at byte {}", self.why, self.at)
    }
}

/// The kind of an open bracket.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nest {
    Object,
    Array,
}

/// What the grammar allows next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
}

/// Splits a payload into tokens.
pub struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
    open: Vec<Nest>,
    max_depth: usize,
    expect: Expect,
}

impl<'a> Tokens<'a> {
    /// Starts at the first of `bytes`.
    pub fn new(bytes: &'a [u8], max_depth: usize) -> Self {
        Self {
            bytes,
            at: 0,
            open: Vec::new(),
            max_depth,
            expect: Expect::Value,
        }
    }

    /// Returns the next token, or `None` after the last one of a complete value.
    pub fn next_token(&mut self) -> Result<Option<Lexeme>, NotJson> {
        let start = skip_space(self.bytes, self.at);
        self.at = start;
        let is_complete = self.expect == Expect::CommaOrEnd && self.open.is_empty();
        let Some(first) = self.bytes.get(start).copied() else {
            return if is_complete {
                Ok(None)
            } else {
                Err(self.wrong("unexpected end"))
            };
        };
        if is_complete {
            return Err(self.wrong("trailing data"));
        }
        let token = self.accept(first)?;
        Ok(Some(Lexeme {
            token,
            range: start..self.at,
        }))
    }

    fn accept(&mut self, first: u8) -> Result<Token, NotJson> {
        use Expect::{Colon, CommaOrEnd, Key, KeyOrEnd, Value, ValueOrEnd};

        let nest = self.open.last().copied();
        match (self.expect, first) {
            (Key | KeyOrEnd, b'"') => {
                self.string()?;
                self.expect = Colon;
                return Ok(Token::Key);
            }
            (CommaOrEnd, b',') if nest == Some(Nest::Object) => self.expect = Key,
            (Colon, b':') | (CommaOrEnd, b',') => self.expect = Value,
            (KeyOrEnd | CommaOrEnd, b'}') if nest == Some(Nest::Object) => self.close(),
            (ValueOrEnd | CommaOrEnd, b']') if nest == Some(Nest::Array) => self.close(),
            (Value | ValueOrEnd, b'{') => self.open(Nest::Object)?,
            (Value | ValueOrEnd, b'[') => self.open(Nest::Array)?,
            (Value | ValueOrEnd, _) => {
                let token = self.scalar(first)?;
                self.expect = CommaOrEnd;
                return Ok(token);
            }
            _ => return Err(self.wrong(missing(self.expect, nest))),
        }
        self.at += 1;
        Ok(Token::Punctuation)
    }

    fn open(&mut self, nest: Nest) -> Result<(), NotJson> {
        if self.open.len() == self.max_depth {
            return Err(self.wrong("nested too deeply"));
        }
        self.open.push(nest);
        self.expect = match nest {
            Nest::Object => Expect::KeyOrEnd,
            Nest::Array => Expect::ValueOrEnd,
        };
        Ok(())
    }

    fn close(&mut self) {
        self.open.pop();
        self.expect = Expect::CommaOrEnd;
    }

    fn scalar(&mut self, first: u8) -> Result<Token, NotJson> {
        let rest = &self.bytes[self.at..];
        match first {
            b'"' => {
                self.string()?;
                Ok(Token::String)
            }
            b'-' | b'0'..=b'9' => {
                let length = number_length(rest);
                self.at += length.ok_or(self.wrong("invalid number"))?;
                Ok(Token::Number)
            }
            _ => {
                let mut literals = ["true", "false", "null"].into_iter();
                let literal = literals.find(|literal| rest.starts_with(literal.as_bytes()));
                self.at += literal.ok_or(self.wrong("expected a value"))?.len();
                Ok(Token::Literal)
            }
        }
    }

    /// Takes a string, including its quotes.
    fn string(&mut self) -> Result<(), NotJson> {
        let start = self.at;
        let mut at = start + 1;
        loop {
            // Skip to the next byte that needs a closer look.
            let rest = &self.bytes[at.min(self.bytes.len())..];
            let plain = rest
                .iter()
                .position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
            at += plain.ok_or(self.wrong("unterminated string"))?;
            match self.bytes[at] {
                b'"' => break,
                b'\\' => {
                    let length = escape_length(&self.bytes[at..]);
                    self.at = at;
                    at += length.ok_or(self.wrong("invalid escape"))?;
                }
                _ => {
                    self.at = at;
                    return Err(self.wrong("control character in a string"));
                }
            }
        }
        if let Err(wrong) = str::from_utf8(&self.bytes[start..=at]) {
            self.at = start + wrong.valid_up_to();
            return Err(self.wrong("invalid UTF-8 in a string"));
        }
        self.at = at + 1;
        Ok(())
    }

    /// Returns an error at the current position.
    fn wrong(&self, why: &'static str) -> NotJson {
        NotJson { at: self.at, why }
    }
}

/// Returns a message about what is missing at the current position.
fn missing(expect: Expect, nest: Option<Nest>) -> &'static str {
    match (expect, nest) {
        (Expect::Key | Expect::KeyOrEnd, _) => "expected a key",
        (Expect::Colon, _) => "expected a colon",
        (_, Some(Nest::Object)) => "expected a comma or }",
        (_, Some(Nest::Array)) => "expected a comma or ]",
        (_, None) => "expected a value",
    }
}

/// Returns the length of the escape that `rest` begins with.
fn escape_length(rest: &[u8]) -> Option<usize> {
    match rest.get(1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => {
            let digits = rest.get(2..6)?;
            digits.iter().all(u8::is_ascii_hexdigit).then_some(6)
        }
        _ => None,
    }
}

/// Returns the length of the number that `rest` begins with.
fn number_length(rest: &[u8]) -> Option<usize> {
    let mut at = usize::from(rest[0] == b'-');
    let whole = digits(&rest[at..])?;
    if whole > 1 && rest[at] == b'0' {
        return None;
    }
    at += whole;
    if rest.get(at) == Some(&b'.') {
        at += 1 + digits(&rest[at + 1..])?;
    }
    if matches!(rest.get(at), Some(b'e' | b'E')) {
        at += 1 + usize::from(matches!(rest.get(at + 1), Some(b'+' | b'-')));
        at += digits(&rest[at..])?;
    }
    Some(at)
}

/// Returns how many digits `rest` begins with, or `None` if there are none.
fn digits(rest: &[u8]) -> Option<usize> {
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (count > 0).then_some(count)
}
