//! The options of subcommands that the config file sets. They become arguments, before those given.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory as _, ValueHint};
use subscope::config::{Config, ConfigError, OptionEntry, SUBCOMMANDS, suggestion};

use super::environment::{EXCLUDED, is_own};
use super::error::value_problem;
use super::{Cli, config_file};
use crate::host::Failure;

/// The name of the program among its arguments.
const PROGRAM: &str = "subscope";

/// The options that are never in the config file.
const NOWHERE: [&str; 4] = ["help", "version", "config", "pass"];

/// Returns `arguments` with the options that the config file sets for their subcommand. An option
/// that the command line or the environment sets takes precedence, also over those that conflict
/// with it.
///
/// # Errors
///
/// Returns the first mistake in the table of the subcommand.
pub fn add(mut arguments: Vec<OsString>) -> Result<Vec<OsString>, Failure> {
    let word = arguments.get(1).and_then(|word| word.to_str());
    let Some(name) = SUBCOMMANDS.into_iter().find(|name| Some(*name) == word) else {
        return Ok(arguments);
    };
    // What is wrong with the arguments is reported when they are parsed with those of the file.
    let command = super::command().ignore_errors(true);
    let Ok(matches) = command.try_get_matches_from(&arguments) else {
        return Ok(arguments);
    };
    let Some((_, given)) = matches.subcommand() else {
        return Ok(arguments);
    };
    let path = given.get_one::<PathBuf>("config");
    let config = config_file::read(path.map(PathBuf::as_path), false)?.config;
    let (table, mistakes) = read(&config, name);
    if !mistakes.is_empty() {
        return Err(config_file::failure(&mistakes));
    }
    let words = table.words(given);
    arguments.splice(2..2, words);
    Ok(arguments)
}

/// Returns what is wrong with the tables of subcommands.
pub fn mistakes(config: &Config) -> Vec<ConfigError> {
    let tables = SUBCOMMANDS.into_iter();
    tables.flat_map(|name| read(config, name).1).collect()
}

/// Reads the table of a subcommand. Returns also what is wrong with it.
fn read(config: &Config, name: &'static str) -> (Table, Vec<ConfigError>) {
    let part = config.subcommand(name);
    let mut errors = part.errors().to_vec();
    let mut table = Table {
        root: Cli::command(),
        name,
        settings: Vec::new(),
    };
    for entry in part.rest() {
        match table.setting(entry) {
            Ok(setting) => table.settings.push(setting),
            Err(error) => errors.push(error),
        }
    }
    errors.extend(table.contradictions());
    errors.sort_by_key(ConfigError::line);
    (table, errors)
}

/// The options that the file sets for a subcommand.
struct Table {
    root: Command,
    name: &'static str,
    settings: Vec<Setting>,
}

/// An option that the file sets.
struct Setting {
    entry: OptionEntry,
    arg: Arg,
    /// The option on the command line; empty for a flag that is off.
    words: Vec<OsString>,
    /// The options without which it cannot be used.
    needs: Vec<String>,
}

impl Table {
    fn command(&self) -> Option<&Command> {
        self.root.find_subcommand(self.name)
    }

    /// Returns an option of the file as the command line has it.
    fn setting(&self, entry: &OptionEntry) -> Result<Setting, ConfigError> {
        let arg = self.arg(entry)?.clone();
        let words = words(&arg, entry)?;
        let start = [PROGRAM, self.name].map(OsString::from);
        let line = start.iter().chain(&words);
        let needs = match self.root.clone().try_get_matches_from(line) {
            Ok(_) => Vec::new(),
            // What the subcommand requires is given on the command line.
            Err(error) if error.kind() == ErrorKind::MissingRequiredArgument => {
                missing_options(&error)
            }
            Err(error) => return Err(entry.error(value_problem(&error))),
        };
        Ok(Setting {
            entry: entry.clone(),
            arg,
            words,
            needs,
        })
    }

    /// Returns the argument that `entry` sets.
    fn arg(&self, entry: &OptionEntry) -> Result<&Arg, ConfigError> {
        let command = self.command().unwrap_or(&self.root);
        let own = command.get_arguments();
        let own: Vec<&Arg> = own.filter(|arg| is_own(&self.root, arg)).collect();
        let name = entry.name.as_str();
        let found = own.iter().find(|arg| arg.get_long() == Some(name));
        found.copied().ok_or_else(|| {
            let mut shared = self.root.get_arguments();
            let is_shared = shared.any(|arg| arg.get_long() == Some(name));
            if is_shared && !NOWHERE.contains(&name) {
                return entry.error("belongs under [defaults] or in a profile");
            }
            if EXCLUDED.contains(&name) {
                return entry.error("can be given on the command line only");
            }
            let names = own.iter().filter_map(|arg| arg.get_long());
            let names: Vec<&str> = names.collect();
            entry.error(match suggestion(name, &names).as_str() {
                "" => format!("no such option; valid options: {}", names.join(", ")),
                suggestion => format!("no such option{suggestion}"),
            })
        })
    }

