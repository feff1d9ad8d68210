//! `subscope [CHANNEL]...`: watches a server.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::process;

use subscope::message::Topic;
use subscope::server::Target;
use subscope::terminal::signals::Signals;

use super::job;
use crate::cli::Watch;
use crate::cli::profile::{Choice, choose};
use crate::cli::target::{Found, TargetError, find};
use crate::host::{Failure, report, screen};

/// Watches until the user quits. Returns the exit code.
pub async fn run(mut watch: Watch) -> Result<u8, Failure> {
    let mut profile = None;
    if let Some(name) = &watch.profile {
        match choose(name.as_deref(), watch.config.as_deref(), &watch.screen).await? {
            Choice::Profile(chosen) => {
                watch = chosen.add_to(watch)?;
                profile = Some(chosen);
            }
            Choice::Nothing(exit_code) => return Ok(exit_code),
        }
    }
    let signals = profile.as_mut().and_then(|chosen| chosen.signals.take());
    let guard = signals.map(|signals| tokio::spawn(exit_on_signal(signals)));
    let blame = |wrong| match &profile {
        Some(chosen) => chosen.blame(wrong, &watch.server),
        None => Failure::from(wrong),
    };
    let found = find(&watch.server).map_err(blame);
    if let Some(guard) = guard {
        guard.abort();
    }
    let Found {
        target,
        tls,
        mut warnings,
    } = found?;
    if watch.sentinel_events && !matches!(target, Target::Sentinel(_)) {
        let problem = "requires sentinels; use redis+sentinel://host:port/master";
        return Err(blame(TargetError::new("--sentinel-events", problem)));
    }
    warnings.extend(profile.as_ref().and_then(|chosen| chosen.warning.clone()));
    for warning in &warnings {
        report(warning);
    }
    let topics = topics(&watch)?;
    let mut job = job(watch.screen, target, tls)?;
    job.settings.profile = profile.map(|chosen| chosen.badge());
    job.server.until = watch.until.as_deref().map(|text| text.as_bytes().into());
    job.topics = topics;
    job.warning = (!warnings.is_empty()).then(|| warnings.join("; "));
    screen::run(job).await
}

/// Ends the program on a signal while it prompts for a password, before the screen handles signals.
async fn exit_on_signal(mut signals: Signals) {
    loop {
        if let Some(exit_code) = signals.next().await.exit_code() {
            process::exit(exit_code.into());
        }
    }
}

fn topics(watch: &Watch) -> Result<Vec<Topic>, Failure> {
    let mut names = watch.channels.iter().chain(&watch.shard);
    if !watch.exact && names.any(|name| is_url(name)) {
        return Err(Failure::usage(
            "a CHANNEL looks like a server URL; use -u for a server, --exact for a channel",
        ));
    }
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
    Ok(topics)
}

/// Returns whether `name` starts like the URL of a server. Such a name must not be sent as a
/// channel, because it may contain a password.
fn is_url(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let scheme = name.split_once("://").map(|(scheme, _)| scheme);
    let is_known = |scheme: &str| {
        let scheme = scheme.to_ascii_lowercase();
        let first = scheme.split('+').next().unwrap_or_default();
        ["redis", "rediss", "valkey", "valkeys", "unix"].contains(&first)
    };
    scheme.is_some_and(is_known)
}

/// Returns the ordinary channels and patterns: `*` if nothing else is requested.
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
