//! Messages in frames that state their length.

use std::ops::Range;

use super::sink::Sink;
use super::wire;
use crate::payload::reading::{Cursor, Stop};
use crate::payload::tree::{Kind, Text};

/// The mark of a compressed message.
pub const COMPRESSED: &str = "⟨compressed⟩";

/// How messages are framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// As in gRPC: a flag and four bytes with the length
    /// (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>).
    Grpc,
    /// A varint with the length, as `writeDelimitedTo` writes it.
    Delimited,
}

/// The content of a frame.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub is_compressed: bool,
    pub content: Range<usize>,
}

impl Framing {
    /// Adds the message in the only one of `frames`, or an array of the messages, below a tag.
    /// `message` adds a message at a range; compressed messages are added as bytes.
    pub(super) fn add<R>(
        self,
        frames: &[Frame],
        reader: &mut R,
        sink: impl Fn(&mut R) -> &mut Sink,
        mut message: impl FnMut(&mut R, Range<usize>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let is_array = frames.len() > 1;
        let end = frames.last().map_or(0, |frame| frame.content.end);
        sink(reader).tag(self.mark(), 0)?;
        if is_array {
            sink(reader).open(Kind::Array, 0)?;
        }
        for frame in frames {
            let content = frame.content.clone();
            if frame.is_compressed {
                let sink = sink(reader);
                sink.tag(COMPRESSED, content.start)?;
                let text = Text::InPayload(content.clone());
                sink.scalar(Kind::Bytes, text, content.clone())?;
                sink.close(content.end);
            } else {
                message(reader, content)?;
            }
        }
        if is_array {
            sink(reader).close(end);
        }
        sink(reader).close(end);
        Ok(())
    }

    fn mark(self) -> &'static str {
        match self {
            Self::Grpc => "⟨grpc⟩",
            Self::Delimited => "⟨length-delimited⟩",
        }
    }

    /// Splits `bytes` into frames. Returns `None` unless they consist of one or more whole frames.
    /// A gRPC frame begins with a zero as well, so messages after their lengths do not begin with an
    /// empty one.
    pub(super) fn split(self, bytes: &[u8]) -> Option<Vec<Frame>> {
        let mut cursor = Cursor::new(bytes);
        let mut frames = Vec::new();
        while cursor.left() > 0 {
            let start = cursor.at();
            let (is_compressed, length) = match self {
                Self::Grpc => match cursor.byte().ok()? {
                    flag @ (0 | 1) => (flag == 1, cursor.number(2).ok()?),
                    _ => return None,
                },
                Self::Delimited => match wire::varint(&mut cursor).ok()? {
                    0 if frames.is_empty() => return None,
                    length => (false, length),
                },
            };
            frames.push(Frame {
                is_compressed,
                content: cursor.stretch(length, start).ok()?,
            });
        }
        (!frames.is_empty()).then_some(frames)
    }
}
