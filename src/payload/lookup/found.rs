//! A value that a lookup found in a decoded payload.

use super::shown::Shown;
use crate::payload::hex;
use crate::payload::json::text;
use crate::payload::tree::{Kind, NodeId, Tree, Value};

/// A value that was found, with its tree and the bytes that the tree refers to.
pub(super) struct Found<'a> {
    pub(super) tree: &'a Tree,
    pub(super) bytes: &'a [u8],
    /// The value, without its tags.
    pub(super) value: Value<'a>,
    /// The outermost tag of the value, or the value itself.
    pub(super) outermost: NodeId,
    /// The string or bytes that hold the value, and their kind.
    pub(super) original: Option<(Kind, &'a [u8])>,
}

impl Found<'_> {
    /// Returns whether the value, or any value in it, was found within a string or bytes.
    pub(super) fn is_nested(&self) -> bool {
        self.original.is_some() || self.tree.has_nested_in(self.value.id)
    }

    /// Returns whether `test` is true for the value, whose number is `number` if it is an enum value.
    /// A value that a string or bytes hold is tested as that and as they were received. An array or
    /// object within a string is tested only as that string, since no test applies to arrays and
    /// objects.
    pub(super) fn passes(
        &self,
        number: Option<i32>,
        holds: impl Fn(&[u8], Option<&[u8]>) -> bool,
    ) -> bool {
        match (self.original, self.value.kind) {
            (Some((Kind::String, string)), kind) if kind.is_container() => {
                holds(&text::quoted(string), None)
            }
            (Some((kind, received)), _) if !self.value.kind.is_container() => {
                let received = match kind {
                    Kind::Bytes => in_hex(received),
                    _ => text::quoted(received),
                };
                holds(&self.written(), Some(&received))
            }
            (_, Kind::Bytes) => holds(&self.written(), Some(&in_hex(self.value.text))),
            _ => match number {
                Some(number) => holds(&self.written(), Some(number.to_string().as_bytes())),
                None => holds(&self.written(), None),
            },
        }
    }

    /// Returns the value as JSON, except where JSON cannot express it: non-finite numbers and
    /// strings that are not UTF-8 are kept exactly.
    pub(super) fn written(&self) -> Vec<u8> {
        let Value { kind, text, id, .. } = self.value;
        match kind {
            Kind::Null => b"null".to_vec(),
            Kind::Bool | Kind::Number => text.to_vec(),
            Kind::String | Kind::Other => text::quoted(text),
            Kind::Bytes | Kind::Array | Kind::Object | Kind::Tag => {
                self.tree.to_json(id, self.bytes)
            }
        }
    }

    /// Returns the value with its tags as a row shows it, without quotes around a string.
    pub(super) fn shown(&self) -> Shown<'static> {
        let Value { kind, text, id, .. } = self.value;
        let is_text = kind == Kind::String && id == self.outermost;
        let text = if is_text {
            text.to_vec()
        } else {
            let (tree, id) = (self.tree, self.outermost);
            tree.one_line_of(id, self.bytes, usize::MAX, true)
        };
        Shown {
            text: text.into(),
            kind,
        }
    }
}

/// Returns bytes as the rows show them: `h'00ff'`.
fn in_hex(bytes: &[u8]) -> Vec<u8> {
    [b"h'", &hex::digits(bytes).collect::<Vec<_>>()[..], b"'"].concat()
}
