//! `subscope completions`: scripts for shells.

use crate::cli::Completions;
use crate::host::{Failure, output};

/// Prints the script of a shell. Returns the exit code.
pub fn run(completions: &Completions) -> Result<u8, Failure> {
    output::write(&completions.script()?)?;
    Ok(0)
}
