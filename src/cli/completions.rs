//! Completion of the command line by shells.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::{Args, Parser as _, ValueEnum};
use clap_complete::env::{Bash, CompleteEnv, Elvish, EnvCompleter, Fish, Powershell, Zsh};
use clap_complete::{ArgValueCompleter, CompletionCandidate};

use super::{Cli, config_file};
use crate::host::Failure;

/// The environment variable by which a shell asks for completions.
const VARIABLE: &str = "SUBSCOPE_COMPLETE";

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
        Ok(script)
    }
}

/// Answers a shell that asks for completions, and ends the program. Returns if none does.
pub fn answer_shell() {
    CompleteEnv::with_factory(super::command)
        .var(VARIABLE)
        .complete();
}

/// Completes the name of a profile.
pub fn profiles() -> ArgValueCompleter {
    ArgValueCompleter::new(|start: &OsStr| {
        let Ok(file) = config_file::read(typed_config().as_deref(), false) else {
            return Vec::new();
        };
        let start = start.to_string_lossy();
        let names = file.config.entries.into_iter().map(|entry| entry.name);
        let fitting = names.filter(|name| name.starts_with(&*start));
        fitting.map(CompletionCandidate::new).collect()
    })
}

/// Returns the config file named by the words typed so far, if they are valid. The shell passes all
/// words after `--`, the last one unfinished.
fn typed_config() -> Option<PathBuf> {
    let arguments = std::env::args_os();
    let mut words: Vec<_> = arguments.skip_while(|word| word != "--").skip(1).collect();
    words.pop();
    let cli = Cli::try_parse_from(words).ok()?;
    cli.into_connect()?.file.path
}
