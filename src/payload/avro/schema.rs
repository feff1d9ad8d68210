//! Parsing schemas.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// The index of a type in a schema; the root is 0.
pub(in crate::payload) type TypeId = usize;

/// The maximum number of types in a schema.
const MAX_TYPES: usize = 100_000;

/// A type.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::payload) enum Type {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Fixed(u64),
    Enum(Vec<String>),
    Array(TypeId),
    Map(TypeId),
    Union(Vec<Branch>),
    Record(Vec<(String, TypeId)>),
    Logical(Logical),
}

/// A branch of a union.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::payload) struct Branch {
    pub type_id: TypeId,
    /// The mark of the value, if its type would not be clear without.
    pub mark: Option<String>,
}

/// A logical type that is shown differently from the type that it annotates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::payload) enum Logical {
    Date,
    /// A time of day: a number of units, of which a second has this many. The flag is set for a
    /// `long`.
    Time(i64, bool),
    /// A time: a number of units since 1970, of which a second has this many. The flag is set for
    /// a time in UTC.
    Timestamp(i64, bool),
    /// A decimal number with this scale, in bytes, or in a fixed number of bytes.
    Decimal(u32, Option<u64>),
    /// A UUID of 16 bytes.
    Uuid,
    /// Months, days and milliseconds in 12 bytes.
    Duration,
}

/// Parses a schema. Returns its name, if it has one, and the types.
pub(super) fn parse(json: &Value) -> Result<(Option<String>, Vec<Type>), String> {
    let mut parser = Parser::default();
    let root = parser.parse(json, "")?;
    debug_assert_eq!(root, 0);
    let name = parser.names.into_iter().find(|(_, id)| *id == 0);
    Ok((name.map(|(name, _)| name), parser.types))
}

#[derive(Default)]
struct Parser {
    types: Vec<Type>,
    /// The named types, by their full names.
    names: HashMap<String, TypeId>,
}

impl Parser {
    /// Adds the type that `json` describes. `namespace` is that of the enclosing type.
    fn parse(&mut self, json: &Value, namespace: &str) -> Result<TypeId, String> {
        match json {
            Value::String(name) => self.named(name, namespace),
            Value::Array(branches) => self.union(branches, namespace),
            Value::Object(attributes) => self.described(attributes, namespace),
            _ => Err(format!("{json} is not a type")),
        }
    }

    fn add(&mut self, found: Type) -> Result<TypeId, String> {
        if self.types.len() >= MAX_TYPES {
            return Err(format!("more than {MAX_TYPES} types"));
        }
        self.types.push(found);
        Ok(self.types.len() - 1)
    }

    /// Returns the type with this name, adding it if it is a primitive one.
    fn named(&mut self, name: &str, namespace: &str) -> Result<TypeId, String> {
        if let Some(primitive) = primitive(name) {
            return self.add(primitive);
        }
        let known = self.names.get(&full_name(name, namespace));
        let known = known.copied();
        known.ok_or_else(|| format!("unknown type {name:?}"))
    }

    fn union(&mut self, branches: &[Value], namespace: &str) -> Result<TypeId, String> {
        let id = self.add(Type::Union(Vec::new()))?;
        let mut found = Vec::new();
        for branch in branches {
            if branch.is_array() {
                return Err("a union within a union".to_owned());
            }
            let type_id = self.parse(branch, namespace)?;
            found.push(type_id);
        }
        let name_of = |id: &TypeId| {
            let mut names = self.names.iter();
            names.find(|(_, named)| *named == id).map(|(name, _)| name)
        };
        let names: Vec<Option<&String>> = found.iter().map(name_of).collect();
        let is_ambiguous = names.iter().flatten().count() > 1;
        let branches = found.iter().zip(names).map(|(type_id, name)| Branch {
            type_id: *type_id,
            mark: name
                .filter(|_| is_ambiguous)
                .map(|name| format!("⟨{name}⟩")),
        });
        self.types[id] = Type::Union(branches.collect());
        Ok(id)
    }

    /// Adds a type described by attributes.
    fn described(
        &mut self,
        attributes: &Map<String, Value>,
        namespace: &str,
    ) -> Result<TypeId, String> {
        let kind = attributes.get("type").ok_or("a type without \"type\"")?;
        let Value::String(kind) = kind else {
            return self.parse(kind, namespace);
        };
        let text = |key: &str| attributes.get(key).and_then(Value::as_str);
        let inner = |key: &str| {
            let inner = attributes.get(key);
            inner.ok_or_else(|| format!("{kind} without {key:?}"))
        };
        match kind.as_str() {
            "array" | "map" => {
                let id = self.add(Type::Null)?;
                let key = if kind == "array" { "items" } else { "values" };
                let inner = self.parse(inner(key)?, namespace)?;
                self.types[id] = match kind.as_str() {
                    "array" => Type::Array(inner),
                    _ => Type::Map(inner),
                };
                Ok(id)
            }
            "record" | "error" | "enum" | "fixed" => {
                let name = text("name").ok_or_else(|| format!("{kind} without a name"))?;
                let name = full_name(name, text("namespace").unwrap_or(namespace));
                let id = self.add(Type::Null)?;
                if self.names.insert(name.clone(), id).is_some() {
                    return Err(format!("two types called {name:?}"));
                }
                let found = match kind.as_str() {
                    "enum" => symbols(inner("symbols")?),
                    "fixed" => fixed(attributes),
                    _ => self.fields(inner("fields")?, &name),
                };
                self.types[id] = found.map_err(|why| format!("{name}: {why}"))?;
                Ok(id)
            }
            _ => match logical(kind, attributes) {
                Some(logical) => self.add(Type::Logical(logical)),
                None => self.named(kind, namespace),
            },
        }
    }

