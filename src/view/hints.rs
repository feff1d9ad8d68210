//! The hint line: the most useful keys in the current context.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::line::LineBuilder;
use super::theme;
use crate::app::{
    Action, App, Binding, ChannelsAction, Context, Form, Keymap, LogAction, MessageAction, Overlay,
    PlotAction, Position, Purpose, QueryAction, RowAction, ScreenAction, SessionAction,
};
use crate::payload::escape::whole;

/// A hint that replaces the binding's own: the action, whether the exception applies now, and the
/// hint, if any.
type Exception = (Action, bool, Option<&'static str>);

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let mut line = LineBuilder::new(usize::from(area.width));
    line.space(1);
    if app.session().find.is_some()
        && let Some(keys) = hit_keys(&app.session().settings.keymap, app.context())
    {
        hint_words(&mut line, keys, "match");
    }
    let exceptions = exceptions(app);
    let keymap = &app.session().settings.keymap;
    keys(&mut line, keymap, app.context(), |binding| {
        let exception = exceptions
            .iter()
            .find(|(action, applies, _)| *applies && *action == binding.action);
        exception.map_or(binding.hint, |(.., hint)| *hint)
    });
    own_commands(app, &mut line);
    line.draw(area, 0, Style::new(), buffer);
}

/// Returns the keys that go to the next and the previous match in the log: `n/N`.
fn hit_keys(keymap: &Keymap, context: Context) -> Option<String> {
    let key_of = |action| {
        let mut bindings = keymap.bindings_in(context);
        let binding = bindings.find(|binding| binding.action == Action::Log(action))?;
        Some(binding.keys.first()?.label())
    };
    let (next, previous) = (key_of(LogAction::NextHit)?, key_of(LogAction::PreviousHit)?);
    Some(format!("{next}/{previous}"))
}

/// Adds the keys of the user's own commands that fit.
fn own_commands(app: &App, line: &mut LineBuilder) {
    let commands = app.session().settings.commands.iter();
    for own in commands.filter(|_| app.context().runs_commands()) {
        let Some(key) = own.key else { continue };
        let (key, name) = (key.label(), whole(own.command.name.as_bytes()));
        if columns_of((key.clone(), &name)) <= line.left() {
            hint_words(line, key, &name);
        }
    }
}

/// Returns the exceptions. If several apply, the first is used.
#[rustfmt::skip] // One line per exception, so that it reads as a table.
fn exceptions(app: &App) -> [Exception; 14] {
    let context = app.context();
    let has_list = !app.areas().channels.is_empty();
    let is_frozen = app.messages().position != Position::Following;
    let reader = app.open().map(|open| &open.reader);
    let no_values = reader.is_none_or(|reader| reader.form() != Form::Values);
    let no_match = reader.is_none_or(|reader| reader.mark_count() == 0);
    let reads_chart = context == Context::Chart && app.plot().cursor().is_some();
    let (edited, is_completing) = match app.overlay() {
        Some(Overlay::Query(query_box)) => {
            (Some(query_box.purpose), query_box.completion.is_some())
        }
        _ => (None, false),
    };
    let takes_offer = app.offered().is_some() && !is_completing;
    let no_filter = edited != Some(Purpose::Filter);
    // These queries have no effect while they are typed, so there is nothing to cancel.
    let is_kept = matches!(edited, Some(Purpose::ListedFilter(_) | Purpose::Breakpoint(_)));
    [
        // The latest values cannot be frozen.
        (Action::Session(SessionAction::ToggleFreeze), context == Context::Latest, None),
        // The list is on the screen already.
        (Action::Screen(ScreenAction::ShowList), has_list, None),
        (Action::Session(SessionAction::ToggleFreeze), is_frozen, Some("resume")),
        (Action::Channels(ChannelsAction::ToggleOnly), app.session().filters.only.is_some(), Some("all channels")),
        (Action::Message(MessageAction::NextMatch), no_match, None),
        (Action::Message(MessageAction::Fold), no_values, None),
        (Action::Message(MessageAction::Unfold), no_values, None),
        (Action::Row(RowAction::FilterByValue), no_values, None),
        (Action::Row(RowAction::ToggleLens), no_values, None),
        (Action::Query(QueryAction::Complete), takes_offer, Some("accept")),
        (Action::Query(QueryAction::KeepFilter), no_filter, None),
        (Action::Plot(PlotAction::ToggleHistogram), context == Context::Plot, Some("plot")),
        (Action::Back, reads_chart, Some("hide cursor")),
        (Action::Back, is_kept, Some("leave")),
    ]
}

/// Adds the keys of `context` that fit, each with its word from `hint`. The keys for help and for
/// leaving have priority.
pub(super) fn keys(
    line: &mut LineBuilder,
    keymap: &Keymap,
    context: Context,
    hint: impl Fn(&Binding) -> Option<&'static str>,
) {
    let leaving = [
        Action::Screen(ScreenAction::Help),
        Action::Quit,
        Action::Back,
    ];
    let (leave, others): (Vec<&Binding>, Vec<&Binding>) = keymap
        .bindings_in(context)
        .partition(|binding| leaving.contains(&binding.action));
    let words = |binding: &&Binding| Some((binding.keys.first()?.label(), hint(binding)?));
    let kept: usize = leave.iter().filter_map(&words).map(columns_of).sum();
    for (key, hint) in others.iter().filter_map(&words) {
        if columns_of((key.clone(), hint)) + kept <= line.left() {
            hint_words(line, key, hint);
        }
    }
    for (key, hint) in leave.iter().filter_map(&words) {
        hint_words(line, key, hint);
    }
}

fn columns_of((key, hint): (String, &str)) -> usize {
    key.chars().count() + 1 + hint.chars().count() + 2
}

fn hint_words(line: &mut LineBuilder, key: String, hint: &str) {
    line.word(key, theme::STRONG);
    line.word(format!(" {hint}  "), theme::QUIET);
}
