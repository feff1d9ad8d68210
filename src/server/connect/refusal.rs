//! Classification of error replies, whose wording differs between servers and proxies.

/// Kind of an error reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The server does not know the command, or knows it by another name.
    UnknownCommand,
    /// The user's ACL does not allow it.
    NoPermission,
    /// A login is required first.
    NotLoggedIn,
    /// The user or the password is wrong.
    WrongPassword,
    /// A password was given, but the server has none.
    NoPasswordSet,
    /// The server is loading its data.
    Loading,
    /// A replica has lost the connection to its primary.
    PrimaryDown,
    /// The server's memory is full.
    OutOfMemory,
    /// The server has reached its maximum number of clients.
    TooManyClients,
    /// The server is in protected mode: without a password it accepts local connections only.
    Protected,
    /// A script keeps the server busy.
    Busy,
    /// Any other error.
    Other,
}

impl Refusal {
    /// Classifies an error reply, given without its `-`.
    #[must_use]
    pub fn of(words: &str) -> Self {
        let (code, rest) = words.split_once(' ').unwrap_or((words, ""));
        match code {
            "NOPERM" => Self::NoPermission,
            "NOAUTH" => Self::NotLoggedIn,
            "WRONGPASS" => Self::WrongPassword,
            "LOADING" => Self::Loading,
            "MASTERDOWN" => Self::PrimaryDown,
            "OOM" => Self::OutOfMemory,
            "DENIED" => Self::Protected,
            "BUSY" => Self::Busy,
            _ => Self::of_error(rest),
        }
    }

    /// Classifies an error that has no code of its own.
    fn of_error(words: &str) -> Self {
        let words = words.to_ascii_lowercase();
        let starts = |starts: &[&str]| starts.iter().any(|start| words.starts_with(start));
        if starts(&[
            "unknown command",
            "unknown subcommand",
            "unsupported command",
        ]) || words.contains("command is not supported")
            || words.contains("command not supported")
        {
            Self::UnknownCommand
        } else if starts(&["max number of clients"]) {
            Self::TooManyClients
        } else if starts(&["auth <password> called without", "client sent auth, but no"]) {
            Self::NoPasswordSet
        } else if starts(&["invalid password"]) {
            // Redis 5 and earlier.
            Self::WrongPassword
        } else {
            Self::Other
        }
    }

    /// Returns whether the server is temporarily unable to serve, so an automatic retry makes
    /// sense.
    #[must_use]
    pub fn is_passing(self) -> bool {
        matches!(
            self,
            Self::Loading | Self::PrimaryDown | Self::Protected | Self::Busy | Self::TooManyClients
        )
    }

    /// Returns whether another user or password could help.
    #[must_use]
    pub fn is_about_login(self) -> bool {
        matches!(
            self,
            Self::NotLoggedIn | Self::WrongPassword | Self::NoPasswordSet
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_apart_in_the_words_of_many_servers() {
        for (words, refusal) in [
            (
                "NOPERM No permissions to access a channel",
                Refusal::NoPermission,
            ),
            ("NOAUTH Authentication required.", Refusal::NotLoggedIn),
            (
                "WRONGPASS invalid username-password pair",
                Refusal::WrongPassword,
            ),
            ("ERR invalid password", Refusal::WrongPassword),
            (
                "ERR AUTH <password> called without any password configured for the default user",
                Refusal::NoPasswordSet,
            ),
            (
                "ERR Client sent AUTH, but no password is set",
                Refusal::NoPasswordSet,
            ),
            (
                "LOADING Redis is loading the dataset in memory",
                Refusal::Loading,
            ),
            ("MASTERDOWN Link with MASTER is down", Refusal::PrimaryDown),
            (
                "OOM command not allowed when used memory > 'maxmemory'.",
                Refusal::OutOfMemory,
            ),
            ("ERR max number of clients reached", Refusal::TooManyClients),
            (
                "DENIED Redis is running in protected mode",
                Refusal::Protected,
            ),
            ("BUSY Redis is busy running a script", Refusal::Busy),
            (
                "ERR unknown command 'PSUBSCRIBE', with args",
                Refusal::UnknownCommand,
            ),
            ("ERR unknown command `psubscribe`", Refusal::UnknownCommand),
            (
                "ERR unsupported command `subscribe`",
                Refusal::UnknownCommand,
            ),
            ("ERR Only HELLO messages are accepted", Refusal::Other),
            ("unknown", Refusal::Other),
            ("", Refusal::Other),
        ] {
            assert_eq!(Refusal::of(words), refusal, "{words}");
        }
    }
}
