//! What the user can do about a refusal by the server.

use crate::message::{Closing, ConnectionError, ErrorCode, RedisError, SubscriptionKind, Topic};

/// Returns what to do about a subscription refused with this error.
pub fn denial_remedy(topic: &Topic, error: &RedisError) -> &'static str {
    match (error.code, topic.kind) {
        (ErrorCode::UnknownCommand, SubscriptionKind::Pattern) => {
            "This server does not support PSUBSCRIBE, or renames it (ElastiCache Serverless, many \
             proxies)."
        }
        (ErrorCode::NoPermission, SubscriptionKind::Pattern) if error.is_about_command() => {
            "This user may not use PSUBSCRIBE: grant +psubscribe, then press {reconnect}."
        }
        (ErrorCode::UnknownCommand, SubscriptionKind::Polled) => {
            "This server refuses patterns and does not list channels either (PUBSUB CHANNELS): \
             press {subscribe} and name the channels. If it refuses these too, it has no Pub/Sub."
        }
        (ErrorCode::NoPermission, SubscriptionKind::Polled) => {
            "This user may not list channels either: press {subscribe} and name the channels, or \
             grant +psubscribe or +pubsub, then press {reconnect}."
        }
        (ErrorCode::UnknownCommand, SubscriptionKind::Shard | SubscriptionKind::ShardPattern) => {
            "This server does not support sharded channels (new in Redis 7): press {subscribe} to subscribe \
             to an ordinary one."
        }
        (ErrorCode::UnknownCommand, _) => {
            "This server does not support Pub/Sub, or renames its commands: many proxies refuse to \
             subscribe. Connect to the Redis server behind them."
        }
        (ErrorCode::NoPermission, _) if error.is_about_command() => {
            "This user may not subscribe: grant +subscribe (or +@pubsub), then press {reconnect}."
        }
        (ErrorCode::NoPermission, _) => {
            "Press {subscribe} to subscribe to what this user may access: an ACL rule for a pattern allows \
             exactly that pattern. After the ACL has been changed, press {reconnect} to retry."
        }
        (ErrorCode::OutOfMemory, _) => {
            "The server is out of memory and accepts no new subscriptions until memory is freed. \
             Press {reconnect} to retry."
        }
        _ => "Press {reconnect} to retry, {subscribe} to subscribe to something else.",
    }
}

/// Returns what to do about a failed connection, or `None` if the user can only wait.
pub fn connection_remedy(error: &ConnectionError) -> Option<&'static str> {
    if *error == ConnectionError::Closed(Closing::OnSubscribe) {
        return Some(
            "Proxies that spread keys over several servers cannot subscribe: connect to a Redis \
             server behind this one.",
        );
    }
    Some(match error.redis()?.code {
        ErrorCode::NotLoggedIn | ErrorCode::WrongPassword => {
            "It can also be given in the URL, in SUBSCOPE_PASSWORD or REDISCLI_AUTH, by a password \
             command, or with --askpass."
        }
        ErrorCode::NoPasswordSet => {
            "The server has no password set: remove yours from the URL and the environment."
        }
        ErrorCode::Loading => "Messages arrive once the server has loaded its data.",
        ErrorCode::PrimaryDown => {
            "This replica has lost its primary and will answer again once it has reconnected."
        }
        ErrorCode::TooManyClients => "The server has reached its client limit (maxclients).",
        ErrorCode::Protected => {
            "Without a password, the server accepts only local clients: set requirepass or \
             protected-mode no in its configuration."
        }
        ErrorCode::OutOfMemory => {
            "The server is out of memory and accepts no new subscriptions until memory is freed."
        }
        ErrorCode::Busy => "The server is busy running a script.",
        _ => return None,
    })
}
