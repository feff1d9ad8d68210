//! Terms on values within JSON.

use super::{matches, matches_row, message};

#[test]
fn values_are_compared_by_type_and_value() {
    let payload = r#"{"n":42,"big":9007199254740993,"dec":0.1,"neg":-0,"s":"42","t":true,
        "z":null,"o":{"a":1},"l":[1,"b",[2]],"huge":1e999999999,"text":"b\u00e9a","empty":""}"#;
    for (text, holds) in [
        (".n == 42", true),
        (".n==42.0", true),
        (".n == 4.2e1", true),
        (".n == \"42\"", false),
        (".n != \"42\"", true),
        (".n != 42", false),
        (".n < 42.5", true),
        (".n >= 42", true),
        (".n > 1e-9", true),
        (".n < \"5\"", false),
        (".s == 42", false),
        (".s == \"42\"", true),
        (".s > \"4\"", true),
        (".s <= \"42\"", true),
        (".big == 9007199254740993", true),
        (".big == 9007199254740992", false),
        (".big > 9007199254740992", true),
        (".dec == 0.1", true),
        (".dec == 0.1000000000000000000001", false),
        (".dec == 0.10", true),
        (".neg == 0", true),
        (".huge > 1e999999998", true),
        (".huge < 1e1000000000", true),
        (".t == true", true),
        (".t != false", true),
        (".t > false", false),
        (".z == null", true),
        (".z != 1", true),
        (".o == null", false),
        (".o != null", true),
        (".o < 5", false),
        (".o.a == 1", true),
        (".l[0] == 1", true),
        (".l[1] == \"b\"", true),
        (".l[2][0] == 2", true),
        (".l[3] == null", false),
        (".l.a == 1", false),
        (".o[0] == 1", false),
        (".missing == null", false),
        (".missing != 1", false),
        ("not .missing != 1", true),
        (".text == \"b\u{e9}a\"", true),
        (".text == \"b\\u00e9a\"", true),
        (".text ~ \"^b.a$\"", true),
        (".text ~ \"B\"", false),
        (".text ~ /B/i", true),
        (".text ~ \"\\w{3}\"", true),
        (".text ~ \"x\\\"\"", false),
        (".n ~ \"4\"", false),
        (".s ~ \"4\"", true),
        (".n in (1, 42.0)", true),
        (".n in(\"42\",true)", false),
        (".s in (\"42\")", true),
        ("has(.z)", true),
        ("has( .o.a )", true),
        ("has(.o.b)", false),
        ("has(.)", true),
        (".empty == \"\"", true),
        ("(.n==42)", true),
        ("-.n==42", false),
    ] {
        assert_eq!(matches(text, payload), holds, "{text}");
    }
}

#[test]
fn the_whole_payload_can_be_the_value() {
    assert!(matches(". == 42", " 42 "));
    assert!(matches(". ~ \"^x\"", "\"xy\""));
    assert!(matches(". in (1, 2)", "2"));
    assert!(matches(".[1] > 1", "[1,2]"));
    assert!(matches("-. == 42", "43"));
    assert!(matches("has(.[0])", "[null]"));
}

#[test]
fn keys_are_compared_after_unescaping() {
    let payload = r#"{"\u0069d":1,"odd key":{"":2},"a\"b":3,"größe":4,"x-y":5,"$t":6,"\ud83d\ude00":7,"n\\n":8}"#;
    for text in [
        ".id == 1",
        ".\"odd key\".\"\" == 2",
        ".[\"odd key\"][\"\"] == 2",
        ".\"a\\\"b\" == 3",
        ".größe == 4",
        ".\"gr\\u00f6ße\" == 4",
        ".x-y == 5",
        ".$t == 6",
        ".\"😀\" == 7",
        ".\"n\\\\n\" == 8",
    ] {
        assert!(matches(text, payload), "{text}");
    }
    assert!(!matches(".\"n\\n\" == 8", payload));
    assert!(!matches(".i == 1", payload));
}

