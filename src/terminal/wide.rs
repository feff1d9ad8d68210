//! Wide glyphs: makes them unambiguous in a drawn buffer before it is compared with the previous
//! one, and identifies those that every terminal shows as wide.

use ratatui::buffer::{Buffer, Cell, CellWidth as _};

/// Gives every column covered by a wide glyph the same content: an empty symbol.
///
/// A glyph of two columns hides the cell to its right. ratatui (0.30.2, #2526, #2652) skips that
/// cell when it compares two frames, so its content is arbitrary: once the glyph is gone, the
/// comparison may find the hidden cell unchanged and never draw it. An empty symbol differs from
/// everything that is ever shown, so an uncovered cell is always drawn.
///
/// A glyph that is cut in half by the right edge, or by something such as a popup's border drawn
/// over its second column, is replaced by blanks: no terminal can show half a glyph.
///
/// Call this on the finished buffer of each frame, inside the closure passed to `Terminal::draw`.
pub fn settle_wide_glyphs(buffer: &mut Buffer) {
    let columns = usize::from(buffer.area.width).max(1);
    for row in buffer.content.chunks_mut(columns) {
        let mut x = 0;
        while x < row.len() {
            let end = x + columns_of(&row[x]);
            if end > x + 1 {
                match row.get_mut(x + 1..end) {
                    Some(covered) if covered.iter().all(is_blank) => {
                        for cell in covered {
                            cell.reset();
                            cell.set_symbol("");
                        }
                    }
                    _ => {
                        row[x].set_symbol(" ");
                        x += 1;
                        continue;
                    }
                }
            }
            x = end;
        }
    }
}

/// Returns how many columns a cell's symbol takes, at least one.
fn columns_of(cell: &Cell) -> usize {
    // Nearly all cells contain one ASCII byte, which is never wide.
    if cell.symbol().len() <= 1 {
        1
    } else {
        usize::from(cell.cell_width().max(1))
    }
}

fn is_blank(cell: &Cell) -> bool {
    matches!(cell.symbol(), " " | "")
}

/// Returns whether a symbol is a single ideograph, syllable or fullwidth form, which every terminal
/// shows in two columns. Emoji are not included.
pub(super) fn is_plain_wide(symbol: &str) -> bool {
    let mut characters = symbol.chars();
    let plain = characters.next().is_some_and(|character| {
        matches!(character,
            '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
            | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff01}'..='\u{ffe6}'
            | '\u{20000}'..='\u{3fffd}')
    });
    plain && characters.next().is_none()
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    fn symbols(buffer: &Buffer) -> Vec<&str> {
        buffer.content.iter().map(Cell::symbol).collect()
    }

    #[test]
    fn a_covered_column_becomes_empty() {
        let mut buffer = Buffer::with_lines(["a漢b"]);
        settle_wide_glyphs(&mut buffer);
        assert_eq!(symbols(&buffer), ["a", "漢", "", "b"]);
        settle_wide_glyphs(&mut buffer);
        assert_eq!(symbols(&buffer), ["a", "漢", "", "b"]);
    }

    #[test]
    fn a_glyph_cut_in_half_becomes_blank() {
        let mut buffer = Buffer::with_lines(["漢字"]);
        buffer.set_string(1, 0, "|", Style::new());
        buffer[(3, 0)].set_symbol("漢");
        settle_wide_glyphs(&mut buffer);
        assert_eq!(symbols(&buffer), [" ", "|", " ", " "]);
    }

    #[test]
    fn an_empty_buffer_is_left_alone() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 0, 0));
        settle_wide_glyphs(&mut buffer);
        assert!(buffer.content.is_empty());
    }
}
