//! The app: key presses and events, what it shows and the effects it requests.

use std::time::Duration;

use crossterm::event::{
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind,
};

use subscope::app::{
    Answer, Chord, CommandInput, CommandShow, Context, Effect, Ending, Event, Focus, KeyedCommand,
    Keymap, Overlay, Room, Scope, Sort, SubscriptionState, TimeForm, UserCommand, inside,
    notice_words,
};
use subscope::log::Batch;
use subscope::message::{
    ConnectionError, Gap, GapCause, GapEnd, NodeId, Notice, Partial, RowId, Subscription,
    SubscriptionId, Topic,
};
use subscope::server::{Command, Connection, Feed, Health, NodeFacts, PublishError, Role};

use crate::support::stage::{START, Stage, copied, published};

// --- The message log ---------------------------------------------------------------------------

#[test]
fn every_movement_key_freezes_the_log_and_moves_by_its_distance() {
    let page = 19; // 24 rows minus status, hints, the idle box and two borders
    for (press, expected) in [
        (KeyEvent::from(KeyCode::Up), 98),
        (KeyCode::Char('k').into(), 98),
        (KeyCode::Char('j').into(), 99),
        (KeyCode::Down.into(), 99),
        (KeyCode::PageUp.into(), 99 - page / 2 * 2),
        (
            KeyEvent::new(KeyCode::Char('b'), KeyModifiers::CONTROL),
            99 - page / 2 * 2,
        ),
        (
            KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL),
            99 - page / 2,
        ),
        (KeyCode::Char('g').into(), 0),
        (KeyCode::Home.into(), 0),
        (KeyCode::Char(' ').into(), 99),
    ] {
        let mut stage = Stage::new(&["*"]);
        stage.numbered("a", 100);
        assert_eq!(stage.app.window().rows.len(), page);
        stage.send(Event::Key(press));
        assert!(!stage.is_following(), "{press:?}");
        assert_eq!(stage.selected(), expected.to_string(), "{press:?}");
        let window = stage.app.window();
        assert!(window.rows.contains(&window.selected.unwrap()), "{press:?}");
    }
}

#[test]
fn end_g_space_and_esc_follow_again() {
    for press in [
        KeyCode::End,
        KeyCode::Char('G'),
        KeyCode::Char(' '),
        KeyCode::Esc,
    ] {
        let mut stage = Stage::new(&["*"]);
        stage.numbered("a", 100);
        stage.keys("g");
        assert!(stage.app.window().is_at_top);
        stage.code(press);
        assert!(stage.is_following(), "{press:?}");
        assert_eq!(stage.selected(), "99");
        assert_eq!(stage.app.window().newer, 0);
    }
}

#[test]
fn a_frozen_log_stays_put_and_counts_what_arrives_below() {
    let mut stage = Stage::new(&["*"]);
    stage.numbered("a", 100);
    stage.keys(" ");
    let before = stage.app.window();
    stage.numbered("b", 25);
    let after = stage.app.window();
    assert_eq!(
        (&after.rows, after.selected),
        (&before.rows, before.selected)
    );
    assert_eq!((before.newer, after.newer), (0, 25));
    stage.keys("g");
    assert_eq!(stage.app.window().newer, 125 - 19);
}

#[test]
fn a_frozen_log_that_becomes_taller_fills_up_from_above() {
    let mut stage = Stage::new(&["*"]);
    stage.numbered("a", 100);
    stage.keys(" ");
    stage.numbered("b", 25);
    let before = stage.app.window();
    stage.send(Event::Resize(80, 40));
    let after = stage.app.window();
    let height = usize::from(inside(stage.app.areas().messages).height);
    assert!(height > before.rows.len());
    assert_eq!(after.rows.len(), height);
    // Rows that have arrived since the log was frozen stay below the view.
    assert_eq!(after.rows.last(), before.rows.last());
    assert_eq!((after.selected, after.newer), (before.selected, 25));
}

#[test]
fn the_selection_keeps_its_row_until_eviction_and_then_moves_to_the_oldest() {
    let mut stage = Stage::with(&["*"], |settings| settings.keep = 64 << 10);
    stage.numbered("a", 500);
    stage.keys(" ");
    assert_eq!(stage.selected(), "499");
    let held = stage.app.window().selected;
    while stage.session().log.counters().evicted == 0 {
        stage.numbered("b", 100);
    }
    assert_eq!(stage.app.window().selected, held);
    while stage.session().log.first() <= held.unwrap() {
        stage.numbered("b", 100);
    }
    let window = stage.app.window();
    assert!(window.is_at_top);
    assert_eq!(window.selected, Some(stage.session().log.first()));
    assert_eq!(window.newer + window.rows.len() as u64, stage.shown());
}

#[test]
fn a_smaller_screen_keeps_the_selected_row_in_view() {
    let mut stage = Stage::new(&["*"]);
    stage.numbered("a", 100);
    stage.keys(" ");
    stage.send(Event::Resize(80, 14));
    let window = stage.app.window();
    assert!(window.rows.contains(&window.selected.unwrap()));
    assert_eq!(stage.selected(), "99");
    assert_eq!(window.newer, 0);
}

#[test]
fn clearing_removes_the_rows_and_keeps_the_counts_and_channels() {
    let mut stage = Stage::new(&["*"]);
    stage.numbered("a", 100);
    stage.keys("gc");
    assert!(stage.is_following());
    assert_eq!(stage.shown(), 0);
    let counters = *stage.session().log.counters();
    assert_eq!(
        (counters.received, counters.kept, counters.cleared),
        (100, 0, 100)
    );
    assert_eq!(counters.evicted, 0);
    assert_eq!(stage.listed(), ["*", "a"]);
    stage.numbered("a", 1);
    assert_eq!(stage.shown(), 1);
}

#[test]
fn the_time_format_cycles_and_is_announced() {
    let mut stage = Stage::new(&["*"]);
    for form in [
        TimeForm::Utc,
        TimeForm::Delta,
        TimeForm::SinceMark,
        TimeForm::Age,
        TimeForm::Local,
    ] {
        stage.keys("t");
        assert_eq!(stage.session().time_form, form);
        assert!(stage.toast().contains(form.name()));
    }
}

#[test]
fn releasing_a_key_does_nothing() {
    let mut stage = Stage::new(&["*"]);
    let mut key = KeyEvent::from(KeyCode::Char('q'));
    key.kind = crossterm::event::KeyEventKind::Release;
    assert_eq!(stage.send(Event::Key(key)), []);
}

// --- Channels ----------------------------------------------------------------------------------

fn channels_of(messages: &[(&str, &[u8])]) -> Stage {
    let mut stage = Stage::new(&["*"]);
    stage.messages(messages);
    stage.keys("");
    stage.code(KeyCode::Tab);
    assert_eq!(stage.app.focus(), Focus::Channels);
    stage
}

const THREE: &[(&str, &[u8])] = &[("a", b"1"), ("b", b"2"), ("a", b"3"), ("c", b"4")];

#[test]
fn enter_toggles_between_the_selected_channel_and_all() {
    let mut stage = channels_of(THREE);
    assert_eq!(stage.listed(), ["*", "a", "b", "c"]);
    stage.keys("j");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.session().filters.only, Some(Scope::channel(b"a")));
    assert_eq!(stage.shown(), 2);
    stage.messages(&[("b", b"5"), ("a", b"6")]);
    assert_eq!((stage.shown(), stage.selected()), (3, "6".to_owned()));
    stage.keys("b");
    stage.code(KeyCode::Enter);
    assert_eq!((&stage.session().filters.only, stage.shown()), (&None, 6));
}

#[test]
fn esc_first_shows_all_channels_and_then_follows_again() {
    let mut stage = channels_of(THREE);
    stage.keys("j ");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Esc);
    assert_eq!(stage.session().filters.only, None);
    assert!(!stage.is_following());
    stage.code(KeyCode::Esc);
    assert!(stage.is_following());
}

#[test]
fn a_pattern_can_be_shown_alone_or_muted() {
    let mut stage = Stage::new(&["a*", "b"]);
    let mut batch = Batch::default();
    batch.push_message(stage.now, b"a1", b"1", SubscriptionId(0));
    batch.push_message(stage.now, b"b", b"2", SubscriptionId(1));
    stage.send(Event::Feed(Feed::Batch(Box::new(batch))));
    stage.code(KeyCode::BackTab);
    stage.code(KeyCode::Enter);
    assert_eq!(
        stage.session().filters.only,
        Some(Scope::of(Topic::pattern(b"a*")))
    );
    assert_eq!((stage.shown(), stage.selected()), (1, "1".to_owned()));
    let screen = stage.screen();
    assert!(screen.contains(" only via a* ×") && screen.contains("Messages 1 of 2"));
    stage.keys("b");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.shown(), 2);
    stage.keys("bm");
    assert!(stage.toast().contains("a* muted"), "{}", stage.toast());
    assert_eq!((stage.shown(), stage.selected()), (1, "2".to_owned()));
    // For a channel that is muted through the pattern, the toast says how to show it.
    stage.keys("jm");
    assert!(
        stage
            .toast()
            .contains("a1 is muted with a* · m on a* unmutes it"),
        "{}",
        stage.toast()
    );
    stage.keys("km");
    assert_eq!(stage.shown(), 2);
}

#[test]
fn muting_hides_kept_and_new_messages_and_m_shows_them_again() {
    let mut stage = channels_of(THREE);
    stage.keys("jm");
    assert!(stage.session().filters.muted.contains(b"a"));
    assert_eq!(stage.shown(), 2);
    stage.messages(&[("a", b"5")]);
    assert_eq!((stage.shown(), stage.session().log.counters().kept), (2, 5));
    stage.keys("m");
    assert_eq!(stage.shown(), 5);
    assert!(stage.toast().contains("unmuted"));
}

#[test]
fn a_channel_shown_alone_is_visible_even_if_muted() {
    let mut stage = channels_of(THREE);
    stage.keys("jm");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.shown(), 2);
}

#[test]
fn the_sentinels_greetings_are_muted_from_the_start() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("__sentinel__:hello", b"x"), ("a", b"1")]);
    assert_eq!((stage.shown(), stage.session().log.counters().kept), (1, 2));
}

#[test]
fn a_channel_can_be_muted_or_shown_alone_before_its_first_message() {
    let mut stage = Stage::new(&["orders", "users"]);
    stage.code(KeyCode::BackTab);
    assert_eq!(stage.channel_selected(), "orders");
    stage.keys("m");
    stage.messages(&[("orders", b"1"), ("users", b"2")]);
    assert_eq!(stage.shown(), 1);
    let mut stage = Stage::new(&["orders", "users"]);
    stage.code(KeyCode::BackTab);
    stage.code(KeyCode::Enter);
    stage.messages(&[("users", b"2")]);
    assert_eq!(stage.shown(), 0);
    stage.messages(&[("orders", b"1")]);
    assert_eq!(stage.shown(), 1);
}

