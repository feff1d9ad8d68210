//! What the commands that publish have in common.

use std::ops::ControlFlow;
use std::time::Duration;

use subscope::app::{connection_words, publish_error_words};
use subscope::message::ConnectionError;
use subscope::server::{PublishError, Publisher};
use subscope::terminal::signals::Signals;
use tokio::time::Instant;

use super::job::prepare;
use crate::cli::Sending;
use crate::host::screen::Job;
use crate::host::{Failure, report};

/// Returns the job as the options and the config file say. Fails if they forbid publishing.
pub async fn prepare_sending(sending: &mut Sending) -> Result<ControlFlow<u8, Job>, Failure> {
    let job = match prepare(sending.watch()).await? {
        ControlFlow::Continue(job) => job,
        ControlFlow::Break(exit_code) => return Ok(ControlFlow::Break(exit_code)),
    };
    if !job.settings.read_only {
        return Ok(ControlFlow::Continue(job));
    }
    Err(Failure::usage(if job.settings.is_file_read_only {
        "read-only: publishing is off (config file); --read-only=false allows it"
    } else {
        "read-only: publishing is off; leave out --read-only to publish"
    }))
}

/// Connects to the server of a job.
pub async fn connect(job: Job) -> Result<Publisher, Failure> {
    let address = job.settings.address;
    let connected = Publisher::connect(job.server).await;
    connected.map_err(|error| Failure::unconnected(&address, &error))
}

/// Sends everything that was pushed. While there is no connection, says so and tries again. Returns
/// for how long there was none.
pub async fn flush(publisher: &mut Publisher, address: &str) -> Result<Duration, Failure> {
    let started = Instant::now();
    let mut is_reported = false;
    while let Err(error) = publisher.flush().await {
        if error.is_refusal() {
            return Err(Failure::unconnected(address, &error));
        }
        if !std::mem::replace(&mut is_reported, true) {
            let reason = connection_words(&error);
            report(format!("{address}: {reason}; trying again until it works"));
        }
        publisher.pause().await;
    }
    if !is_reported {
        return Ok(Duration::ZERO);
    }
    report(format!("{address}: connected again"));
    Ok(started.elapsed())
}

/// Waits for a signal that ends the program. Returns the exit code.
pub async fn ending(signals: &mut Signals) -> u8 {
    loop {
        if let Some(exit_code) = signals.next().await.exit_code() {
            return exit_code;
        }
    }
}

/// Returns the text for `count` messages that may have been published, because the connection was
/// lost before the answer.
pub fn unknown_words(count: u64, error: &ConnectionError) -> String {
    if count == 1 {
        return publish_error_words(&PublishError::Unknown(error.clone()));
    }
    let reason = connection_words(error);
    format!("unknown whether {count} messages were published: {reason}")
}
