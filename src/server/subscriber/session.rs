//! One connection of the subscriber: reads as long as there is anything to read, and meanwhile
//! writes, hands over, obeys and keeps time.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::select;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until, timeout};

use super::buffer::Buffer;
use super::conversation::{Conversation, End};
use super::{Command, Counters, Transport, words};
use crate::message::Time;
use crate::wire::{Decoder, Limits, MAX_BULK};

/// What a server may send. Redis's own limit of a payload can be raised, so there is room above.
const LIMITS: Limits = Limits {
    bulk: 2 * MAX_BULK,
    parts: 64,
};

/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_millis(200);

/// A read of this much, which still emptied the socket, tells of a burst: the next read waits a
/// moment, so that it finds more.
const BURST: usize = 8 << 10;

/// How long that moment is. The timer of tokio is no finer.
const MOMENT: Duration = Duration::from_millis(1);

/// A connected stream with what has been read from it.
pub(super) struct Session<'a> {
    reader: ReadHalf<Transport>,
    writer: WriteHalf<Transport>,
    buffer: Buffer,
    decoder: Decoder,
    counters: &'a Counters,
}

impl<'a> Session<'a> {
    pub(super) fn new(transport: Transport, counters: &'a Counters) -> Self {
        let (reader, writer) = tokio::io::split(transport);
        Self {
            reader,
            writer,
            buffer: Buffer::new(),
            decoder: Decoder::new(LIMITS),
            counters,
        }
    }

    /// Talks until the end.
    pub(super) async fn run(
        mut self,
        talk: &mut Conversation<'_>,
        commands: &mut UnboundedReceiver<Command>,
    ) -> End {
        match self.converse(talk, commands).await {
            Ok(()) => {
                // A peer that does not take it is not waited for.
                let _ = timeout(FAREWELL, async {
                    self.writer.write_all(&talk.out).await?;
                    self.writer.shutdown().await
                })
                .await;
                End::Over
            }
            Err(end) => end,
        }
    }

    async fn converse(
        &mut self,
        talk: &mut Conversation<'_>,
        commands: &mut UnboundedReceiver<Command>,
    ) -> Result<(), End> {
        let timer = sleep_until(talk.due());
        let moment = sleep_until(Instant::now());
        tokio::pin!(timer, moment);
        let mut is_gathering = false;
        while !talk.is_over() {
            // Only ever moved forward here; a timer that fires early finds nothing due.
            if talk.due() < timer.deadline() {
                timer.as_mut().reset(talk.due());
            }
            let room = self.buffer.make_room();
            // Reading stands before handing over, so that a batch grows while there is more to
            // read; what is full is handed over after each read.
            select! {
                biased;
                command = commands.recv() => {
                    talk.obey(command.ok_or(End::Stopped)?, Time::now());
                }
                () = &mut timer => {
                    talk.keep_time()?;
                    timer.as_mut().reset(talk.due());
                }
                written = self.writer.write(&talk.out), if !talk.out.is_empty() => {
                    match written {
                        Ok(0) => return Err(End::Lost("closed by the server".into())),
                        Ok(length) => drop(talk.out.drain(..length)),
                        Err(error) => return Err(End::Lost(words(&error))),
                    }
                }
                () = &mut moment, if is_gathering => is_gathering = false,
                read = self.reader.read_buf(self.buffer.bytes_mut()), if !is_gathering => {
                    let length = read.map_err(|error| End::Lost(words(&error)))?;
                    let is_dry = length < room;
                    self.take_in(length, talk)?;
                    talk.inbox.hand_over(is_dry).map_err(|_| End::Stopped)?;
                    if is_dry && length >= BURST {
                        is_gathering = true;
                        moment.as_mut().reset(Instant::now() + MOMENT);
                    }
                }
                flushed = talk.inbox.flush(), if !talk.inbox.is_empty() => {
                    flushed.map_err(|_| End::Stopped)?;
                }
            }
        }
        Ok(())
    }

    /// Understands all whole frames that have come with the last `length` bytes.
    fn take_in(&mut self, length: usize, talk: &mut Conversation<'_>) -> Result<(), End> {
        if length == 0 {
            return Err(End::Lost("closed by the server".into()));
        }
        self.counters.reads.fetch_add(1, Relaxed);
        self.counters
            .bytes_received
            .fetch_add(length as u64, Relaxed);
        // The clock is read once for all that came at once.
        let now = Time::now();
        talk.note_read(now);
        let unread = self.buffer.unread();
        let mut position = 0;
        let outcome = loop {
            let bytes = &unread[position..];
            match self.decoder.decode(bytes) {
                Ok(Some(frame)) => {
                    position += frame.length;
                    if let Err(end) = talk.hear(&frame, bytes, now) {
                        break Err(end);
                    }
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(End::Lost(format!("not RESP2: {error}").into())),
            }
        };
        self.buffer.consume(position);
        outcome
    }
}
