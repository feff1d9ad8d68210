//! Text with the colours of a terminal: ECMA-48 "select graphic rendition" (SGR) sequences.
//!
//! Only these sequences are interpreted and left out of the text. Any other escape sequence stays
//! in the text, where it is shown escaped. What would hide text, such as "conceal", has no effect.

use memchr::memchr;

const ESCAPE: u8 = 0x1b;

/// The maximum length of the parameters of a sequence, in bytes. Longer ones are not interpreted.
const MAX_PARAMETERS: usize = 64;

/// The maximum number of changes of style that are kept. The text after them has no style.
const MAX_CHANGES: usize = 1 << 16;

/// A colour as the text specifies it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// One of the 256 colours of the palette.
    Indexed(u8),
    /// Red, green and blue.
    Rgb(u8, u8, u8),
}

/// How a part of the text is to be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rendition {
    /// The colour of the text; `None` is the default.
    pub foreground: Option<Colour>,
    /// The colour behind the text; `None` is the default.
    pub background: Option<Colour>,
    attributes: u8,
}

/// An attribute of a part of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// Bold.
    Bold = 1,
    /// Faint.
    Dim = 2,
    /// Italic.
    Italic = 4,
    /// Underlined.
    Underline = 8,
    /// With the colours of text and background exchanged.
    Reverse = 16,
}

/// A place in the text where the style changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The offset in the text without escape sequences.
    pub at: usize,
    /// The style from here on.
    pub rendition: Rendition,
}

/// Returns whether `bytes` contain an escape character.
pub fn may_be_coloured(bytes: &[u8]) -> bool {
    memchr(ESCAPE, bytes).is_some()
}

/// Returns whether `bytes` are text with sequences that set a style, and not only such sequences,
/// which would be invisible.
pub(super) fn is_coloured(bytes: &[u8]) -> bool {
    let (mut has_style, mut has_text) = (false, false);
    scan(bytes, |text, parameters| {
        has_style |= parameters.is_some();
        has_text |= !text.trim_ascii().is_empty();
        !(has_style && has_text)
    });
    has_style && has_text
}

/// Appends `bytes` to `out` without the sequences that set a style.
pub(super) fn strip<'a>(bytes: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    scan(bytes, |text, _| {
        out.extend_from_slice(text);
        true
    });
    &[]
}

/// Returns `bytes` without the sequences that set a style.
pub fn stripped(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    strip(bytes, &mut out);
    out
}

/// Returns the changes of style in the text that [`stripped`] leaves of `bytes`, up to the byte at
/// `end`.
pub fn changes(bytes: &[u8], end: usize) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    let mut rendition = Rendition::default();
    let mut at = 0;
    scan(bytes, |text, parameters| {
        at += text.len();
        let before = rendition;
        if let Some(parameters) = parameters {
            rendition.apply(parameters);
        }
        if changes.len() == MAX_CHANGES {
            rendition = Rendition::default();
        }
        if rendition != before {
            changes.pop_if(|last| last.at == at);
            changes.push(Change { at, rendition });
        }
        at < end && changes.len() <= MAX_CHANGES
    });
    changes
}

/// Passes each stretch of text to `visit`, with the parameters of the sequence after it, until that
/// returns `false`.
fn scan<'a>(bytes: &'a [u8], mut visit: impl FnMut(&'a [u8], Option<&'a [u8]>) -> bool) {
    let (mut start, mut at) = (0, 0);
    while let Some(offset) = memchr(ESCAPE, &bytes[at..]) {
        at += offset;
        let Some(length) = sequence(&bytes[at..]) else {
            at += 1;
            continue;
        };
        if !visit(&bytes[start..at], Some(&bytes[at + 2..at + length - 1])) {
            return;
        }
        at += length;
        start = at;
    }
    visit(&bytes[start..], None);
}

