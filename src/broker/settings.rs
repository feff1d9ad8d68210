//! What a broker can be told before it starts.

use std::fmt;
use std::time::Duration;

/// How a broker behaves. [`Default`] is a Redis without a password, on a free port.
///
/// `Debug` does not show the password.
#[derive(Clone)]
pub struct Settings {
    /// The port on the loopback address; 0 takes a free one.
    pub port: u16,
    /// The password that a client must give first, if any.
    pub password: Option<String>,
    /// The version of Redis that it says it is.
    pub version: String,
    /// What a client may take.
    pub limits: Limits,
    /// Commands that it refuses from the start, for tests.
    pub refusals: Vec<Refusal>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 0,
            password: None,
            version: "7.2.0".to_owned(),
            limits: Limits::default(),
            refusals: Vec::new(),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("port", &self.port)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// What clients may take, so that none can make the broker grow without bound.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most clients at a time (Redis: `maxclients`).
    pub clients: usize,
    /// The longest argument in bytes (Redis: `proto-max-bulk-len`).
    pub bulk: usize,
    /// The most arguments of a command.
    pub arguments: usize,
    /// The most bytes of a command that is not yet whole (Redis: `client-query-buffer-limit`).
    pub query: usize,
    /// A client with more bytes than this waiting for it is closed at once (Redis:
    /// `client-output-buffer-limit pubsub`, as the next two).
    pub output_hard: usize,
    /// A client with more bytes than this waiting is closed after `output_soft_for`.
    pub output_soft: usize,
    /// How long a client may stay over `output_soft`.
    pub output_soft_for: Duration,
    /// The most subscriptions of a client.
    pub subscriptions: usize,
    /// The most bytes in the names of a client's subscriptions.
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

/// A command that is answered with an error whatever it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The command's name, in any case: `SUBSCRIBE`. `*` is every command.
    pub command: String,
    /// Refuse only if this is among its arguments: one channel of several, a subcommand.
    pub argument: Option<Vec<u8>>,
    /// The error without its `-`: `NOPERM this user has no permissions`.
    pub error: String,
}

impl Refusal {
    /// Refuses every `command` with `error`.
    #[must_use]
    pub fn of(command: &str, error: &str) -> Self {
        Self {
            command: command.to_owned(),
            argument: None,
            error: error.to_owned(),
        }
    }

    /// Refuses only if `argument` is among the arguments.
    #[must_use]
    pub fn with(self, argument: &[u8]) -> Self {
        Self {
            argument: Some(argument.to_vec()),
            ..self
        }
    }

    /// Whether it refuses this command, whose first argument is its name.
    #[must_use]
    pub fn covers(&self, arguments: &[Vec<u8>]) -> bool {
        let Some((name, rest)) = arguments.split_first() else {
            return false;
        };
        let named = self.command == "*" || name.eq_ignore_ascii_case(self.command.as_bytes());
        named
            && self
                .argument
                .as_ref()
                .is_none_or(|argument| rest.contains(argument))
    }
}
