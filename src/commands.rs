//! The commands, one file each. They wire all lower layers together.

pub mod config;
pub mod demo;
pub mod help;
pub mod keys;
pub mod watch;

use subscope::app::{RedisCli, Settings};
use subscope::log::PayloadLimit;
use subscope::server::{Config, Target};

use crate::cli::target::LoadedTls;
use crate::cli::{Screen, redis_cli};
use crate::host::Failure;
use crate::host::screen::Job;

/// Returns the job of watching `target` according to the options that all commands share. The job
/// has no topics yet.
fn job(options: Screen, target: Target, tls: Option<LoadedTls>) -> Result<Job, Failure> {
    let tls_settings = tls.as_ref().map(|loaded| &loaded.settings);
    let settings = Settings {
        address: target.to_string(),
        is_insecure: tls_settings.is_some_and(|tls| tls.is_insecure),
        redis_cli: match &target {
            // A message published to a sentinel reaches no channel of the master.
            Target::Sentinel(_) => RedisCli::default(),
            target => redis_cli::options(target.any_address(), tls_settings),
        },
        ..options.settings()?
    };
    let server = Config {
        tls: tls.map(|loaded| loaded.tls),
        read_only: options.read_only == Some(true),
        payload_limit: PayloadLimit::within(options.memory()),
        ..Config::new(target)
    };
    Ok(Job {
        settings,
        server,
        topics: Vec::new(),
        warning: None,
        notice: None,
        terminal: options.terminal(),
        stats: options.stats,
    })
}
