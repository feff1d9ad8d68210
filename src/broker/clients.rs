//! CLIENT and its subcommands.

use super::call::{Allowed::Usually, Call, Command, SYNTAX_ERROR};
use super::client::{Client, ClientId};
use super::describe::{container, help};
use super::request::integer;
use crate::wire;

/// CLIENT with its subcommands.
pub const COMMANDS: &[Command] = &[
    container("client", "A container for connection commands."),
    Command::new("client|id", 2, Usually, "Returns the connection id.", id),
    Command::new("client|getname", 2, Usually, "Returns the name.", name),
    Command::new("client|setname", 3, Usually, "Sets the name.", set_name),
    Command::new("client|setinfo", 4, Usually, "Sets the library.", set_info),
    Command::new("client|info", 2, Usually, "Describes the client.", info),
    Command::new("client|list", -2, Usually, "Lists connections.", list),
    Command::new("client|kill", -3, Usually, "Closes connections.", kill),
    help("client|help"),
];

/// Redis's error for a name that would corrupt a line of CLIENT LIST.
pub const INVALID_NAME: &str =
    "ERR Client names cannot contain spaces, newlines or special characters.";

/// Returns whether `text` may appear in a line of CLIENT LIST.
pub fn is_printable(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_graphic)
}

fn id(call: &mut Call) {
    call.integer(usize::try_from(call.id).unwrap_or(usize::MAX));
}

fn name(call: &mut Call) {
    match call.state.client(call.id) {
        Some(client) if !client.name.is_empty() => wire::put_bulk(&mut call.reply, &client.name),
        _ => call.null(),
    }
}

/// Handles `CLIENT SETNAME name`.
fn set_name(call: &mut Call) {
    let name = call.argument(2).to_vec();
    if !is_printable(&name) {
        return call.error(INVALID_NAME);
    }
    if let Some(client) = call.client() {
        client.name = name;
    }
    call.ok();
}

/// Handles `CLIENT SETINFO LIB-NAME | LIB-VER value`.
fn set_info(call: &mut Call) {
    let is_name = call.argument_is(2, "lib-name");
    if !is_name && !call.argument_is(2, "lib-ver") {
        return call.error_quoting("ERR Unrecognized option '", &call.arguments[2], "'");
    }
    let value = call.argument(3).to_vec();
    if !is_printable(&value) {
        let option = if is_name { "lib-name" } else { "lib-ver" };
        return call.error(format!(
            "ERR {option} cannot contain spaces, newlines or special characters."
        ));
    }
    if let Some(client) = call.client() {
        if is_name {
            client.library.0 = value;
        } else {
            client.library.1 = value;
        }
    }
    call.ok();
}

fn info(call: &mut Call) {
    let address = call.state.address;
    let client = call.state.client(call.id);
    let line = client.map(|client| client.describe(address));
    call.text(line.unwrap_or_default());
}

/// Handles `CLIENT LIST [TYPE type] | [ID id …]`.
fn list(call: &mut Call) {
    let kept: Box<dyn Fn(&Client) -> bool> = match call.arguments.len() {
        2 => Box::new(|_| true),
        4 if call.argument_is(2, "type") => {
            let Some(class) = class(call.argument(3)) else {
                let before = "ERR Unknown client type '";
                return call.error_quoting(before, &call.arguments[3], "'");
            };
            Box::new(class)
        }
        length if length > 3 && call.argument_is(2, "id") => {
            let mut ids = Vec::new();
            for at in 3..length {
                match call.number(at) {
                    Some(id) => ids.push(id),
                    None => return call.error("ERR Invalid client ID"),
                }
            }
            Box::new(move |client| i64::try_from(client.id).is_ok_and(|id| ids.contains(&id)))
        }
        _ => return call.error(SYNTAX_ERROR),
    };
    let address = call.state.address;
    let clients = call.state.clients().filter(|client| kept(client));
    let lines: Vec<_> = clients.map(|client| client.describe(address)).collect();
    call.text(lines.concat());
}

