//! The titles of the log: how many messages are shown, what limits them, and the pane's position.

use std::iter::once;

use ratatui::style::Style;
use unicode_width::UnicodeWidthStr as _;

use crate::app::{App, Context, Filters, Position, Scope, Stop, TimeForm, Window};
use crate::payload::{escape, figures};
use crate::query::Query;
use crate::view::line::fitting;
use crate::view::state::{not_receiving, scanning, unchecked};
use crate::view::status::loaded_words;
use crate::view::{frame, theme};

/// Maximum width of a query in a title, in columns.
const QUERY_COLUMNS: usize = 28;

/// Returns the possible left titles, longest first: the number of rows shown, the total, and what
/// limits the rows.
pub fn titles(app: &App, window: &Window) -> Vec<String> {
    let kept = figures::count(app.session().log.counters().kept);
    let count = if app.session().filters.is_new {
        format!("… of {kept}")
    } else if app.session().shown.is_everything() {
        kept
    } else {
        let shown = figures::count(app.session().shown.messages());
        format!("{shown} of {kept}")
    };
    let only = only_words(app);
    // A number of matches is misleading unless the title says that not all rows were checked.
    let not_checked = not_checked(app);
    let found = Found::new(app, window);
    let place = found.as_ref().map_or(String::new(), Found::brief);
    let column = frame::column_words(app).map_or(String::new(), |column| format!(" · {column}"));
    let brief = [
        format!(" Messages {count}{only}{place}{column}{not_checked} "),
        format!(" Messages {count}{place}{column}{not_checked} "),
        format!(" {count}{place}{column}{not_checked} "),
        format!(" {count}{place}{not_checked} "),
        format!(" Messages {count}{only}{not_checked} "),
        format!(" {count}{not_checked} "),
    ];
    let shorter = limits(app, found.as_ref(), QUERY_COLUMNS / 2);
    // If a breakpoint has stopped the view, its query needs room too.
    if app.session().breakpoints.stop.is_some() {
        let typed = typed_words(app, QUERY_COLUMNS / 2).unwrap_or_default();
        let forms = [
            format!(" Messages {count}{only}{shorter} "),
            format!(" Messages {count}{only}{typed}{not_checked} "),
            format!(" {count}{typed}{not_checked} "),
        ];
        return forms.into_iter().chain(brief).collect();
    }
    // Local time needs no label, but the other forms could be mistaken for it.
    let form = match app.session().time_form {
        TimeForm::Local => "",
        TimeForm::Utc => "· UTC ",
        TimeForm::Delta => "· time since the previous row ",
        TimeForm::SinceMark => "· time since the last mark ",
        TimeForm::Age => "· age ",
    };
    let limits = limits(app, found.as_ref(), QUERY_COLUMNS);
    let unnamed = self::limits(app, found.as_ref(), 0);
    let forms = [
        format!(
            " Messages {count}{only}{limits} {form}{}",
            gone_words(app, window)
        ),
        format!(" Messages {count}{only}{limits} {form}"),
        format!(" Messages {count}{only}{limits} "),
        format!(" Messages {count}{only}{shorter} "),
        format!(" Messages {count}{only}{unnamed} "),
    ];
    forms.into_iter().chain(brief).collect()
}

/// Names what is shown alone, unless the line of chips does.
fn only_words(app: &App) -> String {
    match &app.session().filters.only {
        Some(_) if has_chips(app) => String::new(),
        Some(scope @ Scope::Pattern(_)) => format!(" via {}", scope.short_name(24).string),
        Some(scope) => format!(" on {}", scope.short_name(24).string),
        None => String::new(),
    }
}

/// Describes the rows that queries for flags cannot match because no check has covered them.
fn not_checked(app: &App) -> String {
    let by_filter = unchecked(&app.session().filters.unchecked());
    let parts = match app.session().find.as_ref() {
        Some(find) if by_filter.is_empty() => unchecked(&find.watch.unchecked),
        _ => by_filter,
    };
    parts.iter().map(|part| [" · ", part].concat()).collect()
}

/// Describes which older rows are gone, if the view is at the top of the log.
fn gone_words(app: &App, window: &Window) -> String {
    if app.session().opened().is_some() {
        return String::new();
    }
    let log = &app.session().log;
    let gone = [
        (log.evicted_before_first(), "older evicted"),
        (log.counters().cleared, "older cleared"),
    ];
    if !window.is_at_top || app.messages().position == Position::Following {
        return String::new();
    }
    let gone = gone.into_iter().filter(|(count, _)| *count > 0);
    let words = gone.map(|(count, what)| format!("· {} {what} ", figures::count(count)));
    words.collect()
}

