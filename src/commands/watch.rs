//! `subscope [CHANNEL]...`: watch a server.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use super::target::{Found, find};
use super::{Failure, screen};
use crate::cli::Watch;
use crate::message::Topic;
use crate::server::Target;

/// Watches until the person quits. Gives the code to exit with.
///
/// # Errors
///
/// If the command line is wrong, or the terminal cannot be drawn on.
pub async fn run(watch: Watch) -> Result<u8, Failure> {
    let Found {
        target,
        tls,
        warning,
    } = find(&watch.server)?;
    if watch.sentinel_events && !matches!(target, Target::Sentinel(_)) {
        return Err(Failure::usage(format!(
            "--sentinel-events: '{target}' is not found by sentinels; give them as \
             redis+sentinel://host:port/master"
        )));
    }
    if let Some(warning) = warning {
        eprintln!("subscope: {warning}");
    }
    let topics = topics(&watch);
    let job = screen::Job {
        note: String::new(),
        warning,
        target,
        tls,
        topics,
        until: watch.until.as_deref().map(|text| text.as_bytes().into()),
        options: watch.screen,
    };
    screen::run(job).await
}

fn topics(watch: &Watch) -> Vec<Topic> {
    let mut topics = channels(watch);
    topics.extend(watch.shard.iter().map(|name| {
        if watch.exact {
            Topic::shard(name.as_bytes())
        } else {
            Topic::guess_shard(name.as_bytes())
        }
    }));
    if watch.sentinel_events {
        topics.push(Topic::sentinel(b"*"));
    }
    topics
}

/// The ordinary channels and patterns: all there are, if nothing else is asked for.
fn channels(watch: &Watch) -> Vec<Topic> {
    if watch.channels.is_empty() && watch.shard.is_empty() {
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
