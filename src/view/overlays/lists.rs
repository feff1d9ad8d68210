//! The list of filters and the list of breakpoints.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr as _;

use crate::app::{
    App, Attention, Breakpoint, Filter, List, ListView, Listed, MOST_MET, Session, Timed,
    judged_words, padded, wrapped,
};
use crate::payload::ranges::Ranges;
use crate::payload::{escape, figures};
use crate::query::{Condition, TypeClash};
use crate::server::Trouble;
use crate::view::line::{LineBuilder, draw_words, fitting};
use crate::view::{frame, theme};
use crate::workers::scan::MOST_CHANNELS;

/// Maximum width, in columns, of a channel name or a value in the description of a breakpoint's
/// state.
const SEEN_COLUMNS: usize = 28;

/// Minimum width, in columns, that the text on the right must leave for the query.
const QUERY_COLUMNS: usize = 16;

/// Width, in columns, of the text before a query, which shows whether the entry is on and what it
/// does.
const BEFORE_QUERY: usize = 11;

/// Marks an entry whose query does not look into all values.
const FOLDED: &str = "value folded";

/// Shown if a search hides every entry of a list. `{back}` stands for the key.
pub(super) const NO_MATCH: &str = "no entry matches · {back} shows all";

/// A line of a list: the query, and the text on its right in a long form and a short one.
struct Entry {
    is_on: bool,
    word: &'static str,
    word_style: Style,
    query: String,
    right: [String; 2],
    /// What is known about the channels, if the query has a condition over time.
    state: Option<String>,
    trouble: Option<String>,
}

pub(super) fn filters(app: &App, view: &ListView, buffer: &mut Buffer) -> Option<Position> {
    let filters = app.session().filters.list.iter();
    let entries = filters.map(|filter| filter_entry(filter, app.session()));
    let entries: Vec<Entry> = entries.collect();
    let empty = "No saved filters · {add-filter} add · {keep-filter} in the filter box saves one";
    let titles = (" Filters ", empty);
    list(app, (List::Filters, view), titles, &entries, buffer)
}

pub(super) fn breakpoints(app: &App, view: &ListView, buffer: &mut Buffer) -> Option<Position> {
    let session = app.session();
    let breakpoints = session.breakpoints.list.iter();
    let entries = breakpoints.map(|breakpoint| breakpoint_entry(breakpoint, session));
    let entries: Vec<Entry> = entries.collect();
    let titles = (" Breakpoints ", "No breakpoints · {add-breakpoint} add");
    list(app, (List::Breakpoints, view), titles, &entries, buffer)
}

fn filter_entry(filter: &Filter, session: &Session) -> Entry {
    let (word, word_style) = if filter.is_exclude {
        ("exclude", theme::BAD)
    } else {
        ("include", theme::GOOD)
    };
    let folded = session.folded_words(&filter.query);
    let right = folded.as_ref().map_or("", |_| FOLDED);
    Entry {
        is_on: filter.is_on,
        word,
        word_style,
        query: filter.query.text().to_owned(),
        right: [right, right].map(str::to_owned),
        state: folded,
        trouble: None,
    }
}

fn breakpoint_entry(breakpoint: &Breakpoint, session: &Session) -> Entry {
    let (word, word_style) = if breakpoint.logs_only {
        ("log only", theme::QUIET)
    } else {
        ("stop", theme::BAD)
    };
    let every = match breakpoint.every {
        1 => String::new(),
        every => format!("every {} · ", figures::count(every)),
    };
    let attention = match breakpoint.attention {
        Attention::None => "",
        Attention::Bell => "bell · ",
        Attention::Notification => "notify · ",
        Attention::Toast => "toast · ",
        Attention::Command => "command · ",
    };
    let hits = figures::counted(breakpoint.hits, "hit");
    let folded = session.folded_words(&breakpoint.query);
    let mark = folded
        .as_ref()
        .map_or(String::new(), |_| format!("{FOLDED} · "));
    let state = state_of(breakpoint, session).into_iter().chain(folded);
    let state = state.reduce(|one, other| format!("{one} · {other}"));
    Entry {
        is_on: breakpoint.is_on(),
        word,
        word_style,
        query: breakpoint.query.text().to_owned(),
        right: [
            format!("{mark}{every}{attention}{hits}"),
            format!("{mark}{hits}"),
        ],
        state,
        trouble: trouble_of(breakpoint),
    }
}