/// Describes the filters and the search, with queries cut to `columns`; 0 leaves them out.
fn limits(app: &App, found: Option<&Found>, columns: usize) -> String {
    let filters = &app.session().filters;
    let mut parts = Vec::new();
    if !has_chips(app) {
        parts.extend(hidden_words(filters));
    }
    parts.extend(scanning(filters.lag(app.session().now)));
    parts.extend(unchecked(&filters.unchecked()));
    if filters.trouble().is_some() {
        parts.push(keyed(app, "jq failed: press {filter}"));
    }
    if let (Some(find), Some(found)) = (app.session().find.as_ref(), found) {
        let mut words = vec![format!("{} found{}", found.place, found.so_far)];
        words.extend(found.hidden.clone());
        // The note on unchecked rows follows the count, so that it is not attributed to a filter.
        words.extend(unchecked(&find.watch.unchecked));
        let query = (columns > 0).then(|| format!(": {}", short(find.watch.query(), columns)));
        parts.push(words.join(", ") + &query.unwrap_or_default());
        parts.extend(scanning(find.watch.lag(app.session().now)));
        // These rows were evicted before the query was run on them.
        let missed = find.watch.missed;
        if missed > 0 {
            parts.push(format!("{} evicted unsearched", figures::count(missed)));
        }
    }
    parts.extend(frame::column_words(app));
    let typed = typed_words(app, columns).into_iter();
    let parts = parts.iter().map(|part| [" · ", part].concat());
    typed.chain(parts).collect()
}

/// Returns whether the line of chips says what limits the rows.
fn has_chips(app: &App) -> bool {
    !app.areas().chips.is_empty()
}

/// Counts the filters in the list and the muted channels.
fn hidden_words(filters: &Filters) -> Vec<String> {
    let listed = filters.list.iter().filter(|filter| filter.is_on);
    let listed = match listed.count() {
        0 => None,
        several => Some(figures::counted(several as u64, "filter")),
    };
    let muted = match filters.muted_and_heard {
        0 => None,
        several => Some(format!("{several} muted")),
    };
    listed.into_iter().chain(muted).collect()
}

/// Returns the typed filter, cut to `columns`.
fn typed_words(app: &App, columns: usize) -> Option<String> {
    let filters = &app.session().filters;
    let typed = filters.typed.as_ref();
    let typed = typed.filter(|_| columns > 0 && !has_chips(app))?;
    Some(format!(" · /{}", short(typed, columns)))
}

fn short(query: &Query, columns: usize) -> String {
    escape::name(query.text().as_bytes(), columns).string
}

/// What the search found among the rows shown.
struct Found {
    /// How many rows and, if one of them is selected, its place among them: `2/37`.
    place: String,
    /// A note that more rows may be found, if not all have been searched yet.
    so_far: &'static str,
    /// How many more were found that are not shown.
    hidden: Option<String>,
}

impl Found {
    /// Counts the rows found; `None` if no search is active.
    fn new(app: &App, window: &Window) -> Option<Self> {
        let session = app.session();
        let find = session.find.as_ref()?;
        let shown = session.shown_hits(find);
        let selected = window.selected;
        let selected = selected.and_then(|row| session.place_of_hit(find, row));
        let count = figures::count(shown);
        let place = selected.map_or(String::new(), |place| figures::count(place) + "/");
        let so_far = match find.watch.lag(session.now) {
            Some(_) => " so far",
            None => "",
        };
        let hidden = find.rows.len().saturating_sub(shown);
        let hidden = (hidden > 0).then(|| format!("{} more hidden", figures::count(hidden)));
        Some(Self {
            place: format!("{place}{count}"),
            so_far,
            hidden,
        })
    }

    /// Returns the place, as part of a title.
    fn brief(&self) -> String {
        format!(" · {}{}", self.place, self.so_far)
    }
}

/// Describes the position of the pane, in the longest form that fits into `room` columns. Every
/// form mentions if the view is frozen, and its rows therefore out of date, or if nothing can
/// arrive.
pub fn position_words(app: &App, window: &Window, room: usize) -> (String, Style) {
    let (forms, style) = position_forms(app, window);
    let words = fitting(&forms, room).or(forms.last().map(String::as_str));
    (words.unwrap_or_default().to_owned(), style)
}

/// Returns the descriptions of the pane's position, longest form first.
fn position_forms(app: &App, window: &Window) -> (Vec<String>, Style) {
    if app.session().opened().is_some() {
        return (recording_words(app), theme::QUIET);
    }
    let is_following = app.messages().position == Position::Following;
    let (mut forms, style) = match app.session().breakpoints.stop.as_ref() {
        _ if is_following => (vec![" following ▼ ".to_owned()], theme::GOOD),
        Some(stop) => (stop_words(app, stop, window), theme::BAD),
        None => (frozen_words(app, window), theme::WATCH),
    };
    let Some((reason, style)) = not_receiving(app) else {
        return (forms, style);
    };
    if is_following {
        forms.clear();
    }
    let rest = forms.first().map(|form| format!("·{form}"));
    let long = format!(" not receiving · {reason} {}", rest.unwrap_or_default());
    let with = forms.iter().map(|form| not_receiving_and(form));
    let mark = if is_following { "" } else { "❚❚ " };
    let short = [format!(" not receiving {mark}"), "not receiving".to_owned()];
    (once(long).chain(with).chain(short).collect(), style)
}

