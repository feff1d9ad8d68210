//! Why a query finds nothing, and what was probably meant: judged by the channels and a sample of
//! the newest messages, once for each query.

mod nearest;

use std::ops::Range;

use self::nearest::{Near, nearest_channel, nearest_path, nearest_value, written};
use super::Session;
use crate::app::effect::Effect;
use crate::payload::{escape, figures};
use crate::query::spelling::quoted_pattern;
use crate::query::{ChannelName, Part, Query, WantedValue};
use crate::workers::decode::{SeenPath, SeenValue};

/// The maximum number of channels compared with a name.
const MAX_CHANNELS: usize = 50_000;

/// The maximum number of values named.
const MAX_NAMED: usize = 4;

/// The maximum width of a quoted name or value, in columns.
const MAX_COLUMNS: usize = 24;

/// Why a query finds nothing, and what was probably meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Why it finds nothing, if that is known.
    cause: Option<String>,
    /// The query that the user may have meant.
    meant: Option<String>,
    /// The text of the query.
    text: String,
    /// The request for the sample that it is judged by.
    sample: u64,
    is_final: bool,
}

impl Verdict {
    /// Returns the query that was probably meant by `query`, which this is about.
    pub fn meant(&self, query: &Query) -> Option<&str> {
        self.meant.as_deref().filter(|_| self.text == query.text())
    }

    /// Returns why `query`, which this is about, finds nothing.
    pub fn cause(&self, query: &Query) -> Option<&str> {
        self.cause.as_deref().filter(|_| self.text == query.text())
    }
}

/// What is wrong with a part of a query.
struct Finding {
    cause: String,
    /// What to replace in the query, and what with.
    edit: Option<(Range<usize>, String)>,
}

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
        let mut effects = Vec::new();
        if filter.is_none() && !self.filters.verdict.text.is_empty() {
            self.filters.verdict = Verdict::default();
        }
        if let Some(query) = filter {
            let verdict = std::mem::take(&mut self.filters.verdict);
            self.filters.verdict = self.judge(&query, verdict, &mut effects);
        }
        if let Some(query) = find {
            let verdict = self
                .find
                .as_mut()
                .map(|find| std::mem::take(&mut find.verdict));
            let verdict = self.judge(&query, verdict.unwrap_or_default(), &mut effects);
            if let Some(find) = &mut self.find {
                find.verdict = verdict;
            }
        }
        effects
    }

    /// Returns whether the filter in force has been run and shows no message.
    pub(crate) fn filter_finds_nothing(&self) -> bool {
        self.filters.watch.is_some()
            && !self.filters.is_new
            && self.filters.lag(self.now).is_none()
            && self.shown.messages() == 0
    }

    fn judge(&mut self, query: &Query, before: Verdict, effects: &mut Vec<Effect>) -> Verdict {
        let mut verdict = before;
        if verdict.text != query.text() {
            effects.extend(self.request_sample(Some(query)));
            let searched = query.only_searches();
            verdict = Verdict {
                cause: searched.map(|place| format!("searched as text in {place}")),
                meant: query.suggestion().map(str::to_owned),
                text: query.text().to_owned(),
                sample: self.sampling.serial(),
                ..Verdict::default()
            };
        }
        // A newer sample may be of other channels.
        let is_sampled = !self.sampling.is_pending() && self.sampling.serial() == verdict.sample;
        if !verdict.is_final && is_sampled {
            verdict.is_final = true;
            self.examine(query, &mut verdict);
        }
        verdict
    }

    /// Compares the parts of `query` with what there is.
    fn examine(&self, query: &Query, verdict: &mut Verdict) {
        let text = query.text();
        let parts = Query::parts(text, &self.moment());
        let findings = parts.iter().filter_map(|part| self.finding(text, part));
        let findings: Vec<Finding> = findings.collect();
        let edits = findings.iter().filter_map(|finding| finding.edit.clone());
        let edits: Vec<_> = edits.collect();
        let edited = edited(text, &edits);
        let is_valid = |text: &String| Query::parse(text, &self.moment()).is_ok();
        if let Some(edited) = edited.filter(is_valid) {
            verdict.meant = Some(edited);
        }
        if let Some(finding) = findings.into_iter().next() {
            verdict.cause = Some(finding.cause);
        }
    }

    fn finding(&self, text: &str, part: &Part) -> Option<Finding> {
        match part {
            Part::Channel { at, name } => self.unknown_channel(text, at, name),
            Part::Compared { at, path, value } => {
                let wanted = canonical(text.get(path.clone())?);
                let paths = &self.sampling.latest.paths;
                match paths.iter().find(|seen| canonical(&seen.text) == wanted) {
                    Some(seen) => unseen_value(at, seen, value.as_ref()?),
                    None => self.unseen_path(path, &wanted),
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
        Some(Finding {
            cause: format!("no channel matches {}", short(written)),
            edit: nearest_channel(written, names()).map(|nearest| (at.clone(), nearest)),
        })
    }

    /// Returns the finding about a path that is not in the sample.
    fn unseen_path(&self, at: &Range<usize>, wanted: &str) -> Option<Finding> {
        let sample = &self.sampling.latest;
        let nearest = nearest_path(wanted, &sample.paths);
        let sampled = figures::counted(sample.messages as u64, "message");
        (sample.messages > 0).then(|| Finding {
            cause: format!("no {} in the newest {sampled}", short(wanted)),
            edit: nearest.map(|nearest| (at.clone(), nearest.text.clone())),
        })
    }
}

/// Returns a path in the form in which a sample has it: with its dot, and the first item for all.
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

/// Returns the finding about a value that was not seen at its path; `at` is the whole comparison.
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
    let edit = nearest_value(wanted, &seen.values).map(|near| match near {
        Near::Value(value) => (wanted.at.clone(), written(value)),
        Near::Within => {
            let pattern = quoted_pattern(&wanted.text);
            (at.clone(), format!("{} ~ {pattern}", seen.text))
        }
    });
    Some(Finding {
        cause: format!("seen at {}: {}", short(&seen.text), named.join(", ")),
        edit,
    })
}

/// Returns `text` with the `edits`, which are in order; `None` without any.
fn edited(text: &str, edits: &[(Range<usize>, String)]) -> Option<String> {
    let mut out = String::new();
    let mut end = 0;
    for (at, with) in edits {
        out.push_str(text.get(end..at.start)?);
        out.push_str(with);
        end = at.end;
    }
    out.push_str(text.get(end..)?);
    (!edits.is_empty()).then_some(out)
}

fn short(text: &str) -> String {
    escape::name(text.as_bytes(), MAX_COLUMNS).string
}
