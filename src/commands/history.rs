//! The queries of earlier runs, in a file of the person's own: one a line, the newest last.

use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use etcetera::BaseStrategy as _;

/// Lines that are read.
const MAX_LINES: usize = 500;

/// From this size on the file is written anew, with the lines that would be read.
const MAX_BYTES: u64 = 256 << 10;

/// The queries kept, oldest first, each once. None if there is no file that can be read.
pub(super) fn load() -> Vec<String> {
    let text = path().and_then(fs::read).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let mut seen = HashSet::new();
    let newest = text.lines().rev().filter(|line| !line.trim().is_empty());
    let mut queries: Vec<String> = newest
        .filter(|line| seen.insert(*line))
        .take(MAX_LINES)
        .map(str::to_owned)
        .collect();
    queries.reverse();
    queries
}

/// Keeps one more query.
///
/// # Errors
///
/// If there is no place for it, or the file cannot be written.
pub(super) fn append(query: &str) -> io::Result<()> {
    let path = path()?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    if fs::metadata(&path).is_ok_and(|file| file.len() > MAX_BYTES) {
        fs::write(&path, load().join("\n") + "\n")?;
    }
    // What is looked for in other people's messages is nobody else's business.
    let mut options = OpenOptions::new();
    let mut file = options.create(true).append(true).mode(0o600).open(&path)?;
    writeln!(file, "{query}")
}

fn path() -> io::Result<PathBuf> {
    let base = etcetera::choose_base_strategy().map_err(io::Error::other)?;
    let folder = base.state_dir().unwrap_or_else(|| base.data_dir());
    Ok(folder.join("subscope").join("queries"))
}
