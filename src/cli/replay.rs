//! The options of `subscope replay`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use subscope::message::Time;
use subscope::query::Query;
use subscope::recording::{FileFormat, parse_time};

use super::{Sending, queries, values};

/// Publishing a recording.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct Replay {
    /// The recording; - for standard input
    #[arg(value_name = "FILE", value_parser = values::path())]
    pub path: PathBuf,
    /// The format of the recording, if it is not found out: recording, redis-cli, redis-cli-raw,
    /// redis-cli-json, redis-cli-csv, monitor or mqttui
    #[arg(long, value_name = "NAME", value_parser = values::file_format)]
    pub from_format: Option<FileFormat>,
    /// Publish this many times as fast as it was recorded, such as 2 or 0.5; max for as fast as
    /// possible [default: 1]
    #[arg(long, value_name = "FACTOR", value_parser = speed)]
    pub speed: Option<Speed>,
    /// Publish only messages that match QUERY; if repeated, all must match
    #[arg(
        long,
        value_name = "QUERY",
        allow_hyphen_values = true,
        value_parser = queries::one
    )]
    pub only: Vec<Query>,
    /// Publish to other channels: those whose name starts with FROM get TO instead. Repeatable; the
    /// first one that fits counts
    #[arg(long, value_name = "FROM=TO", value_parser = mapping)]
    pub map: Vec<Mapping>,
    /// Publish nothing; list the channels, and how many messages each would get
    #[arg(long)]
    pub dry_run: bool,
    /// Start again at the end, until interrupted
    #[arg(long = "loop")]
    pub repeats: bool,
    /// Start at this time: one such as 2026-11-23T11:00:00Z, or how long after the start, such as
    /// 90s
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub from: Option<Moment>,
    /// End at this time
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub to: Option<Moment>,
    /// Publish to the same channels of the server that was recorded, too
    #[arg(long)]
    pub same_server: bool,
    /// Publish to the channels that servers and clients trust, too, such as those of sentinels and
    /// of keyspace events
    #[arg(long)]
    pub special: bool,
    /// Where to publish.
    #[command(flatten)]
    pub sending: Sending,
}

/// How fast a recording is published.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// This many times as fast as it was recorded.
    Times(f64),
    /// As fast as possible.
    Max,
}

/// A time in a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A time of the clock.
    At(Time),
    /// A time since the start.
    After(Duration),
}

/// What the start of a channel's name is replaced with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    pub from: Vec<u8>,
    pub to: Vec<u8>,
}

fn speed(text: &str) -> Result<Speed, &'static str> {
    match text.trim().trim_end_matches('x').parse::<f64>() {
        _ if text.trim() == "max" => Ok(Speed::Max),
        Ok(times) if times > 0.0 && times.is_finite() => Ok(Speed::Times(times)),
        _ => Err("takes a number such as 2 or 0.5, or max"),
    }
}

fn moment(text: &str) -> Result<Moment, &'static str> {
    if let Ok(time) = values::duration(text) {
        return Ok(Moment::After(time));
    }
    let problem =
        "takes a time such as 2026-11-23T11:00:00Z, or a time since the start such as 90s";
    parse_time(text.trim()).map(Moment::At).ok_or(problem)
}

fn mapping(text: &str) -> Result<Mapping, &'static str> {
    let problem = "takes the starts of two names, such as orders:=test:orders:";
    let (from, to) = text.split_once('=').ok_or(problem)?;
    Ok(Mapping {
        from: from.into(),
        to: to.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_parsed() {
        for (text, expected) in [
            ("2", Some(Speed::Times(2.0))),
            ("0.5x", Some(Speed::Times(0.5))),
            ("max", Some(Speed::Max)),
            ("0", None),
            ("-1", None),
            ("inf", None),
            ("fast", None),
        ] {
            assert_eq!(speed(text).ok(), expected, "{text}");
        }
        for (text, expected) in [
            ("90s", Some(Moment::After(Duration::from_secs(90)))),
            ("1970-01-01T00:00:01Z", Some(Moment::At(Time(1_000_000)))),
            ("noon", None),
        ] {
            assert_eq!(moment(text).ok(), expected, "{text}");
        }
        let mapped = mapping("orders:=test:orders:=");
        let expected = Mapping {
            from: b"orders:".to_vec(),
            to: b"test:orders:=".to_vec(),
        };
        assert_eq!(mapped, Ok(expected));
        assert!(mapping("orders").is_err());
    }
}
