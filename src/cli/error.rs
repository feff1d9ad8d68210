//! Turns an error in the command line into a [`Failure`].

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::host::Failure;

impl From<&clap::Error> for Failure {
    /// Describes what is wrong with the command line, without option values that might be a
    /// password.
    fn from(error: &clap::Error) -> Self {
        let option = match error.get(ContextKind::InvalidArg) {
            Some(ContextValue::String(option)) => option.as_str(),
            _ => "",
        };
        let message = match error.kind() {
            // The rest of the argument may be the password.
            ErrorKind::UnknownArgument if option.starts_with("--pass") => {
                "unexpected argument '--pass…': for a password use --askpass".to_owned()
            }
            ErrorKind::TooManyValues => format!("'{option}' takes no value"),
            _ => match reason(error) {
                Some(reason) => format!("'{option}' {reason}"),
                None => message(error),
            },
        };
        Self::usage(format!("{message} (see subscope --help)"))
    }
}

/// Describes what is wrong with the value of an option, without its name.
pub fn value_problem(error: &clap::Error) -> String {
    reason(error).unwrap_or_else(|| message(error))
}

/// Returns what the option takes, if its value is wrong. The value is repeated only where that is
/// safe.
fn reason(error: &clap::Error) -> Option<String> {
    match error.kind() {
        ErrorKind::ValueValidation => error.source().map(ToString::to_string),
        ErrorKind::InvalidValue => match error.get(ContextKind::ValidValue) {
            Some(ContextValue::Strings(choices)) if !choices.is_empty() => {
                Some(format!("takes one of {}", choices.join(", ")))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Returns the text of the error on one line.
fn message(error: &clap::Error) -> String {
    let message = error.to_string();
    // The error, which may list several options, ends at an empty line; the usage follows.
    let lines = message.lines().take_while(|line| !line.is_empty());
    let message = lines.map(str::trim).collect::<Vec<_>>().join(" ");
    message
        .strip_prefix("error: ")
        .unwrap_or(&message)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn errors_about_values_have_one_form() {
        let cases = r"
            --escape-time abc => '--escape-time <MS>' takes a number of milliseconds from 0 to 1000
            --escape-time 2000 => '--escape-time <MS>' takes a number of milliseconds from 0 to 1000
            --escape-time=-1 => '--escape-time <MS>' takes a number of milliseconds from 0 to 1000
            --port x => '--port <PORT>' takes a number from 1 to 65535; for a password use --askpass
            -n x => '--db <N>' takes a number, 0 or higher
            --keep 1k => '--keep <SIZE>' takes at least 1MiB, not 1k
            --ascii maybe => '--ascii <WHEN>' takes one of auto, always, never
            demo --seed x => '--seed <N>' takes a whole number, 0 or higher
        ";
        for case in cases.trim().lines() {
            let (options, words) = case.trim().split_once(" => ").expect("two parts");
            assert_eq!(said(options), format!("{words} (see subscope --help)"));
        }
        assert_eq!(
            said("--stats ~you/x"),
            "'--stats <FILE>' starts with the home directory of another user: write its full path, or \
             ./~… for a file whose name starts with ~ (see subscope --help)"
        );
    }

    fn said(options: &str) -> String {
        let words = ["subscope"].into_iter().chain(options.split(' '));
        let error = Cli::try_parse_from(words).expect_err(options);
        Failure::from(&error).to_string()
    }
}
