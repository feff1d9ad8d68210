//! Text within pickles of protocol 0.

/// Returns whether a line is a Python name, with dots between modules.
pub(super) fn is_name(line: &[u8]) -> bool {
    let may_be_in_name =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"_.<>".contains(byte) || !byte.is_ascii();
    !line.is_empty() && line.iter().all(may_be_in_name)
}

/// Decodes `raw-unicode-escape`: Latin-1 with escapes `\uXXXX` and `\UXXXXXXXX`.
pub(super) fn unicode(line: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((first, after)) = rest.split_first() {
        let digits = match rest {
            [b'\\', b'u', ..] => rest.get(2..6),
            [b'\\', b'U', ..] => rest.get(2..10),
            _ => None,
        };
        let escaped = digits.and_then(|digits| {
            let code = u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
            Some((char::from_u32(code)?, 2 + digits.len()))
        });
        let (letter, length) = escaped.unwrap_or((char::from(*first), 1));
        out.extend(letter.encode_utf8(&mut [0; 4]).as_bytes());
        rest = rest.get(length..).unwrap_or(after);
    }
    out
}

/// Removes the escapes of a bytes literal.
pub(super) fn unescaped(literal: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(literal.len());
    let mut rest = literal;
    while let Some((first, after)) = rest.split_first() {
        if *first != b'\\' {
            out.push(*first);
            rest = after;
            continue;
        }
        let (escape, after) = after.split_first()?;
        rest = after;
        out.push(match escape {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'v' => 11,
            b'x' => {
                let digits = str::from_utf8(rest.get(..2)?).ok()?;
                rest = &rest[2..];
                u8::from_str_radix(digits, 16).ok()?
            }
            b'\\' | b'\'' | b'"' => *escape,
            _ => return None,
        });
    }
    Some(out)
}
