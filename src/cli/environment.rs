//! Environment variables for the options.

use std::collections::BTreeSet;

use clap::{Arg, Command, CommandFactory as _};

use super::Cli;

/// The options without a variable of their own: those with special rules, and those that make sense
/// only for one run.
const EXCLUDED: [&str; 14] = [
    "help",
    "version",
    "url",
    "host",
    "port",
    "socket",
    "pass",
    "askpass",
    "config",
    "force",
    "yes",
    "tls",
    "same-server",
    "special",
];

/// Lets every option of `command` be set by an environment variable as well: `--read-only` by
/// `SUBSCOPE_READ_ONLY`, and `--output` of `subscope tail` by `SUBSCOPE_TAIL_OUTPUT`.
pub fn with_variables(command: Command) -> Command {
    let shared: Vec<(String, bool)> = command.get_arguments().filter_map(long).collect();
    let names = command
        .get_subcommands()
        .map(|found| found.get_name().to_owned());
    let names: Vec<String> = names.collect();
    let mut command = command.mut_args(|arg| with_variable(arg, ""));
    for name in names {
        command = command.mut_subcommand(&name, |subcommand| {
            subcommand.mut_args(|arg| {
                let is_shared = long(&arg).is_some_and(|long| shared.contains(&long));
                with_variable(arg, if is_shared { "" } else { &name })
            })
        });
    }
    command
}

/// Returns the names of the variables that set an option of any command.
pub fn names() -> BTreeSet<String> {
    let command = with_variables(Cli::command());
    let all = [&command].into_iter().chain(command.get_subcommands());
    let options = all.flat_map(Command::get_arguments);
    let names = options.filter_map(|option| option.get_env()?.to_str());
    let others = ["SUBSCOPE_CONFIG", "SUBSCOPE_PASSWORD", "SUBSCOPE_URL"];
    names.chain(others).map(str::to_owned).collect()
}

/// Returns the name of an option, and whether it takes a value.
fn long(arg: &Arg) -> Option<(String, bool)> {
    let name = arg.get_long()?.to_owned();
    Some((name, arg.get_action().takes_values()))
}

fn with_variable(arg: Arg, subcommand: &str) -> Arg {
    match variable(&arg, subcommand) {
        // The names live as long as the program, which parses its command line once.
        Some(name) => arg.env(&*name.leak()).hide_env(true),
        None => arg,
    }
}

/// Returns the variable of an option.
fn variable(arg: &Arg, subcommand: &str) -> Option<String> {
    let long = arg.get_long().filter(|long| !EXCLUDED.contains(long))?;
    let words = ["subscope", subcommand, long]
        .into_iter()
        .filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join("_");
    Some(name.replace('-', "_").to_uppercase())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use super::*;

    #[test]
    fn options_have_variables() {
        let command = with_variables(Cli::command());
        let tail = command.find_subcommand("tail").unwrap();
        let publish = command.find_subcommand("publish").unwrap();
        let name = |command: &Command, option: &str| {
            let mut found = command.get_arguments();
            let found = found.find(|arg| arg.get_long() == Some(option)).unwrap();
            found
                .get_env()
                .map(|name| name.to_str().unwrap().to_owned())
        };
        for (command, option, variable) in [
            (&command, "read-only", Some("SUBSCOPE_READ_ONLY")),
            (&command, "url", None),
            (tail, "output", Some("SUBSCOPE_TAIL_OUTPUT")),
            (tail, "filter", Some("SUBSCOPE_FILTER")),
            (tail, "pass", None),
            (tail, "shard", Some("SUBSCOPE_SHARD")),
            (publish, "shard", Some("SUBSCOPE_PUBLISH_SHARD")),
            (publish, "yes", None),
        ] {
            assert_eq!(name(command, option).as_deref(), variable, "{option}");
        }
    }
}
