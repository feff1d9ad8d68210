//! A real Redis server for one test.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a server may take to start before the test gives up on it.
const START: Duration = Duration::from_secs(20);

/// A `redis-server` on a free loopback port, killed when dropped.
pub struct RedisServer {
    process: Child,
    port: u16,
    arguments: Vec<String>,
    /// Where the server runs, so that it leaves nothing behind.
    directory: TempDir,
}

impl RedisServer {
    /// Starts a server that keeps nothing on disk.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with more options, as on its command line: `--requirepass`, `secret`.
    pub fn start_with(arguments: &[&str]) -> Self {
        let arguments: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
        let directory = TempDir::new().expect("a directory for the server");
        // Another process may take a port between its choice and the server's start.
        for _ in 0..5 {
            let port = free_port();
            let mut process = spawn(port, &arguments, &directory);
            if answers(&mut process, port) {
                return Self {
                    process,
                    port,
                    arguments,
                    directory,
                };
            }
        }
        panic!("redis-server did not start; try: redis-server --port 0 {arguments:?}");
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Its address as a URL.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Its process id, to stop and continue it.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Ends it as `kill -9` does.
    pub fn kill(&mut self) {
        // It may be dead already, which is what is wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Starts it again on the same port after [`Self::kill`].
    pub fn restart(&mut self) {
        self.kill();
        self.process = spawn(self.port, &self.arguments, &self.directory);
        assert!(
            answers(&mut self.process, self.port),
            "redis-server did not come back on port {}",
            self.port
        );
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that nothing listens on at the moment.
pub fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port()
}

fn spawn(port: u16, arguments: &[String], directory: &TempDir) -> Child {
    Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no"])
        .args(arguments)
        .current_dir(directory.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("redis-server is not on the PATH: run tests/run.sh, which installs it")
}

/// Waits until the server answers a PING with anything; false if it has ended instead.
fn answers(process: &mut Child, port: u16) -> bool {
    let start = Instant::now();
    while start.elapsed() < START {
        if !matches!(process.try_wait(), Ok(None)) {
            return false;
        }
        let answered = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).and_then(|mut stream| {
            stream.set_read_timeout(Some(START))?;
            stream.write_all(b"PING\r\n")?;
            stream.read_exact(&mut [0])
        });
        if answered.is_ok() {
            return true;
        }
        // Nothing tells when a process starts to listen: ask again soon.
        thread::sleep(Duration::from_millis(5));
    }
    false
}
