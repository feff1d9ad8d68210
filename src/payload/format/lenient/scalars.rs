//! Strings, numbers and words.

use std::ops::Range;

use memchr::memchr2;

use super::{Leniency, Reader};
use crate::payload::escape;
use crate::payload::json::text::surrogate_bytes;
use crate::payload::reading::Stop;
use crate::payload::tree::{Kind, Text};

/// The maximum length of a hexadecimal number, in digits.
const MAX_HEX_DIGITS: usize = 32;

/// The contents of a string.
pub(super) struct Contents {
    /// Where they are written, without the quotes.
    range: Range<usize>,
    /// The unescaped contents, if they contain an escape.
    unescaped: Option<Vec<u8>>,
    /// Whether the string is of bytes, in Python.
    is_bytes: bool,
}

impl Contents {
    pub(super) fn text(&self) -> Text<'_> {
        match &self.unescaped {
            Some(bytes) => Text::Bytes(bytes),
            None => Text::InPayload(self.range.clone()),
        }
    }
}

/// A number.
pub(super) struct Number {
    range: Range<usize>,
    /// The number as JSON writes it, if the payload writes it differently.
    rewritten: Option<String>,
}

impl Number {
    /// Returns the number as JSON writes it. `text` is the payload.
    pub(super) fn digits<'a>(&'a self, text: &'a [u8]) -> &'a [u8] {
        match &self.rewritten {
            Some(digits) => digits.as_bytes(),
            None => &text[self.range.clone()],
        }
    }
}

impl<'a> Reader<'a> {
    /// Takes a value that is not a container.
    pub(super) fn scalar(&mut self) -> Result<(), Stop> {
        let start = self.at;
        if let Some(string) = self.string()? {
            let contents = match &string.unescaped {
                Some(bytes) => bytes,
                None => &self.text[string.range.clone()],
            };
            let is_binary = string.is_bytes && !escape::is_plain(contents);
            let kind = if is_binary { Kind::Bytes } else { Kind::String };
            return self.add(kind, string.text(), start);
        }
        if matches!(self.peek(), Some(b'+' | b'-' | b'.' | b'0'..=b'9')) {
            let number = self.number()?;
            let text = match &number.rewritten {
                Some(digits) => Text::Bytes(digits.as_bytes()),
                None => Text::InPayload(number.range),
            };
            return self.add(Kind::Number, text, start);
        }
        let word = self.identifier().unwrap_or(start..start);
        let (kind, text, leniency) = match &self.text[word] {
            b"true" => (Kind::Bool, "true", None),
            b"false" => (Kind::Bool, "false", None),
            b"null" => (Kind::Null, "null", None),
            b"True" => (Kind::Bool, "true", Some(Leniency::PythonWord)),
            b"False" => (Kind::Bool, "false", Some(Leniency::PythonWord)),
            b"None" => (Kind::Null, "null", Some(Leniency::PythonWord)),
            b"NaN" | b"nan" => (Kind::Number, "NaN", Some(Leniency::NotFinite)),
            b"Infinity" | b"inf" => (Kind::Number, "Infinity", Some(Leniency::NotFinite)),
            _ => return Err(Stop::wrong("expected a value", start)),
        };
        if let Some(leniency) = leniency {
            self.leniencies.note(leniency, start);
        }
        self.add(kind, Text::Bytes(text.as_bytes()), start)
    }

    fn add(&mut self, kind: Kind, text: Text<'_>, start: usize) -> Result<(), Stop> {
        let added = self.builder.scalar(kind, text, start..self.at);
        added.map_err(Stop::refused(start))
    }

