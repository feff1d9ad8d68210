//! The pipes to and from a process, which never block: a process need neither read nor write.

use std::io::{self, ErrorKind, PipeReader, Read as _, Write as _};
use std::process::ChildStdin;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionbio};
use subscope::log::SharedBytes;

/// The size of the pieces in which bytes are passed on.
const PIECE: usize = 16 << 10;

/// The open pipes of a process.
#[derive(Default)]
pub struct Pipes {
    input: Option<Input>,
    output: Option<PipeReader>,
}

struct Input {
    pipe: ChildStdin,
    bytes: SharedBytes,
    written: usize,
}

impl Pipes {
    /// Writes `bytes` to `pipe`.
    pub fn write_to(&mut self, pipe: ChildStdin, bytes: SharedBytes) -> io::Result<()> {
        ioctl_fionbio(&pipe, true)?;
        self.input = Some(Input {
            pipe,
            bytes,
            written: 0,
        });
        Ok(())
    }

    /// Reads the output from `pipe`.
    pub fn read_from(&mut self, pipe: PipeReader) -> io::Result<()> {
        ioctl_fionbio(&pipe, true)?;
        self.output = Some(pipe);
        Ok(())
    }

    /// Writes no more.
    pub fn end_input(&mut self) {
        self.input = None;
    }

    /// Returns whether the output has not ended.
    pub fn has_output(&self) -> bool {
        self.output.is_some()
    }

    /// Returns whether nothing is left to write or read.
    pub fn are_closed(&self) -> bool {
        self.input.is_none() && self.output.is_none()
    }

    /// Waits for `time` at most, and passes on what is possible. Returns whether the output may go on
    /// without a pause.
    pub fn exchange(&mut self, time: Duration, take: &mut dyn FnMut(&[u8])) -> io::Result<bool> {
        if self.are_closed() {
            thread::sleep(time);
            return Ok(false);
        }
        let input = self.input.as_ref().map(|input| &input.pipe);
        let input = input.map(|pipe| PollFd::new(pipe, PollFlags::OUT));
        let output = self.output.as_ref();
        let output = output.map(|pipe| PollFd::new(pipe, PollFlags::IN));
        let mut waited: Vec<PollFd<'_>> = input.into_iter().chain(output).collect();
        let time = Timespec::try_from(time).map_err(io::Error::other)?;
        match poll(&mut waited, Some(&time)) {
            Ok(0) => return Ok(false),
            Err(Errno::INTR) => return Ok(true),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        drop(waited);
        self.write();
        self.read(take)
    }

    /// Writes what the pipe takes. It is closed at the end, or once nothing reads it.
    fn write(&mut self) {
        let Some(input) = &mut self.input else {
            return;
        };
        let end = input.bytes.len().min(input.written + PIECE);
        match input.pipe.write(&input.bytes[input.written..end]) {
            Ok(count) => input.written += count,
            Err(error) if is_passing(&error) => {}
            Err(_) => input.written = input.bytes.len(),
        }
        if input.written == input.bytes.len() {
            self.input = None;
        }
    }

    fn read(&mut self, take: &mut dyn FnMut(&[u8])) -> io::Result<bool> {
        let Some(output) = &mut self.output else {
            return Ok(false);
        };
        let mut buffer = [0; PIECE];
        match output.read(&mut buffer) {
            Ok(0) => self.output = None,
            Ok(count) => take(&buffer[..count]),
            Err(error) if is_passing(&error) => return Ok(false),
            Err(error) => return Err(error),
        }
        Ok(true)
    }
}

/// Returns whether the same call may succeed later.
fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
