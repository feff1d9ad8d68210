//! Decoding values in the binary encoding.
//!
//! Every item of an array and every pair of a map takes at least one byte, except for items without
//! content such as null. There may be no more items than bytes, whatever a block says, so that the
//! time is bounded by the size of the payload and of the schema.

use super::logical;
use super::schema::{Branch, Logical, Type, TypeId};
use crate::payload::decimal::{decimal, decimal_f32};
use crate::payload::reading::{Cursor, Stop, Unreadable, finish};
use crate::payload::tree::{Builder, Kind, Text, Tree};

/// Decodes the value of the first type that starts at `start` and is the rest of `bytes`. `mark` is
/// the mark of a tag around it.
pub(super) fn read(
    types: &[Type],
    bytes: &[u8],
    start: usize,
    mark: Option<&str>,
) -> Result<Tree, Unreadable> {
    let mut reader = Reader {
        types,
        cursor: Cursor::within(bytes, start..bytes.len()),
        builder: Builder::of_binary(),
        items_left: bytes.len() as u64,
    };
    let outcome = reader.root(mark);
    finish(reader.builder, outcome, super::NAME)
}

struct Reader<'a> {
    types: &'a [Type],
    cursor: Cursor<'a>,
    builder: Builder,
    /// How many more items of arrays and pairs of maps there may be.
    items_left: u64,
}

impl<'a> Reader<'a> {
    fn root(&mut self, mark: Option<&str>) -> Result<(), Stop> {
        self.tagged(mark, 0, 0)?;
        match self.cursor.left() {
            0 => Ok(()),
            _ => Err(Stop::wrong("trailing data", self.cursor.at())),
        }
    }

    /// Adds a value of the type `id`, below a tag if there is a `mark`.
    fn tagged(&mut self, mark: Option<&str>, id: TypeId, start: usize) -> Result<(), Stop> {
        let Some(mark) = mark else {
            return self.value(id);
        };
        self.open(Kind::Tag, mark, start)?;
        self.value(id)?;
        self.builder.close(self.cursor.at());
        Ok(())
    }

    fn value(&mut self, id: TypeId) -> Result<(), Stop> {
        let types = self.types;
        let start = self.cursor.at();
        let Some(found) = types.get(id) else {
            return Err(Stop::wrong("unknown type", start));
        };
        match found {
            Type::Null => self.words(Kind::Null, "null", start),
            Type::Boolean => match self.cursor.byte()? {
                0 => self.words(Kind::Bool, "false", start),
                1 => self.words(Kind::Bool, "true", start),
                other => Err(Stop::wrong(format!("{other} is not a boolean"), start)),
            },
            Type::Int => {
                let number = self.int()?;
                self.words(Kind::Number, &number.to_string(), start)
            }
            Type::Long => {
                let number = self.long()?;
                self.words(Kind::Number, &number.to_string(), start)
            }
            Type::Float => {
                let number = f32::from_le_bytes(self.cursor.array()?);
                self.words(Kind::Number, &decimal_f32(number), start)
            }
            Type::Double => {
                let number = f64::from_le_bytes(self.cursor.array()?);
                self.words(Kind::Number, &decimal(number), start)
            }
            Type::Bytes => {
                let length = self.length()?;
                self.stretch(Kind::Bytes, length, start)
            }
            Type::String => {
                let length = self.length()?;
                self.stretch(Kind::String, length, start)
            }
            Type::Fixed(size) => self.stretch(Kind::Bytes, *size, start),
            Type::Enum(symbols) => {
                let symbol = symbols.get(self.index("symbol")?);
                let symbol = symbol.ok_or_else(|| Stop::wrong("unknown symbol", start))?;
                self.words(Kind::String, symbol, start)
            }
            Type::Union(branches) => self.union(branches),
            Type::Array(items) => self.blocks(Kind::Array, *items),
            Type::Map(values) => self.blocks(Kind::Object, *values),
            Type::Record(fields) => {
                self.open(Kind::Object, "", start)?;
                for (name, id) in fields {
                    let at = self.cursor.at();
                    let named = self.builder.name(Text::Bytes(name.as_bytes()));
                    named.map_err(Stop::refused(at))?;
                    self.value(*id)?;
                }
                self.builder.close(self.cursor.at());
                Ok(())
            }
            Type::Logical(logical) => self.logical(*logical),
        }
    }

    fn union(&mut self, branches: &'a [Branch]) -> Result<(), Stop> {
        let start = self.cursor.at();
        let branch = branches.get(self.index("branch")?);
        let branch = branch.ok_or_else(|| Stop::wrong("unknown branch of a union", start))?;
        self.tagged(branch.mark.as_deref(), branch.type_id, start)
    }

