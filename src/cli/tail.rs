//! The options of `subscope tail`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use subscope::query::Query;
use subscope::recording::FileFormat;

use super::{Checks, DecodeOptions, Form, Listen, Screen, Watch, queries, values};

/// Receiving messages without the screen.
#[derive(Debug, Default, Args)]
#[command(disable_help_flag = true)]
pub struct Tail {
    /// How each message is written.
    #[arg(
        short,
        long,
        value_name = "FORM",
        value_parser = Form::parse,
        help = "How to write messages: pretty, json, raw, or a line with fields and paths in braces, \
        such as '{time} {channel} {.order.id} {payload}\\n' [default: pretty on a terminal, json \
        otherwise]"
    )]
    pub output: Option<Form>,
    /// Write only messages that match QUERY; if repeated, all must match. 'subscope help queries'
    /// explains the syntax
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true)]
    pub filter: Vec<String>,
    /// End after N messages
    #[arg(long, value_name = "N", value_parser = values::count)]
    pub count: Option<u64>,
    /// End after this time, such as 30s or 5m
    #[arg(long = "for", value_name = "TIME", value_parser = values::duration)]
    pub time: Option<Duration>,
    /// End when no message has been written for this time
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    pub idle: Option<Duration>,
    /// End with exit code 4 at the first message that matches QUERY
    #[arg(
        long,
        value_name = "QUERY",
        allow_hyphen_values = true,
        value_parser = queries::one
    )]
    pub fail_on: Vec<Query>,
    /// Read a recording instead of a server; - is standard input. CHANNEL then selects channels
    #[arg(
        long,
        value_name = "FILE",
        value_parser = values::path(),
        conflicts_with_all = ["time", "idle", "until", "stats"]
    )]
    pub from: Option<PathBuf>,
    /// The format of the recording, if it is not found out: recording, redis-cli, redis-cli-raw,
    /// redis-cli-json, redis-cli-csv, monitor or mqttui
    #[arg(long, value_name = "NAME", requires = "from", value_parser = values::file_format)]
    pub from_format: Option<FileFormat>,
    /// Write only the latest message of each channel: on a terminal, a line each, rewritten in
    /// place; otherwise at the end
    #[arg(long)]
    pub latest: bool,
    /// Write rates and counts to standard error every second
    #[arg(long)]
    pub stats: bool,
    /// At the end, write counts, rates and sizes of all channels to standard error
    #[arg(long)]
    pub summary: bool,
    /// With --summary: each message's delay, measured from the sent time at a path:
    /// 'orders:*=.sent'
    #[arg(long, value_name = "GLOB=PATH")]
    pub sent: Vec<String>,
    /// Write notices, such as lost connections, to standard error [default: true]
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        overrides_with = "notices"
    )]
    pub notices: Option<bool>,
    /// What to subscribe to, and where.
    #[command(flatten)]
    pub listen: Listen,
    /// How messages are decoded.
    #[command(flatten)]
    pub decode: DecodeOptions,
}

impl Tail {
    /// Returns the options for receiving what `watch` says.
    #[must_use]
    pub fn with_watch(self, watch: Watch) -> Self {
        Self {
            filter: watch.screen.filter,
            sent: watch.screen.checks.sent,
            decode: watch.screen.decode,
            listen: watch.listen,
            ..self
        }
    }

    /// Returns the options that have a meaning on the screen too.
    pub fn watch(&mut self) -> Watch {
        Watch {
            listen: std::mem::take(&mut self.listen),
            screen: Screen {
                filter: std::mem::take(&mut self.filter),
                decode: std::mem::take(&mut self.decode),
                checks: Checks {
                    sent: std::mem::take(&mut self.sent),
                    ..Checks::default()
                },
                ..Screen::default()
            },
        }
    }
}
