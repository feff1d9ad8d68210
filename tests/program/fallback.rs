//! The fallback when an ACL refuses all channels: subscribing to what the user may access.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use subscope::app::{Effect, Event};
use subscope::log::Batch;
use subscope::message::{Allowed, ConnectionError, Notice, Topic};
use subscope::server::{Ask, Command, Config, Connection, Endpoint, Feed};

use crate::support::listener::Listener;
use crate::support::peer::{Peer, array};
use crate::support::pty::{Launch, Pty};
use crate::support::redis::Redis;
use crate::support::stage::Stage;

/// Returns a stage on which Redis has refused all channels and the app has asked what the user may
/// subscribe to.
fn refused_all(topics: &[&str]) -> Stage {
    let mut stage = Stage::new(topics);
    stage.connection(Connection::Live);
    assert_eq!(refuse(&mut stage, "NOPERM"), [Effect::Ask(Ask::Allowed)]);
    stage
}

/// Simulates that Redis refuses the first subscription.
fn refuse(stage: &mut Stage, reason: &str) -> Vec<Effect> {
    let mut batch = Batch::default();
    let denied = Notice::Denied {
        subscription: stage.subscription(0),
        reason: reason.into(),
    };
    batch.push_notice(stage.now, denied);
    stage.send(Event::Feed(Feed::Batch(Box::new(batch))))
}

/// Reports that the user "app" may subscribe to these channels. Returns the new subscriptions.
fn allow(stage: &mut Stage, channels: Allowed) -> Vec<Topic> {
    let user = "app".into();
    let effects = stage.send(Event::Feed(Feed::Allowed { user, channels }));
    let subscribed = effects.into_iter().filter_map(|effect| match effect {
        Effect::Command(Command::Subscribe(subscription)) => Some(subscription.topic),
        _ => None,
    });
    subscribed.collect()
}

fn only(names: &[&str]) -> Allowed {
    let names = names.iter().map(|name| name.as_bytes().into());
    let names = names.collect();
    Allowed::Only { names, left_out: 0 }
}

#[test]
fn the_fallback_applies_only_where_an_acl_denies_all_channels() {
    let mut stage = Stage::new(&["*"]);
    assert_eq!(refuse(&mut stage, "OOM command not allowed"), []);
    let mut stage = Stage::new(&["a*", "*"]);
    assert_eq!(refuse(&mut stage, "NOPERM"), []);
}

#[test]
fn accessible_channels_are_subscribed_to_and_announced_once() {
    let mut stage = refused_all(&["*", "logs.*"]);
    let channels = only(&["orders.*", "logs.*", "plain", r"a\b"]);
    assert_eq!(
        allow(&mut stage, channels.clone()),
        [
            Topic::pattern(b"orders.*"),
            Topic::channel(b"plain"),
            Topic::pattern(br"a\b"),
        ]
    );
    let words = "* is refused; subscribed to what user \"app\" may access: orders.*, logs.*, plain";
    assert!(stage.toast().starts_with(words), "{}", stage.toast());
    let rows = stage.session().log.notices().count();
    // After a reconnection, everything is refused once more.
    refuse(&mut stage, "NOPERM");
    assert_eq!(allow(&mut stage, channels), []);
    let more = only(&["orders.*", "more.*"]);
    assert_eq!(stage.session().log.notices().count(), rows + 1);
    assert_eq!(allow(&mut stage, more), [Topic::pattern(b"more.*")]);
    assert_eq!(stage.session().log.notices().count(), rows + 2);
}

#[test]
fn a_fallback_that_finds_no_channels_says_why() {
    let refused = || refused_all(&["*"]);
    for (channels, words) in [
        (only(&[]), "may not access any channel"),
        (Allowed::Denied("NOPERM".into()), "press a to subscribe"),
        (
            Allowed::Unknown(ConnectionError::NotConnected),
            "press r to retry",
        ),
    ] {
        let mut stage = refused();
        assert_eq!(allow(&mut stage, channels), []);
        assert!(stage.toast().contains(words), "{}", stage.toast());
    }
    // Now, the subscription is confirmed before the answer about the channels arrives.
    let mut stage = refused();
    stage.confirm(0);
    assert_eq!(allow(&mut stage, only(&["a"])), []);
    assert_eq!(stage.toast(), "");
}

