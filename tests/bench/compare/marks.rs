//! Messages that can be identified in a terminal's output, and background traffic.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::support::redis::pack;

/// The channel of marked messages. Sorts by name before the channels of the traffic.
pub const CHANNEL: &str = "a:marked";

/// The characters of marks. `x` is excluded because other payloads consist of it.
const LETTERS: &[u8; 56] = b"abcdefghijklmnopqrstuvwyzABCDEFGHIJKLMNOPQRSTUVWXYZ01234";

/// The number of alphabets. This many consecutive marks have no character in common.
const ALPHABETS: usize = 8;

/// Returns a payload that differs from those of all other messages.
///
/// Drawing writes only the cells that changed, so a mark drawn over a similar one would arrive in
/// pieces. Consecutive marks therefore use different alphabets.
pub fn mark(number: usize) -> [u8; 8] {
    let size = LETTERS.len() / ALPHABETS;
    let alphabet = &LETTERS[number % ALPHABETS * size..][..size];
    let mut rest = number / ALPHABETS;
    let mut mark = [0; 8];
    for place in mark.iter_mut().rev() {
        *place = alphabet[rest % size];
        rest /= size;
    }
    mark
}

/// A connection that publishes one message at a time.
pub struct Publisher(TcpStream);

impl Publisher {
    /// Connects to the server on this loopback port.
    pub fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    /// Publishes a message and waits for the answer. Returns the time right before the message was
    /// written.
    pub fn publish(&mut self, channel: &[u8], payload: &[u8]) -> Instant {
        let command = pack(&[b"PUBLISH", channel, payload]);
        let at = Instant::now();
        self.0.write_all(&command).unwrap();
        read_lines(&mut self.0, 1);
        at
    }
}

/// Traffic at a steady rate: a few messages every millisecond, on 16 channels.
pub struct Steady {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<f64>,
}

impl Steady {
    /// Publishes payloads of `payload` bytes in the background until stopped.
    pub fn start(port: u16, messages_a_second: u64, payload: usize) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&is_over);
        let thread = thread::spawn(move || {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
            stream.set_nodelay(true).unwrap();
            let each = messages_a_second / 1_000;
            let payload = vec![b'x'; payload];
            let started = Instant::now();
            let mut turns = 0;
            while !until.load(Ordering::Relaxed) {
                let due = started + Duration::from_millis(turns);
                thread::sleep(due.saturating_duration_since(Instant::now()));
                let commands: Vec<u8> = (0..each)
                    .flat_map(|index| {
                        let channel = format!("steady:{}", (turns * each + index) % 16);
                        pack(&[b"PUBLISH", channel.as_bytes(), &payload])
                    })
                    .collect();
                stream.write_all(&commands).unwrap();
                read_lines(&mut stream, each);
                turns += 1;
            }
            (turns * each) as f64 / started.elapsed().as_secs_f64()
        });
        Self { is_over, thread }
    }

    /// Stops the traffic. Returns its rate in messages per second.
    pub fn stop(self) -> f64 {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

fn read_lines(stream: &mut TcpStream, lines: u64) {
    let mut buffer = [0; 4096];
    let mut seen = 0;
    while seen < lines {
        let length = stream.read(&mut buffer).unwrap();
        assert!(length > 0, "the server has hung up");
        seen += buffer[..length]
            .iter()
            .map(|&byte| u64::from(byte == b'\n'))
            .sum::<u64>();
    }
}
