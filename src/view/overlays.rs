//! Draws what opens on top of the panes: the help, lists, the command palette, prompts and questions.

mod command_output;
mod formats;
mod help;
mod lists;
mod nodes;
mod palette;
mod query_box;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Widget as _, Wrap};
use unicode_width::UnicodeWidthStr as _;

use super::line::draw_words;
use super::{frame, text_box, theme};
use crate::app::{
    App, ExportPrompt, Input, LensPrompt, List, MAX_NAME_COLUMNS, Overlay, PasswordPrompt, Prompt,
    Question, RecordPrompt, Search, inside, padded, topic_words, uncounted_pattern, wrapped,
};
use crate::message::{SubscriptionKind, Topic};
use crate::payload::{escape, figures};
use crate::server::LoginAt;

/// The preferred width of the prompts for a file or a lens, in columns.
const EXPORT_COLUMNS: u16 = 70;

/// Draws an overlay. Returns the position of its caret if it has a text box.
pub(super) fn draw(app: &App, overlay: &Overlay, buffer: &mut Buffer) -> Option<Position> {
    let areas = app.areas();
    let accent = frame::accent(app);
    match overlay {
        Overlay::Help(help) => return help::draw(app, help, buffer),
        Overlay::Palette(palette) => return palette::draw(app, palette, buffer),
        Overlay::Output(output) => command_output::draw(app, output, areas.overlay, buffer),
        Overlay::Subscribe(prompt) => return subscribe(prompt, areas.overlay, accent, buffer),
        Overlay::Export(prompt) => return export(app, prompt, areas.overlay, buffer),
        Overlay::Record(prompt) => return record(app, prompt, areas.overlay, buffer),
        Overlay::Lens(prompt) => return lens(prompt, areas.overlay, accent, buffer),
        Overlay::Password(prompt) => return password(app, prompt, areas.overlay, buffer),
        Overlay::Query(query_box) => return query_box::draw(app, query_box, buffer),
        Overlay::List(List::Filters, view) => return lists::filters(app, view, buffer),
        Overlay::List(List::Breakpoints, view) => return lists::breakpoints(app, view, buffer),
        Overlay::List(List::Nodes, view) => return nodes::draw(app, view, buffer),
        Overlay::List(List::Formats, view) => return formats::draw(app, view, buffer),
        Overlay::SearchMessage(input) => return search_for(app, input, buffer),
        Overlay::Confirm(question) => confirm(app, question, areas.overlay, buffer),
    }
    None
}

/// Draws `prompt` and the text typed after it in the first line of the box at `place`. Returns the
/// position of the caret.
fn typed_line(input: &Input, prompt: &str, place: Rect, buffer: &mut Buffer) -> Option<Position> {
    let line = frame::first(padded(inside(place)), 1);
    draw_words(prompt, theme::STRONG, line, 0, buffer);
    let used = u16::try_from(prompt.width())
        .unwrap_or(u16::MAX)
        .min(line.width);
    let text = Rect {
        x: line.x + used,
        width: line.width - used,
        ..line
    };
    text_box::draw(input, text, buffer)
}

/// Draws the search that narrows the list in the box at `place`, if there is one. Returns the
/// position of the caret while the search is being typed, and the area below the search.
fn search_line(
    search: Option<&Search>,
    place: Rect,
    buffer: &mut Buffer,
) -> (Option<Position>, Rect) {
    let lines = inside(place);
    let Some(search) = search else {
        return (None, lines);
    };
    let caret = typed_line(&search.input, "/", place, buffer);
    (caret.filter(|_| search.is_typing), frame::below(lines, 1))
}

fn subscribe(
    prompt: &Prompt,
    area: Rect,
    accent: frame::Accent,
    buffer: &mut Buffer,
) -> Option<Position> {
    let place = frame::popup(area, (64, 2), accent, " Subscribe to ", buffer);
    let text = padded(inside(place));
    let caret = text_box::draw(&prompt.input, frame::first(text, 1), buffer);
    if text.height > 1 {
        let words = match (prompt.topic().kind, prompt.is_exact) {
            (SubscriptionKind::Pattern, _) => "pattern: all matching channels",
            (SubscriptionKind::Channel, true) => "exactly this channel; * ? and [ are literal",
            (SubscriptionKind::Channel, false) => "channel; with * ? or [, a pattern",
            (SubscriptionKind::Shard, true) => "exactly this sharded channel",
            (SubscriptionKind::Shard, false) => "sharded channel; with * ? or [, all that match",
            // Redis cannot list a sharded channel without subscribers.
            (SubscriptionKind::ShardPattern, _) => "all matching sharded channels with subscribers",
            (SubscriptionKind::Polled, _) => "all matching channels with subscribers",
            (SubscriptionKind::Sentinel, _) => "sentinel events",
        };
        draw_words(words, theme::QUIET, text, 1, buffer);
    }
    caret
}

