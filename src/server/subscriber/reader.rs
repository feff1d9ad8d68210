//! A stream that records when it was read.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};

use crate::message::Time;

/// A stream that records when the last read started and whether it had to wait.
#[derive(Debug)]
pub(super) struct Reader<R> {
    stream: R,
    /// When the last read started. Its data may have arrived long before that time.
    pub(super) begun: Time,
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

    /// Returns whether the socket was empty at some point since the last call.
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

    /// Returns whether the reader waits between the bytes and the end of the stream. The end
    /// arrives together with the bytes, or after them if `is_later` is set.
    async fn waits_for_the_end(is_later: bool) -> bool {
        let (mut writer, stream) = duplex(64);
        let mut reader = Reader::new(stream);
        let mut bytes = [0; 64];
        writer.write_all(b"bytes").await.unwrap();
        let hang_up = async move {
            if is_later {
                yield_now().await;
            }
            drop(writer);
        };
        let read_all = async {
            assert_eq!(reader.read(&mut bytes).await.unwrap(), 5);
            reader.take_has_waited();
            // Unless `is_later` is set, the end has already arrived, as if the program had been
            // suspended before this read.
            assert_eq!(reader.read(&mut bytes).await.unwrap(), 0);
            reader.take_has_waited()
        };
        join!(biased; hang_up, read_all).1
    }

    #[tokio::test]
    async fn a_wait_is_recorded_only_if_the_socket_was_empty() {
        assert!(!waits_for_the_end(false).await);
        assert!(waits_for_the_end(true).await);
    }
}
