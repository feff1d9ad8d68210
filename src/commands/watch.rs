//! `subscope [CHANNEL]...`: watches a server.

use std::ffi::OsStr;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt as _;
use std::process;

use subscope::message::Topic;
use subscope::server::{OptionError, Target};
use subscope::terminal::signals::Signals;

use super::job;
use crate::cli::config_file;
use crate::cli::profile::{choose, keymap};
use crate::cli::target::{Found, find};
use crate::cli::{Watch, recipes, user_commands, user_decoders};
use crate::host::{Failure, report, screen};

/// Watches until the user quits. Returns the exit code.
pub async fn run(mut watch: Watch) -> Result<u8, Failure> {
    let file = config_file::read(watch.file.path.as_deref(), watch.profile.is_some())?;
    let mut chosen = match choose(&file, &watch).await? {
        ControlFlow::Continue(chosen) => chosen,
        ControlFlow::Break(exit_code) => return Ok(exit_code),
    };
    watch = chosen.add_to(watch)?;
    let keymap = keymap(&file.config, &watch.screen)?;
    let signals = chosen.signals.take();
    let guard = signals.map(|signals| tokio::spawn(exit_on_signal(signals)));
    let blame = |wrong| chosen.blame(wrong, &watch.server);
    let found = find(&watch.server).map_err(blame);
    if let Some(guard) = guard {
        guard.abort();
    }
    let Found {
        target,
        tls,
        mut warnings,
    } = found?;
    if watch.sentinel_events == Some(true) && !matches!(target, Target::Sentinel(_)) {
        let problem = "requires sentinels; use redis+sentinel://host:port/master";
        return Err(blame(OptionError::new("--sentinel-events", problem)));
    }
    warnings.extend(chosen.warning.clone());
    for warning in &warnings {
        report(warning);
    }
    let topics = topics(&watch)?;
    let mut job = job(watch.screen, target, tls)?;
    job.settings.profile = chosen.badge();
    job.settings.commands = user_commands::load(&file.config, &keymap)?;
    job.settings.recipes = recipes::load(&file.config)?;
    job.settings.user_decoders = user_decoders::load(&file.config)?;
    job.settings.keymap = keymap;
    job.server.until = watch.until.as_deref().map(|text| text.as_bytes().into());
    job.topics = topics;
    job.warning = (!warnings.is_empty()).then(|| warnings.join("; "));
    Box::pin(screen::run(job)).await
}

/// Ends the program on a signal while it prompts for a password, before the screen handles signals.
async fn exit_on_signal(mut signals: Signals) {
    loop {
        if let Some(exit_code) = signals.next().await.exit_code() {
            process::exit(exit_code.into());
        }
    }
}

/// Returns the subscriptions: `*` if none are requested.
fn topics(watch: &Watch) -> Result<Vec<Topic>, Failure> {
    let mut names = watch.channels.iter().chain(&watch.shard);
    if watch.exact != Some(true) && names.any(|name| is_url(name)) {
        return Err(Failure::usage(
            "a CHANNEL looks like a server URL; use -u for a server, --exact for a channel",
        ));
    }
    let is_exact = watch.exact == Some(true);
    let channel = if is_exact {
        Topic::channel
    } else {
        Topic::guess
    };
    let shard = if is_exact {
        Topic::shard
    } else {
        Topic::guess_shard
    };
    let channels = watch.channels.iter().map(|name| channel(name.as_bytes()));
    let shards = watch.shard.iter().map(|name| shard(name.as_bytes()));
    let mut topics: Vec<Topic> = channels.chain(shards).collect();
    if topics.is_empty() {
        topics.push(Topic::pattern(b"*"));
    }
    if watch.sentinel_events == Some(true) {
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
