//! What to highlight in a payload.

use std::ops::Range;

use crate::payload::json;
use crate::query::expr::{Expr, Term};

/// The most ranges of a payload that are marked.
pub const MOST_MARKS: usize = 1000;

/// The ranges of `payload` that the terms of `root` which are not negated hit: sorted, merged,
/// never empty.
pub fn marks(root: &Expr, payload: &[u8]) -> Vec<Range<usize>> {
    let mut hits = Vec::new();
    let mut checked = None;
    root.positive_terms(&mut |term| match term {
        Term::Text(literal) | Term::Word(literal) => {
            let mut from = 0;
            let next = std::iter::from_fn(|| {
                let hit = literal.find(payload.get(from..)?)?;
                let hit = hit.start + from..hit.end + from;
                // On from the next byte if it was empty, so as to come to an end.
                from = hit.end.max(hit.start + 1);
                Some(hit)
            });
            hits.extend(next.filter(|hit| !hit.is_empty()).take(MOST_MARKS));
        }
        Term::Regex(pattern) => {
            let found = pattern.regex().find_iter(payload);
            let found = found.map(|found| found.range());
            hits.extend(found.filter(|hit| !hit.is_empty()).take(MOST_MARKS));
        }
        Term::Path(path) => {
            let hit = path.find(payload);
            hits.extend(hit.filter(|_| *checked.get_or_insert_with(|| json::is_json(payload))));
        }
        _ => {}
    });
    merged(hits)
}

fn merged(mut hits: Vec<Range<usize>>) -> Vec<Range<usize>> {
    hits.sort_by_key(|hit| hit.start);
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(hits.len().min(MOST_MARKS));
    for hit in hits {
        match merged.last_mut() {
            Some(last) if hit.start <= last.end => last.end = last.end.max(hit.end),
            _ => merged.push(hit),
        }
    }
    merged.truncate(MOST_MARKS);
    merged
}
