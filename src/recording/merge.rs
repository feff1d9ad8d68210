//! Reading several files as one recording, merged by time.

use std::io;

use super::reader::{Reader, Skipped, Topics};
use crate::log::{Batch, BatchRow};
use crate::message::{SubscriptionId, Time, Topic};

/// The subscriptions of several files, each listed once. They stay known while the files are read
/// again and again.
#[derive(Debug, Default)]
pub struct Known {
    /// The topics of the subscriptions, by id.
    topics: Vec<Topic>,
    files: Vec<KnownOfFile>,
}

/// The subscriptions of one file.
#[derive(Debug, Default)]
struct KnownOfFile {
    topics: Topics,
    /// The ids among all subscriptions, by the id in the file.
    ids: Vec<SubscriptionId>,
    /// The subscription that stands for the file, if there are several.
    own: Option<SubscriptionId>,
}

impl Known {
    /// Returns the topics, by id.
    pub fn topics(&self) -> &[Topic] {
        &self.topics
    }

    /// Returns the id of a topic, which may be new.
    fn id(&mut self, topic: &Topic) -> SubscriptionId {
        let known = self.topics.iter().position(|known| known == topic);
        let index = known.unwrap_or_else(|| {
            self.topics.push(topic.clone());
            self.topics.len() - 1
        });
        SubscriptionId(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

/// A file that is being read.
struct Lane {
    reader: Reader,
    batch: Batch,
    /// The index of the next row of the batch.
    next: usize,
    has_ended: bool,
}

impl Lane {
    /// Returns the time of the next row; `None` at the end.
    fn peek(&mut self) -> io::Result<Option<Time>> {
        while self.next == self.batch.len() && !self.has_ended {
            self.next = 0;
            self.batch = self.reader.read()?.unwrap_or_default();
            self.has_ended = self.batch.is_empty();
        }
        let row = self.batch.row(self.next);
        Ok(row.map(|row| row.time()))
    }
}

/// Reads several files at once. A single file keeps the order of its rows.
pub struct Merge {
    known: Known,
    lanes: Vec<Lane>,
}

impl Merge {
    /// Reads on with a reader of each file, given with its name. With several files, each of their
    /// rows has one more subscription, which is called as the file.
    pub fn new(mut known: Known, files: Vec<(Vec<u8>, Reader)>) -> Self {
        let is_first = known.files.is_empty();
        let has_several = files.len() > 1;
        let mut lanes = Vec::new();
        for (index, (name, reader)) in files.into_iter().enumerate() {
            if is_first {
                let own = has_several.then(|| known.id(&Topic::channel(&name)));
                known.files.push(KnownOfFile {
                    own,
                    ..KnownOfFile::default()
                });
            }
            let topics = std::mem::take(&mut known.files[index].topics);
            lanes.push(Lane {
                reader: reader.knowing(topics),
                batch: Batch::default(),
                next: 0,
                has_ended: false,
            });
        }
        Self { known, lanes }
    }

    /// Ends reading. Returns the subscriptions, for reading from another place.
    pub fn into_known(self) -> Known {
        let mut known = self.known;
        for (file, lane) in known.files.iter_mut().zip(self.lanes) {
            file.topics = lane.reader.into_topics();
        }
        known
    }

    /// Returns the subscriptions so far.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// Returns the first few lines of each file that are not rows, and the number of all of them.
    pub fn skipped(&self) -> impl Iterator<Item = (&[Skipped], u64)> {
        self.lanes.iter().map(|lane| lane.reader.skipped())
    }

    /// Skips the rows before `time`. Returns their number.
    ///
    /// # Errors
    ///
    /// Fails if a file cannot be read.
    pub fn skip_before(&mut self, time: Time) -> io::Result<u64> {
        let mut skipped = 0;
        for lane in &mut self.lanes {
            while lane.peek()?.is_some_and(|next| next < time) {
                lane.next += 1;
                skipped += 1;
            }
        }
        Ok(skipped)
    }

    /// Reads rows as [`Reader::read`] does. Returns `None` at the end.
    ///
    /// # Errors
    ///
    /// Fails if a file cannot be read.
    pub fn read(&mut self) -> io::Result<Option<Batch>> {
        // Rows may be left of a batch of which some were skipped.
        if let [lane] = &mut self.lanes[..]
            && lane.next == lane.batch.len()
        {
            let batch = lane.reader.read()?;
            self.learn(0);
            return Ok(batch);
        }
        let mut merged = Batch::default();
        let mut second = None;
        while !merged.is_full() {
            let mut earliest: Option<(Time, usize)> = None;
            for (index, lane) in self.lanes.iter_mut().enumerate() {
                if let Some(time) = lane.peek()?
                    && earliest.is_none_or(|(least, _)| time < least)
                {
                    earliest = Some((time, index));
                }
            }
            let Some((time, index)) = earliest else {
                break;
            };
            if time.second() > *second.get_or_insert(time.second()) {
                break;
            }
            self.take(index, &mut merged);
        }
        Ok((!merged.is_empty()).then_some(merged))
    }

    /// Moves the next row of a file into `merged`.
    fn take(&mut self, index: usize, merged: &mut Batch) {
        self.learn(index);
        let lane = &mut self.lanes[index];
        let file = &self.known.files[index];
        match lane.batch.row(lane.next) {
            Some(BatchRow::Message(message)) => {
                let ids = lane.batch.subscriptions(&message);
                let ids = ids.map(|id| file.ids[id.0 as usize]).chain(file.own);
                let ids: Vec<SubscriptionId> = ids.collect();
                let content = (message.payload, Some(message.size));
                merged.push_row(message.time, message.name, content, &ids);
            }
            Some(BatchRow::Notice(time, notice)) => merged.push_notice(time, notice.clone()),
            None => {}
        }
        lane.next += 1;
    }

    /// Adds the new subscriptions of a file to those of all.
    fn learn(&mut self, index: usize) {
        let topics = self.lanes[index].reader.topics();
        let from = self.known.files[index].ids.len();
        for topic in &topics[from.min(topics.len())..] {
            let id = self.known.id(topic);
            self.known.files[index].ids.push(id);
        }
    }
}
