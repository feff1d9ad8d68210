//! Why a query finds nothing, and what the user probably meant. This is determined once for each
//! query, from the channels and a sample of the newest messages.

mod nearest;
mod trial;

use std::iter;
use std::ops::Range;

use self::nearest::{Near, nearest_channel, nearest_paths, nearest_value, paths_with, written};
use self::trial::{Candidate, Trials};
use super::Session;
use super::live_query::{FILTER_TRIAL, FIND_TRIAL};
use crate::app::effect::Effect;
use crate::payload::{escape, figures};
use crate::query::spelling::{pattern_within, replaced};
use crate::query::{ChannelName, Part, Query, WantedValue};
use crate::workers::decode::{SeenPath, SeenValue};
use crate::workers::scan::{Answer, WatchId};

/// The maximum number of samples requested for a verdict.
const MAX_REQUESTS: u8 = 3;

/// The maximum number of parts of a query that are compared with what is known: its first ones.
const MAX_PARTS: usize = 8;

/// The maximum number of channels compared with a channel name in a query.
const MAX_CHANNELS: usize = 50_000;

/// The maximum number of values listed in an explanation.
const MAX_NAMED: usize = 4;

/// The maximum width of a quoted name or value, in columns.
const MAX_COLUMNS: usize = 24;

/// Why a query finds nothing, and what the user probably meant.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Why the query finds nothing, if that is known.
    cause: Option<String>,
    /// The text of the query.
    text: String,
    /// The request for the sample that it is judged by, once there is one.
    sample: Option<u64>,
    /// How many samples were requested: others may be requested before one has been read.
    requests: u8,
    is_final: bool,
    /// The queries that the user may have meant.
    trials: Trials,
}

impl Verdict {
    /// Returns the query that the user probably meant by `query`, if this verdict is about it and a
    /// correction is known. It finds something.
    pub fn meant(&self, query: &Query) -> Option<&str> {
        let meant = self.trials.found.as_deref();
        meant.filter(|_| self.text == query.text())
    }

    /// Returns why `query` finds nothing, if this verdict is about it and the reason is known.
    pub fn cause(&self, query: &Query) -> Option<&str> {
        self.cause.as_deref().filter(|_| self.text == query.text())
    }

    /// Returns the effect that stops the running trial, if there is one.
    pub(crate) fn stop(self, trial: WatchId) -> Option<Effect> {
        let is_running = self.trials.is_running();
        is_running.then_some(Effect::StopScan(trial))
    }

    /// Returns whether this is about `query`, and everything that was to be found out is known.
    pub(crate) fn is_known(&self, query: &Query) -> bool {
        self.is_final && self.trials.are_over() && self.text == query.text()
    }
}

/// What is wrong with a part of a query.
struct Finding {
    cause: String,
    /// What to replace in the query, and what with: alternatives, likeliest first.
    edits: Vec<Edit>,
}

type Edit = (Range<usize>, String);

impl Session {
    /// Judges the filter and the search if they find nothing.
    pub(crate) fn judge_queries(&mut self) -> Vec<Effect> {
        let filter = self
            .filters
            .typed
            .as_ref()
            .filter(|_| self.filter_finds_nothing());
        let filter = filter.cloned();
        let find = self
            .find
            .as_ref()
            .filter(|find| find.finds_nothing(self.now));
        let find = find.map(|find| find.watch.query().clone());
        let mut effects = self.drop_verdicts();
        if let Some(query) = filter {
            let verdict = std::mem::take(&mut self.filters.verdict);
            self.filters.verdict = self.judge(&query, FILTER_TRIAL, verdict, &mut effects);
        }
        if let Some(query) = find {
            let verdict = self
                .find
                .as_mut()
                .map(|find| std::mem::take(&mut find.verdict));
            let verdict = verdict.unwrap_or_default();
            let verdict = self.judge(&query, FIND_TRIAL, verdict, &mut effects);
            if let Some(find) = &mut self.find {
                find.verdict = verdict;
            }
        }
        effects
    }

    /// Drops the verdicts on a filter or a search that was changed, or that finds something now. A
    /// query that only lags keeps its verdict.
    fn drop_verdicts(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        let filters = &mut self.filters;
        let typed = filters.typed.as_ref().map_or("", Query::text);
        if typed != filters.verdict.text || filters.is_new || self.shown.messages() > 0 {
            let verdict = std::mem::take(&mut filters.verdict);
            effects.extend(verdict.stop(FILTER_TRIAL));
        }
        if let Some(find) = self.find.as_mut().filter(|find| !find.rows.is_empty()) {
            effects.extend(std::mem::take(&mut find.verdict).stop(FIND_TRIAL));
        }
        effects
    }