    /// Adds an array or a map, which consists of blocks.
    fn blocks(&mut self, kind: Kind, inner: TypeId) -> Result<(), Stop> {
        self.open(kind, "", self.cursor.at())?;
        loop {
            let start = self.cursor.at();
            let count = self.long()?;
            if count == 0 {
                self.builder.close(self.cursor.at());
                return Ok(());
            }
            // The size of the block follows a negative count.
            if count < 0 {
                self.length()?;
            }
            let count = count.unsigned_abs();
            self.items_left = self.items_left.checked_sub(count).ok_or_else(|| {
                let left = self.cursor.left();
                Stop::wrong(
                    format!("block says {count} items, but only {left} B left"),
                    start,
                )
            })?;
            for _ in 0..count {
                if kind == Kind::Object {
                    let at = self.cursor.at();
                    let length = self.length()?;
                    let name = self.text(length, at)?;
                    let named = self.builder.name(Text::InPayload(name));
                    named.map_err(Stop::refused(at))?;
                }
                self.value(inner)?;
            }
        }
    }

    fn logical(&mut self, logical: Logical) -> Result<(), Stop> {
        let start = self.cursor.at();
        let (number, words) = match logical {
            Logical::Date => {
                let days = self.int()?.into();
                (days, logical::date(days))
            }
            Logical::Time(per_second, is_long) => {
                let units = if is_long {
                    self.long()?
                } else {
                    self.int()?.into()
                };
                (units, logical::time(units, per_second))
            }
            Logical::Timestamp(per_second, is_utc) => {
                let units = self.long()?;
                (units, logical::timestamp(units, per_second, is_utc))
            }
            Logical::Decimal(scale, size) => {
                let size = size.map_or_else(|| self.length(), Ok)?;
                let at = self.cursor.stretch(size, start)?;
                let digits = logical::decimal(self.cursor.slice(at.clone()), scale);
                return match digits {
                    Some(digits) => self.words(Kind::Number, &digits, start),
                    None => self.scalar(Kind::Bytes, Text::InPayload(at), start),
                };
            }
            Logical::Uuid => {
                let words = logical::uuid(&self.cursor.array()?);
                return self.words(Kind::Other, &words, start);
            }
            Logical::Duration => {
                let words = logical::duration(&self.cursor.array()?);
                return self.words(Kind::Other, &words, start);
            }
        };
        match words {
            Some(words) => self.words(Kind::Other, &words, start),
            // The calendar does not reach that far.
            None => self.words(Kind::Number, &number.to_string(), start),
        }
    }

    fn open(&mut self, kind: Kind, mark: &str, start: usize) -> Result<(), Stop> {
        let opened = self.builder.open(kind, mark.as_bytes(), start);
        opened.map_err(Stop::refused(start))
    }

    fn words(&mut self, kind: Kind, words: &str, start: usize) -> Result<(), Stop> {
        self.scalar(kind, Text::Bytes(words.as_bytes()), start)
    }

    /// Takes `length` bytes and adds them as a string or bytes.
    fn stretch(&mut self, kind: Kind, length: u64, start: usize) -> Result<(), Stop> {
        let range = match kind {
            Kind::String => self.text(length, start)?,
            _ => self.cursor.stretch(length, start)?,
        };
        self.scalar(kind, Text::InPayload(range), start)
    }

    /// Adds a value without children that starts at `start` and ends at the cursor.
    fn scalar(&mut self, kind: Kind, text: Text<'_>, start: usize) -> Result<(), Stop> {
        let added = self.builder.scalar(kind, text, start..self.cursor.at());
        added.map_err(Stop::refused(start))
    }

    /// Takes `length` bytes of text.
    fn text(&mut self, length: u64, start: usize) -> Result<std::ops::Range<usize>, Stop> {
        let range = self.cursor.stretch(length, start)?;
        match str::from_utf8(self.cursor.slice(range.clone())) {
            Ok(_) => Ok(range),
            Err(_) => Err(Stop::wrong("string that is not UTF-8", start)),
        }
    }

    /// Takes the index of a symbol or branch.
    fn index(&mut self, what: &str) -> Result<usize, Stop> {
        let start = self.cursor.at();
        let index = self.long()?;
        usize::try_from(index).map_err(|_| Stop::wrong(format!("negative {what}"), start))
    }

    fn length(&mut self) -> Result<u64, Stop> {
        let start = self.cursor.at();
        let length = self.long()?;
        u64::try_from(length).map_err(|_| Stop::wrong("negative length", start))
    }

    fn int(&mut self) -> Result<i32, Stop> {
        let start = self.cursor.at();
        let number = self.long()?;
        i32::try_from(number).map_err(|_| Stop::wrong("int over 32 bits", start))
    }

    /// Takes a number in the variable-length zigzag encoding.
    fn long(&mut self) -> Result<i64, Stop> {
        let start = self.cursor.at();
        let mut written = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.cursor.byte()?;
            let digit = u64::from(byte & 0x7f);
            if shift == 63 && digit > 1 {
                break;
            }
            written |= digit << shift;
            if byte < 0x80 {
                let sign = (written & 1).cast_signed();
                return Ok((written >> 1).cast_signed() ^ -sign);
            }
        }
        Err(Stop::wrong("number over 64 bits", start))
    }
}
