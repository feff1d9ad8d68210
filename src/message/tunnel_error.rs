//! Why a connection through a command failed, as data. What a command wrote is already escaped.

/// Why there is no connection through a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TunnelError {
    /// The command cannot be started; this is the system's error.
    NotStarted(Box<str>),
    /// The command ended.
    Ended {
        /// The last lines that it wrote to its standard error; empty if there are none.
        last_words: Box<str>,
        /// Its exit code, if it is known.
        exit_code: Option<i32>,
    },
    /// This announced host has characters that must not get into a shell command.
    UnsafeHost(Box<str>),
    /// The login to an SSH server failed.
    SshLogin {
        /// The SSH server, as the user named it.
        destination: Box<str>,
        /// What `ssh` said last; empty if it said nothing.
        last_words: Box<str>,
        /// Whether a login without prompts was refused, so that prompts could help.
        is_refused: bool,
    },
}
