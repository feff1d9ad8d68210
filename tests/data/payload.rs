//! Properties of `payload`: for any bytes, the drawn text is safe, fits its space and represents
//! the bytes faithfully.

use crate::support::cases;
use crate::support::harmful::is_harmful;
use std::ops::Range;

use proptest::collection::vec;
use proptest::prelude::*;
use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::Style;
use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation;

use subscope::payload::escape::{self, Part, Text};
use subscope::payload::json::locate::Located;
use subscope::payload::ranges::Ranges;
use subscope::payload::rows::{self, BLOCK, END};
use subscope::payload::tree::NodeId;
use subscope::payload::{json, json_tree};
use subscope::query::Path;

/// Characters that interact: marks, joiners, emoji, jamo, Indic letters, flags.
const TROUBLE: &str = "a \\\"{}\t\n\r\0\x1b\x7f\u{85}\u{ad}\u{301}\u{308}\u{34f}\u{903}\u{94d}\u{915}\
    \u{937}\u{d4e}\u{111c2}\u{1100}\u{1161}\u{11a8}\u{ac00}\u{115f}\u{1160}\u{e33}\u{600}\u{70f}\u{17d8}\
    \u{17d2}\u{1780}\u{200b}\u{200d}\u{200e}\u{202e}\u{2028}\u{2066}\u{2060}\u{feff}\u{fe00}\u{fe0e}\u{fe0f}\
    \u{20e3}1#\u{2764}\u{a9}\u{1f468}\u{1f3fd}\u{1f1e9}\u{1f1ea}\u{ff76}\u{ff9e}\u{ff9f}\u{3164}\u{3099}\
    \u{30ab}\u{4f60}\u{ff21}\u{e000}\u{fdd0}\u{fffe}\u{e0041}\u{e0100}\u{10ffff}\u{2d31}\u{2d7f}\u{644}\u{627}\
    \u{16d67}\u{16d68}\u{a4f8}\u{a4fc}\u{1a15}\u{1a17}\u{1a10}\u{a8fa}\u{1d165}\u{1d16d}\u{5d0}\u{5dc}\u{302e}";

fn tricky_characters() -> impl Strategy<Value = Vec<u8>> {
    let characters: Vec<char> = TROUBLE.chars().collect();
    let character = prop_oneof![
        8 => proptest::sample::select(characters).prop_map(|c| c.to_string().into_bytes()),
        2 => any::<char>().prop_map(|c| c.to_string().into_bytes()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
        1 => (0xa0..=0xbf_u8, 0x80..=0xbf_u8).prop_map(|(middle, last)| vec![0xed, middle, last]),
        1 => "[ -~]{1,8}".prop_map(String::into_bytes),
    ];
    vec(character, 0..60).prop_map(|parts| parts.concat())
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![3 => tricky_characters(), 1 => vec(any::<u8>(), 0..200)]
}

/// Returns how many columns ratatui uses for `string` on a line wider than any string here.
fn ratatui_columns(string: &str) -> usize {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 100, 1));
    let (end, _) = buffer.set_stringn(0, 0, string, 100, Style::new());
    usize::from(end)
}

/// Converts drawn text back into the bytes it stands for. Tabs cannot be recovered, so there must
/// be none.
fn rejoined(text: &Text) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in text.parts() {
        bytes.extend(bytes_of(part));
    }
    bytes
}

/// Returns the bytes that a part stands for.
fn bytes_of(part: Part<'_>) -> Vec<u8> {
    if !part.is_escape {
        return part.text.as_bytes().to_vec();
    }
    let code = |digits: &str| u32::from_str_radix(digits, 16).unwrap();
    match part.text.split_at(2) {
        ("\\n", "") => vec![b'\n'],
        ("\\r", "") => vec![b'\r'],
        ("\\t", "") => vec![b'\t'],
        ("\\0", "") => vec![0],
        ("\\x", digits) => vec![u8::try_from(code(digits)).unwrap()],
        ("\\u", braced) if braced.starts_with('{') => {
            let digits = braced.trim_start_matches('{').trim_end_matches('}');
            let character = char::from_u32(code(digits)).unwrap();
            character.to_string().into_bytes()
        }
        ("\\u", half) => {
            let [_, _, high, low] = code(half).to_be_bytes();
            let middle = (high & 0x0f) << 2 | low >> 6;
            vec![0xe0 | high >> 4, 0x80 | middle, 0x80 | low & 0x3f]
        }
        other => panic!("{other:?} is not an escape"),
    }
}