/// What can be written as a lens.
const LENS_FORMS: &str = "paths (.id .user), or text with paths in braces ({.id} by {.user})";

fn lens(
    prompt: &LensPrompt,
    area: Rect,
    accent: frame::Accent,
    buffer: &mut Buffer,
) -> Option<Position> {
    let name = escape::name(&prompt.channel, MAX_NAME_COLUMNS).string;
    let title = format!(" Rows of {name} show ");
    let place = frame::popup(area, (EXPORT_COLUMNS, 2), accent, &title, buffer);
    let text = padded(inside(place));
    let caret = text_box::draw(&prompt.input, frame::first(text, 1), buffer);
    if text.height > 1 {
        let (words, style) = match prompt.lens() {
            Ok(Some(_)) => (LENS_FORMS.to_owned(), theme::QUIET),
            Ok(None) => ("whole messages".to_owned(), theme::QUIET),
            Err(wrong) => (wrong, theme::WATCH),
        };
        draw_words(&words, style, text, 1, buffer);
    }
    caret
}

fn export(app: &App, prompt: &ExportPrompt, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let rows = figures::counted(app.session().shown.len(), "row");
    let (words, style) = match (&prompt.refusal, prompt.format()) {
        (Some(refusal), _) => (escape::whole(refusal.as_bytes()), theme::BAD),
        (None, Ok(format)) => (format!("{rows} as {}", format.name()), theme::QUIET),
        (None, Err(how)) => (how, theme::QUIET),
    };
    let columns = usize::from(area.width.min(EXPORT_COLUMNS).saturating_sub(4));
    let lines = wrapped(&words, columns);
    let size = (EXPORT_COLUMNS, 1 + lines.len());
    let title = " Export the rows shown to ";
    let place = frame::popup(area, size, frame::accent(app), title, buffer);
    let text = padded(inside(place));
    let caret = text_box::draw(&prompt.input, frame::first(text, 1), buffer);
    for (row, line) in (1..text.height).zip(lines) {
        draw_words(line, style, text, row, buffer);
    }
    caret
}

fn record(app: &App, prompt: &RecordPrompt, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let scope = prompt.scope;
    let from = if scope.with_kept {
        "including the messages that are kept"
    } else {
        "from now on"
    };
    let what = if scope.is_filtered {
        "what the filter shows now"
    } else {
        "everything, whatever the filter shows"
    };
    let [from_key, what_key] =
        ["{toggle-kept}", "{toggle-filtered}"].map(|key| frame::keyed(app, key));
    let mut lines = vec![
        (format!("{from_key}  {from}"), theme::STRONG),
        (format!("{what_key}  {what}"), theme::STRONG),
    ];
    let columns = usize::from(area.width.min(EXPORT_COLUMNS).saturating_sub(4));
    let (words, style) = match &prompt.refusal {
        Some(refusal) => (escape::whole(refusal.as_bytes()), theme::BAD),
        None => (prompt.format().to_owned(), theme::QUIET),
    };
    let wrapped = wrapped(&words, columns).into_iter();
    lines.extend(wrapped.map(|line| (line.to_owned(), style)));
    let size = (EXPORT_COLUMNS, 1 + lines.len());
    let place = frame::popup(area, size, frame::accent(app), " Record to ", buffer);
    let text = padded(inside(place));
    let caret = text_box::draw(&prompt.input, frame::first(text, 1), buffer);
    for (row, (line, style)) in (1..text.height).zip(&lines) {
        draw_words(line, *style, text, row, buffer);
    }
    caret
}

