//! Checks on the screen: requesting them, flags in the log, reports in the channel tab.

use std::collections::VecDeque;
use std::time::Duration;

use crossterm::event::KeyCode;

use subscope::app::{Effect, Event, Focus};
use subscope::log::Batch;
use subscope::message::{ConnectionError, Gap, GapCause, GapEnd, Notice, RowId, SubscriptionId};
use subscope::server::Feed;
use subscope::workers::analysis::{
    Answer, Channels, Check, CheckedRows, Engine, JsonSchema, MAX_CHANNELS,
};

use crate::support::stage::{START, Stage};

/// A stage whose engine answers checks immediately.
struct Checked {
    stage: Stage,
    engine: Engine,
}

impl Checked {
    fn with(checks: Vec<Check>) -> Self {
        Self {
            stage: Stage::with(&["*"], |settings| settings.checks = checks),
            engine: Engine::default(),
        }
    }

    /// Answers the check requests among the effects, and those that follow from the answers.
    fn settle(&mut self, effects: Vec<Effect>) {
        let mut waiting = VecDeque::from(effects);
        while let Some(effect) = waiting.pop_front() {
            if let Effect::Analyse(request) = effect
                && let Some(answer) = self.engine.answer(request)
            {
                waiting.extend(self.stage.send(Event::Analysed(answer)));
            }
        }
    }

    fn messages(&mut self, channel: &str, payloads: &[impl AsRef<[u8]>]) {
        let mut batch = Batch::default();
        for payload in payloads {
            let (channel, payload) = (channel.as_bytes(), payload.as_ref());
            batch.push_message(self.stage.now, channel, payload, SubscriptionId(0));
        }
        let effects = self.stage.send(Event::Feed(Feed::Batch(Box::new(batch))));
        self.settle(effects);
    }

    fn notice(&mut self, notice: Notice) {
        let mut batch = Batch::default();
        batch.push_notice(self.stage.now, notice);
        let effects = self.stage.send(Event::Feed(Feed::Batch(Box::new(batch))));
        self.settle(effects);
    }

