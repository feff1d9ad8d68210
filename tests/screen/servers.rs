//! The screen with several servers, with servers that are down, and without any connection.

use std::time::Duration;

use crossterm::event::KeyCode;

use subscope::app::{App, Effect, Event, Keymap, RedisCli, Settings, notice_words};
use subscope::log::Batch;
use subscope::message::{
    ConnectionError, Gap, GapCause, GapEnd, GapReason, NodeId, Notice, Partial, SentinelError,
    SentinelErrors, Subscription, SubscriptionId, Topic,
};
use subscope::payload::figures::{Clock, Zone};
use subscope::server::{
    Command, Connection, Feed, Health, LoginAt, MAX_UNNAMED, NodeFacts, Role, Trouble,
};

use crate::support::stage::{START, Stage};

const REFUSED: &str = "connection refused";

/// Returns a stage of `width` columns and 30 rows that knows the server's redis-cli options.
fn stage(width: u16, topics: &[&str]) -> Stage {
    stage_with(width, topics, |_| {})
}

fn stage_with(width: u16, topics: &[&str], change: impl FnOnce(&mut Settings)) -> Stage {
    let mut stage = Stage::with(topics, |settings| {
        settings.redis_cli = RedisCli {
            place: "-h seed -p 7000".to_owned(),
            tls: String::new(),
        };
        change(settings);
    });
    stage.send(Event::Resize(width, 30));
    stage
}

/// Returns a stage with a cluster of three primaries, the first of which is the home.
fn cluster(width: u16, topics: &[&str]) -> Stage {
    let mut stage = stage(width, topics);
    report_nodes(&mut stage, NodeId(0));
    for node in 0..3 {
        connect(&mut stage, node, Connection::Live);
    }
    stage
}

fn report_nodes(stage: &mut Stage, home: NodeId) {
    let facts = (0..3).map(|number: u16| NodeFacts {
        node: NodeId(number),
        name: format!("127.0.0.1:{}", 7001 + number).into(),
        role: Role::Primary,
        health: Health::Well,
        slots: (0..=number)
            .map(|part| part * 4000 + number * 1000)
            .map(|start| start..=start + 900)
            .collect(),
        subscriptions: 2,
        is_home: NodeId(number) == home,
        round_trip: Some(Duration::from_millis(1)),
    });
    stage.send(Event::Feed(Feed::Nodes(facts.collect())));
}

fn connect(stage: &mut Stage, node: u16, connection: Connection) {
    stage.send(Event::Feed(Feed::Connection(NodeId(node), connection)));
}

fn lost() -> Connection {
    Connection::Reconnecting {
        reason: ConnectionError::Io(REFUSED.into()),
        retry_at: START.after(Duration::from_secs(3)),
        attempts: 1,
    }
}

fn confirm_all(stage: &mut Stage) {
    let count = stage.session().subscriptions.listed().count();
    (0..u32::try_from(count).unwrap_or(0)).for_each(|id| stage.confirm(id));
    stage.keys("c");
    // Wait until the toast about clearing has disappeared.
    stage.wait(Duration::from_secs(6));
}

fn status(stage: &Stage) -> String {
    stage.screen().lines().next().unwrap_or_default().to_owned()
}

// --- The status line -----------------------------------------------------------------------------

#[test]
fn a_node_that_is_down_is_named_while_the_others_serve() {
    let mut stage = cluster(160, &["*", "orders"]);
    confirm_all(&mut stage);
    connect(&mut stage, 1, lost());
    let line = status(&stage);
    let words =
        "○ 127.0.0.1:7002 unreachable (2 subscriptions lost), next try now: connection refused";
    assert!(line.contains(words), "{line}");
    let screen = stage.screen();
    assert!(screen.contains("Listening to *, orders"), "{screen}");
    assert!(
        screen.contains("127.0.0.1:7002 is unavailable: connection refused"),
        "{screen}"
    );
    assert!(!screen.contains("Not connected to"), "{screen}");
    connect(
        &mut stage,
        1,
        Connection::Refused {
            reason: ConnectionError::Redis("NOAUTH".into()),
            retry_at: None,
        },
    );
    let line = status(&stage);
    assert!(line.contains("✗ login refused by 127.0.0.1:7002"), "{line}");
    for node in [0, 2] {
        connect(&mut stage, node, lost());
    }
    assert!(status(&stage).contains("✗ refused, K to log in, r to retry: NOAUTH"));
}

