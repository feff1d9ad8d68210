//! The server tasks against malicious or broken servers. The reason for each lost connection is
//! reported, the tasks reconnect, and once the server behaves, everything works again.

mod scripts;
mod server;

use std::time::Duration;

use subscope::app::connection_words;
use subscope::broker::faults::FaultTargets;
use subscope::broker::{Broker, Settings};
use subscope::log::Content;
use subscope::message::{GapEnd, RowId, Subscription, SubscriptionId, Topic};
use subscope::payload::escape::whole;
use subscope::server::{Ask, Command, Config, Connection, Endpoint, Timing};

use self::scripts::{Script, odd_frame, scripts, session, whole_sessions};
use self::server::Hostile;
use crate::escapes::assert_harmless;
use crate::random::{Random, Watchdog};
use crate::support::cases;
use crate::support::listener::Listener;

/// Retries quick enough for tests. The timeout for answers matters only where nothing else reveals
/// a dead server.
const QUICK: Timing = Timing {
    connect_within: Duration::from_secs(5),
    ping_every: Duration::from_secs(600),
    answer_within: Duration::from_millis(200),
    first_wait: Duration::from_millis(2),
    longest_wait: Duration::from_millis(5),
};

/// Maximum length of a reason in bytes, whatever the server sends.
const MAX_ERROR_LENGTH: usize = 1000;

/// Upper bound on how much of an endless stream the tasks read: at most 16 MiB per connection, and
/// a few connections may be made while the script is played.
const MAX_READ: u64 = 128 << 20;

fn all_channels(id: u32) -> Subscription {
    Subscription {
        id: SubscriptionId(id),
        topic: Topic::pattern(b"*"),
    }
}

fn config(url: &str, timing: Timing) -> Config {
    Config {
        subscriptions: vec![all_channels(0)],
        timing,
        ..Config::new(Endpoint::parse(url).unwrap())
    }
}

/// Returns the payload of the last message.
fn last_payload(listener: &Listener) -> Option<Vec<u8>> {
    let rows = (0..listener.log.end().0).rev();
    let mut rows = rows.filter_map(|id| listener.log.row(RowId(id)));
    rows.find_map(|row| match row.content {
        Content::Message { payload, .. } => Some(payload.to_vec()),
        Content::Notice(_) => None,
    })
}

/// Returns how many times a connection has ended or could not be established.
fn disconnects(listener: &Listener) -> usize {
    let is_end = |connection: &&Connection| {
        matches!(
            connection,
            Connection::Reconnecting { .. } | Connection::Refused { .. }
        )
    };
    listener.connections.iter().filter(is_end).count()
}

/// Checks that the reason for each ended connection is non-empty, harmless and of limited length.
fn assert_causes(listener: &Listener, script: &str) {
    for connection in &listener.connections {
        if let Connection::Reconnecting { reason, .. } | Connection::Refused { reason, .. } =
            connection
        {
            let reason = connection_words(reason);
            assert!(!reason.is_empty(), "{script}: empty reason");
            assert!(reason.len() < MAX_ERROR_LENGTH, "{script}: {reason}");
            assert_harmless(&whole(reason.as_bytes()));
        }
    }
}

/// The tasks, connected to a server that plays scripts, and a well-behaved broker behind it.
struct Play {
    broker: Broker,
    hostile: Hostile,
    listener: Listener,
    marker: u64,
    /// How many times the subscription had to be renewed.
    subscribed: u32,
}

impl Play {
    async fn start() -> Self {
        let broker = Broker::start(Settings::default()).await.unwrap();
        let hostile = Hostile::start(broker.address());
        let listener = Listener::listening(config(&hostile.url(), QUICK)).await;
        Self {
            broker,
            hostile,
            listener,
            marker: 0,
            subscribed: 0,
        }
    }

    /// Plays `script` on the next connections, and then behaves like a well-behaved server.
    async fn perform(&mut self, script: Script) {
        let name = script.name.clone();
        let _watchdog = Watchdog::start(format!("the hostile server {name}"));
        let before = disconnects(&self.listener);
        let read = self.read();
        self.hostile.play(script);
        // The first disconnect starts the script, and the second marks its end. If the script ends
        // the subscription, the listener does not reconnect, so there is no second disconnect.
        let is_over = |listener: &Listener| listener.connections.last() == Some(&Connection::Idle);
        let has_run =
            |listener: &Listener| disconnects(listener) >= before + 2 || is_over(listener);
        self.listener.until(&name, has_run).await;
        self.ask_to_publish(&name).await;
        assert!(
            self.read() - read < MAX_READ,
            "{name}: {}",
            self.read() - read
        );
        self.hostile.behave();
        if is_over(&self.listener) {
            self.subscribed += 1;
            let subscription = all_channels(self.subscribed);
            let subscribe = Command::Subscribe(subscription);
            self.listener.server.command(subscribe);
        }
        self.listener.server.command(Command::Reconnect);
        self.receive_marker(&name).await;
        assert_causes(&self.listener, &name);
    }

