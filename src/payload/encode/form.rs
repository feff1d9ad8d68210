//! Reading and writing URL-encoded forms.

use std::collections::BTreeSet;

use super::item::{Guide, Item, Value, Wrong};
use super::pairing::pair_members;
use crate::payload::format::{form_decoded, form_pairs};

/// The characters other than letters and digits that are not encoded (URL Standard, section 5.2).
const PLAIN: &[u8] = b"*-._";

/// The other characters that names may contain.
const IN_NAMES: &[u8] = b"[]~";

/// Reads a form.
pub(super) fn read(bytes: &[u8]) -> Option<Item> {
    let pairs = form_pairs(bytes)?;
    let members = pairs.into_iter().map(|pair| {
        let [name, value] = pair.map(|range| {
            let text = form_decoded(&bytes[range.clone()]);
            Item::new(Value::String(text), range)
        });
        (name, value)
    });
    let members = members.collect();
    Some(Item::new(Value::Object(members), 0..bytes.len()))
}

/// Writes a form. What is the same in `old` keeps its bytes.
pub(super) fn write(new: &Item, old: Option<Guide<'_>>, out: &mut Vec<u8>) -> Result<(), Wrong> {
    let Value::Object(members) = &new.value else {
        return new.wrong("a form is an object of strings");
    };
    let style = Style::of(old.map_or(&[][..], |old| old.bytes));
    let olds = old.and_then(Guide::members).unwrap_or_default();
    for (index, ((name, value), like)) in
        members.iter().zip(pair_members(members, olds)).enumerate()
    {
        out.extend((index > 0).then_some(b'&'));
        let like = old.zip(like.and_then(|index| olds.get(index)));
        match like {
            Some((old, (name, _))) => out.extend(old.at(name).raw()),
            None => style.write(name, true, out)?,
        }
        out.push(b'=');
        match like.filter(|(_, (_, like))| like == value) {
            Some((old, (_, value))) => out.extend(old.at(value).raw()),
            None => style.write(value, false, out)?,
        }
    }
    Ok(())
}

/// How the old form is written.
struct Style {
    /// The characters other than letters and digits that it does not encode.
    plain: BTreeSet<u8>,
    /// Whether spaces are `%20`, not `+`.
    has_encoded_spaces: bool,
    has_lowercase: bool,
}

impl Style {
    fn of(bytes: &[u8]) -> Self {
        let values = form_pairs(bytes).unwrap_or_default();
        let values = values.into_iter().flatten().flat_map(|range| &bytes[range]);
        // The first `=` ends the name, and a plus is a space.
        let plain = values.filter(|byte| !byte.is_ascii_alphanumeric() && !b"%+=".contains(byte));
        let mut codes = bytes.windows(3).filter(|code| code[0] == b'%');
        Self {
            plain: PLAIN.iter().chain(plain).copied().collect(),
            has_encoded_spaces: bytes.windows(3).any(|code| code == b"%20"),
            has_lowercase: codes.any(|code| code[1..].iter().any(u8::is_ascii_lowercase)),
        }
    }

    /// Writes a name or a value.
    fn write(&self, new: &Item, is_name: bool, out: &mut Vec<u8>) -> Result<(), Wrong> {
        let Some(text) = new.as_string() else {
            return new.wrong("names and values of a form are strings: write it in quotes");
        };
        let is_plain = |byte: &u8| {
            let may_be = !is_name || PLAIN.contains(byte) || IN_NAMES.contains(byte);
            byte.is_ascii_alphanumeric() || may_be && self.plain.contains(byte)
        };
        for byte in text {
            match byte {
                b' ' if !self.has_encoded_spaces => out.push(b'+'),
                byte if is_plain(byte) => out.push(*byte),
                byte if self.has_lowercase => out.extend(format!("%{byte:02x}").as_bytes()),
                byte => out.extend(format!("%{byte:02X}").as_bytes()),
            }
        }
        Ok(())
    }
}
