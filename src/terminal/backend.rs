//! The screen: encodes drawn cells as bytes and writes each frame with one call.

mod colours;

use std::io::{self, Write};

use crossterm::Command as _;
use crossterm::clipboard::CopyToClipboard;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::{Cell, CellWidth as _};
use ratatui::layout::{Position, Size};

use crate::config::Theme;
use crate::terminal::ascii::stand_in;
use crate::terminal::pen::{Pen, put};
use crate::terminal::wide::is_plain_wide;

/// Maximum size of the text that [`Screen::copy`] sends, in bytes before encoding.
pub const CLIPBOARD_LIMIT: usize = 1 << 20;

/// The largest size that is drawn; the rest of a larger terminal stays blank. A cell takes about 40
/// bytes, and each frame compares two buffers, so this size takes 40 MB.
pub const LARGEST: Size = Size {
    width: 1000,
    height: 500,
};

/// The amount of output written to the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Bytes written.
    pub bytes: u64,
    /// Write calls: one for each frame that changed something, and one for each copy.
    pub writes: u64,
}

/// A ratatui backend that writes each frame with one call.
///
/// ratatui's own backend makes thousands of tiny writes per frame and counts every symbol as one
/// column. This one encodes the frame in memory, tracks the terminal's state (colours, cursor), and
/// on `flush` writes the frame inside a synchronized update, so that a half-drawn frame is never
/// visible. A frame without changes writes nothing.
///
/// The drawn buffer should have been prepared with
/// [`settle_wide_glyphs`](crate::terminal::settle_wide_glyphs).
#[derive(Debug)]
pub struct Screen<W: Write> {
    writer: W,
    /// The fixed size, or `None` to ask the terminal each time.
    size: Option<Size>,
    theme: Theme,
    /// Whether the background is known to be light.
    is_light: bool,
    /// Whether the terminal shows only ASCII.
    is_ascii: bool,
    /// The frame encoded so far. Empty between frames, and reused to avoid reallocation.
    frame: Vec<u8>,
    /// The terminal's current style, if known.
    pen: Option<Pen>,
    /// The terminal's cursor position, if known.
    at: Option<Position>,
    /// Whether the terminal shows its cursor, if known.
    shown: Option<bool>,
    wanted: Cursor,
    output: Output,
}

/// The cursor state that ratatui requested.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    shown: bool,
    position: Position,
}

impl<W: Write> Screen<W> {
    /// Creates a screen of the terminal's size that writes to `writer`, which should be unbuffered.
    pub fn new(writer: W, theme: Theme) -> Self {
        Self::with_optional_size(writer, theme, None)
    }

    /// Creates a screen of a fixed size, for drawing to something other than a terminal.
    pub fn with_size(writer: W, theme: Theme, size: Size) -> Self {
        Self::with_optional_size(writer, theme, Some(size))
    }

    fn with_optional_size(writer: W, theme: Theme, size: Option<Size>) -> Self {
        Self {
            writer,
            size,
            theme,
            is_light: false,
            is_ascii: false,
            frame: Vec::new(),
            pen: None,
            at: None,
            shown: None,
            wanted: Cursor {
                shown: false,
                position: Position::ORIGIN,
            },
            output: Output::default(),
        }
    }

    /// Restricts the output to ASCII if `is_ascii` is set.
    #[must_use]
    pub fn in_ascii(self, is_ascii: bool) -> Self {
        Self { is_ascii, ..self }
    }

    /// Sets a fixed size.
    pub fn resize(&mut self, size: Size) {
        self.size = Some(size);
    }

    /// Returns how much has been written so far.
    pub fn output(&self) -> Output {
        self.output
    }

    /// Returns the underlying writer.
    pub fn writer(&self) -> &W {
        &self.writer
    }

    /// Rings the terminal's bell.
    pub fn ring(&mut self) -> io::Result<()> {
        self.write(b"\x07")
    }

