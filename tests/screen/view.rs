//! Drawing, cell by cell.

use std::time::Duration;

use crossterm::event::{KeyCode, MouseButton, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::style::Modifier;
use unicode_width::UnicodeWidthStr as _;

use subscope::app::Event;
use subscope::log::Batch;
use subscope::message::{
    ConnectionError, Dropped, Gap, GapCause, GapEnd, NodeId, Notice, Partial, RowId,
    SubscriptionId, Unexpected,
};
use subscope::server::{Connection, Feed, Health, NodeFacts, PublishError, Role, Trouble};

use crate::support::stage::{START, Stage, line_of};

impl Stage {
    /// Shows times in UTC, so that the test does not depend on the time zone.
    fn in_utc(width: u16, height: u16, topics: &[&str]) -> Self {
        Self::keeping(width, height, topics, 1 << 20)
    }

    fn keeping(width: u16, height: u16, topics: &[&str], keep: usize) -> Self {
        let mut stage = Self::sized((width, height), topics, |settings| settings.keep = keep);
        stage.keys("t");
        stage.wait(Duration::from_secs(5));
        stage
    }

    fn message(&mut self, channel: &[u8], payload: &[u8]) {
        let mut batch = Batch::default();
        batch.push_message(self.now, channel, payload, SubscriptionId(0));
        self.send(Event::Feed(Feed::Batch(Box::new(batch))));
        self.wait(Duration::from_millis(250));
    }

    fn live(&mut self) {
        self.connection(Connection::Live);
        self.send(Event::Feed(Feed::RoundTrip(
            NodeId(0),
            self.now,
            Duration::from_micros(300),
        )));
        let count = self.app.session().subscriptions.listed().count();
        for id in 0..u32::try_from(count).unwrap() {
            let subscription = self.subscription(id);
            let count = i64::from(id) + 1;
            self.notice(Notice::Subscribed {
                subscription,
                count,
                server: None,
            });
        }
    }

    /// Returns a session with many different things in it.
    fn busy(width: u16, height: u16) -> Self {
        let mut stage = Self::in_utc(width, height, &["*", "orders:created"]);
        stage.live();
        stage.message(
            b"orders:created",
            br#"{"id":1,"items":[{"sku":"A-1","count":2}]}"#,
        );
        stage.message(b"users", b"hello");
        stage.message(b"bin", b"\x00\xff\x1b[31m");
        stage.message(b"users", b"");
        stage
    }

    /// Returns the text highlighted as a match.
    fn marked(&self) -> String {
        let buffer = self.buffer();
        let cells = buffer.content.iter();
        let marked = cells.filter(|cell| cell.modifier.contains(Modifier::UNDERLINED));
        marked.map(ratatui::buffer::Cell::symbol).collect()
    }
}

/// Asserts that the buffer contains nothing that a terminal would act on, hide or reorder.
fn assert_harmless(buffer: &Buffer) {
    let columns = usize::from(buffer.area.width).max(1);
    for row in buffer.content.chunks(columns) {
        for cell in row {
            let is_bad = |letter: char| {
                letter.is_control()
                    || (letter.is_whitespace() && letter != ' ')
                    || matches!(letter, '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
                    || matches!(letter, '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{e000}'..='\u{f8ff}')
            };
            assert!(!cell.symbol().contains(is_bad), "{:?}", cell.symbol());
        }
        assert_eq!(line_of(row).width(), row.len(), "{:?}", line_of(row));
    }
}

/// Returns stages with every focus and every overlay.
fn everywhere(stage: impl Fn() -> Stage) -> Vec<Stage> {
    let starts: [&dyn Fn(&mut Stage); 12] = [
        &|_| {},
        &|stage| drop(stage.keys("w")),
        &|stage| drop(stage.keys("wsizH")),
        &|stage| drop(stage.code(KeyCode::BackTab)),
        &|stage| drop(stage.keys("p")),
        &|stage| {
            stage.keys("p");
            stage.code(KeyCode::BackTab);
        },
        &|stage| drop(stage.keys("?")),
        &|stage| drop(stage.keys("aorders:*")),
        &|stage| drop(stage.code(KeyCode::Enter)),
        &|stage| {
            stage.message(b"__keyspace@0__:x", b"set");
            stage.keys("px");
            stage.code(KeyCode::Enter);
        },
        &|stage| {
            stage.keys("g");
            stage.code(KeyCode::Down);
            stage.code(KeyCode::Down);
            stage.code(KeyCode::Enter);
        },
        &|stage| drop(stage.keys("vj")),
    ];
    let stages = starts.map(|start| {
        let mut stage = stage();
        start(&mut stage);
        stage
    });
    stages.into()
}

const NASTY: &[&[u8]] = &[
    b"\x1b[31mred\x1b]0;title\x07",
    b"a\rb\r\nc\x00\x7f\xc2\x9b",
    "\u{202e}desrever\u{2066}x\u{2069}".as_bytes(),
    "zero\u{200b}width\u{feff}\u{200d}joiner\u{ad}soft".as_bytes(),
    b"\xff\xfe\xc3(\xf0\x9f\x91",
    "👩‍👩‍👧‍👦 漢字 🇩🇪 e\u{301}\u{302}\u{303}\u{304}\u{305} \u{301}".as_bytes(),
    b"a\tb\t\tc\t",
    "private \u{e000}\u{f8ff} ﾞﾟ ☎\u{fe0f} 1\u{fe0f}\u{20e3}".as_bytes(),
    b"",
    b"{\"a\\u001b\":\"\x1b\xff\t\xe2\x80\xae\",\"b\":[1,\"\xe6\xbc\xa2\"]}",
];

#[test]
fn every_focus_and_overlay_is_drawn_at_every_size() {
    let mut sizes: Vec<(u16, u16)> = (0..=3)
        .flat_map(|width| (0..=3).map(move |height| (width, height)))
        .collect();
    sizes.extend([
        (0, 24),
        (80, 0),
        (1, 24),
        (80, 1),
        (12, 8),
        (59, 9),
        (60, 10),
    ]);
    sizes.extend([(40, 12), (80, 24), (200, 60)]);
    sizes.extend([(8_000, 1), (1, 8_000), (20_000, 3)]);
    for (width, height) in sizes {
        for mut stage in everywhere(|| Stage::busy(80, 24)) {
            stage.send(Event::Resize(width, height));
            assert_harmless(&stage.buffer());
            stage.keys("G");
            stage.code(KeyCode::Down);
            assert_harmless(&stage.buffer());
        }
        assert_harmless(&Stage::in_utc(width, height, &[]).buffer());
        assert_harmless(&Stage::busy(width, height).buffer());
    }
}

#[test]
fn untrusted_names_and_payloads_are_escaped_on_the_screen() {
    for (width, height) in [(40, 12), (80, 24), (81, 24), (200, 60)] {
        for name in NASTY {
            let nasty_name = || {
                let mut stage = Stage::busy(width, height);
                for payload in NASTY {
                    stage.message(name, payload);
                }
                stage
            };
            for stage in everywhere(nasty_name) {
                assert_harmless(&stage.buffer());
            }
            let mut stage = nasty_name();
            stage.keys("e");
            assert_harmless(&stage.buffer());
        }
        for payload in NASTY {
            let mut stage = Stage::busy(width, height);
            stage.message(b"x", payload);
            stage.code(KeyCode::Enter);
            assert_harmless(&stage.buffer());
            stage.keys("e");
            assert_harmless(&stage.buffer());
        }
    }
}

#[test]
fn text_from_the_server_is_escaped_on_the_screen() {
    let bad = "ERR \u{1b}[31m\u{202e}x\r\n\u{200b}";
    for size in [(40, 12), (120, 30)] {
        let mut stage = Stage::busy(size.0, size.1);
        let subscription = stage.subscription(1);
        stage.notice(Notice::Denied {
            subscription,
            reason: bad.into(),
        });
        for first in [Unexpected::Error(bad.into()), Unexpected::Frame(bad.into())] {
            stage.notice(Notice::Unexpected { first, count: 2 });
        }
        stage.send(Event::Feed(Feed::ServerVersion(bad.into())));
        stage.send(Event::Feed(Feed::Trouble(Some(Trouble::Ping(bad.into())))));
        assert_harmless(&stage.buffer());
        stage.code(KeyCode::Enter);
        assert_harmless(&stage.buffer());
        for connection in [
            Connection::Refused {
                reason: ConnectionError::Redis(bad.into()),
                retry_at: None,
            },
            Connection::Reconnecting {
                reason: ConnectionError::Io(bad.into()),
                retry_at: START,
                attempts: 1,
            },
        ] {
            let mut stage = Stage::in_utc(size.0, size.1, &["*"]);
            stage.connection(connection);
            assert_harmless(&stage.buffer());
            assert!(stage.screen().contains(r"ERR \x1b"), "{}", stage.screen());
        }
    }
}

#[test]
fn escapes_look_different_from_text_that_resembles_them() {
    let mut stage = Stage::in_utc(80, 24, &["*"]);
    stage.message(b"a", b"\\x1b");
    stage.message(b"a", b"\x1b");
    let buffer = stage.buffer();
    let columns = usize::from(buffer.area.width);
    let styles: Vec<_> = buffer
        .content
        .chunks(columns)
        .filter_map(|row| {
            let at = row.iter().rposition(|cell| cell.symbol() == "\\")?;
            (at > 15).then(|| row[at].fg)
        })
        .collect();
    assert_eq!(styles.len(), 2);
    assert_ne!(styles[0], styles[1]);
}

#[test]
fn an_empty_screen_explains_every_state_of_the_connection() {
    let retry_at = START.after(Duration::from_secs(8));
    let states = [
        (
            Connection::Connecting,
            "Connecting to redis://127.0.0.1:6379",
        ),
        (Connection::Live, "Redis has not confirmed"),
        (Connection::Idle, "No subscriptions"),
        (
            Connection::Refused {
                reason: ConnectionError::Redis("WRONGPASS".into()),
                retry_at: None,
            },
            "Login refused by redis://127.0.0.1:6379",
        ),
        (
            Connection::Reconnecting {
                reason: ConnectionError::Io("Connection refused".into()),
                retry_at,
                attempts: 2,
            },
            "Attempt 3 starts in 3 s",
        ),
    ];
    for (state, words) in states {
        let mut stage = Stage::in_utc(120, 30, &["orders"]);
        stage.connection(state);
        assert!(stage.screen().contains(words), "{}", stage.screen());
    }
    let mut stage = Stage::in_utc(120, 30, &["orders", "users"]);
    stage.live();
    let users = stage.subscription(1);
    stage.notice(Notice::Denied {
        subscription: users,
        reason: "NOPERM".into(),
    });
    stage.keys("c");
    let screen = stage.screen();
    assert!(screen.contains("Listening to orders "), "{screen}");
    assert!(!screen.contains("Listening to orders, users"), "{screen}");
}

#[test]
fn an_empty_log_says_which_rows_are_hidden() {
    let mut stage = Stage::in_utc(120, 30, &["orders", "users"]);
    stage.message(b"users", b"1");
    stage.keys(" m");
    let screen = stage.screen();
    assert!(
        screen.contains("The only message kept is muted"),
        "{screen}"
    );
    assert!(screen.contains("Channel users hides 1"), "{screen}");
    stage.keys("m");
    stage.code(KeyCode::BackTab);
    stage.keys("g");
    stage.code(KeyCode::Enter);
    let screen = stage.screen();
    assert!(screen.contains("No messages kept on orders"), "{screen}");
    assert!(screen.contains("Press Esc to show all"), "{screen}");
}

#[test]
fn a_gap_says_that_it_is_open_and_later_how_long_it_was() {
    let mut stage = Stage::in_utc(200, 24, &["*"]);
    stage.message(b"a", b"1");
    let mut gap = Gap {
        last_heard: stage.now,
        noticed: stage.now.after(Duration::from_millis(20)),
        end: GapEnd::Open,
        cause: GapCause::ConnectionLost(None),
        reason: ConnectionError::Io("the server closed the connection".into()).into(),
    };
    stage.notice(Notice::Gap(gap.clone()));
    let screen = stage.screen();
    assert!(
        screen.contains("── connection lost: the server closed the connection"),
        "{screen}"
    );
    assert!(
        screen.contains("losing messages since 22:13:25."),
        "{screen}"
    );
    gap.end = GapEnd::Restored(gap.last_heard.after(Duration::from_secs(12)));
    stage.notice(Notice::Gap(gap.clone()));
    let screen = stage.screen();
    assert!(screen.contains("back after 12s"), "{screen}");
    // The notice gives both times, since the rows around it do not show them.
    let from_to = "lost 22:13:25.250 to 22:13:37.250";
    assert!(screen.contains(from_to), "{screen}");
    assert!(!screen.contains("losing messages"), "{screen}");
    // A gap that did not end with a reconnect.
    gap.end = GapEnd::GivenUp(gap.last_heard.after(Duration::from_secs(12)));
    stage.notice(Notice::Gap(gap));
    let screen = stage.screen();
    assert!(screen.contains("gave up"), "{screen}");
    assert!(!screen.contains("back after"), "{screen}");
}

#[test]
fn dropped_and_evicted_messages_are_counted_on_the_screen() {
    let mut stage = Stage::keeping(160, 24, &["*"], 32 << 10);
    stage.notice(Notice::Dropped(Dropped {
        count: 1234,
        bytes: 5 << 20,
        from: START,
        to: START.after(Duration::from_secs(3)),
    }));
    let screen = stage.screen();
    assert!(
        screen.contains("── 1,234 messages (5.0 MiB) dropped within 3.0 s"),
        "{screen}"
    );
    assert!(screen.contains("1,234 dropped"), "{screen}");
    for _ in 0..200 {
        stage.message(b"a", &[b'x'; 400]);
    }
    let counters = *stage.session().log.counters();
    assert!(counters.evicted > 0);
    stage.keys("g");
    let screen = stage.screen();
    assert!(
        screen.contains(&format!("{} older evicted", counters.evicted)),
        "{screen}"
    );
    assert!(screen.contains(&format!(
        "{} kept  {} evicted",
        counters.kept, counters.evicted
    )));
    let newer = stage.app.window().newer;
    assert!(
        screen.contains(&format!("frozen ❚❚ {newer} newer")),
        "{screen}"
    );
}

#[test]
fn a_silent_channel_shows_for_how_long() {
    let mut stage = Stage::in_utc(120, 24, &["*"]);
    stage.live();
    stage.message(b"a", b"1");
    stage.wait(Duration::from_secs(42));
    assert!(stage.screen().contains(" 42s ago"), "{}", stage.screen());
    stage.wait(Duration::from_secs(180));
    assert!(stage.screen().contains(" 3m ago"), "{}", stage.screen());
}

#[test]
fn an_open_message_shows_its_time_in_the_chosen_form() {
    let mut stage = Stage::busy(80, 24);
    stage.code(KeyCode::Enter);
    assert!(
        stage
            .screen()
            .contains("─ 2023-11-14 22:13:25.750000 +00:00 · 0 B ╮"),
        "{}",
        stage.screen()
    );
    stage.code(KeyCode::Enter);
    stage.keys("z[");
    assert!(
        stage
            .screen()
            .contains("received      2023-11-14 22:13:25.750000 +00:00"),
        "{}",
        stage.screen()
    );
}

#[test]
fn a_narrow_box_keeps_its_title() {
    let mut stage = Stage::in_utc(12, 12, &[]);
    stage.keys("a");
    assert!(stage.screen().contains("Subscribe"), "{}", stage.screen());
}

#[test]
fn a_session_at_80_by_24() {
    insta::assert_snapshot!(Stage::busy(80, 24).screen(), @r#"
     redis://127.0.0.1:6379  ● live 0.3 ms  2 subscriptions  4.0/s 4 received
    ╭ Messages 4 · UTC ─────────────────────────────────────────────── following ▼ ╮
    │ 22:13:25 ── subscribed to pattern * · 1 subscription now ─────────────────── │
    │ 22:13:25 ── subscribed to channel orders:created · 2 subscriptions now ───── │
    │ 22:13:25 orders:created {"id":1,"items":[{"sku":"A-1","count":2}]}           │
    │ 22:13:25 users          hello                                                │
    │ 22:13:25 bin            \0\xff\x1b[31m                                       │
    │ 22:13:25 users          (empty)                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    ╰──────────────────────────────────────────────────────────────────────────────╯
     Publish  press p to publish a message
     Enter open  Tab pane  Space freeze  / filter  b channels  ? help  q quit
    "#);
}

#[test]
fn a_session_at_40_by_12() {
    insta::assert_snapshot!(Stage::busy(40, 12).screen(), @r#"
     ● live 0.3 ms  4.0/s 4 received
    ╭ Messages 4 · UTC ─────── following ▼ ╮
    │ 22:13:25 ── subscribed to pattern *… │
    │ 22:13:25 ── subscribed to channel o… │
    │ 22:13:25 orders…eated {"id":1,… 42 B │
    │ 22:13:25 users        hello          │
    │ 22:13:25 bin          \0\xff\x1b[31m │
    │ 22:13:25 users        (empty)        │
    │                                      │
    │                                      │
    ╰──────────────────────────────────────╯
     Enter open  Tab pane  ? help  q quit
    "#);
}

#[test]
fn a_session_at_120_by_30() {
    insta::assert_snapshot!(Stage::busy(120, 30).screen(), @r#"
     subscope  redis://127.0.0.1:6379  ● live 0.3 ms  2 subscriptions  4.0/s               ⣇  4 received
    ╭ Channels 3 ───────────────── by name ╮╭ Messages 4 · UTC ─────────────────────────────────────────────── following ▼ ╮
    │ ● *                             live ││ 22:13:25.000 ── subscribed to pattern * · 1 subscription now ─────────────── │
    │   bin               1.0/s          ⣄ ││ 22:13:25.000 ── subscribed to channel orders:created · 2 subscriptions now ─ │
    │ ● orders:created    1.0/s          ⣄ ││ 22:13:25.000 orders:created {"id":1,"items":[{"sku":"A-1","count":2}]}       │
    │   users             2.0/s          ⣄ ││ 22:13:25.250 users          hello                                            │
    │                                      ││ 22:13:25.500 bin            \0\xff\x1b[31m                                   │
    │                                      ││ 22:13:25.750 users          (empty)                                          │
    │                                      ││                                                                              │
    │                                      ││                                                                              │
    │                                      ││                                                                              │
    │                                      ││                                                                              │
    │                                      ││                                                                              │
    │                                      ││                                                                              │
    │                                      ││                                                                              │
    │                                      ││                                                                              │
    │                                      ││                                                                              │
    │                                      ││                                                                              │
    │                                      ││                                                                              │
    │                                      ││                                                                              │
    │                                      ││                                                                              │
    │                                      ││                                                                              │
    │                                      ││                                                                              │
    │                                      ││                                                                              │
    │                                      ││                                                                              │
    │                                      ││                                                                              │
    │                                      ││                                                                              │
    ╰──────────────────────────────────────╯╰──────────────────────────────────────────────────────────────────────────────╯
     Publish  press p to publish a message
     Enter open  Tab pane  Space freeze  / filter  p publish  v values  B break  a subscribe  F find  ? help  q quit
    "#);
}

#[test]
fn an_open_message_at_80_by_24() {
    let mut stage = Stage::busy(80, 24);
    stage.keys("gjj");
    stage.code(KeyCode::Enter);
    insta::assert_snapshot!(stage.screen(), @r#"
     redis://127.0.0.1:6379  ● live 0.3 ms  2 subscriptions  4.0/s 4 received
    ╭ Messages 4 · UTC ───────────────────────── frozen ❚❚ 0 newer · Space resumes ╮
    │ 22:13:25 ── subscribed to pattern * · 1 subscription now ─────────────────── │
    │ 22:13:25 ── subscribed to channel orders:created · 2 subscriptions now ───── │
    │ 22:13:25 orders:created {"id":1,"items":[{"sku":"A-1","count":2}]}           │
    │ 22:13:25 users          hello                                                │
    │ 22:13:25 bin            \0\xff\x1b[31m                                       │
    │ 22:13:25 users          (empty)                                              │
    ╰──────────────────────────────────────────────────────────────────────────────╯
    ╭ orders:created ──────────────────── 2023-11-14 22:13:25.000000 +00:00 · 42 B ╮
    │ value  diff  bytes  channel                                             JSON │
    │ ▾ {2}                                                                        │
    │     id: 1                                                                    │
    │   ▾ items: [1]                                                               │
    │     ▾ [0]: {2}                                                               │
    │         sku: "A-1"                                                           │
    │         count: 2                                                             │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    ╰──────────────────────────────────────────────────────────────────────────────╯
     Publish  press p to publish a message
     Enter open  Tab pane  Space resume  / filter  b channels  ? help  q close
    "#);
}

/// Returns two primaries of a cluster, the home first.
fn primaries() -> Vec<NodeFacts> {
    let facts = |id| NodeFacts {
        node: NodeId(id),
        name: format!("10.0.0.{id}:7000").into(),
        role: Role::Primary,
        health: Health::Well,
        slots: Vec::new(),
        subscriptions: 1,
        is_home: id == 0,
        round_trip: Some(Duration::from_millis(3)),
    };
    vec![facts(0), facts(1)]
}

#[test]
fn the_server_table_shows_silent_and_failed_nodes() {
    let mut stage = Stage::in_utc(100, 24, &["*"]);
    let live = |stage: &mut Stage, facts: &[NodeFacts]| {
        stage.send(Event::Feed(Feed::Nodes(facts.to_vec())));
        for id in [0, 1] {
            stage.send(Event::Feed(Feed::Connection(NodeId(id), Connection::Live)));
        }
    };
    let mut facts = primaries();
    live(&mut stage, &facts);
    stage.keys("C");
    let row = |stage: &Stage| {
        let screen = stage.screen();
        let row = screen.lines().find(|line| line.contains("10.0.0.1:7000"));
        row.unwrap_or_default().to_owned()
    };
    assert!(row(&stage).contains("● live"), "{}", row(&stage));
    assert!(row(&stage).contains("3.0 ms"), "{}", row(&stage));
    stage.wait(Duration::from_secs(4));
    stage.send(Event::Feed(Feed::RoundTrip(
        NodeId(0),
        stage.now,
        Duration::from_millis(1),
    )));
    stage.wait(Duration::from_secs(4));
    assert!(
        row(&stage).contains("◐ no answer for 8s"),
        "{}",
        row(&stage)
    );
    assert!(!row(&stage).contains("3.0 ms"), "{}", row(&stage));
    assert!(stage.screen().contains("1.0 ms"), "{}", stage.screen());
    for (health, words) in [
        (Health::Suspected, "◐ possibly failed, but connected"),
        (Health::Failed, "✗ failed, but connected"),
    ] {
        facts[1].health = health;
        live(&mut stage, &facts);
        assert!(row(&stage).contains(words), "{}", row(&stage));
    }
}

#[test]
fn receivers_in_a_cluster_are_attributed_to_the_node_that_counted() {
    for (receivers, words) in [
        (0, " last publish: no receivers at 10.0.0.1:7000 "),
        (3, " last publish: 3 receivers at 10.0.0.1:7000 "),
    ] {
        let mut stage = Stage::busy(100, 24);
        stage.keys("pfirst");
        stage.code(KeyCode::Enter);
        stage.send(Event::Feed(Feed::Published {
            id: 1,
            receivers: Ok(receivers),
            counted_at: Some("10.0.0.1:7000".into()),
        }));
        assert!(stage.screen().contains(words), "{}", stage.screen());
    }
}

#[test]
fn the_status_line_names_what_is_not_received_and_the_log_says_why() {
    let mut stage = Stage::busy(160, 24);
    let error = "NOPERM no permissions";
    stage.send(Event::Feed(Feed::Partial(Some(Partial::NodesUnknown(
        error.into(),
    )))));
    let screen = stage.screen();
    let (status, rest) = screen.split_once('\n').unwrap();
    assert!(status.contains("other nodes unknown  "), "{status}");
    let words = format!("other nodes unknown: {error}");
    assert!(rest.contains(&words), "{rest}");
    stage.send(Event::Feed(Feed::Partial(None)));
    let screen = stage.screen();
    assert!(!screen.lines().next().unwrap().contains("unknown"));
}

#[test]
fn the_publish_box_with_an_answer_at_80_by_24() {
    let mut stage = Stage::busy(80, 24);
    stage.keys("pfirst");
    stage.code(KeyCode::Enter);
    stage.send(Event::Feed(Feed::Published {
        id: 1,
        receivers: Ok(0),
        counted_at: None,
    }));
    stage.keys("second");
    insta::assert_snapshot!(stage.screen(), @r#"
     redis://127.0.0.1:6379  ● live 0.3 ms  2 subscriptions  4.0/s 4 received
    ╭ Messages 4 · UTC ───────────────────────── frozen ❚❚ 0 newer · Space resumes ╮
    │ 22:13:25 ── subscribed to pattern * · 1 subscription now ─────────────────── │
    │ 22:13:25 ── subscribed to channel orders:created · 2 subscriptions now ───── │
    │ 22:13:25 orders:created {"id":1,"items":[{"sku":"A-1","count":2}]}           │
    │ 22:13:25 users          hello                                                │
    │ 22:13:25 bin            \0\xff\x1b[31m                                       │
    │ 22:13:25 users          (empty)                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    ╰──────────────────────────────────────────────────────────────────────────────╯
    ╭ Publish to users ──────────────────────────────── last publish: no receivers ╮
    │ second                                                                       │
    ╰──────────────────────────────────────────────────────────────────────────────╯
     Enter publish  Alt-Enter new line  ↑ history  Tab channel  Esc leave
    "#);
}

#[test]
fn a_lost_connection_at_80_by_24() {
    let mut stage = Stage::in_utc(80, 24, &["*"]);
    stage.connection(Connection::Reconnecting {
        reason: ConnectionError::Io("Connection refused (os error 111)".into()),
        retry_at: stage.now.after(Duration::from_millis(2500)),
        attempts: 4,
    });
    insta::assert_snapshot!(stage.screen(), @"
     ○ reconnecting in 3 s: Connection refused (os error 111)
    ╭ Messages 0 · UTC ─────────────────────── not receiving · reconnecting in 3 s ╮
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │  Not connected to redis://127.0.0.1:6379                                     │
    │  Connection refused (os error 111)                                           │
    │                                                                              │
    │  Attempt 5 starts in 3 s. Press r to try now, q to quit.                     │
    │  Another server: subscope -u redis://host:port                               │
    │  Without a server: subscope demo                                             │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    ╰──────────────────────────────────────────────────────────────────────────────╯
     Publish  press p to publish a message
     Enter open  Tab pane  Space freeze  / filter  b channels  ? help  q quit
    ");
}

#[test]
fn the_subscription_prompt_at_80_by_24() {
    let mut stage = Stage::busy(80, 24);
    stage.keys("aorders:*");
    insta::assert_snapshot!(stage.screen(), @r#"
     redis://127.0.0.1:6379  ● live 0.3 ms  2 subscriptions  4.0/s 4 received
    ╭ Messages 4 · UTC ─────────────────────────────────────────────── following ▼ ╮
    │ 22:13:25 ── subscribed to pattern * · 1 subscription now ─────────────────── │
    │ 22:13:25 ── subscribed to channel orders:created · 2 subscriptions now ───── │
    │ 22:13:25 orders:created {"id":1,"items":[{"sku":"A-1","count":2}]}           │
    │ 22:13:25 users          hello                                                │
    │ 22:13:25 bin            \0\xff\x1b[31m                                       │
    │ 22:13:╭ Subscribe to ────────────────────────────────────────────────╮       │
    │       │ orders:*                                                     │       │
    │       │ pattern: all matching channels                               │       │
    │       ╰──────────────────────────────────────────────────────────────╯       │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    ╰──────────────────────────────────────────────────────────────────────────────╯
     Publish  press p to publish a message
     Enter subscribe  Ctrl-X exact name  Ctrl-S sharded  Esc leave
    "#);
}

#[test]
fn a_question_before_publishing_at_40_by_12() {
    let mut stage = Stage::busy(40, 12);
    stage.message(b"__keyspace@0__:x", b"set");
    stage.keys("pdel");
    stage.code(KeyCode::Enter);
    insta::assert_snapshot!(stage.screen(), @"
     ● live 0.3 ms  4.0/s 5 received
    ╭ Messages 5 · UTC ──────── ❚❚ 0 newer ╮
    ╭ Publish? ────────────────────────────╮
    │ __keyspace@0__:x: programs treat a   │
    │ message on this channel as a real    │
    │ change to a key.                     │
    │                                      │
    │ y publish · n cancel                 │
    ╰──────────────────────────────────────╯
    │ del                                  │
    ╰──────────────────────────────────────╯
     y yes  n no
    ");
}

#[test]
fn a_frozen_view_says_so_at_every_width() {
    for width in [40, 60, 80, 100, 120, 200] {
        let mut stage = Stage::busy(width, 24);
        stage.keys("k");
        for _ in 0..30 {
            stage.message(b"orders", b"newer");
        }
        let screen = stage.screen();
        assert!(screen.contains("❚❚"), "{width}: {screen}");
        assert!(screen.contains("30"), "{width}: {screen}");
    }
}

#[test]
fn matches_are_highlighted_in_the_row_and_in_the_open_message() {
    let mut stage = Stage::in_utc(100, 24, &["*"]);
    stage.message(b"orders", br#"{"level":"error","n":1}"#);
    stage.message(b"orders", br#"{"level":"info","n":2}"#);
    for query in ["Ferror", r#"F.level == "error""#, "/error"] {
        stage.keys(query);
        stage.code(KeyCode::Enter);
        let marked = stage.marked();
        assert!(marked.contains("error"), "{query}: {marked:?}");
        assert!(!marked.contains("info"), "{query}: {marked:?}");
        stage.keys("g");
        stage.code(KeyCode::Enter);
        stage.code(KeyCode::Enter);
        stage.keys("z");
        assert!(stage.marked().contains("error"), "{query}");
        stage.code(KeyCode::Esc);
        stage.code(KeyCode::Esc);
        stage.code(KeyCode::Esc);
        stage.code(KeyCode::Esc);
        stage.code(KeyCode::Esc);
        stage.code(KeyCode::Esc);
        assert_eq!(stage.marked(), "");
    }
}

/// Returns the counts in the status line, such as `5 received`.
fn counts(stage: &Stage) -> Vec<String> {
    let screen = stage.screen();
    let words: Vec<&str> = screen.lines().next().unwrap().split_whitespace().collect();
    let named = ["received", "kept", "evicted", "cleared", "dropped"];
    let pairs = words.windows(2).filter(|pair| named.contains(&pair[1]));
    pairs.map(|pair| pair.join(" ")).collect()
}

#[test]
fn the_counts_on_the_screen_add_up_after_clearing() {
    let mut stage = Stage::in_utc(160, 24, &["*"]);
    stage.live();
    for _ in 0..5 {
        stage.message(b"orders", b"x");
    }
    assert_eq!(counts(&stage), ["5 received"]);
    stage.keys("c");
    assert_eq!(counts(&stage), ["5 received", "0 kept", "5 cleared"]);
    assert!(
        stage
            .screen()
            .contains("No message has arrived since the log was cleared")
    );
    stage.message(b"orders", b"x");
    assert_eq!(counts(&stage), ["6 received", "1 kept", "5 cleared"]);
    stage.keys("g");
    assert!(stage.screen().contains("5 older cleared"));
    let dropped = Dropped {
        count: 3,
        ..Dropped::default()
    };
    stage.notice(Notice::Dropped(dropped));
    let all = ["3 dropped", "9 received", "1 kept", "5 cleared"];
    assert_eq!(counts(&stage), all);
}

#[test]
fn the_counts_on_the_screen_add_up_after_eviction() {
    let mut stage = Stage::keeping(160, 24, &["*"], 64 << 10);
    stage.live();
    while stage.session().log.counters().evicted == 0 {
        stage.message(b"orders", &[b'x'; 4096]);
    }
    let log = *stage.session().log.counters();
    let [received, kept, evicted] = [log.received, log.kept, log.evicted];
    assert_eq!(
        counts(&stage),
        [
            format!("{received} received"),
            format!("{kept} kept"),
            format!("{evicted} evicted")
        ]
    );
}

#[test]
fn an_invalidation_of_all_keys_says_so() {
    let mut stage = Stage::in_utc(100, 24, &["*"]);
    stage.message(b"__redis__:invalidate", b"null");
    stage.message(b"__redis__:invalidate", br#"["user:1"]"#);
    stage.message(b"orders", b"null");
    let screen = stage.screen();
    assert_eq!(screen.matches("all keys").count(), 1, "{screen}");
    assert!(screen.contains("all keys null"), "{screen}");
}

/// Returns the first line that contains `part`, with a space appended.
fn line_with(stage: &Stage, part: &str) -> String {
    let screen = stage.screen();
    let mut lines = screen.lines().map(|line| format!("{line} "));
    let line = lines.find(|line| line.contains(part));
    line.unwrap_or_else(|| panic!("no {part:?} in\n{screen}"))
}

#[test]
fn names_that_differ_in_blanks_look_different() {
    for (name, shown) in [
        ("orders", "orders"),
        ("orders ", r"orders\x20"),
        ("orders\t", r"orders\t"),
        ("orders\u{a0}", r"orders\u{a0}"),
        (" orders", r"\x20orders"),
        ("or\u{3000}ders", r"or\u{3000}ders"),
        ("", "\"\""),
    ] {
        let mut stage = Stage::in_utc(120, 24, &[name]);
        stage.live();
        line_with(&stage, &format!("Listening to {shown} "));
        let notice = format!("subscribed to channel {shown} · 1 subscription now");
        line_with(&stage, &notice);
        stage.message(name.as_bytes(), b"payload");
        line_with(&stage, &format!("● {shown} "));
        line_with(&stage, &format!(" {shown} payload"));
        stage.code(KeyCode::Tab);
        stage.code(KeyCode::Enter);
        line_with(&stage, &format!(" only {shown} × "));
        line_with(&stage, "Messages 1 of 1 ");
        stage.keys("p");
        if name.is_empty() {
            // The box asks for a name first.
            stage.code(KeyCode::Enter);
        }
        line_with(&stage, &format!("Publish to {shown} "));
    }
}

#[test]
fn leading_and_trailing_blanks_and_empty_payloads_are_visible() {
    let mut stage = Stage::in_utc(120, 24, &["*"]);
    stage.live();
    for (payload, shown) in [
        (" a  b ", r"\x20a  b\x20"),
        ("a\tb", r"a\tb"),
        ("   ", r"\x20\x20\x20"),
        ("\u{a0}", r"\u{a0}"),
        ("", "(empty)"),
    ] {
        stage.message(b"name", payload.as_bytes());
        line_with(&stage, &format!("name {shown} "));
    }
}

#[test]
fn the_title_says_following_only_while_messages_can_arrive() {
    let mut stage = Stage::in_utc(160, 24, &["*"]);
    let lost = |stage: &Stage| Connection::Reconnecting {
        reason: ConnectionError::Io("closed by the server".into()),
        retry_at: stage.now.after(Duration::from_millis(2500)),
        attempts: 1,
    };
    line_with(&stage, "not receiving · connecting ");
    stage.connection(Connection::Live);
    line_with(&stage, "not receiving · subscriptions not confirmed ");
    stage.live();
    line_with(&stage, "following ▼ ");
    stage.send(Event::Feed(Feed::Unconfirmed(vec![SubscriptionId(0)])));
    stage.connection(lost(&stage));
    line_with(&stage, "not receiving · reconnecting in 3 s ");
    stage.connection(Connection::Refused {
        reason: ConnectionError::Redis("WRONGPASS".into()),
        retry_at: None,
    });
    line_with(&stage, "not receiving · login refused ");
    stage.connection(Connection::Live);
    let subscription = stage.subscription(0);
    stage.notice(Notice::Denied {
        subscription,
        reason: "NOPERM".into(),
    });
    line_with(&stage, "not receiving · subscriptions denied ");
    let mut stage = Stage::in_utc(160, 24, &[]);
    stage.connection(Connection::Idle);
    line_with(&stage, "not receiving · not subscribed to anything ");
}

#[test]
fn a_line_names_the_day_where_it_changes() {
    // The clock of the stage is at 22:13:25 on 2023-11-14.
    let mut stage = Stage::in_utc(120, 24, &["*"]);
    stage.live();
    stage.message(b"a", b"first");
    stage.message(b"a", b"second");
    assert!(!stage.screen().contains("2023"), "{}", stage.screen());
    stage.wait(Duration::from_secs(24 * 3600));
    // The topmost row is from an earlier day.
    line_with(&stage, " ── Tuesday 2023-11-14 ──");
    line_with(&stage, " 22:13:25.000 a first ");
    stage.message(b"a", b"third");
    stage.message(b"a", b"fourth");
    let screen = stage.screen();
    let place = |part: &str| screen.lines().position(|line| line.contains(part));
    let lines = ["second", "── Wednesday 2023-11-15 ──", "third", "fourth"].map(place);
    let second = lines[0].unwrap();
    assert_eq!(
        lines,
        [0, 1, 2, 3].map(|line| Some(second + line)),
        "{screen}"
    );
    line_with(&stage, " 22:13:25.500 a third ");
    // The date lines are not rows: they do not count, and are neither selected nor clicked.
    assert_eq!(stage.session().shown.messages(), 4);
    stage.keys(" kk");
    assert_eq!(stage.selected(), "second");
    stage.keys("j");
    assert_eq!(stage.selected(), "third");
    let area = stage.app.areas().messages;
    let line = u16::try_from(second).unwrap();
    let press = MouseEventKind::Down(MouseButton::Left);
    stage.mouse(press, area.x + 5, line);
    assert_eq!(stage.selected(), "second");
    stage.mouse(press, area.x + 5, line + 1);
    assert_eq!(stage.selected(), "second");
    stage.mouse(press, area.x + 5, line + 3);
    assert_eq!(stage.selected(), "fourth");
    stage.send(Event::Resize(40, 24));
    line_with(&stage, "── Wednesday 2023-11-15 ─");
    line_with(&stage, "22:13:25 a fourth");
}

#[test]
fn dates_leave_the_selected_row_in_view_however_many_there_are() {
    for height in [8, 9, 12, 24] {
        let mut stage = Stage::in_utc(80, height, &["*"]);
        for day in 0..40 {
            stage.message(b"a", format!("day {day}").as_bytes());
            if day % 3 > 0 {
                stage.wait(Duration::from_secs(24 * 3600));
            }
            line_with(&stage, &format!("day {day} "));
        }
        stage.keys(" ");
        for day in (0..39).rev() {
            stage.keys("k");
            assert_eq!(stage.selected(), format!("day {day}"));
            line_with(&stage, &format!("day {day} "));
        }
        let area = stage.app.areas().messages;
        for _ in 0..40 {
            stage.mouse(MouseEventKind::ScrollDown, area.x + 1, area.y + 1);
        }
        assert!(stage.is_following());
        line_with(&stage, "day 39 ");
    }
}

#[test]
fn times_since_the_last_mark_start_at_each_mark() {
    let mut stage = Stage::in_utc(140, 24, &["*"]);
    for payload in ["one", "two", "three", "four", "five"] {
        stage.message(b"a", payload.as_bytes());
    }
    stage.keys("tt");
    assert_eq!(
        stage.toast(),
        "times: since the last mark · no row is marked: x marks one"
    );
    line_with(&stage, " 22:13:25.250 a two ");
    stage.keys("gjxjjx");
    line_with(&stage, "· time since the last mark ");
    for line in [
        " 22:13:25.000 a one ",
        "+0.000 a two ",
        "+0.250 a three ",
        "+0.000 a four ",
        "+0.250 a five ",
    ] {
        line_with(&stage, line);
    }
    // Setting the system clock changes none of these times.
    stage.send(Event::WallClock(-3_600_000_000));
    line_with(&stage, "+0.250 a three ");
}

#[test]
fn a_publish_error_disappears_once_the_box_is_edited_or_left() {
    let failed = |stage: &mut Stage| {
        stage.keys("po");
        stage.code(KeyCode::Enter);
        stage.keys("x");
        stage.wait(Duration::from_secs(1));
        stage.code(KeyCode::Enter);
        stage.send(Event::Feed(Feed::Published {
            id: 1,
            receivers: Err(PublishError::Refused("NOPERM no permission".into())),
            counted_at: None,
        }));
        line_with(stage, "NOPERM no permission");
    };
    let is_shown = |stage: &Stage| stage.screen().contains("NOPERM");
    let mut stage = Stage::in_utc(120, 24, &["*"]);
    failed(&mut stage);
    stage.keys("y");
    assert!(!is_shown(&stage), "after an edit");
    let mut stage = Stage::in_utc(120, 24, &["*"]);
    failed(&mut stage);
    stage.send(Event::Paste("y".to_owned()));
    assert!(!is_shown(&stage), "after an edit");
    let mut stage = Stage::in_utc(120, 24, &["*"]);
    failed(&mut stage);
    stage.wait(Duration::from_secs(1));
    stage.code(KeyCode::Enter);
    assert!(!is_shown(&stage), "after another publish");
    let mut stage = Stage::in_utc(120, 24, &["*"]);
    failed(&mut stage);
    stage.code(KeyCode::Esc);
    assert!(!is_shown(&stage), "the box is left");
}

#[test]
fn messages_published_from_this_session_are_marked() {
    let mut stage = Stage::in_utc(120, 24, &["*"]);
    stage.live();
    stage.message(b"orders", b"x");
    let publish = |stage: &mut Stage| {
        stage.keys("p");
        stage.keys("x");
        stage.wait(Duration::from_secs(1));
        stage.code(KeyCode::Enter);
        stage.code(KeyCode::Esc);
    };
    let answer = |id| Feed::Published {
        id,
        receivers: Ok(1),
        counted_at: None,
    };
    let own = |stage: &Stage| {
        let rows = (0..stage.session().log.end().0).map(RowId);
        let own = rows.filter(|row| stage.session().own.contains(*row));
        own.collect::<Vec<_>>()
    };
    publish(&mut stage);
    stage.message(b"orders", b"other");
    stage.message(b"users", b"x");
    let row = stage.session().log.end();
    stage.message(b"orders", b"x");
    stage.send(Event::Feed(answer(1)));
    stage.message(b"orders", b"x");
    assert_eq!(own(&stage), [row]);
    // Our own messages are expected only for a short time after the answer.
    publish(&mut stage);
    stage.send(Event::Feed(answer(2)));
    stage.wait(Duration::from_secs(3));
    stage.message(b"orders", b"x");
    assert_eq!(own(&stage), [row]);
    stage.keys("G");
    let screen = stage.screen();
    assert_eq!(screen.matches("│↑22:13").count(), 1, "{screen}");
}

#[test]
fn setting_the_clock_back_is_reported_and_changes_no_time_difference() {
    const HOUR: i64 = 3_600_000_000;
    let mut stage = Stage::in_utc(140, 24, &["*"]);
    stage.live();
    stage.message(b"a", b"first");
    stage.send(Event::WallClock(-HOUR));
    stage.send(Event::WallClock(-HOUR + 20));
    stage.message(b"a", b"second");
    line_with(&stage, " 22:13:25.000 a first ");
    let notice = "── system clock set back by 1h 00m · ";
    line_with(&stage, &format!(" 21:13:25.250 {notice}"));
    line_with(&stage, " 21:13:25.250 a second ");
    let screen = stage.screen();
    assert_eq!(screen.matches("clock set back").count(), 1, "{screen}");
    stage.wait(Duration::from_secs(5));
    stage.keys("t");
    line_with(&stage, "+0.250 ── system clock");
    line_with(&stage, "+0.000 a second ");
    stage.keys("tt");
    line_with(&stage, " 5s a first ");
    line_with(&stage, " 5s a second ");
    // Times in queries refer to the displayed clock.
    stage.keys("tt");
    stage.keys("/since:21:13:25.25");
    stage.code(KeyCode::Enter);
    line_with(&stage, "a second ");
    assert_eq!(stage.session().shown.messages(), 1);
    // The clock is set forward again, by slightly less.
    stage.send(Event::WallClock(-1_000_000));
    line_with(&stage, "system clock set forward by 59m 59s");
}

#[test]
fn a_huge_name_is_truncated_before_it_is_formatted() {
    let name = vec![b'n'; 10 << 20];
    let words = subscope::payload::escape::whole_name(&name);
    assert!(words.len() < 1100, "{}", words.len());
    assert!(words.starts_with("nnn") && words.ends_with("… (10485760 bytes)"));
    let mut app = Stage::in_utc(80, 24, &["*"]);
    let mut batch = Batch::default();
    batch.push_message(app.now, &name, b"1", SubscriptionId(0));
    app.send(Event::Feed(Feed::Batch(Box::new(batch))));
    app.keys("p");
    let toast = app.app.session().toast().unwrap();
    assert!(toast.text.contains("too long to edit"), "{}", toast.text);
}

#[test]
fn a_box_with_very_long_non_ascii_text_shows_what_is_typed() {
    for text in [
        "漢".repeat(40_000),
        "e\u{301}".repeat(70_000),
        "😀".repeat(40_000),
        "é\n".repeat(70_000),
        "漢\n\n".repeat(40_000),
    ] {
        let mut stage = Stage::new(&["*"]);
        stage.messages(&[("a", b"1")]);
        stage.keys("p");
        stage.send(Event::Paste(text.clone()));
        assert_eq!(stage.box_texts().1, text);
        for code in [KeyCode::End, KeyCode::Left, KeyCode::Home, KeyCode::Up] {
            stage.code(code);
            stage.keys("ß");
            let (x, y) = stage.caret().unwrap();
            let symbol = stage.buffer()[(x - 1, y)].symbol().to_owned();
            assert!(
                symbol.starts_with('ß'),
                "{code:?}: {symbol:?} of {}",
                text.len()
            );
        }
    }
}

#[test]
fn a_long_toast_takes_a_second_line_and_keeps_its_end() {
    let channel = "orders:created:eu-west-1:shop-7";
    for width in [80, 60] {
        let mut stage = Stage::new(&["*"]);
        stage.send(Event::Resize(width, 24));
        stage.messages(&[(channel, b"1")]);
        stage.keys("u");
        let screen = stage.screen();
        let lines: Vec<&str> = screen.lines().rev().take(2).collect();
        assert!(
            lines[0].ends_with("mute with m · Space resumes"),
            "{screen}"
        );
        assert!(
            lines[1].starts_with(" frozen: orders:created…west-1:shop-7 arrives through"),
            "{screen}"
        );
        // A toast that fits on one line leaves the line above unchanged.
        stage.keys("Zt");
        assert!(
            stage
                .screen()
                .lines()
                .rev()
                .nth(1)
                .unwrap()
                .starts_with(" Publish")
        );
    }
}

#[test]
fn a_toast_never_hides_text_being_typed() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", b"1")]);
    for size in [(60, 24), (60, 10), (40, 12)] {
        stage.send(Event::Resize(size.0, size.1));
        for open in ["p", "/", "a", "F"] {
            stage.keys(open);
            let (_, row) = stage.caret().unwrap();
            let before = stage.screen();
            stage.send(Event::Failed("a failure of many words ".repeat(9)));
            let row = usize::from(row);
            assert_eq!(stage.screen().lines().nth(row), before.lines().nth(row));
            stage.code(KeyCode::Esc);
        }
    }
}
