//! A subscription that takes messages from the wire as they are.

#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use super::redis::{Redis, pack};

/// A subscription whose messages are read as they arrive on the wire.
pub struct Subscriber {
    stream: TcpStream,
}

impl Subscriber {
    /// Subscribes to everything that matches `pattern`.
    pub fn start(redis: &Redis, pattern: &str) -> Self {
        let mut stream = redis.connect();
        stream
            .write_all(&pack(&[b"PSUBSCRIBE", pattern.as_bytes()]))
            .unwrap();
        let subscriber = Self { stream };
        // The header, `psubscribe` and the pattern with their lengths, and the count.
        for _ in 0..6 {
            subscriber.line();
        }
        subscriber
    }

    /// Returns the channel and payload of the next message.
    pub fn next(&self) -> (Vec<u8>, Vec<u8>) {
        assert_eq!(self.line(), b"*4");
        let [_, _, channel, payload] = [(); 4].map(|()| self.bulk());
        (channel, payload)
    }

    fn bulk(&self) -> Vec<u8> {
        let header = self.line();
        let length = str::from_utf8(&header[1..]).unwrap().parse().unwrap();
        let mut bytes = vec![0; length];
        self.read(&mut bytes);
        assert_eq!(self.line(), b"");
        bytes
    }

    fn line(&self) -> Vec<u8> {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            let mut byte = [0];
            self.read(&mut byte);
            line.push(byte[0]);
        }
        line.truncate(line.len() - 2);
        line
    }

    fn read(&self, bytes: &mut [u8]) {
        (&self.stream).read_exact(bytes).unwrap();
    }
}
