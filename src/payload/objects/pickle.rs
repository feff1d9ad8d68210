//! Decoding Python pickles (protocols 0 to 5, as documented in Python's `pickletools`).
//!
//! A pickle is a program for a stack machine that builds objects. `Machine` keeps its stack and its
//! memo, but only notes which class or function would be called with which arguments. Calls that
//! stand for plain values, such as sets, bytes and times, become these values.

mod call;
mod class;
mod known;
mod machine;
mod opcode;
mod text;

use self::machine::Machine;
use crate::payload::reading::Unreadable;
use crate::payload::tree::Tree;

/// The name of the format.
pub const NAME: &str = "Python pickle";

/// The name of the format in its oldest protocol, which is text.
pub const TEXT_NAME: &str = "Python pickle (protocol 0)";

/// A pickle.
#[derive(Debug)]
pub struct Pickle {
    /// The pickled value.
    pub tree: Tree,
    /// Whether the pickle is text.
    pub is_text: bool,
    /// Whether the pickle stores any value in its memo, as Python does for all but plain numbers.
    pub uses_memo: bool,
}

/// Decodes a pickle, which must be all of `bytes`.
pub fn read(bytes: &[u8]) -> Result<Pickle, Unreadable> {
    Machine::new(bytes).run()
}

/// Returns whether bytes may be a pickle, judged by the first two and the last ones.
#[inline]
pub fn may_be(bytes: &[u8]) -> bool {
    match bytes {
        [0x80, 2..=5, ..] => true,
        [first, .., b'.'] if may_start(*first) => bytes.iter().any(|byte| *byte < b' '),
        _ => false,
    }
}

/// Returns whether a pickle without a protocol number may start with this byte.
pub fn may_start(first: u8) -> bool {
    matches!(
        first,
        b'(' | b'c' | b']' | b'}' | b'S' | b'V' | b'T' | b'U' | b'X'
    )
}