#[test]
fn a_password_is_typed_unseen_after_a_refused_login() {
    let mut stage = stage(100, &["*"]);
    stage.connection(Connection::Live);
    stage.confirm(0);
    stage.keys("K");
    assert_eq!(stage.toast(), "no login was refused");
    stage.connection(Connection::Refused {
        reason: ConnectionError::Redis("WRONGPASS invalid".into()),
        retry_at: None,
    });
    stage.keys("K");
    assert!(stage.screen().contains(" Password "), "{}", stage.screen());
    stage.code(KeyCode::Enter);
    assert_eq!(stage.toast(), "type the password");
    stage.keys("q?");
    stage.ctrl('u');
    stage.keys("s3crets");
    stage.code(KeyCode::Backspace);
    stage.send(Event::Paste("é:pasted\n".to_owned()));
    let screen = stage.screen();
    assert!(screen.contains(&"*".repeat(14)), "{screen}");
    assert!(!screen.contains(&"*".repeat(15)), "{screen}");
    let everything = format!("{screen}{:?}", stage.app);
    assert!(!everything.contains("s3cret") && !everything.contains("pasted"));
    let effects = stage.code(KeyCode::Enter);
    assert!(!format!("{effects:?}").contains("s3cret"));
    let log_in = Command::LogIn {
        at: LoginAt::Servers,
        password: "s3creté:pasted".into(),
    };
    assert_eq!(effects, [Effect::Command(log_in)]);
    assert!(!stage.screen().contains("***"), "{}", stage.screen());
    // Esc forgets what was typed.
    stage.keys("Kabc");
    stage.code(KeyCode::Esc);
    stage.keys("K");
    assert!(!stage.screen().contains("***"), "{}", stage.screen());
}

#[test]
fn the_password_of_the_sentinels_is_asked_for_if_they_refuse_the_login() {
    let mut stage = stage(100, &["*"]);
    let error = SentinelError::Connection(ConnectionError::Redis("NOAUTH".into()));
    let errors = SentinelErrors(vec![("h:26379".into(), error)]);
    stage.connection(Connection::Refused {
        reason: ConnectionError::Sentinels(errors),
        retry_at: None,
    });
    stage.keys("K");
    let screen = stage.screen();
    assert!(screen.contains("Password for the sentinels"), "{screen}");
    stage.keys("x");
    let log_in = Command::LogIn {
        at: LoginAt::Sentinels,
        password: "x".into(),
    };
    assert_eq!(stage.code(KeyCode::Enter), [Effect::Command(log_in)]);
}

#[test]
fn a_live_connection_that_loses_messages_says_so() {
    let mut stage = stage(120, &["*"]);
    stage.connection(Connection::Live);
    stage.confirm(0);
    let mut gap = Gap {
        last_heard: START,
        noticed: START,
        end: GapEnd::Open,
        cause: GapCause::ReplicaCutOff,
        reason: GapReason::PrimaryLinkDown,
    };
    stage.notice(Notice::Gap(gap.clone()));
    let line = status(&stage);
    let words = "◐ losing messages: the replica was cut off: the link to the primary is down";
    assert!(line.contains(words), "{line}");
    gap.end = GapEnd::Restored(START);
    stage.notice(Notice::Gap(gap));
    let line = status(&stage);
    assert!(line.contains("● live"), "{line}");
}

#[test]
fn long_trouble_leaves_room_for_the_address_and_the_subscriptions() {
    let error = "NOPERM User me has no permissions to run the 'ping' command";
    for (width, has_address) in [(80, false), (100, true), (130, true), (200, true)] {
        let mut stage = stage(width, &["*"]);
        stage.connection(Connection::Live);
        stage.send(Event::Feed(Feed::Trouble(Some(Trouble::Ping(
            error.into(),
        )))));
        let line = status(&stage);
        assert!(line.contains("PING refused"), "{width}: {line}");
        assert!(line.contains("0 of 1 subscription live"), "{width}: {line}");
        assert_eq!(
            line.contains("redis://127.0.0.1:6379"),
            has_address,
            "{width}: {line}"
        );
        assert!(width < 200 || line.contains("'ping' command"), "{line}");
    }
}

