//! The command line: its options, and the config file, URLs and values that they refer to.

mod channels;
mod checks;
pub mod completions;
pub mod config_file;
mod decode_options;
mod doctor;
pub mod environment;
mod error;
mod expect;
pub mod file_options;
pub mod flags;
pub mod form;
mod glob_file;
mod key_set_name;
mod listen;
pub mod merge;
mod open;
pub mod profile;
mod publish;
pub mod queries;
pub mod recipes;
mod record;
pub mod redis_cli;
mod replay;
mod server;
mod tail;
pub mod target;
mod theme_name;
pub mod user_commands;
pub mod user_decoders;
mod values;

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{
    ArgAction, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum,
};
use subscope::app::{ClipboardChoice, Settings};
use subscope::terminal::ascii::is_utf8;
use subscope::terminal::input::ESCAPE_TIME;

use self::theme_name::ThemeName;
use crate::host::Failure;
use crate::host::tty::TerminalOptions;

pub use self::channels::{Channels, ChannelsForm};
pub use self::checks::Checks;
pub use self::completions::Completions;
pub use self::decode_options::DecodeOptions;
pub use self::doctor::Doctor;
pub use self::expect::Expect;
pub use self::form::Form;
pub use self::key_set_name::KeySetName;
pub use self::listen::{ConfigOption, Connect, Listen};
pub use self::open::Open;
pub use self::publish::{Publish, Sending};
pub use self::record::Record;
pub use self::replay::{Mapping, Moment, Replay, Speed};
pub use self::server::{Server, Tls};
pub use self::tail::Tail;

/// The version, with the commit that it is built from and the target.
pub const LONG_VERSION: &str = env!("SUBSCOPE_LONG_VERSION");

/// The default of `--keep`, in bytes.
const DEFAULT_KEEP: usize = 256 << 20;

/// Terminal dashboard for Redis Pub/Sub: watch channels, inspect messages, publish.
#[derive(Debug, Parser)]
#[command(version, long_version = LONG_VERSION, args_conflicts_with_subcommands = true)]
#[command(disable_help_flag = true, disable_help_subcommand = true)]
#[command(
    after_help = "Every option has an environment variable, such as SUBSCOPE_READ_ONLY=true for \
    --read-only, and a place in the config file: 'subscope help profiles'."
)]
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
    /// Write messages to standard output as they arrive
    Tail(Box<Tail>),
    /// Wait for a message that matches QUERY, for tests: exit code 0 if it comes, 3 if not
    Expect(Box<Expect>),
    /// Publish messages; prints how many clients received each
    Publish(Box<Publish>),
    /// List the channels that have subscribers, and how many
    Channels(Box<Channels>),
    /// Record messages to a file
    Record(Box<Record>),
    /// Publish a recording with its own timing
    Replay(Box<Replay>),
    /// Show recordings on the screen
    Open(Box<Open>),
    /// Examine the terminal, the config file and the server, for an issue report: says what will not
    /// work, and why
    Doctor(Box<Doctor>),
    /// Run on an embedded broker with live sample traffic; needs no Redis
    Demo(Box<Demo>),
    /// Show a page of the manual; without TOPIC, list the topics
    Help(Help),
    /// Print a man page: of the program, a subcommand or a topic of the manual
    Man(Man),
    /// Print the script that makes a shell complete the command line
    Completions(Completions),
    /// Print the keys in the form of the config file
    Keys(Keys),
    /// Write a config file to start from, or check the one in use
    #[command(subcommand)]
    Config(ConfigCommand),
}

impl Cli {
    /// Parses the command line and the environment.
    pub fn read(arguments: Vec<OsString>) -> Result<Self, clap::Error> {
        Self::from_arg_matches(&command().try_get_matches_from(arguments)?)
    }

