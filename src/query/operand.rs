//! Values that were copied, as operands of a comparison.

use std::fmt::Write as _;

use super::compare::COMPARISONS;
use super::value::Scalar;
use crate::payload::hex;
use crate::payload::json::text::{Run, runs};
use crate::payload::tree::{Kind, Value};

/// Returns the operand that equals a value; `None` for arrays, objects and tags, which cannot be
/// compared.
pub fn operand(value: &Value<'_>) -> Option<String> {
    match value.kind {
        Kind::Null => Some("null".to_owned()),
        Kind::Bool | Kind::Number => {
            let word = str::from_utf8(value.text).ok()?;
            Scalar::of_word(word).map(|_| word.to_owned())
        }
        Kind::String | Kind::Other => Some(in_quotes(value.text)),
        Kind::Bytes => {
            let digits = hex::digits(value.text).map(char::from);
            Some(format!("h'{}'", digits.collect::<String>()))
        }
        Kind::Array | Kind::Object | Kind::Tag => None,
    }
}

/// Returns the operand that text pasted after `before` stands for, if it has to be put in quotes:
/// `before` ends with `==`, `!=` or `=`, and the text is neither an operand nor the rest of a query.
pub fn pasted_operand(before: &str, pasted: &str) -> Option<String> {
    let pasted = pasted.trim_matches(['\r', '\n']);
    let is_operand = Scalar::of_word(pasted).is_some()
        || pasted.starts_with(['"', '\''])
        || COMPARISONS.iter().any(|(sign, _)| pasted.contains(sign));
    let is_wanted = awaits_operand(before) && !is_operand && !pasted.is_empty();
    is_wanted.then(|| in_quotes(pasted.as_bytes()))
}

/// Returns whether the query so far ends with `==`, `!=` or `=` after a path.
pub fn awaits_operand(before: &str) -> bool {
    let Some(path) = before.trim_end().strip_suffix('=') else {
        return false;
    };
    let path = path.strip_suffix(['=', '!']).unwrap_or(path).trim_end();
    let term = path.rsplit([' ', '(']).next().unwrap_or_default();
    term.starts_with(['.', '$', '-']) && !term.ends_with(['<', '>', '='])
}

/// Writes a string in quotes, exactly.
fn in_quotes(text: &[u8]) -> String {
    let mut out = String::from('"');
    let mut rest = text;
    let mut follows_high = false;
    for run in runs(text) {
        let length = match run {
            Run::Text(text) => text.len(),
            Run::Surrogate(_) => 3,
            Run::Broken => rest
                .utf8_chunks()
                .next()
                .map_or(1, |chunk| chunk.invalid().len()),
        };
        let (bytes, after) = rest.split_at(length.min(rest.len()));
        rest = after;
        // Writing to a string cannot fail.
        match run {
            Run::Text(text) => text
                .chars()
                .for_each(|next| write_character(next, &mut out)),
            // The escapes of a pair would stand for one character.
            Run::Surrogate(unit) if !follows_high => {
                let _ = write!(out, "\\u{unit:04x}");
            }
            Run::Surrogate(_) | Run::Broken => {
                for byte in bytes {
                    let _ = write!(out, "\\x{byte:02x}");
                }
            }
        }
        follows_high = matches!(run, Run::Surrogate(0xd800..0xdc00));
    }
    out.push('"');
    out
}

fn write_character(character: char, out: &mut String) {
    match character {
        '"' | '\\' => out.extend(['\\', character]),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        other if other.is_control() => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(other));
        }
        other => out.push(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_string_can_be_written_in_quotes() {
        for (text, expected) in [
            (&b"a\"\\\n\0"[..], r#""a\"\\\n\u{0}""#),
            (b"\xff\xc3\xa9\xe2\x82", r#""\xffé\xe2\x82""#),
            (b"\xed\xa0\x80x", r#""\ud800x""#),
            (b"\xed\xa0\xbd\xed\xb8\x80", r#""\ud83d\xed\xb8\x80""#),
        ] {
            assert_eq!(in_quotes(text), expected);
        }
    }

    #[test]
    fn text_pasted_behind_a_comparison_is_put_in_quotes() {
        for (before, pasted, expected) in [
            (".a == ", "hello world", Some(r#""hello world""#)),
            (".a ==", "a\\b\"\n", Some(r#""a\\b\"""#)),
            ("-.a != ", "007", Some(r#""007""#)),
            ("(.a = ", "x", Some(r#""x""#)),
            (".a == ", "42", None),
            (".a == ", "NaN", None),
            (".a == ", "h'00ff'", None),
            (".a == ", "\"x\"", None),
            (".a == ", "1 and .b == 2", None),
            (".a < ", "x y", None),
            (".a <= ", "x y", None),
            ("level=", "x y", None),
            ("", "x y", None),
        ] {
            let found = pasted_operand(before, pasted);
            assert_eq!(found.as_deref(), expected, "{before}{pasted}");
        }
    }
}
