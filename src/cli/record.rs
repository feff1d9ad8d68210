//! The options of `subscope record`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{Listen, Screen, Watch, values};
use crate::host::recorder::Rotation;

/// Recording messages to a file.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct Record {
    /// The file to write, as NDJSON; compressed if its name ends in .zst. Only you can read it
    #[arg(value_name = "FILE", value_parser = values::path())]
    pub path: PathBuf,
    /// Replace FILE if it exists
    #[arg(long)]
    pub force: bool,
    /// Record only messages that match QUERY; if repeated, all must match
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true)]
    pub filter: Vec<String>,
    /// Start a new file after this size or time, such as 100MiB or 1h. The full one gets its start
    /// time added to its name
    #[arg(long, value_name = "SIZE|TIME", value_parser = values::rotation)]
    pub rotate: Option<Rotation>,
    /// With --rotate: keep only the newest N full files
    #[arg(long, value_name = "N", requires = "rotate", value_parser = values::count)]
    pub keep_files: Option<u64>,
    /// End after this time, such as 30s or 5m
    #[arg(long = "for", value_name = "TIME", value_parser = values::duration)]
    pub time: Option<Duration>,
    /// What to subscribe to, and where.
    #[command(flatten)]
    pub listen: Listen,
}

impl Record {
    /// Returns the options that have a meaning on the screen too.
    pub fn watch(&mut self) -> Watch {
        Watch {
            listen: std::mem::take(&mut self.listen),
            screen: Screen {
                filter: std::mem::take(&mut self.filter),
                ..Screen::default()
            },
        }
    }
}
