//! The query language on the screen: filters, search, breakpoints, highlights.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

use subscope::app::{Alert, Attention, Context, Effect, Event, Overlay, Purpose};
use subscope::log::Batch;
use subscope::message::{ConnectionError, Notice, RowId, SubscriptionId, Time, Topic};
use subscope::query::{self, Moment, Query};
use subscope::server::{Connection, Feed};
use subscope::workers::scan::{self, Answer, Engine, WatchId};

use crate::support::stage::{START, Stage};

/// What the user or the server does.
type Change<'a> = &'a dyn Fn(&mut Stage) -> Vec<Effect>;

fn query(text: &str) -> Query {
    let moment = Moment {
        now: START,
        ahead: 0,
    };
    Query::parse(text, &moment).unwrap()
}

/// Returns a stage with orders and jobs numbered from 0, every tenth an error.
fn stage() -> Stage {
    let mut stage = Stage::new(&["*"]);
    feed(&mut stage, 0..100);
    stage
}

fn feed(stage: &mut Stage, numbers: std::ops::Range<u32>) {
    let mut batch = Batch::default();
    for number in numbers {
        let level = if number % 10 == 0 { "error" } else { "info" };
        let payload = format!(r#"{{"n":{number},"level":"{level}"}}"#);
        let channel = if number % 2 == 0 { "orders" } else { "jobs" };
        let (channel, payload) = (channel.as_bytes(), payload.as_bytes());
        batch.push_message(stage.now, channel, payload, SubscriptionId(0));
    }
    stage.send(Event::Feed(Feed::Batch(Box::new(batch))));
}

fn filter(stage: &mut Stage, text: &str) {
    stage.keys("/");
    stage.keys(text);
}

fn break_at(stage: &mut Stage, text: &str) {
    query::set_executable(env!("CARGO_BIN_EXE_subscope"));
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

fn written(stage: &Stage) -> String {
    match stage.app.overlay() {
        Some(Overlay::Query(query_box)) => query_box.input.text(),
        other => panic!("{other:?}"),
    }
}

/// Returns the number in the payload of the selected message.
fn selected_number(stage: &Stage) -> u32 {
    let payload = stage.selected();
    let digits = payload.trim_start_matches(r#"{"n":"#);
    digits[..digits.find(',').unwrap()].parse().unwrap()
}

// --- Filtering ---------------------------------------------------------------------------------

#[test]
fn a_filter_applies_as_it_is_typed_to_kept_and_new_messages() {
    let mut stage = stage();
    filter(&mut stage, "err");
    assert_eq!(stage.session().shown.messages(), 10);
    feed(&mut stage, 100..200);
    assert_eq!(stage.session().shown.messages(), 20);
    stage.keys("x");
    assert_eq!(stage.session().shown.messages(), 0);
    stage.code(KeyCode::Backspace);
    assert_eq!(stage.session().shown.messages(), 20);
    stage.code(KeyCode::Enter);
    assert!(stage.app.overlay().is_none());
    assert_eq!(stage.session().shown.messages(), 20);
    assert!(stage.is_following());
}

#[test]
fn esc_in_the_box_restores_the_previous_filter_and_in_a_pane_clears_it() {
    let mut stage = stage();
    filter(&mut stage, "error");
    stage.code(KeyCode::Esc);
    assert!(stage.app.overlay().is_none());
    assert!(stage.session().shown.is_everything());
    filter(&mut stage, "error");
    stage.code(KeyCode::Enter);
    filter(&mut stage, " nothing like it");
    assert_eq!(stage.session().shown.messages(), 0);
    stage.code(KeyCode::Esc);
    assert_eq!(
        stage.session().filters.typed.as_ref(),
        Some(&query("error"))
    );
    assert_eq!(stage.session().shown.messages(), 10);
    // Esc also restores the filter if the text is not a valid query.
    filter(&mut stage, " (");
    stage.code(KeyCode::Esc);
    assert_eq!(stage.session().shown.messages(), 10);
    stage.code(KeyCode::Esc);
    assert!(stage.session().shown.is_everything());
    assert_eq!(stage.session().shown.messages(), 100);
}

#[test]
fn an_empty_box_clears_the_filter() {
    let mut stage = stage();
    filter(&mut stage, "error");
    stage.code(KeyCode::Enter);
    stage.keys("/");
    stage.ctrl('u');
    stage.code(KeyCode::Enter);
    assert_eq!(stage.session().filters.typed.as_ref(), None);
    assert!(stage.session().shown.is_everything());
}

#[test]
fn a_search_starts_with_an_empty_box_which_repeats_the_last_one() {
    let mut stage = stage();
    stage.keys("gFerror");
    stage.code(KeyCode::Enter);
    assert_eq!(selected_number(&stage), 0);
    stage.keys("F");
    assert_eq!(written(&stage), "");
    assert_line(&stage, &["10 found · Enter repeats error"]);
    stage.code(KeyCode::Enter);
    assert_eq!(selected_number(&stage), 10);
    // While something else is typed, that is searched for; then it is the last one again.
    stage.keys("Finfo");
    assert_eq!(stage.session().find.as_ref().unwrap().rows.len(), 90);
    stage.ctrl('u');
    assert_eq!(stage.session().find.as_ref().unwrap().rows.len(), 10);
    stage.code(KeyCode::Enter);
    assert_eq!(selected_number(&stage), 20);
    stage.keys("n");
    assert_eq!(selected_number(&stage), 30);
    // Older ones are in the history.
    stage.keys("F");
    stage.code(KeyCode::Up);
    assert_eq!(written(&stage), "error");
    // Without a search there is nothing to repeat.
    for _ in 0..3 {
        stage.code(KeyCode::Esc);
    }
    assert!(stage.session().find.is_none());
    stage.keys("F");
    assert!(!stage.screen().contains("repeats"));
    stage.code(KeyCode::Enter);
    assert!(stage.app.overlay().is_none() && stage.session().find.is_none());
}

#[test]
fn an_unfinished_query_is_called_wrong_only_on_enter() {
    let mut stage = stage();
    stage.send(Event::Resize(100, 24));
    for (text, missing) in [
        (".level ", "unfinished · next: == != ~ in > >= < <="),
        (".level = ", "unfinished · a value is missing"),
        ("/or(", "unfinished · this regular expression is not closed"),
        ("\"not fo", "unfinished · this quote is not closed"),
        ("level=\"not fo", "unfinished · this quote is not closed"),
        ("error or", "unfinished · a term is missing"),
        ("last:5", "unfinished · write a duration"),
        ("is:js", "unfinished · is: takes"),
    ] {
        filter(&mut stage, text);
        assert_line(&stage, &[missing]);
        assert!(!stage.screen().contains('▲'), "{text}");
        assert!(stage.session().shown.is_everything(), "{text}");
        stage.code(KeyCode::Enter);
        assert_eq!(written(&stage), text);
        assert!(!stage.screen().contains("unfinished"), "{text}");
        // Typing goes on.
        stage.keys("x");
        stage.code(KeyCode::Backspace);
        assert_line(&stage, &[missing]);
        // With the caret within the text, it is no longer being typed.
        stage.code(KeyCode::Left);
        assert!(!stage.screen().contains("unfinished"), "{text}");
        stage.code(KeyCode::Esc);
    }
    // More text cannot mend this.
    filter(&mut stage, ".level is error");
    assert!(!stage.screen().contains("unfinished"));
}

#[test]
fn only_a_query_that_finds_something_is_suggested() {
    query::set_executable(env!("CARGO_BIN_EXE_subscope"));
    let mut stage = Stage::sized((120, 24), &["*"], |_| {});
    for number in 0..20 {
        let status = 200 + number % 3;
        let payload = format!(r#"{{"status":{status},"left":"door","code":"{status}"}}"#);
        stage.messages(&[
            ("http", payload.as_bytes()),
            ("other", br#"{"level":"fine"}"#),
        ]);
    }
    for (text, meant) in [
        // Neither as a number nor as a string.
        ("status>=500", None),
        ("status:500", None),
        // A number is not compared with strings by their order, but jq can read them as numbers.
        ("code>201", Some("jq((.code | tonumber?) > 201)")),
        (".code == 200", Some(".code == \"200\"")),
        (".status == \"200\"", Some(".status == 200")),
        // `.left` is spelled alike, but has no such value.
        ("levl=error", None),
        ("levl=fine", Some(".level=fine")),
        ("leftt == dor", Some(".left == \"door\"")),
        // The path of the value.
        ("severity=fine", Some(".level=fine")),
        // `.level` is on another channel.
        ("channel:http levl=fine", None),
        ("level is error", None),
        ("level is fine", Some(".level == \"fine\"")),
    ] {
        filter(&mut stage, text);
        assert_eq!(stage.session().shown.messages(), 0, "{text}");
        assert_eq!(stage.app.offered(), meant, "{text}");
        if meant.is_some() {
            stage.code(KeyCode::Tab);
            assert!(stage.session().shown.messages() > 0, "{text}");
        }
        stage.code(KeyCode::Esc);
    }
    // Nor a query whose matches another filter hides.
    stage.keys("f-level");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Esc);
    filter(&mut stage, "levl=fine");
    assert_eq!(stage.app.offered(), None);
}

/// Performs the scans and takes the samples that `effects` request. Returns the effects of the
/// answers.
fn perform(effects: Vec<Effect>, stage: &mut Stage) -> Vec<Effect> {
    let further = effects.into_iter().flat_map(|effect| match effect {
        Effect::Scan(request) => {
            let answer = stage.engine.answer(request);
            stage.app.update(Event::Scanned(answer), stage.now)
        }
        Effect::Sample(request) => stage
            .app
            .update(Event::Sampled(request.answer()), stage.now),
        _ => Vec::new(),
    });
    further.collect()
}

/// Returns the watch of the trial that `effect` starts.
fn trial(effect: &Effect) -> Option<WatchId> {
    match effect {
        Effect::Scan(request) if request.purpose == scan::Purpose::Trial => Some(request.watch),
        _ => None,
    }
}

#[test]
fn a_running_trial_is_stopped_when_the_search_changes_or_finds_something() {
    let start: fn(&mut Stage) -> WatchId = |stage| {
        stage.keys("Flevel is erro");
        let letter = Event::Key(KeyCode::Char('r').into());
        let mut effects = stage.app.update(letter, stage.now);
        loop {
            assert!(!effects.is_empty(), "no trial");
            if let Some(watch) = effects.iter().find_map(trial) {
                return watch;
            }
            effects = perform(effects, stage);
        }
    };
    let press = |code: KeyCode| {
        move |stage: &mut Stage| stage.app.update(Event::Key(code.into()), stage.now)
    };
    let arrive = |stage: &mut Stage| {
        let mut batch = Batch::default();
        let via = SubscriptionId(0);
        batch.push_message(stage.now, b"late", b"the level is error now", via);
        let event = Event::Feed(Feed::Batch(Box::new(batch)));
        let effects = stage.app.update(event, stage.now);
        perform(effects, stage)
    };
    let changes: [Change<'_>; 3] = [&press(KeyCode::Char('s')), &press(KeyCode::Esc), &arrive];
    for (index, change) in changes.into_iter().enumerate() {
        let mut stage = stage();
        let watch = start(&mut stage);
        let effects = change(&mut stage);
        let is_stop =
            |effect: &Effect| matches!(effect, Effect::StopScan(stopped) if *stopped == watch);
        assert!(effects.iter().any(is_stop), "{index}: {effects:?}");
    }
}

#[test]
fn a_filter_that_lags_keeps_what_was_found_out_about_it() {
    let mut stage = stage();
    filter(&mut stage, "level is error");
    let meant = Some(".level == \"error\"");
    assert_eq!(stage.app.offered(), meant);
    let late = feed_unsearched(&mut stage, 1);
    stage.now = stage.now.after(Duration::from_secs(1));
    let mut effects = stage.app.update(Event::Tick, stage.now);
    effects.extend(perform(late, &mut stage));
    let is_anew = |effect: &Effect| {
        matches!(effect, Effect::Sample(_) | Effect::StopScan(_)) || trial(effect).is_some()
    };
    assert!(!effects.iter().any(is_anew), "{effects:?}");
    assert_eq!(stage.app.offered(), meant);
}

#[test]
fn only_the_first_parts_of_a_long_query_are_explained() {
    for (known, is_explained) in [(7, true), (8, false)] {
        let mut stage = stage();
        let text = "channel:orders ".repeat(known) + "channel:ordrs";
        filter(&mut stage, &text);
        let filters = &stage.session().filters;
        let cause = filters.verdict.cause(filters.typed.as_ref().unwrap());
        assert_eq!(cause.is_some(), is_explained, "{cause:?}");
    }
}

#[test]
fn a_pasted_text_with_quotes_in_it_is_named_by_its_start() {
    let mut stage = stage();
    stage.keys("/");
    let pasted = format!("\"{}\"x", "lorem ipsum ".repeat(1_300));
    stage.send(Event::Paste(pasted));
    let screen = stage.screen();
    for words in ["a space is missing after \"lorem ipsum", "in quotes"] {
        assert!(screen.contains(words), "{screen}");
    }
    assert!(stage.app.areas().query_box().height <= 6, "{screen}");
}

#[test]
fn a_suggestion_is_tried_out_in_the_background_and_a_search_waits_for_it() {
    let mut stage = stage();
    stage.keys("Flevel is erro");
    let letter = Event::Key(KeyCode::Char('r').into());
    let effects = stage.app.update(letter, stage.now);
    let enter = Event::Key(KeyCode::Enter.into());
    stage.app.update(enter, stage.now);
    let effects = perform(effects, &mut stage);
    assert_eq!(stage.toast(), "");
    let effects = perform(effects, &mut stage);
    assert!(
        matches!(&effects[..], [effect] if trial(effect).is_some()),
        "{effects:?}"
    );
    assert_eq!(stage.toast(), "");
    perform(effects, &mut stage);
    assert!(
        stage.toast().starts_with("no message matches"),
        "{}",
        stage.toast()
    );
    assert!(stage.toast().contains("did you mean"), "{}", stage.toast());
}

#[test]
fn an_error_is_read_in_full_at_every_size() {
    for (width, height) in [(120, 40), (80, 24), (60, 15), (40, 12)] {
        let mut stage = Stage::sized((width, height), &["*"], |_| {});
        feed(&mut stage, 0..50);
        for (text, words) in [
            (
                "not enters(.temp > 80 until < 75)",
                "`not` and `or` cannot apply to a condition: write enters(.temp > 80 until < 75) \
                 (a or b) without `not`",
            ),
            (
                "silent:30s rate:>1",
                "one condition per breakpoint: set another breakpoint for this one",
            ),
            (
                "silent:30s jq(.a)",
                "jq(…) and via: cannot be used in a breakpoint with a condition: use other \
                 terms, such as .a > 1 or channel:name",
            ),
        ] {
            stage.keys("B");
            stage.ctrl('u');
            stage.keys(text);
            let screen = stage.screen();
            let shown = screen.replace(['│', '┃', '║', '▲', '\n'], " ");
            let shown: Vec<&str> = shown.split_whitespace().collect();
            let words: Vec<&str> = words.split_whitespace().collect();
            assert!(shown.join(" ").contains(&words.join(" ")), "{screen}");
            stage.code(KeyCode::Esc);
        }
    }
}

#[test]
fn a_query_without_matches_suggests_what_may_have_been_meant() {
    let mut stage = stage();
    stage.send(Event::Resize(120, 24));
    filter(&mut stage, "level is error");
    assert_eq!(stage.app.offered(), Some(".level == \"error\""));
    assert_line(
        &stage,
        &["0 of 100", "did you mean .level == \"error\"? Tab accepts"],
    );
    // The empty log shows the suggestion and the keys only once the box is closed.
    for words in ["Did you mean", "Press"] {
        assert!(!stage.screen().contains(words), "{words}");
    }
    stage.code(KeyCode::Enter);
    assert_line(
        &stage,
        &["0 of 100 messages on 2 channels match level is error"],
    );
    assert_line(&stage, &["Did you mean .level == \"error\"? Press /"]);
    stage.keys("/");
    // As in a flood, some rows are not searched yet.
    feed_unsearched(&mut stage, 1);
    let watch = stage.session().filters.watch.as_ref().unwrap();
    assert!(!watch.progress().is_done());
    stage.code(KeyCode::Tab);
    assert_eq!(written(&stage), ".level == \"error\"");
    assert_eq!(stage.session().shown.messages(), 10);
    // A suggestion that is accepted and then kept with Enter is remembered.
    let effects = stage.code(KeyCode::Enter);
    let kept = ".level == \"error\"".to_owned();
    assert_eq!(effects, [Effect::RememberQuery(kept)]);
    // A query with matches gets no suggestion.
    stage.code(KeyCode::Esc);
    filter(&mut stage, "n:5");
    assert_eq!(stage.session().shown.messages(), 1);
    stage.ctrl('u');
    stage.keys("\"level\":\"error\"");
    assert_eq!(stage.app.offered(), None);
    let text = written(&stage);
    stage.code(KeyCode::Tab);
    assert_eq!(stage.toast(), "nothing to complete here · F1 syntax");
    assert_eq!(written(&stage), text);
}

#[test]
fn an_error_before_an_unfinished_value_offers_its_correction() {
    let mut stage = stage();
    filter(&mut stage, ".items[].level=error");
    let offer = "Tab writes jq(any(.items[]; .level == \"error\"))";
    assert_line(&stage, &[offer]);
}

#[test]
fn an_invalid_query_offers_its_correction() {
    let mut stage = stage();
    filter(&mut stage, ".level is error");
    assert_line(&stage, &["==", "Tab writes .level == \"error\""]);
    assert_line(&stage, &["Tab accept"]);
    stage.code(KeyCode::Tab);
    assert_eq!(written(&stage), ".level == \"error\"");
    assert_eq!(stage.session().shown.messages(), 10);
    // The correction also works at the smallest sizes.
    stage.ctrl('u');
    stage.keys("is:jso");
    stage.send(Event::Resize(40, 12));
    stage.buffer();
    stage.code(KeyCode::Tab);
    assert_eq!(written(&stage), "is:json");
}

#[test]
fn a_search_without_matches_suggests_what_may_have_been_meant() {
    let mut stage = stage();
    stage.keys("Flevel is error");
    assert_line(
        &stage,
        &["0 found", "did you mean .level == \"error\"? Tab accepts"],
    );
    stage.code(KeyCode::Enter);
    assert!(stage.is_following());
    assert_eq!(
        stage.toast(),
        "no message matches level is error · did you mean .level == \"error\"? F, then Tab accepts"
    );
    stage.keys("F");
    feed_unsearched(&mut stage, 1);
    let find = stage.session().find.as_ref().unwrap();
    assert!(!find.watch.progress().is_done());
    stage.code(KeyCode::Tab);
    stage.code(KeyCode::Enter);
    assert_eq!(selected_number(&stage), 90);
}

#[test]
fn a_breakpoint_suggests_what_may_have_been_meant() {
    let mut stage = stage();
    stage.keys("Blevel is error");
    assert_line(&stage, &["did you mean .level == \"error\"? Tab accepts"]);
    stage.code(KeyCode::Tab);
    stage.code(KeyCode::Enter);
    feed(&mut stage, 100..120);
    assert_eq!(stage.session().breakpoints.list[0].hits, 2);
}

#[test]
fn a_word_finds_channels_by_part_of_their_name() {
    let mut stage = stage();
    filter(&mut stage, "order");
    assert_eq!(stage.session().shown.messages(), 50);
    stage.keys(" error");
    assert_eq!(stage.session().shown.messages(), 10);
    feed(&mut stage, 100..120);
    assert_eq!(stage.session().shown.messages(), 12);
    stage.ctrl('u');
    stage.keys("-order");
    assert_eq!(stage.session().shown.messages(), 60);
    stage.ctrl('u');
    stage.keys("channel:job");
    assert_eq!(stage.session().shown.messages(), 60);
    // Notices stay visible and belong to no channel.
    stage.notice(Notice::AllEnded);
    stage.ctrl('u');
    stage.keys("/jobs");
    assert_eq!(stage.session().shown.messages(), 60);
}

/// Feeds messages without running any scans, and returns the effects.
fn feed_unsearched(stage: &mut Stage, count: usize) -> Vec<Effect> {
    let mut batch = Batch::default();
    for _ in 0..count {
        batch.push_message(stage.now, b"late", b"needle", SubscriptionId(0));
    }
    let event = Event::Feed(Feed::Batch(Box::new(batch)));
    stage.app.update(event, stage.now)
}

fn answer(stage: &mut Stage, requests: Vec<Effect>) {
    for effect in requests {
        if let Effect::Scan(request) = effect {
            let answer = stage.engine.answer(request);
            stage.send(Event::Scanned(answer));
        }
    }
}

#[test]
fn newer_rows_are_counted_as_not_yet_searched() {
    let mut stage = stage();
    stage.send(Event::Resize(200, 30));
    filter(&mut stage, "needle");
    stage.code(KeyCode::Enter);
    stage.keys("Fneedle");
    stage.code(KeyCode::Enter);
    let requests = feed_unsearched(&mut stage, 1000);
    // More messages arrive while the first are being searched.
    let none = feed_unsearched(&mut stage, 500);
    assert!(!none.iter().any(|effect| matches!(effect, Effect::Scan(_))));
    // At first, the screen does not mention the new rows; it counts them when the answer is late.
    assert_line(
        &stage,
        &["0 of 100 messages on 3 channels match text needle"],
    );
    stage.wait(Duration::from_secs(1));
    assert_line(
        &stage,
        &["Nothing found yet, 1,500 of 1,600 not yet searched"],
    );
    assert_line(&stage, &["Messages 0 of 1,600 · 1,500 not yet searched"]);
    stage.keys("n");
    assert_eq!(stage.toast(), "no match yet, 1,500 not yet searched");
    stage.keys("/");
    assert_line(&stage, &["0 of 1,600 · 1,500 not yet searched"]);
    assert_eq!(stage.app.offered(), None);
    stage.code(KeyCode::Esc);
    answer(&mut stage, requests);
    assert_eq!(stage.session().shown.messages(), 1500);
    assert!(!stage.screen().contains("not yet searched"));
    stage.keys("n");
    assert_eq!(stage.toast(), "wrapped to the oldest match");
}

#[test]
fn an_invalid_query_leaves_the_previous_one_in_force() {
    let mut stage = stage();
    // The valid prefix of an invalid query, here `is`, is not in force either.
    filter(&mut stage, "is");
    assert_eq!(stage.session().shown.messages(), 0);
    stage.keys(":foo");
    let Some(Overlay::Query(query_box)) = stage.app.overlay() else {
        panic!("the box is open")
    };
    assert!(query_box.error.is_some());
    assert_eq!(stage.session().shown.messages(), 100);
    assert_line(&stage, &["Filter", "no filter active"]);
    stage.code(KeyCode::Enter);
    assert_eq!(written(&stage), "is:foo");
    stage.ctrl('u');
    stage.keys("error");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.session().shown.messages(), 10);
    stage.keys("/ 0");
    assert_eq!(stage.session().shown.messages(), 10);
    stage.ctrl('u');
    stage.keys("info (");
    assert_eq!(stage.session().shown.messages(), 10);
    assert_line(&stage, &["Filter", "still active: error"]);
    stage.code(KeyCode::Backspace);
    assert_eq!(stage.session().shown.messages(), 90);
    assert!(!stage.screen().contains("still active"));
    // An invalid search is not in force either.
    stage.code(KeyCode::Esc);
    stage.keys("Finfo (");
    assert!(stage.session().find.is_none());
    assert_line(&stage, &["Find", "no search active"]);
}

#[test]
fn an_empty_result_names_the_other_filters_that_hide_rows() {
    let mut stage = stage();
    stage.send(Event::Resize(200, 30));
    stage.keys("f");
    stage.keys("info");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Esc);
    filter(&mut stage, "error");
    stage.code(KeyCode::Enter);
    assert_line(
        &stage,
        &["0 of 100 messages on 2 channels match text error and the saved filter info"],
    );
    assert_line(
        &stage,
        &["Press / to change the filter, Esc to clear it, f for the list of filters."],
    );
    // Now only filters in the list hide rows.
    stage.code(KeyCode::Esc);
    stage.keys("f");
    stage.keys("ax");
    stage.keys("yz");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Esc);
    assert_line(
        &stage,
        &["0 of 100 messages on 2 channels match the 2 saved filters"],
    );
}

#[test]
fn an_empty_result_names_muted_channels_and_a_single_shown_one() {
    let mut stage = stage();
    stage.send(Event::Resize(200, 30));
    // The newest message is a job, which the first key press only selects.
    stage.keys("mm");
    filter(&mut stage, "channel:jobs");
    stage.code(KeyCode::Enter);
    assert_line(
        &stage,
        &["0 of 100 messages on 2 channels match channel:jobs · 1 channel is muted"],
    );
    assert_line(&stage, &["m on a muted channel to show it"]);
}

#[test]
fn the_box_opens_with_the_filter_in_force() {
    let mut stage = stage();
    filter(&mut stage, "error");
    stage.code(KeyCode::Enter);
    stage.keys("/");
    assert_eq!(written(&stage), "error");
}

#[test]
fn the_query_history_is_browsed_extended_and_passed_on_for_saving() {
    let mut stage = Stage::with(&["*"], |settings| {
        settings.queries = vec!["older".to_owned(), "old".to_owned()];
    });
    filter(&mut stage, "new");
    let effects = stage.code(KeyCode::Enter);
    assert_eq!(effects, [Effect::RememberQuery("new".to_owned())]);
    stage.keys("F");
    stage.keys("draft");
    for expected in ["new", "old", "older", "older"] {
        stage.code(KeyCode::Up);
        assert_eq!(written(&stage), expected);
    }
    for expected in ["old", "new", "draft", "draft"] {
        stage.code(KeyCode::Down);
        assert_eq!(written(&stage), expected);
    }
}

#[test]
fn a_filter_leaves_the_frozen_row_where_it_is() {
    let mut stage = stage();
    stage.keys("kkkkkkkkk");
    assert_eq!(selected_number(&stage), 90);
    filter(&mut stage, "error");
    stage.code(KeyCode::Enter);
    assert_eq!(selected_number(&stage), 90);
    stage.code(KeyCode::Esc);
    assert_eq!(selected_number(&stage), 90);
    assert!(!stage.is_following());
}

#[test]
fn listed_filters_can_be_on_or_off_and_include_or_exclude() {
    let mut stage = stage();
    filter(&mut stage, "error");
    stage.chord(KeyModifiers::ALT, KeyCode::Enter);
    assert!(stage.session().filters.typed.is_none());
    assert_eq!(stage.session().filters.list.len(), 1);
    assert_eq!(stage.session().shown.messages(), 10);
    // An excluding filter shows everything else.
    stage.keys("fi");
    assert_eq!(stage.session().shown.messages(), 90);
    stage.keys("i");
    // A second filter that excludes rows narrows the log further.
    stage.keys("a.n >= 50");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.context(), Context::Filters);
    assert_eq!(stage.session().shown.messages(), 5);
    stage.keys("i");
    assert_eq!(stage.session().shown.messages(), 5);
    stage.keys(" ");
    assert_eq!(stage.session().shown.messages(), 10);
    stage.keys("kd");
    assert_eq!(stage.session().filters.list.len(), 1);
    assert_eq!(stage.session().shown.messages(), 100);
}

#[test]
fn an_empty_list_opens_its_box_and_stays_open_after_an_addition() {
    let mut stage = stage();
    for (key, context) in [("f", Context::Filters), ("B", Context::Breakpoints)] {
        stage.keys(key);
        assert_eq!(stage.app.context(), Context::Query);
        stage.keys("error");
        stage.code(KeyCode::Enter);
        // Enter returns to the list with the new entry.
        assert_eq!(stage.app.context(), context);
        stage.keys("a.n > 50");
        stage.code(KeyCode::Enter);
        assert_eq!(stage.app.context(), context);
        // Keys act on the new entry, and on nothing behind the list.
        stage.keys("d");
        assert_eq!(stage.app.context(), context);
        stage.keys("cmuspvxz");
        assert_eq!(stage.app.context(), context);
        stage.code(KeyCode::Esc);
    }
    assert_eq!(stage.session().filters.list.len(), 1);
    assert_eq!(stage.session().filters.list[0].query, query("error"));
    assert_eq!(stage.session().breakpoints.list.len(), 1);
    assert_eq!(stage.session().log.counters().kept, 100);
}

#[test]
fn a_filter_from_the_command_line_is_in_force_from_the_first_message() {
    let mut stage = Stage::with(&["*"], |settings| {
        settings.filters = vec![query("error")];
    });
    feed(&mut stage, 0..100);
    assert_eq!(stage.session().shown.messages(), 10);
    stage.keys("/");
    assert_eq!(written(&stage), "error");
    let mut stage = Stage::with(&["*"], |settings| {
        settings.filters = vec![query("error"), query("channel:orders")];
    });
    feed(&mut stage, 0..100);
    assert_eq!(stage.session().shown.messages(), 10);
    assert_eq!(stage.session().filters.list.len(), 2);
}

#[test]
fn a_filter_hides_no_notices_unless_it_mentions_them() {
    let mut stage = stage();
    stage.notice(Notice::AllEnded);
    filter(&mut stage, "error");
    assert_eq!(stage.shown(), 11);
    stage.notice(Notice::AllEnded);
    assert_eq!((stage.shown(), stage.session().shown.messages()), (12, 10));
    stage.keys(" or is:notice");
    assert_eq!((stage.shown(), stage.session().shown.messages()), (12, 10));
    stage.ctrl('u');
    stage.keys("error -is:notice");
    assert_eq!((stage.shown(), stage.session().shown.messages()), (10, 10));
}

#[test]
fn a_filter_keeps_its_counts_while_rows_are_evicted() {
    let mut stage = stage();
    filter(&mut stage, "error");
    for round in 0..400 {
        feed(&mut stage, round * 100..round * 100 + 100);
    }
    let counters = *stage.session().log.counters();
    assert!(counters.evicted > 0);
    let log = &stage.session().log;
    let kept = (0..log.end().0).filter_map(|row| log.row(RowId(row)));
    let errors = kept.filter(|row| stage.payload_of(row.id).contains("error"));
    assert_eq!(stage.session().shown.messages(), errors.count() as u64);
}

#[test]
fn a_filter_by_subscription_includes_later_deliveries() {
    let mut stage = Stage::new(&["or*", "orders"]);
    let mut first = Batch::default();
    first.push_message(stage.now, b"orders", b"x", SubscriptionId(0));
    let mut second = Batch::following(first.tail());
    filter(&mut stage, "via:orders");
    stage.send(Event::Feed(Feed::Batch(Box::new(first))));
    assert_eq!(stage.session().shown.messages(), 0);
    second.push_message(stage.now, b"orders", b"x", SubscriptionId(1));
    second.push_message(stage.now, b"other", b"y", SubscriptionId(0));
    stage.send(Event::Feed(Feed::Batch(Box::new(second))));
    assert_eq!(stage.session().shown.messages(), 1);
    assert_eq!(stage.app.window().rows, [RowId(0)]);
}

#[test]
fn a_row_excluded_by_a_later_delivery_is_hidden_again() {
    let mut stage = Stage::new(&["or*", "orders"]);
    let mut first = Batch::default();
    first.push_message(stage.now, b"orders", b"x", SubscriptionId(0));
    let mut second = Batch::following(first.tail());
    filter(&mut stage, "not via:orders");
    stage.send(Event::Feed(Feed::Batch(Box::new(first))));
    assert_eq!(stage.session().shown.messages(), 1);
    second.push_message(stage.now, b"orders", b"x", SubscriptionId(1));
    stage.send(Event::Feed(Feed::Batch(Box::new(second))));
    assert_eq!(stage.session().shown.messages(), 0);
}

#[test]
fn an_answer_to_an_older_query_changes_nothing() {
    let mut stage = stage();
    stage.keys("/");
    let key = |letter| Event::Key(KeyCode::Char(letter).into());
    let late = stage.app.update(key('e'), stage.now);
    stage.keys("rrorx");
    assert_eq!(stage.session().shown.messages(), 0);
    for effect in late {
        if let Effect::Scan(request) = effect {
            let answer = Engine::default().answer(request);
            assert!(
                answer
                    .found
                    .iter()
                    .any(|found| found.rows().next().is_some())
            );
            stage.send(Event::Scanned(answer));
        }
    }
    assert_eq!(stage.session().shown.messages(), 0);
}

// --- Finding -----------------------------------------------------------------------------------

#[test]
fn finding_hides_nothing_and_jumps_between_hits() {
    let mut stage = stage();
    stage.keys("Ferror");
    assert!(stage.is_following());
    stage.code(KeyCode::Enter);
    assert_eq!(stage.session().shown.messages(), 100);
    assert_eq!(stage.session().find.as_ref().unwrap().rows.len(), 10);
    assert_eq!(selected_number(&stage), 90);
    stage.keys("NN");
    assert_eq!(selected_number(&stage), 70);
    stage.keys("n");
    assert_eq!(selected_number(&stage), 80);
    stage.keys("n");
    assert_eq!(selected_number(&stage), 90);
    assert_eq!(stage.toast(), "");
    stage.keys("n");
    assert_eq!(selected_number(&stage), 0);
    assert_eq!(stage.toast(), "wrapped to the oldest match");
    stage.keys("N");
    assert_eq!(selected_number(&stage), 90);
    assert_eq!(stage.toast(), "wrapped to the newest match");
    feed(&mut stage, 100..200);
    stage.keys("n");
    assert_eq!(selected_number(&stage), 100);
}

#[test]
fn a_search_selects_the_nearest_hit() {
    for (rows_down, expected) in [(0, 0), (1, 10), (10, 10), (11, 20), (95, 90)] {
        let mut stage = stage();
        stage.keys("g");
        stage.keys(&"j".repeat(rows_down));
        stage.keys("Ferror");
        stage.code(KeyCode::Enter);
        assert_eq!(selected_number(&stage), expected, "from {rows_down}");
    }
    let mut stage = stage();
    stage.keys("gF.n == 55");
    stage.code(KeyCode::Enter);
    stage.keys("n");
    assert_eq!(stage.toast(), "the only match");
}

#[test]
fn a_search_selects_a_late_hit_unless_the_user_has_moved() {
    for is_moved in [false, true] {
        let mut stage = stage();
        stage.keys("gjj");
        stage.keys("F.n == 5");
        let letter = Event::Key(KeyCode::Char('5').into());
        let requests = stage.app.update(letter, stage.now);
        stage
            .app
            .update(Event::Key(KeyCode::Enter.into()), stage.now);
        assert_eq!(selected_number(&stage), 2);
        if is_moved {
            stage.keys("j");
        }
        answer(&mut stage, requests);
        assert_eq!(selected_number(&stage), if is_moved { 3 } else { 55 });
    }
}

#[test]
fn a_search_ends_in_a_flood_that_always_has_rows_to_search() {
    let cases = [
        (".n == 1", 1, ""),
        ("absent", 90, "no message matches absent"),
    ];
    for (text, expected, toast) in cases {
        let mut stage = stage();
        stage.keys("g");
        stage.keys(&"j".repeat(90));
        stage.keys("F");
        let requests = text.chars().fold(Vec::new(), |_, letter| {
            let letter = Event::Key(KeyCode::Char(letter).into());
            stage.app.update(letter, stage.now)
        });
        let enter = Event::Key(KeyCode::Enter.into());
        stage.app.update(enter, stage.now);
        let request = requests.into_iter().find_map(|effect| match effect {
            Effect::Scan(request) => Some(request),
            _ => None,
        });
        let whole = stage.engine.answer(request.unwrap());
        let half = Answer {
            found: Vec::new(),
            scanned: 50,
            is_done: false,
            ..whole.clone()
        };
        let rest = Answer {
            scanned: 50,
            ..whole
        };
        feed_unsearched(&mut stage, 1);
        stage.app.update(Event::Scanned(half), stage.now);
        assert_eq!((selected_number(&stage), stage.toast()), (90, ""));
        feed_unsearched(&mut stage, 1);
        let requests = stage.app.update(Event::Scanned(rest), stage.now);
        // Without a match, a sample may tell what was meant instead.
        for effect in requests {
            if let Effect::Sample(request) = effect {
                stage
                    .app
                    .update(Event::Sampled(request.answer()), stage.now);
            }
        }
        let find = stage.session().find.as_ref().unwrap();
        assert!(!find.watch.progress().is_done());
        assert_eq!((selected_number(&stage), stage.toast()), (expected, toast));
        // Pressing n does not count rows that have just arrived as unsearched.
        stage
            .app
            .update(Event::Key(KeyCode::Char('n').into()), stage.now);
        let expected = if toast.is_empty() {
            "the only match"
        } else {
            toast
        };
        assert_eq!(stage.toast(), expected);
    }
}

#[test]
fn the_title_says_which_hit_is_selected() {
    let mut stage = stage();
    stage.send(Event::Resize(140, 30));
    stage.keys("Ferror");
    stage.code(KeyCode::Enter);
    assert_line(&stage, &["· 10/10 found: error"]);
    stage.keys("N");
    assert_line(&stage, &["· 9/10 found: error"]);
    stage.keys("j");
    assert_line(&stage, &["· 10 found: error"]);
}

/// Places and counts are those of the rows shown, or `n` would seem to skip numbers.
#[test]
fn the_title_counts_the_hits_among_the_rows_shown() {
    let mut stage = stage();
    stage.send(Event::Resize(160, 30));
    stage.keys("F/5,|0,/");
    stage.code(KeyCode::Enter);
    assert_line(&stage, &["· 20/20 found: /5,|0,/"]);
    filter(&mut stage, "channel:jobs");
    stage.code(KeyCode::Enter);
    stage.keys("G");
    assert_line(&stage, &["Messages 50 of 100 · 10 found, 10 more hidden"]);
    for (place, number) in [("10/10", 95), ("9/10", 85), ("8/10", 75)] {
        stage.keys("N");
        assert_line(
            &stage,
            &[&format!("· {place} found, 10 more hidden: /5,|0,/")],
        );
        assert_eq!(selected_number(&stage), number);
    }
    // A row that stopped the view is shown, and counts, although the filter hides it.
    stage.keys("G");
    break_at(&mut stage, r#"/"n":110,/"#);
    feed(&mut stage, 100..111);
    assert_eq!(selected_number(&stage), 110);
    stage.keys("n");
    assert_line(&stage, &["1/12"]);
    stage.keys("N");
    assert_line(&stage, &["12/12"]);
    assert_eq!(selected_number(&stage), 110);
}

#[test]
fn esc_in_the_box_restores_the_previous_search() {
    let mut stage = stage();
    stage.keys("Ferror");
    stage.code(KeyCode::Enter);
    stage.keys("F nothing like it");
    stage.code(KeyCode::Esc);
    assert_eq!(
        stage.session().find.as_ref().unwrap().watch.query(),
        &query("error")
    );
    assert_eq!(stage.session().find.as_ref().unwrap().rows.len(), 10);
}

#[test]
fn hits_hidden_by_a_filter_are_skipped() {
    let mut stage = stage();
    filter(&mut stage, "channel:jobs");
    stage.code(KeyCode::Enter);
    stage.keys("F/5}?/");
    stage.ctrl('u');
    stage.keys(r#"/"n":[0-9]*5,/"#);
    stage.code(KeyCode::Enter);
    assert_eq!(selected_number(&stage), 95);
    stage.keys("N");
    assert_eq!(selected_number(&stage), 85);
    stage.keys("Ferror");
    stage.ctrl('u');
    stage.keys("error");
    stage.code(KeyCode::Enter);
    stage.keys("N");
    assert_eq!(stage.toast(), "10 found, all hidden by the filter");
    let mut stage = self::stage();
    stage.keys("Ferror");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::BackTab);
    stage.keys("gj");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Tab);
    stage.keys("n");
    assert_eq!(stage.toast(), "10 found, none shown on jobs");
}

#[test]
fn while_following_a_search_can_find_the_last_row() {
    let mut stage = stage();
    feed(&mut stage, 100..101);
    stage.keys("Ferror");
    stage.code(KeyCode::Enter);
    assert_eq!(selected_number(&stage), 100);
    stage.keys("N");
    assert_eq!(selected_number(&stage), 90);
    stage.keys("GN");
    assert_eq!(selected_number(&stage), 100);
    stage.keys("G");
    assert!(stage.is_following());
    stage.keys("n");
    assert_eq!(selected_number(&stage), 0);
    assert_eq!(stage.toast(), "wrapped to the oldest match");
}

#[test]
fn while_following_the_last_row_can_be_the_previous_mark() {
    let mut stage = stage();
    stage.keys(" x");
    assert!(stage.session().marked.contains(&RowId(99)));
    stage.keys("G[");
    assert_eq!(selected_number(&stage), 99);
    assert!(!stage.is_following());
    stage.keys("kxG[[");
    assert_eq!(selected_number(&stage), 98);
    stage.keys("G]");
    assert_eq!(
        stage.toast(),
        "no newer mark, breakpoint hit or gap in the rows shown"
    );
    assert!(stage.is_following());
}

#[test]
fn esc_in_the_box_ends_the_search() {
    let mut stage = stage();
    stage.keys("Ferror");
    assert!(stage.session().find.is_some());
    stage.code(KeyCode::Esc);
    assert!(stage.session().find.is_none());
    stage.keys("n");
    assert_eq!(stage.toast(), "no search active: press F to find");
}

// --- Breakpoints -------------------------------------------------------------------------------

#[test]
fn a_breakpoint_freezes_the_view_at_its_hit_while_receiving_continues() {
    let mut stage = stage();
    break_at(&mut stage, "error");
    feed(&mut stage, 101..130);
    assert!(!stage.is_following());
    assert_eq!(selected_number(&stage), 110);
    let stop = stage.session().breakpoints.stop.as_ref().unwrap();
    assert_eq!((stop.row, stop.query.text()), (RowId(109), "error"));
    assert_eq!(stage.session().breakpoints.list[0].hits, 2);
    feed(&mut stage, 130..200);
    assert_eq!(selected_number(&stage), 110);
    assert_eq!(stage.session().log.counters().received, 199);
    assert_eq!(stage.session().breakpoints.waiting(), 8);
    // A notice marks the row where the view stopped.
    let marks: Vec<_> = stage.session().log.notices().collect();
    assert!(matches!(
        marks[..],
        [(
            _,
            Notice::Breakpoint {
                row: RowId(109),
                ..
            }
        )]
    ));
}

#[test]
fn space_continues_to_the_next_hit_and_then_follows() {
    let mut stage = stage();
    break_at(&mut stage, "error");
    feed(&mut stage, 101..131);
    for expected in [110, 120, 130] {
        assert_eq!(selected_number(&stage), expected);
        stage.keys(" ");
    }
    assert!(stage.is_following());
    feed(&mut stage, 131..141);
    assert_eq!(selected_number(&stage), 140);
}

#[test]
fn following_again_by_hand_skips_waiting_hits() {
    let mut stage = stage();
    break_at(&mut stage, "error");
    feed(&mut stage, 101..141);
    stage.keys("G");
    assert!(stage.is_following());
    assert_eq!(stage.session().breakpoints.waiting(), 0);
    assert!(stage.session().breakpoints.stop.is_none());
}

#[test]
fn messages_kept_before_a_breakpoint_was_set_do_not_trigger_it() {
    let mut stage = stage();
    break_at(&mut stage, "error");
    assert!(stage.is_following());
    feed(&mut stage, 101..110);
    assert!(stage.is_following());
}

#[test]
fn a_view_frozen_by_hand_is_not_moved_by_a_hit() {
    let mut stage = stage();
    break_at(&mut stage, "error");
    stage.keys("k");
    let selected = stage.selected();
    feed(&mut stage, 101..121);
    assert_eq!(stage.selected(), selected);
    assert_eq!(stage.session().breakpoints.waiting(), 2);
    stage.keys(" ");
    assert_eq!(selected_number(&stage), 110);
}

#[test]
fn a_breakpoint_may_stop_at_every_nth_hit() {
    let mut stage = stage();
    break_at(&mut stage, "error");
    stage.keys("B++");
    stage.code(KeyCode::Esc);
    feed(&mut stage, 101..200);
    assert_eq!(stage.session().breakpoints.list[0].hits, 9);
    for expected in [130, 160, 190] {
        assert_eq!(selected_number(&stage), expected);
        stage.keys(" ");
    }
    assert!(stage.is_following());
    stage.keys("B--------");
    assert_eq!(stage.session().breakpoints.list[0].every, 1);
}

#[test]
fn a_breakpoint_can_count_and_mark_without_stopping() {
    let mut stage = stage();
    break_at(&mut stage, "error");
    stage.keys("Bl");
    stage.code(KeyCode::Esc);
    feed(&mut stage, 101..200);
    assert!(stage.is_following());
    let breakpoints = &stage.session().breakpoints;
    assert_eq!((breakpoints.list[0].hits, breakpoints.waiting()), (9, 0));
    assert!(breakpoints.hits.contains(RowId(109)));
    stage.keys("[");
    assert_eq!(selected_number(&stage), 190);
}

#[test]
fn a_breakpoint_rings_the_bell_or_notifies_but_not_for_every_hit_of_a_flood() {
    let mut stage = stage();
    break_at(&mut stage, "error");
    stage.keys("Bbl");
    assert_eq!(
        stage.session().breakpoints.list[0].attention,
        Attention::Bell
    );
    stage.code(KeyCode::Esc);
    let mut alerts = 0;
    for round in 0..10 {
        let mut batch = Batch::default();
        batch.push_message(
            stage.now,
            b"c",
            format!("error {round}").as_bytes(),
            SubscriptionId(0),
        );
        let effects = stage.send(Event::Feed(Feed::Batch(Box::new(batch))));
        alerts += effects
            .iter()
            .filter(|effect| **effect == Effect::Alert(Alert::Bell))
            .count();
    }
    assert_eq!(alerts, 1);
    stage.wait(Duration::from_secs(2));
    stage.keys("Bb");
    let mut batch = Batch::default();
    batch.push_message(stage.now, b"c", b"error", SubscriptionId(0));
    let effects = stage.send(Event::Feed(Feed::Batch(Box::new(batch))));
    let words = "subscope: breakpoint hit: error".to_owned();
    assert_eq!(effects, [Effect::Alert(Alert::Notification(words))]);
}

#[test]
fn a_disabled_breakpoint_requests_nothing_and_resumes_counting_when_enabled() {
    let mut stage = stage();
    break_at(&mut stage, "error");
    let effects = {
        stage.keys("B");
        let space = Event::Key(KeyCode::Char(' ').into());
        stage.app.update(space, stage.now)
    };
    assert_eq!(effects, [Effect::StopScan(WatchId(2))]);
    feed(&mut stage, 101..130);
    assert_eq!(stage.session().breakpoints.list[0].hits, 0);
    stage.wait(Duration::from_secs(1));
    stage.keys(" ");
    stage.code(KeyCode::Esc);
    feed(&mut stage, 131..145);
    assert_eq!(stage.session().breakpoints.list[0].hits, 1);
    stage.keys("Bd");
    assert!(stage.session().breakpoints.list.is_empty());
}

#[test]
fn a_hit_and_its_context_survive_eviction_until_the_view_continues() {
    let mut stage = stage();
    break_at(&mut stage, ".n == 150");
    feed(&mut stage, 101..200);
    assert_eq!(selected_number(&stage), 150);
    let rows = stage.app.window().rows;
    for round in 0..300 {
        feed(&mut stage, 1_000 + round * 100..1_100 + round * 100);
        assert!(stage.session().log.size() <= stage.session().log.budget());
    }
    assert!(stage.session().log.first() > RowId(10_000));
    assert_eq!(selected_number(&stage), 150);
    let window = stage.app.window();
    assert_eq!(window.rows, rows);
    assert!(!window.has_lost);
    assert!(
        window
            .rows
            .iter()
            .all(|row| stage.session().log.row(*row).is_some())
    );
    // The view scrolls normally within the rows kept around the hit.
    stage.keys("k");
    assert_eq!(selected_number(&stage), 149);
    stage.keys(" ");
    assert!(stage.is_following());
    assert!(stage.session().log.row(RowId(149)).is_none());
    let counters = *stage.session().log.counters();
    assert_eq!(counters.received, counters.kept + counters.evicted);
}

#[test]
fn waiting_hits_survive_eviction_and_the_rest_are_counted() {
    let mut stage = stage();
    break_at(&mut stage, ".n in (110, 150)");
    feed(&mut stage, 101..200);
    for round in 0..300 {
        feed(&mut stage, 1_000 + round * 100..1_100 + round * 100);
    }
    assert_eq!(selected_number(&stage), 110);
    stage.keys(" ");
    assert_eq!(selected_number(&stage), 150);
    stage.keys(" ");
    break_at(&mut stage, "error");
    for round in 0..600 {
        feed(&mut stage, 100_000 + round * 100..100_100 + round * 100);
    }
    let breakpoints = &stage.session().breakpoints;
    assert!(breakpoints.gone > 0);
    let hits: u64 = breakpoints.list.iter().map(|one| one.hits).sum();
    let seen = 2 + 1;
    assert_eq!(hits, seen + breakpoints.waiting() + breakpoints.gone);
}

#[test]
fn a_hit_is_shown_even_if_the_filter_hides_it() {
    let mut stage = stage();
    break_at(&mut stage, "error");
    filter(&mut stage, "channel:jobs");
    stage.code(KeyCode::Enter);
    feed(&mut stage, 101..130);
    assert_eq!(selected_number(&stage), 110);
}

#[test]
fn a_breakpoint_from_the_command_line_stops_at_the_first_hit() {
    let mut stage = Stage::with(&["*"], |settings| {
        settings.breakpoints = vec![query(".n == 7")];
    });
    feed(&mut stage, 0..100);
    assert_eq!(selected_number(&stage), 7);
}

#[test]
fn editing_a_breakpoint_resets_its_count() {
    let mut stage = stage();
    break_at(&mut stage, "error");
    feed(&mut stage, 101..130);
    stage.keys("Be");
    assert_eq!(written(&stage), "error");
    stage.ctrl('u');
    stage.keys("info");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.context(), Context::Breakpoints);
    assert_eq!(stage.session().breakpoints.list[0].hits, 0);
    assert_eq!(stage.session().breakpoints.list[0].query.text(), "info");
}

