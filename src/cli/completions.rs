//! Completion of the command line by shells.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsStr;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

use clap::{Arg, ArgAction, Args, Command, FromArgMatches as _, ValueEnum};
use clap_complete::env::{Bash, CompleteEnv, Elvish, EnvCompleter, Fish, Powershell, Zsh};
use clap_complete::{ArgValueCompleter, CompletionCandidate};
use subscope::message::glob;
use subscope::server::{Census, Config};

use super::flags::config_behind_command;
use super::profile::choose;
use super::target::find;
use super::{Connect, Listen, Screen, Watch, config_file};
use crate::host::Failure;
use crate::host::limited::within;

/// The environment variable by which a shell asks for completions.
const VARIABLE: &str = "SUBSCOPE_COMPLETE";

/// The environment variable in which a shell passes the index of the word that it completes.
const INDEX: &str = "_CLAP_COMPLETE_INDEX";

/// How long the server may take to answer, the connection included.
const LIMIT: Duration = Duration::from_millis(200);

/// The function that completes words in bash.
const IN_BASH: &str = "_clap_complete_subscope";

/// What bash passes to this function is put together again first: bash splits words at `:` and `=`,
/// too, and takes completions for the part after the last of them only.
const WHOLE_WORDS: &str = include_str!("../../assets/completions.bash");

/// The name of the program.
const NAME: &str = "subscope";

/// Printing the script that makes a shell complete the command line.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct Completions {
    /// The shell, such as in: source <(subscope completions bash)
    #[arg(value_enum)]
    pub shell: Shell,
}

/// A shell that can complete the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// The Bourne-again shell.
    Bash,
    /// The Z shell.
    Zsh,
    /// The friendly interactive shell.
    Fish,
    /// `PowerShell`.
    Powershell,
    /// The Elvish shell.
    Elvish,
}

impl Completions {
    /// Returns the script.
    pub fn script(&self) -> Result<Vec<u8>, Failure> {
        let shell: &dyn EnvCompleter = match self.shell {
            Shell::Bash => &Bash,
            Shell::Zsh => &Zsh,
            Shell::Fish => &Fish,
            Shell::Powershell => &Powershell,
            Shell::Elvish => &Elvish,
        };
        let mut script = Vec::new();
        let written = shell.write_registration(VARIABLE, NAME, NAME, NAME, &mut script);
        written.map_err(Failure::other)?;
        if self.shell == Shell::Bash {
            let script = String::from_utf8_lossy(&script);
            let script = script.replace(&format!("-F {IN_BASH}"), "-F _subscope");
            return Ok([&script, WHOLE_WORDS].concat().into_bytes());
        }
        Ok(script)
    }
}

/// Answers a shell that asks for completions, and ends the program. Returns if none does.
pub fn answer_shell() {
    CompleteEnv::with_factory(|| with_names(super::command()))
        .var(VARIABLE)
        .complete();
}

/// Completes the names of profiles and channels.
fn with_names(command: Command) -> Command {
    let command = command.mut_args(with_name);
    command.mut_subcommands(|subcommand| subcommand.mut_args(with_name))
}

fn with_name(arg: Arg) -> Arg {
    match arg.get_id().as_str() {
        "profile" => arg.add(profiles()),
        "channel" | "channels" | "pattern" => arg.add(channels()),
        "shard" if matches!(arg.get_action(), ArgAction::Append) => arg.add(shard_channels()),
        _ => arg,
    }
}

/// Completes the name of a profile.
fn profiles() -> ArgValueCompleter {
    ArgValueCompleter::new(|start: &OsStr| {
        let typed = typed();
        let path = typed.as_ref().and_then(|typed| typed.file.path.as_deref());
        let Ok(file) = config_file::read(path, false) else {
            return Vec::new();
        };
        let names = file.config.entries.into_iter().map(|entry| entry.name);
        candidates(names, start)
    })
}

/// Completes the name of a channel that has subscribers.
fn channels() -> ArgValueCompleter {
    ArgValueCompleter::new(|start: &OsStr| names(start, false))
}

/// Completes the name of a sharded channel that has subscribers.
fn shard_channels() -> ArgValueCompleter {
    ArgValueCompleter::new(|start: &OsStr| names(start, true))
}

/// Returns the names of the channels, or sharded channels, that begin with `start`. There are none if
/// the server does not answer in time.
fn names(start: &OsStr, is_sharded: bool) -> Vec<CompletionCandidate> {
    let Some(typed) = typed() else {
        return Vec::new();
    };
    let pattern = [glob::literal(start.as_bytes()), b"*".to_vec()].concat();
    let found = within(LIMIT, move || async move {
        let mut census = Census::connect(server(typed).await?).await.ok()?;
        census.list(&pattern, is_sharded).await.ok()
    });
    let names: BTreeSet<String> = found
        .flatten()
        .unwrap_or_default()
        .into_iter()
        .filter_map(|name| String::from_utf8(name).ok())
        .filter(|name| is_plain(name))
        .collect();
    candidates(names, start)
}

/// Returns how to connect to the server that is typed so far, or that the environment or the config
/// file names. Nothing is asked of the user, and no command runs, neither for the password nor for
/// the connection.
async fn server(mut typed: Connect) -> Option<Config> {
    if typed.profile == Some(None) || typed.server.askpass {
        return None;
    }
    let file = config_file::read(typed.file.path.as_deref(), typed.profile.is_some()).ok()?;
    typed.server.url_source = None;
    let given = Watch {
        listen: Listen {
            connect: typed,
            ..Listen::default()
        },
        screen: Screen::default(),
    };
    let ControlFlow::Continue(chosen) = choose(&file, &given).await.ok()? else {
        return None;
    };
    let server = chosen.add_to(given).ok()?.listen.connect.server;
    if server.askpass || server.password_command.is_some() {
        return None;
    }
    let found = find(&server).ok().filter(|found| found.via.is_none())?;
    let mut config = Config {
        tls: found.tls.map(|loaded| loaded.tls),
        address_map: found.address_map,
        read_only: true,
        ..Config::new(found.target)
    };
    config.apply(found.settings);
    Some(config)
}

/// Returns whether a name means itself in all shells, without quotes. A channel's name comes from
/// strangers, and must not become a part of the command that it completes.
fn is_plain(name: &str) -> bool {
    let is_plain = |letter: char| letter.is_alphanumeric() || "_-./:@%+=,".contains(letter);
    !name.starts_with(['-', '=']) && name.chars().all(is_plain)
}

fn candidates(names: impl IntoIterator<Item = String>, start: &OsStr) -> Vec<CompletionCandidate> {
    let start = start.to_string_lossy();
    let fitting = names.into_iter().filter(|name| name.starts_with(&*start));
    fitting.map(CompletionCandidate::new).collect()
}

/// Returns the options for connecting among the words typed so far, if they are valid. The shell
/// passes all words after `--`; the one that it completes is unfinished.
fn typed() -> Option<Connect> {
    let arguments = env::args_os();
    let mut words: Vec<_> = arguments.skip_while(|word| word != "--").skip(1).collect();
    let index = env::var(INDEX).ok().and_then(|index| index.parse().ok());
    words.truncate(index.unwrap_or(words.len().saturating_sub(1)));
    // Other words may be missing.
    let command = super::command().ignore_errors(true);
    let words = config_behind_command(words);
    let matches = command.try_get_matches_from(words).ok()?;
    let matches = matches.subcommand().map_or(&matches, |(_, found)| found);
    Connect::from_arg_matches(matches).ok()
}
