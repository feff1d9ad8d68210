//! The input that a command receives: the message, on standard input or in a file.

use std::env;
use std::fs::{self, DirBuilder};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process;

use subscope::app::{CommandInput, CommandRequest};
use subscope::export::pretty;
use subscope::log::SharedBytes;

use crate::host::files::create_new;

/// The input of a command. Dropping it removes its file, if there is one.
pub struct Input {
    bytes: Option<SharedBytes>,
    file: Option<PathBuf>,
}

impl Input {
    /// Decodes the payload if necessary, and writes it to a file if the command needs one.
    pub fn prepare(request: &CommandRequest) -> io::Result<Self> {
        let shown = || pretty(&request.payload, request.choice.as_ref());
        let mut input = Self {
            bytes: None,
            file: None,
        };
        match request.command.input {
            CommandInput::Raw => input.bytes = Some(request.payload.clone()),
            CommandInput::Shown => input.bytes = Some(shown().text.into_bytes().into()),
            CommandInput::File => {
                let shown = shown();
                let name = format!("subscope-{}-{}", process::id(), request.id);
                let folder = env::temp_dir().join(name);
                DirBuilder::new().mode(0o700).create(&folder)?;
                let path = folder.join(format!("message.{}", shown.extension));
                input.file = Some(path.clone());
                create_new(&path)?.write_all(shown.text.as_bytes())?;
            }
        }
        Ok(input)
    }

    /// Returns the path of the file, if there is one.
    pub fn path(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Returns what to write to the standard input.
    pub fn take_bytes(&mut self) -> Option<SharedBytes> {
        self.bytes.take()
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        if let Some(folder) = self.file.as_deref().and_then(Path::parent) {
            let _ = fs::remove_dir_all(folder);
        }
    }
}
