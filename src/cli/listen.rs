//! The options of all commands that use a server.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::{Server, values};

/// What to subscribe to, and where: the options of all commands that receive messages.
#[derive(Debug, Default, Args)]
pub struct Listen {
    /// Channels to subscribe to; a name with * ? or [ is a pattern, as for PSUBSCRIBE [default: *]
    #[arg(value_name = "CHANNEL")]
    pub channels: Vec<OsString>,
    /// Treat every CHANNEL literally, including * ? and [
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        overrides_with = "exact"
    )]
    pub exact: Option<bool>,
    /// Subscribe to a sharded channel (Redis 7 and newer); with * ? or [, to every matching one
    /// that has subscribers. Repeatable
    #[arg(long, value_name = "CHANNEL")]
    pub shard: Vec<OsString>,
    /// With sentinels: subscribe to their own channels as well
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        overrides_with = "sentinel_events"
    )]
    pub sentinel_events: Option<bool>,
    /// End a subscription when a message's whole payload is TEXT
    #[arg(long, value_name = "TEXT")]
    pub until: Option<OsString>,
    /// The server.
    #[command(flatten)]
    pub connect: Connect,
}

/// Which server to connect to: the options of all commands that use one.
#[derive(Debug, Default, Args)]
pub struct Connect {
    /// The profile in the config file; `Some(None)` to pick one from a list.
    #[arg(
        long,
        value_name = "NAME",
        num_args = 0..=1,
        conflicts_with_all = ["url", "host", "port", "socket"],
        help = "Take the server, its colour, channels, filters and more from profile NAME of the \
        config file; options override it. Without NAME, pick one from a list"
    )]
    #[expect(
        clippy::option_option,
        reason = "clap's shape for an option with an optional value"
    )]
    pub profile: Option<Option<String>>,
    /// The config file.
    #[command(flatten)]
    pub file: ConfigOption,
    /// Where the server is, and how to log in.
    #[command(flatten)]
    pub server: Server,
}

/// The path of the config file.
#[derive(Debug, Default, Args)]
pub struct ConfigOption {
    /// The path of the config file.
    #[arg(
        long = "config",
        id = "config",
        value_name = "FILE",
        value_parser = values::path(),
        help = "The config file [default: SUBSCOPE_CONFIG from the environment, or \
        subscope/config.toml in XDG_CONFIG_HOME, which is ~/.config unless set]"
    )]
    pub path: Option<PathBuf>,
}
