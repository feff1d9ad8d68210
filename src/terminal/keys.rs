//! Translates a complete sequence of input bytes into an event.

use std::str;

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

use crate::terminal::sequences::ESC;

/// Returns the key or mouse event that `sequence` stands for; `None` if it is unknown.
pub(super) fn read(sequence: &[u8]) -> Option<Event> {
    match sequence {
        [ESC, b'[', rest @ ..] if !rest.is_empty() => control_sequence(rest),
        // This is F3. After `ESC [`, by contrast, `R` ends a cursor position report.
        [ESC, b'O', b'R'] => Some(pressed(KeyCode::F(3), KeyModifiers::NONE)),
        [ESC, b'O', letter] => Some(pressed(named_key(*letter)?, KeyModifiers::NONE)),
        [ESC, b'P' | b']' | b'X' | b'^' | b'_', _, ..] => None,
        [ESC, rest @ ..] if !rest.is_empty() => plain(rest, KeyModifiers::ALT),
        _ => plain(sequence, KeyModifiers::NONE),
    }
}

/// Parses a character, or a key that sends a control character.
fn plain(bytes: &[u8], modifiers: KeyModifiers) -> Option<Event> {
    let letter = str::from_utf8(bytes).ok()?.chars().next()?;
    // Ctrl with a letter sends the letter's low five bits.
    let above = |base: char| char::from_u32(u32::from(letter) + u32::from(base));
    let (code, own) = match letter {
        '\r' => (KeyCode::Enter, KeyModifiers::NONE),
        '\t' => (KeyCode::Tab, KeyModifiers::NONE),
        '\x7f' => (KeyCode::Backspace, KeyModifiers::NONE),
        '\x1b' => (KeyCode::Esc, KeyModifiers::NONE),
        '\0' => (KeyCode::Char(' '), KeyModifiers::CONTROL),
        '\x01'..='\x1a' => (KeyCode::Char(above('`')?), KeyModifiers::CONTROL),
        '\x1c'..='\x1f' => (KeyCode::Char(above('\x18')?), KeyModifiers::CONTROL),
        _ => (KeyCode::Char(letter), shift_of(letter)),
    };
    Some(pressed(code, modifiers | own))
}

fn control_sequence(bytes: &[u8]) -> Option<Event> {
    let (last, numbers) = bytes.split_last()?;
    match numbers {
        [b'<', numbers @ ..] => return mouse(numbers, *last),
        [b'['] if matches!(last, b'A'..=b'E') => {
            return Some(pressed(KeyCode::F(last - b'A' + 1), KeyModifiers::NONE));
        }
        _ => {}
    }
    let numbers = Numbers::read(numbers)?;
    let modifiers = numbers.modifiers();
    let code = match last {
        b'u' => letter_key(numbers.at(0)?, modifiers)?,
        // The format of xterm's modifyOtherKeys.
        b'~' if numbers.at(0) == Some(27) => letter_key(numbers.at(2)?, modifiers)?,
        b'~' => numbered_key(numbers.at(0)?)?,
        _ => named_key(*last)?,
    };
    let modifiers = match code {
        KeyCode::Char(letter) => modifiers | shift_of(letter),
        KeyCode::BackTab => modifiers | KeyModifiers::SHIFT,
        _ => modifiers,
    };
    let kind = numbers.kind();
    Some(Event::Key(KeyEvent::new_with_kind(code, modifiers, kind)))
}

