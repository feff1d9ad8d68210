//! What is wrong with the parts of a query: names, paths and values that were not seen.

use std::iter;
use std::ops::Range;

use super::nearest::{Near, nearest_channel, nearest_paths, nearest_value, paths_with, written};
use crate::log::ChannelTable;
use crate::payload::{escape, figures};
use crate::query::spelling::{pattern_within, replaced};
use crate::query::{ChannelName, Part, Wanted, WantedValue};
use crate::workers::decode::{Sample, SeenPath, SeenValue};

/// The maximum number of channels compared with a channel name in a query.
const MAX_CHANNELS: usize = 50_000;

/// The maximum number of values listed in an explanation.
const MAX_NAMED: usize = 4;

/// The maximum width of a quoted name or value, in columns.
const MAX_COLUMNS: usize = 24;

/// What is wrong with a part of a query.
#[derive(Debug)]
pub(super) struct Finding {
    /// The range of the part.
    pub at: Range<usize>,
    /// Why it finds nothing, if that is all that it can find.
    pub cause: Option<String>,
    /// What to replace in the query, and what with: alternatives, likeliest first.
    pub edits: Vec<Edit>,
}

pub(super) type Edit = (Range<usize>, String);

/// What has been seen, to compare a query with.
#[derive(Clone, Copy)]
pub(super) struct SeenInLog<'a> {
    pub channels: &'a ChannelTable,
    pub sample: &'a Sample,
    /// Whether some messages are shown as decoded by the user's own decoders, which queries do not
    /// ask.
    pub has_user_decoders: bool,
}

impl SeenInLog<'_> {
    /// Compares a part of the query `text` with the known channels, paths and values.
    pub(super) fn finding(&self, text: &str, part: &Part) -> Option<Finding> {
        match part {
            Part::Channel { at, name } => self.unknown_channel(text, at, name),
            Part::Word { at } => self.unknown_word(text, at),
            Part::Compared {
                at,
                path,
                operand,
                wanted,
            } => {
                let name = canonical(text.get(path.clone())?);
                let value = match wanted {
                    Wanted::Value(value) => Some(value),
                    Wanted::NumberInOrder | Wanted::Match | Wanted::Other => None,
                };
                let paths = &self.sample.paths;
                let Some(seen) = paths.iter().find(|seen| canonical(&seen.text) == name) else {
                    return self.unseen_path(text, (at, path), &name, value);
                };
                match wanted {
                    Wanted::Value(value) => unseen_value(at, seen, value),
                    Wanted::NumberInOrder => {
                        let sign = text.get(path.end..operand.start)?.trim();
                        only_strings(at, seen, sign, text.get(operand.clone())?)
                    }
                    Wanted::Match => no_string(at, seen, text.get(operand.clone())?),
                    Wanted::Other => None,
                }
            }
        }
    }

    /// Returns the finding about a word that may be the misspelled name of a channel.
    fn unknown_word(&self, text: &str, at: &Range<usize>) -> Option<Finding> {
        let written = text.get(at.clone())?;
        let channels = self.channels;
        let names = channels.iter().map(|(_, channel)| channel.name());
        let nearest = nearest_channel(written, names)?;
        (nearest != written).then(|| Finding {
            at: at.clone(),
            cause: None,
            edits: vec![(at.clone(), format!("channel:{nearest}"))],
        })
    }

    /// Returns the finding about a condition that no channel's name satisfies.
    fn unknown_channel(
        &self,
        text: &str,
        at: &Range<usize>,
        name: &ChannelName,
    ) -> Option<Finding> {
        let channels = self.channels;
        let names = || channels.iter().map(|(_, channel)| channel.name());
        // With more channels, this would take too long.
        if channels.len() > MAX_CHANNELS || names().any(|known| name.matches(known)) {
            return None;
        }
        let written = text.get(at.clone())?;
        let nearest = nearest_channel(written, names());
        Some(Finding {
            at: at.clone(),
            cause: Some(format!("no channel matches {}", short(written))),
            edits: nearest
                .map(|nearest| (at.clone(), nearest))
                .into_iter()
                .collect(),
        })
    }

    /// Returns the finding about a path that is not in the sample, where `value` was wanted. The
    /// comparison is at `at`.
    fn unseen_path(
        &self,
        text: &str,
        (at, path): (&Range<usize>, &Range<usize>),
        wanted: &str,
        value: Option<&WantedValue>,
    ) -> Option<Finding> {
        let sample = self.sample;
        if sample.messages == 0 {
            return None;
        }
        let nearest = nearest_paths(wanted, &sample.paths);
        let likely = nearest.into_iter().chain(paths_with(value, &sample.paths));
        let mut edits: Vec<Edit> = Vec::new();
        for seen in likely {
            edits.push((path.clone(), seen.text.clone()));
            // The value may be misspelled as well.
            if let Some(value) = value
                && let Some(Near::Value(near)) = nearest_value(value, &seen.values)
                && let Some(between) = text.get(path.end..value.at.start)
            {
                let replaced = format!("{}{between}{}", seen.text, written(near));
                edits.push((path.start..value.at.end, replaced));
            }
        }
        let sampled = figures::counted(sample.messages as u64, "message");
        let unasked = if self.has_user_decoders {
            ", queries do not run your [[decoder]]"
        } else {
            ""
        };
        let wanted = short(wanted);
        Some(Finding {
            at: at.clone(),
            cause: Some(format!("no {wanted} in the newest {sampled}{unasked}")),
            edits,
        })
    }
}