#[test]
fn a_hit_survives_however_much_arrived_right_before_it() {
    let mut stage = stage();
    break_at(&mut stage, "BIGHIT");
    let large = vec![b'x'; 4_000];
    let many: Vec<(&str, &[u8])> = (0..600).map(|_| ("c", large.as_slice())).collect();
    stage.messages(&many);
    stage.messages(&[("c", b"BIGHIT")]);
    for round in 0..300 {
        feed(&mut stage, round * 100..round * 100 + 100);
        assert!(stage.session().log.size() <= stage.session().log.budget());
    }
    assert_eq!(stage.selected(), "BIGHIT");
    assert!(!stage.session().breakpoints.stop.as_ref().unwrap().is_gone);
}

#[test]
fn a_large_hit_survives_too() {
    let mut stage = stage();
    break_at(&mut stage, "BIGHIT");
    let large = [b"BIGHIT".to_vec(), vec![b'x'; 500_000]].concat();
    stage.messages(&[("c", &large)]);
    for round in 0..300 {
        feed(&mut stage, round * 100..round * 100 + 100);
    }
    assert!(stage.selected().starts_with("BIGHIT"));
}

#[test]
fn a_row_marks_where_others_were_evicted_after_a_hit() {
    let mut stage = stage();
    break_at(&mut stage, "error");
    for round in 0..300 {
        feed(&mut stage, 101 + round * 100..201 + round * 100);
    }
    stage.keys("G");
    break_at(&mut stage, "never");
    assert!(stage.session().log.seams().next().is_none());
    stage.keys("Bkd");
    stage.code(KeyCode::Esc);
    break_at(&mut stage, ".n == 50000");
    feed(&mut stage, 50_000..50_100);
    for round in 0..300 {
        feed(&mut stage, round * 100..round * 100 + 100);
    }
    stage.send(Event::Resize(140, 60));
    let seam = stage.session().log.seams().next().unwrap();
    assert!(stage.payload_of(seam).starts_with("Evicted"));
    while stage.app.window().selected != Some(seam) {
        stage.keys("j");
    }
    assert_line(&stage, &["messages evicted here"]);
    let first_gone = stage.session().log.evicted_before_first();
    assert!(first_gone < stage.session().log.counters().evicted);
}

