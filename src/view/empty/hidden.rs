//! Why every message in the log is hidden, and the keys that show them.

use std::cmp::Reverse;

use ratatui::text::Line;

use super::words::strong;
use super::{capitalized, text};
use crate::app::{App, Context, Filters, Overlay, Scope};
use crate::payload::escape::{name, whole};
use crate::payload::figures;
use crate::query::Query;
use crate::view::state::unchecked;
use crate::view::theme;

/// Maximum columns of a query without matches, or of what is muted.
const QUERY_COLUMNS: usize = 60;

/// Maximum number of mutes that are named.
const MOST_MUTES: usize = 4;

/// If there are more muted branches times channels than this, the messages in the branches are not
/// counted, since they are for each frame.
const MOST_COUNTED: usize = 10_000;

/// Says that no message is shown, and names everything that hides messages.
fn no_match(app: &App, kept: u64, are_checked: bool) -> String {
    let filters = &app.session().filters;
    // Messages that have just arrived may not be searched yet.
    let watch = filters.watch.as_ref();
    let left = watch.map_or(0, |watch| watch.progress().left());
    let searched = figures::count(kept.saturating_sub(left));
    let typed = filters.typed.as_ref().map(|query| {
        let kind = if query.is_text() { "text " } else { "" };
        format!("{kind}{}", short(query))
    });
    let asked: Vec<String> = typed.into_iter().chain(listed_filters(app)).collect();
    let asked = asked.join(" and ");
    let outcome = match (asked.is_empty(), are_checked) {
        (true, _) => "No messages to show".to_owned(),
        (false, true) => {
            let channels = app.session().log.channels().with_rows();
            let channels = figures::counted(channels as u64, "channel");
            format!("0 of {searched} messages on {channels} match {asked}")
        }
        (false, false) => format!("No checked message matches {asked}"),
    };
    let parts: Vec<String> = [outcome].into_iter().chain(hidden_channels(app)).collect();
    parts.join(" · ")
}

fn short(query: &Query) -> String {
    name(query.text().as_bytes(), QUERY_COLUMNS).string
}

/// Describes the enabled filters of the list.
fn listed_filters(app: &App) -> Option<String> {
    let listed = app.session().filters.list.iter();
    let enabled: Vec<_> = listed.filter(|filter| filter.is_on).collect();
    match enabled[..] {
        [] => None,
        [one] if one.is_exclude => Some(format!("the saved filter not {}", short(&one.query))),
        [one] => Some(format!("the saved filter {}", short(&one.query))),
        _ => Some(format!("the {} saved filters", enabled.len())),
    }
}

/// Describes the channels whose messages are hidden entirely.
fn hidden_channels(app: &App) -> Option<String> {
    let filters = &app.session().filters;
    match &filters.only {
        Some(only @ Scope::Channel(_)) => Some(format!("only channel {} is shown", only.name())),
        Some(only) if hides_muted(app) => Some(format!(
            "only {} is shown, without what is muted",
            only.name()
        )),
        Some(only) => Some(format!("only {} is shown", only.name())),
        None => muted_words(filters),
    }
}

/// Returns whether mutes may hide messages. They do not if only one channel is shown.
fn hides_muted(app: &App) -> bool {
    let session = app.session();
    let filters = &session.filters;
    let channels = session.log.channels();
    let mut muted = filters.muted.channels();
    let mut others = filters.muted.others().iter();
    !matches!(filters.only, Some(Scope::Channel(_)))
        && (muted.any(|name| channels.find(name).is_some())
            || others.any(|scope| !filters.is_overruled(scope)))
}

/// Describes what is muted.
fn muted_words(filters: &Filters) -> Option<String> {
    match (filters.muted.others(), filters.muted_and_heard) {
        (_, 0) => None,
        ([one], 1) => Some(format!("{} is muted", one.name())),
        ([], 1) => Some("1 channel is muted".to_owned()),
        ([], several) => Some(format!("{several} channels are muted")),
        (_, several) => Some(format!("{several} channels and patterns are muted")),
    }
}

