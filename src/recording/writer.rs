//! Writing recordings, in whole lines.

use std::io::{self, Write};

use super::line::{Line, Message};
use super::row::{Header, VERSION};
use super::stamp::Stamps;
use crate::log::{Batch, BatchMessage, BatchRow, Excerpt, ExcerptContent, Segment, SegmentRow};
use crate::message::{Notice, SubscriptionId, Time, Topic};
use crate::payload::figures::{Clock, Zone};

/// How much text is collected before it is written, in bytes.
const BUFFER: usize = 256 << 10;

/// The number of bytes in a frame of compressed text, before compression. Reading can start at any
/// frame.
const FRAME: u64 = 4 << 20;

/// The compression level: about as fast as writing to a disk.
const LEVEL: i32 = 1;

/// Whether a recording is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Plain NDJSON.
    #[default]
    None,
    /// Zstandard.
    Zstd,
}

impl Compression {
    /// Returns the compression for a file with this name: Zstandard if it ends in `.zst`.
    pub fn of(name: &str) -> Self {
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        if extension.is_some_and(|extension| extension.eq_ignore_ascii_case("zst")) {
            Self::Zstd
        } else {
            Self::None
        }
    }
}

enum Output<W: Write> {
    Plain(W),
    Packed {
        encoder: Box<zstd::Encoder<'static, W>>,
        /// The number of bytes in the frame so far, before compression.
        length: u64,
    },
    /// Starting a frame has failed.
    Broken,
}

/// Writes a recording.
pub struct Writer<W: Write> {
    output: Output<W>,
    buffer: Vec<u8>,
    stamps: Stamps,
    written: u64,
}

impl<W: Write> Writer<W> {
    /// Starts a recording on `out`.
    ///
    /// # Errors
    ///
    /// Fails if the compressor cannot be created.
    pub fn new(out: W, compression: Compression, header: &Header) -> io::Result<Self> {
        let output = match compression {
            Compression::None => Output::Plain(out),
            Compression::Zstd => Output::packed(out)?,
        };
        let mut writer = Self {
            output,
            buffer: Vec::with_capacity(BUFFER),
            stamps: Stamps::new(Clock::new(Zone::Utc)),
            written: 0,
        };
        let version = VERSION.to_string();
        let mut line = Line::starting_with("recording", &version, &mut writer.buffer);
        line.add_text("program", &header.program);
        line.add_text("server", &header.server);
        line.add_text("start", writer.stamps.text(header.start));
        line.end();
        Ok(writer)
    }