#[test]
fn an_edited_breakpoint_does_not_claim_hits_of_its_previous_query() {
    let mut stage = stage();
    break_at(&mut stage, "error");
    feed(&mut stage, 101..141);
    stage.keys("Be");
    stage.ctrl('u');
    stage.keys("zzz");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Esc);
    let breakpoints = &stage.session().breakpoints;
    assert_eq!(breakpoints.stop.as_ref().unwrap().query.text(), "error");
    assert_eq!(breakpoints.waiting(), 0);
    stage.keys(" ");
    assert!(stage.is_following());
    // A breakpoint that is off stays off when edited.
    stage.keys("B e");
    stage.keys("z");
    stage.code(KeyCode::Enter);
    assert!(!stage.session().breakpoints.list[0].is_on());
}

#[test]
fn a_row_that_two_breakpoints_hit_waits_once() {
    let mut stage = stage();
    break_at(&mut stage, "error");
    break_at(&mut stage, "rror");
    feed(&mut stage, 101..141);
    assert_eq!(stage.session().breakpoints.waiting(), 3);
    // A breakpoint that is switched off no longer stops the view.
    stage.keys("B j ");
    stage.code(KeyCode::Esc);
    assert_eq!(stage.session().breakpoints.waiting(), 0);
}

#[test]
fn a_hit_shown_despite_a_filter_is_not_counted_as_a_match() {
    let mut stage = stage();
    filter(&mut stage, "error");
    stage.code(KeyCode::Enter);
    break_at(&mut stage, ".n == 115");
    feed(&mut stage, 100..120);
    assert_eq!(selected_number(&stage), 115);
    assert_eq!(stage.session().shown.messages(), 12);
    stage.keys("k");
    assert_eq!(selected_number(&stage), 110);
    stage.keys("j ");
    assert!(stage.is_following());
    assert!(!stage.app.window().rows.contains(&RowId(115)));
}

