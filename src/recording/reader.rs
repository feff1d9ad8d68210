//! Reading recordings back as batches of rows.

use std::collections::HashMap;
use std::fs::Metadata;
use std::io::{self, BufRead, BufReader, Read};
use std::time::UNIX_EPOCH;

use memchr::memchr;

use super::file_format::FileFormat;
use super::foreign::ForeignParser;
use super::quick::{self, Scratch};
use super::row::{Header, MessageRow, Row, Via};
use crate::log::Batch;
use crate::message::{Notice, SubscriptionId, Time, Topic};

/// The first bytes of a file in Zstandard format.
pub(super) const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The size of the buffer between the file and the lines, in bytes.
pub(super) const BUFFER: usize = 256 << 10;

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

/// How to read a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// The format of the file; `None` to find it out.
    pub format: Option<FileFormat>,
    /// The time of rows for which the file has none.
    pub undated: Time,
}

impl ReadOptions {
    /// Returns the options for a file in a format, if that is known. Rows without a time are as old
    /// as the file.
    pub fn new(format: Option<FileFormat>, facts: &Metadata) -> Self {
        let written = facts.modified().ok();
        let written = written.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let micros = written.unwrap_or_default().as_micros();
        Self {
            format,
            undated: Time(i64::try_from(micros).unwrap_or(i64::MAX)),
        }
    }
}

/// Reads a recording from start to end.
pub struct Reader {
    input: Box<dyn Input>,
    lines: Lines,
    /// A line that does not lie in the buffer of the input as a whole.
    line: Vec<u8>,
    /// The next batch, with room for as much as in the one before.
    next: Batch,
}

/// The lines that are read, and what is known from them.
struct Lines {
    format: FileFormat,
    scratch: Scratch,
    foreign: ForeignParser,
    header: Option<Header>,
    topics: Topics,
    count: u64,
    skipped: Vec<Skipped>,
    skipped_count: u64,
    /// The time of the last row. Times in the log never go backwards.
    last: Time,
    /// The row that was read but belongs to the next batch, if there is one.
    ahead: Batch,
}

impl Reader {
    /// Starts reading. Decompresses the input if it is in Zstandard format.
    ///
    /// # Errors
    ///
    /// Fails if the start of the input cannot be read.
    pub fn new(input: impl Read + Send + 'static) -> io::Result<Self> {
        Self::with(input, ReadOptions::default())
    }

    /// Like [`Self::new`], with options.
    ///
    /// # Errors
    ///
    /// Fails if the start of the input cannot be read.
    pub fn with(input: impl Read + Send + 'static, options: ReadOptions) -> io::Result<Self> {
        let mut input = BufReader::with_capacity(BUFFER, input);
        let is_packed = input.fill_buf()?.starts_with(&ZSTD);
        let mut input: Box<dyn Input> = if is_packed {
            let decoder = zstd::Decoder::with_buffer(input)?;
            Box::new(BufReader::with_capacity(BUFFER, decoder))
        } else {
            Box::new(input)
        };
        let format = match options.format {
            Some(format) => format,
            None => FileFormat::of(start(&mut input)?).unwrap_or_default(),
        };
        Ok(Self {
            input,
            lines: Lines {
                format,
                scratch: Scratch::default(),
                foreign: ForeignParser::new(format, options.undated),
                header: None,
                topics: Topics::default(),
                count: 0,
                skipped: Vec::new(),
                skipped_count: 0,
                last: Time::default(),
                ahead: Batch::default(),
            },
            line: Vec::new(),
            next: Batch::default(),
        })
    }

    /// Returns the reader as one that continues with the subscriptions of an earlier one.
    #[must_use]
    pub(super) fn knowing(mut self, topics: Topics) -> Self {
        self.lines.topics = topics;
        self
    }

    /// Returns the subscriptions, for a later reader.
    pub(super) fn into_topics(self) -> Topics {
        self.lines.topics
    }

    /// Returns the format that the file is in.
    pub fn format(&self) -> FileFormat {
        self.lines.format
    }

    /// Returns the first line of the recording, once it has been read.
    pub fn header(&self) -> Option<&Header> {
        self.lines.header.as_ref()
    }

    /// Returns the topics of the subscriptions that delivered the rows read so far, by id.
    pub fn topics(&self) -> &[Topic] {
        &self.lines.topics.all
    }

    /// Returns the first few lines that are not rows, and the number of all of them.
    pub fn skipped(&self) -> (&[Skipped], u64) {
        (&self.lines.skipped, self.lines.skipped_count)
    }

    /// Reads rows until the batch is full, a new second begins, or the input ends. Returns `None` at
    /// the end of the input. The log counts all messages of a batch in the same second.
    ///
    /// # Errors
    ///
    /// Fails if the input cannot be read.
    pub fn read(&mut self) -> io::Result<Option<Batch>> {
        let mut batch = std::mem::take(&mut self.next);
        while self.read_line(&mut batch)? {
            if !self.lines.ahead.is_empty() {
                self.next = std::mem::take(&mut self.lines.ahead);
                return Ok(Some(batch));
            }
            if batch.is_full() {
                self.next = Batch::after(&batch, false);
                return Ok(Some(batch));
            }
        }
        self.lines.finish(&mut batch);
        Ok((!batch.is_empty()).then_some(batch))
    }