/// Returns the length of the sequence that sets a style at the start of `bytes`, if there is one:
/// `ESC [`, parameters, and `m`.
fn sequence(bytes: &[u8]) -> Option<usize> {
    let rest = bytes.strip_prefix(b"\x1b[")?;
    let head = &rest[..rest.len().min(MAX_PARAMETERS + 1)];
    let is_parameter = |byte: &u8| matches!(byte, b'0'..=b'9' | b';' | b':');
    let length = head.iter().position(|byte| !is_parameter(byte))?;
    (rest[length] == b'm').then_some(length + 3)
}

impl Rendition {
    /// Returns whether the text has this attribute.
    pub fn has(self, attribute: Attribute) -> bool {
        self.attributes & attribute as u8 != 0
    }

    /// Applies the parameters of a sequence.
    fn apply(&mut self, parameters: &[u8]) {
        let mut rest = parameters.split(|byte| *byte == b';');
        while let Some(parameter) = rest.next() {
            let mut parts = parameter.split(|byte| *byte == b':').map(number);
            let code = parts.next().flatten().unwrap_or(0);
            match code {
                0 => *self = Self::default(),
                1 => self.set(Attribute::Bold),
                2 => self.set(Attribute::Dim),
                3 => self.set(Attribute::Italic),
                4 if parts.next() == Some(Some(0)) => self.clear(Attribute::Underline),
                4 => self.set(Attribute::Underline),
                7 => self.set(Attribute::Reverse),
                22 => {
                    self.clear(Attribute::Bold);
                    self.clear(Attribute::Dim);
                }
                23 => self.clear(Attribute::Italic),
                24 => self.clear(Attribute::Underline),
                27 => self.clear(Attribute::Reverse),
                30..=37 => self.foreground = indexed(code - 30),
                90..=97 => self.foreground = indexed(code - 82),
                39 => self.foreground = None,
                40..=47 => self.background = indexed(code - 40),
                100..=107 => self.background = indexed(code - 92),
                49 => self.background = None,
                38 | 48 => {
                    let within: Vec<Option<u16>> = parts.collect();
                    let colour = if within.is_empty() {
                        following(&mut rest)
                    } else {
                        specified(&within)
                    };
                    let slot = match code {
                        38 => &mut self.foreground,
                        _ => &mut self.background,
                    };
                    *slot = colour.or(*slot);
                }
                _ => {}
            }
        }
    }

    fn set(&mut self, attribute: Attribute) {
        self.attributes |= attribute as u8;
    }

    fn clear(&mut self, attribute: Attribute) {
        self.attributes &= !(attribute as u8);
    }
}

/// Takes the colour in the parameters after 38 or 48: `5;N` or `2;R;G;B`.
fn following<'a>(rest: &mut impl Iterator<Item = &'a [u8]>) -> Option<Colour> {
    let mut next = || byte(number(rest.next()?));
    match next()? {
        5 => Some(Colour::Indexed(next()?)),
        2 => Some(Colour::Rgb(next()?, next()?, next()?)),
        _ => None,
    }
}

/// Returns the colour in the parts after `38:` or `48:`: `5:N`, `2:R:G:B`, or `2:SPACE:R:G:B`.
fn specified(parts: &[Option<u16>]) -> Option<Colour> {
    match parts {
        [Some(5), index, ..] => Some(Colour::Indexed(byte(*index)?)),
        [Some(2), red, green, blue] | [Some(2), _, red, green, blue, ..] => {
            Some(Colour::Rgb(byte(*red)?, byte(*green)?, byte(*blue)?))
        }
        _ => None,
    }
}

fn indexed(index: u16) -> Option<Colour> {
    Some(Colour::Indexed(byte(Some(index))?))
}

fn byte(number: Option<u16>) -> Option<u8> {
    u8::try_from(number.unwrap_or(0)).ok()
}

