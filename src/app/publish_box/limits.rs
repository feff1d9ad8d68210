//! Which messages cannot be edited in the box, and which are published only after confirmation.

use crate::app::session::feed::MAX_NAME_COLUMNS;
use crate::app::session::snapshot::MessageSnapshot;
use crate::app::settings::SENTINEL_HELLO;
use crate::message::INVALIDATIONS;
use crate::payload::{escape, figures};

/// Maximum size of a one-line box, in bytes.
pub(crate) const MAX_LINE: usize = 16 << 10;

/// Maximum size of a message in the box, in bytes. With a longer one, every key press would be
/// slow.
pub(crate) const MAX_EDITED: usize = 256 << 10;

/// Returns the error for a channel whose name is too long to edit.
pub(crate) fn too_long(channel: &[u8]) -> String {
    let size = figures::size(channel.len() as u64);
    format!("the channel's name is too long to edit: {size}")
}

/// Returns why a message cannot be edited and sent again, or `None` if it can.
pub(crate) fn why_not_edited(snapshot: &MessageSnapshot) -> Option<String> {
    let kept = snapshot.payload.len();
    if snapshot.is_cut() {
        let (kept, size) = (figures::size(kept as u64), figures::size(snapshot.size));
        return Some(format!(
            "only the first {kept} of {size} were kept: cannot be sent again"
        ));
    }
    let channel = snapshot.channel.as_deref().unwrap_or_default();
    if channel.len() > MAX_LINE {
        return Some(too_long(channel));
    }
    (kept > MAX_EDITED).then(|| {
        let (size, most) = (figures::size(kept as u64), figures::size(MAX_EDITED as u64));
        format!("too large to edit: the message has {size}, the limit is {most}")
    })
}

/// Returns the warning to confirm before publishing to `channel`, if there is one.
pub fn why_ask(channel: &[u8]) -> Option<String> {
    if channel.is_empty() {
        return Some("The channel's name is empty.".to_owned());
    }
    let danger = if channel == SENTINEL_HELLO {
        "sentinels trust messages on this channel; a forged one can cause a failover."
    } else if channel == INVALIDATIONS {
        "clients drop the keys named in a message from their caches."
    } else if channel.starts_with(b"__key") || channel.starts_with(b"__subkey") {
        "programs treat a message on this channel as a real change to a key."
    } else {
        return None;
    };
    let name = escape::name(channel, MAX_NAME_COLUMNS).string;
    Some(format!("{name}: {danger}"))
}
