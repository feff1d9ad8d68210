//! Completion of the query while it is typed: terms, channels, paths and values.

mod note;

use std::cmp::Reverse;
use std::collections::HashSet;
use std::ops::Range;

pub use self::note::Note;
use crate::app::action::Motion;
use crate::app::session::Session;
use crate::log::{Channel, Content};
use crate::message::{ChannelId, RowId};
use crate::payload::{escape, figures};
use crate::query::spelling::{is_simple_name, quoted};
use crate::query::{KINDS, Literal, Query, STARTS, Unfinished, UnfinishedKind};

/// The maximum number of candidates.
const MAX_CANDIDATES: usize = 200;

/// The maximum number of channels compared with the typed text.
const MAX_CHANNELS: usize = 10_000;

/// The newest rows, whose channels are compared first.
const NEWEST_ROWS: u64 = 4096;

/// The maximum number of channels listed.
const MAX_LISTED: usize = 100;

/// The maximum number of channels in a list that also has other kinds of terms.
const MAX_AMONG_TERMS: usize = 20;

/// Maximum length of a name in bytes. Longer names are left out.
const MAX_NAME: usize = 120;

/// The maximum number of values shown beside a path.
const NAMED_VALUES: usize = 3;

/// The maximum width of each of them, in columns.
const NAMED_COLUMNS: usize = 24;

/// The operators that can follow a path, with their meanings.
const OPERATORS: [(&str, &str); 8] = [
    ("==", "equal, and of the same type"),
    ("!=", "present, but not equal"),
    ("~", "a string that matches a regular expression"),
    ("in (", "one of several"),
    (">", "greater"),
    (">=", "greater or equal"),
    ("<", "less"),
    ("<=", "less or equal"),
];

/// The ways to start a condition on a channel over time, which only breakpoints have.
const CONDITION_STARTS: [(&str, &str); 5] = [
    ("silent:", "a channel fell silent: silent:30s"),
    ("rate:", "messages per second: rate:>100/s"),
    ("changed(.", "a value changed: changed(.state)"),
    ("enters(", "the first message to match: enters(.temp > 80)"),
    ("leaves(", "the first message that no longer matches"),
];

/// A possible completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The text that replaces what was typed.
    pub text: String,
    /// What the text means or where it was seen.
    pub note: Note,
    /// Whether the text must be continued after it is inserted.
    continues: bool,
}

impl Candidate {
    fn new(text: impl Into<String>, note: impl Into<String>) -> Self {
        Self::noted(text, Note::Words(note.into()))
    }

    fn noted(text: impl Into<String>, note: Note) -> Self {
        Self {
            text: text.into(),
            note,
            continues: false,
        }
    }

    fn continued(self) -> Self {
        Self {
            continues: true,
            ..self
        }
    }
}

/// The list of completions above the box.
#[derive(Debug, Default)]
pub struct Completion {
    /// The candidates, likeliest first.
    pub candidates: Vec<Candidate>,
    /// The index of the selected candidate.
    pub selected: usize,
    /// The range of the text that the selected candidate replaces.
    pub(super) at: Range<usize>,
    /// Whether to insert a candidate at once if it is the only one, because the user has just
    /// pressed the key.
    pub(super) takes_single: bool,
}

impl Completion {
    /// Lists the candidates for the end of `text`, the query up to the caret. `takes_conditions`
    /// says whether the query belongs to a breakpoint.
    pub(super) fn of(text: &str, takes_conditions: bool, session: &Session) -> Self {
        let Some(unfinished) = Unfinished::at_end_of(text) else {
            return Self::default();
        };
        let mut candidates = candidates(text, &unfinished, session);
        if takes_conditions && unfinished.kind == UnfinishedKind::Term {
            let starts = CONDITION_STARTS.iter();
            let starts = starts.filter(|(start, _)| start.starts_with(&unfinished.prefix));
            let starts = starts.map(|(start, note)| Candidate::new(*start, *note).continued());
            candidates.splice(0..0, starts);
        }
        let written = &text[unfinished.at.clone()];
        candidates.retain(|candidate| candidate.text != written);
        candidates.truncate(MAX_CANDIDATES);
        Self {
            candidates,
            at: unfinished.at,
            ..Self::default()
        }
    }

    /// Returns the text with the selected candidate inserted, the length up to the end of the
    /// candidate, and whether there is more to complete.
    pub(super) fn taken(&self, text: &str) -> Option<(String, usize, bool)> {
        let candidate = self.candidates.get(self.selected)?;
        let (before, after) = (text.get(..self.at.start)?, text.get(self.at.end..)?);
        let written = format!("{before}{}{after}", candidate.text);
        let end = before.len() + candidate.text.len();
        Some((written, end, candidate.continues))
    }

    /// Moves the selection on a list of `height` lines.
    pub(super) fn move_by(&mut self, motion: Motion, height: usize) {
        let last = self.candidates.len().saturating_sub(1);
        self.selected = motion.from(self.selected, height, last);
    }

