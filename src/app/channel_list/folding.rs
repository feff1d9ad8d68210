//! Which branches are open, and how names are divided into branches.

use std::collections::HashSet;
use std::sync::Arc;

use crate::log::ChannelTable;
use crate::recipes::Collapsing;

/// The separators looked for in names, in order of preference.
const SEPARATORS: [u8; 3] = [b':', b'.', b'/'];

/// Number of channel table slots that are sampled to find the separator.
const SAMPLED: usize = 2_048;

/// Number of bytes at the start of a name that are divided into branches. Names may be megabytes
/// long.
pub(super) const DIVIDED: usize = 512;

/// The maximum number of branches that a name is in. The rest of it is not divided.
pub(super) const MAX_DEPTH: usize = 16;

/// Whether the list is a tree, and how it is folded.
#[derive(Debug, Default)]
pub(super) struct Folding {
    /// The separator between the parts of a name; `None` if the list is flat.
    pub(super) separator: Option<u8>,
    /// The prefixes of the open branches.
    pub(super) branches: HashSet<Arc<[u8]>>,
    /// The prefixes of the open groups.
    pub(super) groups: HashSet<Arc<[u8]>>,
    /// The channels that recipes collapse.
    pub(super) collapsing: Collapsing,
}

impl Folding {
    /// Returns the lengths of the prefixes of `name` that can be branches, shortest first.
    pub(super) fn prefixes(&self, name: &[u8]) -> impl Iterator<Item = usize> {
        ends(name, self.separator)
    }

    /// Opens every branch and group that `name` may be in.
    pub(super) fn reveal(&mut self, name: &[u8]) {
        let branches: Vec<usize> = self.prefixes(name).collect();
        let collapsed = self.collapsing.prefix_of(name);
        self.groups.extend(collapsed.map(|end| name[..end].into()));
        for end in [0].iter().chain(&branches) {
            let stem = stem(name).max(*end);
            if stem > 0 {
                self.groups.insert(name[..stem].into());
            }
        }
        for end in branches {
            self.branches.insert(name[..end].into());
        }
    }
}

/// Returns the lengths of the prefixes of `name` that end with a separator and are followed by
/// another part.
pub(super) fn ends(name: &[u8], separator: Option<u8>) -> impl Iterator<Item = usize> {
    let parts = name.iter().take(DIVIDED).enumerate();
    let is_end = move |(at, byte): (usize, &u8)| {
        (Some(*byte) == separator && at + 1 < name.len()).then_some(at + 1)
    };
    parts.filter_map(is_end).take(MAX_DEPTH)
}

/// Returns the separator that most of the sampled names contain. Keeps `current` unless another
/// separator is in more than twice as many names.
pub(super) fn usual_separator(channels: &ChannelTable, current: Option<u8>) -> u8 {
    let mut counts = [0_usize; SEPARATORS.len()];
    for (_, channel) in channels.within(0..SAMPLED.min(channels.slots())) {
        for (count, separator) in counts.iter_mut().zip(SEPARATORS) {
            let start = &channel.name()[..channel.name().len().min(DIVIDED)];
            *count += usize::from(start.contains(&separator));
        }
    }
    let mut best = current.unwrap_or(SEPARATORS[0]);
    let of = |separator: u8| {
        let at = SEPARATORS.iter().position(|one| *one == separator);
        at.map_or(0, |at| counts[at])
    };
    for separator in SEPARATORS {
        let needed = if Some(best) == current {
            2 * of(best)
        } else {
            of(best)
        };
        if of(separator) > needed {
            best = separator;
        }
    }
    best
}

