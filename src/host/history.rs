//! The history of queries, in a file in the user's state folder: one query per line, newest last.

use std::collections::HashSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::files;
use super::state::folder;

/// Maximum number of queries kept.
const MAX_LINES: usize = 500;

/// Returns the saved queries without duplicates, oldest first. Empty if the file cannot be read.
pub fn load() -> Vec<String> {
    path().and_then(|path| read(&path)).unwrap_or_default()
}

/// Appends a query to the history.
pub fn append(query: &str) -> io::Result<()> {
    append_to(&path()?, query)
}

fn path() -> io::Result<PathBuf> {
    Ok(folder()?.join("queries"))
}

fn append_to(path: &Path, query: &str) -> io::Result<()> {
    let mut queries = match read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        read => read?,
    };
    queries.push(query.to_owned());
    files::replace(path, (queries.join("\n") + "\n").as_bytes())
}

fn read(path: &Path) -> io::Result<Vec<String>> {
    let text = fs::read(path)?;
    let text = String::from_utf8_lossy(&text);
    let mut seen = HashSet::new();
    let newest = text.lines().rev().filter(|line| !line.trim().is_empty());
    let unique = newest.filter(|line| seen.insert(*line)).take(MAX_LINES);
    let mut queries: Vec<String> = unique.map(str::to_owned).collect();
    queries.reverse();
    Ok(queries)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use super::*;

    #[test]
    fn a_query_is_added_to_a_whole_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state").join("queries");
        for query in ["a", "b", "a"] {
            append_to(&path, query).unwrap();
        }
        assert_eq!(read(&path).unwrap(), ["b", "a"]);
        // A session that reads the file meanwhile sees the old one.
        let reader = fs::File::open(&path).unwrap();
        append_to(&path, "c").unwrap();
        assert_eq!(io::read_to_string(reader).unwrap(), "a\nb\na\n");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn only_the_newest_queries_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queries");
        let all: Vec<String> = (0..2 * MAX_LINES)
            .map(|number| number.to_string())
            .collect();
        fs::write(&path, all.join("\n")).unwrap();
        append_to(&path, "new").unwrap();
        let queries = read(&path).unwrap();
        assert_eq!(queries.len(), MAX_LINES);
        assert_eq!(queries.last().unwrap(), "new");
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert_eq!(lines, MAX_LINES + 1);
    }

    #[test]
    fn a_history_that_cannot_be_read_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queries");
        fs::create_dir(&path).unwrap();
        assert!(append_to(&path, "new").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
