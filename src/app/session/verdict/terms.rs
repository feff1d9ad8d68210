//! Which terms of a query are to blame if it finds nothing.

use std::ops::Range;

use super::finding::{Finding, short};
use super::trial::Count;
use crate::log::MessageLog;
use crate::payload::figures;
use crate::query::{Moment, Query};

/// The maximum number of terms that are counted.
const MAX_TERMS: usize = 8;

/// The maximum number of terms that an explanation names.
const MAX_NAMED: usize = 3;

/// The maximum number of channels whose names are compared with the query.
const MAX_CHANNELS: usize = 50_000;

/// The parts of a query that finds nothing, each of which is counted to find the one to blame.
#[derive(Debug, Default)]
pub(super) struct Blame {
    parts: Vec<BlamePart>,
    /// Whether the terms are counted only on the channels that the query names.
    is_scoped: bool,
}

#[derive(Debug)]
struct BlamePart {
    kind: PartKind,
    query: Query,
}

#[derive(Clone, Debug, PartialEq)]
enum PartKind {
    /// The whole query, without the other filters.
    Whole,
    /// All terms about channels, with the ranges of their texts.
    Channels(Vec<Range<usize>>),
    /// Another term.
    Term(Range<usize>),
}

impl Blame {
    /// Returns what to count for `query`. `is_filtered` tells whether anything else hides rows.
    pub fn of(query: &Query, is_filtered: bool, moment: &Moment, log: &MessageLog) -> Self {
        let mut blame = Self::default();
        if query.mentions_notices() {
            return blame;
        }
        if is_filtered {
            blame.add(PartKind::Whole, query.clone());
        }
        let terms = Query::terms(query.text(), moment);
        if terms.len() > MAX_TERMS {
            return blame;
        }
        let (mut channels, mut others): (Vec<_>, Vec<_>) = terms
            .into_iter()
            .partition(|(_, term)| term.is_about_channels());
        if others.is_empty() {
            others = std::mem::take(&mut channels);
        }
        let scope = Query::all(channels.iter().map(|(_, term)| term.clone()));
        blame.is_scoped = !channels.is_empty() && others.len() > 1 && is_any_on(&scope, log);
        if !channels.is_empty() {
            let places = channels.into_iter().map(|(at, _)| at).collect();
            blame.add(PartKind::Channels(places), scope.clone());
        }
        for (at, term) in others {
            let query = if blame.is_scoped {
                Query::all([scope.clone(), term])
            } else {
                term
            };
            blame.add(PartKind::Term(at), query);
        }
        blame
    }

    fn add(&mut self, kind: PartKind, query: Query) {
        self.parts.push(BlamePart { kind, query });
    }

    /// Returns the queries to count.
    pub fn queries(&self) -> impl Iterator<Item = Query> {
        self.parts.iter().map(|part| part.query.clone())
    }

