//! How JSON is written.

use std::collections::BTreeMap;

use crate::payload::encode::item::{Item, Wrong};
use crate::payload::format::Dialect;
use crate::payload::json::text::{Run, Unescaped, runs};

/// How the old JSON is written.
#[derive(Debug, Default)]
pub(in crate::payload::encode) struct Style {
    /// The escapes that it uses for characters.
    escapes: BTreeMap<char, String>,
    /// Whether all characters outside ASCII are escaped.
    is_ascii: bool,
    /// Whether the digits of escapes are uppercase.
    has_uppercase: bool,
    /// Whether there is a space after commas and colons.
    pub has_spaces: bool,
    /// How it deviates from strict JSON; `None` for strict JSON.
    dialect: Option<Dialect>,
}

impl Style {
    /// Returns the style of some JSON.
    pub fn of(bytes: &[u8]) -> Self {
        let mut style = Self::default();
        let text = str::from_utf8(bytes).unwrap_or_default();
        let mut rest = text;
        while let Some(at) = rest.find('\\') {
            rest = &rest[at..];
            let length = match rest.as_bytes() {
                [b'\\', b'u', ..] => 6,
                _ => 2,
            };
            let Some((escape, after)) = rest.split_at_checked(length) else {
                break;
            };
            style.learn(escape);
            rest = after;
        }
        let has_wide = style.escapes.keys().any(|key| !key.is_ascii());
        style.is_ascii = has_wide && text.is_ascii();
        style.has_spaces = text.contains("\": ") || text.contains(", ") && !text.contains("\":");
        style
    }

    /// Returns the style of some lenient JSON.
    pub fn of_lenient(bytes: &[u8], dialect: Dialect) -> Self {
        let has = |space: &[u8]| bytes.windows(space.len()).any(|part| part == space);
        Self {
            dialect: Some(dialect),
            has_spaces: has(b": ") || has(b", "),
            ..Self::of(bytes)
        }
    }

    fn learn(&mut self, escape: &str) {
        let raw = escape.as_bytes();
        // Others have another meaning in lenient JSON, or none.
        let is_strict = matches!(
            raw[1],
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' | b'u'
        );
        if !is_strict {
            return;
        }
        self.has_uppercase |= raw.iter().skip(2).any(u8::is_ascii_uppercase);
        let meaning: Vec<u8> = Unescaped::new(raw).collect();
        let meaning = str::from_utf8(&meaning).ok().map(str::chars);
        if let Some(mut meaning) = meaning
            && let (Some(character), None) = (meaning.next(), meaning.next())
        {
            self.escapes
                .entry(character)
                .or_insert_with(|| escape.to_owned());
        } else {
            // Half of a pair: all characters beyond 16 bits are escaped.
            self.escapes.entry('\u{10000}').or_default();
        }
    }

    /// Returns whether deviations from strict JSON are allowed.
    pub fn is_lenient(&self) -> bool {
        self.dialect.is_some()
    }

    fn is_python(&self) -> bool {
        self.dialect.is_some_and(|dialect| dialect.is_python)
    }

    /// Returns whether there are strings of bytes.
    pub fn has_bytes(&self) -> bool {
        self.is_python()
    }

    /// Returns `null`, `true` or `false` as it is written.
    pub fn word(&self, word: &'static str) -> &'static str {
        match word {
            "null" if self.is_python() => "None",
            "true" if self.is_python() => "True",
            "false" if self.is_python() => "False",
            word => word,
        }
    }

    /// Writes a string, in the quotes of the one it replaces, which starts with the byte `old`.
    pub fn write_string(
        &self,
        new: &Item,
        text: &[u8],
        old: Option<u8>,
        out: &mut Vec<u8>,
    ) -> Result<(), Wrong> {
        let is_single = match (self.dialect, old) {
            (None, _) | (_, Some(b'"')) => false,
            (Some(_), Some(b'\'')) => true,
            (Some(dialect), _) => dialect.has_single_quotes,
        };
        let quote = if is_single { '\'' } else { '"' };
        out.extend(quote.encode_utf8(&mut [0; 4]).as_bytes());
        for run in runs(text) {
            match run {
                Run::Text(text) => {
                    for character in text.chars() {
                        self.write_character(character, quote, out);
                    }
                }
                Run::Surrogate(unit) => self.write_unit(unit, out),
                Run::Broken => return new.wrong("JSON strings are UTF-8: not these bytes"),
            }
        }
        out.extend(quote.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    /// Writes bytes as Python does.
    pub fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
        out.extend(b"b'");
        for byte in bytes {
            match byte {
                b'\'' | b'\\' => out.extend([b'\\', *byte]),
                b' '..=b'~' => out.push(*byte),
                _ => out.extend(format!("\\x{byte:02x}").as_bytes()),
            }
        }
        out.push(b'\'');
    }

    fn write_character(&self, character: char, quote: char, out: &mut Vec<u8>) {
        if matches!(character, '"' | '\'') && quote == '\'' {
            let escape: &[u8] = if character == quote { b"\\'" } else { b"\"" };
            return out.extend(escape);
        }
        if let Some(known) = self
            .escapes
            .get(&character)
            .filter(|known| !known.is_empty())
        {
            return out.extend(known.as_bytes());
        }
        let short = match character {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '\0'..' ' => "",
            '\u{80}'.. if self.is_ascii => "",
            _ => return out.extend(character.encode_utf8(&mut [0; 4]).as_bytes()),
        };
        if !short.is_empty() {
            return out.extend(short.as_bytes());
        }
        // Python does not join halves of a pair.
        if self.is_python() && character > '\u{ffff}' {
            let code = u32::from(character);
            return out.extend(format!("\\U{code:08x}").as_bytes());
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            self.write_unit(*unit, out);
        }
    }

    fn write_unit(&self, unit: u16, out: &mut Vec<u8>) {
        let escape = if self.has_uppercase {
            format!("\\u{unit:04X}")
        } else {
            format!("\\u{unit:04x}")
        };
        out.extend(escape.as_bytes());
    }
}
