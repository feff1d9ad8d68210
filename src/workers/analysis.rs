//! Checks every message on the channels that the checks watch.
//!
//! A [`Plan`] lists the checks. The owner of the log sends it ([`Request::Plan`]) whenever it
//! changes, and passes on arriving rows with a [`Follower`]. Rows that were already in the log are
//! checked on request ([`Request::kept`]), oldest first. Results come back as [`Finding`]s, each
//! about one row, to be stored in [`Findings`]. Overall results are requested when they are
//! displayed ([`Request::Report`]).
//!
//! The numbers of channels, fields, sequences, waiting requests, points and findings are limited,
//! and the results show which limits were reached. Rows are checked in order. Nothing waits for the
//! thread: if it lags so far that rows are evicted before it reaches them, the follower counts them
//! as missed and the checks treat them as a gap.

mod conformance;
mod delay;
mod engine;
mod finding;
mod findings;
mod follower;
mod json_schema;
mod pair;
mod parse;
mod pass;
mod plan;
mod queue;
mod report;
mod sequence;
mod series;
mod shape;
mod skips;
mod spread;
mod types;
mod value;
mod violation;
mod watched;

use std::io;
use std::sync::Arc;

pub use conformance::SchemaReport;
pub use delay::{DelayReport, sent_time};
pub use engine::Engine;
pub use finding::{Finding, FindingKind, OutOfSequence};
pub use findings::{Findings, MAX_FINDINGS};
pub use follower::Follower;
pub use json_schema::JsonSchema;
pub use pair::{PairCounts, PairReport};
pub use plan::{Channels, Check, CheckId, Plan, Plotted};
pub use report::{Ask, Report};
pub use sequence::{Counts, SequenceReport};
pub use series::{INTERVAL_BOUNDS, Point, SeriesReport, Summary};
pub use shape::{Field, LEARNT_FROM, MAX_CHANNELS, MAX_FIELDS, ShapeReport};
pub use skips::{Skipped, Skips};
pub use spread::{Percentiles, Spread};
pub use types::Types;
pub use value::whole_number;
pub use violation::Violation;

use crate::log::{MessageLog, Piece};
use crate::message::RowId;
use crate::workers::worker::Worker;
use queue::Queue;

/// Starts the thread. It passes its answers to `send` and ends when `send` returns `false`.
pub fn start(send: impl FnMut(Answer) -> bool + Send + 'static) -> io::Result<Worker<Request>> {
    Worker::start("analysis", Queue::default(), send)
}

/// A request to the thread.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Run these checks, continuing those already running with the same ids. Takes effect
    /// immediately.
    Plan(Arc<Plan>),
    /// Run these checks, and forget what those already running have seen, because other rows take
    /// the place of those in the log. Rows that are still to be checked are left out. Takes effect
    /// immediately.
    Restart(Arc<Plan>),
    /// Check rows that have arrived, oldest piece first. Processed in order.
    Arrived(Vec<Piece>),
    /// Run one check on rows that were already in the log when it was added, oldest piece first;
    /// see [`Request::kept`]. Processed in order.
    Kept {
        /// The check.
        check: CheckId,
        /// The rows.
        pieces: Vec<Piece>,
    },
    /// Report the current results. Answered immediately.
    Report(Ask),
}

impl Request {
    /// Creates a request to run `check` on all rows in `log`. The check must just have been added
    /// with the end of the log as its first row. Send the request right after the plan, and before
    /// any request for rows that arrive later.
    pub fn kept(check: CheckId, log: &MessageLog) -> Self {
        let mut pieces = log.pieces(RowId::default());
        pieces.reverse();
        Self::Kept { check, pieces }
    }

    /// Returns how many rows the request covers.
    pub fn rows(&self) -> u64 {
        let (Self::Arrived(pieces) | Self::Kept { pieces, .. }) = self else {
            return 0;
        };
        pieces.iter().map(Piece::length).sum()
    }
}

/// An answer from the thread.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Rows were checked.
    Checked(CheckedRows),
    /// The current results; `None` if the requested check or channel does not exist.
    Report(Ask, Option<Box<Report>>),
}

/// The results of checking rows since the previous answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckedRows {
    /// The check, if it was run alone on rows that were already in the log.
    pub only: Option<CheckId>,
    /// The findings; those of each check are in row order.
    pub found: Vec<Finding>,
    /// The messages skipped by the checks that flag rows.
    pub skipped: Skips,
    /// How many rows were checked, or evicted before they could be.
    pub rows: u64,
    /// How many of these were evicted.
    pub gone: u64,
    /// The memory use of all checks in bytes, no more than a second old.
    pub size: usize,
    /// Whether checks that flag rows have left out channels because a limit was reached.
    pub leaves_out_some: bool,
    /// Whether this is the last answer to the request.
    pub is_done: bool,
}