#[test]
fn a_mute_survives_its_channel_being_forgotten() {
    let mut stage = Stage::with(&["*"], |settings| settings.keep = 16 << 10);
    stage.messages(&[("muted", b"1")]);
    stage.keys(" m ");
    assert!(stage.session().filters.muted.contains(b"muted"));
    for part in 0..15 {
        let names: Vec<String> = (0..1000)
            .map(|number| format!("c{part}:{number}"))
            .collect();
        let messages: Vec<_> = names
            .iter()
            .map(|name| (name.as_str(), &b"x"[..]))
            .collect();
        stage.messages(&messages);
    }
    assert!(stage.session().log.channels().find(b"muted").is_none());
    let before = stage.shown();
    assert!(before > 0);
    let kept = stage.session().log.counters().kept;
    stage.messages(&[("muted", b"2")]);
    assert_eq!(stage.shown(), stage.session().log.counters().kept - 1);
    assert!(kept > 0);
}

#[test]
fn s_cycles_through_sort_orders_and_keeps_the_selection() {
    let mut stage = Stage::new(&[]);
    stage.messages(&[("c", b"1"), ("b", b"1"), ("b", b"2"), ("b", b"3")]);
    stage.wait(Duration::from_secs(10));
    stage.numbered("c", 10);
    stage.wait(Duration::from_secs(1));
    stage.messages(&[("a", b"1")]);
    stage.wait(Duration::from_secs(1));
    stage.code(KeyCode::BackTab);
    stage.keys("G");
    assert_eq!(
        (stage.listed().concat(), stage.channel_selected()),
        ("abc".into(), "c".into())
    );
    for (sort, order) in [
        (Sort::Rate, "cab"),
        (Sort::Count, "cba"),
        (Sort::LastHeard, "acb"),
        (Sort::Name, "abc"),
    ] {
        stage.keys("s");
        assert_eq!(
            (stage.app.channels().sort, stage.listed().concat()),
            (sort, order.into())
        );
        assert_eq!(stage.channel_selected(), "c", "{sort:?}");
    }
}

#[test]
fn a_selected_channel_stays_selected_when_others_appear_before_it() {
    let mut stage = channels_of(&[("m", b"1")]);
    stage.keys("j");
    stage.messages(&[("a", b"1"), ("b", b"1")]);
    assert_eq!(stage.channel_selected(), "m");
    assert_eq!(stage.app.channels().line, 3);
    stage.keys("G");
    assert_eq!(stage.channel_selected(), "m");
    stage.keys("g");
    assert_eq!(stage.channel_selected(), "*");
}

// --- Subscriptions -----------------------------------------------------------------------------

#[test]
fn the_prompt_recognises_patterns_and_takes_an_exact_name_on_request() {
    let mut stage = Stage::new(&[]);
    stage.keys("aorders:*");
    assert_eq!(stage.app.context(), Context::Prompt);
    let effects = stage.code(KeyCode::Enter);
    let subscription = Subscription {
        id: SubscriptionId(0),
        topic: Topic::pattern(b"orders:*"),
    };
    assert_eq!(effects, [Effect::Command(Command::Subscribe(subscription))]);
    assert_eq!(stage.state(0), &SubscriptionState::Pending);
    assert!(stage.app.overlay().is_none());
    stage.keys("aorders:*");
    stage.ctrl('x');
    let effects = stage.code(KeyCode::Enter);
    let subscription = Subscription {
        id: SubscriptionId(1),
        topic: Topic::channel(b"orders:*"),
    };
    assert_eq!(effects, [Effect::Command(Command::Subscribe(subscription))]);
    assert_eq!(stage.listed(), ["orders:*", "orders:*"]);
}

#[test]
fn duplicate_and_empty_names_and_esc_subscribe_to_nothing() {
    let mut stage = Stage::new(&["orders"]);
    stage.keys("aorders");
    assert_eq!(stage.code(KeyCode::Enter), []);
    assert!(stage.toast().contains("already subscribed to orders"));
    stage.keys("a");
    assert_eq!(stage.code(KeyCode::Enter), []);
    stage.keys("ausers");
    assert_eq!(stage.code(KeyCode::Esc), []);
    assert_eq!(stage.session().subscriptions.counts(), (0, 1));
    assert!(stage.app.overlay().is_none());
}

#[test]
fn text_pasted_into_a_name_becomes_one_line_without_a_line_break() {
    let mut stage = Stage::new(&[]);
    stage.keys("a");
    stage.send(Event::Paste("orders\r\nnew\n".to_owned()));
    let Some(Overlay::Subscribe(prompt)) = stage.app.overlay() else {
        panic!("no prompt");
    };
    assert_eq!(prompt.input.text(), "orders new");
}

#[test]
fn no_key_adds_a_line_break_to_a_name() {
    let breaks = [
        (KeyModifiers::ALT, KeyCode::Enter),
        (KeyModifiers::CONTROL, KeyCode::Enter),
        (KeyModifiers::CONTROL, KeyCode::Char('m')),
        (KeyModifiers::NONE, KeyCode::Char('\n')),
    ];
    for (modifiers, code) in breaks {
        let mut stage = Stage::new(&[]);
        stage.keys("aord");
        stage.chord(modifiers, code);
        let Some(Overlay::Subscribe(prompt)) = stage.app.overlay() else {
            panic!("no prompt");
        };
        assert_eq!(prompt.input.text(), "ord", "{modifiers:?} {code:?}");
        let mut stage = Stage::new(&[]);
        stage.keys("pord");
        stage.chord(modifiers, code);
        assert_eq!(stage.box_texts().0, "ord", "{modifiers:?} {code:?}");
    }
}

#[test]
fn a_late_confirmation_does_not_restore_an_unsubscribed_channel() {
    let mut stage = Stage::new(&["orders"]);
    let subscription = stage.subscription(0);
    stage.code(KeyCode::BackTab);
    assert_eq!(
        stage.keys("u"),
        [Effect::Command(Command::Unsubscribe(SubscriptionId(0)))]
    );
    stage.confirm(0);
    assert_eq!(stage.state(0), &SubscriptionState::Unsubscribed);
    stage.notice(Notice::Denied {
        subscription,
        reason: "NOPERM".into(),
    });
    assert_eq!(stage.state(0), &SubscriptionState::Unsubscribed);
    assert_eq!(stage.session().subscriptions.counts(), (0, 0));
}

#[test]
fn a_channel_received_through_a_pattern_cannot_be_unsubscribed_from() {
    let mut stage = channels_of(THREE);
    stage.keys("j");
    assert_eq!(stage.keys("u"), []);
    assert!(
        stage.toast().contains("a arrives through a pattern"),
        "{}",
        stage.toast()
    );
    stage.keys("k");
    assert_eq!(
        stage.keys("u"),
        [Effect::Command(Command::Unsubscribe(SubscriptionId(0)))]
    );
    assert_eq!(stage.listed(), ["a", "b", "c"]);
}

#[test]
fn subscriptions_go_through_their_states() {
    let mut stage = Stage::new(&["a", "b", "c"]);
    stage.connection(Connection::Live);
    for id in 0..3 {
        stage.confirm(id);
    }
    assert_eq!(stage.session().subscriptions.counts(), (3, 3));
    stage.connection(Connection::Reconnecting {
        reason: ConnectionError::Io("server closed the connection".into()),
        retry_at: stage.now.after(Duration::from_secs(3)),
        attempts: 0,
    });
    let all = [0, 1, 2].map(SubscriptionId);
    stage.send(Event::Feed(Feed::Unconfirmed(all.into())));
    assert_eq!(stage.session().subscriptions.counts(), (0, 3));
    assert_eq!(stage.session().server.round_trip, None);
    stage.connection(Connection::Live);
    stage.confirm(0);
    let (b, c) = (stage.subscription(1), stage.subscription(2));
    stage.notice(Notice::Denied {
        subscription: b,
        reason: "NOPERM".into(),
    });
    stage.notice(Notice::Ended(c));
    assert_eq!(stage.state(0), &SubscriptionState::Live);
    assert_eq!(stage.state(1), &SubscriptionState::Denied("NOPERM".into()));
    assert!(matches!(stage.state(2), SubscriptionState::Ended(_)));
    let a = stage.subscription(0);
    stage.notice(Notice::Unsubscribed {
        subscription: a,
        count: 0,
        server: None,
        asked: false,
    });
    assert!(matches!(stage.state(0), SubscriptionState::Ended(_)));
}

#[test]
fn an_ended_subscription_can_be_renewed_and_is_listed_once() {
    let mut stage = Stage::new(&["a"]);
    let subscription = stage.subscription(0);
    stage.notice(Notice::Ended(subscription));
    assert!(stage.session().subscriptions.have_all_ended());
    stage.keys("aa");
    let effects = stage.code(KeyCode::Enter);
    assert!(matches!(
        effects[..],
        [Effect::Command(Command::Subscribe(_))]
    ));
    stage.confirm(1);
    assert_eq!(stage.session().subscriptions.counts(), (1, 1));
    assert_eq!(stage.listed(), ["a"]);
}

#[test]
fn r_and_subscribing_again_retry_a_denied_subscription() {
    let mut stage = Stage::new(&["a"]);
    stage.connection(Connection::Live);
    let subscription = stage.subscription(0);
    stage.notice(Notice::Denied {
        subscription,
        reason: "NOPERM".into(),
    });
    assert_eq!(stage.keys("r"), [Effect::Command(Command::Reconnect)]);
    stage.keys("aa");
    assert_eq!(
        stage.code(KeyCode::Enter),
        [Effect::Command(Command::Reconnect)]
    );
    stage.confirm(0);
    assert_eq!(stage.keys("r"), []);
    assert!(stage.toast().contains("already connected"));
}

#[test]
fn r_retries_in_every_state_but_live() {
    let states = [
        Connection::Connecting,
        Connection::Refused {
            reason: ConnectionError::Redis("WRONGPASS".into()),
            retry_at: None,
        },
        Connection::Idle,
        Connection::Reconnecting {
            reason: ConnectionError::Io("refused".into()),
            retry_at: START,
            attempts: 3,
        },
    ];
    for state in states {
        let mut stage = Stage::new(&["a"]);
        stage.connection(state);
        assert_eq!(stage.keys("r"), [Effect::Command(Command::Reconnect)]);
    }
}

// --- Publishing --------------------------------------------------------------------------------

