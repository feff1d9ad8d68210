//! Actions on the selected value of the open message.

use std::sync::Arc;

use ratatui::layout::Rect;

use super::Open;
use super::reader::Page;
use crate::app::effect::Effect;
use crate::app::session::Session;
use crate::app::session::clipboard::{Copied, MOST_COPIED};
use crate::app::session::decoded_rows::{MOST_DECODED_FOR_ROW, MOST_UNPACKED_FOR_ROW};
use crate::payload::format::Format;
use crate::payload::lookup::MOST_UNPACKED;
use crate::payload::tree::{Kind, NodeId, Value};
use crate::payload::{figures, json};
use crate::query::{Path, Query, operand};

/// Why a value has no path.
const NO_PATH: &str =
    "no path to this value: a key is not plain text, or a later key has the same name";

/// What an action needs; or, if that is missing, the effects that tell the user why.
pub(crate) type OrTold<T> = Result<T, Vec<Effect>>;

impl Open {
    /// Returns the selected value and the page it is on, if there is one.
    pub(crate) fn selected_value(&self, area: Rect) -> Option<(Page<'_>, Value<'_>)> {
        let page = self.reader.page(self.room(area))?;
        let value = page.value(self.reader.outline.cursor)?;
        Some((page, value))
    }

    /// Copies the selected value: for a string, its contents; for another value, its original text
    /// if the message is text, or else JSON or hex. Returns `None` if the message has no values.
    pub(crate) fn copy_value(&self, session: &mut Session, area: Rect) -> Option<Vec<Effect>> {
        let (page, value) = self.selected_value(area)?;
        let written = page.tree.source(value.id).map_or(0, |range| range.len());
        let length = written.max(value.text.len());
        if length > MOST_COPIED {
            return Some(session.tell_too_long(length));
        }
        let bytes = page.tree.copy_text(value.id, page.bytes);
        let words = copied_words(value.kind, self.is_json());
        session.copied = operand(&value).map(|operand| Copied::new(&bytes, operand));
        Some(session.copy_to_clipboard(bytes.into(), words))
    }

    /// Returns whether the unpacked message is JSON.
    fn is_json(&self) -> bool {
        let decoded = self.reader.decoded();
        decoded.is_some_and(|decoded| matches!(decoded.format, Format::Json | Format::JsonLines))
    }

    /// Copies the whole message as JSON.
    pub(crate) fn copy_whole(&self, session: &mut Session) -> Vec<Effect> {
        let bytes = self.reader.bytes();
        if bytes.len() > MOST_COPIED {
            return session.tell_too_long(bytes.len());
        }
        let Some(tree) = self.reader.tree() else {
            return session
                .tell(session.keyed("not structured data · {copy-value} copies it as received"));
        };
        let json = self.json_by_type(session, bytes);
        let json = json.unwrap_or_else(|| tree.to_json(NodeId::default(), bytes));
        session.copy_to_clipboard(json.into(), "the message as JSON")
    }

    /// Returns the message in the JSON form that its type prescribes, if that is known.
    fn json_by_type(&self, session: &Session, bytes: &[u8]) -> Option<Vec<u8>> {
        let decoded = self.reader.decoded();
        let channel = self.reader.snapshot.channel.as_ref()?;
        let message_type = session.decoder_choices.of(channel)?.message_type?;
        let is_of_type = decoded?.format == Format::of_type(&message_type);
        is_of_type.then(|| message_type.to_json(bytes))?
    }

    /// Copies the path of the selected value.
    pub(crate) fn copy_path(&self, session: &mut Session, area: Rect) -> OrTold<Vec<Effect>> {
        let path = self.selected_path(session, area)?;
        let words = format!("the path {path}");
        Ok(session.copy_to_clipboard(path.into_bytes().into(), &words))
    }

    /// Filters the log by the selected value at its path.
    pub(crate) fn filter_by_value(&self, session: &mut Session, area: Rect) -> OrTold<Vec<Effect>> {
        if let Some(words) = self.too_large() {
            return Err(session.tell(words));
        }
        let path = self.selected_path(session, area)?;
        let literal = match (self.selected_value(area), self.bare_json()) {
            (Some((_, value)), _) => operand(&value).ok_or_else(|| kind_words(&value)),
            (None, Some(bare)) => Ok(bare.to_owned()),
            (None, None) => return Err(self.tell_no_value(session)),
        };
        let (text, why) = match literal {
            Ok(literal) => (format!("{path} == {literal}"), String::new()),
            Err(what) => (
                format!("has({path})"),
                format!(" ({what} cannot be compared with ==)"),
            ),
        };
        Ok(match Query::parse(&text, &session.moment()) {
            Ok(query) => {
                let typed = session.filters.typed.clone();
                let both = Query::all(typed.into_iter().chain([query]));
                let mut effects = session.filter_by(Some(both));
                let back = session.keyed("{back} in the log clears it");
                effects.extend(session.tell(format!("filtered by {text}{why} · {back}")));
                effects
            }
            Err(wrong) => session.tell_error(format!("{text}: {wrong}")),
        })
    }