    /// Requests a desktop notification with OSC 9. Terminals without support ignore it.
    pub fn notify(&mut self, words: &str) -> io::Result<()> {
        // Control characters would end the sequence early.
        let words = words.replace(char::is_control, "");
        self.write(format!("\x1b]9;{words}\x07").as_bytes())
    }

    /// Asks the terminal to put `bytes` on the clipboard with the OSC 52 sequence, which reaches
    /// the clipboard of the user's own machine even over ssh.
    ///
    /// The bytes are sent as base64, so that nothing in them is taken for a control sequence.
    /// Terminals have limits of their own, often 74,994 or 100,000 bytes of base64, and silently
    /// ignore longer text; tmux forwards the text only with `set-clipboard on`. There is no reply,
    /// so success means "requested", not "copied".
    ///
    /// # Errors
    ///
    /// If there are more than [`CLIPBOARD_LIMIT`] bytes, or if the terminal cannot be written to.
    pub fn copy(&mut self, bytes: &[u8]) -> io::Result<()> {
        let size = bytes.len();
        if size > CLIPBOARD_LIMIT {
            let message =
                format!("{size} bytes exceed the clipboard limit of {CLIPBOARD_LIMIT} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let mut sequence = String::new();
        CopyToClipboard::to_clipboard_from(bytes)
            .write_ansi(&mut sequence)
            .map_err(io::Error::other)?;
        self.write(sequence.as_bytes())
    }

    /// Encodes one cell.
    fn put_cell(&mut self, position: Position, cell: &Cell) {
        let symbol = cell.symbol();
        if symbol.is_empty() {
            // The wide glyph to the left covers this column.
            return;
        }
        self.move_to(position);
        let pen = Pen::of(cell, self.theme);
        pen.write(self.pen.replace(pen), &mut self.frame);
        if symbol.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            self.frame.extend_from_slice(symbol.as_bytes());
            let width = u16::try_from(symbol.len()).unwrap_or(u16::MAX);
            self.at = Some(Position::new(position.x.saturating_add(width), position.y));
            return;
        }
        self.put_beyond_ascii(position, cell);
        // Terminals and width tables disagree on many characters beyond ASCII: emoji with a
        // variation selector, emoji sequences, and characters that are wide only in some locales. A
        // wrong guess would shift the rest of the row, so the cursor position counts as unknown.
        self.at = None;
    }

    fn put_beyond_ascii(&mut self, position: Position, cell: &Cell) {
        let symbol = cell.symbol();
        if self.is_ascii {
            let columns = usize::from(cell.cell_width().max(1));
            let symbol = stand_in(symbol);
            return put(&mut self.frame, format_args!("{symbol:columns$}"));
        }
        if !symbol.chars().all(is_printable) {
            // The drawing code should have escaped this symbol. Since it did not, write a visible
            // mark of the expected width instead.
            let width = symbol.chars().count().max(1);
            self.frame.push(b'?');
            self.frame.resize(self.frame.len() + width - 1, b' ');
            return;
        }
        if cell.cell_width() == 2 && !is_plain_wide(symbol) {
            // A terminal that treats this glyph as narrow would leave an old symbol or colour in
            // the second column. Blanks in the glyph's style are written first, so that the result
            // is the same in every terminal.
            self.frame.extend_from_slice(b"  ");
            self.at = None;
            self.move_to(position);
        }
        self.frame.extend_from_slice(symbol.as_bytes());
    }

    fn move_to(&mut self, position: Position) {
        if self.at == Some(position) {
            return;
        }
        let (column, row) = (u32::from(position.x) + 1, u32::from(position.y) + 1);
        put(&mut self.frame, format_args!("\x1b[{row};{column}H"));
        self.at = Some(position);
    }

    /// Ends the frame: resets the pen and places the cursor.
    fn settle(&mut self) {
        // When the terminal grows, it fills the new area with the current colour, so reset that.
        if !self.frame.is_empty() {
            let blank = Pen::blank(self.theme);
            blank.write(self.pen.replace(blank), &mut self.frame);
        }
        if self.wanted.shown {
            self.move_to(self.wanted.position);
        }
        if self.shown != Some(self.wanted.shown) {
            let switch = if self.wanted.shown { 'h' } else { 'l' };
            put(&mut self.frame, format_args!("\x1b[?25{switch}"));
            self.shown = Some(self.wanted.shown);
        }
    }

    /// Returns the full size of the terminal, which may exceed the drawn area.
    fn whole_size(&self) -> io::Result<Size> {
        match self.size {
            Some(size) => Ok(size),
            None => crossterm::terminal::size().map(Size::from),
        }
    }

    /// Writes a note beside or below the drawn area if the terminal is larger.
    fn note_undrawn_area(&mut self) -> io::Result<()> {
        let whole = self.whole_size()?;
        let Size { width, height } = LARGEST;
        let (position, columns) = if whole.height > height {
            (Position::new(0, height), whole.width)
        } else {
            (Position::new(width, 0), whole.width.saturating_sub(width))
        };
        if whole.height <= height && columns == 0 {
            return Ok(());
        }
        let words = format!("subscope draws at most {width} x {height} cells");
        self.move_to(position);
        let words = words.get(..usize::from(columns)).unwrap_or(&words);
        self.frame.extend_from_slice(words.as_bytes());
        self.at = None;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.write_all(bytes)?;
        self.writer.flush()?;
        self.output.bytes += bytes.len() as u64;
        self.output.writes += 1;
        Ok(())
    }

    /// Forgets the tracked state of the terminal.
    fn forget(&mut self) {
        self.pen = None;
        self.at = None;
        self.shown = None;
    }
}

impl<W: Write> Backend for Screen<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        for (x, y, cell) in content {
            self.put_cell(Position::new(x, y), cell);
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.wanted.shown = false;
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.wanted.shown = true;
        Ok(())
    }

