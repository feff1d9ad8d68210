//! `subscope keys`: the keys in the form of the config file.

use std::fmt::Write as _;

use subscope::app::{Binding, Context, Keymap};

use crate::cli::merge::key_set;
use crate::cli::profile::{defaults, key_table};
use crate::cli::{Keys, config_file};
use crate::host::{Failure, pager};

/// The comment at the start of the output.
const START: &str = "\
# The keys in use. To change some, copy their lines and the [keys.PANE] above them to the config file.
# A list may have several keys, or none; the first one is shown on the screen. [keys.all] changes an
# action in every pane that has it, except in text boxes. Ctrl-C always interrupts.
";

/// Prints the keys in use. Returns the exit code.
pub fn run(options: &Keys) -> Result<u8, Failure> {
    let file = config_file::read(options.file.path.as_deref(), false)?;
    let defaults = defaults(&file.config)?;
    let set = options
        .keys
        .or_else(|| key_set(&defaults.options))
        .unwrap_or_default();
    let keymap = key_table(&file.config, set)?;
    pager::print(&table(&keymap))?;
    Ok(0)
}

/// Returns all key bindings as tables for the config file.
fn table(keymap: &Keymap) -> String {
    let mut text = START.to_owned();
    for context in Context::ALL {
        let _ = writeln!(text, "\n# {}\n[keys.{}]", context.title(), context.name());
        for binding in keymap.bindings_of(context) {
            let _ = writeln!(text, "{}", line(binding));
        }
    }
    text
}

fn line(binding: &Binding) -> String {
    let keys: Vec<String> = binding.keys.iter().map(|key| quoted(&key.name())).collect();
    let setting = format!("{} = [{}]", binding.action.name(), keys.join(", "));
    format!("{setting:<44} # {}", binding.help)
}

/// Returns `name` as a TOML string. Names of keys contain no control characters.
fn quoted(name: &str) -> String {
    if name.contains(['"', '\\']) {
        format!("'{name}'")
    } else {
        format!("\"{name}\"")
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use subscope::app::KeySet;
    use subscope::config::Config;

    use super::*;

    #[test]
    fn the_printed_table_can_be_pasted_into_the_config_file() {
        for set in [KeySet::Vim, KeySet::Arrows] {
            let keymap = Keymap::new(set, &[]).expect("valid");
            let text = table(&keymap);
            let config = Config::parse(Path::new("c"), &text).expect("TOML");
            let changes = config.keys.valid().expect("keys");
            assert_eq!(config.errors, []);
            assert_eq!(set.count_differing(changes), 0);
            let read = Keymap::new(KeySet::Vim, changes).expect("no conflict");
            for (binding, again) in keymap.bindings().iter().zip(read.bindings()) {
                assert_eq!(binding.keys, again.keys, "{binding:?}");
            }
            assert!(text.lines().all(|line| line.len() <= 120), "{text}");
        }
    }

    #[test]
    fn a_line_names_the_action_its_keys_and_what_it_does() {
        let text = table(&Keymap::default());
        let line = format!("{:<44} # next pane", "next-pane = [\"Tab\"]");
        assert!(text.contains(&format!("# Channels and messages\n[keys.panes]\n{line}")));
        assert_eq!(quoted("\""), "'\"'");
        assert_eq!(quoted("\\"), "'\\'");
        assert_eq!(quoted("'"), "\"'\"");
    }
}