/// Lists the keys that show hidden rows again.
fn how_to_show(app: &App) -> String {
    let filters = &app.session().filters;
    let is_typed = filters.typed.is_some();
    let is_listed = filters.list.iter().any(|filter| filter.is_on);
    let is_only = filters.only.is_some();
    let is_muted = hides_muted(app);
    let keys = [
        (
            is_typed,
            "{filter} to change the filter, {back} to clear it",
        ),
        (is_listed, "{filters} for the list of filters"),
        (is_only, "{toggle-only} on the channel to show all"),
        (is_muted, "{toggle-mute} on a muted channel to show it"),
    ];
    let keys = keys.into_iter().filter(|(applies, _)| *applies);
    let keys: Vec<String> = keys.map(|(_, key)| text(app, key)).collect();
    format!("Press {}.", keys.join(", "))
}

/// Says how to check the messages whose flags the filters ask for.
fn how_to_check(app: &App) -> String {
    let query = app.session().filters.query();
    let flags = query.map(Query::used_flags).unwrap_or_default();
    let mut hints = Vec::new();
    if flags.is_drift || flags.is_seqgap {
        const KEYS: &str = "In an open message, press {previous-tab} to learn the shape of its \
                            channel, or {toggle-sequence} to track a number.";
        hints.push(text(app, KEYS));
    }
    if flags.is_invalid {
        hints.push("Start with --schema GLOB=FILE to check messages against a schema.".to_owned());
    }
    hints.join(" ")
}

/// Returns the text for a log whose messages are all hidden.
pub(super) fn explain(app: &App, kept: u64) -> Vec<Line<'static>> {
    let filters = &app.session().filters;
    if let Some(lag) = filters.lag(app.session().now).filter(|lag| !lag.is_done()) {
        let (left, total) = (figures::count(lag.left()), figures::count(lag.total));
        let words = format!("Nothing found yet, {left} of {total} not yet searched …");
        return vec![Line::raw(words)];
    }
    if filters.typed.is_some() || filters.list.iter().any(|filter| filter.is_on) {
        // The query box offers the suggestion itself, and its keys are other ones.
        let is_typing = matches!(app.overlay(), Some(Overlay::Query(_)));
        let not_checked = unchecked(&filters.unchecked()).join(", ");
        let mut lines = vec![strong(no_match(app, kept, not_checked.is_empty()))];
        let typed = filters.typed.as_ref();
        if let Some(cause) = typed.and_then(|typed| filters.verdict.cause(typed)) {
            lines.push(Line::raw(capitalized(cause)));
        }
        if let Some(words) = typed.and_then(|typed| app.session().folded_words(typed)) {
            lines.push(Line::raw(format!("The filter {words}")));
        }
        let suggestion = typed.and_then(|typed| filters.verdict.meant(typed));
        if let Some(meant) = suggestion.filter(|_| !is_typing) {
            let meant = whole(meant.as_bytes());
            let keys = text(app, "Press {filter} then {accept} to accept it.");
            let words = format!("Did you mean {meant}? {keys}");
            lines.push(Line::styled(words, theme::WATCH));
        }
        if !not_checked.is_empty() {
            lines.push(Line::raw(format!("{not_checked}. {}", how_to_check(app))));
        }
        if let Some(trouble) = filters.trouble() {
            lines.push(Line::styled(whole(trouble.as_bytes()), theme::BAD));
        }
        let how = if is_typing {
            String::new()
        } else {
            how_to_show(app)
        };
        lines.push(Line::raw(format!("{} {how}", are_hidden(kept, ""))));
        return lines;
    }
    hidden_by_channel(app, kept)
}

/// Returns the text for a log whose messages are all hidden because of their channels.
fn hidden_by_channel(app: &App, kept: u64) -> Vec<Line<'static>> {
    match &app.session().filters.only {
        Some(only) => {
            let is_muted = hides_muted(app);
            let unmuted = if is_muted { "unmuted " } else { "" };
            let first = match only {
                Scope::Pattern(_) => {
                    format!("No kept {unmuted}messages arrived via {}", only.name())
                }
                _ => format!("No {unmuted}messages kept on {}", only.name()),
            };
            let place = match only {
                Scope::Channel(_) | Scope::Branch(_) if !is_muted => " on other channels",
                _ => "",
            };
            let keys = if is_muted {
                "Press {back} to show all, {toggle-mute} on a muted channel to show it."
            } else {
                "Press {back} to show all."
            };
            let keys = text(app, keys);
            vec![
                strong(first),
                Line::raw(format!("{} {keys}", are_hidden(kept, place))),
            ]
        }
        None => muted(app, kept),
    }
}