    /// Returns the options of `subscope tail` in place of a screen. What only `tail` has is set by
    /// the environment and the config file.
    pub fn tail(watch: Watch) -> Result<Tail, Failure> {
        let words = ["subscope", "tail"].into_iter().map(OsString::from);
        let config = watch.listen.connect.file.path.iter();
        let config = config.flat_map(|path| ["--config".into(), path.into()]);
        let arguments = file_options::add(words.chain(config).collect())?;
        let cli = Self::read(arguments).map_err(|error| Failure::from(&error))?;
        let own = match cli.command {
            Some(Command::Tail(tail)) => *tail,
            _ => Tail::default(),
        };
        Ok(own.with_watch(watch))
    }
}

/// Returns the command line, with an environment variable for every option.
pub fn command() -> clap::Command {
    environment::with_variables(Cli::command())
}

/// The options for watching a server.
#[derive(Debug, Args)]
pub struct Watch {
    /// What to subscribe to, and where.
    #[command(flatten)]
    pub listen: Listen,
    /// How the screen behaves.
    #[command(flatten)]
    pub screen: Screen,
}

/// What to do with the config file.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Write a config file in which every option is explained and none is set
    Init(Init),
    /// Report every mistake in the config file with its line
    Check(Check),
}

/// Writing a config file.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct Init {
    /// Replace an existing file
    #[arg(long)]
    pub force: bool,
    /// The file to write.
    #[command(flatten)]
    pub file: ConfigOption,
}

/// Checking the config file.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct Check {
    /// The file to check.
    #[command(flatten)]
    pub file: ConfigOption,
}

/// Printing the keys.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct Keys {
    /// The set of keys that the config file changes [default: vim]
    #[arg(long, value_name = "SET", value_enum)]
    pub keys: Option<KeySetName>,
    /// The config file.
    #[command(flatten)]
    pub file: ConfigOption,
}

/// The options of the demo.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct Demo {
    /// Seed for the generated traffic [default: 1]
    #[arg(long, value_name = "N", value_parser = values::seed)]
    pub seed: Option<u64>,
    /// The config file.
    #[command(flatten)]
    pub file: ConfigOption,
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

/// Man pages.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct Man {
    /// A subcommand or a topic of the manual; without it, the program
    pub topic: Option<String>,
    /// Write all pages to this directory
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "topic")]
    pub write: Option<PathBuf>,
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

/// The screen options, shared by all commands.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Screen")]
pub struct Screen {
    /// Total memory for the log; the oldest messages are evicted first [default: 256MiB]
    #[arg(long, value_name = "SIZE", value_parser = values::keep)]
    pub keep: Option<usize>,
    /// Show only messages that match QUERY; if repeated, all must match. 'subscope help
    /// queries' explains the syntax
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true)]
    pub filter: Vec<String>,
    /// Freeze the log at a message that matches QUERY; receiving continues
    #[arg(long = "break", value_name = "QUERY", allow_hyphen_values = true)]
    pub breakpoint: Vec<String>,
    /// Shell command for the alerts of breakpoints. It gets the text on standard input and in
    /// `SUBSCOPE_ALERT`, and is killed after 10 seconds
    #[arg(long, value_name = "COMMAND")]
    pub alert_command: Option<String>,
    /// How text is copied: osc52 is through the terminal, auto uses a clipboard program where the
    /// terminal does not take text, anything else is a shell command that gets the text on standard
    /// input [default: auto]
    #[arg(long, value_name = "COMMAND")]
    pub clipboard: Option<String>,
    /// The separator between the parts of channel names, for the tree of channels. By default, the
    /// most common one of : . /
    #[arg(long, value_name = "CHAR", value_parser = values::separator)]
    pub separator: Option<u8>,
    /// Never send write commands to the server
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        overrides_with = "read_only"
    )]
    pub read_only: Option<bool>,
    /// Whether the config file sets `read_only`, and the command line does not.
    #[arg(skip)]
    pub is_file_read_only: bool,
    /// Leave the mouse to the terminal, for selecting text
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        overrides_with = "no_mouse"
    )]
    pub no_mouse: Option<bool>,
    /// The colours [default: auto, those that suit the terminal's background; none if `NO_COLOR` is
    /// set]
    #[arg(long, value_name = "NAME", value_enum)]
    pub theme: Option<ThemeName>,
    /// Draw in ASCII only: borders as + - |, other non-ASCII as ? [default: auto, only if the
    /// locale in `LC_ALL`, `LC_CTYPE` or `LANG` is not UTF-8]
    #[arg(long, value_name = "WHEN", value_enum)]
    pub ascii: Option<Ascii>,
    /// The set of keys; the config file can change each of them [default: vim]
    #[arg(long, value_name = "SET", value_enum)]
    pub keys: Option<KeySetName>,
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