fn number(digits: &[u8]) -> Option<u16> {
    str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(text: &str) -> String {
        String::from_utf8(stripped(text.as_bytes())).unwrap_or_default()
    }

    fn last(text: &str) -> Rendition {
        let changes = changes(text.as_bytes(), usize::MAX);
        changes
            .last()
            .map_or(Rendition::default(), |change| change.rendition)
    }

    #[test]
    fn sequences_of_styles_are_left_out_and_all_others_stay() {
        for (text, expected) in [
            ("\x1b[31mred\x1b[0m", "red"),
            ("\x1b[mplain", "plain"),
            ("a\x1b[38;2;1;2;3;48:5:9mb", "ab"),
            (
                "\x1b[2Jx\x1b[1;1H\x1b]0;title\x07\x1b[",
                "\x1b[2Jx\x1b[1;1H\x1b]0;title\x07\x1b[",
            ),
            ("\x1b[?25lm", "\x1b[?25lm"),
            ("\x1b[>4;1m", "\x1b[>4;1m"),
            ("\x1b[ 1m", "\x1b[ 1m"),
            ("\x1b[\x1b[0m0m", "\x1b[0m"),
            ("\x1b[8mhidden", "hidden"),
        ] {
            assert_eq!(text_of(text), expected, "{text:?}");
        }
        let long = format!("\x1b[{}m", "1;".repeat(40));
        assert_eq!(text_of(&long), long);
    }

    #[test]
    fn parameters_are_those_of_ecma_48_and_xterm() {
        use Colour::{Indexed, Rgb};
        for (text, foreground, background) in [
            ("31", Some(Indexed(1)), None),
            ("97;104", Some(Indexed(15)), Some(Indexed(12))),
            ("38;5;208", Some(Indexed(208)), None),
            ("48;2;1;2;255", None, Some(Rgb(1, 2, 255))),
            ("38:2:1:2:3", Some(Rgb(1, 2, 3)), None),
            ("38:2::1:2:3;1", Some(Rgb(1, 2, 3)), None),
            ("38:5:7", Some(Indexed(7)), None),
            ("31;39", None, None),
            ("31;0", None, None),
            ("31;;", None, None),
            ("38;5;300", None, None),
            ("38;9", None, None),
            ("38", None, None),
            ("99999999", None, None),
        ] {
            let rendition = last(&format!("\x1b[1m\x1b[{text}mx"));
            let found = (rendition.foreground, rendition.background);
            assert_eq!(found, (foreground, background), "{text}");
        }
        let all = last("\x1b[1;2;3;4;7mx");
        let every = [
            Attribute::Bold,
            Attribute::Dim,
            Attribute::Italic,
            Attribute::Underline,
            Attribute::Reverse,
        ];
        assert!(every.into_iter().all(|attribute| all.has(attribute)));
        let none = last("\x1b[1;2;3;4;7m\x1b[22;23;24;27mx");
        assert_eq!(none, Rendition::default());
        assert_eq!(last("\x1b[4m\x1b[4:0mx"), Rendition::default());
    }

    #[test]
    fn changes_refer_to_the_text_without_sequences() {
        let text = b"ab\x1b[1mcd\x1b[1m\x1b[31m\x1b[0mef\x1b[2Jgh\x1b[3m";
        let found: Vec<usize> = changes(text, usize::MAX)
            .iter()
            .map(|change| change.at)
            .collect();
        assert_eq!(found, [2, 4, 12]);
        let head: Vec<usize> = changes(text, 3).iter().map(|change| change.at).collect();
        assert_eq!(head, [2]);
    }

    #[test]
    fn the_number_of_changes_is_limited() {
        let text = b"\x1b[1mx\x1b[0mx".repeat(MAX_CHANGES);
        let changes = changes(&text, usize::MAX);
        assert!(changes.len() <= MAX_CHANGES + 1);
        assert_eq!(
            changes.last().map(|last| last.rendition),
            Some(Rendition::default())
        );
    }
}
