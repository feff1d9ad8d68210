//! The options of `subscope publish`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{Connect, Listen, Screen, Watch, values};

/// Publishing messages without the screen.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct Publish {
    /// The channel
    #[arg(value_name = "CHANNEL", required_unless_present = "json_lines")]
    pub channel: Option<OsString>,
    /// The payload.
    #[arg(
        value_name = "PAYLOAD",
        allow_negative_numbers = true,
        help = "The payload; - for everything on standard input. {{seq}}, {{now}}, {{now_ms}}, \
        {{uuid}}, {{rand 1 100}} and {{env NAME}} are filled in"
    )]
    pub payload: Option<OsString>,
    /// Take the payload from FILE
    #[arg(long, value_name = "FILE", conflicts_with = "payload", value_parser = values::path())]
    pub file: Option<PathBuf>,
    /// Publish every line on standard input, as it is
    #[arg(long, conflicts_with_all = ["payload", "file", "repeat"])]
    pub lines: bool,
    /// Publish the messages on standard input: one JSON object per line with channel and payload,
    /// as subscope tail and recordings have it
    #[arg(long, conflicts_with_all = ["channel", "file", "lines", "repeat"])]
    pub json_lines: bool,
    /// Publish the payload N times
    #[arg(long, value_name = "N", value_parser = values::count)]
    pub repeat: Option<u64>,
    /// Publish at most this many messages per time, such as 100/s or 6/min
    #[arg(long, value_name = "RATE", value_parser = values::rate)]
    pub rate: Option<Duration>,
    /// Take {{ and }} in the payload as they are
    #[arg(long)]
    pub literal: bool,
    /// Publish to a sharded channel (Redis 7 and newer)
    #[arg(long)]
    pub shard: bool,
    /// End with exit code 1 if a message had no receivers
    #[arg(long)]
    pub fail_if_unheard: bool,
    /// Where to publish.
    #[command(flatten)]
    pub sending: Sending,
}

/// Where to publish: the options of all commands that publish.
#[derive(Debug, Default, Args)]
pub struct Sending {
    /// Do not ask before dangerous acts
    #[arg(long)]
    pub yes: bool,
    /// Refuse to publish, as a profile may say
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        overrides_with = "read_only"
    )]
    pub read_only: Option<bool>,
    /// The server.
    #[command(flatten)]
    pub connect: Connect,
}

impl Sending {
    /// Returns the options that have a meaning on the screen too.
    pub fn watch(&mut self) -> Watch {
        Watch {
            listen: Listen {
                connect: std::mem::take(&mut self.connect),
                ..Listen::default()
            },
            screen: Screen {
                read_only: self.read_only,
                ..Screen::default()
            },
        }
    }
}