/// Handles `CLIENT KILL address | filter value …`.
fn kill(call: &mut Call) {
    if call.arguments.len() == 3 {
        let address = String::from_utf8_lossy(call.argument(2)).into_owned();
        let filters = Filters {
            address: Some(address),
            ..Filters::default()
        };
        if kill_matching(call, &filters) == 0 {
            return call.error("ERR No such client");
        }
        return call.ok();
    }
    match Filters::read(call) {
        Ok(filters) => {
            let killed = kill_matching(call, &filters);
            call.integer(killed);
        }
        Err(text) => call.error(text),
    }
}

/// Removes the clients that match all filters, and returns their number. The sender's own
/// connection is closed only after its reply.
fn kill_matching(call: &mut Call, filters: &Filters) -> usize {
    let (own, local) = (call.id, call.state.address.to_string());
    let ids: Vec<ClientId> = call
        .state
        .clients()
        .filter(|client| filters.match_client(client, &local))
        .filter(|client| !(filters.skip_me && client.id == own))
        .map(|client| client.id)
        .collect();
    for id in &ids {
        if *id == own {
            call.closes = true;
        } else {
            call.state.remove(*id);
        }
    }
    ids.len()
}

/// The filters of CLIENT KILL. A client must match all filters that are set.
#[derive(Default)]
struct Filters {
    id: Option<ClientId>,
    address: Option<String>,
    local: Option<String>,
    class: Option<Class>,
    skip_me: bool,
}

impl Filters {
    fn read(call: &Call) -> Result<Self, Vec<u8>> {
        let mut filters = Self {
            skip_me: true,
            ..Self::default()
        };
        for pair in call.arguments[2..].chunks(2) {
            let [filter, value] = pair else {
                return Err(SYNTAX_ERROR.into());
            };
            let text = || Some(String::from_utf8_lossy(value).into_owned());
            match filter.to_ascii_lowercase().as_slice() {
                b"id" => {
                    let id = integer(value).and_then(|id| ClientId::try_from(id).ok());
                    let Some(id) = id.filter(|id| *id > 0) else {
                        return Err(b"ERR client-id should be greater than 0".to_vec());
                    };
                    filters.id = Some(id);
                }
                b"addr" => filters.address = text(),
                b"laddr" => filters.local = text(),
                b"type" => {
                    let class = class(value).ok_or_else(|| quoting("Unknown client type", value));
                    filters.class = Some(class?);
                }
                b"user" if value == b"default" => {}
                b"user" => return Err(quoting("No such user", value)),
                b"skipme" if value.eq_ignore_ascii_case(b"yes") => filters.skip_me = true,
                b"skipme" if value.eq_ignore_ascii_case(b"no") => filters.skip_me = false,
                _ => return Err(SYNTAX_ERROR.into()),
            }
        }
        Ok(filters)
    }

    fn match_client(&self, client: &Client, local: &str) -> bool {
        let (address, own) = (self.address.as_ref(), self.local.as_ref());
        self.id.is_none_or(|id| id == client.id)
            && address.is_none_or(|address| *address == client.peer.to_string())
            && own.is_none_or(|address| address == local)
            && self.class.is_none_or(|class| class(client))
    }
}

/// A function that returns whether a client is of a particular type.
type Class = fn(&Client) -> bool;

fn class(name: &[u8]) -> Option<Class> {
    let class: Class = match name.to_ascii_lowercase().as_slice() {
        b"normal" => |client| !client.is_subscribed(),
        b"pubsub" => Client::is_subscribed,
        // This broker has no such clients.
        b"master" | b"replica" | b"slave" => |_| false,
        _ => return None,
    };
    Some(class)
}

fn quoting(text: &str, value: &[u8]) -> Vec<u8> {
    [b"ERR ", text.as_bytes(), b" '", value, b"'"].concat()
}