    /// Takes a string, if there is one.
    pub(super) fn string(&mut self) -> Result<Option<Contents>, Stop> {
        let start = self.at;
        let (quote, is_bytes) = match self.text[start..] {
            [quote @ (b'"' | b'\''), ..] => (quote, false),
            [prefix @ (b'b' | b'u'), quote @ (b'"' | b'\''), ..] => {
                self.leniencies.note(Leniency::PythonPrefix, start);
                self.at += 1;
                (quote, prefix == b'b')
            }
            _ => return Ok(None),
        };
        if quote == b'\'' {
            self.leniencies.note(Leniency::SingleQuotes, self.at);
        }
        self.at += 1;
        let first = self.at;
        let mut unescaped: Option<Vec<u8>> = None;
        loop {
            let run = self.at;
            let length = memchr2(quote, b'\\', &self.text[run..]);
            let length = length.ok_or(Stop::wrong("unterminated string", start))?;
            self.check_run(run..run + length)?;
            self.at = run + length;
            if let Some(unescaped) = &mut unescaped {
                unescaped.extend_from_slice(&self.text[run..self.at]);
            }
            if self.take(quote) {
                return Ok(Some(Contents {
                    range: first..self.at - 1,
                    unescaped,
                    is_bytes,
                }));
            }
            let before = &self.text[first..self.at];
            self.escape(unescaped.get_or_insert_with(|| before.to_vec()), is_bytes)?;
        }
    }

    /// Checks a part of a string without escapes.
    fn check_run(&mut self, run: Range<usize>) -> Result<(), Stop> {
        let control = self.text[run.clone()].iter().position(|byte| *byte < 0x20);
        let Some(at) = control.map(|at| run.start + at) else {
            return Ok(());
        };
        let breaks = memchr2(b'\n', b'\r', &self.text[at..run.end]);
        if let Some(offset) = breaks {
            return Err(Stop::wrong("line break in a string", at + offset));
        }
        self.leniencies.note(Leniency::Control, at);
        Ok(())
    }

    /// Takes an escape, and adds what it stands for to `out`.
    fn escape(&mut self, out: &mut Vec<u8>, is_bytes: bool) -> Result<(), Stop> {
        let start = self.at;
        let wrong = || Stop::wrong("invalid escape", start);
        self.at += 1;
        let kind = self.expect()?;
        self.at += 1;
        let is_strict = matches!(
            kind,
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' | b'u'
        );
        if !is_strict {
            self.leniencies.note(Leniency::Escape, start);
        }
        match kind {
            b'b' => out.push(8),
            b'f' => out.push(0xc),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'v' => out.push(0xb),
            b'0' if !matches!(self.peek(), Some(b'0'..=b'9')) => out.push(0),
            b'0'..=b'9' => return Err(wrong()),
            b'x' => {
                let code = self.hex(2).and_then(|code| u8::try_from(code).ok());
                let code = code.ok_or_else(wrong)?;
                if is_bytes {
                    out.push(code);
                } else {
                    push(out, char::from(code));
                }
            }
            b'u' => {
                let code = self.hex(4).ok_or_else(wrong)?;
                self.unit(code, out);
            }
            b'U' => {
                let code = self.hex(8).and_then(char::from_u32);
                push(out, code.ok_or_else(wrong)?);
            }
            // An escaped line break continues the line.
            b'\n' => {}
            b'\r' => drop(self.take(b'\n')),
            0xe2 if self.text[self.at..].starts_with(&[0x80, 0xa8])
                || self.text[self.at..].starts_with(&[0x80, 0xa9]) =>
            {
                self.at += 2;
            }
            other => out.push(other),
        }
        Ok(())
    }

    /// Adds the character of the UTF-16 unit `code`, which is combined with the second half of a
    /// surrogate pair if that follows.
    fn unit(&mut self, code: u32, out: &mut Vec<u8>) {
        let Ok(unit) = u16::try_from(code) else {
            return;
        };
        let after = self.at;
        let second = self.text[after..].starts_with(b"\\u").then(|| {
            self.at += 2;
            self.hex(4)
        });
        let second = second.flatten().and_then(|code| u16::try_from(code).ok());
        let pair = second.and_then(|second| {
            let mut letters = char::decode_utf16([unit, second]);
            letters
                .next()?
                .ok()
                .filter(|letter| letter.len_utf16() == 2)
        });
        match (pair, char::from_u32(code)) {
            (Some(letter), _) => push(out, letter),
            (None, letter) => {
                self.at = after;
                match letter {
                    Some(letter) => push(out, letter),
                    None => out.extend_from_slice(&surrogate_bytes(unit)),
                }
            }
        }
    }

