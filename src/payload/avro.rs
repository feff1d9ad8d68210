//! Decoding Avro (<https://avro.apache.org/docs/1.12.0/specification/>) into a tree, by a
//! [`Schema`].
//!
//! A payload is one value in the binary encoding: bare, after the schema's fingerprint (single-object
//! encoding), or after the schema id of a Confluent registry. The schema must be the one that the
//! value was written with: schemas are not resolved against one another. All bytes must belong to
//! the value.

mod canonical;
mod datum;
pub(super) mod logical;
mod schema;

use std::fmt;
use std::sync::Arc;

pub(super) use self::schema::{Branch, Logical, Type, TypeId};
use super::reading::Unreadable;
use super::tree::Tree;

/// The name of the format.
pub const NAME: &str = "Avro";

/// The first bytes of the single-object encoding. The fingerprint of the schema follows.
const SINGLE_OBJECT: [u8; 2] = [0xc3, 0x01];

/// The length of the header of the single-object encoding.
const SINGLE_OBJECT_HEADER: usize = 10;

/// The length of the header that a Confluent registry prescribes: a zero and the id of the schema.
const CONFLUENT_HEADER: usize = 5;

/// A schema. Cheap to clone.
#[derive(Clone)]
pub struct Schema(Arc<Parsed>);

/// A parsed schema.
struct Parsed {
    name: String,
    fingerprint: u64,
    types: Vec<Type>,
}

/// How a payload begins.
#[derive(Clone, Copy)]
enum Header {
    None,
    SingleObject,
    Confluent(u32),
}

impl Header {
    fn length(self) -> usize {
        match self {
            Self::None => 0,
            Self::SingleObject => SINGLE_OBJECT_HEADER,
            Self::Confluent(_) => CONFLUENT_HEADER,
        }
    }

    /// Returns the mark of the value, if there is a header.
    fn mark(self) -> Option<String> {
        match self {
            Self::None => None,
            Self::SingleObject => Some("⟨single-object⟩".to_owned()),
            Self::Confluent(id) => Some(format!("⟨schema id {id}⟩")),
        }
    }
}

impl Schema {
    /// Reads a schema in JSON, as in an `.avsc` file. `file` is its name if the schema has none. The
    /// error says what is wrong.
    pub fn read(file: &str, json: &[u8]) -> Result<Self, String> {
        let json = serde_json::from_slice(json).map_err(|error| format!("not JSON: {error}"))?;
        let (name, types) =
            schema::parse(&json).map_err(|why| format!("not an Avro schema: {why}"))?;
        Ok(Self(Arc::new(Parsed {
            name: name.unwrap_or_else(|| file.to_owned()),
            fingerprint: canonical::fingerprint(canonical::form(&json).as_bytes()),
            types,
        })))
    }

    /// Returns the full name, such as `shop.Order`, or the name of the file if the schema has none.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the fingerprint of the schema (CRC-64-AVRO).
    pub fn fingerprint(&self) -> u64 {
        self.0.fingerprint
    }

    /// Returns the types; the first one is that of the value.
    pub(super) fn types(&self) -> &[Type] {
        &self.0.types
    }

    /// Decodes `bytes` as one value of this schema. If it has more values than fit in a tree, only
    /// the first ones are decoded.
    pub fn decode(&self, bytes: &[u8]) -> Result<Tree, Unreadable> {
        self.decode_with_header(bytes).map(|(tree, _)| tree)
    }

    /// Returns where the value in `bytes` starts, if it is one of this schema.
    pub(super) fn start(&self, bytes: &[u8]) -> Option<usize> {
        let (_, header) = self.decode_with_header(bytes).ok()?;
        Some(header.length())
    }

    fn decode_with_header(&self, bytes: &[u8]) -> Result<(Tree, Header), Unreadable> {
        let header = match bytes {
            [0xc3, 0x01, fingerprint @ ..] if bytes.len() >= SINGLE_OBJECT_HEADER => {
                let fingerprint = fingerprint.first_chunk().copied().unwrap_or_default();
                let fingerprint = u64::from_le_bytes(fingerprint);
                if fingerprint != self.0.fingerprint {
                    // A bare value rarely begins like this.
                    let bare = self.decode_after(bytes, Header::None);
                    return bare.map_err(|_| self.other_fingerprint(fingerprint));
                }
                Header::SingleObject
            }
            [0, id @ ..] if let Some(id) = id.first_chunk() => {
                Header::Confluent(u32::from_be_bytes(*id))
            }
            _ => return self.decode_after(bytes, Header::None),
        };
        // A bare value may also begin with a zero, but hardly with a small id whose value fits.
        let is_likely = !matches!(header, Header::Confluent(0x0100_0000..));
        let (first, second) = if is_likely {
            (header, Header::None)
        } else {
            (Header::None, header)
        };
        let wrong = match self.decode_after(bytes, first) {
            Err(wrong) => wrong,
            decoded => return decoded,
        };
        let other = self.decode_after(bytes, second);
        other.map_err(|other| if is_likely { wrong } else { other })
    }

    fn decode_after(&self, bytes: &[u8], header: Header) -> Result<(Tree, Header), Unreadable> {
        let mark = header.mark();
        let tree = datum::read(&self.0.types, bytes, header.length(), mark.as_deref())?;
        Ok((tree, header))
    }

    fn other_fingerprint(&self, found: u64) -> Unreadable {
        let expected = self.0.fingerprint;
        Unreadable {
            format: NAME,
            why: format!("schema fingerprint {found:016x}, not {expected:016x}").into(),
            at: SINGLE_OBJECT.len(),
            is_limit: false,
        }
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schema({:?})", self.0.name)
    }
}

/// Two schemas are equal if they are the same one.
impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
