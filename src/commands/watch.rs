//! `subscope [CHANNEL]...`: watch a server.

use std::env;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use super::{Failure, screen};
use crate::cli::Watch;
use crate::message::Topic;
use crate::server::{DEFAULT_URL, Endpoint};

/// Watches until the person quits. Gives the code to exit with.
///
/// # Errors
///
/// If the command line is wrong, or the terminal cannot be drawn on.
pub async fn run(watch: Watch) -> Result<u8, Failure> {
    let endpoint = endpoint(&watch)?;
    let topics = topics(&watch);
    let job = screen::Job {
        note: String::new(),
        endpoint,
        topics,
        until: watch.until.as_deref().map(|text| text.as_bytes().into()),
        options: watch.screen,
    };
    screen::run(job).await
}

fn topics(watch: &Watch) -> Vec<Topic> {
    if watch.channels.is_empty() {
        return vec![Topic::pattern(b"*")];
    }
    let topic = |name: &OsStr| {
        if watch.exact {
            Topic::channel(name.as_bytes())
        } else {
            Topic::guess(name.as_bytes())
        }
    };
    watch.channels.iter().map(|name| topic(name)).collect()
}

fn endpoint(watch: &Watch) -> Result<Endpoint, Failure> {
    let url = watch
        .url
        .clone()
        .or_else(|| variable("SUBSCOPE_URL"))
        .or_else(|| variable("REDIS_URL"));
    let endpoint =
        Endpoint::parse(url.as_deref().unwrap_or(DEFAULT_URL)).map_err(Failure::usage)?;
    if watch.askpass {
        let password = rpassword::prompt_password("Password: ").map_err(|error| {
            Failure::usage(format!(
                "--askpass: the password could not be read: {error}"
            ))
        })?;
        return Ok(endpoint.with_password(password));
    }
    if endpoint.has_password() {
        return Ok(endpoint);
    }
    let password = variable("SUBSCOPE_PASSWORD").or_else(|| variable("REDISCLI_AUTH"));
    Ok(match password {
        Some(password) => endpoint.with_password(password),
        None => endpoint,
    })
}

/// A variable of the environment, unless it is empty.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
