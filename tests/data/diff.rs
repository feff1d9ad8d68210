//! Differences between two payloads: which ones are reported, and that they are correct.

use subscope::payload::diff::structure::{Change, Counts, Structure};
use subscope::payload::diff::{Diff, Side, compare};
use subscope::payload::tree::{Builder, Key, Kind, NodeId, Text, Tree};
use subscope::payload::{json, json_tree};

mod apply;
mod drawing;
mod properties;
mod texts;

use drawing::drawn;

/// Compares two JSON values.
fn structure(old: &str, new: &str) -> Structure {
    let (before, after) = (read(old), read(new));
    let (old, new) = (side(old, &before), side(new, &after));
    match compare(old, new) {
        Diff::Structure(structure) => structure,
        other => panic!("{other:?}"),
    }
}

fn read(text: &str) -> Tree {
    json_tree::read(text.as_bytes()).unwrap()
}

/// Returns the path of a value on one side of the comparison.
fn path(side: Side<'_>, id: NodeId) -> String {
    side.tree.unwrap().path(id, side.bytes).unwrap()
}

fn side<'a>(text: &'a str, tree: &'a Tree) -> Side<'a> {
    Side {
        bytes: text.as_bytes(),
        tree: Some(tree),
    }
}

fn plain(bytes: &[u8]) -> Side<'_> {
    Side { bytes, tree: None }
}

/// Returns how many values were added, removed, changed and moved.
fn counts(structure: &Structure) -> (usize, usize, usize, usize) {
    let counts = structure.counts;
    (counts.added, counts.removed, counts.changed, counts.moved)
}

#[test]
fn members_are_added_removed_and_changed() {
    assert_eq!(
        drawn(
            r#"{"id":7,"name":"Ann","old":[1,2],"tags":["a"],"last":true}"#,
            r#"{"id":7,"name":"Bob","tags":["a"],"new":{"x":null},"last":true}"#,
        ),
        [
            "~ {",
            "    … 1 unchanged",
            "-   name: \"Ann\"",
            "+   name: \"Bob\"",
            "-   old: [1,2]",
            "    … 1 unchanged",
            "+   new: {\"x\":null}",
            "    … 1 unchanged",
        ]
    );
}

#[test]
fn the_path_to_a_change_is_shown() {
    let old = r#"{"a":{"b":[{"c":1},{"c":2,"d":0}]},"z":[]}"#;
    let new = r#"{"a":{"b":[{"c":1},{"c":3,"d":0}]},"z":[]}"#;
    assert_eq!(
        drawn(old, new),
        [
            "~ {",
            "~   a: {",
            "~     b: [",
            "        … 1 unchanged",
            "~       [1]: {",
            "-         c: 2",
            "+         c: 3",
            "          … 1 unchanged",
            "    … 1 unchanged",
        ]
    );
    let (before, after) = (read(old), read(new));
    let structure = structure(old, new);
    let paths: Vec<_> = structure
        .lines
        .iter()
        .map(|line| path(side(new, &after), line.change.in_new().unwrap()))
        .collect();
    assert_eq!(paths[5], ".a.b[1].c");
    let was = structure.lines[5].change.in_old().unwrap();
    assert_eq!(path(side(old, &before), was), ".a.b[1].c");
}