#[test]
fn rows_evicted_before_a_breakpoint_could_test_them_are_reported() {
    let mut stage = stage();
    break_at(&mut stage, "error");
    // No scan is answered for a while.
    let mut waiting = Vec::new();
    for round in 0..300 {
        let mut batch = Batch::default();
        for number in 0..100 {
            let payload = format!("error {round} {number} {}", "x".repeat(60));
            batch.push_message(stage.now, b"c", payload.as_bytes(), SubscriptionId(0));
        }
        let event = Event::Feed(Feed::Batch(Box::new(batch)));
        waiting.extend(stage.app.update(event, stage.now));
    }
    for effect in waiting {
        if let Effect::Scan(request) = effect {
            let answer = stage.engine.answer(request);
            stage.send(Event::Scanned(answer));
        }
    }
    let breakpoint = &stage.session().breakpoints.list[0];
    assert!(breakpoint.missed() > 0);
    assert_eq!(breakpoint.hits + breakpoint.missed(), 30_000);
    stage.keys("B");
    stage.send(Event::Resize(140, 40));
    assert_line(
        &stage,
        &["error", "rows evicted before being searched", "hits"],
    );
}

// --- Highlights, hits and gaps -----------------------------------------------------------------

#[test]
fn brackets_jump_between_marks_hits_and_gaps() {
    let mut stage = stage();
    stage.keys("kkkkk");
    assert_eq!(selected_number(&stage), 94);
    stage.keys("x");
    assert!(stage.session().marked.contains(&RowId(94)));
    stage.notice(Notice::Dropped(subscope::message::Dropped::default()));
    feed(&mut stage, 100..110);
    stage.keys("G[");
    assert!(stage.selected().starts_with("Dropped"));
    stage.keys("[");
    assert_eq!(selected_number(&stage), 94);
    stage.keys("[");
    assert_eq!(
        stage.toast(),
        "no older mark, breakpoint hit or gap in the rows shown"
    );
    stage.keys("]");
    assert!(stage.selected().starts_with("Dropped"));
    stage.keys("[x");
    assert!(!stage.session().marked.contains(&RowId(94)));
}

