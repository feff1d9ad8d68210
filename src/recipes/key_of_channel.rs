//! Messages that repeat the name of their channel, as those of graphql-redis-subscriptions do.

use crate::payload::json_tree;
use crate::payload::tree::NodeId;

/// Returns whether `payload` is a JSON object whose only key is the name of the channel, or its part
/// before the first dot, in other letters: `orderPaid` on `ORDER_PAID` or `orderPaid.42`. A name of
/// one word, such as `status`, is no evidence.
pub(super) fn is_key_of_channel(channel: &[u8], payload: &[u8]) -> bool {
    let trigger = channel
        .split(|byte| *byte == b'.')
        .next()
        .unwrap_or_default();
    let has_words = trigger.contains(&b'_')
        || trigger
            .windows(2)
            .any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    let Some(rest) = payload.trim_ascii_start().strip_prefix(b"{") else {
        return false;
    };
    let Some(rest) = rest.trim_ascii_start().strip_prefix(b"\"") else {
        return false;
    };
    let key = rest.split(|byte| *byte == b'"').next().unwrap_or_default();
    has_words
        && key.first().is_some_and(u8::is_ascii_lowercase)
        && key.iter().all(u8::is_ascii_alphanumeric)
        && letters(trigger).eq(letters(key))
        && is_only_key(payload)
}

/// Returns the letters and digits of a name in lower case.
fn letters(name: &[u8]) -> impl Iterator<Item = u8> {
    let letters = name.iter().filter(|byte| **byte != b'_');
    letters.map(u8::to_ascii_lowercase)
}

fn is_only_key(payload: &[u8]) -> bool {
    let tree = json_tree::read(payload).ok();
    let root = tree
        .as_ref()
        .and_then(|tree| tree.value(NodeId::default(), payload));
    root.is_some_and(|root| root.count == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_key_must_be_the_name_of_the_channel() {
        for (channel, payload, expected) in [
            ("ORDER_PAID", r#"{"orderPaid":{"id":1}}"#, true),
            ("order_paid", r#" { "orderPaid" : null } "#, true),
            ("orderPaid.42", r#"{"orderPaid":7}"#, true),
            ("NEW_MESSAGE.room-42", r#"{"newMessage":{}}"#, true),
            ("ORDER_PAID", r#"{"orderPaid":1,"at":2}"#, false),
            ("ORDER_PAID", r#"{"order_paid":1}"#, false),
            ("ORDER_PAID", r#"{"OrderPaid":1}"#, false),
            ("ORDER_PAID", r#"{"paid":1}"#, false),
            ("status", r#"{"status":1}"#, false),
            ("STATUS", r#"{"status":1}"#, false),
            ("orderPaid:42", r#"{"orderPaid":7}"#, false),
            ("ORDER_PAID", r#"["orderPaid"]"#, false),
            ("ORDER_PAID", r#"{"orderPaid":"#, false),
            ("", "{", false),
        ] {
            let found = is_key_of_channel(channel.as_bytes(), payload.as_bytes());
            assert_eq!(found, expected, "{channel} {payload}");
        }
    }
}
