//! The opcodes of pickles.

use std::ops::Range;

use super::call::Call;
use super::machine::{Machine, Slot, pairs};
use super::text::{is_name, unescaped, unicode};
use crate::payload::decimal::decimal;
use crate::payload::objects::graph::{Id, Shape};
use crate::payload::objects::number;
use crate::payload::reading::Stop;
use crate::payload::tree::Kind;

/// The opcodes that do not belong to protocol 0.
const BINARY: &[u8] = b"JKMGTUX]e)}u1hjqroQ";

impl Machine<'_> {
    /// Runs the next opcode. Returns `false` if it is STOP.
    pub(super) fn step(&mut self) -> Result<bool, Stop> {
        self.start = self.cursor.at();
        let opcode = self.cursor.byte()?;
        if opcode >= 0x80 || BINARY.contains(&opcode) {
            self.is_text = false;
        }
        match opcode {
            b'.' => return Ok(false),
            b'(' => self.mark(),
            b'0' => self.discard()?,
            b'1' => drop(self.pop_marked()?),
            b'2' => {
                let top = self.top()?;
                self.push(top.id);
            }
            // PROTO and FRAME have no effect.
            0x80 => drop(self.cursor.byte()?),
            0x95 => drop(self.cursor.array::<8>()?),
            b'N' => self.push_words(Kind::Null, "null")?,
            0x88 => self.push_words(Kind::Bool, "true")?,
            0x89 => self.push_words(Kind::Bool, "false")?,
            b'I' | b'L' | b'F' | b'S' | b'V' | b'P' => self.line(opcode)?,
            b'J' | b'K' | b'M' | b'G' | 0x8a | 0x8b => self.number(opcode)?,
            b'T' | b'U' | b'X' | b'B' | b'C' | 0x8c..=0x8e | 0x96 => self.counted(opcode)?,
            b')' | b']' | b'}' | 0x8f | b'l' | b'd' | b't' | 0x85..=0x87 | 0x91 => {
                self.container(opcode)?;
            }
            b'a' | b'e' | b's' | b'u' | 0x90 => self.fill(opcode)?,
            b'p' | b'q' | b'r' | 0x94 | b'g' | b'h' | b'j' => self.memo(opcode)?,
            b'c' | b'i' | b'o' | b'R' | b'b' | b'Q' | 0x81 | 0x92 | 0x93 => self.object(opcode)?,
            0x82..=0x84 => self.extension(opcode)?,
            0x97 => self.push_words(Kind::Other, "⟨out-of-band buffer⟩")?,
            0x98 => drop(self.top()?),
            _ => {
                let why = format!("unknown opcode {opcode:#04x}");
                return Err(Stop::wrong(why, self.start));
            }
        }
        Ok(true)
    }

    /// Runs an opcode whose argument is a line.
    fn line(&mut self, opcode: u8) -> Result<(), Stop> {
        let range = self.cursor.until(b'\n')?;
        let line = self.cursor.slice(range.clone());
        let source = self.since(self.start);
        let id = match opcode {
            // INT has two special forms for booleans.
            b'I' if line == b"00" => return self.push_words(Kind::Bool, "false"),
            b'I' if line == b"01" => return self.push_words(Kind::Bool, "true"),
            b'I' | b'L' => {
                let digits = line.strip_suffix(b"L").unwrap_or(line);
                if !number::is_integer(digits) {
                    return Err(Stop::wrong("invalid number", range.start));
                }
                let range = range.start..range.start + digits.len();
                self.graph.written(Kind::Number, range, source)?
            }
            b'F' => {
                let number = str::from_utf8(line).ok().and_then(|text| text.parse().ok());
                let number = number.ok_or(Stop::wrong("invalid number", range.start))?;
                return self.push_words(Kind::Number, &decimal(number));
            }
            b'S' => self.quoted(range)?,
            b'V' if !line.is_ascii() || line.contains(&b'\\') => {
                let text = unicode(line);
                let stored = self.graph.store(&text);
                self.graph
                    .add(Shape::Scalar(Kind::String, stored), source)?
            }
            b'V' => self.graph.written(Kind::String, range, source)?,
            _ => {
                let content = self.graph.text_or_bytes(range, source.clone())?;
                self.graph.tag(b"persistent id", content, source)?
            }
        };
        self.push(id);
        Ok(())
    }

    /// Adds a Python 2 string, which is written as a literal.
    fn quoted(&mut self, range: Range<usize>) -> Result<Id, Stop> {
        let source = self.since(self.start);
        let literal = self.cursor.slice(range.clone());
        let ([b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"']) = literal else {
            return Err(Stop::wrong("invalid string", range.start));
        };
        if !inner.contains(&b'\\') {
            let range = range.start + 1..range.end - 1;
            return self.graph.text_or_bytes(range, source);
        }
        let text = unescaped(inner).ok_or(Stop::wrong("invalid escape", range.start))?;
        let kind = match str::from_utf8(&text) {
            Ok(_) => Kind::String,
            Err(_) => Kind::Bytes,
        };
        let stored = self.graph.store(&text);
        self.graph.add(Shape::Scalar(kind, stored), source)
    }

    /// Runs an opcode for a number in binary.
    fn number(&mut self, opcode: u8) -> Result<(), Stop> {
        let cursor = &mut self.cursor;
        let digits = match opcode {
            b'K' => cursor.byte()?.to_string(),
            b'M' => u16::from_le_bytes(cursor.array()?).to_string(),
            b'J' => i32::from_le_bytes(cursor.array()?).to_string(),
            b'G' => decimal(f64::from_be_bytes(cursor.array()?)),
            _ => {
                let length = match opcode {
                    0x8a => u64::from(cursor.byte()?),
                    _ => u64::from(u32::from_le_bytes(cursor.array()?)),
                };
                let range = cursor.stretch(length, self.start)?;
                match number::signed(cursor.slice(range.clone())) {
                    Some(digits) => digits,
                    None => return self.large_number(range),
                }
            }
        };
        self.push_words(Kind::Number, &digits)
    }

    fn large_number(&mut self, range: Range<usize>) -> Result<(), Stop> {
        let source = self.since(self.start);
        let content = self.graph.written(Kind::Bytes, range, source.clone())?;
        let id = self.graph.tag(b"int, little-endian", content, source)?;
        self.push(id);
        Ok(())
    }

    /// Runs an opcode for text or bytes of a given length.
    fn counted(&mut self, opcode: u8) -> Result<(), Stop> {
        let cursor = &mut self.cursor;
        let length = match opcode {
            b'U' | b'C' | 0x8c => u64::from(cursor.byte()?),
            b'T' | b'X' | b'B' => u64::from(u32::from_le_bytes(cursor.array()?)),
            _ => u64::from_le_bytes(cursor.array()?),
        };
        let range = cursor.stretch(length, self.start)?;
        let source = self.since(self.start);
        let id = match opcode {
            b'T' | b'U' => self.graph.text_or_bytes(range, source)?,
            b'X' | 0x8c | 0x8d => self.graph.written(Kind::String, range, source)?,
            0x96 => {
                let bytes = self.graph.written(Kind::Bytes, range, source.clone())?;
                self.graph.tag(b"bytearray", bytes, source)?
            }
            _ => self.graph.written(Kind::Bytes, range, source)?,
        };
        self.push(id);
        Ok(())
    }

    /// Runs an opcode that makes a container.
    fn container(&mut self, opcode: u8) -> Result<(), Stop> {
        let (values, start) = match opcode {
            b'l' | b'd' | b't' | 0x91 => self.pop_marked()?,
            0x85..=0x87 => {
                let mut values = Vec::new();
                for _ in 0x85..=opcode {
                    values.push(self.pop()?);
                }
                values.reverse();
                (values, self.start)
            }
            _ => (Vec::new(), self.start),
        };
        if matches!(opcode, b')' | b't' | 0x85..=0x87) {
            return self.push_tuple(&values, start);
        }
        let source = self.since(start);
        let ids = values.iter().map(|slot| slot.id).collect();
        let id = match opcode {
            b'}' | b'd' => {
                let pairs = pairs(&values, self.start)?;
                self.graph.add(Shape::Object(pairs), source)?
            }
            0x8f => self.graph.list(b"set", ids, source)?,
            0x91 => self.graph.list(b"frozenset", ids, source)?,
            _ => self.graph.list(b"", ids, source)?,
        };
        self.push_from(id, start);
        Ok(())
    }

    /// Runs an opcode that adds to a container.
    fn fill(&mut self, opcode: u8) -> Result<(), Stop> {
        let values = match opcode {
            b'a' => vec![self.pop()?],
            b's' => {
                let value = self.pop()?;
                vec![self.pop()?, value]
            }
            _ => self.pop_marked()?.0,
        };
        match opcode {
            b's' | b'u' => self.set_items(&values),
            _ => self.append(values),
        }
    }

    /// Runs an opcode that stores a value or recalls it.
    fn memo(&mut self, opcode: u8) -> Result<(), Stop> {
        if opcode == 0x94 {
            return self.memoize_next();
        }
        let index = match opcode {
            b'p' | b'g' => {
                let range = self.cursor.until(b'\n')?;
                let line = str::from_utf8(self.cursor.slice(range));
                let index = line.ok().and_then(|line| line.parse().ok());
                index.ok_or(Stop::wrong("invalid memo index", self.start))?
            }
            b'q' | b'h' => u64::from(self.cursor.byte()?),
            _ => u64::from(u32::from_le_bytes(self.cursor.array()?)),
        };
        match opcode {
            b'p' | b'q' | b'r' => self.memoize(index),
            _ => self.recall(index),
        }
    }

    /// Runs an opcode that names a class or would make an object.
    fn object(&mut self, opcode: u8) -> Result<(), Stop> {
        match opcode {
            b'c' => {
                let name = self.name()?;
                self.class(&name, self.start)
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let [name, text] = [name, module].map(|slot| self.graph.string(slot.id));
                let both = name
                    .zip(text)
                    .map(|(name, module)| [module, b".", name].concat());
                let both = both.ok_or(Stop::wrong("class without a name", self.start))?;
                self.class(&both, module.start)
            }
            b'i' => {
                let name = self.name()?;
                self.class(&name, self.start)?;
                let class = self.pop_pushed()?;
                let (values, start) = self.pop_marked()?;
                let args = self.array(&values, start)?;
                self.call(Slot { start, ..class }, args)
            }
            b'o' => {
                let (values, start) = self.pop_marked()?;
                let (class, args) = values
                    .split_first()
                    .ok_or(Stop::wrong("no class", self.start))?;
                let args = self.array(args, start)?;
                self.call(*class, args)
            }
            b'R' | 0x81 => {
                let (args, class) = (self.pop()?, self.pop()?);
                let args = self.arguments(args)?;
                self.call(class, args)
            }
            0x92 => {
                let (named, args, class) = (self.pop()?, self.pop()?, self.pop()?);
                let args = self.array(&[args, named], class.start)?;
                self.call(class, args)
            }
            b'b' => {
                let state = self.pop()?;
                self.build(state.id)
            }
            _ => {
                let content = self.pop()?;
                let source = self.since(content.start);
                let id = self.graph.tag(b"persistent id", content.id, source)?;
                self.push_from(id, content.start);
                Ok(())
            }
        }
    }

    fn call(&mut self, class: Slot, args: Id) -> Result<(), Stop> {
        let call = Call::of(&mut self.graph, class.id, args)?;
        self.push_call(call, class.start)
    }

    /// Returns the array in a tuple of arguments.
    fn arguments(&self, args: Slot) -> Result<Id, Stop> {
        let array = self.graph.untagged(args.id);
        match self.graph.shape(array) {
            Shape::Array(_) => Ok(array),
            _ => Err(Stop::wrong("no arguments", self.start)),
        }
    }

    fn array(&mut self, values: &[Slot], start: usize) -> Result<Id, Stop> {
        let ids = values.iter().map(|slot| slot.id).collect();
        self.graph.add(Shape::Array(ids), self.since(start))
    }

    /// Takes the lines that name a module and a class, and joins them.
    fn name(&mut self) -> Result<Vec<u8>, Stop> {
        let (module, name) = (self.cursor.until(b'\n')?, self.cursor.until(b'\n')?);
        let names = [module, name].map(|range| self.cursor.slice(range));
        if names.iter().all(|name| is_name(name)) {
            return Ok(names.join(&b'.'));
        }
        Err(Stop::wrong("invalid class name", self.start))
    }

    /// Pushes a class or a function.
    fn class(&mut self, name: &[u8], start: usize) -> Result<(), Stop> {
        let mark = self.graph.mark(name);
        let shape = Shape::Scalar(Kind::Other, mark);
        let id = self.graph.add(shape, self.since(start))?;
        self.push_from(id, start);
        Ok(())
    }

    /// Pushes a class that is registered by number.
    fn extension(&mut self, opcode: u8) -> Result<(), Stop> {
        let cursor = &mut self.cursor;
        let code = match opcode {
            0x82 => u32::from(cursor.byte()?),
            0x83 => u32::from(u16::from_le_bytes(cursor.array()?)),
            _ => u32::from_le_bytes(cursor.array()?),
        };
        self.push_words(Kind::Other, &format!("⟨extension {code}⟩"))
    }
}