#[test]
fn marks_disappear_with_their_rows() {
    let mut stage = stage();
    stage.keys("kx");
    let row = stage.app.window().selected.unwrap();
    for round in 0..300 {
        feed(&mut stage, round * 100..round * 100 + 100);
    }
    assert!(stage.session().log.row(row).is_none());
    assert!(!stage.session().marked.contains(&row));
}

#[test]
fn the_box_names_its_purpose() {
    let mut stage = stage();
    for (key, purpose) in [
        ("/", Purpose::Filter),
        ("F", Purpose::Find),
        ("B", Purpose::Breakpoint(None)),
    ] {
        stage.keys(key);
        assert!(
            matches!(stage.app.overlay(), Some(Overlay::Query(query_box)) if query_box.purpose == purpose)
        );
        stage.code(KeyCode::Esc);
        stage.code(KeyCode::Esc);
    }
}

#[test]
fn the_title_of_the_box_says_which_query_is_edited() {
    let mut stage = stage();
    let keep = |stage: &mut Stage| {
        stage.code(KeyCode::Enter);
        stage.code(KeyCode::Esc);
    };
    stage.keys("f");
    assert!(
        stage.screen().contains("╭ New saved filter ─"),
        "{}",
        stage.screen()
    );
    stage.keys("error");
    keep(&mut stage);
    stage.keys("fainfo");
    keep(&mut stage);
    filter(&mut stage, "orders");
    stage.code(KeyCode::Enter);
    // The chips are the typed filter and the two saved ones.
    for (steps, title, text) in [
        ("", "╭ Filter ─", "orders"),
        ("l", "╭ Edit saved filter: info ─", "info"),
        ("ll", "╭ Edit saved filter: error ─", "error"),
    ] {
        stage.keys("X");
        stage.keys("hhhh");
        stage.keys(steps);
        stage.code(KeyCode::Enter);
        assert!(stage.screen().contains(title), "{}", stage.screen());
        assert_eq!(written(&stage), text);
        stage.keys("s");
        assert!(stage.screen().contains(title), "{}", stage.screen());
        keep(&mut stage);
        if stage.app.context() == Context::Chips {
            stage.code(KeyCode::Esc);
        }
    }
    let filters = &stage.session().filters;
    let listed = filters.list.iter().map(|filter| filter.query.text());
    assert_eq!(listed.collect::<Vec<_>>(), ["errors", "infos"]);
    assert_eq!(filters.typed.as_ref().map(Query::text), Some("orderss"));
    stage.keys("f");
    stage.keys("ie");
    assert!(
        stage.screen().contains("╭ Edit saved filter: not errors ─"),
        "{}",
        stage.screen()
    );
    stage.code(KeyCode::Esc);
    stage.code(KeyCode::Esc);
    break_at(&mut stage, "n == 7");
    stage.keys("Be");
    assert!(
        stage.screen().contains("╭ Edit breakpoint: n == 7 ─"),
        "{}",
        stage.screen()
    );
}