/// Returns the text for a log whose messages are all muted.
fn muted(app: &App, kept: u64) -> Vec<Line<'static>> {
    let mut lines = vec![strong(match kept {
        1 => "The only message kept is muted".to_owned(),
        kept => format!("All {} messages kept are muted", figures::count(kept)),
    })];
    let mutes = mutes(app);
    lines.extend(mutes.largest.iter().map(|(scope, hidden)| {
        let kind = match scope {
            Scope::Channel(_) => "Channel",
            Scope::Branch(_) => "Branch",
            Scope::Pattern(_) => "Pattern",
        };
        let name = scope.short_name(QUERY_COLUMNS).string;
        let hides = match (mutes.count, hidden) {
            (1, _) => format!(" hides {}", figures::count(kept)),
            (_, Some(hidden)) => format!(" hides {}", figures::count(*hidden)),
            (_, None) => String::new(),
        };
        Line::raw(format!("{kind} {name}{hides}"))
    }));
    if let Some(more) = mutes.count.checked_sub(MOST_MUTES).filter(|more| *more > 0) {
        lines.push(Line::raw(format!(
            "and {} more",
            figures::count(more as u64)
        )));
    }
    let keymap = &app.session().settings.keymap;
    let remove = keymap.text(Context::Chips, "{remove}");
    let chips = text(app, "Press {chips}");
    let toggle = text(app, "{toggle-mute} on it in the channel list");
    lines.push(Line::raw(format!(
        "{chips}, then {remove} to show what it hides, or {toggle}."
    )));
    lines
}

/// What is muted and hides messages.
struct Mutes {
    count: usize,
    /// The largest ones, each with how many messages it hides, if that is known.
    largest: Vec<(Scope, Option<u64>)>,
}

/// Returns what is muted and hides messages. What a branch hides is not counted if that means
/// looking at too many channels.
fn mutes(app: &App) -> Mutes {
    let session = app.session();
    let channels = session.log.channels();
    let muted = &session.filters.muted;
    let by_name = muted.channels().map(|name| {
        let channel = channels.find(name).and_then(|id| channels.by_id(id));
        Some(channel.map_or(0, |channel| channel.kept))
    });
    let is_counted = muted.others().len().saturating_mul(channels.len()) <= MOST_COUNTED;
    let others = muted.others().iter().map(|scope| match scope {
        Scope::Branch(_) if is_counted => {
            let covered = channels
                .iter()
                .filter(|(_, channel)| scope.covers(channel.name()));
            Some(covered.map(|(_, channel)| channel.kept).sum())
        }
        // A pattern hides only what arrived through its subscription.
        _ => None,
    });
    let hidden = by_name.chain(others).enumerate();
    let hiding = hidden.filter(|(_, hidden)| *hidden != Some(0));
    let mut hiding: Vec<_> = hiding
        .map(|(index, hidden)| (Reverse(hidden), index))
        .collect();
    let count = hiding.len();
    if count > MOST_MUTES {
        hiding.select_nth_unstable(MOST_MUTES - 1);
        hiding.truncate(MOST_MUTES);
    }
    hiding.sort_unstable();
    let largest = hiding.into_iter();
    let largest = largest.filter_map(|(Reverse(hidden), index)| Some((muted.at(index)?, hidden)));
    Mutes {
        count,
        largest: largest.collect(),
    }
}

/// Describes how many messages are hidden; `place` is empty or starts with a blank.
fn are_hidden(kept: u64, place: &str) -> String {
    let verb = if kept == 1 { "is" } else { "are" };
    format!("{}{place} {verb} hidden.", figures::count(kept))
}
