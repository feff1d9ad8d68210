//! Hex dump of bytes, as shown on the bytes tab.

use std::ops::Range;

/// Returns the width of a row of `bytes` bytes: the offset in eight digits, the bytes in groups of
/// eight, and the characters.
const fn columns_of(bytes: usize) -> usize {
    8 + 2 + bytes * 3 + bytes / 8 + bytes
}

/// Returns how many bytes fit in a row of `columns` columns, rounded down to a power of two so that
/// offsets stay round.
pub fn bytes_in_row(columns: usize) -> usize {
    let fits = |bytes: &usize| columns_of(*bytes) <= columns;
    [32, 16, 8, 4].into_iter().find(fits).unwrap_or(2)
}

/// Returns the number of rows for `bytes` bytes.
pub fn row_count(bytes: usize, columns: usize) -> usize {
    bytes.div_ceil(bytes_in_row(columns))
}

/// Returns the byte range of a row.
pub fn row(bytes: &[u8], line: usize, columns: usize) -> Option<Range<usize>> {
    let width = bytes_in_row(columns);
    let start = line.checked_mul(width)?;
    (start < bytes.len()).then(|| start..bytes.len().min(start + width))
}

/// Returns the character shown for a byte.
pub fn character(byte: u8) -> char {
    match byte {
        b' '..=b'~' => char::from(byte),
        _ => '·',
    }
}

/// Returns `bytes` as hexadecimal digits, two per byte.
pub fn digits(bytes: &[u8]) -> impl Iterator<Item = u8> {
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    halves.map(|half| b"0123456789abcdef"[usize::from(half)])
}

/// Returns the bytes that these hexadecimal digits stand for; `None` if they are not such digits.
pub fn parse(digits: &[u8]) -> Option<Vec<u8>> {
    let half = |digit: u8| u8::try_from(char::from(digit).to_digit(16)?).ok();
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes = pairs.iter();
    let bytes = bytes.map(|[high, low]| Some(half(*high)? << 4 | half(*low)?));
    rest.is_empty().then(|| bytes.collect())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_as_wide_as_the_columns_allow() {
        for (columns, bytes) in [(0, 2), (30, 4), (42, 4), (43, 8), (76, 16), (200, 32)] {
            assert_eq!(bytes_in_row(columns), bytes, "{columns}");
        }
        for columns in 30..200 {
            assert!(columns_of(bytes_in_row(columns)) <= columns, "{columns}");
        }
    }

    #[test]
    fn bytes_have_two_digits_each() {
        assert!(digits(b"\x00\x0f\xa5\xff").eq(*b"000fa5ff"));
        assert!(digits(b"").next().is_none());
        assert_eq!(parse(b"000fA5ff"), Some(b"\x00\x0f\xa5\xff".to_vec()));
        assert_eq!((parse(b"0"), parse(b"0g")), (None, None));
    }

    #[test]
    fn rows_cover_all_bytes() {
        let bytes = [0; 37];
        for columns in [0, 40, 80, 160] {
            let count = row_count(bytes.len(), columns);
            let rows: Vec<_> = (0..count)
                .map(|line| row(&bytes, line, columns).unwrap_or_default())
                .collect();
            assert_eq!(rows.iter().map(Range::len).sum::<usize>(), bytes.len());
            assert_eq!(row(&bytes, count, columns), None);
        }
    }
}
