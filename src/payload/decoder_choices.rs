//! The decoders configured for channels.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::format::{self, Decoded, Format};
use super::message_type::MessageType;
use crate::message::glob::{self, ByGlob};

/// A choice of how to decode payloads, which overrides format detection.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadAs {
    /// The format.
    pub format: Format,
    /// The message type, if it differs from the one configured for the channel.
    pub message_type: Option<MessageType>,
}

impl From<Format> for ReadAs {
    fn from(format: Format) -> Self {
        Self {
            format,
            message_type: None,
        }
    }
}

impl ReadAs {
    /// Returns the display name.
    pub fn words(&self) -> String {
        let format = self.format.name();
        match &self.message_type {
            Some(message_type) => format!("{format} {}", message_type.name()),
            None => format.to_owned(),
        }
    }
}

/// A program of the user's own that decodes the messages of some channels into JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserDecoder {
    /// The name to show.
    pub name: String,
    /// The channels, as a glob.
    pub channel: Box<[u8]>,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// How long it may take for a message.
    pub time_limit: Duration,
}

/// The decoder settings of one channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecoderChoice {
    /// The format chosen by the user.
    pub format: Option<Format>,
    /// The message type.
    pub message_type: Option<MessageType>,
    /// The [places](super::tree::Tree::place) of strings and bytes in which no values are looked
    /// for.
    pub plain_places: Arc<BTreeSet<Box<str>>>,
    /// The user's own decoder.
    pub user_decoder: Option<Arc<UserDecoder>>,
    /// What that decoder made of the payload, once it has answered.
    pub answer: Option<UserAnswer>,
}

/// The JSON that the user's own decoder wrote for a payload, or what went wrong.
pub type UserAnswer = Result<Arc<[u8]>, Arc<str>>;

impl DecoderChoice {
    /// Decodes `payload`. No compressed or encoded content is unpacked to more than `max_size`
    /// bytes. If the payload is not in the chosen format, the format is detected instead, and a
    /// note explains why.
    pub fn read(&self, payload: &[u8], max_size: usize) -> Decoded {
        self.without_plain(self.read_all(payload, max_size), payload)
    }

    /// Removes the values that were found at the plain places.
    fn without_plain(&self, mut decoded: Decoded, payload: &[u8]) -> Decoded {
        if !self.plain_places.is_empty()
            && let Some(tree) = decoded.tree.take()
        {
            let tree = tree.ungrafted(&self.plain_places, decoded.bytes(payload));
            let has_values = decoded.format != Format::Text || tree.has_nested();
            decoded.tree = has_values.then_some(tree);
        }
        decoded
    }

    fn read_all(&self, payload: &[u8], max_size: usize) -> Decoded {
        let message_type = self.message_type.as_ref();
        if let Some(decoder) = &self.user_decoder {
            return self.read_by(decoder, payload, max_size);
        }
        let Some(format) = self.format else {
            return format::recognise(payload, message_type, max_size);
        };
        match format::read_as(payload, format, message_type, max_size) {
            Ok(decoded) => decoded,
            Err(why) => Decoded {
                note: Some(why),
                ..format::recognise(payload, message_type, max_size)
            },
        }
    }

    /// Returns the answer of the user's own decoder. Until it has answered, the format is detected.
    fn read_by(&self, user_decoder: &UserDecoder, payload: &[u8], max_size: usize) -> Decoded {
        let name = &user_decoder.name;
        match &self.answer {
            None => Decoded {
                note: Some(format!("waiting for decoder {name}")),
                ..format::recognise(payload, None, max_size)
            },
            // Below the reason, the message is shown as it would be without the decoder.
            Some(Err(why)) => Decoded {
                note: Some(why.to_string()),
                ..format::recognise(payload, None, max_size)
            },
            Some(Ok(json)) if json.len() > max_size => Decoded {
                note: Some(format!("{} bytes of decoder {name} not shown", json.len())),
                is_too_large: true,
                ..Decoded::default()
            },
            Some(Ok(json)) => match format::read_as(json, Format::Json, None, max_size) {
                Ok(decoded) => Decoded {
                    note: Some(format!("decoded by {name}")),
                    unwrapped: Some(json.to_vec()),
                    ..decoded
                },
                Err(why) => Decoded {
                    note: Some(why),
                    ..format::recognise(payload, None, max_size)
                },
            },
        }
    }

    /// Returns whether the payload is shown as what the user's own decoder made of it.
    fn is_answered(&self) -> bool {
        matches!((&self.user_decoder, &self.answer), (Some(_), Some(Ok(_))))
    }

    /// Returns the size of the bytes that are decoded for `payload`.
    pub fn decoded_size(&self, payload: &[u8]) -> usize {
        match &self.answer {
            Some(Ok(json)) => json.len(),
            _ => payload.len(),
        }
    }

    /// Like [`Self::read`], but for looking up values: a choice of text or binary is ignored, since
    /// that would hide the values.
    pub(super) fn read_values(&self, payload: &[u8], max_size: usize) -> Decoded {
        if self.hides_values() || self.user_decoder.is_some() && !self.is_answered() {
            let decoded = format::recognise(payload, self.message_type.as_ref(), max_size);
            return self.without_plain(decoded, payload);
        }
        self.read(payload, max_size)
    }

