//! Splits input bytes into whole sequences.
//!
//! Sequences are split by their form alone (ECMA-48), whether or not their meaning is known, so
//! that no part of an unknown sequence is taken for typed text.

/// The first byte of every sequence of more than one character.
pub(super) const ESC: u8 = 0x1b;

/// The result of splitting off the first sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// The first sequence is this many bytes long.
    Whole(usize),
    /// The bytes are either the start of a sequence or a complete key: Esc, or Alt with another
    /// key.
    MaybeKey,
    /// The sequence is incomplete.
    Partial,
}

/// Splits the first sequence off `bytes`, which must not be empty.
pub(super) fn cut(bytes: &[u8]) -> Cut {
    match bytes {
        [ESC] | [ESC, b'[' | b'O' | b'P' | b']' | b'X' | b'^' | b'_'] => Cut::MaybeKey,
        [ESC, b'[', rest @ ..] => after(2, csi(rest)),
        [ESC, b'O', letter, ..] => Cut::Whole(if is_graphic(*letter) { 3 } else { 2 }),
        [ESC, b'P' | b']' | b'X' | b'^' | b'_', rest @ ..] => after(2, string(rest)),
        // The second Esc may start a sequence.
        [ESC, ESC, ..] => Cut::Whole(1),
        [ESC, rest @ ..] => after(1, character(rest)),
        _ => after(0, character(bytes)),
    }
}

fn after(start: usize, length: Option<usize>) -> Cut {
    length.map_or(Cut::Partial, |length| Cut::Whole(start + length))
}

/// Returns the length of the part of a control sequence that follows `ESC [`.
fn csi(bytes: &[u8]) -> Option<usize> {
    match bytes.first()? {
        // The function keys of the Linux console.
        b'[' => (bytes.len() >= 2).then_some(2),
        // The oldest mouse encoding.
        b'M' => (bytes.len() >= 4).then_some(4),
        _ => {
            let end = bytes.iter().position(|byte| !matches!(byte, b' '..=b'?'))?;
            // A byte that cannot end the sequence aborts it and is not part of it.
            Some(end + usize::from(is_graphic(bytes[end])))
        }
    }
}

/// Returns the length of a string sequence, such as a late answer from the terminal, without its
/// introducer.
fn string(bytes: &[u8]) -> Option<usize> {
    let end = bytes.iter().position(|byte| matches!(*byte, 0x07 | ESC))?;
    match &bytes[end..] {
        [ESC] => None,
        [ESC, b'\\', ..] => Some(end + 2),
        // Another sequence starts.
        [ESC, ..] => Some(end),
        _ => Some(end + 1),
    }
}

/// Returns the length of a UTF-8 character, or 1 for an invalid byte.
fn character(bytes: &[u8]) -> Option<usize> {
    let length = match bytes[0] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    let rest = bytes[1..].iter().take(length - 1);
    let own = rest.take_while(|byte| matches!(byte, 0x80..=0xbf)).count() + 1;
    (own == length || own < bytes.len()).then_some(own)
}

fn is_graphic(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_split_by_their_form_known_or_not() {
        for (sequence, rest) in [
            ("a", "b"),
            ("\r", "q"),
            ("é", "!"),
            ("漢", "字"),
            ("🙂", ""),
            ("\x1ba", ""),
            ("\x1b\r", ""),
            ("\x1bé", ""),
            ("\x1b", "\x1b[A"),
            ("\x1b[A", "1"),
            ("\x1b[1;5A", "x"),
            ("\x1b[<0;5;5m", "x"),
            ("\x1b[200~", ""),
            ("\x1b[=5u", "x"),
            ("\x1b[>41;354;0c", "q"),
            ("\x1b[?2026;2$y", "q"),
            ("\x1b[[A", "q"),
            ("\x1b[M !!", "q"),
            ("\x1bOP", "q"),
            ("\x1b]11;rgb:0/0/0\x07", "q"),
            ("\x1b]11;rgb:0/0/0\x1b\\", "q"),
            ("\x1bP>|term\x1b\\", "q"),
            ("\x1b_Gi=1;OK\x1b\\", "q"),
            // An aborted sequence consumes nothing that follows.
            ("\x1b[1;", "\x1b[A"),
            ("\x1b[1;", "\rq"),
            ("\x1b]11;", "\x1b[A"),
        ] {
            let bytes = [sequence, rest].concat();
            let whole = Cut::Whole(sequence.len());
            assert_eq!(cut(bytes.as_bytes()), whole, "{bytes:?}");
        }
        for bytes in [&b"\xffa"[..], b"\xc3(", b"\xc0\x80"] {
            assert_eq!(cut(bytes), Cut::Whole(1), "{bytes:?}");
        }
    }

    #[test]
    fn an_incomplete_sequence_is_not_split_off() {
        for bytes in [&b"\x1b"[..], b"\x1b[", b"\x1bO", b"\x1b]", b"\x1bP"] {
            assert_eq!(cut(bytes), Cut::MaybeKey, "{bytes:?}");
        }
        for bytes in [
            &b"\x1b[<0;5"[..],
            b"\x1b[200",
            b"\x1b[M !",
            b"\x1b[[",
            b"\x1b]11;rgb",
            b"\x1b]11;\x1b",
            b"\x1bP>|",
            b"\xe6\xbc",
            b"\x1b\xc3",
        ] {
            assert_eq!(cut(bytes), Cut::Partial, "{bytes:?}");
        }
    }
}
