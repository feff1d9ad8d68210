//! What connections go through: a command, or an SSH server.

use subscope::server::{Address, OptionError, Target, Via};

use crate::cli::Server;

/// Returns what connections to the target go through, if anything.
pub(super) fn way(target: &Target, options: &Server) -> Result<Option<Via>, OptionError> {
    let (option, found) = match (&options.via, &options.ssh) {
        (Some(command), _) => ("--via", via(command)?),
        (None, Some(destination)) => ("--ssh", Some(ssh(destination)?)),
        (None, None) => return Ok(None),
    };
    if found.is_some() && matches!(target.any_address(), Address::Unix(_)) {
        let problem = "has no effect: a unix socket is on this machine";
        return Err(OptionError::new(option, problem));
    }
    Ok(found)
}

/// Parses the command that connections go through. As in ssh's configuration, `none` is no command.
pub fn via(command: &str) -> Result<Option<Via>, OptionError> {
    if command.trim() == "none" {
        return Ok(None);
    }
    let via = Via::command(command).map_err(|problem| OptionError::new("--via", problem))?;
    Ok(Some(via))
}

/// Parses the SSH server that connections go through.
pub fn ssh(destination: &str) -> Result<Via, OptionError> {
    Via::ssh(destination).map_err(|problem| OptionError::new("--ssh", problem))
}
