//! Detection of serialized objects, and of other formats whose first bytes identify them.

use memchr::{memchr, memchr2};

use super::Format;
use crate::payload::objects::{bson, erlang, java, php, pickle, ruby};
use crate::payload::reading::Unreadable;
use crate::payload::tree::Tree;

/// Returns the format of `bytes` if they are serialized objects, and their values or the reason why
/// they cannot be shown.
pub(super) fn named(bytes: &[u8]) -> Option<(Format, Result<Tree, Unreadable>)> {
    if bson::may_be(bytes)
        && let Some(found) = whole(Format::Bson, bson::read(bytes))
    {
        return Some(found);
    }
    match bytes {
        // Protocols 2 to 5 begin with their version and end with STOP (`pickletools`).
        [0x80, 2..=5, .., b'.'] if bytes.len() > 3 => {
            let read = pickle::read(bytes);
            Some((Format::Pickle, read.map(|pickle| pickle.tree)))
        }
        [0xac, 0xed, 0x00, 0x05, ..] => Some((Format::Java, java::read(bytes))),
        [4, 8, _, ..] => whole(Format::Ruby, ruby::read(bytes)),
        // Three bytes may as well be something else.
        [erlang::VERSION, _, _, _, ..] => whole(Format::Erlang, erlang::read(bytes)),
        _ if php::may_be(bytes) => whole(Format::Php, php::read(bytes)),
        _ if pickle::may_be(bytes) => headless_pickle(bytes),
        _ => None,
    }
}

/// Returns `read` if it is a value, or one that exceeds a limit.
fn whole(
    format: Format,
    read: Result<Tree, Unreadable>,
) -> Option<(Format, Result<Tree, Unreadable>)> {
    let is_whole = read.as_ref().map_or_else(|error| error.is_limit, |_| true);
    is_whole.then_some((format, read))
}

/// Reads a pickle before protocol 2, which has no header. Such a pickle stores something in its
/// memo, unlike text that looks like one by accident.
fn headless_pickle(bytes: &[u8]) -> Option<(Format, Result<Tree, Unreadable>)> {
    match pickle::read(bytes) {
        Ok(read) if !read.uses_memo => None,
        Ok(read) if read.is_text => Some((Format::PickleText, Ok(read.tree))),
        read => whole(Format::Pickle, read.map(|read| read.tree)),
    }
}

/// Returns whether bytes may be in one of the formats that [`named`] recognises, judged by cheap
/// checks. `false` is certain.
#[inline]
pub(super) fn may_be_named(bytes: &[u8]) -> bool {
    match bytes {
        [0x80..=0xff, ..] | [4, 8, ..] => true,
        _ => bson::may_be(bytes) || php::may_be(bytes) || pickle::may_be(bytes),
    }
}

/// Returns whether a string may be serialized objects in a form that is text. In JSON, all such
/// strings have escapes: those of quotes or line breaks.
pub(super) fn may_be_in_text(text: &[u8]) -> bool {
    match text {
        [first, .., b'.'] if pickle::may_start(*first) => memchr2(b'\n', b'\\', text).is_some(),
        [.., b'}' | b';'] if php::may_be(text) => memchr(b'"', text).is_some(),
        _ => false,
    }
}

/// Like [`may_be_named`], for bytes of which only the start is known.
pub(super) fn may_start(head: &[u8]) -> bool {
    match head {
        [0x80, 2..=5, ..] | [0xac, 0xed, ..] | [erlang::VERSION, ..] | [4, 8, ..] => true,
        [first, ..] => bson::may_start(head) || php::may_be(head) || pickle::may_start(*first),
        [] => false,
    }
}
