//! The history of queries, in a file in the user's state folder: one query per line, newest last.

use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use super::state::folder;

/// Maximum number of lines read.
const MAX_LINES: usize = 500;

/// Size above which the file is rewritten with only the lines that would be read.
const MAX_BYTES: u64 = 256 << 10;

/// Returns the saved queries without duplicates, oldest first. Empty if the file cannot be read.
pub fn load() -> Vec<String> {
    let text = path().and_then(fs::read).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let mut seen = HashSet::new();
    let newest = text.lines().rev().filter(|line| !line.trim().is_empty());
    let unique = newest.filter(|line| seen.insert(*line)).take(MAX_LINES);
    let mut queries: Vec<String> = unique.map(str::to_owned).collect();
    queries.reverse();
    queries
}

/// Appends a query to the history.
pub fn append(query: &str) -> io::Result<()> {
    let path = path()?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    if fs::metadata(&path).is_ok_and(|file| file.len() > MAX_BYTES) {
        fs::write(&path, load().join("\n") + "\n")?;
    }
    // Queries are private: only the owner may read the file.
    let mut options = OpenOptions::new();
    let mut file = options.create(true).append(true).mode(0o600).open(&path)?;
    writeln!(file, "{query}")
}

fn path() -> io::Result<PathBuf> {
    Ok(folder()?.join("queries"))
}
