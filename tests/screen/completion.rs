//! Completing queries, and the explanation of why a query finds nothing.

use crossterm::event::{KeyCode, KeyModifiers};

use subscope::app::{Candidate, Effect, Event, Overlay, QueryBox};
use subscope::log::Batch;
use subscope::message::SubscriptionId;
use subscope::server::Feed;

use crate::support::stage::Stage;

/// Returns a stage with orders, metrics and a channel with an odd name.
fn stage() -> Stage {
    let mut stage = Stage::sized((120, 30), &["*"], |_| {});
    for number in 0..20 {
        let level = if number % 4 == 0 { "ERROR" } else { "info" };
        let order =
            format!(r#"{{"id":"{number}","level":"{level}","user":{{"name":"Eva Maria"}}}}"#);
        let metric = format!(r#"{{"cpu":{number},"ok":true}}"#);
        stage.messages(&[
            ("orders.created", order.as_bytes()),
            ("orders.created.eu", order.as_bytes()),
            ("metrics:cpu", metric.as_bytes()),
            ("odd name", b"text"),
        ]);
    }
    stage
}

fn query_box(stage: &Stage) -> &QueryBox {
    match stage.app.overlay() {
        Some(Overlay::Query(query_box)) => query_box,
        other => panic!("{other:?}"),
    }
}

fn written(stage: &Stage) -> String {
    query_box(stage).input.text()
}

/// Returns the texts of the listed completions.
fn listed(stage: &Stage) -> Vec<String> {
    let completion = query_box(stage).completion.as_ref();
    let candidates = completion.map_or(&[][..], |completion| &completion.candidates);
    let texts = candidates
        .iter()
        .map(|candidate: &Candidate| candidate.text.clone());
    texts.collect()
}

/// Types `text` into an empty filter box and presses Tab.
fn tab_after(stage: &mut Stage, text: &str) {
    stage.ctrl('u');
    stage.keys(text);
    stage.code(KeyCode::Tab);
}

fn assert_line(stage: &Stage, parts: &[&str]) {
    let screen = stage.screen();
    let has_all = |line: &str| parts.iter().all(|part| line.contains(part));
    assert!(screen.lines().any(has_all), "{parts:?}\n{screen}");
}

#[test]
fn tab_completes_terms_channels_paths_and_values() {
    let mut stage = stage();
    stage.keys("/");
    tab_after(&mut stage, "chan");
    assert_eq!(written(&stage), "channel:");
    assert_eq!(
        listed(&stage),
        [
            "\"orders.created\"",
            "orders.created.eu",
            "metrics:cpu",
            "\"odd name\""
        ]
    );
    // Typing narrows the list, and Tab takes the selected one.
    stage.keys("cr");
    assert_eq!(listed(&stage), ["\"orders.created\"", "orders.created.eu"]);
    stage.code(KeyCode::Tab);
    assert_eq!(written(&stage), "channel:\"orders.created\"");
    assert!(listed(&stage).is_empty());
    assert_eq!(stage.session().shown.messages(), 20);
    // The paths offered are those on the channels that the query selects.
    stage.keys(" .");
    stage.code(KeyCode::Tab);
    assert_eq!(listed(&stage), [".id ", ".level ", ".user ", ".user.name "]);
    stage.keys("le");
    stage.code(KeyCode::Tab);
    assert_eq!(written(&stage), "channel:\"orders.created\" .level ");
    assert_eq!(listed(&stage)[..2], ["== ", "!= "]);
    stage.code(KeyCode::Tab);
    assert_eq!(listed(&stage), ["\"info\"", "\"ERROR\""]);
    stage.keys("err");
    assert_eq!(listed(&stage), ["\"ERROR\""]);
    stage.code(KeyCode::Tab);
    assert_eq!(
        written(&stage),
        "channel:\"orders.created\" .level == \"ERROR\""
    );
    assert_eq!(stage.session().shown.messages(), 5);
    // A single completion is inserted at once; values keep their type.
    tab_after(&mut stage, "cp");
    assert_eq!(listed(&stage), ["channel:metrics:cpu", ".cpu "]);
    tab_after(&mut stage, "has(.cp");
    assert_eq!(written(&stage), "has(.cpu)");
    tab_after(&mut stage, ".ok == ");
    assert_eq!(written(&stage), ".ok == true");
    tab_after(&mut stage, ".ok >");
    assert_eq!(written(&stage), ".ok > true");
    tab_after(&mut stage, ".ok==");
    assert_eq!(written(&stage), ".ok==true");
    tab_after(&mut stage, "channel: cp");
    assert_eq!(written(&stage), "channel:metrics:cpu");
    tab_after(&mut stage, ".level in (\"info\", er");
    assert_eq!(written(&stage), ".level in (\"info\", \"ERROR\"");
    tab_after(&mut stage, ".cp");
    assert_eq!(written(&stage), ".cpu ");
    tab_after(&mut stage, "(.level == inf");
    assert_eq!(written(&stage), "(.level == \"info\"");
    // If there is nothing to complete, Tab closes the open parenthesis.
    stage.code(KeyCode::Tab);
    assert_eq!(written(&stage), "(.level == \"info\")");
    tab_after(&mut stage, "is:j");
    assert_eq!(written(&stage), "is:json");
    tab_after(&mut stage, "not is:json via:");
    assert_eq!(written(&stage), "not is:json via:*");
}

#[test]
fn the_list_stands_above_the_box_at_every_size() {
    let mut stage = stage();
    stage.keys("/");
    stage.code(KeyCode::Tab);
    assert_line(&stage, &["Complete"]);
    assert_line(&stage, &["channel:", "matches a glob"]);
    assert_line(&stage, &["Tab takes"]);
    for (width, height) in [(200, 50), (80, 24), (60, 15), (40, 12)] {
        stage.send(Event::Resize(width, height));
        assert_line(&stage, &["Complete"]);
        for _ in 0..30 {
            stage.ctrl('n');
            let selected = query_box(&stage).completion.as_ref().unwrap().selected;
            let text = &listed(&stage)[selected];
            assert_line(&stage, &[text.trim_end()]);
        }
    }
    for (width, height) in [(0, 0), (1, 1), (2, 2), (3, 5), (10, 6)] {
        stage.send(Event::Resize(width, height));
        stage.buffer();
    }
}

#[test]
fn keys_choose_in_the_list_and_the_history_is_reached_without_it() {
    let mut stage = Stage::with(&["*"], |settings| {
        settings.queries = vec!["older".to_owned()];
    });
    stage.messages(&[("a", b"{}"), ("b", b"{}")]);
    let selected = |stage: &Stage| {
        query_box(stage)
            .completion
            .as_ref()
            .map(|list| list.selected)
    };
    stage.keys("/channel:");
    stage.code(KeyCode::Tab);
    assert_eq!(selected(&stage), Some(0));
    stage.code(KeyCode::Down);
    assert_eq!(selected(&stage), Some(1));
    stage.code(KeyCode::Down);
    assert_eq!(selected(&stage), Some(0));
    stage.ctrl('p');
    assert_eq!(selected(&stage), Some(1));
    stage.code(KeyCode::Up);
    stage.code(KeyCode::PageDown);
    assert_eq!(selected(&stage), Some(1));
    // Esc closes the list, then the box.
    stage.code(KeyCode::Esc);
    assert_eq!((selected(&stage), &*written(&stage)), (None, "channel:"));
    stage.code(KeyCode::Up);
    assert_eq!(written(&stage), "older");
    stage.ctrl('n');
    stage.code(KeyCode::Esc);
    stage.code(KeyCode::Esc);
    assert!(stage.app.overlay().is_none());
    // Enter keeps the query as it is written.
    stage.keys("/a");
    stage.ctrl('n');
    stage.code(KeyCode::Enter);
    assert!(stage.app.overlay().is_none());
    assert_eq!(stage.session().filters.typed.as_ref().unwrap().text(), "a");
}

#[test]
fn long_values_beside_a_path_are_cut_cleanly() {
    for (width, height) in [(120, 30), (80, 24), (60, 15)] {
        let mut stage = Stage::sized((width, height), &["*"], |_| {});
        for number in 0..5 {
            let payload = format!(
                r#"{{"text":"{number} a rather long text, with commas, and more","n":{number},"a_name_that_is_as_long_as_this":"value number {number}"}}"#
            );
            stage.messages(&[("orders", payload.as_bytes())]);
        }
        stage.keys("/.");
        stage.code(KeyCode::Tab);
        let screen = stage.screen();
        assert_line(&stage, &[".n ", "4, 3, 2, …"]);
        for wrong in [", , ", "……", "…, …", ",…", ", │", ",  "] {
            let lines = screen.lines().skip_while(|line| !line.contains("Complete"));
            let lines: Vec<&str> = lines.take_while(|line| !line.contains("Filter")).collect();
            let listed = lines.join("\n");
            assert!(!listed.contains(wrong), "{wrong:?}\n{listed}");
        }
    }
}

#[test]
fn among_very_many_channels_the_recent_and_the_busy_ones_are_completed_first() {
    let mut stage = Stage::sized((120, 30), &["*"], |settings| settings.keep = 64 << 20);
    let names: Vec<String> = (0..30_000).map(|number| format!("user:{number}")).collect();
    for names in names.chunks(10_000) {
        let messages = names.iter().map(|name| (&**name, &b"1"[..]));
        stage.messages(&messages.collect::<Vec<_>>());
    }
    stage.messages(&[
        ("user:late", b"1"),
        ("user:late", b"2"),
        ("user:7", b"1"),
        ("end user", b"1"),
    ]);
    stage.keys("/channel:user");
    stage.code(KeyCode::Tab);
    let listed = listed(&stage);
    assert_eq!(listed[..2], ["\"user:7\"", "\"user:late\""], "{listed:?}");
    assert!(listed.len() <= 100);
    stage.ctrl('u');
    stage.keys("channel:user:29999");
    stage.code(KeyCode::Tab);
    assert_eq!(self::listed(&stage), [""; 0]);
    stage.ctrl('u');
    stage.keys("channel:user:2999");
    stage.code(KeyCode::Tab);
    assert!(self::listed(&stage).contains(&"user:29999".to_owned()));
}

#[test]
fn a_completion_at_the_caret_keeps_what_follows() {
    let mut stage = stage();
    stage.keys("/eu .level == info");
    for _ in 0..15 {
        stage.code(KeyCode::Left);
    }
    stage.code(KeyCode::Tab);
    assert_eq!(written(&stage), "channel:orders.created.eu .level == info");
    stage.keys("*");
    assert_eq!(written(&stage), "channel:orders.created.eu* .level == info");
}

#[test]
fn nothing_to_complete_is_said_and_quoted_text_is_left_alone() {
    let mut stage = stage();
    stage.keys("/");
    for text in ["zzzz", "\"cha", "/cha", "jq(.le", ".zzz == ", "channel:zzz"] {
        tab_after(&mut stage, text);
        let offered = stage.app.offered().map(str::to_owned);
        assert!(listed(&stage).is_empty(), "{text}");
        let is_taken = offered.is_some() || written(&stage) != text;
        assert!(
            is_taken || stage.toast() == "nothing to complete here · F1 syntax",
            "{text}"
        );
    }
}

#[test]
fn names_that_cannot_be_typed_are_completed_in_a_form_that_matches() {
    let mut stage = Stage::new(&["*"]);
    let mut batch = Batch::default();
    for name in [&b"a\x1b[31m"[..], b"b\xff", b"c*d", b"e\"f"] {
        batch.push_message(stage.now, name, b"\"\x1b\"", SubscriptionId(0));
    }
    stage.send(Event::Feed(Feed::Batch(Box::new(batch))));
    stage.keys("/channel:");
    for count in 0..4 {
        stage.ctrl('u');
        stage.keys("channel:");
        stage.code(KeyCode::Tab);
        for _ in 0..count {
            stage.code(KeyCode::Down);
        }
        assert!(!stage.screen().contains('\x1b'));
        stage.code(KeyCode::Tab);
        assert_eq!(stage.session().shown.messages(), 1, "{}", written(&stage));
    }
}

#[test]
fn only_breakpoints_complete_conditions() {
    let mut stage = stage();
    stage.keys("Bsil");
    stage.code(KeyCode::Tab);
    assert_eq!(written(&stage), "silent:");
    stage.code(KeyCode::Esc);
    stage.code(KeyCode::Esc);
    stage.keys("/sil");
    stage.code(KeyCode::Tab);
    assert_eq!(written(&stage), "sil");
}

#[test]
fn a_sample_is_requested_only_when_it_is_needed() {
    let mut stage = stage();
    let is_sample = |effect: &Effect| matches!(effect, Effect::Sample(_));
    let press = |stage: &mut Stage, code: KeyCode| {
        let event = Event::Key(code.into());
        stage.app.update(event, stage.now)
    };
    stage.keys("/");
    // No sample is requested while typing a query that finds something, nor to complete channels.
    for letter in "channel:ord".chars() {
        assert!(
            !press(&mut stage, KeyCode::Char(letter))
                .iter()
                .any(is_sample),
            "{letter}"
        );
    }
    assert!(!press(&mut stage, KeyCode::Tab).iter().any(is_sample));
    press(&mut stage, KeyCode::Esc);
    stage.keys(" .");
    let effects = press(&mut stage, KeyCode::Tab);
    let [Effect::Sample(request)] = &effects[..] else {
        panic!("{effects:?}");
    };
    // The sample consists of the newest messages on the channels that the query selects, up to a
    // limit.
    assert_eq!(request.messages.len(), 40);
    assert!(
        request
            .messages
            .iter()
            .all(|source| source.payload.starts_with(b"{\"id\""))
    );
    stage.send(Event::Sampled(request.answer()));
    assert_eq!(listed(&stage).len(), 4);
    // The same sample is not requested again.
    assert!(!press(&mut stage, KeyCode::Char('l')).iter().any(is_sample));
}

#[test]
fn a_rare_channel_in_a_busy_log_is_sampled_too() {
    let mut stage = Stage::sized((120, 30), &["*"], |settings| settings.keep = 16 << 20);
    stage.messages(&[("rare", br#"{"seldom":1}"#)]);
    for _ in 0..50 {
        stage.numbered("busy", 100);
    }
    stage.keys("/channel:rare .");
    stage.code(KeyCode::Tab);
    assert_eq!(written(&stage), "channel:rare .seldom ");
}

// --- Queries that find nothing -----------------------------------------------------------------

#[test]
fn a_query_that_finds_nothing_says_why_and_offers_the_nearest() {
    let mut stage = stage();
    stage.keys("/");
    for (text, cause, offered) in [
        (
            "channel:ordrs",
            "no channel matches ordrs",
            Some("channel:orders"),
        ),
        (
            "channel:metrics.*",
            "no channel matches metrics.*",
            Some("channel:metrics:*"),
        ),
        ("channel:\"order\"", "no channel matches \"order\"", None),
        (
            ".levl == \"info\"",
            "no .levl in the newest 50 messages",
            Some(".level == \"info\""),
        ),
        (
            ".name == \"Eva Maria\"",
            "no .name in",
            Some(".user.name == \"Eva Maria\""),
        ),
        (
            ".level == error",
            "seen at .level: \"info\", \"ERROR\"",
            Some(".level == \"ERROR\""),
        ),
        ("level:inof", "seen at .level", Some("level:\"info\"")),
        (".id == 7", "seen at .id", Some(".id == \"7\"")),
        (
            "user.name == eva",
            "seen at .user.name",
            Some(".user.name ~ /eva/i"),
        ),
        (
            "channel:ordrs .levl == info",
            "no channel matches",
            Some("channel:orders .level == info"),
        ),
        (
            // As a string it would find nothing either.
            ".zzz == 1",
            "no .zzz in the newest 50 messages",
            None,
        ),
        (".ok == \"true\"", "seen at .ok: true", Some(".ok == true")),
    ] {
        stage.ctrl('u');
        stage.keys(text);
        assert_eq!(stage.session().shown.messages(), 0, "{text}");
        assert_eq!(stage.app.offered(), offered, "{text}");
        assert_line(&stage, &["0 of 80", cause]);
    }
    // Tab first accepts the suggested query.
    stage.ctrl('u');
    stage.keys("channel:ordrs .level == error");
    stage.code(KeyCode::Tab);
    assert_eq!(written(&stage), "channel:orders .level == \"ERROR\"");
    assert_eq!(stage.session().shown.messages(), 10);
}

#[test]
fn the_empty_log_says_what_was_searched_where_and_why_nothing_was_found() {
    let mut stage = stage();
    stage.keys("/.levl == info");
    stage.code(KeyCode::Enter);
    assert_line(
        &stage,
        &["0 of 80 messages on 4 channels match .levl == info"],
    );
    assert_line(&stage, &["No .levl in the newest 50 messages"]);
    assert_line(
        &stage,
        &["Did you mean .level == info? Press / then Tab to accept it."],
    );
    stage.keys("/");
    stage.code(KeyCode::Tab);
    assert_eq!(stage.session().shown.messages(), 30);
    // A search without matches is explained too.
    stage.code(KeyCode::Esc);
    stage.keys("F.levl == info");
    assert_line(
        &stage,
        &["0 found", "did you mean .level == info?", "no .levl in"],
    );
    stage.code(KeyCode::Enter);
    assert!(
        stage
            .toast()
            .contains("did you mean .level == info? F, then Tab")
    );
}

#[test]
fn text_that_is_not_found_says_where_it_was_searched() {
    let mut stage = stage();
    for (text, cause) in [
        ("zzz", "searched as text in payloads and channel names"),
        ("\"zzz\"", "searched as text in payloads"),
    ] {
        stage.keys("/");
        stage.ctrl('u');
        stage.keys(text);
        assert_line(&stage, &["0 of 80", cause]);
        stage.code(KeyCode::Enter);
        assert_line(&stage, &["S", &cause[1..]]);
    }
}

#[test]
fn a_verdict_is_not_given_on_messages_that_are_not_in_question() {
    let mut stage = stage();
    // The other channels have a `.level`, but the one searched does not.
    stage.keys("/channel:metrics .level == info");
    assert_line(&stage, &["0 of 80", "no .level in the newest 20 messages"]);
    // A negated term is never given as the cause.
    stage.ctrl('u');
    stage.keys("zzz -channel:ordrs");
    assert_eq!(stage.app.offered(), None);
    assert!(!stage.screen().contains("no channel matches"));
    stage.chord(KeyModifiers::CONTROL, KeyCode::Char('u'));
    // No cause is given while something is found.
    stage.keys("info or .levl == 1");
    assert!(!stage.screen().contains("no .levl"));
}

#[test]
fn long_channel_names_take_the_free_columns_and_keep_what_differs() {
    for (width, expected) in [
        (80, "svc:eu-west-0:tenant-00042:orders:status-updates"),
        (50, "tenant-00042:"),
    ] {
        let mut stage = Stage::sized((width, 24), &["*"], |_| {});
        for number in 40..46 {
            let name = format!("svc:eu-west-0:tenant-{number:05}:orders:status-updates");
            stage.messages(&[(&name, b"1")]);
        }
        stage.keys("/channel:svc");
        stage.code(KeyCode::Tab);
        assert!(stage.screen().contains(expected), "{}", stage.screen());
    }
}
