//! Publishing as fast as a server takes it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::{self, JoinHandle};

use super::redis::pack;

/// Commands written at once.
const CHUNK: u64 = 1_000;

/// What to publish.
#[derive(Clone, Copy, Debug)]
pub struct Flood {
    /// The server's port on the loopback.
    pub port: u16,
    /// How many messages; a multiple of 1,000 for each connection.
    pub messages: u64,
    /// How many channels, named `burst:0` and so on, take turns.
    pub channels: u64,
    /// The size of each payload in bytes.
    pub payload: usize,
    /// How many connections publish side by side.
    pub connections: u64,
}

impl Flood {
    /// Publishes in the background. The threads end when every message is confirmed.
    pub fn start(self) -> Vec<JoinHandle<()>> {
        let each = self.messages / self.connections;
        assert_eq!(each * self.connections, self.messages);
        assert_eq!(each % CHUNK, 0);
        (0..self.connections)
            .map(|_| thread::spawn(move || self.publish(each)))
            .collect()
    }

    /// Publishes, and returns when every message is confirmed.
    pub fn run(self) {
        for thread in self.start() {
            thread.join().expect("the publisher goes through");
        }
    }

    fn publish(self, messages: u64) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the server listens");
        let mut answers = stream.try_clone().expect("a second handle");
        let reading = thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            let mut lines = 0;
            while lines < messages {
                let length = answers.read(&mut buffer).expect("the server answers");
                assert!(length > 0, "the server has hung up");
                lines += buffer[..length]
                    .iter()
                    .map(|&byte| u64::from(byte == b'\n'))
                    .sum::<u64>();
            }
        });
        let payload = vec![b'x'; self.payload];
        let chunk: Vec<u8> = (0..CHUNK)
            .flat_map(|index| {
                let channel = format!("burst:{}", index % self.channels);
                pack(&[b"PUBLISH", channel.as_bytes(), &payload])
            })
            .collect();
        for _ in 0..messages / CHUNK {
            stream.write_all(&chunk).expect("the server takes commands");
        }
        reading.join().expect("every command is answered");
    }
}
