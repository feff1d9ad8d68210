//! What a value says, in few bytes: a row has no room for more, nor a frame time.

use crate::payload::figures;
use crate::payload::tree::{Kind, NodeId, Tree};

/// A value that holds more values than this is shown by their count.
const MOST_VALUES: u32 = 500;

/// A text longer than this is shown by its start and its length.
const LONG_TEXT: usize = 16 << 10;

/// So much of its start.
const START: usize = 200;

/// A value as JSON, or what there is of it if that is long. What JSON has no form for is in words, as
/// the tree has it.
pub fn json_of(tree: &Tree, bytes: &[u8], id: NodeId) -> Vec<u8> {
    let Some(value) = tree.value(id, bytes) else {
        return Vec::new();
    };
    let count = figures::count(value.count as u64);
    match value.kind {
        Kind::Array if is_large(tree, id) => format!("[{count}]").into_bytes(),
        Kind::Object if is_large(tree, id) => format!("{{{count}}}").into_bytes(),
        _ if value.text.len() > LONG_TEXT => {
            let size = figures::size(value.text.len() as u64);
            [&value.text[..START], format!("… {size}").as_bytes()].concat()
        }
        Kind::Other => value.text.to_vec(),
        _ => tree.to_json(id, bytes),
    }
}

fn is_large(tree: &Tree, id: NodeId) -> bool {
    let all = u32::try_from(tree.len()).unwrap_or(u32::MAX);
    let behind = tree.behind(id).map_or(all, |behind| behind.0);
    behind - id.0 > MOST_VALUES
}
