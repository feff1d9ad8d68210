//! One connection of the subscriber: reads as long as there is data, and also writes, hands over
//! feeds, executes commands and runs timers.

use std::hash::RandomState;
use std::io;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::select;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until, timeout};

use super::buffer::Buffer;
use super::delivery::{Delivery, OwnedDelivery, is_expected};
use super::freshness::Read;
use super::large::Large;
use super::now::Now;
use super::protocol::{End, SubscriberProtocol};
use super::reader::Reader;
use super::unexpected::SHOWN_BYTES;
use super::{Command, Counters, Transport, io_cause};
use crate::log::{LARGE_PAYLOAD, PayloadLimit};
use crate::message::{ConnectionError, Time};
use crate::wire::{AnyFrame, Decoder, Limits, MAX_BULK, WireError};

/// Limits of incoming frames. Redis's payload limit can be raised, so these are more generous.
const LIMITS: Limits = Limits {
    bulk: 2 * MAX_BULK,
    parts: 64,
};

/// Maximum length of the text for a message value that is not a string.
const LONGEST_VALUE: usize = 1 << 20;

/// Maximum length of an unexpected frame that is kept in the buffer.
const LONGEST_UNEXPECTED: usize = 1 << 20;

/// Timeout for sending the last bytes and closing the connection.
const FAREWELL: Duration = Duration::from_millis(200);

/// A read of at least this size that still emptied the socket indicates a burst: the next read is
/// delayed by [`MOMENT`], so that it returns more.
const BURST: usize = 8 << 10;

/// A read of at least this size means that the data was waiting: a program that keeps up finds
/// less.
const BACKLOG: usize = 16 << 10;

/// Delay of the read after a burst. Tokio's timer has no finer resolution.
const MOMENT: Duration = Duration::from_millis(1);

/// A connected stream and the data read from it.
pub(super) struct Session<'a> {
    reader: Reader<ReadHalf<Transport>>,
    writer: WriteHalf<Transport>,
    buffer: Buffer,
    decoder: Decoder,
    /// The large payload that is currently arriving, if any.
    large: Option<Large>,
    /// The nested frame that is currently arriving, if any.
    nested: Option<NestedFrame>,
    limit: PayloadLimit,
    /// Keys for hashing the discarded bytes of large payloads.
    keys: RandomState,
    counters: &'a Counters,
}

/// A nested frame that may have arrived only in part.
struct NestedFrame {
    /// The message it belongs to, if only the payload is nested. The frame is then that payload.
    delivery: Option<OwnedDelivery>,
    frame: AnyFrame,
}

impl<'a> Session<'a> {
    pub(super) fn new(transport: Transport, limit: PayloadLimit, counters: &'a Counters) -> Self {
        let (reader, writer) = tokio::io::split(transport);
        Self {
            reader: Reader::new(reader),
            writer,
            buffer: Buffer::new(),
            decoder: Decoder::new(LIMITS),
            large: None,
            nested: None,
            limit,
            keys: RandomState::new(),
            counters,
        }
    }

    /// Runs until the connection ends.
    pub(super) async fn run(
        mut self,
        protocol: &mut SubscriberProtocol<'_>,
        commands: &mut UnboundedReceiver<Command>,
    ) -> End {
        match self.exchange(protocol, commands).await {
            Ok(()) => {
                // Do not wait for a peer that does not read.
                let _ = timeout(FAREWELL, async {
                    self.writer.write_all(&protocol.out).await?;
                    self.writer.shutdown().await
                })
                .await;
                End::Over
            }
            Err(end) => {
                protocol.waited_until = self.reader.take_has_waited().then(Time::now);
                end
            }
        }
    }

    async fn exchange(
        &mut self,
        protocol: &mut SubscriberProtocol<'_>,
        commands: &mut UnboundedReceiver<Command>,
    ) -> Result<(), End> {
        let timer = sleep_until(protocol.due());
        let moment = sleep_until(Instant::now());
        tokio::pin!(timer, moment);
        let mut is_gathering = false;
        while !protocol.is_over() {
            // The timer is only moved forward here; if it fires early, nothing is due.
            if protocol.due() < timer.deadline() {
                timer.as_mut().reset(protocol.due());
            }
            let straight = self.large.as_mut().and_then(Large::room);
            let is_straight = straight.is_some();
            let (target, room) = straight.unwrap_or_else(|| {
                let room = self.buffer.make_room();
                (self.buffer.bytes_mut(), room)
            });
            let mut reader = (&mut self.reader).take(room as u64);
            // Reading takes precedence over handing over, so that a batch grows while there is more
            // to read. Full batches are handed over after each read.
            select! {
                biased;
                command = commands.recv() => {
                    protocol.execute(command.ok_or(End::Stopped)?, Now::read());
                    if protocol.left.is_some() {
                        return Err(End::Lost(ConnectionError::MasterReplaced));
                    }
                }
                () = &mut timer => {
                    protocol.tick(Now::read())?;
                    timer.as_mut().reset(protocol.due());
                }
                written = self.writer.write(&protocol.out), if !protocol.out.is_empty() => {
                    match written.map_err(|error| closed(protocol, &error))? {
                        0 => return Err(closed(protocol, &io::ErrorKind::UnexpectedEof.into())),
                        length => protocol.note_written(length),
                    }
                }
                () = &mut moment, if is_gathering => is_gathering = false,
                read = reader.read_buf(target), if !is_gathering => {
                    let length = read.map_err(|error| closed(protocol, &error))?;
                    let is_dry = length < room;
                    self.take_in(length, is_straight, protocol)?;
                    protocol.feed_queue.hand_over(is_dry).map_err(|_| End::Stopped)?;
                    if is_dry && length >= BURST && self.large.is_none() {
                        is_gathering = true;
                        moment.as_mut().reset(Instant::now() + MOMENT);
                    }
                }
                flushed = protocol.feed_queue.flush(), if !protocol.feed_queue.is_empty() => {
                    flushed.map_err(|_| End::Stopped)?;
                }
            }
        }
        Ok(())
    }

