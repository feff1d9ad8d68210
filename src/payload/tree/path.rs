//! The path of a value, as queries write it.

use super::{Key, Kind, NodeId, NodeKey, Tree};

impl Tree {
    /// The path of a value as a query writes it: `.user.tags[0]`, or `.` for the root. `None` if
    /// no query can name it: a key on the way is no string or not UTF-8, or a later member has the
    /// same name.
    #[must_use]
    pub fn path(&self, id: NodeId, payload: &[u8]) -> Option<String> {
        let mut steps = Vec::new();
        let mut at = id;
        loop {
            let value = self.value(at, payload)?;
            steps.push(match value.key {
                Key::Index(index) => format!("[{index}]"),
                Key::Name(name) if self.is_last_of_name(at, name, payload) => {
                    path_step(str::from_utf8(name).ok()?)
                }
                Key::Name(_) | Key::Odd(_) => return None,
                // What a tag is on goes by the name of the tag.
                Key::None => String::new(),
            });
            match self.parent(at) {
                Some(parent) => at = parent,
                None => break,
            }
        }
        steps.reverse();
        let path = steps.concat();
        let needs_dot = !path.starts_with('.');
        Some(if needs_dot { format!(".{path}") } else { path })
    }

    /// Whether no member behind this one has the same name.
    fn is_last_of_name(&self, id: NodeId, name: &[u8], payload: &[u8]) -> bool {
        let Some(holder) = self.parent(id).and_then(|parent| self.node(parent)) else {
            return true;
        };
        let mut at = self.node(id).map_or(holder.end, |node| node.end);
        // There may be millions: most differ in length, and are not looked at.
        while let Some(node) = self.node(NodeId(at)).filter(|_| at < holder.end) {
            let is_same = match node.key {
                NodeKey::Name(piece) if piece.length as usize == name.len() => {
                    self.bytes(piece, payload) == name
                }
                _ => false,
            };
            if is_same {
                return false;
            }
            at = node.end;
        }
        true
    }

    /// The value at the end of these keys and indexes, of several members of a name the last.
    #[must_use]
    pub fn find(&self, steps: &[Key<'_>], payload: &[u8]) -> Option<NodeId> {
        let mut at = NodeId::default();
        for step in steps {
            // A mark on a value does not stand in the way to what is within.
            while self.value(at, payload)?.kind == Kind::Tag {
                at = self.next(at)?;
            }
            let holds = |child: &NodeId| {
                self.value(*child, payload)
                    .is_some_and(|value| value.key == *step)
            };
            at = match step {
                Key::Index(_) => self.children(at).find(holds)?,
                _ => self.children(at).filter(holds).last()?,
            };
        }
        Some(at)
    }
}

/// A name as a step of a path, as queries write it: `.user`, or `."odd key"`.
#[must_use]
pub fn path_step(name: &str) -> String {
    let is_of_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut letters = name.chars();
    let is_plain = letters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(is_of_name);
    if is_plain {
        format!(".{name}")
    } else {
        format!(".\"{}\"", quoted_name(name))
    }
}

/// What stands between the quotes of a name in a path.
fn quoted_name(name: &str) -> String {
    name.chars()
        .map(|letter| match letter {
            '"' => "\\\"".to_owned(),
            '\\' => "\\\\".to_owned(),
            control if control.is_control() => format!("\\u{:04x}", u32::from(control)),
            other => other.to_string(),
        })
        .collect()
}
