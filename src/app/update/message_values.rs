//! What the user does with the values of the open message.

use std::sync::Arc;

use crate::app::App;
use crate::app::action::MessageAction;
use crate::app::effect::Effect;
use crate::app::message_pane::reader::{Outline, Page};
use crate::app::session::clipboard::MOST_COPIED;
use crate::payload::format::Format;
use crate::payload::json::text::{Run, runs};
use crate::payload::lookup::MOST_UNPACKED;
use crate::payload::tree::{Kind, NodeId, Value};
use crate::payload::{figures, json};
use crate::query::{Path, Query};

/// Why a value has no path.
const NO_PATH: &str =
    "no path to this value: a key is not plain text, or a later one has the same name";

impl App {
    /// Executes `action` on the open message.
    pub(crate) fn act_in_message(&mut self, action: MessageAction) -> Vec<Effect> {
        match action {
            MessageAction::Close => self.close_message(),
            MessageAction::NextMatch => return self.go_to_match(true),
            MessageAction::PreviousMatch => return self.go_to_match(false),
            MessageAction::Fold => self.fold(Outline::fold),
            MessageAction::Unfold => self.fold(Outline::unfold),
            MessageAction::ToggleFold => self.fold(Outline::toggle),
            MessageAction::OpenAll => self.fold(Outline::open_all),
            MessageAction::CloseAll => self.fold(Outline::close_all),
            MessageAction::NextTab => return self.show_tab(|tab| tab.further(1)),
            MessageAction::PreviousTab => return self.show_tab(|tab| tab.further(-1)),
            MessageAction::Older => return self.open_beside(-1),
            MessageAction::Newer => return self.open_beside(1),
        }
        Vec::new()
    }

    /// Calls `use_it` with the selected value and the page it is on. Returns `None` if there is
    /// none.
    pub(crate) fn with_value<T>(
        &self,
        use_it: impl FnOnce(&Page<'_>, &Value<'_>) -> T,
    ) -> Option<T> {
        let reader = &self.open.as_ref()?.reader;
        let page = reader.page(self.room())?;
        let value = page.value(reader.outline().cursor())?;
        Some(use_it(&page, &value))
    }

    /// Copies the selected value: the contents of a string, and other values as they were written
    /// if the message is text, or else as JSON or in hex. If the message has no values, copies the
    /// payload.
    pub(crate) fn copy_value(&mut self) -> Vec<Effect> {
        let is_json = self.is_json();
        let copied = self.with_value(|page, value| match length_of(page, value) {
            length if length > MOST_COPIED => Err(length),
            _ => Ok((page.tree.copy_text(value.id, page.bytes), value.kind)),
        });
        match copied {
            Some(Ok((bytes, kind))) => self
                .session
                .hand_over(bytes.into(), copied_words(kind, is_json)),
            Some(Err(length)) => self.session.tell_too_long(length),
            None => self.copy_payload(),
        }
    }

    /// Returns whether the open message, unpacked, is JSON.
    fn is_json(&self) -> bool {
        let decoded = self.open.as_ref().and_then(|open| open.reader.decoded());
        decoded.is_some_and(|decoded| matches!(decoded.format, Format::Json | Format::JsonLines))
    }

    /// Copies the whole message as JSON.
    pub(crate) fn copy_whole(&mut self) -> Vec<Effect> {
        let length = self
            .open
            .as_ref()
            .map_or(0, |open| open.reader.bytes().len());
        if length > MOST_COPIED {
            return self.session.tell_too_long(length);
        }
        let json = self.open.as_ref().and_then(|open| {
            let tree = open.reader.decoded()?.tree.as_ref()?;
            Some(tree.to_json(NodeId::default(), open.reader.bytes()))
        });
        match json {
            Some(json) => self.session.hand_over(json.into(), "the message as JSON"),
            None => self
                .session
                .tell("not structured data · y copies it as received"),
        }
    }

    pub(crate) fn copy_path(&mut self) -> Vec<Effect> {
        match self.path_here() {
            Ok(path) => {
                let words = format!("the path {path}");
                self.session.hand_over(path.into_bytes().into(), &words)
            }
            Err(told) => told,
        }
    }

