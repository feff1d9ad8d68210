//! A cluster bus that can be cut between nodes while their client connections stay up.

#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::cluster::Cluster;

/// Read timeout of a link, after which the link checks whether it has been cut.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// The value of `State::cut_off` while no node is cut off.
const NOBODY: usize = usize::MAX;

/// Last byte of the first node's source address.
const FIRST: u8 = 10;

/// Returns the source address that the node at this index uses towards the others, which identifies
/// its links.
pub fn source(place: usize) -> IpAddr {
    let place = u8::try_from(place).unwrap();
    Ipv4Addr::new(127, 0, 0, FIRST + place).into()
}

/// All links between the nodes of a cluster. They are closed on drop.
pub struct Bus {
    state: Arc<State>,
    addresses: Vec<SocketAddr>,
}

struct State {
    /// The index of the node that is cut off from all others.
    cut_off: AtomicUsize,
    is_over: AtomicBool,
    ends: Mutex<Vec<TcpStream>>,
}

impl Bus {
    /// Places the bus between the nodes, each of which must use its [`source`] address.
    pub fn between(cluster: &Cluster) -> Self {
        let mut bus = Self {
            state: Arc::new(State {
                cut_off: AtomicUsize::new(NOBODY),
                is_over: AtomicBool::new(false),
                ends: Mutex::default(),
            }),
            addresses: Vec::new(),
        };
        for (place, node) in cluster.nodes.iter().enumerate() {
            let address = bus.listen(place, node.port() + 10_000);
            let port = address.port().to_string();
            node.cli(&["config", "set", "cluster-announce-bus-port", &port]);
            bus.addresses.push(address);
        }
        // Each node reconnects to another once it learns that node's new port.
        cluster.wait("all nodes are connected through the bus", |cluster| {
            cluster.nodes.iter().all(|node| {
                let nodes = node.cli(&["cluster", "nodes"]);
                let knows = |address: &SocketAddr| nodes.contains(&format!("@{}", address.port()));
                bus.addresses.iter().all(knows) && !nodes.contains("disconnected")
            })
        });
        bus
    }

    /// Cuts the node at this index off from all others.
    pub fn cut_off(&self, place: usize) {
        self.state.cut_off.store(place, SeqCst);
    }

    /// Reconnects the node that was cut off.
    pub fn reconnect(&self) {
        self.state.cut_off.store(NOBODY, SeqCst);
    }

    fn listen(&self, place: usize, port: u16) -> SocketAddr {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::clone(&self.state);
        thread::spawn(move || {
            for caller in listener.incoming().map_while(Result::ok) {
                if state.is_over.load(SeqCst) {
                    return;
                }
                if let Ok(node) = TcpStream::connect(("127.0.0.1", port)) {
                    state.join(&caller, &node, place);
                }
            }
        });
        address
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.state.is_over.store(true, SeqCst);
        for end in &*self.state.ends.lock().unwrap() {
            let _ = end.shutdown(Shutdown::Both);
        }
        for address in &self.addresses {
            let _ = TcpStream::connect(address);
        }
    }
}

impl State {
    /// Joins two sockets, one of which belongs to the node at `place`.
    fn join(self: &Arc<Self>, caller: &TcpStream, node: &TcpStream, place: usize) {
        let IpAddr::V4(from) = caller.peer_addr().unwrap().ip() else {
            return;
        };
        let nodes = [usize::from(from.octets()[3] - FIRST), place];
        for end in [caller, node] {
            end.set_nodelay(true).unwrap();
            end.set_read_timeout(Some(POLL_INTERVAL)).unwrap();
            self.ends.lock().unwrap().push(end.try_clone().unwrap());
        }
        for (from, to) in [(caller, node), (node, caller)] {
            let ends = (from.try_clone().unwrap(), to.try_clone().unwrap());
            let state = Arc::clone(self);
            thread::spawn(move || state.pass(&ends.0, &ends.1, nodes));
        }
    }

    /// Forwards data until one of the two nodes is cut off. From then on, nothing passes, and
    /// unsent data is lost. The sockets are closed once the node is reconnected.
    fn pass(&self, mut from: &TcpStream, mut to: &TcpStream, nodes: [usize; 2]) {
        let mut buffer = vec![0; 64 << 10];
        let is_cut = || nodes.contains(&self.cut_off.load(SeqCst));
        while !self.is_over.load(SeqCst) && !is_cut() {
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
            if to.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        while !self.is_over.load(SeqCst) && is_cut() {
            thread::sleep(POLL_INTERVAL);
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }
}
