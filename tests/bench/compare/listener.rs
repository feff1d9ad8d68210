//! Other programs that subscribe to Redis.

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

/// First argument of the child process that subscribes with the `redis` crate; the second is the
/// server's URL.
pub const CHILD: &str = "--listen-with-the-redis-crate";

/// First argument of the child process that reads and discards everything; the second is the
/// server's port.
pub const BARE_CHILD: &str = "--read-and-throw-away";

/// A running listener, killed on drop.
pub struct Listener {
    child: Child,
    counter: Option<Counter>,
}

/// How to get the number of received messages when the listener ends.
enum Counter {
    /// The child prints its message count when its input ends.
    Asked(BufReader<ChildStdout>),
    /// `redis-cli` prints lines, which a thread counts.
    Lines(JoinHandle<u64>),
}

impl Listener {
    /// Starts `redis-cli psubscribe '*'`, or `redis-cli subscribe` if `channels` are given, with
    /// its output going to `/dev/null`.
    pub fn redis_cli(redis: &Redis, channels: &[String]) -> Self {
        let child = redis_cli(redis, channels)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self::once_subscribed(redis, child, None)
    }

    /// Starts `redis-cli psubscribe '*'` and counts the lines it prints into a pipe.
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

    /// Starts a child process that subscribes with the `redis` crate.
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

    /// Starts a child process that subscribes to everything and discards what it reads: the minimum
    /// cost of any listener.
    pub fn bare(redis: &Redis) -> Self {
        let child = Command::new(env::current_exe().unwrap())
            .args([BARE_CHILD, &redis.port().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self::once_subscribed(redis, child, None)
    }

    /// Starts any program that subscribes, with its output going to `/dev/null`.
    pub fn of(redis: &Redis, command: &mut Command) -> Self {
        let command = command.stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.stderr(Stdio::null()).spawn().unwrap();
        Self::once_subscribed(redis, child, None)
    }

    /// Ends the program as Ctrl-C does, and waits for that.
    pub fn interrupt(mut self) {
        let pid = self.pid().to_string();
        Command::new("kill").args(["-INT", &pid]).status().unwrap();
        self.child.wait().unwrap();
    }

    fn once_subscribed(redis: &Redis, child: Child, counter: Option<Counter>) -> Self {
        while redis.cli(&["client", "list", "type", "pubsub"]).is_empty() {
            thread::sleep(Duration::from_millis(10));
        }
        Self { child, counter }
    }

    /// Returns the process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the server has no output pending for the listener and the listener uses no CPU,
    /// or until the server has disconnected it. Returns whether it is still subscribed.
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

    /// Stops the listener. Returns how many messages it received, if known.
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
                // The confirmation takes three lines, and each message four.
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

/// Runs the child process that subscribes with the `redis` crate. It counts messages and prints the
/// count when its input ends.
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
    // The server has disconnected us. Wait, because the parent still asks for the count.
    loop {
        thread::park();
    }
}

/// Runs the child process that reads and discards everything until it is killed.
pub fn read_as_child(port: &str) {
    let mut stream = TcpStream::connect(("127.0.0.1", port.parse().unwrap())).unwrap();
    stream.write_all(&pack(&[b"PSUBSCRIBE", b"*"])).unwrap();
    let mut buffer = vec![0; 256 << 10];
    while stream.read(&mut buffer).unwrap() > 0 {}
}
