//! JSON as a flat row of tokens, for those who look at every message of a flood: checked and cut
//! in one pass, into a vector that is used again.

use std::ops::Range;

use super::{Grammar, Visit};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An object starts.
    Object,
    /// An array starts.
    Array,
    /// The last object or array that is open ends.
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

/// A token, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    start: u32,
    end: u32,
}

impl Token {
    /// The bytes of the payload that it is written with; of a key and a string, those between the
    /// quotes, as they are escaped. Nothing for an object or array.
    #[must_use]
    #[inline]
    pub fn text<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.start as usize..self.end as usize]
    }
}

/// Cuts `bytes` into `tokens`, which lose what they held. Says whether all of it is one JSON value;
/// if not, what the tokens hold means nothing. A payload of 4 GiB and more is not read.
#[must_use]
pub fn flatten(bytes: &[u8], tokens: &mut Vec<Token>) -> bool {
    tokens.clear();
    u32::try_from(bytes.len()).is_ok()
        && Grammar { bytes, at: 0 }.whole(&mut Row(tokens)).is_some()
        && str::from_utf8(bytes).is_ok()
}

/// Takes the tokens down.
struct Row<'a>(&'a mut Vec<Token>);

impl Row<'_> {
    #[inline]
    fn push(&mut self, kind: Kind, raw: Range<usize>) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "no payload is read whose length has more than 32 bits"
        )]
        let (start, end) = (raw.start as u32, raw.end as u32);
        self.0.push(Token { kind, start, end });
    }
}

impl Visit for Row<'_> {
    #[inline]
    fn open(&mut self, is_object: bool) {
        let kind = if is_object { Kind::Object } else { Kind::Array };
        self.push(kind, 0..0);
    }

    #[inline]
    fn close(&mut self) {
        self.push(Kind::End, 0..0);
    }

    #[inline]
    fn key(&mut self, raw: Range<usize>) {
        self.push(Kind::Key, raw);
    }

    #[inline]
    fn scalar(&mut self, first: u8, raw: Range<usize>) {
        let kind = match first {
            b'"' => Kind::String,
            b't' | b'f' => Kind::Bool,
            b'n' => Kind::Null,
            _ => Kind::Number,
        };
        self.push(kind, raw);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_cut_into_its_tokens() {
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
