//! Breakpoints with a condition on each channel over time.

use std::time::Duration;

use crossterm::event::KeyCode;

use subscope::app::{Alert, Attention, Context, Effect, Event, Overlay};
use subscope::log::Batch;
use subscope::message::{
    Gap, GapCause, GapEnd, GapReason, NodeId, Notice, RedisError, SubscriptionId, Time,
};
use subscope::query::{CONDITIONS, Moment, Query};
use subscope::server::{Command, Connection, Feed, Trouble};

use crate::support::stage::{START, Stage};

const MOMENT: Moment = Moment {
    now: START,
    ahead: 0,
};

/// Returns a stage that receives every channel.
fn stage() -> Stage {
    let mut stage = Stage::new(&["*"]);
    stage.connection(Connection::Live);
    stage.confirm(0);
    stage
}

fn break_at(stage: &mut Stage, text: &str) {
    stage.keys("B");
    if stage.app.context() == Context::Breakpoints {
        stage.keys("a");
    }
    stage.keys(text);
    stage.code(KeyCode::Enter);
    if stage.app.context() == Context::Breakpoints {
        stage.code(KeyCode::Esc);
    }
}

fn error_in_box(stage: &Stage) -> String {
    match stage.app.overlay() {
        Some(Overlay::Query(query_box)) => {
            let error = query_box.error.as_ref();
            error.map_or_else(String::new, |error| error.message.clone())
        }
        other => panic!("{other:?}"),
    }
}

fn hits(stage: &Stage) -> u64 {
    stage.session().breakpoints.list[0].hits
}

/// Feeds a message and returns how many hits it caused.
fn send(stage: &mut Stage, channel: &str, payload: &str) -> u64 {
    let before = hits(stage);
    stage.messages(&[(channel, payload.as_bytes())]);
    hits(stage) - before
}

/// Lets `seconds` pass. The server answers in each of them.
fn pass(stage: &mut Stage, seconds: u32) {
    for _ in 0..seconds {
        stage.wait(Duration::from_secs(1));
        let answer = Feed::RoundTrip(NodeId(0), stage.now, Duration::from_millis(1));
        stage.send(Event::Feed(answer));
    }
}

/// Returns the texts of the notices about channels.
fn judged(stage: &Stage) -> Vec<String> {
    let log = &stage.session().log;
    let notices = log
        .notices()
        .filter(|(_, notice)| matches!(notice, Notice::Judged { .. }));
    let session = stage.session();
    let keymap = &session.settings.keymap;
    let words = |notice| subscope::app::notice_words(notice, &session.clock(), keymap);
    notices.map(|(_, notice)| words(notice)).collect()
}

fn gap(noticed: Time, last_heard: Time, end: GapEnd) -> Notice {
    Notice::Gap(Gap {
        noticed,
        last_heard,
        end,
        cause: GapCause::ConnectionLost(None),
        reason: GapReason::NotReceived,
    })
}

// --- The language ------------------------------------------------------------------------------

#[test]
fn every_condition_is_valid_in_a_breakpoint_and_explained_in_a_filter() {
    for (_, example, _) in CONDITIONS {
        let query = Query::parse_breakpoint(example, &MOMENT);
        assert!(query.unwrap().condition().is_some(), "{example}");
        let error = Query::parse(example, &MOMENT).unwrap_err();
        assert!(
            error.message.contains("works only in breakpoints"),
            "{example}: {error}"
        );
    }
}

#[test]
fn text_that_resembles_a_condition_is_still_text_in_a_filter() {
    for text in [
        "rate:limited",
        "silent:",
        "until",
        ".a == 1 until",
        "enters",
        "x leaves y",
    ] {
        assert_eq!(
            Query::parse(text, &MOMENT).unwrap().condition(),
            None,
            "{text}"
        );
    }
}

