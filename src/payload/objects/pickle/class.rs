//! Names of classes.

use crate::payload::objects::graph::{Graph, Id};
use crate::payload::objects::layout::key_words;

/// Returns the name of a class: `module.Class`.
pub(super) fn class_name(graph: &Graph<'_>, class: Id) -> Vec<u8> {
    let mut words = Vec::new();
    key_words(graph, class, 0, &mut words);
    let text = words.strip_prefix("⟨".as_bytes());
    let text = text.and_then(|text| text.strip_suffix("⟩".as_bytes()));
    text.map(<[u8]>::to_vec).unwrap_or(words)
}
