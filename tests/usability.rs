//! Tasks of users, each done within a stated number of keys, on terminals of 120 × 40 and 80 × 24.
//! Pressing any of these keys twice must do no harm.
#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

#[path = "support"]
mod support {
    #[allow(dead_code, reason = "the tasks use only a part of it")]
    pub mod pty;
    #[allow(dead_code, reason = "the tasks use only a part of it")]
    pub mod redis;
}

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::pty::{Launch, Pty};
use crate::support::redis::{Redis, pack};

/// The terminal sizes on which every task is tried.
const SIZES: [(u16, u16); 2] = [(120, 40), (80, 24)];

/// Something that a user wants to do.
struct Task {
    name: &'static str,
    /// The messages that have arrived before the task begins.
    scene: fn() -> Scene,
    /// The maximum number of keys.
    most: usize,
    /// Keys, each group with the text on the screen that the user waits for before the next group.
    /// Keys are plain characters, Enter as `\r`, Tab as `\t`, and Ctrl with a letter.
    steps: &'static [(&'static str, &'static str)],
    /// The text that the task copies, in base64.
    copies: &'static str,
    /// How many messages the task publishes.
    publishes: usize,
}

const TASK: Task = Task {
    name: "",
    scene: shop,
    most: 0,
    steps: &[],
    copies: "",
    publishes: 0,
};

/// Messages, each with its channel, oldest first.
type Scene = Vec<(String, String)>;

