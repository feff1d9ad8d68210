//! The command line: its options, and the config file, URLs and values that they refer to.

mod checks;
mod config_file;
mod decode_options;
mod error;
pub mod profile;
mod queries;
pub mod redis_cli;
pub mod target;
mod values;

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use subscope::app::Settings;
use subscope::terminal::ascii::is_utf8;
use subscope::terminal::input::ESCAPE_TIME;
use subscope::terminal::theme::Theme;

use crate::host::Failure;
use crate::host::tty::TerminalOptions;

/// The default of `--keep`, in bytes.
const DEFAULT_KEEP: usize = 256 << 20;

/// Terminal dashboard for Redis Pub/Sub: watch channels, inspect messages, publish.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
#[command(disable_help_flag = true, disable_help_subcommand = true)]
pub struct Cli {
    /// Print this help
    // As in redis-cli, -h is the host.
    #[arg(long, action = ArgAction::HelpShort, global = true)]
    help: Option<bool>,
    /// The subcommand; without one, subscope watches a server.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The options for watching a server.
    #[command(flatten)]
    pub watch: Watch,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run on an embedded broker with live sample traffic; needs no Redis
    Demo(Box<Demo>),
    /// Show a page of the manual; without TOPIC, list the topics
    Help(Help),
}

/// The options for watching a server.
#[derive(Debug, Args)]
pub struct Watch {
    /// Channels to subscribe to; a name with * ? or [ is a pattern, as for PSUBSCRIBE [default: *]
    #[arg(value_name = "CHANNEL")]
    pub channels: Vec<OsString>,
    /// Treat every CHANNEL literally, including * ? and [
    #[arg(long)]
    pub exact: bool,
    /// Subscribe to a sharded channel (Redis 7 and newer); with * ? or [, to every matching one
    /// that has subscribers. Repeatable
    #[arg(long, value_name = "CHANNEL")]
    pub shard: Vec<OsString>,
    /// With sentinels: subscribe to their own channels as well
    #[arg(long)]
    pub sentinel_events: bool,
    /// End a subscription when a message's whole payload is TEXT
    #[arg(long, value_name = "TEXT")]
    pub until: Option<OsString>,
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
    /// The path of the config file.
    #[arg(
        long,
        value_name = "FILE",
        value_parser = values::path(),
        requires = "profile",
        help = "The config file [default: SUBSCOPE_CONFIG from the environment, or \
        subscope/config.toml in XDG_CONFIG_HOME, which is ~/.config unless set]"
    )]
    pub config: Option<PathBuf>,
    /// Where the server is, and how to log in.
    #[command(flatten)]
    pub server: Server,
    /// How the screen behaves.
    #[command(flatten)]
    pub screen: Screen,
}

/// Where the server is and how to log in: the options of redis-cli. `Debug` hides the fields, which
/// may contain a password.
#[derive(Args, Default)]
#[command(next_help_heading = "Server")]
pub struct Server {
    /// The server's URL.
    #[arg(
        short,
        long,
        conflicts_with_all = ["host", "port", "socket"],
        help = "The server: redis://[user:password@]host[:port][/db], rediss:// with TLS, host:port or \
        unix:///path; for sentinels redis+sentinel://host[:port],…/master, for a cluster \
        redis+cluster://host[:port],…. Without -u, -h, -p and -s, SUBSCOPE_URL or else REDIS_URL \
        from the environment [default: redis://127.0.0.1:6379]"
    )]
    pub url: Option<String>,
    /// The server's host: a name or an address [default: 127.0.0.1]
    #[arg(short, long)]
    pub host: Option<String>,
    /// The server's port [default: 6379]
    #[arg(short, long, value_parser = values::port)]
    pub port: Option<u16>,
    /// The server's unix socket
    #[arg(
        short,
        long,
        value_name = "PATH",
        value_parser = values::path(),
        conflicts_with_all = ["host", "port"]
    )]
    pub socket: Option<PathBuf>,
    /// Database number for commands; Pub/Sub ignores databases
    #[arg(short = 'n', long, value_name = "N", allow_negative_numbers = true, value_parser = values::db)]
    pub db: Option<i64>,
    /// The user to log in as
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// The password; other users can see it in the process list (see --askpass)
    #[arg(short = 'a', long, value_name = "PASSWORD")]
    pub pass: Option<String>,
    /// Whether to prompt for the password.
    #[arg(
        long,
        conflicts_with = "pass",
        help = "Prompt for the password. Otherwise it is taken from --pass, the URL, or \
        SUBSCOPE_PASSWORD or REDISCLI_AUTH in the environment"
    )]
    pub askpass: bool,
    /// A profile's shell command that prints the password.
    #[arg(skip)]
    pub password_command: Option<String>,
    /// How messages refer to the URL, if it does not come from the command line.
    #[arg(skip)]
    pub url_source: Option<String>,
    /// The TLS options.
    #[command(flatten)]
    pub tls: Tls,
}

