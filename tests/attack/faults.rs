//! Faults in random order, with a real server. Each message published meanwhile must be in the log
//! once and in order, or lie in a gap, or be among the dropped messages.

use std::cell::Cell;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use tokio::task::yield_now;

use subscope::message::{Subscription, SubscriptionId, Topic};
use subscope::server::{Config, Connection, Endpoint, Timing};

use crate::random::{Random, Watchdog};
use crate::support::cases;
use crate::support::listener::{Listener, TIMEOUT};
use crate::support::proxy::Proxy;
use crate::support::pty::Launch;
use crate::support::redis::Redis;
use crate::support::truth::Publisher;

/// Heartbeats and retries quick enough for tests.
const QUICK: Timing = Timing {
    connect_within: Duration::from_secs(5),
    ping_every: Duration::from_millis(50),
    answer_within: Duration::from_millis(400),
    first_wait: Duration::from_millis(5),
    longest_wait: Duration::from_millis(50),
};

/// Minimum number of messages published between two faults.
const MESSAGES_BETWEEN_FAULTS: usize = 60;

/// Limit on pending bytes, small enough that a listener that lags must drop some messages.
const ROOM: usize = 16 << 10;

/// A kind of fault.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// The server hangs up on the subscriber.
    Kill,
    /// The server hangs up on all clients.
    KillAll,
    /// The network cuts all connections.
    Cut,
    /// The network drops all connections without notifying either side.
    Forget,
    /// All data is delayed, but not long enough for the listener to give up on the connection.
    Delay,
    /// All data is delayed so long that the listener gives up on the connection.
    DelayLong,
    /// The server is halted until the listener gives up on the connection, and then resumed.
    Halt,
    /// The server is killed and restarted.
    Restart,
    /// The listener reads nothing for a while.
    Lag,
    /// The whole program is blocked for a while.
    Sleep,
}

const FAULTS: [Fault; 10] = [
    Fault::Kill,
    Fault::KillAll,
    Fault::Cut,
    Fault::Forget,
    Fault::Delay,
    Fault::DelayLong,
    Fault::Halt,
    Fault::Restart,
    Fault::Lag,
    Fault::Sleep,
];

/// A server, an unreliable network in front of it, and a publisher of numbers.
struct Setup {
    redis: Redis,
    proxy: Proxy,
    publisher: Publisher,
    listener: Listener,
}

impl Setup {
    async fn start() -> Self {
        let redis = Redis::start();
        let proxy = Proxy::start(redis.address());
        let config = Config {
            subscriptions: vec![Subscription {
                id: SubscriptionId(0),
                topic: Topic::pattern(b"*"),
            }],
            timing: QUICK,
            pending_bytes: ROOM,
            ..Config::new(Endpoint::parse(&proxy.url()).unwrap())
        };
        let listener = Listener::listening(config).await;
        let address = redis.address();
        let publisher = Publisher::start("PUBLISH", "a", move || TcpStream::connect(address));
        let mut setup = Self {
            redis,
            proxy,
            publisher,
            listener,
        };
        setup.until_restored("the first messages").await;
        setup
    }

    /// Waits until the listener is live and some more messages have arrived.
    async fn until_restored(&mut self, what: &str) {
        let is_live = |listener: &Listener| {
            let gaps = listener.gaps();
            listener.connections.last() == Some(&Connection::Live)
                && (gaps.is_empty() || listener.is_restored())
        };
        self.listener.until(what, is_live).await;
        let received = self.listener.messages();
        let has_more = |listener: &Listener| {
            listener.messages() >= received + MESSAGES_BETWEEN_FAULTS as u64 && is_live(listener)
        };
        self.listener.until(what, has_more).await;
    }

    /// Waits until the lost connection is noticed.
    async fn until_lost(&mut self, before: usize, what: &str) {
        let is_lost = |listener: &Listener| listener.connections.len() > before;
        self.listener.until(what, is_lost).await;
    }

    /// Blocks this thread, and the tasks on it, until `count` more messages are published.
    fn block_until_published(&self, count: usize) {
        let end = self.publisher.published() + count;
        let deadline = Instant::now() + TIMEOUT;
        while self.publisher.published() < end {
            assert!(Instant::now() < deadline, "no more messages were published");
            thread::yield_now();
        }
    }

    /// Processes events until `count` more messages are published.
    async fn while_published(&mut self, count: usize) {
        let end = self.publisher.published() + count;
        // Heartbeats and messages keep arriving, so no wait in this loop is long.
        let seen = Cell::new(self.listener.events);
        while self.publisher.published() < end {
            let news = |listener: &Listener| listener.events > seen.get();
            self.listener.until("news", news).await;
            seen.set(self.listener.events);
        }
    }

