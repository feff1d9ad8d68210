//! Well-known types in their JSON form
//! (<https://protobuf.dev/programming-guides/json/>).
//!
//! A message that is not as its type prescribes, such as a time outside the calendar or one with an
//! unknown field, is shown like a message of any other type, so that nothing is hidden.

use std::ops::Range;

use jiff::SignedDuration;
use jiff::civil::DateTime;
use prost_reflect::{Kind as Type, MessageDescriptor};

use super::{FieldType, Reader, scalars};
use crate::payload::protobuf::wire::{self, Wire};
use crate::payload::reading::{Cursor, Stop};
use crate::payload::tree::{Kind, Text};

/// The longest duration in seconds: 10,000 years.
const MAX_SECONDS: i64 = 315_576_000_000;

/// The well-known types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WellKnown {
    Timestamp,
    Duration,
    FieldMask,
    Wrapper,
    Struct,
    Value,
    ListValue,
    Any,
}

fn well_known(message: &MessageDescriptor) -> Option<WellKnown> {
    let name = message.full_name().strip_prefix("google.protobuf.")?;
    Some(match name {
        "Timestamp" => WellKnown::Timestamp,
        "Duration" => WellKnown::Duration,
        "FieldMask" => WellKnown::FieldMask,
        "DoubleValue" | "FloatValue" | "Int64Value" | "UInt64Value" | "Int32Value"
        | "UInt32Value" | "BoolValue" | "StringValue" | "BytesValue" => WellKnown::Wrapper,
        "Struct" => WellKnown::Struct,
        "Value" => WellKnown::Value,
        "ListValue" => WellKnown::ListValue,
        "Any" => WellKnown::Any,
        _ => return None,
    })
}

impl Reader<'_> {
    /// Adds a message in the JSON form of its type. Returns whether it has one.
    pub(super) fn well_known(
        &mut self,
        message: &MessageDescriptor,
        range: &Range<usize>,
        source: &Range<usize>,
    ) -> Result<bool, Stop> {
        let Some(known) = well_known(message) else {
            return Ok(false);
        };
        let words = match known {
            WellKnown::Timestamp => self.moment(range).and_then(|(seconds, nanos)| {
                let nanos = (0..1_000_000_000).contains(&nanos).then_some(nanos)?;
                timestamp(seconds, nanos)
            }),
            WellKnown::Duration => self.moment(range).and_then(duration),
            WellKnown::FieldMask => self.field_mask(range),
            WellKnown::Wrapper => return self.wrapper(message, range, source),
            WellKnown::Value => return self.dynamic_value(message, range, source),
            WellKnown::Any => return self.any(message, range, source),
            WellKnown::Struct | WellKnown::ListValue => {
                return self.container(known, message, range, source);
            }
        };
        let Some(words) = words else {
            return Ok(false);
        };
        self.knows_root();
        let text = Text::Bytes(words.as_bytes());
        self.sink.scalar(Kind::Other, text, source.clone())?;
        Ok(true)
    }

    /// Returns the only occurrences of the fields 1 to `N` of a message, or `None` if it has others.
    fn only<const N: usize>(&self, range: &Range<usize>) -> Option<[Option<Wire>; N]> {
        let mut found = [const { None }; N];
        let mut cursor = Cursor::within(self.bytes, range.clone());
        while cursor.left() > 0 {
            let field = wire::field(&mut cursor).ok()?;
            let place = found.get_mut((field.number as usize).checked_sub(1)?)?;
            if place.replace(field.wire).is_some() {
                return None;
            }
        }
        Some(found)
    }

    /// Returns the seconds and nanoseconds of a timestamp or duration.
    fn moment(&self, range: &Range<usize>) -> Option<(i64, i32)> {
        let number = |wire: Option<Wire>| match wire {
            None => Some(0),
            Some(Wire::Varint(number)) => Some(number.cast_signed()),
            Some(_) => None,
        };
        let [seconds, nanos] = self.only(range)?;
        Some((number(seconds)?, i32::try_from(number(nanos)?).ok()?))
    }

    /// Returns the paths of a field mask, with commas between them.
    fn field_mask(&self, range: &Range<usize>) -> Option<String> {
        let mut paths = Vec::new();
        let mut cursor = Cursor::within(self.bytes, range.clone());
        while cursor.left() > 0 {
            let field = wire::field(&mut cursor).ok()?;
            let Wire::Stretch(path) = field.wire else {
                return None;
            };
            let path = str::from_utf8(cursor.slice(path)).ok()?;
            if field.number != 1 || !is_snake_case(path) {
                return None;
            }
            paths.push(camel_case(path));
        }
        Some(paths.join(","))
    }

    /// Adds the value in a wrapper such as `StringValue`.
    fn wrapper(
        &mut self,
        message: &MessageDescriptor,
        range: &Range<usize>,
        source: &Range<usize>,
    ) -> Result<bool, Stop> {
        let field = FieldType::of(message, 1);
        let Some((field, [wire])) = field.zip(self.only(range)) else {
            return Ok(false);
        };
        let wire = wire.unwrap_or_else(|| scalars::default(&field.kind, &(range.end..range.end)));
        if !scalars::fits(&field.kind, &wire) || matches!(field.kind, Type::Message(_)) {
            return Ok(false);
        }
        self.knows_root();
        self.value(&field.kind, &wire, source.clone())?;
        Ok(true)
    }

    /// Adds a `Value`: null, a number, a string, a boolean, a `Struct` or a `ListValue`.
    fn dynamic_value(
        &mut self,
        message: &MessageDescriptor,
        range: &Range<usize>,
        source: &Range<usize>,
    ) -> Result<bool, Stop> {
        let Some(found) = self.only::<6>(range) else {
            return Ok(false);
        };
        let mut found = (1..).zip(found).filter_map(|(number, wire)| {
            let wire = wire?;
            let field = FieldType::of(message, number)?;
            scalars::fits(&field.kind, &wire).then_some((field, wire))
        });
        let (Some((field, wire)), None) = (found.next(), found.next()) else {
            return Ok(false);
        };
        self.knows_root();
        self.value(&field.kind, &wire, source.clone())?;
        Ok(true)
    }

    /// Adds a `Struct` as an object, or a `ListValue` as an array.
    fn container(
        &mut self,
        known: WellKnown,
        message: &MessageDescriptor,
        range: &Range<usize>,
        source: &Range<usize>,
    ) -> Result<bool, Stop> {
        let Some(field) = FieldType::of(message, 1) else {
            return Ok(false);
        };
        let is_struct = known == WellKnown::Struct;
        let fields = self.fields(range.clone())?;
        let is_as_prescribed = if is_struct {
            field.entry.is_some()
        } else {
            field.is_list
        };
        let fits = fields.iter().all(|one| one.number == 1 && field.fits(one));
        if !is_as_prescribed || !fits {
            return Ok(false);
        }
        self.knows_root();
        let kind = if is_struct { Kind::Object } else { Kind::Array };
        self.sink.open(kind, source.start)?;
        for one in &fields {
            match &field.entry {
                Some(entry) => self.map_entry(entry, one)?,
                None => self.value(&field.kind, &one.wire, one.source.clone())?,
            }
        }
        self.sink.close(source.end);
        Ok(true)
    }

    /// Adds an `Any` as an object with `@type` and the fields of the message that it holds, or with
    /// a `value` if that message has a JSON form of its own, or if its type is unknown.
    fn any(
        &mut self,
        message: &MessageDescriptor,
        range: &Range<usize>,
        source: &Range<usize>,
    ) -> Result<bool, Stop> {
        let Some([Some(Wire::Stretch(url)), value]) = self.only(range) else {
            return Ok(false);
        };
        let content = match value {
            None => range.end..range.end,
            Some(Wire::Stretch(content)) => content,
            Some(_) => return Ok(false),
        };
        let name = str::from_utf8(self.bytes.get(url.clone()).unwrap_or_default());
        let Some(name) = name.ok().and_then(|url| url.rsplit('/').next()) else {
            return Ok(false);
        };
        let inner = message.parent_pool().get_message_by_name(name);
        let is_message = content.is_empty() || wire::is_message(self.bytes, content.clone());
        self.knows_root();
        self.sink.open(Kind::Object, source.start)?;
        self.name("@type", url.start)?;
        self.sink
            .scalar(Kind::String, Text::InPayload(url.clone()), url)?;
        match inner.filter(|_| is_message) {
            Some(inner) if well_known(&inner).is_none() => self.members(&inner, content)?,
            Some(inner) => {
                self.name("value", content.start)?;
                self.message(&inner, content.clone(), &content)?;
            }
            None => {
                self.name("value", content.start)?;
                let text = Text::InPayload(content.clone());
                self.sink.scalar(Kind::Bytes, text, content)?;
            }
        }
        self.sink.close(source.end);
        Ok(true)
    }

    /// Notes that the outermost message is of its type.
    fn knows_root(&mut self) {
        self.knows_any |= self.sink.depth() == self.root_depth;
    }
}

