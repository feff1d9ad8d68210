//! Testing the value at a path.

use super::found::Found;
use super::{Lookup, format};
use crate::payload::format::Format;
use crate::payload::json::locate::{Located, PathStep, locate};
use crate::payload::message_type::MessageType;
use crate::payload::tree::Kind;

impl Lookup<'_, '_> {
    /// Returns whether there is a value at `steps` for which `test` is true. Besides the value, the
    /// test gets another notation of it, if it has one: `h'00ff'` for bytes, the number of an enum
    /// value. Whether the payload is JSON is checked last, since that takes the longest and is
    /// needed for few payloads. `may_be_in` tells whether JSON may have such a value at all; it gets
    /// JSON in which the values that strings hold replace the strings.
    #[inline]
    pub fn has(
        &self,
        steps: &[PathStep],
        may_be_in: impl Fn(&[u8]) -> bool,
        test: impl Fn(&[u8], Option<&[u8]>) -> bool,
    ) -> bool {
        // If the path starts with a name, there is no need to look for JSON lines first: their
        // values are addressed by index, and the JSON check rejects them.
        let starts_with_name = matches!(steps.first(), Some(PathStep::Key(_)));
        if self.looks_like_json() && (starts_with_name || !self.is_in_lines()) {
            match self.locate(steps) {
                Located::At(at)
                    if format::may_hold_scalar(&self.payload[at.clone()])
                        && let Some(found) = self.find(steps).filter(Found::is_nested) =>
                {
                    return found.passes(None, test);
                }
                Located::At(at) if !test(&self.payload[at.clone()], None) => return false,
                Located::At(_) if self.is_json() => return true,
                Located::At(_) | Located::Encoded => {}
                Located::Missing => return false,
            }
        }
        if let Some(values) = self.direct_values() {
            if !may_be_in(values) {
                return false;
            }
            match locate(values, steps) {
                // A string that holds an array or object is tested as that string.
                Located::At(at) if !matches!(values[at.start], b'{' | b'[') => {
                    return test(&values[at], None);
                }
                Located::Missing => return false,
                Located::At(_) | Located::Encoded => {}
            }
        }
        self.find(steps).is_some_and(|found| {
            let number = self.enum_number(steps, &found);
            found.passes(number, test)
        })
    }

    /// Returns the number of an enum value of Protobuf, which is shown by its name.
    fn enum_number(&self, steps: &[PathStep], found: &Found<'_>) -> Option<i32> {
        let Some(MessageType::Protobuf(message_type)) = &self.choice?.message_type else {
            return None;
        };
        let is_possible =
            found.value.kind == Kind::String && self.decoded().format == Format::Protobuf;
        is_possible.then(|| message_type.enum_number(steps, found.value.text))?
    }
}
