//! Reads the messages to replay from a recording, on a thread of its own.

use std::io;
use std::ops::Range;

use subscope::app::why_ask;
use subscope::log::{Batch, BatchMessage, BatchRow};
use subscope::message::{Time, Topic};
use subscope::payload::figures;
use subscope::query::BatchMatcher;
use subscope::recording::Reader;
use tokio::sync::mpsc::Sender;

use crate::cli::{Mapping, Moment};
use crate::host::Failure;

/// A message to publish. The ranges are those of the bytes of its [`Chunk`].
#[derive(Debug)]
pub struct Entry {
    pub time: Time,
    pub channel: Range<usize>,
    pub payload: Range<usize>,
    pub is_sharded: bool,
}

/// Some of the messages to publish.
#[derive(Debug, Default)]
pub struct Chunk {
    pub bytes: Vec<u8>,
    pub entries: Vec<Entry>,
    pub left_out: LeftOut,
}

/// How many messages are not published, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Only the start of the payload is known.
    pub cut: u64,
    /// Servers and clients trust what is published on the channel.
    pub special: u64,
    /// They would go to the channel and the server that they were recorded from.
    pub unchanged: u64,
    /// Lines that are no rows.
    pub lines: u64,
}

/// Which messages are published, and on which channels.
pub struct Selection {
    pub only: Option<BatchMatcher>,
    pub map: Vec<Mapping>,
    pub from: Option<Moment>,
    pub to: Option<Moment>,
    /// Whether messages may go to special channels.
    pub has_special: bool,
    /// The address of the server, if a recording of it may not be published on the same channels.
    pub forbidden: Option<String>,
}

impl LeftOut {
    /// Adds what was left out elsewhere.
    pub fn add(&mut self, other: &Self) {
        self.cut += other.cut;
        self.special += other.special;
        self.unchanged += other.unchanged;
        self.lines += other.lines;
    }

    /// Returns the end of a sentence that says what was left out.
    pub fn words(&self) -> String {
        let parts = [
            (self.cut, "of which only the start is known"),
            (self.special, "on special channels (--special)"),
            (
                self.unchanged,
                "on the channels and server they came from (--same-server)",
            ),
            (self.lines, "unreadable lines"),
        ];
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        let parts =
            parts.map(|(count, what)| format!(" · left out: {} {what}", figures::count(*count)));
        parts.collect()
    }
}

impl Selection {
    /// Sends the messages to publish until the recording ends or nobody wants more.
    pub fn read(
        &mut self,
        mut reader: Reader,
        chunk_tx: &Sender<Result<Chunk, Failure>>,
    ) -> io::Result<()> {
        let mut batch = reader.read_arrived()?;
        let server = reader.header().map(|header| header.server.clone());
        let is_forbidden = match (&self.forbidden, server) {
            (Some(forbidden), Some(server)) => place(forbidden) == place(&server),
            _ => false,
        };
        let begun = reader.header().map(|header| header.start);
        let first_row = batch.as_ref().and_then(|batch| batch.rows().next());
        let begun = begun.or(first_row.map(|row| match row {
            BatchRow::Message(message) => message.time,
            BatchRow::Notice(time, _) => time,
        }));
        let begun = begun.unwrap_or_default();
        let period = [self.from, self.to].map(|moment| moment.map(|moment| at(moment, begun)));
        while let Some(found) = batch {
            let chunk = self.select(&found, reader.topics(), period, is_forbidden);
            if chunk_tx.blocking_send(Ok(chunk)).is_err() {
                return Ok(());
            }
            batch = reader.read_arrived()?;
        }
        let mut last = Chunk::default();
        last.left_out.lines = reader.skipped().1;
        // Nobody may want it any more.
        let _ = chunk_tx.blocking_send(Ok(last));
        Ok(())
    }

    fn select(
        &mut self,
        batch: &Batch,
        topics: &[Topic],
        [from, to]: [Option<Time>; 2],
        is_forbidden: bool,
    ) -> Chunk {
        let mut chunk = Chunk::default();
        if let Some(only) = &mut self.only {
            only.enter(batch, topics);
        }
        for row in batch.rows() {
            let BatchRow::Message(message) = row else {
                continue;
            };
            let is_outside = from.is_some_and(|from| message.time < from)
                || to.is_some_and(|to| message.time > to);
            let mut only = self.only.as_mut();
            if is_outside
                || only
                    .as_mut()
                    .is_some_and(|only| !only.matches(batch, &message))
            {
                continue;
            }
            let mut via = batch.subscriptions(&message);
            let is_sharded = via.any(|id| topics[id.0 as usize].is_sharded());
            self.add(&message, is_sharded, is_forbidden, &mut chunk);
        }
        chunk
    }

    /// Adds a message to `chunk`, unless it may not be published.
    fn add(
        &self,
        message: &BatchMessage<'_>,
        is_sharded: bool,
        is_forbidden: bool,
        chunk: &mut Chunk,
    ) {
        if message.size > message.payload.len() as u64 {
            chunk.left_out.cut += 1;
            return;
        }
        let start = chunk.bytes.len();
        let mapping = self
            .map
            .iter()
            .find(|map| message.name.starts_with(&map.from));
        if let Some(mapping) = mapping {
            chunk.bytes.extend_from_slice(&mapping.to);
            chunk
                .bytes
                .extend_from_slice(&message.name[mapping.from.len()..]);
        } else {
            chunk.bytes.extend_from_slice(message.name);
        }
        let channel = start..chunk.bytes.len();
        let name = &chunk.bytes[channel.clone()];
        let reason = if is_forbidden && name == message.name {
            Some(&mut chunk.left_out.unchanged)
        } else if !self.has_special && why_ask(name).is_some() {
            Some(&mut chunk.left_out.special)
        } else {
            None
        };
        if let Some(count) = reason {
            *count += 1;
            chunk.bytes.truncate(start);
            return;
        }
        chunk.bytes.extend_from_slice(message.payload);
        chunk.entries.push(Entry {
            time: message.time,
            payload: channel.end..chunk.bytes.len(),
            channel,
            is_sharded,
        });
    }
}

fn at(moment: Moment, begun: Time) -> Time {
    match moment {
        Moment::At(time) => time,
        Moment::After(time) => {
            let micros = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
            Time(begun.0.saturating_add(micros))
        }
    }
}

/// Returns what identifies the server of an address: neither the scheme nor the login nor the
/// database.
pub fn place(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let rest = match rest.split_once('/') {
        Some((host, _db)) if !scheme.contains('+') && scheme != "unix" => host,
        _ => rest,
    };
    rest.replace("localhost", "127.0.0.1").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_same_server_are_recognised() {
        let same = |one: &str, other: &str| place(one) == place(other);
        assert!(same("redis://127.0.0.1:6379", "redis://localhost:6379/2"));
        assert!(same("rediss://me@Db:6379", "redis://db:6379"));
        assert!(!same("redis://db:6379", "redis://db:6380"));
        assert!(same("unix:///a/b", "unix:///a/b"));
        assert!(!same("unix:///a/b", "unix:///a/c"));
        assert!(!same("redis+sentinel://h:1/a", "redis+sentinel://h:1/b"));
    }
}
