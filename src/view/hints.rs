//! The hint line: the most useful keys in the current context.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::line::LineBuilder;
use super::theme;
use crate::app::{Action, App, Binding, Context, Form, Overlay, Position, Purpose, bindings_in};

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let mut line = LineBuilder::new(usize::from(area.width));
    line.space(1);
    keys(&mut line, app.context(), |binding| {
        Some(match binding.action {
            // The latest values cannot be frozen.
            Action::ToggleFreeze if app.context() == Context::Latest => return None,
            Action::ToggleFreeze if app.messages().position() != Position::Following => "resume",
            Action::ToggleOnly if app.only().is_some() => "all channels",
            Action::NextHit if app.context() == Context::Message && has_no_match(app) => {
                return None;
            }
            Action::Fold | Action::Unfold | Action::FilterByValue | Action::ToggleLens
                if app.context() == Context::Message && !shows_values(app) =>
            {
                return None;
            }
            Action::TakeOffer if app.offered().is_none() => return None,
            Action::KeepFilter if written_for(app) != Some(Purpose::Filter) => return None,
            Action::ToggleHistogram if app.context() == Context::Plot => "plot",
            Action::Back if app.context() == Context::Chart && app.plot().cursor().is_some() => {
                "go on"
            }
            Action::Back if is_kept_by_leaving(app) => "leave",
            _ => binding.hint?,
        })
    });
    line.draw(area, 0, Style::new(), buffer);
}

/// Adds the keys of `context`, each with its word from `hint`, as far as they fit. The keys for
/// help and for leaving have priority.
pub(super) fn keys(
    line: &mut LineBuilder,
    context: Context,
    hint: impl Fn(&'static Binding) -> Option<&'static str>,
) {
    let (leave, others): (Vec<&Binding>, Vec<&Binding>) = bindings_in(context)
        .partition(|binding| matches!(binding.action, Action::Help | Action::Quit | Action::Back));
    let words = |binding: &&'static Binding| Some((binding.keys.first()?.label(), hint(binding)?));
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

/// Returns the purpose of the query box, if one is open.
fn written_for(app: &App) -> Option<Purpose> {
    match app.overlay() {
        Some(Overlay::Query(query_box)) => Some(query_box.purpose),
        _ => None,
    }
}

/// Returns whether nothing is marked in the open message.
fn has_no_match(app: &App) -> bool {
    app.open().is_none_or(|open| open.reader.mark_count() == 0)
}

/// Returns whether the open message is shown as a tree of values, which these keys act on.
fn shows_values(app: &App) -> bool {
    app.open()
        .is_some_and(|open| open.reader.form() == Form::Values)
}

/// Returns whether leaving the query box changes nothing. Otherwise leaving it ends the filter or
/// the search.
fn is_kept_by_leaving(app: &App) -> bool {
    matches!(
        written_for(app),
        Some(Purpose::ListedFilter(_) | Purpose::Breakpoint(_))
    )
}

fn columns_of((key, hint): (String, &str)) -> usize {
    key.chars().count() + 1 + hint.chars().count() + 2
}

fn hint_words(line: &mut LineBuilder, key: String, hint: &str) {
    line.word(key, theme::STRONG);
    line.word(format!(" {hint}  "), theme::QUIET);
}
