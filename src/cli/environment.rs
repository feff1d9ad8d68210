//! Environment variables for the options.

use std::collections::BTreeSet;

use clap::{Arg, ArgAction, Command, CommandFactory as _, value_parser};

use super::Cli;

/// The options without a variable of their own: those with special rules, and those that make sense
/// only for one run.
pub const EXCLUDED: [&str; 16] = [
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
    "no-auth-warning",
    "same-server",
    "special",
    "write",
];

/// Lets every option of `command` be set by an environment variable as well: `--read-only` by
/// `SUBSCOPE_READ_ONLY`, and `--output` of `subscope tail` by `SUBSCOPE_TAIL_OUTPUT`. A flag can
/// then be turned off on the command line: `--latest=false`.
pub fn with_variables(command: Command) -> Command {
    let root = command.clone();
    let mut command = command.mut_args(|arg| with_variable(arg, None));
    for subcommand in root.get_subcommands() {
        let name = subcommand.get_name();
        command = command.mut_subcommand(name, |subcommand| {
            subcommand.mut_args(|arg| {
                let owner = is_own(&root, &arg).then_some(name);
                with_variable(arg, owner)
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

/// Returns whether an option belongs to a subcommand: the screen, which is `root`, has no such
/// option, and it makes sense for more than one run.
pub fn is_own(root: &Command, arg: &Arg) -> bool {
    let takes_values = |arg: &Arg| arg.get_action().takes_values();
    arg.get_long().is_some_and(|long| {
        let is_shared = root.get_arguments().any(|other| {
            other.get_long() == Some(long) && takes_values(other) == takes_values(arg)
        });
        !is_shared && !EXCLUDED.contains(&long)
    })
}

/// Adds the variable of an option, which may belong to a subcommand.
fn with_variable(arg: Arg, subcommand: Option<&str>) -> Arg {
    let long = arg.get_long().filter(|long| !EXCLUDED.contains(long));
    let Some(long) = long else {
        return arg;
    };
    let words = ["subscope"].into_iter().chain(subcommand).chain([long]);
    let name = words.collect::<Vec<_>>().join("_");
    let name = name.replace('-', "_").to_uppercase();
    // The names live as long as the program, which parses its command line once.
    let arg = arg.env(&*name.leak()).hide_env(true);
    match arg.get_action() {
        ArgAction::SetTrue => switchable(arg),
        _ => arg,
    }
}

/// Lets a flag take a value after a `=`.
fn switchable(flag: Arg) -> Arg {
    let id = flag.get_id().clone();
    flag.action(ArgAction::Set)
        .num_args(0..=1)
        .require_equals(true)
        .value_name("BOOL")
        .value_parser(value_parser!(bool))
        .default_value("false")
        .default_missing_value("true")
        .hide_default_value(true)
        .overrides_with(id)
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