    /// Returns why the query `text` finds nothing, once everything is counted. Without anything to
    /// count, the first of the findings is the reason.
    pub fn cause(&self, text: &str, counts: &[Count], findings: &[Finding]) -> Option<String> {
        let first = || findings.iter().find_map(|finding| finding.cause.clone());
        if counts.len() < self.parts.len() {
            return None;
        }
        let counted = || {
            let counts = counts.iter();
            counts.filter_map(|count| Some((&self.parts.get(count.part)?.kind, count)))
        };
        let whole = counted().find(|(kind, count)| **kind == PartKind::Whole && count.hits > 0);
        if let Some((_, count)) = whole {
            let messages = figures::counted(count.hits, "message");
            return Some(format!("this filter alone matches {messages}"));
        }
        let terms: Vec<_> = counted()
            .filter(|(kind, _)| **kind != PartKind::Whole)
            .map(|(kind, count)| (kind.named(text), kind, count))
            .collect();
        if terms.len() < 2 {
            return first();
        }
        let is_scope = |kind: &PartKind| matches!(kind, PartKind::Channels(_));
        let fruitless = terms.iter().filter(|(_, _, count)| count.hits == 0);
        let mut fruitless: Vec<_> = fruitless.collect();
        if self.is_scoped && fruitless.iter().any(|(_, kind, _)| is_scope(kind)) {
            // Without messages on the channels, the other terms find nothing there.
            fruitless.retain(|(_, kind, _)| is_scope(kind));
        }
        if !fruitless.is_empty() {
            let causes = fruitless.iter().take(MAX_NAMED).map(|(name, kind, count)| {
                let found = findings.iter().find(|finding| kind.includes(&finding.at));
                let found = found.and_then(|finding| finding.cause.clone());
                let place = self.is_scoped && !is_scope(kind);
                found.unwrap_or_else(|| fruitless_words(name, place, count))
            });
            return Some(causes.collect::<Vec<_>>().join(", "));
        }
        if let [_, _] = terms[..]
            && terms.iter().any(|(_, kind, _)| is_scope(kind))
            && let Some((name, kind, count)) = terms.iter().find(|(_, kind, _)| !is_scope(kind))
        {
            let found = findings.iter().find(|finding| kind.includes(&finding.at));
            return found.and_then(|finding| finding.cause.clone()).or_else(|| {
                let messages = figures::counted(count.hits, "message");
                Some(format!("{name} matches {messages}, but on other channels"))
            });
        }
        let counts = terms.iter().enumerate().map(|(index, (name, _, count))| {
            let hits = figures::count(count.hits);
            match index {
                0 => format!("{name} matches {}", figures::counted(count.hits, "message")),
                _ => format!("{name} {hits}"),
            }
        });
        let counts: Vec<String> = counts.collect();
        let all = if counts.len() == 2 { "both" } else { "all" };
        Some(format!("{}, but none matches {all}", counts.join(", ")))
    }
}

impl PartKind {
    /// Returns the text of the part in the query `text`, shortened.
    fn named(&self, text: &str) -> String {
        let part = |at: &Range<usize>| text.get(at.clone()).unwrap_or_default();
        match self {
            Self::Whole => short(text),
            Self::Channels(places) => short(&places.iter().map(part).collect::<Vec<_>>().join(" ")),
            Self::Term(at) => short(part(at)),
        }
    }

    /// Returns whether the part of the query at `at` belongs to this one.
    fn includes(&self, at: &Range<usize>) -> bool {
        let has = |place: &Range<usize>| place.start <= at.start && at.end <= place.end;
        match self {
            Self::Whole => true,
            Self::Channels(places) => places.iter().any(has),
            Self::Term(place) => has(place),
        }
    }
}

/// Returns whether `scope`, which is about channels only, includes any known channel. With too many
/// channels to compare, it is assumed to.
fn is_any_on(scope: &Query, log: &MessageLog) -> bool {
    let channels = log.channels();
    channels.len() > MAX_CHANNELS
        || channels
            .iter()
            .any(|(_, channel)| scope.includes_channel(channel.name()))
}

/// Says that the term `name` finds nothing. `is_scoped` tells whether only the channels that the
/// query names were searched.
fn fruitless_words(name: &str, is_scoped: bool, count: &Count) -> String {
    let place = if is_scoped { " on these channels" } else { "" };
    match count.newest {
        Some(newest) => {
            let newest = figures::counted(newest, "message");
            format!("nothing in the newest {newest}{place} matches {name}")
        }
        None => format!("nothing{place} matches {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_of_only_the_newest_messages_says_so() {
        let count = |newest| Count {
            part: 0,
            hits: 0,
            newest,
        };
        for (is_scoped, newest, words) in [
            (false, None, "nothing matches zzz"),
            (true, None, "nothing on these channels matches zzz"),
            (
                false,
                Some(500_000),
                "nothing in the newest 500,000 messages matches zzz",
            ),
        ] {
            assert_eq!(fruitless_words("zzz", is_scoped, &count(newest)), words);
        }
    }
}
