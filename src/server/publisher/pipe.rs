//! A connection that only publishes. It sends messages without waiting for the answers to earlier
//! ones.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf, split};
use tokio::select;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep_until};

use crate::message::{Awaited, Closing, ConnectionError, RedisError};
use crate::server::connect::{Address, Dial, Endpoint, Transport, dial_up, error_reply, io_cause};
use crate::wire::{Decoder, Limits, Part, put_command};

/// Limits of an answer, which is an integer or a line.
const LIMITS: Limits = Limits { bulk: 0, parts: 0 };

/// Minimum room for reading answers, in bytes.
const ROOM: usize = 16 << 10;

/// The answer to a message: the number of clients that received it, or why it was refused.
pub(super) type Answer = Result<i64, RedisError>;

/// Messages for one server.
#[derive(Debug, Default)]
pub(super) struct Flight {
    /// The requests.
    bytes: Vec<u8>,
    /// The number of each message, and where its request ends.
    messages: Vec<(u64, usize)>,
    /// How often they were redirected, at most.
    pub(super) redirections: u8,
}

/// What became of messages that were sent.
#[derive(Debug)]
pub(super) struct Landed {
    pub(super) at: Address,
    pub(super) flight: Flight,
    /// The answers to the first of them.
    pub(super) answers: Vec<Answer>,
    /// Why the others have none.
    pub(super) error: Option<ConnectionError>,
}

impl Flight {
    /// Adds a message.
    pub(super) fn push(&mut self, number: u64, channel: &[u8], payload: &[u8], is_sharded: bool) {
        let name: &[u8] = if is_sharded { b"SPUBLISH" } else { b"PUBLISH" };
        put_command(&mut self.bytes, &[name, channel, payload]);
        self.messages.push((number, self.bytes.len()));
    }

    /// Adds the message at `index` of another flight.
    pub(super) fn take_from(&mut self, other: &Self, index: usize) {
        self.bytes.extend_from_slice(other.request(index));
        self.messages
            .push((other.messages[index].0, self.bytes.len()));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Returns the number of each message.
    pub(super) fn numbers(&self) -> impl ExactSizeIterator<Item = u64> {
        self.messages.iter().map(|(number, _)| *number)
    }

    /// Returns the channel of the message at `index`.
    pub(super) fn channel(&self, index: usize) -> Option<&[u8]> {
        let request = self.request(index);
        let mut decoder = Decoder::new(Limits {
            bulk: request.len(),
            parts: 3,
        });
        let frame = decoder.decode(request).ok()??;
        frame.parts.get(1)?.text(request)
    }

    fn request(&self, index: usize) -> &[u8] {
        let before = index.checked_sub(1);
        let start = before.map_or(0, |before| self.messages[before].1);
        &self.bytes[start..self.messages[index].1]
    }
}

/// The handle to a connection and its task, which ends with the last handle.
#[derive(Clone)]
pub(super) struct Pipe {
    flight_tx: UnboundedSender<Flight>,
}

impl Pipe {
    /// Connects and logs in. What becomes of the messages is sent to `landed_tx`.
    pub(super) async fn open(
        endpoint: &Endpoint,
        dial: &Dial<'_>,
        landed_tx: UnboundedSender<Landed>,
    ) -> Result<Self, ConnectionError> {
        let (transport, _) = dial_up(endpoint, dial).await?;
        let (reader, writer) = split(transport);
        let (flight_tx, flight_rx) = unbounded_channel();
        let task = Task {
            at: endpoint.address().clone(),
            reader,
            writer,
            flight_rx,
            landed_tx,
            answer_within: dial.answer_within,
            unsent: VecDeque::new(),
            in_flight: VecDeque::new(),
            answers: Vec::new(),
        };
        tokio::spawn(task.run());
        Ok(Self { flight_tx })
    }

    /// Returns whether the connection has ended.
    pub(super) fn is_closed(&self) -> bool {
        self.flight_tx.is_closed()
    }

