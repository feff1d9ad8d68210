//! The table of servers.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr as _;

use super::lists::NO_MATCH;
use crate::app::{App, List, ListView, NodeStatus, padded};
use crate::payload::escape::whole;
use crate::payload::figures;
use crate::payload::ranges::Ranges;
use crate::server::{Connection, Health, NodeFacts, Role};
use crate::view::line::{LineBuilder, draw_words};
use crate::view::{frame, theme};

/// Total width of the border and the padding inside it, in columns.
const AROUND: u16 = 4;

/// Spaces between two columns.
const GAP: usize = 2;

/// How many slot ranges to try to show, in this order.
const RANGES: [usize; 5] = [8, 4, 2, 1, 0];

/// The columns: the heading, the weight, and whether the cells are right-aligned. If not all
/// columns fit, those with the lowest weight are left out.
const ALL_COLUMNS: [(&str, u8, bool); 7] = [
    ("server", 9, false),
    ("role", 7, false),
    ("state", 8, false),
    ("slots", 4, false),
    ("subscriptions", 5, true),
    ("rate", 6, true),
    ("round trip", 6, true),
];

/// A column with its cells.
struct Column {
    heading: &'static str,
    is_right: bool,
    cells: Vec<(String, Style)>,
    weight: u8,
}

/// Draws the table. Returns the position of the caret while a search is typed.
pub(super) fn draw(app: &App, view: &ListView, buffer: &mut Buffer) -> Option<Position> {
    let area = app.areas().overlay;
    let nodes: Vec<&NodeStatus> = app.session().server.nodes.by_id.values().collect();
    let room = usize::from(area.width.saturating_sub(AROUND));
    let columns = fitting(app, &nodes, room);
    let needed = u16::try_from(width(&columns)).unwrap_or(u16::MAX);
    let search = usize::from(view.search.is_some());
    let columns_wanted = needed.saturating_add(AROUND).max(List::Nodes.columns());
    let size = (columns_wanted, nodes.len() + 1 + search);
    let place = frame::popup(area, size, frame::accent(app), " Servers ", buffer);
    let (caret, lines) = super::search_line(view.search.as_ref(), place, buffer);
    let text = padded(lines);
    let heading = |column: &Column| (column.heading.to_owned(), theme::QUIET);
    row(&columns, text, &[], heading).draw(text, 0, Style::new(), buffer);
    let listed = app.listed(List::Nodes, view);
    let top = listed.partition_point(|node| node.index < view.line);
    for (line, node) in (1..text.height).zip(&listed[top..]) {
        let cell = |column: &Column| column.cells[node.index].clone();
        row(&columns, text, &node.marks, cell).draw(text, line, Style::new(), buffer);
    }
    if listed.is_empty() {
        draw_words(&frame::keyed(app, NO_MATCH), theme::QUIET, text, 1, buffer);
    }
    let shown = usize::from(text.height.saturating_sub(1));
    frame::scroll_bar(place, top, shown, listed.len(), buffer);
    caret
}

impl Column {
    fn width(&self) -> usize {
        let cells = self.cells.iter().map(|(words, _)| words.width());
        cells.chain([self.heading.width()]).max().unwrap_or(0)
    }
}

/// Builds a line from the text and style that `content` returns for each column. `marks` are the
/// matches in the first column, which names the server.
fn row(
    columns: &[Column],
    area: Rect,
    marks: &[Range<usize>],
    content: impl Fn(&Column) -> (String, Style),
) -> LineBuilder {
    let mut line = LineBuilder::new(usize::from(area.width));
    for (index, column) in columns.iter().enumerate() {
        let (words, style) = content(column);
        let pad = column.width().saturating_sub(words.width());
        let (before, after) = if column.is_right { (pad, 0) } else { (0, pad) };
        line.space(before);
        let marks = if index == 0 { marks } else { &[] };
        line.cut_bytes(words.as_bytes(), Ranges::of(marks), style);
        if index + 1 < columns.len() {
            line.space(GAP + after);
        }
    }
    line
}

/// Returns the total width of the columns.
fn width(columns: &[Column]) -> usize {
    let gaps = columns.len().saturating_sub(1) * GAP;
    columns.iter().map(Column::width).sum::<usize>() + gaps
}

