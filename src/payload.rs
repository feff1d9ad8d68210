//! Bytes and figures made readable.
//!
//! Payloads and channel names come from strangers. Nothing of them reaches the screen, a title
//! or a message but through [`escape`], which shows what a terminal would act on or hide. All
//! functions here are pure, and those that draw touch no more of a payload than is seen.

pub mod diff;
pub mod escape;
pub mod figures;
pub mod format;
pub mod hex;
pub mod json;
pub mod quoted;
pub mod ranges;
pub mod rows;
pub mod tree;
