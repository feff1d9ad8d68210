//! The Pub/Sub commands: subscribing, publishing, and listing subscribers.

use std::sync::Arc;

use super::call::{
    Allowed::{Subscribed, Usually},
    Call, Command,
};
use super::client::Family;
use super::describe::{container, help};
use crate::message::glob;

/// The commands of this module.
pub const COMMANDS: &[Command] = &[
    subscribing("subscribe", "Subscribes to channels."),
    subscribing("psubscribe", "Subscribes to patterns."),
    subscribing("ssubscribe", "Subscribes to shard channels."),
    unsubscribing("unsubscribe", "Unsubscribes from channels."),
    unsubscribing("punsubscribe", "Unsubscribes from patterns."),
    unsubscribing("sunsubscribe", "Unsubscribes from shard channels."),
    Command::new("publish", 3, Usually, "Sends a message.", publish),
    Command::new("spublish", 3, Usually, "Sends a shard message.", publish),
    container("pubsub", "A container for Pub/Sub commands."),
    listing("pubsub|channels", "Lists channels.", list),
    listing("pubsub|numsub", "Counts subscribers.", count),
    Command::new("pubsub|numpat", 2, Usually, "Counts patterns.", numpat),
    listing("pubsub|shardchannels", "Lists shard channels.", list),
    listing("pubsub|shardnumsub", "Counts shard subscribers.", count),
    help("pubsub|help"),
];

const fn subscribing(name: &'static str, about: &'static str) -> Command {
    Command::new(name, -2, Subscribed, about, subscribe)
}

const fn unsubscribing(name: &'static str, about: &'static str) -> Command {
    Command::new(name, -1, Subscribed, about, unsubscribe)
}

const fn listing(name: &'static str, about: &'static str, run: fn(&mut Call)) -> Command {
    Command::new(name, -2, Usually, about, run)
}

/// Returns the family that the command applies to.
fn family(call: &Call) -> Family {
    match call.name {
        "psubscribe" | "punsubscribe" => Family::Pattern,
        "ssubscribe"
        | "sunsubscribe"
        | "spublish"
        | "pubsub|shardchannels"
        | "pubsub|shardnumsub" => Family::Shard,
        _ => Family::Channel,
    }
}

/// Handles `SUBSCRIBE channel …`, `PSUBSCRIBE pattern …` and `SSUBSCRIBE shardchannel …`.
fn subscribe(call: &mut Call) {
    let family = family(call);
    if family == Family::Shard && call.is_in_exec {
        return call.error("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
    }
    for name in &call.arguments[1..] {
        let Some(client) = call.state.client(call.id) else {
            return;
        };
        let has_subscription = client.subscriptions(family).contains(name.as_slice());
        if !has_subscription && !client.may_subscribe(name) {
            // Redis has no such limit and therefore no error message for it.
            call.error("ERR max number of subscriptions reached");
            continue;
        }
        call.state.subscribe(call.id, family, name);
        confirm(call, Some(name), 0);
    }
}

/// Handles `UNSUBSCRIBE [channel …]` and its variants for patterns and shard channels.
fn unsubscribe(call: &mut Call) {
    let family = family(call);
    let names: Vec<Arc<[u8]>> = match &call.arguments[1..] {
        [] => call.state.unsubscribe_all(call.id, family),
        names => names.iter().map(|name| name.as_slice().into()).collect(),
    };
    if names.is_empty() {
        return confirm(call, None, 0);
    }
    let is_all = call.arguments.len() == 1;
    let mut left = names.len();
    for name in &names {
        left -= 1;
        if is_all {
            // All subscriptions are already removed, but the reported counts go down one by one.
            confirm(call, Some(name), left);
        } else {
            call.state.unsubscribe(call.id, family, name);
            confirm(call, Some(name), 0);
        }
    }
}

/// Adds a confirmation, which reports the client's number of subscriptions plus `more`.
fn confirm(call: &mut Call, name: Option<&[u8]>, more: usize) {
    let (client, family) = (call.state.client(call.id), family(call));
    let count = client.map_or(0, |client| client.count(family));
    call.push(3);
    call.bulk(call.name);
    match name {
        Some(name) => call.bulk(name),
        None => call.null(),
    }
    call.integer(count + more);
}

/// Handles `PUBLISH channel message` and `SPUBLISH shardchannel message`.
fn publish(call: &mut Call) {
    let [_, channel, payload] = call.arguments else {
        return;
    };
    let family = family(call);
    let receivers = call.state.publish(family, channel, payload);
    call.integer(receivers);
}

/// Handles `PUBSUB CHANNELS [pattern]` and `PUBSUB SHARDCHANNELS [pattern]`.
fn list(call: &mut Call) {
    if call.arguments.len() > 3 {
        return call.error(format!(
            "ERR unknown subcommand or wrong number of arguments for '{}'. Try PUBSUB HELP.",
            String::from_utf8_lossy(call.argument(1))
        ));
    }
    let pattern = call.arguments.get(2);
    let names: Vec<_> = call
        .state
        .names(family(call))
        .filter(|name| pattern.is_none_or(|pattern| glob::matches(pattern, name)))
        .cloned()
        .collect();
    call.array(names.len());
    for name in names {
        call.bulk(name);
    }
}

/// Handles `PUBSUB NUMSUB [channel …]` and `PUBSUB SHARDNUMSUB [shardchannel …]`.
fn count(call: &mut Call) {
    let (names, family) = (&call.arguments[2..], family(call));
    call.array(2 * names.len());
    for name in names {
        let count = call.state.count_listeners(family, name);
        call.bulk(name);
        call.integer(count);
    }
}

fn numpat(call: &mut Call) {
    let count = call.state.names(Family::Pattern).count();
    call.integer(count);
}
