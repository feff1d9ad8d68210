//! Text that looks the same in different Unicode normal forms: `é` may be one character or an `e`
//! with a combining accent.

use unicode_normalization::UnicodeNormalization as _;

/// Returns `text` with composed characters (normal form C).
pub fn composed(text: &str) -> String {
    text.nfc().collect()
}

/// Returns a regular expression that matches `letter` composed and decomposed, unless both are the
/// same.
pub fn either_form(letter: char) -> Option<String> {
    if letter.is_ascii() {
        return None;
    }
    let decomposed: String = std::iter::once(letter).nfd().collect();
    decomposed
        .chars()
        .ne([letter])
        .then(|| format!("(?:{letter}|{decomposed})"))
}