// --- The table of servers ------------------------------------------------------------------------

#[test]
fn the_slots_are_truncated_before_their_column_is_dropped() {
    for (width, slots) in [
        (200, "2000-2900 6000-6900 10000-10900 (2703)"),
        (90, "2000-2900 … (2703)"),
        (80, " (2703)"),
    ] {
        let mut stage = cluster(width, &["*"]);
        stage.keys("C");
        let screen = stage.screen();
        assert!(screen.contains(" slots "), "{width}: {screen}");
        assert!(screen.contains(slots), "{width}: {screen}");
    }
}

#[test]
fn a_table_that_just_fits_is_not_truncated() {
    for width in 20..120 {
        let mut stage = cluster(width, &["*"]);
        stage.keys("C");
        let screen = stage.screen();
        for cut in ["trip…", "ms…", " …  "] {
            assert!(!screen.contains(cut), "{width}: {screen}");
        }
    }
}

// --- The empty screen ----------------------------------------------------------------------------

/// Returns the redis-cli arguments in the hint that is shown when everything is live.
fn hint(mut stage: Stage) -> String {
    stage.connection(Connection::Live);
    confirm_all(&mut stage);
    let screen = stage.screen();
    let line = screen.lines().find(|line| line.contains("redis-cli -"));
    let line = line.unwrap_or_default().rsplit("redis-cli ").next();
    let line = line.unwrap_or_default();
    line.trim_end_matches([' ', '│']).to_owned()
}

fn with_topics(mut stage: Stage, topics: &[Topic]) -> Stage {
    for topic in topics {
        stage.keys("S");
        stage.keys(&String::from_utf8_lossy(&topic.name));
        stage.code(KeyCode::Enter);
    }
    stage
}

#[test]
fn the_shell_hint_publishes_to_a_subscription() {
    assert_eq!(
        hint(stage(120, &["orders:*"])),
        "-h seed -p 7000 publish orders:test hello"
    );
    let sharded = with_topics(stage(120, &[]), &[Topic::shard(b"orders")]);
    assert_eq!(hint(sharded), "-h seed -p 7000 spublish orders hello");
    let sharded = with_topics(cluster(120, &[]), &[Topic::shard(b"orders")]);
    assert_eq!(
        hint(sharded),
        "-c -h 127.0.0.1 -p 7001 spublish orders hello"
    );
}

#[test]
fn the_shell_hint_names_the_home_node() {
    assert_eq!(
        hint(cluster(120, &["a"])),
        "-h 127.0.0.1 -p 7001 publish a hello"
    );
    let mut moved = cluster(120, &["a"]);
    report_nodes(&mut moved, NodeId(2));
    assert_eq!(hint(moved), "-h 127.0.0.1 -p 7003 publish a hello");
    // The home is down and no other node has taken its place yet.
    let mut lost_home = cluster(120, &["a"]);
    report_nodes(&mut lost_home, NodeId(1));
    connect(&mut lost_home, 1, lost());
    let hint = hint(lost_home);
    assert!(
        !hint.contains("7002") && hint.contains("publish a"),
        "{hint}"
    );
}

#[test]
fn a_node_name_with_shell_characters_is_not_used_in_the_hint() {
    for name in ["$(reboot):7001", "-x:7001", "a b:7001", "host", ":7001"] {
        let mut stage = stage(120, &["a"]);
        let facts = NodeFacts {
            node: NodeId(0),
            name: name.into(),
            role: Role::Primary,
            health: Health::Well,
            slots: Vec::new(),
            subscriptions: 1,
            is_home: true,
            round_trip: None,
        };
        stage.send(Event::Feed(Feed::Nodes(vec![facts])));
        assert_eq!(hint(stage), "-h seed -p 7000 publish a hello", "{name}");
    }
}

