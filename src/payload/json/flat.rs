//! JSON as a flat list of tokens, for checking every message of a burst: validated and tokenised in
//! one pass, into a vector that is reused.

use std::ops::Range;

use super::{Flaw, Parser, Visitor};

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The start of an object.
    Object,
    /// The start of an array.
    Array,
    /// The end of the innermost open object or array.
    End,
    /// The name of the member whose value follows.
    Key,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A number.
    Number,
    /// A string.
    String,
}

/// A token and its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// The kind of the token.
    pub kind: Kind,
    start: u32,
    end: u32,
}

impl Token {
    /// Returns the token as it is written in the payload; for a key or string, the text between the
    /// quotes, with its escapes. The text is empty for an object or array.
    #[inline]
    pub fn text<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.start as usize..self.end as usize]
    }
}

/// Splits `bytes` into `tokens`, replacing their contents. Returns whether all of `bytes` are one
/// JSON value; if not, the tokens are meaningless. Payloads of 4 GiB or more are rejected.
pub fn flatten(bytes: &[u8], tokens: &mut Vec<Token>) -> bool {
    tokens.clear();
    u32::try_from(bytes.len()).is_ok()
        && Parser { bytes, at: 0 }.parse(&mut Tokens(tokens)).is_ok()
        && str::from_utf8(bytes).is_ok()
}

/// A visitor that collects tokens.
struct Tokens<'a>(&'a mut Vec<Token>);

impl Tokens<'_> {
    #[inline]
    fn push(&mut self, kind: Kind, raw: Range<usize>) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "payloads of 4 GiB or more are rejected"
        )]
        let (start, end) = (raw.start as u32, raw.end as u32);
        self.0.push(Token { kind, start, end });
    }
}

impl Visitor for Tokens<'_> {
    #[inline]
    fn open(&mut self, is_object: bool, _: usize) -> Result<(), Flaw> {
        let kind = if is_object { Kind::Object } else { Kind::Array };
        self.push(kind, 0..0);
        Ok(())
    }

    #[inline]
    fn close(&mut self, _: usize) {
        self.push(Kind::End, 0..0);
    }

    #[inline]
    fn key(&mut self, raw: Range<usize>) -> Result<(), Flaw> {
        self.push(Kind::Key, raw);
        Ok(())
    }

    #[inline]
    fn scalar(&mut self, first: u8, raw: Range<usize>) -> Result<(), Flaw> {
        let kind = match first {
            b'"' => Kind::String,
            b't' | b'f' => Kind::Bool,
            b'n' => Kind::Null,
            _ => Kind::Number,
        };
        self.push(kind, raw);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_split_into_its_tokens() {
        let bytes = br#" {"a":[1,"x\"y",{}], "b" : null,"c":[], "d":true } "#;
        let mut tokens = Vec::new();
        assert!(flatten(bytes, &mut tokens));
        let cut: Vec<(Kind, &[u8])> = tokens
            .iter()
            .map(|token| (token.kind, token.text(bytes)))
            .collect();
        let expected: &[(Kind, &[u8])] = &[
            (Kind::Object, b""),
            (Kind::Key, b"a"),
            (Kind::Array, b""),
            (Kind::Number, b"1"),
            (Kind::String, br#"x\"y"#),
            (Kind::Object, b""),
            (Kind::End, b""),
            (Kind::End, b""),
            (Kind::Key, b"b"),
            (Kind::Null, b"null"),
            (Kind::Key, b"c"),
            (Kind::Array, b""),
            (Kind::End, b""),
            (Kind::Key, b"d"),
            (Kind::Bool, b"true"),
            (Kind::End, b""),
        ];
        assert_eq!(cut, expected);
        assert!(!flatten(b"{\"a\":1", &mut tokens));
        assert!(!flatten(b"\"\xff\"", &mut tokens));
    }
}
