//! Descriptions of the broker's own commands: COMMAND, and the HELP subcommands.

use super::call::{Allowed, Allowed::Usually, Call, Command};
use crate::wire;

/// COMMAND with its subcommands.
pub const COMMANDS: &[Command] = &[
    Command::new("command", -1, Usually, "Describes all commands.", all),
    Command::new("command|count", 2, Usually, "Counts the commands.", count),
    Command::new("command|docs", -2, Usually, "Explains commands.", docs),
    Command::new("command|info", -2, Usually, "Describes commands.", some),
    Command::new("command|list", -2, Usually, "Lists the commands.", list),
    Command::new("command|help", 2, Usually, "Lists subcommands.", help),
];

/// Handles COMMAND.
pub fn all(call: &mut Call) {
    let commands: Vec<_> = top(call.commands).collect();
    call.array(commands.len());
    for command in commands {
        describe(call, command);
    }
}

/// Handles `COMMAND INFO [name …]`.
pub fn some(call: &mut Call) {
    let names = &call.arguments[2..];
    if names.is_empty() {
        return all(call);
    }
    call.array(names.len());
    for name in names {
        match named(call.commands, name) {
            Some(command) => describe(call, command),
            None => wire::put_null(&mut call.reply),
        }
    }
}

/// Handles COMMAND COUNT.
pub fn count(call: &mut Call) {
    let count = top(call.commands).count();
    call.integer(count);
}

/// Handles COMMAND LIST.
pub fn list(call: &mut Call) {
    if call.arguments.len() > 2 {
        return call.error("ERR syntax error");
    }
    let commands: Vec<_> = top(call.commands).collect();
    call.array(commands.len());
    for command in commands {
        call.bulk(command.name);
    }
}

/// Handles `COMMAND DOCS [name …]`.
pub fn docs(call: &mut Call) {
    let commands: Vec<_> = match &call.arguments[2..] {
        [] => top(call.commands).collect(),
        names => names
            .iter()
            .filter_map(|name| named(call.commands, name))
            .collect(),
    };
    call.array(2 * commands.len());
    for command in commands {
        call.bulk(command.name);
        call.array(4);
        for text in ["summary", command.about, "group", group(command)] {
            call.bulk(text);
        }
    }
}

/// Handles a command that requires a subcommand. Its arity prevents this from being called.
pub fn container(call: &mut Call) {
    call.error("ERR syntax error");
}

/// Handles the HELP subcommand of any command.
pub fn help(call: &mut Call) {
    let name = String::from_utf8_lossy(call.argument(0)).to_ascii_lowercase();
    let title = name.to_ascii_uppercase();
    let mut lines = vec![format!(
        "{title} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"
    )];
    for command in call.commands.iter().copied().flatten() {
        if let Some(word) = command.subcommand_of(&name) {
            lines.push(word.to_ascii_uppercase());
            lines.push(format!("    {}", command.about));
        }
    }
    call.array(lines.len());
    for line in lines {
        wire::put_simple(&mut call.reply, &line);
    }
}

/// Iterates over the commands that are not subcommands.
fn top(commands: &'static [&'static [Command]]) -> impl Iterator<Item = &'static Command> {
    let all = commands.iter().copied().flatten();
    all.filter(|command| !command.name.contains('|'))
}

fn named(commands: &'static [&'static [Command]], name: &[u8]) -> Option<&'static Command> {
    let mut all = commands.iter().copied().flatten();
    all.find(|command| name.eq_ignore_ascii_case(command.name.as_bytes()))
}

/// Writes one entry of COMMAND with the ten fields of Redis 7. None of these commands has keys.
fn describe(call: &mut Call, command: &Command) {
    call.array(10);
    call.bulk(command.name);
    wire::put_integer(&mut call.reply, command.arity);
    let flags: &[&str] = match command.allowed {
        Allowed::Usually => &["noscript", "loading", "stale"],
        Allowed::Subscribed => &["pubsub", "noscript", "loading", "stale"],
        Allowed::Unauthenticated | Allowed::Always => {
            &["noscript", "loading", "stale", "fast", "no_auth"]
        }
    };
    call.array(flags.len());
    for flag in flags {
        wire::put_simple(&mut call.reply, flag);
    }
    for _first_last_step in 0..3 {
        call.integer(0);
    }
    call.array(1);
    wire::put_simple(&mut call.reply, &format!("@{}", group(command)));
    for _tips_keys_subcommands in 0..3 {
        call.array(0);
    }
}

fn group(command: &Command) -> &'static str {
    let name = command.name.split('|').next().unwrap_or_default();
    match name {
        "info" | "config" | "command" => "server",
        "publish" | "spublish" | "pubsub" => "pubsub",
        "multi" | "exec" | "discard" | "watch" | "unwatch" => "transactions",
        name if name.ends_with("subscribe") => "pubsub",
        _ => "connection",
    }
}
