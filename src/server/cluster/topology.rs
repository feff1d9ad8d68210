//! The topology of a cluster as seen by one of its nodes.

use std::ops::RangeInclusive;
use std::time::Duration;

use crc16::{State, XMODEM};

use crate::server::connect::{Address, AddressMap};
use crate::server::feed::Health;

/// Maximum number of nodes parsed from one answer. Redis recommends at most 1000.
const MAX_NODES: usize = 1 << 12;

/// The nodes of a cluster, from the answer to CLUSTER NODES.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Topology {
    pub(crate) nodes: Vec<Member>,
    /// The address by which the other nodes know the queried node.
    pub(crate) myself: Option<Address>,
}

/// A node of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// The node's id in the cluster.
    pub(crate) id: Box<str>,
    pub(crate) address: Address,
    pub(crate) is_primary: bool,
    pub(crate) health: Health,
    /// The config epoch. If several nodes claim a slot, the claim with the highest epoch is the
    /// newest.
    pub(crate) epoch: u64,
    pub(crate) slots: Vec<RangeInclusive<u16>>,
    /// When the node last answered the queried node, as a Unix time on that node's clock.
    pub(crate) last_pong: Duration,
}

impl Topology {
    /// Parses the answer to CLUSTER NODES from the node at `asked`. Skips malformed lines and nodes
    /// without an address. `map` says where the nodes can be reached.
    pub(crate) fn parse(text: &str, asked: &Address, map: &AddressMap) -> Self {
        let lines = text.lines().take(MAX_NODES);
        let nodes = lines.filter_map(|line| Member::parse(line, asked, map));
        let is_myself = |line: &&str| {
            let flags = line.split(' ').nth(2).unwrap_or_default();
            flags.split(',').any(|flag| flag == "myself")
        };
        let myself = text.lines().find(is_myself);
        let myself = myself.and_then(|line| Member::parse(line, asked, map));
        Self {
            nodes: nodes.collect(),
            myself: myself.map(|member| member.address),
        }
    }

    /// Returns the node that serves a slot.
    pub(crate) fn owner(&self, slot: u16) -> Option<&Member> {
        self.primaries().find(|node| node.serves(slot))
    }

    pub(crate) fn primaries(&self) -> impl Iterator<Item = &Member> {
        self.nodes.iter().filter(|node| node.is_primary)
    }

    /// Returns the highest config epoch of all nodes.
    pub(crate) fn epoch(&self) -> u64 {
        let epochs = self.nodes.iter().map(|node| node.epoch);
        epochs.max().unwrap_or_default()
    }
}

impl Member {
    /// Parses a line of the form
    /// `<id> <host:port@cport[,hostname]> <flags> <master> <ping> <pong> <epoch> <link> <slot>...`
    fn parse(line: &str, asked: &Address, map: &AddressMap) -> Option<Self> {
        let mut fields = line.split(' ');
        let (id, place, flags) = (fields.next()?, fields.next()?, fields.next()?);
        let (_master, _ping, pong) = (fields.next()?, fields.next()?, fields.next()?);
        let (epoch, _link) = (fields.next()?, fields.next()?);
        let has = |flag: &str| flags.split(',').any(|of| of == flag);
        if has("noaddr") || has("handshake") {
            return None;
        }
        Some(Self {
            id: id.into(),
            address: parse_address(place, asked, map)?,
            is_primary: has("master"),
            health: if has("fail") {
                Health::Failed
            } else if has("fail?") {
                Health::Suspected
            } else {
                Health::Well
            },
            epoch: epoch.parse().ok()?,
            slots: fields.filter_map(slots).collect(),
            last_pong: Duration::from_millis(pong.parse().ok()?),
        })
    }

    /// Returns whether the node claims `slot`.
    pub(crate) fn serves(&self, slot: u16) -> bool {
        self.slots.iter().any(|range| range.contains(&slot))
    }
}

/// Parses `host:port`, optionally followed by `@cport` and `,hostname`. If the host is empty
/// because the node that answered does not know it, that node's own host, the one in `asked`, is
/// used. Returns the address at which the node can be reached, according to `map`.
pub(crate) fn parse_address(place: &str, asked: &Address, map: &AddressMap) -> Option<Address> {
    let place = place.split(',').next()?;
    let (place, _) = place.split_once('@').unwrap_or((place, ""));
    let (host, port) = place.rsplit_once(':')?;
    let host = match (host, asked) {
        ("", Address::Tcp { host, .. }) => host,
        (host, _) => host,
    };
    Some(map.map(Address::tcp(host, port.parse().ok()?)))
}