    /// Moves the selection by one, wrapping around at both ends.
    pub(super) fn step(&mut self, is_forward: bool) {
        let count = self.candidates.len().max(1);
        let step = if is_forward { 1 } else { count - 1 };
        self.selected = (self.selected + step) % count;
    }
}

/// Returns the part of the query before the unfinished end of `text`, if that part is valid.
/// Completions come from the channels that it selects.
pub(super) fn scope(text: &str, session: &Session) -> Option<Query> {
    let unfinished = Unfinished::at_end_of(text)?;
    let before = text[..unfinished.term].trim_end_matches(['-', '!', '(']);
    let query = Query::parse(before, &session.moment()).ok()?;
    (!query.is_everything()).then_some(query)
}

/// Returns whether completing the end of `text` needs a sample of messages.
pub(super) fn uses_sample(text: &str) -> bool {
    let unfinished = Unfinished::at_end_of(text);
    unfinished.is_some_and(|unfinished| match unfinished.kind {
        UnfinishedKind::Term | UnfinishedKind::Path | UnfinishedKind::Value(_) => true,
        UnfinishedKind::Channel
        | UnfinishedKind::Via
        | UnfinishedKind::Kind
        | UnfinishedKind::Operator => false,
    })
}

fn candidates(text: &str, unfinished: &Unfinished, session: &Session) -> Vec<Candidate> {
    let prefix = &*unfinished.prefix;
    match &unfinished.kind {
        UnfinishedKind::Term => terms(prefix, session),
        UnfinishedKind::Channel => channels(prefix, session),
        UnfinishedKind::Via => subscriptions(prefix, session),
        UnfinishedKind::Kind => {
            let kinds = KINDS.iter().filter(|(kind, _)| kind.starts_with(prefix));
            kinds
                .map(|(kind, note)| Candidate::new(*kind, *note))
                .collect()
        }
        UnfinishedKind::Path => {
            let is_in_has = text[..unfinished.at.start].ends_with("has(");
            let paths = paths(prefix, session).into_iter();
            let paths = paths.map(|path| {
                if is_in_has {
                    Candidate::noted(format!("{})", path.text), path.note)
                } else {
                    continued_path(path)
                }
            });
            paths.collect()
        }
        UnfinishedKind::Operator => {
            let operators = OPERATORS
                .iter()
                .filter(|(sign, _)| sign.starts_with(prefix));
            let operators = operators.map(|(sign, note)| {
                let space = if sign.ends_with('(') { "" } else { " " };
                Candidate::new(format!("{sign}{space}"), *note).continued()
            });
            operators.collect()
        }
        UnfinishedKind::Value(path) => {
            let before = &text[..unfinished.at.start];
            let path_end = before.trim_end_matches(|sign| "=!<>~".contains(sign));
            let is_apart = path_end.len() < before.len() && path_end.ends_with(' ');
            let mut values = values(path, prefix, session);
            for value in values.iter_mut().filter(|_| is_apart) {
                // The operator stands between spaces.
                value.text.insert(0, ' ');
            }
            values
        }
    }
}

/// Returns terms of any kind: those of the language, then channels, then paths.
fn terms(prefix: &str, session: &Session) -> Vec<Candidate> {
    let starts = STARTS.iter().filter(|(start, _)| start.starts_with(prefix));
    let starts = starts.map(|(start, note)| Candidate::new(*start, *note).continued());
    let channels = channels(prefix, session).into_iter().take(MAX_AMONG_TERMS);
    let channels = channels.map(|channel| Candidate {
        text: format!("channel:{}", channel.text),
        ..channel
    });
    let channels = channels.filter(|_| !prefix.is_empty());
    let paths = paths(prefix, session).into_iter().map(continued_path);
    starts.chain(channels).chain(paths).collect()
}

/// Returns the channels whose names contain `prefix`: first those that start with it, and of these
/// the ones with most messages. If there are too many channels to look at, recent ones count.
fn channels(prefix: &str, session: &Session) -> Vec<Candidate> {
    let wanted = Literal::new(prefix.as_bytes());
    let known = channels_to_compare(session).filter_map(|(id, channel)| {
        let name = channel.name();
        let found = wanted.find(name.get(..MAX_NAME).unwrap_or(name))?;
        let rank = (found.start > 0, Reverse(channel.messages), id.0);
        (name.len() <= MAX_NAME).then_some((rank, channel))
    });
    let mut known: Vec<_> = known.collect();
    let has_others = known.len() > MAX_LISTED;
    if has_others {
        known.select_nth_unstable_by_key(MAX_LISTED, |(rank, _)| *rank);
        known.truncate(MAX_LISTED);
    }
    known.sort_unstable_by_key(|(rank, _)| *rank);
    let candidates = known.iter().map(|(_, channel)| {
        let name = channel.name();
        let part = Literal::new(name);
        let is_in = |other: &[u8]| other.len() > name.len() && part.find(other).is_some();
        let is_part = has_others || known.iter().any(|(_, other)| is_in(other.name()));
        Candidate::new(
            name_text(name, is_part),
            figures::counted(channel.messages, "message"),
        )
    });
    candidates.collect()
}