    /// Reads the rows that have arrived, at least one, for which it waits. Returns `None` at the end
    /// of the input.
    ///
    /// # Errors
    ///
    /// Fails if the input cannot be read.
    pub fn read_arrived(&mut self) -> io::Result<Option<Batch>> {
        let mut batch = std::mem::take(&mut self.next);
        let has_more = |input: &dyn Input| input.buffered().contains(&b'\n');
        while batch.is_empty() || !batch.is_full() && has_more(&*self.input) {
            if !self.read_line(&mut batch)? {
                break;
            }
            if !self.lines.ahead.is_empty() {
                self.next = std::mem::take(&mut self.lines.ahead);
                return Ok(Some(batch));
            }
        }
        self.lines.finish(&mut batch);
        Ok((!batch.is_empty()).then_some(batch))
    }

    /// Reads the next line and adds its row to `batch`. Returns whether there was one.
    fn read_line(&mut self, batch: &mut Batch) -> io::Result<bool> {
        let buffer = start(&mut self.input)?;
        if let Some(end) = memchr(b'\n', buffer) {
            self.lines.take(&buffer[..end], batch);
            self.input.consume(end + 1);
            return Ok(true);
        }
        self.line.clear();
        let mut limited = (&mut self.input).take(MAX_LINE);
        let length = match limited.read_until(b'\n', &mut self.line) {
            // A compressed recording that was cut off, such as by a crash, ends there.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => self.line.len(),
            read => read?,
        };
        if length > 0 {
            let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
            self.lines.take(line, batch);
        }
        Ok(length > 0)
    }
}

impl Lines {
    /// Adds the row in a line, if it completes one.
    fn take(&mut self, line: &[u8], batch: &mut Batch) {
        self.count += 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let parsed = match self.format {
            FileFormat::Recording => quick::parse(line, &mut self.scratch).map(Some),
            _ => self.foreign.parse(line),
        };
        match parsed {
            Ok(Some(Row::Header(header))) => {
                self.header.get_or_insert(header);
            }
            Ok(Some(row)) => {
                let begins_second = row.time().second() > self.last.second();
                let target = if begins_second && !batch.is_empty() {
                    &mut self.ahead
                } else {
                    batch
                };
                push(row, target, &mut self.topics, &mut self.last);
            }
            Ok(None) => {}
            Err(why) => {
                self.skipped_count += 1;
                if self.skipped.len() < MAX_DESCRIBED {
                    let line = self.count;
                    self.skipped.push(Skipped { line, why });
                }
            }
        }
    }

    /// Adds the row that the end of the file completes, if there is one.
    fn finish(&mut self, batch: &mut Batch) {
        if let Some(row) = self.foreign.finish() {
            push(row, batch, &mut self.topics, &mut self.last);
        }
    }
}

/// Returns the start of the input, without taking it.
fn start(input: &mut dyn BufRead) -> io::Result<&[u8]> {
    match input.fill_buf() {
        // The rest of the error shows when the line is read.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(&[]),
        start => start,
    }
}

/// Adds a row to a batch.
fn push(row: Row<'_>, batch: &mut Batch, topics: &mut Topics, last: &mut Time) {
    let mut later = |time: Time| {
        *last = time.max(*last);
        *last
    };
    match row {
        Row::Header(_) => {}
        Row::Message(message) => {
            let subscriptions = topics.of(&message);
            let content = (&*message.payload, message.size);
            batch.push_row(
                later(message.time.unwrap_or_default()),
                &message.channel,
                content,
                subscriptions,
            );
        }
        Row::Notice { time, name, text } => {
            let [name, text] = [name, text].map(|text| String::from_utf8_lossy(&text).into());
            batch.push_notice(later(time), Notice::Recorded { name, text });
        }
    }
}

/// The topics of the subscriptions that delivered the rows.
#[derive(Debug, Default)]
pub(super) struct Topics {
    all: Vec<Topic>,
    /// The ids by name, and by whether the channel is sharded.
    ids: HashMap<(Box<[u8]>, bool), SubscriptionId>,
    /// The names of the last row as they are written, whether it is sharded, and its
    /// subscriptions. Most rows have the same ones as the row before.
    last: (Vec<u8>, bool),
    found: Vec<SubscriptionId>,
}

impl Topics {
    /// Returns the subscriptions of a message; those to a new topic are new.
    fn of(&mut self, message: &MessageRow<'_>) -> &[SubscriptionId] {
        let is_sharded = message.is_sharded;
        let mut names = Vec::new();
        let names = match &message.via {
            Via::Raw(raw) => {
                if !raw.is_empty() && self.last.0 == *raw && self.last.1 == is_sharded {
                    return &self.found;
                }
                names.extend(Via::split(raw));
                self.last.0.clear();
                self.last.0.extend_from_slice(raw);
                self.last.1 = is_sharded;
                &names
            }
            Via::Names(names) => {
                self.last.0.clear();
                names
            }
        };
        self.found.clear();
        for name in names {
            let id = self.id(name, is_sharded);
            self.found.push(id);
        }
        // A recorded row without a subscription came from a program that does not know it.
        if names.is_empty() {
            let id = self.id(&message.channel, is_sharded);
            self.found.push(id);
        }
        &self.found
    }

    fn id(&mut self, name: &[u8], is_sharded: bool) -> SubscriptionId {
        let key = (name.into(), is_sharded);
        *self.ids.entry(key).or_insert_with(|| {
            let id = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
            self.all.push(if is_sharded {
                Topic::guess_shard(name)
            } else {
                Topic::guess(name)
            });
            SubscriptionId(id)
        })
    }
}
