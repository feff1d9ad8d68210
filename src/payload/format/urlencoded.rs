//! URL-encoded forms (`application/x-www-form-urlencoded`, URL Standard section 5).

use std::ops::Range;

use memchr::memchr;
use percent_encoding::percent_decode;

use crate::payload::tree::{Builder, Kind, Text, Tree};

/// Returns whether `text` may be a form: whether it contains an ampersand.
pub(super) fn may_be(text: &[u8]) -> bool {
    memchr(b'&', text).is_some()
}

/// Decodes a form as an object of strings. Returns `None` if `text` is not a form: at least two
/// pairs of a name and a value.
pub(super) fn read(text: &[u8]) -> Option<Tree> {
    let pairs = pairs(text)?;
    let mut builder = Builder::default();
    builder.open(Kind::Object, b"", 0).ok()?;
    for [name, value] in pairs {
        let [name, value] = [name, value].map(|range| decoded(&text[range]));
        builder.name(Text::Bytes(&name)).ok()?;
        builder
            .scalar(Kind::String, Text::Bytes(&value), 0..0)
            .ok()?;
    }
    builder.close(text.len());
    builder.finish()
}

/// Returns where the names and the values of a form are. Returns `None` if `text` is not a form.
pub(in crate::payload) fn pairs(text: &[u8]) -> Option<Vec<[Range<usize>; 2]>> {
    if !may_be(text) {
        return None;
    }
    let mut start = 0;
    let pairs = text.split(|byte| *byte == b'&').map(|written| {
        let equals = start + equals(written)?;
        let end = start + written.len();
        let pair = [start..equals, equals + 1..end];
        start = end + 1;
        Some(pair)
    });
    pairs.collect()
}

/// Returns where the `=` between a name and a value is.
fn equals(pair: &[u8]) -> Option<usize> {
    let equals = memchr(b'=', pair)?;
    let (name, value) = (&pair[..equals], &pair[equals + 1..]);
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.[]%+*~".contains(byte);
    let in_value = |byte: &u8| in_name(byte) || b"!'(),:;@/$=?".contains(byte);
    let is_form = !name.is_empty() && name.iter().all(in_name) && value.iter().all(in_value);
    is_form.then_some(equals)
}

/// Decodes a name or a value.
pub(in crate::payload) fn decoded(part: &[u8]) -> Vec<u8> {
    let spaced = part
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte });
    let spaced: Vec<u8> = spaced.collect();
    percent_decode(&spaced).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use super::*;
    use crate::payload::tree::NodeId;

    #[test]
    fn a_form_is_an_object_of_strings() {
        for (form, json) in [
            ("a=1&b=x+y%21", r#"{"a":"1","b":"x y!"}"#),
            (
                "user%5Bname%5D=J%C3%BCrgen&a=",
                r#"{"user[name]":"Jürgen","a":""}"#,
            ),
            ("q=a%26b%3Dc&q=2", r#"{"q":"a&b=c","q":"2"}"#),
        ] {
            let tree = read(form.as_bytes()).unwrap();
            let written = tree.to_json(NodeId::default(), form.as_bytes());
            assert_eq!(String::from_utf8(written).unwrap(), json);
        }
    }

    #[test]
    fn other_text_is_not_a_form() {
        for text in [
            "",
            "a=1",
            "a&b",
            "=1&b=2",
            "a=1&b",
            "a=1 &b=2",
            "Tom & Jerry = friends",
            "http://a/?x=1&y=2",
            "a=\"1\"&b=2",
            "&&",
            "a=1&",
        ] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }
}
