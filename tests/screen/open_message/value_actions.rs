//! Actions on a value: copying it, filtering by it, using it as a lens.

use crossterm::event::KeyCode;
use subscope::app::{Context, CopyEnd, CopyReport, Effect, Event, Focus, Osc52Obstacle};

use super::{CBOR, PACKED, gzip, opened};
use crate::support::stage::Stage;

/// Returns the text copied to the clipboard.
#[track_caller]
fn copied(effects: &[Effect]) -> String {
    match effects {
        [Effect::Copy(copy)] => String::from_utf8_lossy(&copy.bytes).into_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn y_copies_strings_unescaped_and_other_values_as_written() {
    let mut stage = opened(br#"{ "s":"a\n\u00e9", "n":1.50, "o":{ "x" : [1, 2] } }"#);
    assert_eq!(
        copied(&stage.keys("y")),
        r#"{ "s":"a\n\u00e9", "n":1.50, "o":{ "x" : [1, 2] } }"#
    );
    assert!(
        stage.toast().starts_with("copied the value, "),
        "{}",
        stage.toast()
    );
    for (value, expected) in [("j", "a\né"), ("j", "1.50"), ("j", r#"{ "x" : [1, 2] }"#)] {
        stage.keys(value);
        assert_eq!(copied(&stage.keys("y")), expected);
    }
    assert_eq!(
        copied(&stage.keys("Y")),
        r#"{"s":"a\n\u00e9","n":1.50,"o":{"x":[1,2]}}"#
    );
    assert_eq!(copied(&stage.keys("jP")), ".o.x");
    assert_eq!(stage.toast(), "copied the path .o.x, 4 B (OSC 52)");
}

#[test]
fn half_a_surrogate_pair_is_copied_as_the_original_escape() {
    let payload = r#"{"s":"a\uD800\n","\ud83d k":{"x":1}}"#;
    let mut stage = opened(payload.as_bytes());
    let screen = stage.screen();
    assert!(screen.contains(r#"s: "a\ud800"#), "{screen}");
    assert!(screen.contains(r"\ud83d k"), "{screen}");
    for (keys, expected) in [
        ("jy", "a\\uD800\n"),
        ("Y", payload),
        ("jjP", r#"."\ud83d k".x"#),
    ] {
        let effects = stage.keys(keys);
        let [Effect::Copy(copy)] = &effects[..] else {
            panic!("{effects:?}");
        };
        assert_eq!(std::str::from_utf8(&copy.bytes), Ok(expected), "{keys}");
    }
    stage.keys("k=");
    assert!(
        stage.toast().starts_with("filtered by has("),
        "{}",
        stage.toast()
    );
    assert_eq!(stage.session().shown.len(), 1);
}

#[test]
fn a_messagepack_value_is_copied_as_json() {
    for payload in [PACKED, CBOR, &gzip(PACKED)] {
        let mut stage = opened(payload);
        assert_eq!(copied(&stage.keys("Y")), r#"{"a":1,"b":"x"}"#);
        stage.keys("jj");
        assert_eq!(copied(&stage.keys("y")), "x");
        assert_eq!(copied(&stage.keys("P")), ".b");
    }
    let packed = gzip(br#"{"big":12345678901234567890123}"#);
    let mut stage = opened(&packed);
    assert_eq!(
        copied(&stage.keys("Y")),
        r#"{"big":12345678901234567890123}"#
    );
}

#[test]
fn text_too_large_for_a_terminal_is_not_copied() {
    let mut stage = Stage::with(&["*"], |settings| settings.keep = 64 << 20);
    let long = format!(r#"{{"short":1,"long":"{}"}}"#, "x".repeat(9 << 20));
    stage.messages(&[("a", long.as_bytes())]);
    let words = "not copied: 9.0 MiB exceeds the clipboard limit of 1.0 MiB";
    assert_eq!(stage.keys(" y"), []);
    assert_eq!(stage.toast(), words);
    let requests = stage.code(KeyCode::Enter);
    crate::open_message::answer(&mut stage, requests);
    stage.code(KeyCode::Enter);
    for key in ["Y", "y", "jjy"] {
        assert_eq!(stage.keys(key), []);
        assert_eq!(stage.toast(), words, "{key}");
    }
    assert_eq!(copied(&stage.keys("ky")), "1");
}

#[test]
fn text_is_copied_in_full_and_has_neither_json_nor_path() {
    let mut stage = opened(b"just words");
    assert_eq!(copied(&stage.keys("y")), "just words");
    assert_eq!(stage.keys("Y"), []);
    assert!(
        stage.toast().contains("not structured data"),
        "{}",
        stage.toast()
    );
    assert_eq!(stage.keys("P"), []);
    assert!(stage.toast().contains("not structured data: no paths"));
    assert_eq!(stage.keys("="), []);
    assert!(stage.toast().contains("not structured data: no paths"));
    stage.keys("i");
    assert!(stage.toast().contains("not structured data"));
}

#[test]
fn a_value_without_a_path_can_be_copied_but_not_filtered_by() {
    let mut stage = opened(br#"{"a":1,"a":2}"#);
    stage.keys("j");
    assert_eq!(copied(&stage.keys("y")), "1");
    for key in ["P", "=", "i"] {
        assert_eq!(stage.keys(key), []);
        assert!(stage.toast().starts_with("no path to this value"), "{key}");
    }
    assert!(stage.session().filters.typed.is_none());
    assert_eq!(copied(&stage.keys("jP")), ".a");
}

#[test]
fn a_filter_by_value_matches_the_message_itself_and_no_different_one() {
    for value in [
        "1",
        "-1.50e3",
        "12345678901234567890123",
        "0.1",
        "true",
        "false",
        "null",
        "\"\"",
        "\"it's\"",
        r#""a \"quoted\" word""#,
        r#""back\\slash""#,
        r#""line\nbreak\ttab""#,
        "\"é 漢 🎈\"",
        r#""\u00e9 \ud83c\udf88""#,
        r#""/slash\/""#,
        r#""and or not (""#,
        "[1,2]",
        r#"{"x":1}"#,
        "[]",
    ] {
        for key in ["k", "odd key", "é", "a.b", "q\\\"uote", "0", ""] {
            let mut stage = Stage::new(&["*"]);
            let payload = format!("{{\"{key}\":[0,{value}]}}");
            stage.messages(&[
                ("a", b"other"),
                ("a", payload.as_bytes()),
                ("a", b"{\"k\":[0]}"),
            ]);
            stage.keys("k");
            crate::open_message::open(&mut stage);
            stage.keys("jjj=");
            let shown = stage.app.window().rows;
            let shown: Vec<String> = shown.iter().map(|row| stage.payload_of(*row)).collect();
            assert_eq!(shown, std::slice::from_ref(&payload), "{}", stage.toast());
        }
    }
}

#[test]
fn a_filter_by_value_adds_to_the_filter_and_esc_clears_it() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[
        ("a", br#"{"n":1,"s":"x"}"#),
        ("a", br#"{"n":1,"s":"y"}"#),
        ("a", br#"{"n":2,"s":"x"}"#),
    ]);
    stage.keys("g");
    crate::open_message::open(&mut stage);
    stage.keys("j=");
    assert_eq!(
        (stage.shown(), stage.toast()),
        (2, "filtered by .n == 1 · Esc in the log clears it")
    );
    stage.keys("j=");
    assert_eq!(stage.shown(), 1);
    assert_eq!(
        stage.session().filters.typed.as_ref().unwrap().text(),
        ".n == 1 .s == \"x\""
    );
    stage.keys("q");
    stage.code(KeyCode::Esc);
    assert_eq!(stage.shown(), 3);
}

#[test]
fn a_filter_by_value_finds_the_same_value_in_every_format() {
    let forms = [
        PACKED.to_vec(),
        CBOR.to_vec(),
        gzip(PACKED),
        gzip(br#"{"a":1,"b":"x"}"#),
        br#"{"a":1,"b":"x"}"#.to_vec(),
    ];
    let other = gzip(br#"{"a":2,"b":"x"}"#);
    for form in &forms {
        let mut stage = Stage::new(&["*"]);
        let mut messages = vec![
            ("orders", &other[..]),
            ("a", b"words, a"),
            ("b", b"\x81\x01\x02"),
        ];
        messages.extend(forms.iter().map(|form| ("orders", &form[..])));
        messages.push(("orders", form));
        stage.messages(&messages);
        crate::open_message::open(&mut stage);
        stage.keys("j=");
        assert_eq!(
            stage.toast(),
            "filtered by .a == 1 · Esc in the log clears it"
        );
        assert_eq!(stage.shown(), 6);
        // New messages are filtered too.
        stage.messages(&[("orders", form), ("orders", &other)]);
        assert_eq!(stage.shown(), 7);
    }
}

#[test]
fn values_of_every_kind_are_filtered_by_value_or_else_by_path() {
    // {"x": NaN, "b": bytes 01 02, "t": a point in time, "s": a string of ff}
    let payload = b"\x84\xa1x\xcb\x7f\xf8\0\0\0\0\0\0\xa1b\xc4\x02\x01\x02\xa1t\xd6\xff\x65\x53\xf1\0\xa1s\xa1\xff";
    for (keys, text) in [
        ("j=", ".x == NaN"),
        ("jj=", ".b == h'0102'"),
        ("jjj=", ".t == \"2023-11-14T22:13:20Z\""),
        ("G=", r#".s == "\xff""#),
        ("=", "has(.) (an object cannot be compared with ==)"),
    ] {
        let mut stage = opened(payload);
        stage.messages(&[("orders", br#"{"x":1}"#), ("orders", b"\x81\xa1y\xc0")]);
        stage.keys(keys);
        assert!(
            stage.toast().starts_with(&format!("filtered by {text} · ")),
            "{}",
            stage.toast()
        );
        let others = match text.split_once(" (") {
            Some(("has(.)", _)) => 2,
            _ => 0,
        };
        assert_eq!(stage.shown(), 1 + others, "{text}");
    }
}

#[test]
fn a_value_too_large_for_queries_says_so() {
    let long = gzip(&crate::open_message::long_json(2 << 20));
    let mut stage = Stage::with(&["*"], |settings| settings.keep = 64 << 20);
    stage.messages(&[("orders", &long)]);
    let requests = stage.code(KeyCode::Enter);
    crate::open_message::answer(&mut stage, requests);
    stage.code(KeyCode::Enter);
    for keys in ["j=", "i", "#", "w"] {
        stage.keys(keys);
        assert_eq!(
            stage.toast(),
            "too large: the log unpacks up to 1.0 MiB, this message is 2.0 MiB",
            "{keys}"
        );
    }
    assert!(stage.session().filters.typed.is_none());
    assert!(stage.session().lenses.of(b"orders").is_none());
}

/// Returns the text of the log's rows after the channel name.
fn rows(stage: &Stage) -> Vec<String> {
    let screen = stage.screen();
    let rows = screen
        .lines()
        .filter_map(|line| line.rsplit_once(" orders "));
    rows.map(|(_, row)| row.trim_end_matches(['│', ' ', '█']).trim().to_owned())
        .collect()
}

#[test]
fn a_lens_shows_one_value_in_the_rows_of_the_channel() {
    let long = format!(r#"{{"u":"{}"}}"#, "x".repeat(20 << 10));
    let wide = format!(r#"{{"u":"{}"}}"#, "w".repeat(200));
    let mut stage = Stage::new(&["orders"]);
    stage.messages(&[
        ("orders", br#"{"u":"plain"}"#),
        ("orders", br#"{"u":"a\n\u00e9\"q\""}"#),
        ("orders", br#"{"u":12.50}"#),
        ("orders", br#"{"u":{"in":[1]}}"#),
        ("orders", br#"{"v":1}"#),
        ("orders", b"no json .u"),
        ("orders", long.as_bytes()),
        ("orders", wide.as_bytes()),
        ("orders", b""),
    ]);
    stage.keys("g");
    crate::open_message::open(&mut stage);
    stage.keys("ji");
    assert_eq!(
        stage.toast(),
        "showing only .u for orders · i shows whole messages"
    );
    stage.keys("q");
    let rows = rows(&stage);
    assert_eq!(
        rows[..4],
        ["plain", "a\\né\"q\"", "12.50", r#"{"in":[1]}"#],
        "{rows:?}"
    );
    assert_eq!(rows[4..6], ["no .u", "no .u: no values in it"], "{rows:?}");
    assert!(rows[6].contains("KiB: too long for a"), "{rows:?}");
    assert!(
        rows[7].starts_with("www") && rows[7].ends_with('…'),
        "{rows:?}"
    );
    assert_eq!(rows[8], "no .u: no values in it");
}

#[test]
fn a_message_too_long_for_a_lens_says_so() {
    let pad = "x".repeat(17 << 10);
    let mut stage = opened(format!(r#"{{"id":7,"pad":"{pad}"}}"#).as_bytes());
    stage.keys("ji");
    let words = " (this message is too long) · i shows whole messages";
    assert!(stage.toast().ends_with(words), "{}", stage.toast());
}

#[test]
fn a_lens_shows_the_value_in_every_format() {
    let mut stage = Stage::new(&["orders"]);
    let large = gzip(format!(r#"{{"b":"x","a":"{}"}}"#, "y".repeat(70 << 10)).as_bytes());
    stage.messages(&[
        ("orders", PACKED),
        ("orders", CBOR),
        ("orders", &gzip(PACKED)),
        ("orders", b"{\"b\":1}\n{\"b\":2}"),
        ("orders", b"\x81\xa1b\xc4\x02\x01\x02"),
        ("orders", b"\x81\xa1b\xc0"),
        ("orders", b"\x81\xa1a\xc0"),
        ("orders", &large),
        ("orders", br#"{"b":[1]}"#),
    ]);
    stage.keys("g");
    crate::open_message::open(&mut stage);
    stage.keys("jji");
    assert_eq!(
        stage.toast(),
        "showing only .b for orders · i shows whole messages"
    );
    stage.keys("q");
    let rows = rows(&stage);
    assert_eq!(
        rows[..7],
        ["x", "x", "x", "no .b", "h'0102'", "nil", "no .b"],
        "{rows:?}"
    );
    assert!(rows[7].starts_with("no .b: gzip layer not"), "{rows:?}");
    assert_eq!(rows[8], "[1]");
}

#[test]
fn a_row_is_decoded_once_for_a_lens_however_often_it_is_drawn() {
    let mut stage = Stage::new(&["orders"]);
    let packed = gzip(PACKED);
    stage.messages(&[("orders", PACKED), ("orders", &packed), ("orders", CBOR)]);
    stage.keys("g");
    crate::open_message::open(&mut stage);
    stage.keys("jji");
    stage.keys("q");
    assert_eq!(rows(&stage)[..3], ["x", "x", "x"]);
    let decoded = stage.session().decoded_rows.decoded();
    assert_eq!(decoded, 3);
    stage.keys("jjkk");
    for _ in 0..5 {
        assert_eq!(rows(&stage)[..3], ["x", "x", "x"]);
    }
    assert_eq!(stage.session().decoded_rows.decoded(), decoded);
    // Another lens decodes the rows again.
    crate::open_message::open(&mut stage);
    stage.keys("gji");
    stage.keys("q");
    assert_eq!(rows(&stage)[..3], ["1", "1", "1"]);
    assert_eq!(stage.session().decoded_rows.decoded(), decoded + 3);
}

#[test]
fn i_removes_the_lens_from_the_value_the_log_and_the_list() {
    let mut stage = Stage::with(&["*"], |settings| {
        let lens = subscope::query::Template::parse(".n").unwrap();
        settings.lenses = [(b"orders*".as_slice().into(), lens)].into_iter().collect();
    });
    stage.messages(&[("orders:1", br#"{"n":1,"s":"x"}"#)]);
    let lens = |stage: &Stage| {
        stage
            .session()
            .lenses
            .of(b"orders:1")
            .map(|path| path.text().to_owned())
    };
    assert_eq!(lens(&stage).as_deref(), Some(".n"));
    stage.keys(" i");
    assert_eq!(lens(&stage), None, "{}", stage.toast());
    stage.keys("i");
    assert!(stage.toast().contains("press i on a value"));
    crate::open_message::open(&mut stage);
    stage.keys("ji");
    assert_eq!(lens(&stage).as_deref(), Some(".n"));
    stage.keys("ji");
    assert_eq!(
        lens(&stage).as_deref(),
        Some(".s"),
        "another value sets another lens"
    );
    stage.keys("i");
    assert_eq!(lens(&stage), None);
    assert_eq!(stage.app.focus(), Focus::Message);
}

#[test]
fn a_binary_message_is_copied_as_text_value_by_value() {
    // {"o": {"k": [1, bytes 00 ff]}}
    let msgpack = b"\x81\xa1o\x81\xa1k\x92\x01\xc4\x02\x00\xff";
    // The same with tag 32 on the inner map.
    let cbor = b"\xa1\x61o\xd8\x20\xa1\x61k\x82\x01\x42\x00\xff";
    for (payload, way) in [(&msgpack[..], "jj"), (cbor, "jjj")] {
        let mut stage = opened(payload);
        for (keys, expected, words) in [
            ("y", r#"{"o":{"k":[1,"AP8="]}}"#, "the value as JSON, 22 B"),
            ("jy", r#"{"k":[1,"AP8="]}"#, "the value as JSON, 16 B"),
            (
                &format!("g{way}y"),
                r#"[1,"AP8="]"#,
                "the value as JSON, 10 B",
            ),
            ("jy", "1", "the value, 1 B"),
            ("jy", "00ff", "the bytes in hex, 4 B"),
        ] {
            assert_eq!(copied(&stage.keys(keys)), expected);
            let toast = stage.toast();
            assert!(
                toast.starts_with(&format!("copied {words} (OSC")),
                "{toast}"
            );
        }
    }
}

#[test]
fn half_a_surrogate_pair_can_be_filtered_by() {
    let cbor = b"\xa1\x61s\x65x\xed\xa0\x80z";
    for payload in [&br#"{"s":"x\ud800z"}"#[..], cbor] {
        let mut stage = Stage::new(&["*"]);
        stage.messages(&[
            ("a", br#"{"s":"x\ud801z"}"#),
            ("a", br#"{"s":"xz"}"#),
            ("a", payload),
        ]);
        crate::open_message::open(&mut stage);
        stage.keys("j=");
        assert_eq!(
            (stage.shown(), stage.toast()),
            (
                1,
                r#"filtered by .s == "x\ud800z" · Esc in the log clears it"#
            )
        );
    }
}

#[test]
fn a_bare_number_or_keyword_has_a_path_and_can_be_filtered_by() {
    for bare in ["42", " -1.50\n", "true", "null"] {
        let mut stage = Stage::new(&["*"]);
        stage.messages(&[("a", b"43"), ("a", b"[42]"), ("a", bare.as_bytes())]);
        crate::open_message::open(&mut stage);
        assert_eq!(copied(&stage.keys("P")), ".");
        stage.keys("=");
        let words = format!(
            "filtered by . == {} · Esc in the log clears it",
            bare.trim()
        );
        assert_eq!((stage.shown(), stage.toast()), (1, words.as_str()));
    }
}

#[test]
fn a_string_that_only_looks_like_a_value_is_shown_as_received_for_its_channel() {
    let payload = br#"{"note":"[1,2]","id":5}"#;
    let mut stage = opened(payload);
    assert!(stage.screen().contains("⟨json⟩"), "{}", stage.screen());
    // The key works on the tag and on a value within it.
    stage.keys("jjI");
    assert_eq!(
        stage.toast(),
        ".note as received for this channel, also for queries · I unfolds it"
    );
    let screen = stage.screen();
    assert!(screen.contains(r#"note: "[1,2]""#), "{screen}");
    assert!(!screen.contains("⟨json⟩"), "{screen}");
    stage.keys("I");
    assert_eq!(stage.toast(), ".note unfolded for this channel");
    assert!(stage.screen().contains("⟨json⟩"), "{}", stage.screen());
    stage.keys("GI");
    assert_eq!(stage.toast(), "no value inside a string or bytes here");
}

#[test]
fn the_lists_say_which_queries_do_not_look_into_a_value_shown_as_received() {
    let mut stage = opened(br#"{"note":"[1,2]","id":5}"#);
    stage.keys("jjIq/.note[0] == 1");
    let screen = stage.screen();
    assert!(
        screen.contains("The filter does not look into .note"),
        "{screen}"
    );
    stage.code(KeyCode::Esc);
    stage.code(KeyCode::Esc);
    for key in ["f", "B"] {
        for (query, is_affected) in [
            (".note[0] == 1", true),
            ("text", true),
            (".note == \"x\"", false),
            (".id == 5", false),
            (".note[0] == 1 channel:other", false),
        ] {
            stage.keys(key);
            if matches!(stage.app.context(), Context::Filters | Context::Breakpoints) {
                stage.keys("a");
            }
            stage.keys(query);
            stage.code(KeyCode::Enter);
            if !matches!(stage.app.context(), Context::Filters | Context::Breakpoints) {
                stage.keys(key);
            }
            let screen = stage.screen();
            let line = screen
                .lines()
                .find(|line| line.contains('●') && line.contains(&format!(" {query} ")));
            let line = line.unwrap_or_else(|| panic!("{query}: {screen}"));
            assert_eq!(line.contains("value folded"), is_affected, "{screen}");
            let words = "does not look into .note of ";
            assert_eq!(screen.contains(words), is_affected, "{query}: {screen}");
            stage.code(KeyCode::Esc);
        }
    }
}

#[test]
fn a_copied_value_is_pasted_behind_a_comparison_as_what_it_is() {
    // {"bytes": h'0011', "text": "42", "line": "a b\nc", "number": 1e300} in MessagePack.
    let payload = b"\x84\xa5bytes\xc4\x02\x00\x11\xa4text\xa242\xa4line\xa5a b\nc\
        \xa6number\xcb\x7e\x37\xe4\x3c\x88\x00\x75\x9c";
    for (keys, path, operand) in [
        ("j", ".bytes", "h'0011'"),
        ("jj", ".text", "\"42\""),
        ("jjj", ".line", "\"a b\\nc\""),
        ("jjjj", ".number", "1e300"),
    ] {
        let mut stage = opened(payload);
        stage.keys(keys);
        let copied = copied(&stage.keys("y"));
        stage.keys("q");
        stage.keys("/");
        stage.send(Event::Paste(format!("{path} == ")));
        stage.send(Event::Paste(copied));
        let screen = stage.screen();
        assert!(screen.contains(&format!("{path} == {operand}")), "{screen}");
        stage.code(KeyCode::Enter);
        assert_eq!(stage.shown(), 1, "{path}");
    }
}

#[test]
fn the_toast_says_how_text_was_copied() {
    let mut stage = opened(b"1");
    let tmux = Some(Osc52Obstacle::Tmux);
    let taken = |by: &str, instead| CopyEnd::Taken {
        by: by.to_owned(),
        instead,
    };
    let tried = |name: &str| Some((name.to_owned(), "exit status 1".to_owned()));
    let refused = |obstacle, tried| CopyEnd::Refused { obstacle, tried };
    for (end, words) in [
        (CopyEnd::Sent, "copied it, 2.0 KiB (OSC 52)"),
        (
            taken("xclip", Some(Osc52Obstacle::Vte)),
            "copied it, 2.0 KiB (xclip)",
        ),
        (
            taken("xclip", tmux),
            "copied it, 2.0 KiB (xclip; tmux drops OSC 52: set -g set-clipboard on)",
        ),
        (
            taken("clipboard command", None),
            "copied it, 2.0 KiB (clipboard command)",
        ),
        (
            refused(tmux, None),
            "not copied: tmux drops OSC 52: set -g set-clipboard on",
        ),
        (
            refused(Some(Osc52Obstacle::Screen), tried("xclip")),
            "not copied: xclip: exit status 1; GNU screen drops OSC 52: install wl-clipboard, xclip or xsel",
        ),
        (
            refused(None, tried("clipboard command")),
            "not copied: clipboard command: exit status 1",
        ),
    ] {
        stage.send(Event::Copied(CopyReport {
            what: "it".to_owned(),
            size: 2048,
            end,
        }));
        assert_eq!(stage.toast(), words);
    }
}
