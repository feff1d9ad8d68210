//! XML, YAML and logfmt.

use std::fmt::Write;

use proptest::prelude::*;
use serde_json::Value;
use subscope::payload::format::Format;
use subscope::payload::json::locate::PathStep;
use subscope::payload::lookup::Lookup;
use subscope::payload::tree::NodeId;

use super::{assert_sound, read_as, recognise, shown};
use crate::formats::packed::base64;
use crate::support::cases;

/// Documents, with what Python's `xmltodict` reads.
const XML: &str = include_str!("samples/xml.json");

/// The tests of <https://github.com/yaml/yaml-test-suite> for which it has values in JSON, and those
/// that are not YAML.
const YAML: &str = include_str!("samples/yaml.json");

/// Returns the value of `text` in `format`.
fn value(text: &str, format: Format) -> Result<Value, String> {
    let decoded = read_as(text.as_bytes(), format, None)?;
    let tree = decoded.tree.as_ref().unwrap();
    assert_sound(tree, text.as_bytes());
    let json = tree.to_json(NodeId(0), text.as_bytes());
    Ok(serde_json::from_slice(&json).unwrap())
}

fn samples(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

/// Returns the value at `path`, a name.
fn at(text: &str, names: &[&str]) -> Option<String> {
    let steps: Vec<PathStep> = names
        .iter()
        .map(|name| match name.parse() {
            Ok(index) => PathStep::Index(index),
            Err(_) => PathStep::Key(name.as_bytes().into()),
        })
        .collect();
    let lookup = Lookup::new(text.as_bytes(), None);
    let found = lookup.value(&steps)?;
    assert!(lookup.has(&steps, |_| true, |value, _| value == &*found));
    Some(String::from_utf8(found.into_owned()).unwrap())
}

#[test]
fn xml_is_read_as_xmltodict_reads_it() {
    for sample in samples(XML) {
        let text = sample["xml"].as_str().unwrap();
        assert_eq!(
            recognise(text.as_bytes(), None).format == Format::Xml,
            text != "<a>\n</a>",
            "{text}"
        );
        assert_eq!(value(text, Format::Xml).unwrap(), sample["value"], "{text}");
    }
}

#[test]
fn paths_lead_into_xml() {
    let text = "<order id=\"7\"><item>a</item><item>b</item><total cur=\"EUR\">9</total></order>";
    assert_eq!(at(text, &["order", "@id"]).as_deref(), Some("\"7\""));
    assert_eq!(at(text, &["order", "item", "1"]).as_deref(), Some("\"b\""));
    assert_eq!(
        at(text, &["order", "total", "#text"]).as_deref(),
        Some("\"9\"")
    );
    assert_eq!(at(text, &["order", "none"]), None);
    let packed = base64(text.as_bytes());
    assert_eq!(recognise(&packed, None).format, Format::Xml);
}

#[test]
fn what_is_not_well_formed_xml_stays_text() {
    for (text, why) in [
        ("<a>", "unexpected end at byte 3"),
        (
            "<a></b>",
            "ill-formed document: expected `</a>`, but `</b>` was found at byte 3",
        ),
        ("<a/><b/>", "second element at the top at byte 4"),
        ("<a/>x", "text outside of an element at byte 4"),
        ("<!-- only a comment -->", "no element at byte 23"),
        ("<1/>", "invalid name at byte 0"),
        ("<a b/>", "malformed attribute at byte 0"),
        (
            "<x><a b=\"1\" b=\"2\"/></x>",
            "duplicate attribute at byte 3",
        ),
        ("<a>&#xffffffff;</a>", ""),
    ] {
        let error = read_as(text.as_bytes(), Format::Xml, None).unwrap_err();
        assert!(
            error.starts_with(&format!("not XML: {}", why.split(':').next().unwrap())),
            "{error}"
        );
        assert_eq!(
            recognise(text.as_bytes(), None).format,
            Format::Text,
            "{text}"
        );
    }
    for text in [
        "<none>",
        "<xml/>",
        "<a></a>",
        "a < b > c",
        "<- here",
        "<user@example.com>",
        "<3",
        "<br>line",
    ] {
        assert_eq!(
            recognise(text.as_bytes(), None).format,
            Format::Text,
            "{text}"
        );
    }
}

#[test]
fn entities_are_not_expanded() {
    let mut bomb = "<?xml version=\"1.0\"?>\n<!DOCTYPE lolz [\n<!ENTITY lol \"lol\">\n".to_owned();
    for level in 1..10 {
        let inner = format!("&lol{};", level - 1).repeat(10);
        writeln!(bomb, "<!ENTITY lol{level} \"{inner}\">").unwrap();
    }
    bomb.push_str("]>\n<lolz a=\"&lol9;\">&lol9;<x>&unknown; &lt;</x></lolz>");
    let found = value(&bomb, Format::Xml).unwrap();
    assert_eq!(found["lolz"]["#text"], "&lol9;");
    assert_eq!(found["lolz"]["@a"], "&lol9;");
    assert_eq!(found["lolz"]["x"], "&unknown; <");
    let external = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>";
    assert_eq!(value(external, Format::Xml).unwrap()["a"], "&x;");
}

#[test]
fn deep_or_long_xml_is_bounded() {
    for (depth, is_read) in [(60, true), (61, false), (100_000, false)] {
        let text = format!(
            "{}x{}",
            "<a><b/>".repeat(depth - 1) + "<a>",
            "</a>".repeat(depth)
        );
        assert_eq!(value(&text, Format::Xml).is_ok(), is_read, "{depth}");
        // Two of each, so that all are arrays.
        let text = format!("{}{}", "<a><a/>".repeat(depth), "</a>".repeat(depth));
        assert_eq!(value(&text, Format::Xml).is_ok(), is_read, "{depth}");
    }
    let many = format!("<r>{}</r>", "<a/>".repeat(1 << 20));
    let error = read_as(many.as_bytes(), Format::Xml, None).unwrap_err();
    assert!(error.starts_with("not XML: too many elements"), "{error}");
}

#[test]
fn yaml_is_read_as_its_test_suite_requires() {
    let mut differing = Vec::new();
    for sample in samples(YAML) {
        let name = sample["name"].as_str().unwrap();
        let text = sample["yaml"].as_str().unwrap();
        let found = value(text, Format::Yaml);
        let is_same = match sample["documents"].as_array() {
            None => found.is_err(),
            Some(documents) => match &documents[..] {
                [] => found.is_err(),
                [one] => found.as_ref() == Ok(one),
                several => found == Ok(Value::Array(several.to_vec())),
            },
        };
        if !is_same {
            differing.push(name.to_owned());
        }
    }
    // In these, an alias stands for a mapping, which is not expanded.
    assert_eq!(differing, ["C4HZ", "UGM3"]);
}

#[test]
fn yaml_scalars_are_resolved_by_the_core_schema() {
    for (text, expected) in [
        (
            "[~, null, NULL, true, FALSE]",
            "[null, null, null, true, false]",
        ),
        (
            "[1, -2, +3, 0x1F, 0o17, 1.5, .5, 1e3]",
            "[1, -2, 3, 31, 15, 1.5, 0.5, 1e3]",
        ),
        ("[.inf, -.Inf, .nan]", "[Infinity, -Infinity, NaN]"),
        ("[yes, no, 1_000, 0b1, 12:30, 1.2.3, -, 2024-01-02]", ""),
        ("['1', \"true\", !!str 5]", "[\"1\", \"true\", \"5\"]"),
        (
            "{1: a, true: b, x: c}",
            "{1: \"a\", true: \"b\", \"x\": \"c\"}",
        ),
        ("!point {x: 1}", "!point({\"x\": 1})"),
        ("[!a 1, !b [2]]", "[!a(\"1\"), !b([2])]"),
        ("a: &x {b: 1}\nc: *x\n", "{\"a\": {\"b\": 1}, \"c\": *x}"),
        ("? [a, b]\n: 1\n? {c: d}\n: 2\n", "{[a, b: 1, {c: d: 2}"),
    ] {
        let decoded = read_as(text.as_bytes(), Format::Yaml, None);
        let Ok(decoded) = decoded else {
            assert_eq!(expected, "", "{text}: {decoded:?}");
            continue;
        };
        if !expected.is_empty() {
            assert_eq!(
                shown(decoded.tree.as_ref().unwrap(), text.as_bytes()),
                expected
            );
        }
    }
}

#[test]
fn yaml_is_detected_only_with_an_explicit_start() {
    for text in [
        "---\na: 1\n",
        "--- [1, 2]",
        "%YAML 1.2\n---\n- x\n",
        "---\na: 1\n---\nb: 2\n",
    ] {
        assert_eq!(
            recognise(text.as_bytes(), None).format,
            Format::Yaml,
            "{text}"
        );
    }
    for text in [
        "a: 1",
        "- a\n- b\n",
        "--- a/src/main.rs\n+++ b/src/main.rs\n@@ -1 +1 @@\n-a\n+b\n",
        "---",
        "---\nwords\n",
        "--- words ---",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        "---\n[unclosed",
        "%YAML",
    ] {
        assert_eq!(
            recognise(text.as_bytes(), None).format,
            Format::Text,
            "{text}"
        );
    }
    assert_eq!(
        at("---\nuser:\n  tags: [a, b]\n", &["user", "tags", "1"]).as_deref(),
        Some("\"b\"")
    );
    assert_eq!(at("---\nn: 5\n", &["n"]).as_deref(), Some("5"));
    assert_eq!(
        at("---\nn: 5\n---\nn: 6\n", &["1", "n"]).as_deref(),
        Some("6")
    );
    let error = read_as(b"a: [1", Format::Yaml, None).unwrap_err();
    assert!(error.starts_with("not YAML: "), "{error}");
}

#[test]
fn aliases_are_not_expanded() {
    let mut bomb = "a: &a [lol]\n".to_owned();
    for (before, after) in ('a'..='y').zip('b'..='z') {
        let inner = format!("*{before},").repeat(9);
        writeln!(bomb, "{after}: &{after} [{inner}]").unwrap();
    }
    let decoded = read_as(bomb.as_bytes(), Format::Yaml, None).unwrap();
    assert!(decoded.tree.unwrap().len() < bomb.len());
    for unit in [
        "[", "{", "- ", "? ", "&a ", "!", "a: {", "[[", "{? ", "*a ", "- - ", "|\n", "'", "\"",
        "#", "%", "a:\n ",
    ] {
        let text = unit.repeat(20_000 / unit.len());
        let _ = read_as(text.as_bytes(), Format::Yaml, None);
        let _ = recognise(format!("---\n{text}").as_bytes(), None);
    }
}

#[test]
fn logfmt_is_an_object() {
    for (text, expected) in [
        (
            "level=info msg=\"order paid\" took=12ms n=5 ok=true x= e=-1.5",
            "{\"level\": \"info\", \"msg\": \"order paid\", \"took\": \"12ms\", \"n\": 5, \"ok\": true, \
             \"x\": \"\", \"e\": -1.5}",
        ),
        (
            "ts=2024-01-02T03:04:05Z caller=main.go:7 err=\"a \\\"b\\\"\\n\"\n",
            "{\"ts\": \"2024-01-02T03:04:05Z\", \"caller\": \"main.go:7\", \"err\": \"a \\\"b\\\"\\n\"}",
        ),
        (
            "at=info path=/a/b?c fwd=\"1.2.3.4\" dyno=web.1",
            "{\"at\": \"info\", \"path\": \"/a/b?c\", \"fwd\": \"1.2.3.4\", \"dyno\": \"web.1\"}",
        ),
    ] {
        let decoded = recognise(text.as_bytes(), None);
        assert_eq!(decoded.format, Format::Logfmt, "{text}");
        let tree = decoded.tree.unwrap();
        assert_sound(&tree, text.as_bytes());
        assert_eq!(shown(&tree, text.as_bytes()), expected);
    }
    let by_hand = read_as(b"debug user=ada", Format::Logfmt, None).unwrap();
    assert_eq!(
        shown(&by_hand.tree.unwrap(), b"debug user=ada"),
        "{\"debug\": null, \"user\": \"ada\"}"
    );
    assert_eq!(
        at("level=warn status=503", &["status"]).as_deref(),
        Some("503")
    );
    assert_eq!(
        at("level=warn msg=\"{\\\"a\\\":1}\"", &["msg", "a"]).as_deref(),
        Some("1")
    );
    // Rows show the line as it is written.
    assert_eq!(
        Lookup::new(b"level=warn msg=\"a \\\"b\\\"\"", None).text(),
        None
    );
}

#[test]
fn ordinary_text_is_not_logfmt() {
    for text in [
        "key=value;other=thing",
        "a=1",
        "level=info",
        "a=1 b=2",
        "level=info and more words",
        "time=now, level=high",
        "msg=\"unterminated level=info",
        "level=info msg=\"two\nlines\"",
        "level=a msg=b\nlevel=c msg=d",
        "x = 5 level = 7",
        "level==5 msg=1",
        "=x level=1",
        "SELECT a FROM b WHERE level=1",
        "http://a/?level=1&msg=2",
    ] {
        assert_eq!(
            recognise(text.as_bytes(), None).format,
            Format::Text,
            "{text}"
        );
    }
    for (text, why) in [
        ("level=\"a\"b", "expected a space at byte 9"),
        ("a=\"b", "unterminated string at byte 2"),
        ("a=1 =2", "expected a key at byte 4"),
        ("", "expected a key at byte 0"),
    ] {
        let error = read_as(text.as_bytes(), Format::Logfmt, None).unwrap_err();
        assert_eq!(error, format!("not logfmt: {why}"));
    }
}

proptest! {
    #![proptest_config(cases::config(1000))]

    #[test]
    fn anything_can_be_read(text in "[<>/&;a1 =\"'?!\\[\\]{}:,\n*#|%@.\\-\u{fc}\t]{0,48}") {
        for format in [Format::Xml, Format::Yaml, Format::Logfmt] {
            if let Ok(decoded) = read_as(text.as_bytes(), format, None) {
                let tree = decoded.tree.as_ref().unwrap();
                assert_sound(tree, text.as_bytes());
                let json = tree.to_json(NodeId(0), text.as_bytes());
                prop_assert!(subscope::payload::json::is_json(&json));
            }
        }
    }

    #[test]
    fn json_is_yaml(text in "[\\[\\]{},:\"a1 .]{0,24}") {
        if subscope::payload::json::is_json(text.as_bytes()) {
            let json: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(value(&text, Format::Yaml).ok(), Some(json));
        }
    }
}

#[test]
fn large_yaml_is_read_only_if_it_is_chosen() {
    let item = b"- name: some name or other\n";
    let count = (4 << 20) / item.len() + 1;
    let yaml = [&b"---\n"[..], &item.repeat(count)].concat();
    let decoded = recognise(&yaml, None);
    assert_eq!((decoded.format, decoded.tree), (Format::Text, None));
    assert_eq!(
        decoded.note.as_deref(),
        Some("YAML of more than 4.0 MiB is read only if it is chosen with f")
    );
}
