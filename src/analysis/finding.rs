//! What a check has to say of a row, as data and in words for the log.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::plan::CheckId;
use super::types::Types;
use crate::message::RowId;
use crate::payload::figures;

/// A finding of a check on a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which check.
    pub check: CheckId,
    /// Of which row.
    pub row: RowId,
    /// What.
    pub what: FindingKind,
}

impl Finding {
    /// The bytes that it takes.
    #[must_use]
    pub fn size(&self) -> usize {
        let beside = match &self.what {
            FindingKind::Drift(drifts) => {
                let texts = drifts.iter().map(|drift| drift.path().map_or(0, str::len));
                size_of_val(&**drifts) + texts.sum::<usize>()
            }
            FindingKind::Sequence(step) => size_of_val(&**step),
            FindingKind::Latency { .. } | FindingKind::Delay(_) => 0,
        };
        size_of::<Self>() + beside
    }
}

/// What is to be said. Its words hold texts of messages as they are: show them through
/// [`crate::payload::escape`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// How the message deviates from the shape of its channel.
    Drift(Box<[Drift]>),
    /// How its number deviates from the one that was expected.
    Sequence(Box<OutOfSequence>),
    /// It is a reply.
    Latency {
        /// The row of the request that it answers.
        request: RowId,
        /// How long after that it came.
        after: Duration,
    },
    /// How many microseconds after it was sent it was received, by the two clocks; negative if the
    /// sender's is ahead.
    Delay(i64),
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drift(drifts) => {
                for (index, drift) in drifts.iter().enumerate() {
                    let space = if index > 0 { "  " } else { "" };
                    write!(f, "{space}{drift}")?;
                }
                Ok(())
            }
            Self::Sequence(step) => step.fmt(f),
            Self::Latency { after, .. } => write!(f, "↩ {}", figures::duration(*after)),
            Self::Delay(micros) => {
                let time = figures::duration(Duration::from_micros(micros.unsigned_abs()));
                if *micros < 0 {
                    write!(f, "sent {time} ahead of our clock")
                } else {
                    write!(f, "{time} after it was sent")
                }
            }
        }
    }
}

/// A deviation from the shape that was learnt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drift {
    /// A field that is new.
    New(Arc<str>),
    /// A field is missing that had always been there.
    Missing(Arc<str>),
    /// A value has a type that it never had.
    Type {
        /// Where.
        path: Arc<str>,
        /// The types that it had.
        before: Types,
        /// The one that it has.
        now: Types,
    },
    /// It is not JSON at all.
    NotJson,
    /// There are as many deviations more, which are not listed.
    More(usize),
}

impl Drift {
    /// The path of the value that it is about.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::New(path) | Self::Missing(path) | Self::Type { path, .. } => Some(path),
            Self::NotJson | Self::More(_) => None,
        }
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New(path) => write!(f, "+ {path}"),
            Self::Missing(path) => write!(f, "− {path}"),
            Self::Type { path, before, now } => write!(f, "△ {path} {before}→{now}"),
            Self::NotJson => f.write_str("△ not JSON"),
            Self::More(count) => write!(f, "and {count} more"),
        }
    }
}

/// A number that was not the one expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutOfSequence {
    /// Numbers before it are missing.
    Missing {
        /// How many; [`u64::MAX`] stands for all that are more.
        count: u64,
        /// The first of them.
        from: i128,
        /// The last of them.
        to: i128,
        /// Whether messages may have been lost by us in between: a row of the log says so, or
        /// rows were not looked at.
        explained: bool,
    },
    /// The number has come before.
    Duplicate {
        /// Which.
        number: i128,
    },
    /// It comes after higher ones.
    Reordered {
        /// How far it lies below the highest.
        by: u64,
        /// Whether it had been told as missing: the hole is filled. If not, it lies before the
        /// first number seen, or so far back that it is not known whether it came before.
        fills: bool,
    },
    /// Numbers start anew, unless the next one shows that they do not.
    Restarted {
        /// At which.
        at: i128,
        /// The highest before that.
        after: i128,
        /// Whether messages may have been lost by us in between.
        explained: bool,
        /// What it was if the next number shows that it was no restart.
        instead: Instead,
    },
}

/// What a number is that seems to start anew and does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// One that has come before.
    Again,
    /// One that comes late: it lies before the first number seen, or so far back that it is not
    /// known whether it came before.
    Late,
}

impl fmt::Display for OutOfSequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing {
                count,
                from,
                to,
                explained,
            } => {
                let count = figures::count(*count);
                let why = if *explained {
                    ", in the gap before"
                } else {
                    ""
                };
                if from == to {
                    write!(f, "{count} missing: {from}{why}")
                } else {
                    write!(f, "{count} missing: {from}–{to}{why}")
                }
            }
            Self::Duplicate { number } => write!(f, "{number} again"),
            Self::Reordered { by, fills } => {
                let what = if *fills {
                    "fills the hole"
                } else {
                    "or restarted"
                };
                write!(f, "late by {}, {what}", figures::count(*by))
            }
            Self::Restarted {
                at,
                after,
                explained,
                instead,
            } => {
                // The doubt first: it is not cut off where there is little room.
                let gap = if *explained { " and a gap" } else { "" };
                write!(f, "restarted or {at} {instead}, after {after}{gap}")
            }
        }
    }
}

impl fmt::Display for Instead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Again => "again",
            Self::Late => "late",
        })
    }
}
