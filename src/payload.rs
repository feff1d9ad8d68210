//! Bytes and figures made readable.
//!
//! Payloads and channel names come from strangers. Nothing of them reaches the screen, a title
//! or a message but through [`escape`], which shows what a terminal would act on or hide. All
//! functions here are pure, and those that draw touch no more of a payload than is seen. What a
//! payload is, [`mod@format`] finds out; every decoder gives a [`tree`], or says what is wrong where,
//! in a time and a memory that grow with the bytes given and never with what they claim.

pub mod cbor;
pub mod change;
pub mod decoder_choices;
pub mod diff;
pub mod escape;
pub mod figures;
pub mod format;
pub mod hex;
pub mod json;
pub mod lookup;
pub mod msgpack;
pub mod protobuf;
pub mod quoted;
pub mod ranges;
pub mod reading;
pub mod rows;
pub mod tree;

mod assembly;
mod decimal;
