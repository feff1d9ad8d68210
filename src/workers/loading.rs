//! Loads parts of a recording that is too large for the log, and builds the index that this needs.

mod library;

use std::collections::VecDeque;
use std::io;
use std::path::Path;

use self::library::Library;
use super::worker::{Job, Worker};
use crate::log::Batch;
use crate::message::{Time, Topic};
use crate::recording::{Index, Known, Merge, RecordingFile};

/// The number of steps of building the index between two pieces of news about it.
const STEPS_PER_NEWS: u32 = 32;

/// A place in a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingPlace {
    /// The start.
    Start,
    /// The end.
    End,
    /// The row with this number, counted from 0 over all files.
    Row(u64),
    /// The first row at or after this time.
    At(Time),
}

/// What the worker is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Load the part around a place, which replaces the loaded part. The answer has this serial
    /// number.
    Around(u64, RecordingPlace),
    /// Load what follows the part that is loaded.
    More,
}

/// What is known about a whole recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// The number of rows.
    pub rows: u64,
    /// The time of the first row.
    pub first: Time,
    /// The time of the last row.
    pub last: Time,
}

/// What the worker reports.
#[derive(Debug)]
pub enum News {
    /// A new part begins with the row of this number. The numbers are exact unless lines are
    /// damaged.
    Began {
        /// The serial number of the request.
        serial: u64,
        /// The number of the first row.
        first: u64,
    },
    /// Rows of the part.
    Rows {
        /// The serial number of the request.
        serial: u64,
        /// The rows.
        batch: Box<Batch>,
        /// The topics of subscriptions that are new.
        topics: Vec<Topic>,
    },
    /// The part is loaded.
    Loaded {
        /// The serial number of the request.
        serial: u64,
        /// Whether it reaches to the end of the recording.
        is_end: bool,
        /// Which lines were skipped since the last report, if there are any.
        skipped: Vec<Box<str>>,
    },
    /// The index is being built; this much of the files has been read, in percent.
    Indexing(u8),
    /// The index is complete.
    Indexed(Extent),
    /// Something failed, for this reason.
    Failed(Box<str>),
}

/// Starts the thread. It loads parts of about `budget` bytes, and stores an index with `store`, if
/// that is possible.
///
/// # Errors
///
/// Fails if the thread cannot be started.
pub fn start(
    files: Vec<RecordingFile>,
    budget: usize,
    store: fn(&Path, &[u8]) -> io::Result<()>,
    send: impl FnMut(News) -> bool + Send + 'static,
) -> io::Result<Worker<Request>> {
    Worker::start("loading", Loader::new(files, budget, store), send)
}

/// The job of loading.
struct Loader {
    library: Library,
    budget: usize,
    /// The request that has not been worked on yet.
    pending: Option<(u64, RecordingPlace)>,
    part: Option<Part>,
    known: Known,
    /// The number of topics that have been reported.
    told_topics: usize,
    /// What is to be reported.
    news: VecDeque<News>,
    steps: u32,
}

/// The part that is loaded.
struct Part {
    serial: u64,
    merge: Merge,
    /// How many more bytes to load; `None` for all.
    left: Option<usize>,
    is_loading: bool,
    /// The number of skipped lines that have been reported.
    told_skipped: u64,
}

impl Loader {
    fn new(
        files: Vec<RecordingFile>,
        budget: usize,
        store: fn(&Path, &[u8]) -> io::Result<()>,
    ) -> Self {
        Self {
            library: Library::new(files, store),
            budget,
            pending: None,
            part: None,
            known: Known::default(),
            told_topics: 0,
            news: VecDeque::new(),
            steps: 0,
        }
    }

    fn is_loading(&self) -> bool {
        self.part.as_ref().is_some_and(|part| part.is_loading)
    }