#[test]
fn the_last_of_duplicate_keys_counts() {
    assert!(matches(".a == 2", r#"{"a":1,"a":2}"#));
    assert!(!matches(".a == 1", r#"{"a":1,"a":2}"#));
    assert!(!matches("has(.a.b)", r#"{"a":{"b":1},"a":{"c":1}}"#));
    assert!(matches(".a == 3", r#"{"a":1,"b":{"a":2},"\u0061":3}"#));
}

#[test]
fn a_payload_that_is_not_json_as_a_whole_matches_no_path() {
    for payload in [
        "{\"a\":1",
        "{\"a\":1}}",
        "{\"a\":1} {}",
        "{\"a\":1,\"b\":01}",
        "{\"a\":1,\"b\":\"\\x\"}",
        "{\"a\":1,\"b\":\"\n\"}",
        "{\"a\":1 \"b\":2}",
        "",
        "a",
    ] {
        assert!(!matches(".a == 1", payload), "{payload}");
        assert!(matches("not .a == 1", payload), "{payload}");
        assert!(!matches("is:json", payload), "{payload}");
        assert!(!matches("has(.)", payload), "{payload}");
    }
    // This byte is neither UTF-8 nor a character of Windows-1252.
    assert!(!matches_row(
        ".a == 1",
        &message(b"{\"a\":1,\"b\":\"\x81\"}")
    ));
}

#[test]
fn lenient_json_has_paths_but_is_not_json() {
    for payload in [
        "{\"a\":1,}",
        "\u{feff}{\"a\":1}",
        "{'a':1}",
        "{a:1}",
        "{\"a\":1}\0",
    ] {
        assert!(matches(".a == 1", payload), "{payload}");
        assert!(!matches(".a == 2", payload), "{payload}");
        assert!(matches("has(.)", payload), "{payload}");
        assert!(!matches("is:json", payload), "{payload}");
    }
}

#[test]
fn json_nested_too_deeply_is_not_json() {
    let nested = |depth: usize| {
        format!(
            "{{\"a\":1,\"b\":{}{}}}",
            "[".repeat(depth - 1),
            "]".repeat(depth - 1)
        )
    };
    assert!(matches(".a == 1", &nested(127)));
    assert!(!matches(".a == 1", &nested(128)));
    assert!(!matches(".a == 1", &nested(1_000_000)));
    let deep = format!("{}1{}", "{\"a\":".repeat(127), "}".repeat(127));
    assert!(matches(&format!("{} == 1", ".a".repeat(127)), &deep));
}

#[test]
fn half_a_surrogate_pair_is_valid_json_and_a_distinct_string() {
    assert!(matches("is:json", r#""\ud800""#));
    assert!(matches(r#".a == "\ud800""#, r#"{"a":"\ud800"}"#));
    assert!(!matches(r#".a == "\ud801""#, r#"{"a":"\ud800"}"#));
    assert!(matches(r#".a == "\ud83d\ude00""#, r#"{"a":"😀"}"#));
    assert!(matches(r#".a == "\uD800""#, r#"{"a":"\ud800"}"#));
    for (query, payload) in [
        // This is how the string is displayed and copied, but it is a different string.
        (r#".a == "\\ud800""#, r#"{"a":"\ud800"}"#),
        (r#".a == "\ud800""#, r#"{"a":"\\ud800"}"#),
        (".a == \"\u{fffd}\"", r#"{"a":"\ud800"}"#),
        (r#".a == "\ud83d\ude00""#, r#"{"a":"\ude00\ud83d"}"#),
        (r".a ~ /^.$/", r#"{"a":"\ud800"}"#),
        (r#"."\ud800" == 1"#, r#"{"\\ud800":1}"#),
    ] {
        assert!(!matches(query, payload), "{query} on {payload}");
    }
    assert!(matches(r#"."\ud800" == 1"#, r#"{"\uD800":1}"#));
    assert!(matches(r#".a < "\ue000""#, r#"{"a":"\udfff"}"#));
    assert!(matches(r".a ~ /b$/", r#"{"a":"\udfffb"}"#));
}
