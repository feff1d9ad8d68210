//! A real Redis server for one test.

use std::env;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Options that keep a server from disconnecting a subscriber that reads too slowly.
pub const NO_LIMITS: [&str; 5] = ["--client-output-buffer-limit", "pubsub", "0", "0", "0"];

/// How long a server may take to answer for the first time.
const START_WITHIN: Duration = Duration::from_secs(20);

/// Environment variable with the server to test against, instead of the redis-server on the PATH.
const PROGRAM: &str = "SUBSCOPE_TEST_SERVER";

/// Environment variable with the file to which the names of tests that do not apply to that server
/// are appended, for a summary.
const NOT_APPLICABLE: &str = "SUBSCOPE_TEST_NOT_APPLICABLE";

/// Returns the program of the server to test against, for tests that start one without [`Redis`].
pub fn program() -> OsString {
    env::var_os(PROGRAM).unwrap_or_else(|| "redis-server".into())
}

/// Returns whether a test applies to the server; `has` says whether the server has the feature that
/// the test needs. If not, the test must return at once, and `tests/run.sh --all-servers` lists it
/// in its summary. In any other run, this panics, because a skipped test would go unnoticed.
pub fn applies(has: bool, feature: &str) -> bool {
    if has {
        return true;
    }
    let test = thread::current().name().unwrap_or("a test").to_owned();
    let Some(list) = env::var_os(NOT_APPLICABLE) else {
        panic!(
            "{} has no {feature}, which {test} needs: put another server on the PATH, or name \
             its program in {PROGRAM}",
            program().display()
        );
    };
    let mut list = OpenOptions::new()
        .create(true)
        .append(true)
        .open(list)
        .expect("a file for the tests that do not apply");
    // A single write, since several tests may append at once.
    list.write_all(format!("{test}: the server has no {feature}\n").as_bytes())
        .expect("room for the tests that do not apply");
    false
}

/// The kind of process to start.
enum Kind {
    /// A server with these options in addition to the common ones.
    Server(Vec<String>),
    /// A sentinel with these lines in its configuration.
    Sentinel(Vec<String>),
}

/// A server on a free loopback port and a Unix socket. It is killed on drop.
pub struct Redis {
    port: u16,
    /// Whether the port uses TLS; the socket does not.
    is_tls: bool,
    directory: TempDir,
    kind: Kind,
    process: Option<Child>,
    is_paused: AtomicBool,
}

impl Redis {
    /// Starts a server.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with additional options, as on redis-server's command line.
    pub fn start_with(options: &[&str]) -> Self {
        Self::try_start(false, || Kind::Server(owned(options)))
            .unwrap_or_else(|| panic!("{} does not start", program().display()))
    }

    /// Starts a server whose port uses TLS, with options that name its certificate.
    pub fn start_tls(options: &[&str]) -> Self {
        Self::try_start(true, || Kind::Server(owned(options))).unwrap_or_else(|| {
            panic!(
                "{} does not start with --tls-port: install one that is built with TLS, such as \
                 Debian's package redis-server",
                program().display()
            )
        })
    }

    /// Starts a sentinel with these lines in its configuration. Its port uses TLS if they name a
    /// certificate.
    pub fn start_sentinel(lines: &[String]) -> Self {
        let is_tls = lines.iter().any(|line| line.starts_with("tls-cert-file"));
        Self::try_start(is_tls, || Kind::Sentinel(lines.to_vec())).unwrap_or_else(|| {
            panic!("{} does not start as a sentinel", program().display());
        })
    }

    fn try_start(is_tls: bool, kind: impl Fn() -> Kind) -> Option<Self> {
        // Another program may take the free port before the server does; in that case, the next
        // port is tried.
        for _ in 0..10 {
            let mut server = Self {
                port: free_port(),
                is_tls,
                directory: tempfile::tempdir().expect("a directory for the server"),
                kind: kind(),
                process: None,
                is_paused: AtomicBool::new(false),
            };
            if server.launch() {
                return Some(server);
            }
        }
        None
    }