/// Describes what is known about the channels to which a breakpoint's condition applies.
fn state_of(breakpoint: &Breakpoint, session: &Session) -> Option<String> {
    let condition = breakpoint.query.condition()?;
    if !breakpoint.is_on() {
        return Some("off".to_owned());
    }
    if let Some(timed) = &breakpoint.timed {
        return Some(timed_words(timed, session));
    }
    let Some(states) = breakpoint
        .states
        .as_deref()
        .filter(|states| states.channels > 0)
    else {
        return Some("armed · no message to compare yet".to_owned());
    };
    let mut words = vec![figures::counted(states.channels, "channel")];
    if matches!(condition, Condition::Crossing(_)) {
        words.push(format!("{} matching now", figures::count(states.inside)));
    }
    if let Some(last) = &states.last {
        let channel = escape::name(&last.channel, SEEN_COLUMNS).string;
        let value = escape::name(&last.value, SEEN_COLUMNS).string;
        words.push(match value.as_str() {
            "" => format!("last on {channel}"),
            value => format!("last {value} on {channel}"),
        });
        let clash = condition.clash(&last.value);
        words.extend(clash.map(|clash| clash_words(clash).to_owned()));
    }
    if states.forgotten > 0 {
        let forgotten = figures::counted(states.forgotten, "channel");
        let most = figures::count(MOST_CHANNELS as u64);
        words.push(format!(
            "limit of {most} channels reached: {forgotten} forgotten, whose next message counts \
             as the first"
        ));
        words.push("narrow the query with channel:name".to_owned());
    }
    Some(words.join(" · "))
}

/// Describes why a condition cannot be met by a value like the last one.
fn clash_words(clash: TypeClash) -> &'static str {
    match clash {
        TypeClash::TextForNumber => {
            "this value is text, not a number: put the number in quotes to compare with text"
        }
        TypeClash::NoText => "this value is not text: remove the quotes to compare with it",
    }
}

/// Describes the state of a breakpoint whose condition depends on the clock.
fn timed_words(timed: &Timed, session: &Session) -> String {
    let can_judge = session.can_judge();
    let is_ping_refused = matches!(session.server.trouble, Some(Trouble::Ping(_)));
    let mut words = Vec::new();
    if !can_judge {
        words.push("suspended while not connected".to_owned());
    } else if is_ping_refused && timed.needs_pings() {
        words.push("suspended: the server refuses PING".to_owned());
    }
    match timed.met() {
        0 => words.push("armed · met by no channel now".to_owned()),
        met => {
            let newest = timed.newest.as_slice();
            let newest = judged_words(newest, newest.len() as u64);
            words.push(format!("met by {} now", figures::counted(met, "channel")));
            words.push(format!("latest: {newest}"));
        }
    }
    if timed.is_full {
        let most = figures::count(MOST_MET as u64);
        words.push(format!(
            "more than {most} channels: the others are not reported"
        ));
        words.push("narrow the query with channel:name".to_owned());
    }
    if can_judge && timed.unknown > 0 {
        let unknown = figures::counted(timed.unknown, "channel");
        words.push(format!("{unknown} not judged: messages may be missing"));
    }
    words.join(" · ")
}

/// Returns why a breakpoint does not see every message, or `None` if it does.
fn trouble_of(breakpoint: &Breakpoint) -> Option<String> {
    let missed = breakpoint.missed();
    let missed = (missed > 0).then(|| {
        let missed = figures::counted(missed, "row");
        format!("{missed} evicted before being searched")
    });
    let trouble = breakpoint.trouble().map(str::to_owned);
    let words = [trouble, missed].into_iter().flatten();
    words.reduce(|one, other| format!("{one} · {other}"))
}

