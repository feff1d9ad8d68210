//! `subscope [CHANNEL]...`: watches a server.

use std::ops::ControlFlow;

use super::job::prepare;
use crate::cli::Watch;
use crate::host::{Failure, screen};

/// Watches until the user quits. Returns the exit code.
pub async fn run(watch: Watch) -> Result<u8, Failure> {
    match prepare(watch).await? {
        ControlFlow::Continue(job) => Box::pin(screen::run(job)).await,
        ControlFlow::Break(exit_code) => Ok(exit_code),
    }
}
