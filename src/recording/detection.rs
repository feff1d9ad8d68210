//! Finding out the format of a file, and looking at its lines without parsing them.

use super::file_format::FileFormat;
use super::foreign::{self, ForeignParser};
use super::row;
use super::stamp::{LENGTH, StampParser};
use crate::message::Time;
use crate::payload::json::flat::{Kind, flatten};

/// The number of lines by which a format is found out.
const LOOKED_AT: usize = 20;

impl FileFormat {
    /// Finds out the format by the first lines of a file, of which the last may be incomplete.
    /// Returns `None` if they are in no known format.
    pub fn of(start: &[u8]) -> Option<Self> {
        let lines = start.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        let mut lines = lines.filter(|line| !line.is_empty()).take(LOOKED_AT);
        lines.find_map(Self::of_line)
    }

    fn of_line(line: &[u8]) -> Option<Self> {
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        match line {
            [b'{', ..] => Some(Self::of_object(line)),
            [b'[', ..] => {
                foreign::kind_of(&foreign::json_fields(line)?).map(|_| Self::RedisCliJson)
            }
            [b'"', ..] => foreign::kind_of(&foreign::csv_fields(line)?).map(|_| Self::RedisCliCsv),
            _ if foreign::is_monitor_line(line) => Some(Self::Monitor),
            _ if foreign::numbered(line).is_some() => Some(Self::RedisCli),
            _ if foreign::is_kind(line) => Some(Self::RedisCliRaw),
            _ => None,
        }
    }

    /// Returns the format of a line that starts like an object.
    fn of_object(line: &[u8]) -> Self {
        let mut tokens = Vec::new();
        let is_whole = flatten(line, &mut tokens);
        let has = |name: &[u8]| {
            let mut keys = tokens.iter().filter(|token| token.kind == Kind::Key);
            keys.any(|key| key.text(line) == name)
        };
        if is_whole && has(b"topic") && has(b"qos") {
            Self::Mqttui
        } else {
            Self::Recording
        }
    }

    /// Returns whether a row starts at a line. Lines that turn out to be damaged count too.
    pub(super) fn starts_row(self, line: &[u8]) -> bool {
        match self {
            Self::Recording => !line.is_empty() && !line.starts_with(b"{\"recording\":"),
            Self::RedisCli => line.starts_with(b"1) "),
            Self::RedisCliRaw => foreign::is_kind(line.trim_ascii_end()),
            Self::Monitor => foreign::is_publish(line),
            Self::RedisCliJson | Self::RedisCliCsv | Self::Mqttui => !line.is_empty(),
        }
    }

    /// Returns the time of the row that starts at a line; `undated` if the file does not say.
    pub(super) fn time_of(
        self,
        line: &[u8],
        stamps: &mut StampParser,
        undated: Time,
    ) -> Option<Time> {
        match self {
            Self::Recording => {
                let quick = line.strip_prefix(b"{\"time\":\"");
                let quick = quick.and_then(|rest| stamps.parse(rest.get(..LENGTH)?));
                quick.or_else(|| row::time(line, stamps))
            }
            Self::Monitor => Some(foreign::monitor_parts(line)?.0),
            Self::Mqttui => {
                let mut parser = ForeignParser::new(self, undated);
                Some(parser.parse(line).ok()??.time())
            }
            _ => Some(undated),
        }
    }
}
