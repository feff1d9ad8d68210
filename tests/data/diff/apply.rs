//! Turns one value into another by applying the differences between them.

use std::collections::HashSet;
use std::iter::Peekable;
use std::slice::Iter;

use serde_json::{Map, Value};

use subscope::payload::diff::structure::{Change, Line};
use subscope::payload::tree::{Key, NodeId, Tree};

/// Turns an old value into the new one by applying the difference lines.
pub struct Apply<'a> {
    /// The old tree and its payload.
    pub old: (&'a Tree, &'a str),
    /// The new tree and its payload.
    pub new: (&'a Tree, &'a str),
    /// The difference lines still to apply.
    pub lines: Peekable<Iter<'a, Line>>,
}

impl Apply<'_> {
    /// Applies the next line to `value` and returns the result.
    pub fn apply(&mut self, value: &Value) -> Value {
        let line = *self.lines.next().unwrap();
        match line.change {
            Change::Changed { old, new } => {
                assert_eq!(self.old_value(old), *value);
                self.new_value(new)
            }
            Change::Within { .. } => match value {
                Value::Array(elements) => self.elements(elements, line.depth + 1),
                Value::Object(members) => self.members(members, line.depth + 1),
                other => panic!("{other} contains nothing"),
            },
            other => panic!("{other:?} of one value"),
        }
    }

    /// Returns the change of the next line, if it has this depth.
    fn peek(&mut self, depth: usize) -> Option<Change> {
        let line = self.lines.next_if(|line| line.depth >= depth)?;
        assert_eq!(line.depth, depth);
        Some(line.change)
    }

    fn elements(&mut self, old: &[Value], depth: usize) -> Value {
        let ahead = self.lines.clone().take_while(|line| line.depth >= depth);
        let moved: HashSet<usize> = ahead
            .filter(|line| line.depth == depth)
            .filter_map(|line| match line.change {
                Change::Moved { from, .. } => Some(from),
                _ => None,
            })
            .collect();
        let stayed = |(index, _): &(usize, &Value)| !moved.contains(index);
        let mut rest = old.iter().enumerate().filter(stayed);
        let mut new = Vec::new();
        loop {
            let before = self.lines.clone();
            let Some(change) = self.peek(depth) else {
                break;
            };
            match change {
                Change::Same { count, .. } => {
                    new.extend(rest.by_ref().take(count).map(|(_, value)| value.clone()));
                }
                Change::Added(id) => new.push(self.new_value(id)),
                Change::Removed(id) => assert_eq!(self.old_value(id), *rest.next().unwrap().1),
                Change::Moved {
                    from, to, old: id, ..
                } => {
                    assert_eq!((self.old_value(id), to), (old[from].clone(), new.len()));
                    new.push(old[from].clone());
                }
                Change::Changed { .. } | Change::Within { .. } => {
                    self.lines = before;
                    new.push(self.apply(rest.next().unwrap().1));
                }
            }
        }
        assert_eq!(rest.next(), None);
        Value::Array(new)
    }

    fn members(&mut self, old: &Map<String, Value>, depth: usize) -> Value {
        let mut new = old.clone();
        loop {
            let before = self.lines.clone();
            let Some(change) = self.peek(depth) else {
                break;
            };
            match change {
                Change::Same { .. } => {}
                Change::Added(id) => {
                    assert_eq!(new.insert(name(self.new, id), self.new_value(id)), None);
                }
                Change::Removed(id) => {
                    assert_eq!(new.remove(&name(self.old, id)), Some(self.old_value(id)));
                }
                Change::Changed { old: id, .. } | Change::Within { old: id, .. } => {
                    self.lines = before;
                    let name = name(self.old, id);
                    let value = self.apply(&old[&name]);
                    new.insert(name, value);
                }
                Change::Moved { .. } => panic!("a member moved"),
            }
        }
        Value::Object(new)
    }

    fn old_value(&self, id: NodeId) -> Value {
        value(self.old, id)
    }

    fn new_value(&self, id: NodeId) -> Value {
        value(self.new, id)
    }
}

fn value((tree, text): (&Tree, &str), id: NodeId) -> Value {
    serde_json::from_slice(&tree.to_json(id, text.as_bytes())).unwrap()
}

fn name((tree, text): (&Tree, &str), id: NodeId) -> String {
    let Key::Name(name) = tree.value(id, text.as_bytes()).unwrap().key else {
        panic!("no member");
    };
    String::from_utf8(name.to_vec()).unwrap()
}
