//! Publishes as fast as the server accepts messages.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use super::redis::pack;

/// Number of commands per write.
const CHUNK: u64 = 1_000;

/// What to publish.
#[derive(Clone, Copy, Debug)]
pub struct Flood {
    /// The server's port on the loopback interface.
    pub port: u16,
    /// Number of messages; a multiple of 1,000 for each connection.
    pub messages: u64,
    /// Number of channels to rotate through, named `burst:0` and so on.
    pub channels: u64,
    /// Size of each payload in bytes.
    pub payload: usize,
    /// Number of connections that publish in parallel.
    pub connections: u64,
}

impl Flood {
    /// Publishes in the background. The threads end when every message is confirmed.
    pub fn start(self) -> Vec<JoinHandle<()>> {
        let each = self.messages / self.connections;
        assert_eq!(each * self.connections, self.messages);
        assert_eq!(each % CHUNK, 0);
        let publish = move || {
            let mut chunks = 0..each / CHUNK;
            let published = self.publish(|| chunks.next().is_some());
            assert_eq!(published, each, "every message is confirmed");
        };
        (0..self.connections)
            .map(|_| thread::spawn(publish))
            .collect()
    }

    /// Publishes, and returns when every message is confirmed.
    pub fn run(self) {
        for thread in self.start() {
            thread.join().expect("the publisher does not panic");
        }
    }

    /// Publishes in the background until it is stopped, ignoring `messages`.
    pub fn start_endless(self) -> Endless {
        Endless::start(self.port, self.connections, &self.chunk())
    }

    /// Publishes in chunks while `has_more` returns true. Returns how many messages were confirmed.
    fn publish(self, has_more: impl FnMut() -> bool) -> u64 {
        publish(self.port, &self.chunk(), has_more)
    }

    fn chunk(self) -> Vec<u8> {
        let payload = vec![b'x'; self.payload];
        (0..CHUNK)
            .flat_map(|index| {
                let channel = format!("burst:{}", index % self.channels);
                pack(&[b"PUBLISH", channel.as_bytes(), &payload])
            })
            .collect()
    }
}

/// A flood without a limit. It runs until [`Self::stop`] or the end of the process.
pub struct Endless {
    is_over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<u64>>,
}

impl Endless {
    /// Publishes the packed commands of `chunk` again and again on each of `connections`.
    pub fn start(port: u16, connections: u64, chunk: &[u8]) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let threads = (0..connections)
            .map(|_| {
                let (is_over, chunk) = (Arc::clone(&is_over), chunk.to_vec());
                thread::spawn(move || publish(port, &chunk, || !is_over.load(Ordering::Relaxed)))
            })
            .collect();
        Self { is_over, threads }
    }

    /// Stops the flood. Returns how many messages were published.
    pub fn stop(self) -> u64 {
        self.is_over.store(true, Ordering::Relaxed);
        self.threads
            .into_iter()
            .map(|thread| thread.join().expect("the publisher does not panic"))
            .sum()
    }
}

/// Sends the packed commands of `chunk` again and again while `has_more` returns true. Returns how
/// many of them were answered.
fn publish(port: u16, chunk: &[u8], mut has_more: impl FnMut() -> bool) -> u64 {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
    let answers = stream.try_clone().expect("a second handle");
    let reading = thread::spawn(move || count_lines(answers));
    while has_more() {
        stream
            .write_all(chunk)
            .expect("the server accepts commands");
    }
    // The server answers QUIT last and then hangs up.
    stream
        .write_all(&pack(&[b"QUIT"]))
        .expect("the server accepts commands");
    reading.join().expect("every command is answered") - 1
}

/// Counts the lines received until the other side hangs up.
fn count_lines(mut stream: TcpStream) -> u64 {
    let mut buffer = vec![0; 1 << 16];
    let mut lines = 0;
    loop {
        let length = stream.read(&mut buffer).expect("the server answers");
        if length == 0 {
            return lines;
        }
        lines += buffer[..length]
            .iter()
            .map(|&byte| u64::from(byte == b'\n'))
            .sum::<u64>();
    }
}