    /// Records what a query finds that may have been meant.
    pub(crate) fn note_trial(&mut self, answer: &Answer) -> Vec<Effect> {
        let verdict = match answer.watch {
            FILTER_TRIAL => Some(&mut self.filters.verdict),
            _ => self.find.as_mut().map(|find| &mut find.verdict),
        };
        let is_over_early = verdict.is_some_and(|verdict| verdict.trials.note(answer));
        let stop = is_over_early.then_some(Effect::StopScan(answer.watch));
        stop.into_iter().collect()
    }

    /// Returns whether the active filter has been applied and no message is shown.
    pub(crate) fn filter_finds_nothing(&self) -> bool {
        self.filters.watch.is_some()
            && !self.filters.is_new
            && self.filters.lag(self.now).is_none()
            && self.shown.messages() == 0
    }

    /// Continues to judge `query`. What may have been meant is tried out by the query `trial`.
    fn judge(
        &mut self,
        query: &Query,
        trial: WatchId,
        before: Verdict,
        effects: &mut Vec<Effect>,
    ) -> Verdict {
        let mut verdict = before;
        if verdict.text != query.text() {
            effects.extend(verdict.stop(trial));
            let searched = query.only_searches();
            verdict = Verdict {
                cause: searched.map(|place| format!("searched as text in {place}")),
                text: query.text().to_owned(),
                ..Verdict::default()
            };
        }
        if !verdict.is_final && verdict.sample != Some(self.sampling.serial()) {
            // None was requested yet, or a newer sample, which may be from other channels.
            if verdict.requests == MAX_REQUESTS {
                verdict.is_final = true;
                self.try_out(query, trial, &[], &mut verdict);
            } else {
                verdict.requests += 1;
                effects.extend(self.request_sample(Some(query)));
                verdict.sample = Some(self.sampling.serial());
            }
        }
        if !verdict.is_final && !self.sampling.is_pending() {
            verdict.is_final = true;
            self.examine(query, trial, &mut verdict);
        }
        if verdict.trials.are_due() {
            let serial = self.next_serial();
            effects.extend(verdict.trials.start(trial, serial, &self.known()));
        }
        verdict
    }

    /// Compares the parts of `query` with the known channels, paths and values.
    fn examine(&self, query: &Query, trial: WatchId, verdict: &mut Verdict) {
        let text = query.text();
        let parts = Query::parts(text, &self.moment());
        let parts = parts.iter().take(MAX_PARTS);
        let findings = parts.filter_map(|part| self.finding(text, part));
        let findings: Vec<Finding> = findings.collect();
        self.try_out(query, trial, &findings, verdict);
        if let Some(finding) = findings.into_iter().next() {
            verdict.cause = Some(finding.cause);
        }
    }

    /// Prepares to try out what the user may have meant by `query`.
    fn try_out(&self, query: &Query, trial: WatchId, findings: &[Finding], verdict: &mut Verdict) {
        let (text, moment) = (query.text(), self.moment());
        let texts = candidates(text, findings);
        let suggestions = iter::once_with(|| Query::suggestions(text, &moment)).flatten();
        let mut tried = vec![query.clone()];
        // Only as many as are tried out are parsed.
        let candidates = texts.chain(suggestions).filter_map(|text| {
            let parsed = Query::parse(&text, &moment).ok()?;
            if tried.contains(&parsed) {
                return None;
            }
            tried.push(parsed.clone());
            let query = match trial {
                FILTER_TRIAL => self.wanted_filter(Some(&parsed)).unwrap_or(parsed),
                _ => parsed,
            };
            Some(Candidate { text, query })
        });
        verdict.trials = Trials::of(candidates);
    }

    fn finding(&self, text: &str, part: &Part) -> Option<Finding> {
        match part {
            Part::Channel { at, name } => self.unknown_channel(text, at, name),
            Part::Compared { at, path, value } => {
                let wanted = canonical(text.get(path.clone())?);
                let paths = &self.sampling.latest.paths;
                match paths.iter().find(|seen| canonical(&seen.text) == wanted) {
                    Some(seen) => unseen_value(at, seen, value.as_ref()?),
                    None => self.unseen_path(text, path, &wanted, value.as_ref()),
                }
            }
        }
    }

