//! The overlays over the panes: the help, a list, a prompt, a question.

mod command_output;
mod formats;
mod lists;
mod nodes;
mod query_box;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Widget as _, Wrap};
use unicode_width::UnicodeWidthStr as _;

use super::line::{LineBuilder, draw_words};
use super::{frame, text_box, theme};
use crate::app::{
    App, Chord, ExportPrompt, HelpLine, Input, List, Overlay, Prompt, Question, help_lines, inside,
    padded, wrapped,
};
use crate::message::SubscriptionKind;
use crate::payload::{escape, figures};

/// The preferred width of the prompt for a file to export to.
const EXPORT_COLUMNS: u16 = 70;

/// Columns of the keys in the help.
const KEY_COLUMNS: usize = 18;

/// Draws an overlay. Returns the position of its caret if it has a text box.
pub(super) fn draw(app: &App, overlay: &Overlay, buffer: &mut Buffer) -> Option<Position> {
    let areas = app.areas();
    let accent = frame::accent(app);
    match overlay {
        Overlay::Help { top, .. } => help(app, *top, areas.overlay, buffer),
        Overlay::Output(output) => command_output::draw(app, output, areas.overlay, buffer),
        Overlay::Subscribe(prompt) => return subscribe(prompt, areas.overlay, accent, buffer),
        Overlay::Export(prompt) => return export(app, prompt, areas.overlay, buffer),
        Overlay::Query(query_box) => return query_box::draw(app, query_box, buffer),
        Overlay::List(List::Filters, line) => lists::filters(app, *line, areas.overlay, buffer),
        Overlay::List(List::Breakpoints, line) => {
            lists::breakpoints(app, *line, areas.overlay, buffer);
        }
        Overlay::List(List::Nodes, line) => nodes::draw(app, *line, areas.overlay, buffer),
        Overlay::List(List::Formats, line) => formats::draw(app, *line, areas.overlay, buffer),
        Overlay::SearchMessage(input) => return search_for(app, input, buffer),
        Overlay::Confirm(question) => confirm(app, question, areas.overlay, buffer),
    }
    None
}

fn help(app: &App, top: usize, area: Rect, buffer: &mut Buffer) {
    let (settings, accent) = (&app.session().settings, frame::accent(app));
    frame::draw_over(area, Some(accent), " Keys ", frame::NO_TITLE, buffer);
    let lines = inside(area);
    for (row, content) in (0..lines.height).zip(help_lines(settings).skip(top)) {
        let mut line = LineBuilder::new(usize::from(lines.width));
        line.space(1);
        match content {
            HelpLine::Blank => {}
            HelpLine::Heading(words) => line.words(words, theme::STRONG),
            HelpLine::Note(words) => line.cut_words(words, Style::new()),
            HelpLine::Command(own) => {
                let key = own.key.map(Chord::label).unwrap_or_default();
                line.word(format!("  {key:<KEY_COLUMNS$}"), theme::FOCUS);
                line.cut_words(&own.command.name, Style::new());
            }
            HelpLine::Key(binding) => {
                let keys: Vec<String> = binding.keys.iter().map(|key| key.label()).collect();
                line.word(format!("  {:<KEY_COLUMNS$}", keys.join(" ")), theme::FOCUS);
                line.cut_words(&binding.help, Style::new());
            }
        }
        line.draw(lines, row, Style::new(), buffer);
    }
    let total = help_lines(settings).count();
    frame::scroll_bar(area, top, usize::from(lines.height), total, buffer);
}

fn subscribe(prompt: &Prompt, area: Rect, accent: Style, buffer: &mut Buffer) -> Option<Position> {
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
            (SubscriptionKind::Sentinel, _) => "sentinel events",
        };
        draw_words(words, theme::QUIET, text, 1, buffer);
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
    let title = " Export what is shown to ";
    let place = frame::popup(area, size, frame::accent(app), title, buffer);
    let text = padded(inside(place));
    let caret = text_box::draw(&prompt.input, frame::first(text, 1), buffer);
    for (row, line) in (1..text.height).zip(lines) {
        draw_words(line, style, text, row, buffer);
    }
    caret
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

fn confirm(app: &App, question: &Question, area: Rect, buffer: &mut Buffer) {
    let (title, question, yes) = match question {
        Question::Publish { warning } => (" Publish? ", warning.clone(), "publish"),
        Question::Replace { path } => {
            let path = escape::whole(path.as_bytes());
            (" Replace? ", format!("{path} exists"), "replace it")
        }
        Question::Quit { kept } => {
            let kept = figures::count(*kept);
            let words = format!("{kept} kept messages will be lost");
            (" Quit? ", words, "quit")
        }
    };
    // A line fits less text than its width, because text wraps between words.
    let room = usize::from(area.width.min(64).saturating_sub(10)).max(1);
    let size = (64, question.width().div_ceil(room) + 2);
    let place = frame::popup(area, size, frame::accent(app), title, buffer);
    let lines = vec![
        Line::styled(question, theme::WATCH),
        Line::default(),
        Line::raw(format!("y {yes} · n cancel")),
    ];
    Paragraph::new(lines)
        .wrap(Wrap { trim: true })
        .render(padded(inside(place)), buffer);
}