#[test]
fn p_uses_the_selected_channel_and_enter_sends_the_text() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("orders", b"1")]);
    stage.keys("p");
    assert_eq!(stage.app.focus(), Focus::PublishPayload);
    stage.keys("hello qG?");
    assert_eq!(
        stage.code(KeyCode::Enter),
        published(1, "orders", b"hello qG?")
    );
    assert_eq!(stage.app.publish().answer, Answer::Waiting { id: 1 });
    assert_eq!(stage.box_texts(), ("orders".into(), String::new()));
    stage.send(Event::Feed(Feed::Published {
        id: 1,
        receivers: Ok(0),
        counted_at: None,
    }));
    assert_eq!(
        stage.app.publish().answer,
        Answer::Received { count: 0, at: None }
    );
    stage.keys("again");
    assert_eq!(stage.code(KeyCode::Enter), published(2, "orders", b"again"));
    stage.send(Event::Feed(Feed::Published {
        id: 1,
        receivers: Ok(7),
        counted_at: None,
    }));
    assert_eq!(stage.app.publish().answer, Answer::Waiting { id: 2 });
    stage.send(Event::Feed(Feed::Published {
        id: 2,
        receivers: Err(PublishError::Refused("no connection".into())),
        counted_at: None,
    }));
    assert_eq!(stage.failure(), "no connection");
}

#[test]
fn without_a_channel_the_box_asks_for_the_name_first() {
    let mut stage = Stage::new(&[]);
    stage.keys("p");
    assert_eq!(stage.app.focus(), Focus::PublishChannel);
    stage.keys("news");
    assert_eq!(stage.code(KeyCode::Enter), []);
    assert_eq!(stage.app.focus(), Focus::PublishPayload);
    stage.keys("x");
    assert_eq!(stage.code(KeyCode::Enter), published(1, "news", b"x"));
}

#[test]
fn esc_returns_from_the_box_to_the_previous_pane_and_keeps_the_text() {
    let mut stage = channels_of(THREE);
    stage.keys("jphello");
    stage.code(KeyCode::Esc);
    assert_eq!(stage.app.focus(), Focus::Channels);
    assert_eq!(stage.box_texts(), ("a".into(), "hello".into()));
    stage.keys("jp");
    assert_eq!(stage.box_texts(), ("b".into(), "hello".into()));
}

#[test]
fn alt_enter_adds_a_line_and_the_arrows_reach_the_history_only_from_the_edges() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("orders", b"1")]);
    stage.keys("pone");
    stage.code(KeyCode::Enter);
    stage.keys("two");
    stage.chord(KeyModifiers::ALT, KeyCode::Enter);
    stage.keys("lines");
    assert_eq!(
        stage.code(KeyCode::Enter),
        published(2, "orders", b"two\nlines")
    );
    stage.keys("draft");
    stage.code(KeyCode::Up);
    assert_eq!(stage.box_texts().1, "two\nlines");
    stage.code(KeyCode::Up);
    assert_eq!(stage.box_texts().1, "two\nlines");
    stage.code(KeyCode::Up);
    assert_eq!(stage.box_texts().1, "one");
    stage.code(KeyCode::Up);
    assert_eq!(stage.box_texts().1, "one");
    stage.code(KeyCode::Down);
    assert_eq!(stage.box_texts().1, "two\nlines");
    stage.code(KeyCode::Down);
    assert_eq!(stage.box_texts().1, "draft");
    stage.code(KeyCode::Down);
    assert_eq!(stage.box_texts().1, "draft");
}

#[test]
fn a_channel_chosen_while_browsing_the_history_stays_chosen() {
    let mut stage = channels_of(THREE);
    stage.keys("jpone");
    stage.code(KeyCode::Enter);
    stage.keys("draft");
    stage.code(KeyCode::Up);
    stage.code(KeyCode::Esc);
    stage.keys("jp");
    assert_eq!(stage.box_texts(), ("b".into(), "one".into()));
    stage.code(KeyCode::Down);
    assert_eq!(stage.box_texts(), ("b".into(), "one".into()));
}

#[test]
fn a_growing_screen_shows_no_blank_lines_below_the_help_or_an_open_message() {
    let mut stage = Stage::new(&["*"]);
    stage.send(Event::Resize(80, 12));
    stage.keys("?G");
    stage.send(Event::Resize(80, 24));
    let Some(Overlay::Help(help)) = stage.app.overlay() else {
        panic!("no help");
    };
    let top = help.top;
    stage.keys("G");
    assert!(matches!(stage.app.overlay(), Some(Overlay::Help(help)) if help.top == top));
    for payload in [
        format!("[{}]", vec!["1"; 100].join(",")),
        "line\n".repeat(100),
    ] {
        let mut stage = Stage::new(&["*"]);
        stage.messages(&[("a", payload.as_bytes())]);
        stage.send(Event::Resize(80, 12));
        stage.code(KeyCode::Enter);
        stage.keys("zG");
        stage.send(Event::Resize(80, 24));
        let before = top_of_message(&stage);
        stage.keys("G");
        assert_eq!(top_of_message(&stage), before);
    }
}

#[test]
fn tab_completes_the_name_and_cycles_through_candidates() {
    let mut stage = Stage::new(&["orders:z", "or*"]);
    stage.messages(&[("orders:a", b"1"), ("users", b"1")]);
    stage.keys("p");
    stage.code(KeyCode::BackTab);
    assert_eq!(stage.app.focus(), Focus::PublishChannel);
    stage.code(KeyCode::Home);
    stage.ctrl('k');
    stage.keys("or");
    for name in ["orders:a", "orders:z", "orders:a"] {
        stage.code(KeyCode::Tab);
        assert_eq!(stage.box_texts().0, name);
    }
    assert!(
        stage.screen().contains("1 of 2 · Tab next"),
        "{}",
        stage.screen()
    );
    stage.keys("!");
    assert!(!stage.screen().contains("Tab next"));
    stage.code(KeyCode::Tab);
    assert_eq!(stage.box_texts().0, "orders:a!");
    assert_eq!(stage.app.focus(), Focus::PublishPayload);
    for key in [KeyCode::Tab, KeyCode::BackTab] {
        stage.code(key);
        assert_eq!(stage.app.focus(), Focus::PublishChannel);
        stage.code(KeyCode::BackTab);
        assert_eq!(stage.app.focus(), Focus::PublishPayload);
    }
}

#[test]
fn escapes_become_bytes_and_an_invalid_one_keeps_the_text() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("orders", b"1")]);
    stage.keys("p");
    stage.ctrl('x');
    assert!(stage.app.publish().escapes);
    stage.keys(r"a\q");
    assert_eq!(stage.code(KeyCode::Enter), []);
    assert!(stage.failure().contains("message"), "{}", stage.failure());
    assert_eq!(stage.box_texts().1, r"a\q");
    stage.code(KeyCode::Esc);
    stage.keys("p");
    assert_eq!(stage.box_texts().1, r"a\q");
    stage.code(KeyCode::Backspace);
    stage.keys(r"xff\n");
    assert_eq!(
        stage.code(KeyCode::Enter),
        published(1, "orders", b"a\xff\n")
    );
}

#[test]
fn e_edits_a_binary_message_as_escapes_and_sends_the_same_bytes() {
    let payload = b"\x00\xff\\n \x1b[31m\r\n";
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("bin", payload)]);
    stage.keys(" e");
    assert!(stage.app.publish().escapes);
    assert_eq!(stage.app.focus(), Focus::PublishPayload);
    assert_eq!(stage.code(KeyCode::Enter), published(1, "bin", payload));
    stage.code(KeyCode::Esc);
    stage.messages(&[("text", b"a\\n\nb\tc")]);
    stage.keys("Ge");
    stage.keys("e");
    assert!(!stage.app.publish().escapes);
    assert_eq!(
        stage.code(KeyCode::Enter),
        published(2, "text", b"a\\n\nb\tc")
    );
}

#[test]
fn publishing_to_channels_that_programs_act_on_asks_first() {
    for name in [
        "__sentinel__:hello",
        "__keyspace@0__:x",
        "__subkeyevent@0__:y",
        "",
    ] {
        let mut stage = Stage::new(&[]);
        stage.keys("p");
        stage.keys(name);
        stage.code(KeyCode::Enter);
        stage.keys("x");
        assert_eq!(stage.code(KeyCode::Enter), []);
        assert_eq!(stage.app.context(), Context::Confirm, "{name}");
        assert_eq!(stage.code(KeyCode::Enter), []);
        assert_eq!(stage.keys("n"), []);
        assert_eq!(stage.box_texts(), (name.into(), "x".into()));
        stage.code(KeyCode::Enter);
        assert_eq!(stage.keys("y"), published(1, name, b"x"));
        assert!(stage.app.overlay().is_none());
    }
}

#[test]
fn read_only_keeps_the_box_closed_and_says_why() {
    let mut stage = Stage::with(&["*"], |settings| settings.read_only = true);
    stage.messages(&[("orders", b"1")]);
    stage.keys(" ");
    for key in ["p", "e"] {
        assert_eq!(stage.keys(key), []);
        assert_eq!(stage.app.focus(), Focus::Messages, "{key}");
        assert!(stage.toast().contains("--read-only"), "{}", stage.toast());
    }
    let place = stage.app.areas().publish;
    stage.mouse(MouseEventKind::Down(MouseButton::Left), 5, place.y);
    assert_eq!(stage.app.focus(), Focus::Messages);
    assert!(stage.toast().contains("--read-only"));
}

#[test]
fn a_paste_adds_all_lines_to_the_message_and_nothing_to_a_pane() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("orders", b"1")]);
    assert_eq!(stage.send(Event::Paste("q".into())), []);
    assert!(stage.toast().contains("no text box to paste into"));
    stage.keys("p");
    stage.send(Event::Paste("a\r\nb\rc\n".into()));
    assert_eq!(stage.box_texts().1, "a\nb\nc\n");
    stage.code(KeyCode::BackTab);
    stage.send(Event::Paste("\nx\ny\n".into()));
    assert_eq!(stage.box_texts().0, "ordersx y");
}

/// Returns the text before the terminal's cursor in its row.
fn before_caret(stage: &Stage) -> String {
    let (x, y) = stage.caret().unwrap();
    let buffer = stage.buffer();
    (0..x).map(|x| buffer[(x, y)].symbol()).collect()
}

#[test]
fn the_terminal_cursor_is_shown_only_where_text_is_typed() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("orders", b"1")]);
    assert_eq!(stage.caret(), None);
    for open in ["a", "/", "F"] {
        stage.keys(open);
        stage.keys("wörd");
        assert!(before_caret(&stage).ends_with(" wörd"), "{open}");
        stage.code(KeyCode::Left);
        assert!(before_caret(&stage).ends_with(" wör"), "{open}");
        stage.code(KeyCode::Esc);
        assert_eq!(stage.caret(), None, "{open}");
    }
    stage.keys("p");
    stage.keys("x");
    stage.send(Event::Paste("y\nzz".into()));
    assert!(before_caret(&stage).ends_with("│ zz"));
    stage.code(KeyCode::BackTab);
    assert!(before_caret(&stage).ends_with("Publish to orders"));
    stage.code(KeyCode::Esc);
    assert_eq!(stage.caret(), None);
    stage.code(KeyCode::Enter);
    stage.keys("/1");
    assert!(before_caret(&stage).ends_with(" 1"));
}

