//! The user's editor.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use subscope::app::{CommandEnd, EditRequest};
use subscope::terminal::input as keyboard;

use super::private_file::PrivateFile;
use crate::host::processes::{Job, Process};

/// The editor if the user has not chosen one.
const DEFAULT: &str = "vi";

/// Maximum number of bytes that are read from an edited file. The box takes fewer.
const MAX_FILE: u64 = 64 << 20;

/// How an editor has ended, and the file that it has written.
pub type Outcome = (CommandEnd, io::Result<Vec<u8>>);

/// Returns the command line of the user's editor.
///
/// # Errors
///
/// Returns the reason if there is no editor.
pub fn find() -> Result<OsString, String> {
    let chosen = ["VISUAL", "EDITOR"].iter().filter_map(env::var_os);
    let mut chosen = chosen.filter(|line| !line.as_encoded_bytes().trim_ascii().is_empty());
    if let Some(line) = chosen.next() {
        return Ok(line);
    }
    if is_on_path(DEFAULT) {
        return Ok(DEFAULT.into());
    }
    Err(format!(
        "no editor: {DEFAULT} is not installed; set $EDITOR to the one to use"
    ))
}

fn is_on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| {
        let found = fs::metadata(folder.join(program));
        found.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    })
}

/// Runs the editor on a file with the text, and reads the file once it has ended.
pub fn run(editor: &OsStr, request: &EditRequest, process: &Process) -> Outcome {
    let run = || -> io::Result<Outcome> {
        let file = PrivateFile::create(request.extension, request.text.as_bytes())?;
        // As for other programs, the variable may contain arguments.
        let mut line = editor.to_owned();
        line.push(" \"$SUBSCOPE_FILE\"");
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(line);
        command.env("SUBSCOPE_FILE", file.path());
        command.stdin(keyboard::terminal()?);
        let end = process.run(Job {
            command,
            input: None,
            max_time: None,
            output: None,
            leaves_process: false,
        })?;
        Ok((end, read(file.path())))
    };
    run().unwrap_or_else(|error| (CommandEnd::NotStarted(error.to_string()), Ok(Vec::new())))
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    File::open(path)?.take(MAX_FILE).read_to_end(&mut content)?;
    Ok(content)
}