impl Screen {
    /// Returns the memory for the log, in bytes.
    pub fn memory(&self) -> usize {
        self.keep.unwrap_or(DEFAULT_KEEP)
    }

    /// Returns the options for the terminal.
    pub fn terminal(&self) -> TerminalOptions {
        let escape_time = self.escape_time.map(u64::from).map(Duration::from_millis);
        TerminalOptions {
            mouse: self.no_mouse != Some(true),
            is_ascii: match self.ascii.unwrap_or_default() {
                Ascii::Auto => !is_utf8(|name| env::var_os(name)),
                Ascii::Always => true,
                Ascii::Never => false,
            },
            theme: self.theme.unwrap_or_default().0,
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
            read_only: self.read_only == Some(true),
            is_file_read_only: self.is_file_read_only,
            keep: self.memory(),
            filters,
            breakpoints,
            alert_command: self.alert_command.clone(),
            clipboard: ClipboardChoice::of(self.clipboard.as_deref()),
            separator: self.separator,
            checks,
            ..decode_options::read(&self.decode, blame)?
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use super::*;

    #[test]
    fn options_are_listed_under_the_right_heading() {
        let command = Cli::command();
        for (option, heading) in [
            ("keep", "Screen"),
            ("read_only", "Screen"),
            ("no_mouse", "Screen"),
            ("separator", "Screen"),
            ("stats", "Screen"),
            ("shape", "Checks"),
            ("sent", "Checks"),
            ("lens", "Decoding"),
            ("proto", "Decoding"),
            ("proto_type", "Decoding"),
            ("avro", "Decoding"),
            ("schema", "Checks"),
        ] {
            let mut found = command.get_arguments();
            let found = found.find(|argument| argument.get_id() == option).unwrap();
            assert_eq!(found.get_help_heading(), Some(heading), "{option}");
        }
    }

    #[test]
    fn a_flag_can_be_turned_off_and_the_last_one_counts() {
        let parse = |options: &str| {
            let words = ["subscope"].into_iter().chain(options.split_whitespace());
            Cli::try_parse_from(words).map(|cli| cli.watch)
        };
        for (options, found) in [
            ("", None),
            ("--read-only", Some(true)),
            ("--read-only=true", Some(true)),
            ("--read-only=false", Some(false)),
            ("--read-only --read-only=false", Some(false)),
            ("--read-only=false --read-only", Some(true)),
        ] {
            assert_eq!(parse(options).unwrap().screen.read_only, found, "{options}");
        }
        // Without =, clap takes what follows as a channel: see `misplaced_value`.
        let watch = parse("--read-only false").unwrap();
        assert_eq!(watch.screen.read_only, Some(true));
        assert_eq!(watch.listen.channels, ["false"]);
        let watch = parse("--exact=false --sentinel-events=false --no-mouse=false").unwrap();
        let flags = [
            watch.listen.exact,
            watch.listen.sentinel_events,
            watch.screen.no_mouse,
        ];
        assert_eq!(flags, [Some(false); 3]);
        let server = parse("--insecure=false").unwrap().listen.connect.server;
        assert_eq!(server.tls.insecure, Some(false));
        assert!(parse("--read-only=no").is_err());
    }

    #[test]
    fn a_query_may_start_with_a_hyphen() {
        let cli = Cli::try_parse_from(["subscope", "--filter", "-heartbeat", "--break", "-a"]);
        let screen = cli.unwrap().watch.screen;
        assert_eq!(screen.filter, ["-heartbeat"]);
        assert_eq!(screen.breakpoint, ["-a"]);
    }
}
