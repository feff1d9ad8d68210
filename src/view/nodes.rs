//! The table of servers.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget as _};
use unicode_width::UnicodeWidthStr as _;

use super::line::LineBuilder;
use super::overlay::popup;
use super::{frame, theme};
use crate::app::{App, NodeStatus, inside, padded};
use crate::payload::escape::whole;
use crate::payload::figures;
use crate::server::{Connection, Health, NodeFacts, Role};

/// The columns of the table, where the screen has them.
const COLUMNS: u16 = 100;

/// A column: its heading and what stands in it.
struct Column {
    heading: &'static str,
    is_right: bool,
    cells: Vec<(String, Style)>,
    /// Where not all fit, those of the least weight are left out.
    weight: u8,
}

pub(super) fn draw(app: &App, top: usize, area: Rect, buffer: &mut Buffer) {
    let nodes: Vec<&NodeStatus> = app.nodes().iter().map(|(_, node)| node).collect();
    let rows = u16::try_from(nodes.len()).unwrap_or(u16::MAX);
    let place = popup(area, COLUMNS, rows.saturating_add(3));
    Clear.render(place, buffer);
    let accent = Some(frame::accent(app));
    frame::draw(place, accent, " Servers ", ("", Style::new()), buffer);
    let text = padded(inside(place));
    let columns = fitting(columns(app, &nodes), usize::from(text.width));
    let mut line = LineBuilder::new(usize::from(text.width));
    for column in &columns {
        cell(&mut line, column, column.heading, theme::QUIET);
    }
    line.draw(text, 0, Style::new(), buffer);
    for (row, index) in (1..text.height).zip(top..nodes.len()) {
        let mut line = LineBuilder::new(usize::from(text.width));
        for column in &columns {
            let (words, style) = &column.cells[index];
            cell(&mut line, column, words, *style);
        }
        line.draw(text, row, Style::new(), buffer);
    }
    let shown = usize::from(text.height.saturating_sub(1));
    frame::scroll_bar(place, top, shown, nodes.len(), buffer);
}

impl Column {
    fn width(&self) -> usize {
        let cells = self.cells.iter().map(|(words, _)| words.width());
        cells.chain([self.heading.width()]).max().unwrap_or(0) + 2
    }
}

fn cell(line: &mut LineBuilder, column: &Column, words: &str, style: Style) {
    let pad = " ".repeat(column.width() - 2 - words.width());
    if column.is_right {
        line.cut_words(&format!("{pad}{words}  "), style);
    } else {
        line.cut_words(&format!("{words}{pad}  "), style);
    }
}

/// The columns that fit, in their order.
fn fitting(mut columns: Vec<Column>, room: usize) -> Vec<Column> {
    while columns.iter().map(Column::width).sum::<usize>() > room + 2 && columns.len() > 1 {
        let least = (0..columns.len()).min_by_key(|index| columns[*index].weight);
        columns.remove(least.unwrap_or(0));
    }
    columns
}

fn columns(app: &App, nodes: &[&NodeStatus]) -> Vec<Column> {
    let column =
        |heading, weight, is_right, cell: &dyn Fn(&NodeStatus) -> (String, Style)| Column {
            heading,
            is_right,
            cells: nodes.iter().map(|node| cell(node)).collect(),
            weight,
        };
    let facts = |node: &NodeStatus, words: &dyn Fn(&NodeFacts) -> String| {
        let words = node.facts.as_ref().map(words);
        (words.unwrap_or_default(), Style::new())
    };
    let name = |node: &NodeStatus| {
        let known = facts(node, &|of| whole(of.name.as_bytes()));
        if known.0.is_empty() {
            return (app.settings().address.clone(), Style::new());
        }
        known
    };
    let carries = |node: &NodeStatus| {
        facts(node, &|of| {
            let home = if of.is_home { "home · " } else { "" };
            format!("{home}{}", of.subscriptions)
        })
    };
    let rate = |node: &NodeStatus| {
        let rate = node.rate(app.now()).map(figures::rate);
        (rate.unwrap_or_default(), Style::new())
    };
    let round_trip = |node: &NodeStatus| {
        // What it was is no news of one that does not answer any more.
        if app.unanswered_by(node).is_some() {
            return (String::new(), Style::new());
        }
        let asked = node.facts.as_ref().and_then(|of| of.round_trip);
        let time = node.round_trip.or(asked).map(figures::duration);
        (time.unwrap_or_default(), Style::new())
    };
    vec![
        column("server", 9, false, &name),
        column("role", 7, false, &|node| {
            facts(node, &|of| role(of.role).to_owned())
        }),
        column("state", 8, false, &|node| state(app, node)),
        column("slots", 4, false, &|node| facts(node, &slots)),
        column("subscriptions", 5, true, &carries),
        column("rate", 6, true, &rate),
        column("round trip", 6, true, &round_trip),
    ]
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Single => "",
        Role::Primary => "primary",
        Role::Replica => "replica",
        Role::Sentinel => "sentinel",
    }
}

/// How a server does: what we see of it, and what the others think.
fn state(app: &App, node: &NodeStatus) -> (String, Style) {
    let health = node.facts.as_ref().map(|facts| facts.health);
    if let Some(silence) = app.unanswered_by(node) {
        let words = format!("◐ no answer for {}", figures::age(silence));
        return match health {
            Some(Health::Failed) => (words.replace('◐', "✗"), theme::BAD),
            _ => (words, theme::WATCH),
        };
    }
    let (words, style) = match (&node.connection, health) {
        (Some(Connection::Live), Some(Health::Failed)) => ("✗ failed, live here", theme::BAD),
        (Some(Connection::Live), Some(Health::Suspected)) => {
            ("◐ suspected, live here", theme::WATCH)
        }
        (Some(Connection::Live), _) => ("● live", theme::GOOD),
        (_, Some(Health::Failed)) => ("✗ failed", theme::BAD),
        (Some(Connection::Refused { .. }), _) => ("✗ refused", theme::BAD),
        (Some(Connection::Reconnecting { .. }), _) => ("○ reconnecting", theme::BAD),
        (Some(Connection::Connecting), _) => ("◌ connecting", theme::WATCH),
        (_, Some(Health::Suspected)) => ("◐ suspected", theme::WATCH),
        (Some(Connection::Idle) | None, _) => ("· not listened to", theme::QUIET),
    };
    (words.to_owned(), style)
}

/// The slots as ranges, the first few of them, and how many there are.
fn slots(facts: &NodeFacts) -> String {
    const MOST: usize = 2;
    if facts.slots.is_empty() {
        return String::new();
    }
    let count: usize = facts.slots.iter().map(ExactSizeIterator::len).sum();
    let ranges = facts.slots.iter().take(MOST).map(|range| {
        if range.start() == range.end() {
            range.start().to_string()
        } else {
            format!("{}-{}", range.start(), range.end())
        }
    });
    let ranges: Vec<String> = ranges.collect();
    let more = if facts.slots.len() > MOST { " …" } else { "" };
    format!("{}{more} ({count})", ranges.join(" "))
}
