//! The recipes of the config file, followed by those that come with the program.

use subscope::config::{Config, ConfigError};
use subscope::recipes::{self, Recipes};

use super::config_file;
use crate::host::Failure;

/// Returns all recipes.
pub fn load(config: &Config) -> Result<Recipes, Failure> {
    let errors = mistakes(config);
    if !errors.is_empty() {
        return Err(config_file::failure(&errors));
    }
    let (own, _) = recipes::read(config.recipes.rest());
    Ok(Recipes::with_shipped(own))
}

/// Returns what is wrong with the recipes in the config file, by line.
pub fn mistakes(config: &Config) -> Vec<ConfigError> {
    let (_, mut errors) = recipes::read(config.recipes.rest());
    errors.extend(config.recipes.errors().iter().cloned());
    errors.sort_by_key(ConfigError::line);
    errors
}