    /// Returns the reason why queries and the log cannot read the values of the message, if it is
    /// too large when unpacked.
    fn too_large(&self) -> Option<String> {
        let decoded = self.reader.decoded()?;
        let unpacked = decoded.unwrapped.as_ref()?.len();
        let [size, most] = [unpacked, MOST_UNPACKED].map(|size| figures::size(size as u64));
        (unpacked > MOST_UNPACKED)
            .then(|| format!("too large: the log unpacks up to {most}, this message is {size}"))
    }

    /// Toggles whether the log shows only the value at the selected path for the channel.
    pub(crate) fn toggle_lens(&self, session: &mut Session, area: Rect) -> OrTold<Vec<Effect>> {
        let (channel, path) = self.selected_channel_and_path(session, area)?;
        let is_too_long = self.reader.snapshot.size > MOST_DECODED_FOR_ROW as u64
            || self.reader.bytes().len() > MOST_UNPACKED_FOR_ROW;
        Ok(session.toggle_lens(&channel, path.into(), is_too_long))
    }

    /// Toggles whether the string or bytes that hold the selected value are shown as received, in
    /// all messages of the channel.
    pub(crate) fn toggle_nested(&self, session: &mut Session, area: Rect) -> OrTold<Vec<Effect>> {
        let Some(channel) = self.reader.snapshot.channel.clone() else {
            return Err(session.tell("a notice has no channel"));
        };
        let Some((page, value)) = self.selected_value(area) else {
            // A whole text has no values any more.
            if session.decoder_choices.is_plain(&channel, "") {
                return Ok(session.toggle_plain(&channel, ""));
            }
            return Err(self.tell_no_value(session));
        };
        let around = page.tree.nested_around(value.id, page.bytes);
        let place = page.tree.place(around.unwrap_or(value.id), page.bytes);
        if around.is_none() && !session.decoder_choices.is_plain(&channel, &place) {
            return Err(session.tell("no value inside a string or bytes here"));
        }
        Ok(session.toggle_plain(&channel, &place))
    }

    /// Returns the channel of the message and the path of the selected value.
    pub(crate) fn selected_channel_and_path(
        &self,
        session: &mut Session,
        area: Rect,
    ) -> OrTold<(Arc<[u8]>, Path)> {
        let Some(channel) = self.reader.snapshot.channel.clone() else {
            return Err(session.tell("a notice has no channel"));
        };
        if let Some(words) = self.too_large() {
            return Err(session.tell(words));
        }
        let path = self.selected_path(session, area)?;
        match Path::parse(&path) {
            Ok(path) => Ok((channel, path)),
            Err(wrong) => Err(session.tell_error(format!("{path}: {wrong}"))),
        }
    }

    /// Returns the path of the selected value.
    fn selected_path(&self, session: &mut Session, area: Rect) -> OrTold<String> {
        match self.selected_value(area) {
            Some((page, value)) => {
                let path = page.tree.path(value.id, page.bytes);
                path.ok_or_else(|| session.tell_error(NO_PATH))
            }
            None if self.bare_json().is_some() => Ok(".".to_owned()),
            None => Err(self.tell_no_value(session)),
        }
    }

    /// Returns the message if it is a single JSON value shown as text, such as a number.
    fn bare_json(&self) -> Option<&str> {
        let has_values = self.reader.decoded()?.tree.is_some();
        let bytes = self.reader.bytes().trim_ascii();
        if has_values || !json::is_json(bytes) {
            return None;
        }
        str::from_utf8(bytes).ok()
    }

    /// Tells the user that no value is selected.
    fn tell_no_value(&self, session: &mut Session) -> Vec<Effect> {
        session.tell(if self.reader.tree().is_some() {
            session.keyed("works only in the value tab · {previous-tab} {next-tab} switch tabs")
        } else {
            "not structured data: no paths".to_owned()
        })
    }
}

/// Describes a value that has no literal.
fn kind_words(value: &Value<'_>) -> &'static str {
    match value.kind {
        Kind::Array => "an array",
        Kind::Object => "an object",
        Kind::Tag => "a tag",
        _ => "this value",
    }
}

/// Describes a copied value.
fn copied_words(kind: Kind, is_json: bool) -> &'static str {
    match kind {
        Kind::Array | Kind::Object | Kind::Tag if !is_json => "the value as JSON",
        Kind::Bytes => "the bytes in hex",
        _ => "the value",
    }
}