/// The TLS options.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "TLS")]
pub struct Tls {
    /// Use TLS, as with a rediss:// URL
    #[arg(long = "tls")]
    pub enabled: bool,
    /// PEM file of CA certificates to trust instead of the system's
    #[arg(long, value_name = "FILE", value_parser = values::path())]
    pub cacert: Option<PathBuf>,
    /// Client certificate, a PEM file; requires --key
    #[arg(long, value_name = "FILE", value_parser = values::path())]
    pub cert: Option<PathBuf>,
    /// Private key of the client certificate, a PEM file
    #[arg(long, value_name = "FILE", value_parser = values::path())]
    pub key: Option<PathBuf>,
    /// Server name to request and verify, instead of the host
    #[arg(long, value_name = "NAME")]
    pub sni: Option<String>,
    /// Skip certificate verification (allows man-in-the-middle)
    #[arg(long)]
    pub insecure: bool,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

/// The options of the demo.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct Demo {
    /// Seed for the generated traffic
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = values::seed)]
    pub seed: u64,
    /// How the screen behaves.
    #[command(flatten)]
    pub screen: Screen,
}

/// The manual.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct Help {
    /// Page to show; on a terminal, it opens in $PAGER or less
    pub topic: Option<String>,
}

/// When to draw in ASCII only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Ascii {
    /// If the locale does not use UTF-8.
    #[default]
    Auto,
    /// In any locale.
    Always,
    /// Never; the terminal must support UTF-8.
    Never,
}

/// The value of `--theme`.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum ThemeName {
    /// What suits the terminal's background.
    #[default]
    Auto,
    /// For a dark background.
    Dark,
    /// For a light background.
    Light,
    /// The strongest contrast, on black.
    HighContrast,
    /// For Solarized's dark background.
    SolarizedDark,
    /// For Solarized's light background.
    SolarizedLight,
    /// The terminal's own sixteen colours.
    Terminal,
    /// No colours.
    Plain,
}

impl ThemeName {
    fn theme(self) -> Option<Theme> {
        Some(match self {
            Self::Auto => return None,
            Self::Dark => Theme::Dark,
            Self::Light => Theme::Light,
            Self::HighContrast => Theme::HighContrast,
            Self::SolarizedDark => Theme::SolarizedDark,
            Self::SolarizedLight => Theme::SolarizedLight,
            Self::Terminal => Theme::Terminal,
            Self::Plain => Theme::Plain,
        })
    }
}

/// The screen options, shared by all commands.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Screen")]
pub struct Screen {
    /// Total memory for the log; the oldest messages are evicted first [default: 256MiB]
    #[arg(long, value_name = "SIZE", value_parser = values::keep)]
    pub keep: Option<usize>,
    /// Show only messages that match QUERY; if repeated, all must match. In the program, press /
    /// then F1 for the syntax
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true)]
    pub filter: Vec<String>,
    /// Freeze the log at a message that matches QUERY; receiving continues
    #[arg(long = "break", value_name = "QUERY", allow_hyphen_values = true)]
    pub breakpoint: Vec<String>,
    /// Shell command for the alerts of breakpoints. The text is on its standard input and in
    /// `SUBSCOPE_ALERT`; it is killed after 10 seconds
    #[arg(long, value_name = "COMMAND")]
    pub alert_command: Option<String>,
    /// Never send write commands to the server
    #[arg(long)]
    pub read_only: bool,
    /// Leave the mouse to the terminal, for selecting text
    #[arg(long)]
    pub no_mouse: bool,
    /// The colours. By default those that suit the terminal's background; none if `NO_COLOR` is set
    #[arg(long, value_name = "NAME", value_enum, default_value_t)]
    pub theme: ThemeName,
    /// Draw in ASCII only: borders as + - |, other non-ASCII as ?. By default, only if the locale
    /// in `LC_ALL`, `LC_CTYPE` or `LANG` is not UTF-8
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    pub ascii: Ascii,
    /// Milliseconds to wait for the rest of an escape sequence before Esc counts as a key; slow
    /// connections may need more [default: 50]
    #[arg(long, value_name = "MS", value_parser = values::escape_time)]
    pub escape_time: Option<u16>,
    /// On exit, write the counters and timings to FILE as one JSON object
    #[arg(long, value_name = "FILE", value_parser = values::path())]
    pub stats: Option<PathBuf>,
    // A heading applies to all options that follow it.
    /// Which checks to run on messages.
    #[command(flatten)]
    pub checks: Checks,
    /// How messages are decoded and shown.
    #[command(flatten)]
    pub decode: DecodeOptions,
}