    async fn inject(&mut self, fault: Fault) {
        let what = format!("{fault:?}");
        let before = self.listener.connections.len();
        match fault {
            Fault::Kill => drop(self.redis.cli(&["CLIENT", "KILL", "TYPE", "pubsub"])),
            Fault::KillAll => {
                self.redis.cli(&["CLIENT", "KILL", "TYPE", "pubsub"]);
                self.redis.cli(&["CLIENT", "KILL", "TYPE", "normal"]);
            }
            Fault::Cut => self.proxy.cut(),
            Fault::Forget => self.proxy.forget(),
            Fault::Delay => {
                self.proxy.hold(true);
                self.block_until_published(MESSAGES_BETWEEN_FAULTS);
                self.proxy.hold(false);
                self.while_published(MESSAGES_BETWEEN_FAULTS).await;
                return;
            }
            Fault::DelayLong => {
                self.proxy.hold(true);
                self.until_lost(before, &what).await;
                self.proxy.hold(false);
            }
            Fault::Halt => {
                self.redis.pause();
                self.until_lost(before, &what).await;
                self.redis.resume();
            }
            Fault::Restart => {
                self.redis.kill();
                self.until_lost(before, &what).await;
                self.redis.restart();
            }
            Fault::Lag => {
                let end = self.publisher.published() + 20 * MESSAGES_BETWEEN_FAULTS;
                let deadline = Instant::now() + TIMEOUT;
                while self.publisher.published() < end {
                    assert!(Instant::now() < deadline, "no more messages were published");
                    yield_now().await;
                }
                self.while_published(MESSAGES_BETWEEN_FAULTS).await;
                return;
            }
            Fault::Sleep => {
                self.block_until_published(10 * MESSAGES_BETWEEN_FAULTS);
                self.while_published(MESSAGES_BETWEEN_FAULTS).await;
                return;
            }
        }
        self.until_lost(before, &what).await;
    }
}

#[tokio::test]
async fn every_message_is_a_row_or_lies_in_a_gap_whatever_goes_wrong() {
    let mut random = Random::of_case("faults", 0);
    let mut setup = Setup::start().await;
    let mut injected = Vec::new();
    for index in 0..usize::try_from(cases::count(10)).unwrap() {
        // Each fault once, then random ones.
        let fault = match FAULTS.get(index) {
            Some(fault) => *fault,
            None => *random.pick(&FAULTS),
        };
        injected.push(fault);
        let _watchdog = Watchdog::start(format!("the faults {injected:?}"));
        setup.inject(fault).await;
        setup
            .until_restored(&format!("the listener is back after {injected:?}"))
            .await;
    }
    let Setup {
        publisher,
        mut listener,
        ..
    } = setup;
    let sent = publisher.stop();
    listener.check(&sent).await;
    let counters = listener.log.counters();
    let not_kept = counters.evicted + counters.cleared + counters.dropped;
    assert_eq!(counters.received, counters.kept + not_kept);
    listener.server.stop().await;
}

/// Halts and resumes the program, with other faults in between at random. At the end, its counters
/// must account for all missing messages.
#[test]
fn a_program_halted_repeatedly_accounts_for_every_message() {
    let mut random = Random::of_case("halts", 0);
    let redis = Redis::start();
    // Make the server disconnect a subscriber that does not read.
    redis.cli(&[
        "CONFIG",
        "SET",
        "client-output-buffer-limit",
        "pubsub 64kb 0 0",
    ]);
    let folder = tempfile::tempdir().unwrap();
    let stats = folder.path().join("stats.json");
    let arguments = ["-u", &redis.url(), "--stats", stats.to_str().unwrap()];
    let mut pty = Launch::subscope(&arguments).size(120, 30).start();
    pty.wait_for_text("1 subscription live");
    let address = redis.address();
    let publisher = Publisher::start_at(2_000, "PUBLISH", "a", move || TcpStream::connect(address));
    let wait_for_more = |count: usize| {
        let end = publisher.published() + count;
        let deadline = Instant::now() + TIMEOUT;
        while publisher.published() < end {
            assert!(Instant::now() < deadline, "no more messages were published");
            thread::yield_now();
        }
    };
    for _ in 0..cases::count(3) {
        wait_for_more(50 + random.below(200));
        pty.signal("STOP");
        wait_for_more(*random.pick(&[20, 400]));
        if random.one_in(2) {
            redis.cli(&["CLIENT", "KILL", "TYPE", "pubsub"]);
            wait_for_more(50);
        }
        pty.signal("CONT");
        let marker = format!("goes on {}", random.number());
        // The program may still have to reconnect, so publish the marker until it arrives.
        let deadline = Instant::now() + TIMEOUT;
        while !pty.wait_up_to(Duration::from_millis(50), |screen| {
            screen.contents().contains(&marker)
        }) {
            assert!(Instant::now() < deadline, "{marker:?}: {}", pty.text());
            redis.cli(&["PUBLISH", "marker", &marker]);
        }
    }
    let sent = publisher.stop().len() as u64;
    let last = "the very last";
    redis.cli(&["PUBLISH", "marker", last]);
    pty.wait_for_text(last);
    pty.send("q");
    pty.wait_for_text("y quit");
    pty.send("y");
    assert!(pty.wait_for_exit().success());
    let counts: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&stats).unwrap()).unwrap();
    let count = |name: &str| counts[name].as_u64().unwrap();
    let not_kept = count("evicted") + count("cleared") + count("dropped");
    assert_eq!(count("received"), count("kept") + not_kept, "{counts}");
    // Markers are received in addition to the numbers, so if nothing is missing, `received` exceeds
    // `sent`.
    let is_all_here = count("received") > sent;
    assert!(is_all_here || count("gaps") > 0, "{counts}, {sent} sent");
}
