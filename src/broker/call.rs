//! One command on its way: who sent it, what it says, and the answer so far.

use super::client::{Client, ClientId};
use super::hub::State;
use super::request::integer;
use crate::wire;

/// A command that the broker knows, or a subcommand, whose name is then `client|list`.
#[derive(Debug)]
pub struct Command {
    /// Its name, in lower case.
    pub name: &'static str,
    /// How many arguments it takes, its name included; below zero, at least that many.
    pub arity: i64,
    /// When it may be sent.
    pub allowed: Allowed,
    /// What it does, in a few words.
    pub about: &'static str,
    /// Carries it out.
    pub run: fn(&mut Call),
}

impl Command {
    /// A command of this name, arity and so on.
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

    /// Its own name, if it is a subcommand of this command.
    pub fn subcommand_of(&self, container: &str) -> Option<&'static str> {
        self.name.strip_prefix(container)?.strip_prefix('|')
    }
}

/// When a command may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// By clients that gave the password and listen to nothing.
    Usually,
    /// Also by clients that listen to something.
    Subscribed,
    /// Also before the password was given.
    Unauthenticated,
    /// At any time.
    Always,
}

/// A command being carried out.
pub struct Call<'a> {
    /// The broker.
    pub state: &'a mut State,
    /// Who sent it.
    pub id: ClientId,
    /// The command's words, its name included. There are as many as its arity asks.
    pub arguments: &'a [Vec<u8>],
    /// All the commands that there are.
    pub commands: &'static [&'static [Command]],
    /// What the client is answered.
    pub reply: Vec<u8>,
    /// What becomes of the connection once the answer is sent.
    pub after: After,
    /// Whether EXEC carries it out.
    pub is_in_exec: bool,
}

/// What becomes of a connection after a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// It goes on.
    GoOn,
    /// It is closed.
    Close,
}

impl Call<'_> {
    /// An argument. It must be there, by the command's arity or because the caller has counted.
    pub fn argument(&self, index: usize) -> &[u8] {
        &self.arguments[index]
    }

    /// Whether an argument is this word, in any case.
    pub fn says(&self, index: usize, word: &str) -> bool {
        self.arguments
            .get(index)
            .is_some_and(|argument| argument.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// An argument that must be a number.
    pub fn number(&self, index: usize) -> Option<i64> {
        self.arguments.get(index).and_then(|text| integer(text))
    }

    /// The client that sent it, unless it has been removed meanwhile.
    pub fn client(&mut self) -> Option<&mut Client> {
        self.state.client_mut(self.id)
    }

    /// Whether the client listens to something, which changes some answers.
    pub fn is_subscribed(&self) -> bool {
        self.state
            .client(self.id)
            .is_some_and(Client::is_subscribed)
    }

    /// Answers OK.
    pub fn ok(&mut self) {
        wire::put_simple(&mut self.reply, "OK");
    }

    /// Answers that it is queued.
    pub fn queued(&mut self) {
        wire::put_simple(&mut self.reply, "QUEUED");
    }

    /// Answers with an error.
    pub fn error(&mut self, text: impl AsRef<[u8]>) {
        put_error(&mut self.reply, text.as_ref());
    }

    /// Answers with an error that quotes the client between two texts.
    pub fn error_quoting(&mut self, before: &str, quoted: &[u8], after: &str) {
        let quoted = &quoted[..quoted.len().min(128)];
        self.error([before.as_bytes(), quoted, after.as_bytes()].concat());
    }

    /// Answers with an integer.
    pub fn integer(&mut self, value: usize) {
        wire::put_integer(&mut self.reply, i64::try_from(value).unwrap_or(i64::MAX));
    }

    /// Answers with a string.
    pub fn bulk(&mut self, bytes: impl AsRef<[u8]>) {
        wire::put_bulk(&mut self.reply, bytes.as_ref());
    }

    /// Announces an array of `count` answers, which must follow.
    pub fn array(&mut self, count: usize) {
        wire::put_array(&mut self.reply, count);
    }

    /// Sends the answer so far: before a message that the command itself causes, or because it
    /// may grow large.
    pub fn send_reply(&mut self) {
        self.state.send(self.id, &self.reply);
        self.reply.clear();
    }
}

/// Appends an error, which may quote bytes of a client: line ends in it become spaces.
pub fn put_error(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'-');
    out.extend(text.iter().map(|byte| match byte {
        b'\r' | b'\n' => b' ',
        other => *other,
    }));
    out.extend_from_slice(b"\r\n");
}
