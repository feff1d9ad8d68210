//! Names that are too long for their column. If several names must be cut, the parts that they have
//! in common are cut and the parts that differ are kept.

use std::ops::Range;

use crate::payload::escape::{self, MAX_ELIDED_NAME};

/// A shorter start that names have in common is not left out: that would save too little.
const LEAST_LEFT_OUT: usize = 4;

/// The names on the screen that must be cut.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    /// The names, sorted and without duplicates.
    cut: Vec<&'a [u8]>,
    /// The lengths of the prefix and the suffix that all of these names share.
    common: (usize, usize),
    /// The width of the widest name on the screen, at most that of the line.
    pub(super) widest: usize,
}

impl<'a> Names<'a> {
    /// Examines the names on the screen, each with its indent, for lines of `room` columns. Given
    /// the width of the widest name, `column` returns the width of the name column.
    pub(super) fn new(
        names: &[(&'a [u8], usize)],
        room: usize,
        column: impl FnOnce(usize) -> usize,
    ) -> Self {
        let widths: Vec<usize> = names
            .iter()
            .map(|(name, indent)| indent + escape::name(name, room).columns)
            .collect();
        let widest = widths.iter().copied().max().unwrap_or(0);
        let most = column(widest);
        let all = names.iter().zip(widths);
        let mut cut: Vec<&[u8]> = all
            .filter(|((name, _), width)| *width > most && name.len() <= MAX_ELIDED_NAME)
            .map(|((name, _), _)| *name)
            .collect();
        cut.sort_unstable();
        cut.dedup();
        let common = match (cut.first(), cut.last()) {
            (Some(first), Some(last)) if cut.len() > 1 => {
                let start = common_start(first, last);
                let ends = cut.iter().map(|name| common_end(first, name));
                (start, ends.min().unwrap_or(0))
            }
            _ => (0, 0),
        };
        Self {
            cut,
            common,
            widest,
        }
    }

    /// Returns whether a name is cut.
    pub(super) fn is_cut(&self, name: &[u8]) -> bool {
        name.len() > MAX_ELIDED_NAME || self.cut.binary_search(&name).is_ok()
    }

    /// Returns the part of a name to keep in `columns`: what differs between the names or, if that
    /// is too long, what distinguishes this name from others with the same start. Returns `None` if
    /// the name is not cut, or shares nothing with another name.
    pub(super) fn keep(&self, name: &[u8], columns: usize) -> Option<Range<usize>> {
        let index = self.cut.binary_search(&name).ok()?;
        if self.cut.len() < 2 {
            return None;
        }
        let (start, end) = self.common;
        let end = (name.len() - end.min(name.len() - start)).max(start);
        let all = escape::char_start(name, start)..end;
        // There may be an ellipsis on either side.
        let room = columns.saturating_sub(2);
        let fits = |part: &Range<usize>| !escape::one_line(&name[part.clone()], room).cut;
        let part = if fits(&all) {
            all
        } else {
            let others = [index.checked_sub(1), index.checked_add(1)];
            let others = others.into_iter().flatten();
            let others = others.filter_map(|other| self.cut.get(other));
            let start = others.map(|other| common_start(name, other)).max()?;
            escape::char_start(name, start)..name.len()
        };
        let part = if part.start < LEAST_LEFT_OUT {
            0..part.end
        } else {
            part
        };
        let whole_word = word_start(name, part.start)..part.end;
        let part = if fits(&whole_word) { whole_word } else { part };
        (part != (0..name.len())).then_some(part)
    }
}

/// Returns the length of the common prefix of two names.
fn common_start(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

/// Returns the length of the common suffix of two names.
fn common_end(one: &[u8], other: &[u8]) -> usize {
    let pairs = one.iter().rev().zip(other.iter().rev());
    pairs.take_while(|(a, b)| a == b).count()
}

/// Returns the start of the word in a name that contains the byte at `at`.
fn word_start(name: &[u8], at: usize) -> usize {
    let is_separator = |byte: &u8| byte.is_ascii() && !byte.is_ascii_alphanumeric();
    let before = &name[..at];
    before.iter().rposition(is_separator).map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the names as shown in `columns` columns.
    fn shown(names: &[&str], columns: usize) -> Vec<String> {
        let listed: Vec<(&[u8], usize)> = names.iter().map(|name| (name.as_bytes(), 0)).collect();
        let all = Names::new(&listed, 200, |_| columns);
        let text = |name: &&str| {
            let name = name.as_bytes();
            let keep = all.keep(name, columns).unwrap_or(0..0);
            escape::name_keeping(name, &keep, columns)
        };
        let texts: Vec<escape::Text> = names.iter().map(text).collect();
        assert!(
            texts.iter().all(|text| text.columns <= columns),
            "{texts:?}"
        );
        texts.into_iter().map(|text| text.string).collect()
    }

    #[test]
    fn what_several_names_start_with_is_cut() {
        let names = [
            "tenant:acme:eu-west-1:orders:created",
            "tenant:acme:eu-west-1:orders:paid",
            "tenant:acme:eu-west-1:orders:shipped",
        ];
        assert_eq!(
            shown(&names, 20),
            [
                "tenant:acme:…created",
                "tenant:acme:eu-…paid",
                "tenant:acme:…shipped"
            ]
            .map(str::to_owned)
        );
        let names = ["service-payments-worker-17", "service-payments-worker-18"];
        assert_eq!(shown(&names, 12), ["service-p…17", "service-p…18"]);
    }

    #[test]
    fn what_several_names_end_with_is_cut() {
        let names = ["a1:requests:of:the:shop", "b2:requests:of:the:shop"];
        assert_eq!(shown(&names, 12), ["a1:requests…", "b2:requests…"]);
        let names = [
            "region:north:requests:of:the:shop",
            "region:south:requests:of:the:shop",
        ];
        assert_eq!(shown(&names, 14), ["…north:reques…", "…south:reques…"]);
    }

    #[test]
    fn names_of_different_families_keep_what_tells_them_from_their_own() {
        let names = [
            "tenant:acme:eu-west-1:orders:created",
            "tenant:acme:eu-west-1:orders:paid",
            "__keyspace@0__:session:000001",
            "__keyspace@0__:session:000002",
        ];
        let shown = shown(&names, 18);
        for (shown, end) in shown.iter().zip(["created", "paid", "000001", "000002"]) {
            assert!(shown.ends_with(end), "{shown}");
        }
    }

    #[test]
    fn a_name_that_fits_or_is_alone_is_shown_as_ever() {
        let names = ["short", "a-very-long-name:that:is:alone"];
        assert_eq!(shown(&names, 12), ["short", "a-very…alone"]);
    }

    #[test]
    fn names_that_differ_within_the_columns_look_different() {
        let mut names: Vec<String> = Vec::new();
        for region in ["eu", "us"] {
            for number in 0..40 {
                names.push(format!(
                    "metrics:production:{region}:host-{number:03}:cpu:load"
                ));
            }
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for columns in [14, 20, 30] {
            let mut all = shown(&names, columns);
            all.sort();
            all.dedup();
            assert_eq!(all.len(), names.len(), "{columns}");
        }
    }

    #[test]
    fn a_few_letters_in_common_are_not_left_out() {
        let names = ["images:thumbnails", "inventory:stock", "inbox:new-orders"];
        assert_eq!(
            shown(&names[..2], 12),
            ["images…nails", "invent…stock"].map(str::to_owned)
        );
        for shown in shown(&names, 12) {
            assert!(shown.starts_with('i'), "{shown}");
        }
    }

    #[test]
    fn no_character_is_cut_in_half() {
        let names = ["kanal:für:größe:äöü-1:ende", "kanal:für:größe:äöé-2:ende"];
        for columns in 0..30 {
            for text in shown(&names, columns) {
                assert!(!text.contains("\\x"), "{text}");
            }
        }
    }
}