/// Returns the texts that result from the edits: the likeliest of all findings together, then the
/// alternatives, then each by itself.
pub(super) fn candidates<'a>(
    text: &'a str,
    findings: &'a [Finding],
) -> impl Iterator<Item = String> {
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
    let edits = nearest_value(wanted, &seen.values).map(|near| match near {
        Near::Value(value) => (wanted.at.clone(), written(value)),
        Near::Within => {
            let pattern = pattern_within(&wanted.text);
            (at.clone(), format!("{} ~ {pattern}", seen.text))
        }
    });
    Some(Finding {
        at: at.clone(),
        cause: Some(seen_values(seen)),
        edits: edits.into_iter().collect(),
    })
}

/// Returns the finding about a comparison by order with a number where only strings were seen.
fn only_strings(at: &Range<usize>, seen: &SeenPath, sign: &str, number: &str) -> Option<Finding> {
    let is_clash = !seen.values.is_empty() && seen.values.iter().all(|value| value.is_string);
    is_clash.then(|| Finding {
        at: at.clone(),
        cause: Some(format!(
            "{}, which are text and not numbers",
            seen_values(seen)
        )),
        edits: vec![(
            at.clone(),
            format!("jq(({} | tonumber?) {sign} {number})", seen.text),
        )],
    })
}

/// Returns the finding about a match with a regular expression where no string was seen.
fn no_string(at: &Range<usize>, seen: &SeenPath, pattern: &str) -> Option<Finding> {
    if seen.values.is_empty() || seen.values.iter().any(|value| value.is_string) {
        return None;
    }
    let pattern = pattern.trim_matches(['"', '/']);
    let is_plain = !pattern.contains(['"', '\\', '/']);
    let test = format!("jq({} | tostring | test(\"{pattern}\"))", seen.text);
    Some(Finding {
        at: at.clone(),
        cause: Some(format!("{}, which are not text", seen_values(seen))),
        edits: is_plain.then(|| (at.clone(), test)).into_iter().collect(),
    })
}

/// Lists the first values seen at a path.
fn seen_values(seen: &SeenPath) -> String {
    let named = seen.values.iter().take(MAX_NAMED);
    let mut named: Vec<String> = named.map(|value| short(&written(value))).collect();
    if seen.values.len() > MAX_NAMED {
        named.push("…".to_owned());
    }
    format!("seen at {}: {}", short(&seen.text), named.join(", "))
}

/// Returns a part of a query or a value, shortened.
pub(super) fn short(text: &str) -> String {
    escape::name(text.as_bytes(), MAX_COLUMNS).string
}