    /// Returns the port that the server listens on, or listened on before it was killed.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the server's address.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port()))
    }

    /// Returns the server's address as a URL.
    pub fn url(&self) -> String {
        let scheme = if self.is_tls { "rediss" } else { "redis" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Returns the path of the server's Unix socket.
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("redis.sock")
    }

    /// Returns whether the server has not been killed.
    pub fn is_running(&self) -> bool {
        self.process.is_some()
    }

    /// Returns whether the server is neither killed nor paused.
    pub fn is_answering(&self) -> bool {
        self.is_running() && !self.is_paused.load(SeqCst)
    }

    /// Kills the server, as `kill -9` does.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("the server was running");
            process.wait().expect("the server was running");
        }
    }

    /// Restarts the server on the same port, after [`Self::kill`].
    pub fn restart(&mut self) {
        assert!(self.process.is_none(), "kill the server first");
        let deadline = Instant::now() + START_WITHIN;
        while !self.launch() {
            assert!(Instant::now() < deadline, "the server does not restart");
        }
    }

    /// Pauses the process: it answers nothing, but its connections stay open.
    pub fn pause(&self) {
        self.is_paused.store(true, SeqCst);
        self.signal("-STOP");
    }

    /// Resumes the process after [`Self::pause`].
    pub fn resume(&self) {
        self.signal("-CONT");
        self.is_paused.store(false, SeqCst);
    }

    /// Runs a command with redis-cli and returns its output. Arguments must not be empty.
    pub fn cli(&self, arguments: &[&str]) -> String {
        let output = Command::new("redis-cli")
            .arg("-s")
            .arg(self.socket())
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("redis-cli is installed (package redis-tools)");
        assert!(
            output.status.success(),
            "redis-cli {arguments:?}: {output:?}"
        );
        String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned()
    }

    /// Sends a command of arbitrary bytes on a new connection and returns the bytes of the answer.
    pub fn send(&self, arguments: &[&[u8]]) -> Vec<u8> {
        let mut stream = self.connect();
        stream
            .write_all(&pack(arguments))
            .expect("the server accepts a command");
        let mut answer = vec![0; 4096];
        let length = stream.read(&mut answer).expect("the server answers");
        answer.truncate(length);
        answer
    }

    /// Returns whether the server knows a command, such as `SSUBSCRIBE`, which came with Redis 7.0.
    pub fn knows(&self, command: &str) -> bool {
        let answer = self.send(&[b"COMMAND", b"INFO", command.as_bytes()]);
        assert!(answer.starts_with(b"*1\r\n"), "{}", answer.escape_ascii());
        !answer.ends_with(b"-1\r\n")
    }

    /// Returns whether the server has a setting, such as `tls-port`, which a server built without
    /// TLS lacks.
    pub fn has_setting(&self, name: &str) -> bool {
        let answer = self.send(&[b"CONFIG", b"GET", name.as_bytes()]);
        assert!(answer.starts_with(b"*"), "{}", answer.escape_ascii());
        answer != b"*0\r\n"
    }

    /// Opens a plain connection.
    pub fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).expect("the server listens")
    }

    fn launch(&mut self) -> bool {
        let mut process = Command::new(program())
            .args(self.arguments())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| cannot_start(&error));
        let deadline = Instant::now() + START_WITHIN;
        while Instant::now() < deadline {
            if matches!(process.try_wait(), Ok(Some(_))) {
                return false;
            }
            if self.answers() {
                self.process = Some(process);
                return true;
            }
            thread::sleep(Duration::from_millis(10));
        }
        let _ = process.kill();
        let _ = process.wait();
        false
    }

    fn arguments(&self) -> Vec<OsString> {
        match &self.kind {
            Kind::Server(more) => {
                let settings = self.settings().into_iter();
                let own = settings.flat_map(|(name, value)| [format!("--{name}"), value]);
                let all = own.chain(owned(&["--save", "", "--appendonly", "no"]));
                all.chain(more.iter().cloned()).map(Into::into).collect()
            }
            Kind::Sentinel(more) => {
                let path = self.directory.path().join("sentinel.conf");
                // A sentinel saves its state to this file and must find it again after a restart.
                if !path.exists() {
                    let settings = self.settings().into_iter();
                    let own = settings.map(|(name, value)| format!("{name} {value}"));
                    let lines: Vec<String> = own.chain(more.iter().cloned()).collect();
                    let written = fs::write(&path, lines.join("\n") + "\n");
                    written.expect("room for a sentinel's configuration");
                }
                vec![path.into(), "--sentinel".into()]
            }
        }
    }

    /// Returns the settings common to all kinds.
    fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = vec![
            ("bind", "127.0.0.1".to_owned()),
            ("dir", text(self.directory.path())),
            ("unixsocket", text(&self.socket())),
        ];
        if self.is_tls {
            settings.push(("port", "0".to_owned()));
            settings.push(("tls-port", self.port.to_string()));
        } else {
            settings.push(("port", self.port.to_string()));
        }
        settings
    }

    /// Returns whether the server answers on both its socket and its port.
    fn answers(&self) -> bool {
        let by_socket = || ping(UnixStream::connect(self.socket())?);
        let by_port = || ping(TcpStream::connect(self.address())?);
        by_socket().unwrap_or(false) && (self.is_tls || by_port().unwrap_or(false))
    }

    fn signal(&self, signal: &str) {
        let process = self.process.as_ref().expect("the server runs");
        let status = Command::new("kill")
            .args([signal, &process.id().to_string()])
            .status()
            .expect("kill is installed");
        assert!(status.success());
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

fn text(path: &Path) -> String {
    let text = path.to_str().expect("a temporary path is plain text");
    text.to_owned()
}

/// Panics because the server's program cannot be started.
pub fn cannot_start(error: &io::Error) -> ! {
    panic!(
        "cannot start {}: {error}; install the package redis-server, or name a server's program \
         in {PROGRAM}",
        program().display()
    )
}

/// Encodes a command as RESP.
pub fn pack(arguments: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", arguments.len()).into_bytes();
    for argument in arguments {
        bytes.extend_from_slice(format!("${}\r\n", argument.len()).as_bytes());
        bytes.extend_from_slice(argument);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

fn ping(mut stream: impl Read + Write) -> io::Result<bool> {
    stream.write_all(b"PING\r\n")?;
    // Any answer will do: a server with a password refuses PING.
    Ok(stream.read(&mut [0; 16])? > 0)
}

/// Returns a free port whose cluster bus port, 10,000 above it, is free as well.
pub fn free_port() -> u16 {
    loop {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("a bound port").port();
        let bus = port.checked_add(10_000);
        if bus.is_some_and(|bus| TcpListener::bind(("127.0.0.1", bus)).is_ok()) {
            return port;
        }
    }
}
