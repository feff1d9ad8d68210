//! The shape of a channel's JSON, and deviations from it.

use subscope::workers::analysis::{Field, LEARNT_FROM, MAX_CHANNELS, MAX_FIELDS};

use crate::analysis::checked_log::{CheckedLog, shape};

const PLAIN: &str = r#"{"id":1,"user":{"id":7,"tier":"gold"},"tags":["a"],"amount":1.5}"#;

/// Returns a log that has learnt the shape of `payload` from `count` messages.
fn learnt(payload: &str, count: u64) -> (CheckedLog, subscope::workers::analysis::CheckId) {
    let (mut checked, check) = CheckedLog::checking(shape());
    for _ in 0..count {
        assert_eq!(checked.words("a", payload), [""; 0]);
    }
    (checked, check)
}

#[test]
fn each_kind_of_deviation_is_flagged_until_it_has_been_learnt() {
    let (mut checked, check) = learnt(PLAIN, LEARNT_FROM);
    let other =
        r#"{"id":1,"user":{"tier":"gold"},"tags":["a",2],"amount":"1.5","coupon":{"code":"x"}}"#;
    let all =
        ["− .user.id  △ .tags[] string→number  △ .amount number→string  + .coupon".to_owned()];
    for number in 0..LEARNT_FROM {
        assert_eq!(checked.words("a", other), all, "{number}");
    }
    for _ in 0..200 {
        assert_eq!(checked.words("a", other), [""; 0]);
    }
    assert_eq!(checked.words("a", PLAIN), [""; 0]);
    assert_eq!(checked.shape(check).flagged, LEARNT_FROM);
}

#[test]
fn messages_in_between_do_not_delay_learning_a_deviation() {
    for between in [0, 1, 7] {
        let (mut checked, check) = learnt(PLAIN, LEARNT_FROM);
        for odd in [&PLAIN.replace("\"id\":7,", ""), "oops"] {
            for _ in 0..3 * LEARNT_FROM {
                checked.words("a", odd);
                for _ in 0..between {
                    assert_eq!(checked.words("a", PLAIN), [""; 0]);
                }
            }
        }
        assert_eq!(checked.shape(check).flagged, 2 * LEARNT_FROM, "{between}");
    }
}

#[test]
fn a_deviation_that_stays_rare_is_flagged_each_time() {
    let (mut checked, check) = learnt(PLAIN, 1_000);
    let odd = PLAIN.replace("\"id\":7,", "");
    let times = 2 * LEARNT_FROM;
    for _ in 0..times {
        assert_eq!(checked.words("a", &odd), ["− .user.id"]);
        for _ in 0..100 {
            assert_eq!(checked.words("a", PLAIN), [""; 0]);
        }
    }
    assert_eq!(checked.shape(check).flagged, times);
}