fn pressed(code: KeyCode, modifiers: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

fn named_key(letter: u8) -> Option<KeyCode> {
    Some(match letter {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        // Enter on the keypad.
        b'M' => KeyCode::Enter,
        b'P' => KeyCode::F(1),
        b'Q' => KeyCode::F(2),
        b'S' => KeyCode::F(4),
        b'Z' => KeyCode::BackTab,
        _ => return None,
    })
}

fn numbered_key(number: u32) -> Option<KeyCode> {
    let function = |offset| u8::try_from(number - offset).ok().map(KeyCode::F);
    match number {
        1 | 7 => Some(KeyCode::Home),
        2 => Some(KeyCode::Insert),
        3 => Some(KeyCode::Delete),
        4 | 8 => Some(KeyCode::End),
        5 => Some(KeyCode::PageUp),
        6 => Some(KeyCode::PageDown),
        11..=15 => function(10),
        17..=21 => function(11),
        23..=26 => function(12),
        28..=29 => function(15),
        31..=34 => function(17),
        _ => None,
    }
}

/// Returns the key for a character's code point, as sent by terminals that distinguish Ctrl-I from
/// Tab.
fn letter_key(number: u32, modifiers: KeyModifiers) -> Option<KeyCode> {
    // Codes in the private use area stand for keys without a character.
    if (0xe000..=0xf8ff).contains(&number) {
        return None;
    }
    Some(match char::from_u32(number)? {
        '\r' => KeyCode::Enter,
        '\t' if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        '\t' => KeyCode::Tab,
        '\x7f' | '\x08' => KeyCode::Backspace,
        '\x1b' => KeyCode::Esc,
        letter if letter.is_control() => return None,
        letter if modifiers.contains(KeyModifiers::SHIFT) => {
            KeyCode::Char(letter.to_uppercase().next().unwrap_or(letter))
        }
        letter => KeyCode::Char(letter),
    })
}

fn shift_of(letter: char) -> KeyModifiers {
    if letter.is_uppercase() {
        KeyModifiers::SHIFT
    } else {
        KeyModifiers::NONE
    }
}

/// Parses a mouse event in the SGR encoding: `button;column;row`, counted from 1.
fn mouse(numbers: &[u8], last: u8) -> Option<Event> {
    let numbers = Numbers::read(numbers)?;
    let cell = |index| u16::try_from(numbers.at(index)?.checked_sub(1)?).ok();
    let bits = numbers.at(0)?;
    let is_drag = bits & 32 != 0;
    let button = match bits & 3 {
        0 => MouseButton::Left,
        1 => MouseButton::Middle,
        _ => MouseButton::Right,
    };
    let kind = match (bits & (64 | 128 | 3), last) {
        (0..=2, b'M') if is_drag => MouseEventKind::Drag(button),
        (0..=2, b'M') => MouseEventKind::Down(button),
        (0..=2, b'm') => MouseEventKind::Up(button),
        (3, b'M') if is_drag => MouseEventKind::Moved,
        (64, b'M') => MouseEventKind::ScrollUp,
        (65, b'M') => MouseEventKind::ScrollDown,
        (66, b'M') => MouseEventKind::ScrollLeft,
        (67, b'M') => MouseEventKind::ScrollRight,
        _ => return None,
    };
    Some(Event::Mouse(MouseEvent {
        kind,
        column: cell(1)?,
        row: cell(2)?,
        modifiers: modifiers_of((bits >> 2) & 7),
    }))
}

/// Returns the modifiers encoded in `bits`.
fn modifiers_of(bits: u32) -> KeyModifiers {
    let held = [
        (1, KeyModifiers::SHIFT),
        (2, KeyModifiers::ALT),
        (4, KeyModifiers::CONTROL),
        (8, KeyModifiers::SUPER),
        (16, KeyModifiers::HYPER),
        (32, KeyModifiers::META),
    ];
    let held = held.into_iter().filter(|(bit, _)| bits & bit != 0);
    held.map(|(_, modifier)| modifier).collect()
}

/// The parameters of a control sequence: separated by `;`, each with subparameters separated by
/// `:`.
struct Numbers<'a>(Vec<&'a str>);

