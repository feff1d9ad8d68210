//! A text box: draws the visible part of its text, and positions its caret.
//!
//! The caret is the terminal's own cursor, which input methods and screen readers follow. Only the
//! visible part is drawn, so the text may have any length and any number of lines.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::frame;
use crate::app::Input;
use crate::payload::escape::is_forbidden;

/// A tab moves to the next multiple of this many columns.
const TAB_COLUMNS: usize = 4;

/// Replaces a character that a terminal would hide or interpret.
const UNSEEN: &str = "\u{fffd}";

/// Draws the part of `input` around its caret into `area`. Returns the position of the caret.
pub(super) fn draw(input: &Input, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    if area.is_empty() {
        return None;
    }
    let [width, height] = [area.width, area.height].map(usize::from);
    let lines = input.lines();
    let (row, character) = input.caret();
    let mut before = Pieces::of(&lines[row]);
    before.skip_to_character(character);
    let column = before.column;
    let left = first_shown(column, width);
    let top = first_shown(row, height).min(lines.len().saturating_sub(height));
    for (place, (row, line)) in area.rows().zip(lines.iter().enumerate().skip(top)) {
        draw_line(line, left, input.selected_in(row), place, buffer);
    }
    let at = |start: u16, offset: usize| start + u16::try_from(offset).unwrap_or(0);
    let (x, y) = (at(area.x, column - left), at(area.y, row - top));
    Some(Position::new(x, y))
}

/// Returns the first visible column or row, if `room` columns or rows fit. The view moves in steps
/// of half of `room`, so that the text around the caret is visible.
fn first_shown(caret: usize, room: usize) -> usize {
    if caret < room {
        return 0;
    }
    let half = (room / 2).max(1);
    ((caret - room) / half + 1) * half
}

fn draw_line(line: &str, left: usize, selected: Range<usize>, area: Rect, buffer: &mut Buffer) {
    let right = left + usize::from(area.width);
    let mut pieces = Pieces::of(line);
    pieces.skip_to_column(left);
    for piece in pieces.take_while(|piece| piece.columns.start < right) {
        let style = frame::selection(selected.contains(&piece.character), true);
        let is_whole = piece.columns.start >= left && piece.columns.end <= right;
        for column in piece.columns.start.max(left)..piece.columns.end.min(right) {
            let x = area.x + u16::try_from(column - left).unwrap_or(0);
            if is_whole && column == piece.columns.start {
                buffer.set_string(x, area.y, piece.symbol, style);
            } else if !is_whole || piece.symbol == " " {
                buffer.set_string(x, area.y, " ", style);
            }
        }
    }
}

/// A unit of drawing: a character and the marks that combine with it.
struct Piece<'a> {
    /// The index of its first character in the line.
    character: usize,
    symbol: &'a str,
    columns: Range<usize>,
}

/// An iterator over the pieces of a line, starting at some position.
#[derive(Clone)]
struct Pieces<'a> {
    rest: &'a str,
    /// The number of characters and columns before `rest`.
    character: usize,
    column: usize,
}

impl<'a> Pieces<'a> {
    fn of(line: &'a str) -> Self {
        Self {
            rest: line,
            character: 0,
            column: 0,
        }
    }

    /// Moves to the first piece that ends after `column`.
    fn skip_to_column(&mut self, column: usize) {
        loop {
            self.skip_plain(column - self.column);
            let here = self.clone();
            if self.next().is_none_or(|piece| piece.columns.end > column) {
                *self = here;
                return;
            }
        }
    }

    /// Moves to the first piece that starts at `character` or later.
    fn skip_to_character(&mut self, character: usize) {
        while self.character < character {
            self.skip_plain(character - self.character);
            if self.character < character && self.next().is_none() {
                return;
            }
        }
    }

