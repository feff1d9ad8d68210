//! The meaning of all terms except those on JSON.

use std::sync::Arc;

use subscope::log::RowKind;
use subscope::message::{SubscriptionId, Time};
use subscope::query::{Flags, Matcher, Query, Row, SYNTAX};

use super::{MOMENT, matcher, matches, matches_row, message, parse};

#[test]
fn every_example_of_the_syntax_parses() {
    for (_, example, _) in SYNTAX {
        parse(example);
    }
}

#[test]
fn an_empty_query_matches_everything() {
    for text in ["", "  ", "\t\n"] {
        assert!(parse(text).is_everything());
        assert!(matches(text, "x"));
    }
    assert!(!parse("x").is_everything());
    assert!(Query::all([]).is_everything());
    assert!(Query::all([parse(""), parse(" ")]).is_everything());
}

#[test]
fn lowercase_text_ignores_case_and_other_text_does_not() {
    for (text, payload, holds) in [
        ("timeout", "Read TimeOut", true),
        ("Timeout", "a Timeout", true),
        ("Timeout", "a timeout", false),
        ("42", "x42y", true),
        ("größe", "GRÖSSE", false),
        ("größe", "die GRÖßE", true),
        ("Größe", "größe", false),
        ("\"two words\"", "in Two words", true),
        ("two words", "words: two", true),
        (r#""say \"hi\"""#, "say \"HI\"", true),
        (r#""a\tb\\c""#, "a\tb\\c", true),
        ("k", "\u{212a}", false),
        ("\"\"", "anything", true),
        ("foo:bar", "foo:bar", true),
        ("foo:Bar", "foo:bar", false),
        ("http://x", "http://x", true),
        ("sizes", "sizes", true),
        ("size", "size", true),
        ("...", "a...", true),
        (".5", "0.5", true),
        ("notes", "notes", true),
        ("a&&b", "a&&b", true),
        ("x!=", "x!=", true),
        ("!=", "a != b", true),
        ("order", "order", true),
    ] {
        assert_eq!(matches(text, payload), holds, "{text} on {payload}");
    }
    assert!(matches_row(r#""\xff\x00""#, &message(b"a\xff\x00b")));
    assert!(matches_row(r#""a\xffé""#, &message(b"A\xff\xc3\x89")));
}

#[test]
fn a_bare_word_also_matches_the_channel_name() {
    let row = message(b"{}");
    for (text, holds) in [
        ("orders", true),
        ("orders.created", true),
        ("created {}", true),
        ("orders missing", false),
        ("Orders", false),
        ("-orders", false),
        ("missing or orders", true),
        // Quoted text is searched for in the payload only.
        ("\"orders\"", false),
        ("\"{}\"", true),
        ("logs", false),
    ] {
        assert_eq!(matches_row(text, &row), holds, "{text}");
    }
    let notice = Row {
        kind: RowKind::Notice,
        ..row
    };
    assert!(!matches_row("orders", &notice));
}

#[test]
fn regular_expressions_match_bytes() {
    for (text, payload, holds) in [
        ("/t.me/", "time", true),
        ("/T.me/", "time", false),
        ("/T.me/i", "time", true),
        (r"/a\/b/", "a/b", true),
        ("/two words/", "two words", true),
        ("/(a b)/", "a b", true),
        ("//", "", true),
        ("-/^x/", "xy", false),
    ] {
        assert_eq!(matches(text, payload), holds, "{text} on {payload}");
    }
    for (text, payload, holds) in [
        (r"/(?-u:\xff)$/", &b"a\xff"[..], true),
        (r"/\xff/", b"\xff\xfe\0bin", true),
        (r"/^\xff\xfe\x00/i", b"\xff\xfe\0bin", true),
        (r"/[\x80-\xff]{2}/", b"\xff\xfe\0bin", true),
        (r"/\xfd/", b"\xff\xfe\0bin", false),
        (r"/\xc3\xa9/", "é".as_bytes(), true),
        (r"/\xe9/", "é".as_bytes(), false),
        (r"/\x{e9}/", "é".as_bytes(), true),
        (r"/\\xff/", br"\xff", true),
        (r"/\\xff/", b"\xff", false),
        (r#".a ~ "^\xc3\xa9$""#, r#"{"a":"é"}"#.as_bytes(), true),
    ] {
        assert_eq!(matches_row(text, &message(payload)), holds, "{text}");
    }
    assert_eq!(
        parse(r"/\xff+/").marks(b"\xff\xff\0").first(),
        Some(&(0..2))
    );
}

#[test]
fn terms_join_by_and_or_not_and_parentheses() {
    for (text, payload, holds) in [
        ("a b", "ab", true),
        ("a b", "a", false),
        ("a and b", "ab", true),
        ("a or b", "b", true),
        ("a or b c", "a", true),
        ("a or b c", "b", false),
        ("(a or b) c", "ac", true),
        ("(a or b)c", "ac", true),
        ("a(b or c)", "ac", true),
        ("not a", "b", true),
        ("-a", "a", false),
        ("--a", "a", true),
        ("not not a", "a", true),
        ("-(a b)", "a", true),
        ("not(a)", "b", true),
        ("a not b", "a", true),
        ("a and not b", "ab", false),
        ("( ( a ) )", "a", true),
        ("a && b", "ab", true),
        ("a && b", "a", false),
        ("a || b", "b", true),
        ("a || b && c", "a", true),
        ("!a", "b", true),
        ("!a", "a", false),
        ("!!a", "a", true),
        ("a !b", "ab", false),
        ("!(a or b)", "c", true),
        ("\"or\"", "or", true),
        ("OR", "OR", true),
    ] {
        if text == "a(b or c)" {
            // This could be meant as a function call, so it is an error.
            super::parse_error(text);
            continue;
        }
        assert_eq!(matches(text, payload), holds, "{text} on {payload}");
    }
}

#[test]
fn channels_and_subscriptions_match_by_glob() {
    let row = message(b"");
    for (text, holds) in [
        ("channel:orders.*", true),
        ("channel:orders", true),
        ("channel:created", true),
        ("channel:ORDERS", false),
        ("channel:Orders", false),
        ("channel:\"orders\"", false),
        ("channel:order?", false),
        ("via:orders", true),
        ("via:\"orders\"", false),
        ("channel:orders.[a-c]*", true),
        ("channel:\"orders.created\"", true),
        ("channel:logs", false),
        ("-channel:logs", true),
        ("via:orders.\\*", true),
        ("via:*", true),
        ("via:logs", false),
    ] {
        assert_eq!(matches_row(text, &row), holds, "{text}");
    }
    let unknown = Row {
        channel: 9,
        via: &[SubscriptionId(7)],
        flags: Flags::default(),
        ..row
    };
    assert!(!matches_row("channel:*", &unknown));
    assert!(!matches_row("via:*", &unknown));
    assert!(matches_row(
        "via:logs",
        &Row {
            via: &[SubscriptionId(0), SubscriptionId(1)],
            flags: Flags::default(),
            ..row
        }
    ));
}

#[test]
fn channels_are_those_of_the_current_piece() {
    let mut matcher = Matcher::new(Arc::new(parse("channel:b*")));
    let on = |channel| Row {
        channel,
        ..message(b"")
    };
    assert!(!matcher.matches(&on(0)));
    matcher.enter([&b"a"[..], b"bb"]);
    assert!(!matcher.matches(&on(0)) && matcher.matches(&on(1)));
    matcher.enter([&b"b"[..]]);
    assert!(matcher.matches(&on(0)) && !matcher.matches(&on(1)));
}

#[test]
fn a_name_given_in_code_matches_exactly() {
    for name in [
        &b"a*"[..],
        b"",
        b"x\"y\\z?[q]",
        b"\xff\n",
        "größe ".as_bytes(),
    ] {
        let query = Query::channel(name);
        let read = parse(query.text());
        for (query, shown) in [(&query, "made"), (&read, "read")] {
            let mut matcher = Matcher::new(Arc::new(query.clone()));
            matcher.enter([name, b"ab", b"x\"y\\zwq"]);
            let on = |channel| Row {
                channel,
                ..message(b"")
            };
            assert!(matcher.matches(&on(0)), "{} {shown}", query.text());
            assert!(!matcher.matches(&on(1)) && !matcher.matches(&on(2)));
        }
    }
}

#[test]
fn sizes_are_those_of_the_original_payload() {
    let row = Row {
        size: 10 << 10,
        ..message(b"cut")
    };
    for (text, holds) in [
        ("size>10k", false),
        ("size>=10k", true),
        ("size >= 10K", true),
        ("size == 10240", true),
        ("size!=10k", false),
        ("size<1m", true),
        ("size<=1g", true),
        ("size>=10k size<10241", true),
        ("-size<1", true),
        ("size:10k", true),
        ("size:>=10k size:<1m", true),
        ("size:>10k", false),
    ] {
        assert_eq!(matches_row(text, &row), holds, "{text}");
    }
}

#[test]
fn times_are_times_of_day_or_relative_to_now() {
    let at = |micros| Row {
        time: Time(MOMENT.now.0 + micros),
        ..message(b"")
    };
    let second = 1_000_000;
    for (text, micros, holds) in [
        ("since:12:00", 0, true),
        ("since:12:00", -1, false),
        ("since:11:59:59.5", -500_000, true),
        ("since:11:59:59.5", -500_001, false),
        // 12:00:01 is still to come today, so yesterday's is meant.
        ("since:12:00:01", -86_399 * second, true),
        ("since:12:00:01", -86_399 * second - 1, false),
        ("until:12:00", -1, true),
        ("until:12:00", 0, false),
        ("last:30s", -30 * second, true),
        ("last:30s", -30 * second - 1, false),
        ("last:500ms", -500_000, true),
        ("last:1d", -86_401 * second, false),
    ] {
        assert_eq!(matches_row(text, &at(micros)), holds, "{text} at {micros}");
    }
}

#[test]
fn a_notice_matches_only_by_time() {
    let notice = Row {
        kind: RowKind::Notice,
        via: &[],
        flags: Flags::default(),
        channel: 1,
        ..message(b"")
    };
    let gap = Row {
        kind: RowKind::Gap,
        ..notice
    };
    for (text, of_message, of_notice, of_gap) in [
        ("", true, true, true),
        ("is:notice", false, true, true),
        ("is:gap", false, false, true),
        ("not is:notice", true, false, false),
        ("\"\"", true, false, false),
        ("//", true, false, false),
        ("size>=0", true, false, false),
        ("channel:*", true, false, false),
        ("via:*", true, false, false),
        ("has(.)", false, false, false),
        ("-has(.)", true, true, true),
        ("is:binary", false, false, false),
        ("since:12:00", true, true, true),
        ("until:12:00", false, false, false),
        ("last:1s is:gap", false, false, true),
        ("jq(true)", false, false, false),
    ] {
        assert_eq!(
            matches_row(text, &message(b"")),
            of_message,
            "{text} of a message"
        );
        assert_eq!(matches_row(text, &notice), of_notice, "{text} of a notice");
        assert_eq!(matches_row(text, &gap), of_gap, "{text} of a gap");
    }
}

#[test]
fn a_payload_that_is_not_text_is_binary() {
    for (payload, is) in [
        (&b"text\t\r\n"[..], false),
        ("größe".as_bytes(), false),
        (b"", false),
        (b"\xff", true),
        (b"a\x00b", true),
        (b"\x1b[0m", true),
        (b"\x7f", true),
        ("\u{85}".as_bytes(), true),
    ] {
        assert_eq!(
            matches_row("is:binary", &message(payload)),
            is,
            "{payload:?}"
        );
    }
}

#[test]
fn queries_can_be_combined() {
    let both = Query::all([parse("a or b"), parse("c"), parse("")]);
    assert_eq!(both.text(), "(a or b) c");
    assert_eq!(both, parse(both.text()));
    let neither = parse("a or b").negate();
    assert_eq!(neither.text(), "not (a or b)");
    assert_eq!(neither, parse(neither.text()));
    assert_eq!(Query::all([parse("a")]), parse("a"));
    assert_eq!(parse("a").negate().negate(), parse("a"));
    assert_eq!(parse("a  (b)"), parse("a b"));
    assert_ne!(parse("a b"), parse("b a"));
    assert_ne!(parse("/a/"), parse("/a/i"));
    assert_eq!(parse(".a == 1"), parse(".a==1.0"));
}

#[test]
fn a_query_knows_what_it_mentions() {
    for text in ["is:gap", "a or -is:notice", "not (a (b or is:gap))"] {
        assert!(parse(text).mentions_notices(), "{text}");
    }
    assert!(!parse("is:json notice").mentions_notices());
    assert!(parse("a or not via:x").uses_via());
    assert!(!parse("channel:via").uses_via());
}

#[test]
fn the_text_that_every_match_contains_is_known() {
    for (text, required, is_only) in [
        ("timeout", Some("timeout"), true),
        ("a timeout size>1", Some("timeout"), false),
        ("a or b", None, false),
        ("not a", None, false),
        ("(a) (b or c)", Some("a"), false),
        ("\"\"", None, false),
        ("/a/", None, false),
        ("", None, false),
    ] {
        let matcher = matcher(parse(text));
        let found = matcher
            .required_text()
            .map(|literal| literal.text().to_vec());
        assert_eq!(found.as_deref(), required.map(str::as_bytes), "{text}");
        assert_eq!(matcher.is_only_text(), is_only, "{text}");
    }
}

#[test]
fn highlights_show_what_matched() {
    for (text, payload, marks) in [
        ("ab", "xABab_ab", &[(1, 5), (6, 8)][..]),
        ("aa", "aaa", &[(0, 2)][..]),
        ("a ab", "abx", &[(0, 2)][..]),
        ("/x*/", "axxb", &[(1, 3)][..]),
        ("-a b", "ab", &[(1, 2)][..]),
        ("--a", "a", &[(0, 1)][..]),
        ("a or b", "b", &[(0, 1)][..]),
        ("not (a -b)", "ab", &[(1, 2)][..]),
        ("\"\"", "ab", &[][..]),
        (".a == \"x\"", "{\"a\": \"x\"}", &[(6, 9)][..]),
        (".a == 1", "{\"a\":1}x", &[][..]),
        (".a == 2", "{\"a\":1}", &[][..]),
        ("has(.a)", "{\"a\":[1]}", &[(5, 8)][..]),
        ("channel:a size>0", "a", &[][..]),
    ] {
        let found = parse(text).marks(payload.as_bytes());
        let found: Vec<_> = found.iter().map(|mark| (mark.start, mark.end)).collect();
        assert_eq!(found, marks, "{text} on {payload}");
    }
    let marks = parse("a").marks(&b"a ".repeat(5000));
    assert_eq!(marks.len(), 1000);
    assert_eq!(parse("a").marks(&b"a".repeat(5000)).len(), 1);
}

#[test]
fn queries_are_shared_and_matchers_are_sent() {
    fn shared<T: Send + Sync>() {}
    fn sent<T: Send>() {}
    shared::<Query>();
    sent::<Matcher>();
}
