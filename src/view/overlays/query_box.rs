//! The query box, with the error or the result of the query below it and, on request, the syntax
//! help above.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr as _;

use crate::app::{
    App, Completion, Purpose, QueryBox, SyntaxColumns, Unchecked, inside, padded, syntax_lines,
};
use crate::payload::{escape, figures};
use crate::query::QueryError;
use crate::view::line::LineBuilder;
use crate::view::names::{Listed, Names};
use crate::view::state::{scanning, unchecked};
use crate::view::{frame, text_box, theme};

/// Maximum width of a suggested query, in columns.
const OFFERED_COLUMNS: usize = 32;

/// Columns between a completion and the note beside it.
const GAP: usize = 2;

/// Draws the box. Returns the position of its caret.
pub(super) fn draw(app: &App, query_box: &QueryBox, buffer: &mut Buffer) -> Option<Position> {
    let place = app.areas().query_box();
    let accent = Some(frame::accent(app));
    let (title, in_force) = (title(app, query_box), in_force(query_box));
    frame::draw_over(place, accent, &title, (&in_force, theme::WATCH), buffer);
    let text = padded(inside(place));
    let line = frame::first(text, 1);
    let caret = text_box::draw(&query_box.input, line, buffer);
    let below = frame::below(text, 1);
    if let Some(error) = query_box.wrong() {
        colour_wrong(query_box, error, line, buffer);
        let lines = wrong(app, query_box, error, usize::from(text.width));
        for (row, line) in (0..below.height).zip(lines) {
            line.draw(below, row, Style::new(), buffer);
        }
    } else if !below.is_empty() {
        feedback(app, query_box, usize::from(text.width)).draw(below, 0, Style::new(), buffer);
    }
    if let Some(top) = query_box.syntax {
        syntax(app, query_box, top, buffer);
    }
    if let Some(completion) = &query_box.completion {
        completions(app, completion, buffer);
    }
    caret
}

/// Says what the query is for, and which one is edited.
fn title(app: &App, query_box: &QueryBox) -> String {
    let edited = query_box.before.as_ref().map(|before| {
        let columns = usize::from(app.areas().query_box().width / 3);
        escape::name(before.text().as_bytes(), columns.min(OFFERED_COLUMNS)).string
    });
    let filters = &app.session().filters.list;
    match (query_box.purpose, edited) {
        (Purpose::Filter, _) => " Filter ".to_owned(),
        (Purpose::Find, _) => " Find ".to_owned(),
        (Purpose::ListedFilter(Some(index)), Some(edited)) => {
            let is_exclude = filters.get(index).is_some_and(|filter| filter.is_exclude);
            let not = if is_exclude { "not " } else { "" };
            format!(" Edit saved filter: {not}{edited} ")
        }
        (Purpose::ListedFilter(_), _) => " New saved filter ".to_owned(),
        (Purpose::Breakpoint(Some(_)), Some(edited)) => format!(" Edit breakpoint: {edited} "),
        (Purpose::Breakpoint(_), _) => " Breakpoint: freeze where this matches ".to_owned(),
    }
}

/// Describes the query that stays active while the typed one is invalid.
fn in_force(query_box: &QueryBox) -> String {
    let nothing = match query_box.purpose {
        Purpose::Filter => "no filter active",
        Purpose::Find => "no search active",
        Purpose::ListedFilter(_) | Purpose::Breakpoint(_) => return String::new(),
    };
    match (&query_box.error, &query_box.before) {
        (None, _) => String::new(),
        (Some(_), None) => format!(" {nothing} "),
        (Some(_), Some(before)) => {
            let text = escape::name(before.text().as_bytes(), OFFERED_COLUMNS).string;
            format!(" still active: {text} ")
        }
    }
}

