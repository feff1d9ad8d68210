//! The Pub/Sub commands: subscribing, publishing, and listing subscribers.

use std::sync::Arc;

use super::call::{
    Allowed::{Subscribed, Usually},
    Call, Command,
};
use super::client::Family;
use super::describe;
use crate::message::glob;
use crate::wire;

/// The commands of this module.
pub const COMMANDS: &[Command] = &[
    Command::new(
        "subscribe",
        -2,
        Subscribed,
        "Listens to channels.",
        subscribe,
    ),
    Command::new(
        "psubscribe",
        -2,
        Subscribed,
        "Listens to patterns.",
        psubscribe,
    ),
    Command::new(
        "ssubscribe",
        -2,
        Subscribed,
        "Listens to shard channels.",
        ssubscribe,
    ),
    Command::new(
        "unsubscribe",
        -1,
        Subscribed,
        "Unsubscribes from channels.",
        unsubscribe,
    ),
    Command::new(
        "punsubscribe",
        -1,
        Subscribed,
        "Unsubscribes from patterns.",
        punsubscribe,
    ),
    Command::new(
        "sunsubscribe",
        -1,
        Subscribed,
        "Unsubscribes from shard channels.",
        sunsubscribe,
    ),
    Command::new("publish", 3, Usually, "Sends a message.", publish),
    Command::new("spublish", 3, Usually, "Sends a shard message.", spublish),
    Command::new(
        "pubsub",
        -2,
        Usually,
        "A container for Pub/Sub.",
        describe::container,
    ),
    Command::new("pubsub|channels", -2, Usually, "Lists channels.", channels),
    Command::new("pubsub|numsub", -2, Usually, "Counts subscribers.", numsub),
    Command::new("pubsub|numpat", 2, Usually, "Counts patterns.", numpat),
    Command::new(
        "pubsub|shardchannels",
        -2,
        Usually,
        "Lists shard channels.",
        shard_channels,
    ),
    Command::new(
        "pubsub|shardnumsub",
        -2,
        Usually,
        "Counts shard subscribers.",
        shard_numsub,
    ),
    Command::new(
        "pubsub|help",
        2,
        Usually,
        "Lists subcommands.",
        describe::help,
    ),
];

/// Handles `SUBSCRIBE channel …`.
pub fn subscribe(call: &mut Call) {
    add(call, Family::Channel, "subscribe");
}

/// Handles `PSUBSCRIBE pattern …`.
pub fn psubscribe(call: &mut Call) {
    add(call, Family::Pattern, "psubscribe");
}

/// Handles `SSUBSCRIBE shardchannel …`.
pub fn ssubscribe(call: &mut Call) {
    if call.is_in_exec {
        return call.error("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
    }
    add(call, Family::Shard, "ssubscribe");
}

/// Handles `UNSUBSCRIBE [channel …]`.
pub fn unsubscribe(call: &mut Call) {
    take_away(call, Family::Channel, "unsubscribe");
}

/// Handles `PUNSUBSCRIBE [pattern …]`.
pub fn punsubscribe(call: &mut Call) {
    take_away(call, Family::Pattern, "punsubscribe");
}

/// Handles `SUNSUBSCRIBE [shardchannel …]`.
pub fn sunsubscribe(call: &mut Call) {
    take_away(call, Family::Shard, "sunsubscribe");
}

fn add(call: &mut Call, family: Family, word: &str) {
    let limits = call.state.settings.limits;
    for name in &call.arguments[1..] {
        let Some(client) = call.state.client(call.id) else {
            return;
        };
        let has_it = client.subscriptions(family).contains(name.as_slice());
        if !has_it && !client.may_subscribe(name, &limits) {
            // Redis has no such limit, and so no error message for it.
            call.error("ERR max number of subscriptions reached");
            continue;
        }
        call.state.subscribe(call.id, family, name);
        confirm(call, family, word, Some(name));
    }
}

fn take_away(call: &mut Call, family: Family, word: &str) {
    let names: Vec<Arc<[u8]>> = match &call.arguments[1..] {
        [] => call.state.unsubscribe_all(call.id, family),
        names => names.iter().map(|name| name.as_slice().into()).collect(),
    };
    if names.is_empty() {
        return confirm(call, family, word, None);
    }
    let is_all = call.arguments.len() == 1;
    let mut left = names.len();
    for name in &names {
        left -= 1;
        if is_all {
            // The subscriptions are already removed, but the counts go down one by one.
            confirm_counting(call, family, word, Some(name), left);
        } else {
            call.state.unsubscribe(call.id, family, name);
            confirm(call, family, word, Some(name));
        }
    }
}

fn confirm(call: &mut Call, family: Family, word: &str, name: Option<&[u8]>) {
    confirm_counting(call, family, word, name, 0);
}

/// Confirms with the client's number of subscriptions plus `more`.
fn confirm_counting(call: &mut Call, family: Family, word: &str, name: Option<&[u8]>, more: usize) {
    let count = call
        .state
        .client(call.id)
        .map_or(0, |client| client.count(family));
    call.array(3);
    call.bulk(word);
    match name {
        Some(name) => call.bulk(name),
        None => wire::put_null(&mut call.reply),
    }
    call.integer(count + more);
}

/// Handles `PUBLISH channel message`.
pub fn publish(call: &mut Call) {
    send(call, Family::Channel);
}

/// Handles `SPUBLISH shardchannel message`.
pub fn spublish(call: &mut Call) {
    send(call, Family::Shard);
}

fn send(call: &mut Call, family: Family) {
    let [_, channel, payload] = call.arguments else {
        return;
    };
    let receivers = call.state.publish(family, channel, payload);
    call.integer(receivers);
}

/// Handles `PUBSUB CHANNELS [pattern]`.
pub fn channels(call: &mut Call) {
    list_names(call, Family::Channel);
}

/// Handles `PUBSUB SHARDCHANNELS [pattern]`.
pub fn shard_channels(call: &mut Call) {
    list_names(call, Family::Shard);
}

fn list_names(call: &mut Call, family: Family) {
    if call.arguments.len() > 3 {
        return call.error(format!(
            "ERR unknown subcommand or wrong number of arguments for '{}'. Try PUBSUB HELP.",
            String::from_utf8_lossy(call.argument(1))
        ));
    }
    let pattern = call.arguments.get(2);
    let names: Vec<_> = call
        .state
        .names(family)
        .filter(|name| pattern.is_none_or(|pattern| glob::matches(pattern, name)))
        .cloned()
        .collect();
    call.array(names.len());
    for name in names {
        call.bulk(name);
    }
}

/// Handles `PUBSUB NUMSUB [channel …]`.
pub fn numsub(call: &mut Call) {
    count_listeners(call, Family::Channel);
}

/// Handles `PUBSUB SHARDNUMSUB [shardchannel …]`.
pub fn shard_numsub(call: &mut Call) {
    count_listeners(call, Family::Shard);
}

fn count_listeners(call: &mut Call, family: Family) {
    let names = &call.arguments[2..];
    call.array(2 * names.len());
    for name in names {
        let count = call.state.count_listeners(family, name);
        call.bulk(name);
        call.integer(count);
    }
}

/// Handles PUBSUB NUMPAT.
pub fn numpat(call: &mut Call) {
    let count = call.state.names(Family::Pattern).count();
    call.integer(count);
}
