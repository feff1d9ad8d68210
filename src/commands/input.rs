//! Opening recordings: files, and what is piped in.

use std::env;
use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::time::{Duration, Instant};

use subscope::payload::figures;
use subscope::recording::{FileFormat, ReadOptions, Reader, RecordingFile};

use crate::host::failure::shown_path;
use crate::host::files::Part;

/// The path that stands for standard input.
const STDIN: &str = "-";

/// How it is called.
const STDIN_NAME: &str = "standard input";

/// The number of bytes copied at once.
const CHUNK: usize = 256 << 10;

/// How often the progress is shown.
const SHOW_EVERY: Duration = Duration::from_millis(200);

/// Returns whether a path stands for standard input.
pub fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == STDIN
}

/// Returns the name of a recording in errors.
pub fn name(path: &Path) -> String {
    if is_stdin(path) {
        STDIN_NAME.to_owned()
    } else {
        shown_path(path)
    }
}

/// Opens a recording to read it once. A file that grows, perhaps because what is read from it is
/// being recorded to it, is read only as far as it is now.
pub fn reader(path: &Path, format: Option<FileFormat>) -> io::Result<Reader> {
    let file = open(path)?;
    let found = file.metadata()?;
    let options = ReadOptions::new(format, &found);
    if found.is_file() {
        Reader::with(file.take(found.len()), options)
    } else {
        Reader::with(file, options)
    }
}

/// Opens a recording to read it at several places. What comes through a pipe is copied to a file
/// first, which nobody else can read and which is gone when the program ends.
pub fn file(path: &Path, format: Option<FileFormat>) -> io::Result<RecordingFile> {
    let mut file = open(path)?;
    let is_regular = file.metadata()?.is_file();
    if is_regular && !is_stdin(path) {
        return RecordingFile::open(path, format);
    }
    let name = name(path);
    if !is_regular {
        file = copied(file, &name)?;
    }
    RecordingFile::piped(file, name.into_bytes(), format)
}

fn open(path: &Path) -> io::Result<File> {
    if is_stdin(path) {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            return Err(io::Error::other("is a terminal; pipe a recording into it"));
        }
        return stdin.as_fd().try_clone_to_owned().map(File::from);
    }
    File::open(path)
}

/// Returns a copy of what comes through a pipe. Shows the progress on a terminal.
fn copied(mut pipe: File, name: &str) -> io::Result<File> {
    let (part, mut file) = Part::create(env::temp_dir().join(STDIN))?;
    // The file stays until it is closed, but has no name any more.
    drop(part);
    let is_shown = io::stderr().is_terminal();
    let mut buffer = vec![0; CHUNK];
    let mut size = 0;
    let mut shown: Option<Instant> = None;
    loop {
        if is_shown && shown.is_none_or(|shown| shown.elapsed() >= SHOW_EVERY) {
            shown = Some(Instant::now());
            let size = figures::size(size);
            // The line is only for information.
            let _ = write!(io::stderr(), "\rreading {name}: {size}\u{1b}[K");
        }
        let length = pipe.read(&mut buffer)?;
        if length == 0 {
            break;
        }
        file.write_all(&buffer[..length])?;
        size += length as u64;
    }
    if is_shown {
        let _ = write!(io::stderr(), "\r\u{1b}[K");
    }
    Ok(file)
}
