//! Objects of the Java library that stand for plain values.

use jiff::SignedDuration;
use jiff::civil::{Date, Time};

use super::Part;
use super::class::Class;
use crate::payload::objects::graph::{Graph, Id, Shape};
use crate::payload::objects::{epoch, number};
use crate::payload::reading::{Cursor, Stop};
use crate::payload::tree::Kind;

/// The classes that write their elements, after the number of them.
const LISTS: [&str; 7] = [
    "java.util.ArrayDeque",
    "java.util.ArrayList",
    "java.util.HashSet",
    "java.util.LinkedList",
    "java.util.PriorityQueue",
    "java.util.TreeSet",
    "java.util.concurrent.CopyOnWriteArrayList",
];

/// The classes that write their keys and values.
const MAPS: [&str; 5] = [
    "java.util.HashMap",
    "java.util.Hashtable",
    "java.util.IdentityHashMap",
    "java.util.TreeMap",
    "java.util.concurrent.ConcurrentHashMap",
];

/// Returns how an object of the class `name` is shown, which ends at `end`; `None` if it does not
/// stand for a plain value.
pub(super) fn shape(
    graph: &mut Graph<'_>,
    classes: &[Class],
    name: &[u8],
    parts: &[Part],
    end: usize,
) -> Result<Option<Shape>, Stop> {
    let Ok(name) = str::from_utf8(name) else {
        return Ok(None);
    };
    let object = Object { classes, parts };
    if let Some(value) = object.boxed(graph, name) {
        return Ok(Some(graph.shape(value).clone()));
    }
    if let Some((class, kind, words)) = object.words(graph, name) {
        let content = graph.words(kind, &words, end..end)?;
        return Ok(Some(Shape::Tag(graph.mark(class.as_bytes()), content)));
    }
    let Some((name, content)) = object.collection(graph, name) else {
        return Ok(None);
    };
    let member = if matches!(content, Shape::Array(_)) {
        "(items)"
    } else {
        "(members)"
    };
    let mut content = graph.add(content, end..end)?;
    let (mut members, data) = object.own();
    if !data.is_empty() {
        let data = graph.list(b"", data, end..end)?;
        members.push((graph.words(Kind::String, "(data)", end..end)?, data));
    }
    if !members.is_empty() {
        let member = graph.words(Kind::String, member, end..end)?;
        members.insert(0, (member, content));
        content = graph.add(Shape::Object(members), end..end)?;
    }
    Ok(Some(Shape::Tag(graph.mark(name.as_bytes()), content)))
}

/// The parts of an object.
struct Object<'o> {
    classes: &'o [Class],
    parts: &'o [Part],
}

