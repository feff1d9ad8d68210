//! The status line: the server, the state of the connection, and the messages that arrive.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::line::LineBuilder;
use super::state::state;
use super::theme;
use crate::app::{App, Badge, partial_words, trouble_words};
use crate::payload::escape::{self, whole};
use crate::payload::figures;
use crate::server::Connection;

/// The number of bars in the sparkline of all messages.
const BARS: usize = 15;

/// Maximum width of a profile's name, in columns.
const NAME_COLUMNS: usize = 16;

/// The weights of the parts that must stay visible: the state of the connection, the profile, and
/// the warning about insecure TLS. The first two can be shortened to the minimum widths below, so
/// that all three fit into 40 columns.
const STATE: u8 = 13;
const PROFILE: u8 = 12;
const INSECURE: u8 = 11;
const STATE_LEAST: usize = 8;
const PROFILE_LEAST: usize = 6;

/// The weight of a problem, which can be shortened to the minimum width below, and the weight of
/// the decorative parts, which are left out to show more of the problem.
const TROUBLE: u8 = 9;
const TROUBLE_LEAST: usize = 24;
const DECORATIVE: u8 = 3;

/// A part of the line. If not all parts fit, those with the lowest weight are left out.
struct Part {
    weight: u8,
    text: String,
    style: Style,
}

fn part(weight: u8, text: impl Into<String>, style: Style) -> Part {
    Part {
        weight,
        text: text.into(),
        style,
    }
}

impl Part {
    /// Returns the width of the part's text, at most one more than the `columns` of the line.
    fn width(&self, columns: usize) -> usize {
        escape::words(&self.text, columns + 1).columns
    }

    /// Returns the minimum width of the part.
    fn least(&self, columns: usize) -> usize {
        let least = match self.weight {
            STATE => STATE_LEAST.min(columns),
            PROFILE => PROFILE_LEAST,
            TROUBLE => TROUBLE_LEAST,
            _ => usize::MAX,
        };
        self.width(columns).min(least)
    }
}

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let columns = usize::from(area.width);
    let parts = parts(app);
    let shares = shares(&parts, columns);
    let mut line = LineBuilder::new(columns);
    for (part, share) in parts.iter().zip(shares) {
        if part.width(columns) <= share {
            line.words(&part.text, part.style);
        } else {
            // The trailing spaces are dropped first.
            line.words_within(share, part.text.trim_end(), part.style);
        }
    }
    line.draw(area, 0, Style::new(), buffer);
}

/// Returns the columns that each part gets; a part that gets 0 is left out.
fn shares(parts: &[Part], columns: usize) -> Vec<usize> {
    let mut by_weight: Vec<usize> = (0..parts.len()).collect();
    by_weight.sort_by_key(|index| std::cmp::Reverse(parts[*index].weight));
    let firm = by_weight.partition_point(|index| parts[*index].weight >= INSECURE);
    let (firm, others) = by_weight.split_at(firm);
    let mut shares = vec![0; parts.len()];
    let mut left = columns;
    let reserve = |index: usize, shares: &mut [usize], left: &mut usize| {
        let least = parts[index].least(columns);
        let fits = least <= *left;
        if fits {
            shares[index] = least;
            *left -= least;
        }
        fits
    };
    for &index in firm {
        reserve(index, &mut shares, &mut left);
    }
    let grow = |index: usize, shares: &mut [usize], left: &mut usize| {
        if shares[index] > 0 {
            let more = (parts[index].width(columns) - shares[index]).min(*left);
            shares[index] += more;
            *left -= more;
        }
    };
    // The state, whose reason may be long, is the last part to grow beyond its minimum.
    for &index in firm.iter().rev() {
        grow(index, &mut shares, &mut left);
    }
    let decorative = others.partition_point(|index| parts[*index].weight > DECORATIVE);
    let (others, decorative) = others.split_at(decorative);
    let mut are_all_there = true;
    for &index in others {
        are_all_there &= reserve(index, &mut shares, &mut left);
    }
    for &index in others {
        grow(index, &mut shares, &mut left);
    }
    for &index in decorative {
        are_all_there = are_all_there && reserve(index, &mut shares, &mut left);
    }
    shares
}

