//! Formatting and decoding of payloads, names and numbers.
//!
//! Payloads and channel names are untrusted. They reach the screen, a title or a message only
//! through [`escape`], which makes visible whatever a terminal would act on or hide. All functions
//! here are pure, and those that draw read no more of a payload than is shown. [`mod@format`]
//! detects the format of a payload. Every decoder returns a [`tree`] or an error with its position,
//! in time and memory bounded by the size of the input, not by the lengths that it claims.

pub mod avro;
pub mod cbor;
pub mod change;
pub mod decoder_choices;
pub mod diff;
pub mod encode;
pub mod escape;
pub mod figures;
pub mod format;
pub mod hex;
pub mod json;
pub mod json_tree;
pub mod lookup;
pub mod message_type;
pub mod msgpack;
pub mod objects;
pub mod protobuf;
pub mod quoted;
pub mod ranges;
pub mod reading;
pub mod rows;
pub mod severity;
pub mod tree;

mod assembly;
mod decimal;
