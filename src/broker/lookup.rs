//! Finds commands by name, or refuses them with Redis's error messages.

use super::call::Command;

/// Returns the requested command, or the requested subcommand if the command has any.
pub fn find(
    commands: &'static [&'static [Command]],
    arguments: &[Vec<u8>],
) -> Result<&'static Command, Vec<u8>> {
    let all = || commands.iter().copied().flatten();
    let command = named(commands, &arguments[0]).ok_or_else(|| unknown(arguments))?;
    let is_container = all().any(|other| other.subcommand_of(command.name).is_some());
    let (Some(word), true) = (arguments.get(1), is_container) else {
        return Ok(command);
    };
    let is_named = |other: &&Command| {
        let name = other.subcommand_of(command.name);
        name.is_some_and(|name| word.eq_ignore_ascii_case(name.as_bytes()))
    };
    all().find(is_named).ok_or_else(|| {
        let container = command.name.to_ascii_uppercase();
        let word = until_nul(word, 128);
        let start = b"ERR unknown subcommand '".as_slice();
        [start, word, b"'. Try ", container.as_bytes(), b" HELP."].concat()
    })
}

/// Returns the command or subcommand with this full name.
pub fn named(commands: &'static [&'static [Command]], name: &[u8]) -> Option<&'static Command> {
    let mut all = commands.iter().copied().flatten();
    all.find(|command| name.eq_ignore_ascii_case(command.name.as_bytes()))
}

fn unknown(arguments: &[Vec<u8>]) -> Vec<u8> {
    let mut beginning = Vec::new();
    for argument in &arguments[1..] {
        if beginning.len() >= 128 {
            break;
        }
        let shown = until_nul(argument, 128 - beginning.len());
        beginning.push(b'\'');
        beginning.extend_from_slice(shown);
        beginning.extend_from_slice(b"' ");
    }
    let start = b"ERR unknown command '".as_slice();
    let name = until_nul(&arguments[0], 128);
    [start, name, b"', with args beginning with: ", &beginning].concat()
}

/// Returns the start of `text` as C prints it: up to the first NUL, and at most `length` bytes.
fn until_nul(text: &[u8], length: usize) -> &[u8] {
    let text = &text[..text.len().min(length)];
    memchr::memchr(0, text).map_or(text, |end| &text[..end])
}