    fn numbers(&mut self, channel: &str, numbers: impl IntoIterator<Item = u64>) {
        let payloads = numbers
            .into_iter()
            .map(|number| format!(r#"{{"seq":{number}}}"#));
        let payloads: Vec<String> = payloads.collect();
        self.messages(channel, &payloads);
    }

    fn press(&mut self, keys: &str) {
        for key in keys.chars() {
            let effects = self.key(key);
            self.settle(effects);
        }
    }

    fn key(&mut self, key: char) -> Vec<Effect> {
        match key {
            '\n' => self.stage.code(KeyCode::Enter),
            '\x1b' => self.stage.code(KeyCode::Esc),
            key => self.stage.code(KeyCode::Char(key)),
        }
    }

    fn wait(&mut self, time: Duration) {
        self.stage.now = self.stage.now.after(time);
        let effects = self.stage.send(Event::Tick);
        self.settle(effects);
    }

    /// Returns the text of each finding with its row.
    fn found(&self) -> Vec<(u64, String)> {
        let app = &self.stage.app;
        let rows = (0..app.session().log.end().0).map(RowId);
        rows.flat_map(|row| {
            let found = app.session().checks.findings.of(row);
            found.map(move |finding| (row.0, finding.what.to_string()))
        })
        .collect()
    }

    /// Returns the rows that are shown.
    fn shown(&self) -> Vec<u64> {
        let shown = &self.stage.session().shown;
        let rows = (0..shown.len()).map(|place| shown.row_at(place).unwrap().0);
        rows.collect()
    }

    fn screen(&mut self) -> String {
        self.stage.send(Event::Resize(120, 40));
        self.stage.screen()
    }
}

fn sequence() -> Vec<Check> {
    vec![Check::parse_sequence("orders=.seq").unwrap()]
}

#[test]
fn without_checks_no_request_is_made() {
    let mut stage = Stage::new(&["*"]);
    let mut batch = Batch::default();
    batch.push_message(stage.now, b"a", b"{}", SubscriptionId(0));
    let effects = stage.send(Event::Feed(Feed::Batch(Box::new(batch))));
    assert_eq!(effects, []);
}

/// Returns `{"seq": number}` in `MessagePack`.
fn packed(number: u8) -> Vec<u8> {
    vec![0x81, 0xa3, b's', b'e', b'q', number]
}

#[test]
fn sequences_are_checked_in_every_format() {
    let mut checked = Checked::with(sequence());
    let forms = [1, 2, 5].map(packed);
    checked.messages("orders", &forms);
    // {"seq": 6} in CBOR
    checked.messages("orders", &[b"\xa1cseq\x06"]);
    checked.numbers("orders", [7, 9]);
    assert_eq!(
        checked.found(),
        [
            (2, "2 missing: 3–4".to_owned()),
            (5, "1 missing: 8".to_owned())
        ]
    );
}

#[test]
fn a_key_on_a_messagepack_number_starts_a_sequence_check() {
    let mut checked = Checked::with(Vec::new());
    checked.messages("orders", &[1, 2, 5].map(packed));
    checked.press("\n\nj#");
    assert!(
        checked
            .stage
            .toast()
            .starts_with("tracking .seq on orders: "),
        "{}",
        checked.stage.toast()
    );
    assert_eq!(checked.found(), [(2, "2 missing: 3–4".to_owned())]);
    checked.messages("orders", &[6, 8].map(packed));
    assert_eq!(checked.found().len(), 2);
}

#[test]
fn requests_are_paired_with_replies_in_another_format() {
    let pair = Check::parse_pair("req=.id -> rep=.corr").unwrap();
    let mut checked = Checked::with(vec![pair]);
    // The first request has bytes as its id, which are compared as base64; the second has text.
    checked.messages(
        "req",
        &[&b"\x81\xa2id\xc4\x02\x01\x02"[..], b"\x81\xa2id\xa2q7"],
    );
    checked.messages("rep", &[r#"{"corr":"q7"}"#, r#"{"corr":"AQI="}"#]);
    let rows: Vec<u64> = checked.found().iter().map(|(row, _)| *row).collect();
    assert_eq!(rows, [2, 3]);
}

#[test]
fn a_messagepack_timestamp_can_be_the_time_of_sending() {
    let sent = Check::parse_delay("orders=.t").unwrap();
    let mut checked = Checked::with(vec![sent]);
    // The timestamp extension, 250 s before the stage's clock.
    let seconds = u32::try_from(START.0 / 1_000_000 - 250).unwrap();
    let payload = [&b"\x81\xa1t\xd6\xff"[..], &seconds.to_be_bytes()].concat();
    checked.messages("orders", &[payload]);
    let words = checked.found().remove(0).1;
    assert!(words.contains("4m") || words.contains("250"), "{words}");
}

#[test]
fn a_hole_in_a_sequence_is_flagged_in_its_row() {
    let mut checked = Checked::with(sequence());
    checked.numbers("orders", [1, 2, 5, 5, 3]);
    checked.numbers("others", [1, 9]);
    assert_eq!(
        checked.found(),
        [
            (2, "2 missing: 3–4".to_owned()),
            (3, "5 repeated".to_owned()),
            (4, "late by 2, fills the gap".to_owned()),
        ]
    );
    let screen = checked.screen();
    assert!(screen.contains(r#"2 missing: 3–4  {"seq":5}"#), "{screen}");
}

#[test]
fn a_gap_between_two_messages_explains_the_hole() {
    let mut checked = Checked::with(sequence());
    checked.numbers("orders", [1]);
    let now = checked.stage.now;
    checked.notice(Notice::Gap(Gap {
        last_heard: now,
        noticed: now,
        end: GapEnd::Restored(now),
        cause: GapCause::ConnectionLost(None),
        reason: ConnectionError::Io("closed".into()).into(),
    }));
    checked.numbers("orders", [4]);
    assert_eq!(
        checked.found(),
        [(2, "2 missing: 2–3, in the preceding gap".to_owned())]
    );
}

#[test]
fn an_ended_subscription_explains_a_hole_too() {
    let mut checked = Checked::with(sequence());
    checked.numbers("orders", [1]);
    checked.notice(Notice::Unsubscribed {
        subscription: checked.stage.subscription(0),
        count: 0,
        asked: true,
        server: None,
    });
    checked.numbers("orders", [4]);
    assert_eq!(
        checked.found(),
        [(2, "2 missing: 2–3, in the preceding gap".to_owned())]
    );
}

#[test]
fn a_sequence_check_of_several_channels_cannot_end_on_one_of_them() {
    let all = Check::parse_sequence("*=.seq").unwrap();
    let mut checked = Checked::with(vec![all]);
    checked.numbers("a", [1, 3]);
    checked.numbers("b", [1, 3]);
    checked.press("\n\nj#");
    let toast = checked.stage.toast();
    assert!(
        toast.contains("already tracked on all channels matching *"),
        "{toast}"
    );
    assert_eq!(checked.found().len(), 2);
}

#[test]
fn a_narrow_row_shows_the_most_severe_finding() {
    let shape = Check::parse_shape("orders").unwrap();
    let mut checked = Checked::with([shape].into_iter().chain(sequence()).collect());
    checked.numbers("orders", 1..=30);
    checked.messages("orders", &[r#"{"seq":40,"new":1}"#]);
    assert_eq!(checked.found().len(), 2);
    checked.stage.send(Event::Resize(100, 30));
    let screen = checked.stage.screen();
    assert!(screen.contains("9 missing: 31–39"), "{screen}");
}

#[test]
fn the_tab_reports_on_its_channel_even_among_hundreds() {
    let mut checked = Checked::with(vec![Check::parse_sequence("*=.seq").unwrap()]);
    for channel in 0..600 {
        checked.numbers(&format!("c:{channel:03}"), [1, 3]);
    }
    checked.numbers("zzz", [7]);
    checked.press("\n\nz[");
    let screen = checked.screen();
    assert!(screen.contains("highest       7"), "{screen}");
}

#[test]
fn a_bare_number_can_be_a_sequence() {
    let mut checked = Checked::with(Vec::new());
    checked.messages("ticks", &["1", "2", "5"]);
    checked.press("\n\n#");
    assert_eq!(checked.found(), [(2, "2 missing: 3–4".to_owned())]);
}

#[test]
fn flagged_messages_can_be_filtered_and_found() {
    let mut checked = Checked::with(sequence());
    checked.numbers("orders", [1, 2, 4]);
    checked.press("/is:seqgap\n");
    assert_eq!(checked.shown(), [2]);
    checked.numbers("orders", [5, 7, 8]);
    assert_eq!(checked.shown(), [2, 4]);
    checked.press("\x1b/not is:seqgap\n");
    assert_eq!(checked.shown(), [0, 1, 3, 5]);
    checked.numbers("orders", [9, 20]);
    assert_eq!(checked.shown(), [0, 1, 3, 5, 6]);
    checked.press("\x1bFis:seqgap\n");
    let found = &checked.stage.session().find.as_ref().unwrap().rows;
    let found: Vec<u64> = found.iter().map(|row| row.0).collect();
    assert_eq!(found, [2, 4, 7]);
}

#[test]
fn a_breakpoint_stops_at_a_flagged_row() {
    let mut checked = Checked::with(sequence());
    checked.press("Bis:seqgap\n\x1b");
    checked.numbers("orders", [1, 2, 3]);
    assert!(checked.stage.session().breakpoints.stop.is_none());
    checked.numbers("orders", [7, 8]);
    let breakpoints = &checked.stage.session().breakpoints;
    assert_eq!(breakpoints.stop.as_ref().unwrap().row, RowId(3));
    assert_eq!(breakpoints.hits.len(), 1);
}

#[test]
fn a_sequence_check_starts_from_a_value_of_the_open_message() {
    let mut checked = Checked::with(Vec::new());
    checked.numbers("orders", [1, 2, 4]);
    checked.press("\n\nj#");
    assert_eq!(checked.found(), [(2, "1 missing: 3".to_owned())]);
    let toast = checked.stage.toast();
    assert!(toast.contains(".seq"), "{toast}");
    checked.numbers("orders", [6]);
    assert_eq!(checked.found().len(), 2);
    checked.press("#");
    assert_eq!(checked.found(), []);
    checked.numbers("orders", [9]);
    assert_eq!(checked.found(), []);
}

#[test]
fn an_example_without_room_is_truncated_with_an_ellipsis() {
    let mut checked = Checked::with(Vec::new());
    let text = "a".repeat(60);
    checked.messages("orders", &[&*format!(r#"{{"said":"{text}"}}"#); 30]);
    checked.press("\n\n[");
    let screen = checked.screen();
    let field = screen.lines().find(|line| line.contains("always"));
    assert!(field.is_some_and(|line| line.contains("aa… ")), "{screen}");
}

#[test]
fn the_channel_tab_learns_the_shape_and_flags_what_drifts() {
    let mut checked = Checked::with(Vec::new());
    let usual = r#"{"id":7,"amount":12.5,"tags":["a"]}"#;
    checked.messages("orders", &[usual; 30]);
    checked.press("\n\nz[");
    assert_eq!(checked.stage.app.focus(), Focus::Message);
    let screen = checked.screen();
    for words in [
        "Shape of 30 messages",
        ".amount",
        "number",
        "always",
        "12.5",
    ] {
        assert!(screen.contains(words), "{words} in {screen}");
    }
    checked.messages(
        "orders",
        &[r#"{"id":7,"amount":"12","coupon":null,"tags":[]}"#],
    );
    let found = checked.found();
    assert_eq!(found.len(), 1);
    assert!(found[0].1.contains("△ .amount number→string"), "{found:?}");
    assert!(found[0].1.contains("+ .coupon"), "{found:?}");
    // The displayed report is requested again after a while, but not for every message.
    checked.wait(Duration::from_secs(1));
    let screen = checked.screen();
    assert!(
        screen.contains("Shape of 31 messages · 1 flagged"),
        "{screen}"
    );
    checked.messages("orders", &["oops"]);
    checked.wait(Duration::from_secs(1));
    let screen = checked.screen();
    assert!(
        screen.contains("Shape of 31 of 32 messages · 2 flagged"),
        "{screen}"
    );
    checked.press("q/is:drift\n");
    assert_eq!(checked.shown(), [30, 31]);
}

#[test]
fn a_schema_flags_invalid_messages_and_the_channel_tab_counts_them() {
    let schema = br#"{"required":["id","name"],"properties":{"id":{"type":"integer"}}}"#;
    let schema = JsonSchema::read("order.json", schema, |_| Err("no file".into())).unwrap();
    let mut checked = Checked::with(vec![Check::Schema(Channels::new(b"orders"), schema)]);
    checked.messages(
        "orders",
        &[r#"{"id":1,"name":"a"}"#, r#"{"id":"7"}"#, "oops"],
    );
    checked.messages("other", &["oops"]);
    let screen = checked.screen();
    for words in ["✗ .id string, not integer", "✗ not JSON"] {
        assert_eq!(screen.matches(words).count(), 1, "{words} in {screen}");
    }
    checked.press("/is:invalid\n");
    assert_eq!(checked.shown(), [1, 2]);
    checked.press("k\n\nz[");
    checked.wait(Duration::from_secs(1));
    let screen = checked.screen();
    assert!(
        screen.contains("Schema order.json: 3 messages · 2 invalid"),
        "{screen}"
    );
    // Each violation has a line of its own.
    for found in [
        "found         ✗ .id string",
        "found         ✗ .name missing",
    ] {
        assert!(screen.contains(found), "{screen}");
    }
    checked.press("q\x1b/not is:invalid channel:orders\n");
    assert_eq!(checked.shown(), [0]);
}

#[test]
fn a_query_for_invalid_messages_without_a_schema_names_the_option() {
    let mut checked = Checked::with(Vec::new());
    checked.messages("orders", &["{}"]);
    checked.press("/is:invalid\n");
    let screen = checked.screen();
    assert!(
        screen.contains("1 not checked. Start with --schema"),
        "{screen}"
    );
}

#[test]
fn no_shape_is_learnt_from_payloads_that_are_not_json() {
    let mut checked = Checked::with(Vec::new());
    checked.messages("logs", &["hello"]);
    checked.press("\n\nz[");
    assert!(checked.stage.session().checks.plan.is_empty());
}

#[test]
fn a_reply_shows_its_latency_and_the_tab_the_open_requests() {
    let pair = Check::parse_pair("rpc:req=.id -> rpc:rep=.corr").unwrap();
    let mut checked = Checked::with(vec![pair]);
    checked.messages("rpc:req", &[r#"{"id":"a"}"#, r#"{"id":"b"}"#]);
    checked.stage.now = checked.stage.now.after(Duration::from_millis(45));
    checked.messages("rpc:rep", &[r#"{"corr":"a"}"#]);
    assert_eq!(checked.found(), [(2, "↩ 45 ms".to_owned())]);
    // A narrow log shows the latency in full too.
    assert!(checked.stage.screen().contains("↩ 45 ms"));
    checked.stage.send(Event::Resize(40, 12));
    assert!(checked.stage.screen().contains("↩ 45 ms"));
    checked.press("\nz[");
    let screen = checked.screen();
    for words in [
        "2, 1 answered, 1 waiting",
        "p50 45",
        "unanswered",
        "b for 45 ms",
    ] {
        assert!(screen.contains(words), "{words} in {screen}");
    }
}

#[test]
fn open_requests_followed_by_a_gap_say_that_the_reply_may_be_lost() {
    let pair = Check::parse_pair("rpc:req=.id -> rpc:rep=.corr").unwrap();
    let mut checked = Checked::with(vec![pair]);
    checked.messages("rpc:req", &[r#"{"id":"a"}"#, r#"{"id":"b"}"#]);
    let gap = |end, now| Gap {
        last_heard: now,
        noticed: now,
        end,
        cause: GapCause::ConnectionLost(None),
        reason: ConnectionError::Io("closed".into()).into(),
    };
    let lost = checked.stage.now.after(Duration::from_millis(1));
    checked.stage.now = lost;
    checked.notice(Notice::Gap(gap(GapEnd::Open, lost)));
    // While the gap is open, another server still delivers messages.
    checked.messages("rpc:req", &[r#"{"id":"c"}"#]);
    let back = lost.after(Duration::from_millis(1));
    checked.stage.now = back;
    checked.notice(Notice::Gap(gap(GapEnd::Restored(back), lost)));
    checked.stage.now = back.after(Duration::from_millis(1));
    checked.messages("rpc:req", &[r#"{"id":"d"}"#]);
    checked.messages("rpc:rep", &[r#"{"corr":"x"}"#]);
    checked.press("\n\nz[");
    let screen = checked.screen();
    for words in [
        "requests      4, 0 answered, 4 waiting",
        "before a gap  3 waiting: the reply may have been lost",
        "1, soon after a gap: the request may have been lost",
        "a for 3.0 ms, with a gap since: the reply may have been lost",
        "c for 2.0 ms, with a gap since: the reply may have been lost",
        "d for 0 ms ",
    ] {
        assert!(screen.contains(words), "{words} in {screen}");
    }
}

#[test]
fn the_delay_since_sending_is_shown_in_the_row() {
    let delay = Check::parse_delay("orders=.sent").unwrap();
    let mut checked = Checked::with(vec![delay]);
    let sent = checked.stage.now.0 - 2_000;
    checked.messages("orders", &[&format!(r#"{{"sent":{sent}}}"#)]);
    let words = checked.found().remove(0).1;
    assert!(words.ends_with("after sending"), "{words}");
    let ahead = checked.stage.now.0 + 5_000_000;
    checked.messages("orders", &[&format!(r#"{{"sent":{ahead}}}"#)]);
    assert!(checked.found()[1].1.contains("sender's clock ahead"));
}

#[test]
fn findings_disappear_and_return_with_their_rows() {
    let mut checked = Checked::with(sequence());
    checked.numbers("orders", [1, 5]);
    assert_eq!(checked.found().len(), 1);
    checked.press("c");
    checked.numbers("orders", [6]);
    checked.press("Z");
    assert_eq!(checked.shown(), [0, 1, 2]);
    assert_eq!(checked.found().len(), 1);
    let mut next = 7;
    while checked.stage.session().log.counters().evicted < 2 {
        checked.numbers("orders", next..next + 1_000);
        next += 1_000;
    }
    assert_eq!(checked.found(), []);
}

// --- Unchecked messages ------------------------------------------------------------------------

#[test]
fn a_filter_for_flags_says_how_many_messages_were_not_checked() {
    let mut checked = Checked::with(sequence());
    checked.numbers("orders", [1, 2, 3]);
    checked.numbers("others", [1, 9, 10, 11]);
    checked.press("/is:seqgap");
    let screen = checked.screen();
    assert!(
        screen.contains("Messages 0 of 7 · 4 not checked"),
        "{screen}"
    );
    // The filter box shows the count too.
    assert_eq!(screen.matches("0 of 7 · 4 not checked").count(), 2);
    checked.press("\n");
    let screen = checked.screen();
    assert!(screen.contains("No checked message matches is:seqgap"));
    // A narrow screen still shows the count; a very narrow one does not.
    checked.stage.send(Event::Resize(50, 24));
    let screen = checked.stage.screen();
    assert!(screen.contains(" 0 of 7 · 4 not checked "), "{screen}");
    checked.stage.send(Event::Resize(30, 24));
    assert!(!checked.stage.screen().contains("0 of 7"));
    // Messages on channels that the query excludes do not count as unchecked. If no check sets the
    // flag in the query, all messages count as unchecked.
    checked.press("\x1b/is:seqgap channel:orders\n");
    assert!(!checked.screen().contains("not checked"));
    checked.press("\x1b/not is:seqgap (channel:orders or .seq == 9)\n");
    assert!(checked.screen().contains(" · 4 not checked"));
    checked.press("\x1b/is:drift\n");
    assert!(checked.screen().contains(" · 7 not checked"));
    checked.press("\x1b/is:drift or is:seqgap\n");
    assert!(checked.screen().contains(" · 7 not checked"));
    checked.press("\x1b");
    assert!(!checked.screen().contains("not checked"));
}

#[test]
fn a_search_for_flags_says_so_too_until_everything_is_checked() {
    let mut checked = Checked::with(Vec::new());
    checked.numbers("orders", [1, 2, 4]);
    checked.press("Fis:seqgap\n");
    let screen = checked.screen();
    assert!(
        screen.contains("0 found, 3 not checked: is:seqgap"),
        "{screen}"
    );
    checked.press("\n\nj#");
    let screen = checked.screen();
    assert!(screen.contains("1 found: is:seqgap "), "{screen}");
    assert!(!screen.contains("not checked"), "{screen}");
    checked.numbers("others", [1]);
    checked.wait(Duration::from_secs(1));
    assert!(checked.screen().contains(", 1 not checked"));
    checked.press("#");
    assert!(checked.screen().contains(", 4 not checked"));
}

#[test]
fn messages_waiting_for_checks_count_as_not_checked() {
    let mut checked = Checked::with(sequence());
    checked.numbers("orders", [1, 2]);
    checked.press("/is:seqgap\n");
    let mut batch = Batch::default();
    for payload in [r#"{"seq":3}"#, r#"{"seq":9}"#] {
        let now = checked.stage.now;
        batch.push_message(now, b"orders", payload.as_bytes(), SubscriptionId(0));
    }
    let waiting = checked
        .stage
        .send(Event::Feed(Feed::Batch(Box::new(batch))));
    checked.wait(Duration::from_millis(900));
    assert!(!checked.screen().contains("not checked"));
    checked.wait(Duration::from_millis(200));
    let screen = checked.screen();
    assert!(
        screen.contains("Messages 0 of 4 · 2 not checked yet"),
        "{screen}"
    );
    checked.settle(waiting);
    checked.wait(Duration::from_secs(1));
    let screen = checked.screen();
    assert!(screen.contains("Messages 1 of 4 ─"), "{screen}");
    assert!(!screen.contains("not checked"), "{screen}");
}

#[test]
fn checks_without_room_for_a_channel_say_so() {
    let mut checked = Checked::with(vec![Check::parse_sequence("*=.seq").unwrap()]);
    checked.numbers("a", [1]);
    checked.press("/is:seqgap\n");
    assert!(!checked.screen().contains("checked ·"));
    for channel in 0..MAX_CHANNELS {
        checked.numbers(&format!("c:{channel}"), [1]);
    }
    checked.wait(Duration::from_secs(1));
    let screen = checked.screen();
    assert!(screen.contains(" · not all channels checked"), "{screen}");
}

#[test]
fn messages_a_check_cannot_read_count_as_not_checked() {
    // No shape can be learnt from payloads that are not JSON.
    let mut checked = Checked::with(vec![Check::parse_shape("mm").unwrap()]);
    checked.messages("mm", &vec![packed(1); 40]);
    checked.press("/is:drift\n");
    let screen = checked.screen();
    assert!(
        screen.contains("Messages 0 of 40 · 40 not checked"),
        "{screen}"
    );
    // Most messages lack this path.
    let mut checked = Checked::with(vec![Check::parse_sequence("a*=.sqe").unwrap()]);
    checked.press("/is:seqgap\n");
    checked.numbers("a1", 1..=30);
    checked.numbers("b", [1]);
    checked.messages("a1", &[r#"{"sqe":1}"#, r#"{"sqe":3}"#]);
    checked.wait(Duration::from_secs(1));
    let screen = checked.screen();
    assert!(
        screen.contains("Messages 1 of 33 · 31 not checked"),
        "{screen}"
    );
    checked.press("\x1b/is:seqgap channel:a1\n");
    assert!(checked.screen().contains(" · 30 not checked"));
    // Cleared messages no longer count as unchecked.
    checked.press("\x1b");
    checked.press("c");
    checked.messages("a1", &[r#"{"sqe":4}"#]);
    checked.press("/is:seqgap\n");
    assert!(!checked.screen().contains("not checked"));
}

#[test]
fn messages_one_check_cannot_read_may_be_read_by_another() {
    let checks = ["a=.seq", "a=.other"].map(|text| Check::parse_sequence(text).unwrap());
    let mut checked = Checked::with(checks.into());
    checked.press("/is:seqgap\n");
    checked.numbers("a", 1..=5);
    assert!(!checked.screen().contains("not checked"));
    checked.messages("a", &[r#"{"neither":1}"#]);
    checked.wait(Duration::from_secs(1));
    assert!(checked.screen().contains(" · 1 not checked"));
    // Each check has read some messages, so it is unknown how many messages both of them have
    // skipped.
    checked.messages("a", &[r#"{"other":1}"#]);
    checked.wait(Duration::from_secs(1));
    assert!(checked.screen().contains(" · up to 2 not checked"));
    // The counts of these checks say nothing about another flag.
    checked.press("\x1b/is:drift or is:seqgap\n");
    assert!(checked.screen().contains(" · 7 not checked"));
}

#[test]
fn only_an_integer_can_be_a_sequence() {
    let mut checked = Checked::with(Vec::new());
    let values = [r#""abc""#, "{}", "1.5", "true", "null", "[1]", r#""""#];
    for value in values {
        checked.messages("a", &[format!(r#"{{"s":{value}}}"#)]);
        checked.press("G\n\nj#");
        let toast = checked.stage.toast();
        assert!(toast.contains("not a whole number"), "{value}: {toast}");
        assert!(checked.stage.session().checks.plan.is_empty());
        checked.press("qq");
    }
    checked.messages("a", &[r#"{"s":"17"}"#]);
    checked.press("G\n\nj#");
    let toast = checked.stage.toast();
    assert!(toast.contains("tracking .s on a"), "{toast}");
    // Tracking can be stopped at any value.
    checked.messages("a", &[r#"{"s":"abc"}"#]);
    checked.press("q");
    checked.press("G\n\nj#");
    let toast = checked.stage.toast();
    assert!(toast.contains("stopped tracking .s"), "{toast}");
}

#[test]
fn the_tab_says_that_a_check_still_looks_back() {
    let mut checked = Checked::with(Vec::new());
    checked.numbers("orders", 1..=100);
    // The thread first reports that it has checked some of the kept messages, and then all of them.
    checked.press("\n\nj");
    let mut looking = VecDeque::from(checked.key('#'));
    let Some(Effect::Analyse(plan)) = looking.pop_front() else {
        panic!("no plan");
    };
    checked.engine.answer(plan);
    let check = checked.stage.session().checks.plan.entries[0].id;
    let some = CheckedRows {
        only: Some(check),
        rows: 68,
        ..CheckedRows::default()
    };
    let effects = checked.stage.send(Event::Analysed(Answer::Checked(some)));
    checked.settle(effects);
    checked.press("z[");
    let screen = checked.screen();
    assert!(
        screen.contains("progress      68 % of the kept messages checked"),
        "{screen}"
    );
    checked.settle(looking.into());
    let screen = checked.screen();
    assert!(screen.contains("highest       100"), "{screen}");
    assert!(!screen.contains("of the kept messages"), "{screen}");
}

#[test]
fn the_tab_counts_messages_without_number_or_key() {
    let mut checked = Checked::with(vec![Check::parse_sequence("sk=.n,.k").unwrap()]);
    checked.messages("sk", &[r#"{"n":1}"#, r#"{"k":1}"#]);
    checked.press("\n\nz[");
    let screen = checked.screen();
    assert!(
        screen.contains("not read      2 without number or key"),
        "{screen}"
    );
    assert!(!screen.contains("missing"), "{screen}");
    checked.messages("sk", &[r#"{"n":1,"k":1}"#]);
    checked.wait(Duration::from_secs(1));
    let screen = checked.screen();
    assert!(screen.contains("missing       none"), "{screen}");
}
