#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use super::*;
use crate::payload::json_tree;

fn read(text: &str) -> Tree {
    json_tree::read(text.as_bytes()).unwrap()
}

/// Formats the tree, one line per value.
fn drawn(text: &str) -> Vec<String> {
    let tree = read(text);
    let ids = (0..tree.len()).map(|index| NodeId(u32::try_from(index).unwrap()));
    ids.map(|id| {
        let value = tree.value(id, text.as_bytes()).unwrap();
        let key = match value.key {
            Key::None => String::new(),
            Key::Index(index) => format!("[{index}] "),
            Key::Name(name) | Key::Other(name) => format!("{} ", String::from_utf8_lossy(name)),
        };
        let shown = match value.kind {
            Kind::Array | Kind::Object => format!("{:?} {}", value.kind, value.count),
            kind => format!("{kind:?} {}", String::from_utf8_lossy(value.text)),
        };
        format!("{}{key}{shown}", "  ".repeat(value.depth))
    })
    .collect()
}

/// Returns the root in brief.
fn brief(text: &str, from: usize) -> String {
    let brief = read(text).in_brief(NodeId(0), text.as_bytes(), from);
    String::from_utf8(brief).unwrap()
}

/// Returns the value at `steps` in `text`.
fn at(tree: &Tree, text: &str, steps: &[Key<'_>]) -> NodeId {
    tree.find(steps, text.as_bytes()).unwrap()
}

#[test]
fn values_keep_their_order_digits_and_duplicate_keys() {
    assert_eq!(
        drawn(r#" {"b":1.0,"a":[12345678901234567890,-0,1E+2],"b":{},"s":"\u00e9\n","n":null}"#),
        [
            "Object 5",
            "  b Number 1.0",
            "  a Array 3",
            "    [0] Number 12345678901234567890",
            "    [1] Number -0",
            "    [2] Number 1E+2",
            "  b Object 0",
            "  s String é\n",
            "  n Null null",
        ]
    );
    assert_eq!(drawn("true"), ["Bool true"]);
}

#[test]
fn going_past_a_value_skips_everything_in_it() {
    let text = r#"{"a":[1,[2,3]],"b":4}"#;
    let tree = read(text);
    let a = at(&tree, text, &[Key::Name(b"a")]);
    let b = at(&tree, text, &[Key::Name(b"b")]);
    assert_eq!(tree.after(a), Some(b));
    assert_eq!(tree.after(b), None);
    assert_eq!(tree.after(NodeId(0)), None);
    assert_eq!(tree.next(a), Some(NodeId(a.0 + 1)));
    assert_eq!(tree.children(NodeId(0)).collect::<Vec<_>>(), [a, b]);
    assert_eq!(tree.parent(a), Some(NodeId(0)));
    assert_eq!(tree.parent(NodeId(0)), None);
    assert_eq!(tree.value(NodeId(99), text.as_bytes()).map(|_| ()), None);
}

#[test]
fn paths_are_written_as_in_queries() {
    let text = r#"{"user":{"tags":["x",{"odd key":1,"é":2,"a\"b":3,"0":4}]}}"#;
    let tree = read(text);
    let paths: Vec<_> = (0..tree.len())
        .map(|index| tree.path(NodeId(u32::try_from(index).unwrap()), text.as_bytes()))
        .map(Option::unwrap)
        .collect();
    assert_eq!(
        paths,
        [
            ".",
            ".user",
            ".user.tags",
            ".user.tags[0]",
            ".user.tags[1]",
            ".user.tags[1].\"odd key\"",
            ".user.tags[1].é",
            ".user.tags[1].\"a\\\"b\"",
            ".user.tags[1].\"0\"",
        ]
    );
    assert_eq!(
        read("[[1]]").path(NodeId(2), b"[[1]]").as_deref(),
        Some(".[0][0]")
    );
}

#[test]
fn a_member_hidden_by_a_later_one_has_no_path() {
    let text = r#"{"a":1,"b":2,"a":3}"#;
    let tree = read(text);
    assert_eq!(tree.path(NodeId(1), text.as_bytes()), None);
    assert_eq!(tree.path(NodeId(3), text.as_bytes()).as_deref(), Some(".a"));
    assert_eq!(at(&tree, text, &[Key::Name(b"a")]), NodeId(3));
}

#[test]
fn offsets_and_values_map_to_each_other() {
    let text = r#" {"a": [10, "xy"], "b\n": true}"#;
    let tree = read(text);
    let element = at(&tree, text, &[Key::Name(b"a"), Key::Index(1)]);
    let quoted = text.find("\"xy\"").unwrap();
    assert_eq!(tree.source(element), Some(quoted..quoted + 4));
    assert_eq!(tree.written(element), (Some(quoted + 1..quoted + 3), None));
    assert_eq!(tree.at_offset(quoted + 1), element);
    let last = at(&tree, text, &[Key::Name(b"b\n")]);
    assert_eq!(tree.written(last).1, None);
    assert_eq!(tree.source(NodeId(0)), Some(1..text.len()));
}

#[test]
fn json_lines_become_the_elements_of_an_array() {
    let text = "{\"a\":1}\n\n[2]\n";
    let tree = json_tree::read_lines(text.as_bytes()).unwrap();
    let root = tree.value(NodeId(0), text.as_bytes()).unwrap();
    assert_eq!((root.kind, root.count), (Kind::Array, 2));
    let second = tree.find(&[Key::Index(1), Key::Index(0)], text.as_bytes());
    let second = tree.value(second.unwrap(), text.as_bytes()).unwrap();
    assert_eq!(second.text, b"2");
    assert!(json_tree::read_lines(b"{\"a\":1}").is_err());
    let wrong = json_tree::read_lines(b"1\n2\nx").unwrap_err();
    assert_eq!(wrong.at, 4);
}

#[test]
fn json_errors_have_a_position_and_a_reason() {
    for (text, at, why) in [
        ("", 0, "unexpected end"),
        ("{\"a\":1", 6, "unexpected end"),
        ("{\"a\" 1}", 5, "expected a colon"),
        ("{1:2}", 1, "expected a key"),
        ("[1 2]", 3, "expected a comma or ]"),
        ("[1,]", 3, "expected a value"),
        ("1 2", 2, "trailing data"),
        ("\"a", 0, "unterminated string"),
        ("\"a\\q\"", 2, "invalid escape"),
        ("\"a\nb\"", 2, "control character in a string"),
        ("01", 0, "invalid number"),
        ("nul", 0, "expected a value"),
    ] {
        let wrong = json_tree::read(text.as_bytes()).unwrap_err();
        assert_eq!((wrong.at, &*wrong.why), (at, why), "{text}");
    }
    assert_eq!(json_tree::read(b"\"\xff\"").unwrap_err().at, 1);
}

#[test]
fn depth_is_limited() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(json_tree::read(nested(MAX_DEPTH).as_bytes()).is_ok());
    let wrong = json_tree::read(nested(MAX_DEPTH + 1).as_bytes()).unwrap_err();
    assert_eq!(wrong.why, "nested too deeply");
    assert!(json_tree::read(nested(1_000_000).as_bytes()).is_err());
}

#[test]
fn only_the_first_of_too_many_values_are_decoded() {
    let text = format!("[{}0]", "1,".repeat(MAX_NODES + 5));
    let tree = json_tree::read(text.as_bytes()).unwrap();
    assert_eq!(tree.len(), MAX_NODES);
    assert_eq!(tree.cut_at(), Some(1 + 2 * (MAX_NODES - 1)));
    assert_eq!(tree.after(NodeId(0)), None);
}

#[test]
fn values_in_brief_are_readable() {
    for (text, shown) in [
        (r#""a\"\u00e9\n""#, "\"a\"é\n\""),
        ("1.50", "1.50"),
        (
            r#"{"k\"":["a\"\\\u00e9",{}],"n":null}"#,
            r#"{"k\"":["a\"\\é",{}],"n":null}"#,
        ),
    ] {
        assert_eq!(brief(text, 0), shown);
    }
    // {1: bytes 00 ff, "t": 32("x")} in CBOR
    let payload = b"\xa2\x01\x42\x00\xff\x61t\xd8\x20\x61x";
    let tree = crate::payload::cbor::read(payload).unwrap();
    let brief = tree.in_brief(NodeId(0), payload, 0);
    assert_eq!(brief, br#"{1:h'00ff',"t":32 URI "x"}"#);
}

#[test]
fn long_values_in_brief_are_a_part_and_the_size() {
    let numbers = format!("[{}]", vec!["1"; 1000].join(","));
    assert_eq!(brief(&numbers, 0), "[1,000]");
    let text = format!("\"{}\"", "é".repeat(10_000));
    for from in [0, 1001, 19_999, 20_000] {
        let brief = brief(&text, from);
        let open = if from == 0 { '"' } else { '…' };
        let close = if from > 19_000 { '"' } else { '…' };
        assert!(brief.starts_with(&format!("{open}é")), "{brief}");
        assert!(brief.ends_with(&format!("é{close} 19.5 KiB")), "{brief}");
        assert!(brief.len() < 250, "{brief}");
    }
    let within = format!(r#"["{}"]"#, "x".repeat(300));
    let expected = format!("[\"{}… 300 B]", "x".repeat(200));
    assert_eq!(brief(&within, 0), expected);
}