/// Returns all parts of the line in order.
fn parts(app: &App) -> Vec<Part> {
    let server = &app.session().server;
    let settings = &app.session().settings;
    let (mark, style, words) = state(app);
    let mut parts = Vec::new();
    parts.extend(settings.profile.as_ref().map(profile));
    parts.push(part(DECORATIVE, " subscope ", theme::STRONG));
    parts.push(part(7, format!(" {} ", settings.address), Style::new()));
    // This warning outweighs the address, which must never be shown without it.
    if settings.is_insecure {
        parts.push(part(INSECURE, "INSECURE TLS ", theme::BAD));
    }
    parts.push(part(STATE, format!(" {mark} {words}  "), style));
    if settings.read_only {
        parts.push(part(10, "read-only  ", theme::WATCH));
    }
    if let Some(trouble) = &server.trouble {
        let words = whole(trouble_words(trouble, &settings.keymap).as_bytes());
        parts.push(part(TROUBLE, format!("{words}  "), theme::WATCH));
    }
    if let Some(partial) = &server.partial {
        // The log has the full text.
        let [what, _] = partial_words(partial, &settings.keymap);
        let words = whole(what.as_bytes());
        parts.push(part(9, format!("{words}  "), theme::WATCH));
    }
    if !settings.note.is_empty() {
        parts.push(part(7, format!("{}  ", settings.note), theme::STRONG));
    }
    if let Some(version) = &server.version {
        let version = whole(version.as_bytes());
        parts.push(part(2, format!("{version}  "), theme::QUIET));
    }
    parts.extend(running_recording(app));
    if app.session().opened().is_some() {
        parts.extend(recording(app));
        return parts;
    }
    parts.push(subscriptions(app));
    if (server.connection == Connection::Live || app.session().server.nodes.lost().is_some())
        && let Some(history) = app.session().log.history()
    {
        let rate = figures::rate(history.rate(app.session().present()));
        parts.push(part(8, format!("{rate} "), theme::STRONG));
        let bars = figures::sparkline_alone(&history.cells(app.session().present(), 2 * BARS));
        parts.push(part(1, format!("{bars}  "), theme::BARS));
    }
    parts.extend(counts(app));
    parts
}

/// Returns how many messages have arrived, and what has become of them.
fn counts(app: &App) -> Vec<Part> {
    let counters = app.session().log.counters();
    let mut parts = Vec::new();
    let figure = |count, what| format!("{} {what}  ", figures::count(count));
    if counters.dropped > 0 {
        parts.push(part(10, figure(counters.dropped, "dropped"), theme::BAD));
    }
    if counters.received > 0 {
        parts.push(part(6, figure(counters.received, "received"), theme::QUIET));
    }
    if counters.kept < counters.received {
        // These figures make sense only together.
        let gone = [(counters.evicted, "evicted"), (counters.cleared, "cleared")];
        let gone = gone.into_iter().filter(|(count, _)| *count > 0);
        let gone: String = gone.map(|(count, what)| figure(count, what)).collect();
        let kept = figure(counters.kept, "kept") + &gone;
        parts.push(part(5, kept, theme::QUIET));
    }
    parts
}

fn profile(badge: &Badge) -> Part {
    let name = escape::name(badge.name.as_bytes(), NAME_COLUMNS).string;
    part(PROFILE, format!(" {name} "), theme::badge(badge.colour))
}

/// Returns the mark that a recording runs.
fn running_recording(app: &App) -> Option<Part> {
    let size = app.session().recording.as_ref()?.size;
    let messages = figures::count(size.messages);
    let bytes = figures::size(size.bytes);
    let words = format!("● REC {messages} msgs {bytes}  ");
    Some(part(10, words, theme::BAD))
}

/// Returns where the selected row is in the time of a recording, and which rows are loaded.
fn recording(app: &App) -> Vec<Part> {
    let session = app.session();
    let mut parts = Vec::new();
    if let (Some((first, last)), Some(at)) = (session.span(), app.selected_time()) {
        let time = session.clock().seconds(at);
        let whole = last.since(first).as_secs_f64();
        let percent = if whole > 0.0 {
            format!(" · {:.0} %", at.since(first).as_secs_f64() / whole * 100.0)
        } else {
            String::new()
        };
        parts.push(part(8, format!("{time}{percent}  "), theme::STRONG));
    }
    parts.push(part(9, format!("{}  ", loaded_words(app)), Style::new()));
    parts
}

/// Describes which rows of a recording are in the log.
pub(super) fn loaded_words(app: &App) -> String {
    let session = app.session();
    let Some(recording) = session.opened() else {
        return String::new();
    };
    let (first, end) = recording.loaded(session.log.first(), session.log.end());
    let total = recording.extent.map(|extent| extent.rows);
    if let Some(total) = total.filter(|total| first == 0 && *total <= end) {
        return figures::counted(total, "row");
    }
    let [from, to] = [first + 1, end].map(figures::short_count);
    match total {
        Some(total) => format!("rows {from}–{to} of {}", figures::short_count(total)),
        None => format!("rows {from}–{to} of more"),
    }
}

fn subscriptions(app: &App) -> Part {
    let (live, wanted) = app.session().subscriptions.counts();
    let all = figures::counted(wanted as u64, "subscription");
    if live < wanted {
        let live = figures::count(live as u64);
        return part(8, format!("{live} of {all} live  "), theme::WATCH);
    }
    part(4, format!("{all}  "), Style::new())
}