/// Returns the channels to compare with what is written: all, or if there are too many, those of
/// the newest rows and some others.
fn channels_to_compare(session: &Session) -> impl Iterator<Item = (ChannelId, &Channel)> {
    let channels = session.log.channels();
    let mut recent = HashSet::new();
    if channels.len() > MAX_CHANNELS {
        let end = session.log.end().0;
        let start = session.log.first().0.max(end.saturating_sub(NEWEST_ROWS));
        let rows = (start..end).filter_map(|row| session.log.row(RowId(row)));
        recent.extend(rows.filter_map(|row| match row.content {
            Content::Message { channel, .. } => Some(channel),
            Content::Notice(_) => None,
        }));
    }
    let others = channels.iter().take(MAX_CHANNELS);
    let others: Vec<_> = others.filter(|(id, _)| !recent.contains(id)).collect();
    let recent = recent.into_iter();
    let recent = recent.filter_map(|id| Some((id, channels.by_id(id)?)));
    recent.chain(others)
}

/// Returns a name in the form to use after `channel:`. If other names contain it, it is quoted, so
/// that only this channel matches.
fn name_text(name: &[u8], is_part: bool) -> String {
    let plain = str::from_utf8(name).ok();
    let plain = plain.filter(|name| is_simple_name(name));
    match plain {
        Some(name) if is_part => quoted(name),
        Some(name) => name.to_owned(),
        None => {
            let query = Query::channel(name);
            query.text().trim_start_matches("channel:").to_owned()
        }
    }
}

fn subscriptions(prefix: &str, session: &Session) -> Vec<Candidate> {
    let names = session.subscriptions.names();
    let names = names.filter_map(|name| str::from_utf8(name).ok());
    let is_simple = |name: &&str| {
        !name.contains(|letter: char| letter.is_whitespace() || "()\"\\".contains(letter))
            && escape::is_plain_name(name.as_bytes())
    };
    let mut names: Vec<&str> = names.filter(is_simple).collect();
    names.retain(|name| name.contains(prefix) && name.len() <= MAX_NAME);
    names.sort_unstable();
    names.dedup();
    let names = names.into_iter();
    names
        .map(|name| Candidate::new(name, "subscription"))
        .collect()
}

/// Returns the paths seen that contain `prefix`: first those that start with it, then those in
/// which a field name starts with it, then the others.
fn paths(prefix: &str, session: &Session) -> Vec<Candidate> {
    let wanted = prefix.trim_start_matches(['$', '.']).to_lowercase();
    let sample = &session.sampling.latest;
    let ranked = sample.paths.iter().filter_map(|seen| {
        let text = seen.text.trim_start_matches('.').to_lowercase();
        let rank = if text.starts_with(&wanted) {
            0
        } else if text.contains(&format!(".{wanted}")) {
            1
        } else {
            text.contains(&wanted).then_some(2)?
        };
        escape::is_plain_name(seen.text.as_bytes()).then_some((rank, seen))
    });
    let mut ranked: Vec<_> = ranked.collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    let candidates = ranked.into_iter().map(|(_, seen)| {
        let values = seen.values.iter().take(NAMED_VALUES);
        let values = values.map(|value| escape::name(value.text.as_bytes(), NAMED_COLUMNS).string);
        let note = if seen.values.is_empty() {
            Note::Words("contains other values".to_owned())
        } else {
            Note::Values(values.collect(), seen.values.len() > NAMED_VALUES)
        };
        Candidate::noted(&*seen.text, note)
    });
    candidates.collect()
}

/// Adds a space after the path, for an operator to follow.
fn continued_path(path: Candidate) -> Candidate {
    Candidate {
        text: format!("{} ", path.text),
        ..path.continued()
    }
}

/// Returns the values seen at `path` that contain `prefix`.
fn values(path: &str, prefix: &str, session: &Session) -> Vec<Candidate> {
    let sample = &session.sampling.latest;
    let seen = sample.paths.iter().find(|seen| seen.text == path);
    let wanted = Literal::new(prefix.as_bytes());
    let values = seen.into_iter().flat_map(|seen| &seen.values);
    let values = values.filter(|value| {
        wanted.find(value.text.as_bytes()).is_some() && escape::is_plain_name(value.text.as_bytes())
    });
    let values = values.map(|value| {
        let text = if value.is_string {
            quoted(&value.text)
        } else {
            value.text.clone()
        };
        let times = figures::counted(value.count as u64, "time");
        Candidate::new(text, format!("seen {times}"))
    });
    values.collect()
}
