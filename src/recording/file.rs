//! A recording in a file that can be read from any point of its index.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use super::cursor::Cursor;
use super::file_format::FileFormat;
use super::index::{Index, Indexer, Point, Stamp};
use super::reader::{BUFFER, ReadOptions, Reader, ZSTD};

/// A file with a recording.
#[derive(Clone, Debug)]
pub struct RecordingFile {
    file: Arc<File>,
    name: Vec<u8>,
    /// The path of the stored index, if one can be stored.
    index_path: Option<PathBuf>,
    options: ReadOptions,
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
        let name = path.file_name().unwrap_or(path.as_os_str());
        let name = name.as_encoded_bytes().to_vec();
        let mut index_path = path.to_owned().into_os_string();
        index_path.push(".idx");
        Self::of(File::open(path)?, name, Some(index_path.into()), format)
    }

    /// Like [`Self::open`], for a file that holds what came through a pipe. Its index is not stored.
    ///
    /// # Errors
    ///
    /// The same as for [`Self::open`].
    pub fn piped(file: File, name: Vec<u8>, format: Option<FileFormat>) -> io::Result<Self> {
        Self::of(file, name, None, format)
    }

    fn of(
        file: File,
        name: Vec<u8>,
        index_path: Option<PathBuf>,
        format: Option<FileFormat>,
    ) -> io::Result<Self> {
        let facts = file.metadata()?;
        if !facts.is_file() {
            return Err(io::Error::other(
                "not a file; a recording is read at several places",
            ));
        }
        let modified = facts.modified().ok();
        let modified = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let modified = modified.unwrap_or_default();
        let file = Arc::new(file);
        let mut start = Vec::new();
        let input = || Cursor::new(&file, 0);
        input().take(BUFFER as u64).read_to_end(&mut start)?;
        let is_packed = start.starts_with(&ZSTD);
        if is_packed {
            start.clear();
            let decoder = zstd::Decoder::new(input())?;
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
        let format = found.ok_or_else(unknown)?;
        Ok(Self {
            file,
            name,
            index_path,
            options: ReadOptions::new(Some(format), &facts),
            format,
            is_packed,
            stamp: Stamp {
                size: facts.len(),
                modified: u64::try_from(modified.as_nanos()).unwrap_or(u64::MAX),
            },
        })
    }

    /// Returns the name of the file without its folder.
    pub fn name(&self) -> Vec<u8> {
        self.name.clone()
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
        let input = Cursor::new(&self.file, point.offset);
        // What is written after the file was opened is not read.
        let length = self.stamp.size.saturating_sub(point.offset);
        Reader::with(input.take(length), self.options)
    }

    /// Returns what builds the index.
    pub fn indexer(&self) -> Indexer {
        let input = Cursor::new(&self.file, 0);
        Indexer::new(input, self.is_packed, self.format, self.options.undated)
    }

    /// Returns the path of the stored index, if one can be stored.
    pub fn index_path(&self) -> Option<&Path> {
        self.index_path.as_deref()
    }

    /// Returns the stored index, if there is one for the file as it is now.
    pub fn stored_index(&self) -> Option<Index> {
        let bytes = fs::read(self.index_path()?).ok()?;
        Index::parse(&bytes, self.stamp)
    }

    /// Returns the bytes to store an index as.
    pub fn index_bytes(&self, index: &Index) -> Vec<u8> {
        index.to_bytes(self.stamp)
    }
}
