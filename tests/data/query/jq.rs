//! jq programs and their limits.

use std::io::{Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::{matcher, matches, message, parse, parse_error};
use subscope::query;

/// Returns whether `text` matches `payload`, and the error that the matcher reports, if any.
fn evaluate(text: &str, payload: &str) -> (bool, Option<String>) {
    let mut matcher = matcher(parse(text));
    let answer = matcher.matches(&message(payload.as_bytes()));
    (answer, matcher.trouble().map(str::to_owned))
}

/// Held by tests that use all the memory a process may have.
static MEMORY: Mutex<()> = Mutex::new(());

/// Asserts that each of `filters` is cut off on the input `{}`, running `at_once` of them at a
/// time: some take two seconds.
fn assert_cut_off(filters: &'static [&'static str], at_once: usize) {
    let ask = |filter: &'static str| {
        let text = format!("jq({filter})");
        thread::spawn(move || (filter, evaluate(&text, "{}")))
    };
    for few in filters.chunks(at_once) {
        let asking: Vec<_> = few.iter().map(|filter| ask(filter)).collect();
        for thread in asking {
            let (filter, (matches, trouble)) = thread.join().unwrap();
            assert!(!matches, "{filter}");
            let trouble = trouble.unwrap_or_else(|| panic!("{filter} was not cut off"));
            assert!(
                trouble.starts_with("jq(…) was aborted: "),
                "{filter}: {trouble}"
            );
        }
    }
}

