//! Error messages for invalid queries.

use proptest::prelude::*;
use subscope::query::{Path, Query, SYNTAX};

use super::{MOMENT, parse_error};
use crate::support::cases;

#[test]
fn an_error_says_what_is_wrong_and_where() {
    for (text, at, message) in [
        (".a", 0..2, "a path needs a comparison: .a == 1, or has(.a)"),
        ("x .a.b y", 2..6, "a path needs a comparison"),
        (".a == ", 6..6, "a value is missing"),
        (".a == [1]", 6..9, "use jq(…)"),
        (".a == .b", 6..8, "jq(.a == .b)"),
        (".a == or b", 6..7, "a value is missing"),
        (".a => 1", 3..5, "unknown operator"),
        ("id ==", 5..5, "a value is missing"),
        ("x id = ", 7..7, "a value is missing"),
        (".a in 1", 6..7, "the operator in takes a list"),
        (".a in (1", 6..7, "this list is not closed"),
        (".a in (1 2)", 9..10, "a comma is missing"),
        (
            ".a ~ \"(\"",
            5..8,
            "invalid regular expression: unclosed group",
        ),
        (".a. == 1", 2..3, "a name is missing after this dot"),
        (".a[-1] == 1", 2..3, "an index or a quoted key"),
        (".a[1 == 1", 2..4, "this [ is not closed"),
        ("has(a)", 4..5, "has(.a)"),
        ("has(.a", 0..6, "close it with a )"),
        ("has(.a == 1)", 7..8, "close it with a )"),
        ("is:", 0..3, "takes json, binary"),
        ("x is:jso", 2..8, "takes json, binary"),
        ("since:25:00", 6..11, "HH:MM"),
        ("until:", 6..6, "HH:MM"),
        ("last:5", 5..6, "last:30s"),
        ("size>", 5..5, "size>10k"),
        ("size>10q", 5..8, "size>10k"),
        ("size:", 5..5, "size>10k"),
        ("size:>", 6..6, "size>10k"),
        ("channel:", 0..8, "channel:orders.*"),
        ("/ab+c", 0..1, "put the text in quotes"),
        ("/a(b", 0..1, "put the text in quotes"),
        ("\"abc", 0..1, "this quote is not closed"),
        (r#""a\d""#, 2..4, r"write \\"),
        (r#""\xg""#, 1..3, r"\xff"),
        ("\"a\"b", 3..4, "a space is missing"),
        ("é /(/", 3..6, "invalid regular expression"),
        ("/\\pL{1000}{1000}/", 0..17, "too large"),
        ("(a", 0..1, "this ( is not closed"),
        ("a)", 1..2, "unmatched )"),
        ("()", 1..2, "a term is missing"),
        ("a or", 4..4, "a term is missing"),
        ("or", 0..2, "write \"or\" in quotes"),
        ("a and and b", 6..9, "write \"and\" in quotes"),
        ("not", 3..3, "a term is missing"),
        ("a - b", 2..3, "write \"-\" in quotes"),
        ("a !", 2..3, "write \"!\" in quotes"),
        ("&& a", 0..2, "write \"&&\" in quotes"),
        ("a ||", 4..4, "a term is missing"),
        ("a AND", 5..5, "write \"AND\" in quotes"),
        ("a NOT ", 6..6, "write \"NOT\" in quotes"),
        ("foo(bar)", 0..3, "in quotes"),
    ] {
        let error = parse_error(text);
        assert!(error.message.contains(message), "{text}: {error}");
        assert_eq!(error.at, at, "{text}: {error}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
fn a_query_that_breaks_off_is_unfinished() {
    for text in [
        ".a",
        ".a.",
        ".a[",
        ".a[0",
        ".a =",
        ".a !",
        ".a ==",
        ".a == ",
        ".a == \"x",
        ".a ~",
        ".a ~ \"",
        ".a ~ /x",
        ".a i",
        ".a in",
        ".a in (",
        ".a in (1",
        ".a in (1,",
        ".a in ('x y",
        "id == ",
        "level=\"not",
        "a:'b",
        "has(",
        "has(.a",
        "jq(",
        "jq(.a",
        "jq(.a ==",
        "\"abc",
        "/ab+c",
        "/a(b",
        "/[a",
        "(a",
        "(a or",
        "a or",
        "not",
        "a and not",
        "a AND",
        "a OR ",
        "a NOT",
        "a AND NOT",
        "\"level\":\"er",
        "-",
        "is:",
        "is:js",
        "not (is:not",
        "since:",
        "since:1",
        "since:12:",
        "last:",
        "last:5",
        "size>",
        "size:",
        "channel:",
        "channel:\"a",
        "(.a == \"x",
        "((.a",
        "a and or",
        ".a == or",
        "\"a\\",
        "\"\\x4",
        "\"\\u{12",
        ".a ~ [a",
        "has(.a[0].",
        &format!("\"{}", "x".repeat(10_000)),
        &format!("jq({}", "(".repeat(10_000)),
    ] {
        assert!(parse_error(text).is_unfinished, "{text}");
    }
    for text in [
        ".a is error",
        ".a => 1",
        "a)",
        "is:foo",
        "foo(bar)",
        ".a == [1]",
        "has(a)",
        "\"a\"b",
        "a and and b",
        "size>10q",
        "/\\pL{1000}{1000}/",
        "x .a.b y",
        "since:25:00",
        "a=\"b c\"d",
        ".a is",
        ".a[0]i",
        ".a ===",
        "(.a)",
        "()",
        "last:5x",
        "\"\\d",
        "\"\\xg",
        "jq(.a ==)",
        ".a ~ \"(\"",
        "/(/",
    ] {
        assert!(!parse_error(text).is_unfinished, "{text}");
    }
    let parse = |text| Query::parse_breakpoint(text, &MOMENT).unwrap_err();
    for text in [
        "silent:",
        "silent:3",
        "rate:",
        "rate:>",
        "rate:>100/",
        ".a < 75 until > 8",
        "enters(.a > 1",
        "changed(",
        "changed(.a",
        "enters(",
        "enters(.a >",
        ".a > 1 until",
        ".a > 1 until <",
    ] {
        assert!(parse(text).is_unfinished, "{text}");
    }
    for text in [
        "silent:500ms",
        "rate:=",
        "rate:>fast",
        "changed(state",
        "enters(.a > 1) enters(.b > 1)",
    ] {
        assert!(!parse(text).is_unfinished, "{text}");
    }
}

#[test]
fn an_error_quotes_only_the_start_of_what_is_wrong_and_escapes_it() {
    let long = "x\u{202e}\u{7}".repeat(5_000);
    let parse = |text: &str| Query::parse_breakpoint(text, &MOMENT).unwrap_err();
    for text in [
        format!("\"{long}\"b"),
        format!("{long}(b)"),
        format!("{long}:(b)"),
        format!("not enters(.a == \"{long}\")"),
        format!("silent:30s \"{long}\""),
        format!("jq({}(1))", "x".repeat(4_000)),
        format!("a .b{long}"),
    ] {
        let error = parse(&text);
        for words in [Some(error.message.clone()), error.place(&text)] {
            let words = words.unwrap_or_default();
            let is_harmful = |letter: char| letter.is_control() || letter == '\u{202e}';
            assert!(words.chars().count() < 250, "{words}");
            assert!(!words.contains(is_harmful), "{words:?}");
        }
    }
}

#[test]
fn an_error_with_one_likely_remedy_comes_with_the_corrected_query() {
    for (text, correction) in [
        (".level is error", Some(".level == \"error\"")),
        ("a .level equals error b", Some("a .level == \"error\" b")),
        (".user.name contains eva", Some(".user.name ~ \"eva\"")),
        (".level startswith err", Some(".level ~ \"^err\"")),
        ("$.id is 7", Some(".id == 7")),
        (".error", Some("has(.error)")),
        ("x (.error)", Some("x (has(.error))")),
        ("has(error)", Some("has(.error)")),
        (".id => 7", Some(".id >= 7")),
        (".id === 7", Some(".id == 7")),
        (".id <> 7", Some(".id != 7")),
        (".tags == [1]", Some("jq(.tags == [1])")),
        ("x id == .no y", Some("x jq(.id == .no) y")),
        ("x\u{a0}.a == [1]", Some("x\u{a0}jq(.a == [1])")),
        ("x\u{3000}.a == .b", Some("x\u{3000}jq(.a == .b)")),
        ("level:(a OR b)", Some(".level in (a, b)")),
        ("level:(a, b) x", Some(".level in (a, b) x")),
        ("select(.a == 1)", Some("jq(select(.a == 1))")),
        ("connect(fd) x", Some("\"connect(fd)\" x")),
        ("is:jso", Some("is:json")),
        ("is:bin x", Some("is:binary x")),
        ("is:foo", None),
        ("last:5", Some("last:5s")),
        ("(a or b", Some("(a or b)")),
        ("a)", Some("a")),
        ("\"abc", Some("\"abc\"")),
        ("/ab+c", Some("/ab+c/")),
        ("has(.a", Some("has(.a)")),
        (".user|test(\"ev\")", Some("jq(.user|test(\"ev\"))")),
        (
            "x .items[].sku == \"x\"",
            Some("x jq(any(.items[]; .sku == \"x\"))"),
        ),
        (
            ".items[*].sku=mug-blue y",
            Some("jq(any(.items[]; .sku == \"mug-blue\")) y"),
        ),
        (".items[] >= 7", Some("jq(any(.items[]; . >= 7))")),
        ("channel: orders x", Some("channel:orders x")),
        ("last: 5m", Some("last:5m")),
        ("x /search?q", Some("x \"search?q\"")),
        ("/a+/g", Some("/a+/")),
        ("/a+/gi x", Some("/a+/i x")),
        ("a or", None),
        ("a OR", None),
        ("channel:", None),
        ("size>10q", None),
    ] {
        let error = parse_error(text);
        assert_eq!(error.correction.as_deref(), correction, "{text}: {error}");
    }
}

#[test]
fn parentheses_have_a_limit() {
    for depth in [100, 101, 10_000] {
        let text = format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
        assert_eq!(Query::parse(&text, &MOMENT).is_ok(), depth == 100);
    }
    assert!(Query::parse(&format!("{}a", "-".repeat(60_000)), &MOMENT).is_ok());
    assert!(Query::parse(&format!("{}a", "not ".repeat(10_000)), &MOMENT).is_ok());
    parse_error(&"a ".repeat(40_000));
}

/// Parses `text` and checks the error, if any.
fn check_error_position(text: &str) {
    if let Err(error) = Query::parse(text, &MOMENT) {
        assert!(text.get(error.at.clone()).is_some(), "{text:?}: {error:?}");
        assert!(!error.at.is_empty() || error.at.end <= text.len());
        assert!(error.message.len() > 10, "{text:?}: {error:?}");
        let is_valid = |text: String| Query::parse(&text, &MOMENT).is_ok();
        assert!(error.correction.is_none_or(is_valid), "{text:?}");
    }
}

#[test]
fn every_beginning_of_a_query_parses_or_says_where() {
    let long = r#"-(a or "b \"c\\") /x\/y/i not channel:"o.*" .a["b c"][0].é ~ "é$" .x in (1, "z") size >= 1k lvl='a b' && ! id == 7 || $.a[0] =~ b /c/d"#;
    let examples = SYNTAX.map(|(_, example, _)| example);
    for text in examples.into_iter().chain([long]) {
        for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
            check_error_position(&text[..end]);
        }
    }
}

proptest! {
    #![proptest_config(cases::config(256))]

    #[test]
    fn any_text_parses_or_says_where(text in ".*") {
        check_error_position(&text);
    }

    #[test]
    fn any_sequence_of_tokens_parses_or_says_where(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "(", ")", "-", " ", "not ", "or ", "and ", "\"", "\\", "\\x", "\\u00", "ff", "/", "/i", ".a", ".",
                "[", "]", "0", "==", "!=", "<", "=", "~", "in", ",", "1e", "true", "has(", "size", ">", "10k",
                "is:", "json", "channel:", "via:", "!", "&&", "|| ", "$", "'", "level", " = ", "=~", ":", "since:", "12:00", "last:", "5m", "é", "😀", "\t", "\u{3000}",
            ]),
            0..20,
        )
    ) {
        check_error_position(&pieces.concat());
    }
}

#[test]
fn an_error_in_a_path_points_to_its_place_in_the_query() {
    for (text, at) in [(" x", 1..2), ("\n\u{e9} ", 1..3), ("  .a b", 4..6)] {
        let error = Path::parse(text).unwrap_err();
        assert_eq!(error.at, at, "{text:?}: {error}");
    }
}