    /// Filters the log by the selected value at its path.
    pub(crate) fn filter_by_value(&mut self) -> Vec<Effect> {
        if let Some(words) = self.too_large() {
            return self.session.tell(words);
        }
        let path = match self.path_here() {
            Ok(path) => path,
            Err(told) => return told,
        };
        let compared =
            self.with_value(|page, value| literal(page, value).ok_or_else(|| incomparable(value)));
        let compared = compared.or_else(|| Some(Ok(self.bare_json()?.to_owned())));
        let (text, why) = match compared {
            Some(Ok(literal)) => (format!("{path} == {literal}"), String::new()),
            Some(Err(what)) => (
                format!("has({path})"),
                format!(", because {what} cannot be compared with =="),
            ),
            None => return self.tell_no_value(),
        };
        match Query::parse(&text, &self.session.moment()) {
            Ok(query) => {
                let typed = self.session.filters.typed.clone();
                let both = Query::all(typed.into_iter().chain([query]));
                let mut effects = self.session.filter_by(Some(both));
                effects.extend(self.session.tell(format!(
                    "filtered by {text}{why} · Esc in the log clears it"
                )));
                effects
            }
            Err(wrong) => self.session.tell_error(format!("{text}: {wrong}")),
        }
    }

    /// Returns why queries and the log cannot see the values of the open message, if they cannot:
    /// it was packed and is larger than they unpack.
    fn too_large(&self) -> Option<String> {
        let decoded = self.open.as_ref()?.reader.decoded()?;
        let unpacked = decoded.unwrapped.as_ref()?.len();
        let [size, most] = [unpacked, MOST_UNPACKED].map(|size| figures::size(size as u64));
        (unpacked > MOST_UNPACKED)
            .then(|| format!("only here: the log unpacks up to {most}, and this is {size}"))
    }

    /// Toggles between showing only the value at this path and showing the whole messages of the
    /// channel.
    pub(crate) fn toggle_lens(&mut self) -> Vec<Effect> {
        match self.place() {
            Ok((channel, path)) => self.look_through(&channel, path),
            Err(told) => told,
        }
    }

    /// Returns the channel of the open message and the path of the selected value.
    pub(crate) fn place(&mut self) -> Result<(Arc<[u8]>, Path), Vec<Effect>> {
        let Some(channel) = self.current_channel() else {
            return Err(self.session.tell("a notice has no channel"));
        };
        if let Some(words) = self.too_large() {
            return Err(self.session.tell(words));
        }
        let path = self.path_here()?;
        let parsed = Path::parse(&path);
        parsed
            .map(|path| (channel, path.clone()))
            .map_err(|wrong| self.session.tell_error(format!("{path}: {wrong}")))
    }

    /// Returns the path of the selected value.
    fn path_here(&mut self) -> Result<String, Vec<Effect>> {
        match self.with_value(|page, value| page.tree.path(value.id, page.bytes)) {
            None if self.bare_json().is_some() => Ok(".".to_owned()),
            None => Err(self.tell_no_value()),
            Some(None) => Err(self.session.tell_error(NO_PATH)),
            Some(Some(path)) => Ok(path),
        }
    }

    /// Returns the message if it is a bare JSON value that is shown as text, such as a number or a
    /// word.
    fn bare_json(&self) -> Option<&str> {
        let reader = &self.open.as_ref()?.reader;
        let is_text = reader.decoded()?.tree.is_none();
        let bytes = reader.bytes().trim_ascii();
        str::from_utf8(bytes)
            .ok()
            .filter(|_| is_text && json::is_json(bytes))
    }

    /// Tells the user that no value is selected.
    fn tell_no_value(&mut self) -> Vec<Effect> {
        let decoded = self.open.as_ref().and_then(|open| open.reader.decoded());
        self.session
            .tell(if decoded.is_some_and(|decoded| decoded.tree.is_some()) {
                "only in the value tab · [ ] switch tabs"
            } else {
                "not structured data: no paths"
            })
    }

    pub(crate) fn toggle_sequence_here(&mut self) -> Vec<Effect> {
        match self.place() {
            Ok((channel, path)) => self.toggle_sequence(&channel, path),
            Err(told) => told,
        }
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
