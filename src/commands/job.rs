//! What the command line and the config file ask for, put together: the same for every command that
//! receives messages.

use std::ffi::OsStr;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt as _;
use std::process;

use subscope::app::{RedisCli, Settings, connection_words, password_command_words};
use subscope::log::PayloadLimit;
use subscope::message::Topic;
use subscope::server::{Config, OptionError, Target};
use subscope::terminal::signals::Signals;

use crate::cli::profile::{choose, keymap};
use crate::cli::target::{Found, PASSWORD_COMMAND, find};
use crate::cli::{
    Listen, Screen, Watch, config_file, recipes, redis_cli, user_commands, user_decoders,
};
use crate::host::screen::Job;
use crate::host::{Failure, password, report};

/// Returns the job of watching as `watch` and the config file say. Breaks with the exit code if the
/// user was to pick a profile and picked none.
pub async fn prepare(mut watch: Watch) -> Result<ControlFlow<u8, Job>, Failure> {
    let connect = &watch.listen.connect;
    let file = config_file::read(connect.file.path.as_deref(), connect.profile.is_some())?;
    let mut chosen = match choose(&file, &watch).await? {
        ControlFlow::Continue(chosen) => chosen,
        ControlFlow::Break(exit_code) => return Ok(ControlFlow::Break(exit_code)),
    };
    watch = chosen.add_to(watch)?;
    let keymap = keymap(&file.config, &watch.screen)?;
    let signals = chosen.signals.take();
    let guard = signals.map(|signals| tokio::spawn(exit_on_signal(signals)));
    let server = &watch.listen.connect.server;
    let blame = |wrong| chosen.blame(wrong, server);
    let found = async {
        let found = find(server).map_err(blame)?;
        let found = with_login_source(found).await.map_err(blame)?;
        log_in_to_ssh(&found).await?;
        Ok(found)
    };
    let found: Result<Found, Failure> = found.await;
    if let Some(guard) = guard {
        guard.abort();
    }
    let mut found = found?;
    let mut warnings = std::mem::take(&mut found.warnings);
    if watch.listen.sentinel_events == Some(true) && !matches!(found.target, Target::Sentinel(_)) {
        let problem = "requires sentinels; use redis+sentinel://host:port/master";
        return Err(blame(OptionError::new("--sentinel-events", problem)));
    }
    warnings.extend(chosen.warning.clone());
    for warning in &warnings {
        report(warning);
    }
    let topics = topics(&watch.listen)?;
    let mut job = job(watch.screen, found)?;
    job.settings.profile = chosen.badge();
    job.settings.commands = user_commands::load(&file.config, &keymap)?;
    job.settings.recipes = recipes::load(&file.config)?;
    job.settings.user_decoders = user_decoders::load(&file.config)?;
    job.settings.keymap = keymap;
    job.server.until = watch.listen.until.map(|text| text.as_bytes().into());
    job.topics = topics;
    job.warning = (!warnings.is_empty()).then(|| warnings.join("; "));
    Ok(ControlFlow::Continue(job))
}

/// Logs in to the SSH server that connections go through, if there is one. The user may be prompted.
async fn log_in_to_ssh(found: &Found) -> Result<(), Failure> {
    let Some(via) = &found.via else {
        return Ok(());
    };
    let logged_in = via.log_in().await;
    logged_in.map_err(|error| Failure::other(connection_words(&error)))
}

/// Returns the job of watching the server found, according to the options that all commands share.
/// The job has no topics yet.
pub fn job(options: Screen, found: Found) -> Result<Job, Failure> {
    let Found {
        target,
        tls,
        via,
        address_map,
        settings: url_settings,
        password_command: _,
        warnings: _,
    } = found;
    let tls_settings = tls.as_ref().map(|loaded| &loaded.settings);
    let settings = Settings {
        address: target.to_string(),
        is_insecure: tls_settings.is_some_and(|tls| tls.is_insecure),
        redis_cli: match &target {
            // A message published to a sentinel reaches no channel of the master.
            Target::Sentinel(_) => RedisCli::default(),
            // It cannot connect through a command.
            _ if via.is_some() => RedisCli::default(),
            target => redis_cli::options(target.any_address(), tls_settings),
        },
        ..options.settings()?
    };
    let mut server = Config {
        tls: tls.map(|loaded| loaded.tls),
        via,
        address_map,
        read_only: options.read_only == Some(true),
        payload_limit: PayloadLimit::within(options.memory()),
        ..Config::new(target)
    };
    server.apply(url_settings);
    Ok(Job {
        settings,
        server,
        topics: Vec::new(),
        warning: None,
        terminal: options.terminal(),
        stats: options.stats,
    })
}

/// Runs the password command, if there is one, for the first login. Later logins run it again.
async fn with_login_source(found: Found) -> Result<Found, OptionError> {
    let Some(command) = &found.password_command else {
        return Ok(found);
    };
    let (first, source) = password::source(command)
        .await
        .map_err(|error| OptionError::new(PASSWORD_COMMAND, password_command_words(&error)))?;
    let target = found
        .target
        .with_login_source(&source, first.user.as_deref());
    Ok(Found { target, ..found })
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
fn topics(listen: &Listen) -> Result<Vec<Topic>, Failure> {
    let mut names = listen.channels.iter().chain(&listen.shard);
    if listen.exact != Some(true) && names.any(|name| is_url(name)) {
        return Err(Failure::usage(
            "a CHANNEL looks like a server URL; use -u for a server, --exact for a channel",
        ));
    }
    let is_exact = listen.exact == Some(true);
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
    let channels = listen.channels.iter().map(|name| channel(name.as_bytes()));
    let shards = listen.shard.iter().map(|name| shard(name.as_bytes()));
    let mut topics: Vec<Topic> = channels.chain(shards).collect();
    if topics.is_empty() {
        topics.push(Topic::pattern(b"*"));
    }
    if listen.sentinel_events == Some(true) {
        topics.push(Topic::sentinel(b"*"));
    }
    Ok(topics)
}

/// Fails if the channel to publish to looks like the URL of a server.
pub fn refuse_url(channel: &OsStr) -> Result<(), Failure> {
    if is_url(channel) {
        return Err(Failure::usage(
            "the CHANNEL looks like a server URL; use -u for a server",
        ));
    }
    Ok(())
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