/// Returns the columns that fit, in order. They show as many slot ranges as there is room for;
/// columns are left out only if they do not all fit even without ranges.
fn fitting(app: &App, nodes: &[&NodeStatus], room: usize) -> Vec<Column> {
    for most in RANGES {
        let columns = columns(app, nodes, most);
        if width(&columns) <= room {
            return columns;
        }
    }
    let mut columns = columns(app, nodes, 0);
    while width(&columns) > room && columns.len() > 1 {
        let lightest = (0..columns.len()).min_by_key(|index| columns[*index].weight);
        columns.remove(lightest.unwrap_or(0));
    }
    columns
}

/// Returns all columns, with up to `ranges` slot ranges.
fn columns(app: &App, nodes: &[&NodeStatus], ranges: usize) -> Vec<Column> {
    let columns = ALL_COLUMNS.map(|(heading, weight, is_right)| {
        let cells = nodes.iter().map(|node| cell(app, node, heading, ranges));
        Column {
            heading,
            is_right,
            cells: cells.collect(),
            weight,
        }
    });
    columns.into()
}

fn cell(app: &App, node: &NodeStatus, heading: &str, ranges: usize) -> (String, Style) {
    let facts = node.facts.as_ref();
    let words = match heading {
        "server" => {
            let name = facts.map(|of| whole(of.name.as_bytes()));
            let known = name.filter(|name| !name.is_empty());
            known.or_else(|| Some(app.session().settings.address.clone()))
        }
        "role" => facts.map(|of| role(of.role).to_owned()),
        "state" => return state(app, node),
        "slots" => facts.map(|of| slots(of, ranges)),
        "subscriptions" => facts.map(|of| {
            let home = if of.is_home { "home · " } else { "" };
            format!("{home}{}", of.subscriptions)
        }),
        "rate" => node.rate(app.session().now).map(figures::rate),
        // The last round trip to a server that no longer answers is out of date.
        _ if app.session().unanswered_by(node).is_some() => None,
        _ => {
            let asked = facts.and_then(|of| of.round_trip);
            node.round_trip.or(asked).map(figures::duration)
        }
    };
    (words.unwrap_or_default(), Style::new())
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Single => "",
        Role::Primary => "primary",
        Role::Replica => "replica",
        Role::Sentinel => "sentinel",
    }
}

/// Returns the state of a server, as the program and the other servers see it.
fn state(app: &App, node: &NodeStatus) -> (String, Style) {
    let health = node.facts.as_ref().map(|facts| facts.health);
    if let Some(silence) = app.session().unanswered_by(node) {
        let words = format!("◐ no answer for {}", figures::age(silence));
        return match health {
            Some(Health::Failed) => (words.replace('◐', "✗"), theme::BAD),
            _ => (words, theme::WATCH),
        };
    }
    let (words, style) = match (&node.connection, health) {
        (Some(Connection::Live), Some(Health::Failed)) => ("✗ failed, but connected", theme::BAD),
        (Some(Connection::Live), Some(Health::Suspected)) => {
            ("◐ possibly failed, but connected", theme::WATCH)
        }
        (Some(Connection::Live), _) => ("● live", theme::GOOD),
        (_, Some(Health::Failed)) => ("✗ failed", theme::BAD),
        (Some(Connection::Refused { .. }), _) => ("✗ refused", theme::BAD),
        (Some(Connection::Reconnecting { .. }), _) => ("○ reconnecting", theme::BAD),
        (Some(Connection::Connecting), _) => ("◌ connecting", theme::WATCH),
        (_, Some(Health::Suspected)) => ("◐ possibly failed", theme::WATCH),
        (Some(Connection::Idle) | None, _) => ("· no subscriptions", theme::QUIET),
    };
    (words.to_owned(), style)
}

/// Formats up to `most` slot ranges and the number of slots.
fn slots(facts: &NodeFacts, most: usize) -> String {
    if facts.slots.is_empty() {
        return String::new();
    }
    let count: usize = facts.slots.iter().map(ExactSizeIterator::len).sum();
    let ranges = facts.slots.iter().take(most).map(|range| {
        if range.start() == range.end() {
            range.start().to_string()
        } else {
            format!("{}-{}", range.start(), range.end())
        }
    });
    let mut words: Vec<String> = ranges.collect();
    if facts.slots.len() > most && most > 0 {
        words.push("…".to_owned());
    }
    words.push(format!("({count})"));
    words.join(" ")
}