#[test]
fn the_subscriptions_are_named_or_counted() {
    let mut stage = stage(160, &["c1", "c2", "c3", "c4", "c5", "c6", "c7"]);
    stage.connection(Connection::Live);
    confirm_all(&mut stage);
    let screen = stage.screen();
    let words = "Listening to c1, c2, c3, c4, c5 and 2 more";
    assert!(screen.contains(words), "{screen}");
}

#[test]
fn read_only_mode_gives_no_hint_to_publish() {
    let mut stage = stage_with(120, &["a"], |settings| settings.read_only = true);
    stage.connection(Connection::Live);
    confirm_all(&mut stage);
    let screen = stage.screen();
    assert!(!screen.contains("Press p"), "{screen}");
    assert!(screen.contains("Press a to subscribe to more"), "{screen}");
}

#[test]
fn a_search_for_sharded_channels_is_announced() {
    let mut stage = with_topics(stage(120, &[]), &[Topic::shard_pattern(b"sx*")]);
    stage.connection(Connection::Idle);
    let words = "looking for sharded channels like sx*; no answer yet";
    assert!(status(&stage).contains(words), "{}", status(&stage));
    let subscription = stage.subscription(0);
    stage.send(Event::Feed(Feed::FoundChannels {
        subscription,
        names: Vec::new(),
    }));
    stage.keys("c");
    let line = status(&stage);
    assert!(
        line.contains("◌ looking for sharded channels like sx*; none found yet"),
        "{line}"
    );
    let screen = stage.screen();
    assert!(screen.contains("Looking for sharded channels like sx*"));
    assert!(screen.contains("sharded, live"), "{screen}");
    assert!(!screen.contains("ot subscribed"), "{screen}");
    assert!(!screen.contains("No subscriptions"), "{screen}");
}

#[test]
fn too_many_sharded_channels_are_left_out_and_reported_once() {
    let mut stage = with_topics(stage(160, &[]), &[Topic::shard_pattern(b"*")]);
    let subscription = stage.subscription(0);
    let names: Vec<Box<[u8]>> = (0..MAX_UNNAMED + 10)
        .map(|number| number.to_string().into_bytes().into())
        .collect();
    for added in [MAX_UNNAMED - 1, 0] {
        let effects = stage.send(Event::Feed(Feed::FoundChannels {
            subscription: subscription.clone(),
            names: names.clone(),
        }));
        let is_subscribe =
            |effect: &&Effect| matches!(effect, Effect::Command(Command::Subscribe(_)));
        assert_eq!(effects.iter().filter(is_subscribe).count(), added);
    }
    let left_out = stage
        .session()
        .log
        .notices()
        .filter(|(_, notice)| **notice == Notice::Partial(Partial::ChannelsLeftOut(11)));
    assert_eq!(left_out.count(), 1);
}

/// Refuses the first subscription and returns the search that replaces it.
fn search_instead(stage: &mut Stage) -> Subscription {
    let subscription = stage.subscription(0);
    let reason = "ERR unknown command 'psubscribe', with args beginning with: *".into();
    let mut batch = Batch::default();
    let denied = Notice::Denied {
        subscription,
        reason,
    };
    batch.push_notice(stage.now, denied);
    let effects = stage.send(Event::Feed(Feed::Batch(Box::new(batch))));
    let [Effect::Command(Command::Subscribe(search))] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(search.topic, Topic::polled(b"*"));
    search.clone()
}

fn found(stage: &mut Stage, search: &Subscription, names: &[&[u8]]) -> Vec<Topic> {
    let effects = stage.send(Event::Feed(Feed::FoundChannels {
        subscription: search.clone(),
        names: names.iter().map(|name| (*name).into()).collect(),
    }));
    let topics = effects.into_iter().filter_map(|effect| match effect {
        Effect::Command(Command::Subscribe(subscription)) => Some(subscription.topic),
        _ => None,
    });
    topics.collect()
}

#[test]
fn channels_that_socket_io_counts_are_not_subscribed_to_by_a_search() {
    let mut stage = stage(160, &["*"]);
    let search = search_instead(&mut stage);
    let names: [&[u8]; 2] = [b"orders", b"socket.io-request#/#"];
    let orders = Topic::channel(b"orders");
    assert_eq!(found(&mut stage, &search, &names), [orders]);
    let mut notices = stage.session().log.notices();
    assert!(notices.any(|(_, notice)| *notice == Notice::Partial(Partial::ChannelsLeftOut(1))));
}

