//! Reading recordings back as batches of rows.

use std::io::{self, BufRead, BufReader, Read};

use super::row::{self, Header, MessageRow, Row};
use crate::log::{Batch, LargePayload};
use crate::message::{Notice, SubscriptionId, Time, Topic};
use crate::payload::json::flat::Token;

/// The first bytes of a file in Zstandard format.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The size of the buffer between the file and the lines, in bytes.
const BUFFER: usize = 256 << 10;

/// The maximum length of a line, in bytes: that of the largest message, with every byte escaped.
const MAX_LINE: u64 = 4 << 30;

/// The maximum number of skipped lines that are described; others are only counted.
const MAX_DESCRIBED: usize = 5;

/// A line that is not a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The number of the line, from 1.
    pub line: u64,
    /// Why it is no row.
    pub why: &'static str,
}

/// A source of lines.
trait Input: BufRead + Send {
    /// Returns what can be read without waiting.
    fn buffered(&self) -> &[u8];
}

impl<R: Read + Send> Input for BufReader<R> {
    fn buffered(&self) -> &[u8] {
        self.buffer()
    }
}

/// Reads a recording from start to end.
pub struct Reader {
    input: Box<dyn Input>,
    header: Option<Header>,
    /// The topics of the subscriptions, by id.
    topics: Vec<Topic>,
    lines: u64,
    skipped: Vec<Skipped>,
    skipped_count: u64,
    /// The time of the last row. Times in the log never go backwards.
    last: Time,
    line: Vec<u8>,
    tokens: Vec<Token>,
}

impl Reader {
    /// Starts reading. Decompresses the input if it is in Zstandard format.
    ///
    /// # Errors
    ///
    /// Fails if the start of the input cannot be read.
    pub fn new(input: impl Read + Send + 'static) -> io::Result<Self> {
        let mut input = BufReader::with_capacity(BUFFER, input);
        let is_packed = input.fill_buf()?.starts_with(&ZSTD);
        let input: Box<dyn Input> = if is_packed {
            let decoder = zstd::Decoder::with_buffer(input)?;
            Box::new(BufReader::with_capacity(BUFFER, decoder))
        } else {
            Box::new(input)
        };
        Ok(Self {
            input,
            header: None,
            topics: Vec::new(),
            lines: 0,
            skipped: Vec::new(),
            skipped_count: 0,
            last: Time::default(),
            line: Vec::new(),
            tokens: Vec::new(),
        })
    }

    /// Returns the first line of the recording, once it has been read.
    pub fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// Returns the topics of the subscriptions that delivered the rows read so far, by id.
    pub fn topics(&self) -> &[Topic] {
        &self.topics
    }

    /// Returns the first few lines that are not rows, and the number of all of them.
    pub fn skipped(&self) -> (&[Skipped], u64) {
        (&self.skipped, self.skipped_count)
    }

    /// Reads rows until the batch is full or the input ends. Returns `None` at the end of the
    /// input.
    ///
    /// # Errors
    ///
    /// Fails if the input cannot be read.
    pub fn read(&mut self) -> io::Result<Option<Batch>> {
        let mut batch = Batch::default();
        while !batch.is_full() && self.read_row(&mut batch)? {}
        Ok((!batch.is_empty()).then_some(batch))
    }

    /// Reads the rows that have arrived, at least one, for which it waits. Returns `None` at the end
    /// of the input.
    ///
    /// # Errors
    ///
    /// Fails if the input cannot be read.
    pub fn read_arrived(&mut self) -> io::Result<Option<Batch>> {
        let mut batch = Batch::default();
        while !batch.is_full() && self.read_row(&mut batch)? {
            if !self.input.buffered().contains(&b'\n') {
                break;
            }
        }
        Ok((!batch.is_empty()).then_some(batch))
    }

    /// Reads the next row into `batch`. Returns whether there was one.
    fn read_row(&mut self, batch: &mut Batch) -> io::Result<bool> {
        loop {
            self.line.clear();
            let mut limited = (&mut self.input).take(MAX_LINE);
            let length = match limited.read_until(b'\n', &mut self.line) {
                // A compressed recording that was cut off, such as by a crash, ends there.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => self.line.len(),
                read => read?,
            };
            if length == 0 {
                return Ok(false);
            }
            self.lines += 1;
            let mut line = std::mem::take(&mut self.line);
            let parsed = row::parse(line.trim_ascii_end(), &mut self.tokens);
            let added = match parsed {
                Ok(Row::Header(header)) => {
                    self.header.get_or_insert(header);
                    false
                }
                Ok(Row::Message(message)) => {
                    self.push_message(&message, batch);
                    true
                }
                Ok(Row::Notice { time, name, text }) => {
                    let [name, text] =
                        [name, text].map(|text| String::from_utf8_lossy(&text).into());
                    let time = self.later(time);
                    batch.push_notice(time, Notice::Recorded { name, text });
                    true
                }
                Err(why) => {
                    self.skip(why);
                    false
                }
            };
            line.clear();
            self.line = line;
            if added {
                return Ok(true);
            }
        }
    }

    fn push_message(&mut self, message: &MessageRow<'_>, batch: &mut Batch) {
        let time = self.later(message.time.unwrap_or_default());
        // A recorded row without a subscription came from a program that does not know it.
        let own = [message.channel.clone()];
        let names = if message.via.is_empty() {
            &own[..]
        } else {
            &message.via[..]
        };
        for name in names {
            let subscription = self.subscription(name, message.is_sharded);
            match message.size {
                Some(size) if size > message.payload.len() as u64 => {
                    let payload = LargePayload {
                        size,
                        ..LargePayload::whole(message.payload.to_vec())
                    };
                    batch.push_large(time, &message.channel, payload, subscription);
                }
                _ => batch.push_message(time, &message.channel, &message.payload, subscription),
            }
        }
    }

    /// Returns the subscription to the topic called `name`, which may be new.
    fn subscription(&mut self, name: &[u8], is_sharded: bool) -> SubscriptionId {
        let same = |topic: &Topic| *topic.name == *name && topic.is_sharded() == is_sharded;
        let known = self.topics.iter().position(same);
        let index = known.unwrap_or_else(|| {
            self.topics.push(if is_sharded {
                Topic::guess_shard(name)
            } else {
                Topic::guess(name)
            });
            self.topics.len() - 1
        });
        SubscriptionId(u32::try_from(index).unwrap_or(u32::MAX))
    }

    fn later(&mut self, time: Time) -> Time {
        self.last = self.last.max(time);
        self.last
    }

    fn skip(&mut self, why: &'static str) {
        self.skipped_count += 1;
        if self.skipped.len() < MAX_DESCRIBED {
            let line = self.lines;
            self.skipped.push(Skipped { line, why });
        }
    }
}