/// Formats a timestamp as in RFC 3339; `None` if the year is not one of 1 to 9999.
fn timestamp(seconds: i64, nanos: i32) -> Option<String> {
    let epoch = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
    let time = epoch.checked_add(SignedDuration::from_secs(seconds)).ok()?;
    let fraction = fraction(nanos);
    (time.year() > 0).then(|| format!("{time}{fraction}Z"))
}

/// Formats a duration: `-1.500s`; `None` if it is too long, or if its parts differ in sign.
fn duration((seconds, nanos): (i64, i32)) -> Option<String> {
    let is_in_range = seconds.unsigned_abs() <= MAX_SECONDS.unsigned_abs()
        && nanos.unsigned_abs() < 1_000_000_000
        && seconds.signum() * i64::from(nanos.signum()) >= 0;
    let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
    let (seconds, nanos) = (seconds.unsigned_abs(), nanos.abs());
    is_in_range.then(|| format!("{sign}{seconds}{}s", fraction(nanos)))
}

/// Formats a fraction of a second with three, six or nine digits, or none.
fn fraction(nanos: i32) -> String {
    match nanos {
        0 => String::new(),
        _ if nanos % 1_000_000 == 0 => format!(".{:03}", nanos / 1_000_000),
        _ if nanos % 1_000 == 0 => format!(".{:06}", nanos / 1_000),
        _ => format!(".{nanos:09}"),
    }
}

/// Returns whether `path` is the only one that [`camel_case`] converts to its result.
fn is_snake_case(path: &str) -> bool {
    let mut letters = path.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_possible = match letter {
            '_' => letters.peek().is_some_and(char::is_ascii_lowercase),
            'a'..='z' | '0'..='9' | '.' => true,
            _ => false,
        };
        if !is_possible {
            return false;
        }
    }
    true
}

/// Converts a name as in JSON: `user_id` becomes `userId`.
pub(in crate::payload::protobuf) fn camel_case(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    let mut is_after_underscore = false;
    for letter in name.chars() {
        if letter == '_' {
            is_after_underscore = true;
        } else if std::mem::take(&mut is_after_underscore) {
            camel.push(letter.to_ascii_uppercase());
        } else {
            camel.push(letter);
        }
    }
    camel
}
