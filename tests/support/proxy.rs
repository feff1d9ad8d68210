//! A TCP proxy that misbehaves like some networks.

#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Read timeout of a link, after which the link checks its state.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// A proxy on a free loopback port. It stops on drop.
pub struct Proxy {
    address: SocketAddr,
    pipes: Arc<Mutex<Vec<Arc<Link>>>>,
    is_held: Arc<AtomicBool>,
    is_over: Arc<AtomicBool>,
}

/// One connection through the proxy.
struct Link {
    client: TcpStream,
    server: TcpStream,
    /// Whether the link accepts data without forwarding it. The lock is held while data is
    /// forwarded, so that none is in flight once the flag is set.
    is_forgotten: Mutex<bool>,
    /// Whether all data in flight is held back.
    is_held: Arc<AtomicBool>,
    last_byte: Mutex<Instant>,
}

impl Proxy {
    /// Starts a proxy that forwards everything to the server at `to`.
    pub fn start(to: SocketAddr) -> Self {
        Self::cutting_idle(to, None)
    }

    /// Starts a proxy that also cuts each connection that is idle in both directions for `idle`.
    pub fn cutting_idle(to: SocketAddr, idle: Option<Duration>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let proxy = Self {
            address: listener.local_addr().unwrap(),
            pipes: Arc::default(),
            is_held: Arc::default(),
            is_over: Arc::default(),
        };
        let (pipes, is_over) = (Arc::clone(&proxy.pipes), Arc::clone(&proxy.is_over));
        let is_held = Arc::clone(&proxy.is_held);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if is_over.load(SeqCst) {
                    return;
                }
                // Hang up at once if the server cannot be reached.
                if let Ok(server) = TcpStream::connect(to) {
                    let is_held = Arc::clone(&is_held);
                    let link = Arc::new(Link::new(client, server, is_held));
                    pipes.lock().unwrap().push(Arc::clone(&link));
                    link.open(idle);
                }
            }
        });
        proxy
    }

    /// Returns the proxy's address as a URL.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Returns how many connections the proxy has accepted so far.
    pub fn connections(&self) -> usize {
        self.pipes.lock().unwrap().len()
    }

    /// Forgets the existing connections as a NAT device does: their data is dropped, and neither
    /// side is notified. New ones are forwarded.
    pub fn forget(&self) {
        for link in &*self.pipes.lock().unwrap() {
            *link.is_forgotten.lock().unwrap() = true;
        }
    }
}

#[allow(dead_code, reason = "only tests/attack uses these")]
impl Proxy {
    /// Cuts the existing connections. New ones are forwarded.
    pub fn cut(&self) {
        for link in &*self.pipes.lock().unwrap() {
            link.cut();
        }
    }

    /// Sets whether all data is held back, on new connections as well.
    pub fn hold(&self, is_held: bool) {
        self.is_held.store(is_held, SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.is_over.store(true, SeqCst);
        for link in &*self.pipes.lock().unwrap() {
            link.cut();
        }
        let _ = TcpStream::connect(self.address);
    }
}

impl Link {
    fn new(client: TcpStream, server: TcpStream, is_held: Arc<AtomicBool>) -> Self {
        for stream in [&client, &server] {
            stream.set_nodelay(true).unwrap();
            stream.set_read_timeout(Some(POLL_INTERVAL)).unwrap();
        }
        Self {
            client,
            server,
            is_forgotten: Mutex::new(false),
            is_held,
            last_byte: Mutex::new(Instant::now()),
        }
    }

    /// Forwards data in both directions.
    fn open(self: Arc<Self>, idle: Option<Duration>) {
        let link = Arc::clone(&self);
        thread::spawn(move || link.pass(&link.client, &link.server, idle));
        thread::spawn(move || self.pass(&self.server, &self.client, idle));
    }

    fn pass(&self, mut from: &TcpStream, mut to: &TcpStream, idle: Option<Duration>) {
        let mut buffer = vec![0; 64 << 10];
        while idle.is_none_or(|idle| self.last_byte.lock().unwrap().elapsed() < idle) {
            let length = match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    continue;
                }
                Err(_) => break,
            };
            *self.last_byte.lock().unwrap() = Instant::now();
            while self.is_held.load(SeqCst) {
                thread::sleep(POLL_INTERVAL);
            }
            let is_forgotten = self.is_forgotten.lock().unwrap();
            if !*is_forgotten && to.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        // Neither side is notified of the end of a forgotten connection.
        if !*self.is_forgotten.lock().unwrap() {
            self.cut();
        }
    }

    fn cut(&self) {
        let _ = self.client.shutdown(Shutdown::Both);
        let _ = self.server.shutdown(Shutdown::Both);
    }
}
