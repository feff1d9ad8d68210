//! Reports on the current results for display: created on request, and of limited size.

use std::sync::Arc;

use super::conformance::SchemaReport;
use super::delay::DelayReport;
use super::pair::PairReport;
use super::plan::CheckId;
use super::sequence::SequenceReport;
use super::series::SeriesReport;
use super::shape::ShapeReport;
use crate::message::Time;

/// What to report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The check.
    pub check: CheckId,
    /// The channel, for shapes and series; the first channel if none is given.
    pub channel: Option<Arc<[u8]>>,
    /// The time range, for series; everything if none is given.
    pub stretch: Option<(Time, Time)>,
    /// When the last known gap ended, or the current time if one is open; for pairs.
    pub gap_until: Option<Time>,
    /// The maximum number of points, channels or requests to report.
    pub most: usize,
}

/// The current results of a check.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// Results of a shape check.
    Shape(ShapeReport),
    /// Results of a schema check.
    Schema(SchemaReport),
    /// Results of a sequence check.
    Sequence(SequenceReport),
    /// Results of a pair check.
    Pair(PairReport),
    /// Results of a delay check.
    Delay(DelayReport),
    /// A series.
    Series(SeriesReport),
}
