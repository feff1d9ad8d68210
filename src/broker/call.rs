//! A command being executed: its sender, its arguments and the reply so far.

use super::client::{Client, ClientId, Protocol};
use super::hub::State;
use super::request::integer;
use crate::wire;

/// Redis's error for invalid arguments.
pub const SYNTAX_ERROR: &str = "ERR syntax error";

/// A command or subcommand of the broker. The name of a subcommand is of the form `client|list`.
#[derive(Debug)]
pub struct Command {
    /// The name in lower case.
    pub name: &'static str,
    /// Number of arguments including the name; if negative, the minimum number.
    pub arity: i64,
    /// When the command may be sent.
    pub allowed: Allowed,
    pub about: &'static str,
    pub run: fn(&mut Call),
}

impl Command {
    /// Creates a command.
    pub const fn new(
        name: &'static str,
        arity: i64,
        allowed: Allowed,
        about: &'static str,
        run: fn(&mut Call),
    ) -> Self {
        Self {
            name,
            arity,
            allowed,
            about,
            run,
        }
    }

    /// Returns the subcommand's name, if this is a subcommand of `container`.
    pub fn subcommand_of(&self, container: &str) -> Option<&'static str> {
        self.name.strip_prefix(container)?.strip_prefix('|')
    }
}

/// When a command may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// Only by authenticated clients without subscriptions.
    Usually,
    /// Also by clients with subscriptions.
    Subscribed,
    /// Also by clients that are not authenticated.
    Unauthenticated,
    /// At any time.
    Always,
}

/// A command being executed.
pub struct Call<'a> {
    pub state: &'a mut State,
    /// The client that sent the command.
    pub id: ClientId,
    /// The name of the command that is executed, or an empty string until it is known.
    pub name: &'static str,
    /// The arguments, including the command's name. Their number satisfies the command's arity.
    pub arguments: &'a [Vec<u8>],
    /// All commands of the broker.
    pub commands: &'static [&'static [Command]],
    pub reply: Vec<u8>,
    /// Whether to close the connection after sending the reply.
    pub closes: bool,
    /// Whether the command is run by EXEC.
    pub is_in_exec: bool,
}

impl Call<'_> {
    /// Returns an argument. It must exist, which is guaranteed by the command's arity or checked by
    /// the caller.
    pub fn argument(&self, index: usize) -> &[u8] {
        &self.arguments[index]
    }

    /// Returns whether an argument equals `word`, ignoring case.
    pub fn argument_is(&self, index: usize, word: &str) -> bool {
        let argument = self.arguments.get(index);
        argument.is_some_and(|argument| argument.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// Parses an argument as a number.
    pub fn number(&self, index: usize) -> Option<i64> {
        self.arguments.get(index).and_then(|text| integer(text))
    }

    /// Returns the client that sent the command, unless it has been removed.
    pub fn client(&mut self) -> Option<&mut Client> {
        self.state.client_mut(self.id)
    }

    /// Returns whether the client has subscriptions and uses RESP2, which changes some replies.
    pub fn is_restricted(&self) -> bool {
        let client = self.state.client(self.id);
        client.is_some_and(Client::is_restricted)
    }

    /// Returns the version of RESP that the reply has to use.
    pub fn protocol(&self) -> Protocol {
        let client = self.state.client(self.id);
        client.map_or(Protocol::default(), |client| client.protocol)
    }

    /// Replies OK.
    pub fn ok(&mut self) {
        wire::put_simple(&mut self.reply, "OK");
    }

    /// Replies with an error.
    pub fn error(&mut self, text: impl AsRef<[u8]>) {
        put_error(&mut self.reply, text.as_ref());
    }

    /// Replies with an error that quotes bytes from the client between `before` and `after`.
    pub fn error_quoting(&mut self, before: &str, quoted: &[u8], after: &str) {
        let quoted = &quoted[..quoted.len().min(128)];
        self.error([before.as_bytes(), quoted, after.as_bytes()].concat());
    }

    /// Replies with an integer.
    pub fn integer(&mut self, value: usize) {
        wire::put_integer(&mut self.reply, i64::try_from(value).unwrap_or(i64::MAX));
    }

    /// Replies with a bulk string.
    pub fn bulk(&mut self, bytes: impl AsRef<[u8]>) {
        wire::put_bulk(&mut self.reply, bytes.as_ref());
    }

    /// Replies with text for people, such as that of INFO.
    pub fn text(&mut self, text: impl AsRef<[u8]>) {
        match self.protocol() {
            Protocol::Resp2 => wire::put_bulk(&mut self.reply, text.as_ref()),
            Protocol::Resp3 => wire::put_verbatim(&mut self.reply, text.as_ref()),
        }
    }

    /// Replies with a null.
    pub fn null(&mut self) {
        match self.protocol() {
            Protocol::Resp2 => wire::put_null(&mut self.reply),
            Protocol::Resp3 => self.reply.extend_from_slice(b"_\r\n"),
        }
    }

    /// Starts a map, in RESP2 an array. The caller must add its `count` keys and values.
    pub fn map(&mut self, count: usize) {
        match self.protocol() {
            Protocol::Resp2 => self.array(2 * count),
            Protocol::Resp3 => wire::put_aggregate(&mut self.reply, b'%', count),
        }
    }

    /// Starts a set, in RESP2 an array. The caller must add its `count` elements.
    pub fn set(&mut self, count: usize) {
        match self.protocol() {
            Protocol::Resp2 => self.array(count),
            Protocol::Resp3 => wire::put_aggregate(&mut self.reply, b'~', count),
        }
    }

    /// Starts a push, in RESP2 an array. The caller must add its `count` elements.
    pub fn push(&mut self, count: usize) {
        let mark = self.protocol().push_mark();
        wire::put_aggregate(&mut self.reply, mark, count);
    }

    /// Starts an array. The caller must add its `count` elements.
    pub fn array(&mut self, count: usize) {
        wire::put_array(&mut self.reply, count);
    }

    /// Sends the reply so far, which keeps a long reply from being collected twice.
    pub fn send_reply(&mut self) {
        self.state.send(self.id, &self.reply);
        self.reply.clear();
    }
}

/// Appends an error, which may quote bytes from a client. Line breaks are replaced by spaces.
pub fn put_error(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'-');
    out.extend(text.iter().map(|byte| match byte {
        b'\r' | b'\n' => b' ',
        other => *other,
    }));
    out.extend_from_slice(b"\r\n");
}
