//! What the user can do about a refusal by the server.

use crate::message::{ConnectionError, ErrorCode, RedisError, SubscriptionKind, Topic};

/// Returns what to do about a subscription refused with this error.
pub fn denial_remedy(topic: &Topic, error: &RedisError) -> &'static str {
    match (error.code, topic.kind) {
        (ErrorCode::UnknownCommand, SubscriptionKind::Pattern) => {
            "This server has no PSUBSCRIBE, or renames it (ElastiCache Serverless, many \
             proxies): press a to subscribe to channels by name."
        }
        (ErrorCode::UnknownCommand, SubscriptionKind::Shard | SubscriptionKind::ShardPattern) => {
            "This server has no sharded channels, which came with Redis 7: press a to subscribe \
             to an ordinary one."
        }
        (ErrorCode::UnknownCommand, _) => "This server has no Pub/Sub, or renames its commands.",
        (ErrorCode::NoPermission, _) => {
            "Press a to subscribe to what this user may access: an ACL rule for a pattern allows \
             exactly that pattern. After it changes, press r to retry."
        }
        (ErrorCode::OutOfMemory, _) => {
            "The server's memory is full, and it accepts no new subscriptions until it has room. \
             Press r to retry."
        }
        _ => "Press r to retry, a to subscribe to something else.",
    }
}

/// Returns what to do about a connection refused or lost for this reason, or `None` if there is
/// nothing but to wait.
pub fn connection_remedy(error: &ConnectionError) -> Option<&'static str> {
    Some(match error.redis()?.code {
        ErrorCode::NotLoggedIn | ErrorCode::WrongPassword => {
            "A password comes from the URL, from SUBSCOPE_PASSWORD or REDISCLI_AUTH, or by \
             --askpass."
        }
        ErrorCode::NoPasswordSet => {
            "The server has no password: leave it out of the URL and the environment."
        }
        ErrorCode::Loading => "Messages arrive once the server has loaded its data.",
        ErrorCode::PrimaryDown => {
            "This replica has lost its primary, and serves again once it reconnects."
        }
        ErrorCode::TooManyClients => "The server has reached its limit of clients (maxclients).",
        ErrorCode::Protected => {
            "Without a password the server accepts local clients only: set requirepass there, or \
             protected-mode no."
        }
        ErrorCode::OutOfMemory => {
            "The server's memory is full, and it accepts no new subscriptions until it has room."
        }
        ErrorCode::Busy => "A script keeps the server busy.",
        _ => return None,
    })
}