#[test]
fn times_in_queries_refer_to_the_displayed_time_zone() {
    let mut stage = Stage::new(&["*"]);
    stage.keys("t");
    // 2023-11-14 22:13:20 UTC
    stage.messages(&[("c", b"early")]);
    stage.now = Time(START.0 + 60_000_000);
    stage.messages(&[("c", b"late")]);
    filter(&mut stage, "since:22:14:00");
    assert_eq!(stage.session().shown.messages(), 1);
    stage.ctrl('u');
    stage.keys("last:30s");
    assert_eq!(stage.session().shown.messages(), 1);
    stage.ctrl('u');
    stage.keys("until:22:14");
    assert_eq!(stage.session().shown.messages(), 1);
}

#[test]
fn every_query_in_the_manual_is_valid() {
    let page = std::fs::read_to_string("assets/manual/queries.md").unwrap();
    let section = page.split("\n## ").find(|part| part.starts_with("Terms"));
    let rows = section
        .unwrap()
        .lines()
        .filter(|line| line.starts_with("| `"));
    let mut count = 0;
    for row in rows {
        // Take the text in backticks from the first cell, where a bar is escaped.
        let cell = row.replace("\\|", "\0");
        let cell = cell.split('|').nth(1).unwrap().replace('\0', "|");
        for text in cell.split('`').skip(1).step_by(2) {
            assert!(!query(text).is_everything(), "{text}");
            count += 1;
        }
    }
    assert!(count > 15, "{count}");
}

#[test]
fn an_exact_topic_matches_only_its_own_name() {
    assert!(Topic::channel(b"a*").matches(b"a*"));
    assert!(!Topic::channel(b"a*").matches(b"ab"));
}

// --- Drawing -----------------------------------------------------------------------------------

