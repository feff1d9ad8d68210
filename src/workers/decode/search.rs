//! Searching a decoded message for text or for the matches of a query.

use std::ops::Range;
use std::sync::Arc;

use crate::log::SharedBytes;
use crate::payload::escape;
use crate::payload::format::Decoded;
use crate::payload::tree::{Key, NodeId, Tree};
use crate::query::{Literal, MOST_MARKS, Query};

/// The maximum number of bytes of a message that are searched for the matches of a query.
pub const MAX_MARKED: usize = 4 << 20;

/// A search in a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// The number of the search. A search cancels those with lower numbers.
    pub serial: u64,
    /// The message.
    pub payload: SharedBytes,
    /// The decoded message, if available.
    pub decoded: Option<Arc<Decoded>>,
    /// What to search for.
    pub sought: Sought,
}

/// What to search for.
#[derive(Clone, Debug, PartialEq)]
pub enum Sought {
    /// Text, to be found in names, values and bytes.
    Text(Box<[u8]>),
    /// A query, whose matches are to be found in the raw bytes.
    Query(Query),
}

/// The results of a search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The number of the search.
    pub serial: u64,
    /// The first [`MOST_MARKS`] values whose name or text contains the search text.
    pub nodes: Vec<NodeId>,
    /// The first [`MOST_MARKS`] matching byte ranges, after unpacking.
    pub ranges: Vec<Range<usize>>,
}

impl Search {
    /// Runs the search.
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
            ranges: sought.find_iter(bytes).take(MOST_MARKS).collect(),
        }
    }
}

fn nodes_with(tree: &Tree, bytes: &[u8], sought: &Literal) -> Vec<NodeId> {
    let ids = (0..tree.len()).filter_map(|index| u32::try_from(index).ok());
    let has = |id: &NodeId| {
        tree.value(*id, bytes).is_some_and(|value| {
            let name = match value.key {
                Key::Name(name) | Key::Other(name) => name,
                Key::Index(_) | Key::None => b"",
            };
            is_in(value.text, sought) || is_in(name, sought)
        })
    };
    ids.map(NodeId).filter(has).take(MOST_MARKS).collect()
}

/// Returns whether `sought` is in `text` or, if `text` is not UTF-8, in its escaped form, such as
/// `\xff`.
fn is_in(text: &[u8], sought: &Literal) -> bool {
    let is_found = |text: &[u8]| sought.find(text).is_some();
    is_found(text) || str::from_utf8(text).is_err() && is_found(escape::whole(text).as_bytes())
}