#[test]
fn a_box_refuses_more_text_than_it_can_edit_and_says_so() {
    let mut stage = Stage::new(&["*"]);
    stage.keys("pa");
    stage.send(Event::Paste("x".repeat(20 << 10)));
    assert!(
        stage.toast().contains("at most 16.0 KiB"),
        "{}",
        stage.toast()
    );
    assert_eq!(stage.box_texts().0, "a");
    stage.code(KeyCode::Enter);
    stage.send(Event::Paste("x\n".repeat(100_000)));
    assert_eq!(stage.box_texts().1.len(), 200_000);
    assert!(before_caret(&stage).ends_with("│ "));
    stage.send(Event::Paste("x\n".repeat(100_000)));
    assert!(
        stage.toast().contains("at most 256 KiB"),
        "{}",
        stage.toast()
    );
    assert_eq!(stage.box_texts().1.len(), 200_000);
    stage.keys("end");
    assert!(before_caret(&stage).ends_with("│ end"));
    stage.code(KeyCode::Esc);
    stage.keys("/");
    stage.send(Event::Paste("y".repeat(16 << 10)));
    stage.keys("z");
    assert!(
        stage.toast().contains("at most 16.0 KiB"),
        "{}",
        stage.toast()
    );
}

/// Sends text as keys that arrive at once, as from a terminal that does not mark pastes.
fn burst(stage: &mut Stage, text: &str) -> Vec<Effect> {
    together(stage, text, Event::Burst)
}

/// Sends text as a few keys that arrive at once.
fn typed_ahead(stage: &mut Stage, text: &str) -> Vec<Effect> {
    together(stage, text, Event::TypedAhead)
}

fn together(stage: &mut Stage, text: &str, event: fn(KeyEvent) -> Event) -> Vec<Effect> {
    let key = |letter| match letter {
        '\r' => KeyCode::Enter,
        '\t' => KeyCode::Tab,
        letter => KeyCode::Char(letter),
    };
    let keys = text.chars().map(|letter| KeyEvent::from(key(letter)));
    keys.flat_map(|key| stage.send(event(key))).collect()
}

#[test]
fn an_unmarked_paste_is_text_and_sends_nothing() {
    let mut stage = Stage::new(&["*"]);
    stage.keys("pa");
    stage.code(KeyCode::Enter);
    assert_eq!(burst(&mut stage, "one\r\rtwo\tx\r"), []);
    assert!(stage.toast().contains("Enter send"), "{}", stage.toast());
    assert_eq!(stage.box_texts().1, "one\n\ntwo\tx");
    // The next burst continues the text, as when a paste takes more than one read.
    assert_eq!(burst(&mut stage, "y\r"), []);
    assert_eq!(stage.box_texts().1, "one\n\ntwo\tx\ny");
    assert_eq!(stage.code(KeyCode::Enter).len(), 1);
}

#[test]
fn pasted_keys_only_move_outside_text_boxes() {
    let mut stage = Stage::new(&["*"]);
    stage.numbered("a", 30);
    let text = "please call Bob: F3 up/down, DEL x, mute=1 [q] s t v w z i C S T W Z ?\r";
    assert_eq!(burst(&mut stage, text), []);
    assert!(stage.app.overlay().is_none());
    assert_eq!(stage.app.focus(), Focus::Messages);
    assert_eq!(stage.shown(), 30);
    assert!((0..30).all(|row| !stage.session().marked.contains(&RowId(row))));
    assert_eq!(stage.box_texts(), (String::new(), String::new()));
    assert!(
        stage.toast().contains("several keys at once"),
        "{}",
        stage.toast()
    );
    // Movement keys take effect without closing the toast.
    burst(&mut stage, "gg");
    assert_eq!(stage.selected(), "0");
    assert!(
        stage.toast().contains("several keys at once"),
        "{}",
        stage.toast()
    );
    burst(&mut stage, "jjjk");
    assert_eq!(stage.selected(), "2");
    stage.keys("j");
    assert_eq!(stage.toast(), "");
}

#[test]
fn keys_typed_ahead_open_a_text_box_and_are_text_in_it() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("orders", b"x"), ("metrics", b"y")]);
    typed_ahead(&mut stage, "fx\r");
    assert_eq!(stage.app.context(), Context::Query);
    assert_eq!(
        stage.toast(),
        "several keys at once · Enter again to confirm"
    );
    stage.code(KeyCode::Enter);
    assert_eq!(stage.shown(), 1);
    typed_ahead(&mut stage, ":them\t");
    assert!(stage.screen().contains("theme "), "{}", stage.screen());
    assert_eq!(stage.app.context(), Context::Palette);
    // A payload is not sent.
    let mut stage = Stage::new(&["*"]);
    stage.keys("pa");
    stage.code(KeyCode::Enter);
    assert_eq!(typed_ahead(&mut stage, "one\r"), []);
    assert_eq!(stage.toast(), "several keys at once · Enter again to send");
    assert_eq!(stage.box_texts().1, "one");
}

#[test]
fn keys_typed_ahead_change_nothing_and_do_not_quit() {
    for text in ["quit", "mute", "x", "C C", "dd", "u", "qy"] {
        let mut stage = Stage::new(&["*"]);
        stage.numbered("a", 3);
        assert_eq!(typed_ahead(&mut stage, text), [], "{text}");
        assert_eq!(stage.shown(), 3, "{text}");
        assert!(stage.session().marked.is_empty(), "{text}");
    }
    let mut stage = Stage::new(&["*"]);
    stage.numbered("a", 30);
    typed_ahead(&mut stage, "mgg");
    let ignored = "several keys at once: those that change something are ignored";
    assert_eq!(stage.toast(), ignored);
    assert_eq!(stage.selected(), "0");
    // `q` closes a message, but does not quit.
    stage.code(KeyCode::Enter);
    assert_eq!(typed_ahead(&mut stage, "qq"), []);
    assert_eq!(stage.app.context(), Context::Messages);
    assert_eq!(stage.toast(), ignored);
}

#[test]
fn pasted_keys_change_no_list_and_no_open_message() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", br#"{"b":1}"#)]);
    stage.keys("fb");
    stage.code(KeyCode::Enter);
    assert_eq!(burst(&mut stage, "ddi ea\r"), []);
    assert_eq!(stage.session().filters.list.len(), 1);
    assert_eq!(stage.app.context(), Context::Filters);
    stage.keys("d");
    stage.code(KeyCode::Esc);
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.context(), Context::Message);
    assert_eq!(burst(&mut stage, "qew=izy\r"), []);
    assert_eq!(stage.app.context(), Context::Message);
}

#[test]
fn a_key_held_down_toggles_once() {
    let mut stage = Stage::new(&["*"]);
    stage.numbered("a", 3);
    stage.keys("gm");
    assert!(stage.toast().contains("a muted"), "{}", stage.toast());
    // Half a second until the first repeat, then thirty a second.
    for pause in [500, 33, 33, 33] {
        stage.wait(Duration::from_millis(pause));
        stage.code(KeyCode::Char('m'));
        assert!(stage.toast().contains("a muted"), "{}", stage.toast());
    }
    stage.wait(Duration::from_secs(1));
    stage.code(KeyCode::Char('m'));
    assert!(stage.toast().contains("a unmuted"), "{}", stage.toast());
}

#[test]
fn a_repeated_tap_acts_once_it_is_clearly_not_held() {
    let mut stage = Stage::new(&["*"]);
    stage.numbered("a", 3);
    stage.keys("m");
    assert!(
        stage.toast().contains("m again to mute"),
        "{}",
        stage.toast()
    );
    for is_muted in [true, false, true] {
        stage.wait(Duration::from_millis(300));
        stage.code(KeyCode::Char('m'));
        let due = stage.app.next_tick().unwrap();
        assert!(due.since(stage.now) < Duration::from_millis(200));
        stage.now = due;
        stage.send(Event::Tick);
        assert_eq!(stage.session().filters.muted.contains(b"a"), is_muted);
    }
    // Another key makes the pending key act at once.
    stage.wait(Duration::from_millis(300));
    stage.keys("mj");
    assert!(!stage.session().filters.muted.contains(b"a"));
}

#[test]
fn holding_z_undoes_one_action() {
    let mut stage = Stage::new(&["*"]);
    stage.numbered("a", 3);
    stage.keys("fone");
    stage.code(KeyCode::Enter);
    stage.keys("atwo");
    stage.code(KeyCode::Enter);
    stage.keys("dd");
    assert_eq!(stage.session().filters.list.len(), 0);
    stage.keys("Z");
    for pause in [500, 33, 33] {
        stage.wait(Duration::from_millis(pause));
        stage.code(KeyCode::Char('Z'));
    }
    assert_eq!(stage.session().filters.list.len(), 1);
}

#[test]
fn held_keys_reported_by_the_terminal_need_no_timing() {
    let mut stage = Stage::new(&["*"]);
    stage.numbered("a", 3);
    let key = |stage: &mut Stage, kind| {
        let key = KeyEvent::new_with_kind(KeyCode::Char('m'), KeyModifiers::NONE, kind);
        stage.send(Event::Key(key));
        stage.toast().to_owned()
    };
    stage.keys("g");
    assert!(key(&mut stage, KeyEventKind::Press).contains("a muted"));
    assert!(key(&mut stage, KeyEventKind::Repeat).contains("a muted"));
    key(&mut stage, KeyEventKind::Release);
    assert!(key(&mut stage, KeyEventKind::Press).contains("a unmuted"));
}

#[test]
fn undo_restores_a_list_entry_in_its_place() {
    let mut stage = Stage::new(&["*"]);
    stage.numbered("a", 3);
    for (open, texts) in [
        ("f", ["one", "two", "three"]),
        ("B", ["four", "five", "six"]),
    ] {
        stage.keys(open);
        stage.keys(texts[0]);
        stage.code(KeyCode::Enter);
        for text in &texts[1..] {
            stage.keys("a");
            stage.keys(text);
            stage.code(KeyCode::Enter);
        }
        let listed = |stage: &Stage| -> Vec<String> {
            let filters = stage.session().filters.list.iter().map(|one| &one.query);
            let breakpoints = stage.session().breakpoints.list.iter();
            let breakpoints = breakpoints.map(|one| &one.query);
            let queries: Vec<_> = if open == "f" {
                filters.collect()
            } else {
                breakpoints.collect()
            };
            queries
                .iter()
                .map(|query| query.text().to_owned())
                .collect()
        };
        stage.keys("gd");
        assert!(
            stage
                .toast()
                .contains(&format!("{} removed · Z undoes it", texts[0])),
            "{}",
            stage.toast()
        );
        stage.keys("d");
        assert_eq!(listed(&stage), texts[2..]);
        stage.keys("Z");
        assert!(stage.toast().contains(texts[1]), "{}", stage.toast());
        assert_eq!(listed(&stage), texts[1..]);
        // Undo works outside the list too.
        stage.code(KeyCode::Esc);
        stage.keys("Z");
        assert_eq!(listed(&stage), texts);
        stage.keys("Z");
        assert!(stage.toast().contains("nothing to undo"));
    }
}

