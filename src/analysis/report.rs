//! What is known at a moment, to be drawn: asked for, and of bounded size.

use std::sync::Arc;

use super::delay::DelayReport;
use super::pair::PairReport;
use super::plan::CheckId;
use super::sequence::SequenceReport;
use super::series::SeriesReport;
use super::shape::ShapeReport;
use crate::message::Time;

/// What is to be reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Of which check.
    pub check: CheckId,
    /// Of which channel, for shapes and series: of the first if none is named.
    pub channel: Option<Arc<[u8]>>,
    /// Of which stretch of time, for series: of all if none is given.
    pub stretch: Option<(Time, Time)>,
    /// Until when a gap was open at last, as far as is known; for pairs.
    pub gap_until: Option<Time>,
    /// The most points, channels or requests to report.
    pub most: usize,
}

/// What is known.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// Of a check of shapes.
    Shape(ShapeReport),
    /// Of a check of sequences.
    Sequence(SequenceReport),
    /// Of a pair.
    Pair(PairReport),
    /// Of a check of delays.
    Delay(DelayReport),
    /// Of a series.
    Series(SeriesReport),
}
