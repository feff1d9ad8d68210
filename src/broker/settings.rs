//! The settings of a broker.

use std::fmt;
use std::time::Duration;

/// The Redis version that the broker reports.
pub const VERSION: &str = "7.2.0";

/// The settings of a broker. The defaults are those of a Redis server without a password, on a free
/// port.
///
/// `Debug` does not show the password.
#[derive(Clone, Default)]
pub struct Settings {
    /// The port on the loopback address; 0 picks a free one.
    pub port: u16,
    /// The password required from clients, if any.
    pub password: Option<String>,
    /// The limits of each client.
    pub limits: Limits,
    /// Commands that are refused, for tests.
    pub refusals: Vec<Refusal>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// Limits on the resources of clients, so that no client can make the broker grow without bound.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Maximum number of simultaneous clients (Redis: `maxclients`).
    pub clients: usize,
    /// Maximum length of an argument in bytes (Redis: `proto-max-bulk-len`).
    pub bulk: usize,
    /// Maximum number of arguments of a command.
    pub arguments: usize,
    /// Maximum size of an incomplete command in bytes (Redis: `client-query-buffer-limit`).
    pub query: usize,
    /// A client whose output buffer exceeds this many bytes is closed immediately (Redis:
    /// `client-output-buffer-limit pubsub`, as for the next two fields).
    pub output_hard: usize,
    /// A client whose output buffer exceeds this many bytes is closed after `output_soft_for`.
    pub output_soft: usize,
    /// How long a client may exceed `output_soft`.
    pub output_soft_for: Duration,
    /// Maximum number of subscriptions of a client.
    pub subscriptions: usize,
    /// Maximum total length of the names of a client's subscriptions in bytes.
    pub subscription_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            clients: 1000,
            bulk: 64 << 20,
            arguments: 1024 * 1024,
            query: 128 << 20,
            output_hard: 32 << 20,
            output_soft: 8 << 20,
            output_soft_for: Duration::from_secs(60),
            subscriptions: 10_000,
            subscription_bytes: 1 << 20,
        }
    }
}

/// A command that is always answered with an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The command's name, such as `SUBSCRIBE`, ignoring case. `*` means every command.
    pub command: String,
    /// If set, refuses only commands with this argument, such as one of several channels or a
    /// subcommand.
    pub argument: Option<Vec<u8>>,
    /// The error without its `-`, such as `NOPERM this user has no permissions`.
    pub error: String,
}

impl Refusal {
    /// Creates a refusal that answers every `command` with `error`.
    pub fn of(command: &str, error: &str) -> Self {
        Self {
            command: command.to_owned(),
            argument: None,
            error: error.to_owned(),
        }
    }

    /// Restricts the refusal to commands with this argument.
    #[must_use]
    pub fn with(self, argument: &[u8]) -> Self {
        Self {
            argument: Some(argument.to_vec()),
            ..self
        }
    }

    /// Returns whether the refusal covers a command. The first argument is the command's name.
    pub fn covers(&self, arguments: &[Vec<u8>]) -> bool {
        let Some((name, rest)) = arguments.split_first() else {
            return false;
        };
        let named = self.command == "*" || name.eq_ignore_ascii_case(self.command.as_bytes());
        let argument = self.argument.as_ref();
        named && argument.is_none_or(|argument| rest.contains(argument))
    }
}
