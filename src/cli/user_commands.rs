//! User-defined commands from the config file.

use subscope::app::{Chord, Context, KeyedCommand, Keymap, UserCommand};
use subscope::config::{CommandEntry, Config, ConfigError};

use super::config_file;
use crate::host::Failure;

/// The contexts in which commands can be run.
const CONTEXTS: [Context; 4] = [
    Context::Channels,
    Context::Latest,
    Context::Messages,
    Context::Message,
];

/// Returns the commands in the config file.
pub fn load(config: &Config, keymap: &Keymap) -> Result<Vec<KeyedCommand>, Failure> {
    let errors = mistakes(config, Some(keymap));
    if !errors.is_empty() {
        return Err(config_file::failure(&errors));
    }
    let (commands, _) = keyed(config.commands.rest(), Some(keymap));
    Ok(commands)
}

/// Returns what is wrong with the commands in the config file, by line. Without a keymap, conflicts
/// with it are not looked for.
pub fn mistakes(config: &Config, keymap: Option<&Keymap>) -> Vec<ConfigError> {
    let (_, mut errors) = keyed(config.commands.rest(), keymap);
    errors.extend(config.commands.errors().iter().cloned());
    errors.sort_by_key(ConfigError::line);
    errors
}

/// Returns the commands whose keys are valid, and an error for each other one.
fn keyed(
    entries: &[CommandEntry],
    keymap: Option<&Keymap>,
) -> (Vec<KeyedCommand>, Vec<ConfigError>) {
    let mut commands: Vec<KeyedCommand> = Vec::new();
    let mut errors = Vec::new();
    for entry in entries {
        let command = UserCommand {
            name: entry.name.trim().to_owned(),
            channel: entry.channel.as_ref().map(|glob| glob.as_bytes().into()),
            run: entry.run.clone(),
            input: entry.input,
            show: entry.show,
        };
        let key = entry.key.as_deref().map(Chord::parse).transpose();
        let key = key.and_then(|key| {
            let conflict = key.and_then(|key| conflict(key, &command, &commands, keymap));
            conflict.map_or(Ok(key), Err)
        });
        match key {
            Ok(key) => commands.push(KeyedCommand { key, command }),
            Err(problem) => errors.push(entry.error(problem)),
        }
    }
    (commands, errors)
}

/// Returns what else the key of a command does, if anything. Commands for different channels may
/// share a key.
fn conflict(
    key: Chord,
    command: &UserCommand,
    others: &[KeyedCommand],
    keymap: Option<&Keymap>,
) -> Option<String> {
    let mut contexts = CONTEXTS.into_iter();
    let is_taken =
        |context: &Context| keymap.is_some_and(|keymap| keymap.action_for(*context, key).is_some());
    if let Some(context) = contexts.find(is_taken) {
        let place = context.title().to_lowercase();
        return Some(format!("{} already has a meaning ({place})", key.label()));
    }
    let clashes = |other: &&KeyedCommand| {
        other.key == Some(key)
            && (other.command.channel.is_none()
                || command.channel.is_none()
                || other.command.channel == command.channel)
    };
    let other = others.iter().find(clashes)?;
    Some(format!("is also the key of \"{}\"", other.command.name))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use std::path::Path;

    use super::*;

    fn read(text: &str) -> Result<Vec<KeyedCommand>, ConfigError> {
        let config = Config::parse(Path::new("c.toml"), text).unwrap();
        let keymap = Keymap::default();
        if let Some(first) = mistakes(&config, Some(&keymap)).into_iter().next() {
            return Err(first);
        }
        Ok(keyed(config.commands.rest(), Some(&keymap)).0)
    }

    fn problem(text: &str) -> String {
        read(text).err().unwrap().to_string()
    }

    #[test]
    fn the_shipped_samples_are_valid() {
        let commands = read(include_str!("../../assets/commands.toml")).unwrap();
        assert_eq!(commands.len(), 4);
    }

    #[test]
    fn a_key_means_one_thing() {
        let one = "[[command]]\nname = \"one\"\nkey = \"U\"\nrun = \"x\"\n";
        assert!(problem(&one.replace('U', "q")).starts_with("c.toml:3: command.key: q already"));
        let two = format!("{one}\n{}", one.replace("one", "two"));
        assert_eq!(
            problem(&two),
            "c.toml:8: command.key: is also the key of \"one\""
        );
        let channel =
            |text: &str, glob: &str| text.replace("run", &format!("channel = \"{glob}\"\nrun"));
        let both = format!("{}\n{}", channel(one, "a*"), channel(one, "b*"));
        assert_eq!(read(&both).unwrap().len(), 2);
    }

    #[test]
    fn a_command_needs_a_name_and_a_command_line() {
        assert!(problem("[[command]]\nrun = \"x\"\n").contains("needs a name"));
        assert!(problem("[[command]]\nname = \"x\"\n").contains("needs a command line under run"));
        let mistyped = "[[command]]\nname = \"x\"\nrun = \"y\"\nshow = \"panel\"\n";
        assert!(problem(mistyped).starts_with("c.toml:4: command.show: must be one of pane"));
        let empty = "[[command]]\nname = \"x\"\nrun = \" \"\n";
        assert!(problem(empty).starts_with("c.toml:3: command.run: is empty"));
        assert!(problem("command = 5\n").contains("must be"));
    }
}
