//! Other programs that listen to Redis.

use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio, exit};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use futures_util::StreamExt;
use memchr::memchr_iter;

use crate::process::Cpu;
use crate::support::redis::{Redis, pack};

/// The first argument of the process that listens with the `redis` crate; the server's URL is
/// the second.
pub const CHILD: &str = "--listen-with-the-redis-crate";

/// The first argument of the process that reads and throws away; the server's port is the second.
pub const BARE_CHILD: &str = "--read-and-throw-away";

/// A running listener. It is killed when this is dropped.
pub struct Listener {
    child: Child,
    counter: Option<Counter>,
}

/// How many messages it has had becomes known at its end.
enum Counter {
    /// It prints a line when it listens, and their number when its input ends.
    Asked(BufReader<ChildStdout>),
    /// `redis-cli` prints lines, which are counted here.
    Lines(JoinHandle<u64>),
}

impl Listener {
    /// `redis-cli psubscribe '*'`, or with channels `redis-cli subscribe`, to `/dev/null`.
    pub fn redis_cli(redis: &Redis, channels: &[String]) -> Self {
        let child = redis_cli(redis, channels)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self::once_subscribed(redis, child, None)
    }

    /// `redis-cli psubscribe '*'` into a pipe, the lines of which are counted.
    pub fn counted_redis_cli(redis: &Redis) -> Self {
        let mut child = redis_cli(redis, &[])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = child.stdout.take().unwrap();
        let counting = thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            let mut lines = 0;
            loop {
                match output.read(&mut buffer).unwrap() {
                    0 => break lines,
                    length => lines += memchr_iter(b'\n', &buffer[..length]).count() as u64,
                }
            }
        });
        Self::once_subscribed(redis, child, Some(Counter::Lines(counting)))
    }

    /// The Pub/Sub of the `redis` crate, in a process of its own.
    pub fn redis_crate(redis: &Redis) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args([CHILD, &redis.url()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self::once_subscribed(redis, child, Some(Counter::Asked(output)))
    }

    /// A process that subscribes to everything, reads, and throws away what it has read: the least
    /// that any listener can cost.
    pub fn bare(redis: &Redis) -> Self {
        let child = Command::new(env::current_exe().unwrap())
            .args([BARE_CHILD, &redis.port().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self::once_subscribed(redis, child, None)
    }

    fn once_subscribed(redis: &Redis, child: Child, counter: Option<Counter>) -> Self {
        while redis.cli(&["client", "list", "type", "pubsub"]).is_empty() {
            thread::sleep(Duration::from_millis(10));
        }
        Self { child, counter }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the server has nothing left for it and it uses no CPU any more, or until the
    /// server has cut it off. Says whether it still listens.
    pub fn settle(&self, redis: &Redis) -> bool {
        loop {
            let clients = redis.cli(&["client", "list", "type", "pubsub"]);
            let before = Cpu::of(self.pid());
            thread::sleep(Duration::from_millis(100));
            let is_done = clients.is_empty() || clients.contains("omem=0");
            if is_done && before == Cpu::of(self.pid()) {
                return !clients.is_empty();
            }
        }
    }

    /// Ends it. Gives how many messages it has had, if that can be known.
    pub fn finish(mut self) -> Option<u64> {
        match self.counter.take()? {
            Counter::Asked(mut output) => {
                drop(self.child.stdin.take());
                let mut line = String::new();
                output.read_line(&mut line).unwrap();
                Some(line.trim().parse().unwrap())
            }
            Counter::Lines(counting) => {
                self.child.kill().unwrap();
                let lines = counting.join().unwrap();
                // Three of the confirmation, and four a message.
                Some(lines.saturating_sub(3) / 4)
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn redis_cli(redis: &Redis, channels: &[String]) -> Command {
    let mut command = Command::new("redis-cli");
    command.args(["-p", &redis.port().to_string()]);
    if channels.is_empty() {
        command.args(["psubscribe", "*"]);
    } else {
        command.arg("subscribe").args(channels);
    }
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}

/// The process that listens with the `redis` crate: counts messages, and prints their number when
/// its input ends.
pub fn listen_as_child(url: &str) {
    static MESSAGES: AtomicU64 = AtomicU64::new(0);
    thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        println!("{}", MESSAGES.load(Ordering::Relaxed));
        let _ = std::io::stdout().flush();
        exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let client = redis::Client::open(url).unwrap();
        let mut pubsub = client.get_async_pubsub().await.unwrap();
        pubsub.psubscribe("*").await.unwrap();
        let mut messages = pubsub.on_message();
        while messages.next().await.is_some() {
            MESSAGES.fetch_add(1, Ordering::Relaxed);
        }
    });
    // Cut off; what it has had is still asked for.
    loop {
        thread::park();
    }
}

/// The process that reads and throws away, until it is killed.
pub fn read_as_child(port: &str) {
    let mut stream = TcpStream::connect(("127.0.0.1", port.parse().unwrap())).unwrap();
    stream.write_all(&pack(&[b"PSUBSCRIBE", b"*"])).unwrap();
    let mut buffer = vec![0; 256 << 10];
    while stream.read(&mut buffer).unwrap() > 0 {}
}