/// Describes the part of a recording that is searched, longest form first.
fn recording_words(app: &App) -> Vec<String> {
    let rows = loaded_words(app);
    let is_limited = !app.session().shown.is_everything() || app.session().find.is_some();
    let searched = if is_limited && rows.starts_with("rows ") {
        format!(" searched: {rows} ")
    } else {
        format!(" {rows} ")
    };
    vec![searched, format!(" {rows} "), String::new()]
}

/// Prefixes `form` with a note that nothing can arrive.
fn not_receiving_and(form: &str) -> String {
    let dot = if form.starts_with(BRIEF) { "" } else { " ·" };
    format!(" not receiving{dot}{form}")
}

/// Returns the columns needed to name the breakpoint that has stopped the view; 0 if no breakpoint
/// has.
pub fn least_position(app: &App, window: &Window) -> usize {
    let Some(stop) = app.session().breakpoints.stop.as_ref() else {
        return 0;
    };
    // The shortest form does not name the breakpoint.
    let forms = stop_words(app, stop, window);
    let named = forms.iter().rev().nth(1).map_or("", String::as_str);
    match not_receiving(app) {
        None => named.width(),
        Some(_) => not_receiving_and(named).width(),
    }
}

/// Returns `text` with the keys that apply in the log.
fn keyed(app: &App, text: &'static str) -> String {
    frame::keyed_in(app, Context::Messages, text)
}

/// The start of the shortest descriptions of a frozen view.
const BRIEF: &str = " ❚❚";

/// Describes a view frozen by the user, longest form first.
fn frozen_words(app: &App, window: &Window) -> Vec<String> {
    let newer = figures::count(window.newer);
    // Once rows have been evicted, more may have arrived than are kept.
    let (lost, kept) = if window.has_lost {
        ("frozen rows evicted · ", " kept")
    } else {
        ("", "")
    };
    let next = keyed(
        app,
        match app.session().breakpoints.waiting() {
            0 => "{toggle-freeze} resumes",
            _ => "breakpoint hit · {toggle-freeze} shows it",
        },
    );
    vec![
        format!(" frozen ❚❚ {lost}{newer} newer{kept} · {next} "),
        format!(" frozen ❚❚ {lost}{newer} newer{kept} "),
        format!(" frozen ❚❚ {newer} newer{kept} "),
        format!("{BRIEF} {newer} newer{kept} "),
        format!("{BRIEF} {newer} "),
    ]
}

/// Describes a view stopped by a breakpoint: the breakpoint, what was lost, and what is waiting.
/// The longest form is first.
fn stop_words(app: &App, stop: &Stop, window: &Window) -> Vec<String> {
    let breakpoints = &app.session().breakpoints;
    let [query, short] = [QUERY_COLUMNS, QUERY_COLUMNS / 2].map(|most| short(&stop.query, most));
    let hits = match breakpoints.waiting() {
        0 => None,
        1 => Some("1 more hit".to_owned()),
        several => Some(format!("{} more hits", figures::count(several))),
    };
    let next = keyed(
        app,
        match hits {
            None => "{toggle-freeze} resumes",
            Some(_) => "{toggle-freeze}: next hit",
        },
    );
    let gone = breakpoints.gone;
    let gone = (gone > 0).then(|| format!("{} evicted", figures::counted(gone, "hit")));
    let row_gone = stop.is_gone.then(|| "row evicted".to_owned());
    let lost: Vec<String> = row_gone.into_iter().chain(gone).collect();
    let rows = waiting_rows(app, window);
    let with = |query: &String, parts: &[&[String]]| {
        let parts = [std::slice::from_ref(query), &parts.concat()].concat();
        format!(" hit ❚❚ {} ", parts.join(" · "))
    };
    let (hits, rows, next) = (hits.as_slice(), rows.as_slice(), [next]);
    vec![
        with(&query, &[rows, &lost, hits, &next]),
        with(&query, &[rows, &lost, hits]),
        with(&query, &[&lost, hits]),
        with(&short, &[&lost, hits]),
        with(&query, &[&lost]),
        with(&short, &[&lost]),
        with(&short, &[]),
        " hit ❚❚ ".to_owned(),
    ]
}

/// Describes how many rows have arrived since the stop and, if some of them are gone, how many are
/// kept.
fn waiting_rows(app: &App, window: &Window) -> Option<String> {
    let shown = &app.session().shown;
    let last = window.rows.last().filter(|_| shown.is_everything());
    let came = last.map_or(window.newer, |last| {
        shown.end().0.saturating_sub(last.0 + 1)
    });
    let rows = figures::counted(came, "new row");
    match came {
        0 => None,
        _ if came > window.newer => {
            let kept = figures::count(window.newer);
            Some(format!("{rows}, {kept} still kept"))
        }
        _ => Some(rows),
    }
}
