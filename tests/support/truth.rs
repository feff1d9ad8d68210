//! Checks whether a log tells the truth: a publisher numbers its messages, and every number missing
//! from the log must lie in one of its gaps.

#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use subscope::log::{Batch, Content, MessageLog};
use subscope::message::{GapEnd, Notice, RowId, Time};

use super::redis::pack;

/// Default number of messages per second.
const PACE: u32 = 500;

/// How long a publisher with nothing to send waits.
const IDLE_INTERVAL: Duration = Duration::from_millis(2);

/// Maximum number of messages that a publisher sends at once when it is behind.
const LARGEST_PIECE: u64 = 512;

/// A publisher that gets no answer for this long gives up on the connection.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// How late a timestamp may be taken, since threads may have to wait on a busy machine.
const MAX_LATENESS: Duration = Duration::from_millis(50);

/// A published message whose payload is its number.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The channel.
    pub channel: Box<[u8]>,
    /// The number, which is the payload. Numbers on a channel increase.
    pub number: u64,
    /// The time before the message was sent.
    pub from: Time,
    /// The time after the server had confirmed it. `None` if the server did not: the message may or
    /// may not have been published.
    pub to: Option<Time>,
}

/// A thread that publishes numbers until it is stopped.
pub struct Publisher {
    sent: Arc<Mutex<Vec<Sent>>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Publisher {
    /// Publishes on `channel` with the command `word`, PUBLISH or SPUBLISH, through connections
    /// from `connect`. Opens a new connection whenever one fails or returns an error.
    pub fn start(
        word: &'static str,
        channel: &str,
        connect: impl Fn() -> io::Result<TcpStream> + Send + 'static,
    ) -> Self {
        Self::start_at(PACE, word, channel, connect)
    }

    /// Publishes an average of `pace` messages per second, however late individual messages may be.
    pub fn start_at(
        pace: u32,
        word: &'static str,
        channel: &str,
        connect: impl Fn() -> io::Result<TcpStream> + Send + 'static,
    ) -> Self {
        let sent = Arc::<Mutex<Vec<Sent>>>::default();
        let is_over = Arc::<AtomicBool>::default();
        let channel: Box<[u8]> = channel.as_bytes().into();
        let thread = thread::spawn({
            let (sent, is_over) = (Arc::clone(&sent), Arc::clone(&is_over));
            move || {
                let started = Instant::now();
                let due = || {
                    let micros = started.elapsed().as_micros();
                    u64::try_from(micros * u128::from(pace) / 1_000_000).unwrap()
                };
                while !is_over.load(Relaxed) {
                    let _ = connect()
                        .and_then(|stream| publish(&due, word, &channel, &stream, &sent, &is_over));
                    thread::sleep(IDLE_INTERVAL);
                }
            }
        });
        Self {
            sent,
            is_over,
            thread: Some(thread),
        }
    }

    /// Returns how many messages have been confirmed so far.
    pub fn published(&self) -> usize {
        let sent = self.sent.lock().unwrap();
        sent.iter().filter(|sent| sent.to.is_some()).count()
    }

    /// Stops the publisher. Returns the messages that it has sent.
    pub fn stop(mut self) -> Vec<Sent> {
        self.end();
        self.sent.lock().unwrap().clone()
    }

    fn end(&mut self) {
        self.is_over.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.end();
    }
}

/// Publishes all due messages at once, repeatedly, until it is stopped or something fails.
fn publish(
    due: &impl Fn() -> u64,
    word: &str,
    channel: &[u8],
    stream: &TcpStream,
    record: &Mutex<Vec<Sent>>,
    is_over: &AtomicBool,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(ANSWER_WITHIN))?;
    let mut answers = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    while !is_over.load(Relaxed) {
        let first = record.lock().unwrap().len() as u64;
        let end = due().min(first + LARGEST_PIECE);
        if end <= first {
            thread::sleep(IDLE_INTERVAL);
            continue;
        }
        let from = Time::now();
        let mut commands = Vec::new();
        for number in first..end {
            let payload = number.to_string();
            commands.extend(pack(&[word.as_bytes(), channel, payload.as_bytes()]));
        }
        let sent = (first..end).map(|number| Sent {
            channel: channel.into(),
            number,
            from,
            to: None,
        });
        record.lock().unwrap().extend(sent);
        stream.write_all(&commands)?;
        for number in first..end {
            let mut answer = String::new();
            answers.read_line(&mut answer)?;
            if !answer.starts_with(':') {
                return Err(io::Error::other(answer));
            }
            let place = usize::try_from(number).unwrap();
            record.lock().unwrap()[place].to = Some(Time::now());
        }
    }
    Ok(())
}

