//! subscope: a terminal dashboard for Redis Pub/Sub, for a person who debugs a system that talks
//! through it. A channel list, a live message log, a box to publish from.
//!
//! # The modules, from the bottom
//!
//! A module imports only from those above it in this list or from its own children;
//! `tests/architecture.rs` enforces it.
//!
//! - [`message`]: the vocabulary: times, ids, subscriptions, notices.
//! - [`config`]: the profiles of the person's file, as plain data.
//! - [`payload`]: bytes and figures made readable, and safe to show: formats found out and decoded
//!   to one form of tree, values found by their paths, what has changed from one to another, hex,
//!   escapes.
//! - [`log`]: the messages kept, within a budget of bytes, and the counts of those that are not.
//! - [`query`]: one language for filter, find, breakpoint and mute, asked of borrowed rows.
//! - [`wire`]: RESP frames cut from bytes and written to them: flat ones without a copy, others as text.
//! - [`server`]: all that talks to Redis: the subscriber and the commander.
//! - [`scan`]: queries asked of the log's rows, on threads of their own.
//! - [`decoding`]: large payloads understood and searched, on a thread of its own.
//! - [`analysis`]: checks made of every message of the channels that they watch: shape, sequence,
//!   request and reply, delay, points to plot; on a thread of their own.
//! - [`broker`]: the embedded broker behind `subscope demo` and the fault tests.
//! - [`app`]: the state of the screen: events in, effects out.
//! - [`view`]: the screen drawn from that state.
//! - [`terminal`]: the terminal taken over and given back, whatever ends the program, read from and
//!   written to.
//! - [`runtime`]: the loop.
//! - [`cli`], [`commands`]: the command line, and all of it wired together.
//!
//! # The flow
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
//! # What always holds
//!
//! - One loop owns all state of the screen. [`app::App::update`] is synchronous and total, does no
//!   I/O and reads no clock; [`view::draw`] changes nothing.
//! - The subscriber never stops reading: Redis closes a subscriber that lags. What the loop has no
//!   room for, past 40 MiB, is dropped oldest first, counted, and told in the log.
//! - A full batch becomes a segment of the log as it is: its bytes are copied once, from what was
//!   read.
//! - Pub/Sub is at most once. Every time in which messages may have been lost is a row of the log.
//! - One publish is one row, whatever number of our subscriptions it matched.
//! - `received = kept + evicted + cleared + dropped`, on the screen too.
//! - Times only run forward ([`message::Time`]). The wall clock, which can be set, matters only where
//!   a time is shown or typed, and a row says when it was set.
//! - No query is asked on the loop's thread, but of the rows on the screen, to mark what matched;
//!   and no payload is decoded there that may take longer than a frame.
//! - A row's id is never reused; whatever points into the log points by id.
//! - Nothing that came from Redis reaches the terminal but through [`payload::escape`], and no
//!   password reaches it at all.
//! - While nothing changes, nothing is drawn or written, and no timer runs but the heartbeat's and
//!   the one that ages what is on the screen.

pub mod analysis;
pub mod app;
pub mod broker;
pub mod cli;
pub mod commands;
pub mod config;
pub mod decoding;
pub mod log;
pub mod message;
pub mod payload;
pub mod query;
pub mod runtime;
pub mod scan;
pub mod server;
pub mod terminal;
pub mod view;
pub mod wire;

#[cfg(test)]
#[path = "../tests/support/cases.rs"]
mod cases;