    /// Skips up to `most` printable ASCII characters of one column each at once, because a line may
    /// be long. The last one before a non-ASCII character is not skipped: that character may
    /// combine with it.
    fn skip_plain(&mut self, most: usize) {
        let bytes = self.rest.as_bytes();
        let plain = bytes.iter().take(most);
        let mut length = plain.take_while(|byte| matches!(byte, b' '..=b'~')).count();
        if bytes.get(length).is_some_and(|byte| !byte.is_ascii()) {
            length = length.saturating_sub(1);
        }
        self.rest = &self.rest[length..];
        self.character += length;
        self.column += length;
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let grapheme = self.rest.graphemes(true).next()?;
        let (symbol, columns) = match grapheme {
            "\t" => (" ", TAB_COLUMNS - self.column % TAB_COLUMNS),
            grapheme if grapheme.chars().any(is_forbidden) || grapheme.width() == 0 => (UNSEEN, 1),
            grapheme => (grapheme, grapheme.width()),
        };
        let piece = Piece {
            character: self.character,
            symbol,
            columns: self.column..self.column + columns,
        };
        self.rest = &self.rest[grapheme.len()..];
        self.character += grapheme.chars().count();
        self.column += columns;
        Some(piece)
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent};
    use ratatui::buffer::Cell;

    use super::*;
    use crate::view::theme;

    /// Draws a box of this size. Returns its rows and its caret.
    fn drawn(input: &Input, width: u16, height: u16) -> (Vec<String>, (u16, u16)) {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        let caret = draw(input, area, &mut buffer).expect("the area is not empty");
        let rows = buffer.content.chunks(usize::from(width));
        let rows = rows.map(|row| row.iter().map(Cell::symbol).collect());
        (rows.collect(), caret.into())
    }

    fn move_left(input: &mut Input, steps: usize) {
        for _ in 0..steps {
            input.press(KeyEvent::from(KeyCode::Left));
        }
    }

    #[test]
    fn the_caret_is_placed_after_wide_characters_and_tabs() {
        let mut input = Input::holding("漢字\tab");
        let (rows, caret) = drawn(&input, 12, 1);
        assert_eq!((rows[0].as_str(), caret), ("漢 字     ab  ", (10, 0)));
        for column in [9, 8, 4, 2, 0] {
            move_left(&mut input, 1);
            assert_eq!(drawn(&input, 12, 1).1, (column, 0));
        }
    }

    #[test]
    fn a_long_line_is_shown_around_its_caret() {
        let text: String = ('a'..='z').collect();
        let mut input = Input::holding(&text);
        for steps in 0..=26_u16 {
            let (rows, (x, _)) = drawn(&input, 7, 1);
            let caret = usize::from(26 - steps);
            let under = rows[0].chars().nth(usize::from(x));
            let expected = text.chars().nth(caret).unwrap_or(' ');
            assert_eq!(under, Some(expected), "{rows:?}");
            move_left(&mut input, 1);
        }
    }

    #[test]
    fn a_wide_character_cut_by_an_edge_is_blank() {
        let input = Input::holding("漢字漢字漢字");
        let (rows, caret) = drawn(&input, 5, 1);
        assert_eq!((rows[0].as_str(), caret), ("漢 字  ", (4, 0)));
        let (rows, caret) = drawn(&input, 3, 1);
        assert_eq!((rows[0].as_str(), caret), ("字  ", (2, 0)));
    }

    #[test]
    fn the_caret_is_visible_beyond_65535_lines_and_columns() {
        let line = "x".repeat(70_000);
        let input = Input::holding(&format!("{}{line}end", "\n".repeat(70_000)));
        let (rows, (x, y)) = drawn(&input, 10, 3);
        let before: String = rows[usize::from(y)].chars().take(x.into()).collect();
        assert!(before.ends_with("end"), "{rows:?}");
        assert_eq!((&rows[usize::from(y)], y), (&format!("{before:10}"), 2));
    }

