//! `subscope open`: the usual screen on recordings.

use std::io;
use std::path::Path;

use subscope::app::{Origin, Settings};
use subscope::payload::escape::whole;
use subscope::payload::figures;
use subscope::recording::{FileFormat, RecordingFile};

use super::input;
use crate::cli::merge::screen as screen_options;
use crate::cli::profile::{defaults, keymap};
use crate::cli::{Open, config_file, recipes, user_commands, user_decoders};
use crate::host::Failure;
use crate::host::failure::reason;
use crate::host::screen::{self, Show};

/// Shows the recordings until the user quits. Returns the exit code.
pub async fn run(open: Open) -> Result<u8, Failure> {
    let config = config_file::read(open.file.path.as_deref(), false)?.config;
    let defaults = defaults(&config)?;
    let options = screen_options(&defaults.options, open.screen).map_err(Failure::usage)?;
    let keymap = keymap(&config, &options)?;
    let files = open.paths.iter().map(|path| file(path, open.from_format));
    let files: Vec<RecordingFile> = files.collect::<Result<_, _>>()?;
    let settings = Settings {
        address: names(&files),
        origin: Origin::Recording,
        commands: user_commands::load(&config, &keymap)?,
        recipes: recipes::load(&config)?,
        user_decoders: user_decoders::load(&config)?,
        keymap,
        ..options.settings()?
    };
    let show = Show {
        settings,
        warning: None,
        terminal: options.terminal(),
        stats: options.stats,
    };
    Box::pin(screen::open(show, files)).await
}

/// Opens a file.
fn file(path: &Path, format: Option<FileFormat>) -> Result<RecordingFile, Failure> {
    input::file(path, format).map_err(|error| {
        let shown = input::name(path);
        if error.kind() == io::ErrorKind::InvalidData {
            let formats = FileFormat::ALL.map(FileFormat::name).join(", ");
            let problem = "neither a recording nor in another known format";
            return Failure::usage(format!("{shown}: {problem}; --from-format takes {formats}"));
        }
        Failure::usage(format!("{shown}: {}", reason(&error)))
    })
}

/// Returns the names of the files for the status line.
fn names(files: &[RecordingFile]) -> String {
    let first = files
        .first()
        .map(|file| whole(&file.name()))
        .unwrap_or_default();
    match files.len() {
        0 | 1 => first,
        several => format!(
            "{first} and {}",
            figures::counted(several as u64 - 1, "more file")
        ),
    }
}