#[test]
fn several_actions_are_undone_one_by_one() {
    let mut stage = Stage::new(&["*"]);
    stage.numbered("a", 3);
    stage.keys("fb");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Esc);
    stage.keys("cfdZ");
    assert_eq!(stage.session().filters.list.len(), 1);
    stage.keys("d");
    stage.code(KeyCode::Esc);
    stage.keys("ZZ");
    assert_eq!(stage.session().filters.list.len(), 1);
    assert!(
        stage.toast().contains("3 messages restored"),
        "{}",
        stage.toast()
    );
}

#[test]
fn a_key_that_would_be_refused_is_refused_at_once() {
    let mut stage = Stage::new(&["*"]);
    stage.confirm(0);
    stage.numbered("a", 3);
    stage.keys("u");
    assert!(!stage.is_following());
    assert!(
        stage.toast().contains("a arrives through a pattern"),
        "{}",
        stage.toast()
    );
    stage.keys("Gi");
    assert!(stage.toast().contains("no lens"), "{}", stage.toast());
    let mut stage = Stage::with(&["*"], |settings| settings.read_only = true);
    stage.numbered("a", 3);
    stage.keys("e");
    assert!(stage.toast().contains("read-only"), "{}", stage.toast());
    assert!(stage.is_following());
}

#[test]
fn a_stalled_paste_says_how_to_end_it() {
    let mut stage = Stage::new(&["*"]);
    stage.send(Event::PasteStalled);
    assert!(stage.toast().contains("Esc ends it"), "{}", stage.toast());
    stage.keys("/");
    stage.send(Event::PasteStalled);
    stage.send(Event::Paste("text".to_owned()));
    assert_eq!(stage.toast(), "");
}

#[test]
fn an_unmarked_paste_does_not_confirm_a_line() {
    let mut stage = Stage::new(&["*"]);
    stage.keys("a");
    assert_eq!(burst(&mut stage, "orders\rq\r"), []);
    let Some(Overlay::Subscribe(prompt)) = stage.app.overlay() else {
        panic!("the prompt is still open");
    };
    assert_eq!(prompt.input.text(), "orders q");
    stage.code(KeyCode::Esc);
    stage.keys("/");
    burst(&mut stage, "a\tb\r");
    let Some(Overlay::Query(query)) = stage.app.overlay() else {
        panic!("the box is still open");
    };
    assert_eq!(
        (query.input.text(), query.syntax),
        ("a\tb".to_owned(), None)
    );
}

#[test]
fn a_pasted_control_character_is_shown_and_sent_unchanged() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("orders", b"1")]);
    stage.keys("pa");
    stage.send(Event::Paste("\u{1b}[31m\u{202e}".into()));
    assert!(stage.app.publish().escapes);
    assert_eq!(stage.box_texts().1, r"a\x1b[31m\xe2\x80\xae");
    assert_eq!(
        stage.code(KeyCode::Enter),
        published(1, "orders", "a\u{1b}[31m\u{202e}".as_bytes())
    );
}

// --- Overlays ----------------------------------------------------------------------------------

/// Returns the index of the value, or of the byte of text, at the top of the open message.
fn top_of_message(stage: &Stage) -> usize {
    let reader = &stage.app.open().unwrap().reader;
    let text = stage.app.areas().message_text();
    let room = Room {
        columns: usize::from(text.width),
        height: usize::from(text.height),
    };
    let Some(page) = reader.page(room) else {
        return reader.offset;
    };
    let first = reader.outline.rows(&page).next();
    first.unwrap().node.0 as usize
}

#[test]
fn an_open_message_pages_to_both_ends_in_every_format() {
    let text = "line\n".repeat(100);
    let json = format!("[{}]", vec!["1"; 100].join(","));
    for payload in [text, json.clone()] {
        let is_json = payload == json;
        let mut stage = Stage::new(&["*"]);
        stage.messages(&[("a", payload.as_bytes())]);
        stage.code(KeyCode::Enter);
        stage.code(KeyCode::Enter);
        stage.keys("z");
        let reader = &stage.app.open().unwrap().reader;
        assert_eq!(reader.decoded().unwrap().tree.is_some(), is_json);
        assert_eq!(top_of_message(&stage), 0);
        stage.keys("G");
        let end = top_of_message(&stage);
        assert!(end > 0);
        stage.keys("j");
        stage.code(KeyCode::PageDown);
        assert_eq!(top_of_message(&stage), end);
        stage.keys("g");
        assert_eq!(top_of_message(&stage), 0);
        for _ in 0..20 {
            stage.keys(" ");
        }
        assert_eq!(top_of_message(&stage), end);
        for _ in 0..20 {
            stage.code(KeyCode::PageUp);
        }
        assert_eq!(top_of_message(&stage), 0);
        stage.ctrl('d');
        let half = top_of_message(&stage);
        assert!(half > 0 && half < end);
        stage.ctrl('u');
        assert_eq!(top_of_message(&stage), 0);
        stage.mouse(MouseEventKind::ScrollDown, 5, 5);
        assert!(top_of_message(&stage) > 0);
        // Esc first leaves full screen, then moves the focus back, then closes the message.
        for (is_open, focus) in [
            (true, Focus::Message),
            (true, Focus::Messages),
            (false, Focus::Messages),
        ] {
            stage.code(KeyCode::Esc);
            assert_eq!(
                (stage.app.open().is_some(), stage.app.focus()),
                (is_open, focus)
            );
        }
    }
}

#[test]
fn an_open_message_survives_eviction_and_names_its_subscriptions() {
    let mut stage = Stage::new(&["*", "a"]);
    let mut batch = Batch::default();
    for id in 0..2 {
        batch.push_message(stage.now, b"a", b"payload", SubscriptionId(id));
    }
    stage.send(Event::Feed(Feed::Batch(Box::new(batch))));
    assert_eq!(stage.shown(), 1);
    stage.code(KeyCode::Enter);
    assert_eq!(
        stage.snapshot().topics,
        [Topic::pattern(b"*"), Topic::channel(b"a")]
    );
    stage.code(KeyCode::Enter);
    stage.messages(&vec![("b", &[b'x'; 4096][..]); 20_000]);
    assert!(stage.session().log.row(stage.snapshot().row).is_none());
    assert_eq!(&*stage.snapshot().payload, b"payload");
    assert_eq!(copied(&stage.keys("y")), b"payload");
    stage.keys("e");
    assert_eq!(stage.box_texts(), ("a".into(), "payload".into()));
}

#[test]
fn copying_takes_the_selected_message_or_the_last_of_the_channel() {
    let mut stage = channels_of(THREE);
    stage.keys("j");
    assert_eq!(copied(&stage.keys("y")), b"3");
    assert!(stage.toast().contains("copied"));
    stage.send(Event::Failed("not copied: too large".into()));
    assert!(stage.session().toast().unwrap().is_error);
    stage.code(KeyCode::Tab);
    stage.keys("g");
    assert_eq!(copied(&stage.keys("y")), b"1");
}

#[test]
fn keys_that_need_a_message_say_so_on_an_empty_log() {
    for key in ["e", "y", "m", "u"] {
        let mut stage = Stage::new(&[]);
        assert_eq!(stage.keys(key), []);
        assert!(stage.toast().contains("select a"), "{key}");
    }
    let mut stage = Stage::new(&[]);
    assert_eq!(stage.code(KeyCode::Enter), []);
    assert!(stage.app.open().is_none());
}

#[test]
fn the_help_scrolls_to_both_ends_and_closes() {
    let mut stage = Stage::new(&[]);
    stage.keys("?");
    let top = |stage: &Stage| match stage.app.overlay() {
        Some(Overlay::Help(help)) => help.top,
        other => panic!("{other:?}"),
    };
    stage.keys("G");
    let end = top(&stage);
    stage.keys("jj ");
    assert!(end > 0 && top(&stage) == end);
    stage.keys("gk");
    assert_eq!(top(&stage), 0);
    stage.keys("q");
    assert!(stage.app.overlay().is_none());
}

// --- All contexts ------------------------------------------------------------------------------

#[test]
fn the_help_opens_at_the_keys_of_the_current_context() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", b"{}")]);
    stage.keys("?");
    assert!(stage.screen().contains("Channels and messages"));
    stage.keys("?");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Enter);
    stage.keys("z?");
    let screen = stage.screen();
    assert!(screen.contains("Open message"), "{screen}");
    assert!(!screen.contains("Channels and messages"), "{screen}");
}

/// Returns an app in each context.
fn everywhere() -> Vec<Stage> {
    let starts: [&dyn Fn(&mut Stage); 30] = [
        &|stage| {
            stage.connection(Connection::Refused {
                reason: ConnectionError::Redis("WRONGPASS".into()),
                retry_at: None,
            });
            stage.keys("K");
        },
        &|stage| drop(stage.keys(":mu")),
        &|stage| drop(stage.keys("?/filter")),
        &|stage| {
            stage.keys("f3");
            stage.code(KeyCode::Enter);
            stage.keys("/3");
        },
        &|_| {},
        &|stage| drop(stage.keys("HH")),
        &|stage| drop(stage.keys("ww")),
        &|stage| drop(stage.keys("wwzH")),
        &|stage| drop(stage.code(KeyCode::BackTab)),
        &|stage| drop(stage.keys("p")),
        &|stage| {
            stage.keys("p");
            stage.code(KeyCode::BackTab);
        },
        &|stage| drop(stage.keys("?")),
        &|stage| drop(stage.keys("a")),
        &|stage| drop(stage.code(KeyCode::Enter)),
        &|stage| {
            stage.messages(&[("__keyspace@0__:x", b"set")]);
            stage.keys("px");
            stage.code(KeyCode::Enter);
        },
        &|stage| {
            stage.messages(&[("j", b"[{\"a\":1},[],{}]")]);
            stage.code(KeyCode::Enter);
            stage.code(KeyCode::Enter);
        },
        &|stage| {
            stage.messages(&[("j", b"[{\"a\":1},[],{}]")]);
            stage.code(KeyCode::Enter);
            stage.code(KeyCode::Enter);
            stage.keys("z]");
        },
        &|stage| {
            stage.messages(&[("j", b"[{\"a\":1},[],{}]")]);
            stage.code(KeyCode::Enter);
            stage.code(KeyCode::Enter);
            stage.keys("z/a");
        },
        &|stage| {
            stage.messages(&[("j", b"[{\"a\":1},[],{}]")]);
            stage.code(KeyCode::Enter);
            stage.code(KeyCode::Enter);
            stage.keys("zf");
        },
        &|stage| drop(stage.keys("/3")),
        &|stage| {
            stage.keys("B3");
            stage.code(KeyCode::Enter);
        },
        &|stage| {
            stage.keys("f3");
            stage.code(KeyCode::Enter);
        },
        &|stage| drop(stage.keys("C")),
        &|stage| drop(stage.keys("E")),
        &|stage| drop(stage.keys("R")),
        &|stage| drop(stage.keys(" U")),
        &|stage| drop(stage.keys("vj")),
        &|stage| {
            stage.keys("/3");
            stage.code(KeyCode::Enter);
            stage.keys("X");
        },
        &|stage| {
            stage.code(KeyCode::BackTab);
            stage.keys("/o");
        },
        &|stage| {
            stage.messages(&[("j", b"[{\"a\":1},[],{}]")]);
            stage.code(KeyCode::Enter);
            stage.keys("vj");
            stage.code(KeyCode::Tab);
        },
    ];
    let stages = starts.map(|start| {
        let mut stage = Stage::with(&["*"], |settings| settings.commands = vec![user_command()]);
        stage.numbered("orders", 40);
        start(&mut stage);
        stage
    });
    stages.into()
}