    /// Decodes everything that is complete after `length` more bytes have arrived, either directly
    /// in a large payload or in the buffer.
    fn take_in(
        &mut self,
        length: usize,
        is_straight: bool,
        protocol: &mut SubscriberProtocol<'_>,
    ) -> Result<(), End> {
        if length == 0 {
            return Err(closed(protocol, &io::ErrorKind::UnexpectedEof.into()));
        }
        let read = Read {
            begun: self.reader.begun(),
            has_waited: self.reader.take_has_waited(),
            is_backlog: length >= BACKLOG,
        };
        protocol.note_read(read, Now::read());
        self.counters.reads.fetch_add(1, Relaxed);
        self.counters
            .bytes_received
            .fetch_add(length as u64, Relaxed);
        if let Some(mut large) = self.large.take() {
            if is_straight {
                large.note_read(length);
            } else {
                let taken = large.take_in(self.buffer.unread());
                self.buffer.consume(taken);
            }
            if !large.is_done() {
                self.large = Some(large);
                return Ok(());
            }
            let (delivery, payload) = large.finish().map_err(malformed)?;
            protocol.handle_large(&delivery.borrow(), payload);
            // Hand it over without waiting for what arrived after it.
            protocol
                .feed_queue
                .hand_over(false)
                .map_err(|_| End::Stopped)?;
        }
        loop {
            if let Some(nested) = &mut self.nested {
                let taken = nested.frame.take_in(self.buffer.unread());
                self.buffer.consume(taken.map_err(malformed)?);
                if !nested.frame.is_done() {
                    return Ok(());
                }
            }
            if let Some(nested) = self.nested.take() {
                nested.handle(protocol);
            }
            self.decode_frames(protocol)?;
            if self.nested.is_none() {
                return Ok(());
            }
        }
    }

    /// Decodes all complete frames, and starts a large payload or a nested frame after them.
    fn decode_frames(&mut self, protocol: &mut SubscriberProtocol<'_>) -> Result<(), End> {
        let unread = self.buffer.unread();
        let mut position = 0;
        let outcome = loop {
            let bytes = &unread[position..];
            match self.decoder.decode(bytes) {
                Ok(Some(frame)) => {
                    position += frame.length;
                    if let Err(end) = protocol.handle_frame(&frame, bytes) {
                        break Err(end);
                    }
                }
                Ok(None) => break Ok(()),
                Err(WireError::NotFlat) => {
                    let (nested, start) = NestedFrame::begin(&self.decoder, bytes, protocol);
                    self.nested = Some(nested);
                    position += start;
                    break Ok(());
                }
                Err(error) => break Err(malformed(error)),
            }
        };
        let bytes = &unread[position..];
        if outcome.is_ok()
            && self.nested.is_none()
            && let Some(bulk) = self.decoder.last_bulk(bytes)
            && bulk.length >= LARGE_PAYLOAD
            && let Some(delivery) = Delivery::announced_by(bulk.parts, bytes)
        {
            let before = protocol.large_before(&delivery, bulk.length);
            let mut large = Large::new(&delivery, bulk.length, self.limit, before, &self.keys);
            large.take_in(&bytes[bulk.start..]);
            self.large = Some(large);
            position = unread.len();
        } else if outcome.is_ok()
            && bytes.len() > LONGEST_UNEXPECTED
            && !is_expected(self.decoder.parts(), bytes)
        {
            self.nested.get_or_insert_with(NestedFrame::whole);
        }
        self.buffer.consume(position);
        outcome
    }
}

/// Records that the stream failed.
fn closed(protocol: &mut SubscriberProtocol<'_>, error: &io::Error) -> End {
    protocol.has_hung_up = matches!(
        error.kind(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof
    );
    End::Closed(io_cause(error))
}

impl NestedFrame {
    /// Creates a frame that is not a message.
    fn whole() -> Self {
        Self {
            delivery: None,
            frame: AnyFrame::new(LIMITS.bulk, SHOWN_BYTES),
        }
    }

    /// Returns the frame at the start of `bytes` and the offset at which to start reading it.
    fn begin(decoder: &Decoder, bytes: &[u8], protocol: &SubscriberProtocol<'_>) -> (Self, usize) {
        let announced = decoder.last_value(bytes).and_then(|value| {
            let delivery = Delivery::announced_by(value.parts, bytes)?;
            let is_for_us = protocol.is_for_us(&delivery);
            is_for_us.then(|| (delivery.into_owned(), value.start))
        });
        let Some((delivery, start)) = announced else {
            return (Self::whole(), 0);
        };
        let nested = Self {
            delivery: Some(delivery),
            frame: AnyFrame::new(LIMITS.bulk, LONGEST_VALUE),
        };
        (nested, start)
    }

    /// Handles the complete frame. A value that is not a string becomes an ordinary message with
    /// its text as the payload; an example is the list of keys that Redis invalidates.
    fn handle(self, protocol: &mut SubscriberProtocol<'_>) {
        let text = self.frame.into_text();
        match self.delivery {
            Some(delivery) => protocol.handle_message(&delivery.borrow(), text.as_bytes()),
            None => protocol.handle_nested(text),
        }
    }
}

/// Returns the end of a connection that received malformed data.
fn malformed(error: WireError) -> End {
    End::Lost(ConnectionError::NotResp(error.to_string().into()))
}
