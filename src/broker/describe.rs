//! Descriptions of the broker's own commands: COMMAND, and the HELP subcommands.

use super::call::{Allowed, Allowed::Usually, Call, Command, SYNTAX_ERROR};
use super::lookup::named;
use crate::wire;

/// COMMAND with its subcommands.
pub const COMMANDS: &[Command] = &[
    Command::new("command", -1, Usually, "Describes all commands.", all),
    Command::new("command|count", 2, Usually, "Counts the commands.", count),
    Command::new("command|docs", -2, Usually, "Explains commands.", docs),
    Command::new("command|info", -2, Usually, "Describes commands.", some),
    Command::new("command|list", -2, Usually, "Lists the commands.", list),
    help("command|help"),
];

/// Creates a command that requires a subcommand. The command itself never runs, because its arity
/// requires a second word.
pub const fn container(name: &'static str, about: &'static str) -> Command {
    Command::new(name, -2, Usually, about, |call| call.error(SYNTAX_ERROR))
}

/// Creates the HELP subcommand of a command.
pub const fn help(name: &'static str) -> Command {
    Command::new(name, 2, Usually, "Lists subcommands.", list_subcommands)
}

fn all(call: &mut Call) {
    let commands: Vec<_> = top(call.commands).collect();
    call.array(commands.len());
    for command in commands {
        describe(call, command);
    }
}

/// Handles `COMMAND INFO [name …]`.
fn some(call: &mut Call) {
    let names = &call.arguments[2..];
    if names.is_empty() {
        return all(call);
    }
    call.array(names.len());
    for name in names {
        match named(call.commands, name) {
            Some(command) => describe(call, command),
            None => call.null(),
        }
    }
}

fn count(call: &mut Call) {
    let count = top(call.commands).count();
    call.integer(count);
}

fn list(call: &mut Call) {
    if call.arguments.len() > 2 {
        return call.error(SYNTAX_ERROR);
    }
    let commands: Vec<_> = top(call.commands).collect();
    call.array(commands.len());
    for command in commands {
        call.bulk(command.name);
    }
}

/// Handles `COMMAND DOCS [name …]`.
fn docs(call: &mut Call) {
    let commands: Vec<_> = match &call.arguments[2..] {
        [] => top(call.commands).collect(),
        names => {
            let found = names.iter().filter_map(|name| named(call.commands, name));
            found.collect()
        }
    };
    call.map(commands.len());
    for command in commands {
        call.bulk(command.name);
        call.map(2);
        for text in ["summary", command.about, "group", group(command)] {
            call.bulk(text);
        }
    }
}

fn list_subcommands(call: &mut Call) {
    let name = String::from_utf8_lossy(call.argument(0)).to_ascii_lowercase();
    let title = name.to_ascii_uppercase();
    let usage = "<subcommand> [<arg> [value] [opt] ...]. Subcommands are:";
    let mut lines = vec![format!("{title} {usage}")];
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

/// Returns the commands that are not subcommands.
fn top(commands: &'static [&'static [Command]]) -> impl Iterator<Item = &'static Command> {
    let all = commands.iter().copied().flatten();
    all.filter(|command| !command.name.contains('|'))
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
    call.set(flags.len());
    for flag in flags {
        wire::put_simple(&mut call.reply, flag);
    }
    for _first_last_step in 0..3 {
        call.integer(0);
    }
    call.set(1);
    wire::put_simple(&mut call.reply, &format!("@{}", group(command)));
    for _tips_keys_subcommands in 0..3 {
        call.set(0);
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
