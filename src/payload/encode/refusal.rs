//! Why a payload is not edited in its decoded form.

use std::fmt::{self, Display, Formatter};

use crate::payload::format::{Format, Wrapping};

/// Why a payload has no decoded form that can be encoded again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotEdited {
    /// It is text or binary data, without values.
    NoValues,
    /// It holds serialized objects.
    Serialized(Format),
    /// It is a JSON Web Token.
    Token,
    /// It is a Protobuf message of an unknown type.
    Untyped,
    /// It is packed in a form that is only unpacked.
    Packed(Wrapping),
    /// The decoded form would be too large.
    TooLarge,
    /// The decoded form does not tell everything.
    Inexact(Format),
}

impl Display for NotEdited {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoValues => write!(formatter, "no decoded form: text or binary data"),
            Self::Serialized(format) => write!(
                formatter,
                "{} is only read, never written: publish from the program that writes it, or edit \
                 the bytes",
                format.name()
            ),
            Self::Token => write!(
                formatter,
                "signed token (JWT): edited as text; a changed header or claims need a new signature"
            ),
            Self::Untyped => write!(
                formatter,
                "Protobuf of an unknown type: edited as bytes; name its type with --proto"
            ),
            Self::Packed(wrapping) => write!(
                formatter,
                "{} is only unpacked, not packed again: edited as bytes",
                wrapping.name()
            ),
            Self::TooLarge => write!(formatter, "decoded form too large: edited as bytes"),
            Self::Inexact(format) => write!(
                formatter,
                "no exact decoded form of this {}: edited as bytes",
                format.name()
            ),
        }
    }
}
