//! Checks made of every message of the channels that they watch, on a thread of their own, so that
//! neither keys nor the subscriber wait for them.
//!
//! A [`Plan`] says what is watched. The owner of the log sends it ([`Request::Plan`]) whenever it
//! has changed, and hands over the rows that arrive by a [`Follower`]; the rows that were kept
//! before are looked at on request ([`Request::kept`]), oldest first. What is found comes back as
//! [`Finding`]s, each a finding on a row with its words, to be kept in [`Findings`]; what is known
//! in all is asked for when it is shown ([`Request::Report`]).
//!
//! Everything is bounded, and says when it is full: channels, fields, sequences, requests that
//! wait, points, findings. Rows are looked at in their order. If the thread lags so far that rows
//! went before it came to them, the follower counts them as missed, and the checks take it for a
//! gap: nothing waits.

mod delay;
mod desk;
mod finding;
mod findings;
mod follower;
mod job;
mod pair;
mod parse;
mod plan;
mod report;
mod sequence;
mod series;
mod shape;
mod skips;
mod spread;
mod types;
mod value;
mod watched;
mod worker;

use std::sync::Arc;

pub use delay::{ChannelDelay, DelayReport, sent_time};
pub use desk::{Analyst, start};
pub use finding::{Drift, Finding, FindingKind, Instead, OutOfSequence};
pub use findings::{Findings, MOST_FINDINGS};
pub use follower::Follower;
pub use pair::{MOST_WAITING, PairCounts, PairReport, Unanswered};
pub use parse::CheckError;
pub use plan::{Channels, Check, CheckId, Entry, Plan, Plotted};
pub use report::{Ask, Report};
pub use sequence::{ChannelCounts, Counts, MOST_SEQUENCES, SequenceReport};
pub use series::{INTERVAL_BOUNDS, MOST_POINTS, Point, SeriesReport, Summary};
pub use shape::{Field, LEARNT_FROM, MOST_CHANNELS, MOST_FIELDS, ShapeReport};
pub use skips::{Skipped, Skips};
pub use spread::Percentiles;
pub use types::Types;
pub use value::is_whole_number;
pub use worker::Worker;

use crate::log::{MessageLog, Piece};
use crate::message::RowId;

/// What is asked of the thread.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// To make these checks. Those that it made already, by their ids, go on. At once.
    Plan(Arc<Plan>),
    /// To look at rows that have arrived, the oldest piece first. In the order of the requests.
    Arrived(Vec<Piece>),
    /// To look at rows that were kept when a check was added, the oldest piece first, for this
    /// check alone; see [`Request::kept`]. In the order of the requests.
    Kept {
        /// Which check.
        check: CheckId,
        /// The rows.
        pieces: Vec<Piece>,
    },
    /// To say what is known at this moment. At once.
    Report(Ask),
}

impl Request {
    /// To look at all rows kept in `log` for `check`, which was added just now with the log's end
    /// as the first of its rows: to be sent right behind the plan with it, before any request for
    /// rows that arrive later.
    #[must_use]
    pub fn kept(check: CheckId, log: &MessageLog) -> Self {
        let mut pieces = log.pieces(RowId::default());
        pieces.reverse();
        Self::Kept { check, pieces }
    }

    /// How many rows it is to look at.
    #[must_use]
    pub fn rows(&self) -> u64 {
        let (Self::Arrived(pieces) | Self::Kept { pieces, .. }) = self else {
            return 0;
        };
        let rows = pieces.iter().map(Piece::rows);
        rows.map(|rows| rows.end.0 - rows.start.0).sum()
    }
}

/// What the thread says.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Rows were looked at.
    Looked(Looked),
    /// What is known, of which check and channel is in what was asked; `None` if there is no such
    /// check, or no such channel.
    Report(Ask, Option<Box<Report>>),
}

/// What looking at rows has brought since the answer before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// The one check that rows were looked at for, if they were kept before; `None` if they
    /// arrived.
    pub only: Option<CheckId>,
    /// What was found. Of one check in the order of the rows.
    pub found: Vec<Finding>,
    /// What checks that flag rows could not tell anything of.
    pub skipped: Skips,
    /// How many rows were looked at, or had gone before they could be.
    pub rows: u64,
    /// How many of these had gone.
    pub gone: u64,
    /// The bytes that all that is known takes, as they were counted within the last second.
    pub size: usize,
    /// Whether checks that flag rows have had no room for some, by now.
    pub leaves_out_some: bool,
    /// Whether nothing more will come for the request.
    pub is_done: bool,
}
