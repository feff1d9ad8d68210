//! Where bytes are shown in a text.

use unicode_segmentation::GraphemeCursor;

use super::Text;
use super::pieces::{Piece, Pieces};

impl Text {
    /// Returns the places in `string` at which what stands for the bytes at `offsets` begins. The
    /// offsets must ascend; `bytes` are those that the text was made from, from their start. A place
    /// within a grapheme cluster is moved to its end, so that the text can be split there.
    pub fn places(&self, bytes: &[u8], offsets: impl Iterator<Item = usize>) -> Vec<usize> {
        let mut parts = self.parts();
        // The current part, where it is, and how many bytes it stands for.
        let (mut start, mut at, mut length, mut size, mut is_escape) = (0, 0, 0, 0, false);
        let place = |offset: usize| {
            while offset >= at + size
                && let Some(part) = parts.next()
            {
                (start, at) = (start + length, at + size);
                (length, is_escape) = (part.text.len(), part.is_escape);
                size = if is_escape {
                    let piece = Pieces::new(bytes.get(at..).unwrap_or_default()).next();
                    piece.map_or(0, Piece::bytes)
                } else {
                    length
                };
            }
            let within = offset.saturating_sub(at).min(size);
            if is_escape {
                start + if within == 0 { 0 } else { length }
            } else {
                boundary(&self.string, start + within.min(length))
            }
        };
        offsets.map(place).collect()
    }
}

/// Returns the first place in `text`, not before `at`, between two grapheme clusters.
fn boundary(text: &str, at: usize) -> usize {
    let is_plain = |at: usize| text.as_bytes().get(at).is_none_or(u8::is_ascii);
    if is_plain(at) {
        return at;
    }
    let mut places = at..=text.len();
    let at = places
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(text.len());
    let mut cursor = GraphemeCursor::new(at, text.len(), true);
    match cursor.is_boundary(text, 0) {
        Ok(false) => cursor
            .next_boundary(text, 0)
            .ok()
            .flatten()
            .unwrap_or(text.len()),
        _ => at,
    }
}

#[cfg(test)]
mod tests {
    use crate::payload::escape::one_line;

    #[test]
    fn each_byte_has_the_place_of_its_piece() {
        for (text, places) in [
            ("abc", &[0, 1, 2, 3, 3][..]),
            ("a\nb", &[0, 1, 3, 4, 4]),
            ("\u{1b}[2J", &[0, 4, 5, 6, 7]),
            ("\u{fc}b", &[0, 2, 2, 3, 3]),
            ("e\u{301}x", &[0, 3, 3, 3, 4]),
            ("a\u{200b}c", &[0, 1, 9, 9, 9, 10]),
        ] {
            let shown = one_line(text.as_bytes(), 80);
            let found = shown.places(text.as_bytes(), 0..places.len());
            assert_eq!(found, places, "{text:?}");
            assert!(
                found
                    .iter()
                    .all(|place| shown.string.is_char_boundary(*place))
            );
        }
    }
}
