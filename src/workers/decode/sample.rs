//! The paths and values in a few messages, used to complete and correct queries.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::Source;
use crate::payload::tree::{Key, Kind, NodeId, Tree};

/// The maximum time spent on the messages after the first.
const MAX_TIME: Duration = Duration::from_millis(10);

/// Compressed payloads are sampled only if they have at most this many bytes when unpacked.
const MAX_UNPACKED: usize = 256 << 10;

/// The maximum number of values read in a message.
const MAX_NODES: usize = 500;

/// The maximum number of paths.
const MAX_PATHS: usize = 400;

/// The maximum number of different values at a path.
const MAX_VALUES: usize = 30;

/// The maximum length of a value, in bytes; longer values are left out.
const MAX_VALUE: usize = 60;

/// A request to sample messages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SampleRequest {
    /// The number of the request. A request cancels those with lower numbers.
    pub serial: u64,
    /// The messages, newest first.
    pub messages: Vec<Source>,
}

/// The paths and values that some messages contain.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// The number of the request.
    pub serial: u64,
    /// The number of messages that were read.
    pub messages: usize,
    /// The paths, those in most messages first.
    pub paths: Vec<SeenPath>,
}

/// A path that was seen.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenPath {
    /// The path in query syntax, with no array index other than 0.
    pub text: String,
    /// In how many messages it was seen.
    pub count: usize,
    /// The short scalar values seen at the path, the most frequent first.
    pub values: Vec<SeenValue>,
}

/// A value that was seen.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenValue {
    /// The contents of a string, or a number or keyword as it is written.
    pub text: String,
    /// Whether it is a string.
    pub is_string: bool,
    /// How many times it was seen.
    pub count: usize,
}

impl SampleRequest {
    /// Answers the request.
    pub fn answer(&self) -> Sample {
        let started = Instant::now();
        let mut collected = Collected::default();
        let mut messages = 0;
        for source in &self.messages {
            if messages > 0 && started.elapsed() > MAX_TIME {
                break;
            }
            messages += 1;
            let decoded = source.choice.read(&source.payload, MAX_UNPACKED);
            if let Some(tree) = &decoded.tree {
                collected.read(tree, decoded.bytes(&source.payload));
            }
        }
        Sample {
            serial: self.serial,
            messages,
            paths: collected.into_paths(),
        }
    }
}

/// The paths seen so far, in order of appearance, and their indexes by text.
#[derive(Default)]
struct Collected {
    paths: Vec<SeenPath>,
    index: HashMap<String, usize>,
}

impl Collected {
    fn read(&mut self, tree: &Tree, payload: &[u8]) {
        let mut at = tree.next(NodeId::default());
        for _ in 0..MAX_NODES {
            let Some(id) = at else {
                return;
            };
            let Some(value) = tree.value(id, payload) else {
                return;
            };
            // Only the first element of an array is read, as a sample of all elements.
            if matches!(value.key, Key::Index(1..)) {
                at = tree.after(id);
                continue;
            }
            at = tree.next(id);
            if value.key == Key::None {
                continue;
            }
            if let Some(path) = tree.path(id, payload) {
                self.add(path, value.kind, value.text);
            }
        }
    }

    fn add(&mut self, path: String, kind: Kind, text: &[u8]) {
        let at = match self.index.get(&path) {
            Some(at) => *at,
            None if self.paths.len() == MAX_PATHS => return,
            None => {
                self.paths.push(SeenPath {
                    text: path.clone(),
                    count: 0,
                    values: Vec::new(),
                });
                self.index.insert(path, self.paths.len() - 1);
                self.paths.len() - 1
            }
        };
        let seen = &mut self.paths[at];
        seen.count += 1;
        let is_string = matches!(kind, Kind::String | Kind::Other);
        let is_scalar = is_string || matches!(kind, Kind::Null | Kind::Bool | Kind::Number);
        let text = if kind == Kind::Null { b"null" } else { text };
        if !is_scalar || text.len() > MAX_VALUE {
            return;
        }
        let Ok(text) = str::from_utf8(text) else {
            return;
        };
        let values = &mut seen.values;
        let is_it = |one: &&mut SeenValue| one.is_string == is_string && one.text == text;
        if let Some(known) = values.iter_mut().find(is_it) {
            known.count += 1;
        } else if values.len() < MAX_VALUES {
            values.push(SeenValue {
                text: text.to_owned(),
                is_string,
                count: 1,
            });
        }
    }

    fn into_paths(self) -> Vec<SeenPath> {
        let mut paths = self.paths;
        // The sort is stable, so that paths with equal counts stay in order of appearance.
        paths.sort_by_key(|path| std::cmp::Reverse(path.count));
        for path in &mut paths {
            path.values
                .sort_by_key(|value| std::cmp::Reverse(value.count));
        }
        paths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(payloads: &[&[u8]]) -> Sample {
        let messages = payloads.iter().map(|payload| Source {
            payload: payload.to_vec().into(),
            ..Source::default()
        });
        let messages = messages.collect();
        SampleRequest {
            serial: 1,
            messages,
        }
        .answer()
    }

    fn texts(sample: &Sample) -> Vec<String> {
        let paths = sample.paths.iter();
        let paths = paths.map(|path| {
            let values = path.values.iter();
            let values = values.map(|value| format!("{}×{}", value.text, value.count));
            let values: Vec<String> = values.collect();
            format!("{}×{} {}", path.text, path.count, values.join(" "))
        });
        paths.collect()
    }

    #[test]
    fn the_most_frequent_paths_and_values_come_first() {
        let sample = sample(&[
            br#"{"rare":null,"level":"info","items":[{"id":1},{"id":2}]}"#,
            br#"{"level":"error","user":{"first name":"Eva"}}"#,
            b"\x81\xa5level\xa5error",
            b"text",
        ]);
        assert_eq!(sample.messages, 4);
        assert_eq!(
            texts(&sample),
            [
                ".level×3 error×2 info×1",
                ".rare×1 null×1",
                ".items×1 ",
                ".items[0]×1 ",
                ".items[0].id×1 1×1",
                ".user×1 ",
                ".user.\"first name\"×1 Eva×1",
            ]
        );
        assert!(sample.paths[0].values[0].is_string);
        assert!(!sample.paths[1].values[0].is_string);
    }

    #[test]
    fn a_sample_is_bounded() {
        let long = "x".repeat(MAX_VALUE + 1);
        let members: Vec<String> = (0..1000).map(|number| format!("\"m{number}\":1")).collect();
        let many = format!("{{\"long\":\"{long}\",{}}}", members.join(","));
        let numbers: Vec<String> = (0..100)
            .map(|number| format!("{{\"n\":{number}}}"))
            .collect();
        let mut payloads: Vec<&[u8]> = vec![many.as_bytes()];
        payloads.extend(numbers.iter().map(String::as_bytes));
        let sample = sample(&payloads);
        assert!(sample.paths.len() <= MAX_PATHS);
        let long = sample.paths.iter().find(|path| path.text == ".long");
        assert!(long.is_some_and(|long| long.values.is_empty()));
        assert!(
            sample
                .paths
                .iter()
                .all(|path| path.values.len() <= MAX_VALUES)
        );
    }
}
