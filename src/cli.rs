//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::payload::figures::parse_size;

/// The least that the log can do with.
const MIN_KEEP: u64 = 1 << 20;

/// Watch Redis Pub/Sub in the terminal: channels, messages as they come, and a box to publish.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// Another command than watching.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to watch.
    #[command(flatten)]
    pub watch: Watch,
}

/// What to do, if not to watch.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The same screen on an embedded broker with live sample traffic; needs no Redis
    Demo(Demo),
}

/// How to watch a server.
#[derive(Debug, Args)]
pub struct Watch {
    /// Channels to subscribe to; with * ? or [ in it, a pattern as PSUBSCRIBE takes it. None at
    /// all means the pattern *
    #[arg(value_name = "CHANNEL")]
    pub channels: Vec<OsString>,
    /// The server.
    #[arg(
        short,
        long,
        help = "The server: redis://[user[:password]@]host[:port][/db] or unix://path. \
        Without it SUBSCOPE_URL and then REDIS_URL from the environment \
        [default: redis://127.0.0.1:6379]"
    )]
    pub url: Option<String>,
    /// Take every CHANNEL literally, * ? and [ included
    #[arg(long)]
    pub exact: bool,
    /// Ask for the password.
    #[arg(
        long,
        help = "Ask for the password, without showing it. Otherwise it comes from the URL, \
        or from SUBSCOPE_PASSWORD or REDISCLI_AUTH in the environment"
    )]
    pub askpass: bool,
    /// A message whose whole payload is TEXT ends the subscription that brought it
    #[arg(long, value_name = "TEXT")]
    pub until: Option<OsString>,
    /// How the screen behaves.
    #[command(flatten)]
    pub screen: Screen,
}

/// The demo.
#[derive(Debug, Args)]
pub struct Demo {
    /// Another number plays other traffic, the same number the same
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// How the screen behaves.
    #[command(flatten)]
    pub screen: Screen,
}

/// How the screen behaves, whatever it watches.
#[derive(Clone, Debug, Args)]
pub struct Screen {
    /// Memory for the log, everything counted; the oldest messages go first
    #[arg(long, value_name = "SIZE", default_value = "256MiB", value_parser = keep)]
    pub keep: usize,
    /// Show only what QUERY matches; given more than once, what all of them match. In the program,
    /// F1 in the box that / opens lists the syntax
    #[arg(long, value_name = "QUERY")]
    pub filter: Vec<String>,
    /// Freeze the messages where QUERY matches, while receiving goes on
    #[arg(long = "break", value_name = "QUERY")]
    pub breakpoint: Vec<String>,
    /// Refuse every write before it leaves
    #[arg(long)]
    pub read_only: bool,
    /// Leave the mouse to the terminal, so that it selects text
    #[arg(long)]
    pub no_mouse: bool,
    /// On exit, write the counters and timings to FILE as one JSON object
    #[arg(long, value_name = "FILE")]
    pub stats: Option<PathBuf>,
}

fn keep(text: &str) -> Result<usize, String> {
    let bytes = parse_size(text)?;
    if bytes < MIN_KEEP {
        return Err("the log needs at least 1MiB".to_owned());
    }
    usize::try_from(bytes).map_err(|_| "more than this machine can address".to_owned())
}
