//! Asking before a dangerous act.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use super::Failure;
use super::failure::line;

/// Returns whether there is a user who can be asked: standard input and standard error are a
/// terminal.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks the user on the terminal whether to go on after `warning`. Returns whether the answer is
/// yes.
///
/// # Errors
///
/// Fails if nobody can be asked.
pub fn confirm(warning: &str, question: &str) -> Result<bool, Failure> {
    if !can_ask() {
        return Err(Failure::usage(format!("{warning} (--yes does it anyway)")));
    }
    let mut stderr = io::stderr().lock();
    let asked = write!(stderr, "{}\n{question} [y/N] ", line(warning));
    asked
        .and_then(|()| stderr.flush())
        .map_err(Failure::other)?;
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.map_err(Failure::other)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
