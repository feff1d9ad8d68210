//! Replacing parts of a query by what was suggested.

use crate::query::spelling::replaced;

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