#[test]
fn a_wrong_condition_names_its_remedy() {
    for (text, remedy) in [
        ("silent:30", "silent:30s"),
        ("silent:200ms", "at least 1s"),
        ("rate:100/s", "rate:>100/s"),
        ("rate:>fast", "rate:>100/s"),
        ("changed(state)", "changed(.state)"),
        ("changed(.a", "add a )"),
        ("changed(.a .b)", "close this with a )"),
        (".temp > 80 until", "until < 75"),
        (".temp > 80 until < 90", "must not overlap"),
        (".temp > 80 until > 75", "must not overlap"),
        ("changed(.a) changed(.b)", "another breakpoint"),
        ("enters(changed(.a))", "cannot contain another"),
        ("not changed(.a)", "without `not`"),
        ("changed(.a) or error", "changed(.a) (a or b)"),
        ("changed(.a) jq(.b)", "jq(…) and via: cannot be used"),
        ("silent:30s error", "only with channel:name"),
        ("enters(", "a term is missing"),
    ] {
        let error = Query::parse_breakpoint(text, &MOMENT).unwrap_err();
        assert!(error.message.contains(remedy), "{text}: {error}");
    }
}

#[test]
fn queries_with_different_conditions_differ() {
    let parse = |text| Query::parse_breakpoint(text, &MOMENT).unwrap();
    assert_eq!(parse("enters(.a > 1)"), parse(".a > 1 enters"));
    assert_eq!(parse("changed(.a) b"), parse("(changed(.a)  b)"));
    let different = [
        "enters(.a > 1)",
        "leaves(.a > 1)",
        "changed(.a)",
        ".a > 1 until < 0",
    ];
    for (index, one) in different.iter().enumerate() {
        for other in &different[..index] {
            assert_ne!(parse(one), parse(other));
        }
    }
}

#[test]
fn a_condition_typed_as_a_filter_says_where_it_works() {
    let mut stage = stage();
    stage.keys("/changed(.state)");
    assert!(error_in_box(&stage).contains("breakpoints (--break)"));
    stage.code(KeyCode::Esc);
    stage.keys("Bchanged(.state)");
    assert_eq!(error_in_box(&stage), "");
}

#[test]
fn only_the_box_of_breakpoints_lists_conditions() {
    let mut stage = stage();
    for (keys, is_listed) in [("/", false), ("B", true)] {
        stage.keys(keys);
        stage.code(KeyCode::F(1));
        assert_eq!(
            stage.screen().contains("changed(.state)"),
            is_listed,
            "{keys}"
        );
        stage.code(KeyCode::Esc);
        stage.code(KeyCode::Esc);
    }
}

// --- Conditions on messages --------------------------------------------------------------------

