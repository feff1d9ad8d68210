//! Where in a file its rows are: a few points, so that reading can start near any time.

use std::io::{self, BufReader, Read};

use memchr::memchr;

use super::cursor::Cursor;
use super::file_format::FileFormat;
use super::frames::Frames;
use super::stamp::StampParser;
use crate::message::Time;

/// The distance between two points, in bytes before compression.
const SPACING: u64 = 1 << 20;

/// The number of bytes read at once.
const CHUNK: usize = 1 << 20;

/// The first bytes of a stored index, with the version of its form.
const MAGIC: &[u8; 8] = b"subsidx1";

/// A place in a file at which reading can start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Point {
    /// The position in the file.
    pub offset: u64,
    /// The position in the file as it is without compression.
    pub start: u64,
    /// The number of rows before this place.
    pub row: u64,
    /// The latest time before this place, or that of its first row.
    pub time: Time,
}

/// The points of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    /// The points, from the start of the file on. There is always one.
    pub points: Vec<Point>,
    /// The number of rows, damaged ones included.
    pub rows: u64,
    /// The number of bytes before compression.
    pub bytes: u64,
    /// The time of the first row, if there is one.
    pub first: Option<Time>,
    /// The latest time.
    pub last: Time,
}

/// What a file is known by: its size in bytes, and when it was last changed, in nanoseconds since
/// the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The size.
    pub size: u64,
    /// The time of the last change.
    pub modified: u64,
}

impl Index {
    /// Returns the bytes to store beside the file.
    pub fn to_bytes(&self, stamp: Stamp) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        let first = self.first.map_or(i64::MIN, |time| time.0);
        let head = [stamp.size, stamp.modified, self.rows, self.bytes];
        let numbers = head.into_iter();
        let numbers = numbers.chain([first.cast_unsigned(), self.last.0.cast_unsigned()]);
        let points = self.points.iter();
        let points = points.flat_map(|point| {
            let time = point.time.0.cast_unsigned();
            [point.offset, point.start, point.row, time]
        });
        for number in numbers.chain(points) {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    /// Returns the index that these bytes are, if it is one of the file with this stamp.
    pub fn parse(bytes: &[u8], stamp: Stamp) -> Option<Self> {
        let (numbers, []) = bytes.strip_prefix(MAGIC)?.as_chunks::<8>() else {
            return None;
        };
        let numbers: Vec<u64> = numbers
            .iter()
            .map(|bytes| u64::from_le_bytes(*bytes))
            .collect();
        let (head, points) = numbers.split_at_checked(6)?;
        if (head[0], head[1]) != (stamp.size, stamp.modified) {
            return None;
        }
        let (points, []) = points.as_chunks::<4>() else {
            return None;
        };
        let point = |[offset, start, row, time]: &[u64; 4]| Point {
            offset: *offset,
            start: *start,
            row: *row,
            time: Time(time.cast_signed()),
        };
        let points: Vec<Point> = points.iter().map(point).collect();
        let is_sound = points.first()?.row == 0
            && points.is_sorted_by_key(|point| (point.offset, point.start, point.row))
            && points.last()?.offset <= stamp.size;
        let first = head[4].cast_signed();
        is_sound.then(|| Self {
            points,
            rows: head[2],
            bytes: head[3],
            first: (first != i64::MIN).then_some(Time(first)),
            last: Time(head[5].cast_signed()),
        })
    }

    /// Returns the last point whose value is at most `value`, or the first one.
    pub fn before<K: Ord>(&self, value: &K, key: impl Fn(&Point) -> K) -> Point {
        let next = self.points.partition_point(|point| key(point) <= *value);
        let point = self.points.get(next.saturating_sub(1));
        point.copied().unwrap_or_default()
    }
}

/// Builds the index of a file, step by step.
pub struct Indexer {
    input: Input,
    format: FileFormat,
    undated: Time,
    stamps: StampParser,
    index: Index,
    /// The bytes that have been read and not looked at: the start of a line.
    pending: Vec<u8>,
    /// The frame that starts with the next bytes: its position in the file and without compression.
    frame: Option<(u64, u64)>,
    has_time: bool,
}

enum Input {
    Plain(Cursor),
    Packed(Frames<BufReader<Cursor>>),
}

impl Indexer {
    /// Starts at the start of `file`.
    pub(super) fn new(file: Cursor, is_packed: bool, format: FileFormat, undated: Time) -> Self {
        let input = if is_packed {
            Input::Packed(Frames::new(BufReader::new(file)))
        } else {
            Input::Plain(file)
        };
        Self {
            input,
            format,
            undated,
            stamps: StampParser::default(),
            index: Index {
                points: vec![Point::default()],
                ..Index::default()
            },
            pending: Vec::new(),
            frame: None,
            has_time: false,
        }
    }

    /// Returns the number of bytes of the file that have been read.
    pub fn position(&self) -> u64 {
        match &self.input {
            Input::Plain(_) => self.index.bytes,
            Input::Packed(frames) => frames.offset(),
        }
    }

    /// Reads the next part of the file. Returns the index at its end.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be read.
    pub fn step(&mut self) -> io::Result<Option<Index>> {
        let start = self.pending.len();
        self.pending.resize(start + CHUNK, 0);
        let target = &mut self.pending[start..];
        let length = match &mut self.input {
            Input::Plain(file) => file.read(target)?,
            Input::Packed(frames) => {
                let read = frames.read(target)?;
                if let Some(offset) = read.frame.filter(|_| start == 0) {
                    self.frame = Some((offset, self.index.bytes));
                }
                read.length
            }
        };
        self.pending.truncate(start + length);
        let pending = std::mem::take(&mut self.pending);
        let mut rest = &pending[..];
        while let Some(end) = memchr(b'\n', rest) {
            self.note_line(&rest[..end]);
            self.index.bytes += end as u64 + 1;
            rest = &rest[end + 1..];
        }
        if length > 0 {
            let used = pending.len() - rest.len();
            self.pending = pending;
            self.pending.drain(..used);
            return Ok(None);
        }
        // The last line may still be being written.
        if !rest.is_empty() {
            self.note_line(rest);
            self.index.bytes += rest.len() as u64;
        }
        Ok(Some(std::mem::take(&mut self.index)))
    }

    /// Notes a line that starts at `self.index.bytes`.
    fn note_line(&mut self, line: &[u8]) {
        let line = line.trim_ascii_end();
        if self.format.starts_row(line) {
            let time = self.format.time_of(line, &mut self.stamps, self.undated);
            if let Some(time) = time {
                self.index.first.get_or_insert(time);
                self.index.last = self.index.last.max(time);
                if !self.has_time {
                    self.has_time = true;
                    self.index.points[0].time = time;
                }
            }
            self.note_point();
            self.index.rows += 1;
        }
    }

    /// Adds a point at the current line if it is due.
    fn note_point(&mut self) {
        let index = &mut self.index;
        let last = index.points.last().map_or(0, |point| point.start);
        if index.bytes < last + SPACING {
            return;
        }
        let offset = match self.input {
            Input::Plain(_) => index.bytes,
            // Only the start of a frame can be read without what is before it.
            Input::Packed(_) => match self.frame {
                Some((offset, start)) if start == index.bytes => offset,
                _ => return,
            },
        };
        index.points.push(Point {
            offset,
            start: index.bytes,
            row: index.rows,
            time: index.last,
        });
    }
}