    /// Begins with the part around a place.
    fn begin(&mut self, serial: u64, place: RecordingPlace) -> io::Result<()> {
        let beginning = self.library.beginning(place, self.budget as u64);
        let readers = beginning.points.iter();
        let readers = readers.map(|(file, point)| Ok((file.name(), file.read_from(point)?)));
        let readers = readers.collect::<io::Result<Vec<_>>>()?;
        let known = match self.part.take() {
            Some(part) => part.merge.into_known(),
            None => std::mem::take(&mut self.known),
        };
        let is_to_end = place == RecordingPlace::End;
        let part = self.part.insert(Part {
            serial,
            merge: Merge::new(known, readers),
            left: (!is_to_end).then_some(self.budget),
            is_loading: false,
            told_skipped: 0,
        });
        let skipped = match beginning.skip_before {
            Some(time) => part.merge.skip_before(time)?,
            None => 0,
        };
        part.is_loading = true;
        let first = beginning.row + skipped;
        self.news.push_back(News::Began { serial, first });
        Ok(())
    }

    /// Loads some rows.
    fn load(&mut self) -> io::Result<()> {
        let Some(part) = &mut self.part else {
            return Ok(());
        };
        let serial = part.serial;
        let batch = part.merge.read()?;
        let is_end = batch.is_none();
        if let Some(batch) = batch {
            let size = batch.own_size();
            part.left = part.left.map(|left| left.saturating_sub(size));
            let topics = part.merge.known().topics();
            let topics = topics[self.told_topics..].to_vec();
            self.told_topics += topics.len();
            let batch = Box::new(batch);
            self.news.push_back(News::Rows {
                serial,
                batch,
                topics,
            });
        }
        if is_end || part.left == Some(0) {
            part.is_loading = false;
            self.library.needs_index |= !is_end;
            let skipped = part.note_skipped();
            self.news.push_back(News::Loaded {
                serial,
                is_end,
                skipped,
            });
        }
        Ok(())
    }

    /// Reads on for the index.
    fn index(&mut self) -> io::Result<()> {
        self.steps += 1;
        match self.library.step()? {
            Some(extent) => self.news.push_back(News::Indexed(extent)),
            None if self.steps.is_multiple_of(STEPS_PER_NEWS) => {
                self.news.push_back(News::Indexing(self.library.percent()));
            }
            None => {}
        }
        Ok(())
    }

    /// Does the next thing that there is to do.
    fn proceed(&mut self) -> io::Result<()> {
        match self.pending {
            Some((serial, place))
                if place == RecordingPlace::Start || self.library.is_indexed() =>
            {
                self.pending = None;
                self.begin(serial, place)
            }
            Some(_) => {
                self.library.needs_index = true;
                self.index()
            }
            None if self.is_loading() => self.load(),
            None => self.index(),
        }
    }
}

impl Part {
    /// Describes the lines that were skipped since the last time.
    fn note_skipped(&mut self) -> Vec<Box<str>> {
        let files: Vec<_> = self.merge.skipped().collect();
        let total = files.iter().map(|(_, count)| count).sum();
        if total == self.told_skipped {
            return Vec::new();
        }
        self.told_skipped = total;
        let lines = files.iter().flat_map(|(lines, _)| lines.iter());
        let mut words: Vec<Box<str>> = lines
            .map(|skipped| format!("line {}: {}", skipped.line, skipped.why).into())
            .collect();
        let count = if total == 1 { "line" } else { "lines" };
        words.insert(0, format!("{total} {count} skipped").into());
        words
    }
}

impl Job for Loader {
    type Request = Request;
    type Answer = News;

    fn accept(&mut self, request: Request) -> Option<News> {
        match request {
            Request::Around(serial, place) => {
                // What is left of the part before is no longer wanted.
                self.news
                    .retain(|news| !matches!(news, News::Rows { topics, .. } if topics.is_empty()));
                self.pending = Some((serial, place));
            }
            Request::More => {
                if let Some(part) = &mut self.part {
                    part.left = part.left.map(|_| self.budget / 2);
                    part.is_loading = true;
                }
            }
        }
        None
    }

    fn is_idle(&self) -> bool {
        let is_indexing = self.library.needs_index && !self.library.is_indexed();
        self.news.is_empty() && self.pending.is_none() && !self.is_loading() && !is_indexing
    }

    fn step(&mut self) -> Option<News> {
        if self.news.is_empty()
            && let Err(error) = self.proceed()
        {
            self.pending = None;
            self.library.needs_index = false;
            if let Some(part) = &mut self.part {
                part.is_loading = false;
            }
            return Some(News::Failed(error.to_string().into()));
        }
        self.news.pop_front()
    }
}
