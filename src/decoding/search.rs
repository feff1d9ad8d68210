//! A text, or what a query matches, looked for in a message that has been read.

use std::ops::Range;
use std::sync::Arc;

use crate::log::SharedBytes;
use crate::payload::escape;
use crate::payload::format::Decoded;
use crate::payload::tree::{Key, NodeId, Tree};
use crate::query::{Literal, MOST_MARKS, Query};

/// So much of a message is looked through for what a query matches.
pub const MAX_MARKED: usize = 4 << 20;

/// Something to be looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// Which search this is: a higher number makes those with a lower one void.
    pub serial: u64,
    /// The message.
    pub payload: SharedBytes,
    /// What it was found to be, if that is known.
    pub decoded: Option<Arc<Decoded>>,
    /// What is looked for.
    pub sought: Sought,
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Sought {
    /// A text, in names, values and bytes.
    Text(Box<[u8]>),
    /// What a query matches in the bytes as they came.
    Query(Query),
}

/// Where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Which search it is for.
    pub serial: u64,
    /// The values in whose name or text a text stands, the first [`MOST_MARKS`] of them.
    pub nodes: Vec<NodeId>,
    /// The bytes, unpacked, in which it stands: as many.
    pub ranges: Vec<Range<usize>>,
}

impl Search {
    /// Looks.
    #[must_use]
    pub fn answer(&self) -> Found {
        let text = match &self.sought {
            Sought::Text(text) => text,
            Sought::Query(query) => {
                let seen = self.payload.len().min(MAX_MARKED);
                return Found {
                    serial: self.serial,
                    nodes: Vec::new(),
                    ranges: query.marks(&self.payload[..seen]),
                };
            }
        };
        let sought = Literal::new(text);
        let decoded = self.decoded.as_deref();
        let bytes = decoded.map_or(&*self.payload, |decoded| decoded.bytes(&self.payload));
        let tree = decoded.and_then(|decoded| decoded.tree.as_ref());
        Found {
            serial: self.serial,
            nodes: tree.map_or_else(Vec::new, |tree| nodes_with(tree, bytes, &sought)),
            ranges: ranges_of(bytes, &sought),
        }
    }
}

fn nodes_with(tree: &Tree, bytes: &[u8], sought: &Literal) -> Vec<NodeId> {
    let ids = (0..tree.len()).filter_map(|index| u32::try_from(index).ok());
    let has = |id: &NodeId| {
        tree.value(*id, bytes).is_some_and(|value| {
            let name = match value.key {
                Key::Name(name) | Key::Odd(name) => name,
                Key::Index(_) | Key::None => b"",
            };
            stands_in(value.text, sought) || stands_in(name, sought)
        })
    };
    ids.map(NodeId).filter(has).take(MOST_MARKS).collect()
}

/// Whether it stands in a text, or in what is shown of one that is no UTF-8: `\ud800`, `\xff`.
fn stands_in(text: &[u8], sought: &Literal) -> bool {
    let is_found = |text: &[u8]| sought.find(text).is_some();
    is_found(text) || str::from_utf8(text).is_err() && is_found(escape::whole(text).as_bytes())
}

fn ranges_of(bytes: &[u8], sought: &Literal) -> Vec<Range<usize>> {
    let mut from = 0;
    let mut ranges = Vec::new();
    while let Some(found) = bytes.get(from..).and_then(|rest| sought.find(rest)) {
        if ranges.len() == MOST_MARKS || found.is_empty() {
            break;
        }
        ranges.push(found.start + from..found.end + from);
        from += found.end;
    }
    ranges
}
