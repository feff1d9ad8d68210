//! Commands about the client's own connection: PING, ECHO, HELLO, AUTH, SELECT, RESET, QUIT.

use super::call::{
    Allowed::{Always, Subscribed, Unauthenticated, Usually},
    Call, Command, SYNTAX_ERROR,
};
use super::client::{Family, Protocol};
use super::clients::{INVALID_NAME, is_printable};
use super::settings::VERSION;
use crate::wire;

/// The commands of this module.
pub const COMMANDS: &[Command] = &[
    Command::new("ping", -1, Subscribed, "Replies PONG.", ping),
    Command::new("echo", 2, Usually, "Returns the message.", echo),
    Command::new("hello", -1, Unauthenticated, "Sets the protocol.", hello),
    Command::new("auth", -2, Unauthenticated, "Logs in.", auth),
    Command::new("select", 2, Usually, "Selects a database.", select),
    Command::new("reset", 1, Always, "Resets the connection.", reset),
    Command::new("quit", -1, Always, "Closes the connection.", quit),
];

const WRONG_PASSWORD: &str = "WRONGPASS invalid username-password pair or user is disabled.";

/// Number of databases that SELECT accepts.
pub const DATABASES: i64 = 16;

/// Handles `PING [message]`.
fn ping(call: &mut Call) {
    let message = match call.arguments {
        [_] => None,
        [_, message] => Some(message.clone()),
        _ => return call.error("ERR wrong number of arguments for 'ping' command"),
    };
    if call.is_restricted() {
        call.array(2);
        call.bulk("pong");
        call.bulk(message.unwrap_or_default());
    } else if let Some(message) = message {
        call.bulk(message);
    } else {
        wire::put_simple(&mut call.reply, "PONG");
    }
}

/// Handles `ECHO message`.
fn echo(call: &mut Call) {
    wire::put_bulk(&mut call.reply, &call.arguments[1]);
}

/// Handles `HELLO [protover [AUTH username password] [SETNAME clientname]]`.
fn hello(call: &mut Call) {
    let protocol = if call.arguments.len() > 1 {
        match call.number(1) {
            None => return call.error("ERR Protocol version is not an integer or out of range"),
            Some(2) => Protocol::Resp2,
            Some(3) => Protocol::Resp3,
            Some(_) => return call.error("NOPROTO unsupported protocol version"),
        }
    } else {
        call.protocol()
    };
    let (mut credentials, mut name) = (None, None);
    let mut at = 2;
    while at < call.arguments.len() {
        if call.argument_is(at, "AUTH") && at + 2 < call.arguments.len() {
            credentials = Some((call.argument(at + 1), call.argument(at + 2)));
            at += 3;
        } else if call.argument_is(at, "SETNAME") && at + 1 < call.arguments.len() {
            name = Some(&call.arguments[at + 1]);
            at += 2;
        } else {
            let before = "ERR Syntax error in HELLO option '";
            return call.error_quoting(before, &call.arguments[at], "'");
        }
    }
    if name.is_some_and(|name| !is_printable(name)) {
        return call.error(INVALID_NAME);
    }
    let login = credentials.map(|(user, password)| is_valid_login(call, user, password));
    if login == Some(false) {
        return call.error(WRONG_PASSWORD);
    }
    let Some(client) = call.state.client_mut(call.id) else {
        return;
    };
    client.authenticated |= login == Some(true);
    if !client.authenticated {
        return call.error(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the \
             HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and \
             select the RESP protocol version at the same time",
        );
    }
    if let Some(name) = name {
        client.name.clone_from(name);
    }
    client.protocol = protocol;
    send_hello(call);
}

fn send_hello(call: &mut Call) {
    call.map(7);
    for text in ["server", "redis", "version", VERSION, "proto"] {
        call.bulk(text);
    }
    call.integer(usize::from(call.protocol().number()));
    call.bulk("id");
    call.integer(usize::try_from(call.id).unwrap_or(usize::MAX));
    for text in ["mode", "standalone", "role", "master", "modules"] {
        call.bulk(text);
    }
    call.array(0);
}

/// Handles `AUTH [username] password`.
fn auth(call: &mut Call) {
    let (user, password) = match call.arguments {
        [_, password] if call.state.settings.password.is_some() => {
            (b"default".as_slice(), password.as_slice())
        }
        [_, _] => {
            return call.error(
                "ERR AUTH <password> called without any password configured for the default \
                 user. Are you sure your configuration is correct?",
            );
        }
        [_, user, password] => (user.as_slice(), password.as_slice()),
        _ => return call.error(SYNTAX_ERROR),
    };
    if !is_valid_login(call, user, password) {
        return call.error(WRONG_PASSWORD);
    }
    if let Some(client) = call.client() {
        client.authenticated = true;
    }
    call.ok();
}

/// Returns whether the credentials are valid. If no password is set, the default user may send any
/// password, as in Redis.
fn is_valid_login(call: &Call, user: &[u8], password: &[u8]) -> bool {
    let expected = call.state.settings.password.as_deref();
    user == b"default" && expected.is_none_or(|expected| expected.as_bytes() == password)
}

/// Handles `SELECT index`.
fn select(call: &mut Call) {
    match call.number(1) {
        None => call.error("ERR value is not an integer or out of range"),
        Some(index) if (0..DATABASES).contains(&index) => {
            if let Some(client) = call.client() {
                client.database = index;
            }
            call.ok();
        }
        Some(_) => call.error("ERR DB index is out of range"),
    }
}

fn reset(call: &mut Call) {
    for family in [Family::Channel, Family::Pattern, Family::Shard] {
        call.state.unsubscribe_all(call.id, family);
    }
    let trusted = call.state.settings.password.is_none();
    if let Some(client) = call.client() {
        client.reset(trusted);
    }
    wire::put_simple(&mut call.reply, "RESET");
}

fn quit(call: &mut Call) {
    call.ok();
    call.closes = true;
}
