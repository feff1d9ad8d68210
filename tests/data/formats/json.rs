//! JSON: what must be accepted, what must be rejected, and what subscope decides where either is
//! allowed.

use subscope::payload::format::Format;
use subscope::payload::{json, json_tree};

use super::read_as;

fn nested(depth: usize) -> Vec<u8> {
    [b"[".repeat(depth), b"]".repeat(depth)].concat()
}

#[test]
fn valid_json_is_accepted() {
    for json in [
        "[]",
        "{}",
        "[1e+2]",
        "[-0]",
        "[0E0]",
        "[123.456e78]",
        "[\"\\u0000\"]",
        "[\"\\uD801\\udc37\"]",
        "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]",
        "[\"\u{7f}\"]",
        "[\"\u{2028}\u{2029}\"]",
        "[\"\u{10ffff}\u{ffff}\"]",
        "[\"\u{feff}\"]",
        "{\"a\":\"b\",\"a\":\"c\"}",
        "{\"\":0}",
        "{\"\\u0000\":1}",
        " [1 , 2\t]\r\n",
        "true",
        "-1",
        "\"\"",
        "[[[[[[[]]]]]]]",
        "[\"a/*b*/c\"]",
        "[1.7976931348623157e309]",
        "[100000000000000000000000000000000000000001]",
        "[\"\\ud800\"]",
        "[\"\\udc00\\ud800\"]",
    ] {
        assert!(json_tree::read(json.as_bytes()).is_ok(), "{json}");
    }
    assert!(json_tree::read(&nested(json::MAX_DEPTH)).is_ok());
}

#[test]
fn invalid_json_is_refused() {
    for other in [
        "",
        " ",
        "[1,]",
        "[,1]",
        "[1,,2]",
        "[\"a\",\n4\n,1,",
        "[1:2]",
        "[+1]",
        "[.5]",
        "[1.]",
        "[-]",
        "[- 1]",
        "[012]",
        "[-01]",
        "[0x1]",
        "[1e]",
        "[1 000.0]",
        "[NaN]",
        "[Infinity]",
        "[True]",
        "[nul]",
        "{\"a\":1,}",
        "{\"a\" b}",
        "{\"a\":}",
        "{:1}",
        "{1:1}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1}#",
        "{\"a\":1}/**/",
        "[\"\\x00\"]",
        "[\"\\u00A\"]",
        "[\"\\uD800\\u1\"]",
        "[\"\t\"]",
        "[\"new\nline\"]",
        "[\"\\",
        "[1]x",
        "[1]]",
        "]",
        "\"",
        "abc",
        "\u{feff}[]",
        "[\u{a0}]",
        "[\u{c}]",
        "\u{2060}[]",
        "*",
        "<.>",
    ] {
        assert!(json_tree::read(other.as_bytes()).is_err(), "{other}");
    }
    for other in [
        &b"[\"\xff\"]"[..],
        b"[\"\xed\xa0\x80\"]",
        b"[\"\xc0\xaf\"]",
        b"[\xff]",
        b"\xff\xfe[\0]\0",
        b"[\0]",
        b"[\"a\0a\"]",
    ] {
        assert!(json_tree::read(other).is_err(), "{other:?}");
    }
    assert!(json_tree::read(&nested(json::MAX_DEPTH + 1)).is_err());
}

#[test]
fn a_bare_value_is_json_when_chosen_by_hand() {
    for json in ["1", "null", "\"a\""] {
        let decoded = read_as(json.as_bytes(), Format::Json, None).unwrap();
        assert_eq!(decoded.format, Format::Json);
        assert_eq!(decoded.tree.unwrap().len(), 1);
    }
    let error = read_as(b"{\"a\":tru}", Format::Json, None).unwrap_err();
    assert_eq!(error, "not JSON: expected a value at byte 5");
}