/// Asserts that a line of the screen contains all of `parts` in this order.
#[track_caller]
fn assert_line(stage: &Stage, parts: &[&str]) {
    let screen = stage.screen();
    let has_all = |line: &str| {
        let mut rest = line;
        parts.iter().all(|part| {
            rest.find(part)
                .map(|at| rest = &rest[at + part.len()..])
                .is_some()
        })
    };
    assert!(screen.lines().any(has_all), "{parts:?} in\n{screen}");
}

#[test]
fn the_title_shows_the_filter_and_how_many_messages_match() {
    let mut stage = stage();
    filter(&mut stage, "error");
    stage.code(KeyCode::Enter);
    assert_line(&stage, &[" filter error ×"]);
    assert_line(&stage, &["Messages 10 of 100 ──"]);
    stage.code(KeyCode::Esc);
    assert_line(&stage, &["Messages 100 ──"]);
    stage.keys("Ferror");
    stage.code(KeyCode::Enter);
    stage.send(Event::Resize(120, 24));
    assert_line(&stage, &["Messages 100 · 10/10 found: error"]);
}

#[test]
fn the_box_shows_the_error_below_its_place_or_the_matches() {
    let mut stage = stage();
    filter(&mut stage, "error");
    assert_line(&stage, &["│ error"]);
    assert_line(&stage, &["│ 10 of 100"]);
    stage.code(KeyCode::Enter);
    stage.keys("/ /(/");
    let screen = stage.screen();
    let lines: Vec<&str> = screen.lines().collect();
    let written = lines.iter().position(|line| line.contains("/(/")).unwrap();
    let columns = |line: &str, part: &str| line[..line.find(part).unwrap()].chars().count();
    let mark = columns(lines[written + 1], "▲");
    let place = columns(lines[written], "/(/");
    assert!((place..place + 3).contains(&mark), "{screen}");
    assert_line(&stage, &[" filter error ×"]);
    assert_line(&stage, &["Messages 10 of 100 ──"]);
}

#[test]
fn the_syntax_is_listed_above_the_box_with_examples() {
    let mut stage = stage();
    stage.keys("/");
    stage.code(KeyCode::F(1));
    assert_line(&stage, &["Syntax"]);
    assert_line(&stage, &["channel:orders.*"]);
    stage.send(Event::Resize(140, 40));
    for (form, example, meaning) in subscope::query::SYNTAX {
        assert_line(&stage, &[form, example, meaning]);
    }
    stage.code(KeyCode::F(1));
    assert!(!stage.screen().contains("Syntax"));
}

#[test]
fn esc_closes_the_syntax_before_the_box() {
    let mut stage = stage();
    stage.keys("/size>");
    stage.code(KeyCode::F(1));
    assert_line(&stage, &["Syntax"]);
    stage.code(KeyCode::Esc);
    assert!(!stage.screen().contains("Syntax"));
    assert_line(&stage, &["size>"]);
    assert_eq!(stage.app.context(), Context::Query);
    stage.code(KeyCode::Esc);
    assert_eq!(stage.app.context(), Context::Messages);
}

/// Returns the visible lines of the syntax list.
fn syntax_in_view(stage: &Stage) -> Vec<String> {
    let screen = stage.screen();
    let lines = screen
        .lines()
        .skip_while(|line| !line.contains("╭ Syntax "));
    let lines = lines.skip(1).take_while(|line| !line.starts_with('╰'));
    let inside = |line: &str| line.trim_matches(['│', '┃', ' ']).to_owned();
    lines.map(inside).collect()
}

/// Returns the whole text of the syntax list, paging through it from the top.
fn syntax_paged(stage: &mut Stage) -> String {
    let mut words = syntax_in_view(stage);
    loop {
        let before = syntax_in_view(stage);
        stage.code(KeyCode::PageDown);
        let page = syntax_in_view(stage);
        if page == before {
            return words.join(" ");
        }
        let overlap = (0..page.len()).find(|from| before.ends_with(&page[..page.len() - from]));
        let known = overlap.map_or(0, |from| page.len() - from);
        words.extend(page.into_iter().skip(known));
    }
}

#[test]
fn the_whole_syntax_list_is_readable_at_any_width() {
    let one_space = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (width, height) in [(80, 24), (104, 24), (60, 20), (40, 12), (33, 30)] {
        let mut stage = stage();
        stage.send(Event::Resize(width, height));
        stage.keys("/");
        stage.code(KeyCode::F(1));
        assert!(stage.screen().contains('┃'), "{width}×{height}");
        let words = syntax_paged(&mut stage);
        assert!(!words.contains('…'), "{words}");
        for (_, example, meaning) in subscope::query::SYNTAX {
            assert!(words.contains(example), "{words}");
            for word in one_space(meaning).split(' ') {
                assert!(words.contains(word), "{word} in {words}");
            }
        }
        // Back at the top, the most important syntax comes first.
        stage.code(KeyCode::PageDown);
        for _ in 0..20 {
            stage.code(KeyCode::PageUp);
        }
        assert!(syntax_in_view(&stage)[0].contains("timeout"));
        assert_eq!(written(&stage), "");
    }
}

#[test]
fn the_most_important_syntax_fits_80_by_24_without_paging() {
    let mut stage = stage();
    stage.keys("/");
    stage.code(KeyCode::F(1));
    for example in [
        "timeout",
        "timeout or refused",
        "/took",
        "channel:",
        ".user.id",
        "size",
    ] {
        let seen = syntax_in_view(&stage);
        assert!(
            seen.iter().any(|line| line.starts_with(example)),
            "{example}: {seen:?}"
        );
    }
    assert_line(&stage, &["PgUp PgDn"]);
    // The list keeps its position when the screen is resized, but does not scroll past its end.
    stage.code(KeyCode::PageDown);
    stage.send(Event::Resize(80, 60));
    assert!(syntax_in_view(&stage)[0].starts_with("timeout"));
    assert!(!stage.screen().contains("PgUp PgDn"));
}

#[test]
fn a_long_error_is_wrapped_and_its_place_is_coloured() {
    let mut stage = stage();
    stage.send(Event::Resize(40, 12));
    filter(&mut stage, "ab size>lots");
    assert_line(&stage, &["│ write a size in bytes, or with k, m  │"]);
    assert_line(&stage, &["│ or g: size>10k "]);
    let buffer = stage.buffer();
    let red = buffer.content.iter().filter(|cell| cell.fg == Color::Red);
    let red: String = red.map(Cell::symbol).collect();
    assert!(red.starts_with("lots"), "{red}");
    // Where the text is longer than the box, the error gives the position in words.
    stage.ctrl('u');
    stage.keys("some long text that comes before is:jsx");
    assert_line(&stage, &["│ at column 34 (\"is:jsx\"): is: takes"]);
    assert_line(&stage, &["│ json, binary, notice, gap, drift,"]);
    assert_line(&stage, &["│ invalid or seqgap, as in is:json"]);
}