#[test]
fn payloads_that_jq_cannot_read_do_not_match_and_are_reported() {
    for filter in ["true", ".a == \"\u{fffd}\"", ".b == 1"] {
        let text = format!("jq({filter})");
        let (matches, trouble) = evaluate(&text, r#"{"a":"\ud800","b":1}"#);
        assert!(!matches, "{filter}");
        let trouble = trouble.unwrap();
        assert!(trouble.contains("unpaired surrogate"), "{trouble}");
    }
    // However many messages are unreadable, the filter keeps checking the others.
    let mut matcher = matcher(parse("jq(.b == 1)"));
    for _ in 0..10 {
        assert!(!matcher.matches(&message(br#"{"a":"\ud800","b":1}"#)));
    }
    assert!(matcher.matches(&message(br#"{"a":"x","b":1}"#)));
}

#[test]
fn the_first_output_decides() {
    for (filter, holds) in [
        (".a == 1", true),
        (".a", true),
        (".b", false),
        (".missing", false),
        ("false, true", false),
        ("1, false", true),
        ("empty", false),
        (".items | length > 2", true),
        (".items | map(. * 2) == [2, 4, 6]", true),
        (".text | test(\"^h.*o$\")", true),
        (".text as $t | \"<\\($t)>\" == \"<hello)>\"", false),
        ("\"(\\(\"a)b\")\" == \"(a)b\"", true),
        ("[.items[] | select(. > 1)] | add == 5", true),
        ("{a, c: 2} == {\"a\": 1, c: 2}", true),
        (
            ".a as $x | {$x, \"b\", \"t\\(1)\": 2} == {x: 1, b: false, t1: 2}",
            true,
        ),
        (
            ". as {a: $x, items: [$y, $z]} | [$x, $y, $z] == [1, 1, 2]",
            true,
        ),
        (".items[1:] |= map(. * 3) | .items == [1, 6, 9]", true),
        ("@base64 \"\\(.text)!\" == \"aGVsbG8=!\"", true),
        (".a += 4 | .a == 5", true),
        (".a *= 4 | .a == 4", true),
        (".items[1] *= 10 | .items == [1, 20, 3]", true),
        ("\"ab\" * 2 == \"abab\"", true),
        ("try error(\"x\") catch . == \"x\"", true),
        (".a.b.c", false),
        ("[range(0; 10; 3)] == [0, 3, 6, 9]", true),
        ("[range(3; 0; -1)] == [3, 2, 1]", true),
        ("[limit(3; repeat(1))] == [1, 1, 1]", true),
        ("\"[1, {}]\" | fromjson == [1, {}]", true),
        ("[.a, .b] | tojson == \"[1,false]\"", true),
        ("first(range(10; infinite)) == 10", true),
        ("reduce range(1000) as $i (0; . + $i) == 499500", true),
    ] {
        let text = format!("jq({filter})");
        let payload = r#"{"a":1,"b":false,"items":[1,2,3],"text":"hello"}"#;
        assert_eq!(matches(&text, payload), holds, "{filter}");
        assert_eq!(evaluate(&text, payload), (holds, None), "{filter}");
    }
}

#[test]
fn payloads_that_are_not_json_do_not_match() {
    for payload in ["", "{", "[1]]", "1 2", "# 1", "NaN", "b\"x\""] {
        assert!(!matches("jq(true)", payload), "{payload}");
    }
    assert!(matches("jq(true)", "null"));
}

#[test]
fn an_endless_program_is_cut_off() {
    let filters = &[
        "range(infinite) | select(false)",
        "def f: f; f",
        "[repeat(1)]",
        "last(range(infinite))",
        "reduce range(infinite) as $x (0; . + 1)",
        "def f: 1 + f; f",
        "def f: f + 1; f",
        "def f: [f]; f",
        "def f: f | f; f",
        "def f: f, 1; f",
        "def f(g): f(g | g); f(1)",
        "def f(g): f(g); f(1)",
        "def f(g; h): f(h; g); f(1; 2)",
        "def f(g): def h: f(g); h; f(1)",
        "def f(g): f(def h: g; h); f(1)",
        "def f($a; g): f([$a]; g); f(1; 2)",
        "def f(g): label $a | f(break $a, g); f(1)",
        "def f(g): f(g[0]); f(1)",
        "def f(g): f(g as $x | $x); f(1)",
        "def f(g): if . > 1e9 then g else . + 1 | f(g) end; 0 | f(1)",
        "def f: . as $x | f; f",
        "[range(0; 1; 0)]",
        "until(false; .)",
        "[recurse(1)] | length",
        "label $out | foreach range(infinite) as $i (0; . + 1; empty)",
        "skip(1e18; range(infinite))",
        "isempty(range(infinite) | empty)",
        "any(range(infinite); false)",
        "path(last(repeat(.) | empty))",
        "try (def f: f; f) catch true",
        "(def f: f; f)? // true",
        "(range(infinite) | select(false)) // true",
        "[.[]?, (def f: 1 + f; f)?] | true",
        "def f: try f catch f; f",
        "def f: (f | f)? // f; f",
        "def f: reduce 1 as $x (f; .); f",
        "def f: . |= f; f",
        "limit(1e18; repeat(empty))",
        "first(repeat(empty))",
    ];
    assert_cut_off(filters, 4);
}

#[test]
fn an_endlessly_growing_value_is_cut_off() {
    let filters = &[
        "\"x\" * 1000000000000",
        "\"x\" | until(false; . + .)",
        "\"x\" | until(false; \"\\(.)\\(.)\")",
        "[1] | until(false; . + .)",
        "1 | until(false; [., .])",
        "1 | until(false; {a: ., b: .})",
        "{} | until(false; .a = [.])",
        "\"'\" | until(false; tojson)",
        "\"xx\" | until(false; @base64)",
        "10 | until(false; . * .)",
        "10 | until(false; . *= .)",
        "[range(1e9)]",
        "[limit(1e9; repeat(1))]",
    ];
    let _alone = MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    assert_cut_off(filters, 1);
}

/// These programs take few steps: all time and memory go into one native filter.
#[test]
fn a_native_filter_is_cut_off_as_well() {
    let _alone = MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    let text = format!(r#"{{"m":"{}"}}"#, "a".repeat(8 << 20));
    let (matches, trouble) = evaluate(r#"jq(.m | gsub("a";"b") | length > 3)"#, &text);
    assert!(!matches);
    let trouble = trouble.unwrap();
    let is_bound = |trouble: &str| {
        let why = trouble.strip_prefix("jq(…) was aborted: ").unwrap();
        why.starts_with("over ") || why.starts_with("out of memory: ")
    };
    assert!(is_bound(&trouble), "{trouble}");
    let text = format!(r#"{{"m":"{}"}}"#, "A".repeat(60_000));
    let filter = r#"jq(.m | [match(".*[^A-Z]|[A-Z]";"g")] | length > 3)"#;
    let (matches, trouble) = evaluate(filter, &text);
    assert!(!matches);
    let trouble = trouble.unwrap();
    assert!(is_bound(&trouble), "{trouble}");
}

#[test]
#[cfg(target_os = "linux")]
fn running_out_of_memory_is_reported_with_the_limit() {
    let _alone = MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    let (_, trouble) = evaluate("jq(\"x\" * 1000000000000)", "{}");
    let trouble = trouble.unwrap();
    assert!(
        trouble.ends_with("out of memory: limit 1024 MiB, including 384 MiB of stack"),
        "{trouble}"
    );
}

#[test]
fn only_the_offending_payload_is_cut_off() {
    let long = format!(r#"{{"m":"{}"}}"#, "A".repeat(60_000));
    let payloads: Vec<&str> = (0..20)
        .map(|number| match number {
            7 => long.as_str(),
            _ if number % 2 == 0 => r#"{"m":"AB"}"#,
            _ => r#"{"m":1}"#,
        })
        .collect();
    let rows: Vec<_> = payloads
        .iter()
        .map(|text| message(text.as_bytes()))
        .collect();
    let filter = r#"jq(.m | [match(".*[^A-Z]|[A-Z]";"g")] | length > 1)"#;
    let mut matcher = matcher(parse(filter));
    let mut answers = Vec::new();
    while answers.len() < rows.len() {
        let turn = matcher.matches_in_turn(&rows[answers.len()..]);
        assert!(!turn.is_empty());
        answers.extend(turn);
    }
    let expected: Vec<bool> = (0..20).map(|number| number % 2 == 0).collect();
    assert_eq!(answers, expected);
    assert!(matcher.trouble().unwrap().contains("aborted"));
}

#[test]
fn several_programs_run_on_many_payloads() {
    let payloads: Vec<String> = (0..1000)
        .map(|number| format!(r#"{{"n":{number}}}"#))
        .collect();
    let rows: Vec<_> = payloads
        .iter()
        .map(|text| message(text.as_bytes()))
        .collect();
    let query = "jq(.n % 2 == 0) jq(.n % 3 == 0) or .n == 5 or not jq(.n < 990)";
    let mut matcher = matcher(parse(query));
    let mut answers = Vec::new();
    while answers.len() < rows.len() {
        answers.extend(matcher.matches_in_turn(&rows[answers.len()..]));
    }
    let expected: Vec<bool> = (0..1000)
        .map(|n| n % 6 == 0 || n == 5 || n >= 990)
        .collect();
    assert_eq!(answers, expected);
    assert_eq!(matcher.trouble(), None);
}

#[test]
fn a_malicious_payload_does_no_harm() {
    let nested = format!("\"{}\"", "[".repeat(1_000_000));
    assert!(!evaluate("jq(fromjson)", &nested).0);
    let many_digits = "7".repeat(1_000_000);
    let (matches, trouble) = evaluate("jq(. > 1)", &many_digits);
    assert!(matches || trouble.is_some());
    let (matches, trouble) = evaluate("jq(.a < .b)", r#"{"a":1,"b":1e999999999}"#);
    assert!(matches && trouble.is_none());
}

#[test]
fn a_program_runs_again_after_a_cut_off_but_not_endlessly() {
    let mut matcher = matcher(parse("jq(def f: 1 + f; if . == 0 then f else . > 1 end)"));
    assert!(matcher.matches(&message(b"2")));
    assert_eq!(matcher.trouble(), None);
    assert!(!matcher.matches(&message(b"0")));
    assert!(matcher.trouble().unwrap().contains("too deep"));
    assert!(matcher.matches(&message(b"3")));
    // After several cut-offs the filter is not run again, since each took long.
    for _ in 0..20 {
        assert!(!matcher.matches(&message(b"0")));
    }
    assert!(!matcher.matches(&message(b"3")));
}

#[test]
fn a_panic_inside_jq_is_contained() {
    // This overflows in a debug build of jaq.
    let (holds, trouble) = evaluate("jq(9223372036854775807 | gmtime)", "{}");
    assert!(!holds);
    assert!(trouble.is_none_or(|trouble| trouble.contains("internal jq error")));
    assert!(!query::catches_panics());
}

#[test]
fn programs_cannot_print_read_the_environment_or_exit() {
    for filter in [
        "debug",
        "debug(\"x\")",
        "stderr",
        "halt",
        "halt_error",
        "\"x\" | halt_error(1)",
    ] {
        matches(&format!("jq({filter} | true)"), "{}");
    }
    for filter in [
        "env",
        "$ENV",
        "input",
        "inputs",
        "$__prog_args",
        "input_filename",
        "include \"x\"; .",
    ] {
        parse_error(&format!("jq({filter})"));
    }
}

#[test]
fn an_error_in_a_jq_filter_is_reported_with_its_place() {
    for (text, at, message) in [
        ("jq(", 0..3, "not closed"),
        ("x jq(.a", 2..5, "not closed"),
        ("jq()", 0..4, "a jq filter is missing"),
        ("jq(.a |)", 7..7, "jq: expected term here"),
        ("jq(.a | foo)", 8..11, "jq has no filter `foo`"),
        (
            "jq(map(1; 2))",
            3..6,
            "jq has no filter `map` with 2 arguments",
        ),
        ("jq($x)", 3..5, "unknown variable `$x`"),
        ("é jq(.a &)", 9..10, "jq: expected token here"),
        ("jq(if 1 then 2)", 14..14, "jq: expected else or end here"),
        ("jq(\"a)", 0..3, "not closed"),
    ] {
        let error = parse_error(text);
        assert!(error.message.contains(message), "{text}: {error}");
        assert_eq!(error.at, at, "{text}: {error}");
    }
}

#[test]
fn a_program_nested_as_deeply_as_its_length_allows_is_harmless() {
    for (open, inner, close) in [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("-", "1", ""),
        ("try ", "1", ""),
        ("def a: ", "1", ";1"),
        ("if 1 then ", "1", " end"),
        ("1 as $x|", "1", ""),
        ("1|", "1", ""),
        ("1+", "1", ""),
        ("\"\\(", "1", ")\""),
        ("reduce 1 as $x(", "1", ";1)"),
        ("{a:", "1", "}"),
        (".[", "1", "]"),
        ("label $x|", "1", ""),
    ] {
        for size in [1000, 4000] {
            let depth = size / (open.len() + close.len());
            let filter = [&open.repeat(depth), inner, &close.repeat(depth)].concat();
            if let Ok(query) = query::Query::parse(&format!("jq({filter})"), &super::MOMENT) {
                matcher(query).matches(&message(b"{}"));
            }
        }
    }
}

#[test]
fn a_program_skips_an_overlong_payload_and_reports_it() {
    let long = format!("\"{}\"", "x".repeat(16 << 20));
    let mut matcher = matcher(parse("jq(true)"));
    assert!(!(0..5).any(|_| matcher.matches(&message(long.as_bytes()))));
    assert!(matcher.matches(&message(b"1")));
    assert_eq!(matcher.trouble(), Some("jq(…) skips messages over 16 MiB"));
}

#[test]
fn a_program_cut_off_four_times_is_disabled_and_says_so() {
    let mut matcher = matcher(parse("jq(if . == 1 then true else last(repeat(1)) end)"));
    assert!(matcher.matches(&message(b"1")));
    for _ in 0..4 {
        assert!(!matcher.matches(&message(b"2")));
    }
    assert!(!matcher.matches(&message(b"1")));
    let trouble = matcher.trouble().unwrap();
    assert!(trouble.ends_with("4 times: jq(…) disabled"), "{trouble}");
}

#[test]
fn the_process_that_runs_programs_ends_with_its_input() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_subscope"))
        .arg0(query::JQ.name)
        .arg(query::JQ.argument)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"\x01\0\0\0.").unwrap();
    let mut ready = [0];
    let mut output = child.stdout.take().unwrap();
    output.read_exact(&mut ready).unwrap();
    assert_eq!(ready, *b"!");
    // The child also exits when its input ends in the middle of a batch.
    input.write_all(b"\x07\0\0\0\x01").unwrap();
    drop(input);
    child.wait().unwrap();
}
