//! Where the messages to publish come from.

use std::fs;
use std::io::{self, BufRead as _, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::thread;

use subscope::app::why_ask;
use subscope::log::{Batch, BatchRow};
use subscope::message::Topic;
use subscope::recording::Reader;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::template::Template;
use crate::cli::Publish;
use crate::host::failure::{reason, shown_path};
use crate::host::{Failure, report};

/// Maximum number of messages that are read ahead.
const ROOM: usize = 1024;

/// A message to publish.
#[derive(Debug)]
pub struct Message {
    pub channel: Vec<u8>,
    pub payload: Vec<u8>,
    pub is_sharded: bool,
}

/// The messages to publish.
pub enum Source {
    /// The same payload, filled in for each message.
    Repeated {
        channel: Vec<u8>,
        is_sharded: bool,
        payload: Template,
        /// The number of messages so far, and of all.
        done: u64,
        count: u64,
    },
    /// Messages from standard input, read on a thread of its own.
    Input(Receiver<Result<Message, Failure>>),
}

impl Source {
    /// Returns the messages that the options ask for.
    pub fn open(publish: &Publish) -> Result<Self, Failure> {
        let channel = publish.channel.as_ref();
        let channel = channel
            .map(|name| name.as_bytes().to_vec())
            .unwrap_or_default();
        let is_sharded = publish.shard;
        if publish.lines {
            return Ok(Self::reading(move |message_tx| {
                read_lines(&channel, is_sharded, message_tx)
            }));
        }
        if publish.json_lines {
            let is_special_allowed = publish.sending.yes;
            return Ok(Self::reading(move |message_tx| {
                read_json(is_sharded, is_special_allowed, message_tx)
            }));
        }
        let payload = payload(publish)?;
        let payload = if publish.literal {
            Template::literal(payload)
        } else {
            Template::parse(&payload)
                .map_err(|problem| Failure::usage(format!("payload: {problem}")))?
        };
        Ok(Self::Repeated {
            channel,
            is_sharded,
            payload,
            done: 0,
            count: publish.repeat.unwrap_or(1),
        })
    }

    fn reading(
        read: impl FnOnce(&Sender<Result<Message, Failure>>) -> Result<(), Failure> + Send + 'static,
    ) -> Self {
        let (message_tx, message_rx) = channel(ROOM);
        thread::spawn(move || {
            if let Err(failure) = read(&message_tx) {
                let _ = message_tx.blocking_send(Err(failure));
            }
        });
        Self::Input(message_rx)
    }

    /// Returns the next message, or `None` at the end. Cancel safe.
    pub async fn next(&mut self) -> Option<Result<Message, Failure>> {
        match self {
            Self::Repeated { done, count, .. } if done == count => None,
            Self::Repeated {
                channel,
                is_sharded,
                payload,
                done,
                ..
            } => {
                *done += 1;
                Some(Ok(Message {
                    channel: channel.clone(),
                    payload: payload.fill(*done),
                    is_sharded: *is_sharded,
                }))
            }
            Self::Input(message_rx) => message_rx.recv().await,
        }
    }

    /// Returns whether the next message has to be waited for.
    pub fn is_slow(&self) -> bool {
        matches!(self, Self::Input(message_rx) if message_rx.is_empty())
    }
}

/// Returns the payload as it was given.
fn payload(publish: &Publish) -> Result<Vec<u8>, Failure> {
    if let Some(path) = &publish.file {
        let blame =
            |error: io::Error| Failure::other(format!("{}: {}", shown_path(path), reason(&error)));
        return fs::read(path).map_err(blame);
    }
    match publish.payload.as_ref().map(|payload| payload.as_bytes()) {
        None => Err(Failure::usage(
            "a payload is missing: write it after the channel, or - for standard input",
        )),
        Some(b"-") => {
            let mut payload = Vec::new();
            io::stdin()
                .lock()
                .read_to_end(&mut payload)
                .map_err(|error| input_failure(&error))?;
            Ok(payload)
        }
        Some(payload) => Ok(payload.to_vec()),
    }
}

/// Sends every line of standard input.
fn read_lines(
    channel: &[u8],
    is_sharded: bool,
    message_tx: &Sender<Result<Message, Failure>>,
) -> Result<(), Failure> {
    let mut input = io::stdin().lock();
    loop {
        let mut payload = Vec::new();
        if input
            .read_until(b'\n', &mut payload)
            .map_err(|error| input_failure(&error))?
            == 0
        {
            return Ok(());
        }
        if payload.ends_with(b"\n") {
            payload.pop();
        }
        let message = Message {
            channel: channel.to_vec(),
            payload,
            is_sharded,
        };
        if message_tx.blocking_send(Ok(message)).is_err() {
            return Ok(());
        }
    }
}

/// Sends the messages in the NDJSON on standard input. Fails at the end if it had other lines.
fn read_json(
    is_sharded: bool,
    is_special_allowed: bool,
    message_tx: &Sender<Result<Message, Failure>>,
) -> Result<(), Failure> {
    let mut reader = Reader::new(io::stdin()).map_err(|error| input_failure(&error))?;
    let mut cut = 0;
    while let Some(batch) = reader
        .read_arrived()
        .map_err(|error| input_failure(&error))?
    {
        for message in messages(&batch, reader.topics()) {
            let Some(mut message) = message else {
                cut += 1;
                continue;
            };
            if !is_special_allowed && let Some(warning) = why_ask(&message.channel) {
                return Err(Failure::usage(format!("{warning} (--yes does it anyway)")));
            }
            message.is_sharded |= is_sharded;
            if message_tx.blocking_send(Ok(message)).is_err() {
                return Ok(());
            }
        }
    }
    let (skipped, count) = reader.skipped();
    for line in skipped {
        report(format!("standard input: line {}: {}", line.line, line.why));
    }
    match (count, cut) {
        (0, 0) => Ok(()),
        (0, cut) => Err(Failure::other(format!(
            "standard input: {cut} not published, because only the start of the payload is known"
        ))),
        (count, _) => Err(Failure::other(format!(
            "standard input: lines not published: {count}"
        ))),
    }
}

/// Returns the messages of a batch; `None` for one whose payload is not known as a whole.
fn messages<'a>(
    batch: &'a Batch,
    topics: &'a [Topic],
) -> impl Iterator<Item = Option<Message>> + use<'a> {
    batch.rows().filter_map(|row| {
        let BatchRow::Message(message) = row else {
            return None;
        };
        let mut via = batch.subscriptions(&message);
        Some(
            (message.size == message.payload.len() as u64).then(|| Message {
                channel: message.name.to_vec(),
                payload: message.payload.to_vec(),
                is_sharded: via.any(|id| topics[id.0 as usize].is_sharded()),
            }),
        )
    })
}

fn input_failure(error: &io::Error) -> Failure {
    Failure::other(format!("standard input: {}", reason(error)))
}
