//! Background jobs that process the log, each on a thread of its own, so that neither key presses
//! nor the subscriber wait for them.
//!
//! - [`Worker`]: the thread that runs a job.
//! - [`scan`]: runs queries on the rows of the log.
//! - [`decode`]: decodes, compares and searches large payloads.
//! - [`analysis`]: checks every message on the channels it watches.
//! - [`loading`]: loads parts of a recording into the log.

pub mod analysis;
pub mod decode;
pub mod loading;
pub mod scan;
mod worker;

pub use worker::{Job, Worker};
