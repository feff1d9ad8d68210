//! What the user can do about a refusal by the server.

use crate::message::{SubscriptionKind, Topic};
use crate::server::Refusal;

/// Returns what to do about a subscription refused with this error.
#[must_use]
pub fn denial_remedy(topic: &Topic, reason: &str) -> &'static str {
    match (Refusal::of(reason), topic.kind) {
        (Refusal::UnknownCommand, SubscriptionKind::Pattern) => {
            "This server has no PSUBSCRIBE, or renames it (ElastiCache Serverless, many \
             proxies): press a to subscribe to channels by name."
        }
        (Refusal::UnknownCommand, SubscriptionKind::Shard | SubscriptionKind::ShardPattern) => {
            "This server has no sharded channels, which came with Redis 7: press a to subscribe \
             to an ordinary one."
        }
        (Refusal::UnknownCommand, _) => "This server has no Pub/Sub, or renames its commands.",
        (Refusal::NoPermission, _) => {
            "Press a to subscribe to what this user may access: an ACL rule for a pattern allows \
             exactly that pattern. After it changes, press r to retry."
        }
        (Refusal::OutOfMemory, _) => {
            "The server's memory is full, and it accepts no new subscriptions until it has room. \
             Press r to retry."
        }
        _ => "Press r to retry, a to subscribe to something else.",
    }
}

/// Returns what to do about a connection refused or lost for this reason, or `None` if there is
/// nothing but to wait.
#[must_use]
pub fn connection_remedy(reason: &str) -> Option<&'static str> {
    Some(match Refusal::of(reason) {
        Refusal::NotLoggedIn | Refusal::WrongPassword => {
            "A password comes from the URL, from SUBSCOPE_PASSWORD or REDISCLI_AUTH, or by \
             --askpass."
        }
        Refusal::NoPasswordSet => {
            "The server wants no password: leave it out of the URL and the environment."
        }
        Refusal::Loading => "Messages arrive once the server has loaded its data.",
        Refusal::PrimaryDown => {
            "This replica has lost its primary, and serves again once it reconnects."
        }
        Refusal::TooManyClients => "The server has reached its limit of clients (maxclients).",
        Refusal::Protected => {
            "Without a password the server accepts local clients only: set requirepass there, or \
             protected-mode no."
        }
        Refusal::OutOfMemory => {
            "The server's memory is full, and it accepts no new subscriptions until it has room."
        }
        Refusal::Busy => "A script keeps the server busy.",
        Refusal::UnknownCommand | Refusal::NoPermission | Refusal::Other => return None,
    })
}