    /// Returns an error for each option that cannot be combined with an earlier one, or that needs
    /// one that is not in the table.
    fn contradictions(&self) -> Vec<ConfigError> {
        let mut errors = Vec::new();
        let active = self.settings.iter().filter(|one| !one.words.is_empty());
        let active: Vec<&Setting> = active.collect();
        for (count, one) in active.iter().enumerate() {
            let mut earlier = active[..count].iter();
            if let Some(other) = earlier.find(|other| self.conflict(&one.arg, &other.arg)) {
                let problem = format!("cannot be combined with {}", other.entry.name);
                errors.push(one.entry.error(problem));
            }
            let is_set = |name: &String| active.iter().any(|other| other.entry.name == *name);
            if let Some(name) = one.needs.iter().find(|name| !is_set(name)) {
                errors.push(one.entry.error(format!("needs {name} in the same table")));
            }
        }
        errors
    }

    /// Returns whether the two arguments cannot be combined.
    fn conflict(&self, one: &Arg, other: &Arg) -> bool {
        let forbids = |one: &Arg, other: &Arg| {
            let conflicts = self
                .command()
                .map(|command| command.get_arg_conflicts_with(one));
            let mut conflicts = conflicts.into_iter().flatten();
            conflicts.any(|arg| arg.get_id() == other.get_id())
        };
        forbids(one, other) || forbids(other, one)
    }

    /// Returns the arguments for what is not `given` otherwise.
    fn words(&self, given: &ArgMatches) -> Vec<OsString> {
        let args = self.command().map(Command::get_arguments);
        let explicit: Vec<&Arg> = args
            .into_iter()
            .flatten()
            .filter(|arg| {
                let source = given.value_source(arg.get_id().as_str());
                source.is_some_and(|source| source != ValueSource::DefaultValue)
            })
            .collect();
        let is_overridden = |setting: &&Setting| {
            let arg = &setting.arg;
            let mut explicit = explicit.iter();
            explicit.any(|given| given.get_id() == arg.get_id() || self.conflict(given, arg))
        };
        let settings = self.settings.iter();
        let settings = settings.filter(|setting| !is_overridden(setting));
        settings.flat_map(|setting| setting.words.clone()).collect()
    }
}

/// Returns the option on the command line.
fn words(arg: &Arg, entry: &OptionEntry) -> Result<Vec<OsString>, ConfigError> {
    let option = format!("--{}", entry.name);
    let values = entry.values.iter().map(|value| match arg.get_value_hint() {
        ValueHint::AnyPath if value != "-" && !value.starts_with('~') => {
            entry.in_folder(Path::new(value)).into_os_string()
        }
        _ => value.into(),
    });
    let several = arg
        .get_num_args()
        .is_some_and(|count| count.min_values() > 1);
    Ok(match (arg.get_action(), entry.values.as_slice()) {
        (ArgAction::SetTrue, [value]) if value == "true" => vec![option.into()],
        (ArgAction::SetTrue, [value]) if value == "false" => Vec::new(),
        (ArgAction::SetTrue, _) => return Err(entry.error("must be true or false")),
        _ if several => [option.into()].into_iter().chain(values).collect(),
        (ArgAction::Append, _) | (_, [_]) => values
            .map(|value| {
                let mut word = OsString::from(format!("{option}="));
                word.push(value);
                word
            })
            .collect(),
        _ => return Err(entry.error("takes one value, not a list")),
    })
}