    /// Adds the rows of a batch. `topics` are those of all subscriptions, by id; `passes` decides
    /// about each message, and `words` returns the text of a notice, or `None` to leave it out.
    /// Returns the number of messages added.
    ///
    /// # Errors
    ///
    /// Fails if writing fails.
    pub fn batch(
        &mut self,
        batch: &Batch,
        topics: &[Topic],
        mut passes: impl FnMut(&BatchMessage<'_>) -> bool,
        words: impl Fn(&Notice) -> Option<String>,
    ) -> io::Result<u64> {
        let mut via = Vec::new();
        let mut added = 0;
        for row in batch.rows() {
            match row {
                BatchRow::Message(message) if passes(&message) => {
                    added += 1;
                    let ids = batch.subscriptions(&message);
                    via.clear();
                    via.extend(ids.filter_map(|id| topics.get(id.0 as usize)));
                    self.message(
                        message.time,
                        &Message {
                            channel: message.name,
                            topics: &via,
                            payload: message.payload,
                            size: message.size,
                        },
                    );
                }
                BatchRow::Message(_) => {}
                BatchRow::Notice(time, notice) => {
                    if let Some(words) = words(notice) {
                        self.notice(time, notice, &words);
                    }
                }
            }
            self.write_if_full()?;
        }
        Ok(added)
    }

    /// Adds the rows of an excerpt of a log, like [`Self::batch`]. `passes` is called with the
    /// segment of each message, its row in the segment, and the subscriptions that delivered it.
    ///
    /// # Errors
    ///
    /// Fails if writing fails.
    pub fn excerpt(
        &mut self,
        excerpt: Excerpt,
        topics: &[Topic],
        mut passes: impl FnMut(&Segment, &SegmentRow<'_>, &[SubscriptionId]) -> bool,
        words: impl Fn(&Notice) -> Option<String>,
    ) -> io::Result<u64> {
        let mut via = Vec::new();
        let mut added = 0;
        let mut evicted = Some(excerpt.evicted()).filter(|count| *count > 0);
        excerpt.read(|row| {
            if let Some(count) = evicted.take() {
                let notice = Notice::Evicted(count);
                let words = words(&notice).unwrap_or_default();
                self.notice(row.time, &notice, &words);
            }
            match row.content {
                ExcerptContent::Message {
                    segment,
                    row,
                    channel,
                    subscriptions,
                } if passes(segment, &row, subscriptions) => {
                    added += 1;
                    let ids = subscriptions.iter();
                    via.clear();
                    via.extend(ids.filter_map(|id| topics.get(id.0 as usize)));
                    self.message(
                        row.time,
                        &Message {
                            channel,
                            topics: &via,
                            payload: row.payload,
                            size: row.size,
                        },
                    );
                }
                ExcerptContent::Message { .. } => {}
                ExcerptContent::Notice(notice) => {
                    if let Some(words) = words(notice) {
                        self.notice(row.time, notice, &words);
                    }
                }
            }
            self.write_if_full()
        })?;
        Ok(added)
    }

    /// Adds a message.
    pub fn message(&mut self, time: Time, message: &Message<'_>) {
        let mut line = Line::starting_at(self.stamps.text(time), &mut self.buffer);
        line.add_message(message);
        line.end();
    }

    /// Adds a notice, whose text is `words`.
    pub fn notice(&mut self, time: Time, notice: &Notice, words: &str) {
        let mut line = Line::starting_at(self.stamps.text(time), &mut self.buffer);
        line.add_notice(notice, words, &mut self.stamps);
        line.end();
    }

    /// Returns the number of bytes written so far, before compression.
    pub fn written(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    /// Returns what the recording is written to; `None` after a failure.
    pub fn output(&self) -> Option<&W> {
        match &self.output {
            Output::Plain(out) => Some(out),
            Output::Packed { encoder, .. } => Some(encoder.get_ref()),
            Output::Broken => None,
        }
    }

    /// Writes everything added so far, so that it can be read even if the program is killed.
    ///
    /// # Errors
    ///
    /// Fails if writing fails.
    pub fn flush(&mut self) -> io::Result<()> {
        self.write()?;
        match &mut self.output {
            Output::Plain(out) => out.flush(),
            Output::Packed { encoder, .. } => encoder.flush(),
            Output::Broken => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Completes the recording.
    ///
    /// # Errors
    ///
    /// Fails if writing fails.
    pub fn finish(mut self) -> io::Result<W> {
        self.write()?;
        match self.output {
            Output::Plain(mut out) => {
                out.flush()?;
                Ok(out)
            }
            Output::Packed { encoder, .. } => encoder.finish(),
            Output::Broken => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn write_if_full(&mut self) -> io::Result<()> {
        if self.buffer.len() < BUFFER {
            return Ok(());
        }
        self.write()
    }

    fn write(&mut self) -> io::Result<()> {
        self.output.write(&self.buffer)?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}

impl<W: Write> Output<W> {
    /// Starts a frame.
    fn packed(out: W) -> io::Result<Self> {
        Ok(Self::Packed {
            encoder: Box::new(zstd::Encoder::new(out, LEVEL)?),
            length: 0,
        })
    }

    /// Writes whole lines. A frame ends with a line, too.
    fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.write_all(lines),
            Self::Packed { encoder, length } => {
                encoder.write_all(lines)?;
                *length += lines.len() as u64;
                if *length < FRAME {
                    return Ok(());
                }
                if let Self::Packed { encoder, .. } = std::mem::replace(self, Self::Broken) {
                    *self = Self::packed(encoder.finish()?)?;
                }
                Ok(())
            }
            Self::Broken => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}