/// Returns where the marks of `text` should be: under each cluster and escape that stands for a
/// byte in `marks`, merged where they touch. `start` is the offset of the text's first byte.
fn expected_marks(text: &Text, start: usize, marks: &[Range<usize>]) -> Vec<Range<usize>> {
    let unmarked = Text {
        marks: Vec::new(),
        ..text.clone()
    };
    let (mut place, mut offset) = (0, start);
    let mut expected: Vec<Range<usize>> = Vec::new();
    for part in unmarked.parts() {
        let pieces: Vec<&str> = if part.is_escape {
            vec![part.text]
        } else {
            part.text.graphemes(true).collect()
        };
        for text in pieces {
            let count = bytes_of(Part { text, ..part }).len();
            let is_marked = marks
                .iter()
                .any(|mark| mark.start < offset + count && offset < mark.end);
            let end = place + text.len();
            match expected.last_mut() {
                Some(last) if is_marked && last.end == place => last.end = end,
                _ if is_marked => expected.push(place..end),
                _ => {}
            }
            place = end;
            offset += count;
        }
    }
    expected
}

/// Marks as a query produces them, within 200 bytes.
fn any_marks() -> impl Strategy<Value = Vec<Range<usize>>> {
    vec((0_usize..9, 1_usize..9), 0..20).prop_map(|steps| {
        let mut at = 0;
        let ranges = steps.into_iter().map(|(gap, length)| {
            let start = at + gap;
            at = start + length;
            start..at
        });
        ranges.collect()
    })
}

fn must_not_be_drawn(character: char) -> bool {
    is_harmful(character) || (character.is_whitespace() && character != ' ')
}

fn assert_safe(text: &Text, columns: usize) {
    assert!(text.columns <= columns);
    assert!(
        !text.string.contains(must_not_be_drawn),
        "{:?}",
        text.string
    );
    assert_eq!(
        text.columns,
        ratatui_columns(&text.string),
        "{}",
        text.string.escape_unicode()
    );
    let by_parts: usize = text.parts().map(|part| ratatui_columns(part.text)).sum();
    assert_eq!(text.columns, by_parts, "{}", text.string.escape_unicode());
    for cluster in text.string.graphemes(true) {
        assert!(cluster.cell_width() > 0, "{}", cluster.escape_unicode());
    }
}

#[test]
fn a_lone_surrogate_at_the_edge_represents_its_bytes() {
    for (bytes, columns) in [
        (&b"\xed\xa0\x80"[..], 6),
        (b"\n\x7f\0\x7f\0\x7f\x7f\x7f\xed\xa0\x80", 12),
    ] {
        let text = escape::one_line(bytes, columns);
        assert_safe(&text, columns);
        assert_eq!(rejoined(&text), &bytes[..text.consumed]);
    }
}

