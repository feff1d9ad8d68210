//! All commands of the broker, and their dispatch.

use tokio::time::Instant;

use super::call::{Allowed, Call, Command};
use super::client::ClientId;
use super::hub::State;
use super::lookup::find;
use super::{clients, describe, pubsub, server, session, transaction};

use Allowed::{Always, Subscribed, Unauthenticated};

/// Every command, followed by its subcommands.
const COMMANDS: &[&[Command]] = &[
    session::COMMANDS,
    clients::COMMANDS,
    pubsub::COMMANDS,
    server::COMMANDS,
    transaction::COMMANDS,
    describe::COMMANDS,
];

/// Executes a command, or refuses it with Redis's error message, and queues the reply.
pub fn execute(state: &mut State, id: ClientId, arguments: &[Vec<u8>]) {
    state.totals.commands += 1;
    let mut call = Call {
        state,
        id,
        name: "",
        arguments,
        commands: COMMANDS,
        reply: Vec::new(),
        closes: false,
        is_in_exec: false,
    };
    if let Some(client) = call.client() {
        client.last_heard = Instant::now();
        client.hold_messages();
    }
    match accept(&mut call) {
        Ok(command) => {
            call.name = command.name;
            if let Some(client) = call.client() {
                client.last_command = command.name;
            }
            if !transaction::queue(&mut call, command) {
                (command.run)(&mut call);
            }
        }
        Err(text) => {
            let text = transaction::refuse(&mut call, text);
            call.error(text);
        }
    }
    if !call.reply.is_empty() {
        call.send_reply();
    }
    call.state.release_messages(id);
    if call.closes
        && let Some(client) = call.client()
    {
        client.close();
    }
}

/// Returns the requested command, or the error with which it is refused. The checks are in Redis's
/// order.
fn accept(call: &mut Call) -> Result<&'static Command, Vec<u8>> {
    let mut refusals = call.state.settings.refusals.iter();
    if let Some(refusal) = refusals.find(|refusal| refusal.covers(call.arguments)) {
        return Err(refusal.error.clone().into_bytes());
    }
    let command = find(COMMANDS, call.arguments)?;
    let name = command.name;
    let given = i64::try_from(call.arguments.len()).unwrap_or(i64::MAX);
    if (command.arity >= 0 && given != command.arity) || given < -command.arity {
        let text = format!("ERR wrong number of arguments for '{name}' command");
        return Err(text.into_bytes());
    }
    let Some(client) = call.state.client(call.id) else {
        return Err(b"ERR the client is gone".to_vec());
    };
    if !client.authenticated && !matches!(command.allowed, Always | Unauthenticated) {
        return Err(b"NOAUTH Authentication required.".to_vec());
    }
    if client.is_restricted() && !matches!(command.allowed, Always | Subscribed) {
        let text = format!(
            "ERR Can't execute '{name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / \
             RESET are allowed in this context"
        );
        return Err(text.into_bytes());
    }
    Ok(command)
}
