//! Inline commands: a line of words, as typed into a plain connection.

/// Splits a line into words as a shell does. Words may be 'single-quoted' or "double-quoted", with
/// escapes. Returns `None` if a quote is not closed, or if no space follows it.
pub fn words(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    let mut rest = line.trim_ascii_start();
    while !rest.is_empty() {
        let mut word = Vec::new();
        loop {
            match rest {
                [] => break,
                [quote @ (b'"' | b'\''), quoted @ ..] => {
                    rest = read_quoted(*quote, quoted, &mut word)?;
                    break;
                }
                // A NUL ends a word, as in C.
                [b' ' | b'\n' | b'\r' | b'\t' | b'\0', after @ ..] => {
                    rest = after;
                    break;
                }
                [byte, after @ ..] => {
                    word.push(*byte);
                    rest = after;
                }
            }
        }
        words.push(word);
        rest = rest.trim_ascii_start();
    }
    Some(words)
}

/// Reads up to the closing `quote`, which must end the word, into `word`. Returns the rest.
fn read_quoted<'a>(quote: u8, mut rest: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    let is_double = quote == b'"';
    loop {
        let (byte, after) = match rest {
            [b'\\', b'x', high, low, after @ ..]
                if is_double && high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                (hex(*high) << 4 | hex(*low), after)
            }
            [b'\\', escaped, after @ ..] if is_double => (unescaped(*escaped), after),
            [b'\\', b'\'', after @ ..] => (b'\'', after),
            [byte, after @ ..] if *byte == quote => {
                let is_end = after.first().is_none_or(u8::is_ascii_whitespace);
                return is_end.then_some(after);
            }
            [byte, after @ ..] => (*byte, after),
            [] => return None,
        };
        word.push(byte);
        rest = after;
    }
}

fn unescaped(escaped: u8) -> u8 {
    match escaped {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 0x08,
        b'a' => 0x07,
        other => other,
    }
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit - b'A' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_as_in_a_shell() {
        let split = |line: &str| words(line.as_bytes());
        let list =
            |words: &[&str]| Some(words.iter().map(|word| word.as_bytes().to_vec()).collect());
        assert_eq!(split("  a  b\t"), list(&["a", "b"]));
        assert_eq!(split("'it\\'s' \"a b\" \"\""), list(&["it's", "a b", ""]));
        assert_eq!(split("a\"b c\""), list(&["ab c"]));
        assert_eq!(split("\"a\"b"), None);
        assert_eq!(split("'a"), None);
    }
}
