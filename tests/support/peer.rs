//! A server that sends exactly what a test specifies.

#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// The words of a command.
pub type Words = Vec<String>;

/// A server on a free loopback port. Its connections are closed on drop.
pub struct Peer {
    address: SocketAddr,
    /// The connections that have subscribed to something.
    subscribers: Arc<Mutex<Vec<TcpStream>>>,
}

impl Peer {
    /// Answers each command with the result of `answer`, or else as a minimal Redis does.
    pub fn start(answer: impl Fn(&[String]) -> Option<String> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let peer = Self {
            address: listener.local_addr().unwrap(),
            subscribers: Arc::default(),
        };
        let subscribers = Arc::clone(&peer.subscribers);
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (subscribers, answer) = (Arc::clone(&subscribers), Arc::clone(&answer));
                thread::spawn(move || serve(&stream, &subscribers, &*answer));
            }
        });
        peer
    }

    /// Returns the server's address as a URL.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Sends `bytes` on each connection that has subscribed to something.
    pub fn send(&self, bytes: &[u8]) {
        for mut stream in &*self.subscribers.lock().unwrap() {
            stream.write_all(bytes).unwrap();
        }
    }

    /// Closes the connections that have subscribed to something.
    pub fn hang_up(&self) {
        for stream in self.subscribers.lock().unwrap().drain(..) {
            stream.shutdown(Shutdown::Both).unwrap();
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        for stream in self.subscribers.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn serve(
    mut stream: &TcpStream,
    subscribers: &Mutex<Vec<TcpStream>>,
    answer: &dyn Fn(&[String]) -> Option<String>,
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut is_subscriber = false;
    while let Some(words) = command(&mut reader) {
        let reply = answer(&words).unwrap_or_else(|| default_answer(&words, is_subscriber));
        if words[0].to_uppercase().ends_with("SUBSCRIBE") && !is_subscriber {
            is_subscriber = true;
            subscribers
                .lock()
                .unwrap()
                .push(stream.try_clone().unwrap());
        }
        // The other side may have hung up.
        if stream.write_all(reply.as_bytes()).is_err() {
            return;
        }
    }
}

/// Returns Redis's default reply to a subscriber's command.
fn default_answer(words: &[String], is_subscriber: bool) -> String {
    let word = words[0].to_lowercase();
    match &*word {
        "ping" if is_subscriber => array(&["pong", ""]),
        "ping" => "+PONG\r\n".to_owned(),
        "client" => "+OK\r\n".to_owned(),
        _ if word.ends_with("subscribe") => confirmation(&word, &words[1], 1),
        _ => format!("-ERR unknown command '{word}'\r\n"),
    }
}

/// Returns the confirmation of the command `word` for `name`.
pub fn confirmation(word: &str, name: &str, count: usize) -> String {
    let array = array(&[word, name]).replacen("*2", "*3", 1);
    format!("{array}:{count}\r\n")
}

/// Returns an array of bulk strings.
pub fn array(words: &[&str]) -> String {
    let strings = words
        .iter()
        .map(|word| format!("${}\r\n{word}\r\n", word.len()));
    format!("*{}\r\n{}", words.len(), strings.collect::<String>())
}

/// Reads a command. Returns `None` at the end of the stream.
pub fn command(reader: &mut impl BufRead) -> Option<Words> {
    let count = header(reader, '*')?;
    (0..count)
        .map(|_| {
            let length = header(reader, '$')?;
            let mut word = vec![0; length + 2];
            reader.read_exact(&mut word).ok()?;
            word.truncate(length);
            Some(String::from_utf8_lossy(&word).into_owned())
        })
        .collect()
}

/// Reads the number of an array (`*`) or a bulk string (`$`).
fn header(reader: &mut impl BufRead, kind: char) -> Option<usize> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    line.strip_prefix(kind)?.trim_end().parse().ok()
}
