//! A master for one test, with its replicas and the sentinels that monitor it.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::redis::{Redis, pack};

/// The name of the master in the sentinels' configuration.
pub const NAME: &str = "mymaster";

/// How long servers and sentinels may take to discover one another.
const AGREED_WITHIN: Duration = Duration::from_secs(60);

/// Timeout for an answer, after which a server is not asked again.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// Servers, the master first, and sentinels. They are killed on drop.
pub struct MonitoredMaster {
    pub servers: Vec<Redis>,
    pub sentinels: Vec<Redis>,
}

impl MonitoredMaster {
    /// Starts a master with two replicas and three sentinels, and waits until they all know one
    /// another, so that a failover can succeed.
    pub fn start() -> Self {
        let master = Redis::start();
        let port = master.port().to_string();
        let replica = || Redis::start_with(&["--replicaof", "127.0.0.1", &port]);
        let replicas = [replica(), replica()];
        wait("the replicas have copied the master", || {
            let replication = master.cli(&["info", "replication"]);
            replication.matches("state=online").count() == replicas.len()
        });
        let sentinels = (0..3).map(|_| sentinel(&master, 2, &[])).collect();
        let mut servers = vec![master];
        servers.extend(replicas);
        let monitored = Self { servers, sentinels };
        wait("the sentinels know one another", || {
            monitored.sentinels.iter().all(|sentinel| {
                let master = sentinel.cli(&["sentinel", "master", NAME]);
                let is = |name: &str, value: &str| field(&master, name) == Some(value);
                is("num-slaves", "2") && is("num-other-sentinels", "2") && is("flags", "master")
            })
        });
        monitored
    }

    /// Returns the URL that names all sentinels.
    pub fn url(&self) -> String {
        url(&self.sentinels.iter().collect::<Vec<_>>())
    }

    /// Waits until one of the replicas has become a master. Returns its index.
    pub fn wait_for_new_master(&self) -> usize {
        let mut new_master = None;
        wait("a replica takes over", || {
            let is_master = |place: &usize| role(self.servers[*place].address()) == Some(true);
            new_master = (1..self.servers.len()).find(is_master);
            new_master.is_some()
        });
        new_master.expect("a replica took over")
    }

    /// Makes a server the replica of another and disconnects its clients at the same moment, as
    /// sentinels do, but without their delay.
    pub fn demote(&self, server: usize, below: usize) {
        let mut stream = self.servers[server].connect();
        let port = self.servers[below].port().to_string();
        for command in [
            &["MULTI"][..],
            &["REPLICAOF", "127.0.0.1", &port],
            &["CLIENT", "KILL", "TYPE", "normal"],
            &["CLIENT", "KILL", "TYPE", "pubsub"],
            &["EXEC"],
        ] {
            let command: Vec<&[u8]> = command.iter().map(|word| word.as_bytes()).collect();
            let written = stream.write_all(&pack(&command));
            written.expect("the server accepts a command");
        }
        wait("it is a replica", || {
            role(self.servers[server].address()) == Some(false)
        });
    }

    /// Connects as clients do: to the master that the sentinels name, if it reports itself as one.
    pub fn to_master(&self) -> impl Fn() -> io::Result<TcpStream> + Send + use<> {
        let sentinels: Vec<SocketAddr> = self.sentinels.iter().map(Redis::address).collect();
        let turn = AtomicUsize::new(0);
        move || {
            let address = sentinels[turn.fetch_add(1, Relaxed) % sentinels.len()];
            let answer = ask(address, &["SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME])?;
            let mut lines = answer.split("\r\n");
            let port = lines.nth(4).and_then(|port| port.parse().ok());
            let port: u16 = port.ok_or_else(|| io::Error::other(answer.clone()))?;
            connect_to_master(SocketAddr::from(([127, 0, 0, 1], port)))
        }
    }

    /// Connects to the first replica that reports itself as a master.
    pub fn to_new_master(&self) -> impl Fn() -> io::Result<TcpStream> + Send + use<> {
        let replicas: Vec<SocketAddr> = self.servers[1..].iter().map(Redis::address).collect();
        move || {
            let mut found = replicas.iter().filter_map(|at| connect_to_master(*at).ok());
            found
                .next()
                .ok_or_else(|| io::Error::other("no new master yet"))
        }
    }
}

/// Starts a sentinel that monitors `master`, with additional configuration lines.
pub fn sentinel(master: &Redis, quorum: usize, lines: &[String]) -> Redis {
    let mut all = vec![
        format!(
            "sentinel monitor {NAME} 127.0.0.1 {} {quorum}",
            master.port()
        ),
        format!("sentinel down-after-milliseconds {NAME} 1000"),
        format!("sentinel failover-timeout {NAME} 3000"),
        format!("sentinel parallel-syncs {NAME} 2"),
    ];
    all.extend_from_slice(lines);
    Redis::start_sentinel(&all)
}

/// Returns the URL of the master as found through these sentinels.
pub fn url(sentinels: &[&Redis]) -> String {
    let hosts = sentinels
        .iter()
        .map(|sentinel| sentinel.address().to_string());
    let hosts: Vec<String> = hosts.collect();
    format!("redis+sentinel://{}/{NAME}", hosts.join(","))
}

/// Waits until `condition` returns true.
pub fn wait(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + AGREED_WITHIN;
    while !condition() {
        assert!(Instant::now() < deadline, "not within a minute: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Returns the value of a field from redis-cli's output, in which names and values are on lines of
/// their own.
fn field<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = answer.lines();
    lines.find(|line| *line == name)?;
    lines.next()
}

fn connect_to_master(at: SocketAddr) -> io::Result<TcpStream> {
    if role(at) == Some(true) {
        TcpStream::connect(at)
    } else {
        Err(io::Error::other("not a master"))
    }
}

/// Returns whether a server reports itself as a master, or `None` if it does not answer.
fn role(at: SocketAddr) -> Option<bool> {
    let answer = ask(at, &["ROLE"]).ok()?;
    Some(answer.contains("\r\nmaster\r\n"))
}

fn ask(at: SocketAddr, command: &[&str]) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&at, ANSWER_WITHIN)?;
    stream.set_read_timeout(Some(ANSWER_WITHIN))?;
    let command: Vec<&[u8]> = command.iter().map(|word| word.as_bytes()).collect();
    stream.write_all(&pack(&command))?;
    let mut answer = vec![0; 4096];
    let length = stream.read(&mut answer)?;
    answer.truncate(length);
    String::from_utf8(answer).map_err(io::Error::other)
}
