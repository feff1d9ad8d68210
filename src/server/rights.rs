//! Which channels a user may hear, from the answer to ACL GETUSER.
//! (<https://redis.io/docs/latest/commands/acl-getuser/>)

use redis::{FromRedisValue as _, Value};

/// The patterns of the channels that a user may hear, each once, those of the selectors too.
///
/// Redis 6.2 lists them; later ones write them as in a rule: `&orders.* &logs.*`.
pub(super) fn channels_in(user: &Value) -> Vec<Box<[u8]>> {
    let mut channels = Vec::new();
    collect(user, &mut channels);
    channels
}

fn collect(rules: &Value, channels: &mut Vec<Box<[u8]>>) {
    for (name, value) in rules.as_map_iter().into_iter().flatten() {
        let name = Vec::<u8>::from_redis_value_ref(name).unwrap_or_default();
        match (&*name, value) {
            (b"channels", Value::Array(patterns) | Value::Set(patterns)) => {
                for pattern in patterns {
                    let pattern = Vec::<u8>::from_redis_value_ref(pattern).unwrap_or_default();
                    add(channels, &pattern);
                }
            }
            (b"channels", rule) => {
                let rule = Vec::<u8>::from_redis_value_ref(rule).unwrap_or_default();
                let patterns = rule.split(|byte| *byte == b' ');
                for pattern in patterns.filter_map(|word| word.strip_prefix(b"&")) {
                    add(channels, pattern);
                }
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

fn add(channels: &mut Vec<Box<[u8]>>, pattern: &[u8]) {
    if !channels.iter().any(|known| **known == *pattern) {
        channels.push(pattern.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::BulkString(text.into())
    }

    fn channels(user: Vec<Value>) -> Vec<String> {
        let channels = channels_in(&Value::Array(user));
        let words = channels.iter().map(|name| String::from_utf8_lossy(name));
        words.map(String::from).collect()
    }

    #[test]
    fn redis_6_lists_the_channels() {
        let listed = Value::Array(vec![text("orders.*"), text("&odd")]);
        let user = vec![text("keys"), text("~*"), text("channels"), listed];
        assert_eq!(channels(user), ["orders.*", "&odd"]);
        assert_eq!(
            channels(vec![text("channels"), Value::Array(vec![])]),
            [""; 0]
        );
    }

    #[test]
    fn later_ones_write_them_as_a_rule_and_selectors_have_their_own() {
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
}
