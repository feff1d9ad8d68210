//! Queries written in the syntax of other tools. Unambiguous ones work; for the others, the likely
//! meaning is suggested.

use subscope::query::Query;

use super::{MOMENT, matches, matches_row, message, parse};

const ORDER: &str =
    r#"{"id":7,"no":"7","level":"error","user":{"name":"eva"},"ok":true,"tags":["a b"]}"#;

#[test]
fn a_comparison_is_understood_in_every_spelling() {
    for (text, holds) in [
        (".level == error", true),
        (".level = \"error\"", true),
        (".level = error", true),
        (".level=error", true),
        (".level == 'error'", true),
        (".level != error", false),
        (".level == err", false),
        (".level ~ ^err", true),
        (".level =~ \"^err\"", true),
        (".level in (error, warn)", true),
        (".level in ('warn', info)", false),
        ("$.level == error", true),
        ("$.user.name == eva", true),
        ("$[0] == error", false),
        ("has($.user.name)", true),
        (".tags[0] == 'a b'", true),
        ("level=error", true),
        ("level==error", true),
        ("level = error", true),
        ("level == \"error\"", true),
        ("level != error", false),
        ("level != warn", true),
        ("level ~ ^err", true),
        ("level in (error, warn)", true),
        ("level='error'", true),
        ("level=info", false),
        ("-level=error", false),
        ("!level=info", true),
        ("user.name=eva", true),
        ("tags[0] == 'a b'", true),
        ("id=7", true),
        ("id == 7", true),
        ("id==7", true),
        ("id >= 7 && id<8", true),
        ("id > 7", false),
        ("(id=7)", true),
        ("ok=true", true),
        // Values are compared with their type.
        ("no=7", false),
        ("no == \"7\"", true),
        ("no == 7", false),
        ("id == \"7\"", false),
        // A colon compares without regard to the type.
        ("level:error", true),
        ("level:err", false),
        ("level:\"error\"", true),
        ("level:'error'", true),
        ("-level:error", false),
        ("(level:error or b)", true),
        ("id:7", true),
        ("id:8", false),
        ("id:\"7\"", false),
        ("no:7", true),
        ("ok:true", true),
        ("user.name:eva", true),
        ("tags[0]:'a b'", true),
        ("level:error id:7", true),
        ("ok == \"true\"", false),
    ] {
        assert_eq!(matches(text, ORDER), holds, "{text}");
    }
    for (payload, is_007) in [(r#"{"id":"007"}"#, true), (r#"{"id":7}"#, false)] {
        assert_eq!(matches(".id == 007", payload), is_007, "{payload}");
    }
}

#[test]
fn a_name_with_a_value_is_also_found_in_plain_text() {
    let line = "ts=12 level=error msg=\"two words\" done";
    for (text, holds) in [
        ("level=error", true),
        ("level=err", true),
        ("msg=\"two words\"", true),
        ("level=info", false),
        ("-level=error", false),
        ("level=error done", true),
        ("ts:12", false),
        // With spaces around the sign, it is only a comparison.
        ("level = error", false),
        // In quotes, it is only plain text.
        ("\"level=error\"", true),
    ] {
        assert_eq!(matches(text, line), holds, "{text}");
    }
    assert!(!matches("\"level=error\"", ORDER));
    let marks = parse("level=error").marks(line.as_bytes());
    assert_eq!(marks, vec![6..17]);
}

#[test]
fn text_that_only_looks_like_a_comparison_stays_text() {
    for text in [
        "a->b",
        "a=>b",
        "aGk=",
        "aGk==",
        "Vec<u8>",
        "file~1",
        "7=7",
        "http://x/?a=b",
        "12:30",
        "channels:*",
        "level:",
        "level:>=3",
        "a=",
        "<div",
        "x-=1",
        "end.",
    ] {
        assert!(matches(text, &format!("say {text} here")), "{text}");
        assert!(parse(text).is_text(), "{text}");
    }
    // A name and a value with a colon between them match as a comparison or as plain text.
    for text in [
        "orders:created",
        "level:error",
        "at:12:30",
        "id:7",
        "a:'b c'",
    ] {
        assert!(matches(text, &format!("say {text} here")), "{text}");
        assert!(!parse(text).is_text(), "{text}");
    }
    assert!(matches_row("orders.created:7 or created", &message(b"")));
    assert!(matches("look in here", "here in look"));
    assert!(matches("look in (here or there)", "here in look"));
}

#[test]
fn an_unclosed_regular_expression_is_searched_as_text() {
    for (text, payload, holds) in [
        ("/orders:created", "orders:created", true),
        ("/timeout 5", "5 Timeout", true),
        ("/api/users", "GET /api/users", true),
        ("/api/users", "GET /api/orders", false),
        ("/v1/i/x", "/v1/i/x", true),
        ("-/api/users", "GET /api/users", false),
        ("/api/", "/api?", true),
        ("/a.i/i", "API", true),
        ("/a b/", "a b", true),
    ] {
        assert_eq!(matches(text, payload), holds, "{text} on {payload}");
    }
    assert!(matches_row("/orders.created", &message(b"")));
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
fn an_ambiguous_query_suggests_the_other_meaning() {
    for (text, meant) in [
        ("level:error", Some("error")),
        ("id:7", None),
        ("ok:true", None),
        ("-level:error x", Some("-error x")),
        ("level:\"error\"", Some("error")),
        ("level:'two words'", Some("\"two words\"")),
        ("sub:x", Some("via:x")),
        ("level~err", Some(".level ~ \"err\"")),
        ("level>=high", Some(".level >= \"high\"")),
        // A number compared by order is not meant as text.
        (".id > 1e9", None),
        (".id <= 7", None),
        (".id > \"7\"", Some(".id > 7")),
        ("user IS NOT NULL", Some(".user != null")),
        ("user is null", Some(".user == null")),
        (". | length > 3", Some("jq(. | length > 3)")),
        ("a .|length > 3", Some("a jq(.|length > 3)")),
        ("id between 1 and 8 x", Some("(.id >= 1 .id <= 8) x")),
        ("id:[1 TO 8]", Some("(.id >= 1 .id <= 8)")),
        ("-id:{1 TO 8}", Some("-(.id > 1 .id < 8)")),
        ("id:[1 TO *]", Some(".id >= 1")),
        (
            "select * from orders where id > 6",
            Some("channel:orders id > 6"),
        ),
        ("SELECT id FROM orders", Some("channel:orders")),
        ("WHERE id > 6", Some("id > 6")),
        (
            "channel in (orders:paid, 'b')",
            Some("(channel:orders:paid or channel:b)"),
        ),
        ("redis.channel == \"a\"", Some("channel:a")),
        ("frame.len > 100", Some("size>100")),
        ("channel~orders", Some("channel:orders")),
        ("error~", Some("error")),
        ("-i error", Some("error")),
        ("-v error", Some("-error")),
        ("a -E x", Some("a x")),
        ("-i", None),
        (
            "level in error,warn",
            Some(".level in (\"error\", \"warn\")"),
        ),
        ("user.name is eva", Some(".user.name == \"eva\"")),
        ("Vec<u8>", Some("vec<u8>")),
        ("->b", None),
        (".id == 7", Some(".id == \"7\"")),
        ("id=7", Some("id=\"7\"")),
        (".id == \"7\"", Some(".id == 7")),
        (".ok == true", Some(".ok == \"true\"")),
        ("'two words'", Some("\"two words\"")),
        ("Error", Some("error")),
        ("NOT a", Some("not a")),
        ("NOT FOUND", Some("not found")),
        ("a||b", Some("(a or b)")),
        ("a&&b", Some("(a b)")),
        ("orders.*", Some("channel:orders.*")),
        // For a comparison with a value that is not a number, a search in plain text is suggested.
        (".level == error", Some("\"level=error\"")),
        ("level = error", Some("\"level=error\"")),
        ("level=error", Some("error")),
        (".user.name == eva", Some("eva")),
        (".level ~ \"^err\"", Some("/^err/")),
        ("message ~ \"a/b\"", Some("/a\\/b/")),
        (".text ~ /x/i", Some("/x/i")),
        // Names that are keys of this query language, or nearly so.
        ("channel=logs", Some("channel:logs")),
        ("channel == logs", Some("channel:logs")),
        (".channel = \"logs\"", Some("channel:logs")),
        ("channel != logs", Some("-channel:logs")),
        ("channel ~ logs", Some("channel:logs")),
        ("chanel:x", Some("channel:x")),
        ("Channel:orders:*", Some("channel:orders:*")),
        ("topic:x", Some("channel:x")),
        ("channel is x", Some("channel:x")),
        ("channel contains x", Some("channel:x")),
        ("channel orders", Some("channel:orders")),
        ("last 5m", Some("last:5m")),
        ("length > 100", Some("size>100")),
        ("orders:*", Some("channel:orders:*")),
        ("level:err*", Some("channel:level:err*")),
        ("payload:oops", Some("oops")),
        ("message:\"two-fold\"", Some("\"two-fold\"")),
        ("payload contains oops", Some("oops")),
        ("message:\"no such words\"", Some("\"no such words\"")),
        ("level:\"not found\" x", Some("\"not found\" x")),
        ("channel ~ /zzz/i", None),
        ("channel ~ ^zz", None),
        ("has:error", Some("has(.error)")),
        ("_exists_:error", Some("has(.error)")),
        // Operators of other languages.
        ("a | b", Some("a || b")),
        ("a & b", Some("a && b")),
        ("a|b", Some("(a or b)")),
        ("error\\|warn", Some("(error or warn)")),
        ("level <> error", Some("level != error")),
        ("id === 7", Some("id == 7")),
        ("status:>=500", Some(".status >= 500")),
        ("level: error", Some(".level == \"error\"")),
        ("level is error", Some(".level == \"error\"")),
        ("id IS NOT null", Some(".id != null")),
        ("id gt 6", Some(".id > 6")),
        ("level contains rr", Some(".level ~ \"rr\"")),
        ("level LIKE 'err%'", Some(".level ~ \"^err\"")),
        ("level like %ro%", Some(".level ~ \"ro\"")),
        ("level matches e.r", Some(".level ~ \"e.r\"")),
        ("+error", Some("error")),
        ("^error", Some("/^error/")),
        ("\\d+ms", Some("/\\d+ms/")),
        // Other mistakes are corrected before the type of a value.
        (".id == 7 level:error", Some(".id == 7 error")),
        (
            "orders:* and level=error",
            Some("channel:orders:* and level=error"),
        ),
        ("timeout", None),
        ("\"level:error\"", None),
        ("\"Error\"", None),
        ("http://x", None),
        ("12:30", None),
        ("channel:orders", None),
        ("", None),
    ] {
        let query = parse(text);
        assert_eq!(query.suggestion(), meant, "{text}");
        if let Some(meant) = meant {
            assert_ne!(parse(meant), query, "{text}");
        }
    }
}

#[test]
fn capitalised_operators_join_terms_but_stay_text_elsewhere() {
    for (text, same) in [
        ("a AND b", "a and b"),
        ("a OR b", "a or b"),
        ("a AND NOT b", "a and not b"),
        ("a or NOT b", "a or not b"),
        ("NOT (a b)", "not (a b)"),
        (".id = 7 AND .no = 1", ".id == 7 .no == 1"),
        (".level IN (error, warn)", ".level in (error, warn)"),
        ("level IN (error, warn)", ".level in (error, warn)"),
        (".level:error", ".level == error"),
        (".level: \"error\"", ".level == error"),
    ] {
        assert_eq!(parse(text), parse(same), "{text}");
    }
    for text in ["AND", "OR", "NOT", "NOT FOUND", "(x AND)", "level IN b"] {
        let words = text.trim_matches(['(', ')']);
        assert!(matches(text, words), "{text}");
        assert!(!matches(text, &words.to_lowercase()), "{text}");
    }
}

#[test]
fn json_is_understood_as_it_is_written_in_payloads() {
    for (text, holds) in [
        ("\"level\":\"error\"", true),
        ("\"level\":\"info\"", false),
        ("\"id\":7", true),
        ("\"id\":70", false),
        ("\"ok\":true", true),
        ("\"name\":\"eva\"", true),
        ("\"id\":7,\"no\":\"7\"", true),
        ("\"no\":\"7\",\"id\":7", false),
        ("\"tags\":[\"a b\"]", true),
        ("\"user\":{\"name\":", true),
        ("\"id\": 7", true),
        ("not \"id\":7", false),
    ] {
        assert_eq!(matches(text, ORDER), holds, "{text}");
    }
    // Values are also found where payloads are spaced differently.
    assert!(matches("\"id\":7", "{ \"id\": 7 }"));
}

#[test]
fn web_addresses_are_searched_as_text() {
    let line = "GET /api/search?q=mug 200";
    for (text, holds) in [
        ("GET /api/search?q=mug", true),
        ("/api/search?q=mug", true),
        ("/search?q=mug", true),
        ("/search?q=mug 200", true),
        ("/search?q=cup", false),
        ("/search?q=mu+/", false),
        ("/search.q=mug/", true),
    ] {
        assert_eq!(matches(text, line), holds, "{text}");
    }
}

#[test]
fn a_condition_that_is_nearly_right_is_corrected_in_a_breakpoint() {
    for (text, meant) in [
        ("silence:30s", Some("silent:30s")),
        ("silent > 30s", Some("silent:30s")),
        ("idle:30 channel:a", Some("silent:30s channel:a")),
        ("rate>20", Some("rate:>20/s")),
        ("rate <= 20/s", Some("rate:<=20/s")),
        (".rate>20", None),
        ("rates>20", None),
    ] {
        let query = Query::parse_breakpoint(text, &MOMENT).unwrap();
        assert_eq!(query.suggestion(), meant, "{text}");
        assert_eq!(query.is_likely_misread(), meant.is_some(), "{text}");
        if let Some(meant) = meant {
            Query::parse_breakpoint(meant, &MOMENT).unwrap();
        }
    }
}

#[test]
fn bytes_of_a_channel_name_are_written_as_they_are_shown() {
    for (text, name, holds) in [
        (r"channel:b\xff", &b"b\xff"[..], true),
        (r"channel:\xff", b"b\xff", true),
        (r"channel:\xfe", b"b\xff", false),
        (r"channel:*\xff", b"b\xff", true),
        (r"channel:a\u{200d}b", "a\u{200d}b".as_bytes(), true),
        (r"channel:a\*", b"a*", true),
        (r"channel:a\*", b"ab", false),
    ] {
        assert_eq!(parse(text).includes_channel(name), holds, "{text}");
    }
    let name = "😀\u{200d}é\u{202e}\"\\*";
    let query = Query::channel(name.as_bytes());
    assert!(query.text().contains("😀"), "{}", query.text());
    assert!(!query.text().contains('\u{202e}'), "{}", query.text());
    assert!(parse(query.text()).includes_channel(name.as_bytes()));
}

#[test]
fn an_unsupported_query_names_the_supported_form() {
    for (text, words) in [
        (".level is error", "=="),
        (".level contains x", "~"),
        ("level:(a OR b)", ".level in (a, b)"),
        ("select(.a == 1)", "jq(select(…))"),
    ] {
        assert!(super::parse_error(text).message.contains(words), "{text}");
    }
}

#[test]
fn every_suggestion_is_a_valid_query() {
    for text in [
        "a:\"", "a:\\", "''", "'", "a:b:c", "a:(b)", "x:'y z'", "*", "a|(b)", "É:ü", "a:.b",
    ] {
        let Ok(query) = Query::parse(text, &MOMENT) else {
            continue;
        };
        if let Some(meant) = query.suggestion() {
            parse(meant);
        }
    }
}