/// Returns how many messages per second were confirmed between these times.
pub fn rate(sent: &[Sent], from: Time, to: Time) -> f64 {
    let is_in = |sent: &&Sent| sent.to.is_some_and(|at| from <= at && at <= to);
    let count = u32::try_from(sent.iter().filter(is_in).count()).unwrap();
    f64::from(count) / to.since(from).as_secs_f64()
}

/// Builds a log from these batches.
pub fn log_of(batches: impl IntoIterator<Item = Batch>) -> MessageLog {
    let mut log = MessageLog::new(1 << 30);
    batches.into_iter().for_each(|batch| log.append(batch));
    log
}

/// Panics unless the log tells the truth about the messages sent while it was receiving: each
/// message is in it once and in order, or was published in one of its gaps, or may be one of the
/// messages reported as dropped at that time. Returns how many are missing.
pub fn check(log: &MessageLog, sent: &[Sent]) -> usize {
    let mut received = received(log, sent);
    let gaps = gaps(log);
    let drops = drops(log);
    let mut dropped = 0;
    let mut missing = 0;
    let mut outside = Vec::new();
    for message in sent {
        let is_received = received
            .get_mut(&message.channel)
            .is_some_and(|numbers| take(numbers, message.number));
        let Some(to) = message.to.filter(|_| !is_received) else {
            continue;
        };
        missing += 1;
        let is_in =
            |&(start, end): &(Time, Time)| message.from <= end && start <= to.after(MAX_LATENESS);
        if gaps.iter().any(is_in) {
            continue;
        }
        if drops.iter().any(is_in) {
            dropped += 1;
        } else {
            outside.push((message.number, message.from, to));
        }
    }
    let reported = log.counters().dropped;
    assert!(
        dropped <= reported,
        "{dropped} were dropped, but {reported} were reported"
    );
    for message in sent {
        let left = received.get(&message.channel);
        let left = left.filter(|numbers| !numbers.is_empty());
        assert!(left.is_none(), "received twice or never sent: {left:?}");
    }
    assert!(
        outside.is_empty(),
        "{} of {missing} missing messages lie in no gap: {outside:?}; the gaps are {gaps:?}",
        outside.len()
    );
    missing
}

/// Removes `number` from the front of the received numbers, if it is there.
fn take(received: &mut VecDeque<u64>, number: u64) -> bool {
    let Some(&first) = received.front() else {
        return false;
    };
    assert!(
        first >= number,
        "{first} arrived twice or late: it precedes {number}"
    );
    if first == number {
        received.pop_front();
    }
    first == number
}

/// Returns the numbers received on each channel that was published on, in order.
fn received(log: &MessageLog, sent: &[Sent]) -> BTreeMap<Box<[u8]>, VecDeque<u64>> {
    let channels = sent
        .iter()
        .map(|sent| (sent.channel.clone(), VecDeque::new()));
    let mut received: BTreeMap<_, VecDeque<_>> = channels.collect();
    for id in log.first().0..log.end().0 {
        let row = log.row(RowId(id)).unwrap();
        if let Content::Message {
            channel, payload, ..
        } = row.content
            && let Some(numbers) = received.get_mut(log.channels().by_id(channel).unwrap().name())
        {
            numbers.push_back(std::str::from_utf8(payload).unwrap().parse().unwrap());
        }
    }
    received
}

/// Returns the periods in which dropped messages arrived. The first bytes of a message may arrive
/// long before the publisher knows that it is published.
fn drops(log: &MessageLog) -> Vec<(Time, Time)> {
    let notices = log.notices();
    notices
        .filter_map(|(_, notice)| match notice {
            Notice::Dropped(dropped) => Some((dropped.from.before(MAX_LATENESS), dropped.to)),
            _ => None,
        })
        .collect()
}

/// Returns when each gap began and when it ended.
fn gaps(log: &MessageLog) -> Vec<(Time, Time)> {
    let rows = (log.first().0..log.end().0).filter_map(|id| log.row(RowId(id)));
    rows.filter_map(|row| match row.content {
        Content::Notice(Notice::Gap(gap)) => Some(match gap.end {
            GapEnd::Open => (gap.last_heard, Time(i64::MAX)),
            GapEnd::Restored(end) | GapEnd::GivenUp(end) => (gap.last_heard, end),
        }),
        _ => None,
    })
    .collect()
}