    /// Returns whether payloads are shown as text or bytes, whatever values they have.
    pub(super) fn hides_values(&self) -> bool {
        matches!(self.format, Some(Format::Text | Format::Binary))
    }

    /// Returns whether bytes that look like JSON may be decoded as something else.
    pub(super) fn may_differ_from_json(&self) -> bool {
        let is_as_it_looks = matches!(
            self.format,
            None | Some(Format::Json | Format::Text | Format::Binary)
        );
        !is_as_it_looks || self.message_type.is_some() || self.is_answered()
    }
}

/// The decoder settings of all channels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecoderChoices {
    chosen: BTreeMap<Box<[u8]>, ReadAs>,
    /// The formats that recipes set, which the user's choices override.
    by_recipe: BTreeMap<Box<[u8]>, Format>,
    configured_types: ByGlob<MessageType>,
    plain_places: BTreeMap<Box<[u8]>, Arc<BTreeSet<Box<str>>>>,
    user_decoders: Arc<[Arc<UserDecoder>]>,
}

impl DecoderChoices {
    /// Creates settings in which no formats have been chosen; `configured_types` are the configured
    /// message types of channels.
    pub fn new(configured_types: ByGlob<MessageType>) -> Self {
        Self {
            chosen: BTreeMap::new(),
            by_recipe: BTreeMap::new(),
            configured_types,
            plain_places: BTreeMap::new(),
            user_decoders: Arc::default(),
        }
    }

    /// Adds the user's own decoders; of several for a channel, the last one counts.
    #[must_use]
    pub fn with_user_decoders(self, user_decoders: Arc<[Arc<UserDecoder>]>) -> Self {
        Self {
            user_decoders,
            ..self
        }
    }

    /// Returns whether there are any decoders of the user's own.
    pub fn has_user_decoders(&self) -> bool {
        !self.user_decoders.is_empty()
    }

    /// Returns the user's own decoder for `channel`, unless another format was chosen.
    pub fn user_decoder(&self, channel: &[u8]) -> Option<&Arc<UserDecoder>> {
        if !self.has_user_decoders() || self.chosen(channel).is_some() {
            return None;
        }
        let mut decoders = self.user_decoders.iter().rev();
        decoders.find(|decoder| glob::matches(&decoder.channel, channel))
    }

    /// Sets how messages of `channel` are decoded; `None` restores format detection.
    pub fn choose(&mut self, channel: Box<[u8]>, choice: Option<ReadAs>) {
        match choice {
            Some(choice) => self.chosen.insert(channel, choice),
            None => self.chosen.remove(&channel),
        };
    }

    /// Stops looking for values in the strings and bytes at `place` in messages of `channel`, or
    /// looks there again. Returns whether it does.
    pub fn toggle_plain(&mut self, channel: &[u8], place: &str) -> bool {
        let places = self.plain_places.entry(channel.into()).or_default();
        let places = Arc::make_mut(places);
        let is_unfolded = places.remove(place);
        if !is_unfolded {
            places.insert(place.into());
        }
        if places.is_empty() {
            self.plain_places.remove(channel);
        }
        is_unfolded
    }

    /// Returns whether no values are looked for at `place` in messages of `channel`.
    pub fn is_plain(&self, channel: &[u8], place: &str) -> bool {
        let places = self.plain_places.get(channel);
        places.is_some_and(|places| places.contains(place))
    }

    /// Returns the channels and the places in their messages where no values are looked for.
    pub fn all_plain(&self) -> impl Iterator<Item = (&[u8], &str)> {
        let channels = self.plain_places.iter();
        channels.flat_map(|(channel, places)| places.iter().map(|place| (&**channel, &**place)))
    }

    /// Sets the format that a recipe sets for `channel`, or removes it.
    pub fn set_by_recipe(&mut self, channel: &[u8], format: Option<Format>) {
        match format {
            Some(format) => self.by_recipe.insert(channel.into(), format),
            None => self.by_recipe.remove(channel),
        };
    }

    /// Returns the user's choice for `channel`.
    pub fn chosen(&self, channel: &[u8]) -> Option<&ReadAs> {
        self.chosen.get(channel)
    }

    /// Returns the settings of `channel`, if it has any.
    pub fn of(&self, channel: &[u8]) -> Option<DecoderChoice> {
        let chosen = self.chosen(channel);
        let chosen_type = chosen.and_then(|chosen| chosen.message_type.as_ref());
        let message_type = chosen_type.or_else(|| self.configured_types.of(channel));
        let format = match chosen {
            Some(chosen) => Some(chosen.format),
            // Messages of a configured type are decoded as that.
            None if message_type.is_some() => None,
            None => self.by_recipe.get(channel).copied(),
        };
        let plain_places = self.plain_places.get(channel);
        let user_decoder = self.user_decoder(channel);
        let is_any = format.is_some()
            || message_type.is_some()
            || plain_places.is_some()
            || user_decoder.is_some();
        is_any.then(|| DecoderChoice {
            format,
            message_type: message_type.cloned(),
            plain_places: plain_places.cloned().unwrap_or_default(),
            user_decoder: user_decoder.cloned(),
            answer: None,
        })
    }
}