impl Object<'_> {
    fn part(&self, class: &str) -> Option<&Part> {
        let is_part = |part: &&Part| self.classes[part.class].name == class.as_bytes();
        self.parts.iter().find(is_part)
    }

    fn field(&self, graph: &Graph<'_>, class: &str, name: &str) -> Option<Id> {
        let mut fields = self.part(class)?.fields.iter();
        let (_, value) = fields.find(|(key, _)| graph.string(*key) == Some(name.as_bytes()))?;
        Some(*value)
    }

    /// Returns a field that is an integer.
    fn number(&self, graph: &Graph<'_>, class: &str, name: &str) -> Option<i64> {
        let (kind, text) = graph.scalar(self.field(graph, class, name)?)?;
        let number = str::from_utf8(text).ok()?.parse().ok()?;
        (kind == Kind::Number).then_some(number)
    }

    /// Returns the bytes that a class has written besides the fields, if they are all of it.
    fn bytes<'g>(&self, graph: &'g Graph<'_>, class: &str) -> Option<&'g [u8]> {
        match self.part(class)?.data[..] {
            [only] => graph.string(only),
            _ => None,
        }
    }

    /// Returns the value in a box.
    fn boxed(&self, graph: &Graph<'_>, name: &str) -> Option<Id> {
        let class = name.strip_prefix("java.lang.")?;
        let is_box = matches!(
            class,
            "Boolean" | "Byte" | "Character" | "Double" | "Float" | "Integer" | "Long" | "Short"
        );
        let value = self.field(graph, name, "value").filter(|_| is_box)?;
        graph.scalar(value).map(|_| value)
    }

    /// Returns an object that stands for a value as text, with the name of its class.
    fn words(&self, graph: &Graph<'_>, name: &str) -> Option<(String, Kind, String)> {
        let (kind, words) = match name {
            "java.util.UUID" => {
                let bits = |field| self.number(graph, name, field).map(i64::cast_unsigned);
                let (most, least) = (bits("mostSigBits")?, bits("leastSigBits")?);
                let bits = u128::from(most) << 64 | u128::from(least);
                (Kind::Other, number::uuid(bits))
            }
            "java.math.BigInteger" => {
                let sign = self.number(graph, name, "signum")?;
                let magnitude = graph.string(self.field(graph, name, "magnitude")?)?;
                (Kind::Number, number::magnitude_be(sign < 0, magnitude)?)
            }
            "java.math.BigDecimal" => {
                let scale = self.number(graph, name, "scale")?;
                let digits = graph.untagged(self.field(graph, name, "intVal")?);
                let (_, digits) = graph.scalar(digits)?;
                let digits = str::from_utf8(digits).ok()?;
                let is_integer = number::is_integer(digits.as_bytes());
                let (sign, digits) = match digits.strip_prefix('-') {
                    Some(digits) => ("-", digits),
                    None => ("", digits),
                };
                let words = is_integer.then(|| number::scientific(sign, digits, -scale))?;
                (Kind::Number, words)
            }
            "java.util.Date" => {
                let mut cursor = Cursor::new(self.bytes(graph, name)?);
                let milliseconds = i64::from_be_bytes(cursor.array().ok()?);
                (Kind::Other, epoch::milliseconds(milliseconds)?)
            }
            "java.sql.Timestamp" => {
                let mut cursor = Cursor::new(self.bytes(graph, "java.util.Date")?);
                let milliseconds = i64::from_be_bytes(cursor.array().ok()?);
                let nanoseconds = self.number(graph, name, "nanos")?;
                let nanoseconds = i32::try_from(nanoseconds).ok()?;
                (
                    Kind::Other,
                    instant(milliseconds.div_euclid(1000), nanoseconds)?,
                )
            }
            "java.time.Ser" => {
                let (class, words) = time(self.bytes(graph, name)?)?;
                return Some((class.to_owned(), Kind::Other, words));
            }
            _ => return None,
        };
        Some((name.to_owned(), kind, words))
    }

    /// Returns the elements or the members of a collection, with the name of its class.
    fn collection<'n>(&self, graph: &Graph<'_>, name: &'n str) -> Option<(&'n str, Shape)> {
        if name == "java.util.CollSer" {
            let (count, rest) = self.part(name)?.data.split_first()?;
            graph.string(*count)?;
            return Some(match self.number(graph, name, "tag")? & 0xff {
                1 => ("immutable list", Shape::Array(rest.to_vec())),
                2 => ("immutable set", Shape::Array(rest.to_vec())),
                3 => ("immutable map", pairs(rest)?),
                _ => return None,
            });
        }
        if let Some(part) = LISTS.iter().find_map(|class| self.part(class)) {
            let is_null = |id: &Id| matches!(graph.scalar(*id), Some((Kind::Null, _)));
            // A sorted set writes its comparator first; null stands for the natural order.
            let data = match &part.data[..] {
                [comparator, rest @ ..] if is_null(comparator) => rest,
                all => all,
            };
            let (count, rest) = data.split_first()?;
            graph.string(*count)?;
            return Some((name, Shape::Array(rest.to_vec())));
        }
        let part = MAPS.iter().find_map(|class| self.part(class))?;
        let comparator = self.field(graph, "java.util.TreeMap", "comparator");
        if comparator.is_some_and(|id| !matches!(graph.scalar(id), Some((Kind::Null, _)))) {
            return None;
        }
        let data = &part.data[..];
        let is_block = |id: &Id| matches!(graph.scalar(*id), Some((Kind::Bytes, _)));
        let is_null = |id: &Id| matches!(graph.scalar(*id), Some((Kind::Null, _)));
        let members = match data {
            [count, rest @ ..] if is_block(count) => rest,
            // Two nulls mark the end.
            [rest @ .., last, end] if is_null(last) && is_null(end) => rest,
            _ => return None,
        };
        Some((name, pairs(members)?))
    }

    /// Returns what belongs to classes outside the Java library.
    fn own(&self) -> (Vec<(Id, Id)>, Vec<Id>) {
        let is_own = |part: &&Part| !self.classes[part.class].name.starts_with(b"java.");
        let own: Vec<&Part> = self.parts.iter().filter(is_own).collect();
        let fields = own.iter().flat_map(|part| part.fields.clone()).collect();
        let data = own.iter().flat_map(|part| part.data.clone()).collect();
        (fields, data)
    }
}

