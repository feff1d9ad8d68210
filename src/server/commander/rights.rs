//! Reads the channel permissions of a user from the answer to ACL GETUSER.
//! (<https://redis.io/docs/latest/commands/acl-getuser/>)

use std::collections::HashSet;

use redis::{FromRedisValue as _, Value};

use crate::message::Allowed;
use crate::server::connect::{Link, cut, refusal};

/// Maximum number of subscriptions to channels that the user did not name: those that the ACL
/// allows if it denies a subscription to all channels, and channels found by a search. Redis
/// compares each subscription with everything that the ACL allows, so more subscriptions would
/// overload it.
pub const MAX_UNNAMED: usize = 1 << 15;

/// Returns the name of the current user, if it may be queried, and the user's channel permissions.
pub(in crate::server) async fn ask_rights(link: &mut Link) -> (Option<String>, Allowed) {
    let name = match link.ask::<String>(redis::cmd("ACL").arg("WHOAMI")).await {
        Ok(name) if cut(&name).len() == name.len() => name,
        Ok(_) => return (None, Allowed::UnusableName),
        Err(error) => return (None, not_allowed(link, &error)),
    };
    let user = link.ask(redis::cmd("ACL").arg("GETUSER").arg(&name)).await;
    let allowed = match user {
        Ok(user) => allowed_by(&user),
        Err(error) => not_allowed(link, &error),
    };
    (Some(name), allowed)
}

/// Returns why the user's permissions are unknown.
fn not_allowed(link: &Link, error: &redis::RedisError) -> Allowed {
    match refusal(error) {
        Some(error) => Allowed::Denied(error),
        None => Allowed::Unknown(link.failure(error)),
    }
}

/// Returns the channels that a user may subscribe to.
fn allowed_by(user: &Value) -> Allowed {
    let mut names = channels_in(user);
    let left_out = names.len().saturating_sub(MAX_UNNAMED);
    names.truncate(MAX_UNNAMED);
    Allowed::Only { names, left_out }
}

/// Returns the channel patterns of a user without duplicates, including those of selectors.
///
/// Redis 6.2 returns a list of patterns; later versions return a string of rules such as `&orders.*
/// &logs.*`.
fn channels_in(user: &Value) -> Vec<Box<[u8]>> {
    let mut channels = Vec::new();
    collect(user, &mut channels);
    let mut known = HashSet::with_capacity(channels.len());
    channels.retain(|pattern| known.insert(pattern.clone()));
    channels
}

fn collect(rules: &Value, channels: &mut Vec<Box<[u8]>>) {
    for (name, value) in rules.as_map_iter().into_iter().flatten() {
        match (&*bytes(name), value) {
            (b"channels", Value::Array(patterns) | Value::Set(patterns)) => {
                channels.extend(patterns.iter().map(bytes).map(Vec::into_boxed_slice));
            }
            (b"channels", rule) => {
                let rule = bytes(rule);
                let patterns = rule.split(|byte| *byte == b' ');
                let patterns = patterns.filter_map(|word| word.strip_prefix(b"&"));
                channels.extend(patterns.map(Box::from));
            }
            (b"selectors", Value::Array(selectors)) => {
                for selector in selectors {
                    collect(selector, channels);
                }
            }
            _ => (),
        }
    }
}

fn bytes(value: &Value) -> Vec<u8> {
    Vec::<u8>::from_redis_value_ref(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::BulkString(text.into())
    }

    fn channels(user: Vec<Value>) -> Vec<String> {
        let channels = channels_in(&Value::Array(user));
        let names = channels.iter().map(|name| String::from_utf8_lossy(name));
        names.map(String::from).collect()
    }

    #[test]
    fn the_channel_list_of_redis_6_is_parsed() {
        let listed = Value::Array(vec![text("orders.*"), text("&odd")]);
        let user = vec![text("keys"), text("~*"), text("channels"), listed];
        assert_eq!(channels(user), ["orders.*", "&odd"]);
        let none = vec![text("channels"), Value::Array(vec![])];
        assert_eq!(channels(none), [""; 0]);
    }

    #[test]
    fn the_channel_rules_and_selectors_of_redis_7_are_parsed() {
        let selector = |rule| Value::Array(vec![text("channels"), text(rule)]);
        let selectors = Value::Array(vec![selector("&logs.*"), selector("&orders.* &x")]);
        let user = vec![
            text("flags"),
            Value::Array(vec![text("on")]),
            text("channels"),
            text("&orders.* &logs.*"),
            text("selectors"),
            selectors,
        ];
        assert_eq!(channels(user), ["orders.*", "logs.*", "x"]);
        assert_eq!(channels(vec![text("channels"), text("")]), [""; 0]);
        assert_eq!(channels_in(&Value::Nil).len(), 0);
    }

    #[test]
    fn channels_beyond_the_maximum_are_left_out() {
        let rule: Vec<String> = (0..200_000).map(|number| format!("&ch:{number}")).collect();
        let twice = format!("{} &ch:1", rule.join(" "));
        let user = Value::Array(vec![text("channels"), text(&twice)]);
        let Allowed::Only { names, left_out } = allowed_by(&user) else {
            panic!("unknown");
        };
        assert_eq!(names.len(), MAX_UNNAMED);
        assert_eq!(left_out, 200_000 - MAX_UNNAMED);
        assert_eq!(*names[MAX_UNNAMED - 1], *b"ch:32767");
    }
}
