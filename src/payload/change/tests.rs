use super::*;

fn shown(old: &str, new: &str) -> String {
    match change(old.as_bytes(), new.as_bytes(), true) {
        Change::Same => "same".to_owned(),
        Change::Number(difference) => difference,
        Change::Other { marks, .. } => {
            let marked = marks.iter().map(|range| &new[range.clone()]);
            format!("[{}]", marked.collect::<Vec<_>>().join("|"))
        }
        Change::Within { listed, more, .. } => {
            let text = |bytes: &Option<Vec<u8>>| {
                let bytes = bytes.as_deref().unwrap_or(b"-");
                String::from_utf8_lossy(bytes).into_owned()
            };
            let words = listed.iter().map(|within| {
                let path = String::from_utf8_lossy(&within.path);
                format!("{path} {}→{}", text(&within.old), text(&within.new))
            });
            let more = (more > 0).then(|| format!("+{more}"));
            words.chain(more).collect::<Vec<_>>().join("  ")
        }
    }
}

#[test]
fn numbers_change_by_an_exact_difference() {
    for (old, new, expected) in [
        ("399.41", "412.48", "+13.07"),
        ("46", "44", "−2"),
        ("0.1", "0.3", "+0.2"),
        ("-1", "1.50", "+2.50"),
        ("0", "-0.004", "−0.004"),
        ("999999999999999999", "1", "−999999999999999998"),
        ("20.0 °C", "19.5 °C", "−0.5"),
        ("1.0", "1", "same"),
        ("100", "1e2", "same"),
    ] {
        assert_eq!(shown(old, new), expected, "{old} → {new}");
    }
    for (old, new) in [
        ("12:00", "12:01"),
        ("1.2.3", "1.2.4"),
        ("20 C", "21 F"),
        ("1e5", "2e5"),
        ("", "1"),
        ("1234567890123456789", "1234567890123456788"),
    ] {
        assert_eq!(difference(old.as_bytes(), new.as_bytes()), None, "{old}");
    }
}

#[test]
fn new_words_of_a_text_are_marked() {
    assert_eq!(shown("open", "closed"), "[closed]");
    assert_eq!(shown("gate 4 is open", "gate 4 is shut"), "[shut]");
    assert_eq!(shown("\"open\"", "\"shut\""), "[shut]");
    assert_eq!(shown("a", ""), "[]");
}

#[test]
fn the_most_informative_changes_come_first() {
    assert_eq!(
        shown(
            r#"{"seq":15,"left":46,"at":"2024-05-01","old":1,"same":[1,2]}"#,
            r#"{"seq":16,"left":45,"at":"2024-05-02","same":[1,2],"new":{"a":1}}"#
        ),
        r#".old 1→-  .new -→{"a":1}  .left 46→45  .seq 15→16  .at "2024-05-01"→"2024-05-02""#
    );
    assert_eq!(shown(r#"{"a":1,"b":2}"#, r#"{ "b": 2.0, "a": 1 }"#), "same");
    assert_eq!(shown("[1,[2]]", "[1,[3]]"), ".[1][0] 2→3");
}

#[test]
fn strings_are_shown_unescaped() {
    assert_eq!(
        shown(
            r#"{"name":"caf\u00e9 \"x\"","in":["\n"]}"#,
            r#"{"name":"th\u00e9\n","in":["\t"]}"#
        ),
        ".name \"café \"x\"\"→\"thé\n\"  .in[0] \"\n\"→\"\t\""
    );
}

#[test]
fn changes_beyond_the_listed_ones_are_counted() {
    let list = |from: usize| {
        let names = (0..12).map(|name| format!("\"n{name}\":{}", from + name));
        format!("{{{}}}", names.collect::<Vec<_>>().join(","))
    };
    assert!(shown(&list(1), &list(2)).ends_with("  +4"));
}

#[test]
fn marks_cover_the_changed_values() {
    let new = br#"{"a":1,"b":{"c":"x","d":2}}"#;
    let Change::Within { marks, .. } = change(br#"{"a":1,"b":{"c":"y"}}"#, new, true) else {
        panic!("values have changed");
    };
    let marked: Vec<&[u8]> = marks.iter().map(|range| &new[range.clone()]).collect();
    assert_eq!(marked, [&b"\"x\""[..], b"2"]);
}

#[test]
fn messagepack_is_compared_by_value_and_other_bytes_byte_by_byte() {
    let (old, new) = (b"\x82\xa1a\x01\xa1b\xc2", b"\x82\xa1a\x02\xa1b\xc3");
    let Change::Within { listed, .. } = change(old, new, true) else {
        panic!("values have changed");
    };
    assert_eq!(listed[0].path, b".a");
    assert_eq!(listed[1].new.as_deref(), Some(&b"true"[..]));
    let marks = std::iter::once(2..3).collect();
    let expected = Change::Other { from: 2, marks };
    assert_eq!(change(b"\xff\x00\x01", b"\xff\x00\x02", true), expected);
}

#[test]
fn values_that_json_cannot_express_are_shown_as_in_the_tree() {
    let old = b"\x82\xa1x\xca\x7f\xc0\0\0\xa1b\xc4\x01\0";
    let new = b"\x82\xa1x\xca\x7f\x80\0\0\xa1b\xa4AA==";
    let Change::Within { listed, .. } = change(old, new, true) else {
        panic!("values have changed");
    };
    let mut sides: Vec<_> = listed
        .iter()
        .map(|one| (one.old.as_deref(), one.new.as_deref()))
        .collect();
    sides.sort();
    let expected: [(&[u8], &[u8]); 2] = [(b"NaN", b"Infinity"), (b"h'00'", b"\"AA==\"")];
    assert_eq!(sides, expected.map(|(old, new)| (Some(old), Some(new))));
}

#[test]
fn a_value_without_a_path_is_shown_by_its_name() {
    assert_eq!(shown(r#"{"a":1,"a":2}"#, r#"{"a":3,"a":2}"#), "….a 1→3");
}
