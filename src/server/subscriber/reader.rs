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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed test should panic")]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::join;
    use tokio::task::yield_now;

    use super::*;

    /// Whether the reader waits between bytes and the end, which comes with them or after a while.
    async fn waits_for_the_end(comes_later: bool) -> bool {
        let (mut writer, stream) = duplex(64);
        let mut reader = Reader::new(stream);
        let mut bytes = [0; 64];
        writer.write_all(b"bytes").await.unwrap();
        let hang_up = async move {
            if comes_later {
                yield_now().await;
            }
            drop(writer);
        };
        let read_all = async {
            assert_eq!(reader.read(&mut bytes).await.unwrap(), 5);
            reader.take_has_waited();
            // As if the program were halted here: the end has come by then, or has not.
            assert_eq!(reader.read(&mut bytes).await.unwrap(), 0);
            reader.take_has_waited()
        };
        join!(biased; hang_up, read_all).1
    }

    #[tokio::test]
    async fn it_has_waited_only_if_the_end_was_not_there_already() {
        assert!(!waits_for_the_end(false).await);
        assert!(waits_for_the_end(true).await);
    }
}