/// A shop: orders, heartbeats, measurements and a log.
fn shop() -> Scene {
    let messages = (0..40).flat_map(|number| {
        let order = 34_600 + number;
        let total = number * 10;
        let worker = ["api", "worker"][number % 2];
        let level = if number % 10 == 9 { "error" } else { "info" };
        let load = number % 7;
        [
            (
                "orders:created".to_owned(),
                format!(
                    r#"{{"order":{order},"total":{total},"customer":{{"id":{number},"city":"Berlin"}}}}"#
                ),
            ),
            (
                format!("heartbeat:{worker}"),
                format!(r#"{{"beat":{number},"error":null}}"#),
            ),
            ("metrics:cpu".to_owned(), format!(r#"{{"load":{load}}}"#)),
            (
                "app:log".to_owned(),
                format!(r#"level={level} msg="request {number} handled""#),
            ),
        ]
    });
    messages.collect()
}

/// Five thousand channels of one naming scheme.
fn fleet() -> Scene {
    let devices = 0..5_000;
    devices
        .map(|device| (format!("fleet:device:{device:04}:state"), "on".to_owned()))
        .collect()
}

const TASKS: &[Task] = &[
    Task {
        name: "find order 34621",
        most: 7,
        steps: &[("F34621\r", "1/1")],
        ..TASK
    },
    Task {
        name: "see only errors, without the heartbeats",
        most: 26,
        steps: &[("/error -channel:heartbeat\r", "4 of 160")],
        ..TASK
    },
    Task {
        name: "open a message, fold its customer and copy it",
        most: 11,
        steps: &[("Fcity\r", "40/40"), ("\r\rhhy", "copied the value")],
        copies: "eyJpZCI6MzksImNpdHkiOiJCZXJsaW4ifQ==",
        ..TASK
    },
    Task {
        name: "see what changed since the previous message",
        most: 2,
        steps: &[("dd", "compared with the previous message")],
        ..TASK
    },
    Task {
        name: "plot the load of metrics:cpu",
        most: 11,
        steps: &[("Fload\r", "40/40"), ("\r\rojw", "metrics:cpu .load")],
        ..TASK
    },
    Task {
        name: "stop at large messages",
        most: 9,
        steps: &[("Bsize>70\r", "stop     size>70")],
        ..TASK
    },
    Task {
        name: "publish to a new channel",
        most: 21,
        steps: &[
            ("p\t\x15new:channel\r", "Publish to new:channel"),
            ("hello\r", "1 receiver"),
        ],
        publishes: 1,
        ..TASK
    },
    Task {
        name: "send an order again, changed",
        most: 10,
        steps: &[("Forder\r", "40/40"), ("e9\r", "1 receiver")],
        publishes: 1,
        ..TASK
    },
    Task {
        name: "find one of 5,000 channels",
        scene: fleet,
        most: 7,
        steps: &[
            ("\t/2718", "2718:state"),
            ("\r", "only fleet:device:2718:state"),
        ],
        ..TASK
    },
    Task {
        name: "see only the orders",
        most: 6,
        steps: &[("\t/ord\r", "40 of 160")],
        ..TASK
    },
    Task {
        name: "mute all heartbeats",
        most: 6,
        steps: &[
            ("\tT", "tree by name"),
            ("jjm", "muted branch heartbeat:* ×"),
            ("\t", "120 of 160"),
        ],
        ..TASK
    },
    Task {
        name: "see only the heartbeats",
        most: 5,
        steps: &[("\tT", "tree by name"), ("jj\r", "40 of 160")],
        ..TASK
    },
    Task {
        name: "read the log on the whole screen",
        most: 1,
        steps: &[("z", "full screen")],
        ..TASK
    },
    Task {
        name: "save the log to a file",
        most: 2,
        steps: &[("E", "Export"), ("\r", "exported 160 messages")],
        ..TASK
    },
    Task {
        name: "clear the log and undo it",
        most: 2,
        steps: &[("c", "log cleared"), ("Z", "Messages 160")],
        ..TASK
    },
    Task {
        name: "see only messages with the same value",
        most: 9,
        steps: &[("Fcity\r", "40/40"), ("\r\r=", "1 of 160")],
        ..TASK
    },
    Task {
        name: "subscribe to another pattern",
        most: 8,
        steps: &[("anews:*\r", "2 subscriptions")],
        ..TASK
    },
    Task {
        name: "remove a filter",
        most: 9,
        steps: &[("/error\r", "44 of 160"), ("Xx", "Messages 160")],
        ..TASK
    },
    Task {
        name: "look up the key that marks a message",
        most: 6,
        steps: &[("?/mark", "mark or unmark")],
        ..TASK
    },
    Task {
        name: "run an action by its name",
        most: 14,
        steps: &[(":latest value\r", "Latest values 5")],
        ..TASK
    },
    Task {
        name: "see the time between messages",
        most: 2,
        steps: &[("tt", "time since the previous row")],
        ..TASK
    },
    Task {
        name: "compare two messages",
        most: 17,
        steps: &[
            ("F34601\r", "1/1"),
            ("xF\x1534639\r", "found: 34639"),
            ("D", "34601 → 34639"),
        ],
        ..TASK
    },
];

/// A task under way.
struct Run<'a> {
    task: &'a Task,
    pty: Pty,
    sent: usize,
    /// The user's home, where the program writes its counters at the end.
    home: TempDir,
    _redis: Redis,
}

impl<'a> Run<'a> {
    /// Starts the program on a terminal of this size, and publishes the task's messages.
    fn start(task: &'a Task, (columns, rows): (u16, u16)) -> Self {
        let redis = Redis::start();
        let home = tempfile::tempdir().unwrap();
        let path = home.path().to_str().unwrap();
        let stats = format!("{path}/stats.json");
        let launch = Launch::subscope(&["-u", &redis.url(), "--stats", &stats]);
        let pty = launch.size(columns, rows).env("HOME", path).start();
        pty.wait_for_text("● live");
        let scene = (task.scene)();
        publish(&redis, &scene);
        let sent = scene.len();
        pty.wait_for("all messages", |screen| {
            let text = screen.contents().replace(',', "");
            text.contains(&format!("{sent} received"))
        });
        Self {
            task,
            pty,
            sent,
            home,
            _redis: redis,
        }
    }

    /// Presses the keys of each step, and waits for the text that the step expects.
    fn finish(&mut self) {
        let name = self.task.name;
        for (keys, shown) in self.task.steps {
            self.pty.send(keys);
            self.pty.wait_for(&format!("{name}: {shown:?}"), |screen| {
                screen.contents().contains(shown)
            });
        }
        let copies = format!("\x1b]52;c;{}", self.task.copies).into_bytes();
        let raw = self.pty.raw();
        let is_copied = raw.windows(copies.len()).any(|part| part == copies);
        assert!(is_copied || self.task.copies.is_empty(), "{name}: copied");
    }

    /// Quits, and asserts that nothing was lost, and that no more was published than the task
    /// should publish.
    fn assert_harmless(mut self, keys: &str) {
        self.pty.send("\x03\x03");
        assert!(self.pty.wait_for_exit().success(), "{keys:?}");
        let stats = fs::read_to_string(self.home.path().join("stats.json")).unwrap();
        let stats: Value = serde_json::from_str(&stats).unwrap();
        let received = stats["received"].as_u64().unwrap();
        assert_eq!(stats["kept"].as_u64(), Some(received), "{keys:?}");
        let published = usize::try_from(received).unwrap() - self.sent;
        assert!(
            published <= self.task.publishes,
            "{keys:?} published {published} messages"
        );
    }
}

/// Publishes messages on one connection.
fn publish(redis: &Redis, scene: &Scene) {
    let mut connection = redis.connect();
    let mut commands = Vec::new();
    for (channel, payload) in scene {
        commands.extend(pack(&[b"PUBLISH", channel.as_bytes(), payload.as_bytes()]));
    }
    connection.write_all(&commands).unwrap();
    // Redis confirms each message with one line.
    let answers = BufReader::new(connection).lines();
    assert_eq!(answers.take(scene.len()).flatten().count(), scene.len());
}

/// Runs `check` for each task, several at a time.
fn for_each_task(check: impl Fn(&Task) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(task) = TASKS.get(next.fetch_add(1, Ordering::Relaxed)) {
                    check(task);
                }
            });
        }
    });
}

#[test]
fn every_task_is_done_within_its_number_of_keys() {
    assert!(TASKS.len() >= 20, "{} tasks", TASKS.len());
    for_each_task(|task| {
        let keys = task.steps.iter().map(|(keys, _)| keys.chars().count());
        let pressed: usize = keys.sum();
        assert!(pressed <= task.most, "{}: {pressed} keys", task.name);
        for size in SIZES {
            Run::start(task, size).finish();
        }
    });
}

#[test]
fn no_key_of_a_task_does_harm_when_pressed_twice() {
    for_each_task(|task| {
        let once: String = task.steps.iter().map(|(keys, _)| *keys).collect();
        for (at, key) in once.char_indices() {
            let mut keys = once.clone();
            keys.insert(at, key);
            let mut run = Run::start(task, SIZES[1]);
            run.pty.send(&keys);
            run.assert_harmless(&keys);
        }
    });
}
