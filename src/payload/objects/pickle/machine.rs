//! The stack machine of pickles.

use std::collections::BTreeMap;
use std::ops::Range;

use super::call::Call;
use super::{NAME, Pickle, known};
use crate::payload::objects::graph::{Graph, Id, Shape};
use crate::payload::objects::layout;
use crate::payload::reading::{Cursor, Stop, Unreadable};
use crate::payload::tree::Kind;

/// A value on the stack, and where the opcodes that made it start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub id: Id,
    pub start: usize,
}

/// A position in the stack that MARK has marked.
struct Mark {
    height: usize,
    start: usize,
}

pub(super) struct Machine<'a> {
    pub(super) cursor: Cursor<'a>,
    pub(super) graph: Graph<'a>,
    stack: Vec<Slot>,
    marks: Vec<Mark>,
    memo: BTreeMap<u64, Id>,
    /// The objects whose state may still be set, by their places in the graph.
    calls: BTreeMap<Id, Call>,
    /// Where the current opcode is.
    pub(super) start: usize,
    pub(super) is_text: bool,
    uses_memo: bool,
}

impl<'a> Machine<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            cursor: Cursor::new(bytes),
            graph: Graph::new(bytes),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: BTreeMap::new(),
            calls: BTreeMap::new(),
            start: 0,
            is_text: true,
            uses_memo: false,
        }
    }

    /// Runs all opcodes.
    pub fn run(mut self) -> Result<Pickle, Unreadable> {
        let root = self.root();
        let tree = layout::tree(&self.graph, root, NAME)?;
        Ok(Pickle {
            tree,
            is_text: self.is_text,
            uses_memo: self.uses_memo,
        })
    }

    fn root(&mut self) -> Result<Id, Stop> {
        while self.step()? {}
        let root = self.pop()?;
        if self.cursor.left() > 0 {
            return Err(Stop::wrong("trailing data", self.cursor.at()));
        }
        for (id, call) in std::mem::take(&mut self.calls) {
            let shape = call.shape(&mut self.graph, id)?;
            *self.graph.shape_mut(id) = shape;
        }
        Ok(root.id)
    }

    /// Returns where the opcodes of a value are that starts at `start` and ends here.
    pub fn since(&self, start: usize) -> Range<usize> {
        start..self.cursor.at()
    }

    /// Pushes a value that the current opcode made.
    pub fn push(&mut self, id: Id) {
        self.push_from(id, self.start);
    }

    /// Pushes a value made by the opcodes since `start`.
    pub fn push_from(&mut self, id: Id, start: usize) {
        self.stack.push(Slot { id, start });
    }

    /// Adds and pushes a value without children.
    pub fn push_words(&mut self, kind: Kind, words: &str) -> Result<(), Stop> {
        let id = self.graph.words(kind, words, self.since(self.start))?;
        self.push(id);
        Ok(())
    }

    /// Pops the topmost value, which must be above the topmost mark.
    pub fn pop(&mut self) -> Result<Slot, Stop> {
        let floor = self.marks.last().map_or(0, |mark| mark.height);
        if self.stack.len() <= floor {
            return Err(self.empty());
        }
        self.stack.pop().ok_or(self.empty())
    }

    /// Pops the value that the current opcode has pushed.
    pub fn pop_pushed(&mut self) -> Result<Slot, Stop> {
        self.stack.pop().ok_or(self.empty())
    }

    /// Returns the topmost value.
    pub fn top(&self) -> Result<Slot, Stop> {
        self.stack.last().copied().ok_or(self.empty())
    }

    fn empty(&self) -> Stop {
        Stop::wrong("no value on the stack", self.start)
    }

    pub fn mark(&mut self) {
        self.marks.push(Mark {
            height: self.stack.len(),
            start: self.start,
        });
    }

    /// Pops the values above the topmost mark. Returns them, and the position of the mark.
    pub fn pop_marked(&mut self) -> Result<(Vec<Slot>, usize), Stop> {
        let mark = self.marks.pop();
        let mark = mark.ok_or(Stop::wrong("no mark on the stack", self.start))?;
        Ok((self.stack.split_off(mark.height), mark.start))
    }

    /// Pops the topmost value, or else the topmost mark.
    pub fn discard(&mut self) -> Result<(), Stop> {
        let floor = self.marks.last().map(|mark| mark.height);
        if floor == Some(self.stack.len()) {
            self.marks.pop();
            return Ok(());
        }
        self.pop().map(drop)
    }

    pub fn memoize(&mut self, index: u64) -> Result<(), Stop> {
        let id = self.top()?.id;
        self.memo.insert(index, id);
        self.uses_memo = true;
        Ok(())
    }

    pub fn memoize_next(&mut self) -> Result<(), Stop> {
        self.memoize(self.memo.len() as u64)
    }

    pub fn recall(&mut self, index: u64) -> Result<(), Stop> {
        let id = self.memo.get(&index).copied();
        let id = id.ok_or(Stop::wrong("no such value in the memo", self.start))?;
        self.push(id);
        Ok(())
    }

    /// Pushes a tuple of `values`.
    pub fn push_tuple(&mut self, values: &[Slot], start: usize) -> Result<(), Stop> {
        let start = values.first().map_or(start, |first| first.start.min(start));
        let ids = values.iter().map(|slot| slot.id).collect();
        let id = self.graph.list(b"tuple", ids, self.since(start))?;
        self.push_from(id, start);
        Ok(())
    }

    /// Pushes the result of a call that would run code: the value it stands for, or an object.
    pub fn push_call(&mut self, call: Call, start: usize) -> Result<(), Stop> {
        let source = self.since(start);
        let id = if let Some(id) = known::value(&mut self.graph, call.class, call.args, &source)? {
            id
        } else {
            // The shape is set in the end.
            let id = self.graph.words(Kind::Null, "", source)?;
            self.calls.insert(id, call);
            id
        };
        self.push_from(id, start);
        Ok(())
    }

    /// Sets the state of the topmost value.
    pub fn build(&mut self, state: Id) -> Result<(), Stop> {
        let end = self.cursor.at();
        let object = self.top()?.id;
        let call = self.calls.get_mut(&object);
        let call = call.ok_or(Stop::wrong("state of a value that has none", self.start))?;
        call.states.push(state);
        self.graph.extend(object, end);
        Ok(())
    }

    /// Appends `values` to the topmost value.
    pub fn append(&mut self, values: Vec<Slot>) -> Result<(), Stop> {
        let end = self.cursor.at();
        let mut list = self.top()?.id;
        self.graph.extend(list, end);
        let values = values.into_iter().map(|slot| slot.id);
        if let Some(call) = self.calls.get_mut(&list) {
            call.items.extend(values);
            return Ok(());
        }
        // A set is a tag on an array.
        list = self.graph.untagged(list);
        self.graph.extend(list, end);
        match self.graph.shape_mut(list) {
            Shape::Array(list) => list.extend(values),
            _ => return Err(Stop::wrong("element of a value that has none", self.start)),
        }
        Ok(())
    }

    /// Adds pairs of keys and values to the topmost value.
    pub fn set_items(&mut self, values: &[Slot]) -> Result<(), Stop> {
        let end = self.cursor.at();
        let object = self.top()?.id;
        self.graph.extend(object, end);
        let pairs = pairs(values, self.start)?;
        if let Some(call) = self.calls.get_mut(&object) {
            call.pairs.extend(pairs);
            return Ok(());
        }
        match self.graph.shape_mut(object) {
            Shape::Object(members) => members.extend(pairs),
            _ => return Err(Stop::wrong("member of a value that has none", self.start)),
        }
        Ok(())
    }
}

/// Returns values as pairs of a key and a value.
pub(super) fn pairs(values: &[Slot], at: usize) -> Result<Vec<(Id, Id)>, Stop> {
    if values.len() % 2 == 1 {
        return Err(Stop::wrong("key without a value", at));
    }
    let pairs = values.chunks_exact(2);
    Ok(pairs.map(|pair| (pair[0].id, pair[1].id)).collect())
}