/// Returns what is missing from an unfinished query, or else the result of the query.
fn feedback(app: &App, query_box: &QueryBox, columns: usize) -> LineBuilder {
    let mut line = LineBuilder::new(columns);
    if let Some(missing) = query_box.missing(columns) {
        line.cut_words(&missing, theme::QUIET);
        return line;
    }
    let now = app.session().now;
    let find = app.session().find.as_ref();
    let (count, trouble, lag, not_checked) = match (query_box.purpose, find) {
        (Purpose::Filter, _) => {
            let filters = &app.session().filters;
            let (trouble, lag) = (filters.trouble(), filters.lag(now));
            (count_shown(app), trouble, lag, filters.unchecked())
        }
        (Purpose::Find, Some(find)) => {
            let count = format!("{} found", figures::count(find.rows.len()));
            let (trouble, lag) = (find.watch.trouble(), find.watch.lag(now));
            (Some(count), trouble, lag, find.watch.unchecked)
        }
        _ => (None, None, None, Unchecked::default()),
    };
    let offered = app.offered().map(|offered| {
        let offered = escape::name(offered.as_bytes(), OFFERED_COLUMNS).string;
        let accepts = frame::keyed(app, "{accept} accepts");
        format!("did you mean {offered}? {accepts}")
    });
    let offered = offered.or_else(|| repeated(app, query_box));
    match (count, offered) {
        (Some(count), None) => line.words(&count, theme::GOOD),
        (Some(count), Some(offered)) => {
            line.words(&format!("{count} · "), theme::GOOD);
            line.cut_words(&offered, theme::WATCH);
        }
        (None, Some(offered)) => line.cut_words(&offered, theme::WATCH),
        (None, None) => {
            let keys = "{accept} completes · {toggle-syntax} lists the syntax, with examples";
            line.words(&frame::keyed(app, keys), theme::GOOD);
        }
    }
    if let Some(cause) = cause(app, query_box) {
        line.cut_words(&format!(" · {cause}"), theme::WATCH);
    }
    for words in scanning(lag).into_iter().chain(unchecked(&not_checked)) {
        line.words(&format!(" · {words}"), theme::WATCH);
    }
    if let Some(trouble) = trouble {
        line.cut_words(&format!(" · {trouble}"), theme::BAD);
    }
    line
}

/// Describes what an empty search box does.
fn repeated(app: &App, query_box: &QueryBox) -> Option<String> {
    let is_empty = query_box.purpose == Purpose::Find && query_box.input.is_empty();
    let before = query_box.before.as_ref().filter(|_| is_empty)?;
    let before = escape::name(before.text().as_bytes(), OFFERED_COLUMNS).string;
    let repeats = frame::keyed(app, "{confirm} repeats");
    Some(format!("{repeats} {before}"))
}

/// Returns why the query finds nothing, or `None` if it finds something or the reason is unknown.
fn cause<'a>(app: &'a App, query_box: &QueryBox) -> Option<&'a str> {
    let session = app.session();
    match query_box.purpose {
        Purpose::Filter => {
            let filters = &session.filters;
            filters.verdict.cause(filters.typed.as_ref()?)
        }
        Purpose::Find => {
            let find = session.find.as_ref().filter(|find| find.rows.is_empty())?;
            find.verdict.cause(find.watch.query())
        }
        Purpose::ListedFilter(_) | Purpose::Breakpoint(_) => None,
    }
}

/// Describes how many messages the filter shows, once it has been run.
fn count_shown(app: &App) -> Option<String> {
    if app.session().filters.is_new {
        return Some("searching …".to_owned());
    }
    app.session().filters.watch.as_ref()?;
    let shown = figures::count(app.session().shown.messages());
    let kept = figures::count(app.session().log.counters().kept);
    Some(format!("{shown} of {kept}"))
}

/// Returns the error in lines. If it fits into one, it is below its position in the query.
fn wrong(app: &App, query_box: &QueryBox, error: &QueryError, columns: usize) -> Vec<LineBuilder> {
    let Some(words) = query_box.error_lines(app.session(), columns) else {
        return Vec::new();
    };
    let offer = words.offer.as_deref().unwrap_or_default();
    let line_of = |words: &str, style: Style| {
        let mut line = LineBuilder::new(columns);
        line.cut_words(words, style);
        line
    };
    if !words.is_one_line {
        let message = words.message.iter();
        let message = message.map(|words| line_of(words, theme::BAD));
        let offer = words.offer.iter().map(|words| line_of(words, theme::WATCH));
        return message.chain(offer).collect();
    }
    let message = words.message.join(" ");
    let offer = match offer {
        "" => String::new(),
        offer => format!(" · {offer}"),
    };
    let text = query_box.input.text();
    let before = text.get(..error.at.start).map_or(0, str::width);
    let marked = message.width() + 2;
    let mut line = LineBuilder::new(columns);
    if is_scrolled(&text, columns) {
        line.words(&message, theme::BAD);
    } else if before + marked + offer.width() <= columns {
        line.space(before);
        line.words("▲ ", theme::BAD);
        line.words(&message, theme::BAD);
    } else if before >= marked && before + 1 + offer.width() <= columns {
        // Near the right end, the message is to the left of the mark.
        line.space(before - marked + 1);
        line.words(&message, theme::BAD);
        line.words(" ▲", theme::BAD);
    } else {
        line.words(&message, theme::BAD);
    }
    line.words(&offer, theme::WATCH);
    vec![line]
}

