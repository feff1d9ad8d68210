//! Decoding serialized objects into a tree: Python pickles, PHP, Ruby Marshal, Java serialization,
//! Erlang terms and BSON.
//!
//! The readers only read. No class is looked up, nothing is constructed and no code is run: an
//! object becomes a tag with the name of its class, `⟨module.Class⟩`, on its state. What has no
//! notation of its own in a tree is tagged too: `⟨tuple⟩`, `⟨set⟩`.
//!
//! Each reader collects the values of a payload in a `graph`, since a value may occur in several
//! places or within itself, and the graph is then laid out as a tree, within bounds.

pub mod bson;
pub(super) mod epoch;
pub mod erlang;
mod graph;
pub mod java;
mod layout;
mod number;
pub mod php;
pub mod pickle;
pub mod ruby;
