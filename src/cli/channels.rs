//! The options of `subscope channels`.

use std::ffi::OsString;

use clap::{Args, ValueEnum};

use super::{Connect, Listen, Screen, Watch};

/// Listing the channels that have subscribers.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct Channels {
    /// List only channels whose name matches, with * ? and [ as for PSUBSCRIBE [default: *]
    #[arg(value_name = "PATTERN")]
    pub pattern: Option<OsString>,
    /// How to write them [default: pretty on a terminal, json otherwise]
    #[arg(short, long, value_name = "FORM", value_enum)]
    pub output: Option<ChannelsForm>,
    /// In a cluster, show the counts of each node as well
    #[arg(long)]
    pub nodes: bool,
    /// Count again every second, or less often if that takes the server long; on a terminal only
    #[arg(long, conflicts_with = "output")]
    pub watch: bool,
    /// The server.
    #[command(flatten)]
    pub connect: Connect,
}

/// How channels are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ChannelsForm {
    /// A table.
    Pretty,
    /// One JSON object per line.
    Json,
}

impl Channels {
    /// Returns the options that have a meaning on the screen too.
    pub fn take_watch(&mut self) -> Watch {
        Watch {
            listen: Listen {
                connect: std::mem::take(&mut self.connect),
                ..Listen::default()
            },
            screen: Screen::default(),
        }
    }
}