fn app_at(redis: &Redis, rules: &[&str]) -> Pty {
    let user = ["ACL", "SETUSER", "app", "on", ">secret", "+@all"];
    redis.cli(&[&user[..], rules].concat());
    let url = format!("redis://app:secret@{}", redis.address());
    Launch::subscope(&["-u", &url]).size(160, 40).start()
}

#[test]
fn a_user_denied_all_channels_receives_the_accessible_ones() {
    let redis = Redis::start();
    let rules = ["resetchannels", "&orders.*", "&logs.*", "&plain"];
    let mut pty = app_at(&redis, &rules);
    pty.wait_for_text(
        "* is refused; subscribed to what user \"app\" may access: orders.*, logs.*, plain",
    );
    pty.wait_for_text("3 of 4 subscriptions live");
    redis.cli(&["PUBLISH", "orders.1", "an order"]);
    redis.cli(&["PUBLISH", "plain", "a plain one"]);
    pty.wait_for_text("an order");
    pty.wait_for_text("a plain one");
    // After a rule that allows everything, `r` subscribes to the pattern, and each message is still
    // a single row.
    redis.cli(&["ACL", "SETUSER", "app", "&*"]);
    pty.send("r");
    pty.wait_for_text("subscribed to pattern * ");
    redis.cli(&["PUBLISH", "orders.2", "once only"]);
    redis.cli(&["PUBLISH", "other", "the last one"]);
    pty.wait_for_text("the last one");
    assert_eq!(pty.text().matches("once only").count(), 1, "{}", pty.text());
}

#[test]
fn a_user_who_may_not_query_the_acl_is_told_what_to_do() {
    let redis = Redis::start();
    let pty = app_at(&redis, &["-acl", "resetchannels", "&orders.*"]);
    pty.wait_for_text(
        "* is refused, and user \"app\" may not list its channels · press a to subscribe \
         to them, or name them on the command line",
    );
}

#[tokio::test]
async fn accessible_channels_are_reported_with_the_user_name() {
    let redis = Redis::start();
    redis.cli(&["ACL", "SETUSER", "default", "resetchannels", "&a.*", "&b"]);
    let mut listener = Listener::start(Config::new(Endpoint::parse(&redis.url()).unwrap()));
    listener.server.ask(Ask::Allowed);
    listener
        .until("an answer", |listener| !listener.allowed.is_empty())
        .await;
    let names = vec![b"a.*"[..].into(), b"b"[..].into()];
    assert_eq!(
        listener.allowed[0],
        ("default".into(), Allowed::Only { names, left_out: 0 })
    );
    listener.server.stop().await;
}

#[test]
fn a_user_with_30_000_channels_receives_them_all_while_keys_respond() {
    const CHANNELS: usize = 30_000;
    const LONG_TIMEOUT: Duration = Duration::from_secs(120);
    let redis = Redis::start();
    let rules: Vec<String> = (0..CHANNELS)
        .map(|number| format!("&ch:{number}"))
        .collect();
    let start: [&[u8]; 7] = [
        b"ACL",
        b"SETUSER",
        b"app",
        b"on",
        b">secret",
        b"+@all",
        b"resetchannels",
    ];
    let rules = rules.iter().map(String::as_bytes);
    let command: Vec<&[u8]> = start.into_iter().chain(rules).collect();
    assert_eq!(redis.send(&command), b"+OK\r\n");
    let url = format!("redis://app:secret@{}", redis.address());
    let mut pty = Launch::subscope(&["-u", &url]).size(160, 40).start();
    // On a busy machine, a debug build takes a long time for this many subscriptions.
    let words = "30,000 of 30,001 subscriptions live";
    let are_live = |screen: &vt100::Screen| screen.contents().contains(words);
    assert!(pty.wait_up_to(LONG_TIMEOUT, are_live), "{}", pty.text());
    redis.cli(&["PUBLISH", "ch:29999", "to the last"]);
    pty.wait_for_text("to the last");
    pty.send("q");
    assert!(pty.wait_for_exit().success());
}