impl<'a> Numbers<'a> {
    /// Parses the parameters; `None` if they contain any other byte.
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let is_known = |byte| matches!(byte, b'0'..=b'9' | b';' | b':');
        let text = str::from_utf8(bytes).ok()?;
        text.bytes()
            .all(is_known)
            .then(|| Self(text.split(';').collect()))
    }

    fn part(&self, index: usize, part: usize) -> Option<u32> {
        self.0.get(index)?.split(':').nth(part)?.parse().ok()
    }

    fn at(&self, index: usize) -> Option<u32> {
        self.part(index, 0)
    }

    /// Returns the modifiers. The second parameter is their bits plus one.
    fn modifiers(&self) -> KeyModifiers {
        modifiers_of(self.at(1).unwrap_or(1).saturating_sub(1))
    }

    fn kind(&self) -> KeyEventKind {
        match self.part(1, 1) {
            Some(2) => KeyEventKind::Repeat,
            Some(3) => KeyEventKind::Release,
            _ => KeyEventKind::Press,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_the_forms_of_all_common_terminals() {
        use KeyModifiers as M;
        for (bytes, code, modifiers) in [
            ("a", KeyCode::Char('a'), M::NONE),
            ("A", KeyCode::Char('A'), M::SHIFT),
            ("漢", KeyCode::Char('漢'), M::NONE),
            ("\r", KeyCode::Enter, M::NONE),
            ("\n", KeyCode::Char('j'), M::CONTROL),
            ("\t", KeyCode::Tab, M::NONE),
            ("\x7f", KeyCode::Backspace, M::NONE),
            ("\x08", KeyCode::Char('h'), M::CONTROL),
            ("\x03", KeyCode::Char('c'), M::CONTROL),
            ("\x1f", KeyCode::Char('7'), M::CONTROL),
            ("\0", KeyCode::Char(' '), M::CONTROL),
            ("\x1b", KeyCode::Esc, M::NONE),
            ("\x1bx", KeyCode::Char('x'), M::ALT),
            ("\x1b[", KeyCode::Char('['), M::ALT),
            ("\x1bé", KeyCode::Char('é'), M::ALT),
            ("\x1b\r", KeyCode::Enter, M::ALT),
            ("\x1b[A", KeyCode::Up, M::NONE),
            ("\x1bOA", KeyCode::Up, M::NONE),
            ("\x1b[1;5C", KeyCode::Right, M::CONTROL),
            ("\x1b[1;3D", KeyCode::Left, M::ALT),
            ("\x1b[Z", KeyCode::BackTab, M::SHIFT),
            ("\x1b[3~", KeyCode::Delete, M::NONE),
            ("\x1b[5;5~", KeyCode::PageUp, M::CONTROL),
            ("\x1bOP", KeyCode::F(1), M::NONE),
            ("\x1b[15~", KeyCode::F(5), M::NONE),
            ("\x1b[24~", KeyCode::F(12), M::NONE),
            ("\x1b[[B", KeyCode::F(2), M::NONE),
            ("\x1b[13;3u", KeyCode::Enter, M::ALT),
            ("\x1b[97;5u", KeyCode::Char('a'), M::CONTROL),
            ("\x1b[27;5;106~", KeyCode::Char('j'), M::CONTROL),
            ("\x1b[9;2u", KeyCode::BackTab, M::SHIFT),
        ] {
            let key = Event::Key(KeyEvent::new(code, modifiers));
            assert_eq!(read(bytes.as_bytes()), Some(key), "{bytes:?}");
        }
        let held = KeyEvent::new_with_kind(KeyCode::Enter, M::NONE, KeyEventKind::Repeat);
        assert_eq!(read(b"\x1b[13;1:2u"), Some(Event::Key(held)));
    }

    #[test]
    fn mouse_events_have_their_cell_and_their_button() {
        let left = MouseButton::Left;
        for (bytes, kind, modifiers) in [
            ("0;5;3M", MouseEventKind::Down(left), KeyModifiers::NONE),
            ("0;5;3m", MouseEventKind::Up(left), KeyModifiers::NONE),
            ("48;5;3M", MouseEventKind::Drag(left), KeyModifiers::CONTROL),
            ("64;5;3M", MouseEventKind::ScrollUp, KeyModifiers::NONE),
            ("69;5;3M", MouseEventKind::ScrollDown, KeyModifiers::SHIFT),
        ] {
            let event = MouseEvent {
                kind,
                column: 4,
                row: 2,
                modifiers,
            };
            let read = read(format!("\x1b[<{bytes}").as_bytes());
            assert_eq!(read, Some(Event::Mouse(event)), "{bytes}");
        }
    }

    #[test]
    fn an_unknown_sequence_is_no_event() {
        for bytes in [
            &b"\x1b[=5u"[..],
            b"\x1b[?2026;2$y",
            b"\x1b[>41;354;0c",
            b"\x1b[24;80R",
            b"\x1b[I",
            b"\x1b[O",
            b"\x1b[200",
            b"\x1b[M !!",
            b"\x1b[<0;0;0M",
            b"\x1b[<0;99999;1M",
            b"\x1b[<M",
            b"\x1b[57399u",
            b"\x1b[99999999999999u",
            b"\x1b]11;rgb:0/0/0\x07",
            b"\x1bP>|term\x1b\\",
            b"\xff",
            b"\xc3",
        ] {
            assert_eq!(read(bytes), None, "{bytes:?}");
        }
    }
}
