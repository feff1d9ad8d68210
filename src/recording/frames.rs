//! Reading a file in Zstandard format frame by frame.

use std::io::{self, BufRead, Read};

/// A decoder of one frame.
type Frame<R> = zstd::Decoder<'static, Counted<R>>;

/// Reads the frames of a file one after the other, and tells where each starts.
pub(super) struct Frames<R: BufRead> {
    /// The frame that is being read.
    frame: Option<Frame<R>>,
    /// The file between two frames.
    between: Option<Counted<R>>,
}

/// What was read.
pub(super) struct FrameRead {
    /// The number of bytes; 0 at the end of the file.
    pub length: usize,
    /// The position in the file of the frame that starts with these bytes.
    pub frame: Option<u64>,
}

impl<R: BufRead> Frames<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            frame: None,
            between: Some(Counted { input, count: 0 }),
        }
    }

    /// Returns the position in the file.
    pub(super) fn offset(&self) -> u64 {
        let within = self.frame.as_ref().map(Frame::get_ref);
        let input = within.or(self.between.as_ref());
        input.map_or(0, |input| input.count)
    }

    /// Reads the next bytes, which never come from two frames.
    pub(super) fn read(&mut self, target: &mut [u8]) -> io::Result<FrameRead> {
        let mut started = None;
        loop {
            if let Some(mut input) = self.between.take() {
                if input.fill_buf()?.is_empty() {
                    self.between = Some(input);
                    return Ok(FrameRead {
                        length: 0,
                        frame: None,
                    });
                }
                started = Some(input.count);
                self.frame = Some(Frame::with_buffer(input)?.single_frame());
            }
            let Some(frame) = &mut self.frame else {
                return Ok(FrameRead {
                    length: 0,
                    frame: None,
                });
            };
            let length = match frame.read(target) {
                // A recording that was cut off, such as by a crash, ends there.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => 0,
                read => read?,
            };
            if length > 0 {
                let frame = started;
                return Ok(FrameRead { length, frame });
            }
            self.between = self.frame.take().map(Frame::finish);
        }
    }
}

/// An input that counts the bytes that are taken from it.
struct Counted<R> {
    input: R,
    count: u64,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let length = self.input.read(target)?;
        self.count += length as u64;
        Ok(length)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.input.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.count += amount as u64;
        self.input.consume(amount);
    }
}