/// Returns the length of the prefix that a one-shot channel's name shares with similar ones. The
/// prefix ends before the id at the end of the name or before the only id. A name that has several
/// ids before its last part belongs to a scheme of lasting channels, as in
/// `region-1:user-2:order`; there, and without an id, the prefix ends before the last part. The
/// length is 0 if nothing is left.
pub(super) fn stem(name: &[u8]) -> usize {
    let name = &name[..name.len().min(DIVIDED)];
    let start = after_database(name);
    let mut last = start;
    // Adjacent parts that look like ids are one id, such as a UUID.
    let (mut id, mut ids, mut is_in_id) = (start, 0, false);
    let mut at = start;
    for part in name[start..].split(|byte| !byte.is_ascii_alphanumeric()) {
        if is_id(part) {
            if !is_in_id {
                (id, ids) = (at + word_before_number(part), ids + 1);
            }
            is_in_id = true;
        } else if !part.is_empty() {
            is_in_id = false;
            last = at;
        }
        at += part.len() + 1;
    }
    if is_in_id || ids == 1 { id } else { last }
}

/// Returns whether a part of a name looks like an id, or like a piece of a UUID.
fn is_id(part: &[u8]) -> bool {
    let is_hex = part.len() >= 4 && part.iter().all(u8::is_ascii_hexdigit);
    is_hex || part.iter().any(u8::is_ascii_digit)
}

/// Returns the offset of the key in the name of a keyspace event channel, so that the database
/// number does not count as an id. Returns 0 for other channels.
fn after_database(name: &[u8]) -> usize {
    if !name.starts_with(b"__") {
        return 0;
    }
    let end = name.windows(3).position(|part| part == b"__:");
    end.map_or(0, |end| end + 3)
}

/// Returns the length of the word before the number in a part such as `user42`, or 0 if the part
/// may be a hexadecimal number.
fn word_before_number(part: &[u8]) -> usize {
    let word = part.iter().position(u8::is_ascii_digit).unwrap_or(0);
    let is_number = part[word..].iter().all(u8::is_ascii_digit);
    let is_word = part[..word].iter().any(|byte| !byte.is_ascii_hexdigit());
    if is_number && is_word { word } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stem_of_a_name_ends_before_its_id() {
        for (name, stem_of) in [
            (
                "celery-task-meta-2489c5ef-aa10-4d5c-beef-0123456789ab",
                "celery-task-meta-",
            ),
            ("reply:0042:done", "reply:"),
            ("session:user42", "session:user"),
            (
                "spring:session:event:0:created:7f3e",
                "spring:session:event:0:created:",
            ),
            ("__keyspace@0__:cart:17", "__keyspace@0__:cart:"),
            ("__keyspace@0__:greeting", "__keyspace@0__:"),
            ("bank:region-1:user-0042:order", "bank:region-1:user-0042:"),
            ("orders:created", "orders:"),
            ("alone", ""),
        ] {
            assert_eq!(&name[..stem(name.as_bytes())], stem_of, "{name}");
        }
    }

    #[test]
    fn names_end_where_another_part_follows() {
        let parts = |name: &[u8]| ends(name, Some(b':')).collect::<Vec<_>>();
        assert_eq!(parts(b"a:bc:d"), [2, 5]);
        assert_eq!(parts(b"a:"), [0; 0]);
        assert_eq!(parts(b"abc"), [0; 0]);
        assert_eq!(parts(b":a"), [1]);
        assert_eq!(ends(b"a:b", None).count(), 0);
        assert_eq!(parts(&b"a:".repeat(250)).last(), Some(&(2 * MAX_DEPTH)));
    }

    #[test]
    fn a_stem_ends_where_an_id_or_the_last_part_starts() {
        for (name, expected) in [
            ("celery-task-meta-0a1b2c3d-77", "celery-task-meta-"),
            ("celery-task-meta-ab12", "celery-task-meta-"),
            ("__keyspace@0__:user:alice", "__keyspace@0__:user:"),
            ("__keyspace@12__:user:17:cart", "__keyspace@12__:user:"),
            ("session:user42", "session:user"),
            ("orders:created", "orders:"),
            ("reply.9f8e.inbox", "reply."),
            ("alone", ""),
            ("9f", ""),
            ("", ""),
            ("a:", ""),
        ] {
            let stem = stem(name.as_bytes());
            assert_eq!(&name[..stem], expected, "{name}");
        }
    }
}
