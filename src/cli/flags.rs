//! Arguments that clap would take as channels: the value in `--read-only false`, and the subcommand
//! after `--config FILE`.

use std::ffi::OsString;

use clap::{Command, CommandFactory as _};

use super::Cli;

/// Returns what is wrong if a flag that takes its value after a `=` is followed by `true` or `false`.
pub fn misplaced_value(arguments: impl IntoIterator<Item = OsString>) -> Option<String> {
    let command = Cli::command();
    let arguments = arguments.into_iter();
    let words = arguments.map(|argument| argument.to_string_lossy().into_owned());
    let words: Vec<String> = words.take_while(|word| word != "--").collect();
    let pairs = words.iter().zip(words.iter().skip(1));
    let mut values = pairs.filter(|(_, value)| matches!(value.as_str(), "true" | "false"));
    let (flag, value) = values.find(|(flag, _)| {
        let name = flag.strip_prefix("--");
        name.is_some_and(|name| is_flag(&command, name))
    })?;
    Some(format!(
        "write {flag}={value}; for a channel called {value}, write -- {value}"
    ))
}

/// Returns the arguments with `--config FILE` moved behind the subcommand that follows it.
pub fn config_behind_command(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let option = arguments.get(1).map(|option| option.as_encoded_bytes());
    let length = match option {
        Some(b"--config") => 2,
        Some(option) if option.starts_with(b"--config=") => 1,
        _ => return arguments,
    };
    let word = arguments.get(1 + length).and_then(|word| word.to_str());
    let is_command = word.is_some_and(|word| {
        let command = Cli::command();
        command.find_subcommand(word).is_some()
    });
    if is_command {
        let option: Vec<OsString> = arguments.drain(1..=length).collect();
        arguments.extend(option);
    }
    arguments
}

/// Returns whether an option of the command or one of its subcommands takes its value after a `=`.
fn is_flag(command: &Command, name: &str) -> bool {
    let is_named = command
        .get_arguments()
        .any(|option| option.get_long() == Some(name) && option.is_require_equals_set());
    is_named
        || command
            .get_subcommands()
            .any(|command| is_flag(command, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_config_file_may_be_named_before_a_subcommand() {
        for (line, expected) in [
            ("s --config f config check", "s config check --config f"),
            ("s --config=f demo --seed 1", "s demo --seed 1 --config=f"),
            ("s --config f orders", "s --config f orders"),
            ("s --config f -- config", "s --config f -- config"),
            ("s --config", "s --config"),
            ("s config check --config f", "s config check --config f"),
        ] {
            let arguments = line.split(' ').map(OsString::from).collect();
            let expected: Vec<_> = expected.split(' ').map(OsString::from).collect();
            assert_eq!(config_behind_command(arguments), expected);
        }
    }

    #[test]
    fn true_or_false_after_a_flag_is_not_a_channel() {
        let problem = |line: &str| misplaced_value(line.split(' ').map(OsString::from));
        for (line, flag) in [
            ("subscope --read-only false", "--read-only=false"),
            ("subscope demo --no-mouse true", "--no-mouse=true"),
            ("subscope --exact false a", "--exact=false"),
            ("subscope --insecure false", "--insecure=false"),
        ] {
            let start = format!("write {flag}; ");
            assert!(
                problem(line).is_some_and(|words| words.starts_with(&start)),
                "{line}"
            );
        }
        for line in [
            "subscope --read-only=false",
            "subscope --read-only=false false",
            "subscope --read-only -- false",
            "subscope --until false",
            "subscope --read-only falsehoods",
            "subscope true",
        ] {
            assert_eq!(problem(line), None, "{line}");
        }
    }
}
