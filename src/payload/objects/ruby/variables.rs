//! Symbols and instance variables.

use super::{Reader, Symbol};
use crate::payload::objects::graph::{Id, MAX_MARK, Shape};
use crate::payload::objects::layout::key_words;
use crate::payload::reading::Stop;
use crate::payload::tree::{Kind, MAX_DEPTH};

/// The maximum length of variables within a mark, in bytes.
const MAX_ANNOTATION: usize = 60;

impl Reader<'_> {
    /// Takes a symbol, which must be next.
    pub(super) fn symbol(&mut self, depth: usize) -> Result<Symbol, Stop> {
        let start = self.cursor.at();
        if depth > MAX_DEPTH {
            return Err(Stop::too_deep(start));
        }
        match self.cursor.byte()? {
            b'I' => {
                // A symbol that is not ASCII has its encoding as an instance variable.
                let kind = self.cursor.byte()?;
                let symbol = self.symbol_of(kind, start)?;
                self.variables(depth)?;
                Ok(symbol)
            }
            kind => self.symbol_of(kind, start),
        }
    }

    /// Takes the contents of a symbol.
    pub(super) fn symbol_of(&mut self, kind: u8, start: usize) -> Result<Symbol, Stop> {
        match kind {
            b':' => {
                let range = self.bytes()?;
                let source = self.since(start);
                let words = [b":", self.cursor.slice(range.clone())].concat();
                let stored = self.graph.store(&words);
                let value = Shape::Scalar(Kind::Other, stored);
                let value = self.graph.add(value, source.clone())?;
                let name = match self.cursor.slice(range.clone()) {
                    [b'@', _, ..] => range.start + 1..range.end,
                    _ => range,
                };
                let name = self.graph.written(Kind::String, name, source)?;
                let symbol = Symbol { name, value };
                self.symbols.push(symbol);
                Ok(symbol)
            }
            b';' => {
                let index = usize::try_from(self.number()?).ok();
                let symbol = index.and_then(|index| self.symbols.get(index));
                symbol.copied().ok_or(Stop::wrong("no such symbol", start))
            }
            _ => Err(Stop::wrong("expected a symbol", start)),
        }
    }

    /// Takes a symbol, and returns its name.
    pub(super) fn name(&mut self, depth: usize) -> Result<Vec<u8>, Stop> {
        let symbol = self.symbol(depth)?;
        let text = self.graph.string(symbol.name).unwrap_or_default();
        Ok(text[..text.len().min(MAX_MARK)].to_vec())
    }

    /// Takes a number of pairs of a symbol and a value.
    pub(super) fn variables(&mut self, depth: usize) -> Result<Vec<(Id, Id)>, Stop> {
        let mut pairs = Vec::new();
        for _ in 0..self.length()? {
            let name = self.symbol(depth + 1)?.name;
            pairs.push((name, self.value(depth + 1)?));
        }
        Ok(pairs)
    }

    /// Takes a value with instance variables.
    pub(super) fn with_variables(&mut self, start: usize, depth: usize) -> Result<Id, Stop> {
        let mut ahead = self.cursor.clone();
        match ahead.byte()? {
            kind @ (b':' | b';') => {
                self.cursor = ahead;
                let symbol = self.symbol_of(kind, start)?;
                self.variables(depth)?;
                Ok(symbol.value)
            }
            b'u' => {
                self.cursor = ahead;
                let id = self.dumped(start, depth)?;
                let variables = self.variables(depth)?;
                self.annotate(id, variables)?;
                Ok(self.object(id))
            }
            _ => {
                let id = self.value(depth + 1)?;
                self.not_earlier(id, start)?;
                let mut variables = self.variables(depth)?;
                let encoding = self.take_encoding(&mut variables);
                if let Some(encoding) = encoding {
                    self.graph.wrap(id, &encoding)?;
                }
                self.annotate(id, variables)?;
                Ok(id)
            }
        }
    }

    /// Returns an error if a value is a link to one before `start`, which cannot be changed.
    pub(super) fn not_earlier(&self, id: Id, start: usize) -> Result<(), Stop> {
        if self.graph.item(id).source.start < start {
            return Err(Stop::wrong("unexpected link", start));
        }
        Ok(())
    }

    /// Removes the variables that tell an encoding. Returns the encoding, if it is neither UTF-8 nor
    /// ASCII.
    fn take_encoding(&self, variables: &mut Vec<(Id, Id)>) -> Option<Vec<u8>> {
        let mut encoding = None;
        variables.retain(|(name, value)| match self.graph.string(*name) {
            Some(b"E") => false,
            Some(b"encoding") => {
                encoding = self.graph.string(*value).map(<[u8]>::to_vec);
                encoding.is_none()
            }
            _ => true,
        });
        encoding
    }

    /// Adds variables to a value that is not an object: to its mark if they are short.
    pub(super) fn annotate(&mut self, id: Id, variables: Vec<(Id, Id)>) -> Result<(), Stop> {
        if variables.is_empty() {
            return Ok(());
        }
        let end = self.cursor.at();
        let object = self.graph.add(Shape::Object(variables.clone()), end..end)?;
        let mut words = b"with ".to_vec();
        key_words(&self.graph, object, 0, &mut words);
        if words.len() <= MAX_ANNOTATION {
            return self.graph.wrap(id, &words);
        }
        let value = self.graph.moved(id)?;
        let name = self.graph.words(Kind::String, "(value)", end..end)?;
        let members = [vec![(name, value)], variables].concat();
        *self.graph.shape_mut(id) = Shape::Object(members);
        Ok(())
    }
}
