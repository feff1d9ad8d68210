//! Shows long text in the user's pager.

use std::env;
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use signal_hook::consts::SIGINT;

use super::Failure;

/// Shows `text` in a pager if the output is a terminal and there is a pager; otherwise prints it.
pub fn show(text: &str) -> Result<(), Failure> {
    if !io::stdout().is_terminal() {
        return print(text);
    }
    // Ctrl-C belongs to the pager: if it ended this program, the shell would compete with the pager
    // for the terminal. The child does not inherit the handler.
    signal_hook::flag::register(SIGINT, Arc::default()).map_err(Failure::other)?;
    let Some(mut pager) = start_pager() else {
        return print(text);
    };
    if let Some(mut input) = pager.stdin.take() {
        written(input.write_all(text.as_bytes()))?;
    }
    pager.wait().map_err(Failure::other)?;
    Ok(())
}

/// Writes `text` to standard output.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let result = stdout.write_all(text.as_bytes());
    written(result.and_then(|()| stdout.flush()))
}

/// Starts the user's pager, or else less; `None` if there is neither.
fn start_pager() -> Option<Child> {
    let mut command = match env::var_os("PAGER") {
        Some(pager) if pager.is_empty() => return None,
        Some(pager) => {
            // PAGER may contain arguments.
            let mut shell = Command::new("/bin/sh");
            shell.arg("-c").arg(pager);
            shell
        }
        None => {
            let mut less = Command::new("less");
            less.arg("-R");
            less
        }
    };
    command.stdin(Stdio::piped()).spawn().ok()
}

/// Returns the outcome of writing. It is not a failure if the reader has closed the pipe.
fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::other(error)),
        _ => Ok(()),
    }
}