/// Returns a command of the user's own with the key `U`.
fn user_command() -> KeyedCommand {
    KeyedCommand {
        key: Chord::parse("U").ok(),
        command: UserCommand {
            name: "count".to_owned(),
            channel: None,
            run: "wc".to_owned(),
            input: CommandInput::Shown,
            show: CommandShow::Pane,
        },
    }
}

#[test]
fn quitting_and_suspending_work_everywhere() {
    let mut contexts = Vec::new();
    for mut stage in everywhere() {
        contexts.push(stage.app.context());
        assert_eq!(stage.ctrl('z'), [Effect::Suspend]);
        assert_eq!(stage.send(Event::Suspend), [Effect::Suspend]);
        assert_eq!(stage.send(Event::Continued), [Effect::Resume]);
        stage.ctrl('c');
        assert!(stage.toast().contains("Ctrl-C again"));
        assert!(!stage.app.context().is_text());
        assert_eq!(stage.ctrl('c'), [Effect::Quit]);
        assert_eq!(stage.send(Event::End(Ending::Signal(143))), [Effect::Quit]);
    }
    for context in Context::ALL {
        let is_around = matches!(context, Context::Always | Context::Panes);
        // These contexts have a screen of their own.
        let is_before = matches!(context, Context::Profiles | Context::ProfileName);
        let is_pane = !is_around && !is_before;
        assert_eq!(contexts.contains(&context), is_pane, "{context:?}");
    }
    assert_eq!(Stage::new(&[]).keys("q"), [Effect::Quit]);
}

#[test]
fn every_key_and_click_works_at_every_small_size() {
    let keys = [
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::PageUp,
        KeyCode::PageDown,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::Delete,
        KeyCode::Char('g'),
        KeyCode::Char('G'),
        KeyCode::Char('x'),
        KeyCode::Char(' '),
        KeyCode::Char('+'),
        KeyCode::Char('-'),
        KeyCode::Char('0'),
    ];
    for (width, height) in [
        (0, 0),
        (1, 1),
        (2, 2),
        (3, 3),
        (1, 30),
        (200, 1),
        (7, 5),
        (300, 90),
    ] {
        for mut stage in everywhere() {
            stage.send(Event::Resize(width, height));
            for key in keys {
                stage.code(key);
                for kind in [
                    MouseEventKind::ScrollUp,
                    MouseEventKind::ScrollDown,
                    MouseEventKind::Down(MouseButton::Left),
                ] {
                    stage.mouse(kind, width / 2, height / 2);
                }
            }
            stage.send(Event::Resize(80, 24));
            assert_eq!(stage.app.areas().screen.width, 80);
        }
    }
}

#[test]
fn the_wheel_scrolls_the_pane_under_it_and_a_click_focuses_and_selects() {
    let mut stage = Stage::sized((120, 24), &["*"], |_| {});
    stage.numbered("a", 100);
    stage.mouse(MouseEventKind::ScrollUp, 60, 5);
    let window = stage.app.window();
    assert_eq!((stage.is_following(), window.newer), (false, 3));
    stage.mouse(MouseEventKind::ScrollDown, 60, 5);
    assert_eq!(stage.app.window().newer, 0);
    stage.mouse(MouseEventKind::ScrollDown, 60, 5);
    assert!(stage.is_following());
    stage.mouse(MouseEventKind::Down(MouseButton::Left), 60, 2);
    assert_eq!(stage.selected(), (100 - 19).to_string());
    assert_eq!(stage.app.focus(), Focus::Messages);
    stage.mouse(MouseEventKind::Down(MouseButton::Left), 5, 3);
    assert_eq!(
        (stage.app.focus(), stage.channel_selected()),
        (Focus::Channels, "a".into())
    );
    stage.mouse(MouseEventKind::Down(MouseButton::Left), 5, 15);
    assert_eq!(stage.channel_selected(), "a");
    stage.keys("p");
    stage.code(KeyCode::Esc);
    let idle = stage.app.areas().publish.y;
    stage.mouse(MouseEventKind::Down(MouseButton::Left), 5, idle);
    assert_eq!(stage.app.focus(), Focus::PublishPayload);
    let title = stage.app.areas().publish.y;
    stage.mouse(MouseEventKind::Down(MouseButton::Left), 5, title);
    assert_eq!(stage.app.focus(), Focus::PublishChannel);
}

#[test]
fn tab_cycles_through_the_panes_and_shift_tab_goes_back() {
    let mut stage = Stage::new(&["*"]);
    stage.numbered("a", 3);
    let round = |stage: &mut Stage, key| {
        let seen = [(); 3].map(|()| {
            stage.code(key);
            stage.app.focus()
        });
        seen.to_vec()
    };
    let (channels, messages, message) = (Focus::Channels, Focus::Messages, Focus::Message);
    for key in [KeyCode::Tab, KeyCode::BackTab] {
        assert_eq!(round(&mut stage, key), [channels, messages, channels]);
        stage.code(key);
    }
    stage.code(KeyCode::Enter);
    assert_eq!(
        round(&mut stage, KeyCode::Tab),
        [message, channels, messages]
    );
    assert_eq!(
        round(&mut stage, KeyCode::BackTab),
        [channels, message, messages]
    );
}

// --- Time --------------------------------------------------------------------------------------

#[test]
fn no_timer_runs_while_nothing_changes_with_time() {
    let mut stage = Stage::new(&["*"]);
    assert_eq!(stage.app.next_tick(), None);
    stage.connection(Connection::Live);
    stage.confirm(0);
    // A server that is silent for this long is reported.
    let unanswered = START.after(Duration::from_secs(7));
    assert_eq!(stage.app.next_tick(), Some(unanswered));
    stage.keys("m");
    assert_eq!(
        stage.app.next_tick(),
        Some(START.after(Duration::from_secs(5)))
    );
    stage.wait(Duration::from_secs(5));
    assert_eq!(stage.session().toast(), None);
    assert_eq!(stage.app.next_tick(), Some(unanswered));
    stage.connection(Connection::Reconnecting {
        reason: ConnectionError::Io("gone".into()),
        retry_at: stage.now.after(Duration::from_millis(1500)),
        attempts: 1,
    });
    let second = Duration::from_secs(1);
    assert_eq!(stage.app.next_tick(), Some(stage.now.after(second)));
    stage.wait(Duration::from_secs(2));
    assert_eq!(stage.app.next_tick(), None);
}

#[test]
fn rates_tick_every_second_for_a_minute_and_then_less_and_less_often() {
    let mut stage = Stage::new(&["*"]);
    stage.numbered("a", 1);
    let ticks = |stage: &Stage| stage.app.next_tick().unwrap().since(stage.now);
    assert_eq!(ticks(&stage), Duration::from_secs(1));
    stage.wait(Duration::from_secs(80));
    assert_eq!(ticks(&stage), Duration::from_secs(60));
    stage.keys("tttt");
    stage.wait(Duration::from_secs(10));
    assert_eq!(ticks(&stage), Duration::from_secs(1));
    stage.keys("t");
    stage.wait(Duration::from_secs(4000));
    assert_eq!(ticks(&stage), Duration::from_secs(3600));
}

#[test]
fn an_open_gap_is_closed_in_the_same_row() {
    let mut stage = Stage::new(&["*"]);
    let mut gap = Gap {
        last_heard: START,
        noticed: START.after(Duration::from_secs(1)),
        end: GapEnd::Open,
        cause: GapCause::ConnectionLost(None),
        reason: ConnectionError::Io("server closed the connection".into()).into(),
    };
    stage.notice(Notice::Gap(gap.clone()));
    gap.end = GapEnd::Restored(START.after(Duration::from_secs(9)));
    stage.notice(Notice::Gap(gap.clone()));
    assert_eq!(stage.shown(), 1);
    assert_eq!(stage.selected(), format!("{:?}", Notice::Gap(gap)));
}

fn facts(id: u16) -> NodeFacts {
    NodeFacts {
        node: NodeId(id),
        name: format!("10.0.0.{id}:7000").into(),
        role: Role::Primary,
        health: Health::Well,
        slots: Vec::new(),
        subscriptions: 0,
        is_home: id == 0,
        round_trip: None,
    }
}

#[test]
fn a_server_removed_from_the_cluster_disappears_from_the_table() {
    let mut stage = Stage::new(&["*"]);
    let table = |stage: &Stage| {
        stage
            .session()
            .server
            .nodes
            .by_id
            .keys()
            .map(|id| id.0)
            .collect::<Vec<_>>()
    };
    stage.send(Event::Feed(Feed::Nodes(vec![facts(0), facts(1)])));
    assert_eq!(table(&stage), [0, 1]);
    let [near, far] = [1, 80].map(Duration::from_millis);
    for (id, time) in [(0, near), (1, far)] {
        stage.send(Event::Feed(Feed::RoundTrip(NodeId(id), stage.now, time)));
    }
    assert_eq!(stage.session().server.round_trip, Some(far));
    stage.send(Event::Feed(Feed::Nodes(vec![facts(0)])));
    assert_eq!(stage.session().server.round_trip, Some(near));
    // The connection to the removed node ends only later.
    stage.send(Event::Feed(Feed::Connection(NodeId(1), Connection::Idle)));
    assert_eq!(table(&stage), [0]);
}

#[test]
fn tab_stays_in_the_empty_channel_field_if_there_is_nothing_to_complete() {
    let mut stage = Stage::new(&["*"]);
    stage.keys("p");
    assert_eq!(stage.app.focus(), Focus::PublishChannel);
    stage.code(KeyCode::Tab);
    assert_eq!(stage.app.focus(), Focus::PublishChannel);
    assert_eq!(stage.toast(), "no channel to complete yet · type its name");
    // A name that is complete leads on to the message.
    stage.keys("orders");
    stage.code(KeyCode::Tab);
    assert_eq!(stage.app.focus(), Focus::PublishPayload);
}

