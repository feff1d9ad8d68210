//! Sessions in files: what arrived, line by line, in a form that `jq` and log viewers read as it is.
//!
//! A recording is NDJSON. Its first line is a [`Header`]. Every other line is a message or a notice:
//!
//! ```text
//! {"recording":1,"program":"subscope 0.1.0","server":"redis://db:6379","start":"2026-11-23T11:00:00.000000Z"}
//! {"time":"2026-11-23T11:00:01.123456Z","channel":"orders","via":["*"],"payload":"{\"id\":1}"}
//! {"time":"2026-11-23T11:00:02.000000Z","channel":"blobs","via":["*"],"payload":"/wA=","encoding":"base64"}
//! {"time":"2026-11-23T11:00:09.000000Z","notice":"gap","text":"connection lost","from":"…","to":null}
//! ```
//!
//! A name or payload that is not UTF-8 is in base64, and `channel_encoding` or `encoding` says so.
//! `size` is the original size of a payload of which only the start was kept, `sharded` marks
//! messages of sharded channels. Programs may add members, which readers ignore.
//!
//! Reading is tolerant: a line that is no row is skipped and counted, and so is a last line that was
//! never finished.
//!
//! [`RecordingFile`] reads a file from any [`Point`] of its [`Index`]. What other programs write about
//! messages can be read as well: see [`FileFormat`].

mod cursor;
mod detection;
mod file;
mod file_format;
mod foreign;
mod frames;
mod index;
mod line;
mod merge;
mod notice;
mod quick;
mod reader;
mod row;
mod stamp;
mod writer;

pub use self::file::RecordingFile;
pub use self::file_format::FileFormat;
pub use self::index::{Index, Indexer, Point, Stamp};
pub use self::line::{Line, Message, push_escaped, push_string};
pub use self::merge::{Known, Merge};
pub use self::reader::{ReadOptions, Reader, Skipped};
pub use self::row::Header;
pub use self::stamp::{Stamps, parse as parse_time};
pub use self::writer::{Compression, Writer};