    /// Sends messages and leaves none in `flight`.
    ///
    /// # Errors
    ///
    /// If the connection has ended, nothing is sent, and `flight` is as it was.
    pub(super) fn send(&self, flight: &mut Flight) -> Result<(), ConnectionError> {
        let sent = self.flight_tx.send(std::mem::take(flight));
        sent.map_err(|unsent| {
            *flight = unsent.0;
            ConnectionError::NotConnected
        })
    }
}

/// The task of a connection.
struct Task {
    at: Address,
    reader: ReadHalf<Transport>,
    writer: WriteHalf<Transport>,
    flight_rx: UnboundedReceiver<Flight>,
    landed_tx: UnboundedSender<Landed>,
    answer_within: Duration,
    /// Requests that have not been written.
    unsent: VecDeque<u8>,
    /// Messages whose answers have not all arrived.
    in_flight: VecDeque<Flight>,
    /// The answers to the first of the oldest messages.
    answers: Vec<Answer>,
}

impl Task {
    /// Runs until nobody sends anything, or the connection ends.
    async fn run(mut self) {
        let Err(error) = self.exchange().await else {
            return;
        };
        self.flight_rx.close();
        while let Some(flight) = self.flight_rx.recv().await {
            self.in_flight.push_back(flight);
        }
        while let Some(flight) = self.in_flight.pop_front() {
            self.land(flight, Some(error.clone()));
        }
    }

    async fn exchange(&mut self) -> Result<(), ConnectionError> {
        let mut decoder = Decoder::new(LIMITS);
        let mut buffer = Vec::with_capacity(ROOM);
        let mut due = Instant::now();
        loop {
            buffer.reserve(ROOM);
            let is_waiting = !self.in_flight.is_empty();
            let (unsent, _) = self.unsent.as_slices();
            select! {
                flight = self.flight_rx.recv() => {
                    let Some(flight) = flight else { return Ok(()) };
                    if !is_waiting {
                        due = Instant::now() + self.answer_within;
                    }
                    self.unsent.extend(&flight.bytes);
                    self.in_flight.push_back(flight);
                }
                written = self.writer.write(unsent), if !unsent.is_empty() => {
                    let written = written.map_err(|error| io_cause(&error))?;
                    self.unsent.drain(..written);
                    if self.unsent.is_empty() {
                        self.writer.flush().await.map_err(|error| io_cause(&error))?;
                    }
                }
                read = self.reader.read_buf(&mut buffer) => {
                    check_read(read)?;
                    due = Instant::now() + self.answer_within;
                    let length = self.take_answers(&mut decoder, &buffer)?;
                    buffer.drain(..length);
                }
                () = sleep_until(due), if is_waiting => {
                    return Err(ConnectionError::NoAnswer(Awaited::Reply, self.answer_within));
                }
            }
        }
    }

    /// Takes the answers at the start of `bytes`. Returns their length.
    fn take_answers(
        &mut self,
        decoder: &mut Decoder,
        bytes: &[u8],
    ) -> Result<usize, ConnectionError> {
        let not_resp = |error: &dyn ToString| ConnectionError::NotResp(error.to_string().into());
        let mut position = 0;
        loop {
            let rest = &bytes[position..];
            let frame = decoder.decode(rest).map_err(|error| not_resp(&error))?;
            let Some(frame) = frame else {
                return Ok(position);
            };
            let answer = match frame.parts {
                [Part::Integer(receivers)] => Ok(*receivers),
                [Part::Error(text)] => Err(error_reply(&rest[text.clone()])),
                _ => return Err(not_resp(&"the answer to a message is not a number")),
            };
            position += frame.length;
            self.answers.push(answer);
            let Some(oldest) = self.in_flight.front() else {
                return Err(not_resp(&"an answer that nothing asked for"));
            };
            if self.answers.len() == oldest.messages.len()
                && let Some(oldest) = self.in_flight.pop_front()
            {
                self.land(oldest, None);
            }
        }
    }

    /// Passes on what became of messages.
    fn land(&mut self, flight: Flight, error: Option<ConnectionError>) {
        let next = Vec::with_capacity(flight.messages.len());
        let landed = Landed {
            at: self.at.clone(),
            flight,
            answers: std::mem::replace(&mut self.answers, next),
            error,
        };
        // The publisher may be gone.
        let _ = self.landed_tx.send(landed);
    }
}

/// Fails if the connection ended instead of bringing bytes.
fn check_read(read: io::Result<usize>) -> Result<(), ConnectionError> {
    match read {
        Ok(0) => Err(ConnectionError::Closed(Closing::Later)),
        Ok(_) => Ok(()),
        Err(error) => Err(io_cause(&error)),
    }
}
