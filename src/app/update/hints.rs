//! The hint line: which keys it names, and what they do at the moment.

use unicode_width::UnicodeWidthStr as _;

use super::App;
use crate::app::action::{
    Action, ChannelsAction, LogAction, MessageAction, PlotAction, PublishAction, QueryAction,
    RowAction, ScreenAction, SessionAction,
};
use crate::app::channel_list::Narrowing;
use crate::app::hints::{GAP, Hint, hints_in};
use crate::app::keymap::Context;
use crate::app::message_pane::reader::Form;
use crate::app::overlays::query_box::Purpose;
use crate::app::overlays::{List, Overlay};
use crate::app::session::scope::Scope;
use crate::app::settings::ListForm;
use crate::message::names::same;
use crate::payload::escape::whole;

/// An exception to the usual hint for an action: the action, whether the exception applies now, and
/// the hint to show instead, if any.
type Exception = (Action, bool, Option<&'static str>);

/// Actions that have no hint while the latest values are shown: these cannot be frozen, and what
/// concerns only the log or the subscriptions would take the room of what concerns the values.
const NOT_IN_LATEST: [Action; 4] = [
    Action::Session(SessionAction::ToggleFreeze),
    Action::Screen(ScreenAction::Breakpoints),
    Action::Log(LogAction::Find),
    Action::Row(RowAction::Unsubscribe),
];

/// The hint for the key that shows all channels again.
const ALL: &str = "all channels";

impl App {
    /// Returns the hints on the hint line, which start at its second column.
    pub fn hints(&self) -> Vec<Hint> {
        let columns = usize::from(self.areas().hints.width).saturating_sub(1);
        let exceptions = self.exceptions();
        let keymap = &self.session.settings.keymap;
        let find = self.session.find.as_ref().and_then(|_| self.hit_hint());
        let used = find.as_ref().map_or(0, |hint| hint.columns.end + GAP);
        let room = columns.saturating_sub(used);
        let context = self.context();
        let mut hints = hints_in(keymap, context, room, |binding| {
            let is_of_log = context == Context::Latest && NOT_IN_LATEST.contains(&binding.action);
            if is_of_log || self.lacks_server(binding.action) {
                return None;
            }
            let exception = exceptions
                .iter()
                .find(|(action, applies, _)| *applies && *action == binding.action);
            exception.map_or(binding.hint, |(.., hint)| *hint)
        });
        let end = hints.last().map_or(0, |hint| hint.columns.end + GAP);
        // The user knows the keys of their own commands best, so they get what is left.
        let own = self.own_commands(room.saturating_sub(end)).into_iter();
        hints.extend(own.map(|hint| hint.moved(end)));
        let hints = hints.into_iter().map(|hint| hint.moved(used));
        find.into_iter().chain(hints).collect()
    }

    /// Returns the keys of the user's own commands, as many as fit into `columns`.
    fn own_commands(&self, columns: usize) -> Vec<Hint> {
        let mut hints: Vec<Hint> = Vec::new();
        for (index, own) in self.session.settings.commands.iter().enumerate() {
            let Some(chord) = own.key else { continue };
            // Another command may have the same key on the current channel.
            let action = Action::Run(index);
            if self.command_for(chord) != Some(action) {
                continue;
            }
            let (key, words) = (chord.label(), whole(own.command.name.as_bytes()));
            let start = hints.last().map_or(0, |hint| hint.columns.end + GAP);
            let end = start + key.width() + 1 + words.width();
            if end <= columns {
                hints.push(Hint {
                    chord,
                    key,
                    words,
                    action,
                    columns: start..end,
                });
            }
        }
        hints
    }

    /// Returns the hint for the keys that go to the next and the previous match in the log: `n/N`.
    fn hit_hint(&self) -> Option<Hint> {
        let keymap = &self.session.settings.keymap;
        let key_of = |action| {
            let mut bindings = keymap.bindings_in(self.context());
            let binding = bindings.find(|binding| binding.action == Action::Log(action))?;
            binding.keys.first().copied()
        };
        let (next, previous) = (key_of(LogAction::NextHit)?, key_of(LogAction::PreviousHit)?);
        let (key, words) = (
            format!("{}/{}", next.label(), previous.label()),
            "match".to_owned(),
        );
        let columns = key.width() + 1 + words.len();
        Some(Hint {
            chord: next,
            key,
            words,
            action: Action::Log(LogAction::NextHit),
            columns: 0..columns,
        })
    }

    /// Returns what Enter does in the channel list.
    fn only_hint(&self) -> &'static str {
        let Some(target) = &self.channels().selected else {
            return "only this channel";
        };
        let only = self.session().filters.only.as_ref();
        match (target.scope(), only) {
            (Scope::Channel(name), Some(Scope::Channel(only))) if same(&name, only) => ALL,
            (Scope::Channel(_), _) => "only this channel",
            (scope, Some(only)) if scope == *only => ALL,
            (Scope::Pattern(_), _) => "only this pattern",
            (Scope::Branch(_), _) => "only this branch",
        }
    }

    /// Returns the exceptions. If several apply to an action, the first is used.
    #[rustfmt::skip] // One line per exception, so that it reads as a table.
    fn exceptions(&self) -> [Exception; 25] {
        let context = self.context();
        let branch = self.channels().selected_branch().map(|branch| branch.is_open);
        let is_tree = self.channels().form == ListForm::Tree;
        let has_list = !self.areas().channels.is_empty();
        let is_frozen = self.messages().is_frozen();
        let reader = self.open().map(|open| &open.reader);
        let no_values = reader.is_none_or(|reader| reader.form() != Form::Values);
        let no_match = reader.is_none_or(|reader| reader.mark_count() == 0);
        let reads_chart = context == Context::Chart && self.plot().cursor().is_some();
        let (edited, is_completing) = match self.overlay() {
            Some(Overlay::Query(query)) => (Some(query.purpose), query.completion.is_some()),
            _ => (None, false),
        };
        let takes_offer = self.offered().is_some() && !is_completing;
        let is_choice = matches!(self.overlay(), Some(Overlay::List(List::Formats, _)));
        let nothing_chosen = match self.overlay() {
            Some(Overlay::Palette(palette)) => palette.chosen().is_none(),
            Some(Overlay::List(List::Formats, _)) => self.selected_in_list().is_none(),
            _ => false,
        };
        let narrowing = self.channels().narrowing.as_deref();
        let narrowing = narrowing.filter(|_| context == Context::Narrow);
        let is_narrowed = narrowing.is_some_and(Narrowing::is_active);
        let no_channel = is_narrowed && self.channels().entries.is_empty();
        let no_filter = edited != Some(Purpose::Filter);
        // These queries have no effect while they are typed, so there is nothing to cancel.
        let is_kept = matches!(edited, Some(Purpose::ListedFilter(_) | Purpose::Breakpoint(_)));
        [
            // In the narrow form, the list has nothing to scroll.
            (Action::Screen(ScreenAction::ScrollRight), context == Context::Channels, None),
            // The channel list is already on the screen.
            (Action::Screen(ScreenAction::ShowList), has_list, None),
            (Action::Session(SessionAction::ToggleFreeze), is_frozen, Some("resume")),
            (Action::Channels(ChannelsAction::ToggleOnly), true, Some(self.only_hint())),
            (Action::Channels(ChannelsAction::ToggleTree), is_tree && context != Context::Messages, Some("flat")),
            (Action::Channels(ChannelsAction::Unfold), branch == Some(false), Some("unfold")),
            (Action::Channels(ChannelsAction::Fold), branch == Some(true), Some("fold")),
            (Action::Message(MessageAction::NextMatch), no_match, None),
            (Action::Message(MessageAction::Fold), no_values, None),
            (Action::Message(MessageAction::Unfold), no_values, None),
            (Action::Row(RowAction::FilterByValue), no_values, None),
            (Action::Row(RowAction::ToggleLens), no_values, None),
            (Action::Query(QueryAction::Accept), takes_offer, Some("accept")),
            (Action::Query(QueryAction::KeepFilter), no_filter, None),
            (Action::Plot(PlotAction::ToggleHistogram), context == Context::Plot, Some("plot")),
            (Action::Confirm, nothing_chosen || no_channel, None),
            (Action::Confirm, narrowing.is_some() && !is_narrowed, Some("close")),
            (Action::Confirm, is_choice, Some("choose")),
            (Action::Publish(PublishAction::ToggleDecoded), self.publish_box.editing.is_some(), Some("bytes")),
            // Without one, the key opens the box for the first.
            (Action::Screen(ScreenAction::Breakpoints), !self.session().breakpoints.list.is_empty(), Some("breakpoints")),
            (Action::Confirm, self.is_finishing_export(), Some("wait")),
            (Action::Back, self.is_finishing_export(), Some("stay")),
            (Action::Back, reads_chart, Some("hide cursor")),
            (Action::Back, is_kept, Some("leave")),
            (Action::Quit, self.closes_a_pane(), Some("close")),
        ]
    }
}
