//! Findings of checks on rows, as data and as text for the log.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::plan::CheckId;
use super::types::Types;
use super::violation::Violation;
use crate::message::RowId;
use crate::payload::figures;

/// A finding of a check on a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The check.
    pub check: CheckId,
    /// The row.
    pub row: RowId,
    /// What was found.
    pub what: FindingKind,
}

impl Finding {
    /// Returns the memory use, in bytes.
    pub fn size(&self) -> usize {
        let contents = match &self.what {
            FindingKind::Drift(drifts) => {
                let texts = drifts.iter().map(|drift| drift.path().map_or(0, str::len));
                size_of_val(&**drifts) + texts.sum::<usize>()
            }
            FindingKind::Invalid(violations) => {
                let texts = violations.iter().map(Violation::length);
                size_of_val(&**violations) + texts.sum::<usize>()
            }
            FindingKind::Sequence(step) => size_of_val(&**step),
            FindingKind::Latency { .. } | FindingKind::Delay(_) => 0,
        };
        size_of::<Self>() + contents
    }
}

/// What was found. Its text may contain unescaped text from messages: display it through
/// [`crate::payload::escape`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// How the message deviates from the shape of its channel.
    Drift(Box<[Drift]>),
    /// How the message violates the JSON Schema of its channel.
    Invalid(Box<[Violation]>),
    /// How the sequence number deviates from the expected one.
    Sequence(Box<OutOfSequence>),
    /// The message is the reply to a request.
    Latency {
        /// The row of the request.
        request: RowId,
        /// The time between request and reply.
        after: Duration,
    },
    /// The time between sending and receipt in microseconds, going by the two clocks; negative if
    /// the sender's clock is ahead.
    Delay(i64),
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drift(drifts) => spaced(f, drifts),
            Self::Invalid(violations) => spaced(f, violations),
            Self::Sequence(step) => step.fmt(f),
            Self::Latency { after, .. } => write!(f, "↩ {}", figures::duration(*after)),
            Self::Delay(micros) => {
                let time = figures::duration(Duration::from_micros(micros.unsigned_abs()));
                if *micros < 0 {
                    write!(f, "sender's clock ahead by at least {time}")
                } else {
                    write!(f, "{time} after sending")
                }
            }
        }
    }
}

/// Writes `parts`, separated by two spaces.
fn spaced(f: &mut fmt::Formatter<'_>, parts: &[impl fmt::Display]) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        let space = if index > 0 { "  " } else { "" };
        write!(f, "{space}{part}")?;
    }
    Ok(())
}

/// A deviation from the learned shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drift {
    /// A new field.
    New(Arc<str>),
    /// A field that was always present is missing.
    Missing(Arc<str>),
    /// A value has a new type.
    Type {
        /// The path of the value.
        path: Arc<str>,
        /// The types known at the path.
        before: Types,
        /// The type of this value.
        now: Types,
    },
    /// The message is not JSON.
    NotJson,
    /// This many further deviations are not listed.
    More(usize),
}

impl Drift {
    /// Returns the path of the value that deviates, if there is one.
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

/// A sequence number that was not the expected one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutOfSequence {
    /// Numbers before this one are missing.
    Missing {
        /// How many, capped at [`u64::MAX`].
        count: u64,
        /// The first missing number.
        from: i128,
        /// The last missing number.
        to: i128,
        /// Whether we may have lost messages in between: there is a gap row in the log, or rows
        /// were not checked.
        explained: bool,
    },
    /// This number has occurred before.
    Duplicate(i128),
    /// The number comes after higher ones.
    Late {
        /// How far it is below the highest number.
        by: u64,
        /// Whether it was reported missing, so that it fills a hole. If not, it is below the first
        /// number received, or so far back that it is unknown whether it has occurred before.
        fills: bool,
    },
    /// The sequence restarts here, unless the next number shows otherwise.
    Restarted {
        /// The number at which it restarts.
        at: i128,
        /// The highest number up to then.
        after: i128,
        /// Whether we may have lost messages in between.
        explained: bool,
        /// What the number is instead, if the next one shows that there was no restart.
        alternative: Alternative,
    },
}

/// What a number that looked like a restart turns out to be instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alternative {
    /// A number that has occurred before.
    Duplicate,
    /// A late number: it is below the first number received, or so far back that it is unknown
    /// whether it has occurred before.
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
                write!(f, "{} missing: {from}", figures::count(*count))?;
                if from != to {
                    write!(f, "–{to}")?;
                }
                if *explained {
                    f.write_str(", in the preceding gap")?;
                }
                Ok(())
            }
            Self::Duplicate(number) => write!(f, "{number} repeated"),
            Self::Late { by, fills } => {
                let what = if *fills {
                    "fills the gap"
                } else {
                    "or restarted"
                };
                write!(f, "late by {}, {what}", figures::count(*by))
            }
            Self::Restarted {
                at,
                after,
                explained,
                alternative,
            } => {
                let instead = match alternative {
                    Alternative::Duplicate => "repeated",
                    Alternative::Late => "late",
                };
                // The alternative comes first, so that it is not cut off where space is short.
                let gap = if *explained { " and a gap" } else { "" };
                write!(f, "restarted at {at} (or {instead}) after {after}{gap}")
            }
        }
    }
}
