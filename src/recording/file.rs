//! A recording in a file that can be read from any point of its index.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::file_format::FileFormat;
use super::index::{Index, Indexer, Point, Stamp};
use super::reader::{BUFFER, ReadOptions, Reader, ZSTD};
use crate::message::Time;

/// A file with a recording.
#[derive(Clone, Debug)]
pub struct RecordingFile {
    path: PathBuf,
    format: FileFormat,
    is_packed: bool,
    stamp: Stamp,
}

impl RecordingFile {
    /// Opens a file, in `format` or in the one that it turns out to be in.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be read, and with [`io::ErrorKind::InvalidData`] if its format is
    /// unknown.
    pub fn open(path: &Path, format: Option<FileFormat>) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let facts = file.metadata()?;
        if !facts.is_file() {
            return Err(io::Error::other(
                "not a file; a recording is read at several places",
            ));
        }
        let modified = facts.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        let modified = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut start = Vec::new();
        (&mut file).take(BUFFER as u64).read_to_end(&mut start)?;
        let is_packed = start.starts_with(&ZSTD);
        if is_packed {
            start.clear();
            file.seek(SeekFrom::Start(0))?;
            let decoder = zstd::Decoder::new(file)?;
            match decoder.take(BUFFER as u64).read_to_end(&mut start) {
                Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(error),
                _ => {}
            }
        }
        // An empty file is a recording that has only just begun.
        let found = match format {
            None if start.trim_ascii().is_empty() => Some(FileFormat::Recording),
            None => FileFormat::of(&start),
            format => format,
        };
        let unknown = || io::Error::from(io::ErrorKind::InvalidData);
        Ok(Self {
            path: path.to_owned(),
            format: found.ok_or_else(unknown)?,
            is_packed,
            stamp: Stamp {
                size: facts.len(),
                modified: u64::try_from(modified.as_nanos()).unwrap_or(u64::MAX),
            },
        })
    }

    /// Returns the name of the file without its folder.
    pub fn name(&self) -> Vec<u8> {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.as_encoded_bytes().to_vec()
    }

    /// Returns the size of the file when it was opened, in bytes.
    pub fn size(&self) -> u64 {
        self.stamp.size
    }

    /// Returns a reader that starts at a point of the index.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be read.
    pub fn read_from(&self, point: &Point) -> io::Result<Reader> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(point.offset))?;
        let options = ReadOptions {
            format: Some(self.format),
            undated: self.undated(),
        };
        // What is written after the file was opened is not read.
        let length = self.stamp.size.saturating_sub(point.offset);
        Reader::with(file.take(length), options)
    }

    /// Returns what builds the index.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be read.
    pub fn indexer(&self) -> io::Result<Indexer> {
        let file = File::open(&self.path)?;
        let undated = self.undated();
        Ok(Indexer::new(file, self.is_packed, self.format, undated))
    }

    /// Returns the path of the stored index.
    pub fn index_path(&self) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(".idx");
        path.into()
    }

    /// Returns the stored index, if there is one for the file as it is now.
    pub fn stored_index(&self) -> Option<Index> {
        let bytes = fs::read(self.index_path()).ok()?;
        Index::parse(&bytes, self.stamp)
    }

    /// Returns the bytes to store an index as.
    pub fn index_bytes(&self, index: &Index) -> Vec<u8> {
        index.to_bytes(self.stamp)
    }

    /// Returns the time of rows for which the file has none: when it was written.
    fn undated(&self) -> Time {
        Time(i64::try_from(self.stamp.modified / 1000).unwrap_or(i64::MAX))
    }
}