    /// Returns the requested position. The terminal cannot be asked for it, because the input
    /// thread would read the reply.
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.wanted.position)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.wanted.position = position.into();
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    /// Clears the region with the next flush, so that the empty screen is never visible. The
    /// tracked state is forgotten, because another program may have used the terminal.
    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        if region == ClearType::All {
            self.frame.clear();
        }
        self.forget();
        let blank = Pen::blank(self.theme);
        blank.write(self.pen.replace(blank), &mut self.frame);
        if region != ClearType::All {
            self.move_to(self.wanted.position);
        }
        self.frame.extend_from_slice(match region {
            ClearType::All => b"\x1b[2J",
            ClearType::AfterCursor => b"\x1b[0J",
            ClearType::BeforeCursor => b"\x1b[1J",
            ClearType::CurrentLine => b"\x1b[2K",
            ClearType::UntilNewLine => b"\x1b[0K",
        });
        if region == ClearType::All {
            self.note_undrawn_area()?;
        }
        Ok(())
    }

    fn size(&self) -> io::Result<Size> {
        let whole = self.whole_size()?;
        Ok(Size {
            width: whole.width.min(LARGEST.width),
            height: whole.height.min(LARGEST.height),
        })
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize {
            columns_rows: self.size()?,
            pixels: Size::ZERO,
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.settle();
        if self.frame.is_empty() {
            return Ok(());
        }
        let mut frame = std::mem::take(&mut self.frame);
        bracket(&mut frame);
        let written = self.write(&frame);
        frame.clear();
        self.frame = frame;
        if written.is_err() {
            self.forget();
        }
        written
    }
}

/// Wraps a frame in a synchronized update, so that the terminal shows it as a whole.
fn bracket(frame: &mut Vec<u8>) {
    let mut mark = String::new();
    // Formatting into a string cannot fail.
    let _ = BeginSynchronizedUpdate.write_ansi(&mut mark);
    frame.splice(0..0, mark.bytes());
    mark.clear();
    let _ = EndSynchronizedUpdate.write_ansi(&mut mark);
    frame.extend_from_slice(mark.as_bytes());
}

/// Returns whether a character is safe to send: neither a control character nor one that changes
/// the text direction.
fn is_printable(character: char) -> bool {
    !character.is_control()
        && !matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests;
