//! subscope: a terminal dashboard for debugging systems that communicate through Redis Pub/Sub. It
//! has a channel list, a live message log, and a box to publish from.
//!
//! # Modules, lowest layer first
//!
//! A module imports only from modules listed before it and from its own children;
//! `tests/architecture.rs` enforces this.
//!
//! - [`message`]: the shared vocabulary: times, ids, subscriptions, notices.
//! - [`helper`]: this executable, started again for another purpose.
//! - [`config`]: the profiles of the user's config file, as plain data.
//! - [`payload`]: makes bytes and numbers readable and safe to show; detects formats, decodes all
//!   of them to one type of tree, finds values by path, compares payloads, and formats hex dumps
//!   and escapes.
//! - [`log`]: the messages kept within a memory budget, and counters of all others.
//! - [`query`]: the language of filters, find, breakpoints and mutes, evaluated on borrowed rows.
//! - [`recipes`]: what is known about the traffic of frameworks, and which recipe fits a channel.
//! - [`wire`]: parses and writes RESP frames: flat frames without a copy, all others as text.
//! - [`server`]: all communication with Redis: the subscriber and the commander.
//! - [`workers`]: background jobs over the log, each on a thread of its own: running queries on
//!   rows, decoding large payloads, and checking every message on the channels that a check
//!   watches.
//! - [`broker`]: the embedded broker behind `subscope demo` and the fault tests.
//! - [`recording`]: sessions in files: the form of their lines, reading and writing them.
//! - [`export`]: writes messages and notices as NDJSON, CSV or text.
//! - [`app`]: the state of the screen: events in, effects out.
//! - [`view`]: draws the screen from that state.
//! - [`terminal`]: takes over the terminal, reads from it and writes to it, and restores it however
//!   the program ends.
//! - [`runtime`]: the event loop.
//! - `host`: everything outside the screen: the terminal, history, statistics, child processes.
//!   `host`, `cli` and `commands` are modules of the binary.
//! - `cli`: the command line.
//! - `commands`: the subcommands, one file each, which wire everything together.
//!
//! # Data flow
//!
//! ```text
//! keyboard ──(input thread)─────────────► Event ─┐
//! sealed segments ──(scan, analysis)────► Event ─┤ mpsc, bounded      ┌─► Effect ─► server tasks ─► Redis
//! large payloads ──(decoding thread)────► Event ─┤                    ├─► Effect ─► these threads
//! Redis ──(background subscription task)─► Feed ─┤                    │
//! Redis ──(command connection)───────────► Feed ─┘                    │
//!                                      runtime: App::update(event) ───┤
//!                                               view::draw when due   └─► terminal
//! ```
//!
//! A recording takes the place of Redis: [`workers::loading`] loads the part of it that the log has
//! room for, and other parts as the user moves. Which of the two the messages come from is decided
//! once, by `app::session::source`, and by `host::source` outside the screen.
//!
//! # Invariants
//!
//! - One loop owns all state of the screen. [`app::App::update`] is synchronous and total, does no
//!   I/O and reads no clock; [`view::draw`] changes nothing.
//! - The subscriber never stops reading, because Redis disconnects a subscriber that lags. When
//!   more than 40 MiB wait for the loop, the oldest messages are dropped, counted, and reported in
//!   the log.
//! - A full batch becomes a segment of the log as it is: its bytes are copied only once, from the
//!   read buffer.
//! - Pub/Sub delivers at most once. Every period in which messages may have been lost is a row of
//!   the log.
//! - One publish is one row, however many subscriptions it matched.
//! - `received = kept + evicted + cleared + dropped`, on the screen too.
//! - In a recording, ages and rates refer to the end of what is loaded, and nothing ticks.
//! - Times never go backwards ([`message::Time`]). The wall clock, which can be set, matters only
//!   where a time is shown or typed, and the log has a row for each time it was set.
//! - The loop's thread runs queries only on the rows on the screen, to highlight matches, and
//!   decodes no payload that may take longer than a frame.
//! - A row's id is never reused; every reference into the log is an id.
//! - Nothing from Redis reaches the terminal except through [`payload::escape`], and no password
//!   reaches it at all.
//! - While nothing changes, nothing is drawn or written, and the only timers that run are the
//!   heartbeat and the one that updates the ages on the screen.

pub mod app;
pub mod broker;
pub mod config;
pub mod export;
pub mod helper;
pub mod log;
pub mod message;
pub mod payload;
pub mod query;
pub mod recipes;
pub mod recording;
pub mod runtime;
pub mod server;
pub mod terminal;
pub mod view;
pub mod wire;
pub mod workers;

#[cfg(test)]
#[path = "../tests/support/cases.rs"]
mod cases;
