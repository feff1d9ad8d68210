//! A text box. Only this module uses the library behind it.

use std::ops::Range;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_textarea::{CursorMove, TextArea};

/// Number of lines that Page Up and Page Down move by.
const PAGE: usize = 5;

/// Editable text of one or more lines.
#[derive(Clone, Debug)]
pub struct Input {
    area: TextArea<'static>,
}

impl Input {
    /// Creates a box that contains `text`, with the cursor at its end.
    pub fn holding(text: &str) -> Self {
        let mut area = TextArea::new(text.split('\n').map(str::to_owned).collect());
        area.move_cursor(CursorMove::Bottom);
        area.move_cursor(CursorMove::End);
        Self { area }
    }

    /// Creates a box that contains one line of `text`, with the cursor after its first `characters`
    /// characters.
    pub fn holding_at(text: &str, characters: usize) -> Self {
        let mut input = Self::holding(text);
        let column = u16::try_from(characters).unwrap_or(u16::MAX);
        input.area.move_cursor(CursorMove::Jump(0, column));
        input
    }

    /// Returns the lines of the text; there is at least one.
    pub fn lines(&self) -> &[String] {
        self.area.lines()
    }

    /// Returns the line that the cursor is in, and the number of characters before the cursor in
    /// it.
    pub fn caret(&self) -> (usize, usize) {
        let at = self.area.cursor();
        (at.0, at.1)
    }

    /// Returns the text before the cursor in its line.
    pub fn before_caret(&self) -> String {
        let (row, column) = self.caret();
        let line = self.lines().get(row);
        line.map_or_else(String::new, |line| line.chars().take(column).collect())
    }

    /// Returns the range of selected characters in line `row`.
    pub fn selected_in(&self, row: usize) -> Range<usize> {
        let Some((start, end)) = self.area.selection_range() else {
            return 0..0;
        };
        if row < start.0 || row > end.0 {
            return 0..0;
        }
        let from = if row == start.0 { start.1 } else { 0 };
        let to = if row == end.0 { end.1 } else { usize::MAX };
        from..to
    }

    /// Returns the size of the text in bytes, including line breaks.
    pub fn size(&self) -> usize {
        let lines = self.area.lines();
        lines.iter().map(String::len).sum::<usize>() + lines.len() - 1
    }

    /// Returns the text, with lines joined by line feeds.
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Returns whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// Returns whether the cursor is on the first line.
    pub fn is_on_first_line(&self) -> bool {
        self.area.cursor().0 == 0
    }

    /// Returns whether the cursor is on the last line.
    pub fn is_on_last_line(&self) -> bool {
        self.area.cursor().0 + 1 == self.lines().len()
    }

    /// Handles a key. Returns whether the text has changed.
    pub fn press(&mut self, key: KeyEvent) -> bool {
        // As in a shell, delete to the start of the line. The library uses this key for undo.
        if key.code == KeyCode::Char('u') && key.modifiers == KeyModifiers::CONTROL {
            return self.area.delete_line_by_head();
        }
        // The library would move by the height at which it last drew the box, but it never draws
        // here.
        let step = match key.code {
            KeyCode::PageUp => CursorMove::Up,
            KeyCode::PageDown => CursorMove::Down,
            KeyCode::Char('v') if key.modifiers != KeyModifiers::NONE => return false,
            _ => return self.area.input(key),
        };
        for _ in 0..PAGE {
            self.area.move_cursor(step);
        }
        false
    }

    /// Starts a new line at the cursor.
    pub fn start_line(&mut self) {
        self.area.insert_newline();
    }

    /// Inserts `text` at the cursor, including line feeds.
    pub fn insert(&mut self, text: &str) {
        self.area
            .insert_str(text.replace("\r\n", "\n").replace('\r', "\n"));
    }

    /// Like [`Self::press`], but ignores keys that would insert a line break.
    pub fn press_in_line(&mut self, key: KeyEvent) -> bool {
        let is_break = match key.code {
            KeyCode::Enter | KeyCode::Char('\n' | '\r') => true,
            KeyCode::Char('m') => key.modifiers.contains(KeyModifiers::CONTROL),
            _ => false,
        };
        !is_break && self.press(key)
    }

    /// Inserts `text` at the cursor as part of one line. Line breaks become spaces, except at the
    /// ends of `text`: those are removed, since they are usually copied by accident.
    pub fn insert_in_line(&mut self, text: &str) {
        let text = text.trim_matches(['\r', '\n']).replace("\r\n", " ");
        self.area.insert_str(text.replace(['\r', '\n'], " "));
    }
}

impl Default for Input {
    fn default() -> Self {
        Self::holding("")
    }
}
