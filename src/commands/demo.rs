//! `subscope demo`: the usual screen, connected to the embedded broker.

use subscope::broker::{Broker, Settings, traffic};
use subscope::message::Topic;
use subscope::server::Endpoint;

use super::job::job;
use crate::cli::merge::screen as screen_options;
use crate::cli::profile::{defaults, keymap};
use crate::cli::target::Found;
use crate::cli::{Demo, config_file, recipes, user_commands, user_decoders};
use crate::host::{Failure, screen};

/// The default of `--seed`.
const DEFAULT_SEED: u64 = 1;

/// Runs the embedded broker with sample traffic, and watches it until the user quits. Returns the
/// exit code.
pub async fn run(demo: Demo) -> Result<u8, Failure> {
    let file = config_file::read(demo.file.path.as_deref(), false)?;
    let defaults = defaults(&file.config)?;
    let options = screen_options(&defaults.options, demo.screen).map_err(Failure::usage)?;
    let keymap = keymap(&file.config, &options)?;
    let broker = Broker::start(Settings::default())
        .await
        .map_err(|error| Failure::other(format!("cannot start the demo's broker: {error}")))?;
    let address = broker.address();
    let endpoint = Endpoint::parse(&format!("redis://{address}")).map_err(Failure::other)?;
    let mut job = job(options, Found::at(endpoint))?;
    job.settings.commands = user_commands::load(&file.config, &keymap)?;
    job.settings.recipes = recipes::load(&file.config)?;
    job.settings.user_decoders = user_decoders::load(&file.config)?;
    job.settings.keymap = keymap;
    job.settings.note = format!("join in: redis-cli -p {}", address.port());
    job.topics = vec![Topic::pattern(b"*")];
    let seed = demo.seed.or(defaults.seed).unwrap_or(DEFAULT_SEED);
    let playing = tokio::spawn(traffic::play(broker.publisher(), seed));
    let result = Box::pin(screen::run(job)).await;
    playing.abort();
    broker.stop().await;
    result
}
