//! The files of a recording with their indexes.

use std::io;
use std::path::Path;

use super::{Extent, Index, RecordingFile, RecordingPlace};
use crate::message::Time;
use crate::recording::{Indexer, Point};

/// The files of a recording.
pub(super) struct Library {
    files: Vec<Indexed>,
    store: fn(&Path, &[u8]) -> io::Result<()>,
    /// Whether an index is needed, because not all rows fit into the log.
    pub(super) needs_index: bool,
    is_told: bool,
}

/// A file with what is known about its index.
struct Indexed {
    file: RecordingFile,
    index: Option<Index>,
    /// What builds the index.
    indexer: Option<Indexer>,
}

/// Where to begin reading.
pub(super) struct Beginning<'a> {
    pub(super) points: Vec<(&'a RecordingFile, Point)>,
    /// Earlier rows are left out: for some of them, the rows of other files are missing.
    pub(super) skip_before: Option<Time>,
    /// The number of rows before the points.
    pub(super) row: u64,
}

impl Library {
    pub(super) fn new(
        files: Vec<RecordingFile>,
        store: fn(&Path, &[u8]) -> io::Result<()>,
    ) -> Self {
        let files = files.into_iter().map(|file| Indexed {
            index: file.stored_index(),
            file,
            indexer: None,
        });
        let files: Vec<Indexed> = files.collect();
        Self {
            // A stored index is worth reporting at once.
            needs_index: files.iter().all(|file| file.index.is_some()),
            files,
            store,
            is_told: false,
        }
    }

    /// Returns whether all indexes are complete and have been reported.
    pub(super) fn is_indexed(&self) -> bool {
        self.is_told
    }

    /// Builds the next part of an index. Returns what is known about the recording once all are
    /// complete.
    pub(super) fn step(&mut self) -> io::Result<Option<Extent>> {
        let missing = self.files.iter_mut().find(|file| file.index.is_none());
        if let Some(file) = missing {
            let mut indexer = match file.indexer.take() {
                Some(indexer) => indexer,
                None => file.file.indexer(),
            };
            match indexer.step()? {
                Some(index) => {
                    if let Some(path) = file.file.index_path() {
                        // Without a stored index, the next start takes longer, which is all.
                        let _ = (self.store)(path, &file.file.index_bytes(&index));
                    }
                    file.index = Some(index);
                }
                None => file.indexer = Some(indexer),
            }
            return Ok(None);
        }
        self.is_told = true;
        Ok(Some(self.extent()))
    }

    fn extent(&self) -> Extent {
        let indexes = || self.files.iter().filter_map(|file| file.index.as_ref());
        let last = indexes().map(|index| index.last).max().unwrap_or_default();
        Extent {
            rows: indexes().map(|index| index.rows).sum(),
            first: indexes()
                .filter_map(|index| index.first)
                .min()
                .unwrap_or(last),
            last,
        }
    }

    /// Returns how much of the files has been read for the indexes, in percent.
    pub(super) fn percent(&self) -> u8 {
        let total: u64 = self.files.iter().map(|file| file.file.size()).sum();
        let read = self.files.iter().map(|file| match &file.indexer {
            _ if file.index.is_some() => file.file.size(),
            Some(indexer) => indexer.position(),
            None => 0,
        });
        let percent = read.sum::<u64>() * 100 / total.max(1);
        u8::try_from(percent.min(100)).unwrap_or(100)
    }

    /// Returns where to begin so that about half of `budget` bytes are before `place`.
    pub(super) fn beginning(&self, place: RecordingPlace, budget: u64) -> Beginning<'_> {
        let before = match place {
            RecordingPlace::Start => return self.beginning_at(|_| Point::default(), None),
            // Lines are longer than what the log keeps of them.
            RecordingPlace::End => budget,
            RecordingPlace::Row(_) | RecordingPlace::At(_) => budget / 2,
        };
        if let [file] = &self.files[..] {
            let Some(index) = &file.index else {
                return self.beginning_at(|_| Point::default(), None);
            };
            let target = match place {
                RecordingPlace::Row(row) => index.before(&row, |point| point.row).start,
                RecordingPlace::At(time) => index.before(&time, |point| point.time).start,
                RecordingPlace::Start | RecordingPlace::End => index.bytes,
            };
            let start = target.saturating_sub(before);
            return self.beginning_at(|index| index.before(&start, |point| point.start), None);
        }
        let time = self.time_before(place, before);
        // Rows right before a point may have the same time as the first one after it.
        let earlier = Time(time.0.saturating_sub(1));
        self.beginning_at(
            |index| index.before(&earlier, |point| point.time),
            Some(time),
        )
    }

    fn beginning_at(
        &self,
        point: impl Fn(&Index) -> Point,
        skip_before: Option<Time>,
    ) -> Beginning<'_> {
        let points = self.files.iter().map(|file| {
            let point = file.index.as_ref().map_or_else(Point::default, &point);
            (&file.file, point)
        });
        let points: Vec<_> = points.collect();
        Beginning {
            row: points.iter().map(|(_, point)| point.row).sum(),
            points,
            skip_before,
        }
    }

    /// Returns the time at which to begin so that about `bytes` of all files are before `place`.
    fn time_before(&self, place: RecordingPlace, bytes: u64) -> Time {
        let indexes: Vec<&Index> = self
            .files
            .iter()
            .filter_map(|file| file.index.as_ref())
            .collect();
        let at = |time: Time| {
            let points = indexes
                .iter()
                .map(|index| index.before(&time, |point| point.time));
            points.fold((0, 0), |(row, start), point| {
                (row + point.row, start + point.start)
            })
        };
        let mut times: Vec<Time> = indexes
            .iter()
            .flat_map(|index| index.points.iter().map(|point| point.time))
            .collect();
        times.sort_unstable();
        let end = match place {
            RecordingPlace::End => indexes.iter().map(|index| index.bytes).sum(),
            RecordingPlace::At(time) => at(time).1,
            RecordingPlace::Start => 0,
            RecordingPlace::Row(row) => {
                let next = times.partition_point(|time| at(*time).0 <= row);
                times
                    .get(next.saturating_sub(1))
                    .map_or(0, |time| at(*time).1)
            }
        };
        let start = end.saturating_sub(bytes);
        let next = times.partition_point(|time| at(*time).1 <= start);
        times
            .get(next.saturating_sub(1))
            .copied()
            .unwrap_or_default()
    }
}