#[test]
fn a_silent_node_is_reported_although_others_answer() {
    let mut stage = Stage::new(&["*"]);
    stage.send(Event::Feed(Feed::Nodes(vec![facts(0), facts(1)])));
    for id in [0, 1] {
        stage.send(Event::Feed(Feed::Connection(NodeId(id), Connection::Live)));
    }
    let silence = |stage: &Stage| -> Vec<Option<Duration>> {
        let nodes = stage.session().server.nodes.by_id.values();
        nodes
            .map(|node| stage.session().unanswered_by(node))
            .collect()
    };
    stage.wait(Duration::from_secs(5));
    stage.messages(&[("orders", b"1")]);
    stage.wait(Duration::from_secs(3));
    let silent = Some(Duration::from_secs(8));
    assert_eq!(stage.session().unanswered(), silent);
    assert_eq!(silence(&stage), [None, silent]);
    let round_trip = Duration::from_millis(1);
    stage.send(Event::Feed(Feed::RoundTrip(
        NodeId(1),
        stage.now,
        round_trip,
    )));
    assert_eq!(stage.session().unanswered(), None);
    assert_eq!(silence(&stage), [None, None]);
}

#[test]
fn key_events_limited_to_one_node_are_announced_once() {
    let notice = |stage: &Stage| {
        let notices = stage.session().log.notices();
        let partial = notices.filter(|(_, notice)| matches!(notice, Notice::Partial(_)));
        partial.count()
    };
    let event: (&str, &[u8]) = ("__keyspace@0__:foo", b"set");
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[event]);
    assert_eq!(notice(&stage), 0);
    stage.send(Event::Feed(Feed::Nodes(vec![facts(0), facts(1)])));
    stage.messages(&[("orders", b"1")]);
    assert_eq!(notice(&stage), 0);
    stage.messages(&[event]);
    stage.messages(&[event]);
    assert_eq!(notice(&stage), 1);
    let mut stage = Stage::new(&["*", "__key*@*"]);
    stage.send(Event::Feed(Feed::Nodes(vec![facts(0), facts(1)])));
    stage.messages(&[event]);
    assert_eq!(notice(&stage), 0);
}

#[test]
fn each_change_in_what_is_not_received_adds_a_row() {
    let mut stage = Stage::new(&["*"]);
    let mut report = |error: Option<&str>| {
        let partial = error.map(|error| Partial::NodesUnknown(error.into()));
        stage.send(Event::Feed(Feed::Partial(partial)));
        stage.shown()
    };
    let words = "NOPERM";
    assert_eq!(report(None), 0);
    assert_eq!(report(Some(words)), 1);
    assert_eq!(report(Some(words)), 1);
    assert_eq!(report(None), 1);
    assert_eq!(report(Some(words)), 2);
    assert!(stage.selected().contains(words));
}

#[test]
fn a_denied_sharded_pattern_is_live_once_channels_are_found() {
    let mut stage = Stage::new(&[]);
    stage.keys("a");
    stage.ctrl('s');
    stage.keys("o*");
    let effects = stage.code(KeyCode::Enter);
    let [Effect::Command(Command::Subscribe(pattern))] = &effects[..] else {
        panic!("{effects:?}");
    };
    stage.notice(Notice::Denied {
        subscription: pattern.clone(),
        reason: "NOPERM".into(),
    });
    assert_eq!(stage.state(0), &SubscriptionState::Denied("NOPERM".into()));
    stage.send(Event::Feed(Feed::FoundChannels {
        subscription: pattern.clone(),
        names: vec![b"orders"[..].into()],
    }));
    assert_eq!(stage.state(0), &SubscriptionState::Live);
}

// --- Accidental keys ---------------------------------------------------------------------------

#[test]
fn tab_and_typing_never_reach_the_publish_box_of_a_fresh_session() {
    for tab in [KeyCode::Tab, KeyCode::BackTab] {
        let mut stage = Stage::new(&["*"]);
        stage.messages(&[("celery", b"1")]);
        for _ in 0..5 {
            stage.code(tab);
            stage.keys("jj");
            let effects = stage.code(KeyCode::Enter);
            assert!(
                !effects
                    .iter()
                    .any(|effect| matches!(effect, Effect::Ask(_)))
            );
        }
        assert_eq!(stage.box_texts(), (String::new(), String::new()));
    }
}

#[test]
fn a_key_held_down_publishes_once() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("orders", b"1")]);
    stage.keys("pone");
    assert_eq!(stage.code(KeyCode::Enter), published(1, "orders", b"one"));
    for _ in 0..9 {
        stage.now = stage.now.after(Duration::from_millis(40));
        assert_eq!(stage.code(KeyCode::Enter), []);
        assert_eq!(stage.app.context(), Context::PublishPayload);
    }
    // If the Enter that leaves the channel name is held slightly too long, it does not send the
    // text kept in the message box.
    stage.keys("two");
    stage.code(KeyCode::Tab);
    stage.code(KeyCode::Enter);
    stage.now = stage.now.after(Duration::from_millis(40));
    assert_eq!(stage.code(KeyCode::Enter), []);
    stage.now = stage.now.after(Duration::from_secs(1));
    assert_eq!(stage.code(KeyCode::Enter), published(2, "orders", b"two"));
}

#[test]
fn a_reported_key_repeat_moves_but_does_not_act() {
    let mut stage = Stage::new(&["*"]);
    stage.numbered("a", 9);
    let repeat = |stage: &mut Stage, letter| {
        let mut key = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE);
        key.kind = KeyEventKind::Repeat;
        stage.send(Event::Key(key))
    };
    stage.keys("k");
    let before = stage.selected();
    repeat(&mut stage, 'k');
    assert_ne!(stage.selected(), before);
    for letter in ['c', 'q', 'p', 'm', 'u', 'Z'] {
        assert_eq!(repeat(&mut stage, letter), [], "{letter}");
    }
    assert_eq!(stage.shown(), 9);
    assert_eq!(stage.app.context(), Context::Messages);
}

#[test]
fn an_empty_message_has_its_own_key_and_asks_first() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("orders", b"1")]);
    stage.keys("p");
    assert_eq!(stage.code(KeyCode::Enter), []);
    assert!(stage.toast().contains("Ctrl-O"), "{}", stage.toast());
    assert_eq!(stage.ctrl('o'), []);
    assert_eq!(stage.app.context(), Context::Confirm);
    assert!(stage.screen().contains("An empty message to orders"));
    assert_eq!(stage.ctrl('o'), []);
    assert_eq!(stage.keys("n"), []);
    assert_eq!(stage.app.context(), Context::PublishPayload);
    stage.ctrl('o');
    assert_eq!(stage.keys("y"), published(1, "orders", b""));
    stage.keys("x");
    assert_eq!(stage.ctrl('o'), []);
    assert_eq!(stage.app.context(), Context::PublishPayload);
}

#[test]
fn a_key_never_acts_on_a_row_that_moves() {
    for key in ["d", "D", "e", "y", "m", "u", "x", "i", "w"] {
        let mut stage = Stage::new(&["c"]);
        stage.messages(&[("c", br#"{"v":1}"#)]);
        if key == "i" {
            // Set a lens first, so that `i` has something to remove.
            stage.keys("k");
            stage.code(KeyCode::Enter);
            stage.code(KeyCode::Enter);
            stage.keys("ji");
            stage.code(KeyCode::Esc);
            stage.code(KeyCode::Esc);
            stage.keys("G");
        }
        stage.messages(THREE);
        assert_eq!(stage.keys(key), [], "{key}");
        assert!(!stage.is_following(), "{key}");
        let toast = stage.toast().to_owned();
        assert!(
            toast.contains(&format!("frozen · {key} again to")) && toast.contains(": c ·"),
            "{toast}"
        );
        assert!(
            !stage.session().filters.muted.contains(b"c") && stage.app.focus() == Focus::Messages
        );
        stage.messages(&[("d", b"5")]);
        stage.keys(key);
        assert_ne!(stage.toast(), toast, "{key}");
        assert_eq!(
            stage.selected(),
            // The selection moves from a muted row to the next one.
            if key == "m" { "5" } else { "4" },
            "{key}"
        );
    }
}

#[test]
fn a_key_never_acts_on_an_evicted_row() {
    let mut stage = Stage::with(&["*"], |settings| settings.keep = 32 << 10);
    stage.messages(&[("first", b"1")]);
    stage.keys(" ");
    while stage.app.window().rows.contains(&RowId(0)) {
        stage.numbered("flood", 100);
    }
    stage.keys("m");
    assert!(
        !stage.session().filters.muted.contains(b"flood"),
        "{}",
        stage.toast()
    );
    assert!(
        stage.toast().contains("m again to mute its channel: flood"),
        "{}",
        stage.toast()
    );
    stage.keys("m");
    assert!(stage.session().filters.muted.contains(b"flood"));
}

#[test]
fn m_toggles_the_same_channel_until_the_selection_moves() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(THREE);
    stage.keys("mm");
    assert!(stage.session().filters.muted.contains(b"c"));
    stage.keys("m");
    assert!(
        !stage.session().filters.muted.contains(b"c")
            && !stage.session().filters.muted.contains(b"a")
    );
    stage.keys("mkm");
    assert!(
        stage.session().filters.muted.contains(b"c")
            && stage.session().filters.muted.contains(b"b")
    );
}

#[test]
fn p_keeps_its_channel_while_the_log_follows() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(THREE);
    stage.keys("p");
    assert_eq!(stage.box_texts().0, "c");
    stage.code(KeyCode::Esc);
    stage.keys("G");
    for channel in ["d", "e", "f"] {
        stage.messages(&[(channel, b"9")]);
        stage.keys("p");
        assert_eq!(stage.box_texts().0, "c");
        stage.code(KeyCode::Esc);
    }
    stage.keys("kp");
    assert_eq!(stage.box_texts().0, "e");
}

#[test]
fn p_uses_the_message_above_a_notice_at_the_end() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(THREE);
    stage.confirm(0);
    stage.keys("phello");
    assert_eq!(stage.box_texts(), ("c".into(), "hello".into()));
}

#[test]
fn without_messages_p_uses_the_channel_selected_in_the_list() {
    let mut stage = Stage::new(&["orders"]);
    stage.confirm(0);
    stage.keys("phello");
    assert_eq!(stage.box_texts(), ("orders".into(), "hello".into()));
}

#[test]
fn clicking_a_box_without_a_channel_focuses_the_channel() {
    let mut stage = Stage::new(&["*"]);
    let place = stage.app.areas().publish;
    stage.mouse(MouseEventKind::Down(MouseButton::Left), 5, place.y);
    assert_eq!(stage.app.focus(), Focus::PublishChannel);
}

#[test]
fn q_closes_the_topmost_view_and_quits_if_none_is_open() {
    let mut stage = Stage::new(&["*"]);
    stage.numbered("a", 3);
    stage.keys("v");
    assert_eq!(stage.keys("q"), []);
    assert!(!stage.app.channels().shows_latest);
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.focus(), Focus::Messages);
    assert_eq!(stage.keys("q"), []);
    assert!(stage.app.open().is_none());
    stage.keys("ww");
    assert!(stage.app.plot().is_shown());
    stage.code(KeyCode::BackTab);
    stage.keys("q");
    assert!(!stage.app.plot().is_shown());
    // If the `q` that closes the plot is held slightly too long, it does not quit.
    assert_eq!(stage.keys("q"), []);
    assert_eq!(stage.toast(), "q again to quit");
    stage.wait(Duration::from_secs(1));
    assert_eq!(stage.keys("q"), [Effect::Quit]);
}

