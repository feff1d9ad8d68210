//! The user's own decoders from the config file.

use std::sync::Arc;

use subscope::app::UserDecoder;
use subscope::config::Config;

use super::config_file;
use crate::host::Failure;

/// Returns the decoders in the config file.
pub fn load(config: &Config) -> Result<Vec<Arc<UserDecoder>>, Failure> {
    let entries = config.decoders.valid();
    let entries = entries.map_err(config_file::failure)?.iter();
    let decoders = entries.map(|entry| {
        Arc::new(UserDecoder {
            name: entry.name.clone(),
            channel: entry.channel.as_bytes().into(),
            command: entry.command.clone(),
            time_limit: entry.time_limit,
        })
    });
    Ok(decoders.collect())
}