    /// Types at the end, at the start and in the middle of a long text, and checks that the typed
    /// text is visible before the caret.
    fn assert_typing_is_visible(text: &str, from: &[(KeyCode, usize)]) {
        let mut input = Input::holding(text);
        for (code, times) in from {
            for _ in 0..*times {
                input.press(KeyEvent::from(*code));
            }
            for letter in ['é', '漢'] {
                input.press(KeyEvent::from(KeyCode::Char(letter)));
                let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 3));
                let caret = draw(&input, buffer.area, &mut buffer).expect("there is room");
                assert!(buffer.area.contains(caret), "{caret}");
                // The text after the typed character may combine with it and take two more columns.
                let before = (caret.x.saturating_sub(4)..caret.x).rev();
                let symbols = before.map(|x| buffer[(x, caret.y)].symbol());
                let typed = symbols.clone().find(|symbol| symbol.starts_with(letter));
                let seen: Vec<&str> = symbols.collect();
                assert!(typed.is_some(), "{code:?}: {seen:?}");
            }
        }
    }

    #[test]
    fn typed_text_is_visible_beyond_65535_columns_of_any_characters() {
        use KeyCode::{End, Home, Left, Right};
        let clusters = ["漢", "e\u{301}", "😀", "🇩🇪", "👍🏽", "\t"];
        for (cluster, columns) in clusters.into_iter().zip([2, 1, 2, 2, 2, 4]) {
            let text = cluster.repeat(70_000 / columns);
            let moves = [(End, 1), (Left, 7), (Home, 1), (Right, 7)];
            assert_typing_is_visible(&text, &moves);
        }
    }

    #[test]
    fn typed_text_is_visible_beyond_65535_lines_of_any_characters() {
        use KeyCode::{Down, End, PageUp, Up};
        for line in ["漢字\n", "e\u{301}\n", "🇩🇪\n", "\t\n"] {
            let text = line.repeat(70_000);
            let moves = [(End, 1), (Up, 7), (PageUp, 1), (Down, 2)];
            assert_typing_is_visible(&text, &moves);
        }
    }

    #[test]
    fn invisible_characters_are_marked() {
        let input = Input::holding("a\x1bb");
        assert_eq!(drawn(&input, 5, 1).0, ["a\u{fffd}b  "]);
        for unseen in [
            '\u{202e}', '\u{200b}', '\u{feff}', '\u{2066}', '\u{a0}', '\u{ad}',
        ] {
            let input = Input::holding(&format!("a{unseen}b"));
            let (rows, caret) = drawn(&input, 5, 1);
            assert_eq!((rows[0].as_str(), caret), ("a\u{fffd}b  ", (3, 0)));
        }
        // A combining mark with nothing to combine with.
        assert_eq!(drawn(&Input::holding("\u{301}b"), 4, 1).0, ["\u{fffd}b  "]);
        assert_eq!(drawn(&Input::holding("e\u{301}b"), 4, 1).0, ["e\u{301}b  "]);
    }

    #[test]
    fn skipping_yields_the_same_pieces_as_iterating() {
        let line =
            "plain\ttext e\u{301}\u{301}x 漢字\t\tab\u{202e}c 🇩🇪🇫🇷 \u{301}\x1b한글~\u{600}end";
        let parts = |piece: Piece<'_>| (piece.character, piece.symbol.to_owned(), piece.columns);
        let all: Vec<_> = Pieces::of(line).map(parts).collect();
        for column in 0..all.last().map_or(0, |(_, _, columns)| columns.end + 2) {
            let mut pieces = Pieces::of(line);
            pieces.skip_to_column(column);
            let from = all.partition_point(|(_, _, columns)| columns.end <= column);
            let rest: Vec<_> = pieces.map(parts).collect();
            assert_eq!(rest, all[from..], "{column}");
        }
        for character in 0..line.chars().count() + 2 {
            let mut pieces = Pieces::of(line);
            pieces.skip_to_character(character);
            let from = all.partition_point(|(first, _, _)| *first < character);
            let rest: Vec<_> = pieces.map(parts).collect();
            assert_eq!(rest, all[from..], "{character}");
        }
    }

    #[test]
    fn a_selection_is_visible() {
        let mut input = Input::holding("abc");
        let shift = crossterm::event::KeyModifiers::SHIFT;
        input.press(KeyEvent::new(KeyCode::Left, shift));
        let mut buffer = Buffer::empty(Rect::new(0, 0, 5, 1));
        draw(&input, buffer.area, &mut buffer);
        let selected = |x| buffer[(x, 0)].modifier == theme::SELECTED.add_modifier;
        assert_eq!([0, 1, 2, 3].map(selected), [false, false, true, false]);
    }

    #[test]
    fn a_box_of_any_size_is_drawn() {
        let input = Input::holding("ab\ncd");
        for (width, height) in [(0, 1), (1, 0), (1, 1), (2, 1)] {
            let area = Rect::new(0, 0, width, height);
            let caret = draw(&input, area, &mut Buffer::empty(area));
            assert_eq!(caret.is_none(), area.is_empty());
        }
    }
}