/// Which checks to run on messages.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Checks")]
pub struct Checks {
    /// Learn the JSON fields on channels matching GLOB, and flag messages with a new or missing
    /// field or a changed type
    #[arg(long, value_name = "GLOB")]
    pub shape: Vec<String>,
    /// Track sequence numbers at a path ('orders:*=.seq') or per key ('orders:*=.seq,.customer')
    /// and flag missing, duplicate or late ones
    #[arg(long, value_name = "GLOB=PATH")]
    pub seq: Vec<String>,
    /// Show the time from each request to its reply: 'rpc:*:request=.id -> rpc:*:reply=.corr'
    #[arg(long, value_name = "PAIR")]
    pub pair: Vec<String>,
    /// Show each message's delay, measured from the sent time at a path: 'orders:*=.sent'
    #[arg(long, value_name = "GLOB=PATH")]
    pub sent: Vec<String>,
}

/// How messages are decoded and shown.
#[derive(Clone, Debug, Args, Default)]
#[command(next_help_heading = "Decoding")]
pub struct DecodeOptions {
    /// Which part of a channel's messages the log shows.
    #[arg(
        long,
        value_name = "GLOB=.PATH",
        help = "Show only the value at PATH of messages on channels matching GLOB in the \
        log, such as 'orders:*=.user.id'. Repeatable; the last one that matches a channel applies"
    )]
    pub lens: Vec<String>,
    /// The file with the Protobuf message types.
    #[arg(
        long,
        value_name = "FILE",
        value_parser = values::path(),
        help = "Protobuf message types: a descriptor set, as written by 'protoc --include_imports \
        --descriptor_set_out=FILE orders.proto'. Use with --proto-type, or choose a type \
        with f in an open message"
    )]
    pub proto: Option<PathBuf>,
    /// The Protobuf message type of a channel.
    #[arg(
        long,
        value_name = "GLOB=TYPE",
        help = "Decode messages on channels matching GLOB as this type of the --proto FILE, such as \
        'orders:*=shop.v1.Order'. Repeatable; the last one that matches a channel applies"
    )]
    pub proto_type: Vec<String>,
}

impl Screen {
    /// Returns the memory for the log, in bytes.
    pub fn memory(&self) -> usize {
        self.keep.unwrap_or(DEFAULT_KEEP)
    }

    /// Returns how to use the terminal.
    pub fn terminal(&self) -> TerminalOptions {
        let escape_time = self.escape_time.map(u64::from).map(Duration::from_millis);
        TerminalOptions {
            mouse: !self.no_mouse,
            is_ascii: match self.ascii {
                Ascii::Auto => !is_utf8(|name| env::var_os(name)),
                Ascii::Always => true,
                Ascii::Never => false,
            },
            theme: self.theme.theme(),
            escape_time: escape_time.unwrap_or(ESCAPE_TIME),
        }
    }

    /// Returns the settings from the options.
    pub fn settings(&self) -> Result<Settings, Failure> {
        let blame = |option: &str, problem| Failure::usage(format!("--{option} {problem}"));
        let filters = queries::read(&self.filter, |problem| blame("filter", problem))?;
        let breakpoints =
            queries::read_breakpoints(&self.breakpoint, |problem| blame("break", problem))?;
        let checks = checks::read(&self.checks, blame)?;
        Ok(Settings {
            read_only: self.read_only,
            keep: self.memory(),
            filters,
            breakpoints,
            alert_command: self.alert_command.clone(),
            checks,
            ..decode_options::read(&self.decode, blame)?
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn options_are_listed_under_the_right_heading() {
        let command = Cli::command();
        for (option, heading) in [
            ("keep", "Screen"),
            ("read_only", "Screen"),
            ("no_mouse", "Screen"),
            ("stats", "Screen"),
            ("shape", "Checks"),
            ("sent", "Checks"),
            ("lens", "Decoding"),
            ("proto", "Decoding"),
            ("proto_type", "Decoding"),
        ] {
            let mut found = command.get_arguments();
            let found = found.find(|argument| argument.get_id() == option).unwrap();
            assert_eq!(found.get_help_heading(), Some(heading), "{option}");
        }
    }

    #[test]
    fn a_query_may_start_with_a_hyphen() {
        let cli = Cli::try_parse_from(["subscope", "--filter", "-heartbeat", "--break", "-a"]);
        let screen = cli.unwrap().watch.screen;
        assert_eq!(screen.filter, ["-heartbeat"]);
        assert_eq!(screen.breakpoint, ["-a"]);
    }
}