    /// Returns the finding about a condition that no channel's name satisfies.
    fn unknown_channel(
        &self,
        text: &str,
        at: &Range<usize>,
        name: &ChannelName,
    ) -> Option<Finding> {
        let channels = self.log.channels();
        let names = || channels.iter().map(|(_, channel)| channel.name());
        // With more channels, this would take too long.
        if channels.len() > MAX_CHANNELS || names().any(|known| name.matches(known)) {
            return None;
        }
        let written = text.get(at.clone())?;
        let nearest = nearest_channel(written, names());
        Some(Finding {
            cause: format!("no channel matches {}", short(written)),
            edits: nearest
                .map(|nearest| (at.clone(), nearest))
                .into_iter()
                .collect(),
        })
    }

    /// Returns the finding about a path that is not in the sample, where `value` was wanted.
    fn unseen_path(
        &self,
        text: &str,
        at: &Range<usize>,
        wanted: &str,
        value: Option<&WantedValue>,
    ) -> Option<Finding> {
        let sample = &self.sampling.latest;
        if sample.messages == 0 {
            return None;
        }
        let nearest = nearest_paths(wanted, &sample.paths);
        let likely = nearest.into_iter().chain(paths_with(value, &sample.paths));
        let mut edits: Vec<Edit> = Vec::new();
        for seen in likely {
            edits.push((at.clone(), seen.text.clone()));
            // The value may be misspelled as well.
            if let Some(value) = value
                && let Some(Near::Value(near)) = nearest_value(value, &seen.values)
                && let Some(between) = text.get(at.end..value.at.start)
            {
                let replaced = format!("{}{between}{}", seen.text, written(near));
                edits.push((at.start..value.at.end, replaced));
            }
        }
        let sampled = figures::counted(sample.messages as u64, "message");
        Some(Finding {
            cause: format!("no {} in the newest {sampled}", short(wanted)),
            edits,
        })
    }
}

/// Returns the texts that result from the edits: the likeliest of all findings together, then the
/// alternatives, then each by itself.
fn candidates<'a>(text: &'a str, findings: &'a [Finding]) -> impl Iterator<Item = String> {
    let firsts = || findings.iter().map(|finding| finding.edits.first());
    let together = iter::once_with(move || firsts().collect::<Vec<_>>());
    let alternatives = findings
        .iter()
        .enumerate()
        .flat_map(move |(index, finding)| {
            finding.edits.iter().skip(1).map(move |edit| {
                let mut others: Vec<_> = firsts().collect();
                others[index] = Some(edit);
                others
            })
        });
    let alone = firsts().map(|first| vec![first]);
    let combinations = together.chain(alternatives).chain(alone);
    combinations.filter_map(|edits| {
        let edits = edits.into_iter().flatten();
        replaced(text, edits.map(|(at, with)| (at, &**with)))
    })
}

/// Returns a path in the form used in samples: with a leading dot, and with each index replaced by
/// 0.
fn canonical(path: &str) -> String {
    let path = path.strip_prefix('$').unwrap_or(path);
    let dot = if path.starts_with('.') { "" } else { "." };
    let mut canonical = dot.to_owned();
    let mut is_in_brackets = false;
    for letter in path.chars() {
        if letter.is_ascii_digit() && is_in_brackets {
            continue;
        }
        is_in_brackets = letter == '[';
        if is_in_brackets {
            canonical.push_str("[0");
        } else {
            canonical.push(letter);
        }
    }
    canonical.replace("[0\"", "[\"")
}

/// Returns the finding about a value that was not seen at its path; `at` is the range of the whole
/// comparison.
fn unseen_value(at: &Range<usize>, seen: &SeenPath, wanted: &WantedValue) -> Option<Finding> {
    let is_it =
        |value: &SeenValue| (&value.text, value.is_string) == (&wanted.text, wanted.is_string);
    if seen.values.is_empty() || seen.values.iter().any(is_it) {
        return None;
    }
    let named = seen.values.iter().take(MAX_NAMED);
    let mut named: Vec<String> = named.map(|value| short(&written(value))).collect();
    if seen.values.len() > MAX_NAMED {
        named.push("…".to_owned());
    }
    let edits = nearest_value(wanted, &seen.values).map(|near| match near {
        Near::Value(value) => (wanted.at.clone(), written(value)),
        Near::Within => {
            let pattern = pattern_within(&wanted.text);
            (at.clone(), format!("{} ~ {pattern}", seen.text))
        }
    });
    Some(Finding {
        cause: format!("seen at {}: {}", short(&seen.text), named.join(", ")),
        edits: edits.into_iter().collect(),
    })
}

fn short(text: &str) -> String {
    escape::name(text.as_bytes(), MAX_COLUMNS).string
}
