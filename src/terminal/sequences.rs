//! Where one key ends and the next begins: input bytes cut into whole sequences.
//!
//! A sequence is cut by its form alone (ECMA-48), whether its meaning is known or not, so that
//! nothing of an unknown one is ever taken for typed text.

/// Begins every sequence of more than one character.
pub(super) const ESC: u8 = 0x1b;

/// What the first bytes of the input are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// This many bytes belong together.
    Whole(usize),
    /// They may go on. If they do not, they are a key of their own: Esc, or Alt and a key.
    MaybeKey,
    /// They must go on.
    Partial,
}

/// Cuts the first sequence off `bytes`, of which there is at least one.
pub(super) fn cut(bytes: &[u8]) -> Cut {
    match bytes {
        [ESC] | [ESC, b'[' | b'O' | b'P' | b']' | b'X' | b'^' | b'_'] => Cut::MaybeKey,
        [ESC, b'[', rest @ ..] => after(2, csi(rest)),
        [ESC, b'O', letter, ..] => Cut::Whole(if is_graphic(*letter) { 3 } else { 2 }),
        [ESC, b'P' | b']' | b'X' | b'^' | b'_', rest @ ..] => after(2, string(rest)),
        // The second one may begin a sequence.
        [ESC, ESC, ..] => Cut::Whole(1),
        [ESC, rest @ ..] => after(1, character(rest)),
        _ => after(0, character(bytes)),
    }
}

fn after(start: usize, length: Option<usize>) -> Cut {
    length.map_or(Cut::Partial, |length| Cut::Whole(start + length))
}

/// The length of a control sequence behind its `ESC [`.
fn csi(bytes: &[u8]) -> Option<usize> {
    // The function keys of the Linux console, and the oldest form of the mouse.
    let fixed = match bytes.first()? {
        b'[' => Some(2),
        b'M' => Some(4),
        _ => None,
    };
    if let Some(length) = fixed {
        return (bytes.len() >= length).then_some(length);
    }
    let end = bytes.iter().position(|byte| !matches!(byte, b' '..=b'?'))?;
    // Anything but a final byte breaks the sequence off, and is not part of it.
    Some(end + usize::from(is_graphic(bytes[end])))
}

/// The length of a string, such as a terminal's late answer, behind what introduces it.
fn string(bytes: &[u8]) -> Option<usize> {
    let end = bytes.iter().position(|byte| matches!(*byte, 0x07 | ESC))?;
    match &bytes[end..] {
        [ESC] => None,
        [ESC, b'\\', ..] => Some(end + 2),
        // Another sequence begins.
        [ESC, ..] => Some(end),
        _ => Some(end + 1),
    }
}

/// The length of a character of UTF-8, or of one byte that is none.
fn character(bytes: &[u8]) -> Option<usize> {
    let length = match bytes[0] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    let own = bytes[1..].iter().take(length - 1);
    let own = own.take_while(|byte| matches!(byte, 0x80..=0xbf)).count() + 1;
    (own == length || own < bytes.len()).then_some(own)
}

fn is_graphic(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_cut_by_their_form_whether_they_are_known_or_not() {
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
            // One that is broken off takes nothing along that follows.
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
    fn what_has_not_come_whole_is_waited_for() {
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
