//! MULTI, EXEC and related commands: commands that are executed together, or not at all.

use super::call::{Allowed::Usually, Call, Command};
use super::client::Transaction;
use super::lookup::find;
use crate::wire;

/// The commands of this module.
pub const COMMANDS: &[Command] = &[
    Command::new("multi", 1, Usually, "Starts a transaction.", multi),
    Command::new("exec", 1, Usually, "Executes a transaction.", exec),
    Command::new("discard", 1, Usually, "Discards a transaction.", discard),
    Command::new("watch", -2, Usually, "Watches keys.", watch),
    Command::new("unwatch", 1, Usually, "Stops watching all keys.", unwatch),
];

/// Commands that are executed immediately, even within a transaction.
const AT_ONCE: &[&str] = &["multi", "exec", "discard", "watch", "quit", "reset"];

/// Queues the command of `call` if its client has an open transaction. Returns `false` if it should
/// be executed now.
pub fn queue(call: &mut Call, command: &Command) -> bool {
    let limit = call.state.settings.limits.query;
    let arguments = call.arguments;
    let open = call.client().and_then(|client| client.transaction.as_mut());
    let Some(transaction) = open.filter(|_| !AT_ONCE.contains(&command.name)) else {
        return false;
    };
    if transaction.push(arguments, limit) {
        wire::put_simple(&mut call.reply, "QUEUED");
    } else {
        // Redis has no error message for this, because it closes the connection of such a client.
        call.error("ERR the transaction exceeds the query buffer limit");
    }
    true
}

/// Returns the reply to a command that is refused with `text`. The refusal dooms an open
/// transaction, or ends it if the command is EXEC.
pub fn refuse(call: &mut Call, text: Vec<u8>) -> Vec<u8> {
    let is_exec = call.argument_is(0, "exec");
    if let Some(client) = call.client() {
        if is_exec {
            client.transaction = None;
        } else if let Some(transaction) = &mut client.transaction {
            transaction.doom();
        }
    }
    if !is_exec {
        return text;
    }
    let why = text.strip_prefix(b"ERR ").unwrap_or(&text);
    [b"EXECABORT Transaction discarded because of: ", why].concat()
}

fn multi(call: &mut Call) {
    match call.client() {
        Some(client) if client.transaction.is_none() => {
            client.transaction = Some(Transaction::default());
            call.ok();
        }
        _ => call.error("ERR MULTI calls can not be nested"),
    }
}

fn exec(call: &mut Call) {
    let transaction = call.client().and_then(|client| client.transaction.take());
    let Some(transaction) = transaction else {
        return call.error("ERR EXEC without MULTI");
    };
    if transaction.is_doomed {
        return call.error("EXECABORT Transaction discarded because of previous errors.");
    }
    call.array(transaction.commands.len());
    for arguments in &transaction.commands {
        // Together, the replies may grow large.
        call.send_reply();
        let mut queued = Call {
            state: &mut *call.state,
            id: call.id,
            name: "",
            arguments,
            commands: call.commands,
            reply: Vec::new(),
            closes: call.closes,
            is_in_exec: true,
        };
        match find(queued.commands, arguments) {
            Ok(command) => {
                queued.name = command.name;
                (command.run)(&mut queued);
            }
            Err(text) => queued.error(text),
        }
        let Call { reply, closes, .. } = queued;
        (call.reply, call.closes) = (reply, closes);
    }
}

fn discard(call: &mut Call) {
    let transaction = call.client().and_then(|client| client.transaction.take());
    match transaction {
        Some(_) => call.ok(),
        None => call.error("ERR DISCARD without MULTI"),
    }
}

/// Handles `WATCH key …`. The broker has no keys, so none can change.
fn watch(call: &mut Call) {
    let client = call.client();
    if client.is_some_and(|client| client.transaction.is_some()) {
        call.error("ERR WATCH inside MULTI is not allowed");
    } else {
        call.ok();
    }
}

fn unwatch(call: &mut Call) {
    call.ok();
}
