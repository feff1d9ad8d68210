//! Colours and attributes as SGR sequences, written only where they change.

use std::io::Write as _;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

use crate::config::Theme;

/// The style in which the terminal draws the next symbol. It has no underline colour, which the
/// screen does not use and few terminals support.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Pen {
    /// Returns the pen for a cell.
    pub(super) fn of(cell: &Cell, theme: Theme) -> Self {
        let (fg, bg, modifier) = theme.shown(cell.fg, cell.bg, cell.modifier);
        Self { fg, bg, modifier }
    }

    /// Returns the pen for an empty area.
    pub(super) fn blank(theme: Theme) -> Self {
        Self::of(&Cell::EMPTY, theme)
    }

    /// Writes the shortest sequence that switches from `before` (`None` if unknown) to this pen.
    pub(super) fn write(self, before: Option<Self>, out: &mut Vec<u8>) {
        if before == Some(self) {
            return;
        }
        // Attributes can only be turned off one kind at a time, and one code turns off both bold
        // and dim, so a reset is simpler and about as short.
        let base = before.filter(|old| self.modifier.contains(old.modifier));
        let base = base.filter(|_| self != Self::default());
        let start: &[u8] = if base.is_some() { b"\x1b[" } else { b"\x1b[0;" };
        out.extend_from_slice(start);
        let base = base.unwrap_or_default();
        for (modifier, code) in ATTRIBUTES {
            if self.modifier.contains(modifier) && !base.modifier.contains(modifier) {
                put(out, format_args!("{code};"));
            }
        }
        if self.fg != base.fg {
            put_colour(out, self.fg, 30);
        }
        if self.bg != base.bg {
            put_colour(out, self.bg, 40);
        }
        // Every code above ends in a semicolon; the last one becomes the sequence's final byte.
        if let Some(last) = out.last_mut() {
            *last = b'm';
        }
    }
}

const ATTRIBUTES: [(Modifier, u8); 9] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::SLOW_BLINK, 5),
    (Modifier::RAPID_BLINK, 6),
    (Modifier::REVERSED, 7),
    (Modifier::HIDDEN, 8),
    (Modifier::CROSSED_OUT, 9),
];

/// Writes the codes of a colour; `base` is 30 for the foreground and 40 for the background.
fn put_colour(out: &mut Vec<u8>, colour: Color, base: u8) {
    let sixteen = match colour {
        Color::Reset => return put(out, format_args!("{};", base + 9)),
        Color::Indexed(index) => return put(out, format_args!("{};5;{index};", base + 8)),
        Color::Rgb(r, g, b) => return put(out, format_args!("{};2;{r};{g};{b};", base + 8)),
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 60,
        Color::LightRed => 61,
        Color::LightGreen => 62,
        Color::LightYellow => 63,
        Color::LightBlue => 64,
        Color::LightMagenta => 65,
        Color::LightCyan => 66,
        Color::White => 67,
    };
    put(out, format_args!("{};", base + sixteen));
}

/// Appends formatted text to the frame.
pub(super) fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to a vector cannot fail.
    let _ = out.write_fmt(text);
}
