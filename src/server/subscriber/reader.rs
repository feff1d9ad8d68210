//! A stream that knows when it was read from.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};

use crate::message::Time;

/// Reads, and notes when the last read was begun and whether it had to wait.
#[derive(Debug)]
pub(super) struct Reader<R> {
    stream: R,
    begun: Time,
    has_waited: bool,
}

impl<R> Reader<R> {
    pub(super) fn new(stream: R) -> Self {
        Self {
            stream,
            begun: Time::now(),
            has_waited: false,
        }
    }

    /// When the last read was begun: what it brought had come by then, or came since.
    pub(super) fn begun(&self) -> Time {
        self.begun
    }

    /// Whether there was nothing to be read at some time since this was last asked.
    pub(super) fn take_has_waited(&mut self) -> bool {
        std::mem::take(&mut self.has_waited)
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Reader<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.begun = Time::now();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.has_waited |= read.is_pending();
        read
    }
}