/// Highlights the invalid part of the query or the position where something is missing.
fn colour_wrong(query_box: &QueryBox, error: &QueryError, line: Rect, buffer: &mut Buffer) {
    let text = query_box.input.text();
    if is_scrolled(&text, usize::from(line.width)) {
        return;
    }
    let columns = |part: Option<&str>| {
        let columns = part.map_or(0, str::width);
        u16::try_from(columns).unwrap_or(u16::MAX)
    };
    let part = Rect {
        x: line.x.saturating_add(columns(text.get(..error.at.start))),
        width: columns(text.get(error.at.clone())).max(1),
        ..line
    };
    buffer.set_style(part.intersection(line), theme::BAD);
}

/// Returns whether the text box may have scrolled, in which case the visible part of `text` is
/// unknown. The cursor after the text takes a column too.
fn is_scrolled(text: &str, columns: usize) -> bool {
    text.width() >= columns
}

/// Draws the list of completions above the box.
fn completions(app: &App, completion: &Completion, buffer: &mut Buffer) {
    let list = &completion.candidates;
    let place = app.areas().completions(list.len());
    let lines = padded(inside(place));
    let height = usize::from(lines.height);
    if list.is_empty() || height == 0 {
        return;
    }
    frame::draw_over(place, None, " Complete ", frame::NO_TITLE, buffer);
    let top = completion.selected.saturating_sub(height - 1);
    let columns = usize::from(lines.width);
    let shown = || list.iter().enumerate().skip(top);
    let texts = shown().take(height);
    let texts: Vec<&[u8]> = texts
        .map(|(_, candidate)| candidate.text.trim_end().as_bytes())
        .collect();
    let widths = texts.iter().map(|text| escape::name(text, columns).columns);
    let least = columns * 3 / 5;
    // The texts may also take what the notes leave.
    let notes = shown().take(height);
    let notes = notes.map(|(_, candidate)| candidate.note.within(columns - least).width());
    let most = least.max(columns.saturating_sub(notes.max().unwrap_or(0) + GAP));
    let text_columns = widths.max().unwrap_or(0).min(most);
    let listed = texts.iter().map(|text| Listed {
        name: text,
        room: text_columns,
        marks: Vec::new(),
    });
    let listed: Vec<Listed<'_>> = listed.collect();
    let names = Names::new(&listed);
    for (row, (at, candidate)) in (0..lines.height).zip(shown()) {
        let mut line = LineBuilder::new(columns);
        let text = names.text(candidate.text.trim_end().as_bytes(), &[], text_columns);
        line.padded_text(text, text_columns, theme::FOCUS);
        line.space(GAP);
        line.cut_words(&candidate.note.within(line.left()), theme::QUIET);
        line.space(line.left());
        line.draw(
            lines,
            row,
            frame::selection(at == completion.selected, true),
            buffer,
        );
    }
    let keys = " {accept} takes · {older} {newer} choose · {back} closes ";
    frame::footer(place, &frame::keyed(app, keys), buffer);
    frame::scroll_bar(place, top, height, list.len(), buffer);
}

fn syntax(app: &App, query_box: &QueryBox, top: usize, buffer: &mut Buffer) {
    let columns = usize::from(padded(inside(app.areas().overlay)).width);
    let list = syntax_lines(columns, query_box.takes_conditions());
    let place = app.areas().syntax(list.len());
    frame::draw_over(place, None, " Syntax ", frame::NO_TITLE, buffer);
    let lines = padded(inside(place));
    let parts = SyntaxColumns::of(columns);
    for (row, content) in (0..lines.height).zip(list.iter().skip(top)) {
        let mut line = LineBuilder::new(columns);
        if parts.form > 0 {
            let form = format!("{:<1$}", content.form, parts.form);
            line.words(&form, theme::FOCUS);
        }
        let example = format!("{:<1$}", content.example, parts.example);
        line.cut_words(&example, theme::GOOD);
        line.cut_words(content.meaning, Style::new());
        line.draw(lines, row, Style::new(), buffer);
    }
    let height = usize::from(lines.height);
    if height < list.len() {
        frame::footer(place, &frame::keyed(app, " {page-up} {page-down} "), buffer);
    }
    frame::scroll_bar(place, top, height, list.len(), buffer);
}
