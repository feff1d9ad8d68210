//! A server that plays a script to its victims and forwards all other connections to a good server.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::scripts::{Act, Script};

/// Read timeout of a thread, after which the thread checks its state.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Number of bytes after which endless data ends.
const ENDLESS_BYTES: usize = 16 << 20;

/// A server on a free loopback port. It stops on drop.
pub struct Hostile {
    state: Arc<State>,
    address: SocketAddr,
}

struct State {
    good: SocketAddr,
    script: Mutex<Option<Script>>,
    open: Mutex<Vec<TcpStream>>,
    is_over: AtomicBool,
}

impl Hostile {
    /// Starts a server that at first forwards everything to the server at `good`.
    pub fn start(good: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let hostile = Self {
            address: listener.local_addr().unwrap(),
            state: Arc::new(State {
                good,
                script: Mutex::default(),
                open: Mutex::default(),
                is_over: AtomicBool::default(),
            }),
        };
        let state = Arc::clone(&hostile.state);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if state.is_over.load(SeqCst) {
                    return;
                }
                let state = Arc::clone(&state);
                thread::spawn(move || state.serve(&client));
            }
        });
        hostile
    }

    /// Returns the server's address as a URL.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Cuts all connections, and plays `script` on each new one.
    pub fn play(&self, script: Script) {
        *self.state.script.lock().unwrap() = Some(script);
        self.state.cut();
    }

    /// Forwards connections again.
    pub fn behave(&self) {
        *self.state.script.lock().unwrap() = None;
        self.state.cut();
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.state.is_over.store(true, SeqCst);
        self.state.cut();
        let _ = TcpStream::connect(self.address);
    }
}

impl State {
    fn cut(&self) {
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn keep(&self, stream: &TcpStream) {
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(POLL_INTERVAL)).unwrap();
        self.open.lock().unwrap().push(stream.try_clone().unwrap());
    }

    fn serve(&self, client: &TcpStream) {
        self.keep(client);
        let Some(first) = self.receive(client) else {
            return;
        };
        let script = self.script.lock().unwrap().clone();
        match script.filter(|script| script.victim.includes(&first)) {
            Some(script) => {
                let _ = self.perform(&script.acts, client);
                let _ = client.shutdown(Shutdown::Both);
            }
            None => self.forward(&first, client),
        }
    }

    /// Returns the next bytes, or `None` at the end.
    fn receive(&self, mut from: &TcpStream) -> Option<Vec<u8>> {
        let mut buffer = vec![0; 64 << 10];
        while !self.is_over.load(SeqCst) {
            match from.read(&mut buffer) {
                Ok(0) => return None,
                Ok(length) => return Some(buffer[..length].to_vec()),
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(_) => return None,
            }
        }
        None
    }

    fn perform(&self, acts: &[Act], mut client: &TcpStream) -> std::io::Result<()> {
        for act in acts {
            match act {
                Act::Send(bytes) => client.write_all(bytes)?,
                Act::Drip(bytes) => {
                    for byte in bytes {
                        client.write_all(&[*byte])?;
                    }
                }
                Act::SendEndlessly(bytes) => {
                    let piece = bytes.repeat((64 << 10) / bytes.len());
                    for _ in 0..ENDLESS_BYTES / piece.len() {
                        client.write_all(&piece)?;
                    }
                }
                Act::Stay => while self.receive(client).is_some() {},
            }
        }
        Ok(())
    }

    fn forward(&self, first: &[u8], client: &TcpStream) {
        let Ok(mut good) = TcpStream::connect(self.good) else {
            return;
        };
        self.keep(&good);
        if good.write_all(first).is_err() {
            return;
        }
        let pass = |from: &TcpStream, mut to: &TcpStream| {
            while let Some(bytes) = self.receive(from)
                && to.write_all(&bytes).is_ok()
            {}
            let _ = from.shutdown(Shutdown::Both);
            let _ = to.shutdown(Shutdown::Both);
        };
        thread::scope(|scope| {
            scope.spawn(|| pass(&good, client));
            pass(client, &good);
        });
    }
}
