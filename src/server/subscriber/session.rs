//! One connection of the subscriber. It reads as long as there is data, and also writes, hands over
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
use super::{Command, Counters, Shared, Transport, io_cause};
use crate::log::{LARGE_PAYLOAD, PayloadLimit};
use crate::message::{ConnectionError, Time};
use crate::wire::{AnyFrame, Decoder, Limits, MAX_BULK, WireError};

/// Limits for incoming frames. They exceed Redis's default limit for payloads, because that limit
/// can be raised.
const LIMITS: Limits = Limits {
    bulk: 2 * MAX_BULK,
    parts: 64,
};

/// Maximum length of the text of a message whose value is not a string.
const LONGEST_VALUE: usize = 1 << 20;

/// Maximum length of an unexpected frame that is kept in the buffer.
const LONGEST_UNEXPECTED: usize = 1 << 20;

/// Timeout for sending the last bytes and closing the connection.
const CLOSE_WITHIN: Duration = Duration::from_millis(200);

/// A read that empties the socket and returns at least this much indicates a burst: the next read
/// is delayed by [`BURST_DELAY`], so that it returns more.
const BURST: usize = 8 << 10;

/// If a read returns at least this much, the data must have been waiting: a program that keeps up
/// reads less at a time.
const BACKLOG: usize = 16 << 10;

/// Delay of the read after a burst. Tokio's timer has no finer resolution.
const BURST_DELAY: Duration = Duration::from_millis(1);

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
    /// The message that the frame belongs to, if the frame is only the nested payload of a message.
    delivery: Option<OwnedDelivery>,
    frame: AnyFrame,
}

impl<'a> Session<'a> {
    pub(super) fn new(transport: Transport, shared: &'a Shared) -> Self {
        let (reader, writer) = tokio::io::split(transport);
        Self {
            reader: Reader::new(reader),
            writer,
            buffer: Buffer::new(),
            decoder: Decoder::new(LIMITS),
            large: None,
            nested: None,
            limit: shared.config.payload_limit,
            keys: RandomState::new(),
            counters: &shared.counters,
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
                let _ = timeout(CLOSE_WITHIN, async {
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
        let burst_delay = sleep_until(Instant::now());
        tokio::pin!(timer, burst_delay);
        let mut is_delayed = false;
        while !protocol.is_over() {
            // Here the timer is only moved to an earlier time. If it fires too early, nothing is
            // due, and no harm is done.
            if protocol.due() < timer.deadline() {
                timer.as_mut().reset(protocol.due());
            }
            let direct = self.large.as_mut().and_then(Large::room);
            let is_direct = direct.is_some();
            let (target, room) = direct.unwrap_or_else(|| self.buffer.make_room());
            let mut reader = (&mut self.reader).take(room as u64);
            // Reading has priority over handing over, so that a batch grows while there is more to
            // read. Full batches are handed over after each read.
            select! {
                biased;
                command = commands.recv() => {
                    protocol.execute(command.ok_or(End::Stopped)?, Now::read());
                    if protocol.replaced.is_some() {
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
                () = &mut burst_delay, if is_delayed => is_delayed = false,
                read = reader.read_buf(target), if !is_delayed => {
                    let length = read.map_err(|error| closed(protocol, &error))?;
                    let is_drained = length < room;
                    self.take_in(length, is_direct, protocol)?;
                    protocol.feed_queue.hand_over(is_drained).map_err(|_| End::Stopped)?;
                    if is_drained && length >= BURST && self.large.is_none() {
                        is_delayed = true;
                        burst_delay.as_mut().reset(Instant::now() + BURST_DELAY);
                    }
                }
                flushed = protocol.feed_queue.flush(), if !protocol.feed_queue.is_empty() => {
                    flushed.map_err(|_| End::Stopped)?;
                }
            }
        }
        Ok(())
    }

    /// Processes `length` bytes that have just arrived, in the buffer or, if `is_direct`, in a
    /// large payload. Decodes everything that is complete now.
    fn take_in(
        &mut self,
        length: usize,
        is_direct: bool,
        protocol: &mut SubscriberProtocol<'_>,
    ) -> Result<(), End> {
        if length == 0 {
            return Err(closed(protocol, &io::ErrorKind::UnexpectedEof.into()));
        }
        let read = Read {
            begun: self.reader.begun,
            has_waited: self.reader.take_has_waited(),
            is_backlog: length >= BACKLOG,
        };
        protocol.note_read(read, Now::read());
        self.counters.reads.fetch_add(1, Relaxed);
        self.counters
            .bytes_received
            .fetch_add(length as u64, Relaxed);
        if let Some(mut large) = self.large.take() {
            if is_direct {
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
            // Hand over the message without waiting until the data after it has been decoded.
            let handed_over = protocol.feed_queue.hand_over(false);
            handed_over.map_err(|_| End::Stopped)?;
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

    /// Decodes all complete frames, and starts a large payload or a nested frame if one follows
    /// them.
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

/// Returns the end of a connection whose stream failed, and records whether the server closed it.
fn closed(protocol: &mut SubscriberProtocol<'_>, error: &io::Error) -> End {
    protocol.has_hung_up = matches!(
        error.kind(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof
    );
    End::Closed(io_cause(error))
}

impl NestedFrame {
    /// Creates an empty frame that is not a message.
    fn whole() -> Self {
        Self {
            delivery: None,
            frame: AnyFrame::new(LIMITS.bulk, SHOWN_BYTES),
        }
    }

    /// Creates the frame at the start of `bytes`. Returns it and the offset at which to start
    /// reading.
    fn begin(decoder: &Decoder, bytes: &[u8], protocol: &SubscriberProtocol<'_>) -> (Self, usize) {
        if let Some((parts, start)) = decoder.last_value(bytes)
            && let Some(delivery) = Delivery::announced_by(parts, bytes)
            && protocol.is_for_us(&delivery)
        {
            let nested = Self {
                delivery: Some(delivery.into_owned()),
                frame: AnyFrame::new(LIMITS.bulk, LONGEST_VALUE),
            };
            return (nested, start);
        }
        (Self::whole(), 0)
    }

    /// Handles the complete frame. If the payload of a message is not a string, such as the list of
    /// keys that Redis invalidates, its text becomes the payload of an ordinary message.
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
