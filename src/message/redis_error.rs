//! Error replies, whose wording differs between servers and proxies.

/// An error reply with its classification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisError {
    /// The kind of error.
    pub code: ErrorCode,
    /// The error as the server worded it, without the leading `-`.
    pub text: Box<str>,
}

impl RedisError {
    /// Classifies an error reply, given without the leading `-`.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        let text = text.into();
        let code = ErrorCode::of(&text);
        Self { code, text }
    }

    /// Returns whether the server refuses the command whatever its arguments are: it does not know
    /// the command, or the user's ACL does not allow it.
    pub fn is_about_command(&self) -> bool {
        match self.code {
            ErrorCode::UnknownCommand => true,
            ErrorCode::NoPermission => self.text.contains("to run the"),
            _ => false,
        }
    }
}

impl From<&str> for RedisError {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// The kind of an error reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// The server does not know the command, or has renamed it.
    UnknownCommand,
    /// The user's ACL does not allow the command.
    NoPermission,
    /// A login is required first.
    NotLoggedIn,
    /// The user or the password is wrong.
    WrongPassword,
    /// A password was given, but the server requires none.
    NoPasswordSet,
    /// The server is loading its data.
    Loading,
    /// A replica has lost the connection to its primary.
    PrimaryDown,
    /// The server's memory is full.
    OutOfMemory,
    /// The server has reached its maximum number of clients.
    TooManyClients,
    /// The server has no password and is in protected mode, in which it accepts only local
    /// connections.
    Protected,
    /// A script keeps the server busy.
    Busy,
    /// A sharded channel is served elsewhere, or currently not at all.
    Elsewhere,
    /// The subscription to end does not exist (Valkey).
    NotSubscribed,
    /// The server has no database of that number.
    NoSuchDatabase,
    /// The server does not belong to a cluster.
    NotACluster,
    /// A cluster does not allow the command.
    InCluster,
    /// Any other error.
    Other,
}

impl ErrorCode {
    fn of(text: &str) -> Self {
        let (code, rest) = text.split_once(' ').unwrap_or((text, ""));
        match code {
            "NOPERM" => Self::NoPermission,
            "NOAUTH" => Self::NotLoggedIn,
            "WRONGPASS" => Self::WrongPassword,
            "LOADING" => Self::Loading,
            "MASTERDOWN" => Self::PrimaryDown,
            "OOM" => Self::OutOfMemory,
            "DENIED" => Self::Protected,
            "BUSY" => Self::Busy,
            "MOVED" | "ASK" | "TRYAGAIN" | "CLUSTERDOWN" => Self::Elsewhere,
            "NOSUB" => Self::NotSubscribed,
            _ if code.bytes().all(|byte| byte.is_ascii_uppercase()) => Self::of_error(rest),
            // Proxies such as Envoy send errors without a code.
            _ => Self::of_error(text),
        }
    }

    /// Classifies an error without a specific code by its wording.
    fn of_error(words: &str) -> Self {
        let words = words.to_ascii_lowercase();
        let starts = |starts: &[&str]| starts.iter().any(|start| words.starts_with(start));
        if starts(&[
            "unknown command",
            "unknown subcommand",
            "unsupported command",
        ]) || words.contains("command is not supported")
            || words.contains("command not supported")
            // Dragonfly lists sharded channels only in a cluster.
            || words.contains("not supported in non cluster mode")
        {
            Self::UnknownCommand
        } else if starts(&["max number of clients"]) {
            Self::TooManyClients
        } else if starts(&["auth <password> called without", "client sent auth, but no"]) {
            Self::NoPasswordSet
        } else if starts(&["invalid password"]) {
            // The wording of Redis 5 and earlier.
            Self::WrongPassword
        } else if words.contains("out of range") || words.contains("invalid db index") {
            Self::NoSuchDatabase
        } else if words.contains("cluster support disabled") {
            Self::NotACluster
        } else if words.contains("cluster") {
            Self::InCluster
        } else {
            Self::Other
        }
    }

    /// Returns whether the server is temporarily unable to serve, so that a retry makes sense.
    pub fn is_temporary(self) -> bool {
        matches!(
            self,
            Self::Loading | Self::PrimaryDown | Self::Protected | Self::Busy | Self::TooManyClients
        )
    }

    /// Returns whether a different user or password could help.
    pub fn is_about_login(self) -> bool {
        matches!(
            self,
            Self::NotLoggedIn | Self::WrongPassword | Self::NoPasswordSet
        )
    }
}

#[cfg(test)]
mod tests {
    use super::ErrorCode::{
        Busy, Elsewhere, InCluster, Loading, NoPasswordSet, NoPermission, NoSuchDatabase,
        NotACluster, NotLoggedIn, NotSubscribed, Other, OutOfMemory, PrimaryDown, Protected,
        TooManyClients, UnknownCommand, WrongPassword,
    };
    use super::*;

    #[test]
    fn errors_of_many_servers_are_classified() {
        for (words, code) in [
            ("NOPERM No permissions to access a channel", NoPermission),
            ("NOAUTH Authentication required.", NotLoggedIn),
            ("WRONGPASS invalid username-password pair", WrongPassword),
            ("ERR invalid password", WrongPassword),
            (
                "ERR AUTH <password> called without any password configured for the default user",
                NoPasswordSet,
            ),
            (
                "ERR Client sent AUTH, but no password is set",
                NoPasswordSet,
            ),
            ("LOADING Redis is loading the dataset in memory", Loading),
            ("MASTERDOWN Link with MASTER is down", PrimaryDown),
            (
                "OOM command not allowed when used memory > 'maxmemory'.",
                OutOfMemory,
            ),
            ("ERR max number of clients reached", TooManyClients),
            ("DENIED Redis is running in protected mode", Protected),
            ("BUSY Redis is busy running a script", Busy),
            (
                "ERR unknown command 'PSUBSCRIBE', with args",
                UnknownCommand,
            ),
            ("ERR unknown command `psubscribe`", UnknownCommand),
            ("ERR unsupported command `subscribe`", UnknownCommand),
            ("unsupported command 'subscribe'", UnknownCommand),
            (
                "ERR PUBSUB SHARDCHANNELS is not supported in non cluster mode",
                UnknownCommand,
            ),
            ("ERR Only HELLO messages are accepted", Other),
            ("MOVED 3999 127.0.0.1:6381", Elsewhere),
            ("NOSUB not subscribed", NotSubscribed),
            ("ERR DB index is out of range", NoSuchDatabase),
            (
                "ERR This instance has cluster support disabled",
                NotACluster,
            ),
            ("ERR SELECT is not allowed in cluster mode", InCluster),
            ("unknown", Other),
            ("", Other),
        ] {
            assert_eq!(RedisError::new(words).code, code, "{words}");
        }
    }

    #[test]
    fn a_refused_command_is_told_from_a_refused_channel() {
        for (words, is_about_command) in [
            (
                "ERR unknown command 'psubscribe', with args beginning with: '*'",
                true,
            ),
            (
                "NOPERM this user has no permissions to run the 'psubscribe' command",
                true,
            ),
            (
                "NOPERM User app has no permissions to run the 'psubscribe' command",
                true,
            ),
            (
                "NOPERM this user has no permissions to access one of the channels used as arguments",
                false,
            ),
            ("NOPERM No permissions to access a channel", false),
            ("OOM command not allowed", false),
        ] {
            let error = RedisError::new(words);
            assert_eq!(error.is_about_command(), is_about_command, "{words}");
        }
    }
}
