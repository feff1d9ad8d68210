#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use super::*;

const ALL: usize = usize::MAX;

fn pretty(text: &str) -> Option<String> {
    let document = indent(text.as_bytes(), ALL)?;
    String::from_utf8(document.to_bytes(text.as_bytes())).ok()
}

#[test]
fn tokens_stay_as_they_came() {
    let text = r#" {"b":1.0,"a":[12345678901234567890,-0,1E+2],"b":{},"e":[ ],"s":"\u00e9\/",
        "t":true , "n":null}"#;
    let expected = r#"{
  "b": 1.0,
  "a": [
    12345678901234567890,
    -0,
    1E+2
  ],
  "b": {},
  "e": [],
  "s": "\u00e9\/",
  "t": true,
  "n": null
}"#;
    assert_eq!(pretty(text).as_deref(), Some(expected));
    assert_eq!(pretty(expected).as_deref(), Some(expected));
}

#[test]
fn a_bare_value_is_one_line() {
    for text in ["1", "\"a\"", "null", "[]", "{}"] {
        assert_eq!(pretty(text).as_deref(), Some(text));
    }
    assert_eq!(pretty("[[]]").as_deref(), Some("[\n  []\n]"));
}

#[test]
fn what_is_not_json_is_not_laid_out() {
    for text in [
        "",
        " ",
        "{",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "[1}",
        "01",
        "1.",
        ".5",
        "-",
        "1e",
        "tru",
        "truefalse",
        "1 2",
        "\"\n\"",
        "\"\\q\"",
        "\"\\u12g4\"",
        "\"",
        "[",
        "]",
        "{\"a\"}",
        ",",
        "nan",
        "'a'",
        "[1 2]",
        "{\"a\" 1}",
        "\u{feff}1",
        "+1",
    ] {
        assert_eq!(pretty(text), None, "{text:?}");
    }
    assert_eq!(indent(b"\"\xff\"", ALL), None);
}

#[test]
fn depth_and_length_are_bounded() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    for (depth, laid_out) in [
        (MAX_DEPTH, true),
        (MAX_DEPTH + 1, false),
        (1_000_000, false),
    ] {
        assert_eq!(indent(nested(depth).as_bytes(), ALL).is_some(), laid_out);
    }
    assert!(serde_json::from_str::<serde_json::Value>(&nested(MAX_DEPTH)).is_ok());
    assert!(serde_json::from_str::<serde_json::Value>(&nested(MAX_DEPTH + 1)).is_err());
    assert!(indent(b"[1,2]", 5).is_some());
    assert!(indent(b"[1,2]", 4).is_none());
}

#[test]
fn tokens_are_told_apart() {
    let text = br#"{"k":["s",1,true]}"#;
    let document = indent(text, ALL).unwrap();
    let tokens: Vec<_> = (0..document.len())
        .filter_map(|index| document.line(index))
        .flat_map(|line| line.spans)
        .map(|span| span.token)
        .filter(|token| *token != Token::Punctuation)
        .collect();
    assert_eq!(
        tokens,
        [Token::Key, Token::String, Token::Number, Token::Literal]
    );
    assert_eq!(document.line(2).map(|line| line.depth), Some(2));
    assert_eq!(document.line(document.len()), None);
}

fn rows(text: &str, line: usize, columns: usize, max: usize) -> Vec<String> {
    let document = indent(text.as_bytes(), ALL).unwrap();
    let rows = document.rows(line, text.as_bytes(), columns, max);
    rows.iter()
        .map(|row| row.iter().map(|(_, text)| text.string.as_str()).collect())
        .collect()
}

#[test]
fn rows_are_safe_and_no_wider_than_the_pane() {
    let text = "{\"key\": \"a\u{202e}b\x7f 你好\"}";
    assert_eq!(
        rows(text, 1, 80, 9),
        ["  \"key\": \"a\\u{202e}b\\x7f 你好\""]
    );
    assert_eq!(
        rows(text, 1, 16, 9),
        ["  \"key\": \"a", "    \\u{202e}b", "    \\x7f 你好\""]
    );
    assert_eq!(rows(text, 1, 16, 2), ["  \"key\": \"a", "    \\u{202e}b"]);
    assert_eq!(rows(text, 0, 0, 9), ["{"]);
    assert_eq!(rows("\"你\"", 0, 1, 9), ["\"", "…", "\""]);
    assert_eq!(rows("{\"ab\":1}", 1, 7, 9), ["  \"ab\":", "   1"]);
}

#[test]
fn the_last_row_says_whether_something_was_left_out() {
    let text = b"\"abcdefgh\"";
    let document = indent(text, ALL).unwrap();
    let cut = |max| {
        let rows = document.rows(0, text, 4, max);
        rows.last()
            .and_then(|row| row.last())
            .map(|(_, text)| text.cut)
    };
    assert_eq!(cut(2), Some(true));
    assert_eq!(cut(9), Some(false));
}
