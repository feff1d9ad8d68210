//! Replacing parts of a query by what was suggested.

use std::ops::Range;

use super::{Rank, Suggestion};

/// Returns the likeliest rank among `suggestions`.
pub fn likeliest(suggestions: &[Suggestion]) -> Option<Rank> {
    suggestions.iter().map(|one| one.rank).min()
}

/// Returns `text` with the parts of the likeliest rank replaced; `None` if there are none.
pub fn rewritten(text: &str, suggestions: &[Suggestion]) -> Option<String> {
    rewritten_of(likeliest(suggestions)?, text, suggestions)
}

/// Returns `text` with the parts of each rank replaced, the likeliest rank first.
pub fn all_rewritten(text: &str, suggestions: &[Suggestion]) -> Vec<String> {
    let ranks = [Rank::Word, Rank::Comparison, Rank::Value];
    let all = ranks.into_iter();
    all.filter_map(|rank| rewritten_of(rank, text, suggestions))
        .collect()
}

fn rewritten_of(rank: Rank, text: &str, suggestions: &[Suggestion]) -> Option<String> {
    let parts = suggestions.iter().filter(|one| one.rank == rank);
    replaced(text, parts.map(|one| (&one.at, &*one.text)))
}

/// Returns `text` with `parts` replaced; `None` if there are none.
pub fn replaced<'a>(
    text: &str,
    parts: impl IntoIterator<Item = (&'a Range<usize>, &'a str)>,
) -> Option<String> {
    let mut replaced = String::new();
    let mut end = 0;
    for (part, with) in parts {
        // Parts may overlap; the first wins.
        let Some(between) = text.get(end..part.start) else {
            continue;
        };
        replaced.push_str(between);
        replaced.push_str(with);
        end = part.end;
    }
    replaced.push_str(text.get(end..)?);
    (end > 0).then_some(replaced)
}