    fn fields(&mut self, fields: &Value, record: &str) -> Result<Type, String> {
        let namespace = record
            .rsplit_once('.')
            .map_or("", |(namespace, _)| namespace);
        let fields = fields.as_array().ok_or("fields is not an array")?;
        let fields = fields.iter().map(|field| {
            let name = field.get("name").and_then(Value::as_str);
            let name = name.ok_or("a field without a name")?;
            let wrong = |why| format!("field {name:?}: {why}");
            let kind = field.get("type").ok_or("no type".to_owned());
            let type_id = kind.and_then(|kind| self.parse(kind, namespace));
            Ok((name.to_owned(), type_id.map_err(wrong)?))
        });
        fields.collect::<Result<_, String>>().map(Type::Record)
    }
}

fn primitive(name: &str) -> Option<Type> {
    Some(match name {
        "null" => Type::Null,
        "boolean" => Type::Boolean,
        "int" => Type::Int,
        "long" => Type::Long,
        "float" => Type::Float,
        "double" => Type::Double,
        "bytes" => Type::Bytes,
        "string" => Type::String,
        _ => return None,
    })
}

/// Returns the full name of a type called `name` within `namespace`.
pub(super) fn full_name(name: &str, namespace: &str) -> String {
    if name.contains('.') || namespace.is_empty() {
        name.trim_start_matches('.').to_owned()
    } else {
        format!("{namespace}.{name}")
    }
}

fn symbols(symbols: &Value) -> Result<Type, String> {
    let symbols = symbols.as_array().map(|symbols| {
        let symbols = symbols.iter().map(|symbol| symbol.as_str());
        symbols.map(|symbol| symbol.map(str::to_owned)).collect()
    });
    let symbols: Option<Vec<String>> = symbols.flatten();
    let symbols = symbols.ok_or("symbols is not an array of strings")?;
    Ok(Type::Enum(symbols))
}

fn fixed(attributes: &Map<String, Value>) -> Result<Type, String> {
    let size = attributes.get("size").and_then(Value::as_u64);
    let size = size.ok_or("size is not a number")?;
    Ok(
        match attributes.get("logicalType").and_then(Value::as_str) {
            Some("duration") if size == 12 => Type::Logical(Logical::Duration),
            Some("uuid") if size == 16 => Type::Logical(Logical::Uuid),
            Some("decimal") => match scale(attributes) {
                Some(scale) => Type::Logical(Logical::Decimal(scale, Some(size))),
                None => Type::Fixed(size),
            },
            _ => Type::Fixed(size),
        },
    )
}

/// Returns the logical type of a primitive one. One that is unknown, or does not fit, is ignored, as
/// the specification requires.
fn logical(kind: &str, attributes: &Map<String, Value>) -> Option<Logical> {
    let name = attributes.get("logicalType")?.as_str()?;
    Some(match (kind, name) {
        ("int", "date") => Logical::Date,
        ("int", "time-millis") => Logical::Time(1_000, false),
        ("long", "time-micros") => Logical::Time(1_000_000, true),
        ("long", "timestamp-millis") => Logical::Timestamp(1_000, true),
        ("long", "timestamp-micros") => Logical::Timestamp(1_000_000, true),
        ("long", "timestamp-nanos") => Logical::Timestamp(1_000_000_000, true),
        ("long", "local-timestamp-millis") => Logical::Timestamp(1_000, false),
        ("long", "local-timestamp-micros") => Logical::Timestamp(1_000_000, false),
        ("long", "local-timestamp-nanos") => Logical::Timestamp(1_000_000_000, false),
        ("bytes", "decimal") => Logical::Decimal(scale(attributes)?, None),
        _ => return None,
    })
}

/// Returns the scale of a decimal number: the number of digits after the point.
fn scale(attributes: &Map<String, Value>) -> Option<u32> {
    const MAX_SCALE: u64 = 100;
    let scale = attributes.get("scale").map_or(Some(0), Value::as_u64)?;
    u32::try_from(scale).ok().filter(|_| scale <= MAX_SCALE)
}