    /// Takes `count` hexadecimal digits.
    fn hex(&mut self, count: usize) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + count)?;
        let digits = digits.iter().all(u8::is_ascii_hexdigit).then_some(digits)?;
        let code = u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
        self.at += count;
        Some(code)
    }

    /// Takes a number, or a sign with a word for a number that is not finite.
    pub(super) fn number(&mut self) -> Result<Number, Stop> {
        let start = self.at;
        let wrong = || Stop::wrong("invalid number", start);
        let is_negative = self.peek() == Some(b'-');
        let has_plus = self.take(b'+');
        self.at += usize::from(is_negative);
        let sign = if is_negative { "-" } else { "" };
        if let Some(word) = self.identifier() {
            self.leniencies.note(Leniency::NotFinite, start);
            let digits = match &self.text[word] {
                b"Infinity" | b"inf" => format!("{sign}Infinity"),
                b"NaN" | b"nan" => "NaN".to_owned(),
                _ => return Err(wrong()),
            };
            return Ok(self.rewritten(start, digits));
        }
        if let [b'0', b'x' | b'X', ..] = self.text[self.at..] {
            self.leniencies.note(Leniency::Hexadecimal, start);
            self.at += 2;
            let digits = self.digits(u8::is_ascii_hexdigit);
            if digits.len() > MAX_HEX_DIGITS {
                return Err(Stop::wrong("hexadecimal number too long", start));
            }
            let number = u128::from_str_radix(digits, 16).map_err(|_| wrong())?;
            return Ok(self.rewritten(start, format!("{sign}{number}")));
        }
        let whole = self.digits(u8::is_ascii_digit);
        let has_point = self.take(b'.');
        let fraction = if has_point {
            self.digits(u8::is_ascii_digit)
        } else {
            ""
        };
        let is_octal = whole.len() > 1 && whole.starts_with('0');
        if is_octal || whole.is_empty() && fraction.is_empty() {
            return Err(wrong());
        }
        let exponent = self.exponent().ok_or_else(wrong)?;
        let is_strict = !has_plus && !whole.is_empty() && has_point != fraction.is_empty();
        if is_strict {
            return Ok(Number {
                range: start..self.at,
                rewritten: None,
            });
        }
        self.leniencies.note(Leniency::NumberForm, start);
        let whole = if whole.is_empty() { "0" } else { whole };
        let point = if fraction.is_empty() { "" } else { "." };
        let digits = format!("{sign}{whole}{point}{fraction}{exponent}");
        Ok(self.rewritten(start, digits))
    }

    /// Takes an exponent, which may be absent. Returns `None` if it lacks digits.
    fn exponent(&mut self) -> Option<&'a str> {
        let start = self.at;
        if !self.take(b'e') && !self.take(b'E') {
            return Some("");
        }
        if !self.take(b'-') {
            self.take(b'+');
        }
        let is_complete = !self.digits(u8::is_ascii_digit).is_empty();
        let written = str::from_utf8(&self.text[start..self.at]).ok()?;
        is_complete.then_some(written)
    }

    /// Takes all following digits.
    fn digits(&mut self, is_digit: impl Fn(&u8) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let length = rest.iter().position(|byte| !is_digit(byte));
        let digits = &rest[..length.unwrap_or(rest.len())];
        self.at += digits.len();
        // Digits are ASCII, so the default is never used.
        str::from_utf8(digits).unwrap_or_default()
    }

    fn rewritten(&self, start: usize, digits: String) -> Number {
        Number {
            range: start..self.at,
            rewritten: Some(digits),
        }
    }
}

fn push(out: &mut Vec<u8>, letter: char) {
    out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
}