/// Draws a list with a title: the entries that match the search, or the text for an empty list.
/// Returns the position of the caret while a search is typed.
fn list(
    app: &App,
    (list, view): (List, &ListView),
    (title, empty): (&str, &'static str),
    entries: &[Entry],
    buffer: &mut Buffer,
) -> Option<Position> {
    let area = app.areas().overlay;
    let listed = app.listed(list, view);
    let selected = listed.iter().position(|entry| entry.index == view.line);
    let mut place = app.list_place(list, view);
    let columns = usize::from(place.width.saturating_sub(2));
    let keyed = |text| frame::keyed(app, text);
    let (words, style) = match selected {
        Some(_) => words_below(&entries[view.line], columns),
        None if !entries.is_empty() => (keyed(NO_MATCH), theme::QUIET),
        None => (keyed(empty), theme::QUIET),
    };
    let below = match words.as_str() {
        "" => Vec::new(),
        words => wrapped(words, columns.saturating_sub(2)),
    };
    let rows = u16::try_from(below.len()).unwrap_or(u16::MAX);
    let room = area.bottom().saturating_sub(place.y);
    place.height = place.height.saturating_add(rows).min(room);
    let accent = Some(frame::accent(app));
    frame::draw_over(place, accent, title, frame::NO_TITLE, buffer);
    let (caret, lines) = super::search_line(view.search.as_ref(), place, buffer);
    // The selected line stays in view, however many lines of text are below the list.
    let height = usize::from(lines.height).saturating_sub(below.len()).max(1);
    let shown = frame::first(lines, u16::try_from(height).unwrap_or(u16::MAX));
    let line = |index: usize| {
        let Listed { index, marks } = &listed[index];
        entry_line(&entries[*index], marks, usize::from(lines.width))
    };
    let selected = selected.unwrap_or(0);
    let top = frame::list(shown, selected, listed.len(), line, buffer);
    let free = padded(frame::below(lines, listed.len().min(height)));
    for (row, words) in (0..free.height).zip(below) {
        draw_words(words, style, free, row, buffer);
    }
    frame::scroll_bar(place, top, height, listed.len(), buffer);
    caret
}

fn entry_line(entry: &Entry, marks: &[Range<usize>], columns: usize) -> LineBuilder {
    let mut line = LineBuilder::padded(columns);
    let (mark, mark_style, query_style) = if entry.is_on {
        ("● ", theme::GOOD, Style::new())
    } else {
        ("○ ", theme::QUIET, theme::QUIET)
    };
    line.word(mark, mark_style);
    line.word(format!("{:<8} ", entry.word), entry.word_style);
    let (right, right_style) = right_words(entry, line.left());
    let room = line.left().saturating_sub(right.width() + 1);
    if marks.is_empty() {
        line.text(escape::name(entry.query.as_bytes(), room), query_style);
    } else {
        let marks = Ranges::of(marks);
        line.text(
            escape::one_line_marked(entry.query.as_bytes(), room, marks),
            query_style,
        );
    }
    line.word_at_end(&right, right_style);
    line
}

/// Returns the longest form of the text on the right that fits beside the query into `left`
/// columns. A long query is cut to [`QUERY_COLUMNS`] to make room.
fn right_words(entry: &Entry, left: usize) -> (String, Style) {
    let query = escape::name(entry.query.as_bytes(), left).columns;
    let room = left.saturating_sub(query.min(QUERY_COLUMNS) + 1);
    let [long, short] = &entry.right;
    let (long, style) = match &entry.trouble {
        Some(trouble) => (format!("{trouble} · {short}"), theme::BAD),
        None => (long.clone(), theme::QUIET),
    };
    let forms = [long, short.clone()];
    (fitting(&forms, room).unwrap_or_default().to_owned(), style)
}

/// Returns an entry's trouble if its line of `columns` columns has no room for it, and otherwise
/// the entry's state.
fn words_below(entry: &Entry, columns: usize) -> (String, Style) {
    let (right, _) = right_words(entry, columns.saturating_sub(2 + BEFORE_QUERY));
    let trouble = entry.trouble.as_deref();
    let hidden = trouble.filter(|trouble| !right.starts_with(trouble));
    match (hidden, &entry.state) {
        (Some(trouble), _) => (escape::whole(trouble.as_bytes()), theme::BAD),
        (None, state) => (state.clone().unwrap_or_default(), theme::QUIET),
    }
}