#[test]
fn variation_seen_while_learning_is_not_a_deviation() {
    let (mut checked, _) = CheckedLog::checking(shape());
    for number in 0..LEARNT_FROM {
        let payload = match number % 3 {
            0 => r#"{"a":1,"b":null}"#,
            1 => r#"{"b":{"x":1},"a":"x"}"#,
            _ => r#"{"a":1}"#,
        };
        assert_eq!(checked.words("a", payload), [""; 0]);
    }
    for payload in [r#"{"a":1}"#, r#"{"a":"s","b":null}"#, r#"{"a":2,"b":{}}"#] {
        assert_eq!(checked.words("a", payload), [""; 0], "{payload}");
    }
    assert_eq!(
        checked.words("a", r#"{"b":true}"#),
        ["△ .b null|object→bool  − .a"]
    );
}

#[test]
fn a_payload_that_is_not_json_deviates_where_json_was_learnt() {
    let (mut checked, check) = learnt(PLAIN, LEARNT_FROM);
    for _ in 0..LEARNT_FROM {
        assert_eq!(checked.words("a", "oops"), ["△ not JSON"]);
    }
    assert_eq!(checked.words("a", "oops"), [""; 0]);
    assert_eq!(checked.shape(check).other, LEARNT_FROM + 1);
    for _ in 0..100 {
        assert_eq!(checked.words("text", "plain"), [""; 0]);
    }
}

#[test]
fn fields_of_a_new_object_are_not_flagged_separately() {
    let (mut checked, _) = learnt(r#"{"a":null,"list":[]}"#, LEARNT_FROM);
    assert_eq!(
        checked.words(
            "a",
            r#"{"a":{"x":1,"y":[{"z":1},{"w":2}]},"list":[{"q":1}]}"#
        ),
        ["△ .a null→object"]
    );
    assert_eq!(
        checked.words("a", r#"{"a":{"v":1,"y":[true]},"list":[]}"#),
        ["△ .a null→object"]
    );
}

#[test]
fn the_fields_of_a_new_object_are_learnt_while_it_is_flagged() {
    let (mut checked, _) = learnt(r#"{"id":1}"#, LEARNT_FROM);
    for _ in 0..LEARNT_FROM {
        let words = checked.words("a", r#"{"id":1,"user":{"tier":"gold","age":7}}"#);
        assert_eq!(words, ["+ .user"]);
    }
    assert_eq!(
        checked.words("a", r#"{"id":1,"user":{"tier":1,"name":"x"}}"#),
        ["△ .user.tier string→number  + .user.name  − .user.age"]
    );
}

#[test]
fn rare_objects_need_as_many_samples_to_learn_their_fields() {
    let (mut checked, _) = learnt(r#"{"error":null}"#, LEARNT_FROM);
    let mut rare = |payload: &str| {
        for _ in 0..200 {
            assert_eq!(checked.words("a", r#"{"error":null}"#), [""; 0]);
        }
        checked.words("a", payload)
    };
    for _ in 0..2 * LEARNT_FROM {
        let words = rare(r#"{"error":{"code":1,"text":"x"}}"#);
        assert_eq!(words, ["△ .error null→object"]);
    }
    // Only this deviation is reported, although `.error.text` is missing too.
    assert_eq!(rare(r#"{"error":{"code":1}}"#), ["△ .error null→object"]);
}

#[test]
fn many_deviating_elements_count_as_one_deviating_message() {
    let (mut checked, check) = learnt(r#"{"l":[{"x":1,"y":1}]}"#, LEARNT_FROM + 100);
    let elements = vec![r#"{"x":"1","z":2}"#; 60].join(",");
    let odd = format!("{{\"l\":[{elements}]}}");
    for _ in 0..LEARNT_FROM {
        assert_eq!(
            checked.words("a", &odd),
            ["△ .l[].x number→string  + .l[].z  − .l[].y"]
        );
    }
    assert_eq!(checked.words("a", &odd), [""; 0]);
    assert_eq!(checked.shape(check).flagged, LEARNT_FROM);
}

#[test]
fn names_match_in_any_order_and_with_any_escapes() {
    let (mut checked, check) = learnt(r#"{"ab":1,"odd \" key":2,"c":3}"#, LEARNT_FROM);
    assert_eq!(
        checked.words("a", r#"{"c":3,"odd \u0022 key":2,"\u0061b":1}"#),
        [""; 0]
    );
    let fields = checked.shape(check).fields;
    let paths: Vec<&str> = fields.iter().map(|field| &*field.path).collect();
    assert_eq!(paths, [".", ".ab", r#"."odd \" key""#, ".c"]);
    assert!(fields.iter().all(|field| field.present == 21));
}

#[test]
fn the_report_is_ordered_as_a_tree() {
    let (mut checked, check) = learnt(PLAIN, 3);
    checked.words(
        "a",
        r#"{"id":10,"user":{"id":null,"tier":"platinum"},"tags":[]}"#,
    );
    let report = checked.shape(check);
    assert!(report.is_learning);
    assert_eq!(report.json, 4);
    let lines: Vec<String> = report.fields.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            ". 4/4 object 4",
            "  .id 4/4 number 4 1..10 =1",
            "  .user 4/4 object 4",
            "    .user.id 4/4 number 3 null 1 7..7 =7",
            "    .user.tier 4/4 string 4 4-8 =gold",
            "  .tags 4/4 array 4",
            "    .tags[] 3/3 string 3 1-1 =a",
            "  .amount 3/4 number 3 1.5..1.5 =1.5",
        ]
    );
}

fn line(field: &Field) -> String {
    use std::fmt::Write as _;

    let mut line = format!(
        "{}{} {}/{}",
        "  ".repeat(field.depth),
        field.path,
        field.present,
        field.of
    );
    for (name, count) in &field.types {
        write!(line, " {name} {count}").unwrap();
    }
    if let Some((low, high)) = field.range {
        write!(line, " {low}..{high}").unwrap();
    }
    if let Some((short, long)) = field.lengths {
        write!(line, " {short}-{long}").unwrap();
    }
    if let Some(example) = &field.example {
        write!(line, " ={}", String::from_utf8_lossy(example)).unwrap();
    }
    line
}

#[test]
fn fields_and_channels_are_bounded_and_the_report_says_so() {
    let (mut checked, check) = CheckedLog::checking(shape());
    for number in 0..2 * MAX_FIELDS {
        checked.words("a", &format!("{{\"k{number}\":{{\"x\":[1,{{}}]}}}}"));
    }
    let report = checked.shape(check);
    assert!(report.is_full);
    assert_eq!(report.fields.len(), MAX_FIELDS);
    assert!(!report.channels_are_full);
    for number in 0..2 * MAX_CHANNELS {
        checked.words(&format!("c{number}"), "{\"a\":1}");
    }
    let report = checked.shape(check);
    assert!(report.channels_are_full);
    assert_eq!(report.channels.len(), MAX_CHANNELS);
    assert!(checked.engine.size() < 8 << 20, "{}", checked.engine.size());
}

#[test]
fn contents_of_an_unlisted_field_are_ignored() {
    let (mut checked, check) = CheckedLog::checking(shape());
    let long = "k".repeat(300);
    checked.words("a", &format!("{{\"{long}\":[[1,2],{{\"b\":[]}}],\"a\":1}}"));
    let report = checked.shape(check);
    let paths: Vec<&str> = report.fields.iter().map(|field| &*field.path).collect();
    assert_eq!(paths, [".", ".a"]);
    assert!(report.is_full);
}

#[test]
fn array_elements_share_a_path_and_duplicate_names_are_one_field() {
    let (mut checked, check) = learnt(
        r#"{"l":[{"x":1,"y":1},{"y":1,"x":1}],"d":1,"d":"x"}"#,
        LEARNT_FROM,
    );
    assert_eq!(
        checked.words("a", r#"{"l":[{"x":1},{"x":2,"y":null},{"x":3}],"d":2}"#),
        ["− .l[].y  △ .l[].y number→null"]
    );
    let fields = checked.shape(check).fields;
    let of = |path: &str| {
        let mut fields = fields.iter();
        let field = fields.find(|field| &*field.path == path).unwrap();
        (field.present, field.of)
    };
    assert_eq!(of(".d"), (21, 21));
    assert_eq!(of(".l[]"), (43, 43));
    assert_eq!(of(".l[].y"), (41, 43));
}

#[test]
fn a_completely_new_message_lists_a_few_deviations_and_counts_the_rest() {
    let (mut checked, _) = learnt(r#"{"a":1}"#, LEARNT_FROM);
    let members: Vec<String> = (0..20).map(|number| format!("\"k{number}\":1")).collect();
    let words = checked.words("a", &format!("{{{}}}", members.join(",")));
    assert!(words[0].starts_with("+ .k0  + .k1  "), "{words:?}");
    assert!(words[0].ends_with("  + .k7  and 13 more"), "{words:?}");
}

#[test]
fn the_rest_counts_each_deviation_once_for_all_elements() {
    let (mut checked, _) = learnt(r#"[{"a":1}]"#, LEARNT_FROM);
    let members: Vec<String> = (0..10).map(|number| format!("\"k{number}\":1")).collect();
    let element = format!("{{\"a\":1,{}}}", members.join(","));
    let words = checked.words("a", &format!("[{}]", vec![element; 5].join(",")));
    assert!(words[0].ends_with(" and 2 more"), "{words:?}");
}

#[test]
fn a_payload_too_large_to_read_is_counted_as_unread() {
    let (mut checked, check) = CheckedLog::checking(shape());
    checked.words("a", &format!("\"{}\"", "x".repeat(2 << 20)));
    let report = checked.shape(check);
    assert_eq!((report.json, report.other, report.unread), (0, 0, 1));
}