proptest! {
    #![proptest_config(cases::config(1000))]

    #[test]
    fn one_line_is_safe_and_fits(bytes in any_bytes(), columns in 0_usize..80) {
        let text = escape::one_line(&bytes, columns);
        assert_safe(&text, columns);
        prop_assert_eq!(text.cut, text.consumed < bytes.len());
        prop_assert!(text.consumed <= columns * 20);
    }

    #[test]
    fn one_line_represents_exactly_the_consumed_bytes(bytes in any_bytes(), columns in 0_usize..80) {
        let text = escape::one_line(&bytes, columns);
        prop_assert_eq!(rejoined(&text), &bytes[..text.consumed]);
    }

    #[test]
    fn marking_text_does_not_change_it(
        bytes in any_bytes(),
        columns in 0_usize..80,
        marks in any_marks(),
    ) {
        let text = escape::one_line_marked(&bytes, columns, Ranges::of(&marks));
        assert_safe(&text, columns);
        let unmarked = Text { marks: Vec::new(), ..text };
        prop_assert_eq!(unmarked, escape::one_line(&bytes, columns));
    }

    #[test]
    fn exactly_the_text_of_marked_bytes_is_marked(
        bytes in any_bytes(),
        columns in 0_usize..80,
        marks in any_marks(),
    ) {
        let text = escape::one_line_marked(&bytes, columns, Ranges::of(&marks));
        prop_assert_eq!(&text.marks, &expected_marks(&text, 0, &marks));
        let marked: String = text.parts().filter(|part| part.is_marked).map(|part| part.text).collect();
        let by_marks: String = text.marks.iter().map(|mark| &text.string[mark.clone()]).collect();
        prop_assert_eq!(marked, by_marks);
    }

    #[test]
    fn rows_are_marked_like_the_whole_payload(
        bytes in any_bytes(),
        columns in 12_usize..40,
        marks in any_marks(),
        skipped in 0_usize..4,
    ) {
        let plain: Vec<_> = rows::rows(&bytes, columns, 0).skip(skipped).collect();
        let start = plain.first().map_or(bytes.len() + 1, |row| row.start);
        let marked: Vec<_> = rows::rows_marked(&bytes, columns, start, Ranges::of(&marks)).collect();
        prop_assert_eq!(marked.len(), plain.len());
        for (mut marked, plain) in marked.into_iter().zip(plain) {
            prop_assert_eq!(&marked.text.marks, &expected_marks(&marked.text, marked.start, &marks));
            marked.text.marks.clear();
            prop_assert_eq!(marked, plain);
        }
    }

    #[test]
    fn bytes_beyond_the_prefix_make_no_difference(
        bytes in any_bytes(),
        columns in 0_usize..20,
    ) {
        let mut bytes = bytes.repeat(20);
        let text = escape::one_line(&bytes, columns);
        bytes.truncate(columns * 20 + 200);
        let of_prefix = escape::one_line(&bytes, columns);
        prop_assert_eq!(text.string, of_prefix.string);
    }

    #[test]
    fn more_columns_only_append_text(bytes in any_bytes(), columns in 0_usize..60) {
        let narrow = escape::one_line(&bytes, columns);
        let wide = escape::one_line(&bytes, columns + 1);
        prop_assert!(wide.string.starts_with(&narrow.string));
    }

    #[test]
    fn the_whole_text_is_the_widest_line(bytes in any_bytes()) {
        prop_assert_eq!(escape::whole(&bytes), escape::one_line(&bytes, 4000).string);
    }

    #[test]
    fn names_are_safe_and_fit(bytes in any_bytes(), columns in 0_usize..40) {
        assert_safe(&escape::name(&bytes, columns), columns);
    }

    #[test]
    fn rows_leave_nothing_out(bytes in any_bytes(), columns in 1_usize..40) {
        let all: Vec<_> = rows::rows(&bytes, columns, 0).collect();
        let mut at = 0;
        for (index, row) in all.iter().enumerate() {
            assert_safe(&row.text, columns);
            prop_assert_eq!(row.start, at);
            at += row.text.consumed;
            if row.next == Some(at + 1) {
                prop_assert_eq!(bytes[at], b'\n');
                at += 1;
            }
            prop_assert_eq!(row.next, (index + 1 < all.len()).then_some(at));
        }
        prop_assert_eq!(at, bytes.len());
    }

    #[test]
    fn rows_are_the_same_from_either_end(
        bytes in any_bytes(),
        columns in 1_usize..40,
        count in 0_usize..9,
    ) {
        let starts: Vec<_> = rows::rows(&bytes, columns, 0).map(|row| row.start).collect();
        for (index, start) in starts.iter().enumerate() {
            let expected = starts[index.saturating_sub(count)];
            prop_assert_eq!(rows::rows_back(&bytes, columns, *start, count), expected);
            prop_assert_eq!(rows::row_at(&bytes, columns, *start), *start);
        }
        prop_assert_eq!(rows::rows_back(&bytes, columns, END, 1), starts[starts.len() - 1]);
    }

    #[test]
    fn plain_text_is_shown_without_escapes(bytes in any_bytes()) {
        let escapes = rows::rows(&bytes, 4000, 0).any(|row| !row.text.escapes.is_empty());
        prop_assert_eq!(escape::is_plain(&bytes), !escapes);
    }
}

fn any_json() -> impl Strategy<Value = String> {
    let space = || proptest::sample::select(vec!["", "", " ", "\n", "\t", "\r\n"]);
    let scalar = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        "-?(0|[1-9][0-9]{0,24})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?",
        string(),
    ];
    scalar.prop_recursive(5, 40, 5, move |inner| {
        let item =
            (space(), inner.clone(), space()).prop_map(|(a, item, b)| format!("{a}{item}{b}"));
        let member = (space(), string(), space(), item.clone())
            .prop_map(|(a, key, b, value)| format!("{a}{key}{b}:{value}"));
        prop_oneof![
            vec(item, 0..5).prop_map(|items| format!("[{}]", items.join(","))),
            vec(member, 0..5).prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    })
}

fn string() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[a-z{}:,\\[\\] é你]{0,6}",
        proptest::sample::select(vec![
            "\\n",
            "\\\"",
            "\\\\",
            "\\/",
            "\\u00e9",
            "\\ud83d\\ude00"
        ])
        .prop_map(str::to_owned),
    ];
    vec(part, 0..4).prop_map(|parts| format!("\"{}\"", parts.concat()))
}

/// Returns the range of `text` without surrounding whitespace.
fn trimmed(text: &str) -> Range<usize> {
    let start = text.len() - text.trim_start().len();
    start..text.trim_end().len()
}

