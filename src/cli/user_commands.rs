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
    let entries = config.commands.as_deref();
    let entries = entries.map_err(|errors| config_file::failure(errors))?;
    keyed(entries, keymap).map_err(Failure::usage)
}

fn keyed(entries: &[CommandEntry], keymap: &Keymap) -> Result<Vec<KeyedCommand>, ConfigError> {
    let mut commands: Vec<KeyedCommand> = Vec::new();
    for entry in entries {
        let key = entry.key.as_deref().map(Chord::parse).transpose();
        let key = key.map_err(|problem| entry.error(problem))?;
        let command = UserCommand {
            name: entry.name.trim().to_owned(),
            channel: entry.channel.as_ref().map(|glob| glob.as_bytes().into()),
            run: entry.run.clone(),
            input: entry.input,
            show: entry.show,
        };
        let conflict = key.and_then(|key| conflict(key, &command, &commands, keymap));
        if let Some(problem) = conflict {
            return Err(entry.error(problem));
        }
        commands.push(KeyedCommand { key, command });
    }
    Ok(commands)
}

/// Returns what else the key of a command does, if anything. Commands for different channels may
/// share a key.
fn conflict(
    key: Chord,
    command: &UserCommand,
    others: &[KeyedCommand],
    keymap: &Keymap,
) -> Option<String> {
    if let Some(context) = CONTEXTS
        .into_iter()
        .find(|context| keymap.action_for(*context, key).is_some())
    {
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
        let entries = config.commands.as_deref();
        let entries = entries.map_err(|errors| errors[0].clone())?;
        keyed(entries, &Keymap::default())
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
        assert!(problem("[[command]]\nname = \"x\"\n").contains("needs run"));
        let mistyped = "[[command]]\nname = \"x\"\nrun = \"y\"\nshow = \"panel\"\n";
        assert!(problem(mistyped).starts_with("c.toml:4: command.show: must be one of pane"));
        assert!(problem("command = 5\n").contains("must be"));
    }
}
