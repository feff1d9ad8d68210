//! The options of `subscope open`.

use std::path::PathBuf;

use clap::Args;
use subscope::recording::FileFormat;

use super::{ConfigOption, Screen, values};

/// Showing recordings.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct Open {
    /// The recordings; several are merged by time. - is standard input
    #[arg(value_name = "FILE", required = true, value_parser = values::path())]
    pub paths: Vec<PathBuf>,
    /// The format of the files, if it is not found out: recording, redis-cli, redis-cli-raw,
    /// redis-cli-json, redis-cli-csv, monitor or mqttui
    #[arg(long, value_name = "NAME", value_parser = values::file_format)]
    pub from_format: Option<FileFormat>,
    /// The config file.
    #[command(flatten)]
    pub file: ConfigOption,
    /// How the screen behaves.
    #[command(flatten)]
    pub screen: Screen,
}
