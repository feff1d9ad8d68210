//! The commands, one file each: they wire all the layers below together.

mod checks;
mod complaint;
mod config_file;
mod decode_options;
pub mod demo;
pub mod help;
mod history;
mod password;
mod pick;
mod profile;
mod queries;
mod redis_cli;
mod screen;
mod stats;
mod target;
mod tty;
pub mod watch;

use std::fmt;
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::payload::escape::whole;

/// Why a command failed, as one line for the user, and the exit code.
///
/// The line is always safe to show: see [`Failure::usage`].
#[derive(Debug)]
pub struct Failure {
    words: String,
    /// What the user could write instead, on lines of its own; empty if that is clear.
    example: &'static str,
    /// 2 for a wrong command line, 1 for anything else.
    pub exit_code: u8,
}

impl Failure {
    /// Creates a failure caused by the command line, the environment or the config file. Quoted
    /// values in `words` are escaped and shortened, and the login of a URL is left out.
    pub fn usage(words: impl fmt::Display) -> Self {
        Self::new(&words.to_string(), 2)
    }

    /// Creates a failure with any other cause.
    pub fn other(words: impl fmt::Display) -> Self {
        Self::new(&words.to_string(), 1)
    }

    fn new(words: &str, exit_code: u8) -> Self {
        Self {
            words: complaint::line(words),
            example: "",
            exit_code,
        }
    }

    /// Adds an example of correct input.
    fn with_example(self, example: &'static str) -> Self {
        Self { example, ..self }
    }

    /// Appends `words` to the message.
    fn and(self, words: &str) -> Self {
        let words = complaint::line(&format!("{}{words}", self.words));
        Self { words, ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)?;
        match self.example {
            "" => Ok(()),
            example => write!(f, "\n{example}"),
        }
    }
}

impl From<&clap::Error> for Failure {
    /// Describes what is wrong with the command line, without option values that might be a
    /// password.
    fn from(error: &clap::Error) -> Self {
        use clap::error::{ContextKind, ContextValue, ErrorKind};
        let option = match error.get(ContextKind::InvalidArg) {
            Some(ContextValue::String(option)) => option.as_str(),
            _ => "",
        };
        let choices = match error.get(ContextKind::ValidValue) {
            Some(ContextValue::Strings(choices)) => choices.as_slice(),
            _ => &[],
        };
        let words = error.to_string();
        // An empty line separates the error, which may list several options, from the usage.
        let lines = words.lines().take_while(|line| !line.is_empty());
        let words = lines.map(str::trim).collect::<Vec<_>>().join(" ");
        let words = words.strip_prefix("error: ").unwrap_or(&words);
        let reason = std::error::Error::source(error).map(ToString::to_string);
        let words = match (error.kind(), reason) {
            // The rest of the argument may be the password.
            (ErrorKind::UnknownArgument, _) if option.starts_with("--pass") => {
                "unexpected argument '--pass…': for a password use --askpass".to_owned()
            }
            (ErrorKind::TooManyValues, _) => format!("'{option}' takes no value"),
            // The reason states what the option takes, and repeats the value only where that is
            // safe.
            (ErrorKind::ValueValidation, Some(reason)) => format!("'{option}' {reason}"),
            (ErrorKind::InvalidValue, _) if !choices.is_empty() => {
                format!("'{option}' takes one of {}", choices.join(", "))
            }
            _ => words.to_owned(),
        };
        Self::usage(format!("{words} (see subscope --help)"))
    }
}

/// Writes a line to standard error. Errors are ignored: if the terminal is gone, nobody is reading.
pub fn complain(words: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "subscope: {words}");
}

/// Returns `path` escaped for display.
fn shown_path(path: &Path) -> String {
    whole(path.as_os_str().as_bytes())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn what_is_wrong_with_the_value_of_an_option_is_said_in_one_way() {
        for (options, expected) in [
            (
                "--escape-time abc",
                "'--escape-time <MS>' takes a number of milliseconds from 0 to 1000",
            ),
            (
                "--escape-time 2000",
                "'--escape-time <MS>' takes a number of milliseconds from 0 to 1000",
            ),
            (
                "--escape-time=-1",
                "'--escape-time <MS>' takes a number of milliseconds from 0 to 1000",
            ),
            (
                "--port x",
                "'--port <PORT>' takes a number from 1 to 65535; for a password use --askpass",
            ),
            ("-n x", "'--db <N>' takes a number, 0 or higher"),
            ("--keep 1k", "'--keep <SIZE>' takes at least 1MiB, not 1k"),
            (
                "--ascii maybe",
                "'--ascii <WHEN>' takes one of auto, always, never",
            ),
            (
                "demo --seed x",
                "'--seed <N>' takes a whole number, 0 or higher",
            ),
            (
                "--stats ~you/x",
                "'--stats <FILE>' starts with another user's ~: write the full path, or ./~ for a file of that name",
            ),
        ] {
            let words = ["subscope"].into_iter().chain(options.split(' '));
            let failure = Cli::try_parse_from(words).map_err(|error| Failure::from(&error));
            let said = failure.err().map(|failure| failure.to_string());
            let expected = format!("{expected} (see subscope --help)");
            assert_eq!(said, Some(expected), "{options}");
        }
    }
}
