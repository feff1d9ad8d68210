//! The input that a command receives: the message, on standard input or in a file.

use std::io;
use std::path::Path;

use subscope::app::{CommandInput, CommandRequest};
use subscope::export::pretty;
use subscope::log::SharedBytes;

use super::private_file::PrivateFile;

/// The input of a command. Dropping it removes its file, if there is one.
pub struct Input {
    bytes: Option<SharedBytes>,
    file: Option<PrivateFile>,
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
                let file = PrivateFile::create(shown.extension, shown.text.as_bytes())?;
                input.file = Some(file);
            }
        }
        Ok(input)
    }

    /// Returns the path of the file, if there is one.
    pub fn path(&self) -> Option<&Path> {
        self.file.as_ref().map(PrivateFile::path)
    }

    /// Returns what to write to the standard input.
    pub fn take_bytes(&mut self) -> Option<SharedBytes> {
        self.bytes.take()
    }
}
