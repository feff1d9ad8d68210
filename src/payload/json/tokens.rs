//! Cuts JSON into tokens and checks its grammar on the way, without recursion.

use std::ops::Range;

use super::Token;

/// A token found in the payload.
#[derive(Debug)]
pub struct Lexeme {
    /// What it is.
    pub token: Token,
    /// Where it is.
    pub range: Range<usize>,
}

/// The payload is not JSON, or nested too deep.
#[derive(Debug)]
pub struct NotJson;

/// What an open bracket belongs to.
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

/// Yields the tokens of a payload.
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

    /// The next token, `None` after the last one of a complete value.
    pub fn next_token(&mut self) -> Result<Option<Lexeme>, NotJson> {
        let rest = &self.bytes[self.at..];
        let space = rest
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        self.at += space.count();
        let start = self.at;
        let complete = self.expect == Expect::CommaOrEnd && self.open.is_empty();
        let Some(first) = self.bytes.get(start).copied() else {
            return if complete { Ok(None) } else { Err(NotJson) };
        };
        if complete {
            return Err(NotJson);
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
                self.at += string_length(&self.bytes[self.at..])?;
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
                let (token, length) = scalar(&self.bytes[self.at..], first)?;
                self.at += length;
                self.expect = CommaOrEnd;
                return Ok(token);
            }
            _ => return Err(NotJson),
        }
        self.at += 1;
        Ok(Token::Punctuation)
    }

    fn open(&mut self, nest: Nest) -> Result<(), NotJson> {
        if self.open.len() == self.max_depth {
            return Err(NotJson);
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
}

fn scalar(rest: &[u8], first: u8) -> Result<(Token, usize), NotJson> {
    match first {
        b'"' => Ok((Token::String, string_length(rest)?)),
        b'-' | b'0'..=b'9' => Ok((Token::Number, number_length(rest)?)),
        _ => ["true", "false", "null"]
            .iter()
            .find(|literal| rest.starts_with(literal.as_bytes()))
            .map(|literal| (Token::Literal, literal.len()))
            .ok_or(NotJson),
    }
}

/// The length of the string that `rest` begins with, quotes and all.
fn string_length(rest: &[u8]) -> Result<usize, NotJson> {
    let mut at = 1;
    loop {
        match rest.get(at) {
            Some(b'"') => break,
            Some(b'\\') => at += escape_length(&rest[at..])?,
            Some(0..=0x1f) | None => return Err(NotJson),
            Some(_) => at += 1,
        }
    }
    str::from_utf8(&rest[..=at]).map_err(|_| NotJson)?;
    Ok(at + 1)
}

fn escape_length(rest: &[u8]) -> Result<usize, NotJson> {
    match rest.get(1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(2),
        Some(b'u') => {
            let digits = rest.get(2..6).ok_or(NotJson)?;
            let valid = digits.iter().all(u8::is_ascii_hexdigit);
            if valid { Ok(6) } else { Err(NotJson) }
        }
        _ => Err(NotJson),
    }
}

/// The length of the number that `rest` begins with.
fn number_length(rest: &[u8]) -> Result<usize, NotJson> {
    let mut at = usize::from(rest[0] == b'-');
    let whole = digits(&rest[at..])?;
    if whole > 1 && rest[at] == b'0' {
        return Err(NotJson);
    }
    at += whole;
    if rest.get(at) == Some(&b'.') {
        at += 1 + digits(&rest[at + 1..])?;
    }
    if matches!(rest.get(at), Some(b'e' | b'E')) {
        at += 1 + usize::from(matches!(rest.get(at + 1), Some(b'+' | b'-')));
        at += digits(&rest[at..])?;
    }
    Ok(at)
}

/// How many digits `rest` begins with, at least one.
fn digits(rest: &[u8]) -> Result<usize, NotJson> {
    match rest.iter().take_while(|byte| byte.is_ascii_digit()).count() {
        0 => Err(NotJson),
        count => Ok(count),
    }
}
