//! What the user does with the selected value of the open message.

use std::sync::Arc;

use ratatui::layout::Rect;

use super::Open;
use super::reader::Page;
use crate::app::effect::Effect;
use crate::app::session::Session;
use crate::app::session::clipboard::MOST_COPIED;
use crate::app::session::lenses::{MOST_THROUGH_LENS, MOST_UNPACKED_THROUGH_LENS};
use crate::payload::format::Format;
use crate::payload::json::text::{Run, runs};
use crate::payload::lookup::MOST_UNPACKED;
use crate::payload::tree::{Kind, NodeId, Value};
use crate::payload::{figures, json};
use crate::query::{Path, Query};

/// Why a value has no path.
const NO_PATH: &str =
    "no path to this value: a key is not plain text, or a later one has the same name";

/// What an action needs, or the effects of telling the user why it cannot be had.
pub(crate) type OrTold<T> = Result<T, Vec<Effect>>;

impl Open {
    /// Calls `use_it` with the selected value and the page it is on. Returns `None` if there is
    /// none.
    pub(crate) fn with_value<T>(
        &self,
        area: Rect,
        use_it: impl FnOnce(&Page<'_>, &Value<'_>) -> T,
    ) -> Option<T> {
        let page = self.reader.page(self.room(area))?;
        let value = page.value(self.reader.outline().cursor())?;
        Some(use_it(&page, &value))
    }

    /// Copies the selected value: the contents of a string, and other values as they were written
    /// if the message is text, or else as JSON or in hex. Returns `None` if the message has no
    /// values.
    pub(crate) fn copy_value(&self, session: &mut Session, area: Rect) -> Option<Vec<Effect>> {
        let copied = self.with_value(area, |page, value| match length_of(page, value) {
            length if length > MOST_COPIED => Err(length),
            _ => Ok((page.tree.copy_text(value.id, page.bytes), value.kind)),
        })?;
        Some(match copied {
            Ok((bytes, kind)) => {
                let words = copied_words(kind, self.is_json());
                session.copy_to_clipboard(bytes.into(), words)
            }
            Err(length) => session.tell_too_long(length),
        })
    }

    /// Returns whether the message, unpacked, is JSON.
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
        let tree = self
            .reader
            .decoded()
            .and_then(|decoded| decoded.tree.as_ref());
        let json = tree.map(|tree| tree.to_json(NodeId::default(), bytes));
        match json {
            Some(json) => session.copy_to_clipboard(json.into(), "the message as JSON"),
            None => session.tell("not structured data · y copies it as received"),
        }
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
        let compared = self.with_value(area, |page, value| {
            literal(page, value).ok_or_else(|| incomparable(value))
        });
        let compared = compared.or_else(|| Some(Ok(self.bare_json()?.to_owned())));
        let (text, why) = match compared {
            Some(Ok(literal)) => (format!("{path} == {literal}"), String::new()),
            Some(Err(what)) => (
                format!("has({path})"),
                format!(" ({what} cannot be compared with ==)"),
            ),
            None => return Err(self.tell_no_value(session)),
        };
        Ok(match Query::parse(&text, &session.moment()) {
            Ok(query) => {
                let typed = session.filters.typed.clone();
                let both = Query::all(typed.into_iter().chain([query]));
                let mut effects = session.filter_by(Some(both));
                effects.extend(session.tell(format!(
                    "filtered by {text}{why} · Esc in the log clears it"
                )));
                effects
            }
            Err(wrong) => session.tell_error(format!("{text}: {wrong}")),
        })
    }

    /// Returns why queries and the log cannot see the values of the message, if they cannot: it was
    /// packed and is larger than they unpack.
    fn too_large(&self) -> Option<String> {
        let decoded = self.reader.decoded()?;
        let unpacked = decoded.unwrapped.as_ref()?.len();
        let [size, most] = [unpacked, MOST_UNPACKED].map(|size| figures::size(size as u64));
        (unpacked > MOST_UNPACKED)
            .then(|| format!("only here: the log unpacks up to {most}, and this is {size}"))
    }

    /// Toggles between showing only the value at this path and showing the whole messages of the
    /// channel.
    pub(crate) fn toggle_lens(&self, session: &mut Session, area: Rect) -> OrTold<Vec<Effect>> {
        let (channel, path) = self.selected_place(session, area)?;
        let is_too_long = self.reader.snapshot().size > MOST_THROUGH_LENS as u64
            || self.reader.bytes().len() > MOST_UNPACKED_THROUGH_LENS;
        Ok(session.toggle_lens(&channel, path, is_too_long))
    }

    /// Returns the channel of the message and the path of the selected value.
    pub(crate) fn selected_place(
        &self,
        session: &mut Session,
        area: Rect,
    ) -> OrTold<(Arc<[u8]>, Path)> {
        let Some(channel) = self.reader.snapshot().channel.clone() else {
            return Err(session.tell("a notice has no channel"));
        };
        if let Some(words) = self.too_large() {
            return Err(session.tell(words));
        }
        let path = self.selected_path(session, area)?;
        let parsed = Path::parse(&path);
        parsed
            .map(|path| (channel, path.clone()))
            .map_err(|wrong| session.tell_error(format!("{path}: {wrong}")))
    }

    /// Returns the path of the selected value.
    fn selected_path(&self, session: &mut Session, area: Rect) -> OrTold<String> {
        match self.with_value(area, |page, value| page.tree.path(value.id, page.bytes)) {
            None if self.bare_json().is_some() => Ok(".".to_owned()),
            None => Err(self.tell_no_value(session)),
            Some(None) => Err(session.tell_error(NO_PATH)),
            Some(Some(path)) => Ok(path),
        }
    }

    /// Returns the message if it is a bare JSON value that is shown as text, such as a number or a
    /// word.
    fn bare_json(&self) -> Option<&str> {
        let is_text = self.reader.decoded()?.tree.is_none();
        let bytes = self.reader.bytes().trim_ascii();
        str::from_utf8(bytes)
            .ok()
            .filter(|_| is_text && json::is_json(bytes))
    }

    /// Tells the user that no value is selected.
    fn tell_no_value(&self, session: &mut Session) -> Vec<Effect> {
        let decoded = self.reader.decoded();
        session.tell(if decoded.is_some_and(|decoded| decoded.tree.is_some()) {
            "only in the value tab · [ ] switch tabs"
        } else {
            "not structured data: no paths"
        })
    }
}

/// Returns a value as a literal of the query language, or `None` if no literal equals it.
fn literal(page: &Page<'_>, value: &Value<'_>) -> Option<String> {
    let has_literal = match value.kind {
        Kind::Null | Kind::Bool | Kind::Bytes => true,
        Kind::Number => json::is_json(value.text),
        Kind::String | Kind::Other => runs(value.text).all(|run| run != Run::Broken),
        Kind::Array | Kind::Object | Kind::Tag => false,
    };
    let written = has_literal.then(|| page.tree.to_json(value.id, page.bytes))?;
    String::from_utf8(written).ok()
}

/// Names a value that has no literal.
fn incomparable(value: &Value<'_>) -> String {
    match value.kind {
        Kind::Array => "an array".to_owned(),
        Kind::Object => "an object".to_owned(),
        Kind::Tag => "a tag".to_owned(),
        Kind::Number => String::from_utf8_lossy(value.text).into_owned(),
        _ => "non-UTF-8 text".to_owned(),
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

/// Returns the number of bytes that a value takes as written.
fn length_of(page: &Page<'_>, value: &Value<'_>) -> usize {
    let written = page.tree.source(value.id).map_or(0, |range| range.len());
    written.max(value.text.len())
}
