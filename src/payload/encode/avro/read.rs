//! Reading Avro.

use super::logical;
use crate::payload::avro::{Branch, Logical, Schema, Type, TypeId};
use crate::payload::decimal::{decimal, decimal_f32};
use crate::payload::encode::item::{Item, Value};
use crate::payload::reading::{Cursor, Stop};

/// Reads a value after its header. `bytes` are known to be one; its depth is limited.
pub(in crate::payload::encode) fn read(bytes: &[u8], schema: &Schema) -> Option<Item> {
    let start = schema.start(bytes)?;
    let cursor = Cursor::within(bytes, start..bytes.len());
    let mut reader = Reader::new(schema.types(), cursor);
    let item = reader.value(0).ok()?;
    (reader.cursor.left() == 0).then_some(item)
}

/// A reader of values of these types.
pub(super) struct Reader<'a> {
    types: &'a [Type],
    cursor: Cursor<'a>,
}

impl<'a> Reader<'a> {
    pub fn new(types: &'a [Type], cursor: Cursor<'a>) -> Self {
        Self { types, cursor }
    }

    /// Returns the position of the next byte.
    pub fn at(&self) -> usize {
        self.cursor.at()
    }

    fn value(&mut self, id: TypeId) -> Result<Item, Stop> {
        let start = self.cursor.at();
        let types: &'a [Type] = self.types;
        let found = types.get(id).ok_or(Stop::wrong("unknown type", start))?;
        let value = match found {
            Type::Null => Value::Word("null"),
            Type::Boolean => Value::Word(match self.cursor.byte()? {
                0 => "false",
                _ => "true",
            }),
            Type::Int | Type::Long => Value::Number(self.long()?.to_string()),
            Type::Float => Value::Number(decimal_f32(f32::from_le_bytes(self.cursor.array()?))),
            Type::Double => Value::Number(decimal(f64::from_le_bytes(self.cursor.array()?))),
            Type::Bytes => Value::Bytes(self.sized()?),
            Type::String => Value::String(self.sized()?),
            Type::Fixed(size) => Value::Bytes(self.stretch(*size)?),
            Type::Enum(symbols) => {
                let symbol = self.index().map(|index| symbols.get(index))?;
                let symbol = symbol.ok_or(Stop::wrong("unknown symbol", start))?;
                Value::String(symbol.clone().into_bytes())
            }
            Type::Union(branches) => {
                let branch = self.index().map(|index| branches.get(index))?;
                let branch = branch.ok_or(Stop::wrong("unknown branch", start))?;
                let inner = self.value(branch.type_id)?;
                match name_of(branch) {
                    Some(name) => {
                        let name = Value::String(name.as_bytes().to_vec());
                        Value::Object(vec![(Item::new(name, start..start), inner)])
                    }
                    None => inner.value,
                }
            }
            Type::Array(inner) => {
                let items = self.blocks(|reader| reader.value(*inner))?;
                Value::Array(items)
            }
            Type::Map(inner) => {
                let members = self.blocks(|reader| {
                    let start = reader.cursor.at();
                    let key = Value::String(reader.sized()?);
                    let key = Item::new(key, start..reader.cursor.at());
                    Ok((key, reader.value(*inner)?))
                })?;
                Value::Object(members)
            }
            Type::Record(fields) => {
                let members = fields.iter().map(|(name, id)| {
                    let at = self.cursor.at();
                    let name = Value::String(name.clone().into_bytes());
                    Ok((Item::new(name, at..at), self.value(*id)?))
                });
                Value::Object(members.collect::<Result<_, Stop>>()?)
            }
            Type::Logical(kind) => self.logical(*kind)?,
        };
        Ok(Item::new(value, start..self.cursor.at()))
    }

    /// Takes the blocks of an array or a map.
    fn blocks<T>(
        &mut self,
        mut take: impl FnMut(&mut Self) -> Result<T, Stop>,
    ) -> Result<Vec<T>, Stop> {
        let mut items = Vec::new();
        loop {
            let count = self.long()?;
            if count == 0 {
                return Ok(items);
            }
            if count < 0 {
                self.long()?;
            }
            for _ in 0..count.unsigned_abs() {
                items.push(take(self)?);
            }
        }
    }

    fn logical(&mut self, kind: Logical) -> Result<Value, Stop> {
        let (number, words) = match kind {
            Logical::Decimal(scale, size) => {
                let bytes = match size {
                    Some(size) => self.stretch(size)?,
                    None => self.sized()?,
                };
                return Ok(match logical::decimal(&bytes, scale) {
                    Some(digits) => Value::Number(digits),
                    None => Value::Bytes(bytes),
                });
            }
            Logical::Uuid => {
                return Ok(Value::String(
                    logical::uuid(&self.cursor.array()?).into_bytes(),
                ));
            }
            Logical::Duration => {
                let words = logical::duration(&self.cursor.array()?);
                return Ok(Value::String(words.into_bytes()));
            }
            _ => {
                let number = self.long()?;
                (number, logical::words(kind, number))
            }
        };
        Ok(match words {
            Some(words) => Value::String(words.into_bytes()),
            None => Value::Number(number.to_string()),
        })
    }

    fn sized(&mut self) -> Result<Vec<u8>, Stop> {
        let start = self.cursor.at();
        let length = self.long()?;
        let length = u64::try_from(length).map_err(|_| Stop::wrong("negative length", start))?;
        self.stretch(length)
    }

    fn stretch(&mut self, length: u64) -> Result<Vec<u8>, Stop> {
        let range = self.cursor.stretch(length, self.cursor.at())?;
        Ok(self.cursor.slice(range).to_vec())
    }

    /// Takes the index of a symbol or branch.
    pub fn index(&mut self) -> Result<usize, Stop> {
        let start = self.cursor.at();
        let index = self.long()?;
        usize::try_from(index).map_err(|_| Stop::wrong("negative index", start))
    }

    fn long(&mut self) -> Result<i64, Stop> {
        let mut written = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.cursor.byte()?;
            written |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                let sign = (written & 1).cast_signed();
                return Ok((written >> 1).cast_signed() ^ -sign);
            }
        }
        Err(Stop::wrong("number over 64 bits", self.cursor.at()))
    }
}

/// Returns the name that the values of a branch are written with, if they need one.
pub(super) fn name_of(branch: &Branch) -> Option<&str> {
    let mark = branch.mark.as_deref()?;
    Some(mark.trim_start_matches('⟨').trim_end_matches('⟩'))
}
