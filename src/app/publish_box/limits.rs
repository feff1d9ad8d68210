//! What cannot be edited in the box, and what is published only after a question.

use crate::app::session::feed::MAX_NAME_COLUMNS;
use crate::app::session::snapshot::MessageSnapshot;
use crate::app::settings::SENTINEL_HELLO;
use crate::message::INVALIDATIONS;
use crate::payload::{escape, figures};

/// Maximum size of a one-line box, in bytes.
pub(crate) const MAX_LINE: usize = 16 << 10;

/// Longer messages are not loaded into the box, since each key press would be slow.
pub(crate) const MAX_EDITED: usize = 256 << 10;

/// Returns that the name of a channel is too long to edit.
pub(crate) fn too_long(channel: &[u8]) -> String {
    let size = figures::size(channel.len() as u64);
    format!("the channel's name is too long to edit: {size}")
}

/// Returns why a message cannot be edited and sent again, if it cannot.
pub(crate) fn why_not_edited(snapshot: &MessageSnapshot) -> Option<String> {
    let kept = snapshot.payload.len();
    if snapshot.is_cut() {
        let (kept, size) = (figures::size(kept as u64), figures::size(snapshot.size));
        return Some(format!(
            "only the first {kept} of {size} were kept: it cannot be sent again"
        ));
    }
    let channel = snapshot.channel.as_deref().unwrap_or_default();
    if channel.len() > MAX_LINE {
        return Some(too_long(channel));
    }
    (kept > MAX_EDITED).then(|| {
        let (size, most) = (figures::size(kept as u64), figures::size(MAX_EDITED as u64));
        format!("{size} is too long to edit here: at most {most}")
    })
}

/// Returns the question to ask before publishing to `channel`, if there is one.
pub(crate) fn why_ask(channel: &[u8]) -> Option<String> {
    let name = escape::name(channel, MAX_NAME_COLUMNS).string;
    if channel == SENTINEL_HELLO {
        return Some(format!(
            "{name}: sentinels trust messages there; a forged one can cause a failover."
        ));
    }
    if channel == INVALIDATIONS {
        return Some(format!(
            "{name}: clients that cache keys drop the keys named there."
        ));
    }
    let is_keyspace = [&b"__key"[..], b"__subkey"]
        .iter()
        .any(|start| channel.starts_with(start));
    if is_keyspace {
        return Some(format!(
            "{name}: programs take a message there for a change that Redis made to a key."
        ));
    }
    channel
        .is_empty()
        .then(|| "The channel's name is empty.".to_owned())
}