#[test]
fn key_order_and_spelling_are_not_changes() {
    for (old, new) in [
        (r#"{"a":1,"b":2}"#, r#"{ "b":2.0, "a":1e0 }"#),
        ("[1.50, -0, 100]", "[15e-1,0,1E2]"),
        (r#""\u00e9\/""#, r#""é/""#),
        (r#"{"\u0061":[{}]}"#, r#"{"a":[{}]}"#),
        (r#"{"a":1,"a":2,"b":3}"#, r#"{"b":3,"a":1,"a":2}"#),
    ] {
        assert!(structure(old, new).is_same(), "{old} {new}");
        assert_eq!(structure(old, new).counts, Counts::default());
    }
}

#[test]
fn small_differences_are_differences() {
    for (old, new) in [
        ("0.1", "0.10000000000000000001"),
        ("9007199254740993", "9007199254740992"),
        ("1", "\"1\""),
        ("null", "\"null\""),
        ("[]", "{}"),
        ("[[]]", "[]"),
        (r#""é""#, r#""e\u0301""#),
        (r#"{"a":1,"a":2}"#, r#"{"a":2,"a":1}"#),
        (r#"{"ab":"c"}"#, r#"{"a":"bc"}"#),
    ] {
        assert!(!structure(old, new).is_same(), "{old} {new}");
    }
}

#[test]
fn a_changed_type_shows_both_values() {
    assert_eq!(
        drawn(r#"{"a":[1],"b":1}"#, r#"{"a":{"x":1},"b":"1"}"#),
        [
            "~ {",
            "-   a: [1]",
            "+   a: {\"x\":1}",
            "-   b: 1",
            "+   b: \"1\"",
        ]
    );
    assert_eq!(drawn("[1]", "null"), ["- [1]", "+ null"]);
}

#[test]
fn inserted_elements_shift_the_others() {
    assert_eq!(
        drawn("[1,2,3,4,5,6]", "[1,2,9,8,3,4,5,7]"),
        [
            "~ [",
            "    … 2 unchanged",
            "+   [2]: 9",
            "+   [3]: 8",
            "    … 3 unchanged",
            "-   [5]: 6",
            "+   [7]: 7",
        ]
    );
    assert_eq!(
        drawn("[1,2,3]", "[1,3]"),
        [
            "~ [",
            "    … 1 unchanged",
            "-   [1]: 2",
            "    … 1 unchanged"
        ]
    );
}

#[test]
fn an_element_at_another_index_has_moved() {
    assert_eq!(
        drawn(
            r#"[{"a":1,"b":2},"x","y","z"]"#,
            r#"["x","y",{"b":2.0,"a":1},"z"]"#
        ),
        [
            "~ [",
            "    … 2 unchanged",
            "> [0] → [2]: {\"b\":2.0,\"a\":1}",
            "    … 1 unchanged",
        ]
    );
    assert_eq!(counts(&structure("[1,2,3,4]", "[4,1,5,3]")), (0, 0, 1, 1));
    assert_eq!(counts(&structure("[7,7,1]", "[1,7,7]")), (0, 0, 0, 1));
}

#[test]
fn objects_are_recognised_by_their_ids() {
    assert_eq!(
        drawn(
            r#"[{"id":1,"v":1},{"id":2,"v":2},{"v":3,"id":"x"}]"#,
            r#"[{"id":0,"v":0},{"v":9,"id":1.0},{"id":"x","v":4}]"#
        ),
        [
            "~ [",
            "+   [0]: {\"id\":0,\"v\":0}",
            "~   [1]: {",
            "-     v: 1",
            "+     v: 9",
            "      … 1 unchanged",
            "-   [1]: {\"id\":2,\"v\":2}",
            "~   [2]: {",
            "      … 1 unchanged",
            "-     v: 3",
            "+     v: 4",
        ]
    );
}

#[test]
fn elements_at_the_same_place_are_paired() {
    assert_eq!(
        drawn("[0,{\"a\":1},\"x\",0]", "[0,{\"a\":2},\"y\",\"z\",0]"),
        [
            "~ [",
            "    … 1 unchanged",
            "~   [1]: {",
            "-     a: 1",
            "+     a: 2",
            "-   [2]: \"x\"",
            "+   [2]: \"y\"",
            "+   [3]: \"z\"",
            "    … 1 unchanged",
        ]
    );
}

#[test]
fn duplicate_keys_are_matched_in_order() {
    assert_eq!(
        drawn(r#"{"a":1,"b":0,"a":2}"#, r#"{"a":1,"a":3,"b":0,"a":4}"#),
        [
            "~ {",
            "    … 1 unchanged",
            "-   a: 2",
            "+   a: 3",
            "    … 1 unchanged",
            "+   a: 4",
        ]
    );
}

#[test]
fn removed_members_appear_where_they_were() {
    assert_eq!(
        drawn(r#"{"x":0,"a":1,"y":0,"b":2,"z":0}"#, r#"{"b":2,"a":1}"#),
        [
            "~ {",
            "-   x: 0",
            "    … 1 unchanged",
            "-   z: 0",
            "    … 1 unchanged",
            "-   y: 0",
        ]
    );
}

#[test]
fn deeply_nested_values_can_be_compared() {
    let depth = json::MAX_DEPTH;
    let nested = |value: &str| "[".repeat(depth) + value + &"]".repeat(depth);
    let structure = structure(&nested("1"), &nested("2"));
    assert_eq!(structure.lines.len(), depth + 1);
    assert_eq!(structure.lines[depth].depth, depth);
    assert!(matches!(
        structure.lines[depth].change,
        Change::Changed { .. }
    ));
}

#[test]
fn large_arrays_are_compared_in_full() {
    let numbers = |skipped: usize| -> String {
        let kept = (0..50_000).filter(|number| *number != skipped);
        let texts: Vec<String> = kept.map(|number| number.to_string()).collect();
        format!("[{}]", texts.join(","))
    };
    let found = structure(&numbers(17), &numbers(41_000));
    assert_eq!(counts(&found), (1, 1, 0, 0));
    assert!(!found.is_coarse);
}

#[test]
fn large_arrays_of_few_distinct_values_are_compared_by_index() {
    let bits = |first: &str, last: &str| format!("[{first}{}{last}]", "0,1,1,".repeat(3000));
    let (old, new) = (bits("2,0,", "5"), bits("", "6,0"));
    assert!(structure(&old, &new).is_coarse);
    let value = |text: &str| serde_json::from_str(text).unwrap();
    properties::assert_diff_is_right(&value(&old), &value(&new));
    assert_eq!(structure(&bits("", "5"), &bits("", "6")).lines.len(), 3);
}

/// Returns `{"blob": Tag(bytes), 1: second}` as decoded from `MessagePack` or CBOR.
fn binary(blob: &[u8], mark: &[u8], second: &str) -> Tree {
    let mut builder = Builder::default();
    builder.open(Kind::Object, b"", 0).unwrap();
    builder.name(Text::Bytes(b"blob")).unwrap();
    builder.open(Kind::Tag, mark, 0).unwrap();
    builder
        .scalar(Kind::Bytes, Text::Bytes(blob), 0..0)
        .unwrap();
    builder.close(0);
    builder.other_key(b"1").unwrap();
    let number = Text::Bytes(second.as_bytes());
    builder.scalar(Kind::Number, number, 0..0).unwrap();
    builder.close(0);
    builder.finish().unwrap()
}

#[test]
fn tags_odd_keys_bytes_and_numbers_of_binary_formats_are_compared() {
    let old = binary(b"\0\xff", b"24", "NaN");
    let lines = |new: &Tree| match compare(side("", &old), side("", new)) {
        Diff::Structure(structure) => structure.lines,
        other => panic!("{other:?}"),
    };
    assert_eq!(lines(&binary(b"\0\xff", b"24", "NaN")), []);
    let depths = |new: &Tree| -> Vec<usize> { lines(new).iter().map(|line| line.depth).collect() };
    assert_eq!(depths(&binary(b"\0\xfe", b"24", "NaN")), [0, 1, 2, 1]);
    assert_eq!(depths(&binary(b"\0\xff", b"25", "NaN")), [0, 1, 1]);
    let found = lines(&binary(b"\0\xff", b"24", "1"));
    let (Change::Changed { old: id, .. }, 1) = (found[2].change, found[2].depth) else {
        panic!("{found:?}");
    };
    assert_eq!(old.value(id, b"").unwrap().key, Key::Other(b"1"));
    assert_eq!(
        found[1].change,
        Change::Same {
            first: NodeId(1),
            count: 1
        }
    );
}

#[test]
fn a_truncated_tree_is_not_compared() {
    let text = format!("[{}0]", "1,".repeat(subscope::payload::tree::MAX_NODES));
    let tree = read(&text);
    assert!(tree.cut_at().is_some());
    let diff = compare(side(&text, &tree), side(&text, &tree));
    assert!(matches!(diff, Diff::LongTexts(_)) && diff.is_same());
}
