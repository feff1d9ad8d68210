//! The publish box: the channel in its title, the message below.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr as _;

use super::line::LineBuilder;
use super::{frame, text_box, theme, timeline};
use crate::app::{Answer, App, Context, Focus, inside, padded};
use crate::payload::ranges::Ranges;
use crate::payload::{escape, figures};

/// The title before the channel's name.
const TITLE: &str = " Publish to ";

/// Maximum number of completions listed at once.
const MAX_CANDIDATES: usize = 8;

/// Columns reserved for a channel name while it is typed.
const MIN_NAME: usize = 20;

/// Draws the box. Returns the position of its caret if the box has the focus.
pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    if area.is_empty() {
        return None;
    }
    if !app.focus().is_in_box() {
        draw_idle(app, area, buffer);
        return None;
    }
    let (mut answer, style) = answer_words(app, usize::from(area.width) / 2);
    let columns = usize::from(area.width).saturating_sub(TITLE.width() + 6);
    // While a channel name is typed, it has priority over the result of the last message.
    let is_naming = app.focus() == Focus::PublishChannel;
    if is_naming && columns < answer.width() + MIN_NAME {
        answer.clear();
    }
    let room = columns.saturating_sub(answer.width());
    let name = escape::name(&app.publish().channel_name(), room.max(8));
    let title = if is_naming {
        format!("{TITLE}{} ", " ".repeat(room))
    } else {
        format!("{TITLE}{} ", name.string)
    };
    let accent = Some(frame::accent(app));
    frame::draw(area, accent, &title, (&answer, style), buffer);
    let mut caret = None;
    if is_naming {
        let x = area.x + 1 + u16::try_from(TITLE.width()).unwrap_or(0);
        let field = Rect::new(x, area.y, u16::try_from(room).unwrap_or(u16::MAX), 1);
        caret = text_box::draw(&app.publish().channel, field.intersection(area), buffer);
    }
    let text = padded(inside(area));
    let payload = text_box::draw(&app.publish().payload, text, buffer);
    if is_naming { caret } else { payload }
}

/// Draws the box as a single line while it does not have the focus: the draft, if there is one, and
/// the result of the last message.
fn draw_idle(app: &App, area: Rect, buffer: &mut Buffer) {
    if app.session().opened().is_some() {
        return timeline::draw(app, area, buffer);
    }
    let mut line = LineBuilder::padded(usize::from(area.width));
    let (answer, style) = answer_words(app, usize::from(area.width) / 2);
    let mut text = LineBuilder::new(line.left().saturating_sub(answer.width()));
    if app.publish().payload.is_empty() {
        let hint = if app.session().settings.read_only {
            "read-only: publishing is off".to_owned()
        } else {
            frame::keyed_in(
                app,
                Context::Messages,
                "press {publish} to publish a message",
            )
        };
        text.word("Publish  ", theme::STRONG);
        text.cut_words(&hint, theme::QUIET);
    } else {
        text.word(TITLE.trim_start(), theme::STRONG);
        let name = escape::name(&app.publish().channel_name(), text.left() / 2);
        text.text(name, theme::STRONG);
        text.word("  ", theme::QUIET);
        let lines = app.publish().payload.lines();
        let first = lines.first().map_or("", String::as_str);
        text.cut_bytes(first.as_bytes(), Ranges::default(), Style::new());
        if lines.len() > 1 {
            let more = figures::counted(lines.len() as u64 - 1, "more line");
            text.word(format!("  {more}"), theme::QUIET);
        }
    }
    line.append(text);
    line.word_at_end(answer.trim_end(), style);
    line.draw(area, 0, Style::new(), buffer);
}

/// Draws the completions that Tab cycles through, above the box.
pub(super) fn draw_candidates(app: &App, buffer: &mut Buffer) {
    let areas = app.areas();
    let Some((names, at)) = app.publish().candidates() else {
        return;
    };
    if app.focus() != Focus::PublishChannel {
        return;
    }
    let rows = names.len().min(MAX_CANDIDATES);
    let top = (at + 1).saturating_sub(rows);
    let columns = usize::from(areas.publish.width);
    let shown = |name: &String| escape::name(name.as_bytes(), columns);
    let listed = names[top..top + rows].iter();
    let widest = listed.map(|name| shown(name).columns).max().unwrap_or(0);
    let width = u16::try_from(widest + 4).unwrap_or(u16::MAX).max(24);
    let height = u16::try_from(rows + 2).unwrap_or(u16::MAX);
    let above = Rect {
        y: areas.publish.y.saturating_sub(height),
        height: height.min(areas.publish.y),
        width: width.min(areas.publish.width),
        ..areas.publish
    };
    if above.height < 3 {
        return;
    }
    let next = frame::keyed_in(app, Context::PublishChannel, "{complete} next");
    let title = format!(" {} of {} · {next} ", at + 1, names.len());
    let accent = Some(frame::accent(app));
    frame::draw_over(above, accent, &title, frame::NO_TITLE, buffer);
    let place = inside(above);
    let line = |index: usize| {
        let mut line = LineBuilder::new(usize::from(place.width));
        line.space(1);
        line.words(&shown(&names[index]).string, Style::new());
        line
    };
    frame::list(place, at, names.len(), line, buffer);
}

/// Describes the result of the last message, and how the text is read.
fn answer_words(app: &App, columns: usize) -> (String, Style) {
    let is_sharded = app.publish().publishes_sharded(app.session());
    let sharded = if is_sharded { "sharded" } else { "" };
    let form = match &app.publish().editing {
        Some(editing) => escape::words(&editing.words(), columns).string,
        None if app.publish().escapes => r"\n \xff are escapes".to_owned(),
        None => String::new(),
    };
    let (words, style) = match &app.publish().answer {
        Answer::None => (String::new(), theme::QUIET),
        Answer::Waiting { .. } => ("publishing …".to_owned(), theme::WATCH),
        Answer::Received { count, at } => {
            // No receivers usually means a mistyped channel, so it stands out.
            let (who, style) = match u64::try_from(*count).unwrap_or(0) {
                0 => ("no receivers".to_owned(), theme::WATCH),
                1 => ("1 receiver".to_owned(), theme::GOOD),
                count => (format!("{} receivers", figures::count(count)), theme::GOOD),
            };
            let place = at.as_ref().map(|at| format!(" at {at}"));
            let words = format!("last publish: {who}{}", place.unwrap_or_default());
            (escape::words(&words, columns).string, style)
        }
        Answer::Failed(why) => {
            let words = escape::words(why, columns.saturating_sub(1));
            let rest = if words.cut { "…" } else { "" };
            (format!("{}{rest}", words.string), theme::BAD)
        }
    };
    let mut parts = vec![sharded, &form, &words];
    parts.retain(|part| !part.is_empty());
    let title = match &parts[..] {
        [] => String::new(),
        parts => format!(" {} ", parts.join(" · ")),
    };
    (title, style)
}
