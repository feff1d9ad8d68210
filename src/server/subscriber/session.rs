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
use zeroize::Zeroizing;

use super::buffer::Buffer;
use super::delivery::{Delivery, OwnedDelivery, is_expected};
use super::freshness::Read;
use super::large::Large;
use super::protocol::{End, SubscriberProtocol};
use super::reader::Reader;
use super::unexpected::SHOWN_BYTES;
use super::{Command, Counters, Transport, words};
use crate::log::{LARGE_PAYLOAD, PayloadLimit};
use crate::message::Time;
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
    odd: Option<OddFrame>,
    limit: PayloadLimit,
    /// Keys for hashing the discarded bytes of large payloads.
    keys: RandomState,
    counters: &'a Counters,
}

/// A nested frame that may have arrived only in part.
struct OddFrame {
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
            odd: None,
            limit,
            keys: RandomState::new(),
            counters,
        }
    }

    /// Runs until the connection ends.
    pub(super) async fn run(
        mut self,
        talk: &mut SubscriberProtocol<'_>,
        commands: &mut UnboundedReceiver<Command>,
    ) -> End {
        match self.converse(talk, commands).await {
            Ok(()) => {
                // Do not wait for a peer that does not read.
                let _ = timeout(FAREWELL, async {
                    self.writer.write_all(&talk.out).await?;
                    self.writer.shutdown().await
                })
                .await;
                End::Over
            }
            Err(end) => {
                talk.waited_until = self.reader.take_has_waited().then(Time::now);
                end
            }
        }
    }

    async fn converse(
        &mut self,
        talk: &mut SubscriberProtocol<'_>,
        commands: &mut UnboundedReceiver<Command>,
    ) -> Result<(), End> {
        let timer = sleep_until(talk.due());
        let moment = sleep_until(Instant::now());
        tokio::pin!(timer, moment);
        let mut is_gathering = false;
        while !talk.is_over() {
            // The timer is only moved forward here; if it fires early, nothing is due.
            if talk.due() < timer.deadline() {
                timer.as_mut().reset(talk.due());
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
                    talk.obey(command.ok_or(End::Stopped)?, Time::now());
                    if let Some(reason) = talk.leaving.take() {
                        return Err(End::Lost(reason));
                    }
                }
                () = &mut timer => {
                    talk.keep_time()?;
                    timer.as_mut().reset(talk.due());
                }
                written = self.writer.write(&talk.out), if !talk.out.is_empty() => {
                    match written {
                        Ok(0) => return Err(closed(talk, &io::ErrorKind::UnexpectedEof.into())),
                        // The written bytes may contain a password.
                        Ok(length) if length == talk.out.len() => talk.out = Zeroizing::default(),
                        Ok(length) => drop(talk.out.drain(..length)),
                        Err(error) => return Err(closed(talk, &error)),
                    }
                }
                () = &mut moment, if is_gathering => is_gathering = false,
                read = reader.read_buf(target), if !is_gathering => {
                    let length = read.map_err(|error| closed(talk, &error))?;
                    let is_dry = length < room;
                    // All frames of one read get the same time.
                    let now = Time::now();
                    if length > 0 {
                        talk.note_read(Read {
                            begun: self.reader.begun(),
                            has_waited: self.reader.take_has_waited(),
                            is_backlog: length >= BACKLOG,
                        });
                    }
                    self.take_in(length, is_straight, talk, now)?;
                    talk.feed_queue.hand_over(is_dry).map_err(|_| End::Stopped)?;
                    if is_dry && length >= BURST && self.large.is_none() {
                        is_gathering = true;
                        moment.as_mut().reset(Instant::now() + MOMENT);
                    }
                }
                flushed = talk.feed_queue.flush(), if !talk.feed_queue.is_empty() => {
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
        talk: &mut SubscriberProtocol<'_>,
        now: Time,
    ) -> Result<(), End> {
        if length == 0 {
            return Err(closed(talk, &io::ErrorKind::UnexpectedEof.into()));
        }
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
            let (delivery, payload) = large.finish().map_err(out_of_step)?;
            talk.hear_large(&delivery.borrow(), payload, now);
            // Hand it over without waiting for what arrived after it.
            talk.feed_queue.hand_over(false).map_err(|_| End::Stopped)?;
        }
        loop {
            if let Some(odd) = &mut self.odd {
                let taken = odd.frame.take_in(self.buffer.unread());
                self.buffer.consume(taken.map_err(out_of_step)?);
                if !odd.frame.is_done() {
                    return Ok(());
                }
            }
            if let Some(odd) = self.odd.take() {
                odd.hear(talk, now);
            }
            self.understand(talk, now)?;
            if self.odd.is_none() {
                return Ok(());
            }
        }
    }

    /// Decodes all complete frames, and starts a large payload or a nested frame after them.
    fn understand(&mut self, talk: &mut SubscriberProtocol<'_>, now: Time) -> Result<(), End> {
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
                Err(WireError::NotFlat) => {
                    let (odd, start) = OddFrame::begin(&self.decoder, bytes, talk);
                    self.odd = Some(odd);
                    position += start;
                    break Ok(());
                }
                Err(error) => break Err(out_of_step(error)),
            }
        };
        let bytes = &unread[position..];
        if outcome.is_ok()
            && self.odd.is_none()
            && let Some(bulk) = self.decoder.last_bulk(bytes)
            && bulk.length >= LARGE_PAYLOAD
            && let Some(delivery) = Delivery::announced_by(bulk.parts, bytes)
        {
            let before = talk.large_before(&delivery, bulk.length);
            let mut large = Large::new(&delivery, bulk.length, self.limit, before, &self.keys);
            large.take_in(&bytes[bulk.start..]);
            self.large = Some(large);
            position = unread.len();
        } else if outcome.is_ok()
            && bytes.len() > LONGEST_UNEXPECTED
            && !is_expected(self.decoder.parts(), bytes)
        {
            self.odd.get_or_insert_with(OddFrame::whole);
        }
        self.buffer.consume(position);
        outcome
    }
}

