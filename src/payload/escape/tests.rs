use super::*;

fn shown(text: &str) -> String {
    one_line(text.as_bytes(), 200).string
}

#[test]
fn control_characters_become_escapes() {
    for (bytes, expected) in [
        (&b"a\nb\rc\0d"[..], "a\\nb\\rc\\0d"),
        (b"\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        (b"\x07\x08\x7f", "\\x07\\x08\\x7f"),
        (b"\xc2\x85\xc2\x9b1m", "\\u{85}\\u{9b}1m"),
        (b"\xff\xc3(\xed\xa0", "\\xff\\xc3(\\xed\\xa0"),
        (b"\xed\xa0\x80\xed\xbf\xbf.", "\\ud800\\udfff."),
        (b"cut \xe4\xbd", "cut \\xe4\\xbd"),
        (b"C:\\new", "C:\\new"),
    ] {
        assert_eq!(one_line(bytes, 200).string, expected);
    }
}

#[test]
fn characters_that_hide_or_reorder_become_escapes() {
    for (text, expected) in [
        ("user\u{202e}txt", "user\\u{202e}txt"),
        ("a\u{200b}b\u{ad}c\u{feff}", "a\\u{200b}b\\u{ad}c\\u{feff}"),
        ("\u{2028}\u{2029}", "\\u{2028}\\u{2029}"),
        ("\u{e0041}\u{e000}", "\\u{e0041}\\u{e000}"),
        (
            "\u{fdd0}\u{1ffff}\u{10ffff}",
            "\\u{fdd0}\\u{1ffff}\\u{10ffff}",
        ),
        ("\u{3164}\u{115f}\u{34f}", "\\u{3164}\\u{115f}\\u{34f}"),
        ("\u{1f468}\u{200d}\u{1f469}", "\u{1f468}\\u{200d}\u{1f469}"),
    ] {
        assert_eq!(shown(text), expected);
    }
}

#[test]
fn combining_marks_need_a_base() {
    for (text, expected) in [
        ("e\u{301}x", "e\u{301}x"),
        ("\u{301}x", "\\u{301}x"),
        ("\n\u{301}", "\\n\\u{301}"),
        ("\t\u{301}", "\\t\\u{301}"),
        (" \u{301}x", "\\x20\\u{301}x"),
        ("\u{200b}\u{903}", "\\u{200b}\\u{903}"),
        ("\u{915}\u{903}", "\u{915}\u{903}"),
        (
            "a\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}b",
            "a\u{301}\u{302}\u{303}\u{304}\\u{305}\\u{306}b",
        ),
        ("\u{2764}\u{fe0f}", "\u{2764}\u{fe0f}"),
        ("1\u{fe0f}\u{20e3}", "1\u{fe0f}\u{20e3}"),
        ("a\u{fe0f}", "a\\u{fe0f}"),
        ("\u{2764}\u{fe0f}\u{fe0f}", "\u{2764}\u{fe0f}\\u{fe0f}"),
        ("\u{fe0f}", "\\u{fe0f}"),
        (
            "\u{915}\u{94d}\u{915}\u{94d}\u{915}\u{94d}\u{915}\u{94d}\u{915}",
            "\u{915}\u{94d}\u{915}\u{94d}\u{915}\u{94d}\u{915}\u{94d}\\u{915}",
        ),
    ] {
        assert_eq!(shown(text), expected, "{}", text.escape_unicode());
    }
}

#[test]
fn invisible_blanks_become_escapes() {
    for (text, expected) in [
        ("a b", "a b"),
        ("orders ", "orders\\x20"),
        ("  orders", "\\x20\\x20orders"),
        ("orders\t", "orders\\t"),
        ("a\tb", "a\\tb"),
        (" ", "\\x20"),
        ("a \n", "a \\n"),
        ("a\u{a0}b\u{3000}", "a\\u{a0}b\\u{3000}"),
        ("\u{1680}\u{2000}\u{200a}", "\\u{1680}\\u{2000}\\u{200a}"),
        ("\u{202f}\u{205f}\u{2800}", "\\u{202f}\\u{205f}\\u{2800}"),
        ("你 ", "你\\x20"),
    ] {
        assert_eq!(shown(text), expected, "{}", text.escape_unicode());
        assert_eq!(whole(text.as_bytes()), expected);
        assert_eq!(name(text.as_bytes(), 40).string, expected);
        assert_eq!(is_plain_name(text.as_bytes()), text == "a b");
    }
    assert_eq!(words(" live  ", 40).string, " live  ");
    let text = one_line(b"a\tb", 2);
    assert_eq!((text.string.as_str(), text.cut), ("a", true));
    // A backslash in the input is not an escape.
    let text = one_line(b"\\x20 ", 20);
    assert_eq!(text.string, "\\x20\\x20");
    assert_eq!(text.escapes.len(), 1);
    assert_eq!(text.escapes[0], 4..8);
}

#[test]
fn trailing_blanks_become_escapes_even_if_most_are_cut_off() {
    let bytes = [b"ab".as_slice(), &[b' '; 3000]].concat();
    for columns in [3, 6, 40] {
        let text = one_line(&bytes, columns);
        let blanks = "\\x20".repeat((columns - 2) / 4);
        assert_eq!((text.string, text.cut), (format!("ab{blanks}"), true));
    }
    let text = one_line(&vec![b' '; 1 << 24], 9);
    assert_eq!(text.string, "\\x20\\x20");
}

#[test]
fn characters_and_escapes_that_do_not_fit_are_left_out() {
    for (text, columns, expected, cut) in [
        ("abc", 3, "abc", false),
        ("abc", 2, "ab", true),
        ("abc", 0, "", true),
        ("", 0, "", false),
        ("a你", 3, "a你", false),
        ("a你", 2, "a", true),
        ("a\x1b", 4, "a", true),
        ("a\x1b", 5, "a\\x1b", false),
        ("e\u{301}", 1, "e\u{301}", false),
        ("\u{202e}z", 3, "", true),
    ] {
        let line = one_line(text.as_bytes(), columns);
        assert_eq!((line.string.as_str(), line.cut), (expected, cut));
        assert!(line.columns <= columns);
    }
}

#[test]
fn escapes_differ_from_backslashes_in_the_payload() {
    let text = one_line(b"\\n\n\\n\x01", 20);
    let parts: Vec<_> = text
        .parts()
        .map(|part| (part.text, part.is_escape))
        .collect();
    assert_eq!(
        parts,
        [
            ("\\n", false),
            ("\\n", true),
            ("\\n", false),
            ("\\x01", true)
        ]
    );
    assert_eq!(Text::default().parts().count(), 0);
}

#[test]
fn a_mark_covers_whole_clusters_and_escapes() {
    let bytes = "ab\te\u{301}你\u{202e}\u{ff}".as_bytes();
    for (mark, expected) in [
        (1..2, "b"),
        (2..3, "\\t"),
        (3..4, "e\u{301}"),
        (5..6, "e\u{301}"),
        (5..7, "e\u{301}你"),
        (10..11, "\\u{202e}"),
        (1..4, "b\\te\u{301}"),
        (12..13, "\u{ff}"),
        (14..15, ""),
    ] {
        let marks = std::slice::from_ref(&mark);
        let text = one_line_marked(bytes, 200, Ranges::of(marks));
        let marked = text.parts().filter(|part| part.is_marked);
        let marked: String = marked.map(|part| part.text).collect();
        assert_eq!(marked, expected, "{mark:?}");
    }
}

#[test]
fn an_ascii_letter_at_the_edge_of_a_mark_stays_the_base_of_its_cluster() {
    let bytes = "abe\u{301}".as_bytes();
    let text = one_line_marked(bytes, 9, Ranges::of(&[0..2, 2..3]));
    assert_eq!((text.string.as_str(), text.columns), ("abe\u{301}", 3));
    let marked: Vec<_> = text
        .parts()
        .map(|part| (part.text, part.is_marked))
        .collect();
    assert_eq!(marked, [("abe\u{301}", true)]);
}

#[test]
fn the_parts_of_a_name_are_joined_by_ellipses_and_keep_their_marks() {
    let name = b"abc:def:ghi";
    let text = name_parts(name, &[0..4, 8..11], 8, &[5..6, 9..10]);
    assert_eq!((text.string.as_str(), text.columns), ("abc:…ghi", 8));
    let marked: Vec<_> = text.parts().filter(|part| part.is_marked).collect();
    assert!(
        matches!(&marked[..], [part] if part.text == "h"),
        "{text:?}"
    );
    assert_eq!(name_parts(name, &[4..6, 6..8], 9, &[]).string, "…def:…");
    for columns in 0..12 {
        assert!(name_parts(name, &[1..4, 5..8], columns, &[]).columns <= columns);
    }
}

#[test]
fn marks_beyond_the_visible_part_are_ignored() {
    let marks: Vec<_> = (0..1 << 20).map(|at| 2 * at..2 * at + 1).collect();
    let bytes = vec![b'x'; 2 << 20];
    let text = one_line_marked(&bytes, 4, Ranges::of(&marks).from(1 << 20));
    assert_eq!(text.marks, [0..1, 2..3]);
}

#[test]
fn only_a_prefix_is_read() {
    let marks = "\u{301}".repeat(1 << 20);
    let text = one_line(format!("a{marks}").as_bytes(), 40);
    assert!(text.cut && text.consumed < 100);
    let text = one_line(&vec![b'x'; 1 << 24], 40);
    assert_eq!((text.consumed, text.columns, text.cut), (40, 40, true));
}

#[test]
fn the_prefix_is_long_enough_for_the_longest_clusters() {
    let cluster = format!("\u{1d41a}{}", "\u{1e8d0}".repeat(4));
    let text = one_line(cluster.repeat(50).as_bytes(), 40);
    assert_eq!(text.string, cluster.repeat(40));
    assert_eq!((text.columns, text.escapes.len()), (40, 0));
}

#[test]
fn names_keep_both_ends() {
    for (text, columns, expected) in [
        ("orders:created", 14, "orders:created"),
        ("orders:created", 11, "order…eated"),
        ("orders:created", 8, "orde…ted"),
        ("orders:created", 7, "orders…"),
        ("orders:created", 1, "…"),
        ("orders:created", 0, ""),
        ("你好你好你好", 8, "你好…好"),
        ("a\nbcdefghi\nj", 9, "a\\nb…i\\nj"),
        ("", 5, "\"\""),
        ("", 1, "…"),
        ("", 0, ""),
        ("orders ", 40, "orders\\x20"),
        (" orders:created ", 16, "\\x20orde…ted\\x20"),
    ] {
        let text = name(text.as_bytes(), columns);
        assert_eq!(text.string, expected);
        assert!(text.columns <= columns);
    }
    let long = name(&vec![b'x'; MAX_ELIDED_NAME + 1], 20);
    assert_eq!(long.string, format!("{}…", "x".repeat(19)));
}

#[test]
fn titles_contain_no_control_characters() {
    assert_eq!(whole(b"a\x1b]0;x\x07\tb\xff"), "a\\x1b]0;x\\x07\\tb\\xff");
    assert_eq!(whole(b"\r\n"), "\\r\\n");
    assert_eq!(
        (whole(b""), whole_name(b"")),
        (String::new(), "\"\"".to_owned())
    );
}

#[test]
fn plain_text_needs_no_escapes_except_for_line_breaks_and_tabs() {
    for (bytes, plain) in [
        (&b""[..], true),
        (b"one\n\ttwo", true),
        ("größe 你 e\u{301}".as_bytes(), true),
        (b"a\r\n", false),
        (b"\xff", false),
        (b"\0", false),
        ("\u{200b}".as_bytes(), false),
    ] {
        assert_eq!(is_plain(bytes), plain, "{bytes:?}");
    }
}

#[test]
fn the_start_of_a_character_is_at_most_three_bytes_before() {
    let text = "aé字🙂".as_bytes();
    let starts = [0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10];
    for (at, start) in starts.into_iter().enumerate() {
        assert_eq!(char_start(text, at), start, "{at}");
    }
    // A long run of continuation bytes is not UTF-8, and must not be searched back to its start.
    assert_eq!(char_start(&[0x80; 9], 8), 8);
}