#[test]
fn quitting_asks_once_when_many_messages_would_be_lost() {
    let mut stage = Stage::new(&["*"]);
    stage.numbered("a", 1_000);
    assert_eq!(stage.keys("q"), [Effect::Quit]);
    stage.wait(Duration::from_secs(1));
    stage.numbered("a", 1);
    assert_eq!(stage.keys("q"), []);
    assert!(
        stage.screen().contains("1,001 kept messages will be lost"),
        "{}",
        stage.screen()
    );
    assert_eq!(stage.keys("q"), []);
    assert_eq!(stage.keys("n"), []);
    assert_eq!(stage.app.context(), Context::Messages);
    stage.keys("q");
    assert_eq!(stage.keys("y"), [Effect::Quit]);
    stage.keys("n");
    assert_eq!(stage.ctrl('c'), []);
    assert_eq!(stage.ctrl('c'), [Effect::Quit]);
}

#[test]
fn ctrl_c_leaves_a_text_box_and_counts_only_twice_in_a_row() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("orders", b"1")]);
    stage.keys("pdraft");
    assert_eq!(stage.ctrl('c'), []);
    assert_eq!(stage.app.focus(), Focus::Messages);
    assert_eq!(stage.box_texts().1, "draft");
    stage.keys("j");
    assert_eq!(stage.ctrl('c'), []);
    stage.wait(Duration::from_secs(6));
    assert_eq!(stage.ctrl('c'), []);
    stage.mouse(MouseEventKind::Down(MouseButton::Left), 60, 5);
    assert_eq!(stage.ctrl('c'), []);
    assert_eq!(stage.ctrl('c'), [Effect::Quit]);
}

#[test]
fn clearing_again_keeps_the_first_clear_undoable() {
    let mut stage = Stage::new(&["*"]);
    stage.numbered("a", 30);
    stage.keys("c");
    stage.messages(&[("a", b"30")]);
    stage.keys("cZ");
    assert_eq!(stage.shown(), 31);
    assert!(
        stage.toast().contains("31 messages restored"),
        "{}",
        stage.toast()
    );
}

#[test]
fn pasted_keys_neither_quit_nor_confirm() {
    let burst = |stage: &mut Stage, letter| {
        let key = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE);
        stage.send(Event::Burst(key))
    };
    let mut stage = Stage::new(&["*"]);
    stage.numbered("a", 3);
    assert_eq!(burst(&mut stage, 'q'), []);
    stage.wait(Duration::from_secs(1));
    stage.numbered("a", 1_000);
    stage.keys("q");
    assert_eq!(stage.app.context(), Context::Confirm);
    assert_eq!(burst(&mut stage, 'y'), []);
    assert_eq!(stage.app.context(), Context::Confirm);
}

#[test]
fn unsubscribing_can_be_undone_and_does_not_continue_with_the_neighbour() {
    let mut stage = Stage::new(&["a", "b", "c"]);
    for id in 0..3 {
        stage.confirm(id);
    }
    stage.code(KeyCode::Tab);
    let ended = |id| [Effect::Command(Command::Unsubscribe(SubscriptionId(id)))];
    assert_eq!(stage.keys("u"), ended(0));
    assert!(stage.toast().contains("unsubscribed from a · Z undoes it"));
    assert_eq!(stage.keys("u"), []);
    assert!(stage.toast().contains("already unsubscribed from a"));
    let effects = stage.keys("Z");
    let Some(Effect::Command(Command::Subscribe(again))) = effects.first() else {
        panic!("{effects:?}");
    };
    assert_eq!(&*again.topic.name, b"a");
    assert_eq!(stage.keys("Z"), []);
    assert!(stage.toast().contains("nothing to undo"));
    stage.keys("G");
    assert_eq!(stage.keys("u"), ended(2));
}

#[test]
fn undoing_a_clear_restores_marks_filter_and_position() {
    let mut stage = Stage::new(&["*"]);
    stage.numbered("a", 30);
    stage.keys("gjjx");
    assert_eq!(stage.selected(), "2");
    stage.keys("c");
    assert_eq!(
        (stage.shown(), stage.session().log.counters().cleared),
        (0, 30)
    );
    assert!(stage.toast().contains("Z undoes it"), "{}", stage.toast());
    // Pressing `c` again, on an empty log, does not discard the rows that can be restored.
    stage.keys("c");
    stage.messages(&[("a", b"30")]);
    stage.keys("Z");
    assert!(
        stage.toast().contains("30 messages restored"),
        "{}",
        stage.toast()
    );
    assert_eq!(
        (stage.shown(), stage.session().log.counters().cleared),
        (31, 0)
    );
    assert_eq!(stage.selected(), "2");
    assert!(stage.session().marked.contains(&RowId(2)));
    stage.keys("/2");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.shown(), 12);
    stage.keys("cZ");
    assert_eq!(stage.shown(), 12);
}

#[test]
fn actions_are_undone_last_first() {
    let mut stage = Stage::new(&["a"]);
    stage.confirm(0);
    stage.messages(&[("a", b"1")]);
    stage.keys("c");
    stage.code(KeyCode::Tab);
    stage.keys("u");
    let effects = stage.keys("Z");
    assert!(matches!(
        effects[..],
        [Effect::Command(Command::Subscribe(_))]
    ));
    assert_eq!(stage.session().log.counters().cleared, 1);
    assert_eq!(stage.keys("Z"), []);
    assert_eq!(stage.session().log.counters().cleared, 0);
    assert_eq!(stage.keys("Z"), []);
    assert!(stage.toast().contains("nothing to undo"));
}

#[test]
fn undoing_a_clear_reports_rows_evicted_since() {
    let mut stage = Stage::with(&["*"], |settings| settings.keep = 32 << 10);
    stage.numbered("old", 100);
    stage.keys("c");
    while stage.session().log.counters().evicted == 0 {
        stage.numbered("new", 100);
    }
    let kept = stage.session().log.counters().kept;
    stage.keys("Z");
    assert!(
        stage.toast().contains("0 messages restored · 100 evicted"),
        "{}",
        stage.toast()
    );
    assert_eq!(stage.session().log.counters().kept, kept);
}

#[test]
fn no_key_acts_on_an_open_message_that_follows_the_log() {
    for key in ["=", "i", "#", "w", "y", "Y", "P", "x", "e", "f"] {
        let mut stage = Stage::new(&["*"]);
        stage.messages(&[("a", b"[1]")]);
        stage.code(KeyCode::Enter);
        stage.keys("G");
        stage.code(KeyCode::Tab);
        assert_eq!(stage.app.focus(), Focus::Message);
        assert!(stage.is_following());
        assert_eq!(stage.keys(key), [], "{key}");
        assert!(
            stage.toast().contains(&format!("frozen · {key} again")),
            "{key}"
        );
        stage.now = stage.now.after(Duration::from_secs(1));
        stage.messages(&[("b", b"[2]")]);
        assert_eq!(
            stage.snapshot().channel.as_deref(),
            Some(&b"a"[..]),
            "{key}"
        );
    }
}

/// Returns the text of each warning that Socket.IO counts a subscription.
fn counted(stage: &Stage) -> Vec<String> {
    let clock = stage.session().clock();
    let notices = stage.session().log.notices();
    let counted = notices.filter(|(_, notice)| matches!(notice, Notice::CountedBySocketIo(_)));
    counted
        .map(|(_, notice)| notice_words(notice, &clock, &Keymap::default()))
        .collect()
}

#[test]
fn a_subscription_counted_by_socket_io_causes_one_warning() {
    let topics = [
        "orders",
        "socket.io-request*",
        "app:socket.io-request#/#",
        "socket.io#/#",
    ];
    let mut stage = Stage::new(&topics);
    stage.confirm(0);
    stage.confirm(1);
    assert_eq!(counted(&stage), [""; 0]);
    stage.confirm(2);
    assert_eq!(
        counted(&stage),
        [
            "use the pattern app:socket.io-request#/#* instead, which Socket.IO does not count: \
          Socket.IO counts channel app:socket.io-request#/# as another server and waits for its answers"
        ]
    );
    // The warning is repeated neither after a reconnect nor for another subscription.
    stage.confirm(2);
    stage.confirm(3);
    assert_eq!(counted(&stage).len(), 1);
}

#[test]
fn a_sharded_subscription_counted_by_socket_io_has_no_alternative_pattern() {
    let mut stage = Stage::new(&[]);
    stage.notice(Notice::Subscribed {
        subscription: Subscription {
            id: SubscriptionId(0),
            topic: Topic::shard(b"socket.io#/#"),
        },
        count: 1,
        server: None,
    });
    let words = counted(&stage).remove(0);
    assert!(
        words.ends_with("patterns do not match sharded channels · u unsubscribe"),
        "{words}"
    );
}

#[test]
fn a_name_with_blanks_round_trips_through_the_publish_box_and_a_query() {
    for (name, written) in [
        ("orders ", r"orders\x20"),
        ("\torders", r"\torders"),
        ("or\u{a0}ders", r"or\xc2\xa0ders"),
    ] {
        let mut stage = Stage::new(&["*"]);
        stage.messages(&[(name, b" x ")]);
        stage.keys("ee");
        let texts = (written.to_owned(), r"\x20x\x20".to_owned());
        assert_eq!(stage.box_texts(), texts);
        let sent = stage.code(KeyCode::Enter);
        assert_eq!(sent, published(1, name, b" x "));
    }
    // Text can be typed exactly as the screen shows it.
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("or\u{a0}ders ", b"x"), ("orders", b"x")]);
    stage.keys(r#"/channel:"or\u{a0}ders\x20""#);
    stage.code(KeyCode::Enter);
    assert_eq!(stage.session().shown.messages(), 1);
}

#[test]
fn a_draft_survives_e_in_the_history_and_names_its_new_channel() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(THREE);
    stage.keys("kpdraft");
    assert_eq!(stage.box_texts(), ("a".into(), "draft".into()));
    stage.code(KeyCode::Esc);
    stage.keys("jp");
    assert_eq!(stage.box_texts(), ("c".into(), "draft".into()));
    assert_eq!(stage.toast(), "the draft now goes to c");
    stage.code(KeyCode::Esc);
    stage.keys("e");
    assert_eq!(stage.box_texts().1, "4");
    stage.code(KeyCode::Up);
    assert_eq!(stage.box_texts().1, "draft");
}

#[test]
fn p_announces_the_freeze_unless_it_is_refused() {
    for read_only in [false, true] {
        let mut stage = Stage::with(&["*"], |settings| settings.read_only = read_only);
        stage.messages(THREE);
        stage.keys("p");
        assert_eq!(stage.is_following(), read_only);
        let words = if read_only {
            "--read-only"
        } else {
            "log frozen on c"
        };
        assert!(stage.toast().contains(words), "{}", stage.toast());
    }
}