#[test]
fn channels_beyond_the_limit_are_counted_as_left_out() {
    let mut stage = refused_all(&["*"]);
    let Allowed::Only { names, .. } = only(&["a", "b"]) else {
        panic!("not a list of names");
    };
    let left_out = 150_000;
    assert_eq!(
        allow(&mut stage, Allowed::Only { names, left_out }).len(),
        2
    );
    let words = "may access: a, b · 150,000 left out · name the ones you want on the command line";
    assert!(stage.toast().ends_with(words), "{}", stage.toast());
}

/// Answers as for a user whose ACL allows `channels` and therefore refuses the pattern `*`.
fn answer_as_acl(words: &[String], channels: &str) -> Option<String> {
    let word = words[0].to_lowercase();
    match (&*word, words.get(1).map(|word| word.to_lowercase())) {
        ("psubscribe", _) => {
            Some("-NOPERM this user has no permissions to access one of the channels\r\n".into())
        }
        ("acl", Some(word)) if word == "whoami" => Some("$3\r\napp\r\n".into()),
        ("acl", Some(word)) if word == "getuser" => Some(array(&["channels", channels])),
        _ => None,
    }
}

#[test]
fn of_200_000_channels_as_many_as_possible_are_subscribed_while_keys_respond() {
    const CHANNELS: usize = 200_000;
    const LONG_TIMEOUT: Duration = Duration::from_secs(180);
    let rules: Vec<String> = (0..CHANNELS)
        .map(|number| format!("&ch:{number}"))
        .collect();
    let rules = rules.join(" ");
    let peer = Peer::start(move |words| answer_as_acl(words, &rules));
    // Wide enough that the row reporting the refusal is not truncated.
    let mut pty = Launch::subscope(&["-u", &peer.url()]).size(400, 40).start();
    let words = "32,768 of 32,769 subscriptions live";
    let are_live = |screen: &vt100::Screen| screen.contents().contains(words);
    assert!(pty.wait_up_to(LONG_TIMEOUT, are_live), "{}", pty.text());
    pty.send("g");
    pty.wait_for_text("and 32,748 more · 167,232 left out");
    pty.send("G");
    peer.send(array(&["message", "ch:32767", "to the last"]).as_bytes());
    pty.wait_for_text("to the last");
    assert_memory_within(&pty, 512 << 20);
    pty.send("q");
    assert!(pty.wait_for_exit().success());
}

#[test]
fn an_info_answer_of_200_mb_is_cut_off_and_reported_while_keys_respond() {
    const SIZE: usize = 200 << 20;
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    let peer = Peer::start(move |words| {
        (words[0].to_lowercase() == "info").then(|| {
            counter.fetch_add(1, Ordering::Relaxed);
            format!("${SIZE}\r\n{}\r\n", "x".repeat(SIZE))
        })
    });
    let mut pty = Launch::subscope(&["-u", &peer.url()]).size(160, 40).start();
    pty.wait_for_text("subscribed to pattern *");
    pty.wait_for_text("a reply of more than 16 MiB was cut off");
    peer.send(array(&["pmessage", "*", "a", "goes on"]).as_bytes());
    pty.wait_for_text("goes on");
    assert!(requests.load(Ordering::Relaxed) > 0);
    assert_memory_within(&pty, 128 << 20);
    pty.send("?");
    pty.wait_for_text("Channels and messages");
    pty.send("\x1b");
    pty.wait_for("the panes", |screen| {
        !screen.contents().contains("Channels and messages")
    });
    pty.send("q");
    assert!(pty.wait_for_exit().success());
}

/// Checks the program's current private memory and its peak memory, where the system reports them.
#[track_caller]
fn assert_memory_within(pty: &Pty, most: usize) {
    if !cfg!(target_os = "linux") {
        return;
    }
    let status = fs::read_to_string(format!("/proc/{}/status", pty.pid())).unwrap();
    for name in ["RssAnon", "VmHWM"] {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let size = line.unwrap().trim_matches([':', '\t', ' ', 'k', 'B']);
        let size = size.parse::<usize>().unwrap() << 10;
        assert!(size < most, "{name}: {size} bytes");
    }
}
