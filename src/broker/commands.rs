//! The commands that the broker knows, and how one is found, checked and carried out.

use tokio::time::Instant;

use super::call::{After, Allowed, Call, Command};
use super::client::ClientId;
use super::hub::State;
use super::{clients, describe, pubsub, server, session};

use Allowed::{Always, Subscribed, Unauthenticated};

/// Every command, with the subcommands behind those that have some.
const COMMANDS: &[&[Command]] = &[
    session::COMMANDS,
    clients::COMMANDS,
    pubsub::COMMANDS,
    server::COMMANDS,
    describe::COMMANDS,
];

/// Carries out what a client asks, or refuses it in Redis's words, and queues the answer.
pub fn execute(state: &mut State, id: ClientId, arguments: &[Vec<u8>]) {
    state.totals.commands += 1;
    let mut call = Call {
        state,
        id,
        arguments,
        commands: COMMANDS,
        reply: Vec::new(),
        after: After::GoOn,
    };
    if let Some(client) = call.client() {
        client.last_heard = Instant::now();
    }
    match accept(&mut call) {
        Ok(command) => {
            if let Some(client) = call.client() {
                client.last_command = command.name;
            }
            (command.run)(&mut call);
        }
        Err(text) => call.error(text),
    }
    if !call.reply.is_empty() {
        call.send_reply();
    }
    let after = call.after;
    if after == After::Close
        && let Some(client) = state.client_mut(id)
    {
        client.close();
    }
}

/// The command that is asked for, or why it is not carried out, checked in Redis's order.
fn accept(call: &mut Call) -> Result<&'static Command, Vec<u8>> {
    let refusal = call
        .state
        .refusals
        .iter()
        .find(|refusal| refusal.covers(call.arguments));
    if let Some(refusal) = refusal {
        return Err(refusal.error.clone().into_bytes());
    }
    let command = find(call.arguments)?;
    let given = i64::try_from(call.arguments.len()).unwrap_or(i64::MAX);
    if (command.arity >= 0 && given != command.arity) || given < -command.arity {
        return Err(format!(
            "ERR wrong number of arguments for '{}' command",
            command.name
        )
        .into_bytes());
    }
    let Some(client) = call.state.client(call.id) else {
        return Err(b"ERR the client is gone".to_vec());
    };
    if !client.authenticated && !matches!(command.allowed, Always | Unauthenticated) {
        return Err(b"NOAUTH Authentication required.".to_vec());
    }
    if client.is_subscribed() && !matches!(command.allowed, Always | Subscribed) {
        return Err(format!(
            "ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET \
             are allowed in this context",
            command.name
        )
        .into_bytes());
    }
    Ok(command)
}

/// The command of this name; for a command with subcommands, the subcommand.
fn find(arguments: &[Vec<u8>]) -> Result<&'static Command, Vec<u8>> {
    let all = || COMMANDS.iter().copied().flatten();
    let name = &arguments[0];
    let command = all()
        .find(|command| name.eq_ignore_ascii_case(command.name.as_bytes()))
        .ok_or_else(|| unknown(arguments))?;
    let is_container = all().any(|other| other.subcommand_of(command.name).is_some());
    let (Some(word), true) = (arguments.get(1), is_container) else {
        return Ok(command);
    };
    all()
        .find(|other| {
            other
                .subcommand_of(command.name)
                .is_some_and(|name| word.eq_ignore_ascii_case(name.as_bytes()))
        })
        .ok_or_else(|| {
            let container = command.name.to_ascii_uppercase();
            let word = until_nul(word, 128);
            let start = b"ERR unknown subcommand '".as_slice();
            [start, word, b"'. Try ", container.as_bytes(), b" HELP."].concat()
        })
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
    [
        b"ERR unknown command '".as_slice(),
        until_nul(&arguments[0], 128),
        b"', with args beginning with: ",
        &beginning,
    ]
    .concat()
}

/// The start of a text as C prints it: up to a NUL, and to a length.
fn until_nul(text: &[u8], length: usize) -> &[u8] {
    let text = &text[..text.len().min(length)];
    memchr::memchr(0, text).map_or(text, |end| &text[..end])
}