/// Records that the stream failed.
fn closed(talk: &mut SubscriberProtocol<'_>, error: &io::Error) -> End {
    talk.has_hung_up = matches!(
        error.kind(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof
    );
    End::Closed(words(error))
}

impl OddFrame {
    /// Creates a frame that is not a message.
    fn whole() -> Self {
        Self {
            delivery: None,
            frame: AnyFrame::new(LIMITS.bulk, SHOWN_BYTES),
        }
    }

    /// Returns the frame at the start of `bytes` and the offset at which to start reading it.
    fn begin(decoder: &Decoder, bytes: &[u8], talk: &SubscriberProtocol<'_>) -> (Self, usize) {
        let announced = decoder.last_value(bytes).and_then(|value| {
            let delivery = Delivery::announced_by(value.parts, bytes)?;
            let is_for_us = talk.is_for_us(&delivery);
            is_for_us.then(|| (delivery.into_owned(), value.start))
        });
        let Some((delivery, start)) = announced else {
            return (Self::whole(), 0);
        };
        let odd = Self {
            delivery: Some(delivery),
            frame: AnyFrame::new(LIMITS.bulk, LONGEST_VALUE),
        };
        (odd, start)
    }

    /// Handles the complete frame. A value that is not a string becomes an ordinary message with
    /// its text as the payload; an example is the list of keys that Redis invalidates.
    fn hear(self, talk: &mut SubscriberProtocol<'_>, now: Time) {
        let text = self.frame.into_text();
        match self.delivery {
            Some(delivery) => talk.hear_message(&delivery.borrow(), text.as_bytes(), now),
            None => talk.hear_odd(text, now),
        }
    }
}

/// Returns the end of a connection that received malformed data.
fn out_of_step(error: WireError) -> End {
    End::Lost(format!("not RESP: {error}").into())
}