/// Draws the prompt for a password: an asterisk for each character.
fn password(
    app: &App,
    prompt: &PasswordPrompt,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let title = match prompt.at {
        LoginAt::Servers => " Password ",
        LoginAt::Sentinels => " Password for the sentinels ",
    };
    let place = frame::popup(area, (EXPORT_COLUMNS, 3), frame::accent(app), title, buffer);
    let text = padded(inside(place));
    if text.is_empty() {
        return None;
    }
    let room = text.width.saturating_sub(1);
    let shown = u16::try_from(prompt.length()).unwrap_or(u16::MAX).min(room);
    let hidden = "*".repeat(usize::from(shown));
    draw_words(&hidden, theme::STRONG, text, 0, buffer);
    let address = format!("for {}", app.session().settings.address);
    let lines = [
        address.as_str(),
        "kept in memory only, until subscope quits",
    ];
    for (row, line) in (1..text.height).zip(lines) {
        draw_words(
            &escape::whole(line.as_bytes()),
            theme::QUIET,
            text,
            row,
            buffer,
        );
    }
    Some(Position::new(text.x + shown, text.y))
}

/// Draws the search box of the open message, over the message's last rows.
fn search_for(app: &App, input: &Input, buffer: &mut Buffer) -> Option<Position> {
    let message = app.areas().message;
    let above = message.height.saturating_sub(3);
    let place = frame::below(message, usize::from(above));
    let found = app.open().map_or(0, |open| open.reader.mark_count());
    let is_searching = app.open().is_some_and(|open| open.reader.is_searching());
    let right = match found {
        _ if input.is_empty() => String::new(),
        _ if is_searching => " searching … ".to_owned(),
        0 => " not found ".to_owned(),
        1 => " 1 match ".to_owned(),
        several => format!(" {several} matches "),
    };
    let title = " Find in the message ";
    let accent = frame::accent(app);
    frame::draw_over(place, Some(accent), title, (&right, theme::QUIET), buffer);
    text_box::draw(input, padded(inside(place)), buffer)
}

/// Returns the parts of the question whether to subscribe although Socket.IO counts subscribers.
fn counted(topic: &Topic) -> (&'static str, String, &'static str, &'static str) {
    let counts = format!(
        "Socket.IO counts {} as another server: its fetchSockets() and emitWithAck() will wait for an \
         answer that never comes",
        topic_words(topic)
    );
    let title = " Subscribe? ";
    if uncounted_pattern(topic).is_some() {
        (
            title,
            counts,
            "subscribe anyway",
            "use a pattern, which is not counted",
        )
    } else {
        let words = format!("{counts}; patterns do not match sharded channels");
        (title, words, "subscribe anyway", "cancel")
    }
}

/// Maximum number of exports that are named before quitting.
const MOST_NAMED: usize = 3;

fn confirm(app: &App, question: &Question, area: Rect, buffer: &mut Buffer) {
    let (title, question, yes, no) = match question {
        Question::Publish { warning } => (" Publish? ", warning.clone(), "publish", "cancel"),
        Question::Counted { topic } => counted(topic),
        Question::Replace { path, .. } => {
            let path = escape::whole(path.as_bytes());
            (
                " Replace? ",
                format!("{path} exists"),
                "replace it",
                "cancel",
            )
        }
        Question::Quit { kept, .. } => {
            let kept = figures::count(*kept);
            let words = format!("{kept} kept messages will be lost");
            (" Quit? ", words, "quit", "cancel")
        }
        Question::FinishExport { .. } => {
            let exporting = &app.session().exporting;
            let (words, back) = match &exporting[..] {
                [path] => {
                    let path = escape::whole(path.as_bytes());
                    let words = format!("finishing the export to {path}, then quitting");
                    (words, "stay · Ctrl-C abandon it")
                }
                paths => {
                    let named = paths.iter().take(MOST_NAMED);
                    let mut named: Vec<_> =
                        named.map(|path| escape::whole(path.as_bytes())).collect();
                    if paths.len() > MOST_NAMED {
                        named.push("…".to_owned());
                    }
                    let (count, named) = (paths.len(), named.join(", "));
                    let words = format!("finishing {count} exports, then quitting: {named}");
                    (words, "stay · Ctrl-C abandon them")
                }
            };
            (" Quitting ", words, "wait", back)
        }
    };
    let [confirm, back] = ["{confirm}", "{back}"].map(|key| frame::keyed(app, key));
    // A line holds less text than its width suggests, because text wraps between words.
    let room = usize::from(area.width.min(64).saturating_sub(10)).max(1);
    let size = (64, question.width().div_ceil(room) + 2);
    let place = frame::popup(area, size, frame::accent(app), title, buffer);
    let lines = vec![
        Line::styled(question, theme::WATCH),
        Line::default(),
        Line::raw(format!("{confirm} {yes} · {back} {no}")),
    ];
    Paragraph::new(lines)
        .wrap(Wrap { trim: true })
        .render(padded(inside(place)), buffer);
}