#[test]
fn a_changed_value_is_a_hit_on_its_own_channel_only() {
    let mut stage = stage();
    break_at(&mut stage, "changed(.state)");
    for (channel, payload, count) in [
        ("a", r#"{"state":"up"}"#, 0),
        ("b", r#"{"state":"down"}"#, 0),
        ("a", r#"{"state":"up","n":1}"#, 0),
        // A message without the value is ignored.
        ("a", r#"{"n":2}"#, 0),
        ("a", "no JSON", 0),
        ("a", r#"{ "state" : "\u0075p" }"#, 0),
        ("a", r#"{"state":"down"}"#, 1),
        ("b", r#"{"state":"down"}"#, 0),
        ("a", r#"{"state":null}"#, 1),
        ("b", r#"{"state":{"x":1,"y":[1]}}"#, 1),
        ("b", r#"{"state":{"y":[1.0], "x":1}}"#, 0),
        ("b", r#"{"state":{"y":[2],"x":1}}"#, 1),
    ] {
        assert_eq!(
            send(&mut stage, channel, payload),
            count,
            "{channel} {payload}"
        );
    }
}

#[test]
fn the_first_hit_freezes_the_view_on_the_message() {
    let mut stage = stage();
    break_at(&mut stage, "changed(.state)");
    stage.messages(&[
        ("a", b"{\"state\":1}"),
        ("a", b"{\"state\":2}"),
        ("a", b"{\"state\":2}"),
    ]);
    assert!(!stage.is_following());
    assert_eq!(stage.selected(), r#"{"state":2}"#);
    assert!(stage.screen().contains("changed(.state)"));
}

#[test]
fn a_threshold_is_entered_and_left_once_whatever_lies_between() {
    for (text, expected) in [
        ("enters(.temp > 80)", [0, 1, 0, 0, 1, 0, 0]),
        // A string does not count as above 80.
        ("leaves(.temp > 80)", [0, 0, 1, 0, 0, 0, 1]),
        (".temp > 80 until < 75", [0, 1, 0, 0, 0, 0, 1]),
        ("enters(.temp > 80 until < 75)", [0, 1, 0, 0, 0, 0, 0]),
        (".temp > 80 until < 75 leaves", [0, 0, 0, 0, 0, 0, 1]),
    ] {
        let mut stage = stage();
        break_at(&mut stage, text);
        let temps = ["70", "81", "\"hot\"", "78", "82", "90", "74"];
        let counts = temps.map(|temp| send(&mut stage, "s", &format!("{{\"temp\":{temp}}}")));
        assert_eq!(counts, expected, "{text}");
    }
}

#[test]
fn each_channel_has_its_own_threshold_and_other_terms_choose_the_messages() {
    let mut stage = stage();
    break_at(&mut stage, "enters(.temp > 80) channel:sensor.*");
    assert_eq!(send(&mut stage, "sensor.1", "{\"temp\":81}"), 1);
    assert_eq!(send(&mut stage, "sensor.2", "{\"temp\":81}"), 1);
    assert_eq!(send(&mut stage, "sensor.1", "{\"temp\":82}"), 0);
    assert_eq!(send(&mut stage, "other", "{\"temp\":81}"), 0);
    stage.keys("B");
    let screen = stage.screen();
    assert!(
        screen.contains("2 channels · 2 matching now · last 82 on sensor.1"),
        "{screen}"
    );
    stage.keys(" ");
    assert!(stage.screen().contains("○ stop"), "{}", stage.screen());
    // When enabled again, the breakpoint starts anew.
    stage.now = stage.now.after(Duration::from_secs(1));
    stage.keys(" ");
    assert!(stage.screen().contains("armed"), "{}", stage.screen());
}

#[test]
fn a_threshold_says_that_the_value_is_of_another_type() {
    for (text, value, words) in [
        (
            ".amount>200 enters",
            "\"250\"",
            "this value is text, not a number",
        ),
        (
            "leaves(.amount > \"200\")",
            "250",
            "this value is not text: remove the quotes",
        ),
        (".amount>200 enters", "250", ""),
        // Text differs from a number, and another term may be met.
        ("enters(.amount != 5)", "\"250\"", ""),
        ("enters(not .amount > 5)", "\"250\"", ""),
        ("enters(.amount > 5 or .amount == \"250\")", "\"250\"", ""),
    ] {
        let mut stage = stage();
        stage.send(Event::Resize(120, 24));
        break_at(&mut stage, text);
        stage.messages(&[("orders", format!("{{\"amount\":{value}}}").as_bytes())]);
        stage.keys("B");
        let screen = stage.screen();
        assert!(
            screen.contains(&format!("last {value} on orders")),
            "{screen}"
        );
        let shown = screen.replace(['│', '\n'], " ");
        let shown: Vec<&str> = shown.split_whitespace().collect();
        let shown = shown.join(" ");
        let has_words = |words: &str| shown.contains(words);
        assert!(has_words(words), "{screen}");
        assert_eq!(has_words("this value is"), !words.is_empty(), "{screen}");
    }
}

#[test]
fn the_more_conditions_are_judged_by_the_clock_the_fewer_channels_at_a_time() {
    let steps = [1, 4].map(|conditions| {
        let mut stage = stage();
        let names: Vec<String> = (0..10_000).map(|number| format!("c{number}")).collect();
        let messages: Vec<(&str, &[u8])> = names.iter().map(|name| (&**name, &b"1"[..])).collect();
        stage.messages(&messages);
        for number in 1..=conditions {
            break_at(&mut stage, &format!("silent:{number}h"));
        }
        let are_judged = |stage: &Stage| {
            let list = &stage.session().breakpoints.list;
            let mut timed = list
                .iter()
                .filter_map(|breakpoint| breakpoint.timed.as_ref());
            timed.all(|timed| timed.has_judged)
        };
        let mut steps = 0;
        while !are_judged(&stage) {
            steps += 1;
            stage.wait(Duration::from_millis(10));
            let answer = Feed::RoundTrip(NodeId(0), stage.now, Duration::from_millis(1));
            stage.send(Event::Feed(answer));
        }
        steps
    });
    // 16,384 slots at a time, or 4,096 for each of four conditions.
    assert_eq!(steps[1], steps[0] + 2, "{steps:?}");
}

#[test]
fn a_state_may_be_any_query() {
    let mut stage = stage();
    break_at(&mut stage, "leaves(timeout or refused)");
    let counts = ["ok", "timeout", "refused", "ok", "ok"].map(|text| send(&mut stage, "c", text));
    assert_eq!(counts, [0, 0, 0, 1, 0]);
}

// --- Silence -----------------------------------------------------------------------------------

#[test]
fn a_channel_that_falls_silent_is_told_once_and_again_when_heard() {
    let mut stage = stage();
    break_at(&mut stage, "silent:30s channel:heartbeat.*");
    stage.messages(&[
        ("heartbeat.a", b"1"),
        ("heartbeat.b", b"1"),
        ("other", b"1"),
    ]);
    pass(&mut stage, 20);
    stage.messages(&[("heartbeat.b", b"2")]);
    pass(&mut stage, 15);
    assert_eq!(hits(&stage), 1);
    let told = judged(&stage);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("silent for 30"), "{told:?}");
    assert!(told[0].ends_with(": heartbeat.a · breakpoint silent:30s channel:heartbeat.*"));
    // The view stops at the notice.
    assert!(!stage.is_following());
    assert!(stage.selected().contains("Judged"));
    assert!(
        stage
            .session()
            .breakpoints
            .hits
            .contains(stage.app.window().selected.unwrap())
    );
    stage.keys("B");
    let screen = stage.screen();
    assert!(
        screen.contains("met by 1 channel now · latest: silent for 30"),
        "{screen}"
    );
    stage.code(KeyCode::Esc);

    stage.messages(&[("heartbeat.a", b"2")]);
    pass(&mut stage, 2);
    let told = judged(&stage);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[1].starts_with("heard from again after 35s: heartbeat.a"),
        "{told:?}"
    );
    assert_eq!(hits(&stage), 1);
    stage.keys("B");
    assert!(stage.screen().contains("armed"), "{}", stage.screen());
    stage.code(KeyCode::Esc);
    pass(&mut stage, 40);
    assert_eq!(hits(&stage), 3);
}

#[test]
fn silence_during_a_disconnect_proves_nothing() {
    let mut stage = stage();
    break_at(&mut stage, "silent:30s");
    stage.messages(&[("a", b"1")]);
    pass(&mut stage, 20);
    let lost = stage.now;
    stage.notice(gap(lost, lost, GapEnd::Open));
    stage.connection(Connection::Connecting);
    stage.keys("B");
    for _ in 0..60 {
        stage.wait(Duration::from_secs(1));
    }
    assert!(
        stage.screen().contains("suspended while not connected"),
        "{}",
        stage.screen()
    );
    stage.code(KeyCode::Esc);
    stage.connection(Connection::Live);
    stage.notice(gap(lost, lost, GapEnd::Restored(stage.now)));
    pass(&mut stage, 29);
    assert_eq!(hits(&stage), 0);
    pass(&mut stage, 3);
    assert_eq!(hits(&stage), 1);
}

#[test]
fn silence_is_told_at_the_first_answer_after_it() {
    let mut stage = stage();
    break_at(&mut stage, "silent:3s");
    let start = stage.now;
    stage.messages(&[("a", b"1")]);
    let mut asked_at = |asked: u64, answered: u64| {
        stage.now = start.after(Duration::from_millis(answered));
        let round_trip = Duration::from_millis(answered - asked);
        let asked = start.after(Duration::from_millis(asked));
        stage.send(Event::Feed(Feed::RoundTrip(NodeId(0), asked, round_trip)));
        judged(&stage)
    };
    // The answer proves nothing about the time after its PING.
    assert!(asked_at(2_900, 3_000).is_empty());
    let told = asked_at(3_900, 4_000);
    assert!(
        matches!(&told[..], [told] if told.starts_with("silent for 3.9 s: a")),
        "{told:?}"
    );
}

#[test]
fn pings_are_frequent_only_while_a_breakpoint_needs_them() {
    let mut stage = stage();
    let pings = |effects: Vec<Effect>| -> Vec<bool> {
        let pings = effects.into_iter().filter_map(|effect| match effect {
            Effect::Command(Command::PingOften(is_often)) => Some(is_often),
            _ => None,
        });
        pings.collect()
    };
    break_at(&mut stage, "rate:>10/s");
    assert!(pings(stage.keys("Basilent:3s")).is_empty());
    assert_eq!(pings(stage.code(KeyCode::Enter)), [true]);
    assert_eq!(pings(stage.keys(" ")), [false]);
}

#[test]
fn silence_is_not_judged_while_the_server_refuses_ping() {
    let mut stage = stage();
    break_at(&mut stage, "silent:3s");
    let error = RedisError::new("NOPERM ping");
    stage.send(Event::Feed(Feed::Trouble(Some(Trouble::Ping(error)))));
    stage.keys("B");
    let screen = stage.screen();
    assert!(
        screen.contains("suspended: the server refuses PING"),
        "{screen}"
    );
}

#[test]
fn a_server_that_no_longer_answers_proves_no_silence() {
    let mut stage = stage();
    break_at(&mut stage, "silent:5s");
    stage.messages(&[("a", b"1")]);
    pass(&mut stage, 3);
    for _ in 0..20 {
        stage.wait(Duration::from_secs(1));
    }
    assert_eq!(hits(&stage), 0);
    pass(&mut stage, 2);
    assert_eq!(hits(&stage), 1);
}

#[test]
fn an_unsubscribed_channel_is_not_silent() {
    let mut stage = stage();
    break_at(&mut stage, "silent:5s");
    stage.messages(&[("a", b"1")]);
    pass(&mut stage, 8);
    assert_eq!(hits(&stage), 1);
    let subscription = stage.subscription(0);
    stage.notice(Notice::Unsubscribed {
        subscription,
        count: 0,
        server: None,
        asked: false,
    });
    stage.messages(&[("b", b"1")]);
    pass(&mut stage, 20);
    assert_eq!(hits(&stage), 1);
    assert_eq!(
        stage.session().breakpoints.list[0]
            .timed
            .as_ref()
            .unwrap()
            .met(),
        0
    );
}

#[test]
fn many_silent_channels_are_told_in_one_row() {
    let mut stage = stage();
    break_at(&mut stage, "silent:10s");
    let mut batch = Batch::default();
    for number in 0..40_000 {
        let name = format!("celery-task-meta-{number}");
        batch.push_message(stage.now, name.as_bytes(), b"1", SubscriptionId(0));
    }
    stage.send(Event::Feed(Feed::Batch(Box::new(batch))));
    let known = stage.session().log.channels().len() as u64;
    pass(&mut stage, 20);
    let told = judged(&stage);
    assert_eq!(told.len(), 1, "{told:?}");
    let more = subscope::payload::figures::counted(known - 3, "more channel");
    assert!(told[0].contains(&format!("and {more}")), "{told:?}");
    assert_eq!(hits(&stage), known);
}

#[test]
fn judging_a_long_list_of_channels_is_done_in_parts() {
    let mut stage = stage();
    let mut batch = Batch::default();
    for number in 0..40_000 {
        batch.push_message(
            stage.now,
            format!("c{number}").as_bytes(),
            b"1",
            SubscriptionId(0),
        );
    }
    stage.send(Event::Feed(Feed::Batch(Box::new(batch))));
    break_at(&mut stage, "silent:1s");
    pass(&mut stage, 1);
    stage.now = stage.now.after(Duration::from_secs(1));
    let answer = Feed::RoundTrip(NodeId(0), stage.now, Duration::from_millis(1));
    stage.send(Event::Feed(answer));
    assert_eq!(hits(&stage), 0);
    let mut parts = 1;
    while hits(&stage) == 0 {
        assert!(parts < 10);
        stage.now = stage.app.next_tick().unwrap();
        stage.send(Event::Tick);
        parts += 1;
    }
    assert!(parts >= 3, "{parts}");
}

// --- Rates -------------------------------------------------------------------------------------

#[test]
fn a_rate_is_a_hit_when_it_is_exceeded_and_told_when_it_falls() {
    let mut stage = stage();
    break_at(&mut stage, "rate:>10/s channel:orders");
    for _ in 0..6 {
        stage.numbered("orders", 20);
        stage.numbered("jobs", 20);
        pass(&mut stage, 1);
    }
    assert_eq!(hits(&stage), 1);
    pass(&mut stage, 8);
    let told = judged(&stage);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].starts_with("rate 20/s: orders · breakpoint rate:>10/s"),
        "{told:?}"
    );
    assert!(told[1].starts_with("rate back to "), "{told:?}");
}

#[test]
fn a_low_rate_is_judged_only_after_five_seconds_of_listening() {
    let mut stage = stage();
    break_at(&mut stage, "rate:<5/s");
    for _ in 0..20 {
        stage.numbered("orders", 10);
        pass(&mut stage, 1);
    }
    assert_eq!(hits(&stage), 0);
    pass(&mut stage, 6);
    assert_eq!(hits(&stage), 1);
}

// --- Alerts ------------------------------------------------------------------------------------

#[test]
fn silence_rings_the_bell_and_names_the_channel() {
    let mut stage = stage();
    break_at(&mut stage, "silent:5s");
    stage.keys("Bbb");
    stage.code(KeyCode::Esc);
    stage.messages(&[("beat", b"1")]);
    let mut alerts = Vec::new();
    for _ in 0..8 {
        stage.now = stage.now.after(Duration::from_secs(1));
        alerts.extend(stage.send(Event::Tick));
        let answer = Feed::RoundTrip(NodeId(0), stage.now, Duration::from_millis(1));
        alerts.extend(stage.send(Event::Feed(answer)));
    }
    let texts: Vec<String> = alerts
        .iter()
        .filter(|effect| matches!(effect, Effect::Alert(_)))
        .map(|effect| format!("{effect:?}"))
        .collect();
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(
        texts[0].contains("silent for 5") && texts[0].contains(": beat"),
        "{texts:?}"
    );
}

/// Returns the alerts among the effects of a message.
fn alerts_of(stage: &mut Stage, channel: &str, payload: &str) -> Vec<Alert> {
    let mut batch = Batch::default();
    batch.push_message(
        stage.now,
        channel.as_bytes(),
        payload.as_bytes(),
        SubscriptionId(0),
    );
    let effects = stage.send(Event::Feed(Feed::Batch(Box::new(batch))));
    let alerts = effects.into_iter().filter_map(|effect| match effect {
        Effect::Alert(alert) => Some(alert),
        _ => None,
    });
    alerts.collect()
}

#[test]
fn the_alert_command_gets_the_query_the_channel_and_what_was_not_told_before() {
    let mut stage = Stage::with(&["*"], |settings| {
        settings.alert_command = Some("tee -a log".to_owned());
    });
    break_at(&mut stage, "error");
    let alert = |text: &str| Alert::Command {
        command: "tee -a log".to_owned(),
        text: text.to_owned(),
    };
    assert_eq!(
        alerts_of(&mut stage, "a\x1b", "error"),
        [alert("breakpoint hit: error · on a\\x1b")]
    );
    assert_eq!(alerts_of(&mut stage, "a", "error"), []);
    assert_eq!(alerts_of(&mut stage, "a", "error"), []);
    stage.now = stage.now.after(Duration::from_secs(2));
    stage.keys("Bl");
    assert!(
        stage.screen().contains("command · 3 hits"),
        "{}",
        stage.screen()
    );
    stage.code(KeyCode::Esc);
    assert_eq!(
        alerts_of(&mut stage, "b", "error"),
        [alert(
            "breakpoint hit: error · on b · 2 more hits since the last alert"
        )]
    );
}

#[test]
fn a_toast_names_the_hit_and_a_command_is_offered_only_if_there_is_one() {
    let mut stage = stage();
    break_at(&mut stage, "error");
    stage.keys("Bbbb");
    let attention = |stage: &Stage| stage.session().breakpoints.list[0].attention;
    assert_eq!(attention(&stage), Attention::Toast);
    stage.code(KeyCode::Esc);
    stage.keys("l");
    assert_eq!(alerts_of(&mut stage, "orders", "error"), []);
    assert_eq!(stage.toast(), "breakpoint hit: error · on orders");
    stage.keys("Bb");
    assert_eq!(attention(&stage), Attention::None);
}

#[test]
fn two_breakpoints_alert_independently() {
    let mut stage = Stage::with(&["*"], |settings| {
        settings.alert_command = Some("true".to_owned());
    });
    break_at(&mut stage, "enters(.t > 1)");
    break_at(&mut stage, "leaves(.t > 1)");
    assert_eq!(alerts_of(&mut stage, "a", "{\"t\":2}").len(), 1);
    assert_eq!(alerts_of(&mut stage, "a", "{\"t\":0}").len(), 1);
}

#[test]
fn the_hint_says_whether_the_key_sets_the_first_breakpoint_or_lists_them() {
    let mut stage = Stage::sized((200, 40), &["*"], |_| {});
    assert!(stage.screen().contains("B break  "), "{}", stage.screen());
    stage.keys("Bx");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Esc);
    assert!(
        stage.screen().contains("B breakpoints  "),
        "{}",
        stage.screen()
    );
}