/// Returns keys and values as members.
fn pairs(values: &[Id]) -> Option<Shape> {
    let (pairs, rest) = values.as_chunks::<2>();
    let pairs = pairs.iter().map(|[key, value]| (*key, *value)).collect();
    rest.is_empty().then_some(Shape::Object(pairs))
}

fn instant(seconds: i64, nanoseconds: i32) -> Option<String> {
    let is_valid = (0..1_000_000_000).contains(&nanoseconds);
    is_valid.then(|| epoch::time(SignedDuration::new(seconds, nanoseconds)))?
}

/// Formats what `java.time` writes: a type and numbers. Returns the name of the class, too.
fn time(bytes: &[u8]) -> Option<(&'static str, String)> {
    let mut cursor = Cursor::new(bytes);
    let (class, words) = match cursor.byte().ok()? {
        2 => {
            let seconds = i64::from_be_bytes(cursor.array().ok()?);
            let nanoseconds = i32::from_be_bytes(cursor.array().ok()?);
            ("java.time.Instant", instant(seconds, nanoseconds)?)
        }
        3 => ("java.time.LocalDate", date(&mut cursor)?.to_string()),
        4 => ("java.time.LocalTime", clock(&mut cursor)?.to_string()),
        5 => {
            let (date, time) = (date(&mut cursor)?, clock(&mut cursor)?);
            (
                "java.time.LocalDateTime",
                date.to_datetime(time).to_string(),
            )
        }
        _ => return None,
    };
    (cursor.left() == 0).then_some((class, words))
}

fn date(cursor: &mut Cursor<'_>) -> Option<Date> {
    let year = i32::from_be_bytes(cursor.array().ok()?);
    let [month, day]: [u8; 2] = cursor.array().ok()?;
    let [month, day] = [month, day].map(|number| i8::try_from(number).unwrap_or(-1));
    Date::new(i16::try_from(year).ok()?, month, day).ok()
}

/// Takes a time of day, which ends after the last number that is not zero; that number is inverted.
fn clock(cursor: &mut Cursor<'_>) -> Option<Time> {
    let mut numbers = [0_i8; 3];
    for number in &mut numbers {
        let next = i8::from_be_bytes(cursor.array().ok()?);
        if next < 0 {
            *number = !next;
            let [hour, minute, second] = numbers;
            return Time::new(hour, minute, second, 0).ok();
        }
        *number = next;
    }
    let nanoseconds = i32::from_be_bytes(cursor.array().ok()?);
    let [hour, minute, second] = numbers;
    Time::new(hour, minute, second, nanoseconds).ok()
}
