//! Messages kept.

mod batch;
mod record;

pub use batch::{BATCH_BYTES, Batch, Tail};