    fn read(&self) -> u64 {
        let counters = self.listener.server.counters();
        counters
            .bytes_received
            .load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Asks the commander to publish, and waits for the answer, whichever server the commander is
    /// connected to.
    async fn ask_to_publish(&mut self, name: &str) {
        let before = self.listener.published.len();
        self.listener.server.ask(Ask::Publish {
            id: 0,
            channel: b"ours"[..].into(),
            payload: b"hello"[..].into(),
            is_sharded: false,
        });
        let what = format!("{name}: the answer to a publish");
        let is_answered = |listener: &Listener| listener.published.len() > before;
        self.listener.until(&what, is_answered).await;
        if let Some(Err(why)) = self.listener.published.last() {
            assert!(why.len() < MAX_ERROR_LENGTH, "{name}: {why}");
            assert_harmless(&whole(why.as_bytes()));
        }
    }

    async fn receive_marker(&mut self, name: &str) {
        self.marker += 1;
        let marker = format!("marker {}", self.marker);
        let is_live = |listener: &Listener| listener.connections.last() == Some(&Connection::Live);
        let what = format!("{name}: the listener is live again");
        self.listener.until(&what, is_live).await;
        let is_received =
            |listener: &Listener| last_payload(listener).as_deref() == Some(marker.as_bytes());
        // A connection about to end may lose the marker, so send it again after every event.
        while !is_received(&self.listener) {
            let seen = self.listener.events;
            self.broker.publisher().publish(b"a", marker.as_bytes());
            let news = |listener: &Listener| listener.events > seen;
            self.listener.until(&what, news).await;
        }
    }

    async fn end(self) {
        let ends = self.listener.gaps().into_iter().map(|gap| gap.end);
        for end in ends {
            assert_ne!(end, GapEnd::Open);
        }
        self.listener.server.stop().await;
        self.broker.stop().await;
    }
}

#[tokio::test]
async fn the_tasks_recover_from_every_hostile_server() {
    let mut play = Play::start().await;
    for script in scripts() {
        play.perform(script).await;
    }
    play.end().await;
}

#[tokio::test]
async fn the_tasks_recover_from_a_session_cut_anywhere() {
    let mut play = Play::start().await;
    let session = session();
    for end in 0..session.len() {
        let name = format!("cut after {end} bytes");
        play.perform(Script::sending(name, &session[..end])).await;
    }
    play.end().await;
}

#[tokio::test]
async fn the_tasks_recover_from_mutated_sessions() {
    let mut play = Play::start().await;
    for case in 0..u64::from(cases::count(40)) {
        let mut random = Random::of_case("hostile sessions", case);
        let bytes = crate::mutation::mutated(&mut random, &whole_sessions());
        let name = format!("session {case}: {}", bytes.escape_ascii());
        play.perform(Script::sending(name, &bytes)).await;
    }
    play.end().await;
}

/// However odd a frame is, the data after it is parsed correctly.
#[tokio::test]
async fn an_unexpected_frame_does_not_affect_the_data_after_it() {
    let broker = Broker::start(Settings::default()).await.unwrap();
    let url = format!("redis://{}", broker.address());
    let mut listener = Listener::listening(config(&url, QUICK)).await;
    for case in 0..u64::from(cases::count(150)) {
        let frame = odd_frame(&mut Random::of_case("odd frames", case));
        let name = format!("case {case}, {}", frame.escape_ascii());
        let _watchdog = Watchdog::start(name.clone());
        assert_eq!(broker.faults().inject(FaultTargets::Subscribers, &frame), 1);
        let marker = format!("behind {case}");
        let receivers = broker.publisher().publish(b"a", marker.as_bytes());
        assert_eq!(receivers, 1, "{name}");
        let is_received = |listener: &Listener| {
            last_payload(listener).as_deref() == Some(marker.as_bytes())
                || !listener.gaps().is_empty()
        };
        listener.until(&name, is_received).await;
        assert_eq!(listener.gaps(), [], "{name}");
        assert_eq!(listener.messages(), case + 1, "{name}");
    }
    listener.server.stop().await;
}
