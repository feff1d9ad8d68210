//! The commands that connections go through.

mod ssh;
mod template;

use std::sync::Arc;

use self::ssh::SshMaster;
use self::template::Template;
use super::tunnel::{Tunnel, in_shell};
use crate::message::{ConnectionError, TunnelError};

/// The command that each connection goes through: its standard input and output are the
/// connection. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Via(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Command(Template),
    Ssh(Arc<SshMaster>),
}

impl Via {
    /// Parses a shell command in which `%h` stands for the server's host, `%p` for its port and `%%`
    /// for a percent sign.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the command, to append to the name of the option.
    pub fn command(text: &str) -> Result<Self, String> {
        Ok(Self(Kind::Command(Template::parse(text)?)))
    }

    /// Parses an SSH server: `[user@]host[:port]`. All connections share one connection to it.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the destination, to append to the name of the option.
    pub fn ssh(destination: &str) -> Result<Self, &'static str> {
        let master = SshMaster::new(destination)?;
        Ok(Self(Kind::Ssh(Arc::new(master))))
    }

    /// Logs in to the SSH server, if there is one. `ssh` may prompt the user on the terminal, and
    /// its messages are copied to standard error. Later logins, if the connection is lost, do
    /// not prompt.
    ///
    /// # Errors
    ///
    /// Returns the cause if the login fails.
    pub async fn log_in(&self) -> Result<(), ConnectionError> {
        match &self.0 {
            Kind::Command(_) => Ok(()),
            Kind::Ssh(master) => master.log_in().await,
        }
    }

    /// Starts the command for a connection to this server.
    pub(super) async fn open(&self, host: &str, port: u16) -> Result<Tunnel, ConnectionError> {
        if !is_safe(host) {
            let error = TunnelError::UnsafeHost(host.into());
            return Err(ConnectionError::Tunnel(error));
        }
        match &self.0 {
            Kind::Command(template) => Tunnel::open(&in_shell(&template.fill(host, port))),
            Kind::Ssh(master) => master.forward(host, port).await,
        }
    }
}

/// Returns whether a host may become a part of a shell command. Servers announce hosts, so they
/// could otherwise run commands here.
fn is_safe(host: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-:%".contains(c);
    !host.is_empty() && !host.starts_with('-') && host.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_cannot_become_a_command_or_an_option() {
        for host in ["redis-0.redis", "10.0.0.1", "::1", "fe80::1%eth0", "a_b"] {
            assert!(is_safe(host), "{host}");
        }
        for host in [
            "",
            "-oProxyCommand=x",
            "a;b",
            "$(x)",
            "`x`",
            "a b",
            "a\nb",
            "a'b",
        ] {
            assert!(!is_safe(host), "{host}");
        }
    }
}