/// Returns the names of the options that an error says are missing.
fn missing_options(error: &clap::Error) -> Vec<String> {
    let Some(ContextValue::Strings(missing)) = error.get(ContextKind::InvalidArg) else {
        return Vec::new();
    };
    let options = missing.iter().filter_map(|arg| arg.strip_prefix("--"));
    let names = options.filter_map(|option| option.split_whitespace().next());
    names.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use super::*;

    /// Returns the arguments for a command line and the mistakes in the table of its subcommand.
    fn merged(table: &str, line: &str) -> (Vec<String>, Vec<String>) {
        let arguments = line.split(' ').map(OsString::from);
        let name = line.split(' ').nth(1).unwrap();
        let name = SUBCOMMANDS.into_iter().find(|known| *known == name);
        let text = format!("[{}]\n{table}", name.unwrap());
        let config = Config::parse(Path::new("/etc/c.toml"), &text).unwrap();
        let (table, mistakes) = read(&config, name.unwrap());
        let command = super::super::command().ignore_errors(true);
        let matches = command.try_get_matches_from(arguments).unwrap();
        let words = table.words(matches.subcommand().unwrap().1).into_iter();
        (
            words.map(|word| word.into_string().unwrap()).collect(),
            mistakes.iter().map(ConfigError::brief).collect(),
        )
    }

    #[test]
    fn options_become_arguments_unless_they_are_given() {
        for (table, line, expected) in [
            ("count = 3", "subscope tail", "--count=3"),
            ("count = 3", "subscope tail --count 4", ""),
            (
                "idle = \"5s\"\ncount = 3",
                "subscope tail --from x",
                "--count=3",
            ),
            (
                "latest = true\nnotices = false",
                "subscope tail",
                "--latest --notices=false",
            ),
            ("latest = true", "subscope tail --latest=false", ""),
            ("latest = false", "subscope tail", ""),
            (
                "fail-on = [\"a\", \"-b\"]",
                "subscope tail",
                "--fail-on=a --fail-on=-b",
            ),
            ("fail-on = \"a\"", "subscope tail --fail-on c", ""),
            ("fail-on = []", "subscope tail", ""),
            ("from = \"a/b\"", "subscope tail", "--from=/etc/a/b"),
            ("from = \"-\"", "subscope tail", "--from=-"),
            ("from = \"~/a\"", "subscope tail", "--from=~/a"),
            ("lines = true", "subscope publish a b", ""),
            ("lines = true", "subscope publish a", "--lines"),
            ("json-lines = true", "subscope publish", "--json-lines"),
            ("shard = true", "subscope publish a b", "--shard"),
            (
                "publish = [\"a\", \"b\"]",
                "subscope expect x",
                "--publish a b",
            ),
            ("speed = 0.5", "subscope replay x", "--speed=0.5"),
            (
                "from = 2026-01-01T00:00:00Z",
                "subscope replay x",
                "--from=2026-01-01T00:00:00Z",
            ),
        ] {
            let (words, mistakes) = merged(table, line);
            assert_eq!(mistakes, [""; 0], "{table}");
            assert_eq!(words.join(" "), expected, "{table}: {line}");
        }
    }

    #[test]
    fn mistakes_name_the_line_the_key_and_the_remedy() {
        for (table, line, expected) in [
            (
                "countt = 3",
                "tail",
                "line 2: tail.countt: no such option, did you mean 'count'?",
            ),
            (
                "x = 1",
                "open",
                "line 2: open.x: no such option; valid options: from-format",
            ),
            (
                "count = 0",
                "tail",
                "line 2: tail.count: takes a whole number, 1 or higher",
            ),
            (
                "count = [1, 2]",
                "tail",
                "line 2: tail.count: takes one value, not a list",
            ),
            (
                "latest = 1",
                "tail",
                "line 2: tail.latest: must be true or false",
            ),
            (
                "notices = \"no\"",
                "tail",
                "line 2: tail.notices: takes one of true, false",
            ),
            (
                "output = \"xml\"",
                "channels",
                "line 2: channels.output: takes one of pretty, json",
            ),
            (
                "filter = [\"a\"]",
                "tail",
                "line 2: tail.filter: belongs under [defaults] or in a profile",
            ),
            (
                "url = \"x\"",
                "tail",
                "line 2: tail.url: belongs under [defaults] or in a profile",
            ),
            (
                "yes = true",
                "replay",
                "line 2: replay.yes: can be given on the command line only",
            ),
            (
                "pass = \"x\"",
                "tail",
                "line 2: tail.pass: can be given on the command line only",
            ),
            (
                "lines = true\nfile = \"x\"",
                "publish",
                "line 3: publish.file: cannot be combined with lines",
            ),
            (
                "keep-files = 3",
                "record",
                "line 2: record.keep-files: needs rotate in the same table",
            ),
            (
                "output = { a = 1 }",
                "tail",
                "line 2: tail.output: must be a string, a number, true or false, or a list of them, \
                 not a table",
            ),
        ] {
            let (_, mistakes) = merged(table, &format!("subscope {line}"));
            assert_eq!(mistakes, [expected]);
        }
    }

    #[test]
    fn every_option_of_a_subcommand_has_a_place_in_the_file() {
        let root = Cli::command();
        for command in root.get_subcommands() {
            let mut own = command.get_arguments().filter(|arg| is_own(&root, arg));
            let name = command.get_name();
            // The seed is among the defaults.
            let has_table = SUBCOMMANDS.contains(&name) || name == "demo";
            assert!(own.next().is_none() || has_table, "{name}");
        }
    }
}