/// Parses `0-5460` or `7`. Returns `None` for `[93-<-id]`, a slot being migrated.
fn slots(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some(first.parse().ok()?..=last.parse().ok()?)
}

/// Returns the slot of a sharded channel. If the name has a hash tag, as in `{user:1}:paid`, only
/// the tag counts.
pub(crate) fn slot_of(channel: &[u8]) -> u16 {
    const SLOTS: u16 = 1 << 14;
    State::<XMODEM>::calculate(tag(channel).unwrap_or(channel)) % SLOTS
}

/// Returns the hash tag: the text between the first `{` and the next `}`, unless it is empty.
fn tag(name: &[u8]) -> Option<&[u8]> {
    let start = name.iter().position(|byte| *byte == b'{')? + 1;
    let length = name[start..].iter().position(|byte| *byte == b'}')?;
    (length > 0).then(|| &name[start..start + length])
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODES: &str = "\
a1 10.0.0.1:7000@17000 myself,master - 0 0 3 connected 0-5460 7000 [93-<-b2]
b2 10.0.0.2:7000@17000,db2.example master,fail? - 0 1 12 connected 5461-6999
c3 10.0.0.3:7000@17000 slave,fail a1 0 1 3 disconnected
d4 :0@0 master,noaddr - 0 1 0 disconnected
e5 ::1:7000@17000 handshake - 0 0 0 connected
garbage
f6 fe80::1:7001@17001 slave b2 0 0 12 connected
";

    fn asked() -> Address {
        Address::tcp("10.0.0.9", 7000)
    }

    #[test]
    fn an_address_without_a_host_has_the_host_of_the_node_that_answered() {
        let parse = |place| parse_address(place, &asked(), &AddressMap::default());
        assert_eq!(parse("10.0.0.2:6381"), Some(Address::tcp("10.0.0.2", 6381)));
        assert_eq!(parse(":6381"), Some(Address::tcp("10.0.0.9", 6381)));
        assert_eq!(
            parse("::1:6381@16381,name"),
            Some(Address::tcp("::1", 6381))
        );
        assert_eq!(parse("10.0.0.2"), None);
    }

    #[test]
    fn the_nodes_are_parsed_from_the_answer() {
        let topology = Topology::parse(NODES, &asked(), &AddressMap::default());
        let nodes = topology.nodes.iter();
        let nodes = nodes.map(|node| (&*node.id, node.is_primary, node.health));
        let expected = [
            ("a1", true, Health::Well),
            ("b2", true, Health::Suspected),
            ("c3", false, Health::Failed),
            ("f6", false, Health::Well),
        ];
        assert_eq!(nodes.collect::<Vec<_>>(), expected);
        assert_eq!(topology.nodes[0].slots, [0..=5460, 7000..=7000]);
        assert_eq!(topology.nodes[3].address, Address::tcp("fe80::1", 7001));
        assert_eq!(topology.epoch(), 12);
        let owner = |slot| topology.owner(slot).map(|node| &*node.id);
        assert_eq!(owner(5460), Some("a1"));
        assert_eq!(owner(5461), Some("b2"));
        assert_eq!(owner(7000), Some("a1"));
        assert_eq!(owner(16000), None);
    }

    #[test]
    fn a_node_without_a_host_has_the_host_that_was_queried() {
        let text = "a1 :7911@17911 myself,master - 0 0 0 connected\n";
        let topology = Topology::parse(text, &asked(), &AddressMap::default());
        assert_eq!(topology.nodes[0].address, Address::tcp("10.0.0.9", 7911));
    }

    #[test]
    fn slots_are_the_same_as_in_redis() {
        // Expected values from CLUSTER KEYSLOT.
        assert_eq!(slot_of(b"foo"), 12182);
        assert_eq!(slot_of(b"user:{foo}:x"), 12182);
        assert_eq!(slot_of(b"a{}b"), 13694);
        assert_eq!(slot_of(b""), 0);
    }
}
