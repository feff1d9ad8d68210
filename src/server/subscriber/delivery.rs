//! The part of a message frame before the payload.

use crate::message::SubscriptionKind;
use crate::wire::Part;

/// First elements of the frames that a subscriber expects.
const EXPECTED: &str = "message pmessage smessage subscribe psubscribe ssubscribe unsubscribe \
                        punsubscribe sunsubscribe";

/// Returns whether a subscriber expects a frame that begins with `parts`, whose contents are in
/// `bytes`.
pub(super) fn is_expected(parts: &[Part], bytes: &[u8]) -> bool {
    let first = parts.first().and_then(|part| part.text(bytes));
    first.is_some_and(|first| EXPECTED.split(' ').any(|name| name.as_bytes() == first))
}

/// The part of a message frame before the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Delivery<'a> {
    /// The kind of the matching subscription.
    pub(super) kind: SubscriptionKind,
    /// The channel or pattern of the matching subscription.
    pub(super) name: &'a [u8],
    pub(super) channel: &'a [u8],
}

impl<'a> Delivery<'a> {
    pub(super) fn into_owned(self) -> OwnedDelivery {
        OwnedDelivery {
            kind: self.kind,
            name: self.name.into(),
            channel: self.channel.into(),
        }
    }

    /// Parses the delivery that begins with `parts`, whose contents are in `bytes`. Returns `None`
    /// if the frame is not a message.
    #[inline]
    pub(super) fn announced_by(parts: &[Part], bytes: &'a [u8]) -> Option<Self> {
        match parts {
            [Part::Bulk(word), Part::Bulk(pattern), Part::Bulk(channel)]
                if bytes[word.clone()] == *b"pmessage" =>
            {
                Some(Self {
                    kind: SubscriptionKind::Pattern,
                    name: &bytes[pattern.clone()],
                    channel: &bytes[channel.clone()],
                })
            }
            [Part::Bulk(word), Part::Bulk(channel)] => {
                let kind = match &bytes[word.clone()] {
                    b"message" => SubscriptionKind::Channel,
                    b"smessage" => SubscriptionKind::Shard,
                    _ => return None,
                };
                let channel = &bytes[channel.clone()];
                Some(Self {
                    kind,
                    name: channel,
                    channel,
                })
            }
            _ => None,
        }
    }
}

/// A [`Delivery`] that owns its names.
#[derive(Debug)]
pub(super) struct OwnedDelivery {
    kind: SubscriptionKind,
    name: Box<[u8]>,
    channel: Box<[u8]>,
}

impl OwnedDelivery {
    pub(super) fn borrow(&self) -> Delivery<'_> {
        Delivery {
            kind: self.kind,
            name: &self.name,
            channel: &self.channel,
        }
    }
}