#[test]
fn a_search_subscribes_to_each_channel_once_and_ends_once_the_pattern_is_accepted() {
    let mut stage = stage(160, &["*"]);
    let search = search_instead(&mut stage);
    assert_eq!(found(&mut stage, &search, &[b"a"]), [Topic::channel(b"a")]);
    assert_eq!(found(&mut stage, &search, &[b"a"]), []);
    assert!(
        stage
            .screen()
            .contains("polled: only channels with subscribers")
    );
    let mut batch = Batch::default();
    let subscribed = Notice::Subscribed {
        subscription: stage.subscription(0),
        count: 1,
        server: None,
    };
    batch.push_notice(stage.now, subscribed);
    let effects = stage.send(Event::Feed(Feed::Batch(Box::new(batch))));
    assert!(effects.contains(&Effect::Command(Command::Unsubscribe(search.id))));
    assert!(!stage.screen().contains("polled:"), "{}", stage.screen());
}

#[test]
fn a_refusal_that_leaves_no_subscription_is_shown() {
    for (reason, words, keys) in [
        (
            "WRONGPASS invalid",
            "Login refused by redis://127.0.0.1:6379",
            "Press r to retry",
        ),
        (
            "NOPERM pubsub",
            "Subscription denied: shard channels sx*",
            "Press a to subscribe to what this user may access",
        ),
    ] {
        let mut stage = with_topics(stage(120, &[]), &[Topic::shard_pattern(b"sx*")]);
        stage.connection(Connection::Idle);
        let subscription = stage.subscription(0);
        stage.notice(Notice::Denied {
            subscription,
            reason: reason.into(),
        });
        stage.keys("c");
        let line = status(&stage);
        assert!(line.contains(&format!("✗ refused: {reason}")), "{line}");
        let screen = stage.screen();
        assert!(screen.contains(words), "{screen}");
        assert!(screen.contains(keys), "{screen}");
    }
}

#[test]
fn a_small_screen_shows_the_keys_whatever_the_reason() {
    let mut stage = Stage::new(&["*"]);
    stage.send(Event::Resize(40, 12));
    stage.connection(Connection::Reconnecting {
        reason: ConnectionError::Io(
            "the certificate is not trusted: it was issued by an authority that this system \
                 does not know; --cacert FILE trusts what is in FILE, --insecure trusts anybody"
                .into(),
        ),
        retry_at: START,
        attempts: 0,
    });
    let screen = stage.screen();
    assert!(screen.contains("Press r to"), "{screen}");
    assert!(screen.contains("q to quit"), "{screen}");
    assert!(screen.contains("the certificate"), "{screen}");
}

// --- Server names --------------------------------------------------------------------------------

#[test]
fn a_confirmation_names_its_server_where_there_are_several() {
    let subscription = Subscription {
        id: SubscriptionId(0),
        topic: Topic::pattern(b"__key*"),
    };
    let words = |server: Option<&str>| {
        let notice = Notice::Subscribed {
            subscription: subscription.clone(),
            count: 1,
            server: server.map(Into::into),
        };
        notice_words(&notice, &Clock::new(Zone::Utc), &Keymap::default())
    };
    assert_eq!(
        words(None),
        "subscribed to pattern __key* · 1 subscription now"
    );
    assert_eq!(
        words(Some("127.0.0.1:7001\u{1b}")),
        r"subscribed to pattern __key* at 127.0.0.1:7001\x1b · 1 subscription on this server"
    );
}

#[test]
fn sentinel_events_are_distinguished_from_a_pattern_of_the_same_name() {
    let mut stage = Stage::new(&[]);
    let topics = vec![Topic::pattern(b"*"), Topic::sentinel(b"*")];
    stage.app = App::new(Settings::default(), topics, (120, 24), START);
    stage.confirm(0);
    stage.confirm(1);
    let screen = stage.screen();
    assert!(
        screen.contains("● *                             live │"),
        "{screen}"
    );
    assert!(
        screen.contains("● *                  sentinels, live │"),
        "{screen}"
    );
}