#[test]
fn a_stop_names_its_breakpoint_and_waiting_hits_and_marks_its_row() {
    let mut stage = stage();
    stage.confirm(0);
    stage.send(Event::Resize(120, 24));
    break_at(&mut stage, "error");
    feed(&mut stage, 101..131);
    assert_line(
        &stage,
        &[
            "hit ❚❚ error · ",
            " new rows · 2 more hits · Space: next hit",
        ],
    );
    assert_line(&stage, &["◆", "orders", r#""n":110,"#]);
    stage.keys("]");
    assert_line(&stage, &["◆", "orders", r#""n":120,"#]);
    stage.keys("x");
    assert_line(&stage, &["●", "orders", r#""n":120,"#]);
}

#[test]
fn a_stop_keeps_the_filter_on_the_screen() {
    let mut stage = stage();
    stage.confirm(0);
    stage.send(Event::Resize(120, 24));
    filter(&mut stage, ".n >= 0");
    stage.code(KeyCode::Enter);
    break_at(&mut stage, "error");
    feed(&mut stage, 100..120);
    for (width, height) in [(120, 24), (80, 24), (60, 15), (40, 12)] {
        stage.send(Event::Resize(width, height));
        assert_line(&stage, &[" stopped at error ×  filter .n >= 0 ×"]);
        assert_line(&stage, &["hit ❚❚"]);
    }
    // Without room for the chips, the title names the filter.
    stage.send(Event::Resize(120, 7));
    assert_line(&stage, &["· /.n >= 0 ", "hit ❚❚ error"]);
}

#[test]
fn matching_rows_have_a_margin_sign_after_those_of_marks_and_hits() {
    let mut stage = stage();
    stage.keys("Fchannel:jobs");
    stage.code(KeyCode::Enter);
    assert_line(&stage, &["»", "jobs", r#""n":99,"#]);
    assert!(!stage.screen().contains("» orders"));
    let screen = stage.screen();
    let of = |channel: &str| screen.lines().filter(|line| line.contains(channel)).count();
    let found = screen.lines().filter(|line| line.contains("│»")).count();
    assert!(found > 5, "{screen}");
    assert_eq!(found, of("jobs   {"), "{screen}");
    stage.keys("x");
    assert_line(&stage, &["│●", "jobs", r#""n":99,"#]);
    stage.keys("x");
    assert_line(&stage, &["│»", "jobs", r#""n":99,"#]);
    break_at(&mut stage, ".n == 101");
    stage.keys("G");
    feed(&mut stage, 100..102);
    assert_line(&stage, &["│◆", "jobs", r#""n":101,"#]);
}

#[test]
fn the_help_explains_the_signs_in_the_margin() {
    let mut stage = stage();
    stage.send(Event::Resize(80, 400));
    stage.keys("?");
    assert_line(&stage, &["●", "◆", "»"]);
}

/// Returns the highlighted matches, one string per line that has any.
fn matches_drawn(stage: &Stage) -> Vec<String> {
    let area = stage.app.areas().screen;
    let buffer = stage.buffer();
    let rows = buffer.content.chunks(usize::from(area.width));
    let marked = rows.map(|row| {
        let cells = row
            .iter()
            .filter(|cell| cell.modifier.contains(Modifier::UNDERLINED));
        cells.map(Cell::symbol).collect::<String>()
    });
    marked.filter(|marked| !marked.is_empty()).collect()
}

#[test]
fn the_text_matched_by_a_breakpoint_is_highlighted_at_the_stop() {
    let mut stage = stage();
    filter(&mut stage, "level");
    stage.code(KeyCode::Enter);
    break_at(&mut stage, "error");
    feed(&mut stage, 101..131);
    assert_eq!(selected_number(&stage), 110);
    let marked = matches_drawn(&stage);
    assert_eq!(marked.iter().filter(|one| *one == "error").count(), 1);
    assert!(marked.iter().all(|one| one == "error" || one == "level"));
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Enter);
    stage.keys("z");
    assert_eq!(matches_drawn(&stage), ["error"]);
    stage.keys("q");
    // The search takes precedence over the breakpoint.
    stage.keys("Finfo");
    stage.code(KeyCode::Enter);
    assert!(matches_drawn(&stage).iter().all(|one| one == "info"));
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Enter);
    stage.keys("z");
    assert_eq!(matches_drawn(&stage), ["info"]);
}

/// Returns a payload of 300 lines, as JSON or as text; lines 100, 200 and 290 contain `needle`.
fn haystack(is_json: bool) -> String {
    let word = |line: usize| match line {
        100 | 200 | 290 => "needle",
        _ => "straw",
    };
    let lines = (0..300).map(|line| format!(r#""{line} {}""#, word(line)));
    let lines: Vec<String> = lines.collect();
    if is_json {
        format!("[{}]", lines.join(","))
    } else {
        lines.join("\n")
    }
}

#[test]
fn an_open_message_shows_its_first_match_and_n_and_capital_n_cycle() {
    for (is_json, query) in [(true, "Fneedle"), (false, "Fneedle"), (true, "/needle")] {
        let mut stage = stage();
        stage.messages(&[("big", haystack(is_json).as_bytes())]);
        stage.keys(query);
        stage.code(KeyCode::Enter);
        stage.code(KeyCode::Enter);
        stage.code(KeyCode::Enter);
        stage.keys("z");
        let form = if is_json { "JSON" } else { "Text" };
        assert_line(&stage, &["value", "bytes", form]);
        assert_line(&stage, &[" 1 of 3 matches "]);
        assert_line(&stage, &["»", "100 needle"]);
        assert_line(&stage, &["97 straw"]);
        assert_line(&stage, &["n next match"]);
        stage.keys("n");
        assert_line(&stage, &[" 2 of 3 matches "]);
        assert_line(&stage, &["»", "200 needle"]);
        stage.keys("n");
        assert_line(&stage, &[" 3 of 3 matches "]);
        assert_line(&stage, &["»", "290 needle"]);
        stage.keys("n");
        assert_eq!(stage.toast(), "no later match in this message");
        assert_line(&stage, &["»", "290 needle"]);
        stage.keys("N");
        assert_line(&stage, &[" 2 of 3 matches "]);
        assert_line(&stage, &["»", "200 needle"]);
        stage.keys("NN");
        assert_eq!(stage.toast(), "no earlier match in this message");
        assert_line(&stage, &["»", "100 needle"]);
        // After a move, n and N continue from the selected value or the first visible row.
        stage.keys("gn");
        assert_line(&stage, &[" 1 of 3 matches "]);
        stage.keys("GN");
        let before_end = if is_json {
            " 3 of 3 matches "
        } else {
            " 2 of 3 matches "
        };
        assert_line(&stage, &[before_end]);
    }
}

#[test]
fn an_open_message_reports_a_single_match_and_no_match() {
    let mut stage = stage();
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Enter);
    assert_line(&stage, &["value", "JSON"]);
    assert!(!stage.screen().contains("n next match"));
    stage.keys("n");
    assert_eq!(stage.toast(), "no marked match in this message");
    stage.keys("q");
    stage.keys("Finfo");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Enter);
    assert_line(&stage, &[" 1 of 1 match "]);
    stage.code(KeyCode::Enter);
    stage.send(Event::Resize(40, 12));
    assert_line(&stage, &[" 1 of 1 match "]);
}

#[test]
fn the_lists_say_what_each_filter_and_breakpoint_does() {
    let mut stage = stage();
    stage.keys("f");
    stage.keys("x");
    stage.code(KeyCode::Enter);
    stage.keys("d");
    assert_line(&stage, &["No saved filters · a add"]);
    assert_line(&stage, &["saves one"]);
    stage.send(Event::Resize(40, 12));
    assert_line(&stage, &["No saved filters · a add ·"]);
    assert_line(&stage, &["filter box saves"]);
    stage.send(Event::Resize(80, 24));
    stage.code(KeyCode::Esc);
    filter(&mut stage, "error");
    stage.chord(KeyModifiers::ALT, KeyCode::Enter);
    stage.keys("fi");
    assert_line(&stage, &["● exclude", "error"]);
    stage.keys(" ");
    assert_line(&stage, &["○ exclude", "error"]);
    stage.code(KeyCode::Esc);
    break_at(&mut stage, ".n > 100");
    stage.keys("B+bl");
    feed(&mut stage, 100..103);
    assert_line(
        &stage,
        &["● log only", ".n > 100", "every 2 · bell · 2 hits"],
    );
    // A narrow list leaves room for the query.
    stage.send(Event::Resize(40, 12));
    assert_line(&stage, &["● log only .n > 100           2 hits"]);
}

#[test]
fn a_long_error_in_a_list_appears_below_the_query() {
    let mut stage = stage();
    break_at(&mut stage, "jq(def f: f; f)");
    feed(&mut stage, 100..110);
    let list = &stage.session().breakpoints.list;
    let trouble = list[0].trouble().expect("the program fails").to_owned();
    stage.keys("B");
    for width in [80, 40] {
        stage.send(Event::Resize(width, 12));
        assert_line(&stage, &["stop     jq(def f: f; f) ", "0 hits │"]);
        let words = stage.screen().replace(['│', '\n'], " ");
        let words: Vec<&str> = words.split_whitespace().collect();
        let words = words.join(" ");
        assert!(words.contains(&trouble), "{trouble} in {words}");
    }
}

#[test]
fn the_help_is_not_cut_at_80_columns() {
    let mut stage = stage();
    stage.send(Event::Resize(80, 400));
    stage.keys("?");
    let screen = stage.screen();
    let lines = screen.lines().filter(|line| line.starts_with('│'));
    let mut lines = lines.map(|line| line.trim_matches(['│', ' ']));
    let too_long = |line: &&str| line.chars().count() > 77;
    assert_eq!(lines.clone().find(too_long), None);
    assert!(lines.any(|line| line.starts_with("Before a row: ●")));
}

#[test]
fn a_filter_without_matches_says_how_to_continue() {
    let mut stage = stage();
    stage.send(Event::Resize(120, 24));
    filter(&mut stage, "nothing like it");
    stage.code(KeyCode::Enter);
    assert_line(
        &stage,
        &["0 of 100 messages on 2 channels match nothing like it"],
    );
    assert_line(&stage, &["100 are hidden. Press / to change the"]);
}

#[test]
fn one_hidden_message_is_hidden() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("orders", b"1")]);
    filter(&mut stage, "nothing like it");
    stage.code(KeyCode::Enter);
    assert_line(&stage, &["1 is hidden."]);
}

#[test]
fn every_query_overlay_is_usable_at_every_small_size() {
    let open: [&[KeyCode]; 5] = [
        &[KeyCode::Char('/'), KeyCode::F(1)],
        &[KeyCode::Char('/'), KeyCode::Char('(')],
        &[KeyCode::Char('f')],
        &[KeyCode::Char('B')],
        &[KeyCode::Enter],
    ];
    for keys in open {
        let mut stage = stage();
        stage.messages(&[("big", haystack(true).as_bytes())]);
        break_at(&mut stage, "jq(def f: f; f)");
        feed(&mut stage, 100..110);
        stage.keys("Fneedle");
        stage.code(KeyCode::Enter);
        stage.keys("N");
        for key in keys {
            stage.code(*key);
        }
        for width in [0, 1, 2, 3, 5, 9, 20, 39] {
            for height in 0..14 {
                stage.send(Event::Resize(width, height));
                for key in [KeyCode::PageDown, KeyCode::PageUp] {
                    stage.code(key);
                    stage.buffer();
                }
                if stage.app.context() == Context::Message {
                    stage.keys("nnnNN");
                    stage.buffer();
                }
            }
        }
    }
}

#[test]
fn a_stop_names_its_query_and_waiting_hits_at_every_width() {
    let mut stage = stage();
    stage.confirm(0);
    break_at(&mut stage, "error");
    feed(&mut stage, 101..131);
    for width in 80..200 {
        stage.send(Event::Resize(width, 24));
        assert_line(&stage, &["hit ❚❚ error", "2 more hits"]);
        let screen = stage.screen();
        assert!(
            !screen.contains("· ─") && !screen.contains("· ╮"),
            "{screen}"
        );
    }
}

#[test]
fn a_list_suggests_another_query_only_for_text_that_looks_like_one() {
    for key in ["f", "B"] {
        for (text, offered) in [
            ("level is error", Some(".level == \"error\"")),
            ("chanel:orders", Some("channel:orders")),
            ("level:error", None),
            ("n=7", None),
            ("n == 7", None),
        ] {
            let mut stage = stage();
            stage.keys(key);
            stage.keys(text);
            assert_eq!(stage.app.offered(), offered, "{key}{text}");
        }
    }
}

#[test]
fn a_frozen_view_says_that_nothing_can_arrive() {
    let mut stage = stage();
    stage.confirm(0);
    stage.connection(Connection::Live);
    stage.send(Event::Resize(160, 24));
    stage.keys(" ");
    assert_line(&stage, &["frozen ❚❚ 0 newer · Space resumes"]);
    assert!(!stage.screen().contains("not receiving"));
    stage.connection(Connection::Reconnecting {
        reason: ConnectionError::Io("gone".into()),
        retry_at: stage.now.after(Duration::from_secs(3)),
        attempts: 1,
    });
    stage.send(Event::Feed(Feed::Unconfirmed(vec![SubscriptionId(0)])));
    assert_line(
        &stage,
        &["not receiving · reconnecting in 3 s · frozen ❚❚ 0 newer · Space resumes"],
    );
    for columns in [40, 60, 80] {
        stage.send(Event::Resize(columns, 24));
        assert_line(&stage, &["not receiving", "❚❚"]);
    }
    // The same is shown at a breakpoint.
    stage.keys(" ");
    stage.send(Event::Resize(160, 24));
    break_at(&mut stage, "error");
    feed(&mut stage, 100..101);
    assert_line(&stage, &["not receiving", "hit ❚❚ error"]);
}
