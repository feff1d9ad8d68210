//! Reading and writing lenient JSON. What is not edited keeps its form, with its comments.

use std::ops::Range;
use std::vec::IntoIter;

use super::item::{Guide, Item, Value, Wrong};
use super::json::{self, Style};
use crate::payload::escape::is_plain;
use crate::payload::format;
use crate::payload::tree::{Key, Kind, NodeId, Tree};

/// Reads one value.
pub(super) fn read(bytes: &[u8]) -> Option<Item> {
    let (tree, keys) = format::read_lenient(bytes)?;
    let mut reader = Reader {
        bytes,
        tree: &tree,
        keys: keys.into_iter(),
    };
    reader.item(NodeId::default())
}

struct Reader<'a> {
    bytes: &'a [u8],
    tree: &'a Tree,
    /// Where the keys are that have not been read.
    keys: IntoIter<Range<usize>>,
}

impl Reader<'_> {
    fn item(&mut self, id: NodeId) -> Option<Item> {
        let found = self.tree.value(id, self.bytes)?;
        let range = self.tree.source(id)?;
        let text = || String::from_utf8_lossy(found.text).into_owned();
        let children = self.tree.children(id);
        let value = match found.kind {
            Kind::Null => Value::Word("null"),
            Kind::Bool if found.text == b"true" => Value::Word("true"),
            Kind::Bool => Value::Word("false"),
            Kind::Number => Value::Number(text()),
            Kind::String => Value::String(found.text.to_vec()),
            Kind::Bytes => Value::Bytes(found.text.to_vec()),
            Kind::Array => {
                let items = children.map(|child| self.item(child));
                Value::Array(items.collect::<Option<_>>()?)
            }
            Kind::Object => {
                let tree = self.tree;
                let members = children.map(|child| {
                    let range = self.keys.next()?;
                    let key = match tree.value(child, self.bytes)?.key {
                        Key::Name(name) => Value::String(name.to_vec()),
                        Key::Other(digits) => {
                            Value::Number(String::from_utf8_lossy(digits).into_owned())
                        }
                        Key::None | Key::Index(_) => return None,
                    };
                    Some((Item::new(key, range), self.item(child)?))
                });
                Value::Object(members.collect::<Option<_>>()?)
            }
            Kind::Other | Kind::Tag => return None,
        };
        Some(Item::new(value, range))
    }
}

/// Writes `new` in the dialect of the old value: JSON5 or that of Python.
pub(super) fn write(new: &Item, old: Option<Guide<'_>>, out: &mut Vec<u8>) -> Result<(), Wrong> {
    let content = old.map_or(&[][..], |old| old.bytes);
    let style = Style::of_lenient(content, format::dialect(content));
    // What is around the value, such as a byte order mark, stays.
    let range = old.map_or(0..0, |old| old.item.range.clone());
    out.extend(&content[..range.start]);
    json::write(new, old, &style, out)?;
    out.extend(&content[range.end..]);
    // Comments may be in places where they are in the way.
    match read(out).filter(|written| *written == as_read(new)) {
        Some(_) => Ok(()),
        None => new.wrong("cannot be written like the old value: edit the text of the message"),
    }
}

/// Returns a value as it is read: bytes that are text are a string.
fn as_read(item: &Item) -> Item {
    let value = match &item.value {
        Value::Bytes(bytes) if is_plain(bytes) => Value::String(bytes.clone()),
        Value::Array(items) => Value::Array(items.iter().map(as_read).collect()),
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(key, value)| (key.clone(), as_read(value)));
            Value::Object(members.collect())
        }
        value => value.clone(),
    };
    Item::new(value, item.range.clone())
}