#[test]
fn halves_of_surrogate_pairs_are_written_back_unchanged() {
    let text = r#"{"\uD800":["\udc00x","\\ud800","\ud83d\ud83d\ude00"],"\udfff\"":1}"#;
    let tree = json_tree::read(text.as_bytes()).unwrap();
    let written = tree.to_json(NodeId(0), text.as_bytes());
    let again = json_tree::read(&written).unwrap();
    assert_eq!(again.len(), tree.len());
    for id in (0..u32::try_from(tree.len()).unwrap()).map(NodeId) {
        let (before, after) = (
            tree.value(id, text.as_bytes()).unwrap(),
            again.value(id, &written).unwrap(),
        );
        assert_eq!((before.key, before.text), (after.key, after.text));
        assert!(String::from_utf8(tree.copy_text(id, text.as_bytes())).is_ok());
    }
    assert_eq!(tree.copy_text(NodeId(2), text.as_bytes()), br"\udc00x");
    assert_eq!(tree.copy_text(NodeId(3), text.as_bytes()), br"\ud800");
    let values = [NodeId(2), NodeId(3)].map(|id| tree.value(id, text.as_bytes()).unwrap());
    assert_ne!(values[0].text, br"\udc00x");
    assert_eq!(values[1].text, br"\ud800");
}

proptest! {
    #![proptest_config(cases::config(1000))]

    #[test]
    fn json_is_written_back_with_the_same_value(text in any_json()) {
        let tree = json_tree::read(text.as_bytes()).unwrap();
        let written = tree.to_json(NodeId(0), text.as_bytes());
        let before: Value = serde_json::from_str(&text).unwrap();
        let after: Value = serde_json::from_slice(&written).unwrap();
        prop_assert_eq!(before, after);
        prop_assert_eq!(tree.source(NodeId(0)).unwrap(), trimmed(&text));
    }

    #[test]
    fn the_path_of_a_json_value_leads_back_to_it(text in any_json()) {
        let tree = json_tree::read(text.as_bytes()).unwrap();
        for index in 0..tree.len() {
            let id = NodeId(u32::try_from(index).unwrap());
            let Some(path) = tree.path(id, text.as_bytes()) else {
                continue;
            };
            let path = Path::parse(&path).unwrap();
            let found = json::locate::locate(text.as_bytes(), path.steps());
            let range = tree.source(id).unwrap();
            prop_assert_eq!(found, Located::At(range), "{:?}", path);
        }
    }

    #[test]
    fn json_agrees_with_serde_json(
        text in any_json(),
        at in any::<proptest::sample::Index>(),
        byte in prop_oneof![
            any::<u8>(),
            proptest::sample::select(b"{}[]:,\"\\ 0-.eEtn\n".to_vec()),
        ],
        insert in any::<bool>(),
    ) {
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        if insert {
            bytes.insert(at, byte);
        } else {
            bytes[at] = byte;
        }
        let ours = json_tree::read(&bytes).is_ok();
        prop_assert_eq!(ours, json::is_json(&bytes));
        let theirs = serde_json::from_slice::<Value>(&bytes).is_ok();
        // A lone surrogate is valid in the grammar of JSON but not in a Rust string.
        let surrogate = bytes.windows(3).any(|three| three == b"\\ud");
        prop_assert!(ours == theirs || (ours && surrogate), "{:?}", bytes);
    }
}

#[test]
fn a_huge_payload_is_read_only_where_it_is_visible() {
    let mut bytes = "你好 ".as_bytes().repeat(8 << 20);
    bytes.push(0xff);
    let middle = rows::row_at(&bytes, 80, 30 << 20);
    let shown: Vec<_> = rows::rows(&bytes, 80, middle).take(50).collect();
    assert!(shown.iter().all(|row| row.text.columns <= 80));
    let end = shown.last().and_then(|row| row.next).unwrap();
    assert!(end > middle && end - middle < 50 * 80 * 4);
    assert_eq!(rows::rows_back(&bytes, 80, end, 50), middle);
    let last = rows::rows_back(&bytes, 80, END, 1);
    assert!(bytes.len() - last <= BLOCK);
    let row = rows::rows(&bytes, 80, last).next().unwrap();
    assert!(row.text.string.ends_with("\\xff") && row.next.is_none());
}

#[test]
fn every_single_character_is_safe_and_has_the_right_width() {
    for character in '\0'..=char::MAX {
        let mut buffer = [0; 4];
        let text = escape::one_line(character.encode_utf8(&mut buffer).as_bytes(), 12);
        assert!(!text.string.contains(must_not_be_drawn));
        assert!(text.columns > 0 && !text.cut, "{character:?}");
        if text.escapes.is_empty() {
            assert_eq!(
                text.columns,
                usize::from(text.string.cell_width()),
                "{character:?}"
            );
        }
    }
}
